"""Which wrong figures a row explains, what is said of a row as a whole, and ties as Python rounds them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlec.grading import Basis, Figure, Mark, MarkedRow, Mistake, Problem, Verdict, figures, mark
from nnlec.grading.figures import has_neighbour
from nnlec.grading.fit import Fit
from nnlec.grading.operations import Normalised
from nnlec.grading.reading import figure
from nnlec.grading.remarks import remarks
from nnlec.grading.steps import Step
from tests.conftest import examples


def row(text: str) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, text.split()))


def fit(written: str, wrong: set[int], beside: bool = False) -> Fit:
    return Fit(figures(written), frozenset(wrong), (beside,) * len(figures(written)))


EXPLAINED = [
    ("the one wrong figure", "5.2 14.5 7", {2}, "5.17 14.47 7.3", {2}),
    ("none", "5.2 14.5 7", {2}, "5.17 14.47 7.6", set()),
    ("a right one would be wrong", "5.2 14.5 7", {2}, "5.26 14.47 7.3", set()),
    ("what is not answered counts neither way", "? 14.5 7", {2}, "99 14.47 7.3", {2}),
    ("one of two is too few", "5.2 14.5 7", {1, 2}, "5.17 14.47 7.6", set()),
    ("two of three are most", "5.2 14.5 7", {0, 1, 2}, "5.17 14.47 7.6", {0, 1}),
    ("two of four are not", "5.2 14.5 7 8", {0, 1, 2, 3}, "5.17 14.47 7.6 8.6", set()),
    ("three of five are", "1 2 3 4 5", {0, 1, 2, 3, 4}, "1 2 3 9 9", {0, 1, 2}),
    ("both of two", "5.2 14.5 7", {1, 2}, "5.17 14.47 7.3", {1, 2}),
    ("a tie to either side", "2.67 2.68 2.68", {0, 1}, "2.675 2.675 2.68", {0, 1}),
    ("hundreds", "12300 1", {0}, "12345 1", {0}),
    ("hundreds and no nearer", "12300 1", {0}, "12355 1", set()),
    ("at least one figure", "10 1", {0}, "4 1", set()),
    ("a zero", "0.00 1", {0}, "0.004 1", set()),
]


@pytest.mark.parametrize(("written", "wrong", "number", "explained"), [case[1:] for case in EXPLAINED],
                         ids=[case[0] for case in EXPLAINED])  # fmt: skip
def test_the_figures_that_a_row_explains(written: str, wrong: set[int], number: str, explained: set[int]) -> None:
    exact, one = row(number), fit(written, wrong)
    assert one.of_row(exact, range(len(exact))) == explained
    rows = np.array([[float(n) for n in exact]])
    found, certain = one.of_rows(rows, np.ones_like(rows, dtype=bool))
    assert set(np.flatnonzero(found[0])) == explained
    assert certain.item() is ("2.675" not in number)


def test_only_what_a_mistake_changes_is_held_against_the_figures() -> None:
    one = fit("5.2 14.5 7", {0, 2})
    exact = row("9.9 9.9 7.3")
    assert one.of_row(exact, [2]) == {2}
    assert one.of_row(exact, [1, 2]) == set()
    assert one.of_row(exact, [0, 2]) == set()
    rows = np.array([[float(n) for n in exact]] * 3)
    found, certain = one.of_rows(rows, np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1]], dtype=bool))
    assert [set(np.flatnonzero(line)) for line in found] == [{2}, set(), set()]
    assert certain.all()


def test_a_zero_may_be_a_small_number_beside_others() -> None:
    for number, alone, beside in (("0.004", 0, 1), ("0.0004", 1, 1), ("0", 1, 1), ("0.006", 0, 0)):
        for one, explained in ((fit("0.00", {0}), alone), (fit("0.00", {0}, beside=True), beside)):
            assert len(one.of_row(row(number), [0])) == explained
            assert one.of_rows(np.array([[float(number)]]), np.ones((1, 1), dtype=bool))[0].item() is bool(explained)


def test_a_zero_alone_is_a_small_number_if_it_is_written_with_decimals() -> None:
    for written, right, small in (
        ("0.00", [False], [True]),
        ("0", [False], [False]),
        ("0.00 0.00", [False, False], [False, False]),
        ("0.00 0.00", [True, True], [False, False]),
        ("0.90 0.00", [True, False], [True, True]),
        ("0.90 0.00", [False, True], [False, False]),
    ):
        assert has_neighbour(figures(written), right) == small


def test_a_zero_of_thousands_claims_no_more_than_one_without_decimals() -> None:
    for number, explained in (("0.3", 1), ("0.6", 0)):
        one = fit("0e3", {0}, beside=True)
        assert len(one.of_row(row(number), [0])) == explained
        assert one.of_rows(np.array([[float(number)]]), np.ones((1, 1), dtype=bool))[0].item() is bool(explained)


def test_figures_with_more_digits_than_a_double() -> None:
    """The doubles nearest to them are 16 apart."""
    one, exact = fit("123456789012345671 1", {0}), row("123456789012345674 1")
    assert one.of_row(exact, [0, 1]) == {0}
    assert one.of_rows(np.array([[float(n) for n in exact]]), np.ones((1, 2), dtype=bool))[0].tolist() == [
        [True, False]
    ]


WRITTEN = ["5.2", "5.17", "5", "0", "0.0", "0.00", "12300", "1e1", "120", "-3.0", "7.175e-66", "2.67", "?", "0.005"]
WRITTEN += ["0e3", "123456789012345678.5"]
OFF = ["0", "0.05", "0.0499", "0.051", "-0.05", "0.005", "-0.005", "0.5", "50", "-49", "0.0001", "3", "0.3"]
COLUMNS = st.tuples(
    st.sampled_from(WRITTEN), st.sampled_from(OFF).map(Decimal), st.booleans(), st.booleans(), st.booleans()
)


@given(st.lists(COLUMNS, min_size=1, max_size=5))
@examples(300)
def test_floating_point_explains_what_exact_numbers_do(
    columns: list[tuple[str, Decimal, bool, bool, bool]],
) -> None:
    written = [figure(text) for text, *_ in columns]
    wrong = frozenset(unit for unit, column in enumerate(columns) if column[2] and written[unit].value is not None)
    one = Fit(tuple(written), wrong, tuple(column[3] for column in columns))
    exact = tuple((of.value or Decimal(0)) + column[1] for of, column in zip(written, columns, strict=True))
    changed = [unit for unit, column in enumerate(columns) if column[4]]
    found, certain = one.of_rows(np.array([[float(n) for n in exact]]), np.array([[column[4] for column in columns]]))
    right = one.of_row(exact, changed)
    explained = set(np.flatnonzero(found[0]))
    assert explained == right or (not certain.item() and explained >= right)


# What is said of a division by a sum.


def said(written: str, *before: str) -> Sequence[str]:
    step = Step(("p",), ("a", "b", "c")[: len(before[0].split())], Normalised())
    return remarks(step, [row(text) for text in before], figures(written))


@pytest.mark.parametrize(
    ("written", "before", "remark"),
    [
        ("0.25 0.75", ("2 6",), []),
        ("0.3 0.8", ("2 6",), []),  # each may be 0.05 too large
        ("0.20 0.60", ("2 6",), ["they sum to 0.80, not to 1", "all would follow from a sum of 10.0; the sum is 8.00"]),
        ("0.26 0.78", ("2 6",), ["they sum to 1.04, not to 1", "all would follow from a sum of 7.69; the sum is 8.00"]),
        (
            "0.20 0.60", ("5 7", "2 6"),
            ["they sum to 0.80, not to 1",
             "all would follow from a sum of 10.0; the sum of what is written is 8.00"],
        ),
        ("0.25 0.75", ("5 7", "2 6"), []),
        ("0.25 0.75", ("2 6", "5 7"), []),
        ("0.35 0.65", ("2 6",), ["no single sum gives every figure: b needs a sum of at least 9.16, "
                                 "a one of at most 5.80"]),
        ("0.25 0.85", ("2 6",), ["they sum to 1.10, not to 1",
                                 "no single sum gives every figure: a needs a sum of at least 7.84, "
                                 "b one of at most 7.10"]),
        ("0.00 1.00", ("2 6",), ["no single sum gives every figure: a needs a sum of at least 400, "
                                 "b one of at most 6.03"]),
        ("0.25 0.85", ("-2 6", "2 6"), ["they sum to 1.10, not to 1",
                                        "no single sum gives every figure: a needs a sum of at least 7.84, "
                                        "b one of at most 7.10"]),
        ("0.20 0.60", ("0 6",), ["they sum to 0.80, not to 1"]),
        ("0.25 ?", ("2 6",), []),
    ],
)  # fmt: skip
def test_what_is_said_of_probabilities_as_a_whole(written: str, before: tuple[str, ...], remark: list[str]) -> None:
    assert list(said(written, *before)) == remark


# Ties, and what stands for a whole row.


@pytest.mark.parametrize(
    ("text", "number", "as_python"),
    [
        ("2.67", "2.675", True),
        ("2.68", "2.675", False),
        ("2.5", "2.45", False),
        ("2.4", "2.45", False),  # the double is a little more than 2.45
        ("0.12", "0.125", True),
        ("2", "2.5", True),
        ("3", "2.5", False),
        ("2.66", "2.664", False),
        ("-2.67", "-2.675", True),
        ("120", "125", False),
        ("?", "2.675", False),
    ],
)
def test_a_tie_that_python_rounds_the_other_way(text: str, number: str, as_python: bool) -> None:
    assert Mark("h1", figure(text), Decimal(number), Basis.FULL).as_python_rounds is as_python
    assert not Mark("h1", figure(text), Decimal(number), Basis.ROUNDED).as_python_rounds


def test_mistakes_are_listed_once_the_most_explained_and_likeliest_first() -> None:
    few, likely, unlikely = (
        Mistake(name, "", "h", frozenset(explains), weight)
        for name, explains, weight in (("few", {0}, 9.0), ("likely", {0, 1}, 2.0), ("unlikely", {0, 1}, 1.0))
    )
    marks = [Mark("h", figure("1"), Decimal(2), None, of) for of in ((few, unlikely, likely), (unlikely, likely))]
    assert MarkedRow("h", tuple(marks)).mistakes == (likely, unlikely, few)


def test_the_counts_of_a_verdict() -> None:
    none, right = Figure("n/a", None), Mark("h3", figure("2"), Decimal(2), Basis.FULL)
    marks = (
        Mark("h1", none, Decimal(1), None),
        Mark("h2", figure("?"), Decimal(1), None),
        right,
        Mark("h4", Figure("", None, asked=False), Decimal(1), None),
    )
    verdict = Verdict((MarkedRow("g", (right,)), MarkedRow("h", marks)))
    assert (len(verdict.marks), verdict.unreadable, verdict.unanswered, verdict.right) == (4, 1, 1, False)
    assert verdict.first_wrong == (verdict.rows[1], marks[0])
    rows = (marks, marks[:1], (marks[0],) * 2, (marks[1],) * 2, (right,) * 2)
    assert [MarkedRow("h", of).as_a_whole for of in rows] == ["", "", "n/a", "", ""]
    assert Verdict((MarkedRow("g", (right, marks[3])),)).right


def test_a_row_of_zeros_is_right_where_the_numbers_are() -> None:
    step = Step(("y",), ("a", "b"), Normalised())
    problem = Problem(row("0 3"), ("x1", "x2"), (step,))
    assert mark(problem, {"y": figures("0 1")}).right
    assert [one.basis for one in mark(problem, {"y": figures("0.0 0.9")}).marks] == [Basis.FULL, None]
