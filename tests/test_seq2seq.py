"""Metrics and greedy decoding, each against something worked out in another way."""

import numpy as np
import pytest

from course_utils import seq2seq
from course_utils.backends import keras

layers, ops = keras.layers, keras.ops

# --- metrics, by hand

TARGETS = np.array([[5, 6, 2, 0], [7, 2, 0, 0], [5, 5, 5, 2]])
ANSWERS = np.array([[5, 6, 2, 9], [7, 3, 8, 8], [5, 5, 4, 2]])  # right; a wrong end; one wrong of four


def test_metrics_by_hand():
    logits = np.eye(10)[ANSWERS] * 7 - 2
    assert ops.convert_to_numpy(seq2seq.exact_match(TARGETS, logits)).tolist() == [1, 0, 0]
    metric = seq2seq.CharacterAccuracy()
    metric.update_state(TARGETS, logits)
    assert np.isclose(float(metric.result()), (3 + 1 + 3) / 9)
    metric.update_state(TARGETS[:1], logits[:1])
    assert np.isclose(float(metric.result()), 10 / 12), "over all characters, not the mean of batches"
    metric.reset_state()
    metric.update_state(TARGETS, logits, sample_weight=np.array([1, 0, 0]))
    assert float(metric.result()) == 1


def test_character_accuracy_survives_saving():
    assert isinstance(
        keras.metrics.deserialize(keras.metrics.serialize(seq2seq.CharacterAccuracy())), keras.metrics.Mean
    )


# --- greedy decoding


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

    def decode(self, decoder_inputs, memory):
        hidden, memory = self.decoder(self.vectors(decoder_inputs), initial_state=memory)
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
    written = seq2seq.GreedyDecoder(translator, 6).predict(sources, batch_size=16, verbose=0)
    decoder_inputs = np.pad(written, ((0, 0), (1, 0)), constant_values=seq2seq.BOS)[:, :-1]
    answers = ops.convert_to_numpy(translator((sources, decoder_inputs))).argmax(axis=-1)
    counted = written != 0
    assert counted.any(axis=1).all() and np.array_equal(answers[counted], written[counted])
    ends = (written == seq2seq.EOS).argmax(axis=1)
    for row, end in zip(written, ends, strict=True):
        if seq2seq.EOS in row:
            assert np.all(row[end + 1 :] == 0), "only padding after the end"
    assert len({tuple(row) for row in written}) > 3, "the test needs answers that differ"
    assert (written == seq2seq.EOS).any(), "the test needs an end mark"


def test_greedy_does_not_depend_on_the_batch(translator, sources):
    greedy = seq2seq.GreedyDecoder(translator, 6)
    together = greedy.predict(sources, batch_size=40, verbose=0)
    alone = np.concatenate([greedy.predict_on_batch(row[None]) for row in sources])
    assert np.array_equal(together, alone)


def test_exact_match_needs_no_free_running(translator, sources):
    """All right under teacher forcing if and only if greedy decoding gives the target."""
    written = seq2seq.GreedyDecoder(translator, 6).predict(sources, verbose=0)
    finished = (written == seq2seq.EOS).any(axis=1)
    wrong = written.copy()
    wrong[::2, 0] = 3 + (wrong[::2, 0] == 3)
    decoder_inputs = np.pad(wrong, ((0, 0), (1, 0)), constant_values=seq2seq.BOS)[:, :-1]
    forced = ops.convert_to_numpy(seq2seq.exact_match(wrong, translator((sources, decoder_inputs)))).astype(bool)
    assert np.array_equal(forced[finished], (written == wrong).all(axis=1)[finished])
    assert forced[finished].any() and not forced[finished].all()


def test_the_encoder_ignores_more_padding(translator, sources):
    padded = np.pad(sources, ((0, 0), (0, 4)))
    assert np.allclose(translator.encode(sources), translator.encode(padded), atol=1e-6)


def test_bad_greedy(translator):
    with pytest.raises(ValueError, match="length is 0; expected a whole number, 1 or more"):
        seq2seq.GreedyDecoder(translator, 0)
