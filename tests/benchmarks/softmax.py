"""Softmax and cross-entropy of 1,000,000 x 10 scores beside scipy's and PyTorch's.

`python -m tests.benchmarks.softmax`

Seconds of processor time on one thread, the median of interleaved runs; the aim is 2.5 times scipy's softmax and twice
PyTorch's cross-entropy, at a hundredth of their error (`make accuracy`).
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
from scipy import special

from nnlec.network.activations import softmax
from nnlec.network.losses import cross_entropy

RUNS = 5


def seconds(functions: dict[str, Callable[[], object]], runs: int = RUNS) -> dict[str, float]:
    """The median time of each, run in turn so that a busy moment hits all alike."""
    times: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(runs):
        for name, function in functions.items():
            start = time.process_time()
            function()
            times[name].append(time.process_time() - start)
    return {name: statistics.median(taken) for name, taken in times.items()}


def main(rows: int = 1_000_000, classes: int = 10) -> None:
    random = np.random.default_rng(1)
    logits = random.normal(size=(rows, classes))
    labels = random.integers(0, classes, rows)
    target = np.eye(classes)[labels]
    functions: dict[str, Callable[[], object]] = {
        "softmax": lambda: softmax(logits),
        "scipy softmax": lambda: special.softmax(logits, axis=1),
        "cross-entropy": lambda: cross_entropy(logits, target),
    }
    if find_spec("torch") is not None:
        import torch

        torch.set_num_threads(1)
        scores, true, shares = (torch.from_numpy(a) for a in (logits, labels, target))
        measure = torch.nn.functional.cross_entropy
        functions["torch cross-entropy, labels"] = lambda: measure(scores, true, reduction="none")
        functions["torch cross-entropy, distributions"] = lambda: measure(scores, shares, reduction="none")
    taken = seconds(functions)
    for name, time_taken in taken.items():
        print(f"{name:36}{time_taken:8.3f} s")
    print(f"softmax / scipy: {taken['softmax'] / taken['scipy softmax']:.2f} (aim: 2.5)")
    for other in functions:
        if other.startswith("torch"):
            print(f"cross-entropy / {other}: {taken['cross-entropy'] / taken[other]:.2f} (aim: 2)")


if __name__ == "__main__":
    main()
