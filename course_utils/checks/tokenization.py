"""Checks of the exercises to notebook 01: bags, ids, unknown words, cleaning, TF-IDF, merges, triples, a pipeline."""

import functools
import math
import re
from collections import Counter

import numpy as np

from course_utils import text
from course_utils.checks import NotYet, ask, call, expect_close, expect_equal, expect_number, expect_shape, right

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


def bag_shape(answer) -> None:
    """Exercise 1: the shape of a bag of words and pairs."""
    shape = ask(answer)
    if isinstance(shape, np.ndarray):
        shape = tuple(shape.tolist())
    if not isinstance(shape, tuple | list) or len(shape) != 2:
        raise NotYet(f"Expected a tuple of two whole numbers, such as (5, 20), got {shape!r}.")
    rows, columns = shape
    if rows != 3:
        raise NotYet(f"{tuple(shape)} says {rows} rows. In a bag, what gets a row: a text or a word?")
    again = "A word or a pair that comes again, in the same text or another, goes into the column that it has already."
    hints = {
        5: "These are the single words. ngram_range=(1, 2) counts pairs as well.",
        6: "These are the pairs. ngram_range=(1, 2) counts single words as well.",
        9: "WORD keeps words of one letter, and pairs are formed across a comma. Did you leave some out?",
        10: "Very near. A comma is no word: which words are neighbors across one?",
        **dict.fromkeys((12, 15, 17, 21, 27), again),
    }
    hint = hints.get(columns, "List the different words, then the different pairs of neighbors.")
    if columns != 11:
        raise NotYet(f"{columns} columns is not right. {hint}")
    right("one row a text, one column for each different word and each different pair")


def layer_ids(answer) -> None:
    """Exercise 2: what TextVectorization makes of two sentences."""
    found = expect_shape(ask(answer), (2, 6), "layer_ids()", hint="Two sentences, output_sequence_length=6.")
    short, long = found.tolist()
    if short[-2:] == [5, 6]:
        raise NotYet(f"The short one, {short}: you padded on the left. On which side does this layer pad?")
    if short[:2] in ([3, 4], [4, 5]):
        raise NotYet(f"The short one, {short}: two ids are taken before the first word of the list. Which?")
    if 1 in short[:2]:
        raise NotYet(f"The short one, {short}: the layer makes letters small and drops '!' before it looks a word up.")
    expect_equal(short, [5, 6, 0, 0, 0, 0], "The short sentence", hint="Which id means: nothing here?")
    if long[:3] == [2, 7, 1] or long[-1] == 1:
        raise NotYet(f"The long one, {long}: you kept its last six words. Which end does this layer keep?")
    if long[1] == 8:
        raise NotYet(f"The long one, {long}: what does the layer do with an apostrophe before it looks a word up?")
    if long[1] == 0:
        raise NotYet(f"The long one, {long}: 0 means padding. Which id does a word get that is not listed?")
    hint = "Write down the words after small letters and punctuation, then look each one up."
    expect_equal(long, [7, 1, 3, 6, 2, 7], "The long sentence", hint=hint)
    right("small letters, no apostrophes, unknown words, right padding and the right end cut off")


def unknown_share(answer) -> None:
    """Exercise 3: the share of a text's words that a vocabulary lacks."""
    train, test = (["film"] * 5 + ["a"] * 3 + ["good"] * 2 + ["plot"] * 2), "dull film a plot dull a film plot a dull a"
    test = test.split()
    said = f"With 5 × film, 3 × a, 2 × good and 2 × plot to train on, '{' '.join(test)}' to test and size=2, the share"
    share = expect_number(ask(answer, train, test, 2), said)
    hints = {
        2 / 4: "You counted different words. A word that occurs three times counts three times.",
        3 / 11: "You took every training word as known. Only the `size` most frequent are.",
        4 / 11: "You took the most frequent words of the test text. A vocabulary is learned from the training text.",
        6 / 11: "That is the share of known words.",
        5 / 12: "Divide by the number of test words, not of training words.",
        5: "That is a number of words. What share of all test words is it?",
        100 * 5 / 11: "A share goes from 0 to 1.",
        1.0: "So no word is known to you: does your vocabulary hold the words themselves, and `size` of them?",
    }
    hint = next((hint for value, hint in hints.items() if math.isclose(share, value, abs_tol=1e-4)), "")
    expect_close(share, 5 / 11, said, hint=hint or "Which words are known here? Count the others by hand.")
    for words, size, wanted, hint in (
        (["dull", "slow"], 2, 1.0, "None of these words is in the training text."),
        (["film", "plot"], 50, 0.0, "A size above the number of different words keeps them all."),
        ([], 2, 0.0, "Of no words at all, the share is 0."),
    ):
        said = f"With the same training words, {words} to test and size={size}, the share"
        expect_close(expect_number(ask(answer, train, words, size, hint=hint), said), wanted, said, hint=hint)
    rng = np.random.default_rng(7)
    words = [f"w{letter}" for letter in "abcdefghijklmno"]
    train = [word for place, word in enumerate(words[:12]) for _ in range(12 - place)]
    train, test = rng.permutation(train).tolist(), rng.choice(words, 40).tolist()
    for size in (1, 3, 8):
        wanted = text.unknown_rate(text.word_tokenizer([" ".join(train)], size + 2), [" ".join(test)])
        said = f"With 12 different training words in mixed order and size={size}, the share"
        expect_close(
            expect_number(ask(answer, train, test, size), said), wanted, said, hint="Which words are frequent?"
        )
    right("the share of unknown words", "The tokenizer of course_utils.text says the same.")


def clean_words(answer) -> None:
    """Exercise 4: a review's words, without what the web page brought along."""
    cases = (
        ("NOT bad!", ["not", "bad"], "Lower case, and words only."),
        (
            "A <b>good</b> film",
            ["a", "good", "film"],
            "Only the tags go: is one left over, or is a word between two of them gone?",
        ),
        ("good<br />film", ["good", "film"], "A tag parts two words. What do you put in its place?"),
        ("I didn't", ["i", "didn't"], "An apostrophe inside a word stays."),
        ("I didn’t", ["i", "didn't"], "The curly apostrophe carries the 'not'. Which character should it become?"),
        ("Tom &amp; Ann", ["tom", "ann"], "An entity stands for one character. html.unescape decodes it."),
        (
            "&lt;b&gt; is a tag",
            ["b", "is", "a", "tag"],
            "This is text about a tag. Do the entities become tags before the tags are dropped?",
        ),
        (
            "5 < 6 and 7 > 2",
            ["5", "6", "and", "7", "2"],
            "Here < and > are no tag. What must follow the < of a tag?",
        ),
        (
            "Ann&#8217;s film",
            ["ann's", "film"],
            "An entity may stand for a curly apostrophe. In which order do you go?",
        ),
        ("<I>Not</I>\n bad", ["not", "bad"], "Tags may be written large, and a line may end anywhere."),
        ("", [], "A review without words has an empty list."),
    )
    for review, wanted, hint in cases:
        found = ask(answer, review, hint=hint)
        said = call(answer, review)
        if isinstance(found, str):
            raise NotYet(f"{said} gives one string, {found!r}; expected a list of words.")
        if not isinstance(found, list | tuple | np.ndarray):
            raise NotYet(f"{said} gives a {type(found).__name__}; expected a list, which keeps the order of the words.")
        expect_equal(found, wanted, said, hint=hint)
    right("tags, entities, apostrophes and case", "The tag that is only text survives.")


def weigh(answer) -> None:
    """Exercise 5: TF-IDF weights, each row of length 1."""
    bags = np.array([[2, 1, 0, 0, 0, 1], [0, 1, 3, 0, 0, 0], [0, 1, 1, 1, 0, 0], [0, 2, 0, 2, 1, 0], [0] * 6])
    said = "weigh(bags) with five texts and six words"
    with np.errstate(all="ignore"):
        found = expect_shape(_dense(ask(answer, bags)), bags.shape, said, hint="A weight for each count.")
        if not np.issubdtype(found.dtype, np.number):
            raise NotYet(f"{said} holds {found.dtype} instead of numbers.")
        if not np.isfinite(found[4]).all():
            raise NotYet(f"{said}: the last text has no words, and its row became {found[4]}. You divided by 0.")
        for wrong, hint in _typical_weights(bags):
            if np.allclose(found, wrong, atol=1e-4):
                raise NotYet(f"{said} is not right. {hint}")
        expect_close(found, _weights(bags), said, hint="Take one count and follow it through the two steps.")
        rng = np.random.default_rng(3)
        for shape in ((1, 3), (3, 1), (6, 9)):
            bags = rng.integers(0, 3, shape)
            said = f"weigh(array{shape})"
            hint = "It is right for five texts and six words. What did you write that fits that size only?"
            expect_close(_dense(ask(answer, bags, hint=hint)), _weights(bags), said, hint=hint)
    right("the weights", "They are scikit-learn's, too.")


def learn_merges(answer) -> None:
    """Exercise 6: byte-pair merges up to a vocabulary's size."""
    toy = {"low": 5, "lower": 2, "newest": 6, "widest": 3}
    rare = {"cab": 1, "cad": 1, "cap": 1, "so": 9}  # counted once each, c+a would come first
    for counts, size in ((toy, 11), (toy, 12), (toy, 15), (toy, 10), (toy, 4), (rare, 8), (rare, 9), (toy, 500)):
        said = call(answer, counts, size)
        hint = "What if no word has a pair left?" if size == 500 else ""
        merges = ask(answer, Counter(counts), size, hint=hint)
        if not isinstance(merges, list | tuple):
            raise NotYet(f"{said} gives a {type(merges).__name__}; expected a list of pairs.")
        _replay(merges, counts, size, said)
    right("merges in the order in which they are learned", "They stop when the vocabulary is full or nothing is left.")


def same_triples(answer) -> None:
    """Exercise 7: two sentences that a bag of words, pairs and triples cannot tell apart."""
    both = ask(answer)
    if not isinstance(both, tuple | list) or [isinstance(each, str) for each in both] != [True, True]:
        raise NotYet(f"Expected a tuple of two sentences, got {both!r}.")
    first, second = (_WORD.findall(each.replace("’", "'").lower()) for each in both)
    if first == second:
        raise NotYet("Both have the same words in the same order (case and punctuation do not count).")
    for n, name in ((1, "word"), (2, "pair"), (3, "triple")):
        here, there = (Counter(zip(*(words[at:] for at in range(n)), strict=False)) for words in (first, second))
        for run in [*here, *there]:
            if here[run] != there[run]:
                raise NotYet(
                    f"The {name} '{' '.join(run)}' stands {_times(here[run])} in the first sentence and "
                    f"{_times(there[run])} in the second."
                )
    right("the same words, pairs and triples in another order", "Do they also mean the opposite?")


def small_pipeline(answer) -> None:
    """Exercise 8: a small pipeline that reads a negation."""
    model = ask(answer)
    if isinstance(model, type):
        raise NotYet(f"Expected a pipeline, got the class {model.__name__}. Call it to make one.")
    if not hasattr(model, "steps"):
        raise NotYet(
            f"Expected a scikit-learn pipeline, got a {type(model).__name__}. make_pipeline joins steps into one."
        )
    if not hasattr(model.steps[-1][1], "predict"):
        raise NotYet(f"The last step is a {type(model.steps[-1][1]).__name__}, which cannot predict. Add a classifier.")
    accuracy, columns = _try_out(model)
    got = f"Your pipeline is right on {accuracy:.0%} of 400 new reviews, with {columns:,} columns."
    lists = [getattr(step, "stop_words", None) for _, step in model.steps]
    if accuracy < 0.95:
        hint = "Which two words, side by side, tell praise from blame here?"
        if any(each is not None for each in lists):
            hint = "You drop stop words. Is one among them that decides here?"
        elif columns < 15:
            hint = "Hardly any columns are left. Are the words that decide among them?"
        elif accuracy < 0.65:
            hint = "That is little more than a coin gives. Do praise and blame have the same bag of words?"
        raise NotYet(f"{got} Expected at least 95%. {hint}")
    if columns > 150:
        raise NotYet(f"{got} At most 150 columns are allowed. Which words occur in one review only, and help nobody?")
    right(f"{accuracy:.0%} of 400 new reviews with {columns} columns")


def _dense(result):
    return result.toarray() if hasattr(result, "toarray") else result  # scikit-learn's answer is sparse


def _times(number: int) -> str:
    return {0: "never", 1: "once"}.get(number, f"{number} times")


def _weights(bags: np.ndarray) -> list:
    rows = []
    for bag in bags.tolist():
        row = []
        for place, count in enumerate(bag):
            texts = sum(other[place] > 0 for other in bags.tolist())
            row.append(count * (1 + math.log((1 + len(bags)) / (1 + texts))))
        length = math.sqrt(sum(weight**2 for weight in row))
        rows.append([weight / length if length else 0.0 for weight in row])
    return rows


def _typical_weights(bags: np.ndarray):
    """Yield what typical mistakes make of counts ``(texts, words)``, each with its hint."""

    def scaled(weights, axis=1, order=2):
        return weights / np.maximum(np.linalg.norm(weights, ord=order, axis=axis, keepdims=True), 1e-12)

    n, texts, total = len(bags), (bags > 0).sum(axis=0), bags.sum(axis=0)
    idf = np.log((1 + n) / (1 + texts)) + 1
    yield bags * idf, "The rows are not scaled: what is the length of the first one?"
    yield scaled(bags * idf, order=1), "You divided by a row's sum. Its length is √(a² + b² + …)."
    yield scaled(bags * idf, axis=0), "You scaled the columns (words); scale the rows (texts)."
    yield scaled(bags), "These are scaled counts: where is the weight of a rare word?"
    yield (
        scaled(bags * (np.log((1 + n) / (1 + total)) + 1)),
        "You counted how often a word occurs; n_w is in how many texts it does.",
    )
    yield scaled(bags * (idf - 1)), "The 1 that is added after the logarithm is missing."
    yield scaled(bags * (np.log(n / texts) + 1)), "The 1 that is added to n and to n_w is missing."
    for base, log in ((10, np.log10), (2, np.log2)):
        yield (
            scaled(bags * (log((1 + n) / (1 + texts)) + 1)),
            f"ln is the natural logarithm, not the one to base {base}.",
        )
    yield (
        scaled(bags * (np.log(n / (1 + texts)) + 1)),
        "n is the number of all texts, also of those without words, and 1 is added to it.",
    )
    columns = bags.shape[1]
    yield scaled(bags * (np.log((1 + columns) / (1 + texts)) + 1)), "n is the number of texts, not of words."


def _pairs(pieces: list[list[str]], weights: list[int]) -> Counter:
    found = Counter()
    for parts, weight in zip(pieces, weights, strict=True):
        for place in range(len(parts) - 1):
            found[parts[place], parts[place + 1]] += weight
    return found


def _join(parts: list[str], pair: tuple) -> list[str]:
    joined, place = [], 0
    while place < len(parts):
        hit = tuple(parts[place : place + 2]) == pair
        joined.append("".join(pair) if hit else parts[place])
        place += 2 if hit else 1
    return joined


def _replay(merges, counts: dict, size: int, said: str) -> None:
    """Follow a learner's merges one by one: each must be a most frequent pair of what those before it have left."""
    characters = len(set("".join(counts)))
    room = max(0, size - characters)
    pieces, weights = [list(word) for word in counts], list(counts.values())
    for place, given in enumerate(merges):
        if not isinstance(given, tuple | list) or [type(part) for part in given] != [str, str]:
            raise NotYet(f"{said}: merge {place + 1} is {given!r}; expected a pair of strings.")
        pair, found = tuple(given), _pairs(pieces, weights)
        if place == room:
            raise NotYet(
                f"{said} gives {len(merges)} merges, too many. The {characters} characters are tokens as well, and "
                f"each merge adds one."
            )
        if pair in map(tuple, merges[:place]):
            raise NotYet(f"{said}: merge {place + 1}, {pair}, was made before. Are the pieces merged after each step?")
        if pair not in found:
            raise NotYet(
                f"{said}: at merge {place + 1} no word holds {pair} side by side. The pieces then: "
                f"{', '.join(' '.join(parts) for parts in pieces)}."
            )
        if found[pair] < max(found.values()):
            once = _pairs(pieces, [1] * len(pieces))
            hint = "Count each word as often as it occurs." if once[pair] == max(once.values()) else ""
            raise NotYet(
                f"{said}: merge {place + 1} is {pair}, which stands together {_times(found[pair])}. Another pair does "
                f"so {_times(max(found.values()))}. {hint}".rstrip()
            )
        pieces = [_join(parts, pair) for parts in pieces]
    if len(merges) < room and _pairs(pieces, weights):
        raise NotYet(
            f"{said} gives {len(merges)} merges, too few: with {characters} characters the vocabulary is not full yet, "
            "and there are pairs left."
        )


@functools.cache
def _reviews(number: int, seed: int) -> tuple[tuple[str, ...], tuple[int, ...]]:
    good, bad = ["brilliant", "moving", "funny", "clever", "fresh"], ["boring", "silly", "slow", "flat", "clumsy"]
    rng = np.random.default_rng(seed)
    texts, labels = [], rng.integers(0, 2, number)
    for label in labels:
        holds, denied = (rng.choice(each) for each in ((good, bad) if label else (bad, good)))
        star, maker = ("".join(rng.choice(list("aeioklmnrst"), 9)) for _ in range(2))
        parts = rng.permutation([f"it was {holds}", f"it was not {denied}"])
        texts.append(f"A film with {star} by {maker}: {parts[0]} and {parts[1]}.")
    return tuple(texts), tuple(labels.tolist())


def _try_out(model, seed: int = 101) -> tuple[float, int]:
    """Train a pipeline and return its accuracy on new reviews and the number of columns that its classifier gets."""
    (train, labels), (test, wanted) = (map(list, _reviews(*each)) for each in ((600, seed), (400, seed + 1)))
    try:
        model.fit(train, labels)
        found = np.asarray(model.predict(test))
        columns = model[:-1].transform(test[:1]).shape[1] if len(model.steps) > 1 else 0
    except NotImplementedError:
        raise
    except Exception as error:
        raise NotYet(
            f"Training your pipeline on 600 texts and trying it on 400 raised {type(error).__name__}: {error}"
        ) from error
    expect_shape(found, (400,), "What your pipeline predicts for 400 texts", hint="A label for each text.")
    return float(np.mean(found == np.array(wanted))), columns
