"""Checks of the exercises to notebook 04: what a character costs, batches that follow on, choosing, writing, memory."""

import keras
import numpy as np

from course_utils import char_rnn, training
from course_utils.checks import NotYet, ask, call, expect_close, expect_equal, expect_shape, name_mistake, right
from course_utils.checks._models import answers, compiled, train

ALPHABET = np.array(list("abcdefghijklmnopqrstuvwxyz"))
QUESTION, LETTERS, NATS = 5, 4, 0.7  # of exercise 8: the id that asks, the letters it asks for, what is good enough


def bits_and_perplexity(answer) -> None:
    """Exercise 1: bits per character and perplexity of four guesses."""
    hint = "Return two numbers, the bits first."
    bits, perplexity = expect_shape(ask(answer), (2,), "bits_and_perplexity()", hint=hint)
    mistakes = {
        "That is the perplexity. The bits come first.": 4,
        "That is in nats. Which logarithm has the bit as its unit?": 2 * np.log(2),
        "That is the sum over the word. A character's share is the mean.": 8,
        "A cost is positive: it is the mean of -log p.": -2,
        "You averaged the probabilities first. Take each one's cost, then the mean of the costs.": -np.log2(9 / 32),
    }
    hint = "What does each character cost, and what is their mean?"
    _hold(bits, 2, "The first number, bits per character,", mistakes, hint=hint)
    mistakes = {
        "e goes with nats. Which number goes with bits?": np.exp(2),
        "You averaged the probabilities. The perplexity comes from the mean of the costs.": 32 / 9,
        "You averaged 1/p. The perplexity comes from the mean of the costs.": 4.5,
        "You took the cost of the whole word. It is the mean that counts.": 256,
        "That is below 1. Between how many equally likely characters does the model hesitate?": 0.25,
    }
    hint = "How many equally likely characters would cost as many bits as you found?"
    _hold(perplexity, 4, "The second number, the perplexity,", mistakes, hint=hint)
    right("bits per character and perplexity")


def mean_nats(answer) -> None:
    """Exercise 2: the cross-entropy of a text, from logits."""
    rng = np.random.default_rng(0)
    for length, size in ((7, 5), (1, 3), (40, 65)):
        logits, ids = rng.normal(size=(length, size)).astype("float32"), rng.integers(0, size, length)
        # Keras' own loss has the last word here.
        wanted = float(np.mean(keras.losses.sparse_categorical_crossentropy(ids, logits, from_logits=True)))
        across = np.log(_softmax(logits, axis=0))
        mistakes = {
            "That is the sum. Longer texts would cost more: take the mean.": wanted * length,
            "That is in bits. The nat belongs to the natural logarithm.": wanted / np.log(2),
            "The sign is wrong: a cost is -log p.": -wanted,
            "You took the logits for log probabilities. Softmax first.": -logits[np.arange(length), ids].mean(),
            "Your softmax runs along time. Each step's probabilities must sum to 1.": -across[
                np.arange(length), ids
            ].mean(),
            "You averaged over the whole vocabulary. Only the characters that came count.": -np.log(
                _softmax(logits)
            ).mean(),
        }
        hint = "Softmax along the vocabulary, -log of what the right character got, then the mean: one number."
        _hold(ask(answer, logits, ids, hint=hint), wanted, call(answer, logits, ids), mistakes, hint=hint)
    logits, ids = np.array([[1000.0, 0.0], [1000.0, 0.0]]), np.array([0, 1])
    hint = (
        "Here e**1000 is too large for a float, and the log of 0 is minus infinity. Subtract each row's largest logit "
        "first, and write the log of the softmax as a difference."
    )
    expect_close(ask(answer, logits, ids), 500.0, "mean_nats([[1000, 0], [1000, 0]], [0, 1])", hint=hint)
    logits, said = np.array([[1000.0, 0.0], [0.0, 1.0]]), "mean_nats([[1000, 0], [0, 1]], [0, 1])"
    hint = "Here the rows differ a lot. Subtract each row's own largest logit, not the largest of all."
    with np.errstate(all="ignore"):
        expect_close(ask(answer, logits, ids, hint=hint), np.log1p(np.exp(-1)) / 2, said, hint=hint)
        zeros = ask(answer, np.zeros((6, 65)), np.arange(6))
    expect_close(zeros, np.log(65), "mean_nats of equal logits", hint="Knowing nothing costs ln V.")
    right("mean cross-entropy", "It agrees with Keras, bears large logits, and equal logits cost ln V.")


def soften(answer) -> None:
    """Exercise 3: a temperature that works, for one row or many."""
    one, many = np.array([2.0, 1.0, 0.0, -1.0]), np.array([[2.0, 1.0, 0.0], [0.0, 3.0, -1.0]])
    for logits, temperature in ((one, 2.0), (one, 0.5), (one, 1.0), (many, 0.7), (many[None], 1.5)):
        wanted, changed = _softmax(logits / temperature), np.exp(logits / temperature)
        mistakes = {
            "The temperature changes nothing: dividing probabilities is undone when you make them sum to 1 again. What "
            "has to be divided instead?": _softmax(logits),
            "You multiplied. Above 1 a temperature must flatten the distribution.": _softmax(logits * temperature),
            "All rows together sum to 1. Each row must do so by itself: which axis do you sum over?": changed
            / changed.sum(),
            "Each column sums to 1. Which axis is the vocabulary?": _softmax(logits / temperature, axis=0),
            "You divided the probabilities and left it at that. They no longer sum to 1.": _softmax(logits)
            / temperature,
        }
        hint = "The probabilities of each row must sum to 1."
        _hold(ask(answer, logits, temperature), wanted, call(answer, logits, temperature), mistakes, hint=hint)
    hint = "e to such a power is too large for a float. Subtract the largest number of the row before np.exp."
    power = "Probabilities to such a power vanish. Divide the logits by the temperature, before np.exp."
    own = "Here the rows differ a lot. Subtract each row's own largest number, not the largest of all."
    large = [([3.0, 0.0, -3.0], 0.001, hint), ([900.0, 900.0], 1.0, hint), ([1.0, 0.9, 0.0, 0.0], 0.001, power)]
    for logits, temperature, hint in [*large, ([[1000.0, 0.0], [0.0, 1.0]], 1.0, own)]:
        logits = np.array(logits)
        with np.errstate(all="ignore"):
            found = ask(answer, logits, temperature)
        expect_close(found, _softmax(logits / temperature), call(answer, logits, temperature), hint=hint)
    right("temperature", "It works on the last axis, at any temperature.")


def nucleus(answer) -> None:
    """Exercise 4: the fewest likely characters that reach p."""
    hint = "Return one probability for each character, 0 for those that are cut off."
    given, p = np.array([0.05, 0.5, 0.15, 0.3]), 0.6
    mistakes = {
        "You left out the character that makes the sum reach p.": [0, 1, 0, 0],
        "The right ones are kept, but they do not sum to 1 yet.": [0, 0.5, 0, 0.3],
        "The numbers are right and stand in the wrong places: bring them back from sorted order.": [0.625, 0.375, 0, 0],
        "You went through the characters by id. Begin with the likeliest.": np.array([0.05, 0.5, 0.15, 0]) / 0.7,
    }
    _hold(ask(answer, given, p), [0, 0.625, 0, 0.375], call(answer, given, p), mistakes, hint=hint)
    given, p = np.array([0.1, 0.5, 0.15, 0.25]), 0.75
    mistakes = {"Two characters reach 0.75 exactly, so the third is one too many.": np.array([0, 10, 3, 5]) / 18}
    _hold(ask(answer, given, p), np.array([0, 2, 0, 1]) / 3, call(answer, given, p), mistakes, hint=hint)
    hint = "The likeliest alone is more than p, and it has to stay."
    _hold(ask(answer, np.array([0.25, 0.75]), 0.5), [0, 1], "nucleus([0.25, 0.75], 0.5)", {}, hint=hint)
    hint = "With p = 1 nothing is cut off, also where rounding makes the sum 0.9999999."
    for given in map(np.array, ([0.1, 0.5, 0.15, 0.25], [0.4, 0.3, 0.2, 0.1], [0.7, 0.2, 0.1])):
        _hold(ask(answer, given, 1.0, hint=hint), given, call(answer, given, 1.0), {}, hint=hint)
    rng = np.random.default_rng(1)
    for p in rng.uniform(0.1, 0.95, 20):
        given = rng.dirichlet(np.ones(12))
        kept = next(top for size in range(1, 13) if given[top := np.argsort(-given)[:size]].sum() >= p)
        wanted = np.where(np.isin(np.arange(12), kept), given, 0) / given[kept].sum()
        hint = f"As few characters as reach {p:.2f}, from the likeliest down, made to sum to 1."
        _hold(ask(answer, given, float(p)), wanted, f"nucleus of 12 probabilities with p = {p:.2f}", {}, hint=hint)
    right("top-p", "Also where one character is enough, and where all are needed.")


def follow_on(answer) -> None:
    """Exercise 5: batches whose rows go on where the batch before ended."""
    for length, rows, steps in ((26, 2, 4), (9, 2, 2), (13, 3, 2), (100, 4, 5), (16, 2, 4), (7, 1, 3)):
        _follow_on(answer, np.arange(length), rows, steps)
    ids = np.random.default_rng(2).permutation(100) + 7
    places, found = (ask(answer, each, 4, 5) for each in (np.arange(100), ids))
    for name, place, each in zip("xy", places, found, strict=True):
        if np.asarray(each).tolist() != ids[np.asarray(place)].tolist():
            raise NotYet(
                f"{name} is wrong for a text of other ids. Take the ids themselves, not their places in the text."
            )
    right("batches that follow on", "No character is shown twice, and y is always the next one.")


def _follow_on(answer, ids, rows, steps) -> None:
    said, batches = f"follow_on(np.arange({len(ids)}), {rows}, {steps})", (len(ids) - 1) // (rows * steps)
    hint = "The last input of all needs a character after it: how many inputs can there be at most?"
    pair = ask(answer, ids, rows, steps, hint=hint)
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise NotYet(f"{said} must return two arrays, x and y.")
    hint = f"{len(ids)} characters, one of them only a target, fill {batches} batches of {rows} rows."
    x, y = (
        expect_shape(each, (batches * rows, steps), f"{name} of {said}", hint=hint)
        for each, name in zip(pair, "xy", strict=True)
    )
    if x.dtype.kind + y.dtype.kind not in ("ii", "iu", "ui", "uu"):
        raise NotYet(f"x and y of {said} hold {x.dtype} and {y.dtype}; expected whole numbers, the ids.")
    read = x.reshape(batches, rows, steps)
    if np.array_equal(x, y + 1):
        raise NotYet(f"In {said} you have x and y exchanged: y comes after x.")

    def shown(row):
        return "".join(ALPHABET[row % 26])

    if np.array_equal(x, y):
        raise NotYet(f"In {said} x and y are the same. y holds the character that comes after each of x.")
    if (wrong := np.argwhere(np.any(np.diff(x, axis=1) != 1, axis=1))).size:
        raise NotYet(f"Row {wrong[0, 0]} of {said} is {x[wrong[0, 0]].tolist()}: no {steps} characters in a row.")
    if (wrong := np.argwhere(np.any(y != x + 1, axis=1))).size:
        row, place = wrong[0, 0], np.argmax(y[wrong[0, 0]] != x[wrong[0, 0]] + 1)
        raise NotYet(
            f"In {said}, after the {x[row, place]} at place {place} of row {row}, y has {y[row, place]}. The target of "
            "a row's last character stands outside the row: shift the text before you cut it."
        )
    for number in range(1, batches):
        before, now = read[number - 1], read[number]
        if (wrong := np.flatnonzero(now[:, 0] != before[:, -1] + 1)).size:
            row = wrong[0]
            raise NotYet(
                f"{said}, shown as letters: row {row} of batch {number - 1} is {shown(before[row])!r}, row {row} of "
                f"batch {number} is {shown(now[row])!r}. It should go on where the former ended."
            )
    if len(np.unique(x)) < x.size:
        raise NotYet(f"{said} shows some characters twice. Each row has a strip of the text to itself.")
    if x.min() != ids[0]:
        raise NotYet(f"{said} begins at {x.min()}. The first strip begins where the text begins.")


def witten_bell(answer) -> None:
    """Exercise 6: the probability of a character after a history, by Witten and Bell."""
    _one_character(answer, "abracadabra", "a", "b", 0.1)
    _one_character(answer, "aaab", "aa", "a", 0.25)
    for text, history in (("abracadabra", "z"), ("abcd", "d")):
        hint = "No character follows this history, so there is nothing to count: lean on the shorter run altogether."
        found = ask(answer, text, history, "a", 0.3, hint=hint)
        expect_close(found, 0.3, call(answer, text, history, "a", 0.3), hint=hint)
    hint = "After an empty history comes every character of the text."
    expect_close(ask(answer, "aab", "", "a", 1 / 3), 8 / 15, "witten_bell('aab', '', 'a', 1/3)", hint=hint)
    for text, history, character in (("a.b.c", ".", "b"), ("a\nb\nc\nd", "a", "\n"), ("Aa", "A", "a")):
        _one_character(answer, text, history, character, 0.1)
    text = "the sea and the sand and the seven seals see these sails"
    for history in ("s", "se", "the", " sea", "ls"):
        for character in sorted(set(text)):
            _one_character(answer, text, history, character, 1 / 12)
    right("Witten and Bell", "Also for histories that nothing follows, and for those that overlap.")


def _one_character(answer, text, history, character, shorter) -> None:
    size = len(history)
    followers = [text[at + size] for at in range(len(text) - size) if text[at : at + size] == history]
    both, kinds, total = followers.count(character), len(set(followers)), len(followers)
    overlap = {
        "str.count skips matches that overlap. Go through the text place by place.": (
            text.count(history + character) + kinds * shorter
        )
        / (text.count(history) + kinds),
    }
    mistakes = overlap if history in (history * 2)[1:-1] else {}
    mistakes |= {
        "The history at the very end of the text is followed by nothing: count only where a character follows.": (
            both + kinds * shorter
        )
        / (text.count(history) + kinds),
        "kinds is the number of different characters that follow the history, not how often one follows.": (
            both + total * shorter
        )
        / (2 * total),
        "You counted all the text's kinds of characters. Only those that follow the history count.": (
            both + len(set(text)) * shorter
        )
        / (total + len(set(text))),
        "You left the shorter run out.": both / total,
        "The shorter run's probability is not weighted yet.": (both + shorter) / (total + kinds),
    }
    hint = "Write down which characters follow the history: how many, how many kinds, how often this one?"
    found, said = ask(answer, text, history, character, shorter), call(answer, text, history, character, shorter)
    _hold(found, (both + kinds * shorter) / (total + kinds), said, mistakes, hint=hint)


class _Step:
    """A model of five characters whose choice depends on everything it has read, in order."""

    def __init__(self):
        self.read, self.last, self.lost = [], None, None

    def __call__(self, id, state):
        if np.ndim(id):
            raise TypeError(f"step reads one id at a time; it got {id!r}")
        if state != self.last and self.lost is None:
            self.lost = len(self.read)
        self.read.append(int(id))
        state = (31 * (0 if state is None else state) + 7 * int(id) + 3) % 1009
        self.last = state
        return np.roll([0.1, 2.0, 0.5, -1.0, 0.3], state % 5), state

    def __deepcopy__(self, memo):
        return self

    def __repr__(self):
        return "step"


def _written(prompt, length):
    step, state, text = _Step(), None, list(prompt)
    for place in range(len(prompt) + length - 1):
        logits, state = step(text[place], state)
        if place >= len(prompt) - 1:
            text.append(int(np.argmax(logits)))
    return text[len(prompt) :]


def write_on(answer) -> None:
    """Exercise 7: greedy writing that carries the state."""
    for prompt, length in (([3, 1, 4], 8), ([2], 1), ([0, 1, 2, 3, 0, 1], 30)):
        step = _Step()
        result, said = ask(answer, step, prompt, length), call(answer, step, prompt, length)
        try:
            found = [int(each) for each in result]
        except TypeError:
            raise NotYet(f"{said} must return a list of ids, got {result!r}.") from None
        wanted = _written(prompt, length)
        if found == prompt + wanted:
            raise NotYet(f"{said} returns the prompt, too. Return only what was written.")
        if len(found) != length:
            more = " Where does the return stand?" if len(found) == 1 else ""
            raise NotYet(f"{said} wrote {len(found)} ids instead of {length}.{more}")
        if found != wanted and step.lost is not None:
            raise NotYet(
                f"{said}: call {step.lost} of step (counted from 0) did not get the state that the call before it had "
                "returned. Hand on what step returns."
            )
        if found != wanted and step.read[: len(prompt)] != prompt:
            if not step.read:
                raise NotYet(
                    f"{said}: step was never called. It is the model: it reads an id and says what may come next."
                )
            raise NotYet(f"{said}: step began with {step.read[: len(prompt)]}. It must read the whole prompt first.")
        if found != wanted and step.read[len(prompt) :][:1] == prompt[-1:] != found[:1]:
            raise NotYet(f"{said}: the prompt's last id was read twice. Its logits already say what comes next.")
        read = ", ".join(map(str, step.read[:12])) + (" and more" if len(step.read) > 12 else "")
        hint = f"step read {read}. Each id has to be read once, in order."
        expect_equal(found, wanted, said, hint=hint)
        if len(step.read) > len(prompt) + length:
            raise NotYet(
                f"{said} writes the right text, but read {len(step.read)} ids; {len(prompt) + length} are enough. "
                "The state knows what has been read: do not read it anew."
            )
    right("writing with the state", "Each character was read once.")


def carrying_model(answer) -> None:
    """Exercise 8: a model that remembers further than a batch reaches."""
    batch_size, steps = 32, 6
    keras.utils.set_random_seed(0)
    model = compiled(ask(answer, batch_size), f"carrying_model({batch_size})")
    if (other := ask(answer, 8)).inputs[0].shape[0] not in (8, None):
        raise NotYet(f"carrying_model(8) is built for batches of {other.inputs[0].shape[0]}. Use the argument.")
    _fits(model, batch_size, steps)
    x, y = char_rnn.contiguous_batches(_calls(2_500, seed=1), batch_size, steps)
    reset = training.ResetState()
    train(model, x, y, batch_size=batch_size, epochs=10, shuffle=False, callbacks=[reset])
    x, y = char_rnn.contiguous_batches(_calls(500, seed=2), batch_size, steps)
    output = model.predict(x, batch_size=batch_size, verbose=0, callbacks=[reset]).astype("float64")
    summed = np.allclose(output.sum(axis=-1), 1, atol=1e-3) and output.min() >= 0
    chosen = np.take_along_axis(output if summed else _softmax(output), y[..., None], axis=-1)[..., 0]
    nats = -np.log(np.maximum(chosen, 1e-12))[x == QUESTION].mean()
    if not nats < NATS:
        hint = "The training has about 840 steps: are they large enough, and are there enough units?"
        if nats > 1.1 * np.log(LETTERS):
            hint = "So it has learned nothing, or worse: are the steps far too small, or far too large?"
        raise NotYet(
            f"After 10 epochs your model pays {nats:.2f} nats for a letter that it was asked for; less than {NATS} are "
            f"wanted, and knowing nothing costs {np.log(LETTERS):.2f}. {hint}"
        )
    right("a model that carries its state", f"It pays {nats:.2f} nats for a letter that it was asked for.")


def _calls(number, seed):
    rng, text = np.random.default_rng(seed), []
    for _ in range(number):
        letter = int(rng.integers(LETTERS))
        text += [letter] + [LETTERS] * int(rng.integers(0, 8)) + [QUESTION, letter]
    return np.array(text, dtype="int32")


def _fits(model, batch_size, steps) -> None:
    """Make sure of a model's shape, loss, direction and memory before it is trained."""
    first, other = np.random.default_rng(3).integers(0, LETTERS + 2, (2, batch_size, steps)).astype("int32")

    def outputs(*batches):
        for layer in model.layers:
            if getattr(layer, "stateful", False):
                layer.reset_state()
        return [answers(model, batch) for batch in batches][-1]

    found = outputs(first)
    hint = "It needs an output for each of the six characters after each step."
    expect_shape(found, (batch_size, steps, LETTERS + 2), f"The model's output for ids {first.shape}", hint=hint)
    is_softmax = np.allclose(found.sum(axis=-1), 1, atol=1e-3) and found.min() >= 0
    from_logits = False if isinstance(model.loss, str) else getattr(model.loss, "from_logits", None)
    if from_logits is not None and is_softmax == from_logits:
        what = "a softmax, and the loss expects logits" if is_softmax else "logits, and the loss expects probabilities"
        raise NotYet(f"The model's outputs are {what}. Which of the two applies the softmax (from_logits)?")
    changed = first.copy()
    changed[:, -1] = (changed[:, -1] + 1) % (LETTERS + 2)
    if not np.allclose(outputs(changed)[:, :-1], found[:, :-1], atol=1e-5):
        raise NotYet("The model looks ahead: an earlier output changed when we changed the last character of the rows.")
    if np.allclose(outputs(first, other), outputs(changed, other), atol=1e-6):
        raise NotYet(
            "The model forgets between batches: we changed the last character of the batch before, and its output "
            "stayed the same. Which argument of the layer keeps the state?"
        )


def _softmax(logits, axis=-1):
    shares = np.exp(logits - logits.max(axis=axis, keepdims=True))
    return shares / shares.sum(axis=axis, keepdims=True)


def _hold(result, wanted, said, mistakes, *, hint) -> None:
    """Hold numbers against the wanted ones; a result that equals a known mistake's gets that mistake's message."""
    wanted = np.asarray(wanted, dtype=float)
    found = expect_shape(result, wanted.shape, said, hint=hint)
    name_mistake(found, wanted, mistakes, said)
    expect_close(found, wanted, said, hint=hint)
