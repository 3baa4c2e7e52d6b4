"""Batches by length against one fixed length of 400: seconds per epoch of a masked GRU, and do both learn equally well.

The lengths are those of film reviews (log-normal, mean about 235, median 175); the words are random, and a few of
them give the label away. One thread each, one after the other, three seeds; the first epoch does not count. XLA is off
for both, since it compiles again for each length. The exit code says whether batches by length are at least 1.5 times
as fast at the same accuracy within the spread.
"""

import contextlib
import io
import sys
import tempfile

import numpy as np

from course_utils import experiments

GOAL, STEPS, WORDS = 1.5, 400, 1_000


def reviews(count: int, seed: int):
    """Return ids ``(count, 400)``, padded on the right, and labels: more words below 60 or more from 60 to 119?"""
    rng = np.random.default_rng(seed)
    lengths = np.clip(rng.lognormal(5.2, 0.7, count).astype(int), 10, STEPS)
    labels = rng.integers(0, 2, count)
    ids = rng.integers(120, WORDS, (count, STEPS))
    telling = rng.random((count, STEPS)) < 0.04
    ids = np.where(telling, rng.integers(1, 60, (count, STEPS)) + 60 * labels[:, None], ids)
    ids[np.arange(STEPS) >= lengths[:, None]] = 0
    return ids.astype("int32"), labels.astype("int8")


def build(by_length: bool):
    def builder():
        from course_utils.backends import keras
        from course_utils.batches import ByLength

        ids = keras.Input((None,), dtype="int32")
        last = keras.layers.GRU(32)(keras.layers.Embedding(WORDS, 32, mask_zero=True)(ids))
        model = (ByLength if by_length else keras.Model)(ids, keras.layers.Dense(1, activation="sigmoid")(last))
        model.compile(keras.optimizers.Adam(3e-3), "binary_crossentropy", metrics=["accuracy"], jit_compile=False)
        return model

    return builder


def main() -> int:
    """Print seconds per epoch and accuracy of both; return 1 if the goal is missed."""
    train, validation = reviews(4_000, 0), reviews(1_000, 1)
    print(f"padding: {1 - train[0].astype(bool).mean():.0%} of 400 steps")
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()):
        models = {"fixed": build(False), "by length": build(True)}
        runs = experiments.run(models, [0, 1, 2], train, validation, epochs=4, patience=4, jobs=1, name="benchmark")
    found = runs.summary()
    print(found[["val_accuracy", "val_accuracy_std", "seconds_per_epoch"]].round(4).to_string())
    ratio = found["seconds_per_epoch"]["fixed"] / found["seconds_per_epoch"]["by length"]
    gap = found["val_accuracy"]["by length"] - found["val_accuracy"]["fixed"]
    spread = found["val_accuracy_std"].max()
    print(
        f"by length is {ratio:.2f} times as fast (goal {GOAL}); accuracy {gap:+.4f}, spread of the seeds {spread:.4f}"
    )
    return int(ratio < GOAL or gap < -max(spread, 0.002))


if __name__ == "__main__":
    sys.exit(main())
