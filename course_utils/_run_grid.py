"""Hand runs to joblib, show their progress, keep what is finished (used by `experiments`, notebook 02)."""

import contextlib
import json
import shutil
import sys
import tempfile
import threading
import time
import uuid
import warnings
from concurrent.futures import BrokenExecutor
from pathlib import Path

import joblib
from joblib.parallel import get_active_backend
from tqdm import tqdm

from course_utils import _runs, runtime

IDLE_SECONDS = 30  # workers that nobody has used for so long end, and give their memory back


def keep(folder: Path, key: str, result: dict, weights: bytes) -> None:
    """Write a finished run so that its folder is there whole or not at all."""
    partial = folder / f"partial-{uuid.uuid4().hex}"
    partial.mkdir(parents=True)
    (partial / "best.weights.h5").write_bytes(weights)
    (partial / "run.json").write_text(json.dumps(result, indent=1), encoding="utf-8")
    try:
        partial.replace(folder / key)
    except OSError:  # another grid kept the same run meanwhile, or a damaged one lies there
        if kept(folder, key) is None:
            shutil.rmtree(folder / key, ignore_errors=True)
            partial.replace(folder / key)
        shutil.rmtree(partial, ignore_errors=True)


def kept(folder: Path, key: str) -> dict | None:
    """Read a run that was kept, None if there is none or it is damaged."""
    try:
        result = json.loads((folder / key / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return result if (folder / key / "best.weights.h5").is_file() else None


def sweep(folder: Path) -> None:
    """Remove what killed grids left half-written, unless it is so young that its grid may be alive."""
    for partial in folder.glob("partial-*"):
        with contextlib.suppress(OSError):
            if time.time() - partial.stat().st_mtime > 3600:
                shutil.rmtree(partial)


def _on_cluster() -> bool:
    return type(get_active_backend()[0]).__name__ == "DaskDistributedBackend"


def default_jobs(runs: int, threads: int) -> int:
    """Return how many runs fit side by side: a cluster's workers, one on a GPU, else what the cores have threads for.

    Examples
    --------
    >>> default_jobs(runs=1, threads=1)
    1
    """
    if _on_cluster():
        return joblib.effective_n_jobs()
    if runtime.gpu_names():
        return 1
    return max(1, min(runs, joblib.cpu_count() // threads))


def parallel(function, calls: list, jobs: int, threads: int):
    """Yield the results of `function(*call)` for each call as they come, from worker processes or a Dask cluster."""
    if _on_cluster():
        calls = [joblib.delayed(_runs.in_a_process_of_its_own)(function.__name__, *call) for call in calls]
        yield from joblib.Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch=jobs)(calls)
        return
    calls = [joblib.delayed(function)(*call) for call in calls]
    # With one job joblib would stay in this process. Two processes, of which one call at a time is asked, will not.
    options = {"n_jobs": max(2, jobs), "idle_worker_timeout": IDLE_SECONDS, "inner_max_num_threads": threads}
    with warnings.catch_warnings(), joblib.parallel_config("loky", **options):
        warnings.filterwarnings("ignore", message="A worker stopped while some jobs were given")  # it was replaced
        results = joblib.Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch=jobs)(calls)
        try:
            yield from results
        finally:
            results.close()  # interrupted: the workers end, too


def _is_lost_worker(error: Exception) -> bool:
    return isinstance(error, BrokenExecutor) or type(error).__name__ == "KilledWorker"


def survive(function, calls: dict, jobs: int, threads: int):
    """Yield results as `parallel` does, also when a worker dies (out of memory, a crash in a library).

    After that the calls go one at a time, so that the next death shows whose fault it is: that call's result is
    ``{"key": key, "error": ...}``.
    """
    waiting = dict(calls)
    while waiting:
        try:
            for result in parallel(function, list(waiting.values()), jobs, threads):
                del waiting[result["key"]]
                yield result
        except Exception as error:
            if not _is_lost_worker(error):
                raise
            if jobs == 1:
                key = next(iter(waiting))
                del waiting[key]
                yield {"key": key, "error": f"its process died ({type(error).__name__}); out of memory?"}
            jobs = 1


class Progress:
    """One bar for the whole grid, fed by the files in which workers count their epochs; gone when it is done."""

    def __init__(self, runs: int, epochs: int):
        self.folder = Path(tempfile.mkdtemp(prefix="progress-"))
        self.runs, self.epochs, self.finished = runs, epochs, set()
        shape = "{desc}{percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} epochs, at most {remaining} left"
        self.bar = tqdm(total=runs * epochs, file=sys.stdout, leave=False, bar_format=shape, smoothing=0, ncols=100)
        self.bar.set_description_str(f"0 of {runs} runs: ")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._poll, daemon=True)

    def file(self, key: str) -> str:
        return str(self.folder / key)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()
        self.bar.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _poll(self):
        while not self._stop.wait(0.5):
            done = len(self.finished) * self.epochs
            for file in self.folder.iterdir():
                with contextlib.suppress(OSError, ValueError):
                    done += int(file.read_text()) if file.name not in self.finished else 0
            self.bar.n = max(done, self.bar.n)
            self.bar.refresh()

    def finish(self, key: str, line: str):
        self.finished.add(key)
        self.bar.set_description_str(f"{len(self.finished)} of {self.runs} runs: ", refresh=False)
        self.bar.write(line, file=sys.stdout)
