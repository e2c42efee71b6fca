"""Keras files of both formats, as networks; what Keras predicted is beside them."""

from __future__ import annotations

import random
import sys
import zipfile
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnlec
from nnlec import Network, NnlecError, load_network
from tests.keras_models import described, functional, in_memory, saved
from tests.mutated import mutated

h5py = pytest.importorskip("h5py", reason="Keras files are read with h5py")

TRAINED = Path(__file__).parent / "trained"
FILES = sorted(path.name for end in ("keras", "h5") for path in TRAINED.glob(f"*.keras[23].{end}"))


@pytest.mark.parametrize("name", FILES)
def test_a_file_gives_what_keras_predicted(name: str) -> None:
    which, version = name.split(".")[:2]
    expected = np.load(TRAINED / f"{version}.npz")
    rows, wanted = (expected[f"{which}.{each}"].reshape(4, -1) for each in "xy")
    network = load_network(TRAINED / name)
    found = network.forward(rows)
    assert np.abs(found - wanted).max() <= 1e-6 * np.abs(wanted).max()
    np.testing.assert_array_equal(found, network.forward(rows[::-1])[::-1])


def test_both_formats_hold_the_same_network() -> None:
    assert len(FILES) == 26
    for version in (2, 3):
        for which in ("digits", "nested"):
            one, other = (load_network(TRAINED / f"{which}.keras{version}.{end}") for end in ("keras", "h5"))
            for layer, same in zip(one.layers, other.layers, strict=True):
                assert (layer.name, layer.kind, layer.activation) == (same.name, same.kind, same.activation)
                for key, array in layer.arrays.items():
                    np.testing.assert_array_equal(array, same.arrays[key])


def test_a_loss_says_what_outputs_mean() -> None:
    iris, numbers = (load_network(TRAINED / f"{name}.keras3.keras") for name in ("iris", "nested"))
    assert (iris.kind, iris.dtype, numbers.kind, numbers.loss) == (
        "multi-class",
        "float32",
        "regression",
        "mean-squared-error",
    )


ONES = {"dense__0": [[1], [1]], "dense__1": [0]}
DENSE = ("Dense", {"units": 1})
KERNEL, BIAS = "dense/vars/0", "dense/vars/1"
WEIGHTS = {KERNEL: [[1], [2]], BIAS: [3]}


def test_a_model_made_by_hand(tmp_path: Path) -> None:
    network = load_network(saved(tmp_path, described(DENSE), WEIGHTS))
    assert network.forward([[10.0, 100.0]]).tolist() == [[213.0]]


@pytest.mark.parametrize(
    ("loss", "activation", "units", "kind"),
    [
        ("mse", "softmax", 3, "regression"),
        ({"class_name": "MeanAbsoluteError", "config": {}}, "sigmoid", 1, "regression"),
        ("binary_crossentropy", "sigmoid", 1, "binary"),
        ("binary_crossentropy", "sigmoid", 2, "multi-label"),
        ("binary_crossentropy", "linear", 1, "regression"),
        ({"class_name": "BinaryCrossentropy", "config": {"from_logits": True}}, "linear", 1, "binary"),
        ({"class_name": "BinaryCrossentropy", "config": {"from_logits": True}}, "softmax", 2, "multi-class"),
        ({"class_name": "BinaryCrossentropy", "config": {"from_logits": False}}, "linear", 1, "regression"),
        ({"class_name": "CategoricalCrossentropy", "config": {"from_logits": True}}, "linear", 2, "multi-class"),
        ({"class_name": "CategoricalCrossentropy", "config": {"from_logits": True}}, "linear", 1, "regression"),
        ({"class_name": "CategoricalCrossentropy", "config": {"from_logits": True}}, "relu", 2, "regression"),
        ({"class_name": "SparseCategoricalCrossentropy", "config": {"from_logits": True}}, "linear", 3, "multi-class"),
        ({"class_name": "SparseCategoricalCrossentropy", "config": {"from_logits": False}}, "linear", 3, "regression"),
        ("sparse_categorical_crossentropy", "softmax", 3, "multi-class"),
        ("huber", "sigmoid", 2, "regression"),
        (None, "sigmoid", 1, "binary"),
    ],
)
def test_a_loss_and_the_last_activation_say_what_outputs_mean(
    loss: Any, activation: str, units: int, kind: str, tmp_path: Path
) -> None:
    layer = ("Dense", {"units": units, "activation": activation, "use_bias": False})
    entry = described(layer, compile_config={"loss": loss})
    assert load_network(saved(tmp_path, entry, {KERNEL: np.ones((2, units))})).kind == kind


def ones(*layers: tuple[str, Mapping[str, Any]], shape: tuple[int, ...], folder: Path, **arrays: Any) -> Network:
    named = {name.replace("__", "/vars/"): value for name, value in arrays.items()}
    return load_network(saved(folder, described(*layers, shape=shape), named))


def test_numbers_that_others_got_wrong(tmp_path: Path) -> None:
    """The traps of one library's defaults in another's place, each worked by hand."""
    flat = ones(
        ("Flatten", {}), DENSE, shape=(1, 2, 2), folder=tmp_path, dense__0=[[1], [10], [100], [1000]], dense__1=[0]
    )
    assert flat.forward([[1, 2, 3, 4]]).tolist() == [[4321.0]]  # height, width, channel
    wide = ones(
        ("Flatten", {}), DENSE, shape=(2, 1, 2), folder=tmp_path, dense__0=[[1], [10], [100], [1000]], dense__1=[0]
    )
    assert wide.forward([[1, 2, 3, 4]]).tolist() == [[4321.0]]
    norm = ("BatchNormalization", {"scale": False, "center": False})
    arrays = {"batch_normalization__0": [0], "batch_normalization__1": [0.001]}
    assert ones(norm, shape=(1,), folder=tmp_path, **arrays).forward([[1]]).round(3).tolist() == [[22.361]]  # 1e-3
    slope = ones(("LeakyReLU", {}), shape=(1,), folder=tmp_path)
    assert slope.forward([[-1]]).round(6).tolist() == [[-0.3]]
    function = ones(("Activation", {"activation": "leaky_relu"}), shape=(1,), folder=tmp_path)
    assert function.forward([[-1]]).round(6).tolist() == [[-0.2]]
    hard = ones(("Activation", {"activation": "hard_sigmoid"}), shape=(1,), folder=tmp_path)
    assert hard.forward([[1]]).round(5).tolist() == [[0.66667]]
    gelu = ones(("Activation", {"activation": "gelu"}), shape=(1,), folder=tmp_path)
    assert gelu.forward([[-3]]).round(5).tolist() == [[-0.00405]]


def test_padding_that_others_got_wrong(tmp_path: Path) -> None:
    conv = {"filters": 1, "kernel_size": 3, "use_bias": False, "padding": "same"}
    same = ones(("Conv1D", conv | {"strides": 2}), shape=(4, 1), folder=tmp_path, conv1d__0=[[[1]], [[1]], [[1]]])
    assert same.forward([[1, 2, 3, 4]]).tolist() == [[6.0, 7.0]]
    column = {"conv2d__0": [[[[1]]], [[[1]]], [[[1]]]]}
    one_axis = ones(("Conv2D", conv | {"kernel_size": [3, 1]}), shape=(3, 1, 1), folder=tmp_path, **column)
    assert one_axis.forward([[1, 2, 3]]).tolist() == [[3.0, 6.0, 5.0]]
    pool = {"pool_size": 3, "strides": 1, "padding": "same"}
    mean = ones(("AveragePooling1D", pool), shape=(3, 1), folder=tmp_path)
    assert mean.forward([[3, 6, 9]]).tolist() == [[4.5, 6.0, 7.5]]
    largest = ones(("MaxPooling1D", pool), shape=(3, 1), folder=tmp_path)
    assert largest.forward([[-1, -2, -3]]).tolist() == [[-1.0, -1.0, -2.0]]
    norm = ("BatchNormalization", {"scale": False, "epsilon": 0.0})
    arrays = {f"batch_normalization__{place}": [value] for place, value in enumerate((-3.0, 0.0, 0.25))}
    padded = ones(norm, ("Conv1D", conv), shape=(2, 1), folder=tmp_path, conv1d__0=[[[1]], [[1]], [[1]]], **arrays)
    assert padded.forward([[5, 5]]).tolist() == [[14.0, 14.0]]  # zeros are not normalised
    zeros = ("ZeroPadding1D", {"padding": [1, 0]})
    counted = ones(zeros, ("AveragePooling1D", {"pool_size": 2, "strides": 2}), shape=(3, 1), folder=tmp_path)
    assert counted.forward([[4, 6, 8]]).tolist() == [[2.0, 7.0]]


def test_what_a_layer_needs_beside_it_leaves_it_its_name(tmp_path: Path) -> None:
    one = {"filters": 1, "kernel_size": 1, "use_bias": False, "name": "mine"}
    wide, thin = (ones(("Conv1D", one), shape=(size, 2), folder=tmp_path, conv1d__0=[[[1], [1]]]) for size in (3, 1))
    bent = ones(("Dense", DENSE[1] | {"activation": "relu6", "name": "mine"}), shape=(2,), folder=tmp_path, **ONES)
    flat = ones(("Permute", {"dims": [2, 1]}), ("Flatten", {"name": "mine"}), shape=(3, 2), folder=tmp_path)
    shown = [[(layer.kind, layer.name) for layer in network.layers] for network in (wide, thin, bent, flat)]
    assert shown == [
        [("transpose", "layer 1"), ("conv", "mine")],
        [("reshape", "layer 1"), ("conv", "mine")],
        [("dense", "mine"), ("scale", "layer 2")],
        [("flatten", "mine"), ("reshape", "layer 2"), ("transpose", "layer 3"), ("flatten", "layer 4")],
    ]


MAPS = np.arange(1.0, 13).reshape(2, 2, 3)
BESIDE = np.array([[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]])  # height 1, width 2, 2 in, 2 out
FIRST: dict[str, tuple[list[tuple[str, dict[str, Any]]], dict[str, Any], Any]] = {
    "Flatten": ([("Flatten", {})], {}, MAPS.transpose(1, 2, 0)),  # it puts the channels last
    "GlobalAveragePooling2D": ([("GlobalAveragePooling2D", {})], {}, MAPS.mean((1, 2))),
    "GlobalMaxPooling2D": ([("GlobalMaxPooling2D", {"keepdims": True})], {}, MAPS.max((1, 2))),
    "MaxPooling2D": ([("MaxPooling2D", {"pool_size": [2, 1]})], {}, MAPS[:, 1:]),
    "AveragePooling2D, steps": (
        [("AveragePooling2D", {"pool_size": [1, 2], "strides": [1, 1]})],
        {},
        (MAPS[:, :, 1:] + MAPS[:, :, :-1]) / 2,
    ),
    "Conv2D": (
        [("Conv2D", {"filters": 2, "kernel_size": [1, 2]})],
        {"conv2d__0": BESIDE, "conv2d__1": [100, 200]},
        [
            MAPS[0, :, :-1] + 3 * MAPS[1, :, :-1] + 5 * MAPS[0, :, 1:] + 7 * MAPS[1, :, 1:] + 100,
            2 * MAPS[0, :, :-1] + 4 * MAPS[1, :, :-1] + 6 * MAPS[0, :, 1:] + 8 * MAPS[1, :, 1:] + 200,
        ],
    ),
    "Conv2D, the same size": (
        [("Conv2D", {"filters": 1, "kernel_size": [1, 3], "use_bias": False, "padding": "same"})],
        {"conv2d__0": np.ones((1, 3, 2, 1))},
        [[18, 30, 22], [30, 48, 34]],
    ),
    "DepthwiseConv2D": (
        [("DepthwiseConv2D", {"kernel_size": [1, 2], "use_bias": False})],
        {"depthwise_conv2d__0": BESIDE[..., :1]},
        [MAPS[0, :, :-1] + 5 * MAPS[0, :, 1:], 3 * MAPS[1, :, :-1] + 7 * MAPS[1, :, 1:]],
    ),
    "ZeroPadding2D": (
        [
            ("ZeroPadding2D", {"padding": [[1, 0], [0, 0]]}),
            ("Conv2D", {"filters": 1, "kernel_size": [3, 3], "use_bias": False}),
        ],
        {"conv2d__0": np.ones((3, 3, 2, 1))},
        [78],
    ),
    "BatchNormalization": (
        [("BatchNormalization", {"axis": 1, "scale": False, "epsilon": 0.0})],
        {f"batch_normalization__{place}": each for place, each in enumerate([[1, 2], [4, 5], [1, 0.25]])},
        [MAPS[0] - 4 + 1, (MAPS[1] - 5) * 2 + 2],
    ),
}


@pytest.mark.parametrize("name", FIRST)
def test_channels_may_come_first(name: str, tmp_path: Path) -> None:
    layers, arrays, expected = FIRST[name]
    given = [
        (kind, options | ({} if "axis" in options else {"data_format": "channels_first"})) for kind, options in layers
    ]
    network = ones(*given, shape=MAPS.shape, folder=tmp_path, **arrays)
    np.testing.assert_allclose(network.forward([MAPS.ravel()]), [np.ravel(expected)], rtol=1e-12)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (1, [[0, 0, 0, 0], [0, 1, 2, 0], [0, 0, 0, 0]]),
        ([1, 2], [[0, 0, 0, 0, 0, 0], [0, 0, 1, 2, 0, 0], [0, 0, 0, 0, 0, 0]]),
        ([[1, 0], [0, 2]], [[0, 0, 0, 0], [1, 2, 0, 0]]),
    ],
)
def test_zeros_around_maps_are_written_in_three_ways(given: Any, expected: Any, tmp_path: Path) -> None:
    """One number, a number for each axis, or one for each side; a kernel of one number shows them."""
    zeros = ("ZeroPadding2D", {"padding": given})
    as_it_is = ("Conv2D", {"filters": 1, "kernel_size": 1, "use_bias": False})
    shown = ones(zeros, as_it_is, shape=(1, 2, 1), folder=tmp_path, conv2d__0=[[[[1]]]])
    np.testing.assert_array_equal(shown.forward([[1, 2]]), [np.ravel(expected)])


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        (("LSTM", {"units": 2}), r"layer 'l0' \(LSTM\): recurrent layers are not read"),
        (("MultiHeadAttention", {}), r"layer 'l0' \(MultiHeadAttention\): attention is not read"),
        (("Lambda", {"function": {"class_name": "__lambda__"}}), r"\(Lambda\): it holds Python code, which is not run"),
        (("GroupNormalization", {}), r"\(GroupNormalization\): no layer does what it does"),
        (("Dense", {"units": 1, "new": 7}), r"\(Dense\): its option new = 7 is not known here"),
        (("Dense", {"units": 1, "activation": "sparsemax"}), r"the activation sparsemax is not known here"),
        (("Dense", {"units": 1, "activation": "custom>mine"}), r"the activation custom>mine is not known here"),
        (
            ("Dense", {"units": 1, "dtype": "mixed_float16"}),
            r"it computes in mixed_float16, expected float32",
        ),
        (("Dense", {"units": 2}), r"its weights are \[\[2, 1\], \[1\]\], expected \[\[2, 2\], \[2\]\]"),
        (("Dense", {"units": -1}), r"units is -1, which is not read"),
        (("Dense", {"units": 1, "quantization_config": {"mode": "int8"}}), r"its option quantization_config"),
        (("BatchNormalization", {"renorm": True}), r"renorm is True"),
        (("Softmax", {"axis": 0}), r"it runs over another axis than the last"),
        (("Conv2D", {"filters": 1, "kernel_size": 2}), r"windows with 2 axes over examples of \[2\]"),
        (("Reshape", {"target_shape": [3]}), r"examples of \[2\] do not become what target_shape says"),
        (("ReLU", {"threshold": 1.0}), r"threshold is 1.0"),
        (("ReLU", {"max_value": 6.0, "negative_slope": 0.1}), r"a bound beside a slope, which no activation has"),
        (("ReLU", {"max_value": 0.0}), r"a bound beside a slope"),
        (("Add", {}), r"\(Add\): \[2\] come in, expected two or more"),
        (("ZeroPadding1D", {}), r"windows with 1 axis over examples of \[2\]"),
    ],
)
def test_a_refusal_names_layer_class_and_reason(layer: Any, reason: str, tmp_path: Path) -> None:
    with pytest.raises(NnlecError, match=rf"^[^\n]*model.keras: .*{reason}[^\n]*$"):
        load_network(saved(tmp_path, described(layer), WEIGHTS))


def test_numbers_for_each_of_two_features_are_laid_on_them(tmp_path: Path) -> None:
    norm = ("Normalization", {"axis": -1, "mean": [1.0, 2.0], "variance": [4.0, 9.0]})
    assert ones(norm, shape=(2,), folder=tmp_path).forward([[7, 11]]).tolist() == [[3.0, 3.0]]


def test_weights_of_a_layer_that_has_none_are_not_ignored(tmp_path: Path) -> None:
    with pytest.raises(NnlecError, match=r"layer 'l0' \(ReLU\): it has 1 array of weights, expected none"):
        load_network(saved(tmp_path, described(("ReLU", {})), {"re_lu/vars/0": [3]}))


@pytest.mark.parametrize(
    "changes",
    [
        {"module": "mine", "class_name": "Wavelet"},
        {"registered_name": "mine>Dense"},
        {"module": "os", "class_name": "system"},
        {"module": None, "class_name": "mine>Dense"},
    ],
)
def test_a_class_that_is_not_of_keras_is_never_run(changes: dict[str, Any], tmp_path: Path) -> None:
    entry = described(DENSE)
    entry["config"]["layers"][1] |= changes
    with pytest.raises(NnlecError, match=r"layer 'l0' .* is no class of Keras: its code would have to be run"):
        load_network(saved(tmp_path, entry, WEIGHTS))
    entry = described(DENSE) | changes
    with pytest.raises(NnlecError, match=r"is no class of Keras|expected Sequential or Functional"):
        load_network(saved(tmp_path, entry, WEIGHTS))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"output_layers": [["d", 0, 0], ["x", 0, 0]]},
            r"its outputs are 'd', 'x'; expected one \(a model of one: .*get_layer\('d'\)",
        ),
        ({"input_layers": [["x", 0, 0], ["y", 0, 0]]}, r"its inputs are 'x', 'y'; expected one"),
        ({"output_layers": ["x", 0, 0]}, r"does not lead to its output|no layers: it gives what it takes"),
        ({"output_layers": ["e", 0, 0]}, r"its layers do not lead from its input to its output"),
        ({"output_layers": None}, r"a damaged model"),
        ({"layers": "none"}, r"a damaged model: its layers are no list"),
        ({"layers": [7]}, r"a damaged model: its layers are no list"),
    ],
)
def test_connections_that_are_not_read(changes: dict[str, Any], reason: str, tmp_path: Path) -> None:
    assert load_network(saved(tmp_path, functional(), WEIGHTS)).forward([[1, 1]]).tolist() == [[6.0]]
    with pytest.raises(NnlecError, match=reason):
        load_network(saved(tmp_path, functional(**changes), WEIGHTS))


@pytest.mark.parametrize(
    ("node", "reason"),
    [
        ({"args": [3.0], "kwargs": {}}, r"layer 'd': it is called with 3.0, expected what a layer gives"),
        ({"kwargs": {"training": True}}, r"layer 'd': it is called with training = True"),
        ({"kwargs": {"mask": [1]}}, r"layer 'd': it is called with mask"),
        ({"args": [{"class_name": "__keras_tensor__", "config": {"keras_history": ["d", 0, 0]}}]}, r"do not lead"),
        ({"args": [{"class_name": "__keras_tensor__", "config": {"keras_history": ["x", 0, 1]}}]}, r"several values"),
    ],
)
def test_a_layer_that_is_called_in_another_way(node: dict[str, Any], reason: str, tmp_path: Path) -> None:
    entry = functional()
    entry["config"]["layers"][1]["inbound_nodes"][0] |= node
    with pytest.raises(NnlecError, match=reason):
        load_network(saved(tmp_path, entry, WEIGHTS))


@pytest.mark.parametrize(
    ("node", "reason"),
    [
        ([["x", 0, 0, {"training": True}]], r"layer 'd': it is called with training = True"),
        (["x", 0, 0, {"mask": 1}], r"layer 'd': it is called with mask = 1"),
        (7, r"an end of a connection is missing"),
        ([7], r"a connection to nothing"),
    ],
)
def test_a_layer_that_is_called_in_another_way_by_keras_2(node: Any, reason: str, tmp_path: Path) -> None:
    entry = functional()
    dense = entry["config"]["layers"][1]
    for plain in (["x", 0, 0], [["x", 0, 0, {"training": False}]]):
        dense["inbound_nodes"] = [plain]
        assert load_network(saved(tmp_path, entry, WEIGHTS)).forward([[1, 1]]).tolist() == [[6.0]]
    dense["inbound_nodes"] = [node]
    with pytest.raises(NnlecError, match=reason):
        load_network(saved(tmp_path, entry, WEIGHTS))


@pytest.mark.parametrize("shape", [(None,), (None, 3), ("x",), (0,), ()])
def test_an_input_whose_size_is_open(shape: tuple[Any, ...], tmp_path: Path) -> None:
    with pytest.raises(NnlecError, match=r"its input is \[rows.*\]: a size is open"):
        load_network(saved(tmp_path, described(DENSE, shape=shape), WEIGHTS))


# HDF5 that leads elsewhere, or claims what is not there


def hostile(path: Path) -> dict[str, Callable[[Any], None]]:
    """What a file of weights may do -> how it is made; `path` is a file that nobody may read through it."""
    with h5py.File(path, "w") as other:
        other["kernel"] = np.ones((2, 1), np.float32)
        other.create_group("vars")["0"] = np.ones((2, 1), np.float32)

    def virtual(file: Any) -> None:
        layout = h5py.VirtualLayout((2, 1), "f4")
        layout[:] = h5py.VirtualSource(str(path), "kernel", (2, 1))
        file.create_virtual_dataset("layers/dense/vars/0", layout)

    def put(name: str, value: Any) -> Callable[[Any], None]:
        return lambda file: file.__setitem__(name, value)

    def claim(**options: Any) -> Callable[[Any], None]:
        return lambda file: file.create_dataset("layers/dense/vars/0", dtype="f4", **options)

    return {
        "external link": put("layers/dense/vars/0", h5py.ExternalLink(str(path), "kernel")),
        "external group": put("layers/dense/vars", h5py.ExternalLink(str(path), "vars")),
        "soft link": put("layers/dense/vars/0", h5py.SoftLink("/layers/dense/vars/1")),
        "external storage": claim(shape=(2, 1), external=[(str(path), 0, 8)]),
        "virtual": virtual,
        "never stored": claim(shape=(2, 1)),
        "shape bomb": claim(shape=(1 << 40, 1 << 20), chunks=(1024, 1024), compression="gzip", fillvalue=1.0),
        "chunk bomb": claim(shape=(1 << 14, 1 << 14), chunks=(1 << 14, 1 << 14), compression="gzip", fillvalue=1.0),
        "texts": put("layers/dense/vars/0", np.array([b"a", b"b"])),
        "references": lambda file: file.create_dataset("layers/dense/vars/0", (2, 1), h5py.ref_dtype),
        "a group": lambda file: file.create_group("layers/dense/vars/0"),
        "nothing": lambda file: None,  # noqa: ARG005
    }


HOSTILE = ("external link", "external group", "soft link", "external storage", "virtual", "never stored")
CLAIMS = ("shape bomb", "chunk bomb", "texts", "references", "a group", "nothing")


@pytest.mark.parametrize("what", [*HOSTILE, *CLAIMS])
def test_weights_that_lead_elsewhere(what: str, tmp_path: Path) -> None:
    change = hostile(tmp_path / "secret.h5")[what]
    path = saved(tmp_path, described(("Dense", {"units": 1, "use_bias": False})), {}, change)
    reasons = r"link to another place|lies in another file|bytes are stored|not hold numbers|is not there|no weights"
    with pytest.raises(NnlecError, match=rf"^[^\n]*(model.keras: .*({reasons}))[^\n]*$"):
        load_network(path)


def test_texts_whose_lengths_lie(tmp_path: Path) -> None:
    """HDF5 would take gigabytes for the first, and would never come to an end with the second."""
    content = (TRAINED / "nested.keras3.h5").read_bytes()
    heap = content.index(b"GCOL")
    place = content.index(heap.to_bytes(8, "little") + (1).to_bytes(4, "little")) - 4
    longer = content[: place + 3] + b"\xd2" + content[place + 4 :]
    endless = content[: heap + 16] + bytes(64) + content[heap + 80 :]
    for damaged in (longer, endless):
        (tmp_path / "model.h5").write_bytes(damaged)
        with pytest.raises(NnlecError, match=r"a text that is not there|is too large"):
            load_network(tmp_path / "model.h5")


def test_archives_that_are_no_model(tmp_path: Path) -> None:
    path = saved(tmp_path, described(DENSE), WEIGHTS)
    whole = path.read_bytes()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", "[" * 70_000_000, compresslevel=1)
        archive.writestr("metadata.json", "{}")
        archive.writestr("model.weights.h5", b"")
    with pytest.raises(NnlecError, match=r"a zip bomb"):
        load_network(path)
    for text in ("[" * 100_000, "7", "{", "[1]", '{"class_name": 3}', '{"class_name": "Sequential", "config": 5}'):
        with pytest.raises(NnlecError, match=r"a damaged|is no JSON object|expected Sequential"):
            load_network(saved(tmp_path, text, WEIGHTS))
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(NnlecError, match=r"damaged archive"):
        load_network(path)


def test_weights_without_layers_are_named() -> None:
    with pytest.raises(NnlecError, match=r"weights of a Keras model without its layers, .*model.save\('model.keras'\)"):
        load_network(TRAINED / "iris.keras3.weights.h5")


def test_other_hdf5_and_other_versions(tmp_path: Path) -> None:
    path = tmp_path / "data.h5"
    for attributes, reason in (
        ({}, r"an HDF5 file without a Keras model"),
        ({"model_config": "{}", "keras_version": "1.2.2"}, r"a model of Keras 1.2.2, expected 2 or 3"),
        ({"model_config": "{}"}, r"a model of Keras 1, expected 2 or 3"),
        ({"model_config": "{}", "keras_version": "2.1", "backend": "theano"}, r"Keras on Theano, whose kernels are"),
        ({"model_config": "nonsense", "keras_version": "2.1"}, r"is no JSON object"),
    ):
        with h5py.File(path, "w") as file:
            file.attrs.update(attributes)
        with pytest.raises(NnlecError, match=reason):
            load_network(path)


def test_without_h5py_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    for name in ("iris.keras3.keras", "digits.keras3.h5"):
        with pytest.raises(NnlecError, match=r'needs the h5py package \(pip install "nnlec\[keras\]"\)'):
            load_network(TRAINED / name)


def test_a_model_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    arrays = [np.array([[1.0], [2.0]]), np.array([3.0])]
    network = nnlec.from_keras(in_memory(described(DENSE), {"l0": arrays}))
    assert network.forward([[10.0, 100.0]]).tolist() == [[213.0]]
    with pytest.raises(NnlecError, match=r"layer 'l0' \(Dense\): it has no weights, expected kernel, bias"):
        nnlec.from_keras(in_memory(described(DENSE), {}))
    with pytest.raises(NnlecError, match=r"^int is no Keras model$"):
        nnlec.from_keras(3)


Curve = Callable[[Any], Any]
FUNCTIONS: dict[str, Curve] = {
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "leaky_relu": lambda x: np.where(x < 0, 0.2 * x, x),
    "elu": lambda x: np.where(x < 0, np.expm1(x), x),
    "celu": lambda x: np.where(x < 0, np.expm1(x), x),
    "selu": lambda x: 1.05070098 * np.where(x < 0, 1.67326324 * np.expm1(x), x),
    "exponential": np.exp,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "log_sigmoid": lambda x: -np.log(1 + np.exp(-x)),
    "hard_sigmoid": lambda x: np.clip(x / 6 + 0.5, 0, 1),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "swish": lambda x: x / (1 + np.exp(-x)),
    "hard_silu": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    "hard_swish": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    "softplus": lambda x: np.log(1 + np.exp(x)),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "tanh": np.tanh,
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "mish": lambda x: x * np.tanh(np.log(1 + np.exp(x))),
    "hard_shrink": lambda x: np.where(np.abs(x) > 0.5, x, 0),
    "soft_shrink": lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0),
    "softmax": lambda x: np.exp(x) / np.exp(x).sum(),
    "log_softmax": lambda x: x - np.log(np.exp(x).sum()),
}
BENT: list[tuple[str, Mapping[str, Any], Curve]] = [
    *(("Activation", {"activation": name}, curve) for name, curve in FUNCTIONS.items()),
    ("Activation", {"activation": {"class_name": "function", "config": "tanh"}}, FUNCTIONS["tanh"]),
    (
        "Activation",
        {"activation": {"class_name": "LeakyReLU", "config": {"negative_slope": 0.1}}},
        lambda x: np.where(x < 0, 0.1 * x, x),
    ),
    ("ReLU", {"max_value": 2.0, "negative_slope": 0.0, "threshold": 0.0}, lambda x: np.clip(x, 0, 2)),
    ("ReLU", {"max_value": None, "negative_slope": 0.1}, lambda x: np.where(x < 0, 0.1 * x, x)),
    ("LeakyReLU", {"alpha": 0.4}, lambda x: np.where(x < 0, 0.4 * x, x)),
    ("ELU", {"alpha": 2.0}, lambda x: np.where(x < 0, 2 * np.expm1(x), x)),
    ("ELU", {}, FUNCTIONS["elu"]),
    ("ThresholdedReLU", {"theta": 0.5}, lambda x: np.where(x > 0.5, x, 0)),
    ("ThresholdedReLU", {}, lambda x: np.where(x > 1, x, 0)),
    ("Softmax", {"axis": -1}, FUNCTIONS["softmax"]),
    *((name, {}, FUNCTIONS[name.lower()]) for name in ("Relu", "Relu6", "Sigmoid", "Silu", "Softplus", "Tanh")),
]


@pytest.mark.parametrize(("name", "options", "curve"), BENT)
def test_activations_bend_as_keras_says(name: str, options: Mapping[str, Any], curve: Curve) -> None:
    x = np.array([-7.0, -3.25, -1.0, -0.75, -0.25, 0.0, 0.25, 0.75, 1.0, 1.5, 3.25, 7.0])
    network = nnlec.from_keras(in_memory(described((name, options), shape=x.shape), {}))
    np.testing.assert_allclose(network.forward([x])[0], curve(x), rtol=1e-6, atol=1e-9)


def test_the_hard_sigmoid_of_keras_2_is_another() -> None:
    entry = described(("Activation", {"activation": "hard_sigmoid"}), keras_version="2.15.0")
    assert nnlec.from_keras(in_memory(entry, {})).forward([[1, -2.0]]).round(6).tolist() == [[0.7, 0.1]]


@pytest.mark.parametrize("framework", ["keras", "tf_keras"])
def test_models_of_the_installed_keras(framework: str, tmp_path: Path) -> None:
    keras = pytest.importorskip(framework, reason=f"{framework} is not installed")
    from tests.trained import make_keras

    for place, (name, make) in enumerate(make_keras.models(keras).items()):
        if name == "operators" and framework == "tf_keras":  # it makes functions of TensorFlow of them
            continue
        random_numbers = np.random.default_rng(place)
        model = make_keras.trained(make(), random_numbers)
        rows = random_numbers.normal(0, 2, (3, *model.input_shape[1:])).astype("float32")
        wanted = np.asarray(model.predict(rows, verbose=0)).reshape(3, -1)
        networks = [nnlec.from_keras(model)]
        for end in ("keras", "h5"):
            model.save(tmp_path / f"{name}.{end}")
            networks.append(load_network(tmp_path / f"{name}.{end}"))
        for network in networks:
            found = network.forward(rows.reshape(3, -1))
            assert np.abs(found - wanted).max() <= 1e-6 * max(1.0, np.abs(wanted).max()), name


def test_the_guide_from_save_to_forward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("keras", reason="keras is not installed")
    page = (Path(nnlec.__file__).parent / "guide" / "models.md").read_text(encoding="utf-8")
    written = page.partition("## From Keras")[2].partition("```py\n")[2].partition("```")[0]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs").symlink_to(Path(__file__).parent.parent / "configs")
    names: dict[str, Any] = {}
    exec(written.replace("epochs=150", "epochs=1"), names)
    network, model = load_network("iris.keras"), names["model"]
    for found in (network, nnlec.from_keras(model)):
        np.testing.assert_allclose(found.forward(names["measures"]), model.predict(names["measures"]), atol=1e-6)


def _damaged(folder: Path, end: str, times: int, seed: int) -> None:
    choose = random.Random(seed)
    names = [name for name in FILES if name.endswith(end)]
    contents = {name: (TRAINED / name).read_bytes() for name in names}
    for _ in range(times):
        content = contents[choose.choice(names)]
        if end == ".keras":
            content = _member_damaged(content, choose) if choose.random() < 0.7 else mutated(content, choose)
        else:
            content = mutated(content, choose)
        path = folder / f"model{end}"
        path.write_bytes(content)
        try:
            load_network(path)
        except NnlecError as error:
            assert "\n" not in str(error)  # noqa: PT017


def _member_damaged(content: bytes, choose: random.Random) -> bytes:
    """An archive in order, one of whose members is damaged."""
    made = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as archive, zipfile.ZipFile(made, "w") as other:
        chosen = choose.choice(archive.namelist())
        for name in archive.namelist():
            member = archive.read(name)
            other.writestr(name, mutated(member, choose) if name == chosen else member)
    return made.getvalue()


@pytest.mark.parametrize("end", [".keras", ".h5"])
def test_damaged_files_are_read_or_refused_in_one_line(end: str, tmp_path: Path) -> None:
    _damaged(tmp_path, end, 100, 0)


@pytest.mark.slow
@pytest.mark.parametrize("end", [".keras", ".h5"])
def test_3000_damaged_files_are_read_or_refused_in_one_line(end: str, tmp_path: Path) -> None:
    _damaged(tmp_path, end, 3000, 1)
