"""From logits to a choice: greedy, temperature, top-k, top-p, skipped ids, beam search (taught in notebook 04).

A filter takes logits `(..., vocabulary)` and returns logits of the same shape, with minus infinity for what must not be
drawn; so filters chain: ``draw(top_p(with_temperature(logits, 0.8), 0.9), rng)``. NumPy arrays are checked and give
NumPy arrays; a backend's tensors pass unchecked, so the filters also work inside a compiled function.
"""

import functools
from collections.abc import Callable, Iterable

from course_utils import runtime  # noqa: F401  # isort: skip  (first: it keeps TensorFlow quiet)

import keras
import numpy as np
from keras import ops

from course_utils._run_checks import whole_number


def check_logits(logits) -> np.ndarray:
    """Return logits as a float32 array `(..., vocabulary)` after making sure that something can be drawn.

    Raises
    ------
    ValueError
        If a logit is nan or plus infinity, if a row is minus infinity throughout, or if there is no vocabulary.

    Examples
    --------
    >>> check_logits([0, float("-inf")])
    array([  0., -inf], dtype=float32)
    """
    logits = np.asarray(logits, dtype="float32")
    if logits.ndim == 0 or logits.shape[-1] == 0:
        raise ValueError(
            f"logits have shape {logits.shape}; expected (..., vocabulary), with a vocabulary of 1 or more."
        )
    if np.isnan(logits).any() or np.isposinf(logits).any():
        raise ValueError("the logits hold nan or inf; expected finite numbers. Did the training diverge (loss nan)?")
    if np.isneginf(logits).all(axis=-1).any():
        raise ValueError("all logits of a row are -inf, so nothing can be drawn. Skip fewer ids.")
    return logits


def _is_number(value) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def check_temperature(temperature: float) -> float:
    """Return the temperature; ValueError if it is not finite and above 0."""
    if not (_is_number(temperature) and np.isfinite(temperature) and temperature > 0):
        raise ValueError(f"temperature is {temperature!r}; expected a finite number above 0 (near 0 it is greedy).")
    return float(temperature)


def check_p(p: float) -> float:
    """Return p; ValueError if it is not in (0, 1]."""
    if not (_is_number(p) and 0 < p <= 1):
        raise ValueError(f"p is {p!r}; expected a number above 0 and at most 1.")
    return float(p)


def _for_arrays(function):
    """Check NumPy logits on the way in and hand NumPy back; leave a backend's tensors alone."""

    @functools.wraps(function)
    def wrapper(logits, *args):
        if keras.ops.is_tensor(logits):
            return function(logits, *args)
        return ops.convert_to_numpy(function(ops.convert_to_tensor(check_logits(logits)), *args))

    return wrapper


@_for_arrays
def probabilities(logits):
    """Softmax: turn logits into probabilities that sum to 1 along the last axis, both `(..., vocabulary)`.

    Examples
    --------
    >>> probabilities([0.0, 0.0, float("-inf")])
    array([0.5, 0.5, 0. ], dtype=float32)
    """
    return ops.softmax(logits, axis=-1)


@_for_arrays
def greedy(logits):
    """Return the id of the largest logit, the first of equals: `(..., vocabulary)` floats to `(...)` ints.

    Examples
    --------
    >>> greedy([[0.1, 2.0, 2.0], [3.0, 0.0, 0.0]])
    array([1, 0], dtype=int32)
    """
    return ops.cast(ops.argmax(logits, axis=-1), "int32")


def with_temperature(logits, temperature: float):
    """Divide logits by a temperature: below 1 sharpens the distribution, above 1 flattens it.

    Parameters
    ----------
    logits : floats ``(..., vocabulary)``
    temperature : float
        Above 0. Near 0 the draw is greedy, at 1 it is the model's own distribution.

    Raises
    ------
    ValueError
        If the temperature is not finite and above 0.

    Notes
    -----
    Ackley, Hinton and Sejnowski (1985), "A learning algorithm for Boltzmann machines", section 2.

    Examples
    --------
    >>> probabilities(with_temperature([0.0, 1.0], 0.1)).round(4)
    array([0., 1.], dtype=float32)
    """
    return scale(logits, check_temperature(temperature))


@_for_arrays
def scale(logits, temperature):
    """Divide logits by a temperature that has been checked (inside a compiled function it is a tensor)."""
    # The largest becomes 0 first: a small temperature must not push it over the largest float.
    return (logits - ops.max(logits, axis=-1, keepdims=True)) / temperature


def top_k(logits, k: int):
    """Keep the k largest logits of each row; the others become minus infinity. Of equals the first stay.

    Parameters
    ----------
    logits : floats ``(..., vocabulary)``
    k : int
        1 or more; 1 is greedy, the whole vocabulary (or more) changes nothing.

    Raises
    ------
    TypeError, ValueError
        If ``k`` is no whole number of 1 or more.

    Notes
    -----
    Fan, Lewis and Dauphin (2018), "Hierarchical neural story generation", section 5.1.

    Examples
    --------
    >>> top_k([0.0, 3.0, 1.0, 2.0], 2)
    array([-inf,   3., -inf,   2.], dtype=float32)
    """
    return keep_top(logits, whole_number("k", k, least=1))


@_for_arrays
def keep_top(logits, k):
    """Keep the k largest of each row, k checked already (inside a compiled function it is a tensor)."""
    return ops.where(_ranks(logits) < k, logits, -np.inf)


def top_p(logits, p: float):
    """Keep the fewest ids, from the likeliest down, whose probabilities reach p; the rest become minus infinity.

    Parameters
    ----------
    logits : floats ``(..., vocabulary)``
    p : float
        Above 0, at most 1; 1 changes nothing.

    Raises
    ------
    ValueError
        If ``p`` is not in (0, 1].

    Notes
    -----
    Nucleus sampling: Holtzman et al. (2020), "The curious case of neural text degeneration", section 3.1.

    Examples
    --------
    >>> logits = np.log([0.5, 0.3, 0.15, 0.05])
    >>> probabilities(top_p(logits, 0.7)).round(3)
    array([0.625, 0.375, 0.   , 0.   ], dtype=float32)
    """
    return keep_nucleus(logits, check_p(p))


@_for_arrays
def keep_nucleus(logits, p):
    """Keep the nucleus of probability p, checked already (inside a compiled function it is a tensor)."""
    likely = ops.softmax(logits, axis=-1)
    falling = -ops.sort(-likely, axis=-1)
    before = ops.cumsum(falling, axis=-1) - falling  # probability of all that is likelier
    kept = ops.sum(ops.cast(before < p, "int32"), axis=-1, keepdims=True)
    return ops.where(ops.logical_or(_ranks(logits) < kept, ops.greater_equal(p, 1.0)), logits, -np.inf)


def _ranks(logits):
    """Return each logit's place in its row, 0 for the largest; of equals the first comes first."""
    return ops.argsort(ops.argsort(-logits, axis=-1), axis=-1)


def without(logits, ids: Iterable[int]):
    """Make ids impossible: their logits become minus infinity.

    Parameters
    ----------
    logits : floats ``(..., vocabulary)``
    ids : iterable of int
        Which must not be drawn; may be empty.

    Raises
    ------
    ValueError
        If an id is outside the vocabulary, or if nothing is left to draw.

    Examples
    --------
    >>> without([1.0, 2.0, 3.0], [2])
    array([  1.,   2., -inf], dtype=float32)
    """
    size, ids = logits.shape[-1] if hasattr(logits, "shape") else len(np.asarray(logits).T), list(ids)
    wrong = [each for each in ids if not 0 <= each < size]
    if wrong:
        raise ValueError(f"ids to skip hold {wrong[0]}; expected ids from 0 to {size - 1}.")
    if len(set(ids)) == size:
        raise ValueError("every id of the vocabulary is to be skipped, so nothing can be drawn. Skip fewer.")
    return _forbid(logits, np.isin(np.arange(size), ids))


@_for_arrays
def _forbid(logits, forbidden):
    return ops.where(forbidden, -np.inf, logits)


def draw(logits, rng: np.random.Generator):
    """Draw one id from each row's distribution: `(..., vocabulary)` floats to `(...)` ints.

    Raises
    ------
    ValueError
        If the logits hold nan, or a row nothing that could be drawn.

    Notes
    -----
    The largest of logits plus Gumbel noise is a draw from their softmax: Gumbel (1954); Maddison, Tarlow and
    Minka (2014), "A* sampling", section 2.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> draws = draw(np.log(np.tile([0.9, 0.1], (1_000, 1))), rng)
    >>> 0.87 < np.mean(draws == 0) < 0.93
    np.True_
    """
    logits = check_logits(logits)
    return greedy(logits + gumbel(rng, logits.shape))


def gumbel(rng: np.random.Generator, shape: tuple) -> np.ndarray:
    """Return Gumbel noise as float32, to be added to logits before taking the largest (see :func:`draw`)."""
    return rng.gumbel(size=shape).astype("float32")


def beam_search(step: Callable, state, logits, *, width: int, length: int, end: int | None = None):
    """Find a likely sequence by keeping, at every step, the `width` best beginnings instead of only the best.

    Parameters
    ----------
    step : callable
        ``step(ids, state) -> (logits, state)``: reads one id a beam, ``(beams,)`` ints, and returns what the model
        expects next, ``(beams, vocabulary)``.
    state : nested tuples, lists or dicts of arrays ``(1, ...)``
        The model's state after the text so far; ``step`` gets and returns it with one row a beam.
    logits : floats ``(vocabulary,)``
        What the model expects after the text so far.
    width : int
        Beams, 1 or more; 1 is greedy.
    length : int
        Ids to write, 1 or more.
    end : int, optional
        An id that ends a sequence; a sequence that has ended keeps its score.

    Returns
    -------
    list of (list of int, float)
        The beams, best first: ids (``end`` included) and log probability in nats.

    Raises
    ------
    TypeError, ValueError
        If ``width`` or ``length`` is no whole number of 1 or more, or the logits hold nan or nothing possible.

    Notes
    -----
    Sutskever, Vinyals and Le (2014), "Sequence to sequence learning with neural networks", section 3.2. Scores are
    not divided by length, so with ``end`` short sequences have the advantage.

    Examples
    --------
    The likelier first letter, 0, leads to worse endings than 1 does; greedy cannot know.

    >>> chain = np.log([[0.5, 0.5], [0.1, 0.9]])
    >>> step = lambda ids, state: (chain[ids], state)
    >>> first = np.log([0.6, 0.4])
    >>> [(ids, round(float(np.exp(score)), 2)) for ids, score in beam_search(step, (), first, width=1, length=2)]
    [([0, 0], 0.3)]
    >>> [(ids, round(float(np.exp(score)), 2)) for ids, score in beam_search(step, (), first, width=2, length=2)]
    [([1, 1], 0.36), ([0, 0], 0.3)]
    """
    width, length = whole_number("width", width, least=1), whole_number("length", length, least=1)
    expected = check_logits(logits).reshape(1, -1)
    sequences, scores, ended = [[]], np.zeros(1), np.zeros(1, dtype=bool)
    for position in range(length):
        longer = scores[:, None] + _log_probabilities(expected)
        if end is not None:  # one way on for a sequence that has ended: to stay as it is
            longer[ended] = -np.inf
            longer[ended, end] = scores[ended]
        best = np.argsort(-longer, axis=None, kind="stable")[:width]
        best = best[np.isfinite(longer.flat[best])]
        parents, ids = np.unravel_index(best, longer.shape)
        scores = longer.flat[best]
        sequences = [sequences[p] + ([] if ended[p] else [int(i)]) for p, i in zip(parents, ids, strict=True)]
        ended = ended[parents] | (ids == end if end is not None else False)
        if ended.all() or position == length - 1:
            break
        state = keras.tree.map_structure(lambda part, rows=parents: np.asarray(part)[rows], state)
        expected, state = step(ids.astype("int32"), state)
        expected = check_logits(expected)
    return [(ids, float(score)) for ids, score in zip(sequences, scores, strict=True)]


def _log_probabilities(logits: np.ndarray) -> np.ndarray:
    logits = logits.astype("float64")
    logits = logits - logits.max(axis=-1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
