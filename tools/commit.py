"""Rewrite the committed notebooks: run what has changed, keep what still holds, refuse what must not show."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tools.checks import code_cells, complaints_about, no_warnings
from tools.execute import ANSI, Outcome, find_report
from tools.exercises import exercise_notebook, exercise_path
from tools.keys import notebook_key
from tools.site import table
from tools.sources import COLAB, committed_path, find_sources, is_exercises, read_source, write_notebook, write_text

HOW_TO_GET_DATA = (
    "The committed notebooks show the real corpora. Set COURSE_DATA_DIR to a folder that holds them,\n"
    "or fetch them with `make data`, and give the command again. Nothing was rewritten."
)


def build(sources: list[Path]) -> int:
    """Bring the notebooks in line with their sources as far as that goes without running anything."""
    write_exercises(sources)
    for source in sources:
        if not committed_path(source).exists():
            write_notebook(committed_path(source), read_source(source))
        print(f"{source.stem}: {refresh(source)}")
    return 0


def write_exercises(sources: list[Path]) -> None:
    """Write the notebooks in which learners fill in their answers."""
    for source in filter(is_exercises, sources):
        write_notebook(exercise_path(source), exercise_notebook(source))


def write_full_runs(notebooks: Path) -> None:
    """Write `course_utils/full_runs.json`: headline and seconds of every lesson's committed run, by topic.

    With it, the last cell of a notebook shows the stored run's headline beside its own. Nothing in a notebook's code
    holds its number, so that a notebook can be renumbered without a run.
    """
    lessons = [path for path in map(committed_path, find_sources(notebooks)) if path.parent == notebooks]
    reports = {path.stem[3:]: find_report(nbformat.read(path, 4)) for path in lessons if path.exists()}
    runs = {name: {"headline": said["headline"], "seconds": said["seconds"]} for name, said in reports.items() if said}
    text = json.dumps(runs, indent=2, sort_keys=True, ensure_ascii=False)
    write_text(notebooks.parent / "course_utils" / "full_runs.json", f"{text}\n")


def commit_all(sources: list[Path], out: Path, run_all: Callable[..., list[Outcome]], force: bool = False) -> int:
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
    states = {source: "forced" if force else refresh(source) for source in sources}
    print(*(f"{source.stem}: {state}" for source, state in states.items()), sep="\n")
    changed = [source for source, state in states.items() if state not in ("unchanged", "prose updated")]
    if lacking := samples_needed(changed):
        print(f"Only a sample is at hand for: {', '.join(lacking)}.\n{HOW_TO_GET_DATA}", file=sys.stderr)
        return 1
    outcomes = []
    if changed:
        keys = {source: notebook_key(read_source(source), "full") for source in changed}
        outcomes = run_all(changed, "full", out)
        for source, outcome in zip(changed, outcomes, strict=True):
            rewrite(source, outcome, keys[source])
        print(f"\n{table(outcomes)}\n\nExecuted copies, refused ones too: {out}")
    write_full_runs(sources[0].parent.parent)
    return int(any(outcome.result != "rewritten" for outcome in outcomes))


def rewrite(source: Path, outcome: Outcome, key: dict) -> None:
    """Write the committed notebook of a run that passed, with its key, or say why it must not be written."""
    if outcome.result != "passed":
        return
    complaints = tidy(outcome.notebook) + complaints_about(outcome.notebook)
    if complaints:
        outcome.result = "refused"
        print(f"{source.stem} is not rewritten:", *complaints, sep="\n  ", file=sys.stderr)
        if any("sample" in complaint for complaint in complaints):
            print(HOW_TO_GET_DATA, file=sys.stderr)
        return
    outcome.notebook.metadata["course"] = key
    write_notebook(committed_path(source), outcome.notebook)
    outcome.result = "rewritten"


def refresh(source: Path) -> str:
    """Update the prose of a committed notebook whose outputs still hold; otherwise leave it alone.

    Returns
    -------
    str
        "unchanged", "prose updated", or why the outputs no longer hold.
    """
    target = committed_path(source)
    old = nbformat.read(target, as_version=4) if target.exists() else nbformat.v4.new_notebook()
    stored = old.metadata.get("course")
    if not stored:
        return "not run yet"
    new = read_source(source)
    key = notebook_key(new, "full")
    if stored["code"] != key["code"]:
        return "its code or its helpers have changed"
    if stored["versions"] != key["versions"]:
        return "the versions of the libraries have changed"
    if stored["prose"] == key["prose"]:
        return "unchanged"
    for (_, had), (_, has) in zip(code_cells(old), code_cells(new), strict=True):
        has.outputs, has.execution_count = had.outputs, had.execution_count
    new.metadata["course"] = {**stored, "prose": key["prose"]}
    write_notebook(target, new)
    return "prose updated"


def tidy(notebook: NotebookNode) -> list[str]:
    """Take out what differs between two runs for no reason a reader cares about: stderr, colors, metadata.

    Returns
    -------
    list of str
        Complaints about warnings, which are looked for first: what went to stderr is gone afterwards.
    """
    complaints = no_warnings(notebook)
    kept = {key: notebook.metadata[key] for key in ("kernelspec", "rise", *COLAB) if key in notebook.metadata}
    notebook.metadata = nbformat.from_dict(kept | {"language_info": {"name": "python"}})
    for _, cell in code_cells(notebook):
        cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
        for output in cell.outputs:
            if output.output_type == "stream":
                output.text = ANSI.sub("", output.text)
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
    return complaints


def samples_needed(sources: list[Path]) -> list[str]:
    """Ask the loaders that the sources call; return the corpora for which only the sample is at hand.

    Asking first takes seconds; finding out at the end of a full run takes the run.
    """
    called = {name for path in sources for name in re.findall(r"\bload_\w+", path.read_text(encoding="utf-8"))}
    if not called:
        return []
    from course_utils import corpora

    loaders = [getattr(corpora, name) for name in sorted(called) if hasattr(corpora, name)]
    return [found.corpus for load in loaders if (found := load().provenance).is_sample]
