"""Keras models as networks: the layers are data in JSON, the weights are read with h5py; nothing in a file is run."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlec.errors import NnlecError, bare_name
from nnlec.models.archives import member
from nnlec.models.keras_file.graph import input_shape, is_model, output_of
from nnlec.models.keras_file.hdf5 import Group, opened
from nnlec.models.keras_file.stores import Checkpoint, InMemory, Named, Store
from nnlec.models.keras_file.values import KerasWalk
from nnlec.text import visible

if TYPE_CHECKING:
    from zipfile import ZipFile

    from nnlec.models.assembly import Assembly
    from nnlec.network.network import Network

MOST_BYTES = 64 * 1024 * 1024
"""Of the JSON that describes a model."""


def load(path: Path, *, allow_outside: bool = False) -> Network:  # noqa: ARG001
    """The network in a .h5 file. Raises `NnlecError` for a damaged one, and at the first layer that is not read."""
    with opened(path) as file:
        if not file.has("model_config"):
            raise _without_layers(file)
        entry = _parsed(file.text("model_config"))
        version = file.text("keras_version")
        if file.text("backend") == "theano":
            raise NnlecError("a model of Keras on Theano, whose kernels are turned round, is not read")
        training = _parsed(file.text("training_config") or "{}")
        return _network(entry, Named(file.group("model_weights")), _major(version), training.get("loss"))


def load_archive(archive: ZipFile) -> Network:
    """The network in a .keras file. Raises `NnlecError` as `load` does."""
    entry = _parsed(member(archive, "config.json").decode("utf-8", "replace"))
    about = _parsed(member(archive, "metadata.json").decode("utf-8", "replace"))
    compiled = entry.get("compile_config")
    loss = compiled.get("loss") if isinstance(compiled, Mapping) else None
    with opened(BytesIO(member(archive, "model.weights.h5"))) as file:
        return _network(entry, Checkpoint(file), _major(about.get("keras_version")), loss)


def of_model(model: Any) -> Network:
    """The network of a model in memory."""
    described = getattr(model, "to_json", None)
    if described is None or not hasattr(model, "layers"):
        raise NnlecError(f"{type(model).__name__} is no Keras model")
    entry = _parsed(described())
    package = sys.modules.get(type(model).__module__.partition(".")[0])
    version = entry.get("keras_version") or getattr(package, "__version__", "3.0")
    return _network(entry, InMemory(model), _major(version), getattr(model, "loss", None))


def _without_layers(file: Group) -> NnlecError:
    if "layers" in file or file.has("layer_names") or "_layer_checkpoint_dependencies" in file:
        hint = "model.save('model.keras') keeps the layers too"
        return NnlecError("these are weights of a Keras model without its layers, expected a network", hint=hint)
    return NnlecError("an HDF5 file without a Keras model")


def _parsed(text: str) -> dict[str, Any]:
    """JSON that is an object."""
    if len(text) > MOST_BYTES:
        raise NnlecError("a description of more than 64 MiB")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise NnlecError("a damaged Keras model: its description is no JSON object")
    return found


def _major(version: object) -> int:
    """2 or 3. Raises `NnlecError` for another version of Keras."""
    found = re.match(r"(\d{1,3})\.\d", str(version or "1.0"))
    if found is None or found[1] not in ("2", "3"):
        raise NnlecError(f"a model of Keras {visible(str(version or 1)[:20])}, expected 2 or 3")
    return int(found[1])


def _network(entry: Mapping[str, Any], store: Store, keras: int, loss: object) -> Network:
    if not is_model(entry):
        name = visible(str(entry.get("class_name"))[:60])
        hint = "a subclass of Model: its code is not in the file; a Functional or Sequential model is read"
        raise NnlecError(f"a model of the class {name}, expected Sequential or Functional", hint=hint)
    walk = KerasWalk(input_shape(entry))
    value = output_of(walk, entry, store, walk.start, keras)
    last = walk.row(value)
    if last and last != len(walk.assembly.layers):
        raise NnlecError("its last layer is not its output")
    layers = walk.assembly
    if not layers.layers:
        raise NnlecError("no layers: it gives what it takes")
    return layers.network(dtype="float64" if walk.double else "float32", **_meaning(layers, loss))


def _meaning(layers: Assembly, loss: Any) -> dict[str, str]:
    """What the loss that the model was trained with says of its outputs."""
    config = loss.get("config") if isinstance(loss, Mapping) else getattr(loss, "_fn_kwargs", None)
    name = loss.get("class_name") if isinstance(loss, Mapping) else loss
    name = name if isinstance(name, str) else getattr(loss, "__name__", type(loss).__name__)
    known = _LOSSES.get(bare_name(name), "")
    if known.endswith("error"):
        return {"loss": known, "kind": "regression"}
    last = layers.layers[-1]
    of_logits = isinstance(config, Mapping) and config.get("from_logits") is True and last.activation.is_identity
    if known == "binary" and (last.activation.name == "sigmoid" or (of_logits and last.n_out == 1)):
        return {"kind": "binary" if last.n_out == 1 else "multi-label"}
    return {"kind": known} if known == "multi-class" and of_logits and last.n_out > 1 else {}


_LOSSES = {
    **dict.fromkeys(("mse", "meansquarederror"), "mean-squared-error"),
    **dict.fromkeys(("mae", "meanabsoluteerror"), "mean-absolute-error"),
    "binarycrossentropy": "binary",
    **dict.fromkeys(("categoricalcrossentropy", "sparsecategoricalcrossentropy"), "multi-class"),
}
"""A loss of Keras, without case and underscores -> that of a network, or the kind it is for."""
