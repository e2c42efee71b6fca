"""How far a double is from the true value, in units in its last place, and the points where that is asked."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
from numpy.typing import NDArray

from nnlec.network.activations import activation
from nnlec.network.losses import loss

Array = NDArray[np.float64]
Number = Any  # mpmath has no types

PRECISION = 420
"""Bits of the reference: far more than any cancellation in the points below can eat."""


def ulps(value: float, true: Number) -> float:
    """|value - true| in units in the last place of the double nearest to `true`."""
    nearest = float(true)
    if math.isinf(nearest) or math.isinf(value):
        return 0.0 if value == nearest else math.inf
    return float(abs(mpmath.mpf(value) - true) / mpmath.mpf(math.ulp(nearest)))


@dataclass(frozen=True)
class Pointwise:
    """A function of one number: ours, the true one, the promise in ULP, and the points."""

    name: str
    ours: Callable[[Array], Array]
    true: Callable[[Number], Number]
    bound: float
    points: Array

    def worst(self, function: Callable[[Array], Array] | None = None) -> tuple[float, str]:
        """The largest error of `function` (ours by default), and where."""
        values = (function or self.ours)(self.points.reshape(-1, 1)).ravel()
        with mpmath.workprec(PRECISION):
            errors = [ulps(float(v), self.true(mpmath.mpf(float(x)))) for v, x in zip(values, self.points, strict=True)]
        at = int(np.argmax(np.nan_to_num(np.array(errors), nan=math.inf)))
        return errors[at], f"at {float(self.points[at])!r}"


@dataclass(frozen=True)
class Rowwise:
    """A function of rows, (rows, n) or (rows, n) with a target, giving rows; a row's reference is computed at once."""

    name: str
    ours: Callable[..., Array]
    true: Callable[..., Sequence[Number]]
    bound: float
    rows: tuple[tuple[Array, ...], ...]

    def worst(self, function: Callable[..., Array] | None = None) -> tuple[float, str]:
        worst = (0.0, "")
        for arguments in self.rows:
            values = np.atleast_1d((function or self.ours)(*(a.reshape(1, -1) for a in arguments))[0])
            with mpmath.workprec(PRECISION):
                true = self.true(*([mpmath.mpf(float(x)) for x in a] for a in arguments))
                errors = [ulps(float(v), t) for v, t in zip(values, true, strict=True)]
            error = max((math.inf if math.isnan(e) else e) for e in errors)
            if error > worst[0]:
                worst = (error, f"in a row of {arguments[0].size}: {arguments[0][:3].tolist()} ...")
        return worst


def _points() -> Array:
    """Numbers of every size and sign; more where a formula changes its form, or its result is subnormal."""
    random = np.random.default_rng(4)
    edges = np.array([0.5, 1.0, 3.0, 5.0, 20.0, 36.7368, 37.5, 38.48, 40.0, 350.0, 700.0, 708.4, 709.78, 720.0, 745.13])
    near = [edges, np.nextafter(edges, 0), np.nextafter(edges, 1e3), edges * (1 + random.uniform(-1e-3, 1e-3, 15))]
    magnitudes = np.concatenate([
        *near,
        10.0 ** random.uniform(-20, 3, 300),
        random.uniform(0, 10, 300),
        random.uniform(0, 760, 300),
        [5e-324, 1e-310, 2.2250738585072014e-308, 1e-300, 1e-160, 1e5, 1e100, 1e300, 1.7976931348623157e308],
    ])  # fmt: skip
    return np.concatenate([magnitudes, -magnitudes, [0.0]])


POINTS = _points()


def _logits() -> tuple[Array, ...]:
    """Rows with gaps up to 1e5, ties, one class, a thousand classes, and scores whose gaps are rounded."""
    random = np.random.default_rng(5)
    rows = [np.array(row) for row in ([0.0], [3.5], [1.0, 1.0], [2.0, 2.0, 2.0], [1e5, -1e5], [-1e5, 0.0, 1e5, 1e5])]
    rows += [np.array([0.0, -gap]) for gap in (1e-300, 1e-16, 0.1, 30.0, 36.9, 37.1, 500.0, 708.5, 740.0, 745.0, 1e5)]
    for n in (2, 3, 7, 8, 9, 10, 17, 100, 1000):
        for scale in (1e-8, 1.0, 10.0, 300.0, 1e5):
            rows.append(random.normal(size=n) * scale)
            rows.append(random.normal(size=n) * scale + random.choice([1e3, -1e5, 0.1234567]))
    return tuple(rows)


LOGITS = _logits()


def _distributions(size: int, seed: int) -> Array:
    random = np.random.default_rng(seed)
    p = random.dirichlet(np.full(size, 0.5))
    kept = np.where(p < 1e-6, 0.0, p) if size > 1 else np.ones(1)
    return np.asarray(kept / kept.sum())


def _one_hot(size: int, seed: int) -> Array:
    return np.asarray(np.arange(size) == seed % size, dtype=np.float64)


def _softmax(f: Sequence[Number]) -> list[Number]:
    top = max(f)
    e = [mpmath.exp(x - top) for x in f]
    total = mpmath.fsum(e)
    return [x / total for x in e]


def _log_softmax(f: Sequence[Number]) -> list[Number]:
    top = max(f)
    first = list(f).index(top)
    rest = mpmath.log1p(mpmath.fsum(mpmath.exp(x - top) for i, x in enumerate(f) if i != first))
    return [x - top - rest for x in f]


def _cross_entropy(f: Sequence[Number], g: Sequence[Number]) -> list[Number]:
    return [-mpmath.fsum(gi * s for gi, s in zip(g, _log_softmax(f), strict=True) if gi)]


def _entropy_of_given(q: Sequence[Number], p: Sequence[Number]) -> list[Number]:
    return [-mpmath.fsum(pi * mpmath.log(qi) for pi, qi in zip(p, q, strict=True) if pi)]


def _true_softplus(x: Number) -> Number:
    return max(x, 0) + mpmath.log1p(mpmath.exp(-abs(x)))


def _divergence(q: Sequence[Number], p: Sequence[Number]) -> list[Number]:
    return [mpmath.fsum(pi * mpmath.log(pi / qi) for pi, qi in zip(p, q, strict=True) if pi)]


def _near(p: Array, distance: float, seed: int) -> Array:
    """Another distribution, which differs from `p` by about `distance` of each share."""
    other = p * (1 + distance * np.random.default_rng(seed).uniform(-1, 1, p.size))
    return np.asarray(other / other.sum())


def _binary(f: Sequence[Number], g: Sequence[Number]) -> list[Number]:
    (x,), (t,) = f, g
    return [t * _true_softplus(-x) + (1 - t) * _true_softplus(x)]


def _of(name: str, **parameters: float) -> Callable[[Array], Array]:
    chosen = activation(name, parameters)
    return lambda x: chosen(x)


def _loss(name: str, *, given: bool = False) -> Callable[[Array, Array], Array]:
    chosen = loss(name)
    return lambda predicted, target: chosen.value(predicted, target, given_probabilities=given)


def _selu(x: Number) -> Number:
    alpha, gamma = mpmath.mpf("1.6732632423543772"), mpmath.mpf("1.0507009873554805")
    return gamma * (x if x > 0 else alpha * mpmath.expm1(x))


def _gelu(x: Number) -> Number:
    if abs(x) > 1000:  # the tail is less than 1e-200000
        return max(x, mpmath.mpf(0))
    return x * mpmath.erfc(-x / mpmath.sqrt(2)) / 2


def _gelu_tanh(x: Number) -> Number:
    u = mpmath.sqrt(2 / mpmath.pi) * (x + mpmath.mpf(44715) / 1_000_000 * x**3)
    return x / (1 + mpmath.exp(-2 * u))


def _with_targets(make: Callable[[int, int], Array]) -> tuple[tuple[Array, ...], ...]:
    return tuple((row, make(row.size, seed)) for seed, row in enumerate(LOGITS))


_SOFT = np.array([0.0, 1e-17, 1e-3, 0.1, 0.5, 0.7, 0.999, 1 - 2.0**-53, 1.0])
_EACH = tuple(
    (np.array([x]), np.array([t])) for t in _SOFT for x in POINTS[np.abs(POINTS) < 1e6][:: 7 if 0 < t < 1 else 3]
)

CASES: tuple[Pointwise | Rowwise, ...] = (
    Rowwise("softmax", _of("softmax"), _softmax, 3, tuple((row,) for row in LOGITS)),
    Rowwise(
        "softmax, temperature 0.3",
        _of("softmax", temperature=0.3),
        lambda f: _softmax([x / mpmath.mpf(0.3) for x in f]),
        4,
        tuple((row,) for row in LOGITS),
    ),
    Rowwise("log-softmax", _of("log_softmax"), _log_softmax, 3, tuple((row,) for row in LOGITS)),
    Rowwise("cross-entropy", _loss("cross-entropy"), _cross_entropy, 3, _with_targets(_one_hot)),
    Rowwise("cross-entropy, soft targets", _loss("cross-entropy"), _cross_entropy, 3, _with_targets(_distributions)),
    Rowwise(
        "H(p, q) of given probabilities",
        _loss("cross-entropy", given=True),
        _entropy_of_given,
        1.5,
        tuple(
            (np.random.default_rng(n).dirichlet(np.ones(n)), _distributions(n, n + 1))
            for n in (2, 3, 5, 8, 10, 17, 50, 100, 300, 1000)
            for _ in range(5)
        ),
    ),
    Rowwise(
        "KL divergence of given probabilities",
        _loss("kl-divergence", given=True),
        _divergence,
        30,
        tuple(
            (_near(p, distance, n), p)
            for n in (2, 3, 7, 10, 100)
            for p in (np.random.default_rng(n).dirichlet(np.ones(n)), _distributions(n, n + 1))
            for distance in (1e-15, 1e-12, 1e-8, 1e-5, 1e-3, 0.03, 0.3, 0.9, 0.9999)
        ),
    ),
    Rowwise("binary cross-entropy", _loss("binary-cross-entropy"), _binary, 2.5, _EACH),
    Pointwise("sigmoid", _of("sigmoid"), lambda x: 1 / (1 + mpmath.exp(-x)), 3, POINTS),
    Pointwise("tanh", _of("tanh"), mpmath.tanh, 1.5, POINTS),
    Pointwise("softplus", _of("softplus"), _true_softplus, 3, POINTS),
    Pointwise("silu", _of("silu"), lambda x: x / (1 + mpmath.exp(-x)), 3, POINTS),
    Pointwise("silu, beta 1.7", _of("silu", beta=1.7), lambda x: x / (1 + mpmath.exp(-mpmath.mpf(1.7) * x)), 5, POINTS),
    Pointwise("mish", _of("mish"), lambda x: x * mpmath.tanh(mpmath.log1p(mpmath.exp(x))), 4, POINTS),
    Pointwise("gelu", _of("gelu"), _gelu, 5, POINTS),
    Pointwise("gelu_tanh", _of("gelu_tanh"), _gelu_tanh, 5, POINTS),
    Pointwise("elu", _of("elu"), lambda x: x if x > 0 else mpmath.expm1(x), 1, POINTS),
    Pointwise("selu", _of("selu"), _selu, 3, POINTS),
    Pointwise(
        "celu, alpha 0.3",
        _of("celu", alpha=0.3),
        lambda x: x if x > 0 else mpmath.mpf(0.3) * mpmath.expm1(x / mpmath.mpf(0.3)),
        3,
        POINTS,
    ),
    Pointwise("softsign", _of("softsign"), lambda x: x / (1 + abs(x)), 1.5, POINTS),
    Pointwise("exponential", _of("exponential"), mpmath.exp, 1, POINTS),
)
