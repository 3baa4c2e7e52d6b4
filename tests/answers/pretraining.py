"""Answers to notebook 08's exercises: other right ones, and wrong ones that are not in the check's own table."""

import keras
import numpy as np
import pandas as pd
from sklearn.naive_bayes import MultinomialNB


def by_bayes(counts, labels, alpha=1.0, *, own=1.0):
    """Naive Bayes has these shares inside."""
    negative, positive = MultinomialNB(alpha=alpha).fit(counts, labels).feature_log_prob_
    return positive - own * negative


def convolved(ids, tables, bias, padding="valid"):
    """Keras' convolution, over real one-hot vectors."""
    one_hot = keras.ops.one_hot(ids[None], tables.shape[1])
    layer = keras.layers.Conv1D(tables.shape[2], len(tables), padding=padding, activation="relu")
    layer.build(one_hot.shape)
    layer.set_weights([tables, bias])
    return keras.ops.max(layer(one_hot)[0], axis=0)


def pooled(states, mask):
    rows = [row[real] for row, real in zip(states, mask, strict=True)]
    return [[*row.mean(axis=0), *row.max(axis=0)] for row in rows]


def reindexed(old_words, old_vectors, new_words):
    frame = pd.DataFrame(old_vectors, index=old_words)
    return frame.reindex(new_words).fillna(frame.mean())


def interpolated(step, steps, top, cut=0.1, ratio=32, *, late=0):
    low = top / ratio
    return np.interp(step, [0, np.floor(steps * cut) + late, steps], [low, top, low])


def by_keras(table, memory, ids, gradients, rate, *, kind=keras.optimizers.Adagrad):
    """A gradient with a row for every word: Adagrad leaves the rows alone in which it is 0."""
    optimizer, variable = kind(rate), keras.Variable(table)
    optimizer.build([variable])
    slot = optimizer.variables[-1]
    slot.assign(memory)
    optimizer.apply([keras.ops.segment_sum(gradients[ids.argsort()], np.sort(ids), len(table))], [variable])
    return [keras.ops.convert_to_numpy(part + 0) for part in (variable, slot)]


def most_even(first, second, labels):
    def key(tenths):
        right = np.count_nonzero(((tenths * first + (10 - tenths) * second) / 10 > 0.5) == labels)
        return right, -abs(tenths - 5)

    return max(range(11), key=key) / 10


def counted(first, second):
    table = np.histogram2d(~first, ~second, bins=2, range=[[0, 1], [0, 1]])[0] / len(first)
    return [table.tolist(), sum(table[0]) + table[1, 0]]


RIGHT = {
    "log_ratio": [by_bayes, lambda *given: by_bayes(*given).tolist()],
    "region_scores": [convolved],
    "pool": [pooled, lambda *given: np.float32(pooled(*given))],
    "move_vectors": [reindexed, lambda *given: reindexed(*given).to_numpy().tolist()],
    "rate_at": [interpolated, lambda *given: np.float32(interpolated(*given))],
    "sparse_adagrad": [by_keras],
    "best_weight": [most_even],
    "who_is_right": [counted],
}
WRONG = {
    "log_ratio": {"How large is": [lambda *x: by_bayes(*x) / np.log(2), lambda *x: by_bayes(*x, own=0)]},
    "region_scores": {
        "Follow one region": [lambda *x: convolved(*x, padding="same"), lambda *x: convolved(*x[:2], 0 * x[2])]
    },
    "pool": {
        r"expected the shape \(3, 6\)": lambda states, mask: np.reshape(pooled(states, mask), (len(mask), 2, -1)),
        "Which steps are real": lambda *given: np.abs(pooled(*given)),
    },
    "move_vectors": {
        "expected the shape": lambda old, vectors, words: np.stack([vectors[old.index(w)] for w in words if w in old]),
        "Where is it from": lambda old, vectors, words: np.tile(vectors.mean(axis=0), (len(words), 1)),
        "raised ValueError.*one row": lambda old, vectors, words: np.stack([vectors[old.index(w)] for w in words]),
    },
    "rate_at": {
        "at step 0": [
            lambda *given: interpolated(*given, late=1),
            lambda step, steps, *more: interpolated(steps - step, steps, *more),
        ],
    },
    "sparse_adagrad": {
        "Follow one row": [
            lambda *x: by_keras(*x, kind=keras.optimizers.RMSprop),
            lambda *x: by_keras(*x[:-1], -x[-1]),
        ],
        "changed its input": lambda table, memory, *given: (table.__isub__(1), memory),
    },
    "best_weight": {
        "How accurate is": [
            lambda *given: 0.5,
            lambda *given: 10 * most_even(*given),
            lambda p, q, labels: np.log(np.abs(np.linspace(q, p, 11) + labels - 1)).mean(axis=1).argmax() / 10,
        ],
    },
    "who_is_right": {
        "then the referee": [
            lambda *given: counted(*given)[::-1],
            lambda *given: (counted(*given)[0], 100 * counted(*given)[1]),
            lambda first, second: counted(~first, ~second),
        ],
    },
}
