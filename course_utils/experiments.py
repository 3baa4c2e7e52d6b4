"""Fair comparisons: every model from every seed on the same data, as one tidy table (taught in notebook 02).

Each run trains in a worker process: the seed is set before the builder is called, the number of threads is the same
whether runs go one after the other or side by side, and no model built in the notebook can influence it. So the same
seed gives the same numbers, to the last digit, on one machine. Every finished run is kept on disk; a grid that was
interrupted goes on where it stopped.
"""

import warnings
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import cloudpickle
import numpy as np
import pandas as pd

from course_utils import _run_checks, _run_grid, _run_keys, _runs, runtime


def run(
    models,
    seeds,
    train,
    validation,
    *,
    name,
    test=None,
    epochs=100,
    batch_size=64,
    patience=3,
    monitor="val_loss",
    jobs=None,
    threads=1,
) -> pd.DataFrame:
    """Train every model from every seed, with early stopping, and return one tidy table.

    Parameters
    ----------
    models : dict of str to callable
        Name of each model and its builder: a function without arguments that returns a compiled Keras model. All
        that a model needs is made inside the builder; a global policy set in the notebook does not reach it.
    seeds : sequence of int
        Each 0 to 2**32 - 1.
    train, validation, test : tuple (x, y)
        ``x`` and ``y`` are arrays with one row an example, or tuples of such arrays for a model with several inputs
        or outputs. ``test`` may be None.
    name : str
        Folder of kept runs, ``_build/outputs/experiments/<name>``.
    epochs, batch_size : int
        Epochs at most, rows a batch.
    patience : int
        Epochs without a better ``monitor`` before training stops; the weights of the best epoch are kept.
    monitor : str
        The metric that decides which epoch is best.
    jobs : int or None
        Runs at the same time. None: as many as there are cores for (one on a GPU), or runs. On a Dask cluster
        (``with joblib.parallel_config(backend="dask"):``) the cluster decides.
    threads : int
        Threads of each run. More change the last digits (sums in another order), so they count as a setting.

    Returns
    -------
    pandas.DataFrame
        A row an epoch: ``model``, ``seed``, ``epoch`` (from 1), each metric and ``val_`` metric, ``seconds`` (of the
        epoch with its validation), ``parameters``, ``best`` (the epoch whose weights were kept), ``test_`` metrics
        (of these weights), ``error``. A run that failed is one row without epoch, with its error.

    Raises
    ------
    TypeError, ValueError
        Before any training, if something asked for cannot be run.

    Notes
    -----
    A kept run is used again if nothing changed that its numbers depend on: the builder's code and the values and
    functions of yours that it uses, settings, data, versions. Failed runs are not kept.

    Examples
    --------
    >>> import keras
    >>> def tiny():
    ...     model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, activation="sigmoid")])
    ...     model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    ...     return model
    >>> x = np.array([[0, 1], [1, 0]], dtype="float32")
    >>> import contextlib, io
    >>> with contextlib.redirect_stdout(io.StringIO()):  # the progress bar
    ...     table = run({"tiny": tiny}, [0], (x, x[:, 0]), (x, x[:, 0]), epochs=2, name="doctest")
    >>> table[["model", "seed", "epoch", "parameters", "best"]]
      model  seed  epoch  parameters   best
    0  tiny     0      1           3  False
    1  tiny     0      2           3   True
    """
    seeds = _run_checks.plan(models, seeds, name)
    settings = {"epochs": epochs, "batch_size": batch_size, "patience": patience, "threads": threads}
    settings = {key: _run_checks.whole_number(key, value, least=1) for key, value in settings.items()}
    settings |= {"monitor": monitor, "backend": runtime.keras.backend.backend()}
    if jobs is not None:
        jobs = _run_checks.whole_number("jobs", jobs, least=1)
    layout, arrays = _run_checks.data({"train": train, "validation": validation, "test": test})

    folder = runtime.output_folder("experiments") / name
    _run_grid.sweep(folder)
    keys = _keys(models, seeds, settings, layout, arrays)
    runs = {key: (model, seed) for (model, seed), key in keys.items()}
    results = {key: result for key in runs if (result := _run_grid.kept(folder, key))}
    for key, result in results.items():
        print(_line(*runs[key], result) + " (kept)")
    todo = {key: each for key, each in runs.items() if key not in results}
    if todo:
        jobs = jobs or _run_grid.default_jobs(len(todo), settings["threads"])
        pickled = {model: _pickle(models[model]) for model, _ in todo.values()}
        few = [array[:2] for array in arrays]
        calls = {model: (model, builder, settings, layout[0], *few) for model, builder in pickled.items()}
        trials = {each["key"]: each for each in _run_grid.survive(_runs.check, calls, jobs, settings["threads"])}
        _run_checks.trials(trials, monitor)
        with _run_grid.Progress(len(todo), settings["epochs"]) as progress:
            calls = {
                key: (key, pickled[model], seed, settings, progress.file(key), layout, *arrays)
                for key, (model, seed) in todo.items()
            }
            for result in _run_grid.survive(_runs.train, calls, jobs, settings["threads"]):
                key = result.pop("key")
                model, seed = runs[key]
                weights = result.pop("weights", None)
                result |= {"model": model, "seed": seed, "settings": settings}
                if not result["error"]:
                    result["builder"] = _run_keys.fingerprint(models[model])
                    _run_grid.keep(folder, key, result, weights)
                results[key] = result
                progress.finish(key, _line(model, seed, result))
    table = pd.concat([_rows(model, seed, results[key]) for (model, seed), key in keys.items()], ignore_index=True)
    table = _in_order(table)
    table.attrs["runs"] = {f"{model}, seed {seed}": str(folder / key) for (model, seed), key in keys.items()}
    return table


def _keys(models, seeds, settings, layout, arrays) -> dict:
    """Return the key of each (model, seed): a digest of everything its numbers depend on."""
    data = _run_keys.digest(repr(layout), *arrays)
    versions = [f"{package} {_version(package)}" for package in ("keras", settings["backend"], "numpy")]
    common = repr([sorted(settings.items()), data, versions])
    keys = {}
    for model, builder in models.items():
        try:
            code = _run_keys.fingerprint(builder)
        except TypeError as error:
            raise TypeError(f"the builder of {model!r} does not work here: {error}") from None
        for seed in seeds:
            keys[model, seed] = _run_keys.digest(code, common, str(seed))[:32]
    return keys


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def _pickle(builder) -> bytes:
    """Pickle a builder with all of the learner's own code by value: a worker may know an older version of it."""
    modules = _run_keys.own_modules(builder)
    for module in modules:
        cloudpickle.register_pickle_by_value(module)
    try:
        return cloudpickle.dumps(builder)
    finally:
        for module in modules:
            cloudpickle.unregister_pickle_by_value(module)


def _line(model: str, seed: int, result: dict) -> str:
    """Return what stays on the screen of a finished run."""
    if result["error"]:
        return f"{model}, seed {seed}: failed, {result['error'].splitlines()[0]}"
    history, best = result["history"], result["best_epoch"]
    metric = "val_accuracy" if "val_accuracy" in history else result["settings"]["monitor"]
    return (
        f"{model}, seed {seed}: best epoch {best} of {len(result['seconds'])}, "
        f"{metric} {history[metric][best - 1]:.3f}, {sum(result['seconds']):.0f} s"
    )


def _rows(model: str, seed: int, result: dict) -> pd.DataFrame:
    """Return one run as rows of the table."""
    if result["error"]:
        return pd.DataFrame({"model": [model], "seed": [seed], "best": [False], "error": [result["error"]]})
    epochs = np.arange(1, len(result["seconds"]) + 1)
    return pd.DataFrame(
        {"model": model, "seed": seed, "epoch": epochs}
        | result["history"]
        | {"seconds": result["seconds"], "parameters": result["parameters"], "best": epochs == result["best_epoch"]}
        | {f"test_{metric}": value for metric, value in result["test"].items()}
        | {"error": ""}
    )


def _in_order(table: pd.DataFrame) -> pd.DataFrame:
    """Put the columns into one order, whichever run came first, and let whole numbers be whole where some miss."""
    first, last = ["model", "seed", "epoch"], ["seconds", "parameters", "best"]
    others = [column for column in table if column not in {*first, *last, "error"}]
    metrics = sorted(others, key=lambda column: (column.startswith("val_"), not column.endswith("loss")))
    tests = [column for column in metrics if column.startswith("test_")]
    metrics = [column for column in metrics if column not in tests]
    table = table.reindex(columns=first + metrics + last + tests + ["error"])
    for column in ("epoch", "parameters"):
        table[column] = table[column].astype("Int64")
    return table


def summary(table: pd.DataFrame, metric: str = "accuracy") -> pd.DataFrame:
    """Return one row a model: how well, how surely, how large, how fast, how far it overfits.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`run`.
    metric : str
        A metric the models were compiled with.

    Returns
    -------
    pandas.DataFrame
        Indexed by model: ``parameters``, ``runs``, ``failed``; mean and standard deviation over seeds (``_std``, n - 1
        in the denominator; nan for one seed) of ``val_<metric>`` at the best epoch and of ``test_<metric>``;
        ``seconds_an_epoch`` (median, without each run's first epoch, which compiles), ``best_epoch`` (mean) and
        ``overfit`` (training minus validation ``metric`` in the last epoch, mean).

    Raises
    ------
    ValueError
        If the table has no such metric.

    Examples
    --------
    >>> table = pd.DataFrame({"model": "tiny", "seed": [0, 0, 1, 1], "epoch": [1, 2, 1, 2], "accuracy": [0.5, 0.9] * 2,
    ...     "val_accuracy": [0.5, 0.6, 0.5, 0.8], "seconds": [9.0, 1.0, 8.0, 3.0], "parameters": 3,
    ...     "best": [False, True] * 2, "error": ""})
    >>> summary(table).round(3).T
    model              tiny
    parameters            3
    runs                  2
    failed                0
    val_accuracy        0.7
    val_accuracy_std  0.141
    seconds_an_epoch    2.0
    best_epoch          2.0
    overfit             0.2
    """
    if table["epoch"].notna().any() and f"val_{metric}" not in table:
        names = [column[4:] for column in table if column.startswith("val_")]
        raise ValueError(f"the table has no metric {metric!r}; expected one of {', '.join(names)}.")
    rows = {}
    for model, part in table.groupby("model", sort=False):
        done = part[part["epoch"].notna()]
        best, last = done[done["best"]], done.groupby("seed").tail(1)
        row = {"parameters": done["parameters"].iloc[0] if len(done) else None}
        row |= {"runs": done["seed"].nunique(), "failed": part["error"].ne("").sum()}
        for column in (f"val_{metric}", f"test_{metric}"):
            if column in table:
                row |= {column: best[column].mean(), f"{column}_std": best[column].std(ddof=1)}
        row["seconds_an_epoch"] = done.loc[done["epoch"] > 1, "seconds"].median()
        row["best_epoch"] = best["epoch"].mean()
        row["overfit"] = (last[metric] - last[f"val_{metric}"]).mean() if len(done) else None
        rows[model] = row
    found = pd.DataFrame.from_dict(rows, orient="index").rename_axis("model")
    return found.astype({"parameters": "Int64", "runs": int, "failed": int})


def load_model(table: pd.DataFrame, builder, *, model: str, seed: int):
    """Build a model and give it the weights of the best epoch of one of its runs.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`run`; the folders of its runs stand in ``table.attrs["runs"]``.
    builder : callable
        The builder that the run was made with.
    model, seed
        Which run.

    Returns
    -------
    keras.Model

    Raises
    ------
    ValueError
        If the table knows no such run, if it failed, or if the builder has changed since.
    FileNotFoundError
        If the kept run has been deleted.
    """
    runs = table.attrs.get("runs")
    if runs is None:
        raise ValueError("this table no longer knows where its runs are kept; pass the one that run() returned.")
    if f"{model}, seed {seed}" not in runs:
        raise ValueError(f"the table has no run of {model!r} with seed {seed}; it has {'; '.join(runs)}.")
    failed = table[(table["model"] == model) & (table["seed"] == seed) & table["error"].ne("")]
    if len(failed):
        raise ValueError(f"{model!r} with seed {seed} failed: {failed['error'].iloc[0]}")
    folder = Path(runs[f"{model}, seed {seed}"])
    result = _run_grid.kept(folder.parent, folder.name)
    if result is None:
        raise FileNotFoundError(f"the kept run of {model!r} with seed {seed} is gone; call run() again.")
    if result["builder"] != _run_keys.fingerprint(builder):
        raise ValueError(f"this builder of {model!r} is not the one its run was made with; call run() again.")
    rebuilt = builder()
    with warnings.catch_warnings():  # the optimizer starts anew, as it should
        warnings.filterwarnings("ignore", message="Skipping variable loading for optimizer")
        rebuilt.load_weights(folder / "best.weights.h5")
    return rebuilt
