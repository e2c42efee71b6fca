"""Whatever is typed: exit 0, 1 or 2, at most one line of complaint, nothing that a terminal obeys."""

from __future__ import annotations

import io
import itertools
import random
import re
from pathlib import Path

import pytest

from nnlec.cli import group
from nnlec.cli.gate import status_of
from tests.fuzz.arguments import command_lines

CONFIGS = Path(__file__).parent.parent / "configs"
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def check_command_lines(seed: int, count: int, capfd: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
    for args in itertools.islice(command_lines(CONFIGS, seed), count):
        patch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"x1,x2,x3\n1,2,3\n"), encoding="utf-8"))
        status = status_of(group, args)
        out, err = capfd.readouterr()
        assert status in {0, 1, 2}, args
        shown = "" if out.startswith("PAR1") else out  # bytes of Parquet never go to a terminal
        assert not OBEYED.search(shown + err), args
        assert err.count("Error: ") == (status == 2), (args, err)
        assert all(line.startswith(("Error: ", "Warning: ", "Note: ")) for line in err.splitlines()), (args, err)


def test_no_command_line_breaks_the_command(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    check_command_lines(1, 200, capfd, monkeypatch)


@pytest.mark.slow
def test_no_command_line_of_thousands_breaks_the_command(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    check_command_lines(random.randrange(2**32), 10_000, capfd, monkeypatch)


def test_a_parquet_file_whose_name_is_not_utf8_is_one_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("polars")
    monkeypatch.chdir(tmp_path)
    assert status_of(group, ["softmax", "--from", "parquet", "caf\udce9"]) == 2
    assert capfd.readouterr().err == "Error: caf\\udce9: its name is not UTF-8: rename it to read it as Parquet\n"
