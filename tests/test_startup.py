"""A command imports what it uses: --help answers at once, the lecture's table brings no highlighter and no Markdown."""

from __future__ import annotations

import subprocess
import sys
from functools import cache

import pytest

from nnlec.cli import COMMANDS
from tests.benchmarks.startup import BARS, VALGRIND, Bar, compiled, ratio
from tests.transcripts import TOP

_LISTING = """
import atexit, sys
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
from nnlec.cli import main
sys.argv = ["nnlec", *sys.argv[1:]]
main()
"""


@cache
def imported(*arguments: str) -> frozenset[str]:
    """The modules that a process has when it has run `nnlec` with these arguments and nothing else."""
    done = subprocess.run([sys.executable, "-c", _LISTING, *arguments], cwd=TOP, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return frozenset(done.stderr.split())


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], *([name, "--help"] for name in COMMANDS)], ids=" ".join
)
def test_help_imports_no_library_of_numbers_files_or_tables(arguments: list[str]) -> None:
    assert imported(*arguments).isdisjoint({"numpy", "yaml", "rich", "nnlec.rendering.document"})


def test_help_of_the_whole_imports_no_command() -> None:
    assert imported("--help").isdisjoint({f"nnlec.cli.commands.{name}" for name in COMMANDS})


def test_the_lecture_imports_only_what_it_uses() -> None:
    unused = {
        "pygments", "markdown_it", "rich.markdown", "rich.syntax", "rich.progress", "rich.traceback", "asyncio",
        "polars", "safetensors", "zipfile", "json", "csv", "difflib", "hashlib", "nnlec.grading",
        "nnlec.tables.engines",
        "nnlec.models.weights", "nnlec.rendering.data", "nnlec.rendering.latex", "nnlec.rendering.html",
    }  # fmt: skip
    libraries = "import sys, numpy, click, yaml, rich.console, rich.table; print(*sys.modules)"
    theirs = set(subprocess.run([sys.executable, "-c", libraries], capture_output=True, text=True).stdout.split())
    found = imported("forward", "configs/lecture.yaml", "--input", "1,2.8,-3.1,4.2")
    assert "rich.table" in found
    assert not (found - theirs) & unused


@pytest.mark.parametrize(
    "command",
    [
        "check configs/lecture.yaml -i 1,2.8,-3.1,4.2 --layer hidden=5.17,14.47,-6.23,4.38",
        "forward configs/lecture.yaml --input 1,2.8,-3.1,4.2",
        "forward configs/animals.yaml --input 4,1,0,0,0.25 --label cat --steps -f latex",
        "forward configs/lecture.yaml --input 1,2.8,-3.1,4.2 -f json",
        "softmax --logits 1,2,3",
        "loss --logits dog=-0.2,tiger=0.3 --label dog",
        "draw configs/lecture.yaml -f svg",
        "show configs/lecture.yaml",
    ],
)
def test_a_worked_example_of_dense_layers_needs_no_arrays(command: str) -> None:
    assert imported(*command.split()).isdisjoint({"numpy", "ctypes"})


@pytest.mark.parametrize(
    ("command", "most"),
    [
        ("--help", 11),
        ("forward configs/lecture.yaml --input 1,2.8,-3.1,4.2", 97),
        ("forward configs/lecture.yaml --input 1,2.8,-3.1,4.2 -f json", 82),
        ("softmax --logits 1,2,3", 74),
        ("loss --logits dog=-0.2,tiger=0.3 --label dog", 87),
        ("check configs/lecture.yaml -i 1,2.8,-3.1,4.2 --layer hidden=5.17,14.47,-6.23,4.38", 117),
        ("draw configs/lecture.yaml -f svg", 92),
        ("show configs/lecture.yaml", 94),
    ],
)
def test_a_command_imports_no_more_modules_of_nnlec_than_it_did(command: str, most: int) -> None:
    """Each takes about a million instructions: who needs more finds one that can come later."""
    assert len([name for name in imported(*command.split()) if name.startswith("nnlec")]) <= most


@pytest.mark.slow
@pytest.mark.skipif(not VALGRIND, reason="counts instructions with valgrind")
@pytest.mark.parametrize("bar", BARS, ids=lambda bar: bar.command or "completion")
def test_starting_takes_no_more_instructions_than_it_may(bar: Bar) -> None:
    compiled()
    assert ratio(bar)[1] <= bar.most
