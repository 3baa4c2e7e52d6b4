"""The exercises' checks: right answers pass, typical wrong ones are told why. The answers are in `answers/`."""

import importlib
import inspect

import keras
import numpy as np
import pytest
from answers.tokenization import WORD, small
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from course_utils import checks
from course_utils.checks import recurrent, tokenization

MODULES = ("tokenization", "embeddings", "recurrent", "writing", "translating")
CHECKS = {name: importlib.import_module(f"course_utils.checks.{name}") for name in MODULES}
ANSWERS = {name: importlib.import_module(f"answers.{name}") for name in MODULES}
EXERCISES = [(module, name) for module in MODULES for name in ANSWERS[module].WRONG]


def cases(kind):
    """One case an answer, such as recurrent-gru_step-2."""
    listed = [(module, name, getattr(ANSWERS[module], kind)[name]) for module, name in EXERCISES]
    return [
        pytest.param(getattr(CHECKS[module], name), answer, id=f"{module}-{name}-{number}")
        for module, name, answers in listed
        for number, answer in enumerate(answers)
    ]


@pytest.mark.parametrize(("check", "answer"), cases("RIGHT"))
def test_other_right_answers_pass(check, answer, capsys):
    check(answer)
    assert capsys.readouterr().out.startswith("Right")


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::UserWarning")  # wrong answers do what deserves them
@pytest.mark.parametrize(("check", "case"), cases("WRONG"))
def test_wrong_answers_are_told_why(check, case):
    answer, words = case
    with pytest.raises(checks.NotYet, match=words):
        check(answer)


@pytest.mark.parametrize("module", MODULES)
def test_every_check_meets_right_and_wrong_answers(module):
    found = vars(CHECKS[module]).items()
    public = {name for name, one in found if inspect.isfunction(one) and one.__module__ == CHECKS[module].__name__}
    public = {name for name in public if not name.startswith("_")}
    assert public == set(ANSWERS[module].RIGHT) == set(ANSWERS[module].WRONG)
    assert all(len(answers) >= 1 for answers in ANSWERS[module].RIGHT.values())
    assert all(len(answers) >= 3 for answers in ANSWERS[module].WRONG.values())


@pytest.mark.parametrize(("module", "name"), EXERCISES)
def test_a_stub_is_left_as_not_implemented(module, name):
    def stub(*_):
        raise NotImplementedError

    with pytest.raises(NotImplementedError):
        getattr(CHECKS[module], name)(stub)


def test_predictions_are_what_the_libraries_do(capsys):
    reviews = ["a good film", "not a good film", "a good, good film, not a good joke"]
    counter = CountVectorizer(ngram_range=(1, 2), token_pattern=WORD.pattern)
    tokenization.bag_shape(lambda: counter.fit_transform(reviews).shape)
    listed = ["film", "a", "good", "not", "bad", "it", "isn't"]
    layer = keras.layers.TextVectorization(vocabulary=listed, output_sequence_length=6)
    sentences = ["Not BAD!", "It isn't a bad film, it is a good one"]
    tokenization.layer_ids(lambda: keras.ops.convert_to_numpy(layer(sentences)))
    assert capsys.readouterr().out.count("Right") == 2


@pytest.mark.parametrize("seed", range(5))
def test_the_pipeline_s_bar_has_a_wide_margin(seed):
    def bar(**settings):
        return tokenization._try_out(small(TfidfVectorizer(token_pattern=WORD.pattern, **settings))(), seed)

    accuracy, columns = bar(ngram_range=(1, 2), min_df=5)
    assert accuracy > 0.99 and columns < 75
    assert bar(min_df=5)[0] < 0.65
    assert bar(ngram_range=(1, 2), min_df=5, stop_words="english")[0] < 0.65
    assert bar(ngram_range=(1, 2))[1] > 1_000


def test_a_bag_of_turns_is_lost_by_counting_too():
    ids, labels = recurrent._turns(5_000, 3)
    praise, blame = (((ids >= low) & (ids < low + 4)).sum(axis=1) for low in (2, 6))
    agree = np.mean((praise > blame) == labels)
    assert 0.5 < agree < 0.68
    assert (np.count_nonzero(ids == 1, axis=1) == 1).all()
