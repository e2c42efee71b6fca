"""Who checks a printed line with a calculator gets its result, or reads that it is from unrounded figures."""

from __future__ import annotations

import csv
import json
import random
import re
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from pathlib import Path

import pytest
from mpmath import mp

from tests.conftest import Nnlec
from tests.relations import Exact, Unreadable, evaluated

REMARK = "(from unrounded figures)"
SCORES = "1.6,0.9,0.2,0.3,-1.6"


def false_results(printed: str) -> list[str]:
    """The lines in which a lone figure after ≈ is not what stands before it, rounded to as many places."""
    wrong = []
    for line in printed.splitlines():
        parts = re.split(" ([=≈]) ", line.replace(REMARK, "").strip())
        for left, sign, right in zip(parts[::2], parts[1::2], parts[2::2], strict=False):
            if sign == "≈" and re.fullmatch(r"-?\d+(\.\d+)?", right.strip()):
                try:
                    value = evaluated(left, Exact())
                except (Unreadable, KeyError):
                    continue
                value = mp.mpf(value.numerator) / value.denominator if isinstance(value, Fraction) else value
                shown = Decimal(right.strip())
                with localcontext(prec=60):
                    if Decimal(mp.nstr(value, 40)).quantize(shown, rounding=ROUND_HALF_UP) != shown:
                        wrong.append(line.strip())
    return wrong


def test_the_reader_of_lines_finds_a_false_sum() -> None:
    assert false_results("a ≈ 4.95 + 2.46 + 1.22 + 1.35 + 0.20 ≈ 10.19") != []
    assert false_results("a ≈ 4.95 + 2.46 + 1.22 + 1.35 + 0.20 ≈ 10.18") == []


@pytest.mark.parametrize("decimals", ["1", "2", "4"])
@pytest.mark.parametrize(
    "command",
    [
        ("softmax", "--logits", SCORES),
        ("loss", "--logits", SCORES, "--label", "1"),
        ("loss", "--probabilities", "0.137,0.281,0.582", "--target", "0.237,0.334,0.429"),
        ("loss", "--outputs", "1.237,0.456,2.111", "--target", "1.111,0.333,3.777", "--loss", "mean-squared-error"),
        ("forward", "configs/animals.yaml", "-i", "0.321,1.234,0.567,1,0.25", "--label", "cat"),
        ("forward", "configs/iris.yaml", "configs/iris.csv", "--row", "1"),
        ("step", "configs/step-sigmoid.yaml", "-i", "0.05,0.1", "--target", "0.01,0.99", "--rate", "0.3"),
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_a_line_that_is_not_true_as_printed_says_so_and_no_other_does(
    nnlec: Nnlec, command: tuple[str, ...], decimals: str
) -> None:
    done = nnlec(*command, "--steps", "--decimals", decimals)
    assert done.returncode == 0, done.stderr
    wrong = false_results(done.stdout)
    remarked = [line.strip() for line in done.stdout.splitlines() if REMARK in line]
    assert [line for line in wrong if REMARK not in line] == []
    assert [line for line in remarked if line not in wrong] == []


SMALL = "layers:\n  - {weights: [[-72000, 0]], bias: none, activation: exponential}\n"
UNTRUE = {
    "a product of 30 digits": (
        ("step", "-i", "0.658111278232985,0.1", "--target", "1", "--rate", "0.1", "--steps", "--decimals", "40"),
        "layers: [{weights: [[0.551267131768412], [0.3]], bias: none, activation: identity}]\n",
        "0.1 × 0.3 = 0.36279511673594099404559946982 + 0.03 = 0.39279511673594099404559946982",
    ),
    "a term that is lost": (
        ("step", "-i", "1", "--target", "2", "--rate", "0.1", "--steps"),
        f"{SMALL}  - {{weights: [[1], [1]], bias: none, activation: identity}}\n",
        "f ≈ 6.271e-31270 × 1 + 1 × 1 ≈ 6.271e-31270 + 1 ≈ 1\n",
    ),
    "a square that is lost": (
        ("forward", "-i", "1,-1,1e-45,-1e-45", "--steps"),
        "inputs: [a, b, c, d]\nlayers: [{type: layer_norm, epsilon: 0.5, activation: identity}]\n",
        "variance = ((1 - 0)² + (-1 - 0)² + (1e-45 - 0)² + (-1e-45 - 0)²) / 4 ≈ 2 / 4 = 0.5\n",
    ),
}


@pytest.mark.parametrize(("command", "network", "line"), UNTRUE.values(), ids=UNTRUE)
def test_what_has_more_digits_than_are_shown_is_not_called_equal(
    nnlec: Nnlec, tmp_path: Path, command: tuple[str, ...], network: str, line: str
) -> None:
    path = tmp_path / "network.yaml"
    path.write_text(network, encoding="utf-8")
    assert line in nnlec(command[0], str(path), *command[1:]).stdout


def test_every_writer_has_the_remark(nnlec: Nnlec) -> None:
    for form in ("table", "markdown", "latex", "html", "svg"):
        out = nnlec("softmax", "--logits", SCORES, "--decimals", "2", "--steps", "--format", form).stdout
        assert out.count("from unrounded figures") == 1, form
        out = nnlec("softmax", "--logits", "1,1", "--decimals", "2", "--steps", "--format", form).stdout
        assert "from unrounded figures" not in out, form


def test_rounded_figures_are_carried_through_softmax_and_loss(nnlec: Nnlec) -> None:
    rng = random.Random(5)
    for _ in range(6):
        scores = ",".join(str(rng.randint(-20, 25) / 10) for _ in range(rng.randint(2, 6)))
        places = str(rng.randint(2, 4))
        out = nnlec(
            "loss", "--logits", scores, "--label", "0", "--carry", "rounded", "--steps", "--decimals", places
        ).stdout
        assert false_results(out) == [], out
        assert REMARK not in out


def test_what_is_carried_is_worked_out_by_hand(nnlec: Nnlec) -> None:
    out = nnlec("loss", "--logits", SCORES, "--label", "1", "--carry", "rounded", "--decimals", "2", "-f", "json")
    found = json.loads(out.stdout)
    assert found["probabilities"] == [0.49, 0.24, 0.12, 0.13, 0.02]  # 4.95, 2.46, 1.22, 1.35, 0.20 over 10.18
    assert found["value"] == 1.43  # -ln 0.24 = 1.4271
    full = json.loads(nnlec("loss", "--logits", SCORES, "--label", "1", "-f", "json").stdout)
    assert round(full["value"], 3) == 1.421


def test_a_network_carries_its_softmax_too(nnlec: Nnlec) -> None:
    out = nnlec(
        "forward", "configs/animals.yaml", "-i", "4,1,0,0,1", "--label", "cat", "--carry", "rounded",
        "--decimals", "2", "--steps",
    ).stdout  # fmt: skip
    assert false_results(out) == []
    assert REMARK not in out


def test_a_probability_that_is_carried_as_0_is_said_to_be_rounded(nnlec: Nnlec) -> None:
    out = nnlec("loss", "--logits", "9.6,0.9,0.2", "--label", "2", "--carry", "rounded", "--decimals", "2").stdout
    assert "The probability of y3 is rounded to 0, so the loss is infinite." in out


def test_shares_of_a_sum_that_is_rounded_to_0_are_those_of_the_unrounded_one(nnlec: Nnlec) -> None:
    out = nnlec("softmax", "--logits=-9,-10", "--carry", "rounded", "--decimals", "2", "--format", "json").stdout
    assert json.loads(out)["probabilities"] == [0.73, 0.27]


@pytest.mark.parametrize("topic", ["softmax", "loss"])
def test_a_key_that_carries_rounded_figures_is_true_line_by_line(nnlec: Nnlec, tmp_path: Path, topic: str) -> None:
    folder = tmp_path / "sheets"
    options = ("--topic", topic, "--shape", "3-5", "--variants", "3", "--seed", "3", "--without", "carry,ties")
    done = nnlec("worksheet", *options, "--carry", "rounded", "-o", str(folder))
    assert done.returncode == 0, done.stderr
    key = (folder / "keys.md").read_text(encoding="utf-8")
    assert "unrounded figures" not in key
    lines = key.replace("&=", "=").replace("\\approx", "≈").replace("\\\\", "")
    lines = re.sub(r"\\frac\{([^}]*)\}\{([^}]*)\}", r"\1 / \2", lines).replace("\\times", "×").replace("\\ln", "ln")
    assert "≈" in lines
    assert false_results(lines) == []
    with (folder / "answers.csv").open(encoding="utf-8") as opened:
        printed = {(row["variant"], row["row"], row["label"]): row["printed"] for row in csv.DictReader(opened)}
    assert all(figure in key for figure in printed.values())
