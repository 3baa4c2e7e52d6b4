"""Batches by length: reviews of like length share a batch, so that little of it is padding (taught in notebook 03)."""

from collections.abc import Sequence

import keras
import numpy as np

from course_utils._run_checks import whole_number


class BatchesByLength(keras.utils.PyDataset):
    """Batches of examples of like length, each padded on the right only as far as its own longest one needs.

    Every epoch shuffles the examples, sorts them by length within pools of 50 batches, and cuts the pools into
    batches; ``fit`` shuffles the order of the batches. So batches hold other neighbors each time, and short and
    long ones come mixed.

    Parameters
    ----------
    ids : sequence of int sequences, or int array ``(examples, time)`` padded on the right with 0
        Zeros at the end of an example count as padding.
    labels : array ``(examples, ...)``
    batch_size : int
        Examples a batch; the last one of a pool may hold fewer.
    length : int
        Of a longer example the last ``length`` tokens stay.
    multiple : int
        Lengths are rounded up to a multiple of this, so that a compiled model (XLA) meets few shapes.
    seed : int
        Of the shuffling; the same seed gives the same batches, epoch for epoch.

    Raises
    ------
    ValueError
        If there are no examples, not as many labels, an example is empty (a GPU's fused kernels refuse a row that
        is all padding), an id is negative, or a size is no whole number of 1 or more.

    Notes
    -----
    Keras takes the shapes of a data set from its first two batches and holds all others to what these have in
    common. So the batch with the shortest length comes first here and the one with the longest second: where
    lengths differ at all, Keras sees it and leaves the time axis open.

    Examples
    --------
    >>> batches = BatchesByLength([[5, 6, 7], [8], [9, 4, 2], [3]], np.array([1, 0, 1, 0]), 2, multiple=1)
    >>> [x.shape for x, y in (batches[0], batches[1])]
    [(2, 1), (2, 3)]
    """

    pool = 50

    def __init__(self, ids: Sequence, labels, batch_size: int, *, length: int = 400, multiple: int = 25, seed: int = 0):
        super().__init__()
        self.batch_size = whole_number("batch_size", batch_size, least=1)
        self.length = whole_number("length", length, least=1)
        self.multiple = whole_number("multiple", multiple, least=1)
        self.labels = np.asarray(labels)
        if len(ids) == 0 or len(ids) != len(self.labels):
            raise ValueError(f"got {len(ids)} examples and {len(self.labels)} labels; expected as many of each, not 0.")
        rows = [np.trim_zeros(np.asarray(row), "b")[-self.length :] for row in ids]
        self.lengths = np.array([len(row) for row in rows])
        if not self.lengths.all():
            raise ValueError(f"example {int(self.lengths.argmin())} is empty; expected a token at least. Leave it out.")
        if min(int(row.min()) for row in rows) < 0:
            raise ValueError("an id is negative; expected ids from 0 (padding) to the vocabulary's size less one.")
        self._ids = np.zeros((len(rows), self.length), dtype="int32")
        for row, kept in zip(self._ids, rows, strict=True):
            row[: len(kept)] = kept
        self._rng, self._least = np.random.default_rng(seed), 0
        self._plan()
        if len(self) > 1 and self[0][0].shape[1] == self[1][0].shape[1]:
            self._least = self[1][0].shape[1]  # no batch is shorter now, so none may be in a later epoch

    def _plan(self):
        order = self._rng.permutation(len(self.labels))
        size = self.pool * self.batch_size
        pools = [order[start : start + size] for start in range(0, len(order), size)]
        pools = [pool[np.argsort(self.lengths[pool], kind="stable")] for pool in pools]
        batches = [pool[at : at + self.batch_size] for pool in pools for at in range(0, len(pool), self.batch_size)]
        batches.sort(key=lambda batch: self.lengths[batch].max())
        self._batches = [batches[0], *batches[:0:-1]]

    def __len__(self):
        return len(self._batches)

    def __getitem__(self, index: int):
        """Return batch number `index`: ids ``(batch, time)`` and their labels."""
        if not 0 <= index < len(self._batches):
            raise IndexError(f"there is no batch {index}; they run from 0 to {len(self._batches) - 1}.")
        rows = self._batches[index]
        longest = max(int(self.lengths[rows].max()), self._least)
        time = min(self.length, -(-longest // self.multiple) * self.multiple)
        return self._ids[rows, :time], self.labels[rows]

    def on_epoch_end(self):
        self._plan()

    def padding(self) -> float:
        """Return the share of zeros among all ids of this epoch's batches, from 0 to 1.

        Examples
        --------
        >>> BatchesByLength([[5, 6, 7], [8], [9], [3, 1, 2]], np.zeros(4), 4, multiple=1).padding().__round__(3)
        0.333
        """
        places = sum(self[index][0].size for index in range(len(self)))
        return 1 - int(self.lengths.sum()) / places


class ByLength(keras.Model):
    """A functional model whose ``fit`` puts training and validation rows into batches by length.

    It is handed plain arrays padded on the right, also by :func:`course_utils.experiments.run`.

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

    def fit(self, x, y, *, batch_size: int = 32, validation_data=None, **options):
        """Train as `keras.Model.fit` on ids ``(examples, time)`` and labels; ``validation_data`` is a pair of such."""
        if validation_data is not None:
            validation_data = BatchesByLength(*validation_data, batch_size, length=np.shape(validation_data[0])[1])
        train = BatchesByLength(x, y, batch_size, length=np.shape(x)[1])
        return super().fit(train, validation_data=validation_data, **options)
