"""Seeds, device, versions, profile, report; the fused kernel's conditions held against Keras' own decision."""

import itertools
import os
import random
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import keras
import nbformat
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops
from nbclient import NotebookClient

from course_utils import runtime
from course_utils.datasets import Provenance

ROOT = Path(__file__).resolve().parent.parent
REAL = Provenance("imdb", "cache", "a" * 64, "50,000 reviews")
SAMPLE = Provenance("shakespeare", "sample", "b" * 64, "a play")


# profile and pick


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, "quick"), ("", "quick"), ("  ", "quick"), ("quick", "quick"), ("full", "full"), (" FULL ", "full")],
)
def test_profile_and_pick_follow_the_variable(monkeypatch, value, expected):
    if value is None:
        monkeypatch.delenv("COURSE_PROFILE", raising=False)
    else:
        monkeypatch.setenv("COURSE_PROFILE", value)
    assert runtime.profile() == expected
    assert runtime.pick(quick="quick", full="full") == expected
    assert runtime.pick(quick=None, full=0) == {"quick": None, "full": 0}[expected]


@pytest.mark.parametrize("value", ["fast", "quick,full", "1"])
def test_an_unknown_profile_is_refused_everywhere(monkeypatch, value):
    monkeypatch.setenv("COURSE_PROFILE", value)
    calls = (
        runtime.profile,
        lambda: runtime.pick(quick=1, full=2),
        runtime.start,
        lambda: runtime.finish(headline="x"),
    )
    for call in calls:
        with pytest.raises(ValueError, match=f"COURSE_PROFILE is {value!r}; expected 'quick' .* or 'full' .*Set one"):
            call()


@pytest.mark.parametrize("call", [lambda: runtime.pick(1, 2), lambda: runtime.pick(quick=1), lambda: runtime.pick()])
def test_pick_wants_both_by_name(call):
    with pytest.raises(TypeError):
        call()


# start


def draws():
    """Numbers from every generator that a notebook uses."""
    return (
        random.random(),
        np.random.random(3).tolist(),
        ops.convert_to_numpy(keras.random.normal((3,))).tolist(),
        tf.random.normal((3,)).numpy().tolist(),
        layers.Dense(2).build((1, 2)) or keras.initializers.GlorotUniform()((2, 2)).numpy().tolist(),
    )


def test_the_same_seed_gives_the_same_numbers(capsys):
    found = {}
    for seed in (7, 8, np.int64(7)):
        runtime.start(seed)
        found.setdefault(int(seed), []).append(draws())
    assert found[7][0] == found[7][1]
    for one, other in zip(found[7][0], found[8][0], strict=True):
        assert one != other


@pytest.mark.parametrize("seed", [0, 2**32 - 1, np.uint32(3)])
def test_start_prints_four_lines(capsys, monkeypatch, seed):
    monkeypatch.setenv("COURSE_DATA_DIR", "/home/somebody/corpora")
    monkeypatch.setenv("COURSE_PROFILE", "quick")
    runtime.start(seed)
    captured = capsys.readouterr()
    lines = captured.out.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["device", "versions", "profile", "data"]
    assert lines[0] == f"device:   {runtime.device()}"
    assert f"keras {keras.__version__}" in lines[1] and f"numpy {np.__version__}" in lines[1]
    assert lines[2].startswith("profile:  quick (small subsets")
    assert "'corpora'" in lines[3] and "/home" not in captured.out
    assert captured.err == ""


def test_the_data_line_without_a_folder(capsys, monkeypatch):
    monkeypatch.delenv("COURSE_DATA_DIR", raising=False)
    monkeypatch.setenv("COURSE_PROFILE", "full")
    runtime.start()
    lines = capsys.readouterr().out.splitlines()
    assert lines[2] == "profile:  full"
    assert "cache" in lines[3] and "samples" in lines[3]


@pytest.mark.parametrize("seed", [None, -1, 2**32, True, 1.0, "1", [1], np.float32(1)])
def test_bad_seeds_are_refused(seed):
    with pytest.raises(ValueError, match=re.escape(f"seed is {seed!r}; expected a whole number from 0 to 2**32 - 1")):
        runtime.start(seed)


# versions and device


def test_versions_are_those_installed(monkeypatch):
    expected = {name: version(name) for name in ("keras", "tensorflow", "numpy", "scikit-learn", "tokenizers")}
    assert runtime.versions() == {"Python": sys.version.split()[0], **expected}
    monkeypatch.setattr(runtime, "PACKAGES", ("keras", "no-such-package-of-ours"))
    assert runtime.versions()["no-such-package-of-ours"] == "missing"


def test_the_device_is_what_tensorflow_sees(monkeypatch):
    assert len(runtime.gpu_names()) == len(tf.config.list_physical_devices("GPU"))
    monkeypatch.setattr(runtime, "gpu_names", lambda: [])
    assert runtime.device() == f"CPU, {os.cpu_count()} threads; no GPU, so no fused recurrent kernels"
    monkeypatch.setattr(runtime, "gpu_names", lambda: ["First", "Second"])
    assert runtime.device().startswith("GPU (First, Second); LSTM and GRU use fused kernels")


# fused_kernel


class Reached(Exception):
    """Keras was about to call cuDNN."""


class Fallback(Exception):
    """Keras took its own loop."""


def stop(error):
    def raise_it(*args, **options):
        raise error

    return raise_it


@pytest.fixture
def keras_decides(monkeypatch):
    """Ask Keras itself, on a machine that it believes to have a GPU: does the layer come to the cuDNN call?"""
    backend = pytest.importorskip("keras.src.backend.tensorflow.rnn")
    monkeypatch.setattr(backend, "_is_gpu_available", lambda: True)
    monkeypatch.setattr(backend, "_cudnn_lstm", stop(Reached()))
    monkeypatch.setattr(backend, "_cudnn_gru", stop(Reached()))
    monkeypatch.setattr(layers.RNN, "inner_loop", stop(Fallback()))

    def ask(layer):
        try:
            layer(np.zeros((2, 3, 1), dtype="float32"), training=True)
        except Reached:
            return True
        except (Fallback, ValueError) as error:
            assert isinstance(error, Fallback) or "cuDNN is not supported" in str(error)
            return False
        raise AssertionError("Keras neither called cuDNN nor its own loop")

    return ask


GRID = {
    "activation": ["tanh", "relu"],
    "recurrent_activation": ["sigmoid", "hard_sigmoid"],
    "unroll": [False, True],
    "use_bias": [True, False],
    "recurrent_dropout": [0.0, 0.2],
    "dropout": [0.0, 0.3],
    "use_cudnn": ["auto", False],
}


@pytest.mark.parametrize(("kind", "more"), [(layers.LSTM, {}), (layers.GRU, {"reset_after": [True, False]})])
def test_fused_kernel_says_what_keras_does(keras_decides, kind, more):
    grid = GRID | more
    answers = []
    for values in itertools.product(*grid.values()):
        options = dict(zip(grid, values, strict=True))
        eligible, reason = runtime.fused_kernel(kind(2, **options))
        assert eligible is keras_decides(kind(2, **options)), options
        answers.append(eligible)
        if not eligible:
            name = reason.split()[0]
            assert grid[name][0] != options[name] and "; the fused kernel needs " in reason, (reason, options)
    assert answers.count(True) == 2  # with dropout and without


@pytest.mark.parametrize(
    "options",
    [
        {"go_backwards": True},
        {"use_cudnn": True},
        {"use_cudnn": True, "activation": "relu"},
        {"activation": ops.tanh},
        {"activation": None},
        {"return_sequences": True, "return_state": True},
        {"stateful": False, "kernel_regularizer": "l2"},
        {"activation": tf.tanh, "recurrent_activation": tf.sigmoid},
        {"activation": lambda x: x},
        {"unroll": 1},
        {"use_bias": 1},
    ],
)
@pytest.mark.filterwarnings("ignore:The object being serialized includes a `lambda`")
def test_other_settings_agree_with_keras_too(keras_decides, options):
    for kind in (layers.LSTM, layers.GRU):
        assert runtime.fused_kernel(kind(2, **options))[0] is keras_decides(kind(2, **options))


def test_a_function_that_is_only_called_tanh(keras_decides):
    def tanh(x):
        return x

    assert keras_decides(layers.LSTM(2, activation=tanh)) is False
    assert runtime.fused_kernel(layers.LSTM(2, activation=tanh))[0] is False


def test_fused_kernel_names_the_reason():
    assert runtime.fused_kernel(layers.LSTM(2, activation="relu")) == (
        False,
        "activation is 'relu'; the fused kernel needs 'tanh'",
    )
    eligible, reason = runtime.fused_kernel(layers.SimpleRNN(2))
    assert not eligible and reason.startswith("SimpleRNN has no fused kernel")


def test_bidirectional_needs_both_directions():
    fine, slow = layers.LSTM(2), layers.LSTM(2, recurrent_dropout=0.1, go_backwards=True)
    assert runtime.fused_kernel(layers.Bidirectional(fine))[0] is True
    assert runtime.fused_kernel(layers.Bidirectional(layers.SimpleRNN(2)))[0] is False
    eligible, reason = runtime.fused_kernel(layers.Bidirectional(fine, backward_layer=slow))
    assert not eligible and reason.startswith("recurrent_dropout is 0.1")


@pytest.mark.parametrize(
    "layer", [None, "LSTM", 3, layers.LSTM, layers.Dense(1), layers.LSTMCell(2), keras.Sequential([layers.LSTM(2)])]
)
def test_what_is_no_recurrent_layer_is_refused(layer):
    with pytest.raises(TypeError, match=f"fused_kernel got a {type(layer).__name__}; expected a recurrent layer"):
        runtime.fused_kernel(layer)


# output_folder


def test_output_folder_lies_in_the_course_wherever_one_stands(tmp_path, monkeypatch):
    (tmp_path / "course" / "course_utils").mkdir(parents=True)
    (tmp_path / "course" / "notebooks" / "src").mkdir(parents=True)
    for place in ("", "notebooks", "notebooks/src"):
        monkeypatch.chdir(tmp_path / "course" / place)
        folder = runtime.output_folder("02_embeddings")
        assert folder == tmp_path / "course" / "_build" / "outputs" / "02_embeddings"
        assert folder.is_dir()
    (folder / "kept.txt").write_text("x")
    assert (runtime.output_folder("02_embeddings") / "kept.txt").read_text() == "x"


def test_output_folder_without_the_course_lies_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert runtime.output_folder("x") == tmp_path / "_build" / "outputs" / "x"


# finish


def test_finish_prints_its_report_outside_a_notebook(capsys, monkeypatch):
    monkeypatch.setenv("COURSE_PROFILE", "full")
    runtime.finish(REAL, SAMPLE, headline="two models, 0.8 each")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "headline: two models, 0.8 each"
    assert lines[1] == "data:     imdb: real, digest " + "a" * 12
    assert lines[2] == "data:     shakespeare: sample, digest " + "b" * 12
    assert lines[3].startswith("versions: Python ") and lines[4] == f"device:   {runtime.device()}"
    assert re.fullmatch(r"profile:  full, \d+\.\d minutes", lines[5])


def test_a_notebook_holds_the_report_for_the_tools():
    cells = [
        "from course_utils import runtime\nfrom course_utils.datasets import Provenance\nruntime.start(1)",
        "import time; time.sleep(0.3)",
        f"runtime.finish({REAL!r}, {SAMPLE!r}, headline='best 0.8')",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    environment = {**os.environ, "COURSE_PROFILE": "full"}
    NotebookClient(notebook, timeout=240, kernel_name="python3").execute(env=environment)
    (printed,) = notebook.cells[0].outputs
    assert printed["name"] == "stdout" and printed["text"].count("\n") == 4
    (output,) = notebook.cells[2].outputs
    report = output["data"]["application/vnd.course-report+json"]
    assert report["headline"] == "best 0.8" and report["profile"] == "full"
    assert report["data"] == {"imdb": "real", "shakespeare": "sample"}
    assert report["digests"] == {"imdb": "a" * 64, "shakespeare": "b" * 64}
    assert 0.3 <= report["seconds"] < 60
    assert "best 0.8" in output["data"]["text/plain"]


# what the import writes


def run_python(code: str, path: Path | None = None):
    environment = {**os.environ, "PYTHONPATH": str(path or ""), "TF_CPP_MIN_LOG_LEVEL": "0"}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, cwd=ROOT)


@pytest.mark.parametrize("module", ["runtime", "training"])
def test_the_import_is_silent(module):
    finished = run_python(f"import os, course_utils.{module}\nos.write(2, b'later')")
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "", "later")


def test_what_was_held_back_is_shown_if_the_import_fails(tmp_path):
    broken = "import os\nos.write(2, b'the reason, from C++\\n')\nraise ImportError('no keras today')\n"
    (tmp_path / "keras.py").write_text(broken)
    finished = run_python("import course_utils.runtime", tmp_path)
    assert finished.returncode == 1
    assert "the reason, from C++" in finished.stderr and "no keras today" in finished.stderr
