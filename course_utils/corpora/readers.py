"""Read the corpora from files small enough to be read at once (IMDB's archive: `imdb`), and describe their content.

Reviews are a dict: by ``"split/label"`` a list of bytes, in the order of `GROUPS`.
"""

import hashlib
import json
from pathlib import Path

import numpy as np

__all__ = ["GROUPS", "describe_headlines", "describe_reviews", "describe_text"]
__all__ += ["read_headlines", "read_sample_reviews", "read_text"]

GROUPS = ("test/neg", "test/pos", "train/neg", "train/pos")


def read_text(path: Path) -> str:
    """Return a UTF-8 file's text, with the same line ends whatever system it passed through.

    Raises
    ------
    ValueError
        If the file is not UTF-8.
    """
    return path.read_bytes().decode("utf-8").replace("\r\n", "\n")


def describe_text(text: str) -> tuple[str, str]:
    """Return the SHA-256 of a text and how long it is.

    Examples
    --------
    >>> describe_text("To be, or not to be")[1]
    '19 characters'
    """
    return hashlib.sha256(text.encode()).hexdigest(), f"{len(text):,} characters"


def read_headlines(path: Path) -> tuple[list[str], np.ndarray]:
    """Read headlines, one JSON list or one object per line.

    Returns
    -------
    texts : list of str
    labels : int8 array, (headlines,)
        1 is sarcastic.

    Raises
    ------
    ValueError
        If a row has no text under ``headline``, or neither 0 nor 1 under ``is_sarcastic``.
    """
    rows = _json_rows(read_text(path))
    for number, row in enumerate(rows, 1):
        text, label = (row.get("headline"), row.get("is_sarcastic")) if isinstance(row, dict) else (None, None)
        if not (isinstance(text, str) and text.strip() and label in (0, 1)):
            raise ValueError(f"row {number} has no text under 'headline', or neither 0 nor 1 under 'is_sarcastic'")
    return [row["headline"] for row in rows], np.array([row["is_sarcastic"] for row in rows], dtype=np.int8)


def describe_headlines(content: tuple[list[str], np.ndarray]) -> tuple[str, str]:
    """Return the SHA-256 over headlines and labels, and how many there are.

    Examples
    --------
    >>> describe_headlines((["area man reads"], np.array([1])))[1]
    '1 headlines (1 sarcastic)'
    """
    texts, labels = content
    rows = "".join(f"{label}\t{text}\n" for text, label in zip(texts, labels, strict=True))
    return hashlib.sha256(rows.encode()).hexdigest(), f"{len(texts):,} headlines ({int(labels.sum()):,} sarcastic)"


def describe_reviews(reviews: dict[str, list[bytes]]) -> tuple[str, str]:
    """Return the SHA-256 over texts, labels and split, and how many reviews there are.

    Examples
    --------
    >>> reviews = {"test/neg": [], "test/pos": [], "train/neg": [b"bad"], "train/pos": [b"good"]}
    >>> digest, detail = describe_reviews(reviews)
    >>> digest[:12], detail
    ('7f927fa15f19', '2 reviews')
    """
    texts = [text for group in GROUPS for text in reviews[group]]
    splits_and_labels = [[group.startswith("train") for group in GROUPS], [group.endswith("pos") for group in GROUPS]]
    flags = np.repeat(splits_and_labels, [len(reviews[group]) for group in GROUPS], axis=1)
    begins = np.cumsum([0, *map(len, texts)], dtype="<i8")  # where each review begins
    return hashlib.sha256(b"".join([flags, begins, *texts])).hexdigest(), f"{len(texts):,} reviews"


def read_sample_reviews(path: Path) -> dict[str, list[bytes]]:
    """Read the sample reviews: one object per line with text, label (1 positive) and split.

    Raises
    ------
    ValueError, KeyError, TypeError
        For a file of another layout.
    """
    reviews = {group: [] for group in GROUPS}
    for row in _json_rows(read_text(path)):
        reviews[f"{row['split']}/{'pos' if row['label'] else 'neg'}"].append(row["text"].encode())
    return reviews


def _json_rows(text: str) -> list:
    """Return the rows of one JSON list, or of one JSON value per line; a ValueError says what is no JSON."""
    try:
        if text.lstrip().startswith("["):
            return json.loads(text)
        return [json.loads(line) for line in text.split("\n") if line.strip()]
    except RecursionError:
        raise ValueError("its brackets are nested too deeply") from None
