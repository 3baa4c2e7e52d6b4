"""What decoding 5,000 answers costs: in batches, in one compiled call each, against one source at a time.

The translator is notebook 06's largest (embeddings 32, two LSTMs of 128 units, additive attention) with random weights:
greedy decoding always takes its five steps. Sources have 7 characters, answers 5 (the end mark among them).

Goals: 5,000 sources in at most 3 seconds, and at least 50 times faster than one by one by the same call, `predict`. The
exit code says whether both are met. Much of the difference is the fixed cost of a call; the leaner `predict_on_batch`,
one source at a time, is shown beside it.
"""

import sys
import time

import numpy as np

from course_utils import seq2seq, toy_tasks
from course_utils.backends import keras
from course_utils.text import CharCodec

layers, ops = keras.layers, keras.ops
SYMBOLS, UNITS, SOURCES, ALONE = 14, 128, 5_000, 100
SECONDS, TIMES = 3, 50


class Translator(keras.Model):
    """Notebook 06's translator with attention, as far as decoding needs it."""

    def __init__(self):
        super().__init__()
        self.source_vectors, self.target_vectors = layers.Embedding(SYMBOLS, 32), layers.Embedding(SYMBOLS, 32)
        self.encoder = layers.LSTM(UNITS, return_sequences=True, return_state=True, unroll=True)
        self.decoder = layers.LSTM(UNITS, return_sequences=True, return_state=True, unroll=True)
        self.attend = layers.AdditiveAttention()
        self.to_query, self.to_key = layers.Dense(UNITS), layers.Dense(UNITS, use_bias=False)
        self.to_logits = layers.Dense(SYMBOLS)

    def encode(self, source):
        mask = ops.not_equal(source, seq2seq.PAD)
        outputs, *state = self.encoder(self.source_vectors(source), mask=mask)
        return {"outputs": outputs, "mask": mask, "state": state}

    def decode(self, decoder_inputs, memory):
        hidden, *state = self.decoder(self.target_vectors(decoder_inputs), initial_state=memory["state"])
        outputs = memory["outputs"]
        context = self.attend([self.to_query(hidden), outputs, self.to_key(outputs)], mask=[None, memory["mask"]])
        return self.to_logits(ops.concatenate([hidden, context], axis=-1)), {**memory, "state": state}


def main() -> int:
    """Time both ways in one run; returns the exit status."""
    keras.utils.set_random_seed(0)
    texts, _ = toy_tasks.additions(SOURCES)
    x = CharCodec("+0123456789", pad=True, bos=True, eos=True).encode_batch(texts, 7)
    greedy = seq2seq.GreedyDecoder(Translator(), 5)
    for size in (1_000, 1):
        greedy.predict_on_batch(x[:size])  # compiles
    taken = []
    for _ in range(3):
        began = time.perf_counter()
        greedy.predict(x, batch_size=1_000, verbose=0)
        taken.append(time.perf_counter() - began)
    together = float(np.median(taken))
    ways = {"predict": lambda row: greedy.predict(row, verbose=0), "predict_on_batch": greedy.predict_on_batch}
    alone = {}
    for name, way in ways.items():
        began = time.perf_counter()
        for row in x[:ALONE]:
            way(row[None])
        alone[name] = (time.perf_counter() - began) / ALONE * SOURCES
        print(f"one by one with {name}: {alone[name]:.1f} s for {SOURCES:,}, from {ALONE}")
    times = alone["predict"] / together
    print(
        f"{SOURCES:,} sources in {together:.2f} s (goal {SECONDS}), "
        f"{times:.0f} times as fast as one by one (goal {TIMES})"
    )
    return int(together > SECONDS or times < TIMES)


if __name__ == "__main__":
    sys.exit(main())
