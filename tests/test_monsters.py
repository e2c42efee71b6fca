"""Monsters are answered, not obeyed: within seconds, within memory, with a line that names the place."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.monsters import FILES, TEXT, Monster

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


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
@pytest.mark.parametrize(
    "monster",
    [pytest.param(m, id=m.name, marks=[pytest.mark.slow] if m.slow else []) for m in TEXT + FILES],
)
def test_a_monster_is_answered_within_its_limits(monster: Monster, tmp_path: Path) -> None:
    monster.make(tmp_path)
    values = "1," * (999 if "1,000 x 1,000" in monster.name else 0) + "1"
    began = time.monotonic()
    ran = subprocess.run(
        [sys.executable, "-c", _PROBE, "forward", "network.yaml", "--input", values, "-f", "json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
        capture_output=True,
        text=True,
        timeout=4 * monster.seconds + 20,
        check=False,
    )
    seconds, mib = time.monotonic() - began, int((tmp_path / "peak").read_text()) / 1024
    print(f"{monster.name}: {seconds:.2f} s, {mib:.0f} MiB, {ran.stderr.strip()}")
    assert ran.returncode == (0 if monster.good else 2), ran.stderr[-1000:]
    if not monster.good:
        assert ran.stdout == ""
        assert ran.stderr.startswith("Error: network.yaml:")
        assert ran.stderr.count("\n") == 1
        assert len(ran.stderr) < 500
    assert seconds < _PATIENCE * monster.seconds
    assert mib < monster.mib
    assert not (tmp_path / "unpickled").exists()
