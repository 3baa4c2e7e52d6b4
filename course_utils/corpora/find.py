"""Find a corpus: in COURSE_DATA_DIR, in the cache, on the network, or among the samples written for this course.

The search goes through these places in this order, and the answer says which one it was.
"""

import os
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import platformdirs

from course_utils.corpora.fetch import DownloadError, fetch

__all__ = ["SOURCES", "CorpusError", "Provenance", "cache_folder", "find_corpus", "plain_words"]

ORIGINS = {"folder": "from COURSE_DATA_DIR", "cache": "from the cache", "download": "just downloaded"}
PACKAGE = Path(__file__).resolve().parents[1]
# By the name of a corpus: title, urls, file_names, sample, digest and unverified, as `sources.toml` explains them.
SOURCES = tomllib.loads(Path(__file__).with_name("sources.toml").read_text(encoding="utf-8"))


class CorpusError(RuntimeError):
    """A corpus cannot be read; the message says what was wrong and what to do."""


class Provenance(NamedTuple):
    """Where a corpus came from.

    Parameters
    ----------
    corpus : str
        A key of `SOURCES`.
    origin : str
        ``"folder"``, ``"cache"``, ``"download"`` or ``"sample"``.
    digest : str
        SHA-256 over the content.
    detail : str
        How much there is.

    Examples
    --------
    >>> print(Provenance("imdb", "sample", "0f" * 32, "200 reviews"))
    IMDB: sample data, not IMDB; 200 reviews; digest 0f0f0f0f0f0f
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
        return f"sample data, not {SOURCES[self.corpus]['title']}" if self.is_sample else ""

    def __str__(self) -> str:
        place = self.title_note or f"real data, {ORIGINS[self.origin]}"
        return f"{SOURCES[self.corpus]['title']}: {place}; {self.detail}; digest {self.digest[:12]}"


def find_corpus(corpus: str, read: Callable, describe: Callable, read_sample: Callable | None = None) -> tuple:
    """Look for a corpus in the folder, in the cache, on the network and among the samples.

    Parameters
    ----------
    corpus : str
        A key of `SOURCES`.
    read : callable
        Called with the path of the published file; returns its content, or raises ValueError.
    describe : callable
        Called with the content; returns its digest and how much there is, such as ``"50,000 reviews"``.
    read_sample : callable, optional
        Reads the sample where that has another layout than the published file.

    Returns
    -------
    (content, Provenance)

    Raises
    ------
    CorpusError
        When COURSE_DATA_DIR is missing or holds a damaged file, the cache cannot be written, or the
        sample is missing.
    """
    source, folder = SOURCES[corpus], _folder("COURSE_DATA_DIR")
    title, sample = source["title"], source["sample"]
    cached = cache_folder() / source["file_names"][0]

    def load(origin: str, path: Path) -> tuple[Any, Provenance]:
        if not path.is_file():
            raise ValueError("it is not a regular file")
        content = read(path)
        digest, detail = describe(content)
        if digest != source["digest"]:
            if detail != source.get("unverified"):
                raise ValueError(f"its {detail} are not the published ones (their digest differs)")
            detail += ", counts checked but not the content"
        return content, Provenance(corpus, origin, digest, detail)

    if folder and not os.path.isdir(folder):
        advice = "Set it to the folder that holds the published files, or unset it to have them downloaded."
        raise CorpusError(f"COURSE_DATA_DIR is {str(folder)[:200]!r}, which is not a folder. {advice}")
    for name in source["file_names"] if folder else []:
        if os.path.exists(folder / name):
            advice = f"Put the published file there ({source['urls'][0]}), or unset COURSE_DATA_DIR to download it."
            with _explained(f"{name} in COURSE_DATA_DIR is unusable", advice, ValueError, OSError):
                return load("folder", folder / name)
    advice = "Set COURSE_CACHE_DIR to a folder that you can write, with 300 MB free, or unset it."
    with _explained(f"The cache folder cannot hold {title}", advice, OSError):
        if os.path.isfile(cached):
            try:
                return load("cache", cached)
            except (ValueError, OSError) as error:
                print(f"The cached copy of {title} is damaged ({plain_words(error)}): downloading it again.")
                cached.unlink(missing_ok=True)
        try:
            return fetch(source["urls"], cached, lambda path: load("download", path))
        except DownloadError as error:
            reason = plain_words(error)
    # An installed package has the samples inside, a checkout has them in the folder `data` beside the package.
    inside, beside = PACKAGE / "_samples" / sample, PACKAGE.parent / "data" / sample
    advice = "Install course-utils again, or work in a complete checkout."
    with _explained(f"The sample {sample} is missing or damaged", advice, OSError, ValueError, LookupError, TypeError):
        content = (read_sample or read)(inside if inside.is_file() else beside)
    digest, detail = describe(content)
    print(f"Could not download {title} ({reason}): using the sample of {detail} written for this course.", end=" ")
    print("Figures will differ. For the real corpus: make data, or set COURSE_DATA_DIR.")
    return content, Provenance(corpus, "sample", digest, detail)


def cache_folder() -> Path:
    """Return the folder for downloads and parsed data: COURSE_CACHE_DIR, or the system's place for caches.

    Raises
    ------
    CorpusError
        When COURSE_CACHE_DIR names the home of a user who does not exist.

    Examples
    --------
    >>> cache_folder().is_absolute()
    True
    """
    return _folder("COURSE_CACHE_DIR") or platformdirs.user_cache_path("sequence-models-course").absolute()


def plain_words(error: Exception) -> str:
    """Return an error's own words, short and without paths or control characters.

    Examples
    --------
    >>> plain_words(FileNotFoundError(2, "No such file or directory", "/home/anna/play.txt"))
    'No such file or directory'
    """
    words = error.strerror or "locked by another process for too long" if isinstance(error, OSError) else str(error)
    return "".join(filter(str.isprintable, words))[:400].rstrip(".")


def _folder(variable: str) -> Path | None:
    """Return the folder that an environment variable names, or None."""
    chosen = os.environ.get(variable, "").strip()
    with _explained(f"{variable} is {chosen[:200]!r}", "Set it to a folder.", RuntimeError):  # ~somebody, unknown here
        return Path(chosen).expanduser().absolute() if chosen else None


@contextmanager
def _explained(problem: str, advice: str, *errors: type[Exception]) -> Iterator[None]:
    """Turn these errors into a CorpusError that says what was wrong and what to do."""
    try:
        yield
    except errors as error:
        raise CorpusError(f"{problem}: {plain_words(error)}. {advice}") from error
