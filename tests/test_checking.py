"""A student's figures are marked as a fair person would."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlec.arithmetic.numbers import decimal_of
from nnlec.errors import NnlecError
from nnlec.grading import Basis, Problem, Verdict, figures, loss_problem, mark, network_problem, scores_problem
from nnlec.models import load_network
from nnlec.network.activations import activation
from nnlec.network.layers import Dense
from nnlec.network.losses import loss
from nnlec.network.network import Network
from nnlec.rendering.explain.check import describe_check
from nnlec.rendering.records.check import check_record
from tests.mistakes.measure import tally

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


def test_zeros_earn_nothing(lecture: Problem) -> None:
    verdict = marked(lecture, hidden="0.0,0.0,0.0,0.0", output="0.6,-1.7")
    assert bases(verdict) == [None] * 6


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
@settings(max_examples=60, deadline=None)
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


def test_slips_are_found_and_right_sheets_stay_right() -> None:
    """A sample of `make mistakes`."""
    counts = tally(150, seed=7)
    assert counts.called_wrong == 0
    assert counts.share(counts.named) >= 0.95
    assert counts.share(counts.first) >= 0.80
