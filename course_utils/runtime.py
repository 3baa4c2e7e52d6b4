"""Seeds, device, versions and profile: the first and the last cell of every notebook (taught in notebook 00)."""

import json
import os
import platform
import time
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from IPython import get_ipython
from IPython.display import display

from course_utils.backends import device, keras
from course_utils.validate import one_of, whole_number

__all__ = ["finish", "output_folder", "pick", "profile", "start", "versions"]

PACKAGES = ("keras", keras.backend.backend(), "numpy", "scikit-learn", "tokenizers")
REPORT_TYPE = "application/vnd.course-report+json"
FULL_RUNS = Path(__file__).with_name("full_runs.json")  # written by `make notebooks`
IN_FULL = "small and fast; full run: put  %env COURSE_PROFILE=full  in a cell above, then restart and run all"

_started = time.perf_counter()


def profile() -> str:
    """Return the profile this session runs in: ``"quick"`` (the default) or ``"full"``.

    Returns
    -------
    str
        The value of the environment variable ``COURSE_PROFILE``.

    Raises
    ------
    ValueError
        If ``COURSE_PROFILE`` holds anything else.

    Examples
    --------
    >>> profile() in ("quick", "full")
    True
    """
    return one_of("COURSE_PROFILE", os.environ.get("COURSE_PROFILE", "").strip().lower() or "quick", ("quick", "full"))


def pick(*, quick: Any, full: Any) -> Any:
    """Return the setting of the current profile, so that both stand side by side in the notebook.

    Parameters
    ----------
    quick, full : any
        The setting for each profile. Tuples are handy for several settings on one line.

    Returns
    -------
    any
        ``quick`` or ``full``, as :func:`profile` says.

    Examples
    --------
    >>> epochs, reviews = pick(quick=(2, 1_000), full=(100, 25_000))
    >>> epochs in (2, 100)
    True
    """
    return {"quick": quick, "full": full}[profile()]


def versions() -> dict[str, str]:
    """Return the versions that a result depends on: Python, Keras, its backend, and the packages for numbers and text.

    Examples
    --------
    >>> list(versions())[:2]
    ['Python', 'keras']
    """
    found = {name: next((each.version for each in distributions(name=name)), "missing") for name in PACKAGES}
    return {"Python": platform.python_version()} | found


def start(seed: int = 42) -> None:
    """Begin a notebook: set every seed and print device, versions, profile and data, one line each.

    Parameters
    ----------
    seed : int
        Seed of Python's, NumPy's and the backend's random generators, 0 to 2**32 - 1.

    Raises
    ------
    TypeError, ValueError
        If the seed is not such a whole number, or ``COURSE_PROFILE`` holds an unknown name.

    Examples
    --------
    >>> start(seed=1)  # doctest: +ELLIPSIS
    device:   ...
    versions: Python ...
    profile:  ...
    data:     ...
    """
    global _started
    keras.utils.set_random_seed(whole_number("seed", seed, least=0, most=2**32 - 1))
    print(f"device:   {device()}")
    print(f"versions: {_listed(versions())}")
    print(f"profile:  {pick(quick=f'quick ({IN_FULL})', full='full')}")
    folder = os.environ.get("COURSE_DATA_DIR")
    first = f"from the folder {Path(folder).name!r} (COURSE_DATA_DIR), then the cache" if folder else "from the cache"
    print(f"data:     {first}, then a download, then the samples written for this course")
    _started = time.perf_counter()


def output_folder(name: str) -> Path:
    """Make and return a folder for what a notebook writes, away from the notebooks themselves.

    Parameters
    ----------
    name : str
        A folder name, such as ``"embeddings"``.

    Returns
    -------
    pathlib.Path
        ``_build/outputs/<name>`` in the course's folder; the same below the current folder if there is none.

    Examples
    --------
    >>> output_folder("doctest").name
    'doctest'
    """
    here = Path.cwd()
    root = next((folder for folder in (here, *here.parents) if (folder / "course_utils").is_dir()), here)
    folder = root / "_build" / "outputs" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def finish(*provenances: Any, headline: str, notebook: str = "") -> None:
    """End a notebook: show its headline, data, versions, device, profile and wall time.

    After a quick run, or one on a sample, the headline of the stored full run stands below this run's.

    Parameters
    ----------
    *provenances : course_utils.corpora.Provenance
        Where each corpus came from; none for a notebook that needs no corpus.
    headline : str
        The notebook's result in one line; the tools put it into their table.
    notebook : str
        The notebook's file name without number and ending, such as ``"tokenization"``: finds the stored full run.

    Examples
    --------
    >>> finish(headline="2 models, same accuracy")  # doctest: +ELLIPSIS
    headline: 2 models, same accuracy
    versions: Python ...
    device:   ...
    profile:  ... minutes
    """
    data = {each.corpus: "sample" if each.is_sample else "real" for each in provenances}
    digests = {each.corpus: each.digest for each in provenances}
    seconds = round(time.perf_counter() - _started, 1)
    report = {"headline": headline, "data": data, "digests": digests, "versions": versions(), "device": device()}
    report |= {"profile": profile(), "seconds": seconds}
    lines = [f"headline: {headline}"]
    full_runs = json.loads(FULL_RUNS.read_text(encoding="utf-8")) if FULL_RUNS.is_file() else {}
    if notebook in full_runs and (profile() == "quick" or "sample" in data.values()):
        stored = full_runs[notebook]
        lines += [f"full run: {stored['headline']} ({stored['seconds'] / 60:.1f} minutes)"]
    lines += [f"data:     {name}: {kind}, digest {digests[name][:12]}" for name, kind in data.items()]
    lines += [f"versions: {_listed(report['versions'])}", f"device:   {report['device']}"]
    lines += [f"profile:  {report['profile']}, {seconds / 60:.1f} minutes"]
    if get_ipython() is None:
        print("\n".join(lines))
    else:
        display({"text/plain": "\n".join(lines), REPORT_TYPE: report}, raw=True)


def _listed(found: dict[str, str]) -> str:
    return ", ".join(f"{package} {number}" for package, number in found.items())
