"""From one source, `notebooks/src/NN_topic_exercises.py`, the exercises (without answers) and the solutions.

The source is written as the solutions. A cell tagged "solution" holds one function, whose body the exercises leave
out, or the discussion of an open question. The first cell, its title, is turned into that of the exercises.
"""

import ast
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from tools.sources import cell_id, is_exercises, lesson_name, read_source

TAG = "solution"
STUB = "    # Write your code here.\n    raise NotImplementedError"
GOES_ON = "raises-exception"  # *Run All* doesn't stop at such a cell
OPEN = "*Write your answer here. Ours is in the solutions.*"
ABOUT = "Our answers to the [exercises]"
HOW = """They belong to [notebook {number}](../{name}.ipynb). Replace each `raise NotImplementedError` by your own
lines and run the cell. Then run the one below it. It says whether the answer is right, and if not, what is wrong
with it. If you are stuck, `checks.hint("{first}")` gives a hint for that exercise. You get up to three, and each says
more. Our answers are in the [solutions](../solutions/{name}.ipynb). Look at them *after* you have tried. You can also
run all cells at once: an exercise that isn't solved yet says so, and the notebook goes on."""
PROGRESS = """## How far you are

What you have solved is kept on this computer, so the table below counts the exercises of all lessons."""


def exercise_path(source: Path) -> Path:
    """Return where the exercises of a source go: `notebooks/exercises/NN_topic.ipynb`."""
    return source.parent.parent / "exercises" / f"{lesson_name(source)}.ipynb"


def exercise_notebook(source: Path) -> NotebookNode:
    """Return the notebook of a source with every solution left out, not executed.

    Raises
    ------
    ValueError
        If the source holds no exercises, has no solution, or a solution cell holds anything but one function.
    """
    if not is_exercises(source):
        raise ValueError(f"{source.name} holds no exercises; expected a name that ends in _exercises.py.")
    notebook = read_source(source)
    told = [TAG in cell.metadata.pop("tags", []) for cell in notebook.cells]
    if not any(told):
        raise ValueError(f'{source.name} has no cell with the tag "{TAG}".')
    kept, before, checked = [], None, []
    for cell, is_told in zip(notebook.cells, told, strict=True):
        if is_told and cell.cell_type == "code":
            checked.append(ast.parse(cell.source).body[0].name)
            cell.source = stub(cell.source)
        elif checked and cell.cell_type == "code":
            cell.metadata["tags"] = [GOES_ON]
        elif is_told and before == "markdown":  # an open question stands above it
            cell.source = OPEN
        if not is_told or cell.cell_type == "code" or cell.source == OPEN:
            kept.append(cell)
        before = cell.cell_type
    kept[0].source = exercise_title(kept[0].source, lesson_name(source), checked[0])
    kept += [new_markdown_cell(PROGRESS), new_code_cell("checks.progress()")]
    kept[-2].metadata["slideshow"] = {"slide_type": "slide"}
    for number, cell in enumerate(kept):
        cell.id = cell_id(f"exercises {source.stem} {number}", cell.source)
    notebook.cells = kept
    return notebook


def exercise_title(solutions: str, name: str, first: str) -> str:
    """Return the first cell of the exercises, made from that of the solutions: title, badge, and how to go about it.

    `first` is the name of an exercise, for the example of a hint.

    Raises
    ------
    ValueError
        If it is not the first cell of the solutions to that lesson.
    """
    folder, title = f"notebooks/solutions/{name}.ipynb", f"# Solutions to {name[:2]} ·"
    paragraphs = solutions.split("\n\n")
    if not solutions.startswith(title) or folder not in solutions or solutions.count(f"\n\n{ABOUT}") != 1:
        raise ValueError(
            f"the first cell of {name}_exercises.py must begin with {title!r}, have a badge that opens {folder}, and a "
            f"paragraph that begins {ABOUT!r}; see those of the other lessons."
        )
    how = HOW.format(number=name[:2], name=name, first=first)
    text = "\n\n".join(how if paragraph.startswith(ABOUT) else paragraph for paragraph in paragraphs)
    return text.replace(title, f"# Exercises to {name[:2]} ·").replace(folder, f"notebooks/exercises/{name}.ipynb")


def stub(solution: str) -> str:
    """Return a function with its name, parameters and docstring, its body left to the learner.

    Raises
    ------
    ValueError
        If the cell holds anything but one function.

    Examples
    --------
    >>> print(stub('def double(x):\\n    "Return x twice."\\n    return 2 * x'))
    def double(x):
        "Return x twice."
        # Write your code here.
        raise NotImplementedError
    """
    tree = ast.parse(solution)
    if len(tree.body) != 1 or not isinstance(tree.body[0], ast.FunctionDef):
        raise ValueError(f"a solution cell holds one function and nothing else; this one begins {solution[:60]!r}.")
    function = tree.body[0]
    if ast.get_docstring(function) is None:
        raise ValueError(f"{function.name} has no docstring; the learner needs it to know what to write.")
    return "\n".join([*solution.splitlines()[: function.body[0].end_lineno], STUB])
