"""What every exercise that asks for a model has in common: it is a compiled Keras model, fresh, and it can be run."""

import logging

import keras
import numpy as np
from keras import ops

from course_utils.checks import NotYet, plain

# A check builds and runs several models, and TensorFlow warns of each one after the fourth.
logging.getLogger("tensorflow").setLevel(logging.ERROR)


def compiled(model, said: str) -> keras.Model:
    """Return a model that is compiled and not yet trained; say what is missing if it is none."""
    if not isinstance(model, keras.Model):
        raise NotYet(f"{said} should return a Keras model, got a {type(model).__name__}.")
    if not model.compiled or model.loss is None:
        raise NotYet("The model is not compiled: it needs an optimizer and a loss.")
    if int(model.optimizer.iterations) > 0:
        raise NotYet("The model has been trained already. Return it fresh: the check trains it, on texts of its own.")
    return model


def answers(model: keras.Model, *inputs) -> np.ndarray:
    """Return what a model puts out for arrays; say what it cannot read if it fails."""
    try:
        return ops.convert_to_numpy(model(inputs[0] if len(inputs) == 1 else inputs, training=False))
    except Exception as error:
        shapes = " and ".join(str(each.shape) for each in inputs)
        raise NotYet(f"Your model fails on ids of shape {shapes}: {plain(error)}.") from error


def train(model: keras.Model, x, y, *, hint: str = "", **options) -> dict:
    """Train a model and return its history; say why if that fails."""
    try:
        return model.fit(x, y, verbose=0, **options).history
    except Exception as error:
        more = f" {hint}" if hint else ""
        raise NotYet(f"Training fails with {type(error).__name__}: {plain(error)}.{more}") from error


def expect_probabilities(found: np.ndarray) -> None:
    """Refuse answers of one sigmoid that are none: always 1 (a softmax over one number), or not between 0 and 1."""
    if np.allclose(found, 1):
        raise NotYet("The model answers exactly 1 to every text. What does softmax do with a single number?")
    if found.min() < 0 or found.max() > 1:
        raise NotYet(
            f"The answers run from {found.min():.2f} to {found.max():.2f}; expected probabilities. Which activation?"
        )
