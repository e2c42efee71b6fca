"""A network is layers of arrays; a trace is every number of one forward pass.

Arrays are 2-D, (rows, features), float64. Nothing here knows files, terminals or how a number is printed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from nnlec.arithmetic.compensated import row_max
from nnlec.arithmetic.threads import one_thread
from nnlec.errors import NnlecError
from nnlec.network.activations import sigmoid, softmax
from nnlec.network.activations.rows import places_in_rows
from nnlec.network.layers import Dense, multiply, pass_through

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnlec.arithmetic.types import Array

Kind = Literal["multi-class", "binary", "multi-label", "regression"]


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
        return self.layers[-1].activation.logit_scale is not None

    def logits_of(self, pre_activation: Array, output: Array) -> Array:
        """What softmax or sigmoid makes probabilities of, from the last layer's numbers before and after."""
        logit_scale = self.layers[-1].activation.logit_scale
        if logit_scale is None:
            return output
        return pre_activation if logit_scale == 1.0 else pre_activation / logit_scale

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
        inputs = np.ascontiguousarray(inputs, dtype=np.float64)
        result = np.empty((len(inputs), self.n_out))
        pass_through(self.layers, inputs, result, None if logits else result)
        return self._rounded_once(result)

    def last(self, inputs: Array) -> tuple[Array, Array]:
        """The last layer's pre-activation and the outputs, both (rows, n_out): `forward` and its logits in one pass."""
        inputs = np.ascontiguousarray(inputs, dtype=np.float64)
        pre_activation, output = np.empty((len(inputs), self.n_out)), np.empty((len(inputs), self.n_out))
        pass_through(self.layers, inputs, pre_activation, output)
        return self._rounded_once(pre_activation), self._rounded_once(output)

    def scores(self, inputs: Array) -> tuple[Array, Array]:
        """Logits and outputs, both (rows, n_out): the logits are what lies beneath a last softmax or sigmoid."""
        pre_activation, output = self.last(inputs)
        return self.logits_of(pre_activation, output), output

    def logits(self, inputs: Array) -> Array:
        """(rows, n_out): what lies beneath a last softmax or sigmoid, which is not computed; else the outputs."""
        last = self.forward(inputs, logits=self.ends_in_probabilities)
        return self.logits_of(last, last)

    def trace(self, inputs: object) -> Trace:
        """Every number on the way, for one example (a sequence of numbers) or several (rows of them).

        With the bias in the first row of W, the leading 1 may be given or left out, as in the lecture.
        Raises `NnlecError` for a wrong number of values.
        """
        values = np.ascontiguousarray(self.accept(np.atleast_2d(np.asarray(inputs, dtype=np.float64))))
        steps: list[LayerTrace] = []
        for layer in self.layers:
            with one_thread(), np.errstate(all="ignore"):
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
        contenders = logits >= row_max(logits) - _TOO_CLOSE
        if np.count_nonzero(contenders) == len(logits) and np.isfinite(logits).all():
            return places_in_rows(contenders)
        winners = np.asarray(np.argmax(logits, axis=1))
        doubtful = np.flatnonzero(contenders.sum(axis=1) != 1)
        winners[doubtful] = np.argmax(softmax(logits[doubtful]), axis=1)
        return winners

    def _rounded_once(self, values: Array) -> Array:
        """A float32 network is computed in float64 and rounded at its end: more exact, and the same bits."""
        return values.astype(np.float32).astype(np.float64) if self.dtype == "float32" else values


_TOO_CLOSE = 1e-9
"""Logits nearer than this may have equal probabilities."""
