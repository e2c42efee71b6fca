"""Weights from a network file: rows of numbers, a literal block, or the name of a file that holds them."""

from __future__ import annotations

import math
import re
from array import array
from typing import TYPE_CHECKING

from nnlec.arithmetic.lazy_numpy import np
from nnlec.arithmetic.numbers import NUMBER, NumeralError, is_number, parse_number
from nnlec.arithmetic.written import Written
from nnlec.errors import NnlecError, shortened
from nnlec.models.yaml_file.tree import Field, ListNode, MappingNode, Node, ScalarNode, described
from nnlec.text import counted, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlec.arithmetic.types import Array

_FORMS = "rows of numbers, a literal block (`weights: |`) or {file: ..., array: ..., transpose: true}"
_BLOCK_HINTS = {
    "[": "a block holds the numbers alone, without brackets",
    "]": "a block holds the numbers alone, without brackets",
    "#": "a block holds the numbers alone, without comments",
    ";": "separate the numbers by blanks or commas, the rows by lines",
}
_SHAPES = ("a single number", "one row of numbers", "rows x columns", *(f"{n} axes" for n in range(3, 7)))
_COMMA, _BLANKS = r"[ \t]*+,[ \t]*+", r"[ \t]++"


def read_numbers(field: Field, dimensions: tuple[int, ...], allow_outside: bool) -> Array | Written:
    """Finite doubles that have one of these numbers of dimensions: a matrix, a list, a number."""
    if isinstance(field.node, MappingNode):
        found = _from_file(field, allow_outside, dimensions)
        if isinstance(found, Written):
            return found
        array = found
    elif 0 in dimensions and isinstance(field.node, ScalarNode):
        array = np.array(number_in(field))
    elif dimensions == (2,):
        return _matrix(field)
    elif max(dimensions) < 2:
        return _vector(field)
    else:
        array = _nested(field, dimensions)
    array.flags.writeable = False
    return array


def _matrix(field: Field) -> Written:
    """A (rows, columns) matrix, with neither zero."""
    match field.node:
        case ListNode():
            rows = _listed_rows(field)
        case ScalarNode(style="|"):
            rows = _block_rows(field)
        case ScalarNode(style=">"):
            raise field.error("a folded text, whose line ends are lost", "write `weights: |`")
        case _:
            raise field.expected(_FORMS, _hint(field.node))
    if not rows.numbers:
        raise field.error("no numbers, expected rows of numbers")
    return Written(rows.numbers, (rows.height, rows.width))


def _nested(field: Field, dimensions: tuple[int, ...]) -> Array:
    """Lists in lists, as deep as one of the dimensions, all of a level equally long."""
    if isinstance(field.node, ListNode) and field.node.numbers and len(field.node.numbers.shape) in dimensions:
        return np.array(field.node.numbers.values).reshape(field.node.numbers.shape)
    depth, first = 0, field.node
    while isinstance(first, ListNode) and first.items:
        depth, first = depth + 1, first.items[0]
    if depth not in dimensions:
        expected = " or ".join(map(str, (each for each in dimensions if each)))
        hint = "one kernel of one channel is [[[[1, 2], [3, 4]]]]" if depth == 2 else ""
        raise field.error(f"lists nested {depth} deep, expected {expected}", hint)
    shape: list[int] = []
    level = [field]
    for _ in range(depth - 1):
        shape.append(_length_of_each(level))
        level = [item for each in level for item in each.elements("a list of numbers")]
    shape.append(_length_of_each(level))
    rows = [_numbers(each, each.node) for each in level if isinstance(each.node, ListNode)]
    return np.array(rows, dtype=np.float64).reshape(shape)


def _length_of_each(fields: list[Field]) -> int:
    """How many items each of these lists has. Raises `NnlecError` at one that has another number, or none."""
    lengths = [each.length("a list of numbers") for each in fields]
    for each, length in zip(fields, lengths, strict=True):
        if not length:
            raise each.error("an empty list, expected numbers")
        if length != lengths[0]:
            raise each.error(f"{counted(length, 'item')}, expected {lengths[0]} as in {fields[0].path}")
    return lengths[0]


class _RowBuffer:
    """Rows of one length, side by side as doubles: lists of Python's floats would take four times the memory."""

    def __init__(self) -> None:
        self.numbers = array("d")
        self.height = self.width = 0

    def add(self, row: Sequence[float]) -> str:
        """What is wrong with the row's length; empty when it was taken."""
        if self.height and len(row) != self.width:
            return f"row {self.height + 1} has {counted(len(row), 'number')}, expected {self.width} as in row 1"
        self.numbers.extend(row)
        self.height, self.width = self.height + 1, len(row)
        return ""


def _vector(field: Field) -> Written:
    """A list of numbers: a bias."""
    if not isinstance(field.node, ListNode):
        raise field.expected("a list of numbers")
    numbers = _numbers(field, field.node)
    return Written(numbers, (len(numbers),))


OPEN = "?"
"""What stands in a file for anything that weights alone do not say."""


def expect_known(field: Field) -> None:
    """Raises `NnlecError` where "?" stands."""
    if isinstance(field.node, ScalarNode) and field.node.text == OPEN:
        raise field.error("it is not known yet", "weights alone do not say it: write it in the place of ?")


def number_in(field: Field) -> float:
    """The finite double of an unquoted scalar."""
    node = field.node
    if not isinstance(node, ScalarNode) or not (node.text or node.style):
        raise field.expected("a number")
    expect_known(field)
    if node.style:
        hint = "write it without quotes" if is_number(node.text) else ""
        raise field.error(f"the quoted text '{visible(shortened(node.text))}', expected a number", hint)
    try:
        return parse_number(node.text)
    except NumeralError as error:
        raise field.error(visible(error.what), error.hint) from None


def _hint(node: Node) -> str:
    if not isinstance(node, ScalarNode):
        return ""
    if node.text.startswith("-["):
        return "a blank is needed after '-'"
    if node.text.startswith(("array(", "tensor(")):
        return "write the numbers alone, without `array(...)`"
    return "a blank is needed after each '-', or a '|' after `weights:`" if " " in node.text else ""


def _listed_rows(field: Field) -> _RowBuffer:
    assert isinstance(field.node, ListNode)
    rows = _RowBuffer()
    known = field.node.numbers
    if known is not None and len(known.shape) == 2:
        rows.numbers, (rows.height, rows.width) = known.values, known.shape
        return rows
    for i, node in enumerate(field.node.items):
        row = Field(field.source, node, f"{field.path}[{i}]")
        if not isinstance(node, ListNode):
            hint = "one row is written [[1, 2]]" if isinstance(node, ScalarNode) and is_number(node.text) else ""
            raise row.error(f"row {i + 1} is {described(node)}, expected a list of numbers", hint)
        if ragged := rows.add(_numbers(row, node)):
            raise row.error(ragged)
    return rows


def _numbers(field: Field, node: ListNode) -> Sequence[float]:
    """The items of a list as doubles; read one by one only where one is wrong, to name it."""
    if node.numbers is not None and len(node.numbers.shape) == 1:
        return node.numbers.values
    items = node.items
    texts = [item.text for item in items if type(item) is ScalarNode and not item.style]
    numbers = _finite(texts) if len(texts) == len(items) and all(map(is_number, texts)) else None
    if numbers is not None:
        return numbers
    return [number_in(Field(field.source, item, f"{field.path}[{i}]")) for i, item in enumerate(items)]


def _finite(texts: list[str]) -> list[float] | None:
    """Texts that are known to be numbers as doubles; None where one of them is too large."""
    numbers = list(map(float, texts))
    return numbers if all(map(math.isfinite, numbers)) else None


def _block_rows(field: Field) -> _RowBuffer:
    """The lines of a literal block: numbers separated all by commas or all by blanks."""
    assert isinstance(field.node, ScalarNode)
    separator = _COMMA if "," in field.node.text else _BLANKS
    row = re.compile(f"{NUMBER}(?:{separator}{NUMBER})*+")
    rows = _RowBuffer()
    for index, text in enumerate(field.node.text.split("\n")):
        line = text.strip(" \t")
        if not line:
            continue
        numbers = _finite(line.replace(",", " ").split()) if row.fullmatch(line) else None
        if numbers is None:
            raise _bad_part(field, index, line, re.compile(separator))
        if ragged := rows.add(numbers):
            raise field.error(ragged, at=_start_of(field, index, line))
    return rows


def _start_of(field: Field, index: int, line: str) -> int:
    """Where in the source a line of a literal block begins: they are its lines after the one with the mark."""
    start = field.source.line_start(field.node.at, index + 1)
    return field.source.text.find(line, start)


def _bad_part(field: Field, index: int, line: str, separator: re.Pattern[str]) -> NnlecError:
    """The first thing in a line of a literal block that is not a number."""
    begins = [0, *(found.end() for found in separator.finditer(line))]
    for begin, part in zip(begins, separator.split(line), strict=True):
        try:
            parse_number(part)
        except NumeralError as error:
            mixed = "commas and blanks are mixed: decimal commas?" if re.search(_BLANKS, part) else ""
            known = [hint for mark, hint in _BLOCK_HINTS.items() if mark in part]
            hint = next(iter(known), mixed or error.hint)
            return field.error(visible(error.what), hint, at=_start_of(field, index, line) + begin)
    raise AssertionError(line)


def _transposed(values: Array, field: Field) -> Array:
    """`true` turns rows into columns; a list says which axis, counted from 1, comes first, second, ..."""
    if isinstance(field.node, ListNode):
        axes = [int(axis) - 1 for axis in _numbers(field, field.node)]
        if sorted(axes) != list(range(values.ndim)):
            given = " x ".join(map(str, values.shape))
            raise field.error(f"the array is {given}, expected each of 1 to {values.ndim} once")
        return np.ascontiguousarray(values.transpose(axes))
    if not isinstance(field.node, ScalarNode) or field.node.text not in ("true", "false") or field.node.style:
        raise field.expected("true, false or a list of axes")
    if field.node.text == "false":
        return values
    if values.ndim > 2:
        turned = list(range(values.ndim, 0, -1))
        raise field.error(f"the array has {values.ndim} axes", f"write their order: {turned} reverses them")
    return np.asarray(values.T, order="C")


def _stored(field: Field, parts: dict[str, Field], file: str, name: str, allow_outside: bool) -> Written | None:
    """A large matrix of a .safetensors file, which is read when it is used."""
    from nnlec.models.weights.stored import stored_matrix

    turned = parts["transpose"].node if "transpose" in parts else ScalarNode("false", 0, "")
    if not isinstance(turned, ScalarNode) or turned.text not in ("true", "false") or turned.style:
        return None  # what is wrong with it is said where a small one is read
    folder, turn = field.source.folder, turned.text == "true"
    return stored_matrix(folder, file, name, allow_outside=allow_outside, turned=turn, located=field.error)


def _from_file(field: Field, allow_outside: bool, dimensions: tuple[int, ...]) -> Array | Written:
    from nnlec.models.weights import read_array

    parts = field.members(("file", "array", "transpose"), _FORMS)
    if "file" not in parts:
        raise field.error("the key `file` is missing", "for example {file: weights.npz, array: W1}")
    file = parts["file"].name()
    name = parts["array"].name() if "array" in parts else ""
    try:
        if dimensions == (2,) and (matrix := _stored(field, parts, file, name, allow_outside)) is not None:
            return matrix
        values = read_array(field.source.folder, file, name, allow_outside=allow_outside)
    except NnlecError as error:
        raise parts["file"].error(visible(f"{error.where or file}: {error.what}"), error.hint) from None
    if "transpose" in parts:
        values = _transposed(values, parts["transpose"])
    shape = " x ".join(map(str, values.shape)) or "a single number"
    if values.ndim not in dimensions or not values.size:
        wanted = " or ".join(_SHAPES[each] for each in dimensions if each or len(dimensions) == 1)
        raise field.error(f"the array is {shape}, expected {wanted}")
    if not np.isfinite(values).all():
        place = ", ".join(str(i + 1) for i in np.argwhere(~np.isfinite(values))[0])
        raise field.error(f"the number at {place} of the array is not finite", "only finite numbers are taken")
    return values
