"""A worked example as JSON: every number of it, in memory that its weights account for."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

MEASURED = """
import os, subprocess, sys
started = subprocess.Popen(sys.argv[1:])
_, status, used = os.wait4(started.pid, 0)
print(used.ru_maxrss, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""Runs a command and says how much memory it took, in KB. A command counts that of the process which starts it too."""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems count memory in other units")
def test_json_of_a_wide_layer_takes_four_times_its_weights(tmp_path: Path) -> None:
    weights = np.linspace(-1.0, 1.0, 1500 * 1500).reshape(1500, 1500)
    np.save(tmp_path / "w.npy", weights)
    (tmp_path / "net.yaml").write_text("layers: [{weights: {file: w.npy}, bias: none, activation: relu}]\n")
    inputs = ",".join(["1", *["0"] * 1499])
    command = [sys.executable, "-m", "nnlec", "forward", str(tmp_path / "net.yaml"), "-i", inputs, "-f", "json"]
    ran = subprocess.run([sys.executable, "-c", MEASURED, *command], capture_output=True, text=True, check=True)
    layer = json.loads(ran.stdout)["layers"][0]
    assert layer["weights"] == weights.tolist()
    assert layer["pre_activation"] == weights[0].tolist()
    assert int(ran.stderr) * 1024 < 80e6 + 4 * weights.nbytes
