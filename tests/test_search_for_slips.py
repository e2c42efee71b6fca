"""The search for slips on a sheet: which are found, how likely each is, and where it ends."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlec.grading import Basis, Mistake, Problem, figures, mark, network_problem
from nnlec.grading.operations import Linear
from nnlec.grading.search import FittingMistake, Search, distinct
from nnlec.grading.segment import Segment, follow
from nnlec.grading.steps import UNKNOWN
from nnlec.network.activations import activation
from nnlec.network.layers import Dense
from nnlec.network.losses import loss
from nnlec.network.network import Network
from nnlec.network.trace import EXACT, Row
from tests.conftest import examples
from tests.test_compare_networks import layer
from tests.test_rounded_on_the_way import chain


def problem_of(*layers: tuple[Sequence[Sequence[float]], str], inputs: str) -> Problem:
    made = [Dense(np.array(w), None, activation(g), name) for name, (w, g) in zip("abc", layers, strict=False)]
    return network_problem(Network(tuple(made)), tuple(map(Decimal, inputs.split())))


def searched(problem: Problem, written: str, *, most: int = 10**6, steps: int = 0) -> Search:
    stop = steps or len(problem.steps)
    segment = Segment(problem, 0, stop, figures(written))
    return Search(segment, frozenset(range(len(segment.figures))), most)


def found(search: Search) -> dict[str, float]:
    with localcontext(EXACT):
        return {one.mistake.sentence: one.mistake.weight for one in search.mistakes([search.segment.problem.given])}


def test_a_slip_that_can_be_made_in_many_places_weighs_less() -> None:
    """3 * 2 + 0.5 * 4 = 8 is asked for. Each product may have the wrong sign, be left out or counted twice."""
    problem = problem_of(([[3.0], [0.5]], "identity"), inputs="2 4")
    assert found(searched(problem, "4")) == {"the product of x2 and 0.5 in y1 got the wrong sign": 4 / 2}
    assert found(searched(problem, "6.20")) == {"the weight 0.5 of x2 in y1 was read as 0.05": 3 / 8}
    assert found(searched(problem, "6.00")) == {"the product of x2 and 0.5 in y1 was left out": 3 / 2}
    assert found(searched(problem, "10.0"))["the product of x2 and 0.5 in y1 was added twice"] == 0.2 / 2
    assert found(searched(problem, "-8")) == {"y1 lost or gained its minus": 1.0}
    assert found(searched(problem, "80.0"))["y1 is 8, written 80"] == 0.2 / 4


def test_what_was_rounded_between_two_rows() -> None:
    """3.5 * 1.264 = 4.424; with 1.3 it is 4.55, with 1 it is 3.5."""
    problem = chain("1", [[1.264]], [[3.5]])
    for written, said in (("4.550", "1 decimal"), ("3.500", "no decimals"), ("4.410", "2 decimals")):
        weights = found(searched(problem, written))
        assert weights[f"the numbers in between were rounded to {said}"] == 1.0


def test_a_slip_in_a_row_that_is_not_written_is_found_with_its_place() -> None:
    """relu(2 * 3 - 4 * 0.5, ...) = 4 and 0: swapped, -1 * 4 and 2 * 0 become 0 and 8."""
    problem = problem_of(([[3.0, 1.0], [-0.5, -2.0]], "relu"), ([[-1.0], [2.0]], "identity"), inputs="2 4")
    assert found(searched(problem, "8.00"))["h1 and h2 stand in each other's place"] == 2.0
    with localcontext(EXACT):
        swapped = searched(problem, "8.00").mistakes([problem.given])
    assert [one.mistake.step for one in swapped if "each other's" in one.mistake.sentence] == ["a"]
    skipped = found(searched(problem, "-16.00"))
    assert list(skipped.values()) == sorted(skipped.values(), reverse=True)
    assert len(set(skipped.values())) > 1
    assert skipped["the activation was not applied"] == 3.0
    assert skipped["the activation was not applied in h2"] == 2 / 2


def test_the_search_ends_where_it_would_take_too_long() -> None:
    problem = problem_of(([[3.0], [0.5]], "identity"), inputs="2 4")
    for most, bounded in ((10**6, False), (3, True), (0, True)):
        search = searched(problem, "7.5", most=most)
        found(search)
        assert search.bounded is bounded
    assert not searched(problem, "7.5").bounded


def one(name: str, explains: set[int], row: str, weight: float = 1.0) -> FittingMistake:
    return FittingMistake(Mistake(name, "", "h", frozenset(explains), weight), lambda: tuple(map(Decimal, row.split())))


def test_of_slips_of_a_name_with_the_same_row_one_is_named() -> None:
    a, b, c = one("a", {0}, "1 2"), one("a", {0}, "1 2"), one("a", {0}, "1 3")
    other = one("b", {0}, "1 2")
    assert distinct([a, b, c, other]) == [a, c, other]
    assert distinct([]) == []


def test_a_slip_that_another_covers_is_not_named() -> None:
    both, first, apart = one("a", {0, 1}, "1 2"), one("b", {0}, "3 4"), one("c", {2}, "5 6")
    assert distinct([both, first, apart]) == [both, apart]
    assert distinct([first, apart]) == [first, apart]


def test_rows_of_many_slips_of_a_name_are_not_compared() -> None:
    many = [one("a", {0}, str(n)) for n in range(20)]
    twice = one("a", {0}, "0")
    assert distinct([*many[:19], twice]) == many[:19]
    assert distinct([*many, twice]) == [*many, twice]


# What the exact steps give.


def test_a_mean_is_exact_though_a_third_has_endless_digits() -> None:
    pool = layer("average_pool", (1, 1, 3), size=(1, 3))
    assert Linear(pool).follow((Decimal(1), Decimal(1), Decimal(1))) == (Decimal(1),)


WEIGHTS = st.sampled_from([0.0, 1.0, -2.5, 0.1, 3.25])


@given(st.data())
@examples(40)
def test_what_did_not_change_is_not_computed_again(data: st.DataObject) -> None:
    matrix = data.draw(st.lists(st.lists(WEIGHTS, min_size=3, max_size=3), min_size=5, max_size=5))
    problem = problem_of((matrix, "sigmoid"), ([[1.0], [2.0], [0.5]], "identity"), inputs="1 2 -3 0.5 7")
    numbers = st.sampled_from(["1", "2", "-3", "0.5", "7", "0"]).map(Decimal)
    row = tuple(data.draw(st.one_of(st.just(old), numbers)) for old in problem.given)
    with localcontext(EXACT):
        known: list[Row] = [problem.given, *follow(problem.steps, problem.given)]
        again, fresh = follow(problem.steps, row, known=known), follow(problem.steps, row)
    for one_row, other in zip(again, fresh, strict=True):
        assert [float(n) for n in one_row] == pytest.approx([float(n) for n in other], rel=1e-15, abs=1e-50)


def test_a_row_that_cannot_be_computed_is_unknown() -> None:
    problem = network_problem(
        Network((Dense(np.eye(2), None, activation("softmax"), "a"),), classes=("a", "b")),
        (Decimal(1), Decimal(2)), loss("cross-entropy"), (Decimal(1), Decimal(0)),
    )  # fmt: skip
    last = problem.steps[-1]
    assert last.name == "loss"
    assert last.follow((Decimal("-0.1"), Decimal("1.1")))[0].is_nan()
    assert problem.steps[0].follow((UNKNOWN, Decimal(1)))[0].is_nan()
    assert len(problem.steps[0].follow((UNKNOWN, Decimal(1)))) == 2
    terms = (Decimal("0.2345"), Decimal("0.7655"))
    assert last.follow(terms, 2) == (Decimal("1.45"),)  # -ln 0.2345 = 1.4503
    assert last.follow(terms)[0] != Decimal("1.45")


def test_a_row_without_figures_is_not_answered() -> None:
    problem = chain("1", [[2.0, 3.0]], [[1.0], [1.0]])
    verdict = mark(problem, {"a": (), "b": figures("5")})
    assert [one.basis for one in verdict.marks] == [None, None, Basis.FULL]
    assert [one.answered for one in verdict.marks] == [False, False, True]
    assert (verdict.unanswered, verdict.unreadable) == (2, 0)
