# ---
# jupyter:
#   accelerator: GPU
#   colab:
#     gpuType: T4
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 05 · A character model of Shakespeare
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/sequence-models-for-text/course/blob/main/notebooks/05_char_rnn.ipynb)
#
# So far our networks have read. This one writes. It learns a single thing: which character comes next in a play. Spelling,
# names, lines and speeches all come out of that. You will see how to train such a model on a laptop, how to tell whether it is
# any good before you read a word it wrote, and how to make it write fast.
#
# **By the end of this notebook, you will be able to**
#
# - measure a language model in nats, bits per character and perplexity, and say what it has to beat
# - compare figures only where they were measured by the same protocol
# - cut a text into batches that continue each other, and carry a recurrent state from one batch to the next
# - train for a long time in a way that survives a crash
# - write with the state instead of rereading the whole text, and measure what that saves
# - choose between greedy, temperature, top-k and top-p, and say what each does and what beam search looks for
# - build a small Transformer from Keras' layers and compare it with a GRU on the same budget
# - check whether a model has learned or copied
#
# **Time:** about two and a half hours to study. The computer needs about a minute in the quick profile. In the full profile it
# needs about 38 minutes on two CPU cores the first time, 23 of them for the longest training run, on a machine that had other
# work to do as well. Later runs reuse it and need about three minutes.
#
# **New words** are explained in the
# [glossary](https://github.com/sequence-models-for-text/course/blob/main/docs/glossary.md), in English and Korean.
# To practice, open the [exercises with checked answers](exercises/05_char_rnn.ipynb).

# %%
# On Colab this installs the course's helpers; elsewhere it does nothing.
import sys

if "google.colab" in sys.modules:
    print("Colab: installing the course's helpers")
    # %pip install -q --no-deps git+https://github.com/sequence-models-for-text/course
    # %pip install -q pooch tokenizers

# %%
from course_utils import backends, corpora, experiments, language_model, plots, runtime, sampling
from course_utils.batches import contiguous_batches
from course_utils.callbacks import Backup, ResetState, Seconds
from course_utils.text import CharCodec

runtime.start(seed=42)

# %%
import itertools
import logging
import time
from collections import Counter

import keras
import numpy as np
import pandas as pd
from keras import layers, ops
from tqdm.keras import TqdmCallback

# %% [markdown]
# These are the settings of our model: the units of the GRU, the size of an embedding, the rows in a batch, the characters in
# each row (time steps), the epochs, and the learning rate at the start. The second line sets two dropout rates, how much of
# the text is used, and how often a state is emptied in training (section 6). The quick profile trains a small network on a
# short text. To run the full profile, put `%env COURSE_PROFILE=full` into a new cell above this one.

# %%
UNITS, EMBEDDING, BATCH, STEPS, EPOCHS, RATE = runtime.pick(
    quick=(160, 48, 16, 32, 20, 8e-3), full=(512, 128, 128, 32, 14, 4e-3)
)
DROPOUT_IN, DROPOUT_OUT, CHARACTERS, FORGET = runtime.pick(
    quick=(0.1, 0.3, 60_000, 1 / 50), full=(0.2, 0.5, None, 1 / 32)
)
# The contest of section 8: random seeds, budgets in epochs, the width of both models, and XLA, a compiler, on or off.
SEEDS, BUDGETS, WIDTH, COMPILE = runtime.pick(quick=([0], (3,), 64, False), full=([0, 1, 2], (1, 2), 128, True))

# %%
play = corpora.load_shakespeare()
text = play.text[:CHARACTERS]
print(play.provenance)

# %% [markdown]
# ## 1. A text as numbers
#
# A tokenizer for characters takes one line: sort the distinct characters, and let each character's id be its position in
# that order.

# %%
characters, ids = np.unique(list(text), return_inverse=True)
ids = ids.astype("int32")
print(f"{len(ids):,} characters, {len(characters)} distinct, {len(set(text.lower()))} once lower-cased")

# %%
print("".join(characters).replace("\n", "↵"))
codec = CharCodec(text)
assert codec.characters == "".join(characters)
print(codec.encode("a tale"), codec.decode(codec.encode("a tale")))

# %% [markdown]
# A popular tutorial that this notebook grew out of lower-cases the text first, which leaves fewer characters. We keep the
# capitals. They mark speakers and the beginnings of lines, and the published figure that matters most to us was measured with
# them.
#
# **The split.** You train on the first nine tenths and measure on the last tenth, cut once, in the order of the text. Why not
# shuffle first, as we did with reviews? Because pieces of one text overlap and answer each other. If you shuffled, each test
# piece would have its neighbors in the training text, and a model that merely remembers them would look like one that
# understands.
#
# The tutorial splits the last tenth again into validation and test. We don't, because that published figure was measured on
# the whole last tenth. It comes from nanoGPT, a small public program that trains language models, and you will meet it in
# section 7. This choice has a price. Where a setting was chosen by its score on the last tenth, by us or by others, that score
# is slightly too good.

# %%
cut = int(0.9 * len(ids))
train_ids, test_ids = ids[:cut], ids[cut:]
print(f"{len(train_ids):,} to train on, {len(test_ids):,} to measure on")

# %% [markdown]
# ## 2. What does the network have to beat?
#
# Suppose your network reaches a loss of 1.5. Is that good? You can't tell until you know what the number means and what simple
# counting would get.
#
# ### The measure
#
# A language model gives every possible next character a probability. We judge it by the probability p that it gave to the
# character that really came. The measure is the **cross-entropy**, the mean of `-log p`. If p was 1/2, that character costs
# 0.69. If p was 1/10, it costs 2.30.
#
# With the natural logarithm, the unit is the **nat**. Divide nats by ln 2 and you get **bits per character**. The
# **perplexity** is `e` to the power of the nats. You can read it as the number of equally likely characters the model
# hesitates between.
#
# If you know nothing, you give each of the V characters the probability `1/V`, which costs `ln V`. Counting does better.
#
# ### Counting runs of characters
#
# Which characters tend to follow which? Count runs of n characters, called **n-grams**. Pairs are *bigrams*, single characters
# *unigrams*. Python's `Counter` does just that, here for the pairs in one word:

# %%
# NBVAL_CHECK_OUTPUT
word = "abracadabra"
pairs = Counter(word[i : i + 2] for i in range(len(word) - 1))
print(dict(pairs))

# %% [markdown]
# After `b`, only `r` has ever come. After `a`, you have seen `b` twice, `c` once and `d` once. So counting says: after `a`,
# the next character is `b` with probability 2/4. Now do the same for all runs of one to eight characters in the training text,
# which takes a few seconds.

# %%
LONGEST = 8
train_text, test_text = text[:cut], text[cut:]
grams = {n: Counter(train_text[i : i + n] for i in range(cut - n + 1)) for n in range(1, LONGEST + 1)}

# %% [markdown]
# Which runs does the last tenth ask for? For each of its characters, it is the run of n characters that ends there. The first
# few need a history, too, so you put the end of the training text in front.

# %%
joined = train_text[-(LONGEST - 1) :] + test_text


def asked(n):
    """The run of n characters that ends at each character of the last tenth."""
    return [joined[end - n : end] for end in range(LONGEST, len(joined) + 1)]


# %%
for n in (3, 5, 8):
    unseen = np.mean([run not in grams[n] for run in asked(n)])
    print(f"runs of {n}: {unseen:.0%} of those in the last tenth never occurred before")

# %% [markdown]
# ### Smoothing: borrow from shorter runs
#
# Long runs say more about what comes next, but you see each of them less often. And if a run never occurred, its count is
# zero. A probability of zero would cost infinitely much, so a longer run has to borrow from the shorter one. This is called
# **smoothing**.
#
# How much should it borrow? Witten and Bell look at how many *kinds* of characters have followed a history so far. After `q`,
# you have hardly seen anything but `u`, so you can trust the counts. After a space, almost any letter has come, and yet
# another kind may be next. So the more kinds, the more weight the shorter run gets. For a character c after a history h of n -
# 1 characters:
#
# `p(c | h) = (count(h c) + kinds(h) · p(c | h shortened)) / (count(h) + kinds(h))`
#
# Here, count(h c) says how often c followed h, and kinds(h) says how many different characters did. To shorten h, drop its
# first character. In *abracadabra*, `a` was followed 4 times, by 3 kinds. So 4/7 of the weight goes to its own counts and 3/7
# to the shorter run. In the code, `total` is count(h):


# %%
def witten_bell(n, shorter):
    """Probability of each character of the last tenth from the n - 1 before it, leaning on `shorter`."""
    total, kinds = Counter(), Counter()
    for run, count in grams[n].items():
        total[run[:-1]] += count
        kinds[run[:-1]] += 1
    mixed = []
    for run, less in zip(asked(n), shorter, strict=True):
        h = run[:-1]
        mixed.append((grams[n][run] + kinds[h] * less) / (total[h] + kinds[h]) if total[h] else less)
    return mixed


# %%
def price(probabilities):
    """Mean cross-entropy in nats."""
    return -np.log(probabilities).mean()


known = [1 / len(characters)] * len(test_text)
counted = {"Witten-Bell": {0: price(known)}}
for n in grams:
    known = witten_bell(n, known)
    counted["Witten-Bell"][n] = price(known)

# %% [markdown]
# ### The bar: Kneser and Ney
#
# That idea is from 1991. The counting model to beat is a later one, **modified Kneser–Ney** smoothing (1998). It changes two
# things:
#
# - **A discount.** It takes a little off every count and gives what it saved to the shorter run. How much it takes off depends
#   on how many runs occurred once, twice, three and four times.
# - **Another way to count the shorter runs.** How likely is a character *as a fallback*, after a history that you have never
#   seen? Its frequency can mislead you. The classic example is a word: *Francisco* may be frequent in a newspaper, but it
#   nearly always follows *San*. After a new word, it is a bad guess.
#
# The next cell looks for frequent characters that often follow one particular other. It prints the share of their occurrences
# that do:

# %%
after_one = {c: max(grams[2][first + c] for first in characters) / grams[1][c] for c in characters}
often = {c: share for c, share in after_one.items() if grams[1][c] > 0.01 * cut}
print([f"{str(c)!r} {share:.0%}" for c, share in sorted(often.items(), key=lambda pair: -pair[1])[:4]])

# %% [markdown]
# In the full text, *b*, *w* and *m* often follow a space, and *u* follows *o*. Anywhere else, these characters are less likely
# than their frequency says. So Kneser and Ney count a shorter run by the number of *different* characters that have come
# before it, and not by how often it occurred. In *abracadabra*, `b` occurs twice, but always after `a`, so it counts once. The
# last four `a` follow `r`, `c`, `d` and `r`, so `a` counts three times.
#
# The first line below does that. It takes each different run once, without its first character. The longest runs are counted
# as they are. For all the shorter ones, count means the number of different characters before them. For a character c after a
# history h, the formula now reads
#
# `p(c | h) = (count(h c) - discount + saved(h) · p(c | h shortened)) / count(h)`
#
# There are three discounts, for counts of 1, of 2, and of 3 or more. Here saved(h) is the sum of all that was taken off after
# h.

# %%
fallbacks = {n: Counter(run[1:] for run in grams[n + 1]) for n in range(1, LONGEST)}


def discounts(counter):
    """How much to take off a count of 0, of 1, of 2, and of 3 or more (Chen and Goodman, 1998)."""
    once, twice, thrice, four = (list(counter.values()).count(number) for number in (1, 2, 3, 4))
    share = once / (once + 2 * twice)
    return 0, 1 - 2 * share * twice / once, 2 - 3 * share * thrice / twice, 3 - 4 * share * four / thrice


# %%
def kneser_ney(counter, n, shorter):
    """The same as `witten_bell`, with discounts, from a counter of runs of n."""
    off, total, saved = discounts(counter), Counter(), Counter()
    for run, count in counter.items():
        total[run[:-1]] += count
        saved[run[:-1]] += off[min(count, 3)]
    mixed = []
    for run, less in zip(asked(n), shorter, strict=True):
        h, count = run[:-1], counter[run]
        mixed.append((count - off[min(count, 3)] + saved[h] * less) / total[h] if total[h] else less)
    return mixed


# %% [markdown]
# Single characters, the shortest runs, get one more count each, so that no character has a probability of zero.

# %%
singles = sum(fallbacks[1].values()) + len(characters)
shorter = {1: [(fallbacks[1][character] + 1) / singles for character in test_text]}
for n in range(2, LONGEST):
    shorter[n] = kneser_ney(fallbacks[n], n, shorter[n - 1])

# %% [markdown]
# **Predict first.** Watch Witten and Bell's column in the table below. As the runs grow from one to eight characters, what
# happens to the cost of the last tenth?
#
# <details><summary>A. It falls all the way, since more context always says more</summary>
# More context would say more if you had seen it often enough. Look again at the share of the runs of 8 that never occurred
# before.
# </details>
# <details><summary>B. It falls up to runs of two, and then it rises</summary>
# Look again at the share of the runs of 3 that never occurred before. If nearly all of them did occur, should counting stop at
# two?
# </details>
# <details><summary>C. It falls, and from some length on it rises again</summary>
# Yes. A longer run says more, but you see each one less often, and at some length the counts become too small to rely on.
# Compare the two columns of the table below: which of them gets further before that happens?
# </details>

# %%
longest = {n: kneser_ney(grams[n], n, shorter[n - 1]) for n in range(2, LONGEST + 1)}
counted["Kneser-Ney"] = {n: price(probabilities) for n, probabilities in longest.items()}
table = pd.DataFrame(counted).rename_axis("characters in a run")
table.round(3)

# %% [markdown]
# The table is in nats, so lower is better. Row 0 is the model that gives every character the same probability. Kneser and
# Ney's column begins with runs of two. Look for the row where each column turns or levels off. From some length on, longer
# runs are so rare that they do harm. Kneser and Ney's counts cope with longer runs than Witten and Bell's. The lowest number
# is what your network has to beat:


# %%
def measures(nats):
    return {"nats": nats, "bits": nats / np.log(2), "perplexity": np.exp(nats)}


best_n = min(longest, key=counted["Kneser-Ney"].get)
bar = counted["Kneser-Ney"][best_n]
print(f"the bar, by runs of {best_n}:", {name: round(float(value), 3) for name, value in measures(bar).items()})

# %%
bars = {"uniform": counted["Witten-Bell"][0], "unigram": counted["Witten-Bell"][1], "bigram": counted["Kneser-Ney"][2]}
bars |= {"best Witten-Bell": min(counted["Witten-Bell"].values()), "best Kneser-Ney": bar}
assert bar < bars["best Witten-Bell"]

# %% [markdown]
# Remember this bar. You will see it again as a level line beside the learning curve, in bits, and in section 7, in nats.
#
# > **What we saw (full run):** Witten and Bell's best is 1.669 nats, with runs of five. Kneser and Ney's is 1.516, with runs of
# > seven. So the weaker bar would have flattered the network by 0.15 nats.
#
# ## 3. Windows, and how to cut them
#
# The tutorial cuts the text into windows of 101 characters, each shifted by one character. The first 100 are the input, the
# last 100 the targets. Here are three ways to build these windows for the beginning of the text. The first is the
# tutorial's own: TensorFlow makes a small dataset of each window and joins them again. The second is a Keras function that
# does the same in one line. The third copies nothing until you use the batches: `sliding_window_view` looks at the same array
# from each starting position.

# %%
few = ids[: runtime.pick(quick=2_000, full=20_000)]


def by_window():
    """The tutorial's own pipeline."""
    from tensorflow.data import Dataset

    windows = Dataset.from_tensor_slices(few).window(101, shift=1, drop_remainder=True)
    windows = windows.flat_map(lambda window: window.batch(101))
    return [(batch[:, :-1], batch[:, 1:]) for batch in windows.batch(32).as_numpy_iterator()]


def by_keras():
    windows = keras.utils.timeseries_dataset_from_array(few, None, sequence_length=101, batch_size=32)
    return [(batch[:, :-1], batch[:, 1:]) for batch in map(ops.convert_to_numpy, windows)]


def by_view():
    windows = np.lib.stride_tricks.sliding_window_view(few, 101)
    return [(batch[:, :-1], batch[:, 1:]) for batch in np.split(windows, range(32, len(windows), 32))]


# %%
seconds, built = {}, {}
for name, build in {"tf.data window": by_window, "timeseries dataset": by_keras, "NumPy view": by_view}.items():
    began = time.perf_counter()
    built[name] = [np.concatenate(part) for part in zip(*build(), strict=True)]
    seconds[name] = time.perf_counter() - began
print({name: f"{value:.3f} s" for name, value in seconds.items()})

# %% [markdown]
# The cost differs a lot. Is the content the same?

# %%
for x, y in built.values():
    assert np.array_equal(x, built["NumPy view"][0]) and np.array_equal(y, built["NumPy view"][1])
x, y = built["NumPy view"]
print(f"{len(few):,} characters became {x.size:,} inputs: each character is seen about {x.size // len(few)} times")

# %% [markdown]
# About a hundred times! That is why one epoch of the tutorial takes so long. A textbook, another source, counts 31,247 steps
# for the first million characters, and 23 minutes per epoch on its author's machine. And still each window begins with no
# memory of what came before it.
#
# There is another way to cut, which shows each character once per epoch and passes the state on. Cut the text into as many
# strips as a batch has rows. The first batch takes the first few characters of each strip, the second batch the *next* ones,
# and so on. Row 3 of one batch then continues exactly at the point where row 3 of the batch before it ended. We call these
# **contiguous batches**.

# %% [markdown]
# ![A text of 25 characters, cut into three strips. Each row reads one strip in two batches and carries a state along.](pictures/contiguous_batches.png)
#
# Read each row from left to right. Batch 1 continues where batch 0 ended, and the state h passes from one to the other. It
# begins with zeros. The gray *a* is needed only as the last target.

# %% [markdown]
# Try it on the letters of the alphabet, with two rows:

# %%
# NBVAL_CHECK_OUTPUT
alphabet = np.array(list("abcdefghijklmnopqrstuvwxyz"))
x, _ = contiguous_batches(np.arange(26), batch_size=2, time_steps=4)
for number, batch in enumerate(np.split(x, 3)):
    print(f"batch {number}:", *["".join(alphabet[row]) for row in batch])

# %% [markdown]
# Read down the left column, which is row 1 of each batch: *abcd*, *efgh*, *ijkl* continue each other. So do *mnop*, *qrst*,
# *uvwx* in the right column, row 2. The *y* is needed only as the last target, and the *z* is left over because it does not
# fill a batch. Now the play itself:

# %%
began = time.perf_counter()
x_train, y_train = contiguous_batches(train_ids, BATCH, STEPS)
print(f"{x_train.shape[0] // BATCH:,} batches make an epoch, cut in {1e3 * (time.perf_counter() - began):.1f} ms")

# %% [markdown]
# So the network has to carry its hidden state from batch to batch. Keras calls such a layer **stateful**.
#
# Training follows the error backward through all steps to find out how each weight should change. That is **backpropagation
# through time**. Here the error flows back through one batch only. Forward, the state can carry something from any earlier
# character of its strip. Backward, the error travels over the characters of one batch, a few dozen. This is called
# **truncated** backpropagation through time.
#
# **A GRU** (notebook 03) has two gates. The update gate z mixes the old state with the candidate, and the reset gate r says
# how much of the old state the candidate may see. Where z is 1, a number in the state stays the same for as long as it is
# needed. A `SimpleRNN` hardly learns to do that. We ask for `return_sequences=True`, the state after every step, and for
# `return_state=True`, which adds the last state so that you can pass it on. Here is a small GRU on two rows of 20 steps:

# %%
probe = np.random.default_rng(0).normal(size=(2, 20, 3)).astype("float32")
gru = layers.GRU(4, return_sequences=True, return_state=True)
whole, _ = gru(probe)

# %% [markdown]
# Does carrying the state really turn two halves into one whole? Run the same layer once over 20 steps, and twice over 10:

# %%
first, state = gru(probe[:, :10])
carried, _ = gru(probe[:, 10:], initial_state=state)
forgotten, _ = gru(probe[:, 10:])

# %%
assert np.allclose(ops.concatenate([first, carried], axis=1), whole, atol=1e-4)
assert not np.allclose(forgotten, whole[:, 10:], atol=1e-2)

# %% [markdown]
# It does. Without the state, the second half comes out different.
#
# ## 4. What the tutorial's model costs
#
# The tutorial's model has two GRU layers of 128 units with dropout inside the recurrence. It reads one-hot vectors of 39
# characters, the lower-cased Shakespeare, in batches of 32 windows of 100. **Dropout** sets a random share of the numbers to
# zero at each training step, so that no unit can rely on a single other one. `recurrent_dropout` does the same to the state
# inside the loop. **Softmax** turns any numbers into probabilities: raise `e` to each of them, then divide by the sum.
#
# You don't have to wait for an epoch to know its cost. Time a few steps on random characters, because the time does not
# depend on which characters they are.


# %%
def build_tutorial_model():
    one_hot = keras.Input((100, 39))
    hidden = layers.GRU(128, return_sequences=True, dropout=0.2, recurrent_dropout=0.2)(one_hot)
    hidden = layers.GRU(128, return_sequences=True, dropout=0.2, recurrent_dropout=0.2)(hidden)
    model = keras.Model(one_hot, layers.Dense(39, activation="softmax")(hidden))
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


# %%
tutorial_model = build_tutorial_model()
noise = np.random.default_rng(0).integers(0, 39, (32, 101))
batch = keras.utils.to_categorical(noise[:, :-1], 39), noise[:, 1:]
_ = tutorial_model.train_on_batch(*batch)  # the first step compiles

# %%
steps = runtime.pick(quick=3, full=20)
began = time.perf_counter()
for _ in range(steps):
    tutorial_model.train_on_batch(*batch)
per_step = (time.perf_counter() - began) / steps
tutorial_steps = (int(0.9 * 1_115_394) - 100) // 32
minutes = tutorial_steps * per_step / 60
print(f"{per_step:.3f} s per step, so an epoch of {tutorial_steps:,} steps would take {minutes:.0f} minutes here")

# %% [markdown]
# Where does that number of steps come from? Nine tenths of tiny Shakespeare's 1,115,394 characters are 1,003,854. A window of
# 101 begins at each of them except the last 100, and 32 windows make a batch. On a GPU, `recurrent_dropout` makes matters
# worse, because the fused kernel can't do it:

# %%
for layer in tutorial_model.layers[1:3]:
    print(layer.name, backends.fused_kernel(layer))

# %% [markdown]
# ## 5. Our model
#
# We use one GRU instead of two, with dropout before and after it instead of inside, and it sees each character once per
# epoch. The batch size is part of a stateful model, because the layer keeps one state for each row.


# %%
def build_model(batch_size):
    ids = keras.Input(batch_shape=(batch_size, None), dtype="int32")
    vectors = layers.Dropout(DROPOUT_IN)(layers.Embedding(len(characters), EMBEDDING)(ids))
    hidden = layers.GRU(UNITS, return_sequences=True, stateful=True)(vectors)
    return keras.Model(ids, layers.Dense(len(characters))(layers.Dropout(DROPOUT_OUT)(hidden)))


# %% [markdown]
# The last layer has no softmax. Its outputs are **logits**, the numbers before the softmax, and the loss applies the softmax
# itself. That loss, sparse categorical cross-entropy, is the mean of `-log p` from section 2, so every loss below is in nats
# per character.
#
# How many parameters will it have? A GRU has three sets of weights, one for each of its two gates and one for the candidate.
# Each set has a matrix for the input, a matrix for the state and, in Keras' `reset_after` form, two biases. We set the random
# seed first, so that you start from the same weights even if you change something above.

# %%
keras.utils.set_random_seed(42)
model = build_model(BATCH)
V, E, U = len(characters), EMBEDDING, UNITS
assert model.count_params() == V * E + 3 * (E * U + U * U + 2 * U) + (U * V + V)

# %% [markdown]
# What should a model pay before it has learned anything? About `ln V`, the cost of knowing nothing. This is the first check
# of any language model:

# %%
first = keras.losses.sparse_categorical_crossentropy(y_train[:BATCH], model(x_train[:BATCH]), from_logits=True)
untrained = float(ops.mean(first))
print(f"{model.count_params():,} parameters; untrained {untrained:.2f} nats, ln V = {np.log(V):.2f}")
assert abs(untrained - np.log(V)) < 0.2

# %% [markdown]
# Here is another check, from notebook 02. One-hot vectors times a matrix give the same result as an embedding, and that holds
# for characters, too.

# %%
table = model.layers[1].get_weights()[0]
assert np.allclose(np.eye(V, dtype="float32")[x_train[:2]] @ table, model.layers[1](x_train[:2]), atol=1e-6)

# %% [markdown]
# ### The learning rate
#
# Large steps make fast progress at first but keep overshooting. Small ones don't overshoot but take forever. So we begin with
# large steps and end at zero, along half a wave of the cosine function.
#
# **Gradient clipping** with `clipnorm=1` shortens the gradient of each weight matrix or bias if it is longer than 1. That way
# an occasional exploding gradient does no harm. Notebook 03's `global_clipnorm` treated all gradients together as one.
#
# **Adam**, which has trained most of our networks so far, gives each weight a step size derived from the gradients it has had.
# **AdamW** is Adam with weight decay: it also pulls the weights toward zero at each step, which works against memorizing.

# %%
steps = EPOCHS * len(x_train) // BATCH
schedule = keras.optimizers.schedules.CosineDecay(RATE, steps)
at = np.linspace(0, steps, 50)
plots.lines(
    {"learning rate": (at, [float(schedule(step)) for step in at])},
    title="From large steps to none",
    xlabel="training step",
    ylabel="learning rate",
    alt="The learning rate falls from its highest value to zero along half a cosine.",
)

# %% [markdown]
# Right after compiling, we ask for the folder of this training run. Section 6 explains what it is for.

# %%
model.compile(
    keras.optimizers.AdamW(schedule, weight_decay=0.1, clipnorm=1.0),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
)
settings = {"epochs": EPOCHS, "batch_size": BATCH, "forget": FORGET}
folder = experiments.training_folder("char_rnn", model, x_train, y_train, **settings)
history = folder / "history.csv"

# %% [markdown]
# ## 6. Training that survives
#
# If the kernel dies, the laptop restarts or Colab cuts you off, your training is lost. Two **callbacks**, objects that Keras
# calls after each batch and epoch, prevent that:
#
# - `Backup` saves weights, optimizer and epoch after every epoch. It is built on Keras' `BackupAndRestore`.
# - `CSVLogger` appends the figures to a file.
#
# Two more help. `ResetState` empties the states at the start of the text, and `Seconds` records the time.
#
# Try it: stop the cell with `model.fit` below and run it again. It goes back to the start of the epoch it was in. On Colab the
# files disappear with the machine, so mount your Drive and change into it (`%cd /content/drive/MyDrive`) before the first
# cell.
#
# The folder's name is derived from everything the numbers depend on: the layers and their first weights, loss, optimizer, data
# and number of epochs. Change one of them and the training starts over. If you run the notebook a second time, the finished
# run is found and read again. Nothing is left to train, so the progress bar below stays at 0.
#
# Cut the last tenth into contiguous batches as well. After every epoch, the loss on it is measured:

# %%
x_test, y_test = contiguous_batches(test_ids, BATCH, min(STEPS, (len(test_ids) - 1) // BATCH))

# %% [markdown]
# ### Starting from nothing
#
# Later you will ask the model to begin a text, with an empty state. In training, that happens only once per epoch, so the model
# would hardly know what to do. Let it practice: before each batch, empty each row's state with a small probability.


# %%
class Forget(keras.callbacks.Callback):
    """Before each batch, empty the state of some rows."""

    def on_train_begin(self, logs=None):
        self.rng = np.random.default_rng(0)

    def on_train_batch_begin(self, batch, logs=None):
        for layer in self.model.layers:
            if getattr(layer, "stateful", False):
                keep = self.rng.random((BATCH, 1)) > FORGET
                layer.states[0].assign(layer.states[0] * keep)


# %% [markdown]
# ### A model to write with
#
# You can listen to the network while it learns. The model that is trained reads a whole batch of rows at once and keeps its
# states to itself. For writing, you want only one row, and you want to pass its state in and get it back yourself. The layers
# are the same except for dropout, which has no weights and does nothing outside training. So the trained weights fit:


# %%
def build_writing_model():
    ids, state = keras.Input((None,), dtype="int32"), keras.Input((UNITS,))
    vectors = layers.Embedding(len(characters), EMBEDDING)(ids)
    gru = layers.GRU(UNITS, return_sequences=True, return_state=True)
    hidden, last = gru(vectors, initial_state=state)
    return keras.Model([ids, state], [layers.Dense(len(characters))(hidden), last])


# %%
writing_model = build_writing_model()
writer = language_model.LanguageModel(writing_model, codec)

# %% [markdown]
# After each epoch, let it write a few words. They go into the same file as the figures. Section 10 explains `temperature`.


# %%
def listen(epoch, logs):
    writing_model.set_weights(model.get_weights())
    logs["sample"] = writer.generate("\n", 60, temperature=0.5, seed=3)


# %% [markdown]
# Now train. In the full profile, this takes about a quarter of an hour on two cores if the machine has nothing else to do.

# %%
_ = model.fit(
    x_train,
    y_train,
    batch_size=BATCH,
    shuffle=False,
    epochs=EPOCHS,
    validation_data=(x_test, y_test),
    validation_batch_size=BATCH,
    verbose=0,
    callbacks=[
        ResetState(),
        Forget(),
        Seconds(),
        TqdmCallback(verbose=0, file=sys.stdout),
        keras.callbacks.LambdaCallback(on_epoch_end=listen),
        keras.callbacks.CSVLogger(history, append=True),
        Backup(folder / "backup"),
    ],
)

# %% [markdown]
# `shuffle=False` matters: shuffled batches would carry states to rows they don't belong to.
#
# How does it learn to write? Read what came after each epoch, from the first to the last. Are the words real from the first
# epoch on? And when do they begin to make sense together?

# %%
log = pd.read_csv(history).drop_duplicates("epoch", keep="last")
log["epoch"] += 1  # Keras counts from 0
for epoch, sample in zip(log["epoch"], log["sample"], strict=True):
    print(f"epoch {epoch:2}: {sample!r}")

# %% [markdown]
# > **What we saw (full run):** Most words were real from the first epoch on, and phrases of a few words made sense. No sample
# > made sense throughout. Two pairs of neighbors are equal. Every sample uses the same seed, and toward the end the weights
# > hardly move.
#
# When does the network cross the counting lines? And which is lower after the first epoch, the training curve or the one for
# the last tenth? Guess before you look. The figure is in bits, the table after it in nats.

# %%
epochs = log["epoch"]
curves = {name: bars[name] for name in ("best Kneser-Ney", "best Witten-Bell", "bigram")}
plots.lines(
    {"training": (epochs, log["loss"] / np.log(2)), "last tenth": (epochs, log["val_loss"] / np.log(2))}
    | {name: (epochs, [nats / np.log(2)] * len(epochs)) for name, nats in curves.items()},
    title="Learning Shakespeare",
    xlabel="epoch",
    ylabel="bits per character",
    alt="Training and validation loss by epoch, with three counting models as level lines. Both losses fall "
    "fast at first. The one on the last tenth ends below the line of the bigram model.",
    data=play.provenance,
)

# %%
log["minutes"] = (log["seconds"].cumsum() / 60).round(1)
log[["epoch", "minutes", "loss", "val_loss"]].set_index("epoch").round(3)

# %%
for name in ("bigram", "best Witten-Bell", "best Kneser-Ney"):
    below = log.loc[log["val_loss"] < bars[name], "epoch"]
    print(f"first below {name}:", f"after epoch {below.min()} of {EPOCHS}" if len(below) else "not in these epochs")
    assert len(below) or name == "best Kneser-Ney", "the network must get below simple counting"

# %% [markdown]
# Which lines has the last tenth crossed by the end? On a short text, as in the quick profile on the sample, Kneser and Ney's
# counts are hard to beat, because a network needs more text than that to learn from. On the full text of tiny Shakespeare,
# about a million characters, it does beat them. The counting models always saw the characters before the one they guessed,
# while this loss starts each strip from an empty state. So the network seems to cross the lines a little later than it really
# does. Section 7 measures both ways.
#
# Now compare the two curves. The training loss is measured with dropout switched on, so that part of the numbers are zero, and
# over a whole epoch in which the model was still learning. That's why it can lie *above* the other curve at first. Later it
# falls below. The growing gap shows how much the model has learned that helps only on its training text. If you ever see the
# training curve keep falling while "last tenth" rises, the model has begun to learn its text by heart (overfitting, notebook
# 00).
#
# > **What we saw (full run):** The loss on the last tenth was below the line of Witten and Bell after the second epoch, and
# > below that of Kneser and Ney only after the seventh. An epoch took a minute when the machine was quiet, and up to two and a
# > half when it was not. The tutorial's model would have needed about an hour for an epoch of the same text.
#
# ## 7. How good is it? Two protocols
#
# The validation loss above left out the end of the text and started each strip from an empty state. Now measure properly.
# There are two common ways, and they differ in how much of the past the model has seen:
#
# - **Warm:** you predict each character of the last tenth after the model has read at least 256 characters. So the model
#   always has a past. This tells you how well it continues a long text.
# - **Cold:** you cut the last tenth into blocks of 256 characters, and the model begins each block from an empty state. The
#   first characters of a block are hard for every model. If a block begins with *gland*, the warm model may just have read
#   *En*. The cold one has to guess its way into the word.
#
# Published figures use one or the other of these protocols, and many don't say which. Compare only figures of the same
# protocol.
#
# The warm one comes first. To save time, the model reads 32 parts of the text side by side:

# %%
writing_model.set_weights(model.get_weights())
warm = language_model.evaluate(writing_model, test_ids, train_ids)

# %% [markdown]
# For the cold one, cut the blocks and let the model read each of them from zeros:

# %%
BLOCK = 256


def blocks(ids, size):
    """Inputs and targets (blocks, size), each block without a past."""
    count = (len(ids) - 1) // size
    return ids[: count * size].reshape(count, size), ids[1 : count * size + 1].reshape(count, size)


# %%
x_cold, y_cold = blocks(test_ids, BLOCK)
logits, _ = writing_model.predict([x_cold, np.zeros((len(x_cold), UNITS))], batch_size=64, verbose=0)
network = np.take_along_axis(ops.convert_to_numpy(ops.softmax(logits)), y_cold[..., None], axis=-1)[..., 0]

# %% [markdown]
# To be fair, the counting model starts cold, too: it may look only at characters of the same block. So it uses pairs for the
# second character, runs of three for the third, and so on up to the best length:

# %%
counting = np.empty(y_cold.shape)
for place in range(BLOCK):
    n = min(best_n, place + 2)  # the characters of the block so far, and the one that comes
    counting[:, place] = np.array(longest[n])[place + 1 :: BLOCK][: len(y_cold)]

# %% [markdown]
# ### Two heads
#
# The network and the counts make different mistakes. What if you ask both and take the mean of their two probabilities?

# %% [markdown]
# **Predict first.** Compare the mean of the two probabilities with the network alone and with the counts alone. What will it
# cost?
#
# <details><summary>A. Less than either of them</summary>
# Yes. A very small probability is what costs most. Where one of the two gives a very small one, the other often does not, and
# half of a large probability is still not small. Compare the three rows of the table below.
# </details>
# <details><summary>B. An amount halfway between the two</summary>
# That would be the worst case. Take a character to which one gives 1/2 and the other 1/100. Compare the mean of the two costs
# with the cost of the mean of the probabilities, which is about 1/4.
# </details>
# <details><summary>C. As much as the better one alone, because the weaker one adds nothing</summary>
# The weaker one is weaker on average. Does that mean that it is weaker at every single character?
# </details>

# %%
both = (network + counting) / 2
cold = {"best Kneser-Ney": price(counting), "network": price(network), "both together": price(both)}
scores = pd.DataFrame({"cold": cold, "warm": {"best Kneser-Ney": bar, "network": warm}}).loc[list(cold)]
scores.round(4)

# %%
assert cold["both together"] < min(cold["network"], cold["best Kneser-Ney"]), "together they are better than either"
assert warm < bars["best Witten-Bell"]
if runtime.profile() == "full" and not play.provenance.is_sample:
    assert warm < bar and cold["network"] < cold["best Kneser-Ney"], "on enough text, the network beats counting"

# %% [markdown]
# Look at the last row first. Cold, the two together pay clearly less on average than either one. We did not measure them
# together warm. Where one model finds a character very unlikely, the other often rescues it. Say the network gives it 1/2 and
# the counts give it 1/100. The counts alone would pay 4.6 nats. The mean is about 1/4 and pays 1.4. Which of the two is ahead
# depends on the amount of training text.
#
# ### Place by place
#
# How much is a past worth? Sort the costs by place. Both axes of the figure are logarithmic. 10⁰ is 1, so 2 × 10⁰ means 2:

# %%
edges = [0, 1, 2, 4, 8, 16, 32, 64, 128, 256]
middles = [(first + last + 1) / 2 for first, last in itertools.pairwise(edges)]


def by_place(probability):
    return [price(probability[:, first:last]) for first, last in itertools.pairwise(edges)]


# %%
plots.lines(
    {name: (middles, by_place(p)) for name, p in (("best Kneser-Ney", counting), ("network", network), ("both", both))},
    title="What a past is worth",
    xlabel="place in the block",
    ylabel="nats per character",
    log=True,
    alt="Nats per character by place in the block, on logarithmic axes: the counting model, the network, and both together. All "
    "fall steeply over the first ten places. Then the counting model stays level, and the network falls a little further.",
    data=play.provenance,
)

# %% [markdown]
# All three pay a lot for the first characters. Look at where each curve stops falling. The counting model can't use more than
# its run of a few characters, so its curve has to level off early. Does the network's curve still fall after that? Whatever it
# gains there comes from its state.
#
# > **What we saw (full run):** The network pays 1.4547 nats warm and 1.4701 cold, against 1.5164 and 1.5218 for counting.
# > Together they pay 1.4160 cold.
# >
# > In about the first eight places of a block, counting is ahead. From then on the network is ahead. In the first four, even
# > both together pay more than counting alone. Beyond about 50 places we see no further gain. The network was trained over 32
# > steps at a time, so the figure shows how much past this network uses, not how much the text offers. The dip near 25 is
# > chance, because the counting model has it, too.
# >
# > How good is that? A **Transformer** is the architecture behind today's language models. Compare with two of them, and with
# > one more GRU:
# >
# > - **A Transformer with six layers.** On the same nine tenths and last tenth, the [nanoGPT
# >   README](https://github.com/karpathy/nanoGPT) gives 1.4697 nats, after three minutes on a data-center GPU. That is the
# >   mean over blocks of 256 that start cold, drawn at random, so compare it with our cold figure. The two figures differ by
# >   less than a thousandth of a nat. Even the seeds of the small GRU in section 8 differ by more, so call it a draw. With the
# >   counts added, ours is 0.05 lower, but you could mix a Transformer with counts, too.
# > - **A Transformer with four layers.** The same page gives 1.88 after three minutes on a laptop, in cold blocks of 64.
# >   Counting beats that by far, with about 1.54 in such blocks, measured separately. So does the small GRU of section 8.
# > - **A well-known textbook's GRU(128).** This is the textbook of section 3. It has 1.5477 with windows and 1.4786 with the
# >   state carried, after 10 epochs. That is on lower-cased text, which is easier, and mostly on the first half of our last
# >   tenth. The second figure also had a longer past than the first, so even these two differ in their protocol.
#
# ## 8. GRU against Transformer
#
# Which learns more in the same minutes on *your* machine, a GRU or a Transformer? You will train a small one of each, under
# the same rules.
#
# ### Looking back instead of remembering
#
# A GRU squeezes everything it has read into one state. A Transformer has no state. Instead, it keeps one vector for each place
# of a block, and each place looks back. It takes a weighted mean of the vectors at itself and at all places before it. Suppose
# the third place gives the first two the weights 0.1 and 0.7 and itself 0.2. Then what it takes in comes mostly from the
# second one.
#
# Where do the weights come from? The network computes them from the vectors themselves, so they depend on what is written
# there. That is **self-attention**. Notebook 06 works through such a weighted mean by hand.
#
# In training, the whole block is there at once, so a place could simply look up the next character. A **causal mask** makes
# sure that no place sees its future. Here is the mask for a block of eight characters. Each row is a place, and the filled
# squares in it are the places that it may look at:

# %%
letters = list("to be or")
with plots.figure(
    4.5,
    4.5,
    title="Who may look at whom",
    alt="A square of eight by eight fields. Those on and below the diagonal are filled.",
) as (axes,):
    axes.imshow(np.tri(len(letters)), cmap="Blues", vmax=1.6)
    axes.set(xticks=range(8), xticklabels=letters, yticks=range(8), yticklabels=letters)
    axes.set(xlabel="is looked at", ylabel="looks, then guesses the next")

# %% [markdown]
# A Transformer computes all places of a block at once, which is what a GPU is good at. A GRU has to go step by step.
#
# ### The two models
#
# Our small Transformer stacks two attention blocks of Keras' own layers. Each does two things:
#
# 1. It mixes the places by attention. It has four heads, which are four weighted means side by side, each with different
#    weights.
# 2. It works on each place alone, with two Dense layers. The function between them, `gelu`, is a smooth relative of ReLU.
#
# Both times, the result is added to what came in. `LayerNormalization` keeps the numbers in range: it gives each vector mean
# 0 and spread 1, then rescales it.
#
# `MultiHeadAttention` gets `normed` twice. The first argument is who looks, the second what is looked at. Here they are the
# same, hence *self*-attention. The 4 is the number of heads, each with vectors of `WIDTH // 4` numbers:


# %%
def attention_block(vectors):
    normed = layers.LayerNormalization()(vectors)
    vectors = vectors + layers.MultiHeadAttention(4, WIDTH // 4)(normed, normed, use_causal_mask=True)
    normed = layers.LayerNormalization()(vectors)
    return vectors + layers.Dense(WIDTH)(layers.Dense(4 * WIDTH, activation="gelu")(normed))


# %% [markdown]
# A weighted mean comes out the same in whatever order you add its parts. So attention by itself ignores the order of the
# characters it looks at, and the mask gives only a hint. So each place gets its own vector, added to that of the character.
# The rival is a small GRU with twice `WIDTH` units:


# %%
def transformer():
    ids = keras.Input((WINDOW,), dtype="int32")
    places = ops.cumsum(ops.ones_like(ids), axis=1) - 1
    vectors = layers.Embedding(V, WIDTH)(ids) + layers.Embedding(WINDOW, WIDTH)(places)
    for _ in range(2):
        vectors = attention_block(vectors)
    return keras.Model(ids, layers.Dense(V)(layers.LayerNormalization()(vectors)))


def small_gru():
    ids = keras.Input((WINDOW,), dtype="int32")
    hidden = layers.GRU(2 * WIDTH, return_sequences=True)(layers.Embedding(V, WIDTH // 2)(ids))
    return keras.Model(ids, layers.Dense(V)(layers.Dropout(0.2)(hidden)))


# %% [markdown]
# ### The rules
#
# Both models play by the same rules, except where noted:
#
# - **The text.** Both read blocks of 64 characters, always cold, in training and in the test.
# - **The training.** Both get AdamW with the same schedule. The learning rate first climbs from 0, a warm-up that is usual
#   with Transformers. Each model has its own peak. The GRU also has dropout, which such a short training hardly needs.
# - **The budget.** With two attention blocks, an epoch of the Transformer takes about as long as an epoch of the GRU, each on
#   one core. So a budget in epochs is roughly a budget in minutes.
# - **The compiler.** In the full profile, XLA is on for the Transformer only. When we timed both models, XLA made the
#   Transformer about twice as fast.
#
# The full profile runs two budgets from three seeds each. With two trainings at a time, that took about twelve minutes.

# %%
WINDOW = 64
contest_data = {"train": blocks(train_ids, WINDOW), "validation": blocks(test_ids, WINDOW)}


def contestant(build, rate, epochs, compiled):
    def build_and_compile():
        model, steps = build(), epochs * -(-len(contest_data["train"][0]) // 16)
        schedule = keras.optimizers.schedules.CosineDecay(0.0, steps, warmup_target=rate, warmup_steps=steps // 10)
        optimizer = keras.optimizers.AdamW(schedule, weight_decay=0.1, clipnorm=1.0)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(optimizer, loss, jit_compile=compiled)
        return model

    return build_and_compile


# %% [markdown]
# One contest trains both models for a number of epochs, from each seed:


# %%
def contest(epochs):
    models = {
        f"GRU, epochs: {epochs}": contestant(small_gru, 4e-3, epochs, False),
        f"Transformer, epochs: {epochs}": contestant(transformer, 2e-3, epochs, COMPILE),
    }
    settings = {"epochs": epochs, "patience": epochs, "batch_size": 16, "name": "char_contest"}
    return experiments.run(models, SEEDS, **contest_data, **settings).table


# %%
runs = pd.concat([contest(epochs) for epochs in BUDGETS])
results = runs.groupby(["model", "seed"]).agg(nats=("val_loss", "last"), seconds=("seconds", "sum"))
results.groupby("model").agg(["mean", "min", "max"]).round(3)

# %%
sizes = {"GRU": small_gru().count_params(), "Transformer": transformer().count_params()}
at = {name: float(results["nats"][f"{name}, epochs: {BUDGETS[-1]}"].mean()) for name in sizes}
print(f"parameters: {sizes}; nats after {BUDGETS[-1]} epochs:", {name: round(value, 3) for name, value in at.items()})
assert at["GRU"] < at["Transformer"], "on a laptop's budget, the GRU learns faster"

# %% [markdown]
# Compare the two within a budget, and look at the spread over the seeds and at the seconds. If you have two budgets, see what
# each model gains from more time.
#
# On a budget of minutes on a laptop, the GRU is ahead. That is not the last word on Transformers. They gain from more layers,
# more text and much more computing, and on a GPU they train on all places at once while a GRU waits for its steps. The
# six-layer model of section 7 had a data-center GPU for its three minutes.
#
# > **What we saw (full run):** After one epoch, the GRU was at 1.784 nats and the Transformer at 1.901, means of three seeds.
# > After two epochs they were at 1.658 and 1.720. So its lead shrank from 0.12 to 0.06 nats. Within each budget, all seeds of
# > the GRU were ahead of all seeds of the Transformer. The times are those of a busy machine and differ from run to run.
# > For one epoch the two took about as long, and for two the Transformer took longer. It also has more parameters, 421,697
# > against 268,161.
# >
# > Neither model reached the bar: in cold blocks of 64, counting pays about 1.54, measured separately.
#
# ## 9. Two ways to write
#
# The tutorial's loop asks the model for the next character, appends it, and feeds it *the whole text again*.

# %%
# Reading texts of several lengths compiles anew each time, and TensorFlow warns of it.
logging.getLogger("tensorflow").setLevel("ERROR")
beginning = "The king is dead, and all the town is silent."


def write_by_feeding_all(prompt, length):
    written = codec.encode(prompt)[None]
    for _ in range(length):
        logits = writing_model.predict([written, np.zeros((1, UNITS))], verbose=0)[0]
        written = np.append(written, [[logits[0, -1].argmax()]], axis=1)
    return codec.decode(written[0, len(prompt) :])


# %% [markdown]
# The state makes that unnecessary. It holds all that the model remembers of the text, so you can feed it one character at a
# time. Read the prompt once. Then choose a character, read it, and choose the next.


# %%
def write_with_state(prompt, length, choose):
    logits, states = writer.read(prompt)
    written = []
    for _ in range(length):
        written.append(int(choose(logits, written)))
        logits, *states = writing_model.predict_on_batch([np.array([[written[-1]]]), *states])
        logits = logits[0, -1]
    return codec.decode(written)


def likeliest(logits, written):
    return sampling.greedy(logits)


# %% [markdown]
# `writer.generate` is the same loop with 100 characters in one compiled call, so Python makes 100 times fewer calls. Do all
# three write the same text? And does the model arrive at the same logits both ways?

# %%
texts = {write_by_feeding_all(beginning, 10), write_with_state(beginning, 10, likeliest)}
assert texts == {writer.generate(beginning, 10, greedy=True)}
read_whole, _ = writing_model.predict([codec.encode(beginning)[None], np.zeros((1, UNITS))], verbose=0)
_, states = writer.read(beginning[:-1])
last, _ = writing_model.predict_on_batch([codec.encode(beginning[-1])[None], *states])
assert np.allclose(last[0, -1], read_whole[0, -1], atol=1e-2)

# %% [markdown]
# Yes to both questions. All three write the same, and the logits agree whether the text is read at once or with its last
# character read separately.
#
# Here is the tutorial's first test: what follows *How are yo*?

# %%
completed = writer.generate("How are yo", 1, greedy=True)
print("How are yo" + completed)

# %% [markdown]
# Now for the cost. How many seconds do the three ways take as the text grows? Each new length has to be compiled first, and we
# do that before we measure.


# %%
def seconds_for(write, lengths):
    taken = []
    for length in lengths:
        began = time.perf_counter()
        write(beginning, length)
        taken.append(time.perf_counter() - began)
    return taken


# %%
_ = writer.generate(beginning, 1)
slow, fast = runtime.pick(quick=([5, 10, 20], [10, 100, 1_000]), full=([12, 25, 50, 100], [25, 100, 1_000, 10_000]))
_ = write_by_feeding_all(beginning, max(slow))  # each length is compiled once, before we measure
slow_seconds = seconds_for(write_by_feeding_all, slow)
middle_seconds = seconds_for(lambda prompt, length: write_with_state(prompt, length, likeliest), slow)
fast_seconds = seconds_for(lambda prompt, length: writer.generate(prompt, length, greedy=True), fast)

# %%
plots.lines(
    {
        "the whole text each time": (slow, slow_seconds),
        "with the state, one call each": (slow, middle_seconds),
        "with the state, 100 in a call": (fast, fast_seconds),
    },
    title="What writing costs",
    xlabel="characters written",
    ylabel="seconds",
    log=True,
    alt="Seconds over characters written, for three ways, on logarithmic axes. The line of the whole-text loop lies above the "
    "line of one call per character, and that line far above the line of 100 characters in a call.",
)

# %% [markdown]
# Here is the same in characters per second, and in characters that the model has to read either way:

# %%
long, start = fast[-1], len(beginning)
print(f"whole text each time: {slow[-1] / slow_seconds[-1]:,.0f} characters per second over {slow[-1]} characters")
print(f"with the state, one call each: {slow[-1] / middle_seconds[-1]:,.0f} per second")
print(f"with the state, 100 in a call: {long / fast_seconds[-1]:,.0f} per second over {long:,}")
print(f"to write {long:,}: {start * long + long * (long - 1) // 2:,} characters read against {start + long:,}")
assert long / fast_seconds[-1] > 5 * slow[-1] / slow_seconds[-1], "writing with the state must be much faster"

# %% [markdown]
# Both axes are logarithmic. The upper two lines differ in two things. The loop rereads its own text for every character, so to
# write n characters it reads about n²/2 of them. And it calls `predict`, which prepares a whole pipeline for each call and has
# a high fixed cost. At these short lengths, the fixed cost is most of the difference. But the cost of rereading grows with the
# square of the length, as the last printed line shows.
#
# The third way saves most of the calls, and XLA compiles it. Python makes one call for every 100 characters, including the 45
# of the prompt. So the shortest text of the third line takes one call, 100 characters take two, and 1,000 take eleven.
#
# > **What we saw (full run):** The whole-text loop wrote 9 characters per second, one call each 354, and 100 in a call about
# > 5,500. From 12 to 100 characters, the cost per character in the loop hardly changed, so most of it is the fixed cost of
# > `predict`. From 1,000 to 10,000 characters, ten times the text took about seven times the seconds.
#
# ## 10. Choosing the next character
#
# The model gives us a probability for each character. All of them together are a **distribution**. What you do with it decides
# how the text reads. **Greedy** always takes the likeliest character:

# %% [markdown]
# **Predict first.** Let the model write 300 characters, and each time take the likeliest one. What will the text be like?
#
# <details><summary>A. Full of invented words</summary>
# An invented word usually begins with an unlikely character, and greedy writing never takes one of those. What does a writer
# lose who never takes a risk?
# </details>
# <details><summary>B. Going in circles</summary>
# Yes. Nothing is left to chance, so once the state is nearly what it was before, the same text follows again. Look for the
# lines that come back in the output below.
# </details>
# <details><summary>C. As good as this model can write</summary>
# Each single choice is the likeliest. But would a good writer choose the most common continuation every time?
# </details>
# <details><summary>D. A long passage copied from the play</summary>
# Only a model that has learned its text by heart could do that. Remember how the loss on the last tenth went in section 6.
# Section 11 measures what is copied.
# </details>

# %%
print(writer.generate(beginning + "\n", 300, greedy=True))

# %% [markdown]
# Look for a line that keeps coming back. Nothing here is left to chance. The remedy is to draw at random. A **temperature**
# sets how boldly: you divide the logits by it before the softmax. Below 1 the likely characters become likelier, above 1 the
# unlikely ones get their chance. Here is one next character at five temperatures:

# %%
logits, _ = writer.read(beginning + "\nThe ")
temperatures = (0.2, 0.5, 0.8, 1.0, 1.5)
rows = {f"T = {t}": sampling.probabilities(sampling.with_temperature(logits, t)) for t in temperatures}

# %%
order = np.argsort(-rows["T = 1.5"], kind="stable")[:10]
letters = [str(characters[i]).replace("\n", "↵").replace(" ", "␣") for i in order]
with plots.figure(
    11.0,
    4.5,
    columns=len(rows),
    title='The first letter after "The"',
    alt="Five distributions of the next character, from the lowest temperature to the highest. At the lowest, the "
    "first bar is by far the longest. At the highest, the bars are much more alike.",
    xlabel="probability",
    data=play.provenance,
) as panels:
    for axes, (name, row) in zip(panels, rows.items(), strict=True):
        axes.barh(letters, row[order])
        axes.set(xlim=(0, 1), xticks=[0, 0.5, 1], xticklabels=["0", ".5", "1"], title=name)
    axes.invert_yaxis()  # the panels share this axis

# %%
print({name: f"{np.sort(row)[:-10].sum():.0%}" for name, row in rows.items()}, "outside the ten likeliest")

# %% [markdown]
# Read the figure from left to right. At the lowest temperature one character holds more than half. Toward the right the
# bars become more alike. The order never changes, even where bars are too short to see. The figure shows only the ten likeliest
# characters. The line below it says how much the remaining characters share.
#
# After *The*, many letters may begin a word, so it does little harm to draw one of the less likely ones. In the middle of a
# word only a few letters fit. There, even a small share for the others spoils the spelling. The higher the temperature, the
# worse it gets. When do you begin to notice it?

# %%
for temperature in temperatures:
    written = writer.generate(beginning + "\n", 160, temperature=temperature, seed=7)
    print(f"--- temperature {temperature}\n{written}\n")

# %% [markdown]
# The tutorial tried 0.1, 0.15, 0.2, 1 and 2. It found that low temperatures repeat themselves and that 1 reads best. Do you
# agree, now that you have seen those in between? In section 11 you will measure two things that matter here: repetition and
# invented words. What spoils the text at the highest temperature is the long tail of characters that fit badly. So why not cut
# the tail off? **Top-k** keeps the k likeliest characters. **Top-p** goes down from the likeliest character and stops as soon
# as the probabilities add up to p or more. So it keeps many where the model hesitates, and perhaps only one where it is sure.

# %% [markdown]
# ![Two distributions over five characters, as they are, at temperature 0.5, after top-k 3 and after top-p 0.8.](pictures/sampling_filters.png)
#
# Compare the two rows, whose numbers are made up. In the upper one the model hesitates, in the lower one it is sure. A dotted
# outline shows what a character had before, and a cross marks one that can no longer be drawn. Top-k keeps three characters in
# both rows, while top-p keeps four in the upper one and one in the lower one.

# %% [markdown]
# You can also forbid ids altogether. Here is all of this on four probabilities:

# %%
# NBVAL_CHECK_OUTPUT
four = np.log([0.5, 0.3, 0.15, 0.05])
changed = {"T = 0.5": sampling.with_temperature(four, 0.5), "T = 2": sampling.with_temperature(four, 2.0)}
changed |= {"top-k 2": sampling.top_k(four, 2), "top-p 0.9": sampling.top_p(four, 0.9)}
changed |= {"without 0": sampling.suppress_ids(four, [0])}
for name, filtered in changed.items():
    print(f"{name:10}", sampling.probabilities(filtered).round(3))

# %% [markdown]
# Now try the filters on texts. The third text has to do without the letter e. All three use the same seed, so any difference
# comes from the filter.

# %%
no_e = np.flatnonzero(np.isin(characters, ["e", "E"]))
for name, options in {"top-k 5": {"top_k": 5}, "top-p 0.9": {"top_p": 0.9}, "no e": {"suppress_ids": no_e}}.items():
    print(f"--- {name}\n{writer.generate(beginning + chr(10), 160, seed=7, **options)}\n")

# %% [markdown]
# **Beam search** looks further than one character. At every step it keeps the few best beginnings, and how many it keeps is
# its **width**. It returns the likeliest complete text it has found, which need not be the likeliest there is. Width 1 is
# greedy.
#
# How likely is a whole text? Add up `log p` over its characters, and you get its log probability. It is negative, and closer
# to 0 is likelier.
#
# The search needs to know how the model reads one more character:


# %%
def step(ids, states):
    """Read one more character at the end of each beam."""
    logits, *states = writing_model.predict_on_batch([ids[:, None], *states])
    return logits[:, -1], states


# %%
logits, states = writer.read(beginning + "\n")
for width in (1, 4, 16):
    found, score = sampling.beam_search(step, states, logits, num_beams=width, length=24)[0]
    print(f"width {width:2}: log probability {score:7.2f}  {codec.decode(found)!r}")

# %% [markdown]
# Where the input leaves one right answer, as in the sums of notebook 06, a likelier answer is often better. For free writing,
# a likelier text need not be a better one: greedy writing went in circles above. Do beams go in circles as well? Their 24
# characters are too few to judge. Set `length` to 200 to find out, which we did not.
#
# > **What we saw (full run):** All three widths found the same text, at -7.17, about one chance in 1,300. So the wider
# > beams found nothing likelier than greedy writing. That says nothing about which writes better.
#
# Whatever you choose, it is repeatable. The same prompt, settings, length and random seed give the same text, every time on
# the same machine.

# %%
assert writer.generate("Speak", 200, seed=3) == writer.generate("Speak", 200, seed=3)
assert writer.generate("Speak", 200, seed=3) != writer.generate("Speak", 200, seed=4)

# %% [markdown]
# ## 11. Learned or copied?
#
# A model that recites its training text has a low loss there and has understood nothing. Three measures tell you more: the
# longest run in our model's text that also occurs in the training text, the share of its words that occur there, and how often
# it repeats itself.


# %%
def longest_copy(written, corpus):
    """Length of the longest run of `written` that occurs in `corpus`, character for character."""
    best = 0
    for start in range(len(written)):
        while start + best < len(written) and written[start : start + best + 1] in corpus:
            best += 1
    return best


def repeated(written, n=5):
    """Share of n-word runs that have occurred before in the same text."""
    words = written.split()
    seen = [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]
    return 1 - len(set(seen)) / len(seen)


# %%
trained_on = text[:cut]
vocabulary = set(trained_on.split())


def copying(written):
    return {
        "longest copied run": longest_copy(written, trained_on),
        "words seen before": np.mean([word in vocabulary for word in written.split()]),
        "repeated 5-word runs": repeated(written),
    }


# %% [markdown]
# Let the model write 3,000 characters at each of five temperatures, and compare them with as many of the author's own:

# %%
table = {f"T = {t}": copying(writer.generate("\n", 3_000, temperature=t, seed=1)) for t in (0.1, 0.3, 0.6, 1.0, 1.5)}
table["the author"] = copying(text[cut : cut + 3_000])
table = pd.DataFrame(table).T
table.round(3)

# %%
assert table["longest copied run"].max() < 100, "a line may be copied, a speech may not"
assert table.loc["T = 0.1", "repeated 5-word runs"] > table.loc["T = 1.0", "repeated 5-word runs"]
assert table.loc["T = 0.1", "words seen before"] > table.loc["T = 1.5", "words seen before"]

# %% [markdown]
# The last row is your yardstick: the *real* text after the cut. Not all of its words occurred before either, because
# punctuation sticks to them and new people come on stage. Names and stock phrases return in the original, too, so one long run
# doesn't prove that the model recites. How long does a run have to be before you call it reciting? We take the author as the
# measure: a model that recites has runs many times as long as the author's own.
#
# Now read the column of words seen before. It tells you how high the temperature can go before the spelling suffers. Look for
# the temperature at which the share drops below the author's: from there on, the model writes more unknown words than the
# author does, and many of them are invented. The last column sets the limit on the other side. At 0.1 the text repeats itself.
#
# > **What we saw (full run):** The longest copied run had 31 characters, against 22 of the author's own. That is about a line,
# > so the model copies phrases and not speeches. The share of known words dropped below the author's between 0.6 and 1, so even
# > temperature 1, the tutorial's favorite, invents words. At 0.3 the text repeated itself no more than the author does.
#
# ## 12. What one unit knows
#
# Does the hidden state record how long the line already is, or that a speaker's name is being written? Let's look for the unit
# that follows each of these two facts most closely, and for one that follows the position in the word. The model writes a
# text, then reads it from an empty state, and we record the state after every character. The input of the last layer is the
# GRU's state after each step, so a model cut off before the last layer returns the states.

# %%
hidden_model = keras.Model(writing_model.inputs, writing_model.layers[-1].input)
written = writer.generate("\n\n", 4_000, temperature=0.8, seed=5)
states = hidden_model.predict_on_batch([codec.encode(written)[None], np.zeros((1, UNITS))])[0]

# %% [markdown]
# We describe each character by three facts: its position in its line, its position in its word, and whether it belongs to a
# speaker's name. A name is a line that ends in a colon and has an empty line above it.

# %%
lines, words = written.split("\n"), written.replace("\n", " ").split(" ")
named = [line.endswith(":") and not above for above, line in zip(["", *lines[:-1]], lines, strict=True)]
# After a line break the line is 0 characters long, after its first character 1.
in_line = np.concatenate([np.r_[1 : len(line) + 1, 0] for line in lines])[: len(written)]
in_word = np.concatenate([np.r_[1 : len(word) + 1, 0] for word in words])[: len(written)]
in_name = np.concatenate([[name] * len(line) + [False] for name, line in zip(named, lines, strict=True)])[
    : len(written)
]
facts = {"place in the line": in_line, "place in the word": in_word, "speaker's name": in_name}


# %%
def best_unit(fact):
    """The unit that goes with a fact most closely, and their correlation."""
    correlations = np.nan_to_num([np.corrcoef(unit, fact)[0, 1] for unit in states.T])
    return int(np.abs(correlations).argmax()), float(correlations[np.abs(correlations).argmax()])


found = {name: best_unit(fact.astype(float)) for name, fact in facts.items()}
{name: f"unit {unit}, correlation {correlation:+.2f}" for name, (unit, correlation) in found.items()}

# %% [markdown]
# The **correlation** (notebook 02, section 10) is 1 or -1 if unit and fact go up and down in strict proportion, and near 0 if
# they have nothing to do with each other. The sign does not matter, so the figures turn the sign of a unit whose correlation
# is negative. Blue then goes with a place far along, or with a name, and orange with the opposite. Follow one line from its
# beginning to its end, which is marked by ↵. The ↵ itself counts as place 0. A line that is too long for the figure continues
# in the row below.

# %%
end = written.find("\n", 350)
for name, (unit, correlation) in found.items():
    plots.colored_text(
        written[:end],
        np.sign(correlation) * states[:end, unit],
        title=f"Unit {unit} goes most closely with the {name}",
        alt=f"Text written by the model, each character colored by unit {unit}, which goes most closely with the {name}.",
        legend="value of the unit",
        data=play.provenance,
        columns=60,
    )

# %% [markdown]
# Nobody told the model what a line is, and still one unit follows the place in the line. A correlation does not prove that the
# model uses that unit, or that it counts. And we chose the best of many units, so some of it may be luck. Does any unit do one
# thing only? Look for places where the color surprises you. A unit that goes with the place in a word may only know that a
# space has just come.
#
# > **What we saw (full run):** The unit of the line's length went from orange to blue along most long lines of a speech, and
# > faster in some lines than in others. The ↵ at the end was still blue. At the short line that ends a speech it stayed
# > orange. The unit of the position in the word was orange at spaces and mostly blue at the end of a word. The speakers' names
# > stood out clearly, but punctuation at the end of a line had their color, too.
#
# ## Recap
#
# - Judge a language model by its cross-entropy, against a good counting model and `ln V`, before you read what it writes.
# - A cold start costs you something. Compare two figures only if you measured them by the same protocol.
# - Two models that make different mistakes are often better together, even if one of them only counts.
# - On a budget of minutes without a GPU, our small GRU was ahead of our small Transformer. With more time, its lead shrinks.
# - Windows with shift 1 show each character about a hundred times. Contiguous batches show it once and keep the memory.
# - A stateful layer needs unshuffled batches of one size and a reset at the start of the text.
# - After every epoch, save what the training needs to continue. It costs two callbacks.
# - Write with the state: one character in, one out. What the model reads grows with the text, not its square.
# - Greedy writing goes in circles. A higher temperature gives you more variety and less sense. Top-k and top-p cut off the
#   tail. Beams look for likelier text. In our full run, they found the same text as greedy writing.
# - A low loss may be memory. Measure what is copied.

# %% [markdown]
# ## Exercises
#
# Start with those [with checked answers](exercises/05_char_rnn.ipynb). A [solution](solutions/05_char_rnn.ipynb) is one click
# away. Then try these, which have no check:
#
# 1. Show by a small experiment that `ResetState` matters. Train two epochs of a small model with and without it and compare
#    the validation losses. Which one is wrong, and why is it hard to see?
# 2. Before each character, a model is told whether it will be a letter or not. It gives all characters of that group the same
#    probability. What is its perplexity on the last tenth?
# 3. In `witten_bell`, replace `kinds[h]` by one constant number, the same for every history and every n from 1 to 5. Which
#    constant gives the lowest nats for n = 5, and how far behind Witten and Bell does it stay?
# 4. Write a sampler that forbids any character which, together with the 19 before it, makes a run of 20 that already
#    occurs in the text written so far. Does it break the circle of greedy writing? Start from `write_with_state`:
#    `choose` gets the ids written so far, and `sampling.suppress_ids` forbids some.
# 5. Lower-case the text and run section 2 again, which takes seconds. By how much does the bar fall? Then train for as long as
#    before. Does the network gain as much?
# 6. Find the unit that best follows "inside a word", and the one that follows "after a comma".

# %% [markdown]
# ## Further reading
#
# - Karpathy, [The unreasonable effectiveness of recurrent neural
#   networks](https://karpathy.github.io/2015/05/21/rnn-effectiveness/), 2015: the essay that made char-RNNs known.
# - Witten and Bell, [The zero-frequency problem](https://doi.org/10.1109/18.87000), 1991: the smoothing of section 2.
# - Chen and Goodman, [An empirical study of smoothing techniques for language
#   modeling](https://dash.harvard.edu/handle/1/25104739), 1998: modified Kneser–Ney.
# - Vaswani et al., [Attention is all you need](https://arxiv.org/abs/1706.03762), 2017: the Transformer.
# - Cho et al., [Learning phrase representations using RNN encoder-decoder](https://arxiv.org/abs/1406.1078), 2014: the GRU.
# - Holtzman et al., [The curious case of neural text degeneration](https://arxiv.org/abs/1904.09751), 2020: why likely text is
#   dull, and top-p.
# - Merity, Keskar and Socher, [Regularizing and optimizing LSTM language models](https://arxiv.org/abs/1708.02182), 2018:
#   dropout for those who want to go further.

# %%
runtime.finish(
    play.provenance,
    notebook="char_rnn",
    headline=f"nats per character on the last tenth, cold blocks of {BLOCK}: network {cold['network']:.4f}, counting "
    f"{cold['best Kneser-Ney']:.4f}, both together {cold['both together']:.4f}; warm: network {warm:.4f}, counting {bar:.4f}",
)
