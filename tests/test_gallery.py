"""Every network in configs/ does what the comment at its top says, by figures computed without nnlec."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import yaml

CONFIGS = Path(__file__).parent.parent / "configs"


def test_the_lecture_file_holds_the_numbers_of_the_slides() -> None:
    layers = yaml.safe_load((CONFIGS / "lecture.yaml").read_text(encoding="utf-8"))["layers"]
    row = [Fraction(x) for x in ("2.8", "-3.1", "4.2")]
    printed = []
    for layer in layers:
        weights = [[Fraction(str(w)) for w in weight_row] for weight_row in layer["weights"]]
        row = [
            sum(h * w for h, w in zip([Fraction(1), *row], column, strict=True))
            for column in zip(*weights, strict=True)
        ]
        printed.append([float(x) for x in row])
    assert printed == [[5.17, 14.47, -6.23, 4.38], [37.716, -23.256]]
