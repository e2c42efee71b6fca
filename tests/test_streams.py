"""Streams that take or give a part, that do not wait, that are full: all is written, or the status says not."""

from __future__ import annotations

import errno
import fcntl
import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from nnlec import system
from tests.test_process import ENVIRONMENT, FORWARD, NNLEC, SCORE, TOP, bash

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pipes and devices as POSIX has them")

BUFFERED = pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
"""Whether Python's own standard output is a raw file."""

ROW = "2.8,-3.1,4.2\n"
ANSWER = "37.715999999999994,-23.255999999999997\n"
TABLE = [sys.executable, "-m", "nnlec", "forward", "configs/lecture.yaml"]
DRAWING = [sys.executable, "-m", "nnlec", "draw", "configs/digits.yaml", "--all", "--weights", "-f", "svg"]
BROKEN = "import sys; sys.argv = ['nnlec', *sys.argv[1:]]; {}; from nnlec.cli import main; main()"


def pipe(*, waits: bool) -> tuple[int, int]:
    """The ends of a pipe that holds 4 KiB; whether its writer waits for room and its reader for data."""
    ends = os.pipe()
    fcntl.fcntl(ends[1], fcntl.F_SETPIPE_SZ, 4096)
    for end in ends:
        os.set_blocking(end, waits)
    return ends


def drained(end: int, pause: float = 0.0) -> bytes:
    """All that comes out of a pipe, whose reader is slow."""
    os.set_blocking(end, True)
    time.sleep(pause)
    found = b""
    while data := os.read(end, 1 << 16):
        found += data
        time.sleep(pause / 100)
    os.close(end)
    return found


@BUFFERED
def test_a_full_disk_is_said_however_little_was_missing(unbuffered: str, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(ROW * 1800, encoding="utf-8")
    limited = f"ulimit -f 64; {SCORE} {tmp_path}/rows.csv > {tmp_path}/out.csv"
    ran = bash(limited, {"PYTHONUNBUFFERED": unbuffered})
    assert (ran.returncode, ran.stderr) == (2, "Error: standard output: cannot write: File too large\n")
    drawn = f"ulimit -f 8; {NNLEC} draw configs/digits.yaml --all -f svg > {tmp_path}/out.svg"
    ran = bash(drawn, {"PYTHONUNBUFFERED": unbuffered})
    assert (ran.returncode, ran.stderr) == (2, "Error: standard output: cannot write: File too large\n")


@BUFFERED
@pytest.mark.parametrize("script", [FORWARD, f"{SCORE} - <<< 2.8,-3.1,4.2", f"{NNLEC} guide", f"{NNLEC} list losses"])
def test_a_full_device_is_said_by_every_command(script: str, unbuffered: str) -> None:
    ran = bash(f"{script} > /dev/full", {"PYTHONUNBUFFERED": unbuffered})
    assert (ran.returncode, ran.stderr) == (2, "Error: standard output: cannot write: No space left on device\n")


@BUFFERED
def test_a_full_file_system_is_said(unbuffered: str, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(ROW * 1800, encoding="utf-8")
    (tmp_path / "full").mkdir()
    mounted = f"unshare -rm bash -c 'mount -t tmpfs -o size=64k tmpfs {tmp_path}/full && "
    if bash(f"{mounted} true'").returncode:
        pytest.skip("no file system of a chosen size can be mounted here")
    scored = f"{mounted} {SCORE} {tmp_path}/rows.csv > {tmp_path}/full/out.csv'"
    ran = bash(scored, {"PYTHONUNBUFFERED": unbuffered})
    assert (ran.returncode, ran.stderr) == (2, "Error: standard output: cannot write: No space left on device\n")


@BUFFERED
@pytest.mark.parametrize("command", [TABLE, DRAWING], ids=["table", "example"])
def test_a_pipe_that_does_not_wait_gets_every_byte(command: list[str], unbuffered: str) -> None:
    environment = {**ENVIRONMENT, "PYTHONUNBUFFERED": unbuffered}
    rows = (ROW * 20_000).encode()
    whole = subprocess.run(command, input=rows, cwd=TOP, env=environment, capture_output=True, check=True).stdout
    assert len(whole) > 200_000
    read, write = pipe(waits=False)
    with subprocess.Popen(
        command, cwd=TOP, env=environment, stdin=subprocess.PIPE, stdout=write, stderr=subprocess.PIPE
    ) as process:
        os.close(write)
        assert process.stdin is not None
        assert process.stderr is not None
        feeder = threading.Thread(target=lambda: process.communicate(rows))
        feeder.start()
        assert drained(read, 0.3) == whole
        feeder.join()
    assert process.returncode == 0


def test_a_stop_in_the_middle_of_writing_loses_nothing() -> None:
    read, write = pipe(waits=True)
    with subprocess.Popen(DRAWING, cwd=TOP, env=ENVIRONMENT, stdout=write) as process:
        os.close(write)
        first = os.read(read, 1000)
        for _ in range(5):
            process.send_signal(signal.SIGSTOP)
            process.send_signal(signal.SIGCONT)
            first += os.read(read, 1000)
        whole = first + drained(read)
    assert process.returncode == 0
    assert whole == subprocess.run(DRAWING, cwd=TOP, env=ENVIRONMENT, capture_output=True, check=True).stdout


@BUFFERED
@pytest.mark.parametrize("waits", [True, False])
def test_a_signal_ends_a_run_whose_reader_is_asleep(waits: bool, unbuffered: str) -> None:
    read, write = pipe(waits=waits)
    environment = {**ENVIRONMENT, "PYTHONUNBUFFERED": unbuffered}
    with subprocess.Popen(DRAWING, cwd=TOP, env=environment, stdout=write, stderr=subprocess.PIPE) as process:
        os.close(write)
        os.set_blocking(read, True)
        os.read(read, 1)
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=10)
    os.close(read)
    assert (process.returncode, said) == (143, b"")


def test_an_error_waits_for_room_on_standard_error() -> None:
    read, write = pipe(waits=False)
    os.write(write, b"x" * 4096)
    with subprocess.Popen([*TABLE, "no.csv"], cwd=TOP, env=ENVIRONMENT, stderr=write) as process:
        os.close(write)
        said = drained(read, 1.0)
    assert process.returncode == 2
    assert said.lstrip(b"x") == b"Error: no.csv: cannot be opened: No such file or directory\n"


@pytest.mark.parametrize("where", ["2>/dev/full", "2>&-"])
def test_an_error_that_nobody_can_read_is_still_the_status(where: str) -> None:
    assert bash(f"{SCORE} no.csv {where}").returncode == 2
    assert bash(f"{SCORE} --on-bad skip - {where} <<< $'2,3,4\\n2,x,4'").returncode == 1


@BUFFERED
@pytest.mark.parametrize(
    "script",
    [
        f"yes 2.8,-3.1,4.2 | {SCORE} - | head -n 1; exit ${{PIPESTATUS[1]}}",
        f"{NNLEC} draw configs/digits.yaml --all -f svg | head -n 1; exit ${{PIPESTATUS[0]}}",
        f"{NNLEC} show no.yaml 2>&1 >/dev/null | true; exit ${{PIPESTATUS[0]}}",
        f"{NNLEC} --help | true; exit ${{PIPESTATUS[0]}}",
    ],
)
def test_a_reader_that_goes_away_ends_the_run_quietly(script: str, unbuffered: str) -> None:
    slow_start = script.replace("| true", "| sleep 0")
    ran = bash(slow_start, {"PYTHONUNBUFFERED": unbuffered})
    assert (ran.returncode, ran.stderr) == (141, "")


def test_a_reader_that_goes_away_leaves_no_file(tmp_path: Path) -> None:
    program = BROKEN.format("import os; vars(os).pop('O_TMPFILE', None)")
    arguments = f"forward configs/lecture.yaml - --on-bad skip --bad-rows {tmp_path}/bad.csv"
    ran = bash(f'yes 2.8,-3.1,4.2 | {sys.executable} -c "{program}" {arguments} | head -n 1; exit ${{PIPESTATUS[1]}}')
    assert (ran.returncode, ran.stderr) == (141, "")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("end", ["", "unfinished"])
def test_standard_input_that_does_not_wait_is_waited_for(end: str) -> None:
    read, write = pipe(waits=False)
    with subprocess.Popen(
        TABLE, cwd=TOP, env=ENVIRONMENT, stdin=read, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        os.close(read)
        os.set_blocking(write, True)
        time.sleep(0.5)
        for part in (ROW[:4], ROW[4:], ROW * 1000, ROW[:-1] if end else ""):
            os.write(write, part.encode())
            time.sleep(0.1)
        os.close(write)
        out, said = process.communicate(timeout=20)
    assert (process.returncode, said) == (0, "")
    assert out == "y1,y2\n" + ANSWER * (1002 if end else 1001)


@pytest.mark.parametrize(("file", "status"), [("-", 0), ("/dev/stdin", 0)])
@pytest.mark.parametrize("kind", ["pipe", "socket"])
def test_answers_come_from_any_standard_input(kind: str, file: str, status: int) -> None:
    """Programs such as node give their children sockets."""
    read, write = pipe(waits=False) if kind == "pipe" else (end.detach() for end in socket.socketpair())
    command = [sys.executable, "-m", "nnlec", "check", "--logits", "0,0", "--answers", file, "-f", "csv"]
    with subprocess.Popen(command, cwd=TOP, env=ENVIRONMENT, stdin=read, stdout=subprocess.PIPE, text=True) as process:
        os.close(read)
        os.write(write, b"student,exponentials\n")
        time.sleep(0.5)
        os.write(write, b"ann,1 1\n")
        os.close(write)
        out, _ = process.communicate(timeout=20)
    assert (process.returncode, out) == (status, "student,right,of,first wrong,slip\nann,2,2,,\n")


def test_a_table_goes_through_sockets() -> None:
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)

    def feed() -> None:
        ours.sendall((ROW * 20_000).encode())
        ours.shutdown(socket.SHUT_WR)

    with subprocess.Popen(
        [*TABLE, "-o", "/dev/stdout"], cwd=TOP, env=ENVIRONMENT, stdin=theirs.fileno(), stdout=theirs.fileno()
    ) as process:
        theirs.close()
        feeder = threading.Thread(target=feed)
        feeder.start()
        found = b""
        while data := ours.recv(1 << 16):
            found += data
        feeder.join()
    ours.close()
    assert process.returncode == 0
    assert found.decode() == "y1,y2\n" + ANSWER * 20_000


class Part(io.RawIOBase):
    """A raw file that takes three bytes at a time, and every other time none."""

    def __init__(self, fails: int = 0) -> None:
        self.taken = b""
        self.fails = fails
        self.null = os.open(os.devnull, os.O_WRONLY)
        self.turn = False

    def fileno(self) -> int:
        return self.null

    def write(self, data: object, /) -> int:
        if self.fails and self.taken:
            raise OSError(self.fails, os.strerror(self.fails))
        self.turn = not self.turn
        if self.turn:
            return None  # type: ignore[return-value]  # as raw files do where there is no room
        assert isinstance(data, memoryview)
        self.taken += bytes(data[:3])
        return len(data[:3])


def test_a_write_goes_on_after_every_part() -> None:
    raw = Part()
    assert system.WholeWriter(raw).write(b"0123456789") == 10
    assert raw.taken == b"0123456789"


@pytest.mark.parametrize(
    ("number", "signals", "raised"),
    [
        (errno.ENOSPC, True, OSError),
        (errno.EIO, True, OSError),
        (errno.EINVAL, True, OSError),
        (errno.EINVAL, False, system.ReaderGone),
        (errno.EPIPE, True, system.ReaderGone),
        (errno.EPIPE, False, system.ReaderGone),
    ],
)
def test_what_a_failed_write_means(
    number: int, signals: bool, raised: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not signals:
        monkeypatch.delattr(signal, "SIGPIPE")
    with pytest.raises(raised):
        system.WholeWriter(Part(number)).write(b"0123456789")


@pytest.mark.parametrize("other", ["windows", "macos"])
def test_another_system_writes_files_pipes_and_errors(other: str, tmp_path: Path) -> None:
    def poor(script: str) -> subprocess.CompletedProcess[str]:
        return bash(script.replace("NNLEC", f"{sys.executable} -m tests.elsewhere {other}"))

    (tmp_path / "out.csv").write_text("old", encoding="utf-8")
    assert poor(f"NNLEC forward configs/lecture.yaml -o {tmp_path}/out.csv <<< 2.8,-3.1,4.2").returncode == 0
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == f"y1,y2\n{ANSWER}"
    ran = poor(f"ulimit -f 0; NNLEC forward configs/lecture.yaml -o {tmp_path}/out.csv <<< 2.8,-3.1,4.2")
    assert (ran.returncode, ran.stderr) == (2, f"Error: {tmp_path}/out.csv: cannot write: File too large\n")
    assert os.listdir(tmp_path) == ["out.csv"]
    ran = poor("yes 2.8,-3.1,4.2 | NNLEC forward configs/lecture.yaml | head -n 1; exit ${PIPESTATUS[1]}")
    assert (ran.returncode, ran.stdout, ran.stderr) == (141, "y1,y2\n", "")
    ran = poor("(sleep 0.2; echo 2.8,-3.1,4.2; sleep 0.2; echo 2.8,-3.1,4.2) | NNLEC forward configs/lecture.yaml")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, f"y1,y2\n{ANSWER * 2}", "")
    ran = poor("NNLEC forward configs/lecture.yaml -i 2.8,-3.1,4.2 > /dev/full")
    assert (ran.returncode, ran.stderr) == (2, "Error: standard output: cannot write: No space left on device\n")


def test_a_system_without_proc_writes_files(tmp_path: Path) -> None:
    hidden = "unshare -rm bash -c 'mount -t tmpfs tmpfs /proc && "
    if bash(f"{hidden} true'").returncode:
        pytest.skip("/proc cannot be hidden here")
    for path in (f"{tmp_path}/out.txt", "/dev/stdout"):
        ran = bash(f"{hidden} {FORWARD} -f csv -o {path}'")
        assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == (tmp_path / "out.txt").read_text(encoding="utf-8") == "y1,y2\n37.716,-23.256\n"
    assert os.listdir(tmp_path) == ["out.txt"]
