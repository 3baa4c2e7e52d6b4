"""Check the exercises of notebook 07: ids, perplexity, units, fallbacks, sampling, parameters, a listing, a cache."""

import warnings
from collections import Counter
from collections.abc import Callable
from functools import partial

import numpy as np
from scipy.special import logsumexp, softmax, xlogy

from course_utils import cells
from course_utils.backends import keras
from course_utils.checks import ask, right
from course_utils.checks.expect import expect, hold, same
from course_utils.checks.progress import watch


def _ids(train, text, most, *, order=list, mark=" <eos> ", keep=True):
    counted = Counter(train.replace("\n", mark).split()).most_common()
    known = ["<unk>", *order([word for word, _ in counted])[:most]]
    return known, [known.index(w) if w in known else 0 for w in text.replace("\n", mark).split() if keep or w in known]


def _mean(p):
    return -xlogy(1, p).mean()  # np.log would warn of log(0)


def _total(nats, text, end=1):
    return nats * len(text) / (len(text.split()) + end * text.count("\n"))


def _before(ids, V):
    return np.bincount(np.unique(np.stack([ids[:-1], ids[1:]], axis=1), axis=0)[:, 1], minlength=V)


def _sampled(hidden, vectors, bias, target, drawn, expected, *, hits=False, own=0):
    words = np.append(target, drawn[(drawn != target) | hits])
    logits = vectors[words] @ hidden + bias[words] - np.log(expected[words])
    logits[0] += (1 - own) * np.log(expected[target])
    return float(logsumexp(logits) - logits[0])


def _count(V, units, depth, tied, *, gates=4, table=None, output_bias=1):
    return (table or 2 - tied) * V * units + depth * gates * (2 * units**2 + units) + output_bias * V


def _better(E, lstm_weights, bias, batches, test, rate, _=0, *, times=1, copy=False, reset=True):
    E, bias, *lstm_weights = (weights.copy() for weights in (E, bias, *lstm_weights))
    embedding, lstm = cells.Embedding(E), cells.LSTM(*lstm_weights, stateful=True)
    affine, loss = cells.Affine(E.T.copy() if copy else E.T, bias), cells.SoftmaxLoss()
    for ids, targets in [*batches, test]:
        lstm.state = None if reset and ids is test[0] else lstm.state
        hidden = [lstm.forward(embedding.forward(ids)) for _ in range(times)][-1]
        nats = loss.forward(affine.forward(hidden), targets)
        embedding.backward(lstm.backward(affine.backward(loss.backward()))[0])
        for layer in (embedding, lstm, affine):
            for weights, gradient in zip(layer.weights, layer.grads, strict=True):
                weights -= rate * gradient
    return float(nats)


def _bets(hidden, targets, theta, size, V, *, end=0, after=0, put=np.add.at):
    bets = np.zeros((len(targets), V))
    for now in range(1, len(targets)):
        past = np.arange(max(0, now - size), now + end)
        put(bets[now], targets[past + after], softmax(theta * (hidden[past] @ hidden[now])))
    return bets


MISTAKES = {
    "word_ids": {
        "The vocabulary may know only the training text.": lambda train, text, most: _ids(train + text, text, most),
        "Where are the line breaks? Each becomes a word.": partial(_ids, mark=" "),
        "A word that is not in the vocabulary keeps its place, as <unk>.": partial(_ids, keep=False),
        "Sort by frequency, not by the alphabet.": partial(_ids, order=sorted),
    },
    "perplexity": {
        "These are nats, not yet a perplexity.": _mean,
        "Does 2 go with the natural logarithm?": lambda p: 2 ** _mean(p),
        "The product of so many numbers is too small for a float.": lambda p: p.prod() ** (-1 / len(p)),
        "Did you leave out the word with probability 0? It costs the most.": lambda p: np.exp(_mean(p[p > 0])),
    },
    "per_word": {
        "That is the perplexity per character.": lambda nats, text: np.exp(nats),
        "Line breaks are characters, too.": lambda n, s: np.exp(_total(n, s) * (1 - s.count("\n") / len(s))),
        "What does the word model predict at a line break?": lambda nats, text: np.exp(_total(nats, text, end=0)),
        "These are nats per word, not yet a perplexity.": _total,
    },
    "words_before": {
        "You counted occurrences. How many are different?": lambda ids, V: np.bincount(ids[1:], minlength=V),
        "Those are the different words after each word.": lambda ids, V: _before(ids[::-1], V),
        "Does anything come before the first word?": lambda ids, V: _before(np.append(ids[-1:], ids), V),
        "Each id below V has a count, even if it never occurs.": lambda ids, V: _before(ids, 0),
    },
    "sampled_nats": {
        "The target was drawn, too, and competes with itself.": partial(_sampled, hits=True),
        "The target is always there. Is anything to be taken off its logit?": partial(_sampled, own=1),
        "What makes up for drawing some words more often?": lambda *given: _sampled(*given[:5], np.ones(6)),
        "Is the logarithm added or taken off?": lambda *given: _sampled(*given[:5], 1 / given[5]),
        "A word that was drawn twice counts twice.": lambda *x: _sampled(*x[:4], np.unique(x[4]), x[5]),
    },
    "parameters": {
        "How many gates and candidates does an LSTM compute?": partial(_count, gates=1),
        "Where is the bias of the output layer?": partial(_count, output_bias=0),
        "Tied or not, you count the word vectors twice.": partial(_count, table=2),
        "Tied or not, you count the word vectors once.": partial(_count, table=1),
        "Where are the other LSTM layers?": lambda V, units, depth, tied: _count(V, units, 1, tied),
    },
    "better_nats": {
        "The LSTM has read the words before. How often does it run?": partial(_better, times=2),
        "With which state does the test text begin?": partial(_better, reset=False),
        "After one step the two matrices differ. Who has a copy?": partial(_better, copy=True),
    },
    "cache_bets": {
        "A position sees the word that it should guess.": partial(_bets, end=1),
        "A past state bets on the word that followed it, not on a later one.": partial(_bets, after=1),
        "It looks back too far.": lambda hidden, targets, theta, size, V: _bets(hidden, targets, theta, size + 1, V),
        "Does a word that followed twice collect both weights?": partial(_bets, put=np.put),
    },
}
__all__ = ["MISTAKES", "hint", "progress", *MISTAKES]


def word_ids(answer: Callable) -> None:
    """Exercise 1: a vocabulary from the training text, and the ids of another text."""
    cases = [("the cat saw the dog\nthe dog ran\n", "the dog saw the bird\n", 3), ("b a b\nb\n", "b c\nc\n", 9)]
    for given in [*cases, ("x y x\nz x\nz x\n", "y z\n\nx\n", 2)]:
        hold(answer, given, _ids(*given), MISTAKES["word_ids"], hint="First <unk>, then `most` words by frequency.")
    right("words to ids", "The vocabulary knows nothing of the text that it will read.")


def perplexity(answer: Callable) -> None:
    """Exercise 2: the perplexity of a text from the probabilities of its words."""
    for p in map(np.array, ([0.5, 0.1, 0.9, 0.02], [0.25] * 3, np.geomspace(1e-4, 0.1, 2_000), [0.5, 0.0, 0.25])):
        hold(answer, [p], float(np.exp(_mean(p))), MISTAKES["perplexity"], hint="It comes from the mean of -log p.")
    with warnings.catch_warnings(action="error", category=RuntimeWarning):
        ask(np.errstate(divide="warn")(answer), p, hint="inf is right. np.errstate tells NumPy that you expect it.")
    right("perplexity", "Long texts and impossible words included.")


def per_word(answer: Callable) -> None:
    """Exercise 3: the perplexity per word of a character model."""
    for given in [(0.7, "the cat sat\nit ran\n"), (1.5, "no\n"), (0.4, "a good film it was\n\nyes\n"), (0.0, "a b\n")]:
        hold(answer, given, float(np.exp(_total(*given))), MISTAKES["per_word"], hint="Share out the total cost.")
    right("per word", "The whole text costs the same, in characters or in words.")


def words_before(answer: Callable) -> None:
    """Exercise 4: how many different words come before each word."""
    many, hint = np.random.default_rng(0).integers(0, 10, 200), "Which pairs of neighbors are there? Mind the int32."
    for ids, V in [([0, 1, 0, 1, 2, 1], 4), ([2, 2, 2], 3), (many, 12), (many + 59_990, 60_000)]:
        hold(answer, [np.array(ids, "int32"), V], _before(np.array(ids), V), MISTAKES["words_before"], hint=hint)
    right("different words before", "A word that only ever follows one other counts once.")


def sampled_nats(answer: Callable) -> None:
    """Exercise 5: what one target costs against a sample of words."""
    rng, hint = np.random.default_rng(1), "Which logits compete, and what are they? Are they too large for exp?"
    for drawn, scale in [([0, 1, 2, 3, 4, 5], 1), ([3, 1, 1, 5, 2], 1), ([2, 0, 2], 1), ([2, 2], 1), ([1, 4], 1_000)]:
        often = np.bincount(drawn, minlength=6) + 1.0
        often *= len(drawn) / often.sum()  # 1 each if each word is drawn once
        given = [rng.normal(0, scale, 3), rng.normal(size=(6, 3)), rng.normal(size=6), 2, np.array(drawn), often]
        hold(answer, given, _sampled(*given), MISTAKES["sampled_nats"], hint=hint)
    right("sampled softmax", "If every word is drawn once, it is the full softmax.")


def parameters(answer: Callable) -> None:
    """Exercise 6: the parameters of a word model, tied or not."""
    for V, units, depth, tied in [(50, 4, 1, False), (50, 4, 1, True), (7, 3, 3, False), (1_000, 16, 2, True)]:
        parts = [keras.Input((None,)), keras.layers.Embedding(V, units)]
        parts += [keras.layers.LSTM(units, return_sequences=True) for _ in range(depth)] + [keras.layers.Dense(V)]
        wanted = keras.Sequential(parts).count_params() - tied * V * units
        hold(answer, [V, units, depth, tied], wanted, MISTAKES["parameters"], hint="Count each layer alone.")
    right("every parameter counted", "You agree with Keras.")


def better_nats(answer: Callable) -> None:
    """Exercise 7: a small BetterRnnlm, fixed."""
    rng = np.random.default_rng(2)
    E, *lstm, bias = (rng.normal(size=size) for size in [(7, 3), (3, 12), (3, 12), (12,), (7,)])
    *batches, test = (tuple(rng.integers(0, 7, (2, 2, 4))) for _ in range(4))
    for count, rate, drop, hint in [
        (0, 0.0, 0.0, "Nothing is trained or dropped here. Follow the ids through the layers."),
        (0, 0.0, 0.5, "Nothing is trained here. What should dropout do while you measure?"),
        (1, 0.0, 0.0, "The weights stay as they are. What else does a batch leave behind?"),
        (3, 2.0, 0.0, "Which weights does a step change, and by what? What passes from batch to batch?"),
    ]:
        given, said = [E, lstm, bias, batches[:count], test, rate], f"better_nats, batches={count}, {rate=}, {drop=}"
        hold(answer, [*given, drop], _better(*given), MISTAKES["better_nats"], said, hint)
    expect(not same(ask(answer, *given, 0.5), _better(*given)), "Dropout changes nothing in training. Is it on there?")
    right("a better model", "One matrix, one pass, and dropout in training only.")


def cache_bets(answer: Callable) -> None:
    """Exercise 8: the probabilities that a cache gives to all words."""
    rng, hint = np.random.default_rng(3), "Which positions may it see, with what share? Is a score too large for exp?"
    for tokens, theta, size, scale in [(3, 0.5, 9, 1), (8, 0.5, 9, 1), (9, 0.3, 3, 1), (5, 0.0, 2, 1), (6, 1.0, 4, 99)]:
        given = [scale * rng.normal(size=(tokens, 3)), rng.integers(0, 4, tokens), theta, size, 5]
        hold(answer, given, _bets(*given), MISTAKES["cache_bets"], hint=hint)
    right("bets on every word", "Each row but the first adds up to 1.")


hint, progress = watch(globals())
