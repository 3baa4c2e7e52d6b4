"""Read the play, the headlines and the sample reviews: files small enough to be read at once.

IMDB's archive has a module of its own, `archives`.
"""

import hashlib
import json

import numpy as np

from course_utils.archives import GROUPS, pack

FULL_HEADLINES = (26_709, 11_724)  # version 1: rows, and how many of them are sarcastic


def read_sample_reviews(path):
    """Read the sample reviews: one object a line with text, label (1 positive) and split."""
    groups = {group: [] for group in GROUPS}
    for row in _json_lines(_read_text(path)):
        groups[f"{row['split']}/{'pos' if row['label'] else 'neg'}"].append(row["text"].encode())
    return pack(groups)


def read_play(path, digest=None):
    """Read a play; with a digest, raise ValueError for any other text.

    Line ends of Windows count as those of the published file.
    """
    text = _read_text(path)
    if digest and hashlib.sha256(text.encode()).hexdigest() != digest:
        raise ValueError(f"its {len(text):,} characters are not the published text (their digest differs)")
    return text


def read_headlines(path, digest=None):
    """Read headlines, one JSON list or one object a line, and return (list of str, int8 array).

    With a digest, only those headlines pass, or as many as the whole of version 1 holds:
    there is no digest of that to compare with. Anything else raises ValueError.
    """
    text = _read_text(path)
    rows = json.loads(text) if text.lstrip().startswith("[") else _json_lines(text)
    for number, row in enumerate(rows, 1):
        if not (isinstance(row, dict) and isinstance(row.get("headline"), str) and row["headline"].strip()):
            raise ValueError(f"row {number} has no text under 'headline'")
        if row.get("is_sarcastic") not in (0, 1):
            raise ValueError(f"row {number} has {row.get('is_sarcastic')!r} under 'is_sarcastic', not 0 or 1")
    texts = [row["headline"] for row in rows]
    labels = np.array([row["is_sarcastic"] for row in rows], dtype=np.int8)
    counts = (len(texts), int(labels.sum()))
    if digest and headline_digest(texts, labels) != digest and counts != FULL_HEADLINES:
        raise ValueError(f"{counts[0]:,} headlines, {counts[1]:,} of them sarcastic, are not the published ones")
    return texts, labels


def headline_digest(texts, labels):
    """Return the SHA-256 over headlines and labels.

    Examples
    --------
    >>> headline_digest(["area man reads"], [1])[:12]
    'dde8330f92f6'
    """
    rows = "".join(f"{label}\t{text}\n" for text, label in zip(texts, labels, strict=True))
    return hashlib.sha256(rows.encode()).hexdigest()


def _json_lines(text):
    """Return one object for each line that is not empty."""
    return [json.loads(line) for line in text.split("\n") if line.strip()]


def _read_text(path):
    """Return a UTF-8 file's text, with the same line ends whatever system it passed through."""
    text = path.read_bytes().decode("utf-8").replace("\r\n", "\n")
    if not text:
        raise ValueError("the file is empty")
    return text
