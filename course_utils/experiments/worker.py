"""What happens in a worker process: describe a model, or train it from one seed and keep its best epoch."""

import contextlib
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cloudpickle
import numpy as np

from course_utils.backends import keras, prepare_worker
from course_utils.callbacks import Seconds
from course_utils.experiments.keys import digest, is_own, model_config, model_digest

__all__ = ["call", "call_in_a_process", "describe", "train"]

_BEGAN = time.time()


def _unpack(layout: object, arrays: tuple) -> object:
    """Put arrays back into the nested tuples they came from; each number of the layout is an array's place."""
    return keras.tree.map_structure(lambda place: None if place is None else arrays[place], layout)


def _build(builder: bytes, seed: int, settings: dict) -> tuple[keras.Model, Callable]:
    """Seed everything, then call the builder; the same model whatever the process did before."""
    prepare_worker(settings["backend"], threads=1)
    sys.path[:] = dict.fromkeys([*settings["path"], *sys.path])
    for name in [name for name, module in sys.modules.items() if is_own(name) and _is_newer(module)]:
        del sys.modules[name]
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    function = cloudpickle.loads(builder)
    model = function()
    if not isinstance(model, keras.Model):
        raise TypeError(f"it returned {type(model).__name__}; expected a compiled Keras model")
    if not model.compiled:
        raise TypeError("its model is not compiled; call model.compile(...) before returning it")
    return model, function


def _is_newer(module: object) -> bool:
    """Say whether one of the learner's modules has been edited since this process, which may have read it, began."""
    file = getattr(module, "__file__", None)
    return bool(file) and "course_utils" not in module.__name__ and Path(file).stat().st_mtime > _BEGAN


def call(function: Callable, run: tuple[str, int], *rest: object) -> dict:
    """Call `describe` or `train` for one run, a model's name and a seed.

    Returns
    -------
    dict
        ``run``, ``error`` (empty if all went well), and what the function returned.
    """
    try:
        return {"run": run, "error": ""} | function(run[1], *rest)
    except Exception as error:
        return {"run": run, "error": f"{type(error).__name__}: {error}"}


def describe(seed: int, builder: bytes, settings: dict, layout: tuple, *arrays: np.ndarray) -> dict:
    """Build a model and try it on a few rows, without training.

    Returns
    -------
    dict
        ``model`` (its digest) and ``config`` (the digest of its layers and settings).
    """
    model, function = _build(builder, seed, settings)
    tried = {}
    with contextlib.suppress(Exception):  # rows that do not fit: the run itself will say so, in its row
        model.jit_compile, model.run_eagerly = False, True  # compiling would take longer than a few rows
        tried = model.test_on_batch(*_unpack(layout, arrays), return_dict=True)
    tried = [f"{metric} {float(value):.3g}" for metric, value in tried.items()]
    return {"model": digest(model_digest(model, function), str(tried)), "config": digest(model_config(model))}


def train(seed: int, builder: bytes, settings: dict, progress: str, layout: tuple, *arrays: np.ndarray) -> dict:
    """Train one model from one seed and return its history and its best weights.

    Parameters
    ----------
    seed : int
    builder : bytes
        The builder, pickled by cloudpickle.
    settings : dict
        ``backend``, ``epochs``, ``batch_size``, ``patience``, and ``parent``, the process without which this run has no
        purpose.
    progress : str
        The file that counts its finished epochs.
    layout, *arrays
        Training, validation and test data, as `_unpack` puts them together.

    Returns
    -------
    dict
        ``history``, ``seconds``, ``best_epoch`` (from 1), ``parameters``, ``test``, ``weights`` (the bytes of a
        ``.weights.h5`` file) and ``predictions`` (of the test part).
    """
    model, _ = _build(builder, seed, settings)
    train, validation, test = _unpack(layout, arrays)
    size = {"batch_size": settings["batch_size"], "verbose": 0}
    stop = keras.callbacks.EarlyStopping("val_loss", patience=settings["patience"], restore_best_weights=True)
    callbacks = [Seconds(), stop, _Watch(settings["parent"], progress)]
    fit = model.fit(*train, validation_data=validation, epochs=settings["epochs"], callbacks=callbacks, **size)
    history = {name: [float(value) for value in values] for name, values in fit.history.items()}
    if np.isnan(history["val_loss"][stop.best_epoch]):
        raise ArithmeticError("val_loss was nan in every epoch; try a lower learning rate or clipnorm")
    scores, predictions = {}, None
    if test is not None:
        scores = model.evaluate(*test, return_dict=True, **size)
        predictions = model.predict(test[0], **size)
    with tempfile.TemporaryDirectory() as folder:
        model.save_weights(Path(folder, "best.weights.h5"))
        weights = Path(folder, "best.weights.h5").read_bytes()
    return {
        "seconds": history.pop("seconds"),
        "history": history,
        "best_epoch": stop.best_epoch + 1,
        "parameters": model.count_params(),
        "test": {name: float(value) for name, value in scores.items()},
        "weights": weights,
        "predictions": predictions if isinstance(predictions, np.ndarray) else None,
    }


class _Watch(keras.callbacks.Callback):
    """Count each epoch in the file `progress`, and end this process if its parent is gone."""

    def __init__(self, parent: int, progress: str):
        super().__init__()
        self.parent, self.progress = parent, progress

    def on_train_batch_end(self, batch, logs=None):
        if os.getppid() != self.parent:  # the grid was killed: nobody waits for this run
            os._exit(1)

    on_epoch_begin = on_train_batch_end

    def on_epoch_end(self, epoch, logs=None):
        with contextlib.suppress(OSError):  # another machine has no such folder
            Path(self.progress).write_text(str(epoch + 1))


_CHILD = """
import os, sys, cloudpickle
out = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)  # what a library prints must not stand between the bytes
function, call = cloudpickle.load(sys.stdin.buffer)
cloudpickle.dump(function(*call), out)
"""


def call_in_a_process(function: Callable, run: tuple[str, int], builder: bytes, settings: dict, *rest: object) -> dict:
    """Do what `call` does in a fresh Python process: for a cluster's worker, whose other threads draw random numbers,
    too, and whose TensorFlow may have started with other settings.
    """
    sent = cloudpickle.dumps((call, (function, run, builder, settings | {"parent": os.getpid()}, *rest)))
    environment = os.environ | {"KERAS_BACKEND": settings["backend"]}
    done = subprocess.run([sys.executable, "-c", _CHILD], input=sent, env=environment, capture_output=True)
    if done.returncode == 0:
        return pickle.loads(done.stdout)
    last = (done.stderr.decode(errors="replace").strip().splitlines() or [""])[-1]
    return {"run": run, "error": f"its process died (status {done.returncode}) {last}"}
