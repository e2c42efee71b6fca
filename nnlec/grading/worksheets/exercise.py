"""An exercise: what is given, the rows of figures that it asks for, and what a known slip would give for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from nnlec.grading.figures import rounded
from nnlec.grading.mistakes import MISTAKES, Alternative, MistakeKind, Work
from nnlec.grading.mistakes.interface import work_of
from nnlec.grading.mistakes.step import STEP_SLIPS
from nnlec.grading.segment import follow
from nnlec.grading.step_sheet import RIGHT, StepProblem, Ways
from nnlec.grading.steps import Problem
from nnlec.network.losses import Loss
from nnlec.network.network import Network
from nnlec.network.trace import Row

_OF_ROUNDING = "rounded too early"
_IN_ONE_PLACE, _COMMON = ("one sign", "one term left out"), 3
"""The mistakes in one product or number that are told about, and how plausible they have to be."""


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
            exact = step.follow(row, places)
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

    def slips_in_place(self) -> Iterator[tuple[str, int, Decimal, str]]:
        """The commonest mistakes in one product or number: row, figure, what it would be, the sentence."""
        for index, work in _works(self.problem):
            for kind, one in _alternatives(work):
                common = kind.name in _IN_ONE_PLACE and kind.plausibility >= _COMMON
                if common and one.source is not None and one.unit is not None:
                    name, sentence = self.problem.steps[index].name, kind.explain(work, one)
                    yield name, one.unit, one.changes[one.unit], sentence

    def _slips_of_step(self) -> Iterator[Slip]:
        if self.step is None:
            return
        right = self._step_rows(RIGHT)
        for kind in STEP_SLIPS:
            for ways, word in kind.ways(self.step):
                sheet = self._step_rows(ways)
                made = next((name for name in sheet if sheet[name] != right[name]), None)
                if made is not None:
                    yield Slip(kind.name, kind.explain(self.step, word), made, sheet)


def _works(problem: Problem) -> Iterator[tuple[int, Work]]:
    """Each step at work on the right numbers, where mistakes in it can be computed."""
    row = problem.given
    work: Work | None = None
    for index in range(len(problem.steps)):
        work = work_of(problem, index, row, work)
        row = (*work.after, *work.kept)
        if all(number.is_finite() for number in row):
            yield index, work


def _slips_of(problem: Problem) -> Iterator[Slip]:
    """The mistakes in one step after the other."""
    right = follow(problem.steps, problem.given)
    for index, work in _works(problem):
        step = problem.steps[index]
        for kind, one in _alternatives(work):
            if one.read is None and (one.unit is None or step.size == 1):  # no misreading of one number
                wrong = work.row(one.changes)
                rows = [*right[:index], wrong, *follow(problem.steps[index + 1 :], wrong)]
                figures = {step.name: row[: step.size] for step, row in zip(problem.steps, rows, strict=True)}
                yield Slip(kind.name, kind.explain(work, one), step.name, figures)


def _alternatives(work: Work) -> Iterator[tuple[MistakeKind, Alternative]]:
    for kind in MISTAKES.get(type(work.operation), ()):
        if kind.name != _OF_ROUNDING:
            try:
                yield from ((kind, one) for one in kind.alternatives(work))
            except ArithmeticError:
                continue  # with such numbers this mistake cannot be computed
