"""The slides: a heading a slide, code with its text, nothing cut off, and no address that a projector would need."""

import re
import shutil
from collections import Counter

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools import notebooks, slides
from tools.sources import NOTEBOOKS, find_sources, is_exercises, slide_type

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
LESSONS = [source.stem for source in find_sources(NOTEBOOKS) if not is_exercises(source)]

TEXTS = """() => [...document.querySelectorAll(".jp-RenderedMarkdown, .highlight, .jp-OutputArea-output")]
    .map(each => { const copy = each.cloneNode(true); copy.querySelectorAll(".notes").forEach(e => e.remove());
                   return copy.textContent; }).join(" ")"""
SHOWN = """() => { const all = document.querySelector(".reveal .slides").cloneNode(true);
    all.querySelectorAll(".where, .notes, .folded > summary").forEach(each => each.remove());
    return [...all.querySelectorAll("section > section > *")].map(each => each.textContent).join(" "); }"""
SLIDES = """() => {
    const size = (slide, what) => Math.min(...[...slide.querySelectorAll(what)]
        .filter(each => each.textContent.trim() && each.offsetParent)
        .map(each => parseFloat(getComputedStyle(each).fontSize)), 1000);
    const stacks = [...document.querySelectorAll(".reveal .slides > section")];
    return stacks.flatMap((stack, across) => [...stack.children].map((_, down) => {
        Reveal.slide(across, down);
        const slide = Reveal.getCurrentSlide();
        const titles = [...slide.children].map((each, place) => each.matches("h1, h2") && place > 0);
        return {at: `${across}/${down}`, high: slide.scrollHeight, wide: slide.scrollWidth, late: titles.includes(true),
                text: size(slide, "p, li"), code: size(slide, "pre, code, td, th"), empty: !slide.children.length};
    })); }"""


def lesson():
    texts = ["# Title\n\n[![Open in Colab](https://a.b/c.svg)](https://a.b)\n\nAim.", "Look.", "## Next"]
    cells = [new_markdown_cell(text, metadata={"slideshow": {"slide_type": slide_type(text)}}) for text in texts]
    setup = new_code_cell('import sys\nif "google.colab" in sys.modules:\n    print("set up")')
    code = new_code_cell("# NBVAL_CHECK_OUTPUT\nanswer = 42")
    return new_notebook(cells=[cells[0], setup, cells[1], code, cells[2]])


@pytest.fixture
def page():
    return slides.slides(lesson(), "00_lesson")


def test_a_heading_begins_a_slide_and_other_text_one_below_it(page):
    stacks = re.split(r"<section>\s*<section>", page)[1:]
    assert [stack.count("<section") + 1 for stack in stacks] == [2, 1]
    assert "Aim." in stacks[0] and "Next" in stacks[1]
    assert stacks[0].index("Look.") < stacks[0].index(">42<")


def test_what_is_for_learners_only_is_left_out(page):
    assert "set up" not in page and "Open in Colab" not in page and "NBVAL" not in page
    assert lesson().cells[0].source.count("Open in Colab") == 1


def test_a_picture_keeps_its_alternative_text():
    data, metadata = {"image/png": "aGk=\n", "text/plain": "<Figure>"}, {"image/png": {"alt": 'A "line" rises.'}}
    figure = new_output("display_data", data=data, metadata=metadata)
    page = slides.slides(new_notebook(cells=[new_code_cell("plot()", outputs=[figure])]), "00_lesson")
    assert re.findall("<img[^>]+>", page) == ["""<img alt='A "line" rises.' src="data:image/png;base64,aGk="/>"""]


def test_nothing_is_loaded_from_a_network(page, tmp_path):
    assert re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="(?:https?:)?//[^"]*', page) == []
    slides.copy_reveal(tmp_path / "reveal")
    for address in re.findall(r'(?:src|href)="(reveal/[^"]+)"', page):
        assert (tmp_path / address).is_file(), address
    sheets = [tmp_path / "reveal/dist/reveal.css", tmp_path / "reveal/dist/theme/white.css"]
    assert not any("http" in re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.S) for sheet in sheets)


def test_the_command_writes_the_lessons_it_is_asked_for(tmp_path, capsys):
    assert notebooks.main(["slides", "--only", "00", "--out", str(tmp_path)]) == 0
    assert [path.name for path in tmp_path.glob("*.html")] == ["00_start_here.html"]
    assert notebooks.main(["slides", "--only", "77", "--out", str(tmp_path)]) == 2
    assert "No notebook begins with '77'" in capsys.readouterr().err


@pytest.fixture(scope="module")
def decks(tmp_path_factory):
    """What a browser without a network finds in the slides of every lesson: their words before and after, and sizes."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if BROWSER is None:
        pytest.skip("no browser here: install chromium to open the slides in it")
    out, found = tmp_path_factory.mktemp("새 slides"), {}
    assert notebooks.main(["slides", "--out", str(out)]) == 0
    with playwright.sync_playwright() as drive:
        browser = drive.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        size = {"width": 1280, "height": 720}
        bare = browser.new_context(offline=True, java_script_enabled=False, viewport=size).new_page()
        page = browser.new_context(offline=True, viewport=size).new_page()
        for path in sorted(out.glob("*.html")):
            wrong = []
            page.on("pageerror", lambda error, wrong=wrong: wrong.append(str(error)))
            bare.goto(path.as_uri())
            page.goto(path.as_uri())
            page.wait_for_function("window.Reveal && Reveal.isReady()")
            texts = bare.evaluate(TEXTS), page.evaluate(SHOWN)
            found[path.stem] = {"slides": page.evaluate(SLIDES), "texts": texts, "wrong": wrong}
        browser.close()
    return found


def test_nothing_reaches_beyond_its_slide_in_any_lesson(decks):
    assert list(decks) == LESSONS and sum(len(deck["slides"]) for deck in decks.values()) > 500
    assert {name: deck["wrong"] for name, deck in decks.items() if deck["wrong"]} == {}
    over = {
        f"{name} {slide['at']}": slide
        for name, deck in decks.items()
        for slide in deck["slides"]
        if slide["high"] > 720 or slide["wide"] > 1280 or slide["late"] or slide["empty"]
    }
    assert over == {}


def test_text_and_code_can_be_read_from_the_last_row(decks):
    small = {
        f"{name} {slide['at']}": (slide["text"], slide["code"])
        for name, deck in decks.items()
        for slide in deck["slides"]
        if slide["text"] < 24 or slide["code"] < 20
    }
    assert small == {}


def test_cutting_loses_no_word(decks):
    for name, deck in decks.items():
        before, after = (Counter(re.sub(r"\s+", "", text)) for text in deck["texts"])
        lost = before - after
        assert not lost, f"{name} lost {lost}"


def test_the_guide_s_questions_are_notes_of_their_section():
    guide = "## 00 Lesson\n\n**Ask before running**\n\n- Section 2: Who & why?\n- First?\n\n**Minutes**"
    asked = slides.questions(guide, "00_lesson")
    cells = [new_markdown_cell("# Title"), new_markdown_cell("## 1. One"), new_markdown_cell("## 2. Two")]
    texts = [cell.source for cell in slides.for_the_projector(new_notebook(cells=cells), asked).cells]
    notes = [re.findall("<p>(.*?)</p>", text) for text in texts]
    assert notes == [["First?"], [], ["Who &amp; why?"]]
