"""Metrics of translation and a decoder for whole batches (taught in the sequence-to-sequence notebook).

Ids are those of ``CharCodec(texts, pad=True, bos=True, eos=True)``: 0 is padding, 1 the beginning of a sequence, 2 its
end, and the characters follow. Padding stands on the right.
"""

from numpy.typing import ArrayLike

from course_utils.backends import keras
from course_utils.validate import whole_number

__all__ = ["BOS", "EOS", "PAD", "CharacterAccuracy", "GreedyDecoder", "exact_match"]

PAD, BOS, EOS = 0, 1, 2

ops = keras.ops


def _correct(y_true, y_pred):
    """Return where the likeliest id is right, and where there is no padding: both bools ``(batch, time)``."""
    y_true = ops.cast(y_true, "int32")
    return ops.equal(ops.cast(ops.argmax(y_pred, axis=-1), "int32"), y_true), ops.not_equal(y_true, PAD)


def exact_match(y_true: ArrayLike, y_pred: ArrayLike) -> ArrayLike:
    """Say for each text whether every character and the end of the sequence are right: a Keras metric.

    With teacher forcing this equals the exact match of greedy decoding, because up to the first error both read the
    same.

    Parameters
    ----------
    y_true : ints ``(batch, time)``
        Padding does not count.
    y_pred : floats ``(batch, time, symbols)``
        Logits or probabilities.

    Returns
    -------
    floats ``(batch,)``
        1 or 0.

    Examples
    --------
    >>> import numpy as np
    >>> logits = np.eye(4)[[[3, 2, 1], [3, 3, 1]]]
    >>> ops.convert_to_numpy(exact_match(np.array([[3, 2, 0], [3, 2, 0]]), logits))
    array([1., 0.], dtype=float32)
    """
    correct, counted = _correct(y_true, y_pred)
    return ops.cast(ops.all(ops.logical_or(correct, ops.logical_not(counted)), axis=-1), "float32")


@keras.saving.register_keras_serializable("course")
class CharacterAccuracy(keras.metrics.Mean):
    """Share of characters that are right. The end of a sequence counts as a character, padding does not.

    Examples
    --------
    >>> import numpy as np
    >>> metric = CharacterAccuracy()
    >>> metric.update_state(np.array([[3, 2, 0, 0]]), np.eye(4)[[[3, 3, 0, 0]]])
    >>> float(metric.result())
    0.5
    """

    def __init__(self, name: str = "character_accuracy", dtype: str | None = None):
        super().__init__(name=name, dtype=dtype)

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        correct, counted = _correct(y_true, y_pred)
        counted = ops.cast(counted, "float32")
        if sample_weight is not None:
            counted = counted * ops.cast(sample_weight, "float32")[:, None]
        super().update_state(ops.cast(correct, "float32"), sample_weight=counted)


class GreedyDecoder(keras.Model):
    """Answer a whole batch greedily in one compiled call: read the sources, then generate character by character.

    Parameters
    ----------
    translator : keras.Model
        With ``encode(source) -> memory`` and ``decode(decoder_inputs, memory) -> (logits, memory)``, where memory is
        nested tensors ``(batch, ...)``. The sequence-to-sequence notebook builds it.
    length : int
        The largest number of characters, the end of the sequence included.

    Raises
    ------
    TypeError, ValueError
        If ``length`` is not a whole number of 1 or more.

    Notes
    -----
    Call ``predict(sources, batch_size=...)``. It returns ids ``(sources, length)``, padded after the end.

    Examples
    --------
    A translator that counts up from the id it reads, so it goes from ``BOS`` (1) to ``EOS`` (2):

    >>> import numpy as np
    >>> class Counter(keras.Model):
    ...     def encode(self, source):
    ...         return source[:, 0]
    ...     def decode(self, decoder_inputs, memory):
    ...         return ops.one_hot(decoder_inputs + 1, 9), memory
    >>> GreedyDecoder(Counter(), length=3).predict(np.ones((2, 4), "int32"), verbose=0)
    array([[2, 0, 0],
           [2, 0, 0]], dtype=int32)
    """

    def __init__(self, translator: keras.Model, length: int):
        super().__init__(name="greedy_decoder")
        self.translator, self.length = translator, whole_number("length", length, least=1)
        self.compile(jit_compile=False)  # XLA would need seconds to compile what takes less to compute

    def call(self, source):
        memory = self.translator.encode(source)
        last, generated = ops.full_like(source[:, :1], BOS), []
        ended = ops.zeros_like(last, dtype="bool")
        for _ in range(self.length):
            logits, memory = self.translator.decode(last, memory)
            last = ops.where(ended, PAD, ops.cast(ops.argmax(logits, axis=-1), "int32"))
            ended = ops.logical_or(ended, ops.equal(last, EOS))
            generated.append(last)
        return ops.concatenate(generated, axis=1)
