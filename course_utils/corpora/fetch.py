"""Download one file so that the cache holds all of it or nothing.

pooch does the transfer, the temporary file and the retries. This module adds what a course needs
around it: a quick answer when there is no network, a limit on time and size, one download at a
time between processes, and no leftovers of a process that was killed.
"""

import multiprocessing.pool
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import pooch
import requests
from filelock import FileLock, Timeout
from tqdm import tqdm

__all__ = ["DownloadError", "fetch", "workspace"]

CONNECT_SECONDS = 5  # for each address of a host
ANSWER_SECONDS = 10  # for the name, the connection and a first answer together, on a busy machine too
READ_SECONDS = 30  # longest silence in the middle of a transfer
TOTAL_SECONDS = 1800  # longest transfer from one address, retries included
PATIENCE_SECONDS = 3600  # longest wait for another process that prepares the same file
MOST_BYTES = 1_000_000_000

pooch.get_logger().setLevel("WARNING")  # its notes hold the reader's own folders


class DownloadError(Exception):
    """The file could not be downloaded; the message is the reason, in a few plain words."""


class _Bar(tqdm):
    """A progress bar that ends a transfer once the bar is closed or the file grows too large."""

    def __bool__(self) -> bool:
        return True  # pooch leaves out a bar that is false, as tqdm's is while the total is unknown

    def update(self, n: float | None = 1) -> bool | None:
        if self.disable or self.n > MOST_BYTES:
            raise DownloadError(f"more than {MOST_BYTES:,} bytes arrived, which is not the published file")
        return super().update(n)


@contextmanager
def workspace(folder: Path, name: str) -> Iterator[Path]:
    """Hold the lock for `name` in a folder and give a scratch folder inside it.

    Whatever a killed process left behind is removed first, and the scratch folder at the end. Move
    a finished file out of it in one step (`os.replace`). The lock is as open to others as the
    folder, so that several users can share one.

    Parameters
    ----------
    folder : pathlib.Path
        The cache, or a grid's folder; made when it is missing.
    name : str
        What the lock is for.

    Raises
    ------
    OSError
        When the cache cannot be written; TimeoutError when another process holds the lock for an hour.

    Examples
    --------
    >>> with TemporaryDirectory() as cache:
    ...     with workspace(Path(cache), "play") as scratch:
    ...         _ = (scratch / "half").write_text("to be or")
    ...     [path.name for path in Path(cache).iterdir() if path.suffix != ".lock"]
    []
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f"{name}.lock", mode=folder.stat().st_mode & 0o666 | 0o600)
    try:
        held = lock.acquire(timeout=1)
    except Timeout:
        print(f"Another process is working on {name}: waiting for it.", flush=True)
        held = lock.acquire(timeout=PATIENCE_SECONDS)
    with held:
        for left in folder.glob(f"{name}.partial*"):
            shutil.rmtree(left, ignore_errors=True)
        with TemporaryDirectory(prefix=f"{name}.partial", dir=folder, ignore_cleanup_errors=True) as scratch:
            yield Path(scratch)


def fetch(urls: Sequence[str], target: Path, read: Callable[[Path], Any]) -> Any:
    """Download a file to `target`, unless another process has put it there meanwhile, and read it.

    Parameters
    ----------
    urls : sequence of str
        Tried in this order until one gives a file that can be read.
    target : pathlib.Path
        The final name, inside the cache folder. Nothing partial or refused ever stands under it.
    read : callable
        Called with the path of the complete file; raises ValueError to refuse it.

    Returns
    -------
    content
        What `read` returned.

    Raises
    ------
    DownloadError
        When no address gives the file: no connection, an error of the server, other content.
    OSError
        When the cache cannot be written.
    """
    reasons = []
    for url in urls:
        host = urlsplit(url).netloc.rpartition("@")[2]
        try:
            # Without a network, the transfer below could take half a minute to fail: requests tries each address of a
            # host in turn, and looking up a name has no limit.
            _within(ANSWER_SECONDS, requests.head, url, timeout=CONNECT_SECONDS)
            with workspace(target.parent, target.name) as scratch:
                if target.is_file():
                    return read(target)
                path = _transfer(url, scratch / "new", target.name)
                content = read(path)
                path.chmod(path.parent.stat().st_mode & 0o666)  # pooch's temporary files are for one user only
                os.replace(path, target)
                return content
        except requests.HTTPError as error:
            reasons.append(f"{host} answered {error.response.status_code} {error.response.reason}")
        except (requests.RequestException, multiprocessing.TimeoutError) as error:
            reasons.append(f"no usable connection to {host} ({type(error).__name__})")
        except (DownloadError, ValueError) as error:
            reasons.append(f"{host}: {error}")
    raise DownloadError("; ".join(reasons))


def _transfer(url: str, folder: Path, name: str) -> Path:
    """Download into a new folder, with a bar, in up to three attempts."""
    files = pooch.create(folder, base_url="", registry={name: None}, urls={name: url}, retry_if_failed=2)
    with _Bar(desc=f"Downloading {name}", unit="B", unit_scale=True, file=sys.stdout, leave=False) as bar:
        # Small pieces: on a slow line the bar moves with every piece.
        downloader = pooch.HTTPDownloader(bar, chunk_size=8192, timeout=(CONNECT_SECONDS, READ_SECONDS))
        return Path(_within(TOTAL_SECONDS, files.fetch, name, downloader=downloader))


def _within(seconds: float, work: Callable, *args: Any, **settings: Any) -> Any:
    """Return ``work(...)``, or raise a TimeoutError and leave its thread behind: nothing stops one from outside."""
    with multiprocessing.pool.ThreadPool(1) as pool:  # of daemons, which do not keep Python from ending
        return pool.apply_async(work, args, settings).get(timeout=seconds)
