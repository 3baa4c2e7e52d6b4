"""Answers to notebook 01's exercises: other right ones, and wrong ones that are not in the check's own table."""

import html
import json
import re
from collections import Counter

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from course_utils import text

WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
SHORT, LONG = [5, 6, 0, 0, 0, 0], [7, 1, 3, 6, 2, 7]


def share_of(train, test, size):
    known = sorted(set(train), key=lambda word: -train.count(word))[:size]
    return np.mean([word not in known for word in test]) if test else 0


def words_by_splitting(review):
    step = html.unescape(re.sub(r"<(?:/[A-Za-z]|[A-Za-z])[^>]*>", " ", review)).lower().replace("’", "'")
    return tuple(part.strip("'") for part in re.split(r"[^\w']+", step) if part.strip("'"))


def weigh_in_loops(bags):
    rows = []
    for bag in bags:
        idf = [1 - np.log((1 + np.count_nonzero(bags[:, at])) / (1 + len(bags))) for at in range(len(bag))]
        length = sum((count * weight) ** 2 for count, weight in zip(bag, idf, strict=True)) ** 0.5
        rows.append([float(count * weight / (length or 1)) for count, weight in zip(bag, idf, strict=True)])
    return rows


def bpe(counts, size):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.train_from_iterator(Counter(counts).elements(), trainers.BpeTrainer(vocab_size=size, show_progress=False))
    return json.loads(tokenizer.to_str())["model"]["merges"]


def small(features, *classifier):
    return lambda: make_pipeline(features, *(classifier or [LogisticRegression(C=10)]))


RIGHT = {
    "bag_shape": [lambda: [3, 11], lambda: np.array([3, 5 + 6])],
    "layer_ids": [lambda: np.array([SHORT, LONG], dtype="int64"), lambda: (tuple(SHORT), tuple(LONG))],
    "unknown_share": [
        share_of,
        lambda *given: np.float32(share_of(*given)),
        lambda train, test, size: text.oov_rate(text.word_tokenizer(train, size + 2), test) if test else np.array(0),
    ],
    "clean_words": [words_by_splitting, lambda review: np.array(WORD.findall(text.clean(review)))],
    "weigh": [weigh_in_loops, TfidfTransformer().fit_transform, lambda bags: np.array(weigh_in_loops(bags))],
    "learn_merges": [
        bpe,
        lambda counts, size: tuple(map(tuple, bpe(dict(reversed(counts.items())), size))),
    ],
    "same_triples": [lambda: ["a a a b a a", "A a b a a a!"], lambda: ("a b c a b d a b", "a b d a b c a b")],
    "small_pipeline": [
        small(CountVectorizer(ngram_range=(2, 2), max_features=100), MultinomialNB()),
        small(HashingVectorizer(n_features=150, ngram_range=(2, 2))),
        small(TfidfVectorizer(ngram_range=(1, 3), min_df=0.02, max_features=140)),
    ],
}
WRONG = {
    "bag_shape": {
        "the different pairs of neighbors": lambda: (3, 8),
        "One row per text": lambda: (4, 11),
    },
    "layer_ids": {
        "no rectangular|not a rectangular": lambda: [[5, 6], LONG],
        "nothing here": lambda: [[5, 6, 1, 1, 1, 1], LONG],
        "small letters and punctuation": lambda: [SHORT, LONG[::-1]],
    },
    "unknown_share": {
        "ZeroDivisionError.* the share is 0": lambda *given: share_of(*given) + 0 / len(given[1]),
        "keeps them all": lambda train, test, size: share_of(train, test, size) if size < 50 else 1.0,
    },
    "clean_words": {
        "their apostrophes stay": lambda review: [word.replace("'", "’") for word in words_by_splitting(review)],
        "expected a list": lambda review: " ".join(words_by_splitting(review)),
        "Lower case": lambda review: [word for word in words_by_splitting(review) if word != "not"],
    },
    "weigh": {
        "eight texts and six words": lambda bags: np.array(weigh_in_loops(bags)) * (bags.shape == (8, 6) or 0.5),
        "has shape": lambda bags: (bags > 0).sum(0),
        "instead of numbers": lambda bags: np.array(weigh_in_loops(bags)).astype(str),
    },
    "learn_merges": {
        "no word has a pair left": lambda counts, size: bpe(counts, size) if size < 500 else max([]),
        "expected a list of pairs of strings": lambda *given: ["".join(pair) for pair in bpe(*given)],
        "side by side in any word": lambda *given: bpe(*given)[::-1],
        "merged after each step": lambda *given: bpe(*given)[:1] * len(bpe(*given)),
        "each word as often as it occurs": lambda counts, size: bpe(dict.fromkeys(counts, 1), size),
        "characters are tokens, too": lambda counts, size: bpe(counts, size + 10),
        "too few": lambda counts, size: bpe(counts, size - 2),
    },
    "same_triples": {
        "tuple of two sentences": lambda: ("one", "two", "three"),
        "same order": lambda: ("a good film", "A good film!"),
        "The word 'good' occurs 1 × .* 0 ×": lambda: ("a good film", "a bad film"),
        "The pair": lambda: ("it was not boring, it was brilliant", "it was not brilliant, it was boring"),
        "The triple": lambda: ("I expected a good film and a bad film", "I expected a bad film and a good film"),
    },
    "small_pipeline": {
        "more than a coin": small(TfidfVectorizer(token_pattern=WORD.pattern, min_df=5)),
        "Expected at most 150": small(TfidfVectorizer(ngram_range=(1, 2))),
        "drop stop words": small(TfidfVectorizer(ngram_range=(1, 2), min_df=5, stop_words="english")),
        "Hardly any columns": small(TfidfVectorizer(ngram_range=(1, 2), min_df=0.5)),
        "cannot predict": lambda: make_pipeline(TfidfVectorizer(ngram_range=(1, 2), min_df=5)),
        "got TfidfVectorizer": lambda: TfidfVectorizer(ngram_range=(1, 2), min_df=5),
        "raised ValueError": lambda: make_pipeline(LogisticRegression()),
        "got the class": lambda: LogisticRegression,
    },
}
