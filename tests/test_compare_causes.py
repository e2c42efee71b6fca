"""`nnlec compare` on pairs of small networks: the layer that differs in each, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nnlec
from nnlec import Network
from nnlec.grading.differences import compare
from nnlec.network.activations import activation
from tests.test_compare_networks import layer, rows_for

RANDOM = np.random.default_rng(5)
SQUARE, OTHER, LAST = RANDOM.normal(size=(4, 4)), RANDOM.normal(size=(4, 4)), RANDOM.normal(size=(4, 3))
KERNELS, GAIN = RANDOM.normal(size=(2, 2, 2, 2)), np.array([2.0, -1.0, 0.5, 3.0])
LONG = RANDOM.normal(size=(13, 3))
MAPS = RANDOM.normal(size=(10, 3))
AFTER = RANDOM.normal(size=(18, 3))
UPSIDE_DOWN = MAPS.reshape(2, 5, 3).transpose(1, 0, 2).reshape(10, 3)


def dense(weights: Any, chosen: str = "identity", bias: Any = None, name: str = "dense") -> Any:
    return nnlec.Dense(
        np.array(weights, float), None if bias is None else np.array(bias, float), activation(chosen), name
    )


def scale(chosen: str = "identity", **values: Any) -> Any:
    return layer("scale", (4,), chosen, **(values or {"multiply": GAIN}))


def norm(**changes: Any) -> Any:
    values: dict[str, Any] = {
        "mean": [0.1, -0.2],
        "variance": [0.5, 2.0],
        "scale": [1.5, -1.0],
        "shift": [0.3, 0.4],
        "epsilon": 1e-5,
    }
    return layer("batch_norm", (2, 4, 4), **(values | changes))


def conv(kernels: Any = KERNELS, chosen: str = "identity", of: tuple[int, ...] = (2, 4, 4), **values: Any) -> Any:
    return layer("conv", of, chosen, weights=kernels, **values)


def pool(of: tuple[int, ...] = (2, 4, 4), **values: Any) -> Any:
    return layer("average_pool", of, **({"size": 2.0, "stride": 1.0} | values))


def changed(weights: Any, *numbers: tuple[int, int, float]) -> Any:
    found = np.array(weights)
    for row, column, more in numbers:
        found[row, column] += more
    return found


def net(*layers: Any) -> Network:
    return Network(layers)


def verdict(a: Network, b: Network, rows: Any = None) -> str:
    """`1 of A, 2 of B: the causes`, with + where B's layer was given the same input; "" where they are the same."""
    found = compare(a, b, rows_for(a) if rows is None else np.array(rows, float)).difference
    if found is None:
        return ""
    return f"{found.layer}-{found.other}{'+' if found.given_the_same else ''}: {'; '.join(found.causes)}"


CASES: dict[str, tuple[Callable[[], tuple[Network, Network]], str]] = {
    "an activation in B alone": (
        lambda: (
            net(dense(SQUARE), dense(OTHER, "tanh"), dense(LAST)),
            net(dense(SQUARE, "tanh"), dense(OTHER, "tanh"), dense(LAST)),
        ),
        "1-1+: A's activation is identity, B's is tanh",
    ),
    "an activation in B alone, before a layer of another size": (
        lambda: (net(dense(SQUARE), dense(LAST)), net(dense(SQUARE, "relu"), dense(LAST))),
        "1-1+: A's activation is identity, B's is relu",
    ),
    "an activation in A alone": (
        lambda: (net(dense(SQUARE, "tanh"), dense(LAST)), net(dense(SQUARE), dense(LAST))),
        "1-1+: A's activation is tanh, B's is identity",
    ),
    "a scaling and relu of A, tanh of B": (
        lambda: (net(dense(SQUARE), scale("relu"), dense(LAST)), net(dense(SQUARE, "tanh"), dense(LAST))),
        "2-1+: B has no layer like A's scale (scale)",
    ),
    "probabilities of B": (
        lambda: (net(dense(SQUARE), dense(LAST)), net(dense(SQUARE), dense(LAST, "softmax"))),
        "2-2+: B gives probabilities (softmax), A gives logits",
    ),
    "a probability of A": (
        lambda: (net(dense(SQUARE), dense(LAST[:, :1], "sigmoid")), net(dense(SQUARE), dense(LAST[:, :1]))),
        "2-2+: A gives probabilities (sigmoid), B gives logits",
    ),
    "decisions of A": (
        lambda: (net(dense(LAST, "hardmax")), net(dense(LAST))),
        "1-1+: A gives decisions (hardmax), B gives scores",
    ),
    "decisions of B": (
        lambda: (net(dense(LAST)), net(dense(LAST, "hardmax"))),
        "1-1+: B gives decisions (hardmax), A gives scores",
    ),
    "sigmoid of a hidden layer": (
        lambda: (net(dense(SQUARE, "sigmoid"), dense(LAST)), net(dense(SQUARE), dense(LAST))),
        "1-1+: A's activation is sigmoid, B's is identity",
    ),
    "relu at last": (
        lambda: (net(dense(LAST, "relu")), net(dense(LAST))),
        "1-1+: A's activation is relu, B's is identity",
    ),
    "weights and biases": (
        lambda: (net(dense(LAST, "tanh", [0, 0, 1])), net(dense(changed(LAST, (1, 2, 0.5)), "tanh", [0, 0, 2]))),
        "1-1+: 1 number of 12 in its weights differ, first at (2, 3): -1.35521 and -0.855209; "
        "1 number of 3 in its bias differ, first at (3): 1 and 2",
    ),
    "numbers that differ by rounding are not counted": (
        lambda: (
            net(dense([[0.0, 1.0, 2.0]] * 4)),
            net(dense(changed([[0.0, 1.0, 2.0]] * 4, (0, 0, 0.9e-7), (1, 1, 0.9e-5), (2, 0, 1.2e-7), (3, 1, 1.2e-5)))),
        ),
        "1-1+: 2 numbers of 12 in its weights differ, first at (3, 1): 0 and 1.2e-07",
    ),
    "a layer of as many units that B has later": (
        lambda: (net(dense(SQUARE), dense(LAST)), net(dense(SQUARE), dense(OTHER), dense(OTHER[:, :3]))),
        "2-3+: 12 numbers of 12 in its weights differ, first at (1, 1): -0.0378857 and -0.0836962",
    ),
    "a layer of the same kind behind another": (
        lambda: (net(pool(), conv(of=(2, 3, 3))), net(pool(), pool((2, 3, 3)), conv(KERNELS + 1, of=(2, 2, 2)))),
        "2-3: A's layer is conv 18 -> 8, B's is conv 8 -> 2",
    ),
    "twice the same": (
        lambda: (net(dense(SQUARE), dense(LAST)), net(dense(SQUARE), dense(SQUARE), dense(LAST))),
        "2-3+: given the same input it gives the same: what is before it differs by more than rounding",
    ),
    "no more than rounding in the weights": (lambda: (net(dense(SQUARE)), net(dense(SQUARE * (1 + 1e-9)))), "1-1+: "),
    "small weights": (
        lambda: (net(dense(SQUARE * 1e-6)), net(dense(SQUARE[::-1] * 1e-6))),
        "1-1+: B has its inputs in another order: A's 4, 3, 2, 1",
    ),
    "a convolution for a dense layer": (
        lambda: (net(layer("flatten", (2, 4, 4)), dense(np.ones((32, 3)))), net(conv(), layer("flatten", (2, 3, 3)))),
        "1-2: A has no layer like B's conv (conv)",
    ),
    "weights of 13 inputs": (
        lambda: (net(dense(LONG)), net(dense(LONG[[1, 0, *range(2, 13)]]))),
        "1-1+: B has its inputs in another order: A's 2, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12",
    ),
    "weights of which some are alike": (
        lambda: (net(dense([[1, 2], [1, 3], [4, 3]])), net(dense([[1, 3], [1, 2], [4, 3]]))),
        "1-1+: B has its inputs in another order: A's 2, 1, 3",
    ),
    "probabilities of halved scores": (
        lambda: (net(dense(LAST / 2, "softmax")), net(dense(LAST, "sigmoid"))),
        "1-1+: 12 numbers of 12 in its weights differ, first at (1, 1): -0.0189429 and -0.0378857",
    ),
    "hidden units": (
        lambda: (net(dense(SQUARE, "tanh"), dense(LAST)), net(dense(SQUARE[:, [2, 0, 1, 3]], "tanh"), dense(LAST))),
        "1-1+: B has its units in another order: A's 3, 1, 2, 4",
    ),
    "channels": (
        lambda: (net(conv()), net(conv(KERNELS[[1, 0]]))),
        "1-1+: B has its channels in another order: A's 2, 1",
    ),
    "inputs of kernels": (
        lambda: (net(conv()), net(conv(KERNELS[:, [1, 0]]))),
        "1-1+: B has its inputs in another order: A's 2, 1",
    ),
    "order in single precision": (
        lambda: (net(dense(SQUARE)), net(dense(SQUARE[::-1] + 0.9e-5 * np.abs(SQUARE).max() * np.sign(SQUARE[::-1])))),
        "1-1+: B has its inputs in another order: A's 4, 3, 2, 1",
    ),
    "no order": (
        lambda: (net(dense(SQUARE)), net(dense(SQUARE[::-1] + 1.1e-5 * np.abs(SQUARE).max()))),
        "1-1+: 16 numbers of 16 in its weights differ, first at (1, 1): -0.801931 and -0.958246",
    ),
    "a scaling in A alone": (
        lambda: (net(scale(), dense(SQUARE, "tanh"), dense(LAST)), net(dense(SQUARE, "tanh"), dense(LAST))),
        "1-1+: B has no layer like A's scale (scale)",
    ),
    "a scaling in A alone, and another layer behind it": (
        lambda: (net(scale(), dense(SQUARE, "tanh"), dense(LAST)), net(dense(SQUARE * 1.01, "tanh"), dense(LAST))),
        "1-1+: A's layer is scale 4 -> 4, B's is dense 4 -> 4",
    ),
    "a scaling in A alone, in single precision": (
        lambda: (
            net(scale(), dense(SQUARE, "tanh"), dense(LAST)),
            net(dense(SQUARE.astype(np.float32), "tanh"), dense(LAST)),
        ),
        "1-1+: B has no layer like A's scale (scale)",
    ),
    "a scaling in A alone, in the middle": (
        lambda: (net(dense(SQUARE, "tanh"), scale(), dense(LAST)), net(dense(SQUARE, "tanh"), dense(LAST))),
        "2-2: B has no layer like A's scale (scale)",
    ),
    "a scaling in B alone": (
        lambda: (net(dense(SQUARE, "tanh"), dense(LAST)), net(scale(), dense(SQUARE, "tanh"), dense(LAST))),
        "1-2+: A has no layer like B's scale (scale)",
    ),
    "two scalings in B alone": (
        lambda: (net(dense(SQUARE, "tanh"), dense(LAST)), net(scale(), scale(), dense(SQUARE, "tanh"), dense(LAST))),
        "1-3+: A has no layer like B's scale (scale)",
    ),
    "three scalings in B alone": (
        lambda: (
            net(dense(SQUARE, "tanh"), dense(LAST)),
            net(scale(), scale(), scale(), dense(SQUARE, "tanh"), dense(LAST)),
        ),
        "1-4+: given the same input it gives the same: what is before it differs by more than rounding",
    ),
    "a scaling that both have, and B twice": (
        lambda: (net(scale(), dense(LAST)), net(scale(), scale(), dense(LAST))),
        "2-3+: given the same input it gives the same: what is before it differs by more than rounding",
    ),
    "a norm in A alone": (
        lambda: (net(norm(), conv()), net(conv())),
        "1-1: B has no layer like A's batch_norm (batch_norm)",
    ),
    "a pool in A alone": (
        lambda: (net(pool(), conv(of=(2, 3, 3))), net(conv())),
        "1-1+: B has no layer like A's average_pool (average_pool)",
    ),
    "a pool in B alone": (
        lambda: (net(conv()), net(pool(), conv(of=(2, 3, 3)))),
        "1-2: A has no layer like B's average_pool (average_pool)",
    ),
    "a norm in B alone": (
        lambda: (net(conv()), net(norm(), conv())),
        "1-2+: A has no layer like B's batch_norm (batch_norm)",
    ),
    "a mean": (lambda: (net(norm()), net(norm(mean=[0.1, 0.2]))), "1-1+: B's mean is another"),
    "a variance": (lambda: (net(norm()), net(norm(variance=[0.5, 1.0]))), "1-1+: B's variance is another"),
    "a deviation": (
        lambda: (net(norm()), net(norm(variance=[0.5**0.5, 2.0**0.5]))),
        "1-1+: B has the standard deviation where the variance belongs",
    ),
    "a shift": (lambda: (net(norm()), net(norm(shift=[0.3, -0.4]))), "1-1+: B's shift (beta) is another"),
    "a scale": (lambda: (net(norm()), net(norm(scale=[1.5, 1.0]))), "1-1+: B's scale (gamma) is another"),
    "an epsilon": (lambda: (net(norm()), net(norm(epsilon=1e-3))), "1-1+: epsilon is another: 1e-05 in A, 0.001 in B"),
    "multiplied": (lambda: (net(scale(multiply=GAIN)), net(scale(multiply=GAIN + 1))), "1-1+: B's multiply is another"),
    "added": (lambda: (net(scale(add=GAIN)), net(scale(add=GAIN + 1))), "1-1+: B's add is another"),
    "subtracted": (lambda: (net(scale(subtract=GAIN)), net(scale(subtract=GAIN + 1))), "1-1+: B's subtract is another"),
    "divided": (lambda: (net(scale(divide=GAIN)), net(scale(divide=GAIN * 2))), "1-1+: B's divide is another"),
    "a stride": (lambda: (net(conv(stride=2)), net(conv())), "1-1: B's stride, padding or dilation is another"),
    "a padding": (lambda: (net(conv(padding=1)), net(conv())), "1-1: B's stride, padding or dilation is another"),
    "a dilation": (lambda: (net(conv(dilation=2)), net(conv())), "1-1: B's stride, padding or dilation is another"),
    "a stride and a padding": (
        lambda: (net(conv()), net(conv(stride=2, padding=1))),
        "1-1+: B's stride, padding or dilation is another",
    ),
    "a stride of a pool": (
        lambda: (net(pool()), net(pool(stride=2.0))),
        "1-1: B's stride, padding or dilation is another",
    ),
    "padding of a pool counted": (
        lambda: (net(pool(padding=1.0)), net(pool(padding=1.0, count_padding="true"))),
        "1-1+: B counts padding otherwise in its means",
    ),
    "kernels turned round": (
        lambda: (net(conv()), net(conv(KERNELS[:, :, ::-1, ::-1]))),
        "1-1+: B turns its kernels round (convolution, not correlation)",
    ),
    "rows and columns of kernels": (
        lambda: (net(conv()), net(conv(KERNELS.swapaxes(2, 3)))),
        "1-1+: B's kernels have rows and columns exchanged",
    ),
    "channels in and out": (
        lambda: (net(conv()), net(conv(KERNELS.swapaxes(0, 1)))),
        "1-1+: B's kernels have channels in and out exchanged",
    ),
    "channels of groups": (
        lambda: (net(conv(KERNELS[:, :1], groups=2)), net(conv(KERNELS[::-1, :1], groups=2))),
        "1-1+: B has its channels in another order: A's 2, 1",
    ),
    "a row of kernels": (
        lambda: (net(conv(KERNELS[..., 0], of=(2, 4))), net(conv(KERNELS[..., 0] + 1, of=(2, 4)))),
        "1-1+: 8 numbers of 8 in its weights differ, first at (1, 1, 1): -1.10172 and -0.101717",
    ),
    "maps flattened otherwise": (
        lambda: (net(layer("flatten", (2, 5)), dense(MAPS)), net(layer("flatten", (2, 5)), dense(UPSIDE_DOWN))),
        "2-2+: B's weights expect height, width, channel flattened; A flattens channel, height, width",
    ),
    "maps flattened otherwise and scaled": (
        lambda: (
            net(layer("flatten", (2, 5)), layer("scale", (10,), multiply=np.arange(1.0, 11.0)), dense(MAPS)),
            net(layer("flatten", (2, 5)), layer("scale", (10,), multiply=np.arange(1.0, 11.0)), dense(UPSIDE_DOWN)),
        ),
        "3-3+: B's weights expect height, width, channel flattened; A flattens channel, height, width",
    ),
    "maps of a convolution flattened otherwise": (
        lambda: (
            net(conv(), layer("flatten", (2, 3, 3)), dense(AFTER)),
            net(
                conv(),
                layer("flatten", (2, 3, 3)),
                dense(AFTER.reshape(2, 3, 3, 3).transpose(1, 2, 0, 3).reshape(18, 3)),
            ),
        ),
        "3-3+: B's weights expect height, width, channel flattened; A flattens channel, height, width",
    ),
    "another kind": (
        lambda: (net(dense(SQUARE)), net(scale())),
        "1-1+: A's layer is dense 4 -> 4, B's is scale 4 -> 4",
    ),
    "another kind behind": (
        lambda: (
            net(dense(LAST), layer("scale", (3,), add=[1, 2, 3])),
            net(dense(LAST), layer("layer_norm", (3,), scale=[1, 1, 1], shift=[0, 0, 0], epsilon=1e-5)),
        ),
        "2-2+: A's layer is scale 3 -> 3, B's is layer_norm 3 -> 3",
    ),
    "A goes on": (
        lambda: (net(dense(SQUARE), dense(LAST)), net(dense(SQUARE))),
        "2-None: B has no layer like A's dense (dense)",
    ),
    "B goes on": (
        lambda: (net(dense(SQUARE)), net(dense(SQUARE), dense(LAST))),
        "1-None: A has no layer like B's dense (dense)",
    ),
    "B's bias, and no other": (
        lambda: (net(dense(LAST, "tanh")), net(dense(LAST, "tanh", [1, 2, 3]))),
        "1-1+: A has no bias",
    ),
    "no bias in either": (lambda: (net(dense(LAST)), net(dense(-LAST))), "1-1+: B's weights have the opposite sign"),
    "no bias in B": (lambda: (net(dense(LAST, "tanh", [1, 2, 3])), net(dense(LAST, "tanh"))), "1-1+: B has no bias"),
    "another bias": (
        lambda: (net(dense(LAST, "tanh", [1, 2, 3])), net(dense(LAST, "tanh", [1, 2, 4]))),
        "1-1+: B's bias is another",
    ),
    "a bias of zeros": (
        lambda: (net(dense(LAST, "tanh", [0, 0, 0])), net(dense(LAST, "tanh", [1, 2, 3]))),
        "1-1+: B's bias is another",
    ),
    "the opposite bias": (
        lambda: (net(dense(LAST, "tanh", [1, 2, 3])), net(dense(LAST, "tanh", [-1, -2, -3]))),
        "1-1+: B's bias has the opposite sign",
    ),
    "transposed": (
        lambda: (net(dense(SQUARE, "tanh", GAIN)), net(dense(SQUARE.T, "tanh", GAIN))),
        "1-1+: B's weights are the transpose of A's",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_where_two_networks_differ_and_why(case: str) -> None:
    make, expected = CASES[case]
    assert verdict(*make()) == expected


@pytest.mark.parametrize(("places", "same"), [(64, True), (65, False)])
def test_rounding_may_account_for_64_last_places(places: int, same: bool) -> None:
    """Two units give 1 and 2 of 1. B's first weight is too large by so many last places of 2, and it has no bias."""
    a = net(dense([[1.0, 1.0]], bias=[0.0, 1.0]))
    b = net(dense([[1.0 + places * 2.0**-51, 1.0]]))
    found = compare(a, b, np.array([[1.0]])).difference
    assert found is not None
    assert (found.causes, found.worst, found.wrong, found.of) == (
        (("B has no bias",), (1, 2), 1, 2) if same else ((), (1, 2), 2, 2)
    )
    mended = net(dense([[1.0 + places * 2.0**-51, 1.0]], bias=[0.0, 1.0]))
    assert verdict(a, mended, [[1.0]]) == ("" if same else "1-1+: ")
    compared = compare(a, mended, np.array([[1.0]]))
    assert (compared.distance, compared.pairs[0].partner) == (places, "dense" if same else "")


def test_a_difference_that_only_grows_is_where_it_grows() -> None:
    """1 - 1 is 0, and of B 60 last places of 1: the units of the first layer are alike, their difference is not."""
    one, less = dense([[1.0, 1.0]]), dense([[1.0], [-1.0]])
    found = verdict(net(one, less), net(dense([[1.0 + 60 * 2.0**-52, 1.0]]), less), [[1.0]])
    assert found == "2-2+: given the same input it gives the same: what is before it differs by more than rounding"
