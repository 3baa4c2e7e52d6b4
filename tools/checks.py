"""What a committed notebook must hold to. Each check returns complaints; none means it passes."""

import re

from nbformat import NotebookNode

from tools.execute import find_report

# A user's or a system's folder. Addresses and plain fractions do not match: before the slash stands no word.
MACHINE_PATH = re.compile(
    r"(?<![\w:/.~-])/(?:home|root|Users|tmp|var|private|opt|usr|work|workspace|content|mnt|srv|builds?)/[\w.~-]+"
    r"|\b[A-Z]:\\Users\\"
)
WARNING = re.compile(r"\b\w*Warning\b|\bWARNING\b")


def code_cells(notebook: NotebookNode) -> list[tuple[int, NotebookNode]]:
    """Return the code cells with their numbers; cells are counted from 1, text cells too."""
    return [(number, cell) for number, cell in enumerate(notebook.cells, 1) if cell.cell_type == "code"]


def outputs(notebook: NotebookNode) -> list[tuple[int, NotebookNode]]:
    """Return every output with the number of its cell."""
    return [(number, output) for number, cell in code_cells(notebook) for output in cell.outputs]


def texts(output: NotebookNode) -> list[str]:
    """Return every text of an output: a stream, plain text, HTML, SVG, a traceback."""
    if "data" not in output:
        return [output.get("text") or "\n".join(output.traceback)]
    pictures = ("image/png", "image/jpeg")
    return [str(value) for mime, value in output.data.items() if mime not in pictures]


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
    failed = [(number, output) for number, output in outputs(notebook) if output.output_type == "error"]
    return [f"cell {number}: {output.ename}: {output.evalue}" for number, output in failed]


def no_warnings(notebook: NotebookNode) -> list[str]:
    """No output holds a warning: a reader cannot tell a harmless one from the other kind."""
    return _matches(notebook, WARNING, "a warning")


def no_machine_paths(notebook: NotebookNode) -> list[str]:
    """No output holds a path of the machine that ran it."""
    return _matches(notebook, MACHINE_PATH, "a path of this machine")


def _matches(notebook: NotebookNode, pattern: re.Pattern, what: str) -> list[str]:
    found = [(number, pattern.search(text)) for number, output in outputs(notebook) for text in texts(output)]
    return [f"cell {number}: {what}: {match.group()!r}" for number, match in found if match]


def figures_have_alternatives(notebook: NotebookNode) -> list[str]:
    """Every picture carries a text for those who cannot see it."""
    return [
        f"cell {number}: a figure without alternative text; the helpers of course_utils.plots take alt="
        for number, output in outputs(notebook)
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


# What `make notebooks` insists on before it rewrites a notebook, and what the tests check on every one.
COMMITTED = (no_errors, executed_in_order, no_warnings, no_machine_paths, figures_have_alternatives, full_and_real)


def complaints_about(notebook: NotebookNode) -> list[str]:
    """Return what all the checks of a committed notebook have to say."""
    return [complaint for check in COMMITTED for complaint in check(notebook)]
