"""Cleaning, vocabularies, the character codec and padding (taught in the tokenization notebook).

The two tokenizers are those of the `tokenizers` library, so each has its ``encode``, ``decode``, ``token_to_id``,
``get_vocab_size`` and ``save``. Id 0 is always ``[PAD]`` and id 1 ``[UNK]``. ``save`` does not keep the setting that
a literal "[PAD]" in a text is plain text, so set ``encode_special_tokens = True`` again after ``Tokenizer.from_file``.
"""

import html
import itertools
import re
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from course_utils.validate import one_of, text_list, whole_number

__all__ = ["CharCodec", "bpe_tokenizer", "check_ids", "clean", "encode", "oov_rate", "pad", "word_tokenizer"]

PAD, UNK, BOS, EOS = SPECIAL = "[PAD]", "[UNK]", "[BOS]", "[EOS]"
TAG = r"</?[A-Za-z][^<>]*>"  # <br />, <i>; "5 < 6" stays
WORD = r"[\p{L}\p{N}]+(?:'[\p{L}]+)*"  # letters and digits; an apostrophe inside a word belongs to it: don't


def clean(text: str, *, lower: bool = True) -> str:
    """Return a text without HTML, with plain apostrophes, single spaces and, if asked, in lower case.

    Punctuation stays. What to do with it is up to the tokenizer.

    Parameters
    ----------
    text : str
    lower : bool

    Raises
    ------
    TypeError
        If ``text`` is not a string.

    Examples
    --------
    >>> clean("I <b>didn’t</b> like it.<br /><br />Tom &amp; Ann did!")
    "i didn't like it. tom & ann did!"
    """
    # Python refuses to read a number of 640 digits or more, so it becomes the sign for no character first.
    text = html.unescape(re.sub(r"&#[0-9]{640,};?", "\ufffd", re.sub(TAG, " ", text)))
    text = " ".join(re.sub("[\u2018\u2019]", "'", text).split())
    return re.sub(r" ([.,;:!?])", r"\1", text.lower() if lower else text)


def word_tokenizer(texts: Iterable[str], vocab_size: int) -> Tokenizer:
    """Learn a word vocabulary: the most frequent words of the texts, in lower case, without punctuation.

    Parameters
    ----------
    texts : iterable of str
        The training part only, so that new words in other parts count as unknown, as they will in use.
    vocab_size : int
        The largest number of ids, ``[PAD]`` and ``[UNK]`` included.

    Returns
    -------
    tokenizers.Tokenizer
        The most frequent word has id 2, the next one id 3, and so on.

    Raises
    ------
    TypeError, ValueError
        If ``texts`` is one string or empty, or ``vocab_size`` is below 3 or above 1,000,000.

    Examples
    --------
    >>> words = word_tokenizer(["good film, good fun", "a good cast"], vocab_size=4)
    >>> words.encode("A good film.").tokens
    ['a', 'good', '[UNK]']
    >>> words.encode("A good film.").ids
    [3, 2, 1]
    """
    tokenizer = Tokenizer(models.WordLevel(unk_token=UNK))
    plain = [normalizers.Replace(Regex(TAG), " "), normalizers.Replace(Regex("[\u2018\u2019]"), "'")]
    tokenizer.normalizer = normalizers.Sequence([*plain, normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(WORD), behavior="removed", invert=True)
    return _train(tokenizer, trainers.WordLevelTrainer, texts, vocab_size, least=3)


def bpe_tokenizer(texts: Iterable[str], vocab_size: int) -> Tokenizer:
    """Learn byte-pair merges: the most frequent pair of neighbors becomes one token, again and again.

    It works on bytes, so no text is unknown to it and decoding gives the text back exactly.

    Parameters
    ----------
    texts : iterable of str
    vocab_size : int
        The number of ids: 2 special ones, 256 bytes, and the merges.

    Returns
    -------
    tokenizers.Tokenizer

    Raises
    ------
    TypeError, ValueError
        If ``texts`` is one string or empty, or ``vocab_size`` is below 258 or above 1,000,000.

    Notes
    -----
    Sennrich, Haddow and Birch (2016), "Neural machine translation of rare words with subword units", section 3.2;
    on bytes as in Radford et al. (2019), section 2.2.

    Examples
    --------
    >>> pairs = bpe_tokenizer(["low lower lowest"] * 5, vocab_size=262)
    >>> pairs.encode("slow").tokens
    ['s', 'low']
    >>> pairs.decode(pairs.encode("Größe, 크기").ids)
    'Größe, 크기'
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = tokenizer.pre_tokenizer.alphabet()
    return _train(tokenizer, trainers.BpeTrainer, texts, vocab_size, least=258, initial_alphabet=alphabet)


def _train(tokenizer, trainer, texts, vocab_size, *, least, **options):
    # The byte-pair trainer reserves memory for all ids, so their number has an end.
    size = whole_number("vocab_size", vocab_size, least=least, most=1_000_000)
    trainer = trainer(vocab_size=size, special_tokens=[PAD, UNK], show_progress=False, **options)
    tokenizer.train_from_iterator(text_list(texts), trainer)
    tokenizer.encode_special_tokens = True  # "[PAD]" in a text is text
    return tokenizer


class CharCodec:
    """Turn text into ids and back, one id per character.

    Parameters
    ----------
    characters : str or iterable of str
        A text, or texts. The vocabulary is their distinct characters, sorted by code point.
    pad, unk, bos, eos : bool
        Which special tokens to have: padding, the unknown character, the beginning and the end of a sequence. They
        take the first ids, in this order, and the characters follow.

    Attributes
    ----------
    characters : str
        The vocabulary without special tokens.
    tokens : list of str
        The token of each id, special tokens included.
    pad_id, unk_id, bos_id, eos_id : int or None
    token_to_id : callable
        Return the id of a token, or None if the vocabulary lacks it.

    Raises
    ------
    TypeError, ValueError
        If ``characters`` is empty or holds anything but strings.

    Examples
    --------
    >>> codec = CharCodec("to be")
    >>> codec.encode("bee")
    array([1, 2, 2], dtype=int32)
    >>> codec.decode([1, 2])
    'be'
    >>> codec = CharCodec(["12", "+"], pad=True, bos=True, eos=True)
    >>> codec.tokens
    ['[PAD]', '[BOS]', '[EOS]', '+', '1', '2']
    """

    def __init__(
        self, characters: Iterable[str], *, pad: bool = False, unk: bool = False, bos: bool = False, eos: bool = False
    ):
        self.characters = "".join(sorted(text_list(set("".join(characters)), "characters")))
        self.tokens = [*itertools.compress(SPECIAL, (pad, unk, bos, eos)), *self.characters]
        self.token_to_id = {token: place for place, token in enumerate(self.tokens)}.get
        self.pad_id, self.unk_id, self.bos_id, self.eos_id = map(self.token_to_id, SPECIAL)

    def __len__(self) -> int:
        """Return the number of ids, those of special tokens included."""
        return len(self.tokens)

    def encode(self, text: str) -> np.ndarray:
        """Turn a text into ids, without ``[BOS]`` and ``[EOS]``.

        Parameters
        ----------
        text : str
            At least one character.

        Returns
        -------
        int32 array ``(characters,)``

        Raises
        ------
        ValueError
            If the text is empty, or has a character outside the vocabulary and the codec has no ``[UNK]``.

        Examples
        --------
        >>> CharCodec("to be", unk=True).encode("tub")
        array([5, 0, 2], dtype=int32)
        """
        ids = [self.token_to_id(character, self.unk_id) for character in text]
        if None in ids or not ids or not isinstance(text, str):
            unknown = sorted({*text} - {*self.tokens}) or text
            raise ValueError(f"the text holds {unknown!r}; expected one or more characters of {self.characters!r}.")
        return np.array(ids, dtype="int32")

    def encode_batch(self, texts: Iterable[str], length: int) -> np.ndarray:
        """Turn texts into ids, padded on the right. The codec needs ``[PAD]``.

        Returns
        -------
        int32 array ``(texts, length)``

        Raises
        ------
        TypeError, ValueError
            If ``texts`` is one string, if a text is empty, longer than ``length``, or holds an unknown character, or if
            the codec has no ``[PAD]``.

        Examples
        --------
        >>> CharCodec("12", pad=True).encode_batch(["12", "1"], length=3)
        array([[1, 2, 0],
               [1, 0, 0]], dtype=int32)
        """
        rows = encode(self, texts)
        if (longest := max(map(len, rows))) > length or self.pad_id is None:
            raise ValueError(f"got {longest} characters, pad_id={self.pad_id}; expected up to {length}, and pad=True.")
        return pad(rows, length, side="right")

    def decode(self, ids: ArrayLike) -> str:
        """Turn ids back into text, up to the first ``[EOS]`` and without ``[PAD]`` and ``[BOS]``.

        Raises
        ------
        TypeError, ValueError
            If an id is not a whole number or lies outside the vocabulary.
        """
        ids = itertools.takewhile(lambda index: index != self.eos_id, check_ids(ids, size=len(self)).tolist())
        return "".join(self.tokens[index] for index in ids if index not in (self.pad_id, self.bos_id))

    def decode_batch(self, rows: Iterable[ArrayLike]) -> list[str]:
        """Turn rows of ids back into texts.

        Examples
        --------
        >>> CharCodec("12", pad=True, bos=True, eos=True).decode_batch([[3, 4, 2, 3], [4, 0, 0, 0]])
        ['12', '2']
        """
        return [self.decode(row) for row in rows]


def check_ids(ids: ArrayLike, *, size: int = 2**31) -> np.ndarray:
    """Return one sequence of ids as an int32 array ``(tokens,)``, or say what is wrong.

    Parameters
    ----------
    ids : ints ``(tokens,)``
    size : int
        The vocabulary's size, which every id must be below.

    Raises
    ------
    TypeError, ValueError
        If an id is not a whole number, is negative, or is ``size`` or more.

    Examples
    --------
    >>> check_ids([3, -1], size=10)
    Traceback (most recent call last):
    ValueError: an id is -1; expected ids from 0 to 9.
    """
    found = np.asarray(ids)
    if found.ndim != 1 or (found.size and found.dtype.kind not in "iu"):
        raise TypeError(f"ids have shape {found.shape} and type {found.dtype}; expected one row of whole numbers.")
    if len(wrong := found[(found < 0) | (found >= size)]):
        raise ValueError(f"an id is {wrong[0]}; expected ids from 0 to {size - 1:,}.")
    return found.astype("int32")


def encode(tokenizer: Tokenizer | CharCodec, texts: Iterable[str]) -> list[np.ndarray]:
    """Turn texts into ids, on all cores.

    Parameters
    ----------
    tokenizer : tokenizers.Tokenizer or CharCodec
    texts : iterable of str

    Returns
    -------
    list of int32 arrays ``(tokens,)``
        One per text, as long as the text has tokens.

    Raises
    ------
    TypeError, ValueError
        If ``texts`` is one string, is empty or holds anything but strings.

    Examples
    --------
    >>> words = word_tokenizer(["good film", "good fun"], vocab_size=5)
    >>> [ids.tolist() for ids in encode(words, ["good fun", "bad"])]
    [[2, 4], [1]]
    """
    texts = text_list(texts)
    if isinstance(tokenizer, CharCodec):
        return [tokenizer.encode(text) for text in texts]
    # In parts: the tokenizer's own results take far more memory than the ids.
    parts = (texts[start : start + 1_000] for start in range(0, len(texts), 1_000))
    return [np.array(found.ids, dtype="int32") for part in parts for found in tokenizer.encode_batch_fast(part)]


def pad(ids: Sequence[ArrayLike], length: int, *, side: str = "left", keep: str = "last") -> np.ndarray:
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
    TypeError, ValueError
        If ``length`` is below 1, ``side`` or ``keep`` is unknown, or an id is not a whole number from 0 to 2³¹ - 1.

    Examples
    --------
    >>> pad([[5, 6], [1, 2, 3, 4]], length=3)
    array([[0, 5, 6],
           [2, 3, 4]], dtype=int32)
    >>> pad([[5, 6], [1, 2, 3, 4]], length=3, side="right", keep="first")
    array([[5, 6, 0],
           [1, 2, 3]], dtype=int32)
    """
    length = whole_number("length", length, least=1)
    one_of("side", side, ("left", "right")), one_of("keep", keep, ("last", "first"))
    padded = np.zeros((len(ids), length), dtype="int32")
    for target, row in zip(padded, map(check_ids, ids), strict=True):
        row = row[-length:] if keep == "last" else row[:length]
        target[length - len(row) if side == "left" else 0 :][: len(row)] = row
    return padded


def oov_rate(tokenizer: Tokenizer | CharCodec, texts: Iterable[str]) -> float:
    """Return the share of tokens that are out of the vocabulary, from 0 to 1.

    Examples
    --------
    >>> words = word_tokenizer(["good film"], vocab_size=4)
    >>> oov_rate(words, ["good fun", "bad film"])
    0.5
    """
    unknown = np.concatenate(encode(tokenizer, texts)) == tokenizer.token_to_id(UNK)
    return float(unknown.mean()) if len(unknown) else 0.0
