"""Weights in HDF5 files of Keras: where each layer's are, how arrays and texts are stored, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnlec import Network, NnlecError, load_network
from nnlec.models.keras_file import hdf5
from nnlec.models.keras_file.hdf5 import opened
from tests.keras_models import described, functional, saved

h5py = pytest.importorskip("h5py", reason="Keras files are read with h5py")

KERNEL, BIAS = np.array([[1], [2]], np.float32), np.array([3], np.float32)
INPUT = {"class_name": "InputLayer", "config": {"batch_shape": [None, 2]}}
NO_WEIGHTS = r"layer 'd' \(Dense\): it has no weights, expected kernel, bias$"


def dense(name: str = "d") -> dict[str, Any]:
    return {"class_name": "Dense", "config": {"name": name, "units": 1}}


def layer(kind: str, name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": kind, "config": {"name": name, **config}}


def sequence(*layers: Any, name: str = "s") -> dict[str, Any]:
    return {"class_name": "Sequential", "config": {"name": name, "layers": [*layers]}}


Change = Callable[[Any], None]


def h5(folder: Path, entry: Any, groups: Mapping[str, Any], change: Change | None = None, **about: Any) -> Network:
    """The network in a .h5 file: for each group of weights their names in order, and the arrays."""
    with h5py.File(folder / "model.h5", "w") as file:
        file.attrs.update({"model_config": json.dumps(entry), "keras_version": "2.15.0"} | about)
        for key, arrays in groups.items():
            group = file.create_group(f"model_weights/{key}")
            group.attrs["weight_names"] = [name.encode() for name in arrays]
            for name, array in arrays.items():
                group[name] = array
        if change is not None:
            change(file)
    return load_network(folder / "model.h5")


D = {"d/kernel:0": KERNEL, "d/bias:0": BIAS}
NORM = {"class_name": "Normalization", "config": {"name": "z"}}
SPREAD = {"mean:0": np.array([1.0, 2]), "variance:0": np.array([4.0, 9]), "count:0": np.array(7)}


def named(prefix: str, arrays: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{prefix}/{name}": array for name, array in arrays.items()}


@pytest.mark.parametrize(
    ("entry", "groups", "expected"),
    [
        (sequence(INPUT, dense()), {"d": D}, 213),
        (sequence(INPUT, sequence(INPUT, dense(), name="m")), {"m": D}, 213),
        (sequence(INPUT, sequence(INPUT, dense(), name="m")), {"m": named("m", D)}, 213),
        # Keras 2 names neither a model within a model nor its normalization
        (sequence(INPUT, sequence(INPUT, sequence(INPUT, dense(), name="n"), name="m")), {"m": D}, 213),
        *(
            (
                sequence(INPUT, sequence(INPUT, NORM, layer("Dropout", "o", rate=0.5), dense(), name="m")),
                {"m": spread | D},
                3 + (10 - 1) / 2 + 2 * (100 - 2) / 3,
            )
            for spread in (SPREAD, named("m/z", SPREAD))
        ),
        # two models with layers of one name
        (
            sequence(INPUT, sequence(INPUT, *[sequence(INPUT, dense(), name=name) for name in "nk"], name="m")),
            {"m": named("n", D) | named("k", {"d/kernel:0": np.array([[2.0]]), "d/bias:0": BIAS})},
            2 * 213 + 3,
        ),
    ],
)
def test_weights_are_found_by_their_names(entry: Any, groups: Any, expected: float, tmp_path: Path) -> None:
    np.testing.assert_allclose(h5(tmp_path, entry, groups).forward([[10, 100]]), [[expected]], rtol=1e-6)


@pytest.mark.parametrize(
    ("entry", "groups"),
    [
        (sequence(INPUT, dense()), {}),
        (sequence(INPUT, dense()), {"e": D}),
        (sequence(INPUT, dense()), {"d": {}}),
        (sequence(INPUT, sequence(INPUT, dense(), name="m")), {}),
        (sequence(INPUT, sequence(INPUT, dense(), name="m")), {"m": named("e", {"kernel:0": KERNEL})}),
    ],
)
def test_weights_that_are_not_in_a_file(entry: Any, groups: Any, tmp_path: Path) -> None:
    with pytest.raises(NnlecError, match=NO_WEIGHTS):
        h5(tmp_path, entry, groups)


def test_names_of_weights_in_several_parts(tmp_path: Path) -> None:
    """Keras writes a list that is too long for one attribute into several."""

    def parts(file: Any) -> None:
        group = file["model_weights/d"]
        del group.attrs["weight_names"]
        group.attrs["weight_names0"], group.attrs["weight_names1"] = [b"d/kernel:0"], [b"d/bias:0"]
        group.attrs["weight_names3"] = [b"other"]

    assert h5(tmp_path, sequence(INPUT, dense()), {"d": D}, parts).forward([[10, 100]]).tolist() == [[213]]


def test_the_loss_in_an_h5_file(tmp_path: Path) -> None:
    entry = sequence(INPUT, dense())
    assert not h5(tmp_path, entry, {"d": D}).loss
    assert h5(tmp_path, entry, {"d": D}, training_config='{"loss": "mae"}').loss == "mean-absolute-error"


@pytest.mark.parametrize("what", ["layers", "layer_names", "_layer_checkpoint_dependencies"])
def test_a_file_of_weights_alone_is_recognised(what: str, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "model.h5", "w") as file:
        if what == "layer_names":
            file.attrs[what] = [b"d"]
        else:
            file.create_group(what)
    with pytest.raises(NnlecError, match=r"these are weights of a Keras model without its layers, expected a network"):
        load_network(tmp_path / "model.h5")


# A .keras file


@pytest.mark.parametrize("top", ["layers", "_layer_checkpoint_dependencies"])
def test_groups_are_called_after_classes(top: str, tmp_path: Path) -> None:
    """The second name is that of Keras 2.12; layers of one class have numbers, from the second on."""
    inner = sequence(INPUT, dense("a"), layer("Dense", "b", units=1, use_bias=False), name="m")
    entry = sequence(INPUT, layer("ReLU", "r"), inner, layer("Dense", "c", units=1, use_bias=False))
    arrays = {
        f"{top}/sequential/{top}/dense/vars/0": KERNEL,
        f"{top}/sequential/{top}/dense/vars/1": BIAS,
        f"{top}/sequential/{top}/dense_1/vars/0": np.array([[2.0]]),
        f"{top}/dense/vars/0": np.array([[10.0]]),
    }
    path = saved(tmp_path, entry, {}, lambda file: file.update(arrays))
    assert load_network(path).forward([[10, 100]]).tolist() == [[4260]]


@pytest.mark.parametrize(
    ("entry", "where"),
    [(sequence(INPUT, dense()), "other"), (sequence(INPUT, sequence(INPUT, dense())), "layers/sequential/other")],
)
def test_a_group_that_is_not_there(entry: Any, where: str, tmp_path: Path) -> None:
    path = saved(tmp_path, entry, {}, lambda file: file.create_group(where))
    with pytest.raises(NnlecError, match=NO_WEIGHTS):
        load_network(path)
    with pytest.raises(NnlecError, match=NO_WEIGHTS):
        load_network(saved(tmp_path, entry, {}))


def test_weights_of_a_layer_of_another_name(tmp_path: Path) -> None:
    for name, reason in (("d", ""), ("e", "its weights are those of a layer with another name")):

        def call(file: Any, name: str = name) -> None:
            file["layers/dense/vars"].attrs["name"] = name

        path = saved(tmp_path, sequence(INPUT, dense()), {"dense/vars/0": KERNEL, "dense/vars/1": BIAS}, call)
        if reason:
            with pytest.raises(NnlecError, match=rf"layer 'd' \(Dense\): {reason}"):
                load_network(path)
        else:
            assert load_network(path).forward([[10, 100]]).tolist() == [[213]]


def test_an_operator_among_the_layers_has_no_group(tmp_path: Path) -> None:
    entry = functional()
    entry["config"]["layers"][1]["module"] = "keras.layers"
    relu = {"class_name": "Relu", "module": "keras.src.ops.nn", "name": "r", "config": {"name": "r"}}
    taken = {"class_name": "__keras_tensor__", "config": {"keras_history": ["d", 0, 0]}}
    entry["config"]["layers"].append(relu | {"inbound_nodes": [{"args": [taken], "kwargs": {}}]})
    entry["config"]["output_layers"] = ["r", 0, 0]
    path = saved(tmp_path, entry, {"dense/vars/0": KERNEL, "dense/vars/1": BIAS})
    assert load_network(path).forward([[10, 100], [-10, -100]]).tolist() == [[213], [0]]


# Arrays


def stored(folder: Path, **options: Any) -> Any:
    """An array as h5py stores it with these options, read again."""
    return changed(folder, lambda file: file.create_dataset("a", **options))


def changed(folder: Path, change: Callable[[Any], Any], path: str = "a") -> Any:
    with h5py.File(folder / "a.h5", "w") as file:
        change(file)
    with opened(folder / "a.h5") as group:
        return group.numbers(path)


EIGHT = np.arange(8.0).reshape(4, 2)


@pytest.mark.parametrize(
    "options",
    [
        {"compression": "gzip"},
        {"compression": "lzf"},
        {"shuffle": True},
        {"fletcher32": True},
        {"compression": "gzip", "shuffle": True, "fletcher32": True},
        {"chunks": (1, 2)},
        {},
    ],
)
def test_an_array_may_be_packed(options: Mapping[str, Any], tmp_path: Path) -> None:
    for kind in ("<f8", ">f4", "<f2", "i8", "u1", "i2", "u8"):
        np.testing.assert_array_equal(stored(tmp_path, data=EIGHT.astype(kind), **options), EIGHT)


def test_numbers_in_sixteen_bits(tmp_path: Path) -> None:
    """The upper halves of numbers of single precision, as Keras writes bfloat16; without that name they are whole."""
    halves = np.array([0x3FC0, 0xC080, 0], np.uint16)
    for name, expected in (("bfloat16", [1.5, -4, 0]), ("uint16", [0x3FC0, 0xC080, 0]), (None, [0x3FC0, 0xC080, 0])):

        def change(file: Any, name: str | None = name) -> None:
            data = file.create_dataset("a", data=halves)
            if name:
                data.attrs["dtype"] = name

        assert changed(tmp_path, change).tolist() == expected


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"data": np.array([True, False])}, "does not hold numbers"),
        ({"data": np.array([1j])}, "does not hold numbers"),
        ({"data": np.array([1, 2], np.longdouble)}, "does not hold numbers"),
        ({"data": h5py.Empty("f4")}, "does not hold numbers"),
        ({"data": np.zeros(2, "f4,f4")}, "does not hold numbers"),
        ({"data": [b"a"]}, "does not hold numbers"),
        ({"shape": (2,), "dtype": np.dtype(("f4", (1,)))}, "does not hold numbers"),
        ({"data": [1, np.nan]}, "holds numbers that are not finite"),
        ({"data": [[1, -np.inf], [0, 0]]}, "holds numbers that are not finite"),
        ({"data": EIGHT, "scaleoffset": 2}, "is packed by a filter that is not read"),
        ({"data": EIGHT, "scaleoffset": 2, "shuffle": True}, "is packed by a filter that is not read"),
        ({"shape": (4, 2), "dtype": "f8"}, r"claims [4, 2], but 0 bytes are stored"),
        ({"shape": (1,), "dtype": "i1"}, r"claims [1], but 0 bytes are stored"),
    ],
)  # fmt: skip
def test_an_array_that_is_not_read(options: Mapping[str, Any], reason: str, tmp_path: Path) -> None:
    with pytest.raises(NnlecError) as caught:
        stored(tmp_path, **options)
    assert str(caught.value) == f"the array 'a' {reason}"


def test_an_array_half_of_which_was_written(tmp_path: Path) -> None:
    def half(file: Any) -> None:
        file.create_dataset("a", (8,), "f8", chunks=(4,))[:4] = 1

    with pytest.raises(NnlecError, match=r"claims \[8\], but 32 bytes are stored$"):
        changed(tmp_path, half)


@pytest.mark.parametrize(
    ("shape", "options", "read"),
    [
        ((512,), {}, True),
        ((513,), {}, False),
        ((4,), {"chunks": (512,), "maxshape": (None,)}, True),
        ((4,), {"chunks": (513,), "maxshape": (None,)}, False),
        ((4,), {"chunks": (2000,), "maxshape": (None,)}, False),
    ],
)
def test_an_array_that_grows_too_much(
    shape: Any, options: Any, read: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond 64 MiB, here 4 KiB, 20 bytes are read for one that is stored; nothing is stored here."""
    monkeypatch.setattr(hdf5, "SMALL", 4096)
    given = {"shape": shape, "dtype": "f8", "compression": "gzip", **options}
    if read:
        assert not stored(tmp_path, **given).any()
        return
    with pytest.raises(NnlecError, match=r"^the array 'a' claims .*, but 0 bytes are stored$"):
        stored(tmp_path, **given)


def test_an_array_that_grows_twentyfold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hdf5, "SMALL", 8)

    def one_part(size: int) -> Callable[[Any], None]:
        def change(file: Any) -> None:
            file.create_dataset("a", (size,), "f8", chunks=(10,), shuffle=True)[:10] = 1

        return change

    assert changed(tmp_path, one_part(200)).sum() == 10
    with pytest.raises(NnlecError, match=r"claims \[201\], but 80 bytes are stored$"):
        changed(tmp_path, one_part(201))


def test_a_path_goes_64_groups_deep(tmp_path: Path) -> None:
    def within_itself(file: Any) -> None:
        file["g/a"] = [7.0]
        file["g/g"] = file["g"]

    assert changed(tmp_path, within_itself, "g/" * 64 + "a").tolist() == [7]
    for path in ("g/" * 65 + "a", "h/a", "g/b", "a/b"):
        with pytest.raises(NnlecError, match=r"^the array '.*' is not there$"):
            changed(tmp_path, within_itself, path)


# Texts


def attributes(folder: Path, given: Mapping[str, Any], version: str = "earliest") -> Callable[[str], Sequence[str]]:
    """A function that reads an attribute of a file as a list of texts."""
    with h5py.File(folder / "a.h5", "w", libver=version) as file:
        for key, value in given.items():
            file.attrs[key] = value

    def read(name: str) -> Sequence[str]:
        with opened(folder / "a.h5") as group:
            return group.texts(name)

    return read


def test_texts_as_h5py_writes_them(tmp_path: Path) -> None:
    many = {f"attribute_{'x' * place}": [f"text {place}é" + "y" * place] * (place % 4) for place in range(60)}
    fixed: dict[str, Any] = {
        "fixed": np.array([b"a", b"bcd", b""]),
        "one": np.bytes_(b"alone"),
        "two": "é alone",
        "none": [],
    }
    read = attributes(tmp_path, many | fixed)
    assert {name: read(name) for name in many} == many
    assert [read(name) for name in (*fixed, "other")] == [["a", "bcd", ""], ["alone"], ["é alone"], [], []]
    with opened(tmp_path / "a.h5") as group:
        assert [group.text(name) for name in (*fixed, "other")] == ["", "alone", "é alone", "", ""]


def test_an_attribute_that_is_no_text(tmp_path: Path) -> None:
    for value in (5, [1.0, 2.0]):
        with pytest.raises(NnlecError, match=r"^the attribute names holds no text$"):
            attributes(tmp_path, {"names": value})("names")


def test_attributes_have_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short = np.array([b"a"] * 100_001)
    read = attributes(tmp_path, {"most": short[:-1], "more": short}, "latest")
    assert len(read("most")) == 100_000
    with pytest.raises(NnlecError, match=r"^the attribute more is too large$"):
        read("more")
    monkeypatch.setattr(hdf5, "SMALL", 4096)
    read = attributes(tmp_path, {"most": np.array([b"a" * 2048] * 2), "more": np.array([b"a" * 2049] * 2)})
    assert read("most") == ["a" * 2048] * 2
    with pytest.raises(NnlecError, match=r"^the attribute more is too large$"):
        read("more")


def test_a_file_that_another_program_has_locked_is_read(tmp_path: Path) -> None:
    fcntl = pytest.importorskip("fcntl", reason="this system has no such locks")
    h5(tmp_path, sequence(INPUT, dense()), {"d": D})
    with (tmp_path / "model.h5").open("rb+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert load_network(tmp_path / "model.h5").forward([[10, 100]]).tolist() == [[213]]


def test_both_kinds_of_files_say_the_same(tmp_path: Path) -> None:
    layers = ("Dense", {"units": 1, "name": "d"})
    one = load_network(saved(tmp_path, described(layers), {"dense/vars/0": KERNEL, "dense/vars/1": BIAS}))
    other = h5(tmp_path, described(layers), {"d": D})
    np.testing.assert_array_equal(one.layers[0].arrays["weights"], other.layers[0].arrays["weights"])
