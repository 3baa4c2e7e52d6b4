"""Fair comparisons: every model from every seed on the same data, kept and resumed (taught in notebook 02).

Each run trains in a worker process: the seed is set before the builder is called, the number of threads is the same
whether runs go one after the other or side by side, and no model built in the notebook can influence it. So the same
seed gives the same numbers, to the last digit, on one machine. Every finished run is kept on disk, and a grid that was
interrupted continues where it stopped.

How a call travels: :mod:`grid` checks it (:mod:`plan`), asks worker processes (:mod:`worker`) for each model's key
(:mod:`keys`), trains what is not there yet, keeps it (:mod:`kept`), and returns the results (:mod:`runs`).
"""

from course_utils.experiments.grid import run
from course_utils.experiments.keys import training_folder
from course_utils.experiments.runs import Runs, kept_predictions

__all__ = ["Runs", "kept_predictions", "run", "training_folder"]
