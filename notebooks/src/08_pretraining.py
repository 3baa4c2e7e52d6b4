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
# # 08 · Pretrain, then fine-tune
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/sequence-models-for-text/course/blob/main/notebooks/08_pretraining.ipynb)
#
# Since notebook 01, a linear model that counts words has set the bar on movie reviews, and on the real IMDB reviews no network
# of this course has passed it. Can one do it after all? You begin with the two bars, TF-IDF and the NB-SVM of notebook
# 04. Then you try two ideas. One is a convolution that reads one-hot words directly. The other is the idea behind today's
# language models: train a network to predict the next word, and then teach the same network to judge a review. At the end you
# let all of them answer together.
#
# **By the end of this notebook, you will be able to**
#
# - say what a network must beat on movie reviews, and why
# - compute a convolution on one-hot words by looking rows up, and change only the rows that were looked up
# - pretrain a language model on reviews without their labels, and fine-tune it as a classifier
# - measure what pretraining is worth with few labels and with many, and which of its parts matter
# - combine models that make different mistakes, and weigh accuracy against time
#
# **Time:** about two and a half hours to study. The computer needs a little more than a minute in the quick profile and about 74
# minutes in the full one, on two CPU cores.
#
# **New words** are explained in the [glossary](https://github.com/sequence-models-for-text/course/blob/main/docs/glossary.md),
# in English and Korean. To practice, open the [exercises with checked answers](exercises/08_pretraining.ipynb).

# %%
# On Colab this installs the course's helpers; elsewhere it does nothing.
import sys

if "google.colab" in sys.modules:
    print("Colab: installing the course's helpers")
    # %pip install -q --no-deps git+https://github.com/sequence-models-for-text/course
    # %pip install -q pooch tokenizers

# %%
from course_utils import corpora, experiments, plots, runtime, text
from course_utils.batches import ByLength, contiguous_batches
from course_utils.callbacks import Backup, ResetState, Seconds

runtime.start(seed=42)

# %% [markdown]
# You know most of these libraries. New are `joblib`, which you need in section 1, and `ThreadPoolExecutor`, which you need in
# section 3.

# %%
import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import combinations, product

import joblib
import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from keras import layers, ops

# %%
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from tqdm import tqdm

# %% [markdown]
# These are the settings. The first two assignments are for the data and for the convolution, the next two for the language
# model, and the others for fine-tuning it. `FILTERS` counts the filters of each width. `LABELED` and `UNLABELED` say how many
# reviews the language model may read at most, and `READ` how many words of a review the classifier reads. `FEW` says with how
# many labels you train in section 5, for how many epochs, and with how many reviews per batch. With `MIDDLE` labels you also
# try the different `WAYS` of section 6.

# %%
TRAIN, TEST, VALIDATION, SEEDS = runtime.pick(quick=(3_000, 1_000, 0.1, [0]), full=(25_000, 25_000, 0.1, [0, 1, 2]))
VOCABULARY, FILTERS, LENGTH, BUCKETS, CONV_EPOCHS, CONV_RATE = runtime.pick(
    quick=(2_000, 50, 100, 50_000, 4, 0.1), full=(30_000, 300, 600, 400_000, 5, 0.1)
)
DIMENSIONS, UNITS, SAMPLE, STEPS, LM_BATCH = runtime.pick(quick=(32, 48, 64, 16, 16), full=(128, 256, 512, 64, 64))
LM_EPOCHS, LM_RATE, LABELED, UNLABELED, PERPLEXITY_TOKENS = runtime.pick(
    quick=(5, 1e-2, 500, 0, 5_000), full=(4, 4e-3, 25_000, 50_000, 50_000)
)
READ, EPOCHS, RATE = runtime.pick(quick=(64, 4, 1e-2), full=(400, 2, 2e-3))
MEASURED, MIDDLE, FEW = runtime.pick(
    quick=(1_000, 50, {50: (12, 8), 400: (4, 16)}),
    full=(2_500, 1_000, {100: (12, 16), 1_000: (5, 32), 5_000: (2, 32)}),
)
WAYS = runtime.pick(quick=["words only"], full=["words only", "frozen", "unfreezing", "rates by layer", "last state"])

# %%
imdb = corpora.subset(corpora.load_imdb(), train=TRAIN, test=TEST)
print(imdb.provenance)
fit_texts, validation_texts, y_fit, y_validation = train_test_split(
    imdb.train_texts, imdb.train_labels, test_size=VALIDATION, stratify=imdb.train_labels, random_state=42
)

# %%
texts = {"fit": fit_texts, "validation": validation_texts, "test": imdb.test_texts}
y_test = imdb.test_labels
y = {"fit": y_fit, "validation": y_validation, "test": y_test}
enough = imdb.provenance.is_sample or runtime.profile() == "full"  # the quick settings are too small for real reviews

# %% [markdown]
# You set a tenth of the training reviews aside for validation. Every choice that the code makes uses these reviews. One
# decision of ours, in section 2, came after we had seen test figures, and we say so there.
#
# ### Made-up reviews for the quick profile
#
# Pretraining teaches a network which words are alike. That helps most with words that are too rare to learn from a few labels.
# The sample has hardly any such words, and on real reviews the quick profile is too short to learn them. So in the quick
# profile, the notebook also makes up short reviews. They use 120 invented words, half of them praise and half criticism. You
# will meet them again when you collect the vocabulary in section 2, and in sections 3, 5 and 6. In the full profile, go on with
# section 1.

# %%
syllables = ["".join(pair) for pair in product("bdfgklmnprstv", "aeiou")]
invented = ["".join(three) for three in product(syllables, repeat=3)]
invented = np.random.default_rng(0).choice(invented, (2, 60), replace=False)  # of criticism, of praise

# %%
PLAIN = ["The plot is {}.", "I found the music {}.", "My sister called it {}.", "It is a {} film."]
PLAIN += ["We saw a {} story.", "The word for the ending is {}.", "The actors were {}, I thought."]
CRITICISM = ["I left, it was so {}.", "What a bore, and how {}!", "Sadly, the plot is {}."]
CRITICISM += ["I yawned, for it is {}.", "Hardly worth the ticket, and {}."]
PRAISE = ["I clapped, it was so {}.", "What a treat, and how {}!", "Happily, the plot is {}."]
PRAISE += ["I smiled, for it is {}.", "Well worth the ticket, and {}."]


def made_up(reviews, longest, frames, seed):
    """Texts and labels of made-up reviews. `frames` are the sentences of criticism and those of praise."""
    rng, found = np.random.default_rng(seed), []
    labels = np.arange(reviews) % 2
    for label in labels:
        chosen = rng.choice(frames[label], rng.integers(1, longest + 1))
        found.append(" ".join(frame.format(rng.choice(invented[label])) for frame in chosen))
    return found, np.where(rng.random(reviews) < 0.03, 1 - labels, labels)


# %%
kind, more = "", []  # which reviews section 5 uses, and which others the language model reads
if runtime.profile() == "quick":
    kind, more = "made-up ", ["made-up fit", "made-up unlabeled"]
    for seed, (part, size) in enumerate({"fit": 1_000, "validation": 200, "test": 1_000}.items()):
        texts[kind + part], y[kind + part] = made_up(size, 1, [PLAIN, PLAIN], seed)
    texts[kind + "unlabeled"], _ = made_up(4_000, 4, [CRITICISM, PRAISE], seed=3)
    print(f"{texts['made-up fit'][1]}\n{texts['made-up unlabeled'][1]}")

# %% [markdown]
# The first of the two printed reviews has a label, and the second has none. A review with a label is a single sentence that
# doesn't tell whether its word is praise or criticism: *The plot is …* fits both. And if you have only 50 labels, most of the
# 120 words don't appear in any of these 50 reviews. A review without a label has up to four sentences, and they do tell: only
# praise follows *I clapped, it was so …*. So a network that has read many of them could know which words belong together before
# it sees the first label.
#
# About one label in thirty is wrong on purpose, in the test reviews as well, so no model can be right on much more than 0.97 of
# them. We built these reviews so that reading helps. They show you *how* pretraining works. What it is worth on real reviews
# is in the boxes of the full run.
#
# ## 1. The two bars
#
# Two linear models set the bar so far. TF-IDF with logistic regression comes from notebook 01. Here it also counts punctuation
# marks and learns from fewer reviews. The stronger one is NB-SVM from notebook 04. It asks about every phrase: does this
# phrase speak for praise or for criticism? The **log-count ratio** of a phrase is the logarithm of its share in positive
# reviews over its share in negative ones. The ratio is positive for praise, negative for criticism, and about zero for *the*.
# Each phrase of a review contributes its ratio, and logistic regression learns how much to trust it.


# %%
class LogCountRatio(TransformerMixin, BaseEstimator):
    """Give each phrase that occurs the log of its share in positive reviews over its share in negative ones (notebook 04)."""

    def fit(self, counts, labels):
        shown = {label: 1 + np.asarray((counts[labels == label] > 0).sum(axis=0)).ravel() for label in (1, 0)}
        self.ratio_ = np.log(shown[1] / shown[1].sum()) - np.log(shown[0] / shown[0].sum())
        return self

    def transform(self, counts):
        return (counts > 0).multiply(self.ratio_).tocsr()


# %% [markdown]
# Words alone can't tell *not good* from *good*. So count pairs of neighbors as well, and triples, with the punctuation marks
# as words of their own. There are millions of phrases. You leave out those that occur in a single review, since a model could
# only learn them by heart. You count once, and the models that read no triples skip those columns. `SIGNS` matches a word,
# with an apostrophe inside if there is one, or a single punctuation mark.
#
# In the full profile, counting takes about a minute. So joblib's `Memory` keeps the result on disk. The line `@memory.cache`
# means: if the function is called again with the same arguments, and its own code has not changed, fetch the result instead of
# computing it. `ignore` leaves out the texts, which are large, and their hash stands for them. `Memory` doesn't check the code
# of other functions, such as `text.clean`. If you change one of those, call `memory.clear()`.

# %%
SIGNS = r"\w+(?:'\w+)?|[^\w\s]"
memory = joblib.Memory(runtime.output_folder("pretraining"), verbose=0)


@memory.cache(ignore=["texts"])
def count(texts, hash_of_texts, token_pattern):
    """The counter, its counts for each part, and the minutes that it took to fit."""
    counter = CountVectorizer(ngram_range=(1, 3), token_pattern=token_pattern, preprocessor=text.clean, min_df=2)
    began = time.perf_counter()
    counts = {"fit": counter.fit_transform(texts["fit"])}
    minutes = (time.perf_counter() - began) / 60
    return counter, counts | {part: counter.transform(texts[part]) for part in ("validation", "test")}, minutes


# %%
parts = {part: texts[part] for part in ("fit", "validation", "test")}
counter, counts, counting = count(parts, joblib.hash(parts), SIGNS)
length = np.array([phrase.count(" ") + 1 for phrase in counter.get_feature_names_out()])


# %% [markdown]
# These are the three models, each with the longest phrase that it reads. We chose the two values of `C` beforehand, on the
# validation reviews.


# %%
def nb_svm():
    linear = LogisticRegression(C=0.1, solver="liblinear", dual=True, max_iter=1_000, random_state=0)
    return make_pipeline(LogCountRatio(), linear)


# %%
tf_idf = make_pipeline(TfidfTransformer(sublinear_tf=True), LogisticRegression(C=30, max_iter=1_000))
counted = {"TF-IDF": (2, tf_idf), "NB-SVM, pairs": (2, nb_svm()), "NB-SVM, triples": (3, nb_svm())}

# %% [markdown]
# Fit all three, and keep their probabilities for the test reviews. You will need them again when the models answer together.

# %%
probabilities, minutes = {}, {}  # by model: the answers to the test reviews, and the minutes of training
bars = {}  # the number of columns, and the accuracy on the validation reviews
for name, (longest, model) in tqdm(counted.items(), leave=False, file=sys.stdout):
    seen = {part: each[:, length <= longest] for part, each in counts.items()}
    began = time.perf_counter()
    model.fit(seen["fit"], y_fit)
    minutes[name] = counting + (time.perf_counter() - began) / 60
    probabilities[name] = model.predict_proba(seen["test"])[:, 1]
    bars[name] = seen["fit"].shape[1], model.score(seen["validation"], y_validation)

# %% [markdown]
# In section 6, you will ask some of the models about four short sentences. NB-SVM needs the counter for that, so ask the one
# with triples now. You will see its answers later. Then delete the counter and its counts, which take up a lot of memory.

# %%
sentences = {
    "praise": "it was not boring, it was brilliant",
    "criticism": "it was not brilliant, it was boring",
    "mild praise": "I expected nothing and got a good film",
    "mild criticism": "I expected a good film and got nothing",
}
_, triples = counted["NB-SVM, triples"]
answers = {"NB-SVM, triples": triples.predict_proba(counter.transform(sentences.values()))[:, 1]}
del counter, counts, seen


# %%
def right(answers):
    """Whether each answer is right, (seeds, reviews)."""
    return (np.reshape(answers, (-1, len(y_test))) > 0.5) == (y_test == 1)


# %% [markdown]
# How many columns does each of the three models have, and how often is it right?


# %%
bars = pd.DataFrame(bars, index=["columns", "validation accuracy"]).T.astype({"columns": int})
bars["test accuracy"] = [right(probabilities[name]).mean() for name in counted]
bars.round(4)

# %%
assert bars["test accuracy"].idxmax() == "NB-SVM, triples" or not enough

# %% [markdown]
# Read the last column from top to bottom. What does NB-SVM gain over TF-IDF with the same columns, and what do the triples
# add? The last line is the bar of this notebook.
#
# > **What we saw (full run):** TF-IDF is right on 0.9084 of the test reviews, NB-SVM on 0.9141 with pairs and 0.9179 with
# > triples. Published: 0.9122 for pairs (Wang and Manning, 2012) and 0.9187 for triples (Mesnil et al., 2014), from all 25,000
# > training reviews. We train on 22,500.
#
# ## 2. One-hot once more
#
# A convolution looks at short phrases, as NB-SVM does, so it is a natural rival. In notebook 02 you gave up one-hot vectors
# because they are so wide. Johnson and Zhang (2015) went back to them: their convolution reads the one-hot words directly,
# without learning word vectors first.
#
# A filter of width 3 then has one number for each word at each of its three positions. Say that it has a 2 for *not* in the
# first position, a 1 for *at* in the second, a 1 for *all* in the third, and 0 everywhere else. It adds up what its three
# words say, so it gives 4 to *not at all*, but 0 to *at all good*, where *at* and *all* are in other positions. It also gives
# 2 to *not a bit*, even if this triple never occurred in training. NB-SVM would need a column for it.
#
# Nobody has to build the one-hot vectors. In notebook 02 you saw that a one-hot vector times a matrix is a look-up, and the
# same holds here. The value of a filter at a place is the sum of three look-ups, one for each position, plus a bias. Try it
# with a vocabulary of four words and two filters of width 2, without the bias:

# %%
# NBVAL_CHECK_OUTPUT
tables = np.array([[[0, 0], [1, 0], [0, 2], [3, 1]], [[0, 0], [0, 1], [5, 0], [1, 1]]])  # (position, word, filter)
ids = np.array([3, 1, 2])
one_hot = np.eye(4, dtype=int)[ids]
print(tables[0][ids[:-1]] + tables[1][ids[1:]])
print(one_hot[:-1] @ tables[0] + one_hot[1:] @ tables[1])

# %% [markdown]
# Both ways give the same: one row for each pair of words, one column for each filter. Check the first row by hand. Word 3 in
# the first position brings `[3, 1]`, word 1 in the second position brings `[0, 1]`, and the sum is `[3, 2]`. Over the whole
# review, you keep only the largest value of each filter. It tells you how clearly the filter's phrase occurred, wherever it
# was.
#
# ### Why it stays cheap
#
# In the full profile, you will use 300 filters of width 2 and 300 of width 3. Each position of a filter has a table of 30,000
# × 300 = 9 million numbers, and the 2 + 3 positions together have 45 million. Changing all of them in every step would be
# slow, but a batch needs only some rows. Two tricks make use of that.
#
# 1. *Send the error through the winners only.* A batch holds only a few thousand different words. `tf.unique` finds them, and
#    their rows are fetched once. Then you find the winning place of every filter, where its value is largest. The error flows
#    back through the winners only. Nothing is lost, because a maximum passes the error to its largest input anyway. A negative
#    maximum becomes 0, which is the ReLU of notebook 04.
# 2. *Change only the rows that were looked up.* The gradient of all other rows is zero. Adam would change them anyway, because
#    it steps along a running mean of past gradients. **Adagrad** (Duchi et al., 2011) has no such mean. It remembers for each
#    number the sum of its squared gradients, and divides the step by the root of that sum. Where the gradient is zero, neither
#    the sum nor the row changes.
#
# Dividing by that root also helps rare words. Say that every gradient of a number is 1. The first time, the sum is 1, and the
# step is the whole learning rate. The hundredth time, the sum is 100, and the step is a tenth of it. So a rare word takes a
# large step when it finally comes.
#
# In the code, `known` holds the different words of the batch, and `rows[p]` their rows in the table of position p. For each
# window, `shifted[p]` says which of the known words is in position p. The layer first computes the values of all windows, with
# `tf.stop_gradient`, only to find the `winner` of each filter. Then `winning_values` looks up the winners once more, and this
# time the error can flow back.


# %%
def positions(ids, width):
    """What is in each position of every window: ids (batch, time) -> a list of (batch, time - width + 1)."""
    windows = tf.shape(ids)[1] - width + 1
    return [ids[:, position : position + windows] for position in range(width)]


def winning_values(rows, shifted, winner):
    """The value of each filter in its winning window, (batch, filters)."""
    words = [tf.gather(at, winner, batch_dims=1) for at in shifted]
    column = tf.broadcast_to(tf.range(FILTERS), tf.shape(winner))
    return sum(tf.gather_nd(row, tf.stack([at, column], -1)) for row, at in zip(rows, words, strict=True))


# %% [markdown]
# And this is the layer:


# %%
class OneHotConvolution(layers.Layer):
    """The largest value of each filter over a text: ids (batch, time) -> (batch, filters)."""

    def __init__(self, width, **options):
        super().__init__(**options)
        small = keras.initializers.RandomNormal(stddev=0.01)
        self.tables = [self.add_weight(shape=(VOCABULARY, FILTERS), initializer=small) for _ in range(width)]
        self.bias = self.add_weight(shape=(FILTERS,), initializer="zeros")

    def call(self, ids):
        width = len(self.tables)
        ids = ops.pad(ids, [(0, 0), (width - 1, width - 1)])  # so that a window may begin before the text
        known, places = tf.unique(tf.reshape(ids, [-1]))
        rows = [ops.take(table, known, axis=0) for table in self.tables]  # (different words, filters) for each position
        shifted = positions(tf.reshape(places, tf.shape(ids)), width)
        values = sum(tf.gather(tf.stop_gradient(row), at) for row, at in zip(rows, shifted, strict=True))
        words = sum(tf.sign(at) for at in positions(ids, width))
        values = tf.where(words[..., None] > 0, values, -1e9)  # a window of nothing but padding can't win
        winner = tf.argmax(values, axis=1, output_type=tf.int32)  # (batch, filters): where each filter is largest
        return ops.relu(winning_values(rows, shifted, winner) + self.bias)

    def compute_output_shape(self, shape):
        return shape[0], FILTERS


# %% [markdown]
# Keras' own Adagrad works through all rows. Ours doesn't. The gradient of a table comes from TensorFlow as `IndexedSlices`,
# which are row numbers with the slopes for each. A row may occur several times, so first add up its slopes. Then read and
# write only the rows that occur.


# %%
class SparseAdagrad(keras.optimizers.Adagrad):
    """Adagrad that reads and writes only the rows that were looked up. Keras' own works through the whole memory."""

    def update_step(self, gradient, variable, learning_rate):
        if not isinstance(gradient, tf.IndexedSlices):
            return super().update_step(gradient, variable, learning_rate)
        rows, where = tf.unique(gradient.indices)  # a row that was looked up several times has several gradients
        slopes = tf.math.unsorted_segment_sum(gradient.values, where, tf.size(rows))
        sums = self._accumulators[self._get_variable_index(variable)].value
        sums.scatter_add(tf.IndexedSlices(slopes**2, rows))
        step = learning_rate * slopes / tf.sqrt(tf.gather(sums, rows) + self.epsilon)
        variable.scatter_sub(tf.IndexedSlices(step, rows))


# %% [markdown]
# ### Add the ratios
#
# A filter keeps only its strongest place, so ten mild words of praise count no more than one. NB-SVM adds up all of them. In
# our trials, a convolution alone stayed below NB-SVM. It was right on 0.902 to 0.910 of the test reviews.
#
# So we gave the network both. Besides the filters, it gets the sum of the log-count ratios of all words and pairs of the
# review, as weights that training may change. Unlike NB-SVM, the sum counts a phrase every time it occurs. Triples did not
# help. Their ratios fit the training reviews so well that nothing was left to learn.
#
# This is the decision announced above: we made it after seeing test figures, so the results of the convolution, at the end of
# section 3, may look slightly too good.
#
# A table of all pairs of 30,000 words would have 900 million rows. So compute a number for each pair: multiply the first id by
# 7,919, add the second one, and keep the remainder after division by `BUCKETS`. The ids 10 and 20 give 79,210, and with the
# 50,000 buckets of the quick profile that leaves 29,210. Pairs that get the same number share a weight. Most pairs are rare,
# so they should hardly change a frequent one's ratio. This is called the hashing trick, and notebook 09 uses it again. The
# function uses only operators, so it works on NumPy arrays and on tensors alike. For single words, `1 - length or None` is
# `None`, so nothing is cut.


# %%
def phrase_numbers(ids, length):
    """The numbers of all phrases of some length: ids (..., time) -> (..., time - length + 1)."""
    found = ids[..., : 1 - length or None]
    for place in range(1, length):
        found = (found * 7_919 + ids[..., place : place + 1 - length or None]) % BUCKETS
    return found


# %% [markdown]
# The ratios themselves come from the training reviews and their labels, as in NB-SVM. Instead of a column for each phrase,
# there is a bucket for each number.


# %%
def log_count_ratios(rows, labels, length):
    """The log-count ratio behind each phrase number, (BUCKETS, 1)."""
    counts = np.ones((2, BUCKETS))
    for row, label in zip(rows, labels, strict=True):
        counts[label, np.unique(phrase_numbers(row.astype("int64"), length))] += 1
    shares = counts / counts.sum(axis=1, keepdims=True)
    return np.log(shares[1:] / shares[:1]).T.astype("float32")


# %% [markdown]
# And this is the layer that adds them up:


# %%
class SumOfRatios(layers.Layer):
    """The sum of the ratios of all words and pairs: ids (batch, time) -> (batch, 1)."""

    def build(self, shape):
        start = [keras.initializers.Constant(0.5 * each) for each in ratios]
        self.tables = [layers.Embedding(BUCKETS, 1, embeddings_initializer=each) for each in start]
        for table in self.tables:
            table.build()

    def call(self, ids):
        here, total = ops.cast(ids != 0, "float32"), 0.0
        for length, table in enumerate(self.tables, 1):
            numbers = ops.cast(phrase_numbers(ops.cast(ids, "int64"), length), "int32")
            whole = sum(here[:, place : place + 1 - length or None] for place in range(length)) > length - 0.5
            total += ops.sum(table(numbers)[..., 0] * ops.cast(whole, "float32"), axis=1, keepdims=True)
        return total / ops.sqrt(ops.sum(here, axis=1, keepdims=True) + 1)

    def compute_output_shape(self, shape):
        return shape[0], 1


# %% [markdown]
# A phrase counts only if none of its words is padding, which is what `whole` says. You divide the sum by the root of the
# number of words, so that the network isn't surer about a review merely because it is long. And the ratios start at half their
# value, which puts the sum on a scale similar to the logit from the filters.
#
# ### The whole network
#
# Two kinds of dropout keep the network from learning reviews by heart. One drops a fifth of the words of each review, so that
# a filter can't wait for one particular word. The other one, before the last layer, drops half of the filters.


# %%
class WordDropout(layers.Layer):
    """In training, replace a share of the ids by 0, the padding."""

    def __init__(self, rate, **options):
        super().__init__(**options)
        self.rate, self.seed = rate, keras.random.SeedGenerator(1)

    def call(self, ids, training=False):
        if not training:
            return ids
        return ops.where(keras.random.uniform(ops.shape(ids), seed=self.seed) < self.rate, 0, ids)


# %%
MEASURE_BATCH = 128


class Network(ByLength):
    """Reads reviews in batches by length in training (notebook 04), and also when it measures and predicts."""

    latest = None, None  # the array that evaluate has read last, and the answers

    def evaluate(self, x, y=None, **options):
        self.latest = None, None
        if y is None:  # in fit, which brings batches by length
            return super().evaluate(x, **options)
        found = self.predict(x, verbose=0)
        self.latest = x, found
        loss = ops.mean(keras.losses.binary_crossentropy(y[:, None], found))
        return {"loss": float(loss), "accuracy": np.mean((found[:, 0] > 0.5) == y)}

    def predict(self, x, batch_size=None, **options):
        (known, found), self.latest = self.latest, (None, None)
        if known is x:  # evaluate has just read the same array
            return found
        order = np.argsort((x != 0).sum(axis=1), kind="stable")
        found = np.empty((len(x), 1), "float32")
        for rows in np.split(order, range(1_600, len(x), 1_600)):
            longest = max(1, (x[rows] != 0).sum(axis=1).max())
            found[rows] = super().predict(x[rows, :longest], batch_size=MEASURE_BATCH, **options)
        return found

    def test_on_batch(self, x, y, **options):  # experiments.run first tries each model on two reviews
        return super().test_on_batch(x[:, :20], y, **options)

    def build(self, *shapes):  # Keras would replace an inherited one, and then a kept run would not be recognized
        super().build(*shapes)


# %% [markdown]
# The `ByLength` of notebook 04 saves padding while it trains and validates. `Network` also saves it on the test reviews:
# `predict` sorts them by length, cuts each group of 1,600 to the longest one of the group, and reads `MEASURE_BATCH` of them
# at a time. The answers stay the same.
#
# After each training, `experiments.run` calls `evaluate` for the score on the test reviews, and then `predict` for the
# answers. That would read all of them twice. So `evaluate` gets its answers from `predict`, computes loss and accuracy from
# them, and remembers the answers for the next call of `predict`. If you call the two yourself, don't change the weights in
# between, or you get the old answers.


# %%
def all_steps(epochs, reviews, batch):
    return epochs * -(-reviews // batch)  # rounded up, since the last batch of an epoch may be small


# %% [markdown]
# Now put the parts together. The filters end in one number, the ratios in another one, and the sum of both is the logit.


# %%
def convolution():
    ids = keras.Input((None,), dtype="int32")
    kept = WordDropout(0.2)(ids)
    found = layers.Concatenate()([OneHotConvolution(width)(kept) for width in (2, 3)])
    logit = layers.Add()([layers.Dense(1)(layers.Dropout(0.5, name="drop")(found)), SumOfRatios()(kept)])
    model = Network(ids, layers.Activation("sigmoid", name="answer")(logit))
    steps = all_steps(CONV_EPOCHS, len(y_fit), 64)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, steps * 9 // 10, warmup_target=CONV_RATE, warmup_steps=steps // 10
    )
    optimizer = SparseAdagrad(rate, initial_accumulator_value=1e-6)
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"], jit_compile=False)
    return model


# %% [markdown]
# The learning rate **warms up**: it begins at zero, rises during the first tenth of the steps, and then falls along a cosine.
# Without a warm-up, Adagrad's first steps would be its largest, because its sums are still small.
#
# The vocabulary holds the most frequent words and marks of the training reviews, and in the quick profile of the made-up ones,
# too. Id 0 is padding, 1 stands for every other word, and 2 is an end mark after each review, which the language model will
# need. If a review is longer than `LENGTH`, you keep its end. That is where people say what they think.


# %%
def words_of(review):
    """The words and punctuation marks of a review, in lower case."""
    return re.findall(SIGNS, text.clean(review))


words_of("It isn't great... it's GREAT!")

# %% [markdown]
# Count the words and keep the most frequent ones.

# %%
frequencies = Counter(word for part in ("fit", *more) for review in texts[part] for word in words_of(review))
vocabulary = ["[PAD]", "[UNK]", "[END]", *(word for word, _ in frequencies.most_common(VOCABULARY - 3))]

# %%
place = {word: number for number, word in enumerate(vocabulary)}
VOCABULARY = len(vocabulary)  # a small corpus has fewer words


# %%
def encode(review):
    return np.array([*(place.get(word, 1) for word in review), 2], dtype="int32")


# %% [markdown]
# Encode all reviews once. The convolution reads them cut and padded to `LENGTH`, and the language model will read them whole.


# %%
ids = {part: [encode(words_of(review)) for review in reviews] for part, reviews in texts.items()}
x = {part: text.pad(rows, LENGTH, side="right", keep="last") for part, rows in ids.items()}

# %%
print(
    encode(words_of("A splendiferous film!")),
    f"{np.mean(np.concatenate(ids['test']) == 1):.1%} of the test words are unknown",
)

# %% [markdown]
# *Splendiferous* is not in the vocabulary, so it became a 1, and the 2 is the end mark. The network also needs the ratios to
# begin with:

# %%
BUCKETS = max(BUCKETS, VOCABULARY)  # single words keep their ids
ratios = [log_count_ratios(ids["fit"], y_fit, length) for length in (1, 2)]
print(
    [word for word in ("excellent", "awful") if ratios[0][place.get(word, 1), 0] > 0],
    "speak for a positive review",
)

# %% [markdown]
# Everything is ready, but don't train yet. In the full profile, three seeds take about 17 minutes on one core, and the
# language model of the next section takes about 21. So you will start both together in section 3.
#
# ## 3. Pretrain: read without labels
#
# The convolution learns everything it knows about English from 22,500 labels. Each label is one bit. That is little compared
# with what you learn from reading a review of 200 words.
#
# Dai and Le (2015) had an idea: first let a recurrent network read the reviews *without* their labels and predict the next
# word. This is a language model, as in notebooks 05 and 07. Now a review of 200 words gives it about 200 predictions to learn
# from. To predict the next word well, it helps to know which words are alike, what *not* does to the words after it, and how a
# sentence goes on. After *it was not very*, for example, *good* is likelier than *the*.
#
# Then take its layers, put a classifier on top, and train the whole network on the labels. The first stage is called
# **pretraining**, the second **fine-tuning**. Howard and Ruder (2018) made this work with few labels, and today's large
# language models are trained in the same two stages.
#
# Read each stack in the figure from the bottom up. The dashed arrows show which weights are copied.

# %%
STACKS = [["words", "word vectors", "GRU", "next word"], ["words", "word vectors", "GRU", "mean, maximum", "positive?"]]
TINTS = {"words": "#F3C95F", "next word": "#5CC4A1", "positive?": "#5CC4A1"}  # inputs, outputs; all else is blue
ARROW = {"arrowstyle": "->", "color": "#666666"}

# %%
with plots.figure(
    9.0, 4.4, title="The same layers, trained twice", frame=False,
    alt="Two stacks of layers. Left, pretraining: words, word vectors, GRU, next word. Right, fine-tuning: words, word vectors, "
    "GRU, mean and maximum, positive or not. Dashed arrows copy the word vectors and the GRU from left to right.",
) as (axes,):  # fmt: skip
    for column, names in enumerate(STACKS):
        axes.text(4 * column, -0.8, ("1. pretraining", "2. fine-tuning")[column], ha="center", weight="bold")
        for row, name in enumerate(names):
            look = {"boxstyle": "round,pad=0.5", "facecolor": TINTS.get(name, "#8FCDF2"), "edgecolor": "none"}
            axes.text(4 * column, row, name, ha="center", va="center", bbox=look, color="black")
            if row:
                axes.annotate("", (4 * column, row - 0.3), (4 * column, row - 0.7), arrowprops=ARROW)
    for row in (1, 2):
        axes.annotate("copy", (3, row), (1.2, row), va="center", arrowprops=ARROW | {"linestyle": "--"})
    axes.set(xlim=(-1.5, 5.5), ylim=(-1.1, 4.6), xticks=[], yticks=[])

# %% [markdown]
# ### The text to read
#
# The published archive holds 50,000 more reviews that nobody labeled. Use them if you have them. Some copies lack them, and
# then the list is empty. In the quick profile, you read the made-up reviews instead: the 4,000 without a label, and the 1,000
# to train on, whose labels the language model doesn't see.

# %%
unlabeled = corpora.unlabeled_imdb()[:UNLABELED] if UNLABELED else []
read_besides = [row for part in more for row in ids[part]] + [encode(words_of(review)) for review in unlabeled]
print(f"{len(ids['fit'][:LABELED]):,} training reviews and {len(read_besides):,} others to read")

# %% [markdown]
# Join the reviews into one stream, and set some validation text aside for the perplexity:

# %%
stream = np.concatenate([*ids["fit"][:LABELED], *read_besides])
measure_on = np.concatenate(ids["validation"])[:PERPLEXITY_TOKENS]
print(f"{len(stream):,} tokens to read, {len(measure_on):,} to measure the perplexity on")

# %% [markdown]
# The reviews follow one another as one long text, with an end mark between them.
#
# ### The language model
#
# The model is a smaller version of notebook 07's best one. From the bottom up, it has word vectors, a GRU, and a layer that
# brings the GRU's state back to the size of a word vector. The weights are tied: the word vectors also give each word its
# logit.
#
# A softmax over all words would be most of the cost, as in notebook 07. So you train with the sampled softmax, where each
# target competes only with the most frequent words and a sample of the others. To measure, you compare it with all words.

# %% [markdown]
# For the sample, compute how frequent each word is, and from that how often you expect to draw each rare word. As in notebook
# 07, a word that you expect to draw m times loses log m from its logit. The `SAMPLE` most frequent words always compete and
# are never drawn. For them, `1e-30` stands for 0.

# %%
log_frequency = np.log((np.bincount(stream, minlength=VOCABULARY) + 1) / (len(stream) + VOCABULARY)).astype("float32")
by_frequency = np.argsort(-log_frequency, kind="stable").astype("int32")

# %%
rare = np.where(np.isin(np.arange(VOCABULARY), by_frequency[:SAMPLE]), 1e-30, np.exp(log_frequency))
log_drawn = np.log(rare / rare.sum()).astype("float32")
log_expected = np.where(rare < 1e-20, 0, log_drawn + np.log(SAMPLE)).astype("float32")


# %% [markdown]
# The layer on top is `SampledNextWord` of notebook 07 in a shorter form:


# %%
class NextWord(layers.Layer):
    """What each target costs, in nats; in training against the frequent words and a sample of the others."""

    def build(self, hidden_shape, targets_shape):
        self.seed = keras.random.SeedGenerator(42)
        self.bias = self.add_weight(shape=(VOCABULARY,), initializer=keras.initializers.Constant(log_frequency))

    def call(self, hidden, targets, training=False):
        vectors = self.vectors.embeddings * 1.0  # so that TensorFlow adds up the gradients of a word (notebook 07)
        right = ops.sum(hidden * ops.take(vectors, targets, axis=0), axis=-1) + ops.take(self.bias, targets)
        if not training:
            return ops.logsumexp(ops.matmul(hidden, ops.transpose(vectors)) + self.bias, axis=-1) - right
        drawn = ops.cast(keras.random.categorical(log_drawn[None], SAMPLE, seed=self.seed)[0], "int32")
        others = ops.concatenate([by_frequency[:SAMPLE], drawn])
        logits = ops.matmul(hidden, ops.transpose(ops.take(vectors, others, axis=0)))
        logits = logits + ops.take(self.bias - log_expected, others)
        logits = ops.where(others == targets[..., None], -1e9, logits)  # the target competes once, not twice
        return ops.logaddexp(ops.logsumexp(logits, axis=-1), right) - right

    def compute_output_shape(self, hidden_shape, targets_shape):
        return targets_shape


# %%
def mean_nats(_, nats):
    return ops.mean(nats)


class InOrder(keras.Model):
    def fit(self, *data, callbacks=(), **options):
        return super().fit(*data, shuffle=False, callbacks=[ResetState(), *callbacks], **options)


# %% [markdown]
# Now the network, from the words at the bottom to the cost of the next word at the top:


# %%
keras.utils.set_random_seed(42)
ids_in, targets = (keras.Input(batch_shape=(LM_BATCH, None), dtype="int32") for _ in range(2))
word_vectors = layers.Embedding(VOCABULARY, DIMENSIONS, name="words")

# %%
hidden = layers.SpatialDropout1D(0.1)(word_vectors(ids_in))
hidden = layers.GRU(UNITS, return_sequences=True, stateful=True, name="reader")(hidden)
hidden = layers.Dense(DIMENSIONS)(layers.SpatialDropout1D(0.1)(hidden))
next_word = NextWord()
next_word.vectors = word_vectors
language_model = InOrder([ids_in, targets], next_word(hidden, targets))

# %%
lm_train = contiguous_batches(stream, LM_BATCH, STEPS)
lm_validation = contiguous_batches(measure_on, LM_BATCH, 16)  # few steps at a time, since it compares with all words
rate = keras.optimizers.schedules.CosineDecay(LM_RATE, LM_EPOCHS * len(lm_train[0]) // LM_BATCH)
language_model.compile(keras.optimizers.Adam(rate, global_clipnorm=1.0), mean_nats, jit_compile=False)
print(f"{language_model.count_params():,} parameters, {len(lm_train[0]) // LM_BATCH:,} steps per epoch")

# %% [markdown]
# ### Train both at once
#
# `train_convolution` trains the network of section 2 from each seed. `say` prints a line after each epoch of the language model.


# %%
def say(epoch, logs):
    found = f"perplexity {np.exp(logs['val_loss']):.1f}, {logs['seconds']:.0f} s"
    tqdm.write(f"language model, epoch {epoch + 1} of {LM_EPOCHS}: {found}", file=sys.stdout)


def train_convolution():
    return experiments.run(
        {"one-hot convolution": convolution},
        SEEDS,
        train=(x["fit"], y_fit),
        validation=(x["validation"], y_validation),
        test=(x["test"], y_test),
        epochs=CONV_EPOCHS,
        batch_size=64,
        patience=CONV_EPOCHS,
        jobs=1,
        name="pretraining_convolution",
    )


# %%
folder = experiments.training_folder("pretraining", language_model, *lm_train, epochs=LM_EPOCHS)
history = keras.callbacks.CSVLogger(folder / "history.csv", append=True)
report = keras.callbacks.LambdaCallback(on_epoch_end=say)

# %% [markdown]
# The next cell calls `train_convolution` in a **thread**, a second sequence of commands within the same program. As always,
# `experiments.run` trains in a process of its own, so the thread only waits for it. `submit` returns at once, and the language
# model starts right away. On two cores, this saves a few minutes. `ThreadPoolExecutor` comes with Python. The progress bar
# belongs to the convolution. In the full profile, the cell takes about 21 minutes.
#
# The stop button doesn't reach the thread, so if you want to stop, restart the kernel. Nothing that is finished gets lost: as
# in notebook 02, finished runs are kept, and as in notebook 07, the language model goes on after its last finished epoch. So
# our stored run, which found all trainings and the counts, took less than a minute and a half. The first one took 74.

# %%
conv_training = ThreadPoolExecutor().submit(train_convolution)
fitted = language_model.fit(
    [*lm_train],
    lm_train[1],
    batch_size=LM_BATCH,
    epochs=LM_EPOCHS,
    validation_data=([*lm_validation], lm_validation[1]),
    validation_batch_size=LM_BATCH,
    verbose=0,
    callbacks=[Seconds(), history, Backup(folder / "backup"), report],
)  # fmt: skip
conv_runs = conv_training.result()

# %% [markdown]
# The last line of the cell waits for the convolution, if necessary, and fetches its runs. You will look at them at the end of
# this section.
#
# How fast does the language model learn? As in notebook 07, a perplexity of 100 means that the model is as unsure as if it
# chose among 100 equally likely words. The perplexity of a model that knows nothing at all is the number of words in the
# vocabulary.

# %%
log = pd.read_csv(folder / "history.csv").drop_duplicates("epoch", keep="last")
log = log.assign(epoch=log["epoch"] + 1, perplexity=np.exp(log["val_loss"])).set_index("epoch")

# %%
log[["seconds", "perplexity"]].round(1)

# %%
plots.lines(
    {"perplexity": (log.index, log["perplexity"])},
    title="What the language model learns",
    xlabel="epoch",
    ylabel="perplexity on validation reviews",
    alt="The perplexity of the language model on validation reviews over epochs. It falls from epoch to epoch.",
    data=imdb.provenance,
)

# %% [markdown]
# Is the curve still falling at the end? The last steps bring little in any case, because the learning rate falls to zero along
# a cosine. Training longer, with a longer cosine, could still help. Now take out what you want to keep:

# %%
assert log["perplexity"].iloc[-1] < log["perplexity"].iloc[0] < VOCABULARY / 4
learned = {name: language_model.get_layer(name).get_weights() for name in ("words", "reader")}
print({name: [weight.shape for weight in weights] for name, weights in learned.items()})

# %% [markdown]
# `learned` holds all that you carry over: one vector per word, and the weights of the GRU. Because the weights are tied, the
# word vectors were also the output vectors. What stays behind is the Dense layer above the GRU and the bias of each word.
#
# > **What we saw (full run):** The perplexity fell from 135.7 to 108.2 in four epochs, which took 21 minutes. We had no
# > unlabeled reviews.
#
# ### Back to the convolution: is it better than the bars?
#
# You need a way to compare a network that has several seeds with a linear model that has only one answer. Here is the
# calculation of notebook 04, with a formula instead of a bootstrap. Each review brings a gain: how much more often the first
# model is right than the second, averaged over seeds. If two of three seeds are right where NB-SVM is wrong, the gain is 2/3.
# The mean of the gains is the difference between the two accuracies.
#
# Other reviews or other seeds would have changed this difference. By how much? The variance of a mean is the variance of its
# terms, divided by their number. So take the variance of the gains, divided by the number of reviews. For each model with
# several seeds, add the variance of its accuracy, divided by the number of seeds. The interval reaches 1.96 times the root of
# this sum to either side. With three seeds this is rough, so don't build on an interval that only just excludes 0.


# %%
def paired(first, second):
    """Difference of two accuracies on the test reviews, and its 95% interval over reviews and seeds."""
    hits = [right(each) for each in (first, second)]
    gains = hits[0].mean(axis=0) - hits[1].mean(axis=0)
    variance = gains.var(ddof=1) / len(gains)
    for each in hits:
        variance += each.mean(axis=1).var(ddof=1) / len(each) if len(each) > 1 else 0
    reach = 1.96 * variance**0.5
    return {"difference": gains.mean(), "low": gains.mean() - reach, "high": gains.mean() + reach}


# %% [markdown]
# How well does the convolution do? The process that trained it has already run it on the test reviews, so you only fetch its
# answers. The last column leaves out each run's first epoch:


# %%
conv_summary = conv_runs.summary()
probabilities["one-hot convolution"] = experiments.kept_predictions(conv_runs, "one-hot convolution")[..., 0]
conv_summary[["parameters", "runs", "val_accuracy", "test_accuracy", "test_accuracy_std", "seconds_per_epoch"]].round(4)

# %% [markdown]
# Compare it with each of the three rivals:

# %%
compared = {rival: paired(probabilities["one-hot convolution"], probabilities[rival]) for rival in counted}

# %%
pd.DataFrame(compared).T.rename_axis("one-hot convolution minus").round(4)

# %% [markdown]
# If the interval lies above 0, the network is better than this rival. Is it better than TF-IDF, or even than NB-SVM?
#
# > **What we saw (full run):** The network reaches 0.9151, with a spread of 0.0012 over three seeds, in about 5.5 minutes per
# > seed. It is the first network of this course that is better than TF-IDF, by 0.0067, with an interval from 0.0041 to 0.0094.
# > Against NB-SVM with pairs, no difference is shown. The network holds the ratios of pairs itself, so this doesn't show that
# > the filters add anything. Triples are still ahead or level: the interval ends at 0.0000. Johnson and Zhang published 0.916
# > to 0.923 for larger models.
#
# ## 4. Fine-tune
#
# The classifier reads a review with the two pretrained layers, the word vectors and the GRU. That gives it one state per word,
# but it needs one answer per review. The last state alone would have to carry the whole review. Instead, take for each unit
# the mean and the maximum over the whole review, which is called **pooling**. From the values 0.1, 0.9 and 0.2, you keep the
# mean 0.4 and the maximum 0.9. The maximum says how strongly the unit ever responded, and the mean how strongly on average.
# Howard and Ruder (2018) use both, and the last state as well.


# %%
class Pool(layers.Layer):
    """States (batch, time, units) and ids (batch, time) -> mean and maximum over the words, (batch, 2 * units)."""

    def call(self, states, ids):
        here = ops.expand_dims(ops.cast(ids != 0, states.dtype), -1)
        mean = ops.sum(states * here, axis=1) / ops.sum(here, axis=1)
        return ops.concatenate([mean, ops.max(states - 1e9 * (1 - here), axis=1)], axis=-1)


class Last(layers.Layer):
    """The state after the last word, for comparison."""

    def call(self, states, ids):
        last = ops.sum(ops.cast(ids != 0, "int32"), axis=1) - 1
        return ops.take_along_axis(states, last[:, None, None], axis=1)[:, 0]


# %% [markdown]
# The padding comes after the words, so it does no harm if the GRU reads it: `Pool` and `Last` leave out whatever comes after
# the last word.
#
# Fine-tuning can spoil what the network has learned, if the first steps are large and the top layer still answers at random.
# So here, too, the learning rate warms up. Some recipes also use a smaller rate for the lower layers, or keep them fixed at
# first. So that you can try these in section 6, the optimizer takes two settings for each layer: its share of the learning
# rate, and the step at which it begins to learn.


# %%
class AdamByLayer(keras.optimizers.Adam):
    """Adam with a share of the learning rate for each layer, which begins to learn at its own step."""

    def __init__(self, rate, shares, **options):
        super().__init__(rate, **options)
        self.shares = shares

    def update_step(self, gradient, variable, learning_rate):
        path = self._trainable_variables[self._get_variable_index(variable)].path
        share, begin = next((each for name, each in self.shares.items() if name in path), (1.0, 0))
        now = ops.cast(self.iterations >= begin, "float32")
        super().update_step(gradient, variable, learning_rate * share * now)


# %% [markdown]
# Here is the classifier. `words` and `reader` say which of the two layers begin with what the language model has learned.


# %%
def classifier(steps, *, words=True, reader=True, trainable=True, shares=None, pool=Pool):
    """A network that reads reviews, from pretrained word vectors and GRU or from scratch."""
    ids = keras.Input((None,), dtype="int32")
    vectors = layers.Embedding(VOCABULARY, DIMENSIONS, name="words", trainable=trainable)
    gru = layers.GRU(UNITS, return_sequences=True, name="reader", trainable=trainable)
    states = gru(layers.SpatialDropout1D(0.3, name="drop_units")(vectors(ids)))
    found = layers.Dropout(0.3, name="drop")(pool(name="pooled")(states, ids))
    model = Network(ids, layers.Dense(1, activation="sigmoid", name="answer")(found))
    for layer in [vectors] * words + [gru] * reader:
        layer.set_weights(learned[layer.name])
    return compiled(model, steps, shares or {})


# %%
def compiled(model, steps, shares):
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps * 9 // 10, warmup_target=RATE, warmup_steps=steps // 10
    )
    optimizer = AdamByLayer(schedule, shares, clipnorm=1.0)
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"], jit_compile=False)
    return model


# %% [markdown]
# To see what pretraining is worth, train the same network from scratch with the same labels, epochs and batches. Only the
# initial weights differ. This is a narrow question: what is pretraining worth for the same few epochs? A network that starts
# at random might need more of them, so check in the next figure whether its validation loss is still falling at the end.
#
# Keep the lengths in mind when you compare with the models above: NB-SVM reads whole reviews, the convolution the last
# `LENGTH` words, and the GRU the last `READ`.

# %%
read = {part: text.pad(rows, READ, side="right", keep="last") for part, rows in ids.items()}

# %%
steps = all_steps(EPOCHS, len(y_fit), 64)
runs = experiments.run(
    {"from scratch": partial(classifier, steps, words=False, reader=False), "pretrained": partial(classifier, steps)},
    SEEDS,
    train=(read["fit"], y_fit),
    validation=(read["validation"], y_validation),
    test=(read["test"], y_test),
    epochs=EPOCHS,
    batch_size=64,
    patience=EPOCHS,
    name="pretraining_all",
)

# %% [markdown]
# Put the networks into one table with the convolution:

# %%
for name in ("from scratch", "pretrained"):
    probabilities[name] = experiments.kept_predictions(runs, name)[..., 0]
summary = pd.concat([conv_summary, runs.summary()])
summary[["parameters", "runs", "val_accuracy", "test_accuracy", "test_accuracy_std", "seconds_per_epoch"]].round(4)

# %%
plots.learning_curves(
    runs.table,
    metric="loss",
    ylabel="loss, nats",
    title="Fine-tuning against training from scratch",
    alt="Training and validation loss over epochs, from scratch and pretrained.",
    data=imdb.provenance,
)

# %% [markdown]
# Compare them pair by pair again, on the same test reviews:

# %%
best = summary["val_accuracy"].idxmax()
against = {("pretrained", "from scratch"): paired(probabilities["pretrained"], probabilities["from scratch"])}
rivals = product((best, "pretrained"), counted)
against |= {pair: paired(*(probabilities[name] for name in pair)) for pair in rivals}

# %%
pd.DataFrame(against).T.rename_axis(["first", "second"]).round(4)

# %%
assert against[best, "TF-IDF"]["low"] > 0 or not enough

# %% [markdown]
# In the quick profile, the pretrained network may even be behind: there are labels enough for so few words, and most of the
# reviews that the language model read were made up. Section 5 shows where reading pays.
#
# `best` is the network with the highest validation accuracy. The first line tells you what pretraining is worth when there are
# many labels. The others tell you whether the best network and the pretrained one have passed the bars.
#
# > **What we saw (full run):** 0.9127 pretrained and 0.8943 from scratch. The difference of 0.0184 has an interval from 0.0140
# > to 0.0228. Both validation losses were still falling, from scratch faster, so part of the difference may be a lack of
# > epochs. The pretrained network is just ahead of TF-IDF, by 0.0043, with an interval from 0.0005 to 0.0081. So a recurrent
# > network may pass it with two epochs on 400 words, but the interval only just excludes 0. Triples stay ahead. The best
# > network on validation is the convolution.
#
# ## 5. Few labels
#
# 22,500 labels are a luxury. Somebody had to read 22,500 reviews and label them, and for your own task that may be you.
# Pretraining needs no labels, so it should help most where labels are few. Train both networks again with fewer labels, from
# three seeds each, or from one in the quick profile, which uses the made-up reviews here. To save time, you measure these
# networks on the first `MEASURED` test reviews only, and validate them on at most 250 reviews.
#
# All seeds get the same labeled reviews. So with three seeds, the interval covers the luck of the seed and of the test reviews,
# but not the choice of the labeled reviews. With one seed, it covers the test reviews only. And with 50 or 100 labels, the
# choice matters a lot. The validation reviews have labels, too. They only choose the epoch, but somebody with so few labels
# would not have them.
#
# With `MIDDLE` labels, the same cell trains more networks. In section 6, they will show you which part of the recipe matters.
# The quick profile trains only the first of them.
#
# - *words only* copies the word vectors and lets the GRU begin at random.
# - *frozen* copies both and trains nothing but the last layer. The others get `trainable = False`.
# - *unfreezing* begins like that, lets the GRU learn after a quarter of the steps, and the word vectors after half of them.
# - *rates by layer* gives the GRU 1/2.6 of the learning rate and the word vectors 1/2.6 of that, the factor of Howard and
#   Ruder.
# - *last state* has no pooling.


# %%
ALWAYS = ["from scratch", "pretrained"]


def few_models(steps, names):
    """The models of this section by name."""
    later = {"reader": (1.0, steps // 4), "words": (1.0, steps // 2)}
    by_layer = {"reader": (1 / 2.6, 0), "words": (1 / 2.6**2, 0)}
    options = {"from scratch": {"words": False, "reader": False}, "pretrained": {}, "words only": {"reader": False}}
    options |= {"frozen": {"trainable": False}, "unfreezing": {"shares": later}}
    options |= {"rates by layer": {"shares": by_layer}, "last state": {"pool": Last}}
    return {name: partial(classifier, steps, **options[name]) for name in names}


# %%
def train_few(labels, epochs, batch):
    return experiments.run(
        few_models(all_steps(epochs, labels, batch), ALWAYS + WAYS * (labels == MIDDLE)),
        SEEDS,
        train=(read[kind + "fit"][:labels], y[kind + "fit"][:labels]),
        validation=(read[kind + "validation"][:250], y[kind + "validation"][:250]),
        test=(read[kind + "test"][:MEASURED], y[kind + "test"][:MEASURED]),
        epochs=epochs,
        batch_size=batch,
        patience=epochs,
        name="pretraining_few",
    )


# %%
few_runs = {labels: train_few(labels, epochs, batch) for labels, (epochs, batch) in FEW.items()}

# %% [markdown]
# Now draw the curve. In the full profile, its last point uses all labels. To keep it comparable, this point is also measured on
# the first `MEASURED` test reviews, so it differs a little from the accuracy in section 4.

# %%
measured = pd.concat([each.summary().assign(labels=labels) for labels, each in few_runs.items()]).reset_index()
curve = measured.pivot(index="labels", columns="model", values="test_accuracy")[ALWAYS]
if not kind:
    curve.loc[len(y_fit)] = [right(probabilities[name])[:, :MEASURED].mean() for name in curve]

# %% [markdown]
# **Predict first.** How many labels does the network from scratch need, in the full run, until it is about as good as the
# pretrained one is with 1,000? The quick profile has fewer labels, so there you find the answer in the box *What we saw*.
#
# <details><summary>A. About 1,000, since both learn from the same labels</summary>
# Both see the same labels, but one of them already knows which words are alike. It need not learn that from 1,000 answers.
# Compare the two columns in the row of 1,000.
# </details>
# <details><summary>B. About 2,000</summary>
# Then all that reading would be worth no more than another 1,000 labels. Go down the column <em>from scratch</em> in the table
# below until you find the value that the pretrained network has at 1,000.
# </details>
# <details><summary>C. About 5,000</summary>
# Yes, for these few epochs. Each label is one bit, and reading teaches which words are alike without any label. So the network
# from scratch has to learn that from answers, one bit at a time. Find the two accuracies in the table below.
# </details>
# <details><summary>D. More than all 22,500</summary>
# Then labels could not replace reading at all. But a network can also learn from labels which words are alike, only more
# slowly. Look at how far the column <em>from scratch</em> gets.
# </details>

# %%
curve.round(3)

# %%
plots.lines(
    {name: (curve.index, 1 - curve[name]) for name in curve},
    title=f"Few labels, many labels{', made-up reviews' * bool(kind)}",
    xlabel="labels",
    ylabel="share of wrong answers",
    log=True,
    alt="Share of wrong answers against the number of labels, both axes logarithmic, for a network from scratch and a pretrained "
    "one. Both fall with more labels.",
    data=None if kind else imdb.provenance,
)

# %% [markdown]
# And the intervals, one row for each number of labels. Here both models are networks, so you can use `compare`, the bootstrap
# of notebook 04:

# %%
gains = {labels: each.compare("pretrained", "from scratch") for labels, each in few_runs.items()}
pd.DataFrame(gains).T.rename_axis("labels")

# %%
assert gains[MIDDLE]["low"] > 0 or not enough

# %% [markdown]
# Where are the two curves far apart, and where do they come close? In the figure, 10⁻¹ on the left is one wrong answer in ten,
# and equal distances are equal ratios. Pretraining and labels can replace each other to some degree: pick a point on the
# pretrained curve and go right until you meet the other one. There you read off how many labels the network from scratch needs
# to be as good. In the quick profile, too, the curves come closer with more labels. With 400 labels, most of the 120 words occur
# in several of the labeled reviews, so there is less left to learn from reading.
#
# > **What we saw (full run):** With 1,000 labels, 0.843 pretrained and 0.776 from scratch, and with 5,000 labels 0.889 and
# > 0.850. So for these epochs, 1,000 labels after reading are worth nearly as much as 5,000 without. With 5,000 labels, five
# > of the six runs were best in the last of two epochs, so more might help. With 100 labels, 0.731 and 0.594. The seeds are
# > far apart there, so the interval is wide, from about 0.05 to 0.25. From few labels to all, the gain is about 14, 7, 4 and
# > 1.5 points.
#
# ## 6. What did it?
#
# Compare the ways to train with `MIDDLE` labels. Each dot is one seed, and the orange bar marks the mean.

# %%
table = few_runs[MIDDLE].table
plots.strip_plot(
    table[table["best"]],
    {"test_accuracy": "test accuracy"},
    title=f"{MIDDLE:,} labels, different ways{', made-up reviews' * bool(kind)}",
    alt="Test accuracy of networks trained in different ways on the same few labels. One dot per seed.",
    data=None if kind else imdb.provenance,
)

# %% [markdown]
# And each of them against the plain recipe, *pretrained*:

# %%
others = ["from scratch", *WAYS]
pd.DataFrame([few_runs[MIDDLE].compare("pretrained", name) for name in others]).round(
    {"difference": 3, "low": 3, "high": 3}
)

# %% [markdown]
# Read the table line by line. If you see a positive difference, the plain recipe, which copies both layers and trains all of
# them at one rate, does better. What do the word vectors alone bring? Is it enough to train the last layer on top of layers
# that never saw a label? And do gentler steps help? The last two questions need the full profile.
#
# > **What we saw (full run):** Word vectors alone bring about two thirds of the gain of 0.067, and the pretrained GRU the
# > other 0.021. Frozen layers are 0.093 worse, on average even worse than no pretraining. But all three seeds were best in
# > the last epoch, so more epochs may help. For unfreezing one after the other, no difference is shown, and smaller rates
# > for the lower layers were 0.028 worse in so few steps. The last state did no worse than pooling. It was even a little
# > ahead, but the interval only just excludes 0.
#
# ### What the word vectors learned
#
# In this language model, one vector serves as input and as output. So two words become alike if they tend to come before the
# same words, and after the same words. *Good* and *bad* fit into the same sentences, so for a language model they are
# neighbors. For a classifier they are opposites. Look at the nearest words by the angle between vectors, before and after
# fine-tuning, and in the network that was trained from scratch.


# %%
def nearest(vectors, word, how_many=4):
    """The words with the most similar vectors, among the 5,000 most frequent."""
    unit = vectors[3:5_000] / np.linalg.norm(vectors[3:5_000], axis=1, keepdims=True)
    close = np.argsort(-unit @ unit[place[word] - 3])
    return ", ".join(vocabulary[number + 3] for number in close[1 : how_many + 1])


# %%
tuned, scratch = (runs.load(name, SEEDS[0]) for name in ("pretrained", "from scratch"))
stages = {"pretrained": learned["words"][0], "fine-tuned": tuned.get_layer("words").get_weights()[0]}
stages["from scratch"] = scratch.get_layer("words").get_weights()[0]

# %%
asked = ["good", "awful", "boring", "actor", "film", "he", *(invented[:, :2].flat if kind else [])]
asked = [word for word in asked if 2 < place.get(word, 0) < 5_000]
pd.DataFrame({name: {word: nearest(vectors, word) for word in asked} for name, vectors in stages.items()})

# %% [markdown]
# Compare the columns. Has pretraining put words of one kind together, such as actors with actors? Are the neighbors from
# scratch related at all, apart from words of praise and criticism? And how much did fine-tuning change?
#
# In the quick profile, the last four rows are invented words, two of criticism and two of praise. Look at the column
# *pretrained* only, since the two classifiers were trained in section 4 and never saw these words. Do the words of criticism
# share a neighbor with the words of praise? The next cell counts, for all 120 invented words, what share of their neighbors
# are invented words of the same kind. In the full profile, it prints nothing.

# %%
for name, words in zip(("criticism", "praise"), invented if kind else (), strict=False):
    found = [nearest(learned["words"][0], word).split(", ") for word in words if word in place]
    print(f"{np.isin(found, words).mean():.0%} of the neighbors of invented {name} are invented {name}, too")

# %% [markdown]
# If all neighbors were invented words, but both kinds were mixed at random, you would see about half. The language model never
# saw a label.
#
# > **What we saw (full run):** Before fine-tuning, *good* is close to *great*, *decent* and *bad*. After it, *bad* and
# > *decent* are gone, and *fine* and *clever* are new. *Boring* has moved toward *stupid* and *pointless*. From scratch, the
# > neighbors of *actor* and *film* are chance.
#
# ### Does it see *not* now?
#
# In notebook 01, two sentences with the same words fooled TF-IDF. In section 1 you asked NB-SVM about them, and about a new
# pair. Now ask three networks.

# %%
print(*(f"{name}: {sentence}" for name, sentence in sentences.items()), sep="\n")
own = text.pad([encode(words_of(each)) for each in sentences.values()], 20, side="right")
conv = conv_runs.load("one-hot convolution", SEEDS[0])

# %% [markdown]
# **Predict first.** The fine-tuned network is right on nine in ten reviews in the full run. Which of the four models puts the
# praise above the criticism in both pairs of sentences?
#
# <details><summary>A. Only the fine-tuned network</summary>
# It has met <em>not</em> many thousand times, and it learned what comes after it. But whether it uses that for its verdict
# depends on the labels. How often does a long review hang on a single <em>not</em>?
# </details>
# <details><summary>B. None of them</summary>
# Yes. They learned from long reviews, which mostly say the same thing many times. So they could be right without looking at
# the word order of any single sentence. Look in the table for a model that gets at least one of the two pairs right.
# </details>
# <details><summary>C. NB-SVM and the fine-tuned network</summary>
# Both can tell <em>not boring</em> from <em>boring</em>. But NB-SVM adds up all phrases, and some of them mislead. The pair
# <em>brilliant ,</em> may well speak for praise, but only the criticism has it.
# </details>

# %%
for name, model in {"one-hot convolution": conv, "from scratch": scratch, "fine-tuned": tuned}.items():
    answers[name] = model.predict(own, verbose=0)[:, 0]
pd.DataFrame(answers, index=sentences).round(2)

# %% [markdown]
# Each number is the probability of *positive*. Read the table in pairs: praise should be above criticism. To see which words
# decide, leave out one word at a time, as in notebook 04, and note how far the answer moves. Near 0 and 1 a probability can
# hardly move, so measure on the scale of log-odds. A blue word raises the answer, and an orange one lowers it.


# %%
def log_odds(model, lists):
    answers = model.predict(text.pad([encode(each) for each in lists], 20, side="right"), verbose=0)[:, 0]
    return np.log(answers + 1e-7) - np.log(1 - answers + 1e-7)


def occlusion(model, sentence):
    """The words of a sentence, and how far each of them moves the answer."""
    review = words_of(sentence)
    moved = log_odds(model, [review] + [review[:at] + review[at + 1 :] for at in range(len(review))])
    return review, moved[0] - moved[1:]


# %%
plots.attributions(
    {name: occlusion(tuned, sentences[name]) for name in ("praise", "criticism")},
    legend="change of the log-odds",
    title="What each word does to the fine-tuned network",
    alt="Two sentences with one box per word, blue if the word raises the answer and orange if it lowers it.",
    data=imdb.provenance,
)

# %% [markdown]
# > **What we saw (full run):** Partly. Look at *not* in the picture. It raises the answer before *boring* and lowers it,
# > even more strongly, before *brilliant*. So the fine-tuned network reads the *not* together with what follows. But it
# > still puts the pair in the wrong order: the praise gets 0.12 and the criticism 0.16. The other pair is the wrong way
# > around, too. The convolution and the network from scratch get the first pair right, NB-SVM doesn't. No model gets the
# > second one right. Reviews are long and mostly say the same thing many times, so a network can be right on nine in ten of
# > them and still fail on a single short sentence.
#
# ## 7. Together
#
# NB-SVM counts phrases, the convolution looks for the one strongest phrase of each kind, and the recurrent network reads from
# left to right. If they make different mistakes, the mean of their probabilities can be better than each of them. Mesnil et
# al. (2014) reached 0.9257 with a weighted mean of NB-SVM, a recurrent language model and sentence vectors. To keep it simple,
# you give each model the same weight.

# %%
team = ["NB-SVM, triples", "one-hot convolution", "pretrained"]
votes = {name: probabilities[name].reshape(-1, len(y_test)) for name in team}


def ensemble(*names):
    """The mean of the probabilities, (seeds, reviews); seed 0 of one goes with seed 0 of the other."""
    return np.mean(np.broadcast_arrays(*(votes[name] for name in names)), axis=0)


# %% [markdown]
# Try each pair, all three, and all three with all their seeds:


# %%
teams = {" + ".join(two): ensemble(*two) for two in combinations(team, 2)} | {"all three": ensemble(*team)}
teams["all three, all seeds"] = teams["all three"].mean(axis=0)
scores = {name: right(each).mean(axis=1) for name, each in (votes | teams).items()}

# %% [markdown]
# **Predict first.** Which two of the three are the best pair in the full run?
#
# <details><summary>A. NB-SVM and the pretrained network</summary>
# Yes. The pretrained network is the weakest of the three alone, but it reads in another way than NB-SVM does, so each can be
# right where the other one fails. Compare the three pairs in the table below.
# </details>
# <details><summary>B. NB-SVM and the convolution</summary>
# These are the two best ones alone. But a partner helps only on reviews that you get wrong yourself, and this network holds
# the log-count ratios of NB-SVM. On which reviews would it know better?
# </details>
# <details><summary>C. The convolution and the pretrained network</summary>
# They read in very different ways, and that helps. But NB-SVM and the pretrained network are just as different, and NB-SVM is
# right more often than the convolution.
# </details>

# %%
pd.DataFrame({name: {"test accuracy": each.mean(), "spread": each.std(ddof=1) if len(each) > 1 else np.nan}
              for name, each in scores.items()}).T.round(4)  # fmt: skip

# %% [markdown]
# Here, *one-hot convolution* means filters plus ratios, so expect it to share mistakes with NB-SVM. Is the team better than
# each of its members?

# %%
pd.DataFrame({f"all three minus {name}": paired(teams["all three"], votes[name]) for name in team}).T.round(4)

# %%
assert scores["all three"].mean() > max(scores[name].mean() for name in team) or runtime.profile() == "quick"

# %% [markdown]
# In the last two lines, the team contains the network that it is compared with, from the same seed. They vary together, and
# the formula adds their variances as if they didn't, so these two intervals are a little too wide.
#
# Why does it work? Look at which of the three are right on which reviews. Take one seed of each. An empty cell on the left
# repeats the entry above it.

# %%
first = pd.DataFrame({name: np.where(right(each)[0], "right", "wrong") for name, each in votes.items()})
first["all three"] = right(teams["all three"])[0]
groups = first.groupby(team)["all three"].agg(["size", "mean"]).sort_values("size", ascending=False)

# %%
groups.set_axis(["reviews", "the three together are right"], axis=1).round(2)

# %% [markdown]
# And how often do two of them fail together?

# %%
alone = {name: [np.mean([wrong[row] for row in np.flatnonzero(~right(votes[name])[0])])
                for wrong in (~right(votes[other])[0] for other in team)] for name in team}  # fmt: skip
pd.DataFrame(alone, index=[f"{name} is wrong, too" for name in team]).round(2)

# %% [markdown]
# The first table counts the reviews by which models are right on them. Two models that are right can outvote the third, unless
# it is much surer than they are. The last column says how often the team is right. In the second table, read down a column:
# given that this model is wrong, how often are the others wrong as well? The diagonal is 1, of course. The lower the other
# numbers, the more a team of about equally good models can gain.
#
# > **What we saw (full run):** Together they reach 0.9272, which is 0.0093 better than NB-SVM alone, with an interval from
# > 0.0069 to 0.0118. Mesnil et al. reached 0.9257. The recurrent network brings most: when NB-SVM is wrong, the convolution is
# > wrong in 0.73 of the cases, and the pretrained GRU in only 0.57. If only one of the three is right, the team follows the
# > GRU in 0.41 of the cases, NB-SVM in 0.16, and the convolution in 0.14. If you average the three seeds of each network
# > first, you get 0.9279.
#
# ## 8. What does accuracy cost?
#
# Finally, put time and memory next to the accuracy. For a network, you count the minutes of one seed. For the pretrained
# network, you add those of the pretraining, and for the team, those of all members. The networks were trained side by side,
# each on about one core. The minutes of a linear model include the counting of the training reviews, which the three of them
# shared. So read the minutes as an order of magnitude.


# %%
def minutes_of(found, name):
    """Minutes of one training, the mean over seeds."""
    return found.table[found.table["model"] == name].groupby("seed")["seconds"].sum().mean() / 60


# %%
minutes["one-hot convolution"] = minutes_of(conv_runs, "one-hot convolution")
minutes["from scratch"] = minutes_of(runs, "from scratch")
minutes["pretrained"] = minutes_of(runs, "pretrained") + log["seconds"].sum() / 60
minutes["all three"] = sum(minutes[name] for name in team)

# %% [markdown]
# How much memory does each model take? A linear model keeps two numbers of 8 bytes for each column: its weight, and the ratio
# or the IDF. A network keeps 4 bytes for each parameter. Each model also needs its list of words or phrases, which isn't
# counted here. And in training, Adagrad remembers one more number for each parameter, and Adam two.

# %%
megabytes = dict(bars["columns"] * 16 / 1e6) | dict(summary["parameters"] * 4 / 1e6)
megabytes["all three"] = sum(megabytes[name] for name in team)

# %% [markdown]
# Now everything side by side:

# %%
reached = {name: right(each).mean() for name, each in (probabilities | {"all three": teams["all three"]}).items()}
cost = pd.DataFrame({"minutes": minutes, "megabytes": megabytes, "test accuracy": reached}).sort_values("minutes")
cost.round({"minutes": 2, "megabytes": 1, "test accuracy": 4})

# %%
with plots.figure(
    xlabel="minutes of training, logarithmic", ylabel="test accuracy", title="What accuracy costs", data=imdb.provenance,
    alt="One dot for each way: test accuracy against minutes of training, on a logarithmic axis. The linear models are on the left.",
) as (axes,):  # fmt: skip
    axes.semilogx(cost["minutes"], cost["test accuracy"], "o")
    for name, row in cost.iterrows():
        axes.annotate(f" {name}", row[["minutes", "test accuracy"]], va="center")
    axes.set_xlim(cost["minutes"].min() / 1.5, cost["minutes"].max() * 8)

# %% [markdown]
# For each dot, look to its left. If another dot there is at least as high, its model is cheaper and no worse, so you can cross
# this one out. What remains are the models worth considering. And if you may use a model that somebody else has pretrained on
# far more text, you can go well beyond all of this: Howard and Ruder (2018) reported 0.954 with two LSTMs, one for each
# direction, that had first read Wikipedia and then movie reviews.
#
# > **What we saw (full run):** NB-SVM with triples takes half a minute and is beaten only by teams. The convolution takes
# > 5.5 minutes and the pretrained network 28, and neither is better than NB-SVM. All three together take 34 minutes. The
# > convolution also keeps 183 megabytes of weights, eleven times as much as the pretrained network. What remains is NB-SVM,
# > with pairs or triples, and the team. So if you have a laptop and many labels, count phrases first.
#
# ## Recap
#
# - The log-count ratio of a phrase says which side it speaks for. With it, logistic regression on words, pairs and triples is
#   much harder to beat than TF-IDF. You can also put these ratios into a network.
# - A convolution on one-hot words is a sum of look-ups. With only the winners' gradients and only the rows that were looked
#   up, 45 million weights can be trained on a laptop.
# - Pretraining teaches a network the language without labels. Fine-tuning continues from its weights, with a learning rate
#   that warms up.
# - In our full run, pretraining was worth more with 1,000 labels than with all of them. Measure how many labels it replaces.
# - Pooling takes the mean and the maximum over all states. The last state may do as well. Measure it.
# - Models that make different mistakes are better together.
# - A comparison needs the same reviews, several seeds, and an interval. Report the minutes, too.

# %% [markdown]
# ## Exercises
#
# Start with those [with checked answers](exercises/08_pretraining.ipynb). A [solution](solutions/08_pretraining.ipynb) is one
# click away. Then try these, which have no check:
#
# 1. Write a review that the fine-tuned network gets wrong and NB-SVM gets right, and one the other way around. To ask NB-SVM,
#    run the cell that calls `count` again, which fetches the counter from disk, and use `triples`.
# 2. Pretrain for one epoch only. How much of the gain with few labels is left?
# 3. Give the language model the test reviews to read as well, without their labels. Would that be fair?
# 4. Put one-hot filters of width 1 into the convolution. Then leave out width 3. What changes?
# 5. Fine-tune the language model of this notebook on the headlines of notebook 04. Do movie reviews help with news?

# %% [markdown]
# ## Further reading
#
# - Wang and Manning, [Baselines and bigrams: simple, good sentiment and topic
#   classification](https://aclanthology.org/P12-2018/), 2012: NB-SVM.
# - Mesnil et al., [Ensemble of generative and discriminative techniques for sentiment analysis of movie
#   reviews](https://arxiv.org/abs/1412.5335), 2014: triples, and the team.
# - Johnson and Zhang, [Effective use of word order for text categorization with convolutional neural
#   networks](https://arxiv.org/abs/1412.1058), 2015: convolution on one-hot words.
# - Duchi, Hazan and Singer, [Adaptive subgradient methods](https://jmlr.org/papers/v12/duchi11a.html), 2011: Adagrad.
# - Dai and Le, [Semi-supervised sequence learning](https://arxiv.org/abs/1511.01432), 2015: a recurrent network that reads
#   first.
# - Howard and Ruder, [Universal language model fine-tuning for text classification](https://arxiv.org/abs/1801.06146), 2018:
#   how to fine-tune with few labels.

# %%
runtime.finish(
    imdb.provenance,
    notebook="pretraining",
    headline=f"test accuracy: TF-IDF {reached['TF-IDF']:.3f}, NB-SVM {reached['NB-SVM, triples']:.3f}, one-hot convolution "
    f"{reached['one-hot convolution']:.3f}, pretrained GRU {reached['pretrained']:.3f} (from scratch "
    f"{reached['from scratch']:.3f}), together {reached['all three']:.3f}",
)
