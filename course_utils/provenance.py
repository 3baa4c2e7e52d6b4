"""Where a corpus comes from: the published sources, the search for them, and the record of what was found.

The search goes through the folder named by COURSE_DATA_DIR, the cache, the network and the
samples written for this course, in that order. How a file is read is `archives` and `readers`.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from course_utils import download


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


def find(corpus, read, read_sample):
    """Look for a corpus in the folder, in the cache, on the network and among the samples.

    Parameters
    ----------
    corpus : str
        A key of `SOURCES`.
    read, read_sample : callable
        Called with the path of the published file, or of the sample; return the content, or
        raise ValueError for a file that is not what it should be.

    Returns
    -------
    (content, origin, reason)
        What was read, `Provenance.origin`, and why it had to be the sample (else empty).

    Raises
    ------
    CorpusError
        When COURSE_DATA_DIR is missing or holds a damaged file, the cache cannot be written,
        or the sample is missing.
    """
    source = SOURCES[corpus]
    given = given_file(source)
    if given is not None:
        try:
            return read(given), "folder", ""
        except (ValueError, OSError) as error:
            raise CorpusError(
                f"{given.name} in COURSE_DATA_DIR cannot be used: {plain_words(error)}. Put the published file "
                f"there ({source.url}), or unset COURSE_DATA_DIR to have it fetched."
            ) from error
    cached = download.cache_folder() / source.file_names[0]
    if cached.is_file():
        try:
            return read(cached), "cache", ""
        except (ValueError, OSError) as error:
            print(f"The cached copy of {source.title} is damaged ({plain_words(error)}): fetching it again.")
            with suppress(OSError):
                cached.unlink()
    try:
        accept = None if source.file_hash else read
        return read(download.fetch(source.url, cached, source.file_hash, accept)), "download", ""
    except (download.DownloadError, ValueError) as error:
        return _read_sample(SAMPLES[corpus], read_sample), "sample", str(error)
    except OSError as error:
        raise CorpusError(
            f"The cache folder cannot hold {source.title}: {plain_words(error)}. Set COURSE_CACHE_DIR to a folder "
            "that you can write, with 300 MB free, or COURSE_DATA_DIR to one that holds the published file."
        ) from error


def given_file(source):
    """Return the corpus' file in COURSE_DATA_DIR, or None.

    Parameters
    ----------
    source : Source

    Raises
    ------
    CorpusError
        When COURSE_DATA_DIR is no folder.

    Examples
    --------
    >>> import tempfile
    >>> from unittest import mock
    >>> with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, COURSE_DATA_DIR=folder):
    ...     _ = Path(folder, "shakespeare.txt").write_text("to be or not to be")
    ...     print(given_file(SOURCES["shakespeare"]).name, given_file(SOURCES["imdb"]))
    shakespeare.txt None
    """
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
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorpusError(f"The sample {name} cannot be read: {plain_words(error)}. Restore the file.") from error


def declare(corpus, origin, reason, digest, detail):
    """Return the provenance; where it is a sample, say so in plain words.

    Parameters
    ----------
    corpus, origin, digest, detail : str
        The fields of `Provenance`.
    reason : str
        Why it is the sample.

    Examples
    --------
    >>> print(declare("imdb", "cache", "", "0f" * 32, "50,000 reviews"))
    IMDB: real data, from the cache; 50,000 reviews; digest 0f0f0f0f0f0f
    """
    provenance = Provenance(corpus, origin, digest, detail)
    if provenance.is_sample:
        title = SOURCES[corpus].title
        print(
            f"{title[0].upper()}{title[1:]} could not be fetched ({reason}): using the sample of {detail} "
            f"written for this course. Figures differ from those of {title}. For the real corpus: make data, "
            "or set COURSE_DATA_DIR."
        )
    return provenance


def plain_words(error):
    """Return an error's own words, without any path.

    Examples
    --------
    >>> plain_words(FileNotFoundError(2, "No such file or directory", "/home/anna/play.txt"))
    'No such file or directory'
    """
    return error.strerror or "no answer in time" if isinstance(error, OSError) else str(error)
