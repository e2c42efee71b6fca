"""`nnlec compare`: two networks at work on the same rows, and where they part."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnlec.cli.completion import complete_network
from nnlec.cli.modal import ModalCommand
from nnlec.cli.networks import network_argument, network_at, outside_option
from nnlec.cli.options import OutputOptions, emit, language_option, output_options, single_option
from nnlec.errors import NnlecError
from nnlec.text import counted, visible

if TYPE_CHECKING:
    import numpy as np

    from nnlec.network.network import Network

_ROWS = 16
_MOST = 1000


@click.command(cls=ModalCommand)
@network_argument()
@click.argument("other", type=click.Path(), shell_complete=complete_network)
@click.argument("data", required=False, type=click.Path())
@single_option("-i", "--input", "values", metavar="VALUES", help="The input of both (default: DATA, or random rows).")
@click.option("--seed", type=click.IntRange(0), default=0, metavar="N", help="Which random rows (default: 0).")
@single_option("-c", "--columns", metavar="NAMES", help="DATA: names or numbers of the inputs' columns, in order.")
@outside_option
@language_option
@output_options
def compare(
    network: str, other: str, data: str | None, values: str | None, seed: int, columns: str | None, **given: Any
) -> int:
    """Compare two networks, NETWORK (A) and OTHER (B), on the same rows, and find the first layer that differs.

    The rows are --input, the first thousand of the table DATA, or random ones.

    Numbers are paired by value and order, whatever layers are called; layers that one side folded away do not count.
    B's layer is given A's input, and causes are tried until one turns its numbers into A's: transposed weights, another
    activation, rows in another order. OTHER may be a .npz of what another program gave, array by array, for --input.
    The exit status is 1 where they differ.

    \b
    Examples:
      nnlec compare configs/lecture.yaml configs/lecture.yaml
      nnlec compare configs/iris.yaml configs/iris.yaml configs/iris.csv -f json
    """
    from nnlec.grading.differences import compare as compared
    from nnlec.grading.differences.numbers import compare_numbers
    from nnlec.rendering.explain.differences import describe_differences
    from nnlec.rendering.records.differences import differences_record

    first = network_at(network)
    rows, shown = _rows(first, values, seed) if data is None else _table(first, data, columns)
    second = None
    try:
        if other.lower().endswith(".npz"):
            if values is None and data is None:
                raise NnlecError("which input gave these numbers?", where="--input")
            found = compare_numbers(first, _arrays(other), rows)
        else:
            second = network_at(other)
            found = compared(first, second, rows)
    except NnlecError as error:
        raise error if error.where else error.at(visible(other)) from None
    record = differences_record(found, first, second, shown)
    output = OutputOptions(**given)
    plain = output.decimals is None and output.significant is None
    emit(output, lambda: describe_differences(record, None if plain else output.style), lambda: record)
    return 0 if found.difference is None else 1


def _rows(network: Network, values: str | None, seed: int) -> tuple[np.ndarray, str]:
    """The rows that both work on, and what they are called."""
    import numpy as np

    from nnlec.cli.inputs import input_row

    if values is not None:
        return np.array([input_row(network, values)]), "the input given"
    rows = np.random.default_rng(seed).normal(size=(_ROWS, network.n_in))
    return rows, f"{_ROWS} random rows (--seed {seed})"


def _table(network: Network, data: str, columns: str | None) -> tuple[np.ndarray, str]:
    """The first rows of a table, and what they are called."""
    from nnlec.cli.table_options import TableOptions
    from nnlec.cli.tables import rows_of_table

    rows = rows_of_table(network, TableOptions(data=(data,), columns=columns), _MOST)
    return rows, f"{counted(len(rows), 'row')} of {visible(data)}"


def _arrays(path: str) -> dict[str, np.ndarray]:
    from nnlec.models.state import read_state

    try:
        return dict(read_state(Path(path)))
    except OSError as error:
        raise NnlecError(error.strerror or str(error)) from None
