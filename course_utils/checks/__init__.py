"""Answers to the exercises, checked: what is wrong in a learner's own terms, never the answer itself.

Each module belongs to one notebook (`tokenization` to 01, and so on) and has one function an exercise. A check takes
the function that the learner wrote, tries it on small cases, and either prints that it is right or raises
:class:`NotYet` with one message: on which input, what was expected of the result, what came, and a hint.
"""

import copy
import traceback
from collections.abc import Callable

import numpy as np


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
        Handed over as copies: a function that changes its input does no harm here.
    hint : str
        Added to the message if the function fails.

    Raises
    ------
    NotImplementedError
        If the exercise has not been begun.
    NotYet
        If ``function`` is no function, raises, or returns nothing.

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
    try:
        result = function(*copy.deepcopy(inputs))
    except NotImplementedError:
        raise
    except Exception as error:
        here = traceback.extract_tb(error.__traceback__)[-1]
        where = f" in the line `{here.line}`" if here.line else ""
        raise NotYet(
            f"{call(function, *inputs)} raised {type(error).__name__}: {error}{where}.{_then(hint)}"
        ) from error
    if result is None:
        raise NotYet(f"{call(function, *inputs)} returned None. Is there a return in every branch?{_then(hint)}")
    return result


def call(function: Callable, *inputs) -> str:
    """Write a call as the learner would, long inputs shortened.

    Examples
    --------
    >>> call(len, list(range(100)))
    'len([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, ...)'
    """
    shown = [f"array{each.shape}" if isinstance(each, np.ndarray) and each.size > 12 else repr(each) for each in inputs]
    shown = [each if len(each) <= 60 else f"{each[:57]} ..." for each in shown]
    return f"{getattr(function, '__name__', 'your function')}({', '.join(shown)})"


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


def _then(hint: str) -> str:
    return f" {hint}" if hint else ""
