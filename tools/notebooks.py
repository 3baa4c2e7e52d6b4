"""Build and run the notebooks of the course.

python -m tools.notebooks build      notebooks/src/*.py -> notebooks/*.ipynb, keeping outputs that still hold
python -m tools.notebooks course     run all, quick profile, into _build/course/   (make course)
python -m tools.notebooks commit     run all, full profile, rewrite notebooks/*.ipynb   (make notebooks)
"""

import argparse
import sys
from pathlib import Path

from tqdm import tqdm

from tools.commit import build, commit_all
from tools.execute import ANSI, Outcome, run_notebook
from tools.pages import table, write_index, write_page
from tools.sources import NOTEBOOKS, ROOT, find_sources, read_source

PROFILES = ("quick", "full")
BAR = "{desc} {bar} {n_fmt}/{total_fmt} cells, {elapsed}"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.notebooks", description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=["build", "course", "commit"])
    parser.add_argument("--only", default="", help="beginnings of names, parted by commas or spaces")
    parser.add_argument("--profile", default="quick", help="quick or full (course)")
    parser.add_argument("--force", action="store_true", help="run unchanged notebooks too (commit)")
    parser.add_argument("--folder", type=Path, default=NOTEBOOKS, help="the folder of the notebooks")
    parser.add_argument("--out", type=Path, help="where the executed copies go")
    options = parser.parse_args(arguments)
    try:
        if options.profile not in PROFILES:
            raise ValueError(f"PROFILE={options.profile} is unknown. It is quick or full.")
        sources = find_sources(options.folder, options.only)
        if not sources:
            raise ValueError(f"There is no NN_topic.py in {options.folder.name}/src.")
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return 2
    try:
        if options.command == "build":
            return build(sources)
        if options.command == "commit":
            out = options.out or ROOT / "_build" / "notebooks"
            return commit_all(sources, out, run_all, force=options.force)
        return course(sources, options.profile, options.out or ROOT / "_build" / "course")
    except KeyboardInterrupt:
        print("\nStopped. No file was left half-written.", file=sys.stderr)
        return 130


def course(sources: list[Path], profile: str, out: Path) -> int:
    """Run the notebooks one after the other; pages and an index into `out`, a table to the terminal."""
    outcomes = run_all(sources, profile, out)
    index = write_index(out, outcomes, profile)
    print(f"\n{table(outcomes)}\n\nTo read: {index}")
    return int(any(outcome.result != "passed" for outcome in outcomes))


def run_all(sources: list[Path], profile: str, out: Path) -> list[Outcome]:
    """Run notebooks with a progress bar over all their cells; each leaves its copy and page in `out`.

    A failing notebook is shown with its cell and traceback, and the others still run.
    """
    notebooks = {path: read_source(path) for path in sources}
    terminal = sys.stderr.isatty()
    bar = tqdm(
        total=sum(len(notebook.cells) for notebook in notebooks.values()),
        bar_format=BAR,
        disable=not terminal,
    )
    outcomes, done = [], 0
    with bar:
        for path, notebook in notebooks.items():

            def on_cell(index: int, title: str, name: str = path.stem, before: int = done) -> None:
                bar.set_description_str(f"{name} · {title}", refresh=False)
                bar.update(before + index - bar.n)
                bar.refresh()

            outcome = run_notebook(path.stem, notebook, path.parent.parent, profile, on_cell)
            write_page(out, outcome)
            outcomes.append(outcome)
            done += len(notebook.cells)
            bar.update(done - bar.n)
            if outcome.trouble:
                text = outcome.trouble if terminal else ANSI.sub("", outcome.trouble)
                bar.write(f"\n{text}\n", file=sys.stderr)
            bar.write(f"{path.stem}: {outcome.result} in {outcome.seconds:.0f} s")
            sys.stdout.flush()
    return outcomes


if __name__ == "__main__":
    sys.exit(main())
