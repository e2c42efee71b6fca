"""Where the weights of a Keras model are: in the groups of either file format, or in memory; layer by layer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from nnlec.errors import NnlecError
from nnlec.models.keras_file.hdf5 import MOST_NAMES, Group

MODELS = ("Sequential", "Functional", "Model")
"""Classes that are models whose layers are listed."""


class Called(NamedTuple):
    """A layer's class and name."""

    class_name: str
    name: str


class Store(Protocol):
    """The weights of a layer, or those of the layers within a model."""

    def inside(self, layers: Sequence[Called]) -> list[Store]:
        """The weights of each layer of a model, in the order of its layers."""

    def arrays(self) -> list[np.ndarray]:
        """The weights of a layer, in Keras's order."""


class Checkpoint:
    """A group of a .keras file. Layers are called after their class and a running number, not by their name."""

    def __init__(self, group: Group | None, name: str = "") -> None:
        self.group = group
        self.name = name

    def inside(self, layers: Sequence[Called]) -> list[Store]:
        base = None
        for folder in ("layers", "_layer_checkpoint_dependencies"):  # the second: Keras 2.12
            base = base or (None if self.group is None else self.group.group(folder))
        counts: Counter[str] = Counter()
        found: list[Store] = []
        for layer in layers:
            name = snake_case(layer.class_name)
            numbered = f"{name}_{counts[name]}" if counts[name] else name
            counts[name] += 1
            found.append(Checkpoint(base.group(numbered) if base else None, layer.name))
        return found

    def arrays(self) -> list[np.ndarray]:
        group = None if self.group is None else self.group.group("vars")
        if group is None:
            return []
        if (written := group.text("name")) and written != self.name:
            raise NnlecError("its weights are those of a layer with another name")
        return [group.numbers(str(place)) for place in range(min(len(group), MOST_NAMES))]


def snake_case(name: str) -> str:
    """A class as Keras calls its groups.

    >>> snake_case("BatchNormalization"), snake_case("Conv2D"), snake_case("PReLU")
    ('batch_normalization', 'conv2d', 'p_re_lu')
    """
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


class Named:
    """A group of a .h5 file: layers by their names, those within an inner model by the names of their weights."""

    def __init__(self, group: Group | None, names: Sequence[str] | None = None) -> None:
        self.group = group
        self.names = names

    def inside(self, layers: Sequence[Called]) -> list[Store]:
        if self.names is None:
            found = [None if self.group is None else self.group.group(layer.name) for layer in layers]
            return [Named(each, [] if each is None else each.texts("weight_names")) for each in found]
        return [Named(self.group, self._of(layer)) for layer in layers]

    def _of(self, layer: Called) -> Sequence[str]:
        names = self.names or ()
        found = [name for name in names if f"/{layer.name}/" in f"/{name}"]  # outer/dense/kernel:0
        if not found and layer.class_name in MODELS:  # Keras 2 does not name a model within a model
            return names
        if not found and layer.class_name == "Normalization":  # nor this layer
            return [name for name in names if "/" not in name]
        return found

    def arrays(self) -> list[np.ndarray]:
        return [] if self.group is None else [self.group.numbers(name) for name in self.names or ()]


class InMemory:
    """A model in memory: its layers by their names."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def inside(self, layers: Sequence[Called]) -> list[Store]:
        named = {layer.name: layer for layer in getattr(self.model, "layers", ())}
        return [InMemory(named.get(layer.name)) for layer in layers]

    def arrays(self) -> list[np.ndarray]:
        return [] if self.model is None else [np.asarray(each) for each in self.model.get_weights()]
