# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions to 09 · Project: tweets
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/sequence-models-for-text/course/blob/main/notebooks/solutions/09_tweets.ipynb)
#
# Our answers to the [exercises](../exercises/09_tweets.ipynb) of [notebook 09](../09_tweets.ipynb).
# Your answer may look different and still be right, because the checks accept any answer that does what the exercise asks. Try
# each exercise yourself *before* you look here.
#
# The exercises are the **milestones** of the project. The first three prepare the tweets, the next three read the results, and
# the seventh looks ahead. With these functions you can do the whole project on your own. At the end there is a table for your
# results.
#
# **Time:** about an hour and a half for the milestones, and an afternoon for a project of your own. No cell takes the computer
# more than a few seconds, and you don't need a corpus for the milestones.
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
from course_utils.checks import tweets as checks

runtime.start(seed=42)

# %%
import re

import numpy as np

# %% [markdown]
# ## 1. Tidy up
#
# Prepare a tweet in four steps, in this order:
#
# 1. Make it lower case.
# 2. Replace every link by `weblink`. A link begins with `http://`, `https://`, or with `www.` at the beginning of a word, and
#    ends before the next space. So *awww...* is not a link.
# 3. Replace every name by `atname`. A name is an `@` followed by one or more letters, digits or underscores. It doesn't count
#    if a letter, a digit or an underscore comes right before the `@`. So the address in `mail me@home.example` stays as it is.
# 4. Shorten every letter that comes three times or more in a row to two. Only letters are shortened, so `!!!` and `1000` stay.


# %% tags=["solution"]
def tidy(tweet):
    """Return the tidied tweet. Both are strings."""
    tweet = re.sub(r"(https?://|\bwww\.)\S+", "weblink", tweet.lower())
    tweet = re.sub(r"(?<!\w)@\w+", "atname", tweet)
    return re.sub(r"([^\W\d_])\1{2,}", r"\1\1", tweet)


# %%
checks.tidy(tidy)

# %% [markdown]
# ## 2. Keep one of each
#
# The key of a tweet is what is left without names, links and punctuation, as in section 2. Tweets with the same key are twins.
# Of all tweets with one key, keep only the first. If the tweets with one key don't all have the same label, keep none of them.
# Also leave out every tweet whose key is empty.


# %% tags=["solution"]
def keep(keys, labels):
    """Return the positions of the tweets to keep, in rising order, a list of ints.

    `keys` is a list of strings and `labels` a list of ints of the same length.
    """
    found = {}
    for key, label in zip(keys, labels, strict=True):
        found.setdefault(key, set()).add(label)
    return [at for at, key in enumerate(keys) if key and len(found[key]) == 1 and key not in keys[:at]]


# %%
checks.keep(keep)

# %% [markdown]
# If your function searches a list again for every tweet, 100,000 tweets take minutes. A set of the keys that you have seen
# answers at once. Our solution is short but slow.

# %% [markdown]
# ## 3. How much of the accuracy is memory?
#
# Somebody split the tweets without looking for twins. You know the keys of the training part, the keys of the test part, and
# which test tweets the model got right. Return two accuracies: the one on the test tweets whose key occurs in the training
# part, and the one on all others. If there are no tweets of one kind, its accuracy is `nan`.


# %% tags=["solution"]
def memory(train_keys, test_keys, right):
    """Return two numbers: the accuracy on the test tweets with a twin in training, and on those without.

    `train_keys` and `test_keys` are lists of strings, `right` is a bool array (test tweets,).
    """
    known = set(train_keys)
    twin = np.array([key in known for key in test_keys])
    return tuple(right[part].mean() if part.any() else np.nan for part in (twin, ~twin))


# %%
checks.memory(memory)

# %% [markdown]
# ## 4. Two models, the same tweets
#
# You know for every test tweet whether the first model was right and whether the second one was. Return the difference of
# their accuracies, first minus second, and its 95% interval. For each tweet, take the difference: 1 if only the first model
# was right, -1 if only the second was, and 0 otherwise. The standard error of the mean is the standard deviation of these
# differences, with n - 1 in the denominator, divided by the square root of n. The interval reaches 1.96 standard errors to
# both sides.


# %% tags=["solution"]
def paired(first, second):
    """Return the difference of the accuracies and the two ends of its interval. Both inputs are bool arrays (tweets,)."""
    gains = first.astype(float) - second.astype(float)
    reach = 1.96 * gains.std(ddof=1) / np.sqrt(len(gains))
    return gains.mean(), gains.mean() - reach, gains.mean() + reach


# %%
checks.paired(paired)

# %% [markdown]
# ## 5. An interval for a small test
#
# How far can you trust an accuracy on 359 tweets? Write Wilson's interval for `right` correct answers out of `n`, with
# z = 1.96. Its middle is `(a + z² / 2n) / (1 + z² / n)`, where `a` is the accuracy, and it reaches
# `z / (1 + z² / n) · √(a (1 - a) / n + z² / 4n²)` to both sides.


# %% tags=["solution"]
def wilson(right, n):
    """Return the two ends of the interval, two numbers from 0 to 1. `right` and `n` are whole numbers."""
    z, accuracy = 1.96, right / n
    middle = (accuracy + z**2 / (2 * n)) / (1 + z**2 / n)
    reach = z / (1 + z**2 / n) * np.sqrt(accuracy * (1 - accuracy) / n + z**2 / (4 * n**2))
    return middle - reach, middle + reach


# %%
checks.wilson(wilson)

# %% [markdown]
# Try it on 20 right answers out of 20. The accuracy is 1, and yet the interval doesn't claim that the model never fails. The
# textbook interval `a ± 1.96 · √(a (1 - a) / n)` does, because it shrinks to a single point.

# %% [markdown]
# ## 6. How good is it really?
#
# There are two classes, and a share `wrong` of the test labels is wrong, at random. You have measured an accuracy against
# these labels. How often is the model right about the tweets themselves? Section 7 of the notebook says
# `measured = a (1 - wrong) + (1 - a) wrong`. Solve it for `a`. The answer can't be below 0 or above 1, so cut it off there.


# %% tags=["solution"]
def really(measured, wrong):
    """Return how often the model is right, from 0 to 1. `measured` and `wrong` are numbers, `wrong` below 0.5."""
    return min(1.0, max(0.0, (measured - wrong) / (1 - 2 * wrong)))


# %%
checks.really(really)

# %% [markdown]
# Why must `wrong` be below 0.5? If half of the labels are wrong, they say nothing about the tweets, and you would divide by 0.
#
# Does the formula also work for wrong *training* labels? No. If you flip those, the model itself changes, and no formula gives
# you the accuracy that it would have had. This one is only about measuring.

# %% [markdown]
# ## 7. Look ahead
#
# The error of a model often falls like `b / n**c` with the number `n` of labels. In logarithms, that is a straight line:
# `log error = log b - c · log n`. Fit that line to what you measured with `np.polyfit`, and say which error to expect at
# `ahead` labels. Fit the logarithms. A fit to the errors themselves weighs the points differently and gives another answer.


# %% tags=["solution"]
def look_ahead(sizes, errors, ahead):
    """Return the error to expect with `ahead` labels, one number. `sizes` and `errors` are float arrays (points,)."""
    slope, start = np.polyfit(np.log(sizes), np.log(errors), 1)
    return np.exp(start + slope * np.log(ahead))


# %%
checks.look_ahead(look_ahead)

# %% [markdown]
# The notebook also fits an error `a` that never goes away, because wrong test labels leave an error that no model can remove.
# With three parameters and only a few points, the curve follows the points well and is still a guess. The further ahead you
# look, the less your points tell you.

# %% [markdown]
# ## 8. Your results
#
# Now do the project. Load the tweets with `corpora.load_tweets()`, prepare them, choose your models, and look at the test part
# and at the hand-labeled tweets **once**. Enter what you measured below ours. This table is yours. Double-click it to edit it.
#
# | who | model | labels used | held-out accuracy | hand-labeled accuracy (n = 359) | its interval | minutes |
# |---|---|---|---|---|---|---|
# | Go et al., 2009 | maximum entropy, words and pairs | 1,600,000 | | 0.830 | 0.788 to 0.865 | |
# | this course | bag of words and characters, for the last two columns with smileys first | 82,257 | 0.818 | 0.802 | 0.758 to 0.840 | 1 |
# | you | | | | | | |
# | you | | | | | | |
#
# Ideas that could help: other sizes of the pieces, tags split into words, a network that reads characters, more tweets, or the
# recipe of a pretrained network. One idea only looks as if it helped: choosing the model by its accuracy on the hand-labeled
# tweets. Of ten equally good models on 359 tweets, the best one can look about two points better by luck alone.

# %% [markdown]
# ## 9. To think about
#
# A company offers you a model with 0.86 on the hand-labeled tweets and says that it beats yours, which has 0.84. What do you
# ask before you pay? Think of the number of tweets, of how the model was chosen, of where its training tweets came from, and of
# what you want to use it for.

# %% [markdown] tags=["solution"]
# **How sure is the difference?** On 359 tweets, 0.86 means 309 right answers, and 0.84 means 302. The two intervals largely
# overlap, but that doesn't settle the question. Ask for the answers tweet by tweet, so that you can compare the models on the
# same tweets. If they disagree on 40 tweets, the standard error of the difference is about √40 / 359 = 0.018, and the seven
# tweets between them are 0.019. So the difference is about one standard error, and no difference is shown.
#
# **How was it chosen?** If many variants were tried on these tweets, the best one is partly luck. Ask for its accuracy on
# tweets that nobody has looked at, or label 500 new ones together.
#
# **What has it seen?** The test tweets have been public since 2009. A model trained on a copy of the web may know them by
# heart. That is the leak of section 2 on a larger scale.
#
# **What is it for?** The tweets are from 2009, mostly in American English, and from people who used smileys. If you want to
# sort complaints of today's customers, neither number tells you much. Label 300 of your own complaints. A small test on the
# right texts is worth more than a large one on others.

# %%
runtime.finish(headline="9 exercises")
