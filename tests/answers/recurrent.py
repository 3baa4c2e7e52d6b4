"""Answers to notebook 03's exercises, other right ones and typical wrong ones (tests/test_checks.py tries them)."""

import keras
import numpy as np
from keras import layers


def count(kind, words, inputs, units, both_ways, *, biases=2, head=None, embedding=True, directions=None):
    """Count parameters gate by gate, with switches for the mistakes."""
    gates = {"SimpleRNN": 1, "LSTM": 4, "GRU": 3}[kind]
    ways = directions or (2 if both_ways else 1)
    one = sum(units * (inputs + units) + units * (biases if kind == "GRU" else 1) for _ in range(gates))
    head = head if head is not None else (2 if both_ways else 1) * units + 1
    return (words * inputs if embedding else 0) + ways * one + head


def needed(window, distance):
    """The closed formula instead of a loop."""
    return int(np.ceil(np.log2(distance / (window - 1) + 1)))


def loop_mean(vectors, ids):
    rows = []
    for row, tokens in zip(vectors, ids, strict=True):
        kept = [vector for vector, token in zip(row, tokens, strict=True) if token]
        rows.append(np.mean(kept, axis=0) if kept else [0.0] * vectors.shape[2])
    return rows


def keras_mean(vectors, ids):
    mask = ids > 0
    mean = np.array(layers.GlobalAveragePooling1D()(vectors, mask=mask))
    return np.where(mask.any(axis=1)[:, None], mean, 0)


def masked_array_mean(vectors, ids):
    hidden = np.repeat((ids == 0)[..., None], vectors.shape[2], axis=2)
    return np.ma.array(vectors, mask=hidden).mean(axis=1).filled(0)


def joined_clip(gradients, limit):
    length = np.linalg.norm(np.concatenate([np.ravel(each) for each in gradients]))
    return tuple(gradients) if length <= limit else tuple(limit * each / length for each in gradients)


def length_of(gradients):
    return np.sqrt(sum(np.sum(each**2) for each in gradients))


def clip_each(gradients, limit):
    return [each * min(1, limit / max(np.linalg.norm(each), 1e-9)) for each in gradients]


def sigmoid(values):
    return 0.5 * (1 + np.tanh(values / 2))


def step(x, h, W, U, b, *, mix=None, candidate=None, swap=False):
    n = h.shape[1]
    z = sigmoid(x @ W[:, :n] + h @ U[:, :n] + b[:n])
    r = sigmoid(x @ W[:, n : 2 * n] + h @ U[:, n : 2 * n] + b[n : 2 * n])
    z, r = (r, z) if swap else (z, r)
    make = candidate or (lambda x, h, r, W, U, b: np.tanh(x @ W + (r * h) @ U + b))
    new = make(x, h, r, W[:, 2 * n :], U[:, 2 * n :], b[2 * n :])
    return mix(z, h, new) if mix else new + z * (h - new)


def stack(words, units, *, sequences=True, mask=True, end="sigmoid", loss="binary_crossentropy", top=False):
    model = keras.Sequential([keras.Input((None,)), layers.Embedding(words, 4, mask_zero=mask)])
    model.add(layers.LSTM(units, return_sequences=sequences))
    model.add(layers.LSTM(units, return_sequences=top))
    model.add(layers.Dense(1, activation=end))
    if loss:
        model.compile("sgd", loss)
    return model


def reader(*middle, mask=False, outputs=1, length=24, compiled=True, end="sigmoid"):
    end = layers.Dense(outputs, activation=end)
    model = keras.Sequential([keras.Input((length,)), layers.Embedding(10, 8, mask_zero=mask), *middle, end])
    if compiled:
        model.compile(keras.optimizers.RMSprop(1e-2), "binary_crossentropy")
    return model


def stacked_with(**mistake):
    return lambda words, units: stack(words, units, **mistake)


def miscounted(**mistake):
    return lambda *given: count(*given, **mistake)


def misstep(**mistake):
    return lambda *given: step(*given, **mistake)


# For each check: other right answers than the solution (which the notebook itself runs) ...
RIGHT = {
    "last_shape": [lambda: (32, 2 * 20), lambda: [32, 40]],
    "parameters": [lambda *given: np.int64(count(*given))],
    "layers_needed": [needed, lambda window, distance: float(needed(window, distance))],
    "masked_mean": [loop_mean, keras_mean, masked_array_mean],
    "clipped": [joined_clip],
    "gru_step": [step, lambda *given: step(*given).tolist()],
    "stacked_lstm": [stacked_with(loss=keras.losses.BinaryCrossentropy())],
    "turn_reader": [lambda: reader(layers.GRU(16), mask=True)],
}
# ... and wrong ones, each with words of the message it must get.
WRONG = {
    "last_shape": [
        (lambda: (32, 20), "two directions"),
        (lambda: (32, 100, 40), "every step"),
        (lambda: (None, 40), "any size"),
        (lambda: (100, 40), "batch stays first"),
        (lambda: 40, "Expected a tuple"),
        (lambda: None, "returned None"),
    ],
    "parameters": [
        (miscounted(embedding=False), "embedding is missing"),
        (miscounted(biases=1), "two biases"),
        (miscounted(head=0), "head is missing"),
        (miscounted(directions=1), "Both directions"),
        (
            lambda kind, words, inputs, units, both: count(kind, words, inputs, units, both, head=units + 1),
            "head reads",
        ),
        (lambda kind, *rest: count("SimpleRNN", *rest), "How often"),
        (lambda *given: count(*given) - count(*given, head=0), "Count each layer"),
        (lambda *given: str(count(*given)), "whole number"),
    ],
    "layers_needed": [
        (lambda window, distance: -(-distance // (window - 1)), "dilation doubles"),
        (
            lambda window, distance: next(n for n in range(99) if (window - 1) * n * (n + 1) / 2 >= distance),
            "grows by one",
        ),
        (lambda window, distance: int(np.ceil(np.log2(distance / window + 1))), "window - 1"),
        (lambda window, distance: needed(window, max(distance - 1, 0)), "sees itself"),
        (lambda window, distance: needed(window, distance + 1), "one layer more"),
        (lambda window, distance: max(needed(window, distance), 1), "without any"),
        (lambda window, distance: np.log2(distance / (window - 1) + 1) + 0.25, "whole number"),
    ],
    "masked_mean": [
        (lambda vectors, ids: vectors.mean(axis=1), "padding too"),
        (lambda vectors, ids: (vectors * (ids > 0)[..., None]).mean(axis=1), "still divide by all"),
        (lambda vectors, ids: (vectors * (ids > 0)[..., None]).sum(axis=1), "That is the sum"),
        (
            lambda vectors, ids: (vectors * (ids > 0)[..., None]).sum(axis=1) / (ids > 0).sum(axis=1, keepdims=True),
            "became nan",
        ),
        (lambda vectors, ids: vectors[ids > 0].mean(axis=0), "One mean a text"),
        (lambda vectors, ids: (vectors * (ids > 0)).sum(axis=1), "raised ValueError"),
    ],
    "clipped": [
        (clip_each, "one length for all"),
        (lambda gradients, limit: [np.clip(each, -limit, limit) for each in gradients], "direction changed"),
        (
            lambda gradients, limit: [each * limit / max(length_of(gradients), 1e-9) for each in gradients],
            "within the limit",
        ),
        (
            lambda gradients, limit: [
                each / length_of(gradients) * min(length_of(gradients), limit) for each in gradients
            ],
            "became nan",
        ),
        (
            lambda gradients, limit: [each * min(1, limit / max(length_of(gradients), 1) ** 2) for each in gradients],
            "square root",
        ),
        (
            lambda gradients, limit: [each / max(length_of(gradients), 1) for each in gradients],
            "multiply by the limit",
        ),
        (lambda gradients, limit: joined_clip(gradients, limit)[0], "list of 2 arrays"),
    ],
    "gru_step": [
        (misstep(candidate=lambda x, h, r, W, U, b: np.tanh(x @ W + r * (h @ U) + b)), "too late"),
        (misstep(mix=lambda z, h, new: (1 - z) * h + z * new), "OLD state"),
        (misstep(swap=True), "swapped"),
        (misstep(candidate=lambda x, h, r, W, U, b: np.tanh(x @ W + h @ U + b)), "does nothing"),
        (misstep(candidate=lambda x, h, r, W, U, b: x @ W + (r * h) @ U + b), "through tanh"),
        (misstep(mix=lambda z, h, new: new), "candidate alone"),
        (lambda x, h, W, U, b: sigmoid(x @ W + h @ U + b), "old one's shape"),
    ],
    "stacked_lstm": [
        (stacked_with(sequences=False), "Which layer complains"),
        (stacked_with(mask=False), "more zeros"),
        (stacked_with(end="softmax"), "exactly 1"),
        (stacked_with(end=None), "expected probabilities"),
        (stacked_with(top=True), "every step"),
        (stacked_with(loss="mse"), "Which loss"),
        (stacked_with(loss="sparse_categorical_crossentropy"), "Which loss"),
        (stacked_with(loss=None), "not compiled"),
        (lambda words, units: stack, "Keras model"),
        (lambda words, units: stacked_with()(words, 32), "Use the argument `units`"),
        (lambda words, units: stacked_with()(10_000, units), "Use the argument `words`"),
        (lambda words, units: reader(layers.LSTM(units), mask=True), "two LSTM layers"),
    ],
    "turn_reader": [
        (lambda: reader(layers.GlobalAveragePooling1D(), mask=True), "A bag gets"),
        (lambda: reader(layers.Flatten(), layers.Dense(16, activation="relu")), "by heart"),
        (lambda: reader(layers.LSTM(64)), "5,000"),
        (lambda: reader(layers.GRU(16, return_sequences=True)), "one probability a text"),
        (lambda: reader(layers.GRU(16), outputs=2), "one probability a text"),
        (lambda: reader(layers.GRU(16), compiled=False), "not compiled"),
        (lambda: reader(layers.Flatten(), length=12), "fails on ids"),
        (lambda: reader(layers.GRU(16), end="softmax"), "exactly 1"),
        (lambda: reader(layers.GRU(16), end=None), "expected probabilities"),
    ],
}
