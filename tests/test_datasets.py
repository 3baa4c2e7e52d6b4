"""The loaders: folder, cache, download, sample, in that order, and never a word of doubt about which."""

import dataclasses
import errno
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from test_archives import GOOD, build
from test_download import NO_PERMISSIONS, bound_by_permissions

from course_utils import archives, datasets, download, provenance, readers
from course_utils.datasets import CorpusError, load_headlines, load_imdb, load_shakespeare

LOADERS = {"imdb": load_imdb, "shakespeare": load_shakespeare, "headlines": load_headlines}
PLAY = "ANNA:\nGood morrow, cousin.\n\nBEN:\nIs the tide so young?\n\n"
HEADLINES = [{"headline": "bridge opens", "is_sarcastic": 0}, {"headline": "man naps", "is_sarcastic": 1}]
NOTICE = {
    "imdb": ("IMDB could not be fetched (", "): using the sample of 8 reviews written for this course."),
    "shakespeare": (
        "Tiny Shakespeare could not be fetched (",
        "): using the sample of 16 characters written",
    ),
    "headlines": (
        "The sarcasm headlines could not be fetched (",
        "): using the sample of 1 headlines written",
    ),
}


class Handler(BaseHTTPRequestHandler):
    """Serve the files of a dictionary; anything else is a 404."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.counts[self.path] += 1
        body = self.server.files.get(self.path)
        if body is None:
            return self.send_error(404, "Not Found")
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return self.wfile.write(body)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Set up small corpora: published on loopback, samples in a checkout, an empty cache, no data folder."""
    sources = tmp_path / "published"
    sources.mkdir()
    archive = build(sources / "aclImdb_v1.tar.gz", GOOD)
    (sources / "shakespeare.txt").write_text(PLAY)
    (sources / "sarcasm.json").write_text(json.dumps(HEADLINES))

    samples = tmp_path / "checkout" / "data"
    samples.mkdir(parents=True)
    rows = [{"text": f"sample {n}", "label": n % 2, "split": "train" if n < 4 else "test"} for n in range(8)]
    (samples / "reviews.jsonl").write_text("\n".join(json.dumps(row) for row in rows) + "\n")
    (samples / "play.txt").write_text("EVE:\nA sample.\n\n")
    (samples / "headlines.jsonl").write_text('{"headline": "sample printed", "is_sarcastic": 0}\n')

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.counts = Counter()
        server.files = {f"/{path.name}": path.read_bytes() for path in sources.iterdir()}
        base = f"http://127.0.0.1:{server.server_port}/"
        known = {
            "imdb": archives.read_imdb(archive, 2, progress=False).digest,
            "shakespeare": hashlib.sha256(PLAY.encode()).hexdigest(),
            "headlines": readers.headline_digest(["bridge opens", "man naps"], [0, 1]),
        }
        for corpus, source in list(provenance.SOURCES.items()):
            name = source.file_names[0]
            published = hashlib.md5((sources / name).read_bytes()).hexdigest()
            small = dataclasses.replace(
                source,
                url=base + name,
                file_hash=source.file_hash and f"md5:{published}",
                digest=known[corpus],
                rows=2,
            )
            monkeypatch.setitem(provenance.SOURCES, corpus, small)
        monkeypatch.setattr(provenance, "PACKAGE", tmp_path / "checkout" / "course_utils")
        monkeypatch.setattr(download, "PAUSES", (0, 0))
        monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "cache"))
        monkeypatch.delenv("COURSE_DATA_DIR", raising=False)
        thread = threading.Thread(target=server.serve_forever, args=[0.02])
        thread.start()
        server.folder, server.cache, server.published = tmp_path, tmp_path / "cache", sources
        yield server
        server.shutdown()
        thread.join()


def kept(place):
    """Return the names of all files in the cache but the locks."""
    return {path.name for path in place.cache.rglob("*") if path.suffix != ".lock"}


def words(capsys):
    """Return what was printed, without the progress bars."""
    return "\n".join(line.split("\r")[-1].strip() for line in capsys.readouterr().out.split("\n")).strip()


def content(corpus):
    """Return a loaded corpus as plain lists, without its provenance."""
    found = dataclasses.asdict(corpus)
    del found["provenance"]
    return {name: list(value) for name, value in found.items()}


def test_download_then_cache(place, capsys):
    for corpus, load in LOADERS.items():
        first, second = load(), load()
        assert (first.provenance.origin, second.provenance.origin) == ("download", "cache")
        assert first.provenance.digest == provenance.SOURCES[corpus].digest
        assert not first.provenance.is_sample
        assert first.provenance.title_note == ""
        assert content(first) == content(second)
    assert set(place.counts.values()) == {1}
    assert kept(place) == {"aclImdb_v1.tar.gz", "imdb.npz", "shakespeare.txt", "sarcasm.json"}
    assert words(capsys) == ""  # nothing to say about the real thing
    assert load_shakespeare().text == PLAY
    assert load_headlines().texts == ["bridge opens", "man naps"]
    assert load_headlines().labels.tolist() == [0, 1]


def test_reviews_are_mixed_the_same_way_each_time(place):
    first, second = load_imdb(), load_imdb()
    assert first.train_texts == second.train_texts
    for texts, labels, half in (
        (first.train_texts, first.train_labels, "train"),
        (first.test_texts, first.test_labels, "test"),
    ):
        assert sorted(texts) == sorted(text for name, text in GOOD if f"/{half}/" in name)
        assert [" pos " in text for text in texts] == labels.tolist()
        assert labels.dtype == np.int8


def test_take_keeps_order_and_pairs_and_repeats_itself(place):
    whole = load_imdb()
    whole = dataclasses.replace(
        whole, train_texts=[f"{n}" for n in range(50)], train_labels=np.arange(50, dtype=np.int8)
    )
    part = datasets.take(whole, train=20, test=1)
    assert [int(text) for text in part.train_texts] == part.train_labels.tolist()  # each keeps its own label
    assert part.train_labels.tolist() == sorted(set(part.train_labels.tolist()))
    assert (len(part.train_texts), len(part.test_texts), part.provenance) == (20, 1, whole.provenance)
    assert content(datasets.take(whole, train=20, test=1)) == content(part)
    assert datasets.take(whole, train=20, test=1, seed=1).train_texts != part.train_texts
    assert content(datasets.take(whole, train=50, test=99)) == content(whole)
    with pytest.raises(ValueError, match="test is 0; expected 1 or more reviews"):
        datasets.take(whole, train=1, test=0)


@pytest.mark.parametrize("corpus", LOADERS)
def test_folder_comes_first(place, monkeypatch, corpus, capsys):
    monkeypatch.setenv("COURSE_DATA_DIR", str(place.published))
    found = LOADERS[corpus]().provenance
    assert found.origin == "folder"
    assert not place.counts
    assert kept(place) <= {"imdb.npz"}
    assert str(place.folder) not in str(found)
    assert words(capsys) == ""


@pytest.mark.parametrize("corpus", LOADERS)
def test_folder_without_the_file_goes_on(place, monkeypatch, corpus):
    (place.folder / "empty").mkdir()
    monkeypatch.setenv("COURSE_DATA_DIR", str(place.folder / "empty"))
    assert LOADERS[corpus]().provenance.origin == "download"


@pytest.mark.parametrize("corpus", LOADERS)
def test_missing_folder_is_an_error(place, monkeypatch, corpus):
    monkeypatch.setenv("COURSE_DATA_DIR", str(place.folder / "nowhere"))
    with pytest.raises(CorpusError, match=r"COURSE_DATA_DIR is '.*nowhere', which is not a folder\. Set it"):
        LOADERS[corpus]()
    assert not place.counts


@pytest.mark.parametrize(
    ("corpus", "damage", "message"),
    [
        ("imdb", lambda data: data[:-200], "aclImdb_v1.tar.gz in COURSE_DATA_DIR .*cut short or damaged"),
        ("imdb", lambda data: b"", "the file is empty"),
        (
            "shakespeare",
            lambda data: data[:-2],
            "shakespeare.txt in COURSE_DATA_DIR .*not the published text",
        ),
        ("shakespeare", lambda data: b"\xff" + data, "can't decode"),
        (
            "headlines",
            lambda data: data.replace(b"naps", b"naps."),
            "sarcasm.json in .*not the published ones",
        ),
        ("headlines", lambda data: b"", "the file is empty"),
    ],
)
def test_damaged_file_in_the_folder_is_an_error_never_a_sample(place, monkeypatch, corpus, damage, message):
    shutil.copytree(place.published, place.folder / "mine")
    path = place.folder / "mine" / provenance.SOURCES[corpus].file_names[0]
    path.write_bytes(damage(path.read_bytes()))
    monkeypatch.setenv("COURSE_DATA_DIR", str(path.parent))
    with pytest.raises(CorpusError, match=message) as caught:
        LOADERS[corpus]()
    assert "Put the published file there" in str(caught.value)
    assert not place.counts
    assert kept(place) == set()


def test_folder_in_place_of_the_file_is_an_error(place, monkeypatch):
    (place.folder / "mine" / "shakespeare.txt").mkdir(parents=True)
    monkeypatch.setenv("COURSE_DATA_DIR", str(place.folder / "mine"))
    with pytest.raises(CorpusError, match=r"shakespeare\.txt in COURSE_DATA_DIR cannot be used: Is a directory"):
        load_shakespeare()


@pytest.mark.parametrize("corpus", LOADERS)
@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        ("unreachable", "no connection to no-such-host.invalid"),
        ("404", "answered 404 Not Found"),
        ("other content", "something else than the published file"),
    ],
)
def test_nothing_real_ends_in_the_sample_and_says_so(place, monkeypatch, capsys, corpus, trouble, reason):
    source = provenance.SOURCES[corpus]
    if trouble == "unreachable":
        source = dataclasses.replace(source, url="https://no-such-host.invalid/file")
        monkeypatch.setitem(provenance.SOURCES, corpus, source)
    elif trouble == "404":
        place.files.clear()
    else:
        place.files = dict.fromkeys(place.files, b"<html>Sign in to this network</html>")
    start = time.perf_counter()
    found = LOADERS[corpus]().provenance
    assert time.perf_counter() - start < 6
    assert found.is_sample
    assert found.title_note == f"sample data, not {source.title}"
    assert found.title_note in str(found)
    said = words(capsys)
    assert said.count("\n") == 0  # one plain notice
    for part in (*NOTICE[corpus], reason, "make data", "COURSE_DATA_DIR"):
        assert part in said
    assert str(place.folder) not in said
    assert kept(place) == set()


def test_sample_is_loaded_like_the_real_thing(place):
    place.files.clear()
    reviews = load_imdb()
    assert sorted(reviews.train_texts) == [f"sample {n}" for n in range(4)]
    assert [int(text[-1]) % 2 for text in reviews.test_texts] == reviews.test_labels.tolist()
    assert load_shakespeare().text == "EVE:\nA sample.\n\n"
    assert load_headlines().texts == ["sample printed"]


def test_samples_inside_an_installed_package(place, monkeypatch):
    place.files.clear()
    package = place.folder / "site-packages" / "course_utils"
    shutil.copytree(place.folder / "checkout" / "data", package / "_samples")
    (package.parent / "data").mkdir()  # somebody else's
    monkeypatch.setattr(provenance, "PACKAGE", package)
    assert load_shakespeare().text == "EVE:\nA sample.\n\n"


@pytest.mark.parametrize("corpus", LOADERS)
def test_missing_or_broken_sample_is_an_error(place, corpus):
    place.files.clear()
    path = place.folder / "checkout" / "data" / provenance.SAMPLES[corpus]
    path.write_bytes(b"\xff")
    with pytest.raises(CorpusError, match=f"The sample {path.name} cannot be read: .* Restore the file"):
        LOADERS[corpus]()
    if corpus == "imdb":
        path.write_text("[1]\n")  # a line that is JSON, but no object
        with pytest.raises(CorpusError, match=f"The sample {path.name} cannot be read"):
            load_imdb()
    path.unlink()
    with pytest.raises(CorpusError, match=f"The sample {path.name} is missing: neither in the package's folder"):
        LOADERS[corpus]()


@pytest.mark.parametrize("corpus", ["shakespeare", "headlines"])
def test_damaged_cache_is_fetched_again(place, corpus, capsys):
    LOADERS[corpus]()
    path = place.cache / provenance.SOURCES[corpus].file_names[0]
    path.write_bytes(path.read_bytes()[:-5])
    assert LOADERS[corpus]().provenance.origin == "download"
    assert "is damaged" in words(capsys)
    assert LOADERS[corpus]().provenance.origin == "cache"
    assert set(place.counts.values()) == {2}


@pytest.mark.parametrize("damage", ["cut", "flip", "remove"])
def test_damaged_parsed_reviews_are_rebuilt_without_the_network(place, damage):
    fresh = load_imdb()
    path = place.cache / "imdb.npz"
    whole = path.read_bytes()
    if damage == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    elif damage == "flip":
        at = whole.index("naïve".encode())
        path.write_bytes(whole[:at] + b"N" + whole[at + 1 :])
    else:
        path.unlink()
    again = load_imdb()
    assert again.provenance.origin == "cache"
    assert content(again) == content(fresh)
    assert path.read_bytes() == whole or damage != "cut"
    assert archives.load_packed(path, fresh.provenance.digest) is not None
    assert sum(place.counts.values()) == 1


def test_parsed_reviews_outlive_a_damaged_archive_and_both_gone_are_fetched(place, capsys):
    load_imdb()
    archive = place.cache / "aclImdb_v1.tar.gz"
    archive.write_bytes(b"junk")
    assert load_imdb().provenance.origin == "cache"
    (place.cache / "imdb.npz").unlink()
    assert load_imdb().provenance.origin == "download"
    assert "The cached copy of IMDB is damaged" in words(capsys)
    assert sum(place.counts.values()) == 2


def test_parsed_reviews_count_only_for_the_archive_they_came_from(place, monkeypatch):
    monkeypatch.setenv("COURSE_DATA_DIR", str(place.published))
    reads = []
    read = archives.read_imdb
    monkeypatch.setattr(archives, "read_imdb", lambda path, *rest: reads.append(path) or read(path, *rest))
    load_imdb()
    load_imdb()
    assert len(reads) == 1
    archive = place.published / "aclImdb_v1.tar.gz"
    os.utime(archive, ns=(1, 1))  # touched: looked at again
    load_imdb()
    assert len(reads) == 2
    archive.write_bytes(archive.read_bytes()[:-200])  # and a damaged one is not hidden by the cache
    with pytest.raises(CorpusError, match="cut short or damaged"):
        load_imdb()


def test_cache_below_a_file_still_reads_the_folder(place, monkeypatch, capsys):
    (place.folder / "file").write_text("in the way")
    monkeypatch.setenv("COURSE_CACHE_DIR", str(place.folder / "file" / "cache"))
    monkeypatch.setenv("COURSE_DATA_DIR", str(place.published))
    for corpus, load in LOADERS.items():
        assert load().provenance.digest == provenance.SOURCES[corpus].digest
    said = words(capsys)
    assert said == "The next start will read IMDB anew: the cache folder cannot be written (Not a directory)."


@pytest.mark.parametrize("corpus", LOADERS)
def test_cache_below_a_file_is_an_error_for_a_download(place, monkeypatch, corpus):
    (place.folder / "file").write_text("in the way")
    monkeypatch.setenv("COURSE_CACHE_DIR", str(place.folder / "file" / "cache"))
    with pytest.raises(CorpusError, match=r"cache folder cannot hold .*: Not a directory\. Set COURSE_CACHE_DIR"):
        LOADERS[corpus]()
    assert not place.counts


@pytest.mark.parametrize("step", ["np.savez", "os.replace"])
def test_full_disk_still_reads_the_folder(place, monkeypatch, capsys, step):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(*((np, "savez") if step == "np.savez" else (os, "replace")), full)
    monkeypatch.setenv("COURSE_DATA_DIR", str(place.published))
    reads = []
    read = archives.read_imdb
    monkeypatch.setattr(archives, "read_imdb", lambda path, *rest: reads.append(path) or read(path, *rest))
    assert load_imdb().provenance.origin == "folder"
    assert len(reads) == 1  # what was read is used, though it could not be kept
    assert words(capsys).endswith("cannot be written (No space left on device).")
    assert kept(place) == set()


@pytest.mark.parametrize("corpus", LOADERS)
def test_full_disk_is_an_error_for_a_download(place, monkeypatch, corpus):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(CorpusError, match=r"No space left on device\. Set COURSE_CACHE_DIR to a folder"):
        LOADERS[corpus]()
    assert kept(place) == set()


@pytest.mark.skipif(NO_PERMISSIONS, reason="needs permissions that bind")
def test_read_only_cache(place, monkeypatch, capsys):
    load_imdb()
    place.cache.chmod(0o555)
    try:
        with bound_by_permissions():
            assert load_imdb().provenance.origin == "cache"
            with pytest.raises(CorpusError, match="Permission denied"):
                load_shakespeare()
            monkeypatch.setenv("COURSE_DATA_DIR", str(place.published))
            os.utime(place.published / "aclImdb_v1.tar.gz", ns=(1, 1))
            assert load_imdb().provenance.origin == "folder"
        assert "The next start will read IMDB anew" in words(capsys)
    finally:
        place.cache.chmod(0o755)


def test_full_headlines_pass_by_their_counts_and_say_so(place, monkeypatch):
    full = [{"headline": f"story {n}", "is_sarcastic": int(n < 3), "article_link": "x"} for n in range(7)]
    monkeypatch.setattr(readers, "FULL_HEADLINES", (7, 3))
    place.files["/sarcasm.json"] = json.dumps(full).encode()
    found = load_headlines().provenance
    assert (found.origin, found.is_sample) == ("download", False)
    assert "counts checked but not the content" in str(found)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_killed_while_parsing(place, monkeypatch):
    code = """
        import os, signal, sys
        import numpy as np
        from pathlib import Path
        from course_utils import archives, download
        with download.workspace(Path(os.environ["COURSE_CACHE_DIR"]), "imdb.npz") as scratch:
            (scratch / "imdb.npz").write_bytes(b"half of it")
            os.kill(os.getpid(), signal.SIGKILL)
    """
    assert subprocess.run([sys.executable, "-c", textwrap.dedent(code)]).returncode == -signal.SIGKILL
    assert "imdb.npz.partial" in kept(place)
    monkeypatch.setenv("COURSE_DATA_DIR", str(place.published))
    assert load_imdb().provenance.origin == "folder"
    assert kept(place) == {"imdb.npz"}


def test_make_data_lists_all_and_fails_for_one(place, capsys):
    assert datasets.main() == 0
    (place.cache / "shakespeare.txt").unlink()
    del place.files["/shakespeare.txt"]
    assert datasets.main() == 1
    said = words(capsys)
    table = [line.split() for line in said.splitlines()[-4:]]
    assert [row[:2] for row in table] == [
        ["corpus", "from"],
        ["imdb", "cache"],
        ["shakespeare", "sample"],
        ["headlines", "cache"],
    ]
    assert provenance.SOURCES["imdb"].digest[:12] in table[1]
    assert str(place.folder) not in said


def test_importing_the_loaders_loads_no_framework():
    code = "import sys, course_utils.datasets; sys.exit(bool({'tensorflow', 'keras'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


REAL = Path(os.environ.get("COURSE_DATA_DIR") or os.devnull)


def real(corpus):
    """Mark a test that needs the published file in COURSE_DATA_DIR."""
    names = provenance.SOURCES[corpus].file_names
    there = any((REAL / name).is_file() for name in names)
    return pytest.mark.skipif(not there, reason=f"no {' or '.join(names)} in COURSE_DATA_DIR")


@real("imdb")
def test_real_imdb(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path))
    fresh, cached = load_imdb(), load_imdb()
    for reviews in (fresh, cached):
        assert (len(reviews.train_texts), len(reviews.test_texts)) == (25_000, 25_000)
        assert (reviews.train_labels.sum(), reviews.test_labels.sum()) == (12_500, 12_500)
        assert 900 < reviews.train_labels[:2000].sum() < 1100  # a small subset has both labels
    assert fresh.provenance == cached.provenance
    assert content(fresh) == content(cached)


@real("shakespeare")
def test_real_shakespeare():
    assert len(load_shakespeare().text) == 1_115_394


@real("headlines")
def test_real_headlines():
    headlines = load_headlines()
    counts = (len(headlines.texts), int(headlines.labels.sum()))
    assert counts in ((13_481, 6_008), (26_709, 11_724))
    assert headlines.provenance.origin == "folder"
