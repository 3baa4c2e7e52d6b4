# ---
# jupyter:
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
# **Time:** about 22 minutes on two CPU cores (the full profile), five on a GPU by our estimate.

# %%
# On Colab this installs the course's helpers; elsewhere it does nothing.
import sys

if "google.colab" in sys.modules:
    print("Colab: installing the course's helpers")
    # %pip install -q --no-deps git+https://github.com/sequence-models-for-text/course
    # %pip install -q pooch tokenizers

# %%
from course_utils import char_rnn, datasets, inside_plots, plots, runtime, sampling
from course_utils.training import LiveLine

runtime.start(seed=42)

# %%
import logging
import time

import keras
import numpy as np
import pandas as pd
from keras import layers, ops

# %% [markdown]
# The settings of our model. The quick profile takes a small net and the first characters of the play only.

# %%
UNITS, EMBEDDING, BATCH, STEPS, EPOCHS, RATE = runtime.pick(
    quick=(96, 32, 16, 32, 12, 1e-2), full=(512, 128, 128, 32, 16, 4e-3)
)
CHARACTERS = runtime.pick(quick=60_000, full=None)
play = datasets.load_shakespeare()
text = play.text[:CHARACTERS]
print(play.provenance)

# %% [markdown]
# ## 1. A text as numbers
#
# Characters need no tokenizer: sort the distinct ones, and each character's id is its place among them.

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
# **The split.** The first nine tenths are for training, the last tenth for measuring, cut once, in order of time. Why not
# shuffle first, as we did with reviews? Because pieces of one text overlap and answer each other: a shuffled piece would be
# judged beside its own neighbors, and a model that remembers would look like one that understands.

# %%
cut = int(0.9 * len(ids))
train_ids, test_ids = ids[:cut], ids[cut:]
print(f"{len(train_ids):,} to train on, {len(test_ids):,} to measure on")

# %% [markdown]
# ## 2. What has to be beaten?
#
# A language model gives every possible next character a probability. We judge it by the probability it gave to the one
# that really came: the **cross-entropy**, the mean of `-log p`. With the natural logarithm its unit is the **nat**; divided
# by ln 2 it is **bits per character**; and `e` to its power is the **perplexity**, the number of equally likely characters
# it hesitates between.
#
# Whoever knows nothing gives each of the V characters `1/V`, which costs `ln V`. Whoever counts does better. We count runs
# of n characters (**n-grams**), each run written as one number, so that counting is sorting:


# %%
def runs(ids, n):
    """Each run of n characters as one number in base V."""
    return sum(ids[i : len(ids) - n + 1 + i].astype("int64") * len(characters) ** (n - 1 - i) for i in range(n))


def count(among, asked):
    """How often each of the asked numbers stands among sorted ones."""
    return np.searchsorted(among, asked, "right") - np.searchsorted(among, asked, "left")


# %% [markdown]
# Long runs tell more and are seen less often: most runs of eight characters in a new text never stood in the old one, and
# a probability of zero costs infinitely much. So a longer run has to lean on the shorter one. Witten and Bell's way: the
# more *kinds* of characters have followed these n - 1 characters before, the likelier it is that a new kind will come, and
# the more weight the shorter run gets.


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


# %%
def measures(nats):
    return {"nats": nats, "bits": nats / np.log(2), "perplexity": np.exp(nats)}


names = {0: "uniform", 1: "unigram", 2: "bigram"}
pd.DataFrame({names.get(n, f"{n}-gram"): measures(nats) for n, nats in ngram_nats.items()}).T.round(3)

# %%
best_n = min(ngram_nats, key=ngram_nats.get)
bar = ngram_nats[best_n]
print(f"the bar: {bar:.3f} nats, by runs of {best_n} characters")

# %% [markdown]
# Look where the table turns: from some length on, longer runs are so rare that they no longer help. That is the wall a
# counting model runs into, and what a network should get past, because it need not have seen a run to say something
# about it. Note the number; it will stand in every curve below.
#
# ## 3. Windows, and how to cut them
#
# The notes cut the text into windows of 101 characters, each one character further on than the last: the first 100
# are the input, the last 100 the targets. Here are three ways to build them, for the first few thousand characters.

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
print({name: round(value, 2) for name, value in seconds.items()}, "seconds")

# %% [markdown]
# Equal content, very unequal cost:

# %%
for x, y in built.values():
    assert np.array_equal(x, built["NumPy view"][0]) and np.array_equal(y, built["NumPy view"][1])
x, y = built["NumPy view"]
print(f"{len(few):,} characters became {x.size:,} inputs: each character is seen about {x.size // len(few)} times")

# %% [markdown]
# A hundred times! That is what makes the notes' epoch so long: 31,247 steps for a million characters by one textbook
# author's count, 23 minutes an epoch on his machine. And still each window begins with no memory of what stood before it.
#
# There is a cutting that shows each character once an epoch and forgets nothing. Cut the text into as many strips as a
# batch has rows; the first batch takes the first few characters of each strip, the second batch the *next* ones. Row 3 of
# one batch then goes on exactly where row 3 of the batch before it ended. On the letters of the alphabet:

# %%
# NBVAL_CHECK_OUTPUT
alphabet = np.array(list("abcdefghijklmnopqrstuvwxyz"))
x, _ = char_rnn.contiguous_batches(np.arange(26), batch_size=2, time_steps=4)
for number, batch in enumerate(np.split(x, 3)):
    print(f"batch {number}:", *["".join(alphabet[row]) for row in batch])

# %%
began = time.perf_counter()
x_train, y_train = char_rnn.contiguous_batches(train_ids, BATCH, STEPS)
print(f"a whole epoch in {1e3 * (time.perf_counter() - began):.0f} ms: {x_train.shape[0] // BATCH:,} batches")

# %% [markdown]
# The network has to carry its hidden state from batch to batch, then. Keras calls such a layer **stateful**. The error
# still flows back through one batch only: forwards the model remembers everything, backwards it learns from the last few
# dozen characters. That is **truncated backpropagation through time** (truncated BPTT).
#
# Does carrying the state really make two halves one whole? The same layer, one pass over 20 steps and two over 10:

# %%
probe = np.random.default_rng(0).normal(size=(2, 20, 3)).astype("float32")
gru = layers.GRU(4, return_sequences=True, return_state=True)
whole, _ = gru(probe)
first, state = gru(probe[:, :10])
carried, _ = gru(probe[:, 10:], initial_state=state)
forgotten, _ = gru(probe[:, 10:])

# %%
assert np.allclose(ops.concatenate([first, carried], axis=1), whole, atol=1e-6)
assert not np.allclose(forgotten, whole[:, 10:], atol=1e-2)

# %% [markdown]
# ## 4. What the notes' model costs
#
# Two GRU layers of 128 units with dropout inside the recurrence, one-hot vectors of the 39 lower-case characters, batches
# of 32 windows of 100. Let us time a few steps instead of waiting for the epoch.


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
print(f"{per_step:.3f} s a step; an epoch of 31,367 steps would take {31_367 * per_step / 60:.0f} minutes here")

# %% [markdown]
# 31,367 steps: nine tenths of 1,115,394 characters, windows of 101, in 32s. On a GPU `recurrent_dropout` makes it worse,
# because the fused kernel cannot do it:

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
# The last layer has no softmax: its outputs are **logits**, and the loss takes care of the rest. How many parameters? A GRU
# has three sets of weights (two gates and the candidate), each with a matrix for the input, one for the state, and, in
# Keras' `reset_after` form, two biases.

# %%
model = build_model(BATCH)
V, E, U = len(characters), EMBEDDING, UNITS
assert model.count_params() == V * E + 3 * (E * U + U * U + 2 * U) + (U * V + V)
print(f"{model.count_params():,} parameters; random weights cost", end=" ")
print(
    f"{keras.losses.sparse_categorical_crossentropy(y_train[:BATCH], model(x_train[:BATCH]), True).numpy().mean():.2f}"
)

# %% [markdown]
# That last number is the first check of any language model: before training it must lie near `ln V`, the cost of knowing
# nothing. Here is another, from notebook 02: one-hot vectors times a matrix and an embedding are the same thing, for
# characters, too.

# %%
table = model.layers[1].get_weights()[0]
assert np.allclose(ops.one_hot(x_train[:2], V) @ table, model.layers[1](x_train[:2]), atol=1e-6)

# %% [markdown]
# ### The learning rate
#
# Large steps find the way quickly and cannot settle; small ones settle and never get there. So we begin large and end at
# zero, along half a cosine. **Gradient clipping** (`clipnorm=1`) shortens a gradient that is longer than 1, which saves the
# training from the odd exploding one.

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
# Minutes of training are lost when a laptop goes to sleep or Colab takes its machine back. Three callbacks prevent it:
# `BackupAndRestore` saves weights, optimizer and epoch after every epoch, `CSVLogger` appends the figures to a file, and
# `ResetState` empties the states at the start of the text. Stop the next cell and run it again: it goes on with the
# epoch it was in. The folder's name holds everything the training depends on, so a changed model starts anew.

# %%
x_test, y_test = char_rnn.contiguous_batches(test_ids, BATCH, min(STEPS, (len(test_ids) - 1) // BATCH))
folder = char_rnn.run_folder("04_char_rnn", model, x_train, y_train, EPOCHS)
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
        char_rnn.ResetState(),
        char_rnn.Seconds(),
        keras.callbacks.CSVLogger(history, append=True),
        keras.callbacks.BackupAndRestore(folder / "backup", double_checkpoint=True, delete_checkpoint=False),
        LiveLine("val_loss"),
    ],
)

# %% [markdown]
# `shuffle=False` is not a detail: shuffled batches would carry states to rows they do not belong to.

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
    alt="Training and validation loss fall below the lines of the bigram and of the best n-gram.",
    data=play.provenance,
)

# %%
log["minutes"] = (log["seconds"].cumsum() / 60).round(1)
log[["epoch", "minutes", "loss", "val_loss"]].set_index("epoch").iloc[:: max(1, len(log) // 5)].round(3)

# %% [markdown]
# When does the network cross the counting line? And look at the two curves' order: the training loss is measured with
# dropout switched on, half of the units silenced, so it may lie *above* the other for a while. Where it falls below, the
# model has begun to remember its text.
#
# ## 7. A model to write with
#
# The trained model reads 128 rows at once and keeps its states to itself. For writing we want one row and the state in our
# own hands, going in and coming out. Same layers, same weights, another shape:


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
# With the state in hand we can also measure properly: every one of the last characters, each predicted from all that
# stood before it. (Keras' validation above left out the end of the text and began each strip without a past.)

# %%
nats = char_rnn.evaluate(writing_model, test_ids, train_ids)
pd.DataFrame({"ours": measures(nats), f"best n-gram ({best_n})": measures(bar)}).T.round(4)

# %%
# The quick profile trains for seconds on a short text; there the network need only beat single characters.
assert nats < runtime.pick(quick=ngram_nats[1], full=bar), "the network must beat counting"
plots.bars(
    {"uniform": ngram_nats[0], "unigram": ngram_nats[1], "bigram": ngram_nats[2], f"{best_n}-gram": bar, "ours": nats},
    title="What each model pays for a character",
    y="nats per character on the last tenth (less is better)",
    alt="Bars of the cross-entropy: uniform, unigram, bigram, best n-gram and the network, which pays least.",
    data=play.provenance,
)

# %% [markdown]
# How good is that? Published figures for this corpus and this split, in nats: a small Transformer reaches 1.88 in three
# minutes on a laptop's CPU and a large one 1.4697 in three minutes on a data-center GPU (the nanoGPT README). For the
# lower-cased text, which is easier, a well-known textbook's notebook has 1.5477 with windows and 1.4786 with the state
# carried, after 10 epochs of a GRU(128).
#
# ## 8. Two ways to write
#
# The notes' loop asks the model for the next character, appends it, and feeds it *the whole text again*. The state makes
# that unnecessary: it holds all the model knows about the text, so one character at a time is enough. Do both see the same?

# %%
beginning = "The king is dead, and all the town is silent."
read_whole = writing_model.predict([char_rnn.encode(beginning, characters)[None], np.zeros((1, UNITS))], verbose=0)
state = np.zeros((1, UNITS))
for each in char_rnn.encode(beginning, characters):
    logits, state = writing_model.predict_on_batch([np.array([[each]]), state])

# %%
assert np.allclose(logits[0, -1], read_whole[0][0, -1], atol=1e-3)
print("How are yo" + writer.write("How are yo", 1, greedy=True))

# %% [markdown]
# They do. Now for the cost: seconds for texts of growing length, once by the notes' loop and once with the state. (With
# each new length the loop makes TensorFlow compile anew, of which it would warn.)


# %%
logging.getLogger("tensorflow").setLevel("ERROR")


def write_by_feeding_all(prompt, length):
    written = char_rnn.encode(prompt, characters)[None]
    for _ in range(length):
        logits = writing_model.predict([written, np.zeros((1, UNITS))], verbose=0)[0]
        written = np.append(written, [[logits[0, -1].argmax()]], axis=1)
    return char_rnn.decode(written[0, len(prompt) :], characters)


# %%
def seconds_for(write, lengths):
    taken = []
    for length in lengths:
        began = time.perf_counter()
        write(beginning, length)
        taken.append(time.perf_counter() - began)
    return taken


# %%
_ = writer.write(beginning, 1)  # compiled once
slow, fast = runtime.pick(quick=([5, 10], [10, 100]), full=([12, 25, 50, 100], [25, 100, 1_000, 10_000]))
slow_seconds = seconds_for(write_by_feeding_all, slow)
fast_seconds = seconds_for(lambda prompt, length: writer.write(prompt, length, greedy=True), fast)
assert write_by_feeding_all(beginning, slow[0]) == writer.write(beginning, slow[0], greedy=True)

# %%
plots.lines(
    {"the whole text each time": (slow, slow_seconds), "with the state": (fast, fast_seconds)},
    title="What writing costs",
    x="characters written",
    y="seconds",
    log=True,
    alt="Feeding the whole text takes seconds for a hundred characters; with the state ten thousand take about as long.",
)

# %% [markdown]
# Both axes are logarithmic. The upper line costs seconds for a few dozen characters; the lower one writes pages in the same
# time, ten times the text for ten times the seconds.
#
# ## 9. Choosing the next character
#
# The model gives us a distribution. What we do with it decides how the text reads. **Greedy** always takes the likeliest:

# %%
print(writer.write(beginning + "\n", 300, greedy=True))

# %% [markdown]
# Sooner or later it runs in a circle: the same state asks for the same character, for ever. So we draw at random, and
# set with a **temperature** how boldly: the logits are divided by it before the softmax. Below 1 the likely become likelier,
# above 1 the unlikely get their chance. Here is one next character at the notes' five temperatures:

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
for temperature in temperatures:
    written = writer.write(beginning + "\n", 160, temperature=temperature, seed=7)
    print(f"--- temperature {temperature}\n{written}\n")

# %% [markdown]
# The notes found that low temperatures repeat themselves and that 1 reads best. Do you agree? At 2 spelling goes: the many
# characters that fit badly have, together, most of the probability. That is the case for cutting the tail off instead.
# **Top-k** keeps the k likeliest characters; **top-p** keeps as few as reach the probability p together, so it keeps many
# where the model hesitates and one where it is sure. Ids can also be forbidden altogether; here, the letter e.

# %%
for name, options in {"top-k 5": {"top_k": 5}, "top-p 0.9": {"top_p": 0.9}, "no e": {"skip": "eE"}}.items():
    print(f"--- {name}\n{writer.write(beginning, 160, seed=7, **options)}\n")

# %% [markdown]
# **Beam search** looks further than one character: it keeps the few best beginnings at every step and returns the likeliest
# whole. How much likelier than greedy is what it finds?

# %%
for width in (1, 4, 16):
    found, score = writer.beam(beginning + "\n", 24, width)[0]
    print(f"width {width:2}: log probability {score:7.2f}  {found!r}")

# %% [markdown]
# For translation, where one answer is right, that helps (notebook 05). For free writing it does not: the likeliest text is
# a dull one.
#
# And whatever we choose, it is repeatable: the same seed text, length and random seed give the same text, every time.

# %%
assert writer.write("Speak", 200, seed=3) == writer.write("Speak", 200, seed=3)
assert writer.write("Speak", 200, seed=3) != writer.write("Speak", 200, seed=4)

# %% [markdown]
# ## 10. Learned or copied?
#
# A model that recites its training text has a low loss there and has understood nothing. Three measures: the longest run
# of our model's text that stands in the play, the share of its words that do, and how often it repeats itself.


# %%
def repeated(written, n=5):
    """Share of n-word runs that have occurred before in the same text."""
    words = written.split()
    seen = [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]
    return 1 - len(set(seen)) / len(seen)


# %%
trained_on = text[:cut]
vocabulary = set(trained_on.split())
table = {}
for temperature in (0.1, 0.3, 0.6, 1.0, 1.5):
    written = writer.write("\n", 3_000, temperature=temperature, seed=1)
    words = written.split()
    table[temperature] = {
        "longest copied run": char_rnn.longest_copy(written, trained_on),
        "words in the play": np.mean([word in vocabulary for word in words]),
        "repeated 5-word runs": repeated(written),
    }
pd.DataFrame(table).T.rename_axis("temperature").round(3)

# %% [markdown]
# As a yardstick: how long is the longest run that the *real* last tenth shares with the part before it?

# %%
print(char_rnn.longest_copy(text[cut : cut + 3_000], trained_on), "characters, over 3,000 characters by the author")

# %% [markdown]
# So long runs alone prove nothing: names and stock phrases return in the original, too. But a model whose runs are far longer
# than the author's recites. And the words tell how high a temperature the spelling can bear.
#
# ## 11. What one unit knows
#
# Somewhere in the hidden state must stand how long the line already is, or that a speaker's name is being written, or we
# would not see lines and names. Let us look for the unit that follows each. The model writes, and we note its hidden state
# after every character.

# %%
hidden_model = keras.Model(writing_model.inputs, writing_model.layers[-1].input)
written = writer.write("\n\n", 4_000, temperature=0.8, seed=5)
states = hidden_model.predict_on_batch([char_rnn.encode(written, characters)[None], np.zeros((1, UNITS))])[0]

# %% [markdown]
# Three things that can be said of each character: its place in its line, its place in its word, and whether it belongs to
# a speaker's name (a line that ends in a colon).

# %%
lines = written.split("\n")
words = written.replace("\n", " ").split(" ")
in_line = np.concatenate([np.arange(len(line) + 1) for line in lines])[: len(written)]
in_word = np.concatenate([np.arange(len(word) + 1) for word in words])[: len(written)]
in_name = np.concatenate([[line.endswith(":")] * (len(line) + 1) for line in lines])[: len(written)]
facts = {"place in the line": in_line, "place in the word": in_word, "speaker's name": in_name}


# %%
def best_unit(fact):
    """The unit that goes with a fact most closely, and their correlation."""
    correlations = np.nan_to_num([np.corrcoef(unit, fact)[0, 1] for unit in states.T])
    return int(np.abs(correlations).argmax()), float(correlations[np.abs(correlations).argmax()])


found = {name: best_unit(fact.astype(float)) for name, fact in facts.items()}
{name: f"unit {unit}, correlation {correlation:+.2f}" for name, (unit, correlation) in found.items()}

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
# Nobody told the model what a line is. It had to know how far it had come in order to guess when a line ends, and so it
# keeps count. Notice that no unit does one thing only: look for places where the color surprises you.
#
# ## Recap
#
# - Judge a language model by its cross-entropy, against a counting model and `ln V`, before you read what it writes.
# - Windows with shift 1 show each character a hundred times. Batches that follow on show it once and keep the memory.
# - A stateful layer needs unshuffled batches of one size and a reset at the start of the text.
# - Save after every epoch what a training needs to go on. It costs one callback.
# - Write with the state in hand: one character in, one out, in time that grows with the text and not with its square.
# - Greedy loops; temperature trades sense against variety; top-k and top-p cut off the tail; beams find likely, dull text.
# - A low loss may be memory. Measure what is copied.

# %% [markdown]
# ## Exercises
#
# 1. Show by a small experiment that `ResetState` matters: train two epochs of a small model with and without it and compare
#    the validation losses. Which one is wrong, and why is it hard to see?
# 2. Compute the perplexity of a model that knows only whether the next character is a letter or not.
# 3. Write `lengthen` with a constant in place of `kinds` (additive smoothing). What is the best constant for n = 5, and how
#    far behind Witten and Bell does it stay?
# 4. Write a sampler that forbids any character that would repeat the last 20 characters exactly. Does it break the circle
#    of greedy writing?
# 5. Train on the lower-cased text. How much of the difference in nats comes from the smaller vocabulary?
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
