"""A network file with other numbers in it: everything else, comments too, stays as it was written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from nnlec.arithmetic.numbers import NUMBER, decimal_of, shortest
from nnlec.models.yaml_file import tree_of
from nnlec.models.yaml_file.source import read_source
from nnlec.models.yaml_file.tree import Field, ListNode, MappingNode, ScalarNode

if TYPE_CHECKING:
    from nnlec.network.layers import Layer
    from nnlec.network.network import Network

_MOST_DIGITS = 40
"""A decimal that ends within so many digits is written whole; of a longer one the nearest double is."""

_TOKEN = re.compile(NUMBER)
_MARK = re.compile(r"[!&]\S*\s+")
_QUOTED = re.compile(r"""'[^']*'|"(?:[^"\\]|\\.)*"|[{}]""")


class _Change(NamedTuple):
    """A part of the text, and what stands there instead."""

    start: int
    end: int
    text: str


def rewritten(path: str, network: Network, comment: str) -> str:
    """The text of the network file at `path` with the numbers of `network`, a comment before it.

    `network` has the layers that the file describes. Numbers that know their digits are written with all of them where
    they end. Raises `NnlecError` for a file in which two layers share numbers by an alias.
    """
    source = read_source(path, "a network as YAML text")
    root = Field(source, tree_of(source))
    layers = root.members((), "a network")["layers"].elements("a list of layers")
    changes = [
        change for field, layer in zip(layers, network.layers, strict=True) for change in _of_layer(field, layer)
    ]
    changes.sort()
    for before, after in pairwise(changes):
        if after.start < before.end:
            what = "these numbers stand for two layers, which a step makes different"
            raise source.error(after.start, what, hint="write them out for each")
    text, at = [f"# {line}\n" for line in comment.splitlines()], 0
    for start, end, instead in changes:
        text += [source.text[at:start], instead]
        at = end
    return "".join([*text, source.text[at:]])


def _of_layer(field: Field, layer: Layer) -> Iterator[_Change]:
    parts = field.members((), "a layer")
    for key, array in layer.arrays.items():
        if key == "bias" and layer.leading_one:
            continue
        rows: object = array.tolist() if array.ndim else array.item()
        if key == "weights" and layer.leading_one:
            rows = [layer.arrays["bias"].tolist(), *array.tolist()]
        if key in parts:
            yield from _of_value(parts[key], rows)
        else:
            yield _added(field, key, rows)


def _of_value(field: Field, numbers: object) -> Iterator[_Change]:
    """A list, a literal block, or the name of a file, in whose place the numbers stand then."""
    node = field.node
    match node:
        case MappingNode():
            yield _Change(node.at, _end_of_mapping(field), _listed(numbers))
        case ScalarNode(style="|"):
            yield from _of_block(field, list(_flat(numbers)))
        case _:
            places = list(_scalars(node))
            flat = list(_flat(numbers))
            if len(flat) != len(places):  # a number that stands for several
                yield _Change(places[0].at, places[-1].at + len(places[-1].text), _listed(numbers))
                return
            for place, number in zip(places, flat, strict=True):
                marks = _marks(field, place)
                anchor = "".join(mark for mark in marks if mark.startswith("&"))  # a tag may say what is true no more
                end = place.at + len("".join(marks)) + len(place.text)
                yield _Change(place.at, end, anchor + spelled(number))


def _marks(field: Field, place: ScalarNode) -> list[str]:
    """The tag and the anchor before a number, each with the blanks behind it."""
    marks, at = [], place.at
    while found := _MARK.match(field.source.text, at):
        marks.append(found[0])
        at = found.end()
    return marks


def _of_block(field: Field, numbers: Sequence[float]) -> Iterator[_Change]:
    text, at = field.source.text, field.source.line_start(field.node.at, 1)
    for number in numbers:
        token = _TOKEN.search(text, at)
        assert token is not None
        at = token.end()
        yield _Change(token.start(), at, spelled(number))


def _scalars(node: object) -> Iterator[ScalarNode]:
    if isinstance(node, ListNode):
        for item in node.items:
            yield from _scalars(item)
    elif isinstance(node, ScalarNode):
        yield node


def _end_of_mapping(field: Field) -> int:
    """Where {file: ...} ends. Raises `NnlecError` for one without braces."""
    text, depth = field.source.text, 0
    if text[field.node.at] == "{":
        for mark in _QUOTED.finditer(text, field.node.at):
            depth += {"{": 1, "}": -1}.get(mark[0], 0)
            if not depth:
                return mark.end()
    raise field.error("numbers cannot stand in its place", "write it as {file: ..., array: ...}")


def _added(field: Field, key: str, numbers: object) -> _Change:
    """A key that the file left out, before the layer's first."""
    node = field.node
    assert isinstance(node, MappingNode)
    start = min(at for at, _ in node.entries.values())
    in_braces = field.source.text[node.at] == "{"
    indent = "\n" + " " * (field.source.line_and_column(start)[1] - 1)
    return _Change(start, start, f"{key}: {_listed(numbers)}{', ' if in_braces else indent}")


def _flat(numbers: object) -> Iterator[float]:
    if isinstance(numbers, list):
        for number in numbers:
            yield from _flat(number)
    else:
        assert isinstance(numbers, float)
        yield numbers


def _listed(numbers: object) -> str:
    if isinstance(numbers, list):
        return f"[{', '.join(map(_listed, numbers))}]"
    assert isinstance(numbers, float)
    return spelled(numbers)


def spelled(value: float) -> str:
    """Every digit of a decimal that ends, else the shortest text of its double.

    >>> from decimal import Decimal
    >>> from nnlec.arithmetic.numbers import Precise
    >>> spelled(0.1), spelled(Precise.of(Decimal("0.12132600000000000000001")))
    ('0.1', '0.12132600000000000000001')
    """
    digits = decimal_of(value)
    if len(digits.as_tuple().digits) > _MOST_DIGITS or digits == decimal_of(float(value)):
        return shortest(float(value))
    return str(digits).replace("E", "e")
