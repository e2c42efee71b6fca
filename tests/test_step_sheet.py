"""Every figure of a step of learning, worked in each wrong way too, against the same by hand in numpy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from nnlec.grading.figures import rounded
from nnlec.grading.step_sheet import CONVENTION, RIGHT, StepProblem, Ways
from nnlec.network.activations import activation
from nnlec.network.layers import Dense
from nnlec.network.losses import loss
from nnlec.network.network import Network

Row = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Keep = Callable[[str, Row], Row]

RANDOM = np.random.default_rng(21)
X = RANDOM.uniform(-1.5, 1.5, 2).round(2)
W = [RANDOM.uniform(-1.5, 1.5, shape).round(2) for shape in ((2, 3), (3, 3), (3, 2))]
B = [RANDOM.uniform(-1, 1, size).round(2) for size in (3, 3, 2)]
RATE = 0.3


def sigmoid(z: Row) -> Row:
    return np.asarray(1 / (1 + np.exp(-z)))


def softmax(z: Row) -> Row:
    return np.asarray(np.exp(z) / np.exp(z).sum())


ENDS: dict[str, tuple[str, dict[str, float], str, list[float], Callable[[Row], Row], Callable[[Row, Row], Row]]] = {
    "sigmoid, half-sse": ("sigmoid", {}, "half-sse", [0.2, 0.9], sigmoid, lambda y, g: y - g),
    "sigmoid, mse": ("sigmoid", {}, "mse", [0.2, 0.9], sigmoid, lambda y, g: y - g),
    "identity, mse": ("identity", {}, "mse", [0.2, -0.9], lambda z: z, lambda y, g: y - g),
    "softmax": ("softmax", {}, "ce", [0.25, 0.75], softmax, lambda y, g: y - g),
    "softmax, temperature": ("softmax", {"temperature": 2.0}, "ce", [1.0, 0.0], lambda z: softmax(z / 2),
                             lambda y, g: (y - g) / 2),
    "softmin": ("softmin", {}, "ce", [1.0, 0.0], lambda z: softmax(-z), lambda y, g: g - y),
    "sigmoid, bce": ("sigmoid", {}, "bce", [1.0, 0.0], sigmoid, lambda y, g: (y - g) / 2),
    "log_softmax, nll": ("log_softmax", {}, "nll", [0.0, 1.0], lambda z: np.log(softmax(z)),
                         lambda y, g: np.exp(y) - g),
}  # fmt: skip
"""An activation, a loss and a target; by hand the output, and dL/dz of it (dL/dy for a squared error)."""


def problem_of(end: str, **changes: Any) -> StepProblem:
    name, parameters, of, target, _, _ = ENDS[end]
    lasts = (activation("tanh"), activation("sigmoid"), activation(name, parameters))
    layers = tuple(
        Dense(w, b, g, f"l{number}", bias_in_first_row=number == 2)
        for number, (w, b, g) in enumerate(zip(W, B, lasts, strict=True), start=1)
    )
    classes = ("a", "b") if of in ("ce", "nll") else ()
    inputs, goal = (tuple(Decimal(repr(float(v))) for v in row) for row in (X, target))
    return StepProblem(Network(layers, classes=classes), inputs, loss(of), goal, Decimal(repr(RATE)))._replace(
        **changes
    )


def by_hand(
    end: str, ways: Ways = RIGHT, *, keep_biases: bool = False, keep: Keep = lambda _, row: row,
    written: Mapping[str, Row] | None = None,
) -> dict[str, Row]:  # fmt: skip
    """Three dense layers, tanh, sigmoid and the end; `written` is gone on with."""
    written = written or {}
    g = np.array(ENDS[end][3]) if ways.target is None else np.array([float(t) for t in ways.target])
    apply, to_sums = ENDS[end][4:]
    functions: list[Callable[[Row], Row]] = [np.tanh, sigmoid, apply]
    inputs, sums, outputs = [X], [], []
    for number, (w, b, function) in enumerate(zip(W, B, functions, strict=True), start=1):
        sums.append(keep("sum", inputs[-1] @ w + b))
        outputs.append(keep("output", function(sums[-1])))
        outputs[-1] = written.get(f"l{number}", outputs[-1])
        inputs.append(outputs[-1])
    up = ways.delta_sign * float(ways.factor) * to_sums(outputs[2], g)
    if end in ("sigmoid, mse", "identity, mse"):
        up = up * 2 / 2  # twice the difference, over two outputs
    squared = end in ("sigmoid, half-sse", "sigmoid, mse")
    found: dict[str, Row] = {}
    for index in (2, 1, 0):
        up, z, y = keep("upstream", up), sums[index], outputs[index]
        tanh = index == 0
        slope: dict[str, Row] = {
            "none": np.ones_like(z),
            "": 1 - y**2 if tanh else y * (1 - y),
            "sum": 1 - z**2 if tanh else z * (1 - z),
            "output": 1 - np.tanh(y) ** 2 if tanh else sigmoid(y) * (1 - sigmoid(y)),
        }
        way = ways.slopes.get(index, "")
        hidden = index < 2 or squared
        delta = keep("delta", up * (slope[way] if way == "none" else keep("slope", slope[way])) if hidden else up)
        found[f"delta l{index + 1}"] = delta
        delta = written.get(f"delta l{index + 1}", delta)
        x = np.ones_like(inputs[index]) if ways.input_forgotten else inputs[index]
        gradient = keep("gradient", np.outer(x, delta))
        rate = ways.update_sign * (1.0 if ways.rate_forgotten else RATE)
        still = keep_biases != ways.biases_otherwise
        first = index == 1  # its bias stands in the first row of the weights
        rows = {"": np.concatenate([delta, gradient.ravel()]) if first else gradient.ravel()}
        old = {"": np.concatenate([B[index], W[index].ravel()]) if first else W[index].ravel()}
        if not first:
            rows[" bias"], old[" bias"] = delta, B[index]
        new = W[index]
        for apart, row in rows.items():
            name = f"gradient l{index + 1}{apart}"
            found[name] = row
            after = keep("weight", old[apart] - rate * written.get(name, row))
            if still:
                count = len(B[index]) if first or apart else 0
                after[:count] = old[apart][:count]
            found[f"after l{index + 1}{apart}"] = after
            if not apart:
                after = written.get(f"after l{index + 1}", after)
                new = after[len(B[index]) * first :].reshape(W[index].shape)
        if ways.one_output is not None and index == 2:
            delta = np.where(np.arange(2) == ways.one_output, delta, 0.0)
        matrix = new if ways.new_weights else W[index]
        if ways.transposed and matrix.shape[0] == matrix.shape[1]:
            matrix = matrix.T
        up = np.full(matrix.shape[0], delta.sum()) if ways.weight_forgotten else matrix @ delta
    return found


def assert_same(sheet: Mapping[str, tuple[Decimal, ...]], hand: Mapping[str, Row]) -> None:
    assert sheet.keys() == hand.keys()
    for name, row in hand.items():
        assert [float(n) for n in sheet[name]] == pytest.approx(row.tolist(), rel=1e-11, abs=1e-13), name


@pytest.mark.parametrize("end", ENDS)
def test_a_step_as_it_is(end: str) -> None:
    problem = problem_of(end)
    assert_same(problem.sheet(), by_hand(end))
    assert list(problem.sheet()) == list(problem.labels)
    assert {name: len(row) for name, row in problem.sheet().items()} == {
        name: len(row) for name, row in problem.labels.items()
    }


WAYS = [
    CONVENTION,
    Ways(delta_sign=-1),
    Ways(update_sign=-1),
    Ways(factor=Decimal(2)),
    *(Ways(slopes={index: way}) for index in (0, 1, 2) for way in ("none", "output", "sum")),
    Ways(slopes={0: "none", 1: "none"}),
    Ways(new_weights=True),
    Ways(one_output=0),
    Ways(one_output=1),
    Ways(transposed=True),
    Ways(weight_forgotten=True),
    Ways(input_forgotten=True),
    Ways(rate_forgotten=True),
    Ways(biases_otherwise=True),
    Ways(target=(Decimal("0.9"), Decimal("0.1"))),
    Ways(new_weights=True, biases_otherwise=True, update_sign=-1),
]


@pytest.mark.parametrize(
    ("end", "ways"),
    [
        *(("sigmoid, half-sse", ways) for ways in WAYS),
        *(("softmax", ways) for ways in WAYS if 2 not in ways.slopes),  # its slope is not asked for
    ],
)
def test_a_step_worked_otherwise(end: str, ways: Ways) -> None:
    assert_same(problem_of(end).sheet(ways), by_hand(end, ways))


@pytest.mark.parametrize("ways", [RIGHT, Ways(biases_otherwise=True)], ids=str)
def test_biases_may_stay_as_they_are(ways: Ways) -> None:
    end = "sigmoid, half-sse"
    assert_same(problem_of(end, keep_biases=True).sheet(ways), by_hand(end, ways, keep_biases=True))


KINDS = ["upstream", "slope", "delta", "gradient", "weight"]


@pytest.mark.parametrize(
    ("end", "kind"),
    [
        *(("sigmoid, half-sse", kind) for kind in ("sum", "output", *KINDS)),
        *(("softmax", kind) for kind in KINDS),  # s follows from the exact scores
    ],
)
def test_what_is_rounded_on_the_way(end: str, kind: str) -> None:
    def keep(number: Decimal, of: str) -> Decimal:
        return rounded(number, 3) if of == kind else number

    def kept(of: str, row: Row) -> Row:
        return np.round(row, 3) if of == kind else row

    ways = Ways(new_weights=kind == "weight")
    assert_same(problem_of(end).sheet(ways, keep), by_hand(end, ways, keep=kept))


@pytest.mark.parametrize("names", [["l1"], ["l2", "l3"], ["delta l3"], ["gradient l3", "gradient l2"],
                                   ["after l3"], ["after l2", "gradient l1 bias"], ["delta l2", "gradient l2"]],
                         ids=str)  # fmt: skip
def test_what_was_written_is_gone_on_with(names: list[str]) -> None:
    end, ways = "sigmoid, half-sse", Ways(new_weights=True)
    sizes = {**{f"l{number}": len(b) for number, b in enumerate(B, start=1)},
             **{name: len(row) for name, row in problem_of(end).labels.items()}}  # fmt: skip
    random = np.random.default_rng(22)
    written = {name: random.uniform(-1, 1, sizes[name]).round(2) for name in names}
    exact = {name: tuple(Decimal(repr(float(n))) for n in row) for name, row in written.items()}
    assert_same(problem_of(end).sheet(ways, written=exact), by_hand(end, ways, written=written))


def test_the_last_layer_may_be_written_as_the_output() -> None:
    end = "sigmoid, half-sse"
    row = (Decimal("0.4"), Decimal("0.7"))
    hand = by_hand(end, written={"l3": np.array([0.4, 0.7])})
    assert_same(problem_of(end).sheet(written={"output": row}), hand)


def test_softmax_from_rounded_exponentials() -> None:
    """e^f, their sum and s to two decimals; dL/df of the outputs is s - g."""
    problem = problem_of("softmax")
    h = np.tanh(X @ W[0] + B[0])
    f = sigmoid(h @ W[1] + B[1]) @ W[2] + B[2]
    e = np.exp(f).round(2)
    s = (e / e.sum().round(2)).round(2)
    sheet = problem.sheet(Ways(softmax_places=2))
    assert [float(d) for d in sheet["delta l3"]] == pytest.approx((s - [0.25, 0.75]).tolist(), abs=1e-12)


def test_a_softmax_that_is_compared_by_squares_has_the_slope_of_its_temperature() -> None:
    lasting = Dense(W[2], B[2], activation("softmax", {"temperature": 2.0}), "only")
    x = (Decimal("0.3"), Decimal("-0.5"), Decimal("0.8"))
    problem = StepProblem(Network((lasting,)), x, loss("half-sse"), (Decimal("0.2"), Decimal("0.9")), Decimal(1))
    z = np.array([0.3, -0.5, 0.8]) @ W[2] + B[2]

    def measured(z: Row) -> float:
        return float(((softmax(z / 2) - [0.2, 0.9]) ** 2).sum() / 2)

    steps = 1e-5 * np.eye(2)
    slopes = [(measured(z + step) - measured(z - step)) / 2e-5 for step in steps]
    assert [float(d) for d in problem.sheet()["delta only"]] == pytest.approx(slopes, rel=1e-6)


def test_the_size_of_a_step_is_three_times_its_products() -> None:
    assert problem_of("softmax").products == 3 * (2 * 3 + 3 * 3 + 3 * 2)
