"""Answers to notebook 07's exercises: other right ones, and wrong ones that are not in the check's own table."""

import math

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from keras import layers

from course_utils import cells


def ids_by_sorting(train, text, most, split=str.splitlines):
    """Sorting leaves equally frequent words in the order of the text."""
    words, read = ([w for line in split(part) for w in [*line.split(), "<eos>"]] for part in (train, text))
    vocabulary = ["<unk>", *sorted(dict.fromkeys(words), key=lambda word: -words.count(word))[:most]]
    return np.array(vocabulary), np.array([vocabulary.index(word) if word in vocabulary else 0 for word in read])


def perplexity_by_loop(probabilities):
    if min(probabilities) == 0:
        return math.inf
    return math.exp(math.fsum(-math.log(p) for p in probabilities) / len(probabilities))


def characters_to_words(nats, text):
    return math.exp(nats) ** (len(text) / sum(len(line.split()) + 1 for line in text.splitlines()))


def by_sets(ids, V):
    return [len(set(ids[:-1][ids[1:] == word])) if word in ids else 0 for word in range(V)]


def by_pandas(ids, V):
    pairs = pd.DataFrame({"before": ids[:-1], "word": ids[1:]})
    return pairs.groupby("word")["before"].nunique().reindex(range(V), fill_value=0)


def sampled(hidden, vectors, bias, target, drawn, expected, *, own=0.0, full=False):
    """As the notebook does it: the target among those drawn gets a logit of almost minus infinity."""
    logits = vectors @ hidden + bias
    right = logits[target] - own * np.log(expected[target])
    others = np.where(drawn == target, -1e9, (logits - np.log(expected))[drawn])
    others = np.delete(logits, target) if full else others
    return np.logaddexp.reduce([right, *others]) - right


def sampled_by_keras(hidden, vectors, bias, target, drawn, expected):
    words = [target, *(word for word in drawn if word != target)]
    logits = (vectors @ hidden + bias)[words] - np.log([1.0, *expected[words[1:]]])
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)(np.array([0]), logits[None])


def sampled_naive(hidden, vectors, bias, target, drawn, expected):
    raised = np.exp(vectors @ hidden + bias)
    return -np.log(raised[target] / (raised[target] + (raised / expected)[drawn[drawn != target]].sum()))


def counted(V, units, depth, tied, **options):
    lstm, output = layers.LSTM(units, **options), layers.Dense(V)
    lstm.build((None, None, units))
    output.build((None, units))
    return output.count_params() + depth * lstm.count_params() + (not tied) * V * units


def better_by_tape(E, lstm_weights, bias, batches, test, rate, drop):
    """Keras' LSTM and TensorFlow's gradients, with one variable for both jobs."""
    lstm = layers.LSTM(len(lstm_weights[1]), return_sequences=True, stateful=True)
    lstm.build((*test[0].shape, E.shape[1]))
    lstm.set_weights(lstm_weights)
    E, bias = tf.Variable(E.astype("float32")), tf.Variable(bias.astype("float32"))
    variables = [E, bias, *(weight.value for weight in lstm.trainable_variables)]

    def nats(ids, targets, drop):
        hidden = tf.nn.dropout(lstm(tf.nn.dropout(tf.gather(E, ids), drop)), drop)
        logits = tf.einsum("btu,vu->btv", hidden, E) + bias
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits))

    for ids, targets in batches:
        with tf.GradientTape() as tape:
            loss = nats(ids, targets, drop)
        for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True):
            variable.assign_sub(rate * tf.convert_to_tensor(gradient))
    lstm.reset_state()
    return float(nats(*test, 0.0))


def better(E, lstm_weights, bias, batches, test, rate, drop, *, times=1, copy=False, on=(True, False), reset="test",
           without=None):  # fmt: skip
    """The listing, with some of its mistakes and others."""
    E, bias, *lstm_weights = (weights.copy() for weights in (E, bias, *lstm_weights))
    embedding, lstm = cells.Embedding(E), cells.LSTM(*lstm_weights, stateful=reset != "all")
    affine, loss = cells.Affine(E.T.copy() if copy else E.T, bias), cells.SoftmaxLoss()
    below, above = cells.Dropout(drop, seed=1), cells.Dropout(drop, seed=2)
    for ids, targets in [*batches, test]:
        last = ids is test[0]
        lstm.state = None if last and reset == "test" else lstm.state
        vectors = below.forward(embedding.forward(ids), training=on[last])
        hidden = above.forward([lstm.forward(vectors) for _ in range(times)][-1], training=on[last])
        nats = loss.forward(affine.forward(hidden), targets)
        embedding.backward(below.backward(lstm.backward(above.backward(affine.backward(loss.backward())))[0]))
        for layer in (embedding, lstm, affine):
            for weights, gradient in zip(layer.weights, layer.grads, strict=True):
                weights -= rate * gradient * (type(layer).__name__ != without)
    return nats


def bets(hidden, targets, theta, size, V, *, largest=True, share=True, first=0.0):
    """All positions at once, with a score of minus infinity for those that a position must not see."""
    back = np.subtract.outer(np.arange(len(targets)), np.arange(len(targets)))
    scores = np.where((back > 0) & (back <= size), theta * hidden @ hidden.T, -np.inf)
    scores[0] = 0
    weights = np.exp(scores - largest * scores.max(axis=1, keepdims=True))
    weights = weights / weights.sum(axis=1, keepdims=True) if share else weights
    weights[0] = first
    return weights @ np.eye(V)[targets]


RIGHT = {
    "word_ids": [ids_by_sorting, lambda *given: list(map(list, ids_by_sorting(*given)))],
    "perplexity": [perplexity_by_loop, lambda p: np.float32(perplexity_by_loop(p))],
    "per_word": [characters_to_words, lambda *given: np.float32(characters_to_words(*given))],
    "words_before": [by_sets, by_pandas],
    "sampled_nats": [sampled, sampled_by_keras],
    "parameters": [counted, lambda *given: np.int64(counted(*given))],
    "better_nats": [better_by_tape, better],
    "cache_bets": [bets, lambda *given: bets(*given).tolist()],
}
WRONG = {
    "word_ids": {
        "First <unk>, then": [
            lambda *given: ids_by_sorting(*given, split=lambda part: part.split("\n")),
            lambda train, text, most: ids_by_sorting(train, text, most - 1),
            lambda train, text, most: ids_by_sorting(train, text, 999),
            lambda *given: (ids_by_sorting(*given)[0][1:], ids_by_sorting(*given)[1] - 1),
        ],
        "expected a tuple": lambda *given: dict(enumerate(ids_by_sorting(*given)[0])),
    },
    "perplexity": {
        "mean of -log p": [
            lambda p: 1 / p.mean(),
            lambda p: np.exp(-np.log(p).sum()),
            lambda p: np.exp(np.log(p).mean()),
            lambda p: np.exp(-np.log(p + 1e-12).mean()),
        ],
        "divide by zero.* inf is right": lambda p: np.exp(-np.log(p).mean()),
    },
    "per_word": {
        "Share out the total": [
            lambda nats, text: np.exp(nats * len("".join(text.split())) / (len(text.split()) + text.count("\n"))),
            lambda nats, text: np.exp(nats * len(text) / (len(text.split()) + len(text.split("\n")))),
            lambda nats, text: 2 ** math.log(characters_to_words(nats, text)),
            lambda nats, text: np.exp(nats) * math.log(characters_to_words(1, text)),
        ],
    },
    "words_before": {
        "Mind the int32": [
            lambda ids, V: np.bincount(np.unique(ids[:-1] * np.int32(V) + ids[1:]) % V, minlength=V),
            lambda ids, V: np.array(by_sets(ids, V)) - np.isin(np.arange(V), ids[1:][ids[1:] == ids[:-1]]),
            lambda ids, V: np.bincount(ids, minlength=V),
        ],
    },
    "sampled_nats": {
        "Which logits compete": [
            lambda *given: sampled(*given, full=True),
            lambda hidden, vectors, bias, *more: sampled(hidden, vectors, 0 * bias, *more),
        ],
        "taken off its logit": lambda *given: sampled(*given, own=1.0),
        "too large for exp": sampled_naive,
    },
    "parameters": {
        "Count each layer alone": [
            lambda *given: counted(*given, use_bias=False),
            lambda V, units, depth, tied: counted(V, units, depth, tied) + depth * 4 * units,
            lambda V, units, depth, tied: counted(V, units, depth, tied) - depth * 4 * units**2,
        ],
    },
    "better_nats": {
        "NameError: name 'embeding' is not defined": lambda *given: embeding.forward(given[4]),  # noqa: F821
        "How often does it run": lambda *given: better(*given, times=2, copy=True, on=(True, True), reset=""),
        "What should dropout do": lambda *given: better(*given, copy=True, on=(True, True), reset=""),
        "With which state": lambda *given: better(*given, copy=True, reset=""),
        "Which weights does a step change": [
            lambda *given: better(*given, reset="all"),
            lambda *given: better(*given, without="Embedding"),
            lambda *given: better(*given, without="Affine"),
        ],
        "changes nothing in training": lambda *given: better(*given, on=(False, False)),
    },
    "cache_bets": {
        "with what share": [
            lambda hidden, targets, theta, size, V: bets(hidden, targets, theta, size - 1, V),
            lambda hidden, targets, theta, size, V: bets(hidden, targets, 1, size, V),
            lambda hidden, targets, *more: bets(hidden, np.roll(targets, 1), *more),
            lambda *given: bets(*given, share=False),
            lambda *given: bets(*given, first=0.1),
        ],
        "nan.* too large for exp": lambda *given: bets(*given, largest=False),
    },
}
