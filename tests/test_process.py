"""The command as a process among others: pipes that end, disks that fill, signals, odd terminals.

Whatever happens: the stated exit status, at most one line on standard error, no temporary file, the old output intact.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import forked

TOP = Path(__file__).parent.parent
NNLEC = f"{sys.executable} -m nnlec"
FORWARD = f"{NNLEC} forward configs/lecture.yaml --input 1,2.8,-3.1,4.2"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(TOP), "LC_ALL": "C.UTF-8"}

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and pipes as POSIX has them")


def bash(
    script: str, environment: dict[str, str] | None = None, *, cwd: Path = TOP
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", script],
        cwd=cwd,
        env=ENVIRONMENT | (environment or {}),
        capture_output=True,
        text=True,
        errors="backslashreplace",
        timeout=60,
        check=False,
    )


def quickly(
    script: str, environment: dict[str, str] | None = None, *, cwd: Path = TOP
) -> subprocess.CompletedProcess[str]:
    """As `bash`, where `nnlec` needs no more of its surroundings than the three standard streams and the folder."""
    function, server = forked.shell_function()
    script = function + script.replace(NNLEC, "nnlec")
    return subprocess.run(
        ["bash", "-c", script],
        cwd=cwd,
        env=ENVIRONMENT | (environment or {}),
        capture_output=True,
        text=True,
        errors="backslashreplace",
        pass_fds=[server],
        timeout=60,
    )


@pytest.mark.parametrize(
    ("script", "status", "said"),
    [
        (f"{FORWARD} --all | true; exit ${{PIPESTATUS[0]}}", (0, 141), ""),
        (f"{FORWARD} >&-", (2,), "Error: standard output: cannot write: Bad file descriptor\n"),
        (f"{FORWARD} >/dev/full", (2,), "Error: standard output: cannot write: No space left on device\n"),
        (f"{NNLEC} --help >/dev/full", (2,), "Error: standard output: No space left on device\n"),
        (f"{NNLEC} --version >&-", (2,), "Error: standard output: Bad file descriptor\n"),
        (f"{FORWARD} <&-", (0,), ""),
        (f"{FORWARD} 2>&-", (0,), ""),
        (f"{FORWARD} <&- >&- 2>&-", (2,), ""),
        (
            f"{FORWARD} -o /dev/full",
            (2,),
            "Error: /dev/full: cannot write: No space left on device\n",
        ),
        (f"{FORWARD} -o configs", (2,), "Error: configs: cannot write: it is a folder\n"),
        (
            f"{FORWARD} -o no/such/folder.txt",
            (2,),
            "Error: no/such/folder.txt: cannot write: No such file or directory\n",
        ),
        (f"{FORWARD} -o ''", (2,), None),
        (
            f"{FORWARD} -o /proc/x.txt",
            (2,),
            "Error: /proc/x.txt: cannot write: No such file or directory\n",
        ),
        (f"{NNLEC} show /dev/null", (2,), None),
        (f"{NNLEC} show configs", (2,), "Error: configs: this is a folder, expected a network file\n"),
        (f"{NNLEC} show <(cat configs/lecture.yaml)", (0,), ""),
    ],
)
def test_streams_and_files_of_every_kind(script: str, status: tuple[int, ...], said: str | None) -> None:
    ran = (bash if re.search(r"&-|<\(|PIPESTATUS", script) else quickly)(script)
    assert ran.returncode in status, ran.stderr
    assert ran.stderr.count("\n") <= 1
    assert "Traceback" not in ran.stderr
    if said is not None:
        assert ran.stderr == said


ROWS = "yes 2.8,-3.1,4.2"
SCORE = f"{NNLEC} forward configs/lecture.yaml"


@pytest.mark.parametrize(
    ("script", "status", "said"),
    [
        (f"{ROWS} | {SCORE} - | head -n 1; exit ${{PIPESTATUS[1]}}", 141, ""),
        (
            f"{ROWS} | head -n 100000 | {SCORE} - >/dev/full",
            2,
            "standard output: cannot write: No space left on device",
        ),
        (f"{ROWS} | head -n 100000 | {SCORE} - >&-", 2, "standard output: cannot write: Bad file descriptor"),
        (f"{SCORE} - <&-", 2, "<stdin>: cannot be read: Bad file descriptor"),
        (f"{SCORE} - </dev/null", 2, "<stdin>:1: the table is empty: no header, no rows"),
        (f"{SCORE} configs", 2, "configs: this is a folder, expected a file"),
        (f"{SCORE} <({ROWS} | head -n 3)", 0, ""),
    ],
)
def test_tables_through_streams_of_every_kind(script: str, status: int, said: str) -> None:
    ran = (bash if re.search(r"&-|<\(|PIPESTATUS", script) else quickly)(script)
    assert (ran.returncode, ran.stderr) == (status, f"Error: {said}\n" if said else "")


@pytest.mark.parametrize("number", ["INT", "TERM", "HUP", "KILL"])
def test_a_table_that_is_cut_off_leaves_the_old_output(number: str, tmp_path: Path) -> None:
    if number == "KILL" and not hasattr(os, "O_TMPFILE"):
        pytest.skip("this system has no nameless files")
    (tmp_path / "out.csv").write_text("old", encoding="utf-8")
    with subprocess.Popen(
        ["bash", "-c", f"exec {SCORE} - -o {tmp_path}/out.csv"], cwd=TOP, env=ENVIRONMENT, stdin=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            for _ in range(20):
                process.stdin.write(b"2.8,-3.1,4.2\n" * 5000)
                process.stdin.flush()
        process.send_signal(getattr(signal, f"SIG{number}"))
        process.wait(timeout=20)
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
    assert process.returncode == {"INT": 130, "TERM": 143, "HUP": 129, "KILL": -9}[number]
    assert os.listdir(tmp_path) == ["out.csv"]
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize(
    "environment",
    [
        {"COLUMNS": "1"},
        {"COLUMNS": "20"},
        {"COLUMNS": "10000"},
        {"COLUMNS": "x"},
        {"COLUMNS": "-5"},
        {"TERM": "dumb"},
        {"TERM": ""},
        {"FORCE_COLOR": "0"},
        {"LC_ALL": "C"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1"},
        {"HOME": "/nonexistent"},
    ],
    ids=str,
)
def test_odd_surroundings_change_the_layout_but_no_digit(environment: dict[str, str]) -> None:
    shell = bash if {*environment} & {"LC_ALL", "PYTHONIOENCODING"} else quickly  # which Python itself reads
    ran = shell(f"{FORWARD}; {NNLEC} softmax --logits é=1,[red]=2", environment)
    assert (ran.returncode, ran.stderr) == (0, "")
    for digits in ("37.716", "-23.256", "14.47", "-6.23", "2.7183"):
        assert digits in ran.stdout
    assert "\x1b" not in ran.stdout


def test_a_current_folder_that_was_deleted(tmp_path: Path) -> None:
    network = TOP / "configs/lecture.yaml"
    gone = f"mkdir gone; cd gone; rmdir ../gone; {NNLEC} forward"
    ran = bash(f"{gone} {network} --input 1,2.8,-3.1,4.2", cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    ran = bash(f"{gone} net.yaml --input 1,2,3", cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (2, "Error: net.yaml: no such file\n")
    ran = bash(f"{gone} {network} --input 1,2,3,4 -o out.txt", cwd=tmp_path)
    assert (ran.returncode, ran.stderr.count("\n")) == (2, 1)


def test_a_read_only_folder_is_named(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("nothing is read-only to root")
    tmp_path.chmod(0o500)
    ran = bash(f"{FORWARD} -o {tmp_path}/out.txt")
    assert (ran.returncode, ran.stderr) == (2, f"Error: {tmp_path}/out.txt: cannot write: Permission denied\n")


def test_a_read_only_file_is_not_replaced(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("nothing is read-only to root")
    (tmp_path / "out.md").write_text("old", encoding="utf-8")
    (tmp_path / "out.md").chmod(0o400)
    ran = bash(f"{FORWARD} -o {tmp_path}/out.md")
    assert (ran.returncode, ran.stderr) == (2, f"Error: {tmp_path}/out.md: cannot write: the file is read-only\n")
    assert (tmp_path / "out.md").read_text(encoding="utf-8") == "old"


def test_an_output_keeps_its_mode_and_its_link(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("old", encoding="utf-8")
    (tmp_path / "real.txt").chmod(0o640)
    (tmp_path / "link.txt").symlink_to("real.txt")
    assert bash(f"{FORWARD} -o {tmp_path}/link.txt").returncode == 0
    assert (tmp_path / "link.txt").is_symlink()
    assert "37.716" in (tmp_path / "real.txt").read_text(encoding="utf-8")
    assert (tmp_path / "real.txt").stat().st_mode & 0o777 == 0o640
    assert bash(f"umask 027; {FORWARD} -o {tmp_path}/new.txt").returncode == 0
    assert (tmp_path / "new.txt").stat().st_mode & 0o777 == 0o640
    assert len(os.listdir(tmp_path)) == 3


def test_a_full_disk_leaves_the_old_output(tmp_path: Path) -> None:
    (tmp_path / "out.txt").write_text("old", encoding="utf-8")
    ran = bash(f"ulimit -f 0; {FORWARD} -f json -o {tmp_path}/out.txt")
    assert (ran.returncode, ran.stderr) == (2, f"Error: {tmp_path}/out.txt: cannot write: File too large\n")
    assert os.listdir(tmp_path) == ["out.txt"]
    assert (tmp_path / "out.txt").read_text(encoding="utf-8") == "old"


def test_a_full_file_system_leaves_the_old_output(tmp_path: Path) -> None:
    tiny = f"unshare -rm bash -c 'mount -t tmpfs -o size=8k tmpfs {tmp_path} && cd {tmp_path}"
    if not shutil.which("unshare") or bash(f"{tiny}'").returncode:
        pytest.skip("no file system of a chosen size can be mounted here")
    digits = f"{NNLEC} forward {TOP}/configs/digits.yaml --input " + ",".join(["1"] * 64)
    ran = bash(f"{tiny}; echo old > out.txt; {digits} -f json -o out.txt; echo $?; cat out.txt; ls -A'")
    assert ran.stdout.split() == ["2", "old", "out.txt"]
    assert ran.stderr == "Error: out.txt: cannot write: No space left on device\n"


_SLOW_WRITER = """
import os, sys, time
if "nameless" not in sys.argv: vars(os).pop("O_TMPFILE", None)
import click
from nnlec.cli import gate, output
@click.command()
def slow():
    with output.opened("out.txt") as stream:
        stream.write("new" * 100_000)
        print("writing", flush=True)
        time.sleep(60)
sys.argv[1:] = []
gate.run(slow)
"""


@pytest.mark.parametrize("way", ["nameless", "named"])
@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGKILL, -9)],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_a_signal_in_the_middle_leaves_the_old_output(
    number: signal.Signals, status: int, way: str, tmp_path: Path
) -> None:
    if (number, way) == (signal.SIGKILL, "named"):
        pytest.skip("only a nameless file is gone after kill -9")
    if way == "nameless" and not hasattr(os, "O_TMPFILE"):
        pytest.skip("this system has no nameless files")
    (tmp_path / "out.txt").write_text("old", encoding="utf-8")
    command = [sys.executable, "-c", _SLOW_WRITER, way]
    with subprocess.Popen(
        command, cwd=tmp_path, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        process.send_signal(number)
        _, err = process.communicate(timeout=20)
    assert process.returncode == status
    assert err.strip() == ""
    assert os.listdir(tmp_path) == ["out.txt"]
    assert (tmp_path / "out.txt").read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_waiting_for_a_network_that_does_not_come_can_be_ended(
    number: signal.Signals, status: int, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "net.yaml")
    command = [sys.executable, "-m", "nnlec", "show", "net.yaml"]
    with subprocess.Popen(command, cwd=tmp_path, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True) as process:
        time.sleep(1.0)
        process.send_signal(number)
        _, err = process.communicate(timeout=20)
    assert process.returncode == status
    assert err.strip() == ""
