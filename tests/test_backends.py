"""Backends: device, the fused kernel's conditions held against Keras' own decision, workers, a quiet import."""

import itertools
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

from course_utils import backends

ROOT = Path(__file__).resolve().parent.parent


def run_python(code: str, path: Path | None = None):
    environment = {**os.environ, "PYTHONPATH": str(path or ""), "TF_CPP_MIN_LOG_LEVEL": "0"}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, cwd=ROOT)


# device


def test_the_device_is_what_tensorflow_sees(monkeypatch):
    assert len(backends.gpu_names()) == len(tf.config.list_physical_devices("GPU"))
    monkeypatch.setattr(backends, "gpu_names", lambda: [])
    assert backends.device() == f"CPU, {os.cpu_count()} threads; no GPU, so no fused recurrent kernels"
    monkeypatch.setattr(backends, "gpu_names", lambda: ["First", "Second"])
    assert backends.device().startswith("GPU (First, Second); LSTM and GRU use fused kernels")


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
        eligible, reason = backends.fused_kernel(kind(2, **options))
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
        assert backends.fused_kernel(kind(2, **options))[0] is keras_decides(kind(2, **options))


def test_a_function_that_is_only_called_tanh(keras_decides):
    def tanh(x):
        return x

    assert keras_decides(layers.LSTM(2, activation=tanh)) is False
    assert backends.fused_kernel(layers.LSTM(2, activation=tanh))[0] is False


def test_fused_kernel_names_the_reason():
    assert backends.fused_kernel(layers.LSTM(2, activation="relu")) == (
        False,
        "activation is 'relu'; the fused kernel needs 'tanh'",
    )
    eligible, reason = backends.fused_kernel(layers.SimpleRNN(2))
    assert not eligible and reason.startswith("SimpleRNN has no fused kernel")


def test_bidirectional_needs_both_directions():
    fine, slow = layers.LSTM(2), layers.LSTM(2, recurrent_dropout=0.1, go_backwards=True)
    assert backends.fused_kernel(layers.Bidirectional(fine))[0] is True
    assert backends.fused_kernel(layers.Bidirectional(layers.SimpleRNN(2)))[0] is False
    eligible, reason = backends.fused_kernel(layers.Bidirectional(fine, backward_layer=slow))
    assert not eligible and reason.startswith("recurrent_dropout is 0.1")


@pytest.mark.parametrize(
    "layer", [None, "LSTM", 3, layers.LSTM, layers.Dense(1), layers.LSTMCell(2), keras.Sequential([layers.LSTM(2)])]
)
def test_what_is_no_recurrent_layer_is_refused(layer):
    with pytest.raises(TypeError, match=f"fused_kernel got a {type(layer).__name__}; expected a recurrent layer"):
        backends.fused_kernel(layer)


# prepare_worker


def test_a_worker_gets_the_threads_that_every_run_has():
    finished = run_python(
        "from course_utils.backends import prepare_worker, keras, tf\n"
        "prepare_worker('tensorflow', 1)\n"
        "print(tf.config.threading.get_intra_op_parallelism_threads(), end=' ')\n"
        "print(tf.config.threading.get_inter_op_parallelism_threads())\n"
        "keras.ops.zeros(1)\n"
        "prepare_worker('tensorflow', 1)\n"
        "for settings in (('tensorflow', 2), ('jax', 1)):\n"
        "    try:\n"
        "        prepare_worker(*settings)\n"
        "    except RuntimeError as error:\n"
        "        print(error)\n"
    )
    threads, other_threads, other_backend = finished.stdout.splitlines()
    assert threads == "1 1"
    assert "TensorFlow runs here with other than 2 threads" in other_threads
    assert "already runs Keras on tensorflow, the notebook on jax. Restart the workers." in other_backend


# what the import writes


def test_importing_the_whole_package_is_silent():
    finished = run_python(
        "import importlib, os, pkgutil, course_utils\n"
        "for found in pkgutil.walk_packages(course_utils.__path__, 'course_utils.'):\n"
        "    if not found.name.endswith('__main__'):\n"
        "        importlib.import_module(found.name)\n"
        "os.write(2, b'later')"
    )
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "", "later")


def test_what_was_held_back_is_shown_if_the_import_fails(tmp_path):
    broken = "import os\nos.write(2, b'the reason, from C++\\n')\nraise ImportError('no keras today')\n"
    (tmp_path / "keras.py").write_text(broken)
    finished = run_python("import course_utils.backends", tmp_path)
    assert finished.returncode == 1
    assert "the reason, from C++" in finished.stderr and "no keras today" in finished.stderr
