# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions to 05 · A character model of Shakespeare
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/sequence-models-for-text/course/blob/main/notebooks/solutions/05_char_rnn.ipynb)
#
# Our answers to the [exercises](../exercises/05_char_rnn.ipynb) of [notebook 05](../05_char_rnn.ipynb). Your answer may look
# different and still be right, because the checks accept any answer that does what the exercise asks. Try each exercise
# yourself *before* you look here.
#
# **Time:** about an hour and a half to solve the exercises. No cell takes the computer more than half a minute, and you don't
# need a corpus.
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
from course_utils import runtime
from course_utils.checks import char_rnn as checks

runtime.start(seed=42)

# %%
import keras
import numpy as np
from keras import layers

# %% [markdown]
# ## 1. Predict two numbers
#
# A model read the word *tree*. It gave the four characters `t`, `r`, `e` and `e` the probabilities 1/2, 1/4, 1/8 and 1/4, in
# this order. How many bits per character did the word cost, and what is the perplexity? You don't need a computer.


# %% tags=["solution"]
def bits_and_perplexity():
    """Return two numbers: the bits per character, then the perplexity."""
    return (1 + 2 + 3 + 2) / 4, 2**2


# %%
checks.bits_and_perplexity(bits_and_perplexity)

# %% [markdown]
# ## 2. What a text costs
#
# Write the cross-entropy yourself, without a Keras loss. Your function gets the logits that a model gave at each step and the
# ids of the characters that really came. Make sure that large logits don't break it. No float can hold e to the power of 1000,
# for example.


# %% tags=["solution"]
def mean_nats(logits, ids):
    """Return the mean cross-entropy in nats per character, one number.

    `logits` are floats (time, vocabulary); `ids` are ints (time,): the character that came at each step.
    """
    logits = logits - logits.max(axis=-1, keepdims=True)
    log_probabilities = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    return -log_probabilities[np.arange(len(ids)), ids].mean()


# %%
checks.mean_nats(mean_nats)

# %% [markdown]
# ## 3. A temperature without effect
#
# Somebody wrote the function below, and whatever temperature you set, the text stays the same. The function has two more
# mistakes. One shows up when you pass several rows of logits, the other when the logits are large. Fix all three.
#
# ```python
# def soften(logits, temperature):
#     shares = np.exp(logits) / np.sum(np.exp(logits))
#     shares = shares / temperature
#     return shares / np.sum(shares)
# ```


# %% tags=["solution"]
def soften(logits, temperature):
    """Return the probabilities at a temperature above 0.

    `logits` are floats (..., vocabulary); the result has the same shape, and sums to 1 along the last axis.
    """
    logits = (logits - logits.max(axis=-1, keepdims=True)) / temperature
    return np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)


# %%
checks.soften(soften)

# %% [markdown] tags=["solution"]
# These are the three mistakes:
#
# 1. If you divide probabilities by a number and then make them sum to 1 again, the division has no effect. Divide the logits
#    instead.
# 2. `np.sum` without an axis sums over all rows.
# 3. `np.exp` of a large number is infinite. Subtract each row's largest number first.

# %% [markdown]
# ## 4. Cut off the tail
#
# Write top-p, this time starting from probabilities. Go from the likeliest character down, and keep as few as you need for
# their sum to reach `p`. All others get 0, and you scale what is left so that it sums to 1 again. You don't have to worry
# about ties between equal probabilities.


# %% tags=["solution"]
def nucleus(probabilities, p):
    """Return the probabilities after top-p, floats (vocabulary,), in the places they had.

    `probabilities` are floats (vocabulary,) that sum to 1; `p` is above 0 and at most 1.
    """
    order = np.argsort(-probabilities)
    falling = probabilities[order]
    kept = order[np.cumsum(falling) - falling < p]  # the sum of all that is likelier has not reached p
    result = np.zeros_like(probabilities)
    result[kept] = probabilities[kept] / probabilities[kept].sum()
    return result


# %%
checks.nucleus(nucleus)

# %% [markdown]
# ## 5. Batches that follow on
#
# Cut a text into contiguous batches, so that a state can be carried from one batch to the next. Each row of a batch gets one
# strip of the text, and row 3 of a batch continues where row 3 of the batch before it ended. Put the rows of all batches below
# each other: first those of batch 0, then those of batch 1, and so on. At the end, leave out whatever does not fill a whole
# batch. `course_utils` can do this. Can you do it, too?


# %% tags=["solution"]
def follow_on(ids, batch_size, time_steps):
    """Return x and y, both int arrays (batches * batch_size, time_steps); y is x moved on by one character.

    `ids` are ints (characters,), enough of them for one batch and the character after it.
    """
    batches = (len(ids) - 1) // (batch_size * time_steps)
    used = batches * batch_size * time_steps
    x, y = (part.reshape(batch_size, batches, time_steps) for part in (ids[:used], ids[1 : used + 1]))
    return x.swapaxes(0, 1).reshape(-1, time_steps), y.swapaxes(0, 1).reshape(-1, time_steps)


# %%
checks.follow_on(follow_on)

# %% [markdown]
# ## 6. Lean on the shorter run
#
# Here is Witten and Bell's formula once more. This time you compute it for one character, directly from a string:
#
# `p(c | h) = (count(h c) + kinds(h) · p(c | h shortened)) / (count(h) + kinds(h))`
#
# Here, `count(h)` says how often *any* character follows h, and `kinds(h)` says how many different ones do. If nothing ever
# followed h, the shorter run's probability is all you have. Runs may overlap: in "aaab", the history "aa" occurs twice.


# %% tags=["solution"]
def witten_bell(text, history, character, shorter):
    """Return the probability of `character` (a string of length 1) after `history` (a string, may be empty).

    `text` is the string to count in; `shorter` is the probability from the shortened history.
    """
    n = len(history)
    followers = [text[i + n] for i in range(len(text) - n) if text[i : i + n] == history]
    kinds = len(set(followers))
    if not followers:
        return shorter
    return (followers.count(character) + kinds * shorter) / (len(followers) + kinds)


# %%
checks.witten_bell(witten_bell)

# %% [markdown]
# ## 7. Write with the state in hand
#
# A `step` reads one id and a state, and returns the logits of the next character and the new state. Before the first character,
# the state is `None`. Here is a toy model with five characters, so that you can try your function:


# %%
def toy_step(id, state):
    state = 1 if state is None else state + 1
    return np.eye(5)[(id + state) % 5], state


print(toy_step(3, None))

# %% [markdown]
# The function below was meant to write greedily. It stops too early, and it reads everything again and again. Fix it so that
# it reads the prompt only once, and each character that it writes only once.
#
# ```python
# def write_on(step, prompt, length):
#     written, state = [], None
#     for _ in range(length):
#         for id in prompt + written:
#             logits, state = step(id, state)
#         written.append(int(np.argmax(logits)))
#         return written
# ```


# %% tags=["solution"]
def write_on(step, prompt, length):
    """Return the `length` ids (a list) that greedy writing puts after the prompt, `length` being 1 or more.

    `step(id, state)` gives logits (vocabulary,) and the new state; `prompt` is a list of at least one id.
    """
    written, state = [], None
    for id in prompt:
        logits, state = step(id, state)
    while len(written) < length:
        written.append(int(np.argmax(logits)))
        logits, state = step(written[-1], state)
    return written


# %%
checks.write_on(write_on)

# %% [markdown]
# ## 8. A memory longer than a batch
#
# Here is a strange text. It calls out a letter, continues with up to seven dots and a question mark, and then repeats the
# letter that it called out. After that comes the next letter:


# %%
def calls(number, rng):
    letters = rng.choice(list("abcd"), number)
    return "".join(letter + "." * rng.integers(0, 8) + "?" + letter for letter in letters)


print(calls(8, np.random.default_rng(0)))

# %% [markdown]
# The check cuts such a text into contiguous batches of 6 time steps, so the letter is often in an earlier batch than its
# question mark. Return a compiled model that can answer anyway. The check trains it for 10 epochs, which makes about 840
# steps, without shuffling and with the states emptied before each epoch.
#
# Then the check measures your model on a new text, and only at the letters after a question mark. For these, it must pay less
# than 0.7 nats on average. A model that knows nothing pays ln 4, which is 1.39, and one that begins each batch without a past
# pays about 1. With so few steps, you need a large learning rate. Try 0.01.


# %% tags=["solution"]
def carrying_model(batch_size):
    """Return a compiled Keras model: ids (batch_size, time) of 6 characters to (batch_size, time, 6).

    The six outputs of a step are logits or probabilities of the next character; the loss has to fit them.
    """
    ids = keras.Input(batch_shape=(batch_size, None), dtype="int32")
    hidden = layers.GRU(32, return_sequences=True, stateful=True)(layers.Embedding(6, 8)(ids))
    model = keras.Model(ids, layers.Dense(6)(hidden))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss)
    return model


# %%
checks.carrying_model(carrying_model)

# %% [markdown]
# ## 9. To think about
#
# Our network pays 1.455 nats per character. A friend has trained a network on the same play. She says that hers pays 0.9 nats
# and writes whole speeches without a mistake. Is hers the better model? What would you ask her, and what would you measure?

# %% [markdown] tags=["solution"]
# *0.9 of what?* Ask whether she means nats or bits, and whether she counts per character or per token. 0.9 nats are 1.3 bits.
#
# *On which text?* Our network pays 1.457 nats on the last tenth, which it never saw. A network that is big enough can get to
# 0.9 on the text it was trained on by learning it by heart. On the last tenth, it may then pay more than the counting model,
# which pays 1.516. So ask her for the loss on the same last tenth, with the same 65 characters. Lower-cased text has only 39
# and is easier. Was the text shuffled before it was split? Did each character have a past, or did every block begin cold? Ours
# pays 1.455 warm and 1.470 cold. Has her network seen Shakespeare elsewhere, as a network trained on texts from the web has?
# Did she use that very tenth to choose the best of many training runs? If so, even an honest figure is a little too good, as
# ours is.
#
# *Whose speeches?* Measure the longest copied run, and compare it with the author's own. The first 3,000 characters of the
# real text after the cut share a run of 22 characters with the text before the cut. As many characters of ours, written at
# temperature 1, share a run of 23. That isn't copying. Runs of several hundred characters would be. Flawless words alone tell
# you little. At temperature 0.1, 99.2% of our words occur in the training text, against 91.7% of the author's. But 18% of the
# five-word runs are repeats, and the longest copy has 27 characters. At 1.0, only 82.1% of the words occur there, and almost
# no five-word run comes back. So ask for her temperature, too, and compare texts at the same one.
#
# What should convince you? A loss below 1.455 on the last tenth, measured warm and only once, with copied runs about as long
# as the author's. Even then, some questions stay open. One play is only one test, one training run is only one seed, and a low
# loss tells you that the next character is guessed well, not that a speech makes sense.

# %%
runtime.finish(headline="9 exercises")
