"""Seeds, device, versions and profile: the first and the last cell of every notebook (taught in notebook 00)."""

import contextlib
import os
import platform
import tempfile
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from IPython import get_ipython
from IPython.display import display


@contextlib.contextmanager
def _quiet_start():
    """Hold back what C++ libraries write to stderr while they are imported; show it after all if the import fails."""
    with tempfile.TemporaryFile() as held:
        kept = os.dup(2)
        try:
            os.dup2(held.fileno(), 2)
            yield
        except BaseException:
            held.seek(0)
            os.write(kept, held.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


with _quiet_start():  # TensorFlow reports missing GPU drivers to every laptop that has no GPU
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.list_physical_devices("GPU")

PROFILES = ("quick", "full")
PACKAGES = ("keras", "tensorflow", "numpy", "scikit-learn", "tokenizers")
REPORT_TYPE = "application/vnd.course-report+json"

_started = time.perf_counter()


def profile() -> str:
    """Return the profile this session runs in: ``"quick"`` (the default) or ``"full"``.

    Returns
    -------
    str
        The value of the environment variable ``COURSE_PROFILE``.

    Raises
    ------
    ValueError
        If ``COURSE_PROFILE`` holds anything else.

    Examples
    --------
    >>> profile() in ("quick", "full")
    True
    """
    name = os.environ.get("COURSE_PROFILE", "").strip().lower() or "quick"
    if name not in PROFILES:
        raise ValueError(
            f"COURSE_PROFILE is {name!r}; expected 'quick' (small subsets, few epochs) or 'full' (real data, the "
            "committed outputs). Set one of the two, or unset it for 'quick'."
        )
    return name


def pick(*, quick, full):
    """Return the setting of the current profile, so that both stand side by side in the notebook.

    Parameters
    ----------
    quick, full : any
        The setting for each profile. Tuples are handy for several settings on one line.

    Returns
    -------
    any
        ``quick`` or ``full``, as :func:`profile` says.

    Examples
    --------
    >>> epochs, reviews = pick(quick=(2, 1_000), full=(100, 25_000))
    >>> epochs in (2, 100)
    True
    """
    return {"quick": quick, "full": full}[profile()]


def gpu_names() -> list[str]:
    """Return the names of the GPUs that Keras' backend sees; an empty list on a machine without one.

    Examples
    --------
    >>> isinstance(gpu_names(), list)
    True
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        gpus = tf.config.list_physical_devices("GPU")
        return [tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name) for gpu in gpus]
    if backend == "jax":
        import jax

        return [device.device_kind for device in jax.devices() if device.platform == "gpu"]
    import torch

    return [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]


def fused_kernel(layer) -> tuple[bool, str]:
    """Say whether a recurrent layer, as configured, may use the GPU's fused cuDNN kernel, and if not, why.

    The answer is about the layer only: on a CPU no fused kernel runs, whatever the layer. With a mask the padding
    must also stand on the right, and no row may be all padding.

    Parameters
    ----------
    layer : keras.layers.Layer
        An ``LSTM``, ``GRU``, ``SimpleRNN`` or a ``Bidirectional`` around one.

    Returns
    -------
    eligible : bool
    reason : str
        One plain sentence.

    Raises
    ------
    TypeError
        If ``layer`` is no recurrent layer.

    Notes
    -----
    The conditions are those of Keras' TensorFlow backend (``cudnn_ok`` in ``keras/src/backend/tensorflow/rnn.py``)
    and of the layers themselves (dropout and ``use_cudnn``).

    Examples
    --------
    >>> fused_kernel(keras.layers.GRU(8))
    (True, 'every condition of the fused kernel holds')
    >>> fused_kernel(keras.layers.GRU(8, recurrent_dropout=0.2))
    (False, 'recurrent_dropout is 0.2; the fused kernel needs 0')
    """
    if isinstance(layer, keras.layers.Bidirectional):
        answers = [fused_kernel(each) for each in (layer.forward_layer, layer.backward_layer)]
        return min(answers, key=lambda answer: answer[0])  # the first that is not eligible, if there is one
    if isinstance(layer, keras.layers.SimpleRNN):
        return False, "SimpleRNN has no fused kernel; LSTM and GRU have"
    if not isinstance(layer, keras.layers.LSTM | keras.layers.GRU):
        raise TypeError(
            f"fused_kernel got a {type(layer).__name__}; expected a recurrent layer "
            "(SimpleRNN, LSTM, GRU or a Bidirectional around one)."
        )
    needed = {"activation": "tanh", "recurrent_activation": "sigmoid", "unroll": False, "use_bias": True}
    needed |= {"recurrent_dropout": 0}
    if isinstance(layer, keras.layers.GRU):
        needed["reset_after"] = True
    config = layer.get_config()
    for name, value in needed.items():
        if config[name] != value:
            return False, f"{name} is {config[name]!r}; the fused kernel needs {value!r}"
    for name in ("activation", "recurrent_activation"):
        homes = [keras.activations, keras.ops] + ([tf] if keras.backend.backend() == "tensorflow" else [])
        if getattr(layer, name) not in [getattr(home, needed[name]) for home in homes]:
            return False, f"{name} is a function of your own; the fused kernel needs Keras' {needed[name]!r}"
    if layer.use_cudnn is False:
        return False, "use_cudnn is False; the fused kernel needs 'auto' or True"
    return True, "every condition of the fused kernel holds"


def versions() -> dict[str, str]:
    """Return the versions that a result depends on, Python's first.

    Examples
    --------
    >>> list(versions())[:2]
    ['Python', 'keras']
    """
    found = {"Python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "missing"
    return found


def device() -> str:
    """Describe the device in one line, and say whether fused recurrent kernels can run on it.

    Examples
    --------
    >>> device().startswith(("CPU", "GPU"))
    True
    """
    gpus = gpu_names()
    if gpus:
        fused = "LSTM and GRU use fused kernels" if keras.backend.backend() == "tensorflow" else "no fused kernels"
        return f"GPU ({', '.join(gpus)}); {fused} where their settings allow"
    return f"CPU, {os.cpu_count()} threads; no GPU, so no fused recurrent kernels"


def _data_line() -> str:
    if folder := os.environ.get("COURSE_DATA_DIR"):
        return f"from the folder {Path(folder).name!r} (COURSE_DATA_DIR), then the cache, a download, the samples"
    return "from the cache, else a download, else the samples written for this course"


def start(seed: int = 42) -> None:
    """Begin a notebook: set every seed and print device, versions, profile and data, a line each.

    Parameters
    ----------
    seed : int
        Seed of Python's, NumPy's and the backend's random generators, 0 to 2**32 - 1.

    Raises
    ------
    ValueError
        If the seed is out of range or ``COURSE_PROFILE`` holds an unknown name.

    Examples
    --------
    >>> start(seed=1)  # doctest: +ELLIPSIS
    device:   ...
    versions: Python ...
    profile:  ...
    data:     ...
    """
    global _started
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**32:
        raise ValueError(f"seed is {seed!r}; expected a whole number from 0 to 2**32 - 1, such as 42.")
    name = profile()
    keras.utils.set_random_seed(int(seed))
    print(f"device:   {device()}")
    print("versions: " + ", ".join(f"{package} {number}" for package, number in versions().items()))
    print(f"profile:  {name}" + ("" if name == "full" else " (small subsets, few epochs: figures are rough)"))
    print(f"data:     {_data_line()}")
    _started = time.perf_counter()


def output_folder(name: str) -> Path:
    """Make and return a folder for what a notebook writes, away from the notebooks themselves.

    Parameters
    ----------
    name : str
        A folder name, such as ``"02_embeddings"``.

    Returns
    -------
    pathlib.Path
        ``_build/outputs/<name>`` in the course's folder; the same below the current folder if there is none.

    Examples
    --------
    >>> output_folder("doctest").name
    'doctest'
    """
    here = Path.cwd()
    root = next((folder for folder in (here, *here.parents) if (folder / "course_utils").is_dir()), here)
    folder = root / "_build" / "outputs" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _report_text(report: dict) -> str:
    lines = [f"headline: {report['headline']}"]
    lines += [
        f"data:     {name}: {kind}, digest {report['digests'][name][:12]}" for name, kind in report["data"].items()
    ]
    lines += ["versions: " + ", ".join(f"{name} {number}" for name, number in report["versions"].items())]
    lines += [f"device:   {report['device']}"]
    lines += [f"profile:  {report['profile']}, {report['seconds'] / 60:.1f} minutes"]
    return "\n".join(lines)


def finish(*provenances, headline: str) -> None:
    """End a notebook: show its headline figure, data, versions, device, profile and wall time.

    Parameters
    ----------
    *provenances : course_utils.datasets.Provenance
        Where each corpus came from; none for a notebook that needs no corpus.
    headline : str
        The notebook's result in one line; the tools put it into their table.

    Examples
    --------
    >>> finish(headline="2 models, same accuracy")  # doctest: +ELLIPSIS
    headline: 2 models, same accuracy
    versions: Python ...
    device:   ...
    profile:  ... minutes
    """
    report = {
        "headline": headline,
        "data": {each.corpus: "sample" if each.is_sample else "real" for each in provenances},
        "digests": {each.corpus: each.digest for each in provenances},
        "versions": versions(),
        "device": device(),
        "profile": profile(),
        "seconds": round(time.perf_counter() - _started, 1),
    }
    if get_ipython() is None:
        print(_report_text(report))
    else:
        display({"text/plain": _report_text(report), REPORT_TYPE: report}, raw=True)
