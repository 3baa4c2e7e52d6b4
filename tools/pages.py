"""What a run leaves to read: its pages beside those of the stored full run, an index, and the table in the terminal.

Links that lead from one file of the course to another lead from page to page here, and to no page that is not there.
"""

import html
import os
import re
from pathlib import Path

import jinja2
import nbformat
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_notebook
from tabulate import tabulate

from tools.checks import outputs
from tools.execute import Outcome, find_report
from tools.exercises import exercise_path
from tools.sources import ROOT, committed_path, find_sources, is_exercises, repository, write_notebook, write_text

COLUMNS = ["notebook", "result", "seconds", "data", "headline"]
LINK = re.compile(r"\]\(([^)#\s]+)")
BANNER = '<div role="note" style="border: 2px solid #b35900; background: #fff4e5; padding: .5em 1em">{}</div>'
INDEX = ROOT / "tools" / "templates" / "index.html.j2"


class Site:
    """The folder of pages that a run leaves.

    Parameters
    ----------
    notebooks : Path
        The folder of the notebooks.
    out : Path
        Where the pages go: `NN_topic.html` and `solutions/` as run here, `stored/` as committed, `exercises/`, `docs/`.
    running : list of Path
        The sources that are run.
    profile : {"quick", "full"}
        Named on the pages.
    """

    def __init__(self, notebooks: Path, out: Path, running: list[Path], profile: str):
        self.out, self.profile, self.exporter = out, profile, HTMLExporter()
        self.root, sources = notebooks.parent, find_sources(notebooks)
        exercises = map(exercise_path, filter(is_exercises, sources))
        self.ran = {committed_path(source): f"{page_name(source)}.html" for source in running}
        stored = {committed_path(source): f"stored/{page_name(source)}.html" for source in sources}
        self.stored = {path: page for path, page in stored.items() if path.exists()}
        self.headlines = {path: find_report(nbformat.read(path, 4)).get("headline", "-") for path in self.stored}
        self.bare = {path: f"exercises/{path.stem}.html" for path in exercises if path.exists()}
        self.docs = {path: f"docs/{path.stem}.html" for path in sorted((self.root / "docs").glob("*.md"))}

    def add(self, source: Path, outcome: Outcome) -> None:
        """Write the executed copy of a notebook, and its page with a banner that leads to the stored run."""
        write_notebook(self.out / f"{outcome.name}.ipynb", outcome.notebook)
        path = committed_path(source)
        text = f"{self.profile.capitalize()} run on this machine{', sample data' if uses_sample(outcome) else ''}. "
        if path in self.stored:
            address = relative(self.stored[path], self.ran[path])
            text += f'<a href="{address}">The stored full run</a>: {html.escape(self.headlines[path])}'
        self.write(self.ran[path], outcome.notebook, path, self.ran, BANNER.format(text))

    def finish(self, outcomes: list[Outcome]) -> None:
        """Write the pages around those of the run, and the index."""
        for path, page in self.stored.items():
            self.write(page, nbformat.read(path, as_version=4), path, {}, BANNER.format("The stored full run."))
        for path, page in self.bare.items():
            self.write(page, nbformat.read(path, as_version=4), path, self.ran)
        for path, page in self.docs.items():
            text = new_notebook(cells=[new_markdown_cell(path.read_text(encoding="utf-8"))])
            self.write(page, text, path, self.ran)
        index = jinja2.Template(INDEX.read_text(encoding="utf-8"), autoescape=True)
        ran, sample = dict(zip(self.ran, outcomes, strict=True)), any(map(uses_sample, outcomes))
        write_text(self.out / "index.html", index.render(site=self, columns=COLUMNS, ran=ran, sample=sample))

    def write(self, page: str, notebook: NotebookNode, home: Path, first: dict[Path, str], banner: str = "") -> None:
        """Write the page of a notebook whose file is `home`; its links lead to the pages of `first`, then to others."""
        pages = self.docs | self.bare | self.stored | first

        def turn(link: re.Match) -> str:
            there = link[1].removeprefix(f"https://github.com/{repository()}/blob/main/")
            path = Path(os.path.normpath((self.root if there != link[1] else home.parent) / there))
            return f"]({relative(pages[path], page)}" if path in pages else link[0]

        notebook = with_alternatives(notebook)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = LINK.sub(turn, cell.source)
        notebook.cells[:0] = [new_markdown_cell(banner)] if banner else []
        text, _ = self.exporter.from_notebook_node(notebook, resources={"metadata": {"name": home.stem}})
        write_text(self.out / page, text)


def uses_sample(outcome: Outcome) -> bool:
    """Say whether a notebook ran on a sample instead of a real corpus."""
    return "sample" in outcome.report.get("data", {}).values()


def relative(target: str, page: str) -> str:
    """Return the address of one page as seen from another.

    >>> relative("docs/glossary.html", "stored/solutions/01.html")
    '../../docs/glossary.html'
    """
    return Path(os.path.relpath(target, Path(page).parent)).as_posix()


def page_name(source: Path) -> str:
    """Return what a notebook is called in tables and pages.

    >>> page_name(Path("notebooks/src/01_tokens.py")), page_name(Path("notebooks/src/01_tokens_exercises.py"))
    ('01_tokens', 'solutions/01_tokens')
    """
    return committed_path(source).relative_to(source.parent.parent).with_suffix("").as_posix()


def with_alternatives(notebook: NotebookNode) -> NotebookNode:
    """Return a copy whose pictures are HTML with their alternative texts, which nbconvert's templates leave out."""
    notebook = nbformat.from_dict(notebook)
    for _, output in outputs(notebook):
        if alt := output.get("metadata", {}).get("image/png", {}).get("alt"):
            picture = output.data.pop("image/png").strip()
            output.data["text/html"] = f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{picture}">'
    return notebook


def table(outcomes: list[Outcome]) -> str:
    """Return the table for the terminal."""
    rows, widths = [outcome.row() for outcome in outcomes], [None, None, None, 24, 60]
    return tabulate(rows, headers=COLUMNS, tablefmt="simple", disable_numparse=True, maxcolwidths=widths)
