"""The grid: right numbers, the same ones each time, kept runs, and errors before any training."""

import functools
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import joblib
import keras
import ml_dtypes
import nbclient
import nbformat
import numpy as np
import pandas as pd
import pytest

from course_utils import experiments
from course_utils.corpora.fetch import workspace
from course_utils.experiments import grid, kept, keys, plan

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


def numbers(runs):
    """All that a grid must repeat: everything but the seconds."""
    return runs.table.drop(columns="seconds")


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("grid"))
    keras.utils.set_random_seed(99)
    dense()  # a model in this process must not matter
    done = experiments.run({"dense": dense, "wide": wide}, [0, 1], test=(X[60:], Y[60:]), **DATA, **SETTINGS)
    os.chdir(before)
    return done


def test_the_table_is_tidy(runs):
    table = runs.table
    assert list(table)[:7] == ["model", "seed", "epoch", "loss", "accuracy", "val_loss", "val_accuracy"]
    assert list(table)[7:] == ["seconds", "parameters", "best", "test_loss", "test_accuracy", "error"]
    assert len(table) == 12 and table["epoch"].tolist() == [1, 2, 3] * 4
    assert table.groupby("model")["parameters"].first().to_dict() == {"dense": 37, "wide": 145}
    for _, run in table.groupby(["model", "seed"]):
        assert run.loc[run["best"], "epoch"].item() == run["epoch"].iloc[run["val_loss"].argmin()]


def test_one_after_the_other_gives_the_same_digits(runs, capsys):
    again = experiments.run({"wide": wide, "dense": dense}, [1, 0], test=(X[60:], Y[60:]), jobs=1, **DATA, **SETTINGS)
    order = ["model", "seed", "epoch"]
    again = numbers(again).sort_values(order, ignore_index=True)
    pd.testing.assert_frame_equal(again, numbers(runs), check_exact=True)
    lines = capsys.readouterr().out
    assert "wide, seed 1: best epoch" in lines and "(kept)" not in lines


def test_the_numbers_are_those_of_keras_alone(runs):
    """The same model trained by hand in a fresh process, with one thread; its config is the same there, too."""
    code = (
        "import tensorflow as tf; tf.config.threading.set_intra_op_parallelism_threads(1); import keras\n"
        "import test_experiments as t; keras.utils.set_random_seed(1); model = t.dense()\n"
        "from course_utils.experiments import keys\n"
        "before = keys.model_digest(model, t.dense)\n"
        "h = model.fit(t.X, t.Y, validation_data=(t.X[:60], t.Y[:60]), epochs=3, batch_size=20, verbose=0)\n"
        "print(h.history['loss'], h.history['val_accuracy'], before)"
    )
    here, env = Path(__file__).parent, os.environ | {"PYTHONHASHSEED": "1"}
    done = subprocess.run([sys.executable, "-c", code], cwd=here, env=env, capture_output=True, text=True)
    run = runs.table[(runs.table["model"] == "dense") & (runs.table["seed"] == 1)]
    keras.utils.set_random_seed(1)
    here = keys.model_digest(dense(), dense)
    assert done.stdout.strip() == f"{run['loss'].tolist()} {run['val_accuracy'].tolist()} {here}"


def test_a_kept_model_answers_as_it_did(runs):
    model = runs.load("wide", 1)
    run = runs.table[(runs.table["model"] == "wide") & (runs.table["seed"] == 1)]
    loss, accuracy = model.evaluate(X[60:], Y[60:], verbose=0)
    assert accuracy == pytest.approx(run["test_accuracy"].iloc[0])
    assert loss == pytest.approx(run["test_loss"].iloc[0], abs=1e-6)
    with pytest.raises(ValueError, match="no finished run of 'wide' with seed 7"):
        runs.load("wide", 7)


def test_a_builder_that_changed_since_cannot_load():
    def build():
        return dense(units=size)

    size = 2
    runs = experiments.run({"mine": build}, [0], **DATA, **SETTINGS)
    assert runs.load("mine", 0).count_params() == 2 * 11 + 3
    size = 4
    with pytest.raises(ValueError, match="now makes another model"):
        runs.load("mine", 0)


def test_summary_against_pandas_by_hand(runs):
    row, table = runs.summary().loc["dense"], runs.table
    best = [run[run["best"]].iloc[0] for _, run in table[table["model"] == "dense"].groupby("seed")]
    accuracies = [each["val_accuracy"] for each in best]
    assert row["val_accuracy"] == pytest.approx(sum(accuracies) / 2)
    assert row["val_accuracy_std"] == pytest.approx(abs(accuracies[0] - accuracies[1]) / 2**0.5)
    assert row["test_accuracy"] == pytest.approx(sum(each["test_accuracy"] for each in best) / 2)
    assert (row["parameters"], row["runs"], row["failed"]) == (37, 2, 0)
    with pytest.raises(ValueError, match="no metric 'f1'; expected one of loss, accuracy"):
        runs.summary("f1")


def test_kept_predictions_are_those_of_the_kept_models(runs):
    found = experiments.kept_predictions(runs, "wide")
    again = [runs.load("wide", seed).predict(X[60:], verbose=0) for seed in (0, 1)]
    assert found.shape == (2, 140, 1)
    assert np.allclose(found, again, atol=1e-6)
    with pytest.raises(ValueError, match="no finished run of 'gru'"):
        experiments.kept_predictions(runs, "gru")


def test_kept_predictions_leave_out_failed_runs(monkeypatch):
    runs = simulated({"a": np.array([[0.0, 1.0], [1.0, 1.0], [1.0, 0.0]])}, monkeypatch)
    runs._results["a", 1]["error"] = "nan"
    assert experiments.kept_predictions(runs, "a").tolist() == [[[0.0], [1.0]], [[1.0], [0.0]]]


# -- comparing --------------------------------------------------------------------------------------


def test_compare_is_the_paired_difference_on_the_test_examples(runs):
    found = runs.compare("wide", "dense")
    right = {
        model: np.mean([(runs.load(model, seed).predict(X[60:], verbose=0)[:, 0] > 0.5) == Y[60:] for seed in (0, 1)])
        for model in ("wide", "dense")
    }
    assert found.difference == pytest.approx(right["wide"] - right["dense"])
    assert found.low <= found.difference <= found.high
    swapped = runs.compare("dense", "wide")
    assert swapped.difference == pytest.approx(-found.difference)
    same = runs.compare("dense", "dense", score=lambda y_true, y_pred: np.ones(len(y_true)))
    assert (same.difference, same.verdict) == (0.0, "no difference shown")
    with pytest.raises(ValueError, match="no finished run of 'gru'"):
        runs.compare("gru", "dense")


def test_compare_and_predictions_need_test_data():
    runs = experiments.run({"dense": dense}, [0], **DATA, **SETTINGS)
    with pytest.raises(ValueError, match="no test data"):
        runs.compare("dense", "dense")
    with pytest.raises(ValueError, match=r"no predictions of 'dense' were kept; give run\(\) test=\(x, y\)"):
        experiments.kept_predictions(runs, "dense")


def simulated(scores_by_model, monkeypatch):
    """Runs whose predictions are given: (seeds, examples) zeros and ones, against labels that are all 1."""
    found = {(model, seed): row for model, rows in scores_by_model.items() for seed, row in enumerate(rows)}
    runs = object.__new__(experiments.Runs)
    runs._files = {run: None for run in found}
    runs._results = {run: {"error": ""} for run in found}
    runs._y_test = np.ones(len(next(iter(found.values()))))
    monkeypatch.setattr(runs, "_kept", lambda model, seed: (None, None, found[model, seed][:, None]))
    return runs


def test_two_equal_models_seldom_differ_and_unequal_ones_do(monkeypatch):
    """Twin models of accuracy 0.8 whose seeds scatter by 0.01: the interval must leave out 0 far less often than the
    rule "a gap of one standard deviation of three seeds" does, which is wrong in a fifth of all cases.
    """
    rng, wrong = np.random.default_rng(0), 0
    for _ in range(100):
        rates = rng.normal(0.8, 0.01, size=(2, 3))
        scores = (rng.random((2, 3, 500)) < rates[..., None]).astype(float)
        wrong += (
            simulated({"a": scores[0], "b": scores[1]}, monkeypatch).compare("a", "b", draws=200).verdict
            != "no difference shown"
        )
    assert wrong <= 12
    better = (rng.random((2, 3, 500)) < np.array([0.9, 0.8])[:, None, None]).astype(float)
    found = simulated({"a": better[0], "b": better[1]}, monkeypatch).compare("a", "b")
    assert found.verdict == "a is better"


def test_the_interval_is_that_of_the_normal_approximation(monkeypatch):
    """One seed each: the paired difference of 2,000 examples, against the textbook's standard error."""
    rng = np.random.default_rng(1)
    a, b = (rng.random((2, 1, 2_000)) < np.array([0.7, 0.65])[:, None, None]).astype(float)
    found = simulated({"a": a, "b": b}, monkeypatch).compare("a", "b")
    error = (a[0] - b[0]).std(ddof=1) / 2_000**0.5
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * error, rel=0.1)


# -- kept runs ---------------------------------------------------------------------------------------


def kept_flags(capsys):
    lines = capsys.readouterr().out.replace("\r", "\n").splitlines()
    return [line.rstrip().endswith("(kept)") for line in lines if "best epoch" in line]


def test_a_changed_builder_reruns_alone(capsys):
    def build():
        return dense(units=size)

    size = 2
    models = {"dense": dense, "mine": build}
    experiments.run(models, [0], **DATA, **SETTINGS)
    capsys.readouterr()
    size = 4
    runs = experiments.run(models, [0], **DATA, **SETTINGS)
    assert kept_flags(capsys) == [True, False]
    assert runs.table.groupby("model")["parameters"].first()["mine"] == 4 * 11 + 5


HELPERS = """
import collections, functools, os, types
import keras, numpy as np
SIZE = 2
def plain(): return SIZE
@functools.lru_cache
def cached(): return SIZE
def attributed(): return attributed.size
attributed.size = SIZE
table = collections.defaultdict(lambda: SIZE)
space = types.SimpleNamespace(size=lambda: SIZE)
vectorized = np.vectorize(lambda x: x * SIZE)
class Slotted:
    __slots__ = ()
    def size(self): return SIZE
"""
USES = {
    "a helper": "plain()",
    "a helper behind lru_cache": "cached()",
    "a function attribute": "attributed()",
    "a defaultdict's factory": "collections.defaultdict(table.default_factory)['x']",
    "a function in a namespace": "space.size()",
    "np.vectorize of a def": "int(vectorized(1))",
    "a method of a slotted class": "Slotted().size()",
    "a file": "int(open(FILE).read())",
    "an environment variable": "int(os.environ['SIZE_OF_TEST'])",
}


@pytest.fixture(scope="module")
def keys_of(tmp_path_factory):
    """Return the key that a worker finds for a builder's source, as `run` asks for it."""
    settings = {"backend": "tensorflow", "parent": os.getpid(), "path": sys.path}
    file = tmp_path_factory.mktemp("read") / "size.txt"

    def keys_of(expressions, size):
        file.write_text(str(size))
        calls = {}
        for name, expression in expressions.items():
            space = {"__name__": "__main__", "FILE": str(file), "SIZE_OF_TEST": str(size)}
            exec(HELPERS.replace("SIZE = 2", f"SIZE = {size}"), space)
            body = (
                f"def build():\n  os.environ['SIZE_OF_TEST'] = '{size}'\n"
                if "environ" in expression
                else "def build():\n"
            )
            exec(
                body + f"  model = keras.Sequential([keras.Input((3,)), keras.layers.Dense({expression})])\n"
                "  model.compile('sgd', 'mse')\n  return model",
                space,
            )
            data = (0, 1), np.ones((2, 3)), np.ones((2, 1))
            calls[name, 0] = ((name, 0), grid._pickle(space["build"]), settings, *data)
        found = grid._parallel(grid.worker.describe, calls, jobs=2)
        return {each["run"][0]: (each["error"], each.get("model")) for each in found}

    return keys_of


def test_the_key_sees_whatever_changes_the_model(keys_of):
    two, three, again = keys_of(USES, 2), keys_of(USES, 3), keys_of(USES, 2)
    assert {name: error for name, (error, _) in two.items() if error} == {}
    assert two == again
    assert [name for name in USES if two[name] == three[name]] == []


def test_a_module_imported_inside_the_builder_counts(tmp_path, monkeypatch, capsys):
    def build():
        import size_of_the_test

        return dense(units=size_of_the_test.size())

    monkeypatch.syspath_prepend(tmp_path)
    module = tmp_path / "size_of_the_test.py"
    for size, kept_before in ((2, False), (2, True), (12, False)):
        module.write_text(f"def size():\n    return {size}\n")
        runs = experiments.run({"mine": build}, [0], **DATA, **SETTINGS)
        assert kept_flags(capsys) == [kept_before]
        assert runs.table["parameters"].iloc[0] == size * 12 + 1


SCALE = 1.0


class Scaled(keras.layers.Layer):
    def call(self, x):
        return x * SCALE


def test_a_global_that_a_layer_reads_while_it_runs_counts(monkeypatch):
    def digest():
        model = keras.Sequential([keras.Input((2,)), Scaled()])
        model.compile("sgd", lambda y_true, y_pred: y_pred * SCALE)
        return keys.model_digest(model)

    before = digest()
    assert digest() == before
    monkeypatch.setitem(globals(), "SCALE", 2.0)
    assert digest() != before


def test_builders_with_a_dataclass_or_a_cached_property_work():
    @dataclass
    class Sizes:
        units: int = 3

        @functools.cached_property
        def double(self):
            return 2 * self.units

    sizes = Sizes()
    runs = experiments.run({"mine": lambda: dense(units=sizes.double)}, [0], **DATA, **SETTINGS)
    assert runs.table["parameters"].iloc[0] == 6 * 12 + 1


def test_a_comment_a_docstring_or_an_unrelated_global_does_not_count():
    source = "def helper():\n  'Doc.'\n  return SIZE\ndef build():\n  return helper() + other"
    codes = []
    for text in (source, source.replace("return helper", "# why\n\n  return helper"), source.replace("Doc", "More")):
        space = {"__name__": "__main__", "SIZE": 8, "other": 1, "unrelated": len(codes)}
        exec(text, space)
        codes.append(keys.own_code(space["build"]))
    assert codes[0] == codes[1] == codes[2]
    space["SIZE"] = 9
    assert keys.own_code(space["build"]) != codes[0]


@pytest.fixture
def kept_run(tmp_path):
    file = tmp_path / "a1.npz"
    with workspace(tmp_path, "grid") as scratch:
        kept.save(file, {"seconds": [2.0], "best_epoch": 1}, b"weights" * 9, np.ones(5, "float32"), scratch)
    return file


def test_no_flipped_bit_is_loaded_as_a_result(kept_run):
    content, chance = kept_run.read_bytes(), random.Random(0)
    whole = kept.load(kept_run)
    silent = 0
    for _ in range(400):
        place, bit = chance.randrange(len(content)), 1 << chance.randrange(8)
        kept_run.write_bytes(content[:place] + bytes([content[place] ^ bit]) + content[place + 1 :])
        try:
            found = kept.load(kept_run)
        except kept.DamagedRun:
            continue
        silent += found[:2] != whole[:2] or not np.array_equal(found[2], whole[2])
    assert silent == 0


@pytest.mark.parametrize(
    "content",
    [b"", b"5", b"PK", "half", b"[" * 100_000, "other run"],
    ids=["empty", "5", "PK", "half", "deep", "other"],
)
def test_a_damaged_run_is_trained_again(content, capsys):
    runs = experiments.run({"dense": dense}, [0], **DATA, **SETTINGS)
    (file,) = Path("_build/outputs/experiments/test").glob("*.npz")
    if content == "half":
        content = file.read_bytes()[: file.stat().st_size // 2]
    if content == "other run":
        result, weights, _ = kept.load(file)
        other = file.with_name("ffff.npz")
        with workspace(file.parent, "grid") as scratch:
            kept.save(other, result | {"seconds": [1e9]}, weights, None, scratch)
        content = other.read_bytes()
    file.write_bytes(content)
    capsys.readouterr()
    with pytest.raises(ValueError, match="'dense' with seed 0 is no longer kept"):
        runs.load("dense", 0)
    again = experiments.run({"dense": dense}, [0], **DATA, **SETTINGS)
    out = capsys.readouterr().out
    assert "dense, seed 0: training again, since its kept run is damaged" in out and "(kept)" not in out
    pd.testing.assert_frame_equal(numbers(again), numbers(runs), check_exact=True)


def test_failing_runs_are_rows(capsys):
    models = {"misfit": misfit, "diverged": partial(dense, rate=float("nan")), "deadly": deadly, "dense": dense}
    runs = experiments.run(models, [0], **DATA, **SETTINGS)
    failed = runs.table[runs.table["epoch"].isna()]
    assert failed["model"].tolist() == ["misfit", "diverged", "deadly"]
    assert [any(word in error for word in ("shape", "nan", "died")) for error in failed["error"]] == [True] * 3
    assert runs.table.loc[runs.table["model"] == "dense", "epoch"].tolist() == [1, 2, 3]
    assert "misfit, seed 0: failed, ValueError" in capsys.readouterr().out
    rows = runs.summary()
    assert rows["failed"].to_dict() == {"misfit": 1, "diverged": 1, "deadly": 1, "dense": 0}
    with pytest.raises(ValueError, match="'misfit' with seed 0 failed"):
        runs.load("misfit", 0)


BAD_CALLS = {
    "models is empty": {"models": {}},
    "models is a list": {"models": [dense]},
    "1 is a function; expected a name": {"models": {1: dense}},
    "'a' is a Sequential; .* the function that builds the model, itself": {"models": {"a": plain()}},
    "seeds is .*; expected at least one": {"seeds": []},
    "seeds is 3": {"seeds": 3},
    "seeds is None": {"seeds": None},
    "each one once": {"seeds": [1, 1]},
    "a seed is 0.5": {"seeds": [0.5]},
    "a seed is True": {"seeds": [True]},
    "a seed is -1": {"seeds": [-1]},
    "epochs is 0": {"epochs": 0},
    "batch_size is 2.5": {"batch_size": 2.5},
    "patience is 0": {"patience": 0},
    "jobs is 0": {"jobs": 0},
    "name is 'a/b'": {"name": "a/b"},
    "x and y of train have .* rows; expected as many": {"train": (X, Y[:-1])},
    "nan in 1 of 200 rows": {"train": (np.where(np.arange(2000).reshape(200, 10) == 5, np.nan, X), Y)},
    "x and y of validation have \\{0\\} rows; expected": {"validation": (X[:0], Y[:0])},
    "test is a ndarray": {"test": X},
    "Pad rows of different lengths first": {"train": ([[1], [1, 2]], [0, 1])},
    "a ndarray of datetime64.*; expected numbers or strings": {"train": (np.zeros(200, "datetime64[s]"), Y)},
    "a ndarray of bfloat16; expected numbers or strings": {"train": (X.astype(ml_dtypes.bfloat16), Y)},
    "expected the name of a folder": {"name": "a\0b"},
}


@pytest.mark.parametrize("message", BAD_CALLS)
def test_clear_errors_before_anything_starts(message, monkeypatch):
    monkeypatch.setattr(grid, "_joblib", lambda *_: pytest.fail("work began"))
    call = {"models": {"dense": dense}, "seeds": [0]} | DATA | SETTINGS | BAD_CALLS[message]
    with pytest.raises((TypeError, ValueError), match=message):
        experiments.run(**call)


@pytest.mark.parametrize(
    ("builder", "message"),
    [
        (plain, "it, seed 0 does not work: TypeError: its model is not compiled"),
        (lambda: "model", "it, seed 0 does not work: TypeError: it returned str"),
        (lambda: 1 / 0, "it, seed 0 does not work: ZeroDivisionError: division by zero"),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "it, seed 0 does not work: its process died"),
    ],
)
def test_clear_errors_before_training(builder, message, monkeypatch):
    monkeypatch.setattr(grid, "progress_bar", lambda *_: pytest.fail("training began"))
    with pytest.raises((TypeError, ValueError), match=message):
        experiments.run({"it": builder}, [0], jobs=1, **DATA, **SETTINGS)


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
        done = folder / "_build/outputs/experiments/test"
        deadline = time.monotonic() + 200
        while len(list(done.glob("*.npz"))) < kill and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(chance.uniform(0, 1))
        process.kill()
        process.wait()
    return killed_grid()


def test_a_killed_grid_goes_on_where_it_stopped(tmp_path, monkeypatch, capsys):
    resumed = kill_and_resume(tmp_path, kills=2)
    assert "(kept)" in capsys.readouterr().out
    left = [path.name for path in (tmp_path / "_build/outputs/experiments/test").iterdir()]
    assert len(left) == 5 and all(name.endswith((".npz", ".lock")) for name in left)  # the killed ones' scratch is gone
    undisturbed = tmp_path / "undisturbed"
    undisturbed.mkdir()
    monkeypatch.chdir(undisturbed)
    pd.testing.assert_frame_equal(numbers(resumed), numbers(killed_grid()), check_exact=True)


def test_a_run_whose_grid_is_gone_ends_before_its_first_epoch():
    """Also if the grid was killed while the worker was still importing: the worker knows its parent's number."""
    code = (
        "from course_utils.experiments import worker\n"
        "watch = worker._Watch(parent=0, progress='none')\n"
        "watch.on_epoch_begin(0); print('trains on')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")


def test_a_training_has_one_folder_until_something_changes():
    def folder(rate=0.1, loss=lambda y_true, y_pred: (y_true - y_pred) ** 2, seed=0, x=X, **settings):
        keras.utils.set_random_seed(seed)
        model = keras.Sequential([keras.Input((10,)), keras.layers.Dense(1)])
        model.compile(keras.optimizers.SGD(rate), loss)
        return experiments.training_folder("mine", model, x, Y, **{"epochs": 2, "batch_size": 32} | settings)

    changes = {"rate": 0.2, "seed": 1, "x": X + 1, "epochs": 3, "batch_size": 16}
    changes |= {"loss": lambda y_true, y_pred: (y_true - y_pred) ** 4}
    folders = [folder(**{name: value}) for name, value in changes.items()]
    assert folder() == folder() and folder().is_dir()
    assert len({folder(), *folders}) == 1 + len(changes)
    with pytest.raises(ValueError, match="not compiled"):
        experiments.training_folder("mine", plain(), X, Y)


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
runs = experiments.run({"mine": build}, [0], (x, x[:, 0]), (x, x[:, 0]), epochs=2, name="nb", jobs=1)
%%
runs.table["parameters"].iloc[0], len(runs.table)"""


def test_builders_may_stand_in_a_notebook(tmp_path):
    cells = [nbformat.v4.new_code_cell(cell) for cell in CELLS.split("%%\n")]
    book = nbformat.v4.new_notebook(cells=cells)
    client = nbclient.NotebookClient(book, timeout=120, kernel_name="python3", coalesce_streams=True)
    client.execute(cwd=str(tmp_path))
    (stream,) = book.cells[2].outputs
    assert stream["name"] == "stdout", stream["text"]
    assert stream["text"].strip().startswith("mine, seed 0: best epoch")
    assert book.cells[3].outputs[0]["data"]["text/plain"] == "(np.int64(19), 2)"


def test_a_dask_cluster_gives_the_same_digits(runs):
    distributed = pytest.importorskip("distributed")
    cluster = distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None)
    with cluster, distributed.Client(cluster), joblib.parallel_config(backend="dask"):
        there = experiments.run({"dense": dense}, [0, 1], test=(X[60:], Y[60:]), **DATA, **SETTINGS)
    pd.testing.assert_frame_equal(numbers(there), numbers(runs).query("model == 'dense'"), check_exact=True)


def test_large_data_reach_the_workers_as_a_memory_map():
    big = np.zeros((200_000, 2), dtype="float64")
    (found,) = grid._joblib(lambda _, array: {"kind": type(array).__name__}, [(("a", 0), big)], jobs=1)
    assert found == {"run": ("a", 0), "error": "", "kind": "memmap"}


def test_several_inputs_keep_their_nesting():
    layout, arrays = plan.check_data({"train": ((X, Y), Y), "validation": (X, Y), "test": None})
    assert layout == (((0, 1), 2), (3, 4), None)
    assert [len(array) for array in arrays] == [200] * 5
