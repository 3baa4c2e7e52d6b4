"""Read the corpora from files small enough to be read at once (IMDB's archive: `imdb`), and describe their content.

Reviews are a dict: by ``"split/label"`` a list of bytes, in the order of `GROUPS`. A treebank is a list of texts.
"""

import hashlib
import json
import re
from collections import Counter
from pathlib import Path

import numpy as np

__all__ = ["GROUPS", "describe_headlines", "describe_reviews", "describe_text", "describe_treebank"]
__all__ += ["read_headlines", "read_sample_reviews", "read_sample_treebank", "read_text"]

GROUPS = ("test/neg", "test/pos", "train/neg", "train/pos")
COMMON = 30  # a word of the sample treebank that occurs less often in training is <unk>
WORD = re.compile(r"[a-z]+(?:['-][a-z]+)*")


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


def describe_treebank(texts: str | list[str]) -> tuple[str, str]:
    """Return the SHA-256 of one text or over several, and how many tokens each of them holds.

    Examples
    --------
    >>> describe_treebank([" the <unk> fell N points \\n", " it rose \\n"])[1]
    '6 / 3 tokens (with one end mark per line)'
    """
    texts = [texts] if isinstance(texts, str) else texts
    counts = " / ".join(f"{len(text.split()) + text.count(chr(10)):,}" for text in texts)
    return hashlib.sha256("\0".join(texts).encode()).hexdigest(), f"{counts} tokens (with one end mark per line)"


def read_sample_treebank(path: Path) -> list[str]:
    """Write the sample reviews in the form of the Penn Treebank: lower case, no punctuation, one sentence per line.

    Returns
    -------
    list of str
        The texts for training, validation and testing. The last tenth of the training reviews is
        for validation. A word that occurs fewer than `COMMON` times in training is ``<unk>`` everywhere.

    Raises
    ------
    ValueError, KeyError, TypeError
        For a file of another layout.
    """
    rows = _json_rows(read_text(path))
    train, test = ([row["text"].lower() for row in rows if row["split"] == split] for split in ("train", "test"))
    cut = len(train) * 9 // 10
    sentences = [re.split(r"<br />|[.!?\n]", "\n".join(part)) for part in (train[:cut], train[cut:], test)]
    parts = [[words for sentence in part if (words := WORD.findall(sentence))] for part in sentences]
    counts = Counter(word for words in parts[0] for word in words)
    known = {word for word, count in counts.items() if count >= COMMON}
    return ["".join(f" {' '.join(w if w in known else '<unk>' for w in words)} \n" for words in part) for part in parts]


def _json_rows(text: str) -> list:
    """Return the rows of one JSON list, or of one JSON value per line; a ValueError says what is no JSON."""
    try:
        if text.lstrip().startswith("["):
            return json.loads(text)
        return [json.loads(line) for line in text.split("\n") if line.strip()]
    except RecursionError:
        raise ValueError("its brackets are nested too deeply") from None
