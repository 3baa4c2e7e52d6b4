"""Run a grid of models and seeds: side by side in processes, or on a Dask cluster; what is finished is kept."""

import copyreg
import functools
import json
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import BrokenExecutor

import cloudpickle
import joblib
from joblib.parallel import get_active_backend

from course_utils import runtime
from course_utils.backends import gpu_names, keras
from course_utils.corpora.fetch import workspace
from course_utils.experiments import kept, plan, worker
from course_utils.experiments.keys import digest, is_own
from course_utils.experiments.progress import progress_bar
from course_utils.experiments.runs import Runs, summary_line
from course_utils.validate import whole_number

__all__ = ["run"]

_BY_NAME = ("__main__", "__mp_main__", "course_utils")  # found by name in every worker
IDLE_SECONDS = 30  # workers that nobody has used for so long end and give their memory back


def run(
    models: Mapping[str, Callable],
    seeds: Iterable[int],
    train: tuple,
    validation: tuple,
    *,
    name: str,
    test: tuple | None = None,
    epochs: int = 100,
    batch_size: int = 64,
    patience: int = 3,
    jobs: int | None = None,
) -> Runs:
    """Train every model from every seed, with early stopping, and return what came of it.

    Parameters
    ----------
    models : dict of str to callable
        Name of each model and its builder: a function without arguments that returns a compiled Keras model. Make all
        that the model needs inside the builder. A global policy set in the notebook does not reach it.
    seeds : sequence of int
        Each 0 to 2**32 - 1.
    train, validation, test : tuple (x, y)
        ``x`` and ``y`` are arrays with one row per example, or tuples of such arrays for a model with several inputs
        or outputs. ``test`` may be None.
    name : str
        Folder of kept runs, ``_build/outputs/experiments/<name>``.
    epochs, batch_size : int
        Epochs at most, rows per batch.
    patience : int
        Epochs without a lower validation loss before training stops; the weights of the best epoch are kept.
    jobs : int or None
        Runs at the same time, each with one thread. None: as many as there are cores (one on a GPU). On a Dask cluster
        (``with joblib.parallel_config(backend="dask"):``) the cluster decides.

    Returns
    -------
    Runs
        ``.table`` (a row per epoch), ``.summary()`` (a row per model), ``.load(model, seed)``, ``.compare(a, b)``.

    Raises
    ------
    TypeError, ValueError
        Before any training, if something asked for cannot be run.

    Notes
    -----
    A kept run is used again as long as nothing changed that its numbers depend on; see :mod:`keys`. Failed runs are
    not kept: they are one row of the table without an epoch, with their error.

    Examples
    --------
    >>> import numpy as np
    >>> def tiny():
    ...     model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, activation="sigmoid")])
    ...     model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    ...     return model
    >>> x = np.array([[0, 1], [1, 0]], dtype="float32")
    >>> import contextlib, io
    >>> with contextlib.redirect_stdout(io.StringIO()):  # the progress bar
    ...     runs = run({"tiny": tiny}, [0], (x, x[:, 0]), (x, x[:, 0]), epochs=2, name="doctest")
    >>> runs.table[["model", "seed", "epoch", "parameters", "best"]]
      model  seed  epoch  parameters   best
    0  tiny     0      1           3  False
    1  tiny     0      2           3   True
    """
    plan.check_models(models, name)
    settings = {"epochs": epochs, "batch_size": batch_size, "patience": patience}
    settings = {key: whole_number(key, value, least=1) for key, value in settings.items()}
    settings["backend"] = keras.backend.backend()
    layout, arrays = plan.check_data({"train": train, "validation": validation, "test": test})
    seeds = plan.check_seeds(seeds)
    fit = joblib.effective_n_jobs() if _on_cluster() else 1 if gpu_names() else joblib.cpu_count()
    jobs = min(fit, len(models) * len(seeds)) if jobs is None else whole_number("jobs", jobs, least=1)
    folder = runtime.output_folder(f"experiments/{name}")

    common = digest(json.dumps(settings), str(runtime.versions()), repr(layout), *arrays)
    settings |= {"parent": os.getpid(), "path": sys.path}
    pickled = {model: _pickle(builder) for model, builder in models.items()}
    runs = {(model, seed): ((model, seed), pickled[model], settings) for model in models for seed in seeds}
    few = layout[0], *(array[:2] for array in arrays)
    trials = {each["run"]: each for each in _parallel(worker.describe, {run: (*runs[run], *few) for run in runs}, jobs)}
    for (model, seed), trial in trials.items():
        if trial["error"]:
            raise ValueError(f"the builder of {model}, seed {seed} does not work: {trial['error']}.")
    files = {run: folder / f"{digest(trials[run]['model'], common, *run)[:32]}.npz" for run in runs}
    results, todo = {}, []
    with workspace(folder, "grid") as scratch:
        for run, file in files.items():
            try:
                results[run] = kept.load(file)[0]
                print(f"{summary_line(*run, results[run])} (kept)")
            except kept.DamagedRun as damage:
                todo.append(run)
                if file.exists():
                    print(f"{run[0]}, seed {run[1]}: training again, since its kept run is damaged. {damage}")
        calls = {run: (*runs[run], str(scratch / f"{files[run].stem}.epochs"), layout, *arrays) for run in todo}
        with progress_bar(scratch, len(todo), epochs) as finish:
            for result in _parallel(worker.train, calls, jobs):
                run, *large = (result.pop(name, None) for name in ("run", "weights", "predictions"))
                result["config"] = trials[run]["config"]
                if not result["error"]:
                    kept.save(files[run], result, *large, scratch)
                results[run] = result
                finish(files[run].stem, summary_line(*run, result))
    return Runs({run: results[run] for run in runs}, files, dict(models), None if test is None else test[1])


def _on_cluster() -> bool:
    return type(get_active_backend()[0]).__name__ == "DaskDistributedBackend"


def _pickle(builder: Callable) -> bytes:
    """Pickle a builder with all of the learner's own code by value: a worker may know an older version of it."""
    for name, module in list(sys.modules.items()):
        if is_own(name) and getattr(module, "__file__", None) and name.partition(".")[0] not in _BY_NAME:
            cloudpickle.register_pickle_by_value(module)
    return cloudpickle.dumps(builder)


def _cached(function: Callable, options: dict) -> Callable:
    return functools.lru_cache(**options)(function)


def _cached_property(function: Callable) -> functools.cached_property:
    made = functools.cached_property(function)
    made.__set_name__(None, function.__name__)
    return made


# Pickle finds neither by name when they stand in a notebook.
copyreg.pickle(type(_cached(len, {})), lambda cached: (_cached, (cached.__wrapped__, cached.cache_parameters())))
copyreg.pickle(functools.cached_property, lambda cached: (_cached_property, (cached.func,)))


def _parallel(function: Callable, calls: dict, jobs: int) -> Iterator[dict]:
    """Yield the results of `calls` as they come, even when a worker dies (out of memory, a crash in a library).

    After a death the calls go one at a time, so that the next death shows whose fault it is: that call's result is
    ``{"run": (model, seed), "error": ...}``.
    """
    waiting = dict(calls)
    while waiting:
        try:
            for result in _joblib(function, list(waiting.values()), jobs):
                del waiting[result["run"]]
                yield result
        except Exception as error:
            if not isinstance(error, BrokenExecutor) and type(error).__name__ != "KilledWorker":
                raise
            if jobs == 1:
                run = next(iter(waiting))
                del waiting[run]
                yield {"run": run, "error": f"its process died ({type(error).__name__}); out of memory?"}
            jobs = 1


def _joblib(function: Callable, calls: list, jobs: int) -> Iterator[dict]:
    """Yield the results of `function(*call)` as they come, from worker processes or from a Dask cluster."""
    options = {"return_as": "generator_unordered", "batch_size": 1, "pre_dispatch": jobs}
    if _on_cluster():
        there = joblib.delayed(worker.call_in_a_process)
        yield from joblib.Parallel(**options)(there(function, *call) for call in calls)
        return
    # With one job joblib would stay in this process. Two processes, of which one call at a time is asked, will not.
    processes = {"n_jobs": max(2, jobs), "idle_worker_timeout": IDLE_SECONDS, "inner_max_num_threads": 1}
    with warnings.catch_warnings(), joblib.parallel_config("loky", **processes):
        warnings.filterwarnings("ignore", message="A worker stopped while some jobs were given")  # it was replaced
        results = joblib.Parallel(**options)(joblib.delayed(worker.call)(function, *call) for call in calls)
        try:
            yield from results
        finally:
            results.close()  # interrupted: the workers end, too
