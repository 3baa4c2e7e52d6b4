"""Check the exercises of notebook 11: scales, gaps, windows, a baseline, skill, many steps from one, intervals."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from course_utils.checks import right
from course_utils.checks.expect import hold
from course_utils.checks.progress import watch


def _scaled(train, other, *, middle=np.median, quartiles=(0.25, 0.75)):
    low, high = np.quantile(train, quartiles, axis=0)
    return (other - middle(train, axis=0)) / np.where(high > low, high - low, 1)


def _fill(values, default):
    return pd.Series(values).ffill().fillna(default).to_numpy()


def _windows(values, length, horizon, *, early=0, fewer=0, columns=0, leads=np.s_[:]):
    starts = range(len(values) - length - horizon + 1 - fewer)
    ahead = [values[start + length - early :][:horizon, columns][leads] for start in starts]
    return np.stack([values[start : start + length] for start in starts]), np.stack(ahead)


def _again(series, season, horizon):
    return np.resize(series[-season:], horizon)


def _skill(errors, baseline, size=np.abs):
    return float(1 - size(errors).mean() / size(baseline).mean())


def _next(window):
    """A made-up model: the next row, (rows, features), after windows (rows, steps, features) of any length."""
    return np.einsum("rtf,t->rf", window, np.linspace(-1, 1, window.shape[1])) / 2 + window[:, 0, ::-1]


def _feed(step, window, steps, *, kept=np.s_[1:], move=True, side=1):
    rows = []
    for _ in range(steps):
        rows.append(step(window))
        window = np.concatenate([window[:, kept], rows[-1][:, None]][::side], axis=1) if move else window
    return np.stack(rows, axis=1)


def _interval(differences, block, *, ddof=1, root=0.5, leftover=0):
    starts = range(0, len(differences) + leftover - block + 1, block)
    means = np.array([np.mean(differences[start : start + block]) for start in starts])
    return tuple(float(means.mean() + side * 1.96 * means.std(ddof=ddof) / len(means) ** root) for side in (-1, 1))


MISTAKES = {
    "scale": {
        "You looked at the other rows. They are not known yet.": lambda train, other: _scaled(other, other),
        "Do both parts decide? The others are not known yet.": lambda x, other: _scaled(np.append(x, other, 0), other),
        "The mean has moved with the outliers.": partial(_scaled, middle=np.mean),
        "Each column has a median and quartiles.": lambda x, y: _scaled(x.reshape(-1, 1), y),
        "From the smallest to the largest? An outlier decides that.": partial(_scaled, quartiles=(0, 1)),
    },
    "fill": {
        "The line ends at a value that comes after the gap.": lambda x, new: pd.Series(x).interpolate().fillna(new),
        "That value comes after the gap.": lambda values, default: pd.Series(values).bfill().fillna(default),
        "Is something known before the gap?": lambda values, default: pd.Series(values).fillna(default),
        "Nothing is known before the first value.": lambda values, default: pd.Series(values).ffill().bfill(),
    },
    "windows": {
        "The target begins inside the window.": partial(_windows, early=1),
        "How many windows are there? Check the last one.": partial(_windows, fewer=1),
        "Only the first column is to be predicted.": partial(_windows, columns=np.s_[:]),
        "All steps up to the horizon are to be predicted.": partial(_windows, leads=np.s_[-1:]),
    },
    "same_hour_yesterday": {
        "That is the last value.": lambda series, season, horizon: np.full(horizon, series[-1]),
        "Count again how far back the season begins.": lambda x, season, n: np.resize(x[-season - 1 : -1], n),
        "That is the first season. Which one is the latest?": lambda x, season, n: np.resize(x[:season], n),
        "Time runs from left to right.": lambda series, season, n: np.resize(series[: -season - 1 : -1], n),
    },
    "skill": {
        "A perfect forecast has the skill 1.": lambda errors, baseline: 1 - _skill(errors, baseline),
        "Those are squares. The measure is the mean absolute error.": partial(_skill, size=np.square),
        "Errors in opposite directions must not cancel.": partial(_skill, size=np.asarray),
        "Divide the two means, not each error by its rival.": lambda e, b: 1 - np.abs(e / b).mean(),
    },
    "feed_back": {
        "The window grows. The model was trained on one length.": partial(_feed, kept=np.s_[:]),
        "The model sees the same window every time.": partial(_feed, move=False),
        "The newest row belongs at the end.": partial(_feed, kept=np.s_[:-1], side=-1),
    },
    "interval": {
        "Neighboring windows are no independent witnesses.": lambda differences, block: _interval(differences, 1),
        "Divide by the number of blocks minus 1 in the deviation.": partial(_interval, ddof=0),
        "That is the spread of the blocks. How sure is their mean?": partial(_interval, root=0),
        "The last block is not full.": lambda differences, block: _interval(differences, block, leftover=block - 1),
    },
}
__all__ = ["MISTAKES", "hint", "progress", *MISTAKES]


def _try(name: str, answer: Callable, reference: Callable, cases: list[tuple], hint: str, said: str = "") -> None:
    for given in cases:
        hold(answer, given, reference(*given), MISTAKES[name], said, hint)


def scale(answer: Callable) -> None:
    """Exercise 1: columns scaled by median and quartiles of the training part."""
    rng, train = np.random.default_rng(0), np.array([[3.0, 5, 4], [4, 5, 2], [5, 5, 3], [900, 5, 1]])
    cases = [(rng.normal(3, 2, (9, 2)), rng.normal(3, 2, (4, 2))), (train, rng.normal(3, 2, (4, 3)))]
    _try("scale", answer, _scaled, cases, "What do median and quartiles of the training part say, column by column?")
    right("scale", "The scale is fixed before the other rows come, and an outlier hardly moves it.")


def fill(answer: Callable) -> None:
    """Exercise 2: gaps filled from the past."""
    cases = [([1, None, None, 4, None], 9.0), ([None, None, 3, None, 5], 7.0), ([None, None], 2.0), ([1, 2], 5.0)]
    _try("fill", answer, _fill, [(np.array(x, float), new) for x, new in cases], "Use the last value that was known.")
    right("fill", "Nothing comes from the future.")


def windows(answer: Callable) -> None:
    """Exercise 3: windows, and what comes after each of them."""
    table = np.arange(24.0).reshape(12, 2) ** 2
    _try("windows", answer, _windows, [(table, 4, 3), (table, 3, 1), (table[:5], 3, 2)], "Follow one window by hand.")
    right("windows", "Each target begins right after its window.")


def same_hour_yesterday(answer: Callable) -> None:
    """Exercise 4: the seasonal baseline."""
    series = np.random.default_rng(1).normal(size=11).round(2)
    cases = [(series, 4, 4), (series, 4, 2), (series, 3, 8)]
    _try("same_hour_yesterday", answer, _again, cases, "What was known one season before?")
    right("same hour yesterday", "It repeats the latest season as often as needed.")


def skill(answer: Callable) -> None:
    """Exercise 5: skill over a baseline."""
    cases = [([1.0, -1, 2], [2.0, -2, 4]), ([3.0, -1, 1], [-1.0, 2, 4]), ([0.0, 0], [1.0, -3])]
    _try("skill", answer, _skill, [tuple(map(np.array, case)) for case in cases], "1 minus what share of the error?")
    right("skill", "1 is perfect, 0 is as good as the baseline, and below 0 is worse.")


def feed_back(answer: Callable) -> None:
    """Exercise 6: many steps from a model of one step."""
    cases = [(_next, np.random.default_rng(2).normal(size=(2, 3, 2)), steps) for steps in (1, 2, 5)]
    _try("feed_back", answer, _feed, cases, "Predict, append, drop the oldest.", "feed_back(step, window, steps)")
    right("feed back", "The model reads its own forecasts.")


def interval(answer: Callable) -> None:
    """Exercise 7: an interval by blocks."""
    slow = np.repeat(np.random.default_rng(3).normal(size=9), 4)
    cases = [(slow[:32], 4), (slow[:35], 4), (np.arange(10.0), 3)]
    _try("interval", answer, _interval, cases, "How sure is the mean of the full blocks?")
    right("interval", "Overlapping windows no longer count as independent.")


hint, progress = watch(globals())
