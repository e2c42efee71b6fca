"""Correctly rounded results: the exact numbers of `nnlec.network.trace`, each rounded once to the double nearest to it.

What is here takes the place of a network, a loss or softmax and answers the same questions, more slowly: for worked
examples and small tables. The numbers are those that were written (0.1 is one tenth), and the results are the same on
every machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

import numpy as np

from nnlec.arithmetic.numbers import decimal_of
from nnlec.network.activations import ACTIVATIONS, ActivationKind
from nnlec.network.losses import Loss
from nnlec.network.network import LayerTrace, Network, Trace
from nnlec.network.trace import EXACT, ExactTrace, exact_trace

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array


@dataclass(frozen=True, eq=False)
class RoundedNetwork(Network):
    """A network whose every number is correctly rounded."""

    def forward(self, inputs: Array, *, logits: bool = False) -> Array:  # type: ignore[override]
        pre_activation, output = self.last(inputs)
        return pre_activation if logits else output

    def last(self, inputs: Array) -> tuple[Array, Array]:  # type: ignore[override]
        ends = [exact_trace(self, row).layers[-1] for row in inputs.tolist()]
        return self._doubles([e.pre_activation for e in ends]), self._doubles([e.output for e in ends])

    def scores(self, inputs: Array) -> tuple[Array, Array]:  # type: ignore[override]
        traces = [exact_trace(self, row) for row in inputs.tolist()]
        return self._doubles([t.logits for t in traces]), self._doubles([t.layers[-1].output for t in traces])

    def logits(self, inputs: Array) -> Array:  # type: ignore[override]
        return self.scores(inputs)[0]

    def trace(self, inputs: object) -> Trace:
        values = self.accept(np.atleast_2d(np.asarray(inputs, dtype=np.float64)))
        exact = tuple(exact_trace(self, row) for row in values.tolist())
        steps = tuple(
            LayerTrace(
                layer,
                self._doubles([t.layers[i].inputs for t in exact]),
                self._doubles([t.layers[i].pre_activation for t in exact]),
                self._doubles([t.layers[i].output for t in exact]),
            )
            for i, layer in enumerate(self.layers)
        )
        return RoundedTrace(self, steps, exact)

    def probabilities(self, logits: Array) -> Array | None:
        match self.kind:
            case "multi-class":
                return softmax(logits)
            case "multi-label":
                return _of_rows(ACTIVATIONS["sigmoid"], logits)
            case "binary":
                return _of_rows(ACTIVATIONS["sigmoid"], np.concatenate([-logits, logits], axis=1))
            case _:
                return None

    def _doubles(self, rows: Iterable[Sequence[Decimal]]) -> Array:
        return self._rounded_once(_nearest(rows))


@dataclass(frozen=True, eq=False)
class RoundedTrace(Trace):
    """The numbers of a forward pass, each rounded from the exact one and not from a rounded one before it."""

    exact: tuple[ExactTrace, ...]

    @property
    def logits(self) -> Array:
        return _nearest(trace.logits for trace in self.exact)

    @property
    def probabilities(self) -> Array | None:
        rows = [row for row in (trace.probabilities for trace in self.exact) if row is not None]
        return _nearest(rows) if rows else None


@dataclass(frozen=True)
class RoundedLoss(Loss):
    """A loss whose terms and value are correctly rounded."""

    def terms(self, predicted: Array, target: Array, *, given_probabilities: bool = False) -> Array:
        return _nearest(self._exact_rows(predicted, target, given_probabilities))

    def value(self, predicted: Array, target: Array, *, given_probabilities: bool = False) -> Array:
        rows = self._exact_rows(predicted, target, given_probabilities)
        return np.array([float(self.exact_value(terms)) for terms in rows], dtype=np.float64)

    def _exact_rows(self, predicted: Array, target: Array, given_probabilities: bool) -> list[list[Decimal]]:
        return [
            self.exact_terms(_written(f), _written(g), given_probabilities=given_probabilities)
            for f, g in zip(predicted.tolist(), target.tolist(), strict=True)
        ]


def rounded_network(network: Network) -> RoundedNetwork:
    """The same network, computed exactly and rounded once."""
    return RoundedNetwork(**{each.name: getattr(network, each.name) for each in fields(Network)})


def rounded_loss(loss: Loss) -> RoundedLoss:
    """The same loss, computed exactly and rounded once."""
    squash = loss.kind.probabilities
    if squash is None:
        return RoundedLoss(loss.kind, loss.options)
    exactly = squash._replace(function=lambda x: _of_rows(squash, x))
    return RoundedLoss(loss.kind._replace(probabilities=exactly), loss.options)


def softmax(logits: Array) -> Array:
    """Softmax along each row, correctly rounded."""
    return _of_rows(ACTIVATIONS["softmax"], logits)


def exponentials(logits: Sequence[float]) -> tuple[list[float], float]:
    """e^f of each score and their sum, correctly rounded."""
    with localcontext(EXACT):
        e = ACTIVATIONS["exponential"].exact(_written(logits))
        return [float(number) for number in e], float(sum(e, Decimal(0)))


def _of_rows(kind: ActivationKind, x: Array) -> Array:
    with localcontext(EXACT):
        return _nearest(kind.exact(_written(row)) for row in x.tolist())


def _written(row: Sequence[float]) -> list[Decimal]:
    return [decimal_of(x) for x in row]


def _nearest(rows: Iterable[Sequence[Decimal]]) -> Array:
    return np.array([[float(number) for number in row] for row in rows], dtype=np.float64)
