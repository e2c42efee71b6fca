"""Keras's layers with windows, and which layers of a network they and others become; numbers worked by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

import nnlec
from nnlec import NnlecError
from tests.keras_models import chained, graphed, kinds

FOUR = [1.0, 2, 3, 4]
SUM = {"filters": 1, "use_bias": False}
ALL = [[[1.0]], [[1]], [[1]]]  # a kernel of three ones, from one channel to one
EACH = np.arange(1.0, 13).reshape(1, 3, 2, 2)  # height 1, width 3, 2 channels, 2 kernels for each


@pytest.mark.parametrize(
    ("layers", "shape", "row", "expected"),
    [
        ([("Conv1D", {"filters": 1, "kernel_size": 3}, ALL, [100])], (4, 1), FOUR, [106, 109]),
        ([("Conv1D", {**SUM, "kernel_size": 3, "padding": None}, ALL)], (4, 1), FOUR, [6, 9]),
        ([("Conv1D", {**SUM, "kernel_size": 3, "padding": "same"}, ALL)], (4, 1), FOUR, [3, 6, 9, 7]),
        ([("Conv1D", {**SUM, "kernel_size": 3, "padding": "causal"}, ALL)], (4, 1), FOUR, [1, 3, 6, 9]),
        (
            [("Conv1D", {**SUM, "kernel_size": 3, "padding": "causal", "dilation_rate": 2}, ALL)],
            *((6, 1), [*FOUR, 5, 6], [1, 2, 4, 6, 9, 12]),
        ),
        (
            [("Conv1D", {**SUM, "kernel_size": 3, "padding": "same", "dilation_rate": 2}, ALL)],
            *((6, 1), [*FOUR, 5, 6], [4, 6, 9, 12, 8, 10]),
        ),
        ([("Conv1D", {**SUM, "kernel_size": 1, "padding": "same", "strides": 2}, ALL[:1])], (4, 1), FOUR, [1, 3]),
        ([("Conv1D", {**SUM, "kernel_size": 1, "padding": "same", "strides": 3}, ALL[:1])], (5, 1), [*FOUR, 5], [1, 4]),
        # zeros before count when the same size is sought: 0 1 2 3 4 and one more zero
        (
            [
                ("ZeroPadding1D", {"padding": [1, 0]}),
                ("Conv1D", {**SUM, "kernel_size": 3, "padding": "same", "strides": 3}, ALL),
            ],
            *((4, 1), FOUR, [3, 7]),
        ),
        ([("ZeroPadding1D", {}), ("Conv1D", {**SUM, "kernel_size": 1}, ALL[:1])], (2, 1), [1, 2], [0, 1, 2, 0]),
        ([("ZeroPadding1D", {"padding": [[2, 1]]}), ("Conv1D", {**SUM, "kernel_size": 3}, ALL)], (1, 1), [5], [5, 5]),
        ([("ZeroPadding1D", {"padding": [0, 2]}), ("Conv1D", {**SUM, "kernel_size": 3}, ALL)], (2, 1), [1, 2], [3, 2]),
        (
            [("Conv2D", {**SUM, "kernel_size": 2, "dilation_rate": [1, 2]}, np.ones((2, 2, 1, 1)))],
            *((2, 3, 1), [1, 2, 3, 4, 5, 6], [14]),
        ),
        (
            [("Conv2D", {**SUM, "kernel_size": [2, 1], "strides": [1, 2], "padding": "same"}, np.ones((2, 1, 1, 1)))],
            *((2, 3, 1), [1, 2, 3, 4, 5, 6], [5, 9, 4, 6]),
        ),
        (
            [("Conv1D", {"filters": 2, "kernel_size": 1, "groups": 2}, [[[2, 3], [5, 7]]], [0, 100])],
            *((1, 4), FOUR, [2 * 1 + 5 * 2, 3 * 3 + 7 * 4 + 100]),
        ),
        ([("Conv1D", {"filters": 1, "kernel_size": 1, "groups": 1}, [[[2], [5]]], [1])], (1, 2), [1, 2], [13]),
        (
            [("DepthwiseConv2D", {"kernel_size": [1, 3], "depth_multiplier": 2}, EACH, [0, 100, 200, 300])],
            *((1, 3, 2), [1, 10, 2, 20, 3, 30]),
            [1 + 5 * 2 + 9 * 3, 2 + 6 * 2 + 10 * 3 + 100, 30 + 7 * 20 + 11 * 30 + 200, 40 + 8 * 20 + 12 * 30 + 300],
        ),
        (
            [("DepthwiseConv1D", {"kernel_size": 3, "depth_multiplier": 3}, np.ones((3, 1, 3)), [1, 2, 3])],
            *((3, 1), [1, 10, 100], [112, 113, 114]),
        ),
        ([("DepthwiseConv1D", {"kernel_size": 1}, [[[2.0], [3]]], [0, 1])], (1, 2), [5, 7], [10, 22]),
        (
            [
                (
                    "SeparableConv1D",
                    {"kernel_size": 1, "filters": 1, "depth_multiplier": 3},
                    *([[[1, 2, 3], [4, 5, 6]]], [[[1], [10], [100], [1000], [10_000], [100_000]]], [0.5]),
                )
            ],
            *((1, 2), [1, 2], [1_308_321.5]),
        ),
        (
            [
                (
                    "SeparableConv2D",
                    {"kernel_size": [1, 2], "filters": 2, "use_bias": False, "padding": "same"},
                    *([[[[1]], [[10]]]], [[[[1, 2]]]]),
                )
            ],
            *((1, 2, 1), [3, 4], [43, 86, 4, 8]),
        ),
        # windows without steps lie beside each other; two is the usual size
        ([("MaxPooling1D", {})], (4, 1), [1, 3, 9, 2], [3, 9]),
        ([("MaxPooling1D", {"pool_size": 3})], (7, 1), [1, 3, 9, 2, 4, 3, 8], [9, 4]),
        ([("AveragePooling1D", {"pool_size": 3, "strides": None})], (6, 1), [1, 3, 5, 2, 4, 9], [3, 5]),
        ([("AveragePooling1D", {"pool_size": 2, "strides": 1, "padding": "same"})], (3, 1), [2, 4, 8], [3, 6, 8]),
        ([("MaxPooling2D", {"pool_size": [1, 2]})], (2, 2, 1), [1, -3, -9, -2], [1, -2]),
        # zeros before a mean count
        (
            [("ZeroPadding2D", {"padding": [[1, 0], [0, 0]]}), ("AveragePooling2D", {"pool_size": [2, 1]})],
            *((1, 2, 1), [-4, 6], [-2, 3]),
        ),
        ([("GlobalAveragePooling1D", {})], (2, 3), [1, 2, 3, 5, 6, 7], [3, 4, 5]),
        ([("GlobalMaxPooling1D", {"keepdims": True})], (2, 3), [1, 8, 3, 5, 6, 7], [5, 8, 7]),
    ],
)
def test_a_window_gives_what_its_options_say(
    layers: Sequence[Any], shape: tuple[int, ...], row: Sequence[float], expected: Any
) -> None:
    np.testing.assert_allclose(chained(*layers, shape=shape).forward([row]), [expected], rtol=1e-12)


BEND = ("Conv1D", {**SUM, "kernel_size": 1, "activation": "linear"}, ALL[:1])
ZEROS = ("ZeroPadding1D", {"padding": [1, 0]})
ZEROS_BEFORE = "zeros around what comes in are added by a convolution or a pooling alone"
SINGLE = {**SUM, "kernel_size": 1}


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "softplus", "exponential", "hard_sigmoid"])
def test_the_largest_beside_zeros_of_what_is_never_negative(activation: str) -> None:
    bend = (BEND[0], BEND[1] | {"activation": activation}, BEND[2])
    found, plain = (chained(bend, *more, shape=(3, 1)) for more in ([ZEROS, ("MaxPooling1D", {})], []))
    values = plain.forward([[-1, -2, 4]])[0]
    np.testing.assert_allclose(found.forward([[-1, -2, 4]]), [[values[0], max(values[1:])]])


@pytest.mark.parametrize("before", [[], [BEND], [(BEND[0], BEND[1] | {"activation": "tanh"}, BEND[2])]])
def test_the_largest_beside_zeros_of_what_may_be_negative(before: Sequence[Any]) -> None:
    with pytest.raises(NnlecError, match=r"\(MaxPooling1D\): zeros around maps that may be negative: a largest number"):
        chained(*before, ZEROS, ("MaxPooling1D", {}), shape=(3, 1))


@pytest.mark.parametrize(
    ("layers", "shape", "reason"),
    [
        ([ZEROS, ("AveragePooling1D", {"padding": "same"})], (3, 1), "zeros that count, and padding that does not"),
        ([ZEROS, ZEROS], (3, 1), ZEROS_BEFORE),
        ([ZEROS, ("Flatten", {})], (3, 1), ZEROS_BEFORE),
        ([ZEROS, ("ReLU", {})], (3, 1), ZEROS_BEFORE),
        ([ZEROS, ("Softmax", {})], (3, 1), ZEROS_BEFORE),
        ([ZEROS, ("GlobalMaxPooling1D", {})], (3, 1), ZEROS_BEFORE),
        (
            [ZEROS, ("Conv1D", {**SINGLE, "data_format": "channels_first"})],
            *((3, 1), "zeros around the channels, which no layer adds"),
        ),
        *(
            ([("ZeroPadding2D", {"padding": padding})], (2, 2, 1), "its padding is not read")
            for padding in [
                -1, True, 1.5, "1", None, 10_000, [1], [1, 1, 1], [[1, 1], [0, -1]], [[1, 1], [0, 10_000]],
                [[1, 1, 1], [0, 0]], [[1, 1], [1]], [[1, 1], [0, True]], [[1, 1], [0, "1"]], [[1, 1], [[1], 1]],
            ]
        ),
        ([("ZeroPadding1D", {"padding": [1, 1, 1]})], (2, 1), "its padding is not read"),
        ([("ZeroPadding1D", {"padding": [[1, 1], [1, 1]]})], (2, 1), "its padding is not read"),
        ([("Conv1D", {**SINGLE, "groups": 2}, [[[1.0], [1]]])], (2, 4), "1 kernel cannot be divided into 2 groups"),
        (
            [("Conv1D", {**SINGLE, "filters": 2, "groups": 2}, [[[1.0, 1]]])],
            *((2, 3), "3 channels cannot be divided into 2 groups"),
        ),
        ([("Conv1D", {**SINGLE, "data_format": "rows"})], (2, 3), "data_format is rows, which is not read"),
        ([("DepthwiseConv1D", {"kernel_size": 1, "groups": 2})], (2, 4), "groups of channels, each of which"),
        ([("DepthwiseConv1D", {**SINGLE, "padding": "causal"})], (2, 4), "padding is causal, which is not read"),
        ([("MaxPooling2D", {})], (2, 4), "windows with 2 axes over examples of [2, 4]"),
        ([("MaxPooling1D", {})], (2, 4, 1), "windows with 1 axis over examples of [2, 4, 1]"),
    ],
)  # fmt: skip
def test_windows_that_are_not_read(layers: Sequence[Any], shape: tuple[int, ...], reason: str) -> None:
    with pytest.raises(NnlecError) as caught:
        chained(*layers, shape=shape)
    where = f"layer 'l{len(layers) - 1}' ({layers[-1][0]}): "
    assert str(caught.value).startswith(where)
    assert reason in str(caught.value)


# Which layers they become


WIDE = ("Conv1D", {"filters": 2, "kernel_size": 1, "use_bias": False}, [[[1.0, 0], [0, 1]]])
TURNED = ("Permute", {"dims": [2, 1]})
ROW = ("Dense", {"units": 2, "use_bias": False}, [[1.0, 0], [0, 1]])


@pytest.mark.parametrize(
    ("layers", "shape", "expected"),
    [
        ([BEND], (3, 1), "conv"),
        ([WIDE], (3, 2), "transpose conv transpose"),
        ([WIDE, ("ReLU", {})], (1, 2), "reshape conv+relu"),
        ([WIDE, ("Rescaling", {"scale": [1, 10]})], (1, 2), "reshape conv scale"),
        ([WIDE, ("GlobalAveragePooling1D", {}), ROW], (3, 2), "transpose conv average_pool flatten dense"),
        ([WIDE, ("Flatten", {}), ("BatchNormalization", {"scale": False, "center": False}, [0] * 6, [1] * 6)], (3, 2),
         "transpose conv flatten batch_norm reshape transpose flatten"),
        ([BEND, ("Reshape", {"target_shape": [1, 3]}), ("ReLU", {})], (3, 1), "conv+relu"),
        ([ROW, ("ReLU", {})], (2,), "dense+relu"),
        ([ROW, ("ReLU", {}), ("Activation", {"activation": "tanh"})], (2,), "dense+relu scale+tanh"),
        ([ROW, ("Activation", {"activation": "relu6"}), ("Activation", {"activation": "tanh"})], (2,),
         "dense+hard_sigmoid scale+tanh"),
        ([ROW, ("Activation", {"activation": "log_sigmoid"})], (2,), "dense scale+softplus scale"),
        ([("Activation", {"activation": "linear"}), ROW], (2,), "dense"),
    ],
)  # fmt: skip
def test_keras_layers_become_few_layers(layers: Sequence[Any], shape: tuple[int, ...], expected: str) -> None:
    assert kinds(chained(*layers, shape=shape)) == expected


def test_activations_of_a_shape_that_another_layer_takes_too_are_its_own() -> None:
    """tanh(ln sigmoid(x)) + x: the tanh stands in the layer before it, which nobody else takes."""
    network = nnlec.from_keras(graphed(
        ("Dense", "d", "x", {"units": 2}, [[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0]),
        ("Reshape", "row", "d", {"target_shape": [1, 2]}),
        ("Reshape", "column", "row", {"target_shape": [2, 1]}),
        ("Activation", "log", "column", {"activation": "log_sigmoid"}),
        ("Activation", "bent", "log", {"activation": "tanh"}),
        ("Flatten", "one", "row", {}),
        ("Flatten", "other", "bent", {}),
        ("Add", "sum", "one other", {}),
    ))  # fmt: skip
    assert kinds(network) == "dense reshape flatten scale+softplus scale+tanh flatten add"
    x = np.array([1.0, -2.0])
    assert network.forward([x])[0] == pytest.approx(np.tanh(-np.log1p(np.exp(-x))) + x, rel=1e-7)


@pytest.mark.parametrize(
    ("layers", "shape", "names"),
    [
        ([("ReLU", {"name": "mine"})], (2,), ["mine"]),
        (
            [TURNED, ("Flatten", {"name": "f"}), ("Reshape", {"name": "r", "target_shape": [2, 3]})],
            *((3, 2), ["f", "layer 2", "layer 3", "layer 4", "r"]),
        ),
        ([ROW, ("ReLU", {"name": "mine", "max_value": 2.0})], (2,), ["l0", "layer 2"]),
        (
            [("SeparableConv1D", {"name": "s", **SINGLE}, [[[1.0]]], [[[1.0]]])],
            *((1, 1), ["s_depthwise", "s"]),
        ),
    ],
)  # fmt: skip
def test_layers_keep_their_names(layers: Sequence[Any], shape: tuple[int, ...], names: Sequence[str]) -> None:
    assert [layer.name for layer in chained(*layers, shape=shape).layers] == names


def test_a_slope_that_is_one_for_all_is_one_number() -> None:
    same, other = (chained(("PReLU", {}, slopes)).layers[0].activation for slopes in ([0.5, 0.5], [0.5, 0.25]))
    assert (same.parameters, other.parameters) == ({"alpha": 0.5}, {"alpha": (0.5, 0.25)})


@pytest.mark.parametrize(("scale", "kept"), [([1, 10], [1, 10]), ([[1], [10]], [1, 1, 10, 10]), (7, 7)])
def test_numbers_for_each_channel_are_kept_once(scale: Any, kept: Any) -> None:
    network = chained(WIDE, ("Rescaling", {"scale": scale}), shape=(2, 2))
    whole = np.array(kept).reshape(2, 2).T.ravel() if np.size(kept) == 4 else kept  # the network has channels first
    np.testing.assert_array_equal(network.layers[2].arrays["multiply"], whole)


TURN = (WIDE[1], WIDE[2])


@pytest.mark.parametrize(
    ("layers", "shape", "row", "expected", "shown"),
    [
        # what two take is not bent for both
        (
            [
                *[("Dense", "d", "x", {"units": 1}, [[1.0]], [0]), ("Identity", "i", "d", {})],
                *[("ReLU", "r", "i", {}), ("Add", "a", "d i r", {})],
            ],
            *((1,), [-1], [-2], "dense scale+relu add"),
        ),
        (
            [
                *[("Conv1D", "c", "x", BEND[1], BEND[2]), ("Reshape", "s", "c", {"target_shape": [1, 3]})],
                *[("ReLU", "r", "s", {}), ("Flatten", "f", "c", {})],
                *[("Flatten", "g", "r", {}), ("Add", "a", "f g", {})],
            ],
            *((3, 1), [-1, 2, -3], [-1, 4, -3], None),
        ),
        # the second is turned as the first is
        *(
            ([("Conv1D", "c", "x", *TURN), ("Add", "a", taken, {})], (2, 2), FOUR, [2, 4, 6, 8], shown)
            for taken, shown in [("x c", "transpose conv transpose add"), ("c x", "transpose conv add transpose")]
        ),
        # maps that two take are turned once
        (
            [("Conv1D", "c", "x", *TURN), ("Conv1D", "e", "x", *TURN), ("Add", "a", "c e", {})],
            *((2, 2), FOUR, [2, 4, 6, 8], "transpose conv conv add transpose"),
        ),
        (
            [("Flatten", "f", "x", {}), ("Rescaling", "s", "f", {"scale": [1, 10, 100, 1000]})],
            *((2, 2), FOUR, [1, 20, 300, 4000], "flatten scale"),
        ),
        (
            [
                *[("Conv1D", "c", "x", *TURN), ("Flatten", "f", "c", {})],
                ("Rescaling", "s", "f", {"scale": [1, 10, 100, 1000]}),
                ("Dense", "d", "s", {"units": 1}, np.ones((4, 1)), [0]),
            ],
            *((2, 2), FOUR, [4321], "transpose conv flatten scale dense"),
        ),
    ],
)  # fmt: skip
def test_values_that_several_layers_take(
    layers: Any, shape: tuple[int, ...], row: Sequence[float], expected: Sequence[float], shown: str | None
) -> None:
    network = nnlec.from_keras(graphed(*layers, shape=shape))
    np.testing.assert_allclose(network.forward([row]), [expected])
    assert shown is None or kinds(network) == shown


def test_values_of_different_ranks_do_not_join() -> None:
    with pytest.raises(NnlecError, match=r"^layer 'a' \(Add\): \[4\] and \[2, 2\] come in, expected two or more"):
        nnlec.from_keras(graphed(("Flatten", "f", "x", {}), ("Add", "a", "f x", {}), shape=(2, 2)))


def test_a_size_that_was_left_open_is_a_whole_number() -> None:
    options: Mapping[str, Any] = {"target_shape": [2, -1]}
    with pytest.raises(NnlecError, match=r"softmax over the last axis of \[2, 3\], expected a row"):
        chained(("Reshape", options), ("Softmax", {}), shape=(6,))
