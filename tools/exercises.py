"""From one source, `notebooks/src/NN_topic_exercises.py`, the exercises (without answers) and the solutions.

The source is written as the solutions. A cell tagged "solution" holds one function, whose body the exercises leave
out, or the discussion of an open question. The first cell, its title, is turned into that of the exercises.
"""

import ast
from pathlib import Path

from nbformat import NotebookNode

from tools.sources import cell_id, is_exercises, lesson_name, read_source

TAG = "solution"
STUB = "# Write your code here.\nraise NotImplementedError"
OPEN = "*Write your answer here. Ours is in the solutions.*"
HOW = """They belong to [notebook {number}](../{name}.ipynb). Replace each `raise NotImplementedError` by your own
lines, run the cell, then the one below it: it says whether the answer is right, and if not, what is wrong with it. Our
answers are in the [solutions](../solutions/{name}.ipynb); have a look *after* you have tried."""


def exercise_path(source: Path) -> Path:
    """Return where the exercises of a source go: `notebooks/exercises/NN_topic.ipynb`."""
    return source.parent.parent / "exercises" / f"{lesson_name(source)}.ipynb"


def exercise_notebook(source: Path) -> NotebookNode:
    """Return the notebook of a source with every solution left out, not executed.

    Raises
    ------
    ValueError
        If the source is none of exercises, has no solution, or a solution cell holds anything but one function.
    """
    if not is_exercises(source):
        raise ValueError(f"{source.name} holds no exercises; expected a name that ends in _exercises.py.")
    notebook = read_source(source)
    if not any(TAG in cell.metadata.get("tags", []) for cell in notebook.cells):
        raise ValueError(f'{source.name} has no cell with the tag "{TAG}".')
    kept, before = [], None
    for cell in notebook.cells:
        told = TAG in cell.metadata.pop("tags", [])
        if told and cell.cell_type == "code":
            cell.source = stub(cell.source)
        elif told and before.cell_type == "markdown":  # an open question stands above it
            cell.source = OPEN
        if not told or cell.cell_type == "code" or cell.source == OPEN:
            kept.append(cell)
        before = cell
    notebook.cells = kept
    kept[0].source = exercise_title(kept[0].source, lesson_name(source))
    for number, cell in enumerate(notebook.cells):
        cell.id = cell_id(f"exercises {source.stem} {number}", cell.source)
    return notebook


def exercise_title(solutions: str, name: str) -> str:
    """Return the first cell of the exercises, made from that of the solutions: title, badge, and how to go about it.

    Raises
    ------
    ValueError
        If it is not the first cell of the solutions to that lesson.
    """
    folder, title = f"notebooks/solutions/{name}.ipynb", f"# Solutions to {name[:2]} ·"
    paragraphs = solutions.split("\n\n")
    about = [place for place, each in enumerate(paragraphs) if each.startswith("Our answers to the [exercises]")]
    if not solutions.startswith(title) or folder not in solutions or len(about) != 1:
        raise ValueError(
            f"the first cell of {name}_exercises.py must begin with {title!r}, have a badge that opens {folder}, and a "
            "paragraph that begins 'Our answers to the [exercises]'; see those of the other lessons."
        )
    paragraphs[about[0]] = HOW.format(number=name[:2], name=name)
    return (
        "\n\n".join(paragraphs)
        .replace(title, f"# Exercises to {name[:2]} ·")
        .replace(folder, folder.replace("solutions", "exercises"))
    )


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
    lines = solution.splitlines()[: function.body[0].end_lineno]
    return "\n".join([*lines, *(f"    {line}" for line in STUB.splitlines())])
