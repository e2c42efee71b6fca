"""`nnlec step`: one step of learning, every printed relation true, every gradient that of independent oracles."""

from __future__ import annotations

import json
import re
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest

from nnlec.models import load_network
from tests.conftest import Nnlec

MAZUR = """\
inputs: [i1, i2]
outputs: [o1, o2]
layers:
  - {name: hidden, weights: [[0.15, 0.25], [0.20, 0.30]], bias: [0.35, 0.35], activation: sigmoid}
  - {name: output, weights: [[0.40, 0.50], [0.45, 0.55]], bias: [0.60, 0.60], activation: sigmoid}
loss: half-sum-squared-error
"""
SOFTMAX = """\
inputs: [a, b]
classes: [r, g, b]
layers:
  - {name: hidden, weights: [[1.5, -0.25, 0.5], [0.2, 0.3, -1]], bias: [0.35, 0.35, 0], activation: silu}
  - {name: gate, weights: [[0.4, 0.5, 0.1], [0.45, 0.55, -0.2], [1, 2, 3]], bias: none, activation: softmax}
"""
RESIDUAL = """\
inputs: [a, b]
layers:
  - {name: one, weights: [[1.5, -0.25], [0.2, 0.3]], bias: [0.35, 0.35], activation: tanh}
  - {name: two, weights: [[0.4, 0.5], [0.45, 0.55]], bias: none, activation: relu}
  - {name: both, type: add, from: [one, two], activation: identity}
  - {name: gate, type: multiply, from: [both, one], activation: identity}
  - {name: end, weights: [[1], [-0.5]], bias: [0.1], activation: identity}
loss: mean-squared-error
"""
EXAMPLE = ("-i", "0.05,0.1", "--target", "0.01,0.99", "--rate", "0.5")


@pytest.fixture
def mazur(tmp_path: Path) -> str:
    return written(tmp_path, MAZUR)


def written(folder: Path, text: str) -> str:
    path = folder / "network.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def record(nnlec: Nnlec, *args: str) -> Any:
    ran = nnlec("step", *args, "-f", "json")
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


# The most-read example of the web, its figures recomputed.


def test_the_new_weights_of_the_most_read_example(nnlec: Nnlec, mazur: str) -> None:
    step = record(nnlec, mazur, *EXAMPLE)
    hidden, output = step["layers"]
    flat = [*np.ravel(hidden["after"]["weights"]), *np.ravel(output["after"]["weights"])]
    assert [round(w, 9) for w in flat] == [
        0.149780716, 0.249751144, 0.199561432, 0.299502287, 0.358916480, 0.511301270, 0.408666186, 0.561370121,
    ]  # fmt: skip
    assert round(step["loss"]["value"], 9) == 0.298371109
    assert step["after"]["loss"] == pytest.approx(0.280471446791430158, rel=1e-15)
    assert output["delta"] == pytest.approx([0.138498561628557, -0.0380982365165562], rel=1e-14)


def test_with_its_biases_kept_the_loss_is_that_of_the_printed_weights(nnlec: Nnlec, mazur: str) -> None:
    step = record(nnlec, mazur, *EXAMPLE, "--keep-biases")
    assert step["after"]["loss"] == pytest.approx(0.29102777369359935087, rel=1e-15)
    assert step["layers"][0]["after"]["bias"] == [0.35, 0.35]
    assert step["layers"][0]["gradient"]["bias"] == pytest.approx([0.00877135468949, 0.00995425470522], rel=1e-11)
    assert "kept as they are: the bias" in nnlec("step", mazur, *EXAMPLE, "--keep-biases").stdout


@pytest.mark.slow
def test_after_ten_thousand_rounds(nnlec: Nnlec, mazur: str) -> None:
    step = record(nnlec, mazur, *EXAMPLE, "--keep-biases", "--then", "9999")
    assert len(step["then"]["losses"]) == 10_001
    assert step["then"]["losses"][-1] == pytest.approx(3.51018778298e-5, rel=1e-10)
    assert step["then"]["losses"][-2] == pytest.approx(3.51085481225e-5, rel=1e-10)
    assert step["then"]["output"] == pytest.approx([0.0159136204436, 0.984064273515], rel=1e-11)


def test_the_keys_of_the_record(nnlec: Nnlec, mazur: str) -> None:
    step = record(nnlec, mazur, *EXAMPLE)
    assert list(step) == ["network", "input", "target", "rate", "loss", "layers", "after"]
    assert list(step["loss"]) == ["name", "value"]
    assert list(step["layers"][0]) == ["name", "delta", "gradient", "after"]
    assert list(step["layers"][0]["gradient"]) == list(step["layers"][0]["after"]) == ["weights", "bias"]
    assert list(step["after"]) == ["output", "loss"]
    assert (step["input"], step["target"], step["rate"]) == ([0.05, 0.1], [0.01, 0.99], 0.5)


def test_a_layer_without_a_bias_has_null_for_it(nnlec: Nnlec, tmp_path: Path) -> None:
    step = record(nnlec, written(tmp_path, SOFTMAX), "-i", "1,2", "--label", "g", "--rate", "0.1")
    assert step["layers"][1]["gradient"]["bias"] is None
    assert step["layers"][1]["after"]["bias"] is None


def test_a_convolution_without_a_bias_has_null_for_it_in_every_record(nnlec: Nnlec, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("a,b,c,d,e,f,g,h\n0,0,1,4,5,5,1,2\n", encoding="utf-8")
    network, one = "configs/signal.yaml", ("-i", "0,0,1,4,5,5", "--target", "1,2")
    table = ("--rows", str(rows), "--target-column", "g,h")
    for example in ((*one, "--then", "2"), table):
        found = record(nnlec, network, *example, "--rate", "0.1")
        layer = found["layers"][0]
        arrays = [layer["gradient"], layer["after"], *(of["layers"][0] for of in (found.get("then"),) if of)]
        assert [of["bias"] for of in arrays] == [None] * len(arrays)
        assert found["layers"][1]["gradient"] == {}


# Independent oracles.


def test_softmax_with_cross_entropy_is_s_less_g(nnlec: Nnlec, tmp_path: Path) -> None:
    step = record(nnlec, written(tmp_path, SOFTMAX), "-i", "1,2", "--label", "g", "--rate", "0.1")
    network = load_network(tmp_path / "network.yaml")
    s = network.forward([[1.0, 2.0]])[0]
    assert step["layers"][1]["delta"] == pytest.approx((s - np.array([0, 1, 0])).tolist(), rel=1e-14)


@pytest.mark.parametrize(
    ("network", "args"),
    [
        (MAZUR, ("-i", "0.05,0.1", "--target", "0.01,0.99")),
        (SOFTMAX, ("-i", "1,2", "--label", "g")),
        (SOFTMAX, ("-i", "1,2", "--target", "0.1,0.2,0.7", "--loss", "mse")),
        (RESIDUAL, ("-i", "0.3,-0.7", "--target", "0.25")),
    ],
)
def test_gradients_are_mpmath_s_numerical_derivatives(
    nnlec: Nnlec, tmp_path: Path, network: str, args: tuple[str, ...]
) -> None:
    path = written(tmp_path, network)
    step = record(nnlec, path, *args, "--rate", "0")
    loaded = load_network(path)
    for number, layer in enumerate(step["layers"]):
        for name, gradient in layer["gradient"].items():
            if gradient is None:
                continue
            for place, found in np.ndenumerate(np.array(gradient)):
                assert found == pytest.approx(slope(loaded, number, name, place, step), rel=1e-13, abs=1e-17), (
                    f"{layer['name']}.{name}{place}"
                )


def slope(network: Any, number: int, name: str, place: tuple[int, ...], step: Any) -> float:
    """dL/dw by mpmath, from a forward pass of its own."""
    with mpmath.workdps(50):
        at = mpmath.mpf(repr(float(network.layers[number].arrays[name][place])))
        return float(mpmath.diff(lambda w: loss_with(network, number, name, place, w, step), at))


def loss_with(network: Any, number: int, name: str, place: tuple[int, ...], w: Any, step: Any) -> Any:
    values = [[mpmath.mpf(repr(x)) for x in step["input"]]]
    for index, layer in enumerate(network.layers):
        taken = [values[source] for source in network.sources[index]]
        if layer.kind == "dense":
            arrays = {key: array.astype(object) for key, array in layer.arrays.items()}
            arrays = {
                key: np.vectorize(lambda x: mpmath.mpf(repr(float(x))), otypes=[object])(a) for key, a in arrays.items()
            }
            if index == number:
                arrays[name][place] = w
            row = [x for part in taken for x in part]
            z = [sum(x * f for x, f in zip(row, column, strict=True)) for column in arrays["weights"].T]
            z = [a + b for a, b in zip(z, arrays.get("bias", [0] * len(z)), strict=True)]
        else:
            z = [a + b if layer.kind == "add" else a * b for a, b in zip(*taken, strict=True)]
        values.append(ACTIVATIONS[layer.activation.name](z))
    f, g = values[-1], [mpmath.mpf(repr(x)) for x in step["target"]]
    pairs = list(zip(f, g, strict=True))
    match step["loss"]["name"]:
        case "half-sum-squared-error":
            return sum((a - b) ** 2 for a, b in pairs) / 2
        case "mean-squared-error":
            return sum((a - b) ** 2 for a, b in pairs) / len(f)
        case _:
            return -sum(b * mpmath.log(a) for a, b in pairs)


def _softmax(z: list[Any]) -> list[Any]:
    e = [mpmath.exp(x) for x in z]
    return [x / sum(e) for x in e]


ACTIVATIONS = {
    "sigmoid": lambda z: [1 / (1 + mpmath.exp(-x)) for x in z],
    "silu": lambda z: [x / (1 + mpmath.exp(-x)) for x in z],
    "tanh": lambda z: [mpmath.tanh(x) for x in z],
    "relu": lambda z: [max(x, mpmath.mpf(0)) for x in z],
    "identity": lambda z: z,
    "softmax": _softmax,
}


# Every printed relation is true as printed.

NUMERIC = re.compile(r"[-+×/() 0-9.²]+")


def relations(text: str) -> list[tuple[str, str, str]]:
    """(left, sign, right) of each printed relation between numbers alone."""
    found = []
    for line in text.replace("\n       ", " ").splitlines():
        for cell in re.split(r" {3,}", line.strip()):
            parts = re.split(r" ([=≈]) ", cell)
            for left, sign, right in zip(parts[::2], parts[1::2], parts[2::2], strict=False):
                if NUMERIC.fullmatch(left) and NUMERIC.fullmatch(right) and any(c in left for c in "+×/ "):
                    found.append((left.strip(), sign, right.strip()))
    return found


def value(expression: str) -> Fraction:
    exact = re.sub(r"\d+(?:\.\d+)?", lambda number: f"Fraction('{number[0]}')", expression)
    result: Fraction = eval(exact.replace("×", "*").replace("²", "**2"), {"Fraction": Fraction})
    return result


def rounded(number: Fraction, like: str) -> Fraction:
    places = len(like.partition(".")[2])
    with localcontext() as context:
        context.prec = 400
        decimal = Decimal(number.numerator) / Decimal(number.denominator)
        return Fraction(decimal.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))


def terms(expression: str) -> list[str]:
    """The terms of a sum, each with its sign."""
    flat = re.sub(r"\((-?[\d.]+)\)", r"\1", expression)
    return [part.replace("+ ", "").replace("- ", "-") for part in re.split(r" (?=[+-] )", flat)]


@pytest.mark.parametrize("decimals", range(1, 10))
@pytest.mark.parametrize(
    ("network", "args"),
    [
        (MAZUR, EXAMPLE),
        (SOFTMAX, ("-i", "1,2", "--label", "g", "--rate", "0.3")),
        (SOFTMAX, ("-i", "1,2", "--target", "0,1,0", "--rate", "0.3", "--loss", "mse")),
        (RESIDUAL, ("-i", "0.3,-0.7", "--target", "0.25", "--rate", "0.1")),
    ],
)
def test_every_printed_relation_is_true_as_printed(
    nnlec: Nnlec, tmp_path: Path, network: str, args: tuple[str, ...], decimals: int
) -> None:
    more = ("--steps", "--upstream", "new") if decimals % 2 else ()
    ran = nnlec("step", written(tmp_path, network), *args, "--decimals", str(decimals), *more)
    assert ran.returncode == 0, ran.stderr
    checked = relations(ran.stdout)
    assert len(checked) > 10
    for left, sign, right in checked:
        if sign == "=":
            assert value(left) == value(right), (left, sign, right)
        elif re.fullmatch(r"\(?-?[\d.]+\)?", right):
            assert rounded(value(left), right) == value(right), (left, sign, right)
        else:
            for product, term in zip(terms(left), terms(right), strict=True):
                assert rounded(value(product), term.lstrip("-")) == value(term), (left, sign, right)


def test_with_rounded_carry_each_line_is_the_rounding(nnlec: Nnlec, mazur: str) -> None:
    ran = nnlec("step", mazur, *EXAMPLE, "--decimals", "4", "--carry", "rounded")
    for left, _, right in relations(ran.stdout):
        if re.fullmatch(r"\(?-?[\d.]+\)?", right):
            assert rounded(value(left), right) == value(right)
            if "×" in left:
                assert all(len(number.partition(".")[2]) <= 4 for number in re.findall(r"[\d.]+", left))
    assert "checked" not in ran.stdout


def test_with_rounded_carry_the_loss_is_that_of_the_printed_figures(nnlec: Nnlec, mazur: str) -> None:
    ran = nnlec("step", mazur, *EXAMPLE, "--decimals", "3", "--carry", "rounded")
    # (0.751 - 0.01)^2 / 2 = 0.2745..., (0.773 - 0.99)^2 / 2 = 0.0235..., their sum 0.299; in full 0.298.
    assert re.search(r"o1 +0\.010 +0\.751 +0\.741 +0\.275\n", ran.stdout)
    assert re.search(r"o2 +0\.990 +0\.773 +-0\.217 +0\.024\n", ran.stdout)
    assert re.search(r"\n  L +0\.299\n", ran.stdout)


def test_with_rounded_carry_softmax_is_that_of_the_printed_exponentials(nnlec: Nnlec) -> None:
    example = ("configs/lecture.yaml", "-i", "2.8,-3.1,4.2", "--label", "y2", "--rate", "0.1")
    ran = nnlec("step", *example, "--carry", "rounded", "--decimals", "1")
    assert "The probability of y2 is rounded to 0, so the loss is infinite." in ran.stdout


def test_with_rounded_carry_a_slope_is_that_of_the_printed_output_however_small(nnlec: Nnlec, tmp_path: Path) -> None:
    text = "layers:\n  - {name: hidden, weights: [[-20000]], bias: none, activation: sigmoid}\n"
    path = written(tmp_path, text + "  - {name: end, weights: [[1]], bias: none, activation: identity}\n")
    ran = nnlec("step", path, "-i", "1", "--target", "1", "--rate", "0.1", "--carry", "rounded", "--significant", "3")
    # e^-20000 = 1.289...e-8686, and 2 (f - 1) = -2.00.
    assert "= (-2) × (1.29e-8686) × (1 - 1.29e-8686) ≈ -2.58e-8686\n" in ran.stdout
    sheet = ("-i", "1", "--target", "1", "--rate", "0.1", "--delta", "end=-2", "--delta", "hidden=-2.58e-8686")
    assert nnlec("check", path, *sheet).returncode == 0


def test_with_rounded_carry_bits_are_those_of_the_printed_probabilities(nnlec: Nnlec, tmp_path: Path) -> None:
    text = "classes: [a, b]\nlayers: [{weights: [[2, 0]], bias: none, activation: identity}]\n"
    example = ("-i", "1", "--label", "a", "--rate", "1", "-p", "base=2", "--carry", "rounded", "--decimals", "1")
    # s = 7.4 / 8.4 = 0.9, and (0.9 - 1) / ln 2 = -0.144; of s = 0.881 it would be -0.172.
    assert record(nnlec, written(tmp_path, text), *example)["layers"][0]["delta"] == [-0.1, 0.1]


# The surroundings of a step.


def test_each_gradient_is_checked_and_it_says_so(nnlec: Nnlec, mazur: str) -> None:
    line = "checked: each dL/dw against (L(w + e) - L(w - e)) / 2e, 60 digits: all agree"
    assert line in nnlec("step", mazur, *EXAMPLE).stdout


def test_a_corner_of_the_loss_is_said(nnlec: Nnlec, tmp_path: Path) -> None:
    text = MAZUR.replace("activation: sigmoid}\n  - {name: output", "activation: relu}\n  - {name: output")
    text = text.replace("bias: [0.35, 0.35]", "bias: [-0.0275, 0.35]")
    ran = nnlec("step", written(tmp_path, text), "-i", "0.05,0.1", "--target", "0.01,0.99", "--rate", "0.5")
    assert "relu: at 0, where there are two slopes, 0 is taken, as in PyTorch." in ran.stdout
    assert "3 of them stand at a corner of L, where the convention counts" in ran.stdout


def test_a_corner_of_the_loss_itself_is_said_where_the_output_meets_it(nnlec: Nnlec, tmp_path: Path) -> None:
    one = written(tmp_path, "layers:\n  - {weights: [[1], [1]], activation: identity}\n")
    said = "mean-absolute-error: where f = g, with two slopes, 0 is taken, as in PyTorch."
    for target, there in (("0", True), ("1", False)):
        ran = nnlec("step", one, "-i", "1,-1", "--target", target, "--loss", "mae", "--rate", "0.1")
        assert (said in ran.stdout) == there


def test_a_network_that_decides_learns_nothing(nnlec: Nnlec) -> None:
    ran = nnlec("step", "configs/perceptron.yaml", "-i", "1,1", "--target", "0", "--rate", "0.1", "--loss", "mse")
    assert ran.returncode == 0
    assert ran.stderr == "Warning: the derivative of step is 0 everywhere: nothing is learned through neuron\n"


def test_one_layer_and_one_unit(nnlec: Nnlec, mazur: str) -> None:
    layer = nnlec("step", mazur, *EXAMPLE, "--layer", "hidden").stdout
    assert "layer 1 of 2: hidden (sigmoid)" in layer
    assert "layer 2" not in layer
    unit = nnlec("step", mazur, *EXAMPLE, "--layer", "output", "--unit", "o2").stdout
    assert "h2 → o2" in unit
    assert "o1" not in unit


def test_rate_0_shows_gradients_alone(nnlec: Nnlec, mazur: str) -> None:
    ran = nnlec("step", mazur, "-i", "0.05,0.1", "--target", "0.01,0.99", "--rate", "0")
    assert "3 gradients" in ran.stdout
    assert "after the step" not in ran.stdout


@pytest.mark.parametrize("name", ["table", "markdown", "latex", "html", "svg", "json", "jsonl", "csv", "tsv"])
def test_every_format_writes_a_step(nnlec: Nnlec, tmp_path: Path, name: str) -> None:
    ran = nnlec("step", written(tmp_path, SOFTMAX), "-i", "1,2", "--label", "g", "--rate", "0.1", "-f", name)
    assert ran.returncode == 0, ran.stderr
    assert len(ran.stdout) > 100


def test_a_row_for_each_weight(nnlec: Nnlec, mazur: str) -> None:
    lines = nnlec("step", mazur, *EXAMPLE, "-f", "csv").stdout.splitlines()
    assert lines[0] == "layer,array,from,to,value,gradient,after"
    assert lines[1] == "hidden,weights,i1,h1,0.15,0.00043856773447434674,0.14978071613276284"
    assert len(lines) == 1 + 12


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("-i", "1,1", "--target", "0,1"), "give --rate R, how far the step goes: 0.1, or 0 for the gradients alone"),
        (("-i", "1,1", "--target", "0,1", "--rate", "fast"), "--rate: value 1: 'fast' is not a number"),
        (("-i", "1,1", "--target", "0,1", "--rate", "-1"), "--rate: -1 is negative, expected 0 or more"),
        (("-i", "1,1", "--target", "0,1", "--rate", "1,2"), "--rate: '1,2' is no single number"),
        (("-i", "1,1", "--rate", "1"), "give the feedback: --label NAME_OR_INDEX or --target VALUES"),
        (("-i", "1,1", "--label", "cat", "--rate", "1"), "--label: this loss compares numbers, not classes"),
        (("--rate", "1"), "give --input VALUES, one example, or --rows TABLE, a batch"),
        (("-i", "1,1", "--target", "0", "--rate", "1"), "--target: 1 target value, expected 2"),
        (("-i", "1,1", "--target", "0,1", "--rate", "1", "--loss", "ce"), "--loss: cross-entropy does not fit"),
        (("-i", "1,1", "--target", "0,1", "--rate", "1", "--per", "sum"), "--per is for a batch"),
        (("-i", "1,1", "--target", "0,1", "--rate", "1", "--layer", "x"), "--layer: unknown layer 'x'"),
    ],
)
def test_bad_input_is_one_line(nnlec: Nnlec, mazur: str, args: tuple[str, ...], said: str) -> None:
    ran = nnlec("step", mazur, *args)
    assert ran.returncode == 2
    assert said in ran.stderr
    assert ran.stdout == ""


# The network after the step.


def test_the_saved_network_is_the_one_after_the_step(nnlec: Nnlec, mazur: str, tmp_path: Path) -> None:
    new = tmp_path / "new.yaml"
    step = record(nnlec, mazur, *EXAMPLE, "--save", str(new))
    saved = load_network(new)
    assert saved.layers[0].arrays["weights"].tolist() == step["layers"][0]["after"]["weights"]
    assert saved.forward([[0.05, 0.1]])[0].tolist() == pytest.approx(step["after"]["output"], rel=1e-14)
    assert saved.loss == "half-sum-squared-error"


def test_o_with_a_network_s_suffix_writes_the_network_and_shows_the_step(
    nnlec: Nnlec, mazur: str, tmp_path: Path
) -> None:
    new = tmp_path / "new.yaml"
    ran = nnlec("step", mazur, *EXAMPLE, "-o", str(new))
    assert "1 prediction" in ran.stdout
    assert load_network(new).n_in == 2


def test_decimals_that_end_are_written_exactly(nnlec: Nnlec, tmp_path: Path) -> None:
    text = (
        "layers:\n  - {name: hidden, weights: [[0.11, 0.12], [0.21, 0.08]], bias: none, activation: identity}\n"
        "  - {name: output, weights: [[0.14], [0.15]], bias: none, activation: identity}\n"
    )
    new = tmp_path / "new.yaml"
    args = ("-i", "2,3", "--target", "1", "--rate", "0.05", "--loss", "half-sse")
    assert nnlec("step", written(tmp_path, text), *args, "--save", str(new)).returncode == 0
    content = new.read_text(encoding="utf-8")
    for number in ("0.121326", "0.132135", "0.226989", "0.0982025", "0.1743825", "0.169416"):
        assert f"{number}," in content or f"{number}]" in content


def test_the_network_that_was_read_is_replaced_only_by_its_own_name(nnlec: Nnlec, mazur: str, tmp_path: Path) -> None:
    before = Path(mazur).read_text(encoding="utf-8")
    other = tmp_path / "." / "link.yaml"
    other.symlink_to(mazur)
    refused = nnlec("step", mazur, *EXAMPLE, "--save", str(other))
    assert refused.returncode == 2
    assert "it is read in the same run" in refused.stderr
    assert Path(mazur).read_text(encoding="utf-8") == before
    assert nnlec("step", mazur, *EXAMPLE, "--save", mazur).returncode == 0
    assert load_network(mazur).layers[0].arrays["weights"][0, 0] == 0.14978071613276284


@pytest.mark.parametrize("name", ["none/new.yaml", "new.json", "./network.yaml"])
@pytest.mark.parametrize("more", [(), ("--then", "3")])
def test_a_file_that_cannot_be_written_is_refused_before_the_step(
    nnlec: Nnlec, mazur: str, tmp_path: Path, name: str, more: tuple[str, ...]
) -> None:
    ran = nnlec("step", mazur, *EXAMPLE, *more, "--save", f"{tmp_path}/{name}")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "cannot write" in ran.stderr or "a network is written as YAML" in ran.stderr


def test_overflow_is_said_and_nothing_is_written(nnlec: Nnlec, tmp_path: Path) -> None:
    new = tmp_path / "new.yaml"
    text = "layers:\n  - {weights: [[1.0]], bias: none, activation: identity}\nloss: mse\n"
    args = ("-i", "3", "--target", "0", "--rate", "1e10", "--save", str(new))
    ran = nnlec("step", written(tmp_path, text), *args, "--then", "99")
    assert ran.returncode == 2
    assert re.search(r"overflow: .* in step \d+", ran.stderr)
    assert not new.exists()
    huge = nnlec("step", written(tmp_path, text), "-i", "1e200", "--target", "0", "--rate", "1e10", "--save", str(new))
    assert huge.returncode == 2
    assert "beyond the largest double" in huge.stderr
    assert not new.exists()


def test_the_saved_file_differs_from_the_one_read_in_its_numbers_alone(nnlec: Nnlec, tmp_path: Path) -> None:
    new = tmp_path / "new.yaml"
    args = ("configs/lecture.yaml", "-i", "2.8,-3.1,4.2", "--label", "y2", "--rate", "0.01")
    assert nnlec("step", *args, "--save", str(new)).returncode == 0
    comment, *after = new.read_text(encoding="utf-8").splitlines()
    assert comment == "# After a step of rate 0.01, nnlec step."
    before = Path("configs/lecture.yaml").read_text(encoding="utf-8").splitlines()
    bare = [re.sub(r"\[.*\d.*\]", "", line) for line in after]
    assert bare == [re.sub(r"\[.*\d.*\]", "", line) for line in before]
    assert "- [ 2.511, -1.318, -0.161,  0.868]    # meets the leading 1: the bias of each neuron" in "\n".join(after)


@pytest.mark.parametrize(
    "layer",
    [
        "weights: |\n      0.5 1.5\n      -2 0.25\n    bias: none",
        "weights: [[0.5, 1.5], [-2, 0.25]]\n    bias: [1, 2]",
        "weights:\n      - [1, 2]\n      -\n        - 0.5\n        - 1.5\n      - [-2, 0.25]\n    bias: first-row",
        "weights: {file: w.npz, array: W}\n    bias: none",
        "type: layer_norm\n    epsilon: 1e-5",
        "type: layer_norm\n    epsilon: 1e-5\n    scale: [1, 2]\n    shift: 0.5",
        "type: batch_norm\n    epsilon: 1e-5\n    mean: 0.5\n    variance: [1, 2]",
    ],
)
def test_numbers_in_every_form_are_replaced(nnlec: Nnlec, tmp_path: Path, layer: str) -> None:
    np.savez(tmp_path / "w.npz", W=np.array([[0.5, 1.5], [-2.0, 0.25]]))
    text = f"inputs: [a, b]\nlayers:\n  - name: one\n    {layer}\n    activation: identity\nloss: half-sse\n"
    new = tmp_path / "new.yaml"
    args = ("-i", "0.5,-0.25", "--target", "1,0", "--rate", "0.1")
    step = record(nnlec, written(tmp_path, text), *args, "--save", str(new))
    (after,) = load_network(new).layers
    for name, numbers in step["layers"][0]["after"].items():
        if numbers is not None:
            np.testing.assert_allclose(after.arrays[name], numbers, rtol=0)
