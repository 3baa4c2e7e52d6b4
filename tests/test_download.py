"""The download against real servers on loopback: what arrives whole is kept, nothing else ever is."""

import ctypes
import errno
import hashlib
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from course_utils import download
from course_utils.download import DownloadError, fetch

BODY = bytes(range(256)) * 1200  # 300 kB
HASH = "sha256:" + hashlib.sha256(BODY).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Answer as the path asks; count each GET."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        name = self.path.strip("/")
        self.server.counts[name] += 1
        first = self.server.counts[name] == 1
        if name == "missing":
            return self.send_error(404, "Not Found")
        if name == "busy-once" and first:
            return self.send_error(503, "Service Unavailable")
        if name == "always-busy":
            return self.send_error(503, "Service Unavailable")
        self.send_response(200)
        if name != "no-length":
            self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        if name in ("short", "no-length"):  # the server closes politely, but too early
            self.wfile.write(BODY[:1000])
        elif name == "drop" or (name == "drop-once" and first):
            self.wfile.write(BODY[:100_000])
            self.wfile.flush()
            # Off, with a reset: what a pulled cable looks like from the other end.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            self.connection.close()
        elif name in ("slow", "stuck-once", "silent"):
            self.wfile.write(BODY[:100_000])
            self.wfile.flush()
            self.server.half_way.set()
            if name == "silent" or (name == "stuck-once" and first):
                self.server.stop.wait(30)
                return None
            for start in range(100_000, len(BODY), 20_000):
                time.sleep(0.15)
                self.wfile.write(BODY[start : start + 20_000])
        else:
            self.wfile.write(BODY)
        return None


@pytest.fixture
def server(monkeypatch):
    """Run a server on loopback; `.at(name)` is an address on it."""
    monkeypatch.setattr(download, "PAUSES", (0, 0))
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.daemon_threads = True
        running.counts, running.half_way, running.stop = Counter(), threading.Event(), threading.Event()
        running.handle_error = lambda *_: None  # dropped connections are the point
        running.at = lambda name: f"http://127.0.0.1:{running.server_port}/{name}"
        thread = threading.Thread(target=running.serve_forever, args=[0.02])
        thread.start()
        yield running
        running.stop.set()
        running.shutdown()
        thread.join()


def kept(folder):
    """Return the names of all files in the cache but the locks."""
    return sorted(path.name for path in folder.rglob("*") if path.suffix != ".lock")


def test_whole_file_is_kept_and_not_fetched_again(server, tmp_path, capsys):
    target = tmp_path / "new" / "file.bin"
    for _ in range(2):
        assert fetch(server.at("good"), target, HASH) == target
    assert target.read_bytes() == BODY
    assert server.counts["good"] == 1
    assert kept(target.parent) == ["file.bin"]
    assert str(tmp_path) not in "".join(capsys.readouterr())  # the reader's folders stay out of the page


@pytest.mark.parametrize(
    ("name", "known_hash", "gets", "message"),
    [
        ("missing", HASH, 1, "answered 404 Not Found"),
        ("always-busy", HASH, 3, "answered 503 Service Unavailable"),
        ("good", "sha256:" + "0" * 64, 1, "something else than the published file: wrong checksum"),
        ("short", HASH, 3, "connection to 127.0.0.1:.* broke off"),
        ("no-length", HASH, 1, "wrong checksum"),
        ("drop", HASH, 3, "connection to 127.0.0.1:.* broke off"),
        ("drop", None, 3, "broke off"),
        ("short", None, 3, "broke off"),
    ],
)
def test_failure_says_why_and_leaves_nothing(server, tmp_path, name, known_hash, gets, message):
    with pytest.raises(DownloadError, match=message):
        fetch(server.at(name), tmp_path / "file.bin", known_hash)
    assert server.counts[name] == gets  # again only where it can help
    assert kept(tmp_path) == []


@pytest.mark.parametrize("name", ["busy-once", "drop-once"])
def test_passing_trouble_is_tried_again(server, tmp_path, name):
    assert fetch(server.at(name), tmp_path / "file.bin", HASH).read_bytes() == BODY
    assert server.counts[name] == 2


def test_server_that_falls_silent(server, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "READ_SECONDS", 0.3)
    with pytest.raises(DownloadError, match="broke off"):
        fetch(server.at("silent"), tmp_path / "file.bin", HASH)
    assert kept(tmp_path) == []


def test_refused_content_is_not_kept(server, tmp_path):
    def refuse(path):
        assert path.read_bytes() == BODY
        raise ValueError("not a list of headlines")

    with pytest.raises(DownloadError, match="something else than the published file"):
        fetch(server.at("good"), tmp_path / "file.bin", accept=refuse)
    assert kept(tmp_path) == []


def test_slow_server_shows_progress(server, tmp_path, capsys):
    fetch(server.at("slow"), tmp_path / "file.bin", HASH)
    steps = [step for step in capsys.readouterr().out.split("\r") if "Fetching file.bin" in step]
    shown = {step.split("%")[0].split()[-1] for step in steps if "%" in step}
    assert len(shown) >= 5, steps  # the bar moves while the file comes, not once at its end
    assert "307k" in steps[-1]


@pytest.mark.parametrize("host", ["no-such-host.invalid", "127.0.0.1:9"])
def test_unreachable_host_is_known_at_once(tmp_path, host):
    start = time.perf_counter()
    with pytest.raises(DownloadError, match=f"no connection to {host}"):
        fetch(f"https://{host}/file.bin", tmp_path / "cache" / "file.bin", HASH)
    assert time.perf_counter() - start < 6
    assert list(tmp_path.iterdir()) == []  # not even a cache folder


@pytest.mark.skipif(sys.platform != "linux", reason="other systems queue connections differently")
def test_network_that_swallows_everything_is_given_up_in_time(tmp_path, monkeypatch):
    monkeypatch.setattr(download, "CONNECT_SECONDS", 0.5)
    with socket.socket() as full:  # a queue of one, never served: further connections hang
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        start = time.perf_counter()
        with pytest.raises(DownloadError, match="no connection"):
            fetch(f"http://127.0.0.1:{full.getsockname()[1]}/file.bin", tmp_path / "file.bin", HASH)
        assert time.perf_counter() - start < 2
        for one in waiting:
            one.close()


def test_name_look_up_that_never_answers_is_given_up_in_time(tmp_path, monkeypatch):
    monkeypatch.setattr(download, "CONNECT_SECONDS", 0.3)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(2) or [])
    start = time.perf_counter()
    with pytest.raises(DownloadError, match=r"no connection to example\.org"):
        fetch("https://example.org/file.bin", tmp_path / "file.bin", HASH)
    assert time.perf_counter() - start < 1.5


def test_proxy_is_what_must_be_reachable(server, tmp_path, monkeypatch):
    monkeypatch.setenv("http_proxy", server.at(""))
    monkeypatch.setenv("no_proxy", "")
    target = tmp_path / "file.bin"
    assert fetch("http://no-such-host.invalid/file.bin", target, HASH).read_bytes() == BODY


def run(code, *arguments):
    """Start a process that imports the module under test."""
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)])


FETCH = """
    import sys
    from pathlib import Path
    from course_utils.download import fetch
    fetch(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_killed_process_leaves_nothing_that_matters(server, tmp_path):
    target = tmp_path / "file.bin"
    process = run(FETCH, server.at("stuck-once"), target, HASH)
    assert server.half_way.wait(30)
    deadline = time.monotonic() + 10
    while not any(path.is_file() and path.stat().st_size > 50_000 for path in tmp_path.rglob("*")):
        assert time.monotonic() < deadline, "nothing was being written"
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not target.exists()
    assert kept(tmp_path) != []  # the killed process could not tidy up

    assert fetch(server.at("stuck-once"), target, HASH).read_bytes() == BODY
    assert kept(tmp_path) == ["file.bin"]


def test_two_processes_fetch_once(server, tmp_path):
    target = tmp_path / "file.bin"
    both = [run(FETCH, server.at("slow"), target, HASH) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
    assert server.counts["slow"] == 1
    assert target.read_bytes() == BODY
    assert kept(tmp_path) == ["file.bin"]


def test_threads_fetch_once(server, tmp_path):
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(fetch(server.at("slow"), tmp_path / "file.bin", HASH)))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [tmp_path / "file.bin"] * 3
    assert server.counts["slow"] == 1


def test_interrupt_tidies_up(server, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(download.tqdm, "update", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fetch(server.at("good"), tmp_path / "file.bin", HASH)
    assert kept(tmp_path) == []
    monkeypatch.undo()
    assert fetch(server.at("good"), tmp_path / "file.bin", HASH).read_bytes() == BODY


def test_cache_that_cannot_be_made(server, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError):
        fetch(server.at("good"), tmp_path / "file" / "cache" / "file.bin", HASH)
    assert server.counts["good"] == 0


def test_disk_that_fills_up(server, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(download.tqdm, "update", full)  # in the middle of the writing
    with pytest.raises(OSError, match="No space left"):
        fetch(server.at("good"), tmp_path / "file.bin", HASH)
    assert kept(tmp_path) == []
    assert server.counts["good"] == 1
    monkeypatch.undo()
    monkeypatch.setattr(os, "replace", full)  # at the last step
    with pytest.raises(OSError, match="No space left"):
        fetch(server.at("good"), tmp_path / "file.bin", HASH)
    assert kept(tmp_path) == []


NO_PERMISSIONS = os.name == "nt" or (os.geteuid() == 0 and sys.platform != "linux")


@contextmanager
def bound_by_permissions():
    """Let permissions bind this thread even where the tests run as root, as they do in containers (Linux)."""
    if os.geteuid():
        yield
        return
    libc, version_and_thread = ctypes.CDLL(None), (ctypes.c_uint32 * 2)(0x20080522, 0)
    rights = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable: the low words, then the high ones
    assert libc.capget(version_and_thread, rights) == 0
    before = rights[0]
    rights[0] &= ~0b110  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH; both stay permitted, so they can come back
    assert libc.capset(version_and_thread, rights) == 0
    try:
        yield
    finally:
        rights[0] = before
        assert libc.capset(version_and_thread, rights) == 0


@pytest.mark.skipif(NO_PERMISSIONS, reason="needs permissions that bind")
def test_folder_without_write_permission(server, tmp_path):
    tmp_path.chmod(0o555)
    try:
        with bound_by_permissions(), pytest.raises(OSError, match="Permission denied"):
            fetch(server.at("good"), tmp_path / "file.bin", HASH)
    finally:
        tmp_path.chmod(0o755)
    assert kept(tmp_path) == []
