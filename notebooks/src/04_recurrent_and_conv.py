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
# # 04 · SimpleRNN, LSTM, GRU and Conv1D compared
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/sequence-models-for-text/course/blob/main/notebooks/04_recurrent_and_conv.ipynb)
#
# Which layer should read a text? Many courses answer with a table, often from one run per model and with settings that differ
# from row to row. In this notebook you make a fairer table. Every model gets the same reviews, the same words, the same
# budget, the same dropout and the same seeds. The bars to beat are two baselines that need no network: a bag of words and a
# stronger one. The full profile repeats every run from three seeds. The quick profile has one seed, so treat its table as a
# rehearsal. Then you take the models apart and look for reasons why they rank as they do.
#
# **By the end of this notebook, you will be able to**
#
# - compare models fairly, and spot a table that was not made fairly
# - pad and mask so that padding cannot change an answer
# - say how much time you save if you build batches from reviews of similar length
# - find the words that moved a model's answer, and write sentences that fool it
#
# **Time:** about an hour and a quarter to study. The computer needs about a minute in the quick profile. In the full profile it
# needs about 35 minutes on two CPU cores the first time, and five minutes on later runs, which reuse the saved results. A GPU
# with fused kernels (notebook 03) speeds up LSTM and GRU but not SimpleRNN.
#
# **New words** are explained in the [glossary](https://github.com/sequence-models-for-text/course/blob/main/docs/glossary.md),
# in English and Korean. To practice, open the [exercises with checked answers](exercises/04_recurrent_and_conv.ipynb).

# %%
# On Colab this installs the course's helpers; elsewhere it does nothing.
import sys

if "google.colab" in sys.modules:
    print("Colab: installing the course's helpers")
    # %pip install -q --no-deps git+https://github.com/sequence-models-for-text/course
    # %pip install -q pooch tokenizers

# %%
from course_utils import corpora, experiments, plots, runtime, text
from course_utils.batches import BatchesByLength, ByLength

runtime.start(seed=42)

# %% [markdown]
# Before the usual imports, we silence one warning that would come up later.

# %%
import logging

# Each new length of text has to be compiled, and TensorFlow warns about it.
logging.getLogger("tensorflow").setLevel("ERROR")

# %%
import keras
import numpy as np
import pandas as pd
from keras import layers, ops

# %% [markdown]
# These are the settings of both profiles. The quick one is made for the small sample of reviews that comes with the course:
# short texts, few words, one seed. The full one is made for the 50,000 reviews of IMDB. In the contest of section 3, recurrent
# layers have `UNITS` units unless the text says otherwise. You will meet the other settings where they are used.

# %%
TRAIN, TEST, WORDS, LENGTH, DIMENSIONS, SEEDS = runtime.pick(
    quick=(4_000, 1_000, 600, 40, 32, [0]), full=(25_000, 25_000, 10_000, 256, 32, [0, 1, 2])
)
UNITS, EPOCHS, BATCH, RATE, PATIENCE = runtime.pick(quick=(32, 6, 64, 3e-3, 4), full=(16, 40, 128, 1e-3, 2))
# COMPILE switches on XLA, a compiler. It pays off in long trainings only.
COMPILE, LONG = runtime.pick(quick=(False, 80), full=(True, 600))
WIDE, FEW, LAB_EPOCHS, BY_LENGTH, LENGTH_EPOCHS = runtime.pick(
    quick=(80, 1_000, 3, 1_600, 2), full=(400, 2_000, 4, 5_000, 3)
)

# %% [markdown]
# ## 1. A table that misleads
#
# The study notes that this course grew out of compare four models on IMDB. They use embeddings of 16 numbers, 120 tokens, 10
# epochs, and one run for each model:
#
# | model | parameters | validation accuracy, best → last | seconds per epoch |
# |---|---|---|---|
# | Flatten DNN | 171,533 | 0.85 → 0.80 | 5 |
# | bidirectional LSTM(32) | 30,129 | 0.85 → 0.82 | 43 |
# | bidirectional GRU(32) | 169,997 | 0.85 → 0.80 | 20 |
# | Conv1D(128, 5), global average | 171,149 | 0.85 → 0.825 | 6 |
#
# A few words about the names in the table:
#
# - *DNN* means deep neural network, here two Dense layers. Before them, `Flatten` lays all vectors of a review end to end in
#   one long row. *ReLU*, the function between the two layers, turns negative numbers into 0.
# - `Conv1D(128, 5)` turns each window of five words into 128 numbers, and the global average is their mean over all windows.
#
# The accuracies are those of the best epoch and of the last one, so a fall from one to the other is a sign of overfitting.
#
# Look at the second row. Why should the LSTM need less than a fifth of the GRU's parameters? Rebuild all four and look where
# the parameters are.


# %%
def published(words, hidden, *reader):
    start = [keras.Input((120,)), layers.Embedding(words, 16)]
    end = [layers.Dense(hidden, activation="relu"), layers.Dense(1, activation="sigmoid")]
    return keras.Sequential([*start, *reader, *end])


# %% [markdown]
# **Predict first.** The row of the LSTM has 30,129 parameters and that of the GRU has 169,997. Both layers have 32 units in
# each direction. Where does the difference come from?
#
# <details><summary>A. From the words: the LSTM's embedding has fewer of them</summary>
# Yes. An embedding has one row for each word, so a tenth of the words needs a tenth of the parameters. Compare the two numbers
# of each line in the output below.
# </details>
# <details><summary>B. From the cell: an LSTM has fewer sets of weights than a GRU</summary>
# Think back to notebook 03, where you counted the sets. Which of the two cells has three of them, and which has four?
# </details>
# <details><summary>C. From the directions: the LSTM's two directions share their weights</summary>
# In notebook 03, a bidirectional layer was two layers with separate parameters. Does that depend on the cell?
# </details>

# %%
# NBVAL_CHECK_OUTPUT
tutorial = {
    "Flatten DNN": published(10_000, 6, layers.Flatten()),
    "bidirectional LSTM": published(1_000, 24, layers.Bidirectional(layers.LSTM(32))),
    "bidirectional GRU": published(10_000, 6, layers.Bidirectional(layers.GRU(32))),
    "Conv1D": published(10_000, 6, layers.Conv1D(128, 5), layers.GlobalAveragePooling1D()),
}
for name, model in tutorial.items():
    print(f"{name:<18} {model.count_params():>7,}, of these in the embedding {model.layers[0].count_params():>7,}")
assert [model.count_params() for model in tutorial.values()] == [171_533, 30_129, 169_997, 171_149]

# %% [markdown]
# There it is. The model in the LSTM row had a vocabulary of 1,000 words, and the others had 10,000. Its head, which means the
# Dense layers at the end, was four times as wide. If it overfits less than the GRU, the reason may be the words it never saw.
# You cannot tell from this table, and with one run per model you cannot tell how much is luck either. Let's do it again, with
# the same rules for all.
#
# ## 2. The same reviews for every model
#
# Every model learns from 80% of the training reviews. The other 20% choose its best epoch. Each review keeps its last `LENGTH`
# tokens, since the verdict tends to come last. Shorter reviews are padded on the right, and section 4 shows you why on that
# side.

# %%
from sklearn.model_selection import train_test_split

imdb = corpora.subset(corpora.load_imdb(), train=TRAIN, test=TEST)
fit_texts, validation_texts, y_train, y_validation = train_test_split(
    imdb.train_texts, imdb.train_labels, test_size=0.2, stratify=imdb.train_labels, random_state=42
)
parts = {"train": fit_texts, "validation": validation_texts, "test": imdb.test_texts}
print(imdb.provenance)
enough = imdb.provenance.is_sample or runtime.profile() == "full"

# %% [markdown]
# `enough` is False only for the quick profile on the real reviews. It reads too few of them, so we skip some checks there.
#
# The vocabulary is the `WORDS` most frequent words of the 80%. So validation and test reviews contain words that the model does
# not know, just as tomorrow's reviews will.

# %%
tokenizer = text.word_tokenizer(fit_texts, WORDS)
ids = {name: text.encode(tokenizer, texts) for name, texts in parts.items()}
x = {name: text.pad(rows, LENGTH, side="right", keep="last") for name, rows in ids.items()}
print({name: rows.shape for name, rows in x.items()})

# %% [markdown]
# How much of the reviews fits into `LENGTH` tokens?

# %%
lengths = np.array([len(row) for row in ids["train"]])
kept = x["train"].astype(bool).sum() / lengths.sum()
print(f"reviews that fit whole into {LENGTH} tokens: {np.mean(lengths <= LENGTH):.0%}; tokens kept: {kept:.0%}")

# %% [markdown]
# > **What we saw (full run):** 71% of the reviews fit whole into 256 tokens, and 77% of all tokens are kept.
#
# ### Do unseen words explain overfitting?
#
# "Text overfits more than images," say the same notes, "because validation contains words that were never seen in training."
# You can count such words. There are two kinds: tokens that are not in the vocabulary, and tokens that appear in no training
# review at all.

# %%
everything = text.word_tokenizer(fit_texts, 10**6)
rates = [text.oov_rate(words, validation_texts) for words in (tokenizer, everything)]
print(f"outside the {WORDS:,} words: {rates[0]:.2%} of the validation tokens")
print(f"in no training review:   {rates[1]:.2%}, of {everything.get_vocab_size():,} words")

# %% [markdown]
# The second share is much smaller than the first. Most words that the model does not know, if not all of them, did occur in
# training, only too rarely to enter the vocabulary. Keep both shares in mind. Once you have a trained model, you can check
# whether it fails where unknown words are.
#
# > **What we saw (full run):** 5.90% of the validation tokens are outside the 10,000 words. Only 0.73% appear in no training
# > review. So about one in eight of the unknown tokens is a word that training never showed. That alone does not settle
# > whether such words cause overfitting. You can test it in exercise 5.
#
# ### Two bars to beat
#
# The **bag-of-words baseline** is nearly the one of notebook 01: TF-IDF over words and pairs of words, then logistic
# regression. The differences are that its `C` is fixed here and that words of one letter are dropped. It learns from the same
# 80%.
#
# It has two advantages over the networks: it reads each review as a whole, and it is not limited to the most frequent words.
# It also has one handicap. It knows which words and pairs occur and how often, but apart from the pairs it knows nothing about
# their order.

# %%
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline


# %%
def new_bag(C):
    counter = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, preprocessor=text.clean)
    return make_pipeline(counter, LogisticRegression(C=C, max_iter=1_000))


# %%
bag = new_bag(C=30).fit(fit_texts, y_train)
bag_accuracy = bag.score(imdb.test_texts, imdb.test_labels)
print(f"TF-IDF baseline, test: {bag_accuracy:.3f}")

# %% [markdown]
# A comparison is only as good as its baseline, so here is a stronger one. Wang and Manning introduced it in 2012 as
# **NB-SVM**. It asks one question about each word, pair or triple: how much more common is it in positive reviews than in
# negative ones? The answer is a ratio, and its logarithm becomes the phrase's number. Take 100 reviews of each kind and a few
# phrases:
#
# | found in positive reviews | found in negative reviews | ratio | log-count ratio |
# |---|---|---|---|
# | 30 | 10 | 3 | ln 3 = +1.1 |
# | 20 | 20 | 1 | ln 1 = 0 |
# | 10 | 30 | 1/3 | ln 1/3 = −1.1 |
#
# A review becomes a row of numbers. Each phrase that occurs in it contributes its log-count ratio, however often it occurs,
# and all other phrases contribute 0. A linear classifier learns from these rows.
#
# Wang and Manning used a support vector machine, hence the SVM in the name. NB stands for naive Bayes, an older method that
# adds up such ratios without learning a weight for each. We use logistic regression, as Mesnil and colleagues did in 2014.
#
# The code adds 1 to every count, so that you never divide by 0. It also divides each count by the sum of all counts in reviews
# of that kind, in case one kind of review is longer than the other.


# %%
from scipy.sparse import vstack
from sklearn.base import BaseEstimator, TransformerMixin, clone


class LogCountRatio(TransformerMixin, BaseEstimator):
    """Multiply each column by the log of its share in positive reviews over its share in negative ones."""

    def fit(self, presence, labels):
        counts = {kind: 1 + np.asarray(presence[labels == kind].sum(axis=0)).ravel() for kind in (1, 0)}
        self.ratio_ = np.log(counts[1] / counts[1].sum()) - np.log(counts[0] / counts[0].sum())
        return self

    def transform(self, presence):
        return presence.multiply(self.ratio_).tocsr()


# %% [markdown]
# `binary=True` notes only whether a phrase occurs. The pattern treats punctuation marks as separate words. An exclamation mark
# is a clue, and a period tells you where a phrase ends. In our trials, the marks alone were worth about half a point.

# %%
signs = r"[\w']+|[^\w\s]"
phrases = CountVectorizer(ngram_range=(1, 3), min_df=2, binary=True, token_pattern=signs, preprocessor=text.clean)
present = {"train": phrases.fit_transform(fit_texts)}
present |= {part: phrases.transform(parts[part]) for part in ("validation", "test")}

# %% [markdown]
# The classifier's setting `C` says how freely it may fit the training reviews. Let the validation reviews choose it. Then use
# the test reviews, only once:


# %%
def new_nb_svm(C):
    linear = LogisticRegression(C=C, solver="liblinear", dual=True, max_iter=1_000, random_state=0)
    return make_pipeline(LogCountRatio(), linear)


# %%
tried = {C: new_nb_svm(C).fit(present["train"], y_train) for C in (0.03, 0.1, 0.3, 1, 3)}
C = max(tried, key=lambda C: tried[C].score(present["validation"], y_validation))
nb_svm, nb_accuracy = tried[C], tried[C].score(present["test"], imdb.test_labels)
print(f"NB-SVM over {present['train'].shape[1]:,} words, pairs and triples, C = {C}, test: {nb_accuracy:.3f}")

# %% [markdown]
# Published figures come from all training reviews, so let it learn from the validation reviews as well, with the same
# vocabulary and the same `C`:

# %%
everybody = vstack([present["train"], present["validation"]]), np.concatenate([y_train, y_validation])
everybody_accuracy = new_nb_svm(C).fit(*everybody).score(present["test"], imdb.test_labels)
print(f"NB-SVM that learned from all reviews, test: {everybody_accuracy:.4f}")

# %% [markdown]
# The networks of the contest learn from the 80%, so the bar they have to beat is the first figure of each baseline.
#
# > **What we saw (full run):** TF-IDF reaches 0.903. That is a little below the 0.907 of notebook 01, whose baseline learned
# > from all reviews, had its `C` chosen and kept short words. NB-SVM reaches 0.916, and 0.9178 with all 25,000 reviews. Wang
# > and Manning published 91.22% for words and pairs, Mesnil and colleagues 91.87% with triples as well. Outside of this
# > notebook we got their 91.87%, too, when we counted phrases in all 25,000 reviews and set `C` to 1.
#
# ## 3. The contest
#
# All models share their beginning and their end, and differ in what lies between. We call that middle part the reader. A few
# terms before you look at the code:
#
# - `mask_zero` tells the next layers which steps are padding. Recurrent layers and averages listen to it. Convolutions cannot.
# - **Dropout** sets randomly chosen numbers to zero during training, so that the network cannot rely on any single one.
#   `SpatialDropout1D` sets an entire embedding dimension to zero for the whole review. It is also fast. Under XLA on a CPU,
#   ordinary dropout makes an epoch many times as slow, since it draws a random number for each number in each token's
#   embedding.
# - The **gradient** says in which direction, and how strongly, each weight should change. `global_clipnorm` limits its length
#   to 1. Notebook 03 shows what happens without a limit.


# %%
def classifier(reader, mask=True, compiled=COMPILE, length=LENGTH):
    def build():
        tokens = keras.Input((length,), dtype="int32")
        vectors = layers.Embedding(WORDS, DIMENSIONS, mask_zero=mask)(tokens)
        features = reader(layers.SpatialDropout1D(0.3)(vectors))
        model = keras.Model(tokens, layers.Dense(1, activation="sigmoid")(features))
        optimizer = keras.optimizers.Adam(RATE, global_clipnorm=1.0)
        model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"], jit_compile=compiled)
        return model

    return build


# %% [markdown]
# Now the readers themselves. Here are the first two. `flatten` has separate weights for every position. `average` ignores the
# order of the words. The third, a convolution, sees only a few neighbors at a time, and the picture after this cell shows how:


# %%
def flatten(vectors):
    return layers.Dense(6, activation="relu")(layers.Flatten()(vectors))


def average(vectors):
    return layers.GlobalAveragePooling1D()(vectors)


# %% [markdown]
# ![A filter reads six windows of three words, the last two with padding. The mean and the maximum of its numbers are above.](pictures/convolution_windows.png)
#
# Read it from the bottom up. A **filter** gives one number for each window of neighboring words, and **pooling** turns these
# numbers into one. The numbers here are made up. Our convolution has 64 filters, reads windows of five words and takes the
# mean, in which windows with padding count, too. The maximum is for exercise 3.


# %%
def conv(vectors):
    return layers.GlobalAveragePooling1D()(layers.Conv1D(64, 5, activation="relu")(vectors))


# %% [markdown]
# Most of the recurrent readers are a single layer that answers from its last state. In one reader, a GRU passes on all its
# steps instead, and the answer comes from their average. You can compare it with the plain GRU later, since nothing else
# differs between the two.


# %%
def averaged_gru(vectors):
    return layers.GlobalAveragePooling1D()(layers.GRU(UNITS, return_sequences=True)(vectors))


# %% [markdown]
# Stacks need one more thing: a layer that feeds another must return all its steps.

# %% [markdown]
# ![Two LSTM layers. The lower one passes its state up at every word, and only the last state of the upper one goes on.](pictures/stacked.png)
#
# Read it from the bottom up. With `return_sequences=True`, the lower layer hands on its state after every word, so the upper
# one has something to read at each step. Some of our readers, in stacks or alone, are also bidirectional. The next picture
# shows what that means.

# %% [markdown]
# ![One chain of states runs from left to right, another from right to left. For each word, both states are joined.](pictures/bidirectional.png)
#
# Each word goes into two layers that read in opposite directions, and their two states at that word are joined. If the layer
# returns only its last step, it joins the two states with the orange frames. At these two, each direction has read all the words.

# %% [markdown]
# The first stack below copies the study notes' classifier, but with `UNITS` units instead of 64, so that the comparison is
# fair.
#
# > **What we saw (full run):** We also tried that stack with all 64 units, outside of this contest. An epoch took 76 seconds,
# > and two seeds reached 0.838 and 0.862.


# %%
def stacked_simple(vectors):  # two bidirectional layers, then one that reads forward
    for _ in range(2):
        vectors = layers.Bidirectional(layers.SimpleRNN(UNITS, return_sequences=True))(vectors)
    return layers.SimpleRNN(UNITS)(vectors)


def stacked_lstm(vectors):
    return layers.LSTM(UNITS)(layers.LSTM(UNITS, return_sequences=True)(vectors))


# %% [markdown]
# And here is a **hybrid**. Convolutions find phrases. Pooling replaces every ten steps by their mean, which shortens the text
# to less than a tenth. A bidirectional GRU reads what is left. It gets no additional dropout. The only dropout is the one in
# `classifier`, which is the same for every model.


# %%
def hybrid(vectors):
    phrases = layers.AveragePooling1D(10)(layers.Conv1D(32, 5, activation="relu")(vectors))
    read = layers.Bidirectional(layers.GRU(UNITS, return_sequences=True))(phrases)
    return layers.GlobalAveragePooling1D()(read)


# %%
models = {
    "Flatten DNN": classifier(flatten, mask=False, compiled=False),
    "average": classifier(average),
    "SimpleRNN": classifier(lambda vectors: layers.SimpleRNN(UNITS)(vectors)),
    "3 SimpleRNN": classifier(stacked_simple),
    "LSTM": classifier(lambda vectors: layers.LSTM(UNITS)(vectors)),
    "2 LSTM": classifier(stacked_lstm),
    "bi-LSTM": classifier(lambda vectors: layers.Bidirectional(layers.LSTM(UNITS))(vectors)),
    "GRU": classifier(lambda vectors: layers.GRU(UNITS)(vectors)),
    "GRU, averaged": classifier(averaged_gru),
    "bi-GRU": classifier(lambda vectors: layers.Bidirectional(layers.GRU(UNITS))(vectors)),
    "Conv1D": classifier(conv, mask=False, compiled=False),
    "hybrid": classifier(hybrid, mask=False, compiled=False),
}
five = ["average", "SimpleRNN", "GRU", "Conv1D", "hybrid"]
models = {name: models[name] for name in runtime.pick(quick=five, full=models)}

# %% [markdown]
# The full profile trains all twelve models from three seeds each, which makes 36 runs. The quick profile trains five of them
# from one seed. `experiments.run` trains several at a time on a CPU, keeps every finished run, and continues where it stopped
# if you interrupt it. A run ends after `EPOCHS` epochs, or earlier if the validation loss has not improved for `PATIENCE`
# epochs. Each model is then tested with the weights of its best epoch. If that is the last epoch, the model might have improved
# further.
#
# This is the longest cell of the notebook. It takes well under a minute in the quick profile and about 22 minutes in the full
# one.

# %% [markdown]
# **Predict first.** Think of the full run, on the 50,000 reviews of IMDB. Who gets the most test reviews right?
#
# <details><summary>A. A network that reads in both directions</summary>
# A second direction did help the GRU in the full run. But how often does a long review repeat its verdict, and how much of that
# depends on the order of the words?
# </details>
# <details><summary>B. One of the two baselines</summary>
# Yes. A long review gives its verdict in many words, so counting words and short phrases goes far. The baselines also read the
# whole review. Compare the networks with the dashed lines in the figure below. On our sample it is the other way around,
# because it was written so that order decides.
# </details>
# <details><summary>C. A network with several recurrent layers</summary>
# More layers can learn more, but they learn it from the same reviews. In the full run, neither stack is shown to be better than
# a single layer of its kind. Look for both in the table of intervals below.
# </details>
# <details><summary>D. Conv1D, which finds telling phrases</summary>
# In the full run it is among the best networks. But which of its rivals knows phrases as well, and reads the whole review?
# </details>

# %%
runs = experiments.run(
    models,
    seeds=SEEDS,
    train=(x["train"], y_train),
    validation=(x["validation"], y_validation),
    test=(x["test"], imdb.test_labels),
    epochs=EPOCHS,
    batch_size=BATCH,
    patience=PATIENCE,
    name="recurrent_and_conv",
)

# %% [markdown]
# Read the table from left to right. It shows size, accuracy with its spread over seeds, seconds per epoch, the best epoch, and
# `overfit`: the training accuracy of the last epoch minus its validation accuracy. With several seeds you see means. With a
# single seed there is no spread, so you see `NaN`. The seconds are a median over epochs. Don't read much into small gaps in
# `overfit`: the models stop after different numbers of epochs, and dropout lowers the training accuracy.
#
# The last column says which models ran under XLA, a compiler. Only the full profile uses it, and there each model gets the
# setting that is faster for it. When we timed every model both ways, XLA made most recurrent models and the average about
# twice as fast or better. It made next to no difference to Flatten DNN, the hybrid and the three SimpleRNN layers, and it
# slowed Conv1D down. So Flatten DNN, Conv1D and the hybrid run without it. The calculation is the same up to rounding, so XLA
# favors no model. But don't compare seconds between a row with `True` and a row with `False`.

# %%
table = runs.summary()
table["XLA"] = [build().jit_compile for build in models.values()]
table.drop(columns=["runs", "failed"]).round(3)

# %% [markdown]
# The next figure shows accuracy and overfitting, with one dot for each seed and a bar at the mean. The dashed lines are the
# two baselines. In the left panel, farther right is better. In the right panel, farther right means more overfitting.

# %%
each_run = runs.table[runs.table["best"]].set_index(["model", "seed"])[["test_accuracy"]]
last = runs.table.groupby(["model", "seed"])[["accuracy", "val_accuracy"]].last()
each_run["overfit"] = last["accuracy"] - last["val_accuracy"]

# %%
plots.strip_plot(
    each_run.reset_index(),
    {"test_accuracy": "test accuracy", "overfit": "overfitting (accuracy)"},
    marks={"TF-IDF": bag_accuracy, "NB-SVM": nb_accuracy},
    title=f"{len(models)} models, the same reviews, words and budget",
    alt="Test accuracy and overfitting of each model. Each dot is one seed, and a bar marks the mean. "
    f"{(table['test_accuracy'] > bag_accuracy).sum()} of the {len(models)} models lie to the right of the dashed line "
    f"of TF-IDF, and {(table['test_accuracy'] > nb_accuracy).sum()} to the right of that of NB-SVM.",
    data=imdb.provenance,
)

# %%
no_reader = table.index.intersection(["Flatten DNN", "average"])
reads_order = table["test_accuracy"].drop(no_reader)
gap = {name: reads_order.max() - bar for name, bar in {"TF-IDF": bag_accuracy, "NB-SVM": nb_accuracy}.items()}
print(f"best network that reads order: {reads_order.idxmax()},", *(f"{gap[bar]:+.3f} from {bar}" for bar in gap))
if imdb.provenance.is_sample and runtime.profile() == "quick":
    assert gap["TF-IDF"] >= 0.08 and gap["NB-SVM"] > 0, "the sample was written so that order decides"
if not imdb.provenance.is_sample and runtime.profile() == "full":
    assert table["test_accuracy"].max() < min(bag_accuracy, nb_accuracy), "on IMDB, counting words wins"

# %% [markdown]
# Look at the dashed lines first. Which networks get past them, if any, depends on the reviews. The cell above checks the first
# of the following two statements in the quick profile on the sample, and the second in the full profile on IMDB:
#
# - **The sample was written so that order decides.** Many of its opinions come in pairs such as *They sold it as dull, and I
#   see it as brilliant* and *I see it as dull, and they sold it as brilliant*. Both contain the same words and nearly the same
#   pairs of words, so counting hardly tells them apart. On the other reviews counting works, which keeps the baselines far
#   above chance. A network that reads order well beats TF-IDF by a wide margin. NB-SVM comes closer, since its triples
#   preserve a little order, but the best network is ahead of it, too.
# - **On IMDB, counting beats these networks**, which are small, read 256 tokens and start from random weights. A likely reason
#   is that long reviews repeat their verdict in many words. In the full run no network reaches either line.
#
# ### Which differences are real?
#
# So "which layer is best?" has no answer until you say for which text. And how sure can you be that one model is better than
# another on the same text? Two accuracies from one test set are not enough, since each may have been lucky on some reviews.
# Nor is it enough that the means lie farther apart than the dots of one model.
#
# What helps is to compare the two models review by review. Suppose one is right on 880 of 1,000 reviews and the other on 870.
# If they disagree on only ten reviews, and the first is right on all ten, that is hardly luck. If they disagree on 200, and
# the first is right on 105 of these, it may well be luck.
#
# This is what `runs.compare` does. It looks at the *same* test reviews for both models and takes the difference review by
# review. Then it redraws reviews and seeds at random 2,000 times, which is called a **bootstrap**. From these draws it gets an
# interval for the difference, which runs from `low` to `high` in the table below. Each draw takes one seed fewer than there
# are, because with so few seeds a full redraw makes the interval too narrow. If the interval contains 0, no difference is
# shown. That is not the same as *equal*. With a single seed, the interval covers only the luck of the reviews.

# %%
best, second = table["test_accuracy"].nlargest(2).index
pairs = [(best, second), (best, "SimpleRNN"), ("GRU", "SimpleRNN"), ("Conv1D", "SimpleRNN"), ("LSTM", "GRU")]
pairs += [("3 SimpleRNN", "SimpleRNN"), ("2 LSTM", "LSTM"), ("bi-LSTM", "LSTM"), ("bi-GRU", "GRU")]
pairs += [("GRU, averaged", "GRU"), ("average", "GRU, averaged"), ("average", "bi-GRU"), ("average", "Conv1D")]
found = {pair: runs.compare(*pair) for pair in dict.fromkeys(pairs) if set(pair) <= set(models)}
assert min(found[pair].low for pair in pairs[1:4]) > 0 or not enough, "better than SimpleRNN, interval and all"
pd.DataFrame({f"{one} minus {other}": each for (one, other), each in found.items()}).T.infer_objects().round(3)

# %% [markdown]
# Read the verdicts before you name a winner. Each interval is built to miss the truth only once in twenty times. With only
# three seeds it may miss more often, we chose the first pair because its results stood out, and among a dozen intervals one
# miss is no surprise. So don't build on an interval that only just excludes 0. The differences are computed before rounding,
# so the last digit may not match the table above.
#
# `runs.compare` knows only networks. For the baselines, here is the same calculation in a few lines. It takes two tables with
# one row per seed and one column per review, filled with 1 where the answer is right and 0 where it is wrong. A baseline has
# one row.


# %%
def paired(first, second, draws=2_000):
    """Return the difference of two mean accuracies, (seeds, reviews) each, and its 95% interval."""
    rng, size, found = np.random.default_rng(0), first.shape[1], []
    for _ in range(draws):
        weight = rng.multinomial(size, np.full(size, 1 / size)) / size  # how often each review is drawn
        drawn = [rng.integers(len(each), size=max(1, len(each) - 1)) for each in (first, second)]
        one, other = ((each @ weight)[seeds].mean() for each, seeds in zip((first, second), drawn, strict=True))
        found.append(one - other)
    low, high = np.quantile(found, [0.025, 0.975])
    verdict = "no difference shown" if low <= 0 <= high else "better" if low > 0 else "worse"
    return {"difference": first.mean() - second.mean(), "low": low, "high": high, "verdict": verdict}


# %%
def hits(trainings, name, rows, labels):
    guesses = [trainings.load(name, seed).predict(rows, batch_size=500, verbose=0)[:, 0] > 0.5 for seed in SEEDS]
    return (np.stack(guesses) == labels).astype(float)


def against(name, first, rivals):
    found = {f"{name} minus {rival}": paired(first, each) for rival, each in rivals.items()}
    return pd.DataFrame(found).T.infer_objects().round(3)


# %%
bars = {"TF-IDF": bag.predict(imdb.test_texts), "NB-SVM": nb_svm.predict(present["test"])}
bars = {name: np.array([answers == imdb.test_labels], dtype=float) for name, answers in bars.items()}
right = {name: hits(runs, name, x["test"], imdb.test_labels) for name in (best, second)}
assert np.isclose(paired(right[best], right[second])["low"], found[best, second].low, atol=1e-3), "one method"
pd.concat([against(name, right[name], bars) for name in right])

# %% [markdown]
# What else do the figure and the tables show?
#
# - **SimpleRNN is behind the GRU and Conv1D**, and both intervals lie above 0. It rewrites its entire state at every step and
#   has no gate that could carry a part of it over unchanged. Notebook 03 measured how much arrives. Conv1D never sees more than
#   five words at once, yet many phrases fit into five words.
# - **The average is the yardstick for order.** It knows which words occur and nothing about their order. A network that reads
#   order is worth its cost only if it beats the average. Do all of yours? In the full run, none is shown to.
#
# > **What we saw (full run):**
# >
# > - **On IMDB, nothing reached the dashed lines.** TF-IDF at 0.903 and NB-SVM at 0.916 beat all twelve networks. They read
# >   whole reviews, and the networks only 256 tokens. The best network, the average, was 0.034 behind NB-SVM, and its
# >   interval is far from 0.
# > - **The leading models average over the steps.** The average reached 0.882, Conv1D 0.881 and the hybrid 0.879. Between
# >   average and Conv1D no difference is shown. The average beat the best network that answers from its *last* state, the
# >   bidirectional GRU, by 0.008, and the interval lies above 0. Is it the averaging alone? A GRU whose steps are averaged
# >   reached 0.856, against 0.863 for the plain one. The interval of that difference only just excludes 0, so don't build on
# >   it, but it shows no gain, where we had expected one. So averaging by itself does not explain the lead. One candidate is
# >   that none of the three carries a state over hundreds of steps, but we did not test it. The average needed twenty epochs
# >   where the others needed two to five.
# > - **SimpleRNN was last** at 0.850. Three layers of it reached 0.854, and no difference is shown, although each epoch took
# >   more than ten times as long.
# > - **LSTM or GRU?** No difference is shown between 0.866 and 0.863, and none between one LSTM layer and two. That does not
# >   prove that they are equal. The intervals reach about a point to either side. A second direction lifted the GRU to
# >   0.875, and that interval lies above 0. For the LSTM, at 0.871 with two directions, no difference is shown.
# > - **Overfitting** hit all of them. Flatten DNN, with separate weights for every position in the review, overfitted by eleven
# >   points and the others by five to seven. The study notes say that the GRU overfits most and the convolution least. They
# >   look at the fall of the validation accuracy, which is another measure. By ours, two seeds of Conv1D overfitted more than
# >   the GRU's three, and one less. So our runs do not confirm that order.
#
# ### Unseen words, again
#
# Sort the test reviews by their share of words that the vocabulary lacks and cut them into four equal groups. The share is
# counted in the last `LENGTH` tokens, which is what the GRU reads. How often is the GRU right in each group, and by how much
# does each baseline lead? `sem`, the standard error of the mean, tells you how far a lead may be off by luck.

# %%
unknown = (x["test"] == 1).sum(axis=1) / (x["test"] > 0).sum(axis=1)  # id 1 stands for every unknown word
correct = hits(runs, "GRU", x["test"], imdb.test_labels).mean(axis=0)
groups = pd.DataFrame({"unknown words": unknown, "GRU right": correct})
groups = groups.assign(**{f"{name} leads by": row[0] - correct for name, row in bars.items()})

# %%
quarters = pd.qcut(groups["unknown words"].rank(method="first"), 4, labels=["fewest", "few", "many", "most"])
groups.groupby(quarters, observed=True).agg(["mean", "sem"]).drop(columns=[("unknown words", "sem")]).round(3)

# %% [markdown]
# Look at all four rows.
#
# - If the GRU hardly falls, the words it does not know matter little to it.
# - If it falls and the lead stays, the reviews in the last group are probably harder for everyone.
# - If it falls and the lead grows, unknown words may be part of the problem, since the baselines build larger vocabularies for
#   themselves.
#
# The lead should change by about three times its `sem` before you read anything into it. And do unknown words explain
# *overfitting*, the gap between training and validation? That is a different question. You can answer it in exercise 5 at the
# end of this notebook.
#
# > **What we saw (full run):** The GRU was right less often, the more words it did not know: 0.893 in the first group and
# > 0.828 in the last. The lead of TF-IDF grew from 0.034 to 0.048 and that of NB-SVM from 0.046 to 0.066. Add lead and GRU,
# > and you see the baselines fall, too: TF-IDF by about 5 points and NB-SVM by 4.5, where the GRU falls by 6.5. So most of the
# > fall is probably due to the reviews. For the rest, unknown words may be the reason, but the groups may differ in other ways
# > as well. The growth is about five times its `sem` for NB-SVM. For TF-IDF it is 3.5 times, which is borderline.
#
# ### What if it may read more?
#
# The networks saw only `LENGTH` tokens of each review. The hybrid makes a text more than ten times shorter before its GRU
# reads it, so it can afford more: `LONG` tokens, which is enough for most reviews.

# %%
long_x = {name: text.pad(rows, LONG, side="right") for name, rows in ids.items()}
print(f"reviews that fit whole into {LONG} tokens: {np.mean(lengths <= LONG):.0%}")
long_runs = experiments.run(
    {"hybrid, long": classifier(hybrid, mask=False, compiled=False, length=LONG)},
    seeds=SEEDS,
    train=(long_x["train"], y_train),
    validation=(long_x["validation"], y_validation),
    test=(long_x["test"], imdb.test_labels),
    epochs=EPOCHS,
    batch_size=BATCH,
    patience=PATIENCE,
    name="recurrent_and_conv",
)

# %% [markdown]
# How far does it get?

# %%
long_table = long_runs.summary()
columns = ["val_accuracy", "test_accuracy", "test_accuracy_std", "seconds_per_epoch"]
assert long_table["test_accuracy"].iloc[0] > table["test_accuracy"]["hybrid"] - 0.02 or not enough
pd.concat([table.loc[["hybrid"], columns], long_table[columns]]).round(4)

# %%
longer = hits(long_runs, "hybrid, long", long_x["test"], imdb.test_labels)
rivals = {"hybrid": hits(runs, "hybrid", x["test"], imdb.test_labels)} | bars
against("hybrid, long", longer, rivals)

# %% [markdown]
# Read the verdicts. Did the additional text help? It can help with new clues, with more evidence for the same verdict, and with
# more text to learn from.
#
# > **What we saw (full run):** With 600 tokens the hybrid rises from 0.879 to 0.885, and the interval of the gain, 0.002 to
# > 0.011, lies above 0, though not by much for three seeds. So part of the hybrid's gap to the baselines was probably text
# > that it did not get to read. Almost two points remain to TF-IDF and three to NB-SVM, although 95% of the training reviews
# > now fit.
#
# ## 4. Where the padding goes
#
# Reviews differ in length, but a batch is a rectangle. Something must fill it. The filling can go on the left or on the right,
# and you can tell the layer which steps are padding with a **mask**, or not tell it. That makes four ways. Which of them can
# work? You will try each on a few reviews, padded to `WIDE` steps. The full profile tries an LSTM as well as a GRU. Guess
# first.

# %%
sides = {
    side: [text.pad(ids[part][:FEW], WIDE, side=side) for part in ("train", "validation")] for side in ("left", "right")
}


# %% [markdown]
# The same small network serves for all four ways. Only the side and the mask change, and in the full profile also the cell.
# The validation accuracy is enough to judge by. The same reviews also choose the best epoch, so these accuracies are slightly
# flattering, in all ways alike. For gaps as large as these, that does not matter.


# %%
def padded(cell, mask):
    def build():
        tokens = keras.Input((None,), dtype="int32")
        features = cell(16)(layers.Embedding(WORDS, 16, mask_zero=mask)(tokens))
        model = keras.Model(tokens, layers.Dense(1, activation="sigmoid")(features))
        model.compile(keras.optimizers.Adam(3e-3), "binary_crossentropy", metrics=["accuracy"], jit_compile=COMPILE)
        return model

    return build


# %% [markdown]
# **Predict first.** Which of the four ways will do hardly better than a guess?
#
# <details><summary>A. Padding on the left without a mask</summary>
# Here the zeros come first and the review last. What does the last state know best, what it read long ago or what it has just
# read?
# </details>
# <details><summary>B. Both ways without a mask</summary>
# Follow the state step by step. On which side do the zeros come between the last word and the answer?
# </details>
# <details><summary>C. Padding on the right without a mask</summary>
# Yes. The last state answers, and since the review ended it has read nothing but zeros. Compare this way with the other three
# in the output below.
# </details>
# <details><summary>D. None of them, because a zero adds nothing</summary>
# To an embedding, 0 is an id like any other. It has a vector, and without a mask the network reads it at every step. Can the
# state stay as it is?
# </details>

# %%
ways = {"GRU, no mask": padded(layers.GRU, False), "GRU, masked": padded(layers.GRU, True)}
if runtime.profile() == "full":
    ways |= {"LSTM, no mask": padded(layers.LSTM, False), "LSTM, masked": padded(layers.LSTM, True)}


def try_side(side):
    print("padding on the", side)
    labels = y_train[:FEW], y_validation[:FEW]
    train, validation = zip(sides[side], labels, strict=True)
    return experiments.run(ways, SEEDS, train, validation, epochs=LAB_EPOCHS, name="padding")


padding = {side: try_side(side) for side in sides}

# %% [markdown]
# Did you write down your guess? Here are the accuracies for each side. With several seeds they are means, with their spread
# beside them.

# %%
columns = ["val_accuracy", "val_accuracy_std"]
sides_table = pd.concat({side: each.summary()[columns] for side, each in padding.items()}, axis=1)
mean = {side: sides_table[side]["val_accuracy"] for side in sides}
assert (
    mean["right"]["GRU, no mask"] + 0.05 < min(mean["right"]["GRU, masked"], mean["left"]["GRU, no mask"]) or not enough
)
sides_table.round(3)

# %% [markdown]
# **Padding on the right without a mask stays near chance.** The last state is the one that answers. By then it has read a long
# row of zeros since the review ended, and it has forgotten the review. On the left without a mask, the zeros come first and
# the last word comes last, so the network learns. With a mask, the side should not matter. Compare each masked cell's two
# columns: they should agree, up to rounding errors, which training can magnify.
#
# What does a missing mask cost on the left? A few seeds on so few reviews cannot tell you. Don't compare GRU with LSTM either,
# since so few reviews and epochs say little about which cell is better.
#
# > **What we saw (full run):** On the right without a mask, all seeds of both cells reached, at their best epoch, between
# > 0.515 and 0.521. On the left, the LSTM had 0.754 ± 0.063 without a mask and 0.803 ± 0.023 with one, and the GRU 0.656 ±
# > 0.033 and 0.645 ± 0.011. One cell did better with a mask and one without. So we know neither that unmasked padding on the
# > left does harm nor that it doesn't. The masked GRU's two columns agreed in every digit. Two of the masked LSTM's seeds
# > agreed too, and the third differed by four points, perhaps because small data and many steps magnify rounding errors.
#
# Three models of the contest seem to break this rule. Conv1D, the hybrid and Flatten DNN have right padding and no mask, and
# still do well. None of them answers from a last state. The first two take the mean over all steps, and Flatten DNN has weights
# for every position, so what they found inside the review still counts.
#
# Then why not pad on the left and forget about masks? Because the fused kernel of a GPU accepts a mask only if the padding is
# on the *right*. Notebook 03 lists its conditions. On such a GPU, a mask with padding on the left raises an error inside `fit`.
# On a CPU it works, as you just saw. **Mask, and pad right.** That works everywhere for recurrent layers and averages. Notebook
# 06 does it, too, and notebook 05 has no padding at all.
#
# ### A test worth keeping
#
# For a masked model, more padding must change nothing. You don't have to believe that. You can test it: take fifty reviews,
# and then the same fifty with a hundred more zeros after them.

# %%
few = sides["right"][1][:50]
wider = np.pad(few, ((0, 0), (0, 100)))
readers = {way: padding["right"].load(way, SEEDS[0]) for way in ("GRU, masked", "GRU, no mask")}
answers = {way: [ops.convert_to_numpy(model(rows)) for rows in (few, wider)] for way, model in readers.items()}

# %%
assert np.allclose(*answers["GRU, masked"], atol=1e-5)
moved = np.abs(np.subtract(*answers["GRU, no mask"])).max()
print(f"without a mask an answer moves by up to {moved:.4f}")

# %% [markdown]
# The masked answers stay the same, or the assertion would have stopped you. Without the mask, a probability moves by up to the
# amount printed above, although not a single word of the review has changed.
#
# ## 5. Batches by length
#
# A mask keeps padding from changing the answer, but the network still spends time on it. On any device you can save most of
# these steps. Sort the reviews by length, and make each batch hardly wider than its longest review. `BatchesByLength` does
# this and shuffles each epoch. A `ByLength` model is a `keras.Model` whose `fit` uses such batches. Its rival always gets all
# `WIDE` steps. How much faster should the `ByLength` model be? The share of padding tells you.
#
# XLA is off for both. It would compile each new length, which takes longer than these short epochs.

# %%
wide = {part: text.pad(ids[part][:BY_LENGTH], WIDE, side="right") for part in ("train", "validation")}
sorted_batches = BatchesByLength(wide["train"], y_train[:BY_LENGTH], 64)
filling = 1 - wide["train"].astype(bool).mean()
sorted_filling = 1 - sorted_batches.lengths.sum() / sum(batch.size for batch, _ in sorted_batches)
print(f"padding at {WIDE} steps: {filling:.0%}; in batches by length: {sorted_filling:.0%}")
assert sorted_filling < filling / 2 or not enough


# %% [markdown]
# You build one GRU as an ordinary `keras.Model` and once more as a `ByLength` model. Nothing else differs.


# %%
def wide_reader(kind):
    def build():
        tokens = keras.Input((None,), dtype="int32")
        features = layers.GRU(UNITS)(layers.Embedding(WORDS, DIMENSIONS, mask_zero=True)(tokens))
        model = kind(tokens, layers.Dense(1, activation="sigmoid")(features))
        optimizer = keras.optimizers.Adam(2e-3, global_clipnorm=1.0)
        model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"], jit_compile=False)  # see above
        return model

    return build


# %%
speed = experiments.run(
    {f"{WIDE} steps": wide_reader(keras.Model), "by length": wide_reader(ByLength)},
    SEEDS,
    train=(wide["train"], y_train[:BY_LENGTH]),
    validation=(wide["validation"], y_validation[:BY_LENGTH]),
    epochs=LENGTH_EPOCHS,
    patience=LENGTH_EPOCHS,
    name="by_length",
)
lengths_table = speed.summary()[["val_accuracy", "val_accuracy_std", "seconds_per_epoch"]]
all_steps, by_length = lengths_table["seconds_per_epoch"]
promise = (1 - sorted_filling) / (1 - filling)
print(f"by length, an epoch runs {all_steps / by_length:.2f} times as fast; the padding promised {promise:.2f} times")
lengths_table.round(3)

# %% [markdown]
# In batches by length, less than half of the padding is left, and the promised factor follows from that. The measured factor
# can differ from the promise in either direction. Every batch has a fixed cost, which lowers it, and trainings that share a
# machine disturb each other's times. For a cleaner measurement, run `benchmarks/by_length.py`, which trains one model at a
# time. The accuracies need not be equal, since each batch holds different reviews. With one seed and few epochs, don't read the
# difference as a gain or a loss.
#
# > **What we saw (full run):** 93% of all steps were text instead of 52%, which promises a factor of 1.8. We measured 1.42 here
# > while other trainings ran on the same machine, so such a figure is not worth much. Alone on the machine, the benchmark found
# > 1.8 with a larger GRU on made-up reviews. The mean accuracy was 0.831 both ways, but single seeds differed in either
# > direction by up to 1.4 points, so no gain and no loss is shown.
#
# ## 6. Headlines
#
# Is it sarcastic or serious? A headline has about ten words, far fewer than a review. The study notes use a bidirectional LSTM
# and a Conv1D. You train both by the rules of the contest, with 24 tokens.

# %%
headlines = corpora.load_headlines()
split = {"test_size": 0.4, "stratify": headlines.labels, "random_state": 42}
fit_lines, other_lines, fit_y, other_y = train_test_split(headlines.texts, headlines.labels, **split)
print(headlines.provenance)  # the stored figures come from 13,481 of the 26,709 published headlines

# %%
line_tokenizer = text.word_tokenizer(fit_lines, WORDS)
line_rows = [text.pad(text.encode(line_tokenizer, lines), 24, side="right") for lines in (fit_lines, other_lines)]
middle = len(other_y) // 2
validation, test = (line_rows[1][:middle], other_y[:middle]), (line_rows[1][middle:], other_y[middle:])


# %% [markdown]
# Half of the 40% set aside chooses the best epoch. The other half is the test.


# %%
def headline_reader(reader, mask):
    def build():
        tokens = keras.Input((24,), dtype="int32")
        vectors = layers.SpatialDropout1D(0.3)(layers.Embedding(WORDS, DIMENSIONS, mask_zero=mask)(tokens))
        model = keras.Model(tokens, layers.Dense(1, activation="sigmoid")(reader(vectors)))
        model.compile(keras.optimizers.Adam(RATE, global_clipnorm=1.0), "binary_crossentropy", metrics=["accuracy"])
        return model

    return build


headline_models = {
    "bi-LSTM": headline_reader(lambda vectors: layers.Bidirectional(layers.LSTM(UNITS))(vectors), mask=True),
    "Conv1D": headline_reader(conv, mask=False),
}
headline_runs = experiments.run(
    headline_models,
    SEEDS,
    (line_rows[0], fit_y),
    validation,
    test=test,
    epochs=EPOCHS,
    batch_size=BATCH,
    patience=PATIENCE,
    name="headlines",
)

# %% [markdown]
# The baselines get the same headlines. For NB-SVM, the validation half chooses `C`, as before.

# %%
line_bag = new_bag(C=10).fit(fit_lines, fit_y)
lines = {"validation": other_lines[:middle], "test": other_lines[middle:]}
line_tried = [make_pipeline(clone(phrases), *new_nb_svm(C)).fit(fit_lines, fit_y) for C in tried]
line_nb_svm = max(line_tried, key=lambda model: model.score(lines["validation"], validation[1]))

# %%
line_bars = {"TF-IDF": line_bag.predict(lines["test"]), "NB-SVM": line_nb_svm.predict(lines["test"])}
line_bars = {name: np.array([answers == test[1]], dtype=float) for name, answers in line_bars.items()}
print({name: f"{row.mean():.3f}" for name, row in line_bars.items()})
headline_runs.summary()[["test_accuracy", "test_accuracy_std", "seconds_per_epoch", "overfit"]].round(3)

# %%
rivals = {"Conv1D": hits(headline_runs, "Conv1D", *test)} | line_bars
line_verdicts = against("bi-LSTM", hits(headline_runs, "bi-LSTM", *test), rivals)
assert line_verdicts["low"].iloc[0] > 0 or not enough, "better than Conv1D"
line_verdicts

# %% [markdown]
# The bidirectional LSTM is ahead of Conv1D here. The intervals tell you how sure you can be of that, and whether it is ahead
# of the baselines at all. There may be little to count in ten words, and a state can hold a whole headline. Conv1D has a
# handicap, since it has no mask. It averages over all windows of five steps, and many of them hold only padding:

# %%
words_in_line = (line_rows[0] > 0).sum(axis=1)
windows = line_rows[0].shape[1] - 5 + 1
empty = np.mean(np.maximum(0, windows - words_in_line)) / windows
print(f"{words_in_line.mean():.1f} words per headline; of its {windows} windows, {empty:.0%} hold only padding")

# %% [markdown]
# > **What we saw (full run):** The bidirectional LSTM reached 0.834, NB-SVM 0.844, TF-IDF 0.825 and Conv1D 0.806. The LSTM is
# > better than Conv1D. Between the LSTM and either baseline, no difference is shown. A headline has 10 words on average, so
# > half of Conv1D's 20 windows hold only padding. How much of its deficit comes from that, we did not test. Both networks
# > overfitted more than twice as much as on IMDB.
#
# ## 7. A sentence of your own
#
# Now it's your turn: put sentences of your own into the next cell. Our first two are plain. The other four were written to fool
# a model that counts words. They praise in words of blame, or the other way around. *Denied blame* and *against the others* are
# praise, and the other two are blame. The numbers are each model's probability of a positive review.

# %%
sentences = {
    "plain praise": "a warm and funny film with a wonderful cast, i loved it",
    "plain blame": "a dull and clumsy film with a weak cast, i was bored",
    "denied blame": "not bad at all, never boring, and there is nothing i disliked about it",
    "denied praise": "it could have been great, it wanted to be funny, and it was neither",
    "against the others": "everyone calls it awful and a waste of time, and everyone is wrong",
    "a turn at the end": "superb cast, beautiful music, an excellent idea, and still i walked out",
}
rows = text.pad(text.encode(tokenizer, sentences.values()), LENGTH, side="right")

# %%
opinions = {name: ops.convert_to_numpy(runs.load(name, SEEDS[0])(rows))[:, 0] for name in models}
counted = {
    "TF-IDF": bag.predict_proba(sentences.values()),
    "NB-SVM": nb_svm.predict_proba(phrases.transform(sentences.values())),
}
opinions = {name: rows[:, 1] for name, rows in counted.items()} | opinions
opinions = pd.DataFrame(opinions, index=sentences).T
opinions.round(2)

# %% [markdown]
# The models take the two plain sentences as they are meant. Count how many of them get each of the other four right. Even a
# network that reads order learns only the turns of phrase that its training reviews contain. Knowing the order of words is not
# the same as knowing what *not* does to the words behind it. Six sentences are an illustration, not a measurement.
#
# One more thing can move an answer. These sentences have about a dozen words, and the networks get them with padding up to
# `LENGTH` steps. Conv1D and the hybrid have no mask and average over all of it, and Flatten DNN has a weight for each of the
# empty places. So a 0.5 from these three may say more about padding than about the sentence. And each network speaks with one
# seed only.
#
# > **What we saw (full run):** *Denied blame*, *against the others* and *a turn at the end* fooled all of the models. *Denied
# > praise* showed a difference. TF-IDF with 0.13 and the average with 0.14 were right and fairly sure, NB-SVM was right with
# > 0.40, and so was Flatten DNN with 0.34. The GRU was wrong with 0.70, and so were seven more: 2 LSTM with 0.60, 3 SimpleRNN
# > with 0.59, LSTM and the hybrid with 0.55, the averaged GRU with 0.53, SimpleRNN with 0.52 and bi-GRU with 0.51. Most of
# > these are close to undecided. Bi-LSTM with 0.48 and Conv1D with 0.49 were right by a hair.
#
# ### Which words moved the answer?
#
# Leave out one word and see how far the answer moves. This is called **occlusion**.
#
# Near 0 and 1 a probability can hardly move, so you look at the **log-odds**, `ln(p / (1 - p))`, which have no such limits. A
# log-odds of 0 means undecided, and +2.2 means nine to one for a positive review. The code cuts log-odds off only where a
# probability comes within one in a million of 0 or 1.
#
# A blue word spoke for a positive review: without it, the log-odds fall. An orange word spoke against it.


# %%
def log_odds(probability):
    kept = np.clip(probability, 1e-6, 1 - 1e-6)
    return np.log(kept / (1 - kept))


def occlusion(answer, words):
    """How far each word moves the log-odds: with the word minus without it."""
    without = [" ".join(words[:place] + words[place + 1 :]) for place in range(len(words))]
    whole, *others = log_odds(answer([" ".join(words), *without]))
    return [whole - other for other in others]


# %%
def network(name):
    model = runs.load(name, SEEDS[0])

    def answer(texts):
        return ops.convert_to_numpy(model(text.pad(text.encode(tokenizer, texts), LENGTH, side="right")))[:, 0]

    return answer


# %% [markdown]
# Ask each model about the sentence of *denied blame*, with one word left out at a time. The table has the numbers of five
# words, and the figure colors the entire sentence.

# %%
words = sentences["denied blame"].replace(",", "").split()
asked_models = [name for name in ("average", "Conv1D", "GRU", "bi-LSTM", "hybrid") if name in models]
ask = {"TF-IDF": lambda texts: bag.predict_proba(texts)[:, 1]} | {name: network(name) for name in asked_models}
moves = {name: (words, occlusion(answer, words)) for name, answer in ask.items()}
asked = ["not", "never", "bad", "boring", "nothing"]
pd.DataFrame({name: dict(zip(words, by_word, strict=True)) for name, (_, by_word) in moves.items()}).loc[asked].round(2)

# %%
strongest = [f"“{words[np.argmax(np.abs(by_word))]}” for {name}" for name, (_, by_word) in moves.items()]
plots.attributions(
    moves,
    title="Which words moved the answer?",
    legend="log-odds of a positive review, with the word minus without it",
    alt="The same sentence once for each model, with each word colored by how far it moves the answer. "
    f"The words that move it most: {', '.join(strongest)}.",
    data=imdb.provenance,
)

# %% [markdown]
# Look at *not* and *never*. A reader who understood the sentence would paint them blue, since they turn *bad* and *boring* into
# praise. Does any of your models do so, and by enough to outweigh the words of blame?
#
# > **What we saw (full run):** Only TF-IDF painted both a visible blue, perhaps because it knows pairs of words. In Conv1D,
# > GRU, bi-LSTM and the hybrid, the two words moved the log-odds by less than 0.2. The zeros of the average tell you nothing:
# > its probability is below one in a million with or without the word, and the code cuts log-odds off there. Even in TF-IDF,
# > *boring* and *nothing* weighed more.
#
# ## Recap
#
# - You cannot compare rows that had different vocabularies, budgets or seeds.
# - Which model wins depends on the text. On our sample, which was written so that order decides, the best network that reads
#   order beats the baselines. On IMDB, with 256 tokens, both baselines win, and NB-SVM is the higher bar. On headlines, no
#   difference between the bidirectional LSTM and the baselines is shown.
# - A gap between two means is not enough, even if it is larger than the spread over seeds. Compare two models on the same test
#   examples, with an interval. If it contains 0, no difference is shown, which does not mean that there is none.
# - Compare seconds only if all else is equal. Don't compare the time of a model that ran under a compiler with that of one
#   that ran without it.
# - Right padding without a mask ruins a recurrent network that answers from its last state. With a mask, padding cannot change
#   the answer. Pad right, and mask.
# - Batches by length leave out most of the padding and save time, on a CPU as well.
# - To see which words moved an answer, leave them out one at a time. In the full run, no model let *not* and *never* outweigh
#   the words of blame.

# %% [markdown]
# ## Exercises
#
# Start with those [with checked answers](exercises/04_recurrent_and_conv.ipynb). A
# [solution](solutions/04_recurrent_and_conv.ipynb) is one click away. Then try these, which have no check:
#
# 1. Give every model of the contest half as many tokens, then twice as many. Which models gain, which lose, and does the order
#    change?
# 2. Put a `SpatialDropout1D` behind the recurrent layer as well. Does the overfitting shrink, and does the test accuracy grow?
# 3. Replace GlobalAveragePooling1D behind the convolution by the maximum. What question about a review does each kind of
#    pooling answer?
# 4. Shuffle the words of the test reviews and let every trained model read them. How much does each one lose?
# 5. Measure the gap between training and validation accuracy within each quarter of unknown words. Is it wider in the last?
# 6. Take the best model of this notebook to Sentiment140, a corpus of 1.6 million tweets.

# %% [markdown]
# ## Further reading
#
# - Kim, [Convolutional neural networks for sentence classification](https://arxiv.org/abs/1408.5882), 2014.
# - Wang and Manning, [Baselines and bigrams](https://aclanthology.org/P12-2018/), 2012: NB-SVM, and why bags of word pairs are
#   so hard to beat.
# - Mesnil, Mikolov, Ranzato and Bengio, [Ensemble of generative and discriminative techniques for sentiment analysis of movie
#   reviews](https://arxiv.org/abs/1412.5335), 2014: NB-SVM with triples on IMDB.

# %%
winner = table["test_accuracy"].idxmax()
runtime.finish(
    imdb.provenance,
    headlines.provenance,
    notebook="recurrent_and_conv",
    headline=f"best at {LENGTH} tokens: {winner} {table['test_accuracy'].max():.3f}; hybrid at {LONG} tokens: "
    f"{long_table['test_accuracy'].iloc[0]:.3f}; TF-IDF {bag_accuracy:.3f}, NB-SVM {nb_accuracy:.3f} (test accuracy, seeds: {len(SEEDS)})",
)
