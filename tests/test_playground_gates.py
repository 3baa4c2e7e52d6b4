"""The playground "gates": its networks compute what Keras computes, and the page can be used without a mouse."""

import keras
import numpy as np
import pytest
from in_a_browser import needs_browser, opened, write_page

from course_utils import cells, text
from tools.playgrounds import gates

pytestmark = needs_browser

SENTENCES = [
    gates.SENTENCE,
    "Rather than dull, it is wonderful.",
    "It is dull rather than wonderful!",
    "My unfunny sister wasn’t <i>there</i>; everyone told me it was boring, but I saw for myself that it was moving.",
    "wonderful",
    " ".join(["The last ten minutes are dreadful and the others are a delight."] * 2),
]


@pytest.fixture(scope="module")
def trained():
    return gates.train(epochs=2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, trained):
    out = tmp_path_factory.mktemp("새 gates")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gates, "train", lambda: trained)
        return write_page(gates, out)


@pytest.fixture(scope="module")
def page(folder):
    yield from opened(folder)


def test_files_are_small(folder):
    assert (folder / "gates-data.js").stat().st_size <= 1_500_000
    assert (folder / "gates.png").stat().st_size <= 80_000


def test_words_and_ids_are_those_of_the_tokenizer(page, trained):
    tricky = [
        "It's 5 < 6, isn’t it? <br />Café 영화!",
        "[UNK] [PAD]",
        "constructor __proto__",
        "",
        "a_b rock'n'roll 'dull'",
    ]
    for each in SENTENCES + tricky:
        words = page.evaluate("text => course_gates.tokenize(text)", each)
        ids = page.evaluate("text => course_gates.encode(text)", each)
        assert ids == trained[0].encode(each).ids, each
        known = trained[0].encode(each).tokens
        assert [word if id > 1 else "[UNK]" for word, id in zip(words, ids, strict=True)] == known, each


def from_keras(kind, ids, reader):
    """The states of Keras' layer, the gates that follow from them, and the model's probabilities."""
    layer, ops = reader.get_layer(kind), keras.ops
    x = reader.get_layer("embedding")(ids[None])
    W, U, b = layer.get_weights()
    again = getattr(keras.layers, kind)(gates.UNITS, return_sequences=True, return_state=True)
    again.build(x.shape)
    again.set_weights([W, U, b])
    found = {"h": np.array(again(x)[0])[0]}
    before = np.concatenate([np.zeros((1, gates.UNITS), "float32"), found["h"][:-1]])
    if kind == "LSTM":
        found["c"] = np.concatenate([np.array(again(x[:, : step + 1])[2]) for step in range(len(ids))])
        i, f, g, o = ops.split(x[0] @ W + before @ U + b, 4, axis=1)
        found |= {"i": ops.sigmoid(i), "f": ops.sigmoid(f), "g": ops.tanh(g), "o": ops.sigmoid(o)}
    else:
        (z, r, g), (z_h, r_h, g_h) = (ops.split(each, 3, axis=1) for each in (x[0] @ W + b[0], before @ U + b[1]))
        found |= {"z": ops.sigmoid(z + z_h), "r": (reset := ops.sigmoid(r + r_h)), "g": ops.tanh(g + reset * g_h)}
    rows = np.tril(np.tile(ids, (len(ids), 1)))  # row n holds the first n words, padded on the right
    found["p"] = reader.predict(rows, verbose=0)[gates.KINDS.index(kind)][:, 0]
    return {name: np.array(values) for name, values in found.items()}


@pytest.mark.parametrize("kind", gates.KINDS)
def test_gates_states_and_probabilities_are_those_of_keras(page, trained, kind):
    tokenizer, reader = trained
    largest = 0.0
    for ids in text.encode(tokenizer, SENTENCES):
        steps = page.evaluate("([kind, ids]) => course_gates.trace(kind, ids)", [kind, ids.tolist()])
        for name, expected in from_keras(kind, ids, reader).items():
            here = np.array([step[name] for step in steps])
            assert here.shape == expected.shape, name
            largest = max(largest, np.abs(here - expected).max())
        weights, vectors = reader.get_layer(kind).get_weights(), reader.get_layer("embedding").get_weights()[0][ids]
        layer = getattr(cells, kind)(*weights)  # the second reference: the course's own cell
        h = layer.forward(vectors[None])[0]
        largest = max(largest, np.abs(np.array([step["h"] for step in steps]) - h).max())
        if kind == "LSTM":
            drawn = gates.gates(vectors, *weights)
            largest = max(largest, np.abs(drawn["c"][-1] - layer.state[1][0]).max())
            largest = max(largest, *(np.abs(drawn[name] - [step[name] for step in steps]).max() for name in drawn))
    print(f"{kind}: largest difference {largest:.1e}")
    assert largest < 1e-4


def test_the_page_is_used_by_keyboard_and_stays_silent(page):
    status, press = page.locator("#gates .status"), page.keyboard.press
    page.get_by_label("Sentence").focus()
    press("Control+a")
    page.keyboard.type("dull unfunny film")
    press("ArrowLeft")  # moves the cursor, not the step
    assert "Step 1 of 3, dull." in status.inner_text()
    page.get_by_role("button", name="Next").focus()
    press("Enter")
    assert "Step 2 of 3, unfunny, which is unknown" in status.inner_text()
    press("ArrowRight")
    press("ArrowRight")
    assert "Step 3 of 3, film." in status.inner_text()
    shown = float(status.locator(".tag").inner_text())
    p = page.evaluate("course_gates.trace('LSTM', course_gates.encode('dull unfunny film')).at(-1).p")
    assert shown == pytest.approx(p, abs=0.006)
    page.get_by_role("radio", name="LSTM").focus()
    press("ArrowRight")
    assert "the GRU would" in status.inner_text() and "Step 3" in status.inner_text()
    page.get_by_role("button", name="Unit 3").focus()
    press("Enter")
    assert page.get_by_role("button", name="Unit 3").get_attribute("aria-pressed") == "true"
    press("ArrowLeft")  # in the table, which may have to scroll, the arrows are not ours
    assert "Unit 3 in formulas" in page.locator("#gates").inner_text() and "Step 3" in status.inner_text()
    page.locator("#gates .strip .wide").focus()
    press("ArrowLeft")
    assert "Step 2 of 3" in status.inner_text()
    page.get_by_label("Examples").focus()
    press("ArrowDown")
    assert "Step 1 of 6, rather." in status.inner_text()
    page.get_by_label("Sentence").fill("?!")
    assert status.inner_text() == "Type at least one word."
    page.get_by_label("Sentence").fill("good <b>film</b> " * 20)
    assert "Step 1 of 30" in status.inner_text() and "Only the last 30 words" in status.inner_text()
    press("Tab")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    unlabeled = (
        "[...document.querySelectorAll('#gates input, #gates select')].filter(each => !each.labels.length).length"
    )
    assert page.evaluate(unlabeled) == 0
    assert page.trouble == []
