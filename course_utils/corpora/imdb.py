"""Read IMDB's archive as a stream, and keep its reviews in one file that loads in under a second.

The archive holds tens of thousands of small files. Unpacking them takes minutes on some systems
and trusts the names inside. Here nothing is ever written under a name that the archive chose.
"""

import gzip
import os
import re
import sys
import tarfile
import zlib
from pathlib import Path

from tqdm import tqdm

from course_utils.corpora.fetch import workspace
from course_utils.corpora.find import SOURCES, cache_folder, plain_words
from course_utils.corpora.readers import GROUPS, describe_reviews

__all__ = ["read_imdb", "read_unlabeled"]

KEPT = "imdb.txt"
REVIEW = re.compile(r"(?:\./)?aclImdb/((?:train|test)/(?:neg|pos))/(\d+_\d+\.txt)")
UNLABELED = re.compile(r"(?:\./)?aclImdb/train/unsup/\d+_\d+\.txt")
MOST_BYTES = 500_000_000  # the published archive unpacks to some 300 MB


class _Bounded(gzip.GzipFile):
    """Unpack no more than the published archive holds, and never read on where there is nothing more."""

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        if not data or self.tell() > MOST_BYTES:
            raise EOFError("it unpacks to more than any published one" if data else "its end is missing")
        return data


def read_imdb(path: Path) -> dict[str, list[bytes]]:
    """Read an IMDB archive, and from then on the file in the cache that keeps its reviews.

    Parameters
    ----------
    path : pathlib.Path
        The ``.tar.gz``. The kept file counts only while this one has the same size and date.

    Returns
    -------
    dict of str to list of bytes
        The labeled reviews by ``"split/label"``, each list sorted by file name.

    Raises
    ------
    ValueError
        For a damaged archive, or one that unpacks to too much.
    """
    kept, published, reviews = cache_folder() / KEPT, SOURCES["imdb"]["digest"], None
    made_from = f"{path.stat().st_size}:{path.stat().st_mtime_ns}".encode()
    try:
        first, *texts = kept.read_bytes().split(b"\0") if kept.is_file() else [b""]
        size = len(texts) // len(GROUPS)
        reviews_kept = {group: texts[at * size : (at + 1) * size] for at, group in enumerate(GROUPS)}
        if first == made_from and describe_reviews(reviews_kept)[0] == published:
            return reviews_kept
        with workspace(kept.parent, kept.name) as scratch:
            reviews = _read_archive(path)
            if describe_reviews(reviews)[0] == published:
                (scratch / KEPT).write_bytes(b"\0".join([made_from, *map(b"\0".join, reviews.values())]))
                os.replace(scratch / KEPT, kept)
    except OSError as error:
        print(f"The next start will read IMDB again: the cache folder cannot be written ({plain_words(error)}).")
    return reviews or _read_archive(path)


def _read_archive(path: Path) -> dict[str, list[bytes]]:
    """Return an archive's labeled reviews, each list sorted by file name; whatever else it holds is passed over."""
    groups: dict[str, dict[str, bytes]] = {group: {} for group in GROUPS}
    place, bar = "at its very start", {"desc": "Reading IMDB", "file": sys.stdout, "leave": False, "delay": 0.2}
    try:
        with (
            path.open("rb") as file,
            tqdm.wrapattr(file, "read", total=path.stat().st_size, **bar) as shown,
            _Bounded(fileobj=shown) as unzipped,
            tarfile.open(fileobj=unzipped, mode="r|") as archive,
        ):
            for member in archive:
                place = f"within or after {member.name[-100:]!r}"
                found = REVIEW.fullmatch(member.name)
                if found and member.isreg():
                    groups[found[1]][found[2]] = archive.extractfile(member).read()
                archive.members.clear()  # tarfile would keep every header
    except (EOFError, zlib.error, gzip.BadGzipFile, tarfile.TarError, RecursionError) as error:
        raise ValueError(f"the archive is cut short or damaged {place} ({error})") from error
    return {group: [texts[name] for name in sorted(texts)] for group, texts in groups.items()}


def read_unlabeled(path: Path) -> list[str]:
    """Read the unlabeled reviews of an IMDB archive, sorted by file name. They are not kept in a file of their own.

    Parameters
    ----------
    path : pathlib.Path
        The ``.tar.gz``.

    Returns
    -------
    list of str
        The reviews without a label, empty if the archive holds none.

    Raises
    ------
    ValueError
        For a review that is not UTF-8. Call :func:`read_imdb` first, which says what is wrong with a damaged archive.
    """
    with _Bounded(path) as unzipped, tarfile.open(fileobj=unzipped, mode="r|") as archive:
        members = tqdm(filter(tarfile.TarInfo.isreg, archive), "Reading IMDB", 100_000, file=sys.stdout, leave=False)
        wanted = (member for member in members if UNLABELED.fullmatch(member.name))
        texts = {member.name: archive.extractfile(member).read().decode() for member in wanted}
    return [texts[name] for name in sorted(texts)]
