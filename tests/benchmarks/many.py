"""Many files: two workers beside one process, and beside a pool of processes written by hand over the same function.

Ten tables of 2 million rows (work A of tables.py) through the lecture's network, runs of whole processes that take
turns; then how long a local cluster takes to start, and the memory of its workers.

    python -m tests.benchmarks.many [REPEATS [ROWS]]
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from threading import Event, Thread
from typing import NamedTuple

from tests.benchmarks.tables import A, prepared

FILES, WORKERS = 10, 2
ENVIRONMENT = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}


class Run(NamedTuple):
    seconds: float
    cpu: float
    megabytes: float


def measured(command: list[str], folder: Path) -> Run:
    """A run of the command; its CPU seconds are those of all processes, the memory is that of the largest one."""
    import psutil

    peak, cpu, done = 0, {}, Event()

    def watch(process: psutil.Process) -> None:
        nonlocal peak
        while not done.wait(0.05):
            try:
                for each in (process, *process.children(recursive=True)):
                    peak = max(peak, each.memory_info().rss)
                    cpu[each.pid] = sum(each.cpu_times()[:2])
            except psutil.NoSuchProcess:
                continue

    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, env=ENVIRONMENT)
    thread = Thread(target=watch, args=(psutil.Process(process.pid),), daemon=True)
    thread.start()
    assert process.wait() == 0
    seconds = time.perf_counter() - start
    done.set()
    thread.join()
    return Run(seconds, sum(cpu.values()), peak / 2**20)


def by_hand(network: str, folder: str, tables: list[str]) -> None:
    """The same function over the same files, through a pool."""
    from nnlec.cli.many.job import Piece, RowsJob, carried_out
    from nnlec.cli.options import OutputOptions
    from nnlec.cli.table_options import TableOptions
    from nnlec.models import load_network
    from nnlec.tables.forward import plan_forward

    os.makedirs(folder, exist_ok=True)
    plan = partial(plan_forward, network=load_network(network), logits=False, predict=0, columns=(), keep=False)
    job = RowsJob(plan, TableOptions(), OutputOptions(), "float64")
    pieces = [Piece(i, path, 0, f"{folder}/{Path(path).name}", "csv") for i, path in enumerate(tables)]
    with get_context("spawn").Pool(WORKERS) as pool:
        assert not any(outcome.failure for outcome in pool.imap_unordered(partial(carried_out, job), pieces))


def start() -> float:
    """Seconds from nothing but nnlec's own imports to the first answer of a local cluster."""
    program = """
import time
from nnlec.cli.many.dask_futures import _local
start = time.perf_counter()
with _local(2) as client:
    client.submit(abs, -1).result()
    print(time.perf_counter() - start)
"""
    done = subprocess.run([sys.executable, "-c", program], env=ENVIRONMENT, capture_output=True, text=True, check=True)
    return float(done.stdout)


def main(repeats: int, rows: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        first, network, _ = prepared(A, folder, rows)
        tables = [str(folder / f"t{i}.csv") for i in range(FILES)]
        for table in tables:
            shutil.copyfile(first, table)
        nnlec = [sys.executable, "-m", "nnlec", "forward", str(network), *tables, "-o"]
        commands = {
            "one process": [*nnlec, "one/"],
            "two workers": [*nnlec, "two/", "--workers", str(WORKERS)],
            "pool by hand": [sys.executable, "-m", "tests.benchmarks.many", "pool", str(network), "pool", *tables],
        }
        ENVIRONMENT["PYTHONPATH"] = str(Path(__file__).parent.parent.parent)
        runs: dict[str, list[Run]] = {name: [] for name in commands}
        for _ in range(repeats):
            for name, command in commands.items():
                runs[name].append(measured(command, folder))
        millions = FILES * rows / 1e6
        print("| run | seconds | of one process | CPU s per million rows | MB of the largest process |")
        print("|---|---:|---:|---:|---:|")
        one = runs["one process"]
        for name, found in runs.items():
            ratio = statistics.median(own.seconds / other.seconds for own, other in zip(found, one, strict=True))
            seconds, cpu, memory = (statistics.median(each) for each in zip(*found, strict=True))
            print(f"| {name} | {seconds:.1f} | {ratio:.2f} | {cpu / millions:.2f} | {memory:.0f} |")
        pool = zip(runs["two workers"], runs["pool by hand"], strict=True)
        print(f"two workers / pool by hand: {statistics.median(a.seconds / b.seconds for a, b in pool):.2f}")
        print(f"start of a local cluster: {statistics.median(start() for _ in range(repeats)):.2f} s")
        size = Path(tables[0]).stat().st_size
        print(f"{size / rows:.1f} bytes read a row, {(folder / 'one' / 't0.csv').stat().st_size / rows:.1f} written")


if __name__ == "__main__":
    if sys.argv[1:2] == ["pool"]:
        by_hand(sys.argv[2], sys.argv[3], sys.argv[4:])
    else:
        main(int((*sys.argv[1:], "3")[0]), int((*sys.argv[2:], "2000000")[0]))
