"""Evaluate and generate with a language model that carries its state (taught in the Shakespeare notebook).

The model is a Keras model ``[ids, *states] -> [logits, *states]`` with ids `(batch, time)`, logits
`(batch, time, vocabulary)` and each state `(batch, units)`. The Shakespeare notebook builds it from a trained one. Its
tokens may be characters or words: the codec decides.
"""

import sys
from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logsumexp
from tqdm import tqdm

from course_utils import sampling
from course_utils.backends import keras
from course_utils.text import CharCodec, check_ids
from course_utils.validate import whole_number

__all__ = ["LanguageModel", "evaluate"]

STRIDE = 100  # tokens generated in one compiled call


def _zero_state(model: keras.Model, batch_size: int) -> list[np.ndarray]:
    return [np.zeros((batch_size, *state.shape[1:]), dtype="float32") for state in model.inputs[1:]]


def _check_model(model: keras.Model) -> int:
    """Return the size of the model's vocabulary."""
    inputs, outputs = len(getattr(model, "inputs", None) or []), getattr(model, "outputs", None) or []
    if not (inputs == len(outputs) >= 2 and len(outputs[0].shape) == 3):
        raise ValueError(f"expected [ids, *states] -> [logits, *states], got {inputs} inputs, {len(outputs)} outputs.")
    return outputs[0].shape[-1]


def evaluate(model: keras.Model, ids: ArrayLike, context: ArrayLike, *, rows: int = 32, warm_up: int = 256) -> float:
    """Return the mean cross-entropy of a text in nats per token, with the state carried all along.

    The text is cut into rows that are read side by side. So that no row begins without a past, each first reads the
    `warm_up` tokens before it, which do not count.

    Parameters
    ----------
    model : keras.Model
        ``[ids, *states] -> [logits, *states]``.
    ids : ints ``(tokens,)``
        Every one of them is predicted and counted.
    context : ints ``(tokens,)``
        What stands before them in the corpus, 1 token or more.
    rows, warm_up : int

    Returns
    -------
    float
        Nats per token. Divide by ln 2 for bits.

    Raises
    ------
    TypeError, ValueError
        If either text is empty or holds ids outside the vocabulary, or if the model is not of that form.

    Examples
    --------
    A model that knows nothing pays the logarithm of the vocabulary's size, here ln 4:

    >>> ids, state = keras.Input((None,), dtype="int32"), keras.Input((8,))
    >>> gru = keras.layers.GRU(8, return_sequences=True, return_state=True)
    >>> hidden, last = gru(keras.layers.Embedding(4, 2)(ids), initial_state=state)
    >>> logits = keras.layers.Dense(4, kernel_initializer="zeros")(hidden)
    >>> round(evaluate(keras.Model([ids, state], [logits, last]), [0, 1, 2, 3], [0]), 4)
    1.3863
    """
    size = _check_model(model)
    ids, context = check_ids(ids, size=size), check_ids(context, size=size)
    rows = min(whole_number("rows", rows, least=1), whole_number("len(ids)", len(ids), least=1))
    warm_up = min(whole_number("warm_up", warm_up, least=0), whole_number("len(context)", len(context), least=1) - 1)
    length = -(-len(ids) // rows)
    text = np.concatenate([context[len(context) - warm_up - 1 :], ids])
    starts = np.minimum(np.arange(rows) * length, len(ids) - length)  # the last rows may overlap
    window = starts[:, None] + np.arange(warm_up + length + 1)
    counted = np.arange(rows)[:, None] * length <= window[:, warm_up + 1 :] - warm_up - 1
    state, nats, steps = _zero_state(model, rows), [], max(8, min(256, 500_000 // size))  # less memory for words
    for first in range(0, warm_up + length, steps):
        part = text[window[:, first : first + steps + 1]]
        logits, *state = model.predict_on_batch([part[:, :-1], *state])
        chosen = np.take_along_axis(logits, part[:, 1:, None], axis=-1)[..., 0]
        nats.append(logsumexp(logits.astype("float64"), axis=-1) - chosen)
    return float(np.concatenate(nats, axis=1)[:, warm_up:][counted].mean())


class _Loop(keras.Model):
    """`STRIDE` tokens in one compiled call: filter, choose (or take what is given), read the choice, go on."""

    def call(self, inputs):
        logits, states, given, noise, suppressed, temperature, k, p = inputs

        def next_token(carry, inputs):
            (_, logits, states), (given, noise) = carry, inputs
            filtered = sampling.with_temperature(keras.ops.where(suppressed, -np.inf, logits), temperature)
            filtered = sampling.top_p(sampling.top_k(filtered, k), p)
            ids = keras.ops.where(given >= 0, given, sampling.greedy(filtered + noise))
            logits, *states = self.model([ids[:, None], *states], training=False)
            carry = ids, logits[:, -1], states
            return carry, carry  # TensorFlow's scan wants outputs in the shapes of the carry

        (_, logits, states), (ids, _, _) = keras.ops.scan(next_token, (given[0], logits, states), (given, noise))
        return ids, logits, states


class LanguageModel:
    """A trained model and its codec, ready to generate.

    Parameters
    ----------
    model : keras.Model
        ``[ids, *states] -> [logits, *states]``. Each call uses its present weights.
    codec : CharCodec
        Or any object with ``encode(text) -> ids``, ``decode(ids) -> text`` and ``len``: one logit per id.

    Raises
    ------
    ValueError
        If the model is not of that form, or does not have one logit per id.

    Examples
    --------
    An untrained model has no idea of what comes next, but an opinion:

    >>> from course_utils.text import CharCodec
    >>> keras.utils.set_random_seed(0)
    >>> ids, state = keras.Input((None,), dtype="int32"), keras.Input((8,))
    >>> gru = keras.layers.GRU(8, return_sequences=True, return_state=True)
    >>> hidden, last = gru(keras.layers.Embedding(3, 4)(ids), initial_state=state)
    >>> model = keras.Model([ids, state], [keras.layers.Dense(3)(hidden), last])
    >>> language_model = LanguageModel(model, CharCodec("abc"))
    >>> logits, states = language_model.read("ab")
    >>> logits.shape, states[0].shape
    ((3,), (1, 8))
    >>> len(language_model.generate("ab", 5))
    5
    """

    def __init__(self, model: keras.Model, codec: CharCodec):
        if (size := _check_model(model)) != len(codec):
            raise ValueError(f"the model has {size} logits and the codec {len(codec)} ids; expected as many of each.")
        self.model, self.codec = model, codec
        self._loop = _Loop(name="loop")
        self._loop.model = model
        self._loop.compile(jit_compile=keras.backend.backend() != "torch")

    def generate(self, prompt: str, length: int, *, temperature: float = 1.0, top_k: int | None = None,
                 top_p: float | None = None, suppress_ids: Iterable[int] = (), greedy: bool = False,
                 seed: int = 0) -> str:  # fmt: skip
        """Continue a text: read the prompt once, then choose one token after the other, with the state carried.

        Parameters
        ----------
        prompt : str
            At least one token, and only known ones.
        length : int
            Tokens to generate, 1 or more.
        temperature, top_k, top_p
            As in :mod:`course_utils.sampling`: temperature first, then the filters.
        suppress_ids : iterable of int
            Ids that must not be generated, such as ``codec.encode("eE")``.
        greedy : bool
            Always take the likeliest token. Temperature, filters and seed then change nothing.
        seed : int
            The same seed gives the same text.

        Returns
        -------
        str
            The `length` tokens after the prompt.

        Raises
        ------
        TypeError, ValueError
            If a setting is out of its range, if the prompt is empty or holds an unknown character, or if the model's
            logits are nan.
        """
        ids, size = np.asarray(self.codec.encode(prompt), dtype="int32"), len(self.codec)
        length = whole_number("length", length, least=1)
        k = size if top_k is None or greedy else min(whole_number("top_k", top_k, least=1), size)
        temperature, p = (1.0, 1.0) if greedy else (temperature, 1.0 if top_p is None else top_p)
        suppressed = sampling.suppress_ids(np.zeros(size), suppress_ids) < 0
        # Raises if a setting is out of its range, or nothing is left to draw.
        sampling.top_p(sampling.with_temperature(np.where(suppressed, -np.inf, 0.0), temperature), p)
        rng, total = np.random.default_rng(seed), len(ids) + length
        given = np.pad(ids, (0, length + -total % STRIDE), constant_values=-1).reshape(-1, STRIDE, 1)
        settings = [suppressed, np.float32(min(temperature, 1e30)), np.int32(k), np.float32(p)]
        logits, states, chosen = np.zeros((1, size), dtype="float32"), _zero_state(self.model, 1), []
        for part in tqdm(given, f"generating, {STRIDE} at once", file=sys.stdout, leave=False, delay=2):
            # The largest of logits plus Gumbel noise is a draw from their softmax: Gumbel (1954); Maddison, Tarlow and
            # Minka (2014), "A* sampling", section 2.
            noise = rng.gumbel(size=(STRIDE, 1, size)).astype("float32") * np.float32(not greedy)
            found, logits, states = self._loop.predict_on_batch([logits, states, part, noise, *settings])
            sampling.greedy(logits)  # raises if there is a nan, and once there is one, it stays
            chosen.append(found[:, 0])
        return self.codec.decode(np.concatenate(chosen)[len(ids) : total])

    def read(self, text: str) -> tuple[np.ndarray, list[np.ndarray]]:
        """Read a text and return what the model expects next.

        Returns
        -------
        logits : float32 array ``(vocabulary,)``
        states : list of float32 arrays ``(1, units)``

        Raises
        ------
        ValueError
            If the text is empty or holds an unknown character.
        """
        ids = np.asarray(self.codec.encode(text), dtype="int32")
        logits, *states = self.model.predict_on_batch([ids[None], *_zero_state(self.model, 1)])
        return logits[0, -1], states
