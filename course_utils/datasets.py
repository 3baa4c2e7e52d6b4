"""The course's corpora: IMDB reviews, tiny Shakespeare, sarcastic headlines (taught in notebook 00).

Each loader looks in the folder named by COURSE_DATA_DIR, then in the cache, then on the
network, and last among the samples written for this course. The answer says which it was.
`python -m course_utils.datasets` fetches all three.
"""

import hashlib
import os
import sys
import time
from dataclasses import dataclass

import numpy as np

from course_utils import archives, download, readers
from course_utils.provenance import SOURCES, CorpusError, Provenance, declare, find, given_file, plain_words

PARSED_IMDB = "imdb.npz"


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
    packed = None if given_file(source) else _parsed_imdb()
    origin, reason = "cache", ""
    if packed is None:
        packed, origin, reason = find("imdb", _parse_imdb, readers.read_sample_reviews)
    texts, halves = packed.texts(), []
    for half in (packed.train, ~packed.train):
        rows = np.flatnonzero(half)
        rows = rows[np.random.RandomState(0).permutation(len(rows))]  # a stream that NumPy keeps frozen
        halves += [[texts[row] for row in rows], packed.labels[rows]]
    return Reviews(*halves, declare("imdb", origin, reason, packed.digest, f"{len(texts):,} reviews"))


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
    text, origin, reason = find("shakespeare", lambda path: readers.read_play(path, digest), readers.read_play)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Play(text, declare("shakespeare", origin, reason, digest, f"{len(text):,} characters"))


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
    (texts, labels), origin, reason = find(
        "headlines", lambda path: readers.read_headlines(path, known), readers.read_headlines
    )
    digest, detail = readers.headline_digest(texts, labels), f"{len(texts):,} headlines"
    if origin != "sample" and digest != known:
        detail += ", counts checked but not the content"
    return Headlines(texts, labels, declare("headlines", origin, reason, digest, detail))


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
        print(f"The next start will read IMDB anew: the cache folder cannot be written ({plain_words(error)}).")
    return packed or archives.read_imdb(path, source.rows, source.digest)


def _parsed_imdb(made_from=None):
    """Return the parsed reviews in the cache if they are whole and, where asked, made from that archive."""
    found = archives.load_packed(download.cache_folder() / PARSED_IMDB, SOURCES["imdb"].digest)
    return found[0] if found and made_from in (None, found[1]) else None


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
