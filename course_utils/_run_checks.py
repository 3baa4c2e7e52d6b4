"""What may go wrong with a grid is said before any training (used by `experiments`, notebook 02)."""

import inspect
from pathlib import Path

import numpy as np


def whole_number(name: str, value, least: int, most: int | None = None) -> int:
    """Return a setting as an int, or say what is wrong with it.

    Examples
    --------
    >>> whole_number("epochs", 0, least=1)
    Traceback (most recent call last):
    ValueError: epochs is 0; expected a whole number, 1 or more.
    """
    expected = f"a whole number, {least} or more" if most is None else f"a whole number from {least} to {most}"
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} is {value!r}; expected {expected}.")
    if value < least or (most is not None and value > most):
        raise ValueError(f"{name} is {value!r}; expected {expected}.")
    return int(value)


def plan(models, seeds, name="grid") -> list[int]:
    """Check the models' names and builders, the seeds and the folder's name; return the seeds as ints.

    Examples
    --------
    >>> plan({"tiny": lambda: None}, range(3))
    [0, 1, 2]
    """
    if not isinstance(name, str) or not name.strip(". ") or Path(name).name != name:
        raise ValueError(f"name is {name!r}; expected the name of a folder, such as '02_onehot'.")
    if not isinstance(models, dict):
        raise TypeError(f"models is a {type(models).__name__}; expected a dict, such as {{'lstm': build_lstm}}.")
    if not models:
        raise ValueError("models is empty; expected at least one, such as {'lstm': build_lstm}.")
    for name, builder in models.items():
        if not isinstance(name, str) or not name.strip():
            raise TypeError(f"{name!r} is the name of a model; expected text, such as 'lstm'.")
        if not callable(builder) or hasattr(builder, "trainable_weights"):
            raise TypeError(
                f"model {name!r} is a {type(builder).__name__}; expected a function that builds the model. "
                "Pass the function itself, without parentheses."
            )
        try:
            inspect.signature(builder).bind()
        except TypeError:
            raise TypeError(
                f"the builder of {name!r} needs arguments; expected a function that needs none. "
                "Give each argument a default, or use functools.partial."
            ) from None
        except ValueError:  # a callable written in C has no signature
            pass
    if isinstance(seeds, str) or not np.iterable(seeds):
        raise TypeError(f"seeds is {seeds!r}; expected several, such as [0, 1, 2].")
    seeds = [whole_number("a seed", seed, 0, 2**32 - 1) for seed in seeds]
    if not seeds:
        raise ValueError("seeds is empty; expected at least one, such as [0, 1, 2].")
    if len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds {seeds} names a seed twice; the same seed gives the same run. Name each one once.")
    return seeds


def _array(part: str, value) -> np.ndarray:
    """Return one array of the data, checked by itself."""
    try:
        array = np.asarray(value)
    except ValueError:
        array = np.empty(0, dtype=object)
    if array.dtype.hasobject:
        raise TypeError(f"{part} is no plain array (rows of unlike length?); pad the rows to one length first.")
    if array.ndim == 0:
        raise TypeError(f"{part} is {value!r}; expected an array with one row an example.")
    if array.dtype.kind == "f" and np.isnan(array).any():
        rows = np.isnan(array).reshape(len(array), -1).any(axis=1).sum()
        raise ValueError(f"{part} holds nan in {rows} of {len(array)} rows; fill these values or drop these rows.")
    return array


def data(parts: dict):
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
    >>> layout, arrays = data({"train": ([[1], [2]], [0, 1]), "validation": ([[3]], [0]), "test": None})
    >>> layout, [array.shape for array in arrays]
    (((0, 1), (2, 3), None), [(2, 1), (2,), (1, 1), (1,)])
    """
    layout, arrays = [], []

    def take(part, value):
        if isinstance(value, tuple):
            return tuple(take(f"{part}[{index}]", one) for index, one in enumerate(value))
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
        lengths = [len(array) for array in arrays[first:]]
        if len(set(lengths)) > 1:
            raise ValueError(f"x and y of {part} have unlike lengths {lengths}; expected one y for each x.")
        if not lengths or lengths[0] == 0:
            raise ValueError(f"{part} is empty; expected at least one example.")
    return tuple(layout), arrays


def trials(results: dict, monitor: str) -> None:
    """Say which builder failed, or that `monitor` is no metric, from what `_runs.check` found.

    Examples
    --------
    >>> trials({"tiny": {"error": "", "metrics": ["loss", "accuracy"]}}, "val_acc")
    Traceback (most recent call last):
    ValueError: monitor is 'val_acc'; model 'tiny' has loss, accuracy, val_loss, val_accuracy. Name one of these.
    """
    for name, result in results.items():
        if result["error"]:
            kind = TypeError if result["error"].startswith("TypeError") else ValueError
            raise kind(f"the builder of {name!r} does not work: {result['error'].partition(': ')[2]}.")
        metrics = result["metrics"] and sorted(result["metrics"], key=lambda metric: metric != "loss")
        known = metrics and [*metrics, *(f"val_{metric}" for metric in metrics)]
        if known and monitor not in known:
            raise ValueError(f"monitor is {monitor!r}; model {name!r} has {', '.join(known)}. Name one of these.")
