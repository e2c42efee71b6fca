"""Figures that follow from numbers rounded on the way, and from the student's own figures."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlec.grading import Basis, Problem, figures, mark, network_problem
from nnlec.grading.operations import Linear
from nnlec.grading.segment import CarryRounding, Segment, carries
from nnlec.grading.steps import Step
from nnlec.network.activations import activation
from nnlec.network.layers import Dense
from nnlec.network.layers.scale import Scale
from nnlec.network.network import Network
from tests.conftest import examples

FULL, OWN, ROUNDED, MISTAKE = Basis.FULL, Basis.OWN, Basis.ROUNDED, Basis.MISTAKE
STEP = Step(("y",), ("y",), Linear(Scale(1)))
INNER = STEP._replace(inner=True)

ROUNDINGS = [
    (CarryRounding(places=2), "2.675", "2.68"),
    (CarryRounding(places=2), "-2.675", "-2.68"),
    (CarryRounding(places=2), "0.004", "0"),
    (CarryRounding(places=0), "14.5", "15"),
    (CarryRounding(places=1), "7", "7"),
    (CarryRounding(significant=2), "2.65", "2.7"),
    (CarryRounding(significant=2), "-0.0345", "-0.035"),
    (CarryRounding(significant=2), "995", "1000"),
    (CarryRounding(significant=3), "1234", "1230"),
    (CarryRounding(significant=3), "100", "100"),
    (CarryRounding(significant=3), "0", "0"),
    (CarryRounding(significant=1), "0.0096", "0.01"),
    (CarryRounding(), "2.675", "2.675"),
]


@pytest.mark.parametrize(("carry", "number", "rounded"), ROUNDINGS, ids=str)
def test_a_number_rounded_exactly_and_in_floating_point(carry: CarryRounding, number: str, rounded: str) -> None:
    assert carry.apply(STEP, (Decimal(number),)) == (Decimal(rounded),)
    assert carry.forward(STEP, np.array([[float(number)]])).item() == pytest.approx(float(rounded), rel=1e-15)


@given(st.decimals(-2000, 2000, places=4), st.sampled_from([carry for carry, _, _ in ROUNDINGS]))
@examples(200)
def test_floating_point_rounds_as_paper_does(number: Decimal, carry: CarryRounding) -> None:
    exact = float(carry.apply(STEP, (number,))[0])
    assert carry.forward(STEP, np.array([[float(number)]])).item() == pytest.approx(exact, rel=1e-14)


@pytest.mark.parametrize("carry", [CarryRounding(places=1, inner=False), CarryRounding(significant=2, inner=False)])
def test_inner_rows_may_be_left_as_they_are(carry: CarryRounding) -> None:
    rows = np.array([[1.26, np.inf, np.nan]])
    assert carry.apply(INNER, (Decimal("1.26"),)) == (Decimal("1.26"),)
    assert carry.apply(STEP, (Decimal("1.26"),)) == (Decimal("1.3"),)
    np.testing.assert_array_equal(carry.forward(INNER, rows), rows)
    np.testing.assert_array_equal(carry.forward(STEP, rows), [[1.3, np.inf, np.nan]])
    np.testing.assert_array_equal(carry._replace(inner=True).forward(INNER, rows), [[1.3, np.inf, np.nan]])


@pytest.mark.parametrize(
    ("written", "finer", "places", "significant"),
    [
        ("5.2 14.50 ?", 0, [1, 2], []),
        ("5.2 14.50 ?", 3, [1, 2, 3, 4, 5], [2, 4]),
        ("5.2 14.50 ?", 1, [1, 2, 3], [2, 4]),
        ("12300 5", 1, [0, 1], [3]),
        ("? ?", 3, [], []),
    ],
)
def test_the_roundings_that_figures_suggest(
    written: str, finer: int, places: list[int], significant: list[int]
) -> None:
    found = carries(figures(written), finer)
    assert [c.places for c in found if c.places is not None] == places
    assert [c.significant for c in found if c.significant is not None] == significant
    assert len(found) == len(places) + len(significant)


@pytest.mark.parametrize(
    ("written", "steps", "coarser", "as_written"),
    [
        ("5.25", (STEP, STEP), [(1, False), (0, False)], [(2, False)]),
        ("5.25", (INNER, STEP), [(1, True), (0, True)], [(2, True)]),
        ("5.2 1.4", (INNER, STEP, STEP), [(0, False), (0, True)], [(1, False), (1, True)]),
        ("1.234567", (STEP, INNER), [(3, False), (2, False), (1, False), (0, False)], [(6, False)]),
        ("5.25", (INNER,), [], []),
        ("?", (STEP, STEP), [], []),
        ("12300", (STEP, STEP), [], [(0, False)]),
    ],
)
def test_the_roundings_between_two_rows(
    written: str, steps: tuple[Step, ...], coarser: list[tuple[int, bool]], as_written: list[tuple[int, bool]]
) -> None:
    segment = Segment(Problem((Decimal(1),), ("x",), steps), 0, len(steps), figures(written))
    assert [(n, carry.inner) for n, carry in segment.coarser()] == coarser
    assert [(n, carry.places) for n, carry in segment.coarser()] == [(n, n) for n, _ in coarser]
    assert [(carry.places, carry.inner) for carry in segment.carries()] == as_written


def chain(inputs: str, *layers: Sequence[Sequence[float]], last: str = "identity") -> Problem:
    """Layers a, b, c, ... without biases, whose matrices are given."""
    made = [
        Dense(np.array(weights), None, activation(last if number == len(layers) else "identity"), name)
        for number, (name, weights) in enumerate(zip("abcdefghijk", layers, strict=False), start=1)
    ]
    return network_problem(Network(tuple(made)), tuple(map(Decimal, inputs.split())))


def bases(problem: Problem, **rows: str) -> list[Basis | None]:
    return [one.basis for one in mark(problem, {name: figures(text) for name, text in rows.items()}).marks]


@pytest.mark.parametrize(
    ("figure", "basis"),
    [("4.4", FULL), ("4.6", ROUNDED), ("4.5", ROUNDED), ("4.7", None), ("4.3", None), ("3", ROUNDED), ("2", None)],
)
def test_the_row_between_was_rounded_as_the_figure_is(figure: str, basis: Basis | None) -> None:
    """3.5 * 1.264 = 4.424; 3.5 * 1.3 = 4.55, a tie; 3.5 * 1 = 3.5, a tie too."""
    assert bases(chain("1", [[1.264]], [[3.5]]), b=figure) == [basis]


@pytest.mark.parametrize(("figure", "basis"), [("44", FULL), ("46", ROUNDED), ("45", ROUNDED), ("47", None)])
def test_the_row_between_was_rounded_to_as_many_figures(figure: str, basis: Basis | None) -> None:
    """3500 * 0.01264 = 44.24, and 3500 * 0.013 = 45.5; to 0, 1, 2 or 3 decimals it would be 0, 0, 35 and 45.5."""
    assert bases(chain("1", [[0.01264]], [[3500.0]]), b=figure) == [basis]


@pytest.mark.parametrize(
    ("figure", "basis"),
    [("333333.3", FULL), ("333333.0", ROUNDED), ("333328.4", ROUNDED), ("333338.2", ROUNDED), ("333328.2", None)],
)
def test_a_calculator_may_keep_any_number_of_digits_more(figure: str, basis: Basis | None) -> None:
    """One decimal and up to three more are tried one by one; 5 e-6 of the fifth are 5 in the row after."""
    assert bases(chain("0.333333333333", [[1.0]], [[1e6]]), b=figure) == [basis]


@pytest.mark.parametrize(
    ("figure", "basis"), [("333333.3", FULL), ("333324.0", ROUNDED), ("333342.0", ROUNDED), ("333323.0", None)]
)
def test_in_each_row_any_number_of_digits_more(figure: str, basis: Basis | None) -> None:
    assert bases(chain("0.333333333333", [[1.0]], [[1.0]], [[1e6]]), c=figure) == [basis]


@pytest.mark.parametrize(
    ("figure", "basis"), [("-36.7", MISTAKE), ("-36.0", OWN), ("-37.0", MISTAKE), ("-38.0", None), ("37.0", ROUNDED)]
)
def test_what_follows_from_a_slip_may_be_rounded_on_the_way(figure: str, basis: Basis | None) -> None:
    """-2.447 for 2.447, shown as -2.4: 1.5 * -2.447 = -3.6705, gone on with as -3.7."""
    assert bases(chain("1", [[2.447]], [[1.5]], [[10.0]]), a="-2.4", c=figure) == [None, basis]


@pytest.mark.parametrize(
    ("figure", "basis"), [("15.1", OWN), ("15.0", ROUNDED), ("11.3", FULL), ("11.4", ROUNDED), ("15.3", None)]
)
def test_own_figures_are_gone_on_with_and_rounded_on_the_way(figure: str, basis: Basis | None) -> None:
    """a is 3.0, and 4.0 is written: 1.26 * 4 = 5.04, 3 * 5.04 = 15.12, 3 * 5.0 = 15; of 3.0 it is 11.34 or 11.4."""
    assert bases(chain("1.5", [[2.0]], [[1.26]], [[3.0]]), a="4.0", c=figure) == [None, basis]


@pytest.mark.parametrize(
    ("figure", "basis"),
    [("24.50", OWN), ("25.00", OWN), ("24.99", ROUNDED), ("24.97", None), ("18.50", FULL), ("18.99", ROUNDED)],
)
def test_a_wrong_figure_stands_beside_what_was_rounded_before(figure: str, basis: Basis | None) -> None:
    """b is 0.123 * 1.26 = 0.15498 and 3; it was worked with 1.3, 0.1599, shown as 0.16, and 9 stands for the 3.

    100 * 0.15498 + 9 = 24.498; with 0.16 it is 25.00, with 0.1599 it is 24.99.
    """
    problem = chain("1 3", [[1.26, 0.0], [0.0, 1.0]], [[0.123, 0.0], [0.0, 1.0]], [[100.0], [1.0]])
    assert bases(problem, b="0.16 9.0", c=figure) == [ROUNDED, None, basis]


def test_what_follows_from_a_slip_is_right_though_the_row_with_the_slip_is_not_gone_on_with() -> None:
    """4.2 for 2.4 in a; in full the slip gives 2 * 4.2 = 8.4, and 0.25 of it is 2.1."""
    problem = chain("1", [[2.4]], [[2.0]], [[0.25]])
    assert bases(problem, a="4.2", c="2.1") == [None, OWN]
    assert bases(problem, b="8.4", c="2.10") == [None, OWN]


@pytest.mark.parametrize("places", [1, 2])
def test_nine_rows_may_be_rounded_before_the_first_that_is_written(places: int) -> None:
    """Rotations, in which nothing grows. Each row rounded as it likes, there would be millions."""
    random = np.random.default_rng(places)
    matrices = [np.linalg.qr(random.normal(size=(3, 3)))[0].round(4) for _ in range(10)]
    inputs, unit = "7.7 -11.3 12.1", Decimal(1).scaleb(-places)
    row = in_full = list(map(Decimal, inputs.split()))
    for number, matrix in enumerate(matrices, start=1):
        weights = [[Decimal(repr(w)) for w in line] for line in matrix.T.tolist()]
        row = [sum((x * w for x, w in zip(row, line, strict=True)), Decimal(0)) for line in weights]
        in_full = [sum((x * w for x, w in zip(in_full, line, strict=True)), Decimal(0)) for line in weights]
        if number < 10:
            row = [x.quantize(unit, ROUND_HALF_UP) for x in row]
    written, full = (" ".join(f"{x.quantize(unit, ROUND_HALF_UP):f}" for x in of) for of in (row, in_full))
    assert written != full
    found = bases(chain(inputs, *(matrix.tolist() for matrix in matrices)), j=written)
    assert set(found) <= {FULL, ROUNDED}
    assert ROUNDED in found
