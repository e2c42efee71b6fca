"""Verdicts on a step of learning: what is right and why, and the slips behind what is wrong, the likeliest first."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pytest

from nnlec.errors import NnlecError
from nnlec.grading import Basis, MarkedRow, figures, step_marking
from nnlec.grading.mistakes.step import STEP_SLIPS
from nnlec.grading.step_marking import mark_step
from nnlec.grading.step_sheet import StepProblem
from nnlec.network.activations import activation
from nnlec.network.layers import Dense
from nnlec.network.losses import loss
from nnlec.network.network import Network
from tests.test_step_sheet import problem_of

FULL, OWN, ROUNDED, MISTAKE = Basis.FULL, Basis.OWN, Basis.ROUNDED, Basis.MISTAKE


def one_layer(
    weights: Sequence[Sequence[float]], inputs: str, target: str, rate: str, chosen: str = "identity"
) -> StepProblem:
    """One layer without a bias, half the sum of squared errors."""
    layer = Dense(np.array(weights), None, activation(chosen), "out")
    x, g = (tuple(map(Decimal, text.split())) for text in (inputs, target))
    return StepProblem(Network((layer,)), x, loss("half-sse"), g, Decimal(rate))


def marked(problem: StepProblem, sheet: dict[str, str], beside: dict[str, str] | None = None) -> tuple[MarkedRow, ...]:
    rows = ({name: figures(text) for name, text in of.items()} for of in (sheet, beside or {}))
    return mark_step(problem, *rows)


def bases(rows: Sequence[MarkedRow]) -> list[list[Basis | None]]:
    return [[one.basis for one in row.marks] for row in rows]


def slips(rows: Sequence[MarkedRow]) -> list[str]:
    return [mistake.name for row in rows for mistake in row.mistakes]


@pytest.mark.parametrize(
    ("after", "basis"),
    [
        ("-12345.53", FULL),
        ("-12345.88", ROUNDED),
        ("-12349.88", ROUNDED),
        ("-12299.88", ROUNDED),
        ("-11999.88", ROUNDED),
        ("-9999.88", None),
        ("-12345.48", None),
    ],
)
def test_up_to_three_decimals_more_than_are_written_are_kept_on_the_way(after: str, basis: Basis | None) -> None:
    """delta is 0.12345649, and 100,000 times as much is taken away: of 2 to 5 decimals, not of 1 or 6."""
    problem = one_layer([[0.12345649]], "1", "0", "1e5")
    assert bases(marked(problem, {"after out": after})) == [[basis]]


def test_nothing_is_rounded_to_whole_numbers_on_the_way() -> None:
    """1 - 5 * 0.4 is -1; with 0 for 0.4 it would be 1."""
    problem = one_layer([[1.0]], "1", "0.6", "5")
    assert bases(marked(problem, {"after out": "-1"})) == [[FULL]]
    assert bases(marked(problem, {"after out": "1"})) == [[None]]


def test_of_figures_with_unlike_decimals_the_two_longest_count() -> None:
    """x1 = 1 and x2 = 100: delta is 0.12345649, of one decimal 0.1, and 0.1 * 100 = 10."""
    problem = one_layer([[0.12345649], [0.0]], "1 100", "0", "1")
    assert bases(marked(problem, {"gradient out": "0.12 12.3458"})) == [[FULL, None]]
    assert bases(marked(problem, {"gradient out": "0.123 12.3456"})) == [[FULL, FULL]]
    assert bases(marked(problem, {"gradient out": "0.1 10.0"})) == [[FULL, ROUNDED]]
    assert bases(marked(problem, {"delta out": "0.12345", "gradient out": "0.12 10.0"}))[1][1] is None


def test_a_row_that_is_left_out_is_not_answered_and_others_are_marked() -> None:
    problem = one_layer([[1.0]], "1", "0.6", "5")
    assert bases(marked(problem, {"delta out": "", "after out": "-1"})) == [[None], [FULL]]
    assert slips(marked(problem, {"delta out": "", "after out": "-1"})) == []


def test_rows_stand_in_the_order_in_which_they_are_worked() -> None:
    problem = problem_of("sigmoid, half-sse")
    names = ["after l1", "delta l3", "gradient l2", "after l3 bias"]
    rows = marked(problem, {name: " ".join(["?"] * len(problem.labels[name])) for name in names})
    assert [row.name for row in rows] == ["delta l3", "after l3 bias", "gradient l2", "after l1"]
    assert [mark.label for mark in rows[1].marks] == ["b7+", "b8+"]


@pytest.mark.parametrize(
    ("sheet", "message"),
    [
        ({"delta l3": "1"}, "delta l3: 1 figure, expected 2"),
        ({"delta l3": "1 2 3"}, "delta l3: 3 figures, expected 2"),
        ({"delta l4": "1"}, "unknown row of figures 'delta l4'"),
    ],
)
def test_a_sheet_that_cannot_be_marked(sheet: dict[str, str], message: str) -> None:
    with pytest.raises(NnlecError) as error:
        marked(problem_of("sigmoid, half-sse"), sheet)
    assert message in str(error.value)


def two_layers() -> StepProblem:
    """h = 1.25, 1.5 and f = 4, where g is 3: delta is 1 and below it 2, 1; the rate is 0.1."""
    first = Dense(np.array([[0.5, 1.0], [0.25, -0.5]]), None, activation("identity"), "a")
    second = Dense(np.array([[2.0], [1.0]]), None, activation("identity"), "b")
    return StepProblem(
        Network((first, second)), (Decimal(2), Decimal(1)), loss("half-sse"), (Decimal(3),), Decimal("0.1")
    )


RIGHT = {
    "delta b": "1",
    "gradient b": "1.25 1.5",
    "after b": "1.875 0.850",
    "delta a": "2 1",
    "gradient a": "4 2 2 1",
    "after a": "0.1 0.8 0.05 -0.6",
}
TURNED = "delta is written as its negative, g - f, and what it gives is added"


@pytest.mark.parametrize(
    ("sheet", "found", "slip", "remark"),
    [
        (RIGHT, [[FULL], [FULL] * 2, [FULL] * 2, [FULL] * 2, [FULL] * 4, [FULL] * 4], [], ""),
        ({"delta b": "-1", "after b": RIGHT["after b"]}, [[FULL], [FULL] * 2], [], TURNED),
        ({"delta b": "-1", "gradient b": "-1.25 -1.5"}, [[FULL], [FULL] * 2], [], TURNED),
        ({"delta b": "-1"}, [[None]], ["sign of delta"], ""),
        ({"delta b": "-1", "delta a": "-2 -1"}, [[None], [OWN] * 2], ["sign of delta"], ""),
        ({"gradient b": "-1.25 -1.5", "after b": RIGHT["after b"]}, [[None] * 2, [FULL] * 2], [], ""),
        # The update is added, and a right delta is right.
        ({"delta b": "1", "after b": "2.125 1.150"}, [[FULL], [None] * 2], ["sign of the update"], ""),
        # The rate is forgotten, and delta turned.
        ({"delta b": "-1", "after b": "0.75 -0.50"}, [[FULL], [None] * 2], ["rate forgotten"], TURNED),
        # What follows from a slip is right.
        (
            {"delta b": "1", "after b": "2.125 1.150", "after a": "0.9 1.2 0.45 -0.4"},
            [[FULL], [None] * 2, [MISTAKE] * 4],
            ["sign of the update"],
            "",
        ),
    ],
)
def test_deltas_and_updates_of_either_sign(
    sheet: dict[str, str], found: list[list[Basis | None]], slip: list[str], remark: str
) -> None:
    rows = marked(two_layers(), sheet)
    assert bases(rows) == found
    assert slips(rows) == slip
    assert [[said for said in row.remarks if said == TURNED] for row in rows] == [
        [TURNED] if remark and row.name.startswith("delta ") else [] for row in rows
    ]


def test_what_is_expected_of_a_delta_that_is_turned_is_its_negative() -> None:
    rows = marked(two_layers(), {"delta b": "-1", "after b": RIGHT["after b"]})
    assert [one.expected for row in rows for one in row.marks] == [-1, Decimal("1.875"), Decimal("0.85")]


def test_a_slip_explains_the_figures_of_its_row() -> None:
    rows = marked(two_layers(), {"after b": "2.125 1.150", "after a": "0.9 ? 0.45 -0.4"})
    assert rows[0].mistakes[0].explains == {0, 1}
    assert bases(rows) == [[None, None], [MISTAKE, None, MISTAKE, MISTAKE]]
    given = marked(two_layers(), {"delta b": "1", "after b": "2.125 1.150", "after a": "0.9 1.2 0.45 -0.4"})
    assert [row.remarks for row in given] == [(), (), ()]
    alone = marked(two_layers(), {"after a": "0.9 ? 0.45 -0.4"})
    assert alone[0].mistakes[0].explains == {0, 2, 3}


def test_of_several_slips_that_explain_as_much_the_likeliest_is_first() -> None:
    """f is 0.5 for both, and g is 0 and 1: g - f is f less the targets in the wrong order."""
    problem = one_layer([[0.5, 0.5]], "1", "0 1", "0.1")
    rows = marked(problem, {"delta out": "-0.5 0.5"})
    assert slips(rows) == ["sign of delta", "another target"]
    assert [one.sentence for one in rows[0].mistakes] == [
        "g - f was taken for f - g", "the target was taken in the wrong order",
    ]  # fmt: skip
    assert rows[0].remarks == ("these slips give the same figures here: this sheet cannot tell them apart",)


def test_a_slip_beside_numbers_rounded_on_the_way() -> None:
    """delta is 0.1234, and the rate is forgotten: 0.1234 is taken from the first, and 10 * 0.12 from the second."""
    problem = one_layer([[0.0], [0.0]], "1 10", "-0.1234", "0.5")
    (row,) = marked(problem, {"after out": "-0.12 -1.20"})
    assert [(one.name, one.explains) for one in row.mistakes] == [("rate forgotten", frozenset({0, 1}))]


def test_a_figure_that_no_slip_explains() -> None:
    (row,) = marked(one_layer([[0.5, 0.5]], "1", "0 1", "0.1"), {"delta out": "77 ?"})
    assert (row.mistakes, row.remarks, row.bounded) == ((), (), False)


def test_in_a_large_network_neither_slips_nor_roundings_are_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = one_layer([[0.0], [0.0]], "1 10", "-0.1234", "0.5")
    assert problem.products == 6
    for most, large in ((6, False), (5, True)):
        monkeypatch.setattr(step_marking, "MOST_PRODUCTS", most)
        (slip,) = marked(problem, {"after out": "-0.12 -1.20"})
        assert ([*slip.mistakes] == [], slip.bounded) == (large, large)
        assert [said[:28] for said in slip.remarks] == ["in a network of this size ne"] * large
        (carried,) = marked(problem, {"gradient out": "0.12 1.20"})
        assert bases([carried]) == [[FULL, None if large else ROUNDED]]
        (right,) = marked(problem, {"after out": "-0.06 -0.62"})
        assert (bases([right]), right.bounded, right.remarks) == ([[FULL, FULL]], False, ())


def test_a_slip_that_explains_less_than_another_is_not_named() -> None:
    """Twice the derivative explains both figures; the target of y1 for both explains the second alone."""
    problem = one_layer([[0.5, 0.5]], "1", "0 0.25", "0.1")
    assert slips(marked(problem, {"delta out": "1.0 0.5"})) == ["factor of the loss"]
    assert slips(marked(problem, {"delta out": "0.5 0.5"})) == ["another target"]


def test_figures_of_the_forward_pass_are_gone_on_with() -> None:
    """f is 0.5, and 0.7 was written: 0.7 - 0 for delta."""
    problem = one_layer([[0.5]], "1", "0", "0.1")
    assert bases(marked(problem, {"delta out": "0.7"})) == [[None]]
    assert bases(marked(problem, {"delta out": "0.7"}, {"out": "0.7"})) == [[OWN]]
    assert bases(marked(problem, {"delta out": "0.7", "gradient out": "0.7"})) == [[None], [OWN]]
    two = one_layer([[0.5, 0.5]], "1", "0 0", "0.1")
    assert bases(marked(two, {"delta out": "0.7 ?", "gradient out": "0.7 0.5"})) == [[None, None], [None, FULL]]


def ways(problem: StepProblem, name: str) -> list[str]:
    """What is said of a kind of slip, for each way in which it can be made."""
    return [word for slip in STEP_SLIPS if slip.name == name for _, word in slip.ways(problem)]


SQUARES, FUSED, SINGLE = problem_of("sigmoid, half-sse"), problem_of("softmax"), one_layer([[0.5]], "1", "0", "0.1")


@pytest.mark.parametrize(
    ("name", "problem", "words"),
    [
        ("derivative left out", SQUARES, ["the hidden layers", "l1", "l2", "l3"]),
        ("derivative left out", FUSED, ["the hidden layers", "l1", "l2"]),
        ("derivative left out", problem_of("identity, mse"), ["the hidden layers", "l1", "l2"]),
        ("derivative left out", SINGLE, []),
        ("derivative at the wrong argument", SQUARES, ["every layer", "l1", "l2", "l3"] * 2),
        ("derivative at the wrong argument", FUSED, ["every layer", "l1", "l2"] * 2),
        ("derivative at the wrong argument", one_layer([[0.5]], "1", "0", "1", "tanh"), ["out"] * 2),
        ("derivative at the wrong argument", one_layer([[0.5, 1]], "1", "0 1", "1", "softmax"), []),
        ("factor of the loss", FUSED, ["divided by the 2 outputs"]),
        (
            "factor of the loss", SQUARES,
            ["divided by the 2 outputs", "twice as large, as without a 1/2 in the loss"],
        ),
        (
            "factor of the loss", problem_of("sigmoid, mse"),
            ["divided by the 2 outputs", "not divided by the 2 outputs"],
        ),
        (
            "factor of the loss", SINGLE,
            ["twice as large, as without a 1/2 in the loss", "half as large, as with a 1/2 in the loss"],
        ),
        ("one output only", SQUARES, ["y1", "y2"]),
        ("one output only", SINGLE, []),
        ("one output only", one_layer([[0.5, 0.5]], "1", "0 1", "1"), []),
        ("W not transposed", SQUARES, [""]),
        ("W not transposed", SINGLE, []),
        ("W not transposed", one_layer([[1, 2], [3, 4]], "1 1", "0 1", "1"), []),
        ("biases", SQUARES, ["left as they were"]),
        ("biases", problem_of("softmax", keep_biases=True), ["changed"]),
        ("biases", SINGLE, []),
        ("another target", SQUARES, ["in the wrong order", "of y1 for every output", "of y2 for every output"]),
        ("another target", one_layer([[1, 2]], "1", "0.5 0.5", "1"), []),
        ("new weights upstream", SQUARES, [""]),
        ("new weights upstream", SINGLE, []),
        ("weight forgotten", SINGLE, []),
        ("rate forgotten", SINGLE, [""]),
    ],
)  # fmt: skip
def test_the_slips_that_can_be_made(name: str, problem: StepProblem, words: list[str]) -> None:
    assert ways(problem, name) == words


def test_the_factors_that_are_tried() -> None:
    (factor,) = (slip for slip in STEP_SLIPS if slip.name == "factor of the loss")
    for problem, factors in (
        (SQUARES, ["0.5", "2"]),
        (problem_of("sigmoid, mse"), ["0.5", "2"]),
        (FUSED, ["0.5"]),
        (SINGLE, ["2", "0.5"]),
        (one_layer([[1, 2, 3, 4]], "1", "0 0 0 0", "1"), ["0.25", "2", "0.5"]),
    ):
        assert [way.factor for way, _ in factor.ways(problem)] == list(map(Decimal, factors))
