"""Samplers against closed forms, their limits, hand-worked beams, and a search through everything."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import chisquare

from course_utils import sampling
from course_utils.backends import keras

INFINITY = float("inf")
LOGITS = np.log(np.array([0.05, 0.4, 0.3, 0.15, 0.1], dtype="float32"))
# No -0.0, and no numbers below 1.2e-38: TensorFlow takes them for 0, so NumPy sees a largest one where it sees a tie.
any_logits = arrays("float32", (3, 6), elements=st.floats(-20, 20, width=32, allow_subnormal=False)).map(
    lambda each: each + 0.0
)


def softmax(logits):
    exponentials = np.exp(np.asarray(logits, dtype="float64") - np.max(logits))
    return exponentials / exponentials.sum()


def draw(logits, rng):
    """Draw one id per row, as a writer does: the largest of logits plus Gumbel noise is a draw from their softmax."""
    return sampling.greedy(logits + rng.gumbel(size=np.shape(logits)).astype("float32"))


def counts(logits, draws=40_000):
    return np.bincount(draw(np.tile(logits, (draws, 1)), np.random.default_rng(1)), minlength=len(logits))


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.5])
def test_draws_follow_the_distribution(temperature):
    seen = counts(sampling.with_temperature(LOGITS, temperature))
    expected = softmax(LOGITS / temperature) * seen.sum()
    assert chisquare(seen, expected).pvalue > 0.001
    shifted = softmax(LOGITS / (temperature * 1.3)) * seen.sum()
    assert chisquare(seen, shifted).pvalue < 0.001, "the test would not notice another temperature"


@pytest.mark.parametrize(
    ("filtered", "kept"),
    [
        (lambda: sampling.top_k(LOGITS, 2), [1, 2]),
        (lambda: sampling.top_p(LOGITS, 0.8), [1, 2, 3]),
        (lambda: sampling.suppress_ids(LOGITS, [1, 4]), [0, 2, 3]),
    ],
)
def test_filters_leave_the_rest_in_proportion(filtered, kept):
    weights = np.zeros(5)
    weights[kept] = np.exp(LOGITS[kept])
    seen = counts(filtered())
    assert seen[weights == 0].sum() == 0
    assert chisquare(seen[kept], weights[kept] / weights.sum() * seen.sum()).pvalue > 0.001
    assert np.allclose(sampling.probabilities(filtered()), weights / weights.sum(), atol=1e-6)


@pytest.mark.parametrize(
    ("p", "kept"), [(0.01, 1), (0.39, 1), (0.41, 2), (0.69, 2), (0.71, 3), (0.86, 4), (0.97, 5), (1.0, 5)]
)
def test_top_p_keeps_the_fewest_that_reach_p(p, kept):
    assert np.isfinite(sampling.top_p(LOGITS, p)).sum() == kept


@given(any_logits)
@settings(max_examples=50, deadline=None)
def test_limits(logits):
    rng = np.random.default_rng(0)
    first = sampling.greedy(logits)
    assert np.array_equal(first, logits.argmax(axis=-1))
    assert np.array_equal(draw(sampling.top_k(logits, 1), rng), first)
    assert np.array_equal(sampling.top_k(logits, 6), logits)
    assert np.array_equal(sampling.top_k(logits, 99), logits)
    assert np.array_equal(sampling.top_p(logits, 1), logits)
    assert np.array_equal(draw(sampling.top_p(logits, 1e-6), rng), first)
    assert np.array_equal(sampling.suppress_ids(logits, []), logits)


def test_a_temperature_near_zero_is_greedy_and_does_not_overflow():
    logits = np.array([[3.0, 2.9, -50.0], [-1e3, 1e3, 999.0]], dtype="float32")
    cold = sampling.with_temperature(logits, 1e-30)
    assert np.array_equal(draw(cold, np.random.default_rng(0)), [0, 1])


def test_equal_logits_stay_k_in_number():
    assert np.isfinite(sampling.top_k(np.zeros(5), 2)).tolist() == [True, True, False, False, False]
    assert np.isfinite(sampling.top_p(np.zeros(4), 0.5)).sum() == 2


def test_what_is_impossible_is_never_drawn():
    logits = np.full((20_000, 4), -INFINITY)
    logits[:, 2:] = [-100.0, -100.5]
    drawn = draw(logits, np.random.default_rng(0))
    assert set(drawn.tolist()) == {2, 3}


def test_filters_work_inside_a_compiled_function():
    class Filter(keras.Model):
        def call(self, logits):
            return sampling.top_p(sampling.top_k(sampling.with_temperature(logits, 0.7), 3), 0.9)

    logits = np.tile(LOGITS, (2, 1))
    model = Filter()
    model.compile(jit_compile=True)
    outside = sampling.top_p(sampling.top_k(sampling.with_temperature(logits, 0.7), 3), 0.9)
    assert np.allclose(model.predict_on_batch(logits), outside)


@pytest.mark.parametrize("temperature", [0, -1.0, INFINITY, float("nan"), "warm", None])
def test_bad_temperature(temperature):
    with pytest.raises((TypeError, ValueError), match=r"temperature is .*; expected a finite number above 0|'<' not"):
        sampling.with_temperature(LOGITS, temperature)


@pytest.mark.parametrize("k", [0, -3, 1.5, True, "2"])
def test_bad_k(k):
    with pytest.raises((TypeError, ValueError), match=r"k is .*; expected a whole number, 1 or more"):
        sampling.top_k(LOGITS, k)


@pytest.mark.parametrize("p", [0, -0.1, 1.01, float("nan"), INFINITY, "much"])
def test_bad_p(p):
    with pytest.raises((TypeError, ValueError), match=r"p is .*; expected a number above 0 and at most 1|'<' not"):
        sampling.top_p(LOGITS, p)


FUNCTIONS = {
    "probabilities": sampling.probabilities,
    "greedy": sampling.greedy,
    "temperature": lambda logits: sampling.with_temperature(logits, 1.0),
    "top_k": lambda logits: sampling.top_k(logits, 2),
    "top_p": lambda logits: sampling.top_p(logits, 0.5),
    "suppress_ids": lambda logits: sampling.suppress_ids(logits, [0]),
    "beam": lambda logits: sampling.beam_search(None, (), logits, num_beams=1, length=1),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(
    ("logits", "message"),
    [
        ([1.0, float("nan"), 0.0], "hold nan or inf"),
        ([1.0, INFINITY, 0.0], "hold nan or inf"),
        ([-INFINITY] * 3, "nothing can be drawn: .* or a row only -inf"),
    ],
)
def test_bad_logits(name, logits, message):
    with pytest.raises(ValueError, match=message):
        FUNCTIONS[name](np.array(logits))


def test_bad_ids_to_suppress():
    with pytest.raises(ValueError, match="an id to suppress is 5; expected a whole number from 0 to 4"):
        sampling.suppress_ids(LOGITS, [1, 5])
    with pytest.raises(ValueError, match="nothing can be drawn"):
        sampling.probabilities(sampling.suppress_ids(LOGITS, range(5)))


# --- beam search


def chain(size, seed):
    """A Markov chain of the second order as a model: the state holds the id before the last."""
    table = np.random.default_rng(seed).normal(size=(size, size, size)) * 2

    def step(ids, state):
        return table[state["before"], ids], {"before": ids}

    first = np.random.default_rng(seed + 1).normal(size=size)
    return step, {"before": np.zeros(1, dtype=int)}, first


def score_of(sequence, step, state, logits):
    """Log probability, added up one by one."""
    total = 0.0
    for position, each in enumerate(sequence):
        total += np.log(softmax(logits))[each]
        if position < len(sequence) - 1:
            logits, state = step(np.array([each]), state)
            logits = logits[0]
    return total


@pytest.mark.parametrize("seed", range(5))
def test_a_beam_of_everything_is_a_search_through_everything(seed):
    step, state, first = chain(3, seed)
    found = sampling.beam_search(step, state, first, num_beams=3**4, length=4)
    everything = {each: score_of(each, step, state, first) for each in itertools.product(range(3), repeat=4)}
    best = sorted(everything, key=everything.get, reverse=True)
    assert [tuple(ids) for ids, _ in found] == best
    assert np.allclose([score for _, score in found], [everything[each] for each in best])


@pytest.mark.parametrize("seed", range(5))
def test_a_beam_of_one_is_greedy(seed):
    step, state, logits = chain(4, seed)
    [(found, score)] = sampling.beam_search(step, state, logits, num_beams=1, length=6)
    greedy, at, expected = [], state, logits[None]
    for _ in range(6):
        greedy.append(int(expected[0].argmax()))
        expected, at = step(np.array(greedy[-1:]), at)
    assert found == greedy
    assert np.isclose(score, score_of(greedy, step, state, logits))


def test_wider_beams_find_nothing_worse_here():
    for seed in range(10):
        step, state, logits = chain(4, seed)
        scores = [
            sampling.beam_search(step, state, logits, num_beams=num_beams, length=5)[0][1] for num_beams in (1, 4**5)
        ]
        assert scores[1] >= scores[0] - 1e-9


def test_hand_worked_beam_with_an_end():
    """From the start: a 0.5, b 0.3, end 0.2. After a: end 0.9. After b: end 1 (nearly)."""
    tiny = 1e-12
    table = np.log(np.array([[0.05, 0.05, 0.9], [tiny, tiny, 1.0], [0.3, 0.4, 0.3]]))
    found = sampling.beam_search(
        lambda ids, state: (table[ids], state), (), np.log([0.5, 0.3, 0.2]), num_beams=3, length=5, eos_id=2
    )
    assert [ids for ids, _ in found] == [[0, 2], [1, 2], [2]]
    assert np.allclose(np.exp([score for _, score in found]), [0.45, 0.3, 0.2])


def test_beams_without_choices_stay_few():
    logits = np.array([0.0, -INFINITY, -INFINITY])
    found = sampling.beam_search(lambda ids, state: (logits[None], state), (), logits, num_beams=5, length=3)
    assert found == [([0, 0, 0], 0.0)]


@pytest.mark.parametrize(
    ("num_beams", "length", "name"), [(0, 3, "num_beams"), (2, 0, "length"), (1.5, 3, "num_beams")]
)
def test_bad_beams(num_beams, length, name):
    with pytest.raises((TypeError, ValueError), match=f"{name} is .*; expected a whole number, 1 or more"):
        sampling.beam_search(None, (), LOGITS, num_beams=num_beams, length=length)


# --- faults that were found by attacking the samplers


@pytest.mark.parametrize(
    ("filtered", "kept"),
    [
        (lambda: sampling.top_k(LOGITS, 2**31), [0, 1, 2, 3, 4]),
        (lambda: sampling.top_p(LOGITS, 1e-39), [1]),
        (lambda: sampling.with_temperature(LOGITS, 1e-38), [0, 1, 2, 3, 4]),
        (lambda: sampling.with_temperature([0.0, -INFINITY], 1e39), [0]),
        (lambda: sampling.suppress_ids(LOGITS, [1, 1]), [0, 2, 3, 4]),
    ],
)
def test_extreme_settings_leave_something_to_draw(filtered, kept):
    logits = filtered()
    assert np.flatnonzero(np.isfinite(logits)).tolist() == kept and not np.isnan(logits).any()
    assert draw(logits, np.random.default_rng(0)) in kept


def test_the_coldest_draw_is_greedy_and_the_hottest_is_even():
    assert counts(sampling.with_temperature(LOGITS, 5e-324), 100).tolist() == [0, 100, 0, 0, 0]
    assert np.allclose(sampling.probabilities(sampling.with_temperature(LOGITS, 1e300)), 0.2)


def test_half_an_id_cannot_be_suppressed():
    with pytest.raises(TypeError, match=r"an id to suppress is 0.5; expected a whole number from 0 to 4"):
        sampling.suppress_ids(LOGITS, [0.5])


def test_beam_search_takes_one_row_of_logits():
    with pytest.raises(ValueError, match="cannot reshape array of size 10 into shape"):
        sampling.beam_search(
            lambda ids, state: (LOGITS[None], state), (), np.stack([LOGITS] * 2), num_beams=2, length=2
        )


@pytest.mark.parametrize("eos_id", [-1, 5, 0.5])
def test_the_end_must_be_in_the_vocabulary(eos_id):
    with pytest.raises((TypeError, ValueError), match=r"eos_id is .*; expected a whole number from 0 to 4"):
        sampling.beam_search(lambda ids, state: (LOGITS[None], state), (), LOGITS, num_beams=1, length=2, eos_id=eos_id)
