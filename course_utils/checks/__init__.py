"""Answers to the exercises, checked: what is wrong in a learner's own terms, never the answer itself.

Each module belongs to one notebook (`tokenization` to 01, and so on) and has one function an exercise. A check takes
the function that the learner wrote, tries it on small cases, and either prints that it is right or raises
:class:`NotYet` with one message: on which input, what was expected of the result, what came, and a hint.
"""

import copy
import re
import sysconfig
import traceback
from collections.abc import Callable
from pathlib import Path

import numpy as np

NOT_THEIRS = (
    str(Path(__file__).parent.parent),
    *(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")),
)


class NotYet(AssertionError):
    """An answer that is not right yet. In a notebook it shows as one message, without a traceback."""

    def _render_traceback_(self):
        return [f"Not yet. {self}"]


def right(exercise: str, more: str = "") -> None:
    """Print that an exercise is solved.

    Examples
    --------
    >>> right("mean length", "Your function handles empty lists, too.")
    Right: mean length. Your function handles empty lists, too.
    """
    print(f"Right: {exercise}." + (f" {more}" if more else ""))


def ask(function: Callable, *inputs, hint: str = ""):
    """Call a learner's function on copies of the inputs and return its result.

    Parameters
    ----------
    function : callable
        What the learner wrote.
    *inputs
        Handed over as copies, so that a change is seen and does no harm.
    hint : str
        Added to the message if the function fails.

    Raises
    ------
    NotImplementedError
        If the exercise has not been begun. In a notebook it shows as one line.
    NotYet
        If ``function`` is no function, raises, returns nothing, or changes a list or an array that it was given.

    Examples
    --------
    >>> ask(len, [1, 2])
    2
    >>> ask(lambda word: print(end=""), "a")
    Traceback (most recent call last):
    course_utils.checks.NotYet: <lambda>('a') returned None. Is there a return in every branch?
    """
    if not callable(function):
        raise NotYet(f"Expected a function, got a {type(function).__name__}. Pass its name, without calling it.")
    given = copy.deepcopy(inputs)
    try:
        result = function(*given)
    except NotImplementedError:
        raise _unwritten() from None
    except Exception as error:
        hint = "" if isinstance(error, NameError | AttributeError) else hint  # a slip of the pen needs no other hint
        said = f"{call(function, *inputs)} raised {type(error).__name__}: {plain(error)}"
        raise NotYet(f"{said}{_where(error)}.{_then(hint)}") from error
    if result is None:
        raise NotYet(f"{call(function, *inputs)} returned None. Is there a return in every branch?")
    if any(_changed(before, after) for before, after in zip(inputs, given, strict=True)):
        raise NotYet(
            f"{call(function, *inputs)} changed what it was given, and whoever called it may still need that. Work on "
            "a copy."
        )
    return result


def _unwritten() -> NotImplementedError:
    """The error of an exercise that has not been begun; a traceback would show the inside of the check."""
    message = "Nothing is written here yet: replace `raise NotImplementedError` by your own lines."
    error = NotImplementedError(message)
    error._render_traceback_ = lambda: [f"Not yet. {message}"]
    return error


def _where(error: Exception) -> str:
    """Say in which line of the learner's own the error arose; nothing if it was none of theirs."""
    theirs = [each for each in traceback.extract_tb(error.__traceback__) if not each.filename.startswith(NOT_THEIRS)]
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


def _changed(before, after) -> bool:
    if isinstance(before, np.ndarray):
        return before.shape != after.shape or not np.array_equal(before, after, equal_nan=before.dtype.kind == "f")
    if isinstance(before, dict):
        return list(before) != list(after) or any(_changed(before[key], after[key]) for key in before)
    if isinstance(before, list | tuple):
        return len(before) != len(after) or any(map(_changed, before, after))
    return isinstance(before, set | str | int | float) and before != after


def call(function: Callable, *inputs) -> str:
    """Write a call as the learner would, long inputs shortened.

    Examples
    --------
    >>> call(len, list(range(100)))
    'len([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, ...)'
    >>> call(max, np.zeros((6, 3)), np.array([1, 2]))
    'max(an array of shape (6, 3), [1, 2])'
    """
    return f"{getattr(function, '__name__', 'your function')}({', '.join(map(_shown, inputs))})"


def _shown(given) -> str:
    if isinstance(given, list | tuple) and any(isinstance(each, np.ndarray) for each in given):
        return f"[{', '.join(map(_shown, given))}]"
    if isinstance(given, np.ndarray) and (given.size > 12 or (given.dtype.kind == "f" and given.size > 6)):
        return f"an array of shape {given.shape}"
    words = " ".join(repr(given.tolist() if isinstance(given, np.ndarray) else given).split())
    return words if len(words) <= 60 else f"{words[:57]} ..."


def expect_shape(result, shape: tuple, said: str, *, hint: str = "") -> np.ndarray:
    """Return a result as an array if it has a shape; say both shapes if not.

    Examples
    --------
    >>> expect_shape([[1, 2]], (2, 1), "one_hot(ids)")
    Traceback (most recent call last):
    course_utils.checks.NotYet: one_hot(ids) has shape (1, 2); expected (2, 1).
    """
    try:
        found = np.asarray(result)
    except ValueError:
        raise NotYet(f"{said} is no rectangular array: its rows differ in length.{_then(hint)}") from None
    if found.shape != tuple(shape):
        raise NotYet(f"{said} has shape {found.shape}; expected {tuple(shape)}.{_then(hint)}")
    return found


def expect_close(result, wanted, said: str, *, hint: str = "", tolerance: float = 1e-4) -> None:
    """Hold numbers against the wanted ones; the message names the first place that differs, not the right number.

    Examples
    --------
    >>> expect_close([1, 2.5], [1, 2], "mean", hint="Divide by the number of words.")
    Traceback (most recent call last):
    course_utils.checks.NotYet: mean is wrong at place 1: got 2.5. Divide by the number of words.
    """
    wanted = np.asarray(wanted, dtype=float)
    found = expect_shape(result, wanted.shape, said, hint=hint)
    try:
        found = found.astype(float)
    except (TypeError, ValueError):
        raise NotYet(f"{said} holds {found.dtype} instead of numbers.{_then(hint)}") from None
    wrong = np.argwhere(~np.isclose(found, wanted, atol=tolerance, rtol=tolerance))
    if len(wrong):
        place = tuple(int(each) for each in wrong[0])
        at = f" at place {place[0] if len(place) == 1 else place}" if place else ""
        raise NotYet(f"{said} is wrong{at}: got {found[place]:.6g}.{_then(hint)}")


def expect_equal(result, wanted, said: str, *, hint: str = "") -> None:
    """Hold a value (text, list, tuple, whole number) against the wanted one without showing that.

    Examples
    --------
    >>> expect_equal(["a"], ["a", "b"], "split('a b')", hint="Where did the second word go?")
    Traceback (most recent call last):
    course_utils.checks.NotYet: split('a b') gives ['a'], which is not right. Where did the second word go?
    """
    if isinstance(result, np.ndarray):
        result = result.tolist()
    if isinstance(wanted, tuple | list) and isinstance(result, tuple | list):
        same = list(result) == list(wanted)
    else:
        same = result == wanted
    if not same:
        raise NotYet(f"{said} gives {result!r}, which is not right.{_then(hint)}")


def expect_number(result, said: str) -> float:
    """Return one number, from a float, an array or a tensor that holds just one; say what came if it does not.

    Examples
    --------
    >>> expect_number(np.array([0.5]), "share(words)")
    0.5
    >>> expect_number([1, 2], "share(words)")
    Traceback (most recent call last):
    course_utils.checks.NotYet: share(words) is [1, 2]; expected one number.
    """
    try:
        found = np.asarray(result)
    except (TypeError, ValueError):
        found = np.array(None)
    if found.size != 1 or found.dtype.kind not in "fiub":
        shown = f"has shape {found.shape}" if found.size > 6 else f"is {result!r}"
        raise NotYet(f"{said} {shown}; expected one number.")
    return float(found.reshape(()))


def name_mistake(found, wanted, mistakes: dict, said: str) -> None:
    """Raise with the words of the known mistake that gives just this wrong result, if one of them does.

    Parameters
    ----------
    found, wanted : numbers or array_like
    mistakes : dict
        What is wrong, in a sentence, to the result that it gives.
    said : str
        The call, as the learner would write it.

    Examples
    --------
    >>> name_mistake(6, 2, {"That is the sum.": 6}, "mean([1, 2, 3])")
    Traceback (most recent call last):
    course_utils.checks.NotYet: mean([1, 2, 3]) is not right yet. That is the sum.
    """
    if _same(found, wanted):
        return
    for words, wrong in mistakes.items():
        if _same(found, wrong):
            raise NotYet(f"{said} is not right yet. {words}")


def _same(found, wanted) -> bool:
    try:
        found, wanted = np.asarray(found, dtype=float), np.asarray(wanted, dtype=float)
    except (TypeError, ValueError):
        return False
    return found.shape == wanted.shape and np.allclose(found, wanted, atol=1e-4, rtol=1e-4)


def _then(hint: str) -> str:
    return f" {hint}" if hint else ""
