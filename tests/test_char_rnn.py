"""The character model's helpers: batches that follow on, the state, evaluation and writing, against the slow way."""

import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from course_utils import char_rnn, datasets, sampling, training

CHARACTERS = np.array(sorted(" \nabcdefghij"))
V, UNITS = len(CHARACTERS), 7


def build(layers_=1, scale=1.0):
    """An untrained model [ids, *states] -> [logits, *states]; `scale` makes its distributions sharper."""
    keras.utils.set_random_seed(3)
    ids = keras.Input((None,), dtype="int32")
    hidden, states, last = layers.Embedding(V, 5)(ids), [], []
    for _ in range(layers_):
        states.append(keras.Input((UNITS,)))
        hidden, state = layers.GRU(UNITS, return_sequences=True, return_state=True)(hidden, initial_state=states[-1])
        last.append(state)
    model = keras.Model([ids, *states], [layers.Dense(V)(hidden), *last])
    model.set_weights([weights * scale for weights in model.get_weights()])
    return model


@pytest.fixture(scope="module")
def writer():
    return char_rnn.Writer(build(scale=4.0), CHARACTERS)


# --- ids and batches


def test_ids_and_back():
    text = "a bad\nface"
    characters, ids = np.unique(list(text), return_inverse=True)
    assert np.array_equal(char_rnn.encode(text, characters), ids)
    assert char_rnn.decode(ids, characters) == text


@pytest.mark.parametrize("text", ["", None, 3])
def test_encode_nothing(text):
    with pytest.raises(ValueError, match="expected a string of at least one character"):
        char_rnn.encode(text, CHARACTERS)


def test_encode_unknown_characters_names_them():
    with pytest.raises(ValueError, match="holds 'x', 'é'"):
        char_rnn.encode("axéa", CHARACTERS)


@given(st.integers(1, 5), st.integers(1, 6), st.integers(1, 80))
@settings(max_examples=60, deadline=None)
def test_rows_follow_on_from_batch_to_batch(batch_size, time_steps, length):
    ids = np.arange(length)
    if length <= batch_size * time_steps:
        with pytest.raises(ValueError, match="expected at least"):
            char_rnn.contiguous_batches(ids, batch_size, time_steps)
        return
    x, y = char_rnn.contiguous_batches(ids, batch_size, time_steps)
    assert np.array_equal(y, x + 1)
    strips = x.reshape(-1, batch_size, time_steps).swapaxes(0, 1).reshape(batch_size, -1)
    assert np.array_equal(strips.ravel(), np.arange(x.size)), "every character once, in order"
    assert length - 1 - x.size < batch_size * time_steps, "no whole batch is left out"


@pytest.mark.parametrize(
    ("batch_size", "time_steps", "name"), [(0, 4, "batch_size"), (4, 0, "time_steps"), (2.0, 4, "b")]
)
def test_bad_batches(batch_size, time_steps, name):
    with pytest.raises((TypeError, ValueError), match=f"{name}.* expected a whole number, 1 or more"):
        char_rnn.contiguous_batches(np.arange(100), batch_size, time_steps)


# --- the state


def stateful_model(batch_size=2):
    keras.utils.set_random_seed(0)
    ids = keras.Input(batch_shape=(batch_size, None), dtype="int32")
    hidden = layers.GRU(UNITS, return_sequences=True, stateful=True)(layers.Embedding(V, 5)(ids))
    model = keras.Model(ids, layers.Dense(V)(hidden))
    model.compile(keras.optimizers.SGD(0.0), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def test_the_state_is_reset_for_each_epoch_and_validation():
    ids = np.random.default_rng(0).integers(0, V, 200)
    x, y = char_rnn.contiguous_batches(ids, 2, 10)
    options = {"batch_size": 2, "shuffle": False, "verbose": 0, "epochs": 3}
    with_reset = stateful_model().fit(x, y, validation_data=(x, y), callbacks=[training.ResetState()], **options)
    losses = with_reset.history["loss"] + with_reset.history["val_loss"]
    assert np.allclose(losses, losses[0], atol=1e-6), "no learning (rate 0), so every pass must cost the same"
    without = stateful_model().fit(x, y, validation_data=(x, y), **options).history["loss"]
    assert not np.allclose(without, without[0], atol=1e-6), "without a reset the test would not notice"


def test_zero_state():
    assert [state.shape for state in char_rnn.zero_state(build(layers_=2), 3)] == [(3, UNITS), (3, UNITS)]


def test_training_and_writing_models_share_their_weights():
    trained, writing = stateful_model(), build()
    writing.set_weights(trained.get_weights())
    ids = np.random.default_rng(0).integers(0, V, (2, 12))
    reset = training.ResetState()
    reset.set_model(trained)
    reset.on_epoch_begin(0)
    together = [trained.predict_on_batch(ids[:, :5]), trained.predict_on_batch(ids[:, 5:])]
    alone = writing.predict_on_batch([ids, *char_rnn.zero_state(writing, 2)])[0]
    assert np.allclose(np.concatenate(together, axis=1), alone, atol=1e-5)


# --- evaluation


@pytest.mark.parametrize("layers_", [1, 2])
@pytest.mark.parametrize(("rows", "length"), [(1, 97), (4, 97), (7, 10), (32, 5), (3, 700)])
def test_evaluation_counts_every_character_once(layers_, rows, length):
    """Against a pass for each row alone, from its warm-up to its end, in one piece."""
    model, rng = build(layers_, scale=3.0), np.random.default_rng(0)
    before, ids = rng.integers(0, V, 40), rng.integers(0, V, length)
    whole, in_row, nats = np.concatenate([before, ids]), -(-length // min(rows, length)), []
    for start in range(0, length, in_row):
        end = min(start + in_row, length)
        read = whole[min(start, length - in_row) : 40 + end]
        logits = model.predict_on_batch([read[None, :-1], *char_rnn.zero_state(model, 1)])[0][0].astype("float64")
        logarithms = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
        nats += list(-logarithms[np.arange(len(read) - 1), read[1:]][start - end :])
    assert len(nats) == length
    found = char_rnn.evaluate(model, ids, before, rows=rows, warm_up=10_000)
    assert np.isclose(found, np.mean(nats), atol=1e-5)


def test_evaluation_of_a_model_that_knows_nothing():
    model = build(scale=0.0)
    ids = np.random.default_rng(0).integers(0, V, 50)
    assert np.isclose(char_rnn.evaluate(model, ids, ids[:1]), np.log(V), atol=1e-6)


def test_bad_evaluation():
    with pytest.raises(ValueError, match="ids hold 0 characters and before 3; expected at least one each"):
        char_rnn.evaluate(build(), [], [1, 2, 3])
    with pytest.raises(ValueError, match="1 inputs and 1 outputs"):
        char_rnn.evaluate(stateful_model(), [1], [1])


# --- writing


def slowly(model, prompt, length, choose):
    """The notes' loop: the whole text through the model for each character."""
    text = prompt
    for _ in range(length):
        ids = char_rnn.encode(text, CHARACTERS)[None]
        logits = model.predict_on_batch([ids, *char_rnn.zero_state(model, 1)])[0][0, -1]
        text += CHARACTERS[choose(logits)]
    return text[len(prompt) :]


@pytest.mark.parametrize("layers_", [1, 2])
def test_writing_with_the_state_equals_feeding_everything(layers_):
    model = build(layers_, scale=4.0)
    written = char_rnn.Writer(model, CHARACTERS).write("abc", 130, greedy=True)
    assert written == slowly(model, "abc", 130, np.argmax)


def test_a_prompt_longer_than_a_stride(writer):
    prompt = "abcdefghij " * 22
    assert len(prompt) > 2 * char_rnn.STRIDE
    assert writer.write(prompt, 20, greedy=True) == slowly(writer.model, prompt, 20, np.argmax)


def test_writing_draws_from_the_filtered_distribution(writer):
    """The first character over many seeds, against the samplers on the model's own logits."""
    logits, _ = writer.read("fa")
    drawn = [writer.write("fa", 1, temperature=1.5, top_k=4, seed=seed) for seed in range(400)]
    expected = sampling.probabilities(sampling.top_k(sampling.with_temperature(logits, 1.5), 4))
    seen = np.array([drawn.count(character) for character in CHARACTERS]) / len(drawn)
    assert np.all(seen[expected == 0] == 0)
    assert np.abs(seen - expected).max() < 0.1


def test_the_same_seed_the_same_text(writer):
    first = writer.write("a", 150, seed=5)
    assert first == writer.write("a", 150, seed=5) == char_rnn.Writer(writer.model, CHARACTERS).write("a", 150, seed=5)
    assert first != writer.write("a", 150, seed=6)
    assert writer.write("a", 40, seed=5) == first[:40], "a longer text begins like a shorter one"


def test_settings_that_make_writing_greedy(writer):
    greedy = writer.write("bad ", 60, greedy=True)
    assert greedy == writer.write("bad ", 60, top_k=1) == writer.write("bad ", 60, temperature=1e-6)
    assert greedy == writer.write("bad ", 60, greedy=True, temperature=3.0, top_p=0.5, seed=9)


def test_skipped_characters_are_not_written(writer):
    written = writer.write("a", 300, skip="aei ")
    assert not set(written) & set("aei ")


def test_new_weights_are_used_at_once():
    model = build(scale=4.0)
    writer = char_rnn.Writer(model, CHARACTERS)
    before = writer.write("a", 50, greedy=True)
    model.set_weights([weights[..., ::-1] for weights in model.get_weights()])
    assert writer.write("a", 50, greedy=True) == slowly(model, "a", 50, np.argmax) != before


def test_beams(writer):
    [(greedy, _)] = writer.beam("ab", 12, width=1)
    assert greedy == writer.write("ab", 12, greedy=True)
    everything = writer.beam("ab", 2, width=V * V)
    logits, _ = writer.read("ab")
    first = np.log(sampling.probabilities(logits))
    scores = {}
    for number, character in enumerate(CHARACTERS):
        second = np.log(sampling.probabilities(writer.read("ab" + character)[0]))
        scores |= {character + other: first[number] + second[place] for place, other in enumerate(CHARACTERS)}
    assert everything[0][0] == max(scores, key=scores.get)
    assert np.allclose([score for _, score in everything], sorted(scores.values(), reverse=True), atol=1e-3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": 0}, "temperature is 0; expected a finite number above 0"),
        ({"temperature": float("nan")}, "temperature is nan"),
        ({"temperature": float("inf")}, "temperature is inf"),
        ({"top_k": 0}, "top_k is 0; expected a whole number, 1 or more"),
        ({"top_p": 0.0}, "p is 0.0; expected a number above 0"),
        ({"top_p": 1.5}, "p is 1.5; expected a number above 0"),
        ({"prompt": ""}, "expected a string of at least one character"),
        ({"prompt": "Zabc"}, "holds 'Z', which the model's 12 characters lack"),
        ({"skip": "Q"}, "holds 'Q'"),
        ({"skip": "".join(CHARACTERS)}, "every character is to be skipped"),
        ({"length": 0}, "length is 0; expected a whole number, 1 or more"),
    ],
)
def test_bad_writing(writer, options, message):
    with pytest.raises(ValueError, match=message):
        writer.write(**{"prompt": "a", "length": 5, **options})


def test_a_model_that_diverged_says_so():
    model = build()
    model.set_weights([np.full_like(weights, np.nan) for weights in model.get_weights()])
    with pytest.raises(ValueError, match=r"nan or inf.*Did the training diverge"):
        char_rnn.Writer(model, CHARACTERS).write("a", 5)


def test_bad_writers():
    with pytest.raises(ValueError, match="12 logits and there are 3 characters"):
        char_rnn.Writer(build(), CHARACTERS[:3])
    with pytest.raises(ValueError, match="expected a model"):
        char_rnn.Writer(stateful_model(), CHARACTERS)


# --- copying


@given(st.text("ab", max_size=12), st.text("ab", max_size=12))
@settings(max_examples=100, deadline=None)
def test_longest_copy_against_trying_all(written, corpus):
    pieces = {""} | {written[i:j] for i in range(len(written)) for j in range(i, len(written) + 1)}
    assert char_rnn.longest_copy(written, corpus) == max(len(piece) for piece in pieces if piece in corpus)


# --- a training that is killed


TRAINING = """
import sys
from pathlib import Path
from course_utils import char_rnn, datasets, training
import keras, numpy as np
from keras import layers

folder, epochs = Path(sys.argv[1]), int(sys.argv[2])
text = Path("data/play.txt").read_text(encoding="utf-8")[:20_000]
characters, ids = np.unique(list(text), return_inverse=True)
x, y = char_rnn.contiguous_batches(ids, 16, 32)
keras.utils.set_random_seed(int(sys.argv[3]))
inputs = keras.Input(batch_shape=(16, None), dtype="int32")
hidden = layers.GRU(32, return_sequences=True, stateful=True)(layers.Embedding(len(characters), 16)(inputs))
model = keras.Model(inputs, layers.Dense(len(characters))(layers.Dropout(0.2)(hidden)))
rate = keras.optimizers.schedules.CosineDecay(2e-2, epochs * len(x) // 16)
model.compile(keras.optimizers.AdamW(rate), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
callbacks = [
    training.ResetState(), training.Seconds(), keras.callbacks.CSVLogger(folder / "history.csv", append=True),
    training.Backup(folder / "backup"),
]
model.fit(x, y, batch_size=16, shuffle=False, epochs=epochs, verbose=0, callbacks=callbacks)
print("iterations", int(model.optimizer.iterations.numpy()))
"""


def train(folder, seed=0, epochs=12):
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-c", TRAINING, str(folder), str(epochs), str(seed)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def history(folder):
    return pd.read_csv(folder / "history.csv").drop_duplicates("epoch", keep="last")


def test_a_killed_training_goes_on(tmp_path):
    """Killed after its third epoch: the same number of steps in the end, and the same loss within noise."""
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    out, _ = train(whole).communicate(timeout=240)
    process, deadline = train(killed), time.monotonic() + 240
    while time.monotonic() < deadline and not (
        (killed / "history.csv").is_file() and len((killed / "history.csv").read_text().splitlines()) > 3
    ):
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    resumed, _ = train(killed).communicate(timeout=240)
    assert resumed == out, "as many steps in all as without the kill"
    assert history(killed)["epoch"].tolist() == list(range(12))
    final, expected = history(killed)["loss"].iloc[-1], history(whole)["loss"].iloc[-1]
    assert abs(final - expected) < 0.05
    assert history(whole)["loss"].iloc[3] - expected > 0.2, "the loss still falls after the kill, so going on matters"
    done = time.monotonic()
    again, _ = train(killed).communicate(timeout=240)
    assert again == out and time.monotonic() - done < 120, "a finished training is not done again"
    assert len(history(killed)) == 12


def test_changed_settings_have_another_folder():
    x = np.ones((4, 3))

    def folder(units=3, rate=0.1, data=x, epochs=2):
        keras.backend.clear_session()  # as after a restart
        model = keras.Sequential([keras.Input((3,)), layers.Dense(units)])
        model.compile(keras.optimizers.SGD(rate), "mse")
        return training.run_folder("doctest", model, data, data, epochs)

    assert folder() == folder()
    assert len({folder(), folder(units=4), folder(rate=0.2), folder(data=x + 1), folder(epochs=3)}) == 5
    with pytest.raises(ValueError, match="not compiled"):
        training.run_folder("doctest", build(), x, x, 1)


@pytest.mark.xfail(strict=True, reason="Keras numbers optimizers through a session, and the number enters the digest")
def test_a_model_compiled_anew_has_the_same_folder():
    x, folders = np.ones((4, 3)), set()
    for _ in range(2):
        model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
        model.compile("sgd", "mse")
        folders.add(training.run_folder("doctest", model, x, x, 1))
    assert len(folders) == 1


def test_the_play_is_long_enough_for_the_lesson():
    """The sample play fills at least one batch of notebook 04's full settings."""
    text = datasets.load_shakespeare().text
    characters, ids = np.unique(list(text), return_inverse=True)
    x, _ = char_rnn.contiguous_batches(ids, 128, 32)
    assert len(x) >= 128 and len(characters) <= 65
