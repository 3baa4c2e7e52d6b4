"""The lessons as slides for a projector, offline.

Every heading begins a slide and every further piece of text one below it, with the code and the output that follow.
In JupyterLab the same notebooks open as slides with the button of jupyterlab-rise.
"""

import shutil
from importlib.util import find_spec
from pathlib import Path

import nbformat
from nbconvert import SlidesExporter
from nbformat import NotebookNode

from tools.pages import with_alternatives
from tools.sources import committed_path, is_exercises, write_text

TEMPLATES = Path(__file__).parent / "templates"
SETUP = 'if "google.colab" in sys.modules'


def for_the_projector(notebook: NotebookNode) -> NotebookNode:
    """Return a copy without what is for the screen of a learner: the badge, Colab's set-up, marks for tests."""
    notebook = with_alternatives(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code" and SETUP in cell.source:
            cell.metadata["slideshow"] = {"slide_type": "skip"}
        elif cell.cell_type == "markdown":
            cell.source = "\n".join(line for line in cell.source.splitlines() if not line.startswith("[![Open in"))
        else:
            cell.source = cell.source.removeprefix("# NBVAL_CHECK_OUTPUT\n")
    return notebook


def slides(notebook: NotebookNode, name: str) -> str:
    """Return the page of one notebook; it needs the folder `reveal` beside it."""
    exporter = SlidesExporter(template_name="course_slides", extra_template_basedirs=[str(TEMPLATES)])
    exporter.reveal_url_prefix, exporter.reveal_theme = "reveal", "white"
    page, _ = exporter.from_notebook_node(for_the_projector(notebook), resources={"metadata": {"name": name}})
    return page


def copy_reveal(folder: Path) -> None:
    """Copy reveal.js (it comes with the package sphinx-revealjs) into a folder."""
    package = Path(find_spec("sphinx_revealjs").origin).parent / "_static" / "revealjs"
    kept_out = shutil.ignore_patterns("*.map", "*.esm.*")
    shutil.copytree(package / "dist", folder / "dist", dirs_exist_ok=True, ignore=kept_out)
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
