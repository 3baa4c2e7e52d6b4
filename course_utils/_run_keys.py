"""The key under which a run is kept: a digest of all its numbers depend on (used by `experiments`, notebook 02).

A builder counts by its compiled code, its defaults, and the global and closure values and functions that this code
reads, followed down to installed packages (whose versions count instead). So a changed constant changes the key;
a comment, a line moved or another cell of the notebook does not.
"""

import dis
import functools
import hashlib
import importlib.util
import json
import pickle
import sys
import sysconfig
import types
from pathlib import Path

import numpy as np

_LIBRARIES = [Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib", "purelib", "platlib")]
_SILENT = ("PUSH_NULL", "CACHE", "EXTENDED_ARG", "PRECALL")  # steps that may stand between a name and its attribute


def is_own(module_name: str | None) -> bool:
    """Say whether a module is the learner's own (a notebook, a script), not Python's or an installed one.

    Examples
    --------
    >>> is_own("json"), is_own("numpy.linalg"), is_own("__main__")
    (False, False, True)
    """
    if module_name in (None, "__main__"):
        return True
    if module_name.partition(".")[0] in sys.stdlib_module_names:
        return False
    file = getattr(sys.modules.get(module_name), "__file__", None)
    return file is None or not any(Path(file).resolve().is_relative_to(folder) for folder in _LIBRARIES)


def _codes(code):
    """Yield a code object and those inside it: inner functions, lambdas, comprehensions."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def used_globals(function) -> dict:
    """Return the global values that a function reads, by name; of a module only the attributes it names.

    Examples
    --------
    >>> sorted(used_globals(lambda: json.dumps({"bytes": sys.maxsize})))
    ['json.dumps', 'sys.maxsize']
    """
    found, space = {}, function.__globals__
    for code in _codes(function.__code__):
        name = None  # of the value on top of the stack, as long as it is a global one or an attribute of a module
        for step in dis.get_instructions(code):
            if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
                name = step.argval if step.argval in space else None
                value = space.get(name)
            elif name and step.opname in ("LOAD_ATTR", "LOAD_METHOD") and isinstance(value, types.ModuleType):
                del found[name]
                name, value = f"{name}.{step.argval}", getattr(value, step.argval, None)
            elif step.opname == "IMPORT_NAME" and is_own(step.argval):
                spec = importlib.util.find_spec(step.argval)
                name, value = f"import {step.argval}", Path(spec.origin).read_text() if spec and spec.origin else None
            elif step.opname not in _SILENT:
                name = None
            if name:
                found[name] = value
    return found


def _describe(value, seen: dict):
    """Turn a value into nested lists of text that are equal exactly if the value is (`seen` breaks circles)."""
    if value is None or isinstance(value, bool | int | float | complex | str | bytes) or value is Ellipsis:
        return f"{type(value).__name__} {value!r}"
    if isinstance(value, types.ModuleType):
        own = is_own(value.__name__) and getattr(value, "__file__", None)
        return ["module", value.__name__, Path(value.__file__).read_text() if own else ""]
    if id(value) in seen:
        return ["again", seen[id(value)][0]]
    seen[id(value)] = len(seen), value  # held: a value that is let go would hand its id to the next one

    def each(values):
        return [_describe(one, seen) for one in values]

    if isinstance(value, np.ndarray | np.generic):
        return ["array", digest(np.asarray(value))]
    if isinstance(value, tuple | list):
        return [type(value).__name__, *each(value)]
    if isinstance(value, set | frozenset):  # their order changes from process to process
        return ["set", *sorted(json.dumps(_describe(one, {})) for one in value)]
    if isinstance(value, dict):
        return ["dict", *each(value.items())]
    if isinstance(value, types.CodeType):
        return ["code", value.co_code.hex(), each(value.co_consts), value.co_names, value.co_varnames]
    if isinstance(value, functools.partial):
        return ["partial", *each((value.func, value.args, value.keywords))]
    if isinstance(value, types.MethodType):
        return ["method", value.__name__, *each((value.__self__, value.__func__))]
    if isinstance(value, types.FunctionType):
        if not is_own(value.__module__):
            return ["library", value.__module__, value.__qualname__]
        cells = [cell.cell_contents for cell in value.__closure__ or ()]
        parts = (value.__code__, value.__defaults__, value.__kwdefaults__, cells, used_globals(value))
        return ["function", *each(parts)]
    if isinstance(value, type):
        if not is_own(value.__module__):
            return ["library", value.__module__, value.__qualname__]
        skip = ("__dict__", "__weakref__", "__doc__", "__module__", "__firstlineno__", "__static_attributes__")
        members = {name: one for name, one in vars(value).items() if name not in skip}
        return ["class", value.__qualname__, *each((value.__bases__, members))]
    if isinstance(value, types.BuiltinFunctionType):
        return ["library", value.__module__, value.__qualname__]
    if callable(value) and hasattr(value, "__qualname__") and not is_own(value.__module__):
        return ["library", value.__module__, value.__qualname__]  # compiled by Cython: np.random.default_rng
    if isinstance(value, staticmethod | classmethod):
        return ["method", *each((value.__func__,))]
    if isinstance(value, property):
        return ["property", *each((value.fget, value.fset, value.fdel))]
    if hasattr(value, "get_config") and hasattr(value, "get_weights"):  # a layer or a model of Keras
        return ["layer", *each((type(value), value.get_config(), value.get_weights()))]
    if hasattr(value, "get_config"):
        return ["object", *each((type(value), value.get_config()))]
    if is_own(type(value).__module__) and hasattr(value, "__dict__"):
        return ["object", *each((type(value), vars(value)))]
    try:
        return ["pickle", pickle.dumps(value, protocol=4).hex()]
    except Exception:
        raise TypeError(
            f"the builder uses a {type(value).__name__} that stands outside it and whose content cannot be compared; "
            "make it inside the builder, or use numbers, text, arrays, functions."
        ) from None


def own_modules(builder) -> list:
    """Return the learner's own importable modules that a builder's code comes from, directly or through its helpers.

    Examples
    --------
    >>> own_modules(json.dumps)
    []
    """
    names, waiting, seen = set(), [builder], set()
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, functools.partial):
            waiting.append(value.func)
        elif isinstance(value, types.FunctionType | type) and is_own(value.__module__):
            names.add(value.__module__)
            if isinstance(value, types.FunctionType):
                waiting += used_globals(value).values()
                waiting += [cell.cell_contents for cell in value.__closure__ or ()]
    return [sys.modules[name] for name in sorted(names - {"__main__"}) if name in sys.modules]


def fingerprint(builder) -> str:
    """Return the digest of a builder: of its code and of everything of the learner's own that it uses.

    Parameters
    ----------
    builder : callable

    Returns
    -------
    str
        SHA-256, 64 hexadecimal digits.

    Raises
    ------
    TypeError
        If it uses an object whose content cannot be compared, such as an open file.

    Examples
    --------
    >>> fingerprint(lambda: 8) == fingerprint(lambda: 8), fingerprint(lambda: 8) == fingerprint(lambda: 9)
    (True, False)
    """
    return digest(json.dumps(_describe(builder, {})))


def digest(*parts) -> str:
    """Return the SHA-256 of texts and arrays (type, shape and values), 64 hexadecimal digits.

    Examples
    --------
    >>> digest("a", np.zeros(2)) == digest("a", np.zeros((2, 1)))
    False
    """
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            total.update(f"array {part.dtype.str} {part.shape} ".encode())
            part = part.tolist().__repr__().encode() if part.dtype.hasobject else np.ascontiguousarray(part).data
            total.update(part.cast("B") if isinstance(part, memoryview) and part.nbytes else bytes(part))
        else:
            total.update(f"text {len(part)} {part}".encode())
    return total.hexdigest()
