"""Long lists of numbers in a network file: read fast, and in every file as if each number went through the parser."""

from __future__ import annotations

import itertools
import json
import random
import re
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnlec.errors import NnlecError
from nnlec.models import load_network, yaml_file
from nnlec.models.yaml_file import long_lists
from nnlec.models.yaml_file.source import read_source
from nnlec.models.yaml_file.tree import ListNode, MappingNode, Node
from nnlec.network.network import Network
from tests.fuzz.mutations import CORPUS, TOKENS, hurt, mutants
from tests.networks import FORMS, as_yaml, fingerprint, networks

NEVER = 10**9

RANDOM = np.random.default_rng(7).normal(size=(150, 90)).round(3)
RANDOM[70, 40] = 12345.5
MARKED = "12345.5"
BIAS = RANDOM[3]
DENSE = {"layers": [{"weights": RANDOM.tolist(), "bias": BIAS.tolist(), "activation": "relu"}]}
ROWS = "".join(f"      - {row}\n" for row in RANDOM.tolist())
REST = f"    bias: {BIAS.tolist()}\n    activation: relu\n"

WRITTEN = {
    "rows": f"layers:\n  - weights:\n{ROWS}{REST}",
    "rows of Windows": f"layers:\n  - weights:\n{ROWS}{REST}".replace("\n", "\r\n"),
    "one line": f"layers: [{{weights: {RANDOM.tolist()}, bias: {BIAS.tolist()}, activation: relu}}]\n",
    "no blanks": f"layers: [{{weights: {RANDOM.tolist()}, bias: {BIAS.tolist()}, activation: relu}}]\n".replace(
        ", ", ","
    ),
    "PyYAML": yaml.dump(DENSE),
    "PyYAML with an indent": yaml.dump(DENSE, indent=6),
    "PyYAML in flow style": yaml.dump(DENSE, default_flow_style=True),
    "PyYAML in both styles": yaml.dump(DENSE, default_flow_style=None),
    "JSON": json.dumps(DENSE),
    "JSON with an indent": json.dumps(DENSE, indent=2),
    "a comma at the end": f"layers:\n  - weights:\n{ROWS}{REST}".replace("]\n", ",\n        ]\n"),
    "an anchor": f"layers:\n  - weights: &w\n{ROWS}{REST}",
}
"""The same weights as people and programs write them."""

SMALL = [
    "layers:\n  - weights:\n      - [0.1, -2, 3e5]\n      - [4., .5, 010]\n    bias: [1, 2, 3]\n    activation: relu\n",
    "layers:\n- activation: relu\n  bias: none\n  weights:\n  - - 0.1\n    - -2\n  - - 3e5\n    - .5\n",
    "layers:\n- weights:\n  - - 1\n    - 2\n  -\n    - 3\n    - 4\n  bias:\n  - 5\n  - 6\n  activation: relu\n",
    '{"layers": [{"weights": [[0.5, 1],\n [2, -0]], "bias": [1, 1], "activation": "relu"}],\n "classes": ["a", "b"]}\n',
    "layers:\n  - weights: [[1, 2,  # first\n    3], [4, 5, 6]] # [7, 8, 9]\n    # - [1, 2, 3]\n    activation: tanh\n",
    "name: '[1, 2, 3]'\nunit: \"a\n  - 1\n  - 2\"\nlayers: [{weights: [[1, 2], [3, 4]], activation: relu}]\n",
    "layers:\n- weights: |\n    1, 2\n    3, 4\n  name: |\n    - 1\n    - 2\n    [1, 2]\n  activation: relu\n",
    "layers:\n- {name: a, weights: &w [[1, 2], [3, 4]], activation: elu}\n- {name: b, weights: *w, activation: elu}\n",
    "inputs: [1, 2.0]\nclasses:\n  - 1\n  - 2.50\nlayers: [{weights: [[1, 2], [3, 4]], activation: identity}]\n",
    "layers:\r\n  - weights:\r\n    - - 1\r\n      - 2\r\n    - [3,\r\n       4]\r\n    activation: relu\r\n",
    "layers: [{type: conv, weights: [[[[1, 2], [3, 4]]]], activation: relu}]\ninputs: {shape: [1, 3, 3]}\n",
    "layers: [{weights: [[1, 2], [3]], bias: [5, 6], activation: relu}]\n",
    "layers: [{weights: [[1, 2], [3, 4]], bias: [1, 1e999], activation: relu}]\n",
    "layers: [{weights: [[1, 2], [3, 1e999]], bias: [5, 6], activation: relu}]\n",
    "layers: [{type: conv, weights: [[[1, 2], [3, 4]], [[5, 6], [7]]], activation: relu}]\ninputs: {shape: [2, 3]}\n",
    "layers: [{type: conv, weights: [[[1, 2]], [[3, 4], [5, 6]]], activation: relu}]\ninputs: {shape: [1, 3]}\n",
]
"""Networks in which numbers stand in many places."""

TRAPS = [
    "- - 1\n  - 2\n\n  - 3\n  - 4\n",
    "- - 1\n  - 2\n- - 3\n  - 4\n  - {c: 5}\n",
    "- - 1\n  - 2\n- - 3\n  - 4\n- 5\n",
    "- - 1\n  - 2\n- - 3\n  - 4 # four\n- - 5\n  - 6\n",
    "- - 1\n  - 2\n- - 3\n  - 4 five\n",
    "- - 1\n  - 2\n- - 3\n  - 4: 5\n",
    "- - - 1\n    - 2\n  - - 3\n    - 4\n- - - 5\n    - 6\n  - - 7\n    - 8\n",
    "- -   - 1\n      - 2\n  -   - 3\n      - 4\n",
    "[[1, 2], [3, 4], 5]\n",
    "[[[1, 2], [3, 4]], [5, 6]]\n",
    "[[1, 2], # [\n [3, 4]]\n",
    "[ # [[\n 1, 2], [3, 4]]\n",
    "[ # [\n 1, 2, 3]\n",
    "[[], []]\n",
    "[[1, 2], [3, 4]]: [5, 6]\n",
    "- [1,\n  2]\n- [3, 4]\n",
    "- [1\n- 2]\n- [3\n- 4]\n",
    "- 1, 2\n- 3, 4\n",
    "- [1], [2]\n- [3], [4]\n",
    "- [1, 2]: 3\n- [4, 5]: 6\n",
    "- 1\n    - 2\n    - 3\n",
    "- 1\n- 2\n- 3 # three\n- 4\n- 5\n  6\n",
    "- - 1\n- - 2\n- 3\n- 4: 5\n",
    "- 1\n- 2\n- - 3\n  - 4\n- [5, 6]\n- [7, 8]\n",
    "- &b- 1\n    - 2\n    - 3\n",
    "- !!str- 1\n    - 2\n    - 3\n",
    "- !!seq [1, 2]\n- &b [3, 4]\n- *b\n- !!float 5\n- !!int 6\n",
    "[1: 2, 3, !!int 4, 5]\n",
    "[[6, 7], {c: 8, 9}, {d: [1, 2]}]\n",
    "[[1e999, 2], [3, 4]]\n",
    "[[010, 2.], [.5, +4]]\n",
    "[1, 2\n--- \n[1, 2]\n...\n",
    "b:\r- 1\n   - 2\n   - 3\n",
    "? - 1\n  - 2\n: - 3\n  - 4\n",
    "    - 1\n  - 2\n  - 3\n",
    "   - 1\n  - 2\n  - 3\n",
    "\n  - 1\n  - 2\n",
    "  - - 1\n    - 2\n  - - 3\n    - 4\n",
    "   [[1, 2],\n    [3, 4]]\n",
]
"""What looks as lists of numbers, and is something else, or has something else in it."""


MARKS = [
    b"- ",
    b"\n",
    b"\r\n",
    b"\n  ",
    b", ",
    b"1",
    b"-",
    b"[",
    b"]",
    b" #",
    b": ",
    b"- 1\n",
    b"  - 2\n",
    b"{",
    b"}",
    b"[1, 2]",
]


def outcome(path: Path, least: int) -> object:
    """Everything that a file's tree holds and where it stands there, and its network; else the error.

    Lists of `least` characters, and more, are read as long ones.
    """
    with mock.patch.object(yaml_file, "LONG_TEXT", least), mock.patch.object(long_lists, "LEAST", least):
        try:
            tree = told(yaml_file.tree_of(read_source(str(path))))
        except NnlecError as error:
            return error.where, error.what, error.hint
        try:
            return tree, fingerprint(load_network(path))
        except NnlecError as error:
            return tree, error.where, error.what, error.hint


def told(node: Node) -> object:
    match node:
        case ListNode():
            return node.at, node.size, len(node), [told(item) for item in node.items]
        case MappingNode():
            return node.at, node.size, [(key, at, told(value)) for key, (at, value) in node.entries.items()]
        case _:
            return node


def check(content: bytes, path: Path) -> None:
    path.write_bytes(content)
    assert outcome(path, 0) == outcome(path, NEVER), content


def read_and_count(path: Path) -> tuple[Network, int]:
    """A network, and how many events of the parser it took."""
    builder = yaml_file._Builder
    with mock.patch.object(builder, "take", autospec=True, side_effect=builder.take) as events:
        return load_network(path), events.call_count


finds_lists = pytest.mark.skipif(not yaml_file.FINDS_LISTS, reason="the patterns of this Python take too much")


@finds_lists
@pytest.mark.parametrize("form", WRITTEN)
def test_weights_are_read_without_an_event_for_each(form: str, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(WRITTEN[form].encode())
    network, count = read_and_count(path)
    assert network.layers[0].arrays["weights"].tobytes() == RANDOM.tobytes()
    assert network.layers[0].arrays["bias"].tobytes() == BIAS.tobytes()
    row_by_row = form in ("a comma at the end", "an anchor")
    assert count < (1000 if row_by_row else 60)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ("1e", "'1e' is not a number (the exponent is missing)"),
        ("abc", "'abc' is not a number"),
        (".", "'.' is not a number"),
        ("0x1F", "'0x1F' is not a number (write it in decimal)"),
        ("1_000", "'1_000' is not a number (write it without underscores)"),
        ("nan", "'nan' is not a number (only finite numbers are taken)"),
        ("-.inf", "'-.inf' is not a number (only finite numbers are taken)"),
        ("1e999", "'1e999' is beyond the largest double, 1.797e308"),
        ("1 2", "'1 2' is not a number (is a separator missing between two numbers?)"),
        ("'1'", "the quoted text '1', expected a number (write it without quotes)"),
    ],
)
@pytest.mark.parametrize("form", ["rows", "rows of Windows", "PyYAML", "JSON with an indent"])
def test_a_wrong_number_among_many_is_named_with_its_place(
    form: str, wrong: str, complaint: str, tmp_path: Path
) -> None:
    path = tmp_path / "net.yaml"
    before, after = WRITTEN[form].split(MARKED)
    path.write_bytes(f"{before}{wrong}{after}".encode())
    line, column = before.count("\n") + 1, len(before) - before.rindex("\n")
    expected = f"{path}:{line}:{column}: layers[0].weights[70][40]: {complaint}"
    with pytest.raises(NnlecError, match=f"{re.escape(expected)}$"):
        load_network(path)


@pytest.mark.parametrize(
    ("form", "complaint"),
    [
        ("rows", "row 71 has 91 numbers, expected 90 as in row 1"),
        ("PyYAML", "'-1,5' is not a number (write the decimal comma as a point)"),
    ],
)
def test_a_decimal_comma_among_many_numbers(form: str, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(WRITTEN[form].replace(MARKED, "-1,5"))
    with pytest.raises(NnlecError, match=re.escape(complaint)):
        load_network(path)


@pytest.mark.parametrize(
    "case",
    [path for path in sorted(CORPUS.rglob("*")) if path.suffix in (".yaml", ".json")],
    ids=lambda case: case.name,
)
def test_files_of_the_corpus(case: Path, tmp_path: Path) -> None:
    check(case.read_bytes(), tmp_path / "net.yaml")


@pytest.mark.parametrize("text", [*SMALL, *(f"a:\n{trap}" for trap in TRAPS)])
def test_lists_that_are_none(text: str, tmp_path: Path) -> None:
    check(text.encode(), tmp_path / "net.yaml")
    check(text.rstrip().encode(), tmp_path / "net.yaml")  # the end of the file is the end of the list
    check(text.replace("\n", "\r\n").encode(), tmp_path / "net.yaml")


@pytest.mark.parametrize("text", SMALL)
def test_more_numbers_than_a_file_may_have(text: str, tmp_path: Path) -> None:
    for most in range(12):
        with mock.patch.object(yaml_file, "MAX_NODES", most):
            check(text.encode(), tmp_path / "net.yaml")


@finds_lists
def test_kernels_are_read_without_an_event_for_each(tmp_path: Path) -> None:
    kernels = RANDOM[:144, :90].reshape(40, 36, 3, 3)
    path = tmp_path / "net.yaml"
    path.write_text(
        f"inputs: {{shape: [36, 8, 8]}}\nlayers: [{{type: conv, weights: {kernels.tolist()}, activation: relu}}]\n"
    )
    network, count = read_and_count(path)
    assert count < 60
    assert network.layers[0].arrays["weights"].tobytes() == kernels.tobytes()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(network=networks(), form=st.sampled_from(FORMS), libyaml=st.booleans())
def test_any_network(network: Network, form: str, libyaml: bool, tmp_path: Path) -> None:
    with mock.patch.object(yaml, "__with_libyaml__", libyaml):
        check(as_yaml(network, form).encode(), tmp_path / "net.yaml")


def check_hurt(folder: Path, seed: int, count: int) -> None:
    dice, path = random.Random(seed), folder / "net.yaml"
    for content in itertools.islice(mutants("yaml", ".yaml", seed), count):
        with mock.patch.object(yaml, "__with_libyaml__", dice.random() < 0.8):
            check(content, path)
            check(hurt(dice.choice(SMALL).encode(), dice, TOKENS), path)
            check(hurt(b"a:\n" + dice.choice(TRAPS).encode(), dice, MARKS), path)


def test_hurt_files(tmp_path: Path) -> None:
    check_hurt(tmp_path, seed=1, count=150)


@pytest.mark.slow
def test_many_hurt_files(tmp_path: Path) -> None:
    check_hurt(tmp_path, seed=random.randrange(2**32), count=20_000)
