"""The pictures of mechanisms: drawn by code, shown once, described, and held by the notebook that shows them."""

import base64
import re

import nbformat
import numpy as np
import pytest
from PIL import Image

from tools import pictures
from tools.sources import NOTEBOOKS, committed_path, find_sources, read_source

SHOWN = re.compile(r"^# !\[(.+?)\]\(pictures/(\w+)\.png\)$", re.M)
SOURCES = {source: SHOWN.findall(source.read_text(encoding="utf-8")) for source in find_sources(NOTEBOOKS)}
FILES = sorted(path.stem for path in pictures.FOLDER.glob("*.png"))


def test_every_picture_is_drawn_by_its_function_and_shown_once():
    shown = [name for found in SOURCES.values() for _, name in found]
    assert sorted(draw.__name__ for draw in pictures.PICTURES) == FILES == sorted(shown)


def test_every_picture_is_described():
    short = [(name, text) for found in SOURCES.values() for text, name in found if len(text) < 40]
    assert short == []


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    pictures.main(folder)
    return folder


@pytest.mark.parametrize("name", FILES)
def test_the_file_is_what_the_function_draws(drawn, name):
    new, old = (
        np.asarray(Image.open(folder / f"{name}.png").convert("L"), float) for folder in (drawn, pictures.FOLDER)
    )
    assert new.shape == old.shape, f"{name}: run `make pictures`"
    assert np.abs(new - old).mean() < 1, f"{name}: run `make pictures`"  # of 255; fonts differ a little
    assert old[:3].min() > 250 and old[:, :3].min() > 250, "a white margin, so that it can be seen on a dark page, too"
    assert (pictures.FOLDER / f"{name}.png").stat().st_size <= 70_000


@pytest.mark.parametrize("source", [source for source, found in SOURCES.items() if found], ids=lambda path: path.stem)
def test_the_notebook_holds_the_picture_itself(source):
    inside = re.compile(r"!\[.+?\]\(data:image/png;base64,([\w+/=]+)\)")
    for notebook in (read_source(source), nbformat.read(committed_path(source), as_version=4)):
        found = inside.findall("\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown"))
        files = [(pictures.FOLDER / f"{name}.png").read_bytes() for _, name in SOURCES[source]]
        assert [base64.b64decode(text) for text in found] == files
