"""Files too large to keep, made when a test asks for them: what each is, and how much it may cost to answer it."""

from __future__ import annotations

import gzip
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

Maker = Callable[[Path], None]


@dataclass(frozen=True)
class Monster:
    """`make` writes `network.yaml` (and what it names), or a table, into a folder; the answer may take `seconds` and
    `mib`. A good table has `rows`."""

    name: str
    make: Maker
    good: bool = False
    seconds: float = 2
    mib: int = 300
    slow: bool = False
    rows: int = 0


def network(weights: str, head: str = "") -> str:
    return f"{head}layers:\n  - weights: {weights}\n    bias: none\n    activation: identity\n"


def yaml(text: Callable[[], str]) -> Maker:
    def make(folder: Path) -> None:
        folder.joinpath("network.yaml").write_text(text(), encoding="utf-8")

    return make


def rows(shapes: list[int]) -> str:
    """Rows of that many numbers, as a YAML list."""
    digits = np.random.default_rng(0).random(max(shapes)).round(8).tolist()
    return "".join("\n      - [" + ", ".join(map(str, digits[:n])) + "]" for n in shapes)


def named(suffix: str, content: Callable[[], bytes], array: str = "") -> Maker:
    """A network whose weights are in a file of that content."""

    def make(folder: Path) -> None:
        folder.joinpath("w" + suffix).write_bytes(content())
        which = f", array: {array}" if array else ""
        folder.joinpath("network.yaml").write_text(network(f"{{file: w{suffix}{which}}}"), encoding="utf-8")

    return make


def npy(header: str, numbers: bytes = b"\0" * 64, *, length: int | None = None, version: bytes = b"\1\0") -> bytes:
    packed = struct.pack("<H" if version == b"\1\0" else "<I", len(header) if length is None else length)
    return b"\x93NUMPY" + version + packed + header.encode() + numbers


def npy_of(shape: str, descr: str = "<f8") -> bytes:
    return npy(f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n")


def saved(values: object, **options: bool) -> bytes:
    file = io.BytesIO()
    np.save(file, np.asarray(values), **options)
    return file.getvalue()


def npz(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def npz_bomb() -> bytes:
    """2 MB that grow to 16,384 x 16,384 zeros."""
    file = io.BytesIO()
    header = npy("{'descr': '<f8', 'fortran_order': False, 'shape': (16384, 16384), }\n", b"")
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("W.npy", "w", force_zip64=True) as member,
    ):
        member.write(header)
        for _ in range(2048):
            member.write(b"\0" * 1024**2)
    return file.getvalue()


def safetensors(header: str, numbers: bytes = b"", *, length: int | None = None) -> bytes:
    return struct.pack("<Q", len(header) if length is None else length) + header.encode() + numbers


def tensor(dtype: str, shape: list[int], begin: int, end: int, name: str = "W") -> str:
    """One entry of a header, without its braces."""
    return json.dumps({name: {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}})[1:-1]


def of_tensors(*entries: str, size: int = 16) -> Maker:
    """A network whose weights are W of a safetensors file with those entries and `size` bytes of numbers."""
    numbers = (b"\x80?\0@" + b"\0" * size)[:size]
    return named(".safetensors", lambda: safetensors("{" + ",".join(entries) + "}", numbers), "W")


class Touch:
    """Pickled, it would make a file when it is unpickled."""

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.touch, (Path("unpickled"),)


def same_hash() -> str:
    """100,000 integers of one hash, 2^61 - 1 apart."""
    return "".join(f"{1 + k * (2**61 - 1)}: x\n" for k in range(100_000))


def block(text: str) -> str:
    """Rows as the lines of a literal block."""
    return "|" + text.replace("- [", "").replace("]", "")


COMMENT = "#" + "x" * 98 + "\n"
ALIASES = "[&r [" + ", ".join(["1"] * 30_000) + "]" + ", *r" * 29_999 + "]"

TEXT = [
    Monster("25,000 brackets", yaml(lambda: "layers: " + "[" * 25_000)),
    Monster("100,000 brackets", yaml(lambda: "layers: " + "[" * 100_000)),
    Monster("10,000,000 brackets", yaml(lambda: "layers: " + "[" * 10_000_000), seconds=3, mib=400, slow=True),
    Monster("100,000 dashes", yaml(lambda: "- " * 100_000)),
    Monster("100,000 question marks", yaml(lambda: "? " * 100_000)),
    Monster("100,000 braces", yaml(lambda: "{a: " * 100_000)),
    Monster("3 MB of sexagesimals", yaml(lambda: network("[[1" + ":59" * 1_000_000 + "]]")), seconds=5, mib=400),
    Monster(
        "1,000,000 decimals", yaml(lambda: network("[[0." + "1" * 1_000_000 + "]]")), good=True, seconds=5, mib=400
    ),
    Monster("an integer of 1,000,000 digits", yaml(lambda: network(f"[[{'1' * 1_000_000}]]")), seconds=5, mib=400),
    Monster("1,000,000 digits and a letter", yaml(lambda: network(f"[[{'1' * 1_000_000}x]]")), seconds=5, mib=400),
    Monster("30,000 rows by alias", yaml(lambda: network(ALIASES)), seconds=5, mib=600),
    Monster("200,000 anchors", yaml(lambda: "".join(f"- &a{i} x\n" for i in range(200_000))), seconds=5, mib=400),
    Monster("200,000 keys", yaml(lambda: "".join(f"k{i}: x\n" for i in range(200_000))), seconds=5, slow=True),
    Monster("100,000 keys of one hash", yaml(same_hash), seconds=5, slow=True),
    Monster(
        "1,000 x 1,000 numbers", yaml(lambda: network(rows([1000] * 1000))), good=True, seconds=10, mib=500, slow=True
    ),
    Monster(
        "a block of 1,000 x 1,000",
        yaml(lambda: network(block(rows([1000] * 1000)))),
        good=True,
        seconds=5,
        mib=400,
        slow=True,
    ),
    Monster(
        "2,000,000 and one numbers", yaml(lambda: f"layers: [{'1, ' * 2_000_001}]"), seconds=10, mib=700, slow=True
    ),
    Monster(
        "a block of 40 MB, its last row short",
        yaml(lambda: network("|" + "\n      1 2 3 4" * 3_000_000 + "\n      1 2 3")),
        seconds=20,
        mib=700,
        slow=True,
    ),
    Monster("the last row short", yaml(lambda: network(rows([1000] * 999 + [999]))), seconds=10, slow=True),
    Monster("100 MB of comments", yaml(lambda: network("[[1]]", COMMENT * 1_000_000)), True, 20, 900, slow=True),
    Monster("a name of 16 MB", yaml(lambda: "name: " + "x" * 2**24), seconds=5, slow=True),
]
FILES = [
    Monster("npy of terabytes", named(".npy", lambda: npy_of("(1000000, 1000000)"))),
    Monster("npy whose size overflows", named(".npy", lambda: npy_of("(9223372036854775807, 9)"))),
    Monster("npy of a negative size", named(".npy", lambda: npy_of("(-1, 3)"))),
    Monster("npy of a pickle", named(".npy", lambda: saved(np.array([[Touch()]]), allow_pickle=True))),
    Monster("npy header of 4 GB", named(".npy", lambda: npy("", length=2**32 - 1, version=b"\2\0"))),
    Monster("npy header of parentheses", named(".npy", lambda: npy("(" * 9000))),
    Monster("npy header of minus signs", named(".npy", lambda: npy("-" * 9900 + "1"))),
    Monster("npy header of a long sum", named(".npy", lambda: npy("1" + "+1" * 4900))),
    Monster("npy of a size of 4,299 digits", named(".npy", lambda: npy_of(f"({'9' * 4299}, 1)"))),
    Monster("npy of a size that is a truth value", named(".npy", lambda: npy_of("(True, 8)"))),
    Monster("npy of 3,000 dimensions", named(".npy", lambda: npy_of(f"({'1,' * 3000})"))),
    Monster("npy of strings", named(".npy", lambda: saved([["a", "b"]]))),
    Monster("npy cut short", named(".npy", lambda: saved(np.ones((2, 2)))[:-8])),
    Monster("npz bomb", named(".npz", npz_bomb, "W"), seconds=20, mib=600, slow=True),
    Monster("npz of terabytes", named(".npz", lambda: npz(**{"W.npy": npy_of("(1000000, 1000000)")}))),
    Monster("npz that leaves its folder", named(".npz", lambda: npz(**{"../W.npy": saved([[1.0]])}))),
    Monster("safetensors header of 2^63", named(".safetensors", lambda: safetensors("{}", length=2**63))),
    Monster("safetensors header of 100 MB", named(".safetensors", lambda: safetensors("{}", b"\0" * 62, length=10**8))),
    Monster("safetensors of blanks", named(".safetensors", lambda: safetensors("{}" + " " * 99 * 10**6)), mib=600),
    Monster("safetensors of brackets", named(".safetensors", lambda: safetensors("[" * 1_000_000))),
    Monster("overlapping tensors", of_tensors(tensor("F32", [1, 2], 0, 8), tensor("F32", [1, 3], 4, 16, "V"))),
    Monster("a tensor of terabytes", of_tensors(tensor("F64", [10**6, 10**6], 0, 16))),
    Monster("a tensor whose size overflows", of_tensors(tensor("F32", [2**62, 8], 0, 16))),
    Monster("a tensor of 500,000 dimensions", of_tensors(tensor("F32", [2**62] * 500_000, 0, 16)), seconds=3),
    Monster("a tensor named twice", of_tensors(tensor("F32", [1, 2], 0, 8), tensor("F32", [1, 2], 8, 16))),
    Monster("BF16", of_tensors(tensor("BF16", [1, 2], 0, 4), size=4), good=True),
]


def table(content: Callable[[], bytes], suffix: str = ".csv") -> Maker:
    def make(folder: Path) -> None:
        folder.joinpath("table" + suffix).write_bytes(content())

    return make


def repeated(row: bytes, times: int, *, first: bytes = b"", last: bytes = b"") -> Maker:
    """A table that is written piece by piece: it may be larger than one wants to hold."""

    def make(folder: Path) -> None:
        with folder.joinpath("table.csv").open("wb") as file:
            file.write(first)
            for _ in range(times // 10_000):
                file.write(row * 10_000)
            file.write(last)

    return make


def gzip_bomb() -> bytes:
    """1 GiB of rows in a megabyte, the last of them bad."""
    squeezed = zlib.compressobj(9, wbits=31)
    piece = b"1,2,3\n" * (1024 * 1024)
    return b"".join([*(squeezed.compress(piece) for _ in range(170)), squeezed.compress(b"1,2,x\n"), squeezed.flush()])


def names() -> bytes:
    return ",".join(f"n{i}" for i in range(1_000_000)).encode() + b"\n"


CELL = b"0" * 131_072 + b"3"

TABLES = [
    Monster("1,000,000 columns", table(lambda: b",".join([b"1"] * 1_000_000) + b"\n"), slow=True, seconds=5, mib=500),
    Monster("1,000,000 named columns", table(names), slow=True, seconds=5, mib=600),
    Monster("a cell of 131,073 characters", table(lambda: b"1,2," + CELL + b"\n"), good=True, rows=1, seconds=5),
    Monster("a cell of 100 MB", table(lambda: b'a,b,c\n1,2,"' + b"x" * 10**8 + b'"\n'), seconds=5, mib=800, slow=True),
    Monster("a quote that never ends", repeated(b"1,2,3\n", 1_000_000, first=b'1,2,3\n1,"2,3\n'), slow=True, seconds=5),
    Monster("5,000,000 rows", repeated(b"1,2,3.12345678\n", 5_000_000), True, 120, 200, True, 5_000_000),
    Monster("the last of 1,000,000 rows bad", repeated(b"1,2,3\n", 10**6, last=b"1,2,x\n"), False, 30, 200, slow=True),
    Monster("100 MB without a line end", repeated(b"1", 10**8), seconds=5, mib=600, slow=True),
    Monster("gzip bomb", table(gzip_bomb, ".csv.gz"), False, 60, 200, slow=True),
    Monster(
        "half a gzip file", table(lambda: gzip.compress(b"1,2,3\n" * 100_000)[:300], ".csv.gz"), seconds=5, mib=200
    ),
]
