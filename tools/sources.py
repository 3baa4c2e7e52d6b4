"""From `notebooks/src/NN_topic.py`, the one place where a notebook is edited, to a notebook in memory."""

import base64
import hashlib
import re
import tempfile
from collections import Counter
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"

EXERCISES = "_exercises"
PICTURE = re.compile(r"\]\((pictures/[\w-]+\.png)\)")
COLAB = ("accelerator", "colab")  # in the header of a source whose notebook gains from a GPU


def find_sources(folder: Path, only: str = "") -> list[Path]:
    """Return the sources under `folder/src`, in the order of the course.

    Parameters
    ----------
    folder : Path
        The folder of the notebooks.
    only : str
        Beginnings of names, separated by commas or spaces: "02" or "00, 01_tok". Empty for all.

    Raises
    ------
    ValueError
        When a beginning fits no notebook.
    """
    found = sorted((folder / "src").glob("[0-9][0-9]_*.py"))
    wanted = [word.removesuffix(".ipynb").removesuffix(".py") for word in only.replace(",", " ").split()]
    for word in wanted:
        if not any(path.stem.startswith(word) for path in found):
            names = "\n  ".join(path.stem for path in found) or "(none)"
            raise ValueError(f"No notebook begins with {word!r}. NOTEBOOKS= takes beginnings of these:\n  {names}")
    return [path for path in found if path.stem.startswith(tuple(wanted) or "")]


def read_source(path: Path) -> NotebookNode:
    """Return the notebook that a py:percent source stands for, without outputs.

    The cells' ids follow from the notebook's name and the cell's text, so building twice gives the
    same file, and editing one cell changes the id of no other. Pictures of `notebooks/pictures` go into
    the text that shows them, since Colab opens a notebook alone and shows no attachments.
    """
    notebook = jupytext.read(path, fmt="py:percent")
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    metadata |= {key: value for key, value in notebook.metadata.items() if key in COLAB}
    notebook.metadata = nbformat.from_dict(metadata | {"rise": {"scroll": True, "width": 1280, "height": 720}})
    seen = Counter()
    for cell in notebook.cells:
        cell.id = cell_id(path.stem, cell.source, seen[cell.source])
        seen[cell.source] += 1
        for key in [key for key in cell.metadata if key.startswith("lines_to_")]:
            del cell.metadata[key]
        if cell.cell_type == "markdown":  # code stays on the slide of the text above it
            cell.metadata["slideshow"] = {"slide_type": slide_type(cell.source)}
            cell.source = PICTURE.sub(lambda link: f"]({as_data(path.parent.parent / link[1])})", cell.source)
    return notebook


def as_data(picture: Path) -> str:
    """Return a PNG file as an address that holds all of it."""
    return f"data:image/png;base64,{base64.b64encode(picture.read_bytes()).decode()}"


def slide_type(text: str) -> str:
    """Return what a piece of text begins on a projector: each heading a slide, anything else one below it.

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
    return source.parent.parent / ("solutions" if is_exercises(source) else "") / f"{lesson_name(source)}.ipynb"


def repository(root: Path = ROOT) -> str:
    """Return "owner/name" from the Repository address in pyproject.toml, the one place where it is set.

    Raises
    ------
    ValueError
        When it is not an address on GitHub, which Colab's badges need.
    """
    settings = (root / "pyproject.toml").read_text(encoding="utf-8")
    if match := re.search(r'^Repository = "https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?/?"$', settings, re.M):
        return match[1]
    raise ValueError("Repository in pyproject.toml must read https://github.com/owner/name: Colab opens it from there.")


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all, even when the process is stopped half-way."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".half-", ignore_cleanup_errors=True) as folder:
        half = Path(folder) / path.name
        half.write_text(text, encoding="utf-8", newline="\n")
        half.replace(path)


def write_notebook(path: Path, notebook: NotebookNode) -> None:
    """Write a notebook whole or not at all: keys sorted, one newline at the end."""
    nbformat.validate(notebook)
    write_text(path, nbformat.writes(notebook).rstrip("\n") + "\n")
