"""Read IMDB's archive, check that it is what it claims to be, and keep its reviews in one quick file.

The archive is read as a stream, and the quick file holds no pickles. The archive holds tens of
thousands of small files. Unpacking them takes minutes on some systems and trusts the names
inside; here every member is looked at in turn, and nothing is ever written under a name that
the archive chose.
"""

import gzip
import hashlib
import re
import sys
import tarfile
import tokenize
import zipfile
import zlib
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
from tqdm import tqdm

GROUPS = ("test/neg", "test/pos", "train/neg", "train/pos")
_REVIEW = re.compile(r"aclImdb/((?:train|test)/(?:neg|pos))/(\d+_\d+\.txt)")
_IN_GROUP = re.compile(r"aclImdb/(?:train|test)/(?:neg|pos)/")
# What zipfile and NumPy raise for a file with bytes cut off or changed, found by changing them. Anything
# else is trouble of another kind and must show. RuntimeError: marked as encrypted, or an unknown compression.
DAMAGE = (OSError, EOFError, KeyError, ValueError, RuntimeError, tokenize.TokenError, zipfile.BadZipFile, zlib.error)


class ArchiveError(ValueError):
    """The file is not what it should be; the message names the member at fault."""


@dataclass(frozen=True)
class PackedReviews:
    """Reviews in one block of bytes: quick to save, to load and to check.

    Parameters
    ----------
    blob : uint8 array, (bytes,)
        Every review in UTF-8, one after the other.
    offsets : int64 array, (reviews + 1,)
        Review i is ``blob[offsets[i]:offsets[i + 1]]``.
    labels : int8 array, (reviews,)
        1 is positive, 0 negative.
    train : bool array, (reviews,)
        Which reviews belong to the training half.
    """

    blob: np.ndarray
    offsets: np.ndarray
    labels: np.ndarray
    train: np.ndarray

    @cached_property
    def digest(self):
        """The SHA-256 over texts, labels and split, however they were packed.

        Examples
        --------
        >>> pack({"train/pos": [b"good"], "train/neg": [b"bad"]}).digest[:12]
        '7f927fa15f19'
        """
        sha = hashlib.sha256()
        for array, kind in ((self.train, "?"), (self.labels, "i1"), (self.offsets, "<i8"), (self.blob, "u1")):
            sha.update(np.ascontiguousarray(array, dtype=kind).data)
        return sha.hexdigest()

    def texts(self):
        """Return the reviews as a list of str, in the order of the block.

        Examples
        --------
        >>> pack({"train/pos": [b"good"], "train/neg": [b"bad"]}).texts()
        ['bad', 'good']
        """
        block, ends = self.blob.tobytes(), self.offsets.tolist()
        return [block[a:b].decode("utf-8") for a, b in pairwise(ends)]


def pack(groups):
    """Join reviews into one block, group after group in the order of `GROUPS`.

    Parameters
    ----------
    groups : dict of str to list of bytes
        Reviews by ``"split/label"``, each list in its final order.

    Examples
    --------
    >>> pack({"test/neg": [b"dull"], "train/pos": [b"fine", b"great"]}).offsets.tolist()
    [0, 4, 8, 13]
    """
    named = [(group, review) for group in GROUPS for review in groups.get(group, ())]
    lengths = np.fromiter((len(review) for _, review in named), dtype=np.int64, count=len(named))
    return PackedReviews(
        blob=np.frombuffer(b"".join(review for _, review in named), dtype=np.uint8),
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        labels=np.array([group.endswith("pos") for group, _ in named], dtype=np.int8),
        train=np.array([group.startswith("train") for group, _ in named], dtype=bool),
    )


class _QuickMember(tarfile.TarInfo):
    """A member whose plain header is parsed quickly; any other is left to tarfile."""

    @classmethod
    def frombuf(cls, buf, encoding, errors):
        """Read one 512-byte header (POSIX ustar: name, size, checksum and kind of file).

        tarfile checks every header twice and decodes 13 fields, of which three are needed
        here: half of the time the whole archive takes.
        """
        size, check = buf[124:135], buf[148:154]
        plain = len(buf) == 512 and buf[156:157] == b"0" and size.isdigit() and check.isdigit()
        try:
            plain = plain and int(check, 8) == sum(buf) - sum(buf[148:156]) + 8 * 32
            length = int(size, 8)
        except ValueError:  # 8 and 9 are digits, but not octal ones
            plain = False
        if not plain:
            return super().frombuf(buf, encoding, errors)
        name, folder = (field.partition(b"\0")[0] for field in (buf[:100], buf[345:500]))
        if buf[257:263] != b"ustar\0":  # only the POSIX layout has the folder apart
            folder = b""
        member = cls((folder + b"/" + name if folder else name).decode(encoding, errors))
        member.size = length
        return member


def read_imdb(path, per_group=12_500, digest=None, progress=True):
    """Read the labeled reviews of an IMDB archive, member by member.

    Parameters
    ----------
    path : path of the ``.tar.gz``
    per_group : int
        How many reviews each of train/neg, train/pos, test/neg, test/pos must hold.
    digest : str or None
        What `PackedReviews.digest` must be.
    progress : bool
        Show a bar while reading.

    Returns
    -------
    PackedReviews
        Sorted by split, label and file name. Unlabeled reviews are left out.

    Raises
    ------
    ArchiveError
        For an unsafe or unreadable member, or when reviews are missing or other than expected.
    """
    path = Path(path)
    if path.stat().st_size == 0:
        raise ArchiveError("the file is empty; expected a gzip-compressed tar archive")
    groups = {group: {} for group in GROUPS}
    last = None
    try:
        with (
            path.open("rb") as raw,
            gzip.GzipFile(fileobj=raw) as unzipped,
            tarfile.open(fileobj=unzipped, mode="r|", tarinfo=_QuickMember) as archive,
            tqdm(
                total=path.stat().st_size,
                desc="Reading IMDB",
                unit="B",
                unit_scale=True,
                file=sys.stdout,
                leave=False,
                delay=0.2,
                disable=not progress,
            ) as bar,
        ):
            while (member := archive.next()) is not None:
                _refuse_unsafe(member)
                last = member.name
                found = _REVIEW.fullmatch(member.name.removeprefix("./"))
                if found:
                    _add_review(groups[found[1]], found[2], member, archive.fileobj.read(member.size))
                elif member.isfile() and _IN_GROUP.match(member.name.removeprefix("./")):
                    raise ArchiveError(f"member {member.name!r} is no review: expected names like 0_9.txt")
                archive.members.clear()  # tarfile would keep every header
                if (at := raw.tell()) - bar.n > 2**17:
                    bar.update(at - bar.n)
    except (EOFError, zlib.error, gzip.BadGzipFile, tarfile.TarError) as error:
        place = f"after {last!r}" if last else "at its very start"
        raise ArchiveError(f"the archive is cut short or damaged {place} ({error})") from error
    short = [f"{group}: {len(reviews):,}" for group, reviews in groups.items() if len(reviews) != per_group]
    if short:
        raise ArchiveError(f"expected {per_group:,} reviews in each group, found {', '.join(short)}")
    packed = pack({group: [reviews[name] for name in sorted(reviews)] for group, reviews in groups.items()})
    if digest and packed.digest != digest:
        raise ArchiveError("the reviews are not the published ones: some were changed (their digest differs)")
    return packed


def _refuse_unsafe(member):
    """Raise for a member that points outside the archive or is neither file nor folder."""
    parts = member.name.replace("\\", "/").split("/")
    if ".." in parts or parts[0] == "" or parts[0].endswith(":"):
        raise ArchiveError(f"member {member.name!r} points outside the archive; it was not opened")
    if not (member.isreg() or member.isdir()):
        raise ArchiveError(f"member {member.name!r} is a link or a device; expected plain files only")


def _add_review(reviews, name, member, data):
    """Check one review's bytes and file it under its name."""
    if name in reviews:
        raise ArchiveError(f"member {member.name!r} comes twice")
    if len(data) != member.size:
        raise ArchiveError(f"the archive is cut short within {member.name!r}")
    if not data.strip():
        raise ArchiveError(f"member {member.name!r} is empty; expected a review")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ArchiveError(f"member {member.name!r} is not UTF-8 text (byte {error.start})") from error
    reviews[name] = data


def save_packed(path, packed, made_from):
    """Write packed reviews to one uncompressed ``.npz``; `made_from` says which file they came from."""
    np.savez(
        path,
        blob=packed.blob,
        offsets=packed.offsets,
        labels=packed.labels,
        train=packed.train,
        made_from=np.array(made_from),
    )


def load_packed(path, digest):
    """Load packed reviews, or return None where the file is missing, damaged or of other content.

    Returns
    -------
    (PackedReviews, str) or None
        The reviews and the `made_from` they were saved with.
    """
    try:
        with np.load(path, allow_pickle=False) as saved:
            packed = PackedReviews(saved["blob"], saved["offsets"], saved["labels"], saved["train"])
            made_from = str(saved["made_from"])
        return (packed, made_from) if packed.digest == digest else None
    except DAMAGE:
        return None
