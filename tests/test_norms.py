"""Norms against 420-bit arithmetic, memory that does not grow with an image, and exact sums of large layers."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Iterator
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from numpy.typing import NDArray

from nnlec.network.layers import Layer
from nnlec.network.layers.average_pool import AveragePool
from nnlec.network.layers.batch_norm import BatchNorm
from nnlec.network.layers.conv import Conv
from nnlec.network.layers.layer_norm import LayerNorm
from nnlec.network.layers.max_pool import MaxPool
from nnlec.network.trace import EXACT
from tests.accuracy.ulp import PRECISION, ulps

Array = NDArray[np.float64]
PROMISED = 3


def number(value: Any) -> Any:
    return mpmath.mpf(float(value))


def rows_of_all_sorts(rng: np.random.Generator, n: int) -> Array:
    """Usual ones, far from 0, alike, huge, tiny, of wide range, and all of one number but one."""
    rows = rng.normal(size=(8, n))
    rows[1] += 1e6
    rows[2] = 1.5 + rng.normal(size=n) * 1e-9
    rows[3] *= 1e200
    rows[4] *= 1e-200
    rows[5] *= 10.0 ** rng.integers(-20, 20, size=n)
    rows[6] = 0.1
    rows[6, 0] = 0.3
    return np.asarray(rows)


@pytest.mark.parametrize("n", [2, 3, 7, 50])
@pytest.mark.parametrize("epsilon", [1e-3, 1e-5, 1e-12])
def test_layer_norm_is_within_3_last_places(n: int, epsilon: float) -> None:
    rng = np.random.default_rng(n)
    for shift in (np.zeros(n), rng.normal(size=n)):
        layer = LayerNorm((n,), np.array(epsilon), rng.normal(size=n), shift)
        rows = rows_of_all_sorts(rng, n)
        for row, found in zip(rows, layer.forward(rows), strict=True):
            with mpmath.workprec(PRECISION):
                numbers = [number(x) for x in row]
                mean = mpmath.fsum(numbers) / n
                root = mpmath.sqrt(mpmath.fsum((x - mean) ** 2 for x in numbers) / n + number(epsilon))
                learned = zip(layer.scale.tolist(), layer.shift.tolist(), strict=True)
                true = [(x - mean) / root * number(a) + number(b) for x, (a, b) in zip(numbers, learned, strict=True)]
                assert max(ulps(y, t) for y, t in zip(found.tolist(), true, strict=True)) <= PROMISED


@pytest.mark.parametrize("seed", range(6))
def test_batch_norm_is_within_3_last_places(seed: int) -> None:
    """Also where the shift takes nearly everything away, and for means far larger than the spread."""
    rng = np.random.default_rng(seed)
    mean = rng.normal(size=5) * 10.0 ** rng.integers(-3, 8, size=5)
    variance = rng.uniform(0, 4, size=5) * 10.0 ** rng.integers(-8, 9)
    scale, shift = rng.normal(size=5), rng.normal(size=5) * (seed % 2)
    layer = BatchNorm((5, 4), mean, variance, np.array(1e-5), scale, shift)
    spread = np.sqrt(variance + 1e-5)[:, np.newaxis]
    rows = mean[:, np.newaxis] + rng.normal(size=(6, 5, 4)) * spread
    rows[0] = (mean - shift * spread[:, 0] / scale)[:, np.newaxis]  # the result is next to nothing
    rows[1] = mean[:, np.newaxis]
    rows[2] *= 1e200
    found = layer.forward(rows.reshape(6, -1)).reshape(rows.shape)
    with mpmath.workprec(PRECISION):
        for place in np.ndindex(*rows.shape):
            m, v, a, b = (number(each[place[1]]) for each in (mean, variance, scale, shift))
            true = (number(rows[place]) - m) / mpmath.sqrt(v + number(1e-5)) * a + b
            assert ulps(float(found[place]), true) <= PROMISED, place


def test_norms_of_numbers_that_are_not_finite_leave_other_rows_alone() -> None:
    layers: list[Layer] = [
        BatchNorm((3,), np.array(1.0), np.array(2.0), np.array(0.1)),
        LayerNorm((3,), np.array(0.1)),
    ]
    rows = np.array([[1.0, 2.0, 3.0], [math.inf, 0.0, 1.0], [math.nan, 0.0, 1.0], [1.0, 2.0, 3.0]])
    for layer in layers:
        found = layer.forward(rows)
        assert np.isfinite(found[[0, 3]]).all()
        assert found[0].tobytes() == found[3].tobytes() == layer.forward(rows[:1])[0].tobytes()
    assert layers[0].forward(rows)[1].tolist()[0] == math.inf
    assert np.isnan(layers[1].forward(rows)[1:3]).all()


def test_equal_numbers_have_no_spread() -> None:
    layer = LayerNorm((4,), np.array(1e-5), shift=np.array(0.25))
    assert layer.forward(np.full((2, 4), 0.1)).tolist() == [[0.25] * 4] * 2


def wide_layers() -> Iterator[tuple[str, Layer]]:
    """Layers over images and signals of up to 9 million numbers (72 MB)."""
    image, signal = (1, 3000, 3000), (1, 4_000_000)
    yield "conv", Conv(np.ones((1, 1, 3, 3)), image, padding=1, stride=(3, 3))
    yield "conv of many channels", Conv(np.ones((8, 64, 3, 3)), (64, 200, 200), padding="same", stride=2)
    yield "conv, far apart", Conv(np.ones((1, 1, 3, 3)), image, padding=500, dilation=1900, stride=9)
    yield "conv of a signal", Conv(np.ones((1, 1, 9)), signal, padding=4, stride=2)
    yield "max_pool", MaxPool(image, 4)
    yield "max_pool, overlapping", MaxPool(image, 5, 3, 2)
    yield "average_pool", AveragePool(image, 4)
    yield "average_pool of all", AveragePool(image, "all")
    yield "average_pool of a signal", AveragePool(signal, 8)
    yield "max_pool of all", MaxPool((1, 30, 500, 500), "all")
    yield "batch_norm", BatchNorm((4, 1000, 1000), np.array(0.5), np.array(2.0), np.array(1e-5))
    yield "layer_norm", LayerNorm((2_000_000,), np.array(1e-5))


@pytest.mark.parametrize(
    ("name", "layer"), list(wide_layers()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_large_image_takes_no_more_than_64_megabytes(name: str, layer: Layer) -> None:
    row = np.random.default_rng(1).normal(size=(1, layer.n_in))
    out = np.empty((1, layer.n_out))
    tracemalloc.start()
    layer.forward(row, out)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most <= 64 << 20, f"{name}: {most >> 20} MB"


@pytest.mark.parametrize("flip", [False, True])
def test_a_large_convolution_is_exact(flip: bool) -> None:
    rng = np.random.default_rng(2)
    weights = rng.normal(size=(8, 3, 3, 3)) * 10.0 ** rng.integers(-30, 3, size=(8, 1, 1, 1))
    layer = Conv(weights, (6, 14, 14), rng.normal(size=8), 1, "same", groups=2, flip=flip)
    row = [Decimal(repr(x)) for x in rng.normal(size=layer.n_in).tolist()]
    with localcontext(EXACT):
        found = layer.exact(row)
        for unit in (0, 13, 200, 783, 784, 1567):
            assert found[unit] == layer.exact_unit(row, unit)
    assert float(Fraction(found[5])) == pytest.approx(layer.forward(np.array([row], dtype=float))[0, 5], rel=1e-12)
