"""Compare a learner's results with the right ones, and name the typical mistake behind a wrong one."""

import copy
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from course_utils.checks import NotYet, ask, call, shown, then

__all__ = ["expect", "expect_close", "expect_equal", "expect_shape", "hold", "name_mistake", "same"]


def expect(condition: object, words: str) -> None:
    """Raise with words unless a condition holds.

    Examples
    --------
    >>> expect(len("ab") == 3, "Expected three letters, got 'ab'.")
    Traceback (most recent call last):
    course_utils.checks.NotYet: Expected three letters, got 'ab'.
    """
    if not condition:
        raise NotYet(words)


def same(found: object, wanted: object) -> bool:
    """Say whether two results are equal: fractions up to rounding, anything else exactly, whatever holds the items.

    Examples
    --------
    >>> same(np.array([1.0, 2.00001]), [1.0, 2.0]), same(("a", 2), ["a", 2]), same("2", 2)
    (True, True, False)
    """
    try:
        if isinstance(wanted, dict):
            return found.keys() == wanted.keys() and all(same(found[key], wanted[key]) for key in wanted)
        arrays = _array(found), _array(wanted)
        if all(array is not None and array.dtype.kind in "biuf" for array in arrays):
            if arrays[1].dtype.kind != "f" or arrays[0].shape != arrays[1].shape:
                return np.array_equal(*arrays)
            return np.allclose(*arrays, atol=1e-4, rtol=1e-4, equal_nan=True)
        if isinstance(wanted, list | tuple | np.ndarray):
            found = found.tolist() if isinstance(found, np.ndarray) else found
            return isinstance(found, list | tuple) and len(found) == len(wanted) and all(map(same, found, wanted))
        return bool(found == wanted)
    except Exception:  # comparisons of the learner's own may fail
        return False


def _array(result: object) -> np.ndarray | None:
    """Return a list, an array or a tensor as an array; None if that cannot be done."""
    try:
        return np.asarray(result)
    except Exception:
        return None


def expect_shape(result: object, shape: Sequence, said: str, *, hint: str = "") -> np.ndarray:
    """Return a result as an array if it has a shape; say both shapes if not.

    Examples
    --------
    >>> expect_shape([[1, 2]], (2, 1), "one_hot(ids)")
    Traceback (most recent call last):
    course_utils.checks.NotYet: one_hot(ids) has shape (1, 2); expected the shape (2, 1).
    """
    found = _array(result)
    expect(found is not None, f"{said} is not a rectangular array: its rows differ in length.{then(hint)}")
    came = f"has shape {found.shape}" if found.shape else f"is {shown(result)}"
    expect(found.shape == tuple(shape), f"{said} {came}; expected the shape {tuple(shape)}.{then(hint)}")
    return found


def expect_close(result: object, wanted: object, said: str, *, hint: str = "", tolerance: float = 1e-4) -> None:
    """Compare numbers with the wanted ones; the message names the first position that differs, not the right number.

    Examples
    --------
    >>> expect_close([1, 2.5], [1, 2], "mean", hint="Divide by the number of words.")
    Traceback (most recent call last):
    course_utils.checks.NotYet: mean is wrong at position 1: got 2.5. Divide by the number of words.
    """
    wanted = np.asarray(wanted, dtype=float)
    found = expect_shape(result, wanted.shape, said, hint=hint)
    expect(found.dtype.kind in "biuf", f"{said} holds {found.dtype} instead of numbers.{then(hint)}")
    wrong = ~np.isclose(found := found.astype(float), wanted, atol=tolerance, rtol=tolerance)
    if wrong.any():
        position = tuple(map(int, np.argwhere(np.isnan(found) if np.isnan(found).any() else wrong)[0]))
        at = f" at position {position[0] if len(position) == 1 else position}" if position else ""
        nan = ", as of 0 / 0 or of the logarithm of a negative number" if np.isnan(found[position]) else ""
        raise NotYet(f"{said} is wrong{at}: got {found[position]:.6g}{nan}.{then(hint)}")


def expect_equal(result: object, wanted: object, said: str, *, hint: str = "") -> None:
    """Compare a value (text, list, tuple, whole number) with the wanted one without showing that.

    Examples
    --------
    >>> expect_equal(["a"], ["a", "b"], "split('a b')", hint="Where did the second word go?")
    Traceback (most recent call last):
    course_utils.checks.NotYet: split('a b') gives ['a'], which is not right. Where did the second word go?
    """
    several = not isinstance(wanted, list | tuple) or isinstance(result, list | tuple | np.ndarray)
    expect(several, f"{said} gives {shown(result)}; expected a {type(wanted).__name__}.{then(hint)}")
    expect(same(result, wanted), f"{said} gives {shown(result, 240)}, which is not right.{then(hint)}")


def name_mistake(
    found: object, wanted: object, mistakes: Mapping, said: str, inputs: Sequence = (), *, part: object = None
) -> None:
    """Raise with the words of the known mistake that gives exactly this wrong result, if one of them does.

    Parameters
    ----------
    found, wanted : object
        The learner's result and the right one; nothing is raised if they are the same.
    mistakes : dict
        Words of a hint to what the mistake makes of the inputs: a function of them, or its result itself.
    said : str
        The call, as the learner would write it.
    inputs : sequence
        What the function was given.
    part : int or str, optional
        If ``found`` is one part of a result (of a pair, a dict), its index or key; else the whole is compared.

    Examples
    --------
    >>> name_mistake(6, 2, {"That is the sum.": sum}, "mean([1, 2, 3])", [[1, 2, 3]])
    Traceback (most recent call last):
    course_utils.checks.NotYet: mean([1, 2, 3]) gives 6, which is not right. That is the sum.
    """
    if same(found, wanted):
        return
    for words, mistake in mistakes.items():
        try:
            with np.errstate(all="ignore"):
                wrong = mistake(*copy.deepcopy(inputs)) if callable(mistake) else mistake
            wrong = wrong if part is None else wrong[part]
        except Exception:  # this mistake fails on these inputs, so it gave no result
            continue
        if same(found, wrong):
            short = not shown(found).startswith(("an array", "[an"))
            raise NotYet(f"{said} {f'gives {shown(found)}, which ' if short else ''}is not right. {words}")


def hold(
    answer: Callable, inputs: Sequence, wanted: object, mistakes: Mapping | None = None, said: str = "", hint: str = ""
) -> None:
    """Try an answer on one case: name the mistake if it is a known one, else compare the result with the wanted one.

    Parameters
    ----------
    answer : callable
        What the learner wrote.
    inputs : sequence
        Its arguments.
    wanted : object
        The right result. Arrays and fractions are compared up to rounding, anything else exactly.
    mistakes : dict, optional
        See :func:`name_mistake`.
    said : str
        The call, in words; made from the inputs if left out.
    hint : str
        For a wrong result that no mistake explains.

    Examples
    --------
    >>> hold(sum, [[1, 2, 3]], 2, {"You returned the largest.": max}, hint="Divide by how many there are.")
    Traceback (most recent call last):
    course_utils.checks.NotYet: sum([1, 2, 3]) gives 6, which is not right. Divide by how many there are.
    """
    found, said = ask(answer, *inputs, hint=hint), said or call(answer, *inputs)
    name_mistake(found, wanted, mistakes or {}, said, inputs)
    compare = expect_close if isinstance(wanted, float | np.ndarray) else expect_equal
    compare(found, wanted, said, hint=hint)
