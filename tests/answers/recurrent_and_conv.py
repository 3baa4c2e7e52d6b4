"""Answers to notebook 04's exercises: other right ones, and wrong ones that are not in the check's own table."""

from functools import partial

import keras
import numpy as np
from keras import layers


def loop_mean(vectors, ids):
    return [np.sum(row[kept], axis=0) / max(1, kept.sum()) for row, kept in zip(vectors, ids != 0, strict=True)]


def keras_mean(vectors, ids):
    mask = ids > 0
    return np.where(mask.any(axis=1)[:, None], layers.GlobalAveragePooling1D()(vectors, mask=mask), 0)


def masked_array_mean(vectors, ids):
    hidden = np.repeat((ids == 0)[..., None], vectors.shape[2], axis=2)
    return np.ma.array(vectors, mask=hidden).mean(axis=1).filled(0)


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
    "masked_mean": [loop_mean, keras_mean, masked_array_mean],
    "stacked_lstm": [stack(), stack(loss=keras.losses.BinaryCrossentropy())],
    "turn_reader": [reader(GRU, mask=True)],
}
WRONG = {
    "masked_mean": {
        "raised ValueError": lambda vectors, ids: (vectors * (ids > 0)).sum(axis=1),
        "How many real tokens": lambda vectors, ids: 2 * keras_mean(vectors, ids),
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
