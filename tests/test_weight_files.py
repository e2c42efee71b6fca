"""Weights beside the network file, as NumPy and safetensors write them; what lies elsewhere is asked for first."""

from __future__ import annotations

import ntpath
import os
import re
import struct
from pathlib import Path, PureWindowsPath

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nnlec import NnlecError, load_network
from nnlec.models.weights import _confined
from tests.conftest import Nnlec
from tests.monsters import network, of_tensors, tensor

WEIGHTS = np.array([[0.1, -2.5e300], [5e-324, 3.0]])


def named(folder: Path, file: str, array: str = "") -> Path:
    path = folder / "net.yaml"
    path.write_text(network(f"{{file: {file}{', array: ' + array if array else ''}}}"), encoding="utf-8")
    return path


def complaint(path: Path) -> str:
    with pytest.raises(NnlecError) as caught:
        load_network(path)
    return str(caught.value).removeprefix(f"{path}:2:21: layers[0].weights.file: ")


def test_npy_and_npz_hold_the_weights_to_the_bit(tmp_path: Path) -> None:
    np.save(tmp_path / "w.npy", WEIGHTS)
    np.savez(tmp_path / "w.npz", A=np.zeros((1, 1)), B=WEIGHTS)
    np.savez_compressed(tmp_path / "c.npz", WEIGHTS)
    for path in (named(tmp_path, "w.npy"), named(tmp_path, "w.npz", "B"), named(tmp_path, "c.npz")):
        assert load_network(path).layers[0].arrays["weights"].tobytes() == WEIGHTS.tobytes()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    array=hnp.arrays(
        st.sampled_from(["<f8", ">f8", "<f4", ">f4", "<f2", "|i1", "<i2", ">i4", "<i8", "|u1", "<u8"]),
        hnp.array_shapes(min_dims=2, max_dims=2),
        elements={"allow_nan": False, "allow_infinity": False, "min_value": 0, "max_value": 100},
    ),
    fortran=st.booleans(),
)
def test_whatever_numpy_saves_is_read_as_numpy_reads_it(tmp_path: Path, array: np.ndarray, fortran: bool) -> None:
    np.save(tmp_path / "w.npy", np.asfortranarray(array) if fortran else array)
    weights = load_network(named(tmp_path, "w.npy")).layers[0].arrays["weights"]
    assert weights.tobytes() == np.load(tmp_path / "w.npy").astype(np.float64, order="C").tobytes()


def test_every_version_of_npy_that_numpy_writes_is_read(tmp_path: Path) -> None:
    for version in ((1, 0), (2, 0), (3, 0)):
        with (tmp_path / "w.npy").open("wb") as file:
            np.lib.format.write_array(file, WEIGHTS, version=version)
        assert load_network(named(tmp_path, "w.npy")).layers[0].arrays["weights"].tolist() == WEIGHTS.tolist()
    content = (tmp_path / "w.npy").read_bytes()
    (tmp_path / "w.npy").write_bytes(content.replace(b"NUMPY\3", b"NUMPY\4"))
    assert complaint(named(tmp_path, "w.npy")) == "w.npy: not a NumPy .npy array, or its header is damaged"


def test_an_npz_with_a_changed_byte_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", W=np.arange(20_000.0).reshape(100, 200))
    content = bytearray((tmp_path / "w.npz").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "w.npz").write_bytes(content)
    assert complaint(named(tmp_path, "w.npz")).startswith("w.npz: not a .npz archive, or a damaged one: Bad CRC-32")


def test_bf16_is_the_upper_half_of_a_float(tmp_path: Path) -> None:
    of_tensors(tensor("BF16", [1, 2], 0, 4), size=4)(tmp_path)
    assert load_network(tmp_path / "network.yaml").layers[0].arrays["weights"].tolist() == [[1.0, 2.0]]


@pytest.mark.parametrize("file", ["w.npz", "w.safetensors"])
def test_the_only_array_needs_no_name_but_no_other_is_taken_for_it(file: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", W=WEIGHTS)
    header = ("{" + tensor("F64", [2, 2], 0, 32) + "}").encode()
    (tmp_path / "w.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + WEIGHTS.tobytes())
    for name in ("", "W"):
        assert load_network(named(tmp_path, file, name)).layers[0].arrays["weights"].tolist() == WEIGHTS.tolist()
    assert re.match(rf"{file}: unknown (array|tensor) 'V', expected one of W", complaint(named(tmp_path, file, "V")))


def test_safetensors_of_two_tensors_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    header = (
        "{" + tensor("F64", [2, 2], 16, 48) + "," + tensor("F32", [4], 0, 16, "b") + ', "__metadata__": {"x": "y"}}'
    )
    path.write_bytes(struct.pack("<Q", len(header)) + header.encode() + b"\0" * 16 + WEIGHTS.tobytes())
    assert load_network(named(tmp_path, path.name, "W")).layers[0].arrays["weights"].tolist() == WEIGHTS.tolist()
    assert complaint(named(tmp_path, path.name)) == "w.safetensors: 2 tensors, which one? (array: W, b)"


@pytest.mark.parametrize(
    ("length", "header", "said"),
    [
        (2, b"{}", "it holds no tensor"),
        (3, b"{}", "the header claims 3 bytes, the limit is 2"),
        (3, b"{} \0", "the header claims 0 bytes of numbers, but 1 are there"),
        (0, b"", "the header is not JSON: no safetensors file"),
        (1, b"", "the header claims 1 bytes, the limit is 0"),
    ],
)
def test_the_header_of_safetensors_ends_where_it_says(length: int, header: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "w.safetensors").write_bytes(struct.pack("<Q", length) + header)
    assert complaint(named(tmp_path, "w.safetensors")) == f"w.safetensors: {said}"


def test_a_bias_may_come_from_a_file(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", W=WEIGHTS, b=np.array([1.5, -2.0]))
    path = tmp_path / "net.yaml"
    text = network("{file: w.npz, array: W}").replace("bias: none", "bias: {file: w.npz, array: b}")
    path.write_text(text, encoding="utf-8")
    bias = load_network(path).layers[0].arrays.get("bias")
    assert bias is not None
    assert bias.tolist() == [1.5, -2.0]


def test_a_file_outside_the_folder_is_read_only_when_asked(tmp_path: Path) -> None:
    np.save(tmp_path / "w.npy", WEIGHTS)
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link.npy").symlink_to(tmp_path / "w.npy")
    for file in ("../w.npy", str(tmp_path / "w.npy"), "link.npy"):
        path = named(inside, file)
        said = f"{file}: it lies outside the network file's folder (--allow-outside takes it)"
        assert complaint(path) == said
        assert load_network(path, allow_outside=True).layers[0].arrays["weights"].tolist() == WEIGHTS.tolist()


class Windows(PureWindowsPath):
    """A path of Windows in a folder without links. Another drive or server is not to be looked at."""

    def resolve(self) -> Windows:
        assert self.drive.upper() == "C:", self
        return Windows(ntpath.normpath(self))


@pytest.mark.parametrize("file", ["w.npy", r"data\w.npy", "data/w.npy", r"data\..\w.npy", r"c:\NETS\w.npy", "C:w.npy"])
def test_a_backslash_and_a_drive_are_understood_on_windows(file: str) -> None:
    assert _confined(Windows(r"C:\nets"), file, False).is_relative_to(Windows(r"C:\nets"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "file",
    [
        r"..\w.npy",
        "../w.npy",
        r"data\..\..\w.npy",
        r"C:\w.npy",
        r"C:..\w.npy",
        r"C:\nets2\w.npy",
        r"\w.npy",
        "/w.npy",
        r"D:\nets\w.npy",
        "D:w.npy",
        r"\\server\share\w.npy",
        "//server/share/w.npy",
        r"\\?\C:\nets\w.npy",
        r"\\.\pipe\w.npy",
        r"\\?\UNC\server\share\w.npy",
    ],
)
def test_nothing_outside_the_folder_is_reached_on_windows(file: str) -> None:
    with pytest.raises(NnlecError, match="it lies outside the network file's folder"):
        _confined(Windows(r"C:\nets"), file, False)  # type: ignore[arg-type]


def test_a_backslash_elsewhere_is_a_letter_and_the_error_says_what_to_write(tmp_path: Path) -> None:
    hint = "(write / between folders, as every system reads it)"
    for file in (r"data\w.npy", r"C:\data\w.npy", r"\\server\share\w.npy", r"..\w.npy"):
        assert complaint(named(tmp_path, f"'{file}'")) == f"{file}: no such file {hint}"
    assert complaint(named(tmp_path, "no.npy")) == "no.npy: no such file"
    np.save(tmp_path / r"data\w.npy", WEIGHTS)
    assert load_network(named(tmp_path, r"data\w.npy")).layers[0].arrays["weights"].tolist() == WEIGHTS.tolist()
    with pytest.raises(NnlecError, match=r"\(\\ between double quotes begins an escape: write / between folders\)"):
        load_network(named(tmp_path, r'"data\w.npy"'))


def test_what_cannot_be_weights_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", W=WEIGHTS, V=WEIGHTS)
    np.savez(tmp_path / "none.npz")
    np.save(tmp_path / "n.npy", np.array([[np.nan]]))
    np.save(tmp_path / "flat.npy", np.array([1.0, 2.0]))
    np.save(tmp_path / "huge.npy", np.array([[2**53 + 1]]))
    np.save(tmp_path / "truth.npy", np.array([[True]]))
    os.mkfifo(tmp_path / "fifo.npy")
    (tmp_path / "loop.npy").symlink_to(tmp_path / "loop.npy")
    expected = {
        ("w.npz", ""): "w.npz: 2 arrays, which one? (array: W, V)",
        ("w.npz", "X"): "w.npz: unknown array 'X', expected one of W, V",
        ("none.npz", "X"): "none.npz: it holds no array",
        ("missing.npz", "W"): "missing.npz: no such file",
        ("fifo.npy", ""): "fifo.npy: not a regular file",
        ("flat.npy", "W"): "flat.npy: a .npy file holds one array without a name, but 'W' is asked for (leave it out)",
        ("huge.npy", ""): "huge.npy: integers beyond 2^53, which no double holds exactly",
        ("truth.npy", ""): "truth.npy: an array of '|b1', expected one of floats or integers",
        ("w.pt", ""): "w.pt: unknown kind of weight file '.pt', expected one of .npy, .npz, .safetensors",
    }
    for (file, array), said in expected.items():
        assert complaint(named(tmp_path, file, array)).startswith(said)
    assert "loop.npy" in complaint(named(tmp_path, "loop.npy"))
    for file, said in (
        ("n.npy", "the number at 1, 1 of the array is not finite (only finite numbers are taken)"),
        ("flat.npy", "the array is 2, expected rows x columns"),
    ):
        assert complaint(named(tmp_path, file)).endswith(f"layers[0].weights: {said}")


def test_the_command_reads_outside_only_when_asked(tmp_path: Path, nnlec: Nnlec) -> None:
    np.save(tmp_path / "w.npy", WEIGHTS)
    (tmp_path / "inside").mkdir()
    path = named(tmp_path / "inside", "../w.npy")
    refused = nnlec("show", str(path))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.endswith("lies outside the network file's folder (--allow-outside takes it)\n")
    assert nnlec("show", str(path), "--allow-outside").returncode == 0
