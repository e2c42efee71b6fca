"""Windows and macOS, pretended by `tests/elsewhere.py`: what is read and written there is what is on Linux."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from nnlec import system
from nnlec.rendering import RENDERERS
from tests import forked
from tests.test_process import ENVIRONMENT, TOP
from tests.test_shell_surroundings import on_a_terminal

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="another system can be pretended on Linux only")

LECTURE = str(TOP / "configs" / "lecture.yaml")
SYSTEMS = pytest.mark.parametrize("name", ["windows", "macos"])
ROWS = b"2.8,-3.1,4.2\n" * 3
RESULT = b"y1,y2\n" + b"37.715999999999994,-23.255999999999997\n" * 3
GREEK = "layers:\n  - weights: [[1, 2], [3, 4]]\n    bias: none\n    activation: softmax\nclasses: [αλφα, μέγα−1]\n"


def elsewhere(
    name: str, *args: str, stdin: bytes = b"", cwd: Path = TOP, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    return forked.run_in(cwd, args, stdin, ENVIRONMENT | environment, "" if name == "here" else name)


def gives(name: str, *args: str, stdin: bytes = b"", cwd: Path = TOP, **environment: str) -> bytes:
    """What a run prints that has nothing to complain of."""
    ran = elsewhere(name, *args, stdin=stdin, cwd=cwd, **environment)
    assert (ran.returncode, ran.stderr) == (0, b"")
    return ran.stdout


def complains(name: str, *args: str, stdin: bytes = b"", cwd: Path = TOP) -> str:
    ran = elsewhere(name, *args, stdin=stdin, cwd=cwd)
    assert (ran.returncode, ran.stdout) == (2, b"")
    return ran.stderr.decode()


# What is read


@SYSTEMS
def test_a_table_is_read_from_a_pipe_a_file_and_a_packed_file(name: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(ROWS)
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(ROWS))
    assert gives(name, "forward", LECTURE, "-", stdin=ROWS) == RESULT
    assert gives(name, "forward", LECTURE, "-", stdin=gzip.compress(ROWS)) == RESULT
    for file in ("t.csv", "t.csv.gz"):
        assert gives(name, "forward", LECTURE, file, cwd=tmp_path) == RESULT


@SYSTEMS
@pytest.mark.parametrize("piped", [True, False])
def test_ctrl_z_is_a_byte_like_others(name: str, piped: bool, tmp_path: Path) -> None:
    table = b"note,1,2,3\na\x1ab,2.8,-3.1,4.2\nc,2.8,-3.1,4.2\n"
    (tmp_path / "t.csv").write_bytes(table)
    options = ("forward", LECTURE, "-" if piped else "t.csv", "--columns", "1,2,3")
    there = gives(name, *options, "--header", stdin=table, cwd=tmp_path)
    assert there == gives("here", *options, "--header", stdin=table, cwd=tmp_path)
    assert there.count(b"\n") == 3
    assert b"a\x1ab," in there


@SYSTEMS
def test_lines_may_end_in_cr_lf_everywhere(name: str, tmp_path: Path) -> None:
    texts = {
        "net.yaml": Path(LECTURE).read_text(encoding="utf-8"),
        "t.csv": ROWS.decode(),
        "answers.csv": "student,hidden\nAnn,5.2 14.5 -6.2 4.4\n",
        "answers.yaml": "- student: Ann\n  hidden: [5.2, 14.5, -6.2, 4.4]\n",
    }
    told = []
    for ends in ("\n", "\r\n"):
        for file, text in texts.items():
            (tmp_path / file).write_bytes(text.replace("\n", ends).encode())
        check = ("check", "net.yaml", "-i", "2.8,-3.1,4.2", "-f", "json", "--answers")
        told.append(
            [
                gives(name, "forward", "net.yaml", "t.csv", cwd=tmp_path),
                gives(name, "forward", "net.yaml", stdin=(tmp_path / "t.csv").read_bytes(), cwd=tmp_path),
                gives(name, *check, "answers.csv", cwd=tmp_path),
                gives(name, *check, "answers.yaml", cwd=tmp_path),
                gives(name, *check, "-", stdin=(tmp_path / "answers.csv").read_bytes(), cwd=tmp_path),
            ]
        )
    assert told[0] == told[1]
    assert told[0][:2] == [RESULT, RESULT]


@SYSTEMS
def test_answers_on_standard_input_have_a_place_without_a_path(name: str) -> None:
    said = complains(name, "check", "--logits", "0,0", "--answers", "-", stdin=b"student,exponentals\nann,1 1\n")
    assert said.startswith("Error: <stdin>:2: unknown row of figures 'exponentals', expected one of exponentials")


@SYSTEMS
def test_a_folder_is_called_one(name: str) -> None:
    assert complains(name, "show", "configs") == "Error: configs: this is a folder, expected a network file\n"
    assert complains(name, "forward", LECTURE, "configs") == "Error: configs: this is a folder, expected a file\n"


@SYSTEMS
def test_rows_are_not_held_back_by_a_slow_pipe(name: str) -> None:
    command = [sys.executable, "-m", "tests.elsewhere", name, "forward", LECTURE]
    with subprocess.Popen(command, cwd=TOP, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(ROWS)
        process.stdin.flush()
        assert [process.stdout.readline() for _ in range(3)] == RESULT.splitlines(keepends=True)[:3]
        process.stdin.close()


# What is written


@pytest.mark.parametrize("encoding", ["cp1252", "cp437"])
@pytest.mark.parametrize("format", [*RENDERERS, "json", "csv"])
def test_every_format_has_the_same_bytes(format: str, encoding: str, tmp_path: Path) -> None:
    """UTF-8 with LF, whatever the locale; so a page is what its <meta charset> says."""
    (tmp_path / "net.yaml").write_text(GREEK, encoding="utf-8")
    args = ("draw", "net.yaml") if format == "svg" else ("forward", "net.yaml", "-i", "1,2")
    there = gives("windows", *args, "-f", format, cwd=tmp_path, PYTHONIOENCODING=encoding)
    assert there == gives("here", *args, "-f", format, cwd=tmp_path)
    assert ("μέγα" in there.decode("utf-8")) is (format != "latex")  # LaTeX is told the numbers of the letters
    assert b"\r" not in there
    gives("windows", *args, "-f", format, "-o", "out", cwd=tmp_path, PYTHONIOENCODING=encoding)
    assert (tmp_path / "out").read_bytes() == there
    if format == "html":
        assert b'<meta charset="utf-8">' in there
    if format == "svg":
        assert "μέγα−1" in [node.text for node in ElementTree.fromstring(there).iter() if node.text]


def test_messages_and_help_are_utf_8_too() -> None:
    assert elsewhere("windows", "show", "μέγα.yaml").stderr.decode() == "Error: μέγα.yaml: no such file\n"
    for args in (("guide", "numbers"), ("--help",), ("list", "losses"), ("example", "lecture")):
        assert gives("windows", *args) == gives("here", *args)


@pytest.mark.parametrize("encoding", ["cp1252", "cp437"])
@pytest.mark.parametrize("format", ["table", "html", "csv"])
def test_a_terminal_that_lacks_a_character_shows_its_number(encoding: str, format: str, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(GREEK, encoding="utf-8")
    shown = on_a_terminal(
        "forward", str(tmp_path / "net.yaml"), "-i", "1,2", "-f", format, PYTHONIOENCODING=encoding
    ).decode(encoding)
    assert "α" in shown or "\\u03b1" in shown
    assert "Traceback" not in shown


@SYSTEMS
@pytest.mark.parametrize("old", [True, False])
def test_a_file_is_written_whole_over_an_old_one_too(name: str, old: bool, tmp_path: Path) -> None:
    if old:
        (tmp_path / "out.csv").write_text("old", encoding="utf-8")
    gives(name, "forward", LECTURE, "-o", "out.csv", stdin=ROWS, cwd=tmp_path)
    assert (tmp_path / "out.csv").read_bytes() == RESULT
    assert os.listdir(tmp_path) == ["out.csv"]


def test_a_file_that_another_program_has_open_is_named_and_stays(tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("old", encoding="utf-8")
    with (tmp_path / "out.csv").open(encoding="utf-8"):
        said = complains("windows", "forward", LECTURE, "-o", "./out.csv", stdin=ROWS, cwd=tmp_path)
    why = "The process cannot access the file because it is being used by another process"
    hint = "(close it in other programs)"
    assert said == f"Error: ./out.csv: cannot write: it cannot be replaced: {why} {hint}\n"
    assert os.listdir(tmp_path) == ["out.csv"]
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "old"


def test_a_program_that_looks_at_a_file_for_a_moment_is_waited_for(tmp_path: Path) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    new.write_text("new", encoding="utf-8")
    started = time.monotonic()

    def busy(source: Path, target: Path) -> None:
        if time.monotonic() < started + 0.1:
            error = PermissionError(13, "Access is denied")
            error.winerror = 5  # type: ignore[attr-defined]
            raise error
        source.rename(target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "replace", busy)
        system.replace(new, old)
    assert old.read_text(encoding="utf-8") == "new"


@SYSTEMS
def test_of_several_runs_onto_one_file_one_stands(name: str, tmp_path: Path) -> None:
    rows = [f"{number},{number},{number}\n".encode() * 20_000 for number in range(4)]
    ran: list[subprocess.CompletedProcess[bytes]] = []

    def run(table: bytes) -> None:
        ran.append(elsewhere(name, "forward", LECTURE, "-o", "out.csv", stdin=table, cwd=tmp_path))

    threads = [threading.Thread(target=run, args=(table,)) for table in rows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(one.returncode, one.stderr) for one in ran] == [(0, b"")] * 4
    lines = (tmp_path / "out.csv").read_bytes().splitlines()
    assert (len(lines), len(set(lines[1:]))) == (20_001, 1)
    assert os.listdir(tmp_path) == ["out.csv"]


@SYSTEMS
def test_a_reader_that_goes_away_ends_the_run_quietly(name: str) -> None:
    command = [sys.executable, "-m", "tests.elsewhere", name, "draw", "configs/digits.yaml", "--all", "-f", "svg"]
    with subprocess.Popen(command, cwd=TOP, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == {"windows": 141, "macos": -13}[name]


def test_open_streams_of_macos_are_read_and_written_through(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(ROWS)
    (tmp_path / "log").write_bytes(b"before\n")
    shutil.copy(LECTURE, tmp_path)
    for into in ("/dev/fd/1", "/dev/stdout"):
        with (tmp_path / "t.csv").open("rb") as table, (tmp_path / "log").open("ab") as log:
            command = [sys.executable, "-m", "tests.elsewhere", "macos", "forward", "lecture.yaml", "/dev/fd/0"]
            subprocess.run([*command, "-o", into], cwd=tmp_path, env=ENVIRONMENT, stdin=table, stdout=log, check=True)
    assert (tmp_path / "log").read_bytes() == b"before\n" + RESULT * 2
    said = complains("macos", "forward", LECTURE, "-o", "/dev/fd/9", stdin=ROWS)
    assert said == "Error: /dev/fd/9: cannot write: Bad file descriptor\n"


# What shells and consoles of Windows do


@pytest.mark.parametrize(
    "typed",
    [
        ("forward", LECTURE, "--input", "1", "2.8", "-3.1", "4.2"),
        ("softmax", "--logits", "dog=-0.2", "tiger=0.3"),
        ("loss", "--logits", "1", "2", "--label", "0"),
    ],
)
def test_values_that_powershell_tore_at_the_commas_are_answered_with_quotes(typed: tuple[str, ...]) -> None:
    assert re.search(r' need an option: write --[a-z]+="[^" ]+,[^" ]+"\n$', complains("here", *typed))


@pytest.mark.parametrize("obeys", [True, False])
def test_a_console_of_windows_is_asked_to_obey_escapes(obeys: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def get(_: object, mode: object) -> int:
        mode._obj.value = 3  # type: ignore[attr-defined]
        return 1

    def put(_: object, mode: int) -> int:
        asked.append(mode)
        return int(obeys)

    kernel = SimpleNamespace(GetConsoleMode=get, SetConsoleMode=put)
    monkeypatch.setattr("ctypes.windll", SimpleNamespace(kernel32=kernel), raising=False)
    monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(get_osfhandle=lambda number: number))
    monkeypatch.delenv("TERM", raising=False)
    terminal, end = os.openpty()
    with open(end, "w", encoding="utf-8") as stream:
        assert system.obeys_escapes(stream)
        monkeypatch.setattr(sys, "platform", "win32")
        assert system.obeys_escapes(stream) is obeys
    os.close(terminal)
    assert asked == [7]
