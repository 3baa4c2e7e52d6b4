"""The playground "translator": its model computes what Keras computes, and the page can be used without a mouse."""

import numpy as np
import pytest
from in_a_browser import needs_browser, opened, write_page

from course_utils.backends import keras
from course_utils.batches import teacher_forcing
from course_utils.seq2seq import GreedyDecoder
from tools.playgrounds import translator

pytestmark = needs_browser

SOURCES = [
    "17 August 1999",
    "August 17, 1999",
    "17. August 1999",
    "3 Oct 2090",
    "Dec 24 1984",
    "05-MAY-1923",
    "17.8.1999",
]
SOURCES += ["01.02.2003", "8/17/1999", "1999/08/17", "19990817", "1999년 8월 17일", "2004. 5. 17.", "23 September 1934"]
STRANGE = ["8/17/99", "31 February 2001", "1", "1999년"]  # the answers are nonsense, and the same nonsense as in Keras


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_page(translator, tmp_path_factory.mktemp("새 translator"))


@pytest.fixture(scope="module")
def page(folder):
    yield from opened(folder)


def test_files_are_small_and_the_model_is_good(folder):
    assert (folder / "translator-data.js").stat().st_size <= 1_500_000
    assert (folder / "translator.png").stat().st_size <= 80_000
    assert np.mean([right for *_, right in translator.make()[2]]) >= 0.95


def test_answers_logits_and_attention_are_those_of_keras(page):
    model, codec, _ = translator.make()
    ids = codec.encode_batch(SOURCES + STRANGE, translator.SOURCE)
    greedy = GreedyDecoder(model, translator.TARGET + 1)
    greedy.compile(run_eagerly=True)  # compiling takes longer
    written = greedy.predict(ids, verbose=0)
    before, _ = teacher_forcing(written[:, :-1] * (written[:, :-1] > 2))
    logits, memory = model.decode(before, model.encode(ids))
    probabilities, weights = keras.ops.softmax(logits), memory["weights"]
    largest = {"logits": 0.0, "probabilities": 0.0, "weights": 0.0}
    for row, source in enumerate(SOURCES + STRANGE):
        shown = """source => { const {answer, steps} = course_translator.translate(source);
            const all = name => steps.map(step => [...step[name]]), ids = steps.map(step => step.id);
            const [logits, probabilities, weights] = ["logits", "probabilities", "weights"].map(all);
            return {answer, ids, logits, probabilities, weights}; }"""
        found = page.evaluate(shown, source)
        steps = len(found["ids"])
        assert found["ids"] == written[row, :steps].tolist() and not written[row, steps:].any(), source
        assert found["answer"] == codec.decode(written[row])
        expected = {"logits": logits, "probabilities": probabilities, "weights": weights[..., : len(source)]}
        for name, values in expected.items():
            difference = np.abs(np.array(found[name]) - np.array(values[row, :steps])).max()
            largest[name] = max(largest[name], float(difference))
    print({name: f"{value:.1e}" for name, value in largest.items()})
    assert max(largest.values()) < 1e-4


def test_unseen_dates_are_judged_as_in_keras(page):
    unseen = translator.make()[2]
    answers = page.evaluate(
        "sources => sources.map(source => course_translator.translate(source).answer)",
        [source for source, *_ in unseen[:300]],
    )
    assert [answer == target for answer, (_, target, _) in zip(answers, unseen[:300], strict=True)] == [
        right for *_, right in unseen[:300]
    ]
    share = f"{100 * np.mean([right for *_, right in unseen]):.1f}% without a mistake"
    assert share in page.locator("#translator").inner_text()


def test_the_page_is_used_by_keyboard_and_stays_silent(page):
    status, verdict, press = (
        page.locator("#translator .status"),
        page.locator("#translator .verdict"),
        page.keyboard.press,
    )
    assert "Step 1 of 11: writes “1”" in status.inner_text()
    page.get_by_label("Date", exact=True).focus()
    press("Control+a")
    page.keyboard.type("1999년 8월 17일")
    press("ArrowLeft")  # moves the cursor, not the step
    assert "Step 1 of 11" in status.inner_text()
    press("Enter")
    page.wait_for_function("document.querySelector('#translator .verdict').textContent")
    assert verdict.inner_text() == "1999년 8월 17일 → 1999-08-17"
    assert "Step 11 of 11: writes “end”" in status.inner_text()
    page.get_by_role("button", name="Previous").focus()
    press("Enter")
    assert "Step 10 of 11: writes “7”" in status.inner_text()
    press("ArrowLeft")
    press("ArrowRight")
    press("ArrowRight")
    press("ArrowRight")
    assert "Step 11 of 11" in status.inner_text()
    assert page.get_by_role("button", name="Next").get_attribute("aria-disabled") == "true"
    page.emulate_media(reduced_motion="reduce")
    page.get_by_role("button", name="An unseen date").focus()
    press("Enter")
    assert "was not trained on this day" in verdict.inner_text()
    for text, complaint in {"": "Type a date", "tomorrow?": "“w”, “?”", "1" * 19: "too long"}.items():
        page.get_by_label("Date", exact=True).fill(text)
        press("Enter")
        assert complaint in page.get_by_role("alert").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.trouble == []
