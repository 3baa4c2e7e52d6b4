"""The playground "tokenizer": it cuts every text as the course's tokenizers do, and the keyboard is enough."""

import shutil
from pathlib import Path

import pytest
from in_a_browser import BROWSER, needs_browser, playwright

from course_utils import text
from tools.playgrounds import tokenizer

DATA = tokenizer.REVIEWS.parent

pytestmark = needs_browser

TEXTS = [
    "",
    " ",
    "An unwatchable, overhyped film.",
    "I DIDN’T say it's 'fine', they'll've said so!",
    "<br /><br />5 < 6 <i>and</i> [PAD] [UNK]",
    "  several   spaces \t tabs\n\n and lines  ",
    "12 times in 2024, 3.14 and ½ ५",
    "영화는 지루하지 않았다 ㅋㅋ",
    "영화는 좋다 🎬👩‍👩‍👧 é e\u0301",
    "ΟΔΟΣ İstanbul Straße ǅ",
    "a\u0085b\ufeffc\u00a0d\u200be \u2003f\u001cg",
    "bananananas aaaaaaa llllll",
    "Ġ ─ \x00 \x7f \xad 文字",
]
CUT = """texts => texts.map(text => ["words", "characters", "bytePairs"].map(way => {
    const cut = course_tokenizer[way](text);
    return [cut.map(each => each.token), cut.map(each => each.id)];
}))"""


@pytest.fixture(scope="module")
def made():
    return tokenizer.make()


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The playground on a page of its own, and what went wrong there."""
    folder = tmp_path_factory.mktemp("playground")
    tokenizer.write(folder)
    source = Path(tokenizer.__file__)
    shutil.copy(source.with_suffix(".js"), folder)
    block = source.with_suffix(".md").read_text(encoding="utf-8").partition("<div")[2].partition("\n## ")[0]
    html = f"<!doctype html><html lang=en><meta charset=utf-8><title>Try</title><body><div{block}"
    (folder / "try.html").write_text(html, encoding="utf-8")
    with playwright.sync_playwright() as drive:
        browser = drive.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        opened = browser.new_context(offline=True).new_page()
        wrong = []
        opened.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        opened.on("pageerror", lambda error: wrong.append(str(error)))
        opened.on("request", lambda sent: None if sent.url.startswith("file://") else wrong.append(sent.url))
        opened.goto((folder / "try.html").as_uri(), wait_until="load")
        yield opened
        browser.close()
    assert wrong == []


def expected(made, texts):
    """The tokens and ids of the course's tokenizers, in the order of CUT."""
    for each in texts:
        codes = made["characters"].encode(each).tolist() if each else []
        words, pairs = made["words"].encode(each), made["pairs"].encode(each)
        characters = [[made["characters"].tokens[code] for code in codes], codes]
        yield [[words.tokens, words.ids], characters, [pairs.tokens, pairs.ids]]


@pytest.mark.parametrize("own", TEXTS, ids=ascii)
def test_every_text_is_cut_as_the_library_cuts_it(page, made, own):
    assert page.evaluate(CUT, [own]) == list(expected(made, [own]))


@pytest.mark.parametrize("name", ["reviews.jsonl", "korean_reviews.tsv", "tweets.tsv", "play.txt"])
def test_lines_of_every_sample_are_cut_as_the_library_cuts_them(page, made, name):
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()[:300]
    assert page.evaluate(CUT, lines) == list(expected(made, lines))


def test_single_steps_end_where_the_library_ends(page, made):
    walk = """word => {
        const ranks = [];
        let pieces = course_tokenizer.toPieces(word);
        for (let step; (step = course_tokenizer.nextMerge(pieces)); pieces = step.pieces) ranks.push(step.rank);
        return [pieces, ranks];
    }"""
    for word in (" unwatchable", " nevertheless", "bananananas", " 영화", "x", ""):
        pieces, ranks = page.evaluate(walk, word)
        assert pieces == made["pairs"].encode(word).tokens
        assert ranks == sorted(set(ranks))


def test_the_keyboard_is_enough(page, made):
    page.focus("textarea")
    page.keyboard.press("Control+A")
    page.keyboard.type("No zebra film")
    rows = page.locator("ol.tokens")
    ids = [str(index) for index in made["words"].encode("No zebra film").ids]
    assert rows.nth(0).inner_text().split() == ["no", ids[0], "zebra", "[UNK]", "1", "film", ids[2]]
    assert page.locator(".unknown").count() == 1
    while page.evaluate("document.activeElement.tagName") != "SELECT":
        page.keyboard.press("Tab")
    assert page.input_value("select") == " zebra"  # the longest piece, until you choose another one
    page.keyboard.press("ArrowDown")
    assert page.input_value("select") == " film"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    message = page.locator("fieldset p")
    while "Nothing is left" not in message.inner_text():
        page.keyboard.press("Enter")
    tokens = made["pairs"].encode(" zebra").tokens
    assert rows.nth(3).locator(".token > span:first-child").all_inner_texts() == tokens
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert message.inner_text().startswith("6 bytes.")


def test_the_page_fits_a_phone(page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.fill("textarea", "Unbelievably" * 40)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_files_are_small(tmp_path, made):
    tokenizer.write(tmp_path)
    assert (tmp_path / "tokenizer-data.js").stat().st_size < 50_000
    assert (tmp_path / "tokenizer.png").stat().st_size <= 80_000
    assert made["pairs"].get_vocab_size() == tokenizer.VOCABULARY == 258 + tokenizer.MERGES
    assert made["words"].get_vocab()[text.UNK] == 1
