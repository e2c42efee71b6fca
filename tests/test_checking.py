"""A student's figures are marked as a fair person would."""

from __future__ import annotations

import itertools
import pickle
from dataclasses import replace
from decimal import Decimal
from random import Random
from time import process_time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlec.arithmetic.numbers import decimal_of
from nnlec.arithmetic.rounding import Rounding
from nnlec.arithmetic.threads import one_thread
from nnlec.errors import NnlecError
from nnlec.grading import Basis, Problem, Verdict, figures, loss_problem, mark, network_problem, scores_problem
from nnlec.grading.figures import has_neighbour
from nnlec.grading.mistakes import MISTAKES, WRITING_MISTAKES
from nnlec.grading.mistakes.layer import LAYER_MISTAKES
from nnlec.grading.operations import Linear
from nnlec.grading.reading import figure
from nnlec.grading.steps import Step
from nnlec.models import load_network
from nnlec.network.activations import activation
from nnlec.network.layers import Dense
from nnlec.network.layers.scale import Scale
from nnlec.network.losses import loss
from nnlec.network.network import Network
from nnlec.rendering.explain.check import describe_check
from nnlec.rendering.records.check import check_record
from tests.conftest import examples
from tests.mistakes.measure import ALL_MISTAKES, refused, right_sheets, tally
from tests.mistakes.measure import marked as marked_sheet
from tests.mistakes.ways import WAYS

CLASSES = ("dog", "tiger", "ostrich", "cat", "horse")
SCORES = tuple(map(Decimal, ("-0.2", "0.3", "0.8", "-0.1", "0.4")))
CAT = tuple(map(Decimal, "00010"))


@pytest.fixture(scope="module")
def lecture() -> Problem:
    return network_problem(load_network("configs/lecture.yaml"), tuple(map(Decimal, ("2.8", "-3.1", "4.2"))))


def marked(problem: Problem, **rows: str) -> Verdict:
    return mark(problem, {name: figures(text) for name, text in rows.items()})


def bases(verdict: Verdict) -> list[Basis | None]:
    return [one.basis for one in verdict.marks]


def mistakes(verdict: Verdict) -> list[tuple[str, str]]:
    return (
        [(mistake.name, mistake.sentence) for mistake in verdict.first_wrong[1].mistakes] if verdict.first_wrong else []
    )


def test_the_slides_are_right(lecture: Problem) -> None:
    verdict = marked(lecture, hidden="5.2,14.5,-6.2,4.4", output="37.7,-23.3")
    assert bases(verdict) == [Basis.FULL] * 6


def test_the_pencil_that_carries_rounded_figures_is_right_too(lecture: Problem) -> None:
    carried = marked(lecture, hidden="5.2,14.5,-6.2,4.4", output="37.8,-23.1")
    assert bases(carried)[4:] == [Basis.OWN] * 2
    assert bases(marked(lecture, output="37.8,-23.1")) == [Basis.ROUNDED] * 2


def test_more_figures_claim_more(lecture: Problem) -> None:
    assert marked(lecture, hidden="5.17,14.53,-6.2,4.40").right is False
    assert marked(lecture, hidden="5,14,-6,4").right
    assert marked(lecture, hidden="5.17,14.47,-6.23,4.38").right


def test_the_misprint_of_the_slides_is_found() -> None:
    network = load_network("configs/lecture.yaml")
    weights = network.layers[0].arrays["weights"].copy()
    weights[2, 0] = -0.01
    hidden = Dense(weights, network.layers[0].arrays["bias"], activation("identity"), "hidden", bias_in_first_row=True)
    misprinted = replace(network, layers=(hidden, network.layers[1]))
    problem = network_problem(misprinted, tuple(map(Decimal, ("2.8", "-3.1", "4.2"))))
    verdict = marked(problem, hidden="5.2,14.5,-6.2,4.4", output="37.7,-23.3")
    assert bases(verdict)[:4] == [None, Basis.FULL, Basis.FULL, Basis.FULL]
    assert mistakes(verdict) == [("one weight misread", "the weight -0.01 of x3 in h1 was read as -1")]
    assert None not in bases(verdict)[4:]


def test_later_figures_follow_from_the_first_wrong_one(lecture: Problem) -> None:
    verdict = marked(lecture, hidden="5.2,14.5,-6.2,9.4", output="49.8,-27.1")
    assert verdict.first_wrong is not None
    assert (verdict.first_wrong[0].name, verdict.first_wrong[1].label) == ("hidden", "h4")
    assert bases(verdict)[4:] == [Basis.OWN] * 2


def test_a_wrong_figure_may_be_carried_on_beside_the_right_ones_in_full(lecture: Problem) -> None:
    """9.4 for h4 = 4.38, and then 0.6 + 1.9 * 5.17 + 0.6 * 14.47 + 1.3 * 6.23 + 2.4 * 9.4 = 49.764."""
    verdict = marked(lecture, hidden="5.2,14.5,-6.2,9.4", output="49.764,-27.272")
    assert bases(verdict) == [*[Basis.FULL] * 3, None, *[Basis.OWN] * 2]


def test_figures_may_follow_from_what_should_have_been_written_each_to_its_own_decimals(lecture: Problem) -> None:
    """A 9 for h4 = 4.38, miscopied: 0.6 + 1.9 * 5.2 + 0.6 * 14.47 + 1.3 * 6.2 + 2.4 * 4 = 36.822 was worked with 4."""
    verdict = marked(lecture, hidden="5.2,14.47,-6.2,9", output="36.822,-22.784")
    assert bases(verdict) == [*[Basis.FULL] * 3, None, *[Basis.ROUNDED] * 2]


def test_a_second_slip_is_found_in_what_follows_in_full_from_the_first() -> None:
    """0.62 * -2.3 is added as + 1.426 in h1, the next row shows few of its figures, and the last leaves out its 1.5.

    In full that is 17.3 * 11.86201 + 23.9 * -7.98377 = 14.40067; from 11.9 and -8.0 it would be 14.67.
    """
    layers = (
        ("first", [[1.37, -0.83], [0.62, 2.41]], [0.31, -0.47]),
        ("second", [[1.13, 0.71], [-0.94, 1.58]], [0.29, 0.86]),
        ("third", [[17.3], [23.9]], [1.5]),
    )
    network = Network(tuple(Dense(np.array(weights), np.array(bias), name=name) for name, weights, bias in layers))
    problem = network_problem(network, (Decimal("1.7"), Decimal("-2.3")))
    third = marked(problem, first="4.1,-7.4", second="11.9,-8.0", third="14.401").rows[2]
    assert [one.sentence for one in third.marks[0].mistakes] == ["the bias 1.5 of y1 was not added"]


@pytest.mark.parametrize(("more", "likeliest"), [((), "one term left out"), (("1.5", "2.5"), "rounded too early")])
def test_a_slip_that_could_be_made_in_many_places_is_less_likely(more: tuple[str, ...], likeliest: str) -> None:
    """8.50 for 8.52, or 12.50 for 12.52: 0.5 * 0.04 = 0.02 was left out, or the sum was rounded to 1 decimal."""
    inputs = tuple(map(Decimal, ("0.04", "3", "5.5", *more)))
    problem = network_problem(Network((Dense(np.array([[0.5], *[[1.0]] * (len(inputs) - 1)])),)), inputs)
    (row,) = mark(problem, {"output": figures("12.50" if more else "8.50")}).rows
    names = [one.name for one in row.marks[0].mistakes]
    assert names[0] == likeliest
    assert {"one term left out", "rounded too early"} <= {*names}


def test_zeros_earn_nothing(lecture: Problem) -> None:
    verdict = marked(lecture, hidden="0.0,0.0,0.0,0.0", output="0.6,-1.7")
    assert bases(verdict) == [None] * 6


def test_one_wrong_number_over_and_over_earns_nothing(lecture: Problem) -> None:
    """0.6 + 7 * (1.9 + 0.6 - 1.3 + 2.4) = 25.8."""
    assert bases(marked(lecture, hidden="7.0,7.0,7.0,7.0", output="25.8,23.5")) == [None] * 6
    assert bases(marked(lecture, hidden="7.0,7.0,7.0,7.1", output="26.0,23.4"))[4:] == [Basis.OWN] * 2


@pytest.mark.parametrize(("hidden", "output", "earned"), [("0", "1.5", None), ("2", "7.5", Basis.OWN)])
def test_a_row_of_one_figure_earns_something_unless_it_is_zero(hidden: str, output: str, earned: Basis | None) -> None:
    """The one hidden unit is 1.25 * 4 + 0.5 * 3 = 6.5, and 3 * 6.5 + 1.5 = 21."""
    hidden_layer = Dense(np.array([[1.25], [0.5]]), None, name="hidden")
    network = Network((hidden_layer, Dense(np.array([[3.0]]), np.array([1.5]), name="out")))
    problem = network_problem(network, (Decimal(4), Decimal(3)))
    assert bases(marked(problem, hidden=hidden, out=output)) == [None, earned]


def test_a_blank_is_not_right_and_the_rest_is_marked(lecture: Problem) -> None:
    verdict = marked(lecture, hidden="5.2 ? -6.2 4.4", output="37.7 -23.3")
    assert bases(verdict) == [Basis.FULL, None, *[Basis.FULL] * 4]
    assert not verdict.right


def test_the_softmax_row_of_the_slides_has_no_common_denominator() -> None:
    (row,) = marked(scores_problem(SCORES, CLASSES), probabilities="0.10 0.18 0.31 0.11 0.20").rows
    assert row.remarks[0] == "they sum to 0.90, not to 1"
    assert row.remarks[1].startswith(
        "no single sum gives every figure: cat needs a sum of at least 7.87, ostrich one of at most 7.3"
    )


@pytest.mark.parametrize(
    ("figure", "name"),
    [("2.02", None), ("0.88", "another logarithm"), ("2.91", "another logarithm"), ("-2.02", "minus forgotten")],
)
def test_a_loss_is_marked(figure: str, name: str | None) -> None:
    problem = scores_problem(SCORES, CLASSES, loss("cross-entropy"), CAT)
    verdict = marked(problem, probabilities="0.12,0.20,0.33,0.13,0.22", loss=figure)
    assert (mistakes(verdict)[0][0] if mistakes(verdict) else None) == name


def test_a_loss_from_the_probabilities_on_the_slide() -> None:
    given = tuple(map(Decimal, ("0.10", "0.18", "0.31", "0.11", "0.20")))
    assert marked(loss_problem(given, CLASSES, loss("cross-entropy"), CAT), loss="2.21").right


def test_a_loss_of_two_classes_that_was_divided_by_two_is_told() -> None:
    """-ln 0.2 = 1.609, and half of it is 0.805."""
    given = (Decimal("0.2"), Decimal("0.8"))
    problem = loss_problem(given, ("no", "yes"), loss("cross-entropy"), (Decimal(1), Decimal(0)))
    assert marked(problem, loss="1.609").right
    assert mistakes(marked(problem, loss="0.805"))[0][0] == "averaged for summed"


def test_one_output_of_two_classes() -> None:
    """P(yes) = sigmoid(1.3) = 0.7858; the student's 0.5 is carried on to -ln 0.5 = 0.693."""
    network = load_network("configs/rain.yaml")
    problem = network_problem(
        network, tuple(map(Decimal, ("80", "1000", "50"))), loss("binary-cross-entropy"), (Decimal(1),)
    )
    assert marked(problem, output="0.79", probabilities="0.21,0.79", loss="0.24").right
    assert bases(marked(problem, output="0.5", probabilities="0.5,0.5", loss="0.693")) == [None, *[Basis.OWN] * 3]


def test_a_squared_error_follows_from_the_output() -> None:
    network = load_network("configs/house-price.yaml")
    problem = network_problem(
        network, tuple(map(Decimal, ("80", "3", "5"))), loss("mean-squared-error"), (Decimal(480_000),)
    )
    assert marked(problem, output="470000", loss="100000000").right
    assert mistakes(marked(problem, loss="10000"))[0] == ("root taken", "the root of the loss was taken")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"hiden": "1"}, "unknown row of figures 'hiden'"),
        ({"hidden": "5.2,14.5"}, "hidden: 2 figures, expected 4"),
        ({"hidden": "5.2,14.5,x,4"}, "'x' is not a number"),
        ({"output": "1,2", "logits": "1,2"}, "given twice"),
        ({}, "no figures to check"),
    ],
)
def test_a_sheet_that_cannot_be_marked(lecture: Problem, rows: dict[str, str], message: str) -> None:
    with pytest.raises(NnlecError) as error:
        marked(lecture, **rows)
    assert message in str(error.value)


FIGURES = st.one_of(
    st.sampled_from(["?", "0", "-0.0", "1e3", "1e308", "1e-39", "0.1", "99999999999999999999", ".5", "+1."]),
    st.floats(-1e300, 1e300).map("{:.4f}".format),
    st.decimals(-50, 50, places=2).map(str),
)


@given(st.data())
@examples(60)
def test_whatever_is_written_has_a_verdict(data: st.DataObject) -> None:
    weights = st.sampled_from([0.0, 1.0, -2.5, 1e-300, 1e300, 0.1])
    row = st.lists(weights, min_size=2, max_size=2)
    layers = tuple(
        Dense(
            np.array(data.draw(st.lists(row, min_size=2, max_size=2))), np.array(data.draw(row)), activation(name), name
        )
        for name in (data.draw(st.sampled_from(["relu", "sigmoid", "tanh", "softmax", "identity"])), "identity")
    )
    network = Network((layers[0], replace(layers[1], name="last")), classes=("a", "b"))
    inputs = tuple(map(decimal_of, data.draw(row)))
    problem = network_problem(network, inputs, loss("cross-entropy"), (Decimal(0), Decimal(1)))
    steps = data.draw(st.lists(st.sampled_from(problem.steps), min_size=1, unique_by=lambda step: step.name))
    written = {step.name: [data.draw(FIGURES) for _ in step.labels] for step in steps}
    verdict = mark(problem, {name: figures(" ".join(row)) for name, row in written.items()})
    assert len(verdict.marks) == sum(map(len, written.values()))
    assert describe_check(verdict)
    assert check_record(verdict)["figures"] == len(verdict.marks)


def test_every_kind_of_mistake_is_found() -> None:
    """A sample of `make mistakes`: each kind three times."""
    known = {kind.name for row in (*MISTAKES.values(), WRITING_MISTAKES) for kind in row}
    of_kinds = {kind.name for kind in LAYER_MISTAKES}  # tests/test_layers.py
    assert {*ALL_MISTAKES, *of_kinds} == known
    counts = tally(3 * len(known), seed=7)
    assert counts.share(counts.named) >= 0.95
    assert counts.share(counts.first) >= 0.85


def test_right_sheets_are_right_however_they_were_worked() -> None:
    assert refused(30, seed=7) == {key: [] for key in [*WAYS, "floating point"]}


@given(st.integers(0, 10**9), st.sampled_from(sorted(WAYS)))
@examples(60)
def test_a_right_row_more_never_turns_a_right_sheet_wrong(seed: int, way: str) -> None:
    rng = Random(seed)
    for problem, sheet in right_sheets(rng, WAYS[way]):
        in_full = exact_sheet(problem, decimals=2)
        for name in in_full:
            if name not in sheet and any(float(figure) for figure in in_full[name]):
                assert marked_sheet(problem, {**sheet, name: in_full[name]}).right


NUMBERS = st.one_of(
    st.builds(
        lambda digits, exponent: Decimal(digits).scaleb(exponent),
        st.integers(-(10**20), 10**20),
        st.integers(-400, 400),
    ),
    st.floats(allow_nan=False, allow_infinity=False).map(decimal_of),
    st.decimals(-1000, 1000, places=3),
)
ROUNDINGS = st.one_of(
    st.integers(0, 20).map(lambda decimals: Rounding(decimals)),
    st.integers(1, 20).map(lambda decimals: Rounding(decimals, fixed=True)),
    st.integers(1, 20).map(lambda figures: Rounding(significant=figures)),
)


@given(NUMBERS, ROUNDINGS)
@examples(300)
def test_what_nnlec_shows_is_right(number: Decimal, rounding: Rounding) -> None:
    written = figure(rounding.text(number))
    assert written.claims(number, beside=has_neighbour([written], [False])[0]), written


@given(st.lists(NUMBERS, min_size=1, max_size=4), ROUNDINGS)
@examples(100)
def test_a_sheet_copied_from_nnlec_is_right(numbers: list[Decimal], rounding: Rounding) -> None:
    """Beside a 1, because a row of zeros alone claims nothing."""
    row = (*numbers, Decimal(1))
    step = Step(("y",), ("y",) * len(row), Linear(Scale(len(row))))
    problem = Problem(row, ("x",) * len(row), (step,))
    assert marked(problem, y=" ".join(rounding.texts(row))).right


@given(st.floats(-1e6, 1e6), st.integers(0, 12))
def test_what_python_shows_is_right(number: float, places: int) -> None:
    text = f"{number:.{places}f}"
    assert figure(text).claims(Decimal(repr(number)), beside=True)


@pytest.mark.parametrize(
    ("text", "number", "right"),
    [
        ("0", "5.17", False),
        ("0e9", "5.17", False),
        ("1e1", "5.17", False),
        ("0", "0.12", False),
        ("0", "0.00004", True),
        ("-0.0", "0", True),
        ("-0.00", "-0.0004", True),
        ("12300", "12345", True),
        ("12300.", "12345", False),
        ("10", "14.5", True),
        ("10.0", "14.5", False),
        ("2.67", "2.675", True),
        ("2.68", "2.675", True),
        ("2.66", "2.675", False),
        ("2.3539e17", "235385266837019985.4", True),
        ("2.3538e17", "235385266837019985.4", False),
        ("7.175e-66", "7.1750e-66", True),
        ("7.176e-66", "7.1750e-66", False),
        ("1e16", "9.7e15", True),
        ("1234567890123457", "1234567890123456", False),
    ],
)
def test_what_a_figure_claims(text: str, number: str, right: bool) -> None:
    assert figure(text).claims(Decimal(number)) is right


def test_zeros_are_right_beside_other_figures() -> None:
    problem = Problem(
        tuple(map(Decimal, ("0.898", "0.101", "0.001"))), ("a", "b", "c"), (Step(("s",), ("",) * 3, Linear(Scale(3))),)
    )
    assert marked(problem, s="0.90 0.10 0.00").right
    assert bases(marked(problem, s="0.00 0.00 0.00")) == [None, None, None]
    assert bases(marked(problem, s="0 0 0")) == [None, None, None]
    assert bases(marked(problem, s="0 0 5")) == [None, None, None]


@pytest.mark.parametrize(
    ("shape", "output"),
    [
        ((4, 60, 60, 60, 3), "0.1,0.2,0.3"),
        pytest.param((20, 40, 40, 5), "0.1,0.2,0.3,0.4,0.5", marks=pytest.mark.slow),
        ((64, 32, 10), "1 2 3 4 5 6 7 8 9 1"),
    ],
)
def test_a_large_network_takes_at_most_two_seconds(shape: tuple[int, ...], output: str) -> None:
    rng = np.random.default_rng(0)
    layers = tuple(
        Dense(rng.normal(size=(n_in, n_out)).round(1), np.zeros(n_out), activation("tanh"), f"layer {number}")
        for number, (n_in, n_out) in enumerate(itertools.pairwise(shape))
    )
    problem = network_problem(Network(layers), tuple(Decimal(i % 7) for i in range(shape[0])))
    with one_thread():
        start = process_time()
        verdict = marked(problem, output=output)
        taken = process_time() - start
    assert not verdict.right
    assert taken < 2
    assert verdict.rows[0].bounded is (shape[1] == 60)


def test_a_hidden_layer_called_output_is_not_the_output() -> None:
    layers = (
        Dense(np.array([[2.0]]), None, activation("identity"), "output"),
        Dense(np.array([[3.0]]), None, activation("identity"), "last"),
    )
    problem = network_problem(Network(layers), (Decimal(1),))
    assert marked(problem, **{"layer output": "2", "output": "6"}).right


def test_verdicts_can_be_sent_to_other_processes(lecture: Problem) -> None:
    verdict = marked(lecture, hidden="9.3,14.5,-6.2,4.4")
    assert pickle.loads(pickle.dumps(verdict)) == verdict


def exact_sheet(problem: Problem, decimals: int) -> dict[str, list[str]]:
    """Every row of a problem in full, to so many decimals."""
    sheet, row = {}, problem.given
    for step in problem.steps:
        row = step.follow(row)
        sheet[step.name] = Rounding(decimals, fixed=True).texts(row)
    return sheet
