"""What the learner has solved, kept on the learner's machine, and hints for what is still open."""

import functools
import json
import os
import string
import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import platformdirs

from course_utils.corpora.fetch import workspace

__all__ = ["watch"]

LESSONS = (  # notebooks 01 to 11
    "tokenization",
    "onehot_vs_embeddings",
    "inside_the_cells",
    "recurrent_and_conv",
    "char_rnn",
    "seq2seq",
    "word_models",
    "pretraining",
    "tweets",
    "korean_reviews",
    "weather",
)
STATES = ("solved", "tried", "open")
HERE = Path(__file__).parent
_session = {"keep": False, "states": {}, "hints": {}}  # states: of exercises by lesson, "tried" or "solved"


def watch(module: dict) -> tuple[Callable, Callable]:
    """Let the checks of a lesson note what is solved, and return the lesson's `hint` and `progress`.

    Parameters
    ----------
    module : dict
        The ``globals()`` of a module of checks, whose ``MISTAKES`` name its exercises.

    Returns
    -------
    hint : callable
        ``hint(exercise)`` prints the next hint for an exercise.
    progress : callable
        ``progress()`` returns a table of all lessons, and keeps results from then on.
    """
    lesson = module["__name__"].rpartition(".")[2]
    for name in module["MISTAKES"]:
        module[name] = _watched(lesson, module[name])
    return functools.partial(_hint, lesson), functools.partial(_progress, lesson)


def _watched(lesson: str, check: Callable) -> Callable:
    @functools.wraps(check)
    def watched(answer: object) -> None:
        try:
            check(answer)
        except NotImplementedError:  # not begun
            raise
        except AssertionError:
            _note(lesson, check.__name__, "tried")
            raise
        _note(lesson, check.__name__, "solved")

    return watched


def _note(lesson: str, exercise: str, state: str) -> None:
    states = _session["states"].setdefault(lesson, {})
    states[exercise] = "solved" if states.get(exercise) == "solved" else state
    if _session["keep"]:
        _keep()


def _hint(lesson: str, exercise: str | Callable) -> None:
    """Print the next hint for an exercise: each call says more.

    Parameters
    ----------
    exercise : str or callable
        The name of the exercise's function, or the function.

    Raises
    ------
    ValueError
        If this lesson has no such exercise.
    """
    hints, name = _hints(lesson), getattr(exercise, "__name__", exercise)
    if name not in hints:
        raise ValueError(f"no exercise of this lesson is called {name!r}. Its exercises: {', '.join(hints)}.")
    given = _session["hints"][lesson, name] = _session["hints"].get((lesson, name), 0) + 1
    if given <= len(hints[name]):
        print(f"Hint {given} of {len(hints[name])}: {hints[name][given - 1]}")
    else:
        print("You have seen all hints. One answer is in the notebook of the same name in the folder solutions.")


def _hints(lesson: str) -> dict[str, list[str]]:
    return tomllib.loads((HERE / "hints" / f"{lesson}.toml").read_text(encoding="utf-8"))


def _progress(lesson: str) -> pd.DataFrame:
    """Return a table of solved, tried and open exercises, and keep this notebook's results from now on.

    They are kept in the user's folder for data, or in COURSE_PROGRESS_DIR. When every exercise of the course is
    solved, a page to print is written there, too.
    """
    _session["keep"] = True
    states, rows = _keep(), {}
    for number, name in enumerate(LESSONS, 1):
        found = pd.Series([states.get(name, {}).get(exercise, "open") for exercise in _hints(name)])
        rows[f"{number:02} {name.replace('_', ' ')}"] = {state: (found == state).sum() for state in STATES}
    table = pd.DataFrame(rows).T
    table.loc["all"] = table.sum()
    left = [exercise for exercise in _hints(lesson) if states.get(lesson, {}).get(exercise) != "solved"]
    print(f"To do in this lesson: {', '.join(left)}." if left else "You have solved every exercise of this lesson.")
    if table.loc["all", "solved"] == table.loc["all"].sum():
        page = string.Template((HERE / "certificate.html").read_text(encoding="utf-8"))
        path = _folder() / "certificate.html"
        filled = page.substitute(
            exercises=table.loc["all", "solved"], lessons=len(LESSONS), day=f"{date.today():%B %d, %Y}"
        )
        path.write_text(filled, encoding="utf-8")
        print(f"You have solved every exercise of the course. Here is your page to print: {path}")
    return table


def _folder() -> Path:
    return Path(os.environ.get("COURSE_PROGRESS_DIR") or platformdirs.user_data_path("sequence-models-course"))


def _keep() -> dict[str, dict[str, str]]:
    """Add what this session has seen to what is kept, and return both together."""
    try:
        with workspace(_folder(), "progress") as scratch:
            states = _kept(_folder() / "progress.json")
            for lesson, seen in _session["states"].items():
                kept = states.setdefault(lesson, {})
                kept |= {name: state for name, state in seen.items() if kept.get(name) != "solved"}
            (scratch / "new.json").write_text(json.dumps(states, indent=1), encoding="utf-8")
            os.replace(scratch / "new.json", _folder() / "progress.json")
    except OSError as error:
        print(f"Your progress can't be kept ({error}). Set COURSE_PROGRESS_DIR to a folder that you can write.")
        return _session["states"]
    return states


def _kept(file: Path) -> dict[str, dict[str, str]]:
    """Read what is kept. A file that can't be read is put aside, not overwritten."""
    if not file.exists():
        return {}
    try:
        states = json.loads(file.read_text(encoding="utf-8"))
        return {lesson: dict(states[lesson]) for lesson in states}
    except (ValueError, TypeError):
        file.replace(file.with_suffix(".damaged"))
        print(f"{file.name} can't be read. It is now {file.with_suffix('.damaged').name}, and you begin a new one.")
        return {}
