"""Answers to notebook 02's exercises, other right ones and typical wrong ones (tests/test_checks.py tries them)."""

import statistics

import keras
import numpy as np
from keras import layers, ops


def one_hot_by_places(ids, words):
    rows = np.zeros((ids.size, words), dtype="float32")
    rows[np.arange(ids.size), ids.ravel()] = 1
    return rows.reshape(*ids.shape, words)


def one_hot_columns(ids, words):
    rows = np.zeros((len(ids), words), dtype="float32")
    rows[:, ids] = 1
    return rows


def one_hot_without_padding(ids, words):
    return np.eye(words, dtype="float32")[ids] * (ids != 0)[..., None]


def counted(words, dimensions, units, *, output=None, recurrent=None, table=None, width=None):
    output = units + 1 if output is None else output
    inside = units * units + units if recurrent is None else recurrent
    table = words * dimensions if table is None else table
    return words * units + inside + output, table + (width or dimensions) * units + inside + output


def built(words, dimensions, units):
    """Let Keras count: the same two models, built."""
    inputs = {
        "one-hot": [keras.Input((4, words))],
        "embedding": [keras.Input((4,)), layers.Embedding(words, dimensions)],
    }
    return [
        keras.Sequential([*each, layers.SimpleRNN(units), layers.Dense(1)]).count_params() for each in inputs.values()
    ]


def verdict_with(spread, *, alone="undecided"):
    def verdict(first, second):
        if min(len(first), len(second)) < 2 and alone:
            return alone
        gap = np.mean(first) - np.mean(second)
        if abs(gap) <= spread(first, second):
            return "undecided"
        return "first" if gap > 0 else "second"

    return verdict


def widest(first, second):
    return max(statistics.stdev(first), statistics.stdev(second))


def by_best_seed(first, second):
    if min(len(first), len(second)) < 2 or abs(np.mean(first) - np.mean(second)) <= widest(first, second):
        return "undecided"
    return "first" if max(first) < max(second) else "second"


def ranked(scores_of, *, start=0, keep_own=False):
    def neighbors(word, vocabulary, vectors, count):
        own = vocabulary.index(word)
        order = np.argsort(scores_of(vectors, own))
        return [vocabulary[k] for k in order if keep_own or k != own][start : start + count]

    return neighbors


def cosines(vectors, own, axis=1):
    unit = vectors / np.linalg.norm(vectors, axis=axis, keepdims=True)
    return unit @ unit[own]


def sorted_neighbors(word, vocabulary, vectors, count):
    """No NumPy sort: one projection after the other."""
    own = vectors[vocabulary.index(word)]
    lengths = {each: np.dot(row, own) / np.sqrt(row @ row) for each, row in zip(vocabulary, vectors, strict=True)}
    return tuple(sorted(set(vocabulary) - {word}, key=lengths.get, reverse=True)[:count])


class Table(layers.Layer):
    """An embedding whose usual faults can be switched on."""

    def __init__(self, words, dimensions, *, turned=False, trainable=True, how="take"):
        super().__init__()
        shape = (dimensions, words) if turned else (words, dimensions)
        self.words, self.how = words, how
        self.table = self.add_weight(shape=shape, initializer="uniform", trainable=trainable)

    def call(self, ids):
        if self.how == "one-hot":
            return ops.matmul(ops.one_hot(ids, self.words), self.table)
        if self.how == "stop":
            return ops.stop_gradient(ops.take(self.table, ids, axis=0))
        if self.how == "mean":
            return ops.mean(ops.take(self.table, ids, axis=0), axis=1)
        return ops.take(self.table, ids, axis=0) * (2.0 if self.how == "twice" else 1.0)


class PlainTable(layers.Layer):
    """A table that no training can change."""

    def __init__(self, words, dimensions):
        super().__init__()
        self.table = np.zeros((words, dimensions), dtype="float32")

    def call(self, ids):
        return ops.take(self.table, ids, axis=0)


class NoCall(layers.Layer):
    """A layer whose second half is missing."""


def net(*middle, rate=1e-2, dimensions=8, activation="sigmoid", compiled=True):
    parts = [keras.Input((8,), dtype="int32"), layers.Embedding(100, dimensions), *middle]
    model = keras.Sequential([*parts, layers.Dense(1, activation=activation)])
    if compiled:
        model.compile(keras.optimizers.Adam(rate), "binary_crossentropy")
    return model


# For each check: other right answers than the solution (which the notebook itself runs) ...
RIGHT = {
    "batch_bytes": [lambda: 512_000_000, lambda: np.prod([64, 200, 10_000], dtype="int64") * 4],
    "one_hot": [one_hot_by_places, lambda ids, words: (ids[..., None] == np.arange(words)).astype("float32")],
    "parameters": [built, lambda words, dimensions, units: np.array(counted(words, dimensions, units))],
    "verdict": [verdict_with(widest)],
    "neighbors": [sorted_neighbors, ranked(lambda vectors, own: np.arccos(np.clip(cosines(vectors, own), -1, 1)))],
    "as_embedding": [
        lambda W, U, b: (W + b, np.identity(len(b)), U, np.zeros(len(b))),
        lambda W, U, b: [(W / 2).tolist(), 2 * np.eye(len(b)), U, b],
    ],
    "own_embedding": [Table, lambda words, dimensions: Table(words, dimensions, how="one-hot")],
    "order_model": [lambda: net(layers.Conv1D(16, 2, activation="relu"), layers.GlobalMaxPooling1D())],
}
# ... and wrong ones, each with words of the message it must get.
WRONG = {
    "batch_bytes": [
        (lambda: 64 * 200 * 10_000, "how many numbers"),
        (lambda: 64 * 200 * 10_000 * 8, "float64"),
        (lambda: 64 * 200 * 4, "cost of the ids"),
        (lambda: 200 * 10_000 * 4, "one review"),
        (lambda: 512, "another unit"),
        (lambda: "512 MB", "Expected one whole number"),
        (lambda: None, "returned None"),
    ],
    "one_hot": [
        (lambda ids, words: np.eye(words)[ids], "float64"),
        (lambda ids, words: np.eye(words, dtype="int32")[ids], "int32"),
        (lambda ids, words: np.eye(words, dtype=bool)[ids], "bool"),
        (one_hot_columns, "several ones"),
        (one_hot_without_padding, "leaves id 0"),
        (lambda ids, words: np.eye(ids.max() + 1, dtype="float32")[ids], "its length is `words`"),
        (lambda ids, words: one_hot_by_places(ids, words).reshape(-1, words), "has shape"),
        (lambda ids, words: np.eye(words, dtype="float32")[ids - 1], "place of the id"),
        (lambda ids, words: np.eye(words, dtype="float32")[ids].tolist(), "expected a NumPy array"),
    ],
    "parameters": [
        (lambda w, d, u: counted(w, d, u, output=0), "the last layer, one unit"),
        (lambda w, d, u: counted(w, d, u, output=u), "bias of the last unit"),
        (lambda w, d, u: counted(w, d, u, recurrent=u), "U, which carries"),
        (lambda w, d, u: counted(w, d, u, recurrent=u * u), "bias of the recurrent layer"),
        (lambda w, d, u: counted(w, d, u, table=0), "own table"),
        (lambda w, d, u: counted(w, d, u, width=w), "no longer one place a word"),
        (lambda w, d, u: counted(w, d, u)[0], "Expected a pair"),
        (lambda w, d, u: counted(w, d, u)[::-1], "exchanged"),
    ],
    "verdict": [
        (verdict_with(lambda *_: 0), "lie further apart"),
        (verdict_with(lambda one, other: max(np.std(one), np.std(other))), "n - 1"),
        (verdict_with(lambda one, other: statistics.stdev(one)), "than that of the other|lie further apart"),
        (verdict_with(lambda one, other: min(statistics.stdev(one), statistics.stdev(other))), "of one model"),
        (verdict_with(lambda one, other: 2 * widest(one, other) + 0.1), "larger than the standard deviation of either"),
        (verdict_with(lambda one, other: statistics.stdev(one) + statistics.stdev(other)), "of either"),
        (verdict_with(lambda one, other: max(np.ptp(one), np.ptp(other))), "of either"),
        (verdict_with(widest, alone=None), "trained from one seed only"),
        (verdict_with(widest, alone="first"), "One run has no spread"),
        (by_best_seed, "best seeds"),
        (lambda first, second: np.mean(first) > np.mean(second), "expected one of"),
    ],
    "neighbors": [
        (ranked(lambda vectors, own: vectors @ vectors[own], keep_own=True), "smallest first"),
        (ranked(lambda vectors, own: -vectors @ vectors[own]), "A long vector has"),
        (ranked(lambda vectors, own: -cosines(vectors, own), keep_own=True), "not a neighbor of its own"),
        (ranked(cosines), "largest angle"),
        (ranked(lambda vectors, own: -cosines(vectors, own, axis=0)), "divided columns"),
        (ranked(lambda vectors, own: np.linalg.norm(vectors - vectors[own], axis=1)), "by distance"),
        (
            lambda word, vocabulary, vectors, count: ranked(cosines)(word, vocabulary, vectors, count - 1),
            "gives 2 words",
        ),
        (lambda word, vocabulary, vectors, count: np.argsort(vectors[:, 0])[:count], "expected a list of words"),
        (lambda word, vocabulary, *more: vocabulary.remove(word) or vocabulary[: more[1]], "changed what it was given"),
    ],
    "as_embedding": [
        (lambda W, U, b: [W, W, U, b], "kernel has shape"),
        (lambda W, U, b: [np.eye(len(W)), W, U, b], "table has shape"),
        (lambda W, U, b: [W, np.eye(len(b)), U, 0 * b], "got lost"),
        (lambda W, U, b: [W + b, np.eye(len(b)), U, b], "comes in twice"),
        (lambda W, U, b: [W, np.eye(len(b)), np.eye(len(b)), b], "recurrent weights"),
        (lambda W, U, b: [W, U, U, b], "hands it on unchanged"),
        (lambda W, U, b: [W, np.ones((len(b), len(b))), U, b], "hands it on unchanged"),
        (lambda W, U, b: [W, U, b], "four arrays"),
    ],
    "own_embedding": [
        (layers.Embedding, "Keras' own"),
        (PlainTable, "no trainable weights"),
        (lambda words, dimensions: Table(words, dimensions, trainable=False), "no trainable weights"),
        (lambda words, dimensions: Table(words, dimensions, turned=True), "One row a word"),
        (lambda words, dimensions: Table(words, dimensions, how="mean"), "A row for each id"),
        (lambda words, dimensions: Table(words, dimensions, how="twice"), "unchanged"),
        (lambda words, dimensions: Table(words, dimensions, how="stop"), "as it was"),
        (lambda words, dimensions: Table, "Return a layer"),
        (lambda words, dimensions: NoCall(), "no method `call`"),
        (lambda words, dimensions: np.zeros((words, dimensions)), "should give a Keras layer"),
    ],
    "order_model": [
        (lambda: net(layers.GlobalAveragePooling1D(), layers.Dense(16, activation="relu")), "it is a bag"),
        (lambda: net(layers.Flatten(), rate=1e-4), "size of the steps"),
        (lambda: net(layers.SimpleRNN(8), dimensions=16), "at most 1,500"),
        (lambda: net(layers.SimpleRNN(8), compiled=False), "not compiled"),
        (lambda: net(layers.SimpleRNN(8), activation=None), "expected probabilities"),
        (lambda: net(layers.SimpleRNN(8), activation="softmax"), "exactly 1"),
        (lambda: net(layers.SimpleRNN(8, return_sequences=True)), "One number a sentence"),
        (lambda: layers.Embedding(100, 8), "should return a Keras model"),
    ],
}
