"""An exercise: what is given, the rows of figures that it asks for, and what a known slip would give for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from nnlec.grading.figures import rounded
from nnlec.grading.mistakes import MISTAKES, Alternative, Work
from nnlec.grading.mistakes.step import STEP_SLIPS
from nnlec.grading.step_sheet import RIGHT, StepProblem, Ways
from nnlec.grading.steps import Problem, Step
from nnlec.network.losses import Loss
from nnlec.network.network import Network
from nnlec.network.trace import Row

_OF_ROUNDING = "rounded too early"


class AskedRow(NamedTuple):
    """A row that is asked for: the name by which `nnlec check` knows it, what each figure is called, the figures."""

    name: str
    labels: tuple[str, ...]
    exact: Row


class Slip(NamedTuple):
    """A mistake in a whole row: its sentence, the row in which it is made, and the rows as they would come out."""

    name: str
    sentence: str
    row: str
    figures: Mapping[str, Row]


@dataclass(frozen=True)
class Exercise:
    """A forward pass, a softmax, a loss; with a `step`, one step of learning after it.

    `problem` holds what is given and the steps from it. A network that is no part of it is None.
    """

    problem: Problem
    network: Network | None = None
    loss: Loss | None = None
    target: Row = ()
    label: str = ""
    step: StepProblem | None = None

    @property
    def given(self) -> Row:
        """The input, or the scores."""
        return self.problem.given

    def rows(self, places: int | None = None) -> tuple[AskedRow, ...]:
        """Every row, computed in full, or from numbers that were rounded to so many decimals before they were used."""
        return (*self.passed(places), *self.stepped(places))

    def passed(self, places: int | None = None) -> Iterator[AskedRow]:
        """The rows of the forward pass."""
        row = self.problem.given
        for step in self.problem.steps:
            exact = step.follow(row)
            yield AskedRow(step.name, step.labels[: step.size], exact[: step.size])
            row = exact if places is None else tuple(rounded(number, places) for number in exact)

    def stepped(self, places: int | None = None) -> Iterator[AskedRow]:
        """The rows of the step; none where there is no step."""
        if self.step is not None:
            labels = self.step.labels
            for name, exact in self._step_rows(RIGHT, places).items():
                yield AskedRow(name, labels[name], exact)

    def _step_rows(self, ways: Ways, places: int | None = None) -> Mapping[str, Row]:
        assert self.step is not None

        def keep(number: Decimal, kind: str) -> Decimal:
            return number if places is None or kind == "slope" else rounded(number, places)

        return self.step.sheet(ways, keep)

    def slips(self) -> tuple[Slip, ...]:
        """Each mistake of the catalogue that concerns a whole row, with all that follows from it."""
        return (*_slips_of(self.problem), *self._slips_of_step())

    def _slips_of_step(self) -> Iterator[Slip]:
        if self.step is None:
            return
        right = self._step_rows(RIGHT)
        for kind in STEP_SLIPS:
            for ways, word in kind.ways(self.step):
                sheet = self._step_rows(ways)
                made = next((name for name in sheet if sheet[name] != right[name]), None)
                if made is not None:
                    yield Slip(kind.name, kind.sentence.format(word=word), made, sheet)


def _slips_of(problem: Problem) -> Iterator[Slip]:
    """The mistakes in one step after the other."""
    rows: list[Row] = [problem.given]
    work: Work | None = None
    for index, step in enumerate(problem.steps):
        rows.append(step.follow(rows[-1]))
        work = _at_work(problem, index, rows[index], rows[-1], work)
        for kind in MISTAKES.get(type(step.own_operation), ()) if _computable(rows[-1]) else ():
            if kind.name == _OF_ROUNDING:
                continue
            for one in _of_whole_rows(kind.alternatives(work), step):
                wrong = (*(one.changes.get(unit, n) for unit, n in enumerate(work.after)), *work.kept)
                figures = _with_names(problem.steps, [*rows[1:-1], wrong, *_after(problem.steps[index + 1 :], wrong)])
                yield Slip(kind.name, kind.explain(work, one), step.name, figures)


def _computable(row: Row) -> bool:
    """Whether mistakes can be computed at all."""
    return all(number.is_finite() for number in row)


def _at_work(problem: Problem, index: int, before: Row, after: Row, earlier: Work | None) -> Work:
    step = problem.steps[index]
    size = step.size
    labels = step.taken(problem.labels_before(index))
    units = tuple(range(size))
    own = step.own_operation
    return Work(own, step.taken(before), after[:size], labels, step.labels[:size], units, earlier, (), after[size:])


def _of_whole_rows(alternatives: Iterator[Alternative], step: Step) -> Iterator[Alternative]:
    """Those that are no misreading of one number."""
    try:
        for one in alternatives:
            if one.read is None and (one.unit is None or step.size == 1):
                yield one
    except ArithmeticError:
        return  # with such numbers this mistake cannot be computed


def _after(steps: Sequence[Step], row: Row) -> Iterator[Row]:
    for step in steps:
        row = step.follow(row)
        yield row


def _with_names(steps: Sequence[Step], rows: Sequence[Row]) -> dict[str, Row]:
    return {step.name: row[: step.size] for step, row in zip(steps, rows, strict=True)}
