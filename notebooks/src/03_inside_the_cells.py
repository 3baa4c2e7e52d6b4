# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 03 · Inside the cells
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/sequence-models-for-text/course/blob/main/notebooks/03_inside_the_cells.ipynb)
#
# In notebook 02 you used a `SimpleRNN` as a black box: reviews go in, an opinion comes out. Now you open the box. Using plain
# NumPy, you build the forward step of the three most common recurrent cells line by line. For the simplest of them you also
# build the backward walk, which training needs. You read the backward walks of the other two in the course's code, and check
# all three cells against Keras. In the exercises you write some of these steps yourself. After that you know what a gate is,
# and how a network learns from the past, because you have computed both.
#
# **By the end of this notebook, you will be able to**
#
# - follow one time step of a recurrent cell by hand, and write SimpleRNN, LSTM and GRU in a few lines each
# - say what a gradient is, and go downhill with it
# - send an error backward through time, and check the result in two independent ways
# - explain what truncated backpropagation cuts off
# - build a small language model out of NumPy layers, train it, save it and load it
# - measure how far back each cell remembers, and say what the gates have to do with it
#
# **Time:** about two hours to study. The computer needs about a minute in the quick profile and about four minutes in the
# full one, on two CPU cores.
#
# **New words** are explained in the [glossary](https://github.com/sequence-models-for-text/course/blob/main/docs/glossary.md),
# in English and Korean.

# %%
# On Colab this installs the course's helpers; elsewhere it does nothing.
import sys

if "google.colab" in sys.modules:
    print("Colab: installing the course's helpers")
    # %pip install -q --no-deps git+https://github.com/sequence-models-for-text/course
    # %pip install -q pooch tokenizers

# %%
from course_utils import backends, cells, corpora, experiments, plots, runtime, text
from course_utils.batches import contiguous_batches
from course_utils.plots import cell_diagrams
from course_utils.plots.canvas import LOW_TO_HIGH

runtime.start(seed=42)
import keras
import numpy as np
import pandas as pd
from keras import layers, ops
from tqdm import trange
from tqdm.keras import TqdmCallback

# %% [markdown]
# Most of this notebook runs on numbers small enough to look at. Only three parts train something, and these are their settings:
# the reviews and words for the gates of section 6, the text for the language model of section 8, and the sequences for the
# memory test of section 9.

# %%
TRAIN, WORDS, LENGTH, EPOCHS = runtime.pick(quick=(4_000, 600, 40, 4), full=(25_000, 5_000, 120, 4))
CHARACTERS, VOCABULARY, PASSES = runtime.pick(quick=(60_000, 300, 12), full=(600_000, 2_000, 8))
# COMPILE switches on XLA, a compiler that pays off in long trainings only.
STEPS, SEQUENCES, COMPILE = runtime.pick(quick=(40, 2_500, False), full=(80, 8_000, True))
RECALL_EPOCHS, RECALL_RATE, SEEDS = runtime.pick(quick=(6, 8e-3, [0]), full=(10, 2e-3, [0, 1, 2]))

# %% [markdown]
# ## 1. One network, many steps
#
# A **recurrent network** walks along a sequence. At every time step it takes an input x and its own **hidden state** h from
# the step before, and computes the next hidden state. The same small network with the same weights works at every step. It is
# called the **cell**. Draw one copy of the cell for each step and you get the network **unrolled** in time. At which steps do
# you need an output y? That depends on the problem:

# %%
plots.unrolled(
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
# A network without a sequence is one to one. Captioning a picture is one to many. Judging a review is many to one. Predicting
# the next character after every character is many to many in step, and translating is many to many in turn. You will meet the
# last three in the next notebooks.
#
# The simplest cell computes `h = tanh(x W + h U + b)`. The h on the right is the one from the step before.

# %% [markdown]
# ![One time step: the input times W, the old state times U and the bias b are added up, and tanh makes the new state.](pictures/simple_rnn_cell.png)
#
# Read it from left to right. The old state enters on the left and the input from below. What leaves on the right is the old
# state of the next time step.

# %% [markdown]
# Take a cell with one input and one unit, so that W, U and b are three plain numbers, and let it read three inputs. Before the
# first step, h is 0. Before you run the cell, work out the first sum by hand. Will tanh make it larger or smaller?

# %%
# NBVAL_CHECK_OUTPUT
W, U, b, h = 0.5, 0.8, 0.0, 0.0
for step, x in enumerate([1.0, 0.0, 0.0], start=1):
    total = x * W + h * U + b
    print(
        f"step {step}: x W + h U + b = {x:.0f} · {W} + {h:.3f} · {U} + {b:.0f} = {total:.3f}, tanh gives {np.tanh(total):.3f}"
    )
    h = np.tanh(total)

# %% [markdown]
# Only the first step had an input other than 0. What you see in the other two is memory: the 1 of the first step fades from
# 0.462 to 0.354 and 0.276, because U is below 1 and tanh pulls toward 0. Remember how it fades. Section 9 comes back to that.
#
# ## 2. What is a gradient?
#
# A network learns by changing its weights so that a loss becomes smaller. For that it needs to know one thing about each
# weight: if I make this number a little larger, does the loss rise or fall, and how fast? This is the weight's **gradient**.
#
# You can measure it without any theory. Let our cell read the three inputs again, and let the loss be the squared distance
# between its last state and 0.4. Move W a tiny step to either side and see what the loss does. Subtract the loss at W - tiny
# from the loss at W + tiny, and divide by 2 · tiny, the distance between the two. This is called a **central difference**:

# %% [markdown]
# **Predict first.** The last state was about 0.28, and it should be 0.4. Before you measure it: what will the sign of W's
# gradient be?
#
# <details><summary>A. Positive, because h has to rise</summary>
# It does have to rise, and W with it. But the gradient doesn't say what you want to happen. It says what the loss does if W
# becomes a little larger. Does the loss rise or fall then?
# </details>
# <details><summary>B. Zero, because the inputs of steps 2 and 3 are 0</summary>
# In these two steps, W is multiplied by 0. But at the first step it was multiplied by 1, and the state has carried the result
# to the end. If W changes, does the last state stay the same?
# </details>
# <details><summary>C. Negative, because a larger W makes the loss smaller</summary>
# Yes. A larger W makes the first state larger, and a part of that arrives at the end. So the last state comes closer to 0.4 and
# the loss falls. Compare the sign of the gradient in the output below.
# </details>


# %%
# NBVAL_CHECK_OUTPUT
def last_state(W, U=0.8):
    h = 0.0
    for x in (1.0, 0.0, 0.0):
        h = np.tanh(x * W + h * U)
    return h


def loss(W):
    return (last_state(W) - 0.4) ** 2


tiny = 1e-5
gradient = (loss(0.5 + tiny) - loss(0.5 - tiny)) / (2 * tiny)
print(f"loss {loss(0.5):.4f}, gradient {gradient:+.4f}")

# %% [markdown]
# The gradient is negative: a larger W makes the loss smaller. So take a step *against* the gradient, measure again, and take
# the next step. This is **gradient descent**, and the factor in front of the gradient is the **learning rate**, here 2.0.

# %%
W, walked = 0.5, []
for _ in range(30):
    walked.append((W, loss(W)))
    W -= 2.0 * (loss(W + tiny) - loss(W - tiny)) / (2 * tiny)

# %%
print(f"after 30 steps W is {W:.2f} and the loss {loss(W):.6f}")
assert loss(W) < loss(0.5) / 50
line = np.linspace(0.4, 1.2, 100)
with plots.figure(
    title="Downhill, one step at a time", xlabel="W", ylabel="loss",
    alt="A curve of the loss over W that falls to a minimum, and thirty dots that run down along it, closer and closer together.",
) as (axes,):  # fmt: skip
    axes.plot(line, [loss(w) for w in line], label="loss")
    axes.plot(*zip(*walked, strict=True), "o", label="steps of gradient descent")
    axes.legend()

# %% [markdown]
# The steps become shorter where the slope gets flat, although the learning rate stays the same.
#
# A real network has thousands of weights. Measuring each of them this way would need two runs of the whole network per weight.
# **Backpropagation** computes all gradients in one backward walk, often called the backward pass, for the price of a few
# forward runs at most. In section 4 you will write it. The central difference stays useful as a check.
#
# ## 3. Whole batches, masks and carried states
#
# In practice, a cell has many units and reads many texts at once. W, U and b become matrices, and everything else stays as it
# is. W has one row for each input and one column for each unit. U has a row and a column for each unit. Here is a whole layer:


# %%
def simple_rnn(x, W, U, b, h=None, mask=None):
    """States of all steps (batch, time, units) for inputs (batch, time, inputs)."""
    h = np.zeros((len(x), len(U))) if h is None else h
    states = []
    for step in range(x.shape[1]):
        new = np.tanh(x[:, step] @ W + h @ U + b)
        h = new if mask is None else np.where(mask[:, step, None], new, h)
        states.append(h)
    return np.stack(states, axis=1)


# %% [markdown]
# Two details deserve a look. First, a **mask** tells the layer which steps are padding, and there the state stays as it is.
# `mask[:, step, None]` has the shape (batch, 1), so that it covers all units. Second, you may pass in a first state, such as
# the last state of the batch before.
#
# You don't have to take our word for any of it. With the same weights, Keras' own layer must arrive at the same states. We ask
# for `return_sequences=True`, because without it you would get only the last state:

# %%
rng = np.random.default_rng(0)
x = rng.normal(size=(2, 7, 3)).astype("float32")
first_h = rng.normal(size=(2, 4)).astype("float32")
mask = np.array([[True] * 7, [True] * 4 + [False] * 3])

# %%
keras_rnn = layers.SimpleRNN(4, return_sequences=True)
expected = keras_rnn(x, initial_state=first_h, mask=mask)

# %%
states = simple_rnn(x, *keras_rnn.get_weights(), h=first_h, mask=mask)
assert np.allclose(states, expected, atol=1e-6)
print(np.round(states[1, 3:, 0], 3), "the first unit of the second text, from its last word on")

# %% [markdown]
# The second text ends after four steps. From there on, its state no longer changes.
#
# Now carry the state. Cut the texts in two, read the first half, and begin the second half with the state in which the first
# one ended:

# %%
W, U, b = weights = keras_rnn.get_weights()
first_half = simple_rnn(x[:, :3], *weights)
second_half = simple_rnn(x[:, 3:], *weights, h=first_half[:, -1])
assert np.allclose(np.concatenate([first_half, second_half], axis=1), simple_rnn(x, *weights), atol=1e-6)

# %% [markdown]
# The two halves give the same states as the whole. Layers that do this from batch to batch are called **stateful**.
#
# ## 4. Backward through time
#
# How does an error at the end reach a weight that was used at every step? Follow the dashed orange arrows of the unrolled
# network, from the loss on the right back to the first step:

# %%
cell_diagrams.through_time()

# %% [markdown]
# First, some notation. We write sum for x W + h U + b, so that the new h is tanh of the sum. A d in front of a name means
# "gradient of the loss for". So dh says how fast the loss changes when h does.
#
# At the last step you know dh, because the loss is computed from h. If you nudge the sum a little, h moves by the nudge times
# the slope of tanh, and the loss moves by dh times that. So dsum is dh times the slope. If dh is 2 and the slope is 0.5, for
# example, dsum is 1. Multiplying slopes along the way back is called the **chain rule**. It takes you from dh to all the
# gradients of the step:
#
# - through tanh: the slope of tanh is `1 - h²`, so `dsum = dh · (1 - h²)`
# - to the weights: W[i, j] multiplies x[i] and adds to sum[j], so its gradient is x[i] · dsum[j], added up over the batch. `xᵀ
#   dsum` does this for all i and j at once. U and b work alike, with `h_beforeᵀ dsum` and `dsum`. All three are added up over
#   the steps, since the same weights were used at all of them
# - to the input: `dx = dsum Wᵀ`
# - to the step before: each unit of h_before went into all the sums, so its gradient collects a part from each of them.
#   Together, these parts are `dsum Uᵀ`. If the loss also looks at that state directly, its own gradient for it is added
#
# Then do the same one step earlier, and so on to the first. That is all of **backpropagation through time**. In the code,
# `d_states` is the loss's own gradient for each state, and `d_h` is what comes back from later steps. So `d_h` begins at 0.
# When the walk has passed time step 1, `d_h` is the gradient for `first_h`.
#
# Follow it with the numbers of section 1. The loss was (h - 0.4)², so dh at the end is 2 · (0.276 - 0.4). Each step back
# multiplies it by a slope of tanh and by U. At the first step you turn to W, so the last two factors are a slope and x, which
# was 1:
#
# 2 · (0.276 - 0.4) · (1 - 0.276²) · 0.8 · (1 - 0.354²) · 0.8 · (1 - 0.462²) · 1 = -0.101
#
# That is the gradient that you measured in section 2.


# %%
def simple_rnn_backward(x, states, first_h, d_states, W, U):
    """Gradients for x, first_h, W, U and b of a loss with the gradients d_states for all states."""
    d_x, d_W, d_U, d_b, d_h = np.zeros_like(x), np.zeros_like(W), np.zeros_like(U), np.zeros(len(U)), 0.0
    for step in reversed(range(x.shape[1])):
        before = states[:, step - 1] if step else first_h
        d_sum = (d_h + d_states[:, step]) * (1 - states[:, step] ** 2)
        d_W, d_U, d_b = d_W + x[:, step].T @ d_sum, d_U + before.T @ d_sum, d_b + d_sum.sum(axis=0)
        d_x[:, step], d_h = d_sum @ W.T, d_sum @ U.T
    return d_x, d_h, d_W, d_U, d_b


# %% [markdown]
# Is it right? We check it in two ways. The first is Keras with TensorFlow's `GradientTape`, which records the calculation and
# goes back through it. Any function of the states can serve as the loss. We multiply every state by a random factor and add
# them all up. Raise one state by 1 and the sum rises by its factor, so these factors are the gradients for the states.

# %%
import tensorflow as tf

factors = rng.normal(size=(2, 7, 4)).astype("float32")
variables = [tf.Variable(x), tf.Variable(first_h)]

# %%
with tf.GradientTape() as tape:
    outputs = keras_rnn(variables[0], initial_state=tf.convert_to_tensor(variables[1]))
    keras_loss = tf.reduce_sum(outputs * factors)
theirs = tape.gradient(keras_loss, variables + [weight.value for weight in keras_rnn.trainable_weights])

# %% [markdown]
# Now ours, with the same weights:

# %%
ours = simple_rnn_backward(x, simple_rnn(x, W, U, b, h=first_h), first_h, factors, W, U)
for name, mine, keras_gradient in zip(["x", "first h", "W", "U", "b"], ours, theirs, strict=True):
    assert np.allclose(mine, keras_gradient, atol=1e-5)
    print(f"{name:8} {np.shape(mine)!s:10} largest difference {np.abs(mine - keras_gradient).max():.1e}")

# %% [markdown]
# The second check needs no calculus: the central difference of section 2, number by number. In float64 the two results must
# agree to within 0.0000001.


# %%
def by_differences(loss, array, tiny=1e-5):
    gradient = np.empty_like(array)
    for place in np.ndindex(array.shape):
        kept = array[place]
        array[place] = kept + tiny
        above = loss()
        array[place] = kept - tiny
        gradient[place] = (above - loss()) / (2 * tiny)
        array[place] = kept
    return gradient


# %%
x64, h64, W64, U64, b64 = (each.astype("float64") for each in (x, first_h, W, U, b))


def loss_again():
    return (simple_rnn(x64, W64, U64, b64, h=h64) * factors).sum()


# %%
ours = simple_rnn_backward(x64, simple_rnn(x64, W64, U64, b64, h=h64), h64, factors.astype("float64"), W64, U64)
gaps = [np.abs(a - by_differences(loss_again, b)).max() for a, b in zip(ours, (x64, h64, W64, U64, b64), strict=True)]
assert max(gaps) < 1e-7
print(f"largest difference {max(gaps):.0e}")

# %% [markdown]
# ### What truncation cuts off
#
# You read a long text in parts: a play in pieces of 32 characters, say. The state is carried over, but the backward walk stops
# at the beginning of the part. How much of the gradient is lost?
#
# Take 50 random texts of 40 steps with the loss at their end. Let the walk back go only 1, 2, 4, 8, 16 or 32 steps, and
# compare U's gradient with the full one. To measure what is missing, divide the length of the difference by the length of the
# full gradient. Each part begins with the state just before it:

# %%
long_x, at_the_end = rng.normal(size=(50, 40, 3)), np.zeros((50, 40, 4))
at_the_end[:, -1] = 1.0
long_states = simple_rnn(long_x, W64, U64, b64)
full = simple_rnn_backward(long_x, long_states, np.zeros((50, 4)), at_the_end, W64, U64)[3]

# %%
missing = {}
for steps in (1, 2, 4, 8, 16, 32):
    part = slice(40 - steps, None)
    cut = simple_rnn_backward(
        long_x[:, part], long_states[:, part], long_states[:, -steps - 1], at_the_end[:, part], W64, U64
    )
    missing[steps] = np.linalg.norm(cut[3] - full) / np.linalg.norm(full)
pd.Series(missing, name="share of the gradient that is missing").rename_axis("steps back").to_frame().round(4)

# %% [markdown]
# The longer the walk, the less is missing. In this untrained cell, with inputs as large as these, what lies more than some ten
# steps back hardly counts. Large inputs push h toward -1 or 1, where the slope `1 - h²` is small, and every step back
# multiplies by such a slope. That is convenient for truncation and bad news for memory: the fainter the gradient, the harder it
# is to learn from that step. LSTM and GRU were invented so that the gradient fades less
# on the way back.
#
# ## 5. The LSTM
#
# The `SimpleRNN` recomputes its entire state at every step. Whatever it should keep has to pass through the same formula again
# and again. An **LSTM** (long short-term memory) keeps a second state c and *adds* to it. Numbers from 0 to 1, called
# **gates**, control each unit. A sigmoid squeezes any number into this range, which is why every gate ends with one.
#
# - The forget gate decides how much of the old c stays.
# - The **candidate** is what a SimpleRNN would have made its new state: tanh of x W + h U + b. The input gate decides how much
#   of it comes in.
# - The output gate decides how much of c shows in h.
#
# Say a unit has c = 2, a forget gate of 0.9, an input gate of 0.5 and a candidate of 0.8. Then its new c is 0.9 · 2 + 0.5 ·
# 0.8 = 2.2.
#
# In the picture, σ is the sigmoid, and × and + work on each unit by itself. Follow the top line, from left to right:

# %%
cell_diagrams.lstm_cell()

# %% [markdown]
# Here is the picture in code. Each gate is computed like the candidate, with a separate W, U and b, and with a sigmoid instead
# of tanh. Keras stores the four matrices side by side in one large W, and does the same with U and b. The order is input gate,
# forget gate, candidate, output gate. `np.split` takes the result apart again.


# %%
def sigmoid(values):
    return 1 / (1 + np.exp(-values))


def lstm_step(x, h, c, W, U, b):
    """One time step: x (batch, inputs), h and c (batch, units)."""
    to_input, to_forget, candidate, to_output = np.split(x @ W + h @ U + b, 4, axis=1)
    c = sigmoid(to_forget) * c + sigmoid(to_input) * np.tanh(candidate)
    return sigmoid(to_output) * np.tanh(c), c


# %% [markdown]
# With `return_state=True`, Keras' layer returns its output and then its last h and c. With the same weights, they must be ours:

# %%
lstm = layers.LSTM(4, return_state=True)
_, h_keras, c_keras = lstm(x)

# %%
h = c = np.zeros((2, 4))
for step in range(7):
    h, c = lstm_step(x[:, step], h, c, *lstm.get_weights())
assert np.allclose(h, h_keras, atol=1e-6) and np.allclose(c, c_keras, atol=1e-6)

# %% [markdown]
# Going backward works the same way, only with more arrows. Look at the top line of the picture once more, from right to left:
# the gradient dc passes a plus sign, which changes nothing, and is multiplied by the forget gate. There is no matrix and no
# tanh on this path. If the forget gate is near 1, almost all of the gradient arrives. That is the point of the LSTM.
#
# We don't print the LSTM's backward step here. It is a handful of lines in `course_utils/cells.py`, and so is the GRU's. To
# read them next to the picture, run `cells.LSTM??` in a new cell. Here we compare all three cells with
# Keras, weight by weight, with a mask and a first state. You may skip the code. It does for any cell what you did above for the
# SimpleRNN: the same weights, the same loss, and the largest difference between Keras' numbers and ours.


# %%
def against_keras(kind):
    layer = getattr(layers, kind)(4, return_sequences=True)
    state = [first_h, 0.5 * first_h] if kind == "LSTM" else [first_h]
    variables = [tf.Variable(x), *map(tf.Variable, state)]
    with tf.GradientTape() as tape:
        begin = [tf.convert_to_tensor(each) for each in variables[1:]]
        outputs = layer(variables[0], initial_state=begin, mask=mask)
        keras_loss = tf.reduce_sum(outputs * factors)
    theirs = tape.gradient(keras_loss, variables + [weight.value for weight in layer.trainable_weights])
    mine = getattr(cells, kind)(*layer.get_weights())
    gap = np.abs(mine.forward(x, state, mask) - outputs).max()
    d_x, d_state = mine.backward(factors)
    gaps = [np.abs(a - b).max() for a, b in zip([d_x, *d_state, *mine.grads], theirs, strict=True)]
    return {"outputs": gap, "gradients of x and states": max(gaps[:-3]), "gradients of W, U, b": max(gaps[-3:])}


differences = pd.DataFrame({kind: against_keras(kind) for kind in ("SimpleRNN", "LSTM", "GRU")}).T
assert differences["outputs"].max() < 1e-6 and differences.max().max() < 1e-5
differences.map("{:.1e}".format)

# %% [markdown]
# ## 6. The GRU, and what gates do with a sentence
#
# A **GRU** (gated recurrent unit) is a simpler relative, with one state and two gates. The *update* gate z mixes the old state
# with the candidate: the new h is `z · h + (1 - z) · candidate`, so z near 1 keeps the old state and z near 0 takes the
# candidate. The *reset* gate r says how much of the old state the candidate may see.
#
# Keras uses a form called `reset_after`: it applies r after the product with U, and gives that product a separate bias. GPUs
# have a fast kernel for this form.

# %%
cell_diagrams.gru_cell()


# %% [markdown]
# The labels at the arrows say what each part reads: both gates read x and the old h. The candidate reads x, and gets the old h
# only through the reset gate. In code:


# %%
def gru_step(x, h, W, U, b):
    """One time step: x (batch, inputs), h (batch, units)."""
    from_x, from_h = np.split(x @ W + b[0], 3, axis=1), np.split(h @ U + b[1], 3, axis=1)
    z, r = sigmoid(from_x[0] + from_h[0]), sigmoid(from_x[1] + from_h[1])
    return z * h + (1 - z) * np.tanh(from_x[2] + r * from_h[2])


gru = layers.GRU(4)
h_keras, h = gru(x), np.zeros((2, 4))

# %%
for step in range(7):
    h = gru_step(x[:, step], h, *gru.get_weights())
assert np.allclose(h, h_keras, atol=1e-6)

# %% [markdown]
# What do gates do with words? Train a small LSTM on the reviews, as in notebook 02 but with masked padding on the right. Then
# take its weights and read one sentence of our own with NumPy, where you can look at every gate.

# %%
imdb = corpora.subset(corpora.load_imdb(), train=TRAIN, test=100)
tokenizer = text.word_tokenizer(imdb.train_texts, WORDS)
reviews = text.pad(text.encode(tokenizer, imdb.train_texts), LENGTH, side="right")
print(imdb.provenance)

# %%
keras.utils.set_random_seed(42)
ids = keras.Input((None,), dtype="int32")
last = layers.LSTM(8)(layers.Embedding(WORDS, 16, mask_zero=True)(ids))
reader = keras.Model(ids, layers.Dense(1, activation="sigmoid")(last))
reader.compile(keras.optimizers.Adam(5e-3), "binary_crossentropy", metrics=["accuracy"])
history = reader.fit(
    reviews, imdb.train_labels, batch_size=64, epochs=EPOCHS, validation_split=0.2, verbose=0,
    callbacks=[TqdmCallback(verbose=0, file=sys.stdout)],
)  # fmt: skip
print(f"validation accuracy {history.history['val_accuracy'][-1]:.3f}")

# %% [markdown]
# Now go through the sentence step by step, and keep what the gates do at each word:

# %%
sentence = "a slow start but then it was a wonderful film and not a dull minute"
vectors = reader.layers[1](text.encode(tokenizer, [sentence])[0][None]).numpy()
W, U, b = reader.layers[-2].get_weights()
h = c = np.zeros((1, 8))
strip = []
for step in range(vectors.shape[1]):
    i, f, g, o = np.split(vectors[:, step] @ W + h @ U + b, 4, axis=1)
    h, c = lstm_step(vectors[:, step], h, c, W, U, b)
    strip.append([sigmoid(f), sigmoid(i), sigmoid(o), h])

# %%
with plots.figure(
    12.0, 6.4, title="Gates and states, word by word", data=imdb.provenance, frame=False,
    alt="A heat map with one column per word of the sentence. From top to bottom: the eight forget gates, input gates, output "
    "gates and states h of the LSTM.",
) as (axes,):  # fmt: skip
    rows = np.concatenate([np.concatenate(each, axis=1)[0][None] for each in strip]).T
    rows[:24] = 2 * rows[:24] - 1  # gates from 0 to 1, states from -1 to 1: the same colors for both ends
    drawn = axes.imshow(rows, cmap=LOW_TO_HIGH, vmin=-1, vmax=1, aspect="auto")
    axes.set_xticks(range(len(strip)), tokenizer.encode(sentence).tokens, rotation=45, ha="right")
    axes.set_yticks([3.5, 11.5, 19.5, 27.5], ["forget gate", "input gate", "output gate", "state h"])
    axes.hlines([7.5, 15.5, 23.5], -0.5, len(strip) - 0.5, color="black", linewidth=1.5)
    axes.figure.colorbar(drawn, label="closed, or -1 … open, or +1", fraction=0.03, pad=0.01)

# %% [markdown]
# For the gates, orange is 0, gray is one half and blue is 1. For the states, gray is 0. The same row in each band is the same
# unit, and a word outside the vocabulary is read as `[UNK]`.
#
# Read the strip from left to right. In the lowest band, look for the word at which the state changes most. Then look up. Which
# gates moved with it: input, forget or output? The units of one layer need not agree. The picture leaves out the candidate. Do
# words of praise or blame, such as *wonderful* or *dull*, change more than the others? Change the sentence and look again.
#
# > **What we saw (full run):** The state changed most at *dull*, and next most at *wonderful*. At *dull*, all eight input gates
# > were more than half open, three of the forget gates were mostly closed, and seven of the eight output gates were more than
# > half open. This is one sentence and one training run, so take it as an example, not as a rule.
#
# ## 7. How many parameters?
#
# With E inputs and H units, a recurrent cell has one matrix for the input, one for the state, and a bias. A SimpleRNN has this
# set once. An LSTM has it four times, once for each gate and once for the candidate. A GRU has it three times, and its
# `reset_after` form has two biases in each set. A **bidirectional** layer is two layers with separate parameters: one reads
# from the first word to the last, the other from the last to the first, and their results are joined. `Conv1D(H, 5)`, which the
# next notebook compares with them, has one matrix for each of the 5 positions in its window, and one bias.
#
# Write the formulas down before you look at ours.


# %%
# NBVAL_CHECK_OUTPUT
def parameters(E, H):
    once = E * H + H * H + H
    gru = 3 * (once + H)
    conv = 5 * E * H + H
    return {"SimpleRNN": once, "LSTM": 4 * once, "GRU": gru, "Bidirectional GRU": 2 * gru, "Conv1D": conv}


recurrent = {"SimpleRNN": layers.SimpleRNN(32), "LSTM": layers.LSTM(32), "GRU": layers.GRU(32)}
built = recurrent | {"Bidirectional GRU": layers.Bidirectional(layers.GRU(32)), "Conv1D": layers.Conv1D(32, 5)}
for name, layer in built.items():
    layer.build((None, 120, 16))
    print(f"{name:<18} {parameters(16, 32)[name]:>6,} by formula, {layer.count_params():>6,} by Keras")
    assert layer.count_params() == parameters(16, 32)[name]

# %% [markdown]
# ### Fast kernels on a GPU
#
# On a GPU, the difference between fast and slow depends above all on one question: may the layer use the **fused kernel** of
# cuDNN, which runs all time steps in a single call? That depends on how you configure the layer. `backends.fused_kernel` checks
# the conditions that Keras itself checks:

# %%
# NBVAL_CHECK_OUTPUT
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
for name, layer in configured.items():
    eligible, reason = backends.fused_kernel(layer)
    print(f"{name:<32} {'fused' if eligible else 'slow':<6} {reason}")

# %% [markdown]
# A single argument can cost you the fused kernel. Note that `dropout` is allowed and `recurrent_dropout` is not.
#
# A mask with padding on the left raises an error on a GPU, since cuDNN accepts padding on the right only. This is why section 6
# padded on the right.
#
# ## 8. A language model out of NumPy layers
#
# Now put layers together. A language model reads a word and says how likely each word of the vocabulary is to come next. Five
# layers of `course_utils.cells` are enough:
#
# - An **embedding** looks up the word's vector.
# - An **LSTM** reads it.
# - **Dropout** sets a random fifth of h to 0 during training, so that the model is less able to memorize the text.
# - An **affine** layer turns h into one number per word, its **logit**.
# - **Softmax with cross-entropy** turns the logits into probabilities and a loss.
#
# Each layer has a `forward` and a `backward`, and those with `weights` have `grads` beside them.
#
# The model reads plays by Shakespeare. `contiguous_batches` cuts the text into 20 strips. Batch 0 holds the first 20 words of
# each strip, batch 1 the next 20, so each row of a batch continues where the same row of the batch before stopped. `y_words`
# is the same, shifted by one word.

# %%
play = corpora.load_shakespeare()
words = text.word_tokenizer([play.text[:CHARACTERS]], VOCABULARY)
[stream] = text.encode(words, [play.text[:CHARACTERS]])

# %%
x_words, y_words = contiguous_batches(stream, 20, 20)
print(f"{len(stream):,} words, {words.get_vocab_size()} distinct, {len(x_words) // 20} batches of 20 rows and 20 steps")


# %%
def new_language_model(size=64, seed=0):
    rng = np.random.default_rng(seed)

    def normal(*shape):
        return rng.normal(scale=1 / np.sqrt(shape[0]), size=shape).astype("float32")

    return [
        cells.Embedding(normal(VOCABULARY, size)),
        cells.LSTM(normal(size, 4 * size), normal(size, 4 * size), np.zeros(4 * size, "float32"), stateful=True),
        cells.Dropout(0.2),
        cells.Affine(normal(size, VOCABULARY), np.zeros(VOCABULARY, "float32")),
    ]


# %% [markdown]
# The matrices begin as random numbers, smaller where more of them are added up, so that the sums do not grow with the size of
# the layer.
#
# One training step has three parts. First you go forward through all layers to the loss `nats`. It is the mean of `-log p`,
# where p is the probability of the word that really followed, and its unit is the **nat**. Then you go backward through the
# layers, from the last to the first. `lstm.backward` returns the gradients for its inputs and for its first state, and `[0]`
# takes those for its inputs. Finally, every weight takes a step against its gradient.
#
# If all gradients, taken as one long vector, are longer than 5, they are scaled down to length 5. This is **clipping**, and
# section 9 shows what it protects against. The LSTM is stateful, so each batch begins where the last one ended.

# %%
loss_layer = cells.SoftmaxLoss()


def forward(model, ids, targets, training):
    embedding, lstm, dropout, affine = model
    hidden = dropout.forward(lstm.forward(embedding.forward(ids)), training=training)
    return loss_layer.forward(affine.forward(hidden), targets)


def train_step(model, ids, targets, rate):
    embedding, lstm, dropout, affine = model
    nats = forward(model, ids, targets, training=True)
    embedding.backward(lstm.backward(dropout.backward(affine.backward(loss_layer.backward())))[0])
    gradients = [gradient for layer in model for gradient in layer.grads]
    length = np.sqrt(sum((gradient**2).sum() for gradient in gradients))
    for weight, gradient in zip([w for layer in model for w in layer.weights], gradients, strict=True):
        weight -= rate * gradient * min(1, 5 / length)
    return nats


# %%
model, perplexities = new_language_model(), []

# %%
for _ in trange(PASSES, file=sys.stdout, leave=False, desc="passes through the text"):
    model[1].state = None  # the text begins again
    batches = zip(np.split(x_words, len(x_words) // 20), np.split(y_words, len(y_words) // 20), strict=True)
    perplexities.append(np.exp(np.mean([train_step(model, ids, targets, rate=5.0) for ids, targets in batches])))

# %% [markdown]
# Is that any good? The next cell prints the **perplexity** of each pass, which is `e` to the power of the loss. You can read it
# as the number of equally likely words between which the model hesitates, so lower is better. Compare it with a model that
# knows only how often each word occurs:

# %%
counts = np.bincount(y_words.ravel(), minlength=VOCABULARY) / y_words.size
unigram = np.exp(-np.sum(counts * np.log(np.maximum(counts, 1e-12))))
print("training perplexity, pass by pass:", np.round(perplexities, 1), f"; by word frequencies alone {unigram:.1f}")
assert perplexities[-1] < unigram, "the model must beat the frequencies of single words"

# %% [markdown]
# The LSTM ends below the last figure, so it has learned something about which word follows which in this text, with nothing
# but NumPy. We don't measure here how it does on a text it has not read. And don't compare perplexities from different
# vocabularies. All words outside the vocabulary share one id, so a small vocabulary makes guessing easier.
#
# Weights of 16 bits take half the space of weights of 32 bits, and `cells.save_weights` stores them in this form, in NumPy's
# own file format. What does the rounding cost?

# %%
file, copy = runtime.output_folder("inside_the_cells") / "small.npz", new_language_model(seed=1)
cells.save_weights(file, model)
cells.load_weights(file, copy)
as_float32 = sum(weight.nbytes for layer in model for weight in layer.weights)


# %%
def logits(model):
    embedding, lstm, _, affine = model
    lstm.state = None
    return affine.forward(lstm.forward(embedding.forward(x_words[:20])))


# %%
moved = np.abs(logits(copy) - logits(model)).max()
print(f"{as_float32 / file.stat().st_size:.2f} times smaller; a logit moves by {moved:.4f} at most")
assert moved < 0.1

# %% [markdown]
# You save half the space, and on this first batch you lose next to nothing.
#
# NumPy layers are for learning. For real training, use Keras: in a copy of the repository, `python benchmarks/numpy_cells.py`
# measures both on one LSTM, forward and backward, for several numbers of units and steps.

# %% [markdown]
# ## 9. How far back does it remember?
#
# To find out, we use a task made for this question. In a sequence of `STEPS` tokens, all but one are noise, with ids from 4 to
# 7. One token, somewhere among them, is the message, with an id from 0 to 3. At the end the network must say which message it
# was. The **distance** is the number of tokens that came after the message.


# %%
# NBVAL_CHECK_OUTPUT
def recall(count, seed):
    rng = np.random.default_rng(seed)
    tokens, message = rng.integers(4, 8, (count, STEPS)), rng.integers(0, 4, count)
    distance = rng.integers(0, STEPS, count)
    tokens[np.arange(count), STEPS - 1 - distance] = message
    return tokens.astype("int32"), message.astype("int32"), distance


shown = np.array([[5, 7, 2, 6, 4]])
print("tokens", *shown[0], "→ message", shown[0][shown[0] < 4][0], "at distance 2")

# %% [markdown]
# You will train the three recurrent cells, and for comparison a stack of three convolutions. At each step of the sequence, a
# **convolution** multiplies the vectors in its window by one matrix each and adds up the results. It has no state, so it
# cannot remember anything outside of its window. With `causal`, the window looks only backward. All windows here have 5
# positions. In the first layer, these positions are next to each other. In the second they are 2 steps apart, and in the
# third 4. This spacing is called **dilation**.


# %%
def rememberer(reader, optimizer=lambda: keras.optimizers.Adam(RECALL_RATE, global_clipnorm=1.0)):
    def build():
        tokens = keras.Input((STEPS,), dtype="int32")
        last = reader(layers.Embedding(8, 8)(tokens))
        model = keras.Model(tokens, layers.Dense(4, activation="softmax")(last))
        model.compile(optimizer(), "sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=COMPILE)
        return model

    return build


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
recurrent = ["SimpleRNN", "LSTM", "GRU"]

# %% [markdown]
# How far can the convolutions see? The **receptive field** is the number of steps that the last output depends on.

# %% [markdown]
# ![Three layers of dilated convolutions. Lines from the last output spread out downward until they reach 29 steps.](pictures/receptive_field.png)
#
# Read it from the top down. The last output looks at five positions of the layer below, which are 4 steps apart. Each of them
# looks at five positions that are 2 steps apart, and so on. Nothing reaches the three white steps on the left.

# %% [markdown]
# Each layer adds (window - 1) × dilation steps to the one step that you start with:

# %%
# NBVAL_CHECK_OUTPUT
print("receptive field:", 1 + sum((5 - 1) * rate for rate in (1, 2, 4)), "steps")

# %% [markdown]
# So the convolutions should manage a distance of 28 and fail from 29 on. Train all four networks, and then ask each of them
# 2,000 questions that it was not trained on. The same questions also chose each network's best epoch, which matters little
# here.

# %% [markdown]
# **Predict first.** Which of the three recurrent networks will reliably know a message that came dozens of tokens ago?
#
# <details><summary>A. All three, because a state can be carried as far as you like</summary>
# The formula sets no limit. But look at the numbers of section 1 again. What happened to the 1 of the first step after only two
# more? And here, noise comes in at every step.
# </details>
# <details><summary>B. LSTM and GRU, but not the SimpleRNN</summary>
# Yes. A gate can learn to keep a state nearly as it is and to shut out the noise. A SimpleRNN recomputes its entire state at
# every token, so it depends on luck whether its weights ever get there. Compare the accuracies in the output below.
# </details>
# <details><summary>C. None of them, because the gradient fades over so many steps</summary>
# It does fade, and section 4 gave you a good reason to doubt. But follow the top line of the LSTM's picture once more. By what
# is the gradient multiplied on its way back along c?
# </details>

# %%
asked, message, distance = recall(2_000, 1)
memory = experiments.run(
    rememberers,
    SEEDS,
    train=recall(SEQUENCES, 0)[:2],
    validation=(asked, message),
    epochs=RECALL_EPOCHS,
    patience=RECALL_EPOCHS,
    name="memory",
)


def remembered(name, seed):
    return ops.convert_to_numpy(memory.load(name, seed)(asked)).argmax(axis=1) == message


found = {(name, seed): remembered(name, seed) for name in rememberers for seed in SEEDS}
by_distance = pd.DataFrame(found).groupby(distance // 5 * 5 + 2).mean()

# %% [markdown]
# Before you look: sketch your own curves. Which ones fall, and where? On the left you see means over the seeds. On the right,
# each seed of the SimpleRNN has a separate line. Each point is the mean over five neighboring distances.

# %%
left = {name: by_distance[name].mean(axis=1) for name in ("LSTM", "GRU", "3 Conv1D")}
right = {f"SimpleRNN, seed {seed}": by_distance["SimpleRNN", seed] for seed in SEEDS}
with plots.figure(
    12.0, 4.8, columns=2, title="Which message was it?", ylabel="accuracy",
    alt="Accuracy against distance in two panels. Left: LSTM and GRU stay near 1 throughout. The convolutions stay at 1 up to "
    "their receptive field and then fall to a guess. Right: each seed of the SimpleRNN; on average they run below LSTM and GRU.",
) as panels:  # fmt: skip
    for axes, curves, colors in zip(panels, (left, right), (["C1", "C2", "C3"], "C0"), strict=True):
        look = {"style": ["-", "--", "-."], "color": colors, "ylim": (0, 1.05), "xlabel": "tokens since the message"}
        pd.DataFrame(curves).plot(ax=axes, **look)
        axes.axhline(0.25, color="grey", linestyle=":", label="a guess")
        axes.legend(loc="lower left", frameon=True)

# %%
far = pd.DataFrame(found)[distance >= 29].mean().groupby(level=0).mean()  # beyond the convolutions' receptive field
far.round(2).to_frame("accuracy beyond distance 28")

# %%
assert far[["LSTM", "GRU"]].min() > 0.9, "gates carry the message over any distance"
assert far["3 Conv1D"] < 0.4, "nobody answers what it cannot see"
assert far["SimpleRNN"] < far[["LSTM", "GRU"]].min(), "without gates, carrying is luck"

# %% [markdown]
# **LSTM and GRU carry the message over every distance we asked for.** Their gates make this possible, because they can keep an
# old state almost unchanged.
#
# **The convolutions have a hard edge.** They see everything up to their receptive field and can only guess beyond it, which
# gives one right answer in four. You can compute this edge before you train. The point at 27 covers distances 25 to 29, and the
# last of these is already outside.
#
# **SimpleRNN is unreliable.** Whether it learns the task depends on the seed and on how long you train. Where it doesn't, it
# still does best with messages near the end. Even with distant ones it does better than a guess, which is 0.25. The quick
# profile has one seed. Set `SEEDS` to `[0, 1, 2]` in the settings at the top, run again, and compare the three.
#
# > **What we saw (full run):** LSTM and GRU reached an accuracy of 1.000 from all three seeds. One SimpleRNN of three learned
# > the task at every distance. The other two were right about three times in four when the message was among the last five
# > tokens, and about half of the time beyond. Their best epoch was the last of ten, so with more epochs they might have got
# > further.
#
# ### Where the gradient goes
#
# A network learns from the past only if the loss at the end still changes when a distant input changes. You have the tool to
# measure that: the gradient for the inputs, one vector per step. Copy the weights into the NumPy layers, go back through
# time, and look at the length of the gradient at each step. The loss looks at the last state only, so its own gradient is 0 for
# all earlier states.


# %%
def gradient_by_step(model):
    """Mean length of the loss's gradient for the input of each step, oldest first."""
    embedding, layer, head = [each for each in model.layers if each.weights]
    mine, affine = getattr(cells, type(layer).__name__)(*layer.get_weights()), cells.Affine(*head.get_weights())
    hidden = mine.forward(embedding.get_weights()[0][asked[:200]])
    loss_layer.forward(affine.forward(hidden[:, -1:]), message[:200, None])
    d_hidden = np.zeros_like(hidden)
    d_hidden[:, -1:] = affine.backward(loss_layer.backward())
    return np.linalg.norm(mine.backward(d_hidden)[0], axis=-1).mean(axis=0)


# %% [markdown]
# The figure below shows powers of ten: -4 means one ten-thousandth, and one unit down is ten times less. In the left panel you
# see fresh networks, in the right one those that you trained, from the first seed. Compare slopes and not heights, since a
# network that makes no mistakes has small gradients everywhere. Each curve is a mean over sequences whose message comes at
# different places, so it need not fall steadily.
#
# The table after it has all seeds. A negative number means that more of the gradient arrives at the first step than at the
# last.

# %%
sizes = {"before training": {name: np.log10(gradient_by_step(rememberers[name]())) for name in recurrent}}
for seed in SEEDS:
    trained = {name: np.log10(gradient_by_step(memory.load(name, seed))) for name in recurrent}
    sizes[f"after training, seed {seed}"] = trained

# %% [markdown]
# **Predict first.** Look at networks that have not been trained yet. In which of them does the gradient fade fastest?
#
# <details><summary>A. In the GRU</summary>
# Yes. A fresh update gate is near one half, and halving at every step soon leaves almost nothing. A gate can hold the past, but
# it has to learn that first. Compare the left panel below, and then look at the right one.
# </details>
# <details><summary>B. In the LSTM</summary>
# It does fade there, because a fresh forget gate lets only a part of c pass. But Keras starts its bias at 1, so that it keeps
# more than half. Is there a network whose gate has no such help?
# </details>
# <details><summary>C. In the SimpleRNN, because it has no gates</summary>
# A trained gate can hold the past, but a fresh one hasn't learned that yet. And think of notebook 02: what does the U of a
# fresh SimpleRNN do to the length of a vector?
# </details>

# %%
with plots.figure(
    12.0, 4.8, columns=2, title="How much of the gradient reaches each step", xlabel="time steps before the end",
    ylabel="length, power of ten", alt="Two panels with the same axes, before and after training, with one curve each for "
    "SimpleRNN, LSTM and GRU. Before training the GRU falls most steeply and the SimpleRNN hardly at all. After training the GRU is much flatter.",
) as panels:  # fmt: skip
    for axes, (when, curves) in zip(panels, sizes.items(), strict=False):
        for (name, curve), line in zip(curves.items(), ("-", "--", "-."), strict=True):
            axes.plot(np.arange(STEPS - 1, -1, -1), curve, line, label=name)
        axes.set_title(when)
        axes.grid()
    panels[0].legend()
lost = pd.DataFrame({when: {name: c[-1] - c[0] for name, c in curves.items()} for when, curves in sizes.items()})
assert lost.loc["GRU", "before training"] > lost.loc["SimpleRNN", "before training"], "fresh gates let go"
assert lost.loc["GRU", "after training, seed 0"] < lost.loc["GRU", "before training"], "a trained GRU holds on"
lost.round(1).rename_axis("powers of ten lost from the last step to the first")

# %% [markdown]
# The left panel is the surprise: before training, it is the *gated* networks that are forgetful.
#
# - **GRU.** A fresh update gate is near one half, so the gate alone keeps only half of the old state at each step. Other
#   paths, such as the candidate, carry some more.
# - **LSTM.** A fresh forget gate keeps about three quarters, because Keras starts its bias at 1. Here, too, other paths add
#   to that.
# - **SimpleRNN.** Its recurrent matrix starts orthogonal: it turns a state and does not shrink it. And fresh embeddings are
#   small, so that tanh is almost a straight line with slope 1. So here, unlike in section 4, the gradient hardly fades at
#   first.
#
# Now look at the right panel and the table. The GRU loses less than before. Not all of its gates have to be near 1 for that.
# It can be enough that a few units hold their state. A gradient that shrinks with the distance is called **vanishing**.
#
# The panel does not say which network remembers best: compare what each network lost with its accuracy above. The gradient
# shows what reaches a step, not whether the network makes good use of it. The state must also keep out the noise that comes
# after the message, and a SimpleRNN has no gate for that.
#
# And how could the GRU learn at all, if its gradient faded so fast? Messages come at all distances here. Probably the GRU
# learns from the near ones first, and gates that hold for five steps can hold for more. Exercise 2 at the end of this notebook
# takes the near ones away.
#
# > **What we saw (full run):** The GRU lost 15.8 powers of ten before training, and between 0 and 1.7 afterwards. The LSTM
# > lost 4.7 before, 3.4 afterwards from the first seed, and nothing from the other two. Each figure before training is from
# > one fresh network. The SimpleRNN of seed 2, the one that learned the task at every distance, lost the most of all trained
# > networks: 7.5.
#
# If you take home one sentence from this notebook, take this one: *a gate is a number between 0 and 1, and if the network
# learns to hold it close to 1, the past passes almost unchanged.*
#
# ### Gradients that explode
#
# The opposite happens, too. If each step stretches the gradient by a fifth, eighty steps stretch it by 1.2⁸⁰, which is two
# million. Below is a SimpleRNN with ReLU instead of tanh. **ReLU** turns negative numbers into 0 and leaves all others as they
# are. Where it lets a number through, the recurrent matrix starts out stretching by a fifth at each step. You train it once as
# it is, and once with the gradients of all weights, taken together, **clipped** to length 1 by `global_clipnorm`. It reads only
# the last 30 tokens. Over these, the factor is 1.2²⁹, about 200, and that is already too much.
#
# `SGD` is gradient descent as in section 2. With **momentum**, each step keeps a part of the step before it.


# %%
def stretching(steps):
    start = keras.initializers.Identity(1.2)
    return layers.SimpleRNN(32, activation="relu", recurrent_initializer=start)(steps[:, -30:])


wild = {
    "as it is": rememberer(stretching, lambda: keras.optimizers.SGD(0.02, momentum=0.9)),
    "clipped": rememberer(stretching, lambda: keras.optimizers.SGD(0.02, momentum=0.9, global_clipnorm=1.0)),
}
asked_late, message_late, _ = (each[distance < 30] for each in (asked, message, distance))
many, their_message, their_distance = recall(3 * SEQUENCES, 0)
late = their_distance < 30  # the network could not know the others


# %% [markdown]
# Both networks get the same sequences:

# %%
exploding = experiments.run(
    wild,
    SEEDS,
    train=(many[late], their_message[late]),
    validation=(asked_late, message_late),
    epochs=RECALL_EPOCHS,
    patience=RECALL_EPOCHS,
    name="memory",
)
explosions = exploding.summary()[["runs", "failed", "val_accuracy", "val_accuracy_std"]]
assert explosions["failed"]["as it is"] > 0 and explosions["failed"]["clipped"] == 0
explosions.round(2)

# %% [markdown]
# Without clipping, training ends in values that are not numbers (`nan`). `experiments.run` notes the error in the run's row and
# continues with the next run. In the table, `runs` counts those that finished. A row in which none finished has no accuracy,
# and a single run has no spread. Both show as NaN. With clipping, every run survives. Whether it also learns is a different
# matter. Clipping keeps a training run alive, but it need not turn a badly started network into a good one.
#
# > **What we saw (full run):** Without clipping, every seed failed within its first epoch. With clipping, one of the three
# > networks named the right message three times in four. The other two stayed at a guess.
#
# ## Recap
#
# - A cell computes the next state from an input and the state before, with the same weights at every step.
# - A gradient says how the loss changes when one number is moved a little. Gradient descent steps against it.
# - Backpropagation through time walks the unrolled network backward and adds up each weight's gradients over all steps. A
#   central difference checks it without any calculus.
# - Truncation cuts the walk at the beginning of a batch. The state still comes from further back, but the gradient does not.
# - An LSTM adds to its cell state, and a GRU mixes old and new. Gates decide how much, and a gate near 1 lets the gradient
#   pass.
# - To count parameters, start from inputs × units + units × units + units. Take it once for SimpleRNN, four times for LSTM,
#   and three times for GRU with a second bias. Double it for both directions.
# - LSTM and GRU can carry a message across dozens of noisy steps. A SimpleRNN may manage it, but don't count on it.
#   Convolutions see as far as their receptive field and no further.
# - Clipping keeps exploding gradients from turning the weights into `nan`. It doesn't make sure that the network learns.

# %% [markdown]
# ## Exercises
#
# Start with those [with checked answers](exercises/03_inside_the_cells.ipynb). A
# [solution](solutions/03_inside_the_cells.ipynb) is one click away. Then try these, which have no check:
#
# 1. In section 1, which U keeps the memory of the first input longest? What happens at U = 1, and at U = 1.5?
# 2. In section 9, always put the message first. Which networks still learn it, and how is that related to the gradients before
#    training and to the bias of the forget gate?
# 3. Train the language model of section 8 without clipping. From which learning rate on does it fail?
# 4. Replace the LSTM of section 8 by a `cells.GRU`, and then by a `cells.SimpleRNN`. Which perplexities do you get?
# 5. Save the weights of section 8 in float32 and in float16, and evaluate both. How many digits of the perplexity change?

# %% [markdown]
# ## Further reading
#
# - Elman, [Finding structure in time](https://doi.org/10.1207/s15516709cog1402_1), 1990: the simple recurrent network.
# - Werbos, [Backpropagation through time](https://doi.org/10.1109/5.58337), 1990: what it does and how to do it.
# - Hochreiter and Schmidhuber, [Long short-term memory](https://doi.org/10.1162/neco.1997.9.8.1735), 1997, and Gers et al.,
#   [Learning to forget](https://doi.org/10.1162/089976600300015015), 2000: the LSTM and its forget gate.
# - Pascanu, Mikolov and Bengio, [On the difficulty of training recurrent neural networks](https://arxiv.org/abs/1211.5063),
#   2013: vanishing, exploding, clipping.
# - Cho et al., [Learning phrase representations using RNN encoder-decoder](https://arxiv.org/abs/1406.1078), 2014: the GRU.

# %%
runtime.finish(
    imdb.provenance,
    play.provenance,
    notebook="inside_the_cells",
    headline=f"NumPy equals Keras to {differences.max().max():.0e}; perplexity {perplexities[-1]:.1f} against {unigram:.1f} by "
    f"frequencies; beyond 28 steps LSTM {far['LSTM']:.2f}, SimpleRNN {far['SimpleRNN']:.2f}",
)
