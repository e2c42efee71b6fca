"""Where several mistakes give the figure that was written, the one that is made most often is named first."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pytest

from nnlec.grading import Problem, figures, loss_problem, mark, network_problem, scores_problem
from nnlec.network.activations import activation
from nnlec.network.layers import Dense
from nnlec.network.losses import loss
from nnlec.network.network import Network


def row(text: str) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, text.split()))


def sums(weights: list[list[float]], inputs: str, bias: list[float] | None = None, chosen: str = "identity") -> Problem:
    layer = Dense(np.array(weights), None if bias is None else np.array(bias), activation(chosen), "sums")
    return network_problem(Network((layer,)), row(inputs))


def scores(text: str) -> Problem:
    return scores_problem(row(text), ("a", "b", "c")[: len(text.split())])


def surprise(probabilities: str, target: str) -> Problem:
    return loss_problem(row(probabilities), ("a", "b", "c")[: len(target.split())], loss("cross-entropy"), row(target))


def error(name: str, outputs: str, target: str) -> Problem:
    return scores_problem(row(outputs), ("a", "b")[: len(target.split())], loss(name), row(target))


CASES: list[tuple[Callable[[], Problem], str, str, list[str]]] = [
    (
        lambda: sums([[-3]], "-0.5", [-0.5]),
        "sums",
        "2",
        [
            "the bias -0.5 of y1 was not added",
            "the bias -0.5 of y1 got the wrong sign",
            "the products were rounded before they were added",
            "what went in was rounded to no decimals",
            "the product of x1 and -3 in y1 was added twice",
            "the bias -0.5 of y1 was read as 0",
        ],
    ),
    (
        lambda: sums([[2]], "0.1", [0.2]),
        "sums",
        "0.2",
        [
            "the bias 0.2 of y1 was not added",
            "the product of x1 and 2 in y1 was left out",
            "the weight 2 of x1 in y1 was read as 0.2",
        ],
    ),
    (
        lambda: sums([[2, -3]], "3", [2, 0.1]),
        "sums",
        "6 -9",
        ["no bias was added", "the bias 2 of y1 was not added", "the bias 2 of y1 was read as 0.2"],
    ),
    (
        lambda: sums([[-2], [4]], "0.5 1", [2.5]),
        "sums",
        "4",
        [
            "what went in was rounded to no decimals",
            "in y1 x2 was taken in the place of x1",
            "in y1 x1 was taken in the place of x2",
            "the product of x1 and -2 in y1 was added twice",
        ],
    ),
    (
        lambda: sums([[3]], "2"),
        "sums",
        "0.60",
        ["the weight 3 of x1 in y1 was read as 0.3", "y1 is 6, written 0.6", "y1 is 6, written 0.6"],
    ),
    (
        lambda: sums([[3, 12], [1.5, 5]], "-1 10", [4, 5]),
        "sums",
        "16.0 34.0",
        ["y2 is 43, written 34", "the weight 12 of x1 in y2 was read as 21"],
    ),
    (
        lambda: sums([[-3]], "2", [2.5], "tanh"),
        "sums",
        "-0.8",
        ["the bias 2.5 of y1 was added twice", "the activation was applied twice"],
    ),
    # 45 * 0.6 + 2 = 29 and 45 + 2 = 47 = 27 + 20; 1 + 5 + 2 = 8 and 1 + 5 = -1 + 5 + 2 = 6; 10 = 1 + 9
    (
        lambda: sums([[45], [1]], "0.6 2"),
        "sums",
        "47",
        ["what went in was rounded to no decimals", "the weight 1 of x2 in y1 was read as 10"],
    ),
    (
        lambda: sums([[1, 3], [5, 0]], "1 1", [2, 4]),
        "sums",
        "6 99",
        ["the bias 2 of y1 was not added", "the product of x1 and 1 in y1 got the wrong sign"],
    ),
    (
        lambda: sums([[1]], "1", [9]),
        "sums",
        "1",
        [
            "the bias 9 of y1 was not added",
            "y1 is 10, written 1",
            "y1 is 10, written 1",
            "the bias 9 of y1 was read as 0",
        ],
    ),
    (lambda: sums([[5]], "0", [12]), "sums", "21", ["y1 is 12, written 21", "the bias 12 of y1 was read as 21"]),
    (
        lambda: sums([[1, 1], [0, 0]], "12 21"),
        "sums",
        "21 21",
        ["x2 was taken in the place of x1", "x1 was read as 21, it is 12"],
    ),
    # tanh 0.8 = 0.664 and tanh 1.1 = 0.8005, where 1.1 is 0.8 without the bias or with the other sign
    (
        lambda: sums([[1.1, -1.1]], "1", [-0.3, 0.3], "tanh"),
        "sums",
        "0.8 -0.8",
        ["no bias was added", "the activation was not applied"],
    ),
    (
        lambda: sums([[-0.15], [0.95]], "1 1", None, "tanh"),
        "sums",
        "0.8",
        ["the product of x1 and -0.15 in y1 got the wrong sign", "the activation was not applied in y1"],
    ),
    # e^1.25 = 3.49
    (
        lambda: scores("1.25 0"),
        "exponentials",
        "3.500000 1.000000",
        ["a was rounded to 1 decimal and written with more"],
    ),
    (
        lambda: scores("3 -3"),
        "exponentials",
        "20.1 0.1",
        ["the exponentials were rounded to 2 decimals", "b was rounded twice, first to 0.05"],
    ),
    (
        lambda: scores("0.5 4"),
        "probabilities",
        "0.03 1.00",
        ["the exponential of a is missing in the sum", "b was rounded to no decimals and written with more"],
    ),
    (
        lambda: scores("0.1 4"),
        "probabilities",
        "1 55",
        ["the exponentials were not divided by their sum", "the exponential of b is missing in the sum"],
    ),
    (
        lambda: scores("0.2 4 0.2"),
        "probabilities",
        "0.0 0.9 0.0",
        [
            "no exponential was taken",
            "the figure was cut off, not rounded",
            "the exponential of a is in the sum twice",
        ],
    ),
    (
        lambda: surprise("0.1 0.9", "1 0"),
        "loss",
        "1",
        ["log10 was taken", "softmax was applied to the probabilities", "the sum was divided by the number of terms"],
    ),
    (
        lambda: surprise("0.21 0.29 0.5", "0 1 0"),
        "loss",
        "1.20",
        ["L was rounded to 1 decimal and written with more", "the probabilities were rounded to 1 decimal"],
    ),
    (lambda: error("mae", "3", "-1"), "loss", "2.0", ["the loss was divided by two", "the root of the loss was taken"]),
]


@pytest.mark.parametrize(("problem", "name", "written", "said"), CASES)
def test_the_likeliest_mistake_is_named_first(
    problem: Callable[[], Problem], name: str, written: str, said: list[str]
) -> None:
    wrong = mark(problem(), {name: figures(written)}).first_wrong
    assert wrong is not None
    named = [mistake.sentence for mistake in wrong[1].mistakes]
    assert [sentence for sentence in named if sentence in said] == said
    assert named[0] == said[0]
