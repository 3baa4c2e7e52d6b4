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
# Notebook 01 showed how a movie review becomes a list of ids. An id is only a name: word 40 is not twice word 20. There
# are two ways to give ids to a network. In this notebook you will see that the two are nearly the same computation, but with
# very different memory needs.
#
# **By the end of this notebook, you will be able to**
#
# - show that a one-hot vector times a matrix *is* a table look-up, and say what an `Embedding` layer saves
# - derive the parameters of a `SimpleRNN` and of an `Embedding` before Keras tells you
# - compute what an array would cost in memory before you allocate it
# - train two models fairly, from several seeds, and compare them honestly
# - look at what an embedding has learned: neighbors, a map, the embedding projector
#
# **Time:** about one minute on two CPU cores in the quick profile. The full profile takes about 7 minutes the first
# time, and one minute when you run it again, because finished runs are kept. A GPU changes little, since `SimpleRNN`
# has no fused kernel.
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
from keras import layers, ops

# %% [markdown]
# The settings follow a popular tutorial that compares the same two models: 500 words, the last 100 tokens of a
# review, embeddings of 16 numbers, 8 recurrent units. We pad on the left, so that the words stand next to the answer.
# Notebook 04 pads on the right, with a mask, and says why.
#
# The call of `runtime.pick` below holds all settings that differ between the two profiles. The quick profile reads fewer
# reviews for fewer epochs, so both of its learning rates are larger. Section 5 explains `RATE` and `LARGER_RATE`. Numbers that
# you see in a box named *What we saw (full run)* come from the full profile on the real IMDB reviews. Your own screen may show
# others.

# %%
WORDS, LENGTH, DIMENSIONS, UNITS = 500, 100, 16, 8
TRAIN, TEST, EPOCHS, BATCH, PATIENCE, RATE, LARGER_RATE, SEEDS = runtime.pick(
    quick=(4_000, 1_000, 18, 32, 6, 1e-3, 2e-2, [0, 1]), full=(25_000, 25_000, 100, 64, 3, 1e-4, 1e-3, [0, 1, 2])
)
imdb = corpora.subset(corpora.load_imdb(), train=TRAIN, test=TEST)
print(imdb.provenance)

# %% [markdown]
# ## 1. From reviews to ids
#
# First you need ids. The vocabulary has 500 entries: the 498 most frequent words, id 0 for padding, and id 1 for every
# word that is not among the 498. A fifth of the training reviews is set aside for validation.

# %%
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
# Here is a vocabulary of four words, and a text of three ids:

# %%
# NBVAL_CHECK_OUTPUT
ids = np.array([2, 0, 3])
one_hot = ops.convert_to_numpy(ops.one_hot(ids, 4))
print(one_hot)

# %% [markdown]
# Every word is at the same distance from every other word. So *good* is as far from *great* as it is from *the*. That is
# honest, because we know nothing about the words yet. It is also wasteful. Now multiply by a matrix with one row for each word:

# %%
# NBVAL_CHECK_OUTPUT
table = np.array([[0.1, 0.2], [1.1, 1.2], [2.1, 2.2], [3.1, 3.2]])
print(one_hot @ table)

# %% [markdown]
# Compare the result with the table: you see rows 2, 0, and 3. Multiplying a one-hot vector by a matrix picks a row, and all
# the multiplications by zero did nothing. **An embedding is this product without the zeros**: it looks the row
# up. Keras' layer gives exactly the same numbers:

# %%
lookup = layers.Embedding(4, 2)
lookup.build()
lookup.set_weights([table])
assert np.array_equal(ops.convert_to_numpy(lookup(ids)), one_hot.astype("float32") @ table.astype("float32"))

# %% [markdown]
# ## 3. What would one-hot cost?
#
# Can you store all the one-hot vectors of a training set? Let's calculate it *before* we allocate anything, for
# 20,000 reviews of 100 tokens over 500 words. The rule is shape × bytes, with 4 bytes for an int32 or float32 and 8 for
# a float64. It's a habit worth having.

# %%
# NBVAL_CHECK_OUTPUT
reviews = 20_000
print(f"ids, int32:           {reviews * LENGTH * 4:>14,} bytes")
print(f"one-hot, float32:     {reviews * LENGTH * WORDS * 4:>14,} bytes")
print(f"one-hot, float64:     {reviews * LENGTH * WORDS * 8:>14,} bytes")

# %% [markdown]
# 8 million bytes of ids become 4 billion: 500 times as many, one for each word in the vocabulary. And that's with float32.
# Keras' helper `keras.utils.to_categorical` returns float64, which makes 8 GB for 20,000 reviews, as many as you train on in
# the full profile. With the validation part and a copy or two, a free Colab session runs out of memory. You can see the type
# from a single review:

# %%
# NBVAL_CHECK_OUTPUT
row = keras.utils.to_categorical(np.zeros((1, LENGTH), dtype="int32"), num_classes=WORDS)
print(row.dtype, f"{row.nbytes:,} bytes a review")

# %% [markdown]
# With a larger vocabulary, it becomes absurd. Here are 25,000 reviews of 500 tokens over 10,000 words, in float64:

# %%
# NBVAL_CHECK_OUTPUT
print(f"{25_000 * 500 * 10_000 * 8 / 1e12:.2f} TB")

# %% [markdown]
# The way out is to store ids and make the one-hot vectors **inside the model**, one batch at a time. A batch of 64 reviews, for
# example, needs 64 × 100 × 500 floats of 4 bytes. That's 12.8 MB, and it's free again when the batch is done.
#
# ## 4. Two models
#
# Both models read 100 ids and end in one unit that says how likely a positive review is. In between is a `SimpleRNN`.
# It walks through the review word by word. Each word is one **time step**. Along the way it carries a **hidden state** `h`,
# which is 8 numbers here.
#
# At step t, the layer takes two things: `x_t`, the vector of the t-th word, and `h_(t-1)`, the state of the step before. It
# multiplies each by its own matrix, W and U. It adds the bias b, which has one number per unit. Then the function
# **tanh** squeezes every number into the range from -1 to 1: `h_t = tanh(x_t W + h_(t-1) U + b)`. Training finds W, U, and b.
#
# The product `x_t W` doesn't depend on the step before, so it can be done for all 100 steps at once. What remains is
# a small **cell** that multiplies the old state by U, adds, and applies tanh. You don't need to be able to write this class.
# Just read the one line that begins with `state =`. The rest tells Keras how to make, save, and load the layer.


# %%
@keras.saving.register_keras_serializable("course")
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
# `Dense` holds W and b, `AddCell` holds U, and together they are a `SimpleRNN` in two pieces. Don't take our word for it:
# with the same weights, both must give the same states. The last line of the next cell calls the layers once, because
# Keras makes the weights at the first call.

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
# Why take it apart? Multiplying by W inside the loop repeats a 500-wide product a hundred times in a row. Outside the
# loop, it's one large product that uses the whole machine. On a GPU, NVIDIA's library cuDNN does the same thing for two
# other layers, LSTM and GRU, which you will meet in notebook 03. The embedding model can stay in one piece, since its
# vectors have 16 numbers, not 500.
#
# Now build both models, with one function each. The first lines apply layers, each to the result of the one before,
# and `keras.Model(start, end)` makes a model of the chain. `Lambda` wraps a function as a layer, `RMSprop` is the rule that
# changes the weights, and `jit_compile` only makes it faster. W starts with `glorot_uniform`, because that's Keras'
# default for a `SimpleRNN`, too.


# %%
def build_one_hot():
    ids = keras.Input((LENGTH,), dtype="int32")
    vectors = layers.Lambda(lambda ids: ops.one_hot(ids, WORDS), output_shape=(LENGTH, WORDS))(ids)
    hidden = layers.RNN(AddCell(UNITS))(layers.Dense(UNITS, kernel_initializer="glorot_uniform")(vectors))
    model = keras.Model(ids, layers.Dense(1, activation="sigmoid")(hidden))
    optimizer = keras.optimizers.RMSprop(RATE)
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"], jit_compile=True)
    return model


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
# ### How many parameters?
#
# Work it out before you look. A recurrent layer holds W (inputs × units), U (units × units), and b (units). The
# embedding holds one row per word.

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
# "one-hot" model *has* an embedding: it's the first matrix of its recurrent layer, with 8 dimensions. The second model
# has an embedding with 16 dimensions and a small matrix behind it. Should you expect one of them to be much better?
#
# ## 5. Training both, fairly
#
# The **learning rate** is the size of the steps in which the weights change. We start with small steps, `RATE`.
# Training stops after `EPOCHS` epochs, or earlier if the validation loss has not improved for `PATIENCE` epochs, which is
# called **early stopping**.
# We keep the weights of the epoch with the lowest validation loss. Keras calls such a saved state a **checkpoint**.
#
# One run proves nothing, because a different random start can change the result. So you train each model from several
# **seeds**, the numbers from which random choices start. `experiments.run` takes the *functions* that build the models,
# without parentheses, and calls them once for each seed. It trains in parallel and keeps what is finished.
# If you stop it, it continues where it left off. A line that ends in *kept* was read from disk, not trained again.

# %%
runs = experiments.run(
    {"one-hot": build_one_hot, "embedding": build_embedding},
    seeds=SEEDS,
    train=(x["train"], y_train),
    validation=(x["validation"], y_validation),
    test=(x["test"], imdb.test_labels),
    epochs=EPOCHS,
    batch_size=BATCH,
    patience=PATIENCE,
    name="onehot_vs_embeddings",
)

# %% [markdown]
# Half of the reviews are positive, so chance is 0.5. Look at the curves before you read on. Each thin line is one seed.
# The thick line is their mean, drawn only as long as all seeds are still training. How far do the seeds of
# *the same* model end up from each other?

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

# %%
best = runs.table[runs.table["best"]].set_index(["model", "seed"])
best[["epoch", "accuracy", "val_accuracy", "test_accuracy"]].round(3)

# %% [markdown]
# Compare the seeds of one model in the column `test_accuracy`. How far apart are they, and is the lowest run of one model
# below the highest run of the other? The next cell prints the range for each model. If the two ranges overlap,
# somebody who trains each model only once can "prove" that either one is better.

# %%
small_steps = best.groupby("model")["test_accuracy"].agg(["min", "max"])
small_steps.round(3)

# %% [markdown]
# > **What we saw (full run):** One-hot's seeds range from 0.536 to 0.770, the embedding's from 0.533 to 0.778. Some seeds leave
# > chance within ten epochs or so. Others improve a little, mostly on their training reviews, and early
# > stopping ends them near chance. The tutorial reports about 0.73 for both models, from one run each.
#
# So the setting has to change before you can compare the models. Make the learning rate much larger, `LARGER_RATE`, and
# leave everything else as it was, for both models alike. `with_larger_steps` takes a function that builds a model and
# returns a new function that builds it with larger steps.


# %%
def with_larger_steps(build):
    def build_with_larger_steps():
        model = build()
        model.optimizer.learning_rate = LARGER_RATE
        return model

    return build_with_larger_steps


# %%
fair = experiments.run(
    {"one-hot": with_larger_steps(build_one_hot), "embedding": with_larger_steps(build_embedding)},
    seeds=SEEDS,
    train=(x["train"], y_train),
    validation=(x["validation"], y_validation),
    test=(x["test"], imdb.test_labels),
    epochs=EPOCHS,
    batch_size=BATCH,
    patience=PATIENCE,
    name="onehot_vs_embeddings",
)

# %% [markdown]
# Do the seeds of one model end closer together now, and all of them far above 0.5? And which of the two models takes more
# seconds per epoch?

# %%
plots.learning_curves(
    fair.table,
    metric="accuracy",
    title="Larger steps: every seed learns",
    ylabel="accuracy",
    alt="Training and validation accuracy of both models against the epoch, with larger steps, one thin line for each "
    "seed. Every seed ends far above 0.5.",
    data=imdb.provenance,
)

# %%
fair.summary().round(3).T

# %% [markdown]
# Every seed is well above chance now. In the table, `_std` is the standard deviation over the seeds, `best_epoch` is the mean
# epoch with the lowest validation loss, and `overfit` is training accuracy minus validation accuracy in the last epoch.
# `seconds_per_epoch` is a median that leaves out the first epoch of each run, in which Keras compiles the model.
#
# > **What we saw (full run):** One-hot reached its lowest validation loss after 10.3 epochs on average, the embedding after
# > 5.0. An epoch of one-hot took four times as long as one of the embedding, and two and a half times in another run.
#
# Which model is ahead? Compare two numbers: the gap between the two means, and the spread over the seeds.

# %%
test_accuracy = (
    fair.table[fair.table["best"]].groupby("model")["test_accuracy"].agg(["mean", "std"]).loc[["one-hot", "embedding"]]
)
gap = test_accuracy["mean"].diff().iloc[-1]
print(f"embedding minus one-hot: {gap:+.3f}; spread over seeds: {test_accuracy['std'].max():.3f}")

# %%
plots.bars(
    test_accuracy["mean"].to_dict(),
    spread=test_accuracy["std"].to_dict(),
    title="Test accuracy of the two models",
    xlabel=f"accuracy on {len(x['test']):,} test reviews, mean ± standard deviation of {len(SEEDS)} seeds",
    fmt="{:.3f}",
    alt="Two bars with whiskers: the test accuracies of the one-hot and the embedding model.",
    data=imdb.provenance,
)

# %% [markdown]
# Both models should be far above chance, and within a few points of each other. That's the claim of this notebook, so we assert
# it. The quick profile on the real reviews is the one exception: it reads too few of them for this.

# %%
enough = imdb.provenance.is_sample or runtime.profile() == "full"
if enough:
    assert test_accuracy["mean"].min() >= 0.70
    assert abs(gap) <= 0.06

# %% [markdown]
# The gap may be luck for two reasons: with other seeds, or with other test reviews, it could have been different.
# `fair.compare` asks about both at once. It compares the two models on the same test reviews, over all seeds, and gives an
# interval for the difference by **bootstrap**: it draws reviews and seeds again and again and looks how far the difference
# moves. If the interval contains 0, no difference is shown.

# %%
fair.compare("embedding", "one-hot").to_frame()

# %% [markdown]
# If the interval doesn't contain 0, one model is ahead on these reviews and seeds. But don't build on it. A spread or an
# interval from two or three seeds is itself very uncertain. And the same code with the same
# seeds gives slightly different numbers on another processor, because sums are rounded in a different order.
#
# > **What we saw (full run):** One-hot 0.782, embedding 0.772. The interval of the difference runs from -0.0188 to 0.0004, so
# > no difference was shown, although the gap of 0.010 is larger than the spread of 0.006. On another processor the same seeds
# > gave 0.779 and 0.774, half the gap. With three seeds each, one point is not a difference to build on. The tutorial's
# > finding, about the same accuracy for both, holds. Its figure of 0.73 doesn't.
#
# So what did the embedding buy you? An accuracy within a few points of the other's, in less time per epoch, and without making
# a one-hot array for every batch. It gives you the freedom to use a larger vocabulary. It has twice the parameters, 8,209
# against 4,081, only because we gave it 16 dimensions where W has 8 numbers per word.
#
# Neither model is the best reader you can build. It sees 500 words, the last 100 tokens, and has 8 units. Notebook 04 widens
# all three.
#
# > **What we saw (full run):** Both models stayed far below notebook 01's bag of words and pairs, which reached 0.907 on the
# > test reviews.
#
# ## 6. What did the embedding learn?
#
# Load the trained model and take out its table: one row of 16 numbers per word. Words that play the same part in a
# review should have similar rows. Similar means a small angle. The **cosine** of two vectors is 1 if they point
# the same way and -1 if they point in opposite ways.

# %%
model = fair.load("embedding", SEEDS[0])
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
# A word that isn't among the 498 is skipped. Look for words of praise near *wonderful* and words of blame near *boring*. Nobody
# told the model what a word means. It knows only what helped it guess the label. So expect some strays among the neighbors, and
# don't expect it to tell one kind of praise from another. The word *the* leans neither way, so its neighbors look arbitrary.
#
# > **What we saw (full run):** *great* had the neighbors excellent, favorite, perfect, wonderful, love, and family. *bad* had
# > script, awful, boring, terrible, poor, and money. *the* had rather, got, again, second, men, and but.
#
# How strongly does each word lean toward positive reviews? Count it: take the share of positive reviews among those that
# contain the word, and subtract one half.

# %%
held = np.zeros((len(x["train"]), len(vocabulary)), dtype=bool)
held[np.arange(len(x["train"]))[:, None], x["train"]] = True
seen = held.sum(axis=0)
leaning = (held * (y_train[:, None] == 1)).sum(axis=0) / np.maximum(seen, 1) - 0.5

# %% [markdown]
# Sixteen dimensions don't fit on paper. **Principal components** rotate the space so that the words differ most
# along the first axis, second most along the second, and so on. The map shows the first two.

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
# The **correlation** of two rows of numbers is 1 or -1 if they lie on one straight line when you draw them against each
# other, rising or falling. It is 0 if there is no linear relation. The sign of a component is arbitrary, so we print the
# correlation without it.
#
# Follow the colors along the first axis. On the whole they change from one end to the other: the model uses its widest
# direction for the one thing it was trained to do. The higher the correlation, the fewer the exceptions. Can you find some? The
# words written out are the 16 that lean furthest to one side.
#
# > **What we saw (full run):** The correlation was 0.91.
#
# ### Walk around in it
#
# The [embedding projector](https://projector.tensorflow.org) shows such a space in three dimensions in your browser.
# It needs two files: one with a line of numbers per word, and one with the words themselves.

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
# - The one-hot model hides an embedding in the first matrix of its recurrent layer. That's why neither is far ahead.
# - A one-hot array takes as many times the memory of the ids as there are words in the vocabulary. Compute shape × bytes first.
#   If you need them at all, make them inside the model.
# - One run proves nothing: the same model with another seed can give a very different result.
# - A fair comparison has the same data, the same budget, the best epoch kept, and several seeds. It compares the gap with the
#   spread.
# - Trained vectors arrange words by what the task asks, here sentiment, not by what the words mean.

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
#    here?
# 5. Put your own `Embedding` from checked exercise 7 into `build_embedding` and train it with the same seeds. Do the
#    accuracies agree?

# %% [markdown]
# ## Further reading
#
# - Bengio et al., [A neural probabilistic language model](https://www.jmlr.org/papers/v3/bengio03a.html), 2003: where learned
#   word vectors begin.
# - Mikolov et al., [Efficient estimation of word representations in vector space](https://arxiv.org/abs/1301.3781), 2013:
#   word2vec.
# - Smilkov et al., [Embedding projector](https://arxiv.org/abs/1611.05469), 2016.
# - Keras on the [Embedding layer](https://keras.io/api/layers/core_layers/embedding/).

# %%
means = test_accuracy["mean"]
runtime.finish(
    imdb.provenance,
    notebook="onehot_vs_embeddings",
    headline=f"one-hot {means['one-hot']:.3f}, embedding {means['embedding']:.3f} (test, {len(SEEDS)} seeds)",
)
