"""The learner's copies: made once, never overwritten, and laid out as the notebooks are."""

import re

from tools.lab import fill
from tools.sources import NOTEBOOKS


def test_copies_are_made_once_and_kept(tmp_path):
    new = fill(tmp_path / "새 work")
    assert len(new) == len(list(NOTEBOOKS.glob("*.ipynb"))) + 2 * len(list(NOTEBOOKS.glob("exercises/*.ipynb")))
    mine = tmp_path / "새 work" / "exercises" / "01_tokenization.ipynb"
    mine.write_text("mine")
    (tmp_path / "새 work" / "00_start_here.ipynb").unlink()
    assert [path.name for path in fill(tmp_path / "새 work")] == ["00_start_here.ipynb"]
    assert mine.read_text() == "mine"


def test_a_copy_s_links_lead_to_copies(tmp_path):
    fill(tmp_path)
    for path in tmp_path.rglob("*.ipynb"):
        for link in re.findall(r"\]\(([\w./]+\.ipynb)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / link).exists(), f"{path.name}: {link}"
