"""The loaders: folder, cache, download, sample, in that order, and never a doubt about which."""

import errno
import gzip
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
import zipfile
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import permutations
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pooch.core
import pytest
from test_corpora_archive import GOOD, UNLABELED, build, count_reads
from test_corpora_fetch import NO_PERMISSIONS, bound_by_permissions

from course_utils import corpora
from course_utils.corpora import (
    CorpusError,
    __main__,
    find,
    imdb,
    load_headlines,
    load_imdb,
    load_korean_reviews,
    load_ptb,
    load_shakespeare,
    load_tweets,
    load_weather,
    projects,
    readers,
    unlabeled_imdb,
)
from course_utils.corpora.find import SOURCES

LOADERS = {"imdb": load_imdb, "shakespeare": load_shakespeare, "headlines": load_headlines, "ptb": load_ptb}
LOADERS |= {"tweets": load_tweets, "korean_reviews": load_korean_reviews, "weather": load_weather}
PLAY = "ANNA:\nGood morrow, cousin.\n\nBEN:\nIs the tide so young?\n\n"
HEADLINES = [{"headline": "bridge opens", "is_sarcastic": 0}, {"headline": "man naps", "is_sarcastic": 1}]
TREEBANK = {
    "ptb.train.txt": " the <unk> fell N points \n it rose \n",
    "ptb.valid.txt": " it fell \n",
    "ptb.test.txt": " the <unk> rose \n",
}
TWEETS = {
    projects.TWEETS[
        0
    ]: '"0","1","now","NO_QUERY","ann","too, ""bad"" \xe9"\n"4","2","now","NO_QUERY","ben","so good"\n',
    projects.TWEETS[1]: '"2","3","now","tea","eve","a cup"\n',
}
KOREAN = {  # two files, one review in both, an empty one, one that is neither good nor bad
    "nsmc-master/raw/1.json": [("11", "정말  좋아요\n", "10"), ("12", "별로", "1"), ("13", "그럭저럭", "6")],
    "nsmc-master/raw/2.json": [
        ("11", "정말 좋아요", "10"),
        ("14", " ", "9"),
        ("15", "최고", "9"),
        ("16", "지루함", "4"),
    ],
    "nsmc-master/raw/README.json": [("17", "아니다", "1")],
}
SAMPLE_TABLE = "split\tlabel\ttext\ntrain\t1\tgood sample\ntest\t0\tbad sample\n"
BEIJING = (
    "No,year,month,day,hour,pm2.5,DEWP,TEMP,PRES,cbwd,Iws,Is,Ir\n"
    "1,2010,1,1,0,NA,-21,-11,1021,NW,1.79,0,0\n2,2010,1,1,1,129,-21,-12,1020,cv,4.92,0,1\n"
)
SEATTLE = "date,precipitation,temp_max,temp_min,wind,weather\n2012/01/01,0.0,12.8,5.0,4.7,drizzle\n"
SEATTLE += "2012/01/02,10.9,10.6,2.8,4.5,rain\n"
NOTICE = {
    "tweets": (
        "Could not download Sentiment140 (",
        "): using the sample of 1 tweets (1 positive), 1 labeled by hand written",
    ),
    "korean_reviews": (
        "Could not download the Korean movie reviews (",
        "): using the sample of 1 / 1 Korean reviews written",
    ),
    "weather": ("Could not download the weather of Beijing (", "): using the sample of 2 days of weather written"),
    "imdb": ("Could not download IMDB (", "): using the sample of 8 reviews written for this course."),
    "shakespeare": ("Could not download tiny Shakespeare (", "): using the sample of 16 characters written"),
    "headlines": (
        "Could not download the sarcasm headlines (",
        "): using the sample of 1 headlines (0 sarcastic) written",
    ),
    "ptb": (
        "Could not download Penn Treebank (",
        "): using the sample of 6 / 2 / 8 tokens (with one end mark per line)",
    ),
}


def parts(corpus):
    """Return what is known of each published file of a corpus."""
    return [source for name, source in SOURCES.items() if name == corpus or name.startswith(f"{corpus}_")]


def first_name(corpus):
    """Return the name of the (first) published file."""
    return parts(corpus)[0]["file_names"][0]


def digest_of(corpus):
    """Return the digest that the provenance of a small real corpus holds."""
    return readers.describe_treebank([*TREEBANK.values()])[0] if corpus == "ptb" else SOURCES[corpus]["digest"]


def pack(path, members):
    """Write a zip archive from the texts of its members, and return its path."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


def korean_members():
    """Return the raw reviews as the published archive holds them."""
    keys = ("review_id", "review", "rating")
    return {name: json.dumps([dict(zip(keys, row, strict=True)) for row in rows]) for name, rows in KOREAN.items()}


class Handler(BaseHTTPRequestHandler):
    """Serve the files of a dictionary; anything else is a 404."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.counts[self.path] += 1
        body = self.server.files.get(self.path)
        if body is None:
            return self.send_error(404, self.server.status)
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
    for name, text in TREEBANK.items():
        (sources / name).write_bytes(text.encode())
    tweets = pack(sources / "trainingandtestdata.zip", {name: text.encode("latin-1") for name, text in TWEETS.items()})
    korean = pack(sources / "nsmc-master.zip", korean_members())
    weather = sources / "PRSA_data_2010.1.1-2014.12.31.csv"
    weather.write_text(BEIJING)

    samples = tmp_path / "checkout" / "data"
    samples.mkdir(parents=True)
    rows = [{"text": f"sample {n}", "label": n % 2, "split": "train" if n < 4 else "test"} for n in range(8)]
    (samples / "reviews.jsonl").write_text("\n".join(json.dumps(row) for row in rows) + "\n")
    (samples / "play.txt").write_text("EVE:\nA sample.\n\n")
    (samples / "headlines.jsonl").write_text('{"headline": "sample printed", "is_sarcastic": 0}\n')
    for name in ("tweets.tsv", "korean_reviews.tsv"):
        (samples / name).write_text(SAMPLE_TABLE)
    (samples / "seattle-weather.csv").write_text(SEATTLE)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.counts, server.status = Counter(), "Not Found"
        server.files = {f"/{path.name}": path.read_bytes() for path in sources.iterdir()}
        base = f"http://127.0.0.1:{server.server_port}/"
        known = {
            "aclImdb_v1.tar.gz": readers.describe_reviews(imdb._read_archive(archive))[0],
            "shakespeare.txt": hashlib.sha256(PLAY.encode()).hexdigest(),
            "sarcasm.json": readers.describe_headlines((["bridge opens", "man naps"], np.array([0, 1])))[0],
            "trainingandtestdata.zip": projects.describe_tweets(projects.read_tweets(tweets))[0],
            "nsmc-master.zip": projects.describe_korean_reviews(projects.read_korean_reviews(korean))[0],
            weather.name: projects.describe_weather(projects.read_weather(weather))[0],
        } | {name: hashlib.sha256(text.encode()).hexdigest() for name, text in TREEBANK.items()}
        for corpus, source in list(SOURCES.items()):
            name = source["file_names"][0]
            monkeypatch.setitem(SOURCES, corpus, source | {"urls": [base + name], "digest": known[name]})
        monkeypatch.setattr(find, "PACKAGE", tmp_path / "checkout" / "course_utils")
        monkeypatch.setattr(pooch.core, "time", SimpleNamespace(sleep=lambda _: None))
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
    if isinstance(corpus, corpora.Weather):
        return corpus.table.to_csv()
    return {name: list(value) for name, value in corpus._asdict().items() if name != "provenance"}


def test_download_then_cache(place, capsys):
    for corpus, load in LOADERS.items():
        first, second = load(), load()
        assert (first.provenance.origin, second.provenance.origin) == ("download", "cache")
        assert first.provenance.digest == digest_of(corpus)
        assert not first.provenance.is_sample
        assert first.provenance.title_note == ""
        assert content(first) == content(second)
    assert set(place.counts.values()) == {1}
    assert kept(place) == {"aclImdb_v1.tar.gz", imdb.KEPT, "shakespeare.txt", "sarcasm.json", *TREEBANK} | {
        SOURCES[corpus]["file_names"][0] for corpus in ("tweets", "korean_reviews", "weather")
    }
    assert words(capsys) == ""  # nothing to say about the real thing
    assert load_shakespeare().text == PLAY
    assert load_headlines().texts == ["bridge opens", "man naps"]
    assert load_headlines().labels.tolist() == [0, 1]


def test_download_reads_the_archive_once(place, monkeypatch):
    reads = count_reads(monkeypatch)
    load_imdb()
    load_imdb()
    assert len(reads) == 1


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


def test_unlabeled_reviews_come_from_the_same_archive(place, monkeypatch):
    assert unlabeled_imdb() == []  # downloaded, with labeled reviews only
    (place.folder / "mine").mkdir()
    path = build(place.folder / "mine" / "aclImdb_v1.tar.gz", [*UNLABELED, *GOOD])
    monkeypatch.setenv("COURSE_DATA_DIR", str(path.parent))
    assert unlabeled_imdb() == [text for _, text in UNLABELED]
    assert load_imdb().provenance.digest == SOURCES["imdb"]["digest"]
    assert sum(place.counts.values()) == 1  # the folder comes first
    build(path, [*UNLABELED, *GOOD[1:]])
    with pytest.raises(CorpusError, match="its 7 reviews are not the published ones"):
        unlabeled_imdb()


def test_the_sample_has_no_unlabeled_reviews(place, capsys):
    place.files.clear()
    assert unlabeled_imdb() == []
    said = words(capsys)
    assert all(part in said for part in NOTICE["imdb"])


def test_subset_keeps_order_and_pairs_and_repeats_itself(place):
    whole = load_imdb()
    whole = whole._replace(train_texts=[f"{n}" for n in range(50)], train_labels=np.arange(50, dtype=np.int8))
    part = corpora.subset(whole, train=20, test=1)
    assert [int(text) for text in part.train_texts] == part.train_labels.tolist()  # each keeps its own label
    assert part.train_labels.tolist() == sorted(set(part.train_labels.tolist()))
    assert (len(part.train_texts), len(part.test_texts), part.provenance) == (20, 1, whole.provenance)
    assert content(corpora.subset(whole, train=20, test=1)) == content(part)
    assert corpora.subset(whole, train=20, test=1, seed=1).train_texts != part.train_texts
    assert content(corpora.subset(whole, train=50, test=99)) == content(whole)
    with pytest.raises(ValueError, match="test is 0; expected a whole number, 1 or more"):
        corpora.subset(whole, train=1, test=0)


@pytest.mark.parametrize("corpus", LOADERS)
def test_folder_comes_first(place, monkeypatch, corpus, capsys):
    monkeypatch.setenv("COURSE_DATA_DIR", str(place.published))
    found = LOADERS[corpus]().provenance
    assert found.origin == "folder"
    assert not place.counts
    assert kept(place) <= {imdb.KEPT}
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


@pytest.fixture
def pipe(place):
    """A FIFO, whose reader would wait for ever."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("needs FIFOs")
    os.mkfifo(place.folder / "pipe")
    return place.folder / "pipe"


@pytest.mark.parametrize("corpus", LOADERS)
@pytest.mark.parametrize("variable", ["COURSE_DATA_DIR", "COURSE_CACHE_DIR"])
@pytest.mark.parametrize("value", ["~no-such-user/data", "/" + "x" * 5000, "pipe"])
def test_impossible_folder_is_one_clear_error(place, pipe, monkeypatch, corpus, variable, value):
    monkeypatch.chdir(place.folder)
    monkeypatch.setenv(variable, value)
    with pytest.raises(CorpusError, match=rf"(?s)^(?=.*{variable}).{{20,400}}\Z"):
        LOADERS[corpus]()
    assert not (place.folder / "~no-such-user").exists()


@pytest.mark.parametrize("corpus", LOADERS)
def test_pipe_in_place_of_a_file_does_not_hang(place, pipe, monkeypatch, corpus):
    place.cache.mkdir()
    for name in (first_name(corpus), imdb.KEPT):
        os.mkfifo(place.cache / name)
    assert LOADERS[corpus]().provenance.origin == "download"
    (place.folder / "mine").mkdir()
    pipe.rename(place.folder / "mine" / first_name(corpus))
    monkeypatch.setenv("COURSE_DATA_DIR", str(place.folder / "mine"))
    with pytest.raises(CorpusError, match="in COURSE_DATA_DIR is unusable: it is not a regular file"):
        LOADERS[corpus]()


@pytest.mark.parametrize(
    ("corpus", "damage", "message"),
    [
        ("imdb", lambda data: data[:-200], "aclImdb_v1.tar.gz in COURSE_DATA_DIR .*cut short or damaged"),
        ("imdb", lambda data: b"", "cut short or damaged at its very start"),
        ("shakespeare", lambda data: data[:-2], "shakespeare.txt in COURSE_DATA_DIR .*not the published ones"),
        ("shakespeare", lambda data: b"\xff" + data, "can't decode"),
        ("headlines", lambda data: data.replace(b"naps", b"naps."), "sarcasm.json in .*not the published ones"),
        ("headlines", lambda data: b"", "its 0 headlines .* are not the published ones"),
        ("headlines", lambda data: b"[" * 100_000, "nested too deeply"),
        ("ptb", lambda data: data[:-9], "ptb.train.txt in .*its 6 tokens .* are not the published ones"),
        ("ptb", lambda data: b"\xff" + data, "can't decode"),
        ("tweets", lambda data: data[:-200], "trainingandtestdata.zip in .*cut short or damaged"),
        ("tweets", lambda data: data.replace(b"good", b"gone"), "cut short or damaged .*Bad CRC"),
        ("korean_reviews", lambda data: b"", "cut short or damaged .*not a zip file"),
        ("weather", lambda data: data.replace(b"129", b"130"), "its 2 hours of weather are not the published ones"),
        ("weather", lambda data: data.replace(b"TEMP", b"HEAT"), "it has no column TEMP"),
        ("weather", lambda data: b"", "is unusable"),
    ],
)
def test_damaged_file_in_the_folder_is_an_error_never_a_sample(place, monkeypatch, corpus, damage, message):
    shutil.copytree(place.published, place.folder / "mine")
    path = place.folder / "mine" / first_name(corpus)
    path.write_bytes(damage(path.read_bytes()))
    monkeypatch.setenv("COURSE_DATA_DIR", str(path.parent))
    with pytest.raises(CorpusError, match=message) as caught:
        LOADERS[corpus]()
    assert "Put the published file there" in str(caught.value)
    assert not place.counts
    assert kept(place) == set()


@pytest.mark.parametrize("old", ["naïve", "pos 1"])
def test_changed_review_is_noticed_by_the_digest(place, monkeypatch, old):
    (place.folder / "mine").mkdir()
    first, text = GOOD[1]
    build(place.folder / "mine" / "aclImdb_v1.tar.gz", [GOOD[0], (first, text.replace(old, "other")), *GOOD[2:]])
    monkeypatch.setenv("COURSE_DATA_DIR", str(place.folder / "mine"))
    with pytest.raises(CorpusError, match=r"its 8 reviews are not the published ones \(their digest differs\)"):
        load_imdb()


def test_folder_in_place_of_the_file_is_an_error(place, monkeypatch):
    (place.folder / "mine" / "shakespeare.txt").mkdir(parents=True)
    monkeypatch.setenv("COURSE_DATA_DIR", str(place.folder / "mine"))
    with pytest.raises(CorpusError, match=r"shakespeare\.txt in COURSE_DATA_DIR is unusable: it is not a regular"):
        load_shakespeare()


@pytest.mark.parametrize("corpus", LOADERS)
@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        ("unreachable", "no usable connection to no-such-host.invalid"),
        ("404", "answered 404 Not Found"),
        ("other content", "127.0.0.1"),
    ],
)
def test_nothing_real_ends_in_the_sample_and_says_so(place, monkeypatch, capsys, corpus, trouble, reason):
    source = SOURCES[corpus]
    if trouble == "unreachable":
        for part in parts(corpus):
            monkeypatch.setitem(part, "urls", ["https://no-such-host.invalid/file"])
    elif trouble == "404":
        place.files.clear()
    else:
        place.files = dict.fromkeys(place.files, b"<html>Sign in to this network</html>")
    start = time.perf_counter()
    found = LOADERS[corpus]().provenance
    assert time.perf_counter() - start < 6
    assert found.is_sample
    assert found.title_note == f"sample data, not {source['title']}"
    assert found.title_note in str(found)
    said = words(capsys)
    assert said.count("\n") == 0  # one plain notice
    for part in (*NOTICE[corpus], reason, "make data", "COURSE_DATA_DIR"):
        assert part in said
    assert str(place.folder) not in said
    assert kept(place) == set()


def test_status_text_is_printed_without_its_escape_codes(place, capsys):
    place.files.clear()
    place.status = "\x1b[31mNot\x1b[2J Found\x07"
    load_shakespeare()
    said = words(capsys)
    assert "answered 404 " in said and said.isprintable()


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
    monkeypatch.setattr(find, "PACKAGE", package)
    assert load_shakespeare().text == "EVE:\nA sample.\n\n"


def test_samples_are_where_the_loaders_look():
    assert {source["sample"] for source in SOURCES.values()} <= {
        p.name for p in (find.PACKAGE.parent / "data").iterdir()
    }


@pytest.mark.parametrize("corpus", LOADERS)
def test_missing_or_broken_sample_is_an_error(place, corpus):
    place.files.clear()
    path = place.folder / "checkout" / "data" / SOURCES[corpus]["sample"]
    for broken in (b"\xff", b"[1]\n", b"[" * 100_000) if corpus != "shakespeare" else (b"\xff",):
        path.write_bytes(broken)
        with pytest.raises(CorpusError, match=f"The sample {path.name} is missing or damaged: .* Install course-utils"):
            LOADERS[corpus]()
    path.unlink()
    with pytest.raises(CorpusError, match=f"The sample {path.name} is missing or damaged: No such file or directory"):
        LOADERS[corpus]()


@pytest.mark.parametrize("corpus", LOADERS)
def test_damaged_cache_is_fetched_again(place, corpus, capsys):
    LOADERS[corpus]()
    path = place.cache / first_name(corpus)
    path.write_bytes(path.read_bytes()[: -200 if corpus == "imdb" else -5])
    assert LOADERS[corpus]().provenance.origin == "download"
    assert "is damaged" in words(capsys)
    assert LOADERS[corpus]().provenance.origin == "cache"
    assert place.counts.pop(f"/{path.name}") == 2
    assert set(place.counts.values()) <= {1}  # the whole parts are left alone


@pytest.mark.parametrize("damage", ["cut", "flip", "remove"])
def test_damaged_kept_reviews_are_rebuilt_without_the_network(place, damage):
    fresh = load_imdb()
    path = place.cache / imdb.KEPT
    whole = path.read_bytes()
    if damage == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    elif damage == "flip":
        path.write_bytes(whole.replace("naïve".encode(), b"naive", 1))
    else:
        path.unlink()
    again = load_imdb()
    assert again.provenance.origin == "cache"
    assert content(again) == content(fresh)
    assert path.read_bytes() == whole
    assert sum(place.counts.values()) == 1


def test_cache_below_a_file_still_reads_the_folder(place, monkeypatch, capsys):
    (place.folder / "file").write_text("in the way")
    monkeypatch.setenv("COURSE_CACHE_DIR", str(place.folder / "file" / "cache"))
    monkeypatch.setenv("COURSE_DATA_DIR", str(place.published))
    for corpus, load in LOADERS.items():
        assert load().provenance.digest == digest_of(corpus)
    said = words(capsys)
    assert said == "The next start will read IMDB again: the cache folder cannot be written (Not a directory)."


@pytest.mark.parametrize("corpus", LOADERS)
def test_cache_below_a_file_is_an_error_for_a_download(place, monkeypatch, corpus):
    (place.folder / "file").write_text("in the way")
    monkeypatch.setenv("COURSE_CACHE_DIR", str(place.folder / "file" / "cache"))
    with pytest.raises(CorpusError, match=r"cache folder cannot hold .*: Not a directory\. Set COURSE_CACHE_DIR"):
        LOADERS[corpus]()
    assert not place.counts


@pytest.mark.parametrize("step", ["Path.write_bytes", "os.replace"])
def test_full_disk_still_reads_the_folder(place, monkeypatch, capsys, step):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(*((Path, "write_bytes") if step == "Path.write_bytes" else (os, "replace")), full)
    monkeypatch.setenv("COURSE_DATA_DIR", str(place.published))
    reads = count_reads(monkeypatch)
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
        assert "The next start will read IMDB again" in words(capsys)
    finally:
        place.cache.chmod(0o755)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can act as two users")
def test_second_user_shares_the_cache(place):
    """Two users and one folder that both may write: neither is shut out by the other's files."""
    for folder in place.cache.parents:
        if folder.name.startswith(("pytest-", "popen-", "test_")):  # made by pytest, for one user only
            folder.chmod(folder.stat().st_mode | 0o055)
    if not all(folder.stat().st_mode & 0o001 for folder in place.cache.parents):
        pytest.skip("the temporary folder is closed to other users")
    place.cache.mkdir()
    place.cache.chmod(0o1777)
    code = f"""
        import os, sys
        from course_utils import corpora
        from course_utils.corpora.find import SOURCES
        SOURCES |= {SOURCES!r}
        shared, os.environ["COURSE_CACHE_DIR"] = os.environ["COURSE_CACHE_DIR"], sys.argv[2]
        corpora.load_imdb()  # imports all there is to import, while that is allowed
        os.environ["COURSE_CACHE_DIR"] = shared
        os.umask(0o022)
        os.setuid(int(sys.argv[1]))
        for load in (corpora.load_imdb, corpora.load_shakespeare, corpora.load_headlines):
            print(load().provenance.origin, file=sys.stderr)
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    origins = []
    for user in ("40001", "40002", "40003"):
        if user == "40002":
            (place.cache / "shakespeare.txt").unlink()  # to be fetched under the first user's lock
        done = subprocess.run([*command, user, place.folder / user], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        origins.append(done.stderr.split())
    assert origins == [["download"] * 3, ["cache", "download", "cache"], ["cache"] * 3]
    assert {path.stat().st_mode & 0o777 for path in place.cache.iterdir() if path.suffix != ".lock"} == {0o644}


def test_thirty_learners_share_one_cache(place):
    """They start together on an empty cache: one download of each corpus, the same data for all."""
    found, errors = [], []

    def learner():
        try:
            found.append([load().provenance.digest for load in LOADERS.values()])
        except BaseException as error:
            errors.append(error)

    learners = [threading.Thread(target=learner) for _ in range(30)]
    for thread in learners:
        thread.start()
    for thread in learners:
        thread.join()
    assert errors == []
    assert found == [[digest_of(corpus) for corpus in LOADERS]] * 30
    assert set(place.counts.values()) == {1}


def test_full_headlines_pass_by_their_counts_and_say_so(place, monkeypatch):
    full = [{"headline": f"story {n}", "is_sarcastic": int(n < 3), "article_link": "x"} for n in range(7)]
    monkeypatch.setitem(SOURCES["headlines"], "unverified", "7 headlines (3 sarcastic)")
    place.files["/sarcasm.json"] = json.dumps(full).encode()
    found = load_headlines().provenance
    assert (found.origin, found.is_sample) == ("download", False)
    assert "counts checked but not the content" in str(found)


# --- a corpus of three files ---------------------------------------------------------------------------------


@pytest.fixture
def mine(place, monkeypatch):
    """A COURSE_DATA_DIR with the three files of the treebank."""
    shutil.copytree(place.published, place.folder / "mine")
    monkeypatch.setenv("COURSE_DATA_DIR", str(place.folder / "mine"))
    return place.folder / "mine"


def test_treebank_is_three_texts_with_one_provenance(mine):
    treebank = load_ptb()
    assert treebank[:3] == tuple(TREEBANK.values())
    digest = hashlib.sha256("\0".join(TREEBANK.values()).encode()).hexdigest()
    assert treebank.provenance == ("ptb", "folder", digest, "9 / 3 / 4 tokens (with one end mark per line)")


def test_treebank_with_the_line_ends_of_windows_passes(mine):
    for name, text in TREEBANK.items():
        (mine / name).write_bytes(text.replace("\n", "\r\n").encode())
    treebank = load_ptb()
    assert treebank[:3] == tuple(TREEBANK.values())
    assert (treebank.provenance.origin, treebank.provenance.digest) == ("folder", digest_of("ptb"))


PAIRS = list(permutations(TREEBANK, 2))
EARLIER = [(missing, damaged) for missing, damaged in PAIRS if [*TREEBANK].index(missing) < [*TREEBANK].index(damaged)]


def spoil(path):
    """Change the words of a part, but not their number."""
    path.write_text(path.read_text().replace("it", "he").replace("rose", "fell"))


@pytest.mark.parametrize("damaged", TREEBANK)
def test_damaged_part_in_the_folder_is_an_error(place, mine, capsys, damaged):
    spoil(mine / damaged)
    wrong = rf"^{damaged} in .*unusable: its \d tokens .* \(their digest differs\)"
    with pytest.raises(CorpusError, match=wrong) as caught:
        load_ptb()
    (address,) = [part["urls"][0] for part in parts("ptb") if damaged in part["file_names"]]
    assert f"Put the published file there ({address})" in str(caught.value)
    assert not place.counts
    assert words(capsys) == ""


@pytest.mark.parametrize(("missing", "damaged"), PAIRS)
def test_damaged_part_in_the_folder_is_an_error_though_another_is_missing(place, mine, capsys, missing, damaged):
    (mine / missing).unlink()
    spoil(mine / damaged)
    with pytest.raises(CorpusError, match=rf"^{damaged} in COURSE_DATA_DIR is unusable"):
        load_ptb()
    assert place.counts == ({f"/{missing}": 1} if (missing, damaged) in EARLIER else {})  # one after the other
    place.files.clear()
    with pytest.raises(CorpusError, match=rf"^{damaged} in COURSE_DATA_DIR is unusable"):
        load_ptb()  # what is missing comes from the cache, if the search gets there
    assert words(capsys) == ""


@pytest.mark.parametrize(("missing", "damaged"), EARLIER)
def test_search_ends_at_the_first_part_that_is_nowhere(place, mine, capsys, missing, damaged):
    (mine / missing).unlink()
    spoil(mine / damaged)
    place.files.clear()
    assert load_ptb().provenance.is_sample
    assert words(capsys).count("Could not download") == 1


@pytest.mark.parametrize("missing", TREEBANK)
def test_missing_part_is_downloaded_then_found_in_the_cache(place, mine, capsys, missing):
    (mine / missing).unlink()
    for origin in ("download", "cache"):
        treebank = load_ptb()
        assert treebank[:3] == tuple(TREEBANK.values())
        assert (treebank.provenance.origin, treebank.provenance.digest) == (origin, digest_of("ptb"))
    assert place.counts == {f"/{missing}": 1}
    assert kept(place) == {missing}
    assert words(capsys) == ""


@pytest.mark.parametrize("missing", TREEBANK)
@pytest.mark.parametrize("others", ["folder", "cache", "network"])
def test_one_missing_part_means_the_sample_for_all_three(place, mine, monkeypatch, capsys, missing, others):
    if others != "folder":
        monkeypatch.delenv("COURSE_DATA_DIR")
    if others == "cache":
        load_ptb()
        (place.cache / missing).unlink()
    (mine / missing).unlink()
    del place.files[f"/{missing}"]
    treebank = load_ptb()
    assert treebank[:3] == (" <unk> \n" * 3, " <unk> \n", " <unk> \n" * 4)
    assert treebank.provenance[:2] == ("ptb", "sample")
    assert str(treebank.provenance).startswith("Penn Treebank: sample data, not Penn Treebank; 6 / 2 / 8 tokens")
    said = words(capsys)
    assert said.count("Could not download Penn Treebank") == 1
    assert said.count("\n") == 0


def test_second_mirror_is_used_when_the_first_fails(place, capsys):
    for part in parts("ptb"):
        (address,) = part["urls"]
        part["urls"] = [address.replace("/ptb", "/gone/ptb"), address]
    treebank = load_ptb()
    assert treebank[:3] == tuple(TREEBANK.values())
    assert treebank.provenance.origin == "download"
    assert {path for path in place.counts if "gone" in path} == {f"/gone/{name}" for name in TREEBANK}
    assert words(capsys) == ""


def test_treebank_has_two_mirrors_for_each_part():
    for part, name in zip(parts("ptb"), TREEBANK, strict=True):
        assert (part["title"], part["sample"], part["file_names"]) == ("Penn Treebank", "reviews.jsonl", [name])
        assert len(set(part["urls"])) == 2 and all(url.endswith(f"/data/{name}") for url in part["urls"])


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_tweets_of_the_published_archive(place):
    tweets = load_tweets()
    assert (tweets.texts, tweets.labels.tolist()) == (['too, "bad" é', "so good"], [0, 1])
    assert (tweets.test_texts, tweets.test_labels.tolist()) == (["a cup"], [2])


def test_published_tweets_pass_by_their_counts_and_say_so(place, monkeypatch):
    monkeypatch.setitem(SOURCES["tweets"], "digest", "of the other form")
    monkeypatch.setitem(SOURCES["tweets"], "unverified", "2 tweets (1 positive), 1 labeled by hand")
    assert "counts checked but not the content" in load_tweets().provenance.detail


def test_korean_reviews_are_drawn_by_the_rule(place, monkeypatch):
    monkeypatch.setattr(projects, "OF_EACH", 2)
    monkeypatch.setattr(projects, "FOR_TRAINING", 3)
    reviews = corpora.Reviews(*projects.read_korean_reviews(place.published / "nsmc-master.zip"), None)
    wanted = {"11": "정말 좋아요", "15": "최고", "12": "별로", "16": "지루함"}  # id 11 once, white space folded
    order = sorted(wanted, key=lambda key: hashlib.sha256(f"split {key}".encode()).hexdigest())
    assert [*reviews.train_texts, *reviews.test_texts] == [wanted[key] for key in order]
    labels = dict(zip(wanted.values(), [1, 1, 0, 0], strict=True))
    assert reviews.train_labels.tolist() == [labels[text] for text in reviews.train_texts]


def test_of_each_class_the_smallest_digests_are_drawn(tmp_path, monkeypatch):
    monkeypatch.setattr(projects, "OF_EACH", 2)
    rows = [{"review_id": str(n), "review": f"review {n}", "rating": "10" if n % 2 else "2"} for n in range(40)]
    texts, labels, *_ = projects.read_korean_reviews(pack(tmp_path / "a.zip", {"raw/7.json": json.dumps(rows)}))
    smallest = sorted(range(40), key=lambda n: hashlib.sha256(str(n).encode()).hexdigest())
    wanted = [n for parity in (0, 1) for n in [n for n in smallest if n % 2 == parity][:2]]
    assert sorted(texts) == sorted(f"review {n}" for n in wanted) and labels.sum() == 2


@pytest.mark.parametrize("read", [projects.read_tweets, projects.read_korean_reviews])
def test_archive_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch, read):
    monkeypatch.setattr(projects, "MOST_BYTES", 10)
    with pytest.raises(ValueError, match="it unpacks to more than any published one"):
        read(pack(tmp_path / "large.zip", {projects.TWEETS[0]: "x" * 11}))


def test_second_file_of_a_subset_is_missing(place, monkeypatch):
    (place.folder / "mine").mkdir()
    (place.folder / "mine" / "sentiment140_subset.tsv.gz").write_bytes(gzip.compress(b"label\ttext\n1\tso good\n"))
    monkeypatch.setenv("COURSE_DATA_DIR", str(place.folder / "mine"))
    with pytest.raises(CorpusError, match=r"sentiment140_subset\.tsv\.gz in COURSE_DATA_DIR is unusable: No such file"):
        load_tweets()


def test_weather_is_named_alike_wherever_it_was_measured(place):
    beijing = load_weather().table
    assert beijing["temperature"].tolist() == [-11, -12] and beijing["pm25"].isna().tolist() == [True, False]
    assert beijing.index[1] - beijing.index[0] == pd.Timedelta("1h")
    place.files.clear()
    shutil.rmtree(place.cache)
    seattle = load_weather()
    assert seattle.provenance.is_sample and seattle.table["temperature"].tolist() == [12.8, 10.6]
    assert seattle.table.columns[0] == beijing.columns[0] == "temperature"


def test_killed_while_reading_the_archive(place, monkeypatch):
    code = """
        import os, signal
        from course_utils.corpora import fetch, find, imdb
        with fetch.workspace(find.cache_folder(), imdb.KEPT) as scratch:
            (scratch / imdb.KEPT).write_bytes(b"half of it")
            os.kill(os.getpid(), signal.SIGKILL)
    """
    assert subprocess.run([sys.executable, "-c", textwrap.dedent(code)]).returncode == -signal.SIGKILL
    assert any(name.startswith(f"{imdb.KEPT}.partial") for name in kept(place))
    monkeypatch.setenv("COURSE_DATA_DIR", str(place.published))
    assert load_imdb().provenance.origin == "folder"
    assert kept(place) == {imdb.KEPT}


@pytest.mark.parametrize(
    ("body", "last"),
    [
        (None, "the sarcasm headlines: sample data, not the sarcasm headlines"),
        (b"[" * 100_000, "headlines: sarcasm.json in COURSE_DATA_DIR is unusable"),
    ],
)
def test_make_data_lists_all_and_fails_for_one(place, monkeypatch, capsys, body, last):
    assert __main__.main() == 0
    words(capsys)
    (place.cache / "sarcasm.json").unlink()
    del place.files["/sarcasm.json"]
    if body:
        (place.folder / "mine").mkdir()
        (place.folder / "mine" / "sarcasm.json").write_bytes(body)
        monkeypatch.setenv("COURSE_DATA_DIR", str(place.folder / "mine"))
    assert __main__.main() == 1
    said = words(capsys)
    lines = said.strip().splitlines()
    (reviews,) = [line for line in lines if line.startswith("IMDB: real data, from the cache")]
    assert reviews.endswith(f"reviews; digest {SOURCES['imdb']['digest'][:12]}")
    assert any(line.startswith("tiny Shakespeare: real data, from the cache") for line in lines)
    for name in LOADERS:
        assert sum(line.startswith((f"{SOURCES[name]['title']}: ", f"{name}: ")) for line in lines) == 1
    assert any(line.startswith(last) for line in lines)
    assert any(line.startswith("Penn Treebank: real data, from the cache; 9 / 3 / 4 tokens") for line in lines)
    assert str(place.folder) not in said


def test_importing_the_loaders_loads_no_framework():
    code = "import sys, course_utils.corpora; sys.exit(bool({'tensorflow', 'keras'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


REAL = Path(os.environ.get("COURSE_DATA_DIR") or os.devnull)


def real(corpus):
    """Mark a test that needs the published file in COURSE_DATA_DIR."""
    there = all(any((REAL / name).is_file() for name in part["file_names"]) for part in parts(corpus))
    names = ", ".join(" or ".join(part["file_names"]) for part in parts(corpus))
    return pytest.mark.skipif(not there, reason=f"no {names} in COURSE_DATA_DIR")


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


@real("ptb")
def test_real_treebank():
    treebank = load_ptb()
    assert [text.count("\n") for text in treebank[:3]] == [42_068, 3_370, 3_761]
    known = set(treebank.train.split())
    assert len(known | {"\n"}) == 10_000 and {"<unk>", "N"} < known
    assert set((treebank.validation + treebank.test).split()) < known
    assert treebank.provenance.origin == "folder"
    assert treebank.provenance.detail.startswith("929,589 / 73,760 / 82,430 tokens")


@real("tweets")
def test_real_tweets():
    tweets = load_tweets()
    assert tweets.provenance.origin == "folder"
    assert np.bincount(tweets.test_labels).tolist() == [177, 0, 139, 0, 182]
    assert len(tweets.texts) == len(tweets.labels) == 99_379


@real("korean_reviews")
def test_real_korean_reviews():
    reviews = load_korean_reviews()
    assert (len(reviews.train_texts), len(reviews.test_texts)) == (150_000, 50_000)
    assert reviews.train_labels.sum() + reviews.test_labels.sum() == 100_000


@real("weather")
def test_real_weather():
    table = load_weather().table
    assert table.shape == (43_824, 8) and (np.diff(table.index) == np.timedelta64(1, "h")).all()
    assert int(table["pm25"].isna().sum()) == 2_067
