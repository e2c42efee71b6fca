"""A student's figures of a step of learning: what is right and why, and the slip behind what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from nnlec.errors import NnlecError, unknown
from nnlec.grading.figures import Figure, counted, rounded
from nnlec.grading.mistakes.step import STEP_SLIPS
from nnlec.grading.reading import figure
from nnlec.grading.step_sheet import CONVENTION, RIGHT, Carry, Sheet, StepProblem, Ways
from nnlec.grading.verdict import Basis, Mark, MarkedRow, Mistake
from nnlec.named import NamedTuple
from nnlec.network.trace import Row

MOST_PRODUCTS = 2_000
"""Products of a step that is worked again for each slip and for each way of rounding."""

Written = dict[str, Sequence[Figure]]
Place = tuple[str, int]
"""A row and a figure of it."""


class _Found(NamedTuple):
    name: str
    sentence: str
    sheet: Sheet
    explains: frozenset[Place]
    plausibility: float


def mark_step(
    problem: StepProblem, answers: Mapping[str, Sequence[Figure]], beside: Mapping[str, Sequence[Figure]] | None = None
) -> tuple[MarkedRow, ...]:
    """The verdict on rows of a step, by their names; `beside` are figures written for the forward pass.

    Raises `NnlecError` for a row that is not asked for, and for too few or too many figures.
    """
    labels = problem.labels
    written: Written = {}
    for name in sorted(answers, key=list(labels).index if set(answers) <= set(labels) else None):
        if name not in labels:
            raise unknown("row of figures", name, labels)
        given = answers[name] or (figure(""),) * len(labels[name])
        try:
            written[name] = counted(given, len(labels[name]))
        except NnlecError as error:
            raise error.at(name) from None
    every = {**written, **(beside or {})}
    full, base = problem.sheet(), RIGHT
    bases, wrong = _judged(problem, base, full, written, every)
    if any(name.startswith("delta ") for name in written) and wrong:
        turned, fewer = _judged(problem, CONVENTION, problem.sheet(CONVENTION), written, every)
        if fewer < wrong and _has_more_than_deltas(written):  # a part of them: no right figure is turned wrong
            base, full, bases, wrong = CONVENTION, problem.sheet(CONVENTION), turned, fewer
    large = problem.products > MOST_PRODUCTS
    found = _slips(problem, base, written, every, bases, wrong) if wrong and not large else []
    first = next((name for name in written if any(name == row for row, _ in wrong)), "")
    rows = []
    for name, row in written.items():
        marks = [
            Mark(label, one, full[name][unit], bases[name, unit])
            for unit, (label, one) in enumerate(zip(labels[name], row, strict=True))
        ]
        marked = _with_slips(MarkedRow(name, tuple(marks)), found, name == first, wrong)
        turned_here = base is CONVENTION and name.startswith("delta ")
        bounded = large and any(place[0] == name for place in wrong)
        said = (
            *marked.remarks,
            *((_TURNED.format(**problem.wording._asdict()),) if turned_here else ()),
            *((_TOO_LARGE,) if bounded else ()),
        )
        rows.append(marked._replace(remarks=said, bounded=bounded))
    return tuple(rows)


def _judged(
    problem: StepProblem, base: Ways, full: Sheet, written: Written, given: Mapping[str, Sequence[Figure]]
) -> tuple[dict[Place, Basis | None], frozenset[Place]]:
    """Why each figure is right, and those that are wrong."""
    bases = _bases(written, _right_sheets(problem, base, full, written, given))
    wrong = (place for place, basis in bases.items() if basis is None)
    return bases, frozenset(place for place in wrong if written[place[0]][place[1]].value is not None)


def _has_more_than_deltas(written: Written) -> bool:
    return any(not name.startswith("delta ") for name in written)


_TOO_LARGE = "in a network of this size neither slips nor roundings on the way are looked for"
_TURNED = "delta is written as its negative, {target} - {output}, and what it gives is added"


def _right_sheets(
    problem: StepProblem, base: Ways, full: Sheet, written: Written, given: Mapping[str, Sequence[Figure]]
) -> Iterator[tuple[Basis, Sheet]]:
    """In full, from the student's own figures, and rounded on the way: all, or some of what is computed."""
    yield Basis.FULL, full
    if own := _own_rows(given):
        yield Basis.OWN, problem.sheet(base, written=own)
    for places in _decimals(written) if problem.products <= MOST_PRODUCTS else ():
        for kinds in _ROUNDED:
            yield Basis.ROUNDED, problem.sheet(base, _rounding(places, kinds))
        for kinds in _ROUNDED[:2]:
            yield Basis.ROUNDED, problem.sheet(replace(base, softmax_places=places), _rounding(places, kinds))


def _own_rows(given: Mapping[str, Sequence[Figure]]) -> dict[str, Row]:
    """The rows in which every figure is answered."""
    rows = {name: tuple(one.value for one in row if one.value is not None) for name, row in given.items()}
    return {name: row for name, row in rows.items() if len(row) == len(given[name])}


def _bases(written: Written, sheets: Iterator[tuple[Basis, Sheet]]) -> dict[Place, Basis | None]:
    """Why each figure is right, or None; no more is computed than it takes."""
    found: dict[Place, Basis | None] = {(name, unit): None for name, row in written.items() for unit in range(len(row))}
    for basis, sheet in sheets:
        open_yet = [p for p, known in found.items() if known is None and written[p[0]][p[1]].value is not None]
        if not open_yet:
            break
        found |= {p: basis for p in open_yet if _claims(written[p[0]][p[1]], p, sheet)}
    return found


def _decimals(written: Written) -> list[int]:
    """As many decimals as the figures have, and up to three more: they were kept on a calculator or on other paper."""
    places = {one.places for row in written.values() for one in row if one.value is not None and one.places > 0}
    return list(dict.fromkeys(p + more for p in sorted(places, reverse=True)[:2] for more in range(4)))


def _rounding(places: int, kinds: frozenset[str]) -> Carry:
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


def _claims(one: Figure, place: Place, sheet: Sheet) -> bool:
    return one.claims(sheet[place[0]][place[1]], beside=True)


def _slips(
    problem: StepProblem,
    base: Ways,
    written: Written,
    given: Mapping[str, Sequence[Figure]],
    bases: Mapping[Place, Basis | None],
    wrong: frozenset[Place],
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
                if not all(_claims(written[row][unit], (row, unit), sheet) for row, unit in right):
                    continue
                explains = frozenset(p for p in wrong if _claims(written[p[0]][p[1]], p, sheet))
                key = slip.name, sentence
                if explains and (key not in found or len(found[key].explains) < len(explains)):
                    found[key] = _Found(slip.name, sentence, sheet, explains, 1.0 / (number + 1))
    most = max((len(one.explains) for one in found.values()), default=0)
    return [one for one in found.values() if len(one.explains) == most]


def _worked(
    problem: StepProblem, ways: Ways, written: Written, given: Mapping[str, Sequence[Figure]]
) -> Iterator[Sheet]:
    yield problem.sheet(ways)
    if own := _own_rows(given):
        yield problem.sheet(ways, written=own)
    for places in _decimals(written)[:1]:
        for kinds in (_ROUNDED[0], _ROUNDED[3]):
            yield problem.sheet(ways, _rounding(places, kinds))


def _with_slips(row: MarkedRow, found: Sequence[_Found], first: bool, wrong: frozenset[Place]) -> MarkedRow:
    """The row with the slips behind its wrong figures; after the first wrong row what follows from a slip is right."""
    marks = list(row.marks)
    for unit, one in enumerate(marks):
        if (row.name, unit) not in wrong:
            continue
        explaining = [slip for slip in found if (row.name, unit) in slip.explains]
        if explaining and not first:
            marks[unit] = one._replace(basis=Basis.MISTAKE)
            continue
        mistakes = tuple(
            Mistake(
                slip.name,
                slip.sentence,
                row.name,
                frozenset(u for name, u in slip.explains if name == row.name),
                slip.plausibility,
            )
            for slip in explaining
        )
        marks[unit] = one._replace(mistakes=mistakes)
    several = first and len(found) > 1
    remarks = ("these slips give the same figures here: this sheet cannot tell them apart",) if several else ()
    return MarkedRow(row.name, tuple(marks), remarks)
