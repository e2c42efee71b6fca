"""Every loss of the registry: its own example, its options, its limits, and the same digits in decimal numbers."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pytest

from nnlec.errors import NnlecError
from nnlec.losses import LOSSES, LossKind, loss

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
        ("cross-entropy", {"weights": (1.0, -1.0)}, "weights is -1, expected 0 or more"),
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
