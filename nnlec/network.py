"""A network is layers of arrays; a trace is every number of one forward pass.

Arrays are 2-D, (rows, features), float64. Nothing here knows files, terminals or how a number is printed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from nnlec.activations import Activation, sigmoid, softmax
from nnlec.activations.rows import entries
from nnlec.blas import one_thread
from nnlec.errors import NnlecError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

Kind = Literal["multi-class", "binary", "multi-label", "regression"]


@dataclass(frozen=True, eq=False)
class Dense:
    """A fully connected layer, `activation(inputs @ weights + bias)` (lecture: h = g(x^T W)).

    `weights` is (n_in, n_out): a row is an input, a column a neuron. `bias` is (n_out,) or None. `leading_one`
    remembers that the bias was written as the first row of W, so that an input may be given with the 1 that meets it.
    """

    weights: Array
    bias: Array | None
    activation: Activation
    name: str
    leading_one: bool = False

    def __post_init__(self) -> None:
        self.activation.check_units(self.n_out)

    @property
    def n_in(self) -> int:
        return int(self.weights.shape[0])

    @property
    def n_out(self) -> int:
        return int(self.weights.shape[1])

    @property
    def parameters(self) -> int:
        """How many numbers the layer has learned: weights and bias."""
        return int(self.weights.size) + (0 if self.bias is None else int(self.bias.size))


@dataclass(frozen=True, eq=False)
class LayerTrace:
    """One layer at work on some rows: what came in, x^T W, and g(x^T W)."""

    layer: Dense
    inputs: Array
    pre_activation: Array
    output: Array


@dataclass(frozen=True, eq=False)
class Trace:
    """Every number of a forward pass, layer by layer."""

    network: Network
    layers: tuple[LayerTrace, ...]

    @property
    def inputs(self) -> Array:
        return self.layers[0].inputs

    @property
    def output(self) -> Array:
        return self.layers[-1].output

    @property
    def logits(self) -> Array:
        """The scores before the last squashing, where the network ends in softmax or sigmoid; else its output."""
        return self.network.logits_of(self.layers[-1].pre_activation, self.output)

    @property
    def probabilities(self) -> Array | None:
        """(rows, classes), or None where the network is no classifier."""
        return self.network.probabilities(self.logits)

    @property
    def prediction(self) -> tuple[str, ...] | None:
        """The most probable class of each row (argmax; the first of equals), or None."""
        return self.network.predictions(self.probabilities)


@dataclass(frozen=True, eq=False)
class Network:
    """Dense layers in order, and the names that make their numbers readable.

    Raises `NnlecError` when the sizes of neighbouring layers, or the names given, do not fit.
    """

    layers: tuple[Dense, ...]
    name: str = ""
    inputs: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    unit: str = ""
    loss: str = ""
    dtype: Literal["float64", "float32"] = "float64"

    def __post_init__(self) -> None:
        for number, (before, after) in enumerate(zip(self.layers, self.layers[1:], strict=False), start=2):
            if before.n_out != after.n_in:
                raise NnlecError(
                    f"layer {number} ({after.name}) takes {after.n_in} inputs, "
                    f"but layer {number - 1} ({before.name}) has {before.n_out} outputs"
                )

    @property
    def n_in(self) -> int:
        return self.layers[0].n_in

    @property
    def n_out(self) -> int:
        return self.layers[-1].n_out

    @property
    def parameters(self) -> int:
        return sum(layer.parameters for layer in self.layers)

    @cached_property
    def ends_in_probabilities(self) -> bool:
        """Whether the last activation turns logits into probabilities, so that a loss looks beneath it."""
        return self.layers[-1].activation.divisor is not None

    def logits_of(self, pre_activation: Array, output: Array) -> Array:
        """What softmax or sigmoid makes probabilities of, from the last layer's numbers before and after."""
        divisor = self.layers[-1].activation.divisor
        if divisor is None:
            return output
        return pre_activation if divisor == 1.0 else pre_activation / divisor

    @cached_property
    def kind(self) -> Kind:
        """What the outputs mean, read from classes, the last activation and the loss."""
        last = self.layers[-1].activation.name
        if self.n_out == 1 and (len(self.classes) == 2 or self.loss == "binary-cross-entropy"):
            return "binary"
        if self.classes and last == "sigmoid":
            return "multi-label"
        if self.classes or last in {"softmax", "log_softmax", "softmin"}:
            return "multi-class"
        return "regression"

    @cached_property
    def input_names(self) -> tuple[str, ...]:
        return self.inputs or tuple(f"x{i}" for i in range(1, self.n_in + 1))

    @cached_property
    def output_names(self) -> tuple[str, ...]:
        """As given, else the classes (for one binary output the second: it is P(yes)), else y1, y2, ..."""
        if self.outputs:
            return self.outputs
        if self.classes:
            return self.classes if len(self.classes) == self.n_out else self.classes[-1:]
        return tuple(f"y{i}" for i in range(1, self.n_out + 1))

    @cached_property
    def class_names(self) -> tuple[str, ...]:
        """The labels a classifier chooses from; empty for a regressor."""
        if self.kind == "regression":
            return ()
        if self.kind == "binary":
            return self.classes or ("0", "1")
        return self.classes or self.output_names

    def forward(self, inputs: Array, *, logits: bool = False) -> Array:
        """The outputs, (rows, n_out), of `inputs`, (rows, n_in); with `logits`, the last pre-activation instead.

        A row gives the same bits alone and in any batch (see `multiply`).
        """
        pre_activation, output = self.last(inputs)
        return pre_activation if logits else output

    def last(self, inputs: Array) -> tuple[Array, Array]:
        """The last layer's pre-activation and the outputs, both (rows, n_out): `forward` and its logits in one pass."""
        rows = int(inputs.shape[0])
        inputs = np.ascontiguousarray(inputs, dtype=np.float64)
        results = np.empty((rows, self.n_out)), np.empty((rows, self.n_out))
        tile = max(block_height(layer.n_in, layer.n_out) for layer in self.layers)
        with one_thread() as threads:
            parts = min(threads, rows * self.parameters // _WORTH_A_THREAD, -(-rows // tile))
            if parts < 2:
                self._fill(inputs, results, tile, slice(0, rows))
            else:
                from concurrent.futures import ThreadPoolExecutor

                height = -(-rows // (tile * parts)) * tile
                with ThreadPoolExecutor(parts) as pool:
                    shares = [slice(start, min(start + height, rows)) for start in range(0, rows, height)]
                    list(pool.map(lambda share: self._fill(inputs, results, tile, share), shares))
        return self._rounded_once(results[0]), self._rounded_once(results[1])

    def _fill(self, inputs: Array, results: tuple[Array, Array], tile: int, share: slice) -> None:
        """Pre-activations and outputs of a share of the rows: all layers on one tile, which stays in the cache."""
        *hidden, last = self.layers
        products = [np.empty((tile, layer.n_out)) for layer in hidden]
        for rows in _slices(share, tile):
            values = inputs[rows]
            for layer, product in zip(hidden, products, strict=True):
                pre_activation = multiply(values, layer, product[: len(values)])
                values = layer.activation(pre_activation, out=pre_activation)
            multiply(values, last, results[0][rows])
        for rows in _slices(share, max(tile, _NUMBERS // self.n_out)):
            results[1][rows] = last.activation(results[0][rows])

    def scores(self, inputs: Array) -> tuple[Array, Array]:
        """Logits and outputs, both (rows, n_out): the logits are what lies beneath a last softmax or sigmoid."""
        pre_activation, output = self.last(inputs)
        return self.logits_of(pre_activation, output), output

    def trace(self, inputs: object) -> Trace:
        """Every number on the way, for one example (a sequence of numbers) or several (rows of them).

        With the bias in the first row of W, the leading 1 may be given or left out, as in the lecture.
        Raises `NnlecError` for a wrong number of values.
        """
        values = np.ascontiguousarray(self.accept(np.atleast_2d(np.asarray(inputs, dtype=np.float64))))
        steps: list[LayerTrace] = []
        for layer in self.layers:
            with one_thread():
                pre_activation = multiply(values, layer)
            output = layer.activation(pre_activation)
            if layer is self.layers[-1]:
                pre_activation, output = self._rounded_once(pre_activation), self._rounded_once(output)
            steps.append(LayerTrace(layer, values, pre_activation, output))
            values = output
        return Trace(self, tuple(steps))

    def accept(self, values: Array) -> Array:
        """Rows as the network takes them: a leading 1 that meets the bias row is checked and taken off."""
        given = int(values.shape[1])
        if given == self.n_in:
            return values
        leading = self.layers[0].leading_one
        if leading and given == self.n_in + 1:
            wrong = np.flatnonzero(values[:, 0] != 1.0)
            if wrong.size:
                raise NnlecError(
                    f"the first of {given} values is {values[wrong[0], 0]}, expected the leading 1 that meets the bias",
                    hint=f"give 1 and {self.n_in} inputs, or the {self.n_in} inputs alone",
                )
            return np.ascontiguousarray(values[:, 1:])
        names = ", ".join(self.input_names[:8]) + (", ..." if self.n_in > 8 else "")
        expected = f"{self.n_in} (or {self.n_in + 1} with the leading 1)" if leading else str(self.n_in)
        raise NnlecError(f"{given} values, expected {expected}: {names}")

    def accept_row(self, values: Sequence[float]) -> tuple[float, ...]:
        """One example as the network takes it, the leading 1 checked and taken off."""
        return tuple(self.accept(np.array([values], dtype=np.float64))[0].tolist())

    def probabilities(self, logits: Array) -> Array | None:
        """P(class) of each row, (rows, classes), from the logits; None for a regressor."""
        match self.kind:
            case "multi-class":
                return softmax(logits)
            case "multi-label":
                return sigmoid(logits)
            case "binary":
                return np.concatenate([sigmoid(-logits), sigmoid(logits)], axis=1)
            case _:
                return None

    def predictions(self, probabilities: Array | None) -> tuple[str, ...] | None:
        """The most probable class of each row (the first of equals); None for a regressor or several labels."""
        if probabilities is None or self.kind == "multi-label":
            return None
        names = self.class_names
        return tuple(names[i] for i in np.argmax(probabilities, axis=1))

    def winners(self, logits: Array) -> NDArray[np.intp]:
        """(rows,): the most probable class of each row (the first of equals) of a classifier of one class.

        Most rows need no softmax: it keeps the order of logits that differ by more than its rounding.
        """
        if self.kind != "multi-class":
            probabilities = self.probabilities(logits)
            assert probabilities is not None
            return np.asarray(np.argmax(probabilities, axis=1))
        winners = np.asarray(np.argmax(logits, axis=1))
        contenders = logits > entries(logits, winners) - _TOO_CLOSE
        if np.count_nonzero(contenders) != len(logits) or not np.isfinite(logits).all():
            doubtful = np.flatnonzero(contenders.sum(axis=1) != 1)
            winners[doubtful] = np.argmax(softmax(logits[doubtful]), axis=1)
        return winners

    def _rounded_once(self, values: Array) -> Array:
        """A float32 network is computed in float64 and rounded at its end: more exact, and the same bits."""
        return values.astype(np.float32).astype(np.float64) if self.dtype == "float32" else values


_TOO_CLOSE = 1e-9
"""Logits nearer than this may have equal probabilities."""

_LARGE = 128 * 1024
"""Weights of a layer from which a single row is not made to pay for 256."""

_WORTH_A_THREAD = 5_000_000
"""Multiplications that take longer than starting a thread."""


_NUMBERS = 1 << 16
"""Outputs that are worth a call of the last activation."""


def _slices(rows: slice, height: int) -> Iterator[slice]:
    """The rows in parts of that height, the last one shorter."""
    for start in range(rows.start, rows.stop, height):
        yield slice(start, min(start + height, rows.stop))


def block_height(n_in: int, n_out: int) -> int:
    """How many rows are multiplied at a time: it depends on the layer's shape alone, so a row's bits do too."""
    return 1024 if n_in * n_out <= 256 else 256


def multiply(inputs: Array, layer: Dense, out: Array | None = None) -> Array:
    """x^T W + b, (rows, n_out), in blocks of one fixed height, the last one padded with zero rows.

    BLAS gives a row different last bits depending on how many rows it is multiplied with; blocks of one height make
    a row's result independent of its neighbours, of chunking and of threads (on one machine's kernel). For a large
    layer the last block is only as high as the next multiple of 64: too high for the other kernels that some BLAS
    have for small products, and whole tiles of every other one, so that its bits are those of the full height.
    """
    rows = int(inputs.shape[0])
    height = block_height(layer.n_in, layer.n_out)
    product = np.empty((rows, layer.n_out)) if out is None else out
    whole = rows - rows % height
    for start in range(0, whole, height):
        np.matmul(inputs[start : start + height], layer.weights, out=product[start : start + height])
    if whole < rows:
        least = min(height, 64) if layer.n_in * layer.n_out > _LARGE else height
        last = np.zeros((-(-(rows - whole) // least) * least, layer.n_in))
        last[: rows - whole] = inputs[whole:]
        product[whole:] = np.matmul(last, layer.weights)[: rows - whole]
    if layer.bias is not None:
        product += layer.bias
    return product
