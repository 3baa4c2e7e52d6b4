"""The course's corpora: IMDB, tiny Shakespeare, headlines (taught in notebook 00), Penn Treebank, and the projects'.

Each loader looks in the folder named by COURSE_DATA_DIR, then in the cache, then on the network,
and last among the samples written for this course. The answer says which it was.
`python -m course_utils.corpora` downloads all of them and prints where each one came from.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from course_utils.corpora import projects, readers
from course_utils.corpora.find import CorpusError, Provenance, find_corpus
from course_utils.corpora.imdb import read_imdb, read_unlabeled
from course_utils.validate import whole_number

__all__ = ["CorpusError", "Headlines", "Play", "Provenance", "Reviews", "Treebank", "Tweets", "Weather"]
__all__ += ["load_headlines", "load_imdb", "load_korean_reviews", "load_ptb", "unlabeled_imdb"]
__all__ += ["load_shakespeare", "load_tweets", "load_weather", "subset"]


class Reviews(NamedTuple):
    """Movie reviews: two lists of str and two int8 arrays, (reviews,); label 1 is positive."""

    train_texts: list[str]
    train_labels: np.ndarray
    test_texts: list[str]
    test_labels: np.ndarray
    provenance: Provenance


class Play(NamedTuple):
    """A play as one str."""

    text: str
    provenance: Provenance


class Headlines(NamedTuple):
    """Headlines: a list of str and an int8 array, (headlines,); label 1 is sarcastic."""

    texts: list[str]
    labels: np.ndarray
    provenance: Provenance


class Treebank(NamedTuple):
    """Three texts as str, one sentence per line with a space around each word, ``<unk>`` for rare words.

    Examples
    --------
    >>> treebank = Treebank(" the <unk> fell N points \\n", " it rose \\n it fell \\n", " it <unk> \\n", None)
    >>> [line.split() for line in treebank.validation.splitlines()]
    [['it', 'rose'], ['it', 'fell']]
    """

    train: str
    validation: str
    test: str
    provenance: Provenance


class Tweets(NamedTuple):
    """Tweets labeled by their emoticon, 1 positive or 0 negative, and test tweets labeled by hand: 0, 2 neutral, 4.

    Lists of str and int8 arrays, (tweets,). The emoticons themselves were removed from the texts.
    """

    texts: list[str]
    labels: np.ndarray
    test_texts: list[str]
    test_labels: np.ndarray
    provenance: Provenance


class Weather(NamedTuple):
    """Measurements at equal distances in time: a table (times, quantities) with the times as its index."""

    table: pd.DataFrame
    provenance: Provenance


def load_imdb() -> Reviews:
    """Load the IMDB reviews, 25,000 for training and 25,000 for testing.

    In the archive all negative reviews come before all positive ones, so a validation split taken
    from the end would hold one label only. Here they come mixed, in an order that is the same on
    every machine.

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
    groups, provenance = find_corpus("imdb", read_imdb, readers.describe_reviews, readers.read_sample_reviews)
    halves = []
    for half in ("train", "test"):
        negative, positive = groups[f"{half}/neg"], groups[f"{half}/pos"]
        texts, labels = negative + positive, np.repeat(np.int8([0, 1]), [len(negative), len(positive)])
        order = np.random.RandomState(0).permutation(len(texts))  # a stream that NumPy keeps frozen
        halves += [[texts[row].decode() for row in order], labels[order]]
    return Reviews(*halves, provenance)


def unlabeled_imdb() -> list[str]:
    """Load the 50,000 movie reviews that IMDB's archive holds without a label, sorted by file name.

    They come from the same place as those of :func:`load_imdb`, whose digest is checked here, too. The digest does
    not cover the unlabeled reviews. Each call reads the archive again, which takes longer than :func:`load_imdb`.

    Returns
    -------
    list of str
        Empty if the archive has no unlabeled reviews, as in some copies, and for the sample, which has none.

    Raises
    ------
    CorpusError
        When COURSE_DATA_DIR is missing or holds a damaged file.

    Examples
    --------
    >>> len(unlabeled_imdb())  # doctest: +SKIP
    50000
    """
    reading = [lambda path: (read_imdb(path), read_unlabeled(path)), lambda both: readers.describe_reviews(both[0])]
    return find_corpus("imdb", *reading, lambda path: (readers.read_sample_reviews(path), []))[0][1]


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
    return Play(*find_corpus("shakespeare", readers.read_text, readers.describe_text))


def load_headlines() -> Headlines:
    """Load news headlines, sarcastic or not.

    Two forms pass as real: version 1 as published (26,709 headlines), and the 13,481 of them
    whose digest is known. Of the former only the counts can be checked; its provenance says so.

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
    (texts, labels), provenance = find_corpus("headlines", readers.read_headlines, readers.describe_headlines)
    return Headlines(texts, labels, provenance)


def load_ptb() -> Treebank:
    """Load the Penn Treebank as Mikolov prepared it, with 10,000 words if you count an end mark for each line.

    Numbers are ``N``, and all other words are ``<unk>``. The texts are published as three files, and
    the provenance names the place that the search reached last. As soon as one file is found nowhere,
    the search ends, and all three texts come from the sample, which is made of the sample reviews.

    Raises
    ------
    CorpusError
        When COURSE_DATA_DIR is missing or holds a damaged file.

    Examples
    --------
    >>> treebank = load_ptb()  # doctest: +SKIP
    >>> [text.count("\\n") for text in treebank[:3]], len(set(treebank.train.split()))  # doctest: +SKIP
    ([42068, 3370, 3761], 9999)
    """
    reading = readers.read_text, readers.describe_treebank, readers.read_sample_treebank
    texts, origins = [], []
    for name in ("ptb", "ptb_validation", "ptb_test"):
        content, provenance = find_corpus(name, *reading)
        if provenance.is_sample:
            return Treebank(*content, provenance._replace(corpus="ptb"))
        texts.append(content)
        origins.append(provenance.origin)
    origin = max(origins, key=("folder", "cache", "download").index)
    return Treebank(*texts, Provenance("ptb", origin, *readers.describe_treebank(texts)))


def load_tweets() -> Tweets:
    """Load Sentiment140: tweets labeled by their emoticon, and 498 labeled by hand.

    Two forms pass as real: the published archive (1,600,000 tweets, all negative ones first) and 99,379 of
    them whose digest is known. Of the former only the counts can be checked; its provenance says so.

    Raises
    ------
    CorpusError
        When COURSE_DATA_DIR is missing or holds a damaged file.

    Examples
    --------
    >>> tweets = load_tweets()  # doctest: +SKIP
    >>> len(tweets.texts), len(tweets.test_texts)  # doctest: +SKIP
    (1600000, 498)
    """
    reading = projects.read_tweets, projects.describe_tweets, projects.read_sample_texts
    content, provenance = find_corpus("tweets", *reading)
    return Tweets(*content, provenance)


def load_korean_reviews() -> Reviews:
    """Load Korean movie reviews, 150,000 for training and 50,000 for testing, half of them positive.

    They are drawn from the raw reviews behind NSMC by a rule, see :func:`projects.read_korean_reviews`, and
    are not NSMC's own split. Label 1 was rated 9 or 10, label 0 was rated 1 to 4.

    Raises
    ------
    CorpusError
        When COURSE_DATA_DIR is missing or holds a damaged file.

    Examples
    --------
    >>> reviews = load_korean_reviews()  # doctest: +SKIP
    >>> len(reviews.train_texts), len(reviews.test_texts)  # doctest: +SKIP
    (150000, 50000)
    """
    reading = projects.read_korean_reviews, projects.describe_korean_reviews, projects.read_sample_texts
    content, provenance = find_corpus("korean_reviews", *reading)
    return Reviews(*content, provenance)


def load_weather() -> Weather:
    """Load the weather of Beijing, hour by hour from 2010 to 2014, or as a sample that of Seattle, day by day.

    The first column is the temperature in degrees Celsius. In Seattle it is the highest of each day.

    Raises
    ------
    CorpusError
        When COURSE_DATA_DIR is missing or holds a damaged file.

    Examples
    --------
    >>> load_weather().table.shape  # doctest: +SKIP
    (43824, 8)
    """
    return Weather(*find_corpus("weather", projects.read_weather, projects.describe_weather))


def subset(reviews: Reviews, *, train: int, test: int, seed: int = 42) -> Reviews:
    """Return random reviews of each half, in their order; all of a half that has no more than that.

    Parameters
    ----------
    reviews : Reviews
    train, test : int
        How many of each half, 1 or more.
    seed : int
        The same seed picks the same reviews.

    Raises
    ------
    TypeError, ValueError
        If ``train`` or ``test`` is not a whole number, or is below 1.

    Examples
    --------
    >>> whole = Reviews(["good", "bad"], np.array([1, 0]), ["fine", "dull"], np.array([1, 0]), None)
    >>> part = subset(whole, train=2, test=1)
    >>> part.train_texts, len(part.test_texts)
    (['good', 'bad'], 1)
    """
    halves = []
    for name, number in (("train", train), ("test", test)):
        whole_number(name, number, least=1)
        texts, labels = getattr(reviews, f"{name}_texts"), getattr(reviews, f"{name}_labels")
        rows = np.sort(np.random.RandomState(seed).permutation(len(texts))[:number])
        halves += [[texts[row] for row in rows], labels[rows]]
    return Reviews(*halves, reviews.provenance)
