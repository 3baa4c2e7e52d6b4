"""Checks of arguments: what was wrong, what was expected, what to do (used by every module)."""

from collections.abc import Collection, Iterable, Sized

import numpy as np

__all__ = ["one_of", "same_length", "text_list", "whole_number"]


def whole_number(name: str, value: object, *, least: int, most: int | None = None) -> int:
    """Return a setting as an int, or say what is wrong with it.

    Raises
    ------
    TypeError, ValueError
        If ``value`` is not an integer, or lies outside ``least`` to ``most``.

    Examples
    --------
    >>> whole_number("epochs", np.int64(3), least=1)
    3
    >>> whole_number("epochs", 0, least=1)
    Traceback (most recent call last):
    ValueError: epochs is 0; expected a whole number, 1 or more.
    """
    expected = f"a whole number, {least} or more" if most is None else f"a whole number from {least} to {most}"
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < least or (most is not None and value > most):
        raise (ValueError if whole else TypeError)(f"{name} is {value!r}; expected {expected}.")
    return int(value)


def text_list(texts: Iterable[str], name: str = "texts") -> list[str]:
    """Return texts as a list of at least one string, or say what is wrong.

    Raises
    ------
    TypeError, ValueError
        If ``texts`` is a single string, is empty, or holds anything but strings.

    Examples
    --------
    >>> text_list("a film")
    Traceback (most recent call last):
    TypeError: texts is one string; expected a list of strings. Write [texts] for a single text.
    """
    if isinstance(texts, str) or not isinstance(texts, Iterable):
        found = "one string" if isinstance(texts, str) else texts
        raise TypeError(f"{name} is {found}; expected a list of strings. Write [{name}] for a single text.")
    if not (texts := list(texts)):
        raise ValueError(f"{name} is empty; expected at least one text.")
    if wrong := [position for position, text in enumerate(texts) if not isinstance(text, str)]:
        raise TypeError(f"{name}[{wrong[0]}] is a {type(texts[wrong[0]]).__name__}; expected a string.")
    return texts


def one_of(name: str, value: object, choices: Collection) -> object:
    """Return a setting if it is one of the choices, or list them.

    Raises
    ------
    ValueError
        If it is not.

    Examples
    --------
    >>> one_of("side", "top", ["left", "right"])
    Traceback (most recent call last):
    ValueError: side is 'top'; expected 'left' or 'right'.
    """
    if value not in choices:
        raise ValueError(f"{name} is {value!r}; expected {' or '.join(map(repr, choices))}.")
    return value


def same_length(name: str, **parts: Sized) -> None:
    """Check that things that belong together have the same length, 1 or more.

    Raises
    ------
    ValueError
        If they do not.

    Examples
    --------
    >>> same_length("the curve", xs=[1, 2], ys=[1])
    Traceback (most recent call last):
    ValueError: the curve has 2 xs, 1 ys; expected as many of each, at least one.
    """
    sizes = [len(values) for values in parts.values()]
    if len(set(sizes)) > 1 or 0 in sizes:
        found = ", ".join(f"{size} {part}" for part, size in zip(parts, sizes, strict=True))
        raise ValueError(f"{name} has {found}; expected as many of each, at least one.")
