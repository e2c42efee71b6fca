"""Monsters are answered, not obeyed: within seconds, within memory, with a line that names the place."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.monsters import FILES, TABLES, TEXT, Monster

TOP = Path(__file__).parent.parent

# Runs the command and tells its peak of memory; ru_maxrss would count the test process that it was forked from.
_PROBE = """
import atexit, pathlib
def peak():
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    pathlib.Path("peak").write_text(next(line for line in lines if line.startswith("VmHWM")).split()[1])
atexit.register(peak)
from nnlec.cli import main
main()
"""
_PATIENCE = 2.0
"""The seconds are those of a quiet machine; tests run on busy ones."""


pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")


def parameters(monsters: list[Monster]) -> list[Any]:
    return [pytest.param(m, id=m.name, marks=[pytest.mark.slow] if m.slow else []) for m in monsters]


def answer(monster: Monster, folder: Path, *args: str) -> str:
    """What the command writes, its status, complaint, time and memory checked."""
    monster.make(folder)
    with (folder / "out").open("wb") as out:
        began = time.monotonic()
        ran = subprocess.run(
            [sys.executable, "-c", _PROBE, "forward", *args],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(TOP)},
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            timeout=4 * monster.seconds + 20,
            check=False,
        )
    seconds, mib = time.monotonic() - began, int((folder / "peak").read_text(encoding="utf-8")) / 1024
    print(f"{monster.name}: {seconds:.2f} s, {mib:.0f} MiB, {ran.stderr.strip()}")
    assert ran.returncode == (0 if monster.good else 2), ran.stderr[-1000:]
    assert len(ran.stderr) < 500
    assert ran.stderr.count("\n") == (not monster.good)
    assert seconds < _PATIENCE * monster.seconds
    assert mib < monster.mib
    return ran.stderr


@pytest.mark.parametrize("monster", parameters(TEXT + FILES))
def test_a_monstrous_network_is_answered_within_its_limits(monster: Monster, tmp_path: Path) -> None:
    values = "1," * (999 if "1,000 x 1,000" in monster.name else 0) + "1"
    said = answer(monster, tmp_path, "network.yaml", "--input", values, "-f", "json")
    if not monster.good:
        assert said.startswith("Error: network.yaml:")
        assert (tmp_path / "out").stat().st_size == 0
    assert not (tmp_path / "unpickled").exists()


@pytest.mark.parametrize("engine", ["stream", "polars", ""], ids=lambda engine: engine or "default")
@pytest.mark.parametrize("monster", parameters(TABLES))
def test_a_monstrous_table_is_answered_within_its_limits(monster: Monster, engine: str, tmp_path: Path) -> None:
    if engine == "polars":
        pytest.importorskip("polars")
    network = str(TOP / "tests/corpus/net3.yaml")
    table = "table.csv.gz" if "gzip" in monster.name else "table.csv"
    said = answer(monster, tmp_path, network, table, *(["--engine", engine] if engine else []))
    if monster.good:
        with (tmp_path / "out").open("rb") as out:
            assert sum(1 for _ in out) == 1 + monster.rows
    else:
        assert said.startswith(f"Error: {table}")
