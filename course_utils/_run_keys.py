"""Under which key a run is kept: a digest of everything its numbers depend on (used by `experiments`, notebook 02)."""

import dis
import functools
import hashlib
import importlib
import inspect
import json
import sys
import sysconfig
import types
from pathlib import Path

import numpy as np

_LIBRARIES = tuple(
    str(Path(sysconfig.get_path(name)).resolve()) for name in ("stdlib", "platstdlib", "purelib", "platlib")
)


def is_own(module_name: str | None) -> bool:
    """Say whether a module is the learner's own (a notebook, a script), not Python's or an installed one.

    Examples
    --------
    >>> is_own("json"), is_own("numpy.linalg"), is_own("__main__")
    (False, False, True)
    """
    if module_name is None or module_name == "__main__":
        return True
    file = getattr(sys.modules.get(module_name), "__file__", None)
    if file is None:
        return module_name not in sys.modules or module_name not in sys.builtin_module_names
    return not str(Path(file).resolve()).startswith(_LIBRARIES)


def _codes(code):
    """Yield a code object and those inside it: inner functions, lambdas, comprehensions."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def used_globals(function) -> dict:
    """Return the global values that a function reads, by name; of modules only the parts it names.

    Examples
    --------
    >>> units = 8
    >>> sorted(used_globals(lambda: json.dumps({"units": units})))
    ['json.dumps', 'units']
    """
    found = {}
    space = function.__globals__
    for code in _codes(function.__code__):
        name = None
        for step in dis.get_instructions(code):
            if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
                name = step.argval if step.argval in space else None
                value = space.get(step.argval)
            elif step.opname in ("LOAD_ATTR", "LOAD_METHOD") and name and isinstance(value, types.ModuleType):
                name, value = f"{name}.{step.argval}", getattr(value, step.argval, None)
            elif step.opname == "IMPORT_NAME":
                name, value = f"import {step.argval}", importlib.import_module(step.argval) if not step.argval.startswith(".") else None
            else:
                if step.opname not in ("PUSH_NULL", "CACHE", "EXTENDED_ARG", "PRECALL"):
                    name = None
                continue
            if name and not isinstance(value, types.ModuleType):
                found[name] = value
            elif name and name.startswith("import ") and is_own(value.__name__):
                found[name] = Path(value.__file__).read_text()
    return found
