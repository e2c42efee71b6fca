"""What is opened for a table: a file, standard input, an address of another machine; and which engine reads it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from nnlec.errors import NnlecError
from nnlec.tables import engines
from nnlec.tables.engines import Consumer, Progress, Source, engine, engine_for, read_table, remote
from nnlec.tables.engines.files import as_file, is_remote, name_of, opened
from nnlec.tables.engines.line_reader import open_lines, size_of
from nnlec.tables.rows import Selection


@contextmanager
def standard_input(path: Path) -> Iterator[None]:
    """As the shell gives a file with `<`."""
    saved, descriptor = os.dup(0), os.open(path, os.O_RDONLY)
    os.dup2(descriptor, 0)
    try:
        yield
    finally:
        os.dup2(saved, 0)
        os.close(saved)
        os.close(descriptor)


def said(call: Any, *arguments: Any) -> str:
    """The error of a call."""
    with pytest.raises(NnlecError) as raised, call(*arguments):
        pass
    return str(raised.value)


def test_a_name_that_cannot_be_opened_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "t.csv").write_text("a,b\n")
    for name, error in (
        ("none.csv", "none.csv: cannot be opened: No such file or directory"),
        ("folder", "folder: this is a folder, expected a file"),
        ("t.csv/x", "t.csv/x: cannot be opened: Not a directory"),
        ("a\0b", "a\\x00b: cannot be opened: embedded null byte"),
    ):
        assert said(open_lines, name, 1, Progress(), "csv") == error
        assert said(as_file, name, b"a", "a table") == error
    descriptor = opened("t.csv")
    assert os.read(descriptor, 9) == b"a,b\n"
    os.close(descriptor)


def test_standard_input_may_be_closed(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("")
    with standard_input(tmp_path / "t"):
        os.close(0)
        error = said(open_lines, "-", 1, Progress(), "csv")
    assert error == "standard input is closed (name a file, or pipe a table in)"


def test_an_address_has_a_scheme_and_no_file_of_that_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for path, expected in (
        ("s3://b/t.csv", True), ("memory://t", True), ("://t", False), ("a-b://t", False), ("./s3://t", False),
        ("t.csv", False), ("-", False), ("s3:/t", False), ("C:\\t", False),
    ):  # fmt: skip
        assert is_remote(path) is expected, path
    (tmp_path / "s3:").mkdir()
    (tmp_path / "s3:" / "t").write_text("")
    assert not is_remote("s3://t")
    assert is_remote("s3://u")
    assert (name_of("-"), name_of("t\n.npy")) == ("<stdin>", "t\\x0a.npy")


def test_a_file_read_here_and_there_is_itself_and_standard_input_a_copy(tmp_path: Path) -> None:
    path = tmp_path / "t.npy"
    path.write_bytes(b"PK123" + bytes(3 << 20))
    with as_file(str(path), b"PK", "an archive") as name:
        assert name == str(path)
    with standard_input(path):
        with as_file("-", b"PK", "an archive") as name:
            assert name != "-"
            assert Path(name).read_bytes() == path.read_bytes()
            assert size_of(("-",)) == path.stat().st_size
        assert not os.path.exists(name)
    assert said(as_file, str(path), b"PL", "an archive") == f"{path}: cannot be read as an archive: it begins otherwise"
    before = len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else 0
    for _ in range(3):
        with as_file(str(path), b"PK", "an archive"):
            pass
    assert not before or len(os.listdir("/proc/self/fd")) == before


class Store:
    """A file system on another machine."""

    def __init__(self, error: Exception | None = None, **info: object) -> None:
        self.error = error
        self.facts = info

    def open(self, name: str, mode: str) -> BytesIO:
        assert mode == "rb"
        self.fail()
        return BytesIO(name.encode() * 3)

    def put_file(self, file: str, name: str) -> None:
        self.fail()
        self.facts[name] = Path(file).read_bytes()

    def glob(self, pattern: str) -> list[str]:
        self.fail()
        return [f"{pattern}2", f"{pattern}1"]

    def unstrip_protocol(self, name: str) -> str:
        return f"x://{name}"

    def info(self, name: str) -> dict[str, object]:
        self.fail()
        return {"name": name, **self.facts}

    def fail(self) -> None:
        if self.error is not None:
            raise self.error


def at(store: Store) -> Any:
    return patch.object(remote, "_system", lambda path: (store, path.partition("://")[2]))


def test_files_of_another_machine_are_fetched_sent_and_found(tmp_path: Path) -> None:
    store = Store()
    (tmp_path / "t").write_bytes(b"sent")
    with at(store):
        descriptor = opened("x://abc")
        assert os.read(descriptor, 99) == b"abcabcabc"
        os.close(descriptor)
        remote.sent(str(tmp_path / "t"), "x://name")
        assert store.facts == {"name": b"sent"}
        assert remote.matching("x://t") == ["x://t1", "x://t2"]
        with as_file("x://abc", b"abc", "a table") as name:
            assert Path(name).read_bytes() == b"abcabcabc"


@pytest.mark.parametrize(("error", "reason"), [
    (ValueError("no\nmore"), "no"), (KeyError(), "KeyError"), (OSError("x"* 300), "x"* 200),
    (OSError("a\tb"), "a\\x09b"),
])  # fmt: skip
def test_what_another_machine_refuses_is_one_line(error: Exception, reason: str) -> None:
    with at(Store(error)):
        for call, arguments, what in (
            (remote.fetched, ("x://t",), "read"), (remote.matching, ("x://t",), "read"),
            (remote.sent, ("f", "x://t"), "write"),
        ):  # fmt: skip
            with pytest.raises(NnlecError) as raised:
                call(*arguments)
            assert str(raised.value) == f"x://t: cannot {what}: {reason}"
        assert remote.state("x://t") is None


def test_the_state_of_a_file_is_its_size_and_what_its_system_says_of_its_age() -> None:
    for facts, state in (
        ({"size": 3, "mtime": 1.5}, ["x://t", 3, "1.5"]),
        ({"size": 3, "ETag": "e", "LastModified": "now", "other": 1}, ["x://t", 3, "now", "e"]),
        ({"updated": "u", "md5Hash": "m"}, ["x://t", None, "m", "u"]),
        ({"size": 3}, None),
    ):
        with at(Store(**facts)):
            assert remote.state("x://t") == state


def test_an_address_of_no_known_system_is_said() -> None:
    pytest.importorskip("fsspec", reason="fsspec is not installed")
    with pytest.raises(NnlecError) as raised:
        opened("nowhere://t.csv")
    assert str(raised.value).startswith("nowhere://t.csv: cannot be reached: ")


def test_an_engine_is_chosen_by_name_and_by_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NnlecError, match="unknown engine 'strem'"):
        engine("strem")
    large, small = tmp_path / "large.csv", tmp_path / "small.csv"
    large.write_bytes(b"a,b\n1,2\n")
    small.write_bytes(b"a,b\n1,2")
    monkeypatch.setattr(engines, "LARGE", 8)
    pytest.importorskip("polars", reason="the fast engine is not installed")
    chosen = [engine_for(Source(paths)) for paths in ((str(large),), (str(small),), (str(small), "t.parquet"))]
    assert chosen == [engine("polars"), engine("stream"), engine("polars")]
    assert engine_for(Source((str(small),), format="parquet")) == engine("polars")
    assert engine("polars").block == 2 * engine("stream").block == 2 << 20
    monkeypatch.setitem(sys.modules, "polars", None)
    monkeypatch.setattr(engines, "find_spec", lambda _: None)
    assert engine_for(Source((str(large),))) == engine("stream")
    assert engine_for(Source(("t.parquet",))) == engine("stream")
    with pytest.raises(NnlecError) as raised:
        engine("polars")
    assert str(raised.value) == 'the polars engine needs polars (pip install "nnlec[fast]")'
    with pytest.raises(NnlecError) as raised:
        read_table(engine("stream"), Source(("t.parquet",)), lambda _: pytest.fail("no table"), Progress())
    assert str(raised.value) == 'Parquet needs the polars engine (pip install "nnlec[fast]")'


def test_how_much_there_is_to_read_is_known_of_files(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n")
    progress = Progress()
    consumer = Consumer(Selection((0,)), lambda _: None)
    read_table(engine("stream"), Source((str(path), str(path))), lambda _: consumer, progress)
    assert (progress.bytes_total, progress.bytes_read, progress.rows) == (16, 16, 2)
