"""Activations of a whole row: what one unit gives depends on all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

from nnlec.arithmetic.compensated import SHORT, finite, plain_row_sum, row_max, row_sum, two_product, two_sum
from nnlec.arithmetic.decimal_functions import exactly, exp, log1p, working
from nnlec.arithmetic.lazy_numpy import np
from nnlec.named import NamedTuple
from nnlec.network.activations.interface import NO_SLOPE, ActivationKind, Carry, Derivative, each
from nnlec.network.parameters import ABOVE_0, Parameter
from nnlec.notation import ELSE, call, cases, equals, sigma, symbols, words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnlec.arithmetic.types import Array, Indices

_exponentials = each(exp)

BLOCK = 8192  # numbers at a time: all the steps between stay in the processor's nearest memory


def softmax(x: Array, temperature: float = 1.0, out: Array | None = None) -> Array:
    """e^(x_i / T) / sum_j e^(x_j / T) along each row of (rows, units), shifted so that nothing overflows.

    >>> softmax(np.array([[1000.0, 1000.0, -1000.0]])).tolist()
    [[0.5, 0.5, 0.0]]
    """

    def shares(block: Array, out: Array) -> None:
        shifted, rest = _shifted(block, temperature)
        e = np.exp(shifted)
        total, lost = row_sum(e, 0, e * rest)
        e /= total
        lost /= total
        rest -= lost
        rest *= e
        e += rest
        out[:] = e

    return _by_blocks(shares, x, out)


def log_softmax(x: Array) -> Array:
    """log of softmax along each row: x_i - max - L, with L = log1p of all e^(x_j - max) but the largest one's 1.

    `x` is (rows, units). Nothing cancels, so that the most certain prediction keeps its tiny -log s to the last digit.

    >>> log_softmax(np.array([[0.0, 50.0]]))[0, 1].item()
    -1.9287498479639178e-22
    """

    def logarithms(block: Array, out: Array) -> None:
        shifted, rest, below = shifted_and_rest(block)
        np.subtract(below, rest, out=rest)
        np.subtract(shifted, rest, out=out)

    return _by_blocks(logarithms, x)


def shifted_and_rest(x: Array) -> tuple[Array, Array, Array]:
    """x - max in two doubles, and L = log1p of the sum of all e^(x_j - max) but the largest one's 1, (rows, 1)."""
    shifted, rest = _shifted(x)
    e = np.exp(shifted)
    largest = shifted == 0.0
    e -= largest
    bounds = plain_row_sum(e)
    # A row without a largest has a sum of NaN, every other one has one at least: more of them are ties.
    if np.count_nonzero(largest) > len(x) - np.count_nonzero(np.isnan(bounds)):
        e += largest & (np.cumsum(largest, axis=1) > 1)  # only the first of the tied is left out
        bounds = plain_row_sum(e)
    total, lost = row_sum(e, np.frexp(bounds)[1], e * rest)
    return shifted, rest, np.log1p(total) + lost / (1.0 + total)


def _by_blocks(step: Callable[[Array, Array], None], x: Array, out: Array | None = None) -> Array:
    rows = np.ascontiguousarray(x, dtype=np.float64)
    if out is None:
        out = np.empty_like(rows)
    height = max(1, BLOCK // max(1, rows.shape[1]))
    with np.errstate(all="ignore"):
        for start in range(0, len(rows), height):
            step(rows[start : start + height], out[start : start + height])
    return out


def _shifted(x: Array, temperature: float = 1.0) -> tuple[Array, Array]:
    """(x - max) / T along each row, and what its rounding lost (e^shifted alone would be wrong by as much).

    With an infinite value in a row the limit: 0 for its largest if that is the only one, -inf for all below.
    Short rows come out with each column in one piece, along which all that follows is fast.
    """
    if x.shape[1] <= SHORT:
        x = np.asfortranarray(x)
    top = row_max(x)
    shifted, rest = two_sum(x, -top)
    if temperature != 1.0:
        quotient = shifted / temperature
        product, lost = two_product(quotient, temperature)
        shifted, rest = quotient, ((shifted - product) - lost + rest) / temperature
    if not np.isfinite(rest).all():
        rest = finite(rest)
        alone = np.isinf(top) & (np.sum(x == top, axis=1, keepdims=True) == 1)
        shifted = np.where(alone & (x == top), 0.0, shifted)
    return shifted, rest


def places(x: Array, columns: Indices) -> Indices:
    """Where one column of each row lies in memory, which is in one piece by rows or by columns."""
    rows, width = x.shape
    here = np.arange(rows)
    if x.flags.c_contiguous:
        here *= width
        return here + columns
    return np.asarray(columns * rows + here)


def places_in_rows(flags: NDArray[np.bool_]) -> Indices:
    """(rows,): the column of the one flag that is set in each row."""
    rows, width = flags.shape
    found: Indices = np.flatnonzero(flags)
    found -= np.arange(0, rows * width, width)
    return found


def entries(x: Array, columns: Indices) -> Array:
    """One entry of each row, (rows, 1)."""
    return x.ravel("K").take(places(x, columns))[:, np.newaxis]


def _hardmax(x: Array) -> Array:
    out = np.zeros_like(x)
    out[np.arange(len(x)), np.argmax(x, axis=1)] = 1.0
    return out


@exactly
def exact_softmax(row: Sequence[Decimal], temperature: float = 1.0) -> list[Decimal]:
    """Softmax of one row of decimal numbers, right to 60 digits."""
    e = [exp(x / Decimal(repr(temperature))) for x in _exact_shifted(row)]
    total = sum(e, Decimal(0))
    return [x / total for x in e]


def argmax(row: Sequence[Decimal]) -> int:
    """Where the largest number stands: the first of equals, and NaN before all, as numpy has it."""
    return max(range(len(row)), key=lambda i: (row[i].is_nan(), Decimal(0) if row[i].is_nan() else row[i], -i))


class ExactSoftmax(NamedTuple):
    """Softmax of one row of scores: e^f, their sum, s, and which score is the largest."""

    logits: tuple[Decimal, ...]
    exponentials: tuple[Decimal, ...]
    total: Decimal
    probabilities: tuple[Decimal, ...]

    @property
    def largest(self) -> int:
        return argmax(self.logits)


def exact_softmax_of(logits: Sequence[Decimal], carry: Carry | None = None) -> ExactSoftmax:
    """Softmax of one row of scores with its steps; `carry` is applied to each number before it is used again.

    Where every e^f would be carried as 0, they and their sum are not.
    """
    keep = carry or (lambda number: number)
    with localcontext(working()):
        exponentials = tuple(_exponentials(logits))
        total = sum(exponentials, Decimal(0))
        carried = tuple(map(keep, exponentials))
        whole = keep(sum(carried, Decimal(0)))
        if carry is not None and whole.is_finite() and whole:
            return ExactSoftmax(tuple(logits), carried, whole, tuple(keep(e / whole) for e in carried))
    return ExactSoftmax(tuple(logits), exponentials, total, tuple(map(keep, exact_softmax(logits))))


def _carried_softmax(row: Sequence[Decimal], carry: Carry, temperature: float = 1.0) -> Sequence[Decimal]:
    """e^f, their sum and s as the lecture writes them; with a temperature s alone."""
    if temperature == 1.0:
        return exact_softmax_of(row, carry).probabilities
    return list(map(carry, exact_softmax(row, temperature)))


@exactly
def exact_log_softmax(row: Sequence[Decimal]) -> list[Decimal]:
    """Log-softmax of one row of decimal numbers, right to 60 digits however small it is."""
    shifted = _exact_shifted(row)
    first = shifted.index(max(shifted))
    below = log1p(sum((exp(x) for i, x in enumerate(shifted) if i != first), Decimal(0)))
    return [x - below for x in shifted]


def _exact_shifted(row: Sequence[Decimal]) -> list[Decimal]:
    """x - max along the row; its limit where one value is infinite, NaN where there is none."""
    top = max(row)
    if any(x.is_nan() for x in row) or (top.is_infinite() and row.count(top) > 1):
        return [Decimal("NaN")] * len(row)
    return [Decimal(0) if x == top else x - top for x in row]


@exactly
def _exact_hardmax(row: Sequence[Decimal]) -> list[Decimal]:
    first = next((i for i, x in enumerate(row) if x.is_nan()), None)
    largest = row.index(max(row)) if first is None else first
    return [Decimal(int(i == largest)) for i in range(len(row))]


def _softmax_backward(x: Array, upstream: Array, temperature: float = 1.0) -> Array:
    """s_j (u_j - sum_i s_i u_i) / T, from differences to the u of the largest s: nothing cancels where s is near 1."""
    s = softmax(x, temperature)
    top = s.argmax(axis=1)[:, np.newaxis]
    change = upstream - np.take_along_axis(upstream, top, axis=1)
    return s * (change - plain_row_sum(s * change)) / temperature


@exactly
def _exact_softmax_backward(
    row: Sequence[Decimal], upstream: Sequence[Decimal], temperature: float = 1.0
) -> list[Decimal]:
    s = exact_softmax(row, temperature)
    top = upstream[s.index(max(s))]
    mean = sum((si * (u - top) for si, u in zip(s, upstream, strict=True)), Decimal(0))
    return [si * (u - top - mean) / Decimal(repr(temperature)) for si, u in zip(s, upstream, strict=True)]


def shares_less(x: Array, target: Array) -> Array:
    """s_j sum_i t_i - t_j of logits and t, both (rows, units), as s_j times the others' t less t_j times their s.

    Nothing cancels: for a t of one class that is s_j, and minus the sum of all other s for the class itself.

    >>> shares_less(np.array([[0.0, 50.0]]), np.array([[0.0, 1.0]])).tolist()
    [[1.9287498479639178e-22, -1.9287498479639178e-22]]
    """
    s = softmax(x)
    few = s > 0.5
    others = plain_row_sum(np.where(few, 0.0, s))
    rest = np.where(few, others, 1.0 - s)
    true = target == 1.0
    if np.count_nonzero(target) == np.count_nonzero(true) == len(target) and true.any(axis=1).all():
        return np.where(true, -rest, s)
    return np.asarray(s * (plain_row_sum(target) - target) - target * rest)


@exactly
def exact_shares_less(row: Sequence[Decimal], target: Sequence[Decimal]) -> list[Decimal]:
    """The same of one row of decimal numbers, right to 60 digits."""
    s, total = exact_softmax(row), sum(target, Decimal(0))
    top = s.index(max(s))
    rest = [1 - si for si in s]
    rest[top] = sum((si for i, si in enumerate(s) if i != top), Decimal(0))
    return [si * (total - t) - t * other for si, t, other in zip(s, target, rest, strict=True)]


_E, _X_I, _X_J, _Y_I, _Y_J, _I, _J, _TEMPERATURE = symbols("e", "x_i", "x_j", "y_i", "y_j", "i", "j", "temperature")
_SAME = equals(_I, _J)
_SOFTMAX = _E**_X_I / sigma("j", _E**_X_J)

ROWS: tuple[ActivationKind, ...] = (
    ActivationKind(
        "softmax",
        softmax,
        exact_softmax,
        _SOFTMAX,
        ((1.0, 1.0), (0.5, 0.5)),
        "the lecture; ONNX Softmax",
        "0 to 1, adding up to 1",
        parameters=(
            Parameter("temperature", 1.0, "what every score is divided by; a high one evens the shares out", *ABOVE_0),
        ),
        pointwise=False,
        logit_scale=lambda temperature: temperature,
        takes_out=True,
        gives="distribution",
        derivative=Derivative(
            _softmax_backward,
            _exact_softmax_backward,
            cases((_Y_I * (1 - _Y_I) / _TEMPERATURE, _SAME), (-(_Y_I * _Y_J / _TEMPERATURE), ELSE)),
            "PyTorch Softmax",
        ),
        carried=_carried_softmax,
    ),
    ActivationKind(
        "log_softmax",
        log_softmax,
        exact_log_softmax,
        call("ln", _SOFTMAX),
        ((1.0, 1.0), (-0.6931471805599453, -0.6931471805599453)),
        "ONNX LogSoftmax",
        "-infinity to 0",
        ("logsoftmax",),
        pointwise=False,
        logit_scale=lambda: 1.0,
        gives="distribution",
        derivative=Derivative(
            lambda x, upstream: -shares_less(x, upstream),
            lambda row, upstream: [g.copy_negate() for g in exact_shares_less(row, upstream)],
            cases((1 - _E**_Y_I, _SAME), (-(_E**_Y_J), ELSE)),
            "PyTorch LogSoftmax",
        ),
    ),
    ActivationKind(
        "softmin",
        lambda x: softmax(-x),
        lambda row: exact_softmax([x.copy_negate() for x in row]),
        _E**-_X_I / sigma("j", _E**-_X_J),
        ((1.0, 1.0), (0.5, 0.5)),
        "PyTorch Softmin",
        "0 to 1, adding up to 1",
        pointwise=False,
        logit_scale=lambda: -1.0,
        gives="distribution",
        derivative=Derivative(
            lambda x, upstream: -_softmax_backward(-x, upstream),
            lambda row, upstream: [
                g.copy_negate() for g in _exact_softmax_backward([x.copy_negate() for x in row], upstream)
            ],
            cases((-(_Y_I * (1 - _Y_I)), _SAME), (_Y_I * _Y_J, ELSE)),
            "PyTorch Softmin",
        ),
    ),
    ActivationKind(
        "hardmax",
        _hardmax,
        _exact_hardmax,
        cases((1, words("i is the first of the largest")), (0, ELSE)),
        ((1.0, 3.0, 3.0), (0.0, 1.0, 0.0)),
        "ONNX Hardmax",
        "0 or 1",
        pointwise=False,
        gives="decision",
        derivative=NO_SLOPE,
    ),
)
