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
# Our answers to the [exercises](../exercises/03_recurrent_and_conv.ipynb) of [notebook 03](../03_recurrent_and_conv.ipynb).
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
# In the misleading table of section 3, most parameters were in the embedding. So this time, count those of a whole classifier:
# an `Embedding`, one recurrent layer that may read in both directions, and a `Dense(1)` that reads its last step. Everything
# has Keras' defaults. Use arithmetic only. The check lets Keras build the models and compares your numbers with theirs.


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
# Section 7 stacked three causal convolutions with windows of 5. The positions in these windows were 1, 2 and 4 steps apart, and
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
# A single recurrent layer reaches back as far as you like. Compare what that costs you. How many layers does a stack with
# windows of 5 need for the 600 tokens of a long review, and how many time steps must a GRU wait for? The stack needs eight
# layers, since seven see 4 × 127 = 508 tokens back and eight see 1,020. The GRU needs 600 steps, and each of them waits for the
# one before.
#
# ## 4. A mean that ignores padding
#
# `GlobalAveragePooling1D` needs the mask. Without it, the mean of a short review is mostly an average of padding. Write in
# NumPy what the layer does with a mask. There is one difference: where everything is padding, Keras gives `nan`, and you return
# zeros. Padding has the id 0, and it may be on the right, on the left, or fill a whole row. You can try your function on the
# arrays below, where the mean of the first text should be 2.

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
# ## 6. The GRU as it was first written
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
# ## 7. Mend a stack
#
# The function below should build a classifier from two LSTMs, for reviews that are padded with zeros on the right. It has four
# mistakes. One of them raises an error at once, and some never raise any. Find all four, and write the function again without
# them.
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
# These are the four mistakes:
#
# 1. The lower LSTM returns only its last step. This is the one that raises an error.
# 2. Nothing masks the padding.
# 3. A softmax over a single number is always 1.
# 4. The loss is for several classes, not for one probability.

# %% [markdown]
# ## 8. A turn that fools a bag
#
# Remember "superb cast, beautiful music, and still i walked out"? Here is a small language in which a bag-of-words model is
# lost. It has eight words of praise and blame, which come in any order. Each text also contains the word *but* once. The word
# right after *but* decides the label, and all others are noise. The function below makes such texts for you, from 8 to 24 words
# long.

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
# Design a model of at most 5,000 parameters that gets 95% of new texts right. The check trains it on 2,000 texts with `fit`, in
# batches of 32, for at most 8 epochs. A bag-of-words model reaches about 60%, because the word after *but* is one of those it
# counts. Which layer suits this task, and how large a learning rate do you need with so few steps?


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
# A convolution with a window of two is made for this. One filter finds *but* followed by praise, another finds *but* followed
# by blame, and the maximum asks whether the pair occurs anywhere. `GRU(16)` gets there, too, with the same learning rate. If
# you use Adam's default of 0.001, eight epochs are too few for it. `Flatten` and a `Dense(16)` have different weights for each
# position. On five seeds, they got about 98% of the old texts right and fewer than 80% of the new ones.

# %% [markdown]
# ## 9. To think about
#
# In notebook 03, a bag-of-words baseline of single words and word pairs beats the recurrent networks on IMDB. Yet the recurrent
# networks see the whole order of the words, and the baseline sees only pairs. Why does it win, with 25,000 reviews? And what
# would you need to reverse that? Write down two reasons and, for each one, an experiment that could prove you wrong.

# %% [markdown] tags=["solution"]
# **Few labels, much to learn.** The baseline has one weight for each word and pair, which made 436,940 in notebook 01. Finding
# them is a convex problem, and the baseline reaches 0.903 on the test reviews in notebook 03. A recurrent network must learn
# from the same labels what 10,000 words mean *and* how to read. Soon it knows the reviews by heart, as you can see in the
# column `overfit`. *Experiment:* train both on 2,500, 5,000, 10,000 and 20,000 reviews. If the gap doesn't shrink as the number
# of reviews grows, this reason is wrong.
#
# **The task is nearly a sum.** A long review tells you many times whether it is good. So counting clues goes far, and pairs
# catch the short turns of phrase such as *not good*. A cell must carry that sum through 256 steps. Look at how `average`, which
# knows no order, compares with the GRU. *Experiment:* train *and* test the GRU on reviews whose words are shuffled. If it loses
# much, it does use order. Don't shuffle only the test reviews, because then the GRU would also read texts unlike any it has
# seen.
#
# **They do not read the same.** The baseline gets whole reviews, and the networks get 256 tokens and 10,000 words.
# *Experiment:* give the baseline only the tokens that the networks get. The notebook tried the reverse when it gave the hybrid
# 600 tokens.
#
# **To reverse the result**, a network needs knowledge that does not come from these labels. In 2015, Dai and Le published
# [Semi-supervised sequence learning](https://arxiv.org/abs/1511.01432). They first let an LSTM learn to repeat reviews, which
# needs no labels, and then trained it on IMDB. It got 7.24% of the test reviews wrong, against 9.3% for the baseline of
# notebook 01. What made the difference was what the network knew beforehand, not a new kind of layer.

# %%
runtime.finish(headline="9 exercises")
