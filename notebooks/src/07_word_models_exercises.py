# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions to 07 · Word language models
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/sequence-models-for-text/course/blob/main/notebooks/solutions/07_word_models.ipynb)
#
# Our answers to the [exercises](../exercises/07_word_models.ipynb) of [notebook 07](../07_word_models.ipynb).
# Your answer may look different and still be right, because the checks accept any answer that does what the exercise asks. Try
# each exercise yourself *before* you look here.
#
# **Time:** about an hour and a half to solve the exercises. No cell takes the computer more than a few seconds, and you don't
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
from course_utils.checks import word_models as checks

runtime.start(seed=42)

# %%
from collections import Counter

import numpy as np

from course_utils import cells

# %% [markdown]
# ## 1. From words to ids
#
# The Penn Treebank comes with its `<unk>` in place. Your own text doesn't. So turn a text into ids yourself. Every line ends
# with a line break, and each line break becomes the word `<eos>`. The vocabulary begins with `<unk>`. After it come the `most`
# most frequent words of the *training text*, the most frequent first, and `<eos>` counts like any other word. If two words are
# equally frequent, the one that occurs first in the training text comes first, which is what
# `Counter(words).most_common(most)` gives you.


# %% tags=["solution"]
def word_ids(train, text, most):
    """Return two lists: the vocabulary, and the ids of the words of `text`. Both texts are strings."""
    words = train.replace("\n", " <eos> ").split()
    vocabulary = ["<unk>", *(word for word, _ in Counter(words).most_common(most))]
    place = {word: number for number, word in enumerate(vocabulary)}
    return vocabulary, [place.get(word, 0) for word in text.replace("\n", " <eos> ").split()]


# %%
checks.word_ids(word_ids)

# %% [markdown]
# ## 2. Perplexity
#
# A model read a text and gave a probability to each word that really came. What is its perplexity? Two things easily go wrong.
# The text may be long, and for a computer, a product of many small numbers is 0. And a model may give a word the
# probability 0. Then the perplexity is infinite. Return `inf` without a warning, because nothing went wrong in your code.


# %% tags=["solution"]
def perplexity(probabilities):
    """Return the perplexity, one number, of the floats (tokens,) that a model gave to the words that came."""
    with np.errstate(divide="ignore"):
        return np.exp(-np.log(probabilities).mean())


# %%
checks.perplexity(perplexity)

# %% [markdown]
# ## 3. Characters against words
#
# Your character model of notebook 05 and your word model read the same text. One reports nats per character, the other a
# perplexity per word. Make them comparable: which perplexity per word does the character model have? It predicts every
# character of the text, with each space and each line break. The word model predicts every word, and an `<eos>` for each line
# break. Think of what the *whole* text costs. It must cost the same whichever way you count.


# %% tags=["solution"]
def per_word(nats, text):
    """Return the perplexity per word of a model that pays `nats` per character of `text`, a string.

    Words are separated by one space, and every line ends with a line break.
    """
    tokens = len(text.split()) + text.count("\n")
    return np.exp(nats * len(text) / tokens)


# %%
checks.per_word(per_word)

# %% [markdown]
# Does a character model have a chance, then? The word model can only say words of its vocabulary, and the character model
# spends some of its probability on strings that are no words at all. So the comparison is fair to both only if every word of
# the text is spelled out, with no `<unk>` in it.

# %% [markdown]
# ## 4. How many different words came before?
#
# This is the count that Kneser and Ney use for a fallback. For each word of the vocabulary, count how many *different* words
# come right before it in the text. A few lines of NumPy are enough. If you make one number out of two ids, note that the ids
# are `int32`, and look up what the largest `int32` is.


# %% tags=["solution"]
def words_before(ids, V):
    """Return ints (V,): for each id from 0 to V - 1, how many different ids come right before it in `ids`.

    `ids` is an int32 array (tokens,), at least two long.
    """
    pairs = np.unique(np.stack([ids[:-1], ids[1:]], axis=1), axis=0)
    return np.bincount(pairs[:, 1], minlength=V)


# %%
checks.words_before(words_before)

# %% [markdown]
# ## 5. One step of a sampled softmax
#
# Write the loss of section 5 in NumPy, for a single token. The logit of a word is the product of its vector with the state,
# plus its bias. The target competes with the words that were drawn. If you expect to draw a word m times, it counts 1/m each
# time it is drawn, so subtract log m from its logit. A word that was drawn twice competes twice, but the target doesn't
# compete with itself if it happens to be drawn. Compute only the logits that you need. That is the point of sampling. Large
# logits must not break your function.


# %% tags=["solution"]
def sampled_nats(hidden, vectors, bias, target, drawn, expected):
    """Return what the target costs in nats, one number.

    `hidden` is the state (units,), `vectors` are (V, units), `bias` is (V,). `target` is an id, `drawn` are ids
    (samples,), and `expected` (V,) says how often you expect to draw each word, above 0.
    """
    words = np.append(target, drawn[drawn != target])
    logits = vectors[words] @ hidden + bias[words]
    logits[1:] -= np.log(expected[words[1:]])
    return np.logaddexp.reduce(logits) - logits[0]


# %%
checks.sampled_nats(sampled_nats)

# %% [markdown]
# The check began with a sample that holds every word exactly once, each expected once. There your loss is that of the full
# softmax. Can you see why the logarithm makes no difference in this case? The logarithm of 1 is 0.

# %% [markdown]
# ## 6. Count the parameters
#
# Give a formula for the models of section 6. They have an embedding, `depth` LSTM layers, and an output layer with one vector
# and one bias per word. Everything has the same number of units. If the model is tied, the output vectors *are* the embedding.
# The check lets Keras count.


# %% tags=["solution"]
def parameters(V, units, depth, tied):
    """Return how many parameters the model has, as a whole number. `tied` is True or False."""
    lstm = 4 * (units * units + units * units + units)
    return (1 if tied else 2) * V * units + depth * lstm + V


# %%
checks.parameters(parameters)

# %% [markdown]
# Try it on the sizes of the textbook: 10,000 words, 650 units and two layers have 19.8 million parameters without tying and
# 13.3 million with it. The two LSTM layers have only 6.8 million of them.

# %% [markdown]
# ## 7. Fix a better model
#
# The function below should train a small `BetterRnnlm` on batches that follow each other in a text, and then measure it on
# another text. It is our own code, with mistakes of the kinds that printed listings of this model have had. One raises an
# error at once. Four never do, and the model even learns. Find all five, and write the function again without them. The check
# tries each part alone, without training and without dropout at first, so you can fix one mistake after the other.
#
# ```python
# def better_nats(E, lstm_weights, bias, batches, test, rate, drop):
#     E, bias, *lstm_weights = (weights.copy() for weights in (E, bias, *lstm_weights))
#     embedding, lstm = cells.Embedding(E), cells.LSTM(*lstm_weights, stateful=True)
#     below, above = cells.Dropout(drop, seed=1), cells.Dropout(drop, seed=2)
#     affine, loss = cells.Affine(E.T.copy(), bias), cells.SoftmaxLoss()
#
#     def forward(ids, targets):
#         vectors = below.forward(embeding.forward(ids))
#         hidden = lstm.forward(vectors)
#         hidden = above.forward(lstm.forward(vectors))
#         return loss.forward(affine.forward(hidden), targets)
#
#     for ids, targets in batches:
#         forward(ids, targets)
#         d_hidden = above.backward(affine.backward(loss.backward()))
#         embedding.backward(below.backward(lstm.backward(d_hidden)[0]))
#         for layer in (embedding, lstm, affine):
#             for weights, gradient in zip(layer.weights, layer.grads, strict=True):
#                 weights -= rate * gradient
#     return forward(*test)
# ```


# %% tags=["solution"]
def better_nats(E, lstm_weights, bias, batches, test, rate, drop):
    """Return the mean nats on `test`, a pair (ids, targets), after training on `batches`, a list of such pairs.

    All ids and targets are ints (batch, time) of one shape. E is (V, units) and tied to the output layer, `lstm_weights`
    are W, U and b of an LSTM, and `bias` is (V,). `rate` is the learning rate, `drop` the dropout.
    """
    E, bias, *lstm_weights = (weights.copy() for weights in (E, bias, *lstm_weights))
    embedding, lstm = cells.Embedding(E), cells.LSTM(*lstm_weights, stateful=True)
    below, above = cells.Dropout(drop, seed=1), cells.Dropout(drop, seed=2)
    affine, loss = cells.Affine(E.T, bias), cells.SoftmaxLoss()

    def forward(ids, targets, training):
        vectors = below.forward(embedding.forward(ids), training=training)
        hidden = above.forward(lstm.forward(vectors), training=training)
        return loss.forward(affine.forward(hidden), targets)

    for ids, targets in batches:
        forward(ids, targets, training=True)
        d_hidden = above.backward(affine.backward(loss.backward()))
        embedding.backward(below.backward(lstm.backward(d_hidden)[0]))
        for layer in (embedding, lstm, affine):
            for weights, gradient in zip(layer.weights, layer.grads, strict=True):
                weights -= rate * gradient
    lstm.state = None
    return forward(*test, training=False)


# %%
checks.better_nats(better_nats)

# %% [markdown] tags=["solution"]
# These are the five mistakes:
#
# 1. The name `embeding` is misspelled. This is the one that raises an error.
# 2. The LSTM runs twice. It is stateful, so the second time it begins with a memory of the same words.
# 3. `E.T.copy()` is a second matrix. At the beginning it is equal to the first, but after one step it no longer is, and the
#    model is not tied. `E.T` is only another view of the same numbers. Both layers then subtract their gradients from the one
#    matrix.
# 4. Dropout stays on when the model is measured.
# 5. The state of the training text is still there when the test text begins.

# %% [markdown]
# ## 8. What the cache bets on
#
# In section 8 you asked the cache for the probability of the word that came. If you want to *write* with a cache, you need its
# probability for every word. Position `now` looks back at most `size` positions, and never at itself, because its own word is
# what it must guess. Each past position weighs `exp(theta · h_past · h_now)` and bets on the word that followed. Divide by the
# sum of the weights. Position 0 has no past, so its row is 0. Large states must not break your function.


# %% tags=["solution"]
def cache_bets(hidden, targets, theta, size, V):
    """Return the probability that the cache gives to each word at each position, floats (tokens, V).

    `hidden` are floats (tokens, units) and `targets` ints (tokens,): the state at a position, and the word after it.
    """
    bets = np.zeros((len(targets), V))
    for now in range(1, len(targets)):
        past = slice(max(0, now - size), now)
        scores = theta * (hidden[past] @ hidden[now])
        weights = np.exp(scores - scores.max())
        bets[now] = np.bincount(targets[past], weights / weights.sum(), minlength=V)
    return bets


# %%
checks.cache_bets(cache_bets)

# %% [markdown]
# ## 9. To think about
#
# A friend trains a word model on the Penn Treebank with a vocabulary of 1,000 words of her own choice and reports a perplexity
# of 60. Your model has 95, on the usual 10,000 words. She says that hers is better. Why do the two numbers say nothing about
# that? What could the two of you report instead?

# %% [markdown] tags=["solution"]
# **They answer different questions.** Your friend's model doesn't have to tell one rare word from another. Whatever is not
# among her 1,000 words is `<unk>`, and that one word is frequent and easy to guess. You saw in section 1 that even a model
# that knows only frequencies gets better and better when you take words away from it.
#
# *A rough estimate:* suppose that a quarter of the test text is `<unk>` for her. To say which of the other 9,000 words it was,
# without knowing anything about them, she would have to pay ln 9,000 = 9.1 nats more for each. That is 2.3 nats per token, so
# her 60 becomes about 60 × 9.7 = 580. A better guess than "all equally likely" costs less. But how much less is exactly what
# her number hides.
#
# **What you could report:**
#
# - The perplexity over the *same* vocabulary and the same test text. Each of you trains with the 10,000 words that everyone
#   uses.
# - The nats of the whole test text, spelled out. A model that says `<unk>` must then also pay for the letters of the word, for
#   example with a small character model. Divide by the number of characters, and you can even compare with a model that has
#   characters or byte pairs instead of words.
# - The distance to a model that both of you can build. A 5-gram over her 1,000 words has a perplexity, too. If it is 62, her
#   network has learned hardly anything.
#
# *An experiment:* take your own trained model and add up the probabilities of all words outside her list, so that they count
# as one `<unk>`. Then measure it on her text. This is still a little unfair, because your model reads the rare words and hers
# doesn't. Let it read `<unk>` in their place, and you know how the two compare on the task that she chose.

# %%
runtime.finish(headline="9 exercises")
