"""The exercises: made from their sources, left open where a learner writes, and each with its check."""

import ast

import nbclient
import nbformat
import numpy as np
import pytest

from course_utils import checks as checks_package
from course_utils.checks import expect
from tools.exercises import OPEN, TAG, exercise_notebook, exercise_path, exercise_title, stub
from tools.sources import NOTEBOOKS, find_sources, is_exercises, read_source

SOURCES = [path for path in find_sources(NOTEBOOKS) if is_exercises(path)]
every_source = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)


def tagged(source, kind):
    cells = read_source(source).cells
    return [cell for cell in cells if cell.cell_type == kind and TAG in cell.metadata.get("tags", [])]


def checks_of(source):
    """The names of the exercises of a source, in their order."""
    return [ast.parse(cell.source).body[0].name for cell in tagged(source, "code")]


@every_source
def test_the_exercises_are_what_the_source_makes(source):
    made = nbformat.read(exercise_path(source), as_version=4)
    assert nbformat.writes(made) == nbformat.writes(exercise_notebook(source)), "run `make notebooks`"


@every_source
def test_no_answer_is_left_in_the_exercises(source):
    left = "\n".join(cell.source for cell in exercise_notebook(source).cells)
    for cell in tagged(source, "code"):
        body = ast.parse(cell.source).body[0].body[1:]  # after the docstring
        assert cell.source not in left and stub(cell.source) in left
        assert not any(ast.unparse(line) in stub(cell.source) for line in body if len(ast.unparse(line)) > 30)
    assert 1 <= left.count(OPEN) <= len(tagged(source, "markdown"))
    assert not any(cell.source in left for cell in tagged(source, "markdown"))


@every_source
def test_each_exercise_has_a_check_and_each_check_an_exercise(source):
    functions = checks_of(source)
    called = [cell.source.strip() for cell in read_source(source).cells if cell.source.strip().startswith("checks.")]
    assert called == [f"checks.{name}({name})" for name in functions]
    (line,) = [line for line in source.read_text(encoding="utf-8").splitlines() if line.endswith(" as checks")]
    module = getattr(__import__("course_utils.checks", fromlist=[line.split()[3]]), line.split()[3])
    assert list(module.MISTAKES) == functions and set(functions) <= set(module.__all__)


@every_source
def test_untouched_exercises_run_to_their_end_and_say_not_implemented(source, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS_DIR", str(tmp_path / "progress"))
    notebook = exercise_notebook(source)
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute(cwd=str(tmp_path))
    errors = {
        cell.source.strip(): output.ename
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "error"
    }
    asked = {cell.source.strip() for cell in notebook.cells if cell.source.strip().startswith("checks.")}
    assert errors == dict.fromkeys(asked - {"checks.progress()"}, "NotImplementedError")
    printed = notebook.cells[-1].outputs[0].text  # above the table
    assert printed == f"To do in this lesson: {', '.join(checks_of(source))}.\n"


def test_there_are_at_least_35():
    assert sum(len(tagged(source, "code")) + len(tagged(source, "markdown")) for source in SOURCES) >= 35


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("answer = 4", "holds one function and nothing else"),
        ("def f():\n    'Doc.'\n    return 1\n\nf()", "holds one function and nothing else"),
        ("def f():\n    return 1", "f has no docstring"),
    ],
)
def test_a_solution_that_cannot_be_left_out_is_refused(cell, message):
    with pytest.raises(ValueError, match=message):
        stub(cell)


def test_a_title_that_is_none_of_solutions_is_refused():
    title = read_source(SOURCES[0]).cells[0].source
    assert exercise_title(title, "01_tokenization", "bag").startswith("# Exercises to 01 ·")
    for bad in (title.replace("Solutions", "Answers"), title.replace("/solutions/", "/src/"), title + "\n\n" + title):
        with pytest.raises(ValueError, match="must begin with '# Solutions to 01"):
            exercise_title(bad, "01_tokenization", "bag")


def test_the_stub_keeps_what_the_learner_needs():
    left = stub(
        '@cache\ndef f(x: int, *, y=(1,\n    2)) -> int:\n    """Say.\n\n    More.\n    """\n    z = x\n    return z'
    )
    assert left.startswith('@cache\ndef f(x: int, *, y=(1,\n    2)) -> int:\n    """Say.\n\n    More.\n    """\n')
    assert left.endswith("    # Write your code here.\n    raise NotImplementedError")
    assert "z" not in left
    ast.parse(left)


def test_a_message_shows_without_a_traceback():
    assert checks_package.NotYet("Look at b.")._render_traceback_() == ["Not yet. Look at b."]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (3, "Expected a function, got int"),
        (lambda x: x / 0, r"<lambda>\(1\) raised ZeroDivisionError: division by zero"),
        (lambda x: None, r"<lambda>\(1\) returned None. Is there a return"),
    ],
)
def test_ask_says_what_a_function_did(answer, message):
    with pytest.raises(checks_package.NotYet, match=message):
        checks_package.ask(answer, 1)


@pytest.mark.parametrize(
    ("given", "change"),
    [
        (["a", "b"], lambda given: given.pop()),
        ({"a": 1}, lambda given: given.update(a=2) or 1),
        (np.zeros(3), lambda given: given.sort() or given.put(0, 1.0) or 1),
        ([np.zeros(2)], lambda given: given[0].fill(7) or 1),
    ],
)
def test_ask_protects_its_inputs_and_says_that_they_were_changed(given, change):
    before = repr(given)
    with pytest.raises(checks_package.NotYet, match="changed its input"):
        checks_package.ask(change, given)
    assert repr(given) == before
    nan, views = np.array([1.0, float("nan")]), [np.arange(6).reshape(2, 3).T, np.arange(4)[::-1]]
    assert checks_package.ask(lambda *given: [*map(list, given)], nan, views, {"a"}, "text") is not None


def test_an_unwritten_answer_shows_one_line_and_nothing_of_the_check():
    def unwritten(x):
        raise NotImplementedError

    with pytest.raises(NotImplementedError) as caught:
        checks_package.ask(unwritten, 1)
    (line,) = caught.value._render_traceback_()
    assert line.startswith("Not yet. Nothing is written here yet")


def test_an_error_is_shown_with_the_learner_s_own_line():
    def split(values):
        return np.split(values, 3)  # where it fails is a line of NumPy's

    with pytest.raises(checks_package.NotYet, match=r"in your line `return np\.split\(values, 3\)"):
        checks_package.ask(split, np.zeros(4))
    with pytest.raises(checks_package.NotYet) as caught:
        checks_package.ask(lambda: 1, 2)  # no line of theirs was reached
    assert "in your line" not in str(caught.value)


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ([[1], [2, 3]], "not a rectangular array"),
        (["x", "y"], "instead of numbers"),
        ([1, 2, 3], r"has shape \(3,\); expected the shape \(2,\)"),
        ([1, float("nan")], "wrong at position 1: got nan, as of 0 / 0"),
        (7, r"is 7; expected the shape \(2,\)"),
    ],
)
def test_expect_close_names_what_is_wrong(result, message):
    with pytest.raises(checks_package.NotYet, match=message):
        expect.expect_close(result, [1, 2], "f(x)")


@pytest.mark.parametrize(
    ("found", "wanted", "equal"),
    [
        (np.array([512_000_001]), [512_000_000], False),  # whole numbers: no rounding
        ([0.100001], [0.1], True),
        ([np.zeros(2), np.zeros(3)], [np.zeros(2), np.zeros(3)], True),
        ("2", 2, False),
        (np.array(["a"]), ("a",), True),
        ({"a": (1, 2)}, {"a": [1, 2]}, True),
        ({"a": 1}, {"b": 1}, False),
        ([], "", False),
        (None, [1], False),
    ],
)
def test_results_are_compared_by_what_they_hold(found, wanted, equal):
    assert expect.same(found, wanted) is equal


def test_a_mistake_is_named_only_where_it_gives_the_wrong_result():
    mistakes = {"That fails here.": lambda values: values[9], "That is the sum.": sum, "That is the largest.": max}
    with pytest.raises(checks_package.NotYet, match=r"2, 6\]\) gives 9, which is not right. That is the sum."):
        expect.hold(sum, [[1, 2, 6]], 3, mistakes, "mean([1, 2, 6])")
    expect.hold(sum, [[0, 0]], 0, mistakes)  # here the mistake gives the right result, too


def test_a_learner_s_change_of_the_input_does_not_reach_the_mistakes():
    given = [1, 2]
    with pytest.raises(checks_package.NotYet, match="Divide"):
        expect.hold(len, [given], 3, {"Divide.": lambda values: values.pop()})
    assert given == [1, 2]
