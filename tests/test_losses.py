"""Every loss of the registry: its own example, its options, its limits, and the same digits in decimal numbers."""

from __future__ import annotations

import copy
import json
import math
import pickle
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import huber, rel_entr
from sklearn.metrics import mean_absolute_error, mean_squared_error

from nnlec import cross_entropy
from nnlec.arithmetic.numbers import decimal_of
from nnlec.errors import NnlecError
from nnlec.network.activations import activation
from nnlec.network.layers import Dense
from nnlec.network.losses import LOSSES, LossExample, LossKind, loss
from nnlec.network.losses.entropy import one_class
from nnlec.network.network import Network
from nnlec.network.trace import exact_trace
from tests.transcripts import run

ROWS = pytest.mark.parametrize("kind", LOSSES.values(), ids=list(LOSSES))


def row(*values: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.array([values])


@ROWS
def test_each_row_gives_its_own_hand_computed_example(kind: LossKind) -> None:
    predicted, target, expected = kind.example
    assert loss(kind.name).value(row(*predicted), row(*target))[0] == pytest.approx(expected, rel=1e-15)


@ROWS
def test_each_row_gives_its_example_in_decimal_numbers(kind: LossKind) -> None:
    predicted, target, expected = kind.example
    chosen = loss(kind.name)
    terms = chosen.exact_terms([Decimal(repr(f)) for f in predicted], [Decimal(repr(g)) for g in target])
    assert float(chosen.exact_value(terms)) == expected


@pytest.mark.parametrize("base", ["2", "10"])
def test_a_cross_entropy_in_another_base_is_the_natural_one_divided_by_its_logarithm(base: str) -> None:
    logits, target = row(-0.2, 0.3, 0.8, -0.1, 0.4), row(0, 0, 0, 1, 0)
    measured = loss("cross-entropy", {"base": base})
    assert measured.value(logits, target)[0] == pytest.approx(2.0155676659544674 / math.log(int(base)), rel=1e-15)


def test_given_probabilities_in_base_2_count_bits_exactly() -> None:
    bits = loss("cross-entropy", {"base": "2"}).value(row(0.125, 0.875), row(1, 0), given_probabilities=True)
    assert bits[0] == 3.0


def test_the_least_loss_is_exact_and_not_zero() -> None:
    expected = float(Decimal(-50).exp())  # log(1 + e^-50) to double precision
    assert loss("cross-entropy").value(row(50, 0), row(1, 0))[0] == expected
    assert loss("binary-cross-entropy").value(row(50), row(1))[0] == expected


def test_extreme_logits_give_finite_losses() -> None:
    assert loss("cross-entropy").value(row(1e5, -1e5), row(0, 1))[0] == 2e5
    assert loss("binary-cross-entropy").value(row(-1e300), row(1))[0] == 1e300


def test_a_probability_of_zero_at_the_label_is_infinitely_surprising_and_elsewhere_nothing() -> None:
    for name in ("cross-entropy", "binary-cross-entropy"):
        assert loss(name).value(row(0.0, 1.0), row(1, 0), given_probabilities=True)[0] == math.inf
        assert loss(name).value(row(0.0, 1.0), row(0, 1), given_probabilities=True)[0] == 0.0


def test_exact_terms_of_logits_do_not_pass_through_a_rounded_softmax() -> None:
    terms = loss("cross-entropy").exact_terms([Decimal(10_000), Decimal(0)], [Decimal(1), Decimal(0)])
    assert terms[0].adjusted() == -4343  # e^-10000 = 1.1e-4343


def test_class_weights_and_their_mean_as_onnx_defines_them() -> None:
    weighted = loss("cross-entropy", {"weights": (1.0, 3.0)})
    logits, target = np.zeros((2, 2)), np.array([[1.0, 0.0], [0.0, 1.0]])
    values = weighted.value(logits, target)
    assert values.tolist() == pytest.approx([math.log(2), 3 * math.log(2)])
    assert weighted.reduced(values, target) == pytest.approx(math.log(2))
    assert weighted.reduced(values, target, "sum") == pytest.approx(4 * math.log(2))


def test_label_smoothing_spreads_its_share_over_all_classes() -> None:
    smoothed = loss("cross-entropy", {"label_smoothing": 0.5})
    assert smoothed.smoothed(row(1.0, 0.0)).tolist() == [[0.75, 0.25]]
    assert smoothed.value(row(0.0, math.log(3)), row(1, 0))[0] == pytest.approx(
        0.75 * math.log(4) + 0.25 * math.log(4 / 3)
    )


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("cross-entropi", {}, "did you mean 'cross-entropy'"),
        ("cross-entropy", {"base": "3"}, "base is '3', expected e or 2 or 10"),
        ("cross-entropy", {"label_smoothing": 1.5}, "label_smoothing is 1.5, expected 0 to 1"),
        ("cross-entropy", {"label_smoothing": -0.1}, "label_smoothing is -0.1, expected 0 to 1"),
        ("cross-entropy", {"weights": (1.0, -1.0)}, "weights is -1, expected 0 or more"),
        ("huber", {"delta": 0.0}, "delta is 0, expected more than 0"),
        ("cross-entropy", {"temperature": 1.0}, "unknown parameter of cross-entropy 'temperature'"),
        ("mean-squared-error", {"base": "2"}, "mean-squared-error takes no parameters, but base is given"),
    ],
)
def test_a_wrong_option_is_one_clear_line(name: str, options: dict[str, float], message: str) -> None:
    with pytest.raises(NnlecError, match=message):
        loss(name, options)


def test_too_few_class_weights_are_counted() -> None:
    with pytest.raises(NnlecError, match="2 class weights for 3 classes"):
        loss("cross-entropy", {"weights": (1.0, 3.0)}).value(np.zeros((1, 3)), row(1, 0, 0))


def test_each_smooth_loss_against_scikit_learn_and_scipy() -> None:
    f, g = row(0.3, -1.2, 4.0), row(0.1, 2.0, -3.0)
    assert loss("mse").value(f, g)[0] == pytest.approx(mean_squared_error(g[0], f[0]))
    assert loss("mae").value(f, g)[0] == pytest.approx(mean_absolute_error(g[0], f[0]))
    assert loss("half-mse").value(f, g)[0] == pytest.approx(mean_squared_error(g[0], f[0]) / 2)
    assert loss("huber", {"delta": 2.0}).value(f, g)[0] == pytest.approx(huber(2.0, f[0] - g[0]).mean())
    p, q = row(0.2, 0.3, 0.5), row(0.25, 0.25, 0.5)
    assert loss("kl").value(q, p, given_probabilities=True)[0] == pytest.approx(rel_entr(p, q).sum())
    assert loss("kl").value(np.log(q), p)[0] == pytest.approx(rel_entr(p, q).sum())
    assert loss("nll").value(np.log(q), p)[0] == pytest.approx(-(p * np.log(q)).sum())


def test_kl_divergence_is_zero_of_the_same_and_infinite_of_the_impossible() -> None:
    divergence = loss("kl-divergence")
    assert divergence.value(row(0.1, 0.9), row(0.1, 0.9), given_probabilities=True)[0] == 0.0
    assert divergence.value(row(0.0, 1.0), row(0.5, 0.5), given_probabilities=True)[0] == math.inf
    assert divergence.value(row(0.5, 0.5), row(0.0, 1.0), given_probabilities=True)[0] == pytest.approx(math.log(2))


def test_a_divergence_whose_terms_cancel_is_zero() -> None:
    """1/2 ln(1/2 / 1) + 1/2 ln(1/2 / 1/4) = 0."""
    divergence = loss("kl-divergence")
    half, other = [Decimal("0.5")] * 2, [Decimal(1), Decimal("0.25")]
    terms = divergence.exact_terms(other, half, given_probabilities=True)
    assert [round(float(term), 12) for term in terms] == [-0.34657359028, 0.34657359028]
    assert divergence.exact_value(terms) == 0
    assert divergence.value(row(1.0, 0.25), row(0.5, 0.5), given_probabilities=True)[0] == 0.0


def test_the_terms_of_a_divergence_of_near_probabilities_keep_their_digits() -> None:
    """g ln(g / s) with s = g (1 + d) is -g ln(1 + d)."""
    d = 2.0**-40
    terms = loss("kl").terms(row(0.5 + d / 2, 0.5 - d / 2), row(0.5, 0.5), given_probabilities=True)[0]
    assert terms.tolist() == pytest.approx([-0.5 * math.log1p(d), -0.5 * math.log1p(-d)], rel=1e-15, abs=0)


def test_a_tiny_exact_loss_is_not_zero() -> None:
    tiny = Decimal("1e-200")
    assert loss("sse").exact_value(loss("sse").exact_terms([Decimal("1e-100")], [Decimal(0)])) == tiny


def test_a_loss_without_probabilities_says_what_it_takes() -> None:
    with pytest.raises(NnlecError, match="hinge takes outputs, not probabilities"):
        loss("hinge").value(row(0.5), row(1.0), given_probabilities=True)


LOGITS = st.floats(-40, 40).map(lambda f: round(f, 3))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(LOGITS, st.integers(0, 8)), min_size=1, max_size=9))
def test_a_loss_is_within_its_bound_of_the_exact_one(pairs: list[tuple[float, int]]) -> None:
    """The doubles against the decimal numbers as written: each logit moves by half a last place between the two."""
    logits = [f for f, _ in pairs]
    weights = [w for _, w in pairs]
    total = sum(weights) or 1
    shares = [Fraction(w, total) for w in weights]
    for kind in LOSSES.values():
        if kind.takes != "logits" or kind.target != "distribution" or not any(weights):
            continue
        chosen = loss(kind.name)
        target = [Decimal(s.numerator) / Decimal(s.denominator) for s in shares]
        exact = chosen.exact_value(chosen.exact_terms([decimal_of(f) for f in logits], target))
        value = chosen.value(row(*logits), row(*map(float, shares)))[0]
        assert value == pytest.approx(float(exact), rel=1e-13, abs=1e-13)


@pytest.mark.parametrize("last", [("softmax", {"temperature": 0.3}), ("softmin", {}), ("log_softmax", {})])
def test_a_networks_logits_are_what_its_probabilities_and_loss_come_from(last: tuple[str, dict[str, float]]) -> None:
    weights = np.array([[1.0, 2.0, -0.5], [0.5, -1.0, 0.25]])
    network = Network((Dense(weights, None, activation(*last), "last"),), classes=("a", "b", "c"))
    trace = network.trace([1.0, 2.0])
    output = np.exp(trace.output) if last[0] == "log_softmax" else trace.output
    assert trace.probabilities is not None
    assert trace.probabilities.tolist()[0] == pytest.approx(output.tolist()[0], rel=1e-14)
    assert loss("cross-entropy").value(trace.logits, row(0, 1, 0))[0] == pytest.approx(-math.log(output[0, 1]))
    exact = exact_trace(network, (1.0, 2.0)).probabilities
    assert exact is not None
    assert [float(s) for s in exact] == pytest.approx(output.tolist()[0], rel=1e-14)


TABLE = "printf 'a,b,label\\n0,0,a\\n0,0,b\\n0,0,b\\n' | nnlec loss --target-column label -f json --classes a,b"


@pytest.mark.parametrize(
    ("options", "key", "expected"),
    [
        ("", "mean", math.log(2)),
        ("--reduction sum", "sum", 3 * math.log(2)),
        ("-p weights=1,3", "mean", math.log(2)),
        ("-p weights=1,3 --reduction sum", "sum", 7 * math.log(2)),
    ],
)
def test_a_table_of_losses_is_reduced_as_onnx_defines_it(options: str, key: str, expected: float) -> None:
    reduced = json.loads(run(f"{TABLE} {options}").stdout)
    assert reduced["rows"] == 3
    assert reduced[key] == pytest.approx(expected, rel=1e-15)


def test_without_reduction_every_row_has_its_loss() -> None:
    ran = run(f"{TABLE} -p weights=1,3 --reduction none")
    losses = [row["loss"] for row in json.loads(ran.stdout)]
    assert losses == pytest.approx([math.log(2), 3 * math.log(2), 3 * math.log(2)])


def test_the_hinge_loss_of_a_table_takes_labels_as_signs() -> None:
    table = "printf 'a,b,label\\n1,2,a\\n' | nnlec loss --target-column label --loss hinge --classes a,b -f json"
    assert json.loads(run(table).stdout)["mean"] == 1.5  # max(0, 1 - 1) and max(0, 1 + 2)
    signs = "printf 'a,b,t,u\\n1,2,1,-1\\n' | nnlec loss --target-column t,u --columns a,b --loss hinge -f json"
    assert json.loads(run(signs).stdout)["mean"] == 1.5
    assert run(signs.replace("1,-1", "1,0")).stderr == (
        "Error: <stdin>:2: column 'u': the target is no sign: expected -1 or 1\n"
    )


@pytest.mark.parametrize(
    ("target", "code", "message"),
    [
        ("0.5,0.4", 0, "Warning: some targets sum to 0.9, not to 1"),
        ("0.5,-0.4", 2, "column 'u': the target is no distribution: expected numbers from 0 that sum to 1"),
        ("0,0", 2, "column 't': the target is no distribution"),
    ],
)
def test_a_target_of_a_table_that_is_no_distribution(target: str, code: int, message: str) -> None:
    ran = run(f"printf 'a,b,t,u\\n1,2,{target}\\n' | nnlec loss --target-column t,u --columns a,b --per-row")
    assert message in ran.stderr
    assert ran.code == code


@pytest.mark.parametrize(
    ("name", "predicted", "expected"),
    [
        ("mse", [1e154], 1e308),
        ("mse", [1.5e154, 0.0], 1.125e308),
        ("mae", [5e307, 5e307], 5e307),
        ("mae", [9e307], 9e307),
        ("mae", [1.7e308, 1.7e308, -1.7e308], 1.7e308),
        ("half-mse", [1.8e154], 1.62e308),
        ("huber", [1.7e308, 1.7e308], 1.7e308),
        ("hinge", [-1.7e308, -1.7e308], 1.7e308),
        ("sse", [1e154, 1e154], math.inf),
        ("half-sse", [1e154], 5e307),
    ],
)
@pytest.mark.filterwarnings("error")
def test_a_loss_of_numbers_near_the_largest_double(name: str, predicted: list[float], expected: float) -> None:
    target = [float(name == "hinge")] * len(predicted)
    chosen = loss(name)
    values = chosen.value([predicted, predicted], [target, target])
    assert values[0] == pytest.approx(expected, rel=1e-15)
    assert chosen.reduced(values, np.array([target, target])) == values[0]
    assert chosen.reduced(values, np.array([target, target]), "sum") == 2 * float(values[0])


INF, NAN = math.inf, math.nan


@pytest.mark.parametrize(
    ("name", "predicted", "target", "given", "expected"),
    [
        ("ce", [NAN, 0.0], [0.5, 0.5], False, NAN),
        ("ce", [0.0, 0.0], [NAN, 0.5], False, NAN),
        ("ce", [0.0, -INF], [0.5, 0.5], False, INF),
        ("ce", [INF, 0.0], [0.5, 0.5], True, NAN),
        ("ce", [0.5, NAN], [0.5, 0.5], True, NAN),
        ("ce", [0.5, 0.5], [NAN, 0.5], True, NAN),
        ("bce", [-INF, 0.0], [1.0, 0.0], False, INF),
        ("bce", [NAN, 0.5], [1.0, 0.0], True, NAN),
        ("kl", [NAN, 0.0], [0.5, 0.5], False, NAN),
        ("kl", [0.5, INF], [0.5, 0.5], True, -INF),
        ("kl", [0.5, 0.5], [0.5, NAN], True, NAN),
        ("nll", [-INF, 0.0], [1.0, 0.0], False, INF),
        ("mse", [NAN, 0.0], [0.0, 0.0], False, NAN),
        ("mse", [INF, 0.0], [0.0, 0.0], False, INF),
        ("mae", [INF, 0.0], [INF, 0.0], False, NAN),
        ("huber", [0.0, 0.0], [NAN, 0.0], False, NAN),
        ("hinge", [INF, 0.0], [1.0, 1.0], False, 0.5),
    ],
)
@pytest.mark.filterwarnings("error")
def test_a_loss_of_what_is_no_finite_number(
    name: str, predicted: list[float], target: list[float], given: bool, expected: float
) -> None:
    values = loss(name).value([predicted, [0.5, 0.5]], [target, [0.0, 1.0]], given_probabilities=given)
    assert np.array_equal(values[:1], [expected], equal_nan=True)
    assert np.isfinite(values[1])
    assert loss(name).terms([predicted], [target], given_probabilities=given).shape == (1, 2)


def test_differences_beyond_the_largest_double_still_have_a_mean() -> None:
    assert loss("mae").value([[1.2e308, 0, 0, 0]], [[-1.2e308, 0, 0, 0]])[0] == pytest.approx(6e307)


def test_a_sum_is_not_divided_by_the_number_of_outputs_and_half_of_it_is_half() -> None:
    f, g = row(1.0, 3.0), row(0.0, -1.0)
    sums = {name: loss(name).value(f, g)[0] for name in ("sse", "half-sse", "half-squared-error", "half-mse", "mse")}
    assert sums == {"sse": 17.0, "half-sse": 8.5, "half-squared-error": 8.5, "half-mse": 4.25, "mse": 8.5}


@ROWS
def test_no_term_and_no_value_is_minus_zero(kind: LossKind) -> None:
    target = {"distribution": [1.0, 0.0], "each": [1.0, 0.0], "sign": [1.0, -1.0], "real": [800.0, -800.0]}[kind.target]
    predicted = [0.0, 800.0] if kind.takes == "log-probabilities" else [800.0, -800.0]
    roads = [(predicted, False), ([1.0, 0.0], True)] if kind.from_probabilities else [(predicted, False)]
    for options in ({}, {"weights": (2.0, 0.0)} if any(p.name == "weights" for p in kind.parameters) else {}):
        for numbers, probabilities in roads:
            terms = loss(kind.name, options).terms([numbers], [target], given_probabilities=probabilities)
            value = loss(kind.name, options).value([numbers], [target], given_probabilities=probabilities)
            assert not np.signbit(terms).any()
            assert not np.signbit(value).any()


def test_a_weight_of_zero_takes_an_infinite_term_away() -> None:
    weighted = loss("cross-entropy", {"weights": (0.0, 1.0)})
    assert weighted.value(row(0.0, 1.0), row(0.5, 0.5), given_probabilities=True).tolist() == [0.0]
    assert weighted.terms(row(0.0, 1.0), row(0.5, 0.5), given_probabilities=True).tolist() == [[0.0, 0.0]]


def test_the_rows_of_an_averaging_loss_count_alike_whatever_the_class_weights() -> None:
    weighted = loss("binary-cross-entropy", {"weights": (1.0, 3.0)})
    target = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    assert weighted.row_weights(target).tolist() == [1.0, 1.0, 1.0]
    assert loss("cross-entropy", {"weights": (1.0, 3.0)}).row_weights(target[:2]).tolist() == [1.0, 3.0]
    values = weighted.value(np.zeros((3, 2)), target)
    assert weighted.reduced(values, target) == pytest.approx(2 * math.log(2))


def test_binary_cross_entropy_of_a_tiny_probability_keeps_its_digits() -> None:
    value = loss("bce").value(row(1e-20), row(0.0), given_probabilities=True)[0]
    assert value == 1e-20


def test_the_exact_loss_of_a_tiny_probability_is_that_probability() -> None:
    """-ln(1 - s) = s + s^2/2 + ..., which is s itself to 60 digits."""
    for text in ("1e-70", "1.25e-100"):
        (term,) = loss("bce").exact_terms([Decimal(text)], [Decimal(0)], given_probabilities=True)
        assert abs(term / Decimal(text) - 1) < Decimal("1e-60"), text


def test_only_targets_with_one_class_each_have_one() -> None:
    assert one_class(np.array([[0.0, 1.0], [1.0, 0.0]])).tolist() == [1, 0]  # type: ignore[union-attr]
    for target in (
        [[0.0, 1.0], [0.5, 0.5]],
        [[1.0, 1.0], [0.0, 0.0]],
        [[0.0, 0.0], [1.0, 1.0]],
        [[1.0, 0.5], [0.0, 1.0]],
        [[2.0, 0.0], [0.0, 1.0]],
        [[1.0, math.nan], [0.0, 1.0]],
    ):
        assert one_class(np.array(target)) is None, target


@ROWS
def test_a_loss_and_an_example_of_it_pickle_and_copy(kind: LossKind) -> None:
    predicted, target, expected = kind.example
    one = LossExample(loss(kind.name), (), predicted, target)
    for copied in (pickle.loads(pickle.dumps(one)), copy.copy(one), copy.deepcopy(one)):
        assert copied == one
        assert copied.loss.kind is kind
        assert copied.value == pytest.approx(expected, rel=1e-15)


def test_an_example_has_its_probabilities_its_terms_and_its_value() -> None:
    classes, ln = ("a", "b"), math.log
    given_them = LossExample(loss("ce"), classes, (0.25, 0.75), (1.0, 0.0), given_probabilities=True)
    logits = LossExample(loss("ce"), classes, (0.0, ln(3)), (1.0, 0.0))
    for one in (given_them, logits):
        assert one.probabilities == pytest.approx((0.25, 0.75), rel=1e-15)
        assert one.terms == pytest.approx((ln(4), 0.0), rel=1e-15)
        assert one.value == pytest.approx(ln(4), rel=1e-15)
    outputs = LossExample(loss("mse"), classes, (1.0, 3.0), (0.0, 1.0))
    assert (outputs.probabilities, outputs.terms, outputs.value) == (None, (1.0, 4.0), 2.5)


def test_the_options_of_a_loss_cannot_change() -> None:
    given = {"delta": 2.0}
    huber_loss = loss("huber", given)
    given["delta"] = 5.0
    assert huber_loss.options["delta"] == 2.0
    with pytest.raises(TypeError):
        huber_loss.options["delta"] = 1.0  # type: ignore[index]


@pytest.mark.parametrize(
    ("logits", "target", "message"),
    [
        ([[1.0, 2.0]], [[1.0, 0.0, 0.0]], r"target: shape \(1, 3\), expected \(1, 2\), that of the logits"),
        ([[1.0, 2.0], [3.0, 4.0]], [[1.0, 0.0]], r"target: shape \(1, 2\), expected \(2, 2\)"),
        ([1.0, 2.0], [1.0, 0.0], r"logits: shape \(2,\), expected \(rows, classes\)"),
        ([[1.0, 2.0]], None, "target: object values, expected real numbers"),
        ([[1j, 2.0]], [[1.0, 0.0]], "logits: complex128 values, expected real numbers"),
        ([["a", "b"]], [[1.0, 0.0]], "logits: <U1 values, expected real numbers"),
        ([[1.0], [1.0, 2.0]], [[1.0, 0.0]], "logits: rows of different lengths"),
        ([[]], [[]], r"logits: shape \(1, 0\), expected \(rows, classes\)"),
    ],
)
def test_arrays_that_do_not_fit_are_one_clear_line(logits: Any, target: Any, message: str) -> None:
    for function in (cross_entropy, loss("cross-entropy").terms, loss("kl").value):
        with pytest.raises(NnlecError, match=message):
            function(logits, target)


def test_lists_and_whole_numbers_are_taken_as_arrays() -> None:
    assert cross_entropy([[0, 0]], [[True, False]]).tolist() == [math.log(2)]
    assert loss("mse").terms([[1, 2]], np.array([[1, 0]], np.int8)).tolist() == [[0.0, 4.0]]
    assert cross_entropy(np.zeros((0, 3)), np.zeros((0, 3))).tolist() == []
