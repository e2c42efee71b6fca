"""A student's figures of a step of learning: what is right and why, and the slip behind what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from nnlec.errors import NnlecError, unknown
from nnlec.grading.figures import Figure, as_many, rounded
from nnlec.grading.mistakes.step import STEP_SLIPS
from nnlec.grading.step_sheet import CONVENTION, RIGHT, StepCarry, StepFigures, StepProblem, Ways
from nnlec.grading.verdict import Basis, Mark, MarkedRow, Mistake
from nnlec.named import NamedTuple
from nnlec.network.trace import Row

MOST_PRODUCTS = 2_000
"""Products of a step that is worked again for each slip and for each way of rounding."""

WrittenFigures = Mapping[str, Sequence[Figure]]
"""Rows of figures, by their names."""

RowFigure = tuple[str, int]
"""A row and a figure of it."""


class _Found(NamedTuple):
    name: str
    sentence: str
    explains: frozenset[RowFigure]
    plausibility: float


def mark_step(
    problem: StepProblem, answers: WrittenFigures, beside: WrittenFigures | None = None
) -> tuple[MarkedRow, ...]:
    """The verdict on rows of a step, by their names; `beside` are figures written for the forward pass.

    Raises `NnlecError` for a row that is not asked for, and for too few or too many figures.
    """
    labels = problem.labels
    written: dict[str, Sequence[Figure]] = {}
    for name in sorted(answers, key=list(labels).index if set(answers) <= set(labels) else None):
        if name not in labels:
            raise unknown("row of figures", name, labels)
        try:
            written[name] = as_many(answers[name], len(labels[name]))
        except NnlecError as error:
            raise error.at(name) from None
    every = {**written, **(beside or {})}
    full, base = problem.sheet(), RIGHT
    bases, wrong = _judged(problem, base, full, written, every)
    are_deltas = [name.startswith("delta ") for name in written]
    if wrong and any(are_deltas) and not all(are_deltas):
        turned = problem.sheet(CONVENTION)
        bases_turned, fewer = _judged(problem, CONVENTION, turned, written, every)
        if fewer < wrong:  # a part of them: no right figure is turned wrong
            base, full, bases, wrong = CONVENTION, turned, bases_turned, fewer
    large = problem.products > MOST_PRODUCTS
    found = _slips(problem, base, written, every, bases, wrong) if wrong and not large else []
    first = next((name for name in written if any(name == row for row, _ in wrong)), "")
    rows = []
    for name, row in written.items():
        marks = []
        for unit, (label, one) in enumerate(zip(labels[name], row, strict=True)):
            mark = Mark(label, one, full[name][unit], bases[name, unit])
            marks.append(_explained(mark, (name, unit), found, name == first) if (name, unit) in wrong else mark)
        bounded = large and any(place[0] == name for place in wrong)
        remarks = []
        if name == first and len(found) > 1:
            remarks.append(_ALIKE)
        if base is CONVENTION and name.startswith("delta "):
            remarks.append(_TURNED.format(**problem.wording._asdict()))
        if bounded:
            remarks.append(_TOO_LARGE)
        rows.append(MarkedRow(name, tuple(marks), tuple(remarks), bounded))
    return tuple(rows)


def _judged(
    problem: StepProblem, base: Ways, full: StepFigures, written: WrittenFigures, given: WrittenFigures
) -> tuple[dict[RowFigure, Basis | None], frozenset[RowFigure]]:
    """Why each figure is right, and those that are wrong."""
    bases = _bases(written, _right_sheets(problem, base, full, written, given))
    wrong = (place for place, basis in bases.items() if basis is None and _at(written, place).value is not None)
    return bases, frozenset(wrong)


_ALIKE = "these slips give the same figures here: this sheet cannot tell them apart"
_TOO_LARGE = "in a network of this size neither slips nor roundings on the way are looked for"
_TURNED = "delta is written as its negative, {target} - {output}, and what it gives is added"


def _right_sheets(
    problem: StepProblem, base: Ways, full: StepFigures, written: WrittenFigures, given: WrittenFigures
) -> Iterator[tuple[Basis, StepFigures]]:
    """In full, from the student's own figures, and rounded on the way: all, or some of what is computed."""
    yield Basis.FULL, full
    if own := _own_rows(given):
        yield Basis.OWN, problem.sheet(base, written=own)
    for places in _decimals(written) if problem.products <= MOST_PRODUCTS else ():
        for kinds in _ROUNDED:
            yield Basis.ROUNDED, problem.sheet(base, _rounding(places, kinds))
        for kinds in _ROUNDED[:2]:
            yield Basis.ROUNDED, problem.sheet(replace(base, softmax_places=places), _rounding(places, kinds))


def _own_rows(given: WrittenFigures) -> dict[str, Row]:
    """The rows in which every figure is answered."""
    rows = {name: tuple(one.value for one in row if one.value is not None) for name, row in given.items()}
    return {name: row for name, row in rows.items() if len(row) == len(given[name])}


def _bases(written: WrittenFigures, sheets: Iterator[tuple[Basis, StepFigures]]) -> dict[RowFigure, Basis | None]:
    """Why each figure is right, or None; no more is computed than it takes."""
    found: dict[RowFigure, Basis | None] = {
        (name, unit): None for name, row in written.items() for unit in range(len(row))
    }
    for basis, sheet in sheets:
        open_yet = [p for p, known in found.items() if known is None and _at(written, p).value is not None]
        if not open_yet:
            break
        found |= {place: basis for place in open_yet if _claims(written, place, sheet)}
    return found


def _decimals(written: WrittenFigures) -> list[int]:
    """As many decimals as the figures have, and up to three more: they were kept on a calculator or on other paper."""
    places = {one.places for row in written.values() for one in row if one.value is not None and one.places > 0}
    return list(dict.fromkeys(p + more for p in sorted(places, reverse=True)[:2] for more in range(4)))


def _rounding(places: int, kinds: frozenset[str]) -> StepCarry:
    return lambda number, kind: rounded(number, places) if kind in kinds else number


_ALL = frozenset({"sum", "output", "upstream", "slope", "delta", "gradient"})
_ROUNDED = tuple(
    _ALL - left_out
    for left_out in (
        frozenset({"slope"}),
        frozenset({"slope", "sum"}),
        frozenset({"slope", "gradient"}),
        frozenset({"slope", "sum", "gradient"}),
        frozenset({"slope", "sum", "gradient", "upstream"}),
        frozenset({"slope", "sum", "upstream"}),
        frozenset[str](),
        frozenset({"sum"}),
        frozenset({"sum", "gradient"}),
    )
)
"""What is rounded on the way; most people write no derivative of its own."""


def _at(written: WrittenFigures, place: RowFigure) -> Figure:
    row, unit = place
    return written[row][unit]


def _claims(written: WrittenFigures, place: RowFigure, sheet: StepFigures) -> bool:
    row, unit = place
    return _at(written, place).claims(sheet[row][unit], beside=True)


def _slips(
    problem: StepProblem,
    base: Ways,
    written: WrittenFigures,
    given: WrittenFigures,
    bases: Mapping[RowFigure, Basis | None],
    wrong: frozenset[RowFigure],
) -> list[_Found]:
    """Those that explain wrong figures and contradict none that is right in full, the likeliest first."""
    right = [place for place, basis in bases.items() if basis is Basis.FULL]
    found: dict[tuple[str, str], _Found] = {}
    for number, slip in enumerate(STEP_SLIPS):
        for ways, word in slip.ways(problem):
            sentence = slip.explain(problem, word)
            delta_sign, update_sign = ways.delta_sign * base.delta_sign, ways.update_sign * base.update_sign
            turned = replace(ways, delta_sign=delta_sign, update_sign=update_sign)
            for sheet in _worked(problem, turned, written, given):
                if not all(_claims(written, place, sheet) for place in right):
                    continue
                explains = frozenset(place for place in wrong if _claims(written, place, sheet))
                key = slip.name, sentence
                if explains and (key not in found or len(found[key].explains) < len(explains)):
                    found[key] = _Found(slip.name, sentence, explains, 1.0 / (number + 1))
    most = max((len(one.explains) for one in found.values()), default=0)
    return [one for one in found.values() if len(one.explains) == most]


def _worked(problem: StepProblem, ways: Ways, written: WrittenFigures, given: WrittenFigures) -> Iterator[StepFigures]:
    yield problem.sheet(ways)
    if own := _own_rows(given):
        yield problem.sheet(ways, written=own)
    for places in _decimals(written)[:1]:
        for kinds in (_ROUNDED[0], _ROUNDED[3]):
            yield problem.sheet(ways, _rounding(places, kinds))


def _explained(wrong: Mark, place: RowFigure, found: Sequence[_Found], first: bool) -> Mark:
    """A wrong figure with the slips behind it; after the first wrong row what follows from a slip is right."""
    explaining = [slip for slip in found if place in slip.explains]
    if explaining and not first:
        return wrong._replace(basis=Basis.MISTAKE)
    row, _ = place
    mistakes = []
    for slip in explaining:
        units = frozenset(unit for name, unit in slip.explains if name == row)
        mistakes.append(Mistake(slip.name, slip.sentence, row, units, slip.plausibility))
    return wrong._replace(mistakes=tuple(mistakes))
