"""Finds the columns that a command reads: by the names asked for, or by those of the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from nnlec.errors import NnlecError, shortened, unknown
from nnlec.named import NamedTuple
from nnlec.network.network import Network
from nnlec.tables.engines.first_line import is_missing, is_written_as_number
from nnlec.tables.header import Header, quoted
from nnlec.tables.rows import RowError, RowErrors
from nnlec.text import visible

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array


class InputColumns(NamedTuple):
    """The columns of a network's inputs, in its order; the column of the leading 1, if there is one, is the first."""

    columns: tuple[int, ...]
    names: tuple[str, ...]

    def rows(self, numbers: Array) -> Array:
        """(rows, n_in): the inputs in `numbers`, whose first columns are these; raises `RowErrors` for a wrong 1."""
        given, taken = len(self.columns), len(self.names)
        if given > taken:
            wrong = np.flatnonzero(numbers[:, 0] != 1.0)
            if wrong.size:
                hint = f"give 1 and {taken} inputs, or the {taken} inputs alone"
                expected = "expected the leading 1 that meets the bias"
                raise RowErrors(
                    {
                        int(row): RowError(self.columns[0], f"{float(numbers[row, 0])!r}, {expected}", hint)
                        for row in wrong
                    }
                )
        return np.ascontiguousarray(numbers[:, given - taken : given])

    @property
    def by_column(self) -> Mapping[int, str]:
        """The name of each column."""
        leading = len(self.columns) - len(self.names)
        return dict(zip(self.columns, (*("1",) * leading, *self.names), strict=True))


def input_columns(network: Network, header: Header, chosen: Sequence[str], taken: Sequence[int] = ()) -> InputColumns:
    """As chosen; else by name, where network and table have names; else all columns but the `taken` ones.

    Raises `NnlecError` where they are not as many as the network takes (one more where the leading 1 may be given).
    """
    if chosen:
        columns = header.choose(chosen)
        return _as_many_as_taken(network, columns, "--columns names", header)
    if network.inputs and header.names:
        return InputColumns(tuple(_named_input(name, header) for name in network.inputs), network.input_names)
    return _as_many_as_taken(network, header.without(taken), "the table has", header)


def _named_input(name: str, header: Header) -> int:
    if header.has(name):
        return header.find(name)
    names = [visible(column) for column in header.names]
    shown = ", ".join(shortened(column) for column in names[:40]) + f" and {len(names) - 40} more" * (len(names) > 40)
    raise NnlecError(
        f"the network's input {quoted(name)} is no column of the table, which has {shown}",
        where=header.place,
        hint=unknown("column", visible(name), names).hint or "--columns says which columns to take",
    )


def _as_many_as_taken(network: Network, columns: tuple[int, ...], subject: str, header: Header) -> InputColumns:
    takes = {network.n_in, network.n_in + 1} if network.layers[0].leading_one else {network.n_in}
    if len(columns) in takes:
        return InputColumns(columns, network.input_names)
    count = f"{len(columns):,} column" + ("s" if len(columns) != 1 else "")
    also = " (or one more, the leading 1)" if len(takes) > 1 else ""
    hint = "choose them with --columns, as 2-9 or '!id'" + (
        "" if network.inputs else ", or name the inputs in the network file"
    )
    raise NnlecError(f"{subject} {count}, the network takes {network.n_in:,}{also}", where=header.place, hint=hint)


def score_columns(
    header: Header, chosen: Sequence[str], named: Sequence[str], taken: Sequence[int] = ()
) -> tuple[int, ...]:
    """The columns of scores: as chosen, else of those names, else all that hold numbers but the `taken` ones."""
    if chosen:
        return header.choose(chosen)
    return tuple(map(header.find, named)) if named else numeric_columns(header, taken)


def numeric_columns(header: Header, taken: Sequence[int]) -> tuple[int, ...]:
    """The columns whose first cell is a number, `taken` ones left out: they hold the scores.

    A first cell that is infinite or says that its number is missing (NA) belongs to such a column too, and is an
    error of its row. Raises `NnlecError` for an empty first cell, which leaves the column open, and for whole numbers
    beside fractions: they may be an id, or the number of a label.
    """
    columns = header.without(taken)
    if not header.names:
        return columns
    refused = partial(NnlecError, where=header.place, hint="--columns says which to take")
    if header.first:  # a short first row is an error when it is read
        present = [column for column in columns if column < len(header.first)]
        columns = tuple(column for column in present if _may_be_number(header.first[column]))
        empty = [column for column in present if not header.first[column].strip(" \t")]
        if empty and columns:
            raise refused(f"{header.title(empty[0])} is empty in the first row: does it hold scores?")
    if not columns:
        raise refused("no column of the first row is a number")
    finite = [column for column in columns if header.first and is_written_as_number(header.first[column])]
    whole = {column for column in finite if _is_whole(header.first[column])}
    if whole and len(whole) < len(finite):
        other = next(column for column in finite if column not in whole)
        title, beside = header.title(min(whole)), header.title(other)
        raise refused(f"{title} holds whole numbers and {beside} fractions: which are scores?")
    return columns


def _may_be_number(cell: str) -> bool:
    return is_written_as_number(cell, nonfinite=True) or (bool(cell.strip(" \t")) and is_missing(cell))


def _is_whole(cell: str) -> bool:
    return cell.strip(" \t").lstrip("+-").isdigit()


def score_names(header: Header, columns: Sequence[int]) -> tuple[str, ...]:
    """The names of columns of scores; y1, y2, ... where the table has no header."""
    if header.names:
        return tuple(header.names[column] for column in columns)
    return tuple(f"y{number}" for number in range(1, len(columns) + 1))
