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
# # 07 · Word language models
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/sequence-models-for-text/course/blob/main/notebooks/07_word_models.ipynb)
#
# Which word comes next? Your phone asks this question at every tap, and so does every large language model. In notebook 05 you
# predicted characters. Now you predict words, on the text that language models were measured on for many years: the Penn
# Treebank. You begin with the `Rnnlm` of a well-known textbook, built from your own NumPy layers, and see it agree with Keras.
# Then you add one ingredient after the other and measure what each of them is worth.
#
# **By the end of this notebook, you will be able to**
#
# - turn a text into word ids, and say what a perplexity can and cannot be compared with
# - build a counting model that is hard to beat, modified Kneser–Ney, in a few lines of NumPy
# - train a word language model, and say what dropout, weight tying, a second layer and the optimizer are worth
# - train with a sampled softmax, and say when it is worth it
# - give a trained model a memory of what it has just read
# - write with a word model
#
# **Time:** about two hours to study. The computer needs about a minute in the quick profile and about 32 minutes in the full
# one, on two CPU cores.
#
# **New words** are explained in the [glossary](https://github.com/sequence-models-for-text/course/blob/main/docs/glossary.md),
# in English and Korean. To practice, open the [exercises with checked answers](exercises/07_word_models.ipynb).

# %%
# On Colab this installs the course's helpers; elsewhere it does nothing.
import sys

if "google.colab" in sys.modules:
    print("Colab: installing the course's helpers")
    # %pip install -q --no-deps git+https://github.com/sequence-models-for-text/course
    # %pip install -q pooch tokenizers

# %%
from course_utils import cells, corpora, experiments, language_model, plots, runtime
from course_utils.batches import contiguous_batches
from course_utils.callbacks import Backup, ResetState, Seconds

runtime.start(seed=42)

# %%
import time
from collections import Counter

import keras
import numpy as np
import pandas as pd
from keras import layers, ops
from tqdm.keras import TqdmCallback

# %% [markdown]
# These are the settings. The first line is for the textbook's model, the next two are for the table of ingredients, and the
# last one is for the best model. `TOKENS` says how much of each part of the text is read. The quick profile is made for the
# small sample that comes with the course.

# %%
BOOK_UNITS, BOOK_EPOCHS, COMPARED, SAMPLE = runtime.pick(quick=(64, 1, 20, 64), full=(100, 4, 100, 512))
RUNG_UNITS, RUNG_TOKENS, RUNG_EPOCHS, SEEDS = runtime.pick(quick=(48, 50_000, 3, [0]), full=(128, 200_000, 3, [0, 1]))
RUNG_RATE, TOKENS = runtime.pick(quick=(2e-2, (170_000, 20_000, 50_000)), full=(1e-2, (None, None, None)))
UNITS, EPOCHS, RATE, DROPOUT = runtime.pick(quick=(96, 3, 2e-2, (0.1, 0.1)), full=(384, 8, 5e-3, (0.4, 0.5)))

# %% [markdown]
# ## 1. Words instead of characters
#
# The Penn Treebank holds a million words from the Wall Street Journal. Tomáš Mikolov prepared it in 2010, and almost everyone
# has used his version since: lower case, no punctuation, every number replaced by `N`, and one sentence per line. Only the
# 10,000 most frequent words were kept. All others are `<unk>`, for unknown.

# %%
treebank = corpora.load_ptb()
print(treebank.provenance)
texts = [part.replace("\n", " <eos> ").split()[:most] for part, most in zip(treebank[:3], TOKENS, strict=True)]
enough = treebank.provenance.is_sample or runtime.profile() == "full"  # the quick network is too small for real text

# %% [markdown]
# We wrote an end mark `<eos>`, for end of sentence, in place of every line break, so that the model must also predict where a
# sentence ends. A vocabulary is a list of all words. We sort it by frequency, the most frequent first, because that will be
# useful in section 5. A word's id is its place in the list.

# %%
vocabulary = [word for word, _ in Counter(texts[0]).most_common()]
place, V = {word: number for number, word in enumerate(vocabulary)}, len(vocabulary)


class WordCodec:
    """From words to ids and back, like the character codec of notebook 05."""

    def encode(self, text):
        return np.array([place.get(word, place["<unk>"]) for word in text.split()], dtype="int32")

    def decode(self, ids):
        return " ".join(vocabulary[number] for number in ids)

    def __len__(self):
        return V


# %%
codec = WordCodec()
train, validation, test = (codec.encode(" ".join(text)) for text in texts)
print(f"{V:,} words; {len(train):,} tokens to train on, {len(validation):,} to choose by, {len(test):,} to measure on")

# %%
for sentence in ("it was a new year", "it was a splendiferous year"):
    print(codec.encode(sentence), codec.decode(codec.encode(sentence)))

# %% [markdown]
# A word that is not in the vocabulary becomes `<unk>`, and nothing brings it back. That is the price of a fixed vocabulary.
# With the byte pairs of notebook 01, you don't pay it.
#
# ### What a perplexity can be compared with
#
# As in notebook 05, you measure the mean of `-log p` over all tokens, in nats. The perplexity is `e` to that power. A
# perplexity of 100 means that the model is as unsure as if it had to choose among 100 equally likely words. Is a model of
# perplexity 50 better than one of 100? Not necessarily. Take the simplest model there is, which knows only how frequent each
# word is, and give it smaller and smaller vocabularies. All other words become `<unk>`.

# %% [markdown]
# **Predict first.** You keep only the ten most frequent words, and all others become `<unk>`. What happens to the perplexity
# of this model?
#
# <details><summary>A. It rises, because the model knows less</summary>
# It knows less. But it is also asked for less: how often is <code>&lt;unk&gt;</code> now the right answer?
# </details>
# <details><summary>B. It stays about the same, because the text is the same</summary>
# The text is the same, but the model has fewer words to tell apart. Among how many does it still have to choose?
# </details>
# <details><summary>C. It falls, by far</summary>
# Yes. Most of the words are <code>&lt;unk&gt;</code> now, and one frequent word is cheap to guess. Compare the first row of
# the table below with the last one, and ask yourself which of the two models you would rather use.
# </details>


# %%
def nats_by_frequency(size):
    """Nats per test token of a model that knows the frequencies of the `size` most frequent words."""
    counts = np.bincount(np.minimum(train, size))  # id `size` stands for all rarer words
    return -np.log(counts / counts.sum())[np.minimum(test, size)].mean()


sizes = [size for size in (10, 100, 1_000, 10_000) if size <= V] + [V]
pd.Series({size: np.exp(nats_by_frequency(size)) for size in sorted(set(sizes))}, name="perplexity").round(1).to_frame()

# %% [markdown]
# The model that knows 10 words has by far the lowest perplexity, and it is useless. Its best guess is always `<unk>`, and most
# of the time that is right. So **compare perplexities only over the same vocabulary and the same test text.** A perplexity per
# character can't be compared with one per word either. With the space behind it, a word has about six characters, so 1.5 nats
# per character are about 9 nats per word, a perplexity of 8,000.
#
# ## 2. What must be beaten?
#
# Three bars are quickly set. If you know nothing, all words are equally likely and the perplexity is V. If you know
# frequencies, you have the **unigram** model, whose perplexity is at the end of the table above. If you also look at the word
# before, you have a **bigram** model.
#
# A plain bigram model gives a new pair of words the probability 0, and its perplexity is infinite. So all our models from the
# bigram on use smoothing, which lends a new run of words some probability from a shorter one. The bar that counts is
# **modified Kneser–Ney** smoothing over runs of five words, by Chen and Goodman (1998). You built it from counters in
# notebook 05. For more than ten years, it was the bar that every new model had to beat.
#
# Here is its idea once more, this time for words. When you have never seen a run of words, you fall back on a shorter one. But
# how likely is a word *as a fallback*? The frequency is the wrong answer. Look for frequent words that have followed hardly
# any other word:

# %%
pairs = pd.DataFrame({"before": train[:-1], "word": train[1:]})
kinds = pairs.groupby("word")["before"].agg(["size", "nunique"])
faithful = kinds[kinds["size"] > 50].nsmallest(3, "nunique")
faithful.set_axis(["occurrences", "different words before it"], axis=1).rename(lambda number: vocabulary[number])

# %% [markdown]
# These words are frequent, but only after certain others. After anything else they are unlikely. So for a fallback, Kneser and
# Ney don't count how often a word occurs. They count how many *different words come before it*.
#
# The second idea is to take a little off every count, a **discount**, and to give what was saved to the fallback. How much to
# take off is computed from the counts themselves, separately for runs seen once, twice, and more often.
#
# To count runs fast, the code gives each different run a number. A run of n words consists of its **history**, which is the
# run of n - 1 words that ends one position earlier, and one more word. Take *of the year*. If the history *of the* already has
# the number 7, and *year* has the id 30, the new run is the pair (7, 30). `np.unique` numbers all different pairs. The
# training text, `T` words long, comes first in `stream`, so `[T:]` are the two other parts.

# %%
stream, T = np.concatenate([train, validation, test]).astype("int64"), len(train)
runs = [np.zeros(len(stream), dtype="int64")]  # the run of no words is always the same
for _ in range(5):
    history = np.roll(runs[-1], 1)
    runs.append(np.unique(history * V + stream, return_inverse=True)[1])


def discounts(counts):
    """How much to take off a count of 0, of 1, of 2, and of 3 or more (Chen and Goodman, 1998)."""
    once, twice, thrice, four = (max(1, np.sum(counts == number)) for number in (1, 2, 3, 4))
    share = once / (once + 2 * twice)
    return np.array([0, 1 - 2 * share * twice / once, 2 - 3 * share * thrice / twice, 3 - 4 * share * four / thrice])


# %%
def lengthen(shorter, n, longest):
    """Probability of each word behind the training text after n - 1 words, leaning on `shorter`, that after n - 2."""
    run, history = runs[n], np.roll(runs[n - 1], 1)
    known, first = np.unique(run[n - 1 : T], return_index=True)  # the different runs, and where each occurs first
    counted = run[n - 1 : T] if n == longest else run[n:T][np.unique(runs[n + 1][n:T], return_index=True)[1]]
    count = np.bincount(counted, minlength=run.max() + 1)
    discount = discounts(count[known])[np.minimum(count, 3)]
    per_history = {"weights": count[known], "minlength": history.max() + 1}
    total = np.bincount(history[first + n - 1], **per_history)[history[T:]]
    saved = np.bincount(history[first + n - 1], **per_history | {"weights": discount[known]})[history[T:]]
    own = np.maximum(count - discount, 0)[run[T:]]
    return np.where(total > 0, (own + saved * shorter) / np.maximum(total, 1), shorter)


# %% [markdown]
# You find the first idea in `counted`. The longest runs are counted as they are. Shorter ones are counted once for each
# different run that is one word longer, so once for each different word before. The function's last line is the formula of
# notebook 05, for all positions at once: what a run has left after the discount, plus what was saved times the shorter run's
# probability, divided by how often the history was counted.


# %%
def kneser_ney(longest):
    probability = np.full(len(stream) - T, 1 / V)  # of each word of the other two parts
    for n in range(1, longest + 1):
        probability = lengthen(probability, n, longest)
    return np.split(probability, [len(validation)])


counting = {"uniform": float(V), "unigram": np.exp(nats_by_frequency(V))}
names = {2: "bigram", 3: "trigram"}
counting |= {names.get(n, f"{n}-gram"): np.exp(-np.log(kneser_ney(n)[1]).mean()) for n in (2, 3, 4, 5)}
bar = counting["5-gram"]
pd.Series(counting, name="test perplexity").round(1).to_frame()

# %% [markdown]
# The last line is the bar: runs of five words, cleverly counted, within seconds. Each row of the table costs less than any
# network below.
#
# > **What we saw (full run):** The 5-gram has a perplexity of 141.1. Mikolov published 141 for it, with another program.
#
# ## 3. The textbook's model, twice
#
# The textbook, *Deep Learning from Scratch 2* by Koki Saitoh (2018), calls its model `Rnnlm`: an embedding and an LSTM with
# 100 units each, then an affine layer and a softmax over all words. You know these layers from notebook 03. Here is the Keras
# version, in a form that will serve for the whole notebook.
#
# The last layer, `NextWord`, is our own. Its embedding `words`, which it gets from `build` further below, has one vector per
# word. The **logit** of a word is the dot product of this vector and the LSTM's output, plus a bias. The bias begins with the
# logarithm of the word's frequency, so before any training the network is close to the unigram model. The textbook starts it
# at 0. The layer returns what each target costs in nats, which is `-log p`. With a softmax, that is the `logsumexp` of all
# logits minus the logit of the target.


# %%
log_frequency = np.log(np.bincount(train) / len(train)).astype("float32")


class NextWord(layers.Layer):
    """What each target costs, in nats (batch, time), after the states `hidden` (batch, time, units)."""

    def build(self, hidden_shape, targets_shape):
        self.words.build(None)
        self.bias = self.add_weight(shape=(V,), initializer=keras.initializers.Constant(log_frequency))

    def logits(self, hidden):
        return ops.matmul(hidden, ops.transpose(self.words.embeddings)) + self.bias

    def call(self, hidden, targets, training=False):
        logits = self.logits(hidden)
        right = ops.take_along_axis(logits, targets[..., None], axis=-1)[..., 0]
        return ops.logsumexp(logits, axis=-1) - right

    def compute_output_shape(self, hidden_shape, targets_shape):
        return targets_shape


# %% [markdown]
# And here is the function that builds every network of this notebook. The model has two inputs, the words and the words that
# follow, and its output is already the loss. As in notebook 05, it reads its batches in order and carries its state along. So
# its `fit` doesn't shuffle, and it resets the state at the beginning of the text.


# %%
class InOrder(keras.Model):
    def fit(self, *data, callbacks=(), **options):
        return super().fit(*data, shuffle=False, callbacks=[ResetState(), *callbacks], **options)


def mean_nats(_, nats):
    return ops.mean(nats)


# %%
class WordVectors(layers.Embedding):
    def call(self, ids):
        return ops.take(self.embeddings * 1.0, ids, axis=0)  # * 1.0: see below


# %%
def build(batch, units, *, cell=layers.LSTM, depth=1, dropout=(0, 0), tied=False, head=NextWord):
    ids, targets = (keras.Input(batch_shape=(batch, None), dtype="int32") for _ in range(2))
    words = WordVectors(V, units)
    hidden = layers.Dropout(dropout[0])(words(ids))
    for _ in range(depth):
        hidden = cell(units, return_sequences=True, stateful=True)(hidden)
        hidden = layers.Dropout(dropout[1])(hidden)
    head = head()
    head.words = words if tied else WordVectors(V, units)
    return InOrder([ids, targets], head(hidden, targets))


# %% [markdown]
# `Rnnlm` is the simplest case. The textbook trains it with plain gradient descent, a learning rate of 20 and clipped
# gradients, in batches of 20 rows with 35 time steps. The number of **time steps** says how far back the error travels. The
# state travels further, because each batch begins with the state in which the batch before ended.


# %%
def book_model(head=NextWord):
    keras.utils.set_random_seed(42)
    model = build(20, BOOK_UNITS, head=head)
    xla = head is NextWord  # pays off for the product with all words, not for a sample
    model.compile(keras.optimizers.SGD(20.0, global_clipnorm=0.25), mean_nats, jit_compile=xla)
    return model


# %%
x, y = contiguous_batches(train, 20, 35)
batches = [slice(first, first + 20) for first in range(0, 20 * COMPARED, 20)]

# %% [markdown]
# Build it once in double precision, for the comparison. You will see in a moment why.


# %%
def set_precision(dtype):
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)


set_precision("float64")
precise = book_model()

# %%
embedding, W, U, b, bias, output_embedding = (weight.copy() for weight in precise.get_weights())
print(f"{precise.count_params():,} parameters, {embedding.size + output_embedding.size:,} of them in word vectors")

# %% [markdown]
# Now the same in NumPy, with the same weights. The step is the one of notebook 03: forward through all layers, backward
# through all layers, clip the gradients, and move the weights against them.

# %%
numpy_layers = [
    cells.Embedding(embedding),
    cells.LSTM(W, U, b, stateful=True),
    cells.Affine(output_embedding.T.copy(), bias),
]
loss_layer = cells.SoftmaxLoss()


# %%
def numpy_step(ids, targets, rate=20.0, longest=0.25):
    look_up, lstm, affine = numpy_layers
    nats = loss_layer.forward(affine.forward(lstm.forward(look_up.forward(ids))), targets)
    look_up.backward(lstm.backward(affine.backward(loss_layer.backward()))[0])
    gradients = [gradient for layer in numpy_layers for gradient in layer.grads]
    length = np.sqrt(sum((gradient**2).sum() for gradient in gradients))
    for weight, gradient in zip([w for layer in numpy_layers for w in layer.weights], gradients, strict=True):
        weight -= rate * gradient * min(1, longest / length)
    return nats


# %%
def keras_step(ids, targets):
    precise.reset_metrics()
    return precise.train_on_batch([ids, targets], targets)


# %% [markdown]
# Let both take the same steps, and compare the losses:

# %%
losses, seconds = {}, {}
for name, step in {"NumPy": numpy_step, "Keras": keras_step}.items():
    began = time.perf_counter()
    losses[name] = np.array([step(x[rows], y[rows]) for rows in batches])
    seconds[name] = (time.perf_counter() - began) / COMPARED
set_precision("float32")

# %%
apart = np.abs(losses["NumPy"] - losses["Keras"]).max()
assert apart < 1e-4
print(f"from {losses['Keras'][0]:.4f} to {losses['Keras'][-1]:.4f} nats in {COMPARED} steps, at most {apart:.0e} apart")
print(f"NumPy took {seconds['NumPy'] / seconds['Keras']:.1f} times as long as Keras")

# %% [markdown]
# > **What we saw (full run):** The losses of 100 steps are at most 3e-12 apart. In double precision, NumPy took 1.3 times as
# > long as Keras.
#
# Up to rounding, both give the same losses, step by step. So you know what Keras computes, because you have computed it
# yourself. Before the numbers agreed, we had to take care of two details, and both are worth knowing.
#
# - **Rounding grows.** When we tried it in single precision, the two agreed to six digits in the first steps, and to two after
#   thirty steps. With steps as large as these, a difference in the last digit grows into a larger one in the next step, and so
#   on. That is why the comparison is in double precision. It doesn't mean that one of them is wrong.
# - **Clipping looks at the length of the gradient, and Keras measures it before all parts are added.** When a word occurs five
#   times in a batch, TensorFlow keeps five gradients for its vector and adds them later. But the length of the pieces is not
#   the length of their sum: (1, 0) and (-1, 0) each have length 1, and their sum has length 0. `* 1.0` in `WordVectors` makes
#   TensorFlow add them first.
#
# ## 4. Train it as the textbook does
#
# The textbook goes through the text four times with a fixed learning rate. We add a rule that it uses only for its second
# model: whenever the validation loss gets worse, the learning rate is divided by four. As in notebook 05, the training
# survives an interruption: `Backup` keeps the last finished epoch, and `CSVLogger` records the figures.


# %%
def fit(name, model, train_part, validation_part, epochs, callbacks=()):
    """Train, and return seconds and validation perplexity by epoch."""
    (x, y), (x_validation, y_validation), batch = train_part, validation_part, model.inputs[0].shape[0]
    folder = experiments.training_folder(name, model, x, y, epochs=epochs)
    history = keras.callbacks.CSVLogger(folder / "history.csv", append=True)
    kept = [*callbacks, Seconds(), history, Backup(folder / "backup"), TqdmCallback(verbose=0, file=sys.stdout)]
    model.fit(
        [x, y], y, batch_size=batch, epochs=epochs, verbose=0, callbacks=kept, validation_batch_size=batch,
        validation_data=([x_validation, y_validation], y_validation),
    )  # fmt: skip
    log = pd.read_csv(folder / "history.csv").drop_duplicates("epoch", keep="last")
    return log.assign(epoch=log["epoch"] + 1, perplexity=np.exp(log["val_loss"])).set_index("epoch")


# %%
book_parts = (x, y), contiguous_batches(validation, 20, 35)


def lower_rate():
    return keras.callbacks.ReduceLROnPlateau("val_loss", factor=0.25, patience=0, min_delta=0)


# %%
rnnlm = book_model()
book_log = fit("rnnlm", rnnlm, *book_parts, BOOK_EPOCHS, [lower_rate()])
book_log[["seconds", "perplexity"]].round(1)

# %% [markdown]
# The perplexities in this table are those of the validation text. To measure on the test text, `evaluate` reads it in 32 rows,
# as in notebook 05. Each row first reads the 256 words before it, so that it has a past. For the first row these come from the
# validation text. To carry the states yourself, you need the trained weights in a model that takes its states as inputs and
# returns the new ones.


# %%
def reading_model(model):
    """The trained layers as a model [ids, *states] -> [logits, *states]."""
    ids, states, after = keras.Input((None,), dtype="int32"), [], []
    hidden, head = model.layers[1](ids), model.layers[-1]
    for trained in [layer for layer in model.layers if isinstance(layer, layers.RNN)]:
        again = type(trained)(trained.units, return_sequences=True, return_state=True)
        states += [keras.Input((size,)) for size in keras.tree.flatten(trained.cell.state_size)]
        hidden, *last = again(hidden, initial_state=states[len(after) :])
        again.set_weights(trained.get_weights())
        after += last
    return keras.Model([ids, *states], [layers.Lambda(head.logits)(hidden), *after])


# %%
def test_perplexity(model):
    return np.exp(language_model.evaluate(reading_model(model), test, validation))


# %%
measured = {"Rnnlm": test_perplexity(rnnlm)}
print(f"test perplexity {measured['Rnnlm']:.1f}; the 5-gram has {bar:.1f}")

# %% [markdown]
# Look at both numbers. Counting took seconds and needs no network. Did the network win, and by how much?
#
# > **What we saw (full run):** 132.0 for `Rnnlm`, after four epochs of 63 to 83 seconds, against 141.1 for counting. The
# > learning rate stayed at 20, because the validation loss never got worse. The textbook reports about 136. So a hundred units
# > and four epochs beat the best counting model, but only by about 6%.
#
# What can you improve?
#
# ## 5. What the softmax costs
#
# Start with the time. For each token, the LSTM multiplies its input and its state by four matrices each. The output layer
# multiplies the state by the vectors of all words:


# %%
def products(units, words=V):
    """Multiplications per token, forward."""
    return {"LSTM": 8 * units**2, "softmax": words * units}


print(products(BOOK_UNITS))

# %% [markdown]
# All this to make one number larger and the others smaller! The loss needs the sum of `e` to the power of the logit over all
# words. But you don't have to compute that sum. You can estimate it. Add up the `SAMPLE` most frequent words exactly, since
# they matter most. Of all the others, draw `SAMPLE` words for each batch, frequent ones more often.
#
# The drawn words must represent those that were not drawn. If you expect to draw a word m times, count it 1/m each time, and
# on average the sum comes out right. A word that you expect 0.5 times counts double when it is drawn. In the code you will
# find this as `- log_expected`, because dividing a term by m means subtracting log m from its logit. This is a **sampled
# softmax**. It is for training only. To measure, the model still computes all logits.

# %%
frequent = np.arange(V) < SAMPLE
rare = np.where(frequent, 0, np.exp(log_frequency))
log_drawn = np.log(rare / rare.sum() + 1e-30).astype("float32")  # 1e-30 instead of 0 for those that are never drawn
log_expected = np.where(frequent, 0, log_drawn + np.log(SAMPLE)).astype("float32")


# %%
class SampledNextWord(NextWord):
    """Like NextWord, but in training each target competes with the frequent words and a sample of the others."""

    def build(self, hidden_shape, targets_shape):
        super().build(hidden_shape, targets_shape)
        self.seed = keras.random.SeedGenerator(42)

    def call(self, hidden, targets, training=False):
        if not training:
            return super().call(hidden, targets)
        drawn = ops.cast(keras.random.categorical(log_drawn[None], SAMPLE, seed=self.seed)[0], "int32")
        ids, vectors = ops.concatenate([ops.arange(SAMPLE, dtype="int32"), drawn]), self.words.embeddings * 1.0
        right = ops.sum(hidden * ops.take(vectors, targets, axis=0), axis=-1) + ops.take(self.bias, targets)
        others = ops.matmul(hidden, ops.transpose(ops.take(vectors, ids, axis=0)))
        others = others + ops.take(self.bias - log_expected, ids)
        others = ops.where(ids == targets[..., None], -1e9, others)  # the target competes once, not twice
        return ops.logaddexp(ops.logsumexp(others, axis=-1), right) - right


# %% [markdown]
# The network, the text and the epochs stay the same. Only the sum is estimated:

# %%
sampled = book_model(SampledNextWord)
sampled_log = fit("rnnlm_sampled", sampled, *book_parts, BOOK_EPOCHS, [lower_rate()])
measured["Rnnlm, sampled"] = test_perplexity(sampled)

# %%
softmaxes = {"all words": book_log["seconds"].median(), f"{2 * SAMPLE:,} words": sampled_log["seconds"].median()}
softmaxes = pd.Series(softmaxes, name="seconds per epoch").to_frame()
softmaxes["test perplexity"] = [measured["Rnnlm"], measured["Rnnlm, sampled"]]
softmaxes.round(1)

# %% [markdown]
# Compare the two rows. The seconds include the measurement after each epoch, which always uses all words. The larger the
# vocabulary, the more time a sample saves. On a GPU, where the large product is fast, it saves less.
#
# > **What we saw (full run):** The median epoch took 26 seconds instead of 77. All four took 128 instead of 299, with a slow
# > last one. The perplexity was 134.4 instead of 132.0. With one run each, you can't tell how much of that is the price of the
# > estimate. Each ran in its faster mode, the full softmax with XLA. Our first version drew all words by their frequency and
# > subtracted the logarithm of that frequency from every logit, the target's as well, as many programs do. It was just as fast
# > and ended 14% higher on the validation text.
#
# ## 6. One ingredient after the other
#
# The textbook's second model, `BetterRnnlm`, adds three ideas: a second layer, dropout between the layers (Zaremba et al.,
# 2014), and weight tying (Inan et al., 2016; Press and Wolf, 2016). All three together, with 650 units and 40 epochs on a GPU,
# bring the perplexity down to about 76. What does each of them bring on a laptop? You train a small model, add one ingredient
# after the other, and give all of them the same budget: the first `RUNG_TOKENS` words, `RUNG_EPOCHS` times.
#
# **Weight tying** means that one matrix does two jobs. The input needs a vector for every word, and so does the output. Both
# should say what kind of word it is. So why not use the same vectors?

# %%
plots.weight_tying()

# %% [markdown]
# In code, you pass the same layer twice. That saves V times `units` parameters:

# %%
untied, tied = build(1, RUNG_UNITS), build(1, RUNG_UNITS, tied=True)
print(f"{untied.count_params():,} parameters before tying, {tied.count_params():,} after")
assert untied.count_params() - tied.count_params() == V * RUNG_UNITS

# %% [markdown]
# Are the two really one? Change a word's vector at the input, and its logit must change at the output. The cell adds 1 to
# every number of every vector. For a state of ones, each logit must then grow by the number of units. If one doesn't, you get
# an error:

# %%
hidden = np.ones((1, 1, RUNG_UNITS), dtype="float32")
before = ops.convert_to_numpy(tied.layers[-1].logits(hidden))[0, 0]
tied.layers[1].set_weights([tied.layers[1].get_weights()[0] + 1])
assert np.allclose(ops.convert_to_numpy(tied.layers[-1].logits(hidden))[0, 0] - before, RUNG_UNITS, atol=1e-3)

# %% [markdown]
# Think of the experiment as a ladder, where each rung adds one ingredient to the rung below. The ladder begins with the
# textbook's LSTM. Its first step is one that the textbook does not take: AdamW along a cosine, as in notebook 05, instead of
# plain gradient descent. One row replaces the LSTM by a `SimpleRNN` with the same settings and a quarter of the recurrent
# weights. It is a side step: "+ weight tying" starts from "+ AdamW". All rows train with the sampled softmax. The numbers are
# perplexities on the beginning of the validation text, so don't compare them with test perplexities.


# %%
def rung(adamw=True, **options):
    def make():
        model = build(20, RUNG_UNITS, head=SampledNextWord, **options)
        schedule = keras.optimizers.schedules.CosineDecay(RUNG_RATE, RUNG_EPOCHS * (RUNG_TOKENS // (20 * 35)))
        better = keras.optimizers.AdamW(schedule, weight_decay=0.01, global_clipnorm=1.0)
        model.compile(better if adamw else keras.optimizers.SGD(20.0, global_clipnorm=0.25), mean_nats)
        return model

    return make


rungs = {
    "LSTM": rung(adamw=False),
    "+ AdamW": rung(),
    "the same as a SimpleRNN": rung(cell=layers.SimpleRNN),
    "+ weight tying": rung(tied=True),
    "+ dropout": rung(tied=True, dropout=(0.2, 0.2)),
    "+ second layer": rung(tied=True, dropout=(0.2, 0.2), depth=2),
}

# %% [markdown]
# Apart from the side step, each entry of `rungs` keeps what the one above it has. Now train them all from the same words.

# %% [markdown]
# **Predict first.** You climb from the plain LSTM: first AdamW, then tied vectors, then dropout, then a second layer. Each
# model reads the same short text three times. Which step lowers the perplexity most?
#
# <details><summary>A. AdamW instead of plain gradient descent</summary>
# Yes. After three passes none of these models has learned all that it could, so what makes training faster counts most.
# Compare the rows of the table below. Does every later step lower the perplexity at all?
# </details>
# <details><summary>B. Weight tying, because it saves half of the parameters</summary>
# It saves parameters and memory. But fewer parameters are not yet fewer mistakes. What limits a model that reads the text only
# three times?
# </details>
# <details><summary>C. Dropout, because it keeps the model from memorizing the text</summary>
# That is what it is for. But how much can a model have memorized after three passes?
# </details>
# <details><summary>D. The second layer, because a deeper model can do more</summary>
# It can do more once it is trained. How far does it get in three passes, when there is one more layer to train?
# </details>

# %%
few_x, few_y = contiguous_batches(train[:RUNG_TOKENS], 20, 35)
few_x_validation, few_y_validation = contiguous_batches(validation[: RUNG_TOKENS // 10], 20, 35)
climbed = experiments.run(
    rungs,
    SEEDS,
    train=((few_x, few_y), few_y),
    validation=((few_x_validation, few_y_validation), few_y_validation),
    epochs=RUNG_EPOCHS,
    batch_size=20,
    patience=RUNG_EPOCHS,
    name="word_models",
)

# %%
steps = climbed.table[climbed.table["best"]].assign(perplexity=lambda table: np.exp(table["val_loss"]))
steps.pivot(index="model", columns="seed", values="perplexity").reindex(rungs).round(1)

# %%
means = steps.groupby("model")["perplexity"].mean()
assert means["+ AdamW"] < means["LSTM"]

# %% [markdown]
# Each column is one seed. With two columns, a step that is smaller than their difference shows nothing. With one column, as in
# the quick profile, you can't tell. Read the table as the answer to a narrow question: what is each ingredient worth *for a
# small model with little text and little time?* Dropout and a second layer make training slower at first. The published models
# that use them have many times this budget. Note also that the first row keeps the textbook's learning rate, which was chosen
# for the whole text, and that all other rows share one rate.
#
# > **What we saw (full run):** On average, AdamW with its cosine brought most, from 298 to 251. Without gates,
# > the same network reached only 315. Tied vectors brought another ten, with little more than half of the parameters. Dropout
# > lowered the perplexity by 0.7 and 2.4, but the seeds of its row are 1.9 apart, so no difference is shown. The second layer
# > was a step back, to 254.
#
# ## 7. The best we can do here
#
# Now give one model all the time there is. It has a single layer of `UNITS` units with tied vectors, dropout before and after
# it, AdamW along a cosine, and the sampled softmax. The layer is a GRU. In our trials it was no worse than an LSTM of the same
# size, and a step took a quarter less time. Training it takes longer than any other cell of the notebook.

# %%
train_part, validation_part = contiguous_batches(train, 32, 35), contiguous_batches(validation, 32, 35)
keras.utils.set_random_seed(42)
best = build(32, UNITS, cell=layers.GRU, dropout=DROPOUT, tied=True, head=SampledNextWord)
schedule = keras.optimizers.schedules.CosineDecay(RATE, EPOCHS * len(train_part[0]) // 32)
best.compile(keras.optimizers.AdamW(schedule, weight_decay=0.01, global_clipnorm=1.0), mean_nats)

# %%
best_log = fit("better_rnnlm", best, train_part, validation_part, EPOCHS)
measured["ours"] = test_perplexity(best)
print(f"test perplexity {measured['ours']:.1f}; the 5-gram has {bar:.1f}")

# %%
logs = {"Rnnlm": book_log, "Rnnlm, sampled": sampled_log, "ours": best_log}
plots.lines(
    {name: (log["seconds"].cumsum() / 60, log["perplexity"]) for name, log in logs.items()},
    title="What the minutes buy",
    xlabel="minutes of training",
    ylabel="validation perplexity",
    alt="Validation perplexity over minutes of training for the textbook's model, the same with a sampled softmax, and ours. "
    "All three fall. Ours ends far below the other two.",
    data=treebank.provenance,
)

# %% [markdown]
# Each line begins at the end of its first epoch. First compare the two models of the textbook. How many minutes does each
# take, and how low does it get? In the quick profile each of them has only one point. Then look at ours. How many minutes does
# it need to get below the point where the others end, and is it still falling at the end?

# %%
assert (measured["ours"] < bar or not enough) and bar < counting["bigram"] < counting["unigram"] < counting["uniform"]
minutes = best_log["seconds"].sum() / 60
operations = 6 * (6 * UNITS**2 + 2 * SAMPLE * UNITS) * len(train) * EPOCHS  # forward and twice that back, 2 per product
print(f"{best.count_params():,} parameters, {minutes:.0f} minutes, {operations / 1e12:.0f} trillion operations")

# %% [markdown]
# The operations are the multiplications and additions in the matrix products of the whole training, forward and backward.
#
# > **What we saw (full run):** `Rnnlm` takes five minutes to reach 138, and with the sampled softmax two minutes to reach 141.
# > Ours is below both within four minutes and ends at 97. Its line is almost flat there, but the cosine has brought the
# > learning rate close to 0, so more epochs might still help.
# >
# > On the test text, ours has a perplexity of 92.2, after eight epochs of 101 to 138 seconds. The machine changed its speed
# > while it trained. It is one run from one seed. Here are the figures of others, on the same words and the same test text:
# >
# > | model | test perplexity | source |
# > |---|---|---|
# > | modified Kneser–Ney, 5-gram | 141 | Mikolov |
# > | `Rnnlm`, LSTM(100), 4 epochs | about 136 | the textbook |
# > | two LSTM(200), no dropout | 115.9 | TensorFlow's old tutorial |
# > | **ours: GRU(384), tied, dropout, 16 minutes on two CPU cores** | **92.2** | above |
# > | two LSTM(650), dropout, on a GPU | 82.1 | TensorFlow's old tutorial, after Zaremba et al. |
# > | the same, tied, 40 epochs on a GPU | about 76 | the textbook |
# > | three LSTM(1150), with much more regularization | 57.3 | Merity et al., 2018 |
#
# ## 8. Ask more than one
#
# Your network and the 5-gram make different mistakes. The 5-gram knows rare phrases by heart, and the network can say
# something about words that it has never seen together. So ask both and take a weighted mean of their probabilities. Mikolov
# often reported his networks this way.
#
# A third opinion costs no training at all. An article about a company names that company again and again. So a word that has
# just occurred is likely to come back. A **cache** (Grave, Joulin and Usunier, 2017) remembers the last 500 states and, with
# each of them, the word that followed. To predict, it looks for states like the present one, and bets on the words that
# followed them.
#
# A past position gets the weight `exp(theta · h · h_past)`. The probability of a word is the share of the total weight that
# belongs to the positions that it followed. If three positions have the weights 5, 3 and 2, and the same word followed the
# first and the last, that word gets 7/10. The larger theta is, the more the positions with the most similar states count.
#
# For all this, you need the states and the nats of a text, in the order of the text.


# %%
def states_and_nats(model, ids):
    """The last layer's states (tokens, units), the nats (tokens,), and the targets that they belong to."""
    x, y = contiguous_batches(ids, 32, 35)
    inside = keras.Model(model.inputs, [model.layers[-1].input[0], model.output])
    found = inside.predict([x, y], batch_size=32, verbose=0, callbacks=[ResetState()])
    return [each.reshape(-1, 32, *each.shape[1:]).swapaxes(0, 1).reshape(-1, *each.shape[2:]) for each in (*found, y)]


def cache_probability(hidden, targets, theta, size=500):
    """What the cache gives to each target."""
    found = np.zeros(len(targets))
    for now in range(1, len(targets)):
        past = slice(max(0, now - size), now)
        alike = theta * (hidden[past] @ hidden[now])
        weights = np.exp(alike - alike.max())
        found[now] = weights[targets[past] == targets[now]].sum() / weights.sum()
    return found


# %%
def opinions(hidden, nats, targets, counted, theta):
    """Probability of each target by the network, by the 5-gram, and by the cache."""
    return np.stack([np.exp(-nats), counted[1 : len(nats) + 1], cache_probability(hidden, targets, theta)])


def perplexity(asked, counting_share, cache_share):
    return np.exp(-np.log(np.array([1 - counting_share - cache_share, counting_share, cache_share]) @ asked).mean())


# %% [markdown]
# How much weight should each of the three get? Choose on the validation text, never on the test text. To save time, you use
# only its beginning. First choose theta, with a share of 0.1 for the cache, and then both shares. In the table, each row is a
# share of the 5-gram and each column a share of the cache. The network gets the rest.
#
# > **What we saw (full run):** The first 30,000 tokens of the validation text are harder than the rest, also for the 5-gram.
# > So the network alone has 114.9 in the table below and not the 96.7 at the end of its line in section 7. Only the
# > differences count here.

# %%
counted_validation, counted_test = kneser_ney(5)
read = states_and_nats(best, validation[:30_000])
by_theta = {theta: opinions(*read, counted_validation, theta) for theta in (0.1, 0.2, 0.4)}
theta = min(by_theta, key=lambda theta: perplexity(by_theta[theta], 0, 0.1))
grid = (0, 0.05, 0.1, 0.2, 0.3)
tried = pd.DataFrame({f"cache {c}": {f"5-gram {n}": perplexity(by_theta[theta], n, c) for n in grid} for c in grid})
tried.round(1)

# %%
counting_share, cache_share = np.unravel_index(tried.to_numpy().argmin(), tried.shape)
counting_share, cache_share = grid[counting_share], grid[cache_share]
print(f"theta {theta}, share of the 5-gram {counting_share}, share of the cache {cache_share}")

# %% [markdown]
# And now the test text, once:

# %%
hidden, nats, targets = states_and_nats(best, test)
asked = opinions(hidden, nats, targets, counted_test, theta)
shares = {"network": (0, 0), "network, 5-gram": (counting_share, 0), "network, cache": (0, cache_share)}
shares["network, 5-gram, cache"] = counting_share, cache_share
mixed = pd.Series({name: perplexity(asked, *share) for name, share in shares.items()}, name="test perplexity")
assert mixed.iloc[-1] <= mixed["network, 5-gram"] < mixed["network"]
mixed.round(1).to_frame()

# %% [markdown]
# The first row differs a little from section 7, where every token has a past. Here the text is cut into 32 strips, each of
# which begins with an empty state, and the last words that do not fill a batch are left out.
#
# On which words does the cache help? Group the test words by two questions: how frequent is the word, and did it occur among
# the last 500?

# %%
recent = np.array([targets[now] in targets[max(0, now - 500) : now] for now in range(len(targets))])
kind = pd.cut(targets, [-1, V // 100, V // 10, V], labels=["most frequent", "frequent", "rare"])

# %% [markdown]
# **Predict first.** The network reads a newspaper and is allowed to ask the cache as well. Which words gain most from it?
#
# <details><summary>A. The most frequent words, because they are nearly always among the last 500</summary>
# They are. But the network expects them anyway. What is left to gain?
# </details>
# <details><summary>B. Rare words that occurred among the last 500</summary>
# Yes. The network gives a rare word little, and the cache has just seen it. Compare the two columns of nats in the last row of
# the table below. In the quick profile on the sample, the cache may have no share at all, and then the columns are equal.
# </details>
# <details><summary>C. Rare words that did not occur, because the network knows them least</summary>
# There is most to gain for them. But on which words can a cache bet at all?
# </details>

# %%
told = pd.DataFrame(
    {"word": kind, "among the last 500": np.where(recent, "yes", "no"), "nats, network": -np.log(asked[0])}
)
told["nats, with cache"] = -np.log((1 - cache_share) * asked[0] + cache_share * asked[2])
groups = told.groupby(["word", "among the last 500"], observed=True)
groups.mean().assign(tokens=groups.size()).round(2)

# %% [markdown]
# "Most frequent" is the first 1% of the vocabulary, "frequent" goes up to 10%, and "rare" is the rest. If the cache has a
# share, it takes a little from every word that did not occur. What it gives depends on the text. In a newspaper, the rare
# words that did occur gain most, probably because many are names and things that an article is about. The sample is made of
# reviews that have nothing to do with each other, and there a cache is worth nothing: its share is 0, and the two columns are
# equal.
#
# > **What we saw (full run):** From 92.1 to 85.8 with the 5-gram, to 82.5 with the cache, and to 77.8 with both. A rare word
# > that had occurred cost 5.99 nats instead of 8.02. A word that had not occurred cost about 0.1 more than before, whether
# > frequent or rare. Published, for comparison: 72.1 instead of 82.3 for a larger LSTM (Grave et al., 2017).
#
# ## 9. Writing with words
#
# `LanguageModel` from notebook 05 doesn't care whether a token is a character or a word. Give it the model, and a codec for
# words. First let the model write the likeliest word each time. In a newspaper, the likeliest word is often `<unk>`, which
# says nothing. So forbid it in the drawn texts. What you see printed is the continuation, without the beginning.

# %%
writer = language_model.LanguageModel(reading_model(best), codec)
beginning = "it was a good"
print(writer.generate(beginning, 60, greedy=True))

# %%
drawn = {"top_p": 0.95, "suppress_ids": codec.encode("<unk>")}
for temperature in (0.7, 1.0):
    print(f"T = {temperature}:", writer.generate(beginning, 60, temperature=temperature, **drawn))

# %% [markdown]
# Read them aloud. The greedy text gets stuck, as in notebook 05. In the drawn ones, how many words in a row make sense?
#
# > **What we saw (full run):** At T = 0.7, most sentences have the grammar of a newspaper. At T = 1.0, the grammar holds for a
# > few words at a time. Neither text has an idea of what it is about. That is what a perplexity near 100 sounds like. In 2020,
# > GPT-3 reported 20.5 per word on the Penn Treebank without training on it (Brown et al., 2020). It reads byte pairs and has
# > another vocabulary, so by the rule of section 1 you can't compare the two exactly. It had read hundreds of billions of
# > tokens.
#
# ## Recap
#
# - A word model predicts ids from a fixed vocabulary. What is not in it becomes `<unk>` and is lost.
# - Compare perplexities only over the same vocabulary and the same text. A smaller vocabulary makes any model look better.
# - As a fallback, modified Kneser–Ney counts the different words before a word, and it takes a discount off every count. On
#   the Penn Treebank, a small network needs minutes to beat it.
# - Your NumPy layers and Keras compute the same losses from the same weights.
# - The softmax over all words is most of the cost of a small model. A sampled softmax trains against a few words. Measure with
#   all of them.
# - In three passes through a short text, the optimizer was worth most. For dropout, no difference was shown. A second layer
#   raised the perplexity.
# - Weight tying uses one matrix of word vectors for input and output. With a large vocabulary, it saves almost half of the
#   parameters of a small model.
# - Models that make different mistakes are often better together. A cache remembers the last words without any training.

# %% [markdown]
# ## Exercises
#
# Start with those [with checked answers](exercises/07_word_models.ipynb). A [solution](solutions/07_word_models.ipynb) is one
# click away. Then try these, which have no check:
#
# 1. Replace the GRU of section 7 by an LSTM with as many parameters. Which is better after the same minutes?
# 2. Train a second network from another seed and ask both. Does it help more or less than the 5-gram?
# 3. Draw the words of the sampled softmax uniformly, or by the square root of their frequency. Which trains best?
# 4. Leave out `<eos>` when you measure. Is the perplexity higher or lower, and which figure is the fairer one?
# 5. Train on your own text with the vocabulary of section 1. How many tokens are `<unk>`?

# %% [markdown]
# ## Further reading
#
# - Chen and Goodman, [An empirical study of smoothing techniques for language
#   modeling](https://doi.org/10.1006/csla.1999.0128), 1999: Kneser–Ney, modified and compared.
# - Mikolov et al., [Recurrent neural network based language
#   model](https://www.isca-archive.org/interspeech_2010/mikolov10_interspeech.html), 2010: the recurrent network that made
#   people switch.
# - Zaremba, Sutskever and Vinyals, [Recurrent neural network regularization](https://arxiv.org/abs/1409.2329), 2014: dropout
#   between the layers.
# - Press and Wolf, [Using the output embedding to improve language models](https://arxiv.org/abs/1608.05859), 2016, and Inan,
#   Khosravi and Socher, [Tying word vectors and word classifiers](https://arxiv.org/abs/1611.01462), 2016: weight tying.
# - Jean et al., [On using very large target vocabulary for neural machine translation](https://arxiv.org/abs/1412.2007), 2015:
#   a sampled softmax, and Bengio and Senécal, [Quick training of probabilistic neural nets by importance
#   sampling](https://proceedings.mlr.press/r4/bengio03a.html), 2003: the idea.
# - Grave, Joulin and Usunier, [Improving neural language models with a continuous cache](https://arxiv.org/abs/1612.04426),
#   2017.
# - Merity, Keskar and Socher, [Regularizing and optimizing LSTM language models](https://arxiv.org/abs/1708.02182), 2018: how
#   far a well-trained LSTM gets.

# %%
runtime.finish(
    treebank.provenance,
    notebook="word_models",
    headline=f"test perplexity {measured['ours']:.1f}, with the 5-gram {mixed['network, 5-gram']:.1f}, with a cache as well "
    f"{mixed.iloc[-1]:.1f}; 5-gram {bar:.1f}; textbook's Rnnlm {measured['Rnnlm']:.1f}",
)
