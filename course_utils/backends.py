"""What differs between TensorFlow, JAX and PyTorch: a quiet start, the device, fused kernels (notebooks 00 and 03).

Import Keras from here, ``from course_utils.backends import keras``: the first import of TensorFlow reports missing
GPU drivers to every laptop that has no GPU, and those lines would land in the notebook.
"""

import logging
import os
import tempfile

__all__ = ["device", "fused_kernel", "gpu_names", "keras", "prepare_worker"]

with tempfile.TemporaryFile() as _held:  # what C++ libraries write to stderr; shown after all if the import fails
    _stderr = os.dup(2)
    os.dup2(_held.fileno(), 2)
    try:
        import keras

        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            tf.config.list_physical_devices("GPU")
        _held.truncate(0)
    finally:
        _held.seek(0)
        os.write(_stderr, _held.read())
        os.dup2(_stderr, 2)
        os.close(_stderr)


FUSED_NEEDS = {"activation": "tanh", "recurrent_activation": "sigmoid", "unroll": False, "use_bias": True}
FUSED_NEEDS |= {"recurrent_dropout": 0, "reset_after": True, "use_cudnn": True}


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


def device() -> str:
    """Describe the device in one line, and say whether fused recurrent kernels can run on it.

    Examples
    --------
    >>> device().startswith(("CPU", "GPU"))
    True
    """
    if gpus := ", ".join(gpu_names()):
        return f"GPU ({gpus}); LSTM and GRU use fused kernels where their settings allow"
    return f"CPU, {os.cpu_count()} threads; no GPU, so no fused recurrent kernels"


def fused_kernel(layer: keras.layers.Layer) -> tuple[bool, str]:
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
        If ``layer`` is not a recurrent layer.

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
        return min(fused_kernel(layer.forward_layer), fused_kernel(layer.backward_layer), key=lambda found: found[0])
    if isinstance(layer, keras.layers.SimpleRNN):
        return False, "SimpleRNN has no fused kernel; LSTM and GRU have"
    if not isinstance(layer, keras.layers.LSTM | keras.layers.GRU):
        raise TypeError(f"fused_kernel got a {type(layer).__name__}; expected a recurrent layer, such as LSTM or GRU.")
    config = {"reset_after": True} | layer.get_config() | {"use_cudnn": bool(layer.use_cudnn)}
    for name, needed in FUSED_NEEDS.items():
        if config[name] != needed:
            return False, f"{name} is {config[name]!r}; the fused kernel needs {needed!r}"
    for function in (layer.activation, layer.recurrent_activation):
        if not function.__module__.startswith(("keras.", "tensorflow.")):
            return False, f"{function.__name__} is a function of your own; the fused kernel needs that of Keras"
    return True, "every condition of the fused kernel holds"


def prepare_worker(backend: str, threads: int) -> None:
    """Give this worker process the backend and the number of threads that every run has, so that digits repeat.

    Raises
    ------
    RuntimeError
        If Keras or TensorFlow already runs here with other settings.
    """
    if (running := keras.backend.backend()) != backend:
        raise RuntimeError(f"A worker already runs Keras on {running}, the notebook on {backend}. Restart the workers.")
    if backend == "tensorflow":
        logging.getLogger("tensorflow").setLevel(logging.ERROR)  # "5 calls triggered retracing": one per model is meant
        if tf.config.list_physical_devices("GPU"):
            tf.config.experimental.enable_op_determinism()
        try:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(threads)
        except RuntimeError:
            raise RuntimeError(
                f"TensorFlow runs here with other than {threads} threads. Restart the workers."
            ) from None
