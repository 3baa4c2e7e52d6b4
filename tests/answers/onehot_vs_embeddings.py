"""Answers to notebook 02's exercises: other right ones, and wrong ones that are not in the check's own table."""

import statistics
from functools import partial

import keras
import numpy as np
from keras import layers, ops


def one_hot_by_places(ids, words):
    rows = np.zeros((ids.size, words), dtype="float32")
    rows[np.arange(ids.size), ids.ravel()] = 1
    return rows.reshape(*ids.shape, words)


def built(words, dimensions, units):
    """Let Keras count: the same two models, built."""
    starts = [[keras.Input((4, words))], [keras.Input((4,)), layers.Embedding(words, dimensions)]]
    return [keras.Sequential([*start, layers.SimpleRNN(units), layers.Dense(1)]).count_params() for start in starts]


def verdict(first, second):
    if min(len(first), len(second)) < 2:
        return "undecided"
    gap = statistics.mean(first) - statistics.mean(second)
    decided = abs(gap) > max(statistics.stdev(first), statistics.stdev(second))
    return ("first" if gap > 0 else "second") if decided else "undecided"


def sorted_neighbors(word, vocabulary, vectors, count):
    """No NumPy sort: one projection after the other."""
    own = vectors[vocabulary.index(word)]
    lengths = {name: np.dot(row, own) / np.sqrt(row @ row) for name, row in zip(vocabulary, vectors, strict=True)}
    return tuple(sorted(set(vocabulary) - {word}, key=lengths.get, reverse=True)[:count])


class Table(layers.Layer):
    """An embedding whose usual faults can be switched on."""

    def __init__(self, words, dimensions, shape=None, change=lambda rows: rows, number=1, **options):
        super().__init__()
        tables = [self.add_weight(shape or (words, dimensions), "uniform", **options) for _ in range(number)]
        self.table, self.change = tables[0], change

    def call(self, ids):
        return self.change(ops.take(self.table, ids, axis=0))


class OneHotTable(Table):
    def call(self, ids):
        return ops.matmul(ops.one_hot(ids, self.table.shape[0]), self.table)


def net(*middle, rate=1e-2, dimensions=8, activation="sigmoid", compiled=True):
    def order_model():
        parts = [keras.Input((8,), dtype="int32"), layers.Embedding(100, dimensions), *(make() for make in middle)]
        model = keras.Sequential([*parts, layers.Dense(1, activation=activation)])
        if compiled:
            model.compile(keras.optimizers.Adam(rate), "binary_crossentropy")
        return model

    return order_model


RNN = partial(layers.SimpleRNN, 8)


RIGHT = {
    "batch_bytes": [lambda: 512_000_000, lambda: np.prod([64, 200, 10_000], dtype="int64") * 4, lambda: 5.12e8],
    "one_hot": [one_hot_by_places, lambda ids, words: (ids[..., None] == np.arange(words)).astype("float32")],
    "parameters": [built, lambda *sizes: np.array(built(*sizes)), lambda *sizes: tuple(built(*sizes))],
    "verdict": [verdict, lambda first, second: np.str_(verdict(first, second))],
    "neighbors": [sorted_neighbors, lambda *given: np.array(sorted_neighbors(*given))],
    "as_embedding": [
        lambda W, U, b: (W + b, np.identity(len(b)), U, np.zeros(len(b))),
        lambda W, U, b: [(W / 2).tolist(), 2 * np.eye(len(b)), U, b],
    ],
    "own_embedding": [Table, OneHotTable],
    "order_model": [net(partial(layers.Conv1D, 16, 2, activation="relu"), layers.GlobalMaxPooling1D)],
}
WRONG = {
    "batch_bytes": {
        "'512 MB', which is not right": lambda: "512 MB",
        "gives True": lambda: True,
        "which axes": lambda: 64 * 200 * 10_000 * 4 * 2 + 1,
    },
    "one_hot": {
        "holds float64": lambda ids, words: np.eye(words)[ids],
        "holds int32": lambda ids, words: np.eye(words, dtype="int32")[ids],
        "bool": lambda ids, words: np.eye(words, dtype=bool)[ids],
        "expected a NumPy array": lambda ids, words: one_hot_by_places(ids, words).tolist(),
        "wrong at position": lambda ids, words: 2 * one_hot_by_places(ids, words),
        "has shape": lambda ids, words: one_hot_by_places(ids, words + 1),
    },
    "parameters": {
        "Return a pair": lambda *sizes: built(*sizes)[0],
        "Which weights hold how many": lambda *sizes: [size + 7 for size in built(*sizes)],
    },
    "verdict": {
        "trained from one seed only": lambda first, second: statistics.stdev(first) and "undecided",
        "single run": lambda *_: "undecided",
        "expected 'first', 'second'": lambda first, second: np.mean(first) > np.mean(second),
    },
    "neighbors": {
        "without the word itself": lambda word, *given: [word, *sorted_neighbors(word, *given)][: given[-1]],
        "2 words. Did": lambda *given: sorted_neighbors(*given)[:-1],
        "A list of words": lambda word, vocabulary, vectors, count: np.argsort(vectors[:, 0])[:count],
        "changed its input": lambda word, vocabulary, *more: vocabulary.remove(word) or vocabulary[: more[1]],
    },
    "as_embedding": {
        "kernel has shape": lambda W, U, b: [W, W, U, b],
        "table has shape": lambda W, U, b: [np.eye(len(W)), W, U, b],
        "hands on what it looks up unchanged": lambda W, U, b: [W, np.ones((len(b), len(b))), U, b],
        "four arrays": lambda W, U, b: [W, U, b],
        "Which array should be looked up": lambda W, U, b: [W[::-1], np.eye(len(b)), U, b],
    },
    "own_embedding": {
        "Keras' own": layers.Embedding,
        "no trainable weights": partial(Table, trainable=False),
        "One row per word": partial(Table, shape=(3, 7)),
        "a row for each id": partial(Table, change=lambda rows: ops.mean(rows, axis=1)),
        "unchanged": partial(Table, change=lambda rows: 2 * rows),
        "Training leaves it as it was": partial(Table, change=ops.stop_gradient),
        "one table is enough": partial(Table, number=2),
        "Return a layer": lambda *_: Table,
        "no method `call`": lambda *_: layers.Layer(),
    },
    "order_model": {
        "it is a bag": net(layers.GlobalAveragePooling1D, partial(layers.Dense, 16, activation="relu")),
        "size of the steps": net(layers.Flatten, rate=1e-4),
        "at most 1,500": net(RNN, dimensions=16),
        "not compiled": net(RNN, compiled=False),
        "expected probabilities": net(RNN, activation=None),
        "exactly 1": net(RNN, activation="softmax"),
        "One number per sentence": net(partial(RNN, return_sequences=True)),
    },
}
