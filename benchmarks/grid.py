"""A grid on two processes against the same grid one run after the other: seconds, and that the numbers are equal.

The work is notebook 02's: SimpleRNN(8) compiled by XLA on 20,000 rows of 100 ids, batches of 64, and an LSTM beside
it, four runs in all, two epochs each. The ids are random: only the time counts. Workers have started beforehand, and
every round trains anew. The exit code says whether two processes are at least 1.25 times as fast.
"""

import contextlib
import io
import os
import shutil
import statistics
import sys
import tempfile
import time

from course_utils import experiments

GOAL = 1.25


def build_simple():
    from keras import Input, Sequential, layers

    model = Sequential(
        [Input((100,), dtype="int32"), layers.Embedding(500, 16), layers.SimpleRNN(8), layers.Dense(1, "sigmoid")]
    )
    model.compile("rmsprop", "binary_crossentropy", metrics=["accuracy"], jit_compile=True)
    return model


def build_lstm():
    from keras import Input, Sequential, layers

    model = Sequential(
        [Input((100,), dtype="int32"), layers.Embedding(500, 16), layers.LSTM(16), layers.Dense(1, "sigmoid")]
    )
    model.compile("rmsprop", "binary_crossentropy", metrics=["accuracy"])
    return model


def timed(jobs: int, rows: int, epochs: int):
    """Train the four runs anew; return seconds and the table."""
    import numpy as np

    rng = np.random.default_rng(0)
    x = rng.integers(0, 500, (rows, 100)).astype("int32")
    y = (x[:, -10:].mean(axis=1) > 250).astype("int8")
    few = rows // 10
    shutil.rmtree("_build", ignore_errors=True)
    start = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        runs = experiments.run(
            {"simple": build_simple, "lstm": build_lstm},
            [0, 1],
            (x, y),
            (x[:few], y[:few]),
            epochs=epochs,
            name="benchmark",
            jobs=jobs,
        )
    return time.perf_counter() - start, runs.table.drop(columns="seconds")


def main(rounds: int = 3) -> int:
    """Print the seconds of every round and the ratio of the medians; return 1 if it misses the goal."""
    seconds, tables = {1: [], 2: []}, []
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        timed(2, rows=200, epochs=1)
        for _ in range(rounds):
            for jobs in seconds:
                taken, table = timed(jobs, rows=20_000, epochs=2)
                seconds[jobs].append(taken)
                tables.append(table)
                print(f"{jobs} at a time: {taken:6.1f} s", flush=True)
    equal = all(table.equals(tables[0]) for table in tables)
    ratio = statistics.median(seconds[1]) / statistics.median(seconds[2])
    print(f"numbers equal to the last digit: {'yes' if equal else 'NO'}, on {os.cpu_count()} cores")
    print(f"two processes are {ratio:.2f} times as fast (goal {GOAL})")
    return int(not equal or ratio < GOAL)


if __name__ == "__main__":
    sys.exit(main())
