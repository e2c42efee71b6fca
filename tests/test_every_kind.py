"""Every kind of layer, by its own example, through every command and every format."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nnlec import load_network
from nnlec.network.layers import LAYERS, LayerKind
from tests.conftest import Nnlec

KINDS = pytest.mark.parametrize("kind", LAYERS.values(), ids=list(LAYERS))


def network_file(kind: LayerKind, folder: Path) -> str:
    """A network of one layer, the kind's example; of one that joins, after two layers that hand the input on."""
    values, inputs, _, shapes = kind.example
    layer = {"name": "example", "type": kind.name, **values, "activation": "identity"}
    layers = [layer]
    shape = list(shapes[0]) if shapes else [len(inputs)]
    if kind.joins:
        ends = np.cumsum([int(np.prod(each)) for each in shapes])
        eye = np.eye(len(inputs))
        parts = [eye[:, end - int(np.prod(each)) : end] for each, end in zip(shapes, ends, strict=True)]
        layers = [
            {"name": f"part {n}", "from": "input", "weights": part.tolist(), "activation": "identity"}
            for n, part in enumerate(parts)
        ]
        layers.append(layer | {"from": [each["name"] for each in layers]})
        shape = [len(inputs)]
    path = folder / "net.yaml"
    path.write_text(json.dumps({"inputs": {"shape": shape}, "layers": layers}), encoding="utf-8")
    return str(path)


def typed(kind: LayerKind) -> str:
    return ",".join(f"{x:g}" for x in kind.example.inputs)


@KINDS
def test_a_kind_is_shown_in_every_format(nnlec: Nnlec, tmp_path: Path, kind: LayerKind) -> None:
    network = network_file(kind, tmp_path)
    for options in (["--steps"], ["--all"], ["--layer", "example"], *([["-f", f] for f in FORMATS])):
        shown = nnlec("forward", network, "-i", typed(kind), *options)
        assert (shown.returncode, shown.stderr) == (0, ""), options
        assert "example" in shown.stdout or "y1" in shown.stdout


FORMATS = ("markdown", "latex", "html", "svg", "json", "csv", "tsv", "jsonl")


@KINDS
def test_a_kind_gives_its_numbers_typed_in_a_table_exactly_and_in_python(
    nnlec: Nnlec, tmp_path: Path, kind: LayerKind
) -> None:
    network = network_file(kind, tmp_path)
    expected = list(kind.example.outputs)
    record = json.loads(nnlec("forward", network, "-i", typed(kind), "-f", "json").stdout)
    assert record["output"] == expected
    for exact in ([], ["--exact"]):
        written = nnlec("forward", network, "-", "--no-header", *exact, stdin=f"{typed(kind)}\n").stdout.splitlines()
        assert list(map(float, written[-1].split(","))) == expected
    assert load_network(network).forward([list(kind.example.inputs)]).tolist() == [expected]


@KINDS
def test_a_kind_is_marked_drawn_and_takes_a_step(nnlec: Nnlec, tmp_path: Path, kind: LayerKind) -> None:
    network = network_file(kind, tmp_path)
    outputs = ",".join(f"{y:g}" for y in kind.example.outputs)
    marked = nnlec("check", network, "-i", typed(kind), "--output", outputs)
    assert (marked.returncode, marked.stderr) == (0, "")
    for options in (["-f", "text"], ["-f", "svg"], ["-f", "tikz"], ["-i", typed(kind)]):
        assert nnlec("draw", network, *options).returncode == 0
    assert kind.name in nnlec("show", network).stdout
    target = ",".join(f"{y + 1:g}" for y in kind.example.outputs)
    step = nnlec("step", network, "--input", typed(kind), "--target", target, "--rate", "0.1")
    assert (step.returncode, step.stderr) == (0, "")
