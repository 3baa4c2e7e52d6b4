# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions to 08 · Pretrain, then fine-tune
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/sequence-models-for-text/course/blob/main/notebooks/solutions/08_pretraining.ipynb)
#
# Our answers to the [exercises](../exercises/08_pretraining.ipynb) of [notebook 08](../08_pretraining.ipynb).
# Your answer may look different and still be right, because the checks accept any answer that does what the exercise asks. Try
# each exercise yourself *before* you look here.
#
# **Time:** about an hour and a quarter to solve the exercises. No cell takes the computer more than a few seconds, and you
# don't need a corpus. For the last exercise, you need the model that you fine-tuned in the notebook.
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
from course_utils.checks import pretraining as checks

runtime.start(seed=42)

# %%
import numpy as np

# %% [markdown]
# ## 1. The weights of NB-SVM
#
# NB-SVM is the bar that a network has to clear, so build its core yourself. [Wang and
# Manning](https://aclanthology.org/P12-2018/) give each feature a weight that says on which side it is more common. A feature
# is a word or a short phrase. Count how many positive reviews contain it and add `alpha`, which the notebook sets to 1. Do the
# same for the negative reviews. You get one array of counts for each side. Divide each array by its own sum, since one side
# may have more reviews or longer ones. The weight is the logarithm of the positive share over the negative share.


# %% tags=["solution"]
def log_ratio(counts, labels, alpha=1.0):
    """Return the weight of each feature, floats (features,).

    `counts` are ints (reviews, features), 1 where a review has the feature and 0 elsewhere. `labels` are ints (reviews,),
    1 for positive and 0 for negative.
    """
    positive = alpha + counts[labels == 1].sum(axis=0)
    negative = alpha + counts[labels == 0].sum(axis=0)
    return np.log(positive / positive.sum()) - np.log(negative / negative.sum())


# %%
checks.log_ratio(log_ratio)

# %% [markdown]
# ## 2. A convolution that multiplies nothing
#
# A convolution over one-hot vectors looks expensive, because each vector is as long as the vocabulary. But a one-hot vector
# times a matrix only picks a row of that matrix. So you can look the rows up, and a vocabulary of 30,000 words costs no more
# time than one of 30.
#
# A region is `k` words in a row. Each of its `k` positions has its own table, with one row per word. Look up the first word of
# the region in the first table, the second word in the second table, and so on. Add the rows and the bias, and apply the ReLU.
# Do this for every region that fits into the text, without padding, and return the largest score of each filter.


# %% tags=["solution"]
def region_scores(ids, tables, bias):
    """Return the largest score of each filter over all regions, floats (filters,).

    `ids` are ints (time,), at least k of them, `tables` are floats (k, V, filters), and `bias` is (filters,).
    """
    regions = len(ids) - len(tables) + 1
    scores = bias + sum(table[ids[place : place + regions]] for place, table in enumerate(tables))
    return np.maximum(scores, 0).max(axis=0)


# %%
checks.region_scores(region_scores)

# %% [markdown]
# It makes no difference whether you apply the ReLU before the maximum or after it. The ReLU never puts a smaller score above a
# larger one, so the same region wins. After the maximum, there is less to compute.

# %% [markdown]
# ## 3. Mean and maximum
#
# A language model has a state for every word, and a classifier needs one vector per review. The last state alone has forgotten
# much of a long review. The mean says what the review is like as a whole. The maximum keeps the strongest reaction of each
# unit, even if it came only once. So take both and put the maximum behind the mean. Only the real words count. Padding belongs
# neither in the mean nor in the maximum, and a unit whose states are all below 0 has a maximum below 0.


# %% tags=["solution"]
def pool(states, mask):
    """Return the mean and the maximum over the real time steps, floats (batch, 2 * units).

    `states` are floats (batch, time, units). `mask` are bools (batch, time), True for a real word and False for padding.
    Each row has at least one real word.
    """
    real = mask[:, :, None]
    mean = (states * real).sum(axis=1) / real.sum(axis=1)
    largest = np.where(real, states, -np.inf).max(axis=1)
    return np.concatenate([mean, largest], axis=1)


# %%
checks.pool(pool)

# %% [markdown]
# ## 4. Move into a new vocabulary
#
# Suppose that you pretrain on one corpus and fine-tune on another, which uses other words. The word vectors must come along. A
# word that the old vocabulary has keeps its vector, wherever it is in the new one. A new word has no vector yet. [Howard and
# Ruder](https://arxiv.org/abs/1801.06146) give it the mean of all old vectors, because an average word is a better guess than
# nothing at all. Training will then move it to a better place.


# %% tags=["solution"]
def move_vectors(old_words, old_vectors, new_words):
    """Return the vectors of the new words, in their order, floats (len(new_words), units).

    `old_words` and `new_words` are lists of strings. `old_vectors` are floats (len(old_words), units).
    """
    known = dict(zip(old_words, old_vectors, strict=True))
    average = old_vectors.mean(axis=0)
    return np.stack([known.get(word, average) for word in new_words])


# %%
checks.move_vectors(move_vectors)

# %% [markdown]
# ## 5. Up quickly, down slowly
#
# At the beginning of fine-tuning, the new output layer knows nothing, and large steps can spoil what the pretrained layers
# know. Soon after, the model should move quickly to where the new task wants it. From then on, smaller and smaller steps are
# best. So Howard and Ruder let the learning rate begin low, rise quickly, and fall slowly. They call it a slanted triangular
# learning rate.
#
# The peak is at step `floor(steps * cut)`. Let p be 0 at step 0, 1 at the peak, and 0 again at step `steps`, with straight
# lines between them. The rate is `top * (1 + p * (ratio - 1)) / ratio`. So it begins and ends at `top / ratio`, and it is
# `top` at the peak.


# %% tags=["solution"]
def rate_at(step, steps, top, cut=0.1, ratio=32):
    """Return the learning rate, one number, at `step`, which goes from 0 to `steps`. The peak is at step 1 or later."""
    peak = int(steps * cut)
    p = step / peak if step < peak else (steps - step) / (steps - peak)
    return top * (1 + p * (ratio - 1)) / ratio


# %%
checks.rate_at(rate_at)

# %% [markdown]
# The paper writes the way down as `1 - (step - peak) / (peak * (1 / cut - 1))`. That is the same if `steps * cut` is a whole
# number. If it isn't, the paper's line reaches 0 too early and keeps falling. With 25 steps, its last rate is below 0, and a
# step with a negative rate makes the model worse on purpose.

# %% [markdown]
# ## 6. Change only the rows that were read
#
# A batch reads a few thousand different words, and the table may have 30,000 rows or more. All rows that were not read have a
# gradient of 0. [Adagrad](https://jmlr.org/papers/v12/duchi11a.html) leaves such rows exactly as they are, so you only have to
# compute the rows that were read. It also gives rare words larger steps than frequent ones, because it remembers how large the
# gradients of each number have been so far.
#
# First add up all gradients that belong to the same row, because a word may occur several times. Call a row's sum g. Add g² to
# the row's memory. Then subtract `rate * g / sqrt(memory + 1e-7)` from the row, using the new memory. Return the new table and
# the new memory, and leave the arrays that you were given as they were.


# %% tags=["solution"]
def sparse_adagrad(table, memory, ids, gradients, rate):
    """Return the table and the memory after one step, both floats (V, units) like the two that are given.

    `ids` are ints (words,), the rows that were looked up. `gradients` are floats (words, units), one for each look-up.
    """
    rows, which = np.unique(ids, return_inverse=True)
    summed = np.zeros((len(rows), table.shape[1]))
    np.add.at(summed, which, gradients)
    table, memory = table.copy(), memory.copy()
    memory[rows] += summed**2
    table[rows] -= rate * summed / np.sqrt(memory[rows] + 1e-7)
    return table, memory


# %%
checks.sparse_adagrad(sparse_adagrad)

# %% [markdown]
# Would this work with Adam, too? Not quite. Adam keeps a running mean of past gradients, so a row goes on moving after its
# word is gone. If you change only the rows that were read, you get a different method.

# %% [markdown]
# ## 7. How much of each model?
#
# Two models that make different mistakes are often better together. Average their probabilities as
# `weight * first + (1 - weight) * second`. A review is called positive if the average is above 0.5. Try the weights 0, 0.1,
# 0.2 and so on up to 1 on the validation reviews, and return the one with the highest accuracy. Often several weights are
# equally good. Then return the one closest to one half, because it relies on both models and not on the luck of one. The check
# has no case in which two of the best weights are equally close.


# %% tags=["solution"]
def best_weight(first, second, labels):
    """Return the weight of the first model, one number.

    `first` and `second` are floats (reviews,), the probabilities that a review is positive. `labels` are ints (reviews,),
    1 for positive and 0 for negative.
    """
    weights = np.arange(11) / 10
    averages = weights[:, None] * first + (1 - weights[:, None]) * second
    right = ((averages > 0.5) == labels).sum(axis=1)
    best = weights[right == right.max()]
    return best[np.abs(best - 0.5).argmin()]


# %%
checks.best_weight(best_weight)

# %% [markdown]
# The weight was chosen on the validation reviews, so the accuracy there is a little too good. To find out what the pair is
# really worth, use the test reviews, and use them only once.

# %% [markdown]
# ## 8. What could the two reach together?
#
# Before you spend hours on an ensemble, look at how much there is to gain. Sort the reviews into a table: both models are
# right, only the first, only the second, or neither. If the second model is right only where the first is right as well, it
# has nothing to add, however good it is. Then imagine a perfect referee, who knows for each review which model to ask. What
# accuracy would the referee reach? An ensemble that can only choose between the two answers can't do better.


# %% tags=["solution"]
def who_is_right(first, second):
    """Return the table of shares, floats (2, 2), and the accuracy of the perfect referee, one number.

    `first` and `second` are bools (reviews,), True where the model is right. The table holds the shares of the reviews:
    [[both, only the first], [only the second, none]].
    """
    cells = [[first & second, first & ~second], [~first & second, ~first & ~second]]
    table = np.mean(cells, axis=2)
    return table, 1 - table[1, 1]


# %%
checks.who_is_right(who_is_right)

# %% [markdown]
# The difference between the accuracies of two models is the share of *only the first* minus the share of *only the second*.
# That is why we compare models on the same reviews, pair by pair.

# %% [markdown]
# ## 9. Fool your model
#
# Write three movie reviews of your own, each with praise *and* criticism in it. The criticism may be hidden, but a friend
# should still know at once whether you liked the film. Note which answer is right for each of them, and only then ask your
# fine-tuned model of notebook 08. Does one of them fool it? If not, change the one it is least sure about, a few words at a
# time, until it does. What did it take? And what does NB-SVM say to the same reviews?

# %% [markdown] tags=["solution"]
# These are our three. Yours will teach you more, since you know what you meant. Which of them fool a model depends on the
# model and on the seed.
#
# 1. *The acting is superb, the music is beautiful, and every picture could hang in a museum. I have rarely been so bored.*
#    This is negative. Three pieces of praise come first, and the verdict is short and comes last. In a mean over all words,
#    the verdict has little weight. The maximum can save it if some unit reacts strongly to *bored*.
# 2. *I expected one more cheap and stupid horror film with terrible actors and an awful ending. How wrong I was.* This is
#    positive. Every word of criticism is about another film, the one that was expected. NB-SVM counts them all the same. A
#    network that reads in order could learn what *expected* does to the words after it.
# 3. *If you loved the first part with its wit, its charm and its wonderful cast, stay at home and watch that one again.* This
#    is negative, but no single word says so. You have to know what it means to send somebody home. A language model may have
#    read sentences like this one, but nobody told it how they were meant.
#
# **Change one thing at a time.** Put the verdict of the first review at its beginning. Does the answer change? Then the order
# of the sentences matters to your model, and not only the words. Leave out *superb*. If the probability hardly moves, the
# model didn't rest on this word.
#
# **Don't conclude too much.** You searched until you found a mistake, so the review says that there is one, and nothing about
# how frequent such mistakes are. The test accuracy tells you that. Also, reviews on IMDB are mostly ten times as long as ours,
# and a model that learned from long reviews may be less sure about short ones. If you want to know how often contrast fools
# it, write 50 such reviews *before* you ask, and count.

# %%
runtime.finish(headline="9 exercises")
