"""What came of a grid: a table of epochs, a summary, the models of the best epochs, and paired comparisons."""

import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from course_utils.backends import keras
from course_utils.experiments import kept
from course_utils.experiments.keys import digest, model_config

__all__ = ["Runs", "accuracy", "kept_predictions", "summary_line"]


def accuracy(y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
    """Return 1.0 for each example that is right, else 0.0, as Keras' metric ``"accuracy"`` counts it.

    Examples
    --------
    >>> accuracy(np.array([1, 0]), np.array([[0.7], [0.6]])), accuracy(np.array([2]), np.array([[0.1, 0.2, 0.7]]))
    (array([1., 0.]), array([1.]))
    """
    chosen = y_pred[..., 0] > 0.5 if y_pred.shape[-1] == 1 else y_pred.argmax(axis=-1)
    return (chosen.reshape(np.shape(y_true)) == y_true).reshape(len(y_true), -1).mean(axis=1)


def summary_line(model: str, seed: int, result: dict) -> str:
    """Return the line that stays on the screen of a finished run."""
    if result["error"]:
        return f"{model}, seed {seed}: failed, {result['error'].splitlines()[0]}"
    history, best = result["history"], result["best_epoch"]
    metric = "val_accuracy" if "val_accuracy" in history else "val_loss"
    found = f"best epoch {best} of {len(result['seconds'])}, {metric} {history[metric][best - 1]:.3f}"
    return f"{model}, seed {seed}: {found}, {sum(result['seconds']):.0f} s"


class Runs:
    """The finished runs of a grid; :func:`course_utils.experiments.run` makes it.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per epoch: ``model``, ``seed``, ``epoch`` (from 1), each metric and ``val_`` metric, ``seconds`` (of the
        epoch with its validation), ``parameters``, ``best`` (the epoch whose weights were kept), ``test_`` metrics
        (of these weights), ``error``. A run that failed is one row without an epoch, with its error.
    """

    def __init__(self, results: dict, files: dict[tuple[str, int], Path], builders: dict, y_test: object) -> None:
        self._results, self._files, self._builders, self._y_test = results, files, builders, y_test
        parts = [_rows(*run, result) for run, result in results.items()]
        columns = dict.fromkeys(name for part in sorted(parts, key=len, reverse=True) for name in part)
        table = pd.concat(parts, ignore_index=True).reindex(columns=[*columns])
        self.table = table.astype({"epoch": "Int64", "parameters": "Int64"})

    def summary(self, metric: str = "accuracy") -> pd.DataFrame:
        """Return one row per model: how well, how surely, how large, how fast, how far it overfits.

        Parameters
        ----------
        metric : str
            A metric the models were compiled with.

        Returns
        -------
        pandas.DataFrame
            Indexed by model: ``parameters``, ``runs``, ``failed``; mean and standard deviation over seeds (``_std``,
            n - 1 in the denominator; nan for one seed) of ``val_<metric>`` at the best epoch and of ``test_<metric>``;
            ``seconds_per_epoch`` (median, without each run's first epoch, which compiles), ``best_epoch`` (mean) and
            ``overfit`` (training minus validation ``metric`` in the last epoch, mean).

        Raises
        ------
        ValueError
            If the runs have no such metric.
        """
        table = self.table
        if table["epoch"].notna().any() and f"val_{metric}" not in table:
            names = [column[4:] for column in table if column.startswith("val_")]
            raise ValueError(f"the runs have no metric {metric!r}; expected one of {', '.join(names)}.")
        rows = {}
        for model, part in table.groupby("model", sort=False):
            done = part[part["epoch"].notna()]
            best, last = done[done["best"].astype(bool)], done.groupby("seed").tail(1)
            row = {"parameters": done["parameters"].max(), "runs": done["seed"].nunique()}
            row["failed"] = part["error"].ne("").sum()
            for column in (f"val_{metric}", f"test_{metric}"):
                if column in table:
                    row |= {column: best[column].mean(), f"{column}_std": best[column].std(ddof=1)}
            row["seconds_per_epoch"] = done.loc[done["epoch"] > 1, "seconds"].median()
            row["best_epoch"] = best["epoch"].mean()
            row["overfit"] = (last[metric] - last[f"val_{metric}"]).mean() if len(done) else None
            rows[model] = row
        found = pd.DataFrame.from_dict(rows, orient="index").rename_axis("model")
        return found.astype({"parameters": "Int64", "runs": int, "failed": int})

    def load(self, model: str, seed: int) -> keras.Model:
        """Build a model again and give it the weights of the best epoch of one of its runs.

        Raises
        ------
        ValueError
            If there is no such run, if it failed, is damaged, or if the builder makes another model by now.
        """
        result, weights, _ = self._kept(model, seed)
        rebuilt = self._builders[model]()
        if digest(model_config(rebuilt)) != result["config"]:
            raise ValueError(f"the builder of {model!r} now makes another model than its run had; call run() again.")
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Skipping variable loading for optimizer")  # it starts afresh
            Path(folder, "best.weights.h5").write_bytes(weights)
            rebuilt.load_weights(Path(folder, "best.weights.h5"))
        return rebuilt

    def compare(
        self, first: str, second: str, *, score: Callable = accuracy, draws: int = 2_000, seed: int = 0
    ) -> pd.Series:
        """Compare two models on the same test examples, over all seeds, with a bootstrap interval.

        Both sources of chance count: each draw takes test examples with replacement, the same ones for both models,
        and of each model's n seeds n - 1 with replacement (so that few seeds do not look like certainty). With one
        seed the interval speaks of the test examples only.

        Parameters
        ----------
        first, second : str
            Names of two models of this grid.
        score : callable
            ``score(y_true, y_pred) -> (examples,)`` numbers, higher is better.
        draws, seed : int
            Size and seed of the bootstrap.

        Returns
        -------
        pandas.Series
            ``difference`` (mean score of the first minus that of the second), ``low`` and ``high`` (the interval that
            holds 95 % of the draws), and a ``verdict`` in words.

        Raises
        ------
        ValueError
            If there were no test data, or a model has no finished run.

        Notes
        -----
        Efron and Tibshirani (1993), "An introduction to the bootstrap", chapter 13; n - 1 draws of n: McCarthy and
        Snowden (1985), "The bootstrap and finite population sampling".
        """
        if self._y_test is None:
            raise ValueError("run() was given no test data, so there is nothing to compare on; pass test=(x, y).")
        scores = [self._scores(model, score) for model in (first, second)]
        rng, found, size = np.random.default_rng(seed), np.empty(draws), scores[0].shape[1]
        for draw in range(draws):
            weight = rng.multinomial(size, np.full(size, 1 / size)) / size
            means = [(each @ weight)[rng.integers(len(each), size=max(1, len(each) - 1))].mean() for each in scores]
            found[draw] = means[0] - means[1]
        low, high = np.quantile(found, [0.025, 0.975])
        difference = scores[0].mean() - scores[1].mean()
        verdict = f"{first} is better" if low > 0 else f"{second} is better" if high < 0 else "no difference shown"
        result = {"difference": difference, "low": low, "high": high, "verdict": verdict}
        return pd.Series(result, name=f"{first} minus {second}")

    def _scores(self, model: str, score: Callable) -> np.ndarray:
        """Return the scores of a model's finished runs, (seeds, test examples)."""
        seeds = [seed for name, seed in self._files if name == model and not self._results[name, seed]["error"]]
        found = [self._kept(model, seed)[2] for seed in seeds or [None]]
        return np.stack([np.asarray(score(self._y_test, each), dtype=float) for each in found])

    def _kept(self, model: str, seed: int | None) -> tuple:
        """Read a kept run, or say why there is none."""
        if (model, seed) not in self._results:
            there = ", ".join(f"{name!r} with seed {number}" for name, number in self._results)
            raise ValueError(f"there is no finished run of {model!r} with seed {seed}; there are {there}.")
        if error := self._results[model, seed]["error"]:
            raise ValueError(f"{model!r} with seed {seed} failed: {error}")
        try:
            return kept.load(self._files[model, seed])
        except kept.DamagedRun as damage:
            raise ValueError(f"{model!r} with seed {seed} is no longer kept: {damage}; call run() again.") from None


def kept_predictions(runs: Runs, model: str) -> np.ndarray:
    """Return what a model predicted for the test examples, once per seed, so that nothing is predicted again.

    Parameters
    ----------
    runs : Runs
        Runs that were given test data and whose model has one output.
    model : str
        Name of a model of this grid.

    Returns
    -------
    floats ``(seeds, test examples, ...)``
        One row per finished run, in the order in which `run` was given the seeds. Failed runs are left out. The
        predictions are those of the best epoch's weights.

    Raises
    ------
    ValueError
        If no predictions were kept, or the model has no finished run.

    Examples
    --------
    >>> import contextlib, io
    >>> def tiny():
    ...     model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    ...     model.compile("sgd", "mse")
    ...     return model
    >>> x = np.ones((4, 2), dtype="float32")
    >>> data = (x, x[:, 0])
    >>> from course_utils import experiments
    >>> with contextlib.redirect_stdout(io.StringIO()):  # the progress bar
    ...     runs = experiments.run({"tiny": tiny}, [0, 1], data, data, test=data, epochs=1, name="doctest")
    >>> kept_predictions(runs, "tiny").shape
    (2, 4, 1)
    """
    if (found := runs._scores(model, lambda _, predicted: predicted)).ndim < 2:
        raise ValueError(f"no predictions of {model!r} were kept; give run() test=(x, y) and a model with one output.")
    return found


def _rows(model: str, seed: int, result: dict) -> pd.DataFrame:
    """Return one run as rows of the table."""
    if result["error"]:
        empty = {"model": [model], "seed": [seed], "epoch": None, "parameters": None, "best": False}
        return pd.DataFrame(empty | {"error": result["error"]})
    epochs = np.arange(1, len(result["seconds"]) + 1)
    order = sorted(result["history"], key=lambda name: (name.startswith("val_"), not name.endswith("loss")))
    return pd.DataFrame(
        {"model": model, "seed": seed, "epoch": epochs}
        | {metric: result["history"][metric] for metric in order}
        | {"seconds": result["seconds"], "parameters": result["parameters"], "best": epochs == result["best_epoch"]}
        | {f"test_{metric}": result["test"][metric] for metric in sorted(result["test"], key=order.index)}
        | {"error": ""}
    )
