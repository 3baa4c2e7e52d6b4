"""What the place of the one-hot vectors costs: a full array before training, inside the model, or an embedding.

The course's comparison (notebook 02): 20,000 reviews of 100 tokens over 500 words, a recurrent layer of 8 units,
RMSprop at 1e-4, batches of 64. Ids and labels are random: neither time nor memory depends on what they say. Each
variant runs in a process of its own; its second epoch is timed, memory is the peak of the whole process.

- naive: `keras.utils.to_categorical` over all reviews before training, float64 as it returns it (8 GB);
- in-graph: ids in memory, `ops.one_hot` inside the model, for one batch at a time; else the same model;
- embedding: ids in memory, an `Embedding` of 16 numbers.

Goal: in-graph needs at most 0.2 of naive's memory. The exit code says whether it does.
"""

import json
import subprocess
import sys
import time

import psutil

REVIEWS, LENGTH, WORDS, DIMENSIONS, UNITS, BATCH = 20_000, 100, 500, 16, 8, 64
GOAL = 0.2
NAIVE_BYTES = REVIEWS * LENGTH * WORDS * (8 + 3 * 4) + 2**29  # float64, three float32 copies in fit; the rest


def peak_megabytes() -> float:
    """Return the peak memory of this process."""
    try:
        import resource
    except ImportError:  # Windows
        return psutil.Process().memory_info().peak_wset / 2**20
    unit = 2**20 if sys.platform == "darwin" else 2**10  # macOS counts bytes, Linux KiB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def run(variant: str) -> dict:
    """Train one variant for two epochs in this process; return seconds (of the second) and peak MB."""
    from course_utils import runtime  # first: it keeps TensorFlow quiet

    import keras  # isort: skip
    import numpy as np
    from keras import layers, ops

    class AddCell(layers.Layer):
        """h = tanh(x + h U), as in notebook 02."""

        def __init__(self, units):
            super().__init__()
            self.units = self.state_size = units

        def build(self, input_shape):
            self.recurrent = self.add_weight(shape=(self.units, self.units), initializer="orthogonal")

        def call(self, inputs, states, training=False):
            state = ops.tanh(inputs + ops.matmul(states[0], self.recurrent))
            return state, [state]

    class Clock(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.began = time.perf_counter()

        def on_epoch_end(self, epoch, logs=None):
            self.seconds = time.perf_counter() - self.began

    keras.utils.set_random_seed(42)
    rng = np.random.default_rng(42)
    x = rng.integers(0, WORDS, (REVIEWS, LENGTH), dtype="int32")
    y = rng.integers(0, 2, REVIEWS, dtype="int8")
    ids = keras.Input((LENGTH,), dtype="int32")
    if variant == "naive":
        x = keras.utils.to_categorical(x, WORDS)
        ids = vectors = keras.Input((LENGTH, WORDS))
    elif variant == "in-graph":
        vectors = layers.Lambda(lambda ids: ops.one_hot(ids, WORDS), output_shape=(LENGTH, WORDS))(ids)
    if variant == "embedding":
        hidden = layers.SimpleRNN(UNITS)(layers.Embedding(WORDS, DIMENSIONS)(ids))
    else:
        hidden = layers.RNN(AddCell(UNITS))(layers.Dense(UNITS)(vectors))
    model = keras.Model(ids, layers.Dense(1, activation="sigmoid")(hidden))
    model.compile(keras.optimizers.RMSprop(1e-4), "binary_crossentropy", metrics=["accuracy"], jit_compile=True)
    clock = Clock()
    model.fit(x, y, batch_size=BATCH, epochs=2, verbose=0, callbacks=[clock])
    found = {"data": str(x.dtype), "megabytes_of_data": x.nbytes / 2**20, "device": runtime.device()}
    return {**found, "seconds": clock.seconds, "peak": peak_megabytes()}


def measure(variant: str) -> dict | None:
    """Run one variant in a fresh process; None, after a line that says why, if that is not possible."""
    available = psutil.virtual_memory().available
    if variant == "naive" and available < NAIVE_BYTES:
        print(
            f"naive left out: it needs about {NAIVE_BYTES / 1e9:.0f} GB of memory, {available / 1e9:.0f} GB are free."
        )
        return None
    finished = subprocess.run([sys.executable, __file__, variant], stdout=subprocess.PIPE, text=True)
    if finished.returncode != 0:
        print(f"{variant} failed: exit code {finished.returncode} (-9: ended by the system, most often for memory).")
        return None
    return json.loads(finished.stdout.splitlines()[-1])


def main() -> int:
    """Print the table and the ratio; return 1 if the goal is missed or a variant could not run."""
    print(f"{REVIEWS:,} reviews of {LENGTH} random ids over {WORDS} words; no corpus is needed.")
    results = {variant: measure(variant) for variant in ("embedding", "in-graph", "naive")}
    if any(results.values()):
        print(next(each["device"] for each in results.values() if each))
    print(f"\n{'':10} {'inputs':>8} {'inputs MB':>10} {'s an epoch':>11} {'peak MB':>8}")
    for variant, each in results.items():
        if each:
            row = f"{variant:10} {each['data']:>8} {each['megabytes_of_data']:10,.0f}"
            print(f"{row} {each['seconds']:11.2f} {each['peak']:8,.0f}")
    if not all(results.values()):
        return 1
    ratio = results["in-graph"]["peak"] / results["naive"]["peak"]
    print(f"\nin-graph / naive, peak memory: {ratio:.3f} (goal: at most {GOAL})")
    return int(ratio > GOAL)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(run(sys.argv[1])))
    else:
        sys.exit(main())
