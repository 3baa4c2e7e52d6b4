"""Check the exercises on the character model: the cost of a text, contiguous batches, sampling, writing, memory."""

from collections.abc import Callable
from functools import partial

import numpy as np
from scipy.special import log_softmax, softmax

from course_utils.batches import contiguous_batches
from course_utils.callbacks import ResetState
from course_utils.checks import NotYet, ask, call, right, shown
from course_utils.checks.expect import expect, expect_close, expect_equal, expect_shape, hold, name_mistake
from course_utils.checks.models import expect_matching_loss, fresh_model, outputs, train
from course_utils.checks.progress import watch

QUESTION, LETTERS, NATS = 5, 4, 0.7  # of exercise 8: the id that asks, the letters it asks for, what is good enough
OWN_ROW = "Here the rows differ a lot. Subtract each row's own largest number, not the largest of all."
UNSEEN = "No character follows this history, so there is nothing to count: rely on the shorter history alone."
_shares = partial(softmax, axis=-1)


def _costs(logits, ids, axis=-1):
    return -log_softmax(logits, axis=axis)[np.arange(len(ids)), ids]


def _nucleus(probabilities, p, *, key=np.negative, kept=np.less, own=0):
    order = np.argsort(key(probabilities), kind="stable")
    falling = probabilities[order]
    order = order[kept(np.cumsum(falling) - (1 - own) * falling, p)]
    return np.where(np.isin(np.arange(len(falling)), order), probabilities, 0) / probabilities[order].sum()


def _counts(text, history, character):
    places = [at + len(history) for at in range(len(text) - len(history)) if text[at:].startswith(history)]
    followers = [text[place] for place in places]
    return followers.count(character), len(followers), len(set(followers))


def _mix(n, total, kinds, shorter, *_):
    return (n + kinds * shorter) / (total + kinds) if total else shorter


def _counting(formula):
    """Build an answer to exercise 6 from a formula of n (how often the character follows), total, kinds and shorter."""
    return lambda text, h, character, shorter: formula(*_counts(text, h, character), shorter, text, h)


MISTAKES = {
    "bits_and_perplexity": {
        "That is the perplexity. The bits come first.": (4.0, 4.0),
        "That is in nats. Which logarithm has the bit as its unit?": (2 * np.log(2), 4.0),
        "That is the sum over the word. A character's share is the mean.": (8.0, 4.0),
        "A cost is positive: it is the mean of -log p.": (-2.0, 4.0),
        "You averaged the probabilities first. Take the cost of each one, then the mean.": (-np.log2(9 / 32), 4.0),
        "e goes with nats. Which number goes with bits?": (2.0, np.exp(2)),
        "You averaged the probabilities. The perplexity comes from the mean of the costs.": (2.0, 32 / 9),
        "You averaged 1/p. The perplexity comes from the mean of the costs.": (2.0, 4.5),
        "You took the cost of the whole word. It is the mean that counts.": (2.0, 256.0),
        "That is below 1. Between how many equally likely characters does the model hesitate?": (2.0, 0.25),
    },
    "mean_nats": {
        "That is the sum. Longer texts would cost more: take the mean.": lambda *given: _costs(*given).sum(),
        "Those are the costs of all the characters. Take their mean.": _costs,
        "That is in bits. The nat belongs to the natural logarithm.": lambda *given: _costs(*given).mean() / np.log(2),
        "The sign is wrong: a cost is -log p.": lambda *given: -_costs(*given).mean(),
        "You took logits for log probabilities. Softmax first.": lambda x, y: -x[np.arange(len(y)), y].mean(),
        "Your softmax runs along time, not along the vocabulary.": lambda *given: _costs(*given, axis=0).mean(),
        "Average over the characters that came, not the vocabulary.": lambda x, y: -log_softmax(x, axis=-1).mean(),
    },
    "soften": {
        "The temperature changes nothing: making the sum 1 undoes it. Divide earlier.": lambda x, t: _shares(x),
        "You multiplied. Above 1 a temperature must flatten the distribution.": lambda x, t: _shares(x * t),
        "All rows together sum to 1. Each row must do so: which axis do you sum over?": lambda x, t: softmax(x / t),
        "Each column sums to 1. Which axis is the vocabulary?": lambda x, t: softmax(x / t, axis=0),
        "You divided the probabilities and left it at that. They no longer sum to 1.": lambda x, t: _shares(x) / t,
    },
    "nucleus": {
        "You left out the character that makes the sum reach p.": partial(_nucleus, kept=np.less_equal, own=1),
        "The right ones are kept, but they do not sum to 1 yet.": lambda x, p: np.where(_nucleus(x, p) > 0, x, 0),
        "The numbers are right but in the wrong positions: undo the sort.": lambda x, p: -np.sort(-_nucleus(x, p)),
        "You went through the characters by id. Begin with the likeliest.": partial(_nucleus, key=np.zeros_like),
        "Without the last one the sum is p already, so it is one too many.": partial(_nucleus, kept=np.less_equal),
        "Return one for every character, 0 if it is cut off.": lambda x, p: (kept := _nucleus(x, p))[kept > 0],
    },
    "follow_on": {},
    "witten_bell": {
        "str.count skips matches that overlap. Go through the text position by position.": lambda text, h, c, shorter: (
            _mix(text.count(h + c), text[:-1].count(h), _counts(text, h, c)[2], shorter)
        ),
        "Nothing follows the history at the very end of the text. Count only where a character follows.": _counting(
            lambda n, total, kinds, p, text, h: _mix(n, total + text.endswith(h), kinds, p)
        ),
        "kinds is how many different characters follow.": _counting(lambda n, t, k, p, *_: (n + t * p) / (2 * t)),
        "Only the kinds after the history count.": _counting(lambda n, t, k, p, text, _: _mix(n, t, len(set(text)), p)),
        "You left the shorter history out.": _counting(lambda n, total, *_: n / total),
        "The shorter history's probability has no weight yet.": _counting(lambda n, t, k, p, *_: (n + p) / (t + k)),
        UNSEEN: _counting(lambda n, total, kinds, shorter, *_: (n + kinds * shorter) / (total + kinds)),
    },
    "write_on": {},
    "carrying_model": {},
}
__all__ = ["MISTAKES", "hint", "progress", *MISTAKES]


def bits_and_perplexity(answer: Callable) -> None:
    """Exercise 1: bits per character and perplexity of four guesses."""
    found = expect_shape(ask(answer), (2,), "bits_and_perplexity()", hint="Return two numbers, the bits first.")
    for part, (wanted, name) in enumerate(((2.0, "bits per character"), (4.0, "the perplexity"))):
        name_mistake(found[part], wanted, MISTAKES["bits_and_perplexity"], f"Number {part + 1}, {name},", part=part)
        expect_close(found[part], wanted, f"Number {part + 1}, {name},", hint="What does each character cost in bits?")
    right("bits per character and perplexity")


def mean_nats(answer: Callable) -> None:
    """Exercise 2: the cross-entropy of a text, from logits."""
    hint = "Softmax along the vocabulary, -log of the probability of each character that came, then the mean."
    zero = "e**1000 is too large, and the log of 0 infinite. Subtract each row's largest logit and keep to logarithms."
    rng, sizes = np.random.default_rng(0), ((7, 5), (1, 3), (40, 65))
    cases = [(rng.normal(size=size).astype("float32"), rng.integers(0, size[1], size[0]), hint) for size in sizes]
    big, ids = np.array([[[1000.0, 0], [1000, 0]], [[1000, 0], [0, 1]]]), np.arange(2)
    cases += [(big[0], ids, zero), (big[1], ids, OWN_ROW), (np.zeros((6, 65)), np.arange(6), "Equal logits cost ln V.")]
    for logits, ids, hint in cases:
        hold(answer, [logits, ids], float(_costs(logits, ids).mean()), MISTAKES["mean_nats"], hint=hint)
    right("mean cross-entropy", "It agrees with Keras, large logits do no harm, and equal logits cost ln V.")


def soften(answer: Callable) -> None:
    """Exercise 3: a temperature that works, for one row or many."""
    one, many, hint = [2.0, 1.0, 0.0, -1.0], [[2.0, 1.0, 0.0], [0.0, 3.0, -1.0]], "Each row must sum to 1."
    large = "e to such a power is too large for a float. Subtract the largest number of the row before np.exp."
    power = "Probabilities to such a power vanish. Divide the logits by the temperature, before np.exp."
    cases = [(one, 2.0, hint), (one, 0.5, hint), (one, 1.0, hint), (many, 0.7, hint), ([many], 1.5, hint)]
    cases += [([3.0, 0.0, -3.0], 0.001, large), ([900.0, 900.0], 1.0, large)]
    cases += [([1.0, 0.9, 0.0, 0.0], 0.001, power), ([[1000.0, 0.0], [0.0, 1.0]], 1.0, OWN_ROW)]
    for logits, temperature, hint in cases:
        wanted = _shares(np.array(logits) / temperature)
        hold(answer, [np.array(logits), temperature], wanted, MISTAKES["soften"], hint=hint)
    right("temperature", "It works on the last axis, at any temperature.")


def nucleus(answer: Callable) -> None:
    """Exercise 4: the fewest likely characters that reach p."""
    rng = np.random.default_rng(1)
    rounding = "With p = 1 nothing is cut off, even where rounding makes the sum 0.9999999."
    few, alone = "Keep as few as reach p, from the likeliest down.", "The likeliest alone is more than p. Keep it."
    cases = [([0.05, 0.5, 0.15, 0.3], 0.6, few), ([0.1, 0.5, 0.15, 0.25], 0.75, few), ([0.25, 0.75], 0.5, alone)]
    cases += [(given, 1.0, rounding) for given in ([0.1, 0.5, 0.15, 0.25], [0.4, 0.3, 0.2, 0.1], [0.7, 0.2, 0.1])]
    cases += [(rng.dirichlet(np.ones(12)), float(p), few) for p in rng.uniform(0.1, 0.95, 20)]
    for given, p, hint in cases:
        hold(answer, [np.array(given), p], _nucleus(np.array(given), p), MISTAKES["nucleus"], hint=hint)
    right("top-p", "Even where one character is enough, and where all are needed.")


def follow_on(answer: Callable) -> None:
    """Exercise 5: batches in which each row goes on where the same row of the batch before it ended."""
    for length, rows, steps in ((26, 2, 4), (9, 2, 2), (13, 3, 2), (100, 4, 5), (16, 2, 4), (7, 1, 3)):
        _contiguous(answer, np.arange(length), rows, steps)
    ids = np.random.default_rng(2).permutation(100) + 7
    for name, positions, found in zip("xy", *(ask(answer, text, 4, 5) for text in (np.arange(100), ids)), strict=True):
        expect(np.array_equal(found, ids[np.asarray(positions)]), f"{name} holds positions. Take the ids themselves.")
    right("contiguous batches", "No character is shown twice, and y is always the next one.")


def _contiguous(answer, ids, rows, steps):
    said, batches = call(answer, ids, rows, steps), (len(ids) - 1) // (rows * steps)
    hint = "The last input needs a character after it: how many inputs can there be at most?"
    pair = ask(answer, ids, rows, steps, hint=hint)
    expect(isinstance(pair, tuple | list) and len(pair) == 2, f"{said} must return two arrays, x and y.")
    hint = f"{len(ids)} characters, one of them only a target, fill {batches} batches of {rows} rows."
    x, y = (expect_shape(pair[i], (batches * rows, steps), f"{'xy'[i]} of {said}", hint=hint) for i in range(2))
    expect({x.dtype.kind, y.dtype.kind} <= {"i", "u"}, f"{said} holds {x.dtype}, {y.dtype}; expected whole numbers.")
    problems = {
        "You have x and y exchanged: y comes after x.": np.array_equal(x, y + 1),
        "x and y are the same. y holds the character that comes after each one in x.": np.array_equal(x, y),
        "Not every row of x is a run of the text.": np.any(np.diff(x) != 1),
        "A row's last target is outside the row: shift the text before you cut it.": np.any(y != x + 1),
        "Each row should go on where it ended in the batch before.": np.any(x[rows:, 0] != x[:-rows, -1] + 1),
        "Some characters are shown twice. Each row has a part of the text to itself.": len(np.unique(x)) < x.size,
        "The first row should begin where the text begins.": x.min() != ids[0],
    }
    for words, wrong in problems.items():
        came = [shown(part.reshape(batches, rows, steps).tolist(), 120) for part in (x, y)]
        expect(not wrong, f"{said} gives, batch by batch, x {came[0]} and y {came[1]}. {words}")


def witten_bell(answer: Callable) -> None:
    """Exercise 6: the probability of a character after a history, by Witten and Bell."""
    cases = [("abracadabra", "a", "b", 0.2), ("aaab", "aa", "a", 0.25)]
    cases += [("abracadabra", "z", "a", 0.3), ("abcd", "d", "a", 0.3), ("aab", "", "a", 1 / 3)]
    cases += [("a.b.c", ".", "b", 0.1), ("a\nb\nc\nd", "a", "\n", 0.1), ("Aa", "A", "a", 0.1)]
    text = "the sea and the sand and the seven seals see these sails"
    cases += [(text, history, c, 1 / 12) for history in ("s", "se", "the", " sea", "ls") for c in sorted(set(text))]
    for text, history, character, shorter in cases:
        seen = "Compare letter for letter: which characters follow the history, how many kinds, how often this one?"
        hint = seen if _counts(text, history, character)[1] else UNSEEN
        wanted = float(_counting(_mix)(text, history, character, shorter))
        hold(answer, [text, history, character, shorter], wanted, MISTAKES["witten_bell"], hint=hint)
    right("Witten and Bell", "Even for histories that nothing follows, and for those that overlap.")


class _Step:
    """A model of five characters whose choice depends on everything it has read, in order; it keeps a log."""

    def __init__(self):
        self.read, self.last, self.lost = [], None, False

    def __call__(self, index, state):
        self.lost |= state != self.last
        self.read.append(int(index))
        self.last = (31 * (0 if state is None else state) + 7 * int(index) + 3) % 1009
        return np.roll([0.1, 2.0, 0.5, -1.0, 0.3], self.last % 5), self.last

    def __deepcopy__(self, memo):
        return self

    def __repr__(self):
        return "step"


def _written(step, prompt, length):
    text, state = list(prompt), None
    for place in range(len(prompt) + length - 1):
        logits, state = step(text[place], state)
        text += [int(np.argmax(logits))] if place >= len(prompt) - 1 else []
    return text[len(prompt) :]


def write_on(answer: Callable) -> None:
    """Exercise 7: greedy writing that carries the state."""
    for prompt, length in (([3, 1, 4], 8), ([2], 1), ([0, 1, 2, 3, 0, 1], 30)):
        step, wanted = _Step(), _written(_Step(), prompt, length)
        found = ask(answer, step, prompt, length)
        read = ", ".join(map(str, step.read[:12])) + (" and more" if len(step.read) > 12 else "")
        said = f"{call(answer, step, prompt, length)}, in which step read {read or 'nothing'},"
        name_mistake(found, wanted, {"Return only what was written, without the prompt.": prompt + wanted}, said)
        expect_shape(found, (length,), said, hint=f"Return a list of {length} ids. Where does the return stand?")
        again = step.read[len(prompt) :][:1] == prompt[-1:] != [found[0]]
        hint = "The prompt's last id was read twice. Its logits already say what comes next." if again else ""
        hint = "The model must read the whole prompt first." if step.read[: len(prompt)] != prompt else hint
        hint = "Every call of step needs the state that the call before it returned." if step.lost else hint
        expect_equal(found, wanted, said, hint=hint or "Each id has to be read once, in order.")
        expect(len(step.read) <= len(prompt) + length, f"{said} is right. But don't read again: the state knows that.")
    right("writing with the state", "Each character was read once.")


def carrying_model(answer: Callable) -> None:
    """Exercise 8: a model that remembers further than a batch reaches."""
    batch_size, steps, reset = 32, 6, ResetState()
    rows = fresh_model(answer, 8).inputs[0].shape[0]
    expect(rows in (8, None), f"carrying_model(8) is built for batches of {rows}. Use the argument.")
    softmax_inside = _fits(model := fresh_model(answer, batch_size), batch_size, steps)
    x, y = contiguous_batches(_calls(2_500, seed=1), batch_size, steps)
    train(model, x, y, batch_size=batch_size, epochs=10, shuffle=False, callbacks=[reset])
    x, y = contiguous_batches(_calls(500, seed=2), batch_size, steps)
    found = model.predict(x, batch_size=batch_size, verbose=0, callbacks=[reset]).astype("float64")
    log_shares = np.log(np.maximum(found, 1e-12)) if softmax_inside else log_softmax(found, axis=-1)
    nats = -np.take_along_axis(log_shares, y[..., None], axis=-1)[x == QUESTION].mean()
    if not nats < NATS:
        hint = "The training has about 840 steps: are they large enough, and are there enough units?"
        if nats > 1.1 * np.log(LETTERS):
            hint = "So it has learned nothing, or worse: are the steps far too small, or far too large?"
        paid = f"After 10 epochs your model pays {nats:.2f} nats for a letter that it was asked for"
        raise NotYet(f"{paid}. Less than {NATS} is wanted; knowing nothing costs {np.log(LETTERS):.2f}. {hint}")
    right("a model that carries its state", f"It pays {nats:.2f} nats for a letter that it was asked for.")


def _calls(number, seed):
    pairs = np.random.default_rng(seed).integers([LETTERS, 8], size=(number, 2)).tolist()
    parts = [[letter, *[LETTERS] * dots, QUESTION, letter] for letter, dots in pairs]
    return np.concatenate(parts).astype("int32")


def _fits(model, batch_size, steps):
    """Make sure of a model's shape, loss, direction and memory before it is trained; say whether it is a softmax."""
    first, second = np.random.default_rng(3).integers(0, LETTERS + 2, (2, batch_size, steps)).astype("int32")

    def after(*batches):
        for layer in model.layers:
            if getattr(layer, "stateful", False):
                layer.reset_state()
        return [outputs(model, batch) for batch in batches][-1]

    found = after(first)
    hint = "It needs an output for each of the six characters after each step."
    expect_shape(found, (batch_size, steps, LETTERS + 2), f"The model's output for ids {first.shape}", hint=hint)
    softmax_inside = expect_matching_loss(model, found)
    changed = first.copy()
    changed[:, -1] = (changed[:, -1] + 1) % (LETTERS + 2)
    past = np.allclose(after(changed)[:, :-1], found[:, :-1], atol=1e-5)
    expect(past, "The model looks ahead: an earlier output changed when we changed the last character of the rows.")
    carried = not np.allclose(after(first, second), after(changed, second), atol=1e-6)
    expect(carried, "The model forgets between batches: the batch before changes nothing. What keeps the state?")
    return softmax_inside


hint, progress = watch(globals())
