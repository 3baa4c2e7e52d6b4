"""Finished runs on disk: one file each, there whole or not at all, and recognized when it is damaged."""

import json
import os
from pathlib import Path

import numpy as np

__all__ = ["DamagedRun", "load", "save"]


class DamagedRun(Exception):
    """A kept run that cannot be read, or is not the one that its name says."""


def save(file: Path, result: dict, weights: bytes, predictions: np.ndarray | None, scratch: Path) -> None:
    """Write a finished run. Its members carry checksums, as those of every zip file do.

    Parameters
    ----------
    file : pathlib.Path
        ``<key>.npz`` in the folder of its grid.
    result : dict
        What JSON can hold: history, seconds, scores.
    weights : bytes
        The content of a ``.weights.h5`` file.
    predictions : array ``(test examples, ...)`` or None
    scratch : pathlib.Path
        A folder on the same disk, in which the file is finished before it gets its name.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as scratch:
    ...     save(Path(folder, "a1.npz"), {"seconds": [2.0]}, b"weights", np.ones(3), Path(scratch))
    ...     load(Path(folder, "a1.npz"))
    ({'seconds': [2.0]}, b'weights', array([1., 1., 1.]))
    """
    arrays = {"weights": np.frombuffer(weights, dtype=np.uint8)}
    arrays |= {} if predictions is None else {"predictions": predictions}
    text = json.dumps({"key": file.stem, "result": result})
    np.savez(scratch / file.name, run=np.frombuffer(text.encode(), dtype=np.uint8), **arrays)
    os.replace(scratch / file.name, file)


def load(file: Path) -> tuple[dict, bytes, np.ndarray | None]:
    """Read a finished run: its result, weights and predictions.

    Raises
    ------
    DamagedRun
        If the file is missing, damaged, or another run's.
    """
    try:
        with np.load(file, allow_pickle=False) as saved:
            arrays = {name: saved[name] for name in saved.files}
        run = json.loads(arrays["run"].tobytes())
        if run["key"] != file.stem:
            raise ValueError(f"it holds the run {run['key']}")
        return run["result"], arrays["weights"].tobytes(), arrays.get("predictions")
    except Exception as error:  # NumPy, zipfile and json raise a dozen kinds for a file cut off or changed
        raise DamagedRun(f"{file.name} cannot be read ({error})") from error
