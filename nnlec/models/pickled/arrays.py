"""NumPy's arrays in a pickle, and joblib's, whose numbers stand between its opcodes."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from math import prod
from typing import Any

import numpy as np

from nnlec.errors import NnlecError
from nnlec.models.pickled.machine import Global, Machine, Rules, Thing

_OBJECTS = "O"
_CODE = re.compile("[fiubUS][0-9]{1,9}")
"""A type of numbers or texts, and the bytes or letters of each."""


def _dtype(code: Any, *_: Any) -> Thing:
    return Thing(Global("numpy", "dtype"), arguments=(code,))


def _numbers(kind: Any) -> np.dtype[Any] | str:
    """The type of numbers that a pickled dtype means; `O` for objects. Raises `NnlecError` for any other."""
    if not isinstance(kind, Thing) or kind.kind != Global("numpy", "dtype"):
        raise NnlecError("a damaged pickle: an array without a type")
    (code,) = kind.arguments
    if not isinstance(code, str):
        raise NnlecError("a damaged pickle: an array without a type")
    order: Any = kind.state[1] if isinstance(kind.state, tuple) else "|"
    if code.startswith(_OBJECTS):
        return _OBJECTS
    if not _CODE.fullmatch(code) or order not in ("<", ">", "|", "="):
        raise NnlecError(f"an array of {code[:12]!r}, expected numbers or texts")
    return np.dtype(code).newbyteorder(order)


def _shape(shape: Any) -> tuple[int, ...]:
    if not isinstance(shape, tuple) or not all(type(n) is int and 0 <= n < 1 << 40 for n in shape) or len(shape) > 8:
        raise NnlecError("a damaged pickle: an array without a shape")
    return shape


def _array(data: Any, kind: Any, shape: Any, *, columns: bool) -> Any:
    """An array of bytes; of objects, a list of them."""
    numbers, sizes = _numbers(kind), _shape(shape)
    if isinstance(numbers, str):
        if not isinstance(data, list) or len(data) != prod(sizes):
            raise NnlecError("a damaged pickle: an array of objects without them")
        return data
    if not isinstance(data, bytes | bytearray | str):
        raise NnlecError("a damaged pickle: an array without numbers")
    content = data.encode("latin-1") if isinstance(data, str) else bytes(data)
    if len(content) != prod(sizes) * numbers.itemsize:
        raise NnlecError(f"an array of {list(sizes)} in {len(content):,} bytes")
    return np.frombuffer(content, dtype=numbers).reshape(sizes, order="F" if columns else "C")


def _scalar(kind: Any, data: Any = None) -> Any:
    if _numbers(kind) == _OBJECTS:
        raise NnlecError("a single object, expected a number")
    return _array(data, kind, (), columns=False)[()]


def _from_buffer(data: Any, kind: Any, shape: Any, order: Any = "C") -> Any:
    return _array(data, kind, shape, columns=order == "F")


def _empty(*_: Any) -> Thing:
    return Thing(Global("numpy", "ndarray"))


def _wrapped(thing: Thing, file: BytesIO, rules: Rules) -> Any:
    """joblib's array: its numbers come next in the file; those of an array of objects as a pickle of their own."""
    given = thing.attributes
    shape, numbers = _shape(given.get("shape")), _numbers(given.get("dtype"))
    if isinstance(numbers, str):
        return Machine(file, rules).run()
    if given.get("numpy_array_alignment_bytes"):
        file.seek(int.from_bytes(file.read(1), "little"), 1)
    content = file.read(prod(shape) * numbers.itemsize)
    return _array(content, given["dtype"], shape, columns=given.get("order") == "F")


def _built(thing: Thing, file: BytesIO) -> Any:
    if thing.kind == Global("numpy", "ndarray"):
        _, shape, kind, columns, data = thing.state
        return _array(data, kind, shape, columns=bool(columns))
    if thing.kind.name == "NumpyArrayWrapper":
        return _wrapped(thing, file, rules_for(lambda _: False))
    return thing


def _ordered(*given: Any) -> dict[Any, Any]:
    pairs = given[0] if given else []
    return {pair[0]: pair[1] for pair in pairs if isinstance(pair, tuple | list) and isinstance(pair[0], str)}


_CORES = ("numpy.core", "numpy._core")

FUNCTIONS: dict[Global, Callable[..., Any]] = {
    Global("numpy", "dtype"): _dtype,
    **{Global(f"{core}.multiarray", "_reconstruct"): _empty for core in _CORES},
    **{Global(f"{core}.multiarray", "scalar"): _scalar for core in _CORES},
    **{Global(f"{core}.numeric", "_frombuffer"): _from_buffer for core in _CORES},
    Global("collections", "OrderedDict"): _ordered,
    Global("_codecs", "encode"): lambda text, code: text.encode("latin-1") if code == "latin1" else b"",
    Global("builtins", "slice"): lambda start, stop, step: slice(start, stop, step),
}
"""Names that a pickle calls, and what is done in their place."""

_CLASSES = {Global("numpy", "ndarray"), Global("joblib.numpy_pickle", "NumpyArrayWrapper")}


def rules_for(is_class: Callable[[Global], bool]) -> Rules:
    """The rules of a reader that knows these classes beside arrays."""
    return Rules(FUNCTIONS, lambda name: name in _CLASSES or is_class(name), _built)
