"""`make accuracy`: the largest error of every function, in units in the last place, beside other libraries."""

from __future__ import annotations

import math
import warnings

import numpy as np

from tests.accuracy.rivals import RIVALS, Functions, installed
from tests.accuracy.ulp import CASES, Pointwise, Rowwise


def row(case: Pointwise | Rowwise, rivals: dict[str, Functions]) -> list[str]:
    """The name, our error, the promise, and the error of each other library that has the function."""
    others = [rivals.get(column, {}).get(case.name) for column in RIVALS]
    errors = ["-" if function is None else _figure(case.worst(function)[0]) for function in others]
    return [case.name, _figure(case.worst()[0]), f"{case.bound:g}", *errors]


def _figure(error: float) -> str:
    if math.isinf(error):
        return "wrong"  # inf, nan or 0 where a number should be, or the other way round
    return f"{error:.2f}" if error < 1000 else f"{error:.1e}"


def main() -> None:
    rivals = installed()
    missing = [column for column in RIVALS if column not in rivals]
    print("Largest error against 420-bit arithmetic, in units in the last place (9e15: no digit is right).")
    if missing:
        print(f"Not installed, so not compared: {', '.join(missing)}.")
    print(f"\n{'function':38}{'nnlec':>8}{'bound':>7}" + "".join(f"{column:>13}" for column in RIVALS))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for case in CASES:
            name, ours, bound, *others = row(case, rivals)
            print(f"{name:38}{ours:>8}{bound:>7}" + "".join(f"{other:>13}" for other in others), flush=True)


if __name__ == "__main__":
    main()
