"""Sums and dates, each against something worked out in another way."""

import datetime

import numpy as np
import pytest

from course_utils import toy_tasks


@pytest.mark.parametrize("digits", [1, 2, 3, 4, 9, 10, 18])  # from 10 on, a pair does not fit into 64 bits
def test_sums_are_right_different_and_short_enough(digits):
    pairs = {1: 100, 2: 2_000}.get(digits, 5_000)
    sources, targets = toy_tasks.additions(pairs, digits=digits)
    assert len(sources) == len(targets) == len(set(sources)) == pairs
    for source, target in zip(sources, targets, strict=True):
        left, right = source.split("+")
        assert int(left) + int(right) == int(target)
        assert max(len(left), len(right)) <= digits
        assert all(number == str(int(number)) for number in (left, right, target)), "no leading zeros"


def test_short_numbers_are_not_rare():
    sources, _ = toy_tasks.additions(20_000)
    lengths = np.bincount([len(source.split("+")[0]) for source in sources])
    assert lengths[1] > 1_500 and lengths[2] > 4_000, "by value alone, one sum in a hundred would begin with one digit"


def test_every_sum_there_is():
    sources, _ = toy_tasks.additions(100, digits=1)
    assert sorted(sources) == sorted(f"{a}+{b}" for a in range(10) for b in range(10))


def test_the_same_seed_the_same_pairs():
    for make in (toy_tasks.additions, toy_tasks.dates):
        assert make(500, seed=3) == make(500, seed=3) != make(500, seed=4)


def iso(source: str) -> str:
    """Read a written date with Python's own parser."""
    for form in ("%d %B %Y", "%B %d, %Y", "%d. %B %Y", "%d %b %Y", "%b %d %Y", "%d-%b-%Y", "%d.%m.%Y", "%m/%d/%Y"):
        try:
            return datetime.datetime.strptime(source, form).date().isoformat()
        except ValueError:
            continue
    for form in ("%Y/%m/%d", "%Y년 %m월 %d일", "%Y. %m. %d.", "%Y%m%d"):
        try:
            return datetime.datetime.strptime(source, form).date().isoformat()
        except ValueError:
            continue
    raise AssertionError(f"no form fits {source!r}")


def test_dates_are_right_and_in_many_forms():
    sources, targets = toy_tasks.dates(4_000)
    assert len(set(sources)) == len(sources) == len(targets) == 4_000
    assert [iso(source) for source in sources] == targets
    kinds = {"".join("9" if c.isdigit() else "a" if c.isalpha() else c for c in source) for source in sources}
    assert len(kinds) > 20


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: toy_tasks.additions(5, digits=19), "digits is 19; expected a whole number from 1 to 18"),
        (lambda: toy_tasks.additions(0), "pairs is 0; expected a whole number from 1 to 1000000"),
        (lambda: toy_tasks.additions(5, digits=0), "digits is 0; expected a whole number from 1 to 18"),
        (lambda: toy_tasks.additions(101, digits=1), "pairs is 101; expected a whole number from 1 to 100"),
        (
            lambda: toy_tasks.additions(1_000_001, digits=5),
            "pairs is 1000001; expected a whole number from 1 to 1000000",
        ),
        (lambda: toy_tasks.dates(0), "pairs is 0; expected a whole number, 1 or more"),
        (lambda: toy_tasks.dates(10**7), "10,000,000 pairs asked for; there are 930,437"),
    ],
)
def test_bad_makers(make, message):
    with pytest.raises(ValueError, match=message):
        make()
