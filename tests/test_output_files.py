"""`-o`: a file is replaced when the result is whole; streams are written through; inputs and other files stay."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_process import ENVIRONMENT, NNLEC, TOP, bash, quickly

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pipes and devices as POSIX has them")


SCORED = f"{NNLEC} forward configs/lecture.yaml <<< 2.8,-3.1,4.2"
RESULT = "y1,y2\n37.715999999999994,-23.255999999999997\n"
ALLOWED = "cannot write: it is read in the same run (write to another file)"


@pytest.mark.parametrize("name", ["/dev/stdout", "/proc/self/fd/1", "/dev/fd/1", "/proc/thread-self/fd/1", "-", "LINK"])
@pytest.mark.parametrize("redirected", [">>", "1<>"])
def test_standard_output_by_name_is_written_through(name: str, redirected: str, tmp_path: Path) -> None:
    log, link = tmp_path / "log", tmp_path / "link"
    link.symlink_to("/dev/stdout")
    log.write_text("before\n" if redirected == ">>" else "", encoding="utf-8")
    ran = quickly(f"{{ echo a; {SCORED} -o {name.replace('LINK', str(link))}; echo b; }} {redirected} {log}")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert log.read_text(encoding="utf-8") == ("before\n" if redirected == ">>" else "") + f"a\n{RESULT}b\n"
    assert sorted(os.listdir(tmp_path)) == ["link", "log"]


def test_a_worked_example_is_written_through_too(tmp_path: Path) -> None:
    example = f"{NNLEC} forward configs/lecture.yaml -i 2.8,-3.1,4.2 -f csv"
    ran = quickly(
        f"echo a >> log; {{ {example} -o /dev/stdout; {example} -o -; {example}; }} >> log; cat log".replace(
            "log", f"{tmp_path}/log"
        )
    )
    assert ran.stdout == "a\n" + "y1,y2\n37.716,-23.256\n" * 3


@pytest.mark.parametrize(
    ("redirected", "named"),
    [("2>> LOG", "/dev/stderr"), ("5>> LOG", "/dev/fd/5"), ("1234>> LOG", "/proc/self/fd/1234")],
)
def test_any_stream_that_is_open_is_written_through(redirected: str, named: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("before\n", encoding="utf-8")
    ran = bash(f"{SCORED} -o {named} {redirected.replace('LOG', str(log))}")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert log.read_text(encoding="utf-8") == f"before\n{RESULT}"


@pytest.mark.parametrize(
    ("named", "reason"),
    [
        ("/dev/fd/9", "Bad file descriptor"),
        ("/dev/fd/3", "Bad file descriptor"),
        ("/dev/fd/0", "Bad file descriptor"),
        ("/dev/full", "No space left on device"),
        ("/dev/fd/999999999", "Bad file descriptor"),
    ],
)
def test_a_stream_that_takes_nothing_is_named(named: str, reason: str) -> None:
    ran = bash(f"{SCORED} -o {named}")
    assert (ran.returncode, ran.stdout, ran.stderr) == (2, "", f"Error: {named}: cannot write: {reason}\n")


def test_a_closed_standard_output_is_named_as_it_was_typed() -> None:
    ran = bash(f"{SCORED} -o /dev/stdout >&-")
    assert (ran.returncode, ran.stderr) == (2, "Error: /dev/stdout: cannot write: Bad file descriptor\n")


def test_the_log_of_another_process_grows(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("before\n", encoding="utf-8")
    ran = bash(f"sleep 60 >> {log} & {SCORED} -o /proc/$!/fd/1; status=$?; kill $!; exit $status")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert log.read_text(encoding="utf-8") == f"before\n{RESULT}"


def test_a_command_a_fifo_and_a_device_are_written_to(tmp_path: Path) -> None:
    ran = bash(f"{SCORED} -o >(sed s/^/piped:/)")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == "".join(f"piped:{line}\n" for line in RESULT.splitlines())
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    ran = bash(f"cat {fifo} & {SCORED} -o {fifo}; wait")
    assert (ran.stdout, ran.stderr) == (RESULT, "")
    assert fifo.is_fifo()
    ran = bash(f"{SCORED} -o /dev/null")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    ran = bash(
        f"head -c 1 {fifo} & yes 2.8,-3.1,4.2 | {NNLEC} forward configs/lecture.yaml -o {fifo}; exit ${{PIPESTATUS[1]}}"
    )
    assert (ran.returncode, ran.stderr) == (141, "")


def test_bad_rows_may_go_to_standard_error(tmp_path: Path) -> None:
    ran = quickly(
        f"{NNLEC} forward configs/lecture.yaml --on-bad skip --bad-rows /dev/stderr <<< $'2.8,-3.1,4.2\\n1,x,2'"
    )
    assert (ran.returncode, ran.stdout) == (1, RESULT)
    assert ran.stderr.startswith("file,line,reason,row\n<stdin>,2,")
    ran = quickly(f"{NNLEC} forward configs/lecture.yaml --on-bad skip --bad-rows - <<< 1,x,2")
    assert (ran.returncode, ran.stderr) == (
        2,
        "Error: --bad-rows: this file is written already, expected another one\n",
    )
    ran = quickly(
        f"{NNLEC} forward configs/lecture.yaml --on-bad skip --bad-rows - -o {tmp_path}/out.csv <<< $'4,2,3\\n1,x,2'"
    )
    assert ran.returncode == 1
    assert ran.stdout.startswith("file,line,reason,row\n<stdin>,2,")


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """A folder with a network, its weights, a table, and other names of them."""
    for name in ("digits.yaml", "digits.npz", "digits.csv"):
        shutil.copy(TOP / "configs" / name, tmp_path / name)
    (tmp_path / "link.csv").symlink_to("digits.csv")
    os.link(tmp_path / "digits.csv", tmp_path / "hard.csv")
    (tmp_path / "answers.csv").write_text("student,exponentials\nann,2.7 7.4\n", encoding="utf-8")
    return tmp_path


RUN = f"{NNLEC} forward digits.yaml digits.csv"


@pytest.mark.parametrize(
    ("script", "named"),
    [
        (f"{RUN} -o digits.csv", "digits.csv"),
        (f"{RUN} -o ./link.csv", "./link.csv"),
        (f"{RUN} -o hard.csv", "hard.csv"),
        (f"{NNLEC} forward digits.yaml - < digits.csv -o digits.csv", "digits.csv"),
        (f"{NNLEC} forward digits.yaml < digits.csv -o digits.csv", "digits.csv"),
        (f"{NNLEC} softmax digits.csv -o digits.csv", "digits.csv"),
        (f"{NNLEC} evaluate digits.yaml digits.csv --target-column digit -f json -o digits.csv", "digits.csv"),
        (f"{RUN} -f csv -o digits.yaml", "digits.yaml"),
        (f"{RUN} -f csv -o digits.npz", "digits.npz"),
        (f"{NNLEC} show digits.yaml -f json -o digits.yaml", "digits.yaml"),
        (f"{NNLEC} draw digits.yaml -f svg -o digits.npz", "digits.npz"),
        (f"{RUN} -f table -o digits.csv", "digits.csv"),
        (f"{RUN} --on-bad skip --bad-rows digits.csv", "digits.csv"),
        (f"{RUN} --on-bad skip --bad-rows digits.yaml", "digits.yaml"),
        (f"{RUN} --on-bad skip --bad-rows digits.npz", "digits.npz"),
        (f"{RUN} >> digits.csv", "standard output"),
        (f"{RUN} -o /dev/stdout >> digits.csv", "/dev/stdout"),
        (f"{NNLEC} check --logits 1,2 --answers answers.csv -f csv -o answers.csv", "answers.csv"),
    ],
)
def test_what_is_read_is_not_written(script: str, named: str, inputs: Path) -> None:
    def contents() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in inputs.iterdir()}

    before = contents()
    ran = quickly(script, cwd=inputs)
    assert (ran.returncode, ran.stdout, ran.stderr) == (2, "", f"Error: {named}: {ALLOWED}\n")
    assert contents() == before


def test_parquet_that_is_read_is_not_written(inputs: Path) -> None:
    pytest.importorskip("polars", reason="Parquet needs it")
    assert quickly(f"{RUN} -o scores.parquet", cwd=inputs).returncode == 0
    ran = quickly(f"{NNLEC} softmax scores.parquet --columns 0,1 -o scores.parquet", cwd=inputs)
    assert (ran.returncode, ran.stderr) == (2, f"Error: scores.parquet: {ALLOWED}\n")


def mounted(script: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """A script in a name space of its own, where it may mount."""
    if not shutil.which("unshare") or bash(f"unshare -rm mount --bind {tmp_path} {tmp_path}").returncode:
        pytest.skip("nothing can be mounted here")
    return bash(f'unshare -rm bash -c "{script}"')


def test_a_file_that_is_mounted_is_named(tmp_path: Path) -> None:
    out, other = tmp_path / "out.csv", tmp_path / "other.csv"
    out.write_text("old", encoding="utf-8")
    other.write_text("other", encoding="utf-8")
    ran = mounted(
        f"mount --bind {other} {out}; {SCORED} -o {out}; status=\\$?; ls -A {tmp_path}; exit \\$status", tmp_path
    )
    reason = "cannot write: it cannot be replaced: Device or resource busy (redirect to it, with '>')"
    assert (ran.returncode, ran.stderr) == (2, f"Error: {out}: {reason}\n")
    assert ran.stdout.split() == ["other.csv", "out.csv"]
    assert (out.read_text(encoding="utf-8"), other.read_text(encoding="utf-8")) == ("old", "other")
    ran = mounted(f"mount --bind {other} {out}; {SCORED} > {out}", tmp_path)
    assert (ran.returncode, other.read_text(encoding="utf-8")) == (0, RESULT)


def test_a_file_system_that_is_read_only_is_named(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    out.write_text("old", encoding="utf-8")
    read_only = f"mount --bind {tmp_path} {tmp_path}; mount -o remount,ro,bind {tmp_path};"
    ran = mounted(f"{read_only} {SCORED} -o {out}", tmp_path)
    assert ran.returncode == 2
    assert ran.stderr in {f"Error: {out}: cannot write: the file is read-only\n"}
    ran = mounted(f"{read_only} {SCORED} -o {tmp_path}/new.csv", tmp_path)
    assert (ran.returncode, ran.stderr) == (2, f"Error: {tmp_path}/new.csv: cannot write: Read-only file system\n")


def unprivileged(script: str) -> str:
    """The script run as somebody to whom permissions apply, which they do not to root."""
    if os.geteuid():
        return script
    dropped = "setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-dac_override,-dac_read_search"
    if bash(f"{dropped} true").returncode:
        pytest.skip("root cannot give up its rights here")
    return f"{dropped} bash -c '{script}'"


def test_a_folder_that_takes_no_file_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir()
    (folder / "out.csv").write_text("old", encoding="utf-8")
    folder.chmod(0o555)
    for name, reason in (
        ("out.csv", "its folder takes no new file: Permission denied (redirect to it, with '>')"),
        ("new.csv", "Permission denied"),
    ):
        ran = bash(unprivileged(f"{SCORED} -o {folder / name}"))
        assert (ran.returncode, ran.stderr) == (2, f"Error: {folder / name}: cannot write: {reason}\n")
    assert (folder / "out.csv").read_text(encoding="utf-8") == "old"
    assert bash(unprivileged(f"{SCORED} > {folder}/out.csv")).returncode == 0
    assert (folder / "out.csv").read_text(encoding="utf-8") == RESULT
    folder.chmod(0o755)


@pytest.mark.parametrize("name", ["é" * 120, "x" * 255, "😀" * 63])
def test_a_long_name_is_as_good_as_a_short_one(name: str, tmp_path: Path) -> None:
    out = tmp_path / name
    for _ in range(2):
        assert quickly(f"{SCORED} -f csv -o {out}").returncode == 0
    assert out.read_text(encoding="utf-8") == RESULT
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("old", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_of_several_runs_onto_one_file_one_stands(old: bool, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    if old:
        out.write_text("old", encoding="utf-8")
    runs = []
    for number in range(4):
        (tmp_path / f"{number}.csv").write_text(f"{number},{number},{number}\n" * 10_000, encoding="utf-8")
        command = [sys.executable, "-m", "nnlec", "forward", f"{TOP}/configs/lecture.yaml", f"{number}.csv"]
        runs.append(subprocess.Popen([*command, "-o", "out.csv"], cwd=tmp_path, env=ENVIRONMENT))
    assert [run.wait() for run in runs] == [0] * 4
    lines = out.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 10_001
    assert len(set(lines[1:])) == 1
    assert sorted(os.listdir(tmp_path)) == [*(f"{number}.csv" for number in range(4)), "out.csv"]
