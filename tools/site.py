"""The course as a site to read: stored notebooks, exercises, solutions, docs, playgrounds, and what this machine ran.

Sphinx and myst-nb lay it out from the committed notebooks, without executing any. It opens from a folder, offline.
Links that lead from one file of the course to another lead from page to page here, and to no page that is not there.
"""

import hashlib
import html
import importlib
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from tabulate import tabulate

from tools.checks import outputs
from tools.execute import Outcome, find_report
from tools.exercises import TAG, exercise_path
from tools.sources import (
    ROOT,
    as_data,
    committed_path,
    find_sources,
    is_exercises,
    repository,
    write_notebook,
    write_text,
)

COLUMNS = ["notebook", "result", "seconds", "data", "headline"]
BADGE = re.compile(r"^\[!\[Open in Colab.*\n?", re.M)  # an image from a network; the theme has a button
PICTURE = re.compile(r"\]\((notebooks/pictures/[\w-]+\.png)\)")
LINK = re.compile(r"\]\(([^)#\s]+)")
TERM = re.compile(r"(?<![\[*])\*\*([^*\n]+)\*\*")
SETUP = 'if "google.colab" in sys.modules'  # Colab's cell, which is neither for a page nor for a projector
TEMPLATES = ROOT / "tools" / "templates" / "site"
PLAYGROUNDS = ROOT / "tools" / "playgrounds"


class Site:
    """The folder of pages: everything to read, and what was run here.

    Parameters
    ----------
    notebooks : Path
        The folder of the notebooks.
    out : Path
        Where the site goes.
    ran : dict of Path to Outcome
        What came of the sources that were run here; none for the course as it is stored.
    profile : {"quick", "full"}
        Named on the pages of what was run.
    """

    def __init__(self, notebooks: Path, out: Path, ran: dict[Path, Outcome] | None = None, profile: str = "quick"):
        self.out, self.profile, self.root = out, profile, notebooks.parent
        sources, ran = find_sources(notebooks), ran or {}
        stored = [path for path in map(committed_path, sources) if path.exists()]
        bare = [path for path in map(exercise_path, filter(is_exercises, sources)) if path.exists()]
        docs = sorted((self.root / "docs").glob("*.md"))
        self.read = {path: path.relative_to(self.root).as_posix() for path in [*stored, *bare, *docs]}
        self.ran = {committed_path(source): f"machine/{page_name(source)}.ipynb" for source in ran}
        self.outcomes = {committed_path(source): outcome for source, outcome in ran.items()}
        self.terms = terms(self.root / "docs" / "glossary.md")
        self.played = sorted(PLAYGROUNDS.glob("*.md")) if self.root == ROOT else []

    def finish(self) -> str:
        """Lay out all pages and write the site; returns what Sphinx complained of, such as a link to nowhere.

        Raises
        ------
        RuntimeError
            If Sphinx gave up. Then nothing is written.
        """
        with tempfile.TemporaryDirectory() as folder:
            tree = Path(folder)
            shutil.copytree(TEMPLATES, tree, dirs_exist_ok=True)
            for path, page in self.read.items():
                self.lay(tree, path, page, None)
            for path, outcome in self.outcomes.items():
                self.lay(tree, path, self.ran[path], outcome)
            for page in self.played:
                write_text(tree / "playgrounds" / page.name, page.read_text(encoding="utf-8"))
            write_text(tree / "index.md", self.index())
            with ProcessPoolExecutor(2, get_context("spawn")) as pool:  # they train while Sphinx lays out
                made = [pool.submit(playground, page) for page in self.played]
                command = [
                    sys.executable,
                    *["-m", "sphinx", "-b", "html", "-q", "-j", "auto", "--no-color"],
                    str(tree),
                    str(tree / "_site"),
                ]
                settings = os.environ | {"COURSE_REPOSITORY": repository()}
                done = subprocess.run(command, env=settings, capture_output=True, text=True, encoding="utf-8")
                if done.returncode:
                    raise RuntimeError(f"Sphinx could not lay out the site:\n{done.stderr[-4_000:]}")
                for folder in made:
                    shutil.copytree(folder.result(), tree / "_site" / "playgrounds", dirs_exist_ok=True)
            shutil.rmtree(tree / "_site" / ".doctrees", ignore_errors=True)
            shutil.copytree(tree / "_site", self.out, dirs_exist_ok=True)
            return done.stderr.replace(f"{tree}{os.sep}", "")

    def lay(self, tree: Path, path: Path, page: str, outcome: Outcome | None) -> None:
        """Write one file of the course where Sphinx finds it, with its links turned to pages."""
        if path.suffix == ".md":
            write_text(tree / page, self.turned(path.read_text(encoding="utf-8"), path, page))
            return
        notebook = with_alternatives(outcome.notebook if outcome else nbformat.read(path, as_version=4))
        notebook.metadata.language_info["pygments_lexer"] = "ipython3"
        notebook.cells = [cell for cell in notebook.cells if cell.cell_type != "code" or SETUP not in cell.source]
        unexplained = dict(self.terms)
        for cell in notebook.cells:
            told = TAG in cell.metadata.get("tags", [])
            if cell.cell_type == "markdown":
                text = with_terms(BADGE.sub("", cell.source), unexplained, page)
                cell.source = self.turned(text, path, page)
                if told:
                    cell.source = f"<details><summary>Show our answer</summary>\n\n{cell.source}\n\n</details>"
            elif told:
                cell.metadata["tags"] = ["hide-input"]
            else:
                cell.source = cell.source.removeprefix("# NBVAL_CHECK_OUTPUT\n")
        if outcome:
            notebook.cells.insert(1, new_markdown_cell(self.banner(path, page, outcome)))
        write_notebook(tree / page, notebook)

    def turned(self, text: str, home: Path, page: str) -> str:
        """Return a text whose links lead to pages of the site: to what was run here first, from what was run here."""
        pages = self.read | (self.ran if page.startswith("machine/") else {})

        def turn(link: re.Match) -> str:
            there = link[1].removeprefix(f"https://github.com/{repository()}/blob/main/")
            path = Path(os.path.normpath((self.root if there != link[1] else home.parent) / there))
            if path in pages:
                return f"]({relative(pages[path], page)}"
            if there != link[1] or "://" in there or there.startswith("data:"):
                return link[0]
            at = path.relative_to(self.root).as_posix()
            return f"](https://github.com/{repository()}/{'tree' if path.is_dir() else 'blob'}/main/{at}"

        text = PICTURE.sub(lambda link: f"]({as_data(self.root / link[1])})", text)
        return LINK.sub(turn, text)

    def banner(self, path: Path, page: str, outcome: Outcome) -> str:
        """Return what stands above a page of this machine: profile, data, and the stored full run."""
        text = f"{self.profile.capitalize()} run on this machine{', sample data' if uses_sample(outcome) else ''}."
        if path in self.read:
            headline = find_report(nbformat.read(path, as_version=4)).get("headline", "-")
            text += f" [The stored full run]({relative(self.read[path], page)}): {headline}"
        return f'<div class="ran" role="note">\n\n{text}\n\n</div>'

    def index(self) -> str:
        """Return the front page, with the tables of contents that make the menu."""
        home = self.root / "README.md"
        text = home.read_text(encoding="utf-8") if home.exists() else "# The course"
        parts = [self.turned(text, home, "index.md")]
        if self.outcomes:
            rows = [
                [f"[{row[0]}]({self.ran[path]})", *row[1:]]
                for path, row in ((path, outcome.row()) for path, outcome in self.outcomes.items())
            ]
            note = " Figures on sample data say nothing about the real corpora." * any(
                map(uses_sample, self.outcomes.values())
            )
            table = tabulate(rows, headers=COLUMNS, tablefmt="github", disable_numparse=True)
            parts.append(f"## My machine\n\nWhat was run here, in the {self.profile} profile.{note}\n\n{table}")
        pages = list(self.read.values())
        groups = {
            "Read": [page for page in pages if page.count("/") == 1 and page.startswith("notebooks/")],
            "Practice": [page for page in pages if page.startswith("notebooks/exercises/")],
            "Play": [f"playgrounds/{page.name}" for page in self.played],
            "Look up": [page for page in pages if page.startswith("docs/")],
            "My machine": [self.ran[path] for path in self.outcomes],
            "Solutions": [page for page in pages if page.startswith("notebooks/solutions/")],
        }
        for caption, names in groups.items():
            if names:
                listed = "\n".join(names)
                parts.append(f"```{{toctree}}\n:hidden:\n:maxdepth: 1\n:caption: {caption}\n\n{listed}\n```")
        return "\n\n".join(parts) + "\n"


def playground(page: Path) -> Path:
    """Return the folder of what a page with a model needs: script, picture, and the model, trained if it is new."""
    samples = [path for path in sorted((ROOT / "data").iterdir()) if path.is_file()]
    parts = [page.with_suffix(".py"), page.with_suffix(".js"), ROOT / "requirements.txt", *samples]
    key = hashlib.sha256(b"\0".join(part.read_bytes() for part in parts)).hexdigest()[:16]
    kept = ROOT / "_build" / "playgrounds" / f"{page.stem}-{key}"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent, prefix=".half-", ignore_cleanup_errors=True) as half:
            folder = Path(half) / page.stem
            folder.mkdir()
            logging.getLogger("tensorflow").setLevel("ERROR")  # it warns of what does no harm here
            importlib.import_module(f"tools.playgrounds.{page.stem}").write(folder)
            shutil.copy2(page.with_suffix(".js"), folder)
            folder.rename(kept)
    return kept


def terms(glossary: Path) -> dict[str, tuple[str, str]]:
    """Return the terms of the glossary: in lower case, with the anchor and the first sentence of each."""
    text = glossary.read_text(encoding="utf-8") if glossary.exists() else ""
    found = re.findall(r"^### (.+)\n\*\*.+?\.\*\* ((?:.|\n)+?[.?!])\s", text, re.M)
    plain = {term: re.sub(r"[*`\[\]\"<>]|\(\.\.[^)]*\)", "", " ".join(text.split())) for term, text in found}
    return {
        term.lower(): (re.sub(r"[^\w\- ]", "", term.lower()).replace(" ", "-"), text) for term, text in plain.items()
    }


def with_terms(text: str, left: dict[str, tuple[str, str]], page: str) -> str:
    """Return a text whose bold terms of `left` lead to the glossary, each once, and take them from `left`."""

    def lead(bold: re.Match) -> str:
        if bold[1].lower() not in left:
            return bold[0]
        anchor, says = left.pop(bold[1].lower())
        return f'[{bold[0]}]({relative("docs/glossary.md", page)}#{anchor} "{says}")'

    return TERM.sub(lead, text)


def uses_sample(outcome: Outcome) -> bool:
    """Say whether a notebook ran on a sample instead of a real corpus."""
    return "sample" in outcome.report.get("data", {}).values()


def relative(target: str, page: str) -> str:
    """Return the address of one page as seen from another.

    >>> relative("docs/glossary.md", "notebooks/solutions/01.ipynb")
    '../../docs/glossary.md'
    """
    return Path(os.path.relpath(target, Path(page).parent)).as_posix()


def page_name(source: Path) -> str:
    """Return what a notebook is called in tables and pages.

    >>> page_name(Path("notebooks/src/01_tokens.py")), page_name(Path("notebooks/src/01_tokens_exercises.py"))
    ('01_tokens', 'solutions/01_tokens')
    """
    return committed_path(source).relative_to(source.parent.parent).with_suffix("").as_posix()


def with_alternatives(notebook: NotebookNode) -> NotebookNode:
    """Return a copy whose pictures are HTML with their alternative texts, which templates leave out."""
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
