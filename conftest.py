"""Settings of pytest that stand above tests, helpers and notebooks alike."""

# Sources of notebooks are no modules: collecting their doctests would run them.
collect_ignore_glob = ["notebooks/src/*", "notebooks/exercises/*", "_build/*"]


def pytest_collectstart(collector):
    """Leave stderr out of what nbval compares: log lines come and go with the machine."""
    if hasattr(collector, "skip_compare"):
        collector.skip_compare += ("stderr",)
