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
# Welcome! In this course you build networks that read text one piece at a time, and networks that write it. You also learn to
# judge which of them are worth their cost. This first notebook checks your machine and shows you how the course works. At its
# end, you train a small network and let it judge a movie review that you wrote yourself.
#
# A **network** is a chain of **layers**. Most layers compute with **weights**, numbers that training changes little by
# little until the answers are good. **Keras** is the Python library we use to build networks, and **TensorFlow** is the
# library that does the calculations for it.
#
# **By the end of this notebook, you will be able to**
#
# - tell whether your machine is ready, and whether it has a GPU that Keras can use
# - run a notebook in the quick or the full profile, and say whether it used the real texts or the sample
# - train a small text classifier and ask it about a sentence of yours
#
# **Time:** about half an hour to study. The computer needs about half a minute on two CPU cores, in either profile.
#
# **New words** are explained in the
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
# Click into the short cell above, which does something only on Colab, and press <kbd>Shift</kbd>+<kbd>Enter</kbd>. The cell
# runs, and if it prints something, you see it below the cell. Then do the same with the next cell. Always run the cells from
# top to bottom, because a cell may need something that an earlier one made.

# %%
from course_utils import backends, corpora, plots, runtime, text

runtime.start(seed=42)

# %% [markdown]
# Every notebook begins with a cell like the one above and its four lines of output. The **seed** in the call, here 42, is the
# number from which random choices start, so the same seed gives you the same choices every time. Here is what the four lines
# tell you:
#
# - **device** is the CPU or a GPU, a graphics card that can speed up training. The whole course runs on a CPU, and a GPU
#   makes the later notebooks faster. *Fused kernels* are one way a GPU gets its speed. Notebook 03 explains them.
# - **versions** are what you should quote when you ask for help.
# - **profile** says how much work a notebook does. Section 3 explains it.
# - **data** says where the texts come from. Section 4 explains it.
#
# Does Keras see a GPU? An empty list means no, and that is fine. On Colab, you can switch a GPU on in the menu *Runtime →
# Change runtime type*. Then run the notebook again from the top.

# %%
print("GPUs:", backends.gpu_names())

# %% [markdown]
# Can your machine compute? Let's try a matrix product that is small enough to check by hand. The comment
# `# NBVAL_CHECK_OUTPUT` is a note to the course's tests. You can ignore it, here and in later notebooks.

# %%
# NBVAL_CHECK_OUTPUT
from keras import ops

print(ops.convert_to_numpy(ops.matmul([[1, 2]], [[3], [4]])))

# %% [markdown]
# You expect 1·3 + 2·4 = 11, and 11 is what you get. Your machine is ready.
#
# ## 2. How is the course built?
#
# | notebook | what you will be able to do | data | minutes, quick | minutes, full |
# |---|---|---|---|---|
# | 00 Start here | check your machine, run the course, classify a review you type | IMDB | ½ | ½ |
# | 01 Tokenization | turn text into numbers and back; set the bar that networks must beat | IMDB | ½ | 3 |
# | 02 One-hot against embeddings | say what an embedding is, what it saves, what it learns | IMDB | 2 | 36 |
# | 03 Inside the cells | write SimpleRNN, LSTM and GRU in NumPy, forward and backward; say what gates are for | IMDB, Shakespeare | 1 | 4 |
# | 04 SimpleRNN, LSTM, GRU, Conv1D compared | compare models fairly; pad, mask and fool them | IMDB, headlines | 1 | 35 |
# | 05 A character model of Shakespeare | train a language model, judge it in nats, write with it fast | Shakespeare | 1 | 38 |
# | 06 Sequence to sequence | build a translator with attention, see where it looks and where it fails | made on the spot | 3 | 29 |
# | 07 Word language models | set a hard bar by counting, beat it with a network, and say what each ingredient is worth | Penn Treebank | 1 | 32 |
# | 08 Pretrain, then fine-tune | beat TF-IDF with a network and NB-SVM with a team: pretrain without labels, then fine-tune with few or many | IMDB | 2 | 100 |
# | 09 Project: tweets | find leaks, measure what cleaning is worth, and read an accuracy with its uncertainty | Sentiment140 | 1 | 11 |
# | 10 Project: Korean reviews | cut Korean text five ways, and say what each cut costs and brings | Korean reviews | 1 | 11 |
# | 11 Project: weather | forecast a series, and find out whether a network beats a linear model | Beijing weather | 1 | 6 |
#
# The minutes are what the computer needs on two CPU cores. Give yourself more time than that to study. The table has words in
# it that you may not know yet. Each notebook explains its own.
#
# Every notebook has the same shape: what you will be able to do, sections with one idea each, a recap, exercises, and
# further reading. Read the question, guess the answer, and only *then* run the cell. The guess is where you learn.
#
# The code that a notebook teaches is in its cells. Code that you know from an earlier notebook, or that isn't the topic, is
# imported from `course_utils`. Every function there comes with an explanation, and most have an example. `help` shows you
# both. Here is what it says about `runtime.pick`, which you will use in section 3:

# %%
help(runtime.pick)

# %% [markdown]
# ## 3. Quick or full?
#
# Each notebook runs in one of two **profiles**. *Quick* is the default. It uses small parts of the data and, in some
# notebooks, smaller networks. It takes up to three minutes, or more on a slow machine, so you soon see the point of a lesson.
# *Full* uses much more of the data, and often all of it. The results stored in the notebooks come from it.
#
# You choose the profile with `COURSE_PROFILE`. This is an *environment variable*, a setting that a program finds when it
# starts. Here is how you switch to the full profile:
#
# | where you work | what you do |
# |---|---|
# | in any notebook: Windows, Mac, Linux, Colab | add a cell above the first one, write `%env COURSE_PROFILE=full` in it, then restart and run all |
# | in a terminal on Linux or Mac | start the lab with `COURSE_PROFILE=full make lab` |
# | in PowerShell on Windows | type `$env:COURSE_PROFILE="full"`, then start the lab with `.venv\Scripts\python -m jupyterlab notebooks` |
#
# To restart and run all, choose *Kernel → Restart Kernel and Run All Cells* in JupyterLab. On Colab, choose *Runtime →
# Restart session and run all*. Write `quick` instead of `full` to go back, or delete the cell and restart.
#
# The text of each notebook is true in both profiles. Numbers from the full run are always marked. They are in a block like the
# one below, or in a line that begins with `full run:`, so you never have to wonder why your screen shows something else:
#
# > **What we saw (full run):** the network at the end of this notebook got 0.870 of the test reviews right.
#
# Each notebook has a cell that sets what the profile changes. In this notebook, that is how many reviews we train on, how many
# we test on, and how often we go through the training reviews:

# %%
TRAIN, TEST, EPOCHS = runtime.pick(quick=(2_000, 1_000, 16), full=(25_000, 25_000, 8))

# %% [markdown]
# ## 4. Where do the texts come from?
#
# The course reads 50,000 movie reviews from IMDB, a million characters of Shakespeare, news headlines and more. You won't find
# them in this repository, because most of them aren't ours to share.
#
# A collection of texts is called a **corpus**. The function that loads a corpus looks for it in up to three places. First it
# looks in the folder that `COURSE_DATA_DIR` names. This is another environment variable, and you don't have to set it. Then it
# looks in its cache, a folder that keeps earlier downloads. If the texts aren't there either, it downloads them.
#
# If all of that fails, it takes a **sample** that was written for this course. You are always told when this
# happens: in the output below, in the title of every figure, and in the last cell. A sample is small and simple. It was
# made to show the same lessons, and where it can't, the text says so.

# %%
imdb = corpora.subset(corpora.load_imdb(), train=TRAIN, test=TEST)
print(imdb.provenance)

# %% [markdown]
# The *digest* is a fingerprint of the content. If two machines show the same twelve characters, they have the same texts.
#
# ## 5. A first taste
#
# Enough preparation. Let's build a network that reads a movie review and says whether its writer liked the movie. You don't
# have to understand every cell yet.
#
# First, a *tokenizer* gives each word a number, in order of frequency. The number 0 is reserved for **padding**, which fills
# up reviews that are too short, and 1 for unknown words, so the most frequent word is number 2. There are at most 10,000
# numbers, and a word that is too rare to get one counts as unknown. The next cell prints a short sentence as numbers. Which of
# its words do you expect to have the smallest number?

# %%
WORDS, LENGTH = 10_000, 250
tokenizer = text.word_tokenizer(imdb.train_texts, WORDS)
print(tokenizer.encode("The film was wonderful").ids)

# %% [markdown]
# *The* got number 2, because it is the most frequent word in our training reviews.
#
# Every review becomes a row of 250 such numbers. If a review is longer, we keep only its last 250 words. If it is shorter, we
# fill the rest of the row with zeros. Here we put the zeros on the right, and `mask_zero=True` below tells the network to
# ignore them. Section 8 of [notebook 01](01_tokenization.ipynb) explains when the side matters.

# %%
x_train = text.pad(text.encode(tokenizer, imdb.train_texts), LENGTH, side="right", keep="last")
x_test = text.pad(text.encode(tokenizer, imdb.test_texts), LENGTH, side="right", keep="last")
print(x_train.shape, x_test.shape)

# %% [markdown]
# Now the network. It gives each word a *vector*, which is a list of numbers, here 16 of them. The vector is the word's
# **embedding**. Then the network averages the vectors of all the words of a review. Finally, a single **unit** turns this
# average into a probability. It computes a weighted sum, adds one more weight, and squeezes the result into the range between
# 0 and 1. The code calls these three steps `Embedding`, `GlobalAveragePooling1D`, and `Dense` with `sigmoid`. Nearly all of
# the network's weights are in the embedding, as the line below the cell shows. The network doesn't know the order of the
# words. Notebook 02 begins to change that, and later notebooks explain the layers.

# %%
import keras
from keras import layers
from tqdm.keras import TqdmCallback

model = keras.Sequential(
    [
        keras.Input((LENGTH,), dtype="int32"),
        layers.Embedding(WORDS, 16, mask_zero=True),
        layers.GlobalAveragePooling1D(),
        layers.Dense(1, activation="sigmoid"),
    ]
)
assert model.count_params() == WORDS * 16 + 16 + 1
print(f"{model.count_params():,} weights, {WORDS * 16:,} of them in the embedding")

# %% [markdown]
# There are smaller text classifiers. A logistic regression on the same words, which you will meet in notebook 01, has one
# weight per word and one more, 10,001 in all. We take the embedding because the rest of the course builds on it.
#
# Training goes through the reviews again and again, and one pass is called an **epoch**. The network doesn't take all
# reviews at once. It takes a **batch** of 128 at a time and changes its weights after each batch.
#
# The **labels** are the right answers: 1 for a positive review, 0 for a negative one. The **loss**, here
# `binary_crossentropy`, measures how far the probabilities are from the labels. The **accuracy** is the share of right
# answers. `Adam` is the rule that changes the weights. The number 5e-3, which means 0.005, sets the size of its steps.
# `TqdmCallback` shows you the progress in one line. The training takes a few seconds, or up to a quarter of a minute in the
# full profile.

# %%
model.compile(keras.optimizers.Adam(5e-3), "binary_crossentropy", metrics=["accuracy"])
history = model.fit(
    x_train,
    imdb.train_labels,
    batch_size=128,
    epochs=EPOCHS,
    validation_split=0.2,
    verbose=0,
    callbacks=[TqdmCallback(verbose=0, file=sys.stdout)],
)

# %% [markdown]
# The last fifth of the training reviews served as **validation**. The network is asked about them after each epoch, but it
# never learns from them. In the figure below, look at the gap between the two curves at the right end. It shows roughly how
# much better the network does on reviews it has trained on than on new ones.
#
# As long as the validation curve rises, the network still learns something useful. When that curve goes flat or falls while
# the training curve keeps rising, most of what the network still learns helps only on its training reviews. That is
# **overfitting**. Don't be surprised if the training curve starts below the validation curve. Training accuracy is an average
# over the whole epoch, during which the network is still learning. Validation accuracy is measured at the end of the epoch.
#
# How far does your validation curve rise, and from which epoch on is it nearly flat?

# %%
epochs = range(1, EPOCHS + 1)
plots.lines(
    {"training": (epochs, history.history["accuracy"]), "validation": (epochs, history.history["val_accuracy"])},
    title="The first network learns",
    xlabel="epoch",
    ylabel="accuracy",
    alt="Accuracy by epoch: the training curve keeps rising, the validation curve flattens and ends below it.",
    data=imdb.provenance,
)

# %% [markdown]
# > **What we saw (full run):** validation accuracy was best at epoch 5, with 0.882, and then fell a little to 0.877,
# > while training accuracy rose to 0.956. Here we simply keep the weights of the last epoch. Notebook 02 shows you how to
# > keep those of the best one.
#
# The **test** part holds reviews that played no role so far. About half of them are positive, so guessing would get about 0.5
# right. How does the network do?

# %%
loss, accuracy = model.evaluate(x_test, imdb.test_labels, batch_size=512, verbose=0)
print(f"test accuracy: {accuracy:.3f}")

# %% [markdown]
# It does clearly better than guessing. The next cell makes sure of that: `assert` stops the notebook if what follows it
# isn't true, and prints nothing if it is.

# %%
assert accuracy > 0.6, "the network should do clearly better than chance, 0.5"

# %% [markdown]
# > **What we saw (full run):** test accuracy 0.870.
#
# ### Your turn
#
# Write a review between the quotes and run the two cells. Then try to fool the network. How does it handle *not*? What
# about praise that turns into criticism in the last few words?

# %%
mine = [
    "A quiet, warm film with a wonderful cast. I would watch it again tomorrow.",
    "I wanted to like it, but the story is dull and the jokes are worse.",
    "Not bad. Not bad at all!",
]


# %%
def judge(reviews):
    ids = text.encode(tokenizer, reviews)
    if not all(map(len, ids)):
        raise ValueError("one of the reviews has no words; write at least one word in each.")
    rows = text.pad(ids, LENGTH, side="right", keep="last")
    return ops.convert_to_numpy(model(rows, training=False))[:, 0]


for probability, review in zip(judge(mine), mine, strict=True):
    print(f"{probability:.2f}  {review}")

# %% [markdown]
# Each number is the network's estimate of the probability that the writer liked the movie. Can you trust these numbers? The
# next cell collects the test reviews on which the network is at least 95% sure of its answer, which means that its number is
# above 0.95 or below 0.05. If its numbers were true probabilities, it would be right on more than 95% of them.

# %%
import numpy as np

estimates = model.predict(x_test, batch_size=512, verbose=0)[:, 0]
sure = np.abs(estimates - 0.5) > 0.45
right = (estimates > 0.5) == imdb.test_labels
print(f"at least 95% sure of {sure.mean():.0%} of the test reviews, and right on {right[sure].mean():.1%} of those")

# %% [markdown]
# > **What we saw (full run):** it was at least 95% sure of 58% of the test reviews, and right on 96.9% of those. So it passes
# > this test, but the test is weak. Many of these numbers are probably well above 0.95. A network that is so sure should be
# > right more often, so 96.9% may be too few.
#
# Now back to the three reviews that came with this notebook. The third one is praise. Whatever number the network gives it,
# the network didn't understand *not bad*. You can prove it.
#
# > **What we saw (full run):** the three reviews got 1.00, 0.00 and 0.00. The network was sure that *Not bad. Not bad at
# > all!* is criticism, most likely because *bad* occurs mostly in negative reviews.
#
# Take a sentence of praise, *It was not bad, it was good!* Swap two of its words, and it becomes criticism: *It was not good,
# it was bad!* Then compare the numbers that the network gives to the two.

# %% [markdown]
# **Predict first.** Which of the two will get the higher number?
#
# <details><summary>A. The praise, because training has shown the network what praise looks like</summary>
# Training can only change what each word adds to the average. Which word does the praise contain that the criticism does not?
# </details>
# <details><summary>B. Neither, because they will get the same number</summary>
# Yes. Both contain the same words, so they have the same average, and nothing that comes after it can tell them apart. Compare
# the two numbers in the next output.
# </details>
# <details><summary>C. The praise, because it ends with <em>good</em> and the last words count most</summary>
# The network would have to know which word came last. What is left of the positions when you average?
# </details>

# %%
praise, criticism = judge(["It was not bad, it was good!", "It was not good, it was bad!"])
print(f"{praise:.2f} for the praise, {criticism:.2f} for the criticism")
assert abs(praise - criticism) < 1e-3

# %% [markdown]
# The numbers are the same, as they must be. You see only two decimals, but the `assert` checked more of them. The network
# averages the words, so it can't know that the *not* comes right before the *bad*. No amount of training can change that,
# because both reviews contain the same words. To tell them apart, a model needs to know something about the order of the
# words. This is what the rest of the course is about.
#
# ## Recap
#
# - `runtime.start` prints device, versions, profile and data. Every notebook begins with it and ends with `runtime.finish`,
#   which sums up the run.
# - The quick profile shows you the lesson in one to three minutes. The results stored in the notebooks come from the full
#   profile. You choose with `COURSE_PROFILE`.
# - A **corpus** is a collection of texts. It comes from your folder, the cache or a download. If the notebook uses only a
#   sample, it tells you.
# - A text classifier turns words into numbers, numbers into vectors, and vectors into one probability.
# - A network that averages its words can't see their order.
#
# ## Exercises
#
# Try these and look at what happens. Nothing checks your answers here. From notebook 01 on, there is also a separate exercise
# notebook whose answers are checked.
#
# 1. Run this notebook in the other profile. What changed, and what stayed the same?
# 2. Find a sentence of at most six words that a person would call praise and the network calls criticism.
# 3. Set `WORDS` to 500. How much accuracy do all the rarer words add?
# 4. Give the network 2 numbers per word instead of 16. Are you surprised?
#
# ## Further reading
#
# - Chollet and Watson, [Deep Learning with Python](https://deeplearningwithpython.io), third edition, 2025: Keras from its
#   author.
# - Joulin et al., [Bag of tricks for efficient text classification](https://arxiv.org/abs/1607.01759), 2016: averaged
#   embeddings do nearly as well as much slower networks.
# - The [Keras guides](https://keras.io/guides/).

# %%
runtime.finish(imdb.provenance, notebook="start_here", headline=f"averaged embeddings: test accuracy {accuracy:.3f}")
