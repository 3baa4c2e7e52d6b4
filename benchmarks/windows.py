"""What building one training epoch costs: windows with shift 1 against contiguous batches.

The text is the training part of tiny Shakespeare in size (1,003,854 characters); its ids are random, since building
does not depend on what they say. Windows have 101 characters, batches 32 rows. Each way yields every batch once.

- window: `tf.data`, `window(101, shift=1)` and `flat_map`;
- timeseries: `keras.utils.timeseries_dataset_from_array`;
- view: NumPy's `sliding_window_view`, batches copied one by one;
- contiguous: `batches.contiguous_batches`, 128 rows of 32 steps, as notebook 05 trains.

Goal: contiguous is at least 20 times faster than window. The exit code says whether it is.
"""

import sys
import time

import numpy as np
import tensorflow as tf
from tabulate import tabulate

from course_utils.backends import keras
from course_utils.batches import contiguous_batches

CHARACTERS, WINDOW, BATCH = 1_003_854, 101, 32
GOAL = 20


def by_window(ids):
    windows = tf.data.Dataset.from_tensor_slices(ids).window(WINDOW, shift=1, drop_remainder=True)
    windows = windows.flat_map(lambda window: window.batch(WINDOW)).map(lambda window: (window[:-1], window[1:]))
    return windows.batch(BATCH).prefetch(2)


def by_timeseries(ids):
    windows = keras.utils.timeseries_dataset_from_array(ids, None, sequence_length=WINDOW, batch_size=BATCH)
    return windows.map(lambda batch: (batch[:, :-1], batch[:, 1:]))


def by_view(ids):
    windows = np.lib.stride_tricks.sliding_window_view(ids, WINDOW)
    for start in range(0, len(windows), BATCH):
        batch = windows[start : start + BATCH]
        yield batch[:, :-1].copy(), batch[:, 1:].copy()


def contiguous(ids):
    x, y = contiguous_batches(ids, 128, 32)
    for start in range(0, len(x), 128):
        yield x[start : start + 128].copy(), y[start : start + 128].copy()


def main() -> int:
    """Time each way once and print a table; returns the exit status."""
    ids = np.random.default_rng(0).integers(0, 65, CHARACTERS, dtype="int32")
    seconds, rows = {}, []
    for build in (contiguous, by_view, by_timeseries, by_window):
        began, batches = time.perf_counter(), 0
        for _ in build(ids):
            batches += 1
        seconds[build] = time.perf_counter() - began
        rows.append([build.__name__.removeprefix("by_"), f"{batches:,}", f"{seconds[build]:.3f}"])
    print(tabulate(rows, headers=["way", "batches", "seconds per epoch"], disable_numparse=True))
    ratio = seconds[by_window] / seconds[contiguous]
    print(f"contiguous is {ratio:,.0f} times faster than window with shift 1 (goal: {GOAL})")
    return int(ratio < GOAL)


if __name__ == "__main__":
    sys.exit(main())
