"""A real cluster on this machine: the same bytes as one process, and nothing lost, twice or half when one is killed."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

pytest.importorskip("distributed", reason="Dask is not installed")
psutil: Any = pytest.importorskip("psutil", reason="Dask brings it")

TOP = Path(__file__).parent.parent
FILES = 6
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(TOP),
    "OPENBLAS_NUM_THREADS": "1",
    "DASK_LOGGING__DISTRIBUTED": "critical",
}
NETWORK = """
inputs: [a, b]
classes: ["no", "yes"]
layers:
  - weights: [[0.5, 1, -2], [-0.25, 3, 1]]
    activation: relu
  - weights: [[0.5], [-0.25], [1]]
    activation: sigmoid
"""


def tables(place: Path, rows: int) -> Path:
    """A folder with a network and tables in `data`."""
    (place / "net.yaml").write_text(NETWORK)
    (place / "data").mkdir()
    rng = random.Random(1)
    for k in range(FILES):
        lines = [f"{i},{rng.gauss(0, 9):.4g},{rng.random():.6g},{rng.choice(['no', 'yes'])}\n" for i in range(rows)]
        (place / "data" / f"t{k}.csv").write_text("id,a,b,t\n" + "".join(lines))
    return place


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six tables, of which one has a bad row, and what one process makes of them."""
    place = tables(tmp_path_factory.mktemp("cluster"), 2000)
    assert nnlec(place, "forward net.yaml data/*.csv -o alone/ --predict") == (0, "", "")
    (place / "bad.csv").write_text("id,a,b,t\n" + "1,2,3,no\n" * 7 + "1,x1,3,no\n")
    return place


class Done(NamedTuple):
    code: int
    stdout: str
    stderr: str


def started(place: Path, line: str) -> subprocess.Popen[str]:
    """The command, in a group of processes of its own as a shell makes one."""
    files = [str(path.relative_to(place)) for path in sorted((place / "data").iterdir())]
    words = [word for each in line.split() for word in (files if each == "data/*.csv" else [each])]
    pipes: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    command = [sys.executable, "-m", "nnlec", *words]
    return subprocess.Popen(command, cwd=place, env=ENVIRONMENT, text=True, start_new_session=True, **pipes)


def nnlec(place: Path, line: str) -> Done:
    process = started(place, line)
    stdout, stderr = process.communicate(timeout=120)
    return Done(process.returncode, stdout, stderr)


def results(folder: Path) -> dict[str, bytes]:
    """The files of a folder that a user sees."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix == ".csv"}


def wait_for(condition: Callable[[], object], process: subprocess.Popen[Any]) -> None:
    end = time.monotonic() + 60
    while not condition() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)


class Cluster(NamedTuple):
    address: str
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]


@contextmanager
def cluster(folder: Path, *options: str) -> Iterator[Cluster]:
    """A scheduler on loopback with two workers, started as an administrator starts them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with ExitStack() as stack:

        def start(*words: str) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-m", "distributed.cli." + words[0], *words[1:]]
            quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            process = subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, **quiet)
            stack.callback(ended, process)
            return process

        address = f"tcp://127.0.0.1:{port}"
        scheduler = start("dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
        wait_for(lambda: listens(port), scheduler)
        options = ("--nthreads", "1", "--no-dashboard", "--memory-limit", "0", *options)
        yield Cluster(address, scheduler, [start("dask_worker", address, *options) for _ in range(2)])


def listens(port: int) -> bool:
    with socket.socket() as there:
        return there.connect_ex(("127.0.0.1", port)) == 0


def ended(process: subprocess.Popen[bytes]) -> None:
    below = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    for each in (process, *below):
        each.kill()
    process.wait(10)


@pytest.mark.slow
def test_processes_on_this_machine_evaluate_as_one_process_does(place: Path) -> None:
    line = "evaluate net.yaml data/*.csv --target-column t --by t -f json"
    one = nnlec(place, line)
    assert one.code == 0
    assert json.loads(one.stdout)["rows"] == FILES * 2000
    assert nnlec(place, f"{line} --workers 2") == one


def test_a_cluster_that_exists_does_the_same_and_says_which_files_failed(place: Path, tmp_path: Path) -> None:
    with cluster(tmp_path, "--no-nanny") as found:
        line = f"forward net.yaml data/*.csv bad.csv gone.csv -o remote/ --predict --scheduler {found.address}"
        done = nnlec(place, line)
        assert (done.code, done.stdout) == (2, "")
        assert done.stderr.splitlines() == [
            "Error: bad.csv:9: column 'a': 'x1' is not a number",
            "Error: gone.csv: cannot be opened: No such file or directory",
        ]
        assert results(place / "remote") == results(place / "alone")


def test_no_certificates_is_one_line(place: Path) -> None:
    done = nnlec(place, "evaluate net.yaml data/*.csv --target-column t --scheduler tls://127.0.0.1:1")
    assert (done.code, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("Error: tls://127.0.0.1:1: there are no certificates for it")


def below(process: subprocess.Popen[str]) -> list[Any]:
    """The workers of a run: what its server of forks has forked."""
    try:
        return [each for each in psutil.Process(process.pid).children(recursive=True) if each.ppid() != process.pid]
    except psutil.NoSuchProcess:
        return []


def test_a_worker_that_is_killed_is_replaced(place: Path) -> None:
    run = started(place, "forward net.yaml data/*.csv -o killed/ --predict --workers 2")
    wait_for(lambda: len(below(run)) == 2, run)
    below(run)[0].kill()
    stdout, stderr = run.communicate(timeout=60)
    assert (run.returncode, stdout, stderr) == (0, "", "")
    assert results(place / "killed") == results(place / "alone")


def test_after_ctrl_c_what_is_there_is_whole_and_resume_goes_on(place: Path) -> None:
    line = "forward net.yaml data/*.csv -o resumed/ --predict --workers 2"
    run = started(place, line)
    wait_for(lambda: list(place.glob("resumed/*.csv")), run)
    os.killpg(run.pid, signal.SIGINT)
    stdout, stderr = run.communicate(timeout=60)
    assert (run.returncode, stdout, stderr) in ((130, "", "\n"), (0, "", ""))  # a terminal shows ^C in that line
    alone = results(place / "alone")
    assert results(place / "resumed").items() <= alone.items()
    assert nnlec(place, f"{line.removesuffix(' --workers 2')} --resume") == (0, "", "")
    assert results(place / "resumed") == alone


def test_a_full_disk_is_a_line_for_each_file_that_did_not_fit(place: Path) -> None:
    """A limit on the size of files stands for the disk: workers inherit it."""
    (place / "data" / "t9.csv").write_text("id,a,b,t\n1,2,3,no\n")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
        done = nnlec(place, "forward net.yaml data/*.csv -o full/ --workers 1")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        (place / "data" / "t9.csv").unlink()
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr == "".join(f"Error: full/t{k}.csv: cannot write: File too large\n" for k in range(FILES))
    assert results(place / "full").keys() == {"t9.csv"}


@pytest.mark.slow
@pytest.mark.parametrize("role", ["worker", "nnlec"])
def test_20_kills_at_random_lose_nothing_and_write_nothing_twice(tmp_path: Path, role: str) -> None:
    place = tables(tmp_path, 100_000)
    assert nnlec(place, "forward net.yaml data/*.csv -o alone/ --predict").code == 0
    alone = results(place / "alone")
    line = "forward net.yaml data/*.csv -o out/ --predict --workers 2"
    begun = time.monotonic()
    assert nnlec(place, line).code == 0
    seconds = time.monotonic() - begun
    rng = random.Random(1)
    for _ in range(20):
        for path in (place / "out").glob("*"):
            if path.is_file():
                path.unlink()
        run = started(place, line)
        time.sleep(rng.uniform(0, seconds))
        for each in rng.sample(below(run), min(1, len(below(run)))) if role == "worker" else [run]:
            each.kill()
        stdout, stderr = run.communicate(timeout=120)
        assert results(place / "out").items() <= alone.items()
        if role == "worker":
            assert (run.returncode, stdout, stderr) == (0, "", "")
        else:
            again = nnlec(place, f"{line} --resume")
            assert (again.code, again.stdout, again.stderr) == (0, "", "")
        assert results(place / "out") == alone
        assert len((place / "out" / ".nnlec" / "manifest.jsonl").read_text().splitlines()) >= FILES


@pytest.mark.slow
@pytest.mark.parametrize("role", ["worker", "nanny", "scheduler", "nnlec"])
def test_20_kills_in_a_cluster_that_exists(tmp_path: Path, role: str) -> None:
    place = tables(tmp_path, 50_000)
    assert nnlec(place, "forward net.yaml data/*.csv -o alone/ --predict").code == 0
    alone = results(place / "alone")
    rng = random.Random(2)
    for _ in range(5):
        with cluster(place) as found:
            line = f"forward net.yaml data/*.csv -o out/ --predict --scheduler {found.address}"
            assert nnlec(place, line).code == 0
            for path in (place / "out").glob("*.csv"):
                path.unlink()
            run = started(place, line)
            time.sleep(rng.uniform(1, 3))
            nanny = rng.choice(found.workers)
            victims = {
                "worker": psutil.Process(nanny.pid).children(recursive=True)[-1:],
                "nanny": [nanny],
                "scheduler": [found.scheduler],
                "nnlec": [run],
            }
            for victim in victims[role]:
                victim.kill()
            _, stderr = run.communicate(timeout=120)
            if role == "scheduler" and run.returncode:
                assert (run.returncode, stderr.count("\n")) == (2, 1)
            elif role != "nnlec":
                assert (run.returncode, stderr) == (0, "")
            assert results(place / "out").items() <= alone.items()
        assert nnlec(place, "forward net.yaml data/*.csv -o out/ --predict --workers 1 --resume").code == 0
        assert results(place / "out") == alone


@pytest.mark.slow
def test_a_large_file_is_read_in_parts_by_all_workers(tmp_path: Path) -> None:
    """Of 600 MB: three parts."""
    place = tables(tmp_path, 1)
    block = "".join(f"{i},{i % 977 / 8},{i % 31 / 4},{'yes' if i % 3 else 'no'}\n" for i in range(1_000_000))
    for path in (place / "data").iterdir():
        path.unlink()
    with (place / "data" / "large.csv").open("w") as file:
        file.write("id,a,b,t\n")
        while file.tell() < 600_000_000:
            file.write(block)
    assert nnlec(place, "forward net.yaml data/*.csv -o alone/").code == 0
    assert nnlec(place, "forward net.yaml data/*.csv -o two/ --workers 2") == (0, "", "")
    assert subprocess.run(["cmp", "alone/large.csv", "two/large.csv"], cwd=place).returncode == 0
    assert os.listdir(place / "two" / ".nnlec") == ["manifest.jsonl"]
    line = "evaluate net.yaml data/*.csv --target-column t -f json"
    assert nnlec(place, line) == nnlec(place, f"{line} --workers 2")
