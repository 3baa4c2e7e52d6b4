"""Check the exercises of notebook 09: tidy tweets, twins, memory, pairs, intervals, wrong labels, a look ahead."""

import re
from collections.abc import Callable
from functools import partial

import numpy as np

from course_utils.checks import right
from course_utils.checks.expect import hold
from course_utils.checks.progress import watch

TWEETS = ["I am SO happy", "see http://a.example/b!c https://d.example www.e.example ok", "thx @Ana_1 and @ben!"]
TWEETS += [
    "mail me@home.example",
    "Awww... cute",
    "soooo goooood, AAAArgh!!! 1000 times ___",
    "@x",
    "",
    "좋아요오오오 @수",
]
LINK, NAME, STRETCHED = r"(https?://|\bwww\.)\S+", r"(?<!\w)@\w+", r"([^\W\d_])\1{2,}"


def _tidy(tweet, *, lower=str.lower, link=LINK, name=NAME, stretched=STRETCHED, left=r"\1\1"):
    tweet = re.sub(name, "atname", re.sub(link, "weblink", lower(tweet)))
    return re.sub(stretched, left, tweet)


def _keep(keys, labels, *, empty=False, both=False, each=False):
    same = [{label for other, label in zip(keys, labels, strict=True) if other == key} for key in keys]
    good = [at for at, key in enumerate(keys) if (key or empty) and (len(same[at]) == 1 or both)]
    return [at for at in good if each or keys[at] not in keys[:at]]


def _memory(train, test, hits, *, order=(True, False)):
    twin = np.isin(test, train)
    return tuple(float(hits[twin == kind].mean()) if (twin == kind).any() else np.nan for kind in order)


def _paired(first, second, *, ddof=1, z=1.96, root=0.5):
    gains = np.subtract(first, second, dtype=float)
    reach = z * gains.std(ddof=ddof) / len(gains) ** root
    return tuple(float(gains.mean() + side * reach) for side in (0, -1, 1))


def _unpaired(first, second):
    reach = 1.96 * np.sqrt((first.var(ddof=1) + second.var(ddof=1)) / len(first))
    return tuple(float(first.mean() - second.mean() + side * reach) for side in (0, -1, 1))


def _wilson(hits, n, z=1.96, *, shrink=True):
    a, by = hits / n, 1 + z**2 / n if shrink else 1
    middle, reach = (a + z**2 / (2 * n)) / by, z / by * np.sqrt(a * (1 - a) / n + z**2 / (4 * n**2))
    return float(middle - reach), float(middle + reach)


def _textbook(hits, n):
    reach = 1.96 * np.sqrt(hits / n * (1 - hits / n) / n)
    return hits / n - reach, hits / n + reach


def _really(measured, wrong, *, cut=True):
    found = (measured - wrong) / (1 - 2 * wrong)
    return float(np.clip(found, 0, 1) if cut else found)


def _ahead(sizes, errors, ahead, *, log=np.log, up=np.log, down=np.exp):
    return float(down(np.polyval(np.polyfit(log(sizes), up(errors), 1), log(ahead))))


MISTAKES = {
    "tidy": {
        "Make it lower case.": partial(_tidy, lower=str),
        "Links also begin with https:// or www.": partial(_tidy, link=r"http://\S+"),
        "Does a link begin in the middle of that word?": partial(_tidy, link=r"(https?://|www\.)\S+"),
        "Is every @ a name? Look at what stands before it.": partial(_tidy, name=r"@\w+"),
        "Only letters are shortened.": partial(_tidy, stretched=r"(.)\1{2,}"),
        "Two letters are left, not one.": partial(_tidy, left=r"\1"),
        "A double letter may belong to the word.": partial(_tidy, stretched=r"([^\W\d_])\1+", left=r"\1"),
    },
    "keep": {
        "What about an empty key?": partial(_keep, empty=True),
        "Twins with different labels contradict each other.": partial(_keep, both=True),
        "Keep only the first of the twins.": partial(_keep, each=True),
    },
    "memory": {
        "Which of the two comes first?": partial(_memory, order=(False, True)),
        "That is the accuracy on all of them.": lambda train, test, hits: (float(hits.mean()),) * 2,
        "What if there are no tweets of a kind? Then it is nan.": lambda *given: tuple(np.nan_to_num(_memory(*given))),
        "Those are shares of all test tweets. Divide by how many there are of the kind.": lambda train, test, hits: (
            tuple(float((hits & (np.isin(test, train) == kind)).mean()) for kind in (True, False))
        ),
    },
    "paired": {
        "These are intervals of two separate tests. Take the differences tweet by tweet.": _unpaired,
        "n - 1 belongs in the denominator.": partial(_paired, ddof=0),
        "How far does the interval reach? 1.96 standard errors.": partial(_paired, z=1.0),
        "That is the standard deviation. The standard error gets smaller with n.": partial(_paired, root=0),
        "First minus second.": lambda first, second: _paired(second, first),
    },
    "wilson": {
        "That is the textbook's interval. Look at 20 of 20.": _textbook,
        "The middle and the reach are both divided by 1 + z² / n.": partial(_wilson, shrink=False),
        "z is 1.96.": partial(_wilson, z=1.0),
    },
    "really": {
        "That makes it worse. Wrong test labels hide how good the model is.": lambda m, w: m * (1 - w) + (1 - m) * w,
        "It can't be below 0 or above 1.": partial(_really, cut=False),
        "Where the model is wrong and the label, too, it was counted as right.": lambda m, w: min(1.0, m / (1 - w)),
        "How many labels are wrong on both sides? 1 - 2 · wrong.": lambda m, w: float(np.clip((m - w) / (1 - w), 0, 1)),
    },
    "look_ahead": {
        "Take the logarithm of the sizes and of the errors.": partial(
            _ahead, log=np.asarray, up=np.asarray, down=np.asarray
        ),
        "The sizes belong in logarithms, too.": partial(_ahead, log=np.asarray),
        "The errors belong in logarithms, too.": partial(_ahead, up=np.asarray, down=np.asarray),
        "That is the logarithm of the error.": lambda sizes, errors, n: float(np.log(_ahead(sizes, errors, n))),
    },
}
__all__ = ["MISTAKES", "hint", "progress", *MISTAKES]


def tidy(answer: Callable) -> None:
    """Exercise 1: a tidied tweet."""
    hint = "Four steps, in the order of the exercise."
    for tweet in TWEETS:
        hold(answer, [tweet], _tidy(tweet), MISTAKES["tidy"], hint=hint)
    right("tidy", "Names and links are no longer all different.")


def keep(answer: Callable) -> None:
    """Exercise 2: the positions of the tweets to keep."""
    rng = np.random.default_rng(0)
    many = [f"{number}" for number in rng.integers(0, 12, 30)]
    for given in [(["a", "b", "a", "c"], [1, 0, 1, 0]), (["a", "b", "a", ""], [1, 0, 0, 1]), (["", ""], [1, 1]),
                  (["c", "c", "c"], [0, 0, 1]), (many, rng.integers(0, 2, 30).tolist())]:  # fmt: skip
        hold(answer, given, _keep(*given), MISTAKES["keep"], hint="One tweet per key, and only if all twins agree.")
    right("one of each", "Nothing that is left can leak.")


def memory(answer: Callable) -> None:
    """Exercise 3: the accuracy with and without a twin in training."""
    for train, test, hits in [("ab", "abcd", [1, 1, 0, 1]), ("aab", "bbbc", [1, 0, 1, 0]), ("x", "ab", [1, 0]),
                              ("ab", "ab", [0, 1])]:  # fmt: skip
        given = [list(train), list(test), np.array(hits, bool)]
        hold(answer, given, _memory(*given), MISTAKES["memory"], hint="Which test keys occur in the training part?")
    right("memory", "The second number is the one to report.")


def paired(answer: Callable) -> None:
    """Exercise 4: the difference of two accuracies and its interval."""
    rng = np.random.default_rng(1)
    for n, second in [(6, 0.5), (200, 0.6), (50, 0.0)]:
        given = [rng.random(n) < 0.8, rng.random(n) < second]
        hold(answer, given, _paired(*given), MISTAKES["paired"], hint="Mean and standard error of the differences.")
    right("paired", "Where both agree, nothing is uncertain.")


def wilson(answer: Callable) -> None:
    """Exercise 5: Wilson's interval."""
    for given in [(298, 359), (20, 20), (0, 7), (1, 2)]:
        hold(answer, given, _wilson(*given), MISTAKES["wilson"], hint="Compare each term with the formula.")
    right("Wilson's interval", "It never leaves 0 to 1.")


def really(answer: Callable) -> None:
    """Exercise 6: the accuracy behind wrong test labels."""
    for given in [(0.82, 0.08), (0.7, 0.0), (0.95, 0.1), (0.05, 0.1), (0.5, 0.3)]:
        hold(answer, given, _really(*given), MISTAKES["really"], hint="Solve the formula of section 7 for a.")
    right("really", "The labels hid it.")


def look_ahead(answer: Callable) -> None:
    """Exercise 7: a straight line in logarithms."""
    for sizes, errors, ahead in [([100, 1_000], [0.4, 0.2], 10_000), ([300, 1_000, 9_000], [0.42, 0.33, 0.21], 1.6e6)]:
        given = [np.array(sizes, float), np.array(errors), ahead]
        hold(answer, given, _ahead(*given), MISTAKES["look_ahead"], hint="A line through log sizes and log errors.")
    right("look ahead", "Say that it is extrapolated.")


hint, progress = watch(globals())
