"""The grid: right numbers, the same ones each time, kept runs, and errors before any training."""

import os
import random
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import joblib
import keras
import nbclient
import nbformat
import numpy as np
import pandas as pd
import pytest

from course_utils import _run_checks, _run_grid, _run_keys, experiments

UNITS = 3
_rng = np.random.default_rng(0)
X = _rng.normal(size=(200, 10)).astype("float32")
Y = (X.sum(axis=1) > 0).astype("int8")
DATA = {"train": (X, Y), "validation": (X[:60], Y[:60])}
SETTINGS = {"epochs": 3, "batch_size": 20, "name": "test"}


def dense(units=UNITS, dropout=0.2, rate=0.01):
    layers = [keras.layers.Dense(units, "relu"), keras.layers.Dropout(dropout), keras.layers.Dense(1, "sigmoid")]
    model = keras.Sequential([keras.Input((10,)), *layers])
    model.compile(keras.optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"])
    return model


def wide():
    return dense(units=4 * UNITS)


def plain():
    return keras.Sequential([keras.Input((10,)), keras.layers.Dense(1)])


def misfit():
    model = keras.Sequential([keras.Input((7,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["accuracy"])
    return model


def deadly():
    model = dense()

    class Deadly(type(model)):
        def fit(self, *args, **kwargs):
            os.kill(os.getpid(), signal.SIGKILL)

    model.__class__ = Deadly
    return model


def numbers(table):
    """All that a grid must repeat: everything but the seconds."""
    return table.drop(columns="seconds")


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("grid"))
    keras.utils.set_random_seed(99)
    dense()  # a model in this process must not matter
    done = experiments.run({"dense": dense, "wide": wide}, [0, 1], test=(X[60:], Y[60:]), **DATA, **SETTINGS)
    os.chdir(before)
    return done


def test_the_table_is_tidy(table):
    assert list(table)[:7] == ["model", "seed", "epoch", "loss", "accuracy", "val_loss", "val_accuracy"]
    assert list(table)[7:] == ["seconds", "parameters", "best", "test_loss", "test_accuracy", "error"]
    assert len(table) == 12 and table["epoch"].tolist() == [1, 2, 3] * 4
    assert table.groupby("model")["parameters"].first().to_dict() == {"dense": 37, "wide": 145}
    for _, run in table.groupby(["model", "seed"]):
        assert run.loc[run["best"], "epoch"].item() == run["epoch"].iloc[run["val_loss"].argmin()]


def test_one_after_the_other_gives_the_same_digits(table, capsys):
    again = experiments.run({"wide": wide, "dense": dense}, [1, 0], test=(X[60:], Y[60:]), jobs=1, **DATA, **SETTINGS)
    order = ["model", "seed", "epoch"]
    again = again.sort_values(order, ignore_index=True)
    pd.testing.assert_frame_equal(numbers(again), numbers(table), check_exact=True)
    lines = capsys.readouterr().out
    assert "wide, seed 1: best epoch" in lines and "(kept)" not in lines


def test_the_numbers_are_those_of_keras_alone(table):
    """The same model trained by hand in a fresh process, with one thread; its key is the same there, too."""
    code = (
        "import tensorflow as tf; tf.config.threading.set_intra_op_parallelism_threads(1); import keras\n"
        "import test_experiments as t; keras.utils.set_random_seed(1); model = t.dense()\n"
        "h = model.fit(t.X, t.Y, validation_data=(t.X[:60], t.Y[:60]), epochs=3, batch_size=20, verbose=0)\n"
        "from course_utils import _run_keys\n"
        "print(h.history['loss'], h.history['val_accuracy'], _run_keys.fingerprint(t.dense))"
    )
    here, env = Path(__file__).parent, os.environ | {"PYTHONHASHSEED": "1"}
    done = subprocess.run([sys.executable, "-c", code], cwd=here, env=env, capture_output=True, text=True)
    run = table[(table["model"] == "dense") & (table["seed"] == 1)]
    assert (
        done.stdout.strip() == f"{run['loss'].tolist()} {run['val_accuracy'].tolist()} {_run_keys.fingerprint(dense)}"
    )


def test_a_kept_model_answers_as_it_did(table):
    model = experiments.load_model(table, wide, model="wide", seed=1)
    run = table[(table["model"] == "wide") & (table["seed"] == 1)]
    loss, accuracy = model.evaluate(X[60:], Y[60:], verbose=0)
    assert accuracy == pytest.approx(run["test_accuracy"].iloc[0])
    assert loss == pytest.approx(run["test_loss"].iloc[0], abs=1e-6)
    with pytest.raises(ValueError, match="not the one its run was made with"):
        experiments.load_model(table, dense, model="wide", seed=1)
    with pytest.raises(ValueError, match="no run of 'wide' with seed 7"):
        experiments.load_model(table, wide, model="wide", seed=7)


def test_summary_against_pandas_by_hand(table):
    row = experiments.summary(table).loc["dense"]
    best = [run[run["best"]].iloc[0] for _, run in table[table["model"] == "dense"].groupby("seed")]
    accuracies = [each["val_accuracy"] for each in best]
    assert row["val_accuracy"] == pytest.approx(sum(accuracies) / 2)
    assert row["val_accuracy_std"] == pytest.approx(abs(accuracies[0] - accuracies[1]) / 2**0.5)
    assert row["test_accuracy"] == pytest.approx(sum(each["test_accuracy"] for each in best) / 2)
    assert (row["parameters"], row["runs"], row["failed"]) == (37, 2, 0)
    with pytest.raises(ValueError, match="no metric 'f1'; expected one of loss, accuracy"):
        experiments.summary(table, "f1")


def test_a_changed_builder_reruns_alone(capsys):
    def build():
        return dense(units=size)

    size = 2
    models = {"dense": dense, "mine": build}
    experiments.run(models, [0], **DATA, **SETTINGS)
    capsys.readouterr()
    size = 4
    table = experiments.run(models, [0], **DATA, **SETTINGS)
    lines = [line for line in capsys.readouterr().out.replace("\r", "\n").splitlines() if "best epoch" in line]
    assert [line.endswith("(kept)") for line in lines] == [True, False]
    assert table.groupby("model")["parameters"].first()["mine"] == 4 * 11 + 5
    (damaged,) = Path(table.attrs["runs"]["mine, seed 0"]).glob("run.json")
    damaged.write_text('{"half')
    again = experiments.run(models, [0], **DATA, **SETTINGS)
    pd.testing.assert_frame_equal(numbers(again), numbers(table), check_exact=True)


def test_failing_runs_are_rows(capsys):
    models = {"misfit": misfit, "diverged": partial(dense, rate=float("nan")), "deadly": deadly, "dense": dense}
    table = experiments.run(models, [0], **DATA, **SETTINGS)
    failed = table[table["epoch"].isna()]
    assert failed["model"].tolist() == ["misfit", "diverged", "deadly"]
    assert [any(word in error for word in ("shape", "nan", "died")) for error in failed["error"]] == [True] * 3
    assert table.loc[table["model"] == "dense", "epoch"].tolist() == [1, 2, 3]
    assert "misfit, seed 0: failed, ValueError" in capsys.readouterr().out
    rows = experiments.summary(table)
    assert rows["failed"].to_dict() == {"misfit": 1, "diverged": 1, "deadly": 1, "dense": 0}
    with pytest.raises(ValueError, match="'misfit' with seed 0 failed"):
        experiments.load_model(table, misfit, model="misfit", seed=0)


BAD_CALLS = {
    "models is empty": {"models": {}},
    "models is a list": {"models": [dense]},
    "expected text": {"models": {1: dense}},
    "Sequential; expected a function": {"models": {"a": plain()}},
    "needs arguments": {"models": {"a": lambda units: None}},
    "seeds is empty": {"seeds": []},
    "seeds is 3": {"seeds": 3},
    "seeds is None": {"seeds": None},
    "twice": {"seeds": [1, 1]},
    "a seed is 0.5": {"seeds": [0.5]},
    "a seed is True": {"seeds": [True]},
    "a seed is -1": {"seeds": [-1]},
    "epochs is 0": {"epochs": 0},
    "batch_size is 2.5": {"batch_size": 2.5},
    "patience is 0": {"patience": 0},
    "jobs is 0": {"jobs": 0},
    "name is 'a/b'": {"name": "a/b"},
    "unlike lengths": {"train": (X, Y[:-1])},
    "nan in 1 of 200 rows": {"train": (np.where(np.arange(2000).reshape(200, 10) == 5, np.nan, X), Y)},
    "validation is empty": {"validation": (X[:0], Y[:0])},
    "test is a ndarray": {"test": X},
    "rows of unlike length": {"train": ([[1], [1, 2]], [0, 1])},
}


@pytest.mark.parametrize("message", BAD_CALLS)
def test_clear_errors_before_anything_starts(message, monkeypatch):
    monkeypatch.setattr(_run_grid, "survive", lambda *_: pytest.fail("work began"))
    call = {"models": {"dense": dense}, "seeds": [0]} | DATA | SETTINGS | BAD_CALLS[message]
    with pytest.raises((TypeError, ValueError), match=message):
        experiments.run(**call)


@pytest.mark.parametrize(
    ("builder", "monitor", "message"),
    [
        (dense, "val_acc", "monitor is 'val_acc'; model 'it' has loss, accuracy, val_loss, val_accuracy"),
        (plain, "val_loss", "'it' does not work: its model is not compiled"),
        (lambda: "model", "val_loss", "'it' does not work: it returned str"),
        (lambda: 1 / 0, "val_loss", "'it' does not work: division by zero"),
    ],
)
def test_clear_errors_before_training(builder, monitor, message, monkeypatch):
    monkeypatch.setattr(_run_grid, "Progress", lambda *_: pytest.fail("training began"))
    with pytest.raises((TypeError, ValueError), match=message):
        experiments.run({"it": builder}, [0], monitor=monitor, jobs=1, **DATA, **SETTINGS)


def test_keys_change_with_what_a_builder_uses():
    def key(source, **space):
        exec(source, space)
        return _run_keys.fingerprint(space["build"])

    source = "def helper(): return SIZE\ndef build(): return [helper(), np.array(TABLE), {'a', 'b'}]"
    space = {"__name__": "__main__", "np": np, "SIZE": 8, "TABLE": np.arange(3), "unrelated": 1}
    same = key(source, **space)
    assert same == key(source.replace(": return [", ":\n  # why\n\n  return ["), **space | {"unrelated": 2})
    assert same != key(source, **space | {"SIZE": 9})
    assert same != key(source, **space | {"TABLE": np.arange(4)})
    assert same != key(source.replace("return SIZE", "return SIZE + 1"), **space)
    assert _run_keys.fingerprint(lambda: np.random.default_rng(0)) != _run_keys.fingerprint(lambda: np.zeros(0))
    one, two = (lambda: 1), (lambda: 2)
    assert _run_keys.fingerprint(one) != _run_keys.fingerprint(two)
    assert _run_keys.fingerprint(partial(dense, units=1)) != _run_keys.fingerprint(partial(dense, units=2))
    with open(__file__) as file, pytest.raises(TypeError, match="cannot be compared"):
        _run_keys.fingerprint(lambda: file)


def killed_grid():
    """What the killed process runs."""
    return experiments.run({"dense": dense, "wide": wide}, [0, 1], **DATA, **SETTINGS | {"epochs": 8}, patience=8)


def kill_and_resume(folder, kills, seed=0):
    """Kill a grid again and again at random points, then let it finish; return its table."""
    chance = random.Random(seed)
    for kill in range(kills):
        code = "import test_experiments as t; t.killed_grid()"
        env = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
        process = subprocess.Popen([sys.executable, "-c", code], cwd=folder, env=env, stdout=subprocess.DEVNULL)
        kept = folder / "_build/outputs/experiments/test"
        deadline = time.monotonic() + 200
        while len(list(kept.glob("*/run.json"))) < kill and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(chance.uniform(0, 1))
        process.kill()
        process.wait()
    return killed_grid()


def test_a_killed_grid_goes_on_where_it_stopped(tmp_path, monkeypatch, capsys):
    resumed = kill_and_resume(tmp_path, kills=2)
    assert "(kept)" in capsys.readouterr().out
    undisturbed = tmp_path / "undisturbed"
    undisturbed.mkdir()
    monkeypatch.chdir(undisturbed)
    pd.testing.assert_frame_equal(numbers(resumed), numbers(killed_grid()), check_exact=True)


CELLS = """UNITS = 3
import keras, numpy as np
from course_utils import experiments
%%
def build():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(UNITS), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model
%%
x = np.arange(40, dtype="float32").reshape(10, 4) / 40
table = experiments.run({"mine": build}, [0], (x, x[:, 0]), (x, x[:, 0]), epochs=2, name="nb", jobs=1)
%%
table["parameters"].iloc[0], len(table)"""


def test_builders_may_stand_in_a_notebook(tmp_path):
    cells = [nbformat.v4.new_code_cell(cell) for cell in CELLS.split("%%\n")]
    book = nbformat.v4.new_notebook(cells=cells)
    client = nbclient.NotebookClient(book, timeout=120, kernel_name="python3", coalesce_streams=True)
    client.execute(cwd=str(tmp_path))
    (stream,) = book.cells[2].outputs
    assert stream["name"] == "stdout", stream["text"]
    assert stream["text"].strip().startswith("mine, seed 0: best epoch")
    assert book.cells[3].outputs[0]["data"]["text/plain"] == "(np.int64(19), 2)"


def test_a_dask_cluster_gives_the_same_digits(table):
    distributed = pytest.importorskip("distributed")
    cluster = distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None)
    with cluster, distributed.Client(cluster), joblib.parallel_config(backend="dask"):
        there = experiments.run({"dense": dense}, [0, 1], test=(X[60:], Y[60:]), **DATA, **SETTINGS)
    pd.testing.assert_frame_equal(numbers(there), numbers(table[table["model"] == "dense"]), check_exact=True)


def test_large_data_reach_the_workers_as_a_memory_map():
    big = np.zeros((200_000, 2), dtype="float64")
    (kind,) = _run_grid.parallel(lambda array: type(array).__name__, [(big,)], jobs=1, threads=1)
    assert kind == "memmap"


def test_several_inputs_keep_their_nesting():
    layout, arrays = _run_checks.data({"train": ((X, Y), Y), "validation": (X, Y), "test": None})
    assert layout == (((0, 1), 2), (3, 4), None)
    assert [len(array) for array in arrays] == [200] * 5
