"""Check the exercises of notebook 10: Hangul by arithmetic, slips, runs, a convolution, an interval, a fair choice."""

import re
from collections.abc import Callable, Iterable
from functools import partial

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from course_utils.backends import keras
from course_utils.checks import right
from course_utils.checks.expect import hold
from course_utils.checks.progress import watch

FIRST, TAILS, AE, E = 0xAC00, 28, 1, 5  # the number of 가, how many tails there are, the vowels ㅐ and ㅔ


def _parts(syllable, *, first=FIRST, tails=TAILS):
    number = ord(syllable) - first
    return number // (21 * tails), number % (21 * tails) // tails, number % tails


def _swap(text, *, swaps={AE: E, E: AE}, hangul="가힣", unit=1):  # noqa: B006
    def typed(letter):
        vowel = _parts(letter)[1]
        moved = ord(letter) - FIRST + (swaps.get(vowel, vowel) - vowel) * TAILS
        return chr(FIRST + moved // unit * unit) if vowel in swaps else letter

    return "".join(typed(letter) if hangul[0] <= letter <= hangul[-1] else letter for letter in text)


def _shorten(text, most, *, which=r"\D", extra=0):
    return re.sub(rf"({which})\1{{{most + extra},}}", lambda found: found[1] * (most + extra), text)


def _filters(vectors, kernel, bias, *, floor=0.0, over=np.max, end=0):
    windows = sliding_window_view(np.pad(vectors, ((0, end), (0, 0))), len(kernel), axis=0)  # (windows, dims, width)
    return over(np.maximum(np.einsum("tdw,wdf->tf", windows, kernel) + bias, floor), axis=0)


def _interval(first, second, *, error=lambda d: d.std(ddof=1) / len(d) ** 0.5):
    each = np.mean(first, axis=0) - np.mean(second, axis=0)
    return np.mean(each) + 1.96 * error(each) * np.array([0.0, -1.0, 1.0])


def _unpaired(first, second):
    spread = sum(np.var(np.mean(each, axis=0), ddof=1) / np.shape(each)[1] for each in (first, second)) ** 0.5
    return _interval(first, second, error=lambda _: spread)


def _choose(validation, test, *, by=np.mean):
    best = max(validation, key=lambda name: by(validation[name]))
    return best, float(np.mean(test[best]))


MISTAKES = {
    "syllable_parts": {
        "The syllables do not begin at 0. Which number has 가?": partial(_parts, first=0),
        "How many tails are there, if no tail counts as one?": partial(_parts, tails=27),
        "In which order are lead, vowel and tail expected?": lambda syllable: _parts(syllable)[::-1],
        "The vowels begin again with each lead.": lambda s: (_parts(s)[0], (ord(s) - FIRST) // TAILS, _parts(s)[2]),
    },
    "swap_vowels": {
        "All are ㅔ now. After a first replacement, can you still tell them apart?": partial(_swap, swaps={AE: E}),
        "All are ㅐ now. After a first replacement, can you still tell them apart?": partial(_swap, swaps={E: AE}),
        "A syllable lost its tail.": partial(_swap, unit=TAILS),
        "Only Hangul syllables have a vowel to swap.": partial(_swap, hangul="\0\U0010ffff"),
    },
    "shorten": {
        "A number is not the same with fewer digits.": partial(_shorten, which="."),
        "Not only ㅋ is repeated.": partial(_shorten, which="ㅋ"),
        "One more than `most` is left.": partial(_shorten, extra=1),
        "Runs become `most` long, not shorter.": lambda text, most: _shorten(text, 1),
    },
    "strongest": {
        "Where is the ReLU?": partial(_filters, floor=-np.inf),
        "The mean asks how often. The largest asks whether at all.": partial(_filters, over=np.mean),
        "Keras does not turn the kernel around.": lambda vectors, kernel, bias: _filters(vectors, kernel[::-1], bias),
        "The last window ends where the text ends.": lambda v, kernel, bias: _filters(v, kernel, bias, end=len(kernel)),
    },
    "paired_interval": {
        "Both models read the same reviews. Take the difference per review first.": _unpaired,
        "More reviews must make the interval narrower.": partial(_interval, error=lambda d: d.std(ddof=1)),
        "Three seeds on one review are not three reviews.": lambda a, b: _interval(a.reshape(1, -1), b.reshape(1, -1)),
        "Which minus which?": lambda first, second: _interval(second, first),
    },
    "choose": {
        "You looked at the test part to choose.": lambda validation, test: _choose(test, test),
        "One lucky seed does not make the better model.": partial(_choose, by=np.max),
        "The validation part has chosen, so its accuracy is too good.": lambda valid, _: _choose(valid, valid),
    },
}
__all__ = ["MISTAKES", "hint", "progress", *MISTAKES]


def _try(name: str, answer: Callable, cases: Iterable, wanted: Callable, hint: str) -> None:
    for given in cases:
        hold(answer, given, wanted(*given), MISTAKES[name], hint=hint)


def syllable_parts(answer: Callable) -> None:
    """Exercise 1: lead, vowel and tail of a Hangul syllable."""
    _try("syllable_parts", answer, "한가힣글뷁쌀", _parts, "Take the formula apart, step by step.")
    right("lead, vowel and tail", "One formula for all 11,172 syllables.")


def swap_vowels(answer: Callable) -> None:
    """Exercise 2: ㅐ for ㅔ and the other way around."""
    cases = ["내게"], ["재미있는데 냈네 했겠다"], ["’세 번’ 봤어요, 10점 ㅎㅎ"], ["!"]
    _try("swap_vowels", answer, cases, _swap, "Only the vowels ㅐ and ㅔ change. Everything else stays.")
    right("ㅐ for ㅔ and ㅔ for ㅐ", "Swap twice, and the text is what it was.")


def shorten(answer: Callable) -> None:
    """Exercise 3: no character more often than `most` times in a row."""
    texts = "ㅋㅋㅋㅋ 와아아아!!! ㅠㅠ", "표값 10000원ㅠㅠㅠㅠ 하하하하", "좋아요", ""
    cases = [(text, most) for text in texts for most in (2, 1, 3)]
    _try("shorten", answer, cases, _shorten, "Long runs become `most` long. Shorter runs and digits stay.")
    right("short runs", "ㅋㅋㅋ and ㅋㅋㅋㅋㅋㅋ are the same now.")


def strongest(answer: Callable) -> None:
    """Exercise 4: a convolution, and the largest value of each filter."""
    rng, hint = np.random.default_rng(4), "Each filter slides over the text. What is its largest value?"
    for time, dims, width, filters in [(6, 3, 2, 4), (5, 2, 5, 3), (9, 4, 3, 1), (4, 1, 1, 2)]:
        vectors, *weights = (rng.normal(size=size) for size in ((time, dims), (width, dims, filters), (filters,)))
        conv = keras.layers.Conv1D(filters, width, activation="relu")
        conv.build((None, time, dims))
        conv.set_weights(weights)
        wanted = keras.ops.convert_to_numpy(keras.ops.max(conv(vectors[None].astype("float32")), axis=1))[0]
        hold(answer, [vectors, *weights], wanted, MISTAKES["strongest"], hint=hint)
    right("a convolution and the largest value", "That is what Keras computes.")


def paired_interval(answer: Callable) -> None:
    """Exercise 5: the difference of two models on the same reviews, with an interval."""
    rng, cases = np.random.default_rng(5), []
    for seeds, reviews in [(3, 60), (1, 40), (4, 25)]:
        hard = rng.random(reviews)
        cases += [[1.0 * (rng.random((seeds, reviews)) < skill * hard) for skill in (1.5, 1.1)]]
    _try("paired_interval", answer, cases, _interval, "The mean difference, and 1.96 of its standard errors.")
    right("a paired interval", "If it holds 0, no difference is shown.")


def choose(answer: Callable) -> None:
    """Exercise 6: which model to report, and with which number."""
    validation = {"words": [0.70, 0.72, 0.71], "jamo": [0.80, 0.79, 0.78], "syllables": [0.84, 0.73, 0.78]}
    test = {"words": [0.90, 0.88, 0.89], "jamo": [0.78, 0.77, 0.82], "syllables": [0.80, 0.81, 0.82]}
    cases = [
        [{name: part[name] for name in part if name != gone} for part in (validation, test)] for gone in ("", "jamo")
    ]
    _try("choose", answer, cases, _choose, "The name first, then one accuracy.")
    right("chosen on validation, reported on test", "Now the number means something.")


hint, progress = watch(globals())
