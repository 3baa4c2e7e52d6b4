"""Check the exercises of notebook 04: a masked mean, a stack to fix, a model that reads a turn."""

from collections.abc import Callable

import numpy as np

from course_utils.backends import keras
from course_utils.checks import NotYet, right
from course_utils.checks.expect import expect, expect_close, expect_shape, hold
from course_utils.checks.models import expect_probabilities, fresh_model, outputs, train
from course_utils.checks.progress import watch

layers, ops = keras.layers, keras.ops


def _mean(vectors: np.ndarray, real: np.ndarray, count: int | np.ndarray | None = None) -> np.ndarray:
    return (vectors * real[..., None]).sum(axis=1) / (
        np.maximum(1, np.c_[real.sum(axis=1)]) if count is None else count
    )


MISTAKES = {
    "masked_mean": {
        "You averaged over all steps, padding too.": lambda vectors, ids: vectors.mean(axis=1),
        "You still divide by all steps, padding too.": lambda vectors, ids: _mean(vectors, ids > 0, ids.shape[1]),
        "That is the sum. Divide by the number of real tokens.": lambda v, ids: _mean(v, ids > 0, 1),
        "All padding gave nan. What do you divide by?": lambda v, ids: _mean(v, ids > 0, np.c_[(ids > 0).sum(1)]),
        "That is one mean over all texts. Take one per text.": lambda vectors, ids: vectors[ids > 0].mean(axis=0),
        "Only 0 is padding; 1 is an unknown word.": lambda vectors, ids: _mean(vectors, ids > 1),
    },
    "stacked_lstm": {},
    "turn_reader": {},
}
__all__ = ["MISTAKES", "hint", "progress", "turns", *MISTAKES]


def masked_mean(answer: Callable) -> None:
    """Exercise 1: the mean over the steps that are not padding."""
    rng, hint = np.random.default_rng(0), "One mean per text, over the steps. How many real tokens has each row?"
    cases = [[[5, 7, 2, 0, 0]], [[0, 0, 3, 4], [6, 0, 0, 0], [1, 2, 3, 4]], [[4, 2]], [[3, 9, 0], [0, 0, 0]]]
    for ids in map(np.array, cases):
        vectors = rng.normal(size=(*ids.shape, 3)).astype("float32")
        called = f"{getattr(answer, '__name__', 'masked_mean')}(vectors, ids) with ids {ids.tolist()}"
        hold(answer, [vectors, ids], _mean(vectors, ids != 0), MISTAKES["masked_mean"], called, hint)
    right("padding changes no mean", "Left, right, none, or nothing else: all four came out.")


def stacked_lstm(answer: Callable) -> None:
    """Exercise 2: a stack of two LSTMs, fixed."""
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
    """Exercise 3: a model that reads the word after "but"."""
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


hint, progress = watch(globals())
