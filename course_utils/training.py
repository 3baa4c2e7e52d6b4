"""What goes beside a training in a notebook: a live line (notebook 00), states and kept progress (notebook 04)."""

import re
import shutil
import sys
import time
from pathlib import Path

from course_utils import runtime  # isort: skip  (first: it keeps TensorFlow quiet)

import keras
import numpy as np
from tqdm import tqdm

from course_utils._run_checks import whole_number
from course_utils._run_keys import digest


class LiveLine(keras.callbacks.Callback):
    """Show epoch, metrics and time left in one line while a model trains, and leave one line behind.

    Use it with ``verbose=0``: ``model.fit(x, y, epochs=5, verbose=0, callbacks=[LiveLine()])``.

    Parameters
    ----------
    monitor : str
        The metric whose best epoch the last line names, such as ``"val_accuracy"``; left out where the model has
        no such metric. Higher is better, except for a name that ends in ``loss``.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[0.0], [1.0]])
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> line = LiveLine("loss")
    >>> _ = model.fit(x, 2 * x, epochs=2, verbose=0, callbacks=[line])  # doctest: +ELLIPSIS, +NORMALIZE_WHITESPACE
    epoch 1/2...2 epochs in ... s: loss ...; best loss ... at epoch ...
    """

    def __init__(self, monitor: str = "val_accuracy"):
        super().__init__()
        self.monitor = monitor

    def on_train_begin(self, logs=None):
        self.began, self.seen, self.bar = time.perf_counter(), {}, None

    def on_epoch_begin(self, epoch, logs=None):
        if self.bar is None:  # only now is it known where a continued training begins
            self.bar = tqdm(
                desc=f"epoch {epoch + 1}/{self.params['epochs']}",
                total=(self.params["epochs"] - epoch) * (self.params["steps"] or 1),
                file=sys.stdout,
                bar_format="{desc} |{bar:20}| {elapsed} gone, {remaining} left",
            )

    def on_train_batch_end(self, batch, logs=None):
        self.bar.update(1)

    def on_epoch_end(self, epoch, logs=None):
        self.seen[epoch + 1] = dict(logs or {})
        ahead = min(epoch + 2, self.params["epochs"])
        self.bar.set_description_str(f"epoch {ahead}/{self.params['epochs']} {self._metrics(logs or {})}")

    def on_train_end(self, logs=None):
        if self.bar is None:
            print("nothing left to train: every epoch is done")
            return
        seconds = time.perf_counter() - self.began
        last = list(self.seen.values())[-1] if self.seen else {}
        line = f"{len(self.seen)} epochs in {seconds:.0f} s: {self._metrics(last)}"
        values = {epoch: each[self.monitor] for epoch, each in self.seen.items() if self.monitor in each}
        if values:
            best = (min if self.monitor.endswith("loss") else max)(values, key=values.get)
            line += f"; best {self.monitor} {values[best]:.3f} at epoch {best}"
        self.bar.bar_format = "{desc}"
        self.bar.set_description_str(line, refresh=False)
        self.bar.close()

    @staticmethod
    def _metrics(logs):
        return ", ".join(f"{name} {value:.3f}" for name, value in logs.items())


class ResetState(keras.callbacks.Callback):
    """Empty the states of stateful layers before each epoch and before and after each validation.

    Without it an epoch would begin with the state that the end of the text, or of the validation text, left behind.

    Examples
    --------
    >>> model = keras.Sequential([keras.Input(batch_shape=(2, 3, 1)), keras.layers.GRU(4, stateful=True)])
    >>> _ = model.predict(np.ones((2, 3, 1)), verbose=0, callbacks=[ResetState()])
    """

    def _reset(self, *_):
        for layer in self.model.layers:
            if getattr(layer, "stateful", False):
                layer.reset_state()

    on_epoch_begin = on_test_begin = on_test_end = on_predict_begin = _reset


class Seconds(keras.callbacks.Callback):
    """Add the wall time of each epoch, its validation included, to its metrics as ``seconds``.

    Put it before `keras.callbacks.CSVLogger`, which then writes it down, so that a training that was interrupted
    still knows how long it took.
    """

    def on_epoch_begin(self, epoch, logs=None):
        self._began = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        logs["seconds"] = time.perf_counter() - self._began


class Backup(keras.callbacks.BackupAndRestore):
    """Save weights, optimizer and epoch after every epoch, whole or not at all, and go on from there at the next start.

    Keras' `BackupAndRestore` writes over its last backup; a training that is killed just then finds half a file at the
    next start, and fails. Here each backup is finished under another name before the one before it is removed.

    Parameters
    ----------
    folder : Path
        One training's own; see :func:`run_folder`. The backup of epoch 3 is ``folder / "epoch-0003"``.

    Examples
    --------
    >>> import tempfile
    >>> x = np.array([[0.0], [1.0]])
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = model.fit(x, 2 * x, epochs=2, verbose=0, callbacks=[Backup(folder)])
    ...     again = model.fit(x, 2 * x, epochs=3, verbose=0, callbacks=[Backup(folder)])
    >>> again.epoch
    [2]
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        super().__init__(self.folder / "writing", delete_checkpoint=False)

    def on_train_begin(self, logs=None):
        shutil.rmtree(self.folder / "writing", ignore_errors=True)
        if finished := sorted(self.folder.glob("epoch-*")):
            shutil.copytree(finished[-1], self.folder / "writing")
        super().on_train_begin(logs)

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        finished = (self.folder / "writing").rename(self.folder / f"epoch-{epoch + 1:04d}")
        for old in set(self.folder.glob("epoch-*")) - {finished}:
            shutil.rmtree(old, ignore_errors=True)


def run_folder(name: str, model: keras.Model, x: np.ndarray, y: np.ndarray, epochs: int) -> Path:
    """Make and return the folder of one training, the same one whenever nothing changed that it depends on.

    Ask for it once, after compiling. (Keras numbers the names of optimizers through a session: a model compiled for
    the second time in one session gets another folder, and after a restart the first one again.)

    Parameters
    ----------
    name : str
        A folder below the course's outputs (:func:`course_utils.runtime.output_folder`).
    model : keras.Model
        Compiled: layers, loss and optimizer are part of what a training depends on.
    x, y : arrays
        The training data.
    epochs : int

    Returns
    -------
    pathlib.Path

    Raises
    ------
    ValueError
        If the model is not compiled.

    Examples
    --------
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, name="only")], name="tiny")
    >>> model.compile("sgd", "mse")
    >>> x = np.ones((2, 1))
    >>> folder = run_folder("doctest", model, x, x, epochs=1)
    >>> folder == run_folder("doctest", model, x, x, epochs=1), folder == run_folder("doctest", model, x, x, epochs=2)
    (True, False)
    """
    if not model.compiled:
        raise ValueError("the model is not compiled; call model.compile(...) before asking for its folder.")
    layers = re.sub(r'(_\d+)?"', '"', model.to_json())  # Keras numbers the names of layers through a session
    settings = [
        layers,
        repr(model.get_compile_config()),
        str(whole_number("epochs", epochs, least=1)),
        keras.__version__,
    ]
    folder = runtime.output_folder(name) / digest(*settings, np.asarray(x), np.asarray(y))[:16]
    folder.mkdir(exist_ok=True)
    return folder
