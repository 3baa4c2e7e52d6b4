"""How a finished training is recognized: a digest of everything its numbers depend on.

The digest covers the model as Keras describes it (layers, compile settings, initial weights), the learner's own
functions and classes it uses, the settings, the data and the versions. A changed constant or helper changes it; a
comment or a docstring does not.
"""

import hashlib
import json
import re
import sys
import types
from pathlib import Path

import numpy as np

from course_utils import runtime
from course_utils.backends import keras

__all__ = ["digest", "is_own", "model_config", "model_digest", "training_folder"]


def digest(*parts: object) -> str:
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
            total.update(part.tobytes() if not part.dtype.hasobject else repr(part.tolist()).encode())
        else:
            total.update(f"text {len(str(part))} {part}".encode())
    return total.hexdigest()


def is_own(module: str | None) -> bool:
    """Say whether a module is the learner's own (a notebook, a script), not Python's or an installed one.

    Examples
    --------
    >>> is_own("json"), is_own("numpy.linalg"), is_own("__main__")
    (False, False, True)
    """
    above = Path(getattr(sys.modules.get(module), "__file__", None) or "").parents
    library = {"site-packages", "dist-packages"} & {each.name for each in above} or Path(types.__file__).parent in above
    return module in (None, "__main__") or not (library or module.partition(".")[0] in sys.stdlib_module_names)


# Attributes under which an object holds the code it stands for: lru_cache and wraps, methods, partial and
# cached_property, property, np.vectorize, defaultdict.
_HOLDS = ("__wrapped__", "__func__", "func", "args", "keywords", "fget", "pyfunc", "default_factory")


def own_code(value: object, seen: dict | None = None) -> object:
    """Describe the learner's own functions and classes reachable from a value, and the constants they read.

    Whatever is neither code nor a plain value counts by its type alone: what it does to a model shows in the model.

    Examples
    --------
    >>> size = 8
    >>> before = own_code(lambda: size)
    >>> size = 9
    >>> before == own_code(lambda: size), before == own_code(lambda: 8 + 1 - 1)
    (False, False)
    """
    seen = {} if seen is None else seen
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        return f"{type(value).__name__} {value!r}"
    if id(value) in seen:
        return f"again {seen[id(value)][0]}"
    seen[id(value)] = len(seen), value  # held, so that its id is not given to another value
    module = getattr(value, "__module__", None) or type(value).__module__
    parts: list = [f"{type(value).__module__}.{type(value).__qualname__}", getattr(value, "__qualname__", "")]
    if isinstance(value, np.ndarray | np.generic):
        return digest(np.asarray(value))
    if isinstance(value, set | frozenset):  # their order changes from process to process
        return sorted(json.dumps(own_code(each, {})) for each in value)
    if isinstance(value, tuple | list):
        parts += value
    elif isinstance(value, dict):
        parts += value.items()
    elif isinstance(value, types.CodeType):
        parts += [value.co_code.hex(), value.co_names, value.co_consts]
    elif isinstance(value, types.FunctionType) and is_own(module):
        cells = [cell.cell_contents for cell in value.__closure__ or () if cell != types.CellType()]
        reads = {name: value.__globals__[name] for name in _names(value.__code__) if name in value.__globals__}
        constants = tuple(each for each in value.__code__.co_consts if each != value.__doc__)
        parts += [value.__code__.replace(co_consts=constants), value.__defaults__, value.__kwdefaults__, cells, reads]
    elif isinstance(value, type) and is_own(module):
        members = {name: each for name, each in vars(value).items() if callable(each) or not name.startswith("__")}
        parts += [value.__bases__, members]
    elif is_own(module) and hasattr(value, "__dict__") and not isinstance(value, types.ModuleType | keras.Layer):
        parts += [type(value), vars(value)]
    if not isinstance(value, type | types.ModuleType):
        parts += [getattr(value, name, None) for name in _HOLDS]
    return [own_code(each, seen) for each in parts]


def _names(code: types.CodeType) -> list[str]:
    """Return the names that a function's code reads, in inner functions too, in a fixed order."""
    inner = [name for each in code.co_consts if isinstance(each, types.CodeType) for name in _names(each)]
    return list(dict.fromkeys([*code.co_names, *inner]))


def model_config(model: keras.Model) -> str:
    """Return what Keras says of a compiled model: layers and compile settings, as JSON.

    Keras numbers the names of layers through a session (``dense_7``), and those numbers do not count.

    Examples
    --------
    >>> one, two = (keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]) for _ in range(2))
    >>> model_config(one) == model_config(two)
    True
    """
    try:
        layers = model.get_config()
    except NotImplementedError:  # a subclassed model whose arguments Keras cannot write down
        layers = [(type(layer).__name__, layer.get_config()) for layer in model.layers]
    text = json.dumps([layers, model.get_compile_config()], default=repr)
    names = dict.fromkeys(re.findall(r'"name": "([^"]+)"', text))
    places = {name: f'"{re.sub(r"_[0-9]+$", "", name)} {place}"' for place, name in enumerate(names)}
    text = re.sub(r'"([^"]+)"', lambda found: places.get(found[1], found[0]), text)
    return re.sub(r" at 0x[0-9a-f]+", "", text)


def model_digest(model: keras.Model, *more: object) -> str:
    """Return the digest of a model: its config, initial weights, the learner's own code in it, and in `more`.

    Examples
    --------
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> before = model_digest(model)
    >>> model.set_weights([np.ones((2, 1)), np.ones(1)])
    >>> before == model_digest(model)
    False
    """
    layers = list(model._flatten_layers())
    held = [each for layer in layers for each in vars(layer).values() if isinstance(each, types.FunctionType)]
    compiled = getattr(getattr(model, "_compile_config", None), "config", None)
    code = own_code([*more, [type(layer) for layer in layers], held, compiled])
    return digest(model_config(model), json.dumps(code), *(np.asarray(each) for each in model.get_weights()))


def training_folder(name: str, model: keras.Model, x: np.ndarray, y: np.ndarray, **settings: object) -> Path:
    """Make and return the folder of one training, the same one as long as nothing changed that it depends on.

    Ask for it right after compiling, before the first `fit`: the initial weights count. Set a seed before you build
    the model, so that they are the same after a restart.

    Parameters
    ----------
    name : str
        A folder below the course's outputs (:func:`course_utils.runtime.output_folder`).
    model : keras.Model
        Compiled: loss and optimizer are part of what a training depends on.
    x, y : arrays
        The training data.
    **settings
        What else `fit` is given, such as ``epochs=10, batch_size=32``.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    ValueError
        If the model is not compiled.

    Examples
    --------
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> x = np.ones((2, 1))
    >>> folder = training_folder("doctest", model, x, x, epochs=1)
    >>> folder == training_folder("doctest", model, x, x, epochs=1)
    True
    >>> folder == training_folder("doctest", model, x, x, epochs=1, batch_size=2)
    False
    """
    if not model.compiled:
        raise ValueError("the model is not compiled; call model.compile(...) before asking for its folder.")
    told = json.dumps(own_code(settings)), str(runtime.versions())
    key = digest(model_digest(model), *told, np.asarray(x), np.asarray(y))
    folder = runtime.output_folder(name) / key[:16]
    folder.mkdir(exist_ok=True)
    return folder
