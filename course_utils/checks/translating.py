"""Checks of the exercises to notebook 05: marks, shapes, distances, loss, attention, writing, a translator of dates."""

import datetime
from itertools import pairwise

from course_utils import runtime  # noqa: F401  # isort: skip  (first: it keeps TensorFlow quiet)

import keras
import numpy as np
from keras import ops

from course_utils import seq2seq
from course_utils.checks import NotYet, ask, expect_close, expect_equal, expect_number, expect_shape, right
from course_utils.checks._models import answers, compiled, train

SYMBOLS = 14  # eleven characters and three marks, as in the notebook's sums


def _short_dates() -> list[tuple[str, str]]:
    """Make every day of a leap year in four forms, in a random order that is always the same."""
    days = [datetime.date(2024, 1, 1) + datetime.timedelta(days=number) for number in range(366)]
    pairs = []
    for day in days:
        month = seq2seq.MONTHS[day.month - 1][:3]
        forms = (
            f"{day.day}.{day.month}.",
            f"{day.month}/{day.day}",
            f"{day.month}월 {day.day}일",
            f"{day.day} {month}",
        )
        pairs += [(form, day.isoformat()[5:]) for form in forms]
    return [pairs[place] for place in np.random.default_rng(0).permutation(len(pairs))]


SHORT_DATES = _short_dates()


def forced_ids(answer) -> None:
    """Exercise 1: what the decoder reads and what it should answer, with start mark, end mark and padding."""
    both = _two(ask(answer), "forced_ids()")
    before, after = (_array(each).tolist() for each in both)
    if not isinstance(before, list) or not isinstance(after, list):
        raise NotYet(f"Expected two lists of ids, got {both!r}.")
    if any(np.ndim(each) == 2 for each in (before, after)):
        raise NotYet("Expected one list of ids each; yours have an axis for the batch. There is one answer only.")
    digits = [13, 4, 11]
    if len(before) == 4 or len(after) == 4:
        raise NotYet("A target of four places becomes five: one more for the mark. Is there still room for padding?")
    if any(each[:3] == [12, 3, 10] or each[1:4] == [12, 3, 10] for each in (before, after)):
        raise NotYet("The digits' ids are one too small. The alphabet begins with '+', so which id has the digit 0?")
    if any(each[:3] == [9, 0, 7] or each[1:4] == [9, 0, 7] for each in (before, after)):
        raise NotYet(
            "A digit is a character like any other, not its own id. Which id has the digit 0 in this alphabet?"
        )
    if before[:3] == digits and after[:1] == [seq2seq.START]:
        raise NotYet("You have the two exchanged: first what the decoder reads, then what it should answer.")
    if after == [*digits, seq2seq.PAD, seq2seq.END]:
        raise NotYet("In `after` padding stands before the end mark. When must the decoder say that it is done?")
    if after == [*digits, seq2seq.PAD, seq2seq.PAD]:
        raise NotYet("In `after` the end mark is missing. How would the decoder learn to stop?")
    if before == [seq2seq.START, *digits, seq2seq.END]:
        raise NotYet("`before` ends with the end mark. Is there anything left to answer once the decoder has read it?")
    expect_equal(before, [seq2seq.START, *digits, seq2seq.PAD], "before", hint="What is the first thing it reads?")
    expect_equal(after, [*digits, seq2seq.END, seq2seq.PAD], "after", hint="At each place: what comes next?")
    right("one place apart, and the end mark right after the last digit")


def translator_shapes(answer) -> None:
    """Exercise 2: the shapes inside a translator with attention."""
    shapes = ask(answer)
    wanted = {
        "outputs": ((50, 9, 64), "The encoder returns a vector for every character of the source."),
        "c": ((50, 64), "A state is one vector a source, whatever its length."),
        "weights": (
            (50, 6, 9),
            "Each row of the heat maps was a character of the answer, each column one of the source.",
        ),
        "hidden": (
            (50, 6, 128),
            "Two vectors of the same size stand side by side there, at every step of the decoder.",
        ),
        "logits": ((50, 6, 14), "One number for every symbol. The alphabet's characters are not all the symbols."),
    }
    if not isinstance(shapes, dict) or set(shapes) != set(wanted):
        raise NotYet(f"Expected a dict with the keys {', '.join(wanted)}; got {shapes!r}.")
    named = {
        ("c", (50, 9, 64)): "That is the shape of all outputs. How many cells c does Keras hand over?",
        ("weights", (50, 9, 6)): "You have rows and columns exchanged: who looks, and at whom?",
        ("hidden", (50, 6, 64)): "That is the decoder's output alone. What has attention put beside it?",
        ("logits", (50, 6, 11)): "You have counted the alphabet only. Which three symbols are missing?",
    }
    for name, (shape, hint) in wanted.items():
        hint = next((said for (key, wrong), said in named.items() if key == name and shapes[name] == wrong), hint)
        expect_equal(shapes[name], shape, f"shapes[{name!r}]", hint=hint)
    right("five shapes, from the encoder to the logits")


def steps_between(answer) -> None:
    """Exercise 3: how many steps lie between a place of the source and a place of the answer."""
    for length in (1, 3, 7):
        for place in range(1, length + 1):
            for written in (1, 2, 4):
                _steps_between(answer, place, length, written)
    right(
        "steps between", "From place k to place k the two orders have the same mean; reversed, ways are short or long."
    )


def _steps_between(answer, place, length, written):
    # Walk the way instead of computing it: the encoder reads on from the place to its end, then the decoder writes.
    ways = {}
    for reverse in (False, True):
        order = list(range(1, length + 1))
        order = order[::-1] if reverse else order
        ways[reverse] = len([*pairwise(order[order.index(place) :]), *range(written)])
    for reverse in (False, True):
        said = f"steps_between(place={place}, length={length}, written={written}, reverse={reverse})"
        steps = expect_number(ask(answer, place, length, written, reverse), said)
        steps = int(steps) if steps == int(steps) else steps
        hint = "Count the arrows on paper: along the encoder to its end, then into the decoder."
        if written > 1 and steps == ways[reverse] - written + 1:
            hint = "That is the way to the answer's first character. The later ones are farther."
        elif steps == ways[reverse] + 1:
            hint = "That is one too many: the encoder's last step hands its state straight to the decoder's first."
        elif steps == ways[reverse] - 1:
            hint = "That is one too few: from the encoder's last step to the decoder's first is a step, too."
        elif reverse and steps == ways[False]:
            hint = "That is the way when the source is read forwards. Which character is read last now?"
        expect_equal(steps, ways[reverse], said, hint=hint)


def exact_share(answer) -> None:
    """Exercise 4: the share of answers that are right from the first character to the end mark."""
    _exact_share(
        answer,
        [([5, 10, 9, 2, 0], [5, 10, 9, 2, 7]), ([8, 6, 2, 0, 0], [8, 6, 2, 2, 13])],
        "every answer is right up to its end mark, but the decoder wrote on",
        {"padding": "You compared the padding, too. What comes after the end mark does not matter."},
    )
    _exact_share(
        answer,
        [([5, 10, 2, 0], [5, 10, 9, 2]), ([8, 6, 2, 0], [8, 6, 2, 0])],
        "one answer is a digit too long: 169 instead of 16",
        {
            "no end": "You left the end mark out. 169 is not 16, though it begins so.",
            "characters": "That is the share of characters. One wrong character spoils the whole answer.",
        },
    )
    _exact_share(
        answer,
        [([5, 10, 9, 2], [5, 10, 8, 2]), ([8, 6, 2, 0], [8, 2, 6, 0]), ([7, 2, 0, 0], [7, 2, 0, 0])],
        "two of three answers are wrong",
        {"characters": "That is the share of characters. One wrong character spoils the whole answer."},
    )
    rng = np.random.default_rng(0)
    expected = [[*rng.integers(4, 7, size=n), 2, *[0] * (4 - n)] for n in rng.integers(1, 5, size=200)]
    answers = [np.where(rng.random(5) < 0.1, 4, row).tolist() for row in expected]
    _exact_share(answer, list(zip(expected, answers, strict=True)), "200 answers with random mistakes", {})
    right("exact share", "End marks count, padding does not.")


def _exact_share(answer, pairs, where, named):
    expected, answers = (np.array(each, dtype="int32") for each in zip(*pairs, strict=True))
    rows = [[(e, a) for e, a in zip(*pair, strict=True) if e != seq2seq.PAD] for pair in pairs]
    wanted = sum(all(e == a for e, a in row) for row in rows) / len(rows)
    share = expect_number(ask(answer, expected, answers), "exact_share(expected, answers)")
    characters = [e == a for row in rows for e, a in row]
    others = {
        "padding": np.mean([list(e) == list(a) for e, a in pairs]),
        "no end": np.mean([all(e == a for e, a in row if e != seq2seq.END) for row in rows]),
        "characters": np.mean(characters),
    }
    hint = f"Here {where}."
    for name, said in named.items():
        if np.isclose(share, others[name]):
            hint += f" {said}"
    if wanted and np.isclose(share, wanted * len(rows)) and share > 1:
        hint += " That is how many, not which share."
    elif wanted and np.isclose(share, 100 * wanted):
        hint += " A share goes from 0 to 1."
    elif np.isclose(share, (expected == answers).mean()):
        hint += " You took the mean over places. Decide for each row first whether all of it is right."
    expect_close(share, wanted, "exact_share(expected, answers)", hint=hint)


def masked_loss(answer) -> None:
    """Exercise 5: cross-entropy over the characters that are really there."""
    rng = np.random.default_rng(1)
    cases = [
        (np.array([[5, 10, 9, 2, 0], [8, 2, 0, 0, 0]]), "two answers with padding"),
        (np.array([[5, 2]]), "one answer without padding"),
        (rng.integers(3, SYMBOLS, size=(6, 4)) * (np.arange(4) < rng.integers(1, 5, size=(6, 1))), "six answers"),
    ]
    theirs = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=seq2seq.PAD)
    for y, where in cases:
        logits = rng.normal(scale=3, size=(*y.shape, SYMBOLS)).astype("float32")
        loss = expect_number(ask(answer, y.astype("int32"), logits), "masked_loss(y, logits)")
        losses = -np.take_along_axis(_log_softmax(logits), y[:, :, None], axis=2)[:, :, 0]
        over_time = -np.take_along_axis(_log_softmax(logits.swapaxes(1, 2)), y[:, None], axis=1)[:, 0]
        there = y != seq2seq.PAD
        others = [
            (-losses[there].mean(), "The sign is wrong. The logarithm of a probability is below zero."),
            (
                -logits[there, y[there]].mean(),
                "You took the logits themselves. They are no logarithms of probabilities.",
            ),
            (losses.mean(), "You took the mean over all places, padding too."),
            (losses[there].sum() / y.size, "You left padding out of the sum, but divided by all places, padding too."),
            (losses[there].sum(), "That is the sum. Divide by the number of characters that are there."),
            (losses[there].mean() / np.log(2), "That is in bits. The loss uses the natural logarithm."),
            ((1 - np.exp(-losses[there])).mean(), "That is the mean of 1 - p. Cross-entropy is the mean of -log p."),
            (
                -np.log(np.exp(-losses[there]).mean()),
                "You took the mean first and then the logarithm: turn them round.",
            ),
            (losses[there & (y != seq2seq.END)].mean(), "You left the end mark out. It has to be learned, too."),
            (over_time[there].mean(), "Your softmax runs over the places. At each place the symbols share the 1."),
            (losses[there].sum() / len(y), "You divided by the number of answers, not of their characters."),
            (
                np.mean([row[kept].mean() for row, kept in zip(losses, there, strict=True)]),
                "You took each answer's mean, then the mean of those. So a character of a short answer counts more.",
            ),
        ]
        hint = f"Here y holds {where}."
        if not np.isfinite(loss):
            raise NotYet(f"masked_loss(y, logits) is {loss}. {hint} Of what did you take the logarithm? Not of logits.")
        found = next((said for value, said in others if np.isclose(loss, value, rtol=1e-3)), "")
        expect_close(loss, float(theirs(y, logits)), "masked_loss(y, logits)", hint=f"{hint} {found}".strip())
    right("masked loss", "The same as Keras' own with ignore_class=0.")


def dot_attention(answer) -> None:
    """Exercise 6: attention by dot products, padding left out."""
    rng = np.random.default_rng(2)
    masks = [[[True] * 4, [True] * 4], [[True] * 4, [True, True, False, False]], [[True, False, False, False]] * 2]
    where = ["no padding", "the second source has two places of padding", "only the first place of each is no padding"]
    for mask, here in zip(np.array(masks), where, strict=True):
        query, keys = (rng.normal(size=(2, length, 5)).astype("float32") for length in (3, 4))
        values = rng.normal(size=(2, 4, 6)).astype("float32")
        hint = f"Here {here}."
        result = _two(
            ask(answer, query, keys, values, mask), "dot_attention(query, keys, values, mask)", "context, weights"
        )
        if np.shape(result[1]) == (2, 4, 3):
            raise NotYet(
                "weights has shape (2, 4, 3): every key looks at the queries. It should be the other way round."
            )
        weights = expect_shape(
            _array(result[1]), (2, 3, 4), "weights", hint="A row for each query, a number for each key."
        )
        if np.shape(result[0]) == (2, 3, 5):
            raise NotYet("context has as many numbers as a key. The keys say where to look; what is it the mean of?")
        context = expect_shape(_array(result[0]), (2, 3, 6), "context", hint="One vector for each query.")
        _weights(weights, query @ keys.swapaxes(1, 2), mask, hint)
        wanted, _ = keras.layers.Attention()([query, values, keys], mask=[None, mask], return_attention_scores=True)
        expect_close(context, _array(wanted), "context", hint="The weights are right; context is their mean of values.")
    right("dot attention", "Context and weights are those of keras.layers.Attention.")


def _weights(weights, scores, mask, hint):
    """Hold attention weights (batch, q, k) against softmax over the keys that are no padding."""
    wanted = np.exp(_log_softmax(np.where(mask[:, None], scores, -1e9)))
    unmasked = np.exp(_log_softmax(scores))
    if np.allclose(weights, wanted, atol=1e-4):
        return
    if np.allclose(weights, np.exp(_log_softmax(scores.swapaxes(1, 2))).swapaxes(1, 2), atol=1e-4):
        raise NotYet(f"The weights sum to 1 over the queries. {hint} Each query has to share out its 1 over the keys.")
    scaled = np.exp(_log_softmax(np.where(mask[:, None], scores / np.sqrt(5), -1e9)))
    if np.allclose(weights, scaled, atol=1e-4):
        raise NotYet(f"You divided the scores by a root. That is good practice, but not asked for here. {hint}")
    if np.allclose(weights, unmasked, atol=1e-4):
        raise NotYet(f"The weights look at padding, as if there were no mask. {hint}")
    if np.allclose(weights, unmasked * mask[:, None], atol=1e-4):
        raise NotYet(
            f"{hint} You masked after softmax, so a row of weights no longer sums to 1. What if the mask came first?"
        )
    if np.allclose(weights, np.exp(_log_softmax(scores * mask[:, None])), atol=1e-4):
        raise NotYet(f"{hint} You gave padding the score 0, and softmax makes exp(0) = 1 of it. Which score vanishes?")
    if np.allclose(weights, np.exp(_log_softmax(np.where(mask[:, None], -1e9, scores))), atol=1e-4):
        raise NotYet(f"{hint} Your weights are on the padding: True in the mask means that a place is there.")
    if (weights * ~mask[:, None]).max() > 1e-4:
        raise NotYet(f"{hint} Padding still gets some weight. Is its score low enough?")
    if not np.allclose(weights.sum(axis=-1), 1, atol=1e-4):
        raise NotYet(f"A row of weights sums to {weights.sum(axis=-1).flat[0]:.4g}, not to 1. {hint}")
    expect_close(weights, wanted, "weights", hint=f"{hint} The score is the dot product of query and key.")


class _Speller:
    """A decoder that writes known texts, if it is used as it should be, and a tell-tale id if not."""

    START, LOST, OWN, AFTER = range(SYMBOLS, SYMBOLS + 4)

    def __init__(self, texts):
        self.texts = texts

    def __repr__(self):
        return "step"

    def __call__(self, last, memory):
        last = ops.convert_to_numpy(last)
        if last.shape != (len(self.texts), 1):
            raise ValueError(f"last has shape {last.shape}; expected {(len(self.texts), 1)}, one id a row")
        place = memory["place"]
        logits = np.zeros((len(self.texts), 1, SYMBOLS + 4), dtype="float32")
        for row, text in enumerate(self.texts):
            logits[row, 0, self._next(text, place, last[row, 0])] = 1
        return logits, {"place": place + 1}

    def _next(self, text, place, last):
        if place == 0:
            return text[0] if last == seq2seq.START else self.LOST if last == text[0] else self.START
        if place >= len(text):
            return self.AFTER
        return text[place] if last == text[place - 1] else self.OWN


def write_batch(answer) -> None:
    """Exercise 7: greedy writing for a whole batch, mended."""
    end = seq2seq.END
    cases = [([[5, 10, 9, end]], 4), ([[8, 6, end], [5, 4, 9, 7, end], [11, end]], 6), ([[8, 6, 5, 7], [9, end]], 3)]
    for texts, most in cases:
        said = f"what is written for {len(texts)} source{'s' * (len(texts) > 1)} in {most} steps"
        result = _array(ask(answer, _Speller(texts), {"place": 0}, len(texts), most))
        if result.ndim == 2 and len(result) == len(texts) and result.shape[1] < most:
            raise NotYet(
                f"{said} has {result.shape[1]} columns; expected {most}. Did you stop before the longest answer was "
                "done, or forget to fill up with padding?"
            )
        result = expect_shape(result, (len(texts), most), said, hint="One row a source, one column a step.")
        _written(result, texts, most, said)
    right("write batch", "Each row stops at its own end mark, and the others go on.")


def _written(result, texts, most, said):
    if (result[:, 0] == _Speller.START).any():
        raise NotYet(f"{said} begins wrongly. Which id tells a decoder to begin?")
    if (result == _Speller.LOST).any():
        raise NotYet(f"{said} goes wrong at the second step: the decoder's memory is as it was before the first.")
    for row, text in zip(result.tolist(), texts, strict=True):
        if _Speller.OWN in row:
            raise NotYet(f"{said} goes wrong at place {row.index(_Speller.OWN)}: `last` is not what was just written.")
        wanted = (text + [seq2seq.PAD] * most)[:most]
        if row[: len(text)] == wanted[: len(text)] and row != wanted:
            raise NotYet(f"{said} goes on in a row after its end mark: {row}. What belongs there?")
        if seq2seq.END not in result and seq2seq.END in wanted:
            raise NotYet(f"{said} has a row without its end mark: {row}. The row is over only after it is written.")
        expect_equal(row, wanted, f"{said}, one row,", hint="Rows end at different times; does one end the others?")


def date_translator(answer) -> None:
    """Exercise 8: a translator of short dates that reads unseen ones."""
    sources, targets = (list(each) for each in zip(*SHORT_DATES, strict=True))
    characters = seq2seq.alphabet(sources + targets)
    x = seq2seq.encode(sources, characters, max(map(len, sources)))
    before, after = seq2seq.teacher_forcing(seq2seq.encode(targets, characters, 5))
    symbols, test = len(characters) + 3, 300
    keras.utils.set_random_seed(0)
    model = compiled(ask(answer, symbols), f"date_translator({symbols})")
    _translator(model, x[:8], before[:8], symbols)
    losses = train(model, (x[test:], before[test:]), after[test:], batch_size=64, epochs=15)["loss"]
    written = model.predict((x[:test], before[:test]), batch_size=test, verbose=0).argmax(axis=-1)
    share = float((written == after[:test]).all(axis=1).mean())
    if share < 0.8:
        hint = "Does the loss go down? Try other steps (learning_rate), and look at the loss."
        if losses[-1] < 0.9 * losses[0]:
            hint = "Its loss still falls: larger steps (learning_rate) or more units get further in 15 epochs."
        bag = model.predict((_sorted(x[:test]), before[:test]), batch_size=test, verbose=0).argmax(axis=-1)
        if share > 0.2 and (bag == written).mean() > 0.99:
            hint = "The order of the source's characters does not reach the decoder, and 1/2 and 2/1 are two dates."
        raise NotYet(
            f"After 15 epochs it reads {share:.0%} of {test} unseen dates without a mistake; 80% are asked for. {hint}"
        )
    right("date translator", f"It reads {share:.0%} of {test} unseen dates without a mistake.")


def _sorted(x):
    """Bring each source's characters into the order of their ids, padding last: the same bag, another text."""
    last = x.max() + 1
    ordered = np.sort(np.where(x == seq2seq.PAD, last, x), axis=1)
    return np.where(ordered == last, seq2seq.PAD, ordered)


def _translator(model, x, before, symbols):
    """Hold an untrained translator against what any of them must do."""
    logits = answers(model, x, before)
    if logits.ndim == 2:
        raise NotYet(f"The output has shape {logits.shape}: one answer a source. Does the decoder return every step?")
    expect_shape(logits, (*before.shape, symbols), "the output", hint="At every step of `before` a number a symbol.")
    other = before.copy()
    other[:, 3:] = np.where(before[:, 3:] == 4, 5, 4)
    if not np.allclose(answers(model, x, other)[:, :3], logits[:, :3], atol=1e-5):
        raise NotYet(
            "Your decoder reads ahead: what stands at place 3 and later of `before` changes its answers at places 0 to "
            "2. In training it would only copy, and in writing there is nothing yet to copy."
        )
    if np.allclose(answers(model, x[::-1].copy(), before), logits, atol=1e-6):
        raise NotYet("The answers are the same whatever the source. What does the decoder get from the encoder?")
    loss = model.loss if not isinstance(model.loss, list | tuple) else model.loss[0]
    from_logits = getattr(loss, "from_logits", False if isinstance(loss, str) else None)
    probabilities = bool((logits >= 0).all() and np.allclose(logits.sum(axis=-1), 1, atol=1e-4))
    if from_logits is False and not probabilities:
        raise NotYet("The model puts out logits, but the loss takes them for probabilities. See `from_logits`.")
    if from_logits and probabilities:
        raise NotYet("The model puts out probabilities, but the loss takes them for logits: softmax would come twice.")


def _log_softmax(scores):
    """Logarithm of softmax over the last axis, without overflow."""
    scores = np.asarray(scores, dtype="float64")
    scores = scores - scores.max(axis=-1, keepdims=True)
    return scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))


def _array(result) -> np.ndarray:
    """Arrays, lists and Keras tensors alike, as an array."""
    try:
        return ops.convert_to_numpy(result) if ops.is_tensor(result) else np.asarray(result)
    except ValueError:
        raise NotYet("What came is no rectangular array: its rows differ in length.") from None


def _two(result, said, names="before, after"):
    several = isinstance(result, tuple | list) or (isinstance(result, np.ndarray) and result.ndim == 2)
    if not several or len(result) != 2:
        raise NotYet(f"{said} should return two things: {names}. Got {type(result).__name__} instead.")
    return result
