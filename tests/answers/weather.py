"""Answers to notebook 11's exercises: other right ones, and wrong ones that are not in the check's own table."""

import math
import statistics

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler


def remembered(values, default, *, gap=False):
    filled = []
    for value in values:
        default = default if math.isnan(value) else value
        filled.append(default)
    return [value for value, known in zip(filled, values, strict=True) if not (gap and math.isnan(known))]


def viewed(values, length, horizon, *, late=0, column=0, flat=False):
    x = sliding_window_view(values, length, axis=0).swapaxes(1, 2)
    y = sliding_window_view(values[length + late :, column], horizon)
    return (x[: len(y)].reshape(len(y), -1) if flat else x[: len(y)]), y


def yesterday(series, season, horizon):
    extended = list(series)
    for _ in range(horizon):
        extended.append(extended[-season])
    return extended[len(series) :]


def share(errors, baseline):
    return 1 - sum(map(abs, errors)) / sum(map(abs, baseline))


def fed(step, window, steps, *, change=False, last=False):
    read = window if change else window.copy()
    found = np.empty((len(window), steps, window.shape[2]))
    for now in range(steps):
        found[:, now] = step(read)
        read[:] = np.roll(read, -1, axis=1)
        read[:, -1] = found[:, now]
    return found[:, -1:] if last else found


def blocks(differences, block, *, times=1.96, middle=statistics.mean):
    means = [statistics.mean(differences[n : n + block]) for n in range(0, len(differences) - block + 1, block)]
    error = times * statistics.stdev(means) / math.sqrt(len(means))
    return [middle(means) - error, middle(means) + error]


def by(scaler):
    return lambda train, other: scaler().fit(train).transform(other)


RIGHT = {
    "scale": [by(RobustScaler), lambda *given: by(RobustScaler)(*given).tolist()],
    "fill": [remembered, lambda *given: np.array(remembered(*given), dtype="float32")],
    "windows": [viewed, lambda *given: [part.tolist() for part in viewed(*given)]],
    "same_hour_yesterday": [yesterday, lambda x, season, n: np.tile(x[-season:], n)[:n]],
    "skill": [share, lambda *given: np.float32(share(*given))],
    "feed_back": [fed, lambda *given: fed(*given).tolist()],
    "interval": [blocks, lambda *given: np.array(blocks(*given))],
}
WRONG = {
    "scale": {
        "quartiles of the training part": [by(StandardScaler), by(MinMaxScaler), lambda x, _: by(RobustScaler)(x, x)]
    },
    "fill": {"the last value that was known": [lambda values, d: values, lambda *given: remembered(*given, gap=True)]},
    "windows": {
        "Follow one window": [
            lambda *given: viewed(*given, late=1),
            lambda *given: viewed(*given, column=1),
            lambda *given: viewed(*given, flat=True),
            lambda *given: viewed(*given)[::-1],
        ]
    },
    "same_hour_yesterday": {"known one season before": [lambda x, season, n: x[-season:], lambda x, _, n: x[-n:]]},
    "skill": {
        "what share of the error": [lambda *given: 100 * share(*given), lambda e, b: abs(b).mean() - abs(e).mean()]
    },
    "feed_back": {
        "changed its input": lambda *given: fed(*given, change=True),
        "Predict, append": [lambda *given: fed(*given, last=True), lambda step, x, steps: fed(step, x, steps + 1)],
    },
    "interval": {
        "How sure is": [lambda *x: blocks(*x, times=1), lambda *x: blocks(*x, middle=max), lambda *x: blocks(*x)[::-1]]
    },
}
