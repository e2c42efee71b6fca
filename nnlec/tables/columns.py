"""From what was asked for to columns of the table at hand."""

from __future__ import annotations

from collections.abc import Sequence

from nnlec.arithmetic.numbers import is_number
from nnlec.errors import NnlecError, unknown
from nnlec.network.network import Network
from nnlec.tables.interface import Layout, quoted
from nnlec.text import visible


def input_columns(
    network: Network, layout: Layout, chosen: Sequence[str], taken: Sequence[int] = ()
) -> tuple[int, ...]:
    """The columns of the network's inputs, in its order.

    As chosen; else by name, where network and table have names; else all columns but the `taken` ones, which must be
    exactly as many as the network takes (one more where the leading 1 may be given).
    """
    if chosen:
        return _as_many_as_taken(network, tuple(layout.find(name) for name in chosen), "--columns names", layout)
    if network.inputs and layout.names:
        return tuple(_named_input(name, layout) for name in network.inputs)
    return _as_many_as_taken(network, layout.without(taken), "the table has", layout)


def _named_input(name: str, layout: Layout) -> int:
    if name in layout.names:
        return layout.find(name)
    error = unknown("column", visible(name), [visible(column) for column in layout.names])
    known = error.what.partition("expected one of ")[2]
    raise NnlecError(
        f"the network's input {quoted(name)} is no column of the table, which has {known}",
        where=layout.place,
        hint=error.hint or "--columns says which columns to take",
    )


def _as_many_as_taken(network: Network, columns: tuple[int, ...], subject: str, layout: Layout) -> tuple[int, ...]:
    takes = {network.n_in, network.n_in + 1} if network.layers[0].leading_one else {network.n_in}
    if len(columns) in takes:
        return columns
    count = f"{len(columns):,} column" + ("s" if len(columns) != 1 else "")
    also = " (or one more, the leading 1)" if len(takes) > 1 else ""
    hint = "choose them with --columns" + ("" if network.inputs else ", or name the inputs in the network file")
    raise NnlecError(f"{subject} {count}, the network takes {network.n_in:,}{also}", where=layout.place, hint=hint)


def numeric_columns(layout: Layout, taken: Sequence[int]) -> tuple[int, ...]:
    """The columns whose first cell is a number, `taken` ones left out: they hold the scores.

    Whole numbers beside fractions (an id, a label's number) are not guessed about: raises `NnlecError`.
    """
    if not layout.names:
        return layout.without(taken)
    columns = layout.without(taken)
    if layout.first:  # a short first row is complained about when it is read
        present = [column for column in columns if column < len(layout.first)]
        columns = tuple(column for column in present if is_number(layout.first[column].strip(" \t")))
    if not columns:
        raise NnlecError(
            "no column of the first row is a number", where=layout.place, hint="--columns says which to take"
        )
    whole = [column for column in columns if layout.first and _is_whole(layout.first[column])]
    if whole and len(whole) < len(columns):
        other = next(column for column in columns if column not in whole)
        raise NnlecError(
            f"{layout.title(whole[0])} holds whole numbers and {layout.title(other)} fractions: which are scores?",
            where=layout.place,
            hint="--columns says which to take",
        )
    return columns


def _is_whole(cell: str) -> bool:
    return cell.strip(" \t").lstrip("+-").isdigit()


def named(layout: Layout, columns: Sequence[int]) -> tuple[str, ...]:
    """The names of columns; y1, y2, ... where the table has no header."""
    if layout.names:
        return tuple(layout.names[column] for column in columns)
    return tuple(f"y{number}" for number in range(1, len(columns) + 1))
