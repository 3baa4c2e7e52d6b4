"""Check the exercises of notebook 02: memory, one-hot, parameters, seeds, neighbors, a layer of one's own."""

from collections.abc import Callable

import numpy as np

from course_utils.backends import keras
from course_utils.checks import ask, call, right, shown
from course_utils.checks.expect import expect, expect_close, expect_equal, expect_shape, hold, name_mistake, same
from course_utils.checks.models import expect_probabilities, fresh_model, outputs, train
from course_utils.checks.progress import watch

layers, ops = keras.layers, keras.ops
ROUND, BUDGET, BAR = 6, 1_500, 0.9  # epochs, parameters and accuracy of the last exercise
BYTES = 64 * 200 * 10_000 * 4


def _marked(ids: np.ndarray, words: int) -> np.ndarray:
    return np.equal(ids[..., None], np.arange(words)).astype("float32")


def _both(words, dimensions, units, *, table=1, width=0, U=1, bias=1, head=1, head_bias=1) -> tuple[int, int]:
    """Count the parameters of both models; a 0 leaves a part out."""
    rest = U * units * units + bias * units + head * units + head_bias
    return words * units + rest, table * words * dimensions + (width * words or dimensions) * units + rest


def _spread(runs: list[float]) -> float:
    return np.std(runs, ddof=1)


def _verdict(spread=lambda *both: max(map(_spread, both)), few="undecided", value=np.mean, sign=1) -> Callable:
    """Return a function that compares two models by a value of their runs, if that differs more than a spread."""

    def verdict(one, other):
        if min(len(one), len(other)) < 2:
            return few
        gap = sign * (value(one) - value(other))
        return "undecided" if abs(gap) <= spread(one, other) else "first" if gap > 0 else "second"

    return verdict


def _nearest(scores: Callable) -> Callable:
    """Return a function that finds the words with the lowest scores of their vectors with a word's own."""

    def neighbors(word, vocabulary, vectors, count):
        own = vocabulary.index(word)
        order = np.argsort(scores(vectors, vectors[own]))
        return [vocabulary[index] for index in order if index != own][:count]

    return neighbors


def _cosine(vectors: np.ndarray, own: np.ndarray) -> np.ndarray:
    return vectors @ own / np.linalg.norm(vectors, axis=1)


def _by_columns(vectors: np.ndarray, own: np.ndarray) -> np.ndarray:
    return -vectors @ (own / np.linalg.norm(vectors, axis=0) ** 2)


def _distance(vectors: np.ndarray, own: np.ndarray) -> np.ndarray:
    return np.linalg.norm(vectors - own, axis=1)


MISTAKES = {
    "batch_bytes": {
        "That is how many numbers there are. How many bytes does one float32 take?": BYTES // 4,
        "That would be float64. How many bytes does one float32 take?": 2 * BYTES,
        "Those are bits. A byte holds eight of them.": 8 * BYTES,
        "That is the cost of the ids. How many numbers does one-hot put in the place of one id?": 64 * 200 * 4,
        "That is one review. The batch holds 64.": BYTES // 64,
        "That would be right in megabytes. The exercise asks for bytes.": 512,
    },
    "one_hot": {
        "Each row has one 1, at its own id.": lambda ids, n: np.maximum(_marked(ids, n), _marked(ids[..., ::-1], n)),
        "Id 0 has a position of its own, too: the first.": lambda ids, n: _marked(ids, n) * (ids != 0)[..., None],
        "The last axis is as long as `words`, whatever the ids.": lambda ids, n: _marked(ids, ids.max() + 1),
        "The axes of the ids must stay, with one axis more.": lambda ids, n: _marked(ids, n).reshape(-1, n),
        "The 1 stands at the position of the id itself.": lambda ids, n: _marked((ids - 1) % n, n),
        "The new axis comes last.": lambda ids, n: np.moveaxis(_marked(ids, n), -1, 0),
    },
    "parameters": {
        "You have the two exchanged. The one-hot model comes first.": lambda *sizes: _both(*sizes)[::-1],
        "Have you counted the last unit, which reads the state?": lambda *sizes: _both(*sizes, head=0, head_bias=0),
        "Have you counted the bias of the last unit?": lambda *sizes: _both(*sizes, head_bias=0),
        "Have you counted the bias of the recurrent layer?": lambda *sizes: _both(*sizes, bias=0),
        "Have you counted U, which carries the hidden state on?": lambda *sizes: _both(*sizes, U=0),
        "Have you counted the embedding's own table?": lambda *sizes: _both(*sizes, table=0),
        "Its recurrent layer reads the embedding's numbers, not one per word.": lambda *sizes: _both(*sizes, width=1),
    },
    "verdict": {
        "You looked at the means alone. The seeds of one model may lie further apart.": _verdict(lambda *_: 0),
        "np.std divides by n; ask for n - 1.": _verdict(lambda *both: max(map(np.std, both))),
        "You took the smaller of the two standard deviations.": _verdict(lambda *both: min(map(_spread, both))),
        "You took the spread of the first model only.": _verdict(lambda one, _: _spread(one)),
        "You took the spread of the second model only.": _verdict(lambda _, other: _spread(other)),
        "You added the spreads. The gap must exceed the larger one.": _verdict(lambda *both: sum(map(_spread, both))),
        "You took the ranges. The spread is a standard deviation.": _verdict(lambda *both: max(map(np.ptp, both))),
        "One run has no spread, so nothing can be compared with it.": _verdict(few="first"),
        "You compared the best seeds. Compare the means.": _verdict(value=np.max),
        "You mixed up the two: the one with the higher mean is ahead.": _verdict(sign=-1),
    },
    "neighbors": {
        "A long vector has a large product with everything. Scale first.": _nearest(lambda v, own: -v @ own),
        "Those are the words with the largest angle. In which direction does np.argsort sort?": _nearest(_cosine),
        "You divided columns. Each row should have length 1: which axis?": _nearest(_by_columns),
        "That is the order by distance. The cosine looks at the angle only.": _nearest(_distance),
        "np.argsort puts the smallest first, and long vectors have large products.": _nearest(np.dot),
    },
    "as_embedding": {
        "The bias b got lost.": lambda W, U, b: [W, np.eye(len(b)), U, 0 * b],
        "The bias b comes in twice.": lambda W, U, b: [W + b, np.eye(len(b)), U, b],
        "Only the first step is right: look at U.": lambda W, U, b: [W, np.eye(len(b)), np.eye(len(b)), b],
        "U comes in twice. Which kernel hands a row of W on unchanged?": lambda W, U, b: [W, U, U, b],
    },
    "own_embedding": {},
    "order_model": {},
}
__all__ = ["MISTAKES", "hint", "progress", *MISTAKES]


def batch_bytes(answer: Callable) -> None:
    """Exercise 1: the bytes of one batch of one-hot vectors."""
    hold(answer, [], BYTES, MISTAKES["batch_bytes"], hint="Shape × bytes: which axes has the array?")
    right("shape × bytes", "Half a gigabyte for one batch, and it is gone again after the step.")


def one_hot(answer: Callable) -> None:
    """Exercise 2: one-hot vectors of ids of any shape, in float32."""
    hint = "One axis more than the ids have; the 1 stands at the position of the id."
    for ids, words in [([2, 0, 3], 4), ([1, 1], 5), ([[0, 2, 2], [1, 0, 0]], 3), ([[[4], [0]]], 6), ([], 3)]:
        ids = np.array(ids, dtype="int64")
        called, found, wanted = call(answer, ids, words), ask(answer, ids, words, hint=hint), _marked(ids, words)
        expect(isinstance(found, np.ndarray), f"{called} gives {shown(found)}; expected a NumPy array in float32.")
        name_mistake(found, wanted, MISTAKES["one_hot"], called, [ids, words])
        expect_close(found, wanted, called, hint=hint)
        expect(found.dtype == np.float32, f"{called} holds {found.dtype}. Which argument sets float32?")
    right("one-hot vectors", "Of any shape, in float32.")


def parameters(answer: Callable) -> None:
    """Exercise 3: the parameters of the one-hot and of the embedding model."""
    for words, dimensions, units in [(500, 16, 8), (10_000, 64, 32), (50, 3, 5), (7, 2, 1)]:
        sizes, called = [words, dimensions, units], call(answer, words, dimensions, units)
        hint = "Return a pair: the one-hot model first, then the embedding model."
        counts = expect_shape(ask(answer, *sizes), (2,), called, hint=hint)
        starts = [[keras.Input((1, words))], [keras.Input((1,)), layers.Embedding(words, dimensions)]]
        for part, name in enumerate(("one-hot", "embedding")):
            model = keras.Sequential([*starts[part], layers.SimpleRNN(units), layers.Dense(1)])
            name, wanted = f"{called}, for the {name} model,", model.count_params()
            name_mistake(counts[part], wanted, MISTAKES["parameters"], name, sizes, part=part)
            expect_equal(counts[part], wanted, name, hint="Which weights hold how many?")
    right("the parameters of both models", "Only what is multiplied by `words` grows with the vocabulary.")


def verdict(answer: Callable) -> None:
    """Exercise 4: is the gap between two models larger than the spread over their seeds?"""
    cases = [([0.770, 0.536, 0.753], [0.771, 0.778, 0.533]), ([0.80, 0.81, 0.79], [0.70, 0.71, 0.72])]
    cases += [([0.70, 0.58, 0.71], [0.72, 0.73, 0.71]), ([0.80, 0.82], [0.788, 0.808]), ([0.86], [0.70, 0.71, 0.72])]
    cases += [([0.800, 0.801, 0.802], [0.77, 0.81, 0.78]), ([0.70, 0.702, 0.698, 0.701], [0.75, 0.748])]
    cases += [([0.80, 0.82, 0.84], [0.785, 0.795, 0.805]), ([0.80, 0.82, 0.84], [0.775, 0.795, 0.785])]
    cases += [([0.70, 0.90, 0.70], [0.70, 0.71, 0.70]), *((other, one) for one, other in cases)]
    found = [ask(answer, *runs, hint="A model may have been trained from one seed only.") for runs in cases]
    hints = [words for words, wrong in MISTAKES["verdict"].items() if same(found, [wrong(*runs) for runs in cases])]
    hint = "Is the gap between the means larger than both standard deviations, or not? Or is there a single run?"
    for runs, result in zip(cases, found, strict=True):
        word = isinstance(result, str) and result in ("first", "second", "undecided")
        expect(word, f"{call(answer, *runs)} gives {shown(result)}; expected 'first', 'second' or 'undecided'.")
        expect_equal(result, _verdict()(*runs), call(answer, *runs), hint=[*hints, hint][0])
    right("a verdict that several seeds support", "Most often it is: undecided.")


def neighbors(answer: Callable) -> None:
    """Exercise 5: a listing fixed, the words with the smallest angle."""
    toy = ["the", "great", "wonderful", "fine", "bad", "dull", "movie"]
    table = np.array([[3, 2], [1, 0.1], [0.5, 0.1], [0.9, 0.4], [-1, 0.2], [-0.6, 0.1], [0.2, 1]])
    rng, more = np.random.default_rng(2), ["plot", "actor", "scene", "music", "long", "short", "slow", "quick", "sad"]
    drawn = rng.normal(size=(9, 4)) * rng.uniform(0.2, 3, (9, 1))
    # In the first case every usual mistake gives an order of its own.
    cases = [("wonderful", toy, table, 3), ("great", toy, table, 2), ("bad", toy, table, 1), ("movie", toy, table, 6)]
    for word, words, vectors, count in cases + [(word, more, drawn, 3) for word in more]:
        called, inputs = f"neighbors({word!r}, ..., {count}) over {len(words)} words", [word, words, vectors, count]
        found, wanted = ask(answer, *inputs), _nearest(lambda *given: -_cosine(*given))(*inputs)
        name_mistake(found, wanted, MISTAKES["neighbors"], called, inputs)
        hint = "A list of words, the smallest angle first, without the word itself."
        if isinstance(found, list | tuple | np.ndarray) and len(found) != count:
            hint = f"Those are {len(found)} words. Did the word itself take a place?"
        expect_equal(found, wanted, called, hint=hint)
    right("neighbors by angle", "A long vector no longer wins because it is long.")


def as_embedding(answer: Callable) -> None:
    """Exercise 6: the weights that turn a one-hot model into an embedding model with the same states."""
    rng, names = np.random.default_rng(0), ("table", "kernel", "recurrent", "bias")
    for words, units in [(6, 3), (5, 4), (9, 2)]:
        shapes = [(words, units), (units, units), (units, units), (units,)]
        W, _, U, b = (rng.normal(size=shape).astype("float32") for shape in shapes)
        called, found = f"With {words} words and {units} units, as_embedding(W, U, b)", ask(answer, W, U, b)
        four = isinstance(found, list | tuple) and len(found) == 4
        expect(four, f"{called} should give four arrays: {', '.join(names)}.")
        for name, array, shape in zip(names, found, shapes, strict=True):
            expect_shape(array, shape, f"{called}: {name}", hint="The recurrent layer now reads `units` numbers.")
        ids = rng.integers(0, words, (8, 7))
        wanted, states = _states([np.eye(words), W, U, b], ids), ask(_states, found, ids)
        mistakes = {text: _states(wrong(W, U, b), ids) for text, wrong in MISTAKES["as_embedding"].items()}
        name = f"{called}: the state of the embedding model"
        name_mistake(states, wanted, mistakes, name)
        hint = "One-hot times W picks a row of W. Which array should be looked up, then?"
        hint = "The table is right. Which kernel hands on what it looks up unchanged?" if same(found[0], W) else hint
        expect_close(states, wanted, name, hint=hint, tolerance=1e-3)
    right("the embedding inside the one-hot model", "Same ids, same states, no one-hot vector.")


def _states(weights: list, ids: np.ndarray) -> np.ndarray:
    """Look ids up in the first array and read them with a recurrent layer of the others."""
    table, *weights = (np.asarray(array, dtype="float32") for array in weights)
    recurrent = layers.SimpleRNN(len(weights[2]))
    recurrent.build((None, None, table.shape[1]))
    recurrent.set_weights(weights)
    return ops.convert_to_numpy(recurrent(table[ids]))


def own_embedding(answer: Callable) -> None:
    """Exercise 7: an Embedding layer of one's own, which trains like Keras'."""
    words, dimensions = 7, 3
    called, layer = call(answer, words, dimensions), ask(answer, words, dimensions)
    expect(not isinstance(layer, type), f"{called} gave a class. Return a layer: call the class.")
    expect(isinstance(layer, layers.Layer), f"{called} should give a Keras layer, got {type(layer).__name__}.")
    expect(not isinstance(layer, layers.Embedding), "That is Keras' own Embedding. Write a class of your own.")
    expect(type(layer).call is not layers.Layer.call, "Your layer has no method `call`: what comes out for which ids?")
    ids = np.array([[6, 0, 3, 3], [1, 2, 0, 5]], dtype="int32")

    def your_layer(ids):
        return ops.convert_to_numpy(layer(ids))

    ask(your_layer, np.zeros_like(ids), hint="Make the table once, in __init__ or build.")
    tables = layer.trainable_variables
    expect(tables, "Your layer has no trainable weights, so training cannot change the table. Try add_weight.")
    expect(len(tables) == 1, f"Your layer has {len(tables)} trainable arrays; one table is enough.")
    expect_shape(tables[0], (words, dimensions), f"The table of {called}", hint="One row per word.")
    rows = np.linspace(-1, 1, words * dimensions, dtype="float32").reshape(words, dimensions)
    tables[0].assign(rows)
    hold(your_layer, [ids], rows[ids], hint="It should be rows of the table, unchanged: a row for each id.")
    theirs = layers.Embedding(words, dimensions)
    theirs.build()
    theirs.set_weights([rows])
    trained = ask(lambda: _train_table(layer, ids))
    frozen = {"Training leaves it as it was. Does the way from table to output break the gradient?": rows}
    name_mistake(trained, wanted := _train_table(theirs, ids), frozen, "Your table")
    expect_close(trained, wanted, "Your table", hint="After three steps of training it differs from Keras'.")
    right("an embedding of your own", "Three steps of training change it as they change Keras'.")


def _train_table(layer: keras.layers.Layer, ids: np.ndarray) -> np.ndarray:
    last = [layers.GlobalAveragePooling1D(), layers.Dense(1, kernel_initializer="ones")]
    model = keras.Sequential([keras.Input((ids.shape[1],), dtype="int32"), layer, *last])
    model.compile(keras.optimizers.SGD(0.5), "mse", run_eagerly=True)
    for _ in range(3):
        model.train_on_batch(ids, np.array([[1.0], [-1.0]]))
    return ops.convert_to_numpy(layer.trainable_variables[0])


def order_model(answer: Callable) -> None:
    """Exercise 8: a small model that hears what *not* stands in front of."""
    model = fresh_model(answer)
    (x, y), (x_test, y_test) = _judgments(2_000, seed=11), _judgments(1_000, seed=12)
    expect_probabilities(expect_shape(outputs(model, x), (len(x), 1), "The output", hint="One number per sentence."))
    size = model.count_params()
    expect(size <= BUDGET, f"{size:,} parameters; at most {BUDGET:,} are allowed. Which layer holds most of them?")
    train(model, x, y, epochs=ROUND, batch_size=32, hint="Which loss suits one probability?")
    output, learned = outputs(model, x_test), float(np.mean((outputs(model, x)[:, 0] > 0.5) == y))
    accuracy = float(np.mean((output[:, 0] > 0.5) == y_test))
    hint = "It has not learned its training sentences well either: look at the size of the steps."
    if learned > 0.9 and learned - accuracy > 0.1:
        hint = f"It knows {learned:.2f} of its training sentences: it learns words by heart instead of their order."
    if np.ptp(output) > 1e-3 and np.allclose(output, outputs(model, x_test[:, ::-1]), atol=1e-4):
        hint = "It answers the same when a sentence is read backwards: it is a bag. Which layer loses the order?"
    expect(accuracy >= BAR, f"After {ROUND} epochs it is right on {accuracy:.2f} of new sentences, not {BAR}. {hint}")
    right("a model that hears the order", f"{accuracy:.2f} of new sentences with {size:,} parameters.")


def _judgments(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return sentences of 8 ids below 100, and 1 where not (2) stands before bad (4), 0 where before good (3)."""
    rng = np.random.default_rng(seed)
    labels, rows = rng.integers(0, 2, count), []
    for positive in labels:
        pieces = [[4 - positive], [2, 3 + positive], *rng.integers(5, 100, (5, 1))]
        rows.append(np.concatenate([pieces[place] for place in rng.permutation(len(pieces))]))
    return np.array(rows, dtype="int32"), labels


hint, progress = watch(globals())
