"""A network is layers of arrays; a trace is every number of one forward pass.

Arrays are 2-D, (rows, features), float64. Nothing here knows files, terminals or how a number is printed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from nnlec.arithmetic.compensated import row_max
from nnlec.arithmetic.lazy_numpy import np
from nnlec.errors import NnlecError
from nnlec.network.activations import Activation, sigmoid, softmax
from nnlec.network.activations.rows import places_in_rows
from nnlec.network.forward import Sources, chain, every_layer, forward_into, joined
from nnlec.network.layers import Layer
from nnlec.network.meaning import NetworkKind, check_classes, kind_of
from nnlec.network.validation import check_network, rows_of
from nnlec.shown import in_a_notebook
from nnlec.text import counted

if TYPE_CHECKING:
    from decimal import Decimal

    from numpy.typing import NDArray

    from nnlec.arithmetic.types import Array
    from nnlec.network.gradient import Gradients, Per
    from nnlec.network.losses import Loss
    from nnlec.network.passes import Trace
    from nnlec.network.step import ExactStep
    from nnlec.network.trace import ExactTrace


@dataclass(frozen=True, eq=False)
class Network:
    """Layers in order, and the names that make their numbers readable.

    Raises `NnlecError` when the sizes of neighbouring layers, or the names given, do not fit.

    >>> from nnlec import Dense
    >>> network = Network((Dense([[1.0], [2.0]], [0.5], "sigmoid"),), classes=("no", "yes"))
    >>> network.kind, network.trace([3.0, -1.0]).prediction
    ('binary', ('yes',))
    """

    layers: tuple[Layer, ...]
    name: str = ""
    inputs: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    unit: str = ""
    loss: str = ""
    dtype: Literal["float64", "float32"] = "float64"
    kind: NetworkKind = ""  # type: ignore[assignment]
    """What the outputs mean; where it is not given, it is read from classes, the last activation and the loss."""
    sources: Sources = ()
    """What each layer takes: 0 is the network's input, n what the nth layer gives. Left out: each the one before."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", tuple(self.layers))
        object.__setattr__(self, "sources", tuple(map(tuple, self.sources)) or chain(len(self.layers)))
        for field in ("inputs", "classes", "outputs"):
            given = getattr(self, field)
            names = (given,) if isinstance(given, str) else tuple(given)
            object.__setattr__(self, field, names)
        check_network(self)
        if self.loss:
            from nnlec.network.losses import loss

            object.__setattr__(self, "loss", loss(self.loss).name)
        object.__setattr__(self, "kind", kind_of(self, self.kind))
        check_classes(self)

    def __repr__(self) -> str:
        sizes = [str(self.n_in), *(str(layer.n_out) for layer in self.layers)]
        if len(sizes) > _MOST_SIZES:
            sizes[2:-1] = ["..."]
        return f"<Network {'-'.join(sizes)}, {counted(self.parameters, 'number')}>"

    _repr_mimebundle_ = in_a_notebook

    @property
    def n_in(self) -> int:
        return self.layers[0].n_in

    @property
    def n_out(self) -> int:
        return self.layers[-1].n_out

    @property
    def parameters(self) -> int:
        """How many numbers the network has learned."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def steps(self) -> tuple[Layer | Activation, ...]:
        """Every layer, followed by its activation where it has one: what is computed, one after the other."""
        steps = (step for layer in self.layers for step in (layer, layer.activation))
        return tuple(step for step in steps if not (isinstance(step, Activation) and step.is_identity))

    @cached_property
    def ends_in_probabilities(self) -> bool:
        """Whether the last activation turns logits into probabilities, so that a loss looks beneath it."""
        return self.layers[-1].activation.logit_scale is not None

    @property
    def gives_scores(self) -> bool:
        """Whether softmax or a sigmoid is still to be applied to the outputs."""
        return self.kind in ("multi-class", "multi-label", "binary") and not self.ends_in_probabilities

    def logits_of(self, pre_activation: Array, output: Array) -> Array:
        """What softmax or sigmoid makes probabilities of, from the last layer's numbers before and after."""
        logit_scale = self.layers[-1].activation.logit_scale
        if logit_scale is None:
            return output
        return pre_activation if logit_scale == 1.0 else pre_activation / logit_scale

    @cached_property
    def input_names(self) -> tuple[str, ...]:
        """As given, else x1, x2, ..."""
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
        if self.n_out == 1 and self.kind in ("binary", "decision"):
            return self.classes or ("0", "1")
        return self.classes or self.output_names

    def forward(self, inputs: object, *, logits: bool = False) -> Array:
        """The outputs, (rows, n_out), of `inputs`, (rows, n_in); with `logits`, the last pre-activation instead.

        A row gives the same bits alone and in any batch. Raises `NnlecError` for inputs of another shape or type.
        """
        rows = self._rows(inputs)
        result = np.empty((len(rows), self.n_out))
        forward_into(self.layers, self.sources, rows, result, None if logits else result)
        return self._rounded_once(result)

    def last(self, inputs: object) -> tuple[Array, Array]:
        """The last layer's pre-activation and the outputs, both (rows, n_out): `forward` and its logits in one pass."""
        rows = self._rows(inputs)
        pre_activation, output = np.empty((len(rows), self.n_out)), np.empty((len(rows), self.n_out))
        forward_into(self.layers, self.sources, rows, pre_activation, output)
        return self._rounded_once(pre_activation), self._rounded_once(output)

    def every_layer(self, inputs: object, last: int, *, pre_activations: bool = False) -> list[Array]:
        """The outputs, (rows, units), of each layer up to the one at `last`; or their pre-activations."""
        values = [self._rows(inputs)]
        found: list[Array] = []
        for layer, sources in zip(self.layers[: last + 1], self.sources, strict=False):
            rows = joined(values, sources)
            pre_activation, output = np.empty((len(rows), layer.n_out)), np.empty((len(rows), layer.n_out))
            forward_into((layer,), chain(1), rows, pre_activation, output)
            values.append(output)
            asked = pre_activation if pre_activations else output
            found.append(self._rounded_once(asked) if layer is self.layers[-1] else asked)
        return found

    def scores(self, inputs: object) -> tuple[Array, Array]:
        """Logits and outputs, both (rows, n_out): the logits are what lies beneath a last softmax or sigmoid."""
        pre_activation, output = self.last(inputs)
        return self.logits_of(pre_activation, output), output

    def logits(self, inputs: object) -> Array:
        """(rows, n_out): what lies beneath a last softmax or sigmoid, which is not computed; else the outputs."""
        last = self.forward(inputs, logits=self.ends_in_probabilities)
        return self.logits_of(last, last)

    def trace(self, inputs: object) -> Trace:
        """Every number on the way, for one example (a sequence of numbers) or several (rows of them).

        With the bias in the first row of W, the leading 1 may be given or left out, as in the lecture.
        Raises `NnlecError` for a wrong number of values.
        """
        from nnlec.network.passes import LayerTrace, Trace

        traced = [LayerTrace(*each) for each in every_layer(self.layers, self.sources, self.accept(inputs))]
        last = traced[-1]
        pre_activation, output = self._rounded_once(last.pre_activation), self._rounded_once(last.output)
        return Trace(self, (*traced[:-1], LayerTrace(last.layer, last.inputs, pre_activation, output)))

    def exact_trace(self, inputs: object) -> ExactTrace:
        """Every number on the way of one example, in decimals: exact through layers, right to 60 digits elsewhere."""
        from nnlec.network.trace import exact_trace

        rows = self.accept(inputs)
        if len(rows) != 1:
            raise NnlecError(f"{counted(len(rows), 'row')}, expected one example")
        return exact_trace(self, rows[0].tolist())

    def gradients(
        self, inputs: object, target: object, loss: Loss | str | None = None, *, per: Per = "mean"
    ) -> Gradients:
        """For each layer the gradient of each learned array, in its shape: of the rows' mean loss, or of their sum.

        `target` is (rows, n_out), or (n_out,) for one example; the loss is the network's usual one if none is given.
        Raises `NnlecError` for shapes and for a loss that do not fit.
        """
        from nnlec.network.gradient import network_gradients

        return network_gradients(self, inputs, target, loss, per)

    def step(
        self,
        inputs: object,
        target: object,
        rate: float,
        loss: Loss | str | None = None,
        *,
        per: Per = "mean",
        keep_biases: bool = False,
    ) -> Network:
        """The network after one step of gradient descent: each learned number less `rate` times its gradient."""
        from nnlec.network.gradient import moved

        return moved(self, self.gradients(inputs, target, loss, per=per), rate, biases=not keep_biases)

    def exact_step(
        self,
        inputs: object,
        target: Sequence[float],
        rate: float | Decimal,
        loss: Loss | str | None = None,
        *,
        keep_biases: bool = False,
    ) -> ExactStep:
        """One step of gradient descent on one example, every number in decimals: prediction, loss, the way back.

        `target` is (n_out,). The step is one to be looked at; `step` gives the network after it.
        """
        from nnlec.network.step import step_of

        return step_of(self, inputs, target, rate, loss, keep_biases=keep_biases)

    def _rows(self, inputs: object) -> Array:
        """Rows as they are, float64 and row by row in memory."""
        rows = rows_of(inputs)
        if np.ndim(inputs) == 1:  # type: ignore[arg-type]
            raise NnlecError("the inputs are 1-D, expected rows of numbers, (rows, n)", hint="one row is [[1, 2]]")
        if rows.shape[1] != self.n_in:
            raise NnlecError(f"{counted(rows.shape[1], 'column')}, expected {self.n_in}")
        return np.ascontiguousarray(rows)

    def accept(self, inputs: object) -> Array:
        """Rows, or one example, as the network takes them: a leading 1 is checked and taken off."""
        values = rows_of(inputs)
        leading = self._leading_ones(int(values.shape[1]), values[:, :1].ravel().tolist())
        return np.ascontiguousarray(values[:, leading:])

    def accept_row(self, values: Sequence[float]) -> tuple[float, ...]:
        """One example as the network takes it, the leading 1 checked and taken off."""
        leading = self._leading_ones(len(values), values[:1])
        return tuple(own if own == float(own) else float(own) for own in values[leading:])  # a fraction stays one

    def _leading_ones(self, given: int, firsts: Sequence[float]) -> int:
        """How many of a row's values are a leading 1: 0 or 1. Raises `NnlecError` for a number that does not fit."""
        leading = self.layers[0].leading_one
        if given == self.n_in:
            return 0
        if not leading or given != self.n_in + 1:
            names = ", ".join(self.input_names[:8]) + (", ..." if self.n_in > 8 else "")
            expected = f"{self.n_in} (or {self.n_in + 1} with the leading 1)" if leading else str(self.n_in)
            raise NnlecError(f"{counted(given, 'value')}, expected {expected}: {names}")
        for first in firsts:
            if first != 1.0:
                raise NnlecError(
                    f"the first of {given} values is {float(first)}, expected the leading 1 that meets the bias",
                    hint=f"give 1 and {self.n_in} inputs, or the {self.n_in} inputs alone",
                )
        return 1

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

    def predictions(self, logits: Array) -> tuple[str, ...] | None:
        """The name of each row's class; None for a regressor and for several labels."""
        if self.kind in ("regression", "multi-label"):
            return None
        names = self.class_names
        return tuple(names[i] for i in self.predict_classes(logits))

    def predict_classes(self, logits: Array) -> NDArray[np.intp]:
        """(rows,): the index of each row's most probable class (the first of equals), or of the class decided for.

        One output decides for the second class where its logit is more than 0, which is P > 0.5. Most rows need no
        softmax: it keeps the order of logits that differ by more than its rounding.
        """
        if self.n_out == 1:
            return (logits[:, 0] > 0.0).astype(np.intp)
        if self.kind in ("decision", "one-vs-rest"):
            return np.asarray(logits.argmax(axis=1))
        contenders = logits >= row_max(logits) - _TOO_CLOSE
        if np.count_nonzero(contenders) == len(logits) and np.isfinite(logits).all():
            return places_in_rows(contenders)
        winners = np.asarray(np.argmax(logits, axis=1))
        doubtful = np.flatnonzero(contenders.sum(axis=1) != 1)
        winners[doubtful] = np.argmax(softmax(logits[doubtful]), axis=1)
        return winners

    def _rounded_once(self, values: Array) -> Array:
        """A float32 network is computed in float64 and rounded at its end: more exact, and the same bits."""
        if self.dtype != "float32":
            return values
        with np.errstate(over="ignore"):
            return values.astype(np.float32).astype(np.float64)


_MOST_SIZES = 12
"""Of layers, that are told in a line."""

_TOO_CLOSE = 1e-9
"""Logits nearer than this may have equal probabilities."""
