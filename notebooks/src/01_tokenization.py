# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 01 · Tokenization: from a sentence to numbers and back
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/sequence-models-for-text/course/blob/main/notebooks/01_tokenization.ipynb)
#
# A network computes with numbers, but a movie review is a string. In this notebook you turn one into the other, and you see
# what gets lost on the way. At the end, you have a score that you can compare every later classifier with.
#
# **By the end of this notebook, you will be able to**
#
# - clean raw text with a few regular expressions, and say what each one throws away
# - turn texts into bags of words, TF-IDF weights and sequences of ids, and choose between them
# - say when stop words, stemming and lemmatization help, and when they hurt
# - build byte-pair merges by hand, then train a real tokenizer and compare it with words and characters
# - pad and cut sequences on the side you want
#
# **Time:** about an hour and a half to study. The computer needs half a minute at most in the quick profile. In the
# full profile it needs 2 to 5 minutes on two CPU cores. A GPU makes no difference here.
#
# **New words** are explained in the
# [glossary](https://github.com/sequence-models-for-text/course/blob/main/docs/glossary.md), in English and Korean.
# To practice, open the [exercises with checked answers](exercises/01_tokenization.ipynb).

# %%
# On Colab this installs the course's helpers; elsewhere it does nothing.
import sys

if "google.colab" in sys.modules:
    print("Colab: installing the course's helpers")
    # %pip install -q --no-deps git+https://github.com/sequence-models-for-text/course
    # %pip install -q pooch tokenizers simplemma snowballstemmer kiwipiepy

# %%
from course_utils import corpora, plots, runtime, text

runtime.start(seed=42)

# %% [markdown]
# The next lines set how many reviews we read: few in the quick profile, many more in the full one. `FEW` is the number of
# reviews for the slower experiments in sections 2, 3, 5 and 6. `VOCABULARY` is the largest size that the word and byte-pair
# tokenizers of section 5 may have. The second line is for sections 3 and 9: `FOLDS` is the number of splits, and `STRENGTHS`
# lists the values of a setting that we try.
#
# Read the output before you go on. It tells you whether you have the real IMDB reviews or the sample that was written
# for this course.

# %%
TRAIN, TEST, FEW, VOCABULARY = runtime.pick(quick=(2_000, 1_000, 500, 4_000), full=(25_000, 25_000, 3_000, 10_000))
FOLDS, STRENGTHS = runtime.pick(quick=(3, (3, 30, 300)), full=(5, (3, 10, 30, 100, 300, 1_000)))
imdb = corpora.subset(corpora.load_imdb(), train=TRAIN, test=TEST, seed=42)
print(imdb.provenance)

# %% [markdown]
# ## 1. What does raw text look like?
#
# Reviews come from a web page, and they bring its leftovers with them: line breaks, curly apostrophes and entities. A **tag**
# is a command of the web page, written between `<` and `>`. The tag `<br />`, for example, is a line break. An **entity** is a
# code for one character, such as `&amp;` for `&`. The reviews aren't ours to print, so here is a sentence that we wrote
# ourselves. It has three problems that text from the web often has. In the IMDB reviews, tags are by far the most common.

# %%
raw = "I didn’t expect much.<br /><br />But Tom &amp; Ann’s film is NOT bad -- it's GREAT!!!<br />"
raw

# %% [markdown]
# First come the tags. You find them with a **regular expression**, which is a pattern for text, and `re.sub` replaces whatever
# the pattern matches. The pattern in the first line that begins with `step =` reads: `<`, perhaps a `/`, a letter, then
# anything except `<` and `>`, then `>`.
#
# Why not simply `<.*>`? Because `.*` takes as much as it can get, up to the *last* `>` of the line. In the output below, look
# at the first line: the whole second sentence is gone.
#
# Then we decode the entities with `html.unescape`. The order matters, because `&lt;b&gt;` is text *about* a tag. If we decoded
# entities first, `&lt;b&gt;` would become `<b>` and be deleted like a real tag.

# %%
# NBVAL_CHECK_OUTPUT
import html
import re

print("<.*> leaves:", re.sub(r"<.*>", " ", raw))
step = re.sub(r"</?[A-Za-z][^<>]*>", " ", raw)
step = html.unescape(step)
print(step)

# %% [markdown]
# Next come the apostrophes, the spaces and the case. In the code, `\s+` matches one or more spaces or line ends. The
# apostrophe matters more than you might think. Our pattern for words, below, allows only the straight one. A curly one would
# cut *don’t* into *don* and *t*. The *t* means nothing, and so the "not" is gone.

# %%
# NBVAL_CHECK_OUTPUT
step = step.replace("’", "'")
step = re.sub(r"\s+", " ", step).strip().lower()
print(step)

# %% [markdown]
# Finally, the words. A word is a run of letters and digits, with apostrophes allowed inside.
#
# | piece | what it matches |
# |---|---|
# | `[^\W_]+` | one or more letters or digits: anything but a non-word character or `_` |
# | `(?:'[^\W_]+)*` | an apostrophe and more letters, any number of times |
#
# Together, the last two steps throw away the emphasis: `GREAT!!!` becomes `great`. If you only want to know whether a review
# is positive, you lose little.

# %%
# NBVAL_CHECK_OUTPUT
WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
words = WORD.findall(step)
print(words)

# %% [markdown]
# From here on, `text.clean` does all of these steps except the last. It keeps the punctuation, removes any space before it,
# and leaves the rest to the tokenizer. A **tokenizer** cuts a text into **tokens**, and gives each different token a number,
# its **id**. Tokens are words for now, and later also characters or parts of words. All tokens that have an id form the
# **vocabulary**.
#
# The cell below has no output. `assert` stops the notebook if what follows it isn't true, so silence is good news.

# %%
assert WORD.findall(text.clean(raw)) == words

# %% [markdown]
# ## 2. Can we just count words?
#
# The oldest approach is to count the words and forget their order. `CountVectorizer` from scikit-learn gives each text one row
# and each word one column. The result is called a **bag of words**. Let's try it on three small reviews that we wrote. We pass
# our own pattern as `token_pattern`, because the default one drops words of one letter.

# %%
from sklearn.feature_extraction.text import CountVectorizer

ours = ["a good film, a really good film", "not a good film", "the film is not good, it is a good joke"]
counter = CountVectorizer(token_pattern=WORD.pattern)
bags = counter.fit_transform(ours)

# %% [markdown]
# Read the table below row by row. Row 0 is the first review, which says *good* twice. Of the 27 entries, 11 are 0. With
# thousands of reviews and columns, nearly all of them are. That is why the matrix is stored as a **sparse** matrix: only
# entries other than 0 take memory.

# %%
# NBVAL_CHECK_OUTPUT
import pandas as pd

pd.DataFrame(bags.toarray(), columns=counter.get_feature_names_out())

# %% [markdown]
# ### The settings that matter
#
# `CountVectorizer` has several settings that change which columns you get:
#
# - `min_df` drops words that occur in too few texts, such as typos and names.
# - `max_df` drops words that occur in too many texts. A whole number counts texts, and 0.5 means half of them.
# - `stop_words` drops the words of a list.
# - `ngram_range` adds runs of neighboring words. A run of n words is called an **n-gram**.
# - `analyzer="char_wb"` counts runs of characters instead of words.
#
# How many columns does each setting leave? Guess before you look: which one do you think leaves the most?

# %%
settings = {
    "every word": {},
    "min_df=5": {"min_df": 5},
    "min_df=5, max_df=0.5": {"min_df": 5, "max_df": 0.5},
    "min_df=5, English stop words": {"min_df": 5, "stop_words": "english"},
    "min_df=5, 1- and 2-grams": {"min_df": 5, "ngram_range": (1, 2)},
    "min_df=5, runs of 3 characters": {
        "min_df": 5,
        "ngram_range": (3, 3),
        "analyzer": "char_wb",
        "token_pattern": None,
    },
}

# %%
some = imdb.train_texts[:FEW]
common = {"preprocessor": text.clean, "token_pattern": WORD.pattern}
columns = {
    name: len(CountVectorizer(**{**common, **chosen}).fit(some).vocabulary_) for name, chosen in settings.items()
}

# %% [markdown]
# Compare each bar with the second one, `min_df=5`. A list of stop words removes some of the columns, and `max_df=0.5` removes
# hardly any. But these few columns hold many of the counts, because words such as *the* and *and* make up a large part of
# every text. Pairs of words have the opposite effect: they more than double the number of columns.
#
# Then compare the first two bars. They show how many words are too rare to learn much from.

# %%
plots.bars(
    columns,
    title=f"Columns of a bag of words, {len(some):,} reviews",
    xlabel="columns",
    fmt="{:,.0f}",
    alt="Bars: the number of columns that each setting of CountVectorizer leaves. Of those that "
    "min_df=5 leaves, stop words remove some and max_df hardly any; pairs of words more than double them.",
    data=imdb.provenance,
)

# %%
assert columns["min_df=5"] < columns["every word"]
assert columns["min_df=5, 1- and 2-grams"] > 2 * columns["min_df=5"]

# %% [markdown]
# > **What we saw (full run):** 3,000 reviews have 32,700 different words, but only 8,353 of them occur in at least
# > five reviews. So three quarters of the words are rare. Pairs of words bring the number back up to 26,201 columns.
#
# If you read the sample, the first two bars are close together, because its reviews were written with only about 700
# different words.
#
# ### TF-IDF: rare words weigh more
#
# The word *film* appears in all three of our reviews, so it can't help you tell them apart. The word *joke* appears in
# only one. TF-IDF stands for *term frequency, inverse document frequency*. It multiplies the count of a word by a
# weight, the **idf**, and this weight is larger for rarer words.
#
# Let `n` be the number of texts, and `n_w` the number of texts that contain the word. Then scikit-learn computes `idf
# = ln((1 + n) / (1 + n_w)) + 1`. The two ones inside the fraction act like one more text that contains every word, so
# nothing is ever divided by 0. The one at the end makes sure that a word that appears everywhere keeps a weight of 1
# instead of 0.

# %%
# NBVAL_CHECK_OUTPUT
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

tfidf = TfidfVectorizer(token_pattern=WORD.pattern).fit(ours)
by_hand = np.log((1 + 3) / (1 + np.array([3, 1]))) + 1
print("film, joke:", by_hand.round(3))

# %%
assert np.allclose(tfidf.idf_[[tfidf.vocabulary_["film"], tfidf.vocabulary_["joke"]]], by_hand)

# %% [markdown]
# In the last step, each row is divided by its length as a vector, which is the square root of the sum of its squares. This
# way, a long review doesn't outweigh a short one. Here are our three reviews with their weights. In row 2, compare *film* and
# *joke*, which both occur once in that review:

# %%
# NBVAL_CHECK_OUTPUT
pd.DataFrame(tfidf.transform(ours).toarray().round(2), columns=tfidf.get_feature_names_out())

# %% [markdown]
# ### What a bag of words can't hold
#
# Here are two sentences that mean the opposite of each other. Do you think their bags of words differ?

# %%
# NBVAL_CHECK_OUTPUT
praise = "it was not boring, it was brilliant"
blame = "it was not brilliant, it was boring"
one, other = counter.fit([praise, blame]).transform([praise, blame]).toarray()
print("same bag:", np.array_equal(one, other))

# %% [markdown]
# They don't, so *any* model that only sees the counts has to give both sentences the same answer. Pairs of neighboring
# words, or 2-grams, can tell these two apart, because *not boring* and *not brilliant* are different columns:

# %%
# NBVAL_CHECK_OUTPUT
neighbors = CountVectorizer(ngram_range=(2, 2)).fit([praise, blame])
print(sorted(neighbors.vocabulary_))

# %% [markdown]
# But if you put more distance between the words, pairs are blind again. The next two sentences have the same words
# *and* the same pairs:

# %%
# NBVAL_CHECK_OUTPUT
worse = "I expected a good film and got a bad film"
better = "I expected a bad film and got a good film"
both = CountVectorizer(ngram_range=(1, 2), token_pattern=WORD.pattern)
one, other = both.fit_transform([worse, better]).toarray()
print("same bag of words and pairs:", np.array_equal(one, other))

# %% [markdown]
# Sequence models are built to close this gap.

# %% [markdown]
# ## 3. Should we throw words away, or group their forms?
#
# **Stop words** are words that are so common that they seem to say nothing. Scikit-learn has an English list with a
# few hundred of them. Before you use such a list, look up the words that your task depends on.

# %%
# NBVAL_CHECK_OUTPUT
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

print({word: word in ENGLISH_STOP_WORDS for word in ["not", "no", "never", "very", "good"]})

# %%
# NBVAL_CHECK_OUTPUT
kept = [word for word in "this is not a good film".split() if word not in ENGLISH_STOP_WORDS]
print(kept)

# %% [markdown]
# The list turned a negative review into a positive one. In a search engine, where you look for topics, it would have
# done no harm.
#
# There are two ways to group the forms of a word. **Stemming** cuts off endings by rules. We use the newer version of
# Porter's English stemmer, which is written in Snowball, a language that he made for stemmers. **Lemmatization** looks
# the word up and returns its dictionary form. Compare the two columns:

# %%
# NBVAL_CHECK_OUTPUT
import simplemma
import snowballstemmer

stemmer = snowballstemmer.stemmer("english")
forms = ["films", "loved", "boring", "import", "important", "better", "went"]
lemmas = [simplemma.lemmatize(word, lang="en") for word in forms]
pd.DataFrame({"word": forms, "stem": stemmer.stemWords(forms), "lemma": lemmas})

# %% [markdown]
# Two things are worth noticing. The stemmer gives *import* and *important* the same stem. They share a Latin root, but a
# review that calls a film *important* isn't talking about imports. And the stemmer can't know that *went* is a form of *go*,
# or *better* a form of *good*. The dictionary can. Both methods can make the vocabulary smaller, but do they make the answers
# better? To find out, you need a small classifier.
#
# **Logistic regression** gives each column a weight, multiplies each value by its weight, and adds everything up. Then
# it squeezes the sum into a probability between 0 and 1. Its setting `C` says how large the weights may grow. The
# larger it is, the more the model trusts the training reviews. `make_pipeline` joins TF-IDF and regression into one
# model, so that both learn from the training part only.

# %%
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from tqdm import tqdm


def split_words(review):
    return WORD.findall(text.clean(review))


def drop_stop_words(review):
    return [word for word in split_words(review) if word not in ENGLISH_STOP_WORDS]


def drop_not(review):
    return [word for word in split_words(review) if word != "not"]


def stem(review):
    return stemmer.stemWords(split_words(review))


def lemmatize(review):
    return [simplemma.lemmatize(word, lang="en") for word in split_words(review)]


# %% [markdown]
# If you trained and scored each method once, you would get one number per method. One number proves nothing unless you
# know its **spread**: how far repeated results lie from their mean. We measure the spread with the standard deviation.
#
# To get repeated results, we cut the training reviews into several parts, called *folds*. Each fold in turn is set
# aside for the score, while the model learns from all the others. This is **cross-validation**.
#
# Three details in the code may need a word of explanation:
#
# - `StratifiedKFold` gives each fold the same share of positive reviews.
# - Each method makes a list of words. We join the words with spaces, so that the pattern `\S+`, a run of anything but spaces,
#   can take them apart again at the same places.
# - `ddof=1`, which you will see further below, gives the usual standard deviation of a sample.
#
# The loop takes a few seconds at most in the quick profile, and up to three minutes in the full one.

# %%
from sklearn.model_selection import StratifiedKFold, cross_val_score

few_texts, few_labels = imdb.train_texts[:FEW], imdb.train_labels[:FEW]
folds = StratifiedKFold(FOLDS, shuffle=True, random_state=42)

# %%
scores = {}
ways = {"plain words": split_words, "no stop words": drop_stop_words, "no 'not'": drop_not}
ways |= {"stems": stem, "lemmas": lemmatize}
for name, way in tqdm(ways.items(), file=sys.stdout):
    documents = [" ".join(way(review)) for review in few_texts]
    model = make_pipeline(TfidfVectorizer(token_pattern=r"\S+"), LogisticRegression(C=10, max_iter=1_000))
    scores[name] = cross_val_score(model, documents, few_labels, cv=folds)

# %% [markdown]
# **Predict first.** Dropping *not* can turn criticism into praise. What happens to this classifier's accuracy if *not* is
# dropped from every review?
#
# <details><summary>A. It hardly changes</summary>
# Yes, as far as these splits can show. The classifier adds up the weights of single words. It can't see which word a
# <em>not</em> belongs to, so it may have little to lose. Compare the means below, and then the single splits in the output
# after them.
# </details>
# <details><summary>B. It falls a lot</summary>
# A person would be lost without the <em>not</em>. But this classifier adds up the weights of single words. Could it use a
# <em>not</em> to turn the weight of <em>good</em> around?
# </details>
# <details><summary>C. It rises a lot, because <em>not</em> is only noise</summary>
# Even a word without any meaning would get a weight near 0 and do little harm. So how much can there be to win?
# </details>

# %%
splits = pd.DataFrame(scores)
table = splits.melt(var_name="model", value_name="accuracy")
table["difference"] = splits.sub(splits["plain words"], axis=0).melt()["value"]

# %%
plots.strip_plot(
    table,
    {"accuracy": "validation accuracy", "difference": "minus plain words, same split"},
    title="Accuracy with words dropped or grouped",
    alt="Two panels with one dot per split for plain words, without stop words, without the word not, on stems and on lemmas. "
    "On the left accuracies, which overlap. On the right their differences from plain words, on both sides of 0.",
    data=imdb.provenance,
)

# %% [markdown]
# Each dot is one split, and the orange bar marks the mean. On the left, the splits of one method lie farther apart than the
# methods do. So don't pick a winner by eye. All five methods saw the same splits, so you can do better and compare them split
# by split, as on the right.
#
# The next cell computes these differences and, with `ttest_1samp`, a 95% interval for each method. The interval says which
# values for the true difference are plausible. If it contains 0, these splits can't tell whether there is a difference. A
# correct interval would probably be wider by about half, because the splits share training reviews. For each method, the
# second line of the output shows the differences of the single splits.

# %%
from scipy.stats import ttest_1samp

for name in list(ways)[1:]:
    difference = scores[name] - scores["plain words"]
    low, high = ttest_1samp(difference, 0).confidence_interval(0.95)
    spread = f"{difference.mean():+.3f} ± {difference.std(ddof=1):.3f}"
    print(f"{name:>13} minus plain words: {spread}, 95% interval {low:+.3f} to {high:+.3f}")
    print(" " * 13, "split by split:", " ".join(f"{each:+.3f}" for each in difference))

# %% [markdown]
# Does an interval contain 0? Then these splits don't show that the change helps or hurts. That is not the same as showing that
# it makes no difference.
#
# Look at the single splits, too, above all in the rows *no stop words* and *no 'not'*. In how many of them did the score fall?
# A mean hides that, because a single split that rises a lot can outweigh several that fall a little.
#
# Why might the loss without *not* be too small to show? This classifier counts single words, so even with *not* it can't tell
# which word the *not* belongs to. And only the word *not* is dropped: *don't* and *didn't* stay. With pairs of words, dropping
# it may cost more.
#
# Neural networks usually get plain words or **subwords**, which are parts of words. You will meet them in section 5.
# Grouping the forms of words can help with small data, in search, and in languages with many endings. The next section
# looks at such a language.
#
# > **What we saw (full run):** all four intervals contain 0. Without stop words the score fell in 4 of 5 splits, and one split
# > that rose by 0.022 carries the mean of +0.001. Without *not*, it fell in 4 of 5 splits, and the mean of all five
# > differences is -0.004. The differences were +0.004 for stems and +0.005 for lemmas. We call 0.01 of accuracy one *point*,
# > so each mean difference is half a point at most. The intervals reach farther, up to a point and a half from 0. So a loss of
# > a whole point without *not* remains possible.

# %% [markdown]
# ## 4. Why does splitting at spaces fail for Korean?
#
# In Korean, endings are attached to the verb. Particles are attached to the noun and mark, for example, the subject or the
# object. We wrote three sentences with the word for *film*, 영화. They mean *the film is fun*, *I saw the film*, and *the film
# was not boring*. If you split at spaces, you get three different "words" for *film*:

# %%
# NBVAL_CHECK_OUTPUT
korean = ["영화가 재미있다", "영화를 보았다", "영화는 지루하지 않았다"]
[sentence.split() for sentence in korean]

# %% [markdown]
# A **morpheme** is the smallest piece of a word that has a meaning. A morphological analyzer such as Kiwi finds the morphemes
# and gives each one a tag. This kind of tag says what part of speech the morpheme is, and has nothing to do with the tags of a
# web page. Because its model takes 88 MB, you may have to install Kiwi separately. If it is missing, the next cell tells you
# how to get it.
#
# | tags | what they mark |
# |---|---|
# | `NNG` | a common noun |
# | `JKS` `JKO` `JX` | particles: subject, object, topic |
# | `VV` `VA` `VX` | a verb, an adjective, an auxiliary such as 않 (*not*) |
# | `XR` `XSA` | root and suffix of an adjective |
# | `EP` `EC` `EF` | endings: past tense, connecting, final |

# %%
try:
    from kiwipiepy import Kiwi

    kiwi = Kiwi()
    morphemes = [[(piece.form, piece.tag) for piece in kiwi.tokenize(sentence)] for sentence in korean]
except ImportError:
    morphemes = []
    print("Korean morphemes need one more package: pip install kiwipiepy, then restart the kernel.")

for sentence, pieces in zip(korean, morphemes, strict=False):
    print(sentence, "→", " ".join(f"{form}/{tag}" for form, tag in pieces))

# %% [markdown]
# With the analyzer, all three sentences share 영화, tagged `NNG`. In the third one, the negation 않, tagged `VX`, is a
# token by itself, so a model can see it.
#
# In the next section, you find frequent pieces of words without any dictionary, just by counting. Are such pieces morphemes?
# You will measure that.

# %%
assert all(("영화", "NNG") in pieces for pieces in morphemes)

# %% [markdown]
# ## 5. Words, characters, or something in between?
#
# In real text, a vocabulary of words never contains every word. Characters are nearly always known, but they make a review
# five to six times as long. So you may want something in between.
#
# **Byte-pair encoding**, or BPE, starts with characters and merges the most frequent pair of neighbors into one token, again
# and again. On a toy corpus, this takes only a few lines of code. The corpus below has four words, each with the number of
# times that it occurs. First, we count pairs:

# %%
# NBVAL_CHECK_OUTPUT
from collections import Counter
from itertools import pairwise

toy = Counter({"low": 5, "lower": 2, "newest": 6, "widest": 3})
pieces = {word: list(word) for word in toy}


def count_pairs(pieces, counts):
    found = Counter()
    for word, parts in pieces.items():
        for pair in pairwise(parts):
            found[pair] += counts[word]
    return found


print(count_pairs(pieces, toy).most_common(3))

# %% [markdown]
# *e* and *s* are neighbors nine times: six times in *newest* and three times in *widest*. The pair *s* and *t* is just
# as frequent. In a tie, the pair that was counted first wins. Next, we merge: wherever the two are side by side, they
# become one piece.


# %%
# NBVAL_CHECK_OUTPUT
def merge(parts, pair):
    merged = []
    for part in parts:
        if merged and (merged[-1], part) == pair:
            merged[-1] += part
        else:
            merged.append(part)
    return merged


print(merge(list("newest"), ("e", "s")))

# %% [markdown]
# Repeat both steps five times, and watch the pieces of the four words grow. Merges never cross the space between two words.

# %%
# NBVAL_CHECK_OUTPUT
merges = []
for _ in range(5):
    best = count_pairs(pieces, toy).most_common(1)[0][0]
    pieces = {word: merge(parts, best) for word, parts in pieces.items()}
    merges.append(best)
    print("+".join(best).ljust(7), "→", *(" ".join(parts).ljust(10) for parts in pieces.values()))

# %% [markdown]
# After five merges, *est* and *low* are tokens. Nobody told the algorithm that *-est* is an ending. All it did was count.
#
# To cut a new word, you apply the merges in the order in which they were learned. The word *lowest* isn't in the toy corpus.
# How is it cut?

# %% [markdown]
# **Predict first.** How many tokens will *lowest* become after the five merges?
#
# <details><summary>A. One, <code>[UNK]</code>, because the word is unknown</summary>
# A vocabulary of words would have to do that. Byte pairs begin with characters. Are the six characters of <em>lowest</em> in
# the toy corpus?
# </details>
# <details><summary>B. Six, because the merges were learned on other words</summary>
# A merge doesn't remember the words it came from. Write down <code>l o w e s t</code> and apply the five merges to it, one
# after another.
# </details>
# <details><summary>C. Two</summary>
# Yes. Two merges build <em>low</em>, two others build <em>est</em>, and the fifth finds nothing to merge. Compare with the
# output below.
# </details>

# %%
# NBVAL_CHECK_OUTPUT
unseen = list("lowest")
for pair in merges:
    unseen = merge(unseen, pair)
print(unseen)

# %% [markdown]
# ### The real thing
#
# The `tokenizers` library does the same thing in Rust, a fast programming language, and it starts with bytes instead of
# characters. Every character is stored as one to four **bytes**, which are numbers from 0 to 255. The Korean 영 takes three. So
# 256 tokens are enough to spell any text in any language. Our `text` module wraps two tokenizers of that library and adds one
# for characters.

# %% [markdown]
# ![The text Not unfunny! cut into twelve characters, five byte pairs and two words, with an id above each token.](pictures/tokenizer.png)
#
# Read the picture from the bottom up. A tokenizer cuts the text into tokens and then looks up the id of each token. The words
# have lost the capital and the exclamation mark, and *unfunny* is unknown. The `Ġ` in the byte pairs stands for the space. The
# ids in the picture come from the sample. With the real reviews, you get others.

# %% [markdown]
# All three tokenizers see only the training reviews. A small corpus may run out of pairs to merge before the vocabulary is
# full.

# %%
tokenizers = {
    "characters": text.CharCodec(imdb.train_texts, pad=True, unk=True),
    "words": text.word_tokenizer(imdb.train_texts, VOCABULARY),
    "byte pairs": text.bpe_tokenizer(imdb.train_texts, VOCABULARY),
}

# %% [markdown]
# How does each one cut a sentence that we made up? The byte-pair tokenizer writes a space as `Ġ`.

# %%
sentence = "An unwatchable, overhyped film."
tokens = {name: tokenizers[name].encode(sentence).tokens for name in ("words", "byte pairs")}
for name, cut in {"characters": sentence, **tokens}.items():
    print(f"{name:>10}:", " ".join(cut))

# %% [markdown]
# Look for `[UNK]` in the middle row. Each `[UNK]` is a word that the tokenizer doesn't know. Then look at what the last row
# does with the same words: it spells them with smaller pieces. Can you also go back from ids to text?

# %%
for name in ("words", "byte pairs"):
    ids = tokenizers[name].encode(sentence).ids
    print(f"{name}: {ids} → {tokenizers[name].decode(ids)!r}")

# %% [markdown]
# Are the pieces of a byte-pair tokenizer morphemes? English endings make a quick test. Take the words of some test reviews
# that end in *-ing*, *-ly*, *-ness*, *-less* or *-able* and that the tokenizer cuts into pieces. How often is the last piece
# exactly the ending? The code puts a space before each word, as in a sentence.

# %%
some_words = sorted({word for review in imdb.test_texts[:FEW] for word in WORD.findall(text.clean(review))})
for ending in ("ing", "ly", "ness", "less", "able"):
    cuts = [tokenizers["byte pairs"].encode(" " + word).tokens for word in some_words if word.endswith(ending)]
    cuts = [pieces for pieces in cuts if len(pieces) > 1]
    exact = sum(pieces[-1] == ending for pieces in cuts)
    print(f"-{ending:<4} is the last piece of {exact:>4} of {len(cuts):>4} words in pieces")

# %% [markdown]
# A piece may be a morpheme, or it may cut right through one, because the tokenizer goes by counts and not by meaning. In the
# sample, each word with one of these endings became a single piece, so there is nothing to count.
#
# > **What we saw (full run):** of the words that were cut into pieces, the ending was the last piece in most of those in
# > *-able* and *-less*, in more than half of those in *-ness*, and in little more than a third of those in *-ing* and *-ly*.
# > So many pieces are not morphemes. The word *overhyped* above became *over*, *hy* and *ped*.
#
# With words, you don't get the whole sentence back. The case, the punctuation and the unknown words are gone. With
# byte pairs, you get every text back exactly, even a text that is nothing like the training reviews. But at what price?

# %%
bpe, foreign = tokenizers["byte pairs"], "영화는 좋다 🎬"
assert bpe.decode(bpe.encode(foreign).ids) == foreign and bpe.decode(bpe.encode(sentence).ids) == sentence
print(f"{len(foreign)} characters became {len(bpe.encode(foreign).ids)} tokens")

# %% [markdown]
# That is two to three tokens for each character of this text. In English, one token covers about four characters. If you give
# Korean text to a tokenizer that learned from English, you pay for it in length, time and money.

# %% [markdown]
# Now we compare all three on text that none of them has seen, the test reviews. How long do reviews become? How much is
# unknown? `text.oov_rate` measures that. OOV stands for *out of vocabulary*. And how many bytes do the ids take? An id takes 1
# byte if the vocabulary has at most 256 ids, and 2 bytes up to 65,536 ids.

# %%
held_out = imdb.test_texts[:FEW]
rows = []
for name, tokenizer in tokenizers.items():
    per_review = np.mean([len(ids) for ids in text.encode(tokenizer, held_out)])
    size = len(tokenizer) if name == "characters" else tokenizer.get_vocab_size()
    rows.append([name, size, per_review, text.oov_rate(tokenizer, held_out)])

# %%
table = pd.DataFrame(rows, columns=["tokenizer", "vocabulary", "tokens per review", "unknown rate"]).set_index(
    "tokenizer"
)
table["bytes per review"] = table["tokens per review"] * np.where(table["vocabulary"] <= 256, 1, 2)
print(f"raw text: {np.mean([len(review.encode()) for review in held_out]):,.0f} bytes per review")
table.assign(**{"unknown rate": table["unknown rate"].map("{:.3%}".format)}).round(0)

# %% [markdown]
# Read the table row by row:
#
# - With **characters**, almost nothing is unknown, but the sequences are by far the longest. A network that reads one
#   token after another has to walk through every step.
# - **Words** make the shortest sequences, but any word that isn't in the vocabulary is lost, and rare words often carry the
#   meaning. How many are lost depends on the texts. The reviews of the sample use one small vocabulary, so their test part
#   has no unknown words. Real reviews always have some.
# - **Byte pairs** make longer sequences than words, because they keep every comma, capital and tag and spell out rare words.
#   Still, the sequences are far shorter than those of characters, and nothing is unknown. The ids take about half the bytes of
#   the raw text. Most of today's language models use byte pairs because, with real text, nothing is unknown and the sequences
#   are fairly short. The sample has too few different words to show this.
#
# > **What we saw (full run):** a review is 226 tokens long in words, 314 in byte pairs, and 1,283 in characters. Of
# > the words in the test reviews, 6.084% are unknown.
#
# The next cell divides the lengths by the length in words.

# %%
print((table["tokens per review"] / table.loc["words", "tokens per review"]).round(2).to_dict())

# %%
assert table.loc["byte pairs", "unknown rate"] == 0
assert imdb.provenance.is_sample or table.loc["words", "unknown rate"] > 0  # a sample has few different words
assert table.loc["characters", "tokens per review"] > 2 * table.loc["byte pairs", "tokens per review"]

# %% [markdown]
# ## 6. How are words spread?
#
# Two regularities turn up in nearly every corpus of nearly every language. The sample shows them only roughly.
#
# **Zipf's law**, from 1935, says that the frequency of a word is proportional to one divided by its rank: the second most
# frequent word occurs half as often as the first, and the third a third as often. On logarithmic axes, each labeled mark is
# ten times the one before. On such axes, the law is a falling straight line.
#
# **Heaps' law**, from 1978, says that the number of different words grows with the length of the text, but ever more slowly.
# For `N` words it is about `K · N ** β`. The numbers `K` and `β` depend on the corpus, and `β` is below 1. With `β` = 0.5, for
# example, four times as much text has only twice as many different words.

# %%
stream = [word for review in imdb.train_texts[:FEW] for word in split_words(review)]
counts = np.array(sorted(Counter(stream).values(), reverse=True))
ranks = np.arange(1, len(counts) + 1)

# %%
plots.lines(
    {"reviews": (ranks, counts), "Zipf: first count ÷ rank": (ranks, counts[0] / ranks)},
    title="Zipf: a few words are everywhere, most are much rarer",
    xlabel="rank of the word",
    ylabel="occurrences",
    log=True,
    alt="On logarithmic axes, a word's count falls with its rank. Over most of the axis the curve lies above the straight line of "
    "Zipf's law, and at the rarest words it drops to the line or below.",
    data=imdb.provenance,
)

# %% [markdown]
# Both lines start at the same point, because we drew Zipf's line from the first count. After the start, the curve runs above
# the line, and at the rare words it drops back to the line or below. The law is about the slope, not about the height, which
# is different for each corpus. In real text, the two slopes are similar for a long stretch. In the sample the curve falls more
# slowly, because its rare words aren't very rare.
#
# For the second law, we walk through the text and note how many different words we have met so far.

# %%
seen, different = set(), []
for word in stream:
    seen.add(word)
    different.append(len(seen))

# %%
different = np.array(different)
evenly = np.linspace(1, len(stream), 200).astype(int)[1:]
beta, log_K = np.polyfit(np.log(evenly), np.log(different[evenly - 1]), 1)
print(f"β = {beta:.2f}")

# %%
steps = np.geomspace(10, len(stream), 100).astype(int)
plots.lines(
    {"reviews": (steps, different[steps - 1]), f"Heaps: K · N^{beta:.2f}": (steps, np.exp(log_K) * steps**beta)},
    title="Heaps: new words come more and more slowly",
    xlabel="words read",
    ylabel="different words met",
    log=True,
    alt="The number of different words against the number of words read, on logarithmic axes. The curve rises ever less steeply "
    "and crosses the straight line of Heaps' law, which was fitted to it.",
    data=imdb.provenance,
)

# %% [markdown]
# On logarithmic axes, Heaps' law is a straight line, and `np.polyfit` finds its slope, β. Compare the curve with the line. The
# curve bends: it is steeper than the line at first and flatter at the end. The fit uses evenly spaced points, nearly all of
# them late in the text, so the line misses the beginning. So the law is only a rule of thumb, and β depends on where you look.
#
# You can see this without a figure, too. By what factor does the number of different words grow if you read twice as much,
# early in the text and late? If the law were exact, the factor would be `2 ** β` in both places.

# %%
places = len(stream) // 28, len(stream) // 2
early, late = (different[2 * place - 1] / different[place - 1] for place in places)
print(f"from {places[0]:,} words to twice as many: × {early:.2f}; from {places[1]:,} words: × {late:.2f}")
assert early > late
assert late > 1.2 or imdb.provenance.is_sample

# %% [markdown]
# The writers of real reviews always come up with one more word, so the factor stays above 1. If you read the sample, it falls
# to 1 or nearly so, because its sentences were made from a fixed list of words. In this respect, a sample can't replace real
# text.
#
# > **What we saw (full run):** β = 0.56. Doubling the text early on gave 1.56 times as many different words, and
# > doubling it late gave only 1.40 times as many.
#
# Together, the two laws tell you why every vocabulary has to stop somewhere: a few words make up most of the text, and
# in real text there are always new ones. How much of the text do the most frequent words cover, and how much is left
# for the rarest 90% of the words?

# %%
print(f"{(counts == 1).mean():.1%} of the different words occur once")
for size in (100, 500, 1_000, 10_000):
    print(f"{size:>6,} most frequent words cover {counts[:size].sum() / counts.sum():.1%} of the text")
print(f"the rarest 90% ({len(counts) * 9 // 10:,} words) cover {counts[len(counts) // 10 :].sum() / counts.sum():.1%}")

# %%
assert 0 < beta < 1
assert counts[:100].sum() > 0.45 * counts.sum()

# %% [markdown]
# A hundred words are enough to cover about half of the text, or more.
#
# > **What we saw (full run):** the 100 most frequent words cover 50.3% of the text, and the 10,000 most frequent cover
# > 94.9%. The rarest 90% of the different words cover only 13.1%, and 43% of the different words occur just once.
#
# ## 7. The tool that comes with Keras: `TextVectorization`
#
# `TextVectorization` splits text, looks words up and does some cleaning, all in one Keras layer. With it, a saved
# model can take raw strings. `adapt` learns the vocabulary. Padding gets id 0, unknown words get id 1, and then come
# the words, with the most frequent first.

# %%
# NBVAL_CHECK_OUTPUT
import keras
import tensorflow as tf

vectorize = keras.layers.TextVectorization(max_tokens=8, output_sequence_length=6)
vectorize.adapt(tf.constant(["a good film", "a good film", "a film I don't like", "I don't like a film"]))
print([str(word) for word in vectorize.get_vocabulary()])

# %% [markdown]
# You should know three of its habits. It strips only ASCII punctuation: *don't* became *dont*, a curly ’ would stay,
# and `<br />` would leave *br* behind. It pads on the right. And it cuts on the right, so the *first* words stay.

# %%
# NBVAL_CHECK_OUTPUT
ids = vectorize(tf.constant(["A good film!", "I don't know this film at all"]))
print(ids.numpy())

# %% [markdown]
# In the second row, *know*, *this* and *at* became 1, and *all*, the seventh word, was cut off. The word *dont* has an id,
# because the same cleaning was applied when the layer learned its words.
#
# You can save the layer inside a model and load it back. The vocabulary is saved with it:

# %%
path = runtime.output_folder("tokenization") / "vectorize.keras"
keras.Sequential([keras.Input((), dtype="string"), vectorize]).save(path)
again = keras.models.load_model(path)

# %%
# NBVAL_CHECK_OUTPUT
print(np.array_equal(again(tf.constant(["A good film!"])), vectorize(tf.constant(["A good film!"]))))

# %% [markdown]
# ## 8. Which side do you pad, and which side do you cut?
#
# A batch is a rectangle of numbers, but reviews differ in length. How long are they? A popular tutorial counts the
# words of the copy of IMDB that comes with Keras. That copy drops punctuation, splits at spaces, and puts a start mark
# before each review. We count the same way here.

# %%
PUNCTUATION = str.maketrans({mark: " " for mark in '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'})
lengths = np.array([1 + len(review.lower().translate(PUNCTUATION).split()) for review in imdb.train_texts])
print(f"mean {lengths.mean():.0f}, median {np.median(lengths):.0f}, below 300: {np.mean(lengths < 300):.0%}")

# %% [markdown]
# The mean is above the median, because a tail of longer reviews pulls it up. In this count, the `br` of a line
# break is a word as well, so cleaned text is a little shorter.
#
# > **What we saw (full run):** the mean is 239 tokens and the median 178, which is exactly what the tutorial found.
# > 76% of the reviews are shorter than 300 tokens.
#
# The reviews of the sample are much shorter than real ones.

# %%
assert lengths.mean() > np.median(lengths)
if runtime.profile() == "full" and not imdb.provenance.is_sample:
    assert (round(lengths.mean()), int(np.median(lengths))) == (239, 178)

# %%
plots.histogram(
    lengths.clip(max=1_000),
    bins=np.arange(0, 1_026, 25),
    title="How long are the reviews?",
    xlabel="tokens (the last bar: 1,000 and more)",
    ylabel="reviews",
    marks={"median": np.median(lengths), "mean": lengths.mean()},
    alt="Histogram of review lengths: a peak among the short reviews and a long tail to the right. The mean is above the median.",
    data=imdb.provenance,
)

# %% [markdown]
# To put reviews into one batch, you choose one length for all of them. Longer reviews have to be cut, and shorter ones are
# filled up with zeros. You can do each of these on either side. Here are a short and a long sentence with room for five
# **time steps**, the positions in a row.

# %%
short, long = "a good film".split(), "I hoped for more but it is a good film".split()
known = ["[PAD]", *sorted(set(short + long), key=str.lower)]
numbers = [[known.index(word) for word in words] for words in (short, long)]

# %%
grid = {}
for side in ("left", "right"):
    grid[f"short, padded {side}"] = [known[index] for index in text.pad(numbers[:1], 5, side=side)[0]]
for keep in ("first", "last"):
    grid[f"long, {keep} words kept"] = [known[index] for index in text.pad(numbers[1:], 5, keep=keep)[0]]

# %%
plots.token_grid(
    grid,
    title="Two choices, independent of each other",
    alt="Four rows of five boxes: the short sentence padded left and right, the long one with its first and last words kept.",
)

# %% [markdown]
# Look at the last box of each row, because that is what a network reads last. A **recurrent** network reads one token
# after another and keeps a running summary, its *state*. It answers after the last step.
#
# - Padding on the **left** keeps the words close to the answer.
# - Padding on the **right** makes the network read zeros at the end, and its summary of the words fades. To avoid that, you
#   can **mask** the padding: you tell the layer which steps are padding, and it skips them. The fast kernels of a GPU can only
#   mask padding on the right.
# - Keep the **last** words if the writer's verdict comes at the end. Does it? You will measure that in section 9.
#
# Notebook 04 measures how much the side of the padding and the mask matter.

# %% [markdown]
# ### A split that keeps the balance
#
# Finally, we set aside a part of the training reviews for validation. `stratify` keeps the share of each label the
# same in both parts. The seed makes sure that you get the same split again tomorrow.

# %%
from sklearn.model_selection import train_test_split

fit_texts, validation_texts, fit_labels, validation_labels = train_test_split(
    imdb.train_texts, imdb.train_labels, test_size=0.2, stratify=imdb.train_labels, random_state=42
)

# %%
print(f"{len(fit_texts):,} to train on, {np.mean(fit_labels):.3f} positive")
print(f"{len(validation_texts):,} to validate on, {np.mean(validation_labels):.3f} positive")

# %% [markdown]
# ## 9. The bar to beat
#
# Before you build any network, you need something to compare it with. We take TF-IDF over words and pairs of words, and a
# logistic regression. This is our **bag-of-words baseline**. It is fast, and the only order it knows is that of two
# neighboring words. Compare every review classifier that you build later with this baseline. The setting `sublinear_tf` turns
# a count `c` into `1 + ln c`, because the tenth *great* in a review tells you less than the first.

# %%
clean_fit, clean_validation = ([text.clean(review) for review in part] for part in (fit_texts, validation_texts))


def new_tfidf():
    return TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, token_pattern=WORD.pattern)


chooser = new_tfidf()
fit_features = chooser.fit_transform(clean_fit)
validation_features = chooser.transform(clean_validation)

# %% [markdown]
# We have to choose one number: `C`, which says how freely the regression may set its weights. We choose it on the
# validation part. If you chose it on the test part, the test score would no longer tell you how well the model does on
# reviews that it has never seen.
#
# Don't read too much into small differences, because a validation part is only a sample of reviews, too. By chance alone, an
# accuracy of 0.85 varies by about 2 points on 400 reviews, as in the quick profile, and by about half a point on 5,000
# reviews, as in the full one. A *difference* between two values of `C` can vary less, because both are judged on the same
# reviews and mostly give the same answers. So we compare review by review.
#
# The best value shouldn't be at the edge of the list, because a value beyond the edge might be better still. Is yours at the
# edge?

# %%
choices = {}
for strength in tqdm(STRENGTHS, file=sys.stdout):
    trial = LogisticRegression(C=strength, max_iter=1_000).fit(fit_features, fit_labels)
    choices[strength] = trial.predict(validation_features) == validation_labels
best = max(choices, key=lambda strength: choices[strength].mean())
print({strength: round(float(right.mean()), 4) for strength, right in choices.items()}, "→ C =", best)

# %%
for strength in [strength for strength in STRENGTHS if strength != best]:
    ahead = choices[best].astype(float) - choices[strength]
    margin = 1.96 * ahead.std() / np.sqrt(len(ahead))
    print(f"C = {best} minus C = {strength}: {ahead.mean():+.4f} ± {margin:.4f}")

# %% [markdown]
# The number after each ± is half the width of the 95% interval, which is where the factor 1.96 in the code comes from. If it
# is larger than the difference, the validation part can't tell the two values apart, and you may take either.
#
# > **What we saw (full run):** C = 100 came first, with larger and smaller values in the list. Only C = 3 was clearly behind,
# > by 0.0082 ± 0.0048. None of the others can be told apart from C = 100. Each of them is less than half a point behind.

# %% [markdown]
# Now we train on all training reviews with that `C`, and look at the test reviews, once:

# %%
import time

began = time.perf_counter()
tfidf = new_tfidf()
features = tfidf.fit_transform(map(text.clean, imdb.train_texts))
bar = LogisticRegression(C=best, max_iter=1_000).fit(features, imdb.train_labels)

# %%
accuracy = bar.score(tfidf.transform(map(text.clean, imdb.test_texts)), imdb.test_labels)
seconds = time.perf_counter() - began
chance = np.sqrt(accuracy * (1 - accuracy) / len(imdb.test_labels))
print(f"test accuracy {accuracy:.3f} ± {chance:.3f} on {len(imdb.test_texts):,} reviews, {features.shape[1]:,} columns")
print(f"{seconds:.0f} s, cleaning included")

# %% [markdown]
# This is the bar. Remember it when you meet the networks. The ± shows how much an accuracy `p`, measured on `n` reviews,
# varies by chance: `√(p (1 − p) / n)`. It is one standard deviation. A 95% interval, like those above, would be about twice as
# wide. Guessing would give you 0.5, and the next cell checks that the bar is far above that.
#
# > **What we saw (full run):** test accuracy 0.907 ± 0.002 in about half a minute, with 436,940 columns. Notebook 04 draws the
# > accuracy of nearly the same bag of words as a line through its main figure. That one learns from 80% of the reviews and
# > reaches 0.903.

# %%
assert accuracy > 0.7, "the bar should be far above guessing, 0.5"
if runtime.profile() == "full" and not imdb.provenance.is_sample:
    assert abs(accuracy - 0.907) < 0.003

# %% [markdown]
# What does the model look at? Draw the largest and the smallest weights as bars, and you see at a glance what it has learned.

# %%
order = np.argsort(bar.coef_[0])
names = tfidf.get_feature_names_out()
weights = {names[i]: bar.coef_[0][i] for i in [*order[::-1][:6], *order[:6][::-1]]}

# %%
plots.bars(
    weights,
    title="The words and pairs that decide",
    xlabel="weight (right: positive review, left: negative)",
    fmt="{:.1f}",
    alt="Bars of the six largest and the six smallest weights: words of praise on the right, of blame on the left.",
    data=imdb.provenance,
)

# %% [markdown]
# > **What we saw (full run):** a *7* is among the words of praise. Most likely it is a rating out of ten that the
# > writer repeats in the text. IMDB's labels were made from these ratings: 7 and more became positive, 4 and less
# > negative.
#
# ### Is the verdict at the end?
#
# Section 8 left a question open: which end of a review should you keep? Let's give this model only the first third of each
# test review, only the middle third, or only the last one. The model was trained on whole reviews and stays as it is, so we
# don't use the test reviews to choose anything.

# %%
thirds = {"first": [], "middle": [], "last": []}
for review in imdb.test_texts:
    third = np.array_split(WORD.findall(text.clean(review)), 3)
    for part, tokens in zip(thirds.values(), third, strict=True):
        part.append(" ".join(tokens))
share = {name: bar.score(tfidf.transform(part), imdb.test_labels) for name, part in thirds.items()}
print({name: round(score, 3) for name, score in share.items()})
assert share["last"] > max(share["first"], share["middle"])

# %% [markdown]
# Of the three, the last third tells this model the most, so keep the end if you must cut. A third alone scores below the whole
# review. To choose a setting for a model of your own, you would measure this on the validation part.
#
# > **What we saw (full run):** 0.80 for the first third, 0.795 for the middle one, and 0.843 for the last one, against 0.907
# > for whole reviews. The first and the middle third are far above guessing, too. So the end is not the only place that tells.
#
# ### Does praise score above blame?
#
# Now let's go back to the sentences of section 2. The number in front of each is the probability of a positive review.
# The first two differ in their pairs, which this model can see. The last two differ in nothing that it can see. What
# do you expect?

# %% [markdown]
# **Predict first.** The first sentence is praise and the second is criticism. Which gets the higher probability?
#
# <details><summary>A. The praise, because <em>not boring</em> is a pair that the model can see</summary>
# It can, if enough training reviews contain the pair. But a pair counts only as much as its weight. Which other pairs differ
# between the two sentences?
# </details>
# <details><summary>B. Maybe the criticism, because pairs without <em>not</em> count as well</summary>
# Yes. The pairs with <em>not</em> have to compete with pairs such as <em>brilliant it</em>, which only the criticism has. In
# the full run, the criticism came out ahead. Compare with your output, and then with the table below it.
# </details>
# <details><summary>C. Neither, because both contain the same words</summary>
# That is true of a bag of single words. Look back at section 2: do the two sentences have the same pairs as well?
# </details>

# %%
own_reviews = (praise, blame, better, worse)
probabilities = bar.predict_proba(tfidf.transform(own_reviews))[:, 1]
for probability, own in zip(probabilities, own_reviews, strict=True):
    print(f"{probability:.2f}  {own}")
assert np.isclose(probabilities[2], probabilities[3])

# %% [markdown]
# The last two get the same number, as they must. What about the first two? The first is praise, so it should get the higher
# number. Does it, on your screen? The next cell lists every pair that only one of the two contains, with its weight. The last
# column shows what the pair adds to the praise minus what it adds to the criticism. A pair from the criticism with a positive
# weight counts against the praise.

# %%
one, other = tfidf.transform([praise, blame]).toarray()
only_one = (one > 0) != (other > 0)
adds = (one - other) * bar.coef_[0]
table = pd.DataFrame({"weight": bar.coef_[0], "praise minus blame": adds}, index=names)
table[only_one].sort_values("praise minus blame").round(2)

# %%
print(f"these pairs: {adds[only_one].sum():+.2f}, all columns: {adds.sum():+.2f}")
assert (adds.sum() > 0) == (probabilities[0] > probabilities[1])

# %% [markdown]
# Both sentences contain the same single words, so *boring* and *brilliant* push both of them almost the same way. They don't
# do it exactly, because each row is divided by its own length. So it is mostly up to the pairs to tell the two apart. If a
# pair is missing from the table, fewer than two training reviews contain it.
#
# A model needs to see a pair many times to learn a good weight for it, and some of these pairs are rare. Look at the rows with
# the largest numbers, above and below 0. They need not be the pairs with *not*. A pair such as *brilliant it* says nothing
# about *not*, but it contains a word of praise, and only the criticism has it. So nothing guarantees that the praise ends up
# above the criticism. Make up sentences of your own, and see whether you can fool the model.
#
# > **What we saw (full run):** the praise got 0.08 and the criticism 0.14, which is the wrong way around. *was brilliant* adds
# > 1.05 to the praise. But *brilliant it* and *not brilliant* add 0.81 and 0.53 to the criticism, and *not boring* gives the
# > praise only 0.18. These pairs together leave the praise 0.44 lower. With all the other columns, it ends up 0.57 lower,
# > before the sums are squeezed into probabilities.

# %% [markdown]
# ## Recap
#
# - Cleaning throws information away, and you should know what it is. Apostrophes carry negations. Capitals and `!!!` carry
#   emphasis.
# - A bag of words forgets the order, and TF-IDF gives rare words more weight. With pairs of words, they make a strong
#   and fast baseline.
# - Lists of stop words may contain *not*. Stems and lemmas group the forms of a word. Measure before you believe in
#   any of them.
# - In a language such as Korean, where particles and endings are attached to words, spaces are the wrong place to cut.
# - Words can leave tokens unknown, and characters make long sequences. Byte pairs leave nothing unknown, and their sequences
#   have a length in between.
# - You can pad and cut on either side. Choose both sides deliberately.

# %% [markdown]
# ## Exercises
#
# Begin with the [exercises that check your answers](exercises/01_tokenization.ipynb). You can find the
# [solutions](solutions/01_tokenization.ipynb) in a notebook next to them. Then try these, which nobody checks:
#
# 1. Write two regular expressions. One turns 7/10 to 10/10 into the word `highmark`, the other turns 0/10 to 4/10 into
#    `lowmark`. Apply them before `text.clean`, fit the model of section 9 on `fit_texts`, and score it on
#    `validation_texts`. Does the score rise, and why does this make the task too easy?
# 2. The default token pattern of `CountVectorizer` drops words of one letter, and keeps only *don* of *don't*. Show
#    this on one sentence. Then measure on the validation part what it costs.
# 3. Continue the toy BPE until `count_pairs(pieces, toy)` is empty. How many merges does it take, what are the tokens
#    then, and why does a real tokenizer stop long before that?
# 4. Train the byte-pair tokenizer with 300, 1,000, 3,000 and 10,000 ids, and draw the tokens per review against the
#    vocabulary with `plots.lines`. Why is 258 the smallest possible vocabulary? On the sample, the curve stops early. Why?
# 5. How long do runs of words have to be before a bag of them can tell apart the two sentences you wrote in exercise 7 of
#    the checked notebook?

# %% [markdown]
# ## Further reading
#
# - Sennrich, Haddow and Birch, [Neural machine translation of rare words with subword
#   units](https://arxiv.org/abs/1508.07909), 2016: BPE for text.
# - Wang and Manning, [Baselines and bigrams](https://aclanthology.org/P12-2018/), 2012: why pairs of words are hard to
#   beat.
# - Maas et al., [Learning word vectors for sentiment analysis](https://aclanthology.org/P11-1015/), 2011: the IMDB
#   reviews.
# - The [tokenizers documentation](https://huggingface.co/docs/tokenizers) and Keras' page on
#   [TextVectorization](https://keras.io/api/layers/preprocessing_layers/text/text_vectorization/).

# %%
runtime.finish(
    imdb.provenance, notebook="tokenization", headline=f"TF-IDF + logistic regression: test accuracy {accuracy:.3f}"
)
