"""`nnlec convert`: what is written is read again as the same network, by us and by the libraries of each format."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import nnlec
from nnlec import Dense, Network, NnlecError, load_network, save_network
from nnlec.errors import NnlecWarning
from nnlec.grading.differences import compare
from nnlec.models.folding import folded
from nnlec.models.state import read_state
from nnlec.models.writers import written
from nnlec.network.activations import ACTIVATIONS, activation
from nnlec.network.layers import LAYERS
from tests.graphs import chained
from tests.test_compare_networks import maps_network, scaled_network
from tests.test_every_kind import network_file
from tests.transcripts import run, workplace

TRAINED = Path(__file__).parent / "trained"
CONFIGS = sorted((Path(__file__).parent.parent / "configs").glob("*.yaml"))
NETWORKS: dict[str, Any] = {
    **{path.stem: lambda path=path: load_network(path) for path in CONFIGS},
    **{
        name: lambda name=name: load_network(TRAINED / f"{name}.joblib")
        for name in ("multi", "binary", "columns", "labels")
    },
    "maps": maps_network,
    "scaled": scaled_network,
}


def rows_for(network: Network) -> Any:
    return np.random.default_rng(5).normal(size=(6, network.n_in))


def facts(network: Network) -> tuple[Any, ...]:
    return (network.inputs, network.classes, network.outputs, network.kind, network.loss, network.unit, network.dtype)


@pytest.mark.parametrize("suffix", ["yaml", "json"])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_file_says_everything(name: str, suffix: str, tmp_path: Path) -> None:
    network = NETWORKS[name]()
    assert save_network(network, tmp_path / f"net.{suffix}") == ()
    again = load_network(tmp_path / f"net.{suffix}")
    np.testing.assert_array_equal(again.forward(rows_for(network)), network.forward(rows_for(network)))
    assert facts(again) == facts(network)
    assert (tmp_path / "net.safetensors").exists() == (network.parameters > 2000)


def test_exported_models_become_network_files_and_models_again(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="onnx is in the test extra")
    for path in sorted(TRAINED.glob("*.script.onnx")):
        network = load_network(path)
        for suffix in ("yaml", "onnx"):
            save_network(network, tmp_path / f"net.{suffix}")
            again = load_network(tmp_path / f"net.{suffix}")
            x = rows_for(network)
            np.testing.assert_allclose(again.forward(x), network.forward(x), rtol=1e-6, atol=1e-6, err_msg=path.name)


@pytest.mark.parametrize("name", NETWORKS)
def test_an_onnx_model_is_valid_the_same_each_time_and_says_the_names(name: str, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="onnx is in the test extra")
    network = NETWORKS[name]()
    notes = save_network(network, tmp_path / "net.onnx")
    content = (tmp_path / "net.onnx").read_bytes()
    assert content == written(network, "onnx").content
    model = onnx.load(tmp_path / "net.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert (model.ir_version, model.opset_import[0].version) == (8, 17)
    assert not any(word in content for word in (b"/tmp", b"/work", b"/home"))
    again = load_network(tmp_path / "net.onnx")
    assert facts(again)[:4] == facts(network)[:4]
    rounded = any(
        (array != array.astype(np.float32)).any() for layer in network.layers for array in layer.arrays.values()
    )
    assert bool(notes) == rounded


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_every_activation_is_written_as_onnx_and_read_again(name: str) -> None:
    onnx = pytest.importorskip("onnx", reason="onnx is in the test extra")
    from onnx.reference import ReferenceEvaluator

    layer = nnlec.Dense(
        np.array([[1.0, 0.5, -1.0], [-0.5, 2.0, 0.25]]), np.array([0.125, -1.0, 0.5]), activation(name), "layer 1"
    )
    network = Network((layer,))
    if name == "step":
        network = Network((nnlec.Dense(layer.weights, layer.bias, activation("step", {"at_zero": 0.0}), "layer 1"),))
    content = written(network, "onnx").content
    x = (np.arange(-12, 12, dtype=np.float32) / 4).reshape(-1, 2)
    outputs: Any = ReferenceEvaluator(onnx.load_model_from_string(content)).run(None, {"input": x})
    np.testing.assert_allclose(outputs[0], network.forward(x), rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("at_zero", [0.0, 0.5, 1.0])
def test_a_step_has_its_value_at_zero_in_onnx(at_zero: float) -> None:
    onnx = pytest.importorskip("onnx", reason="onnx is in the test extra")
    from onnx.reference import ReferenceEvaluator

    layer = nnlec.Dense(np.ones((1, 1)), None, activation("step", {"at_zero": at_zero}))
    content = written(Network((layer,)), "onnx").content
    x = np.array([[-2.0], [0.0], [3.0]], dtype=np.float32)
    outputs: Any = ReferenceEvaluator(onnx.load_model_from_string(content)).run(None, {"input": x})
    assert outputs[0].tolist() == [[0.0], [at_zero], [1.0]]


def test_a_step_of_another_value_at_zero_is_not_written_as_onnx() -> None:
    layer = nnlec.Dense(np.ones((1, 1)), None, activation("step", {"at_zero": 0.25}))
    with pytest.raises(NnlecError, match=r"a step that is 0\.25 at 0"):
        written(Network((layer,)), "onnx")


def test_weights_are_written_as_pytorch_has_them(tmp_path: Path) -> None:
    safetensors = pytest.importorskip("safetensors.numpy", reason="safetensors is not in the test extra")
    network = load_network(CONFIGS[0].with_name("lecture.yaml"))
    save_network(network, tmp_path / "w.safetensors")
    assert int.from_bytes((tmp_path / "w.safetensors").read_bytes()[:8], "little") % 8 == 0  # its numbers are aligned
    state = safetensors.load_file(tmp_path / "w.safetensors")
    first: Any = network.layers[0]
    np.testing.assert_array_equal(state[f"{first.name}.weight"].T, first.weights)


@pytest.mark.parametrize("suffix", ["safetensors", "npz"])
def test_weights_alone_come_back_as_they_were(suffix: str, tmp_path: Path) -> None:
    network = load_network(CONFIGS[0].with_name("lecture.yaml"))
    notes = save_network(network, tmp_path / f"w.{suffix}")
    assert "does not say which layers" in notes[0]
    again = chained(read_state(tmp_path / f"w.{suffix}"))
    for mine, theirs in zip(network.layers, again.layers, strict=True):
        for key, array in mine.arrays.items():
            np.testing.assert_array_equal(theirs.arrays[key], array)


def test_a_program_tests_itself(tmp_path: Path) -> None:
    """Those of all networks, in one process that loads numpy once."""
    programs = []
    for number, make in enumerate(NETWORKS.values()):
        network, path = make(), tmp_path / f"net{number}.py"
        if any(layer.kind in ("conv", "max_pool", "average_pool") for layer in network.layers):
            with pytest.raises(NnlecError, match=r"a program has no line for the layer"):
                save_network(network, path)
        else:
            save_network(network, path)
            programs.append(path.name)
    script = (
        "import runpy, sys\nfor name in sys.argv[1:]:\n    print(name)\n    runpy.run_path(name, run_name='__main__')"
    )
    command = [sys.executable, "-c", script, *programs]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert len(programs) > 10
    for name in programs:
        assert f"{name}\nthe same as nnlec:" in ran.stdout, ran.stdout


def test_what_a_program_cannot_say_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NnlecError, match=r"a program has no line for the layer conv \(conv\)"):
        save_network(maps_network(), tmp_path / "net.py")
    assert not list(tmp_path.iterdir())


def test_weights_alone_become_a_network_file_to_complete(tmp_path: Path) -> None:
    for name in ("dense.pt", "dense_old.pth", "checkpoint.ckpt", "dense.safetensors", "dense_state.npz"):
        ran = run(f"nnlec convert {TRAINED / name} -o {tmp_path}/net.yaml")
        assert (ran.code, "each activation is ?" in ran.stderr) == (0, True), ran.stderr
        text = (tmp_path / "net.yaml").read_text()
        assert text.count('activation: "?"') == 2
        refused = run(f"nnlec show {tmp_path}/net.yaml")
        assert "layers[0].activation: the activation of this layer is not known" in refused.stderr
        (tmp_path / "net.yaml").write_text(text.replace(': "?"', ": relu", 1).replace(': "?"', ": softmax", 1))
        expected = np.load(TRAINED / "torch.npz")
        network = load_network(tmp_path / "net.yaml")
        assert [layer.name for layer in network.layers] == ["hidden", "out"]
        assert network.forward(expected["dense.x"]).shape == expected["dense.y"].shape
    onnx = run(f"nnlec convert {TRAINED / 'dense.pt'} -o {tmp_path}/net.onnx")
    assert "weights alone have no activations, and onnx cannot leave them open" in onnx.stderr


def test_a_number_written_for_single_precision_is_read_as_one(tmp_path: Path) -> None:
    text = "dtype: float32\nlayers:\n  - {weights: [[0.1, 0.2]], bias: [0.3, 1e-3], activation: identity}\n"
    (tmp_path / "net.yaml").write_text(text)
    network = load_network(tmp_path / "net.yaml")
    layer: Any = network.layers[0]
    assert layer.weights.tolist() == [[float(np.float32(0.1)), float(np.float32(0.2))]]
    save_network(network, tmp_path / "again.yaml")
    assert "[0.1, 0.2]" in (tmp_path / "again.yaml").read_text()
    assert load_network(tmp_path / "again.yaml").layers[0].arrays["bias"].tolist() == layer.bias.tolist()


def test_folding_changes_rounding_alone() -> None:
    for make in (maps_network, scaled_network):
        network = make()
        x = rows_for(network)
        np.testing.assert_allclose(folded(network).forward(x), network.forward(x), rtol=1e-10, atol=1e-12)
        assert len(folded(network).layers) < len(network.layers)


def test_a_norm_behind_a_relu_and_before_a_padded_convolution_stays() -> None:
    from tests.test_compare_networks import layer

    norm: dict[str, Any] = {"mean": [1.5], "variance": [0.25], "epsilon": 0.0}
    behind = Network((nnlec.Dense(np.array([[1.0]]), None, activation("relu"), "a"), layer("batch_norm", (1,), **norm)))
    assert folded(behind).forward([[1.0], [-1.0]]).tolist() == [[-1.0], [-3.0]]
    kernel = layer("conv", (1, 2), weights=[[[1.0, 1.0, 1.0]]], padding=1)
    before = Network((layer("batch_norm", (1, 2), **norm), kernel))
    assert folded(before).forward([[5.0, 5.0]]).tolist() == [[14.0, 14.0]]


def test_many_weights_stand_in_a_file_beside() -> None:
    with workplace():
        ran = run("nnlec convert configs/digits.yaml -o digits.yaml && nnlec compare configs/digits.yaml digits.yaml")
        assert ran.code == 0, ran.stderr
        names = yaml.safe_load(Path("digits.yaml").read_text())["layers"][0]["weights"]
        assert names["file"] == "digits.safetensors"


def test_an_unknown_suffix_is_an_error_and_nothing_is_written() -> None:
    with workplace():
        ran = run("nnlec convert configs/lecture.yaml -o net.txt")
        assert ran.code == 2
        assert "no format is known by this suffix, expected .yaml, .json, .onnx" in ran.stderr
        assert not Path("net.txt").exists()
        shown = run("nnlec convert configs/lecture.yaml -o -")
        assert yaml.safe_load(shown.stdout)["layers"]


@pytest.mark.parametrize("kind", LAYERS)
def test_every_kind_of_layer_is_written_and_read_again(kind: str, tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="onnx is in the test extra")
    network = load_network(network_file(LAYERS[kind], tmp_path))
    x = rows_for(network)
    for suffix in ("yaml", "json", "onnx"):
        save_network(network, tmp_path / f"again.{suffix}")
        again = load_network(tmp_path / f"again.{suffix}")
        np.testing.assert_allclose(again.forward(x), network.forward(x), rtol=1e-6, atol=1e-6)
        assert compare(network, again, x).difference is None


def test_many_weights_as_text_are_advised_a_weight_file(tmp_path: Path) -> None:
    row = "[" + ", ".join(["0.5"] * 400) + "]"
    (tmp_path / "net.yaml").write_text("layers:\n- weights:\n" + f"  - {row}\n" * 300 + "  activation: relu\n")
    with pytest.warns(
        NnlecWarning, match=r"net\.yaml: 120,000 weights as text .*`nnlec convert NETWORK -o FILE\.yaml`"
    ) as warned:
        network = load_network(tmp_path / "net.yaml")
    assert warned[0].filename == __file__  # the line of the reader's own program
    save_network(network, tmp_path / "small.yaml")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = load_network(tmp_path / "small.yaml")
    assert (again.layers[0].arrays["weights"] == network.layers[0].arrays["weights"]).all()


@pytest.mark.parametrize("suffix", ["yaml", "json", "onnx"])
def test_layers_without_names_keep_their_weights(suffix: str, tmp_path: Path) -> None:
    wide = np.arange(40_000.0).reshape(200, 200)  # so many stand in a file beside a network file
    network = Network((Dense(wide, None, activation("relu")), Dense(-wide.T[:, :3])))
    save_network(network, tmp_path / f"net.{suffix}")
    again = load_network(tmp_path / f"net.{suffix}")
    assert [layer.arrays["weights"].tolist() for layer in again.layers] == [wide.tolist(), (-wide.T[:, :3]).tolist()]


def test_two_layers_of_one_name_are_not_written_over_each_other(tmp_path: Path) -> None:
    network = Network((Dense(np.array([[1.0]]), name="a"), Dense(np.array([[2.0]]), name="a")))
    with pytest.raises(NnlecError, match="two layers are named 'a'"):
        save_network(network, tmp_path / "net.safetensors")
    assert not list(tmp_path.iterdir())
