"""Checks of the exercises to notebook 03: shapes, parameters, what a layer sees, masks, clipping, cells, models."""

import keras
import numpy as np
from keras import layers, ops

from course_utils.checks import NotYet, ask, call, expect_close, expect_equal, expect_shape, name_mistake, right
from course_utils.checks._models import answers, compiled, expect_probabilities, train


def last_shape(answer) -> None:
    """Exercise 1: the shape that two stacked recurrent layers put out."""
    shape = ask(answer)
    if not isinstance(shape, tuple | list) or not 1 <= len(shape) <= 3:
        raise NotYet(f"Expected a tuple of one to three whole numbers, such as (8, 3), got {shape!r}.")
    shape = tuple(shape)
    if len(shape) == 3:
        raise NotYet(f"{shape} has three axes. Does the second layer return every step, or only the last one?")
    if shape[-1] == 20:
        raise NotYet(f"{shape}: a bidirectional layer has two directions. How does Keras join what they found?")
    if shape[0] is None:
        raise NotYet(f"{shape}: None stands for a batch of any size, but here you know how many reviews there are.")
    hint = "The batch stays first. Which axes are left when only the last step comes out?"
    if len(shape) == 2 and shape[0] == 32:
        hint = (
            f"The axes are right. Where do {shape[1]} numbers come from? One review gets those of its last step only."
        )
    expect_equal(shape, (32, 40), "last_shape()", hint=hint)
    right("the last step of both directions, side by side")


def parameters(answer) -> None:
    """Exercise 2: the parameters of a small classifier, embedding and head included."""
    small = [("SimpleRNN", 100, 8, 5, False), ("LSTM", 100, 8, 5, False), ("GRU", 100, 8, 5, False)]
    both = [("SimpleRNN", 7, 3, 2, True), ("GRU", 100, 8, 5, True), ("LSTM", 10_000, 16, 32, True)]
    for given in [*small, *both, ("SimpleRNN", 2, 1, 1, False)]:
        said, wanted = call(answer, *given), _count(*given)
        found = _whole(ask(answer, *given), said)
        name_mistake(found, wanted, _miscounts(wanted, *given), said)
        expect_equal(found, wanted, said, hint="Count each layer alone, and let Keras build one to compare.")
    right("every parameter counted", "You agree with Keras on seven classifiers.")


def _count(kind, words, inputs, units, both_ways):
    cell = getattr(layers, kind)(units)
    reader = layers.Bidirectional(cell) if both_ways else cell
    start = [keras.Input((None,)), layers.Embedding(words, inputs)]
    return keras.Sequential([*start, reader, layers.Dense(1)]).count_params()


def _miscounts(wanted, kind, words, inputs, units, both_ways):
    table, ways = words * inputs, 1 + both_ways
    times = {"SimpleRNN": 1, "LSTM": 4, "GRU": 3}[kind]
    mistakes = {"The embedding is missing: one row of numbers a word.": wanted - table}
    mistakes["The head is missing: a weight for each number that it reads, and a bias."] = wanted - ways * units - 1
    mistakes["The head has a bias, too."] = wanted - 1
    if kind == "GRU":
        mistakes["The GRU of Keras (reset_after) has two biases."] = wanted - ways * 3 * units
    mistakes["The state has a matrix of its own, units by units."] = wanted - ways * times * units * units
    if times > 1:
        once = ways * (inputs * units + units * units + units)
        mistakes["How often does this cell compute what a SimpleRNN computes once?"] = table + once + ways * units + 1
    if both_ways:
        one_way = (wanted - table - 1 - 2 * units) // 2
        mistakes["Both directions have weights of their own."] = table + one_way + 2 * units + 1
        mistakes["The head reads both directions, side by side."] = wanted - units
    return mistakes


def layers_needed(answer) -> None:
    """Exercise 3: how many dilated convolutions see a message so many tokens back."""
    for given in [(5, 79), (5, 28), (5, 32), (5, 29), (3, 6), (3, 7), (2, 8), (2, 1), (4, 0)]:
        said = call(answer, *given)
        found, wanted = _whole(ask(answer, *given), said), _layers_by_impulse(*given)
        if given[1] == 0 and found != wanted:
            raise NotYet(f"{said} gives {found}. The last token itself is seen without any convolution.")
        name_mistake(found, wanted, _misstacked(*given), said)
        expect_equal(
            found, wanted, said, hint="Add up (window - 1) × dilation, layer by layer, until it reaches there."
        )
    right("as many layers as needed", "A signal sent through real stacks arrives where you say.")


def _misstacked(window, distance):
    def fewest(reach):
        return next(n for n in range(60) if reach(2**n - 1) >= distance)

    itself = "The last step sees itself, too: at which distance is the furthest of 29 steps?"
    step_by_step = "That many it takes if all layers lie 1 step apart. Here the dilation doubles."
    slower = "That many it takes if the dilation grows by one each time: 1, 2, 3. Here it doubles."
    steps = "One layer with that window, next to the step itself, adds window - 1 steps."
    more = "That is one layer more than needed: the stack may end exactly on the message."
    return {
        itself: fewest(lambda spreads: (window - 1) * spreads + 1),
        steps: fewest(lambda spreads: window * spreads),
        step_by_step: -(-distance // (window - 1)),
        more: fewest(lambda spreads: (window - 1) * spreads - 1),
        slower: next(n for n in range(500) if (window - 1) * n * (n + 1) // 2 >= distance),
    }


def _layers_by_impulse(window: int, distance: int) -> int:
    """Send one signal through the layers and see how far it spreads."""
    reached, number = np.ones(1), 0
    while len(reached) <= distance:
        spread = np.zeros((window - 1) * 2**number + 1)
        spread[:: 2**number] = 1
        reached, number = np.convolve(reached, spread), number + 1
    return number


def masked_mean(answer) -> None:
    """Exercise 4: the mean over the steps that are no padding."""
    rng = np.random.default_rng(0)
    cases = [np.array([[5, 7, 2, 0, 0]]), np.array([[0, 0, 3, 4], [6, 0, 0, 0], [1, 2, 3, 4]]), np.array([[4, 2]])]
    for ids in [*cases, np.array([[3, 9, 0], [0, 0, 0]])]:
        vectors = rng.normal(size=(*ids.shape, 3)).astype("float32")
        said = f"{getattr(answer, '__name__', 'masked_mean')}(vectors, ids) with ids {ids.tolist()}"
        with np.errstate(invalid="ignore", divide="ignore"):
            found = ask(answer, vectors, ids)
        hint = "One mean a text: take it over the steps, the second axis."
        found = expect_shape(found, (len(ids), 3), said, hint=hint)
        kept = ids != 0
        wanted = [
            row[real].mean(axis=0) if real.any() else np.zeros(3) for row, real in zip(vectors, kept, strict=True)
        ]
        if np.isnan(np.asarray(found, dtype=float)).any():
            raise NotYet(f"{said}: a row that is all padding became nan. What do you divide by there?")
        total = (vectors * kept[..., None]).sum(axis=1)
        mistakes = {
            "You averaged over all steps, padding too.": vectors.mean(axis=1),
            "You left the padding out of the sum, but still divide by all steps, padding too.": total / ids.shape[1],
            "That is the sum. Divide by the number of real tokens.": total,
        }
        name_mistake(found, wanted, mistakes, said)
        hint = "Which ids are padding? Only 0 is; 1 is an unknown word. And how many real tokens has each row?"
        expect_close(found, wanted, said, hint=hint)
    right("padding changes no mean", "Left, right, none, or nothing else: all four came out.")


def clipped(answer) -> None:
    """Exercise 5: gradients clipped by their global norm."""
    rng = np.random.default_rng(1)
    cases = [([np.array([3.0, 4.0]), np.array([12.0])], 1.0)]
    cases.append(([rng.normal(size=shape) for shape in [(4, 3), (3, 3), (3,)]], 2.0))
    cases.append(([np.array([0.3]), np.array([[0.4]])], 1.0))
    cases.append(([np.zeros((2, 2)), np.zeros(2)], 1.0))
    for gradients, limit in cases:
        with np.errstate(invalid="ignore", divide="ignore"):
            found = ask(answer, gradients, limit)
        said = f"{getattr(answer, '__name__', 'clipped')}({_shown(gradients)}, {limit})"
        if not isinstance(found, list | tuple) or len(found) != len(gradients):
            raise NotYet(f"{said}: expected a list of {len(gradients)} arrays, one for each that came in.")
        found = [
            expect_shape(each, one.shape, f"{said}: array {n}")
            for n, (each, one) in enumerate(zip(found, gradients, strict=True))
        ]
        _one_clip(found, gradients, limit, said)
    right("gradients clipped together", "Their direction stays, as with Keras' global_clipnorm.")


def _one_clip(found, gradients, limit, said):
    length = np.sqrt(sum(np.sum(each**2) for each in gradients))
    if any(np.isnan(np.asarray(each, dtype=float)).any() for each in found):
        raise NotYet(f"{said}: gradients of zero became nan. What do you divide by there?")
    some = max(length, 1e-9)
    mistakes = {
        "You clipped each array by its own length (that is Keras' clipnorm). Take one length for all.": lambda each: (
            each * min(1, limit / max(np.linalg.norm(each), 1e-9))
        ),
        "You cut each number by itself, so the direction changed.": lambda each: np.clip(each, -limit, limit),
        "These gradients are within the limit and should come back as they are.": lambda each: each * limit / some,
        "The length is the square root of the sum of all squares.": lambda each: each * limit / some**2,
        "Divide by the length, then multiply by the limit.": lambda each: each / some,
    }
    if length <= limit:  # here any change is the same mistake
        mistakes = {words: change for words, change in mistakes.items() if "within" in words}
    for number, (each, wanted) in enumerate(zip(found, _clipped_by_keras(gradients, limit), strict=True)):
        name_mistake(each, wanted, {words: change(gradients[number]) for words, change in mistakes.items()}, said)
        expect_close(each, wanted, f"{said}: array {number}", hint="All arrays shrink by the same factor, or none.")


def _clipped_by_keras(gradients, limit):
    """Let an optimizer with a learning rate of 1 take one step from 0: minus the step is the clipped gradient."""
    variables = [keras.Variable(np.zeros(each.shape, "float32")) for each in gradients]
    optimizer = keras.optimizers.SGD(learning_rate=1.0, global_clipnorm=limit)
    optimizer.apply([ops.convert_to_tensor(each, dtype="float32") for each in gradients], variables)
    return [-ops.convert_to_numpy(each) for each in variables]


def _shown(gradients) -> str:
    if sum(each.size for each in gradients) > 6:
        return f"arrays of shapes {[each.shape for each in gradients]}"
    return str([each.tolist() for each in gradients])


def gru_step(answer) -> None:
    """Exercise 6: one step of a GRU whose reset gate comes before the product."""
    for rows, inputs, units in [(2, 3, 4), (1, 1, 1), (5, 2, 3)]:
        rng = np.random.default_rng(units)
        x, h = rng.normal(size=(rows, inputs)), rng.normal(size=(rows, units))
        W, U, b = (rng.normal(size=size) for size in [(inputs, 3 * units), (units, 3 * units), (3 * units,)])
        said = f"{getattr(answer, '__name__', 'gru_step')}(x, h, W, U, b) with x {x.shape}, {units} units"
        found = expect_shape(ask(answer, x, h, W, U, b), h.shape, said, hint="The new state has the old one's shape.")
        wanted = _step_by_keras(x, h, W, U, b)
        name_mistake(found, wanted, _missteps(x, h, W, U, b), said)
        expect_close(found, wanted, said, hint="Print z, r and the candidate one by one: each is (batch, units).")
    right("one step of a GRU", "Keras' cell, with the same weights, arrives at the same state.")


def _step_by_keras(x, h, W, U, b):
    cell = layers.GRUCell(h.shape[1], reset_after=False)
    cell.build((None, x.shape[1]))
    cell.set_weights([W, U, b])
    x, h = (ops.convert_to_tensor(each, dtype="float32") for each in (x, h))
    return ops.convert_to_numpy(cell(x, [h])[0])


def _missteps(x, h, W, U, b):
    (Wz, Wr, Wc), (Uz, Ur, Uc), (bz, br, bc) = np.split(W, 3, 1), np.split(U, 3, 1), np.split(b, 3)
    z, r = (1 / (1 + np.exp(-each)) for each in (x @ Wz + h @ Uz + bz, x @ Wr + h @ Ur + br))
    new, late = np.tanh(x @ Wc + (r * h) @ Uc + bc), np.tanh(x @ Wc + r * (h @ Uc) + bc)
    swapped = np.tanh(x @ Wc + (z * h) @ Uc + bc)
    late_reset = "The reset gate comes too late: that is reset_after, as in the lesson. Here r meets h before U."
    reversed_mix = "Your update gate keeps the new and drops the old; z says how much of the OLD state stays."
    return {
        late_reset: z * h + (1 - z) * late,
        reversed_mix: (1 - z) * h + z * new,
        "The two gates are swapped: the first third of the weights is z's.": r * h + (1 - r) * swapped,
        "The reset gate does nothing yet.": z * h + (1 - z) * np.tanh(x @ Wc + h @ Uc + bc),
        "The candidate must pass through tanh.": z * h + (1 - z) * (x @ Wc + (r * h) @ Uc + bc),
        "That is the candidate alone. Mix it with the old state.": new,
    }


def stacked_lstm(answer) -> None:
    """Exercise 7: a stack of two LSTMs, mended."""
    keras.utils.set_random_seed(0)
    hint = "Which layer complains? What shape does it get, and which does it need?"
    model = compiled(ask(answer, 50, 6, hint=hint), "stacked_lstm(50, 6)")
    if sum(isinstance(each, layers.LSTM) for each in model.layers) != 2:
        raise NotYet("Expected two LSTM layers, one on top of the other.")
    for layer in model.layers:
        if isinstance(layer, layers.LSTM) and layer.units != 6:
            raise NotYet(f"stacked_lstm(50, 6) has an LSTM of {layer.units} units. Use the argument `units`.")
        if isinstance(layer, layers.Embedding) and layer.input_dim != 50:
            raise NotYet(f"stacked_lstm(50, 6) has an embedding of {layer.input_dim} words. Use the argument `words`.")
    rng = np.random.default_rng(0)
    ids, labels = rng.integers(1, 50, (40, 7)), rng.integers(0, 2, 40)
    ids[:20, 5:] = 0
    found = answers(model, ids)
    hint = "One number a text." + (" The second LSTM hands on every step." if found.ndim == 3 else "")
    found = expect_shape(found, (40, 1), "Your model's answer to ids (40, 7)", hint=hint)
    expect_probabilities(found)
    if found.std() == 0:
        raise NotYet("The model answers the same to every text.")
    wide = answers(model, np.pad(ids, ((0, 0), (0, 30))))
    if not np.allclose(found, wide, atol=1e-5):
        raise NotYet("Thirty more zeros on the right change the answers. Who tells the LSTMs which steps are padding?")
    _expect_cross_entropy(model, ids, labels, found)
    right("the stack works", "It answers with probabilities, and padding cannot change them.")


def _expect_cross_entropy(model, ids, labels, found):
    labels = labels[:, None].astype("float32")
    wanted = -np.mean(labels * np.log(found) + (1 - labels) * np.log(1 - found))
    hint = "Which loss suits one probability and labels of 0 and 1?"
    try:
        loss = model.evaluate(ids, labels, verbose=0, return_dict=True)["loss"]
    except Exception as error:
        raise NotYet(f"The model fails ({type(error).__name__}) where it meets its labels. {hint}") from error
    if not np.isclose(loss, wanted, atol=1e-3):
        raise NotYet(f"The loss on forty texts is {loss:.3f}, another than expected. {hint}")


def turn_reader(answer) -> None:
    """Exercise 8: a model that reads the word after "but"."""
    keras.utils.set_random_seed(0)
    model = compiled(ask(answer), "turn_reader()")
    ids, labels = _turns(2_000, 0)
    found = answers(model, ids[:100])
    if found.shape != (100, 1):
        raise NotYet(
            f"To ids (100, 24) your model answers with shape {found.shape}; expected one probability a text, (100, 1)."
        )
    expect_probabilities(found)
    if model.count_params() > 5_000:
        raise NotYet(f"Your model has {model.count_params():,} parameters; 5,000 are enough for ten words.")
    new_ids, new_labels = _turns(1_000, 1)
    for _ in range(8):
        hint = "Does the loss suit one probability and labels (batch, 1) of 0 and 1?"
        loss = train(model, ids, labels[:, None], batch_size=32, hint=hint)["loss"][-1]
        accuracy = np.mean((answers(model, new_ids)[:, 0] > 0.5) == new_labels)
        if np.isnan(loss):
            raise NotYet("The loss became nan. Try a smaller learning rate, or clip the gradients.")
        if accuracy >= 0.95:
            return right("the word after the turn", f"{accuracy:.2f} of the new texts.")
    seen = np.mean((answers(model, ids)[:, 0] > 0.5) == labels)
    if seen - accuracy > 0.1:
        hint = "It learns the texts by heart, place by place. Which layer reads alike wherever the turn stands?"
    elif accuracy < 0.55:
        hint = (
            "That is no better than a coin, and a bag gets about 0.60: are the steps far too large, or far too small?"
        )
    elif accuracy < 0.7:
        hint = "A bag gets about that far: does your model see which word comes next? If so, let it learn faster."
    else:
        hint = "It is on its way: let it learn faster, or give it a few more units."
    raise NotYet(f"After 8 epochs {accuracy:.2f} of the new texts are right ({seen:.2f} of the old). {hint}")


def _turns(count: int, seed: int):
    """Make texts ``(count, 24)`` as in the exercise: 1 is *but*, 2 to 5 praise, 6 to 9 blame, 0 padding."""
    rng, rows = np.random.default_rng(seed), np.arange(count)
    ids, lengths = rng.integers(2, 10, (count, 24)), rng.integers(8, 25, count)
    turn = rng.integers(0, lengths - 1)
    ids[rows, turn] = 1
    ids[np.arange(24) >= lengths[:, None]] = 0
    return ids.astype("int32"), (ids[rows, turn + 1] < 6).astype("int32")


def _whole(number, said: str) -> int:
    try:
        whole = int(number) if number == int(number) else None
    except (TypeError, ValueError, OverflowError):
        whole = None
    if whole is None:
        raise NotYet(f"{said} gives {number!r}; expected a whole number.")
    return whole
