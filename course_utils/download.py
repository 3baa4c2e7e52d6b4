"""Fetch one file so that the cache holds the whole of it or nothing.

pooch does the transfer, the progress bar and the checksum. This module adds what a course
needs around it: a quick answer when there is no network, retries only where they can help,
one download at a time between processes, and no leftovers of a process that was killed.
"""

import logging
import os
import queue
import shutil
import socket
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs
import pooch
import requests
from filelock import FileLock, Timeout
from tqdm import tqdm

CONNECT_SECONDS = 5  # for the address and the connection together
READ_SECONDS = 30  # longest silence in the middle of a transfer
PATIENCE_SECONDS = 1800  # longest wait for another process that fetches the same file
PAUSES = (1, 2)  # seconds before the second and the third attempt
_RETRY_STATUS = (408, 425, 429, 500, 502, 503, 504)


class DownloadError(Exception):
    """The file could not be had; the message is the reason, in a few plain words."""


def cache_folder() -> Path:
    """Return the folder for downloads and parsed data: COURSE_CACHE_DIR, or the system's place for caches.

    Examples
    --------
    >>> cache_folder().is_absolute()
    True
    """
    chosen = os.environ.get("COURSE_CACHE_DIR", "").strip()
    folder = Path(chosen) if chosen else platformdirs.user_cache_path("sequence-models-course")
    return folder.expanduser().absolute()


@contextmanager
def workspace(folder, name):
    """Hold the lock for `name` in a cache folder and give a scratch folder inside it.

    Whatever a killed process left in the scratch folder goes first; the folder itself goes
    at the end. A finished file is moved out of it in one step (`os.replace`).

    Parameters
    ----------
    folder : pathlib.Path
        The cache; made when it is missing.
    name : str
        What the lock is for.

    Raises
    ------
    OSError
        When the cache cannot be written.
    TimeoutError
        When another process holds the lock for half an hour.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as cache:
    ...     with workspace(Path(cache), "play") as scratch:
    ...         _ = (scratch / "half").write_text("to be or")
    ...     [path.name for path in Path(cache).iterdir() if path.suffix != ".lock"]
    []
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f"{name}.lock")
    try:
        lock.acquire(timeout=1)
    except Timeout:
        print(f"Another process is preparing the same data ({name}): waiting for it.", flush=True)
        try:
            lock.acquire(timeout=PATIENCE_SECONDS)
        except Timeout:
            raise TimeoutError(f"another process has held {name}.lock for half an hour") from None
    scratch = folder / f"{name}.partial"
    try:
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(exist_ok=True)
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        lock.release()


def fetch(url, target, known_hash=None, accept=None):
    """Download `url` to `target`, unless another process has put it there meanwhile.

    Parameters
    ----------
    url : str
    target : pathlib.Path
        The final name, inside the cache folder. Nothing partial ever stands under it.
    known_hash : str or None
        ``"md5:…"`` or ``"sha256:…"`` of the published file.
    accept : callable or None
        Called with the path of the complete download; raises ValueError to refuse it.

    Returns
    -------
    pathlib.Path
        `target`

    Raises
    ------
    DownloadError
        When the file cannot be had: no connection, an error of the server, other content.
    OSError
        When the cache cannot be written.
    """
    _check_reachable(url)
    with workspace(target.parent, target.name) as scratch:
        if not target.exists():
            path = _attempts(url, scratch, target.name, known_hash)
            try:
                if accept is not None:
                    accept(path)
            except ValueError as error:
                raise DownloadError(f"{_host(url)} sent something else than the published file") from error
            os.replace(path, target)
    return target


def _attempts(url, scratch, name, known_hash):
    """Try the transfer up to three times, again only after failures that may pass."""
    for pause in (*PAUSES, None):
        try:
            return _transfer(url, scratch, name, known_hash)
        except requests.RequestException as error:
            reason, may_pass = _explain(error, _host(url))
            if pause is None or not may_pass:
                raise DownloadError(reason) from error
        except ValueError as error:  # pooch's word for a wrong checksum
            reason = f"{_host(url)} sent something else than the published file: wrong checksum"
            raise DownloadError(reason) from error
        time.sleep(pause)
    raise AssertionError("unreachable")


def _transfer(url, scratch, name, known_hash):
    """Download into the scratch folder, with a bar."""
    log = pooch.get_logger()
    before = log.level
    log.setLevel(logging.WARNING)  # its notes hold the reader's own folders
    # pooch sets the true total; a bar without any would count as "no bar" to it.
    style = {"unit": "B", "unit_scale": True, "file": sys.stdout, "leave": False}
    bar = tqdm(desc=f"Fetching {name}", total=1, **style)
    try:
        # Small pieces: on a slow line the bar moves with every piece.
        downloader = pooch.HTTPDownloader(progressbar=bar, chunk_size=8192, timeout=(CONNECT_SECONDS, READ_SECONDS))
        return Path(pooch.retrieve(url, known_hash, fname=name, path=scratch, downloader=downloader))
    finally:
        bar.close()
        log.setLevel(before)


def _explain(error, host):
    """Return (the reason in plain words, whether another attempt may help)."""
    if isinstance(error, requests.HTTPError):
        status = error.response.status_code
        return f"{host} answered {status} {error.response.reason}", status in _RETRY_STATUS
    if isinstance(error, requests.exceptions.SSLError):
        return f"no secure connection to {host}", False
    if isinstance(error, requests.exceptions.ProxyError):
        return f"the proxy refused the connection to {host}", False
    if isinstance(error, requests.ConnectTimeout):
        return f"no connection to {host}", False
    if isinstance(error, requests.ConnectionError | requests.Timeout | requests.exceptions.ChunkedEncodingError):
        return f"the connection to {host} broke off", True
    return f"{host}: {error.__class__.__name__}", False


def _host(url):
    """Return the host of an address, with its port when one is given."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _check_reachable(url):
    """Raise DownloadError unless the host (or the proxy in front of it) accepts a connection in time.

    requests tries each address of a host in turn, five seconds each, and the look-up of a
    name has no limit at all; without a network that would be half a minute of silence.
    """
    proxy = requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url))
    parts = urlsplit(proxy if proxy and "://" in proxy else f"http://{proxy}" if proxy else url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    answers = queue.SimpleQueue()  # True: connected, False: not this way, a number: ways to await

    def connect(address):
        with suppress(OSError):
            socket.create_connection(address[:2], timeout=CONNECT_SECONDS).close()
            answers.put(True)
        answers.put(False)

    def look_up():
        with suppress(OSError, UnicodeError):
            found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
            answers.put(len(found))
            for *_, address in found:
                threading.Thread(target=connect, args=[address], daemon=True).start()
            return
        answers.put(False)

    threading.Thread(target=look_up, daemon=True).start()
    deadline, awaited = time.monotonic() + CONNECT_SECONDS, 1
    with suppress(queue.Empty):
        while awaited:
            answer = answers.get(timeout=max(0, deadline - time.monotonic()))
            if answer is True:
                return
            awaited = answer if answer else awaited - 1
    raise DownloadError(f"no connection to {_host(url)}")
