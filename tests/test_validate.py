"""Checks of arguments: what passes comes back unchanged, what does not is named with what was expected."""

import numpy as np
import pytest

from course_utils.validate import one_of, same_length, text_list, whole_number


@pytest.mark.parametrize("value", [2, 5, 9, np.int8(3), np.uint64(4)])
def test_whole_numbers_come_back_as_int(value):
    found = whole_number("units", value, least=2, most=9)
    assert found == value and type(found) is int


@pytest.mark.parametrize(
    ("value", "error"),
    [(1, ValueError), (10, ValueError), (2**80, ValueError), (-(2**80), ValueError)]
    + [(value, TypeError) for value in (True, 3.0, "3", None, [3], np.float32(3), np.array([3]), np.bool_(True))],
)
def test_other_numbers_are_refused_by_name(value, error):
    with pytest.raises(error, match=r"units is .*; expected a whole number from 2 to 9\."):
        whole_number("units", value, least=2, most=9)


def test_without_an_upper_end_any_size_passes():
    assert whole_number("units", 2**80, least=2) == 2**80
    with pytest.raises(ValueError, match=r"units is 1; expected a whole number, 2 or more\."):
        whole_number("units", 1, least=2)


@pytest.mark.parametrize("texts", [["a"], ("a", ""), (text for text in "ab"), np.array(["a", "b"]), {"a": 1}])
def test_texts_come_back_as_a_list(texts):
    found = text_list(texts)
    assert isinstance(found, list) and all(isinstance(text, str) for text in found)


@pytest.mark.parametrize(
    ("texts", "error", "message"),
    [
        ("a film", TypeError, r"reviews is one string; expected a list of strings. Write \[reviews\]"),
        ([], ValueError, "reviews is empty; expected at least one text"),
        (["a", None], TypeError, r"reviews\[1\] is a NoneType; expected a string"),
        ([b"a"], TypeError, r"reviews\[0\] is a bytes; expected a string"),
        (3, TypeError, "reviews is 3; expected a list of strings"),
    ],
)
def test_what_is_no_list_of_texts_is_refused(texts, error, message):
    with pytest.raises(error, match=message):
        text_list(texts, "reviews")


def test_one_of_lists_the_choices():
    assert one_of("side", "left", ("left", "right")) == "left"
    with pytest.raises(ValueError, match="side is 'up'; expected 'left' or 'right' or None"):
        one_of("side", "up", ("left", "right", None))


def test_same_length_names_every_part():
    same_length("the curve", xs=[1], ys=np.zeros(1))
    for parts, found in ({"xs": [1], "ys": ""}, "1 xs, 0 ys"), ({"xs": []}, "0 xs"):
        with pytest.raises(ValueError, match=f"the curve has {found}; expected as many of each, at least one"):
            same_length("the curve", **parts)
