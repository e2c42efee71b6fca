"""skops archives: a tree in JSON that names classes, and a .npy file for each array; no class is imported.

Source: the tree as skops.io writes it, https://github.com/skops-dev/skops.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any

from nnlec.errors import NnlecError, shortened
from nnlec.models.archives import member
from nnlec.models.pickled.machine import Global, Thing
from nnlec.models.weights.npy import read_any
from nnlec.text import visible

if TYPE_CHECKING:
    from zipfile import ZipFile

_MOST_NODES = 1_000_000
_MOST_BYTES = 64 * 1024 * 1024


def read_skops(archive: ZipFile) -> Thing:
    """The estimator in an archive. Raises `NnlecError` for a damaged one, and for kinds of nodes that are not read."""
    text = member(archive, "schema.json")
    if len(text) > _MOST_BYTES:
        raise NnlecError("a tree of more than 64 MiB")
    try:
        tree = json.loads(text)
        found = _Reader(archive).value(tree)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise NnlecError("a damaged tree (schema.json)") from None
    if not isinstance(found, Thing):
        raise NnlecError("an archive of something that is no estimator of scikit-learn")
    return found


class _Reader:
    def __init__(self, archive: ZipFile) -> None:
        self.archive = archive
        self.nodes = 0
        self.known: dict[Any, Any] = {}

    def value(self, node: Any) -> Any:
        """What a node of the tree stands for."""
        self.nodes += 1
        if self.nodes > _MOST_NODES:
            raise NnlecError(f"a tree of more than {_MOST_NODES:,} nodes")
        if not isinstance(node, dict) or not isinstance(node.get("__loader__"), str):
            raise NnlecError("a damaged tree (schema.json)")
        loader = node["__loader__"]
        if loader == "CachedNode":
            return self.known.get(node.get("__id__"))
        follow = _LOADERS.get(loader)
        if follow is None:
            return Thing(_named(node))  # something beside the numbers: a random state, a function
        made = follow(self, node)
        self.known[node.get("__id__")] = made
        return made

    def several(self, node: Any) -> list[Any]:
        return [self.value(each) for each in _content(node, list)]

    def mapping(self, node: Any) -> dict[str, Any]:
        return {key: self.value(each) for key, each in _content(node, dict).items()}

    def array(self, node: Any) -> Any:
        if node.get("type") == "json":
            return self.several(node)
        if node.get("type") != "numpy" or not isinstance(node.get("file"), str):
            raise NnlecError("an array that is no .npy file")
        content = member(self.archive, node["file"])
        return read_any(BytesIO(content), len(content))

    def thing(self, node: Any) -> Thing:
        content = node.get("content")
        attributes = self.value(content) if isinstance(content, dict) else {}
        return Thing(_named(node), attributes=attributes if isinstance(attributes, dict) else {})


def _named(node: Mapping[str, Any]) -> Global:
    return Global(visible(shortened(str(node.get("__module__")))), visible(shortened(str(node.get("__class__")))))


def _content(node: Mapping[str, Any], kind: type) -> Any:
    """What a node holds. Raises `NnlecError` where it is of another kind."""
    content = node.get("content")
    if not isinstance(content, kind):
        raise NnlecError("a damaged tree (schema.json)")
    return content


_LOADERS: Mapping[str, Callable[[_Reader, Any], Any]] = {
    "ObjectNode": _Reader.thing,
    "DictNode": _Reader.mapping,
    "ListNode": _Reader.several,
    "TupleNode": lambda reader, node: tuple(reader.several(node)),
    "JsonNode": lambda _, node: json.loads(_content(node, str)),
    "NdArrayNode": _Reader.array,
    "SliceNode": lambda _, node: slice(*(node["content"][key] for key in ("start", "stop", "step"))),
}
