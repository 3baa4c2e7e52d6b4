"""Cleaning, vocabularies, encoding and padding (taught in notebook 01).

The three tokenizers are those of the `tokenizers` library, so each has its ``encode``, ``decode``, ``token_to_id``,
``get_vocab_size`` and ``save``. Id 0 is always ``[PAD]`` and id 1 ``[UNK]``. (``save`` does not
keep the note that a literal "[PAD]" in a text is plain text: after ``Tokenizer.from_file``, set
``encode_special_tokens = True`` again.)
"""

import html
import re
from collections.abc import Iterable, Sequence

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

PAD, UNKNOWN = "[PAD]", "[UNK]"
SPECIAL = [PAD, UNKNOWN]
WORD = r"[\p{L}\p{N}]+(?:'[\p{L}]+)*"  # letters and digits; an apostrophe inside a word belongs to it: don't


def _check_texts(texts: Iterable[str], name: str = "texts") -> list[str]:
    if isinstance(texts, str):
        raise TypeError(f"{name} is one string; expected a list of strings. Write [{name}].")
    texts = list(texts)
    if not texts:
        raise ValueError(f"{name} is empty; expected at least one text.")
    for position, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"{name}[{position}] is a {type(text).__name__}; expected a string.")
    return texts


def _check_size(size: int, least: int) -> int:
    if isinstance(size, bool) or not isinstance(size, int | np.integer) or size < least:
        raise ValueError(f"vocabulary_size is {size!r}; expected a whole number of {least} or more.")
    return int(size)


def clean(text: str, *, lower: bool = True) -> str:
    """Return a text without HTML, with plain apostrophes, single spaces and, if asked, in lower case.

    Punctuation stays: a tokenizer decides about it, not the cleaning.

    Parameters
    ----------
    text : str
    lower : bool

    Raises
    ------
    TypeError
        If ``text`` is no string.

    Examples
    --------
    >>> clean("I <b>didn’t</b> like it.<br /><br />Tom &amp; Ann did!")
    "i didn't like it. tom & ann did!"
    """
    if not isinstance(text, str):
        raise TypeError(f"text is a {type(text).__name__}; expected one string (for a list, clean each).")
    text = re.sub(r"</?[A-Za-z][^<>]*>", " ", text)  # <br />, <i>; "5 < 6" stays
    text = html.unescape(text)
    text = text.replace("\u2019", "'").replace("\u2018", "'")
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r" ([.,;:!?])", r"\1", text)
    return text.lower() if lower else text


def word_tokenizer(texts: Iterable[str], vocabulary_size: int) -> Tokenizer:
    """Learn a word vocabulary: the most frequent words of the texts, in lower case, without punctuation.

    Parameters
    ----------
    texts : iterable of str
        The training part only; words of other parts then count as unknown, as they will in use.
    vocabulary_size : int
        At most so many ids, ``[PAD]`` and ``[UNK]`` included.

    Returns
    -------
    tokenizers.Tokenizer
        Ids by falling frequency, from 2.

    Raises
    ------
    TypeError, ValueError
        If ``texts`` is one string or empty, or ``vocabulary_size`` is below 3.

    Examples
    --------
    >>> words = word_tokenizer(["good film, good fun", "a good cast"], vocabulary_size=4)
    >>> words.encode("A good film.").tokens
    ['a', 'good', '[UNK]']
    >>> words.encode("A good film.").ids
    [3, 2, 1]
    """
    texts, size = _check_texts(texts), _check_size(vocabulary_size, 3)
    tokenizer = Tokenizer(models.WordLevel(unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(r"</?[A-Za-z][^<>]*>"), " "),
            normalizers.Replace(Regex("[\u2018\u2019]"), "'"),
            normalizers.Lowercase(),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(WORD), behavior="removed", invert=True)
    trainer = trainers.WordLevelTrainer(vocab_size=size, special_tokens=SPECIAL, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.encode_special_tokens = True  # "[PAD]" in a text is text
    return tokenizer


def char_tokenizer(text: str) -> Tokenizer:
    """Learn a character vocabulary: every distinct character of the text, in the order of their code points.

    Parameters
    ----------
    text : str

    Returns
    -------
    tokenizers.Tokenizer
        Ids from 2; a character that ``text`` lacks becomes ``[UNK]``.

    Raises
    ------
    ValueError
        If ``text`` is empty.

    Examples
    --------
    >>> characters = char_tokenizer("to be")
    >>> characters.encode("bet").tokens
    ['b', 'e', 't']
    >>> characters.decode(characters.encode("be to").ids)
    'be to'
    """
    if not isinstance(text, str) or not text:
        raise ValueError("text is empty or no string; expected a text of at least one character.")
    vocabulary = {token: index for index, token in enumerate([*SPECIAL, *sorted(set(text))])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"(?m)."), behavior="isolated")
    tokenizer.decoder = decoders.Fuse()
    return tokenizer


def bpe_tokenizer(texts: Iterable[str], vocabulary_size: int) -> Tokenizer:
    """Learn byte-pair merges: the most frequent pair of neighbors becomes one token, again and again.

    Works on bytes, so no text is unknown to it and decoding gives the text back exactly.

    Parameters
    ----------
    texts : iterable of str
    vocabulary_size : int
        Ids in all: 2 special ones, 256 bytes, the rest merges.

    Returns
    -------
    tokenizers.Tokenizer

    Raises
    ------
    TypeError, ValueError
        If ``texts`` is one string or empty, or ``vocabulary_size`` is below 258.

    Notes
    -----
    Sennrich, Haddow and Birch (2016), "Neural machine translation of rare words with subword units", section 3.2;
    on bytes as in Radford et al. (2019), section 2.2.

    Examples
    --------
    >>> pairs = bpe_tokenizer(["low lower lowest"] * 5, vocabulary_size=262)
    >>> pairs.encode("slow").tokens
    ['s', 'low']
    >>> pairs.decode(pairs.encode("Größe, 크기").ids)
    'Größe, 크기'
    """
    texts, size = _check_texts(texts), _check_size(vocabulary_size, len(SPECIAL) + 256)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.encode_special_tokens = True  # "[PAD]" in a text is text
    return tokenizer


def encode(tokenizer: Tokenizer, texts: Iterable[str]) -> list[np.ndarray]:
    """Turn texts into ids, on all cores.

    Parameters
    ----------
    tokenizer : tokenizers.Tokenizer
    texts : iterable of str

    Returns
    -------
    list of int32 arrays ``(tokens,)``
        One a text, each as long as its text has tokens.

    Raises
    ------
    TypeError, ValueError
        If ``texts`` is one string, is empty or holds anything but strings.

    Examples
    --------
    >>> words = word_tokenizer(["good film", "good fun"], vocabulary_size=5)
    >>> [ids.tolist() for ids in encode(words, ["good fun", "bad"])]
    [[2, 4], [1]]
    """
    texts = _check_texts(texts)
    ids = []
    for start in range(0, len(texts), 1_000):  # what the tokenizer hands over takes far more memory than the ids
        found = tokenizer.encode_batch_fast(texts[start : start + 1_000])
        ids += [np.array(each.ids, dtype="int32") for each in found]
    return ids


def pad(ids: Sequence, length: int, *, side: str = "left", keep: str = "last") -> np.ndarray:
    """Bring sequences of ids to one length: cut the longer ones, fill the shorter ones with 0.

    Parameters
    ----------
    ids : sequence of int sequences
        Each ``(tokens,)``, of any length.
    length : int
        Time steps of the result, 1 or more.
    side : {"left", "right"}
        Where the padding goes. Pad right when you mask: a GPU's fused kernels need it.
    keep : {"last", "first"}
        Which tokens of a longer sequence stay.

    Returns
    -------
    int32 array ``(sequences, length)``

    Raises
    ------
    ValueError
        If ``length`` is below 1, ``side`` or ``keep`` is unknown or an id is negative.

    Examples
    --------
    >>> pad([[5, 6], [1, 2, 3, 4]], length=3)
    array([[0, 5, 6],
           [2, 3, 4]], dtype=int32)
    >>> pad([[5, 6], [1, 2, 3, 4]], length=3, side="right", keep="first")
    array([[5, 6, 0],
           [1, 2, 3]], dtype=int32)
    """
    from keras.utils import pad_sequences

    if isinstance(length, bool) or not isinstance(length, int | np.integer) or length < 1:
        raise ValueError(f"length is {length!r}; expected a whole number of 1 or more.")
    if side not in ("left", "right"):
        raise ValueError(f"side is {side!r}; expected 'left' or 'right'.")
    if keep not in ("last", "first"):
        raise ValueError(f"keep is {keep!r}; expected 'last' or 'first'.")
    if len(ids) == 0:
        return np.zeros((0, length), dtype="int32")
    if min((np.min(row) for row in ids if len(row)), default=0) < 0:
        raise ValueError("an id is negative; expected ids from 0 (padding) to the vocabulary's size less one.")
    return pad_sequences(
        ids,
        maxlen=int(length),
        padding={"left": "pre", "right": "post"}[side],
        truncating={"last": "pre", "first": "post"}[keep],
        dtype="int32",
    )


def unknown_rate(tokenizer: Tokenizer, texts: Iterable[str]) -> float:
    """Return the share of tokens that the vocabulary lacks, from 0 to 1.

    Examples
    --------
    >>> words = word_tokenizer(["good film"], vocabulary_size=4)
    >>> unknown_rate(words, ["good fun", "bad film"])
    0.5
    """
    unknown = tokenizer.token_to_id(UNKNOWN)
    ids = np.concatenate(encode(tokenizer, texts))
    return float(np.mean(ids == unknown)) if len(ids) else 0.0
