"""Read the corpora of the projects (notebooks 09 to 11), and describe their content.

Tweets and Korean reviews are a tuple of four: texts and labels to train on, then texts and labels to test with.
"""

import contextlib
import csv
import gzip
import hashlib
import json
import re
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

__all__ = ["describe_korean_reviews", "describe_tweets", "describe_weather", "read_korean_reviews", "read_sample_texts"]
__all__ += ["read_tweets", "read_weather"]

Labeled = tuple[list[str], np.ndarray, list[str], np.ndarray]
MOST_BYTES = 500_000_000  # the published archives unpack to some 240 MB
COLUMNS = ["label", "id", "date", "query", "user", "text"]
TWEETS = "training.1600000.processed.noemoticon.csv", "testdata.manual.2009.06.14.csv"
OF_EACH = 100_000  # Korean reviews drawn of each label
FOR_TRAINING = 150_000  # how many of all drawn reviews are for training
BEIJING = {"TEMP": "temperature", "DEWP": "dew_point", "PRES": "pressure", "Iws": "wind_speed"}
BEIJING |= {"cbwd": "wind_direction", "Is": "snow", "Ir": "rain", "pm2.5": "pm25"}
SEATTLE = {"temp_max": "temperature", "temp_min": "temperature_min", "precipitation": "precipitation"}
SEATTLE |= {"wind": "wind_speed"}


def read_tweets(path: Path) -> Labeled:
    """Read Sentiment140: the published archive, or a ``.tsv.gz`` of some of its tweets with the test tweets beside it.

    Returns
    -------
    texts, labels, test_texts, test_labels
        Lists of str and int8 arrays. Labels are 1 or 0, in the test tweets 0, 2 or 4.

    Raises
    ------
    ValueError
        For a damaged file.
    """
    with _damage_as_value_error():
        if path.suffix == ".gz":
            return _content(_table(path), _table(path.with_name("sentiment140_test.tsv")))
        with _archive(path) as archive:
            options = {"names": COLUMNS, "encoding": "latin-1", "keep_default_na": False}
            tweets, by_hand = (pd.read_csv(archive.open(name), **options) for name in TWEETS)
        return _content(tweets.assign(label=tweets["label"] // 4), by_hand)


def read_korean_reviews(path: Path) -> Labeled:
    """Read Korean movie reviews: drawn from the published archive, or already drawn, in two ``.tsv.gz`` files.

    White space is folded. Empty reviews and those rated 5 to 8 are left out. Of each class, the 100,000 whose id has
    the smallest SHA-256 are drawn. Then all are put in the order of the SHA-256 of ``"split "`` and the id, and the
    first 150,000 are for training.

    Raises
    ------
    ValueError
        For a damaged file.
    """
    with _damage_as_value_error():
        if path.suffix == ".gz":
            return _content(_table(path), _table(path.with_name(path.name.replace("train", "test"))))
        with _archive(path) as archive:
            names = sorted(name for name in archive.namelist() if re.search(r"(^|/)raw/\d+\.json$", name))
            bar = tqdm(names, "Reading Korean reviews", file=sys.stdout, leave=False, delay=0.2)
            table = pd.DataFrame([row for name in bar for row in json.loads(archive.read(name))])
        table["text"] = table["review"].str.split().str.join(" ")
        table["label"] = (table["rating"].astype(int) > 8).astype(int)
        clear = (table["text"] != "") & ~table["rating"].astype(int).between(5, 8)
        drawn = table[clear].drop_duplicates("review_id")
        drawn = drawn.sort_values("review_id", key=_hashes).groupby("label").head(OF_EACH)
        drawn = drawn.sort_values("review_id", key=lambda keys: _hashes("split " + keys))
        return _content(drawn[:FOR_TRAINING], drawn[FOR_TRAINING:])


def read_sample_texts(path: Path) -> Labeled:
    """Read sample tweets or Korean reviews: a table with tabs whose columns are split (train or test), label and text.

    Raises
    ------
    ValueError
        For a file of another layout.
    """
    with _damage_as_value_error():
        table = _table(path)
        return _content(*(table[table["split"] == split] for split in ("train", "test")))


def describe_tweets(content: Labeled) -> tuple[str, str]:
    """Return the SHA-256 over texts and labels, and how many tweets there are.

    Examples
    --------
    >>> describe_tweets((["so good"], np.array([1]), ["meh", "bad"], np.array([2, 0])))[1]
    '1 tweets (1 positive), 2 labeled by hand'
    """
    return _digest(
        content
    ), f"{len(content[0]):,} tweets ({content[1].sum():,} positive), {len(content[2]):,} labeled by hand"


def describe_korean_reviews(content: Labeled) -> tuple[str, str]:
    """Return the SHA-256 over texts and labels, and how many reviews there are for training and testing.

    Examples
    --------
    >>> describe_korean_reviews((["좋아요", "별로"], np.array([1, 0]), ["최고"], np.array([1])))[1]
    '2 / 1 Korean reviews'
    """
    return _digest(content), f"{len(content[0]):,} / {len(content[2]):,} Korean reviews"


def read_weather(path: Path) -> pd.DataFrame:
    """Read the hourly weather of Beijing, or the daily one of Seattle, as a table with the time as its index.

    Raises
    ------
    ValueError, KeyError
        If columns are missing, or a time is no time.
    """
    table = pd.read_csv(path)
    if "date" in table:
        return table.set_index(pd.to_datetime(table["date"])).rename(columns=SEATTLE)[[*SEATTLE.values()]]
    if missing := {"year", "month", "day", "hour", *BEIJING} - {*table}:
        raise ValueError(f"it has no column {', '.join(sorted(missing))}")
    times = pd.to_datetime(table[["year", "month", "day", "hour"]])
    return table.set_index(times.rename("time")).rename(columns=BEIJING)[[*BEIJING.values()]]


def describe_weather(table: pd.DataFrame) -> tuple[str, str]:
    """Return the SHA-256 over times and values, and how many there are.

    Examples
    --------
    >>> describe_weather(pd.DataFrame({"temperature": [1.5, 2.0]}, index=pd.date_range("2012", periods=2, freq="D")))[1]
    '2 days of weather'
    """
    unit = "hours" if table.index[1] - table.index[0] < pd.Timedelta("1D") else "days"
    return hashlib.sha256(table.to_csv(lineterminator="\n").encode()).hexdigest(), f"{len(table):,} {unit} of weather"


@contextlib.contextmanager
def _damage_as_value_error() -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, LookupError, TypeError) as error:
        raise ValueError(f"the file is cut short or damaged ({error})") from error


def _archive(path: Path) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(path)
    if sum(member.file_size for member in archive.infolist()) > MOST_BYTES:
        raise ValueError("it unpacks to more than any published one")
    return archive


def _table(path: Path) -> pd.DataFrame:
    """Return a table with tabs, plain or packed."""
    options = {"quoting": csv.QUOTE_NONE, "keep_default_na": False, "lineterminator": "\n"}
    return pd.read_csv(path, sep="\t", **options).rename(columns={"document": "text"})


def _content(train: pd.DataFrame, test: pd.DataFrame) -> Labeled:
    (texts, labels), (test_texts, test_labels) = (
        (part["text"].tolist(), part["label"].to_numpy("int8")) for part in (train, test)
    )
    return texts, labels, test_texts, test_labels


def _hashes(keys: pd.Series) -> pd.Series:
    return keys.map(lambda key: hashlib.sha256(key.encode()).hexdigest())


def _digest(content: Labeled) -> str:
    parts = (content[1].tolist(), content[0]), (content[3].tolist(), content[2])
    rows = ["".join(f"{label}\t{text}\n" for label, text in zip(*part, strict=True)) for part in parts]
    return hashlib.sha256("\0".join(rows).encode()).hexdigest()
