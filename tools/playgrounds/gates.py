"""The playground "gates": a small LSTM and a small GRU that read a sentence word by word, gate by gate."""

import base64
import json
from pathlib import Path

import keras
import numpy as np
from keras import layers
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from tokenizers import Tokenizer

from course_utils import text
from course_utils.plots.canvas import COLORS, LOW_TO_HIGH

REVIEWS = Path(__file__).resolve().parents[2] / "data" / "reviews.jsonl"
WORDS, LENGTH, UNITS = 715, 30, 8  # a few rare words are left out, so that training teaches something about [UNK]
SENTENCE = "My sister found it boring; I found it moving."
KINDS = ("LSTM", "GRU")


def train(epochs: int = 6) -> tuple[Tokenizer, keras.Model]:
    """Train both networks side by side on the sample reviews, on one embedding.

    Returns
    -------
    tokenizer : tokenizers.Tokenizer
    reader : keras.Model
        Ids ``(batch, time)``, padded on the right, to two probabilities ``(batch, 1)`` of a positive review: the
        LSTM's and the GRU's. Its layers are called embedding, LSTM, GRU, LSTM_head and GRU_head.
    """
    rows = [json.loads(line) for line in REVIEWS.read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row["split"] == "train"]
    texts, labels = [row["text"] for row in rows], np.array([row["label"] for row in rows], "float32")
    tokenizer = text.word_tokenizer(texts, WORDS)
    keras.utils.set_random_seed(42)
    ids = keras.Input((None,), dtype="int32")
    vectors = layers.Embedding(WORDS, 8, mask_zero=True, name="embedding")(ids)
    last = {kind: getattr(layers, kind)(UNITS, name=kind)(vectors) for kind in KINDS}
    heads = [layers.Dense(1, activation="sigmoid", name=f"{kind}_head")(h) for kind, h in last.items()]
    reader = keras.Model(ids, heads)
    reader.compile(keras.optimizers.Adam(0.01), ["binary_crossentropy"] * 2)
    reader.fit(
        text.pad(text.encode(tokenizer, texts), LENGTH, side="right"),
        [labels] * 2, batch_size=64, epochs=epochs, verbose=0,
    )  # fmt: skip
    return tokenizer, reader


def gates(x: np.ndarray, W: np.ndarray, U: np.ndarray, b: np.ndarray) -> dict[str, np.ndarray]:
    """Return the LSTM's f, i, g, o, c and h, each ``(time, units)``, for one text of vectors ``(time, inputs)``."""
    h, c, seen = np.zeros(len(U)), np.zeros(len(U)), []
    for vector in x:
        i, f, g, o = np.split(vector @ W + h @ U + b, 4)
        i, f, o = (1 / (1 + np.exp(-gate)) for gate in (i, f, o))
        c = f * c + i * np.tanh(g)
        h = o * np.tanh(c)
        seen.append((f, i, np.tanh(g), o, c, h))
    return dict(zip("figoch", np.stack(seen, axis=1), strict=True))


def write(folder: Path) -> None:
    """Write the weights as ``gates-data.js`` and a static picture as ``gates.png``."""
    tokenizer, reader = train()
    words = [tokenizer.id_to_token(index) for index in range(WORDS)]
    weights = {layer.name: [pack(weight) for weight in layer.get_weights()] for layer in reader.layers if layer.weights}
    data = json.dumps({"words": words, "length": LENGTH, "sentence": SENTENCE, "weights": weights}, ensure_ascii=False)
    (folder / "gates-data.js").write_text(f"window.COURSE_GATES = {data};\n", encoding="utf-8")
    draw(tokenizer, reader, folder / "gates.png")


def pack(weight: np.ndarray) -> dict:
    """Return the shape and the float32 numbers, little-endian in base64."""
    return {"shape": weight.shape, "base64": base64.b64encode(weight.astype("<f4").tobytes()).decode()}


def draw(tokenizer: Tokenizer, reader: keras.Model, path: Path) -> None:
    """Draw the LSTM's gates and states for the first sentence of the page, and both probabilities above."""
    tokens, [ids] = tokenizer.encode(SENTENCE).tokens, text.encode(tokenizer, [SENTENCE])
    probabilities = reader.predict(np.tril(np.tile(ids, (len(ids), 1))), verbose=0)  # row n: the first n words, padded
    seen = gates(reader.get_layer("embedding").get_weights()[0][ids], *reader.get_layer("LSTM").get_weights())
    figure = Figure((9.0, 7.5), dpi=90, layout="constrained")
    FigureCanvasAgg(figure)
    top, low = figure.subplots(2, height_ratios=(1, 3.2), sharex=True)
    for kind, found, color, line in zip(KINDS, probabilities, COLORS, ("o-", "s--"), strict=False):
        top.plot(found, line, color=color, label=kind)
    top.set(ylim=(-0.05, 1.05), ylabel="p(positive)", title="The probability and the LSTM's gates, word by word")
    top.legend(frameon=False)
    bands = {"forget f": "f", "input i": "i", "candidate g": "g", "output o": "o", "cell state c": "c", "hidden h": "h"}
    rows = [2 * seen[key] - 1 if key in "fio" else seen[key] for key in bands.values()]
    drawn = low.imshow(np.concatenate(rows, axis=1).T, cmap=LOW_TO_HIGH, vmin=-1, vmax=1, aspect="auto")
    low.set_yticks(np.arange(len(bands)) * UNITS + (UNITS - 1) / 2, bands)
    low.set_xticks(range(len(tokens)), tokens)
    low.hlines(np.arange(1, len(bands)) * UNITS - 0.5, -0.5, len(tokens) - 0.5, color="black", linewidth=1.2)
    figure.colorbar(drawn, ax=low, label="gate 0, or value -1 … gate 1, or value +1", fraction=0.03, pad=0.01)
    figure.savefig(path)
