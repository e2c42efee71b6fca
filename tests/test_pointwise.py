"""Operators of single numbers are known by what they compute: which activation a run is, and which runs are none."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnlec import NnlecError
from nnlec.models import pointwise
from nnlec.models.pointwise import Expression, MadeLayer, is_closed, recognised, spread
from nnlec.network.activations import Activation

X = Expression((2,), number=1)
NAN = float("nan")
Tree = Any
"""A number, "x", or an operator and what it takes, with its attributes at the end."""


def part(tree: Tree) -> Expression | np.ndarray:
    if isinstance(tree, Expression | np.ndarray):
        return tree
    if tree == "x":
        return X
    if not isinstance(tree, tuple):
        return np.array(tree, dtype=float)
    operator, *given = tree
    attributes = given.pop() if given and isinstance(given[-1], dict) else {}
    arguments = tuple(map(part, given))
    taken = [each for each in arguments if isinstance(each, Expression)]
    for each in taken:
        each.uses += 1
    return Expression(taken[0].shape if taken else (2,), operator, arguments, attributes)


def steps_of(tree: Tree) -> list[Any] | None:
    """What a tree is recognised as, in a form to compare; None for nothing."""
    end = part(tree)
    assert isinstance(end, Expression)
    run = end.through(X)
    assert run is not None
    with warnings.catch_warnings(action="error"):
        found = recognised(X, run)
    if found is None:
        return None
    shown: list[Any] = []
    for step in found.steps:
        assert not isinstance(step, MadeLayer)
        if isinstance(step, Activation):
            shown += [(step.name, dict(step.parameters)) if step.parameters else step.name]
        else:
            shown += [(step[0], step[1].tolist())]
    return shown


@pytest.mark.parametrize(
    ("tree", "steps"),
    [
        (("Identity", "x"), ["identity"]),
        (("Relu", "x"), ["relu"]),
        (("LeakyRelu", "x", {"alpha": 0.2}), [("leaky_relu", {"alpha": 0.2})]),
        (("Elu", "x", {"alpha": 0.5}), [("elu", {"alpha": 0.5})]),
        (("Selu", "x", {"alpha": 2.0, "gamma": 3.0}), [("selu", {"alpha": 2.0, "gamma": 3.0})]),
        (("Celu", "x", {"alpha": 0.5}), [("celu", {"alpha": 0.5})]),
        (("Sigmoid", "x"), ["sigmoid"]),
        (("Tanh", "x"), ["tanh"]),
        (("HardSigmoid", "x", {"alpha": 0.3, "beta": 0.4}), [("hard_sigmoid", {"alpha": 0.3, "beta": 0.4})]),
        (("HardSwish", "x"), ["hard_swish"]),
        (("Softplus", "x"), ["softplus"]),
        (("Softsign", "x"), ["softsign"]),
        (("ThresholdedRelu", "x", {"alpha": 0.3}), [("thresholded_relu", {"alpha": 0.3})]),
        (("Shrink", "x", {"lambd": 0.3, "bias": 0.1}), [("shrink", {"lambd": 0.3, "bias": 0.1})]),
        (("Gelu", "x"), ["gelu"]),
        (("GeluTanh", "x"), ["gelu_tanh"]),
        (("Mish", "x"), ["mish"]),
        (("Swish", "x", {"alpha": 1.7}), [("silu", {"beta": 1.7})]),
        (("Exp", "x"), ["exponential"]),
        (("Neg", "x"), [("multiply", -1.0)]),
        (("Add", "x", 3), [("add", 3.0)]),
        (("Add", np.array([1.0, 2.0]), "x"), [("add", [1.0, 2.0])]),
        (("Mul", "x", np.array([[1.0, 2.0]])), [("multiply", [1.0, 2.0])]),
        (("Sub", "x", np.array([[7.0]])), [("subtract", 7.0)]),
        (("Sub", 7, "x"), [("multiply", -1.0), ("add", 7.0)]),
        (("Div", "x", np.array([2.0, 4.0])), [("divide", [2.0, 4.0])]),
        (("Div", "x", np.array([2.0, 0.0])), None),
        (("PRelu", "x", 0.3), [("prelu", {"alpha": 0.3})]),
        (("PRelu", "x", np.array([0.3, 0.3])), [("prelu", {"alpha": 0.3})]),
        (("PRelu", "x", np.array([0.3, 0.5])), [("prelu", {"alpha": (0.3, 0.5)})]),
        (("PRelu", np.array([0.3, 0.5]), "x"), None),
        (("Div", 1, "x"), None),
        (("Add", "x", "x"), None),
        (("Pow", "x", np.array([2.0, 3.0])), None),
    ],
)
def test_an_operator_by_itself(tree: Tree, steps: list[Any] | None) -> None:
    assert steps_of(tree) == steps


def minus(tree: Tree) -> Tree:
    return ("Neg", tree)


def up(tree: Tree) -> Tree:
    """e^tree, of two operators, so that it is no operator by itself."""
    return ("Exp", ("Mul", tree, 1))


def where(test: Tree, then: Tree, otherwise: Tree) -> Tree:
    return ("Where", test, then, otherwise)


def over(bound: float) -> Tree:
    return ("Greater", "x", bound)


SIGMOID = ("Div", 1, ("Add", 1, ("Exp", minus("x"))))
SOFTPLUS = ("Log", ("Add", 1, ("Exp", "x")))
ERF = ("Erf", ("Div", "x", math.sqrt(2)))
ABS = ("Abs", "x")


@pytest.mark.parametrize(
    ("tree", "steps"),
    [
        (("Mul", "x", ("Sigmoid", "x")), [("silu", {"beta": 1.0})]),
        (("Mul", "x", ("Sigmoid", ("Mul", 1.702, "x"))), None),
        (SIGMOID, ["sigmoid"]),
        (("Div", ("Exp", "x"), ("Add", ("Exp", "x"), 1)), ["sigmoid"]),  # no number beyond 709
        (up("x"), ["exponential"]),
        (("Div", "x", ("Add", ("Abs", "x"), 1)), ["softsign"]),
        (("Mul", "x", ("Tanh", ("Softplus", "x"))), ["mish"]),
        (("Mul", ("Mul", 0.5, "x"), ("Add", 1, ERF)), ["gelu"]),
        (("Max", 0, ("Identity", "x")), ["relu"]),
        (("Sub", ("Div", 2, ("Add", 1, ("Exp", ("Mul", -2, "x")))), 1), ["tanh"]),
        (("Max", ("Mul", 0.1, "x"), "x"), [("leaky_relu", {"alpha": 0.1})]),
        (("Max", ("Mul", 0.1234567, "x"), "x"), [("leaky_relu", {"alpha": 0.1234567})]),
        (("Max", ("Mul", -0.5, "x"), "x"), [("leaky_relu", {"alpha": -0.5})]),
        (where(over(0), "x", ("Mul", 0.5, ("Sub", ("Exp", "x"), 1))), [("elu", {"alpha": 0.5})]),
        (where(over(0), "x", ("Mul", 2, ("Sub", ("Exp", ("Div", "x", 2)), 1))), [("celu", {"alpha": 2.0})]),
        (("Clip", ("Add", ("Mul", 0.2, "x"), 0.5), 0, 1), [("hard_sigmoid", {"alpha": 0.2, "beta": 0.5})]),
        (("Clip", ("Add", ("Mul", 0.3, "x"), 0.25), 0, 1), [("hard_sigmoid", {"alpha": 0.3, "beta": 0.25})]),
        (("Mul", ("Clip", ("Add", "x", 3), 0, 6), ("Div", "x", 6)), ["hard_swish"]),
        (("Cast", over(0)), [("step", {"at_zero": 0.0})]),
        (("Cast", ("GreaterOrEqual", "x", 0)), [("step", {"at_zero": 1.0})]),
        (where(("Equal", "x", 0), 0.25, ("Cast", over(0))), [("step", {"at_zero": 0.25})]),
        (where(over(0.3), "x", 0), [("thresholded_relu", {"alpha": 0.3})]),
        (where(over(1.02), "x", 0), [("thresholded_relu", {"alpha": 1.02})]),
        (where(("Greater", ABS, 0.51), "x", 0), [("shrink", {"lambd": 0.51, "bias": 0.0})]),
        (("Sub", ("Cast", over(0)), ("Cast", ("Less", "x", 0))), ["sign"]),
        (where(over(0), "x", 0), ["relu"]),
        (where(("Greater", ABS, 0.7), "x", 0), [("shrink", {"lambd": 0.7, "bias": 0.0})]),
        (("Sub", "x", ("Clip", "x", -0.3, 0.3)), [("shrink", {"lambd": 0.3, "bias": 0.3})]),
        (("Clip", "x", -1, 1), ["hard_tanh"]),
        (("Clip", "x", 0, 6), [("hard_sigmoid", {"alpha": 1 / 6, "beta": 0.0}), ("multiply", 6.0)]),
        (("Clip", "x", -2, 3), [("hard_sigmoid", {"alpha": 0.2, "beta": 0.4}), ("multiply", 5.0), ("add", -2.0)]),
        (("Min", ("Max", "x", 1), 5), [("hard_sigmoid", {"alpha": 0.25, "beta": -0.25}), ("multiply", 4.0),
                                       ("add", 1.0)]),
        (("Clip", "x", 0, 999_999), [("hard_sigmoid", {"alpha": 1 / 999_999, "beta": 0.0}), ("multiply", 999_999.0)]),
        (("Clip", "x", 0, 1_000_000), None),
        (("Clip", "x", -600_000, 600_000), None),
        (("Mul", ("Clip", "x", 0, 1), 2), None),
        (("Mul", ("Clip", "x", 3, 3), 2), None),
        (("Log", ("Sigmoid", "x")), [("multiply", -1.0), "softplus", ("multiply", -1.0)]),
        (("Log", where(over(-5), ("Sigmoid", "x"), 0)), None),
        (minus(("Softplus", minus("x"))), [("multiply", -1.0), "softplus", ("multiply", -1.0)]),
        *(
            (("Div", ("Softplus", ("Mul", beta, "x")), beta), [("multiply", beta), "softplus", ("divide", beta)])
            for beta in (0.25, 2.0, 0.1235, 692.0)
        ),
        (("Div", ("Softplus", ("Mul", 694.0, "x")), 694.0), None),
        (("Div", ("Softplus", ("Mul", 6.9e-4, "x")), 6.9e-4), None),
        (("Mul", ("Softplus", ("Mul", 2, "x")), 0.501), None),
        (up(minus("x")), None),
        (("Sqrt", ("Add", ("Mul", "x", "x"), 1)), None),
        (("Sub", "x", ("Identity", "x")), [("hard_sigmoid", {"alpha": 0.0, "beta": 0.0})]),
        (("Max", ("Mul", "x", np.array([0.1, 0.2])), "x"), None),
    ],
)  # fmt: skip
def test_a_run_of_operators_is_known_by_its_values(tree: Tree, steps: list[Any] | None) -> None:
    assert steps_of(tree) == steps


SIGMOIDS = ("Identity", ("Sigmoid", "x"))


@pytest.mark.parametrize(
    ("tree", "known"),
    [
        (("Mul", ("Tanh", "x"), 1.000001), "tanh"),
        (("Mul", ("Tanh", "x"), 1.00001), None),
        (("Mul", ("Softplus", "x"), 1.00001), None),
        (("Add", ("Tanh", "x"), 1e-5), None),
        (("Add", ("Tanh", "x"), 5e-10), "tanh"),
        (("Add", ("Tanh", "x"), 2e-9), None),
        (where(over(50), ("Add", ("Sigmoid", "x"), 1.9e-5), SIGMOIDS), "sigmoid"),
        (where(over(50), ("Add", ("Sigmoid", "x"), 2.1e-5), SIGMOIDS), None),
        (where(over(79.5), NAN, SIGMOIDS), "sigmoid"),
        (where(over(78.5), NAN, SIGMOIDS), None),
        (where(("Less", "x", -79.5), NAN, SIGMOIDS), "sigmoid"),
        (where(("Less", "x", -78.5), NAN, SIGMOIDS), None),
    ],
)
def test_a_function_is_known_to_single_precision_wherever_it_has_a_value(tree: Tree, known: str | None) -> None:
    assert steps_of(tree) == ([known] if known else None)


@pytest.mark.parametrize(
    ("tree", "oracle"),
    [
        (("Add", "x", 2), lambda x: x + 2),
        (("Sub", 2, "x"), lambda x: 2 - x),
        (("Mul", "x", 3), lambda x: 3 * x),
        (("Div", "x", 4), lambda x: x / 4),
        (("Neg", "x"), lambda x: -x),
        (("Abs", "x"), abs),
        (("Sqrt", ("Abs", "x")), lambda x: abs(x) ** 0.5),
        (("Log", ("Abs", "x")), lambda x: math.log(abs(x))),
        (("Exp", "x"), math.exp),
        (("Erf", "x"), math.erf),
        (("Pow", "x", 2), lambda x: x * x),
        (("Reciprocal", "x"), lambda x: 1 / x),
        (("Max", "x", 0.5), lambda x: max(x, 0.5)),
        (("Min", "x", 0.5), lambda x: min(x, 0.5)),
        (("Clip", "x", -1, 0.75), lambda x: min(max(x, -1), 0.75)),
        (("Clip", "x"), lambda x: x),
        (("Clip", "x", 0.5), lambda x: max(x, 0.5)),
        (("PRelu", "x", 0.25), lambda x: x if x >= 0 else x / 4),
        (("Greater", "x", 0.5), lambda x: x > 0.5),
        (("GreaterOrEqual", "x", 0.5), lambda x: x >= 0.5),
        (("Less", "x", 0.5), lambda x: x < 0.5),
        (("LessOrEqual", "x", 0.5), lambda x: x <= 0.5),
        (("Equal", "x", 0.5), lambda x: x == 0.5),
        (("Not", over(0.5)), lambda x: x <= 0.5),
        (("And", over(-1), ("Less", "x", 0.5)), lambda x: -1 < x < 0.5),
        (("Or", over(0.5), ("Less", "x", -1)), lambda x: x > 0.5 or x < -1),
        (("LeakyRelu", "x", {"alpha": 0.5}), lambda x: x if x > 0 else x / 2),
        (("Sign", "x"), lambda x: math.copysign(1, x)),
        (("Sigmoid", "x"), lambda x: 1 / (1 + math.exp(-x))),
    ],
)
def test_operators_compute_what_they_are_called(tree: Tree, oracle: Callable[[float], float]) -> None:
    end = part(tree)
    assert isinstance(end, Expression)
    run = end.through(X)
    assert run is not None
    numbers = [-2.5, -1.0, -0.25, 0.5, 0.75, 3.0]
    found = pointwise._evaluated(X, run, np.array(numbers))
    np.testing.assert_allclose(found, [float(oracle(x)) for x in numbers], rtol=1e-15)


def chain(length: int) -> Expression:
    end: Any = "x"
    for _ in range(length):
        end = part(("Neg", end))
    assert isinstance(end, Expression)
    return end


def test_a_run_has_64_operators_at_most() -> None:
    run = chain(65).through(X)
    assert run is not None
    assert len(run) == 65
    assert chain(64).through(Expression((2,), number=2)) is None
    places = [len(run) for _, run in chain(70).cuts()]
    assert places == sorted(places, reverse=True)
    assert (len(places), places[-1]) == (65, 1)
    for width, is_run in ((65, True), (66, False)):
        wide = Expression((2,), "Add", tuple(Expression((2,), "Neg", (X,)) for _ in range(width)))
        assert (wide.through(X) is not None) is is_run


def test_what_everything_passes_through_the_farthest_first() -> None:
    inner = part(("Tanh", "x"))
    end = part(("Add", ("Exp", inner), ("Neg", inner)))
    assert isinstance(end, Expression)
    assert [(start is X or start is inner, len(run)) for start, run in end.cuts()] == [(True, 4), (True, 3)]
    assert [start.number for start, _ in end.cuts()] == [1, None]


def test_a_run_is_closed_where_nobody_else_takes_what_is_within() -> None:
    start = Expression((2,), number=3)
    inner = part(("Tanh", start))
    end = part(("Add", inner, ("Neg", inner)))
    assert isinstance(end, Expression)
    assert isinstance(inner, Expression)
    run = end.through(start)
    assert run is not None
    assert is_closed(start, run)
    end.uses += 1
    assert is_closed(start, run)
    for each in (start, inner, run[-2]):
        each.uses += 1
        assert not is_closed(start, run)
        each.uses -= 1


def test_numbers_that_move_are_no_function_of_one() -> None:
    moved = Expression((2,), "transpose", (X,), {"order": (0,)})
    assert recognised(X, [moved]) is None
    assert (moved.is_arranged, Expression((2,), "Neg", (moved,)).is_arranged, X.is_arranged) == (True, True, False)
    assert Expression((2,), "Add", (moved, X)).is_arranged
    assert not Expression((2,), "reshape", (X,), number=4).is_arranged
    inner = Expression((2,), "Relu", (X,))
    assert recognised(X, [inner, Expression((3,), "Identity", (inner,))]) is None
    assert recognised(X, [Expression((3,), "Relu", (X,))]) is None


def test_constants_are_laid_on_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    assert spread(np.array([[3]]), (2, 2)).shape == ()
    assert spread(np.array([3], dtype=np.float32), (2, 2)).dtype == np.float64
    assert spread(np.array([1, 2]), (2, 2)).tolist() == [1, 2, 1, 2]
    assert spread(np.array([[1], [2]]), (2, 2)).tolist() == [1, 1, 2, 2]
    assert spread(np.array([[[1], [2]]]), (2, 2)).tolist() == [1, 1, 2, 2]
    monkeypatch.setattr(pointwise, "MOST_SPREAD", 4)
    assert spread(np.array([1, 2]), (2, 2)).size == 4
    with pytest.raises(NnlecError, match="a constant laid on 6 numbers, the limit is 4"):
        spread(np.array([1, 2]), (3, 2))
