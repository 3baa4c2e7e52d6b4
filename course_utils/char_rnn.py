"""A character language model around its state: batches that follow on, evaluation, writing (taught in notebook 04).

The model that reads and writes is a Keras model ``[ids, *states] -> [logits, *states]`` with ids `(batch, time)`,
logits `(batch, time, vocabulary)` and each state `(batch, units)`; notebook 04 builds it from a trained one.
"""

import sys
from collections.abc import Iterable

from course_utils import runtime  # noqa: F401  # isort: skip  (first: it keeps TensorFlow quiet)

import keras
import numpy as np
from keras import ops
from tqdm import tqdm

from course_utils import sampling
from course_utils._run_checks import whole_number

STRIDE = 100  # characters written in one compiled call


def encode(text: str, characters: np.ndarray) -> np.ndarray:
    """Turn text into ids: each character's place among the sorted `characters`.

    Parameters
    ----------
    text : str
        At least one character.
    characters : array of str ``(vocabulary,)``
        Sorted, each once, as ``np.unique(list(corpus))`` gives them.

    Returns
    -------
    int32 array ``(len(text),)``

    Raises
    ------
    ValueError
        If the text is empty or has a character outside the vocabulary.

    Examples
    --------
    >>> encode("bee", np.unique(list("to be")))
    array([1, 2, 2], dtype=int32)
    """
    if not isinstance(text, str) or not text:
        raise ValueError(f"the text is {text!r}; expected a string of at least one character.")
    letters = np.array(list(text))
    ids = np.searchsorted(characters, letters).clip(max=len(characters) - 1)
    unknown = sorted(set(letters[np.asarray(characters)[ids] != letters].tolist()))
    if unknown:
        raise ValueError(
            f"the text holds {', '.join(map(repr, unknown))}, which the model's {len(characters)} characters lack; "
            f"expected only {''.join(characters)!r}."
        )
    return ids.astype("int32")


def decode(ids: Iterable[int], characters: np.ndarray) -> str:
    """Turn ids back into text; the reverse of :func:`encode`.

    Examples
    --------
    >>> decode([1, 2], np.unique(list("to be")))
    'be'
    """
    return "".join(np.asarray(characters)[np.asarray(ids, dtype=int)])


def contiguous_batches(ids: np.ndarray, batch_size: int, time_steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Cut a text into batches in which each row goes on where the same row of the batch before it ended.

    The text becomes `batch_size` strips of equal length; batch 0 holds the first `time_steps` characters of each,
    batch 1 the next ones. Train on them with ``fit(x, y, batch_size=batch_size, shuffle=False)``.

    Parameters
    ----------
    ids : int array ``(characters,)``
    batch_size, time_steps : int
        1 or more each.

    Returns
    -------
    x, y : int arrays ``(batches · batch_size, time_steps)``
        ``y`` is ``x`` moved on by one character. What does not fill a whole batch at the end is left out.

    Raises
    ------
    ValueError
        If the text is shorter than one batch and the character after it.

    Examples
    --------
    >>> x, y = contiguous_batches(np.arange(9), batch_size=2, time_steps=2)
    >>> x.tolist()
    [[0, 1], [4, 5], [2, 3], [6, 7]]
    >>> y.tolist()
    [[1, 2], [5, 6], [3, 4], [7, 8]]
    """
    ids = np.asarray(ids)
    batch_size, time_steps = (
        whole_number("batch_size", batch_size, least=1),
        whole_number("time_steps", time_steps, least=1),
    )
    batches = (len(ids) - 1) // (batch_size * time_steps)
    if batches < 1:
        raise ValueError(
            f"the text has {len(ids):,} characters; expected at least {batch_size * time_steps + 1:,} for one batch of "
            f"{batch_size} rows of {time_steps} characters. Take a longer text, fewer rows or fewer time steps."
        )
    used = batches * batch_size * time_steps

    def cut(part):
        return part.reshape(batch_size, batches, time_steps).swapaxes(0, 1).reshape(-1, time_steps)

    return cut(ids[:used]), cut(ids[1 : used + 1])


def zero_state(model: keras.Model, batch_size: int) -> list[np.ndarray]:
    """Return the state before the first character: zeros `(batch_size, units)` for each state the model takes."""
    return [np.zeros((batch_size, *state.shape[1:]), dtype="float32") for state in model.inputs[1:]]


def _check_model(model) -> None:
    inputs, outputs = getattr(model, "inputs", None), getattr(model, "outputs", None)
    if not (inputs and outputs and len(inputs) == len(outputs) >= 2 and len(outputs[0].shape) == 3):
        raise ValueError(
            "expected a model [ids, *states] -> [logits, *states] with logits (batch, time, vocabulary); this one has "
            f"{len(inputs or [])} inputs and {len(outputs or [])} outputs. Notebook 04 shows how to build it."
        )


def evaluate(model: keras.Model, ids: np.ndarray, before: np.ndarray, *, rows: int = 32, warm_up: int = 256) -> float:
    """Return the mean cross-entropy of a text in nats per character, the state carried all along.

    The text is cut into rows that are read side by side; so that none begins without a past, each first reads
    the `warm_up` characters before it, which do not count.

    Parameters
    ----------
    model : keras.Model
        ``[ids, *states] -> [logits, *states]``.
    ids : int array ``(characters,)``
        Every one of them is predicted and counted.
    before : int array ``(characters,)``
        What stands before it in the corpus, 1 character or more.
    rows, warm_up : int

    Returns
    -------
    float
        Nats per character; divide by ln 2 for bits.

    Raises
    ------
    ValueError
        If either text is empty, or the model is not of that form.
    """
    _check_model(model)
    ids, before = np.asarray(ids), np.asarray(before)
    if not len(ids) or not len(before):
        raise ValueError(f"ids hold {len(ids)} characters and before {len(before)}; expected at least one each.")
    rows = min(whole_number("rows", rows, least=1), len(ids))
    warm_up = min(whole_number("warm_up", warm_up, least=0), len(before) - 1)
    length = -(-len(ids) // rows)
    text = np.concatenate([before[len(before) - warm_up - 1 :], ids])
    starts = np.minimum(np.arange(rows) * length, len(ids) - length)  # the last rows may overlap
    window = starts[:, None] + np.arange(warm_up + length + 1)
    counted = np.arange(rows)[:, None] * length <= window[:, warm_up + 1 :] - warm_up - 1
    state, nats, steps = zero_state(model, rows), [], 256
    for first in range(0, warm_up + length, steps):
        x = text[window[:, first : min(first + steps, warm_up + length)]]
        y = text[window[:, first + 1 : first + x.shape[1] + 1]]
        logits, *state = model.predict_on_batch([x, *state])
        chosen = np.take_along_axis(logits, y[..., None], axis=-1)[..., 0]
        largest = logits.max(axis=-1)
        nats.append(largest + np.log(np.exp(logits - largest[..., None]).sum(axis=-1, dtype="float64")) - chosen)
    return float(np.concatenate(nats, axis=1)[:, warm_up:][counted].mean())


class _Loop(keras.Model):
    """`STRIDE` characters in one compiled call: filter, choose (or take what is given), read the choice, go on."""

    def __init__(self, model):
        super().__init__(name="loop")
        self.model = model

    def call(self, inputs):
        logits, states, given, noise, forbidden, temperature, k, p = inputs

        def one(carry, each):
            _, logits, states = carry
            given, noise = each
            filtered = ops.where(forbidden, -np.inf, logits)
            filtered = sampling.scale(filtered, temperature)
            filtered = sampling.keep_nucleus(sampling.keep_top(filtered, k), p)
            ids = ops.where(given >= 0, given, sampling.greedy(filtered + noise))
            logits, *states = self.model([ids[:, None], *states], training=False)
            carry = ids, logits[:, -1], states
            return carry, carry  # TensorFlow's scan wants outputs in the shapes of the carry

        (_, logits, states), (ids, _, _) = ops.scan(one, (given[0], logits, states), (given, noise))
        return ids, logits, states


class Writer:
    """A trained model and its characters, ready to write.

    Parameters
    ----------
    model : keras.Model
        ``[ids, *states] -> [logits, *states]``; its weights are read anew at each call.
    characters : array of str ``(vocabulary,)``
        Sorted, each once.

    Raises
    ------
    ValueError
        If the model is not of that form, or has not one logit for each character.

    Examples
    --------
    An untrained model writes noise, but for one seed always the same:

    >>> keras.utils.set_random_seed(0)
    >>> ids, state = keras.Input((None,), dtype="int32"), keras.Input((8,))
    >>> gru = keras.layers.GRU(8, return_sequences=True, return_state=True)
    >>> hidden, last = gru(keras.layers.Embedding(3, 4)(ids), initial_state=state)
    >>> model = keras.Model([ids, state], [keras.layers.Dense(3)(hidden), last])
    >>> writer = Writer(model, np.array(["a", "b", "c"]))
    >>> len(writer.write("ab", 5, seed=1)), writer.write("ab", 5, seed=1) == writer.write("ab", 5, seed=1)
    (5, True)
    """

    def __init__(self, model: keras.Model, characters: np.ndarray):
        _check_model(model)
        if model.outputs[0].shape[-1] != len(characters):
            raise ValueError(
                f"the model has {model.outputs[0].shape[-1]} logits and there are {len(characters)} characters; "
                "expected one for each."
            )
        self.model, self.characters = model, np.asarray(characters)
        self._loop = _Loop(model)
        self._loop.compile(jit_compile=keras.backend.backend() != "torch")

    def write(
        self,
        prompt: str,
        length: int,
        *,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        skip: str = "",
        greedy: bool = False,
        seed: int = 0,
    ) -> str:
        """Continue a text: read the prompt once, then choose one character after the other, with the state carried.

        Parameters
        ----------
        prompt : str
            At least one character, all of them known to the model.
        length : int
            Characters to write, 1 or more.
        temperature, top_k, top_p
            As in :mod:`course_utils.sampling`; temperature first, then the filters.
        skip : str
            Characters that must not be written.
        greedy : bool
            Always take the likeliest; temperature, filters and seed then change nothing.
        seed : int
            The same seed, the same text.

        Returns
        -------
        str
            The `length` characters after the prompt.

        Raises
        ------
        ValueError
            If a setting is out of its range, the prompt is empty or holds an unknown character, or the model's
            logits are nan.
        """
        ids, size = encode(prompt, self.characters), len(self.characters)
        length = whole_number("length", length, least=1)
        temperature = 1.0 if greedy else sampling.check_temperature(temperature)
        k = size if top_k is None or greedy else min(whole_number("top_k", top_k, least=1), size)
        p = 1.0 if top_p is None or greedy else sampling.check_p(top_p)
        forbidden = np.isin(np.arange(size), encode(skip, self.characters) if skip else [])
        if forbidden.all():
            raise ValueError("every character is to be skipped, so nothing can be written. Skip fewer.")
        rng, total = np.random.default_rng(seed), len(ids) + length
        calls = -(-total // STRIDE)
        given = np.full((calls * STRIDE, 1), -1, dtype="int32")
        given[: len(ids), 0] = ids
        settings = [forbidden, np.float32(temperature), np.int32(k), np.float32(p)]
        logits, states, written = np.zeros((1, size), dtype="float32"), zero_state(self.model, 1), []
        shape = "{desc}{percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} characters, {remaining} left"
        with tqdm(total=total, desc="writing ", file=sys.stdout, leave=False, delay=2, bar_format=shape) as bar:
            for part in np.split(given, calls):
                noise = sampling.gumbel(rng, (STRIDE, 1, size))
                noise = np.zeros_like(noise) if greedy else noise
                chosen, logits, states = self._loop.predict_on_batch([logits, states, part, noise, *settings])
                sampling.check_logits(logits)  # nan, once there, stays
                written.append(chosen[:, 0])
                bar.update(min(STRIDE, total - bar.n))
        return decode(np.concatenate(written)[len(ids) : total], self.characters)

    def read(self, text: str) -> tuple[np.ndarray, list[np.ndarray]]:
        """Read a text and return what the model expects next, logits ``(vocabulary,)``, and its states ``(1, units)``.

        Raises
        ------
        ValueError
            If the text is empty or holds an unknown character.
        """
        logits, *states = self.model.predict_on_batch([encode(text, self.characters)[None], *zero_state(self.model, 1)])
        return logits[0, -1], states

    def beam(self, prompt: str, length: int, width: int) -> list[tuple[str, float]]:
        """Continue a text by beam search.

        Returns
        -------
        list of (str, float)
            The beams, best first, with their log probabilities in nats (:func:`course_utils.sampling.beam_search`).

        Raises
        ------
        ValueError
            If the prompt is empty or unknown, or ``length`` or ``width`` is below 1.
        """

        def step(ids, states):
            logits, *states = self.model.predict_on_batch([ids[:, None], *states])
            return logits[:, -1], states

        logits, states = self.read(prompt)
        found = sampling.beam_search(step, states, logits, width=width, length=length)
        return [(decode(ids, self.characters), score) for ids, score in found]


def longest_copy(written: str, corpus: str) -> int:
    """Return the length of the longest run of `written` that stands in `corpus`, character for character.

    Examples
    --------
    >>> longest_copy("the cart", "a heart in the car")
    7
    """
    best = 0
    for start in range(len(written)):
        while start + best < len(written) and written[start : start + best + 1] in corpus:
            best += 1
    return best
