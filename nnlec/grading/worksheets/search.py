"""The search for exercises with nice numbers: draw after draw, until one meets every wish."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import combinations, islice
from typing import NamedTuple

from nnlec.arithmetic.rounding import Rounding
from nnlec.errors import NnlecError
from nnlec.grading.worksheets.draws import Draws
from nnlec.grading.worksheets.exercise import AskedRow, Exercise, Slip
from nnlec.grading.worksheets.topics import GRAINS, TOPICS, Spec
from nnlec.grading.worksheets.wishes import WISHES, Draft, Wish, printed
from nnlec.network.trace import Row

MOST_DRAWS = 2000
"""Draws for one variant before it ends with the wish that could not be met."""

MOST_FIGURES, MOST_PRODUCTS = 200, 500
"""Figures that a sheet may ask for, and products that they may take."""

_TWINS = "twins"
_BEST_OF = 8
"""Nice draws among which one is looked for in which every slip shows."""


class Variant(NamedTuple):
    """A sheet: its name, the exercise, the rows that stand on it, and the slips that are seen in them.

    `blanks` are the figures to fill in, each by its row and its place in it; `rounds` says whether rounded figures are
    gone on with. `alike` are slips that print the same sheet, `unseen` those that print the right one.
    """

    name: str
    exercise: Exercise
    places: int
    rows: tuple[AskedRow, ...]
    blanks: frozenset[tuple[str, int]]
    rounds: bool
    slips: tuple[Slip, ...]
    alike: tuple[tuple[Slip, Slip], ...] = ()
    unseen: tuple[Slip, ...] = ()

    def is_blank(self, row: str, unit: int) -> bool:
        """Whether a figure, by its row and its place in it, is to be filled in."""
        return (row, unit) in self.blanks

    def texts(self, row: AskedRow) -> list[str]:
        """The figures of a row as they are to be written."""
        return self.printed(row.exact)

    def printed(self, row: Row) -> list[str]:
        """Numbers to as many decimals as are asked for."""
        return [Rounding(self.places, fixed=True).text(number) for number in row]


def variants(spec: Spec, count: int) -> Iterator[Variant]:
    """So many sheets, no two of the same input; each the same however many follow it.

    Raises `NnlecError` where no nice numbers are found, with the wish that could not be met.
    """
    taken: set[Row] = set()
    for number in range(1, count + 1):
        found = _variant(spec, number, taken)
        taken.add(found.exercise.given)
        yield found


def named(number: int) -> str:
    """What the sheet of a number is called on paper, in files and in platforms."""
    return f"v{number:04d}"


def _variant(spec: Spec, number: int, taken: set[Row]) -> Variant:
    """The nice draw in which most slips show, of the first few."""
    best: Variant | None = None
    for draft in islice(_nice(spec, number, taken), _BEST_OF):
        found = _with_slips(named(number), draft, spec)
        if best is None or _hidden(found) < _hidden(best):
            best = found
        if not _hidden(best):
            break
    assert best is not None
    return best


def _hidden(variant: Variant) -> int:
    return len(variant.alike) + len(variant.unseen)


def _nice(spec: Spec, number: int, taken: set[Row]) -> Iterator[Draft]:
    """The draws that meet every wish. Raises `NnlecError` where there is none."""
    wishes = (_no_twins(taken), *(wish for wish in WISHES if wish.name not in spec.without))
    grains = [grain for grain in GRAINS if grain.places <= spec.places]
    asked: Counter[Wish] = Counter()
    missed: Counter[Wish] = Counter()
    found = False
    for attempt in range(MOST_DRAWS):
        draws = Draws("nnlec worksheet", spec.topic, spec.seed, number, attempt)
        exercise = TOPICS[spec.topic].draw(spec, draws, grains[attempt % len(grains)])
        draft = Draft(exercise, spec.places, spec.network is None, spec.carried)
        if not attempt:
            _expect_small(draft)
        unmet = next((wish for wish in wishes if not wish.holds(draft)), None)
        asked.update(wishes if unmet is None else wishes[: wishes.index(unmet) + 1])
        if unmet is None:
            found = True
            yield draft
        else:
            missed[unmet] += 1
    if not found:
        raise _not_found(number, asked, missed)


def _no_twins(taken: set[Row]) -> Wish:
    """Its own wish, because it looks at other sheets."""
    return Wish(_TWINS, "no two sheets have the same input", lambda draft: draft.exercise.given not in taken)


def _not_found(number: int, asked: Counter[Wish], missed: Counter[Wish]) -> NnlecError:
    wish = min(missed, key=lambda wish: (asked[wish] - missed[wish] + 1) / (asked[wish] + 1))
    met = asked[wish] - missed[wish]
    often = "never" if not met else "once" if met == 1 else f"{met:,} times in {asked[wish]:,}"
    what = f"no nice numbers in {MOST_DRAWS:,} draws: it was {often} true that {wish.sentence}"
    dropped = f"--without {wish.name}" if wish.name != _TWINS else "fewer --variants"
    return NnlecError(what, where=named(number), hint=f"other --decimals, another network, or {dropped}")


def _expect_small(draft: Draft) -> None:
    network = draft.exercise.network
    products = sum(layer.multiplications for layer in network.layers) if network is not None else 0
    if products > MOST_PRODUCTS:
        raise NnlecError(f"a sheet would take {products:,} products, expected at most {MOST_PRODUCTS}")
    figures = sum(len(row.exact) for row in draft.asked)
    if figures > MOST_FIGURES:
        raise NnlecError(f"a sheet would ask for {figures:,} figures, expected at most {MOST_FIGURES}")


def _with_slips(name: str, draft: Draft, spec: Spec) -> Variant:
    """The sheet with its slips: those that show on it, those that print the same, those that do not show."""
    rows = draft.asked if spec.blank != "results" else _results(draft)
    places = [(row.name, unit) for row in rows for unit in range(len(row.exact))]
    if isinstance(spec.blank, int):
        places = Draws("blanks", spec.seed, name).some_of(places, spec.blank)
    exact, full = ({row.name: row.exact for row in of} for of in (draft.asked, draft.exercise.rows()))
    right = _shown(exact, places, spec.places)
    seen: list[tuple[Slip, tuple[Decimal, ...]]] = []
    unseen = []
    for slip in draft.exercise.slips():
        shown = _shown({**exact, **slip.figures}, places, spec.places)
        if slip.figures.items() <= full.items() or not _can_be_written(slip.figures):
            continue  # as a relu applied twice, or the logarithm of 0
        if shown == right:
            unseen.append(slip)
        else:
            seen.append((slip, shown))
    alike = tuple((a, b) for (a, shown), (b, other) in combinations(seen, 2) if shown == other)
    slips = tuple(slip for slip, _ in seen)
    return Variant(
        name, draft.exercise, spec.places, rows, frozenset(places), spec.carried, slips, alike, tuple(unseen)
    )


def _can_be_written(figures: Mapping[str, Row]) -> bool:
    return all(number.is_finite() for row in figures.values() for number in row)


def _results(draft: Draft) -> tuple[AskedRow, ...]:
    """The new weights of a step, else the last row."""
    return tuple(row for row in draft.asked if row.name.startswith("after ")) or draft.asked[-1:]


def _shown(figures: Mapping[str, Row], places: Sequence[tuple[str, int]], decimals: int) -> tuple[Decimal, ...]:
    """The figures in these places as they are printed."""
    return tuple(printed(figures[name][unit], decimals) for name, unit in places)
