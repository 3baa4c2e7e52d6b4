"""The page on which a small character model writes (goes with notebook 05): its weights and its static picture."""

import base64
import json
import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from course_utils import sampling
from course_utils.backends import keras
from course_utils.batches import contiguous_batches
from course_utils.callbacks import ResetState
from course_utils.language_model import LanguageModel, evaluate
from course_utils.plots.canvas import GROUND, OUTPUT, PADDING, STYLE, VISIBLE
from course_utils.text import CharCodec

layers = keras.layers
PLAY = Path(__file__).parents[2] / "data" / "play.txt"
EMBEDDING, UNITS, BATCH, STEPS, RATE = 32, 96, 64, 16, 1.5e-2


def make(epochs: int = 14) -> tuple[LanguageModel, float, dict[str, tuple[int, float]]]:
    """Train on nine tenths of the sample play; return the writer, its nats on the last tenth, its telling units."""
    keras.utils.set_random_seed(42)
    text = PLAY.read_text(encoding="utf-8")
    codec, cut = CharCodec(text), int(0.9 * len(text))
    ids = codec.encode(text)
    x, y = contiguous_batches(ids[:cut], BATCH, STEPS)
    batch = keras.Input(batch_shape=(BATCH, None), dtype="int32")
    hidden = layers.GRU(UNITS, return_sequences=True, stateful=True)(layers.Embedding(len(codec), EMBEDDING)(batch))
    model = keras.Model(batch, layers.Dense(len(codec))(layers.Dropout(0.1)(hidden)))
    schedule = keras.optimizers.schedules.CosineDecay(RATE, epochs * len(x) // BATCH)
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=0.01, clipnorm=1.0)
    model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(x, y, batch_size=BATCH, shuffle=False, epochs=epochs, verbose=0, callbacks=[ResetState()])
    one, state = keras.Input((None,), dtype="int32"), keras.Input((UNITS,))  # to write, the state goes in and out
    gru = layers.GRU(UNITS, return_sequences=True, return_state=True)
    hidden, last = gru(layers.Embedding(len(codec), EMBEDDING)(one), initial_state=state)
    writer = LanguageModel(keras.Model([one, state], [layers.Dense(len(codec))(hidden), last]), codec)
    writer.model.set_weights(model.get_weights())
    return writer, evaluate(writer.model, ids[cut:], ids[:cut]), telling_units(writer, text[cut:])


def read_states(writer: LanguageModel, text: str) -> np.ndarray:
    """Return the state after each character, `(len(text), units)`, from an empty state at the start."""
    model = keras.Model(writer.model.inputs, writer.model.layers[-1].input)
    return model.predict_on_batch([writer.codec.encode(text)[None], np.zeros((1, UNITS), dtype="float32")])[0]


def telling_units(writer: LanguageModel, text: str) -> dict[str, tuple[int, float]]:
    """Return for each fact about a character the unit that goes most closely with it, and their correlation."""
    lines, words = text.split("\n"), text.replace("\n", " ").split(" ")
    named = [line.endswith(":") and not above for above, line in zip(["", *lines[:-1]], lines, strict=True)]
    facts = {
        "place in the line": [place for line in lines for place in [*range(1, len(line) + 1), 0]],
        "place in the word": [place for word in words for place in [*range(1, len(word) + 1), 0]],
        "speaker’s name": [name for name, line in zip(named, lines, strict=True) for name in [*[name] * len(line), 0]],
    }
    states = read_states(writer, text).T
    found = {name: np.corrcoef(states, fact[: len(text)])[-1, :-1] for name, fact in facts.items()}
    return {name: (int(np.abs(row).argmax()), round(float(max(row, key=abs)), 2)) for name, row in found.items()}


def write(folder: Path) -> None:
    """Write the page's data, ``writer-data.js``, and its static picture, ``writer.png``, into a folder."""
    writer, nats, units = make()
    embedding, kernel, recurrent, biases, dense, dense_bias = writer.model.get_weights()
    # An embedding times the GRU's kernel is one table with a row per character: look up instead of multiplying.
    arrays = {"inputs": embedding @ kernel + biases[0], "recurrent": recurrent, "recurrentBias": biases[1]}
    arrays |= {"dense": dense, "denseBias": dense_bias}
    data = {"characters": writer.codec.characters, "units": UNITS, "nats": round(nats, 3), "telling": units}
    data |= {name: base64.b64encode(array.astype("<f4").tobytes()).decode() for name, array in arrays.items()}
    (folder / "writer-data.js").write_text(f"window.COURSE_WRITER = {json.dumps(data)};\n", encoding="utf-8")
    draw(writer, *units["place in the line"], folder / "writer.png")


def draw(writer: LanguageModel, unit: int, correlation: float, file: Path, columns: int = 48) -> None:
    """Draw a text colored by one unit, and the probabilities of the character that comes next."""
    text = "First Boatman:\n" + writer.generate("First Boatman:\n", 320, temperature=0.7, seed=1)
    rows = re.findall(rf"[^\n]{{,{columns - 1}}}\n|[^\n]{{1,{columns}}}", text)
    states, (dense, bias) = read_states(writer, text), writer.model.layers[-1].get_weights()
    logits = sampling.with_temperature(states[-1] @ dense + bias, 0.7)
    likely, left = sampling.probabilities(logits), np.isfinite(sampling.top_p(logits, 0.9))
    best = np.argsort(-likely)[:12][::-1]
    ground, values = np.full((len(rows), columns), np.nan), iter(np.sign(correlation) * states[:, unit])
    with plt.style.context(STYLE):
        drawing, (page, bars) = plt.subplots(1, 2, figsize=(11, 4.6), width_ratios=(3, 1))
        for row, line in enumerate(rows):
            for column, character in enumerate(line):
                ground[row, column] = next(values)
                page.text(column, row, character.replace("\n", "↵"), ha="center", va="center", family="monospace")
        page.imshow(ground, cmap=GROUND, vmin=-1, vmax=1, aspect="auto")
        page.set(xticks=[], yticks=[], title=f"Written by the model, colored by unit {unit}")
        names = [VISIBLE.get(character, character) for character in np.array(writer.codec.tokens)[best]]
        bars.barh(names, likely[best], color=np.where(left[best], OUTPUT, PADDING))
        bars.set(title="What comes next?", xlabel="probability")
        drawing.savefig(file, dpi=80)
        plt.close(drawing)
