"""Sums and dates to translate, their ids, and what to measure (taught in notebook 05).

Ids: 0 is padding, 1 the start mark, 2 the end mark, then the alphabet in order. Padding stands on the right.
"""

import datetime
from collections.abc import Callable, Sequence

from course_utils import runtime  # noqa: F401  # isort: skip  (first: it keeps TensorFlow quiet)

import keras
import numpy as np
from keras import ops

from course_utils._run_checks import whole_number

PAD, START, END = 0, 1, 2
MARKS = 3  # ids before the alphabet's first character
MOST = 1_000_000  # pairs at most, where not all pairs can be listed

MONTHS = ["January", "February", "March", "April", "May", "June"]
MONTHS += ["July", "August", "September", "October", "November", "December"]
FORMS: tuple[Callable[[datetime.date], str], ...] = (
    lambda day: f"{day.day} {MONTHS[day.month - 1]} {day.year}",
    lambda day: f"{MONTHS[day.month - 1]} {day.day}, {day.year}",
    lambda day: f"{day.day}. {MONTHS[day.month - 1]} {day.year}",
    lambda day: f"{day.day} {MONTHS[day.month - 1][:3]} {day.year}",
    lambda day: f"{MONTHS[day.month - 1][:3]} {day.day} {day.year}",
    lambda day: f"{day.day:02d}-{MONTHS[day.month - 1][:3].upper()}-{day.year}",
    lambda day: f"{day.day}.{day.month}.{day.year}",
    lambda day: f"{day.day:02d}.{day.month:02d}.{day.year}",
    lambda day: f"{day.month}/{day.day}/{day.year}",
    lambda day: f"{day.year}/{day.month:02d}/{day.day:02d}",
    lambda day: f"{day.year}{day.month:02d}{day.day:02d}",
    lambda day: f"{day.year}년 {day.month}월 {day.day}일",
    lambda day: f"{day.year}. {day.month}. {day.day}.",
)
FIRST_DAY, LAST_DAY = datetime.date(1900, 1, 1), datetime.date(2099, 12, 31)


def additions(pairs: int, *, digits: int = 3, seed: int = 0) -> tuple[list[str], list[str]]:
    """Make different sums of two numbers, written out, and their results.

    Each number's count of digits is drawn first, evenly from 1 to `digits`, so that short numbers are not rare.

    Parameters
    ----------
    pairs : int
        How many, 1 or more.
    digits : int
        Digits of a number at most, 1 or more.
    seed : int
        The same seed, the same sums.

    Returns
    -------
    sources, targets : list of str
        In random order, no source twice; ``"3+45"`` and ``"45+3"`` are two.

    Raises
    ------
    ValueError
        If ``digits`` or ``pairs`` is below 1, or more pairs are asked for than exist (or can be made).

    Examples
    --------
    >>> sources, targets = additions(3, digits=2, seed=1)
    >>> list(zip(sources, targets))
    [('13+29', '42'), ('91+81', '172'), ('44+1', '45')]
    """
    pairs, digits = whole_number("pairs", pairs, least=1), whole_number("digits", digits, least=1)
    numbers = 10**digits
    exist = min(numbers**2, MOST)
    if pairs > exist:
        raise ValueError(f"{pairs:,} pairs asked for; there are {exist:,} of up to {digits} digits. Ask for fewer.")
    rng = np.random.default_rng(seed)
    if digits <= 3:  # all of them can be listed: draw without putting back, by the largest of log weight + Gumbel noise
        length = np.char.str_len(np.arange(numbers).astype(str))
        weight = -np.log(np.bincount(length)[length])
        keys = weight[:, None] + weight[None] + rng.gumbel(size=(numbers, numbers))
        chosen = np.argsort(-keys, axis=None)[:pairs]
    else:
        chosen = np.zeros(0, dtype="int64")
        while len(chosen) < pairs:
            length = rng.integers(1, digits + 1, size=(2, pairs))
            low = np.where(length == 1, 0, 10 ** (length - 1))
            left, right = rng.integers(low, 10**length)
            chosen = np.concatenate([chosen, left * numbers + right])
            chosen = chosen[np.sort(np.unique(chosen, return_index=True)[1])]
        chosen = chosen[:pairs]
    chosen = rng.permutation(chosen)  # short sums are few and were used up first
    lefts, rights = (part.tolist() for part in np.divmod(chosen, numbers))
    return [f"{a}+{b}" for a, b in zip(lefts, rights, strict=True)], [
        str(a + b) for a, b in zip(lefts, rights, strict=True)
    ]


def dates(pairs: int, *, seed: int = 0) -> tuple[list[str], list[str]]:
    """Make dates from 1900 to 2099 in many written forms, English, German style and Korean, and in ISO 8601.

    A dotted date has its day first, a date with slashes its month (``3/4/1999`` is the fourth of March), unless
    the year comes first.

    Parameters
    ----------
    pairs : int
        How many, 1 or more.
    seed : int

    Returns
    -------
    sources, targets : list of str
        No source twice; the same day may come in several forms.

    Raises
    ------
    ValueError
        If ``pairs`` is below 1 or above the number of days times forms.

    Examples
    --------
    >>> sources, targets = dates(3, seed=4)
    >>> for source, target in zip(sources, targets):
    ...     print(f"{source:>20} {target}")
              3 Oct 2090 2090-10-03
       23 September 1934 1934-09-23
            2004. 5. 17. 2004-05-17
    """
    pairs = whole_number("pairs", pairs, least=1)
    days = (LAST_DAY - FIRST_DAY).days + 1
    rng, found = np.random.default_rng(seed), {}
    for each in rng.permutation(days * len(FORMS)).tolist():
        day = FIRST_DAY + datetime.timedelta(days=each // len(FORMS))
        found[FORMS[each % len(FORMS)](day)] = day.isoformat()
        if len(found) == pairs:
            break
    else:
        raise ValueError(f"{pairs:,} pairs asked for; there are {len(found):,}. Ask for fewer.")
    return list(found), list(found.values())


def alphabet(texts: Sequence[str]) -> str:
    """Return the different characters of some texts, sorted.

    Examples
    --------
    >>> alphabet(["12+3", "15"])
    '+1235'
    """
    return "".join(sorted(set("".join(texts))))


def encode(texts: Sequence[str], characters: str, length: int) -> np.ndarray:
    """Turn texts into ids, padded on the right.

    Parameters
    ----------
    texts : sequence of str
    characters : str
        The alphabet.
    length : int
        Time steps of the result.

    Returns
    -------
    int32 array ``(texts, length)``

    Raises
    ------
    ValueError
        If a text is empty, longer than `length`, or has a character outside the alphabet.

    Examples
    --------
    >>> encode(["12", "1"], "12", length=3)
    array([[3, 4, 0],
           [3, 0, 0]], dtype=int32)
    """
    if isinstance(texts, str):
        raise TypeError("texts is one string; expected a list of strings. Write [texts].")
    place = {character: MARKS + number for number, character in enumerate(characters)}
    ids = np.full((len(texts), whole_number("length", length, least=1)), PAD, dtype="int32")
    for row, text in zip(ids, texts, strict=True):
        if not text:
            raise ValueError("a text is empty; expected at least one character.")
        if len(text) > length:
            raise ValueError(f"{text!r} has {len(text)} characters; expected at most {length}, the model's length.")
        unknown = sorted(set(text) - place.keys())
        if unknown:
            raise ValueError(
                f"{text!r} holds {', '.join(map(repr, unknown))}; expected only characters of {characters!r}."
            )
        row[: len(text)] = [place[character] for character in text]
    return ids


def decode(ids: np.ndarray, characters: str) -> list[str]:
    """Turn rows of ids back into texts, each up to its end mark; padding and start marks are left out.

    Examples
    --------
    >>> decode([[3, 4, 2, 3], [4, 0, 0, 0]], "12")
    ['12', '2']
    """
    texts = []
    for row in np.asarray(ids).tolist():
        row = row[: row.index(END)] if END in row else row
        texts.append("".join(characters[each - MARKS] for each in row if each >= MARKS))
    return texts


def teacher_forcing(targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what the decoder reads and what it should answer, from targets `(texts, length)`.

    Returns
    -------
    before, after : int32 arrays ``(texts, length + 1)``
        ``before`` begins with the start mark, ``after`` ends with the end mark; both are padded on the right.

    Examples
    --------
    >>> before, after = teacher_forcing(encode(["12", "1"], "12", length=2))
    >>> before.tolist(), after.tolist()
    ([[1, 3, 4], [1, 3, 0]], [[3, 4, 2], [3, 2, 0]])
    """
    targets = np.asarray(targets, dtype="int32")
    before = np.pad(targets, ((0, 0), (1, 0)), constant_values=START)
    after = np.pad(targets, ((0, 0), (0, 1)), constant_values=PAD)
    after[np.arange(len(after)), (targets != PAD).sum(axis=1)] = END
    return before, after


def exact_match(y_true, y_pred):
    """Say of each text whether every character and the end mark are right: a Keras metric.

    With teacher forcing this equals the exact match of greedy writing: up to the first error both read the same.

    Parameters
    ----------
    y_true : ints ``(batch, time)``
        Padding does not count.
    y_pred : floats ``(batch, time, symbols)``
        Logits or probabilities.

    Returns
    -------
    floats ``(batch,)``
        1 or 0.

    Examples
    --------
    >>> logits = np.eye(4)[[[3, 2, 1], [3, 3, 1]]]
    >>> ops.convert_to_numpy(exact_match(np.array([[3, 2, 0], [3, 2, 0]]), logits))
    array([1., 0.], dtype=float32)
    """
    y_true = ops.cast(y_true, "int32")
    right = ops.equal(ops.cast(ops.argmax(y_pred, axis=-1), "int32"), y_true)
    return ops.cast(ops.all(ops.logical_or(right, ops.equal(y_true, PAD)), axis=-1), "float32")


@keras.saving.register_keras_serializable("course")
class CharacterAccuracy(keras.metrics.Mean):
    """Share of characters (end marks among them, padding not) that are right.

    Examples
    --------
    >>> metric = CharacterAccuracy()
    >>> metric.update_state(np.array([[3, 2, 0, 0]]), np.eye(4)[[[3, 3, 0, 0]]])
    >>> float(metric.result())
    0.5
    """

    def __init__(self, name="character_accuracy", dtype=None):
        super().__init__(name=name, dtype=dtype)

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true = ops.cast(y_true, "int32")
        right = ops.equal(ops.cast(ops.argmax(y_pred, axis=-1), "int32"), y_true)
        counted = ops.cast(ops.not_equal(y_true, PAD), "float32")
        if sample_weight is not None:
            counted = counted * ops.cast(sample_weight, "float32")[:, None]
        super().update_state(ops.cast(right, "float32"), sample_weight=counted)


class Greedy(keras.Model):
    """Write a whole batch greedily in one compiled call: read the source, then one character after the other.

    Parameters
    ----------
    translator : keras.Model
        With ``encode(source) -> memory`` and ``decode(before, memory) -> (logits, memory)``, memory being nested
        tensors ``(batch, ...)``; notebook 05 builds it.
    length : int
        Characters at most, the end mark among them.

    Notes
    -----
    Call ``predict(sources, batch_size=...)``: ids ``(sources, length)``, padding after the end mark.
    """

    def __init__(self, translator: keras.Model, length: int):
        super().__init__(name="greedy")
        self.translator, self.length = translator, whole_number("length", length, least=1)
        self.compile(jit_compile=False)  # XLA would take seconds to compile what takes less to compute

    def call(self, source):
        memory = self.translator.encode(source)
        last, written = ops.full_like(source[:, :1], START), []
        over = ops.zeros_like(last, dtype="bool")
        for _ in range(self.length):
            logits, memory = self.translator.decode(last, memory)
            last = ops.where(over, PAD, ops.cast(ops.argmax(logits, axis=-1), "int32"))
            over = ops.logical_or(over, ops.equal(last, END))
            written.append(last)
        return ops.concatenate(written, axis=1)


def carries(source: str) -> int:
    """Return how many times a one is carried in a sum worked out by hand.

    Examples
    --------
    >>> carries("95+7"), carries("12+34")
    (2, 0)
    """
    left, right = (number[::-1] for number in source.split("+"))
    carried, count = 0, 0
    for place in range(max(len(left), len(right))):
        carried = int(int(left[place : place + 1] or 0) + int(right[place : place + 1] or 0) + carried > 9)
        count += carried
    return count
