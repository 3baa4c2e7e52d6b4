"""The committed notebooks: in line with their sources, executed in order, in full, on the real corpora.

That they run at all is nbval's part (`make test`). Each check is also shown a notebook that it must refuse.
"""

import json
import re
import statistics

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from tools import checks
from tools.execute import REPORT, find_report
from tools.exercises import exercise_notebook, exercise_path
from tools.keys import notebook_key
from tools.sources import NOTEBOOKS, ROOT, committed_path, find_sources, is_exercises, read_source, repository

SOURCES = find_sources(NOTEBOOKS)
every_notebook = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)


@pytest.fixture
def committed(source):
    path = committed_path(source)
    if not path.exists():
        pytest.skip(f"{path.name} is not committed yet: `make notebooks` writes it")
    return nbformat.read(path, as_version=4)


def test_every_notebook_has_a_source():
    built = {path for path in NOTEBOOKS.rglob("*.ipynb") if not path.parent.name.startswith(".")}
    made = {committed_path(source) for source in SOURCES} | {exercise_path(source) for source in SOURCES}
    assert built <= made


@every_notebook
def test_agrees_with_its_source_cell_for_cell(source, committed):
    parts = ("cell_type", "source", "metadata", "id")
    built = [{part: cell[part] for part in parts} for cell in read_source(source).cells]
    assert [{part: cell[part] for part in parts} for cell in committed.cells] == built, "run `make notebooks`"


@every_notebook
@pytest.mark.parametrize("check", checks.COMMITTED, ids=lambda check: check.__name__)
def test_is_fit_to_be_committed(source, committed, check):
    assert check(committed) == []


@every_notebook
def test_outputs_come_from_this_code_and_these_helpers(source, committed):
    stored = committed.metadata.get("course", {})
    assert stored.get("profile") == "full"
    key = notebook_key(read_source(source), "full")
    assert stored.get("code") == key["code"], f"run `make notebooks NOTEBOOKS={source.stem[:2]}`"


def test_headlines_of_the_full_runs_are_those_of_the_committed_notebooks():
    kept = json.loads((ROOT / "course_utils" / "full_runs.json").read_text(encoding="utf-8"))
    lessons = [source for source in SOURCES if not is_exercises(source) and committed_path(source).exists()]
    reports = {
        source.stem.partition("_")[2]: find_report(nbformat.read(committed_path(source), as_version=4))
        for source in lessons
    }
    said = {name: {part: report[part] for part in ("headline", "seconds")} for name, report in reports.items()}
    assert kept == said, "run `make notebooks`"


def lines_of_code(cell):
    """Lines that are neither blank nor only a comment."""
    return sum(bool(line.strip()) and not line.strip().startswith("#") for line in cell.source.splitlines())


@every_notebook
def test_cells_are_short(source):
    """Lines of code in a cell: median at most 4, nine cells in ten at most 12."""
    lines = [lines_of_code(cell) for _, cell in checks.code_cells(read_source(source)) if cell.source.strip()]
    assert statistics.median(lines) <= 4
    assert sum(count > 12 for count in lines) <= len(lines) / 10, sorted(lines)


def addresses(text):
    """The repositories ("owner/name") that badges, links and set-up cells in a text point to, but not others' pages."""
    badge = r"colab\.research\.google\.com/github/([\w.-]+/[\w.-]+)"
    install = r"git\+https://github\.com/([\w.-]+/[\w.-]+?)(?=\.git\b|[^\w.-]|$)"
    own = r"github\.com/([\w.-]+/[\w.-]+)/(?:issues\b|blob/main/(?:docs|notebooks|data)/)"
    return {found for pattern in (badge, install, own) for found in re.findall(pattern, text)}


@pytest.mark.parametrize(
    "path",
    [ROOT / "README.md", *ROOT.glob("docs/*.md"), *NOTEBOOKS.glob("src/*.py"), *NOTEBOOKS.rglob("*.ipynb")],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_address_of_the_repository_is_the_one_in_pyproject(path):
    others = addresses(path.read_text(encoding="utf-8")) - {repository()}
    edit = path.relative_to(ROOT).as_posix() if path.suffix != ".ipynb" else "its source, then `make notebooks`"
    assert not others, f"pyproject.toml says {repository()}; edit {edit}"


def test_a_wrong_address_is_seen():
    badge = "https://colab.research.google.com/github/ada/course/blob/main/x.ipynb"
    text = f"{badge} git+https://github.com/bob/course.git https://github.com/eve/course/blob/main/docs/glossary.md"
    assert addresses(f"{text} https://github.com/karpathy/nanoGPT") == {"ada/course", "bob/course", "eve/course"}


@every_notebook
def test_opens_itself_in_colab(source):
    made = {committed_path(source): read_source(source)}
    if is_exercises(source):
        made[exercise_path(source)] = exercise_notebook(source)
    for path, notebook in made.items():
        opens = f"{repository()}/blob/main/{path.relative_to(ROOT).as_posix()}"
        assert re.findall(r"\(https://colab\.research\.google\.com/github/(.+?)\)", notebook.cells[0].source) == [opens]


GPU = ["04_recurrent_and_conv", "05_char_rnn", "06_seq2seq", "07_word_models", "08_pretraining"]


@pytest.mark.parametrize("name", GPU)
def test_a_notebook_that_gains_from_a_gpu_asks_colab_for_one(name):
    metadata = read_source(NOTEBOOKS / "src" / f"{name}.py").metadata
    assert (metadata["accelerator"], metadata["colab"]) == ("GPU", {"gpuType": "T4"})


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_links_to_files_of_the_course_lead_somewhere(source):
    """Relative links are followed from where the notebook stands."""
    folders = [committed_path(source).parent] + ([exercise_path(source).parent] if is_exercises(source) else [])
    prose = "\n".join(cell.source for cell in read_source(source).cells if cell.cell_type == "markdown")
    links = [link for link in re.findall(r"\]\(([^)#]+)[^)]*\)", prose) if not re.match(r"\w+://|data:", link)]
    assert links
    assert [link for link in links for folder in folders if not (folder / link).exists()] == []


# -- the checks themselves -------------------------------------------------------------------------


def notebook_with(*outputs, source="1 + 1", count=1):
    return new_notebook(cells=[new_code_cell(source, execution_count=count, outputs=list(outputs))])


def stream(text, name="stdout"):
    return new_output("stream", text=text, name=name)


def report(**changes):
    content = {"headline": "h", "data": {"imdb": "real"}, "profile": "full", "seconds": 1.0, "digests": {}}
    return new_output("display_data", data={"text/plain": "", REPORT: {**content, **changes}})


def test_a_good_notebook_passes_every_check():
    figure = new_output("display_data", data={"image/png": ""}, metadata={"image/png": {"alt": "A line rises."}})
    assert (
        checks.complaints_about(
            notebook_with(stream("accuracy 0.9, 3/4 of a/b, see https://a.org/opt/x"), figure, report())
        )
        == []
    )


@pytest.mark.parametrize(
    ("check", "notebook"),
    [
        (checks.no_errors, notebook_with(new_output("error", ename="E", evalue="", traceback=["E"]))),
        (checks.executed_in_order, notebook_with(count=2)),
        (checks.executed_in_order, notebook_with(count=None)),
        (checks.no_warnings, notebook_with(stream("x.py:1: UserWarning: careful", "stderr"))),
        (checks.no_warnings, notebook_with(stream("WARNING: careful"))),
        (checks.no_machine_paths, notebook_with(stream("saved to /home/ada/model.keras"))),
        (checks.no_machine_paths, notebook_with(stream("'/Users/ada/model.keras'"))),
        (checks.no_machine_paths, notebook_with(stream(r"C:\Users\ada\model.keras"))),
        (
            checks.no_machine_paths,
            notebook_with(new_output("execute_result", data={"text/html": "<b>/tmp/x</b>"})),
        ),
        (checks.figures_have_alternatives, notebook_with(new_output("display_data", data={"image/png": ""}))),
        (checks.full_and_real, notebook_with()),
        (checks.full_and_real, notebook_with(report(profile="quick"))),
        (checks.full_and_real, notebook_with(report(data={"imdb": "real", "headlines": "sample"}))),
    ],
)
def test_a_check_sees_what_it_is_there_for(check, notebook):
    assert check(notebook) != []
