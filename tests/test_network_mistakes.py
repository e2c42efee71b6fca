"""Mistakes in a network file: keys, names, types and layers, each with its place and what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnlec import NnlecError, load_network

LAYER = {"weights": "[[1, 2], [3, 4]]", "bias": "none", "activation": "identity"}
N = "layers: [{weights: [[1, 2], [3, 4]], bias: none, activation: identity}]\n"


def L(**keys: str | None) -> str:
    """A network of one layer with these keys; those of None are left out."""
    given = LAYER | keys
    return (
        "layers:\n  - " + "\n    ".join(f"{key}: {value}" for key, value in given.items() if value is not None) + "\n"
    )


def assert_said(text: str, said: str, folder: Path) -> None:
    """What is said of a network file, after its name; `said` may be the beginning and …, or empty where it is taken."""
    (folder / "net.yaml").write_text(text, encoding="utf-8")
    try:
        load_network(folder / "net.yaml")
    except NnlecError as error:
        complaint = str(error).removeprefix(f"{folder}/net.yaml:")
    else:
        complaint = ""
    assert complaint == said or (said.endswith("…") and complaint.startswith(said[:-1])), complaint


# A network file -> the complaint, after the name of the file, or its beginning and …; empty where the file is taken.
CASES: list[tuple[str, str]] = [
    ("", "1:1: the file is empty, expected a network (it begins with `layers:`)"),
    ("# only a comment\n", "1:1: the file is empty, expected a network (it begins with `layers:`)"),
    ("3\n", "1:1: the number 3, expected a mapping with the key `layers`"),
    ("[1, 2]\n", "1:1: a list of 2, expected a mapping with the key `layers`"),
    ("{}\n", "1:1: the key `layers` is missing (a network is, at the least, layers: [{weights: [[1, 2]…"),
    ("a;b\n1;2\n", "1:1: the text 'a;b 1;2', expected a mapping with the key `layers` (a table of numbers is…"),
    ("a\tb\n", "1:1: the text 'a\\x09b', expected a mapping with the key `layers` (a table of numbers is …"),
    ("name: x\n", "1:1: the key `layers` is missing (a network is, at the least, layers: [{weights: [[1, 2]…"),
    (N + "---\n" + N, "2:1: a second document, expected one network per file (split the file at '---')"),
    ("layers: []\n", "1:9: layers: an empty list, expected a layer at the least"),
    ("layers: 3\n", "1:9: layers: the number 3, expected a list of layers, each begun by '-'"),
    ("layers:\n", "1:8: layers: nothing, expected a list of layers, each begun by '-'"),
    ("layers: {a: 1}\n", "1:9: layers: a mapping (a), expected a list of layers, each begun by '-'"),
    ("layers: [3]\n", "1:10: layers[0]: the number 3, expected a layer: a mapping with weights, bias, activatio…"),
    ("layers: [[1]]\n", "1:10: layers[0]: a list of 1, expected a layer: a mapping with weights, bias, activation…"),
    ("layers: [{}]\n", "1:10: layers[0]: the key `weights` is missing"),
    (N + "name: a\nname: b\n", "3:1: the key 'name' is given twice, first in line 2"),
    (N + "'name': a\n\"name\": b\n", "3:1: the key 'name' is given twice, first in line 2"),
    ("? [a]\n: b\n" + N, "1:3: a list or mapping as a key, expected a name"),
    ("? {a: 1}\n: b\n", "1:3: a list or mapping as a key, expected a name"),
    ("<<: {a: 1}\n" + N, "1:1: merge keys ('<<') are not taken (write the keys out)"),
    ("'<<': 1\n" + N, "1:1: unknown key '<<', expected one of name, inputs, layers, classes, outputs, unit, los…"),
    (
        N + "na\u00a0me: x\n",
        "2:1: unknown key 'na\\xa0me', expected one of name, inputs, layers, classes, outputs, uni…",
    ),
    (N + "'a:b': x\n", "2:1: unknown key 'a:b', expected one of name, inputs, layers, classes, outputs, unit, lo…"),
    (L(wieghts="[[1]]"), "5:5: layers[0]: unknown key 'wieghts', expected one of name, type, from, weights, bias, …"),
    (L(activation=None), "2:5: layers[0]: the key `activation` is missing (write `activation: identity` for none)"),
    ("!!map\n" + N, ""),
    ("layers: !!seq\n  - !!map {weights: [[1]], activation: relu}\n", ""),
    ("layers: !!map [1]\n", "1:9: the tag !!map is not taken (a text that begins with '!' needs quotes)"),
    ("layers: !!seq {a: 1}\n", "1:9: the tag !!seq is not taken (a text that begins with '!' needs quotes)"),
    ("layers: &a [*a]\n", "1:13: *a stands inside what it names"),
    ("layers: &a\n  - {weights: *a, activation: relu}\n", "2:15: *a stands inside what it names"),
    ("name: &n x\nunit: *n\n" + N, ""),
    ("name: [a]\n" + N, "1:7: name: a list of 1, expected a name (a name with ': ' or with brackets in it needs q…"),
    ("name:\n" + N, "1:6: name: nothing, expected a name"),
    ("name: ''\n" + N, "1:7: name: an empty name"),
    ("name: ' '\n" + N, "1:7: name: an empty name"),
    ('name: "a\\u200bb"\n' + N, "1:7: name: the name 'a\\u200bb' holds control or invisible characters"),
    ('name: "a\\nb"\n' + N, "1:7: name: the name 'a\\x0ab' holds control or invisible characters"),
    ("name: {a: 1}\n" + N, "1:7: name: a mapping (a), expected a name (a name with ': ' or with brackets in it needs…"),
    ("classes: [a, b, a]\n" + N, "1:17: classes[2]: 'a' is given twice, already as number 1"),
    ("classes: [a]\n" + N, "1:10: classes: 1 name, but the network has 2 outputs"),
    ("classes: []\n" + N, "1:10: classes: an empty list, expected a list of names"),
    ("classes: a\n" + N, "1:10: classes: the text 'a', expected a list of names"),
    ("classes: {a: 1}\n" + N, "1:10: classes: a mapping (a), expected a list of names"),
    ("classes: [a, b, c]\n" + N, "1:10: classes: 3 names, but the network has 2 outputs"),
    ("classes: [a b c]\n" + N, "1:10: classes: 1 name, but the network has 2 outputs (names are separated by commas)"),
    ("outputs: [a]\n" + N, "1:10: outputs: 1 name, but the network has 2 outputs"),
    ("outputs: [a, b, c]\n" + N, "1:10: outputs: 3 names, but the network has 2 outputs"),
    ("outputs: [a b]\n" + N, "1:10: outputs: 1 name, but the network has 2 outputs (names are separated by commas)"),
    ("inputs: [a]\n" + N, "1:9: inputs: 1 name, but layer 1 takes 2: its weights are 2 x 2 (with `bias: first-row` …"),
    ("inputs: [a, b, c]\n" + N, "1:9: inputs: 3 names, but layer 1 takes 2: its weights are 2 x 2"),
    (
        "inputs: [a, b, c]\n" + L(bias="first-row"),
        "1:9: inputs: 3 names, but layer 1 takes 1: its weights are 2 x 2, its first row the bias…",
    ),
    (
        "inputs: [a, b]\n" + L(bias="first-row"),
        "1:9: inputs: 2 names, but layer 1 takes 1: its weights are 2 x 2, its first row the bias…",
    ),
    ("inputs: {names: [a], shape: [2]}\n" + N, "1:17: inputs.names: 1 name for 2 numbers"),
    (
        "inputs: {shape: [3]}\n" + N,
        "2:20: layers[0].weights: layer 1 takes 2 inputs (its weights are 2 x 2), but the input h…",
    ),
    ("inputs: {shape: [0]}\n" + N, "1:17: inputs.shape: 0 is no whole number from 1 on"),
    ("inputs: {shape: [1.5]}\n" + N, "1:17: inputs.shape: 1.5 is no whole number from 1 on"),
    ("inputs: {shape: x}\n" + N, "1:17: inputs.shape: 'x' is not a number"),
    ("inputs: {shape: 2}\n" + N, ""),
    ("inputs: {size: 2}\n" + N, "1:10: inputs: unknown key 'size', expected one of shape, names, scale"),
    ("inputs: {names: [a, b]}\n" + N, ""),
    ("inputs: {names: [a, b, c]}\n" + N, "1:9: inputs: 3 names, but layer 1 takes 2: its weights are 2 x 2"),
    ("inputs: 3\n" + N, "1:9: inputs: the number 3, expected a list of names"),
    ("inputs: {}\n" + N, ""),
    ("inputs: {shape: [1, 2], names: [a, b, c]}\n" + N, "1:32: inputs.names: 3 names for 1 x 2 = 2 numbers"),
    (
        "outputs: {names: [a, b], shape: [2]}\n" + N,
        "1:26: outputs: unknown key 'shape', expected one of names, unscale",
    ),
    (
        "inputs: {scale: {divide: 2}}\n" + N,
        "1:17: inputs.scale: how many inputs it takes is not known (name the `inputs`, or write a list of numbers)",
    ),
    (
        "inputs: {scale: {divide: [1, 2, 3]}}\n" + N,
        "2:20: layers[0].weights: layer 2 takes 2 inputs (its weights are 2 x 2), but layer 1 'sc…",
    ),
    (
        "inputs: {scale: 2}\n" + N,
        "1:17: inputs.scale: the number 2, expected a layer: a mapping with weights, bias, activa…",
    ),
    ("outputs: {unscale: {multiply: 2}}\n" + N, ""),
    ("outputs: {unscale: {multiply: 0}}\n" + N, "1:20: outputs.unscale: what is multiplied by 0 cannot be taken back"),
    ("outputs: {unscale: {divide: [1, 2, 3]}}\n" + N, "1:29: outputs.unscale.divide: 3 numbers for 2 inputs"),
    ("outputs: {names: [a, b], unscale: {divide: 4, name: back}}\n" + N, ""),
    ("loss: foo\n" + N, "1:7: loss: unknown loss 'foo', expected one of cross-entropy, binary-cross-entropy, nega…"),
    (
        "dtype: float16\n" + N,
        "1:8: dtype: unknown dtype 'float16', expected one of float64, float32 (did you mean 'flo…",
    ),
    ("dtype: float64\n" + N, ""),
    ("kind: foo\n" + N, "1:7: kind: unknown kind 'foo', expected one of multi-class, one-vs-rest, binary, multi-l…"),
    ("kind: binary\n" + N, "1:7: kind: a binary network needs one output, a sigmoid or a logit"),
    ("unit: [1]\n" + N, "1:7: unit: a list of 1, expected a name (a name with ': ' or with brackets in it needs q…"),
    (L(type="foo"), "5:11: layers[0].type: unknown layer type 'foo', expected one of dense, conv, max_pool, a…"),
    (L(type="[a]"), "5:11: layers[0].type: a list of 1, expected a name (a name with ': ' or with brackets in…"),
    (L(type="dense"), ""),
    (L(type=""), "5:10: layers[0].type: nothing, expected a name"),
    (L(activation="foo"), "4:17: layers[0].activation: unknown activation 'foo', expected one of identity, step, si…"),
    (
        L(activation="{name: foo}"),
        "4:24: layers[0].activation.name: unknown activation 'foo', expected one of identity, ste…",
    ),
    (
        L(activation="{alpha: 1}"),
        "4:17: layers[0].activation: the key `name` is missing (for example {name: leaky_relu, al…",
    ),
    (
        L(activation="[relu]"),
        "4:17: layers[0].activation: a list of 1, expected the name of an activation, or {name: .…",
    ),
    (L(activation="{name: leaky_relu, alpha: x}"), "4:43: layers[0].activation.alpha: 'x' is not a number"),
    (
        L(activation="{name: leaky_relu, beta: 1}"),
        "4:24: layers[0].activation.name: unknown parameter of leaky_relu 'beta', expected one of…",
    ),
    (L(activation="{name: leaky_relu, alpha: 0.5}"), ""),
    (L(activation="{name: prelu, alpha: [0.5, 1]}"), ""),
    (L(activation="{name: prelu, alpha: [0.5, x]}"), "4:44: layers[0].activation.alpha[1]: 'x' is not a number"),
    (L(activation='"?"'), "4:17: layers[0].activation: the activation of this layer is not known (weights alone do …"),
    (
        L(activation='{name: "?"}'),
        "4:24: layers[0].activation.name: the activation of this layer is not known (weights alon…",
    ),
    (L(activation=""), "4:16: layers[0].activation: nothing, expected a name"),
    (
        L(activation="{name: relu, '\u200b': 1}"),
        "4:24: layers[0].activation.name: relu takes no parameters, but \\u200b is given",
    ),
    (
        L(activation="{name: prelu, alpha: [1, 2, 3]}"),
        "2:5: layers[0]: prelu: alpha has 3 numbers, but the layer has 2 units",
    ),
    (L(activation="prelu"), ""),
    (
        L(name="a") + "  - {name: a, weights: [[1], [2]], activation: relu}\n",
        "6:5: layers[1]: two layers are named 'a': layer 1 and layer 2",
    ),
    (
        L(name="a") + "  - {from: b, weights: [[1], [2]], activation: relu}\n",
        "6:12: layers[1].from: unknown layer before this one 'b', expected one of input, a (layer…",
    ),
    (L(name="a") + "  - {from: [a, a], type: add}\n", ""),
    (L(name="a") + "  - {from: [a, input], type: add}\n", ""),
    (
        L(name="a") + "  - {from: {a: 1}, type: add}\n",
        "6:12: layers[1].from: a mapping (a), expected the name of a layer, or a list of names",
    ),
    (
        L(name="a") + "  - {from: [[a]], type: add}\n",
        "6:13: layers[1].from[0]: a list of 1, expected a name (a name with ': ' or with brackets…",
    ),
    (
        L(name="a") + "  - {from: [], type: add}\n",
        "6:12: layers[1].from: it takes two layers or more (write `from: [name, name]`)",
    ),
    (
        L(name="a") + "  - {from: inptu, weights: [[1], [2]], activation: relu}\n",
        "6:12: layers[1].from: unknown layer before this one 'inptu', expected one of input, a (d…",
    ),
    (L(name="input") + "  - {from: input, weights: [[1], [2]], activation: relu}\n", ""),
    (
        L() + "  - {weights: [[1], [2], [3]], activation: relu}\n",
        "5:15: layers[1].weights: layer 2 takes 3 inputs (its weights are 3 x 1), but layer 1 has…",
    ),
    (
        L(name="a") + "  - {weights: [[1], [2], [3]], activation: relu, name: b}\n",
        "6:15: layers[1].weights: layer 2 'b' takes 3 inputs (its weights are 3 x 1), but layer 1…",
    ),
    (
        L(name="a") + "  - {from: input, weights: [[1], [2], [3]], activation: relu, name: b}\n",
        "6:28: layers[1].weights: layer 2 'b' takes 3 inputs (its weights are 3 x 1), but the inp…",
    ),
    (L() + "  - {type: add, from: [layer 1, input]}\n", ""),
    (
        "layers: [{weights: [[1, 2, 3]], name: a, activation: relu}, "
        "{from: input, name: b, weights: [[1, 2]], activation: relu}, {type: add, from: [a, b]}]\n",
        "1:140: layers[2].from: 3 and 2 come in, expected one shape",
    ),
    (
        "inputs: {shape: [3]}\n" + L(name="a"),
        "3:14: layers[0].weights: layer 1 'a' takes 2 inputs (its weights are 2 x 2), but the inp…",
    ),
    (
        "inputs: {shape: [2, 2]}\n" + L(name="a"),
        "3:14: layers[0].weights: layer 1 'a' takes 2 inputs (its weights are 2 x 2), but the inp…",
    ),
    (
        "layers: [{name: a, type: flatten}]\n",
        "1:10: layers[0]: the shape of what comes in is not known (write it: `inputs: {shape: [channels, rows, col…",
    ),
    (
        "layers: [{from: input, type: flatten}]\n",
        "1:10: layers[0]: the shape of what comes in is not known (write it: `inputs: {shape: [channels, rows, col…",
    ),
    ("inputs: {shape: [2, 2]}\nlayers: [{type: flatten}]\n", ""),
    (
        L(name="layer 2") + "  - {weights: [[1], [2]], activation: relu}\n",
        "6:5: layers[1]: two layers are named 'layer 2': layer 1 and layer 2",
    ),
    (
        L(weights="[[1,5, 2,5], [3,5, 4,5]]") + "outputs: [a, b]\n",
        "5:10: outputs: 2 names, but the network has 4 outputs (are the weights written with deci…",
    ),
    (
        "outputs: [a, b]\n" + L(weights="[[1, 5, 2, 5], [3, 5, 4, 5]]"),
        "1:10: outputs: 2 names, but the network has 4 outputs (this looks transposed: rows are i…",
    ),
    (
        "classes: [a, b, c]\n" + L(weights="[[1], [2]]"),
        "1:10: classes: 3 names, but the network has 1 output (two classes share one output)",
    ),
    ("classes: [a, b]\n" + L(weights="[[1], [2]]"), ""),
    ("outputs: [a, b, c]\n" + L(weights="[[1], [2]]"), "1:10: outputs: 3 names, but the network has 1 output"),
    (
        "outputs: [a, b]\n" + L(weights="[[1], [2]]"),
        "1:10: outputs: 2 names, but the network has 1 output (this looks transposed: rows are in…",
    ),
    ("classes: [a, b]\n" + L(weights="[[1, 2, 3]]"), "1:10: classes: 2 names, but the network has 3 outputs"),
    (
        "classes: [a]\n" + L(weights="[[1]]"),
        "1:10: classes: one output is no choice between classes: its softmax is always 1 (for two…",
    ),
    (
        "classes: [a, b, c]\n" + L(weights="[[1, 2], [3, 4], [5, 6]]"),
        "1:10: classes: 3 names, but the network has 2 outputs (this looks transposed: rows are i…",
    ),
    (
        "layers:\n  - {name: a, weights: [[1, 2]], activation: relu}\n"
        "  - {name: b, weights: [[1, 2, 3], [4, 5, 6]], activation: relu}\n"
        "  - {name: c, weights: [[1], [2]], activation: relu}\n",
        "4:24: layers[2].weights: layer 3 'c' takes 2 inputs (its weights are 2 x 1), but layer 2 'b' has 3 outputs",
    ),
    (
        "classes: [a b, c, d]\n" + N,
        "1:10: classes: 3 names, but the network has 2 outputs (names are separated by commas)",
    ),
]


@pytest.mark.parametrize(("text", "said"), CASES)
def test_a_mistake_is_named_with_its_place(text: str, said: str, tmp_path: Path) -> None:
    assert_said(text, said, tmp_path)
