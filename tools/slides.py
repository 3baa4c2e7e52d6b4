"""The lessons as slides for a projector, offline, with the questions of the teacher's guide as speaker notes (key S).

Every heading begins a slide and every further piece of text one below it, with the code and the output that follow.
What doesn't fit goes on further slides below, and long code is folded (`templates/course_slides/paginate.js`).
In JupyterLab the same notebooks open as slides with the button of jupyterlab-rise.
"""

import html
import re
import shutil
from importlib.util import find_spec
from pathlib import Path

import nbformat
from nbconvert import SlidesExporter
from nbformat import NotebookNode

from tools.site import SETUP, with_alternatives
from tools.sources import ROOT, committed_path, is_exercises, write_text

TEMPLATES = Path(__file__).parent / "templates"


def questions(guide: str, lesson: str) -> dict[str, list[str]]:
    """Return what the guide asks in a lesson, by the number of the section, and under "" what has none.

    >>> asked = "**Ask before running**\\n\\n- Section 2: How\\n  many?\\n- Why?\\n\\n**At the figures**"
    >>> questions(f"## 01 Tokens\\n\\n{asked}", "01_tokens")
    {'2': ['How many?'], '': ['Why?']}
    """
    found: dict[str, list[str]] = {}
    part = re.search(rf"^## {lesson[:2]} .*?\*\*Ask before running\*\*(.*?)^\*\*", guide, re.M | re.S)
    for line in re.findall(r"^- (.*?)(?=^- |\Z)", part[1] if part else "", re.M | re.S):
        section, text = re.match(r"(?:Section (\d+): )?(.*)", " ".join(line.split())).groups(default="")
        found.setdefault(section, []).append(text)
    return found


def for_the_projector(notebook: NotebookNode, asked: dict[str, list[str]]) -> NotebookNode:
    """Return a copy without what is for a learner's screen (badge, Colab's set-up, marks for tests), and with notes."""
    notebook = with_alternatives(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code" and SETUP in cell.source:
            cell.metadata["slideshow"] = {"slide_type": "skip"}
        elif cell.cell_type == "markdown":
            begins = re.match(r"#(?:# (\d+)\.| )", cell.source)
            notes = "".join(f"<p>{html.escape(text)}</p>" for text in asked.get(begins[1] or "", [])) if begins else ""
            cell.source = "\n".join(line for line in cell.source.splitlines() if not line.startswith("[![Open in"))
            cell.source += f'\n\n<aside class="notes">{notes}</aside>' if notes else ""
        else:
            cell.source = cell.source.removeprefix("# NBVAL_CHECK_OUTPUT\n")
    return notebook


def slides(notebook: NotebookNode, name: str) -> str:
    """Return the page of one notebook; it needs the folder `reveal` beside it."""
    exporter = SlidesExporter(template_name="course_slides", extra_template_basedirs=[str(TEMPLATES)])
    exporter.reveal_url_prefix, exporter.reveal_theme = "reveal", "white"
    guide = (ROOT / "docs" / "teachers_guide.md").read_text(encoding="utf-8")
    notebook = for_the_projector(notebook, questions(guide, name))
    page, _ = exporter.from_notebook_node(notebook, resources={"metadata": {"name": name}})
    return page


def copy_reveal(folder: Path) -> None:
    """Copy reveal.js (it comes with the package sphinx-revealjs) into a folder."""
    package = Path(find_spec("sphinx_revealjs").origin).parent / "_static" / "revealjs"
    kept_out = shutil.ignore_patterns("*.map", "*.esm.*")
    for part in ("dist", "plugin/notes"):
        shutil.copytree(package / part, folder / part, dirs_exist_ok=True, ignore=kept_out)
    shutil.copy2(package / "LICENSE", folder)


def write_slides(sources: list[Path], out: Path) -> int:
    """Write the slides of the lessons and say where they are; returns the exit status."""
    copy_reveal(out / "reveal")
    for source in [source for source in sources if not is_exercises(source)]:
        if not committed_path(source).exists():
            print(f"{source.stem}: not executed yet (make notebooks), so no slides")
            continue
        notebook = nbformat.read(committed_path(source), as_version=4)
        write_text(out / f"{source.stem}.html", slides(notebook, source.stem))
        print(f"{source.stem}: {out.name}/{source.stem}.html")
    return 0
