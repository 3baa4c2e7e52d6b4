"""How good a character model of Shakespeare is after 90 seconds of training on this machine.

Tiny Shakespeare's 65 characters, the first 90% to train on, nats per character over the last 10%, every character
counted. A GRU(256) on contiguous batches; the learning rate falls along half a cosine of the *time* gone, so the
training ends where its 90 seconds end, on any machine. The clock runs from the call of fit, compilation included.

A small Transformer's published CPU recipe reaches 1.886 in as many seconds on two cores.
Goal: 1.60 nats or less on two idle cores. The exit code says whether it is met.
"""

import math
import sys
import time

import numpy as np

from course_utils import corpora
from course_utils.backends import keras
from course_utils.batches import contiguous_batches
from course_utils.callbacks import ResetState
from course_utils.language_model import evaluate
from course_utils.text import CharCodec

layers = keras.layers

SECONDS, GOAL = 90, 1.60
UNITS, EMBEDDING, BATCH, STEPS, RATE = 256, 64, 32, 64, 4e-3


class Deadline(keras.callbacks.Callback):
    """Lower the learning rate with the time gone, and stop when it is over."""

    def on_train_begin(self, logs=None):
        self.began = time.perf_counter()

    def on_train_batch_begin(self, batch, logs=None):
        gone = min(1.0, (time.perf_counter() - self.began) / SECONDS)
        self.model.optimizer.learning_rate = RATE * (0.01 + 0.99 * (1 + math.cos(math.pi * gone)) / 2)

    def on_train_batch_end(self, batch, logs=None):
        self.model.stop_training = time.perf_counter() - self.began >= SECONDS
        if self.model.stop_training:  # fit itself would first end the epoch
            raise StopIteration


def main() -> int:
    """Train, evaluate and print; returns the exit status."""
    play = corpora.load_shakespeare()
    codec = CharCodec(play.text)
    ids = codec.encode(play.text)
    train, test = np.split(ids, [int(0.9 * len(ids))])
    x, y = contiguous_batches(train, BATCH, STEPS)
    keras.utils.set_random_seed(0)
    inputs = keras.Input(batch_shape=(BATCH, None), dtype="int32")
    gru = layers.GRU(UNITS, return_sequences=True, stateful=True)
    model = keras.Model(inputs, layers.Dense(len(codec))(gru(layers.Embedding(len(codec), EMBEDDING)(inputs))))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(RATE, clipnorm=1.0), loss)
    try:
        callbacks = [ResetState(), Deadline()]
        model.fit(x, y, batch_size=BATCH, shuffle=False, epochs=1_000, verbose=0, callbacks=callbacks)
    except StopIteration:
        pass
    inputs, state = keras.Input((None,), dtype="int32"), keras.Input((UNITS,))
    gru = layers.GRU(UNITS, return_sequences=True, return_state=True)
    hidden, last = gru(layers.Embedding(len(codec), EMBEDDING)(inputs), initial_state=state)
    reader = keras.Model([inputs, state], [layers.Dense(len(codec))(hidden), last])
    reader.set_weights(model.get_weights())
    nats = evaluate(reader, test, train)
    steps = int(model.optimizer.iterations.numpy())
    print(f"data: {play.provenance}")
    print(f"{nats:.4f} nats after {SECONDS} s, {steps:,} steps, {steps * BATCH / len(x):.1f} epochs (goal {GOAL})")
    if play.provenance.is_sample:
        print("on the sample play the figure cannot be compared; set COURSE_DATA_DIR or run make data")
        return 0
    return int(nats > GOAL)


if __name__ == "__main__":
    sys.exit(main())
