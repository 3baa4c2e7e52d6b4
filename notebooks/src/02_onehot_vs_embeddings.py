# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 02 · One-hot against embeddings
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/sequence-models-for-text/course/blob/main/notebooks/02_onehot_vs_embeddings.ipynb)
#
# Notebook 01 showed how a movie review becomes a list of ids. An id is only a name: word 40 is not twice word 20. There are
# two ways to give ids to a network: one-hot vectors and embeddings. In this notebook, you will see that they are nearly the
# same computation but need very different amounts of memory.
#
# **By the end of this notebook, you will be able to**
#
# - show that a one-hot vector times a matrix *is* a table look-up, and say what an `Embedding` layer saves
# - derive the parameters of a `SimpleRNN` and of an `Embedding` before Keras tells you
# - compute what an array would cost in memory before you allocate it
# - train a first network with `fit`, stop it in time, and load its best checkpoint again
# - train two models from several seeds, find out why a seed stalls, and compare them fairly
# - look at what an embedding has learned: neighbors, a map, the embedding projector
#
# **Time:** about an hour to study. The computer needs about two minutes on two CPU cores in the quick profile. The full
# profile takes about 36 minutes the first time, on a machine that was also busy with other work. When you run it again, it
# takes about two minutes, because finished runs are kept. The outputs stored here come from such a second run. A GPU changes
# little, since `SimpleRNN` has no fused kernel.
#
# If a word is new to you, look it up in the
# [glossary](https://github.com/sequence-models-for-text/course/blob/main/docs/glossary.md), which is in English and Korean.
# When you are done, practice with the [exercises with checked answers](exercises/02_onehot_vs_embeddings.ipynb).

# %%
# On Colab this installs the course's helpers; elsewhere it does nothing.
import sys

if "google.colab" in sys.modules:
    print("Colab: installing the course's helpers")
    # %pip install -q --no-deps git+https://github.com/sequence-models-for-text/course
    # %pip install -q pooch tokenizers

# %%
from course_utils import corpora, experiments, plots, runtime, text

runtime.start(seed=42)

# %%
import keras
import numpy as np
import pandas as pd
from keras import layers, ops
from tqdm.keras import TqdmCallback

# %% [markdown]
# The settings follow a popular tutorial that compares the same two models: 500 words, the last 100 tokens of a review,
# embeddings of 16 numbers, 8 recurrent units. We pad on the left, so that the words come right before the answer. Notebook 04
# pads on the right, with a mask, and explains why.
#
# The two calls of `runtime.pick` below hold all the settings that differ between the two profiles. The quick profile reads
# fewer reviews for fewer epochs, so both of its learning rates are larger. Section 4 explains `RATE`, and section 8 explains
# `LARGER_RATE`. The second call says which seeds we train from, and sets two numbers for an experiment in section 7. Numbers
# in a box named *What we saw (full run)* come from the full profile on the real IMDB reviews. Your own screen may show others.

# %%
WORDS, LENGTH, DIMENSIONS, UNITS = 500, 100, 16, 8
TRAIN, TEST, EPOCHS, BATCH, PATIENCE, RATE, LARGER_RATE = runtime.pick(
    quick=(4_000, 1_000, 10, 64, 4, 2e-3, 2e-2), full=(25_000, 25_000, 100, 64, 3, 1e-4, 1e-3)
)
SEEDS, FAIR_SEEDS, WIDEST, LONG = runtime.pick(quick=([0, 2], range(2), 1, 9), full=(range(10), range(3), 2, 30))
imdb = corpora.subset(corpora.load_imdb(), train=TRAIN, test=TEST)
print(imdb.provenance)

# %% [markdown]
# ## 1. From reviews to ids
#
# First you need ids. The vocabulary has 500 entries: the 498 most frequent words, id 0 for padding, and id 1 for every
# word that is not among the 498. A fifth of the training reviews is set aside for validation.

# %%
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

fit_texts, validation_texts, y_train, y_validation = train_test_split(
    imdb.train_texts, imdb.train_labels, test_size=0.2, stratify=imdb.train_labels, random_state=42
)

# %%
tokenizer = text.word_tokenizer(fit_texts, WORDS)
parts = {"train": fit_texts, "validation": validation_texts, "test": imdb.test_texts}
x = {name: text.pad(text.encode(tokenizer, texts), LENGTH, side="left", keep="last") for name, texts in parts.items()}
print({name: rows.shape for name, rows in x.items()})

# %% [markdown]
# How much of the text do 500 words cover? Look at the share of unknown tokens, and at the word in our sentence that
# became `[UNK]`. Keep both in mind when you see the accuracy.

# %%
print(f"unknown: {text.oov_rate(tokenizer, validation_texts):.1%} of the validation tokens")
print(tokenizer.encode("a truly wonderful film with a dull ending").tokens)

# %% [markdown]
# > **What we saw (full run):** 31.4% of the validation tokens were unknown, and *dull* became `[UNK]`.
#
# ## 2. What is a one-hot vector?
#
# A one-hot vector has as many places as there are words. It holds a single 1, at the word's id, and zeros everywhere else.
# Here is a text of three ids, with a vocabulary of four words:

# %%
# NBVAL_CHECK_OUTPUT
ids = np.array([2, 0, 3])
one_hot = ops.convert_to_numpy(ops.one_hot(ids, 4))
print(one_hot)

# %% [markdown]
# Every word is at the same distance from every other word, so *good* is as far from *great* as it is from *the*. That is
# honest, because we know nothing about the words yet. It is also wasteful. Now multiply by a matrix with one row for each
# word:

# %%
# NBVAL_CHECK_OUTPUT
table = np.array([[0.1, 0.2], [1.1, 1.2], [2.1, 2.2], [3.1, 3.2]])
print(one_hot @ table)

# %% [markdown]
# Compare the result with the table: you see rows 2, 0, and 3. Multiplying a one-hot vector by a matrix picks a row, and all
# the multiplications by zero added nothing. **An embedding is this product without the zeros**: it just looks up the row.

# %% [markdown]
# ![On the left, the one-hot vector of id 2 times a matrix of four rows gives row 2. On the right, the id points to row 2.](pictures/look_up.png)
#
# Follow each half from the yellow boxes to the green ones. On the left, each number of the one-hot vector, written from top to
# bottom, multiplies the row beside it, and the four products are added up. On the right, the id picks the same row, and
# nothing is multiplied.

# %% [markdown]
# Keras' layer gives exactly the same numbers:

# %%
lookup = layers.Embedding(4, 2)
lookup.build()
lookup.set_weights([table])
assert np.array_equal(ops.convert_to_numpy(lookup(ids)), one_hot.astype("float32") @ table.astype("float32"))

# %% [markdown]
# ## 3. What would one-hot cost?
#
# Can you store all the one-hot vectors of a training set? Let's calculate it *before* we allocate anything, for 20,000 reviews
# of 100 tokens over 500 words. The rule is shape × bytes per number. An int32 or float32 takes 4 bytes, and a float64 takes 8.

# %%
# NBVAL_CHECK_OUTPUT
reviews = 20_000
print(f"ids, int32:           {reviews * LENGTH * 4:>14,} bytes")
print(f"one-hot, float32:     {reviews * LENGTH * WORDS * 4:>14,} bytes")
print(f"one-hot, float64:     {reviews * LENGTH * WORDS * 8:>14,} bytes")

# %% [markdown]
# The 8 million bytes of ids become 4 billion, or 500 times as many, since each id becomes 500 numbers. And that's with
# float32. The helper `keras.utils.to_categorical` returns float64, which makes 8 GB for 20,000 reviews, the number that you
# train on in the full profile. Add the validation part and a copy or two, and a free Colab session runs out of memory. One
# review is enough to see the type:

# %%
# NBVAL_CHECK_OUTPUT
row = keras.utils.to_categorical(np.zeros((1, LENGTH), dtype="int32"), num_classes=WORDS)
print(row.dtype, f"{row.nbytes:,} bytes per review")

# %% [markdown]
# With a larger vocabulary, it becomes absurd. Here are 25,000 reviews of 500 tokens over 10,000 words, in float64:

# %%
# NBVAL_CHECK_OUTPUT
print(f"{25_000 * 500 * 10_000 * 8 / 1e12:.2f} TB")

# %% [markdown]
# The way out is to store ids and make the one-hot vectors **inside the model**, one batch at a time. A batch of 64 reviews,
# for example, needs 64 × 100 × 500 floats of 4 bytes. That's 12.8 MB, and it's free again when the batch is done.
#
# ## 4. A first network
#
# Our first network starts with an embedding. It reads 100 ids and ends in one unit that says how likely a positive review is.
# In between is a `SimpleRNN`, which reads the review word by word. Each word is one **time step**. From step to step, the
# layer carries a **hidden state** `h`, which is 8 numbers here. The picture below shows a review of only four words. Follow
# the arrows. How many steps lie between the first word and the last state? Three. And between the last word and the last
# state? None.

# %%
plots.unrolled(
    {"a review of four words": ([1, 1, 1, 1], [0, 0, 0, 1])},
    title="Word vectors in, one answer out",
    alt="A recurrent network unrolled over four steps. Each step has a word vector x below and a hidden state h in the middle. "
    "Each state passes on to the next one, and only the last one leads to an answer y.",
)

# %% [markdown]
# At step t, the layer takes two things: `x_t`, the vector of the t-th word, and `h_(t-1)`, the state of the step before. It
# multiplies `x_t` by the matrix W and `h_(t-1)` by the matrix U. Then it adds up both results and the bias b, which has one
# number per unit. Finally, the function **tanh** squeezes every number into the range from -1 to 1: `h_t = tanh(x_t W +
# h_(t-1) U + b)`. Before the first word, the state is all zeros. Training finds W, which is 16 × 8 here, U, which is 8 × 8,
# and b.
#
# The next cell applies one layer after another, each to the result of the one before. `keras.Model(start, end)` turns the
# chain into a model. `RMSprop` is the rule that changes the weights. The **learning rate**, here `RATE`, is the size of its
# steps. `jit_compile` compiles the model before training starts, which pays off if the training is long.


# %%
def build_embedding():
    ids = keras.Input((LENGTH,), dtype="int32")
    vectors = layers.Embedding(WORDS, DIMENSIONS)(ids)
    hidden = layers.SimpleRNN(UNITS)(vectors)
    model = keras.Model(ids, layers.Dense(1, activation="sigmoid")(hidden))
    optimizer = keras.optimizers.RMSprop(RATE)
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"], jit_compile=True)
    return model


# %% [markdown]
# When should training stop? After each epoch, Keras measures the loss on the validation reviews. Once that loss has not
# improved for `PATIENCE` epochs, we assume that more training would hardly help, and stop. This is called **early stopping**.
# It is a rule of thumb: the loss wobbles, so a run can stop too soon. When the training ends, the last epoch is no longer the
# best one, so `restore_best_weights` goes back to the weights of the epoch with the lowest validation loss.
#
# `EarlyStopping` is a *callback*, an object that `fit` calls after every epoch. The second one, `ModelCheckpoint`, writes a
# **checkpoint**, the whole model in a file, whenever an epoch is the best so far. If your machine stops in the middle of a
# long training, you still have that file.

# %%
path = runtime.output_folder("onehot_vs_embeddings") / "best.keras"
stop = keras.callbacks.EarlyStopping("val_loss", patience=PATIENCE, restore_best_weights=True)
keep = keras.callbacks.ModelCheckpoint(path, monitor="val_loss", save_best_only=True)

# %% [markdown]
# Now train. `fit` gets the training reviews to learn from and the validation reviews to measure on. `EPOCHS` is only an upper
# limit, because early stopping may end the training sooner. `TqdmCallback` shows the progress. The weights start from random
# numbers, and `set_random_seed` makes sure that you get the same ones every time.

# %%
keras.utils.set_random_seed(0)
first = build_embedding()
history = first.fit(
    x["train"],
    y_train,
    batch_size=BATCH,
    epochs=EPOCHS,
    validation_data=(x["validation"], y_validation),
    verbose=0,
    callbacks=[stop, keep, TqdmCallback(verbose=0, file=sys.stdout)],
).history

# %% [markdown]
# Look for the lowest point of the validation curve. That is the epoch whose weights we kept. The loss of one review is -ln p,
# where p is the probability that the network gives to the right answer. A network that answers one half for every review has a
# loss of ln 2, about 0.69. That is guessing, because half of the reviews are positive.

# %%
plots.lines(
    {
        "training": (range(1, len(history["loss"]) + 1), history["loss"]),
        "validation": (range(1, len(history["loss"]) + 1), history["val_loss"]),
    },
    title="The first network learns",
    xlabel="epoch",
    ylabel="loss",
    alt="Training and validation loss of the first network against the epoch. Both fall from about 0.69. The validation curve "
    "flattens first.",
    data=imdb.provenance,
)

# %% [markdown]
# Can you get the network back from the file? Load it and let both networks judge the validation reviews. If the checkpoint
# holds what early stopping restored, they must give the same numbers:

# %%
loaded = keras.models.load_model(path)
both = [network.predict(x["validation"], batch_size=1_000, verbose=0) for network in (first, loaded)]
assert np.allclose(*both, atol=1e-5)

# %%
best = int(np.argmin(history["val_loss"]))
print(f"epoch {best + 1} of {len(history['loss'])}: validation accuracy {history['val_accuracy'][best]:.3f}")

# %% [markdown]
# > **What we saw (full run):** The best epoch was 20 of 23, with a validation accuracy of 0.782.
#
# ## 5. The same network on one-hot vectors
#
# For the second model, we replace the embedding with one-hot vectors. Everything else stays the same. But a vector of 500
# numbers at each step makes the loop slow, so we take the `SimpleRNN` apart.
#
# The product `x_t W` doesn't depend on the step before, so it can be done for all 100 steps at once. What remains is a small
# **cell** that multiplies the old state by U, adds the product from before, and applies tanh. You don't need to be able to
# write this class. Just read the line that begins with `state =`.


# %%
class AddCell(layers.Layer):
    """h = tanh(x + h U): a SimpleRNN whose inputs have been multiplied already."""

    def __init__(self, units, **options):
        super().__init__(**options)
        self.units = self.state_size = units

    def build(self, input_shape):
        self.recurrent = self.add_weight(shape=(self.units, self.units), initializer="orthogonal")

    def call(self, inputs, states, training=False):
        state = ops.tanh(inputs + ops.matmul(states[0], self.recurrent))
        return state, [state]

    def get_config(self):
        return {**super().get_config(), "units": self.units}


# %% [markdown]
# `Dense` holds W and b, `AddCell` holds U, and together they are a `SimpleRNN` in two pieces. With the same weights, both must
# give the same states. The last line of the next cell calls the layers once, because Keras makes the weights at the first
# call.

# %%
probe = ops.one_hot(x["train"][:4], WORDS)
whole = layers.SimpleRNN(UNITS)
expected = whole(probe)
inputs, cell = layers.Dense(UNITS), layers.RNN(AddCell(UNITS))
_ = cell(inputs(probe))

# %%
W, U, b = whole.get_weights()
inputs.set_weights([W, b])
cell.set_weights([U])
assert np.allclose(cell(inputs(probe)), expected, atol=1e-6)

# %% [markdown]
# Why take it apart? Inside the loop, the 500-wide product with W is computed a hundred times, one after another. Outside the
# loop, it's one large product that uses the whole machine. On a GPU, NVIDIA's library cuDNN does the same thing for two other
# layers, LSTM and GRU, which you will meet in notebook 03. The embedding model can stay in one piece, since its vectors have
# 16 numbers, not 500.
#
# Now build the model. `Lambda` wraps a function as a layer. W starts with small random numbers from `glorot_uniform`, because
# that's Keras' default for a `SimpleRNN`, too.


# %%
def one_hot_vectors(ids):
    return ops.one_hot(ids, WORDS)


# %%
def build_one_hot():
    ids = keras.Input((LENGTH,), dtype="int32")
    vectors = layers.Lambda(one_hot_vectors, output_shape=(LENGTH, WORDS))(ids)
    hidden = layers.RNN(AddCell(UNITS))(layers.Dense(UNITS, kernel_initializer="glorot_uniform")(vectors))
    model = keras.Model(ids, layers.Dense(1, activation="sigmoid")(hidden))
    optimizer = keras.optimizers.RMSprop(RATE)
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"], jit_compile=True)
    return model


# %% [markdown]
# ### How many parameters?
#
# Work it out before you look. A recurrent layer holds W (inputs × units), U (units × units), and b (units). The
# embedding holds one row per word.

# %% [markdown]
# **Predict first.** Leave the last unit out. Which of the two networks has more parameters?
#
# <details><summary>A. The one-hot network, because its vectors have 500 numbers</summary>
# The vectors are long, but they are inputs that the network makes from the ids. Only what training can change is a parameter.
# Count the numbers in W, and then those in the embedding's table.
# </details>
# <details><summary>B. The embedding network</summary>
# Yes, about twice as many. Both have a matrix with one row per word. In the one-hot network, a row of W has 8 numbers, one for
# each unit. In the embedding's table, a row has 16. Compare the two sums in the output below.
# </details>
# <details><summary>C. Both have about the same number, because they know the same words</summary>
# Both do have a matrix with one row per word. But how many numbers are in a row of W, and how many in a row of the embedding's
# table?
# </details>

# %%
# NBVAL_CHECK_OUTPUT
recurrent_on_one_hot = WORDS * UNITS + UNITS * UNITS + UNITS
embedding = WORDS * DIMENSIONS
recurrent_on_embedding = DIMENSIONS * UNITS + UNITS * UNITS + UNITS
print(f"{recurrent_on_one_hot:,} against {embedding:,} + {recurrent_on_embedding}")

# %%
output = UNITS + 1
assert whole.count_params() == recurrent_on_one_hot == 4_072
assert build_one_hot().count_params() == recurrent_on_one_hot + output
assert build_embedding().count_params() == 8_000 + 200 + output

# %% [markdown]
# Look at the first number again. Of the 4,072 parameters, 4,000 are W, with one row of 8 numbers for each word. So the
# "one-hot" model *has* an embedding: it's the first matrix of its recurrent layer, with 8 dimensions. The second model has an
# embedding with 16 dimensions and a small matrix behind it, its own W. The table, 500 × 16, times this W, 16 × 8, is again a
# 500 × 8 matrix. And any 500 × 8 matrix can be written as such a product, because 16 is more than 8. So each model can compute
# what the other can. Should you expect one of them to be much better?
#
# ## 6. Does the seed matter?
#
# Your first network was one run, and one run proves nothing, because a different random start can change the result. So now
# you train each model from several **seeds**, the numbers from which random choices start.
#
# `experiments.run` does for each run what you did above: the same `fit`, the same early stopping, the best weights kept. You
# give it the *functions* that build the models, without parentheses, and it calls them once for each seed. It trains several
# runs in parallel and saves each one that is finished. If you stop it, it continues where it left off. A line that ends in
# *kept* was read from disk, not trained again.
#
# It also measures each run on the test reviews, but we won't look at these numbers before section 9. Until everything is
# decided, only the validation reviews count.

# %%
data = {
    "train": (x["train"], y_train),
    "validation": (x["validation"], y_validation),
    "test": (x["test"], imdb.test_labels),
}
settings = {"epochs": EPOCHS, "batch_size": BATCH, "patience": PATIENCE, "name": "onehot_vs_embeddings"}

# %% [markdown]
# **Predict first.** The data and the settings are the same for all seeds of a model. How far apart will its runs end?
#
# <details><summary>A. Within a point or two of each other</summary>
# You would expect that if every start led to the same place. But a start can be unlucky, and then small steps may lead nowhere
# in the time they have. What would a few such runs do to the range?
# </details>
# <details><summary>B. A few points apart, most of them close to their mean</summary>
# Many measurements look like that: a crowd around the mean and few far out. Check in the next figures whether there is any run
# close to the mean.
# </details>
# <details><summary>C. Very far apart: some learn, and others hardly get beyond a guess</summary>
# Yes. In the full run, some seeds stayed near 0.5 and the others learned, with nothing in between. The steps are small, so
# much depends on where a run starts. Compare the accuracies in the output below. Section 7 finds out what is wrong with the
# bad starts.
# </details>

# %%
models = {"one-hot": build_one_hot, "embedding": build_embedding}
runs = experiments.run(models, SEEDS, **data, **settings)

# %% [markdown]
# Half of the reviews are positive, so chance is 0.5. Each thin line is one seed. The thick line is their mean, drawn only as
# long as all seeds are still training. How far do the seeds of *the same* model end up from each other?

# %%
plots.learning_curves(
    runs.table,
    metric="accuracy",
    title="Small steps: the seed decides",
    ylabel="accuracy",
    alt="Training and validation accuracy of both models against the epoch, one thin line for each seed. With small "
    "steps, the seeds of one and the same model end at different accuracies.",
    data=imdb.provenance,
)

# %% [markdown]
# The next figure shows only the epoch that each run kept, as one dot. The short bar marks the mean of the dots. The dashed
# line is the tutorial's accuracy, about 0.73 for both models, from one run each. Where do your dots lie?

# %%
small = runs.table[runs.table["best"]].reset_index(drop=True)
plots.strip_plot(
    small,
    {"val_accuracy": "validation accuracy, one dot per seed"},
    marks={"0.73": 0.73},
    title="Small steps: one model, many results",
    alt="Validation accuracy of both models, one dot per seed and a bar at the mean. The dots of one model lie far apart, on "
    "both sides of a dashed line at 0.73.",
    data=imdb.provenance,
)

# %%
small_range = small.groupby("model", sort=False)["val_accuracy"].agg(["min", "max", "mean", "std"])
if enough := imdb.provenance.is_sample or runtime.profile() == "full":
    assert small["val_accuracy"].min() < 0.73 < small["val_accuracy"].max()
small_range.round(3)

# %% [markdown]
# In the full run, the tutorial's 0.73 lies between our lowest and our highest seed. But check whether any dot is near it. How
# far a single run gets depends on its seed. If the ranges of the two models overlap, anyone who trains each model only once
# can "prove" that either one is better.
#
# > **What we saw (full run):** One-hot's ten seeds range from 0.529 to 0.799, the embedding's from 0.529 to 0.796. Three of
# > the ten one-hot runs and one of the ten embedding runs stayed near chance, and all others got to 0.764 or more. No run came
# > near 0.73. The mean lies where there is no run at all, so look at the dots. And the tutorial prepared its data in its own
# > way, so its number need not agree with ours.
#
# ## 7. Why does a seed stall?
#
# Some seeds get far, and others hardly leave chance. All of them read the same reviews, so the reason must be something that
# the seed decides. We suspect the random start of one matrix, U. You will see what U does to a word, measure it before
# training, and then change it.
#
# ### What does U do to a word?
#
# The network answers from its last state, so ask what is left of each word there. At the start of training, the numbers are
# small, and tanh leaves small numbers nearly as they are: `tanh(0.1)` is about 0.10. Without tanh, a step only multiplies the
# old state by U and adds the new word's vector times W. So the last state is roughly a sum with one term for each word. The
# last word hasn't been multiplied by U yet, the word before it has been once, and a word that comes k steps before the end has
# been k times.
#
# What do k multiplications by U do? Keras starts U as an **orthogonal** matrix. Such a matrix never makes a vector longer or
# shorter, so nothing fades. But it can turn the vector, again and again. Take an example in two dimensions: U turns every
# vector by 30°, and the word *wonderful* starts as `(1, 0)`.
#
# | steps before the end | turned by | what is left of the word | part along the first direction |
# |---|---|---|---|
# | 0 | 0° | (1, 0) | 1 |
# | 1 | 30° | (0.87, 0.5) | 0.87 |
# | 2 | 60° | (0.5, 0.87) | 0.5 |
# | 3 | 90° | (0, 1) | 0 |
#
# After three steps, the vector is as long as ever, but nothing of it is left in the direction in which it started. Where does
# it point after six steps, and after twelve? Guess first. The figure shows the last column for three different turns, and
# calls it *share*. Below 0, the word counts the other way.

# %%
steps = np.arange(40)
plots.lines(
    {f"turned by {turn}° per step": (steps, np.cos(np.radians(turn * steps))) for turn in (0, 10, 30)},
    title="What a word adds, k steps before the end",
    xlabel="steps k before the end",
    ylabel="share in the first direction",
    alt="Three curves. Without a turn the share stays at 1. With 10 degrees per step it is a slow wave that is negative after "
    "9 steps, with 30 degrees a fast wave that is negative after 3 steps.",
)

# %% [markdown]
# Follow the curve of 30°. After six steps the vector points the other way, and after twelve it is back where it began. So if
# *wonderful* as the last word counts for a positive review, the same word six steps earlier counts just as much against one.
# In real reviews, the word can be anywhere, so over many reviews most of that cancels out. Only a weak signal is left, mainly
# from the last few words. So the network may learn peculiarities of the training reviews instead of what praise and blame have
# in common.
#
# Now follow the curve of 0°. In a direction that doesn't turn, a word adds nearly the same wherever it appears. As far as that
# direction goes, the network starts out nearly as a bag of words, which is easy to learn from.
#
# ### How do you measure the turns?
#
# In eight dimensions, U turns different directions by different angles. You can read the angles off the **eigenvalues** of U.
# If these are new to you, think of a list of eight turns that NumPy computes for an 8 × 8 matrix. Eigenvalues may be complex
# numbers, and the angle of each one is a turn. For an orthogonal matrix, there are three kinds:
#
# | eigenvalue | angle | what U does at every step |
# |---|---|---|
# | 1 | 0° | it leaves one direction as it is |
# | -1 | 180° | it reverses one direction, which is a half turn |
# | a pair of complex numbers | 30° and -30°, for example | it turns a plane by 30° |
#
# Suppose that the eight angles are 20° and -20°, 55° and -55°, 90° and -90°, and 140° and -140°. Then U turns four planes, and
# its smallest turn is 20°.
#
# For learning, the smallest turn should matter most, because the network can use that direction and leave the others alone, by
# giving them small output weights. You can compute it before any training: build each model from its seed and look at U.


# %%
def smallest_turn(build, seed):
    keras.utils.set_random_seed(seed)
    U = next(weights for weights in build().get_weights() if weights.shape == (UNITS, UNITS))
    return float(np.degrees(np.abs(np.angle(np.linalg.eigvals(U)))).min())


# %%
small["turn"] = [smallest_turn(models[name], seed) for name, seed in zip(small["model"], small["seed"], strict=True)]

# %% [markdown]
# If the idea is right, runs with a small turn should end high and runs with a large turn near chance. Where would you draw the
# border? Below the figure you see the **rank correlation**, which compares two rankings of the runs, one by turn and one by
# accuracy. It is -1 if a larger turn always goes with a lower accuracy, and near 0 if there is no such trend.

# %%
with plots.figure(
    xlabel="smallest turn of U before training (degrees per step)",
    ylabel="validation accuracy",
    title="The start of U decides",
    alt="One dot per run: validation accuracy against the smallest turn of its U. Runs with a small turn end high, those with "
    "the largest turns end low.",
    data=imdb.provenance,
) as (axes,):
    for name, part in small.groupby("model", sort=False):
        axes.plot(part["turn"], part["val_accuracy"], "o" if name == "one-hot" else "^", label=name)
    axes.legend()

# %%
rank_correlation = small["turn"].corr(small["val_accuracy"], method="spearman")
print(f"rank correlation of turn and accuracy: {rank_correlation:.2f}")
assert not enough or rank_correlation < -0.3
small.sort_values("turn")[["model", "seed", "turn", "epoch", "val_accuracy"]].round(3)

# %% [markdown]
# > **What we saw (full run):** All fifteen runs with a turn below 16° learned. Of the five with a larger one, four stalled
# > near chance. The fifth, one-hot with seed 7 and a turn of 26°, got to 0.789 all the same. So the turn tells you where the
# > risk is, and no more. We chose the border of 16° after looking at the results, so it would have to be tested on new seeds.
# > Below it, a smaller turn doesn't mean a higher accuracy. So the rank correlation, -0.45, isn't near -1: among the runs that
# > learned, there is hardly a trend. The title of the figure claims too much.
#
# Why may a turn of 6° to 16° do so little harm? Take 15°. Six such turns make 90°, so each of the last six words still counts
# on its own side, the earlier ones less. That may be enough to start from, and then training changes U.
#
# ### Is it the cause?
#
# That is a pattern, but not yet a cause. Runs with a small turn could do better for some other reason. To find out, change one
# thing and keep the rest: take the embedding's seeds with the largest turns, and flip the sign of one column of U. The new U
# is still orthogonal, but now at least one direction doesn't turn at all.
#
# Why must there be one? If you don't know determinants, skip this list. A table below shows the new turns as numbers.
#
# 1. The determinant of a matrix is the product of all its eigenvalues. Here, the flip changes it from 1 to -1.
# 2. Each pair has the product 1, so only eigenvalues of -1 can make the determinant negative. Their number must now be odd.
# 3. Pairs fill an even number of the eight places, and the -1s fill an odd number. That leaves an odd number of 1s, so at
#    least one.


# %%
def build_flipped():
    model = build_embedding()
    weights = model.get_weights()
    weights[2][:, 0] *= -1  # after the embedding's table and W comes U
    model.set_weights(weights)
    return model


# %% [markdown]
# Perhaps the stalled runs were only stopped too early? To find out, we switch early stopping off for both versions of U, so
# that each run gets `LONG` epochs.

# %%
widest = small[small["model"] == "embedding"].nlargest(WIDEST, "turn")["seed"].tolist()
why = experiments.run(
    {"U as drawn": build_embedding, "one column flipped": build_flipped},
    widest,
    train=data["train"],
    validation=data["validation"],
    **{**settings, "epochs": LONG, "patience": LONG},
)

# %%
plots.learning_curves(
    why.table,
    metric="accuracy",
    title="Flip one column of U, and the seed learns",
    ylabel="accuracy",
    alt="Accuracy against the epoch for the seeds with the largest turns. As drawn, at least one seed stays low to the end. "
    "With one column of U flipped, every seed rises from the first epochs on.",
    data=imdb.provenance,
)

# %% [markdown]
# Each thin line is one seed. The next table shows where they end, with the smallest turn of U as drawn and flipped:

# %%
last = why.table[why.table["epoch"] == LONG].pivot(index="seed", columns="model", values="val_accuracy")
last["turn, as drawn"] = [smallest_turn(build_embedding, seed) for seed in last.index]
last["turn, flipped"] = [smallest_turn(build_flipped, seed) for seed in last.index]
last.round(3)

# %%
assert last["turn, flipped"].max() < 1
assert not enough or (last["one column flipped"] - last["U as drawn"]).max() > 0.05

# %% [markdown]
# So for the seed that stalled, neither the data nor too short a patience explains it, at least within these epochs. Its
# starting U does: with one column of U changed and all else the same, it learns from the first epoch.
#
# But the flip changes the other turns, too, and we tested it on one stalled run. So it supports our explanation and doesn't
# prove every step of it. A run with a medium turn may learn as well, only later.
#
# > **What we saw (full run):** Seed 2, with a turn of 30° per step, was at 0.556 after 30 epochs. With one column flipped, it
# > reached 0.789. Without the flip, its training accuracy had risen all the same: it learned the training reviews, but not how
# > to judge new ones. Seed 6, with a turn of 12°, learned both ways.
#
# ## 8. Larger steps
#
# You can't base a comparison on results that depend this much on the seed. Another start for U, as in exercise 6 at the end,
# is one way out. We choose one that works for both models and needs no new layer: a much larger learning rate, `LARGER_RATE`.
# Everything else stays as it was. We chose it by validation accuracy alone. `with_larger_steps` takes a function that builds a
# model and returns a new function that builds it with larger steps.


# %%
def with_larger_steps(build):
    def build_with_larger_steps():
        model = build()
        model.optimizer.learning_rate = LARGER_RATE
        return model

    return build_with_larger_steps


# %%
fair = experiments.run(
    {name: with_larger_steps(build) for name, build in models.items()}, FAIR_SEEDS, **data, **settings
)

# %% [markdown]
# Do the seeds of one model end closer together now, and all of them far above 0.5? And which of the two models takes more
# seconds per epoch?

# %%
plots.learning_curves(
    fair.table,
    metric="accuracy",
    title="Larger steps: which seeds learn?",
    ylabel="accuracy",
    alt="Training and validation accuracy of both models against the epoch, with larger steps, one thin line for each "
    "seed. In the full run, every seed ends far above 0.5.",
    data=imdb.provenance,
)

# %%
columns = ["parameters", "val_accuracy", "val_accuracy_std", "seconds_per_epoch", "best_epoch", "overfit"]
fair.summary()[columns].round(3).T

# %% [markdown]
# In the full run, every seed that we tried is well above chance now. In the table, `_std` is the standard deviation over the
# seeds, `best_epoch` is the mean epoch with the lowest validation loss, and `overfit` is training accuracy minus validation
# accuracy in the last epoch. `seconds_per_epoch` is a median that leaves out the first epoch of each run, in which Keras
# compiles the model.
#
# > **What we saw (full run):** One-hot reached its lowest validation loss after 10.3 epochs on average, the embedding after
# > 5.0. An epoch of one-hot took two to three times as long as one of the embedding. With small steps, the two models had been
# > level among the runs that learned. So the gap between them may change with the learning rate. Only three of the ten seeds
# > were tried here, 0 to 2. With small steps, two of these six runs had stalled, one-hot's seed 1 and the embedding's seed 2.
# > Now both learned.
#
# ## 9. The test reviews, once
#
# Everything is decided now: the models, the learning rate, the seeds. What is missing is a baseline that the networks should
# beat. How well does a **bag of words** do if it sees exactly the same input, 500 words and the last 100 tokens? It gets the
# counts of the ids and forgets their order. We choose its one setting, `C`, on the validation reviews.


# %%
def count_words(rows):
    counts = np.zeros((len(rows), WORDS), dtype="float32")
    np.add.at(counts, (np.arange(len(rows))[:, None], rows), 1)
    return counts


# %% [markdown]
# **Predict first.** A bag of words sees the same tokens as your networks, but not their order. Where will its accuracy lie?
#
# <details><summary>A. Above all your networks</summary>
# Yes, in the full run. It has a weight for each word, and its training always finds the best weights for the data and the
# <code>C</code> it gets. A network has to carry the whole review through 100 steps in 8 numbers. Compare the accuracy below
# with those in sections 6 and 8.
# </details>
# <details><summary>B. Between the seeds that stalled and those that learned</summary>
# It knows less than a network, so you would expect it to do worse than the good ones. But having the order is one thing, and
# learning from it is another. How much can 8 units make of the order?
# </details>
# <details><summary>C. Near chance, because the order is lost</summary>
# You can tell most reviews with <em>awful</em> from those with <em>wonderful</em> without knowing where the word was. How well
# did counting words and pairs work in notebook 01?
# </details>

# %%
bags = {name: count_words(rows) for name, rows in x.items()}
trials = [LogisticRegression(C=C, max_iter=2_000).fit(bags["train"], y_train) for C in (0.03, 0.3, 3)]
bag = max(trials, key=lambda trial: trial.score(bags["validation"], y_validation))
print(f"C = {bag.C}, validation accuracy {bag.score(bags['validation'], y_validation):.3f}")

# %% [markdown]
# Now open the test part, for all runs at once. The dots show all seeds of both learning rates, and the short bars show their
# means. The dashed lines are the tutorial's 0.73 and our bag-of-words baseline.

# %%
bag_accuracy = bag.score(bags["test"], imdb.test_labels)
larger = fair.table[fair.table["best"]]
finished = pd.concat(
    [part.assign(model=part["model"] + f", {steps} steps") for steps, part in (("small", small), ("larger", larger))]
)

# %%
plots.strip_plot(
    finished,
    {"test_accuracy": f"accuracy on {len(x['test']):,} test reviews, one dot per seed"},
    marks={"0.73": 0.73, "bag": bag_accuracy},
    title="All runs on the test reviews",
    alt="Test accuracy of both models with small and with larger steps, one dot per seed and a bar at the mean. With small "
    "steps the dots are far apart, with larger steps close together. Dashed lines mark 0.73 and the bag of words.",
    data=imdb.provenance,
)

# %%
print(f"bag of words: {bag_accuracy:.3f}")
finished.groupby("model", sort=False)["test_accuracy"].agg(["min", "max", "mean", "std"]).round(3)

# %% [markdown]
# > **What we saw (full run):** With small steps, one-hot's seeds ranged from 0.536 to 0.794 and the embedding's from 0.533 to
# > 0.793, so 0.73 lies between the two groups here, too. With larger steps, the means were 0.782 and 0.772. The bag-of-words
# > baseline reached 0.802.
#
# With larger steps, both models should be far above chance and within a few points of each other. That's the claim of this
# notebook, so we assert it. The quick profile on the real reviews is the one exception, because it reads too few of them.

# %%
test_accuracy = larger.groupby("model", sort=False)["test_accuracy"].agg(["mean", "std"])
gap = test_accuracy["mean"].diff().iloc[-1]
if enough:
    assert test_accuracy["mean"].min() >= 0.70
    assert abs(gap) <= 0.06

# %% [markdown]
# Which model is ahead? The gap may be luck, because other seeds or other test reviews could have changed it. `fair.compare`
# takes both into account. It compares the models on the same test reviews, over all seeds, and gives an interval for the
# difference.
#
# It finds the interval by **bootstrap**: it draws reviews and seeds at random, again and again, and looks at how far the
# difference moves. In the table, `low` and `high` are the ends of the interval. If it contains 0, no difference is shown.

# %%
fair.compare("embedding", "one-hot").to_frame()

# %% [markdown]
# If the interval doesn't contain 0, the same model should be ahead on other reviews and seeds, too. But don't build on it. An
# interval from two or three seeds is itself very uncertain. And the same code with the same seeds gives slightly different
# numbers on another processor, because sums are rounded in a different order.
#
# > **What we saw (full run):** The interval of the difference runs from -0.0188 to 0.0004, so it only just contains 0. No
# > difference was shown, and one-hot may be ahead by up to two points. The tutorial found about the same accuracy for both,
# > which this neither confirms nor contradicts.
#
# Now compare the baseline with each network on the same test reviews. A plus means that the baseline is ahead.

# %%
bag_right = bag.predict(bags["test"]) == imdb.test_labels
for name, build in models.items():
    network, answers = build(), []
    for seed in FAIR_SEEDS:
        network.set_weights(fair.load(name, seed).get_weights())
        answers.append(network.predict(x["test"], batch_size=1_000, verbose=0)[:, 0] > 0.5)
    ahead = bag_right - np.mean(np.equal(answers, imdb.test_labels), axis=0)
    margin = 1.96 * ahead.std() / np.sqrt(len(ahead))
    print(f"bag of words minus {name}: {ahead.mean():+.3f} ± {margin:.3f}")

# %% [markdown]
# The ± gives a 95% interval, with the factor 1.96 in the code, as in notebook 01. It covers only the luck of the test reviews,
# not that of the seeds, so look at the dots as well: does the baseline lie above every seed? If it does, reading in order
# doesn't make up for whatever else these small networks lack. Whether order helps them at all is another question, and
# exercise 4 below asks it. On the sample, a network can be ahead, because there the order of the words was made to matter.
#
# > **What we saw (full run):** The bag-of-words baseline was ahead of one-hot by 0.020 and of the embedding by 0.030, and of
# > every single seed. So on the same input, the networks lose to a model that ignores the order.
#
# So what did you gain from the embedding? It gets within a few points of the other model's accuracy in less time per epoch,
# without a one-hot array for every batch. That leaves you free to use a larger vocabulary. The embedding model has twice the
# parameters, 8,209 against 4,081, only because we gave it 16 dimensions where W has 8 numbers per word.
#
# Neither model is the best reader you can build. Each sees 500 words and the last 100 tokens, and has 8 units. Notebook 04, in
# its full profile, increases all three.
#
# > **What we saw (full run):** Everything here stayed far below notebook 01's bag of words and pairs. That one sees whole
# > reviews with nearly all their words. It learned from all 25,000 and reached 0.907 on the test reviews.
#
# ## 10. What did the embedding learn?
#
# Load the trained model and take out its table: one row of 16 numbers per word. Words that play the same role in a review
# should have similar rows. Here, *similar* means that the angle between them is small. The **cosine** of two vectors is 1 if
# they point the same way and -1 if they point in opposite directions.

# %%
model = fair.load("embedding", FAIR_SEEDS[0])
vectors = next(layer for layer in model.layers if isinstance(layer, layers.Embedding)).get_weights()[0]
vocabulary = [tokenizer.id_to_token(index) for index in range(tokenizer.get_vocab_size())]
vectors = vectors[: len(vocabulary)]

# %%
unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
cosine = unit @ unit.T


def neighbors(word, count=6):
    nearest = np.argsort(-cosine[vocabulary.index(word)])
    return [vocabulary[index] for index in nearest[1 : count + 1]]


# %%
for word in ("great", "bad", "wonderful", "boring", "the"):
    if word in vocabulary:
        print(f"{word:>9}: {', '.join(neighbors(word))}")

# %% [markdown]
# A word that isn't among the 498 is skipped. Look for words of praise near *wonderful* and words of blame near *boring*.
# Nobody told the model what a word means. It knows only what helped it guess the label. So expect some strays among the
# neighbors, and don't expect it to tell one kind of praise from another. The word *the* leans neither way, so its neighbors
# look arbitrary.
#
# > **What we saw (full run):** *great* had the neighbors excellent, favorite, perfect, wonderful, love, and family. *bad* had
# > script, awful, boring, terrible, poor, and money. *the* had rather, got, again, second, men, and but.
#
# How strongly does each word lean toward positive reviews? Count it: take the share of positive reviews among those that
# contain the word in their last 100 tokens, and subtract one half.

# %%
held = bags["train"][:, : len(vocabulary)] > 0
seen = held.sum(axis=0)
leaning = (held * (y_train[:, None] == 1)).sum(axis=0) / np.maximum(seen, 1) - 0.5

# %% [markdown]
# Sixteen dimensions don't fit on paper. **Principal components** are new axes for the same space, rotated so that the words
# differ most along the first one, second most along the second, and so on. The map shows the first two. The percentage on each
# axis says how much of all the differences between the words lies along it.

# %%
from sklearn.decomposition import PCA

words = np.arange(2, len(vocabulary))
pca = PCA(2).fit(vectors[words])
points = pca.transform(vectors[words])
along = np.corrcoef(points[:, 0], leaning[words])[0, 1]

# %%
named = [vocabulary[index] for index in words[np.argsort(-np.abs(leaning[words]))][:16]]
plots.word_map(
    points,
    [vocabulary[index] for index in words],
    leaning[words],
    title="The embedding, seen along its two widest directions",
    xlabel=f"first component ({pca.explained_variance_ratio_[0]:.0%} of the variance)",
    ylabel=f"second component ({pca.explained_variance_ratio_[1]:.0%})",
    legend="leaning: share of positive reviews, minus ½",
    named=named,
    alt="A map of the vocabulary: words of blame (orange) lie mostly toward one end of the first axis, words of praise "
    "(blue) mostly toward the other, most neutral words between them.",
    data=imdb.provenance,
)

# %%
print(f"correlation of the first component with sentiment: {abs(along):.2f}")
assert abs(along) > 0.25 or not enough

# %% [markdown]
# The **correlation** of two lists of numbers is 1 if the points lie on a rising straight line when you plot one list against
# the other, and -1 if the line falls. It is 0 if there is no linear relation. The sign of a component is arbitrary, so we
# print the correlation without it.
#
# Follow the colors along the first axis. On the whole, they change from one end to the other. So the direction in which the
# table's rows differ most goes along with the one thing the model was trained to do. The higher the correlation, the fewer the
# exceptions. Can you find some? The words written out are the 16 that lean furthest to one side or the other.
#
# > **What we saw (full run):** The correlation was 0.91.
#
# ### Walk around in it
#
# The [embedding projector](https://projector.tensorflow.org) shows such a space in three dimensions in your browser. The next
# cell writes the two files that it needs: one with a line of numbers per word, and one with the words themselves.

# %%
folder = runtime.output_folder("onehot_vs_embeddings")
np.savetxt(folder / "vectors.tsv", vectors[2:], delimiter="\t", fmt="%.6f")
rows = [f"{vocabulary[index]}\t{leaning[index]:.3f}" for index in words]
(folder / "metadata.tsv").write_text("\n".join(["word\tleaning", *rows]) + "\n", encoding="utf-8")
print("Load", ", ".join(sorted(path.name for path in folder.glob("*.tsv"))), "from _build/outputs/" + folder.name)

# %% [markdown]
# ## Recap
#
# - One-hot times a matrix is a look-up. An `Embedding` is that look-up, without the zeros.
# - The one-hot model hides an embedding in the first matrix of its recurrent layer. Both models can compute the same
#   functions.
# - With the same bytes per number, a one-hot array takes as many times the memory of the ids as there are words in the
#   vocabulary. Compute shape × bytes first. If you need one-hot vectors at all, make them inside the model.
# - `fit` takes callbacks: `EarlyStopping` ends the training in time, `ModelCheckpoint` keeps the best epoch in a file that you
#   can load.
# - One run proves nothing: the same model with another seed can give a very different result.
# - A recurrent matrix that turns every word can stall a seed. Look for the cause, and test it by changing one thing.
# - A fair comparison has the same data, the same budget, the best epoch kept, and several seeds. Decide by validation, open
#   the test part once, and compare the result with a simple baseline on the same input.
# - Trained vectors arrange words by what the task asks, here sentiment, not by all that the words mean.

# %% [markdown]
# ## Exercises
#
# Start with the exercises [with checked answers](exercises/02_onehot_vs_embeddings.ipynb). A
# [solution](solutions/02_onehot_vs_embeddings.ipynb) is one click away. Then try these, which have no check:
#
# 1. The one-hot model's W is an embedding of 8 dimensions. Take it out of the trained model and find the neighbors of
#    *wonderful* in it.
# 2. Change the settings to 10,000 words and 32 units, build both models, and compare your sums of checked exercise 3
#    with `count_params()`.
# 3. Pad on the right instead of the left and train again, from three seeds. What happens, and why?
# 4. Replace `SimpleRNN` with `GlobalAveragePooling1D`, which makes a bag of embeddings. How much does the order of words help
#    here, and does it beat the baseline of section 9?
# 5. Put your own `Embedding` from checked exercise 7 into `build_embedding` and train it with the same seeds. Do the
#    accuracies agree?
# 6. Give `SimpleRNN` the argument `recurrent_initializer="identity"`, so that U turns nothing at the start, and train at the
#    small learning rate from three seeds. Does any of them stall?

# %% [markdown]
# ## Further reading
#
# - Bengio et al., [A neural probabilistic language model](https://www.jmlr.org/papers/v3/bengio03a.html), 2003: word vectors
#   learned together with a language model.
# - Mikolov et al., [Efficient estimation of word representations in vector space](https://arxiv.org/abs/1301.3781), 2013:
#   word2vec.
# - Le, Jaitly and Hinton, [A simple way to initialize recurrent networks of rectified linear
#   units](https://arxiv.org/abs/1504.00941), 2015: a recurrent matrix that starts as the identity.
# - Smilkov et al., [Embedding projector](https://arxiv.org/abs/1611.05469), 2016.
# - Keras on the [Embedding layer](https://keras.io/api/layers/core_layers/embedding/).

# %%
means = test_accuracy["mean"]
runtime.finish(
    imdb.provenance,
    notebook="onehot_vs_embeddings",
    headline=f"one-hot {means['one-hot']:.3f}, embedding {means['embedding']:.3f} (test, {len(FAIR_SEEDS)} seeds)",
)
