"""Check the exercises on sequence to sequence: ids, shapes, distances, loss, attention, decoding, a date translator."""

import datetime
from collections.abc import Callable
from functools import partial

import numpy as np
from scipy.special import log_softmax, softmax

from course_utils.batches import teacher_forcing
from course_utils.checks import NotYet, ask, right, shown
from course_utils.checks.expect import expect, expect_close, expect_equal, expect_shape, hold, name_mistake
from course_utils.checks.models import expect_matching_loss, fresh_model, outputs, train
from course_utils.checks.progress import watch
from course_utils.seq2seq import BOS, EOS, PAD
from course_utils.text import CharCodec
from course_utils.toy_tasks import MONTHS

SYMBOLS = 14  # eleven characters and three special tokens, as in the notebook's sums
IDS = ([BOS, 13, 4, 11, PAD], [13, 4, 11, EOS, PAD])  # of exercise 1
SHAPES = {"outputs": (50, 9, 64), "c": (50, 64), "weights": (50, 6, 9), "hidden": (50, 6, 128), "logits": (50, 6, 14)}

_DAYS = [datetime.date(2024, 1, 1) + datetime.timedelta(days=number) for number in range(366)]
_FORMS = "{1}.{0}.", "{0}/{1}", "{0}월 {1}일", "{1} {2}"
_PAIRS = [(form.format(d.month, d.day, MONTHS[d.month - 1][:3]), str(d)[5:]) for d in _DAYS for form in _FORMS]
SHORT_DATES = [_PAIRS[index] for index in np.random.default_rng(0).permutation(len(_PAIRS))]


def _steps(place, length, written, reverse):
    order = range(1, length + 1)[:: -1 if reverse else 1]
    return len(order[order.index(place) :]) - 1 + written


def _share(*ignored, reduce=np.mean):
    return lambda expected, answers: reduce(((expected == answers) | np.isin(expected, ignored)).all(axis=1))


def _chosen(y, scores):
    return np.take_along_axis(scores, y[..., None], axis=-1)[..., 0]


def _costs(y, logits, axis=-1):
    return -_chosen(y, log_softmax(logits, axis=axis))


def _loss(costs=_costs, *, ignored=(PAD,), reduce=np.mean):
    return lambda y, logits: reduce(costs(y, logits)[~np.isin(y, ignored)])


def _attend(query, keys, values, mask, *, axis=-1, scale=1, low=-1e9, late=False):
    weights = softmax(np.where(mask[:, None] | late, query @ keys.swapaxes(1, 2) * scale, low), axis=axis)
    weights = weights * (mask[:, None] | (not late))
    return weights @ values, weights


def _write(step, memory, rows, most, *, start=BOS, carry=True, feed=True, ends=lambda new: new == EOS, last_id=EOS):
    last, over, written = np.full((rows, 1), start), np.zeros((rows, 1), dtype=bool), []
    for _ in range(most):
        logits, new_memory = step(last, memory)
        memory = new_memory if carry else memory
        new = np.where(over, PAD, logits.argmax(axis=-1))
        over = over | ends(new)
        written.append(np.where(new == EOS, last_id, new))
        last = new if feed else last
    return np.concatenate(written, axis=1)


MISTAKES = {
    "forced_ids": {
        "The ids are one too small. Which one has the first character, '+'?": ([1, 12, 3, 10, 0], [12, 3, 10, 2, 0]),
        "A digit is not its own id. Which id has the digit 0 in this alphabet?": ([1, 9, 0, 7, 0], [9, 0, 7, 2, 0]),
        "You have the two exchanged. First comes what the decoder reads.": IDS[::-1],
        "What is the first thing that the decoder reads?": ([PAD, *IDS[0][1:]], IDS[1]),
        "The decoder does not read its answer. What does it read first?": (IDS[1], IDS[1]),
        "Padding comes before the end mark. When is the answer over?": (IDS[0], [13, 4, 11, PAD, EOS]),
        "The end mark is missing. How would the decoder learn to stop?": (IDS[0], [13, 4, 11, PAD, PAD]),
        "Is there anything left to answer once the decoder has read the end mark?": ([BOS, 13, 4, 11, EOS], IDS[1]),
        "Four places become five, so there is room for padding.": ([BOS, 13, 4, 11], [13, 4, 11, EOS]),
        "The decoder answers, at each place, what comes next.": (IDS[0], [BOS, 13, 4, 11, EOS]),
        "Leave out the axis for the batch. There is only one target.": ([IDS[0]], [IDS[1]]),
    },
    "translator_shapes": {
        "That is the shape of all outputs. How many cells c does Keras return?": SHAPES | {"c": (50, 9, 64)},
        "You have rows and columns exchanged: who looks, and at whom?": SHAPES | {"weights": (50, 9, 6)},
        "That is the decoder's output alone. What does attention put beside it?": SHAPES | {"hidden": (50, 6, 64)},
        "You have counted the alphabet only. Which three symbols are missing?": SHAPES | {"logits": (50, 6, 11)},
        "The encoder returns a vector for every character of the source.": SHAPES | {"outputs": (50, 64)},
        "In the heat maps, what was a row, and what was a column?": SHAPES | {"weights": (50, 6, 64)},
    },
    "steps_between": {
        "That is the way to the answer's first character only.": lambda p, n, w, r: _steps(p, n, 1, r),
        "One too many: the encoder hands its last state right to the decoder.": lambda *given: _steps(*given) + 1,
        "One too few: from the encoder to the decoder is a step, too.": lambda *given: _steps(*given) - 1,
        "That is the way when it reads forwards. What is read last now?": lambda p, n, w, r: _steps(p, n, w, False),
        "You have the two orders exchanged.": lambda p, n, w, r: _steps(p, n, w, not r),
    },
    "exact_share": {
        "You compared the padding, too. What comes after the end mark does not matter.": _share(),
        "You left the end mark out. 169 is not 16, though it begins so.": _share(PAD, EOS),
        "That is the share of characters. One wrong one spoils an answer.": lambda e, a: (e == a)[e != PAD].mean(),
        "You took the mean over places. Decide for each row first.": lambda e, a: (e == a).mean(),
        "That is how many, not which share.": _share(PAD, reduce=np.sum),
        "A share goes from 0 to 1.": _share(PAD, reduce=lambda rows: 100 * rows.mean()),
        "That says which answers are right. What share of them is?": _share(PAD, reduce=np.asarray),
    },
    "masked_loss": {
        "The sign is wrong. The logarithm of a probability is below zero.": _loss(lambda y, x: -_costs(y, x)),
        "You took the logits themselves. They are not logarithms of probabilities.": _loss(lambda y, x: -_chosen(y, x)),
        "You took the mean over all places, padding too.": _loss(ignored=()),
        "You divided by the number of all places, padding included.": lambda y, x: (_costs(y, x) * (y != PAD)).mean(),
        "That is the sum. Divide by the number of characters that are there.": _loss(reduce=np.sum),
        "That is in bits. The loss uses the natural logarithm.": _loss(lambda y, x: _costs(y, x) / np.log(2)),
        "That is the mean of 1 - p, not that of -log p.": _loss(lambda y, x: 1 - np.exp(-_costs(y, x))),
        "You took the mean before the logarithm.": _loss(reduce=lambda costs: -np.log(np.exp(-costs).mean())),
        "You left the end mark out. It has to be learned, too.": _loss(ignored=(PAD, EOS)),
        "Your softmax runs over the places. At each place the symbols share the 1.": _loss(partial(_costs, axis=1)),
        "You divided by the number of answers, not of characters.": lambda y, x: _loss(reduce=np.sum)(y, x) / len(y),
        "Take one mean: else a short answer's characters weigh more.": lambda y, x: np.mean([*map(_loss(), y, x)]),
        "Those are the losses of all places. Take their mean.": _costs,
        "The logarithm of a logit is not that of a probability.": _loss(lambda y, x: -np.log(_chosen(y, x))),
    },
    "dot_attention": {
        "Every key looks at the queries. It is the wrong way round.": lambda *x: (0, _attend(*x)[1].swapaxes(1, 2)),
        "The weights sum to 1 over the queries. Share out each query's 1 over the keys.": partial(_attend, axis=1),
        "You divided the scores by a root, which is not asked for here.": partial(_attend, scale=5**-0.5),
        "The weights look at padding, as if there were no mask.": lambda q, k, v, m: _attend(q, k, v, m | True),
        "You masked after softmax: rows no longer sum to 1. What if the mask came first?": partial(_attend, late=True),
        "You gave padding the score 0, but exp(0) is 1. Which score vanishes?": partial(_attend, low=0),
        "Your weights are on the padding, where the mask is False.": lambda q, k, v, m: _attend(q, k, v, ~m),
        "The keys say where to look. What is the context the mean of?": lambda q, k, v, m: _attend(q, k, k, m),
    },
    "write_batch": {  # the first four in the order of the ids by which _Speller tells
        "It begins with the wrong id. Which one tells a decoder to begin?": partial(_write, start=EOS),
        "At the second step, the decoder's memory is as it was before the first.": partial(_write, carry=False),
        "`last` is not what was just written.": partial(_write, feed=False),
        "A row goes on after its end mark. What belongs there?": partial(_write, ends=lambda new: new < 0),
        "A row has no end mark. It is over only after that is written.": partial(_write, last_id=PAD),
        "Rows end at different times. Does one end the others?": partial(_write, ends=lambda new: (new == EOS).any()),
    },
    "date_translator": {},
}
__all__ = ["MISTAKES", "hint", "progress", *MISTAKES]


def forced_ids(answer: Callable) -> None:
    """Exercise 1: what the decoder reads and what it should answer, with beginning, end and padding."""
    name_mistake(found := ask(answer), IDS, MISTAKES["forced_ids"], "forced_ids()")
    found = expect_shape(found, (2, 5), "forced_ids()", hint="Return two lists of five ids.")
    for part, name in enumerate(("The first list", "The second list")):
        name_mistake(found[part], IDS[part], MISTAKES["forced_ids"], name, part=part)
        expect_equal(found[part], IDS[part], name, hint="The alphabet begins with '+', and its first id is 3.")
    right("shifted by one place, and the end mark right after the last digit")


def translator_shapes(answer: Callable) -> None:
    """Exercise 2: the shapes inside a translator with attention."""
    shapes = ask(answer)
    keys = isinstance(shapes, dict) and set(shapes) == set(SHAPES)
    expect(keys, f"Expected a dict with the keys {', '.join(SHAPES)}; got {shown(shapes)}.")
    for name, shape in SHAPES.items():
        name_mistake(shapes[name], shape, MISTAKES["translator_shapes"], f"shapes[{name!r}]", part=name)
        expect_equal(shapes[name], shape, f"shapes[{name!r}]", hint="The batch comes first. Is there an axis for time?")
    right("five shapes, from the encoder to the logits")


def steps_between(answer: Callable) -> None:
    """Exercise 3: how many steps lie between a place of the source and a place of the answer."""
    hint = "Count the arrows on paper: along the encoder to its end, then into the decoder."
    for length in (1, 3, 7):
        for place, written, reverse in np.ndindex(length, 4, 2):
            given = [place + 1, length, written + 1, bool(reverse)]
            hold(answer, given, _steps(*given), MISTAKES["steps_between"], hint=hint)
    right("steps between", "Reading in reverse makes some distances short and others long; their mean stays the same.")


def exact_share(answer: Callable) -> None:
    """Exercise 4: the share of answers that are right from the first character to the end."""
    rng = np.random.default_rng(0)
    many = np.array([[*rng.integers(4, 7, size=n), EOS, *[PAD] * (4 - n)] for n in rng.integers(1, 5, size=200)])
    cases = [("both are right up to the end", [[5, 10, 2, 0], [8, 2, 0, 0]], [[5, 10, 2, 7], [8, 2, 2, 13]])]
    cases += [("one is a digit too long: 169, not 16", [[5, 10, 2, 0], [8, 6, 2, 0]], [[5, 10, 9, 2], [8, 6, 2, 0]])]
    cases += [("two are wrong", [[5, 9, 2], [8, 2, 0], [7, 2, 0]], [[5, 8, 2], [2, 8, 0], [7, 2, 0]])]
    cases += [("some of 200 answers are wrong", many, np.where(rng.random(many.shape) < 0.1, 4, many))]
    for where, *given in cases:
        given = [np.array(ids, dtype="int32") for ids in given]
        hold(answer, given, float(_share(PAD)(*given)), MISTAKES["exact_share"], hint=f"Here {where}. Go row by row.")
    right("exact share", "End marks count, padding does not.")


def masked_loss(answer: Callable) -> None:
    """Exercise 5: cross-entropy over the characters that are really there."""
    rng = np.random.default_rng(1)
    six = rng.integers(3, SYMBOLS, size=(6, 4)) * (np.arange(4) < rng.integers(1, 5, size=(6, 1)))
    for y in ([[5, 10, 9, 2, 0], [8, 2, 0, 0, 0]], [[5, 2]], six):
        y = np.array(y, dtype="int32")
        logits = rng.normal(scale=3, size=(*y.shape, SYMBOLS)).astype("float32")
        hold(answer, [y, logits], float(_loss()(y, logits)), MISTAKES["masked_loss"], hint="Take one mean over all.")
    right("masked loss", "The same as Keras' own with ignore_class=0.")


def dot_attention(answer: Callable) -> None:
    """Exercise 6: attention by dot products, padding left out."""
    rng, mistakes = np.random.default_rng(2), MISTAKES["dot_attention"]
    for lengths in ((4, 4), (4, 2), (1, 1)):
        query, keys = (rng.normal(size=(2, length, 5)).astype("float32") for length in (3, 4))
        given = [query, keys, rng.normal(size=(2, 4, 6)).astype("float32"), np.arange(4) < np.array(lengths)[:, None]]
        found, (context, weights) = ask(answer, *given), _attend(*given)
        expect(isinstance(found, tuple | list) and len(found) == 2, "Return two things, first context, then weights.")
        name_mistake(found[1], weights, mistakes, "weights", given, part=1)
        hint = "Each row holds the softmax of one query's dot products with the keys, and 0 at padding."
        expect_close(found[1], weights, "weights", hint=hint)
        name_mistake(found[0], context, mistakes, "context", given, part=0)
        expect_close(found[0], context, "context", hint="The weights are right; context is their mean of values.")
    right("dot attention", "Context and weights are those of keras.layers.Attention.")


class _Speller:
    """A decoder that writes known texts if it is used as it should be, and an id that gives the mistake away if not."""

    def __init__(self, texts):
        self.texts = texts

    def __repr__(self):
        return "step"

    def __call__(self, last, memory):
        last, place = np.asarray(last), memory["place"]
        if last.shape != (len(self.texts), 1):
            raise ValueError(f"last has shape {last.shape}; expected {(len(self.texts), 1)}, one id per row")
        ids = [self._next(text, place, before) for text, before in zip(self.texts, last[:, 0], strict=True)]
        return np.eye(SYMBOLS + 4, dtype="float32")[ids][:, None], {"place": place + 1}

    def _next(self, text, place, last):
        if place >= len(text):
            return SYMBOLS + 3
        if last == (text[place - 1] if place else BOS):
            return text[place]
        return SYMBOLS + (2 if place else 1 if last == text[0] else 0)


def write_batch(answer: Callable) -> None:
    """Exercise 7: greedy decoding for a whole batch, fixed."""
    cases = [([[5, 10, 9, EOS]], 4), ([[8, 6, EOS], [5, 4, 9, 7, EOS], [11, EOS]], 6), ([[8, 6, 5, 7], [9, EOS]], 3)]
    for texts, most in cases:
        given, mistakes = [_Speller(texts), {"place": 0}, len(texts), most], MISTAKES["write_batch"]
        said = f"What is written for {len(texts)} source{'s' * (len(texts) > 1)} in {most} steps"
        hint = "One row per source, one column per step. Did you stop before the longest answer was done?"
        found, wanted = expect_shape(ask(answer, *given), (len(texts), most), said, hint=hint), _write(*given)
        tells = [index - SYMBOLS for index in found.T.ravel().tolist() if index in range(SYMBOLS, SYMBOLS + 4)]
        expect(not tells, f"{said} is not right yet. {list(mistakes)[(tells or [0])[0]]}")
        name_mistake(found, wanted, mistakes, said, given)
        expect_equal(found, wanted, said, hint="Each row has its text up to the end, then padding.")
    right("write batch", "Each row stops at its own end mark, and the others go on.")


def date_translator(answer: Callable) -> None:
    """Exercise 8: a translator of short dates that reads unseen ones."""
    sources, targets = zip(*SHORT_DATES, strict=True)
    codec = CharCodec(sources + targets, pad=True, bos=True, eos=True)
    x = codec.encode_batch(sources, max(map(len, sources)))
    before, after = teacher_forcing(codec.encode_batch(targets, 5))
    model, test = fresh_model(answer, len(codec)), 300
    _translator(model, x[:8], before[:8], len(codec))
    losses = train(model, (x[test:], before[test:]), after[test:], batch_size=64, epochs=15)["loss"]
    written = model.predict((x[:test], before[:test]), batch_size=test, verbose=0).argmax(axis=-1)
    share = float((written == after[:test]).all(axis=1).mean())
    if share < 0.8:
        hint = "Does the loss go down? Try other steps (learning_rate), and look at the loss."
        if losses[-1] < 0.9 * losses[0]:
            hint = "Its loss still falls: larger steps (learning_rate) or more units get further in 15 epochs."
        shuffled = np.sort(x[:test])[:, ::-1]  # the same characters in the order of their ids, padding last
        bag = model.predict((shuffled, before[:test]), batch_size=test, verbose=0).argmax(axis=-1)
        if share > 0.2 and (bag == written).mean() > 0.99:
            hint = "The order of the source's characters does not reach the decoder, and 1/2 and 2/1 are two dates."
        raise NotYet(f"After 15 epochs it reads {share:.0%} of {test} unseen dates right; 80% are asked for. {hint}")
    right("date translator", f"It reads {share:.0%} of {test} unseen dates without a mistake.")


def _translator(model, x, before, symbols):
    """Check of an untrained translator what any of them must do."""
    logits = outputs(model, x, before)
    hint = "At every step, one number per symbol. Does the decoder return every step?"
    expect_shape(logits, (*before.shape, symbols), "the output", hint=hint)
    other = before.copy()
    other[:, 3:] = np.where(before[:, 3:] == 4, 5, 4)
    past = np.allclose(outputs(model, x, other)[:, :3], logits[:, :3], atol=1e-5)
    ahead = "Your decoder reads ahead: place 3 and later of `before` change its answers at places 0 to 2. In training "
    expect(past, f"{ahead}it would only copy, and when it writes there is nothing yet to copy.")
    used = not np.allclose(outputs(model, x[::-1].copy(), before), logits, atol=1e-6)
    expect(used, "The answers are the same whatever the source. What does the decoder get from the encoder?")
    expect_matching_loss(model, logits)


hint, progress = watch(globals())
