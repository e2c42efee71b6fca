"""Layers of Keras by their options: what each gives, worked by hand, and which options are refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

import nnlec
from nnlec import NnlecError
from tests.keras_models import chained, graphed, in_memory, kinds

SIX = [1.0, 2, 3, 4, 5, 6]
DENSE = ("Dense", {"units": 1}, [[1.0], [2.0]], [3.0])
FREE = {"scale": False, "center": False}


def norm(values: Sequence[float], epsilon: float = 1e-3) -> Any:
    """Mean 0 and variance 1."""
    return (np.asarray(values) - np.mean(values)) / np.sqrt(np.var(values) + epsilon)


@pytest.mark.parametrize(
    ("layers", "shape", "row", "expected"),
    [
        ([("ReLU", {})], (2,), [-2, 3], [0, 3]),
        ([("ReLU", {"max_value": 1.0})], (2,), [-2, 3], [0, 1]),
        ([("Softmax", {})], (2,), [0, np.log(3)], [0.25, 0.75]),
        ([("Softmax", {})], (1, 2), [0, np.log(3)], [0.25, 0.75]),
        ([("PReLU", {}, [0.5])], (1,), [-4], [-2]),
        ([("PReLU", {}, [0.5, 0.25])], (2,), [-4, -4], [-2, -1]),
        ([("PReLU", {"shared_axes": [1]}, [[0.5, 0.25]])], (2, 2), [-4, -4, -8, -8], [-2, -1, -4, -2]),
        ([("Dense", {"units": 1}, [[1], [10]], [5])], (2, 2), [1, 2, 3, 4], [26, 48]),
        ([("Dense", {"units": 1}, [[1], [10]], [5])], (1, 2, 1, 2), [1, 2, 3, 4], [26, 48]),
        ([("Dense", {"units": 1, "use_bias": False}, [[1], [10]])], (1, 2, 1, 2), [1, 2, 3, 4], [21, 43]),
        ([("Flatten", {"data_format": "channels_first"}), DENSE], (2,), [10, 100], [213]),
        ([("Flatten", {"data_format": "channels_first"})], (2, 3), SIX, [1, 4, 2, 5, 3, 6]),
        ([("Flatten", {"data_format": None})], (2, 3), SIX, SIX),
        ([("Reshape", {"target_shape": 6})], (2, 3), SIX, SIX),
        ([("Reshape", {"target_shape": [3, -1]}), ("Permute", {"dims": [2, 1]})], (6,), SIX, [1, 3, 5, 2, 4, 6]),
        ([("Reshape", {"target_shape": [1, 1, 6]})], (2, 3), SIX, SIX),
        ([("Reshape", {"target_shape": [1, 2, 1, 3, 1, 1]})], (2, 3), SIX, SIX),
        ([("Reshape", {"target_shape": [-1]})], (2, 3), SIX, SIX),
        # the axis of a norm: the last, unless another is named
        ([("BatchNormalization", {"epsilon": 0.0, **FREE}, [1, 2, 3], [1, 4, 9])], (2, 3), SIX, [0, 0, 0, 3, 1.5, 1]),
        (
            [("BatchNormalization", {"axis": -2, "epsilon": 0.0, **FREE}, [1, 2], [1, 4])],
            *((2, 3), SIX, [0, 1, 2, 1, 1.5, 2]),
        ),
        ([("BatchNormalization", {}, [2], [1], [0], [0.003])], (1,), [1], [2 / np.sqrt(0.004) + 1]),
        ([("BatchNormalizationV1", {"axis": [1], "epsilon": 0.0, **FREE}, [1], [4])], (1,), [5], [2]),
        ([("LayerNormalization", FREE)], (3,), [1, 2, 6], norm([1, 2, 6])),
        ([("LayerNormalization", {}, [1, 10], [0, 5])], (2,), [1, 2], norm([1, 2]) * [1, 10] + [0, 5]),
        ([("LayerNormalization", FREE)], (2, 2), [1, 2, 3, 5], [*norm([1, 2]), *norm([3, 5])]),
        ([("LayerNormalization", FREE | {"axis": 1})], (2, 2), [1, 2, 3, 5], np.stack([norm([1, 3]), norm([2, 5])], 1)),
        ([("LayerNormalization", FREE | {"axis": [1, 2]})], (2, 2), [1, 2, 3, 5], norm([1, 2, 3, 5])),
        ([("LayerNormalization", FREE | {"axis": 3})], (1, 2, 2), [1, 2, 3, 5], [*norm([1, 2]), *norm([3, 5])]),
        # numbers laid on an example: one, one for each channel, one for each place
        ([("Rescaling", {"scale": 2.0})], (2,), [1, 2], [2, 4]),
        ([("Rescaling", {"scale": 0.0, "offset": 1.0})], (2,), [1, 2], [1, 1]),
        ([("Rescaling", {"scale": 1.0, "offset": [7.0, 0.0]})], (2,), [1, 2], [8, 2]),
        ([("Rescaling", {"scale": [1, 10]})], (2, 2), [1, 2, 3, 4], [1, 20, 3, 40]),
        ([("Rescaling", {"scale": [[1], [10]]})], (2, 2), [1, 2, 3, 4], [1, 2, 30, 40]),
        ([("Rescaling", {"scale": [[1, 10], [100, 1]]})], (2, 2), [1, 2, 3, 4], [1, 20, 300, 4]),
        ([("Normalization", {"mean": 3.0, "variance": 4.0, "axis": None})], (2,), [5, 7], [1, 2]),
        ([("Normalization", {"mean": 3.0, "variance": 4.0, "axis": []})], (2,), [5, 7], [1, 2]),
        ([("Normalization", {"mean": 3.0, "variance": 4.0})], (3,), [5, 7, 3], [1, 2, 0]),
        ([("Normalization", {"mean": 3.0, "variance": [4.0, 16.0]})], (2,), [5, 7], [1, 1]),
        ([("Normalization", {"mean": [1.0, 3], "variance": [4.0, 1], "axis": 1})], (2, 3), SIX, [0, 0.5, 1, 1, 2, 3]),
        ([("Normalization", {"mean": [3.0, 1.0], "variance": 4.0, "invert": True})], (2,), [1, 2], [5, 5]),
        ([("Normalization", {"mean": [3.0, 1.0], "variance": [0.0, 1.0]})], (2,), [4, 2], [1e7, 1]),
        ([("Normalization", {"axis": None}, 3.0, 4.0, 9)], (2,), [5, 7], [1, 2]),
        ([("Normalization", {"axis": -1}, [1.0, 2, 3], [1, 4, 9], 9)], (2, 3), SIX, [0, 0, 0, 3, 1.5, 1]),
        ([("Normalization", {}, [1.0, 2, 3], [1, 4, 9], 9)], (2, 3), SIX, [0, 0, 0, 3, 1.5, 1]),
        # what learning alone looks at
        ([("GaussianNoise", {"stddev": 0.1}), DENSE], (2,), [10, 100], [213]),
        ([("Dropout", {"rate": 0.5, "seed": 7, "noise_shape": None}), DENSE], (2,), [10, 100], [213]),
        ([("RandomFlip", {"mode": "vertical", "value_range": [0, 255]}, [1, 2]), DENSE], (2,), [10, 100], [213]),
    ],
)  # fmt: skip
def test_a_layer_gives_what_its_options_say(
    layers: Sequence[Any], shape: tuple[int, ...], row: Sequence[float], expected: Any
) -> None:
    found = chained(*layers, shape=shape).forward([row])
    np.testing.assert_allclose(found, [np.ravel(expected)], rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("name", ["Flip", "Rotation", "Zoom", "Translation", "Contrast", "Brightness"])
def test_what_varies_images_in_learning_is_left_out(name: str) -> None:
    random = (f"Random{name}", {"factor": 0.5, "fill_mode": "reflect", "seed": None}, [1, 2])
    network = chained(random, ("Flatten", {}), shape=(1, 2))
    assert network.forward([[3, 4]]).tolist() == [[3, 4]]
    assert kinds(network) == "flatten"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"use_bias": "yes"}, "use_bias is yes"),
        ({"use_bias": 1}, "use_bias is 1"),
        ({"units": True}, "units is True"),
        ({"units": 1.0}, "units is 1.0"),
        ({"units": "1"}, "units is 1"),
        ({"units": 0}, "units is 0"),
        ({"units": None}, "units is None"),
        ({"units": 1 << 31}, "units is 2147483648"),
    ],
)
def test_an_option_of_another_type_or_size_is_refused(options: Mapping[str, Any], reason: str) -> None:
    with pytest.raises(NnlecError, match=rf"^layer 'l0' \(Dense\): {reason}, which is not read$"):
        chained(("Dense", {"units": 1, **options}, [[1], [2]], [3]))


CONV = {"filters": 1, "use_bias": False}
ONE = {"kernel_size": 1}
UNKNOWN = "no layer does what it does (the guide lists what is read: nnlec guide models)"


@pytest.mark.parametrize(
    ("layer", "shape", "reason"),
    [
        (
            ("Dense", {"units": (1 << 31) - 1}, [[1], [2]], [3]),
            *((2,), "its weights are [[2, 1], [1]], expected [[2, 2147483647], [2147483647]]"),
        ),
        (("Dense", {"units": 1}, [[1], [2]]), (2,), "its weights are [[2, 1]], expected [[2, 1], [1]]"),
        (("Dense", {"units": 1}), (2,), "it has no weights, expected kernel, bias"),
        (
            ("Dense", {"units": 1}, *DENSE[2:]),
            *((1, 1, 1, 1, 2), "it takes examples of [1, 1, 1, 1, 2], which are more axes than are read"),
        ),
        (("ELU", {"alpha": True}), (2,), "alpha is True, which is not read"),
        (("ELU", {"alpha": "1"}), (2,), "alpha is 1, which is not read"),
        (("ELU", {"alpha": float("inf")}), (2,), "alpha is inf, which is not read"),
        (("ELU", {"alpha": None}), (2,), "alpha is None, which is not read"),
        (("Conv1D", {**CONV, "padding": "reflect", **ONE}), (2, 1), "padding is reflect, which is not read"),
        (("Conv2D", {**CONV, "padding": "causal", **ONE}), (2, 1, 1), "padding is causal, which is not read"),
        (("Conv2D", {**CONV, "kernel_size": [1, 1, 1]}), (2, 1, 1), "kernel_size is [1, 1, 1], which is not read"),
        (("Conv2D", {**CONV, "kernel_size": [1]}), (2, 1, 1), "kernel_size is [1], which is not read"),
        (("Conv2D", {**CONV, "kernel_size": [1, 0]}), (2, 1, 1), "kernel_size is [1, 0], which is not read"),
        (("Conv2D", {**CONV, "kernel_size": [1.5, 1]}), (2, 1, 1), "kernel_size is [1.5, 1], which is not read"),
        (("Conv2D", {**CONV, "kernel_size": ["1", 1]}), (2, 1, 1), "kernel_size is ['1', 1], which is not read"),
        (("Conv2D", {**CONV, "kernel_size": [True, 1]}), (2, 1, 1), "kernel_size is [True, 1], which is not read"),
        (("Conv2D", {**CONV, "kernel_size": 1 << 31}), (2, 1, 1), "kernel_size is 2147483648, which is not read"),
        (("Conv2D", {**CONV, "kernel_size": None}), (2, 1, 1), "kernel_size is None, which is not read"),
        (("BatchNormalization", {"axis": [1, 2]}), (2, 3), "axis is [1, 2], which is not read"),
        (("BatchNormalization", {"axis": []}), (2, 3), "axis is [], which is not read"),
        (("BatchNormalization", {"axis": 0}), (2, 3), "axis is 0, which is not read"),
        (("BatchNormalization", {"axis": 3}), (2, 3), "axis is 3, which is not read"),
        (("BatchNormalization", {"axis": -3}), (2, 3), "axis is -3, which is not read"),
        (("BatchNormalization", {"axis": True}), (2, 3), "axis is True, which is not read"),
        (("BatchNormalization", {"axis": 1.0}), (2, 3), "axis is 1.0, which is not read"),
        (("BatchNormalization", {"virtual_batch_size": 2}), (2, 3), "virtual_batch_size is 2, which is not read"),
        (("BatchNormalization", {"adjustment": "f"}), (2, 3), "adjustment is f, which is not read"),
        (("LayerNormalization", {"axis": [1, 0]}), (2, 3), "axis is [1, 0], which is not read"),
        (("LayerNormalization", {"axis": "1"}), (2, 3), "axis is 1, which is not read"),
        (("LayerNormalization", {"axis": None}), (2, 3), "axis is None, which is not read"),
        (("LayerNormalization", {"rms_scaling": True}), (2, 3), "rms_scaling is True, which is not read"),
        (("PReLU", {"shared_axes": [3]}), (2, 3), "shared_axes is [3], which is not read"),
        (("PReLU", {"shared_axes": None}, [1.0, 2]), (2, 3), "its weights are [[2]], expected [[2, 3]]"),
        (("Permute", {"dims": [1, 1]}), (2, 3), "dims does not name each axis once"),
        (("Permute", {"dims": [2, 1, 3]}), (2, 3), "dims is [2, 1, 3], which is not read"),
        *(
            (("Reshape", {"target_shape": to}), (size,), f"examples of [{size}] do not become what target_shape says")
            for size, to in [
                (6, [-1, -1]), (6, [4]), (6, [6.0]), (6, ["a", 6]), (6, [True, 6]), (6, [6, 0]), (6, [-2, -3]),
                (1, [1] * 7), (1, [-1, -1]), (6, None), (6, "6"), (6, [-1, 4]),
            ]
        ),
        (("Reshape", {"target_shape": [2]}), (6,), "examples of [6] do not become [2]"),
        (("Reshape", {"target_shape": []}), (6,), "examples of [6] do not become []"),
        (("Rescaling", {"scale": "a"}), (2,), "scale does not hold numbers"),
        (("Rescaling", {"scale": 1.0, "offset": ["a", "b"]}), (2,), "offset does not hold numbers"),
        (("Rescaling", {"scale": [1, 2, 3]}), (2,), "[3] numbers are laid on [2]"),
        (("Rescaling", {"scale": [1.0, 2]}), (10_000_000,), "[2] numbers are laid on [10000000]"),
        (("Rescaling", {"scale": [1.0, 2]}), (10_000_001,), "numbers laid on 10,000,001, the limit is 10,000,000"),
        (("Normalization", {"mean": [1, 2, 3], "variance": 1}), (2,), "3 means and 1 variances for examples of [2]"),
        (("Normalization", {"mean": 1.0, "variance": [1.0, 2]}), (3,), "1 means and 2 variances for examples of [3]"),
        (("Softmax", {}), (2, 3), "softmax over the last axis of [2, 3], expected a row"),
        (("Softmax", {"axis": 1}), (2,), "it runs over another axis than the last"),
        (("Conv4D", {}), (2, 3), UNKNOWN),
        (("DepthwiseConv3D", {}), (2, 3), UNKNOWN),
        (("SeparableConv3D", {}), (2, 3), UNKNOWN),
        (("ConvLSTM1D", {}), (2, 3), "recurrent layers are not read"),
        (("ConvLSTM2D", {}), (2, 3), "recurrent layers are not read"),
        (("ConvLSTM3D", {}), (2, 3), "recurrent layers are not read"),
        (("Concatenate", {}), (2,), "[2] come in, expected two or more with equally many axes"),
        (("Subtract", {}), (2,), "1 come in, expected two"),
        (("Average", {}), (2,), "[2] come in, expected two or more with equally many axes"),
        (("ReLU", {"new": None, "other": False}), (2,), "its option other = False is not known here"),
        (("ReLU", {"new": 0}), (2,), "its option new = 0 is not known here"),
    ],
)  # fmt: skip
def test_a_layer_that_is_not_read_says_why(layer: Any, shape: tuple[int, ...], reason: str) -> None:
    with pytest.raises(NnlecError) as caught:
        chained(layer, shape=shape)
    assert str(caught.value) == f"layer 'l0' ({layer[0]}): {reason}"


def test_a_long_name_of_a_class_is_shortened() -> None:
    for letters, shown in ((40, "A" * 40), (41, "A" * 20 + "..." + "A" * 15)):
        with pytest.raises(NnlecError, match=rf"^layer 'l0' \({shown}\): no layer does what it does"):
            chained(("A" * letters, {}))


def test_options_that_change_nothing_are_passed_over() -> None:
    options = {
        "name": "d", "trainable": False, "kernel_initializer": "zeros", "bias_regularizer": {"class_name": "L2"},
        "kernel_constraint": "max_norm", "batch_input_shape": [None, 2], "autocast": True, "new": None,
    }  # fmt: skip
    assert chained(("Dense", {"units": 1, **options}, *DENSE[2:])).forward([[10, 100]]).tolist() == [[213]]


@pytest.mark.parametrize(
    ("policies", "dtype"),
    [
        ([None, None], "float32"),
        (["float32", None], "float32"),
        (["float64", None], "float64"),
        ([None, "float64"], "float64"),
        ([{"class_name": "DTypePolicy", "config": {"name": "float64"}}, None], "float64"),
        ([{"class_name": "Policy", "config": {"name": "float32"}}, None], "float32"),
        ([{"class_name": "float64"}, None], "float64"),
    ],
)
def test_one_layer_of_double_precision_makes_a_network_of_it(policies: Sequence[Any], dtype: str) -> None:
    dense = [("Dense", {"units": 1, "use_bias": False, "dtype": each}, [[1.0]]) for each in policies]
    assert chained(*dense, shape=(1,)).dtype == dtype


@pytest.mark.parametrize(
    ("policy", "shown"),
    [
        ("mixed_bfloat16", "mixed_bfloat16"),
        ({"class_name": "DTypePolicy", "config": {"name": "float16"}}, "float16"),
        ({"class_name": "Quantized", "config": None}, "Quantized"),
    ],
)
def test_another_precision_is_refused(policy: Any, shown: str) -> None:
    with pytest.raises(NnlecError, match=rf"\(Dense\): it computes in {shown}, expected float32 or float64$"):
        chained(("Dense", {"units": 1, "dtype": policy}, *DENSE[2:]))


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"config": {}}, "an entry that is no layer"),
        ({"class_name": "ReLU"}, "an entry that is no layer"),
        ({"class_name": "ReLU", "config": 5}, "an entry that is no layer"),
        ({"class_name": ["ReLU"], "config": {}}, "an entry that is no layer"),
        ({"class_name": "ReLU", "name": 7, "config": {}}, "a name that is no text"),
        ({"class_name": "ReLU", "config": {"name": ["r"]}}, "a name that is no text"),
    ],
)
def test_an_entry_that_is_no_layer(entry: Mapping[str, Any], reason: str) -> None:
    first = {"class_name": "InputLayer", "config": {"batch_shape": [None, 2]}}
    model = {"class_name": "Sequential", "config": {"layers": [first, entry]}}
    with pytest.raises(NnlecError, match=f"^a damaged model: {reason}$"):
        nnlec.from_keras(in_memory(model, {}))


def test_the_name_beside_the_options_is_the_layers_name() -> None:
    first = {"class_name": "InputLayer", "config": {"batch_shape": [None, 2]}}
    dense = {"class_name": "Dense", "name": "outer", "config": {"name": "inner", "units": 1}}
    model = {"class_name": "Sequential", "config": [first, dense]}  # a list: before Keras 2.2.3
    network = nnlec.from_keras(in_memory(model, {"outer": list(map(np.asarray, DENSE[2:]))}))
    assert [layer.name for layer in network.layers] == ["outer"]
    dense.pop("name")
    network = nnlec.from_keras(in_memory(model, {"inner": list(map(np.asarray, DENSE[2:]))}))
    assert [layer.name for layer in network.layers] == ["inner"]


@pytest.mark.parametrize(
    ("activation", "reason"),
    [
        (
            {"class_name": "function", "config": {"class_name": "function", "config": "relu"}},
            "the activation function",
        ),
        ({"class_name": "Mine", "config": {}}, "the activation Mine"),
        (["relu"], "the activation ['relu']"),
        (3, "the activation 3"),
        ("Relu", "the activation Relu"),
    ],
)
def test_an_activation_that_is_not_known(activation: Any, reason: str) -> None:
    within = {"class_name": "Activation", "config": {"activation": activation}}
    for given, kind in ((activation, "Dense"), (within, "Activation")):
        with pytest.raises(NnlecError) as caught:
            chained(("Dense", {"units": 1, "activation": given}, *DENSE[2:]))
        expected = f"layer 'l0' ({kind}): {reason} is not known here (`nnlec list activations` lists what is known)"
        assert str(caught.value) == expected


def test_a_layer_as_an_activation_is_asked_for_its_options_too() -> None:
    for config, reason in (
        ({"slope": 3}, "its option slope = 3 is not"),
        ({"dtype": "float16"}, "it computes in float16"),
    ):
        with pytest.raises(NnlecError, match=rf"layer 'l0' \(LeakyReLU\): {reason}"):
            chained(("Dense", {"units": 1, "activation": {"class_name": "LeakyReLU", "config": config}}, *DENSE[2:]))


X = ("Dense", "d", "x", {"units": 2}, [[1.0, 0], [0, 1]], [0, 0])


@pytest.mark.parametrize(
    ("layers", "expected", "names"),
    [
        ([X, ("Subtract", "s", "x d", {})], [0, 0], ["d", "layer 2", "s"]),
        ([X, ("Subtract", "s", "d e", {}), ("Dense", "e", "x", *X[3:4], [[2.0, 0], [0, 3]], [0, 0])], None, None),
        ([X, ("Average", "a", "x d x", {})], [-1, 2], ["d", "a", "layer 3"]),
        ([X, ("Concatenate", "c", "d d x", {})], [-1, 2, -1, 2, -1, 2], None),
        ([X, ("Multiply", "m", "d d d", {})], [-1, 8], None),
    ],
)
def test_layers_that_join(layers: Any, expected: Any, names: Any) -> None:
    if expected is None:
        layers, expected = [layers[0], layers[2], layers[1]], [1, -4]
    network = nnlec.from_keras(graphed(*layers))
    np.testing.assert_allclose(network.forward([[-1, 2]]), [expected])
    if names is not None:
        assert [layer.name for layer in network.layers] == names
