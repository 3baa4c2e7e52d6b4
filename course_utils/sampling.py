"""From logits to a choice: greedy, temperature, top-k, top-p, beam search (taught in the Shakespeare notebook).

A filter takes logits `(..., vocabulary)` and returns logits of the same shape, with minus infinity for what must not be
drawn. So filters chain: ``probabilities(top_p(with_temperature(logits, 0.8), 0.9))``. NumPy arrays are checked and
give NumPy arrays. A backend's tensors pass unchecked, so the filters also work inside a compiled function.
"""

import functools
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_softmax

from course_utils.backends import keras
from course_utils.validate import whole_number

__all__ = ["beam_search", "greedy", "probabilities", "suppress_ids", "top_k", "top_p", "with_temperature"]

ops = keras.ops


def _check(logits: ArrayLike) -> np.ndarray:
    """Return logits as a float32 array `(..., vocabulary)` after making sure that something can be drawn."""
    logits = np.asarray(logits, dtype="float32")
    if not np.isfinite(logits.max(axis=-1)).all():
        raise ValueError("nothing can be drawn: logits hold nan or inf, or a row only -inf. Did the training diverge?")
    return logits


def _for_arrays(function: Callable) -> Callable:
    """Check NumPy logits on the way in and hand NumPy back; leave a backend's tensors alone."""

    @functools.wraps(function)
    def wrapper(logits, *args, **options):
        if ops.is_tensor(logits):
            return function(logits, *args, **options)
        return ops.convert_to_numpy(function(ops.convert_to_tensor(_check(logits)), *args, **options))

    return wrapper


@_for_arrays
def probabilities(logits: ArrayLike) -> np.ndarray:
    """Softmax: turn logits into probabilities that sum to 1 along the last axis, both `(..., vocabulary)`.

    Examples
    --------
    >>> probabilities([0.0, 0.0, float("-inf")])
    array([0.5, 0.5, 0. ], dtype=float32)
    """
    return ops.softmax(logits, axis=-1)


@_for_arrays
def greedy(logits: ArrayLike) -> np.ndarray:
    """Return the id of the largest logit, the first of equals: `(..., vocabulary)` floats to `(...)` ints.

    Examples
    --------
    >>> greedy([[0.1, 2.0, 2.0], [3.0, 0.0, 0.0]])
    array([1, 0], dtype=int32)
    """
    return ops.cast(ops.argmax(logits, axis=-1), "int32")


@_for_arrays
def with_temperature(logits: ArrayLike, temperature: float) -> np.ndarray:
    """Divide logits by a temperature. Below 1 it sharpens the distribution, above 1 it flattens it.

    Parameters
    ----------
    logits : floats ``(..., vocabulary)``
    temperature : float
        Above 0. Near 0 the draw is greedy, at 1 it is the model's own distribution. Below 1e-30 it
        counts as 1e-30 and above 1e30 as 1e30, since the quotient would leave the range of float32.

    Raises
    ------
    TypeError, ValueError
        If the temperature is not a finite number above 0.

    Notes
    -----
    Ackley, Hinton and Sejnowski (1985), "A learning algorithm for Boltzmann machines", section 2.

    Examples
    --------
    >>> probabilities(with_temperature([0.0, 1.0], 0.1)).round(4)
    array([0., 1.], dtype=float32)
    """
    if not ops.is_tensor(temperature) and not 0 < temperature < np.inf:
        raise ValueError(f"temperature is {temperature!r}; expected a finite number above 0.")
    scale = temperature if ops.is_tensor(temperature) else min(temperature, 1e30)
    # The largest becomes 0 first, so that a small temperature does not push it beyond the largest float.
    return (logits - ops.max(logits, axis=-1, keepdims=True)) / ops.clip(ops.cast(scale, "float32"), 1e-30, 1e30)


@_for_arrays
def top_k(logits: ArrayLike, k: int) -> np.ndarray:
    """Keep the k largest logits of each row and set the others to minus infinity. Of equals the first ones stay.

    Parameters
    ----------
    logits : floats ``(..., vocabulary)``
    k : int
        1 or more. With 1 the draw is greedy, with the whole vocabulary (or more) nothing changes.

    Raises
    ------
    TypeError, ValueError
        If ``k`` is not a whole number of 1 or more.

    Notes
    -----
    Fan, Lewis and Dauphin (2018), "Hierarchical neural story generation", section 5.1.

    Examples
    --------
    >>> top_k([0.0, 3.0, 1.0, 2.0], 2)
    array([-inf,   3., -inf,   2.], dtype=float32)
    """
    if not ops.is_tensor(k):
        k = min(whole_number("k", k, least=1), logits.shape[-1])
    return ops.where(_ranks(logits) < k, logits, -np.inf)


@_for_arrays
def top_p(logits: ArrayLike, p: float) -> np.ndarray:
    """Keep the fewest ids, from the likeliest down, whose probabilities reach p; the rest become minus infinity.

    Parameters
    ----------
    logits : floats ``(..., vocabulary)``
    p : float
        Above 0, at most 1. With 1 nothing changes.

    Raises
    ------
    TypeError, ValueError
        If ``p`` is not a number above 0 and at most 1.

    Notes
    -----
    Nucleus sampling: Holtzman et al. (2020), "The curious case of neural text degeneration", section 3.1.

    Examples
    --------
    >>> logits = np.log([0.5, 0.3, 0.15, 0.05])
    >>> probabilities(top_p(logits, 0.7)).round(3)
    array([0.625, 0.375, 0.   , 0.   ], dtype=float32)
    """
    if not ops.is_tensor(p) and not 0 < p <= 1:
        raise ValueError(f"p is {p!r}; expected a number above 0 and at most 1.")
    falling = -ops.sort(-ops.softmax(logits, axis=-1), axis=-1)
    before = ops.cumsum(falling, axis=-1) - falling  # probability of everything likelier
    kept = ops.maximum(ops.sum(ops.cast(before < ops.cast(p, "float32"), "int32"), axis=-1, keepdims=True), 1)
    return ops.where(ops.logical_or(_ranks(logits) < kept, ops.greater_equal(p, 1.0)), logits, -np.inf)


def _ranks(logits):
    """Return each logit's place in its row, 0 for the largest. Of equals the first one comes first."""
    return ops.argsort(ops.argsort(-logits, axis=-1), axis=-1)


@_for_arrays
def suppress_ids(logits: ArrayLike, ids: Iterable[int]) -> np.ndarray:
    """Make ids impossible: their logits become minus infinity.

    Parameters
    ----------
    logits : floats ``(..., vocabulary)``
    ids : iterable of int
        The ids that must not be drawn. May be empty. A row without any other id is an error in `probabilities`.

    Raises
    ------
    TypeError, ValueError
        If an id is not a whole number or lies outside the vocabulary.

    Examples
    --------
    >>> suppress_ids([1.0, 2.0, 3.0], [2])
    array([  1.,   2., -inf], dtype=float32)
    """
    size = logits.shape[-1]
    suppressed = [whole_number("an id to suppress", index, least=0, most=size - 1) for index in ids]
    return ops.where(np.isin(np.arange(size), suppressed), -np.inf, logits)


def beam_search(
    step: Callable, state: object, logits: ArrayLike, *, num_beams: int, length: int, eos_id: int | None = None
) -> list[tuple[list[int], float]]:
    """Find a likely sequence by keeping, at every step, the `num_beams` best beginnings instead of only the best.

    Parameters
    ----------
    step : callable
        ``step(ids, state) -> (logits, state)``: reads one id per beam, ``(beams,)`` ints, and returns what the model
        expects next, ``(beams, vocabulary)``.
    state : nested tuples, lists or dicts of arrays ``(1, ...)``
        The model's state after the text so far. ``step`` gets and returns it with one row per beam.
    logits : floats ``(vocabulary,)``
        What the model expects after the text so far.
    num_beams : int
        1 or more. With 1 the search is greedy.
    length : int
        Ids to generate, 1 or more.
    eos_id : int, optional
        The id that ends a sequence. A sequence that has ended keeps its score.

    Returns
    -------
    list of (list of int, float)
        The beams, best first: ids (``eos_id`` included) and log probability in nats.

    Raises
    ------
    TypeError, ValueError
        If ``num_beams`` or ``length`` is not a whole number of 1 or more, if ``eos_id`` is outside the vocabulary, or
        if the logits have another shape, hold nan or leave nothing possible.

    Notes
    -----
    Sutskever, Vinyals and Le (2014), "Sequence to sequence learning with neural networks", section 3.2. Scores are
    not divided by length, so with ``eos_id`` short sequences have the advantage.

    Examples
    --------
    The likelier first letter, 0, leads to worse endings than 1 does. Greedy search cannot know.

    >>> chain = np.log([[0.5, 0.5], [0.1, 0.9]])
    >>> step = lambda ids, state: (chain[ids], state)
    >>> first = np.log([0.6, 0.4])
    >>> [(ids, round(float(np.exp(score)), 2)) for ids, score in beam_search(step, (), first, num_beams=1, length=2)]
    [([0, 0], 0.3)]
    >>> [(ids, round(float(np.exp(score)), 2)) for ids, score in beam_search(step, (), first, num_beams=2, length=2)]
    [([1, 1], 0.36), ([0, 0], 0.3)]
    """
    num_beams, length = whole_number("num_beams", num_beams, least=1), whole_number("length", length, least=1)
    expected, size = logits, np.shape(logits)[-1]
    eos_id = -1 if eos_id is None else whole_number("eos_id", eos_id, least=0, most=size - 1)
    sequences, scores, ended, parents, ids = [[]], np.zeros(1), np.zeros(1, dtype=bool), None, None
    for position in range(length):
        if position:
            state = keras.tree.map_structure(lambda part, rows=parents: np.asarray(part)[rows], state)
            expected, state = step(ids.astype("int32"), state)
        longer = scores[:, None] + log_softmax(_check(expected).reshape(len(scores), size).astype("float64"), axis=-1)
        longer[ended] = -np.inf  # a sequence that has ended has one continuation: itself
        longer[ended, eos_id] = scores[ended]
        best = np.argsort(-longer, axis=None, kind="stable")[:num_beams]
        best = best[np.isfinite(longer.flat[best])]
        (parents, ids), scores = np.unravel_index(best, longer.shape), longer.flat[best]
        sequences = [sequences[p] + ([] if ended[p] else [int(i)]) for p, i in zip(parents, ids, strict=True)]
        ended = ended[parents] | (ids == eos_id)
    return [(ids, float(score)) for ids, score in zip(sequences, scores, strict=True)]
