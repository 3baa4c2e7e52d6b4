"""The sample corpora: reproducible, well formed, and teaching what they are meant to teach."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

DATA = Path(__file__).resolve().parent.parent / "data"
NAMES = ("reviews.jsonl", "play.txt", "headlines.jsonl", "tweets.tsv", "korean_reviews.tsv")
LAST_WORDS = 64


def rows(name):
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def run_maker(folder, *arguments):
    command = [sys.executable, str(folder / "make_samples.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8")


@pytest.fixture
def maker_folder(tmp_path):
    """A copy of the maker and its stock, without the samples."""
    shutil.copytree(DATA / "maker", tmp_path / "maker")
    shutil.copy(DATA / "make_samples.py", tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def reviews():
    """Texts and labels by split."""
    parts = {"train": ([], []), "test": ([], [])}
    for row in rows("reviews.jsonl"):
        texts, labels = parts[row["split"]]
        texts.append(row["text"].replace("<br />", " "))
        labels.append(row["label"])
    return {split: (texts, np.array(labels)) for split, (texts, labels) in parts.items()}


# --- the maker -------------------------------------------------------------------------------------------


def test_the_maker_reproduces_the_samples_byte_for_byte(maker_folder):
    result = run_maker(maker_folder)
    assert result.returncode == 0, result.stderr
    for name in NAMES:
        assert (maker_folder / name).read_bytes() == (DATA / name).read_bytes(), name


def test_check_names_the_file_that_differs(maker_folder):
    for name in NAMES:
        shutil.copy(DATA / name, maker_folder)
    assert run_maker(maker_folder, "--check").returncode == 0
    changed = maker_folder / "play.txt"
    changed.write_bytes(changed.read_bytes().replace(b"Tarn", b"Turn", 1))
    (maker_folder / "headlines.jsonl").unlink()
    result = run_maker(maker_folder, "--check")
    assert result.returncode == 1
    assert "play.txt differs" in result.stderr
    assert "headlines.jsonl is missing" in result.stderr
    assert "reviews.jsonl" not in result.stderr
    assert not (maker_folder / "headlines.jsonl").exists()


def test_samples_and_maker_are_under_two_megabytes():
    files = [DATA / name for name in NAMES] + [DATA / "make_samples.py", *(DATA / "maker").glob("*.txt")]
    assert sum(path.stat().st_size for path in files) < 2_000_000


# --- form ------------------------------------------------------------------------------------------------


def test_review_splits_are_balanced_and_disjoint(reviews):
    assert all(set(row) == {"text", "label", "split"} for row in rows("reviews.jsonl"))
    for split, size in (("train", 4000), ("test", 1000)):
        texts, labels = reviews[split]
        assert len(texts) == size
        assert labels.sum() == size // 2
    plain = [{" ".join(re.findall(r"[a-z']+", text.lower())) for text in reviews[s][0]} for s in reviews]
    assert not plain[0] & plain[1]


def test_reviews_vary_as_typed_text_does(reviews):
    lengths = [len(text.split()) for text in reviews["train"][0]]
    assert min(lengths) >= 8 and max(lengths) <= 150
    assert np.median(lengths) < np.mean(lengths)  # a long tail to the right
    assert np.mean(np.array(lengths) < 60) > 0.6
    typed = [row["text"] for row in rows("reviews.jsonl")]
    assert any("<br />" in text for text in typed) and any("didn't" in text for text in typed)
    assert any(text.islower() for text in typed) and any(re.search(r"\b[A-Z]{4,}\b", t) for t in typed)
    words = {word for text in typed for word in re.findall(r"[a-z']+", text.lower())}
    assert 600 <= len(words) <= 1500


def test_the_play_has_the_layout_of_tiny_shakespeare():
    text = (DATA / "play.txt").read_text(encoding="utf-8")
    assert len(text) >= 45_000
    assert text.endswith("\n") and not text.endswith("\n\n")
    speakers = []
    for speech in text.rstrip("\n").split("\n\n"):
        name, *lines = speech.split("\n")
        assert re.fullmatch(r"[A-Z][A-Za-z ]+:", name), name
        assert lines and all(line and line == line.strip() and not line.endswith(":") for line in lines), name
        speakers.append(name)
    assert len(set(speakers)) >= 8
    assert max(speakers.count(name) for name in speakers) < len(speakers) / 3


def test_the_play_does_not_loop():
    text = (DATA / "play.txt").read_text(encoding="utf-8")
    lines = [line for line in text.split("\n") if line and not line.endswith(":")]
    assert len(set(lines)) / len(lines) > 0.98


def test_headlines_are_unique_and_forty_five_percent_sarcastic():
    headlines = rows("headlines.jsonl")
    texts = [row["headline"] for row in headlines]
    assert len(set(texts)) == len(texts) == 1500
    assert all(text == text.lower() and "{" not in text for text in texts)
    assert sum(row["is_sarcastic"] for row in headlines) == 675


def test_headlines_are_learnable_but_not_trivial():
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_score
    from sklearn.pipeline import make_pipeline

    headlines = rows("headlines.jsonl")
    texts, labels = ([row[key] for row in headlines] for key in ("headline", "is_sarcastic"))
    bag = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(C=3))
    assert 0.7 < cross_val_score(bag, texts, labels, cv=5).mean() < 0.9


# --- word order ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bag_accuracy(reviews):
    """The better of two bags of words: single words, and single words with pairs."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    scores = []
    for longest in (1, 2):
        for c in (1, 10):
            bag = make_pipeline(TfidfVectorizer(ngram_range=(1, longest)), LogisticRegression(C=c, max_iter=1000))
            scores.append(bag.fit(*reviews["train"]).score(*reviews["test"]))
    return max(scores)


@pytest.fixture(scope="module")
def net_accuracy(reviews):
    """A small GRU, as a function from texts and labels to accuracy."""
    import keras
    import tensorflow as tf

    texts, labels = reviews["train"]
    keras.utils.set_random_seed(0)
    lookup = keras.layers.TextVectorization(max_tokens=1500)
    lookup.adapt(tf.constant(texts))

    def encode(texts):
        ids = [[i for i in row if i] for row in lookup(tf.constant(texts)).numpy().tolist()]
        return keras.utils.pad_sequences(ids, LAST_WORDS, padding="post", truncating="pre")

    net = keras.Sequential(
        [
            keras.layers.Embedding(lookup.vocabulary_size(), 32, mask_zero=True),
            keras.layers.GRU(32),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    net.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    net.fit(encode(texts), labels, batch_size=32, epochs=4, verbose=0)

    def accuracy(texts, labels):
        return float(net.evaluate(encode(texts), labels, batch_size=200, verbose=0)[1])

    return accuracy


def test_a_bag_of_words_learns_something(bag_accuracy):
    assert bag_accuracy > 0.6


def test_a_small_recurrent_net_beats_the_bag_by_ten_points(reviews, bag_accuracy, net_accuracy):
    assert net_accuracy(*reviews["test"]) >= bag_accuracy + 0.10


def test_shuffled_words_cost_the_net_its_lead(reviews, net_accuracy):
    texts, labels = reviews["test"]
    rng = np.random.default_rng(0)
    shuffled = [" ".join(rng.permutation(text.split())) for text in texts]
    assert net_accuracy(shuffled, labels) < net_accuracy(texts, labels) - 0.10


# --- tweets and Korean reviews ---------------------------------------------------------------------------


def table(name):
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    assert lines[0] == "split\tlabel\ttext"
    return [tuple(line.split("\t")) for line in lines[1:]]


def accuracy_of_a_bag(name, **options):
    """Accuracy of TF-IDF and logistic regression on the test rows that are no neutral tweets."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    parts = {split: [row for row in table(name) if row[0] == split] for split in ("train", "test")}
    test = [(text, min(int(label), 1)) for _, label, text in parts["test"] if name != "tweets.tsv" or label != "2"]
    bag = make_pipeline(TfidfVectorizer(**options), LogisticRegression(C=3))
    bag.fit([text for *_, text in parts["train"]], [int(label) for _, label, _ in parts["train"]])
    return bag.score(*map(list, zip(*test, strict=True)))


def test_tweets_have_what_cleaning_is_for():
    tweets = table("tweets.tsv")
    assert {(split, label) for split, label, _ in tweets} == {
        ("train", "0"), ("train", "1"), ("test", "0"), ("test", "2"), ("test", "4")
    }  # fmt: skip
    texts = [text for *_, text in tweets]
    for pattern, least in (("^@", 0.2), ("http", 0.05), (r"([aeo])\1\1", 0.1), ("#", 0.02)):
        assert np.mean([bool(re.search(pattern, text)) for text in texts]) > least, pattern
    lines = [re.sub(r"^@\w+ |([aeo])(?=\1)|http\S+|[!.]+$", "", text) for text in texts]
    assert len(set(lines)) < 0.95 * len(lines)  # repeated with another name or link
    assert not any("{" in text for text in texts)


def test_pairs_of_words_help_with_the_tweets():
    single, pairs = (accuracy_of_a_bag("tweets.tsv", ngram_range=(1, n)) for n in (1, 2))
    assert 0.65 < single < pairs - 0.03 < 0.92


def test_korean_reviews_are_balanced_and_none_is_there_twice():
    reviews = table("korean_reviews.tsv")
    for split, size in (("train", 1600), ("test", 500)):
        labels = [label for each, label, _ in reviews if each == split]
        assert len(labels) == size and labels.count("1") == size // 2
    assert len({text for *_, text in reviews}) == len(reviews)
    assert all(re.search("[가-힣]", text) and "{" not in text for *_, text in reviews)


def test_syllables_are_better_than_spaced_words_for_korean():
    words = accuracy_of_a_bag("korean_reviews.tsv", token_pattern=r"\S+")
    syllables = accuracy_of_a_bag("korean_reviews.tsv", analyzer="char", ngram_range=(1, 3))
    assert 0.6 < words < syllables - 0.03 < 0.95
