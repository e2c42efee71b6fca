"""A network file is read as its author meant it, or refused with the place of the slip."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nnlec import NnlecError
from nnlec.models import load_network, parse_values

LAYER = "layers:\n  - weights: {weights}\n    bias: {bias}\n    activation: {activation}\n"


def written(folder: Path, text: str, name: str = "net.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def network_text(weights: str = "[[1, 2], [3, 4]]", bias: str = "none", activation: str = "identity") -> str:
    return LAYER.format(weights=weights, bias=bias, activation=activation)


def complaint(folder: Path, text: str) -> str:
    """What is said of a broken network, after the file's name."""
    path = written(folder, text)
    with pytest.raises(NnlecError) as caught:
        load_network(path)
    return str(caught.value).removeprefix(f"{path}:")


def test_the_lecture_network_gives_the_lecture_figures() -> None:
    network = load_network("configs/lecture.yaml")
    trace = network.trace([1, 2.8, -3.1, 4.2])
    assert np.allclose(trace.output, [[37.716, -23.256]], rtol=1e-14)
    assert network.layers[0].leading_one


@pytest.mark.parametrize(
    "block",
    [
        "|\n      1 2\n      3 4",
        "|\n      1, 2\n      3, 4",
        "|\n\n      1.0   2.0\n\n      3.0\t4.0\n",
        "|-\n      1,2\n      3,4",
        "[[1, 2], [3, 4]]",
        "\n      - [1, 2]\n      - [3, 4]",
        "\n      -\n        - 1\n        - 2\n      - [3, 4]",
    ],
)
def test_every_way_to_write_a_matrix_gives_the_same_weights(tmp_path: Path, block: str) -> None:
    network = load_network(written(tmp_path, network_text(block)))
    assert network.layers[0].arrays["weights"].tolist() == [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize(("bias", "expected"), [("none", None), ("[5, 6]", [5.0, 6.0]), ("first-row", [1.0, 2.0])])
def test_the_bias_is_none_a_list_or_the_first_row(tmp_path: Path, bias: str, expected: list[float] | None) -> None:
    layer = load_network(written(tmp_path, network_text(bias=bias))).layers[0]
    assert (layer.arrays["bias"].tolist() if "bias" in layer.arrays else None) == expected
    assert layer.n_in == (1 if bias == "first-row" else 2)


def test_names_are_the_words_as_written(tmp_path: Path) -> None:
    head = "name: 010\nclasses: [no, ~]\ninputs: [on, 2021-02-03]\nunit: null\nloss: mse\ndtype: float32\n"
    network = load_network(written(tmp_path, head + network_text()))
    assert (network.name, network.classes, network.inputs) == ("010", ("no", "~"), ("on", "2021-02-03"))
    assert (network.unit, network.loss, network.dtype) == ("null", "mean-squared-error", "float32")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (network_text("[[1, 2], [3]]"), "2:23: layers[0].weights[1]: row 2 has 1 number, expected 2 as in row 1"),
        (network_text("|\n      1 2\n      3 x"), "4:9: layers[0].weights: 'x' is not a number"),
        (
            network_text("|\n      1,5 2,5\n      3,5 4,5"),
            "3:9: layers[0].weights: '5 2' is not a number (commas and blanks are mixed: decimal commas?)",
        ),
        (network_text("|\n      1 2\n\n      3"), "5:7: layers[0].weights: row 2 has 1 number, expected 2 as in row 1"),
        (network_text("|\n"), "2:14: layers[0].weights: no numbers, expected rows of numbers"),
        (
            network_text("[[1, −2]]"),
            "2:19: layers[0].weights[0][1]: '−2' is not a number (write the minus sign as '-')",
        ),
        (
            network_text(activation="sigmod"),
            "4:17: layers[0].activation: unknown activation 'sigmod' (did you mean 'sigmoid'? `nnlec list ",
        ),
        (
            network_text("[[1, 2], 3]"),
            "2:23: layers[0].weights[1]: row 2 is the number 3, expected a list of numbers (one row is written ",
        ),
        (
            network_text(bias="[1, 2, 3]"),
            "3:11: layers[0].bias: 3 numbers, expected 2, one for each column of the weights",
        ),
        (
            network_text(bias="[1]"),
            "3:11: layers[0].bias: 1 number, expected 2, one for each column of the weights",
        ),
        (
            network_text() + "clases: [a, b]\n",
            "5:1: unknown key 'clases', expected one of name, inputs, layers, classes, outputs, unit, loss, dtype, "
            "kind (did you mean 'classes'?)",
        ),
        ("x,y\n1,2\n", "1:1: the text 'x,y 1,2', expected a mapping with the key `layers` (a table of numbers is data"),
    ],
)
def test_an_error_says_where_what_and_how_to_mend_it(tmp_path: Path, text: str, said: str) -> None:
    assert complaint(tmp_path, text).startswith(said)


def test_a_file_in_another_encoding_is_told_the_byte_and_how_to_save_it(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(network_text().encode() + "name: café\n".encode("latin-1"))
    with pytest.raises(NnlecError) as caught:
        load_network(path)
    assert str(caught.value) == f"{path}:5:10: the byte 0xE9 is not UTF-8 (save the file as UTF-8)"


@pytest.mark.parametrize(
    ("slip", "hint"),
    [
        ("name:trap\nlayers:\n", "a blank is needed after ':'"),
        ("name： trap\nlayers:\n", "the line holds a full-width colon: write ':'"),
        ("name = trap\nlayers:\n", "write `key: value`, not `key = value`"),
        ("layers:\n\t- name: x\n", "indent with blanks, not with tabs"),
        (
            "layers:\n  - weights: [[1, 2]]\n\u00a0\u00a0  bias: none\n",
            "the line holds a no-break space: write a plain blank",
        ),
        ("classes: [@cat, dog]\n", "a text that begins with %, @ or ` needs quotes"),
        ("classes: [cat,, dog]\n", "two commas in a row: a value is missing"),
        ("classes: [cat, *dog]\n", "a text that begins with '*' needs quotes"),
        ("classes: [cat, !dog x]\n", "a text that begins with '!' needs quotes"),
        (network_text("|\n      [1, 2]"), "a block holds the numbers alone, without brackets"),
        (network_text("|\n      1 2 # one"), "a block holds the numbers alone, without comments"),
        (network_text("[[1 2], [3 4]]"), "is a separator missing between two numbers?"),
        (
            network_text("[[1,5, 2,5], [3,5, 4,5]]") + "classes: [a, b]\n",
            "are the weights written with decimal commas? write points",
        ),
        (network_text() + "classes: [a b]\n", "names are separated by commas"),
        (network_text("[[1], [2]]") + "classes: [a, b, c]\n", "two classes share one output"),
        (network_text(bias="None"), "did you mean none?"),
        (network_text(bias="first_row"), "did you mean first-row?"),
        ("\x08\x07", "a binary file?"),
    ],
)
def test_a_known_slip_comes_with_the_way_to_mend_it(tmp_path: Path, slip: str, hint: str) -> None:
    assert complaint(tmp_path, slip).endswith(f"({hint})")


def two_layers(second: str, bias: str = "none") -> str:
    first = "layers:\n  - name: hidden\n    weights: [[1, 2, 3]]\n    activation: identity\n"
    return first + f"  - weights: {second}\n    bias: {bias}\n    activation: identity\n"


@pytest.mark.parametrize(
    ("second", "bias", "hint"),
    [
        ("[[1], [2], [3], [4]]", "none", "(with `bias: first-row` it would fit)"),
        ("[[1], [2], [3]]", "first-row", "(with `bias: none` it would fit; "),
        ("[[1, 2, 3], [4, 5, 6]]", "none", "(weights are 2 x 3, expected 3 x ...: rows are inputs; transposed?)"),
        ("[[1], [2]]", "none", ""),
    ],
)
def test_layers_that_do_not_chain_are_both_named(tmp_path: Path, second: str, bias: str, hint: str) -> None:
    said = complaint(tmp_path, two_layers(second, bias))
    assert said.startswith("5:14: layers[1].weights: layer 2 takes ")
    assert "but layer 1 'hidden' has 3 outputs" in said
    assert hint in said


def test_another_file_given_as_the_network_is_told_by_its_name(tmp_path: Path) -> None:
    for name, what in (("net.tflite", "a TensorFlow Lite model"), ("w.npz", "weights alone"), ("rows.csv", "a table")):
        with pytest.raises(NnlecError, match=f"{name}: this is {what}, expected a network"):
            load_network(written(tmp_path, "1,2", name))


def test_another_file_given_as_the_network_is_recognised(tmp_path: Path) -> None:
    for content, what in ((b"\x89PNG\r\n", "a PNG picture"), (b"PK\x03\x04", "a zip"), (b"<!DOCTYPE html>", "HTML")):
        path = tmp_path / "net.yaml"
        path.write_bytes(content)
        with pytest.raises(NnlecError, match=what):
            load_network(path)


@pytest.mark.parametrize("name", ["missing.yaml", ".", "a\0b", "x" * 5000])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(NnlecError) as caught:
        load_network(f"{tmp_path}/{name}")
    assert str(caught.value).startswith(str(tmp_path))


def test_values_are_plain_or_named() -> None:
    assert parse_values("1, 2.8,-3.1").numbers == (1.0, 2.8, -3.1)
    assert parse_values(" 1  2.8 -3.1 ").numbers == (1.0, 2.8, -3.1)
    named = parse_values("polar bear=-.2,tiger = .3")
    assert (named.names, named.numbers) == (("polar bear", "tiger"), (-0.2, 0.3))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,abc", "value 2: 'abc' is not a number"),
        ("1,2,", "value 3: '' is not a number (it is empty)"),
        ("[1,2]", "brackets around the values are not numbers (leave them out: 1,2)"),
        ("1,2\n", "a line break among the values (one row of numbers, separated by commas)"),
        ("1;2", "';' between the values (separate the numbers by commas)"),
        ("", "no values (give numbers separated by commas: 1,2.8,-3.1)"),
        ("dog=1,2", "value 2: it has no name, but others have one (name all values or none: dog=-0.2)"),
        ("dog=1,dog=2", "value 2: the name 'dog' is given twice"),
        ("dog=", "value 1: '' is not a number (it is empty)"),
        ("1,1e999", "value 2: '1e999' is beyond the largest double, 1.797e308"),
        ("\x1b[31m,2", r"value 1: '\x1b[31m' is not a number"),
    ],
)
def test_a_bad_value_is_named_by_its_position(text: str, said: str) -> None:
    with pytest.raises(NnlecError) as caught:
        parse_values(text)
    assert str(caught.value) == said


def test_a_number_that_its_tag_calls_whole_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("layers: [{weights: [[!!int 3]], activation: identity}]", encoding="utf-8")
    assert load_network(path).layers[0].arrays["weights"].tolist() == [[3.0]]
    path.write_text("layers: [{weights: [[!!int 3.7]], activation: identity}]", encoding="utf-8")
    with pytest.raises(NnlecError, match=r"'3\.7' is not a whole number, as its tag !!int says"):
        load_network(path)


@pytest.mark.parametrize(("levels", "said"), [(31, "expected a layer"), (32, "nested deeper than 32 levels")])
def test_lists_are_nested_32_deep_at_most(tmp_path: Path, levels: int, said: str) -> None:
    """One level more is the mapping around them."""
    (tmp_path / "net.yaml").write_text(f"layers: {'[' * levels}1{']' * levels}", encoding="utf-8")
    with pytest.raises(NnlecError, match=said):
        load_network(tmp_path / "net.yaml")
