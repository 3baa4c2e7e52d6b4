"""Batches for training: examples of similar length, contiguous parts of one text, teacher forcing."""

import numpy as np
from numpy.typing import ArrayLike

from course_utils.backends import keras
from course_utils.validate import same_length, whole_number

__all__ = ["BatchesByLength", "ByLength", "contiguous_batches", "teacher_forcing"]


class BatchesByLength(keras.utils.PyDataset):
    """Batches of examples of similar length, each padded on the right only as far as its longest example needs.

    Every epoch shuffles the examples, sorts them by length within pools of 50 batches, and cuts the pools into
    batches. ``fit`` then shuffles the order of the batches. So a batch holds different neighbors in each epoch, and
    short and long batches come in random order.

    Parameters
    ----------
    ids : int array ``(examples, time)``, padded on the right with 0
    labels : array ``(examples, ...)``
    batch_size : int
        Examples per batch. One batch may hold fewer.
    multiple : int
        Lengths are rounded up to a multiple of this, so that a compiled model (XLA) sees few shapes.

    Raises
    ------
    TypeError, ValueError
        If there are no examples or not as many labels, if an example is empty (a GPU's fused kernels refuse a row that
        is all padding), or if a size is not a whole number of 1 or more.

    Notes
    -----
    Keras takes the shapes of a data set from its first two batches and expects all others to share what these two
    have in common. So here the shortest batch comes first and the longest second. If lengths differ at all, Keras sees
    it and leaves the time axis open.

    Examples
    --------
    >>> batches = BatchesByLength([[5, 6, 7], [8, 0, 0], [9, 4, 2], [3, 0, 0]], [1, 0, 1, 0], 2, multiple=1)
    >>> [x.shape for x, y in (batches[0], batches[1])]
    [(2, 1), (2, 3)]
    """

    def __init__(self, ids: ArrayLike, labels: ArrayLike, batch_size: int, *, multiple: int = 25):
        super().__init__()
        same_length("the data", examples=ids, labels=labels)
        self.ids, self.labels, self._least = np.asarray(ids), np.asarray(labels), 0
        self.batch_size = whole_number("batch_size", batch_size, least=1)
        self.multiple, self._rng = whole_number("multiple", multiple, least=1), np.random.default_rng(0)
        self.lengths = np.max((self.ids != 0) * np.arange(1, self.ids.shape[1] + 1), axis=1)  # the last token's place
        if not self.lengths.all():
            raise ValueError(f"example {self.lengths.argmin()} is empty; expected at least one token. Leave it out.")
        self.on_epoch_end()
        if len(self) > 1 and self[0][0].shape[1] == self[1][0].shape[1]:
            self._least = self[1][0].shape[1]  # no batch is shorter now, so none may be in a later epoch

    def on_epoch_end(self) -> None:
        """Shuffle the examples, sort them within pools of 50 batches, and cut them into new batches."""
        order = self._rng.permutation(len(self.labels))
        pools = np.arange(len(order)) // (50 * self.batch_size)
        order = order[np.lexsort((self.lengths[order], pools))]  # by pool, then by length
        batches = [order[start : start + self.batch_size] for start in range(0, len(order), self.batch_size)]
        batches.sort(key=lambda batch: self.lengths[batch].max())
        self._batches = [batches[0], *batches[:0:-1]]

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Return batch number `index`: ids ``(batch, time)`` and their labels."""
        rows = self._batches[index]
        multiples = -(-max(self.lengths[rows].max(), self._least) // self.multiple)  # rounded up
        return self.ids[rows, : multiples * self.multiple], self.labels[rows]


class ByLength(keras.Model):
    """A functional model whose ``fit`` puts training and validation rows into batches by length.

    ``fit`` takes plain arrays padded on the right, as :func:`course_utils.experiments.run` passes them.

    Examples
    --------
    >>> ids = keras.Input((None,), dtype="int32")
    >>> last = keras.layers.GRU(2)(keras.layers.Embedding(10, 2, mask_zero=True)(ids))
    >>> model = ByLength(ids, keras.layers.Dense(1, activation="sigmoid")(last))
    >>> model.compile("adam", "binary_crossentropy")
    >>> x, y = np.array([[5, 6, 7], [8, 0, 0]]), np.array([1, 0])
    >>> history = model.fit(x, y, batch_size=2, validation_data=(x, y), verbose=0)
    >>> sorted(history.history)
    ['loss', 'val_loss']
    """

    def fit(
        self, x: ArrayLike, y: ArrayLike, *, batch_size: int = 32, validation_data: tuple | None = None, **options
    ) -> keras.callbacks.History:
        """Train like `keras.Model.fit` on ids ``(examples, time)`` and labels; ``validation_data`` is such a pair."""
        validation_data = validation_data and BatchesByLength(*validation_data, batch_size)
        return super().fit(BatchesByLength(x, y, batch_size), validation_data=validation_data, **options)


def contiguous_batches(ids: ArrayLike, batch_size: int, time_steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Cut a text into batches in which each row continues where the same row of the previous batch ended.

    The text becomes `batch_size` strips of equal length. Batch 0 holds the first `time_steps` tokens of each strip,
    batch 1 the next ones. Train on them with ``fit(x, y, batch_size=batch_size, shuffle=False)``.

    Parameters
    ----------
    ids : ints ``(tokens,)``
    batch_size, time_steps : int
        1 or more each.

    Returns
    -------
    x, y : int arrays ``(batches · batch_size, time_steps)``
        ``y`` is ``x`` shifted by one token. What does not fill a whole batch at the end is left out.

    Raises
    ------
    ValueError
        If the text is shorter than one batch and the token after it.

    Examples
    --------
    >>> x, y = contiguous_batches(np.arange(9), batch_size=2, time_steps=2)
    >>> x.tolist()
    [[0, 1], [4, 5], [2, 3], [6, 7]]
    >>> y.tolist()
    [[1, 2], [5, 6], [3, 4], [7, 8]]
    """
    ids, rows = np.asarray(ids), whole_number("batch_size", batch_size, least=1)
    steps = whole_number("time_steps", time_steps, least=1)
    used = (len(ids) - 1) // (rows * steps) * rows * steps
    if used < 1:
        least = f"{rows * steps + 1:,} for {rows} rows of {steps} steps"
        raise ValueError(f"got {len(ids):,} ids; expected at least {least}.")
    places = np.arange(used).reshape(rows, -1, steps).swapaxes(0, 1).reshape(-1, steps)
    return ids[places], ids[places + 1]


def teacher_forcing(targets: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return what the decoder reads and what it should answer.

    Ids are those of ``CharCodec(texts, pad=True, bos=True, eos=True)``: 0 is padding, 1 the beginning of a sequence
    and 2 its end.

    Parameters
    ----------
    targets : ints ``(texts, length)``
        Padded on the right, without the beginning and the end of sequence.

    Returns
    -------
    decoder_inputs, decoder_targets : int32 arrays ``(texts, length + 1)``
        The inputs begin with 1, the targets end with 2. Both are padded on the right.

    Examples
    --------
    >>> decoder_inputs, decoder_targets = teacher_forcing([[3, 4], [3, 0]])
    >>> decoder_inputs.tolist(), decoder_targets.tolist()
    ([[1, 3, 4], [1, 3, 0]], [[3, 4, 2], [3, 2, 0]])
    """
    targets = np.asarray(targets, dtype="int32")
    decoder_inputs = np.pad(targets, ((0, 0), (1, 0)), constant_values=1)
    decoder_targets = np.pad(targets, ((0, 0), (0, 1)))
    decoder_targets[np.arange(len(targets)), (targets != 0).sum(axis=1)] = 2
    return decoder_inputs, decoder_targets
