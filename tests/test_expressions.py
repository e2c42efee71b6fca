"""What a model makes of values, put together operator by operator, becomes layers that compute the same."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from nnlec import NnlecError
from nnlec.models import arranged
from nnlec.models.arranged import norm_of, pooled, reshaped, transposed
from nnlec.models.assembly import Assembly
from nnlec.models.expressions import Expressions
from nnlec.models.pointwise import Expression

GAMMA, BETA = np.array([0.5, -2.0, 1.25]), np.array([0.1, 0.2, -0.3])
W = np.array([[1.0, 2.0], [-0.5, 0.25], [3.0, 1.0]])


class Node:
    """An operator of a model, as far as a walk asks it."""

    def error(self, what: str, hint: str = "") -> NnlecError:
        return NnlecError(what, hint=hint)

    def label(self) -> str:
        return "node"


class Walk(Expressions):
    """A walk that counts who takes a value, as the readers do beforehand."""

    def __init__(self, *shape: int) -> None:
        super().__init__(Assembly(shape))
        self.x = self.leaf(0)

    def do(self, operator: str, *arguments: Any, **given: float) -> Expression:
        taken = [each if isinstance(each, Expression) else np.asarray(each, dtype=float) for each in arguments]
        self.take(*taken)
        return self.combined(Node(), operator, taken, given)

    def take(self, *values: Any) -> None:
        for each in values:
            if isinstance(each, Expression):
                each.uses += 1

    def turned(self, part: Expression, *order: int) -> Expression:
        self.take(part)
        return transposed(part, order, Node())

    def shaped(self, part: Expression, *shape: int) -> Expression:
        self.take(part)
        return reshaped(part, shape, Node())

    def mean(self, part: Expression, *axes: int) -> Expression:
        self.take(part)
        return pooled(part, "average_pool", axes, Node())

    def most(self, part: Expression, *axes: int) -> Expression:
        self.take(part)
        return pooled(part, "max_pool", axes, Node())

    def dense(self, part: Expression, weights: Any = W, **given: Any) -> Expression:
        self.take(part)
        return self.leaf(self.assembly.add("dense", {"weights": weights, **given}, (self.layer(part),)))

    def norm(self, part: Expression, axes: Sequence[int], epsilon: Any = 1e-3) -> Expression:
        centred = self.do("Sub", part, self.mean(part, *axes))
        spread = self.mean(self.do("Mul", centred, centred), *axes)
        return self.do("Div", centred, self.do("Sqrt", self.do("Add", spread, epsilon)))

    def scale_first(self, part: Expression) -> Expression:
        """A norm over the last axis of two as TensorFlow has it: x (scale / root) + (shift - mean (scale / root))."""
        mean = self.mean(part, 1)
        centred = self.do("Sub", part, mean)
        spread = self.mean(self.do("Mul", centred, centred), 1)
        scale = self.do("Mul", self.do("Reciprocal", self.do("Sqrt", self.do("Add", spread, 1e-3))), GAMMA)
        shift = self.do("Sub", BETA, self.do("Mul", mean, scale))
        return self.do("Add", self.do("Mul", part, scale), shift)

    def gelu(self, part: Expression) -> Expression:
        cubic = self.do("Add", 1, self.do("Mul", 0.044715, self.do("Pow", part, 2)))
        inner = self.do("Tanh", self.do("Mul", self.do("Mul", part, np.sqrt(2 / np.pi)), cubic))
        return self.do("Mul", self.do("Mul", part, 0.5), self.do("Add", 1, inner))


def gelu(x: Any) -> Any:
    return x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def normed(x: Any, axes: Sequence[int], epsilon: float = 1e-3) -> Any:
    own = tuple(axis + 1 for axis in axes)
    centred = x - x.mean(own, keepdims=True)
    return centred / np.sqrt((centred**2).mean(own, keepdims=True) + epsilon)


def kinds_of(walk: Walk, end: Expression, oracle: Callable[[Any], Any]) -> str:
    """The kinds of the layers that a value becomes, which compute what numpy does."""
    shape = walk.x.shape
    walk.take(end)
    walk.layer(end)
    network = walk.assembly.network()
    rows = np.random.default_rng(0).normal(1, 2, (5, *shape))
    np.testing.assert_allclose(
        network.forward(rows.reshape(5, -1)), np.asarray(oracle(rows)).reshape(5, -1), rtol=1e-9, atol=1e-9
    )
    names = [f"{each.kind} {'' if each.activation.is_identity else each.activation.name}" for each in network.layers]
    return ", ".join(map(str.strip, names))


Build = Callable[[Walk], Expression]
CASES: list[tuple[tuple[int, ...], Build, Callable[[Any], Any], str]] = [
    ((2, 3), lambda w: w.turned(w.x, 1, 0), lambda x: x.transpose(0, 2, 1), "transpose"),
    ((2, 3, 4), lambda w: w.turned(w.turned(w.x, 1, 2, 0), 2, 1, 0), lambda x: x.transpose(0, 2, 3, 1).transpose(
        0, 3, 2, 1), "transpose"),
    ((2, 3), lambda w: w.shaped(w.x, 3, 2), lambda x: x, "reshape"),
    ((2, 3), lambda w: w.shaped(w.shaped(w.x, 6), 3, 2), lambda x: x, "reshape"),
    ((2, 3), lambda w: w.shaped(w.x, 6), lambda x: x, "flatten"),
    ((2, 3), lambda w: w.shaped(w.turned(w.x, 1, 0), 6), lambda x: x.transpose(0, 2, 1), "transpose, flatten"),
    ((3,), lambda w: w.do("Relu", w.x), lambda x: np.maximum(x, 0), "scale relu"),
    ((3,), lambda w: w.do("Relu", w.dense(w.x)), lambda x: np.maximum(x @ W, 0), "dense relu"),
    ((3,), lambda w: w.do("Add", w.dense(w.x), [1, 2]), lambda x: x @ W + [1, 2], "dense"),
    ((3,), lambda w: w.do("Add", 3, w.dense(w.x)), lambda x: x @ W + 3, "dense"),
    ((3,), lambda w: w.do("Add", w.dense(w.x), [[1, 2]]), lambda x: x @ W + [1, 2], "dense"),
    ((3,), lambda w: w.do("Add", w.dense(w.x, bias=[1.0, 2.0]), 3), lambda x: x @ W + [4, 5], "dense, scale"),
    ((3,), lambda w: w.do("Sub", w.dense(w.x), 3), lambda x: x @ W - 3, "dense"),
    ((3,), lambda w: w.do("Mul", w.dense(w.x), 3), lambda x: x @ W * 3, "dense, scale"),
    ((3,), lambda w: w.do("Add", w.do("Neg", w.dense(w.x)), [1, 2]), lambda x: np.array([1, 2]) - x @ W,
     "dense, scale"),
    ((3,), lambda w: w.do("Sub", 7, w.x), lambda x: 7 - x, "scale"),
    ((3,), lambda w: w.do("Add", w.dense(w.x), w.dense(w.x, -W)), lambda x: x * 0 @ W, "dense, dense, add"),
    ((3,), lambda w: w.do("Sub", w.dense(w.x), w.dense(w.x, -W)), lambda x: 2 * x @ W, "dense, dense, scale, add"),
    ((3,), lambda w: w.do("Mul", w.dense(w.x), w.dense(w.x, -W)), lambda x: -((x @ W) ** 2), "dense, dense, multiply"),
    ((3,), lambda w: w.do("Mul", w.x, w.do("Sigmoid", w.x)), lambda x: x / (1 + np.exp(-x)), "scale silu"),
    ((3,), lambda w: w.do("Pow", w.dense(w.x), 2), lambda x: (x @ W) ** 2, "dense, multiply"),
    ((3,), lambda w: w.do("Pow", w.dense(w.x), [2]), lambda x: (x @ W) ** 2, "dense, multiply"),
    ((3,), lambda w: w.norm(w.x, [0]), lambda x: normed(x, [0]), "layer_norm"),
    ((3,), lambda w: w.do("Add", w.do("Mul", w.norm(w.x, [0]), GAMMA), BETA), lambda x: normed(x, [0]) * GAMMA + BETA,
     "layer_norm"),
    ((3,), lambda w: w.do("Relu", w.norm(w.x, [0], [0.5])), lambda x: np.maximum(normed(x, [0], 0.5), 0),
     "layer_norm relu"),
    ((2, 3), lambda w: w.norm(w.do("Sub", w.x, w.most(w.x, 1)), [1]), lambda x: normed(x, [1]), "layer_norm"),
    ((3,), lambda w: w.do("Mul", w.norm(w.x, [0]), 7), lambda x: normed(x, [0]) * 7, "layer_norm, scale"),
    ((2, 3), lambda w: w.scale_first(w.x), lambda x: normed(x, [1]) * GAMMA + BETA, "layer_norm"),
    ((3,), lambda w: w.gelu(w.dense(w.x)), lambda x: gelu(x @ W), "dense gelu_tanh"),
    ((3, 2), lambda w: w.do("Mul", w.norm(w.x, [0]), GAMMA[:, None]), lambda x: normed(x, [0]) * GAMMA[:, None],
     "transpose, layer_norm, transpose"),
    ((2, 3), lambda w: w.do("Mul", w.norm(w.x, [1]), GAMMA), lambda x: normed(x, [1]) * GAMMA, "layer_norm"),
    ((3, 1), lambda w: w.norm(w.x, [0]), lambda x: normed(x, [0]), "layer_norm"),
    ((2, 3), lambda w: w.norm(w.x, [0, 1]), lambda x: normed(x, [0, 1]), "layer_norm"),
    ((2, 3, 2), lambda w: w.norm(w.x, [1, 2]), lambda x: normed(x, [1, 2]), "layer_norm"),
    ((2, 3, 2), lambda w: w.norm(w.x, [0, 2]), lambda x: normed(x, [0, 2]), "transpose, layer_norm, transpose"),
    ((3, 2), lambda w: w.do("Mul", w.turned(w.norm(w.x, [0]), 1, 0), GAMMA),
     lambda x: normed(x, [0]).transpose(0, 2, 1) * GAMMA, "transpose, layer_norm"),
    ((2, 3), lambda w: w.do("Mul", w.mean(w.x, 1), w.x), lambda x: x * x.mean(2, keepdims=True),
     "average_pool, multiply"),
    ((2, 3), lambda w: w.do("Mul", w.mean(w.x, 0), w.x), lambda x: x * x.mean(1, keepdims=True),
     "transpose, reshape, average_pool, reshape, multiply"),
    ((2, 3), lambda w: w.do("Tanh", w.turned(w.x, 1, 0)), lambda x: np.tanh(x.transpose(0, 2, 1)), "transpose tanh"),
    ((2, 3), lambda w: w.do("Add", w.turned(w.x, 1, 0), [[1, 2]]), lambda x: x.transpose(0, 2, 1) + np.array([1, 2]),
     "transpose, flatten, scale, reshape"),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "build", "oracle", "kinds"), CASES)
def test_operators_become_layers(
    shape: tuple[int, ...], build: Build, oracle: Callable[[Any], Any], kinds: str
) -> None:
    walk = Walk(*shape)
    assert kinds_of(walk, build(walk), oracle) == kinds


SUBSETS = [axes for size in range(1, 4) for axes in combinations(range(3), size)]


@pytest.mark.parametrize("shape", [(2, 3, 4), (3, 1, 2), (1, 2, 2), (2, 1, 1)])
@pytest.mark.parametrize("axes", SUBSETS)
def test_means_over_any_axes(shape: tuple[int, ...], axes: tuple[int, ...]) -> None:
    own = tuple(axis + 1 for axis in axes)
    walk = Walk(*shape)
    kinds = kinds_of(walk, walk.mean(walk.x, *axes), lambda x: x.mean(own, keepdims=True))
    is_of_maps = 0 not in axes and all(axis in axes or shape[axis] == 1 for axis in (1, 2))
    assert kinds.startswith("average_pool") is is_of_maps
    assert ("transpose" in kinds) is (not is_of_maps and list(axes) != list(range(3))[-len(axes) :])
    walk = Walk(*shape)
    kinds_of(walk, walk.most(walk.x, *axes), lambda x: x.max(own, keepdims=True))


def test_the_mean_of_a_row() -> None:
    walk = Walk(4)
    assert kinds_of(walk, walk.mean(walk.x, 0), lambda x: x.mean(1, keepdims=True)) == "reshape, average_pool, flatten"


def test_what_moves_numbers_there_and_back_is_nothing() -> None:
    walk = Walk(2, 3)
    there = walk.turned(walk.x, 1, 0)
    assert walk.turned(there, 1, 0) is walk.x
    assert walk.x.uses == 0
    there = walk.shaped(walk.x, 6)
    assert walk.shaped(there, 2, 3) is walk.x
    assert walk.x.uses == 0
    both = walk.turned(walk.x, 1, 0)
    walk.take(both)
    before = walk.x.uses
    walk.turned(both, 0, 1)
    assert walk.x.uses == before + 1  # the first is still there


def test_an_activation_of_a_value_that_is_taken_twice_is_a_layer() -> None:
    walk = Walk(3)
    made = walk.dense(walk.x)
    walk.take(made)
    end = walk.do("Add", walk.leaf(walk.layer(walk.do("Relu", made))), made)
    assert kinds_of(walk, end, lambda x: np.maximum(x @ W, 0) + x @ W) == "dense, scale relu, add"


def test_the_bias_of_a_value_that_is_taken_twice_is_a_layer() -> None:
    walk = Walk(3)
    made = walk.dense(walk.x)
    walk.take(made)
    end = walk.do("Add", walk.leaf(walk.layer(walk.do("Add", made, 3))), made)
    assert kinds_of(walk, end, lambda x: 2 * x @ W + 3) == "dense, scale, add"


@pytest.mark.parametrize("shape", [(4, 3), (2, 4, 3)])
@pytest.mark.parametrize("bias", [None, [1.0, -2.0], 3.0])
def test_weights_that_meet_the_last_axis(shape: tuple[int, ...], bias: Any) -> None:
    walk = Walk(*shape)
    walk.take(walk.x)
    made = walk.dense_of_maps(Node(), walk.x, {"weights": W})
    end = made if bias is None else walk.do("Add", made, bias)
    expected = 0.0 if bias is None else np.array(bias)
    assert kinds_of(walk, end, lambda x: x @ W + expected) == "transpose, conv, transpose"


def doubled(x: Any, more: Any) -> Any:
    """Two maps for each, and a constant."""
    return np.repeat(x, 2, 1) + more


def test_the_bias_of_maps_is_one_number_for_each() -> None:
    kernels = np.ones((2, 1, 1, 1))
    cases: list[tuple[Any, str]] = [
        ([[[1.0]], [[2.0]]], "conv"),
        (5.0, "conv"),
        (np.arange(8.0).reshape(2, 2, 2), "conv, flatten, scale, reshape"),
    ]
    for bias, kinds in cases:
        walk = Walk(1, 2, 2)
        made = walk.leaf(walk.assembly.add("conv", {"weights": kernels}, (0,)))
        assert kinds_of(walk, walk.do("Add", made, bias), partial(doubled, more=bias)) == kinds


def refused(make: Callable[[], object]) -> str:
    with pytest.raises(NnlecError) as caught:
        make()
    return str(caught.value)


def test_values_that_cannot_meet() -> None:
    walk = Walk(2, 3)

    def with_constant(*shape: int) -> str:
        return refused(lambda: walk.do("Add", walk.x, np.ones(shape)))

    assert with_constant(2, 1, 3) == "a constant of [2, 1, 3] differs from row to row"
    assert with_constant(1, 1, 2, 3) == "a constant of [1, 1, 2, 3] makes more numbers of [2, 3]"
    assert walk.do("Add", walk.x, np.ones((1, 2, 3))).shape == (2, 3)
    one = Walk(1)
    assert refused(lambda: one.do("Add", one.x, [1, 2])) == "a constant of [2] makes more numbers of [1]"
    flat = walk.leaf(walk.assembly.add("flatten", {}, (0,)))
    row = walk.dense(flat, np.ones((6, 3)))
    assert refused(lambda: walk.do("Add", row, walk.x)) == "values of [3] and [2, 3] meet"
    said = "several values meet here in a way that no layer has"
    assert refused(lambda: walk.do("Max", flat, walk.dense(flat, np.ones((6, 6))))) == said
    assert refused(lambda: walk.do("Add", row, walk.dense(row, np.ones((3, 3))), 1)) == said


def test_functions_that_are_none() -> None:
    walk = Walk(3)
    wrong = walk.do("Sqrt", walk.do("Add", walk.do("Mul", walk.x, walk.x), 1))
    assert refused(lambda: walk.layer(wrong)).startswith("nothing that nnlec knows computes this function of one ")
    walk = Walk(3)
    wrong = walk.do("Div", walk.x, walk.mean(walk.x, 0))
    assert refused(lambda: walk.layer(wrong)).startswith("it makes of a row's mean what is neither a layer norm nor a")
    walk = Walk(3)
    half = walk.do("Sub", walk.x, walk.do("Mul", walk.mean(walk.x, 0), 0.5))
    root = walk.do("Sqrt", walk.do("Add", walk.do("Mul", half, half), 1e-3))
    wrong = walk.do("Div", half, root)
    assert refused(lambda: walk.layer(wrong)).startswith("it makes of a row's mean what is neither a layer norm nor a")


def norm_in(walk: Walk, end: Expression) -> Any:
    run = end.through(walk.x)
    assert run is not None
    return norm_of(walk.x, run)


def test_a_value_that_is_taken_off_and_taken_again_stays() -> None:
    walk = Walk(3)
    square = walk.dense(walk.x, np.eye(3) * 5)
    more = walk.leaf(walk.assembly.add("scale", {"add": 1.0}, (0,)))
    end = walk.do("Add", walk.do("Sub", square, more), more)
    assert kinds_of(walk, end, lambda x: 5 * x) == "dense, scale, scale, add, add"


def test_the_constant_that_fits_is_the_scale() -> None:
    walk, gamma = Walk(3), np.array([1.0, 1.001, 0.999])
    found = norm_in(walk, walk.do("Mul", walk.norm(walk.do("Mul", walk.x, np.ones(3)), [0]), gamma))
    assert found.steps[0][1]["scale"].tolist() == gamma.tolist()


def test_a_norm_has_the_constants_of_the_file() -> None:
    walk = Walk(3)
    end = walk.do("Add", walk.do("Mul", walk.norm(walk.x, [0], np.float32(1e-5)), GAMMA), BETA)
    found = norm_in(walk, end)
    assert found is not None
    ((kind, values),) = found.steps
    assert (kind, values["epsilon"]) == ("layer_norm", 1e-5)
    assert (values["scale"].tolist(), values["shift"].tolist()) == (GAMMA.tolist(), BETA.tolist())
    walk = Walk(3)
    found = norm_in(walk, walk.norm(walk.x, [0]))
    assert {key: np.asarray(value).tolist() for key, value in found.steps[0][1].items()} == {
        "scale": [1, 1, 1],
        "epsilon": 1e-3,
    }


def twice_epsilon(walk: Walk) -> Expression:
    """A norm whose epsilon is the sum of two."""
    centred = walk.do("Sub", walk.x, walk.mean(walk.x, 0))
    spread = walk.mean(walk.do("Mul", centred, centred), 0)
    return walk.do("Div", centred, walk.do("Sqrt", walk.do("Add", walk.do("Add", spread, 5e-6), 5e-6)))


@pytest.mark.parametrize(
    "build",
    [
        lambda w: w.do("Add", w.norm(w.x, [0]), w.do("Mul", w.x, 1e-4)),
        lambda w: w.do("Mul", w.norm(w.x, [0]), 1.0001),
        lambda w: w.norm(w.x, [0], 1.5),
        twice_epsilon,
        lambda w: w.norm(w.x, [0], 0.0),
        lambda w: w.do("Sub", w.x, w.mean(w.x, 0)),
        lambda w: w.do("Abs", w.norm(w.x, [0])),
    ],
)
def test_what_is_nearly_a_norm(build: Build) -> None:
    walk = Walk(3)
    assert norm_in(walk, build(walk)) is None


def test_a_quotient_of_nothing_is_compared_without_a_word() -> None:
    walk = Walk(3)
    end = walk.do("Mul", walk.norm(walk.x, [0], 0.0), 0.5)
    with warnings.catch_warnings(action="error"):
        assert norm_in(walk, end) is None


@pytest.mark.parametrize(("name", "most"), [("_MOST_AXES", 2), ("_MOST_CONSTANTS", 3), ("_MOST_PLACES", 6)])
def test_norms_are_sought_within_bounds(name: str, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def found() -> bool:
        walk = Walk(2, 3)
        end = walk.do("Add", walk.do("Mul", walk.norm(walk.x, [1]), GAMMA), BETA)
        return norm_in(walk, end) is not None

    monkeypatch.setattr(arranged, name, most)
    assert found()
    monkeypatch.setattr(arranged, name, most - 1)
    assert not found()
