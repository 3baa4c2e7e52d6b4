"""Build and run the notebooks of the course.

python -m tools.notebooks build      notebooks/src/*.py -> notebooks/*.ipynb, keeping outputs that still hold
python -m tools.notebooks course     run all, quick profile, into _build/course/   (make course)
python -m tools.notebooks commit     run all, full profile, rewrite notebooks/*.ipynb   (make notebooks)
python -m tools.notebooks slides     the committed lessons as slides, into _build/slides/   (make slides)
python -m tools.notebooks site       the committed course as a site, into _build/site/   (make site)
"""

import argparse
import signal
import sys
from collections import Counter
from pathlib import Path

from tqdm import tqdm

from tools.commit import build, commit_all
from tools.execute import ANSI, Outcome, run_notebooks
from tools.site import Site, page_name, table
from tools.slides import write_slides
from tools.sources import NOTEBOOKS, ROOT, find_sources, read_source, write_notebook

BAR = "{desc} {bar} {n_fmt}/{total_fmt} cells, {elapsed}"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.notebooks", description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=["build", "course", "commit", "slides", "site"])
    parser.add_argument("--only", default="", help="beginnings of names, separated by commas or spaces")
    parser.add_argument("--profile", default="quick", choices=["quick", "full"], help="how much they do (course)")
    parser.add_argument("--force", action="store_true", help="run unchanged notebooks too (commit)")
    parser.add_argument("--folder", type=Path, default=NOTEBOOKS, help="the folder of the notebooks")
    parser.add_argument("--out", type=Path, help="where the pages and executed copies go")
    options = parser.parse_args(arguments)
    try:
        sources = find_sources(options.folder, options.only)
        if not sources:
            raise ValueError(f"There is no NN_topic.py in {options.folder.name}/src.")
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return 2
    out = options.out or ROOT / "_build" / options.command.replace("commit", "notebooks")
    try:
        commands = {
            "build": lambda: build(sources),
            "course": lambda: course(sources, options.profile, out),
            "commit": lambda: commit_all(sources, out, run_all, options.force),
            "slides": lambda: write_slides(sources, out),
            "site": lambda: write_site(options.folder, out),
        }
        return commands[options.command]()
    except KeyboardInterrupt as stop:
        print("\nStopped. No file was left half-written.", file=sys.stderr)
        return 128 + (stop.args[0] if stop.args else signal.SIGINT)


def course(sources: list[Path], profile: str, out: Path) -> int:
    """Run the notebooks, the quick ones two at a time; copies and the site into `out`, a table to the terminal."""
    outcomes = run_all(sources, profile, out, at_once=2 if profile == "quick" else 1)
    print(f"\n{table(outcomes)}\n\nLaying out the site; about a minute", flush=True)
    complaints = Site(sources[0].parent.parent, out, dict(zip(sources, outcomes, strict=True)), profile).finish()
    print(complaints, end="", file=sys.stderr)
    print(f"To read: {out / 'index.html'}")
    return int(any(outcome.result != "passed" for outcome in outcomes))


def write_site(folder: Path, out: Path) -> int:
    """Write the course as it is stored, executing nothing."""
    print("Laying out the site; about a minute")
    complaints = Site(folder, out).finish()
    print(complaints, end="", file=sys.stderr)
    print(f"To read: {out / 'index.html'}")
    return int(bool(complaints))


def run_all(sources: list[Path], profile: str, out: Path, at_once: int = 1) -> list[Outcome]:
    """Run notebooks with a progress bar over all their cells; the executed copies go to `out`.

    A failing notebook is shown with its cell and traceback, and the others still run. Of several at once, each waits
    for the others' trainings now and then, so its own seconds grow while the whole takes fewer.
    """
    notebooks = {path: read_source(path) for path in sources}
    folder, terminal, outcomes = sources[0].parent.parent, sys.stderr.isatty(), {}
    with tqdm(total=sum(len(each.cells) for each in notebooks.values()), bar_format=BAR, disable=not terminal) as bar:
        begun = Counter()

        def on_cell(name: str, title: str) -> None:
            bar.set_description_str(f"{name} · {title}", refresh=False)
            begun[name] += 1
            bar.update()

        calls = {path: (page_name(path), notebook, folder, profile, on_cell) for path, notebook in notebooks.items()}
        for path, outcome in run_notebooks(calls, at_once):
            outcomes[path] = outcome
            bar.update(len(notebooks[path].cells) - begun[outcome.name])  # of a failed one, the cells that did not run
            write_notebook(out / f"{outcome.name}.ipynb", outcome.notebook)
            if outcome.trouble:
                text = outcome.trouble if terminal else ANSI.sub("", outcome.trouble)
                bar.write(f"\n{text}\n", file=sys.stderr)
            bar.write(f"{outcome.name}: {outcome.result} in {outcome.seconds:.0f} s")
            sys.stdout.flush()
    return [outcomes[path] for path in sources]


def _stop(number: int, frame: object) -> None:
    raise KeyboardInterrupt(number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    sys.exit(main())
