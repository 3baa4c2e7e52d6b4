"""Batches by length, contiguous batches, teacher forcing: every token once, in order, and where Keras expects it."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils.backends import keras
from course_utils.batches import BatchesByLength, ByLength, contiguous_batches, teacher_forcing
from course_utils.text import pad


def padded(ids, length=None):
    return pad(ids, length or max(map(len, ids)), side="right")


@given(
    lengths=st.lists(st.integers(1, 30), min_size=1, max_size=80),
    batch_size=st.integers(1, 9),
    multiple=st.integers(1, 12),
)
@settings(max_examples=60, deadline=None)
def test_every_epoch_holds_every_example_once_and_whole(lengths, batch_size, multiple):
    ids = [np.arange(number, number + size) + 1 for number, size in enumerate(lengths)]
    batches = BatchesByLength(padded(ids), np.arange(len(ids)), batch_size, multiple=multiple)
    for _ in range(2):
        seen = []
        for x, y in (batches[index] for index in range(len(batches))):
            assert len(x) == len(y) <= batch_size
            assert x.shape[1] == max(lengths) or x.shape[1] % multiple == 0
            for row, label in zip(x, y, strict=True):
                assert row.tolist() == ids[label].tolist() + [0] * (x.shape[1] - len(ids[label]))
            seen += y.tolist()
        assert sorted(seen) == list(range(len(ids)))
        batches.on_epoch_end()


@given(lengths=st.lists(st.integers(1, 9), min_size=2, max_size=30), multiple=st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_the_first_two_batches_tell_whether_lengths_differ(lengths, multiple):
    ids = padded([[1] * size for size in lengths], 9)
    batches = BatchesByLength(ids, np.zeros(len(lengths)), 2, multiple=multiple)
    told = {batches[index][0].shape[1] for index in range(min(2, len(batches)))}
    for _ in range(3):
        shapes = {batches[index][0].shape[1] for index in range(len(batches))}
        assert len(told) > 1 or shapes == told
        batches.on_epoch_end()


def test_batches_hold_neighbors_in_length_and_change_from_epoch_to_epoch():
    rng = np.random.default_rng(0)
    ids = padded([np.ones(size, "int32") for size in rng.integers(1, 400, 2_000)], 400)
    batches = BatchesByLength(ids, np.arange(2_000), 20, multiple=1)
    assert np.mean([np.mean(x == 0) for x, _ in batches]) < 0.05 < 0.4 < np.mean(ids == 0)
    first = [frozenset(batches[index][1].tolist()) for index in range(len(batches))]
    batches.on_epoch_end()
    second = [frozenset(batches[index][1].tolist()) for index in range(len(batches))]
    assert len(set(first) & set(second)) < len(first) / 10
    again = BatchesByLength(ids, np.arange(2_000), 20, multiple=1)
    assert [frozenset(again[index][1].tolist()) for index in range(len(again))] == first


def test_zeros_at_the_end_are_padding():
    batches = BatchesByLength([[5, 6, 0, 0], [7, 0, 8, 0], [9, 9, 9, 9]], [0, 1, 2], 1, multiple=1)
    assert batches.lengths.tolist() == [2, 3, 4]


def test_a_masked_model_answers_as_on_one_fixed_length():
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    x = np.array([np.pad(rng.integers(1, 9, size), (0, 12 - size)) for size in rng.integers(1, 12, 40)])
    y = (x.sum(axis=1) % 2).astype("float32")
    ids = keras.Input((None,), dtype="int32")
    last = keras.layers.GRU(3)(keras.layers.Embedding(10, 2, mask_zero=True)(ids))
    model = ByLength(ids, keras.layers.Dense(1, activation="sigmoid")(last))
    model.compile(keras.optimizers.SGD(0.0), "binary_crossentropy")
    history = model.fit(x, y, batch_size=4, validation_data=(x, y), epochs=2, verbose=0).history
    whole = model.evaluate(x, y, verbose=0)
    assert np.allclose(history["loss"], whole, atol=1e-5) and np.allclose(history["val_loss"], whole, atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], [], 2), "the data has 0 examples, 0 labels; expected as many of each"),
        (([[1], [2]], [0], 2), "the data has 2 examples, 1 labels; expected as many of each"),
        (([[1, 2], [0, 0]], [0, 1], 2), "example 1 is empty; expected at least one token"),
        (([[1]], [0], 0), "batch_size is 0; expected a whole number, 1 or more"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        BatchesByLength(*arguments)


def test_an_index_beyond_the_end_is_an_error():
    batches = BatchesByLength([[1], [2]], [0, 1], 1)
    with pytest.raises(IndexError, match="list index out of range"):
        batches[2]
    assert len(list(itertools.islice(batches, 9))) == 2


# --- contiguous batches


@given(st.integers(1, 5), st.integers(1, 6), st.integers(1, 80))
@settings(max_examples=60, deadline=None)
def test_rows_follow_on_from_batch_to_batch(batch_size, time_steps, length):
    ids = np.arange(length)
    if length <= batch_size * time_steps:
        with pytest.raises(ValueError, match="expected at least"):
            contiguous_batches(ids, batch_size, time_steps)
        return
    x, y = contiguous_batches(ids, batch_size, time_steps)
    assert np.array_equal(y, x + 1)
    strips = x.reshape(-1, batch_size, time_steps).swapaxes(0, 1).reshape(batch_size, -1)
    assert np.array_equal(strips.ravel(), np.arange(x.size)), "every character once, in order"
    assert length - 1 - x.size < batch_size * time_steps, "no whole batch is left out"


@pytest.mark.parametrize(
    ("batch_size", "time_steps", "name"), [(0, 4, "batch_size"), (4, 0, "time_steps"), (2.0, 4, "b")]
)
def test_bad_batches(batch_size, time_steps, name):
    with pytest.raises((TypeError, ValueError), match=f"{name}.* expected a whole number, 1 or more"):
        contiguous_batches(np.arange(100), batch_size, time_steps)


# --- teacher forcing


def test_teacher_forcing_by_hand():
    decoder_inputs, decoder_targets = teacher_forcing([[7, 8, 9], [7, 0, 0]])
    assert decoder_inputs.tolist() == [[1, 7, 8, 9], [1, 7, 0, 0]]
    assert decoder_targets.tolist() == [[7, 8, 9, 2], [7, 2, 0, 0]]


@given(st.lists(st.lists(st.integers(3, 9), min_size=1, max_size=6), min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_the_decoder_reads_one_token_for_each_that_it_answers(texts):
    targets = np.array([text + [0] * (6 - len(text)) for text in texts])
    decoder_inputs, decoder_targets = teacher_forcing(targets)
    assert decoder_inputs.shape == decoder_targets.shape == (len(texts), 7)
    for text, read, answer in zip(texts, decoder_inputs.tolist(), decoder_targets.tolist(), strict=True):
        assert read[: len(text) + 1] == [1, *text] and answer[: len(text) + 1] == [*text, 2]
        assert not any(read[len(text) + 1 :] + answer[len(text) + 1 :])
