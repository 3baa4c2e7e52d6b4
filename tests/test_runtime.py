"""Seeds, versions, profile, and the report with the stored full run beside it."""

import json
import os
import random
import re
import sys
from importlib.metadata import version

import keras
import nbformat
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops
from nbclient import NotebookClient

from course_utils import runtime
from course_utils.backends import device
from course_utils.corpora import Provenance

FULL_RUN = {"tokenization": {"headline": "test accuracy 0.907", "seconds": 93.6}}
REAL = Provenance("imdb", "cache", "a" * 64, "50,000 reviews")
SAMPLE = Provenance("shakespeare", "sample", "b" * 64, "a play")


# profile and pick


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, "quick"), ("", "quick"), ("  ", "quick"), ("quick", "quick"), ("full", "full"), (" FULL ", "full")],
)
def test_profile_and_pick_follow_the_variable(monkeypatch, value, expected):
    if value is None:
        monkeypatch.delenv("COURSE_PROFILE", raising=False)
    else:
        monkeypatch.setenv("COURSE_PROFILE", value)
    assert runtime.profile() == expected
    assert runtime.pick(quick="quick", full="full") == expected
    assert runtime.pick(quick=None, full=0) == {"quick": None, "full": 0}[expected]


@pytest.mark.parametrize("value", ["fast", "quick,full", "1"])
def test_an_unknown_profile_is_refused_everywhere(monkeypatch, value):
    monkeypatch.setenv("COURSE_PROFILE", value)
    calls = (
        runtime.profile,
        lambda: runtime.pick(quick=1, full=2),
        runtime.start,
        lambda: runtime.finish(headline="x"),
    )
    for call in calls:
        with pytest.raises(ValueError, match=f"COURSE_PROFILE is {value!r}; expected 'quick' or 'full'"):
            call()


@pytest.mark.parametrize("call", [lambda: runtime.pick(1, 2), lambda: runtime.pick(quick=1), lambda: runtime.pick()])
def test_pick_wants_both_by_name(call):
    with pytest.raises(TypeError):
        call()


# start


def draws():
    """Numbers from every generator that a notebook uses."""
    return (
        random.random(),
        np.random.random(3).tolist(),
        ops.convert_to_numpy(keras.random.normal((3,))).tolist(),
        tf.random.normal((3,)).numpy().tolist(),
        layers.Dense(2).build((1, 2)) or keras.initializers.GlorotUniform()((2, 2)).numpy().tolist(),
    )


def test_the_same_seed_gives_the_same_numbers(capsys):
    found = {}
    for seed in (7, 8, np.int64(7)):
        runtime.start(seed)
        found.setdefault(int(seed), []).append(draws())
    assert found[7][0] == found[7][1]
    for one, other in zip(found[7][0], found[8][0], strict=True):
        assert one != other


@pytest.mark.parametrize("seed", [0, 2**32 - 1, np.uint32(3)])
def test_start_prints_four_lines(capsys, monkeypatch, seed):
    monkeypatch.setenv("COURSE_DATA_DIR", "/home/somebody/corpora")
    monkeypatch.setenv("COURSE_PROFILE", "quick")
    runtime.start(seed)
    captured = capsys.readouterr()
    lines = captured.out.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["device", "versions", "profile", "data"]
    assert lines[0] == f"device:   {device()}"
    assert f"keras {keras.__version__}" in lines[1] and f"numpy {np.__version__}" in lines[1]
    assert lines[2].startswith("profile:  quick (") and len(lines[2]) <= 120
    assert "%env COURSE_PROFILE=full" in lines[2], "the switch that works on every system"
    assert "'corpora'" in lines[3] and "/home" not in captured.out
    assert captured.err == ""


def test_the_data_line_without_a_folder(capsys, monkeypatch):
    monkeypatch.delenv("COURSE_DATA_DIR", raising=False)
    monkeypatch.setenv("COURSE_PROFILE", "full")
    runtime.start()
    lines = capsys.readouterr().out.splitlines()
    assert lines[2] == "profile:  full"
    assert "cache" in lines[3] and "samples" in lines[3]


@pytest.mark.parametrize("seed", [None, -1, 2**32, True, 1.0, "1", [1], np.float32(1)])
def test_bad_seeds_are_refused(seed):
    message = f"seed is {seed!r}; expected a whole number from 0 to {2**32 - 1}."
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        runtime.start(seed)


# versions


def test_versions_are_those_installed(monkeypatch):
    expected = {name: version(name) for name in ("keras", "tensorflow", "numpy", "scikit-learn", "tokenizers")}
    assert runtime.versions() == {"Python": sys.version.split()[0], **expected}
    monkeypatch.setattr(runtime, "PACKAGES", ("keras", "no-such-package-of-ours"))
    assert runtime.versions()["no-such-package-of-ours"] == "missing"


# output_folder


def test_output_folder_lies_in_the_course_wherever_one_stands(tmp_path, monkeypatch):
    (tmp_path / "course" / "course_utils").mkdir(parents=True)
    (tmp_path / "course" / "notebooks" / "src").mkdir(parents=True)
    for place in ("", "notebooks", "notebooks/src"):
        monkeypatch.chdir(tmp_path / "course" / place)
        folder = runtime.output_folder("02_embeddings")
        assert folder == tmp_path / "course" / "_build" / "outputs" / "02_embeddings"
        assert folder.is_dir()
    (folder / "kept.txt").write_text("x")
    assert (runtime.output_folder("02_embeddings") / "kept.txt").read_text() == "x"


def test_output_folder_without_the_course_lies_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert runtime.output_folder("x") == tmp_path / "_build" / "outputs" / "x"


# finish


def test_finish_prints_its_report_outside_a_notebook(capsys, monkeypatch):
    monkeypatch.setenv("COURSE_PROFILE", "full")
    runtime.finish(REAL, SAMPLE, headline="two models, 0.8 each")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "headline: two models, 0.8 each"
    assert lines[1] == "data:     imdb: real, digest " + "a" * 12
    assert lines[2] == "data:     shakespeare: sample, digest " + "b" * 12
    assert lines[3].startswith("versions: Python ") and lines[4] == f"device:   {device()}"
    assert re.fullmatch(r"profile:  full, \d+\.\d minutes", lines[5])


def test_a_notebook_holds_the_report_for_the_tools():
    cells = [
        "from course_utils import runtime\nfrom course_utils.corpora import Provenance\nruntime.start(1)",
        "import time; time.sleep(0.3)",
        f"runtime.finish({REAL!r}, {SAMPLE!r}, headline='best 0.8')",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    environment = {**os.environ, "COURSE_PROFILE": "full"}
    NotebookClient(notebook, timeout=240, kernel_name="python3").execute(env=environment)
    (printed,) = notebook.cells[0].outputs
    assert printed["name"] == "stdout" and printed["text"].count("\n") == 4
    (output,) = notebook.cells[2].outputs
    report = output["data"]["application/vnd.course-report+json"]
    assert report["headline"] == "best 0.8" and report["profile"] == "full"
    assert report["data"] == {"imdb": "real", "shakespeare": "sample"}
    assert report["digests"] == {"imdb": "a" * 64, "shakespeare": "b" * 64}
    assert 0.3 <= report["seconds"] < 60
    assert "best 0.8" in output["data"]["text/plain"]


@pytest.fixture
def stored(tmp_path, monkeypatch):
    monkeypatch.setattr(runtime, "FULL_RUNS", tmp_path / "full_runs.json")
    runtime.FULL_RUNS.write_text(json.dumps(FULL_RUN))


@pytest.mark.parametrize(
    ("profile", "provenance", "expected"),
    [("quick", REAL, True), ("quick", SAMPLE, True), ("full", SAMPLE, True), ("full", REAL, False)],
)
def test_a_run_that_is_not_the_full_one_stands_beside_the_stored_full_run(
    capsys, monkeypatch, stored, profile, provenance, expected
):
    monkeypatch.setenv("COURSE_PROFILE", profile)
    runtime.finish(provenance, headline="test accuracy 0.85", notebook="tokenization")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "headline: test accuracy 0.85"
    assert (lines[1] == "full run: test accuracy 0.907 (1.6 minutes)") is expected
    assert ("full run" in "".join(lines)) is expected


@pytest.mark.parametrize("notebook", ["", "not_run_yet"])
def test_without_a_stored_full_run_there_is_no_line(capsys, monkeypatch, stored, notebook):
    monkeypatch.setenv("COURSE_PROFILE", "quick")
    runtime.finish(headline="x", notebook=notebook)
    runtime.FULL_RUNS.unlink()
    runtime.finish(headline="x", notebook="tokenization")
    assert "full run" not in capsys.readouterr().out


def test_the_stored_full_runs_are_those_of_the_committed_notebooks():
    stored = json.loads(runtime.FULL_RUNS.read_text(encoding="utf-8"))
    for name, run in stored.items():
        (path,) = (runtime.FULL_RUNS.parent.parent / "notebooks").glob(f"[0-9][0-9]_{name}.ipynb")
        text = path.read_text(encoding="utf-8")
        assert json.dumps(run["headline"], ensure_ascii=False) in text, f"{name}: run `make notebooks`"
        assert run["seconds"] > 0
