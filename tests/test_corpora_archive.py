"""The archive and the file that keeps its reviews, headlines, texts: what passes, and one clear error otherwise."""

import gzip
import hashlib
import io
import json
import os
import re
import tarfile
import time
from collections import Counter

import numpy as np
import pytest

from course_utils.corpora import find, imdb, readers

GOOD = [
    (f"aclImdb/{half}/{label}/{number}_{stars}.txt", f"{half} {label} {number}: naïve — really")
    for half in ("train", "test")
    for label, stars in (("pos", 9), ("neg", 2))
    for number in range(2)
]
UNLABELED = [(f"aclImdb/train/unsup/{number}_0.txt", f"unlabeled {number}: naïve — really") for number in (0, 10, 1, 2)]
TOKENS = "{} tokens (with one end mark per line)"
REVIEW = "aclImdb/train/pos/0_9.txt"


def build(path, members, form=tarfile.USTAR_FORMAT):
    """Write an archive of (name, text or TarInfo) pairs."""
    with tarfile.open(path, "w:gz", format=form) as archive:
        for name, content in members:
            if isinstance(content, tarfile.TarInfo):
                archive.addfile(content)
                continue
            member, data = tarfile.TarInfo(name), content.encode()
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def texts(reviews):
    """Return all reviews as str."""
    return [text.decode() for group in reviews.values() for text in group]


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("prefix", ["", "./"])
def test_reads_every_tar_format_sorted_by_group_and_name(tmp_path, form, prefix):
    extra = [("aclImdb/README", "read me"), ("aclImdb/train/urls_pos.txt", "none")]
    if form != tarfile.USTAR_FORMAT:
        extra += [("aclImdb/train/unsup/" + "x" * 150 + ".txt", "beyond ustar's plain field")]
    members = [(prefix + name, text) for name, text in [*extra, *reversed(GOOD)]]
    reviews = imdb._read_archive(build(tmp_path / "a.tar.gz", members, form))
    assert tuple(reviews) == readers.GROUPS
    assert texts(reviews) == [text for _, text in sorted(GOOD)]  # test/neg, test/pos, train/neg, train/pos


def test_digest_is_the_one_that_kept_data_were_checked_with():
    """Labels, split and length of each review, then their bytes; written out by hand."""
    reviews = {"test/neg": [b"flat"], "test/pos": [], "train/neg": [], "train/pos": ["größer".encode(), b"b"]}
    by_hand = b"\0\1\1" + b"\0\1\1" + b"".join(n.to_bytes(8, "little") for n in (0, 4, 12, 13)) + "flatgrößerb".encode()
    assert readers.describe_reviews(reviews) == (hashlib.sha256(by_hand).hexdigest(), "3 reviews")


def test_digest_is_of_the_content_not_of_the_archive(tmp_path):
    first = imdb._read_archive(build(tmp_path / "a.tar.gz", GOOD))
    assert imdb._read_archive(build(tmp_path / "b.tar.gz", [*reversed(GOOD)], tarfile.PAX_FORMAT)) == first

    def digest(**groups):
        named = {name.replace("_", "/"): reviews for name, reviews in groups.items()}
        return readers.describe_reviews({group: named.get(group, []) for group in readers.GROUPS})[0]

    assert digest(train_pos=[b"ab", b"c"]) != digest(train_pos=[b"a", b"bc"])  # the same letters, cut elsewhere
    assert len({digest(train_pos=[b"a"]), digest(train_neg=[b"a"]), digest(test_pos=[b"a"])}) == 3


def special(name, kind):
    """Return a member that is no plain file."""
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, "train/pos/0_9.txt"
    return name, member


@pytest.mark.parametrize(
    "extra",
    [
        ("aclImdb/../../0_1.txt", "x"),
        ("/etc/0_1.txt", "x"),
        ("C:/0_1.txt", "x"),
        special("aclImdb/train/pos/5_9.txt", tarfile.SYMTYPE),
        special("aclImdb/train/pos/5_9.txt", tarfile.LNKTYPE),
        special("aclImdb/train/pos/5_9.txt", tarfile.CHRTYPE),
        special("aclImdb/fifo", tarfile.FIFOTYPE),
    ],
)
def test_unsafe_members_are_passed_over_and_nothing_is_unpacked(tmp_path, extra):
    path = build(tmp_path / "a.tar.gz", [*GOOD, extra])
    assert texts(imdb._read_archive(path)) == [text for _, text in sorted(GOOD)]
    assert list(tmp_path.rglob("*")) == [path]


@pytest.mark.parametrize(
    ("members", "number"),
    [
        ([pair for pair in GOOD if "/test/" not in pair[0]], 4),
        ([pair for pair in GOOD if "train/neg" not in pair[0]], 6),
        ([special(REVIEW, tarfile.SYMTYPE), *GOOD[1:]], 7),
        ([*GOOD, ("aclImdb/test/pos/7_7.txt", "one more")], 9),
        ([], 0),
    ],
)
def test_other_number_of_reviews_is_an_error(archive, tmp_path, monkeypatch, members, number):
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))
    build(tmp_path / "aclImdb_v1.tar.gz", members)
    with pytest.raises(find.CorpusError, match=f"its {number} reviews are not the published ones"):
        find.find_corpus("imdb", imdb.read_imdb, readers.describe_reviews)
    assert not (tmp_path / "cache" / imdb.KEPT).exists()


def test_damaged_file_names_the_last_good_member(tmp_path):
    path = build(tmp_path / "a.tar.gz", [(name, text * 500) for name, text in GOOD])
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    with pytest.raises(ValueError, match=r"cut short or damaged within or after 'aclImdb/.*_\d\.txt'"):
        imdb._read_archive(path)
    unzipped = gzip.decompress(whole)
    path.write_bytes(gzip.compress(unzipped[: 512 + 100]))  # a whole gzip file around half a member
    with pytest.raises(ValueError, match=r"cut short or damaged within or after 'aclImdb/train/pos/0_9\.txt'"):
        imdb._read_archive(path)
    path.write_bytes(gzip.compress(b"\x01" + unzipped[1:]))
    with pytest.raises(ValueError, match="cut short or damaged at its very start"):
        imdb._read_archive(path)


@pytest.mark.parametrize("data", [b"", b"<html>sign in</html>", b"\x1f\x8b\x08"])
def test_file_that_is_no_archive(tmp_path, data):
    (tmp_path / "a.tar.gz").write_bytes(data)
    with pytest.raises(ValueError, match="cut short or damaged at its very start"):
        imdb._read_archive(tmp_path / "a.tar.gz")


def header(name, size, kind=tarfile.REGTYPE):
    """Return one member's header with any declared size (base 256, as GNU tar writes large ones)."""
    member = tarfile.TarInfo(name)
    member.size, member.type = size, kind
    return member.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize("name", [REVIEW, "aclImdb/README"])
def test_declared_size_beyond_all_measure_ends_at_once(tmp_path, name):
    """An archive of some 100 bytes that declares a member of 2**70 bytes."""
    path = tmp_path / "a.tar.gz"
    path.write_bytes(gzip.compress(header(name, 2**70)))
    start = time.perf_counter()
    with pytest.raises(ValueError, match="cut short or damaged within or after"):
        imdb._read_archive(path)
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        (REVIEW, tarfile.REGTYPE, "unpacks to more"),
        ("aclImdb/README", tarfile.REGTYPE, "unpacks to more"),
        ("x", tarfile.GNUTYPE_LONGNAME, "unpacks to more"),
    ],
)
def test_member_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch, name, kind, message):
    monkeypatch.setattr(imdb, "MOST_BYTES", 3_000_000)
    path = tmp_path / "a.tar.gz"
    path.write_bytes(gzip.compress(header(name, 5_000_000_000, kind) + bytes(20_000_000), 1))
    with pytest.raises(ValueError, match=message):
        imdb._read_archive(path)


def test_archive_of_nested_headers_is_one_clear_error(tmp_path):
    """Long names that describe long names: tarfile calls itself for each."""
    nested = b"".join(header("x", 2, tarfile.GNUTYPE_LONGNAME) + b"x\0" + bytes(510) for _ in range(3000))
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(nested))
    with pytest.raises(ValueError, match="cut short or damaged"):
        imdb._read_archive(tmp_path / "a.tar.gz")


# --- reviews without a label ----------------------------------------------------------------------------


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("prefix", ["", "./"])
def test_reads_unlabeled_reviews_sorted_by_name(tmp_path, form, prefix):
    extra = [("aclImdb/train/urls_unsup.txt", "none"), ("aclImdb/test/unsup/0_0.txt", "x")]
    members = [(prefix + name, text) for name, text in [*extra, *GOOD, *reversed(UNLABELED)]]
    members += [special("aclImdb/train/unsup/5_0.txt", tarfile.SYMTYPE), ("aclImdb/../train/unsup/6_0.txt", "x")]
    path = build(tmp_path / "a.tar.gz", members, form)
    assert imdb.read_unlabeled(path) == [text for _, text in UNLABELED]  # sorted as text: 10_0.txt comes before 1_0.txt
    assert texts(imdb._read_archive(path)) == [text for _, text in sorted(GOOD)]
    assert list(tmp_path.rglob("*")) == [path]


def test_archive_without_unlabeled_reviews_has_none(tmp_path):
    assert imdb.read_unlabeled(build(tmp_path / "a.tar.gz", GOOD)) == []


def test_unlabeled_review_that_is_not_text_is_refused(tmp_path):
    path = tmp_path / "a.tar.gz"
    path.write_bytes(gzip.compress(header(UNLABELED[0][0], 1) + b"\xff" + bytes(511 + 1024)))
    with pytest.raises(ValueError, match="can't decode"):
        imdb.read_unlabeled(path)


# --- the file that keeps the reviews -------------------------------------------------------------------


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """An archive whose reviews count as the published ones, and an empty cache."""
    path = build(tmp_path / "a.tar.gz", GOOD)
    known = readers.describe_reviews(imdb._read_archive(path))[0]
    monkeypatch.setitem(find.SOURCES["imdb"], "digest", known)
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "cache"))
    return path


def count_reads(monkeypatch):
    """Return a list that grows with each reading of an archive."""
    reads, read = [], imdb._read_archive
    monkeypatch.setattr(imdb, "_read_archive", lambda path: reads.append(path) or read(path))
    return reads


def test_archive_is_read_once(archive, monkeypatch):
    reads = count_reads(monkeypatch)
    first = imdb.read_imdb(archive)
    assert imdb.read_imdb(archive) == first
    assert len(reads) == 1
    os.utime(archive, ns=(1, 1))  # touched: read again
    assert imdb.read_imdb(archive) == first
    assert len(reads) == 2
    archive.write_bytes(archive.read_bytes()[:-200])  # and a damaged one is not hidden by what was kept
    with pytest.raises(ValueError, match="cut short or damaged"):
        imdb.read_imdb(archive)


def test_kept_reviews_come_back_whole_or_are_read_again(archive, monkeypatch, tmp_path):
    first = imdb.read_imdb(archive)
    kept = tmp_path / "cache" / imdb.KEPT
    whole = kept.read_bytes()
    reads = count_reads(monkeypatch)
    for place in range(0, len(whole), 3):
        kept.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        assert imdb.read_imdb(archive) == first
        assert kept.read_bytes() == whole
    for size in (0, 10, len(whole) // 2, len(whole) - 1):
        kept.write_bytes(whole[:size])
        assert imdb.read_imdb(archive) == first
    assert len(reads) == len(range(0, len(whole), 3)) + 4
    assert b"pickle" not in whole and not whole.startswith(b"\x80")


def test_reviews_that_are_not_the_published_ones_are_not_kept(archive, tmp_path):
    build(archive, [(REVIEW, "another text"), *GOOD[1:]])
    assert "another text" in texts(imdb.read_imdb(archive))
    assert not (tmp_path / "cache" / imdb.KEPT).exists()


# --- headlines and play --------------------------------------------------------------------------------


def test_headlines_in_both_layouts(tmp_path):
    rows = [{"headline": "bridge opens", "is_sarcastic": 0}, {"headline": "area man naps", "is_sarcastic": 1}]
    (tmp_path / "a.json").write_text(json.dumps([{"article_link": "x", **row} for row in rows]))
    (tmp_path / "a.jsonl").write_text("\r\n".join(json.dumps(row) for row in rows))
    for name in ("a.json", "a.jsonl"):
        headlines, labels = readers.read_headlines(tmp_path / name)
        assert (headlines, labels.tolist(), labels.dtype) == (["bridge opens", "area man naps"], [0, 1], np.int8)
        digest, detail = readers.describe_headlines((headlines, labels))
        assert digest == hashlib.sha256(b"0\tbridge opens\n1\tarea man naps\n").hexdigest()
        assert detail == "2 headlines (1 sarcastic)"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"headline": "a", "is_sarcastic": 0}', "delimiter"),
        ('{"headline": "a", "is_sarcastic": 0}\n{"headline": " ", "is_sarcastic": 0}', "row 2 has no text"),
        ('{"headline": "a", "is_sarcastic": 2}', "row 1 .*neither 0 nor 1"),
        ('{"headline": "a"}', "row 1 .*neither 0 nor 1"),
        ('["a"]', "row 1 has no text"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a": ' * 100_000, "nested too deeply"),
    ],
)
def test_bad_headlines(tmp_path, text, message):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(ValueError, match=message):
        readers.read_headlines(tmp_path / "a.json")


def test_play_passes_with_the_line_ends_of_windows_and_no_other_change(tmp_path):
    (tmp_path / "play.txt").write_bytes(b"ANNA:\r\nGood morrow.\r\n")
    text = readers.read_text(tmp_path / "play.txt")
    assert text == "ANNA:\nGood morrow.\n"
    assert readers.describe_text(text) == (hashlib.sha256(text.encode()).hexdigest(), "19 characters")


def test_tokens_of_a_treebank_count_one_end_mark_per_line():
    first, second = " the <unk> fell \n it rose \n", " N \n"
    assert readers.describe_treebank([first]) == readers.describe_treebank(first)
    assert readers.describe_treebank(first) == (hashlib.sha256(first.encode()).hexdigest(), TOKENS.format("7"))
    digest, detail = readers.describe_treebank([first, second])
    assert detail == TOKENS.format("7 / 2")
    assert digest != readers.describe_treebank([first + second])[0]  # where a text ends counts


def test_sample_of_the_treebank_by_hand(tmp_path, monkeypatch):
    """Ten reviews for training, so that the last one is for validation."""
    monkeypatch.setattr(readers, "COMMON", 3)
    typed = ["A Film! don't go; it's second-hand.<br /><br />A film?  Rare: a film"] + ["Don't go\nHA"] * 2
    rows = [{"text": text, "label": 0, "split": "train"} for text in [*typed, *["..."] * 6, "HA, ha. Rare rare rare"]]
    rows.insert(0, {"text": "It's a Go!", "label": 1, "split": "test"})
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    train, validation, test = readers.read_sample_treebank(tmp_path / "a.jsonl")
    first = [" a film ", " don't go <unk> <unk> ", " a film ", " <unk> a film "]
    assert train.split("\n") == [*first, *[" don't go ", " <unk> "] * 2, ""]
    assert validation == " <unk> <unk> \n <unk> <unk> <unk> \n"  # a word that is common only here stays unknown
    assert test == " <unk> a go \n"


def test_sample_of_the_treebank_is_large_enough_and_always_the_same():
    data = find.PACKAGE.parent / "data"
    texts = readers.read_sample_treebank(data / "reviews.jsonl")
    assert readers.read_sample_treebank(data / "reviews.jsonl") == texts
    train, *others = (text.split() for text in texts)
    assert 60_000 <= len(train) <= 150_000
    assert all(set(words) <= set(train) | {"<unk>"} for words in others)
    assert min(Counter(train).values()) >= 30
    unknown, known = [words.count("<unk>") for words in (train, *others)], len(set(train) - {"<unk>"})
    assert min(unknown) > 0
    assert all(re.fullmatch(r"( ([a-z]+([\'-][a-z]+)*|<unk>))+ ", line) for text in texts for line in text.splitlines())
    readme = (data / "README.md").read_text(encoding="utf-8")
    assert readers.describe_treebank(texts)[1].removesuffix(TOKENS.format("")) in readme
    assert f"{known} distinct words. {' / '.join(map(str, unknown))} of the tokens are `<unk>`" in readme


@pytest.mark.parametrize("error", [ValueError("\x1b[2Jred\x07" + "x" * 5000), OSError(5, "gone", "/home/anna")])
def test_words_of_an_error_are_plain(error):
    words = find.plain_words(error)
    assert words.isprintable() and len(words) <= 400 and "/home" not in words
