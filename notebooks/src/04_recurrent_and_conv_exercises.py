# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions to 04 · SimpleRNN, LSTM, GRU and Conv1D compared
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/sequence-models-for-text/course/blob/main/notebooks/solutions/04_recurrent_and_conv.ipynb)
#
# Our answers to the [exercises](../exercises/04_recurrent_and_conv.ipynb) of [notebook 04](../04_recurrent_and_conv.ipynb).
# Your answer may look different and still be right, because the checks accept any answer that does what the exercise asks. Try
# each exercise yourself *before* you look here.
#
# **Time:** about an hour to solve the exercises. No cell takes the computer more than half a minute, and you don't
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
# ## 1. A mean that ignores padding
#
# `GlobalAveragePooling1D` needs the mask. Without it, the mean of a short review is mostly an average of padding. Write in
# NumPy what the layer does with a mask. There is one difference: where everything is padding, Keras gives `nan`, and your
# function should return zeros. Padding has the id 0, and it may be on the right, on the left, or fill a whole row. You can try
# your function on the arrays below, where the mean of the first text should be 2.

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
# ## 2. Fix a stack
#
# The function below should build a classifier from two LSTMs, for reviews that are padded with zeros on the right. It has four
# mistakes. One of them raises an error at once, and some never raise one. Find all four, and write the function again without
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
# 4. The loss is meant for several classes, not for a single probability.

# %% [markdown]
# ## 3. A turn that fools a bag
#
# Remember "superb cast, beautiful music, and still i walked out"? Here is a small language in which a bag-of-words model is
# lost. It has eight words of praise and blame, in any order, and each text contains the word *but* once. The word right after
# *but* decides the label, and all others are noise. The function below makes such texts for you, from 8 to 24 words long.

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
# ## 4. To think about
#
# In notebook 04, a bag-of-words baseline of single words and word pairs beats the recurrent networks on IMDB. Yet the
# recurrent networks see the whole order of the words, and the baseline sees only pairs. Why does it win, with 25,000 reviews?
# And what would you need to reverse that? Write down two reasons, and for each of them an experiment that could prove you
# wrong.

# %% [markdown] tags=["solution"]
# **Few labels, much to learn.** The baseline has one weight for each word and pair, which made 436,940 in notebook 01. Finding
# them is a convex problem, and the baseline reaches 0.903 on the test reviews in notebook 04. A recurrent network must learn
# from the same labels what 10,000 words mean *and* how to read. Soon it knows the reviews by heart, as the column `overfit`
# shows you. *Experiment:* train both on 2,500, 5,000, 10,000 and 20,000 reviews. If the gap doesn't shrink as the number of
# reviews grows, this reason is wrong.
#
# **The task is nearly a sum.** A long review tells you many times whether it is good. So counting clues goes far, and pairs
# catch short phrases such as *not good*. A cell must carry that sum through 256 steps. Look at how `average`, which knows no
# order, compares with the GRU. *Experiment:* train *and* test the GRU on reviews whose words are shuffled. If it loses much,
# it does use order. Don't shuffle only the test reviews, because then the GRU would also read texts unlike any it has seen.
#
# **They do not read the same.** The baseline gets whole reviews, and the networks get 256 tokens and 10,000 words.
# *Experiment:* give the baseline only the tokens that the networks get. In the notebook you tried the reverse, when you gave
# the hybrid 600 tokens.
#
# **To reverse the result**, a network needs knowledge that does not come from these labels. In 2015, Dai and Le published
# [Semi-supervised sequence learning](https://arxiv.org/abs/1511.01432). They first let an LSTM learn to repeat reviews, which
# needs no labels, and then trained it on IMDB. It got 7.24% of the test reviews wrong, against 9.3% for the baseline of
# notebook 01. What made the difference was what the network knew beforehand, not a new kind of layer.

# %%
runtime.finish(headline="4 exercises")
