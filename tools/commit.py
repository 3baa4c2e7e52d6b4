"""Rewrite the committed notebooks: run what has changed, keep what still holds, refuse what must not show."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tools.checks import code_cells, complaints_about, no_warnings
from tools.execute import ANSI, Outcome
from tools.exercises import exercise_notebook, exercise_path
from tools.keys import notebook_key
from tools.pages import table
from tools.sources import COLAB, committed_path, is_exercises, read_source, write_notebook

HOW_TO_GET_DATA = (
    "The committed notebooks show the real corpora. Set COURSE_DATA_DIR to a folder that holds them,\n"
    "or fetch them with `make data`, and give the command again. Nothing was rewritten."
)


def build(sources: list[Path]) -> int:
    """Bring the notebooks in line with their sources as far as that goes without running anything."""
    write_exercises(sources)
    for source in sources:
        target = committed_path(source)
        if not target.exists():
            write_notebook(target, read_source(source))
            print(f"{source.stem}: built, without outputs")
        else:
            print(f"{source.stem}: {refresh(source)}")
    return 0


def write_exercises(sources: list[Path]) -> None:
    """Write the notebooks in which learners fill in their answers."""
    for source in filter(is_exercises, sources):
        write_notebook(exercise_path(source), exercise_notebook(source))


def commit_all(
    sources: list[Path],
    out: Path,
    run_all: Callable[[list[Path], str, Path], list[Outcome]],
    force: bool = False,
) -> int:
    """Run the changed notebooks in full on real data and rewrite the committed ones that pass every check.

    Parameters
    ----------
    sources : list of Path
        The sources to bring up to date.
    out : Path
        Where the executed copies go, refused ones too.
    run_all : callable
        Runs sources in a profile and returns their outcomes.
    force : bool
        Run the unchanged ones too.

    Returns
    -------
    int
        Exit status: 0 when every notebook is up to date.
    """
    write_exercises(sources)
    changed = []
    for source in sources:
        state = "forced" if force else refresh(source)
        if state in ("unchanged", "prose updated"):
            print(f"{source.stem}: {state}")
        else:
            changed.append(source)
    if not changed:
        return 0
    if lacking := samples_needed(changed):
        print(f"Only a sample is at hand for: {', '.join(lacking)}.\n{HOW_TO_GET_DATA}", file=sys.stderr)
        return 1
    refused = False
    keys = {source.stem: notebook_key(read_source(source), "full") for source in changed}
    outcomes = run_all(changed, "full", out)
    for source, outcome in zip(changed, outcomes, strict=True):
        if outcome.result == "passed":
            if complaints := tidy(outcome.notebook) + complaints_about(outcome.notebook):
                outcome.result = "refused"
                print(f"{source.stem} is not rewritten:", *complaints, sep="\n  ", file=sys.stderr)
                if any("sample" in complaint for complaint in complaints):
                    print(HOW_TO_GET_DATA, file=sys.stderr)
            else:
                outcome.notebook.metadata["course"] = keys[source.stem]
                write_notebook(committed_path(source), outcome.notebook)
                outcome.result = "rewritten"
        refused = refused or outcome.result != "rewritten"
    print(f"\n{table(outcomes)}\n\nExecuted copies, refused ones too: {out}")
    return int(refused)


def refresh(source: Path) -> str:
    """Update the prose of a committed notebook whose outputs still hold; otherwise leave it alone.

    Returns
    -------
    str
        "unchanged", "prose updated", or why the outputs no longer hold.
    """
    target = committed_path(source)
    if not target.exists():
        return "not run yet"
    old, new = nbformat.read(target, as_version=4), read_source(source)
    stored, key = old.metadata.get("course", {}), notebook_key(new, "full")
    if stored.get("code") != key["code"]:
        return "its code or its helpers have changed" if stored else "not run yet"
    if stored.get("versions") != key["versions"]:
        return "the versions of the libraries have changed"
    if stored.get("prose") == key["prose"]:
        return "unchanged"
    keep_outputs(old, new)
    new.metadata["course"] = {**stored, "prose": key["prose"]}
    write_notebook(target, new)
    return "prose updated"


def keep_outputs(old: NotebookNode, new: NotebookNode) -> None:
    """Copy outputs and counts from one notebook to another with the same code, code cell by code cell."""
    before = [cell for cell in old.cells if cell.cell_type == "code"]
    after = [cell for cell in new.cells if cell.cell_type == "code"]
    for had, has in zip(before, after, strict=True):
        has.outputs, has.execution_count = had.outputs, had.execution_count


def tidy(notebook: NotebookNode) -> list[str]:
    """Take out what differs between two runs for no reason a reader cares about: stderr, colors, metadata.

    Returns
    -------
    list of str
        Complaints about warnings, which are sought first: what went to stderr is gone afterwards.
    """
    complaints = no_warnings(notebook)
    kept = {key: notebook.metadata[key] for key in ("kernelspec", "rise", *COLAB) if key in notebook.metadata}
    notebook.metadata = nbformat.from_dict(kept | {"language_info": {"name": "python"}})
    for _, cell in code_cells(notebook):
        cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
        for output in cell.outputs:
            if output.output_type == "stream":
                output.text = ANSI.sub("", output.text)
            elif "data" in output:
                output.data.pop("application/vnd.jupyter.widget-view+json", None)
    return complaints


def samples_needed(sources: list[Path]) -> list[str]:
    """Ask the loaders that the sources call; return the corpora for which only the sample is at hand.

    Asking first takes seconds; finding out at the end of a full run takes the run.
    """
    from course_utils import datasets

    called = {name for source in sources for name in re.findall(r"\bload_\w+", source.read_text(encoding="utf-8"))}
    lacking = []
    for name in sorted(called):
        loader = getattr(datasets, name, None)
        if callable(loader) and (provenance := loader().provenance).is_sample:
            lacking.append(provenance.corpus)
    return lacking
