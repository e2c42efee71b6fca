"""Tables at speed: nnlec beside what people use, as ratios from interleaved runs of whole processes.

Work A: a million rows of three columns through the lecture's network. Work B: 200,000 rows of 64 columns through
64-128-64-10 with relu and softmax. Text of six significant digits in, shortest round-trip text out.

    python tests/benchmarks/tables.py [REPEATS]
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import numpy as np

HERE = Path(__file__).parent
TOP = HERE.parent.parent
BARE = "polars_scan"
RIVALS = (BARE, "pyarrow_table", "duckdb_sql", "numpy_text", "pandas_frame", "csv_module")
ENGINES = ("polars", "stream")
PACKAGES = {"polars_scan": "polars", "pyarrow_table": "pyarrow", "duckdb_sql": "duckdb", "pandas_frame": "pandas"}

KEEP_MEMORY = {"MALLOC_TRIM_THRESHOLD_": f"{1 << 28}", "MALLOC_MMAP_THRESHOLD_": f"{1 << 25}"}
"""For glibc: to read and do nothing gives memory back after every block, and takes half as long again."""

_CHILD = """
import resource, subprocess, sys, time
start = time.perf_counter()
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
sys.exit(status)
"""


class Work(NamedTuple):
    name: str
    rows: int
    sizes: tuple[int, ...]


class Run(NamedTuple):
    seconds: float
    cpu: float
    megabytes: float


A = Work("A", 1_000_000, (3, 4, 2))
B = Work("B", 200_000, (64, 128, 64, 10))


def prepared(work: Work, folder: Path, rows: int | None = None) -> tuple[Path, Path, Path]:
    """The table, the network file, and its weights for the rivals."""
    rng = np.random.default_rng(1)
    n_in, n_out = work.sizes[0], work.sizes[-1]
    table, network, weights = (folder / f"{work.name}{rows or ''}{suffix}" for suffix in (".csv", ".yaml", ".npz"))
    with table.open("w") as out:
        out.write(",".join(f"x{i}" for i in range(1, n_in + 1)) + "\n")
        for start in range(0, rows or work.rows, 50_000):
            count = min(50_000, (rows or work.rows) - start)
            line = ",".join(["%.6g"] * n_in) + "\n"
            out.write(line * count % tuple(rng.normal(size=count * n_in).tolist()))
    arrays: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float64]]] = {}
    layers = []
    for i, (a, b) in enumerate(zip(work.sizes, work.sizes[1:], strict=False), start=1):
        arrays |= {f"W{i}": rng.normal(size=(a, b)).round(4), f"b{i}": rng.normal(size=b).round(4)}
        last = i == len(work.sizes) - 1
        activation = "identity" if n_out == 2 else "softmax" if last else "relu"
        layers.append(
            f"  - weights: {{file: {weights.name}, array: W{i}}}\n"
            f"    bias: {{file: {weights.name}, array: b{i}}}\n    activation: {activation}\n"
        )
    np.savez(weights, **arrays)  # type: ignore[arg-type]
    names = ", ".join(f"x{i}" for i in range(1, n_in + 1))
    network.write_text(f"inputs: [{names}]\nlayers:\n{''.join(layers)}", encoding="utf-8")
    return table, network, weights


def measured(command: list[str], **settings: str) -> Run:
    environment = {**os.environ, **settings, "PYTHONPATH": f"{TOP}{os.pathsep}{HERE / 'rivals'}"}
    for name in ("PYTHONDONTWRITEBYTECODE", "OPENBLAS_CORETYPE"):  # a package is compiled once; numpy knows its kernel
        environment.pop(name, None)
    ran = subprocess.run(
        [sys.executable, "-c", _CHILD, *command], env=environment, capture_output=True, text=True, check=False
    )
    if ran.returncode:
        raise SystemExit(f"{' '.join(command)} failed: {ran.stderr[-500:]}")
    return Run(*map(float, ran.stdout.split()))


def nnlec(engine: str, table: Path, network: Path, output: Path, *command: str) -> list[str]:
    words = command or ("forward",)
    return [sys.executable, "-m", "nnlec", words[0], str(network), str(table), "--engine", engine, *words[1:]] + (
        ["-o", str(output)] if words[0] == "forward" else []
    )


def installed(rival: str) -> bool:
    try:
        return bool(version(PACKAGES.get(rival, "numpy")))
    except PackageNotFoundError:
        return False


def compare(work: Work, folder: Path, repeats: int) -> dict[str, list[Run]]:
    """The runs of every program on one work, one after the other, again and again."""
    table, network, weights = prepared(work, folder)
    output = folder / "out.csv"
    commands = {f"nnlec, {engine} engine": nnlec(engine, table, network, output) for engine in ENGINES}
    for rival in filter(installed, RIVALS):
        script = str(HERE / "rivals" / f"{rival}.py")
        commands[rival.replace("_", " ")] = [sys.executable, script, str(table), str(weights), str(output)]
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(repeats):
        for name, command in commands.items():
            output.unlink(missing_ok=True)  # to write over a file takes some systems longer
            runs[name].append(measured(command))
    return runs


def report(works: dict[str, dict[str, list[Run]]]) -> None:
    """A table in Markdown: seconds, ratio to the bare polars program, CPU seconds and memory."""
    head = [f"{work}: s | ratio | CPU s | MB" for work in works]
    print("| program | " + " | ".join(head) + " |")
    print("|---|" + "---:|" * (4 * len(works)))
    for name in next(iter(works.values())):
        cells = []
        for runs in works.values():
            bare = runs.get(BARE.replace("_", " "), runs[name])
            seconds = statistics.median(run.seconds for run in runs[name])
            pairs = [mine.seconds / theirs.seconds for mine, theirs in zip(runs[name], bare, strict=True)]
            cells += [
                f"{seconds:.2f}",
                f"{statistics.median(pairs):.2f}",
                f"{statistics.median(run.cpu for run in runs[name]):.2f}",
                f"{max(run.megabytes for run in runs[name]):.0f}",
            ]
        print(f"| {name} | " + " | ".join(cells) + " |")


def evaluating(folder: Path, repeats: int) -> None:
    """`nnlec evaluate` and `stats` of a table, beside reading its columns alone, and `nnlec forward` of it."""
    for work, rows in ((A, 10 * A.rows), (B, 5 * B.rows)):  # long enough that the start does not count
        table, network, _ = prepared(work, folder, rows)
        labelled, named = table.with_suffix(".labelled.csv"), network.with_suffix(".named.yaml")
        classes = work.sizes[-1]
        with table.open() as lines, labelled.open("w") as out:
            out.write(next(lines).rstrip() + ",label\n")
            out.writelines(f"{line[:-1]},{number % classes}\n" for number, line in enumerate(lines))
        names = ", ".join(f"c{i}" for i in range(classes))
        named.write_text(f"{network.read_text()}classes: [{names}]\nloss: cross-entropy\n")
        table.unlink()
        for engine in ENGINES:
            evaluate = nnlec(engine, labelled, named, labelled, "evaluate", "--target-column", "label", "-f", "json")
            reading = [sys.executable, str(HERE / "reading.py"), str(labelled), engine]
            files = [str(named), str(labelled), "--engine", engine, "--drop", "label"]
            forward, stats = ([sys.executable, "-m", "nnlec", command, *files] for command in ("forward", "stats"))
            for name, ours, beside, other in (
                ("evaluate", evaluate, "reading", reading),
                ("evaluate", evaluate, "forward to nowhere", forward),
                ("stats", stats, "forward to nowhere", forward),
            ):
                pairs = [(measured(ours, **KEEP_MEMORY), measured(other, **KEEP_MEMORY)) for _ in range(repeats)]
                ratio = statistics.median(one.seconds / alone.seconds for one, alone in pairs)
                seconds = (statistics.median(run.seconds for run in runs) for runs in zip(*pairs, strict=True))
                print(f"{engine} engine, {name} / {beside}, {work.name} of {rows:,} rows: {ratio:.2f} (", end="")
                print(" / ".join(f"{each:.2f} s" for each in seconds) + ")")
        labelled.unlink()


def memory(folder: Path) -> None:
    """Peak memory at work A, and at ten times as many rows."""
    for engine in ENGINES:
        peaks = []
        for rows in (1_000_000, 10_000_000):
            table, network, _ = prepared(A, folder, rows)
            peaks.append(measured(nnlec(engine, table, network, folder / "out.csv")).megabytes)
            table.unlink()
        print(f"{engine} engine, peak memory: {peaks[0]:.0f} MB at 1,000,000 rows, {peaks[1]:.0f} MB at 10,000,000")


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    packages = {name: version(name) for name in ("numpy", *filter(None, PACKAGES.values())) if installed_package(name)}
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, ", end="")
    print(", ".join(f"{name} {number}" for name, number in packages.items()))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        report({work.name: compare(work, folder, repeats) for work in (A, B)})
        evaluating(folder, repeats)
        memory(folder)


def installed_package(name: str) -> bool:
    try:
        return bool(version(name))
    except PackageNotFoundError:
        return False


if __name__ == "__main__":
    main()
