"""From `notebooks/src/NN_topic.py`, the one place where a notebook is edited, to a notebook in memory."""

import hashlib
import os
import tempfile
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"

EXERCISES = "_exercises"
COLAB = ("accelerator", "colab")  # in the header of a source whose notebook gains from a GPU

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def find_sources(folder: Path, only: str = "") -> list[Path]:
    """Return the sources under `folder/src`, in the order of the course.

    Parameters
    ----------
    folder : Path
        The folder of the notebooks.
    only : str
        Beginnings of names, parted by commas or spaces: "02" or "00, 01_tok". Empty for all.

    Raises
    ------
    ValueError
        When a beginning fits no notebook.
    """
    found = sorted(path for path in (folder / "src").glob("[0-9][0-9]_*.py"))
    wanted = [word.removesuffix(".ipynb").removesuffix(".py") for word in only.replace(",", " ").split()]
    for word in wanted:
        if not any(path.stem.startswith(word) for path in found):
            names = "\n  ".join(path.stem for path in found) or "(none)"
            raise ValueError(f"No notebook begins with {word!r}. NOTEBOOKS= takes beginnings of these:\n  {names}")
    return [path for path in found if not wanted or any(path.stem.startswith(word) for word in wanted)]


def read_source(path: Path) -> NotebookNode:
    """Return the notebook that a py:percent source stands for, without outputs.

    The cells' ids follow from the notebook's name and the cell's text, so that building twice gives the
    same file and editing one cell changes the id of no other.
    """
    parsed = jupytext.reads(path.read_text(encoding="utf-8"), fmt="py:percent")
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": dict(KERNEL), "language_info": {"name": "python"}})
    notebook.metadata |= {key: value for key, value in parsed.metadata.items() if key in COLAB}
    notebook.metadata["rise"] = {"scroll": True, "width": 1280, "height": 720}
    seen = set()
    for cell in parsed.cells:
        made = nbformat.v4.new_code_cell if cell.cell_type == "code" else nbformat.v4.new_markdown_cell
        again = 0
        while (name := cell_id(path.stem, cell.source, again)) in seen:
            again += 1
        seen.add(name)
        metadata = {key: value for key, value in cell.metadata.items() if not key.startswith("lines_to_")}
        if cell.cell_type == "markdown":  # code stays on the slide of the text above it
            metadata["slideshow"] = {"slide_type": slide_type(cell.source)}
        notebook.cells.append(made(source=cell.source, metadata=metadata, id=name))
    return notebook


def slide_type(text: str) -> str:
    """Return what a piece of text begins on a projector: a heading a slide, anything else one below it.

    >>> slide_type("## Padding"), slide_type("### A test"), slide_type("Look at the curve.")
    ('slide', 'subslide', 'subslide')
    """
    return "slide" if text.startswith(("# ", "## ")) else "subslide"


def cell_id(notebook_name: str, text: str, again: int = 0) -> str:
    """Return a short id that depends on nothing but its arguments.

    >>> cell_id("00_start_here", "1 + 1") == cell_id("00_start_here", "1 + 1")
    True
    >>> cell_id("00_start_here", "1 + 1") == cell_id("00_start_here", "1 + 1", again=1)
    False
    """
    return hashlib.sha256(f"{notebook_name}\n{text}\n{again}".encode()).hexdigest()[:8]


def is_exercises(source: Path) -> bool:
    """Say whether a source holds exercises with their solutions, not a lesson."""
    return source.stem.endswith(EXERCISES)


def lesson_name(source: Path) -> str:
    """Return the name of the lesson that a source belongs to.

    >>> lesson_name(Path("src/01_tokenization_exercises.py")), lesson_name(Path("src/01_tokenization.py"))
    ('01_tokenization', '01_tokenization')
    """
    return source.stem.removesuffix(EXERCISES)


def committed_path(source: Path) -> Path:
    """Return where the executed notebook of a source is committed.

    >>> committed_path(Path("notebooks/src/01_tokens.py")).as_posix()
    'notebooks/01_tokens.ipynb'
    >>> committed_path(Path("notebooks/src/01_tokens_exercises.py")).as_posix()
    'notebooks/solutions/01_tokens.ipynb'
    """
    folder = source.parent.parent
    return (folder / "solutions" if is_exercises(source) else folder) / f"{lesson_name(source)}.ipynb"


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all, also when the process is ended half-way."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, half = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.chmod(half, 0o644)
        os.replace(half, path)
    except BaseException:
        os.unlink(half)
        raise


def write_notebook(path: Path, notebook: NotebookNode) -> None:
    """Write a notebook atomically, keys sorted, one newline at the end."""
    nbformat.validate(notebook)
    write_text(path, nbformat.writes(notebook).rstrip("\n") + "\n")
