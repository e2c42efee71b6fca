"""The networks of tests/random_networks.py in PyTorch, with its own layers, activations and losses, and autograd.

`python -m tests.torch_networks 1000` compares so many of them where pytest is not installed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as of

from nnlec.network.activations import Activation
from nnlec.network.gradient import gradients_of
from tests.random_networks import Case, Draw

torch.set_default_dtype(torch.float64)

ACTIVATIONS: dict[str, Callable[..., Any]] = {
    "identity": lambda z: z,
    "relu": torch.relu,
    "leaky_relu": lambda z, alpha: of.leaky_relu(z, alpha),
    "prelu": lambda z, alpha: torch.where(z > 0, z, torch.tensor(alpha) * z),
    "hard_sigmoid": lambda z, alpha, beta: torch.clamp(alpha * z + beta, 0, 1),
    "hard_swish": of.hardswish,
    "hard_tanh": of.hardtanh,
    "thresholded_relu": lambda z, alpha: of.threshold(z, alpha, 0.0),
    "shrink": lambda z, lambd, bias: torch.where(z < -lambd, z + bias, torch.where(z > lambd, z - bias, 0.0 * z)),
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "elu": lambda z, alpha: of.elu(z, alpha),
    "selu": lambda z, alpha, gamma: gamma * torch.where(z > 0, z, alpha * torch.expm1(z)),
    "celu": lambda z, alpha: torch.where(z > 0, z, alpha * torch.expm1(z / alpha)),
    "silu": lambda z, beta: z * torch.sigmoid(beta * z),
    "mish": of.mish,
    "softplus": lambda z: torch.logaddexp(z, torch.zeros_like(z)),
    "softsign": of.softsign,
    "exponential": torch.exp,
    "gelu": of.gelu,
    "gelu_tanh": lambda z: of.gelu(z, approximate="tanh"),
    "softmax": lambda z, temperature: torch.softmax(z / temperature, 1),
    "log_softmax": lambda z: torch.log_softmax(z, 1),
    "softmin": lambda z: of.softmin(z, 1),
}
BASES = {"e": 1.0, "2": float(np.log(2.0)), "10": float(np.log(10.0))}


def activated(function: Activation, z: torch.Tensor) -> torch.Tensor:
    result: torch.Tensor = ACTIVATIONS[function.name](z, **function.parameters)
    return result


def applied(layer: Any, x: torch.Tensor, learned: dict[str, torch.Tensor]) -> torch.Tensor:
    """The pre-activation, (rows, n_out); `learned` are the layer's numbers as leaves."""
    rows = len(x)
    maps = x.reshape(rows, *layer.in_shape)
    channel = [1, -1, *[1] * (len(layer.in_shape) - 1)]
    match layer.kind:
        case "dense":
            return x @ learned["weights"] + learned.get("bias", 0.0)
        case "conv":
            padding = tuple(axis.before for axis in layer.windows.axes)
            given = {"stride": strides(layer), "padding": padding, "groups": layer.groups}
            return of.conv2d(maps, learned["weights"], learned.get("bias"), **given).reshape(rows, -1)
        case "max_pool":
            return of.max_pool2d(maps, sizes(layer), stride=strides(layer)).reshape(rows, -1)
        case "average_pool":
            return of.avg_pool2d(maps, sizes(layer), stride=strides(layer)).reshape(rows, -1)
        case "transpose":
            return maps.permute(0, *layer.axes).reshape(rows, -1)
        case "flatten" | "reshape" | "dropout":
            return x
        case "scale":
            subtract, divide, multiply, add = (
                torch.tensor(np.array(getattr(layer, key))) for key in ("subtract", "divide", "multiply", "add")
            )
            return (x - subtract) / divide * learned.get("multiply", multiply) + learned.get("add", add)
        case "batch_norm":
            mean, variance = (
                torch.tensor(np.array(getattr(layer, key))).reshape(channel) for key in ("mean", "variance")
            )
            normalised = (maps - mean) / torch.sqrt(variance + float(layer.epsilon))
            return (normalised * learned["scale"].reshape(channel) + learned["shift"].reshape(channel)).reshape(
                rows, -1
            )
        case "layer_norm":
            normalised = of.layer_norm(maps, layer.in_shape, eps=float(layer.epsilon))
            return (normalised * learned["scale"] + learned["shift"]).reshape(rows, -1)
        case "add" | "multiply" | "concat":
            parts = x.split([int(np.prod(shape)) for shape in layer.shapes], 1)
            return x if layer.kind == "concat" else parts[0] + parts[1] if layer.kind == "add" else parts[0] * parts[1]
    raise AssertionError(layer.kind)


def strides(layer: Any) -> tuple[int, ...]:
    return tuple(axis.stride for axis in layer.windows.axes)


def sizes(layer: Any) -> tuple[int, ...]:
    return tuple(axis.window for axis in layer.windows.axes)


def loss_of(case: Case, z: torch.Tensor, f: torch.Tensor) -> torch.Tensor:
    """The summed loss of the rows, from the last layer's numbers before its activation and after it."""
    g, options = torch.tensor(case.target), case.loss.options
    last = case.network.layers[-1].activation
    scores = z / last.parameters.get("temperature", 1.0) if last.name == "softmax" else z if last.name in SCORES else f
    base = BASES[str(options.get("base", "e"))]
    weights = options.get("weights")
    w = torch.tensor(weights) if weights else None
    n = f.shape[1]
    match case.loss.name:
        case "cross-entropy":
            smoothing = float(str(options.get("label_smoothing", 0.0)))
            target = g * (1 - smoothing) + smoothing / n
            terms = target * torch.log_softmax(scores, 1) * (1.0 if w is None else w)
            return -terms.sum() / base
        case "kl-divergence":
            return of.kl_div(torch.log_softmax(scores, 1), g, reduction="sum") / base
        case "negative-log-likelihood":
            return -(g * torch.log_softmax(scores, 1) * (1.0 if w is None else w)).sum()
        case "binary-cross-entropy":
            return of.binary_cross_entropy_with_logits(scores, g, weight=w, reduction="sum") / n
        case "hinge":
            return torch.relu(1 - g * f).sum() / n
        case "huber":
            return of.huber_loss(f, g, reduction="sum", delta=options.get("delta", 1.0)) / n
        case "mean-absolute-error":
            return of.l1_loss(f, g, reduction="sum") / n
    factor = {"mean": 1 / n, "half-mean": 0.5 / n, "sum": 1.0, "half-sum": 0.5}
    return factor[case.loss.name.removesuffix("-squared-error")] * of.mse_loss(f, g, reduction="sum")


SCORES = ("softmax", "log_softmax", "sigmoid")


def gradients(case: Case) -> tuple[list[dict[str, np.ndarray]], float]:
    """The gradients by autograd, as `gradients_of` gives them; the largest number on the way back."""
    values = [torch.tensor(case.inputs)]
    leaves: list[dict[str, torch.Tensor]] = []
    on_the_way: list[torch.Tensor] = []
    z = values[0]
    for layer, sources in zip(case.network.layers, case.network.sources, strict=True):
        learned = {name: torch.tensor(np.array(layer.arrays[name]), requires_grad=True) for name in layer.learned}
        leaves.append(learned)
        z = applied(layer, torch.cat([values[source] for source in sources], 1), learned)
        values.append(activated(layer.activation, z))
        on_the_way += [z, values[-1]]
        for value in on_the_way[-2:]:
            if value.requires_grad:
                value.retain_grad()
    loss_of(case, z, values[-1]).backward()
    largest = max(
        float(value.grad.abs().max()) for value in on_the_way if value.requires_grad and value.grad is not None
    )
    found = [
        {name: leaf.grad.numpy() if leaf.grad is not None else np.zeros(leaf.shape) for name, leaf in of_layer.items()}
        for of_layer in leaves
    ]
    return found, largest


def distance(case: Case) -> float:
    """How far our gradients are from theirs, as a share of the largest number of the network's way back."""
    ours, _ = gradients_of(case.network, case.loss, case.inputs, case.target)
    theirs, largest = gradients(case)
    pairs = [(a[name], b[name]) for a, b in zip(ours, theirs, strict=True) for name in a]
    largest = max([largest, *(float(np.abs(b).max()) for _, b in pairs)])
    if case.loss.kind.takes != "outputs":  # s - g
        largest = max(largest, float(np.abs(case.target).max()))
    return max((float(np.abs(a - b).max()) for a, b in pairs), default=0.0) / (largest or 1.0)


def main(networks: int) -> None:
    cases = [(Draw(seed).case(), seed) for seed in range(networks)]
    far = sorted(((distance(case), seed) for case, seed in cases if case.is_finite), reverse=True)
    print(f"{sum(share > 1e-12 for share, _ in far)} of {networks} further apart than 1e-12; the furthest:")
    for share, seed in far[:10]:
        print(f"{share:.1e} seed {seed}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
