"""Answers to the exercises on sequence to sequence: other right ones, and wrong ones that no check lists itself."""

import numpy as np

from course_utils.backends import keras
from course_utils.batches import teacher_forcing
from course_utils.seq2seq import exact_match
from course_utils.text import CharCodec

layers, ops = keras.layers, keras.ops


def ids_by_the_helpers():
    codec = CharCodec("+0123456789", pad=True, bos=True, eos=True)
    decoder_inputs, decoder_targets = teacher_forcing(codec.encode_batch(["907"], 4))
    return decoder_inputs[0], decoder_targets[0]


def shapes_by_keras():
    outputs, *state = layers.LSTM(64, return_sequences=True, return_state=True)(np.zeros((50, 9, 32)))
    decoded = layers.LSTM(64, return_sequences=True)(np.zeros((50, 6, 32)), initial_state=state)
    context, weights = layers.AdditiveAttention()([decoded, outputs], return_attention_scores=True)
    hidden = ops.concatenate([decoded, context], axis=-1)
    found = {"outputs": outputs, "c": state[1], "weights": weights, "hidden": hidden}
    return {name: tuple(part.shape) for name, part in (found | {"logits": layers.Dense(14)(hidden)}).items()}


def share_row_by_row(expected, answers):
    return np.mean([np.array_equal(row[row != 0], a[row != 0]) for row, a in zip(expected, answers, strict=True)])


def loss_by_ops(y, logits):
    there = ops.cast(ops.not_equal(y, 0), "float32")
    chosen = ops.sum(ops.one_hot(y, logits.shape[-1]) * ops.log_softmax(logits, axis=-1), axis=-1)
    return -ops.sum(chosen * there) / ops.sum(there)


def attend_by_keras(query, keys, values, mask):
    return layers.Attention()([query, values, keys], mask=[None, mask], return_attention_scores=True)


def attend(query, keys, values, mask, low=-np.inf, scale=1.0):
    scores = np.where(mask[:, None], np.einsum("bqu,bku->bqk", query, keys) * scale, low)
    weights = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
    return weights @ values, weights.tolist()


def write(step, memory, rows, most, *, listing=False, stop=False):
    """Write for all rows and cut each after its end; or as the listing does; or stop when the first row ends."""
    last, written = np.full((rows, 1), 0 if listing else 1), []
    for _ in range(most):
        logits, new_memory = step(last, memory)
        memory, last = memory if listing else new_memory, logits.argmax(axis=-1)
        written.append(last)
        if stop and (last == 2).any():
            break
    written = np.concatenate(written, axis=1)
    return written if listing or stop else np.where(np.cumsum(written == 2, axis=1) - (written == 2), 0, written)


def translator(encoder="last", decoder="lstm", *, loss=True, activation=None, every=True, units=64, rate=0.02, less=0):
    """Build a translator of short dates in one of several ways, right and wrong."""

    def date_translator(symbols):
        source, before, state = keras.Input((7,), dtype="int32"), keras.Input((6,), dtype="int32"), None
        vectors, read = (layers.Embedding(symbols - less, 24)(ids) for ids in (source, before))
        if encoder == "last":
            state = layers.LSTM(units, return_state=True, go_backwards=True)(vectors)[1:]
        elif encoder == "bag":
            mean = layers.GlobalAveragePooling1D()(vectors)
            state = [layers.Dense(units, activation="tanh")(mean), layers.Dense(units)(mean)]
        layer = layers.LSTM(units, return_sequences=every)
        if decoder == "both ways":
            layer, state = layers.Bidirectional(layer), [*state, *state]
        logits = layers.Dense(symbols - less, activation=activation)(layer(read, initial_state=state))
        model = keras.Model([source, before], logits)
        masked = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=0)
        if loss:
            model.compile(keras.optimizers.Adam(rate), masked if loss is True else loss)
        return model

    return date_translator


RIGHT = {
    "forced_ids": [ids_by_the_helpers, lambda: np.array([[1, 13, 4, 11, 0], [13, 4, 11, 2, 0]])],
    "translator_shapes": [shapes_by_keras, lambda: {name: list(shape) for name, shape in shapes_by_keras().items()}],
    "steps_between": [lambda p, n, w, r: np.float64(w + abs((1 if r else n) - p))],
    "exact_share": [share_row_by_row, lambda e, a: ops.mean(exact_match(e, np.eye(14)[a]))],
    "masked_loss": [keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=0), loss_by_ops],
    "dot_attention": [attend, attend_by_keras],
    "write_batch": [write, lambda *given: write(*given).tolist()],
    "date_translator": [translator()],
}
WRONG = {
    "forced_ids": {"two lists of five": lambda: [1, 13, 4, 11, 0], "expected the shape .2, 5.": lambda: (1, 2)},
    "translator_shapes": {"with the keys outputs, c, weights": lambda: (50, 9, 64)},
    "dot_attention": {
        "dot products with the keys": lambda *given: attend(*given, scale=0.3),
        "and 0 at padding": lambda *given: attend(*given, low=-5),
        "first context, then weights": lambda *given: attend(*given)[0],
        "weights are right": lambda *given: (attend(*given)[0] * 2, attend(*given)[1]),
    },
    "write_batch": {
        "tells a decoder to begin": lambda *given: write(*given, listing=True),
        "before the longest": lambda *given: write(*given, stop=True),
        "one id per row": lambda step, memory, rows, most: step(np.full(rows, 1), memory),
    },
    "date_translator": {
        "order of the source": translator("bag", units=24),
        "whatever the source": translator(None),
        "reads ahead": translator(decoder="both ways"),
        "return every step": translator(every=False),
        "not compiled": translator(loss=None),
        "outputs are logits, and the loss": translator(loss="sparse_categorical_crossentropy"),
        "outputs are a softmax, and the loss": translator(activation="softmax"),
        "fails on ids .* is not in": translator(less=1),
        "larger steps": translator(rate=1e-4),
        "should return a Keras model": lambda symbols: layers.Dense(symbols),
    },
}
