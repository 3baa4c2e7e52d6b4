"""Check the answers to the exercises: say what is wrong in the learner's own terms, never the answer itself.

Each module belongs to one lesson and has one function per exercise. A check takes the function that the learner
wrote, tries it on small cases, and either prints that it is right or raises :class:`NotYet` with one message: on which
input, what came out, and a hint. Each module's ``MISTAKES`` holds the typical wrong answers, written once: the check
recognizes a wrong result by them, and the tests hand them in as answers that must be refused with those words.
"""

import copy
import re
import reprlib
import sysconfig
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path

import joblib
import numpy as np

__all__ = ["NotYet", "ask", "call", "plain", "right", "shown", "then"]

LIBRARIES = [sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")]
NOT_THEIRS = (str(Path(__file__).parent.parent), *LIBRARIES)
MOST_ITEMS, MOST_LEVELS = 1_000_000, 20  # a result beyond these is not looked at
REPR = reprlib.Repr()
REPR.maxlist = REPR.maxtuple = REPR.maxset = REPR.maxdict = 40
REPR.maxstring = REPR.maxother = REPR.maxlong = 120


class NotYet(AssertionError):
    """An answer that is not right yet. In a notebook it shows as one message, without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [f"Not yet. {self}"]


def right(exercise: str, more: str = "") -> None:
    """Print that an exercise is solved.

    Examples
    --------
    >>> right("mean length", "Your function handles empty lists, too.")
    Right: mean length. Your function handles empty lists, too.
    """
    print(f"Right: {exercise}.{then(more)}")


def then(hint: str) -> str:
    """Put a space before a hint, if there is one."""
    return f" {hint}" if hint else ""


def ask(function: Callable, *inputs: object, hint: str = "") -> object:
    """Call a learner's function on copies of the inputs and return its result.

    Parameters
    ----------
    function : callable
        What the learner wrote.
    *inputs
        Passed as copies, so that a change is noticed and does no harm.
    hint : str
        Added to the message if the function fails.

    Raises
    ------
    NotImplementedError
        If the exercise has not been started. In a notebook it shows as one line.
    NotYet
        If ``function`` is not a function, raises, returns nothing or something too large to look at, or changes a
        list or an array that it was given.

    Examples
    --------
    >>> ask(len, [1, 2])
    2
    >>> ask(lambda word: print(end=""), "a")
    Traceback (most recent call last):
    course_utils.checks.NotYet: <lambda>('a') returned None. Is there a return in every branch?
    """
    if not callable(function):
        raise NotYet(f"Expected a function, got {type(function).__name__}. Pass its name, without calling it.")
    given, kept, said = copy.deepcopy(inputs), copy.deepcopy(inputs), call(function, *inputs)
    try:
        with np.errstate(all="ignore"):
            result = function(*given)
    except NotImplementedError:
        raise _unwritten() from None
    except Exception as error:
        hint = "" if isinstance(error, NameError | AttributeError) else hint  # a typo needs no other hint
        raise NotYet(f"{said} raised {type(error).__name__}: {plain(error)}{_where(error)}.{then(hint)}") from error
    if result is None:
        raise NotYet(f"{said} returned None. Is there a return in every branch?")
    if joblib.hash(kept) != joblib.hash(given):
        raise NotYet(f"{said} changed its input, and whoever called it may still need that. Work on a copy.")
    if too_much := _too_much(result):
        raise NotYet(f"{said} returned {_a(result)} that {too_much}. Expected something small.{then(hint)}")
    return result


def _too_much(result: object) -> str:
    """Say why a result cannot be looked at, level by level, so that one that contains itself ends, too."""
    level = [result]
    for _ in range(MOST_LEVELS):
        sizes = [value.size for value in level if isinstance(value, np.ndarray)]
        sizes += [len(value) for value in level if isinstance(value, str | bytes | list | tuple | set | dict)]
        if sum(sizes) > MOST_ITEMS or any(isinstance(value, range) and value[MOST_ITEMS:] for value in level):
            return f"holds more than {MOST_ITEMS:,} items"
        level = [item for value in level for item in _items(value)]
        if not level:
            return ""
    return "is nested too deeply (does it contain itself?)"


def _items(value: object) -> Iterable:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()


def _unwritten() -> NotImplementedError:
    """The error of an exercise that has not been started; a traceback would show the inside of the check."""
    message = "Nothing is written here yet: replace `raise NotImplementedError` with your own lines."
    error = NotImplementedError(message)
    error._render_traceback_ = lambda: [f"Not yet. {message}"]
    return error


def _where(error: Exception) -> str:
    """Say in which of the learner's lines the error arose; nothing if it was none of theirs."""
    theirs = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(NOT_THEIRS)]
    return f", in your line `{theirs[-1].line}`" if theirs and theirs[-1].line else ""


def plain(error: Exception) -> str:
    """Return the line of an error's message that says what is wrong, without the frames that Keras puts around it.

    Examples
    --------
    >>> plain(ValueError("Exception encountered when calling Dense.call().\\n\\nindices[0,3] = 86 is not in [0, 50)"))
    'indices[0,3] = 86 is not in [0, 50)'
    """
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line).strip() for line in str(error).splitlines()]
    frames = ("Exception encountered", "Graph execution error", "Detected at node", "File ", "Arguments received")
    kept = [line for line in lines if line and not line.startswith(frames)] or [line for line in lines if line] or [""]
    line = next((line for line in kept if "indices[" in line), kept[0])
    line = re.sub(r"\{\{function_node .*?\}\} | \[Op:\w+\]", "", line)
    return (line if len(line) <= 240 else f"{line[:237]}...").rstrip(".")


def call(function: Callable, *inputs: object) -> str:
    """Write a call as the learner would, long inputs shortened.

    Examples
    --------
    >>> call(len, list(range(100)))
    'len([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, ...)'
    >>> call(max, np.zeros((6, 3)), np.array([1, 2]))
    'max(an array of shape (6, 3), [1, 2])'
    """
    return f"{getattr(function, '__name__', 'your function')}({', '.join(map(shown, inputs))})"


def shown(value: object, most: int = 64) -> str:
    """Write a value in one short line, whatever it is.

    Examples
    --------
    >>> shown(np.arange(3)), shown(np.zeros((2, 9))), shown("a" * 100, most=20), shown(2 / 3)
    ('[0, 1, 2]', 'an array of shape (2, 9)', "'aaaaaaaaaaaaaaaa...", '0.666667')
    """
    if isinstance(value, list | tuple) and any(isinstance(item, np.ndarray) for item in value):
        return f"[{', '.join(map(shown, value))}]"
    if isinstance(value, np.ndarray) and (value.size > 12 or (value.dtype.kind == "f" and value.size > 6)):
        return f"an array of shape {value.shape}"
    try:
        value = value.tolist() if isinstance(value, np.ndarray | np.generic) else value
        words = re.sub(r"\d+\.\d{7,}", lambda digits: f"{float(digits[0]):.6g}", " ".join(REPR.repr(value).split()))
    except Exception:  # a repr of the learner's own, or a number of more than 4,300 digits
        return _a(value)
    return words if len(words) <= most else f"{words[: most - 3]}..."


def _a(value: object) -> str:
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
