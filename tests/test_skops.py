"""Archives of skops: trees of JSON and arrays, read without any of the classes that they name."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnlec import NnlecError, load_network
from nnlec.models.scikit_learn import skops


def node(loader: str, content: Any = None, **more: Any) -> dict[str, Any]:
    """A node of a tree of skops."""
    return {"__loader__": loader, "__module__": "sklearn.some", "__class__": "Ridge", "content": content, **more}


def plain(value: Any) -> dict[str, Any]:
    return node("JsonNode", json.dumps(value))


def archive(folder: Path, tree: Any, **arrays: Any) -> Path:
    with zipfile.ZipFile(folder / "m.skops", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("schema.json", tree if isinstance(tree, str) else json.dumps(tree))
        for name, array in arrays.items():
            stream = io.BytesIO()
            np.save(stream, array)
            made.writestr(f"{name}.npy", stream.getvalue())
    return folder / "m.skops"


def estimator_node(name: str = "Ridge", **attributes: Any) -> dict[str, Any]:
    return node("ObjectNode", node("DictNode", {"n_features_in_": plain(2), **attributes}), __class__=name)


def stored(file: str, **more: Any) -> dict[str, Any]:
    return node("NdArrayNode", type="numpy", file=f"{file}.npy", **more)


LINE = estimator_node(coef_=stored("w"), intercept_=plain(0.5))
ARRAYS = {"w": np.array([3.0, -1.0])}
TREES: dict[str, dict[str, Any]] = {
    "an estimator": LINE,
    "a list of objects": estimator_node(
        coef_=stored("w"),
        intercept_=plain(0.5),
        feature_names_in_=node("NdArrayNode", [plain("x"), plain("y")], type="json"),
    ),
    "what is met again": estimator_node(
        "Pipeline",
        steps=node(
            "ListNode",
            [
                node("TupleNode", [plain("a"), estimator_node("MaxAbsScaler", scale_=stored("one", __id__=5))]),
                node("TupleNode", [plain("b"), estimator_node("MaxAbsScaler", scale_=node("CachedNode", __id__=5))]),
                node("TupleNode", [plain("c"), LINE]),
            ],
        ),
    ),
    "a slice": estimator_node(
        "Pipeline",
        steps=node(
            "ListNode",
            [
                node(
                    "TupleNode",
                    [
                        plain("a"),
                        estimator_node(
                            "ColumnTransformer",
                            transformers_=node(
                                "ListNode",
                                [
                                    node(
                                        "TupleNode",
                                        [
                                            plain("b"),
                                            plain("passthrough"),
                                            node("SliceNode", {"step": None, "stop": 2, "start": 0}),
                                        ],
                                    )
                                ],
                            ),
                        ),
                    ],
                ),
                node("TupleNode", [plain("c"), LINE]),
            ],
        ),
    ),
    "a random state beside": estimator_node(
        coef_=stored("w"), intercept_=plain(0.5), random=node("RandomStateNode", {"x": 1})
    ),
}


@pytest.mark.parametrize("name", TREES)
def test_trees_of_skops(name: str, tmp_path: Path) -> None:
    path = archive(tmp_path, TREES[name], **ARRAYS, one=np.ones(2))
    assert load_network(path).forward([[1.0, 2.0]]).tolist() == [[1.5]]


ITSELF = node("CachedNode", __id__=9)
NO_TREES: dict[str, tuple[Any, str]] = {
    "no JSON": ("{", "a damaged tree (schema.json)"),
    "no node": ([1], "a damaged tree (schema.json)"),
    "a node without a loader": ({"content": 1}, "a damaged tree (schema.json)"),
    "a loader that is no word": ({"__loader__": 1}, "a damaged tree (schema.json)"),
    "a list without a list": (node("ListNode", {}), "a damaged tree (schema.json)"),
    "a mapping without a mapping": (node("DictNode", []), "a damaged tree (schema.json)"),
    "JSON that is no text": (node("JsonNode", 1), "a damaged tree (schema.json)"),
    "JSON that is damaged": (node("JsonNode", "{"), "a damaged tree (schema.json)"),
    "a slice of nothing": (node("SliceNode"), "a damaged tree (schema.json)"),
    "a slice of a list": (node("SliceNode", [1, 2, 3]), "a damaged tree (schema.json)"),
    "a list as an id": (node("CachedNode", __id__=[1]), "a damaged tree (schema.json)"),
    "a list as the id of an estimator": (node("ObjectNode", __id__=[1]), "a damaged tree (schema.json)"),
    "a tree as deep as a well": ("[" * 100_000, "a damaged tree (schema.json)"),
    "a list": (node("ListNode", []), "an archive of something that is no estimator of scikit-learn"),
    "an array of another type": (node("NdArrayNode", type="raw", file="w.npy"), "an array that is no .npy file"),
    "an array without a file": (node("NdArrayNode", type="numpy", file=3), "an array that is no .npy file"),
    "an array of JSON without a list": (node("NdArrayNode", 3, type="json"), "a damaged tree (schema.json)"),
    "an array that is not there": (stored("v"), "the archive has no member 'v.npy'"),
    "an estimator without attributes": (node("ObjectNode"), "Ridge is not fitted: n_features_in_ is missing"),
    "attributes that are a list": (node("ObjectNode", node("ListNode", [])), "Ridge is not fitted: n_features_in_"),
    "one that holds itself": (
        {
            **estimator_node("Pipeline", steps=node("ListNode", [node("TupleNode", [plain("a"), ITSELF])])),
            "__id__": 9,
        },
        "a pipeline without steps",
    ),
    "one of another library": (
        node("ObjectNode", node("DictNode", {"n_features_in_": plain(2)}), __module__="other"),
        "other.Ridge is no network",
    ),
    "what is never read": (node("FunctionNode", __module__="os", __class__="system"), "system is not fitted"),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_TREES)
def test_a_damaged_tree_of_skops_is_refused(name: str, tmp_path: Path) -> None:
    tree, reason = NO_TREES[name]
    with pytest.raises(NnlecError) as caught:
        load_network(archive(tmp_path, tree, **ARRAYS))
    assert str(caught.value).removeprefix(f"{tmp_path}/m.skops: ").startswith(reason)


def test_a_tree_of_skops_has_so_many_nodes_and_bytes_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = archive(tmp_path, LINE, **ARRAYS)
    size = len(json.dumps(LINE))
    monkeypatch.setattr(skops, "_MOST_NODES", 5)
    monkeypatch.setattr(skops, "_MOST_BYTES", size)
    assert load_network(path).n_out == 1
    monkeypatch.setattr(skops, "_MOST_NODES", 4)
    with pytest.raises(NnlecError, match="a tree of more than 4 nodes"):
        load_network(path)
    monkeypatch.setattr(skops, "_MOST_BYTES", size - 1)
    with pytest.raises(NnlecError, match="a tree of more than 64 MiB"):
        load_network(path)
