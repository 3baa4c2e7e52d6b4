"""One live line for a training in a notebook (taught in notebook 00)."""

import sys
import time

from course_utils import runtime  # noqa: F401  # isort: skip  (first: it keeps TensorFlow quiet)

import keras
from tqdm import tqdm


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
