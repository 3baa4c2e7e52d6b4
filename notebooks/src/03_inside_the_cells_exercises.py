# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions to 03 · Inside the cells
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/sequence-models-for-text/course/blob/main/notebooks/solutions/03_inside_the_cells.ipynb)
#
# Our answers to the [exercises](../exercises/03_inside_the_cells.ipynb) of [notebook 03](../03_inside_the_cells.ipynb).
# Your answer may look different and still be right, because the checks accept any answer that does what the exercise asks. Try
# each exercise yourself *before* you look here.
#
# **Time:** about an hour and a half to solve the exercises. No cell takes the computer more than half a minute, and you don't
# need a corpus.
#
# **New words** are explained in the [glossary](https://github.com/sequence-models-for-text/course/blob/main/docs/glossary.md),
# in English and Korean.

# %%
# On Colab this installs the course's helpers; elsewhere it does nothing.
import sys

if "google.colab" in sys.modules:
    print("Colab: installing the course's helpers")
    # %pip install -q --no-deps git+https://github.com/sequence-models-for-text/course
    # %pip install -q pooch tokenizers

# %%
from course_utils import runtime
from course_utils.checks import inside_the_cells as checks

runtime.start(seed=42)

# %%
import numpy as np

from course_utils import cells

# %% [markdown]
# ## 1. Predict a shape
#
# A batch of 32 reviews with 100 tokens each goes through `Embedding(5_000, 16)`, then through
# `Bidirectional(LSTM(20, return_sequences=True))`, and then through `Bidirectional(LSTM(20))`. What is the shape of the result?
# Work out your answer without running the layers.


# %% tags=["solution"]
def last_shape():
    """Return the shape as a tuple of whole numbers, the batch first."""
    return (32, 40)


# %%
checks.last_shape(last_shape)

# %% [markdown]
# ## 2. Count the parameters
#
# In section 7 you counted the parameters of single layers. This time, count those of a whole classifier: an `Embedding`, one
# recurrent layer that may read in both directions, and a `Dense(1)` that reads its last step. Everything has Keras' defaults.
# Use arithmetic only. The check lets Keras build the models and compares your numbers with Keras' own.


# %% tags=["solution"]
def parameters(kind, words, inputs, units, both_ways):
    """Return how many parameters Embedding(words, inputs), the recurrent layer and Dense(1) have together.

    `kind` is "SimpleRNN", "LSTM" or "GRU"; `both_ways` is True if the layer is bidirectional.
    """
    once = inputs * units + units * units + units
    reader = {"SimpleRNN": once, "LSTM": 4 * once, "GRU": 3 * (once + units)}[kind]
    directions = 2 if both_ways else 1
    return words * inputs + directions * reader + directions * units + 1


# %%
checks.parameters(parameters)

# %% [markdown]
# ## 3. Measure a gradient
#
# In section 2 you moved one number to measure one gradient. Do it for a whole array: move each of its numbers by `tiny` to
# either side, and put it back before you go on to the next one.


# %% tags=["solution"]
def by_differences(loss, weights, tiny=1e-5):
    """Return the gradient of loss(weights), a plain number, for every number of the float array `weights`."""
    gradient, weights = np.empty_like(weights), weights.copy()
    for place in np.ndindex(weights.shape):
        kept = weights[place]
        weights[place] = kept + tiny
        above = loss(weights)
        weights[place] = kept - tiny
        gradient[place] = (above - loss(weights)) / (2 * tiny)
        weights[place] = kept
    return gradient


# %%
checks.by_differences(by_differences)

# %% [markdown]
# ## 4. Read past the padding
#
# Write a SimpleRNN that reads a batch with a mask and returns its *last* states. Where the mask is False, the state must pass
# the step unchanged, whether the padding is on the left, on the right or in between. The first state is all zeros.


# %% tags=["solution"]
def last_state(x, mask, W, U, b):
    """Return h after the last step, (batch, units).

    x is (batch, time, inputs), mask bools (batch, time), W (inputs, units), U (units, units), b (units,).
    """
    h = np.zeros((len(x), len(U)))
    for step in range(x.shape[1]):
        new = np.tanh(x[:, step] @ W + h @ U + b)
        h = np.where(mask[:, step, None], new, h)
    return h


# %%
checks.last_state(last_state)

# %% [markdown]
# ## 5. One step backward
#
# Go back through a single step of a SimpleRNN. The step computed `new = tanh(x W + h U + b)`, and you get `d_new`, the gradient
# of the loss for `new`. Return the gradients for x, h, W, U and b, in this order. Section 4 lists the rules. Don't forget that
# the same W served every row of the batch.


# %% tags=["solution"]
def step_back(x, h, new, d_new, W, U):
    """Return (d_x, d_h, d_W, d_U, d_b), each with the shape of its array; b has (units,)."""
    d_sum = d_new * (1 - new**2)
    return d_sum @ W.T, d_sum @ U.T, x.T @ d_sum, h.T @ d_sum, d_sum.sum(axis=0)


# %%
checks.step_back(step_back)

# %% [markdown]
# ## 6. Clip the gradients together
#
# A model has many weight arrays, each with a separate gradient. Keras' `clipnorm` shortens each gradient by itself.
# `global_clipnorm` treats all of them as one long vector, so that the direction of the step stays the same. Write the second
# one: if that long vector is longer than the limit, shrink it to the limit.


# %% tags=["solution"]
def clipped(gradients, limit):
    """Return a list of arrays, shaped as those in the list `gradients`, that are together `limit` long at most."""
    length = np.sqrt(sum(np.sum(each**2) for each in gradients))
    factor = limit / max(length, limit)
    return [each * factor for each in gradients]


# %%
checks.clipped(clipped)

# %% [markdown]
# ## 7. The GRU as it was first written
#
# The step that you saw in the lesson had Keras' default, `reset_after=True`. In the first paper (Cho et al., 2014), the reset
# gate comes *before* the product. The candidate is `tanh(x W + (r * h) U + b)`. The two gates and the candidate each have their
# own third of W, U and b, and there is only one bias. The thirds come in the order update gate z, reset gate r, candidate. As
# in the lesson, z says how much of the old state stays.


# %%
def sigmoid(values):
    return 1 / (1 + np.exp(-values))


# %% tags=["solution"]
def gru_step(x, h, W, U, b):
    """Return the next state (batch, units) of a GRU with `reset_after=False`.

    x is (batch, inputs), h (batch, units), W (inputs, 3 * units), U (units, 3 * units), b (3 * units,).
    """
    Wz, Wr, Wc = np.split(W, 3, axis=1)
    Uz, Ur, Uc = np.split(U, 3, axis=1)
    bz, br, bc = np.split(b, 3)
    z, r = sigmoid(x @ Wz + h @ Uz + bz), sigmoid(x @ Wr + h @ Ur + br)
    return z * h + (1 - z) * np.tanh(x @ Wc + (r * h) @ Uc + bc)


# %%
checks.gru_step(gru_step)

# %% [markdown]
# ## 8. How many convolutions?
#
# Section 9 stacked three causal convolutions with windows of 5. The positions in these windows were 1, 2 and 4 steps apart, and
# each further layer would double this dilation. Suppose a message comes `distance` tokens before the last one, where distance 0
# is the last token itself. How many such layers do you need before the last output can depend on the message?


# %% tags=["solution"]
def layers_needed(window, distance):
    """Return the smallest number of layers, with windows of `window` steps (2 or more), as a whole number."""
    count, reach = 0, 0
    while reach < distance:
        reach += (window - 1) * 2**count
        count += 1
    return count


# %%
checks.layers_needed(layers_needed)

# %% [markdown]
# A single recurrent layer reaches back as far as you like. Compare the costs. How many layers does a stack with windows of 5
# need for the 600 tokens of a long review, and how many time steps must a GRU wait for? The stack needs eight layers, since
# seven see 4 × 127 = 508 tokens back and eight see 1,020. The GRU needs 600 steps, and each of them waits for the one before.

# %% [markdown]
# ## 9. Fix a forward pass
#
# The function below should compute the loss of a small language model, with the layers of section 8. It has three mistakes,
# all of them of a kind that has appeared in print. One of them raises an error at once, and the other two never do. Find all
# three, and write the function again without them.
#
# ```python
# def nats(E, lstm_weights, affine_weights, ids, targets):
#     embedding, lstm = cells.Embedding(E), cells.LSTM(*lstm_weights, stateful=True)
#     afine = cells.Affine(*affine_weights)
#     hidden = lstm.forward(embedding.forward(ids))
#     hidden = lstm.forward(embedding.forward(ids))
#     logits = affine.forward(hidden)
#     return cells.SoftmaxLoss().forward(logits, ids)
# ```


# %% tags=["solution"]
def nats(E, lstm_weights, affine_weights, ids, targets):
    """Return the mean cross-entropy of the ids `targets`, (batch, time), that should follow on the ids `ids`."""
    embedding, lstm, affine = cells.Embedding(E), cells.LSTM(*lstm_weights), cells.Affine(*affine_weights)
    logits = affine.forward(lstm.forward(embedding.forward(ids)))
    return cells.SoftmaxLoss().forward(logits, targets)


# %%
checks.nats(nats)

# %% [markdown] tags=["solution"]
# These are the three mistakes:
#
# 1. The name `afine` is misspelled. This is the one that raises an error.
# 2. The LSTM runs twice. It is stateful, so the second time it begins where the first one ended, and reads the text with a
#    memory of the same text.
# 3. The loss compares the answers with the words that went in instead of those that follow. A model that repeats its input
#    would look perfect.

# %% [markdown]
# ## 10. To think about
#
# A friend says: "A forget gate near 1 keeps the past. So why not fix it at exactly 1 and drop the gate? That saves a quarter of
# the parameters." What do you answer? Name one thing that would still work, one that would not, and an experiment that could
# prove you wrong.

# %% [markdown] tags=["solution"]
# **That is how the LSTM began.** In 1997 it had no forget gate. The cell state was only added to, and the gradient along it
# passed without loss. A task such as the one in section 9, with one message per text, can be learned that way.
#
# **What would not work** is a text that goes on. Without a gate the state can never be cleared, so it keeps everything that
# was ever added and grows with the length of the text. After tanh, a large state looks the same whatever you add to it: the
# tanh of 10 and the tanh of 11 are both almost exactly 1. Think of a stateful network that reads a whole play: at a new speech
# it should be able to drop the last one. Gers, Schmidhuber and Cummins added the forget gate in 2000 for this reason.
#
# *Experiment:* in `recall`, put a second message into each text and ask for the *last* one. Train an LSTM as it is, and one
# whose forget gate is held at 1, for example by a very large constant bias. If both learn it equally well, on long texts too,
# the answer above is wrong.

# %%
runtime.finish(headline="10 exercises")
