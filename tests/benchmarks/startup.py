"""Start-up in instructions, which no neighbour on the machine changes: beside importing the libraries, and click alone.

    python -m tests.benchmarks.startup

Cachegrind counts (`valgrind`, where it is installed; else processor time, in medians of 15 runs). Python's hashes are
fixed and byte code is compiled, as in an installed package.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from statistics import median
from types import MappingProxyType
from typing import NamedTuple

TOP = Path(__file__).parent.parent.parent
VALGRIND = shutil.which("valgrind")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(TOP), "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1"}
ENVIRONMENT.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package is compiled once
RUNS = 15

CLICK = """
import click

@click.group()
def group():
    pass

@group.command()
@click.option("--input", help="The input.")
def forward(input):
    pass

group(prog_name="nnlec")
"""
"""The least program of click that has a command with an option."""

LECTURE = "configs/lecture.yaml --input 1,2.8,-3.1,4.2"
COMPLETION = {"_NNLEC_COMPLETE": "bash_complete", "COMP_WORDS": "nnlec for", "COMP_CWORD": "1"}


class Bar(NamedTuple):
    """A command, what it is held against, and the most it may be of that."""

    command: str
    beside: str
    most: float
    stdin: str = ""
    environment: Mapping[str, str] = MappingProxyType({})


LIBRARIES = {
    "numpy, click, yaml and rich": ["-c", "import numpy, click, yaml, rich.console, rich.table"],
    "numpy, click and yaml": ["-c", "import numpy, click, yaml"],
    "click's help": ["-c", CLICK, "--help"],
    "click's error": ["-c", CLICK, "forward", "--nothing"],
    "click's completion": ["-c", CLICK],
}
_FOUR, _THREE, _HELP, _ERROR, _OFFER = LIBRARIES

BARS = (
    Bar(f"forward {LECTURE}", _FOUR, 0.75),
    Bar(f"forward {LECTURE} -f json", _FOUR, 0.6),
    Bar("softmax --logits 1,2,3", _FOUR, 0.75),
    Bar("loss --logits dog=-0.2,tiger=0.3 --label dog", _FOUR, 0.75),
    Bar("check configs/lecture.yaml -i 1,2.8,-3.1,4.2 --layer hidden=5.17,14.47,-6.23,4.38", _FOUR, 0.75),
    Bar("draw configs/lecture.yaml -f svg", _FOUR, 0.75),
    Bar("show configs/lecture.yaml", _FOUR, 0.75),
    Bar("--help", _HELP, 1.1),
    Bar("--version", _HELP, 1.1),
    Bar("forwrd", _ERROR, 1.1),
    Bar("forward --nothing", _ERROR, 1.1),
    Bar("", _OFFER, 1.1, environment=COMPLETION),
    Bar("forward configs/lecture.yaml -", _THREE, 1.2, stdin="x1,x2,x3\n2.8,-3.1,4.2\n"),
)


def cost(arguments: Sequence[str], stdin: str = "", environment: Mapping[str, str] = MappingProxyType({})) -> float:
    """Millions of instructions of a Python process, or milliseconds of the processor where they cannot be counted."""
    return (_instructions if VALGRIND else _milliseconds)(arguments, stdin, environment)


@cache
def _cost_of_library(name: str) -> float:
    return cost(LIBRARIES[name], environment=COMPLETION if name == _OFFER else {})


def ratio(bar: Bar) -> tuple[float, float]:
    """What the command takes, and that as a share of what it is held against."""
    own = cost(["-m", "nnlec", *bar.command.split()], bar.stdin, bar.environment)
    return own, own / _cost_of_library(bar.beside)


def _run(command: Sequence[str], stdin: str, environment: Mapping[str, str]) -> str:
    ran = subprocess.run(
        command, cwd=TOP, capture_output=True, text=True, input=stdin, env={**ENVIRONMENT, **environment}, check=False
    )
    assert ran.returncode in (0, 2), ran.stderr
    return ran.stderr


def _instructions(arguments: Sequence[str], stdin: str, environment: Mapping[str, str]) -> float:
    counting = [str(VALGRIND), "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    said = _run([*counting, sys.executable, *arguments], stdin, environment)
    found = re.search(r"I +refs: +([\d,]+)", said)
    assert found, said
    return int(found[1].replace(",", "")) / 1e6


def _milliseconds(arguments: Sequence[str], stdin: str, environment: Mapping[str, str]) -> float:
    times = []
    for _ in range(RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        _run([sys.executable, *arguments], stdin, environment)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return 1000 * median(times)


def compiled() -> None:
    """Byte code of the package is written, as it is when it is installed."""
    subprocess.run([sys.executable, "-m", "compileall", "-q", "nnlec"], cwd=TOP, check=True, env=ENVIRONMENT)


def main() -> None:
    compiled()
    print(f"start-up in {'millions of instructions' if VALGRIND else 'milliseconds of the processor'}")
    print(f"\n{'':85}{'':>8}{'of':>30}{'ratio':>8}{'most':>7}")
    for bar in BARS:
        own, of = ratio(bar)
        name = f"nnlec {bar.command}" if bar.command else "completion of nnlec for"
        print(f"{name:85}{own:8.0f}{bar.beside:>30}{of:8.2f}{bar.most:7.2f}", flush=True)


if __name__ == "__main__":
    main()
