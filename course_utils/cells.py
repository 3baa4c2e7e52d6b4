"""Layers in NumPy, forward and backward through time (taught in the notebook "Inside the cells").

A layer has ``weights``, arrays in the order of Keras' ``get_weights()``. After ``backward`` it has ``grads``, arrays of
the same shapes. Results keep the type of the weights and inputs: float64 gives gradients that differences can check.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["GRU", "LSTM", "Affine", "Dropout", "Embedding", "SimpleRNN", "SoftmaxLoss", "load_weights", "save_weights"]


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 0.5 + 0.5 * np.tanh(0.5 * x)  # equals 1 / (1 + exp(-x)) and never overflows


class _Layer:
    """Weights, and room for their gradients."""

    def __init__(self, *weights: ArrayLike):
        self.weights = [np.asarray(weight) for weight in weights]

    def _begin(self) -> None:
        self.grads = [np.zeros_like(weight) for weight in self.weights]


class SimpleRNN(_Layer):
    """``h = tanh(x W + h U + b)`` at every time step. LSTM and GRU replace the step and share everything else.

    Parameters
    ----------
    W, U, b : floats ``(inputs, units)``, ``(units, units)``, ``(units,)``
    stateful : bool
        Begin where the last call ended, unless `forward` is given a first state. The gradient does not go back
        into the last call: backpropagation through time is truncated there.

    Attributes
    ----------
    state : tuple of floats ``(batch, units)`` or None
        The state after the last step: h, and an LSTM's c.

    Examples
    --------
    >>> rnn = SimpleRNN([[1.0]], [[0.5]], [0.0])
    >>> rnn.forward(np.array([[[1.0], [0.0]]])).round(3).tolist()
    [[[0.762], [0.363]]]
    >>> d_x, (d_h,) = rnn.backward(np.array([[[0.0], [1.0]]]))
    >>> d_x.round(3).tolist(), d_h.round(3).tolist()
    ([[[0.182], [0.868]]], [[0.091]])
    """

    states = 1

    def __init__(self, W: ArrayLike, U: ArrayLike, b: ArrayLike, *, stateful: bool = False):
        super().__init__(W, U, b)
        self.stateful, self.state = stateful, None

    def forward(
        self, x: np.ndarray, first_state: Sequence[np.ndarray] | None = None, mask: np.ndarray | None = None
    ) -> np.ndarray:
        """Return h after every step, ``(batch, time, units)``, of inputs ``(batch, time, inputs)``.

        Where `mask`, bools ``(batch, time)``, is False, the state passes the step unchanged and the output repeats the
        one before. As in Keras, it is 0 before the first step that counts.
        """
        state = first_state or (self.state if self.stateful else None)
        state = state or [np.zeros((len(x), len(self.weights[1])), dtype=x.dtype)] * self.states
        self._steps, outputs, output = [], [], np.zeros_like(state[0])
        for step in range(x.shape[1]):
            there = np.ones((len(x), 1), bool) if mask is None else mask[:, step, None]
            new, seen = self._step(x[:, step], *state)
            state = tuple(np.where(there, after, before) for after, before in zip(new, state, strict=True))
            output = np.where(there, state[0], output)
            self._steps.append((there, seen))
            outputs.append(output)
        self.state = state
        return np.stack(outputs, axis=1)

    def backward(
        self, d_outputs: np.ndarray, d_state: Sequence[np.ndarray] | None = None
    ) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
        """Return the loss's gradient for the inputs and for the first state, and fill ``grads``.

        Parameters
        ----------
        d_outputs : floats ``(batch, time, units)``
            Gradient of the loss for what `forward` returned.
        d_state : sequence of floats ``(batch, units)``, optional
            Gradient for the last state, if the loss uses that as well.
        """
        self._begin()
        d_state, d_x, repeated = d_state or [np.zeros_like(d_outputs[:, 0])] * self.states, [], 0
        for step, (there, seen) in reversed(list(enumerate(self._steps))):
            d_output = d_outputs[:, step] + repeated
            repeated = d_output * ~there  # belongs to the output that was repeated here
            d_state = (d_state[0] + d_output * there, *d_state[1:])
            d_input, d_before = self._step_back([d * there for d in d_state], *seen)
            d_state = tuple(d + passed * ~there for d, passed in zip(d_before, d_state, strict=True))
            d_x.append(d_input)
        return np.stack(d_x[::-1], axis=1), d_state

    def _step(self, x, h):
        W, U, b = self.weights
        new = np.tanh(x @ W + h @ U + b)
        return (new,), (x, h, new)

    def _step_back(self, d_state, x, h, new):
        d_sum = d_state[0] * (1 - new**2)  # through tanh
        d_x, d_h = self._products_back(x, h, d_sum, d_sum, d_sum.sum(axis=0))
        return d_x, (d_h,)

    def _products_back(self, x, h, from_x, from_h, d_b):
        """Go back through ``x W``, ``h U`` and ``+ b``, and add up the weights' gradients."""
        W, U, _ = self.weights
        for grad, d in zip(self.grads, (x.T @ from_x, h.T @ from_h, d_b), strict=True):
            grad += d
        return from_x @ W.T, from_h @ U.T


class LSTM(SimpleRNN):
    """Long short-term memory: a cell state c to which gates add, and an output h.

    Parameters
    ----------
    W, U, b : floats ``(inputs, 4 · units)``, ``(units, 4 · units)``, ``(4 · units,)``
        Input gate, forget gate, candidate, output gate side by side, as in Keras.

    Notes
    -----
    Hochreiter and Schmidhuber (1997), "Long short-term memory"; the forget gate: Gers, Schmidhuber and Cummins (2000).

    Examples
    --------
    >>> lstm = LSTM(np.ones((1, 4)), np.ones((1, 4)), np.zeros(4))
    >>> lstm.forward(np.ones((1, 2, 1))).round(3).tolist()
    [[[0.37], [0.651]]]
    """

    states = 2

    def _step(self, x, h, c):
        W, U, b = self.weights
        i, f, g, o = np.split(x @ W + h @ U + b, 4, axis=1)
        i, f, g, o = _sigmoid(i), _sigmoid(f), np.tanh(g), _sigmoid(o)
        new = f * c + i * g
        return (o * np.tanh(new), new), (x, h, c, i, f, g, o, np.tanh(new))

    def _step_back(self, d_state, x, h, c, i, f, g, o, squashed):
        d_h, d_c = d_state
        d_c = d_c + d_h * o * (1 - squashed**2)
        gates = d_c * g * i * (1 - i), d_c * c * f * (1 - f), d_c * i * (1 - g**2), d_h * squashed * o * (1 - o)
        d_sums = np.concatenate(gates, axis=1)
        d_x, d_h = self._products_back(x, h, d_sums, d_sums, d_sums.sum(axis=0))
        return d_x, (d_h, d_c * f)


class GRU(SimpleRNN):
    """Gated recurrent unit, in the form that Keras calls ``reset_after``.

    Parameters
    ----------
    W, U, b : floats ``(inputs, 3 · units)``, ``(units, 3 · units)``, ``(2, 3 · units)``
        Update gate, reset gate, candidate side by side, as in Keras; b has one row for x and one for h.

    Notes
    -----
    Cho et al. (2014), "Learning phrase representations using RNN encoder-decoder".

    Examples
    --------
    >>> gru = GRU(np.ones((1, 3)), np.ones((1, 3)), np.zeros((2, 3)))
    >>> gru.forward(np.ones((1, 2, 1))).round(3).tolist()
    [[[0.205], [0.347]]]
    """

    def _step(self, x, h):
        W, U, b = self.weights
        (z_x, r_x, g_x), (z_h, r_h, g_h) = (np.split(part, 3, axis=1) for part in (x @ W + b[0], h @ U + b[1]))
        z, r = _sigmoid(z_x + z_h), _sigmoid(r_x + r_h)
        g = np.tanh(g_x + r * g_h)
        return (z * h + (1 - z) * g,), (x, h, z, r, g, g_h)

    def _step_back(self, d_state, x, h, z, r, g, g_h):
        (d,) = d_state
        d_z, d_g = d * (h - g) * z * (1 - z), d * (1 - z) * (1 - g**2)
        d_r = d_g * g_h * r * (1 - r)
        from_x, from_h = (np.concatenate([d_z, d_r, last], axis=1) for last in (d_g, d_g * r))
        d_x, d_h = self._products_back(x, h, from_x, from_h, np.stack([from_x.sum(axis=0), from_h.sum(axis=0)]))
        return d_x, (d_h + d * z,)


class Embedding(_Layer):
    """Look up ids ``(batch, time)`` in a matrix ``(words, dimensions)``.

    Examples
    --------
    >>> embedding = Embedding([[0.0, 0.0], [1.0, 2.0]])
    >>> embedding.forward(np.array([[1, 1]])).tolist()
    [[[1.0, 2.0], [1.0, 2.0]]]
    >>> embedding.backward(np.ones((1, 2, 2)))
    >>> embedding.grads[0].tolist()
    [[0.0, 0.0], [2.0, 2.0]]
    """

    def forward(self, ids: np.ndarray) -> np.ndarray:
        """Return vectors ``(batch, time, dimensions)``."""
        self._ids = ids
        return self.weights[0][ids]

    def backward(self, d_vectors: np.ndarray) -> None:
        """Fill ``grads``: a word that occurs twice collects both gradients."""
        self._begin()
        np.add.at(self.grads[0], self._ids, d_vectors)


class Affine(_Layer):
    """``x W + b`` at every step, with W ``(inputs, outputs)`` and b ``(outputs,)``.

    Examples
    --------
    >>> Affine([[2.0]], [1.0]).forward(np.ones((1, 1, 1))).tolist()
    [[[3.0]]]
    """

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Return ``(batch, time, outputs)`` for x ``(batch, time, inputs)``."""
        self._x = x
        return np.tensordot(x, self.weights[0], 1) + self.weights[1]  # one product for all steps

    def backward(self, d_outputs: np.ndarray) -> np.ndarray:
        """Return the gradient for x, and fill ``grads``."""
        self.grads = [np.tensordot(self._x, d_outputs, ([0, 1], [0, 1])), d_outputs.sum(axis=(0, 1))]
        return np.tensordot(d_outputs, self.weights[0].T, 1)


class Dropout(_Layer):
    """Set a share of the numbers to 0 and divide the others by what is left, so that their mean stays the same.

    Examples
    --------
    >>> Dropout(0.5, seed=0).forward(np.ones((1, 1, 6))).tolist()
    [[[2.0, 0.0, 0.0, 0.0, 2.0, 2.0]]]
    """

    def __init__(self, rate: float, *, seed: int = 0):
        super().__init__()
        self.rate, self._rng, self.grads = rate, np.random.default_rng(seed), []

    def forward(self, x: np.ndarray, *, training: bool = True) -> np.ndarray:
        """Return x with some numbers dropped; outside training, x itself."""
        kept = self._rng.random(x.shape) >= self.rate
        self._scale = (kept / (1 - self.rate)).astype(x.dtype) if training else 1
        return x * self._scale

    def backward(self, d_outputs: np.ndarray) -> np.ndarray:
        """Return the gradient for x: none where a number was dropped."""
        return d_outputs * self._scale


class SoftmaxLoss:
    """Softmax and cross-entropy in one layer, since together their gradient is simply ``p - 1`` at the right id.

    Examples
    --------
    >>> loss = SoftmaxLoss()
    >>> loss.forward(np.zeros((1, 1, 4)), np.array([[2]])).round(4)
    np.float64(1.3863)
    >>> loss.backward().tolist()
    [[[0.25, 0.25, -0.75, 0.25]]]
    """

    def forward(self, logits: np.ndarray, ids: np.ndarray) -> float:
        """Return the mean of ``-log p``, in nats, of logits ``(batch, time, words)`` and ids ``(batch, time)``."""
        raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
        self._p, self._places = raised / raised.sum(axis=-1, keepdims=True), (*np.indices(ids.shape), ids)
        return -np.log(self._p[self._places]).mean()

    def backward(self) -> np.ndarray:
        """Return the gradient for the logits."""
        d_logits = self._p.copy()
        d_logits[self._places] -= 1
        return d_logits / self._places[-1].size


def save_weights(file: str | Path, layers: Sequence, *, dtype: str = "float16") -> None:
    """Save the weights of layers in one ``.npz`` file, without pickle.

    Parameters
    ----------
    file : path
    layers : sequence of layers
    dtype : str
        float16 takes half the space of float32 and rounds to three digits.

    Examples
    --------
    >>> import tempfile
    >>> layer, other = Affine([[1 / 3]], [0.0]), Affine([[0.0]], [0.0])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_weights(f"{folder}/w.npz", [layer])
    ...     load_weights(f"{folder}/w.npz", [other])
    >>> other.weights[0].round(5).tolist()
    [[0.33325]]
    """
    weights = [weight.astype(dtype) for layer in layers for weight in layer.weights]
    np.savez(file, **{f"weight_{place:03}": weight for place, weight in enumerate(weights)})


def load_weights(file: str | Path, layers: Sequence) -> None:
    """Load what `save_weights` saved into layers of the same shapes; they keep their own type.

    Raises
    ------
    ValueError
        If the file holds another number of weights, or weights of other shapes. The layers are then unchanged.
    """
    with np.load(file, allow_pickle=False) as saved:
        found = [saved[name] for name in sorted(saved.files)]
    expected = [weight for layer in layers for weight in layer.weights]
    if [each.shape for each in found] != [each.shape for each in expected]:
        shapes = [each.shape for each in found], [each.shape for each in expected]
        raise ValueError(f"{Path(file).name} holds weights of shapes {shapes[0]}; the layers have {shapes[1]}.")
    for old, new in zip(expected, found, strict=True):
        old[...] = new
