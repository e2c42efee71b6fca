"""PyTorch's files of weights, the zip archives and those of before version 1.6, read without PyTorch.

Nothing is called: a tensor is a place in a file of numbers, and its strides are checked against it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nnlec.errors import NnlecError, shortened
from nnlec.models.archives import member
from nnlec.models.pickled.arrays import FUNCTIONS, rules_for
from nnlec.models.pickled.machine import Global, Machine, Rules
from nnlec.models.weights.npz import MAX_RATIO, SMALL
from nnlec.text import visible

if TYPE_CHECKING:
    from zipfile import ZipFile

_STORAGES: Mapping[str, str] = {
    "FloatStorage": "f4",
    "DoubleStorage": "f8",
    "HalfStorage": "f2",
    "BFloat16Storage": "u2",
    "LongStorage": "i8",
    "IntStorage": "i4",
    "ShortStorage": "i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "?",
}
_MAGIC = 0x1950A86A20F9469CFC6C
_WRAPPERS = ("model_state_dict", "state_dict", "model", "net", "weights")


class Storage(NamedTuple):
    """Numbers in a file: their type and the key under which they lie."""

    kind: str
    key: str
    size: int


class StorageView(NamedTuple):
    """A view of a storage: where it begins, its shape and strides in numbers."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def read_archive(archive: ZipFile) -> Mapping[str, np.ndarray]:
    """The weights in a zip archive of PyTorch."""
    pickles = [name for name in archive.namelist() if name.endswith("/data.pkl")]
    if len(pickles) != 1:
        raise NnlecError(f"{len(pickles)} members called data.pkl, expected one")
    root = pickles[0].removesuffix("data.pkl")
    if f"{root}constants.pkl" in archive.namelist():
        raise NnlecError("a TorchScript module, which is a program", hint="torch.onnx.export writes it as ONNX")
    names = set(archive.namelist())
    order = member(archive, f"{root}byteorder") if f"{root}byteorder" in names else b"little"
    found = Machine(BytesIO(member(archive, pickles[0])), _rules()).run()

    def numbers(storage: Storage) -> bytes:
        return member(archive, f"{root}data/{storage.key}")

    return _arrays(found, numbers, ">" if order.strip() == b"big" else "<")


def read_old(file: BytesIO) -> Mapping[str, np.ndarray]:
    """The weights in a file of PyTorch before version 1.6: pickles one behind the other, then the numbers."""
    rules = _rules()
    if Machine(file, rules).run() != _MAGIC:
        raise NnlecError("a pickle that is no file of PyTorch")
    Machine(file, rules).run()
    system = Machine(file, rules).run()
    little = not isinstance(system, dict) or system.get("little_endian") is not False
    found = Machine(file, rules).run()
    keys = Machine(file, rules).run()
    if not isinstance(keys, list):
        raise NnlecError("a damaged file of PyTorch")
    sizes = {tensor.storage.key: np.dtype(tensor.storage.kind).itemsize for tensor in _tensors(found).values()}
    held: dict[str, bytes] = {}
    for key in keys:
        count = int.from_bytes(file.read(8), "little" if little else "big")
        if key not in sizes:
            raise NnlecError("numbers that no tensor has")
        length = count * sizes[key]
        if length > len(file.getbuffer()) - file.tell():
            raise NnlecError("a storage longer than the file")
        held[key] = file.read(length)
    return _arrays(found, lambda storage: held.get(storage.key, b""), "<" if little else ">")


def _rules() -> Rules:
    functions = dict(FUNCTIONS)
    functions[Global("torch._utils", "_rebuild_tensor_v2")] = _tensor
    functions[Global("torch._utils", "_rebuild_tensor")] = _tensor
    functions[Global("torch._utils", "_rebuild_parameter")] = lambda tensor, *_: tensor
    functions[Global("torch", "Size")] = lambda sizes: tuple(sizes)
    rules = rules_for(lambda name: name.module == "torch" and name.name in _STORAGES)
    return rules._replace(functions=functions, stored=_storage, refusal=_refused)


def _refused(name: Global) -> NnlecError:
    if name.module.startswith("torch.nn") or name.module == "__main__":
        hint = "save model.state_dict() instead, or export it: torch.onnx.export"
        return NnlecError(f"a pickled module ({name}), whose code would have to run", hint=hint)
    return NnlecError(f"it names {name}, which a file of weights has no need of", hint="nothing is called or imported")


def _storage(given: Any) -> Storage:
    match given:
        case ("storage", Global(module="torch", name=name), str(key), str(), int(size), *_) if name in _STORAGES:
            return Storage(_STORAGES[name], key, size)
    raise NnlecError("a storage of a kind that is not read")


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> StorageView:
    whole = [*shape, *strides, offset]
    if not isinstance(storage, Storage) or not all(type(n) is int and 0 <= n < 1 << 40 for n in whole):
        raise NnlecError("a damaged tensor")
    if len(shape) != len(strides) or len(shape) > 8:
        raise NnlecError("a tensor without as many strides as axes")
    return StorageView(storage, offset, tuple(shape), tuple(strides))


def _tensors(found: Any) -> dict[str, StorageView]:
    """The tensors of a dictionary by name; of one beside other things, those of its model."""
    if not isinstance(found, dict):
        raise NnlecError("it holds no dictionary of weights", hint="save model.state_dict()")
    for wrapper in _WRAPPERS:
        inner = found.get(wrapper)
        if isinstance(inner, dict) and any(isinstance(value, StorageView) for value in inner.values()):
            found = inner
            break
    named = {name: value for name, value in found.items() if isinstance(name, str) and isinstance(value, StorageView)}
    if not named:
        raise NnlecError("it holds no tensors by name", hint="save model.state_dict()")
    return named


def _arrays(found: Any, numbers: Callable[[Storage], bytes], order: str) -> Mapping[str, np.ndarray]:
    arrays = {}
    held: dict[str, np.ndarray] = {}
    total = 0
    for name, tensor in _tensors(found).items():
        storage = tensor.storage
        if storage.key not in held:
            content = numbers(storage)
            kind = np.dtype(storage.kind).newbyteorder(order)  # type: ignore[arg-type]
            if len(content) % kind.itemsize:
                raise NnlecError("a storage that ends within a number")
            held[storage.key] = np.frombuffer(content, dtype=kind)
        flat = held[storage.key]
        shown = visible(shortened(name))
        last = tensor.offset + sum((size - 1) * step for size, step in zip(tensor.shape, tensor.strides, strict=True))
        if not all(tensor.shape) or last >= len(flat):
            raise NnlecError(f"tensor '{shown}' of {list(tensor.shape)} reaches beyond its {len(flat):,} numbers")
        total += prod(tensor.shape)
        most = max(SMALL // 8, MAX_RATIO * sum(map(len, held.values())))
        if total > most:  # an axis of stride 0 repeats numbers
            raise NnlecError(f"its tensors would grow to more than {most:,} numbers")
        strides = tuple(step * flat.itemsize for step in tensor.strides)
        view = np.lib.stride_tricks.as_strided(flat[tensor.offset :], tensor.shape, strides)
        arrays[name] = _as_floats(view) if storage.kind == "u2" else np.asarray(view, order="C")
    return arrays


def _as_floats(upper: np.ndarray) -> np.ndarray:
    """Numbers of type bfloat16, the upper halves of single precision."""
    return (upper.astype("<u4") << 16).view("<f4")
