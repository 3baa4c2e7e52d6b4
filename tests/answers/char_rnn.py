"""Answers to the exercises on the character model: other right ones, and wrong ones that no check lists itself."""

import re
from functools import partial

import numpy as np
from scipy.special import softmax

from course_utils import sampling
from course_utils.backends import keras
from course_utils.batches import contiguous_batches

layers, ops = keras.layers, keras.ops


def shares(logits):
    return np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)


def chosen(table, ids):
    return table[np.arange(len(ids)), ids]


def nucleus_by_argmax(probabilities, p):
    order = np.argsort(-probabilities)
    kept = order[: np.argmax(np.cumsum(probabilities[order]) >= p) + 1]
    return np.where(np.isin(np.arange(len(order)), kept), probabilities, 0) / probabilities[kept].sum()


def strips_of_all(ids, rows, steps):
    """Another right way: strips as long as they can be, their ends left out."""
    long = (len(ids) - 1) // rows
    starts = [row * long + start for start in range(0, long - steps + 1, steps) for row in range(rows)]
    return [[ids[start + shift : start + shift + steps].tolist() for start in starts] for shift in (0, 1)]


def cut(ids, rows, steps, *, after=1, swap=True):
    batches = (len(ids) - after) // (rows * steps)
    parts = (ids[shift : shift + batches * rows * steps].reshape(rows, batches, steps) for shift in (0, 1))
    return [(part.swapaxes(0, 1) if swap else part).reshape(-1, steps) for part in parts]


def windows(ids, rows, steps):
    return [np.lib.stride_tricks.sliding_window_view(ids, steps + 1)[:, shift : steps + shift] for shift in (0, 1)]


def changed_batches(change):
    return lambda ids, rows, steps: change(*contiguous_batches(ids, rows, steps))


def wb_by_regex(text, history, character, shorter, quote=re.escape):
    found = re.findall(f"(?<={quote(history)}).", text, re.DOTALL if quote is re.escape else 0)
    return (found.count(character) + len(set(found)) * shorter) / (len(found) + len(set(found))) if found else shorter


def write(step, prompt, length, *, read=list, carry=True, most=None):
    written, state = [], None
    for index in read(prompt):
        logits, state = step(index, state)
    while len(written) < (most or length):
        written.append(np.argmax(logits))
        logits, new = step(written[-1], state)
        state = new if carry else state
    return written


def write_again(step, prompt, length, *, forget=True, since=0):
    written, state = [], None
    for _ in range(length):
        state = None if forget else state
        for index in (prompt + written)[since:]:
            logits, state = step(index, state)
        written.append(int(np.argmax(logits)))
    return written


gru = partial(layers.GRU, 24, return_sequences=True, stateful=True)
simple_rnn = partial(layers.SimpleRNN, 32, return_sequences=True, stateful=True)


def model_with(layer=gru, *, outputs=6, activation=None, loss=True, rate=0.01, rows=None, steps=0):
    def carrying_model(batch_size):
        ids = keras.Input(batch_shape=(rows or batch_size, None), dtype="int32")
        hidden = layer()(layers.Embedding(6, 8)(ids))
        model = keras.Model(ids, layers.Dense(outputs, activation=activation)(hidden))
        from_logits = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        if rate:
            model.compile(keras.optimizers.Adam(rate), from_logits if loss is True else loss)
            model.optimizer.iterations.assign(steps)
        return model

    return carrying_model


CROSSENTROPY = "sparse_categorical_crossentropy"
RIGHT = {
    "bits_and_perplexity": [lambda: [2, 4], lambda: np.array([2.0, 2**2.0])],
    "mean_nats": [lambda x, ids: ops.mean(keras.losses.sparse_categorical_crossentropy(ids, x, from_logits=True))],
    "soften": [lambda x, t: sampling.probabilities(sampling.with_temperature(x, t)), lambda x, t: ops.softmax(x / t)],
    "nucleus": [lambda given, p: sampling.probabilities(sampling.top_p(np.log(given), p)).tolist()],
    "follow_on": [cut, strips_of_all],
    "witten_bell": [wb_by_regex],
    "write_on": [write, lambda *given: np.array(write(*given))],
    "carrying_model": [model_with(simple_rnn, activation="softmax", loss=CROSSENTROPY)],
}
WRONG = {
    "bits_and_perplexity": {"expected the shape": lambda: 2, "bits come first": lambda: (4, 2)},
    "mean_nats": {
        "log of 0 infinite": lambda x, ids: -np.log(chosen(shares(x), ids)).mean(),
        "log of 0": lambda x, ids: -np.log(chosen(softmax(x, axis=-1), ids)).mean(),
        "Softmax along the vocabulary": lambda logits, ids: -np.log(chosen(logits, ids)).mean(),
        "each row's own": lambda x, ids: (chosen(x.max() - x, ids) + np.log(np.exp(x - x.max()).sum(axis=1))).mean(),
    },
    "soften": {
        "too large for a float": lambda logits, temperature: shares(logits / temperature),
        "each row's own": lambda logits, temperature: shares((logits - logits.max()) / temperature),
        "Probabilities to such a power": lambda x, temperature: shares(np.log(softmax(x, axis=-1)) / temperature),
    },
    "nucleus": {"rounding": nucleus_by_argmax},
    "follow_on": {
        r"x \[\[\[0, 1, 2, 3\], \[4, 5, 6, 7\]\], \[\[8, .* should go on where": partial(cut, swap=False),
        "x and y are the same": changed_batches(lambda x, y: (x, x)),
        "outside the row": changed_batches(lambda x, y: (x, np.roll(x, -1, axis=1))),
        "has shape": windows,
        "how many inputs can there be": partial(cut, after=0),
        "Take the ids": lambda ids, *sizes: contiguous_batches(np.arange(len(ids)), *sizes),
        "whole numbers": changed_batches(lambda x, y: (x * 1.0, y * 1.0)),
        "two arrays": changed_batches(lambda x, y: x),
        "exchanged": changed_batches(lambda x, y: (y, x)),
        "a run of the text": changed_batches(lambda x, y: (x[:, ::-1], y[:, ::-1])),
        "shown twice": changed_batches(lambda *pair: [np.repeat(part[::2], 2, axis=0) for part in pair]),
        "where the text begins": lambda ids, rows, steps: contiguous_batches(ids[1:], rows, steps),
    },
    "witten_bell": {
        "letter for letter": [lambda text, *x: wb_by_regex(text.lower(), *x), partial(wb_by_regex, quote=str)],
    },
    "write_on": {
        "expected .*[(]8,[)].* Where does the return stand": [partial(write, most=1), lambda *given: 3],
        "step read 3, 1, 4, 3, 1, 4.* Each id has to be read once": partial(write_again, forget=False),
        "don't read again": write_again,
        "needs the state": [partial(write_again, since=-1), partial(write, carry=False)],
        "read the whole prompt first": partial(write, read=lambda prompt: prompt[-1:]),
        "step read nothing": lambda step, prompt, length: [0] * length,
        "read twice": partial(write, read=lambda prompt: [*prompt, prompt[-1]]),
        "without the prompt": lambda step, prompt, length: prompt + write(step, prompt, length),
        "TypeError: int.. argument": lambda step, prompt, length: step(prompt, None)[0],
        "changed its input": lambda step, prompt, n: prompt.extend(write(step, prompt, n)) or prompt[-n:],
    },
    "carrying_model": {
        "forgets between batches": model_with(partial(gru, stateful=False)),
        "forgets": model_with(partial(layers.Dense, 24, activation="relu")),
        "looks ahead": model_with(lambda: layers.Bidirectional(gru())),
        "after each step": model_with(partial(gru, return_sequences=False)),
        "six characters": model_with(outputs=4),
        "from_logits": [model_with(loss=CROSSENTROPY), model_with(activation="softmax")],
        "far too small": model_with(rate=1e-5),
        "large enough": model_with(rate=1e-3),
        "Use the argument": model_with(rows=32),
        "trained already": model_with(steps=40),
        "not compiled": model_with(rate=None),
        "Keras model": lambda batch_size: "GRU",
    },
}
