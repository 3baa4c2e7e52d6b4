"""Answers to notebook 03's exercises: other right ones, and wrong ones that are not in the check's own table."""

from functools import partial

import keras
import numpy as np
from keras import layers


def built(kind, words, inputs, units, both_ways):
    cell = getattr(layers, kind)(units)
    parts = [layers.Embedding(words, inputs), layers.Bidirectional(cell) if both_ways else cell, layers.Dense(1)]
    return keras.Sequential([keras.Input((None,)), *parts]).count_params()


def needed(window, distance):
    """The closed formula instead of a loop."""
    return int(np.ceil(np.log2(distance / (window - 1) + 1)))


def loop_mean(vectors, ids):
    return [np.sum(row[kept], axis=0) / max(1, kept.sum()) for row, kept in zip(vectors, ids != 0, strict=True)]


def keras_mean(vectors, ids):
    mask = ids > 0
    return np.where(mask.any(axis=1)[:, None], layers.GlobalAveragePooling1D()(vectors, mask=mask), 0)


def masked_array_mean(vectors, ids):
    hidden = np.repeat((ids == 0)[..., None], vectors.shape[2], axis=2)
    return np.ma.array(vectors, mask=hidden).mean(axis=1).filled(0)


def joined_clip(gradients, limit):
    length = np.linalg.norm(np.concatenate([np.ravel(gradient) for gradient in gradients]))
    return tuple(gradients) if length <= limit else tuple(limit * gradient / length for gradient in gradients)


def clip_by_division(gradients, limit):
    length = np.sqrt(sum(np.sum(gradient**2) for gradient in gradients))
    return [gradient / length * min(length, limit) for gradient in gradients]


def keras_step(x, h, W, U, b):
    cell = layers.GRUCell(h.shape[1], reset_after=False)
    cell.build(x.shape)
    cell.set_weights([W, U, b])
    return cell(x.astype("float32"), [h.astype("float32")])[0]


def stack(sequences=True, mask=True, end="sigmoid", loss="binary_crossentropy", top=False, words=None, units=None):
    def stacked_lstm(given_words, given_units):
        size = units or given_units
        lstms = [layers.LSTM(size, return_sequences=every) for every in (sequences, top)]
        parts = [layers.Embedding(words or given_words, 4, mask_zero=mask), *lstms, layers.Dense(1, activation=end)]
        model = keras.Sequential([keras.Input((None,)), *parts])
        if loss:
            model.compile("sgd", loss)
        return model

    return stacked_lstm


def reader(*middle, mask=False, outputs=1, length=24, compiled=True, end="sigmoid", rate=1e-2):
    def turn_reader(*_):
        parts = [layers.Embedding(10, 8, mask_zero=mask), *(make() for make in middle)]
        model = keras.Sequential([keras.Input((length,)), *parts, layers.Dense(outputs, activation=end)])
        if compiled:
            model.compile(keras.optimizers.RMSprop(rate), "binary_crossentropy")
        return model

    return turn_reader


GRU = partial(layers.GRU, 16)


RIGHT = {
    "last_shape": [lambda: (32, 2 * 20), lambda: [32, 40], lambda: np.array([32, 40])],
    "parameters": [built, lambda *given: np.int64(built(*given))],
    "layers_needed": [needed, lambda window, distance: float(needed(window, distance))],
    "masked_mean": [loop_mean, keras_mean, masked_array_mean],
    "clipped": [joined_clip, lambda *given: [keras.ops.array(array) for array in joined_clip(*given)]],
    "gru_step": [keras_step, lambda *given: np.array(keras_step(*given)).tolist()],
    "stacked_lstm": [stack(), stack(loss=keras.losses.BinaryCrossentropy())],
    "turn_reader": [reader(GRU, mask=True)],
}
WRONG = {
    "last_shape": {
        "batch stays first": [lambda: (100, 40), lambda: (32, 20, 2)],
    },
    "parameters": {
        "Count each layer": lambda *given: built(*given) + 7,
        "which is not right": lambda *given: str(built(*given)),
    },
    "layers_needed": {
        "which is not right": lambda window, distance: np.log2(distance / (window - 1) + 1) + 0.25,
        "reaches there": lambda window, distance: needed(window, distance) + 3,
    },
    "masked_mean": {
        "raised ValueError": lambda vectors, ids: (vectors * (ids > 0)).sum(axis=1),
        "How many real tokens": lambda vectors, ids: 2 * keras_mean(vectors, ids),
    },
    "clipped": {
        "nan, as of 0 / 0.* length of 0": clip_by_division,
        "list of 2 arrays": lambda *given: joined_clip(*given)[0],
        "by the same factor": lambda *given: [2 * gradient for gradient in joined_clip(*given)],
    },
    "gru_step": {
        "old one's shape": lambda x, h, W, U, b: x @ W + h @ U + b,
        "Print z, r": lambda *given: 2 * keras_step(*given),
    },
    "stacked_lstm": {
        "Which layer complains": stack(sequences=False),
        "more zeros": stack(mask=False),
        "exactly 1": stack(end="softmax"),
        "expected probabilities": stack(end=None),
        "every step": stack(top=True),
        "Which loss": [stack(loss="mse"), stack(loss="sparse_categorical_crossentropy")],
        "not compiled": stack(loss=None),
        "Use the argument `units`": stack(units=32),
        "Use the argument `words`": stack(words=10_000),
        "two LSTM layers": reader(partial(layers.LSTM, 6), mask=True),
    },
    "turn_reader": {
        "A bag gets": reader(layers.GlobalAveragePooling1D, mask=True),
        "by heart": reader(layers.Flatten, partial(layers.Dense, 16, activation="relu")),
        "5,000": reader(partial(layers.LSTM, 64)),
        "one probability per text": [reader(partial(GRU, return_sequences=True)), reader(GRU, outputs=2)],
        "not compiled": reader(GRU, compiled=False),
        "fails on ids": reader(layers.Flatten, length=12),
        "exactly 1": reader(GRU, end="softmax"),
        "expected probabilities": reader(GRU, end=None),
    },
}
