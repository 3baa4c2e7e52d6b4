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
# # 06 · Sequence to sequence
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/sequence-models-for-text/course/blob/main/notebooks/06_seq2seq.ipynb)
#
# A translator reads one sequence and writes another, often of a different length. Ours learns to add: it sees `57+8` as four
# characters and answers `65`, without ever being told what a digit is. Later it learns to read dates. A program makes both
# languages, so you have as much text as you want, and an answer is simply right or wrong.
#
# **By the end of this notebook, you will be able to**
#
# - build an encoder and a decoder, pass the state from one to the other, and train them with teacher forcing
# - keep padding out of loss and accuracy, and say why exact match is the honest figure
# - explain what reversing the source, peeking and attention change
# - write additive attention in four lines, see where it looks, and show on which task it wins
# - find where a model fails and where it doesn't: digits, carries, longer sums, one wrong character at the beginning
#
# **Time:** about an hour and a half to study. The computer needs two to three minutes in the quick profile. In the full
# profile it needs about 34 minutes on two CPU cores the first time, and a minute on later runs, which reuse the saved results.
#
# **New words** are explained in the
# [glossary](https://github.com/sequence-models-for-text/course/blob/main/docs/glossary.md), in English and Korean.
# To practice, open the [exercises with checked answers](exercises/06_seq2seq.ipynb).

# %%
# On Colab this installs the course's helpers; elsewhere it does nothing.
import sys

if "google.colab" in sys.modules:
    print("Colab: installing the course's helpers")
    # %pip install -q --no-deps git+https://github.com/sequence-models-for-text/course
    # %pip install -q pooch tokenizers

# %%
from course_utils import experiments, plots, runtime, sampling, seq2seq, toy_tasks
from course_utils.batches import teacher_forcing
from course_utils.text import CharCodec

runtime.start(seed=42)

# %% [markdown]
# Along with the usual imports, we silence TensorFlow's warnings, because section 5 would raise the same one again and again.

# %%
import logging

import keras
import numpy as np
import pandas as pd
from keras import layers, ops

# Each new length of text has to be compiled, and TensorFlow warns about it.
logging.getLogger("tensorflow").setLevel("ERROR")

# %% [markdown]
# Here are the settings of both profiles. The first ones are the digits of a number, the number of pairs and of test pairs, the
# epochs, the units and the random seeds. Then come those for training, for the dates, and for the strings in section 8. The
# quick profile adds numbers of up to two digits with small networks and one seed. The full profile takes three digits, larger
# networks and three seeds. To run the full profile, put `%env COURSE_PROFILE=full` into a new cell above this one.

# %%
DIGITS, PAIRS, TEST, EPOCHS, UNITS, SEEDS = runtime.pick(
    quick=(2, 6_000, 500, 20, 64, [0]), full=(3, 50_000, 5_000, 11, 128, [0, 1, 2])
)
# COMPILE switches on XLA, a compiler. It pays off in long trainings only.
BATCH, RATE, COMPILE = runtime.pick(quick=(128, 1.5e-2, False), full=(100, 4e-3, True))
DATES, DATE_EPOCHS = runtime.pick(quick=(8_000, 6), full=(40_000, 3))
LONGEST_COPY, COPIES, COPY_TEST, COPY_EPOCHS, COPY_UNITS, COPY_BATCH = runtime.pick(
    quick=(12, 2_000, 500, 8, 32, 32), full=(20, 10_000, 2_000, 8, 64, 64)
)

# %% [markdown]
# ## 1. A language of sums
#
# Our sources are sums of two numbers. We would like short and long numbers to come up equally often. But no source may come
# twice, and there are only 100 sums of two one-digit numbers. Once those are used up, longer ones must follow. So in the full
# profile, 84% of the sums have a number of three digits. `3+45` and `45+3` count as two different sources.

# %%
sources, targets = toy_tasks.additions(PAIRS, digits=DIGITS, seed=0)
print(*zip(sources[:4], targets[:4], strict=True))

# %%
codec = CharCodec(sources + targets, pad=True, bos=True, eos=True)
SOURCE, TARGET = 2 * DIGITS + 1, DIGITS + 1  # as long as "99+99" and "198", or "999+999" and "1998"
print(f"alphabet: {codec.characters}")

# %% [markdown]
# We need three more symbols. The **start mark**, id 1, tells the decoder to begin. With the **end mark**, id 2, the decoder
# says that it is done. And **padding**, id 0, fills up short texts. The code calls them BOS and EOS, for the beginning and the
# end of a sequence, and PAD. In the picture, gray boxes marked PAD are padding. Don't confuse its id 0 with the digit 0, whose
# id is 4.

# %%
examples = runtime.pick(quick=("57+8", "12+34", "99+99"), full=("57+8", "120+34", "999+999"))
boxes = {source: [*source, *[""] * (SOURCE - len(source))] for source in examples}
plots.token_grid(
    boxes, title=f"Three sources, padded to {SOURCE} characters", alt="Three sums as boxes, padding in gray."
)

# %% [markdown]
# Now turn all of them into ids. `before` is what the decoder reads, `after` is what it should answer. Section 2 shows you
# both. The first pairs are for the test, the next ones for validation, and the rest for training.

# %%
x = codec.encode_batch(sources, SOURCE)
before, after = teacher_forcing(codec.encode_batch(targets, TARGET))
parts = {"test": slice(TEST), "validation": slice(TEST, 2 * TEST), "train": slice(2 * TEST, None)}
data = {name: ((x[part], before[part]), after[part]) for name, part in parts.items()}
print({name: f"{len(y):,} pairs" for name, (_, y) in data.items()})

# %%
seen = set(sources[2 * TEST :])
assert not seen & set(sources[: 2 * TEST]), "no pair occurs in both parts"
mirrored = np.mean(["+".join(source.split("+")[::-1]) in seen for source in sources[:TEST]])
print(f"{mirrored:.0%} of the test sums occur in the training part with their numbers swapped")

# %% [markdown]
# Nobody told the models that the order of the numbers does not matter, so a sum whose swapped copy they know may still be new
# to them. We don't measure how much the swapped copies help. You can, by testing only the sums whose swapped copy is not in
# the training part.
#
# ## 2. Teacher forcing
#
# The decoder writes one character at a time, and each depends on those before it. While the decoder is still bad, its own
# characters would mislead it, so in training we don't wait for them. We give it the *right* ones, shifted by one position, and
# ask at each position for the next one. That is **teacher forcing**. Look at what goes in and what should come out. The id of
# a digit is the digit plus 4, because the three marks and `+` come first. With `length=4` you get five columns, because the
# mark needs one more place.

# %%
# NBVAL_CHECK_OUTPUT
example, answer = teacher_forcing(codec.encode_batch(["165", "42"], length=4))
print("goes in: ", example.tolist())
print("expected:", answer.tolist())

# %% [markdown]
# ## 3. Encoder and decoder
#
# How can a network read four characters and write two? It takes two networks. The **encoder** reads the source. Its last state
# is all that the **decoder** gets to know about the source: this state becomes the decoder's first state. Look at the solid
# arrows first. The dashed lines are what *attention* adds, and you can ignore them for now. They are drawn for the first step
# only.

# %% [markdown]
# ![Four encoder boxes read 5, 7, plus and 8. Their last state goes to the decoder, which reads start, 6, 5 and writes 6, 5, end.](pictures/encoder_decoder.png)
#
# The inputs are at the bottom, the states in the middle, and the characters that are written at the top. The decoder's inputs
# are the right answer, shifted by one position: that is teacher forcing from section 2.

# %% [markdown]
# Let's build these parts one at a time, as small as possible, before we put them into one class. We use two **LSTM** layers
# (notebook 03). An LSTM keeps two vectors: its output h and the **cell state** c. With `return_state=True`, Keras returns
# `outputs, h, c`.
#
# Here is an encoder with three units. Before you run the cell: how many outputs will you get for `57+8`, padded to six places?

# %%
# NBVAL_CHECK_OUTPUT
ids = codec.encode_batch(["57+8"], length=6)
source_vectors, encoder = layers.Embedding(len(codec), 4), layers.LSTM(3, return_sequences=True, return_state=True)
outputs, h, c = encoder(source_vectors(ids), mask=ids != seq2seq.PAD)
print("outputs", outputs.shape, "h", h.shape, "c", c.shape)

# %%
assert np.allclose(outputs[0, 3], h[0]), "after the last character the state is passed on unchanged"

# %% [markdown]
# You get one output per place. Padding is masked, so the encoder passes its state on unchanged there: the output at the 8, the
# fourth character, is the last h.
#
# Now the decoder. It begins with the encoder's h *and* c. You give it the right answer, shifted, and it gives you one score
# for each symbol at each position. These scores are called **logits**, and a softmax turns them into probabilities.

# %%
target_vectors, to_logits = layers.Embedding(len(codec), 4), layers.Dense(len(codec))
decoder = layers.LSTM(3, return_sequences=True, return_state=True)

# %%
# NBVAL_CHECK_OUTPUT
read, expected = teacher_forcing(codec.encode_batch(["65"], length=4))
hidden, *state = decoder(target_vectors(read), initial_state=[h, c])
logits = to_logits(hidden)
print("reads", read.tolist(), "should answer", expected.tolist(), "logits", logits.shape)

# %% [markdown]
# How wrong is it? The loss is cross-entropy over the characters that are really there: 6, 5 and the end mark. `ignore_class=0`
# leaves padding out. Otherwise a model that has learned only where the answer ends would already look good. You can work out
# the loss by hand: take the probability of each right character and average minus its logarithm. What do you expect from an
# untrained model? It chooses among 14 symbols, which are 11 characters and three marks. Guessing evenly costs ln 14, about
# 2.64.

# %%
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=seq2seq.PAD)
by_hand = -np.mean([ops.log_softmax(logits[0, place])[expected[0, place]] for place in range(3)])
assert np.isclose(loss(expected, logits), by_hand, atol=1e-5)
print(f"loss {by_hand:.2f}, by hand and by Keras")

# %% [markdown]
# That was training, where the decoder reads a whole answer at once. When the decoder writes, it reads one character at a time,
# and you have to carry its state from step to step yourself. Both ways give the same logits:

# %%
state, one_by_one = [h, c], []
for place in range(read.shape[1]):
    hidden, *state = decoder(target_vectors(read[:, place : place + 1]), initial_state=state)
    one_by_one.append(to_logits(hidden)[0, 0])
assert np.allclose(one_by_one, logits[0], atol=1e-6), "all at once or one by one: the same"

# %% [markdown]
# That is all the **plain** translator needs. The class below holds the same layers, only larger. `encode` and `decode` are
# separate for the reason you have just seen: training calls `decode` once, writing calls it once per character. Both use the
# same layers, so you never have to copy weights. What `encode` returns is the **memory** that travels from step to step: the
# encoder's outputs with their mask, its last h, and the decoder's state.
#
# Three details you can skip at first: `read` is a separate method because section 7 asks for gradients at the vectors.
# `unroll=True` writes the few steps out instead of looping over them, which compiles more slowly and runs faster. The line
# that begins with `@` tells Keras the name of the class, so that it can load a saved model again.
#
# Our first variant is built in. The **reversed** translator reads the source backward. So it reads the source's first
# characters, which decide the answer's first ones, last. Padding now comes first, but it is masked, so the state stays at zero
# until the first real character.


# %%
@keras.saving.register_keras_serializable("course")
class Translator(keras.Model):
    """Source ids (batch, time) and the answer so far (batch, time) to logits (batch, time, symbols)."""

    def __init__(self, symbols, units, reverse=False):
        super().__init__()
        self.reverse = reverse
        self.source_vectors, self.target_vectors = (layers.Embedding(symbols, 32) for _ in range(2))
        lstm = {"return_sequences": True, "return_state": True, "unroll": True}
        self.encoder, self.decoder = (layers.LSTM(units, **lstm) for _ in range(2))
        self.to_logits = layers.Dense(symbols)

    def encode(self, source):
        return self.read(self.source_vectors(source), ops.not_equal(source, seq2seq.PAD))

    def read(self, vectors, mask):
        if self.reverse:
            vectors, mask = ops.flip(vectors, axis=1), ops.flip(mask, axis=1)
        outputs, *state = self.encoder(vectors, mask=mask)
        return {"outputs": outputs, "mask": mask, "last": state[0], "state": state}

    def decode(self, before, memory):
        hidden, *state = self.decoder(self.target_vectors(before), initial_state=memory["state"])
        return self.to_logits(hidden), {**memory, "state": state}

    def call(self, inputs):
        source, before = inputs
        return self.decode(before, self.encode(source))[0]


# %% [markdown]
# The second variant is **peeky**: the encoder's last h goes not only into the decoder's first state but also into every step.
# There it is an extra input to the LSTM and to the output layer. Only `decode` changes.


# %%
@keras.saving.register_keras_serializable("course")
class PeekyTranslator(Translator):
    def decode(self, before, memory):
        peek = ops.repeat(memory["last"][:, None], before.shape[1], axis=1)
        vectors = ops.concatenate([self.target_vectors(before), peek], axis=-1)
        hidden, *state = self.decoder(vectors, initial_state=memory["state"])
        return self.to_logits(ops.concatenate([hidden, peek], axis=-1)), {**memory, "state": state}


# %% [markdown]
# The third variant is **attention**, the dashed lines of the picture: at every step, the decoder looks back at *all* the
# encoder's outputs and takes a weighted mean of them. One thing is missing in the picture: to choose the weights, attention
# also takes the decoder's own h.
#
# Where do the weights of this mean come from? From a small network, which compares the decoder's state with each of the
# encoder's outputs:
#
# 1. The decoder's h at this step, multiplied by a learned matrix, is the *query* q. Each of the encoder's outputs, multiplied
#    by another matrix, is a *key* k.
# 2. Each key gets the `score = v · tanh(q + k)`, where v is learned, too. A softmax over the positions that are not padding
#    turns the scores into weights.
# 3. The weights average the *values*, which are the encoder's outputs themselves here. Their weighted mean is the **context**.
#
# This is **additive attention**, from the paper by Bahdanau and others under Further reading. They feed the context into the
# decoder's next step. We keep it simpler and feed it only into the output layer.

# %% [markdown]
# ![A query is compared with five keys. Softmax makes the scores into weights, and the weighted mean is the context.](pictures/attention.png)
#
# Read it from the bottom up. The numbers are made up. The orange line takes the query to every key. The score of the padding
# is replaced, so that its weight becomes 0. The context and the decoder's h go into the output layer together.

# %% [markdown]
# In code, this takes four lines. `[:, :, None]` and `[:, None]` put every query next to every key. A score of -1e9 gives
# padding the weight 0 after the softmax.


# %%
def attend(query, keys, values, mask, v):
    """Queries (batch, q, units) look at keys (batch, k, units); returns the mean of values and the weights."""
    scores = ops.sum(v * ops.tanh(query[:, :, None] + keys[:, None]), axis=-1)
    scores = ops.where(mask[:, None], scores, -1e9)
    weights = ops.softmax(scores, axis=-1)
    return ops.matmul(weights, values), weights


# %% [markdown]
# Follow the calculation once with a pencil. There are three source positions, one query, and two numbers in each vector. With
# q = (0.5, -0.5) and v = (2, -2), the three sums q + k are (0, 0), (1, 0) and (1, -1). Since tanh(0) = 0 and tanh(1) is about
# 0.76, the first two scores are 0 and 2 · 0.76 = 1.52. The third is 2 · 0.76 + (-2) · (-0.76), and two minus signs make a
# plus. With tanh(1) not rounded, that is 3.05. The keys and the values are in the cell below. Which position gets the most
# weight, and what is the context?

# %%
# NBVAL_CHECK_OUTPUT
query, keys = np.array([[[0.5, -0.5]]]), np.array([[[-0.5, 0.5], [0.5, 0.5], [0.5, -0.5]]])
values, v = np.array([[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]]), np.array([2.0, -2.0])
print("scores ", (v * np.tanh(query + keys)).sum(axis=-1).round(2).tolist())

# %%
# NBVAL_CHECK_OUTPUT
context, weights = attend(query, keys, values, np.ones((1, 3), dtype=bool), v)
print("weights", np.asarray(weights[0, 0], dtype=float).round(2).tolist())
print("context", np.asarray(context[0, 0], dtype=float).round(2).tolist())

# %% [markdown]
# The softmax turns the scores into weights: e to the power of each score, not rounded, is about 1, 4.6 and 21.0, and you
# divide each by their sum, 26.6. The third key, added to the query, moves both numbers in the direction that v rewards, so it
# gets 0.79. The context is 0.04 · (1, 0) + 0.17 · (0, 1) + 0.79 · (1, 1). It lies near the third value, but it holds a little
# of the others, too.
#
# One example is not enough to trust the four lines, so compare them with Keras' own layer. It wants the values before the
# keys, and it calls our v `scale`.

# %%
rng = np.random.default_rng(0)
query, keys, values = (rng.normal(size=(2, length, 5)).astype("float32") for length in (3, 4, 4))
mask = np.array([[True] * 4, [True, True, False, False]])
theirs = layers.AdditiveAttention()
their_context = theirs([query, values, keys], mask=[None, mask])
context, weights = attend(query, keys, values, mask, theirs.scale)
assert np.allclose(context, their_context, atol=1e-6)
assert np.allclose(ops.sum(weights, axis=-1), 1) and np.allclose(weights[1, :, 2:], 0), "nothing looks at padding"

# %% [markdown]
# With `attend`, the third variant is short. It needs layers for the query and the key, and `decode` puts the context next to h
# before the output layer.


# %%
@keras.saving.register_keras_serializable("course")
class AttentiveTranslator(Translator):
    def __init__(self, symbols, units, reverse=False):
        super().__init__(symbols, units, reverse)
        self.to_query, self.to_key = layers.Dense(units), layers.Dense(units, use_bias=False)
        self.v = self.add_weight(shape=(units,), initializer="glorot_uniform", name="v")

    def decode(self, before, memory):
        hidden, *state = self.decoder(self.target_vectors(before), initial_state=memory["state"])
        keys = self.to_key(memory["outputs"])
        context, weights = attend(self.to_query(hidden), keys, memory["outputs"], memory["mask"], self.v)
        logits = self.to_logits(ops.concatenate([hidden, context], axis=-1))
        return logits, {**memory, "state": state, "weights": weights}


# %% [markdown]
# The recipe is that of notebook 05: AdamW, a learning rate that falls along half a cosine, and clipped gradients. Only the
# weight decay is stronger.


# %%
def compiled(model, steps, rate=RATE, xla=COMPILE):
    schedule = keras.optimizers.schedules.CosineDecay(rate, steps)
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=0.2, clipnorm=1.0)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=seq2seq.PAD)
    model.compile(optimizer, loss, metrics=[seq2seq.exact_match, seq2seq.CharacterAccuracy()], jit_compile=xla)
    return model


# %% [markdown]
# `experiments.run` wants functions without arguments, so that it can build each model in a separate process for each seed.
# `variant` makes one such function for each translator:


# %%
def build(kind, **options):
    model = kind(len(codec), UNITS, **options)
    model((x[:1], before[:1]))  # makes the weights
    return compiled(model, steps=EPOCHS * (PAIRS - 2 * TEST) // BATCH)


# %%
def variant(kind=Translator, **options):
    def build_variant():
        return build(kind, **options)

    return build_variant


# %%
builders = {
    "plain": variant(),
    "reversed": variant(reverse=True),
    "peeky": variant(PeekyTranslator),
    "reversed + peeky": variant(PeekyTranslator, reverse=True),
    "attention": variant(AttentiveTranslator),
}
pd.Series({name: builder().count_params() for name, builder in builders.items()}, name="parameters").to_frame()

# %% [markdown]
# ## 4. Five translators, the same budget
#
# All five get the same pairs, epochs, learning rates and seeds. They don't have the same number of parameters, as you see
# above: peeky and attention have more. We record two figures for you to compare. One is the share of **characters** that are
# right, where the end mark counts and padding doesn't. The other is **exact match**, the share of answers that are right from
# the first character to the end mark.

# %%
common = {**data, "batch_size": BATCH, "name": "seq2seq"}
runs = experiments.run(builders, seeds=SEEDS, epochs=EPOCHS, patience=EPOCHS, **common)

# %% [markdown]
# Who gets there first? Look at the epoch in which each curve begins to rise, and at how close they are at the end.

# %% [markdown]
# **Predict first.** Which of the five will be the first to answer half of the validation sums?
#
# <details><summary>A. Attention, because it can look at every place of the source</summary>
# It can look, but first it has to learn <em>where</em> to look. Which translators get help at every step without having to
# choose?
# </details>
# <details><summary>B. Plain, because it has the fewest weights to learn</summary>
# It has, but reversed has just as few. Look for another difference: how far does a digit have to travel before it is needed?
# </details>
# <details><summary>C. The two that peek</summary>
# Yes. The encoder's summary is in front of the decoder at every step, so it does not have to survive in the decoder's state.
# Compare with the curves below. How far behind is attention, and how far plain?
# </details>
# <details><summary>D. All five at about the same epoch, since they get the same budget</summary>
# The budget is the same, but what the decoder gets to see of the source is not. Who has something of it in view at every step?
# </details>

# %%
curves = runs.table.groupby(["model", "epoch"])["val_exact_match"].mean().unstack("model")
plots.lines(
    {name: (curves.index, curves[name]) for name in builders},
    title="Exact match over the epochs",
    xlabel="epoch",
    ylabel="validation exact match",
    alt="Five curves of exact match over the epochs, one per translator. All begin near 0 and rise at different epochs. The "
    "reversed, peeky and attention translators end above 0.9, and where plain ends depends on the run.",
)

# %% [markdown]
# Do they reach the top in the order you expected? One curve can be luck, so it is better to look seed by seed. Here are three
# of the five with each seed as a thin line and their mean as the thick one, first by exact match, then by characters. The y
# axes of the two figures have different scales. If you ran only one seed, the two lines are the same, and the figure can't
# tell you how much is luck.
#
# Validation may lie above training at first, because the training figure is the mean over a whole epoch in which the model was
# still learning, while validation is measured at its end.
#
# > **What we saw (full run):** On average over three seeds, reversed + peeky rose first, then peeky, reversed, attention, and
# > plain last. Plain ended near 0.8, the others near 1.

# %%
three = runs.table[runs.table["model"].isin(["plain", "reversed", "attention"])]
for metric in ("exact_match", "character_accuracy"):
    name = metric.replace("_", " ")
    plots.learning_curves(
        three,
        metric=metric,
        title=f"Seed by seed: {name}",
        ylabel=name,
        alt=f"{name.capitalize()} over the epochs in three panels: plain, reversed, attention. Each panel has training and "
        "validation, with a thin line for each seed and a thick one for the mean.",
    )

# %%
best = runs.table[runs.table["best"]]
best.pivot(index="model", columns="seed", values="test_exact_match").loc[list(builders)].round(4)

# %% [markdown]
# One *column* of this table is what a single run of each model tells you. If you have several columns, check whether they all
# rank the five alike. Then go row by row and see how far apart the seeds of one model are. With one column you can't tell.
# Here are the means, with the characters next to the whole answers:

# %%
metrics = ["test_exact_match", "test_character_accuracy"]
best.groupby("model")[metrics].mean().loc[list(builders)].round(4)

# %%
exact = best.groupby("model")["test_exact_match"].mean().loc[list(builders)]
assert exact.drop("plain").min() >= 0.9, "the variants of the translator learn to add"
plots.strip_plot(
    best,
    {"test_exact_match": f"exact match on {TEST:,} unseen sums"},
    title="Sums answered without a mistake",
    alt="Exact match of the five translators, one dot per seed and a bar at the mean. Reversed, peeky, reversed + peeky and "
    "attention lie above 0.9.",
)

# %% [markdown]
# Your translators have learned to add numbers like these: reversed, peeky and attention all answer at least nine of ten unseen
# sums without a mistake. In the figure, each dot is one seed, and the bar marks the mean. Where dots lie on top of each other,
# read the table above. Where does plain stand? How many sums does the gap between two of them stand for? Multiply it by the
# number of test sums before you call one of them better. And one more seed can change the order.
#
# So two questions remain: would other sums have given the same order, and would other seeds? `runs.compare` puts a number on
# the first doubt and, if you have several seeds, on the second, too. It compares two models on the same test sums, over all
# seeds, and gives an interval for the difference. Where the interval contains 0 or touches it, no difference is shown.


# %%
def exact_each(y_true, y_pred):
    return ops.convert_to_numpy(seq2seq.exact_match(y_true, y_pred))


pd.DataFrame([runs.compare("reversed", rival, score=exact_each) for rival in ("peeky", "attention", "plain")]).round(4)

# %% [markdown]
# With one seed, as in the quick profile, the interval says nothing about other seeds, only about other sums.
#
# > **What we saw (full run):** One of plain's three seeds answered only half of the sums, 0.4936 against 0.98 for the other
# > two. That's why its mean is low. The other four ended within a point of each other. Reversed + peeky was first with every
# > seed, once tied, and the order of the rest was not the same with every seed. So the full run's table did not put attention
# > above reversing or peeking. You will see its advantage in section 8, where the sources grow. The paired comparison agreed:
# > reversed was ahead of plain, and between reversed and peeky, or reversed and attention, no difference was shown.
#
# A popular tutorial reports something else: plain 10 to 25%, reversed about 50%, peeky and reversed about 97%. Each of these
# is a single run: 25 epochs of an LSTM(128) with Adam's default learning rate, in batches of 128, with padding counted in the
# loss. Here is that recipe with our translators and pairs, one run each as well. To keep the code short, we leave out its
# gradient clipping. The quick profile trains it for a few epochs only and stops it long before it can add, so there you just
# see the code run.


# %%
def as_in_the_tutorial(kind=Translator, **options):
    def build_as_in_the_tutorial():
        model = build(kind, **options)
        everything = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile("adam", everything, metrics=[seq2seq.exact_match], jit_compile=COMPILE)
        return model

    return build_as_in_the_tutorial


# %%
OTHER_EPOCHS = runtime.pick(quick=4, full=25)
other_builders = {"plain": as_in_the_tutorial(), "reversed + peeky": as_in_the_tutorial(PeekyTranslator, reverse=True)}
other_common = {**common, "batch_size": 128, "epochs": OTHER_EPOCHS, "patience": OTHER_EPOCHS}
other_runs = experiments.run(other_builders, seeds=SEEDS[:1], **other_common)

# %%
other_runs.table[other_runs.table["best"]].set_index("model")[["epoch", "test_exact_match"]].round(3)

# %% [markdown]
# In the full profile, compare these rows with the same two models in the tables above. The models and the sums are the same.
# Only the recipe is different, and with it the figures. The recipes differ in many ways at once: the size of the steps and how
# it shrinks, weight decay, clipped gradients, the batch size, the epochs, padding in the loss. So don't read a figure such as
# *10 to 25%* as a property of the architecture alone. The recipe, the pairs, the code and the seed all play a part, and one
# run can't tell you how large each part is.
#
# > **What we saw (full run):** Even with nearly the tutorial's recipe, plain reached 0.915, so something else differs, too:
# > the clipping, the pairs, details of the model, the code, or the seed. The gap between its two rows was about 8 points. With
# > our recipe the same gap was less than 2 points with seed 0 and 50 with seed 2. One run of each can't tell you what the
# > recipe does to the gap.
#
# How honest is the share of characters? An [example in Keras' documentation](https://keras.io/examples/nlp/addition_rnn/)
# counts the padding, too. A model soon learns to write padding, so that raises the share. To see by how much, let us count all
# padding as right for the plain model, although ours was never asked to write any. You get one row per seed:

# %%
(x_test, before_test), after_test = data["test"]
there, honest = after_test != seq2seq.PAD, {}
for seed in SEEDS:
    answers = runs.load("plain", seed).predict((x_test, before_test), batch_size=1_000, verbose=0).argmax(axis=-1)
    right = np.where(there, answers == after_test, True)
    shares = {"with padding": right.mean(), "characters": right[there].mean(), "exact match": right.all(axis=1).mean()}
    honest[f"plain, seed {seed}"] = shares
honest = pd.DataFrame(honest).T
assert (honest.diff(axis=1).iloc[:, 1:] <= 0).all(axis=None), "each figure is at most the one before it"
honest.round(3)

# %% [markdown]
# Each row gives you three figures for the same answers, each lower than or equal to the one before. Counting the padding
# raises the share most where a model is weak. The largest step is from characters to whole answers, and it is largest where a
# model is weak. You can watch this in the plain model while it learns. Here is its weakest seed on the validation sums, every
# few epochs:

# %%
weakest = best[best["model"] == "plain"].set_index("seed")["test_exact_match"].idxmin()
learning = runs.table[(runs.table["model"] == "plain") & (runs.table["seed"] == weakest)].set_index("epoch")
assert (learning["val_character_accuracy"] - learning["val_exact_match"]).max() > 0.3, "characters flatter a weak model"
learning[["val_character_accuracy", "val_exact_match"]].iloc[:: EPOCHS // 5].round(2)

# %% [markdown]
# Somewhere in this table, most of the characters are right and most of the sums are wrong. That is no contradiction. An answer
# of three digits has four characters with its end mark, and one wrong character spoils it. Only the last figure tells you how
# often you get the right sum.
#
# > **What we saw (full run):** On the test sums, plain's weakest seed, seed 2, had 0.872 of its characters right, but only
# > 0.494 of its sums. With the padding counted, 0.872 became 0.896. For seed 0, the two figures were 0.995 and 0.982.
#
# ## 5. Writing
#
# To write, the decoder reads its own last character instead of the right one. Encode once, then decode one character at a
# time, always taking the likeliest. The loop always writes `most` characters, and `decode_batch` cuts the answer off at the
# end mark:


# %%
def write(model, source, codec=codec, length=SOURCE, most=TARGET + 1):
    memory = model.encode(codec.encode_batch([source], length))
    last, written = np.array([[seq2seq.BOS]], dtype="int32"), []
    for _ in range(most):
        logits, memory = model.decode(ops.convert_to_tensor(last), memory)
        last = ops.convert_to_numpy(logits).argmax(axis=-1).astype("int32")
        written.append(int(last[0, 0]))
    return codec.decode_batch([written])[0]


# %% [markdown]
# `seq2seq.GreedyDecoder` is the same loop for a whole batch, in one compiled call. Both must write the same. From here on, we
# look at the first seed of each model, unless we say otherwise.

# %%
models = {name: runs.load(name, SEEDS[0]) for name in builders}
writers = {name: seq2seq.GreedyDecoder(model, TARGET + 1) for name, model in models.items()}
written = writers["attention"].predict(x_test, batch_size=1_000, verbose=0)
assert [write(models["attention"], source) for source in sources[:5]] == codec.decode_batch(written[:5])

# %% [markdown]
# Here is something that saves a lot of time. You can compute the exact match of greedy writing *with* teacher forcing. As long
# as the decoder has made no mistake, it reads the same in both cases. After its first mistake, the answer is lost either way.

# %%
free = (written == after_test).all(axis=1).mean()
forced = exact_each(after_test, models["attention"].predict((x_test, before_test), batch_size=1_000, verbose=0)).mean()
assert np.isclose(free, forced, atol=2 / TEST)  # two ways of rounding may break a tie differently
print(f"exact match, either way: {free:.4f}")

# %% [markdown]
# Greedy writing takes the likeliest character, while beam search (notebook 05) looks for the likeliest *answer*. The two can
# differ only where a character is in doubt. So take the sums whose first character the plain model is least sure of, whether
# its answer is right or wrong:


# %%
def beam(model, source, width):
    memory = keras.tree.map_structure(ops.convert_to_numpy, model.encode(codec.encode_batch([source], SOURCE)))

    def step(ids, memory):
        logits, memory = model.decode(ops.convert_to_tensor(ids[:, None]), memory)
        return ops.convert_to_numpy(logits)[:, -1], keras.tree.map_structure(ops.convert_to_numpy, memory)

    first, memory = step(np.array([seq2seq.BOS]), memory)
    found = sampling.beam_search(step, memory, first[0], num_beams=width, length=TARGET + 1, eos_id=seq2seq.EOS)
    return codec.decode_batch([found[0][0]])[0]


# %%
plain_written = codec.decode_batch(writers["plain"].predict(x_test, batch_size=1_000, verbose=0))
expects = models["plain"].predict((x_test, before_test), batch_size=1_000, verbose=0)
doubtful = np.argsort(ops.convert_to_numpy(ops.softmax(expects[:, 0])).max(axis=-1))[: runtime.pick(quick=20, full=40)]
beams = {i: beam(models["plain"], sources[i], width=5) for i in doubtful}
print(f"the {len(doubtful)} most doubtful sums, answered correctly:", end=" ")
print(f"greedy {sum(plain_written[i] == targets[i] for i in doubtful)},", end=" ")
print(f"beam {sum(beams[i] == targets[i] for i in doubtful)};", end=" ")
print(f"{sum(beams[i] != plain_written[i] for i in doubtful)} answered differently")

# %% [markdown]
# Did beam search change any answer? It can help only where greedy is wrong, and a well-trained model leaves few such sums. The
# first digit of a sum may depend on a **carry** from far to its right, the 1 that moves to the next place when digits add up
# to ten or more. Greedy has to choose it before it has written the rest. Beam search keeps both beginnings and sees how each
# continues. But it repairs the search, not the model: where the model believes in a wrong sum, searching further only makes it
# more certain to find that sum.
#
# > **What we saw (full run):** Beam search answered 12 of the 40 most doubtful sums differently. Greedy had 23 of the 40
# > right, beam search 34.
#
# ## 6. Dates
#
# A sum has one form. A date has many: its parts come in one of three orders, a month may be a word, and the answer is
# always year, month, day. Ours are written in 13 ways: English, German style with dots, and Korean, where 년 is year, 월 is
# month and 일 is day. Where two readings are possible, the day comes first with dots and the month with slashes, unless the
# year comes first. So 3/4/1999 is the fourth of March. Looking back at the right position should help here. We train only
# the model with attention. Does plain do as well? You can find out with `Translator` in place of `AttentiveTranslator`.

# %%
# NBVAL_CHECK_OUTPUT
date_sources, date_targets = toy_tasks.dates(DATES, seed=0)
for pair in zip(date_sources[:5], date_targets[:5], strict=True):
    print(*pair, sep="  ->  ")

# %%
date_codec = CharCodec(date_sources + date_targets, pad=True, bos=True, eos=True)
LONGEST = max(map(len, date_sources))
date_x = date_codec.encode_batch(date_sources, LONGEST)
date_before, date_after = teacher_forcing(date_codec.encode_batch(date_targets, 10))
date_data = {name: ((date_x[part], date_before[part]), date_after[part]) for name, part in parts.items()}

# %% [markdown]
# The recipe is the same as for the sums, with another alphabet and longer sequences:


# %%
def date_reader():
    model = AttentiveTranslator(len(date_codec), UNITS)
    model((date_x[:1], date_before[:1]))
    return compiled(model, steps=DATE_EPOCHS * (DATES - 2 * TEST) // BATCH)


date_common = {**common, **date_data, "epochs": DATE_EPOCHS, "patience": DATE_EPOCHS}
date_runs = experiments.run({"dates": date_reader}, seeds=SEEDS, **date_common)

# %% [markdown]
# How many does it read without a mistake? And what does *unseen* mean here? A day may occur in training in another form.

# %%
date_exact = date_runs.table[date_runs.table["best"]]["test_exact_match"]
assert date_exact.min() >= 0.9, "attention learns to read dates"
print(f"share of {TEST:,} unseen dates read without a mistake, by seed: {date_exact.round(4).tolist()}")

# %%
known = set(date_targets[2 * TEST :])
print(f"{np.mean([target in known for target in date_targets[:TEST]]):.0%} of these days occur in training, too")

# %% [markdown]
# At least nine in ten are read correctly. But *unseen* refers to the written form: the second line tells you how many of these
# days occur in the training part in another form.
#
# > **What we saw (full run):** All but about one in 5,000 were read without a mistake, and nearly a third of the days occurred
# > in the training part in another form.
#
# ## 7. Looking inside
#
# What does the decoder look at while it writes? Each row of these pictures is one character of the answer, and each column is
# one of the source. The darker a field, the larger the weight.


# %%
def look(model, source, target, codec, length):
    ids = codec.encode_batch([source], length)
    read, _ = teacher_forcing(codec.encode_batch([target], len(target)))
    _, memory = model.decode(read, model.encode(ids))
    return ops.convert_to_numpy(memory["weights"])[0][: len(target), : len(source)], source, target


# %%
date_model = date_runs.load("dates", SEEDS[0])
long_sum, its_answer = runtime.pick(quick=("23+45", "68"), full=("123+456", "579"))
plots.attention(
    [
        look(models["attention"], long_sum, its_answer, codec, SOURCE),
        look(models["attention"], "57+8", "65", codec, SOURCE),
        look(date_model, "17 August 1999", "1999-08-17", date_codec, LONGEST),
    ],
    title="Where the decoder looks",
    alt="Three heat maps of attention weights, answer from top to bottom, source across: two sums and a date.",
)

# %% [markdown]
# Follow the rows of the date from the top. If the decoder reads as you would, the dark field lies on the year at the end, then
# on the month, then on the day. In the sums, see which characters each row looks at. Are they the digits it needs?
#
# > **What we saw (full run):** In the picture for 123+456, the 5 of the answer looked at both numbers, the 7 mostly at one
# > position. The 7 is 2 + 5, but its row looked mostly at the 4, and the encoder's output there has *not* read the 5 yet. Much
# > of what was known about the 5 may have come another way, through the decoder's state. In the date, the day's first digit
# > looked at the 1 of 1999, too, whose output has read the day as well. The 9 of 579 looked mostly at `+`, whose output has
# > just read the 3. In 57+8, the last row hardly looked at the 8. The decoder may have known it from the encoder's last state,
# > which has just read it.
#
# The weights need not lie exactly on the character that matters. The encoder has read from left to right, so its output at one
# position may hold anything before it. The decoder also gets the encoder's last h and c, so it may know things that it does
# not look at. So weights are a hint, not a proof. Here are the date's weights in numbers, added up by part of the source:

# %%
weights, _, _ = look(date_model, "17 August 1999", "1999-08-17", date_codec, LONGEST)
places = {"17": slice(0, 3), "August": slice(3, 10), "1999": slice(10, 14)}
answer_parts = {"year": slice(0, 4), "month": slice(5, 7), "day": slice(8, 10)}
shares = {a: {p: weights[row, at].sum(axis=1).mean() for p, at in places.items()} for a, row in answer_parts.items()}
shares = pd.DataFrame(shares).T
assert shares.idxmax(axis=1).to_dict() == {"year": "1999", "month": "August", "day": "17"}
shares.round(2)

# %% [markdown]
# Each part of the answer gets most of its weight from the matching part of the source.
#
# Now look at the plain encoder's last h. What has it kept of the source? It has one number for each unit, too many to draw. So
# here you see the plane of its two main directions, the principal components. Each point is one source. Blue means a sum above
# the median, orange one below it:

# %%
from sklearn.decomposition import PCA

last = ops.convert_to_numpy(models["plain"].encode(x_test[:1_500])["last"])
sums = np.array([float(target) for target in targets[: len(last)]])
plots.word_map(
    PCA(2, random_state=0).fit_transform(last),
    targets[: len(last)],
    sums - np.median(sums),
    title="The plain encoder's vectors",
    xlabel="first principal component",
    ylabel="second principal component",
    legend="sum, minus the median sum",
    alt="Points in the plane, one per sum, colored by the sum of the two numbers they encode.",
)

# %% [markdown]
# Do the colors change gradually from one side to the other, or do the points fall into clumps? Clumps could be the lengths of
# the sources, because it is easy to keep track of how many characters were read. A gradual change means that the size of the
# sum is there, roughly, before the first digit is written. Two directions out of many show only part of the picture: what you
# don't see here may still be there.
#
# > **What we saw (full run):** There were no clumps. The points formed an arc from small sums to large ones.
#
# What does reading backward change? Look at how strongly each place of the source affects the error of the answer's first
# character, before any training. A place that hardly affects the error is hard to learn from. So we measure the size of the
# gradient at each place, which says how much the error changes if you move that character's vector a little. We do this for
# the longest sums.

# %%
import tensorflow as tf  # gradients are the one thing Keras has no name of its own for

long = [i for i in range(2 * TEST) if len(sources[i]) == SOURCE][:200]


# %%
def gradient_by_place(model):
    with tf.GradientTape() as tape:
        vectors = model.source_vectors(x[long])
        tape.watch(vectors)
        memory = model.read(vectors, ops.not_equal(x[long], seq2seq.PAD))
        logits, _ = model.decode(ops.convert_to_tensor(before[long]), memory)
        error = ops.sum(keras.losses.sparse_categorical_crossentropy(after[long][:, 0], logits[:, 0], True))
    return np.linalg.norm(tape.gradient(error, vectors), axis=-1).mean(axis=0)


# %% [markdown]
# Here are plain, reversed and attention, fresh from their builders, first as a table, then as curves.

# %%
places = np.arange(1, SOURCE + 1)
gradients = {name: gradient_by_place(builders[name]()) for name in ("plain", "reversed", "attention")}
pd.DataFrame(gradients, index=pd.Index(places, name="place")).T.round(3)

# %%
assert gradients["reversed"][0] > 2 * gradients["plain"][0], "reversing brings the first place nearer"
plots.lines(
    {name: (places, sizes) for name, sizes in gradients.items()},
    title="How each place of the source affects the first character's error",
    xlabel="place in the source",
    ylabel="size of the gradient",
    alt="Size of the gradient by place in the source. It rises for the plain model, falls for the reversed one, and changes "
    "least for attention.",
)

# %% [markdown]
# The answer's first character depends on the *first* digits of both numbers. In `12+34` these are places 1 and 4. Read
# forward, they are 5 steps and 2 steps away from the answer. Read backward, they are 1 step and 4 steps away. So the first
# number's first digit comes much closer, and the second number's moves a little farther away. The curves say the same: at
# place 1, the gradient is more than twice as large for reversed as for plain. With attention, the gradient depends least on
# the place.
#
# The answer's last digit depends on the last digits of both numbers. Reversing brings the first number's last digit nearer and
# moves the second number's farther away. Reversed got nearly all of the test sums right, so the longer path did little harm
# here.
#
# Peeking shortens the path in another way, which we don't measure here. The error of a later character reaches the encoder's
# last h at once, without going back through the decoder's steps. Attention gives every character of the answer a direct path
# to every place of the source. Does it then still need to be reversed? You can try it with
# `variant(AttentiveTranslator, reverse=True)`.
#
# > **What we saw (full run):** From plain to reversed, the gradient at place 1 grew to more than four times its size. At place
# > 5, the first digit of the second number, it shrank by a third.
#
# ## 8. When the source grows: where attention wins
#
# On short sums, you saw no advantage of attention over reversing or peeking. So what is it good for? Look at what the plain
# decoder gets: one state, always of the same size, however long the source is. This is called the **bottleneck**. A short sum
# fits through it, as reversed has shown. What if your source is longer and every character of it matters?
#
# Let's take the simplest task of that kind: copying. A source is a string of random letters, eight of them to choose from, and
# the answer is the same string. There is nothing to work out, and a guess is right for one letter in eight only. The strings
# have 2 to `LONGEST_COPY` letters, each length about equally often.

# %%
rng = np.random.default_rng(1)
lengths = rng.integers(2, LONGEST_COPY + 1, size=COPIES + 2 * COPY_TEST)
strings = ["".join(rng.choice(list("abcdefgh"), size=length)) for length in lengths]
print(strings[:3])

# %%
copy_codec = CharCodec(strings, pad=True, bos=True, eos=True)
copy_x = copy_codec.encode_batch(strings, LONGEST_COPY)
copy_before, copy_after = teacher_forcing(copy_x)
copy_parts = {
    "test": slice(COPY_TEST),
    "validation": slice(COPY_TEST, 2 * COPY_TEST),
    "train": slice(2 * COPY_TEST, None),
}
copy_data = {name: ((copy_x[part], copy_before[part]), copy_after[part]) for name, part in copy_parts.items()}
longest = lengths[:COPY_TEST] >= LONGEST_COPY - 2
assert not set(strings[2 * COPY_TEST :]) & {strings[i] for i in np.flatnonzero(longest)}, "the longest are all unseen"

# %% [markdown]
# Three translators compete, from the same seeds and with the same number of units: plain, reversed and attention. Reversed is
# the rival to watch. Reading backward, it meets the first letter last, so it can begin with the letter that came in most
# recently, like taking plates from a stack.

# %% [markdown]
# **Predict first.** The longer the strings, the harder they are to copy. How far will each of the three get?
#
# <details><summary>A. Plain and reversed equally far, because their states have the same size</summary>
# The size is the same. But follow the first letter: how many steps does it have to survive until it is written, read forward
# and read backward?
# </details>
# <details><summary>B. Reversed farther than plain, and attention farther than both</summary>
# Yes. Read backward, the first letters are still fresh when they are written. But the whole string has to pass through one
# state all the same, and attention can go back to the place of each letter. Compare with the left panel of the figure below.
# </details>
# <details><summary>C. Reversed and attention equally far, because reversing solves the problem</summary>
# It solves it for the beginning of a string. Now follow the last letter: when is it read, and when is it written?
# </details>
# <details><summary>D. Plain farther than reversed, because it reads in the order in which it must write</summary>
# That sounds natural. But every letter that it reads comes between the first letter and the moment when that is written. Count
# those steps for both orders.
# </details>


# %%
def copier(kind=Translator, **options):
    def build_copier():
        model = kind(len(copy_codec), COPY_UNITS, **options)
        model((copy_x[:1], copy_before[:1]))
        return compiled(model, COPY_EPOCHS * COPIES // COPY_BATCH, rate=8e-3, xla=False)

    return build_copier


copiers = {"plain": copier(), "reversed": copier(reverse=True), "attention": copier(AttentiveTranslator)}
copy_settings = {"epochs": COPY_EPOCHS, "patience": COPY_EPOCHS, "batch_size": COPY_BATCH, "name": "copying"}
copy_runs = experiments.run(copiers, seeds=SEEDS, **copy_data, **copy_settings)

# %% [markdown]
# Now let each of them write the test strings greedily, without any help, and sort the answers by the length of the string. We
# count whole strings and single characters.

# %%
places = copy_after[:COPY_TEST] != seq2seq.PAD
rows = []
for model, seed in ((model, seed) for model in copiers for seed in SEEDS):
    written = seq2seq.GreedyDecoder(copy_runs.load(model, seed), LONGEST_COPY + 1).predict(
        copy_x[:COPY_TEST], verbose=0
    )
    correct = written == copy_after[:COPY_TEST]
    shares = {
        "exact match": (correct | ~places).all(axis=1),
        "characters": (correct & places).sum(axis=1) / places.sum(axis=1),
    }
    rows.append(pd.DataFrame({"model": model, "seed": seed, "length": lengths[:COPY_TEST], **shares}))
by_length = pd.concat(rows).groupby(["model", "length", "seed"])[["exact match", "characters"]].mean()

# %%
with plots.figure(
    12.0, 4.8, 2, title="Copying strings of random letters", xlabel="letters in the source", ylabel="share that is right",
    alt="Two panels, whole strings and characters, against the length of the source. Plain falls first, reversed later, and "
    "attention stays near 1.",
) as panels:  # fmt: skip
    for axes, metric in zip(panels, by_length, strict=True):
        for number, model in enumerate(copiers):
            seeds = by_length.loc[model, metric].unstack("seed")
            axes.plot(seeds.index, seeds.mean(axis=1), color=f"C{number}", marker="os^"[number], label=model)
            axes.fill_between(seeds.index, seeds.min(axis=1), seeds.max(axis=1), color=f"C{number}", alpha=0.25)
        axes.set(title=metric, xticks=range(2, LONGEST_COPY + 1, 2))
    panels[0].legend()

# %% [markdown]
# The lines are means over the seeds, and the shaded bands run from the worst seed to the best. With one seed, as in the quick
# profile, there is no band. Go along the left panel from short strings to long ones and note where each line leaves the top.
# The shortest strings occur in training, too, so the long ones are the real test. Then compare with the right panel: you see
# again how much better the same answers look when you count characters.
#
# Does the picture hold over seeds and test strings? Here are the three longest lengths, seed by seed, and the paired
# comparison on just these strings:

# %%
at_the_end = by_length["exact match"].unstack("seed").query("length >= @LONGEST_COPY - 2").groupby("model").mean()
assert at_the_end.loc["attention"].min() >= runtime.pick(quick=0.8, full=0.95), "attention copies the longest strings"
assert at_the_end.loc["plain"].max() <= 0.5, "plain does not"
at_the_end.loc[list(copiers)].round(3)


# %%
def exact_at_the_end(y_true, y_pred):
    return exact_each(y_true, y_pred)[longest]


# %%
against = [copy_runs.compare("attention", rival, score=exact_at_the_end) for rival in ("plain", "reversed")]
assert all(row["low"] > 0 for row in against), "attention is ahead of both"
pd.DataFrame(against).round(3)

# %% [markdown]
# Here is the advantage over reversing that did not show on sums. Plain and reversed have to pass the whole string through one
# state. Attention doesn't have to: for each letter it writes, it can look at the place where that letter stands.
#
# Be careful what you conclude. The lengths at which plain and reversed fail belong to *this* number of units and *this*
# budget. Give them more units or more epochs, and you can expect their lines to move to the right.
#
# Reversed has a state of the same size as plain and gets further, so the size of the state is not the only reason: how hard a
# task is to *learn* counts, too, and this experiment does not separate the two. Attention also has 14 to 18% more parameters,
# as `count_params()` would tell you. But it reaches the top on the same budget, and its line stays there, or close to it, up
# to the longest strings it has seen. And beyond them? Keep that question for the next section and for exercise 6 below.
#
# > **What we saw (full run):** On strings of 18 to 20 letters, attention copied between 0.992 and 1.000 of the strings without
# > a mistake, reversed between 0.180 and 0.280, and plain at most 0.027.
#
# ## 9. Where it fails
#
# An average hides which cases fail. Begin by looking at some wrong answers, because you often see the kind of mistake at once.
# A `^` marks each place that differs:

# %%
from itertools import zip_longest

written_by = {
    name: codec.decode_batch(writer.predict(x_test, batch_size=1_000, verbose=0)) for name, writer in writers.items()
}
gallery = [
    {"model": name, "source": source, "answer": answer, "right": target,
     "wrong place": "".join("·^"[a != b] for a, b in zip_longest(answer, target))}
    for name in ("plain", "attention")
    for source, answer, target in zip(sources, written_by[name], targets, strict=False) if answer != target
]  # fmt: skip
gallery = pd.DataFrame(gallery)
gallery.groupby("model", sort=False).head(6).set_index("model")

# %% [markdown]
# Are the answers nonsense, or nearly right? Is it the first digit that is wrong, the last one, or one in the middle, where a
# carry comes in? A few examples suggest a question, and counting answers it. Here is how often each pattern occurs:

# %%
gallery.groupby(["wrong place", "model"]).size().unstack("model", fill_value=0).sort_values(
    "plain", ascending=False
).head(8)

# %% [markdown]
# A single `^` mostly means that one digit is wrong and all others are right. At the end, it may also be a digit too many or
# too few. Several `^` side by side may be a carry that went wrong. If they run to the end, the answer may have the wrong
# length.
#
# > **What we saw (full run):** Of plain's 92 wrong answers, 23 had the pattern `^^·`, which is an answer of three digits with
# > the first two wrong. In the one shown above, 809 instead of 799, the model carried where there was nothing to carry. How
# > many of the others are like that was not counted. In the eight patterns of the table, none had more than 7 of attention's
# > 52. The table is sorted by plain, and 16 of attention's are not in it.
#
# Now group all the answers by the digits of the longer number, and by the number of carries:

# %%
right = pd.DataFrame(
    {name: [a == b for a, b in zip(answers, targets[:TEST], strict=True)] for name, answers in written_by.items()}
)


# %%
def by(name, values):
    groups = right.groupby(pd.Series(values, name=name))
    return groups.mean().round(3).assign(sums=groups.size())


by("digits", [max(map(len, source.split("+"))) for source in sources[:TEST]])


# %%
def carries(source):
    """Each carry takes ten from one place and adds one to the next, so it lowers the sum of all digits by nine."""
    left, right = source.split("+")
    answer = str(int(left) + int(right))
    return (sum(map(int, left + right)) - sum(map(int, answer))) // 9


assert [carries("12+34"), carries("95+7"), carries("999+1")] == [0, 2, 3]
carried = np.array([*map(carries, sources[:TEST])])
by("carries", carried)

# %% [markdown]
# The last column says how many sums are behind a row. Where there are only a few, a single mistake moves the share by many
# points, and each column is one seed of one model. With that in mind, go down the column of the plain model. If the bottleneck
# of section 8 were too narrow for these sums, plain would lose with more digits. Does your table show that? Very short sums
# can be the harder ones, because there are so few of them to learn from.
#
# You might also expect carries to be hard, because one digit may then depend on all digits to its right. Check it: sums
# without a carry may turn out no easier. Longer sums carry more often, so the two tables are not independent.
#
# If one column stands out in the row with the most carries, is that the model or just the seed? Compare over all seeds, on
# these sums only:


# %%
def exact_with_most_carries(y_true, y_pred):
    return exact_each(y_true, y_pred)[carried == DIGITS]


rivals = ("plain", "reversed", "peeky", "reversed + peeky")
pd.DataFrame([runs.compare("attention", rival, score=exact_with_most_carries) for rival in rivals]).round(3)

# %% [markdown]
# Where the interval contains 0, the difference that you see in one column of the table may be luck: no difference between the
# models is shown.
#
# > **What we saw (full run):** With seed 0, plain did not lose with more digits, and reversed, with the same state, got more
# > than 0.99 with every seed. So 128 units can hold such a sum. Plain's seed 2 shows that they don't always learn to. The nine
# > short sums, rare in the training part, were the harder ones. In the table of seed 0, attention was lower with three carries
# > (0.952) than with none (0.988), but that is one seed and 252 sums. Over three seeds, no difference is shown between
# > attention and plain, reversed or peeky. Reversed + peeky was better, with an interval that only just excludes 0. That is
# > one of four comparisons, on a group that we chose after looking, so don't build on it.
#
# Now give all of them sums in which at least one number has one digit more than any they have seen.

# %%
longer = zip(*toy_tasks.additions(2_000, digits=DIGITS + 1, seed=1), strict=True)
longer = [(s, t) for s, t in longer if max(map(len, s.split("+"))) == DIGITS + 1]
longer_x = codec.encode_batch([s for s, _ in longer], 2 * DIGITS + 3)

# %% [markdown]
# **Predict first.** At least four of the five models answered at least nine of ten sums like those in training. How many of
# these longer sums will they get right?
#
# <details><summary>A. Most of them, because the rule for adding is the same for any number of digits</summary>
# You know that rule. But did anything in training force the models to find it? What else would have brought them the same
# exact match?
# </details>
# <details><summary>B. Those that have no more characters than the sums in training</summary>
# Then length alone would be the obstacle. But look at the numbers in such a sum. Have the models ever met a number with so
# many digits?
# </details>
# <details><summary>C. Attention many of them, the others few, because attention can look at every place</summary>
# It can look at a digit wherever it stands. But what to do with that digit, it has learned from shorter numbers only.
# </details>
# <details><summary>D. Hardly any</summary>
# Yes. A number with one digit more is a kind of number that they have never met. Compare both columns of the table below: the
# first one tells you whether the length is to blame.
# </details>

# %% [markdown]
# It would be easy to excuse a failure. Some of these sources are longer than any that the models have read, so some characters
# appear at places where there was only padding before. But is that the reason for the failure? Many of the sums, such as one
# long number plus a short one, have no more characters than the sums in training, and neither have their answers. So let's
# count these separately:

# %%
fits = np.array([len(s) <= SOURCE and len(t) <= TARGET for s, t in longer])
print(
    f"{len(fits):,} sums with a number of {DIGITS + 1} digits; in {fits.sum()} source and answer are no longer than before"
)

# %%
shares = {}
for name, model in models.items():
    answers = codec.decode_batch(seq2seq.GreedyDecoder(model, DIGITS + 3).predict(longer_x, batch_size=500, verbose=0))
    good = np.array([answer == t for answer, (_, t) in zip(answers, longer, strict=True)])
    shares[name] = {"length seen": good[fits].mean(), "longer": good[~fits].mean()}
shares = pd.DataFrame(shares).T
assert fits.sum() > 100 and shares.max(axis=None) < 0.1, "one digit more, and nearly every answer is wrong"
shares.round(3)

# %% [markdown]
# Compare these figures with the table of section 4. Length is not the excuse: the models fail just as badly on the sums that
# are no longer than before. There, no character is at a place that was always padding in training. Only `+` may be at a new
# place. What is new is *what* stands there: a number with one digit more, and often an answer of full length that doesn't
# begin with 1. In training, every answer of that length did. So the models had not learned to add. They had learned to add
# *numbers of the kinds they had seen*. A person who knows how to carry can add longer numbers without further teaching. What
# is missing here has a name, **length generalization**, and much larger models struggle with it, too.
#
# Here is another weakness. In training, the decoder never reads a mistake. In use, it reads its own. That is called **exposure
# bias**. Compare the share of right characters when each position reads the right beginning (teacher-forced) with the share
# when it reads what the model itself has written (free-running):

# %%
for name, model in models.items():
    forced = model.predict((x_test, before_test), batch_size=1_000, verbose=0).argmax(axis=-1) == after_test
    free = writers[name].predict(x_test, batch_size=1_000, verbose=0) == after_test
    print(f"{name:17} teacher-forced {forced[there].mean():.4f}, free-running {free[there].mean():.4f}")

# %% [markdown]
# Most answers are right, so the difference is small, if there is any. You can make it larger. Give the decoder a single wrong
# first character, then right ones again, and see how many of the others it still gets right. This is a mild test: left alone,
# the decoder would continue from its own next character.

# %%
misled = before_test.copy()
# The id of a digit is the digit plus 4: 1 becomes 2, ..., 9 becomes 1.
misled[:, 1] = 5 + (misled[:, 1] - 4) % 9
rest = (after_test != seq2seq.PAD) & (np.arange(TARGET + 1) > 0)
for name, model in models.items():
    kept = []
    for read in (before_test, misled):
        answers = model.predict((x_test, read), batch_size=1_000, verbose=0).argmax(axis=-1)
        kept.append((answers == after_test)[rest].mean())
    print(f"{name:17} other characters right: {kept[0]:.3f} if the first one is right, {kept[1]:.3f} if it is wrong")
    assert kept[1] < kept[0]

# %% [markdown]
# Compare the two figures in each line. The later digits of a sum can be worked out from the source alone, so a decoder that
# trusts its source would lose nothing. What is lost shows how much a wrong character disturbs it. It may trust that character,
# or it may never have met such a beginning. Now look at the line for attention. It can look at the source at every step, and
# still it loses. Being able to look is not the same as relying on it.
#
# > **What we saw (full run):** Attention lost as much as plain: after a wrong first character, 0.881 and 0.882 of the other
# > characters were right, one seed of each. About 15% of the answers have four digits, and there the 1 became a 2. No answer
# > of four digits in training begins with 2. So part of the loss may come from a length that never went with a 2 in training.
#
# ## 10. Your own
#
# Change the sum and the date, and run the cell again.

# %%
own_sum, own_date = runtime.pick(quick="25+75", full="250+75"), "Dec 24 1984"
for name, model in models.items():
    print(f"{name:17} {own_sum} = {write(model, own_sum)}")
print(own_date, "->", write(date_model, own_date, date_codec, LONGEST, most=11))

# %% [markdown]
# ## Recap
#
# - An encoder passes its state to a decoder. Teacher forcing trains the decoder on the right beginnings.
# - Leave padding out of loss and accuracy, and look at exact match, over several seeds.
# - You can get the exact match of greedy writing with teacher forcing, because both agree up to the first mistake.
# - Reversing brings the beginnings together, peeking keeps the source in view, and attention can look back at every
#   place of the source.
# - When you copied long strings, attention won clearly on the same budget. On short sums, no advantage over reversing was
#   shown.
# - Attention weights show what is looked at. They are a hint, not a proof, of what is used.
# - An average hides which cases fail. Look at failures by kind, and at how many cases are behind each figure.
# - A model that is nearly always right may know nothing of numbers with one digit more, even where the length is not new.

# %% [markdown]
# ## Exercises
#
# Start with those [with checked answers](exercises/06_seq2seq.ipynb). A [solution](solutions/06_seq2seq.ipynb) is one click
# away. Then try these, which have no check:
#
# 1. Write the answer backward, so that its last digit comes first. The answer to `57+8` becomes `56`. Train for about a
#    quarter of the epochs, because after all of them most models have little left to gain. Which model gains most, and why?
# 2. Replace `tanh(q + k)` and `v` by the dot product `q · k`. Compare exact match and seconds per epoch. Start from `attend`.
#    You no longer need `v`, so take it out of `AttentiveTranslator`.
# 3. Fill the numbers up with zeros to equal length, such as `57+08`. What does that do to the failures by digits?
# 4. Train on sums of up to two digits and of exactly four. To get them, filter `additions(…, digits=4)`, set
#    `SOURCE, TARGET = 9, 5` and encode again. Can the model add numbers of three digits?
# 5. Mislead the decoder of the *dates* at its first character: 1 becomes 2, and 2 becomes 1. Which of the other characters
#    suffer, and why those?
# 6. In section 8, double `COPY_UNITS`, or the epochs. How far do the lines of plain and reversed move to the right? Then let
#    the model with attention copy strings that are longer than any in training. Does it look at the right places?
# 7. Write a metric that counts an answer as half right if it is wrong in one character only. When would that be useful?

# %% [markdown]
# ## Further reading
#
# - Sutskever, Vinyals and Le, [Sequence to sequence learning with neural networks](https://arxiv.org/abs/1409.3215), 2014:
#   encoder, decoder, and the reversed source.
# - Cho et al., [Learning phrase representations using RNN encoder-decoder](https://arxiv.org/abs/1406.1078), 2014: the decoder
#   that peeks.
# - Bahdanau, Cho and Bengio, [Neural machine translation by jointly learning to align and
#   translate](https://arxiv.org/abs/1409.0473), 2015: additive attention.
# - Zaremba and Sutskever, [Learning to execute](https://arxiv.org/abs/1410.4615), 2014: networks that learn to add, from easy
#   sums to hard ones.
# - Bengio et al., [Scheduled sampling](https://arxiv.org/abs/1506.03099), 2015: a cure tried for exposure bias.

# %%
means = exact.round(3).to_dict()
runtime.finish(
    notebook="seq2seq",
    headline="exact match: "
    + ", ".join(f"{name} {value:.3f}" for name, value in means.items())
    + f"; dates {date_exact.mean():.4f}"
    + f"; copying the longest: plain {at_the_end.loc['plain'].mean():.3f}, attention {at_the_end.loc['attention'].mean():.3f}",
)
