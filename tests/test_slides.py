"""The slides: a heading a slide, code with its text, and not one address on a network that a projector would need."""

import re

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools import notebooks, slides
from tools.sources import slide_type


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
