"""What plain NumPy costs against Keras: one LSTM, forward and backward, by units and time steps.

A batch of 32 rows with 32 inputs per step, one thread each, the best of five times. Keras runs compiled, as in `fit`.
For few units and steps the two are about even. The exit code says whether Keras is ahead for the largest layer.
"""

import sys
import time

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from course_utils import cells
from course_utils.backends import keras, tf

BATCH, INPUTS = 32, 32
tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)


def best_of(times: int, work) -> float:
    """Return the shortest of several times, in seconds; the first call, which compiles, does not count."""
    work()
    found = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return min(found)


def measure(units: int, steps: int) -> dict:
    """Return the seconds of both, forward alone and forward with backward."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(BATCH, steps, INPUTS)).astype("float32")
    layer = keras.layers.LSTM(units, return_sequences=True)
    layer.build(x.shape)
    mine, ones = cells.LSTM(*layer.get_weights()), np.ones((BATCH, steps, units), "float32")
    tensor, weights = tf.constant(x), [weight.value for weight in layer.trainable_weights]

    @tf.function
    def forward():
        return layer(tensor)

    @tf.function
    def both():
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(tensor))
        return tape.gradient(loss, weights)

    def backward():
        mine.forward(x)
        mine.backward(ones)

    return {
        "units": units,
        "steps": steps,
        "NumPy forward": best_of(5, lambda: mine.forward(x)),
        "Keras forward": best_of(5, forward),
        "NumPy both": best_of(5, backward),
        "Keras both": best_of(5, both),
    }


def main() -> int:
    """Print a table in milliseconds; return 1 if NumPy is as fast for the largest layer."""
    with threadpool_limits(1):
        table = pd.DataFrame([measure(units, steps) for units in (16, 128, 512) for steps in (20, 100)])
    table = table.set_index(["units", "steps"])
    ratios = table["NumPy both"] / table["Keras both"]
    print((1e3 * table).round(2).assign(ratio=ratios.round(2)).to_string())
    print(f"forward and backward, NumPy takes {ratios.min():.1f} to {ratios.max():.1f} times as long as Keras")
    return int(ratios.iloc[-1] <= 1)


if __name__ == "__main__":
    sys.exit(main())
