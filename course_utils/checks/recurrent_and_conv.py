"""Check the exercises of notebook 03: shapes, parameters, what a layer sees, masks, clipping, cells, models."""

from collections.abc import Callable

import numpy as np

from course_utils.backends import keras
from course_utils.checks import NotYet, ask, call, right
from course_utils.checks.expect import expect, expect_close, expect_shape, hold, name_mistake
from course_utils.checks.models import expect_probabilities, fresh_model, outputs, train

layers, ops = keras.layers, keras.ops


def _count(kind, words, inputs, units, both, *, table=1, state=1, biases=2, ways=None, head=None, head_bias=1) -> int:
    """Count a classifier's parameters gate by gate; a 0 leaves a part out."""
    gates, ways = {"SimpleRNN": 1, "LSTM": 4, "GRU": 3}[kind], ways or 1 + both
    gate = units * (inputs + state * units) + units * (biases if kind == "GRU" else 1)
    return table * words * inputs + ways * gates * gate + (1 + both if head is None else head) * units + head_bias


def _fewest(reach: Callable) -> Callable:
    return lambda window, distance: next(n for n in range(999) if reach(window - 1, n) >= distance)


def _mean(vectors: np.ndarray, real: np.ndarray, count: int | np.ndarray | None = None) -> np.ndarray:
    return (vectors * real[..., None]).sum(axis=1) / (
        np.maximum(1, np.c_[real.sum(axis=1)]) if count is None else count
    )


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
    "layers_needed": {
        "The last token itself is seen without any convolution.": lambda w, d: max(1, (-(-d // (w - 1))).bit_length()),
        "The last step sees itself, too, at distance 0.": _fewest(lambda more, n: more * (2**n - 1) + 1),
        "One layer with that window reaches window - 1 steps back.": _fewest(lambda more, n: (more + 1) * (2**n - 1)),
        "That is right if all layers lie 1 step apart. Here the dilation doubles.": _fewest(lambda more, n: more * n),
        "One layer too many: the stack may end exactly on the message.": _fewest(lambda more, n: more * (2**n - 1) - 1),
        "That is right for dilations of 1, 2, 3. Here they double.": _fewest(lambda more, n: more * n * (n + 1) / 2),
        "The first layer's dilation is 1, not 2.": _fewest(lambda more, n: more * (2 ** (n + 1) - 2)),
    },
    "masked_mean": {
        "You averaged over all steps, padding too.": lambda vectors, ids: vectors.mean(axis=1),
        "You still divide by all steps, padding too.": lambda vectors, ids: _mean(vectors, ids > 0, ids.shape[1]),
        "That is the sum. Divide by the number of real tokens.": lambda v, ids: _mean(v, ids > 0, 1),
        "All padding gave nan. What do you divide by?": lambda v, ids: _mean(v, ids > 0, np.c_[(ids > 0).sum(1)]),
        "That is one mean over all texts. Take one per text.": lambda vectors, ids: vectors[ids > 0].mean(axis=0),
        "Only 0 is padding; 1 is an unknown word.": lambda vectors, ids: _mean(vectors, ids > 1),
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
    "stacked_lstm": {},
    "turn_reader": {},
}
__all__ = ["MISTAKES", "turns", *MISTAKES]


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


def layers_needed(answer: Callable) -> None:
    """Exercise 3: how many dilated convolutions see a message so many tokens back."""
    hint = "Add up (window - 1) × dilation, layer by layer, until it reaches there."
    for window, distance in [(5, 79), (5, 28), (5, 32), (5, 29), (4, 0), (3, 6), (3, 7), (2, 8), (2, 1)]:
        reached, wanted = {0}, 0  # send one signal through the layers and see how far it spreads
        while max(reached) < distance:
            reached = {step + 2**wanted * place for step in reached for place in range(window)}
            wanted += 1
        hold(answer, [window, distance], wanted, MISTAKES["layers_needed"], hint=hint)
    right("as many layers as needed", "A signal sent through real stacks arrives where you say.")


def masked_mean(answer: Callable) -> None:
    """Exercise 4: the mean over the steps that are not padding."""
    rng, hint = np.random.default_rng(0), "One mean per text, over the steps. How many real tokens has each row?"
    cases = [[[5, 7, 2, 0, 0]], [[0, 0, 3, 4], [6, 0, 0, 0], [1, 2, 3, 4]], [[4, 2]], [[3, 9, 0], [0, 0, 0]]]
    for ids in map(np.array, cases):
        vectors = rng.normal(size=(*ids.shape, 3)).astype("float32")
        called = f"{getattr(answer, '__name__', 'masked_mean')}(vectors, ids) with ids {ids.tolist()}"
        hold(answer, [vectors, ids], _mean(vectors, ids != 0), MISTAKES["masked_mean"], called, hint)
    right("padding changes no mean", "Left, right, none, or nothing else: all four came out.")


def clipped(answer: Callable) -> None:
    """Exercise 5: gradients clipped by their global norm."""
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
    """Exercise 6: one step of a GRU whose reset gate comes before the product."""
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


def stacked_lstm(answer: Callable) -> None:
    """Exercise 7: a stack of two LSTMs, fixed."""
    model = fresh_model(answer, 50, 6, hint="Which layer complains? What shape does it get, and which does it need?")
    sizes = [layer.units for layer in model.layers if isinstance(layer, layers.LSTM)]
    words = {layer.input_dim for layer in model.layers if isinstance(layer, layers.Embedding)}
    expect(len(sizes) == 2, "Expected two LSTM layers, one on top of the other.")
    expect(sizes == [6, 6], f"stacked_lstm(50, 6) has LSTMs of {sizes} units. Use the argument `units`.")
    expect(words <= {50}, f"stacked_lstm(50, 6) has an embedding of {[*words]} words. Use the argument `words`.")
    rng = np.random.default_rng(0)
    ids, labels = rng.integers(1, 50, (40, 7)), rng.integers(0, 2, 40)
    ids[:20, 5:] = 0
    found = outputs(model, ids)
    hint = "One number per text." + (" The second LSTM hands on every step." if found.ndim == 3 else "")
    expect_probabilities(expect_shape(found, (40, 1), "Your model's answer to ids (40, 7)", hint=hint))
    expect(found.std() > 0, "The model answers the same to every text.")
    longer = outputs(model, np.pad(ids, ((0, 0), (0, 30))))
    expect_close(longer, found, "With 30 more zeros, your model's answer", hint="Who tells the LSTMs what is padding?")
    hint = "Which loss suits one probability and labels of 0 and 1?"
    try:
        loss = model.evaluate(ids, labels, verbose=0, return_dict=True)["loss"]
    except Exception as error:
        raise NotYet(f"The model fails ({type(error).__name__}) where it meets its labels. {hint}") from error
    wanted = -np.log(np.where(labels == 1, found[:, 0], 1 - found[:, 0])).mean()
    expect_close(loss, wanted, "The loss", hint=hint, tolerance=1e-3)
    right("the stack works", "It answers with probabilities, and padding cannot change them.")


def turn_reader(answer: Callable) -> None:
    """Exercise 8: a model that reads the word after "but"."""
    model, (ids, labels), (new_ids, new_labels) = fresh_model(answer), turns(2_000, 0), turns(1_000, 1)
    found, hint = outputs(model, ids[:100]), "Expected one probability per text."
    expect_probabilities(expect_shape(found, (100, 1), "Your model's answer to ids (100, 24)", hint=hint))
    size, hint = model.count_params(), "Does the loss suit one probability and labels (batch, 1) of 0 and 1?"
    expect(size <= 5_000, f"Your model has {size:,} parameters; 5,000 are enough for ten words.")
    for _ in range(8):
        loss = train(model, ids, labels[:, None], batch_size=32, hint=hint)["loss"][-1]
        expect(np.isfinite(loss), "The loss became nan. Try a smaller learning rate, or clip the gradients.")
        accuracy = np.mean((outputs(model, new_ids)[:, 0] > 0.5) == new_labels)
        if accuracy >= 0.95:
            return right("the word after the turn", f"{accuracy:.2f} of the new texts.")
    seen = np.mean((outputs(model, ids)[:, 0] > 0.5) == labels)
    hint = "It is on its way: let it learn faster, or give it a few more units."
    if seen - accuracy > 0.1:
        hint = "It learns the texts by heart, place by place. Which layer reads alike wherever the turn stands?"
    elif accuracy < 0.55:
        hint = "That is no better than a coin, and a bag gets about 0.60: are the steps far too large or too small?"
    elif accuracy < 0.7:
        hint = "A bag gets about that far: does your model see which word comes next? If so, let it learn faster."
    raise NotYet(f"After 8 epochs {accuracy:.2f} of the new texts are right ({seen:.2f} of the old). {hint}")


def turns(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Make texts ``(count, 24)`` as in the exercise: 1 is *but*, 2 to 5 praise, 6 to 9 blame, 0 padding."""
    rng, rows = np.random.default_rng(seed), np.arange(count)
    ids, lengths = rng.integers(2, 10, (count, 24)), rng.integers(8, 25, count)
    turn = rng.integers(0, lengths - 1)
    ids[rows, turn] = 1
    ids[np.arange(24) >= lengths[:, None]] = 0
    return ids.astype("int32"), (ids[rows, turn + 1] < 6).astype("int32")
