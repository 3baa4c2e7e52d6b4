"""Cleaning, tokenizers, the codec and padding, held against Keras, `collections.Counter` and hand-worked cases."""

import itertools
import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from course_utils import text
from course_utils.backends import keras

few = settings(max_examples=50, deadline=None)
very_few = settings(max_examples=8, deadline=None)

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
MARKS = ["[PAD]", "[UNK]", "[BOS]", "[EOS]"]
WORDS = ["good", "film", "a", "the", "don't", "영화가", "좋았다", "1984", "größe", "o'clock"]
SENTENCES = st.lists(
    st.lists(st.sampled_from(WORDS), max_size=12).flatmap(
        lambda words: st.sampled_from([" ", ", ", "! ", " - ", "\n", "<br />"]).map(lambda gap: gap.join(words))
    ),
    min_size=1,
    max_size=8,
).filter(lambda texts: any(texts))

BAD_TEXTS = [
    ("one string", TypeError, "texts is one string; expected a list of strings"),
    ([], ValueError, "texts is empty; expected at least one text"),
    ((text for text in ()), ValueError, "texts is empty"),
    (["fine", None], TypeError, r"texts\[1\] is a NoneType; expected a string"),
    ([b"bytes"], TypeError, r"texts\[0\] is a bytes; expected a string"),
    ([3], TypeError, r"texts\[0\] is a int; expected a string"),
    ([["good", "film"]], TypeError, r"texts\[0\] is a list; expected a string"),
    (None, TypeError, "texts is None; expected a list of strings"),
    (3, TypeError, "texts is 3; expected a list of strings"),
]


def reference_words(sentence: str) -> list[str]:
    """Split as the tokenizer promises to, in plain Python."""
    return re.findall(r"[^\W_]+(?:'[^\W\d_]+)*", re.sub(r"<br />", " ", sentence).lower())


def vocabulary(tokenizer) -> list[str]:
    return [tokenizer.id_to_token(index) for index in range(tokenizer.get_vocab_size())]


# clean


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("A <i>very</i> good film.<br /><br />Really!", "a very good film. really!"),
        ("Tom &amp; Ann, &quot;both&quot;", 'tom & ann, "both"'),
        ("didn’t ‘quite’ &#8217;", "didn't 'quite' '"),
        ("  two\t\nlines  ", "two lines"),
        ("5 < 6 and 7 > 6", "5 < 6 and 7 > 6"),
        ("영화가 <b>정말</b> 좋았다 !", "영화가 정말 좋았다!"),
        ("", ""),
        ("<br/>", ""),
    ],
)
def test_clean_by_hand(raw, expected):
    assert text.clean(raw) == expected


def test_clean_keeps_case_on_demand():
    assert text.clean("Good  Film", lower=False) == "Good Film"


@few
@given(ANY_TEXT.filter(lambda raw: "&" not in raw) | SENTENCES.map("<p>".join))
def test_cleaning_twice_changes_nothing(raw):
    assert text.clean(text.clean(raw)) == text.clean(raw)


@pytest.mark.parametrize(
    ("raw", "expected"), [("&lt;b&gt;", "<b>"), ("&amp;lt;b>", "&lt;b>"), ("&amp;amp;", "&amp;"), ("AT&T", "at&t")]
)
def test_entities_are_unescaped_once(raw, expected):
    """An escaped tag is text about HTML: it is shown. So cleaning twice is not cleaning once where "&" occurs."""
    assert text.clean(raw) == expected


@few
@given(ANY_TEXT)
def test_cleaned_text_has_single_spaces_and_plain_apostrophes(raw):
    found = text.clean(raw)
    assert found == " ".join(found.split())
    assert not {"\u2018", "\u2019", "\n", "\t"} & set(found)


@pytest.mark.parametrize("raw", [None, 3, b"bytes", ["a list"]])
def test_clean_wants_one_string(raw):
    with pytest.raises(
        TypeError, match=r"expected string or bytes-like object, got|cannot use a string pattern on a bytes"
    ):
        text.clean(raw)


# word_tokenizer


@few
@given(SENTENCES, st.integers(3, 14))
def test_words_are_the_most_frequent_ones(texts, size):
    counts = Counter(word for each in texts for word in reference_words(each))
    tokenizer = text.word_tokenizer(texts, size)
    known = vocabulary(tokenizer)
    assert known[:2] == ["[PAD]", "[UNK]"]
    assert len(known) == min(size, 2 + len(counts))
    frequencies = [counts[word] for word in known[2:]]
    assert (
        frequencies == sorted(counts.values(), reverse=True)[: size - 2]
    )  # ids by falling frequency; ties as they are
    for each in texts:
        assert tokenizer.encode(each).tokens == [word if word in known else "[UNK]" for word in reference_words(each)]


@very_few
@given(
    st.lists(
        st.lists(st.sampled_from(["ant", "bee", "cat", "dog", "eel"]), min_size=1, max_size=9), min_size=1, max_size=6
    )
)
def test_words_and_ids_agree_with_keras(texts):
    texts = [" ".join(words).title() + "." for words in texts]
    layer = keras.layers.TextVectorization(max_tokens=6)
    layer.adapt(np.array(texts))
    theirs = [str(word) for word in layer.get_vocabulary()[2:]]
    tokenizer = text.word_tokenizer(texts, 6)
    ours = vocabulary(tokenizer)[2:]
    counts = Counter(word for each in texts for word in reference_words(each))
    assert [counts[word] for word in ours] == [counts[word] for word in theirs]
    least = counts[theirs[-1]]  # among words as rare as the last one the choice is free
    assert {w for w in ours if counts[w] > least} == {w for w in theirs if counts[w] > least}
    if ours == theirs:
        rows = text.encode(tokenizer, texts)
        assert text.pad(rows, 9, side="right").tolist() == np.pad(layer(texts), ((0, 0), (0, 9)))[:, :9].tolist()


@pytest.mark.parametrize(
    ("raw", "tokens"),
    [
        ("I DON'T, I won’t!", ["i", "don't", "i", "won't"]),
        ("'quoted' ‘words’", ["quoted", "words"]),
        ("rock'n'roll o'clock", ["rock'n'roll", "o'clock"]),
        ("<i>good</i><br />film", ["good", "film"]),
        ("5 < 6", ["5", "6"]),
        ("영화가 정말 좋았다.", ["영화가", "정말", "좋았다"]),
        ("well-made snake_case", ["well", "made", "snake", "case"]),
        ("Größe café ÉCLAIR", ["größe", "café", "éclair"]),
        ("!?… ---", []),
        ("", []),
    ],
)
def test_word_boundaries_by_hand(raw, tokens):
    tokenizer = text.word_tokenizer([raw, "filler"], 50)
    assert tokenizer.encode(raw).tokens == tokens


def test_the_brackets_of_special_tokens_are_no_special_tokens():
    tokenizer = text.word_tokenizer(["pad the film"], 9)
    assert tokenizer.encode("[PAD] the [UNK] film").tokens == ["pad", "the", "[UNK]", "film"]
    assert 0 not in tokenizer.encode("[PAD] [PAD]").ids


def test_texts_may_be_a_generator_an_array_or_a_tuple():
    expected = vocabulary(text.word_tokenizer(["a b", "a"], 5))
    for texts in ((each for each in ["a b", "a"]), np.array(["a b", "a"]), ("a b", "a")):
        assert vocabulary(text.word_tokenizer(texts, np.int64(5))) == expected == ["[PAD]", "[UNK]", "a", "b"]


# CharCodec and bpe_tokenizer


@few
@given(ANY_TEXT.filter(bool), st.booleans(), st.booleans(), st.booleans(), st.booleans())
def test_characters_come_back(raw, pad, unk, bos, eos):
    codec = text.CharCodec(raw, pad=pad, unk=unk, bos=bos, eos=eos)
    special = [name for name, wanted in zip(MARKS, (pad, unk, bos, eos), strict=True) if wanted]
    assert codec.tokens == [*special, *sorted(set(raw))] and len(codec) == len(codec.tokens)
    assert [
        codec.tokens[i] for i in (codec.pad_id, codec.unk_id, codec.bos_id, codec.eos_id) if i is not None
    ] == special
    ids = codec.encode(raw)
    assert ids.dtype == np.int32 and [codec.tokens[index] for index in ids] == list(raw)
    assert codec.decode(ids) == raw


@few
@given(ANY_TEXT.filter(bool))
def test_without_special_tokens_ids_are_those_of_numpy(raw):
    """A NUL apart, which NumPy's strings lose."""
    raw = raw.replace("\0", "0")
    characters, ids = np.unique(list(raw), return_inverse=True)
    codec = text.CharCodec(raw)
    assert codec.characters == "".join(characters) and np.array_equal(codec.encode(raw), ids)


def test_characters_by_hand():
    codec = text.CharCodec("hello\r\n", pad=True, unk=True)
    assert codec.tokens == ["[PAD]", "[UNK]", "\n", "\r", "e", "h", "l", "o"]
    assert codec.encode("hole!\n").tolist() == [5, 7, 6, 4, 1, 2]
    assert text.CharCodec(["1", "20", "12"]).characters == "012"
    assert text.CharCodec("ab", unk=True).decode([0, 1]) == "[UNK]a"


@few
@given(st.lists(st.text("0123456789+", min_size=1, max_size=9), min_size=1, max_size=5))
def test_a_batch_is_its_texts_padded(texts):
    codec = text.CharCodec(texts, pad=True, bos=True, eos=True)
    ids = codec.encode_batch(texts, length=9)
    assert ids.dtype == np.int32 and ids.tolist() == text.pad(text.encode(codec, texts), 9, side="right").tolist()
    assert codec.decode_batch(ids) == texts
    assert codec.decode_batch([[codec.bos_id, *row, codec.eos_id, 3] for row in ids]) == texts


@pytest.mark.parametrize(
    ("characters", "message"),
    [
        ("", "characters is empty; expected at least one text"),
        ([], "characters is empty; expected at least one text"),
        (["", ""], "characters is empty; expected at least one text"),
        (None, "can only join an iterable"),
        (b"bytes", "expected str instance, int found"),
        ([["a list"]], "expected str instance, list found"),
    ],
)
def test_a_codec_wants_characters(characters, message):
    with pytest.raises((TypeError, ValueError), match=message):
        text.CharCodec(characters)


@pytest.mark.parametrize("raw", ["", None, 3, ["ab", "c"]])
@pytest.mark.parametrize("unk", [False, True])
def test_a_codec_encodes_texts(raw, unk):
    with pytest.raises((TypeError, ValueError), match=r"expected one or more characters of 'abc'|not iterable"):
        text.CharCodec("abc", unk=unk).encode(raw)


def test_unknown_characters_are_named():
    with pytest.raises(ValueError, match=r"the text holds \['x', 'é'\]; expected one or more characters of 'abc'"):
        text.CharCodec("abc").encode("axéa")


@pytest.mark.parametrize(
    ("texts", "error", "message"),
    [
        ("12", TypeError, "texts is one string; expected a list of strings"),
        (["1", ""], ValueError, r"the text holds ''; expected one or more characters of '\+12'"),
        (["12", "1212"], ValueError, "got 4 characters, pad_id=0; expected up to 3"),
        (["1x2"], ValueError, r"the text holds \['x'\]; expected one or more characters of '\+12'"),
    ],
)
def test_bad_batches_of_texts(texts, error, message):
    with pytest.raises(error, match=message):
        text.CharCodec("+12", pad=True).encode_batch(texts, length=3)
    with pytest.raises(ValueError, match="pad_id=None; expected up to 3, and pad=True"):
        text.CharCodec("+12").encode_batch(["12"], length=3)


@pytest.mark.parametrize("ids", [[0, 3], [-1], [0.5], [2**32], [[0]]])
def test_ids_that_no_codec_gave_are_refused(ids):
    with pytest.raises((TypeError, ValueError), match=r"expected (ids from 0 to 2|one row of whole numbers)"):
        text.CharCodec("abc").decode(ids)


@pytest.fixture(scope="module")
def pairs():
    return text.bpe_tokenizer(["low lower lowest newer wider 영화 좋았다"] * 3, 290)


def test_bytes_bring_any_text_back(pairs):
    @few
    @given(ANY_TEXT)
    def check(raw):
        assert pairs.decode(pairs.encode(raw).ids) == raw
        assert 1 not in pairs.encode(raw).ids

    check()


@pytest.mark.parametrize("raw", ["[PAD]", "a [UNK] b", "[PAD", "\x00", "  \r\n ", "😀", "e\u0301", "ᄒᆞᆫ글"])
def test_bytes_bring_odd_texts_back(pairs, raw):
    assert pairs.decode(pairs.encode(raw).ids) == raw


def test_merges_are_the_most_frequent_pairs_by_hand():
    # Pairs of "abab abab abac": ab 5, then (ab, ab) 2 against (" ", ab) 2 ...; only the first is beyond doubt.
    tokenizer = text.bpe_tokenizer(["abab abab abac"], 259)
    assert tokenizer.get_vocab_size() == 259
    assert tokenizer.id_to_token(258) == "ab"
    assert tokenizer.encode("abba").tokens == ["ab", "b", "a"]


def test_merges_agree_with_a_plain_count():
    """The published algorithm in twelve lines, on a text whose best pair is never tied."""
    raw, merges = "caebebaeabcbcebdbcbcbceb", []
    parts = list(raw)
    for _ in range(3):
        counts = Counter(itertools.pairwise(parts))
        best = max(counts, key=counts.get)
        assert list(counts.values()).count(counts[best]) == 1, "a tie proves nothing"
        merges.append("".join(best))
        joined, index = [], 0
        while index < len(parts):
            both = tuple(parts[index : index + 2]) == best
            joined.append("".join(best) if both else parts[index])
            index += 2 if both else 1
        parts = joined
    tokenizer = text.bpe_tokenizer([raw], 261)
    assert vocabulary(tokenizer)[258:] == merges
    assert tokenizer.encode(raw).tokens == parts


# what all share


@pytest.mark.parametrize(("texts", "error", "message"), BAD_TEXTS, ids=lambda value: str(value)[:20])
@pytest.mark.parametrize("function", ["words", "pairs", "encode", "oov_rate"])
def test_bad_texts_are_refused(function, texts, error, message):
    tokenizer = text.CharCodec("abc")
    call = {
        "words": lambda: text.word_tokenizer(texts, 500),
        "pairs": lambda: text.bpe_tokenizer(texts, 500),
        "encode": lambda: text.encode(tokenizer, texts),
        "oov_rate": lambda: text.oov_rate(tokenizer, texts),
    }[function]
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("size", [None, 0, -1, True, 3.0, "500", [500]])
@pytest.mark.parametrize(("maker", "least"), [(text.word_tokenizer, 3), (text.bpe_tokenizer, 258)])
def test_bad_sizes_are_refused(maker, least, size):
    message = f"vocab_size is {size!r}; expected a whole number from {least} to 1000000."
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        maker(["good film"], size)
    with pytest.raises(ValueError, match=f"vocab_size is {least - 1}; .* from {least} to"):
        maker(["good film"], least - 1)
    assert maker(["good film"], np.int32(least)).get_vocab_size() == least


MAKERS = {
    "words": lambda texts: text.word_tokenizer(texts, 8),
    "pairs": lambda texts: text.bpe_tokenizer(texts, 270),
}


@pytest.mark.parametrize("kind", MAKERS)
def test_encoding_many_is_encoding_each(kind):
    @few
    @given(SENTENCES, st.lists(ANY_TEXT, min_size=1, max_size=5))
    def check(texts, others):
        tokenizer = MAKERS[kind](texts)
        assert (tokenizer.token_to_id("[PAD]"), tokenizer.token_to_id("[UNK]")) == (0, 1)
        for found, raw in zip(text.encode(tokenizer, texts + others), texts + others, strict=True):
            assert found.dtype == np.int32 and found.ndim == 1
            assert found.tolist() == tokenizer.encode(raw).ids

    check()


@pytest.mark.parametrize("kind", MAKERS)
def test_a_saved_tokenizer_gives_the_same_ids(kind, tmp_path):
    texts = ["Good film, don’t miss it", "영화가 좋았다", "a\r\nb  c"]
    tokenizer = MAKERS[kind](texts)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    again = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    for raw in [*texts, "unseen ☃ words", ""]:
        assert again.encode(raw).ids == tokenizer.encode(raw).ids
        assert again.decode(again.encode(raw).ids) == tokenizer.decode(tokenizer.encode(raw).ids)


# oov_rate


@pytest.mark.parametrize(
    ("texts", "rate"),
    [
        (["good film"], 0.0),
        (["bad play"], 1.0),
        (["good bad bad bad"], 0.75),
        (["good", "bad bad"], 2 / 3),  # the share of all tokens, not the mean over texts
        (["", "good bad"], 0.5),
        (["", "..."], 0.0),
    ],
)
def test_oov_rate_by_hand(texts, rate):
    found = text.oov_rate(text.word_tokenizer(["good film"], 4), texts)
    assert type(found) is float
    assert found == pytest.approx(rate)


def test_bytes_know_everything(pairs):
    assert text.oov_rate(pairs, ["anything ☃ at all", "영화"]) == 0.0


# pad


def reference_pad(ids, length, side, keep):
    rows = []
    for row in ids:
        row = list(row)
        row = row[-length:] if keep == "last" else row[:length]
        zeros = [0] * (length - len(row))
        rows.append(zeros + row if side == "left" else row + zeros)
    return rows


ROWS = st.lists(st.lists(st.integers(0, 2**31 - 1), max_size=12), min_size=1, max_size=8)


@few
@given(ROWS, st.integers(1, 14), st.sampled_from(["left", "right"]), st.sampled_from(["last", "first"]))
def test_padding_agrees_with_keras_and_plain_python(ids, length, side, keep):
    found = text.pad(ids, length, side=side, keep=keep)
    assert found.dtype == np.int32 and found.shape == (len(ids), length)
    assert found.tolist() == reference_pad(ids, length, side, keep)
    theirs = keras.utils.pad_sequences(
        ids,
        maxlen=length,
        padding="pre" if side == "left" else "post",
        truncating="pre" if keep == "last" else "post",
    )
    assert np.array_equal(found, theirs)
    arrays = [np.array(row, dtype="int32") for row in ids]
    assert np.array_equal(text.pad(arrays, np.int64(length), side=side, keep=keep), found)


def test_padding_defaults_to_keras_own():
    assert text.pad([[1, 2, 3], [4]], 2).tolist() == keras.utils.pad_sequences([[1, 2, 3], [4]], 2).tolist()


def test_padding_leaves_its_input_alone():
    ids = [[1, 2, 3], [4]]
    text.pad(ids, 2)
    assert ids == [[1, 2, 3], [4]]


def test_padding_nothing():
    assert text.pad([], 3).shape == (0, 3)
    assert text.pad([], 3).dtype == np.int32
    assert text.pad([[], []], 2).tolist() == [[0, 0], [0, 0]]
    assert text.pad(np.array([[1, 2], [3, 4]]), 1).tolist() == [[2], [4]]


@pytest.mark.parametrize("length", [None, 0, -1, True, 2.0, "2", [2]])
def test_bad_lengths_are_refused(length):
    message = f"length is {length!r}; expected a whole number, 1 or more."
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        text.pad([[1]], length)


@pytest.mark.parametrize("word", ["pre", "", None, "LEFT", 1])
def test_bad_sides_are_refused(word):
    with pytest.raises(ValueError, match=f"side is {word!r}; expected 'left' or 'right'"):
        text.pad([[1]], 2, side=word)
    with pytest.raises(ValueError, match=f"keep is {word!r}; expected 'last' or 'first'"):
        text.pad([[1]], 2, keep=word)


@pytest.mark.parametrize("ids", [[[-1]], [[], [3, -2]], [np.array([-1])], np.array([[0, -5]])])
def test_negative_ids_are_refused(ids):
    with pytest.raises(ValueError, match=r"an id is -\d; expected ids from 0"):
        text.pad(ids, 2)


@pytest.mark.parametrize("ids", [None, 3, [1, 2, 3], ["good"], [[None]]])
def test_what_is_no_list_of_id_lists_is_refused(ids):
    with pytest.raises((TypeError, ValueError)):
        text.pad(ids, 2)


# faults that were found by attacking the module


def test_padding_does_not_wrap_large_ids():
    with pytest.raises(ValueError, match="an id is 4294967301; expected ids from 0 to 2,147,483,647"):
        text.pad(np.array([[2**32 + 5]]), 2)


def test_padding_does_not_cut_floats():
    with pytest.raises(TypeError, match="type float64; expected one row of whole numbers"):
        text.pad([[1.9]], 2)


def test_a_codec_keeps_nul():
    codec = text.CharCodec("a\0b")
    assert codec.decode(codec.encode("\0a\0")) == "\0a\0"


def test_a_number_too_long_for_python_is_no_character():
    assert text.clean("a &#" + "1" * 5000 + "; b") == "a \ufffd b" == text.clean("a &#" + "1" * 9 + "; b")


@pytest.mark.parametrize("maker", [text.word_tokenizer, text.bpe_tokenizer])
def test_a_vocabulary_beyond_memory_is_refused(maker):
    """The byte-pair trainer aborted the process, so nothing could be caught."""
    with pytest.raises(ValueError, match="vocab_size is 1099511627776; expected a whole number from"):
        maker(["good film"], 2**40)
