"""Readers of network files, files of weights, students' answers, and values typed on a command line."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from nnlec import system
from nnlec.errors import NnlecError
from nnlec.filetypes import FileType, by_content, by_suffix
from nnlec.models.values import TypedValues, parse_values
from nnlec.text import visible

if TYPE_CHECKING:
    from nnlec.network.network import Network

__all__ = ["TypedValues", "from_keras", "from_sklearn", "from_torch", "load_network", "parse_values", "save_network"]

_OTHERS = {
    "tflite": "",
    **dict.fromkeys(
        ("safetensors", "npz", "npy"),
        "a network file names them, weights: {file: ...}; nnlec convert FILE -o net.yaml begins one",
    ),
    **dict.fromkeys(("csv", "tsv", "jsonl", "parquet"), "the network comes first, then the table"),
}
"""Types of files that are often given as a network by mistake, and hints."""

MODELS: dict[str, str] = {
    "onnx": "nnlec.models.onnx_file",
    "pickle": "nnlec.models.pickled",
    "zlib": "nnlec.models.pickled",
    "zip": "nnlec.models.archives",
    "hdf5": "nnlec.models.keras_file",
}
"""Type of a file in which other tools keep a whole network -> the module that makes one of it, by `load`."""


def load_network(path: str | os.PathLike[str], *, allow_outside: bool = False) -> Network:
    """The network that the file describes: YAML or JSON, or a model of another tool, recognised by its content.

    Weight files must lie in the network file's folder, or beneath it, unless `allow_outside`.

    Raises `NnlecError` with the place, `FILE:LINE:COL: layers[1].weights: ...`, for whatever is wrong with the file.

    >>> network = load_network("configs/lecture.yaml")
    >>> network.n_in, network.n_out, network.name
    (3, 2, 'Lecture example')
    """
    found = _content(path)
    if found is not None and found.name in MODELS:
        return _load_model(MODELS[found.name], os.fspath(path), allow_outside)
    named = by_suffix(str(path))
    if named is not None and named.name in _OTHERS:
        hint = _OTHERS[named.name]
        raise NnlecError(f"this is {named.what}, expected a network", where=visible(str(path)), hint=hint)
    from nnlec.models.yaml_file import load

    return load(os.fspath(path), allow_outside=allow_outside)


def from_sklearn(estimator: object) -> Network:
    """The network of a fitted scikit-learn estimator: a scaler, a linear model, a perceptron, or a pipeline of them.

    Raises `NnlecError` for one that is no network, as a tree is none.

    >>> from sklearn.linear_model import LinearRegression
    >>> network = from_sklearn(LinearRegression().fit([[0.0], [1.0]], [1.0, 3.0]))
    >>> network.forward([[2.0]]).round(9).tolist()
    [[5.0]]
    """
    from nnlec.models.scikit_learn import of_estimator

    return of_estimator(estimator)


def from_keras(model: object) -> Network:
    """The network of a Keras model, Sequential or Functional, as it stands in memory.

    nnlec imports neither Keras nor h5py for it. Raises `NnlecError` that names a layer that is not read.

    >>> from_keras("net.keras")
    Traceback (most recent call last):
        ...
    nnlec.errors.NnlecError: str is no Keras model
    """
    from nnlec.models.keras_file import of_model

    return of_model(model)


def from_torch(module: object, shape: Sequence[int] | int | None = None) -> Network:
    """The network of a PyTorch module in memory, in evaluation mode; its forward is followed by torch.fx.

    `shape` is that of one example, (channels, rows, columns), where the first layer does not say it. Raises
    `NnlecError`, which names the module and the reason, for what no layer does.

    >>> from_torch({"weight": [1.0]})
    Traceback (most recent call last):
        ...
    nnlec.errors.NnlecError: dict is no module of PyTorch (a state_dict has no layers: give the module itself)
    """
    from nnlec.models.torch_module import of_module

    return of_module(module, shape)


def save_network(network: Network, path: str | os.PathLike[str]) -> tuple[str, ...]:
    """Writes a network as .yaml, .json, .onnx, .safetensors, .npz or .py; what the format cannot say, in sentences.

    Many weights of a network file stand in a .safetensors file beside it. A file is replaced when it is complete.
    Raises `NnlecError` for another suffix, for what the format cannot say, and where it cannot be written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_network(load_network("configs/lecture.yaml"), f"{folder}/lecture.onnx")
    ('18 of 26 weights are rounded to single precision, by 4.0e-08 of themselves at most',)
    """
    from pathlib import Path

    from nnlec.models.writers import format_of, written

    target = Path(path)
    made = written(network, format_of(str(path)), target.stem)
    for name, content in {**made.beside, target.name: made.content}.items():
        beside = target.with_name(f".{name[:50]}.{os.urandom(4).hex()}")
        try:
            beside.write_bytes(content)
            system.replace(beside, target.with_name(name))
        except OSError as error:
            beside.unlink(missing_ok=True)
            raise NnlecError(f"cannot write: {error.strerror or error}", where=visible(str(path))) from None
    return made.notes


def _content(path: str | os.PathLike[str]) -> FileType | None:
    """The type of a file by its first bytes, or by its suffix where they say nothing; None for what is no file."""
    try:
        with open(path, "rb", opener=system.open_at_once) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):  # what comes out of a pipe comes out once
                return None
            found, named = by_content(file.read(256)), by_suffix(str(path))
    except (OSError, ValueError):  # the reader of texts says what is wrong
        return None
    packed = found is not None and found.name in ("gzip", "bzip2", "xz")
    return named if packed and named is not None and named.name == "pickle" else found or named


def _load_model(module: str, path: str, allow_outside: bool) -> Network:
    """The network in another tool's file. Raises `NnlecError`, which begins with the file's name."""
    from pathlib import Path

    try:
        network: Network = import_module(module).load(Path(path), allow_outside=allow_outside)
    except NnlecError as error:
        raise error.at(visible(path)) from None
    except OSError as error:
        raise NnlecError(error.strerror or str(error), where=visible(path)) from None
    return network
