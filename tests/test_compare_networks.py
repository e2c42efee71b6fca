"""`nnlec compare`: exports of one model are the same, and a planted fault is found where it is, with its cause."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnlec
from nnlec import Network, NnlecError, load_network
from nnlec.grading.differences import compare
from nnlec.grading.differences.numbers import compare_numbers
from nnlec.network.activations import activation
from nnlec.network.layers import LAYERS
from nnlec.rendering.records.differences import differences_record
from tests import planted
from tests.transcripts import run

TRAINED = Path(__file__).parent / "trained"
REFUSED = {"normalizer.joblib", "normalizer.sklearn.onnx", "two_numbers.sklearn.onnx"}
"""Those that are no networks, or whose rows meet each other."""


def models() -> dict[str, list[Path]]:
    """Name of a model -> the files that it was exported to, where they are several."""
    found: dict[str, list[Path]] = {}
    for path in sorted(TRAINED.iterdir()):
        if path.suffix in (".onnx", ".joblib", ".pkl", ".skops") and path.name not in REFUSED:
            found.setdefault(path.name.partition(".")[0], []).append(path)
    return {name: paths for name, paths in found.items() if len(paths) > 1}


MODELS = models()


def rows_for(network: Network) -> Any:
    return np.random.default_rng(0).normal(size=(16, network.n_in))


@pytest.mark.parametrize("model", MODELS)
def test_every_two_exports_of_one_model_are_the_same(model: str) -> None:
    pytest.importorskip("onnx", reason="onnx is in the test extra")
    networks = [load_network(path) for path in MODELS[model]]
    for a, b in permutations(networks, 2):
        difference = compare(a, b, rows_for(a)).difference
        if model == "perceptron":  # scikit-learn's gives classes, its export gives scores
            assert difference is not None
            assert any("gives decisions (hardmax)" in cause for cause in difference.causes)
        else:
            assert difference is None


def layer(kind: str, shape: tuple[int, ...], chosen: str = "identity", **values: Any) -> Any:
    given = {key: each if isinstance(each, str) else np.asarray(each, float) for key, each in values.items()}
    return LAYERS[kind].build(given, (shape,), activation(chosen), kind)


def dense_network() -> Network:
    """6 -> 6 -> 5 -> 4, the first of them square."""
    random = np.random.default_rng(1)
    shapes = ((6, 6, "relu"), (6, 5, "tanh"), (5, 4, "softmax"))
    return Network(
        tuple(
            nnlec.Dense(random.normal(size=(m, n)), random.normal(size=n), activation(g), f"layer {i}")
            for i, (m, n, g) in enumerate(shapes, start=1)
        )
    )


def maps_network() -> Network:
    """A convolution, a norm, pools and a dense layer behind them."""
    random = np.random.default_rng(2)
    conv = layer("conv", (2, 6, 6), weights=random.normal(size=(3, 2, 3, 3)), bias=random.normal(size=3), padding=1)
    norm = layer(
        "batch_norm", (3, 6, 6), "relu", mean=random.normal(size=3), variance=random.uniform(0.01, 0.1, 3),
        scale=random.normal(size=3), shift=random.normal(size=3), epsilon=1e-5,
    )  # fmt: skip
    pool = layer("average_pool", (3, 6, 6), size=2.0, stride=2.0, padding=1.0)
    flat = layer("flatten", (3, 4, 4))
    end = nnlec.Dense(random.normal(size=(48, 3)), random.normal(size=3), activation("softmax"), "end")
    return Network((conv, norm, pool, flat, end))


def scaled_network() -> Network:
    random = np.random.default_rng(3)
    scale = layer("scale", (4,), subtract=random.normal(size=4), divide=random.uniform(0.5, 2, 4))
    inner = nnlec.Dense(random.normal(size=(4, 4)), random.normal(size=4), activation("leaky_relu"), "inner")
    return Network((scale, inner, nnlec.Dense(random.normal(size=(4, 2)), None, activation("softmax"), "end")))


def at(number: int, **changes: Callable[[Any], Any]) -> Callable[[Network], Network]:
    """The network with fields of one layer changed."""

    def plant(network: Network) -> Network:
        layers = list(network.layers)
        old: Any = layers[number - 1]
        layers[number - 1] = replace(old, **{key: change(getattr(old, key)) for key, change in changes.items()})
        return replace(network, layers=tuple(layers))

    return plant


def without(number: int) -> Callable[[Network], Network]:
    return lambda network: Network(network.layers[: number - 1] + network.layers[number:])


def dense(n_in: int, n_out: int, name: str) -> Any:
    random = np.random.default_rng(4)
    return nnlec.Dense(random.normal(size=(n_in, n_out)), None, activation("tanh"), name)


def of_size(number: int, size: int) -> Callable[[Network], Network]:
    """The network with a layer of so many units, and another layer behind it."""

    def plant(network: Network) -> Network:
        layers = list(network.layers)
        layers[number - 1] = dense(layers[number - 1].n_in, size, "sized")
        layers[number] = dense(size, layers[number].n_out, "behind")
        return Network(tuple(layers))

    return plant


def one_more(network: Network) -> Network:
    return Network((*network.layers, dense(network.n_out, network.n_out, "more")))


def scaled_at_last(network: Network) -> Network:
    return Network((*network.layers[:-1], layer("scale", (4,), multiply=np.full(4, 0.5))))


def line_network() -> Network:
    """Two channels of five numbers each, flattened, and a dense layer."""
    weights = np.random.default_rng(7).normal(size=(10, 3))
    return Network((layer("flatten", (2, 5)), nnlec.Dense(weights, None, activation("tanh"), "end")))


def of_zeros_network() -> Network:
    return at(2, bias=np.zeros_like)(dense_network())


def unscaled_network() -> Network:
    return without(1)(scaled_network())


def softer_network() -> Network:
    """A softmax that divides by 2."""
    weights = np.random.default_rng(6).normal(size=(3, 4))
    return Network((nnlec.Dense(weights, np.ones(4), activation("softmax", {"temperature": 2.0}), "end"),))


def halved_scores(network: Network) -> Network:
    (end,) = network.layers
    return Network((nnlec.Dense(end.arrays["weights"] / 2, end.arrays["bias"] / 2, activation("identity"), "end"),))


def scaled_before_another_size(network: Network) -> Network:
    scale = layer("scale", (6,), multiply=np.full(6, 0.5))
    return Network((network.layers[0], scale, dense(6, 7, "sized"), dense(7, 4, "behind")))


def shuffled(number: int, axis: int) -> Callable[[Network], Network]:
    def turn(array: Any) -> Any:
        order = [1, 0, *range(2, array.shape[axis])] if axis < array.ndim else None
        return array if order is None else np.take(array, order, axis)

    if axis == 0:
        return at(number, weights=turn)
    return at(number, weights=turn, bias=lambda bias: bias[[1, 0, *range(2, len(bias))]])


def channels_last(weights: Any) -> Any:
    return weights.reshape(3, 4, 4, -1).transpose(1, 2, 0, 3).reshape(weights.shape)


def line_channels_last(weights: Any) -> Any:
    return weights.reshape(2, 5, -1).transpose(1, 0, 2).reshape(weights.shape)


def to(name: str, **parameters: float) -> Callable[[Any], Any]:
    return lambda _: activation(name, parameters)


FAULTS: dict[str, tuple[Callable[[], Network], int, Callable[[Network], Network], str]] = {
    "dense: transposed": (dense_network, 1, at(1, weights=lambda w: w.T.copy()), "transpose of A's"),
    "dense: bias dropped": (dense_network, 2, at(2, bias=lambda _: None), "B has no bias"),
    "dense: bias of zeros in A": (of_zeros_network, 2, at(2, bias=lambda b: b + 1), "B's bias is another"),
    "dense: bias in B alone": (line_network, 2, at(2, bias=lambda _: np.ones(3)), "A has no bias"),
    "dense: bias negated": (dense_network, 2, at(2, bias=lambda b: -b), "opposite sign"),
    "dense: bias of another": (dense_network, 2, at(2, bias=lambda b: b[::-1].copy()), "B's bias is another"),
    "dense: weights negated": (dense_network, 3, at(3, weights=lambda w: -w), "opposite sign"),
    "dense: relu for leaky": (scaled_network, 2, at(2, activation=to("relu")), "leaky_relu (alpha 0.01), B's is relu"),
    "dense: slope": (scaled_network, 2, at(2, activation=to("leaky_relu", alpha=0.3)), "B's is leaky_relu (alpha 0.3)"),
    "dense: inputs shuffled": (dense_network, 1, shuffled(1, 0), "inputs in another order"),
    "dense: classes shuffled": (dense_network, 3, shuffled(3, 1), "classes in another order: A's 2, 1, 3, 4"),
    "dense: logits": (dense_network, 3, at(3, activation=to("identity")), "A gives probabilities (softmax), B"),
    "dense: one number": (dense_network, 2, at(2, weights=lambda w: w + (w == w[1, 2]) * 0.1), "1 number of 30"),
    "dense: of another size": (dense_network, 2, of_size(2, 7), "A's layer is dense 6 -> 5, B's is dense 6 -> 7"),
    "dense: last is missing": (dense_network, 3, without(3), "B has no layer like A's layer 3 (dense)"),
    "dense: one more": (dense_network, 3, one_more, "A has no layer like B's more (dense)"),
    "dense: scaled instead": (scaled_network, 3, scaled_at_last, "A's layer is dense 4 -> 2, B's is scale 4 -> 4"),
    "dense: of another size, scaled": (dense_network, 2, scaled_before_another_size, "B's is dense 6 -> 7"),
    "dense: softmax missing": (softer_network, 1, halved_scores, "B would be the same with the activation softmax"),
    "scale: in B alone": (unscaled_network, 1, lambda _: scaled_network(), "A has no layer like B's scale (scale)"),
    "scale: missing": (scaled_network, 1, without(1), "B has no layer like A's scale"),
    "scale: divide": (scaled_network, 1, at(1, divide=lambda d: d * 2), "B's divide is another"),
    "scale: subtract": (scaled_network, 1, at(1, subtract=lambda d: -d), "B's subtract is another"),
    "conv: turned round": (maps_network, 1, at(1, weights=lambda w: w[:, :, ::-1, ::-1].copy()), "turns its kernels"),
    "conv: rows and columns": (maps_network, 1, at(1, weights=lambda w: w.swapaxes(2, 3).copy()), "rows and columns"),
    "conv: bias dropped": (maps_network, 1, at(1, bias=lambda _: None), "B has no bias"),
    "norm: epsilon": (maps_network, 2, at(2, epsilon=lambda _: 1e-3), "epsilon is another: 1e-05 in A, 0.001 in B"),
    "norm: deviation": (maps_network, 2, at(2, variance=lambda v: v**0.5), "standard deviation where the variance"),
    "norm: scale": (maps_network, 2, at(2, scale=lambda s: s * 0 + 1.0), "scale (gamma)"),
    "norm: gelu": (maps_network, 2, at(2, activation=to("gelu")), "A's activation is relu, B's is gelu"),
    "pool: padding counted": (maps_network, 3, at(3, count_padding=lambda _: True), "counts padding otherwise"),
    "flatten: channels last on a line": (line_network, 2, at(2, weights=line_channels_last), "height, width, channel"),
    "flatten: channels last": (maps_network, 5, at(5, weights=channels_last), "height, width, channel"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found_where_it_is_with_its_cause(fault: str) -> None:
    make, number, plant, cause = FAULTS[fault]
    network = make()
    found = compare(network, plant(network), rows_for(network)).difference
    assert found is not None
    assert found.layer == number
    assert any(cause in said for said in found.causes), found.causes


@pytest.mark.parametrize(("dtype", "wrong"), [("float64", 6), ("float32", 3)])
def test_the_worst_number_is_shown_and_what_is_more_than_rounding_counted(dtype: str, wrong: int) -> None:
    """x1 weighs 1e-6 more in the first unit, and 0.5 more in the second: most where x1 = 3."""
    a, b = (
        Network((nnlec.Dense(np.array(weights), None, activation("identity"), "only"),), dtype=dtype)  # type: ignore[arg-type]
        for weights in ([[1.0, 2.0], [3.0, 4.0]], [[1.000001, 2.5], [3.0, 4.0]])
    )
    found = compare(a, b, np.array([[1.0, 0.0], [3.0, 1.0], [-2.0, 5.0]])).difference
    assert found is not None
    assert (found.given_the_same, found.worst, found.values) == (True, (2, 2), (10.0, 11.5))
    assert (found.wrong, found.of) == (wrong, 6)


@pytest.mark.parametrize("order", [[0, 1, 2], [1, 0, 0], [0, 0, 2]])
def test_an_order_that_is_none_is_no_cause(order: list[int]) -> None:
    weights = np.array([[1.0, 2.0, 3.0], [-4.0, 5.0, 6.0], [7.0, 8.0, -9.0]])
    a = Network((nnlec.Dense(weights, np.ones(3), activation("tanh"), "only"),))
    for other in (weights[:, order], weights[order]):
        b = Network((nnlec.Dense(other, np.array([0.0, 4.0, 1.0]), activation("relu"), "only"),))
        found = compare(a, b, rows_for(a)).difference
        assert found is not None
        assert not any("order" in cause for cause in found.causes)


@pytest.mark.filterwarnings("error")
def test_numbers_that_overflow_are_compared_without_warnings() -> None:
    a, b, c = (
        Network((nnlec.Dense(np.array([weights]), None, activation("identity"), "only"),))
        for weights in ((1e308, -1.0), (1e307, -1.0), (1e308, -1.5))
    )
    rows = np.array([[10.0], [1000.0], [-1.0]])
    assert compare(a, a, rows).difference is None
    for other, worst, wrong in ((b, (1, 1), 2), (c, (2, 2), 2)):
        found = compare(a, other, rows).difference
        assert found is not None
        assert found.causes[0].startswith("1 number of 2 in its weights differ, first at (1, ")
        assert (found.worst, found.wrong) == (worst, wrong)
    assert compare_numbers(a, {"sums": np.ones((3, 2))}, rows).difference is not None


@pytest.mark.parametrize("fault", planted.FAULTS)
def test_the_cause_of_planted_faults_is_named(fault: str) -> None:
    assert any(planted.is_named(fault, seed) for seed in range(3))


@pytest.mark.slow
@pytest.mark.parametrize("fault", planted.FAULTS)
def test_the_cause_of_eight_in_ten_faults_is_named(fault: str) -> None:
    assert sum(planted.is_named(fault, seed) for seed in range(30)) >= 24


def test_what_one_side_folded_away_is_no_difference() -> None:
    from nnlec.models.folding import folded

    for make in (dense_network, scaled_network, maps_network):
        network = make()
        fewer = folded(network)
        for a, b in ((network, fewer), (fewer, network)):
            assert compare(a, b, rows_for(a)).difference is None
    assert [each.kind for each in folded(scaled_network()).layers] == ["dense", "dense"]
    assert [each.kind for each in folded(maps_network()).layers] == ["conv", "average_pool", "flatten", "dense"]


def numbered(*shape: int) -> Any:
    return np.sin(1.0 + np.arange(np.prod(shape))).reshape(shape)


def norm(*shape: int, chosen: str = "identity") -> Any:
    given = {"mean": [0.5, -1.0], "variance": [3.0, 0.5], "scale": [2.0, -1.0], "shift": [0.25, 4.0]}
    return layer("batch_norm", shape, chosen, epsilon=1.0, **given)


def conv(*kernel: int, chosen: str = "identity", of: tuple[int, ...] = (2, 4, 4), **given: Any) -> Any:
    return layer("conv", of, chosen, weights=numbered(2, *kernel), **given)


def square(chosen: str = "identity", *, bias: bool = False) -> Any:
    return nnlec.Dense(numbered(2, 2), numbered(2) if bias else None, activation(chosen), "dense")


SCALE = layer("scale", (2,), subtract=[1.0, 2.0], divide=[4.0, 0.5], multiply=[3.0, -1.0], add=[0.5, 7.0])
DROPOUT = layer("dropout", (2,), rate=0.5)
TWICE = ((0,), (1,), (2,), (2, 3))
FOLDS: dict[str, tuple[Network, list[str]]] = {
    "a norm before a convolution": (Network((norm(2, 4, 4), conv(2, 3, 2))), ["conv"]),
    "a norm before one over one axis": (Network((norm(2, 4), conv(2, 3, of=(2, 4), bias=[1.0, 2.0]))), ["conv"]),
    "a norm before one with a padding": (Network((norm(2, 4, 4), conv(2, 3, 3, padding=1))), ["batch_norm", "conv"]),
    "a norm before one of groups": (Network((norm(2, 4, 4), conv(1, 2, 2, groups=2))), ["batch_norm", "conv"]),
    "a norm behind one of groups": (Network((conv(1, 2, 2, groups=2), norm(2, 3, 3))), ["conv"]),
    "a norm and its relu behind a convolution": (Network((conv(2, 4, 4), norm(2, 1, 1, chosen="relu"))), ["conv relu"]),
    "a norm behind a relu": (Network((conv(2, 3, 3, chosen="relu"), norm(2, 2, 2))), ["conv relu", "batch_norm"]),
    "a norm between two": (Network((conv(2, 2, 2), norm(2, 3, 3), conv(2, 3, 3, of=(2, 3, 3)))), ["conv", "conv"]),
    "a scaling before weights": (Network((SCALE, square())), ["dense"]),
    "a scaling before weights and a bias": (Network((SCALE, square("tanh", bias=True))), ["dense tanh"]),
    "a scaling behind weights": (Network((square(), SCALE)), ["dense"]),
    "a scaling behind weights and a bias": (Network((square(bias=True), SCALE)), ["dense"]),
    "a scaling of one of two": (Network((square(), layer("scale", (2,), multiply=[1.0, 3.0]))), ["dense"]),
    "a shift of one of two": (Network((square(), layer("scale", (2,), add=[0.0, 3.0]))), ["dense"]),
    "a scaling that does nothing": (Network((square("relu"), layer("scale", (2,), add=[0.0, 0.0]))), ["dense relu"]),
    "a scaling by itself": (Network((SCALE,)), ["scale"]),
    "a scaling that is taken twice": (
        Network(
            (square("relu"), SCALE, square(), LAYERS["add"].build({}, ((2,), (2,)), activation("identity"), "sum")),
            sources=TWICE,
        ),
        ["dense relu", "scale", "dense", "add"],
    ),
    "weights that are taken twice": (
        Network(
            (square("relu"), square(), SCALE, LAYERS["add"].build({}, ((2,), (2,)), activation("identity"), "sum")),
            sources=TWICE,
        ),
        ["dense relu", "dense", "scale", "add"],
    ),
    "a dropout first, between and last": (
        Network((DROPOUT, square("relu"), DROPOUT, square(), DROPOUT)),
        ["dense relu", "dense"],
    ),
    "a dropout by itself": (Network((DROPOUT,)), ["dropout"]),
}


@pytest.mark.parametrize("name", FOLDS)
def test_affine_layers_become_part_of_the_weights_beside_them_alone(name: str) -> None:
    from nnlec.models.folding import folded

    network, kept = FOLDS[name]
    fewer = folded(network)
    shown = [f"{each.kind} {each.activation.name}".removesuffix(" identity") for each in fewer.layers]
    assert shown == kept
    np.testing.assert_allclose(fewer.forward(rows_for(network)), network.forward(rows_for(network)), rtol=1e-12)


def test_numbers_of_another_program_are_paired_by_value() -> None:
    network = dense_network()
    rows = rows_for(network)
    traced = network.trace(rows).layers
    arrays: dict[str, Any] = {"second": traced[1].output, "out": traced[2].output.astype(np.float32)}
    assert compare_numbers(network, arrays, rows).difference is None
    found = compare_numbers(network, {"h1": traced[0].output, "out": traced[2].output[::-1]}, rows)
    assert found.difference is not None
    assert (found.difference.layer, found.candidate) == (2, "")


DUMPS: dict[str, tuple[Callable[[Any], dict[str, Any]], int, str, tuple[str, ...]]] = {
    "another activation": (
        lambda traced: {"layer_1": np.tanh(traced[0].pre_activation), "out": traced[2].output * 2},
        1,
        "those of the activation tanh",
        ("out",),
    ),
    "logits": (
        lambda traced: {"scores": traced[2].pre_activation},
        3,
        "B's scores is what comes before A's activation (softmax)",
        (),
    ),
    "something else too": (
        lambda traced: {"junk": np.ones((16, 7)), "layer_1": traced[0].output + 1},
        1,
        "",
        ("junk",),
    ),
}


@pytest.mark.parametrize("dump", DUMPS)
def test_numbers_of_another_program_that_differ_say_where_and_why(dump: str) -> None:
    make, number, cause, unused = DUMPS[dump]
    network = dense_network()
    rows = rows_for(network)
    found = compare_numbers(network, make(network.trace(rows).layers), rows)
    assert found.difference is not None
    assert (found.difference.layer, found.unused) == (number, unused)
    assert any(cause in said for said in found.difference.causes) or not cause


@pytest.mark.parametrize("fault", ["dense: of another size", "dense: last is missing", "dense: one more"])
def test_where_sizes_differ_no_number_stands_beside_another(fault: str) -> None:
    network = dense_network()
    found = compare(network, FAULTS[fault][2](network), rows_for(network))
    assert_no_numbers(differences_record(found, network, found.networks[1], "16 rows"))


def test_an_array_that_is_like_nothing_has_no_number_beside_it() -> None:
    network = dense_network()
    found = compare_numbers(network, {"junk": np.ones((16, 9))}, rows_for(network))
    assert_no_numbers(differences_record(found, network, None, "16 rows"))


def assert_no_numbers(record: dict[str, Any]) -> None:
    shown = {key: record["difference"][key] for key in ("given_the_same", "worst", "a", "b", "wrong", "of")}
    assert shown == {"given_the_same": False, "worst": [0, 0], "a": None, "b": None, "wrong": 0, "of": 0}


def test_networks_of_other_inputs_cannot_be_compared() -> None:
    with pytest.raises(NnlecError, match=r"A takes 6 numbers, but B takes 4"):
        compare(dense_network(), scaled_network(), rows_for(dense_network()))


def test_the_command_says_it_in_few_lines_and_in_json(tmp_path: Path) -> None:
    from nnlec.models.writers import written

    network = dense_network()
    for name, each in (("a", network), ("b", FAULTS["dense: transposed"][2](network))):
        (tmp_path / f"{name}.yaml").write_bytes(written(each, "yaml").content)
    shown = run(f"nnlec compare {tmp_path}/a.yaml {tmp_path}/b.yaml")
    assert shown.code == 1
    assert "because: B's weights are the transpose of A's" in shown.stdout
    assert len(shown.stdout.splitlines()) < 40
    record = json.loads(run(f"nnlec compare {tmp_path}/a.yaml {tmp_path}/b.yaml -f json").stdout)
    assert (record["same"], record["difference"]["causes"]) == (False, ["B's weights are the transpose of A's"])
    assert run(f"nnlec compare {tmp_path}/a.yaml {tmp_path}/a.yaml").code == 0
    assert run(f"nnlec compare {tmp_path}/a.yaml {tmp_path}/none.yaml").code == 2
