"""The exercises' checks: right answers pass, typical wrong ones are told why. The answers are in `answers/`."""

import importlib
import re
from pathlib import Path

import keras
import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from course_utils import checks
from course_utils.checks import recurrent_and_conv, tokenization

MODULES = sorted(path.stem for path in (Path(__file__).parent / "answers").glob("*.py"))
CHECKS = {name: importlib.import_module(f"course_utils.checks.{name}") for name in MODULES}
ANSWERS = {name: importlib.import_module(f"answers.{name}") for name in MODULES}
EXERCISES = [(module, name) for module in MODULES for name in CHECKS[module].MISTAKES]
every_exercise = pytest.mark.parametrize(("module", "name"), EXERCISES, ids="-".join)


def always(value):
    """An answer that returns the same whatever it is asked, such as a typical mistake of an exercise without inputs."""
    return value if callable(value) else lambda *_: value


def recursive():
    """A list that holds itself."""
    endless = []
    endless.append(endless)
    return endless


def deep():
    """A list that Python itself cannot compare or print."""
    nested = []
    for _ in range(100_000):
        nested = [nested]
    return nested


def wide():
    """A list of a billion items, in a few hundred bytes."""
    nested = [0] * 1000
    for _ in range(2):
        nested = [nested] * 1000
    return nested


class Hostile:
    """An object whose every question ends in an error."""

    def fail(self, *_):
        raise RuntimeError("no answer")

    __eq__ = __repr__ = __len__ = __iter__ = __array__ = __bool__ = __float__ = __hash__ = fail


def endless_recursion(*given):
    return endless_recursion(*given)


# Wrong answers to any exercise, with the words that they must get.
ANY_EXERCISE = {
    "Expected a function, got int": [3],
    "returned None. Is there a return in every branch?": [lambda *_: None],
    "ZeroDivisionError: division by zero, in your line `": [lambda *_: 1 / 0],
    "raised RecursionError": [endless_recursion],
    "is nested too deeply (does it contain itself?)": [always(recursive()), always(deep())],
    "holds more than 1,000,000 items": [
        always(wide()),
        always(range(10**12)),
        always(np.broadcast_to(np.float32(0), (10**6, 10**6))),
    ],
    # Below, each check says in its own words what it expected.
    "": [always("x"), always(Hostile()), always({}), always(10**5000), always(Path), always(iter([]))],
}


def test_all_exercises_are_here():
    lessons = "char_rnn inside_the_cells korean_reviews onehot_vs_embeddings pretraining recurrent_and_conv seq2seq "
    lessons += "tokenization tweets weather word_models"
    assert " ".join(MODULES) == lessons
    assert len(EXERCISES) == 80


@pytest.mark.parametrize("module", MODULES)
def test_every_check_meets_right_and_wrong_answers(module):
    table, answers = CHECKS[module].MISTAKES, ANSWERS[module]
    assert {"MISTAKES", *table} <= set(CHECKS[module].__all__)
    assert set(answers.RIGHT) == set(table) and all(answers.RIGHT.values())
    assert set(answers.WRONG) <= set(table)
    assert all(len(table[name]) + len(answers.WRONG.get(name, {})) >= 3 for name in table)


def cases(listed):
    """One case per answer, such as recurrent_and_conv-gru_step-2."""
    return [
        pytest.param(getattr(CHECKS[module], name), *case, id=f"{module}-{name}-{number}")
        for module, name in EXERCISES
        for number, case in enumerate(listed(module, name))
    ]


def wrong_answers(module, name):
    """All wrong answers to an exercise: the check's own typical mistakes, then those of `answers/`."""
    yield from ((always(wrong), re.escape(words)) for words, wrong in CHECKS[module].MISTAKES[name].items())
    for words, wrong in ANSWERS[module].WRONG.get(name, {}).items():
        yield from ((answer, words) for answer in (wrong if isinstance(wrong, list) else [wrong]))


@pytest.mark.parametrize(("check", "answer"), cases(lambda module, name: [(r,) for r in ANSWERS[module].RIGHT[name]]))
def test_other_right_answers_pass(check, answer, capsys):
    check(answer)
    assert capsys.readouterr().out.startswith("Right: ")


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::UserWarning")  # wrong answers do what deserves them
@pytest.mark.parametrize(("check", "answer", "words"), cases(wrong_answers))
def test_wrong_answers_are_told_why(check, answer, words):
    with pytest.raises(checks.NotYet, match=words) as caught:
        check(answer)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 800


@every_exercise
def test_what_is_wrong_anywhere_gets_one_clear_message(module, name):
    for words, answers in ANY_EXERCISE.items():
        for answer in answers:
            with pytest.raises(checks.NotYet) as caught:
                getattr(CHECKS[module], name)(answer)
            message = str(caught.value)
            assert words in message and "\n" not in message and 20 < len(message) < 500, message


@every_exercise
def test_a_stub_is_left_as_not_implemented(module, name):
    def stub(*_):
        raise NotImplementedError

    with pytest.raises(NotImplementedError):
        getattr(CHECKS[module], name)(stub)


def test_predictions_are_what_the_libraries_do(capsys):
    reviews = ["a good film", "not a good film", "a good, good film, not a good joke"]
    counter = CountVectorizer(ngram_range=(1, 2), token_pattern=tokenization.WORD.pattern)
    tokenization.bag_shape(lambda: counter.fit_transform(reviews).shape)
    listed = ["film", "a", "good", "not", "bad", "it", "isn't"]
    layer = keras.layers.TextVectorization(vocabulary=listed, output_sequence_length=6)
    sentences = ["Not BAD!", "It isn't a bad film, it is a good one"]
    tokenization.layer_ids(lambda: keras.ops.convert_to_numpy(layer(sentences)))
    assert capsys.readouterr().out.count("Right") == 2


@pytest.mark.parametrize("seed", range(5))
def test_the_pipeline_s_bar_has_a_wide_margin(seed):
    def bar(**settings):
        features = TfidfVectorizer(token_pattern=tokenization.WORD.pattern, **settings)
        return tokenization.try_out(make_pipeline(features, LogisticRegression(C=10)), seed)

    accuracy, columns = bar(ngram_range=(1, 2), min_df=5)
    assert accuracy > 0.99 and columns < 75
    assert bar(min_df=5)[0] < 0.65
    assert bar(ngram_range=(1, 2), min_df=5, stop_words="english")[0] < 0.65
    assert bar(ngram_range=(1, 2))[1] > 1_000


def test_a_bag_of_turns_is_lost_by_counting_too():
    ids, labels = recurrent_and_conv.turns(5_000, 3)
    praise, blame = (((ids >= low) & (ids < low + 4)).sum(axis=1) for low in (2, 6))
    agree = np.mean((praise > blame) == labels)
    assert 0.5 < agree < 0.68
    assert (np.count_nonzero(ids == 1, axis=1) == 1).all()


def test_layers_reach_as_far_as_a_signal_through_keras():
    for window, distance in ((5, 28), (5, 29), (3, 6), (3, 7), (2, 1)):
        signal = np.zeros((1, 2 * distance + 99, 1), "float32")
        signal[0, 0] = 1
        count = 0
        while not signal[0, distance:].any():
            options = {"padding": "causal", "dilation_rate": 2**count, "kernel_initializer": "ones"}
            signal = np.array(keras.layers.Conv1D(1, window, **options)(signal))
            count += 1
        assert count == next(n for n in range(9) if (window - 1) * (2**n - 1) >= distance)
