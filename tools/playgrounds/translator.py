"""The page on which a small translator of dates shows where it looks (goes with notebook 06)."""

import base64
import functools
import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from course_utils import toy_tasks
from course_utils.backends import keras
from course_utils.batches import teacher_forcing
from course_utils.plots.canvas import STYLE, VISIBLE
from course_utils.seq2seq import PAD, exact_match
from course_utils.text import CharCodec

layers, ops = keras.layers, keras.ops
PAIRS, TEST, EPOCHS, BATCH, RATE, UNITS = 13_000, 1_000, 3, 96, 1.5e-2, 64
SOURCE, TARGET = 18, 10  # as long as "September 17, 1999" and "1999-09-17"
LAYERS = ("source_vectors", "target_vectors", "encoder", "decoder", "to_query", "to_key", "to_logits")
SHOWN = "17 August 1999", "1999-08-17"


class AttentiveTranslator(keras.Model):
    """Notebook 06's translator with additive attention, but with GRU layers in place of LSTM layers."""

    def __init__(self, symbols: int):
        super().__init__()
        self.source_vectors, self.target_vectors = (layers.Embedding(symbols, 32) for _ in range(2))
        self.encoder, self.decoder = (layers.GRU(UNITS, return_sequences=True, return_state=True) for _ in range(2))
        self.to_query, self.to_key = layers.Dense(UNITS), layers.Dense(UNITS, use_bias=False)
        self.to_logits = layers.Dense(symbols)
        self.v = self.add_weight(shape=(UNITS,), initializer="glorot_uniform", name="v")

    def encode(self, source):
        """Source ids ``(batch, time)`` to the memory that `decode` reads."""
        mask = ops.not_equal(source, PAD)
        outputs, state = self.encoder(self.source_vectors(source), mask=mask)
        return {"outputs": outputs, "keys": self.to_key(outputs), "mask": mask, "state": state}

    def decode(self, before, memory):
        """Ids ``(batch, steps)`` to logits ``(batch, steps, symbols)`` and the memory, now with attention weights."""
        hidden, state = self.decoder(self.target_vectors(before), initial_state=memory["state"])
        scores = ops.sum(self.v * ops.tanh(self.to_query(hidden)[:, :, None] + memory["keys"][:, None]), axis=-1)
        weights = ops.softmax(ops.where(memory["mask"][:, None], scores, -1e9), axis=-1)
        context = ops.matmul(weights, memory["outputs"])
        both = ops.concatenate([hidden, context], axis=-1)
        return self.to_logits(both), {**memory, "state": state, "weights": weights}

    def call(self, inputs):
        return self.decode(inputs[1], self.encode(inputs[0]))[0]


@functools.cache
def make() -> tuple[AttentiveTranslator, CharCodec, list[tuple[str, str, bool]]]:
    """Train, always from the same seed; return model, codec, and (date, right answer, read well?) of unseen dates."""
    keras.utils.set_random_seed(42)
    sources, targets = toy_tasks.dates(PAIRS, seed=0)
    codec = CharCodec(sources + targets, pad=True, bos=True, eos=True)
    x = codec.encode_batch(sources, SOURCE)
    before, after = teacher_forcing(codec.encode_batch(targets, TARGET))
    model = AttentiveTranslator(len(codec))
    schedule = keras.optimizers.schedules.CosineDecay(RATE, EPOCHS * (PAIRS - TEST) // BATCH)
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=0.2, clipnorm=1.0)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=PAD)
    model.compile(optimizer, loss, jit_compile=False)
    model.fit((x[TEST:], before[TEST:]), after[TEST:], batch_size=BATCH, epochs=EPOCHS, verbose=0)
    right = exact_match(after[:TEST], model.predict((x[:TEST], before[:TEST]), batch_size=TEST, verbose=0))
    return model, codec, list(zip(sources[:TEST], targets[:TEST], map(bool, right), strict=True))


def write(folder: Path) -> None:
    """Write the page's data, ``translator-data.js``, and its static picture, ``translator.png``, into a folder."""
    model, codec, unseen = make()
    weights = {name: [pack(array) for array in getattr(model, name).get_weights()] for name in LAYERS}
    data = {"tokens": codec.tokens, "units": UNITS, "longest": SOURCE, "most": TARGET + 1, "shown": SHOWN[0]}
    data |= {"unseen": unseen, "weights": weights | {"v": [pack(model.v)]}}
    (folder / "translator-data.js").write_text(f"window.COURSE_TRANSLATOR = {json.dumps(data)};\n", encoding="utf-8")
    draw(model, codec, folder / "translator.png")


def pack(array: np.ndarray) -> str:
    """Return the numbers as float32, little-endian, in base64."""
    return base64.b64encode(np.asarray(array, "<f4").tobytes()).decode()


def draw(model: AttentiveTranslator, codec: CharCodec, file: Path) -> None:
    """Draw the attention weights of one date: the source across, the answer downwards."""
    source, target = SHOWN
    before, _ = teacher_forcing(codec.encode_batch([target], TARGET))
    _, memory = model.decode(before, model.encode(codec.encode_batch([source], len(source))))
    with plt.style.context(STYLE):
        drawing, axes = plt.subplots(figsize=(8, 5))
        drawing.colorbar(axes.imshow(memory["weights"][0], cmap="Blues", vmin=0, vmax=1, aspect="auto"), label="weight")
        axes.set(title=f"Where the decoder looks: {source}", xlabel="source", ylabel="answer")
        axes.set_xticks(range(len(source)), [VISIBLE.get(each, each) for each in source], family="monospace")
        axes.set_yticks(range(TARGET + 1), [*target, "end"], family="monospace")
        drawing.savefig(file, dpi=90)
        plt.close(drawing)
