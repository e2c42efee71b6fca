"""`--exact`: every number is the double nearest to the truth, and the default road keeps near to it."""

from __future__ import annotations

import json
import math
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path

import mpmath
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from nnlec import load_network
from nnlec.arithmetic.numbers import decimal_of
from nnlec.network.activations import ACTIVATIONS, activation
from nnlec.network.layers import Layer
from nnlec.network.losses import LOSSES, LossKind, loss
from nnlec.network.trace import exact_trace
from nnlec.tables.exact import forward_columns, loss_of_rows, softmax_rows
from tests.transcripts import run

CONFIGS = sorted(Path("configs").glob("*.yaml"))


def test_the_lectures_outputs_are_the_numbers_on_the_slide() -> None:
    shown = json.loads(run("nnlec forward configs/lecture.yaml -i 1,2.8,-3.1,4.2 -f json --exact").stdout)
    assert shown["layers"][0]["output"] == [5.17, 14.47, -6.23, 4.38]
    assert shown["output"] == [37.716, -23.256]


@pytest.mark.parametrize("options", ["", "--logits", "--keep"])
def test_a_tables_outputs_are_the_numbers_on_the_slide(options: str) -> None:
    shown = run(f"printf '2.8,-3.1,4.2\\n' | nnlec forward configs/lecture.yaml {options} --exact").stdout
    assert shown.splitlines()[-1].endswith("37.716,-23.256")


@pytest.mark.parametrize("logits", [False, True])
def test_rows_are_rounded_once(logits: bool) -> None:
    network, x = load_network("configs/lecture.yaml"), np.array([[2.8, -3.1, 4.2]])
    outputs, names, probability = forward_columns(network, x, logits=logits, predict=True)
    assert (np.asarray(outputs).tolist(), names) == ([[37.716, -23.256]], ["y1"])
    assert np.asarray(probability).tolist() == [[1.0]]


def test_softmax_and_loss_are_the_nearest_doubles() -> None:
    logits = "-0.2,0.3,0.8,-0.1,0.4"
    with mpmath.workdps(50):
        e = [mpmath.exp(mpmath.mpf(f)) for f in logits.split(",")]
        probabilities = [float(x / mpmath.fsum(e)) for x in e]
        value = float(-mpmath.log(e[3] / mpmath.fsum(e)))
    shown = json.loads(run(f"nnlec softmax --logits {logits} -f json --exact").stdout)
    assert shown["probabilities"] == probabilities
    assert shown["exponentials"] == [float(x) for x in e]
    lost = json.loads(run(f"nnlec loss --logits {logits} --label 3 -f json --exact").stdout)
    assert (lost["value"], lost["probabilities"]) == (value, probabilities)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.decimals(-800, 800, places=2), min_size=1, max_size=6))
@example([Decimal("0.00"), Decimal("712.24")])
def test_any_softmax_is_correctly_rounded(logits: list[Decimal]) -> None:
    with mpmath.workdps(800):
        e = [mpmath.exp(mpmath.mpf(str(f))) for f in logits]
        true = [float(mpmath.nstr(x / mpmath.fsum(e), 60)) for x in e]  # float alone rounds subnormal ones twice
    assert softmax_rows(np.array([[float(f) for f in logits]]))[0].tolist() == true


@settings(max_examples=20, deadline=None)
@given(st.floats(-760, 760) | st.floats(-1e-3, 1e-3))
def test_the_default_road_of_an_activation_is_within_five_last_places_of_the_exact_one(x: float) -> None:
    for name, kind in ACTIVATIONS.items():
        if kind.pointwise:
            with localcontext(prec=1200):  # hard_sigmoid and its like cancel where they cross 0
                exact = activation(name).exact([Decimal(x)])[0]
                distance = abs(Decimal(float(activation(name)(np.array([[x]]))[0, 0])) - exact)
            scale = 1.0 if name.startswith("hard") else max(abs(float(exact)), 2.3e-308)
            assert distance <= 5 * Decimal(math.ulp(scale)), name


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_the_default_road_of_a_network_is_within_the_rounding_of_its_sums(path: Path) -> None:
    network = load_network(path)
    random = np.random.default_rng(7)
    inputs = random.integers(-20, 21, (1, network.n_in)) / 4.0
    default, exact = network.trace(inputs), exact_trace(network, inputs[0].tolist())
    errors = [np.zeros(network.n_in)]  # of what each layer gives, as an upper bound; first of the input
    for near, true, sources in zip(default.layers, exact.layers, network.sources, strict=True):
        layer, error = near.layer, np.concatenate([errors[each] for each in sources])
        weights, bias = sizes(layer)
        size = np.abs(near.inputs) @ weights
        spread = (layer.n_in + 3) * 2.0**-52 * (size + bias) + error @ weights
        pre_activation, output = np.array(true.pre_activation, float), np.array(true.output, float)
        assert (np.abs(near.pre_activation - pre_activation) <= spread).all()
        slope = 1.2  # none of the activations used is steeper
        errors.append((slope * spread + 2.0**-50 * np.abs(near.output))[0])
        assert layer.activation.name == "step" or (np.abs(near.output - output) <= errors[-1]).all()


def sizes(layer: Layer) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How much an input can move each output, (inputs, outputs), and the size of what is added."""
    weights, bias = np.zeros((layer.n_in, layer.n_out)), np.zeros(layer.n_out)
    for unit in range(layer.n_out):
        terms, added = layer.terms(unit)
        bias[unit] = abs(float(added or 0))
        for source, factor, _ in terms:
            weights[source, unit] += 1.0 if factor is None else abs(float(factor))
    return weights, bias


@pytest.mark.parametrize("kind", LOSSES.values(), ids=list(LOSSES))
def test_every_loss_is_the_nearest_double_of_its_decimal_value(kind: LossKind) -> None:
    predicted, target, expected = kind.example
    chosen = loss(kind.name)
    rows = loss_of_rows(chosen, np.array([predicted]), np.array([target]), given_probabilities=False)
    assert rows.tolist() == [expected]
    exact = chosen.exact_value(chosen.exact_terms([decimal_of(f) for f in predicted], [decimal_of(g) for g in target]))
    assert float(Fraction(exact)) == expected


def test_a_pipe_of_tables_is_exact_at_every_stage() -> None:
    pipe = "nnlec forward configs/animals.yaml configs/animals.csv --exact | nnlec softmax --exact"
    header, first, *_ = run(pipe).stdout.splitlines()
    values = dict(zip(header.split(","), first.split(","), strict=True))
    assert values["P(ostrich)"] == "0.32772918538428136"
    lost = json.loads(run(f"{pipe} | nnlec loss --target-column label --exact -f json").stdout)
    assert lost["mean"] == pytest.approx(json.loads(run(PLAIN).stdout)["mean"], rel=1e-14)


PLAIN = "nnlec forward configs/animals.yaml configs/animals.csv | nnlec loss --target-column label -f json"


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "prelu"])
@pytest.mark.parametrize("values", ["1e300,3", "-1e12,1e-300"])
def test_numbers_beyond_all_bounds_end_on_paper_as_inf_or_nan(tmp_path: Path, name: str, values: str) -> None:
    network = tmp_path / "net.yaml"
    layer = f"  - weights: [[1, 2], [0.5, -1]]\n    activation: {name}\n"
    network.write_text(f"layers:\n{layer}{layer}classes: [a, b]\n", encoding="utf-8")
    ran = run(f"nnlec forward {network} '--input= {values}' --steps")
    assert (ran.code, ran.stderr) == (0, "")
    assert "classes" in ran.stdout or "prediction" in ran.stdout
