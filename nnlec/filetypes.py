"""Types of files: their names, and how each is recognised: by its suffix, or by the bytes it begins with."""

from __future__ import annotations

import codecs

from nnlec.named import NamedTuple


class FileType(NamedTuple):
    """`what` a message calls such a file, its suffixes, the bytes it begins with, and a hint.

    `table`: what such a table is made of, `cells` or `objects` of text, or `numbers`; empty for what is no table.
    """

    name: str
    what: str
    suffixes: tuple[str, ...] = ()
    starts: tuple[bytes, ...] = ()
    hint: str = ""
    table: str = ""


_ONNX = tuple(bytes([8, version, tag]) for version in range(1, 20) for tag in b"\x12\x1a\x22\x28\x32\x3a\x42")
"""An ONNX model has no mark of its own: it begins with its version, and a field of those that come next."""

FILE_TYPES: tuple[FileType, ...] = (
    FileType("yaml", "a YAML file", (".yaml", ".yml")),
    FileType("markdown", "a Markdown page", (".md",)),
    FileType("latex", "a LaTeX file", (".tex",)),
    FileType("html", "an HTML page", (".html", ".htm"), (b"<!doctype", b"<html")),
    FileType("svg", "an SVG picture", (".svg",), (b"<svg",)),
    FileType("csv", "a table", (".csv",), table="cells"),
    FileType("tsv", "a table", (".tsv", ".tab"), table="cells"),
    FileType("json", "a JSON file", (".json",), table="objects"),
    FileType("jsonl", "a table in JSON lines", (".jsonl", ".ndjson"), table="objects"),
    FileType("parquet", "a Parquet file", (".parquet",), (b"PAR1",), table="numbers"),
    FileType("npy", "a NumPy array", (".npy",), (b"\x93NUMPY",), table="numbers"),
    FileType("npz", "weights alone", (".npz",), table="numbers"),
    FileType("safetensors", "weights alone", (".safetensors",)),
    FileType("onnx", "an ONNX model", (".onnx",), _ONNX),
    FileType("tflite", "a TensorFlow Lite model", (".tflite",)),
    FileType("gguf", "a GGUF model", (".gguf",), (b"GGUF",)),
    FileType("hdf5", "an HDF5 file", (".h5", ".hdf5", ".keras"), (b"\x89HDF",)),
    FileType(
        "pickle",
        "a Python pickle",
        (".joblib", ".pkl", ".pickle"),
        tuple(b"\x80" + bytes([n]) for n in (2, 3, 4, 5)),
        "it is never unpickled",
    ),
    FileType("zlib", "zlib data", (), tuple(bytes([0x78, second]) for second in (0x01, 0x5E, 0x9C, 0xDA))),
    FileType("zip", "a zip archive (.npz, .xlsx, a PyTorch or Keras file)", (), (b"PK\x03\x04",)),
    FileType("xls", "an old Excel workbook", (), (b"\xd0\xcf\x11\xe0",)),
    FileType("arrow", "an Arrow file", (), (b"ARROW1",)),
    FileType("sqlite", "an SQLite database", (), (b"SQLite format 3",)),
    FileType("gzip", "gzip data", (), (b"\x1f\x8b",), "unpack it first: gzip -d FILE"),
    FileType("bzip2", "bzip2 data", (), (b"BZh",), "unpack it first: bzip2 -d FILE"),
    FileType("xz", "xz data", (), (b"\xfd7zXZ",), "unpack it first: xz -d FILE"),
    FileType("zstd", "zstd data", (), (b"\x28\xb5\x2f\xfd",), "unpack it first: zstd -d FILE"),
    FileType("png", "a PNG picture", (), (b"\x89PNG",)),
    FileType("jpeg", "a JPEG picture", (), (b"\xff\xd8\xff",)),
    FileType("gif", "a GIF picture", (), (b"GIF8",)),
    FileType("pdf", "a PDF document", (), (b"%PDF",)),
    FileType("xml", "an XML document", (), (b"<?xml",)),
    FileType("elf", "a program", (), (b"\x7fELF",)),
    FileType(
        "lfs", "a Git LFS pointer, not the file itself", (), (b"version https://git-lfs",), "fetch it: git lfs pull"
    ),
)

TABLES: dict[str, str] = {kind.name: kind.table for kind in FILE_TYPES if kind.table}
"""Formats in which tables are read and written -> what they are made of."""

_BY_SUFFIX = {suffix: kind for kind in FILE_TYPES for suffix in kind.suffixes}


def by_suffix(path: str) -> FileType | None:
    """The type that the suffix of `path` names, a last `.gz` left out; None for a suffix that is not known.

    >>> by_suffix("data/T.NDJSON.gz").name, by_suffix("jsonl.d/notes")
    ('jsonl', None)
    """
    name = path.lower().removesuffix(".gz")
    return _BY_SUFFIX.get(name[name.rfind(".") :]) if "." in name else None


def by_content(head: bytes) -> FileType | None:
    """The type that a file's first bytes give away; None for text, and for what is not known.

    >>> by_content(b"PAR1...").name, by_content(b" <!DOCTYPE html>").name, by_content(b"x1,x2")
    ('parquet', 'html', None)
    """
    markup = head[:100].lstrip().lower()
    return next((kind for kind in FILE_TYPES if head.startswith(kind.starts) or markup.startswith(kind.starts)), None)


_MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is the beginning of this one
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def encoding_of(head: bytes) -> tuple[bytes, str]:
    r"""The byte order mark with which a text begins, and the encoding that it names; UTF-8 without one.

    >>> encoding_of(codecs.BOM_UTF16_LE + b"a\0"), encoding_of(b"a")
    ((b'\xff\xfe', 'utf-16-le'), (b'', 'utf-8'))
    """
    return next((each for each in _MARKS if head.startswith(each[0])), (b"", "utf-8"))
