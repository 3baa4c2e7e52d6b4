"""The workshop: running, stopping, refusing and skipping notebooks, on tiny ones made here."""

import json
import shutil
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import nbformat
import psutil
import pytest

from tools import bench, commit, notebooks
from tools.execute import REPORT
from tools.keys import essence, imported_helpers, notebook_key, plain_python
from tools.sources import ROOT, committed_path, find_sources, read_source, repository, write_text

REPORT_CELL = """# %%
from IPython.display import display
import os
report = {{"headline": "accuracy 0.9", "data": {{"imdb": "{data}"}}, "profile": os.environ["COURSE_PROFILE"]}}
report["seconds"] = 1.5
display({{"text/plain": "done", "{mime}": report}}, raw=True)
"""

GOOD = """# %% [markdown]
# # A good one
# Some text.
# %%
import sys
print("\\repoch 1", end=""); print("\\repoch 2")
print("\\x1b[31mred\\x1b[0m")
print("a bar", file=sys.stderr)
# %% [markdown]
# ## Two
# %%
1 + 1  # why
"""

BAD = """# %%
fine = 1
# %% [markdown]
# ## Where it breaks
# %%
fine / 0
# %%
print("never reached")
"""

SLOW = """# %%
import os, time
from pathlib import Path
half = Path("half"); half.write_text(str(os.getpid())); half.rename("started")
time.sleep(60)
"""


def write_source(folder, name, text, data=None):
    path = folder / "src" / f"{name}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + (REPORT_CELL.format(data=data, mime=REPORT) if data else ""), encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "수업 notebooks"


@pytest.fixture
def real_data(monkeypatch):
    """Let the loaders say that the real corpora are at hand, without reading any."""
    monkeypatch.setattr(commit, "samples_needed", lambda sources: [])


def never_run(*arguments):
    raise AssertionError("nothing should have been run")


def test_course_runs_them_all_and_says_what_failed(folder, tmp_path, capsys):
    write_source(folder, "00_good", GOOD, data="sample")
    write_source(folder, "01_bad", BAD)
    write_source(folder, "02_good", "# %%\n2 + 2\n")
    status = notebooks.main(["course", "--folder", str(folder), "--out", str(tmp_path / "out")])
    said = capsys.readouterr()
    assert status == 1
    assert "01_bad, cell 3 (Where it breaks):" in said.err
    assert "fine / 0" in said.err
    assert "ZeroDivisionError" in said.err
    assert "\x1b" not in said.err
    rows = {
        line.split()[0]: line for line in said.out.splitlines() if line[:2] in ("00", "01", "02") and ":" not in line
    }
    assert [row.split()[1] for row in rows.values()] == ["passed", "failed", "passed"]
    assert "imdb sample" in rows["00_good"]
    assert "accuracy 0.9" in rows["00_good"]
    left = {path.name for path in (tmp_path / "out").iterdir()}
    assert {f"{name}.ipynb" for name in rows} | {"index.html", "machine"} <= left
    assert {path.name for path in (tmp_path / "out" / "machine").iterdir()} == {f"{name}.html" for name in rows}
    index = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert 'href="machine/01_bad.html"' in index
    assert "say nothing about the real corpora" in index
    assert list(folder.glob("*.ipynb")) == []
    executed = nbformat.read(tmp_path / "out" / "00_good.ipynb", as_version=4)
    assert executed.cells[1].outputs[0].text.startswith("epoch 2\n")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--only", "07"], "No notebook begins with '07'"),
        (["--profile", "fast"], "invalid choice: 'fast'"),
    ],
)
def test_course_refuses_what_it_does_not_know(folder, arguments, says):
    write_source(folder, "00_good", GOOD)
    command = [sys.executable, "-m", "tools.notebooks", "course", "--folder", str(folder), *arguments]
    refused = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert refused.returncode == 2 and says in refused.stderr


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
@pytest.mark.parametrize("hostile", ['99"; touch X; "', "`touch X`", "$(shell touch X)", "'; touch X; '"])
@pytest.mark.parametrize("variable", ["NOTEBOOKS", "PROFILE"])
def test_make_runs_nothing_that_a_variable_holds(tmp_path, variable, hostile):
    """Fault 8: NOTEBOOKS='99"; touch X; "' ran touch."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name, script in {"tools/setup.sh": "", "tools/colab.sh": "", ".venv/bin/python": "#!/bin/sh\necho $@"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
    for target in ("course", "notebooks", "slides", "colab"):
        ran = subprocess.run(["make", target, f"{variable}={hostile}"], cwd=tmp_path, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
        assert not (tmp_path / "X").exists()


def test_only_takes_several_beginnings(folder):
    for name in ("00_a", "01_b", "02_c"):
        write_source(folder, name, GOOD)
    assert [path.stem for path in find_sources(folder, "02, 00_a")] == ["00_a", "02_c"]
    assert [path.stem for path in find_sources(folder)] == ["00_a", "01_b", "02_c"]


def test_commit_rewrites_then_skips_then_mends_prose(folder, tmp_path, monkeypatch, real_data, capsys):
    source = write_source(folder, "00_good", GOOD, data="real")
    out = tmp_path / "out"
    assert commit.commit_all([source], out, notebooks.run_all) == 0
    target = committed_path(source)
    written = nbformat.read(target, as_version=4)
    assert [cell.execution_count for cell in written.cells if cell.cell_type == "code"] == [1, 2, 3]
    assert written.cells[1].outputs == [
        nbformat.from_dict({"output_type": "stream", "name": "stdout", "text": "epoch 2\nred\n"})
    ]
    assert set(written.metadata) == {"course", "kernelspec", "language_info", "rise"}
    assert list(folder.glob(".*")) == []
    kept = tmp_path / "course_utils" / "full_runs.json"
    assert json.loads(kept.read_text()) == {"good": {"headline": "accuracy 0.9", "seconds": 1.5}}
    assert kept.read_text().endswith("}\n")

    before = target.read_bytes()
    assert commit.commit_all([source], out, never_run) == 0
    assert target.read_bytes() == before

    source.write_text(
        source.read_text(encoding="utf-8").replace("Some text.", "Better text.").replace("# why", "# because")
    )
    assert commit.commit_all([source], out, never_run) == 0
    mended = nbformat.read(target, as_version=4)
    assert "Better text." in mended.cells[0].source
    assert "because" in mended.cells[3].source
    assert [cell.get("outputs") for cell in mended.cells] == [cell.get("outputs") for cell in written.cells]
    assert "prose updated" in capsys.readouterr().out

    source.write_text(source.read_text(encoding="utf-8").replace("1 + 1", "1 + 2"))
    assert commit.refresh(source) == "its code or its helpers have changed"


def test_commit_refuses_what_must_not_be_shown(folder, tmp_path, real_data, capsys):
    sample = write_source(folder, "00_sample", "# %%\n1\n", data="sample")
    warns = write_source(folder, "01_warns", "# %%\nimport warnings; warnings.warn('x')\n", data="real")
    silent = write_source(folder, "02_silent", "# %%\nimport os; os.path.expanduser('/home/ada/x')\n")
    committed_path(sample).write_text(before := json.dumps(nbformat.v4.new_notebook()))
    sources = [sample, warns, silent]
    assert commit.commit_all(sources, tmp_path / "out", notebooks.run_all, force=True) == 1
    said = capsys.readouterr().err
    assert "imdb: ran on the sample" in said
    assert "COURSE_DATA_DIR" in said
    assert "UserWarning" in said
    assert "cell 1: a path of this machine: '/home/ada'" in said
    assert "runtime.finish" in said
    assert committed_path(sample).read_text() == before
    assert not committed_path(warns).exists()
    assert (tmp_path / "out" / "01_warns.ipynb").exists()


def test_commit_asks_for_the_data_before_it_runs_anything(folder, tmp_path, monkeypatch, capsys):
    source = write_source(folder, "00_good", "# %%\ncorpora.load_imdb()\n")
    provenance = SimpleNamespace(is_sample=True, corpus="imdb")
    loader = SimpleNamespace(load_imdb=lambda: SimpleNamespace(provenance=provenance))
    monkeypatch.setattr("course_utils.corpora", loader, raising=False)
    monkeypatch.setitem(sys.modules, "course_utils.corpora", loader)
    assert commit.commit_all([source], tmp_path / "out", never_run) == 1
    assert "Only a sample is at hand for: imdb" in capsys.readouterr().err
    provenance.is_sample = False
    assert commit.samples_needed([source]) == []


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_run_ends_its_kernel_and_leaves_nothing(folder, tmp_path, number, status):
    """Fault 8: SIGTERM to `make course` ended in an AssertionError."""
    for place in "01":  # both run at once
        write_source(folder, f"0{place}_slow", SLOW.replace("started", f"started{place}"))
    command = ["-m", "tools.notebooks", "course", "--folder", str(folder), "--out", str(tmp_path / "out")]
    run = subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # ignored in a background job
    )  # fmt: skip
    started = [folder / "started0", folder / "started1"]
    while not all(each.exists() for each in started) and run.poll() is None:
        time.sleep(0.1)
    time.sleep(0.5)
    run.send_signal(number)
    said = run.communicate(timeout=30)[1]
    assert run.returncode == status
    assert said == "\nStopped. No file was left half-written.\n"
    assert not (tmp_path / "out").exists()
    assert [each for each in started if psutil.pid_exists(int(each.read_text()))] == []


def test_an_outcome_that_cannot_be_written_ends_the_other_kernels_at_once(folder, tmp_path, monkeypatch):
    write_source(folder, "00_good", GOOD)
    write_source(folder, "01_slow", SLOW + "Path('ended').touch()\n")

    def full_disk(path, notebook):
        while not (folder / "started").exists():
            time.sleep(0.1)
        raise OSError("No space left on device")

    monkeypatch.setattr(notebooks, "write_notebook", full_disk)
    with pytest.raises(OSError, match="No space left"):
        notebooks.run_all(find_sources(folder), "quick", tmp_path / "out", at_once=2)
    assert not psutil.pid_exists(int((folder / "started").read_text()))
    assert not (folder / "ended").exists()


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "page.html"
    write_text(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "new " * 100_000 + "\ud800")
    monkeypatch.setattr("pathlib.Path.replace", never_run)
    with pytest.raises(AssertionError):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_build_keeps_outputs_that_still_hold(folder):
    source = write_source(folder, "00_good", GOOD)
    commit.build([source])
    target = committed_path(source)
    first = target.read_bytes()
    commit.build([source])
    assert target.read_bytes() == first
    assert all(not cell.get("outputs") for cell in nbformat.read(target, as_version=4).cells)


def test_ids_are_stable_and_a_changed_cell_changes_only_its_own(folder):
    source = write_source(folder, "00_good", GOOD + "# %%\n1 + 1  # why\n")
    before = [cell.id for cell in read_source(source).cells]
    assert before == [cell.id for cell in read_source(source).cells]
    assert len(set(before)) == len(before)
    source.write_text(source.read_text(encoding="utf-8").replace("Some text.", "Other text."))
    after = [cell.id for cell in read_source(source).cells]
    assert [old == new for old, new in zip(before, after, strict=True)] == [False, True, True, True, True]


@pytest.fixture
def package(tmp_path):
    """A notebook imports `plots`, whose `charts` imports `text`; nothing imports `seq2seq` or `corpora`."""
    files = {
        "__init__.py": "",
        "plots/__init__.py": "from .charts import lines\n",
        "plots/charts.py": "from course_utils.text import encode\n\n\ndef lines():\n    return encode()\n",
        "text.py": 'size = 1\n\n\ndef encode():\n    """Encode."""\n    return 1\n',
        "seq2seq.py": "x = 1\n",
        "corpora/__init__.py": "from course_utils.seq2seq import x\n",
        "full_runs.json": "{}\n",
    }
    for name, text in files.items():
        path = tmp_path / "course_utils" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "course_utils"


@pytest.mark.parametrize(
    "cell",
    [
        "%matplotlib inline\nfrom course_utils import plots\nplots?\n!ls",
        "import course_utils.plots as plots",
        "from course_utils.plots import lines",
        "from course_utils.plots.charts import lines",
        "def later():\n    from course_utils import plots",
    ],
)
def test_helpers_are_found_through_one_another(package, cell):
    found = imported_helpers(plain_python(cell), package.parent)
    names = ["", ".plots", ".plots.charts", ".text"]
    assert sorted(found) == [f"course_utils{name}" for name in names]
    assert imported_helpers("import numpy, json", package.parent) == {}


@pytest.mark.parametrize(
    ("file", "old", "new", "changes"),
    [
        ("text.py", "return 1", "return 2", True),
        ("plots/charts.py", "return encode()", "return -encode()", True),
        ("plots/__init__.py", "import lines", "import lines as lines", True),
        ("text.py", "return 1", "return size", True),
        ("text.py", "size = 1", "size = 2", False),
        ("text.py", "def encode", "def unused():\n    return 0\n\n\ndef encode", False),
        (
            "text.py",
            "size = 1",
            "import re\n\nsize = 1\nlines = 2",
            True,
        ),  # its `lines` could be the one that is asked for
        ("text.py", "size = 1", "import re\n\nsize = 1\nother = 2", False),
        ("text.py", "def encode", "print('importing')\n\n\ndef encode", True),
        ("text.py", "Encode.", "Encode a text.", False),
        ("text.py", "return 1", "return (1)  # always", False),
        ("seq2seq.py", "x = 1", "x = 2", False),
        ("full_runs.json", "{}", '{"00": {}}', False),
    ],
)
def test_key_follows_the_helpers_that_a_notebook_uses(folder, package, file, old, new, changes):
    notebook = read_source(write_source(folder, "00_good", "# %%\nfrom course_utils import plots\nplots.lines()\n"))
    before = notebook_key(notebook, "full", package.parent)
    path = package / file
    path.write_text(path.read_text().replace(old, new))
    after = notebook_key(notebook, "full", package.parent)
    assert (before["code"] != after["code"]) is changes


@pytest.mark.parametrize(
    ("source", "other", "same"),
    [
        ("%pip install x", "%pip install y", False),
        ("!ls", "!ls -a", False),
        ('"only a string"', '"another string"', False),
        ("x = '# no comment'", "x = '# another'", False),
        ("x = '''a\n\nb'''", "x = '''a\nb'''", False),
        ("f'{x:.2f}'", "f'{x:.3f}'", False),
        ("x = 1", "x = 1.0", False),
        ("x = None", "x = 0", False),
        ("x", "x;", False),
        ("x = 1  # why\n\n", "x = 1", True),
        ("f(a,\n  b)", "f(a, b)", True),
        ("%pip install git+https://github.com/a/b.git", "%pip install git+https://github.com/c/d.git", True),
    ],
)
def test_essence_holds_what_can_change_a_result(source, other, same):
    assert (essence(source) == essence(other)) is same


def test_the_address_must_be_one_of_github(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project.urls]\nRepository = "https://github.com/new/home.git"\n')
    assert repository(tmp_path) == "new/home"
    (tmp_path / "pyproject.toml").write_text('[project.urls]\nRepository = "https://example.org/a/b"\n')
    with pytest.raises(ValueError, match=r"must read https://github\.com/owner/name"):
        repository(tmp_path)


def test_bench_runs_each_on_its_own_and_says_which_failed(tmp_path, capfd):
    (tmp_path / "good.py").write_text("print('ratio 0.1')\n")
    (tmp_path / "worse.py").write_text("print('before'); raise SystemExit(3)\n")
    assert bench.main(tmp_path) == 1
    said = capfd.readouterr().out
    assert "ratio 0.1" in said
    assert "exit 3" in said
