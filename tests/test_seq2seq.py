"""Sums, dates, ids, metrics and greedy writing, each against something worked out in another way."""

import datetime

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers, ops

from course_utils import seq2seq

# --- the makers


@pytest.mark.parametrize("digits", [1, 2, 3, 4])
def test_sums_are_right_different_and_short_enough(digits):
    pairs = {1: 100, 2: 2_000, 3: 5_000, 4: 5_000}[digits]
    sources, targets = seq2seq.additions(pairs, digits=digits)
    assert len(sources) == len(targets) == len(set(sources)) == pairs
    for source, target in zip(sources, targets, strict=True):
        left, right = source.split("+")
        assert int(left) + int(right) == int(target)
        assert max(len(left), len(right)) <= digits
        assert all(number == str(int(number)) for number in (left, right, target)), "no leading zeros"


def test_short_numbers_are_not_rare():
    sources, _ = seq2seq.additions(20_000)
    lengths = np.bincount([len(source.split("+")[0]) for source in sources])
    assert lengths[1] > 1_500 and lengths[2] > 4_000, "by value alone, one sum in a hundred would begin with one digit"


def test_every_sum_there_is():
    sources, _ = seq2seq.additions(100, digits=1)
    assert sorted(sources) == sorted(f"{a}+{b}" for a in range(10) for b in range(10))


def test_the_same_seed_the_same_pairs():
    for make in (seq2seq.additions, seq2seq.dates):
        assert make(500, seed=3) == make(500, seed=3) != make(500, seed=4)


def iso(source: str) -> str:
    """Read a written date anew, with Python's own parser."""
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
    sources, targets = seq2seq.dates(4_000)
    assert len(set(sources)) == len(sources) == len(targets) == 4_000
    assert [iso(source) for source in sources] == targets
    kinds = {"".join("9" if c.isdigit() else "a" if c.isalpha() else c for c in source) for source in sources}
    assert len(kinds) > 20


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: seq2seq.additions(0), "pairs is 0; expected a whole number, 1 or more"),
        (lambda: seq2seq.additions(5, digits=0), "digits is 0; expected a whole number, 1 or more"),
        (lambda: seq2seq.additions(101, digits=1), "101 pairs asked for; there are 100 of up to 1 digits"),
        (lambda: seq2seq.additions(1_000_001, digits=5), "there are 1,000,000"),
        (lambda: seq2seq.dates(0), "pairs is 0; expected a whole number, 1 or more"),
        (lambda: seq2seq.dates(10**7), "10,000,000 pairs asked for; there are 930,437"),
    ],
)
def test_bad_makers(make, message):
    with pytest.raises(ValueError, match=message):
        make()


# --- ids


@given(st.lists(st.text("0123456789+", min_size=1, max_size=9), min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_ids_and_back(texts):
    characters = seq2seq.alphabet(texts)
    ids = seq2seq.encode(texts, characters, length=9)
    assert seq2seq.decode(ids, characters) == texts
    before, after = seq2seq.teacher_forcing(ids)
    assert seq2seq.decode(before, characters) == seq2seq.decode(after, characters) == texts
    assert before.shape == after.shape == (len(texts), 10)
    assert np.all((after == seq2seq.END).sum(axis=1) == 1)
    assert np.all((after != 0).sum(axis=1) == (before != 0).sum(axis=1)), "a place to read for each to write"


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ([""], "a text is empty"),
        (["12", "1234"], "'1234' has 4 characters; expected at most 3"),
        (["1x2"], "'1x2' holds 'x'; expected only characters of '\\+12'"),
    ],
)
def test_bad_texts(texts, message):
    with pytest.raises(ValueError, match=message):
        seq2seq.encode(texts, "+12", length=3)


def test_one_string_is_not_a_list():
    with pytest.raises(TypeError, match=r"Write \[texts\]"):
        seq2seq.encode("12", "12", length=3)


# --- metrics, by hand

AFTER = np.array([[5, 6, 2, 0], [7, 2, 0, 0], [5, 5, 5, 2]])
ANSWERS = np.array([[5, 6, 2, 9], [7, 3, 8, 8], [5, 5, 4, 2]])  # right; a wrong end; one wrong of four


def test_metrics_by_hand():
    logits = np.eye(10)[ANSWERS] * 7 - 2
    assert ops.convert_to_numpy(seq2seq.exact_match(AFTER, logits)).tolist() == [1, 0, 0]
    metric = seq2seq.CharacterAccuracy()
    metric.update_state(AFTER, logits)
    assert np.isclose(float(metric.result()), (3 + 1 + 3) / 9)
    metric.update_state(AFTER[:1], logits[:1])
    assert np.isclose(float(metric.result()), 10 / 12), "over all characters, not the mean of batches"
    metric.reset_state()
    metric.update_state(AFTER, logits, sample_weight=np.array([1, 0, 0]))
    assert float(metric.result()) == 1


def test_character_accuracy_survives_saving():
    assert isinstance(
        keras.metrics.deserialize(keras.metrics.serialize(seq2seq.CharacterAccuracy())), keras.metrics.Mean
    )


@pytest.mark.parametrize(
    ("source", "count"), [("1+1", 0), ("9+1", 1), ("5+5", 1), ("99+1", 2), ("999+999", 3), ("505+505", 2), ("12+9", 1)]
)
def test_carries(source, count):
    assert seq2seq.carries(source) == count


@given(st.integers(0, 9999), st.integers(0, 9999))
@settings(max_examples=100, deadline=None)
def test_carries_against_the_digit_sum(a, b):
    """Each carry takes ten and gives one: the digit sum falls by nine."""
    digit_sum = sum(map(int, f"{a}{b}")) - sum(map(int, str(a + b)))
    assert seq2seq.carries(f"{a}+{b}") == digit_sum // 9


# --- greedy writing


class Translator(keras.Model):
    """A small encoder and decoder, untrained."""

    def __init__(self, symbols=8, units=6):
        super().__init__()
        self.vectors = layers.Embedding(symbols, 4)
        self.encoder = layers.GRU(units, return_state=True)
        self.decoder = layers.GRU(units, return_sequences=True, return_state=True)
        self.to_logits = layers.Dense(symbols, kernel_initializer=keras.initializers.RandomNormal(stddev=3.0))

    def encode(self, source):
        return self.encoder(self.vectors(source), mask=ops.not_equal(source, 0))[1]

    def decode(self, before, memory):
        hidden, memory = self.decoder(self.vectors(before), initial_state=memory)
        return self.to_logits(hidden), memory

    def call(self, inputs):
        return self.decode(inputs[1], self.encode(inputs[0]))[0]


@pytest.fixture(scope="module")
def translator():
    keras.utils.set_random_seed(2)
    model = Translator()
    model((np.ones((1, 3), "int32"), np.ones((1, 3), "int32")))
    return model


@pytest.fixture(scope="module")
def sources():
    ids = np.random.default_rng(0).integers(3, 8, (40, 5)).astype("int32")
    return np.where(np.arange(5) < np.random.default_rng(1).integers(1, 6, (40, 1)), ids, 0)


def test_greedy_equals_teacher_forcing_on_its_own_output(translator, sources):
    written = seq2seq.Greedy(translator, 6).predict(sources, batch_size=16, verbose=0)
    before = np.pad(written, ((0, 0), (1, 0)), constant_values=seq2seq.START)[:, :-1]
    answers = ops.convert_to_numpy(translator((sources, before))).argmax(axis=-1)
    counted = written != 0
    assert counted.any(axis=1).all() and np.array_equal(answers[counted], written[counted])
    ends = (written == seq2seq.END).argmax(axis=1)
    for row, end in zip(written, ends, strict=True):
        if seq2seq.END in row:
            assert np.all(row[end + 1 :] == 0), "only padding after the end"
    assert len({tuple(row) for row in written}) > 3, "the test needs answers that differ"
    assert (written == seq2seq.END).any(), "the test needs an end mark"


def test_greedy_does_not_depend_on_the_batch(translator, sources):
    greedy = seq2seq.Greedy(translator, 6)
    together = greedy.predict(sources, batch_size=40, verbose=0)
    alone = np.concatenate([greedy.predict_on_batch(row[None]) for row in sources])
    assert np.array_equal(together, alone)


def test_exact_match_needs_no_free_running(translator, sources):
    """All right under teacher forcing if and only if greedy writing gives the target."""
    written = seq2seq.Greedy(translator, 6).predict(sources, verbose=0)
    finished = (written == seq2seq.END).any(axis=1)
    wrong = written.copy()
    wrong[::2, 0] = 3 + (wrong[::2, 0] == 3)
    before = np.pad(wrong, ((0, 0), (1, 0)), constant_values=seq2seq.START)[:, :-1]
    forced = ops.convert_to_numpy(seq2seq.exact_match(wrong, translator((sources, before)))).astype(bool)
    assert np.array_equal(forced[finished], (written == wrong).all(axis=1)[finished])
    assert forced[finished].any() and not forced[finished].all()


def test_the_encoder_ignores_more_padding(translator, sources):
    padded = np.pad(sources, ((0, 0), (0, 4)))
    assert np.allclose(translator.encode(sources), translator.encode(padded), atol=1e-6)


def test_bad_greedy(translator):
    with pytest.raises(ValueError, match="length is 0; expected a whole number, 1 or more"):
        seq2seq.Greedy(translator, 0)
