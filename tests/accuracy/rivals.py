"""What other libraries offer for the functions of the accuracy table, in double precision, as a user calls them."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np

Functions = dict[str, Callable[..., Any]]


def scipy_functions() -> Functions:
    """numpy's and scipy's own, and the usual one-liners where they have none."""
    from scipy import special

    def log_likelihood(f: Any, g: Any) -> Any:
        return -np.sum(g * special.log_softmax(f, axis=1), axis=1)

    return {
        "softmax": lambda x: special.softmax(x, axis=1),
        "log-softmax": lambda x: special.log_softmax(x, axis=1),
        "cross-entropy": log_likelihood,
        "cross-entropy, soft targets": log_likelihood,
        "H(p, q) of given probabilities": lambda q, p: -np.sum(special.xlogy(p, q), axis=1),
        "KL divergence of given probabilities": lambda q, p: np.sum(special.rel_entr(p, q), axis=1),
        "binary cross-entropy": lambda f, g: (
            -(special.xlogy(g, special.expit(f)) + special.xlog1py(1 - g, -special.expit(f)))
        )[:, 0],
        "sigmoid": special.expit,
        "tanh": np.tanh,
        "softplus": lambda x: np.logaddexp(0.0, x),
        "silu": lambda x: x * special.expit(x),
        "mish": lambda x: x * np.tanh(np.logaddexp(0.0, x)),
        "gelu": lambda x: x * 0.5 * (1 + special.erf(x / np.sqrt(2.0))),
        "gelu_tanh": lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
        "exponential": np.exp,
    }


def torch_functions() -> Functions:
    """PyTorch's functional interface."""
    import torch
    from torch.nn import functional

    def called(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
        def call(*arrays: Any) -> Any:
            return function(*(torch.from_numpy(np.ascontiguousarray(a)) for a in arrays), **options).numpy()

        return call

    def binary(f: Any, g: Any) -> Any:
        return functional.binary_cross_entropy_with_logits(f, g, reduction="none")[:, 0]

    def divergence(q: Any, p: Any) -> Any:
        return functional.kl_div(q.log(), p, reduction="none").sum(1)

    return {
        "softmax": called(functional.softmax, dim=1),
        "log-softmax": called(functional.log_softmax, dim=1),
        "cross-entropy": called(functional.cross_entropy, reduction="none"),
        "cross-entropy, soft targets": called(functional.cross_entropy, reduction="none"),
        "KL divergence of given probabilities": called(divergence),
        "binary cross-entropy": called(binary),
        "sigmoid": called(torch.sigmoid),
        "tanh": called(torch.tanh),
        "softplus": called(functional.softplus),
        "silu": called(functional.silu),
        "mish": called(functional.mish),
        "gelu": called(functional.gelu),
        "gelu_tanh": called(functional.gelu, approximate="tanh"),
        "elu": called(functional.elu),
        "selu": called(functional.selu),
        "celu, alpha 0.3": called(functional.celu, alpha=0.3),
        "softsign": called(functional.softsign),
        "exponential": called(torch.exp),
    }


def onnxruntime_functions() -> Functions:
    """One model of one node for each operator; those that onnxruntime has no double kernel for are left out."""
    operators = {
        "softmax": "Softmax",
        "log-softmax": "LogSoftmax",
        "sigmoid": "Sigmoid",
        "tanh": "Tanh",
        "softplus": "Softplus",
        "mish": "Mish",
        "gelu": "Gelu",
        "elu": "Elu",
        "selu": "Selu",
        "softsign": "Softsign",
        "exponential": "Exp",
    }
    made = {name: _session(operator) for name, operator in operators.items()}
    return {name: function for name, function in made.items() if function is not None}


def _session(operator: str) -> Callable[..., Any] | None:
    import onnxruntime
    from onnx import TensorProto, helper

    value = [helper.make_tensor_value_info(name, TensorProto.DOUBLE, ["n", "m"]) for name in ("x", "y")]
    graph = helper.make_graph([helper.make_node(operator, ["x"], ["y"])], "one", value[:1], value[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    try:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    except Exception:  # its own exception types, and no kernel for doubles is what they say
        return None
    return lambda x: session.run(None, {"x": np.ascontiguousarray(x)})[0]


RIVALS: dict[str, tuple[str, Callable[[], Functions]]] = {
    "numpy/scipy": ("scipy", scipy_functions),
    "torch": ("torch", torch_functions),
    "onnxruntime": ("onnxruntime", onnxruntime_functions),
}
"""Column of the table: the package it needs, and its functions by the names of the cases."""


def installed() -> dict[str, Functions]:
    """The functions of every library that is here."""
    return {column: made() for column, (package, made) in RIVALS.items() if find_spec(package) is not None}
