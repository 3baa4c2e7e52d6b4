"""Answers to notebook 03's exercises: other right ones, and wrong ones that are not in the check's own table."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers


def built(kind, words, inputs, units, both_ways):
    cell = getattr(layers, kind)(units)
    parts = [layers.Embedding(words, inputs), layers.Bidirectional(cell) if both_ways else cell, layers.Dense(1)]
    return keras.Sequential([keras.Input((None,)), *parts]).count_params()


def needed(window, distance):
    """The closed formula instead of a loop."""
    return int(np.ceil(np.log2(distance / (window - 1) + 1)))


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


def cells_gradient(loss, weights, tiny):
    gradient = np.zeros_like(weights)
    for place in np.ndindex(weights.shape):
        step = np.zeros_like(weights)
        step[place] = tiny
        gradient[place] = (loss(weights + step) - loss(weights - step)) / (2 * tiny)
    return gradient


def in_place(loss, weights):
    weights += 1
    return weights


def keras_state(x, mask, W, U, b):
    layer = layers.SimpleRNN(len(U))
    layer.build(x.shape)
    layer.set_weights([W, U, b])
    return np.asarray(layer(x.astype("float32"), mask=mask))


def by_tape(x, h, new, d_new, W, U):
    variables = [tf.Variable(each) for each in (x, h, W, U, np.arctanh(new) - x @ W - h @ U)]
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.tanh(variables[0] @ variables[2] + variables[1] @ variables[3] + variables[4]) * d_new)
    *gradients, d_rows = tape.gradient(loss, variables)
    return [*map(np.asarray, gradients), np.asarray(d_rows).sum(axis=0)]


def keras_nats(E, lstm_weights, affine_weights, ids, targets):
    layer = layers.LSTM(len(lstm_weights[1]), return_sequences=True)
    layer.build((None, None, E.shape[1]))
    layer.set_weights(lstm_weights)
    logits = np.asarray(layer(E[ids])) @ affine_weights[0] + affine_weights[1]
    return float(keras.losses.SparseCategoricalCrossentropy(from_logits=True)(targets, logits))


RIGHT = {
    "last_shape": [lambda: (32, 2 * 20), lambda: [32, 40], lambda: np.array([32, 40])],
    "parameters": [built, lambda *given: np.int64(built(*given))],
    "layers_needed": [needed, lambda window, distance: float(needed(window, distance))],
    "clipped": [joined_clip, lambda *given: [keras.ops.array(array) for array in joined_clip(*given)]],
    "gru_step": [keras_step, lambda *given: np.array(keras_step(*given)).tolist()],
    "by_differences": [
        lambda loss, w, tiny=1e-5: np.array(
            [(loss(w + tiny * one) - loss(w - tiny * one)) / (2 * tiny) for one in np.eye(w.size).reshape(-1, *w.shape)]
        ).reshape(w.shape),
        lambda loss, w: cells_gradient(loss, w, 1e-6),
    ],
    "last_state": [keras_state, lambda *given: keras_state(*given).tolist()],
    "nats": [keras_nats, lambda *given: np.float32(keras_nats(*given))],
    "step_back": [by_tape, lambda *given: [np.asarray(each).tolist() for each in by_tape(*given)]],
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
    "clipped": {
        "nan, as of 0 / 0.* length of 0": clip_by_division,
        "list of 2 arrays": lambda *given: joined_clip(*given)[0],
        "by the same factor": lambda *given: [2 * gradient for gradient in joined_clip(*given)],
    },
    "gru_step": {
        "old one's shape": lambda x, h, W, U, b: x @ W + h @ U + b,
        "Print z, r": lambda *given: 2 * keras_step(*given),
    },
    "by_differences": {
        "put it back": lambda loss, w: np.ones_like(w),
        "changed its input": in_place,
    },
    "last_state": {
        "Which rows may change": lambda x, mask, W, U, b: 2 * keras_state(x, mask, W, U, b),
        "raised ValueError": lambda x, mask, W, U, b: np.tanh(x @ W + np.zeros((2, 9)) @ U + b),
    },
    "nats": {
        "What goes into each layer": lambda *given: 2 * keras_nats(*given),
        "raised": lambda *given: undefined(*given),  # noqa: F821
    },
    "step_back": {
        "expected five arrays": lambda *given: by_tape(*given)[:4],
        "All five follow": lambda *given: [2 * np.asarray(each) for each in by_tape(*given)],
    },
}
