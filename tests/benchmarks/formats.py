"""JSON lines, quoted CSV and Parquet beside plain CSV, per byte read: time of the processor, in runs that take turns.

Works A and B of tables.py with a column of labels. A ratio of 2 means: a byte of the format takes twice as long as one
of plain CSV does, through the same command and engine.

    python -m tests.benchmarks.formats [REPEATS]
"""

from __future__ import annotations

import csv
import json
import statistics
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from tests.benchmarks.tables import A, B, Work, measured, prepared

PLAIN, QUOTED, LINES, PARQUET = "plain.csv", "quoted.csv", "lines.jsonl", "table.parquet"
COMMANDS = {"forward": ("--drop", "label", "-o", "out.csv"), "evaluate": ("--target-column", "label", "-f", "json")}
ENGINES = ("auto", "stream", "polars")


def written(work: Work, rows: int, folder: Path) -> tuple[Path, list[str]]:
    """The network of a work, and the names of the files that hold its table."""
    table, network, _ = prepared(work, folder, rows)
    classes = [f"c{i}" for i in range(work.sizes[-1])]
    network.write_text(f"{network.read_text()}classes: [{', '.join(classes)}]\nloss: cross-entropy\n")
    with (
        table.open(newline="") as source,
        open(folder / PLAIN, "w", newline="") as plain,
        open(folder / QUOTED, "w", newline="") as quoted,
        open(folder / LINES, "w") as lines,
    ):
        names = [*next(source).rstrip().split(","), "label"]
        all_quoted = csv.writer(quoted, quoting=csv.QUOTE_ALL, lineterminator="\n")
        all_quoted.writerow(names)
        plain.write(",".join(names) + "\n")
        keys = [json.dumps(name) + ": " for name in names]
        for number, line in enumerate(source):
            label = classes[number % len(classes)]
            cells = [*line.rstrip().split(","), label]
            plain.write(",".join(cells) + "\n")
            all_quoted.writerow(cells)
            values = zip(keys, [*cells[:-1], f'"{label}"'], strict=True)
            lines.write("{" + ", ".join([key + value for key, value in values]) + "}\n")
    table.unlink()
    if find_spec("polars") is None:
        return network, [PLAIN, QUOTED, LINES]
    import polars

    polars.read_csv(folder / PLAIN).write_parquet(folder / PARQUET)
    return network, [PLAIN, QUOTED, LINES, PARQUET]


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print("| work, command | engine | quoted CSV | JSON lines | Parquet |")
    print("|---|---|---:|---:|---:|")
    for work, rows in ((A, A.rows), (B, B.rows // 2)):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            network, files = written(work, rows, folder)
            for command, options in COMMANDS.items():
                words = [sys.executable, "-m", "nnlec", command, str(network)]
                how = [str(folder / option) if option == "out.csv" else option for option in options]
                for engine in ENGINES if PARQUET in files else ("stream",):
                    # Parquet is read by polars alone
                    taken = [file for file in files if file != PARQUET or engine != "stream"]
                    chosen = [] if engine == "auto" else ["--engine", engine]
                    runs = [
                        {file: measured([*words, str(folder / file), *chosen, *how]).cpu for file in taken}
                        for _ in range(repeats)
                    ]
                    sizes = {file: (folder / file).stat().st_size for file in taken}
                    cells = [
                        f"{statistics.median(run[file] / run[PLAIN] for run in runs) * sizes[PLAIN] / sizes[file]:.2f}"
                        if file in taken
                        else ""
                        for file in (QUOTED, LINES, PARQUET)
                    ]
                    print(f"| {work.name}, `{command}` | {engine} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
