"""Tables that hold numbers instead of text: nnlec beside a few lines of numpy, and Parquet beside CSV.

python tests/benchmarks/typed.py [REPEATS]
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np

from tests.benchmarks.tables import measured

ROWS = 3_000_000
NETWORK = "layers: [{weights: [[1, 2], [3, 4], [5, 6]], bias: [0.5, -0.5], activation: identity}]\n"
BY_NUMPY = """
import sys
import numpy as np
rows = np.load(sys.argv[1])
np.save(sys.argv[2], rows @ np.array([[1.0, 2], [3, 4], [5, 6]]) + [0.5, -0.5])
"""


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = np.random.default_rng(1).normal(size=(ROWS, 3))
        np.save(folder / "x.npy", rows)
        np.savetxt(folder / "x.csv", rows, "%.6g", ",", header="a,b,c", comments="")
        (folder / "net.yaml").write_text(NETWORK)

        def nnlec(source: str, output: str) -> list[str]:
            words = ["forward", str(folder / "net.yaml"), str(folder / source), "-o", str(folder / output)]
            return [sys.executable, "-m", "nnlec", *words, *(["--keep"] if source.endswith("csv") else [])]

        by_numpy = [sys.executable, "-c", BY_NUMPY, str(folder / "x.npy"), str(folder / "numpy.npy")]
        pairs = {
            ".npy to .npy / numpy.load and numpy.save": (nnlec("x.npy", "y.npy"), by_numpy),
            ".csv to .parquet / .csv to .csv, with the inputs": (nnlec("x.csv", "y.parquet"), nnlec("x.csv", "y.csv")),
        }
        for title, commands in pairs.items():
            runs = [tuple(measured(command) for command in commands) for _ in range(repeats)]
            ratio = statistics.median(ours.seconds / theirs.seconds for ours, theirs in runs)
            seconds = " / ".join(f"{statistics.median(run.seconds for run in each):.2f} s" for each in zip(*runs))  # noqa: B905
            memory = max(ours.megabytes for ours, _ in runs)
            print(f"{title}, {ROWS:,} rows: {ratio:.2f} ({seconds}; {memory:.0f} MB)")


if __name__ == "__main__":
    main()
