"""Write the sample corpora of the course, the same bytes on every machine.

``python data/make_samples.py`` rewrites the files named in FILES beside this file;
``python data/make_samples.py --check`` writes nothing and fails when one of them differs.
The words are in maker/*.txt; README.md says what each sample is for.
"""

import argparse
import json
import random
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
STOCK = HERE / "maker"
FILES = ("reviews.jsonl", "play.txt", "headlines.jsonl", "tweets.tsv", "korean_reviews.tsv")

TRAIN_REVIEWS, TEST_REVIEWS = 4000, 1000
HEADLINES, SARCASTIC = 1500, 675
PLAIN_SHARE = 0.68  # reviews with an opinion that a bag of words can see; they end in one
PLAIN_AGAIN = 0.7  # each further opinion of such a review that is worded plainly, too
TELLING_SHARE = 0.55  # headlines whose wording alone tells
SHORTEST, LONGEST = 8, 150  # words of a review
TRAIN_TWEETS, TEST_TWEETS = 1780, 300
WRONG_EMOTICONS = 0.08  # training tweets whose label is not what the text says
SMILEYS = 0.15  # test tweets with a smiley, one in ten of which says the opposite; in training they became the labels
RETWEETS = 0.12  # training tweets that repeat an earlier one, addressed to somebody else
TRAIN_KOREAN, TEST_KOREAN = 1600, 500
CARELESS = 0.1  # Korean reviews typed without spaces


class Chooser:
    """Random choices that only use ``Random.random``, the one method that no Python version may change.

    Examples
    --------
    >>> Chooser(1).pick(["a", "b", "c"]), Chooser(1).pick(["a", "b", "c"])
    ('a', 'a')
    """

    def __init__(self, seed):
        self._random = random.Random(seed).random

    def below(self, n):
        """Return an integer from 0 to ``n - 1``."""
        return int(self._random() * n)

    def chance(self, probability):
        """Return True in the given share of calls."""
        return self._random() < probability

    def pick(self, items):
        """Return one of ``items``."""
        return items[self.below(len(items))]

    def shuffled(self, items):
        """Return ``items`` in a new order (Fisher and Yates)."""
        items = list(items)
        for last in range(len(items) - 1, 0, -1):
            other = self.below(last + 1)
            items[last], items[other] = items[other], items[last]
        return items


def read_stock(name):
    """Return the sections of a file in maker/ as a dict of lists of lines, comments left out."""
    sections, current = {}, None
    for line in (STOCK / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("[") and line.endswith("]"):
            current = sections.setdefault(line[1:-1], [])
        elif line and not line.startswith("#"):
            current.append(line)
    return sections


# --- reviews ---------------------------------------------------------------------------------------------


def fill(template, positive, stock, names, chooser):
    """Put words into the slots of one review sentence.

    ``less`` slots hold what the writer sets aside, ``more`` slots what the writer stands by. With each
    sentence holding as many of one as of the other, only the order says which is which.
    """

    def word(match):
        slot = match.group(1)
        if slot in names:
            return names[slot]
        if slot in stock:
            return chooser.pick(stock[slot])
        good = positive == slot.lower().startswith("more")
        kind = {"N": " nouns", "V": " verbs"}.get(slot[4:], "")
        chosen = chooser.pick(stock[("good" if good else "bad") + kind])
        return chosen.capitalize() if slot[0].isupper() else chosen

    text = re.sub(r"\{(\w+)\}", word, template)
    return text[0].upper() + text[1:]


def names_of_one_film(stock, chooser):
    """Return who and what one review speaks of, so that its sentences agree."""
    names = {}
    for slot in ("actor", "role", "place"):
        names[slot], names[slot + "2"] = chooser.shuffled(stock[slot])[:2]
    for slot in ("director", "title", "friend"):
        names[slot] = chooser.pick(stock[slot])
    return names


def opinions(count, positive, plain, stock, chooser):
    """Return ``count`` templates with an opinion; in plain reviews most are worded plainly, the last one always."""
    chosen = []
    order = chooser.shuffled(stock["order"])
    plainly = chooser.shuffled(stock["plain"] + stock["plain good" if positive else "plain bad"])
    for place in range(count):
        if plain and (place == count - 1 or chooser.chance(PLAIN_AGAIN)):
            chosen.append(plainly.pop())
        elif chooser.chance(0.75):
            chosen.append(order.pop())
        else:
            chosen.append(chooser.pick(stock[chooser.pick(["denied", "affirmed"])]))
    return chosen


def one_review(positive, stock, chooser):
    """Return the text of one review."""
    names = names_of_one_film(stock, chooser)
    sentences = 1
    while sentences < 12 and chooser.chance(0.72):
        sentences += 1
    count = max(1, round(sentences * (0.45 + 0.3 * chooser.below(100) / 100)))
    lines = opinions(count, positive, chooser.chance(PLAIN_SHARE), stock, chooser)
    for scene in chooser.shuffled(stock["scene"])[: sentences - count]:
        lines.insert(chooser.below(len(lines)), scene)  # before the verdict, which comes last
    if chooser.chance(0.3):
        lines.insert(0, chooser.pick(stock["opening"]))
    if chooser.chance(0.2):
        lines.append(chooser.pick(stock["closing"]))
    text = ""
    for line in lines:
        gap = "<br /><br />" if len(lines) > 3 and chooser.chance(0.12) else " "
        text += (gap if text else "") + fill(line, positive, stock, names, chooser)
    return dress(text, chooser)


def dress(text, chooser):
    """Vary how the text is typed: all lower case, a shouted word, an exclamation mark."""
    if chooser.chance(0.08):
        return text.lower()
    if chooser.chance(0.1):
        words = text.split(" ")
        place = chooser.below(len(words))
        if "<" not in words[place] and "/" not in words[place]:
            words[place] = words[place].upper()
        text = " ".join(words)
    if chooser.chance(0.1) and text.endswith("."):
        text = text[:-1] + "!"
    return text


def make_reviews():
    """Return the lines of reviews.jsonl: balanced, no text twice, train before test."""
    stock, chooser = read_stock("reviews.txt"), Chooser(1)
    seen, rows = set(), []
    for split, size in (("train", TRAIN_REVIEWS), ("test", TEST_REVIEWS)):
        for number in range(size):
            text = ""
            while not SHORTEST <= len(words_of(text)) <= LONGEST or key(text) in seen:
                text = one_review(number % 2 == 0, stock, chooser)
            seen.add(key(text))
            rows.append({"text": text, "label": 1 - number % 2, "split": split})
    train, test = rows[:TRAIN_REVIEWS], rows[TRAIN_REVIEWS:]
    return as_jsonl(chooser.shuffled(train) + chooser.shuffled(test))


def key(text):
    """Return what two reviews share that differ only in case, breaks or punctuation."""
    return " ".join(re.findall(r"[a-z']+", text.replace("<br />", " ").lower()))


def words_of(text):
    """Return the words of a review without its line breaks."""
    return text.replace("<br />", " ").split()


# --- the play and the headlines --------------------------------------------------------------------------


def make_play():
    """Return play.txt: the source with names written out and a blank line between speeches."""
    names, speeches = {}, []
    for line in (STOCK / "play_source.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("= "):
            short, name = line[2:].split(" ", 1)
            names[short] = name
        elif line.startswith("@"):
            speeches.append([names[line[1:]] + ":"])
        elif line and not line.startswith("#"):
            speeches[-1].append(line.strip())
    return "\n\n".join("\n".join(speech) for speech in speeches) + "\n"


def one_headline(sarcastic, stock, chooser):
    """Return a headline: worded tellingly, or a frame and a deed of which only the pair tells."""
    deed = ""
    if chooser.chance(TELLING_SHARE):
        template = chooser.pick(stock["sarcastic" if sarcastic else "plain"])
    else:
        grand = chooser.chance(0.5)
        template = chooser.pick(stock["grand frame" if grand else "modest frame"])
        deed = chooser.pick(stock["small deed" if grand == sarcastic else "great deed"])

    def word(match):
        return deed if match[1] == "deed" else chooser.pick(stock[match[1]])

    return re.sub(r"\{(\w+)\}", word, template)


def make_headlines():
    """Return the lines of headlines.jsonl: lower case, no headline twice."""
    stock, chooser = read_stock("headlines.txt"), Chooser(2)
    rows, seen = [], set()
    for number in range(HEADLINES):
        sarcastic = number < SARCASTIC
        headline = one_headline(sarcastic, stock, chooser)
        while headline in seen:
            headline = one_headline(sarcastic, stock, chooser)
        seen.add(headline)
        rows.append({"headline": headline, "is_sarcastic": int(sarcastic)})
    return as_jsonl(chooser.shuffled(rows))


# --- tweets and Korean reviews ---------------------------------------------------------------------------


def expand(template, stock, chooser):
    """Return a line with each slot replaced by a line of the section of that name, slots inside it included."""
    while "{" in template:
        template = re.sub(r"\{(\w+)\}", lambda match: chooser.pick(stock[match[1]]), template)
    return template


def typed(text, stock, chooser):
    """Dress a line as a tweet: somebody addressed, a stretched vowel, a link, a last word."""
    vowels = [match.start() for match in re.finditer(r"(?<=[a-z])[aeo](?=[a-z])", text)]
    if vowels and chooser.chance(0.25):
        at = chooser.pick(vowels)
        text = text[:at] + text[at] * (2 + chooser.below(5)) + text[at:]
    if chooser.chance(0.35):
        text = f"@{chooser.pick(stock['name'])}{chooser.below(90) + 10} {text}"
    if chooser.chance(0.3):
        text += " " + expand(chooser.pick(stock["tail"]), stock, chooser)
    if chooser.chance(0.12):
        text += f" http://pic.example/{chooser.below(36**4):x}"
    return text + chooser.pick(["", "", "!", "!!", "..."])


def make_tweets():
    """Return the lines of tweets.tsv: labels 0 and 1 to train on, some of them wrong; 0, 2 and 4 to test with."""
    stock, chooser = read_stock("tweets.txt"), Chooser(3)
    rows, lines = [], []
    for number in range(TRAIN_TWEETS):
        if rows and chooser.chance(RETWEETS):
            label, line = chooser.pick(lines)
        else:
            label = number % 2
            line = expand(chooser.pick(stock["positive" if label else "negative"]), stock, chooser)
            lines.append((label, line))
        wrong = chooser.chance(WRONG_EMOTICONS)
        rows.append(("train", 1 - label if wrong else label, typed(line, stock, chooser)))
    for number in range(TEST_TWEETS):
        name = ("negative", "neutral", "positive")[number % 3]
        text = typed(expand(chooser.pick(stock[name]), stock, chooser), stock, chooser)
        if number % 3 != 1 and chooser.chance(SMILEYS):
            text += " :)" if (number % 3 == 2) == chooser.chance(0.9) else " :("
        rows.append(("test", number % 3 * 2, text))
    return as_tsv(chooser.shuffled(rows[:TRAIN_TWEETS]) + rows[TRAIN_TWEETS:])


def make_korean_reviews():
    """Return the lines of korean_reviews.tsv: balanced, no text twice, some typed without spaces."""
    stock, chooser = read_stock("korean_reviews.txt"), Chooser(4)
    rows, seen = [], set()
    for number in range(TRAIN_KOREAN + TEST_KOREAN):
        templates, text = stock["positive" if number % 2 else "negative"], ""
        while not text or text in seen:
            chosen = chooser.shuffled(templates)[: 1 + chooser.below(3)]
            text = " ".join(expand(line, stock, chooser) for line in chosen)
        seen.add(text)
        text = text.replace(" ", "") if chooser.chance(CARELESS) else text
        text += (
            chooser.pick(["ㅋㅋ", "ㅋㅋㅋ", "ㅋㅋㅋㅋㅋ", "ㅎㅎ", "ㅠㅠ", "..."]) if chooser.chance(CARELESS) else ""
        )
        rows.append(("train" if number < TRAIN_KOREAN else "test", number % 2, text))
    return as_tsv(chooser.shuffled(rows[:TRAIN_KOREAN]) + rows[TRAIN_KOREAN:])


def as_tsv(rows):
    """Return one row a line below the names of the columns."""
    return "".join("\t".join(map(str, row)) + "\n" for row in [("split", "label", "text"), *rows])


def as_jsonl(rows):
    """Return one JSON object a line."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


# --- command line ----------------------------------------------------------------------------------------


def make_all():
    """Return the bytes of the samples by file name."""
    texts = (make_reviews(), make_play(), make_headlines(), make_tweets(), make_korean_reviews())
    return {name: text.encode("utf-8") for name, text in zip(FILES, texts, strict=True)}


def main(arguments=None):
    """Write the samples, or check them; return the exit code."""
    parser = argparse.ArgumentParser(description="Write the sample corpora in data/.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file differs")
    check = parser.parse_args(arguments).check
    stale = 0
    for name, content in make_all().items():
        path = HERE / name
        if not check:
            path.write_bytes(content)
            print(f"wrote data/{name}, {len(content):,} bytes")
        elif not path.is_file() or path.read_bytes() != content:
            state = "differs from what its maker writes" if path.is_file() else "is missing"
            print(f"data/{name} {state}: run `python data/make_samples.py`", file=sys.stderr)
            stale += 1
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
