"""Archives by their members: which model one holds, its weights, the tree of skops, and what is refused."""

from __future__ import annotations

import io
import json
import os
import struct
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnlec import NnlecError, load_network
from nnlec.models import archives
from nnlec.models.scikit_learn import skops
from nnlec.models.state import is_state, natural, read_state

FOUR = struct.pack("<4f", 1, 2, 3, 4)


def numbers(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def zipped(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of two members of one name
        with zipfile.ZipFile(path, "w", method) as archive:
            for name, content in members.items():
                archive.writestr(name.rstrip("+"), content)
    return path


def tensors(**given: Any) -> bytes:
    """A file of safetensors with these entries of its header; the numbers 1 to 4 behind it."""
    header = json.dumps(given).encode()
    return struct.pack("<Q", len(header)) + header + FOUR


def tensor(kind: str = "F32", shape: Any = (4,), begin: Any = 0, end: Any = 16) -> dict[str, Any]:
    return {"dtype": kind, "shape": list(shape), "data_offsets": [begin, end]}


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"a.txt": b""}, "this is a zip archive, expected a network"),
        (
            {"w.npy": numbers([1.0])},
            "this is weights alone, expected a network: which activations stand between them is",
        ),
        ({"w.npy": numbers([1.0]), "a.txt": b""}, "this is a zip archive, expected a network"),
        ({"config.json": b"", "model.weights.bin": b""}, "a Keras model whose weights lie in several files"),
        ({"config.json": b"", "model.weights.h5": b""}, "a damaged Keras model: its description is no JSON object"),
        ({"config.json": b"", "a.txt": b""}, "this is a zip archive, expected a network"),
        ({"model.weights.json": b""}, "this is a zip archive, expected a network"),
        ({"a/data.pkl": b"", "b/data.pkl": b""}, "2 members called data.pkl, expected one"),
        ({"a/data.pkl": b"", "a/constants.pkl": b""}, "a TorchScript module, which is a program"),
        ({"schema.json": b"["}, "a damaged tree (schema.json)"),
        ({"a.txt": b"", "b": b"", "a.txt+": b""}, "two members are called 'a.txt'"),
    ],
)
def test_what_an_archive_is(members: dict[str, bytes], said: str, tmp_path: Path) -> None:
    path = zipped(tmp_path / "net.zip", members)
    with pytest.raises(NnlecError) as caught:
        load_network(path)
    assert str(caught.value).startswith(f"{path}: {said}")


def test_an_archive_has_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path / "a.zip", {"a": bytes(1000), "b": b"1"}, zipfile.ZIP_DEFLATED)
    monkeypatch.setattr(archives, "MOST_MEMBERS", 2)
    with archives.opened(path) as archive:
        assert archives.member(archive, "b") == b"1"
        with pytest.raises(NnlecError, match="the archive has no member 'c'"):
            archives.member(archive, "c")
        entry = archive.getinfo("a")
        for small, ratio, refused in ((1000, 0, False), (999, 1000, False), (999, 1, True)):
            monkeypatch.setattr(archives, "SMALL", small)
            monkeypatch.setattr(archives, "MAX_RATIO", ratio)
            if refused:
                said = f"'a' would grow from {entry.compress_size} to 1,000 bytes: a zip bomb"
                with pytest.raises(NnlecError, match=said):
                    archives.check_growth(entry)
            else:
                archives.check_growth(entry)
        monkeypatch.setattr(archives, "SMALL", 0)
        monkeypatch.setattr(archives, "MAX_RATIO", 2)
        for size, packed, small_enough in ((10, 5, True), (11, 5, False), (2, 0, True), (3, 0, False)):
            entry.file_size, entry.compress_size = size, packed
            if small_enough:
                archives.check_growth(entry)
            else:
                with pytest.raises(NnlecError, match="zip bomb"):
                    archives.check_growth(entry)
        entry.compress_type = zipfile.ZIP_BZIP2
        with pytest.raises(NnlecError, match="'a' is compressed by a method that is not read"):
            archives.check_growth(entry)
    monkeypatch.setattr(archives, "MOST_MEMBERS", 1)
    with pytest.raises(NnlecError, match="an archive of 2 members, the limit is 1"), archives.opened(path):
        pass
    with pytest.raises(NnlecError, match="no such file"), archives.opened(tmp_path / "b.zip"):
        pass
    (tmp_path / "c.zip").write_bytes(b"PK\x03\x04")
    with (
        pytest.raises(NnlecError, match="a damaged archive: File is not a zip file"),
        archives.opened(tmp_path / "c.zip"),
    ):
        pass


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("w.safetensors", tensors(a=tensor()), True),
        ("w.bin", tensors(a=tensor()), False),
        ("w.pt", b"\x80\x02\x8a\x0al\xfc", True),
        ("w.pkl", b"\x80\x02\x8a\x0bl\xfc", False),
        ("w.pkl", b"\x80\x04N.", False),
        ("net.yaml", b"layers:", False),
        ("w", b"", False),
    ],
)
def test_weights_alone_are_known_by_their_bytes(name: str, content: bytes, said: bool, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    assert is_state(tmp_path / name) is said


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "w.pt")
    assert not is_state(tmp_path / "w.pt")


def test_zip_archives_of_weights_alone(tmp_path: Path) -> None:
    for members, said in (
        ({"w.npy": numbers([1.0])}, True),
        ({"w.npy": numbers([1.0]), "x": b""}, False),
        ({"a/data.pkl": b"", "x": b""}, True),
        ({"data.pkl": b"", "x": b""}, False),
    ):
        assert is_state(zipped(tmp_path / "w.npz", members)) is said
    state = read_state(zipped(tmp_path / "w.npz", {"b.npy": numbers([[1.5]]), "a.npy": numbers([2])}))
    assert {name: array.tolist() for name, array in state.items()} == {"b": [[1.5]], "a": [2]}
    with pytest.raises(NnlecError, match=r"0 members called data\.pkl"):
        read_state(zipped(tmp_path / "w.npz", {"b.npy": numbers([[1.5]]), "x": b""}))


def test_layers_of_safetensors_are_in_natural_order(tmp_path: Path) -> None:
    names = ["l10.w", "l2.w", "l2.b", "a"]
    given = {name: tensor("F32", (1,), 4 * at, 4 * at + 4) for at, name in enumerate(names)}
    (tmp_path / "w.safetensors").write_bytes(tensors(**given))
    state = read_state(tmp_path / "w.safetensors")
    assert [(name, array.tolist()) for name, array in state.items()] == [
        ("a", [4]), ("l2.b", [3]), ("l2.w", [2]), ("l10.w", [1]),
    ]  # fmt: skip
    assert natural("l10") == ((-1, "l"), (10, ""), (-1, ""))


def tree(loader: str, **given: Any) -> dict[str, Any]:
    return {"__loader__": loader, "__module__": "sklearn.a", "__class__": "B", **given}


def skops_of(folder: Path, node: Any, **members: bytes) -> Any:
    path = zipped(folder / "m.skops", {"schema.json": json.dumps(node).encode(), **members})
    with archives.opened(path) as archive:
        return skops.read_skops(archive)


def attributes(**content: Any) -> dict[str, Any]:
    return tree("ObjectNode", content=tree("DictNode", content=content))


def test_a_tree_of_skops_holds_attributes(tmp_path: Path) -> None:
    text = tree("JsonNode", content="[1, null]", __id__=7)
    node = attributes(
        text=text,
        again=tree("CachedNode", __id__=7),
        pair=tree("TupleNode", content=[text, text]),
        listed=tree("ListNode", content=[text]),
        array=tree("NdArrayNode", type="numpy", file="x.npy"),
        objects=tree("NdArrayNode", type="json", content=[text]),
        nothing=tree("NdArrayNode", type="json", content=[]),
        part=tree("SliceNode", content={"start": 1, "stop": 3, "step": None}),
        other=tree("RandomNode"),
        bare=tree("ObjectNode"),
    )
    found = skops_of(tmp_path, node, **{"x.npy": numbers([1.5, 2])})
    assert (found.kind.module, found.kind.name) == ("sklearn.a", "B")
    given = found.attributes
    assert (given["text"], given["again"], given["pair"]) == ([1, None], [1, None], ([1, None], [1, None]))
    assert (given["listed"], given["objects"], given["nothing"]) == ([[1, None]], [[1, None]], [])
    assert (given["array"].tolist(), given["part"]) == ([1.5, 2.0], slice(1, 3, None))
    assert (given["other"].kind.name, given["bare"].attributes) == ("B", {})


@pytest.mark.parametrize(
    ("node", "said"),
    [
        ([], "a damaged tree (schema.json)"),
        ({"__loader__": 5}, "a damaged tree (schema.json)"),
        (tree("ListNode", content={}), "a damaged tree (schema.json)"),
        (tree("DictNode", content=[]), "a damaged tree (schema.json)"),
        (tree("JsonNode", content=5), "a damaged tree (schema.json)"),
        (tree("JsonNode", content="["), "a damaged tree (schema.json)"),
        (tree("JsonNode", content="1"), "an archive of something that is no estimator of scikit-learn"),
        (attributes(a=tree("NdArrayNode", type="numpy")), "an array that is no .npy file"),
        (attributes(a=tree("NdArrayNode", type="raw", file="x.npy")), "an array that is no .npy file"),
        (attributes(a=tree("NdArrayNode", type="numpy", file="x.npy")), "the archive has no member 'x.npy'"),
    ],
)
def test_a_tree_of_skops_that_is_none(node: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises(NnlecError) as caught:
        skops_of(tmp_path, node)
    assert str(caught.value) == said


def test_a_tree_of_skops_has_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node = attributes(a=tree("JsonNode", content="1"))
    size = len(json.dumps(node))
    for most_nodes, most_bytes, said in (
        (3, size, ""),
        (2, size, "a tree of more than 2 nodes"),
        (3, size - 1, "a tree of more than 64 MiB"),
    ):
        monkeypatch.setattr(skops, "_MOST_NODES", most_nodes)
        monkeypatch.setattr(skops, "_MOST_BYTES", most_bytes)
        if said:
            with pytest.raises(NnlecError, match=said):
                skops_of(tmp_path, node)
        else:
            assert skops_of(tmp_path, node).attributes == {"a": 1}
