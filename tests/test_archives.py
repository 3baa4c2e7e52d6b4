"""The readers of the published files: what passes, and which clear error everything else ends in."""

import gzip
import io
import json
import tarfile

import numpy as np
import pytest

from course_utils import archives, readers
from course_utils.archives import ArchiveError

GOOD = [
    (f"aclImdb/{half}/{label}/{number}_{stars}.txt", f"{half} {label} {number}: naïve — really")
    for half in ("train", "test")
    for label, stars in (("pos", 9), ("neg", 2))
    for number in range(2)
]


def build(path, members, form=tarfile.USTAR_FORMAT):
    """Write an archive of (name, text or bytes or TarInfo) pairs."""
    with tarfile.open(path, "w:gz", format=form) as archive:
        for name, content in members:
            if isinstance(content, tarfile.TarInfo):
                archive.addfile(content)
                continue
            data = content.encode() if isinstance(content, str) else content
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def special(name, kind, target="train/pos/0_9.txt"):
    """Return a member that is no plain file."""
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return name, member


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("prefix", ["", "./"])
def test_reads_every_tar_format_sorted_by_group_and_name(tmp_path, form, prefix):
    long_name = "aclImdb/train/unsup/" + "x" * 150 + ".txt"  # beyond ustar's plain field
    extra = [("aclImdb/README", "read me"), ("aclImdb/train/urls_pos.txt", "none")]
    extra += [] if form == tarfile.USTAR_FORMAT else [(long_name, "ignored")]
    members = [(prefix + name, text) for name, text in [*extra, *reversed(GOOD)]]
    packed = archives.read_imdb(build(tmp_path / "a.tar.gz", members, form), per_group=2, progress=False)

    order = sorted(GOOD, key=lambda pair: pair[0])  # test/neg, test/pos, train/neg, train/pos
    assert packed.texts() == [text for _, text in order]
    assert packed.labels.tolist() == [0, 0, 1, 1] * 2
    assert packed.train.tolist() == [False] * 4 + [True] * 4


def test_quick_header_agrees_with_tarfile():
    for member in (tarfile.TarInfo("aclImdb/train/pos/7_8.txt"), tarfile.TarInfo("deep/" * 30 + "leaf.txt")):
        for size in (0, 1, 513, 8**11 - 1):
            member.size = size
            for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT):
                header = member.tobuf(form)[-512:]
                quick = archives._QuickMember.frombuf(header, "utf-8", "strict")
                plain = tarfile.TarInfo.frombuf(header, "utf-8", "strict")
                assert (quick.name, quick.size, quick.type) == (plain.name, plain.size, plain.type)


@pytest.mark.parametrize("place", [0, 100, 130, 150, 300])
def test_quick_header_refuses_a_changed_byte(place):
    member = tarfile.TarInfo("aclImdb/train/pos/7_8.txt")
    header = bytearray(member.tobuf(tarfile.USTAR_FORMAT))
    header[place] ^= 0x09
    with pytest.raises(tarfile.TarError):
        archives._QuickMember.frombuf(bytes(header), "utf-8", "strict")


def test_digest_is_of_the_content_not_of_the_archive(tmp_path):
    first = archives.read_imdb(build(tmp_path / "a.tar.gz", GOOD), 2, progress=False)
    again = build(tmp_path / "b.tar.gz", [*reversed(GOOD)], tarfile.PAX_FORMAT)
    assert archives.read_imdb(again, 2, first.digest, progress=False).digest == first.digest
    # The same letters, cut elsewhere, and the same reviews with two labels swapped, are other content.
    assert archives.pack({"train/pos": [b"ab", b"c"]}).digest != archives.pack({"train/pos": [b"a", b"bc"]}).digest
    assert archives.pack({"train/pos": [b"a"]}).digest != archives.pack({"train/neg": [b"a"]}).digest
    assert archives.pack({"train/pos": [b"a"]}).digest != archives.pack({"test/pos": [b"a"]}).digest


REVIEW = "aclImdb/train/pos/0_9.txt"
BAD = {
    "parent": ([*GOOD, ("aclImdb/../../0_1.txt", "x")], r"aclImdb/\.\./\.\./0_1\.txt.*outside"),
    "backslash": ([*GOOD, ("..\\0_1.txt", "x")], "outside"),
    "absolute": ([*GOOD, ("/etc/0_1.txt", "x")], "'/etc/0_1.txt'.*outside"),
    "drive": ([*GOOD, ("C:/0_1.txt", "x")], "'C:/0_1.txt'.*outside"),
    "unsafe among the ignored": ([*GOOD, ("aclImdb/train/unsup/../../../x", "x")], "unsup.*outside"),
    "symlink": ([*GOOD, special("aclImdb/train/pos/5_9.txt", tarfile.SYMTYPE)], "5_9.txt.*link or a device"),
    "hard link": ([*GOOD, special("aclImdb/train/pos/5_9.txt", tarfile.LNKTYPE)], "5_9.txt.*link or a dev"),
    "device": ([*GOOD, special("aclImdb/train/pos/5_9.txt", tarfile.CHRTYPE)], "5_9.txt.*link or a device"),
    "pipe": ([*GOOD, special("aclImdb/fifo", tarfile.FIFOTYPE)], "aclImdb/fifo.*link or a device"),
    "not UTF-8": ([(REVIEW, b"caf\xe9"), *GOOD[1:]], "0_9.txt' is not UTF-8 text .byte 3"),
    "empty review": ([(REVIEW, ""), *GOOD[1:]], "0_9.txt' is empty"),
    "blank review": ([(REVIEW, " \n"), *GOOD[1:]], "0_9.txt' is empty"),
    "twice": ([*GOOD, GOOD[0]], "0_9.txt' comes twice"),
    "other name": ([*GOOD, ("aclImdb/train/pos/._0_9.txt", "x")], "._0_9.txt' is no review"),
    "missing half": ([pair for pair in GOOD if "/test/" not in pair[0]], "test/neg: 0, test/pos: 0"),
    "missing label": ([pair for pair in GOOD if "train/neg" not in pair[0]], "train/neg: 0$"),
    "one too few": (GOOD[1:], "expected 2 reviews in each group, found train/pos: 1"),
    "nothing": ([], "expected 2 reviews"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_member_ends_in_one_clear_error(tmp_path, case):
    members, message = BAD[case]
    folder = tmp_path / "in"
    folder.mkdir()
    with pytest.raises(ArchiveError, match=message):
        archives.read_imdb(build(folder / "a.tar.gz", members), per_group=2, progress=False)
    assert [path.name for path in tmp_path.rglob("*")] == ["in", "a.tar.gz"]  # nothing was unpacked


def test_changed_review_is_noticed_by_the_digest(tmp_path):
    digest = archives.read_imdb(build(tmp_path / "a.tar.gz", GOOD), 2, progress=False).digest
    changed = build(tmp_path / "b.tar.gz", [(REVIEW, GOOD[0][1].replace("naïve", "Naïve")), *GOOD[1:]])
    with pytest.raises(ArchiveError, match="not the published ones"):
        archives.read_imdb(changed, 2, digest, progress=False)


def test_damaged_file_names_the_last_good_member(tmp_path):
    path = build(tmp_path / "a.tar.gz", [(name, text * 500) for name, text in GOOD])
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    with pytest.raises(ArchiveError, match=r"cut short or damaged after 'aclImdb/.*_\d\.txt'"):
        archives.read_imdb(path, 2, progress=False)
    unzipped = gzip.decompress(whole)
    path.write_bytes(gzip.compress(unzipped[: 512 + 100]))  # a whole gzip file around half a member
    with pytest.raises(ArchiveError, match=r"cut short within 'aclImdb/train/pos/0_9\.txt'"):
        archives.read_imdb(path, 2, progress=False)
    path.write_bytes(gzip.compress(b"\x01" + unzipped[1:]))
    with pytest.raises(ArchiveError, match="cut short or damaged at its very start"):
        archives.read_imdb(path, 2, progress=False)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "file is empty"),
        (b"<html>sign in</html>", "at its very start"),
        (b"\x1f\x8b\x08", "at its very start"),
    ],
)
def test_file_that_is_no_archive(tmp_path, data, message):
    path = tmp_path / "a.tar.gz"
    path.write_bytes(data)
    with pytest.raises(ArchiveError, match=message):
        archives.read_imdb(path, 2, progress=False)


def test_packed_file_comes_back_whole_or_not_at_all(tmp_path):
    packed, path = (
        archives.pack({"train/pos": ["größer".encode()], "test/neg": [b"flat"]}),
        tmp_path / "p.npz",
    )
    archives.save_packed(path, packed, "12:34")
    loaded, made_from = archives.load_packed(path, packed.digest)
    assert (loaded.texts(), made_from) == (["flat", "größer"], "12:34")
    assert archives.load_packed(path, "0" * 64) is None
    assert archives.load_packed(tmp_path / "none.npz", packed.digest) is None

    whole = path.read_bytes()
    for place in range(0, len(whole), 3):  # a flipped bit is noticed, or it was in no field that matters
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        found = archives.load_packed(path, packed.digest)
        assert found is None or found[0].texts() == ["flat", "größer"]
    for size in (0, 10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        assert archives.load_packed(path, packed.digest) is None


def test_packed_file_with_a_pickle_is_not_opened(tmp_path):
    np.savez(tmp_path / "p.npz", blob=np.array([{"a": 1}], dtype=object), allow_pickle=True)
    assert archives.load_packed(tmp_path / "p.npz", "0" * 64) is None


def test_packed_file_damaged_in_its_zip_fields_is_none(tmp_path):
    packed, path = archives.pack({"train/pos": [b"fine"]}), tmp_path / "p.npz"
    archives.save_packed(path, packed, "12:34")
    whole = path.read_bytes()
    entry = whole.index(b"PK\1\2")  # the directory at the end: needed version, flags and compression of one member
    for at, byte in ((6, 109), (8, 1), (10, 8), (10, 99), (12, 255), (20, 255), (28, 255), (42, 7)):
        changed = bytearray(whole)
        changed[entry + at] = byte
        path.write_bytes(changed)
        found = archives.load_packed(path, packed.digest)
        assert found is None or found[0].texts() == ["fine"]


@pytest.mark.parametrize("trouble", [ImportError, AttributeError, TypeError, MemoryError])
def test_trouble_that_is_not_the_files_is_not_hidden(tmp_path, monkeypatch, trouble):
    packed, path = archives.pack({"train/pos": [b"fine"]}), tmp_path / "p.npz"
    archives.save_packed(path, packed, "12:34")

    def broken(*_, **__):
        raise trouble("a broken environment")

    monkeypatch.setattr(np, "load", broken)
    with pytest.raises(trouble, match="a broken environment"):
        archives.load_packed(path, packed.digest)


def test_headlines_in_both_layouts(tmp_path):
    rows = [{"headline": "bridge opens", "is_sarcastic": 0}, {"headline": "area man naps", "is_sarcastic": 1}]
    (tmp_path / "a.json").write_text(json.dumps([{"article_link": "x", **row} for row in rows]))
    (tmp_path / "a.jsonl").write_text("\r\n".join(json.dumps(row) for row in rows))
    for name in ("a.json", "a.jsonl"):
        texts, labels = readers.read_headlines(tmp_path / name)
        assert (texts, labels.tolist(), labels.dtype) == (["bridge opens", "area man naps"], [0, 1], np.int8)
        assert readers.read_headlines(tmp_path / name, readers.headline_digest(texts, labels))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "file is empty"),
        ('[{"headline": "a", "is_sarcastic": 0}', "delimiter"),
        ('{"headline": "a", "is_sarcastic": 0}\n{"headline": " ", "is_sarcastic": 0}', "row 2 has no text"),
        ('{"headline": "a", "is_sarcastic": 2}', "row 1 has 2 under 'is_sarcastic'"),
        ('{"headline": "a"}', "row 1 has None"),
        ('["a"]', "row 1 has no text"),
        ('{"headline": "a", "is_sarcastic": 1}', "1 headlines, 1 of them sarcastic, are not the published"),
    ],
)
def test_bad_headlines(tmp_path, text, message):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(ValueError, match=message):
        readers.read_headlines(tmp_path / "a.json", "0" * 64)


def test_play_passes_with_the_line_ends_of_windows_and_no_other_change(tmp_path):
    (tmp_path / "play.txt").write_bytes(b"ANNA:\r\nGood morrow.\r\n")
    text = readers.read_play(tmp_path / "play.txt")
    assert text == "ANNA:\nGood morrow.\n"
    with pytest.raises(ValueError, match="19 characters are not the published text"):
        readers.read_play(tmp_path / "play.txt", "0" * 64)
