"""Start-up: how long the lecture's command takes, against importing its four libraries and nothing more.

    python tests/benchmarks/startup.py [RUNS]

Processor time is measured, which a busy neighbour hardly changes; the commands take turns and the medians are compared.
1.25 or less is the aim.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path
from statistics import median

TOP = Path(__file__).parent.parent.parent
LECTURE = ["-m", "nnlec", "forward", "configs/lecture.yaml", "--input", "1,2.8,-3.1,4.2"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(TOP), "OPENBLAS_NUM_THREADS": "1"}
ENVIRONMENT.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package is compiled once
COMMANDS = {
    "python alone": ["-c", "pass"],
    "nnlec --help": ["-m", "nnlec", "--help"],
    "the four libraries": ["-c", "import numpy, click, yaml, rich.console, rich.table"],
    "the lecture": LECTURE,
}


def seconds(arguments: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], cwd=TOP, check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main(runs: int = 15) -> None:
    for arguments in COMMANDS.values():  # once unmeasured: byte code is written, files are in memory
        seconds(arguments)
    rounds = [{name: seconds(arguments) for name, arguments in COMMANDS.items()} for _ in range(runs)]
    medians = {name: median(times[name] for times in rounds) for name in COMMANDS}
    for name, value in medians.items():
        print(f"{name:20}{value:8.3f} s")
    print(f"{'the lecture / the four libraries':20} {medians['the lecture'] / medians['the four libraries']:.2f}")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
