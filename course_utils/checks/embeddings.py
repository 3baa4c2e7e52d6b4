"""Checks of the exercises to notebook 02: memory, one-hot, parameters, seeds, neighbors, a layer of one's own."""

import keras
import numpy as np
from keras import layers, ops

from course_utils.checks import NotYet, ask, call, expect_close, expect_equal, expect_shape, right
from course_utils.checks._models import answers, compiled, expect_probabilities, train

ROUND, BUDGET, BAR = 6, 1_500, 0.9  # epochs, parameters and accuracy of the last exercise


def batch_bytes(answer) -> None:
    """Exercise 1: the bytes of one batch of one-hot vectors."""
    found = ask(answer)
    if isinstance(found, bool | str) or np.ndim(found) != 0:
        raise NotYet(f"Expected one whole number, the bytes, got {found!r}.")
    numbers, wanted = 64 * 200 * 10_000, 64 * 200 * 10_000 * 4
    hints = {
        numbers: "That is how many numbers there are. How many bytes does one float32 take?",
        2 * wanted: "That would be float64. How many bytes does one float32 take?",
        8 * wanted: "Those are bits. A byte holds eight of them.",
        64 * 200 * 4: "That is the cost of the ids. How many numbers does one-hot put in the place of one id?",
        wanted // 64: "That is one review. The batch holds 64.",
    }
    near = [wanted / 1e6, wanted / 2**20, wanted / 1e9, wanted / 2**30]
    if any(np.isclose(found, each, rtol=0.01) for each in near):
        raise NotYet(f"{found} would be right in another unit. The exercise asks for bytes.")
    expect_equal(found, wanted, "batch_bytes()", hint=hints.get(found, "Shape × bytes: which axes has the array?"))
    right("shape × bytes", "Half a gigabyte for one batch, and it is gone again after the step.")


def one_hot(answer) -> None:
    """Exercise 2: one-hot vectors of ids of any shape, in float32."""
    cases = [([2, 0, 3], 4), ([1, 1], 5), ([[0, 2, 2], [1, 0, 0]], 3), ([[[4], [0]]], 6), ([], 3)]
    for ids, words in cases:
        ids = np.array(ids, dtype="int64")
        said = call(answer, ids, words)
        hint = "One axis more than the ids have, and its length is `words`, whatever ids are in the array."
        found = ask(answer, ids, words, hint=hint)
        if isinstance(found, list | tuple):
            raise NotYet(f"{said} gives a {type(found).__name__}; expected a NumPy array in float32.")
        rows = expect_shape(found, (*ids.shape, words), said, hint=hint)
        if not np.issubdtype(rows.dtype, np.number):
            raise NotYet(f"{said} holds {rows.dtype} instead of numbers.")
        if ids.size and (rows.sum(axis=-1) > 1).any():
            raise NotYet(f"{said} has vectors with several ones. Each id should set one place, in its own row only.")
        if ids.size and (rows[ids == 0] == 0).all(axis=-1).any():
            raise NotYet(f"{said} leaves id 0 without a one. Id 0 has a place of its own, too: the first.")
        expect_close(rows, ids[..., None] == np.arange(words), said, hint="The 1 stands at the place of the id.")
        if rows.dtype == np.float64:
            raise NotYet(f"{said} is float64, twice the bytes of float32. Which argument sets the type?")
        if rows.dtype != np.float32:
            raise NotYet(f"{said} is {rows.dtype}; the network wants float32.")
    right("one-hot vectors", "Of any shape, in float32.")


def parameters(answer) -> None:
    """Exercise 3: the parameters of the one-hot and of the embedding model."""
    for words, dimensions, units in [(500, 16, 8), (10_000, 64, 32), (50, 3, 5), (7, 2, 1)]:
        said = call(answer, words, dimensions, units)
        counts = ask(answer, words, dimensions, units)
        if np.shape(counts) != (2,):
            raise NotYet(
                f"{said} gives {counts!r}. Expected a pair: the one-hot model first, then the embedding model."
            )
        read = {"one-hot": words, "embedding": dimensions}
        for place, (model, width) in enumerate(read.items()):
            table = words * dimensions if model == "embedding" else 0
            recurrent = layers.SimpleRNN(units)
            recurrent.build((None, None, width))
            wanted = table + recurrent.count_params() + units + 1
            forgotten = {
                units + 1: "the last layer, one unit that reads the hidden state",
                1: "the bias of the last unit",
                units: "the bias of the recurrent layer",
                units * units: "U, which carries the hidden state on to the next step",
                words * dimensions: "the embedding's own table",
                2 * units + 1: "the recurrent layer's bias and the last layer",
            }
            missing = wanted - counts[place]
            if place == 0 and counts[0] == words * dimensions + dimensions * units + units * units + 2 * units + 1:
                raise NotYet(f"{said}: you have the two exchanged. The one-hot model comes first.")
            hint = f"Have you counted {forgotten[missing]}?" if missing in forgotten else "Which weights hold how many?"
            if model == "embedding" and -missing == (words - dimensions) * units:
                hint = "Its recurrent layer reads the embedding's numbers, no longer one place a word."
            expect_equal(counts[place], wanted, f"{said}, for the {model} model,", hint=hint)
    right("the parameters of both models", "Only what is multiplied by `words` grows with the vocabulary.")


def verdict(answer) -> None:
    """Exercise 4: is the gap between two models larger than the spread over their seeds?"""
    notes = ([0.770, 0.536, 0.753], [0.771, 0.778, 0.533])
    cases = [
        (*notes, "undecided"),
        ([0.80, 0.81, 0.79], [0.70, 0.71, 0.72], "first"),
        ([0.70, 0.58, 0.71], [0.72, 0.73, 0.71], "undecided"),
        ([0.80, 0.82], [0.788, 0.808], "undecided"),
        ([0.800, 0.801, 0.802], [0.77, 0.81, 0.78], "undecided"),
        ([0.70, 0.702, 0.698, 0.701], [0.75, 0.748], "second"),
        ([0.80, 0.82, 0.84], [0.785, 0.795, 0.805], "first"),
        ([0.80, 0.82, 0.84], [0.775, 0.795, 0.785], "first"),
        ([0.86], [0.70, 0.71, 0.72], "undecided"),
        ([0.70, 0.71, 0.72], [0.86], "undecided"),
    ]
    for one, other, wanted in cases + [(b, a, {"first": "second", "second": "first"}.get(w, w)) for a, b, w in cases]:
        said = call(answer, one, other)
        result = ask(answer, one, other, hint="A model may have been trained from one seed only.")
        if result not in ("first", "second", "undecided"):
            raise NotYet(f"{said} gives {result!r}; expected one of 'first', 'second', 'undecided'.")
        expect_equal(result, wanted, said, hint=_why_no_verdict(one, other, result))
    right("a verdict that several seeds support", "Most often it is: undecided.")


def _why_no_verdict(one, other, result: str) -> str:
    if min(len(one), len(other)) < 2:
        return "One run has no spread, so nothing can be held against it."
    gap = abs(np.mean(one) - np.mean(other))
    if result == "undecided":
        return "Here the gap between the means is larger than the standard deviation of either model."
    if result != ("first" if np.mean(one) > np.mean(other) else "second"):
        return "Its mean is the lower one. Did you compare the best seeds, or mix up the two?"
    if gap > max(np.std(one), np.std(other)):
        return "The gap is close to the spread. np.std divides by n unless you ask for n - 1, as the docstring does."
    if gap > min(np.std(one, ddof=1), np.std(other, ddof=1)):
        return "The gap is larger than the spread of one model, but not than that of the other."
    return "The seeds of one model lie further apart than the two means."


def neighbors(answer) -> None:
    """Exercise 5: a listing mended, the words with the smallest angle."""
    toy = ["the", "great", "wonderful", "fine", "bad", "dull", "movie"]
    table = np.array([[3, 2], [1, 0.1], [0.5, 0.1], [0.9, 0.4], [-1, 0.2], [-0.6, 0.1], [0.2, 1]])
    rng = np.random.default_rng(2)
    more = ["plot", "actor", "scene", "music", "long", "short", "slow", "quick", "sad"]
    drawn = rng.normal(size=(9, 4)) * rng.uniform(0.2, 3, (9, 1))
    # In the first case every usual mistake gives an order of its own.
    cases = [("wonderful", toy, table, 3), ("great", toy, table, 2), ("bad", toy, table, 1), ("movie", toy, table, 6)]
    cases += [(word, more, drawn, 3) for word in more]
    for word, vocabulary, vectors, count in cases:
        said = f"neighbors({word!r}, ..., count={count}) over {len(vocabulary)} words"
        found = ask(answer, word, vocabulary, vectors, count)
        found = found.tolist() if isinstance(found, np.ndarray) else found
        if not isinstance(found, list | tuple) or not all(isinstance(each, str) for each in found):
            raise NotYet(f"{said} gives {found!r}; expected a list of words.")
        if word in found:
            raise NotYet(f"{said} gives {list(found)}: a word is not a neighbor of its own.")
        if len(found) != count:
            raise NotYet(f"{said} gives {len(found)} words: {list(found)}. Did the word itself take a place?")
        wanted, others = _rankings(vocabulary.index(word), vectors)
        wanted = [vocabulary[index] for index in wanted[:count]]
        matches = [why for order, why in others if [vocabulary[index] for index in order[:count]] == list(found)]
        expect_equal(list(found), wanted, said, hint=matches[0] if matches else "Smallest angle first.")
    right("neighbors by angle", "A long vector no longer wins because it is long.")


def _rankings(own: int, vectors: np.ndarray):
    """Return the order by cosine, and the orders of usual mistakes with a hint each; `own` is in none of them."""
    dots, lengths = vectors @ vectors[own], np.linalg.norm(vectors, axis=1)
    cosine = np.array([dots[k] / (lengths[k] * lengths[own]) for k in range(len(vectors))])
    columns = vectors / np.linalg.norm(vectors, axis=0)
    far = ((vectors - vectors[own]) ** 2).sum(axis=1)
    orders = [
        (-dots, "A long vector has a large product with everything. Which length should every vector have first?"),
        (cosine, "Those are the words with the largest angle. In which direction does np.argsort sort?"),
        (
            -(columns @ columns[own]),
            "You divided columns. It is each word's row that should have length 1: which axis?",
        ),
        (far, "That is the order by distance. The cosine looks at the angle only."),
        (dots, "np.argsort puts the smallest first, and a long vector has large products with everything."),
    ]
    leave_out = [(np.argsort(scores), why) for scores, why in [(-cosine, ""), *orders]]
    (best, _), *others = [([int(k) for k in order if k != own], why) for order, why in leave_out]
    return best, others


def as_embedding(answer) -> None:
    """Exercise 6: the weights that turn a one-hot model into an embedding model with the same states."""
    rng = np.random.default_rng(0)
    for words, units in [(6, 3), (5, 4), (9, 2)]:
        W, U, b = (rng.normal(size=size).astype("float32") for size in [(words, units), (units, units), (units,)])
        said = call(answer, W, U, b)
        found = ask(answer, W, U, b)
        if not isinstance(found, list | tuple) or len(found) != 4:
            raise NotYet(f"{said} should give four arrays: table, kernel, recurrent, bias.")
        hints = {
            "table": "One row a word, as many numbers as there are units.",
            "kernel": "The recurrent layer now reads `units` numbers, not one place a word.",
            "recurrent": "From hidden state to hidden state.",
            "bias": "One number a unit.",
        }
        sizes = [(words, units), (units, units), (units, units), (units,)]
        pieces = zip(found, sizes, hints.items(), strict=True)
        found = [expect_shape(one, size, f"{said}: {name}", hint=hint) for one, size, (name, hint) in pieces]
        found = [np.asarray(one, dtype="float32") for one in found]
        ids = rng.integers(0, words, (8, 7))
        whole, small, lookup = layers.SimpleRNN(units), layers.SimpleRNN(units), layers.Embedding(words, units)
        _ = whole(ops.one_hot(ids, words)), small(lookup(ids))
        whole.set_weights([W, U, b]), small.set_weights(found[1:]), lookup.set_weights(found[:1])
        states = [ops.convert_to_numpy(each) for each in (whole(ops.one_hot(ids, words)), small(lookup(ids)))]
        if not np.allclose(*states, atol=1e-3):
            raise NotYet(f"{said}: the two models reach different states. {_which_weights(found, W, U, b)}")
    right("the embedding inside the one-hot model", "Same ids, same states, no one-hot vector.")


def _which_weights(found, W, U, b) -> str:
    table, kernel, _, bias = found
    entering = table @ kernel + bias  # what each word adds to the state, before tanh
    if np.allclose(entering, W, atol=1e-4):
        return "The bias b has got lost."
    if np.allclose(entering, W + 2 * b, atol=1e-4):
        return "The bias b comes in twice."
    if np.allclose(entering, W + b, atol=1e-4):
        return "Their first step agrees, the later ones do not: look at the recurrent weights."
    if np.allclose(table, W, atol=1e-4):
        return "Each word's row is right when it is looked up. Which kernel hands it on unchanged?"
    return "A one-hot vector times W picks a row of W. Which array should be looked up, then?"


def own_embedding(answer) -> None:
    """Exercise 7: an Embedding layer of one's own, which trains like Keras'."""
    words, dimensions = 7, 3
    said = call(answer, words, dimensions)
    layer = ask(answer, words, dimensions)
    if isinstance(layer, type):
        raise NotYet(f"{said} gave the class {layer.__name__}. Return a layer: call the class.")
    if not isinstance(layer, layers.Layer):
        raise NotYet(f"{said} should give a Keras layer, got a {type(layer).__name__}.")
    if isinstance(layer, layers.Embedding):
        raise NotYet("That is Keras' own Embedding. Write one: a class of your own with a table and a call.")
    if type(layer).call is layers.Layer.call:
        raise NotYet("Your layer has no method `call`, which says what comes out for which ids.")
    ids = np.array([[6, 0, 3, 3], [1, 2, 0, 5]], dtype="int32")

    def your_layer(ids):
        return layer(ids)

    ask(your_layer, np.zeros_like(ids), hint="Make the table once, in __init__ or build.")
    tables = layer.trainable_variables
    if not tables:
        raise NotYet("Your layer has no trainable weights, so training cannot change the table. Try add_weight.")
    if len(tables) > 1:
        raise NotYet(f"Your layer has {len(tables)} trainable arrays; one table is enough.")
    if tuple(tables[0].shape) != (words, dimensions):
        raise NotYet(f"{said} has a table of shape {tuple(tables[0].shape)}. One row a word, one column a dimension.")
    rows = np.linspace(-1, 1, words * dimensions, dtype="float32").reshape(words, dimensions)
    tables[0].assign(rows)
    found = ops.convert_to_numpy(ask(your_layer, ids))
    expect_shape(found, (*ids.shape, dimensions), f"your_layer(ids of shape {ids.shape})", hint="A row for each id.")
    expect_close(found, rows[ids], "your_layer(ids)", hint="It should be rows of the table, unchanged.")
    theirs = layers.Embedding(words, dimensions)
    theirs.build()
    theirs.set_weights([rows])
    trained = ops.convert_to_numpy(ask(lambda: _train_table(layer, ids, tables[0])))
    if np.allclose(trained, rows):
        raise NotYet("Training leaves your table as it was. Does the way from table to output break the gradient?")
    hint = "After three steps of training it differs from Keras'."
    expect_close(trained, _train_table(theirs, ids, theirs.embeddings), "your table", hint=hint)
    right("an embedding of your own", "Three steps of training change it as they change Keras'.")


def _train_table(layer, ids, table):
    inputs = keras.Input((ids.shape[1],), dtype="int32")
    last = layers.Dense(1, kernel_initializer="ones")
    model = keras.Model(inputs, last(layers.GlobalAveragePooling1D()(layer(inputs))))
    model.compile(keras.optimizers.SGD(0.5), "mse", run_eagerly=True)
    for _ in range(3):
        model.train_on_batch(ids, np.array([[1.0], [-1.0]]))
    return ops.convert_to_numpy(table)


def order_model(answer) -> None:
    """Exercise 8: a small model that hears what *not* stands in front of."""
    keras.utils.set_random_seed(1)
    model = compiled(ask(answer), "order_model()")
    (x, y), (x_test, y_test) = _judgements(2_000, seed=11), _judgements(1_000, seed=12)

    def your_model(ids):
        return model.predict(ids, batch_size=500, verbose=0)

    before = expect_shape(answers(model, x), (len(x), 1), "the model's output", hint="One number a sentence.")
    expect_probabilities(before)
    if (size := model.count_params()) > BUDGET:
        raise NotYet(
            f"The model has {size:,} parameters; at most {BUDGET:,} are allowed. Which layer holds most of them?"
        )
    train(model, x, y, epochs=ROUND, batch_size=32, hint="Which loss suits one probability?")
    output, learned = your_model(x_test)[:, 0], float(np.mean((your_model(x)[:, 0] > 0.5) == y))
    accuracy = float(np.mean((output > 0.5) == y_test))
    if accuracy < BAR:
        hint = "It has not learned its training sentences well either: look at the size of the steps."
        if learned > 0.9 and learned - accuracy > 0.1:
            hint = f"It knows {learned:.2f} of its training sentences: it learns words by heart instead of their order."
        turned = your_model(x_test[:, ::-1])[:, 0]
        if np.ptp(output) > 1e-3 and np.allclose(output, turned, atol=1e-4):
            hint = "It answers the same when a sentence is read backwards: it is a bag. Which layer loses the order?"
        raise NotYet(f"After {ROUND} epochs it is right on {accuracy:.2f} of new sentences; wanted {BAR}. {hint}")
    right("a model that hears the order", f"{accuracy:.2f} of new sentences with {size:,} parameters.")


def _judgements(count: int, seed: int):
    """Return sentences of 8 ids below 100, and 1 where not (2) stands before bad (4), 0 where before good (3)."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, count)
    rows = []
    for positive in labels:
        said, denied = (3, 4) if positive else (4, 3)
        pieces = [[said], [2, denied], *([word] for word in rng.integers(5, 100, 5))]
        rows.append(np.concatenate([pieces[place] for place in rng.permutation(len(pieces))]))
    return np.array(rows, dtype="int32"), labels
