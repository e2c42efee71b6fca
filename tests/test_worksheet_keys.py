"""Sheets as they are found, and their keys: sizes, wishes that cannot be met, slips that show, blanks."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import numpy as np
import pytest

from nnlec.errors import NnlecError
from nnlec.grading.figures import rounded
from nnlec.grading.worksheets import WISHES, Exercise, Spec, search, variants
from nnlec.grading.worksheets.draws import Draws
from nnlec.grading.worksheets.key import Wrong, _told, blanks_of
from nnlec.grading.worksheets.search import _not_found
from nnlec.grading.worksheets.topics import GRAINS, TOPICS, _passed
from nnlec.models import load_network
from nnlec.network.activations import activation
from nnlec.network.layers import Dense
from nnlec.network.network import Network
from tests.test_step_sheet import Row, by_hand, problem_of
from tests.test_worksheet_wishes import network


def drawn(spec: Spec, number: int = 1) -> Exercise:
    return TOPICS[spec.topic].draw(spec, Draws(number), GRAINS[0])


@pytest.mark.parametrize(
    ("spec", "of", "size", "unit"),
    [
        (Spec("forward", network([[2.5, -2.5], [2.5, 3.5]])), "MOST_PRODUCTS", 4, "products"),
        (Spec("softmax", shape=(3,)), "MOST_FIGURES", 6, "figures"),
    ],
)
def test_a_sheet_may_have_so_much_and_no_more(
    spec: Spec, of: str, size: int, unit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, of, size)
    assert len(list(variants(spec, 1))) == 1
    monkeypatch.setattr(search, of, size - 1)
    with pytest.raises(NnlecError, match=f"{size} {unit}, expected at most {size - 1}"):
        list(variants(spec, 1))


def test_sheets_that_ask_for_too_much() -> None:
    for spec, said in (
        (Spec("forward", shape=(20, 20, 6)), "a sheet would take 520 products, expected at most 500"),
        (Spec("softmax", shape=(101,)), "a sheet would ask for 202 figures, expected at most 200"),
    ):
        with pytest.raises(NnlecError) as error:
            list(variants(spec, 1))
        assert said in str(error.value)


def test_a_draw_that_is_not_found_names_the_wish_that_was_met_least() -> None:
    first, second, third = WISHES[:3]
    for asked, missed, said in (
        ((2000, 100), (1999, 100), f"it was once true that {first.sentence}"),
        ((2000, 100), (1000, 100), f"it was never true that {second.sentence}"),
        ((2000, 1500), (500, 1498), f"it was 2 times in 1,500 true that {second.sentence}"),
    ):
        error = _not_found(
            3, Counter(dict(zip(WISHES, asked, strict=False))), Counter(dict(zip(WISHES, missed, strict=False)))
        )
        assert said in str(error)
        assert str(error).startswith("v0003: no nice numbers in 2,000 draws")
    assert third.name not in str(error)


def test_figures_without_decimals_follow_from_whole_inputs() -> None:
    for places, most in ((0, 0), (1, 1)):
        spec = Spec("forward", network([[3.0, -2.0], [2.0, 4.0]]), places=places, seed="4")
        numbers = {number for variant in variants(spec, 8) for number in variant.exercise.given}
        assert max(0, *(-int(number.normalize().as_tuple().exponent) for number in numbers)) == most


def test_classes_labels_and_targets_of_a_network() -> None:
    lecture, two = load_network("configs/lecture.yaml"), [[1.5, 2.5], [3.5, 0.5]]
    assert drawn(Spec("softmax", lecture)).problem.given_labels == ("y1", "y2")
    step = drawn(Spec("step", lecture))
    assert step.label in ("y1", "y2")
    assert step.target == tuple(Decimal(step.label == name) for name in ("y1", "y2"))
    several = [drawn(Spec("step", network(two, "sigmoid", classes="a b")), n) for n in range(20)]
    assert {one.label for one in several} == {""}
    assert {one.target for one in several} == {(Decimal(a), Decimal(b)) for a in (0, 1) for b in (0, 1)}
    layer = Dense(np.array(two), None, activation("identity"), "out")
    squared = drawn(Spec("step", Network((layer,), classes=("a", "b"), loss="mse")))
    assert squared.label == ""
    assert len({number for number in squared.target if number not in (0, 1)}) == 2


def test_drawn_layers_are_as_the_lecture_writes_them() -> None:
    dense = drawn(Spec("forward", shape=(3, 4, 2))).network
    picture = drawn(Spec("conv", shape=(4, 2))).network
    assert dense is not None
    assert picture is not None
    assert [layer.leading_one for layer in dense.layers] == [True, True]
    assert [layer.name for layer in picture.layers] == ["output"]
    assert (dense.loss, drawn(Spec("step", shape=(2, 2))).loss) != ("", None)


def test_slips_that_give_what_is_right_are_none() -> None:
    layer = Dense(np.array([[2.5, -1.5], [0.5, 2.0]]), None, activation("relu"), "out")
    (variant,) = variants(Spec("forward", Network((layer,)), seed="2"), 1)
    said = [slip.sentence for slip in (*variant.slips, *variant.unseen)]
    assert "the activation was not applied" in said
    assert "the activation was applied twice" not in said


def test_slips_in_one_place_are_signs_and_products_left_out() -> None:
    of = _passed(network([[2.0], [3.0]], bias=[0.5]), (Decimal("1.5"), Decimal("-2.5")), Spec("forward").wording)
    assert [(name, unit, float(number), said) for name, unit, number, said in of.slips_in_place()] == [
        ("out", 0, -10.0, "the product of x1 and 2 in y1 got the wrong sign"),
        ("out", 0, 11.0, "the product of x2 and 3 in y1 got the wrong sign"),
        ("out", 0, -7.0, "the product of x1 and 2 in y1 was left out"),
        ("out", 0, 3.5, "the product of x2 and 3 in y1 was left out"),
    ]


def test_a_step_from_rounded_figures_rounds_no_derivative() -> None:
    step = problem_of("sigmoid, half-sse")
    of = Exercise(_passed(step.network, step.inputs, step.wording).problem, step=step)

    def kept(kind: str, row: Row) -> Row:
        away = np.floor(np.abs(row) * 1000 + 0.5 + 1e-9) / 1000
        return row if kind == "slope" else np.asarray(np.copysign(away, row))

    hand = by_hand("sigmoid, half-sse", keep=kept)
    for row in of.stepped(3):
        assert [float(n) for n in row.exact] == pytest.approx(hand[row.name].tolist(), abs=1e-12), row.name


def test_a_figure_that_many_slips_give_tells_three() -> None:
    wrong = [Wrong(Decimal(1), f"slip {n}") for n in range(5)] + [
        Wrong(Decimal(2), "right"),
        Wrong(Decimal(3), "h: slip 9"),
    ]
    assert _told(wrong, {Decimal(2)}) == (
        Wrong(Decimal(1), "slip 0; or slip 1; or slip 2"), Wrong(Decimal(3), "h: slip 9"),
    )  # fmt: skip
    twice = [Wrong(Decimal(1), "no bias was added"), Wrong(Decimal(1), "h: no bias was added")]
    assert _told(twice, set()) == (Wrong(Decimal(1), "no bias was added"),)


def test_the_middle_of_a_blank_has_nine_decimals_more() -> None:
    (variant,) = variants(Spec("softmax", shape=(3,), places=2), 1)
    for blank in blanks_of(variant):
        assert blank.middle == rounded(blank.exact, 11)
        assert blank.middle != rounded(blank.exact, 10)
        assert abs(blank.figure - blank.exact) < Decimal("0.005")


def test_the_blanks_of_a_sheet_and_what_slips_give() -> None:
    """h = 2 * 1.3 + 0.5: without the bias 2.6, with it twice 3.6; 3.1 is 3.1 with rounded numbers too."""
    of = network([[2.0]], bias=[0.5])
    (variant,) = variants(Spec("forward", of, places=1, seed="3"), 1)
    (blank,) = blanks_of(variant)
    x = variant.exercise.given[0]
    assert (blank.row, blank.label, blank.exact, blank.carried) == ("out", "y1", 2 * x + Decimal("0.5"), None)
    told = {wrong.sentence: wrong.figure for wrong in blank.wrong}
    assert told["the bias 0.5 of y1 was not added"] == 2 * x
    assert told["the bias 0.5 of y1 was added twice"] == 2 * x + 1
    assert told["the product of x1 and 2 in y1 was left out"] == Decimal("0.5")
    assert blank.text == f"{blank.exact:.1f}"
