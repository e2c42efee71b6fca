"""Windows, convolution and pooling against the plain reading of what they are: every window, entry by entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from math import inf, isinf, isnan, nan, prod, ulp
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from nnlec.arithmetic import convolution, pooling
from nnlec.arithmetic.convolution import Convolution
from nnlec.arithmetic.pooling import average_pool, max_pool
from nnlec.arithmetic.windows import Axis, Windows
from nnlec.errors import NnlecError
from tests.conftest import examples

Array = NDArray[np.float64]
ROWS = 11


@st.composite
def windows(draw: st.DrawFn, widest_pad: int = 4) -> Windows:
    axes = []
    for _ in range(draw(st.integers(1, 3))):
        size, window, dilation = (draw(st.integers(1, most)) for most in (7, 4, 3))
        before, after = (draw(st.integers(0, widest_pad)) for _ in range(2))
        axis = Axis(size, window, draw(st.integers(1, 3)), before, after, dilation)
        axes.append(replace(axis, size=size + max(0, axis.extent - axis.padded)))
    return Windows(tuple(axes))


@st.composite
def pooled(draw: st.DrawFn) -> Windows:
    made = draw(windows(1))
    try:
        made.check_each_holds_an_input()
    except NnlecError:
        made = Windows(tuple(Axis(axis.size + 3, axis.window, axis.stride) for axis in made.axes))
    return draw(st.sampled_from([made, Windows(tuple(Axis(n, n) for n in made.inputs))]))


def sources(made: Windows) -> list[list[tuple[tuple[int, ...], tuple[int, ...]]]]:
    """For each cell its (entry, input), padding left out."""
    cells = np.ndindex(*made.shape)
    return [[(kernel, at) for kernel, at in made.places(cell) if at is not None] for cell in cells]


@pytest.mark.parametrize(
    ("size", "window", "stride", "padding", "dilation", "cells"),
    [(3, 2, 1, (1, 1), 1, 4),
     (28, 5, 1, (2, 2), 1, 28), (7, 3, 2, (1, 1), 1, 4), (5, 3, 1, (0, 0), 2, 1), (5, 2, 2, (0, 0), 1, 2)],
)  # fmt: skip
def test_the_size_of_a_map(
    size: int, window: int, stride: int, padding: tuple[int, int], dilation: int, cells: int
) -> None:
    assert Windows.over((size,), (window,), stride, (padding,), dilation).shape == (cells,)


@pytest.mark.parametrize(
    ("size", "window", "stride", "pads"),
    [(5, 2, 1, (0, 1)), (5, 3, 2, (1, 1)), (6, 3, 2, (0, 1)), (4, 2, 2, (0, 0)), (5, 1, 2, (0, 0))],
)
def test_same_gives_a_cell_for_each_stride_and_puts_the_odd_one_behind(
    size: int, window: int, stride: int, pads: tuple[int, int]
) -> None:
    (axis,) = Windows.over((size,), (window,), stride, "same").axes
    assert (axis.cells, axis.before, axis.after) == (-(-size // stride), *pads)
    assert Windows.over((size,), (window,), stride, "valid").axes[0].padded == size


@pytest.mark.parametrize("padding", [0, 2, "same"])
def test_windows_one_step_apart_are_as_many_and_begin_at_the_same_place(padding: int | str) -> None:
    made = Windows.over((7, 9), (3, 2), (2, 3), padding, (1, 2))
    near = made.with_stride_one()
    assert near.shape == made.shape
    for before, after in zip(made.axes, near.axes, strict=True):
        assert [after.start(cell) for cell in range(3)] == [cell - before.before for cell in range(3)]
        assert (after.window, after.dilation, after.size) == (before.window, before.dilation, before.size)


@given(windows())
@examples(150)
def test_every_view_of_windows_says_the_same(made: Windows) -> None:
    held = np.full(made.shape + made.window, -1)
    index = np.arange(prod(made.inputs)).reshape(made.inputs)
    for entry, cells, inputs in made.overlaps():
        held[cells + entry] = index[inputs]
    expected = np.full_like(held, -1)
    for cell, places in zip(np.ndindex(*made.shape), sources(made), strict=True):
        for entry, at in places:
            expected[cell + entry] = index[at]
        reached = tuple(axis.held(place) for axis, place in zip(made.axes, cell, strict=True))
        assert index[reached].ravel().tolist() == [index[at] for _, at in places]
        flat = [(int(np.ravel_multi_index(entry, made.window)), int(index[at])) for entry, at in places]
        assert made.held(cell) == flat
    assert (held == expected).all()
    counts = [axis.counts for axis in made.axes]
    total = counts[0] if len(counts) == 1 else np.multiply.outer(counts[0], prod_outer(counts[1:]))
    assert ((held >= 0).sum(axis=tuple(range(len(counts), 2 * len(counts)))) == total).all()


def prod_outer(counts: list[Array]) -> Array:
    return counts[0] if len(counts) == 1 else np.asarray(np.multiply.outer(counts[0], counts[1]))


@given(windows(), st.integers(1, 20))
@examples(100)
def test_tiles_are_the_same_windows_some_at_a_time(made: Windows, most: int) -> None:
    index = np.arange(prod(made.inputs)).reshape(made.inputs)
    whole = [[(entry, index[at]) for entry, at in places] for places in sources(made)]
    pieces: list[list[tuple[tuple[int, ...], int]]] = []
    for cells, reached, tile in made.tiles(most):
        assert (cells.start, tile.cells) == (len(pieces), cells.stop - cells.start)
        assert tile.cells <= most
        pieces += [[(entry, index[reached][at]) for entry, at in places] for places in sources(tile)]
    assert pieces == whole


@given(windows(), st.data())
@examples(100)
def test_a_convolution_is_the_sum_over_its_windows(made: Windows, data: st.DataObject) -> None:
    groups, per_group, kernels_per_group = (data.draw(st.integers(1, most)) for most in (3, 3, 9))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    images = rng.integers(-9, 9, size=(ROWS, groups, per_group, *made.inputs)).astype(np.float64)
    kernels = rng.integers(-9, 9, size=(groups * kernels_per_group, per_group, *made.window)).astype(np.float64)
    bias = rng.integers(-9, 9, size=groups * kernels_per_group).astype(np.float64)
    split = kernels.reshape(groups, kernels_per_group, per_group, -1)
    pixels = images.reshape(ROWS, groups, per_group, -1)
    expected = np.zeros((ROWS, groups, kernels_per_group, made.cells))
    for cell, places in enumerate(sources(made)):
        for entry, at in places:
            weights = split[..., np.ravel_multi_index(entry, made.window)]
            seen = pixels[..., np.ravel_multi_index(at, made.inputs)]
            expected[..., cell] += np.einsum("ngc,gkc->ngk", seen, weights)
    expected += bias.reshape(groups, kernels_per_group, 1)
    rows = images.reshape(ROWS, -1)
    with pytest.MonkeyPatch.context() as patch:
        for name, sizes in (("_SCRATCH_SIZE", (1 << 18, 300, 40)), ("_LARGE_SCRATCH", (1 << 20, 1))):
            patch.setattr(convolution, name, data.draw(st.sampled_from(sizes)))
        layer = Convolution(made, kernels, bias, groups)
        assert (layer.multiply(rows) == expected.reshape(ROWS, -1)).all()
        assert (layer.multiply(np.asfortranarray(rows)) == expected.reshape(ROWS, -1)).all()


SHAPES = [
    ((1, 28, 28), (6, 1, 5, 5), 1, "same", 1),
    ((6, 14, 14), (16, 6, 5, 5), 1, 0, 1),
    ((16, 5, 5), (120, 16, 5, 5), 1, 0, 1),
    ((8, 9, 9), (8, 1, 3, 3), 2, 1, 8),
    ((8, 9, 9), (12, 8, 1, 1), 1, 0, 1),
    ((4, 3, 3), (64, 2, 3, 3), 1, 1, 2),
    ((3, 70), (5, 3, 7), 2, "same", 1),
    ((2, 4, 6, 6), (3, 2, 2, 3, 3), 1, 1, 1),
]


@pytest.mark.parametrize(("inputs", "kernels", "stride", "padding", "groups"), SHAPES)
def test_a_convolved_image_has_the_same_bits_alone_and_in_any_batch(
    inputs: tuple[int, ...], kernels: tuple[int, ...], stride: int, padding: int | str, groups: int
) -> None:
    rng = np.random.default_rng(1)
    made = Windows.over(inputs[1:], kernels[2:], stride, padding)
    layer = Convolution(made, rng.normal(size=kernels), rng.normal(size=kernels[0]), groups)
    rows = rng.normal(size=(300, prod(inputs)))
    whole = layer.multiply(rows)
    for start, stop in ((0, 1), (17, 18), (299, 300), (5, 12), (100, 233), (1, 300)):
        assert layer.multiply(rows[start:stop].copy()).tobytes() == whole[start:stop].tobytes()
    out = np.full((300, whole.shape[1] + 1), 7.0)
    assert layer.multiply(rows, out[:, :-1]).tobytes() == whole.tobytes() == out[:, :-1].tobytes()
    assert (out[:, -1] == 7.0).all()


def test_a_number_that_is_not_finite_is_heard_of_where_it_is_looked_at() -> None:
    layer = Convolution(Windows.over((8, 8), (3, 3), padding=1), np.ones((2, 1, 3, 3)), None)
    rows = np.ones((3, 64))
    rows[1, 0], rows[2, 63] = inf, nan
    found = np.isfinite(layer.multiply(rows).reshape(3, 2, 8, 8))
    assert found[0].all()
    for row, corner in ((1, (0, 1)), (2, (6, 7))):
        looked_at = np.isin(np.arange(8), corner)
        assert (~found[row] == looked_at & looked_at[:, np.newaxis]).all()
    assert layer.multiply(rows[1:2]).tobytes() == layer.multiply(rows)[1:2].tobytes()


def test_no_zero_of_a_convolution_is_negative() -> None:
    layer = Convolution(Windows.over((4,), (2,)), np.full((2, 1, 2), -1e-200), np.array([-0.0, 0.0]))
    assert not np.signbit(layer.multiply(np.array([[0.0, 1e-200, 1e-200, 0.0]]))).any()


@given(pooled(), st.integers(0, 999), st.sampled_from([1 << 17, 30, 4]))
@examples(150)
def test_pools_are_the_largest_and_the_mean_of_each_window(made: Windows, seed: int, tile: int) -> None:
    """Images of all sorts beside each other: whole numbers, huge, tiny, wide ranges, NaN, infinities, zeros."""
    rng = np.random.default_rng(seed)
    images = rng.normal(size=(8, *made.inputs))
    images[0] = np.round(images[0] * 9)
    images[1] *= 3e307
    images[2].flat[seed % images[2].size] = nan
    images[3].flat[-1] = inf
    images[4] *= 1e-310
    images[5] *= 10.0 ** rng.integers(-25, 1, size=made.inputs)
    images[6] = -0.0
    images[7] = np.abs(images[7])
    with pytest.MonkeyPatch.context() as patch, np.errstate(all="ignore"):
        patch.setattr(pooling, "_TILE", max(tile, prod(made.inputs) // 30))  # of thousands, tiles take minutes
        patch.setattr(pooling, "_PIECE", 5 if tile == 30 else 1 << 16)
        largest, mean, padded = results = [np.empty((8, made.cells)) for _ in range(3)]
        passes: list[Callable[[Array, Array], None]] = [
            lambda some, out: max_pool(some, made, out),
            lambda some, out: average_pool(some, made, out),
            lambda some, out: average_pool(some, made, out, count_padding=True),
        ]
        for one_pass, result in zip(passes, results, strict=True):
            one_pass(images, result)
            for row in range(8):
                alone = np.empty((1, made.cells))
                one_pass(images[row : row + 1].copy(), alone)
                assert alone.tobytes() == result[row].tobytes()
            assert not (np.signbit(result) & (result == 0.0)).any()
    for cell, places in enumerate(sources(made)):
        for row in range(8):
            numbers = [float(images[(row, *at)]) for _, at in places]
            if any(map(isnan, numbers)) or {inf, -inf} <= set(numbers):
                assert isnan(mean[row, cell])
            elif any(map(isinf, numbers)):
                assert mean[row, cell] == padded[row, cell] == sum(numbers)
            else:
                total = sum(map(Fraction, numbers), Fraction(0))
                within(mean[row, cell], total / len(numbers), 3)
                within(padded[row, cell], total / prod(made.window), 3)
            assert isnan(largest[row, cell]) if any(map(isnan, numbers)) else largest[row, cell] == max(numbers)


def test_a_mean_of_numbers_that_cancel_is_right_beside_others() -> None:
    cancelling = [1e30, 1.0, 1e-30, -1e30, -1.0]
    numbers = [
        *cancelling,
        1.0,
        2.0,
        -3.5,
        4.0,
        5.0,
        *cancelling[::-1],
        3.0,
        -1.0,
        -2.0,
        0.0,
        0.0,
        *cancelling[2:],
        0.0,
    ]
    images = np.array([numbers, np.arange(24) - 11.5])
    for made in (Windows((Axis(24, 5, 5, after=1),)), Windows((Axis(24, 5),)), Windows((Axis(24, 24),))):
        found = np.empty((2, made.cells))
        average_pool(images, made, found)
        for row, cell in np.ndindex(2, made.cells):
            held = images[row, made.axes[0].held(cell)].tolist()
            within(float(found[row, cell]), sum(map(Fraction, held), Fraction(0)) / len(held), 3)


def within(found: float, truth: Fraction, units: int) -> None:
    assert abs(Fraction(float(found)) - truth) <= units * Fraction(ulp(float(truth)))


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        (((3, 3), (1, 4)), "size: a window of 1 x 4 is larger than the input, 3 x 3"),
        (((3, 3), (5, 5)), "a window of 5 x 5 is larger than the input, 3 x 3"),
        (((3, 3), (5, 5), 1, ((0, 1), (1, 0))), "is larger than the input, 3 x 3, 4 x 4 with its padding"),
        (((3, 3), (2, 2), 1, 0, 9), "a window of 2 x 2, 10 x 10 with its dilation, is larger than the input"),
        (((3, 3), (2, 2), 0), "stride: 0, expected 1 or more"),
        (((3, 3), (2, 2), 1.5), "stride: 1.5, expected a whole number"),
        (((3, 3), (2, 2), (1, 1, 1)), "stride: 3 numbers, expected 1 or 2, one an axis"),
        (((3, 3), (1, 1), 1, 10**6), "padding: an input of 3 x 3 becomes a map of 2000003 x 2000003: more than"),
        (((3, 3), (2, 2), 1, 1e300), "padding: 1e+300, expected 1099511627776 or less"),
        (((3, 3), (2, 2), 1, -1), "padding: -1, expected 0 or more"),
        (((3, 3), (2, 2), 1, (1, 2, 3, 4)), "ONNX's list of these is [[1, 3], [2, 4]] here"),
        (((3,), (2,), 1, (1, 1)), "expected 1 or [[before, after]]"),
        (((3, 3), (2, 2), 1, "full"), "padding: 'full', expected numbers, same or valid"),
        (((3, 3), (2, 2), ((1, 1), (1, 1))), "stride: 2 x 2 numbers, expected 1 or 2, one an axis"),
        (((3, 3), (2, 2), 1, ((1, 2, 3), (4, 5, 6))), "2 x 3 numbers, expected 1, 2 (one an axis), or 2 pairs"),
        (((3, 3), (2, 2), 1, (1 << 40) + 1), "padding: 1099511627777, expected 1099511627776 or less"),
        (((3, 3), (2, 2), 1, 1 << 40), "padding: an input of 3 x 3 becomes a map of 2199023255554 x"),
        (((10_001, 10_000), (1, 1)), "size: an input of 10001 x 10000 becomes a map of 10001 x 10000: more than"),
        (((3, 3), (2,)), "a window of 2 over an input of 3 x 3: 1-D over 2-D"),
        (((3, 3), (0, 2)), "a window of 0 x 2"),
    ],
)  # fmt: skip
def test_windows_that_cannot_be_are_refused(given_: tuple[Any, ...], message: str) -> None:
    with pytest.raises(NnlecError) as error:
        Windows.over(*given_)
    assert message in str(error.value)


def test_a_window_of_nothing_but_padding_is_refused() -> None:
    Windows.over((4,), (2,), 1, 1).check_each_holds_an_input()
    Windows.over((4, 4), (3, 3), 2, ((2, 1), (0, 2))).check_each_holds_an_input()
    for size, window, before, after, dilation in ((4, 2, 2, 2, 1), (4, 2, 2, 0, 1), (4, 2, 0, 2, 1), (2, 2, 1, 1, 3),
                                                  (2, 2, 3, 3, 3)):  # fmt: skip
        made = Windows.over((4, size), (2, window), 1, ((0, 0), (before, after)), (1, dilation))
        with pytest.raises(NnlecError) as error:
            made.check_each_holds_an_input()
        pads = f"{before} before and {after} after {size} inputs"
        assert str(error.value) == f"padding: a window of {window} would hold nothing but padding: {pads}"


def test_the_largest_map_there_may_be() -> None:
    assert Windows.over((10_000, 10_000), (1, 1)).cells == 100_000_000
