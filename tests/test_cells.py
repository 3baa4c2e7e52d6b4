"""Layers in NumPy: outputs and gradients against Keras, and against differences in float64."""

import numpy as np
import pytest
import tensorflow as tf

from course_utils import cells
from course_utils.backends import keras

BATCH, TIME, INPUTS, UNITS = 3, 6, 4, 5
MASKS = {
    "no mask": None,
    "padding right": np.array([[1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0], [1, 0, 0, 0, 0, 0]], bool),
    "holes and an empty row": np.array([[1, 0, 1, 1, 0, 1], [0, 0, 1, 1, 1, 0], [0, 0, 0, 0, 0, 0]], bool),
}
RECURRENT = ("SimpleRNN", "LSTM", "GRU")


def setting(kind, seed=0):
    """A Keras layer with random weights, its inputs and first state, and what the loss multiplies its results by."""
    rng = np.random.default_rng(seed)
    layer = getattr(keras.layers, kind)(UNITS, return_sequences=True, return_state=True)
    layer.build((BATCH, TIME, INPUTS))
    layer.set_weights([rng.normal(size=w.shape, scale=0.5).astype("float32") for w in layer.get_weights()])
    x = rng.normal(size=(BATCH, TIME, INPUTS)).astype("float32")
    state, d_state = (
        [rng.normal(size=(BATCH, UNITS)).astype("float32") for _ in range(2 if kind == "LSTM" else 1)] for _ in "12"
    )
    return layer, x, state, rng.normal(size=(BATCH, TIME, UNITS)).astype("float32"), d_state


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("kind", RECURRENT)
def test_outputs_and_gradients_are_those_of_keras(kind, mask):
    layer, x, state, d_outputs, d_state = setting(kind)
    mine = getattr(cells, kind)(*layer.get_weights())
    x_there, state_there = tf.Variable(x), [tf.Variable(each) for each in state]
    with tf.GradientTape() as tape:
        first = [tf.convert_to_tensor(each) for each in state_there]
        outputs, *last = layer(x_there, initial_state=first, mask=MASKS[mask])
        loss = tf.reduce_sum(outputs * d_outputs) + sum(map(tf.reduce_sum, map(tf.multiply, last, d_state)))
    weights = [weight.value for weight in layer.trainable_weights]
    expected = tape.gradient(loss, [x_there, *state_there, *weights])
    assert np.allclose(mine.forward(x, state, MASKS[mask]), outputs, atol=1e-6)
    assert all(np.allclose(a, b, atol=1e-6) for a, b in zip(mine.state, last, strict=True))
    d_x, d_first = mine.backward(d_outputs, d_state)
    found = [d_x, *d_first, *mine.grads]
    assert len(found) == len(expected)
    for gradient, theirs in zip(found, expected, strict=True):
        assert np.allclose(gradient, theirs, atol=1e-5)


def by_differences(loss, array, step=1e-5):
    """The gradient of a loss for an array, one number after the other."""
    gradient = np.empty_like(array)
    for place in np.ndindex(array.shape):
        kept = array[place]
        array[place] = kept + step
        above = loss()
        array[place] = kept - step
        gradient[place] = (above - loss()) / (2 * step)
        array[place] = kept
    return gradient


@pytest.mark.parametrize("kind", RECURRENT)
def test_gradients_are_those_of_differences(kind):
    layer, *rest = setting(kind, seed=1)
    x, state, d_outputs, d_state = (
        [a.astype(float) for a in r] if isinstance(r, list) else r.astype(float) for r in rest
    )
    mine = getattr(cells, kind)(*(weight.astype(float) for weight in layer.get_weights()))
    mask = MASKS["holes and an empty row"]

    def loss():
        outputs = mine.forward(x, state, mask)
        return (outputs * d_outputs).sum() + sum((a * b).sum() for a, b in zip(mine.state, d_state, strict=True))

    loss()
    d_x, d_first = mine.backward(d_outputs, d_state)
    for array, gradient in zip([x, *state, *mine.weights], [d_x, *d_first, *mine.grads], strict=True):
        assert np.allclose(by_differences(loss, array), gradient, atol=1e-7)


def test_a_whole_language_model_has_the_gradients_of_differences():
    rng = np.random.default_rng(0)
    ids, targets = rng.integers(0, 7, (2, 5)), rng.integers(0, 7, (2, 5))
    shapes = {"Embedding": [(7, 3)], "LSTM": [(3, 16), (4, 16), (16,)], "Affine": [(4, 7), (7,)]}
    layers = [getattr(cells, name)(*(rng.normal(size=each) for each in all_)) for name, all_ in shapes.items()]
    embedding, lstm, affine = layers
    loss = cells.SoftmaxLoss()

    def nats():
        return loss.forward(affine.forward(lstm.forward(embedding.forward(ids))), targets)

    nats()
    embedding.backward(lstm.backward(affine.backward(loss.backward()))[0])
    for layer in layers:
        for weight, gradient in zip(layer.weights, layer.grads, strict=True):
            assert np.allclose(by_differences(nats, weight), gradient, atol=1e-7)


@pytest.mark.parametrize("kind", RECURRENT)
def test_a_stateful_layer_continues_and_its_gradient_is_cut_off(kind):
    layer, x, _, d_outputs, _ = setting(kind)
    whole, halves = (getattr(cells, kind)(*layer.get_weights(), stateful=stateful) for stateful in (False, True))
    outputs = whole.forward(x)
    assert np.allclose(np.concatenate([halves.forward(x[:, :3]), halves.forward(x[:, 3:])], axis=1), outputs, atol=1e-6)
    d_x, _ = whole.backward(d_outputs)
    d_x_half, _ = halves.backward(d_outputs[:, 3:])
    assert np.allclose(d_x_half, d_x[:, 3:], atol=1e-6)  # what comes later does not depend on the cut
    assert not np.allclose(halves.grads[1], whole.grads[1], atol=1e-3)
    assert np.allclose(whole.forward(x), outputs)  # a layer that is not stateful begins at zero again


def test_softmax_loss_is_that_of_keras():
    rng = np.random.default_rng(0)
    logits, ids = 30 * rng.normal(size=(2, 3, 5)), rng.integers(0, 5, (2, 3))
    loss = cells.SoftmaxLoss()
    there = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(ids, logits)
    assert np.isclose(loss.forward(logits, ids), there, atol=1e-4)
    assert np.allclose(loss.backward().sum(axis=-1), 0)


def test_dropout_keeps_the_mean_and_sends_no_gradient_where_it_dropped():
    dropout, x = cells.Dropout(0.4, seed=1), np.ones((20, 30, 10), "float32")
    dropped = dropout.forward(x)
    assert dropped.dtype == "float32" and abs(dropped.mean() - 1) < 0.03 and abs((dropped == 0).mean() - 0.4) < 0.02
    assert np.array_equal(dropout.backward(x), dropped)
    assert np.array_equal(dropout.forward(x, training=False), x) and np.array_equal(dropout.backward(x), x)


def test_weights_saved_as_float16_take_half_and_change_little(tmp_path):
    layers = [
        cells.LSTM(*setting("LSTM")[0].get_weights()),
        cells.Affine(np.ones((5, 2), "float32"), np.zeros(2, "float32")),
    ]
    others = [cells.LSTM(*map(np.zeros_like, layers[0].weights)), cells.Affine(*map(np.zeros_like, layers[1].weights))]
    cells.save_weights(tmp_path / "small.npz", layers)
    cells.load_weights(tmp_path / "small.npz", others)
    for layer, other in zip(layers, others, strict=True):
        for before, after in zip(layer.weights, other.weights, strict=True):
            assert after.dtype == "float32" and np.allclose(after, before, rtol=2**-10)
    with np.load(tmp_path / "small.npz") as saved:
        assert {saved[name].dtype for name in saved.files} == {np.dtype("float16")}
    with pytest.raises(ValueError, match=r"small.npz holds weights of shapes .*; the layers have"):
        cells.load_weights(tmp_path / "small.npz", others[:1])
