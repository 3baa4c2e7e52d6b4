"""What a committed notebook must hold to. Each check returns complaints; none means it passes."""

import re
import statistics
from pathlib import Path

from nbformat import NotebookNode

from tools.execute import find_report

# A user's or a system's folder. Addresses and plain fractions do not match: before the slash stands no word.
MACHINE_PATH = re.compile(
    r"(?<![\w:/.~-])/(?:home|root|Users|tmp|var|private|opt|usr|work|workspace|content|mnt|srv|builds?)/[\w.~-]+"
    r"|\b[A-Z]:\\Users\\"
)
WARNING = re.compile(r"\b\w*Warning\b|\bWARNING\b")
MEDIAN_LINES, NINE_IN_TEN_LINES = 4, 12


def texts(cell: NotebookNode) -> list[str]:
    """Return every text among the outputs of a cell: streams, plain text, HTML, SVG, tracebacks."""
    found = []
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            found.append(output.text)
        elif output.output_type == "error":
            found.append("\n".join(output.traceback))
        else:
            found += [
                value if isinstance(value, str) else repr(value)
                for mime, value in output.data.items()
                if not mime.startswith("image/") or mime == "image/svg+xml"
            ]
    return found


def code_cells(notebook: NotebookNode) -> list[tuple[int, NotebookNode]]:
    """Return the code cells with their numbers; cells are counted from 1, text cells too."""
    return [(number, cell) for number, cell in enumerate(notebook.cells, 1) if cell.cell_type == "code"]


def same_cells(notebook: NotebookNode, source: NotebookNode) -> list[str]:
    """Compare a notebook with what its source builds: kinds, texts, tags and ids of the cells."""
    complaints = []
    if len(notebook.cells) != len(source.cells):
        complaints.append(f"{len(notebook.cells)} cells, {len(source.cells)} in the source")
    for number, (cell, wanted) in enumerate(zip(notebook.cells, source.cells, strict=False), 1):
        for part in ("cell_type", "source", "metadata", "id"):
            if cell[part] != wanted[part]:
                complaints.append(f"cell {number}: its {part} is not the source's")
                break
    return complaints


def executed_in_order(notebook: NotebookNode) -> list[str]:
    """Execution counts run 1, 2, 3 … over the code cells that hold anything."""
    cells = [(number, cell) for number, cell in code_cells(notebook) if cell.source.strip()]
    return [
        f"cell {number}: execution count {cell.execution_count}, not {count}"
        for count, (number, cell) in enumerate(cells, 1)
        if cell.execution_count != count
    ]


def no_errors(notebook: NotebookNode) -> list[str]:
    """No cell ended in an error."""
    return [
        f"cell {number}: {output.ename}: {output.evalue}"
        for number, cell in code_cells(notebook)
        for output in cell.outputs
        if output.output_type == "error"
    ]


def no_warnings(notebook: NotebookNode) -> list[str]:
    """No output holds a warning: a reader cannot tell a harmless one from the other kind."""
    return _matches(notebook, WARNING, "a warning")


def no_machine_paths(notebook: NotebookNode) -> list[str]:
    """No output holds a path of the machine that ran it."""
    return _matches(notebook, MACHINE_PATH, "a path of this machine")


def _matches(notebook: NotebookNode, pattern: re.Pattern, what: str) -> list[str]:
    return [
        f"cell {number}: {what}: {match.group()!r}"
        for number, cell in code_cells(notebook)
        for text in texts(cell)
        if (match := pattern.search(text))
    ]


def figures_have_alternatives(notebook: NotebookNode) -> list[str]:
    """Every picture carries a text for those who cannot see it."""
    return [
        f"cell {number}: a figure without alternative text; the helpers of course_utils.plots take alt="
        for number, cell in code_cells(notebook)
        for output in cell.outputs
        if "image/png" in output.get("data", {}) and not output.metadata.get("image/png", {}).get("alt")
    ]


def full_and_real(notebook: NotebookNode) -> list[str]:
    """The last cell's report says: full profile, no corpus from the samples."""
    report = find_report(notebook)
    if not report:
        return ["no report: the last cell must call runtime.finish(...)"]
    complaints = [] if report.get("profile") == "full" else [f"ran in the {report.get('profile')} profile, not full"]
    samples = [corpus for corpus, origin in report.get("data", {}).items() if origin != "real"]
    return complaints + [f"{corpus}: ran on the sample, not on the real corpus" for corpus in samples]


def short_cells(notebook: NotebookNode) -> list[str]:
    """Lines of code a cell: median at most 4, nine cells in ten at most 12."""
    lines = [lines_of_code(cell.source) for _, cell in code_cells(notebook) if cell.source.strip()]
    if not lines:
        return []
    complaints = []
    if statistics.median(lines) > MEDIAN_LINES:
        complaints.append(f"median of {statistics.median(lines)} lines of code a cell, at most {MEDIAN_LINES}")
    long = [count for count in lines if count > NINE_IN_TEN_LINES]
    if len(long) > len(lines) / 10:
        complaints.append(f"{len(long)} of {len(lines)} cells have over {NINE_IN_TEN_LINES} lines of code")
    return complaints


def lines_of_code(source: str) -> int:
    """Count the lines that are neither blank nor only a comment.

    >>> lines_of_code("# why\\n\\nx = 1\\nx")
    2
    """
    return sum(bool(line.strip()) and not line.strip().startswith("#") for line in source.splitlines())


# What `make notebooks` insists on before it rewrites a notebook, and what the tests check on every one.
COMMITTED = (
    no_errors,
    executed_in_order,
    no_warnings,
    no_machine_paths,
    figures_have_alternatives,
    full_and_real,
)


def complaints_about(notebook: NotebookNode) -> list[str]:
    """Return what all the checks of a committed notebook have to say."""
    return [complaint for check in COMMITTED for complaint in check(notebook)]


def addresses(text: str) -> set[str]:
    """Return the repositories ("owner/name") that badges and set-up cells in a text point to.

    >>> addresses("https://colab.research.google.com/github/ada/course/blob/main/x.ipynb")
    {'ada/course'}
    """
    badge = r"colab\.research\.google\.com/github/([\w.-]+/[\w.-]+)"
    install = r"git\+https://github\.com/([\w.-]+/[\w.-]+?)(?=\.git\b|[^\w.-]|$)"
    return {found for pattern in (badge, install) for found in re.findall(pattern, text)}


def files_with_addresses(root: Path) -> list[Path]:
    """Return the files in which the repository's address may stand: README, sources, notebooks."""
    notebooks = root / "notebooks"
    found = [root / "README.md", *notebooks.glob("src/*.py"), *notebooks.rglob("*.ipynb")]
    return [path for path in found if path.is_file()]
