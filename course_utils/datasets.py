"""The course's corpora: IMDB reviews, tiny Shakespeare, sarcastic headlines (taught in notebook 00).

Each loader looks in the folder named by COURSE_DATA_DIR, then in the cache, then on the
network, and last among the samples written for this course. The answer says which it was.
`python -m course_utils.datasets` fetches all three.
"""

import hashlib
import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from course_utils import archives, download


class CorpusError(RuntimeError):
    """A corpus cannot be read; the message says what was wrong and what to do."""


@dataclass(frozen=True)
class Source:
    """Where a corpus is published and how it is recognized.

    Parameters
    ----------
    title : str
        The name used in notices and figures.
    url : str
    file_names : tuple of str
        Names looked for in COURSE_DATA_DIR; the first is the name in the cache.
    file_hash : str or None
        Checksum of the published file, as pooch writes it; None where we do not know it.
    digest : str
        SHA-256 over the content, which a repacked file shares.
    rows : int
        Reviews in each of the four groups; characters; headlines.
    """

    title: str
    url: str
    file_names: tuple[str, ...]
    file_hash: str | None
    digest: str
    rows: int


SOURCES = {
    "imdb": Source(
        title="IMDB",
        url="https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
        file_names=("aclImdb_v1.tar.gz",),
        file_hash="md5:7c2ac02c03563afcf9b574c7e56c153a",
        digest="a6b01f993f863d108a128e0709e79458759d1184c14ada297ed08b086978831a",
        rows=12_500,
    ),
    "shakespeare": Source(
        title="tiny Shakespeare",
        url="https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
        file_names=("shakespeare.txt",),
        file_hash="sha256:86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
        digest="86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
        rows=1_115_394,
    ),
    "headlines": Source(
        title="the sarcasm headlines",
        url="https://storage.googleapis.com/learning-datasets/sarcasm.json",
        file_names=("sarcasm.json", "sarcasm.jsonl"),
        file_hash=None,
        digest="cb26ae1defd401a409c24ee11c6644c9fab95daef578307e9dcfa5054c90861d",
        rows=13_481,
    ),
}
SAMPLES = {"imdb": "reviews.jsonl", "shakespeare": "play.txt", "headlines": "headlines.jsonl"}
ORIGINS = {"folder": "from COURSE_DATA_DIR", "cache": "from the cache", "download": "just fetched"}
PARSED_IMDB = "imdb.npz"
PACKAGE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Provenance:
    """Where a corpus came from.

    Examples
    --------
    >>> print(Provenance("imdb", "sample", "0f" * 32, "200 reviews written for this course"))
    IMDB: sample data, not IMDB; 200 reviews written for this course; digest 0f0f0f0f0f0f
    """

    corpus: str
    origin: str
    digest: str
    detail: str

    @property
    def is_sample(self) -> bool:
        """Whether these are the texts written for this course instead of the real corpus."""
        return self.origin == "sample"

    @property
    def title_note(self) -> str:
        """What a figure's title must add: nothing for the real corpus."""
        return f"sample data, not {SOURCES[self.corpus].title}" if self.is_sample else ""

    def __str__(self):
        place = self.title_note or f"real data, {ORIGINS[self.origin]}"
        return f"{SOURCES[self.corpus].title}: {place}; {self.detail}; digest {self.digest[:12]}"


@dataclass(frozen=True)
class Reviews:
    """Film reviews: two lists of str and two int8 arrays, (reviews,); label 1 is positive."""

    train_texts: list[str]
    train_labels: np.ndarray
    test_texts: list[str]
    test_labels: np.ndarray
    provenance: Provenance


@dataclass(frozen=True)
class Play:
    """A play as one str."""

    text: str
    provenance: Provenance


@dataclass(frozen=True)
class Headlines:
    """Headlines: a list of str and an int8 array, (headlines,); label 1 is sarcastic."""

    texts: list[str]
    labels: np.ndarray
    provenance: Provenance


def load_imdb() -> Reviews:
    """Load the IMDB reviews, 25,000 for training and 25,000 for testing.

    In the archive all negative reviews come before all positive ones, so that a validation
    split taken from the end holds one label only. Here they come mixed, in an order that is
    the same on every machine.

    Raises
    ------
    CorpusError
        When COURSE_DATA_DIR is missing or holds a damaged file.

    Examples
    --------
    >>> reviews = load_imdb()  # doctest: +SKIP
    >>> len(reviews.train_texts), reviews.train_labels.mean()  # doctest: +SKIP
    (25000, 0.5)
    """
    source = SOURCES["imdb"]
    packed = None if _given_file(source) else _parsed_imdb()
    origin, reason = "cache", ""
    if packed is None:
        packed, origin, reason = _find("imdb", _parse_imdb, archives.read_sample_reviews)
    texts, halves = packed.texts(), []
    for half in (packed.train, ~packed.train):
        rows = np.flatnonzero(half)
        rows = rows[np.random.RandomState(0).permutation(len(rows))]  # a stream that NumPy keeps frozen
        halves += [[texts[row] for row in rows], packed.labels[rows]]
    return Reviews(*halves, _declare("imdb", origin, reason, packed.digest, f"{len(texts):,} reviews"))


def take(reviews: Reviews, *, train: int, test: int, seed: int = 42) -> Reviews:
    """Return a random part of the reviews; all of them, in their order, where as many as there are (or more) are asked.

    Parameters
    ----------
    reviews : Reviews
    train, test : int
        How many of each half, 1 or more.
    seed : int
        The same seed takes the same reviews.

    Raises
    ------
    ValueError
        If ``train`` or ``test`` is below 1.

    Examples
    --------
    >>> whole = Reviews(["good", "bad"], np.array([1, 0]), ["fine", "dull"], np.array([1, 0]), None)
    >>> part = take(whole, train=2, test=1)
    >>> part.train_texts, len(part.test_texts)
    (['good', 'bad'], 1)
    """
    halves = []
    for name, number in (("train", train), ("test", test)):
        if number < 1:
            raise ValueError(f"{name} is {number}; expected 1 or more reviews.")
        texts, labels = getattr(reviews, f"{name}_texts"), getattr(reviews, f"{name}_labels")
        rows = np.arange(len(texts))
        if number < len(texts):
            rows = np.sort(np.random.RandomState(seed).permutation(len(texts))[:number])
        halves += [[texts[row] for row in rows], labels[rows]]
    return Reviews(*halves, reviews.provenance)


def load_shakespeare() -> Play:
    """Load tiny Shakespeare, 1,115,394 characters.

    Raises
    ------
    CorpusError
        When COURSE_DATA_DIR is missing or holds a damaged file.

    Examples
    --------
    >>> len(load_shakespeare().text)  # doctest: +SKIP
    1115394
    """
    digest = SOURCES["shakespeare"].digest
    text, origin, reason = _find("shakespeare", lambda path: archives.read_play(path, digest), archives.read_play)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Play(text, _declare("shakespeare", origin, reason, digest, f"{len(text):,} characters"))


def load_headlines() -> Headlines:
    """Load news headlines, sarcastic or not.

    Two forms pass as real: version 1 as published (26,709 headlines), and the 13,481 of them
    whose digest we know. Of the former only the counts can be checked; its provenance says so.

    Raises
    ------
    CorpusError
        When COURSE_DATA_DIR is missing or holds a damaged file.

    Examples
    --------
    >>> headlines = load_headlines()  # doctest: +SKIP
    >>> len(headlines.texts), headlines.labels.sum()  # doctest: +SKIP
    (26709, 11724)
    """
    known = SOURCES["headlines"].digest
    (texts, labels), origin, reason = _find(
        "headlines", lambda path: archives.read_headlines(path, known), archives.read_headlines
    )
    digest, detail = archives.headline_digest(texts, labels), f"{len(texts):,} headlines"
    if origin != "sample" and digest != known:
        detail += ", counts checked but not the content"
    return Headlines(texts, labels, _declare("headlines", origin, reason, digest, detail))


def _find(corpus, read, read_sample):
    """Look in the folder, the cache, the network and the samples; return (content, origin, why a sample)."""
    source = SOURCES[corpus]
    given = _given_file(source)
    if given is not None:
        try:
            return read(given), "folder", ""
        except (ValueError, OSError) as error:
            raise CorpusError(
                f"{given.name} in COURSE_DATA_DIR cannot be used: {_plain(error)}. Put the published file "
                f"there ({source.url}), or unset COURSE_DATA_DIR to have it fetched."
            ) from error
    cached = download.cache_folder() / source.file_names[0]
    if cached.is_file():
        try:
            return read(cached), "cache", ""
        except (ValueError, OSError) as error:
            print(f"The cached copy of {source.title} is damaged ({_plain(error)}): fetching it again.")
            with suppress(OSError):
                cached.unlink()
    try:
        accept = None if source.file_hash else read
        return read(download.fetch(source.url, cached, source.file_hash, accept)), "download", ""
    except (download.DownloadError, ValueError) as error:
        return _read_sample(SAMPLES[corpus], read_sample), "sample", str(error)
    except OSError as error:
        raise CorpusError(
            f"The cache folder cannot hold {source.title}: {_plain(error)}. Set COURSE_CACHE_DIR to a folder "
            "that you can write, with 300 MB free, or COURSE_DATA_DIR to one that holds the published file."
        ) from error


def _given_file(source):
    """Return the corpus' file in COURSE_DATA_DIR, or None."""
    chosen = os.environ.get("COURSE_DATA_DIR", "").strip()
    if not chosen:
        return None
    folder = Path(chosen).expanduser()
    if not folder.is_dir():
        raise CorpusError(
            f"COURSE_DATA_DIR is {chosen!r}, which is not a folder. Set it to the folder that holds the "
            "published files, or unset it to have them fetched."
        )
    return next((folder / name for name in source.file_names if (folder / name).exists()), None)


def _read_sample(name, read):
    """Read a sample: inside an installed package, or in the folder `data` beside it in a checkout."""
    places = (PACKAGE / "_samples" / name, PACKAGE.parent / "data" / name)
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise CorpusError(
            f"The sample {name} is missing: neither in the package's folder _samples nor in the folder data "
            "beside the package. Install course-utils again, or work in a complete checkout."
        )
    try:
        return read(path)
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise CorpusError(f"The sample {name} cannot be read: {_plain(error)}. Restore the file.") from error


def _declare(corpus, origin, reason, digest, detail):
    """Return the provenance; where it is a sample, say so in plain words."""
    provenance = Provenance(corpus, origin, digest, detail)
    if provenance.is_sample:
        title = SOURCES[corpus].title
        print(
            f"{title[0].upper()}{title[1:]} could not be fetched ({reason}): using the sample of {detail} "
            f"written for this course. Figures differ from those of {title}. For the real corpus: make data, "
            "or set COURSE_DATA_DIR."
        )
    return provenance


def _parse_imdb(path):
    """Return the reviews of an archive, through the cache where that can be written."""
    source, stat = SOURCES["imdb"], path.stat()
    made_from = f"{stat.st_size}:{stat.st_mtime_ns}"
    parsed = download.cache_folder() / PARSED_IMDB
    if packed := _parsed_imdb(made_from):
        return packed
    try:
        with download.workspace(parsed.parent, PARSED_IMDB) as scratch:
            packed = _parsed_imdb(made_from)  # another process may have been quicker
            if packed is None:
                packed = archives.read_imdb(path, source.rows, source.digest)
                archives.save_packed(scratch / PARSED_IMDB, packed, made_from)
                os.replace(scratch / PARSED_IMDB, parsed)
    except OSError as error:
        print(f"The next start will read IMDB anew: the cache folder cannot be written ({_plain(error)}).")
    return packed or archives.read_imdb(path, source.rows, source.digest)


def _parsed_imdb(made_from=None):
    """Return the parsed reviews in the cache if they are whole and, where asked, made from that archive."""
    found = archives.load_packed(download.cache_folder() / PARSED_IMDB, SOURCES["imdb"].digest)
    return found[0] if found and made_from in (None, found[1]) else None


def _plain(error):
    """Return an error's own words, without any path."""
    return error.strerror or "no answer in time" if isinstance(error, OSError) else str(error)


def main() -> int:
    """Fetch every corpus and print where each came from; return 1 if a real one could not be had."""
    loaders = {"imdb": load_imdb, "shakespeare": load_shakespeare, "headlines": load_headlines}
    line, failed = "{:<12} {:<9} {:<52} {:<13} {:>7}", False
    table = [line.format("corpus", "from", "what", "digest", "seconds")]
    for corpus, load in loaders.items():
        start = time.perf_counter()
        try:
            found = load().provenance
        except CorpusError as error:
            print(error)
            found = Provenance(corpus, "error", "", "")
        failed |= found.origin in ("sample", "error")
        seconds = f"{time.perf_counter() - start:.1f}"
        table.append(line.format(corpus, found.origin, found.detail, found.digest[:12], seconds))
    print("", *table, sep="\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
