"""The fully connected layer: every input meets every unit, x^T W + b."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from nnlec.arithmetic.matmul import BlockedProduct
from nnlec.arithmetic.numbers import decimal_of
from nnlec.errors import NnlecError
from nnlec.network.activations import IDENTITY, Activation
from nnlec.network.layers.checks import Shape, checked_numbers
from nnlec.network.layers.interface import ArrayKey, Example, Layer, LayerKind, Row, Term, UnitTerms, Values, decimals
from nnlec.network.layers.learned import as_written, learned
from nnlec.text import counted

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.arithmetic.written import Written

LARGE = 50_000
"""Weights from which exact products are worked out in whole numbers."""


@dataclass(frozen=True, eq=False)
class Dense(Layer):
    """A fully connected layer, `activation(inputs @ weights + bias)` (lecture: h = g(x^T W)).

    `weights` is (n_in, n_out): a row is an input, a column a neuron. `bias` is (n_out,) or None. `activation` is a name
    or what `nnlec.activation` gives. `bias_in_first_row`: the bias was written as the first row of W, so that an input
    may be given with the leading 1 that meets it. Raises `NnlecError` for arrays that do not fit.

    >>> import numpy as np
    >>> Dense([[1.0, 2.0], [3.0, 4.0]], [0.5, 0.5], "relu").forward(np.array([[1.0, -1.0]])).tolist()
    [[-1.5, -1.5]]
    """

    weights: Array = learned()  # noqa: RUF009 - a descriptor
    bias: Array | None = learned(None)  # noqa: RUF009
    activation: Activation = IDENTITY
    name: str = ""
    bias_in_first_row: bool = False

    kind: ClassVar[str] = "dense"

    def _check(self) -> None:
        weights = checked_numbers("weights", self._weights, (2,))
        self._set(weights=weights)
        if self._bias is not None:
            bias = checked_numbers("bias", self._bias, (1,))
            if len(bias) != weights.shape[1]:
                units = counted(int(weights.shape[1]), "column")
                raise NnlecError(f"{counted(len(bias), 'bias number')} for {units} of weights", where="bias")
            self._set(bias=bias)
        elif self.bias_in_first_row:
            raise NnlecError("a bias in the first row, but no bias", where="bias")

    @property
    def _weights(self) -> Array | Written:
        return as_written(self, "weights")  # type: ignore[return-value]

    @property
    def _bias(self) -> Array | Written | None:
        return as_written(self, "bias")

    @property
    def in_shape(self) -> Shape:
        return (int(self._weights.shape[0]),)

    @property
    def out_shape(self) -> Shape:
        return (int(self._weights.shape[1]),)

    @property
    def numbers(self) -> Mapping[str, Array | Written]:
        return {"weights": self._weights} if self._bias is None else {"weights": self._weights, "bias": self._bias}

    @property
    def arrays(self) -> Mapping[str, Array]:
        return {"weights": self.weights} if self.bias is None else {"weights": self.weights, "bias": self.bias}

    @property
    def multiplications(self) -> int:
        return int(self._weights.size)

    @property
    def block_height(self) -> int:
        return self._product.block_height

    @property
    def row_step(self) -> int:
        return self._product.row_step

    @property
    def leading_one(self) -> bool:
        return self.bias_in_first_row

    @property
    def matrix(self) -> Array | Written | None:
        return self._weights

    @property
    def size(self) -> str:
        first_row = ", its first row the bias" if self.bias_in_first_row else ""
        return f"its weights are {self._rows_as_written} x {self.n_out}{first_row}"

    def forward(self, inputs: Array, out: Array | None = None) -> Array:
        return self._product.multiply(inputs, out)

    def terms(self, unit: int) -> UnitTerms:
        column = decimals(self._weights[:, unit])
        terms = [Term(source, weight, ("weights", (source, unit))) for source, weight in enumerate(column)]
        return UnitTerms(terms, None if self._bias is None else decimal_of(self._bias[unit]))

    def forward_together(self, inputs: Array) -> Array:
        product: Array = inputs @ self.weights
        if self.bias is not None:
            product += self.bias
        return product

    def backward(self, inputs: Array, delta: Array) -> Array:  # noqa: ARG002
        return delta @ self.weights.T

    def gradients(self, inputs: Array, delta: Array) -> dict[str, Array]:
        found = {"weights": inputs.T @ delta}
        return found if self.bias is None else {**found, "bias": delta.sum(axis=0)}

    def exact(self, inputs: Sequence[Decimal]) -> Row:
        if self._weights.size < LARGE:
            return super().exact(inputs)
        from nnlec.arithmetic.exact_products import exact_products

        bias = (Decimal(0),) * self.n_out if self._bias is None else decimals(self._bias)
        return tuple(product + b for product, b in zip(exact_products(inputs, self.weights), bias, strict=True))

    def inputs_hint(self, given: int) -> str:
        rows, leading, columns = self._rows_as_written, self.bias_in_first_row, self.n_out
        if not leading and rows == given + 1:
            return "with `bias: first-row` it would fit"
        if leading and rows == given:
            return "with `bias: none` it would fit; with `bias: first-row` the matrix needs one row more"
        if columns in (given, given + leading):
            return f"weights are {rows} x {columns}, expected {given + leading} x ...: rows are inputs; transposed?"
        return ""

    def outputs_hint(self, wanted: int) -> str:
        return "this looks transposed: rows are inputs" if self._rows_as_written == wanted else ""

    @property
    def _rows_as_written(self) -> int:
        return self.n_in + self.bias_in_first_row

    @cached_property
    def _product(self) -> BlockedProduct:
        return BlockedProduct(self.weights, self.bias)


def _build(values: Values, _shapes: tuple[Shape, ...], chosen: Activation, name: str) -> Dense:
    weights, bias = values["weights"], values.get("bias", "none")
    assert not isinstance(weights, str)
    columns = int(weights.shape[1])
    if not isinstance(bias, str):
        if bias.size != columns:
            given = counted(int(bias.size), "number")
            turned = "rows are inputs; transposed? (a weight file takes `transpose: true`)"
            hint = f"weights are {weights.shape[0]} x {columns}: {turned}" if bias.size == weights.shape[0] else ""
            raise NnlecError(
                f"{given}, expected {columns}, one for each column of the weights", where="bias", hint=hint
            )
        return Dense(weights, bias, chosen, name)
    if bias == "none":
        return Dense(weights, None, chosen, name)
    if bias != "first-row":
        expected = f"expected first-row, none, or a list of {columns} numbers"
        raise NnlecError(expected, where="bias", hint=_bias_hint(bias))
    if weights.shape[0] < 2:
        what = "1 row, and with `bias: first-row` it is the bias: no row is left for an input"
        raise NnlecError(what, where="weights")
    return Dense(weights[1:], weights[0], chosen, name, bias_in_first_row=True)


def _bias_hint(word: str) -> str:
    if "row" in word.lower() or "first" in word.lower():
        return "did you mean first-row?"
    if word.lower() == "none":
        return "did you mean none?"
    return "" if word else "write `bias: none` for none"


ROW = LayerKind(
    "dense",
    (
        ArrayKey("weights", (2,), "the matrix W: a row is an input, a column a neuron", required=True),
        ArrayKey("bias", (1,), "a number for each neuron", words=("first-row", "none")),
    ),
    _build,
    "every input meets every unit: x^T W + b",
    "the lecture; ONNX Gemm, PyTorch Linear, Keras Dense",
    Example({"weights": [[1.0, 2.0], [3.0, 4.0]], "bias": [0.5, -0.5]}, (1.0, -1.0), (-1.5, -2.5)),
    as_written=True,
)
