"""Models that were hurt: each is read, or refused in one line, within bounds of memory; nothing else happens."""

from __future__ import annotations

import io
import json
import random
import resource
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnlec import Network, NnlecError, load_network
from nnlec.models.sketch import sketched
from nnlec.models.state import read_state
from tests.mutated import mutated
from tests.transcripts import run

TRAINED = Path(__file__).parent / "trained"
pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")
FORMATS = ("onnx", "joblib", "pkl", "skops", "pt", "pth", "ckpt", "safetensors", "npz")
MOST_MEMORY = 400_000
"""kB that all hurt files of one format may take beyond what the whole ones take."""


def files(suffix: str) -> list[Path]:
    """Small files of a format; the .npz are those of weights alone."""
    found = sorted(path for path in TRAINED.glob(f"*.{suffix}") if path.name not in ("torch.npz", "sklearn.npz"))
    assert found
    return found


def opened(path: Path) -> Network | None:
    """A network or weights alone, whichever there is; None for what is refused. Anything else is an error."""
    for read in (load_network, lambda given: sketched(read_state(given))):
        try:
            found: Any = read(path)
        except NnlecError as error:
            assert "\n" not in str(error)  # noqa: PT017
            assert len(str(error)) < 1000  # noqa: PT017
            continue
        return found if isinstance(found, Network) else None
    return None


def hurt(suffix: str, count: int, folder: Path) -> None:
    """Reads so many hurt files of a format."""
    choose = random.Random(suffix)
    contents = [path.read_bytes() for path in files(suffix)]
    for path in files(suffix):
        opened(path)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(count):
        path = folder / f"model.{suffix}"
        path.write_bytes(mutated(choose.choice(contents), choose))
        opened(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_MEMORY


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_hundred_hurt_files_are_read_or_refused(suffix: str, tmp_path: Path) -> None:
    if suffix == "onnx":
        pytest.importorskip("onnx", reason="onnx is in the test extra")
    hurt(suffix, 100, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", FORMATS)
def test_three_thousand_hurt_files_are_read_or_refused(suffix: str, tmp_path: Path) -> None:
    hurt(suffix, 3000, tmp_path)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_file_cut_off_anywhere_is_refused(suffix: str, tmp_path: Path) -> None:
    if suffix == "onnx":
        pytest.importorskip("onnx", reason="onnx is in the test extra")
    content = files(suffix)[0].read_bytes()
    path = tmp_path / f"model.{suffix}"
    for part in range(1, 20):
        path.write_bytes(content[: len(content) * part // 20])
        if suffix != "pkl":  # a pickle ends before what joblib appends
            assert opened(path) is None
        opened(path)


def zipped(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return stream.getvalue()


def npy(array: Any, shape: str = "") -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    content = stream.getvalue()
    return content.replace(str(array.shape).encode(), shape.encode()) if shape else content


def safetensors(header: dict[str, Any], numbers: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + numbers


def entry(shape: list[int], begin: int, end: int) -> dict[str, Any]:
    return {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}


def memo_bomb(levels: int) -> bytes:
    """Lists of lists that share their insides: 2^levels leaves."""
    return b"\x80\x04]\x94" + b"".join(b"(h%ch%ce\x94" % (n, n) if n < 255 else b"" for n in range(levels)) + b"."


HURT: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "a header of safetensors that claims more than there is": (
        "w.safetensors", lambda: (1 << 40).to_bytes(8, "little") + b"{}", "the header claims 1,099,511,627,776 bytes"
    ),
    "a tensor that claims more": (
        "w.safetensors", lambda: safetensors({"a.weight": entry([1 << 20, 1 << 20], 0, 16)}, bytes(16)), "claims"
    ),
    "two tensors on the same bytes": (
        "w.safetensors",
        lambda: safetensors({"a.weight": entry([2, 2], 0, 16), "b.weight": entry([2, 2], 0, 16)}, bytes(16)),
        "begin at 0, expected 16",
    ),
    "a tensor twice": (
        "w.safetensors",
        lambda: (16).to_bytes(8, "little") + b'{"a": 1, "a": 2}',
        "two entries of the header are called 'a'",
    ),
    "an array that claims more": (
        "w.npz", lambda: zipped(**{"a.npy": npy(np.ones((2, 2)), "(1 << 30, 4)")}), "not a NumPy .npy array"
    ),
    "a zip bomb of weights": (
        "w.npz", lambda: zipped(**{"a.npy": npy(np.ones(3)) + bytes(70_000_000)}), "would grow from .* a zip bomb"
    ),
    "a zip bomb of an estimator": (
        "m.skops", lambda: zipped(**{"schema.json": b" " * 70_000_000}), "would grow from .* a zip bomb"
    ),
    "a member that climbs": (
        "w.npz", lambda: zipped(**{"..__..__a.npy": npy(np.ones(3))}), ""
    ),
    "a pickle that shares its insides": ("m.pkl", lambda: memo_bomb(60), ""),
    "a pickle nested deeper than any stack": ("m.pkl", lambda: b"\x80\x04" + b"(" * 60_000 + b".", ""),
    "a pickle of tuples in tuples": ("m.pkl", lambda: b"\x80\x04N" + b"\x85" * 60_000 + b".", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", HURT)
def test_a_file_that_lies_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    file, make, reason = HURT[name]
    (tmp_path / file).write_bytes(make())
    for command in (f"show {tmp_path}/{file}", f"convert {tmp_path}/{file} -o {tmp_path}/net.yaml"):
        ran = run(f"nnlec {command}")
        assert (ran.code, ran.stdout, ran.stderr.count("\n")) == (2, "", 1), ran.stderr
        assert "Traceback" not in ran.stderr
    if reason:  # else it is read as it is, and no network
        with pytest.raises(NnlecError, match=reason):
            read_state(tmp_path / file) if file.startswith("w.") else load_network(tmp_path / file)
    assert not (tmp_path / "net.yaml").exists()
