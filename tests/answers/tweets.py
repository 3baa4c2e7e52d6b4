"""Answers to notebook 09's exercises: other right ones, and wrong ones that are not in the check's own table."""

import re

import numpy as np
import pandas as pd
from scipy import stats


def tidy_by_words(tweet):
    """Word by word, without a look-behind."""
    out = []
    for word in re.split(r"( )", tweet.lower()):
        for start in ("http://", "https://", "www."):
            if (
                start in word
                and (start != "www." or word.startswith(start))
                and len(word) > word.index(start) + len(start)
            ):
                word = word[: word.index(start)] + "weblink"
        word = re.sub(r"(^|[^\w])@\w+", r"\1atname", word)
        out.append(re.sub(r"([^\W\d_])\1\1+", lambda run: run[1] * 2, word))
    return "".join(out)


def tidy_in_another_order(tweet):
    return re.sub(r"(?<!\w)@\w+", "atname", re.sub(r"([^\W\d_])\1{2,}", r"\1\1", tweet.lower()))


def keep_by_pandas(keys, labels):
    table = pd.DataFrame({"key": keys, "label": labels})
    agree = table.groupby("key")["label"].transform("nunique") == 1
    return np.flatnonzero(agree & ~table["key"].duplicated() & (table["key"] != ""))


def memory_by_loop(train_keys, test_keys, right):
    found = {True: [], False: []}
    for key, hit in zip(test_keys, right, strict=True):
        found[key in train_keys].append(bool(hit))
    return [sum(hits) / len(hits) if hits else float("nan") for hits in (found[True], found[False])]


def paired_by_counts(first, second):
    """Only the tweets count on which the two disagree."""
    n, gain, loss = len(first), (first & ~second).sum(), (~first & second).sum()
    mean = (gain - loss) / n
    reach = 1.96 * np.sqrt(((gain + loss) - n * mean**2) / (n - 1) / n)
    return np.array([mean, mean - reach, mean + reach])


def wilson_by_scipy(right, n):
    return tuple(stats.binomtest(right, n).proportion_ci(method="wilson"))


def really_by_search(measured, wrong):
    """The accuracy on a fine grid that comes closest to what was measured."""
    a = np.linspace(0, 1, 100_001)
    return a[np.abs(a * (1 - wrong) + (1 - a) * wrong - measured).argmin()]


def ahead_by_regression(sizes, errors, ahead):
    line = stats.linregress(np.log10(sizes), np.log10(errors))
    return 10 ** (line.intercept + line.slope * np.log10(ahead))


RIGHT = {
    "tidy": [tidy_by_words],
    "keep": [keep_by_pandas, lambda *given: keep_by_pandas(*given).tolist()],
    "memory": [memory_by_loop, lambda *given: np.array(memory_by_loop(*given))],
    "paired": [paired_by_counts, lambda *given: paired_by_counts(*given).tolist()],
    "wilson": [wilson_by_scipy],
    "really": [really_by_search],
    "look_ahead": [ahead_by_regression],
}
WRONG = {
    "tidy": {"Four steps": [tidy_in_another_order, lambda tweet: tidy_by_words(tweet).strip("!"), str.lower]},
    "keep": {"One tweet per key": [lambda keys, labels: [*range(1, len(keys))], lambda keys, labels: []]},
    "memory": {
        "occur in the training part": [
            lambda train, test, right: memory_by_loop(test, train, np.resize(right, len(train))),
        ],
    },
    "paired": {
        "standard error of the differences": [
            lambda *given: paired_by_counts(*given)[[0, 2, 1]],
            lambda first, second: paired_by_counts(first, ~second),
        ],
        "expected": lambda *given: paired_by_counts(*given)[0],
    },
    "wilson": {
        "Compare each term": [
            lambda right, n: tuple(np.clip((right / n - 0.05, right / n + 0.05), 0, 1)),
            lambda right, n: tuple(stats.binomtest(right, n).proportion_ci(0.9, method="wilson")),
            lambda right, n: tuple(stats.binomtest(right, n).proportion_ci(method="exact")),
        ],
    },
    "really": {"Solve the formula": [lambda measured, wrong: min(1.0, measured + wrong), lambda *given: given[0]]},
    "look_ahead": {
        "A line through": [
            lambda sizes, errors, ahead: errors[-1],
            lambda sizes, errors, ahead: ahead_by_regression(sizes[-2:] / 1_000, errors[-2:], ahead),
        ],
    },
}
