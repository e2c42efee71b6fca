"""ONNX's own node tests, those that a network here can meet, run through our functions."""

from __future__ import annotations

import functools
import re
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nnlec.network.activations import activation
from nnlec.network.layers import Dense
from nnlec.network.losses import Loss, loss
from tests import onnx_maps
from tests.onnx_maps import LeftOut

onnx = pytest.importorskip("onnx", reason="onnx is in the test extra")

Array = NDArray[np.float64]
Attributes = dict[str, Any]
Inputs = list[Array]
Run = Callable[[Attributes, Inputs], list[Array]]


def pointwise(name: str, **names: str) -> Run:
    """An activation of single numbers; `names` says which of ONNX's attributes is which parameter of ours."""

    def run(attributes: Attributes, inputs: Inputs) -> list[Array]:
        if not isinstance(inputs[0], np.ndarray):
            raise LeftOut("its input is a sequence or an optional, not numbers")
        given = {ours: attributes[theirs] for theirs, ours in names.items() if theirs in attributes}
        return [activation(name, given)(inputs[0].reshape(1, -1)).reshape(inputs[0].shape)]

    return run


def along_axis(name: str) -> Run:
    def run(attributes: Attributes, inputs: Inputs) -> list[Array]:
        axis = attributes.get("axis", -1)
        moved = np.moveaxis(inputs[0], axis, -1)
        flat = activation(name)(moved.reshape(-1, moved.shape[-1]))
        return [np.moveaxis(flat.reshape(moved.shape), -1, axis)]

    return run


def gelu(attributes: Attributes, inputs: Inputs) -> list[Array]:
    tanh = attributes.get("approximate") == b"tanh"
    return pointwise("gelu_tanh" if tanh else "gelu")({}, inputs)


def clip(_: Attributes, inputs: Inputs) -> list[Array]:
    if [float(bound) for bound in inputs[1:]] != [-1.0, 1.0]:
        raise LeftOut("its bounds are not hard_tanh's -1 and 1")
    return pointwise("hard_tanh")({}, inputs[:1])


def prelu(_: Attributes, inputs: Inputs) -> list[Array]:
    x, slope = inputs
    slopes = tuple(np.broadcast_to(slope, x.shape).ravel().tolist())
    return [activation("prelu", {"alpha": slopes})(x.reshape(1, -1)).reshape(x.shape)]


def dense(x: Array, weights: Array, bias: Array | None = None) -> Array:
    return Dense(weights, bias, name="gemm").forward(np.ascontiguousarray(x))


def gemm(attributes: Attributes, inputs: Inputs) -> list[Array]:
    a = inputs[0].T if attributes.get("transA") else inputs[0]
    b = inputs[1].T if attributes.get("transB") else inputs[1]
    bias = None
    if len(inputs) > 2:
        if inputs[2].ndim > 1 and inputs[2].shape[0] > 1:
            raise LeftOut("its bias differs from row to row")
        bias = attributes.get("beta", 1.0) * np.broadcast_to(inputs[2].ravel(), (b.shape[1],))
    return [dense(np.ascontiguousarray(a), attributes.get("alpha", 1.0) * b, bias)]


def matmul(_: Attributes, inputs: Inputs) -> list[Array]:
    a, b = (np.atleast_2d(inputs[0]), inputs[1] if inputs[1].ndim > 1 else inputs[1][:, np.newaxis])
    stack = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    left = np.broadcast_to(a, stack + a.shape[-2:]).reshape(-1, *a.shape[-2:])
    right = np.broadcast_to(b, stack + b.shape[-2:]).reshape(-1, *b.shape[-2:])
    product = np.array([dense(np.ascontiguousarray(x), w) for x, w in zip(left, right, strict=True)])
    return [product.reshape(np.matmul(inputs[0], inputs[1]).shape)]


def classification(name: str) -> Run:
    """A loss over the class axis; the labels that `ignore_index` names are rows that are not there."""

    def run(attributes: Attributes, inputs: Inputs) -> list[Array]:
        scores = np.moveaxis(inputs[0], 1, -1)
        rows, labels = scores.reshape(-1, scores.shape[-1]), inputs[1].astype(int).ravel()
        kept = labels != attributes.get("ignore_index", -(10**9))
        weights = {"weights": tuple(inputs[2].tolist())} if len(inputs) > 2 else {}
        chosen: Loss = loss(name, weights)
        target = np.eye(rows.shape[1])[np.where(kept, labels, 0)]
        values = np.where(kept, chosen.value(rows, target), 0.0)
        reduction = attributes.get("reduction", b"mean").decode()
        if reduction == "none":
            result = values.reshape(inputs[1].shape)
        else:
            result = np.array(chosen.reduced(values[kept], target[kept], reduction))
        return [result, np.moveaxis(activation("log_softmax")(rows).reshape(scores.shape), -1, 1)]

    return run


OPERATORS: dict[str, Run] = {
    "Identity": pointwise("identity"),
    "Sign": pointwise("sign"),
    "Sigmoid": pointwise("sigmoid"),
    "Tanh": pointwise("tanh"),
    "Relu": pointwise("relu"),
    "LeakyRelu": pointwise("leaky_relu", alpha="alpha"),
    "PRelu": prelu,
    "Elu": pointwise("elu", alpha="alpha"),
    "Selu": pointwise("selu", alpha="alpha", gamma="gamma"),
    "Celu": pointwise("celu", alpha="alpha"),
    "Gelu": gelu,
    "Swish": pointwise("silu", alpha="beta"),
    "Mish": pointwise("mish"),
    "Softplus": pointwise("softplus"),
    "Softsign": pointwise("softsign"),
    "HardSigmoid": pointwise("hard_sigmoid", alpha="alpha", beta="beta"),
    "HardSwish": pointwise("hard_swish"),
    "Clip": clip,
    "ThresholdedRelu": pointwise("thresholded_relu", alpha="alpha"),
    "Shrink": pointwise("shrink", lambd="lambd", bias="bias"),
    "Exp": pointwise("exponential"),
    "Softmax": along_axis("softmax"),
    "LogSoftmax": along_axis("log_softmax"),
    "Hardmax": along_axis("hardmax"),
    "SoftmaxCrossEntropyLoss": classification("cross-entropy"),
    "NegativeLogLikelihoodLoss": classification("negative-log-likelihood"),
    "Gemm": gemm,
    "MatMul": matmul,
    **onnx_maps.OPERATORS,
}


@functools.cache
def node_tests() -> list[Any]:
    """The tests of a single node that is one of ours; the `_expanded` ones spell the same in other operators."""
    from onnx.backend.test.case import node as cases

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path in Path(cases.__path__[0]).glob("*.py"):  # the others take ten seconds to make
            if set(re.findall(r'"(\w+)"', path.read_text(encoding="utf-8"))) & OPERATORS.keys():
                import_module(f"{cases.__name__}.{path.stem}")
        made = cases._NodeTestCases
    return [case for case in made if len(n := _nodes(case)) == 1 and n[0].op_type in OPERATORS]


def _nodes(case: Any) -> Any:
    return case.model.graph.node


def outcome(case: Any) -> str:
    """Empty where our functions give what the test says, else why it was left out. A wrong answer fails."""
    node = _nodes(case)[0]
    attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    for inputs, outputs in case.data_sets:
        try:
            ours = OPERATORS[node.op_type](attributes, [_as_double(x) for x in inputs])
        except LeftOut as reason:
            return str(reason)
        for value, expected in zip(ours, outputs, strict=False):
            assert value.shape == expected.shape, case.name
            rounded = _as_double(value.astype(expected.dtype))
            np.testing.assert_allclose(rounded, _as_double(expected), case.rtol, case.atol, err_msg=case.name)
    return ""


def _as_double(x: Any) -> Any:
    return np.asarray(x).astype(np.float64) if isinstance(x, np.ndarray | np.generic) else x


def test_onnx_node_tests_give_their_answers(capsys: pytest.CaptureFixture[str]) -> None:
    outcomes = {case.name: outcome(case) for case in node_tests()}
    passed = [name for name, reason in outcomes.items() if not reason]
    with capsys.disabled():
        print(f"\nONNX node tests: {len(passed)} of {len(outcomes)} pass; left out:")
        for name, reason in outcomes.items():
            if reason:
                print(f"  {name}: {reason}")
    assert len(passed) >= 258
    operators = {_nodes(case)[0].op_type for case in node_tests() if not outcomes[case.name]}
    assert operators == set(OPERATORS)
