"""Check the exercises of notebook 03: shapes, parameters, gradients, masks, clipping, a GRU, reach, a listing."""

from collections.abc import Callable

import numpy as np

from course_utils import cells
from course_utils.backends import keras
from course_utils.checks import ask, call, right
from course_utils.checks.expect import expect, expect_close, hold, name_mistake
from course_utils.checks.progress import watch

layers, ops = keras.layers, keras.ops


def _count(kind, words, inputs, units, both, *, table=1, state=1, biases=2, ways=None, head=None, head_bias=1) -> int:
    """Count a classifier's parameters gate by gate; a 0 leaves a part out."""
    gates, ways = {"SimpleRNN": 1, "LSTM": 4, "GRU": 3}[kind], ways or 1 + both
    gate = units * (inputs + state * units) + units * (biases if kind == "GRU" else 1)
    return table * words * inputs + ways * gates * gate + (1 + both if head is None else head) * units + head_bias


def _fewest(reach: Callable) -> Callable:
    return lambda window, distance: next(n for n in range(999) if reach(window - 1, n) >= distance)


def _squares(weights: np.ndarray) -> float:
    return float((weights**2).sum())


def _waves(weights: np.ndarray) -> float:
    return float(np.sin(weights).prod())


def _nats(E, lstm_weights, affine_weights, *texts, times=1, right=4) -> float:
    lstm, vectors = cells.LSTM(*lstm_weights, stateful=True), cells.Embedding(E).forward(texts[0])
    hidden = [vectors, *(lstm.forward(vectors) for _ in range(times))][-1]
    return float(cells.SoftmaxLoss().forward(cells.Affine(*affine_weights).forward(hidden), texts[right - 3]))


def _moved(share: Callable) -> Callable:
    """Return a function that moves one number after the other and makes something of the two losses."""

    def by_differences(loss, weights, tiny=1e-5):
        steps = tiny * np.eye(weights.size).reshape(-1, *weights.shape)
        found = [share(loss(weights + step), loss(weights - step), tiny) for step in steps]
        return np.reshape(found, weights.shape)

    return by_differences


def _read(keep=lambda there, new, h: np.where(there, new, h), squash=np.tanh, state=1) -> Callable:
    """Return a function that reads a batch with a SimpleRNN, perhaps with something left out."""

    def last_state(x, mask, W, U, b):
        h = np.zeros((len(x), len(U)))
        for step in range(x.shape[1]):
            h = keep(mask[:, step, None], squash(x[:, step] @ W + state * h @ U + b), h)
        return h

    return last_state


def _back(slope=lambda new: 1 - new**2, bias=lambda d: d.sum(axis=0), rows=lambda x: 1) -> Callable:
    """Return a function that goes back through one step of a SimpleRNN, perhaps with another slope or another sum."""

    def step_back(x, h, new, d_new, W, U):
        d = d_new * slope(new)
        return [d @ W.T, d @ U.T, x.T @ d / rows(x), h.T @ d / rows(x), bias(d) / rows(x)]

    return step_back


def _shrunk(factor: Callable) -> Callable:
    """Return a function that scales gradients by a factor of their own length, the length of all, and the limit."""

    def clipped(gradients, limit):
        own = [max(np.linalg.norm(gradient), 1e-9) for gradient in gradients]
        factors = [factor(length, np.linalg.norm(own), limit) for length in own]
        return [factor * gradient for factor, gradient in zip(factors, gradients, strict=True)]

    return clipped


def _step(mix=lambda z, h, new: z * h + (1 - z) * new, new=lambda x, h, r, U: np.tanh(x + (r * h) @ U), first="z"):
    """Return a function that takes a step of a GRU, perhaps with another mix of states or another candidate."""

    def gru_step(x, h, W, U, b):
        reads, (Uz, Ur, Uc) = np.split(x @ W + b, 3, axis=1), np.split(U, 3, axis=1)
        z, r = (1 / (1 + np.exp(-gate)) for gate in (reads[0] + h @ Uz, reads[1] + h @ Ur))
        z, r = (z, r) if first == "z" else (r, z)
        return mix(z, h, new(reads[2], h, r, Uc))

    return gru_step


MISTAKES = {
    "last_shape": {
        "A bidirectional layer has two directions. How does Keras join what they found?": (32, 20),
        "Three axes: does the second layer return every step, or only the last one?": (32, 100, 40),
        "None stands for a batch of any size, but here you know how many reviews there are.": (None, 40),
        "Only the upper layer's output comes out, of both directions.": (32, 80),
        "The batch comes first, then what is found in each review.": (40, 32),
        "The axes are right. A review gets the numbers of its last step only.": (32, 4_000),
    },
    "parameters": {
        "The embedding is missing: one row of numbers per word.": lambda *given: _count(*given, table=0),
        "The head is missing, with its bias.": lambda *given: _count(*given, head=0, head_bias=0),
        "The head has a bias, too.": lambda *given: _count(*given, head_bias=0),
        "The GRU of Keras (reset_after) has two biases.": lambda *given: _count(*given, biases=1),
        "The state has a matrix of its own, units by units.": lambda *given: _count(*given, state=0),
        "How often does this cell compute what a SimpleRNN computes once?": lambda _, *more: _count("SimpleRNN", *more),
        "Both directions have weights of their own.": lambda *given: _count(*given, ways=1),
        "The head reads both directions, side by side.": lambda *given: _count(*given, head=1),
    },
    "by_differences": {
        "That is the change of the loss. Divide it by how far the number moved.": _moved(
            lambda up, down, tiny: up - down
        ),
        "From one side to the other the number moves by 2 · tiny.": _moved(lambda up, down, tiny: (up - down) / tiny),
        "The sign is wrong: the loss above minus the loss below.": _moved(
            lambda up, down, tiny: (down - up) / 2 / tiny
        ),
        "You move all numbers at once. Move one, and put it back.": lambda loss, w, tiny=1e-5: np.full(
            w.shape, (loss(w + tiny) - loss(w - tiny)) / (2 * tiny)
        ),
    },
    "last_state": {
        "You read the padding like words.": _read(lambda there, new, h: new),
        "At a padded step the state becomes 0. It should stay as it was.": _read(lambda there, new, h: there * new),
        "The mask is the wrong way around: True is a word.": _read(lambda there, new, h: np.where(there, h, new)),
        "Those are the states of all steps. Return the last.": lambda x, mask, W, U, b: np.stack(
            [_read()(x[:, : step + 1], mask[:, : step + 1], W, U, b) for step in range(x.shape[1])], axis=1
        ),
        "The state before is missing: + h U.": _read(state=0),
        "tanh is missing.": _read(squash=lambda total: total),
    },
    "step_back": {
        "You did not go through tanh: multiply by 1 - new².": _back(lambda new: 1),
        "The slope of tanh is 1 - new², and new is tanh of the sum already.": _back(lambda new: 1 - np.tanh(new) ** 2),
        "The slope of tanh is 1 minus the square.": _back(lambda new: 1 - new),
        "d_b has one number per unit: add up the rows of the batch.": _back(bias=lambda d: d),
        "The gradients belong to the sum over the batch, not to its mean.": _back(rows=len),
        "The order is x, h, W, U, b.": lambda *given: [_back()(*given)[place] for place in (2, 3, 4, 0, 1)],
    },
    "clipped": {
        "You clipped each array alone. Take one length for all.": _shrunk(lambda own, _, most: min(1, most / own)),
        "You cut each number, so the direction changed.": lambda all, most: [np.clip(g, -most, most) for g in all],
        "These are within the limit and should stay as they are.": _shrunk(lambda _, length, most: most / length),
        "The length is the root of the sum of squares.": _shrunk(lambda _, length, most: min(1, most / length**2)),
        "Divide by the length, then multiply by the limit.": _shrunk(lambda _, length, most: 1 / max(length, 1)),
    },
    "gru_step": {
        "The reset gate comes too late: r meets h before U.": _step(new=lambda x, h, r, U: np.tanh(x + r * (h @ U))),
        "z says how much of the OLD state stays; you keep the new.": _step(lambda z, h, new: (1 - z) * h + z * new),
        "The two gates are swapped: the first third of the weights is z's.": _step(first="r"),
        "The reset gate does nothing yet.": _step(new=lambda x, h, r, U: np.tanh(x + h @ U)),
        "The candidate must pass through tanh.": _step(new=lambda x, h, r, U: x + (r * h) @ U),
        "That is the candidate alone. Mix it with the old state.": _step(lambda z, h, new: new),
    },
    "layers_needed": {
        "The last token itself is seen without any convolution.": lambda w, d: max(1, (-(-d // (w - 1))).bit_length()),
        "The last step sees itself, too, at distance 0.": _fewest(lambda more, n: more * (2**n - 1) + 1),
        "One layer with that window reaches window - 1 steps back.": _fewest(lambda more, n: (more + 1) * (2**n - 1)),
        "That is right if all layers lie 1 step apart. Here the dilation doubles.": _fewest(lambda more, n: more * n),
        "One layer too many: the stack may end exactly on the message.": _fewest(lambda more, n: more * (2**n - 1) - 1),
        "That is right for dilations of 1, 2, 3. Here they double.": _fewest(lambda more, n: more * n * (n + 1) / 2),
        "The first layer's dilation is 1, not 2.": _fewest(lambda more, n: more * (2 ** (n + 1) - 2)),
    },
    "nats": {
        "The LSTM runs twice, so it has read the text before.": lambda *given: _nats(*given, times=2),
        "Compare with the words that follow, not with those that went in.": lambda *given: _nats(*given, right=3),
        "The loss is a mean over all words, not their sum.": lambda *given: _nats(*given) * given[3].size,
        "The vectors must pass through the LSTM first.": lambda *given: _nats(*given, times=0),
    },
}
__all__ = ["MISTAKES", "hint", "progress", *MISTAKES]


def last_shape(answer: Callable) -> None:
    """Exercise 1: the shape that two stacked recurrent layers put out."""
    hint = "The batch stays first. Which axes are left when only the last step comes out?"
    hold(answer, [], (32, 40), MISTAKES["last_shape"], hint=hint)
    right("the last step of both directions, side by side")


def parameters(answer: Callable) -> None:
    """Exercise 2: the parameters of a small classifier, embedding and head included."""
    small = [(kind, 100, 8, 5, False) for kind in ("SimpleRNN", "LSTM", "GRU")] + [("SimpleRNN", 2, 1, 1, False)]
    both = [("SimpleRNN", 7, 3, 2, True), ("GRU", 100, 8, 5, True), ("LSTM", 10_000, 16, 32, True)]
    for kind, words, inputs, units, both_ways in small + both:
        reader = getattr(layers, kind)(units)
        parts = [layers.Embedding(words, inputs), layers.Bidirectional(reader) if both_ways else reader]
        wanted = keras.Sequential([keras.Input((None,)), *parts, layers.Dense(1)]).count_params()
        given, hint = [kind, words, inputs, units, both_ways], "Count each layer alone; let Keras build one to compare."
        hold(answer, given, wanted, MISTAKES["parameters"], hint=hint)
    right("every parameter counted", "You agree with Keras on seven classifiers.")


def by_differences(answer: Callable) -> None:
    """Exercise 3: a gradient measured by central differences."""
    rng, hint = np.random.default_rng(0), "Move one number by tiny up, then by tiny down, and put it back."
    for loss in (_squares, _waves):
        for shape in [(3,), (2, 2)]:
            weights = rng.normal(size=shape)
            wanted = _moved(lambda up, down, tiny: (up - down) / (2 * tiny))(loss, weights)
            called = f"{getattr(answer, '__name__', 'by_differences')}(loss, weights) with weights {weights.shape}"
            hold(answer, [loss, weights], wanted, MISTAKES["by_differences"], called, hint)
    right("a gradient without calculus", "It is the slope of two functions, for every number.")


def last_state(answer: Callable) -> None:
    """Exercise 4: the last state of a SimpleRNN that reads with a mask."""
    rng, hint = np.random.default_rng(3), "Print h after every step. Which rows may change at a step?"
    for mask in ([[1, 1, 1]], [[1, 1, 0], [0, 1, 1], [1, 0, 1]], [[0, 0], [1, 0]]):
        mask = np.array(mask, dtype=bool)
        x, layer = rng.normal(size=(*mask.shape, 3)).astype("float32"), layers.SimpleRNN(4)
        layer.build(x.shape)
        weights = [rng.normal(size=weight.shape).astype("float32") for weight in layer.get_weights()]
        layer.set_weights(weights)
        wanted = ops.convert_to_numpy(layer(x, mask=mask))
        called = f"{getattr(answer, '__name__', 'last_state')}(x, mask, W, U, b) with mask {mask.astype(int).tolist()}"
        hold(answer, [x, mask, *weights], wanted, MISTAKES["last_state"], called, hint)
    right("padding left, right and in between", "Keras' layer, with the same weights, ends in the same states.")


def step_back(answer: Callable) -> None:
    """Exercise 5: back through one step of a SimpleRNN."""
    names, hint = ("d_x", "d_h", "d_W", "d_U", "d_b"), "Start with d_sum = d_new · (1 - new²). All five follow from it."
    for rows, inputs, units in [(2, 3, 4), (5, 2, 2)]:
        rng = np.random.default_rng(rows)
        x, h, d_new = (rng.normal(size=size) for size in [(rows, inputs), (rows, units), (rows, units)])
        W, U, b = rng.normal(size=(inputs, units)), rng.normal(size=(units, units)), rng.normal(size=units)
        given = [x, h, np.tanh(x @ W + h @ U + b), d_new, W, U]
        rnn = cells.SimpleRNN(W, U, b)
        rnn.forward(x[:, None], [h])
        d_x, (d_h,) = rnn.backward(d_new[:, None])
        wanted = [d_x[:, 0], d_h, *rnn.grads]
        found, called = ask(answer, *given), f"step_back with {rows} rows, {inputs} inputs, {units} units"
        expect(isinstance(found, list | tuple) and len(found) == 5, f"{called}: expected five arrays, (d_x, d_h, …).")
        name_mistake(found, wanted, MISTAKES["step_back"], called, given)
        for name, mine, theirs in zip(names, found, wanted, strict=True):
            expect_close(mine, theirs, f"{called}: {name}", hint=hint)
    right("one step backward", "The course's own layer, held against Keras, has the same five gradients.")


def clipped(answer: Callable) -> None:
    """Exercise 6: gradients clipped by their global norm."""
    rng = np.random.default_rng(1)
    cases = [([np.array([3.0, 4.0]), np.array([12.0])], 1.0), ([np.array([0.3]), np.array([[0.4]])], 1.0)]
    cases += [([rng.normal(size=size) for size in [(4, 3), (3, 3), (3,)]], 2.0), ([np.zeros((2, 2)), np.zeros(2)], 1.0)]
    for gradients, limit in cases:
        found, called = ask(answer, gradients, limit), call(answer, gradients, limit)
        several = isinstance(found, list | tuple) and len(found) == len(gradients)
        expect(several, f"{called}: expected a list of {len(gradients)} arrays, one for each that came in.")
        # A step from 0 with a learning rate of 1: minus the new value is the gradient as Keras clips it.
        variables = [keras.Variable(np.zeros(gradient.shape, "float32")) for gradient in gradients]
        optimizer = keras.optimizers.SGD(learning_rate=1.0, global_clipnorm=limit)
        optimizer.apply([ops.convert_to_tensor(gradient, dtype="float32") for gradient in gradients], variables)
        wanted = [-ops.convert_to_numpy(variable) for variable in variables]
        name_mistake(found, wanted, MISTAKES["clipped"], called, [gradients, limit])
        hint = "All arrays shrink by the same factor, or none. Mind a length of 0."
        for number, arrays in enumerate(zip(found, wanted, strict=True)):
            expect_close(*arrays, f"{called}: array {number}", hint=hint)
    right("gradients clipped together", "Their direction stays, as with Keras' global_clipnorm.")


def gru_step(answer: Callable) -> None:
    """Exercise 7: one step of a GRU whose reset gate comes before the product."""
    hint = "The new state has the old one's shape. Print z, r and the candidate: each is (batch, units)."
    for rows, inputs, units in [(2, 3, 4), (1, 1, 1), (5, 2, 3)]:
        rng, sizes = np.random.default_rng(units), [(inputs, 3 * units), (units, 3 * units), (3 * units,)]
        x, h, *weights = (rng.normal(size=size).astype("float32") for size in [(rows, inputs), (rows, units), *sizes])
        cell = layers.GRUCell(units, reset_after=False)
        cell.build((None, inputs))
        cell.set_weights(weights)
        wanted = ops.convert_to_numpy(cell(ops.convert_to_tensor(x), ops.convert_to_tensor(h))[0])
        called = f"{getattr(answer, '__name__', 'gru_step')}(x, h, W, U, b) with x {x.shape}, {units} units"
        hold(answer, [x, h, *weights], wanted, MISTAKES["gru_step"], called, hint)
    right("one step of a GRU", "Keras' cell, with the same weights, arrives at the same state.")


def layers_needed(answer: Callable) -> None:
    """Exercise 8: how many dilated convolutions see a message so many tokens back."""
    hint = "Add up (window - 1) × dilation, layer by layer, until it reaches there."
    for window, distance in [(5, 79), (5, 28), (5, 32), (5, 29), (4, 0), (3, 6), (3, 7), (2, 8), (2, 1)]:
        reached, wanted = {0}, 0  # send one signal through the layers and see how far it spreads
        while max(reached) < distance:
            reached = {step + 2**wanted * place for step in reached for place in range(window)}
            wanted += 1
        hold(answer, [window, distance], wanted, MISTAKES["layers_needed"], hint=hint)
    right("as many layers as needed", "A signal sent through real stacks arrives where you say.")


def nats(answer: Callable) -> None:
    """Exercise 9: the forward pass of a small language model, fixed."""
    rng, hint = (
        np.random.default_rng(4),
        "Follow one text: ids, vectors, states, logits, loss. What goes into each layer?",
    )
    for words, size, shape in [(6, 3, (2, 5)), (4, 2, (1, 3))]:
        E, W = rng.normal(size=(words, size)), rng.normal(size=(size, words))
        lstm = [rng.normal(size=each) for each in [(size, 4 * size), (size, 4 * size), (4 * size,)]]
        given = [E, lstm, [W, rng.normal(size=words)], rng.integers(0, words, shape), rng.integers(0, words, shape)]
        called = (
            f"{getattr(answer, '__name__', 'nats')}(E, lstm_weights, affine_weights, ids, targets) of {words} words"
        )
        hold(answer, given, _nats(*given), MISTAKES["nats"], called, hint)
    right("the words that follow, read once", "The loss is that of the course's layers.")


hint, progress = watch(globals())
