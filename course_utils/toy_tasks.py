"""Sums and dates to translate, as many as you like, with known answers (for the sequence-to-sequence notebook)."""

import numpy as np

from course_utils.validate import whole_number

__all__ = ["MONTHS", "additions", "dates"]

MONTHS = ["January", "February", "March", "April", "May", "June"]
MONTHS += ["July", "August", "September", "October", "November", "December"]
FORMS = ["{d} {month} {y}", "{month} {d}, {y}", "{d}. {month} {y}", "{d} {short} {y}", "{short} {d} {y}"]
FORMS += ["{d:02}-{upper}-{y}", "{d}.{m}.{y}", "{d:02}.{m:02}.{y}", "{m}/{d}/{y}", "{y}/{m:02}/{d:02}"]
FORMS += ["{y}{m:02}{d:02}", "{y}년 {m}월 {d}일", "{y}. {m}. {d}."]


def additions(pairs: int, *, digits: int = 3, seed: int = 0) -> tuple[list[str], list[str]]:
    """Make different sums of two numbers, written out, and their results.

    The number of digits is drawn first, evenly from 1 to `digits`, so that short numbers are not rare.

    Parameters
    ----------
    pairs : int
        How many, 1 or more.
    digits : int
        The largest number of digits, from 1 to 18.
    seed : int
        The same seed gives the same sums.

    Returns
    -------
    sources, targets : list of str
        In random order, no source twice. ``"3+45"`` and ``"45+3"`` count as two.

    Raises
    ------
    TypeError, ValueError
        If ``digits`` is out of range, or if you ask for more pairs than exist or than a million.

    Examples
    --------
    >>> sources, targets = additions(3, digits=2, seed=1)
    >>> list(zip(sources, targets))
    [('13+29', '42'), ('91+81', '172'), ('44+1', '45')]
    """
    digits = whole_number("digits", digits, least=1, most=18)
    pairs = whole_number("pairs", pairs, least=1, most=min(100**digits, 1_000_000))  # no more exist, or fit into memory
    rng = np.random.default_rng(seed)
    if digits <= 3:  # all of them can be listed: draw without replacement, by the largest of log weight + Gumbel noise
        length = np.char.str_len(np.arange(10**digits).astype(str))
        weight = -np.log(np.bincount(length)[length])
        keys = weight[:, None] + weight[None] + rng.gumbel(size=(10**digits, 10**digits))
        left, right = np.divmod(np.argsort(-keys, axis=None)[:pairs], 10**digits)
        chosen = list(zip(left.tolist(), right.tolist(), strict=True))
    else:
        found = {}
        while len(found) < pairs:
            length = rng.integers(1, digits + 1, size=(2, pairs))
            left, right = rng.integers(np.where(length == 1, 0, 10 ** (length - 1)), 10**length)
            found |= dict.fromkeys(zip(left.tolist(), right.tolist(), strict=True))
        chosen = list(found)[:pairs]
    chosen = [chosen[place] for place in rng.permutation(pairs)]  # short sums are few and were used up first
    return [f"{left}+{right}" for left, right in chosen], [str(left + right) for left, right in chosen]


def dates(pairs: int, *, seed: int = 0) -> tuple[list[str], list[str]]:
    """Make dates from 1900 to 2099 in many written forms, English, German style and Korean, and in ISO 8601.

    With dots the day comes first, with slashes the month (``3/4/1999`` is the fourth of March), unless the year comes
    first.

    Parameters
    ----------
    pairs : int
        How many, 1 or more.
    seed : int
        The same seed gives the same dates.

    Returns
    -------
    sources, targets : list of str
        No source twice. The same day may come in several forms.

    Raises
    ------
    TypeError, ValueError
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
    days = np.arange("1900", "2100", dtype="datetime64[D]").tolist()
    rng, found = np.random.default_rng(seed), {}
    for number in rng.permutation(len(days) * len(FORMS)).tolist():
        day = days[number // len(FORMS)]
        month = MONTHS[day.month - 1]
        parts = {"d": day.day, "m": day.month, "y": day.year, "month": month, "short": month[:3]}
        found[FORMS[number % len(FORMS)].format(**parts, upper=month[:3].upper())] = day.isoformat()
        if len(found) == pairs:
            return list(found), list(found.values())
    raise ValueError(f"{pairs:,} pairs asked for; there are {len(found):,}. Ask for fewer.")
