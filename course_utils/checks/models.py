"""What all exercises that ask for a model have in common: it is a compiled Keras model, fresh, and it can be run."""

import logging
from collections.abc import Callable

import numpy as np

from course_utils.backends import keras
from course_utils.checks import NotYet, ask, call, plain, then
from course_utils.checks.expect import expect

__all__ = ["expect_matching_loss", "expect_probabilities", "fresh_model", "outputs", "train"]

# A check builds and runs several models, and TensorFlow warns about each one after the fourth.
logging.getLogger("tensorflow").setLevel(logging.ERROR)


def fresh_model(answer: Callable, *inputs: object, hint: str = "") -> keras.Model:
    """Ask for a model from a fixed seed; return it if it is compiled and untrained, and say what is missing if not.

    Examples
    --------
    >>> fresh_model(lambda: "GRU")
    Traceback (most recent call last):
    course_utils.checks.NotYet: <lambda>() should return a Keras model, got str.
    """
    keras.utils.set_random_seed(0)
    model = ask(answer, *inputs, hint=hint)
    gave = f"{call(answer, *inputs)} should return a Keras model, got {type(model).__name__}."
    expect(isinstance(model, keras.Model), gave)
    expect(model.compiled and model.loss is not None, "The model is not compiled: it needs an optimizer and a loss.")
    fresh = int(model.optimizer.iterations) == 0
    expect(fresh, "The model has been trained already. Return it fresh: the check trains it on data of its own.")
    return model


def outputs(model: keras.Model, *inputs: np.ndarray) -> np.ndarray:
    """Return what a model puts out for arrays; say what it cannot read if it fails."""
    try:
        return keras.ops.convert_to_numpy(model(inputs[0] if len(inputs) == 1 else inputs, training=False))
    except Exception as error:
        shapes = " and ".join(str(array.shape) for array in inputs)
        raise NotYet(f"Your model fails on ids of shape {shapes}: {plain(error)}.") from error


def train(model: keras.Model, x: object, y: np.ndarray, *, hint: str = "", **options: object) -> dict[str, list[float]]:
    """Train a model and return its history; say why if that fails."""
    try:
        return model.fit(x, y, verbose=0, **options).history
    except Exception as error:
        raise NotYet(f"Training fails with {type(error).__name__}: {plain(error)}.{then(hint)}") from error


def expect_probabilities(found: np.ndarray) -> None:
    """Refuse outputs of one unit that are no probabilities: always 1 (a softmax over one number), or outside 0 to 1."""
    expect(not np.allclose(found, 1), "The model answers exactly 1 to every text. What is a softmax of one number?")
    low, high = found.min(), found.max()
    outside = f"The answers run from {low:.2f} to {high:.2f}; expected probabilities. Which activation?"
    expect(low >= 0 and high <= 1, outside)


def expect_matching_loss(model: keras.Model, found: np.ndarray) -> bool:
    """Refuse a softmax whose loss expects logits, and the reverse; return whether the outputs are a softmax."""
    loss = model.loss[0] if isinstance(model.loss, list | tuple) else model.loss
    from_logits = False if isinstance(loss, str) else getattr(loss, "from_logits", None)
    softmax = bool(found.min() >= 0 and np.allclose(found.sum(axis=-1), 1, atol=1e-3))
    what = "a softmax, and the loss expects logits" if softmax else "logits, and the loss expects probabilities"
    matching = from_logits is None or softmax != from_logits
    expect(matching, f"The model's outputs are {what}. Which of the two applies the softmax (from_logits)?")
    return softmax
