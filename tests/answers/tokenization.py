"""Answers to notebook 01's exercises, other right ones and typical wrong ones (tests/test_checks.py tries them)."""

import html
import re
from collections import Counter
from itertools import pairwise

import numpy as np
from sklearn.feature_extraction.text import (
    CountVectorizer,
    HashingVectorizer,
    TfidfTransformer,
    TfidfVectorizer,
)
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from course_utils import text

WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


# Exercise 3
def share_by_sorting(train_words, test_words, size):
    found = {}
    for word in train_words:
        found[word] = found.get(word, 0) + 1
    known = sorted(found, key=lambda word: -found[word])[:size]
    return np.mean([word not in known for word in test_words]) if test_words else 0


def share_of(known, words):
    return sum(word not in known for word in words) / max(1, len(words))


def top(words, size):
    return {word for word, _ in Counter(words).most_common(size)}


# Exercise 4
def words_without_expression_for_words(review):
    step = html.unescape(re.sub(r"<(?:/[A-Za-z]|[A-Za-z])[^>]*>", " ", review)).lower().replace("’", "'")
    return tuple(part.strip("'") for part in re.split(r"[^\w']+", step) if part.strip("'"))


def cleaning(tag=r"</?[A-Za-z][^<>]*>", space=" ", apostrophe="'", late=True, lower=True, entities=True):
    def clean_words(review):
        unescape = html.unescape if entities else str
        step = re.sub(tag, space, review if late else unescape(review))
        step = (unescape(step) if late else step).replace("’", apostrophe)
        return WORD.findall(step.lower() if lower else step)

    return clean_words


def apostrophes_before_entities(review):
    step = re.sub(r"</?[A-Za-z][^<>]*>", " ", review).replace("’", "'")
    return WORD.findall(html.unescape(step).lower())


# Exercise 5
def weigh_in_loops(bags):
    rows = []
    for bag in bags:
        row = [
            count * (1 - np.log((1 + np.count_nonzero(bags[:, at])) / (1 + len(bags)))) for at, count in enumerate(bag)
        ]
        length = sum(weight * weight for weight in row) ** 0.5
        rows.append([float(weight / length) if length else 0.0 for weight in row])
    return rows


def weighing(idf, scale=None):
    def weigh(bags):
        weights = bags * idf(bags, (bags > 0).sum(0))
        return (scale or unit)(weights)

    return weigh


def unit(weights, axis=1):
    return weights / np.maximum(np.linalg.norm(weights, axis=axis, keepdims=True), 1e-9)


def smooth(bags, texts):
    return np.log((1 + len(bags)) / (1 + texts)) + 1


# Exercise 6
def pairs(pieces, counts, weighted=True):
    found = Counter()
    for word, parts in pieces.items():
        for pair in pairwise(parts):
            found[pair] += counts[word] if weighted else 1
    return found


def glue(parts, pair):
    at = next((at for at in range(len(parts) - 1) if (parts[at], parts[at + 1]) == pair), None)
    return parts if at is None else [*parts[:at], "".join(pair), *glue(parts[at + 2 :], pair)]


def learning(update=True, weighted=True, room=None, stop=True, joined=False, last=False):
    def learn_merges(counts, size):
        pieces, merges = {word: list(word) for word in counts}, []
        steps = room(counts, size) if room else max(0, size - len({letter for word in counts for letter in word}))
        for _ in range(steps):
            found = pairs(pieces, counts, weighted)
            if stop and not found:
                break
            most = max(found.values())
            best = [pair for pair in found if found[pair] == most][-1 if last else 0]
            merges.append("".join(best) if joined else best)
            if update:
                pieces = {word: glue(parts, best) for word, parts in pieces.items()}
        return merges

    return learn_merges


def most_common_at_once(counts, size):
    found = pairs({word: list(word) for word in counts}, counts)
    return [pair for pair, _ in found.most_common(max(0, size - len(set("".join(counts)))))]


# Exercise 8
def small(features, classifier=None):
    return lambda: make_pipeline(features, LogisticRegression(C=10) if classifier is None else classifier)


# For each check: other right answers than the solution (which the notebook itself runs) ...
RIGHT = {
    "bag_shape": [lambda: [3, 11], lambda: np.array([3, 5 + 6])],
    "layer_ids": [lambda: np.array([[5, 6, 0, 0, 0, 0], [7, 1, 3, 6, 2, 7]], dtype="int64")],
    "unknown_share": [
        share_by_sorting,
        lambda train, test, size: np.float32(share_of(top(train, size), test)),
        lambda train, test, size: (
            np.array(1 - sum(word in top(train, size) for word in test) / max(1, len(test))) if test else 0
        ),
    ],
    "clean_words": [
        words_without_expression_for_words,
        lambda review: WORD.findall(text.clean(review)),
        lambda review: np.array(cleaning()(review)),
    ],
    "weigh": [weigh_in_loops, lambda bags: TfidfTransformer().fit_transform(bags)],
    "learn_merges": [
        learning(),
        learning(last=True),
        lambda counts, size: [list(pair) for pair in learning()(counts, size)],
    ],
    "same_triples": [
        lambda: ["a a a b a a", "A a b a a a!"],
        lambda: (
            "we saw a funny film with her, he saw a dull film with her",
            "we saw a dull film with her, he saw a funny film with her",
        ),
    ],
    "small_pipeline": [
        small(CountVectorizer(ngram_range=(2, 2), max_features=100), MultinomialNB()),
        small(HashingVectorizer(n_features=150, ngram_range=(2, 2))),
        small(TfidfVectorizer(ngram_range=(1, 3), min_df=0.02, max_features=140)),
    ],
}
# ... and wrong ones, each with words of the message it must get.
WRONG = {
    "bag_shape": [
        (lambda: (11, 3), "what gets a row"),
        (lambda: (3, 5), "counts pairs as well"),
        (lambda: (3, 6), "counts single words as well"),
        (lambda: (3, 9), "words of one letter"),
        (lambda: (3, 10), "A comma is no word"),
        (lambda: (3, 27), "the column that it has already"),
        (lambda: (3, 8), "different pairs"),
        (lambda: 11, "Expected a tuple"),
        (lambda: None, "returned None"),
    ],
    "layer_ids": [
        (lambda: [[0, 0, 0, 0, 5, 6], [7, 1, 3, 6, 2, 7]], "padded on the left"),
        (lambda: [[3, 4, 0, 0, 0, 0], [5, 6, 1, 4, 0, 5]], "two ids are taken"),
        (lambda: [[5, 1, 0, 0, 0, 0], [7, 1, 3, 6, 2, 7]], "drops '!'"),
        (lambda: [[5, 6, 0, 0, 0, 0], [2, 7, 1, 3, 4, 1]], "last six words"),
        (lambda: [[5, 6, 0, 0, 0, 0], [7, 8, 3, 6, 2, 7]], "do with an apostrophe"),
        (lambda: [[5, 6, 0, 0, 0, 0], [7, 0, 3, 6, 2, 7]], "0 means padding"),
        (lambda: [[5, 6], [7, 1, 3, 6, 2, 7]], "no rectangular array"),
        (lambda: [[5, 6, 1, 1, 1, 1], [7, 1, 3, 6, 2, 7]], "nothing here"),
    ],
    "unknown_share": [
        (lambda train, test, size: share_of(top(train, size), sorted(set(test))), "counted different words"),
        (lambda train, test, size: share_of(set(train), test), "every training word as known"),
        (lambda train, test, size: share_of(top(test, size), test), "learned from the training text"),
        (lambda train, test, size: 1 - share_of(top(train, size), test), "share of known words"),
        (lambda train, test, size: len(test) * share_of(top(train, size), test) / len(train), "not of training"),
        (lambda train, test, size: len(test) * share_of(top(train, size), test), "a number of words"),
        (lambda train, test, size: share_of(Counter(train).most_common(size), test), "no word is known"),
        (lambda train, test, size: sum(w not in top(train, size) for w in test) / len(test), "ZeroDivisionError"),
        (lambda train, test, size: share_of(list(dict.fromkeys(train))[:size], test), "Which words are frequent"),
    ],
    "clean_words": [
        (cleaning(tag=r"<.*>"), "gone"),
        (cleaning(space=""), "parts two words"),
        (cleaning(apostrophe=""), "carries the 'not'"),
        (cleaning(apostrophe="’"), "carries the 'not'"),
        (cleaning(late=False), "text about a tag"),
        (cleaning(tag=r"<.*?>"), "follow the < of a tag"),
        (cleaning(lower=False), "Lower case"),
        (cleaning(tag=r"</?[a-z][^<>]*>"), "written large"),
        (cleaning(entities=False), "stands for one character"),
        (apostrophes_before_entities, "In which order"),
        (lambda review: " ".join(cleaning()(review)), "expected a list of words"),
    ],
    "weigh": [
        (weighing(smooth, lambda weights: weights), "not scaled"),
        (weighing(smooth, lambda weights: weights / np.linalg.norm(weights, axis=1, keepdims=True)), "divided by 0"),
        (weighing(smooth, lambda weights: unit(weights, axis=0)), "scaled the columns"),
        (weighing(smooth, lambda weights: weights / np.maximum(weights.sum(1, keepdims=True), 1e-9)), "row's sum"),
        (weighing(lambda bags, texts: np.log((1 + len(bags)) / (1 + bags.sum(0))) + 1), "in how many texts"),
        (weighing(lambda bags, texts: np.log((1 + len(bags)) / (1 + texts))), "after the logarithm"),
        (weighing(lambda bags, texts: np.log(len(bags) / texts) + 1), "added to n and to n_w"),
        (weighing(lambda bags, texts: np.log10((1 + len(bags)) / (1 + texts)) + 1), "base 10"),
        (weighing(lambda bags, texts: np.log((1 + bags.shape[1]) / (1 + texts)) + 1), "number of texts"),
        (weighing(lambda bags, texts: 1), "scaled counts"),
        (weighing(lambda bags, texts: np.log(6 / (1 + texts)) + 1), "five texts and six words"),
        (lambda bags: (bags > 0).sum(0), "has shape"),
    ],
    "learn_merges": [
        (learning(update=False), "was made before"),
        (learning(weighted=False), "Count each word as often"),
        (learning(room=lambda counts, size: size), "characters are tokens as well"),
        (learning(room=lambda counts, size: size - len("".join(counts))), "too few"),
        (learning(room=lambda counts, size: max(0, size - 2 - len(set("".join(counts))))), "too few"),
        (learning(stop=False), "no word has a pair left"),
        (learning(joined=True), "expected a pair of strings"),
        (most_common_at_once, "side by side"),
        (lambda counts, size: Counter(learning()(counts, size)), "expected a list of pairs"),
        (lambda counts, size: learning()(counts, size)[::-1], "no word holds|Another pair"),
    ],
    "same_triples": [
        (lambda: ("a good film", "A good film!"), "same order"),
        (lambda: ("a good film", "a bad film"), "The word 'good' stands once .* never"),
        (lambda: ("it was not boring, it was brilliant", "it was not brilliant, it was boring"), "The pair"),
        (
            lambda: ("I expected a good film and got a bad film", "I expected a bad film and got a good film"),
            "The triple",
        ),
        (lambda: "a good film and a bad film", "tuple of two sentences"),
        (lambda: ("one", "two", "three"), "tuple of two sentences"),
    ],
    "small_pipeline": [
        (small(TfidfVectorizer(token_pattern=WORD.pattern, min_df=5)), "more than a coin"),
        (small(TfidfVectorizer(ngram_range=(1, 2))), "At most 150 columns"),
        (small(TfidfVectorizer(ngram_range=(1, 2), min_df=5, stop_words="english")), "drop stop words"),
        (small(TfidfVectorizer(ngram_range=(1, 2), min_df=0.5)), "Hardly any columns"),
        (lambda: make_pipeline(TfidfVectorizer(ngram_range=(1, 2), min_df=5)), "cannot predict"),
        (lambda: TfidfVectorizer(ngram_range=(1, 2), min_df=5), "got a TfidfVectorizer"),
        (lambda: make_pipeline(LogisticRegression()), "raised ValueError"),
        (lambda: LogisticRegression, "got the class"),
    ],
}
