"""Figures in the prose, README and teacher's guide: each stands in a committed output, or is a published one."""

import re

import nbformat
import pytest

from tools.checks import outputs, texts
from tools.sources import NOTEBOOKS, ROOT, committed_path, find_sources, is_exercises

LESSONS = [path for path in find_sources(NOTEBOOKS) if not is_exercises(path)]
DECIMAL = re.compile(r"(?<![\d.,/v])\d*\.\d{3,}(?![\d.])")
ELSEWHERE = {
    "0.774": "02: measured on another processor, as it says",
    "0.779": "02: measured on another processor, as it says",
    "0.838": "04: the notes' stack with its 64 units, measured apart",
    "0.862": "04: the notes' stack with its 64 units, measured apart",
    "1.4697": "05: nanoGPT's README",
    "1.4786": "05: a textbook's notebook, stateful",
    "1.5477": "05: a textbook's notebook, stateless",
    "0.902": "08: a convolution without the ratios, measured apart",
    "0.9122": "08: Wang and Manning, 2012",
    "0.9187": "08: Mesnil et al., 2014",
    "0.9257": "08: Mesnil et al., 2014",
    "0.923": "08: Johnson and Zhang, 2015",
    "0.282": "06: written in a figure, which is a picture",
    "0.853": "01: written in a figure, which is a picture",
    "0.858": "01: written in a figure, which is a picture",
}


def committed(source):
    if not committed_path(source).exists():
        pytest.skip(f"{source.stem} is not committed yet: `make notebooks` writes it")
    return nbformat.read(committed_path(source), as_version=4)


def shown() -> str:
    """Everything that committed notebooks show, and the code that they ran."""
    found = []
    for source in LESSONS:
        if committed_path(source).exists():
            notebook = nbformat.read(committed_path(source), as_version=4)
            found += [cell.source for cell in notebook.cells if cell.cell_type == "code"]
            found += [text for _, output in outputs(notebook) for text in texts(output)]
    return "\n".join(found)


def figures(prose: str) -> set[str]:
    return set(DECIMAL.findall(re.sub(r"\(https?://[^)]*\)", "", prose)))


@pytest.mark.parametrize("source", LESSONS, ids=lambda path: path.stem)
def test_figures_in_the_prose_of_a_notebook(source):
    prose = "\n".join(cell.source for cell in committed(source).cells if cell.cell_type == "markdown")
    assert {each for each in figures(prose) if each not in shown()} <= set(ELSEWHERE)


@pytest.mark.parametrize("name", ["README.md", "docs/teachers_guide.md", "docs/glossary.md"])
def test_figures_in_the_pages_around_them(name):
    prose = (ROOT / name).read_text(encoding="utf-8")
    assert {each for each in figures(prose) if each not in shown()} <= set(ELSEWHERE)


def table(name: str) -> dict:
    """Minutes by notebook, from the last two columns of the table that links to them."""
    rows = re.findall(r"^\| \[(\d\d) .*\|([^|]+)\|([^|]+)\|$", (ROOT / name).read_text(encoding="utf-8"), re.M)
    return {number: (quick.strip(), full.strip()) for number, quick, full in rows}


def test_the_map_names_every_lesson_and_the_guide_the_same_minutes():
    assert sorted(table("README.md")) == [source.stem[:2] for source in LESSONS]
    assert table("docs/teachers_guide.md") == table("README.md")


@pytest.mark.parametrize("source", LESSONS, ids=lambda path: path.stem)
def test_a_notebook_names_the_minutes_of_the_map(source):
    said = re.search(r"\*\*Time:\*\* about (\d+) minutes", source.read_text(encoding="utf-8"))
    if said is None:
        pytest.skip("its header gives no single number of minutes")
    assert table("README.md")[source.stem[:2]][1] == said[1]


def test_a_wrong_figure_is_seen():
    assert figures("It reaches 0.907, see [1](https://a.org/1906.02715v2), version 2.21.0.") == {"0.907"}
    assert "0.12345" not in shown()
