"""The steps from one written row of figures to the next, and how a pencil may round on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nnlec.arithmetic.rounding import Rounding
from nnlec.grading.figures import Figure
from nnlec.grading.steps import Problem, Step
from nnlec.network.trace import Row


@dataclass(frozen=True)
class Carry:
    """How a pencil rounds on the way: every row, or only those of whole layers."""

    rounding: Rounding
    inner: bool

    def apply(self, step: Step, row: Row) -> Row:
        return tuple(self.rounding.value(number) for number in row) if self.inner or not step.inner else row


@dataclass(frozen=True)
class Stretch:
    """The steps `problem.steps[start:stop]`, and the figures written after the last of them."""

    problem: Problem
    start: int
    stop: int
    figures: tuple[Figure, ...]

    @property
    def steps(self) -> Sequence[Step]:
        return self.problem.steps[self.start : self.stop]

    def rows(self, row: Row, carry: Carry | None = None) -> list[Row]:
        """The row after each step; with `carry`, each but the last is rounded before it is used."""
        return follow(self.steps, row, carry)

    def end(self, row: Row, carry: Carry | None = None) -> Row:
        """The row that the figures are held against."""
        return self.rows(row, carry)[-1]

    def before_last(self, row: Row) -> Row:
        """The row that goes into the last step."""
        return self.rows(row)[-2] if len(self.steps) > 1 else row

    def carries(self, finer: int) -> list[Carry]:
        """Rounding to the decimals written or up to `finer` - 1 more; if finer, to the significant figures too."""
        answered = [figure for figure in self.figures if figure.value is not None]
        places = {max(0, figure.places) + more for figure in answered for more in range(finer)}
        roundings = [Rounding(n, fixed=True) for n in sorted(places)]
        if finer > 1:
            significant = {figure.significant for figure in answered if figure.significant > 1}
            roundings += [Rounding(significant=n) for n in sorted(significant)]
        return [Carry(rounding, inner) for rounding in roundings for inner in self._ways()]

    def coarser(self) -> list[tuple[int, Carry]]:
        """Rounding to fewer decimals than are written, the finest first."""
        claimed = max((figure.places for figure in self.figures if figure.value is not None), default=0)
        counts = reversed(range(min(claimed, 4)))
        return [(n, Carry(Rounding(n, fixed=True), inner)) for n in counts for inner in self._ways()]

    def _ways(self) -> list[bool]:
        """Whether inner rows are rounded too: only where there are such rows, or others, to round."""
        return sorted({step.inner for step in self.steps[:-1]})


def follow(
    steps: Sequence[Step], row: Row, carry: Carry | None = None, known: Sequence[Row] | None = None
) -> list[Row]:
    """The rows after each step.

    `known` are the rows, the first included, of a computation that differs in few numbers.
    """
    rows: list[Row] = []
    for number, step in enumerate(steps, start=1):
        row = step.follow_again(row, known[number - 1], known[number]) if known else step.follow(row)
        if carry is not None and number < len(steps):
            row = carry.apply(step, row)
        rows.append(row)
    return rows
