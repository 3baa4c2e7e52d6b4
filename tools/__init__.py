"""The workshop of the course: builds, runs and checks the notebooks. No lesson imports it."""
