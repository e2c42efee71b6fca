"""Which slips are looked for in a step of learning, by the network and the loss: the sentence, and how it is worked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from decimal import Decimal

import numpy as np
import pytest

from nnlec.grading.mistakes.step import STEP_SLIPS
from nnlec.grading.step_sheet import RIGHT, StepProblem, Ways
from nnlec.network.activations import activation
from nnlec.network.layers import LAYERS, Layer
from nnlec.network.losses import loss
from nnlec.network.network import Network
from tests.test_each_mistake import block


def layers(*described: str) -> tuple[Layer, ...]:
    """`2 -> 3 tanh bias` for each layer; they are called one, two, three."""
    found: list[Layer] = []
    for name, text in zip(("one", "two", "three"), described, strict=False):
        n_in, _, n_out, chosen, *bias = text.split()
        values = {"weights": np.ones((int(n_in), int(n_out)))} | ({"bias": np.ones(int(n_out))} if bias else {})
        found.append(LAYERS["dense"].build(values, ((int(n_in),),), activation(chosen), name))
    return tuple(found)


def listed(network: tuple[Layer, ...], target: str, name: str, keep_biases: bool = False) -> list[str]:
    """`name: sentence (what is worked otherwise)`."""
    given = tuple(map(Decimal, target.split()))
    whole = Network(network)
    problem = StepProblem(whole, (Decimal(1),) * whole.n_in, loss(name), given, Decimal("0.1"), keep_biases)
    return [
        f"{slip.name}: {slip.explain(problem, word)} ({_otherwise(ways)})"
        for slip in STEP_SLIPS
        for ways, word in slip.ways(problem)
    ]


def _otherwise(ways: Ways) -> str:
    changed = {each.name: getattr(ways, each.name) for each in fields(Ways)}
    shown = {key: value for key, value in changed.items() if value != getattr(RIGHT, key)}
    shown |= {"factor": f"{ways.factor:.3g}"} if "factor" in shown else {}
    shown |= {"target": " ".join(map(str, ways.target))} if ways.target else {}
    shown |= {"slopes": ", ".join(f"{layer} {way}" for layer, way in ways.slopes.items())} if ways.slopes else {}
    return ", ".join(f"{key} {value}" for key, value in shown.items())


def of(words: str, network: tuple[Layer, ...], target: str, name: str) -> list[str]:
    return [line for line in listed(network, target, name) if words in line]


CASES: dict[str, tuple[Callable[[], list[str]], str]] = {
    "three layers of sigmoids and tanh, a half of the squares": (
        lambda: listed(layers("2 -> 3 sigmoid bias", "3 -> 3 tanh bias", "3 -> 2 sigmoid bias"), "0 1", "half-sse"),
        """
        new weights upstream: the new weights were used on the way back, not those before (new_weights True)
        sign of delta: g - f was taken for f - g (delta_sign -1)
        sign of the update: the gradient was added, not subtracted (update_sign -1)
        derivative left out: the derivative of the activation was left out in the hidden layers (slopes 0 none, 1
            none)
        derivative left out: the derivative of the activation was left out in one (slopes 0 none)
        derivative left out: the derivative of the activation was left out in two (slopes 1 none)
        derivative at the wrong argument: the derivative was not taken where it belongs in every layer (slopes 0
            output, 1 output, 2 output)
        derivative at the wrong argument: the derivative was not taken where it belongs in one (slopes 0 output)
        derivative at the wrong argument: the derivative was not taken where it belongs in two (slopes 1 output)
        derivative at the wrong argument: the derivative was not taken where it belongs in three (slopes 2 output)
        derivative at the wrong argument: the derivative was not taken where it belongs in every layer (slopes 0
            sum, 1 sum, 2 sum)
        derivative at the wrong argument: the derivative was not taken where it belongs in one (slopes 0 sum)
        derivative at the wrong argument: the derivative was not taken where it belongs in two (slopes 1 sum)
        derivative at the wrong argument: the derivative was not taken where it belongs in three (slopes 2 sum)
        factor of the loss: the derivative of the loss was divided by the 2 outputs (factor 0.5)
        factor of the loss: the derivative of the loss was twice as large, as without a 1/2 in the loss (factor 2)
        one output only: only y1 counted on the way back (one_output 0)
        one output only: only y2 counted on the way back (one_output 1)
        W not transposed: W was not transposed on the way back (transposed True)
        rate forgotten: the rate was forgotten (rate_forgotten True)
        biases: the biases were left as they were (biases_otherwise True)
        input factor forgotten: delta was not multiplied by what went in (input_forgotten True)
        another target: the target was taken in the wrong order (target 1 0)
        another target: the target was taken of y1 for every output (target 0 0)
        another target: the target was taken of y2 for every output (target 1 1)
        derivative left out: the derivative of the activation was left out in three (slopes 2 none)
        weight forgotten: delta was handed down without the weights (weight_forgotten True)
        """,
    ),
    "one layer without an activation and without biases": (
        lambda: listed(layers("2 -> 2 identity"), "3 3", "mse"),
        """
        sign of delta: g - f was taken for f - g (delta_sign -1)
        sign of the update: the gradient was added, not subtracted (update_sign -1)
        factor of the loss: the derivative of the loss was divided by the 2 outputs (factor 0.5)
        factor of the loss: the derivative of the loss was not divided by the 2 outputs (factor 2)
        rate forgotten: the rate was forgotten (rate_forgotten True)
        input factor forgotten: delta was not multiplied by what went in (input_forgotten True)
        """,
    ),
    "one output, and biases that are kept": (
        lambda: listed(layers("2 -> 1 relu bias", "1 -> 1 identity bias"), "3", "mse", keep_biases=True),
        """
        new weights upstream: the new weights were used on the way back, not those before (new_weights True)
        sign of delta: g - f was taken for f - g (delta_sign -1)
        sign of the update: the gradient was added, not subtracted (update_sign -1)
        derivative left out: the derivative of the activation was left out in one (slopes 0 none)
        derivative at the wrong argument: the derivative was not taken where it belongs in one (slopes 0 output)
        derivative at the wrong argument: the derivative was not taken where it belongs in one (slopes 0 sum)
        factor of the loss: the derivative of the loss was twice as large, as without a 1/2 in the loss (factor 2)
        factor of the loss: the derivative of the loss was half as large, as with a 1/2 in the loss (factor 0.5)
        rate forgotten: the rate was forgotten (rate_forgotten True)
        biases: the biases were changed (biases_otherwise True)
        input factor forgotten: delta was not multiplied by what went in (input_forgotten True)
        weight forgotten: delta was handed down without the weights (weight_forgotten True)
        """,
    ),
    "softmax that the cross-entropy meets": (
        lambda: listed(layers("2 -> 2 relu bias", "2 -> 3 softmax bias"), "0 0 1", "cross-entropy"),
        """
        new weights upstream: the new weights were used on the way back, not those before (new_weights True)
        sign of delta: g - f was taken for f - g (delta_sign -1)
        sign of the update: the gradient was added, not subtracted (update_sign -1)
        derivative left out: the derivative of the activation was left out in one (slopes 0 none)
        derivative at the wrong argument: the derivative was not taken where it belongs in one (slopes 0 output)
        derivative at the wrong argument: the derivative was not taken where it belongs in one (slopes 0 sum)
        factor of the loss: the derivative of the loss was divided by the 3 outputs (factor 0.333)
        one output only: only y1 counted on the way back (one_output 0)
        one output only: only y2 counted on the way back (one_output 1)
        one output only: only y3 counted on the way back (one_output 2)
        rate forgotten: the rate was forgotten (rate_forgotten True)
        biases: the biases were left as they were (biases_otherwise True)
        input factor forgotten: delta was not multiplied by what went in (input_forgotten True)
        another target: the target was taken in the wrong order (target 1 0 0)
        another target: the target was taken of y1 for every output (target 0 0 0)
        another target: the target was taken of y2 for every output (target 0 0 0)
        another target: the target was taken of y3 for every output (target 1 1 1)
        weight forgotten: delta was handed down without the weights (weight_forgotten True)
        """,
    ),
    "softmax and squares: no rule of one number is taken at another": (
        lambda: of("derivative", layers("2 -> 2 relu", "2 -> 2 softmax"), "0 1", "mse"),
        """
        derivative left out: the derivative of the activation was left out in one (slopes 0 none)
        derivative at the wrong argument: the derivative was not taken where it belongs in one (slopes 0 output)
        derivative at the wrong argument: the derivative was not taken where it belongs in one (slopes 0 sum)
        factor of the loss: the derivative of the loss was divided by the 2 outputs (factor 0.5)
        factor of the loss: the derivative of the loss was not divided by the 2 outputs (factor 2)
        derivative left out: the derivative of the activation was left out in two (slopes 1 none)
        """,
    ),
    "sigmoid that the cross-entropy meets": (
        lambda: of("derivative", layers("2 -> 2 tanh", "2 -> 1 sigmoid"), "1", "binary-cross-entropy"),
        """
        derivative left out: the derivative of the activation was left out in one (slopes 0 none)
        derivative at the wrong argument: the derivative was not taken where it belongs in one (slopes 0 output)
        derivative at the wrong argument: the derivative was not taken where it belongs in one (slopes 0 sum)
        """,
    ),
    "a hidden layer without an activation": (
        lambda: of("derivative", layers("2 -> 2 identity", "2 -> 2 tanh", "2 -> 1 tanh"), "1", "mse"),
        """
        derivative left out: the derivative of the activation was left out in two (slopes 1 none)
        derivative at the wrong argument: the derivative was not taken where it belongs in every layer (slopes 1
            output, 2 output)
        derivative at the wrong argument: the derivative was not taken where it belongs in two (slopes 1 output)
        derivative at the wrong argument: the derivative was not taken where it belongs in three (slopes 2 output)
        derivative at the wrong argument: the derivative was not taken where it belongs in every layer (slopes 1
            sum, 2 sum)
        derivative at the wrong argument: the derivative was not taken where it belongs in two (slopes 1 sum)
        derivative at the wrong argument: the derivative was not taken where it belongs in three (slopes 2 sum)
        factor of the loss: the derivative of the loss was twice as large, as without a 1/2 in the loss (factor 2)
        factor of the loss: the derivative of the loss was half as large, as with a 1/2 in the loss (factor 0.5)
        derivative left out: the derivative of the activation was left out in three (slopes 2 none)
        """,
    ),
    "a bias in one layer of two": (
        lambda: of("biases", layers("2 -> 2 tanh", "2 -> 1 tanh bias"), "1", "mse"),
        """
        biases: the biases were left as they were (biases_otherwise True)
        """,
    ),
    "a square matrix below": (
        lambda: of("W not", layers("2 -> 2 tanh", "2 -> 1 tanh"), "1", "mse"),
        """
        """,
    ),
    "a square matrix above": (
        lambda: of("W not", layers("3 -> 2 tanh", "2 -> 2 tanh"), "1 0", "mse"),
        """
        W not transposed: W was not transposed on the way back (transposed True)
        """,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_every_slip_that_is_looked_for(case: str) -> None:
    found, expected = CASES[case]
    assert found() == block(expected)
