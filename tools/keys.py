"""What an executed notebook depends on, as short keys: changed code asks for a run, changed prose not."""

import ast
import hashlib
import io
import re
import tokenize
from importlib.metadata import version
from pathlib import Path

from nbformat import NotebookNode

from tools.sources import ROOT

PACKAGE = "course_utils"
VERSIONS = ("keras", "numpy", "scikit-learn", "tensorflow", "tokenizers")
ADDRESS = re.compile(r"github\.com/[\w.-]+/[\w.-]+?(?=\.git\b|[^\w.-]|$)")


def notebook_key(notebook: NotebookNode, profile: str, root: Path = ROOT) -> dict:
    """Return what the outputs of a notebook rest on.

    Returns
    -------
    dict
        `code`: digest of the code cells and of every helper they import, directly or through another;
        `prose`: digest of all that can change without running again; `profile`; `versions` of the libraries.
    """
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    helpers = imported_helpers("\n".join(plain_python(cell.source) for cell in cells), root)
    code = [essence(cell.source) + repr(sorted(cell.metadata.items())) for cell in cells]
    code += [f"{name}\n{essence(path.read_text(encoding='utf-8'))}" for name, path in sorted(helpers.items())]
    prose = [f"{cell.cell_type} {sorted(cell.metadata.items())}\n{cell.source}" for cell in notebook.cells]
    return {
        "code": digest(code),
        "prose": digest(prose),
        "profile": profile,
        "versions": {name: version(name) for name in VERSIONS},
    }


def digest(parts: list[str]) -> str:
    """Return 16 hexadecimal digits over a list of texts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def plain_python(source: str) -> str:
    """Return a cell without its magics and shell lines, so that `ast` can read it.

    Of a cell that is no Python even then (`frame?`), its import lines are left.

    >>> plain_python("%matplotlib inline\\nimport keras")
    'pass\\nimport keras'
    """
    plain = re.sub(r"^(\s*)[%!].*$", r"\1pass", source, flags=re.M)
    try:
        ast.parse(plain)
    except SyntaxError:
        return "\n".join(re.findall(r"^(?:from|import) .*[\w)]$", plain, flags=re.M))
    return plain


def essence(source: str) -> str:
    """Return Python source without comments, docstrings and blank lines: what can change a result.

    The repository's address, which the set-up cell holds, counts as prose as well. Source that is no
    plain Python (a cell of magics) is returned as it is.

    >>> essence("def f():\\n    'Say one.'\\n    return 1  # why\\n")
    'def f():\\n    return 1'
    """
    source = ADDRESS.sub("github.com/owner/repository", source)
    try:
        tree = ast.parse(source)
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (SyntaxError, tokenize.TokenError):
        return source
    lines = source.splitlines()
    for token in tokens:
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(tree):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.Module) and len(node.body) == 1:
            continue  # a cell that is one string shows it: no docstring
        first = node.body[0] if node.body else None
        if isinstance(first, ast.Expr) and isinstance(getattr(first.value, "value", None), str):
            start, end = first.lineno - 1, first.end_lineno
            if not lines[start][: first.col_offset].strip():
                lines[start:end] = [""] * (end - start)
    return "\n".join(line.rstrip() for line in lines if line.strip())


def imported_helpers(source: str, root: Path = ROOT) -> dict[str, Path]:
    """Return the modules of `course_utils` that some source imports, directly or through another.

    Parameters
    ----------
    source : str
        Python source.
    root : Path
        The folder that holds the package.

    Returns
    -------
    dict
        Dotted names and their files; the package itself is among them once anything of it is.
    """
    found: dict[str, Path] = {}
    waiting = [(source, "")]
    while waiting:
        text, module = waiting.pop()
        for name in imported_names(text, module):
            path = module_file(name, root)
            if path is not None and name not in found:
                found[name] = path
                waiting.append((path.read_text(encoding="utf-8"), name if path.name != "__init__.py" else f"{name}."))
    return found


def imported_names(source: str, module: str) -> set[str]:
    """Return every dotted name of the package that source may import; `module` resolves relative imports.

    >>> sorted(imported_names("from course_utils import plots\\nimport numpy", ""))
    ['course_utils', 'course_utils.plots']
    >>> sorted(imported_names("from .text import encode", "course_utils.plots"))
    ['course_utils', 'course_utils.text', 'course_utils.text.encode']
    """
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = module.split(".")[: -node.level] if node.level else []
            base = ".".join([*parents, *([node.module] if node.module else [])])
            names.update({base, *(f"{base}.{alias.name}" for alias in node.names)})
    parts = [name.split(".") for name in names if name.split(".")[0] == PACKAGE]
    return {".".join(name[: length + 1]) for name in parts for length in range(len(name))}


def module_file(name: str, root: Path) -> Path | None:
    """Return the file of a dotted module name, or None where the name is no module (a function, a class)."""
    path = root.joinpath(*name.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None
