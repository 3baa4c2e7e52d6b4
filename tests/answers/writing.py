"""Answers to notebook 04's exercises, other right ones and typical wrong ones (tests/test_checks.py tries them)."""

import collections
import math
import re

import keras
import numpy as np
from keras import layers

from course_utils import char_rnn, sampling


def softmax(logits, axis=-1):
    return np.exp(logits) / np.exp(logits).sum(axis=axis, keepdims=True)


def picked(logits, ids):
    return softmax(logits)[np.arange(len(ids)), ids]


# 2


def nats_by_keras(logits, ids):
    return keras.ops.mean(keras.losses.sparse_categorical_crossentropy(ids, logits, from_logits=True))


def nats_by_loop(logits, ids):
    costs = []
    for row, each in zip(logits.tolist(), ids.tolist(), strict=True):
        costs.append(max(row) + math.log(sum(math.exp(one - max(row)) for one in row)) - row[each])
    return sum(costs) / len(costs)


# 3


def soften_listing(logits, temperature):
    shares = np.exp(logits) / np.sum(np.exp(logits))
    shares = shares / temperature
    return shares / np.sum(shares)


def soften_all_rows(logits, temperature):
    return np.exp(logits / temperature) / np.sum(np.exp(logits / temperature))


# 4


def nucleus_by_loop(probabilities, p):
    result, total = [0.0] * len(probabilities), 0.0
    for place in sorted(range(len(probabilities)), key=lambda place: probabilities[place], reverse=True):
        result[place] = float(probabilities[place])
        total += result[place]
        if total >= p:
            break
    return [each / total for each in result]


def nucleus_with(kept_of, *, scale=True, order=lambda probabilities: np.argsort(-probabilities)):
    """Build a top-p that keeps `kept_of(falling, p)` of the sorted probabilities."""

    def nucleus(probabilities, p):
        by = order(probabilities)
        result = np.zeros_like(probabilities)
        kept = by[kept_of(probabilities[by], p)]
        result[kept] = probabilities[kept]
        return result / result.sum() if scale else result

    return nucleus


def before(falling, p):
    return np.cumsum(falling) - falling < p


def nucleus_sorted(probabilities, p):
    falling = -np.sort(-probabilities)
    kept = np.where(before(falling, p), falling, 0)
    return kept / kept.sum()


def nucleus_short(probabilities, p):
    falling = -np.sort(-probabilities)
    return falling[before(falling, p)]


# 5


def strips_of_all(ids, batch_size, time_steps):
    """Another right way: strips as long as they can be, their ends left out."""
    long = (len(ids) - 1) // batch_size
    x, y = [], []
    for start in range(0, long - time_steps + 1, time_steps):
        for row in range(batch_size):
            at = row * long + start
            x.append(ids[at : at + time_steps].tolist())
            y.append(ids[at + 1 : at + time_steps + 1].tolist())
    return x, y


def in_reading_order(ids, batch_size, time_steps):
    used = (len(ids) - 1) // (batch_size * time_steps) * batch_size * time_steps
    return ids[:used].reshape(-1, time_steps), ids[1 : used + 1].reshape(-1, time_steps)


def strip_by_strip(ids, batch_size, time_steps):
    """All of strip 0, then all of strip 1: the axes were not swapped (the same as reading order)."""
    batches = (len(ids) - 1) // (batch_size * time_steps)
    x = ids[: batches * batch_size * time_steps].reshape(batch_size, batches, time_steps)
    return x.reshape(-1, time_steps), x.reshape(-1, time_steps) + 1


def without_shift(ids, batch_size, time_steps):
    x, _ = char_rnn.contiguous_batches(ids, batch_size, time_steps)
    return x, x


def rolled_within(ids, batch_size, time_steps):
    x, _ = char_rnn.contiguous_batches(ids, batch_size, time_steps)
    return x, np.roll(x, -1, axis=1)


def by_windows(ids, batch_size, time_steps):
    windows = np.lib.stride_tricks.sliding_window_view(ids, time_steps + 1)
    return windows[:, :-1], windows[:, 1:]


def without_the_last(ids, batch_size, time_steps):
    batches = len(ids) // (batch_size * time_steps)
    used = batches * batch_size * time_steps
    x, y = (part.reshape(batch_size, batches, time_steps) for part in (ids[:used], ids[1 : used + 1]))
    return x.swapaxes(0, 1).reshape(-1, time_steps), y.swapaxes(0, 1).reshape(-1, time_steps)


def places(ids, batch_size, time_steps):
    return char_rnn.contiguous_batches(np.arange(len(ids)), batch_size, time_steps)


# 6


def wb_by_regex(text, history, character, shorter):
    follow = collections.Counter(re.findall(f"(?<={re.escape(history)}).", text, re.DOTALL))
    total = sum(follow.values())
    return (follow[character] + len(follow) * shorter) / (total + len(follow)) if total else shorter


def wb_by_bare_regex(text, history, character, shorter):
    follow = collections.Counter(re.findall(f"(?<={history}).", text))
    total = sum(follow.values())
    return (follow[character] + len(follow) * shorter) / (total + len(follow)) if total else shorter


def largest_of_all(logits, ids):
    lower = logits - logits.max()
    return -(lower - np.log(np.exp(lower).sum(axis=1, keepdims=True)))[np.arange(len(ids)), ids].mean()


def power_of_probabilities(logits, temperature):
    changed = softmax(logits - logits.max(axis=-1, keepdims=True)) ** (1 / temperature)
    return changed / changed.sum(axis=-1, keepdims=True)


def first_that_reaches(falling, p):
    return slice(0, np.argmax(np.cumsum(falling) >= p) + 1)


def write_into_the_prompt(step, prompt, length):
    state = None
    for id in prompt:
        logits, state = step(id, state)
    for _ in range(length):
        prompt.append(int(np.argmax(logits)))
        logits, state = step(prompt[-1], state)
    return prompt[-length:]


def trained_already(model):
    model.optimizer.build(model.trainable_variables)
    model.optimizer.iterations.assign(40)
    return model


def wb_with(count, kinds_of, *, empty=True):
    """Build a Witten and Bell from a way to count and a way to find kinds."""

    def witten_bell(text, history, character, shorter):
        kinds, total = kinds_of(text, history), count(text, history)
        if empty and not total + kinds:
            return shorter
        return (count(text, history + character) + kinds * shorter) / (total + kinds)

    return witten_bell


def followers(text, history):
    size = len(history)
    return [text[at + size] for at in range(len(text) - size) if text[at : at + size] == history]


def everywhere(text, run):
    return sum(text[at : at + len(run)] == run for at in range(len(text) - len(run) + 1))


def kinds(text, history):
    return len(set(followers(text, history)))


def wb_alone(text, history, character, shorter):
    return followers(text, history).count(character) / max(len(followers(text, history)), 1)


def wb_unseen(text, history, character, shorter):
    found = followers(text, history)
    return (found.count(character) + kinds(text, history) * shorter) / (len(found) + kinds(text, history))


# 7


def write_with(read, *, carry=True, stop=False, whole=False):
    """Build a writer that reads `read(prompt)` first."""

    def write_on(step, prompt, length):
        written, state = [], None
        for each in read(prompt):
            logits, state = step(each, state)
        while len(written) < length:
            written.append(np.argmax(logits))
            if stop:
                return written
            logits, new = step(written[-1], state)
            state = new if carry else state
        return prompt + written if whole else written

    return write_on


def write_listing(step, prompt, length, stop=True):
    written, state = [], None
    for _ in range(length):
        for each in prompt + written:
            logits, state = step(each, state)
        written.append(int(np.argmax(logits)))
        if stop:
            return written
    return written


def write_anew(step, prompt, length):
    written = []
    for _ in range(length):
        state = None
        for each in prompt + written:
            logits, state = step(each, state)
        written.append(int(np.argmax(logits)))
    return written


def write_stateless(step, prompt, length):
    written = []
    for _ in range(length):
        logits, _ = step((prompt + written)[-1], None)
        written.append(int(np.argmax(logits)))
    return written


def write_thrifty(step, prompt, length):
    """Another right way: the last character is not read."""
    text, state = list(prompt), None
    for place in range(len(prompt) + length - 1):
        logits, state = step(text[place], state)
        if place + 1 >= len(prompt):
            text.append(np.argmax(logits))
    return np.array(text[len(prompt) :])


# 8


def model_with(layer, *, outputs=6, activation=None, from_logits=True, rate=0.01):
    def carrying_model(batch_size):
        ids = keras.Input(batch_shape=(batch_size, None), dtype="int32")
        scores = layers.Dense(outputs, activation=activation)(layer()(layers.Embedding(6, 8)(ids)))
        model = keras.Model(ids, scores)
        model.compile(keras.optimizers.Adam(rate), keras.losses.SparseCategoricalCrossentropy(from_logits=from_logits))
        return model

    return carrying_model


def carrying_gru():
    return layers.GRU(24, return_sequences=True, stateful=True)


def model_sequential(batch_size):
    layer = layers.SimpleRNN(32, return_sequences=True, stateful=True)
    head = layers.Dense(6, activation="softmax")
    model = keras.Sequential([keras.Input(batch_shape=(batch_size, None)), layers.Embedding(6, 8), layer, head])
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    return model


def model_not_compiled(batch_size):
    ids = keras.Input(batch_shape=(batch_size, None), dtype="int32")
    return keras.Model(ids, layers.Dense(6)(carrying_gru()(layers.Embedding(6, 8)(ids))))


def both_ways():
    return layers.Bidirectional(carrying_gru())


# For each check: other right answers than the solution (which the notebook itself runs) ...
RIGHT = {
    "bits_and_perplexity": [lambda: [2, 4], lambda: np.array([2.0, 2**2.0])],
    "mean_nats": [nats_by_keras, nats_by_loop],
    "soften": [
        lambda logits, temperature: sampling.probabilities(sampling.with_temperature(logits, temperature)),
        lambda logits, temperature: keras.ops.softmax(logits / temperature),
    ],
    "nucleus": [
        nucleus_by_loop,
        nucleus_with(lambda falling, p: slice(0, np.searchsorted(np.cumsum(falling), p) + 1)),
        lambda probabilities, p: sampling.probabilities(sampling.top_p(np.log(probabilities), p)),
    ],
    "follow_on": [char_rnn.contiguous_batches, strips_of_all],
    "witten_bell": [wb_by_regex],
    "write_on": [write_thrifty, write_with(list)],
    "carrying_model": [model_sequential],
}
# ... and wrong ones, each with words of the message it must get.
WRONG = {
    "bits_and_perplexity": [
        (lambda: (4, 2), "bits come first"),
        (lambda: (2 * math.log(2), 4), "in nats"),
        (lambda: (8, 256), "the sum over the word"),
        (lambda: (-2, 4), "cost is positive"),
        (lambda: (-math.log2(9 / 32), 32 / 9), "averaged the probabilities first"),
        (lambda: (2, math.exp(2)), "e goes with nats"),
        (lambda: (2, 0.25), "below 1"),
        (lambda: 2, "shape"),
        (lambda: None, "returned None"),
    ],
    "mean_nats": [
        (lambda logits, ids: -np.log(picked(logits, ids)).sum(), "That is the sum"),
        (lambda logits, ids: -np.log2(picked(logits, ids)).mean(), "in bits"),
        (lambda logits, ids: np.log(picked(logits, ids)).mean(), "sign is wrong"),
        (lambda logits, ids: -logits[np.arange(len(ids)), ids].mean(), "Softmax first"),
        (lambda logits, ids: -np.log(logits[np.arange(len(ids)), ids]).mean(), "Softmax along the vocabulary"),
        (lambda logits, ids: -np.log(softmax(logits, 0)[np.arange(len(ids)), ids]).mean(), "runs along time"),
        (lambda logits, ids: -np.log(softmax(logits)).mean(), "whole vocabulary"),
        (lambda logits, ids: -np.log(picked(logits, ids)), "has shape"),
        (lambda logits, ids: -np.log(picked(logits, ids)).mean(), "too large for a float"),
        (largest_of_all, "each row's own"),
    ],
    "soften": [
        (soften_listing, "temperature changes nothing"),
        (lambda logits, temperature: softmax(logits * temperature), "You multiplied"),
        (lambda logits, temperature: softmax(logits) / temperature, "no longer sum to 1"),
        (soften_all_rows, "All rows together sum to 1"),
        (lambda logits, temperature: softmax(logits / temperature, axis=0), "Each column"),
        (lambda logits, temperature: softmax(logits / temperature), "too large for a float"),
        (lambda logits, temperature: softmax((logits - logits.max()) / temperature), "each row's own"),
        (power_of_probabilities, "Probabilities to such a power"),
    ],
    "nucleus": [
        (nucleus_with(lambda falling, p: np.cumsum(falling) <= p), "makes the sum reach p"),
        (nucleus_with(before, scale=False), "do not sum to 1 yet"),
        (nucleus_sorted, "in the wrong places"),
        (nucleus_with(before, order=lambda probabilities: np.arange(len(probabilities))), "Begin with the likeliest"),
        (nucleus_with(lambda falling, p: np.cumsum(falling) - falling <= p), "one too many"),
        (nucleus_short, "0 for those that are cut off"),
        (nucleus_with(first_that_reaches), "rounding"),
    ],
    "follow_on": [
        (in_reading_order, "row 0 of batch 1 is 'ijkl'. It should go on where"),
        (strip_by_strip, "should go on where"),
        (without_shift, "x and y are the same"),
        (rolled_within, "stands outside the row"),
        (by_windows, "has shape"),
        (without_the_last, "how many inputs can there be"),
        (places, "not their places"),
        (lambda *given: [each * 1.0 for each in char_rnn.contiguous_batches(*given)], "whole numbers"),
        (lambda ids, batch_size, time_steps: char_rnn.contiguous_batches(ids, batch_size, time_steps)[0], "two arrays"),
        (lambda *given: char_rnn.contiguous_batches(*given)[::-1], "exchanged"),
    ],
    "witten_bell": [
        (wb_with(everywhere, kinds), "very end of the text"),
        (wb_with(str.count, kinds), "very end of the text"),
        (
            wb_with(lambda text, run: (text if run == "ab" else text[:-1]).count(run), kinds),
            "overlap",
        ),
        (
            wb_with(lambda text, run: everywhere(text, run), lambda text, history: len(followers(text, history))),
            "wrong",
        ),
        (
            lambda text, history, character, shorter: (
                (followers(text, history).count(character) + len(followers(text, history)) * shorter)
                / (2 * len(followers(text, history)) or 1)
            ),
            "kinds is the number of different characters",
        ),
        (
            lambda text, history, character, shorter: (
                (followers(text, history).count(character) + len(set(text)) * shorter)
                / (len(followers(text, history)) + len(set(text)))
            ),
            "all the text's kinds",
        ),
        (wb_alone, "left the shorter run out"),
        (lambda text, *given: wb_by_regex(text.lower(), *given), "wrong"),
        (wb_by_bare_regex, "wrong"),
        (wb_unseen, "nothing to count"),
    ],
    "write_on": [
        (write_listing, "Where does the return stand"),
        (lambda *given: write_listing(*given, stop=False), "Each id has to be read once"),
        (write_anew, "do not read it anew"),
        (write_stateless, "Hand on what step returns"),
        (write_with(list, carry=False), "Hand on what step returns"),
        (write_with(lambda prompt: prompt[-1:]), "read the whole prompt first"),
        (write_with(lambda prompt: [*prompt, prompt[-1]]), "read twice"),
        (write_with(list, whole=True), "returns the prompt, too"),
        (lambda step, prompt, length: step(prompt, None)[0], "one id at a time"),
        (lambda step, prompt, length: [0] * length, "never called"),
        (write_into_the_prompt, "changed what it was given"),
        (lambda step, prompt, length: 3, "list of ids"),
    ],
    "carrying_model": [
        (model_with(lambda: layers.GRU(24, return_sequences=True)), "forgets between batches"),
        (model_with(lambda: layers.Dense(24, activation="relu")), "forgets between batches"),
        (model_with(both_ways), "looks ahead"),
        (model_with(lambda: layers.GRU(24, stateful=True)), "after each step"),
        (model_with(carrying_gru, outputs=4), "six characters"),
        (model_with(carrying_gru, from_logits=False), "from_logits"),
        (model_with(carrying_gru, activation="softmax"), "from_logits"),
        (model_with(carrying_gru, rate=1e-5), "far too small"),
        (model_with(carrying_gru, rate=1e-3), "large enough"),
        (lambda batch_size: model_with(carrying_gru)(32), "Use the argument"),
        (lambda batch_size: trained_already(model_with(carrying_gru)(batch_size)), "trained already"),
        (model_not_compiled, "not compiled"),
        (lambda batch_size: "GRU", "Keras model"),
    ],
}
