"""One progress bar for a whole grid, fed by the files in which its workers count their epochs."""

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from tqdm import tqdm

__all__ = ["progress_bar"]


@contextlib.contextmanager
def progress_bar(folder: Path, runs: int, epochs: int) -> Iterator[Callable[[str, str], None]]:
    """Show a bar over all epochs of a grid, gone when the grid is done.

    Parameters
    ----------
    folder : pathlib.Path
        Where each worker writes its number of finished epochs, in a file named as its run.
    runs, epochs : int
        How many runs, and epochs at most of each.

    Yields
    ------
    callable
        ``finish(key, line)`` counts a run as finished and leaves its line above the bar.
    """
    finished, stop = set(), threading.Event()
    shape = "{desc}{percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} epochs, at most {remaining} left"
    style = {"file": sys.stdout, "leave": False, "smoothing": 0, "ncols": 100, "disable": not runs}
    bar = tqdm(total=runs * epochs, bar_format=shape, desc=f"0 of {runs} runs", **style)

    def finish(key: str, line: str) -> None:
        finished.add(key)
        bar.set_description(f"{len(finished)} of {runs} runs", refresh=False)
        bar.write(line, file=sys.stdout)

    def poll() -> None:
        while not stop.wait(0.5):
            with contextlib.suppress(OSError, ValueError):  # a worker is just writing
                counts = [int(file.read_text()) for file in folder.glob("*.epochs") if file.stem not in finished]
                bar.n = max(bar.n, len(finished) * epochs + sum(counts))
            bar.refresh()

    thread = threading.Thread(target=poll, daemon=True)
    thread.start()
    try:
        yield finish
    finally:
        stop.set()
        thread.join()
        bar.close()
