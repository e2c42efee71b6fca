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

from nnlec.arithmetic import norms
from nnlec.arithmetic.norms import layer_norm
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


def check_layer_norm(rows: Array, epsilon: float, scale: Array, shift: Array) -> None:
    found = np.empty_like(rows)
    layer_norm(rows, epsilon, scale, shift, found)
    n = rows.shape[1]
    learned = list(zip(np.resize(scale, n).tolist(), np.resize(shift, n).tolist(), strict=True))
    for row, result in zip(rows, found, strict=True):
        alone = np.empty((1, n))
        layer_norm(row[np.newaxis].copy(), epsilon, scale, shift, alone)
        assert alone.tobytes() == result.tobytes()
        with mpmath.workprec(PRECISION * 5):
            numbers = [number(x) for x in row]
            mean = mpmath.fsum(numbers) / n
            root = mpmath.sqrt(mpmath.fsum((x - mean) ** 2 for x in numbers) / n + number(epsilon))
            true = [(x - mean) / root * number(a) + number(b) for x, (a, b) in zip(numbers, learned, strict=True)]
            assert max(ulps(y, t) for y, t in zip(result.tolist(), true, strict=True)) <= PROMISED


@pytest.mark.parametrize(("tile", "piece"), [(1 << 16, 1 << 17), (1, 3), (14, 7), (20, 2)])
@pytest.mark.parametrize("single", [False, True])
def test_long_rows_are_normalised_some_columns_at_a_time(
    tile: int, piece: int, single: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(norms, "_TILE", tile)
    monkeypatch.setattr(norms, "_PIECE", piece)
    rng = np.random.default_rng(3)
    scale, shift = (np.array([0.7]), np.array([-0.0])) if single else (rng.normal(size=7), rng.normal(size=7))
    check_layer_norm(rows_of_all_sorts(rng, 7), 1e-5, scale, shift)


@pytest.mark.parametrize(
    ("row", "epsilon"),
    [
        ([1e200, 1.0, 2.0], 1e-5),
        ([-1e200, 1.0, 2.0], 1e-5),
        ([1e200, 1.1e200, 1.3e200], 1e-5),
        ([-1e200, -1.1e200, -1.3e200], 1e-5),
        ([1.7e308, -1.7e308, 1.0], 1e-5),
        ([1e200, -1e200, 0.1], 1e-5),
        ([1e40, -1e40, 0.1], 1e-5),
        ([0.1, 0.1, np.nextafter(0.1, 1.0)], 1e-40),
        ([1e-100, 2e-100, -3e-100], 1e-200),
        ([1e-170, -2e-170, 3e-170], 1e-300),
        ([1e-200, -2e-200, 3e-200], 0.0),
        ([5e-324, 1e-323, 0.0], 0.0),
        ([1e-200, -2e-200, 3e-200], 1e-5),
        ([1e-91, -2e-91, 4e-91], 1e-182),
    ],
)
def test_huge_and_tiny_rows_are_normalised_like_others(row: list[float], epsilon: float) -> None:
    usual = [0.5, -1.5, 2.25]
    rows = np.array([row, usual, row[::-1], usual])
    for shift in (np.array([0.0]), np.array([0.25, -3.0, 1.0])):
        check_layer_norm(rows, epsilon, np.array([0.3, -0.7, 1.1]), shift)


def test_one_number_that_its_shift_takes_away_is_computed_anew() -> None:
    rng = np.random.default_rng(6)
    rows = rng.normal(size=(5, 6))
    rows[3] = rows[1]
    centred = rows[1] - rows[1].mean()
    shift = np.zeros(6)
    shift[2] = -(centred[2] / np.sqrt((centred**2).mean() + 1e-5)) * 0.3
    check_layer_norm(rows, 1e-5, np.full(6, 0.3), shift)
    check_layer_norm(rows, 1e-5, np.array([0.3]), shift)
    check_layer_norm(rows, 1e-5, np.array([0.3]), shift[2:3])


@pytest.mark.parametrize("tile", [1, 4, 9, 30, 1 << 16])
def test_channels_are_normalised_some_at_a_time(tile: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each channel has a number next to nothing, infinities and NaN."""
    monkeypatch.setattr(norms, "_TILE", tile)
    rng = np.random.default_rng(9)
    mean, scale = rng.normal(size=(2, 8)) * 3
    variance, shift = rng.uniform(0.1, 4, size=8), rng.normal(size=8)
    values = rng.normal(size=(3, 8, 4))
    values[1, :, 2] = mean - shift * np.sqrt(variance + 1e-3) / scale
    values[2, :, 0], values[2, :, 1], values[2, :, 3] = math.inf, -math.inf, math.nan
    found = np.empty_like(values)
    norms.BlockedBatchNorm(mean, variance, scale, shift, 1e-3).apply(values, found)
    with mpmath.workprec(PRECISION):
        for place in np.ndindex(*values.shape):
            x = values[place]
            if not np.isfinite(x):
                assert repr(float(found[place])) == repr(float(x * np.sign(scale[place[1]])))
                continue
            m, v, a, b = (number(each[place[1]]) for each in (mean, variance, scale, shift))
            assert ulps(float(found[place]), (number(x) - m) / mpmath.sqrt(v + number(1e-3)) * a + b) <= PROMISED


def test_an_infinity_stays_one_whatever_its_factor() -> None:
    one, none, found = np.array([1.0]), np.array([0.0]), np.empty((1, 1, 2))
    for scale in (1.0, -0.5, 0.1):
        norms.BlockedBatchNorm(none, one, scale * one, none, 0.0).apply(np.array([[[math.inf, -math.inf]]]), found)
        assert found.tolist() == [[[math.copysign(math.inf, scale), math.copysign(math.inf, -scale)]]]


def test_no_zero_of_a_norm_is_negative() -> None:
    out = np.empty((1, 2))
    layer_norm(np.array([[3.0, 3.0]]), 1e-5, np.array([-1.0]), np.array([-0.0]), out)
    assert not np.signbit(out).any()
    one, none = np.array([1.0]), np.array([-0.0])
    norms.BlockedBatchNorm(2 * one, one, -one, none, 0.0).apply(np.array([[[2.0, 2.0]]]), out[np.newaxis])
    assert not np.signbit(out).any()


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
