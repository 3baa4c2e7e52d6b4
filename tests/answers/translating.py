"""Answers to notebook 05's exercises, other right ones and typical wrong ones (tests/test_checks.py tries them)."""

import keras
import numpy as np
from keras import layers, ops

from course_utils import seq2seq

CHARACTERS = "+0123456789"


def ids_by_the_helpers():
    before, after = seq2seq.teacher_forcing(seq2seq.encode(["907"], CHARACTERS, 4))
    return before[0], after[0]


def shapes_by_keras():
    outputs, *state = layers.LSTM(64, return_sequences=True, return_state=True)(np.zeros((50, 9, 32)))
    decoded = layers.LSTM(64, return_sequences=True)(np.zeros((50, 6, 32)), initial_state=state)
    context, weights = layers.AdditiveAttention()([decoded, outputs], return_attention_scores=True)
    hidden = ops.concatenate([decoded, context], axis=-1)
    found = {"outputs": outputs, "c": state[1], "weights": weights, "hidden": hidden}
    return {name: tuple(each.shape) for name, each in (found | {"logits": layers.Dense(14)(hidden)}).items()}


def shapes(**changed):
    return lambda: shapes_by_keras() | changed


def steps_by_counting(place, length, written, reverse):
    steps, at = written, place
    while at != (1 if reverse else length):
        steps, at = steps + 1, at - 1 if reverse else at + 1
    return steps


def share_row_by_row(expected, answers):
    return np.mean([np.array_equal(e[e != 0], a[e != 0]) for e, a in zip(expected, answers, strict=True)])


def share_by_texts(expected, answers):
    both = (seq2seq.decode(each, "abcdefghijk") for each in (expected, answers))
    ends = [2 in a[: (e != 0).sum()] for e, a in zip(expected, answers, strict=True)]
    return sum(e == a and end for e, a, end in zip(*both, ends, strict=True)) / len(expected)


def share(decide):
    return lambda expected, answers: np.mean(decide(expected, answers))


def characters_share(expected, answers):
    return (expected == answers)[expected != 0].mean()


def characters_losses(y, logits):
    return ops.convert_to_numpy(ops.log(ops.softmax(logits))), y != 0


def loss_by_loops(y, logits):
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    found = [-np.log(probabilities[b, t, y[b, t]]) for b, t in np.ndindex(y.shape) if y[b, t] != 0]
    return sum(found) / len(found)


def loss_by_ops(y, logits):
    there = ops.cast(ops.not_equal(y, 0), "float32")
    chosen = ops.sum(ops.one_hot(y, logits.shape[-1]) * ops.log_softmax(logits, axis=-1), axis=-1)
    return -ops.sum(chosen * there) / ops.sum(there)


def each_loss(y, logits):
    return -np.take_along_axis(np.asarray(ops.log_softmax(logits, axis=-1)), y[:, :, None], axis=-1)[:, :, 0]


def each_answers_mean(y, logits):
    losses = each_loss(y, logits)
    return np.mean([row[ids != 0].mean() for row, ids in zip(losses, y, strict=True)])


def logarithm_of_logits(y, logits):
    with np.errstate(invalid="ignore"):
        return -np.log(np.take_along_axis(logits, y[:, :, None], axis=-1)[:, :, 0])[y != 0].mean()


def attend(query, keys, values, mask, axis=-1, low=-np.inf, scale=1.0, after=None):
    """Dot attention in NumPy, with places where it can go wrong."""
    scores = np.einsum("bqu,bku->bqk", query, keys) * scale
    if low is not None:
        scores = np.where(mask[:, None, :], scores, low)
    weights = np.exp(scores) / np.exp(scores).sum(axis=axis, keepdims=True)
    weights = weights * mask[:, None] if after else weights
    return weights @ values, weights


def attend_by_keras(query, keys, values, mask):
    return keras.layers.Attention()([query, values, keys], mask=[None, mask], return_attention_scores=True)


def context_of_keys(query, keys, values, mask):
    return attend(query, keys, keys, mask)


def exchanged(query, keys, values, mask):
    context, weights = attend(query, keys, values, mask)
    return context, weights.swapaxes(1, 2)


def write(step, memory, rows, most, start=1, carry=True, feed=True, over_at_end=True, keep_end=True, together=False):
    """Write greedily for a batch, with places where it can go wrong."""
    last, over, written = np.full((rows, 1), start), np.zeros((rows, 1), bool), []
    for _ in range(most):
        logits, then = step(last, memory)
        memory = then if carry else memory
        new = np.where(over, 0, logits.argmax(-1))
        if over_at_end:
            over = over | ((new == 2).any() if together else (new == 2))
        written.append(new if keep_end else np.where(new == 2, 0, new))
        last = new if feed else last
    return np.concatenate(written, axis=1)


def wrong_writer(**options):
    return lambda step, memory, rows, most: write(step, memory, rows, most, **options)


def write_until_one_ends(step, memory, rows, most):
    last, written = np.full((rows, 1), 1), []
    for _ in range(most):
        logits, memory = step(last, memory)
        last = logits.argmax(-1)
        written.append(last)
        if (last == 2).any():
            break
    return np.concatenate(written, axis=1)


def write_then_cut(step, memory, rows, most):
    written = write(step, memory, rows, most, over_at_end=False).tolist()
    return [
        (row[: row.index(2) + 1] if 2 in row else row) + [0] * (most - row.index(2) - 1 if 2 in row else 0)
        for row in written
    ]


def as_row(step, memory, rows, most):
    return step(np.full(rows, 1), memory)


def translator(
    symbols, encoder="reversed", decoder="lstm", loss=True, activation=None, every=True, units=64, rate=0.02
):
    """Build a translator of short dates in one of several ways, right and wrong."""
    source, before = keras.Input((7,), dtype="int32"), keras.Input((6,), dtype="int32")
    vectors, read = layers.Embedding(symbols, 24)(source), layers.Embedding(symbols, 24)(before)
    state = None
    if encoder == "reversed":
        state = layers.LSTM(units, return_state=True, go_backwards=True)(vectors)[1:]
    elif encoder == "bag":
        mean = layers.GlobalAveragePooling1D()(vectors)
        state = [layers.Dense(units, activation="tanh")(mean), layers.Dense(units)(mean)]
    if decoder == "both ways":
        hidden = layers.Bidirectional(layers.LSTM(units, return_sequences=True))(read, initial_state=[*state, *state])
    else:
        hidden = layers.LSTM(units, return_sequences=every)(read, initial_state=state)
    model = keras.Model([source, before], layers.Dense(symbols, activation=activation)(hidden))
    if loss:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=0) if loss is True else loss
        model.compile(keras.optimizers.Adam(rate), loss)
    return model


def wrong_translator(**options):
    return lambda symbols: translator(symbols, **options)


# For each check: other right answers than the solution (which the notebook itself runs) ...
RIGHT = {
    "forced_ids": [ids_by_the_helpers, lambda: np.array([[1, 13, 4, 11, 0], [13, 4, 11, 2, 0]])],
    "translator_shapes": [shapes_by_keras, lambda: {key: list(each) for key, each in shapes_by_keras().items()}],
    "steps_between": [steps_by_counting, lambda p, n, w, r: np.float64(w + abs((1 if r else n) - p))],
    "exact_share": [share_row_by_row, share_by_texts, lambda e, a: ops.mean(seq2seq.exact_match(e, np.eye(14)[a]))],
    "masked_loss": [loss_by_loops, loss_by_ops],
    "dot_attention": [attend, attend_by_keras, lambda *inputs: [each.tolist() for each in attend(*inputs)]],
    "write_batch": [write, write_then_cut],
    "date_translator": [translator],
}
# ... and wrong ones, each with words of the message it must get.
WRONG = {
    "forced_ids": [
        (lambda: ([1, 12, 3, 10, 0], [12, 3, 10, 2, 0]), "one too small"),
        (lambda: ([1, 13, 4, 11, 0], [13, 4, 11, 0, 2]), "padding stands before the end mark"),
        (lambda: ([13, 4, 11, 2, 0], [1, 13, 4, 11, 0]), "exchanged"),
        (lambda: ([1, 13, 4, 11, 2], [13, 4, 11, 2, 0]), "anything left to answer"),
        (lambda: ([1, 13, 4, 11, 0], [13, 4, 11, 0, 0]), "end mark is missing"),
        (lambda: ([1, 13, 4, 11], [13, 4, 11, 2]), "four places becomes five"),
        (lambda: ([0, 13, 4, 11, 0], [13, 4, 11, 2, 0]), "first thing it reads"),
        (lambda: ([1, 13, 4, 11, 0], [1, 13, 4, 11, 2]), "what comes next"),
        (lambda: [1, 13, 4, 11, 0], "two things"),
        (lambda: (1, 2), "two lists"),
        (lambda: ([[1, 13, 4, 11, 0]], [[13, 4, 11, 2, 0]]), "an axis for the batch"),
        (lambda: ([1, 9, 0, 7, 0], [9, 0, 7, 2, 0]), "not its own id"),
    ],
    "translator_shapes": [
        (shapes(c=(50, 9, 64)), "How many cells"),
        (shapes(weights=(50, 9, 6)), "exchanged"),
        (shapes(weights=(50, 6, 64)), "heat maps"),
        (shapes(hidden=(50, 6, 64)), "beside it"),
        (shapes(logits=(50, 6, 11)), "three symbols"),
        (shapes(outputs=(50, 64)), "every character"),
        (lambda: (50, 9, 64), "with the keys"),
    ],
    "steps_between": [
        (lambda p, n, w, r: steps_by_counting(p, n, w, r) + 1, "one too many"),
        (lambda p, n, w, r: steps_by_counting(p, n, w, r) - 1, "one too few"),
        (lambda p, n, w, r: steps_by_counting(p, n, w, False), "read forwards"),
        (lambda p, n, w, r: steps_by_counting(p, n, 1, r), "answer's first|one too few"),
        (lambda p, n, w, r: steps_by_counting(p, n, w, not r), "on paper|too"),
        (lambda p, n, w, r: None, "returned None"),
    ],
    "exact_share": [
        (share(lambda e, a: (e == a).all(axis=1)), "compared the padding"),
        (characters_share, "share of characters"),
        (share(lambda e, a: e == a), "mean over places"),
        (share(lambda e, a: ((e == a) | (e == 0) | (e == 2)).all(axis=1)), "left the end mark out"),
        (lambda e, a: ((e == a) | (e == 0)).all(axis=1).sum(), "how many, not which share"),
        (lambda e, a: ((e == a) | (e == 0)).all(axis=1), "expected one number"),
    ],
    "masked_loss": [
        (lambda y, logits: each_loss(y, logits).mean(), "mean over all places, padding too"),
        (lambda y, logits: (each_loss(y, logits) * (y != 0)).mean(), "divided by all places"),
        (lambda y, logits: each_loss(y, logits)[y != 0].sum(), "the sum"),
        (lambda y, logits: each_loss(y, logits)[y != 0].sum() / len(y), "number of answers"),
        (each_answers_mean, "each answer's mean"),
        (lambda y, logits: -each_loss(y, logits)[y != 0].mean(), "sign"),
        (lambda y, logits: -np.take_along_axis(logits, y[:, :, None], -1)[y != 0].mean(), "logits themselves"),
        (logarithm_of_logits, "Of what did you take the logarithm"),
        (lambda y, logits: each_loss(y, logits), "expected one number"),
        (lambda y, logits: each_loss(y, logits)[y != 0].mean() / np.log(2), "in bits"),
        (lambda y, logits: (1 - np.exp(-each_loss(y, logits)[y != 0])).mean(), "mean of 1 - p"),
        (lambda y, logits: -np.log(np.exp(-each_loss(y, logits)[y != 0]).mean()), "turn them round"),
        (lambda y, logits: each_loss(y, logits)[y > 2].mean(), "left the end mark out"),
    ],
    "dot_attention": [
        (lambda *inputs: attend(*inputs, low=None), "as if there were no mask"),
        (lambda *inputs: attend(*inputs, low=None, after=True), "masked after softmax"),
        (lambda q, k, v, m: attend(q, k * m[:, :, None], v, m, low=None), "the score 0"),
        (lambda *inputs: attend(*inputs, axis=1), "sum to 1 over the queries"),
        (lambda *inputs: attend(*inputs, scale=5**-0.5), "by a root"),
        (lambda *inputs: attend(*inputs, scale=0.3), "dot product of query and key"),
        (context_of_keys, "as many numbers as a key"),
        (exchanged, "other way round"),
        (lambda *inputs: attend(*inputs)[0], "two things"),
        (lambda q, k, v, m: (attend(q, k, v, m)[0] * 2, attend(q, k, v, m)[1]), "weights are right"),
    ],
    "write_batch": [
        (wrong_writer(start=0, carry=False, over_at_end=False), "tells a decoder to begin"),
        (wrong_writer(start=2), "tells a decoder to begin"),
        (wrong_writer(carry=False), "memory is as it was"),
        (wrong_writer(feed=False), "not what was just written"),
        (wrong_writer(over_at_end=False), "goes on in a row"),
        (wrong_writer(keep_end=False), "row without its end mark"),
        (wrong_writer(together=True), "different times"),
        (write_until_one_ends, "stop before the longest"),
        (as_row, "one id a row"),
    ],
    "date_translator": [
        (wrong_translator(encoder="bag", units=24), "order of the source"),
        (wrong_translator(encoder=None), "whatever the source"),
        (wrong_translator(decoder="both ways"), "reads ahead"),
        (wrong_translator(every=False), "return every step"),
        (wrong_translator(loss=None), "not compiled"),
        (wrong_translator(loss="sparse_categorical_crossentropy"), "puts out logits"),
        (wrong_translator(activation="softmax"), "softmax would come twice"),
        (lambda symbols: translator(symbols - 1), "fails on ids .* is not in"),
        (wrong_translator(rate=1e-4), "larger steps"),
        (lambda symbols: layers.Dense(symbols), "should return a Keras model"),
    ],
}
