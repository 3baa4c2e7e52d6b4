"""A training killed at a random point, five times, against undisturbed ones: does it arrive at the same loss?

A GRU(128) on the first 300,000 characters of tiny Shakespeare (or all of the sample play), 6 epochs with the callbacks
of notebook 05, validated on the characters after them. Three undisturbed trainings, seeds 0 to 2, tell the spread. Then
seed 0 again, five times: killed with SIGKILL at a random moment, started again, and killed again if chance will have
it before it is done.

Goal: every final validation loss within the undisturbed seeds' range of the same seed's undisturbed one, and no
epoch lost from the history. The exit code says so.
"""

import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
from tabulate import tabulate

EPOCHS, KILLS = 6, 5


def train(folder: Path, seed: int) -> None:
    """Train in this process, or go on with what the folder holds."""
    from course_utils import corpora
    from course_utils.backends import keras
    from course_utils.batches import contiguous_batches
    from course_utils.callbacks import Backup, ResetState, Seconds
    from course_utils.text import CharCodec

    layers, text = keras.layers, corpora.load_shakespeare().text[:330_000]
    codec = CharCodec(text)
    ids, cut = codec.encode(text), int(len(text) / 1.1)
    (x, y), validation = (contiguous_batches(part, 32, 32) for part in (ids[:cut], ids[cut:]))
    keras.utils.set_random_seed(seed)
    inputs = keras.Input(batch_shape=(32, None), dtype="int32")
    hidden = layers.Dropout(0.2)(layers.Embedding(len(codec), 64)(inputs))
    hidden = layers.GRU(128, return_sequences=True, stateful=True)(hidden)
    model = keras.Model(inputs, layers.Dense(len(codec))(layers.Dropout(0.2)(hidden)))
    rate = keras.optimizers.schedules.CosineDecay(4e-3, EPOCHS * len(x) // 32)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.AdamW(rate, clipnorm=1.0), loss)
    callbacks = [
        ResetState(),
        Seconds(),
        keras.callbacks.CSVLogger(folder / "history.csv", append=True),
        Backup(folder / "backup"),
    ]
    options = {"batch_size": 32, "shuffle": False, "epochs": EPOCHS, "verbose": 0, "callbacks": callbacks}
    model.fit(x, y, validation_data=validation, validation_batch_size=32, **options)


def start(folder: Path, seed: int) -> subprocess.Popen:
    folder.mkdir(exist_ok=True)
    return subprocess.Popen([sys.executable, __file__, str(folder), str(seed)], stderr=subprocess.DEVNULL)


def history(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "history.csv").drop_duplicates("epoch", keep="last")


def main() -> int:
    """Run all trainings one after the other and print a table; returns the exit status."""
    chance, rows, whole, killed = random.Random(), [], {}, []
    with tempfile.TemporaryDirectory() as place:
        for seed in range(3):
            began = time.perf_counter()
            start(folder := Path(place, f"whole{seed}"), seed).wait()
            duration = time.perf_counter() - began
            whole[seed] = history(folder)["val_loss"].iloc[-1]
            rows.append([f"undisturbed, seed {seed}", f"{duration:.0f} s", f"{whole[seed]:.4f}"])
        for number in range(KILLS):
            folder, moments = Path(place, f"killed{number}"), []
            while True:
                process, moment = start(folder, 0), chance.uniform(0, duration)
                try:
                    process.wait(timeout=moment if len(moments) < 2 else None)
                    break
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                    moments.append(f"{moment:.0f}")
            log = history(folder)
            killed.append(log["val_loss"].iloc[-1] if log["epoch"].tolist() == list(range(EPOCHS)) else float("inf"))
            rows.append([f"killed {number}, seed 0", f"after {', '.join(moments) or 'no'} s", f"{killed[-1]:.4f}"])
    print(tabulate(rows, headers=["training", "seconds", "final validation loss"], disable_numparse=True))
    spread = max(whole.values()) - min(whole.values())
    worst = max(abs(loss - whole[0]) for loss in killed)
    print(f"killed and resumed: at most {worst:.4f} nats from the undisturbed one; the seeds span {spread:.4f}")
    return int(worst > spread)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        train(Path(sys.argv[1]), int(sys.argv[2]))
    else:
        sys.exit(main())
