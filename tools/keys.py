"""What an executed notebook depends on, as short keys: changed code asks for a run, changed prose does not."""

import ast
import hashlib
import re
from importlib.metadata import version
from modulefinder import ModuleFinder
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager
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
        `code`: digest of the code cells and of every part of a helper that they need, directly or through another;
        `prose`: digest of all that can change without running again; `profile`; `versions` of the libraries.
    """
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    source = "\n".join(plain_python(cell.source) for cell in cells)
    helpers = {name: path.read_text(encoding="utf-8") for name, path in sorted(imported_helpers(source, root).items())}
    code = [f"{essence(cell.source)} {sorted(cell.metadata.items())}" for cell in cells]
    code += [f"{name}\n{part}" for name, part in needed_parts(source, helpers).items()]
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
    """Return a cell as Python, its magics as the calls that IPython makes of them.

    >>> plain_python("%matplotlib inline\\nimport keras")
    "get_ipython().run_line_magic('matplotlib', 'inline')\\nimport keras\\n"
    """
    return TransformerManager().transform_cell(source)


def essence(source: str) -> str:
    """Return what of a source can change a result: its syntax, without comments, docstrings and layout.

    The repository's address, which the set-up cell holds, does not count either. A semicolon at the end of a
    cell does: it hides a value. The answer is the same on every Python that the course runs on.

    >>> essence("def f():\\n    'Say one.'\\n    return 1  # why") == essence("def f(): return (1)")
    True
    >>> essence("f(1)") == essence("f(2)"), essence("f(1)") == essence("f(1);")
    (False, False)
    """
    return f"{_shape(_tree(source))}{source.rstrip()[-1:] == ';'}"


def needed_parts(source: str, modules: dict[str, str]) -> dict[str, list]:
    """Return the essence of what some source needs of modules, directly or through another part.

    A function, class, constant or import is needed if a needed part of its own module names it, or if the source or a
    needed part of any module imports its name, or holds it as an attribute or a string. Other statements always run.

    Parameters
    ----------
    source : str
        Python source.
    modules : dict of str to str
        Sources of modules by their names.

    Examples
    --------
    >>> parts = needed_parts("import m; m.f()", {"m": "def f(): return C\\ndef g(): pass\\nC = 1\\nD = 2"})
    >>> [kind for kind, *_ in parts["m"]]
    ['FunctionDef', 'Assign']
    """
    trees = {name: [part for node in _tree(text).body for part in _parts(node)] for name, text in modules.items()}
    own, (_, outside), found, size = {name: set() for name in trees}, _names(ast.parse(source)), {}, -1
    while size < (size := len(outside) + sum(map(len, own.values()))):
        for name, tree in trees.items():
            found[name] = [part for bound, part in tree if bound is None or bound & (own[name] | outside)]
            names = [_names(part) for part in found[name]]
            own[name], outside = own[name].union(*(each[0] for each in names)), outside.union(*(e[1] for e in names))
    return {name: _shape(parts) for name, parts in found.items() if parts}


def _parts(statement: ast.stmt) -> list[tuple[set[str] | None, ast.stmt]]:
    """Return a statement with the names that it binds (None if it does more), an import name by name."""
    match statement:
        case ast.Import() | ast.ImportFrom():
            fields = vars(statement)
            return [({a.asname or a.name}, type(statement)(**fields | {"names": [a]})) for a in statement.names]
        case ast.FunctionDef(name) | ast.ClassDef(name) | ast.AugAssign(ast.Name(name)) | ast.Assign([ast.Name(name)]):
            return [({name}, statement)]
    return [(None, statement)]


def _names(tree: ast.AST) -> tuple[set[str], set[str]]:
    """Return the names by which a part can mean something of its own module, and of another."""
    own, outside = set(), set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(name):
                own.add(name)
            case ast.Attribute(attr=name) | ast.Constant(str(name)):
                outside.add(name)
            case ast.ImportFrom(module, names) if node.level or module.startswith(PACKAGE):
                outside |= {alias.name for alias in names}
    return own, outside


def _tree(source: str) -> ast.Module:
    """Return a cell's or a module's syntax tree without docstrings."""
    tree = ast.parse(plain_python(ADDRESS.sub("github.com/owner/repository", source)))
    for node in ast.walk(tree):
        match node:  # a cell that is one string keeps it: it shows it
            case ast.AST(body=[ast.Expr(value=ast.Constant(value=str())), _, *_]):
                del node.body[0]
    return tree


def _shape(node: object) -> object:
    """Return a node of a syntax tree as nested lists, without what is empty: newer Pythons add empty fields."""
    if isinstance(node, list):
        return [_shape(item) for item in node]
    if not isinstance(node, ast.AST):
        return node
    fields = [(name, _shape(value)) for name, value in ast.iter_fields(node) if value is not None and value != []]
    return [type(node).__name__, *fields]


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
        Dotted names and their files; a package comes with everything that its `__init__` imports.

    Examples
    --------
    >>> sorted(imported_helpers("from course_utils import validate"))
    ['course_utils', 'course_utils.validate']
    """
    finder = ModuleFinder(path=[str(root)])
    finder.scan_code(compile(source, "cells", "exec"), finder.add_module("cells"))
    named = {name: module.__file__ for name, module in finder.modules.items() if name.split(".")[0] == PACKAGE}
    return {name: Path(file) for name, file in named.items() if file}
