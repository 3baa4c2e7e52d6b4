"""Open JupyterLab on a copy of the notebooks in `work/`, so that saving never overwrites the stored outputs."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from tools.exercises import exercise_path
from tools.sources import NOTEBOOKS, ROOT, committed_path, find_sources, is_exercises

NO_NEWS = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}


def fill(work: Path, notebooks: Path = NOTEBOOKS) -> list[Path]:
    """Copy the notebooks that `work` does not have yet; returns the new ones. What is there stays as it is."""
    sources = find_sources(notebooks)
    paths = [*map(committed_path, sources), *map(exercise_path, filter(is_exercises, sources))]
    new = [path for path in paths if path.exists() and not (work / path.relative_to(notebooks)).exists()]
    for path in new:
        (work / path.relative_to(notebooks)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, work / path.relative_to(notebooks))
    return new


def main() -> int:
    """Fill `work/`, and open notebook 00 there without the question about news."""
    work, settings = ROOT / "work", Path(sys.prefix) / "etc" / "jupyter" / "labconfig" / "page_config.json"
    new = fill(work)
    print(f"You work on copies in work/ ({len(new)} new). For a fresh copy, rename yours and give this command again.")
    if not settings.exists():
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(json.dumps(NO_NEWS), encoding="utf-8")
    return subprocess.call([sys.executable, "-m", "jupyterlab", "00_start_here.ipynb", *sys.argv[1:]], cwd=work)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
