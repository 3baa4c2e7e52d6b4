"""One run of a grid, in a worker process: build, train, keep the best epoch (used by `experiments`, notebook 02).

Nothing here imports Keras before the worker has read its settings, because Keras reads its backend and TensorFlow
its log level and its threads only once.
"""

import contextlib
import logging
import os
import pickle
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np


def rebuild(layout, arrays):
    """Put arrays back into the nested tuples they came from.

    Examples
    --------
    >>> rebuild(((0, 1), 2), ["a", "b", "c"])
    (('a', 'b'), 'c')
    """
    if isinstance(layout, tuple):
        return tuple(rebuild(each, arrays) for each in layout)
    return None if layout is None else arrays[layout]


@contextlib.contextmanager
def _quiet():
    """Drop what C++ libraries write while they load: a worker's lines would land in the notebook."""
    kept = os.dup(2)
    try:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def prepare(backend: str, threads: int):
    """Import Keras in this process with the backend and the threads that every run has; return the module."""
    os.environ["KERAS_BACKEND"] = backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")  # or the first run takes the whole GPU
    with _quiet():
        import keras

        if backend == "tensorflow":
            import tensorflow as tf

            gpus = tf.config.list_physical_devices("GPU")
    if keras.backend.backend() != backend:
        raise RuntimeError(
            f"This worker already runs Keras on {keras.backend.backend()}, the notebook on {backend}. Start the "
            "workers anew."
        )
    if backend == "tensorflow":
        logging.getLogger("tensorflow").setLevel(logging.ERROR)  # "5 calls triggered retracing": one a model, as meant
        if gpus:
            tf.config.experimental.enable_op_determinism()
        settings = tf.config.threading
        try:
            if settings.get_intra_op_parallelism_threads() != threads:
                settings.set_intra_op_parallelism_threads(threads)
            if settings.get_inter_op_parallelism_threads() != threads:
                settings.set_inter_op_parallelism_threads(threads)
        except RuntimeError:
            raise RuntimeError(
                f"TensorFlow already runs in this worker with other than {threads} threads, which changes the last "
                "digits. Start the workers anew."
            ) from None
    return keras


def build(builder: bytes, seed: int, keras):
    """Seed everything, then call the builder; the same model whatever the process did before."""
    import cloudpickle

    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    model = cloudpickle.loads(builder)()
    if not isinstance(model, keras.Model):
        raise TypeError(f"it returned {type(model).__name__}; expected a compiled Keras model")
    if not model.compiled:
        raise TypeError("its model is not compiled; call model.compile(...) before returning it")
    return model


def check(key: str, builder: bytes, settings: dict, layout, *arrays) -> dict:
    """Build a model once and try it on two rows, without training.

    Returns
    -------
    dict
        ``key``, ``error`` (text, empty if the builder is fine), ``metrics`` (their names, None if the two rows
        did not fit the model).
    """
    try:
        keras = prepare(settings["backend"], settings["threads"])
        model = build(builder, 0, keras)
    except Exception as error:
        return {"key": key, "error": f"{type(error).__name__}: {error}", "metrics": None}
    try:
        model.jit_compile, model.run_eagerly = False, True  # compiling for two rows would take longer than they
        metrics = list(model.test_on_batch(*rebuild(layout, arrays), return_dict=True))
    except Exception:  # the run itself will say so, in its row
        metrics = None
    return {"key": key, "error": "", "metrics": metrics}


def _watch(keras, progress: str, seconds: list):
    """Make the callback that times each epoch, marks it in the file `progress`, and stops if the parent is gone."""
    parent = os.getppid()

    class Watch(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.started = time.perf_counter()

        def on_train_batch_end(self, batch, logs=None):
            if os.getppid() != parent:  # the grid was killed: nobody waits for this run
                os._exit(1)

        def on_epoch_end(self, epoch, logs=None):
            seconds.append(time.perf_counter() - self.started)
            with contextlib.suppress(OSError), open(progress, "w") as file:  # another machine has no such folder
                file.write(str(epoch + 1))

    return Watch()


def train(key: str, builder: bytes, seed: int, settings: dict, progress: str, layout, *arrays) -> dict:
    """Train one model from one seed and return its history and its best weights.

    Parameters
    ----------
    key : str
        The run's name, handed back.
    builder : bytes
        The builder, pickled by cloudpickle.
    seed : int
    settings : dict
        ``backend``, ``threads``, ``epochs``, ``batch_size``, ``patience``, ``monitor``.
    progress : str
        The file that counts its finished epochs.
    layout, *arrays
        Training, validation and test data, as :func:`rebuild` puts them together.

    Returns
    -------
    dict
        ``key``, ``error``; if that is empty also ``history``, ``seconds``, ``best_epoch`` (from 1),
        ``parameters``, ``test`` and ``weights`` (the bytes of a ``.weights.h5`` file).
    """
    try:
        return {"key": key, "error": ""} | _train(builder, seed, settings, progress, rebuild(layout, arrays))
    except Exception as error:
        return {"key": key, "error": f"{type(error).__name__}: {error}"}


def _train(builder, seed, settings, progress, data):
    keras = prepare(settings["backend"], settings["threads"])
    model = build(builder, seed, keras)
    (x, y), validation, test = data
    stop = keras.callbacks.EarlyStopping(settings["monitor"], patience=settings["patience"], restore_best_weights=True)
    seconds = []
    history = model.fit(
        x,
        y,
        validation_data=validation,
        epochs=settings["epochs"],
        batch_size=settings["batch_size"],
        callbacks=[stop, _watch(keras, progress, seconds)],
        verbose=0,
    ).history
    watched = history[settings["monitor"]]
    if watched[stop.best_epoch] != watched[stop.best_epoch]:
        raise ArithmeticError(f"{settings['monitor']} was nan in every epoch; try a lower learning rate or clipnorm")
    scores = {}
    if test is not None:
        scores = model.evaluate(*test, batch_size=settings["batch_size"], verbose=0, return_dict=True)
    with tempfile.TemporaryDirectory() as folder:
        model.save_weights(Path(folder) / "best.weights.h5")
        weights = (Path(folder) / "best.weights.h5").read_bytes()
    return {
        "history": {name: [float(value) for value in values] for name, values in history.items()},
        "seconds": seconds,
        "best_epoch": stop.best_epoch + 1,
        "parameters": model.count_params(),
        "test": {name: float(value) for name, value in scores.items()},
        "weights": weights,
    }


def in_a_process_of_its_own(function_name: str, *call):
    """Call `check` or `train` in a fresh Python process: for a cluster's worker, whose other threads draw random
    numbers, too, and whose TensorFlow may have begun with other settings.
    """
    with tempfile.TemporaryDirectory() as folder:
        small = [None if isinstance(each, np.ndarray) else each for each in call]
        Path(folder, "call").write_bytes(pickle.dumps((function_name, small)))
        for index, each in enumerate(call):
            if isinstance(each, np.ndarray):
                np.save(Path(folder, f"{index}.npy"), each)
        command = [sys.executable, "-m", "course_utils._runs", folder]
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode == 0:
            return pickle.loads(Path(folder, "result").read_bytes())
        last = (done.stderr.strip().splitlines() or [""])[-1]
        return {"key": call[0], "error": f"its process died (status {done.returncode}) {last}", "metrics": None}


def _main(folder: str) -> None:
    function_name, call = pickle.loads(Path(folder, "call").read_bytes())
    for file in Path(folder).glob("*.npy"):
        call[int(file.stem)] = np.load(file, mmap_mode="r")
    Path(folder, "result").write_bytes(pickle.dumps({"check": check, "train": train}[function_name](*call)))


if __name__ == "__main__":
    _main(sys.argv[1])
