"""What a shell user expects of any command: colour, exit statuses, help, negative numbers, nothing behind their back.

The numbers are those of the checklist that `test_shell_user.py` begins.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from nnlec.cli import COMMANDS
from nnlec.version import __version__
from tests import forked
from tests.conftest import ROOT, Nnlec

SOFTMAX = ("softmax", "--logits", "cat=5,dog=4")
COMMAND = [sys.executable, "-m", "nnlec"]


def on_a_terminal(*args: str, **environment: str) -> bytes:
    """What a terminal gets to see of a command."""
    dropped = {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "PYTHONIOENCODING"}
    kept = {key: value for key, value in os.environ.items() if key not in dropped}
    plain = {"PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}
    return forked.on_a_terminal(args, {**kept, **plain, **environment})


def test_12_colour_is_for_terminals_that_can_show_it(nnlec: Nnlec) -> None:
    assert b"\x1b[1m" in on_a_terminal(*SOFTMAX)
    assert "\x1b" not in nnlec(*SOFTMAX).stdout
    assert b"\x1b" not in on_a_terminal(*SOFTMAX, NO_COLOR="1")
    assert b"\x1b" not in on_a_terminal(*SOFTMAX, TERM="dumb")


def test_12_colour_can_be_forced_and_no_colour_wins(nnlec: Nnlec) -> None:
    assert "\x1b[1m" in nnlec(*SOFTMAX, FORCE_COLOR="1").stdout
    assert "\x1b" not in nnlec(*SOFTMAX, FORCE_COLOR="1", NO_COLOR="1").stdout


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_12_an_encoding_without_boxes_gets_letters(nnlec: Nnlec, encoding: str) -> None:
    forward = ("forward", "configs/lecture.yaml", "--input", "1,2.8,-3.1,4.2")
    poor = on_a_terminal(*forward, PYTHONIOENCODING=encoding, NO_COLOR="1").decode(encoding)
    assert "] 1x4 x |" in poor
    assert "\n  ---" in poor
    assert "×" in nnlec(*forward, PYTHONIOENCODING=encoding).stdout


def test_12_a_cell_of_a_table_cannot_command_a_terminal(nnlec: Nnlec, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_bytes(b"id,a,b,c\n\x1b[2Jx,1,2,3\n")
    forward = ("forward", "configs/neuron.yaml", str(table), "--columns", "a,b,c")
    assert b"\x1b[2Jx," in nnlec(*forward).stdout.encode()
    shown = on_a_terminal(*forward)
    assert b"\x1b" not in shown
    assert b"[2Jx," in shown


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (("loss", "--logits", "5,4,2", "--label", "0"), 0),
        (("check", "configs/lecture.yaml", "--input", "1,2.8,-3.1,4.2", "--output", "41.9,-24.5"), 1),
        (("forward", "configs/house-price.yaml", "--on-bad", "skip"), 1),
        (("forward", "configs/house-price.yaml"), 2),
        (("forward", "configs/house-price.yam"), 2),
        (("forwards",), 2),
    ],
)
def test_16_the_status_says_done_no_or_your_turn(nnlec: Nnlec, line: tuple[str, ...], status: int) -> None:
    ran = nnlec(*line, stdin="150,4,5\n150,x,5\n")
    assert ran.returncode == status, ran.stderr
    assert "Traceback" not in ran.stderr


def test_20_version_and_help_of_everything(nnlec: Nnlec) -> None:
    assert nnlec("--version").stdout == f"nnlec {__version__}\n"
    listed = nnlec("--help").stdout
    for command in COMMANDS:
        assert f"\n  {command} " in listed
        assert "Examples:\n" in nnlec(command, "--help").stdout  # test_help runs them


@pytest.mark.parametrize("option", [("--input", "-1,2,-3"), ("--input=-1,2,-3",), ("--input", "-1e0, 2, -3.0")])
def test_21_a_value_may_begin_with_a_minus(nnlec: Nnlec, option: tuple[str, ...]) -> None:
    ran = nnlec("forward", "configs/house-price.yaml", *option, "-f", "csv")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == nnlec("forward", "configs/house-price.yaml", "-f", "csv", stdin="-1,2,-3\n").stdout


def test_21_logits_too(nnlec: Nnlec) -> None:
    ran = nnlec("softmax", "--logits", "-1,-1", "-f", "json")
    assert json.loads(ran.stdout)["probabilities"] == [0.5, 0.5]
    assert nnlec("loss", "--logits", "-1,2", "--label", "1").returncode == 0


WATCH = """\
import atexit, json, os, sys

seen = []

def note(event, args):
    if event.startswith(("open", "socket.", "subprocess.", "os.")):
        seen.append([event, os.fsdecode(args[0]) if args and isinstance(args[0], (str, bytes)) else ""])

sys.addaudithook(note)
atexit.register(lambda: open(os.environ["SEEN"], "w").write(json.dumps(seen)))
"""


@pytest.mark.parametrize("engine", ["stream", "polars"])
def test_22_no_network_no_hidden_file_no_process(nnlec: Nnlec, tmp_path: Path, engine: str) -> None:
    if engine == "polars":
        pytest.importorskip("polars", reason="the fast engine is not installed")
    home = tmp_path / "home"
    for hidden in (".nnlecrc", ".nnlec/config.yaml", ".config/nnlec/config.yaml", ".nnlec.yaml", "nnlec.toml"):
        path = home / hidden
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("no: such file is read", encoding="utf-8")
    (tmp_path / "sitecustomize.py").write_text(WATCH, encoding="utf-8")
    surroundings = {
        "SEEN": str(tmp_path / "seen"),
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)]),
    }
    ran = nnlec("forward", "configs/iris.yaml", "configs/iris.csv", "--engine", engine, **surroundings)
    assert (ran.returncode, ran.stderr) == (0, "")
    seen = json.loads((tmp_path / "seen").read_text(encoding="utf-8"))
    opened = {name for event, name in seen if event == "open"}
    assert {"configs/iris.yaml", "configs/iris.csv"} <= opened
    assert not {name for name in opened if name.startswith(str(home))}
    started = ("os.exec", "os.posix_spawn", "os.spawn", "os.startfile", "os.system", "os.fork", "os.forkpty")
    assert not [event for event, _ in seen if event.startswith(("socket.", "subprocess.", *started))]
