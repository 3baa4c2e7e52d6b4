"""The download against real servers on loopback: what arrives whole is kept, nothing else ever is."""

import ctypes
import errno
import hashlib
import os
import signal
import socket
import stat
import subprocess
import sys
import textwrap
import threading
import time
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pooch.core
import pytest

from course_utils.corpora import fetch as module
from course_utils.corpora.fetch import DownloadError, fetch

BODY = bytes(range(256)) * 1200  # 300 kB
HEADERS = {"bad-length": ("Content-Length", "1e6"), "two-lengths": ("Content-Length", "5, 6")}
HEADERS |= {"bad-location": ("Location", "http://["), "odd-location": ("Location", "gopher://x")}


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
        if name == "colored":
            return self.send_error(404, "\x1b[31mNot\x1b[2J Found\x07")
        if (name == "busy-once" and first) or name == "always-busy":
            return self.send_error(503, "Service Unavailable")
        self.send_response(302 if name.endswith("location") else 200)
        if name in HEADERS:
            self.send_header(*HEADERS[name])
        elif name not in ("no-length", "endless"):
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
        elif name == "trickle":
            while not self.server.stop.wait(0.05):
                self.wfile.write(b"x")
        elif name == "endless":
            while not self.server.stop.is_set():
                self.wfile.write(BODY)
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
    monkeypatch.setattr(pooch.core, "time", SimpleNamespace(sleep=lambda _: None))  # no pause before another attempt
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


def read(path):
    """Take the published file and no other."""
    if hashlib.sha256(path.read_bytes()).digest() != hashlib.sha256(BODY).digest():
        raise ValueError("not the published file")
    return path.read_bytes()


def kept(folder):
    """Return the names of all files in the cache but the locks."""
    return sorted(path.name for path in folder.rglob("*") if path.suffix != ".lock")


def test_whole_file_is_kept_and_not_fetched_again(server, tmp_path, capfd):
    target = tmp_path / "new" / "file.bin"
    for _ in range(2):
        assert fetch((server.at("good"),), target, read) == BODY
    assert target.read_bytes() == BODY
    assert server.counts["good"] == 1
    assert kept(target.parent) == ["file.bin"]
    assert str(tmp_path) not in "".join(capfd.readouterr())  # the reader's folders stay out of the page


@pytest.mark.parametrize(
    ("name", "gets", "message"),
    [
        ("missing", 3, "answered 404 Not Found"),
        ("always-busy", 3, "answered 503 Service Unavailable"),
        ("no-length", 1, r"127\.0\.0\.1:\d+: not the published file"),
        ("short", 3, r"no usable connection to 127\.0\.0\.1:\d+ \("),
        ("drop", 3, "no usable connection"),
        ("bad-length", 3, r"127\.0\.0\.1:\d+: invalid literal"),
        ("two-lengths", 3, r"127\.0\.0\.1:\d+"),
        ("bad-location", 3, r"127\.0\.0\.1:\d+: Invalid"),
        ("odd-location", 3, "no usable connection"),
    ],
)
def test_failure_says_why_and_leaves_nothing(server, tmp_path, name, gets, message):
    with pytest.raises(DownloadError, match=message):
        fetch((server.at(name),), tmp_path / "file.bin", read)
    assert server.counts[name] == gets
    assert kept(tmp_path) == []


@pytest.mark.parametrize("name", ["busy-once", "drop-once"])
def test_passing_trouble_is_tried_again(server, tmp_path, name):
    assert fetch((server.at(name),), tmp_path / "file.bin", read) == BODY
    assert server.counts[name] == 2


def test_addresses_are_tried_in_their_order(server, tmp_path):
    urls = tuple(server.at(name) for name in ("missing", "no-length", "good", "slow"))
    assert fetch(("http://no-such-host.invalid/", *urls), tmp_path / "file.bin", read) == BODY
    assert [server.counts[name] for name in ("missing", "no-length", "good", "slow")] == [3, 1, 1, 0]
    with pytest.raises(DownloadError, match=r"404 Not Found; .*not the published file$"):
        fetch(urls[:2], tmp_path / "other.bin", read)


def test_server_that_falls_silent(server, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "READ_SECONDS", 0.3)
    with pytest.raises(DownloadError, match="no usable connection"):
        fetch((server.at("silent"),), tmp_path / "file.bin", read)
    assert kept(tmp_path) == []


def test_trickle_is_given_up(server, tmp_path, monkeypatch):
    """One byte at a time never falls silent, and would take weeks."""
    monkeypatch.setattr(module, "TOTAL_SECONDS", 0.7)
    start = time.perf_counter()
    with pytest.raises(DownloadError, match=r"no usable connection .* \(TimeoutError\)"):
        fetch((server.at("trickle"),), tmp_path / "file.bin", read)
    assert time.perf_counter() - start < 5
    assert kept(tmp_path) == []


def test_endless_file_is_given_up(server, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 2_000_000)
    with pytest.raises(DownloadError, match="more than 2,000,000 bytes"):
        fetch((server.at("endless"),), tmp_path / "file.bin", read)
    assert kept(tmp_path) == []


def test_slow_server_shows_progress(server, tmp_path, capsys):
    fetch((server.at("slow"),), tmp_path / "file.bin", read)
    steps = [step for step in capsys.readouterr().out.split("\r") if "Downloading file.bin" in step]
    shown = {step.split("%")[0].split()[-1] for step in steps if "%" in step}
    assert len(shown) >= 5, steps  # the bar moves while the file comes, not once at its end
    assert "307k" in steps[-1]


@pytest.mark.parametrize("host", ["no-such-host.invalid", "127.0.0.1:9"])
def test_unreachable_host_is_known_at_once(tmp_path, host):
    start = time.perf_counter()
    with pytest.raises(DownloadError, match=f"no usable connection to {host}"):
        fetch((f"https://{host}/file.bin",), tmp_path / "cache" / "file.bin", read)
    assert time.perf_counter() - start < 6
    assert list(tmp_path.iterdir()) == []  # not even a cache folder


@pytest.mark.skipif(sys.platform != "linux", reason="other systems queue connections differently")
def test_network_that_swallows_everything_is_given_up_in_time(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.5)
    with socket.socket() as full:  # a queue of one, never served: further connections hang
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        start = time.perf_counter()
        with pytest.raises(DownloadError, match="no usable connection"):
            fetch((f"http://127.0.0.1:{full.getsockname()[1]}/file.bin",), tmp_path / "file.bin", read)
        assert time.perf_counter() - start < 4
        for one in waiting:
            one.close()


def test_name_look_up_that_never_answers_is_given_up_in_time(tmp_path):
    """In a process of its own, which must end as well although a thread still waits."""
    code = """
        import socket, sys, time
        from pathlib import Path
        from course_utils.corpora import fetch as module
        module.ANSWER_SECONDS = 0.3
        socket.getaddrinfo = lambda *_, **__: time.sleep(60) or []
        start = time.perf_counter()
        try:
            module.fetch(("https://example.org/file.bin",), Path(sys.argv[1]), Path.read_bytes)
        except module.DownloadError as error:
            sys.exit(str(error) if time.perf_counter() - start < 5 else "too late")
    """
    process = run(code, tmp_path / "file.bin", stderr=subprocess.PIPE, text=True)
    assert process.communicate(timeout=30)[1] == "no usable connection to example.org (TimeoutError)\n"


def test_proxy_is_what_must_be_reachable(server, tmp_path, monkeypatch):
    monkeypatch.setenv("http_proxy", server.at(""))
    monkeypatch.setenv("no_proxy", "")
    assert fetch(("http://no-such-host.invalid/file.bin",), tmp_path / "file.bin", read) == BODY


def run(code, *arguments, **options):
    """Start a process that imports the module under test."""
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)], **options)


FETCH = """
    import os, signal, sys
    from pathlib import Path
    from course_utils.corpora.fetch import fetch
    fetch((sys.argv[1],), Path(sys.argv[2]), lambda path: None)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
@pytest.mark.parametrize("how", ["SIGKILL", "SIGINT"])
def test_stopped_process_leaves_nothing_that_matters(server, tmp_path, how):
    target = tmp_path / "file.bin"
    process = run(FETCH, server.at("stuck-once"), target, stderr=subprocess.DEVNULL)
    assert server.half_way.wait(30)
    deadline = time.monotonic() + 10
    while not any(path.is_file() and path.stat().st_size > 50_000 for path in tmp_path.rglob("*")):
        assert time.monotonic() < deadline, "nothing was being written"
        time.sleep(0.02)
    process.send_signal(getattr(signal, how))
    assert process.wait(30) == -getattr(signal, how)
    assert not target.exists()
    assert (kept(tmp_path) != []) == (how == "SIGKILL")  # a killed process cannot tidy up

    assert fetch((server.at("stuck-once"),), target, read) == BODY
    assert kept(tmp_path) == ["file.bin"]


def test_processes_fetch_once(server, tmp_path):
    target = tmp_path / "file.bin"
    several = [run(FETCH, server.at("slow"), target, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = [process.communicate(timeout=60)[0] for process in several]
    assert [process.returncode for process in several] == [0, 0, 0]
    assert server.counts["slow"] == 1
    assert target.read_bytes() == BODY
    assert kept(tmp_path) == ["file.bin"]
    assert sum("Another process is working on file.bin" in words for words in said) >= 1


def test_threads_fetch_once(server, tmp_path):
    found = []
    fetch_it = lambda: found.append(fetch((server.at("slow"),), tmp_path / "file.bin", read))  # noqa: E731
    threads = [threading.Thread(target=fetch_it) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [BODY] * 3
    assert server.counts["slow"] == 1


@pytest.mark.skipif(os.name == "nt", reason="needs the permissions of Unix")
@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o002, 0o664), (0o077, 0o600)])
def test_download_and_lock_have_the_usual_permissions(server, tmp_path, umask, mode):
    before = os.umask(umask)
    try:
        fetch((server.at("good"),), tmp_path / "cache" / "file.bin", read)
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "cache").iterdir()}
    assert modes == {"file.bin": mode, "file.bin.lock": mode}


@pytest.mark.skipif(os.name == "nt", reason="needs the permissions of Unix")
def test_lock_in_a_folder_for_everybody_is_for_everybody(server, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache").chmod(0o1777)
    fetch((server.at("good"),), tmp_path / "cache" / "file.bin", read)
    assert stat.S_IMODE((tmp_path / "cache" / "file.bin.lock").stat().st_mode) == 0o666


def test_cache_that_cannot_be_made(server, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError):
        fetch((server.at("good"),), tmp_path / "file" / "cache" / "file.bin", read)
    assert server.counts["good"] == 0


def test_disk_that_fills_up(server, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(module.tqdm, "update", full)  # in the middle of the writing
        with pytest.raises(OSError, match="No space left"):
            fetch((server.at("good"),), tmp_path / "file.bin", read)
    assert kept(tmp_path) == []
    assert server.counts["good"] == 1
    monkeypatch.setattr(os, "replace", full)  # at the last step
    with pytest.raises(OSError, match="No space left"):
        fetch((server.at("good"),), tmp_path / "file.bin", read)
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
            fetch((server.at("good"),), tmp_path / "file.bin", read)
    finally:
        tmp_path.chmod(0o755)
    assert kept(tmp_path) == []
