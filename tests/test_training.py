"""The live line of a training, as a terminal shows it: exactly one line stays behind; and backups that are whole."""

import re
import shutil

import keras
import numpy as np
import pytest

from course_utils.training import Backup, LiveLine

X = np.linspace(-1, 1, 12, dtype="float32")[:, None]
LINE = r"(\d+) epochs in \d+ s: (.+)"


def screen(written: str) -> list[str]:
    """The lines that a terminal shows in the end: a carriage return goes back to the start of the line."""
    lines = []
    for line in written.split("\n"):
        cells = []
        for part in line.split("\r"):
            cells[: len(part)] = part
        lines.append("".join(cells).rstrip())
    return lines


def fit(capsys, *args, line=None, callbacks=(), **options):
    """Train a line y = 2x with LiveLine; return Keras' history and what is on the screen."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(0.1), "mse", metrics=["mae"])
    capsys.readouterr()
    line = LiveLine("val_mae") if line is None else line
    history = model.fit(*args, verbose=0, callbacks=[line, *callbacks], **options)
    captured = capsys.readouterr()
    return history, captured.out, captured.err


def only_line(out: str) -> str:
    line, rest = screen(out)
    assert rest == ""
    return line


def metrics(history, epoch=-1):
    return ", ".join(f"{name} {values[epoch]:.3f}" for name, values in history.history.items())


def test_the_screen_itself():
    assert screen("abc\rx\n") == ["xbc", ""]
    assert screen("\rabc\r   \rz\nend") == ["z", "end"]


def test_one_line_stays_with_the_last_metrics_and_the_best_epoch(capsys):
    history, out, err = fit(capsys, X, 2 * X, validation_data=(X, X), epochs=3, batch_size=4, line=LiveLine("val_loss"))
    epochs, rest = re.fullmatch(LINE, only_line(out)).groups()
    values = history.history["val_loss"]
    best = int(np.argmin(values))
    assert int(epochs) == 3
    assert rest == f"{metrics(history)}; best val_loss {values[best]:.3f} at epoch {best + 1}"
    assert err == ""


def test_higher_is_better_unless_it_is_a_loss(capsys):
    history, out, _ = fit(capsys, X, 2 * X, epochs=3, line=LiveLine("mae"))  # mae falls: the first epoch is "best"
    assert only_line(out).endswith(f"; best mae {history.history['mae'][0]:.3f} at epoch 1")


def test_without_validation_nothing_is_said_about_it(capsys):
    history, out, _ = fit(capsys, X, 2 * X, epochs=2, line=LiveLine())
    assert only_line(out).endswith(": " + metrics(history))


def test_each_epoch_is_shown_while_it_runs(capsys):
    _, out, _ = fit(capsys, X, 2 * X, epochs=2, batch_size=4)
    assert re.search(r"\repoch 1/2 .*left", out)
    assert re.search(r"\repoch 2/2 loss \d", out)


def batches(repeat: bool):
    while True:
        for start in range(0, 12, 4):
            yield X[start : start + 4], 2 * X[start : start + 4]
        if not repeat:
            return


@pytest.mark.filterwarnings("ignore")  # Keras warns that a generator has ended, or is not shuffled
def test_generators_with_and_without_a_known_number_of_steps(capsys):
    import tensorflow as tf

    signature = (tf.TensorSpec((None, 1)), tf.TensorSpec((None, 1)))
    unknown = tf.data.Dataset.from_generator(lambda: batches(False), output_signature=signature)
    assert unknown.cardinality() == tf.data.UNKNOWN_CARDINALITY
    for data, options in ((batches(True), {"steps_per_epoch": 3}), (unknown, {})):
        history, out, err = fit(capsys, data, epochs=2, **options)
        assert only_line(out).startswith("2 epochs in ")
        assert only_line(out).endswith(metrics(history))
        assert err == ""


def test_early_stopping_counts_the_epochs_that_ran(capsys):
    stop = keras.callbacks.EarlyStopping("loss", patience=1, min_delta=1e9)
    history, out, _ = fit(capsys, X, 2 * X, epochs=50, callbacks=[stop], line=LiveLine("loss"))
    ran = len(history.history["loss"])
    assert ran < 50
    assert only_line(out).startswith(f"{ran} epochs in ")


def test_the_same_line_serves_a_second_training(capsys):
    line = LiveLine("loss")
    fit(capsys, X, 2 * X, epochs=3, line=line)
    history, out, _ = fit(capsys, X, 2 * X, epochs=1, line=line)
    assert only_line(out).endswith(f"; best loss {history.history['loss'][0]:.3f} at epoch 1")


def test_continued_training_names_the_epochs_as_keras_does(capsys):
    _, out, _ = fit(capsys, X, 2 * X, epochs=6, initial_epoch=4, line=LiveLine("loss"))
    assert only_line(out).startswith("2 epochs in ")
    assert only_line(out).endswith("at epoch 6")  # the loss falls, the last epoch is the best
    assert "epoch 1/6" not in out


def test_no_epochs_leave_one_line_too(capsys):
    _, out, _ = fit(capsys, X, X, epochs=0)
    assert only_line(out) == "nothing left to train: every epoch is done"


@pytest.mark.parametrize("damage", ["half a file", "empty file", "none yet"])
def test_a_backup_cut_short_is_not_used(tmp_path, damage):
    x = np.ones((4, 1))

    def fit(epochs):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        model.compile("adam", "mse")
        done = model.fit(x, 2 * x, epochs=epochs, verbose=0, callbacks=[Backup(tmp_path)])
        return done.epoch, [float(each) for each in model.get_weights()[0].ravel()], int(model.optimizer.iterations)

    whole = fit(3)
    assert [path.name for path in tmp_path.glob("epoch-*")] == ["epoch-0003"]
    shutil.rmtree(tmp_path / "epoch-0003")
    assert fit(2)[0] == [0, 1]
    (tmp_path / "writing").mkdir()
    for kept in list(tmp_path.glob("epoch-*/*")):
        content = kept.read_bytes()
        (tmp_path / "writing" / kept.name).write_bytes(content[: len(content) // 2] if damage == "half a file" else b"")
    if damage == "none yet":  # killed while the first backup was written
        shutil.rmtree(tmp_path / "epoch-0002")
    epochs, weights, steps = fit(3)
    assert epochs == ([0, 1, 2] if damage == "none yet" else [2])
    assert (weights, steps) == (pytest.approx(whole[1]), whole[2])
