# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions to 06 · Sequence to sequence
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/sequence-models-for-text/course/blob/main/notebooks/solutions/06_seq2seq.ipynb)
#
# Our answers to the [exercises](../exercises/06_seq2seq.ipynb) of [notebook 06](../06_seq2seq.ipynb). Your answer may look
# different and still be right, because the checks accept any answer that does what the exercise asks. Try each exercise
# yourself *before* you look here.
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
from course_utils import runtime, seq2seq
from course_utils.checks import seq2seq as checks

runtime.start(seed=42)

# %%
import keras
import numpy as np
from keras import layers, ops

# %% [markdown]
# ## 1. Predict the ids
#
# As in the notebook, id 0 is padding, 1 is the start mark and 2 is the end mark. Then come the characters of the alphabet
# `+0123456789`, in this order. The target `907` is encoded with four places and then goes through `batches.teacher_forcing`.
# Which ids does the decoder read, and which ids should it answer? Work them out by hand, one list for each.


# %% tags=["solution"]
def forced_ids():
    """Return two lists of ids: before (what the decoder reads) and after (what it should answer)."""
    before = [1, 13, 4, 11, 0]
    after = [13, 4, 11, 2, 0]
    return before, after


# %%
checks.forced_ids(forced_ids)

# %% [markdown]
# ## 2. Predict the shapes
#
# Suppose you have an `AttentiveTranslator` from the notebook. It has 64 units and uses the alphabet of 11 characters from
# exercise 1. It gets a batch of 50 sources of 9 characters each, and its decoder reads 6 characters. What are the shapes of
# the encoder's `outputs`, its cell state `c`, the attention's `weights`, the `hidden` that `to_logits` reads, and the
# `logits`?


# %% tags=["solution"]
def translator_shapes():
    """Return a dict from "outputs", "c", "weights", "hidden" and "logits" to shapes (tuples, the batch first)."""
    return {
        "outputs": (50, 9, 64),
        "c": (50, 64),
        "weights": (50, 6, 9),
        "hidden": (50, 6, 64 + 64),
        "logits": (50, 6, 11 + 3),
    }


# %%
checks.translator_shapes(translator_shapes)

# %% [markdown]
# ## 3. How far is it?
#
# Why does reversing help? It changes the number of steps that a character has to survive in the state. In a source of seven
# characters, place 1 is 7 steps away from the answer's first character, and place 5 is 3 steps away. If you read the source
# backward, they are 1 step and 5 steps away. The last character that is read is 1 step away from the first one that is
# written. Now write a function that works for every case. There is no attention, no peeking and no padding.


# %% tags=["solution"]
def steps_between(place, length, written, reverse):
    """Return the number of steps (int) from a source's character to an answer's.

    place: which character of the source, from 1 to length; written: which of the answer, from 1;
    reverse: whether the encoder reads the source backwards.
    """
    in_encoder = place - 1 if reverse else length - place
    return in_encoder + written


# %%
checks.steps_between(steps_between)

# %% [markdown]
# ## 4. Exact match
#
# Exact match is the honest figure. You get the ids that were expected, as `teacher_forcing` makes them, and the ids that a
# model has answered at each place. An answer is right if all its characters *and* its end mark are right. What the model says
# where padding is expected does not matter, because nobody reads past the end mark.


# %% tags=["solution"]
def exact_share(expected, answers):
    """Return the share (float, 0 to 1) of answers that are right; expected, answers: int arrays (texts, time)."""
    right = (expected == answers) | (expected == seq2seq.PAD)
    return right.all(axis=1).mean()


# %%
checks.exact_share(exact_share)

# %% [markdown]
# ## 5. A loss that leaves padding out
#
# Take the probability that the model gave to each right character. Cross-entropy is minus the mean of the logarithms of these
# probabilities. Write it in NumPy or with `keras.ops`, without `keras.losses`. Take one mean over all characters of the batch
# that are not padding, and not one mean for each answer.


# %% tags=["solution"]
def masked_loss(y, logits):
    """Return the loss (one number) of int ids y (batch, time) and float logits (batch, time, symbols)."""
    probabilities = ops.convert_to_numpy(ops.softmax(logits, axis=-1))
    there = y != seq2seq.PAD
    chosen = np.take_along_axis(probabilities, y[:, :, None], axis=-1)[:, :, 0]
    return -np.log(chosen[there]).mean()


# %%
checks.masked_loss(masked_loss)

# %% [markdown]
# ## 6. Attention without a small net
#
# Additive attention scores a query and a key by `v · tanh(q + k)`. Their dot product `q · k` is simpler and faster, and it has
# no `v` to learn. Everything else stays the same: a softmax over the keys, with no weight on padding, and then the weighted
# mean of the values. Write this attention without `layers.Attention`. Don't divide the scores by anything.


# %% tags=["solution"]
def dot_attention(query, keys, values, mask):
    """Return context (batch, q, size) and weights (batch, q, k).

    query (batch, q, units), keys (batch, k, units), values (batch, k, size): float arrays;
    mask (batch, k): bool, False at padding.
    """
    scores = ops.matmul(query, ops.swapaxes(keys, 1, 2))
    scores = ops.where(mask[:, None], scores, -1e9)
    weights = ops.softmax(scores, axis=-1)
    return ops.matmul(weights, values), weights


# %%
checks.dot_attention(dot_attention)

# %% [markdown]
# ## 7. Fix this listing
#
# The function below should write greedily for a whole batch. In each step, it should take the likeliest symbol of every row,
# until `most` symbols are written. It has three mistakes. You won't see an error when you run it, and that is what makes such
# mistakes costly. Find all three and fix them.
#
# ```python
# def write_batch(step, memory, rows, most):
#     last = np.full((rows, 1), seq2seq.PAD)
#     written = []
#     for _ in range(most):
#         logits, _ = step(last, memory)
#         last = logits.argmax(axis=-1)
#         written.append(last)
#     return np.concatenate(written, axis=1)
# ```
#
# `step` is a decoder like the one in section 5. It takes the ids just written, of shape `(rows, 1)`, and the memory. It
# returns the logits, an array of shape `(rows, 1, symbols)`, and the new memory. What a step says about a row that has ended
# is meaningless.


# %% tags=["solution"]
def write_batch(step, memory, rows, most):
    """Return the ids written, int array (rows, most): each row up to its end mark, then padding.

    step(last, memory) -> (logits, memory); memory: the first one; rows, most: int.
    """
    last, written = np.full((rows, 1), seq2seq.BOS), []
    over = np.zeros((rows, 1), dtype=bool)
    for _ in range(most):
        logits, memory = step(last, memory)
        last = np.where(over, seq2seq.PAD, logits.argmax(axis=-1))
        over = over | (last == seq2seq.EOS)
        written.append(last)
    return np.concatenate(written, axis=1)


# %%
checks.write_batch(write_batch)

# %% [markdown] tags=["solution"]
# These are the three mistakes:
#
# 1. The function begins with padding instead of the start mark.
# 2. It throws the new memory away, so every step is like the first one.
# 3. It continues to write after a row's end mark.

# %% [markdown]
# ## 8. A translator of your own
#
# Here are dates again, this time without the year and in four forms. The answer is the month, a hyphen, and the day. With
# dots, the day comes first. With a slash, the month comes first. In Korean, 월 is month and 일 is day.

# %%
for source, target in checks.SHORT_DATES[:5]:
    print(source, target, sep="  ->  ")

# %% [markdown]
# Build and compile an encoder and a decoder. The check trains your model for 15 epochs on 1,164 of the pairs, in batches of
# 64, and tests it on the other 300. **At least 80%** of the answers must be right from the first character to the end mark. A
# source has 7 places, and the decoder reads 6. A small model is enough, say one with 64 units. But because 15 epochs of so few
# pairs make few steps, you need a learning rate ten to twenty times as large as Adam's usual 0.001. You can reverse, peek or
# attend if you like. The only thing that is not allowed is reading ahead in `before`. One training run takes about ten
# seconds.


# %% tags=["solution"]
def date_translator(symbols):
    """Return a compiled Keras model from [source, before] to logits (or probabilities) (batch, 6, symbols).

    source (batch, 7), before (batch, 6): int ids below symbols, 0 is padding.
    """
    source, before = keras.Input((7,), dtype="int32"), keras.Input((6,), dtype="int32")
    _, *state = layers.LSTM(64, return_state=True)(layers.Embedding(symbols, 32, mask_zero=True)(source))
    decoder = layers.LSTM(64, return_sequences=True)
    hidden = decoder(layers.Embedding(symbols, 32)(before), initial_state=state)
    model = keras.Model([source, before], layers.Dense(symbols)(hidden))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=seq2seq.PAD)
    model.compile(keras.optimizers.Adam(0.02), loss)
    return model


# %%
checks.date_translator(date_translator)

# %% [markdown]
# ## 9. To think about
#
# A colleague has trained the plain translator of sums once and reports: "99.6% right on unseen sums. The network has learned
# to add." What would you ask, and which figures from the notebook would you show? There is no check here. Write down three or
# four questions before you look at ours.

# %% [markdown] tags=["solution"]
# - *99.6% of what?* With seed 0, our plain model gets 0.996 with the padding counted and 0.995 of the characters right, but
#   its exact match is 0.982. All three figures describe the same answers. Only the last one tells you how often the sum is
#   right: about one sum in 54 is wrong, not one in 250.
# - *How many runs?* The three seeds of the plain model have 0.982, 0.981 and 0.494, with a mean of 0.819 and a standard
#   deviation of 0.282. A single run could have told you either story. The other four models have standard deviations of 0.0033
#   or less.
# - *Unseen in which way?* No source is in both parts. But 26% of the test sums are in the training part with their numbers
#   swapped. The notebook doesn't say how much that helps. You could find out by testing the other 74% separately.
# - *Does it add, or only numbers of up to three digits?* On sums with four-digit numbers, all five models have 0.000. You
#   can't blame the length: in 531 of these 933 sums, neither the source nor the answer is longer than those in training, and
#   the models fail there, too. What is new is a number with one digit more. A person who can carry would manage anyway.
# - *What does it rely on?* After one wrong first character, the plain model gets 0.882 of the rest right instead of 0.998,
#   although the later digits follow from the source alone. So it relies on what it has written.
#
# What can your colleague say? "On sums of up to three digits, drawn as in training, most runs of this recipe get about 98 of
# 100 right." Even "most" rests on two of three seeds. That is a good result, but it isn't addition.

# %%
runtime.finish(headline="9 exercises")
