"""Monsters are answered, not obeyed: within seconds, within memory, with a line that names the place."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.monsters import FILES, TABLES, TEXT, Monster

TOP = Path(__file__).parent.parent

# Forks a process for each line of standard input, a folder and a command, which tells its peak of memory.
_STARTER = """
import json, os, sys
from pathlib import Path
from tests.forked import command, import_the_program
import_the_program()

def run(folder, arguments):
    os.chdir(folder)
    for stream, name in ((1, "out"), (2, "complaint")):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
    status, _ = command(arguments)
    sys.stdout.flush()
    lines = Path("/proc/self/status").read_text().splitlines()
    Path("peak").write_text(next(line for line in lines if line.startswith("VmHWM")).split()[1])
    os._exit(status)

for line in sys.stdin:
    child = os.fork()
    if not child:
        run(*json.loads(line))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
_PATIENCE = 2.0
"""The seconds are those of a quiet machine; tests run on busy ones."""


pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")


def parameters(monsters: list[Monster]) -> list[Any]:
    return [pytest.param(m, id=m.name, marks=[pytest.mark.slow] if m.slow else []) for m in monsters]


@pytest.fixture(scope="module")
def starter() -> Iterator[subprocess.Popen[str]]:
    """What starts the commands: a small process, for a fork begins with the memory of the one it is forked from."""
    environment = {**os.environ, "PYTHONPATH": str(TOP)}
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", _STARTER], env=environment, text=True, **pipes) as process:
        yield process


def answer(starter: subprocess.Popen[str], monster: Monster, folder: Path, *args: str) -> str:
    """What the command writes, its status, complaint, time and memory checked."""
    monster.make(folder)
    assert starter.stdin is not None
    assert starter.stdout is not None
    began = time.monotonic()
    print(json.dumps([str(folder), ["forward", *args]]), file=starter.stdin, flush=True)
    if not select.select([starter.stdout], [], [], 4 * monster.seconds + 20)[0]:
        starter.kill()
        pytest.fail(f"{monster.name}: no answer")
    code, seconds = int(starter.stdout.readline()), time.monotonic() - began
    mib = int((folder / "peak").read_text(encoding="utf-8")) / 1024
    complaint = (folder / "complaint").read_text(encoding="utf-8")
    print(f"{monster.name}: {seconds:.2f} s, {mib:.0f} MiB, {complaint.strip()}")
    assert code == (0 if monster.good else 2), complaint[-1000:]
    assert len(complaint) < 500
    assert complaint.count("\n") == (not monster.good)
    assert seconds < _PATIENCE * monster.seconds
    assert mib < monster.mib
    return complaint


@pytest.mark.parametrize("monster", parameters(TEXT + FILES))
def test_a_monstrous_network_is_answered_within_its_limits(
    starter: subprocess.Popen[str], monster: Monster, tmp_path: Path
) -> None:
    values = "1," * (999 if "1,000 x 1,000" in monster.name else 0) + "1"
    said = answer(starter, monster, tmp_path, "network.yaml", "--input", values, "-f", "json")
    if not monster.good:
        assert said.startswith("Error: network.yaml:")
        assert (tmp_path / "out").stat().st_size == 0
    assert not (tmp_path / "unpickled").exists()


@pytest.mark.parametrize("engine", ["stream", "polars", ""], ids=lambda engine: engine or "default")
@pytest.mark.parametrize("monster", parameters(TABLES))
def test_a_monstrous_table_is_answered_within_its_limits(
    starter: subprocess.Popen[str], monster: Monster, engine: str, tmp_path: Path
) -> None:
    if engine == "polars":
        pytest.importorskip("polars")
    network = str(TOP / "tests/corpus/net3.yaml")
    table = "table.csv.gz" if "gzip" in monster.name else "table.csv"
    said = answer(starter, monster, tmp_path, network, table, *(["--engine", engine] if engine else []))
    if monster.good:
        with (tmp_path / "out").open("rb") as out:
            assert sum(1 for _ in out) == 1 + monster.rows
    else:
        assert said.startswith(f"Error: {table}")
