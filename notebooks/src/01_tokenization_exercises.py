# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions to 01 · Tokenization: from a sentence to numbers and back
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/sequence-models-for-text/course/blob/main/notebooks/solutions/01_tokenization.ipynb)
#
# Our answers to the [exercises](../exercises/01_tokenization.ipynb) of
# [notebook 01](../01_tokenization.ipynb). Other answers may be as right: the checks take any that do what is asked. Have a look
# *after* you have tried.
#
# **Time:** about an hour to solve them. Nothing here takes the computer more than a few seconds, and no corpus is needed.
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
from course_utils.checks import tokenization as checks

runtime.start(seed=42)

# %%
import html
import re
from collections import Counter
from itertools import pairwise

import keras
import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

# %% [markdown]
# The lesson's expression for a word: letters and digits, with an apostrophe allowed inside.

# %%
WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")

# %% [markdown]
# ## 1. Predict the shape of a bag
#
# Here are three short reviews and a counter of words **and** pairs of neighbors. Which shape does the matrix have that
# `counter.fit_transform(reviews)` returns? Punctuation is ignored, so a pair may run across a comma. Answer without
# running it.

# %%
reviews = ["a good film", "not a good film", "a good, good film, not a good joke"]
counter = CountVectorizer(ngram_range=(1, 2), token_pattern=WORD.pattern)


# %% tags=["solution"]
def bag_shape():
    """Return the shape as a tuple of two whole numbers, rows first."""
    words = ["a", "good", "film", "not", "joke"]
    pairs = ["a good", "good film", "not a", "good good", "film not", "good joke"]
    return (3, len(words) + len(pairs))


# %%
checks.bag_shape(bag_shape)

# %% [markdown]
# ## 2. Predict the ids of a Keras layer
#
# This layer gets its vocabulary from us instead of learning it. All its other settings are Keras' own, as in section 7.
# Which ids come out for the two sentences below? Answer without running the layer on them.

# %%
listed = ["film", "a", "good", "not", "bad", "it", "isn't"]
vectorize = keras.layers.TextVectorization(vocabulary=listed, output_sequence_length=6)
sentences = ["Not BAD!", "It isn't a bad film, it is a good one"]


# %% tags=["solution"]
def layer_ids():
    """Return the ids as a list of two lists with six whole numbers each."""
    short = [5, 6, 0, 0, 0, 0]
    long = [7, 1, 3, 6, 2, 7]  # "isn't" became "isnt", which is not listed
    return [short, long]


# %%
checks.layer_ids(layer_ids)

# %% [markdown]
# ## 3. How much is unknown?
#
# A word vocabulary keeps the `size` most frequent words of the training text. Write a function that says which share of
# another text such a vocabulary does not know. Count as in the lesson's table: a word that occurs ten times counts ten
# times. If several words tie for the last places, keep any of them.


# %% tags=["solution"]
def unknown_share(train_words, test_words, size):
    """Return the share of `test_words` that are not among the `size` most frequent of `train_words`, from 0 to 1.

    Both are lists of strings; `size` is 1 or more. Of no test words at all, the share is 0.
    """
    known = {word for word, _ in Counter(train_words).most_common(size)}
    unknown = sum(word not in known for word in test_words)
    return unknown / len(test_words) if test_words else 0.0


# %%
checks.unknown_share(unknown_share)

# %% [markdown]
# ## 4. Mend this cleaning
#
# This listing should turn a raw review into its words, in lower case, as section 1 did. It runs, and little of the
# review is left.


# %%
def broken_words(review):
    step = html.unescape(review)
    step = re.sub(r"<.*>", "", step)
    step = step.replace("’", "").lower()
    return WORD.findall(step)


# %%
raw = "I <i>didn’t</i> expect much.<br />But they had<br />fun, and 3 < 4 but 4 > 3. (&lt;br&gt; is a tag.)"
broken_words(raw)

# %% [markdown]
# Five things are wrong with it. Find them: try it on shorter sentences, one ailment each. Then write the function anew.


# %% tags=["solution"]
def clean_words(review):
    """Return the list of a raw review's words: no tags, no entities, plain apostrophes, lower case."""
    step = re.sub(r"</?[A-Za-z][^<>]*>", " ", review)  # tags first, and a space for each
    step = html.unescape(step)
    step = step.replace("’", "'").lower()
    return WORD.findall(step)


# %%
checks.clean_words(clean_words)

# %% [markdown] tags=["solution"]
# The five: the pattern runs from the first `<` to the last `>` of a line; what stands between two numbers, `3 < 4 but 4 > 3`, is
# taken for a tag; a tag leaves nothing in its place, so two words become one; the entities are decoded before the tags are
# dropped, so text *about* a tag goes with them; and the apostrophe is deleted instead of being made plain.

# %% [markdown]
# ## 5. TF-IDF by hand
#
# Now the whole of TF-IDF, as scikit-learn does it: each count times `ln((1 + n) / (1 + n_w)) + 1`, where `n_w` of the `n`
# texts hold the word; then each row divided by its length, the square root of the sum of its squares. A text without
# any known word has a row of zeros, and keeps it.


# %% tags=["solution"]
def weigh(bags):
    """Return the TF-IDF weights of counts.

    `bags` is an int array `(texts, words)`; the result is a float array of the same shape.
    """
    texts_with_word = (bags > 0).sum(axis=0)
    weights = bags * (np.log((1 + len(bags)) / (1 + texts_with_word)) + 1)
    lengths = np.linalg.norm(weights, axis=1, keepdims=True)
    return weights / np.where(lengths > 0, lengths, 1)


# %%
checks.weigh(weigh)

# %% [markdown]
# ## 6. Learn byte-pair merges up to a vocabulary's size
#
# These are the lesson's two functions, and its toy corpus.


# %%
def count_pairs(pieces, counts):
    found = Counter()
    for word, parts in pieces.items():
        for pair in pairwise(parts):
            found[pair] += counts[word]
    return found


# %%
def merge(parts, pair):
    merged = []
    for part in parts:
        if merged and (merged[-1], part) == pair:
            merged[-1] += part
        else:
            merged.append(part)
    return merged


# %%
toy = Counter({"low": 5, "lower": 2, "newest": 6, "widest": 3})
count_pairs({word: list(word) for word in toy}, toy).most_common(3)

# %% [markdown]
# The lesson asked for five merges. A real tokenizer is asked for a number of tokens instead: the characters of the corpus
# come first, and each merge adds one token. It stops when the vocabulary is full, or when no word has a pair left. If
# two pairs stand together equally often, take either.


# %% tags=["solution"]
def learn_merges(counts, size):
    """Return the merges, a list of pairs of strings, that fill a vocabulary of `size` tokens (characters included).

    `counts` says how often each word occurs, such as `{"low": 5, "lower": 2}`.
    """
    pieces, merges = {word: list(word) for word in counts}, []
    room = size - len(set("".join(counts)))
    while len(merges) < room and (found := count_pairs(pieces, counts)):
        best = found.most_common(1)[0][0]
        pieces = {word: merge(parts, best) for word, parts in pieces.items()}
        merges.append(best)
    return merges


# %%
checks.learn_merges(learn_merges)

# %% [markdown]
# ## 7. Fool a bag of triples
#
# The lesson fooled a bag of words, then a bag of pairs. Go one further: two sentences with the same words, the same
# pairs **and** the same runs of three words, but in another order. Make them mean the opposite of each other (the check
# cannot judge that, you can). Hint: two stretches that begin with the same two words and end with the same two words can
# change places.


# %% tags=["solution"]
def same_triples():
    """Return the two sentences, as a tuple of two strings."""
    first = "at first it was a good film to watch, and later it was a bad film to watch"
    second = "at first it was a bad film to watch, and later it was a good film to watch"
    return first, second


# %%
checks.same_triples(same_triples)

# %% [markdown]
# ## 8. Design a pipeline that hears the *not*
#
# Below, reviews made by a small program. In each, one adjective is denied and one is not; the label is 1 if the one that
# holds is a good one. Each review also names two people that no other review names.

# %%
GOOD, BAD = ["brilliant", "moving", "funny", "clever", "fresh"], ["boring", "silly", "slow", "flat", "clumsy"]


def make_reviews(number, seed):
    rng = np.random.default_rng(seed)
    texts, labels = [], rng.integers(0, 2, number)
    for label in labels:
        holds, denied = (rng.choice(each) for each in ((GOOD, BAD) if label else (BAD, GOOD)))
        star, maker = ("".join(rng.choice(list("aeioklmnrst"), 9)) for _ in range(2))
        parts = rng.permutation([f"it was {holds}", f"it was not {denied}"])
        texts.append(f"A film with {star} by {maker}: {parts[0]} and {parts[1]}.")
    return texts, labels


# %%
train_texts, train_labels = make_reviews(600, seed=1)
for label, example in zip(train_labels[:4], train_texts[:4], strict=True):
    print(label, example)

# %% [markdown]
# Return a scikit-learn pipeline, not yet trained: something that turns texts into columns, then a classifier. The check
# trains it on 600 such reviews and tries it on 400 others. It must be right on **at least 95%** of them and hand **at most
# 150 columns** to the classifier: a small model for a small device. (`pipeline[:-1].transform(texts).shape` tells you how
# many columns there are, once it is trained.)


# %% tags=["solution"]
def small_pipeline():
    """Return an untrained scikit-learn pipeline that takes a list of strings."""
    features = TfidfVectorizer(ngram_range=(1, 2), min_df=5, token_pattern=WORD.pattern)
    return make_pipeline(features, LogisticRegression(C=10, max_iter=1_000))


# %%
checks.small_pipeline(small_pipeline)

# %% [markdown]
# ## 9. To think about
#
# A shop gives you 3,000 reviews of its apps, two thirds in English and one third in Korean, and wants a recurrent net that
# tells praise from blame. New reviews come in every day. Decide:
#
# - words, characters or byte pairs? Trained on which text, with how many ids?
# - which cleaning, and what does it throw away?
# - how many time steps, and which end of a long review do you keep?
#
# For each decision: what would you measure to find out that you were wrong?

# %% [markdown] tags=["solution"]
# **Tokens.** Words fit badly. In the lesson 10,000 English words, learned from 25,000 reviews, still left 6% of the
# tokens unknown; with 3,000 reviews, and Korean particles written onto the nouns, it will be more. Characters know nearly
# everything but made IMDB's reviews 5.7 times as long as words did. Byte pairs made them 1.4 times as long and left nothing
# unknown: take those. But train them on *both* languages. The lesson's tokenizer had learned from English only, and
# spent 21 tokens on 8 characters of Korean with an emoji. A morphological analyzer would cut Korean better; it is one
# more thing to install and to keep alive, so try it second.
#
# **Size.** From 3,000 short reviews a large vocabulary cannot be learned: 43% of the different words that the lesson
# counted occurred once, and a token seen once has an embedding learned from one review. 2,000 to 4,000 ids are a guess to start
# from, no more. *Measure:* tokens a review for each language apart, and validation accuracy over three sizes.
#
# **Cleaning.** Drop tags, decode entities, make apostrophes plain. Byte pairs can keep capitals and `!!!`, which
# carry force, at the price of several tokens for one word (*Good*, *good*, *GOOD*). No stop word list: *not* is on it.
# *Measure:* accuracy with and without lower case, split by split. For stop words, stems and lemmas the lesson's
# differences were all smaller than their spread; do not expect more here.
#
# **Length and side.** Draw the histogram of lengths in tokens, again for each language apart, and choose the length that
# leaves about nine in ten uncut. Keep the end of a long review if the verdict stands there, which is a guess until you
# try both ends. *Measure:* accuracy on the reviews that were cut; on the whole set the difference drowns.
#
# **New reviews every day** are about new apps, in new words. So validate on the *latest* reviews, not on a random part, and watch
# the tokens a review and the accuracy from week to week: when the first grows or the second falls, train anew.
#
# And one thing that none of this mends: overall accuracy can hide that the Korean third does badly. Report both languages.

# %%
runtime.finish(headline="9 exercises")
