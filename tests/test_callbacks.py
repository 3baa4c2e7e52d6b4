"""Whole backups, states, killed trainings."""

import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from course_utils.backends import keras
from course_utils.batches import contiguous_batches
from course_utils.callbacks import Backup, ResetState, Seconds

layers = keras.layers
V, UNITS = 12, 7
X = np.linspace(-1, 1, 12, dtype="float32")[:, None]
LINE = r"(\d+) epochs in \d+ s: (.+)"


def train_a_line(folder, epochs):
    """Train with a backup; return the epochs that ran, the weights and the optimizer's steps."""
    x = np.ones((4, 1))
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    done = model.fit(x, 2 * x, epochs=epochs, verbose=0, callbacks=[Backup(folder)])
    return done.epoch, model.get_weights()[0].ravel().tolist(), int(model.optimizer.iterations)


@pytest.mark.parametrize("damage", ["half a file", "empty file", "none yet"])
def test_a_backup_cut_short_is_not_used(tmp_path, damage):
    whole = train_a_line(tmp_path, 3)
    assert [path.name for path in tmp_path.glob("epoch-*")] == ["epoch-0003"]
    shutil.rmtree(tmp_path / "epoch-0003")
    assert train_a_line(tmp_path, 2)[0] == [0, 1]
    (tmp_path / "writing").mkdir()
    for kept in list(tmp_path.glob("epoch-*/*")):
        content = kept.read_bytes()
        (tmp_path / "writing" / kept.name).write_bytes(content[: len(content) // 2] if damage == "half a file" else b"")
    if damage == "none yet":  # killed while the first backup was written
        shutil.rmtree(tmp_path / "epoch-0002")
    epochs, weights, steps = train_a_line(tmp_path, 3)
    assert epochs == ([0, 1, 2] if damage == "none yet" else [2])
    assert (weights, steps) == (pytest.approx(whole[1]), whole[2])


@pytest.mark.parametrize("name", ["latest.weights.h5", "training_metadata.json"])
@pytest.mark.parametrize("keep", ["half", "none", "no file", "one bit"])
def test_a_damaged_backup_is_reported_and_training_starts_over(tmp_path, capsys, name, keep):
    whole = train_a_line(tmp_path / "whole", 3)
    train_a_line(tmp_path / "damaged", 2)
    path = tmp_path / "damaged" / "epoch-0002" / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes({"half": content[: len(content) // 2], "one bit": content}.get(keep, b""))
    if keep == "no file":
        path.unlink()
    capsys.readouterr()
    assert train_a_line(tmp_path / "damaged", 3) == whole
    assert "the backup is damaged; training starts over" in capsys.readouterr().out
    assert train_a_line(tmp_path / "damaged", 3)[0] == [], "the new backup is whole"


# --- states


def stateful_model(batch_size=2):
    keras.utils.set_random_seed(0)
    ids = keras.Input(batch_shape=(batch_size, None), dtype="int32")
    hidden = layers.GRU(UNITS, return_sequences=True, stateful=True)(layers.Embedding(V, 5)(ids))
    model = keras.Model(ids, layers.Dense(V)(hidden))
    model.compile(keras.optimizers.SGD(0.0), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def test_the_state_is_reset_for_each_epoch_and_validation():
    ids = np.random.default_rng(0).integers(0, V, 200)
    x, y = contiguous_batches(ids, 2, 10)
    options = {"batch_size": 2, "shuffle": False, "verbose": 0, "epochs": 3}
    with_reset = stateful_model().fit(x, y, validation_data=(x, y), callbacks=[ResetState()], **options)
    losses = with_reset.history["loss"] + with_reset.history["val_loss"]
    assert np.allclose(losses, losses[0], atol=1e-6), "no learning (rate 0), so every pass must cost the same"
    without = stateful_model().fit(x, y, validation_data=(x, y), **options).history["loss"]
    assert not np.allclose(without, without[0], atol=1e-6), "without a reset the test would not notice"


def test_training_and_generating_models_share_their_weights():
    trained = stateful_model()
    inputs, state = keras.Input((None,), dtype="int32"), keras.Input((UNITS,))
    gru = layers.GRU(UNITS, return_sequences=True, return_state=True)
    hidden, last = gru(layers.Embedding(V, 5)(inputs), initial_state=state)
    writing = keras.Model([inputs, state], [layers.Dense(V)(hidden), last])
    writing.set_weights(trained.get_weights())
    ids = np.random.default_rng(0).integers(0, V, (2, 12))
    reset = ResetState()
    reset.set_model(trained)
    reset.on_epoch_begin(0)
    together = [trained.predict_on_batch(ids[:, :5]), trained.predict_on_batch(ids[:, 5:])]
    alone = writing.predict_on_batch([ids, np.zeros((2, UNITS))])[0]
    assert np.allclose(np.concatenate(together, axis=1), alone, atol=1e-5)


def test_seconds_come_before_what_writes_them_down(tmp_path):
    log = keras.callbacks.CSVLogger(tmp_path / "log.csv")
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    history = model.fit(X, X, epochs=2, verbose=0, callbacks=[Seconds(), log])
    assert pd.read_csv(tmp_path / "log.csv")["seconds"].tolist() == pytest.approx(history.history["seconds"])
    assert all(0 < seconds < 60 for seconds in history.history["seconds"])


# --- a training that is killed


TRAINING = """
import sys
from pathlib import Path
from course_utils.backends import keras
from course_utils.batches import contiguous_batches
from course_utils.callbacks import Backup, ResetState, Seconds
from course_utils.text import CharCodec

folder, epochs = Path(sys.argv[1]), int(sys.argv[2])
text = Path("data/play.txt").read_text(encoding="utf-8")[:20_000]
codec, layers = CharCodec(text), keras.layers
x, y = contiguous_batches(codec.encode(text), 16, 32)
keras.utils.set_random_seed(int(sys.argv[3]))
inputs = keras.Input(batch_shape=(16, None), dtype="int32")
hidden = layers.GRU(32, return_sequences=True, stateful=True)(layers.Embedding(len(codec), 16)(inputs))
model = keras.Model(inputs, layers.Dense(len(codec))(layers.Dropout(0.2)(hidden)))
rate = keras.optimizers.schedules.CosineDecay(2e-2, epochs * len(x) // 16)
model.compile(keras.optimizers.AdamW(rate), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
callbacks = [
    ResetState(), Seconds(), keras.callbacks.CSVLogger(folder / "history.csv", append=True),
    Backup(folder / "backup"),
]
model.fit(x, y, batch_size=16, shuffle=False, epochs=epochs, verbose=0, callbacks=callbacks)
print("iterations", int(model.optimizer.iterations.numpy()))
"""


def train(folder, seed=0, epochs=12):
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-c", TRAINING, str(folder), str(epochs), str(seed)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def history(folder):
    return pd.read_csv(folder / "history.csv").drop_duplicates("epoch", keep="last")


def test_a_killed_training_goes_on(tmp_path):
    """Killed after its third epoch: the same number of steps in the end, and the same loss within noise."""
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    out, _ = train(whole).communicate(timeout=240)
    process, deadline = train(killed), time.monotonic() + 240
    while time.monotonic() < deadline and not (
        (killed / "history.csv").is_file() and len((killed / "history.csv").read_text().splitlines()) > 3
    ):
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    resumed, _ = train(killed).communicate(timeout=240)
    assert resumed == out, "as many steps in all as without the kill"
    assert history(killed)["epoch"].tolist() == list(range(12))
    final, expected = history(killed)["loss"].iloc[-1], history(whole)["loss"].iloc[-1]
    assert abs(final - expected) < 0.05
    assert history(whole)["loss"].iloc[3] - expected > 0.2, "the loss still falls after the kill, so going on matters"
    done = time.monotonic()
    again, _ = train(killed).communicate(timeout=240)
    assert again == out and time.monotonic() - done < 120, "a finished training is not done again"
    assert len(history(killed)) == 12
