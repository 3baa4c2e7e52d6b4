"""What may go wrong with a grid is said before any training."""

import re
from collections.abc import Callable, Iterable, Mapping

import numpy as np

from course_utils.backends import keras
from course_utils.validate import whole_number

__all__ = ["check_data", "check_models", "check_seeds"]


def check_models(models: Mapping[str, Callable], name: str) -> None:
    """Check the models' names and builders, and the folder's name.

    Examples
    --------
    >>> check_models({}, "onehot")
    Traceback (most recent call last):
    TypeError: models is empty; expected names and their builders, such as {'lstm': build_lstm}.
    """
    if not isinstance(name, str) or not re.fullmatch(r"\w[\w .+-]{0,99}", name):
        raise ValueError(f"name is {name!r}; expected the name of a folder, such as 'onehot'.")
    if not isinstance(models, dict) or not models:
        found = "empty" if isinstance(models, dict) else f"a {type(models).__name__}"
        raise TypeError(f"models is {found}; expected names and their builders, such as {{'lstm': build_lstm}}.")
    for model, builder in models.items():
        if not isinstance(model, str) or not callable(builder) or isinstance(builder, keras.Layer):
            advice = "expected a name, and the function that builds the model, itself, without parentheses"
            raise TypeError(f"{model!r} is a {type(builder).__name__}; {advice}.")


def check_seeds(seeds: Iterable[int]) -> list[int]:
    """Return the seeds as ints.

    Examples
    --------
    >>> check_seeds(range(3))
    [0, 1, 2]
    """
    if isinstance(seeds, str) or not np.iterable(seeds):
        raise TypeError(f"seeds is {seeds!r}; expected several, such as [0, 1, 2].")
    seeds = [whole_number("a seed", seed, least=0, most=2**32 - 1) for seed in seeds]
    if not seeds or len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds is {seeds}; expected at least one, and each one once: the same seed, the same run.")
    return seeds


def check_data(parts: Mapping[str, tuple | None]) -> tuple[tuple, list[np.ndarray]]:
    """Check the data and take them apart.

    Parameters
    ----------
    parts : dict
        ``train``, ``validation``, ``test``: each a tuple (x, y), of arrays or tuples of arrays; ``test`` may be None.

    Returns
    -------
    layout : tuple
        The same nesting with an index in each array's place.
    arrays : list of numpy.ndarray

    Examples
    --------
    >>> layout, arrays = check_data({"train": ([[1], [2]], [0, 1]), "validation": ([[3]], [0]), "test": None})
    >>> layout, [array.shape for array in arrays]
    (((0, 1), (2, 3), None), [(2, 1), (2,), (1, 1), (1,)])
    """
    layout, arrays = [], []

    def take(part: str, value: object) -> object:
        if isinstance(value, tuple):
            return tuple(take(f"{part}[{index}]", each) for index, each in enumerate(value))
        arrays.append(_array(part, value))
        return len(arrays) - 1

    for part, value in parts.items():
        if value is None and part == "test":
            layout.append(None)
            continue
        if not isinstance(value, tuple | list) or len(value) != 2:
            raise TypeError(f"{part} is a {type(value).__name__}; expected a tuple of two, (x, y).")
        first = len(arrays)
        layout.append((take(f"x of {part}", value[0]), take(f"y of {part}", value[1])))
        lengths = {len(array) for array in arrays[first:]}
        if len(lengths) != 1 or lengths == {0}:
            raise ValueError(f"x and y of {part} have {lengths} rows; expected as many of each, one at least.")
    return tuple(layout), arrays


def _array(part: str, value: object) -> np.ndarray:
    """Return one array of the data, checked by itself."""
    try:
        array = np.asarray(value)
    except ValueError:
        array = np.empty(0, dtype=object)
    if array.dtype.kind not in "biufSU" or array.ndim == 0:
        advice = "Pad rows of different lengths first, convert other types to float32 or int32."
        raise TypeError(f"{part} is a {type(value).__name__} of {array.dtype}; expected numbers or strings. {advice}")
    if array.dtype.kind == "f" and np.isnan(array).any():
        rows = np.isnan(array).reshape(len(array), -1).any(axis=1).sum()
        raise ValueError(f"{part} holds nan in {rows} of {len(array)} rows; fill these values or drop these rows.")
    return array
