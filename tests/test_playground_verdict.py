"""The playground "verdict": its models answer as scikit-learn and Keras do, and the page works without a mouse."""

import numpy as np
import pytest
from in_a_browser import needs_browser, opened, write_page

from course_utils import text
from tools.playgrounds import verdict

pytestmark = needs_browser

REVIEWS = [
    *verdict.PAIR,
    "A warm, wise and delightful picture. I laughed, I cried, and I would gladly do both again.",
    "I DIDN’T like it!!!<br /><br />Tom &amp; Ann’s film is -- how to put it? -- a   dud . 5 < 6, &lt;b&gt;",
    "wonderful",
    "zyzzyva Qwertz 영화 Café 2001",
    "constructor __proto__ rock'n'roll o'2 'dull' a_b [UNK] [PAD]",
    " ".join(["Rather than hollow, it is lovely; the pacing is dull."] * 12),
]
SENTENCE = "There is no word to read yet."


@pytest.fixture(scope="module")
def models():
    return verdict.train()


@pytest.fixture(scope="module")
def folder(tmp_path_factory, models):
    return write_page(verdict, tmp_path_factory.mktemp("새 verdict"))


@pytest.fixture(scope="module")
def page(folder):
    yield from opened(folder)


def test_files_are_small(folder):
    assert (folder / "verdict-data.js").stat().st_size <= 1_500_000
    assert (folder / "verdict.png").stat().st_size <= 80_000


@pytest.mark.parametrize("review", [*REVIEWS, "", " ?! ... "])
def test_words_are_those_of_the_tokenizer(page, models, review):
    assert page.evaluate("text => course_verdict.clean(text)", review) == text.clean(review)
    assert page.evaluate("text => course_verdict.words(text)", review) == verdict.words(models.tokenizer, review)


def test_probabilities_are_those_of_scikit_learn_and_keras(page, models):
    expected = verdict.probabilities(models, REVIEWS)
    found = [page.evaluate("text => course_verdict.probabilities(text)", review) for review in REVIEWS]
    for name in verdict.NAMES:
        np.testing.assert_allclose([each[name] for each in found], expected[name], atol=1e-4, rtol=0)


def test_no_words_are_read_as_the_models_do(page, models):
    assert page.evaluate("[course_verdict.probabilities(''), course_verdict.probabilities(' ?! ')]") == [None, None]
    found = page.evaluate("['bag', 'average', 'gru'].map(name => course_verdict.logOdds(name, []))")
    bag, gru = models.bag.predict_proba([""])[0, 1], float(models.gru.predict(np.array([[0]]), verbose=0)[0, 0])
    head = float(models.average.layers[-1](np.zeros((1, verdict.UNITS)))[0, 0])
    np.testing.assert_allclose(1 / (1 + np.exp(-np.array(found))), [bag, head, gru], atol=1e-4, rtol=0)


@pytest.mark.parametrize("name", verdict.NAMES)
def test_lines_and_colors_come_from_the_same_models(page, models, name):
    read = verdict.words(models.tokenizer, verdict.PAIR[0])
    begun = [" ".join(read[: place + 1]) for place in range(len(read))]
    lines = page.evaluate("([name, read]) => course_verdict.wordByWord(name, read)", [name, read])
    np.testing.assert_allclose(lines, verdict.probabilities(models, begun)[name], atol=1e-4, rtol=0)
    without = [" ".join(read[:place] + read[place + 1 :]) for place in range(len(read))]
    chances = verdict.probabilities(models, [" ".join(read), *without])[name].astype("float64")
    log_odds = np.log(chances / (1 - chances))
    moves = page.evaluate("([name, read]) => course_verdict.occlusion(name, read)", [name, read])
    np.testing.assert_allclose(moves, log_odds[0] - log_odds[1:], atol=2e-3, rtol=0)


def test_only_order_tells_the_pair_apart(models):
    answers = verdict.probabilities(models, list(verdict.PAIR))
    assert answers["average"][0] == pytest.approx(answers["average"][1], abs=1e-5)
    assert answers["gru"][0] != pytest.approx(answers["gru"][1], abs=1e-3)  # which is higher depends on the seed
    assert models.accuracy["gru"] > max(models.accuracy["bag"], models.accuracy["average"])


def test_the_page_works_by_keyboard_and_without_a_network(page):
    def shown(name):
        return page.locator(f"#verdict-{name}").inner_text()

    page.focus("#verdict-text")
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    assert SENTENCE in shown("answers") and not page.locator("#verdict-more").is_visible()
    page.keyboard.type("It was <b>qqq</b> & wonderful!")
    assert "all 4 words" in shown("answers")
    assert page.locator("#verdict-words > span.unknown").count() >= 1
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.input_value("#verdict-text") == verdict.PAIR[1]
    before = shown("words")
    page.focus("input[value=gru]")
    page.keyboard.press("ArrowUp")
    assert page.is_checked("input[value=average]") and shown("words") != before
    assert page.locator("#verdict-chart polyline").count() == 3
    page.fill("#verdict-text", "wonderful " * 80 + "w" * 90)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
    labels = (
        "[...document.querySelectorAll('#verdict :is(input, textarea)')].filter(each => !each.labels.length).length"
    )
    assert page.evaluate(labels) == 0
    assert page.trouble == []
