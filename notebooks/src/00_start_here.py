# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 00 · Start here
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/sequence-models-for-text/course/blob/main/notebooks/00_start_here.ipynb)
#
# Welcome. In this course you build networks that read text one piece at a time and networks that write it, and you
# learn to say which of them are worth their cost. This first notebook takes five minutes to read: it checks your machine,
# shows how the course works, and ends with a network of your own that judges a review you type.
#
# A **network** is a chain of **layers**. Most layers compute with **weights**, numbers that training changes little by
# little until the answers are good. **Keras** is the Python library in which we build such networks; **TensorFlow**,
# another one, does the calculations for it.
#
# **When you are through you can**
#
# - tell whether your machine is ready, and whether it has a GPU that Keras can use;
# - run a notebook in the quick or in the full profile, and say which texts it read;
# - train a small text classifier and ask it about your own sentence.
#
# **Time:** about half a minute on two CPU cores (the full profile).
#
# **Words** that are new to you: the
# [glossary](https://github.com/sequence-models-for-text/course/blob/main/docs/glossary.md), in English and Korean.

# %%
# On Colab this installs the course's helpers; elsewhere it does nothing.
import sys

if "google.colab" in sys.modules:
    print("Colab: installing the course's helpers")
    # %pip install -q --no-deps git+https://github.com/sequence-models-for-text/course
    # %pip install -q pooch tokenizers

# %% [markdown]
# ## 1. Is my machine ready?
#
# Click into the next cell and press <kbd>Shift</kbd>+<kbd>Enter</kbd>: the cell runs and its output appears below it.
# Always run cells from top to bottom; a cell may need what an earlier one made.

# %%
from course_utils import datasets, plots, runtime, text
from course_utils.training import LiveLine

runtime.start(seed=42)

# %% [markdown]
# Four lines, and every notebook begins with them (the **seed** is the number from which random choices start; the same seed
# gives the same choices):
#
# - **device**: CPU or GPU. All of the course runs on a CPU; a GPU makes the later notebooks quicker. (*Fused kernels* are
#   such a speed-up; notebook 03 explains them.)
# - **versions**: quote them when you ask for help.
# - **profile**: how much a notebook does; section 3 explains it.
# - **data**: where the texts come from; section 4 explains it.
#
# Does Keras see a GPU? An empty list means no, and that is fine. On Colab you switch one on in the menu *Runtime → Change
# runtime type*; then run the notebook again from the top.

# %%
print("GPUs:", runtime.gpu_names())

# %% [markdown]
# And can it compute? A product small enough to check by hand. (`# NBVAL_CHECK_OUTPUT` is a note to the course's tests;
# you can ignore it, here and later.)

# %%
# NBVAL_CHECK_OUTPUT
from keras import ops

print(ops.convert_to_numpy(ops.matmul([[1, 2]], [[3], [4]])))

# %% [markdown]
# 1·3 + 2·4 = 11. The machine is ready.
#
# ## 2. How is the course built?
#
# | notebook | what you will be able to do | data | minutes, quick | minutes, full |
# |---|---|---|---|---|
# | 00 Start here | check your machine, run the course, classify a review you type | IMDB | ½ | ½ |
# | 01 Tokenization | turn text into numbers and back; set the bar that networks must beat | IMDB | ½ | 2 |
# | 02 One-hot against embeddings | say what an embedding is, what it saves, what it learns | IMDB | 1 | 6 |
# | 03 SimpleRNN, LSTM, GRU, Conv1D | compare models fairly; say how each reads, what it remembers, what it costs | IMDB, headlines | 1 | 30 |
# | 04 A character model of Shakespeare | train a language model, judge it in nats, write with it fast | Shakespeare | ½ | 18 |
# | 05 Sequence to sequence | build a translator with attention, see where it looks and where it fails | made on the spot | 1 | 20 |
#
# Every notebook has the same shape: what you will be able to do, sections with one idea each, a recap, exercises,
# further reading. Read the question, guess the answer, *then* run the cell: that guess is where you learn.
#
# What a notebook teaches stands in its cells. What it has taught before, or does not teach, is imported from
# `course_utils`; every function there explains itself, with an example:

# %%
help(runtime.pick)

# %% [markdown]
# ## 3. Quick or full?
#
# Each notebook runs in one of two **profiles**. *Quick*, the default, takes small parts of the data and few epochs: about
# a minute, for a first look and for the tests. *Full* takes all of the data, and makes the outputs that are stored in the
# notebooks. You choose with `COURSE_PROFILE`, an *environment variable* (a setting that a program finds when it starts),
# before `runtime.start`:
#
# - in a terminal: `COURSE_PROFILE=full make lab`
# - on Colab, in a cell of its own at the top: `import os; os.environ["COURSE_PROFILE"] = "full"`
#
# A notebook says in one line what that changes. Here it sets how many reviews we train on, how many we test on, and how
# often we go through the training reviews (8 times in both profiles):

# %%
TRAIN, TEST, EPOCHS = runtime.pick(quick=(2_000, 1_000, 8), full=(25_000, 25_000, 8))

# %% [markdown]
# ## 4. Where do the texts come from?
#
# The course reads 50,000 film reviews (IMDB), a million characters of Shakespeare, and news headlines. None of them
# lies in this repository: they are not ours to hand on. A loader looks in the folder that `COURSE_DATA_DIR` names, then
# in its cache, then it downloads. If all that fails, it takes a **sample** that was written for this course, and says
# so: in the output, in the title of every figure, and in the last cell.

# %%
imdb = datasets.take(datasets.load_imdb(), train=TRAIN, test=TEST)
print(imdb.provenance)

# %% [markdown]
# The *digest* is a fingerprint of the content: if two machines show the same twelve characters, they
# have the same texts.
#
# ## 5. A first taste
#
# Enough; let us build something: a network that reads a film review and says whether its writer liked the film. You need
# not understand every cell of it yet. First the words get numbers, in order of frequency; 0 is kept for padding and 1 for
# unknown words, so the most frequent word is number 2. A short sentence of ours shows how.

# %%
WORDS, LENGTH = 10_000, 250
tokenizer = text.word_tokenizer(imdb.train_texts, WORDS)
print(tokenizer.encode("The film was wonderful").ids)

# %% [markdown]
# Every review becomes a row of 250 such numbers: of a long one only the last 250 are kept, a short one is filled up with
# zeros. Here the zeros stand on the right, and `mask_zero=True` below makes the average skip them; section 8 of [notebook
# 01](01_tokenization.ipynb) explains when the side matters.

# %%
x_train = text.pad(text.encode(tokenizer, imdb.train_texts), LENGTH, side="right", keep="last")
x_test = text.pad(text.encode(tokenizer, imdb.test_texts), LENGTH, side="right", keep="last")
print(x_train.shape, x_test.shape)

# %% [markdown]
# The network: each word gets 16 numbers of its own (an **embedding**), the words of a review are averaged, and one
# **unit**, a weighted sum squeezed into the range from 0 to 1 (`Dense` with `sigmoid`), turns the average into a
# probability. It is about the smallest text classifier there is, and it does not know the order of the words. Notebook
# 02 begins to change that; later notebooks explain these layers, too.
#
# Training goes through the reviews again and again; one pass is an **epoch**. It does not take all reviews at once but 128 at a
# time, a **batch**, and changes its weights after each. The **loss** (here `binary_crossentropy`) says how far the
# probabilities are from the **labels**, the right answers: 1 for a positive review, 0 for a negative one. The **accuracy** is the share
# of right answers. `Adam` is the rule that changes the weights, 5e-3 (0.005) the size of its steps. `LiveLine` shows the
# progress in one line.

# %%
import keras
from keras import layers

model = keras.Sequential(
    [
        keras.Input((LENGTH,), dtype="int32"),
        layers.Embedding(WORDS, 16, mask_zero=True),
        layers.GlobalAveragePooling1D(),
        layers.Dense(1, activation="sigmoid"),
    ]
)

# %%
model.compile(keras.optimizers.Adam(5e-3), "binary_crossentropy", metrics=["accuracy"])
history = model.fit(
    x_train,
    imdb.train_labels,
    batch_size=128,
    epochs=EPOCHS,
    validation_split=0.2,
    verbose=0,
    callbacks=[LiveLine()],
)

# %% [markdown]
# The last fifth of the training reviews served as **validation**: the network is asked about them after each epoch but
# never learns from them. In the figure below, look at the gap between the two curves: it is what does not carry over to new reviews. As long as
# validation rises, the network still learns something useful; once it stops rising, the network only learns its training
# reviews by heart. That is **overfitting**. (Here we keep the weights of the last epoch; notebook 02 shows how to keep those of
# the best.)

# %%
epochs = range(1, EPOCHS + 1)
plots.lines(
    {"training": (epochs, history.history["accuracy"]), "validation": (epochs, history.history["val_accuracy"])},
    title="The first network learns",
    x="epoch",
    y="accuracy",
    alt="Accuracy by epoch: the training curve keeps rising, the validation curve levels off below it.",
    data=imdb.provenance,
)

# %% [markdown]
# And on reviews it has never had anything to do with, the **test** part:

# %%
loss, accuracy = model.evaluate(x_test, imdb.test_labels, batch_size=512, verbose=0)
print(f"test accuracy: {accuracy:.3f}")

# %% [markdown]
# ### Your turn
#
# Write a review of your own between the quotes and run the cell. Then try to fool the network: what does it make of
# *not*? Of praise that turns into blame in the last words?

# %%
mine = [
    "A quiet, warm film with a wonderful cast. I would watch it again tomorrow.",
    "I wanted to like it, but the story is dull and the jokes are worse.",
    "Not bad. Not bad at all!",
]


# %%
def judge(reviews):
    rows = text.pad(text.encode(tokenizer, reviews), LENGTH, side="right", keep="last")
    return ops.convert_to_numpy(model(rows, training=False))[:, 0]


for probability, review in zip(judge(mine), mine, strict=True):
    print(f"{probability:.2f}  {review}")

# %% [markdown]
# The number is the probability that the writer liked the film. The third review is praise. If the network takes it for
# blame, that is no accident: it averages words, *bad* occurs mostly in bad reviews, and it cannot see that a *not* stands in
# front of it.
#
# ## Recap
#
# - `runtime.start` prints device, versions, profile and data; every notebook begins with it.
# - Quick is for looking and testing, full is for results. `COURSE_PROFILE` chooses.
# - The texts (a collection of texts is a **corpus**) come from your folder, the cache or a download; a sample is always announced as one.
# - A text classifier: words to numbers, numbers to vectors, vectors to one probability.
#
# ## Exercises
#
# To try and to look at, without a check. The later notebooks also have exercises with checked answers, each set in a notebook
# of its own.
#
# 1. Run this notebook in the other profile. What changed, and what did not?
# 2. Find another sentence of at most six words that a person calls praise and the network blame.
# 3. Set `WORDS` to 500. How much accuracy do the other 9,500 words bring?
# 4. Give the network 2 instead of 16 numbers a word. Are you surprised?
#
# ## Further reading
#
# - Chollet, [Deep Learning with Python](https://deeplearningwithpython.io), third edition, 2025: Keras from its author.
# - Joulin et al., [Bag of tricks for efficient text classification](https://arxiv.org/abs/1607.01759), 2016: why averaging embeddings works so well.
# - The [Keras guides](https://keras.io/guides/).

# %%
runtime.finish(imdb.provenance, headline=f"averaged embeddings: test accuracy {accuracy:.3f}")
