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
# # 03 · SimpleRNN, LSTM, GRU and Conv1D compared
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/sequence-models-for-text/course/blob/main/notebooks/03_recurrent_and_conv.ipynb)
#
# Which layer should read a text? Many courses show a table of them, often with one run a model and settings that differ.
# Here eleven models get the same reviews, the same words, the same budget and three seeds each, and the bag of words of
# notebook 01 stands beside them as the bar to beat. Then we take the models apart to see *why* each ranks where it does.
#
# **When you are through you can**
#
# - say what a cell, a hidden state, a cell state and a gate are, and write out an LSTM's step;
# - derive the parameters of any recurrent or convolutional layer before Keras tells you;
# - compare models fairly, and read a table that was not made fairly;
# - pad and mask so that padding cannot change an answer;
# - measure how far back a model remembers, and tame gradients that explode;
# - find the words that moved a model's answer, and sentences that fool a bag of words.
#
# **Time:** about 30 minutes on two CPU cores the first time (the full profile), two once the runs are kept. A GPU with
# fused kernels speeds up LSTM and GRU, not SimpleRNN: section 8 says which and why.
#
# **Words** that are new to you: the
# [glossary](https://github.com/sequence-models-for-text/course/blob/main/docs/glossary.md), in English and Korean.
# Practice: [exercises with checked answers](exercises/03_recurrent_and_conv.ipynb).

# %%
# On Colab this installs the course's helpers; elsewhere it does nothing.
import sys

if "google.colab" in sys.modules:
    print("Colab: installing the course's helpers")
    # %pip install -q --no-deps git+https://github.com/sequence-models-for-text/course
    # %pip install -q pooch tokenizers

# %%
from course_utils import comparison_plots, datasets, experiments, plots, runtime, text
from course_utils.batches import BatchesByLength, ByLength

runtime.start(seed=42)

# %%
import keras
import numpy as np
import pandas as pd
from keras import layers, ops

# %% [markdown]
# The settings of both profiles. Everything in the contest has 10,000 words, the last 256 tokens of a review, embeddings of
# 32 numbers; recurrent layers have 16 units unless their name says otherwise.

# %%
WORDS, DIMENSIONS, UNITS = 10_000, 32, 16
LENGTH, TRAIN, TEST, EPOCHS, SEEDS = runtime.pick(
    quick=(32, 600, 400, 1, [0]), full=(256, 25_000, 25_000, 40, [0, 1, 2])
)
COMPILE = runtime.profile() == "full"  # XLA, a compiler, pays in long trainings only

# %% [markdown]
# ## 1. Many to one, and the other shapes
#
# A recurrent net walks along a sequence. At every time step it takes an input x and its own **hidden state** h of the step
# before, and makes the next hidden state. The same small net with the same weights does it at every step: that is the **cell**.
# Where do the outputs y come off? That depends on the problem:

# %%
comparison_plots.problem_shapes(
    {
        "one to one": ([1], [1]),
        "one to many": ([1, 0, 0, 0], [1, 1, 1, 1]),
        "many to one": ([1, 1, 1, 1], [0, 0, 0, 1]),
        "many to many, in step": ([1, 1, 1, 1], [1, 1, 1, 1]),
        "many to many, in turn": ([1, 1, 1, 0, 0], [0, 0, 0, 1, 1]),
    },
    title="Where inputs enter and outputs leave",
    alt="Five chains of hidden states, with inputs below and outputs above: one to one, one to many, many to one, "
    "many to many in step, many to many in turn.",
)

# %% [markdown]
# A picture's caption is one to many; a review's sentiment many to one (this notebook); the next character after every
# character many to many in step (notebook 04); a translation many to many in turn (notebook 05).
#
# In Keras two switches choose. `return_sequences=True` gives the hidden state of every step instead of the last one, and
# `return_state=True` gives the final state as well. Predict the shapes for 2 texts of 7 steps with 3 numbers each, and 4 units:

# %%
# NBVAL_CHECK_OUTPUT
x = np.zeros((2, 7, 3), dtype="float32")
print("last step:    ", layers.LSTM(4)(x).shape)
print("every step:   ", layers.LSTM(4, return_sequences=True)(x).shape)
print("output, h, c: ", *[each.shape for each in layers.LSTM(4, return_state=True)(x)])

# %% [markdown]
# The LSTM hands back *three* things: its output, its hidden state h (the same numbers as the output) and a **cell state** c,
# which SimpleRNN and GRU do not have. What is it good for?
#
# ## 2. Inside the cells
#
# `SimpleRNN` (notebook 02) makes its whole state anew at every step: `h = tanh(x W + h U + b)`, where the h on the right
# is that of the step before. An **LSTM** (long short-term
# memory) keeps a second state c, to which it *adds*. **Gates**, numbers from 0 to 1 for each unit, decide how much of the old
# c stays (forget gate), how much of the new candidate comes in (input gate), and how much of c shows in h (output gate).
# Here is one step, written out. Keras
# keeps the four matrices side by side in one W (and so in one U and one b), in the order input gate, forget gate,
# candidate, output gate; `np.split` takes the result apart again:


# %%
def sigmoid(values):
    return 1 / (1 + np.exp(-values))


# %%
def lstm_step(x, h, c, W, U, b):
    """One time step: x (batch, inputs), h and c (batch, units)."""
    to_input, to_forget, candidate, to_output = np.split(x @ W + h @ U + b, 4, axis=1)
    c = sigmoid(to_forget) * c + sigmoid(to_input) * np.tanh(candidate)
    return sigmoid(to_output) * np.tanh(c), c


# %% [markdown]
# Do not take our word for it: Keras' layer, with the same weights, must arrive at the same state.

# %%
lstm = layers.LSTM(4, return_state=True)
x = np.random.default_rng(0).normal(size=(2, 7, 3)).astype("float32")
_, h_keras, c_keras = lstm(x)

# %%
h = c = np.zeros((2, 4))
for step in range(7):
    h, c = lstm_step(x[:, step], h, c, *lstm.get_weights())
assert np.allclose(h, h_keras, atol=1e-6) and np.allclose(c, c_keras, atol=1e-6)

# %% [markdown]
# A **GRU** (gated recurrent unit) is the shorter version: one state, two gates. The *update* gate z mixes the old state with
# the candidate; the *reset* gate r says how much of the old state the candidate may see. (Keras' default, `reset_after`,
# applies r after the product with U, with a bias of its own; that is the form which GPUs have a fast kernel for.)


# %%
def gru_step(x, h, W, U, b):
    """One time step: x (batch, inputs), h (batch, units)."""
    from_x, from_h = np.split(x @ W + b[0], 3, axis=1), np.split(h @ U + b[1], 3, axis=1)
    z, r = sigmoid(from_x[0] + from_h[0]), sigmoid(from_x[1] + from_h[1])
    return z * h + (1 - z) * np.tanh(from_x[2] + r * from_h[2])


# %%
gru = layers.GRU(4)
h_keras, h = gru(x), np.zeros((2, 4))


# %%
for step in range(7):
    h = gru_step(x[:, step], h, *gru.get_weights())
assert np.allclose(h, h_keras, atol=1e-6)

# %% [markdown]
# And **Conv1D**? It has no state at all. It slides a window of k steps along the text and multiplies what lies in it with a
# matrix of its own for each place in the window. All windows can be computed at once; what lies k or more steps apart
# never meets in one.
#
# ## 3. How many parameters?
#
# With E inputs and H units, a recurrent cell has a matrix for the input, one for the state and a bias, and each of them as often
# as it computes something: once in a SimpleRNN, four times in an LSTM, three times in a GRU, whose `reset_after` form has
# two biases. A **bidirectional** layer is two layers: one reads
# from the first word to the last, the other from the last to the first, and their results are joined; each has its own parameters.
# `Conv1D(H, 5)` has a matrix for each of the 5 places of its window, and one bias.


# %%
def parameters(E, H):
    once = E * H + H * H + H
    gru = 3 * (once + H)
    conv = 5 * E * H + H
    return {"SimpleRNN": once, "LSTM": 4 * once, "GRU": gru, "Bidirectional GRU": 2 * gru, "Conv1D": conv}


# %%
recurrent = {"SimpleRNN": layers.SimpleRNN(32), "LSTM": layers.LSTM(32), "GRU": layers.GRU(32)}
built = recurrent | {"Bidirectional GRU": layers.Bidirectional(layers.GRU(32)), "Conv1D": layers.Conv1D(32, 5)}


# %%
# NBVAL_CHECK_OUTPUT
for name, layer in built.items():
    layer.build((None, 120, 16))
    print(f"{name:<18} {parameters(16, 32)[name]:>6,} by formula, {layer.count_params():>6,} by Keras")
    assert layer.count_params() == parameters(16, 32)[name]

# %% [markdown]
# ### A table that misleads
#
# The notes behind this course compare four models on IMDB. Embeddings of 16 numbers, 120 tokens, 10 epochs, one run each:
#
# | model | parameters | validation accuracy, best → last | seconds an epoch |
# |---|---|---|---|
# | Flatten DNN | 171,533 | 0.85 → 0.80 | 5 |
# | bidirectional LSTM(32) | 30,129 | 0.85 → 0.82 | 43 |
# | bidirectional GRU(32) | 169,997 | 0.85 → 0.80 | 20 |
# | Conv1D(128, 5), global average | 171,149 | 0.85 → 0.825 | 6 |
#
# (*DNN* is a deep neural network, here two Dense layers; `Flatten` lays all vectors of a review end to end in one long row for
# them. *ReLU*, the function between the two, turns negative numbers into 0.) Why should the LSTM need a fifth of the GRU's
# parameters? Rebuild all four and look where the parameters are.


# %%
def from_the_notes(words, hidden, *reader):
    start = [keras.Input((120,)), layers.Embedding(words, 16)]
    end = [layers.Dense(hidden, activation="relu"), layers.Dense(1, activation="sigmoid")]
    return keras.Sequential([*start, *reader, *end])


# %%
# NBVAL_CHECK_OUTPUT
notes = {
    "Flatten DNN": from_the_notes(10_000, 6, layers.Flatten()),
    "bidirectional LSTM": from_the_notes(1_000, 24, layers.Bidirectional(layers.LSTM(32))),
    "bidirectional GRU": from_the_notes(10_000, 6, layers.Bidirectional(layers.GRU(32))),
    "Conv1D": from_the_notes(10_000, 6, layers.Conv1D(128, 5), layers.GlobalAveragePooling1D()),
}
for name, model in notes.items():
    print(f"{name:<18} {model.count_params():>7,}, of these in the embedding {model.layers[0].count_params():>7,}")

# %%
assert [model.count_params() for model in notes.values()] == [171_533, 30_129, 169_997, 171_149]

# %% [markdown]
# There it is: the LSTM row had a vocabulary of 1,000 words, the others 10,000, and a head (the Dense layers at the end) four
# times as wide. Its smaller overfitting may come from the words it never saw, not from being an LSTM. So its row cannot be
# compared with the others, and with one run each nobody knows how far luck reaches. Let us do it again.
#
# ## 4. The same reviews for all
#
# 80% of the training reviews to learn from, 20% to stop by, stratified with seed 42 as in the notes. Each review keeps
# its last 256 tokens (its verdict tends to come last), padded on the right: section 6 shows why there.

# %%
from sklearn.model_selection import train_test_split

# %%
imdb = datasets.take(datasets.load_imdb(), train=TRAIN, test=TEST)
fit_texts, validation_texts, y_train, y_validation = train_test_split(
    imdb.train_texts, imdb.train_labels, test_size=0.2, stratify=imdb.train_labels, random_state=42
)
print(imdb.provenance)

# %% [markdown]
# The vocabulary is learned from the 80% alone. So validation and test reviews hold words that it does not know, as tomorrow's
# reviews will.

# %%
tokenizer = text.word_tokenizer(fit_texts, WORDS)
parts = {"train": fit_texts, "validation": validation_texts, "test": imdb.test_texts}


# %%
ids = {name: text.encode(tokenizer, texts) for name, texts in parts.items()}
x = {name: text.pad(rows, LENGTH, side="right", keep="last") for name, rows in ids.items()}
print({name: rows.shape for name, rows in x.items()})

# %% [markdown]
# How much of the reviews fits into 256 tokens?

# %%
lengths = np.array([len(row) for row in ids["train"]])
print(
    f"whole reviews: {np.mean(lengths <= LENGTH):.0%}; tokens kept: {x['train'].astype(bool).sum() / lengths.sum():.0%}"
)

# %% [markdown]
# ### Do unseen words explain the overfitting?
#
# "Text overfits more than images", say the notes, "because validation holds words never seen in training." Let us count
# them: tokens outside the 10,000 words, and tokens that stand in no training review at all.

# %%
everything = text.word_tokenizer(fit_texts, 10**6)


# %%
print(f"outside the {WORDS:,} words: {text.unknown_rate(tokenizer, validation_texts):.2%} of the validation tokens")
print(
    f"in no training review:   {text.unknown_rate(everything, validation_texts):.2%}, of {everything.get_vocab_size():,} words"
)

# %% [markdown]
# Keep both shares in mind; once a model is trained, we look whether it fails where unseen words are.
#
# ### The bar to beat
#
# A bag like notebook 01's: TF-IDF over words and pairs of words, logistic regression. It reads whole reviews, not 256
# tokens, and learns from the same 80%. (C is fixed, and words are what scikit-learn takes for words, without *I* and
# *a*; so it does not quite reach the 0.907 of notebook 01, which learned from all reviews.) Below, *the bag of words* is this one.

# %%
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline


# %%
def new_bag(C):
    counter = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, preprocessor=text.clean)
    return make_pipeline(counter, LogisticRegression(C=C, max_iter=1_000))


# %%
bag = new_bag(C=30).fit(fit_texts, y_train)
bag_accuracy = bag.score(imdb.test_texts, imdb.test_labels)
print(f"bag of words, test: {bag_accuracy:.3f}")

# %% [markdown]
# ## 5. The contest
#
# All models share their beginning and their end (one sigmoid); they differ in what stands between. `mask_zero` tells layers
# which steps are padding, for those that can listen; convolutions cannot. **Dropout** sets randomly chosen numbers to zero
# during training, so that the net cannot rely on any single one; `SpatialDropout1D` sets a whole embedding dimension to zero for the
# whole review. It is also fast: compiled by XLA on a CPU, ordinary dropout on the embeddings makes an epoch many times as slow,
# since it draws 32 random numbers a token. The **gradient** says in which direction, and how strongly, each weight should change;
# we limit its length to 1 (`global_clipnorm`; section 7 says why).


# %%
def classifier(reader, mask=True, compiled=COMPILE, length=LENGTH):
    def build():
        tokens = keras.Input((length,), dtype="int32")
        vectors = layers.Embedding(WORDS, DIMENSIONS, mask_zero=mask)(tokens)
        features = reader(layers.SpatialDropout1D(0.3)(vectors))
        model = keras.Model(tokens, layers.Dense(1, activation="sigmoid")(features))
        optimizer = keras.optimizers.Adam(1e-3, global_clipnorm=1.0)
        model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"], jit_compile=compiled)
        return model

    return build


# %% [markdown]
# Now what stands between. First those that keep no order, or only the order of a few neighbors:


# %%
def flatten(vectors):
    return layers.Dense(6, activation="relu")(layers.Flatten()(vectors))


def average(vectors):
    return layers.GlobalAveragePooling1D()(vectors)


# %%
def conv(vectors):
    return layers.GlobalAveragePooling1D()(layers.Conv1D(64, 5, activation="relu")(vectors))


# %% [markdown]
# The recurrent ones are one line each, except the stacks: a layer that feeds another must return all its steps. The first
# stack is the notes' classifier, two bidirectional layers and one forward, with our 16 units in the place of its 64, so that
# it is compared with its like. (With 64, an epoch took 76 seconds here; two seeds, tried apart from this contest, reached 0.838 and 0.862.)


# %%
def stacked_simple(vectors):  # the notes' classifier: two bidirectional layers, then one forward
    for _ in range(2):
        vectors = layers.Bidirectional(layers.SimpleRNN(UNITS, return_sequences=True))(vectors)
    return layers.SimpleRNN(UNITS)(vectors)


# %%
def stacked_lstm(vectors):
    return layers.LSTM(UNITS)(layers.LSTM(UNITS, return_sequences=True)(vectors))


# %% [markdown]
# And a **hybrid**: convolutions find phrases, pooling shortens the text to a tenth, and a bidirectional GRU reads what
# is left.


# %%
def hybrid(vectors):
    phrases = layers.AveragePooling1D(10)(layers.Conv1D(32, 5, activation="relu")(vectors))
    read = layers.Bidirectional(layers.GRU(UNITS, return_sequences=True))(layers.SpatialDropout1D(0.3)(phrases))
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
    "bi-GRU": classifier(lambda vectors: layers.Bidirectional(layers.GRU(UNITS))(vectors)),
    "Conv1D": classifier(conv, mask=False, compiled=False),
    "hybrid": classifier(hybrid, mask=False, compiled=False),
}

# %% [markdown]
# Eleven models from three seeds each are 33 trainings. `experiments.run` trains two at a time here, keeps every finished
# one, and goes on where it was if you stop it. Each run ends when the validation loss has not improved for two epochs, and the
# weights of its best epoch are the ones that meet the test reviews.

# %%
runs = experiments.run(
    models,
    seeds=SEEDS,
    train=(x["train"], y_train),
    validation=(x["validation"], y_validation),
    test=(x["test"], imdb.test_labels),
    epochs=EPOCHS,
    batch_size=128,
    patience=2,
    name="03_recurrent_and_conv",
)

# %% [markdown]
# Read the table from left to right: size, accuracy with the spread over seeds, speed, and how far the training accuracy of the last epoch
# lies above the validation accuracy (`overfit`). The seconds are a median over epochs; the figure below it has one for each seed.

# %%
table = experiments.summary(runs)
table.drop(columns=["runs", "failed"]).round(3)

# %%
each_run = runs[runs["best"]].set_index(["model", "seed"])[["test_accuracy"]]
last = runs.groupby(["model", "seed"])[["accuracy", "val_accuracy"]].last()
each_run["overfit"] = last["accuracy"] - last["val_accuracy"]
later = runs[runs["epoch"] > 1] if EPOCHS > 1 else runs  # in the first epoch the model is compiled
each_run["seconds"] = later.groupby(["model", "seed"])["seconds"].median()

# %%
comparison_plots.contest(
    each_run.reset_index(),
    {"test_accuracy": "test accuracy", "seconds": "seconds an epoch", "overfit": "training less validation accuracy"},
    marks={"bag of words": bag_accuracy},
    title="Eleven models, the same reviews, words and budget",
    alt="Test accuracy, seconds an epoch and overfitting of each model, a dot a seed and a bar at the mean; a dashed line "
    "marks the bag of words, to the right of every model.",
    data=imdb.provenance,
)

# %% [markdown]
# What does the figure say?
#
# - **Nothing reaches the dashed line.** The bag of words and word pairs beats all eleven nets. One thing favors it: it reads
#   whole reviews, the nets 256 tokens.
# - **The leaders pool.** Hybrid (0.884), average (0.882) and Conv1D (0.881) take a mean over all time steps; they lie too close
#   together to name a winner. The purely recurrent nets hand on the *last* state only (the bidirectional ones one for each
#   direction), which has to carry every clue through the review. Whether a review is good is nearly a sum of clues; this may
#   be why an average of embeddings, which knows no order at all, stands above every purely recurrent net. One of its epochs
#   takes 1.2 seconds and theirs 3 to 28. It needs twenty epochs, though, so its whole training takes about as long as the GRU's.
# - **SimpleRNN is last** (0.850, spread 0.003). Three layers of it reach 0.854 with a spread of 0.008: they gain less than
#   their seeds differ, at eight times the seconds an epoch.
# - **LSTM or GRU?** Their means differ by less than their seeds do: no verdict. A second LSTM layer brings nothing. A second
#   direction helps the GRU, by 0.012 with spreads of 0.003 to 0.004; the LSTM's gain of 0.005 lies within its spread.
# - **Overfitting** hits all of them. Flatten DNN, with weights of its own for every place in the review, overfits by eleven points;
#   the other ten models overfit by five to seven. The notes say that the GRU overfits most and the convolution least.
#   Here the GRU (0.055) and Conv1D (0.058) differ by less than the seeds of most models.
#
# ### Unseen words, again
#
# Sort the test reviews by their share of words that the vocabulary lacks, cut them into quarters, and see how often the
# GRU is right in each.


# %%
def trained(name, seed=SEEDS[0]):
    return experiments.load_model(runs, models[name], model=name, seed=seed)


def probability(model, rows):
    return model.predict(rows, batch_size=500, verbose=0)[:, 0]


# %%
share = pd.Series([np.mean(row == 1) for row in ids["test"]])  # id 1 stands for every unknown word
guesses = {"GRU": probability(trained("GRU"), x["test"]), "bag of words": bag.predict_proba(imdb.test_texts)[:, 1]}
right = pd.DataFrame({f"{name} right": (p > 0.5) == imdb.test_labels for name, p in guesses.items()})

# %%
quarters = pd.qcut(share.rank(method="first"), 4, labels=["fewest", "few", "many", "most"])
right.insert(0, "unknown words", share)
right.groupby(quarters, observed=True).mean().round(3)

# %% [markdown]
# Only 0.73% of the validation tokens stand in no training review, and 5.9% are outside the 10,000 words. Yet the notes
# have a point: the GRU is right less often, the more words it does not know. The GRU falls by 6.6 points from the
# first quarter to the last, and the bag, which knows more words, by 5.4; so most of this fall seems to come from the reviews
# themselves. Whether unknown words explain the *overfitting*, the gap between training and validation, is another
# question; exercise 6 at the end of this notebook lets you answer it.
#
# ### How near to the bag can it come?
#
# The hybrid is quick enough to be given more to read: 600 tokens instead of 256, which is nearly everything.

# %%
LONG = runtime.pick(quick=64, full=600)
long_x = {name: text.pad(rows, LONG, side="right") for name, rows in ids.items()}
print(f"whole reviews: {np.mean(lengths <= LONG):.0%}")

# %%
long_runs = experiments.run(
    {"hybrid, long": classifier(hybrid, mask=False, compiled=False, length=LONG)},
    seeds=SEEDS,
    train=(long_x["train"], y_train),
    validation=(long_x["validation"], y_validation),
    test=(long_x["test"], imdb.test_labels),
    epochs=EPOCHS,
    batch_size=128,
    patience=2,
    name="03_recurrent_and_conv",
)

# %%
long_table = experiments.summary(long_runs)
print(f"bag of words, test: {bag_accuracy:.4f}")
long_table[["val_accuracy", "test_accuracy", "test_accuracy_std", "seconds_an_epoch"]].round(4)

# %% [markdown]
# With 600 tokens the hybrid rises from 0.884 to 0.893, several times its spread. So part of the gap was what the nets did
# not get to read. About one point is left to the bag (0.903), although 95% of the reviews now fit.
#
# ## 6. Where the padding goes
#
# Reviews differ in length, a batch is a rectangle: something must fill it. The filling can stand left or right, and the layer
# may be told which steps are padding (a **mask**) or not. Which of the four ways can work? A GRU and an LSTM try each of them
# on a few reviews, padded to 400 steps. Guess first.

# %%
WIDE, FEW, LAB_EPOCHS = runtime.pick(quick=(40, 200, 1), full=(400, 2_000, 4))
sides = {
    side: [text.pad(ids[part][:FEW], WIDE, side=side) for part in ("train", "validation")] for side in ("left", "right")
}


# %% [markdown]
# One small net for all ways; the cell and the mask are its only choices. The validation accuracy is enough to judge by, since
# nothing is chosen with it.


# %%
def padded(cell, mask):
    def build():
        tokens = keras.Input((None,), dtype="int32")
        features = cell(16)(layers.Embedding(WORDS, 16, mask_zero=mask)(tokens))
        model = keras.Model(tokens, layers.Dense(1, activation="sigmoid")(features))
        model.compile(keras.optimizers.Adam(3e-3), "binary_crossentropy", metrics=["accuracy"], jit_compile=COMPILE)
        return model

    return build


# %%
ways = {"GRU, no mask": padded(layers.GRU, False), "GRU, masked": padded(layers.GRU, True)}
ways |= {"LSTM, no mask": padded(layers.LSTM, False), "LSTM, masked": padded(layers.LSTM, True)}


# %%
def try_side(side):
    print("padding on the", side)
    labels = y_train[:FEW], y_validation[:FEW]
    train, validation = zip(sides[side], labels, strict=True)
    return experiments.run(ways, SEEDS, train, validation, epochs=LAB_EPOCHS, name="03_padding")


padding = {side: try_side(side) for side in sides}

# %% [markdown]
# Your guess is written down? Then here are mean and spread over the seeds, for each side.

# %%
columns = ["val_accuracy", "val_accuracy_std"]
pd.concat({side: experiments.summary(each)[columns] for side, each in padding.items()}, axis=1).round(3)

# %% [markdown]
# **Padding on the right without a mask is stuck near chance**, for both cells and all seeds: the last state, the one that
# answers, has walked through hundreds of zeros since the review ended, and forgot it. On the left without a mask the zeros
# come first and do little harm. With a mask the side should not matter: the GRU's two columns
# agree in every digit. Two of the LSTM's seeds agree as well; the third differs by four points (most likely rounding, which small
# data and many steps magnify), and the means by less than their spread. (Compare GRU with GRU and LSTM with LSTM only: two thousand
# reviews and four epochs are too little to say which of the two is better.)
#
# One recurrent model of the contest seems to break this rule: the hybrid has right padding and no mask, and still leads. It does not
# answer from the last state; it takes the mean over all steps, so the states from inside the review still count.
#
# So why not pad left and forget about masks? Because on a GPU the fused kernel (section 8) takes a mask only if the
# padding stands on the *right*; with a mask and padding on the left TensorFlow raises an error inside `fit`. **Mask, and pad right:**
# that works everywhere. (Notebook 04 has no padding; 05 pads on the right and masks, too.)
#
# ### A test worth keeping
#
# To a masked model, more padding must change nothing. That is an assertion, not an opinion, so we write it down: fifty
# reviews, and the same with a hundred more zeros behind them.

# %%
few = sides["right"][1][:50]
longer = np.pad(few, ((0, 0), (0, 100)))


# %%
def answers(way, rows):
    model = experiments.load_model(padding["right"], ways[way], model=way, seed=SEEDS[0])
    return ops.convert_to_numpy(model(rows))


# %%
assert np.allclose(answers("GRU, masked", few), answers("GRU, masked", longer), atol=1e-5)
moved = np.abs(answers("GRU, no mask", few) - answers("GRU, no mask", longer)).max()
print(f"without a mask an answer moves by up to {moved:.4f}")

# %% [markdown]
# ## 7. How far back does it remember?
#
# A task made for the question: of eighty tokens 79 are noise (ids 4 to 7), and one, somewhere among them, is the message (id 0 to
# 3). At the end the net must say which message it was. The **distance** is the number of tokens that came after it. We train
# three recurrent nets, and a stack of three convolutions with windows of 5, whose places lie 1, 2 and 4 steps apart
# (their **dilation**).

# %%
STEPS, SEQUENCES, RECALL_EPOCHS = runtime.pick(quick=(20, 400, 2), full=(80, 8_000, 10))


def recall(count, seed):
    rng = np.random.default_rng(seed)
    tokens, message = rng.integers(4, 8, (count, STEPS)), rng.integers(0, 4, count)
    distance = rng.integers(0, STEPS, count)
    tokens[np.arange(count), STEPS - 1 - distance] = message
    return tokens.astype("int32"), message.astype("int32"), distance


# %%
# NBVAL_CHECK_OUTPUT
shown = np.array([[5, 7, 2, 6, 4]])
print("tokens", *shown[0], "→ message", shown[0][shown[0] < 4][0], "at distance 2")


# %% [markdown]
# All nets begin with the same embedding and end in four probabilities, one for each message (**softmax** makes them of
# any four numbers: `e` to each, divided by their sum). What stands between is the reader.


# %%
def rememberer(reader, optimizer=lambda: keras.optimizers.Adam(2e-3, global_clipnorm=1.0)):
    def build():
        tokens = keras.Input((STEPS,), dtype="int32")
        last = reader(layers.Embedding(8, 8)(tokens))
        model = keras.Model(tokens, layers.Dense(4, activation="softmax")(last))
        loss = "sparse_categorical_crossentropy"
        model.compile(optimizer(), loss, metrics=["accuracy"], jit_compile=COMPILE)
        return model

    return build


# %%
def dilated_convolutions(steps):
    for rate in (1, 2, 4):
        steps = layers.Conv1D(32, 5, padding="causal", dilation_rate=rate, activation="relu")(steps)
    return steps[:, -1]


rememberers = {
    "SimpleRNN": rememberer(lambda steps: layers.SimpleRNN(32)(steps)),
    "LSTM": rememberer(lambda steps: layers.LSTM(32)(steps)),
    "GRU": rememberer(lambda steps: layers.GRU(32)(steps)),
    "3 Conv1D": rememberer(dilated_convolutions),
}

# %% [markdown]
# How far can the convolutions see? The **receptive field** is the number of steps that the last output depends on. Each layer
# adds (window - 1) × dilation steps to it. (`causal` means that a window looks only backward.)

# %%
# NBVAL_CHECK_OUTPUT
print("receptive field:", 1 + sum((5 - 1) * rate for rate in (1, 2, 4)), "steps")

# %% [markdown]
# So they should manage a distance of 28, and not one token more. Train all four, and then ask each of them 2,000 new questions.

# %%
asked, message, distance = recall(2_000, 1)
memory = experiments.run(
    rememberers,
    SEEDS,
    train=recall(SEQUENCES, 0)[:2],
    validation=(asked, message),
    epochs=RECALL_EPOCHS,
    patience=RECALL_EPOCHS,
    name="03_memory",
)


# %%
def remembered(name, seed):
    model = experiments.load_model(memory, rememberers[name], model=name, seed=seed)
    return ops.convert_to_numpy(model(asked)).argmax(axis=1) == message


# %%
found = {(name, seed): remembered(name, seed) for name in rememberers for seed in SEEDS}
by_distance = pd.DataFrame(found).groupby(distance // 5 * 5 + 2).mean()

# %% [markdown]
# Before you look: draw your own four curves. Where does each begin to fall?

# %%
plots.lines(
    {name: (by_distance.index, by_distance[name].mean(axis=1)) for name in rememberers},
    title="Which message was it?",
    x="tokens since the message",
    y=f"accuracy, mean of {len(SEEDS)} seeds",
    alt="Accuracy against distance: LSTM and GRU stay near 1 throughout, the convolutions fall from 1 to a guess at about "
    "29 tokens, SimpleRNN begins at 0.8 and stays near 0.7.",
)

# %%
best_runs = memory[memory["best"]].pivot(index="model", columns="seed", values="val_accuracy")
best_runs.loc[list(rememberers)].round(2)

# %% [markdown]
# LSTM and GRU carry the message over any distance; their gates make this possible, because they can keep an old state
# unchanged. The convolutions are perfect up to
# their receptive field and guess beyond it, a hard edge that you can compute beforehand. And SimpleRNN is a matter of luck:
# one seed of three learns the task, at every distance. The other two are right about three times in four when the message is
# among the last five tokens, and about every second time beyond (a pure guess would be right one time in four). The point at
# 27 covers distances 25 to 29; the last of these lies outside the receptive field, so it is not 1.
# (A bag could do this task, too: it need only see *which* message occurs. It tests carrying, not order.)
#
# ### Where the gradient goes
#
# A net learns from the past only if the loss at the end still moves with a state far back. A gradient can be
# taken for a state as it can for a weight: it says how much the loss changes when the state is moved a little. How long is it
# at each time step? Keras has no function for gradients that works with every library behind it, so we use TensorFlow's: its
# tape records a calculation and plays it backwards.

# %%
import tensorflow as tf


# %%
def gradient_norms(model, tokens, message):
    """Mean length of the loss's gradient with respect to each step's state, oldest first."""
    embedding, layer, head = [each for each in model.layers if each.weights]
    vectors, state = embedding(tokens), layer.cell.get_initial_state(len(tokens))
    with tf.GradientTape() as tape:
        states = [state := layer.cell(vectors[:, step], state)[1] for step in range(vectors.shape[1])]
        loss = ops.sum(keras.losses.sparse_categorical_crossentropy(message, head(states[-1][0])))
    gradients = tape.gradient(loss, states)
    return [float(ops.mean(ops.norm(ops.concatenate(each, axis=-1), axis=-1))) for each in gradients]


# %% [markdown]
# One curve for each net. A gradient may be a million times as long at one step as at another, so the figure shows its power of ten.


# %%
def show_norms(nets, title, alt):
    norms = {name: np.log10(gradient_norms(net, asked[:200], message[:200])) for name, net in nets.items()}
    back = np.arange(STEPS - 1, -1, -1)
    curves = {name: (back, values) for name, values in norms.items()}
    plots.lines(curves, title=title, x="time steps before the end", y="gradient's length, power of ten", alt=alt)


# %%
gated_and_not = ["SimpleRNN", "LSTM", "GRU"]
show_norms(
    {name: rememberers[name]() for name in gated_and_not},
    title="Before training: gates half open",
    alt="Untrained nets: the gradient's length falls steeply with the distance in the GRU, less in the LSTM, and hardly "
    "at all in the SimpleRNN.",
)

# %%
show_norms(
    {name: experiments.load_model(memory, rememberers[name], model=name, seed=SEEDS[0]) for name in gated_and_not},
    title="After training",
    alt="Trained nets: the GRU's curve is nearly flat, the LSTM's falls by four powers of ten, and so does that of the "
    "SimpleRNN.",
)

# %% [markdown]
# The figure before training surprises: it is the *gated* nets that start out forgetful. A fresh GRU's update gate stands
# near one half, so the gate alone would keep half of the old state; the candidate carries some more, and in the figure about
# 0.62 of the gradient is left at each step. A fresh LSTM's forget gate keeps about three quarters of c, because Keras starts
# its bias at 1; the figure shows about 0.84 a step. SimpleRNN's recurrent matrix starts orthogonal (it turns, and does not shrink), so its gradient
# hardly fades at first.
#
# After training look at the slopes, not at the heights (a net that makes no mistakes has small gradients everywhere). The GRU's
# curve loses about one power of ten over eighty steps, where it lost sixteen before training: its gates have learned to
# hold. The LSTM's curve loses nearly four powers of ten, and still the LSTM answers every question. The SimpleRNN of this
# seed, which has not learned the task, loses about as much. A gradient that shrinks with the distance is called
# **vanishing**. So the slope alone does not tell you who has learned: a flat start does not make a net learn, and a steep
# start does not forbid it, since messages near the end give a strong gradient from the first step on. (One seed only.)
#
# ### Gradients that explode
#
# The opposite happens, too: if each step stretches the gradient by a fifth, eighty steps stretch it by 1.2⁸⁰, two million. Here is
# a SimpleRNN with ReLU whose recurrent matrix does just that, once as it is, and once with each update's gradient
# **clipped** to length 1 (`global_clipnorm`). It reads the last 30 tokens
# only, over which the factor is 1.2²⁹, about 200, which is already too much. (`SGD` is the plainest optimizer, a step against
# the gradient; with **momentum** each step keeps some of the one before.)


# %%
def stretching(steps):
    start = keras.initializers.Identity(1.2)
    return layers.SimpleRNN(32, activation="relu", recurrent_initializer=start)(steps[:, -30:])


# %%
wild = {
    "as it is": rememberer(stretching, lambda: keras.optimizers.SGD(0.02, momentum=0.9)),
    "clipped": rememberer(stretching, lambda: keras.optimizers.SGD(0.02, momentum=0.9, global_clipnorm=1.0)),
}

# %% [markdown]
# Ask only what lies in these 30 tokens; otherwise the net could not know the answer.

# %%
asked_late, message_late, _ = (each[distance < 30] for each in (asked, message, distance))
many, their_message, their_distance = recall(3 * SEQUENCES, 0)
late = their_distance < 30


# %%
exploding = experiments.run(
    wild,
    SEEDS,
    train=(many[late], their_message[late]),
    validation=(asked_late, message_late),
    epochs=RECALL_EPOCHS,
    patience=RECALL_EPOCHS,
    name="03_memory",
)

# %%
experiments.summary(exploding)[["runs", "failed", "val_accuracy", "val_accuracy_std"]].round(2)

# %% [markdown]
# Without clipping every seed ends in numbers that are no numbers (`nan`), within its first epoch; `experiments.run` notes
# the error in the run's row and goes on. With clipping every run survives, and one of the three names the right
# message three times in four; the other two stay at a guess. So clipping keeps a training alive. It does not make a badly started net a good one.
#
# ## 8. Speed
#
# On a GPU the difference between fast and slow is one question: may the layer use the **fused kernel** of cuDNN, which runs all
# time steps in one call? It depends on how the layer is configured. `runtime.fused_kernel` asks Keras' own conditions:

# %%
configured = {
    "SimpleRNN(32)": layers.SimpleRNN(32),
    "LSTM(32)": layers.LSTM(32),
    "LSTM(32, dropout=0.2)": layers.LSTM(32, dropout=0.2),
    "LSTM(32, recurrent_dropout=0.2)": layers.LSTM(32, recurrent_dropout=0.2),
    "GRU(32)": layers.GRU(32),
    "GRU(32, reset_after=False)": layers.GRU(32, reset_after=False),
    'GRU(32, activation="relu")': layers.GRU(32, activation="relu"),
    "Bidirectional(GRU(32))": layers.Bidirectional(layers.GRU(32)),
}

# %%
# NBVAL_CHECK_OUTPUT
for name, layer in configured.items():
    eligible, reason = runtime.fused_kernel(layer)
    print(f"{name:<32} {'fused' if eligible else 'slow':<6} {reason}")

# %% [markdown]
# Where there is a GPU, measure it (a mask on the left would raise an error there: cuDNN takes padding on the right only).

# %%
import time


# %%
def seconds_a_call(layer, rows=256, steps=256):
    model = keras.Sequential([keras.Input((steps, 32)), layer])
    batch = np.zeros((rows, steps, 32), dtype="float32")
    model.predict_on_batch(batch)  # the first call compiles
    began = time.perf_counter()
    model.predict_on_batch(batch)
    return time.perf_counter() - began


# %%
if runtime.gpu_names():
    for name, layer in configured.items():
        print(f"{name:<32} {seconds_a_call(layer):.4f} s")
else:
    print("no GPU here, so nothing to measure")

# %% [markdown]
# ### Batches by length
#
# On any device: do not compute what is padding. Sort the reviews by length, and let each batch be only as wide as its longest review.
# `BatchesByLength` does it, shuffling anew each epoch; a `ByLength` model is a `keras.Model` whose `fit` hands the rows through
# it. Its rival gets all 400 steps each time. How much faster should it be? The padding tells. (XLA is
# off for both: it compiles anew for each length that it meets, which takes longer than these short epochs.)

# %%
BY_LENGTH, LENGTH_EPOCHS = runtime.pick(quick=(300, 2), full=(5_000, 3))
wide = {part: text.pad(ids[part][:BY_LENGTH], WIDE, side="right") for part in ("train", "validation")}
sorted_batches = BatchesByLength(wide["train"], y_train[:BY_LENGTH], 64, length=WIDE)
print(
    f"padding at {WIDE} steps: {1 - wide['train'].astype(bool).mean():.0%}; in batches by length: {sorted_batches.padding():.0%}"
)


# %% [markdown]
# One GRU, built as an ordinary `keras.Model` and as a `ByLength` model. Nothing else differs.


# %%
def reader_of_400(kind):
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
    {"400 steps": reader_of_400(keras.Model), "by length": reader_of_400(ByLength)},
    SEEDS,
    train=(wide["train"], y_train[:BY_LENGTH]),
    validation=(wide["validation"], y_validation[:BY_LENGTH]),
    epochs=LENGTH_EPOCHS,
    patience=LENGTH_EPOCHS,
    name="03_by_length",
)

# %%
lengths_table = experiments.summary(speed)[["val_accuracy", "val_accuracy_std", "seconds_an_epoch"]]
gain = lengths_table["seconds_an_epoch"]["400 steps"] / lengths_table["seconds_an_epoch"]["by length"]
print(f"{gain:.2f} times as fast")
lengths_table.round(3)

# %% [markdown]
# The padding promises this much: 93% of each batch is text instead of 52%, so it should be 0.93 / 0.52 = 1.8 times as fast.
# In this run it was 1.31 times, at the same mean accuracy (0.831); the single runs differ a little, because other reviews
# share a batch. Two trainings share the machine here, which blurs the seconds. `benchmarks/by_length.py` runs them one at a time,
# on artificial reviews with similar lengths, and found 1.8 times.
#
# ## 9. Headlines
#
# Sarcastic or serious? A headline has about ten words, not 230. The notes ask a bidirectional LSTM and a Conv1D; the protocol
# stays the same, with 24 tokens.

# %%
headlines = datasets.load_headlines()
some = len(headlines.texts) if runtime.profile() == "full" else 800
fit_lines, other_lines, fit_y, other_y = train_test_split(
    headlines.texts[:some], headlines.labels[:some], test_size=0.4, stratify=headlines.labels[:some], random_state=42
)
print(headlines.provenance)  # the stored figures come from 13,481 of the 26,709 published headlines

# %%
line_tokenizer = text.word_tokenizer(fit_lines, WORDS)
line_rows = [text.pad(text.encode(line_tokenizer, lines), 24, side="right") for lines in (fit_lines, other_lines)]
middle = len(other_y) // 2
validation, test = (line_rows[1][:middle], other_y[:middle]), (line_rows[1][middle:], other_y[middle:])


# %% [markdown]
# Half of the 40% set aside says when to stop, the other half is the test. The models are the contest's, with 24 steps.


# %%
def headline_reader(reader, mask):
    def build():
        tokens = keras.Input((24,), dtype="int32")
        vectors = layers.SpatialDropout1D(0.3)(layers.Embedding(WORDS, DIMENSIONS, mask_zero=mask)(tokens))
        model = keras.Model(tokens, layers.Dense(1, activation="sigmoid")(reader(vectors)))
        model.compile(keras.optimizers.Adam(1e-3, global_clipnorm=1.0), "binary_crossentropy", metrics=["accuracy"])
        return model

    return build


# %%
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
    batch_size=128,
    patience=2,
    name="03_headlines",
)

# %%
line_bag = new_bag(C=10).fit(fit_lines, fit_y)
print(f"bag of words: {line_bag.score(other_lines[middle:], other_y[middle:]):.3f}")
experiments.summary(headline_runs)[["test_accuracy", "test_accuracy_std", "seconds_an_epoch", "overfit"]].round(3)

# %% [markdown]
# Here the order changes: the bidirectional LSTM (0.834) stands above the bag of words (0.825), and Conv1D (0.806) below it. The
# LSTM's lead is small for about 2,700 test headlines; Conv1D's distance is clear. Perhaps there is little to count in ten
# words, and the whole line fits into a state. But Conv1D also has no mask: it takes the mean over 24 places, more than half of
# which are padding. Both overfit more than twice as much as on IMDB.
#
# ## 10. A sentence of your own
#
# Put your own sentences here. The first two are plain. The other four were written to fool a bag of words: they
# praise in words of blame, or the other way round. The number is each model's probability of a positive review.

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
opinions = {name: ops.convert_to_numpy(trained(name)(rows))[:, 0] for name in models}
opinions = {"bag of words": bag.predict_proba(sentences.values())[:, 1]} | opinions
pd.DataFrame(opinions, index=sentences).T.round(2)

# %% [markdown]
# Everybody takes the plain sentences as they are meant. But *denied blame*, *against the others* and *a turn at the end* fool
# all twelve models: knowing the order of words is not knowing what *not* does to the words behind it. *Denied praise* shows
# a difference. The bag (0.13) and the average (0.14) are right and fairly sure, most recurrent nets and Conv1D stay near one
# half, and the GRU is wrong (0.70). Six sentences and one seed are an illustration, not a measurement.
#
# ### Which words moved the answer?
#
# Leave one word out and see how far the answer moves: that is **occlusion**. Near 0 and 1 a probability can hardly move, so
# we look at the **log-odds**, `ln(p / (1 - p))`, which have no such ends: 0 is undecided, +2.2 is nine to one for a positive review.
# A blue word spoke for a positive review (without it the log-odds fall), an orange one against it.


# %%
def log_odds(probability):
    kept = np.clip(probability, 1e-6, 1 - 1e-6)
    return np.log(kept / (1 - kept))


def occlusion(answer, words):
    """How far each word moves the log-odds: with it less without it."""
    without = [" ".join(words[:place] + words[place + 1 :]) for place in range(len(words))]
    whole, *others = log_odds(answer([" ".join(words), *without]))
    return [whole - other for other in others]


# %%
def network(name):
    model = trained(name)
    return lambda texts: ops.convert_to_numpy(model(text.pad(text.encode(tokenizer, texts), LENGTH, side="right")))[
        :, 0
    ]


# %%
words = sentences["denied blame"].replace(",", "").split()
ask = {"bag of words": lambda texts: bag.predict_proba(texts)[:, 1]} | {
    name: network(name) for name in ("average", "Conv1D", "GRU", "bi-LSTM", "hybrid")
}
comparison_plots.moved_words(
    {name: (words, occlusion(answer, words)) for name, answer in ask.items()},
    title="Which words moved the answer?",
    legend="log-odds of a positive review, with the word less without it",
    alt="One sentence a row, a row a model; each word colored by how far it moves the answer.",
    data=imdb.provenance,
)

# %% [markdown]
# Look at *not* and *never*. A reader who understood the sentence would paint them blue: they turn *bad* and *boring* into
# praise. Only the bag of words paints both a visible blue, perhaps because it knows pairs of words. In all five nets the two
# words hardly move the answer, and even in the bag *boring* and *nothing* weigh more.
#
# ## Recap
#
# - A cell carries a hidden state from step to step; an LSTM also a cell state, to which it adds. Gates decide what stays.
# - Parameters: (inputs × units + units × units + units), once for SimpleRNN, four times for LSTM, three times for GRU (plus
#   a second bias), twice for both directions. Rows with unlike vocabularies cannot be compared.
# - On IMDB with 256 tokens: hybrid 0.884, average 0.882, Conv1D 0.881, the purely recurrent ones 0.850 to 0.875; a bag of words and
#   pairs 0.903. The three that take the mean over all steps
#   lead (no model was tested both ways). With 600 tokens the hybrid reaches 0.893.
# - Right padding without a mask ruins a recurrent net that answers from its last state; with a mask, padding cannot change the answer. Pad right, and mask.
# - Gated nets learn to remember; convolutions see as far as their receptive field; clipping stops exploding gradients.
# - Fused kernels have conditions: ask `runtime.fused_kernel`. Batches by length save what padding costs, on any device.
#
# ## Exercises
#
# Those [with checked answers](exercises/03_recurrent_and_conv.ipynb) come first; a [solution](solutions/03_recurrent_and_conv.ipynb) is one click away.
# Then, without a check:
#
# 1. Give every model of the contest 100 tokens instead of 256, then 400. Which gain, which lose, and does the order change?
# 2. Put a `SpatialDropout1D` behind the recurrent layer as well. Does the overfitting shrink, and the test accuracy grow?
# 3. Replace GlobalAveragePooling1D behind the convolution by the maximum. What does each of the two ask of a review?
# 4. In section 7, put the message always first. SimpleRNN now does well and the gated nets fail: why? (Look at the
#    gradients before training, and at the forget gate's bias.)
# 5. Shuffle the words of the test reviews and let every trained model read them. How much does each lose?
# 6. Measure the gap between training and validation accuracy within each quarter of unknown words. Is it wider in the last?
# 7. Assignment of the notes: Sentiment140, 1.6 million tweets, with the best model of this notebook.
#
# ## Further reading
#
# - Elman, [Finding structure in time](https://doi.org/10.1207/s15516709cog1402_1), 1990: the simple recurrent net.
# - Hochreiter and Schmidhuber, [Long short-term memory](https://doi.org/10.1162/neco.1997.9.8.1735), 1997; Gers et al., [Learning to forget](https://doi.org/10.1162/089976600300015015), 2000: the forget gate.
# - Pascanu, Mikolov and Bengio, [On the difficulty of training recurrent neural networks](https://arxiv.org/abs/1211.5063), 2013: vanishing, exploding, clipping.
# - Cho et al., [Learning phrase representations using RNN encoder-decoder](https://arxiv.org/abs/1406.1078), 2014: the GRU.
# - Kim, [Convolutional neural networks for sentence classification](https://arxiv.org/abs/1408.5882), 2014.
# - Wang and Manning, [Baselines and bigrams](https://aclanthology.org/P12-2018/), 2012: why bags of word pairs are so hard to beat.

# %%
winner = table["test_accuracy"].idxmax()
runtime.finish(
    imdb.provenance,
    headlines.provenance,
    headline=f"best on IMDB: {winner} {table['test_accuracy'].max():.3f}, {long_table.index[0]} "
    f"{long_table['test_accuracy'].iloc[0]:.3f}, bag of words {bag_accuracy:.3f} (test, {len(SEEDS)} seeds)",
)
