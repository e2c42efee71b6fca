"""Layers put together one by one, as the readers of models do: what is merged, named, padded and refused."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from nnlec import NnlecError
from nnlec.models import assembly as module
from nnlec.models.assembly import Assembly, activation_of, distinct, doubles, layer_of, plain_name, written
from nnlec.models.padding import rounded_up, same_padding

RELU = activation_of("relu")
W = np.array([[1.0, 2.0], [3.0, 4.0]])
X = [3.0, -5.0]


def dense(**given: Any) -> Assembly:
    made = Assembly((2,))
    made.add("dense", {"weights": W} | given, (0,))
    return made


def numbers(made: Assembly, number: int) -> dict[str, Any]:
    layer = made.layer(number)
    assert layer is not None
    return {key: array.tolist() for key, array in layer.arrays.items()}


Steps = Sequence[tuple[str, Any]]


def scaled(made: Assembly, steps: Steps, number: int = 0, *, alone: bool = True) -> Assembly:
    for step, given in steps:
        number = made.scale(number, step, np.array(given, dtype=float), alone=alone)
    return made


DO = {"add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.divide}


@pytest.mark.parametrize(
    ("steps", "kinds"),
    [
        ([("add", 2)], ["scale"]),
        ([("subtract", 2), ("divide", [2, 4]), ("multiply", [3, 5]), ("add", 1)], ["scale"]),
        ([("divide", 4), ("add", [1, 2])], ["scale"]),
        ([("add", [1, 2]), ("multiply", 3)], ["scale"]),
        ([("add", [1, 2]), ("divide", 4), ("add", 7)], ["scale"]),
        ([("add", 1), ("add", 2)], ["scale", "scale"]),
        ([("multiply", 2), ("divide", 4)], ["scale", "scale"]),
        ([("multiply", 2), ("subtract", 4)], ["scale", "scale"]),
        ([("divide", 2), ("divide", 4)], ["scale", "scale"]),
        ([("multiply", 2), ("add", 4), ("multiply", 3)], ["scale", "scale"]),
        ([("subtract", 2), ("add", 4), ("multiply", 3)], ["scale", "scale"]),
    ],
)
def test_scalings_are_one_layer_where_its_order_allows_it(steps: Steps, kinds: list[str]) -> None:
    made = scaled(Assembly((2,)), steps)
    assert [layer.kind for layer in made.layers] == kinds
    expected = np.array(X)
    for step, given in steps:
        expected = DO[step](expected, given)
    np.testing.assert_allclose(made.network().forward([X])[0], expected, rtol=1e-15)
    apart = scaled(Assembly((2,)), steps, alone=False)
    assert len(apart.layers) == len(steps)
    np.testing.assert_allclose(apart.network().forward([X])[0], expected, rtol=1e-15)


@pytest.mark.parametrize(
    ("step", "given", "bias"),
    [("add", 3, [3, 3]), ("add", [1, 2], [1, 2]), ("subtract", [1, 2], [-1, -2]), ("subtract", 3, [-3, -3])],
)
def test_what_is_added_to_weights_is_their_bias(step: str, given: Any, bias: list[float]) -> None:
    made = scaled(dense(), [(step, given)], 1)
    assert len(made.layers) == 1
    assert numbers(made, 1)["bias"] == bias


def test_what_is_added_to_a_bias_or_behind_an_activation_or_times_weights_is_a_layer() -> None:
    assert [layer.kind for layer in scaled(dense(bias=[1.0, 2.0]), [("add", 1)], 1).layers] == ["dense", "scale"]
    assert [layer.kind for layer in scaled(dense(), [("multiply", 2)], 1).layers] == ["dense", "scale"]
    made = dense()
    assert made.activate(1, RELU, alone=True) == 1
    assert [layer.kind for layer in scaled(made, [("add", 1)], 1).layers] == ["dense", "scale"]
    made = scaled(Assembly((2,)), [("add", 1)])
    assert made.activate(1, RELU, alone=True) == 1
    assert len(scaled(made, [("multiply", 2)], 1).layers) == 2


@pytest.mark.parametrize(
    ("step", "given", "kinds"),
    [
        ("add", 2, ["batch_norm"]),
        ("multiply", [[[2]], [[3]]], ["batch_norm"]),
        ("subtract", [[[2]], [[3]]], ["batch_norm"]),
        ("divide", 2, ["flatten", "scale", "reshape"]),
        ("add", [[[1, 1]], [[3, 4]]], ["flatten", "scale", "reshape"]),
    ],
)
def test_a_scaling_of_maps_is_one_of_channels_where_it_is_the_same_in_each(
    step: str, given: Any, kinds: list[str]
) -> None:
    made = Assembly((2, 1, 2))
    laid = np.broadcast_to(np.array(given, dtype=float), (2, 1, 2))
    made.scale(0, step, laid.ravel() if np.ndim(given) else np.array(float(given)), alone=False, name="n")
    assert [layer.kind for layer in made.layers] == kinds
    assert made.layers[kinds.index("scale" if "scale" in kinds else "batch_norm")].name == "n"
    assert made.shapes[-1] == (2, 1, 2)
    x = np.array([[[1.0, -2.0]], [[5.0, 7.0]]])
    np.testing.assert_allclose(made.network().forward([x.ravel()])[0], DO[step](x, laid).ravel(), rtol=1e-15)


def test_an_activation_stands_in_the_layer_that_nobody_else_takes() -> None:
    made = dense()
    assert made.activate(1, RELU, alone=False, name="r") == 2
    assert [(layer.kind, layer.name, layer.activation.name) for layer in made.layers] == [
        ("dense", "layer 1", "identity"),
        ("scale", "r", "relu"),
    ]
    assert made.activate(2, RELU, alone=True) == 3
    first = Assembly((2,))
    assert first.activate(0, RELU, alone=True) == 1
    maps = Assembly((1, 2))
    maps.activate(0, RELU, alone=True)
    assert [layer.kind for layer in maps.layers] == ["reshape"]
    assert maps.network().forward([X]).tolist() == [[3.0, 0.0]]


def test_the_first_layer_takes_the_input_alone() -> None:
    made = Assembly((2,))
    made.add("add", {}, (0, 0))
    assert [layer.kind for layer in made.layers] == ["scale", "add"]
    assert made.sources == [(0,), (1, 1)]
    assert made.network().forward([X]).tolist() == [[6.0, -10.0]]
    assert (made.layer(0), made.layer(2)) == (None, made.layers[1])


def test_a_layer_that_does_not_fit_is_refused() -> None:
    with pytest.raises(NnlecError, match=r"^it takes \[2\], but \[3\] comes in$"):
        Assembly((3,)).add("dense", {"weights": W}, (0,))
    with pytest.raises(NnlecError, match=r"^it takes \[2\], but \[1, 2\] comes in$"):
        Assembly((1, 2)).add("dense", {"weights": W}, (0,))
    with pytest.raises(NnlecError, match=r"^no layers: it gives what it takes$"):
        Assembly((2,)).network()


def test_layers_and_weights_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_LAYERS", 2)
    monkeypatch.setattr(module, "MOST_NUMBERS", 12)
    made = dense(bias=[0.0, 0.0])
    assert made.add("dense", {"weights": W, "bias": "none"}, (1,)) == 2
    with pytest.raises(NnlecError, match="more than 2 layers"):
        made.add("flatten", {}, (2,))
    made = dense(bias=[0.0, 0.0])
    with pytest.raises(NnlecError, match="more than 12 weights"):
        made.add("dense", {"weights": np.ones((2, 4))}, (1,))
    assert dense(bias=[0.0, 0.0]).add("dense", {"weights": np.ones((2, 3))}, (1,)) == 2


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        (" fc1 ", "fc1"),
        ("", "layer 2"),
        ("first", "layer 2"),
        ("input", "layer 2"),
        ("layer 7", "layer 2"),
        ("7", "layer 2"),
        ("a\nb", "layer 2"),
        ("layer 7a", "layer 7a"),
        ("x" * 60, "x" * 60),
        ("x" * 61, "x" * 40 + "..." + "x" * 15),
    ],
)
def test_a_layer_has_the_name_of_the_model_where_it_is_free(name: str, kept: str) -> None:
    made = Assembly((2,))
    made.add("dense", {"weights": W}, (0,), "first")
    made.add("dense", {"weights": W}, (1,), name)
    assert [layer.name for layer in made.layers] == ["first", kept]


@pytest.mark.parametrize(
    ("name", "layer"),
    [("fc1.weight", "fc1"), ("a.b.weights", "a.b"), ("d.kernel", "d"), ("d/kernel", "d"), ("c.bias", "c"), ("W1", "")],
)
def test_weights_name_their_layer(name: str, layer: str) -> None:
    assert layer_of(name) == layer


def test_names_are_kept_where_each_is_another() -> None:
    assert distinct(["a", " b "]) == ("a", "b")
    assert distinct(["a", "a "]) == distinct(["a", ""]) == distinct(["a", "\x1b"]) == ()
    assert plain_name(" a\x00") == ""


def test_single_precision_is_the_decimal_it_was_written_in() -> None:
    assert [written(float(np.float32(number))) for number in (0.2, 1e-5, 3.0)] == [0.2, 1e-5, 3.0]
    with warnings.catch_warnings(action="error"):
        assert [written(number) for number in (0.1, 1e39)] == [0.1, 1e39]
    assert activation_of("elu", {"alpha": float(np.float32(0.3))}).parameters == {"alpha": 0.3}


@pytest.mark.parametrize("shape", [(300, 700), (256, 256), (257, 256), (3, 2)])
def test_a_matrix_of_columns_is_turned_into_rows(shape: tuple[int, int]) -> None:
    columns = np.arange(np.prod(shape), dtype=np.float32).reshape(shape[::-1]).T
    made = doubles(columns)
    assert (str(made.dtype), made.flags.c_contiguous, made.flags.writeable) == ("float64", True, False)
    np.testing.assert_array_equal(made, columns)


def test_a_series_is_scaled_like_maps() -> None:
    made = Assembly((2, 3))
    made.scale(0, "add", np.array([[1.0], [2.0]]) + np.zeros((2, 3)), alone=False)
    made.scale(1, "divide", np.array(2.0), alone=False)
    assert [layer.kind for layer in made.layers] == ["batch_norm", "flatten", "scale", "reshape"]
    assert made.network().forward([range(6)]).tolist() == [[0.5, 1.0, 1.5, 2.5, 3.0, 3.5]]


def test_numbers_become_doubles_without_a_word() -> None:
    with warnings.catch_warnings(action="error"):
        assert np.isnan(doubles(np.array([0x7FA00000], dtype="<u4").view("<f4"))).all()
    assert doubles(np.arange(70_000)).tolist() == list(range(70_000))


@pytest.mark.parametrize(
    ("shape", "kernel", "stride", "dilation", "before", "after"),
    [
        ([4], [3], [2], [1], [0], [1]),
        ([5], [3], [1], [1], [1], [1]),
        ([5, 4], [2, 3], [1, 2], [1, 1], [0, 0], [1, 1]),
        ([7], [3], [2], [2], [2], [2]),
        ([6], [2], [3], [1], [0], [0]),
        ([5], [4], [1], [1], [1], [2]),
        ([9], [6], [4], [1], [2], [3]),
        ([8], [3], [3], [2], [1], [2]),
    ],
)
def test_padding_that_keeps_the_size(
    shape: list[int], kernel: list[int], stride: list[int], dilation: list[int], before: list[int], after: list[int]
) -> None:
    """The last window ends where the padded axis does, or before: ceil(size / stride) windows are there."""
    assert same_padding(shape, kernel, stride, dilation, upper=True) == [*before, *after]
    assert same_padding(shape, kernel, stride, dilation, upper=False) == [*after, *before]


@pytest.mark.parametrize(
    ("shape", "kernel", "given", "padding"),
    [
        ([5], [2], {"stride": [2]}, [[0, 1]]),
        ([6], [2], {"stride": [2]}, None),
        ([5, 6], [2, 3], {"stride": [2, 2]}, [[0, 1], [0, 1]]),
        ([5, 6], [2, 2], {"stride": [2, 2]}, [[0, 1], [0, 0]]),
        ([6], [2], {"stride": [2], "dilation": [2]}, [[0, 1]]),
        ([6], [3], {"stride": [2], "padding": [[1, 1]]}, [[1, 2]]),
        ([6], [3], {"stride": [3], "padding": [[1, 0]]}, [[1, 2]]),
        ([4], [2], {"stride": [3], "padding": [[1, 1]]}, None),
        ([5], [2], {"stride": [3], "padding": [[1, 1]]}, None),
        ([4], [1], {"stride": [3]}, None),
        ([8], [3], {"stride": [4]}, None),
        ([9], [3], {"stride": [4]}, [[0, 2]]),
    ],
)
def test_windows_that_reach_beyond_the_edge_are_padded(
    shape: list[int], kernel: list[int], given: dict[str, object], padding: Any
) -> None:
    """As PyTorch counts them: ceil((L + 2 p - d (k - 1) - 1) / s) + 1, without one that begins in the padding."""
    found = rounded_up(shape, kernel, given)
    assert found.keys() - given.keys() <= {"padding"}
    assert (np.asarray(found["padding"]).tolist() if padding else found) == (padding or given)


def test_means_beyond_the_edge_count_what_is_on_the_map() -> None:
    given: dict[str, object] = {"stride": [2], "count_padding": "true"}
    assert rounded_up([5], [2], given)["count_padding"] == "false"
    assert rounded_up([6], [2], given)["count_padding"] == "true"
    assert rounded_up([5], [2], given | {"count_padding": "false"})["count_padding"] == "false"
    assert rounded_up([6], [3], given | {"padding": [[1, 1]], "count_padding": "false"})["count_padding"] == "false"
    with pytest.raises(NnlecError, match="means that count the padding, but nothing beyond it"):
        rounded_up([6], [3], given | {"padding": [[1, 1]]})
