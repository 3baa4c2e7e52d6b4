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
# # 04 · A character model of Shakespeare
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/sequence-models-for-text/course/blob/main/notebooks/04_char_rnn.ipynb)
#
# So far our networks have read. This one writes. It learns a single thing, which character comes next, from a million
# characters of plays, and out of that come spelling, names, lines and speeches. You see how to train such a model on a
# laptop, how to tell whether it is any good before you read a word of it, and how to make it write fast.
#
# **When you are through you can**
#
# - measure a language model in nats, bits per character and perplexity, and say what it has to beat;
# - cut a text into batches that follow on, and carry a recurrent state from one to the next;
# - train for many minutes in a way that a closed laptop lid does not undo;
# - write with the state instead of reading everything anew, and measure what that saves;
# - choose between greedy, temperature, top-k, top-p and beam search, and say what each does to a text;
# - check whether a model has learned or copied.
#
# **Time:** about 18 minutes on two CPU cores the first time (the full profile), of which 16 are one training; two once it is kept.
#
# **Words** that are new to you: the
# [glossary](https://github.com/sequence-models-for-text/course/blob/main/docs/glossary.md), in English and Korean.
# Practice: [exercises with checked answers](exercises/04_char_rnn.ipynb).

# %%
# On Colab this installs the course's helpers; elsewhere it does nothing.
import sys

if "google.colab" in sys.modules:
    print("Colab: installing the course's helpers")
    # %pip install -q --no-deps git+https://github.com/sequence-models-for-text/course
    # %pip install -q pooch tokenizers

# %%
from course_utils import char_rnn, datasets, inside_plots, plots, runtime, sampling
from course_utils.training import Backup, LiveLine, ResetState, Seconds, run_folder

runtime.start(seed=42)

# %%
import logging
import time

import keras
import numpy as np
import pandas as pd
from keras import layers, ops

# %% [markdown]
# The settings of our model: units of the GRU, numbers in an embedding, rows in a batch, characters in a row of a batch
# (time steps), epochs, and the learning rate at the start. The quick profile takes a small net and the first characters
# of the play only.

# %%
UNITS, EMBEDDING, BATCH, STEPS, EPOCHS, RATE = runtime.pick(
    quick=(96, 32, 16, 32, 12, 1e-2), full=(512, 128, 128, 32, 14, 4e-3)
)
CHARACTERS = runtime.pick(quick=60_000, full=None)
play = datasets.load_shakespeare()
text = play.text[:CHARACTERS]
print(play.provenance)

# %% [markdown]
# ## 1. A text as numbers
#
# A tokenizer for characters is one line: sort the distinct ones, and each character's id is its place among them.

# %%
characters, ids = np.unique(list(text), return_inverse=True)
ids = ids.astype("int32")
print(f"{len(ids):,} characters, {len(characters)} distinct, {len(set(text.lower()))} once lower-cased")

# %%
print("".join(characters).replace("\n", "↵"))
print(char_rnn.decode(char_rnn.encode("a tale", characters), characters))

# %% [markdown]
# The notes behind this course lower-cased the text, which leaves 39 characters. We keep the capitals: they mark speakers
# and the beginnings of lines, and the figures that others publish for this corpus are with them.
#
# **The split.** The first nine tenths are for training, the last tenth for measuring, cut once, in the order of the text. Why not
# shuffle first, as we did with reviews? Because pieces of one text overlap and answer each other: a shuffled piece would be
# judged beside its own neighbors, and a model that remembers would look like one that understands. (The notes halve the last
# tenth into validation and test. We do not, since the published figures do not. So where a setting was chosen by its score
# on the last tenth, by us or by others, that score is a little too good.)

# %%
cut = int(0.9 * len(ids))
train_ids, test_ids = ids[:cut], ids[cut:]
print(f"{len(train_ids):,} to train on, {len(test_ids):,} to measure on")

# %% [markdown]
# ## 2. What has to be beaten?
#
# A language model gives every possible next character a probability. We judge it by the probability it gave to the one
# that really came: the **cross-entropy**, the mean of `-log p`. With the natural logarithm its unit is the **nat**;
# nats divided by ln 2 are **bits per character**. The **perplexity** is `e` to the power of the nats or, which is the
# same number, 2 to the power of the bits: the number of equally likely characters that the model hesitates between.
#
# Whoever knows nothing gives each of the V characters `1/V`, which costs `ln V`. Whoever counts does better. We count
# runs of n characters (**n-grams**), each run written as one number, as the digits 3, 1, 4 make 314, so that sorting
# brings equal runs together. In sorted numbers, `searchsorted` finds the first place of a number ("left") and the place
# after its last ("right"); the difference is how often it is there:


# %%
def runs(ids, n):
    """Each run of n characters as one number in base V."""
    return sum(ids[i : len(ids) - n + 1 + i].astype("int64") * len(characters) ** (n - 1 - i) for i in range(n))


def count(among, asked):
    """How often each of the asked numbers stands among sorted ones."""
    return np.searchsorted(among, asked, "right") - np.searchsorted(among, asked, "left")


# %% [markdown]
# Long runs tell more, and are seen less often. How many of the test text's runs never stood in the training text?

# %%
for n in (3, 5, 8):
    unseen = np.mean(count(np.sort(runs(train_ids, n)), runs(test_ids, n)) == 0)
    print(f"runs of {n}: {unseen:.0%} of those in the last tenth never stood before it")

# %% [markdown]
# A probability of zero costs infinitely much, so a longer run has to borrow from the shorter one; this is called
# **smoothing**. Witten and Bell's way: the more *kinds* of characters have followed a history before, the likelier it is that a new kind will come, and the more
# weight the shorter run gets. For a character c after a history h of n - 1 characters:
#
# `p(c | h) = (count(h c) + kinds(h) · p(c | h shortened)) / (count(h) + kinds(h))`
#
# A history seen 8 times with 2 kinds of successors gives 8/10 of the weight to its own counts and 2/10 to the shorter
# run.
#
# Two tricks in the code below. Dividing a run by V and dropping the remainder removes its last character, as 314 // 10
# is 31; what is left is the history. (Do it to all runs and you can count the histories; do it to the *different* runs,
# which `np.unique` returns, and you count the kinds.) And the last n - 1 characters of the training text are put before
# the test text, so that its first characters have a history, too.


# %%
def lengthen(shorter, n):
    """Probability of each test character from the n - 1 before it, leaning on `shorter`, that from one fewer."""
    seen = np.sort(runs(train_ids, n))
    asked = runs(np.concatenate([train_ids[len(train_ids) - n + 1 :], test_ids]), n)
    history = asked // len(characters)
    followed = count(seen // len(characters), history)
    kinds = count(np.unique(seen) // len(characters), history)
    mixed = (count(seen, asked) + kinds * shorter) / np.maximum(followed + kinds, 1)
    return np.where(followed > 0, mixed, shorter)


# %%
probability = np.full(len(test_ids), 1 / len(characters))
ngram_nats = {0: -np.log(probability).mean()}
for n in range(1, 9):
    probability = lengthen(probability, n)
    ngram_nats[n] = -np.log(probability).mean()

# %% [markdown]
# All of them, from knowing nothing to runs of eight, in the three units:


# %%
def measures(nats):
    return {"nats": nats, "bits": nats / np.log(2), "perplexity": np.exp(nats)}


names = {0: "uniform", 1: "unigram", 2: "bigram"}
pd.DataFrame({names.get(n, f"{n}-gram"): measures(nats) for n, nats in ngram_nats.items()}).T.round(3)

# %%
best_n = min(ngram_nats, key=ngram_nats.get)
bar = ngram_nats[best_n]
print(f"the bar: {bar:.3f} nats or {bar / np.log(2):.3f} bits, by runs of {best_n} characters")

# %% [markdown]
# Look where the table turns: from some length on, longer runs are so rare that they do harm. That is the wall a counting
# model runs into, and what a network should get past, because it need not have seen a run to say something about it. Remember
# the number. You will see it again as a level line beside the learning curve (in bits) and as a bar in the chart of section 7 (in nats).
#
# ## 3. Windows, and how to cut them
#
# The notes cut the text into windows of 101 characters, each one character further on than the last: the first 100 are
# the input, the last 100 the targets. Here are three ways to build them, for the first few thousand characters. The
# first is the notes' own: TensorFlow makes a small dataset of each window and joins them again. The second is a Keras
# function that does the same in one line. The third copies nothing until the batches are used: `sliding_window_view`
# looks at the same array from each starting place.

# %%
few = ids[: runtime.pick(quick=2_000, full=20_000)]


def by_window():
    """The notes' own pipeline."""
    from tensorflow.data import Dataset

    windows = Dataset.from_tensor_slices(few).window(101, shift=1, drop_remainder=True)
    windows = windows.flat_map(lambda window: window.batch(101))
    return [(batch[:, :-1], batch[:, 1:]) for batch in windows.batch(32).as_numpy_iterator()]


def by_keras():
    windows = keras.utils.timeseries_dataset_from_array(few, None, sequence_length=101, batch_size=32)
    return [(batch[:, :-1], batch[:, 1:]) for batch in map(ops.convert_to_numpy, windows)]


def by_view():
    windows = np.lib.stride_tricks.sliding_window_view(few, 101)
    return [(batch[:, :-1], batch[:, 1:]) for batch in np.split(windows, range(32, len(windows), 32))]


# %%
seconds, built = {}, {}
for name, build in {"tf.data window": by_window, "timeseries dataset": by_keras, "NumPy view": by_view}.items():
    began = time.perf_counter()
    built[name] = [np.concatenate(part) for part in zip(*build(), strict=True)]
    seconds[name] = time.perf_counter() - began
print({name: f"{value:.3f} s" for name, value in seconds.items()})

# %% [markdown]
# Equal content, very unequal cost:

# %%
for x, y in built.values():
    assert np.array_equal(x, built["NumPy view"][0]) and np.array_equal(y, built["NumPy view"][1])
x, y = built["NumPy view"]
print(f"{len(few):,} characters became {x.size:,} inputs: each character is seen about {x.size // len(few)} times")

# %% [markdown]
# Nearly a hundred times! That is what makes the notes' epoch so long: a textbook author counts 31,247 steps for the first
# million characters, and 23 minutes an epoch on his machine. And still each window begins with no memory of what stood before it.
#
# There is a way to cut that shows each character once an epoch and hands the state on. Cut the text into as many strips as a
# batch has rows; the first batch takes the first few characters of each strip, the second batch the *next* ones. Row 3 of
# one batch then goes on exactly where row 3 of the batch before it ended. We call them **contiguous batches**. On the letters of
# the alphabet, with two rows:

# %%
# NBVAL_CHECK_OUTPUT
alphabet = np.array(list("abcdefghijklmnopqrstuvwxyz"))
x, _ = char_rnn.contiguous_batches(np.arange(26), batch_size=2, time_steps=4)
for number, batch in enumerate(np.split(x, 3)):
    print(f"batch {number}:", *["".join(alphabet[row]) for row in batch])

# %% [markdown]
# Two rows, three batches: *abcd*, *efgh*, *ijkl* follow on in the first row, *mnop*, *qrst*, *uvwx* in the second. The *y*
# is needed as the last target only, and the *z* is left over, because it does not fill a batch. Now the play itself:

# %%
began = time.perf_counter()
x_train, y_train = char_rnn.contiguous_batches(train_ids, BATCH, STEPS)
print(f"a whole epoch in {1e3 * (time.perf_counter() - began):.0f} ms: {x_train.shape[0] // BATCH:,} batches")

# %% [markdown]
# The network has to carry its hidden state from batch to batch, then. Keras calls such a layer **stateful**. Training finds
# out, from the error backwards through all steps, how each weight should change (**backpropagation through time**). Here the
# error flows back through one batch only: forwards the state can carry something from any earlier character of its strip,
# backwards the error goes back over the characters of one batch, a few dozen. That is **truncated** backpropagation through time (truncated BPTT).
#
# **A GRU** (notebook 03) has two gates: the update gate z mixes the old state with the candidate, and the reset gate r
# says how much of the old state the candidate may see. Where z is 1, a number stays as it is for as long as it is
# needed, which `SimpleRNN` cannot do. We ask for `return_sequences=True`, the state after every step, and for
# `return_state=True`, the last one besides, to hand on. Here is a small one, on two rows of 20 steps:

# %%
probe = np.random.default_rng(0).normal(size=(2, 20, 3)).astype("float32")
gru = layers.GRU(4, return_sequences=True, return_state=True)
whole, _ = gru(probe)

# %% [markdown]
# Does carrying the state really make two halves one whole? The same layer, one pass over 20 steps and two over 10:

# %%
first, state = gru(probe[:, :10])
carried, _ = gru(probe[:, 10:], initial_state=state)
forgotten, _ = gru(probe[:, 10:])

# %%
assert np.allclose(ops.concatenate([first, carried], axis=1), whole, atol=1e-4)
assert not np.allclose(forgotten, whole[:, 10:], atol=1e-2)

# %% [markdown]
# It does. Without the state, the second half comes out different.
#
# ## 4. What the notes' model costs
#
# The notes' model has two GRU layers of 128 units with dropout inside the recurrence. It reads one-hot vectors of the 39
# lower-case characters, in batches of 32 windows of 100. **Dropout** sets a random share of the numbers to zero at each training step, so that no unit can rely
# on a single other one; `recurrent_dropout` does it to the state inside the loop. **Softmax** turns any numbers into
# probabilities: `e` to each, divided by their sum. Let us time a few steps instead of waiting for the epoch, on random characters,
# since the time does not depend on what they are.


# %%
def build_notes_model():
    one_hot = keras.Input((100, 39))
    hidden = layers.GRU(128, return_sequences=True, dropout=0.2, recurrent_dropout=0.2)(one_hot)
    hidden = layers.GRU(128, return_sequences=True, dropout=0.2, recurrent_dropout=0.2)(hidden)
    model = keras.Model(one_hot, layers.Dense(39, activation="softmax")(hidden))
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


# %%
notes_model = build_notes_model()
noise = np.random.default_rng(0).integers(0, 39, (32, 101))
batch = keras.utils.to_categorical(noise[:, :-1], 39), noise[:, 1:]
_ = notes_model.train_on_batch(*batch)  # the first step compiles

# %%
steps = runtime.pick(quick=3, full=20)
began = time.perf_counter()
for _ in range(steps):
    notes_model.train_on_batch(*batch)
per_step = (time.perf_counter() - began) / steps
notes_steps = (int(0.9 * 1_115_394) - 100) // 32
print(f"{per_step:.3f} s a step; an epoch of {notes_steps:,} would take {notes_steps * per_step / 60:.0f} minutes here")

# %% [markdown]
# Where does that number of steps come from? Nine tenths of 1,115,394 characters are 1,003,854. A window of 101 begins
# at each of them but the last 100, and 32 windows make a batch. On a GPU `recurrent_dropout` makes it worse, because
# the fused kernel cannot do it:

# %%
for layer in notes_model.layers[1:3]:
    print(layer.name, runtime.fused_kernel(layer))

# %% [markdown]
# ## 5. Our model
#
# One wide GRU instead of two narrow ones, dropout before and after it instead of inside, and it sees each character once
# an epoch. The batch size is part of a stateful model, since the layer keeps one state for each row.


# %%
def build_model(batch_size):
    ids = keras.Input(batch_shape=(batch_size, None), dtype="int32")
    vectors = layers.Dropout(0.2)(layers.Embedding(len(characters), EMBEDDING)(ids))
    hidden = layers.GRU(UNITS, return_sequences=True, stateful=True)(vectors)
    return keras.Model(ids, layers.Dense(len(characters))(layers.Dropout(0.5)(hidden)))


# %% [markdown]
# The last layer has no softmax: its outputs are **logits**, the numbers before the softmax, and the loss applies it. That
# loss, sparse categorical cross-entropy, is section 2's mean of `-log p`, so every loss below is in nats a character. How
# many parameters? A GRU
# has three sets of weights (two gates and the candidate), each with a matrix for the input, one for the state, and, in
# Keras' `reset_after` form, two biases.

# %%
model = build_model(BATCH)
V, E, U = len(characters), EMBEDDING, UNITS
assert model.count_params() == V * E + 3 * (E * U + U * U + 2 * U) + (U * V + V)
first = keras.losses.sparse_categorical_crossentropy(y_train[:BATCH], model(x_train[:BATCH]), from_logits=True)
untrained = float(ops.mean(first))
print(f"{model.count_params():,} parameters; untrained {untrained:.2f} nats, ln V = {np.log(V):.2f}")
assert abs(untrained - np.log(V)) < 0.2

# %% [markdown]
# That is the first check of any language model: before training it must pay about `ln V`, the cost of knowing nothing. Here is another, from notebook 02: one-hot vectors times a matrix and an embedding are the same thing, for
# characters, too.

# %%
table = model.layers[1].get_weights()[0]
assert np.allclose(np.eye(V, dtype="float32")[x_train[:2]] @ table, model.layers[1](x_train[:2]), atol=1e-6)

# %% [markdown]
# ### The learning rate
#
# Large steps find the way quickly and cannot settle; small ones settle and never get there. So we begin large and end
# at zero, along half a wave of the cosine function (not the cosine similarity of notebook 02). **Gradient clipping**
# (`clipnorm=1`) shortens the gradient of each weight matrix if it is longer than 1, so that an occasional exploding one
# does no harm. (Notebook 03's `global_clipnorm` takes all gradients together as one; `clipnorm` takes each matrix or bias for itself.) **Adam**, which trained most of our networks so far (in 02's comparison it was RMSprop, a forerunner), is
# a rule that gives each weight a step size of its own, from the gradients it has had so far. **AdamW** is Adam with
# weight decay: it also pulls the weights towards zero at each step, against learning by heart.

# %%
steps = EPOCHS * len(x_train) // BATCH
schedule = keras.optimizers.schedules.CosineDecay(RATE, steps)
at = np.linspace(0, steps, 50)
plots.lines(
    {"learning rate": (at, [float(schedule(step)) for step in at])},
    title="From large steps to none",
    x="training step",
    y="learning rate",
    alt="The learning rate falls from its highest value to zero along half a cosine.",
)

# %%
model.compile(
    keras.optimizers.AdamW(schedule, weight_decay=0.1, clipnorm=1.0),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
)

# %% [markdown]
# ## 6. Training that survives
#
# Minutes of training are lost when a laptop goes to sleep or a kernel dies. Two **callbacks** (objects that Keras calls after
# each batch and epoch) prevent it: `Backup`, built on Keras' `BackupAndRestore`, saves weights, optimizer and epoch after every epoch, and `CSVLogger`
# appends the figures to a file. `ResetState` empties the states at the start of the text, `Seconds` notes the time. Stop the
# next cell and run it again: it goes back to the start of the epoch it was in. On Colab the files go when the machine goes;
# mount your Drive and change into it (`%cd /content/drive/MyDrive`) before the first cell.
#
# The folder's name stands for layers, loss, optimizer, data and number of epochs: change one and the training starts anew.
# The seed is not part of it; to train from another one, delete the folder. (*Nothing left to train* below means that a finished
# training was found and read again.)

# %%
x_test, y_test = char_rnn.contiguous_batches(test_ids, BATCH, min(STEPS, (len(test_ids) - 1) // BATCH))
folder = run_folder("04_char_rnn", model, x_train, y_train, EPOCHS)
history = folder / "history.csv"

# %%
_ = model.fit(
    x_train,
    y_train,
    batch_size=BATCH,
    shuffle=False,
    epochs=EPOCHS,
    validation_data=(x_test, y_test),
    validation_batch_size=BATCH,
    verbose=0,
    callbacks=[
        ResetState(),
        Seconds(),
        keras.callbacks.CSVLogger(history, append=True),
        Backup(folder / "backup"),
        LiveLine("val_loss"),
    ],
)

# %% [markdown]
# `shuffle=False` is not a detail: shuffled batches would carry states to rows they do not belong to.
#
# When does the network cross the counting line? Guess before you look.

# %%
log = pd.read_csv(history).drop_duplicates("epoch", keep="last")
log["epoch"] += 1  # Keras counts from 0
epochs = log["epoch"]
curves = {f"best n-gram ({best_n})": bar, "bigram": ngram_nats[2]}
plots.lines(
    {"training": (epochs, log["loss"] / np.log(2)), "last tenth": (epochs, log["val_loss"] / np.log(2))}
    | {name: (epochs, [nats / np.log(2)] * len(epochs)) for name, nats in curves.items()},
    title="Learning Shakespeare",
    x="epoch",
    y="bits per character",
    alt="Training and validation loss by epoch, with the bigram and the best n-gram as level lines; both losses fall below "
    "the best n-gram's line within the first three epochs, and the training loss ends below the other.",
    data=play.provenance,
)

# %%
log["minutes"] = (log["seconds"].cumsum() / 60).round(1)
log[["epoch", "minutes", "loss", "val_loss"]].set_index("epoch").round(3)

# %% [markdown]
# In our run the last tenth is below the line after the second epoch, about two minutes, and the training text after the
# third. One epoch takes about 70 seconds; the notes' model would need some 50 minutes for an epoch of the same text. Look at
# the order of the two curves: the training loss is measured with
# dropout switched on, half of the units silenced, so it may lie *above* the other for a while. A gap the other way is what
# does not carry over to new text; when the training curve keeps falling while "last tenth" rises, the model learns its text
# by heart (overfitting, notebook 00).
#
# ## 7. A model to write with
#
# The trained model reads a whole batch of rows at once and keeps its states to itself. For writing we want one row and
# the state in our own hands, going in and coming out. The layers are the same but for dropout, which has no weights and
# does nothing outside training; so the trained weights fit:


# %%
def build_writing_model():
    ids, state = keras.Input((None,), dtype="int32"), keras.Input((UNITS,))
    vectors = layers.Embedding(len(characters), EMBEDDING)(ids)
    gru = layers.GRU(UNITS, return_sequences=True, return_state=True)
    hidden, last = gru(vectors, initial_state=state)
    return keras.Model([ids, state], [layers.Dense(len(characters))(hidden), last])


# %%
writing_model = build_writing_model()
writing_model.set_weights(model.get_weights())
writer = char_rnn.Writer(writing_model, characters)

# %% [markdown]
# With the state in hand we can also measure properly: every character of the last tenth, each predicted with at least 256
# characters read before it (32 parts of the text are read side by side). Keras' validation above left out the end of the
# text and began each strip without a past.

# %%
nats = char_rnn.evaluate(writing_model, test_ids, train_ids)
pd.DataFrame({"ours": measures(nats), f"best n-gram ({best_n})": measures(bar)}).T.round(4)

# %%
# After seconds of training, or on a short text, the network need only beat single characters.
trained = runtime.profile() == "full" and not play.provenance.is_sample
assert nats < (bar if trained else ngram_nats[1]), "the network must beat counting"
plots.bars(
    {"uniform": ngram_nats[0], "unigram": ngram_nats[1], "bigram": ngram_nats[2], f"{best_n}-gram": bar, "ours": nats},
    title="What each model pays for a character",
    y="nats per character on the last tenth (less is better)",
    alt="Bars of the cross-entropy, each lower than the one before: uniform, unigram, bigram, best n-gram, the network.",
    data=play.provenance,
)

# %% [markdown]
# How good is that? Hold the table's first figure against published ones, in nats. A **Transformer** is the architecture behind
# today's language models. On the same nine tenths and last tenth the [nanoGPT README](https://github.com/karpathy/nanoGPT)
# gives 1.4697 for one with six layers, after three minutes on a data-center GPU, and 1.88 for one with four, after three
# minutes on a laptop. So our GRU (one training) is a little better than the first, and our counting beats the second. A well-known
# textbook's GRU(128) has 1.5477 with windows and 1.4786 with the state carried, after 10 epochs. That is on lower-cased text,
# which is easier, and on another part of it (characters 1,000,000 to 1,060,000), so compare those two with each other only.
#
# ## 8. Two ways to write
#
# The notes' loop asks the model for the next character, appends it, and feeds it *the whole text again*. (As printed, its
# `return` stands inside the loop, so it stops after one character.)

# %%
# Reading texts of several lengths compiles anew each time, and TensorFlow warns of it.
logging.getLogger("tensorflow").setLevel("ERROR")
beginning = "The king is dead, and all the town is silent."


def write_by_feeding_all(prompt, length):
    written = char_rnn.encode(prompt, characters)[None]
    for _ in range(length):
        logits = writing_model.predict([written, np.zeros((1, UNITS))], verbose=0)[0]
        written = np.append(written, [[logits[0, -1].argmax()]], axis=1)
    return char_rnn.decode(written[0, len(prompt) :], characters)


# %% [markdown]
# The state makes that unnecessary: it holds all that the model knows about the text, so one character at a time is enough.
# Read the prompt once; then choose a character, read it, choose the next.


# %%
def write_with_state(prompt, length, choose):
    logits, states = writer.read(prompt)
    written = []
    for _ in range(length):
        written.append(int(choose(logits, written)))
        logits, *states = writing_model.predict_on_batch([np.array([[written[-1]]]), *states])
        logits = logits[0, -1]
    return char_rnn.decode(written, characters)


def likeliest(logits, written):
    return sampling.greedy(logits)


# %% [markdown]
# `writer.write` is this loop, with 100 characters in one compiled call instead of one, so that Python is asked 100 times
# less often. Do all three write the same, and does the model see the same in both ways?

# %%
texts = {write_by_feeding_all(beginning, 10), write_with_state(beginning, 10, likeliest)}
assert texts == {writer.write(beginning, 10, greedy=True)}
read_whole, _ = writing_model.predict([char_rnn.encode(beginning, characters)[None], np.zeros((1, UNITS))], verbose=0)
_, states = writer.read(beginning[:-1])
last, _ = writing_model.predict_on_batch([char_rnn.encode(beginning[-1], characters)[None], *states])
assert np.allclose(last[0, -1], read_whole[0, -1], atol=1e-2)

# %% [markdown]
# Both hold: all three write the same, and the logits agree whether the text is read at once or with its last character
# apart.
#
# The notes' first test: what follows *How are yo*?

# %%
completed = writer.write("How are yo", 1, greedy=True)
assert completed == "u" or not trained
print("How are yo" + completed)

# %% [markdown]
# Now for the cost: seconds for texts of growing length, once by the notes' loop and once with the state. (Each new length is
# compiled anew; we do that before we measure.)


# %%
def seconds_for(write, lengths):
    taken = []
    for length in lengths:
        began = time.perf_counter()
        write(beginning, length)
        taken.append(time.perf_counter() - began)
    return taken


# %%
_ = writer.write(beginning, 1)
slow, fast = runtime.pick(quick=([5, 10], [10, 100]), full=([12, 25, 50, 100], [25, 100, 1_000, 10_000]))
_ = write_by_feeding_all(beginning, max(slow))  # each length is compiled once, before we measure
slow_seconds = seconds_for(write_by_feeding_all, slow)
fast_seconds = seconds_for(lambda prompt, length: writer.write(prompt, length, greedy=True), fast)

# %%
plots.lines(
    {"the whole text each time": (slow, slow_seconds), "with the state": (fast, fast_seconds)},
    title="What writing costs",
    x="characters written",
    y="seconds",
    log=True,
    alt="Seconds over characters written, for both ways: at 100 characters the whole-text loop takes hundreds of times as "
    "long; the line of the other way rises slowly at first and then more steeply.",
)

# %% [markdown]
# In characters a second, and in characters that the model has to read either way:

# %%
long, start = fast[-1], len(beginning)
print(f"whole text: {slow[-1] / slow_seconds[-1]:,.0f} characters a second over {slow[-1]} characters")
print(f"with the state: {long / fast_seconds[-1]:,.0f} a second over {long:,}")
print(f"to write {long:,}: {start * long + long * (long - 1) // 2:,} characters read against {start + long:,}")

# %% [markdown]
# Both axes are logarithmic. To write n characters the loop reads about n²/2 of them, because it reads its own text
# again for every character. In the figure this square does not show yet, since at these lengths the fixed cost of each
# call is larger; the last printed line shows it. The lower line starts flatter, because the writer computes 100
# characters, the prompt's 45 included, in each compiled call: the four lengths take 1, 2, 11 and 101 calls. From
# 1,000 characters on, ten times the text takes about ten times the seconds.
#
# ## 9. Choosing the next character
#
# The model gives us a probability for each character; all of them together are a **distribution**. What we do with it decides how the text reads. **Greedy** always takes the likeliest:

# %%
print(writer.write(beginning + "\n", 300, greedy=True))

# %% [markdown]
# Look for a line that comes back. Nothing here is left to chance, so once the state is (nearly) what it was before, the
# same text follows. So we draw at random, and set with a **temperature** how boldly: the logits are divided by it
# before the softmax. Below 1 the likely become likelier, above 1 the unlikely get their chance. Here is one next
# character at the notes' five temperatures:

# %%
logits, _ = writer.read(beginning + "\nThe ")
temperatures = (0.1, 0.15, 0.2, 1.0, 2.0)
rows = {f"T = {t}": sampling.probabilities(sampling.with_temperature(logits, t)) for t in temperatures}
inside_plots.distributions(
    rows,
    characters,
    title='The first letter after "The"',
    alt="Five distributions of the next character: at low temperature one bar, at high temperature nearly equal bars.",
    data=play.provenance,
)

# %%
print({name: f"{1 - np.sort(row)[-10:].sum():.0%}" for name, row in rows.items()}, "outside the ten likeliest")

# %% [markdown]
# Read the figure from left to right: the same order of characters throughout, the bars more and more alike. It shows
# the ten likeliest only; the line below it says how much is left for all others. After *The* nearly any letter may
# begin a word, so even temperature 1 leaves much to them, and that does no harm. But a temperature of 2 is as generous
# in the middle of a word, where only a few letters fit, and there spelling goes.

# %%
for temperature in temperatures:
    written = writer.write(beginning + "\n", 160, temperature=temperature, seed=7)
    print(f"--- temperature {temperature}\n{written}\n")

# %% [markdown]
# The notes found that low temperatures repeat themselves and that 1 reads best. Do you agree? (Section 10 measures it.)
# What spoils the highest one is the long tail of characters that fit badly. That is the case for cutting the tail off
# instead. **Top-k** keeps the k likeliest characters; **top-p** keeps as few as reach the probability p together, so it
# keeps many where the model hesitates and one where it is sure. Ids can also be forbidden altogether. On four
# probabilities, all of them:

# %%
# NBVAL_CHECK_OUTPUT
four = np.log([0.5, 0.3, 0.15, 0.05])
changed = {"T = 0.5": sampling.with_temperature(four, 0.5), "T = 2": sampling.with_temperature(four, 2.0)}
changed |= {"top-k 2": sampling.top_k(four, 2), "top-p 0.9": sampling.top_p(four, 0.9)}
changed |= {"without 0": sampling.without(four, [0])}
for name, filtered in changed.items():
    print(f"{name:10}", sampling.probabilities(filtered).round(3))

# %% [markdown]
# And on texts (the last one must do without the letter e). The same seed throws the same dice, so they begin alike; look for
# where they part.

# %%
for name, options in {"top-k 5": {"top_k": 5}, "top-p 0.9": {"top_p": 0.9}, "no e": {"skip": "eE"}}.items():
    print(f"--- {name}\n{writer.write(beginning + chr(10), 160, seed=7, **options)}\n")

# %% [markdown]
# **Beam search** looks further than one character: it keeps the few best beginnings at every step (how many is the
# **width**) and returns the likeliest whole it has come across, which need not be the likeliest there is. Width 1 is
# greedy. A log probability is a sum of `log p`, so it is negative, nearer to 0 is likelier, and a gain of 2.3, which is
# ln 10, means ten times as likely.

# %%
for width in (1, 4, 16):
    found, score = writer.beam(beginning + "\n", 24, width)[0]
    print(f"width {width:2}: log probability {score:7.2f}  {found!r}")

# %% [markdown]
# For translation, where one answer is right, that helps (notebook 05). For free writing a likelier text need not be a
# better one: greedy writing went in a circle above. Do beams, too? Their 24 characters are too few to judge; try
# `writer.beam(beginning + "\n", 200, 16)[0][0]` and compare.
#
# And whatever we choose, it is repeatable: the same prompt, settings, length and random seed give the same text, every
# time on the same machine.

# %%
assert writer.write("Speak", 200, seed=3) == writer.write("Speak", 200, seed=3)
assert writer.write("Speak", 200, seed=3) != writer.write("Speak", 200, seed=4)

# %% [markdown]
# ## 10. Learned or copied?
#
# A model that recites its training text has a low loss there and has understood nothing. Three measures: the longest run
# of our model's text that stands in the training text, the share of its words that do, and how often it repeats itself.


# %%
def repeated(written, n=5):
    """Share of n-word runs that have occurred before in the same text."""
    words = written.split()
    seen = [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]
    return 1 - len(set(seen)) / len(seen)


# %%
trained_on = text[:cut]
vocabulary = set(trained_on.split())


def copying(written):
    return {
        "longest copied run": char_rnn.longest_copy(written, trained_on),
        "words seen before": np.mean([word in vocabulary for word in written.split()]),
        "repeated 5-word runs": repeated(written),
    }


# %%
table = {f"T = {t}": copying(writer.write("\n", 3_000, temperature=t, seed=1)) for t in (0.1, 0.3, 0.6, 1.0, 1.5)}
table["the author"] = copying(text[cut : cut + 3_000])
pd.DataFrame(table).T.round(3)

# %% [markdown]
# The last row is the yardstick: the *real* text after the cut. Its words do not all stand before it either: punctuation
# sticks to them, and new people come on. Names and stock phrases return in the original, too, so a long run alone
# proves nothing. In our run the longest is 35 characters against the author's 22: a line, and not a speech. Only runs
# of hundreds of characters would be reciting.
#
# And the words tell, beside the author's, how high a temperature the spelling can bear. Their share passes below the
# author's between 0.6 and 1, so 1, which the notes liked best, already invents words. The last column sets the limit on
# the other side: at 0.1 the text repeats itself, at 0.3 hardly more than the author does.
#
# ## 11. What one unit knows
#
# Somewhere in the hidden state must stand how long the line already is, or that a speaker's name is being written, or
# we would not see lines and names. Let us look for the unit that follows each. The model writes, and then reads its own
# text from an empty state; we note that state after every character. (The input of the last layer is the GRU's state
# after each step, so a model that ends there returns the states.)

# %%
hidden_model = keras.Model(writing_model.inputs, writing_model.layers[-1].input)
written = writer.write("\n\n", 4_000, temperature=0.8, seed=5)
states = hidden_model.predict_on_batch([char_rnn.encode(written, characters)[None], np.zeros((1, UNITS))])[0]

# %% [markdown]
# Three things that can be said of each character: its place in its line, its place in its word, and whether it belongs
# to a speaker's name (a line that ends in a colon and has an empty line above it).

# %%
lines, words = written.split("\n"), written.replace("\n", " ").split(" ")
named = [line.endswith(":") and not above for above, line in zip(["", *lines[:-1]], lines, strict=True)]
# After a line break the line is 0 characters long, after its first character 1.
in_line = np.concatenate([np.r_[1 : len(line) + 1, 0] for line in lines])[: len(written)]
in_word = np.concatenate([np.r_[1 : len(word) + 1, 0] for word in words])[: len(written)]
in_name = np.concatenate([[name] * len(line) + [False] for name, line in zip(named, lines, strict=True)])[
    : len(written)
]
facts = {"place in the line": in_line, "place in the word": in_word, "speaker's name": in_name}


# %%
def best_unit(fact):
    """The unit that goes with a fact most closely, and their correlation."""
    correlations = np.nan_to_num([np.corrcoef(unit, fact)[0, 1] for unit in states.T])
    return int(np.abs(correlations).argmax()), float(correlations[np.abs(correlations).argmax()])


found = {name: best_unit(fact.astype(float)) for name, fact in facts.items()}
{name: f"unit {unit}, correlation {correlation:+.2f}" for name, (unit, correlation) in found.items()}

# %% [markdown]
# The **correlation** (notebook 02) is 1 or -1 if unit and fact go up and down in strict proportion, 0 if they ignore each other;
# the sign does not matter. In the figures orange is a value near -1, blue near 1. Follow one line from its beginning to its end.

# %%
end = written.find("\n", 350)
for name, (unit, _) in found.items():
    inside_plots.colored_text(
        written[:end],
        states[:end, unit],
        title=f"Unit {unit} follows: {name}",
        alt=f"Text written by the model, each character colored by unit {unit}, which follows the {name}.",
        legend="value of the unit",
        data=play.provenance,
        columns=60,
    )

# %% [markdown]
# Nobody told the model what a line is. It had to know how far it had come in order to guess when a line ends, so
# something in it keeps count. The nearer the correlation is to 1 or -1, the more one unit keeps that count alone; the
# rest is spread over many. Does any unit do one thing only? Look for places where the color surprises you. In our run
# the unit of the line's length turns blue at the colon after a name, too, however short the name is: there it follows
# the coming line break rather than the count. The unit of the place in the word is mostly blue at spaces and often
# orange later in a word, but not always. And the speakers' names stand out clearly (one of them the model has misspelled).
#
# ## Recap
#
# - Judge a language model by its cross-entropy, against a counting model and `ln V`, before you read what it writes.
# - Windows with shift 1 show each character a hundred times. Batches that follow on show it once and keep the memory.
# - A stateful layer needs unshuffled batches of one size and a reset at the start of the text.
# - Save after every epoch what a training needs to go on. It costs two callbacks.
# - Write with the state in hand: one character in, one out, in time that grows with the text and not with its square.
# - Greedy writing goes in circles; temperature trades sense against variety; top-k and top-p cut off the tail; beams find likelier text,
#   which need not be better.
# - A low loss may be memory. Measure what is copied.

# %% [markdown]
# ## Exercises
#
# Those [with checked answers](exercises/04_char_rnn.ipynb) come first; a [solution](solutions/04_char_rnn.ipynb) is one click away.
# Then, without a check:
#
# 1. Show by a small experiment that `ResetState` matters: train two epochs of a small model with and without it and compare
#    the validation losses. Which one is wrong, and why is it hard to see?
# 2. A model is told before each character whether it is one of the 52 letters or one of the 13 others, and gives all
#    characters of that group the same probability. What is its perplexity on the last tenth?
# 3. In `lengthen`, put one constant number in the place of `kinds`, the same for every history and every n from 1 to 5.
#    Which constant gives the lowest nats for n = 5, and how far behind Witten and Bell does it stay?
# 4. Write a sampler that forbids any character which, together with the 19 before it, makes a run of 20 that already
#    stands in the text written so far. Does it break the circle of greedy writing? Start from `write_with_state`:
#    `choose` gets the ids written so far, and `sampling.without` forbids some.
# 5. Lower-case the text and run section 2 again (seconds). By how much does the bar fall? Then train, as long as before: does
#    the network gain as much?
# 6. Find the unit that best follows "inside a word", and the one that follows "after a comma".

# %% [markdown]
# ## Further reading
#
# - Karpathy, [The unreasonable effectiveness of recurrent neural networks](https://karpathy.github.io/2015/05/21/rnn-effectiveness/), 2015: the essay that made char-RNNs known.
# - Witten and Bell, [The zero-frequency problem](https://doi.org/10.1109/18.87000), 1991: the smoothing of section 2.
# - Cho et al., [Learning phrase representations using RNN encoder-decoder](https://arxiv.org/abs/1406.1078), 2014: the GRU.
# - Holtzman et al., [The curious case of neural text degeneration](https://arxiv.org/abs/1904.09751), 2020: why likely text is dull, and top-p.
# - Merity, Keskar and Socher, [Regularizing and optimizing LSTM language models](https://arxiv.org/abs/1708.02182), 2018: dropout for those who want to go further.

# %%
runtime.finish(play.provenance, headline=f"{nats:.4f} nats a character on the last tenth (best n-gram {bar:.3f})")
