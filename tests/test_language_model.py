"""The language model: evaluation and generation with a carried state, held against the slow way."""

import numpy as np
import pytest

from course_utils import language_model, sampling
from course_utils.backends import keras
from course_utils.text import CharCodec

layers = keras.layers
CODEC = CharCodec(" \nabcdefghij")
V, UNITS = len(CODEC), 7


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


def zero_state(model, rows):
    return [np.zeros((rows, UNITS))] * (len(model.inputs) - 1)


@pytest.fixture(scope="module")
def trained():
    return language_model.LanguageModel(build(scale=4.0), CODEC)


def stateful_model(batch_size=2):
    keras.utils.set_random_seed(0)
    ids = keras.Input(batch_shape=(batch_size, None), dtype="int32")
    hidden = layers.GRU(UNITS, return_sequences=True, stateful=True)(layers.Embedding(V, 5)(ids))
    model = keras.Model(ids, layers.Dense(V)(hidden))
    model.compile(keras.optimizers.SGD(0.0), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


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
        logits = model.predict_on_batch([read[None, :-1], *zero_state(model, 1)])[0][0].astype("float64")
        logarithms = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
        nats += list(-logarithms[np.arange(len(read) - 1), read[1:]][start - end :])
    assert len(nats) == length
    found = language_model.evaluate(model, ids, before, rows=rows, warm_up=10_000)
    assert np.isclose(found, np.mean(nats), atol=1e-5)


def test_evaluation_of_a_model_that_knows_nothing():
    model = build(scale=0.0)
    ids = np.random.default_rng(0).integers(0, V, 50)
    assert np.isclose(language_model.evaluate(model, ids, ids[:1]), np.log(V), atol=1e-6)


def test_bad_evaluation():
    with pytest.raises(ValueError, match=r"len\(ids\) is 0; expected a whole number, 1 or more"):
        language_model.evaluate(build(), [], [1, 2, 3])
    with pytest.raises(ValueError, match=r"len\(context\) is 0; expected a whole number, 1 or more"):
        language_model.evaluate(build(), [1, 2, 3], [])
    with pytest.raises(ValueError, match="got 1 inputs, 1 outputs"):
        language_model.evaluate(stateful_model(), [1], [1])


# --- generating


def slowly(model, prompt, length, choose):
    """The whole text through the model for each character."""
    text = prompt
    for _ in range(length):
        ids = CODEC.encode(text)[None]
        logits = model.predict_on_batch([ids, *zero_state(model, 1)])[0][0, -1]
        text += CODEC.characters[choose(logits)]
    return text[len(prompt) :]


@pytest.mark.parametrize("layers_", [1, 2])
def test_generating_with_the_state_equals_feeding_everything(layers_):
    model = build(layers_, scale=4.0)
    generated = language_model.LanguageModel(model, CODEC).generate("abc", 130, greedy=True)
    assert generated == slowly(model, "abc", 130, np.argmax)


def test_a_prompt_longer_than_a_stride(trained):
    prompt = "abcdefghij " * 22
    assert len(prompt) > 2 * language_model.STRIDE
    assert trained.generate(prompt, 20, greedy=True) == slowly(trained.model, prompt, 20, np.argmax)


def test_generating_draws_from_the_filtered_distribution(trained):
    """The first character over many seeds, against the samplers on the model's own logits."""
    logits, _ = trained.read("fa")
    drawn = [trained.generate("fa", 1, temperature=1.5, top_k=4, seed=seed) for seed in range(400)]
    expected = sampling.probabilities(sampling.top_k(sampling.with_temperature(logits, 1.5), 4))
    seen = np.array([drawn.count(character) for character in CODEC.characters]) / len(drawn)
    assert np.all(seen[expected == 0] == 0)
    assert np.abs(seen - expected).max() < 0.1


def test_the_same_seed_the_same_text(trained):
    first = trained.generate("a", 150, seed=5)
    assert (
        first
        == trained.generate("a", 150, seed=5)
        == language_model.LanguageModel(trained.model, CODEC).generate("a", 150, seed=5)
    )
    assert first != trained.generate("a", 150, seed=6)
    assert trained.generate("a", 40, seed=5) == first[:40], "a longer text begins like a shorter one"


def test_settings_that_make_generation_greedy(trained):
    greedy = trained.generate("bad ", 60, greedy=True)
    assert greedy == trained.generate("bad ", 60, top_k=1) == trained.generate("bad ", 60, temperature=1e-6)
    assert greedy == trained.generate("bad ", 60, greedy=True, temperature=3.0, top_p=0.5, seed=9)


def test_suppressed_characters_are_not_generated(trained):
    generated = trained.generate("a", 300, suppress_ids=CODEC.encode("aei "))
    assert not set(generated) & set("aei ")


def test_new_weights_are_used_at_once():
    model = build(scale=4.0)
    trained = language_model.LanguageModel(model, CODEC)
    before = trained.generate("a", 50, greedy=True)
    model.set_weights([weights[..., ::-1] for weights in model.get_weights()])
    assert trained.generate("a", 50, greedy=True) == slowly(model, "a", 50, np.argmax) != before


def test_beams(trained):
    def step(ids, states):
        logits, *states = trained.model.predict_on_batch([ids[:, None], *states])
        return logits[:, -1], states

    logits, states = trained.read("ab")
    [(greedy, _)] = sampling.beam_search(step, states, logits, num_beams=1, length=12)
    assert CODEC.decode(greedy) == trained.generate("ab", 12, greedy=True)
    everything = sampling.beam_search(step, states, logits, num_beams=V * V, length=2)
    first = np.log(sampling.probabilities(logits))
    scores = {}
    for number, character in enumerate(CODEC.characters):
        second = np.log(sampling.probabilities(trained.read("ab" + character)[0]))
        scores |= {(number, other): first[number] + second[other] for other in range(V)}
    assert tuple(everything[0][0]) == max(scores, key=scores.get)
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
        ({"prompt": ""}, "expected one or more characters of"),
        ({"prompt": "Zabc"}, r"holds \['Z'\]; expected one or more characters of"),
        ({"suppress_ids": [V]}, "an id to suppress is 12; expected a whole number from 0 to 11"),
        ({"suppress_ids": range(V)}, "nothing can be drawn"),
        ({"length": 0}, "length is 0; expected a whole number, 1 or more"),
    ],
)
def test_bad_generation(trained, options, message):
    with pytest.raises(ValueError, match=message):
        trained.generate(**{"prompt": "a", "length": 5, **options})


def test_a_model_that_diverged_says_so():
    model = build()
    model.set_weights([np.full_like(weights, np.nan) for weights in model.get_weights()])
    with pytest.raises(ValueError, match=r"nan or inf.*Did the training diverge"):
        language_model.LanguageModel(model, CODEC).generate("a", 5)


def test_bad_language_models():
    with pytest.raises(ValueError, match="12 logits and the codec 3 ids"):
        language_model.LanguageModel(build(), CharCodec("abc"))
    with pytest.raises(ValueError, match=r"expected \[ids, \*states\] -> "):
        language_model.LanguageModel(stateful_model(), CODEC)


class Words:
    """A codec of words, as a later notebook has one."""

    words = ["a", "bad", "face", "did", "beg", "if", "he", "had", "a", "high", "cafe", "bag"][:V]

    def __len__(self):
        return V

    def encode(self, text):
        return [self.words.index(word) for word in text.split()]

    def decode(self, ids):
        return " ".join(self.words[index] for index in ids)


def test_any_codec_will_do(trained):
    words = language_model.LanguageModel(trained.model, Words())
    ids = CODEC.encode(trained.generate("\n b", 20, seed=3))  # the same ids as of "a bad face ..."
    assert words.generate(Words().decode(CODEC.encode("\n b")), 20, seed=3) == Words().decode(ids)
    assert words.read("bad face")[0].shape == (V,)


# --- faults that were found by attacking the module


@pytest.mark.parametrize("temperature", [1e-38, 1e-39, 5e-324])
def test_the_coldest_generation_is_greedy(trained, temperature):
    assert trained.generate("a", 30, temperature=temperature) == trained.generate("a", 30, greedy=True)


@pytest.mark.parametrize("options", [{"temperature": 1e39}, {"top_k": 2**31}, {"top_p": 1e-39}])
def test_extreme_settings_still_generate(trained, options):
    assert len(trained.generate("a", 30, suppress_ids=[0], **options)) == 30


def test_negative_ids_are_not_evaluated(trained):
    with pytest.raises(ValueError, match="an id is -1; expected ids from 0 to 11"):
        language_model.evaluate(trained.model, [3, -1], [0])
    with pytest.raises(ValueError, match="an id is 12; expected ids from 0 to 11"):
        language_model.evaluate(trained.model, [3], [0, V])
