"""Large networks: a weight file of 400 MB beside the imports, a million weights as text, and what --threads gains.

python -m tests.benchmarks.networks [REPEATS]
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np

from nnlec.models.writers.arrays import safetensors
from tests.benchmarks.startup import LIBRARIES, VALGRIND, compiled, cost
from tests.benchmarks.tables import measured

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


def inline(folder: Path) -> Path:
    """A network whose weights stand in its file."""
    random = np.random.default_rng(0)
    layers = [f"  - {{weights: {random.normal(size=size).round(4).tolist()}, activation: relu}}\n" for size in INLINE]
    network = folder / "inline.yaml"
    network.write_text("layers:\n" + "".join(layers))
    return network


def nnlec(*words: object) -> list[str]:
    return [sys.executable, "-m", "nnlec", *map(str, words)]


def weights(folder: Path, repeats: int) -> None:
    """`show` of a large weight file beside the imports, and of a million weights as text."""
    compiled()
    own = cost(nnlec("show", stored(folder, STORED, "large"))[1:])
    imports = cost(next(iter(LIBRARIES.values())))
    unit = "million instructions" if VALGRIND else "ms"
    print(f"show of 400 MB of safetensors / the four imports: {own / imports:.2f} ({own:.0f} / {imports:.0f} {unit})")
    shown = nnlec("show", inline(folder))
    empty = nnlec("show", stored(folder, INLINE, "small"))
    pairs = [(measured(shown).cpu, measured(empty).cpu) for _ in range(repeats)]
    took = statistics.median(text - file for text, file in pairs)
    print(f"a million weights as text: {took:.2f} s of the processor more than from a weight file")


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
        weights(Path(name), repeats)
        threads(Path(name), repeats)


if __name__ == "__main__":
    main()
