"""What runs beside a training: state resets, seconds per epoch, and progress that is kept."""

import hashlib
import shutil
import time
from pathlib import Path

from course_utils.backends import keras

__all__ = ["Backup", "ResetState", "Seconds"]


class ResetState(keras.callbacks.Callback):
    """Reset the states of stateful layers before each epoch and before and after each validation.

    Without it, an epoch would begin with the state left behind by the end of the text, or of the validation text.

    Examples
    --------
    >>> import numpy as np
    >>> model = keras.Sequential([keras.Input(batch_shape=(2, 3, 1)), keras.layers.GRU(4, stateful=True)])
    >>> _ = model.predict(np.ones((2, 3, 1)), verbose=0, callbacks=[ResetState()])
    """

    def _reset(self, *_):
        for layer in self.model.layers:
            if getattr(layer, "stateful", False):
                layer.reset_state()

    on_epoch_begin = on_test_begin = on_test_end = on_predict_begin = _reset


class Seconds(keras.callbacks.Callback):
    """Add the wall time of each epoch, including its validation, to its metrics as ``seconds``.

    Put it before `keras.callbacks.CSVLogger`, which then writes it down, so that a training that was interrupted
    still knows how long it took.

    Examples
    --------
    >>> import numpy as np
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> history = model.fit(np.ones((2, 1)), np.ones((2, 1)), verbose=0, callbacks=[Seconds()])
    >>> sorted(history.history)
    ['loss', 'seconds']
    """

    def on_epoch_begin(self, epoch, logs=None):
        self._began = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        logs["seconds"] = time.perf_counter() - self._began


class Backup(keras.callbacks.BackupAndRestore):
    """Save weights, optimizer and epoch after every epoch, and go on from there when the training starts again.

    Keras' `BackupAndRestore` overwrites its last backup. If the training is killed at that moment, the next start
    finds half a file and fails. Here each backup is finished under another name before the previous one is removed,
    and carries a checksum. A backup that was damaged later is reported and removed, and the training starts over.

    Parameters
    ----------
    folder : path
        For one training only, see :func:`course_utils.experiments.training_folder`. The backup of epoch 3 is
        ``folder / "epoch-0003"``.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> x = np.array([[0.0], [1.0]])
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = model.fit(x, 2 * x, epochs=2, verbose=0, callbacks=[Backup(folder)])
    ...     again = model.fit(x, 2 * x, epochs=3, verbose=0, callbacks=[Backup(folder)])
    >>> again.epoch
    [2]
    """

    def __init__(self, folder: str | Path):
        self.folder, self.writing = Path(folder), Path(folder) / "writing"
        super().__init__(self.writing, delete_checkpoint=False)

    def on_train_begin(self, logs=None):
        shutil.rmtree(self.writing, ignore_errors=True)
        if finished := sorted(self.folder.glob("epoch-*")):
            shutil.copytree(finished[-1], self.writing)
            if [path.read_bytes() for path in self.writing.glob("sha256")] != [self._checksum()]:
                print("the backup is damaged; training starts over")
                for folder in [*finished, self.writing]:
                    shutil.rmtree(folder)
        super().on_train_begin(logs)

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        (self.writing / "sha256").write_bytes(self._checksum())
        finished = self.writing.rename(self.folder / f"epoch-{epoch + 1:04d}")
        for old in set(self.folder.glob("epoch-*")) - {finished}:
            shutil.rmtree(old, ignore_errors=True)

    def _checksum(self):
        files = sorted(self.writing.glob("*.*"))  # all but "sha256" itself: Keras' files have an ending
        return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest().encode()
