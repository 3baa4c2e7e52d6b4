"""Check the exercises of notebook 08: NB-SVM, look-ups, pooling, vocabularies, rates, Adagrad, two models together."""

from collections.abc import Callable, Iterable
from functools import partial
from operator import setitem

import numpy as np

from course_utils.checks import right
from course_utils.checks.expect import hold
from course_utils.checks.progress import watch


def _ratio(counts, labels, alpha=1.0, *, total=lambda side, alpha: side.sum() + alpha * side.shape[1]):
    p, q = ((alpha + side.sum(axis=0)) / total(side, alpha) for side in (counts[labels == 1], counts[labels == 0]))
    return np.log(p / q)


def _regions(ids, tables, bias, *, fewer=0, low=0, over=np.max):
    count = len(ids) - len(tables) + 1 - fewer
    scores = bias + sum(table[ids[place : place + count]] for place, table in enumerate(tables))
    return over(np.maximum(scores, low), axis=0)


def _pool(states, mask, *, steps=None, low=-np.inf):
    mean = (states * mask[..., None]).sum(axis=1) / (steps or np.c_[mask.sum(axis=1)])
    return np.concatenate([mean, np.where(mask[..., None], states, low).max(axis=1)], axis=1)


def _move(old, vectors, words, *, new=lambda vectors, _: vectors.mean(axis=0)):
    fresh = new(vectors, np.isin(old, words)) + 0 * vectors[0]
    return np.stack([vectors[old.index(word)] if word in old else fresh for word in words])


def _rate(step, steps, top, cut=0.1, ratio=32, *, whole=int, fall=lambda t, T, peak, _: (T - t) / (T - peak), more=1):
    peak = whole(steps * cut)
    p = step / peak if step < peak else fall(step, steps, peak, cut)
    return float(top * (1 + p * (ratio - more)) / ratio)


def _adagrad(table, memory, ids, g, rate, *, add=np.add.at, early=False, root=lambda new, _: (new + 1e-7) ** 0.5):
    add(total := np.zeros_like(table), ids, g)
    add(squares := np.zeros_like(table), ids, g**2)
    new = memory + (squares if early else total**2)
    return table - rate * total / root(new, memory), new


def _weight(first, second, labels, *, pick=lambda best: best[np.abs(best - 0.5).argmin()]):
    scores = ((np.linspace(second, first, 11) > 0.5) == labels).mean(axis=1)
    return float(pick(np.flatnonzero(scores == scores.max()) / 10))


def _who(first, second, *, referee=lambda first, second: (first | second).mean(), share=np.mean):
    table = np.array([[share(a & b) for b in (second, ~second)] for a in (first, ~first)])
    return table, float(referee(first, second))


MISTAKES = {
    "log_ratio": {
        "Those are the negative reviews over the positive ones.": lambda *given: -_ratio(*given),
        "That is the ratio. Where is its logarithm?": lambda *given: np.exp(_ratio(*given)),
        "One side may have more or longer reviews. Make shares first.": partial(_ratio, total=lambda *_: 1),
        "The shares don't add up to 1. Is alpha in the sum, too?": partial(_ratio, total=lambda side, _: side.sum()),
        "What if one side never has a feature? Add alpha.": lambda counts, labels, _=1: _ratio(counts, labels, 0),
        "Did you use the alpha that you were given?": lambda counts, labels, _=1: _ratio(counts, labels),
    },
    "region_scores": {
        "No score is below 0 after the ReLU.": partial(_regions, low=-np.inf),
        "Where does the last region begin? It still fits.": partial(_regions, fewer=1),
        "A region has one bias, not one for each word.": lambda ids, x, bias: _regions(ids, x, len(x) * bias),
        "Each position of a region has its own table.": lambda ids, x, b: _regions(ids, x[:1].repeat(len(x), 0), b),
        "The first table is for the first word of a region.": lambda ids, x, bias: _regions(ids, x[::-1], bias),
        "That is a mean over the regions. Only the largest counts.": partial(_regions, over=np.mean),
    },
    "pool": {
        "Padding is in the mean and in the maximum.": lambda states, mask: _pool(states, np.ones_like(mask)),
        "Padding is in the maximum.": lambda states, mask: _pool(states, mask, low=states),
        "By how many steps do you divide? Padding doesn't count.": lambda x, mask: _pool(x, mask, steps=mask.shape[1]),
        "All states of a unit are below 0, but its maximum isn't.": partial(_pool, low=0),
        "The mean comes first.": lambda states, mask: np.roll(_pool(states, mask), states.shape[2], axis=1),
    },
    "move_vectors": {
        "A new word got zeros.": partial(_move, new=lambda *_: 0),
        "A new word got the last old vector.": partial(_move, new=lambda vectors, _: vectors[-1]),
        "That is one number. Each unit has a mean of its own.": partial(_move, new=lambda vectors, _: vectors.mean()),
        "All old words belong in the mean.": partial(_move, new=lambda vectors, stays: stays @ vectors / stays.sum()),
        "A word keeps its vector, but not its row.": lambda old, vectors, words: vectors[: len(words)],
    },
    "rate_at": {
        "It begins and ends at top / ratio, not at 0.": partial(_rate, ratio=1e9),
        "At the peak, the rate is `top` and not more.": partial(_rate, more=0),
        "After the peak, the rate must fall.": partial(_rate, fall=lambda *_: 1),
        "At the peak, nothing has fallen yet.": partial(_rate, fall=lambda step, steps, *_: 1 - step / steps),
        "The peak is at a whole number of steps.": partial(_rate, whole=float),
        "p is 0 at the end.": partial(_rate, fall=lambda step, _, peak, cut: 1 - (step - peak) / (peak / cut - peak)),
        "Did you use `cut`?": lambda step, steps, top, cut=0.1, ratio=32: _rate(step, steps, top, 0.1, ratio),
        "Did you use `ratio`?": lambda step, steps, top, cut=0.1, ratio=32: _rate(step, steps, top, cut),
    },
    "sparse_adagrad": {
        "A row that was read twice has two gradients.": partial(_adagrad, add=setitem),
        "First the sum of a row's gradients, then its square.": partial(_adagrad, early=True),
        "Divide by what the new memory says.": partial(_adagrad, root=lambda _, old: (old + 1e-7) ** 0.5),
        "Where is the square root?": partial(_adagrad, root=lambda new, _: new + 1e-7),
        "The 1e-7 belongs under the root.": partial(_adagrad, root=lambda new, _: new**0.5 + 1e-7),
        "The memory is still the old one.": lambda table, memory, *given: (_adagrad(table, memory, *given)[0], memory),
    },
    "best_weight": {
        "That is the weight of the second model.": lambda *given: 1 - _weight(*given),
        "Several weights are best. You took the first of them.": partial(_weight, pick=np.min),
        "Several weights are best. You took the last of them.": partial(_weight, pick=np.max),
        "That is the middle of the best. Which is closest to one half?": partial(_weight, pick=np.median),
        "Average the probabilities, not the decisions.": lambda p, q, labels: _weight(p > 0.5, q > 0.5, labels),
    },
    "who_is_right": {
        "In which corner is the share of only the first?": lambda first, second: _who(second, first),
        "Those are numbers of reviews, not shares.": partial(_who, share=np.sum),
        "Each review may be given to another model.": partial(_who, referee=lambda a, b: max(a.mean(), b.mean())),
        "One model that is right is enough for the referee.": partial(_who, referee=lambda a, b: (a & b).mean()),
        "Are the mistakes independent?": partial(_who, referee=lambda a, b: 1 - (1 - a.mean()) * (1 - b.mean())),
    },
}
__all__ = ["MISTAKES", "hint", "progress", *MISTAKES]


def _try(name: str, answer: Callable, reference: Callable, cases: Iterable, hint: str) -> None:
    for given in cases:
        hold(answer, given, reference(*given), MISTAKES[name], hint=hint)


def log_ratio(answer: Callable) -> None:
    """Exercise 1: the log-count ratio of each feature."""
    rng, cases = np.random.default_rng(0), []
    for reviews, alpha in [(7, ()), (12, (0.5,)), (30, (3.0,))]:
        counts, labels = rng.integers(0, 2, (reviews, 5)), np.arange(reviews) % 3 // 2
        counts[labels == 0, 1] = 0  # a feature of positive reviews only
        cases.append((counts, labels, *alpha))
    _try("log_ratio", answer, _ratio, cases, "How large is a feature's share on each side, with alpha in each count?")
    right("log-count ratios", "A feature that is equally common on both sides weighs 0.")


def region_scores(answer: Callable) -> None:
    """Exercise 2: a convolution over one-hot words, by look-ups."""
    rng, sizes = np.random.default_rng(1), [(4, 2), (6, 3), (3, 3), (9, 1), (5, 2)]
    cases = [(rng.integers(0, 7, time), rng.normal(size=(k, 7, 5)), rng.normal(-0.5, 1, 5)) for time, k in sizes]
    _try("region_scores", answer, _regions, cases, "Follow one region: which rows, what is added, and what is kept?")
    right("regions by look-ups", "The time it takes doesn't depend on the size of the vocabulary.")


def pool(answer: Callable) -> None:
    """Exercise 3: mean and maximum over the real steps, with padding above and below them, on either side."""
    rng, cases = np.random.default_rng(2), []
    for lengths, time, middle, padding in [([3, 5, 2], 5, 0, 9), ([1, 4], 6, -4, -1), ([2], 2, 0, 0)]:
        mask = np.arange(time) < np.c_[lengths]
        states = np.where(mask[..., None], rng.normal(middle, 1, (*mask.shape, 3)), padding)
        cases += [(states, mask), (states[:, ::-1], mask[:, ::-1])]
    _try("pool", answer, _pool, cases, "Which steps are real? The mean first, then the maximum, one row for each text.")
    right("mean and maximum", "Padding changes neither, on whichever side it is.")


def move_vectors(answer: Callable) -> None:
    """Exercise 4: word vectors for a new vocabulary."""
    rng, words = np.random.default_rng(3), [("the a film", "film dull the"), ("a b c", "c d e a b"), ("x y", "z")]
    cases = [(old.split(), rng.normal(size=(len(old.split()), 3)), new.split()) for old, new in words]
    _try("move_vectors", answer, _move, cases, "One row for each new word, in their order. Where is it from?")
    right("vectors moved", "Known words keep what they know, and new ones begin as an average word.")


def rate_at(answer: Callable) -> None:
    """Exercise 5: the slanted triangular learning rate."""
    cases = [(step, 20, 4.0) for step in (0, 1, 2, 3, 11, 20)] + [(step, 25, 4.0) for step in (1, 2, 14, 25)]
    cases += [(6, 20, 2.0, 0.5), (15, 20, 2.0, 0.5), (0, 40, 2.0, 0.25, 8), (10, 40, 2.0, 0.25, 8)]
    _try("rate_at", answer, _rate, cases, "What is the rate at step 0, at the peak and at the end? Lines connect them.")
    right("a slanted triangle", "Up quickly, down slowly, and never below top / ratio.")


def sparse_adagrad(answer: Callable) -> None:
    """Exercise 6: one step of Adagrad on the rows that were read."""
    table, memory, gradients = np.random.default_rng(4).uniform(0.1, 2, (3, 6, 3))
    cases = [(np.array(ids), size) for ids, size in [([4, 1], 1), ([2, 5, 2, 0, 2], 1), ([3, 3], 1), ([1, 0], 1e-4)]]
    cases = [(table, size**2 * memory, ids, size * (gradients[: len(ids)] - 1), 0.5) for ids, size in cases]
    _try("sparse_adagrad", answer, _adagrad, cases, "Follow one row: the sum of its gradients, its memory, its step.")
    right("sparse Adagrad", "Rows that nobody read stay as they are.")


def best_weight(answer: Callable) -> None:
    """Exercise 7: the weight of the first of two models; one of the best weights is closest to one half."""
    for seed in (143, 74, 136, 36):
        rng = np.random.default_rng(seed)
        labels = rng.integers(0, 2, 12)
        p = (1 / (1 + np.exp(rng.normal(0, 2, (2, 12)) + 1 - 2 * labels))).round(3)
        _try("best_weight", answer, _weight, [(*p, labels)], "How accurate is each of the eleven averages?")
    right("a weight for two models", "Of several that are equally good, you took the most even one.")


def who_is_right(answer: Callable) -> None:
    """Exercise 8: who is right where, and what a perfect referee would reach."""
    rng, sizes = np.random.default_rng(0), [(10, 0.6, 0.5), (20, 0.8, 0.7), (50, 0.3, 0.5)]
    cases = [(rng.random(n) < one, rng.random(n) < other) for n, one, other in sizes]
    _try("who_is_right", answer, _who, cases, "A table [[both, first], [second, none]] of shares, then the referee.")
    right("who is right", "Where both are wrong, no referee can help.")


hint, progress = watch(globals())
