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
# Our answers to the [exercises](../exercises/01_tokenization.ipynb) of [notebook 01](../01_tokenization.ipynb). Your answer
# may look different and still be right, because the checks accept any answer that does what the exercise asks. Try each
# exercise yourself *before* you look here.
#
# **Time:** about an hour to solve the exercises. No cell takes the computer more than a few seconds, and you don't need a
# corpus.
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
# This is the lesson's regular expression for a word: letters and digits, with an apostrophe allowed inside. You will use it in
# several exercises.

# %%
WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")

# %% [markdown]
# ## 1. Predict the shape of a bag
#
# Below are three short reviews and a counter that counts words **and** pairs of neighboring words. What is the shape of the
# matrix that `counter.fit_transform(reviews)` returns? Punctuation is ignored, so a pair may run across a comma. Work out your
# answer without running the code.

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
# This layer doesn't learn its vocabulary, because we give it a list. As in section 7, all its other settings are Keras'
# defaults. Which ids does it return for the two sentences below? Work them out without running the layer on them.

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
# A word vocabulary keeps the `size` most frequent words of the training text. Write a function that returns the share of
# another text's words that such a vocabulary doesn't know. Count as in the lesson's table: a word that occurs ten times counts
# ten times. If several words tie for the last places, you may keep any of them.


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
# ## 4. Fix this cleaning
#
# The function below should turn a raw review into its words, in lower case, as in section 1. It runs without an error, but it
# leaves little of the review.


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
# Five things are wrong with it. To find them, try the function on shorter sentences that show one problem each. Then write it
# again without the mistakes.


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
# These are the five mistakes:
#
# 1. The pattern matches from the first `<` to the last `>` of a line.
# 2. It mistakes the text between the two signs in `3 < 4 but 4 > 3` for a tag.
# 3. A tag is replaced by nothing, so the words before and after it become one word.
# 4. The entities are decoded before the tags are removed, so text *about* a tag is removed with them.
# 5. The apostrophe is deleted. It should become a straight one.

# %% [markdown]
# ## 5. TF-IDF by hand
#
# Now compute TF-IDF in full, the way scikit-learn does it. First multiply each count by `ln((1 + n) / (1 + n_w)) + 1`, where
# `n` is the number of texts and `n_w` is the number of texts that contain the word. Then divide each row by its length, which
# is the square root of the sum of its squares. A text without any known word has a row of zeros, which stays as it is.


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
# Here are the lesson's two functions and its toy corpus. You can use them in your answer.


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
# In the lesson, we asked for five merges. A real tokenizer is asked for a number of tokens instead. The characters of the
# corpus are the first tokens, and each merge adds one more. Learning stops when the vocabulary is full, or when no word has a
# pair left. If two pairs are equally frequent, you may take either one.


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
# The lesson fooled a bag of words, and then a bag of pairs. Now go one step further. Write two sentences with the same words,
# the same pairs **and** the same runs of three words, but in a different order. They should mean the opposite of each other.
# The check can't judge the meaning, but you can.
#
# Hint: if two stretches begin with the same two words and end with the same two words, you can swap them.


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
# A small program makes the reviews below. In each one, one adjective is denied and one is not. The label is 1 if the adjective
# that is not denied is a good one. Each review also names two people who appear in no other review.

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
# Return a scikit-learn pipeline that has not been trained: a step that turns texts into columns, followed by a classifier. The
# check trains it on 600 of these reviews and tests it on 400 others. Your pipeline must get **at least 95%** of them right and
# pass **at most 150 columns** to the classifier, because the model is meant for a small device. Once the pipeline is trained,
# `pipeline[:-1].transform(texts).shape` tells you how many columns there are.


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
# A store gives you 3,000 reviews of its apps, two thirds in English and one third in Korean. The store wants a recurrent
# network that tells praise from criticism. New reviews come in every day. Decide:
#
# - Words, characters or byte pairs? On which text do you train the tokenizer, and with how many ids?
# - Which cleaning steps do you take, and what do they throw away?
# - How many time steps do you use, and which end of a long review do you keep?
#
# For each decision, say what you would measure to find out whether you were wrong.

# %% [markdown] tags=["solution"]
# **Tokens.** Words are a bad fit. In the lesson, a vocabulary of 10,000 English words, learned from 25,000 reviews, still left
# 6% of the tokens unknown. With 3,000 reviews, and with Korean particles attached to the nouns, you will see more. Characters
# leave almost nothing unknown but made the IMDB reviews 5.7 times as long as words did. Byte pairs made them 1.4 times as long
# and left nothing unknown, so take those. But train them on *both* languages. The lesson's tokenizer had learned only from
# English, and it spent 21 tokens on 8 characters of Korean with an emoji. A morphological analyzer would split Korean better,
# but you would have to install and maintain one more tool, so try it second.
#
# **Size.** You can't learn a large vocabulary from 3,000 short reviews. Of the different words that the lesson counted, 43%
# occurred only once, and the embedding of a token that you see once is learned from a single review. Start with 2,000 to 4,000
# ids, but treat that as a guess. *Measure:* the tokens per review, separately for each language, and the validation accuracy
# for three sizes.
#
# **Cleaning.** Remove tags, decode entities and make apostrophes straight. With byte pairs, you can keep capitals and `!!!`,
# which carry emphasis. The price is that one word gets several tokens, such as *Good*, *good* and *GOOD*. Don't use a list of
# stop words, because *not* is on it. *Measure:* the accuracy with and without lower case, split by split. For stop words,
# stems and lemmas, the lesson's differences were all smaller than their spread, so don't expect more here.
#
# **Length and side.** Draw a histogram of the lengths in tokens, again separately for each language. Choose a length that
# leaves about nine in ten reviews uncut. Keep the end of a long review if the verdict comes there. That is a guess until you
# try both ends. *Measure:* the accuracy on the reviews that were cut. On the whole set, you would hardly see the difference.
#
# **New reviews every day** are about new apps and use new words. So validate on the *latest* reviews and not on a random part.
# Then watch the tokens per review and the accuracy from week to week, and train again when the tokens per review grow or the
# accuracy falls.
#
# None of this fixes one last problem. A good overall accuracy can hide that the model does badly on the Korean third, so
# report the accuracy for each language.

# %%
runtime.finish(headline="9 exercises")
