"""Large networks: a weight file of 400 MB beside the imports, a million weights as text, and what --threads gains.

python -m tests.benchmarks.networks [REPEATS]
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import yaml

from nnlec.models.writers.arrays import safetensors
from tests.benchmarks.startup import LIBRARIES, VALGRIND, compiled, cost
from tests.benchmarks.tables import Run, measured

STORED = ((8192, 4096), (4096, 8192), (8192, 4096))
"""400 MB of float32."""
INLINE = ((1000, 900), (900, 110))
"""A million weights."""
WIDE = ((512, 1024, 512, 10), (1024, 4096, 4096, 1000))
ROWS = 8192


def stored(folder: Path, sizes: tuple[tuple[int, int], ...], name: str) -> Path:
    """A network whose weights lie in a .safetensors file beside it."""
    random = np.random.default_rng(0)
    arrays = {f"w{i}": random.normal(size=size).astype(np.float32) / size[0] for i, size in enumerate(sizes)}
    (folder / f"{name}.safetensors").write_bytes(safetensors(arrays))
    layers = [f"  - {{weights: {{file: {name}.safetensors, array: {key}}}, activation: relu}}\n" for key in arrays]
    network = folder / f"{name}.yaml"
    network.write_text("layers:\n" + "".join(layers))
    return network


def inline(folder: Path) -> list[Path]:
    """A network whose weights stand in its file: with few digits and with all, as three programs write them."""
    random = np.random.default_rng(0)
    tables = [random.normal(size=size) for size in INLINE]
    short, long = ([table.round(digits).tolist() for table in tables] for digits in (4, 17))
    dumped = {"layers": [{"weights": rows, "activation": "relu"} for rows in short]}
    texts = {
        "rows.yaml": as_rows(short),
        "rows of 17 digits.yaml": as_rows(long),
        "yaml.dump.yaml": yaml.dump(dumped, Dumper=yaml.CSafeDumper),
        "json.dump.json": json.dumps(dumped),
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
    return [folder / name for name in texts]


def as_rows(tables: list[list[list[float]]]) -> str:
    layers = ["".join(f"      - {row}\n" for row in rows) for rows in tables]
    return "layers:\n" + "".join(f"  - activation: relu\n    weights:\n{rows}" for rows in layers)


def nnlec(*words: object) -> list[str]:
    return [sys.executable, "-m", "nnlec", *map(str, words)]


def weights(folder: Path) -> None:
    """`show` of a large weight file beside the imports."""
    compiled()
    own = cost(nnlec("show", stored(folder, STORED, "large"))[1:])
    imports = cost(next(iter(LIBRARIES.values())))
    unit = "million instructions" if VALGRIND else "ms"
    print(f"show of 400 MB of safetensors / the four imports: {own / imports:.2f} ({own:.0f} / {imports:.0f} {unit})")


READERS = {
    "nnlec": "from nnlec import load_network; load_network(sys.argv[1])",
    "yaml.CSafeLoader": "import yaml; yaml.load(open(sys.argv[1]), yaml.CSafeLoader)",
    "json.load": "import json; json.load(open(sys.argv[1]))",
}
"""Programs that read a million weights as text."""


def as_text(folder: Path, repeats: int) -> None:
    """A million weights as text, beyond a few: nnlec, and what reads the same file into lists."""
    small = folder / "small.json"
    small.write_text('{"layers": [{"weights": [[1, 2]], "activation": "relu"}]}')
    for path in inline(folder):
        readers = {name: text for name, text in READERS.items() if name != "json.load" or path.suffix == ".json"}
        runs: dict[str, list[tuple[Run, Run]]] = {name: [] for name in readers}
        for _ in range(repeats):
            for name, text in readers.items():
                words = [sys.executable, "-W", "ignore", "-c", f"import sys; {text}"]
                runs[name].append((measured([*words, str(path)]), measured([*words, str(small)])))
        for name, pairs in runs.items():
            took = statistics.median(many.cpu - few.cpu for many, few in pairs)
            memory = statistics.median(many.megabytes for many, _ in pairs)
            print(f"{path.stem}, a million weights: {name} {took:.2f} s of the processor, {memory:.0f} MB", flush=True)


def threads(folder: Path, repeats: int) -> None:
    """Wall time of a wide network over an .npy table with one thread, and with two."""
    for sizes in WIDE:
        network = stored(folder, tuple(pairwise(sizes)), "wide")
        np.save(folder / "x.npy", np.random.default_rng(1).normal(size=(ROWS, sizes[0])))
        words = nnlec("forward", network, folder / "x.npy", "-o", folder / "y.npy", "--threads")
        pairs = [(measured([*words, "1"]), measured([*words, "2"])) for _ in range(repeats)]
        wall, cpu = (statistics.median(one[i] / two[i] for one, two in pairs) for i in (0, 1))
        one, two = (statistics.median(run.seconds for run in runs) for runs in zip(*pairs, strict=True))
        print(f"{'-'.join(map(str, sizes))}, {ROWS:,} rows: --threads 2 is {wall:.2f} times as fast", end=" ")
        print(f"({one:.2f} / {two:.2f} s), for {1 / cpu:.2f} times the time of the processor", flush=True)


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as name:
        weights(Path(name))
        as_text(Path(name), repeats)
        threads(Path(name), repeats)


if __name__ == "__main__":
    main()
