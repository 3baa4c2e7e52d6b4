"""The glossary: in the alphabet's order, in both languages, and each link to a notebook that has the term."""

import re

import pytest

from tools.sources import NOTEBOOKS, ROOT, find_sources, is_exercises, read_source

LESSONS = {
    path.stem[:2]: "\n".join(cell.source for cell in read_source(path).cells).lower()
    for path in find_sources(NOTEBOOKS)
    if not is_exercises(path)
}
ENTRIES = dict(
    entry.split("\n", 1)
    for entry in re.split(r"(?m)^### ", (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"))[1:]
)
# Said in other words in the notebook that the entry names first.
ELSEWHERE = {"cross-entropy": "crossentropy", "n-gram": "ngram", "tf-idf": "tfidf", "top-k": "top_k", "top-p": "top_p"}


def test_stands_in_the_order_of_the_alphabet():
    assert list(ENTRIES) == sorted(ENTRIES, key=lambda term: term.lower().replace("-", " "))


@pytest.mark.parametrize("term", ENTRIES)
def test_has_a_korean_name_an_explanation_and_a_first_notebook(term):
    korean, explanation = re.match(r"\*\*(.+?)\.\*\* (.+)", ENTRIES[term], re.S).groups()
    assert re.search("[가-힣]", korean) and len(explanation) > 40
    numbers = re.findall(r"\[(\d\d)\]\(\.\./notebooks/\1_", explanation)
    assert numbers == sorted(numbers) and 1 <= len(numbers) == len(set(numbers))
    for number in numbers:
        said = [word for word in re.split(r"[\s]+", term.lower()) if len(word) > 1]
        assert any(word in LESSONS[number] or ELSEWHERE.get(word, word) in LESSONS[number] for word in said), number
