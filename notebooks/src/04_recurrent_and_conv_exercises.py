# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions to 03 · SimpleRNN, LSTM, GRU and Conv1D compared
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/sequence-models-for-text/course/blob/main/notebooks/solutions/03_recurrent_and_conv.ipynb)
#
# Our answers to the [exercises](../exercises/03_recurrent_and_conv.ipynb) of
# [notebook 03](../03_recurrent_and_conv.ipynb). Other answers may be as right: the checks take any that do what is asked. Have a look
# *after* you have tried.
#
# **Time:** about an hour and a half to solve them. Nothing here takes the computer more than half a minute, and no corpus is needed.
#
# **Words** that are new to you: the
# [glossary](https://github.com/sequence-models-for-text/course/blob/main/docs/glossary.md), in English and Korean.

# %%
# On Colab this installs the course's helpers; elsewhere it does nothing.
import sys

if "google.colab" in sys.modules:
    print("Colab: installing the course's helpers")
    # %pip install -q --no-deps git+https://github.com/sequence-models-for-text/course
    # %pip install -q pooch tokenizers

# %%
from course_utils import runtime
from course_utils.checks import recurrent_and_conv as checks

runtime.start(seed=42)

# %%
import keras
import numpy as np
from keras import layers

# %% [markdown]
# ## 1. Predict a shape
#
# A batch of 32 reviews with 100 tokens each goes through `Embedding(5_000, 16)`, then through
# `Bidirectional(LSTM(20, return_sequences=True))`, then through `Bidirectional(LSTM(20))`. Which shape comes out? Answer
# without running the layers.


# %% tags=["solution"]
def last_shape():
    """Return the shape as a tuple of whole numbers, the batch first."""
    return (32, 40)


# %%
checks.last_shape(last_shape)

# %% [markdown]
# ## 2. Count the parameters
#
# In the misleading table of section 3 most parameters were in the embedding. So count a whole classifier this time:
# an `Embedding`, one recurrent layer (perhaps in both directions), and a `Dense(1)` that reads its last step. Everything
# has Keras' defaults. Use arithmetic only; the check lets Keras build the models.


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
# ## 3. How many convolutions?
#
# Section 7 stacked three causal convolutions with windows of 5, whose places lie 1, 2 and 4 steps apart; each further layer
# would double this dilation. A message stands `distance` tokens before the last one (distance 0 is the last token itself). How many such layers does
# it take until the last output can depend on the message?


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
# A recurrent layer reaches back as far as you like with one layer. Compare what that costs: how many layers does a stack
# with windows of 5 need for the 600 tokens of a long review, and how many time steps must a GRU wait for? (Eight layers, since
# seven see 4 × 127 = 508 tokens back and eight 1,020; and 600 steps, each of which waits for the one before.)
#
# ## 4. A mean that ignores padding
#
# `GlobalAveragePooling1D` needs the mask, or a short review is mostly the average of padding. Write what it does with a
# mask, in NumPy (but where all is padding Keras gives `nan`; you return zeros). Padding has the id 0; it may stand on the right, on the left, or fill a whole row. These arrays are
# for your own tries: the mean of the first text should be 2.

# %%
some_ids = np.array([[7, 3, 0], [0, 0, 0]])
some_vectors = np.array([[[1.0], [3.0], [50.0]], [[50.0], [50.0], [50.0]]])


# %% tags=["solution"]
def masked_mean(vectors, ids):
    """Return the mean over the steps that are no padding, floats (batch, size); zeros where all is padding.

    `vectors` are floats (batch, time, size), `ids` ints (batch, time).
    """
    real = (ids != 0)[:, :, None]
    return (vectors * real).sum(axis=1) / np.maximum(real.sum(axis=1), 1)


# %%
checks.masked_mean(masked_mean)

# %% [markdown]
# ## 5. Clip the gradients together
#
# A model has many weight arrays, and each has a gradient of its own. Keras' `clipnorm` shortens each of them alone;
# `global_clipnorm` sees all of them as one long vector, so that the direction of the step stays. Write the second: where
# that vector is longer than the limit, shrink it to the limit.


# %% tags=["solution"]
def clipped(gradients, limit):
    """Return a list of arrays, shaped as those in the list `gradients`, that are together `limit` long at most."""
    length = np.sqrt(sum(np.sum(each**2) for each in gradients))
    factor = limit / max(length, limit)
    return [each * factor for each in gradients]


# %%
checks.clipped(clipped)

# %% [markdown]
# ## 6. The GRU as it was first written
#
# The lesson's step had Keras' default, `reset_after=True`. In the first paper (Cho et al., 2014) the reset gate comes
# *before* the product: the candidate is `tanh(x W + (r * h) U + b)`, each with its own third of W, U and b. There is one
# bias only. The thirds stand in the order update gate z, reset gate r, candidate; z says how much of the old state
# stays, as in the lesson.


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
# ## 7. Mend a stack
#
# This listing should classify reviews, padded with zeros on the right, by two LSTMs. It has four mistakes; one
# raises an error at once, and some never raise any. Find them all and write the function anew.
#
# ```python
# def stacked_lstm(words, units):
#     tokens = keras.Input((None,), dtype="int32")
#     vectors = layers.Embedding(words, 16)(tokens)
#     lower = layers.LSTM(units)(vectors)
#     upper = layers.LSTM(units)(lower)
#     answer = layers.Dense(1, activation="softmax")(upper)
#     model = keras.Model(tokens, answer)
#     model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
#     return model
# ```


# %% tags=["solution"]
def stacked_lstm(words, units):
    """Return a compiled model: ids (batch, time) in, the probability of a positive review (batch, 1) out."""
    tokens = keras.Input((None,), dtype="int32")
    vectors = layers.Embedding(words, 16, mask_zero=True)(tokens)
    lower = layers.LSTM(units, return_sequences=True)(vectors)
    answer = layers.Dense(1, activation="sigmoid")(layers.LSTM(units)(lower))
    model = keras.Model(tokens, answer)
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


# %%
checks.stacked_lstm(stacked_lstm)

# %% [markdown] tags=["solution"]
# The four: the lower LSTM hands on its last step only (this one raises); nobody masks the padding; softmax over a single number
# is always 1; and the loss is that of several classes, not of one probability.

# %% [markdown]
# ## 8. A turn that fools a bag
#
# Remember "superb cast, beautiful music, and still i walked out". Here is a small language in which a bag of words is lost: it has a
# vocabulary of eight words of praise and blame, which stand in any order, and once in every text the word *but*. The word right behind *but* decides;
# all others are noise. This function makes such texts, from 8 to 24 words long.

# %%
WORDS = ["", "but", "warm", "funny", "superb", "lovely", "dull", "weak", "clumsy", "boring"]


def turns(count, seed):
    rng, rows = np.random.default_rng(seed), np.arange(count)
    ids, lengths = rng.integers(2, 10, (count, 24)), rng.integers(8, 25, count)
    turn = rng.integers(0, lengths - 1)
    ids[rows, turn] = 1
    ids[np.arange(24) >= lengths[:, None]] = 0
    return ids.astype("int32"), (ids[rows, turn + 1] < 6).astype("int32")


# %%
for row, label in zip(*turns(3, seed=5), strict=True):
    print(label, " ".join(WORDS[each] for each in row).strip())

# %% [markdown]
# Design a model of at most 5,000 parameters that gets 95% of new texts right. The check trains it on 2,000 texts with
# `fit`, in batches of 32, for 8 epochs at most. A bag reaches about 60%: the word behind *but* is one of those it counts. Which
# layer suits, and how fast may it learn in so few steps?


# %% tags=["solution"]
def turn_reader():
    """Return a compiled model: ids (batch, 24) in, the probability of praise (batch, 1) out."""
    tokens = keras.Input((24,), dtype="int32")
    pairs = layers.Conv1D(16, 2, activation="relu")(layers.Embedding(10, 8)(tokens))
    strongest = layers.GlobalMaxPooling1D()(pairs)
    model = keras.Model(tokens, layers.Dense(1, activation="sigmoid")(strongest))
    model.compile(keras.optimizers.Adam(1e-2), "binary_crossentropy", metrics=["accuracy"])
    return model


# %%
checks.turn_reader(turn_reader)

# %% [markdown] tags=["solution"]
# A convolution with a window of two is made for this: one filter for *but* + praise, one for *but* + blame, and the maximum asks
# whether the pair stands anywhere. `GRU(16)` gets there, too, with the same learning rate; with Adam's default of 0.001
# eight epochs are too few for it. `Flatten` and a `Dense(16)` have other weights for each place: they got about 98% of the
# old texts right and fewer than 80% of the new ones, on five seeds.

# %% [markdown]
# ## 9. To think about
#
# In notebook 03 a bag of single words and word pairs stands above the recurrent nets on IMDB. Yet the recurrent nets see the whole
# order of the words, and the bag sees pairs only. Why does it win, with 25,000 reviews? And what would you need to turn that round?
# Write down two reasons and, for each, an experiment that could prove you wrong.

# %% [markdown] tags=["solution"]
# **Few labels, much to learn.** A bag has one weight for each word and pair (436,940 in notebook 01), a convex problem, and
# reaches 0.903 on the test reviews in notebook 03. A recurrent net must learn from the same labels what 10,000 words mean *and*
# how to read; it soon knows the reviews by heart (the column `overfit`). *Experiment:* train both on 2,500, 5,000, 10,000 and
# 20,000 reviews. If the gap does not shrink as the reviews grow, this reason is wrong.
#
# **The task is nearly a sum.** A long review says many times whether it is good, so counting clues goes far, and pairs catch
# the short turns (*not good*). A cell must carry that sum through 256 steps. Look where `average`, which knows no order,
# stands beside the GRU. *Experiment:* train *and* test the GRU on reviews whose words
# are shuffled. If it loses much, it does use order. (To shuffle the test reviews only would also show it texts unlike any it has seen.)
#
# **They do not read the same.** The bag gets whole reviews, the nets 256 tokens and 10,000 words. *Experiment:* give the bag
# the nets' tokens only. (The notebook tried the reverse: the hybrid with 600 tokens.)
#
# **To turn it round** a net needs knowledge that does not come from these labels. Dai and Le
# ([Semi-supervised sequence learning](https://arxiv.org/abs/1511.01432), 2015) first let an LSTM learn to repeat reviews, which
# needs no labels, and then trained it on IMDB: 7.24% of the test reviews wrong, where notebook 01's bag has 9.3%. What the net knew
# beforehand made the difference, not a new kind of layer.

# %%
runtime.finish(headline="9 exercises")
