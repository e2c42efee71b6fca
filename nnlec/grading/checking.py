"""A sheet of figures marked in one call, from the network they were computed with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from nnlec.arithmetic.numbers import decimal_of
from nnlec.errors import NnlecError, unknown
from nnlec.grading.figures import Figure
from nnlec.grading.marking import mark
from nnlec.grading.problems import layer_key, network_problem
from nnlec.grading.reading import figures, named_figures
from nnlec.grading.verdict import Verdict
from nnlec.network.gradient import loss_of
from nnlec.network.losses import Loss
from nnlec.network.network import Network
from nnlec.text import counted

AnswerRow = str | Sequence[str | float]
"""Figures as they were written: "5.2, 14.5", or ["5.20", 14.5]; a number has the decimals that Python prints."""


def check(
    network: Network,
    inputs: object,
    sheet: Mapping[str, AnswerRow],
    *,
    target: Sequence[float] | None = None,
    measured: Loss | str | None = None,
) -> Verdict:
    """The verdict on a student's figures, by the name of a layer, or output, logits, probabilities, loss.

    With a `target`, (n_out,), the loss is marked too. Raises `NnlecError` for a row that the network does not have, and
    for figures that cannot be read.

    >>> from nnlec import Dense, Network
    >>> network = Network((Dense([[1.5], [2.0]], [0.25], "identity"),))
    >>> check(network, [[1.0, 2.0]], {"output": "5.57"})
    <Verdict: 0 of 1 figure right>
    """
    rows = network.accept(inputs)
    if len(rows) != 1:
        raise NnlecError(f"{counted(len(rows), 'row')}, expected one example", where="inputs")
    given = tuple(map(decimal_of, rows[0].tolist()))
    if target is None:
        problem = network_problem(network, given)
    else:
        problem = network_problem(network, given, loss_of(network, measured), _decimals(network, target))
    known = problem.labels
    parsed: dict[str, Sequence[Figure]] = {}
    for name, row in sheet.items():
        key = name if name in known else layer_key(name)
        if key not in known:
            raise unknown("row of figures", name, known)
        written = row if isinstance(row, str) else "; ".join(map(str, row))
        try:
            parsed[key] = named_figures(written, known[key]) if "=" in written else figures(written, len(known[key]))
        except NnlecError as error:
            raise error.at(name) from None
    return mark(problem, parsed)


def _decimals(network: Network, target: Sequence[float]) -> tuple[Decimal, ...]:
    if len(target) != network.n_out:
        raise NnlecError(f"{counted(len(target), 'number')}, expected {network.n_out}", where="target")
    return tuple(map(decimal_of, target))
