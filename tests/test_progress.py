"""Progress and hints: what is solved is kept, nothing is lost, and every exercise has three hints that say more."""

import importlib
import json
import re
import sys
import tomllib

import pytest

from course_utils import checks
from course_utils.checks import progress

LESSONS = {name: importlib.import_module(f"course_utils.checks.{name}") for name in progress.LESSONS}
HINTS = {name: tomllib.loads((progress.HERE / "hints" / f"{name}.toml").read_text("utf-8")) for name in LESSONS}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder for the results, and a session that has just begun."""
    monkeypatch.setenv("COURSE_PROGRESS_DIR", str(tmp_path / "새 folder"))
    monkeypatch.setattr(progress, "_session", {"keep": False, "states": {}, "hints": {}})
    return tmp_path / "새 folder"


def wrong(*_):
    return "nonsense"


def unwritten(*_):
    raise NotImplementedError


def pooled():
    """A right answer to one of the exercises of notebook 08."""
    return importlib.import_module("answers.pretraining").pooled


def test_the_lessons_are_all_modules_with_exercises():
    modules = sorted(path.stem for path in progress.HERE.glob("*.py") if "MISTAKES = {" in path.read_text("utf-8"))
    assert sorted(progress.LESSONS) == modules == sorted(path.stem for path in (progress.HERE / "hints").glob("*.toml"))


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_exercise_has_three_hints(lesson):
    assert list(HINTS[lesson]) == list(LESSONS[lesson].MISTAKES)
    for name, hints in HINTS[lesson].items():
        assert len(set(hints)) == 3 and all(20 < len(hint) <= 300 for hint in hints), name
        assert all(re.search(r"[.?!)`]$", hint) for hint in hints), name


def test_hints_come_one_after_the_other(folder, capsys):
    lesson = LESSONS["pretraining"]
    for _ in range(4):
        lesson.hint("pool")
    lesson.hint(lesson.rate_at)  # the function serves as well as its name
    first, second, third, done, other = capsys.readouterr().out.splitlines()
    assert first == f"Hint 1 of 3: {HINTS['pretraining']['pool'][0]}"
    assert second.startswith("Hint 2 of 3: ") and third.startswith("Hint 3 of 3: ")
    assert "solutions" in done and other.startswith("Hint 1 of 3: ")
    with pytest.raises(
        ValueError, match=r"no exercise of this lesson is called 'pol'\. Its exercises: log_ratio, region"
    ):
        lesson.hint("pol")


def test_results_are_kept_from_one_session_to_the_next(folder, capsys, monkeypatch):
    lesson = LESSONS["pretraining"]
    lesson.pool(pooled())
    assert not folder.exists(), "nothing is kept before the learner asks for it"
    table = lesson.progress()
    assert table.loc["08 pretraining"].to_dict() == {"solved": 1, "tried": 0, "open": 7}
    for answer, error in [(wrong, checks.NotYet), (unwritten, NotImplementedError)]:
        with pytest.raises(error):
            lesson.log_ratio(answer)
    with pytest.raises(checks.NotYet):
        lesson.pool(wrong)  # what was solved stays solved
    monkeypatch.setattr(progress, "_session", {"keep": False, "states": {}, "hints": {}})
    table = lesson.progress()
    assert table.loc["08 pretraining"].to_dict() == {"solved": 1, "tried": 1, "open": 6}
    assert table.loc["all"].sum() == sum(map(len, HINTS.values())) and table.loc["all", "solved"] == 1
    assert "To do in this lesson: log_ratio, region_scores, move_vectors" in capsys.readouterr().out


def test_an_exercise_that_was_not_begun_is_open(folder):
    with pytest.raises(NotImplementedError):
        LESSONS["pretraining"].pool(unwritten)
    assert LESSONS["pretraining"].progress().loc["all", "tried"] == 0


def test_a_damaged_file_is_put_aside(folder, capsys):
    folder.mkdir()
    (folder / "progress.json").write_text("{half")
    LESSONS["weather"].progress()
    assert (folder / "progress.damaged").read_text() == "{half"
    assert "progress.json can't be read" in capsys.readouterr().out
    assert json.loads((folder / "progress.json").read_text()) == {}


@pytest.mark.skipif(sys.platform == "win32", reason="folders that nobody can write are made differently on Windows")
def test_a_folder_that_cannot_be_written_is_named(folder, capsys):
    folder.write_text("a file, not a folder")
    LESSONS["pretraining"].pool(pooled())
    table = LESSONS["pretraining"].progress()
    assert table.loc["08 pretraining", "solved"] == 1
    assert "Your progress can't be kept" in capsys.readouterr().out


def test_a_page_to_print_when_all_is_solved(folder, capsys):
    folder.mkdir()
    states = {lesson: dict.fromkeys(hints, "solved") for lesson, hints in HINTS.items()}
    (folder / "progress.json").write_text(json.dumps(states))
    table = LESSONS["weather"].progress()
    assert table.loc["all", "solved"] == table.loc["all"].sum() >= 70
    said, page = capsys.readouterr().out, (folder / "certificate.html").read_text("utf-8")
    assert str(folder / "certificate.html") in said and "You have solved every exercise of this lesson." in said
    assert f"{table.loc['all', 'solved']} checked exercises" in page and "$" not in page
