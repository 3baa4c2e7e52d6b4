"""Check the exercises of notebook 01: bags, ids, unknown words, cleaning, TF-IDF, merges, triples, a pipeline."""

import functools
import html
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from itertools import pairwise

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer

from course_utils.checks import NotYet, ask, call, plain, right, shown
from course_utils.checks.expect import expect, expect_close, expect_equal, expect_shape, hold, name_mistake
from course_utils.checks.progress import watch

WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
SHORT, LONG = [5, 6, 0, 0, 0, 0], [7, 1, 3, 6, 2, 7]


def _unknown(train: Iterable, test: Collection, size: int, start: int = 0) -> float:
    known = [word for word, _ in Counter(train).most_common()][start:][:size]
    return sum(word not in known for word in test) / max(1, len(test))


def _cleaned(tag=r"</?[A-Za-z][^<>]*>", space=" ", quote="'", lower=str.lower, order="teq") -> Callable:
    """Return a function that cleans a review: (t)ags, (e)ntities and (q)uotes in some order."""
    steps = {"t": lambda text: re.sub(tag, space, text), "e": html.unescape, "q": lambda text: text.replace("’", quote)}
    return lambda review: WORD.findall(lower(functools.reduce(lambda text, step: steps[step](text), order, review)))


def _weighed(count=np.count_nonzero, texts=len, log=np.log, one=1, plus=1, axis=1, least=1e-9, **norm) -> Callable:
    """Return a function that weighs counts ``(texts, words)`` by a logarithm and divides by some length."""

    def weigh(bags):
        weights = bags * (log((one + texts(bags)) / (one + count(bags, axis=0))) + plus)
        return weights / np.maximum(np.linalg.norm(weights, axis=axis, keepdims=True, **norm), least)

    return weigh


MISTAKES = {
    "bag_shape": {
        "Here the words have the rows. In a bag, what gets a row: a text or a word?": (11, 3),
        "These are the single words. ngram_range=(1, 2) counts pairs as well.": (3, 5),
        "These are the pairs. ngram_range=(1, 2) counts single words as well.": (3, 6),
        "WORD keeps words of one letter, and pairs are formed across a comma. Did you leave some out?": (3, 9),
        "Very close. A comma is not a word: which words are neighbors across one?": (3, 10),
        "A word or a pair that occurs again goes into the column that it already has.": (3, 27),
    },
    "layer_ids": {
        "You padded on the left. On which side does this layer pad?": [[0, 0, 0, 0, 5, 6], LONG],
        "Two ids are taken before the first word of the list. Which?": [[3, 4, 0, 0, 0, 0], [5, 6, 1, 4, 0, 5]],
        "Not one but two ids are taken before the first word of the list.": [[4, 5, 0, 0, 0, 0], LONG],
        "The layer makes letters small and drops '!' before it looks a word up.": [[5, 1, 0, 0, 0, 0], LONG],
        "You kept its last six words. Which end does this layer keep?": [SHORT, [2, 7, 1, 3, 4, 1]],
        "What does the layer do with an apostrophe before it looks a word up?": [SHORT, [7, 8, 3, 6, 2, 7]],
        "0 means padding. Which id does a word get that is not listed?": [SHORT, [7, 0, 3, 6, 2, 7]],
    },
    "unknown_share": {
        "A word that occurs three times counts three times.": lambda train, test, n: _unknown(train, {*test}, n),
        "Only the `size` most frequent training words are known.": lambda train, test, n: _unknown(train, test, 99),
        "The vocabulary is learned from the training text.": lambda train, test, n: _unknown(test, test, n),
        "That is the share of known words.": lambda train, test, n: 1 - _unknown(train, test, n),
        "Divide by the number of test words.": lambda train, test, n: _unknown(train, test, n) * len(test) / len(train),
        "That is a number of words, not a share of them.": lambda train, test, n: _unknown(train, test, n) * len(test),
        "A share goes from 0 to 1.": lambda train, test, n: 100 * _unknown(train, test, n),
        "So you know no word. Does your vocabulary hold words?": lambda train, *more: _unknown(zip(train), *more),
        "You took the first words. Which are frequent?": lambda train, *more: _unknown([*dict.fromkeys(train)], *more),
        "You took the rarest words. Which end do you need?": lambda train, test, n: _unknown(train, test, n, start=-n),
    },
    "clean_words": {  # what a review shows is named by the first of these that goes wrong with it
        "Tags may be written in capitals, and a line may end anywhere.": _cleaned(tag=r"</?[a-z][^<>]*>"),
        "Here < and > are not a tag. What must follow the < of a tag?": _cleaned(tag=r"<.*?>"),
        "An entity may stand for a curly apostrophe. In which order do you go?": _cleaned(order="tqe"),
        "This is text about a tag. Do the entities become tags before you drop the tags?": _cleaned(order="etq"),
        "An entity stands for one character. html.unescape decodes it.": _cleaned(order="tq"),
        "Only the tags go: is one left over, or is a word between two of them gone?": _cleaned(tag=r"<.*>"),
        "A tag separates two words. What do you put in its place?": _cleaned(space=""),
        "The curly apostrophe carries the 'not'. Which character should it become?": _cleaned(quote=""),
        "Lower case, words only, and their apostrophes stay.": _cleaned(lower=str),
    },
    "weigh": {
        "The rows are not scaled: what is the length of the first one?": lambda bags: 1e9 * _weighed(least=1e9)(bags),
        "The last text has no words, and you divided its row by 0.": _weighed(least=0),
        "You divided by a row's sum. Its length is √(a² + b² + …).": _weighed(ord=1),
        "You scaled the columns (words); scale the rows (texts).": _weighed(axis=0),
        "These are scaled counts: where is the weight of a rare word?": _weighed(log=np.zeros_like),
        "You counted how often a word occurs; n_w is the number of texts that contain it.": _weighed(count=np.sum),
        "The 1 that is added after the logarithm is missing.": _weighed(plus=0),
        "The 1 that is added to n and to n_w is missing.": _weighed(one=0),
        "The 1 that is added to n is missing.": _weighed(texts=lambda bags: len(bags) - 1),
        "ln is the natural logarithm, not the one to base 10.": _weighed(log=np.log10),
        "ln is the natural logarithm, not the one to base 2.": _weighed(log=np.log2),
        "n is the number of texts, not of words.": _weighed(texts=lambda bags: bags.shape[1]),
        "n is the number of all texts, even of those without words.": _weighed(texts=lambda bags: bags.any(1).sum()),
    },
    "learn_merges": {},
    "same_triples": {},
    "small_pipeline": {},
}
__all__ = ["MISTAKES", "hint", "progress", *MISTAKES]


def bag_shape(answer: Callable) -> None:
    """Exercise 1: the shape of a bag of words and pairs."""
    hint = "One row per text. For the columns, list the different words, then the different pairs of neighbors."
    hold(answer, [], (3, 11), MISTAKES["bag_shape"], hint=hint)
    right("one row per text, one column for each different word and each different pair")


def layer_ids(answer: Callable) -> None:
    """Exercise 2: what TextVectorization makes of two sentences."""
    found = expect_shape(ask(answer), (2, 6), "layer_ids()", hint="Two sentences, output_sequence_length=6.").tolist()
    hints = ["Which id means: nothing here?", "Write down the words after small letters and punctuation, look each up."]
    for row, (name, wanted) in enumerate({"The short sentence": SHORT, "The long sentence": LONG}.items()):
        name_mistake(found[row], wanted, MISTAKES["layer_ids"], name, part=row)
        expect_equal(found[row], wanted, name, hint=hints[row])
    right("small letters, no apostrophes, unknown words, padding on the right, cut on the right")


def unknown_share(answer: Callable) -> None:
    """Exercise 3: the share of a text's words that a vocabulary lacks."""
    rng, words, lacking = np.random.default_rng(7), list("abcdefghijklmno"), ["dull", "film", "a", "plot"]
    few = ["plot"] * 2 + ["film"] * 5 + ["a"] * 3 + ["good"] * 2
    many = rng.permutation([word for place, word in enumerate(words[:12]) for _ in range(12 - place)]).tolist()
    cases = [
        (few, lacking * 2 + ["dull", "a", "a"], 2, "Which words are known here? Count the others by hand."),
        (few, ["dull", "slow"], 2, "None of these words is in the training text."),
        (few, ["film", "plot"], 50, "A size above the number of different words keeps them all."),
        (few, [], 2, "For a text without words, the share is 0."),
        *((many, rng.choice(words, 40).tolist(), size, "Which words are frequent?") for size in (1, 3, 8)),
    ]
    for number, (train, test, size, hint) in enumerate(cases):
        trained = ", ".join(f"{count} × {word}" for word, count in Counter(train).items())
        called = f"With {trained} to train on, {' '.join(test)!r} to test and size={size}, your function"
        mistakes = MISTAKES["unknown_share"] if number == 0 else {}  # the first case tells them all apart
        hold(answer, [train, test, size], _unknown(train, test, size), mistakes, called, hint)
    right("the share of unknown words", "Empty texts and large sizes included.")


def clean_words(answer: Callable) -> None:
    """Exercise 4: a review's words, without what the web page added."""
    mistakes = MISTAKES["clean_words"]
    reviews = ["NOT bad!", "A <b>good</b> film", "good<br />film", "I didn't", "I didn’t", ""]
    reviews += ["Tom &amp; Ann", "&lt;b&gt; is a tag", "5 < 6 and 7 > 2", "Ann&#8217;s film", "<I>Not</I>\n bad"]
    for review in reviews:
        wanted = _cleaned()(review)
        hint = next((words for words, wrong in mistakes.items() if wrong(review) != wanted), "Words only, please.")
        hold(answer, [review], wanted, mistakes, hint=hint)
    right("tags, entities, apostrophes and case", "The tag that is only text survives.")


def weigh(answer: Callable) -> None:
    """Exercise 5: TF-IDF weights, each row of length 1."""
    bags = np.array([[2, 1, 0, 0, 1, 0], [0, 1, 3, 0, 0, 2], [0, 1, 1, 1, 0, 0], [0, 2, 0, 2, 1, 0], *[[0] * 6] * 4])
    hint, rng = "Take one count and follow it through the two steps.", np.random.default_rng(3)
    for given in [bags, *(rng.integers(0, 3, shape) for shape in ((1, 3), (3, 1), (6, 9)))]:
        called, found = f"weigh(an array of shape {given.shape})", ask(answer, given, hint=hint)
        found = found.toarray() if isinstance(found, sparse.spmatrix | sparse.sparray) else found
        wanted = TfidfTransformer().fit_transform(given).toarray()
        name_mistake(found, wanted, MISTAKES["weigh"] if given is bags else {}, called, [given])
        expect_close(found, wanted, called, hint=hint)
        hint = "It is right for eight texts and six words. What did you write that fits only that size?"
    right("the weights", "They are scikit-learn's, too.")


def learn_merges(answer: Callable) -> None:
    """Exercise 6: byte-pair merges up to a vocabulary's size."""
    toy = {"low": 5, "lower": 2, "newest": 6, "widest": 3}
    rare = {"cab": 1, "cad": 1, "cap": 1, "so": 9}  # counted once each, c+a would come first
    for counts, size in ((toy, 11), (toy, 12), (toy, 15), (toy, 10), (toy, 4), (rare, 8), (rare, 9), (toy, 500)):
        called, hint = call(answer, counts, size), "What if no word has a pair left?" if size == 500 else ""
        merges, characters = ask(answer, Counter(counts), size, hint=hint), len(set("".join(counts)))
        pairs = isinstance(merges, list | tuple) and all(isinstance(pair, list | tuple) for pair in merges)
        pairs = pairs and all([*map(type, pair)] == [str, str] for pair in merges)
        expect(pairs, f"{called} gives {shown(merges)}; expected a list of pairs of strings.")
        words, room = {" ".join(word): count for word, count in counts.items()}, max(0, size - characters)
        for number, pair in enumerate(map(tuple, merges[:room])):
            words = _replay(words, pair, pair in map(tuple, merges[:number]), f"{called}: merge {number + 1}, {pair},")
        gives, full = f"{called} gives {len(merges)} merges, too", len(merges) == room or not _pairs(words)
        expect(
            len(merges) <= room, f"{gives} many. The {characters} characters are tokens, too, and each merge adds one."
        )
        expect(full, f"{gives} few: with {characters} characters it is not full yet, and there are pairs left.")
    right("merges in the order in which they are learned", "They stop when the vocabulary is full or nothing is left.")


def _pairs(words: dict[str, int]) -> Counter:
    return Counter(pair for word, count in words.items() for pair in [*pairwise(word.split())] * count)


def _replay(words: dict[str, int], pair: tuple, again: bool, called: str) -> dict[str, int]:
    """Make a learner's merge in words whose pieces stand between spaces; it must be a most frequent pair of them."""
    found = _pairs(words)
    hint = "It was made before. Are the pieces merged after each step?" if again else f"The pieces: {', '.join(words)}."
    expect(pair in found, f"{called} does not stand side by side in any word. {hint}")
    more = f"{called} occurs {found[pair]} times and another pair {max(found.values())} times. "
    expect(found[pair] == max(found.values()), f"{more}Do you count each word as often as it occurs?")
    both = re.compile(rf"(?<!\S){re.escape(' '.join(pair))}(?!\S)")
    return {both.sub("".join(pair), word): count for word, count in words.items()}


def same_triples(answer: Callable) -> None:
    """Exercise 7: two sentences that a bag of words, pairs and triples cannot tell apart."""
    both = ask(answer)
    two = isinstance(both, tuple | list) and [isinstance(sentence, str) for sentence in both] == [True, True]
    expect(two, f"Expected a tuple of two sentences, got {shown(both)}.")
    first, second = (WORD.findall(sentence.replace("’", "'").lower()) for sentence in both)
    expect(first != second, "Both have the same words in the same order (case and punctuation do not count).")
    for n, name in ((1, "word"), (2, "pair"), (3, "triple")):
        here, there = (Counter(zip(*(words[at:] for at in range(n)), strict=False)) for words in (first, second))
        for run in [*here, *there]:
            times = f"occurs {here[run]} × in the first sentence and {there[run]} × in the second"
            expect(here[run] == there[run], f"The {name} '{' '.join(run)}' {times}.")
    right("the same words, pairs and triples in another order", "Do they also mean the opposite?")


def small_pipeline(answer: Callable) -> None:
    """Exercise 8: a small pipeline that reads a negation."""
    model = ask(answer)
    name = getattr(model, "__name__", type(model).__name__)
    expect(not isinstance(model, type), f"Expected a pipeline, got the class {name}. Call it to make one.")
    expect(hasattr(model, "steps"), f"Expected a scikit-learn pipeline, got {name}. make_pipeline joins steps.")
    expect(hasattr(model.steps[-1][1], "predict"), "The last step cannot predict. Add a classifier.")
    accuracy, columns = try_out(model)
    got = f"Your pipeline is right on {accuracy:.0%} of 400 new reviews, with {columns:,} columns."
    hint = "Which two words, side by side, tell praise from blame here?"
    if any(getattr(step, "stop_words", None) is not None for _, step in model.steps):
        hint = "You drop stop words. Is one among them that decides here?"
    elif columns < 15:
        hint = "Hardly any columns are left. Are the words that decide among them?"
    elif accuracy < 0.65:
        hint = "That is little more than a coin gives. Do praise and blame have the same bag of words?"
    expect(accuracy >= 0.95, f"{got} Expected at least 95%. {hint}")
    expect(columns <= 150, f"{got} Expected at most 150. Which words occur in one review only, and help nobody?")
    right(f"{accuracy:.0%} of 400 new reviews with {columns} columns")


def _reviews(number: int, seed: int) -> tuple[list[str], list[int]]:
    good, bad = ["brilliant", "moving", "funny", "clever", "fresh"], ["boring", "silly", "slow", "flat", "clumsy"]
    rng = np.random.default_rng(seed)
    texts, labels = [], rng.integers(0, 2, number)
    for label in labels:
        holds, denied = (rng.choice(words) for words in ((good, bad) if label else (bad, good)))
        star, maker = ("".join(rng.choice(list("aeioklmnrst"), 9)) for _ in range(2))
        parts = rng.permutation([f"it was {holds}", f"it was not {denied}"])
        texts.append(f"A film with {star} by {maker}: {parts[0]} and {parts[1]}.")
    return texts, labels.tolist()


def try_out(model: object, seed: int = 101) -> tuple[float, int]:
    """Train a pipeline and return its accuracy on new reviews and the number of columns that its classifier gets."""
    (train, labels), (test, wanted) = (_reviews(*made) for made in ((600, seed), (400, seed + 1)))
    try:
        model.fit(train, labels)
        found = np.asarray(model.predict(test))
        columns = model[:-1].transform(test[:1]).shape[1] if len(model.steps) > 1 else 0
    except Exception as error:
        raise NotYet(f"Training your pipeline on 600 texts raised {type(error).__name__}: {plain(error)}.") from error
    expect_shape(found, (400,), "What your pipeline predicts for 400 texts", hint="A label for each text.")
    return float(np.mean(found == np.array(wanted))), columns


hint, progress = watch(globals())
