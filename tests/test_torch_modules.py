"""PyTorch modules in memory: what `from_torch` makes of them gives what they give, or they are refused by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnlec
from nnlec import NnlecError
from tests.transcripts import run

torch = pytest.importorskip("torch", reason="PyTorch is large: these run where it is installed")
import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

Shape = tuple[int, ...]


class Forward(nn.Module):  # type: ignore[misc]
    """A module with some layers and a forward of its own."""

    def __init__(self, forward: Callable[[Any, Any], Any], **layers: Any) -> None:
        super().__init__()
        for name, layer in layers.items():
            setattr(self, name, layer)
        self.chosen = forward

    def forward(self, x: Any) -> Any:
        return self.chosen(self, x)


def own(forward: Callable[[Any, Any], Any], **layers: Any) -> Any:
    return Forward(forward, **layers)


def learned(module: Any) -> Any:
    """The module in evaluation mode, its norms with numbers as after training."""
    for each in module.modules():
        if isinstance(each, nn.modules.batchnorm._BatchNorm) and each.running_mean is not None:
            each.running_mean.uniform_(-1, 1)
            each.running_var.uniform_(0.5, 2)
            if each.affine:
                nn.init.uniform_(each.weight, 0.5, 2)
                nn.init.uniform_(each.bias, -1, 1)
    return module.eval()


Linear, Conv2d = nn.Linear, nn.Conv2d
ACTIVATIONS: dict[str, Any] = {
    **{
        name: getattr(nn, name)()
        for name in (
            "ReLU", "ReLU6", "Hardtanh", "LeakyReLU", "RReLU", "PReLU", "ELU", "CELU", "SELU", "Sigmoid", "Tanh",
            "LogSigmoid", "Softplus", "Softsign", "GELU", "SiLU", "Mish", "Hardswish", "Hardsigmoid", "Tanhshrink",
            "Softshrink", "Hardshrink", "Identity",
        )
    },
    "slope": nn.LeakyReLU(0.3),
    "elu 0.7": nn.ELU(0.7),
    "celu 0.6": nn.CELU(0.6),
    "gelu by tanh": nn.GELU("tanh"),
    "softplus 2": nn.Softplus(2.0),
    "bounds": nn.Hardtanh(-0.5, 2.0),
    "threshold": nn.Threshold(0.3, 0.0),
    "a slope for each": nn.PReLU(4),
    "softmax": nn.Softmax(dim=1),
    "softmax of the last": nn.Softmax(dim=-1),
    "log_softmax": nn.LogSoftmax(dim=1),
    "spelled out": own(lambda _, x: x * torch.sigmoid(x)),
    "spelled out gelu": own(lambda _, x: 0.5 * x * (1 + torch.erf(x / 2**0.5))),
    "where": own(lambda _, x: torch.where(x > 0, x, 0.1 * x)),
    "a mask": own(lambda _, x: x * (x > 0).float()),
    "clamp": own(lambda _, x: x.clamp(min=0)),
    "one minus": own(lambda _, x: 1 - torch.tanh(x)),
    "a square": own(lambda _, x: x**2),
    "several": own(lambda _, x: F.softplus(F.relu(x) - 1) / 2 + 3),
    "functions": own(lambda _, x: F.leaky_relu(F.elu(x, 0.5), negative_slope=0.2)),
}  # fmt: skip


def norm_of_channels(module: Any, x: Any) -> Any:
    """As modules have it that take channels first."""
    centred = x - x.mean(1, keepdim=True)
    return centred / torch.sqrt(centred.pow(2).mean(1, keepdim=True) + 1e-3) * module.w[:, None, None]


NETWORKS: dict[str, tuple[Callable[[], Any], Shape | None]] = {
    "rows": (lambda: nn.Sequential(Linear(3, 4), nn.ReLU(), nn.Dropout(0.2), Linear(4, 2)), None),
    "norms": (
        lambda: nn.Sequential(
            Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.BatchNorm1d(4, affine=False), nn.LayerNorm(4),
            nn.LayerNorm(4, elementwise_affine=False), Linear(4, 2, bias=False),
        ),
        None,
    ),
    "one layer": (lambda: Linear(3, 2), None),
    "one norm": (lambda: nn.BatchNorm1d(3), None),
    "nested": (lambda: nn.Sequential(nn.Sequential(Linear(3, 4), nn.Tanh()), nn.Sequential(Linear(4, 1))), None),
    "maps": (
        lambda: nn.Sequential(
            Conv2d(1, 4, 3, stride=(2, 1), padding=(1, 2)), nn.BatchNorm2d(4), nn.ReLU(inplace=True),
            nn.MaxPool2d(2, ceil_mode=True), Conv2d(4, 6, 2, groups=2, dilation=2, padding="same"), nn.GELU(),
            nn.AvgPool2d(2, 1, padding=1), nn.Flatten(), nn.LazyLinear(5), nn.LogSoftmax(1),
        ),
        (1, 9, 8),
    ),
    "lines": (
        lambda: nn.Sequential(nn.Conv1d(2, 3, 3), nn.PReLU(3), nn.AdaptiveAvgPool1d(1), nn.Flatten(), Linear(3, 2)),
        (2, 9),
    ),
    "volumes": (
        lambda: nn.Sequential(nn.Conv3d(1, 2, 2), nn.MaxPool3d(2), nn.Flatten(), nn.LazyLinear(2)), (1, 5, 5, 5)
    ),
    "windows of one size": (lambda: nn.Sequential(nn.AdaptiveAvgPool2d((2, 3)), nn.AdaptiveMaxPool2d(1)), (2, 4, 6)),
    "maps normalised": (lambda: nn.Sequential(nn.LayerNorm([2, 3, 3]), nn.LayerNorm(3)), (2, 3, 3)),
    "a norm of the channels, written out": (
        lambda: own(norm_of_channels, w=nn.Parameter(torch.rand(2) + 0.5)), (2, 3, 3)
    ),
    "each map times a gate made of its mean": (
        lambda: own(lambda _, x: x * torch.sigmoid(x.mean((2, 3), keepdim=True))), (2, 3, 3)
    ),
    "less the mean of the row": (lambda: own(lambda m, x: m.a(x) - x.mean(-1, keepdim=True), a=Linear(3, 2)), None),
    "a residual block with activations in place": (
        lambda: own(lambda m, x: F.relu(m.b(m.r(m.a(x))) + x, inplace=True), a=Conv2d(2, 2, 3, padding=1),
                    r=nn.ReLU(inplace=True), b=nn.BatchNorm2d(2)),
        (2, 3, 3),
    ),
    "two weights over the last axis": (
        lambda: nn.Sequential(Linear(4, 5), nn.GELU(), Linear(5, 4, bias=False), nn.Flatten(), Linear(12, 2)), (3, 4)
    ),
    "channels last and back": (
        lambda: own(lambda m, x: m.b(m.n(m.a(x).permute(0, 2, 3, 1))).permute(0, 3, 1, 2) + x, a=Conv2d(2, 2, 1),
                    n=nn.LayerNorm(2), b=Linear(2, 2)),
        (2, 3, 4),
    ),
    "joined with nothing": (lambda: own(lambda m, x: torch.cat([m.a(x)], 1), a=Linear(3, 2)), None),
    "unflattened": (lambda: nn.Sequential(nn.Unflatten(1, (2, 2, 2)), Conv2d(2, 3, 2)), (8,)),
    "residual": (lambda: own(lambda m, x: m.b(torch.relu(m.a(x)) + x), a=Linear(3, 3), b=Linear(3, 2)), None),
    "joined": (
        lambda: own(lambda m, x: m.c(torch.cat([m.a(x), F.relu(m.b(x))], dim=1)), a=Linear(3, 2), b=Linear(3, 4),
                    c=Linear(6, 2)),
        None,
    ),
    "gates": (
        lambda: own(lambda m, x: torch.sigmoid(m.a(x)) * torch.tanh(m.b(x)), a=Linear(3, 2), b=Linear(3, 2)), None
    ),
    "own weights": (
        lambda: own(lambda m, x: x @ m.w * m.s.exp() - m.b, w=nn.Parameter(torch.randn(3, 2)),
                    s=nn.Parameter(torch.randn(2)), b=nn.Parameter(torch.randn(2))),
        (3,),
    ),
    "functions of weights": (
        lambda: own(lambda m, x: F.linear(F.layer_norm(x, (3,)), m.a.weight, m.a.bias), a=Linear(3, 2)), None
    ),
    "view": (
        lambda: own(lambda m, x: m.f(F.max_pool2d(F.relu(m.c(x)), 2).view(x.size(0), -1)), c=Conv2d(1, 2, 3),
                    f=Linear(8, 3)),
        (1, 6, 6),
    ),
    "the shape of what comes": (
        lambda: own(lambda m, x: m.f(m.c(x).reshape(x.shape[0], m.n * 2)), c=Conv2d(1, 2, 3), f=Linear(8, 3), n=4),
        (1, 4, 4),
    ),
    "the mean of maps": (
        lambda: own(lambda m, x: m.f(m.c(x).mean((2, 3))), c=Conv2d(1, 2, 3), f=Linear(2, 3)), (1, 4, 4)
    ),
    "axes moved": (
        lambda: own(lambda m, x: m.f(m.c(x).permute(0, 2, 3, 1).flatten(1)), c=Conv2d(1, 2, 3), f=Linear(8, 3)),
        (1, 4, 4),
    ),
    "one axis more and less": (
        lambda: own(lambda m, x: m.c(x.unsqueeze(1)).squeeze(2).amax(dim=2, keepdim=True), c=Conv2d(1, 2, (3, 2))),
        (3, 4),
    ),
}  # fmt: skip


def check(module: Any, shape: Shape | None, given: Shape) -> None:
    """from_torch gives what the module gives, both in double precision."""
    torch.manual_seed(0)
    x = torch.randn(5, *given) * 2
    module(x)  # lazy layers learn their sizes
    learned(module)
    with torch.no_grad():
        y = module.double()(x.double()).numpy()
    found = nnlec.from_torch(module, shape).forward(x.double().numpy().reshape(5, -1))
    np.testing.assert_allclose(found, y.reshape(5, -1), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_gives_what_it_gives(name: str) -> None:
    check(nn.Sequential(Linear(2, 4), ACTIVATIONS[name]), None, (2,))


@pytest.mark.parametrize("name", NETWORKS)
def test_a_module_gives_what_it_gives(name: str) -> None:
    make, shape = NETWORKS[name]
    torch.manual_seed(1)
    check(make(), shape, shape or (3,))


def changed_in_place(m: Any, x: Any) -> Any:
    y = m.a(x)
    return F.relu(y, inplace=True) + y


def dropped_and_changed(m: Any, x: Any) -> Any:
    """Dropout of a trained module gives the numbers it takes, not new ones."""
    y = m.a(x)
    return F.relu(m.d(y), inplace=True) + y


def relu(x: Any) -> Any:
    """A function of somebody's own, whatever its name."""
    return x * 2


REFUSED: dict[str, tuple[Callable[[], Any], Shape | None]] = {
    r"rnn \(LSTM\): recurrent layers are not read": (lambda: own(lambda m, x: m.rnn(x)[0], rnn=nn.LSTM(3, 2)), (4, 3)),
    r"0 \(GroupNorm\): no layer does what this module does": (lambda: nn.Sequential(nn.GroupNorm(1, 2)), (2, 3, 3)),
    r"0 \(Embedding\): a look-up": (lambda: nn.Sequential(nn.Embedding(3, 2)), (4,)),
    r"1 \(BatchNorm1d\): it normalises by the rows": (
        lambda: nn.Sequential(Linear(3, 2), nn.BatchNorm1d(2, track_running_stats=False)), None
    ),
    r"its forward cannot be followed": (lambda: own(lambda _, x: x if x.sum() > 0 else -x), (3,)),
    r"1 \(Linear\): it does more than its class says": (lambda: hooked(), None),
    r"\(ParametrizedLinear\): no layer does": (
        lambda: nn.Sequential(nn.utils.parametrizations.weight_norm(Linear(3, 2))), (3,)
    ),
    r"^GRU: recurrent layers are not read": (lambda: nn.GRU(3, 2), None),
    r"the shape of one example is not known": (lambda: nn.Sequential(Conv2d(1, 2, 3)), None),
    r"it changes in place what is taken elsewhere": (lambda: own(changed_in_place, a=Linear(3, 3)), None),
    r"d\w* \(\w+\): it changes in place|relu \(relu\): it changes in place": (
        lambda: own(dropped_and_changed, a=Linear(3, 3), d=nn.Dropout(0.2)), None
    ),
    r"relu \(relu\): no layer does what this does": (
        lambda: own(lambda _, x: relu(x) if not isinstance(x, torch.fx.Proxy) else x.tracer.create_proxy(
            "call_function", relu, (x,), {}), ), (3,)
    ),
    r"softmax \(softmax\): rows meet each other": (lambda: own(lambda _, x: x.softmax(0)), (3,)),
    r"it runs over one axis of a map": (lambda: nn.Sequential(nn.Softmax(1)), (3, 2)),
    r"it gives 2 values, expected one": (lambda: own(lambda _, x: (x, -x)), (3,)),
    r"getitem \(getitem\): no layer does what this does": (lambda: own(lambda _, x: x[:, 0]), (3,)),
    r"it takes \[3\], but \[5\] comes in": (lambda: nn.Sequential(Linear(3, 2)), (5,)),
    r"it makes something for each row": (
        lambda: own(lambda m, x: x + torch.mul(m.w, x.size(0)), w=torch.ones(3)), (3,)
    ),
    r"padding by something else than zeros": (lambda: Conv2d(1, 1, 3, padding=1, padding_mode="circular"), (1, 4, 4)),
    r"no layer does what this module does": (lambda: nn.ConvTranspose2d(1, 1, 3), (1, 4, 4)),
}  # fmt: skip


def hooked() -> Any:
    module = nn.Sequential(nn.ReLU(), Linear(3, 2))
    module[1].register_forward_hook(lambda _module, _given, out: out + 1)
    return module


@pytest.mark.parametrize("reason", REFUSED)
def test_what_no_layer_does_is_refused_in_one_sentence(reason: str) -> None:
    make, shape = REFUSED[reason]
    with pytest.raises(NnlecError, match=reason) as caught:
        nnlec.from_torch(make().eval(), shape)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("layer", [nn.BatchNorm1d(2), nn.Dropout(0.1), nn.RReLU()])
def test_a_network_that_still_learns_is_refused(layer: Any) -> None:
    with pytest.raises(NnlecError, match=r"as while a network learns \(module.eval\(\) first\)"):
        nnlec.from_torch(nn.Sequential(Linear(3, 2), layer).train())
    assert nnlec.from_torch(nn.Sequential(Linear(3, 2), nn.ReLU()).train()).n_out == 2


def test_names_and_precision_are_those_of_the_module() -> None:
    module = own(lambda m, x: m.output(torch.relu(m.hidden(x))), hidden=Linear(3, 4), output=Linear(4, 2)).eval()
    network = nnlec.from_torch(module)
    assert ([layer.name for layer in network.layers], network.dtype) == (["hidden", "output"], "float32")
    assert nnlec.from_torch(module.double()).dtype == "float64"


def test_the_module_is_left_as_it_was() -> None:
    module = nn.Sequential(Linear(3, 2), nn.ReLU())
    before = {key: value.clone() for key, value in module.state_dict().items()}
    nnlec.from_torch(module)
    assert module.training
    assert all(torch.equal(value, before[key]) for key, value in module.state_dict().items())
    assert all(each.requires_grad for each in module.parameters())


def test_half_precision_is_read() -> None:
    module = nn.Sequential(Linear(3, 2), nn.ReLU()).eval()
    for kind in (torch.bfloat16, torch.float16):
        weights = nnlec.from_torch(module.to(kind)).layers[0].arrays["weights"]
        np.testing.assert_array_equal(weights.T, module[0].weight.detach().double().numpy())


def test_a_module_within_another_is_taken_out() -> None:
    module = nn.Sequential(Linear(3, 2), nn.ReLU())
    for wrapped in (nn.DataParallel(module), torch.compile(module)):
        assert nnlec.from_torch(wrapped).n_in == 3


def test_what_is_no_module_is_refused() -> None:
    state = Linear(3, 2).state_dict()
    for given in (state, "model.pt", None):
        with pytest.raises(NnlecError, match=r"is no module of PyTorch"):
            nnlec.from_torch(given)


def test_the_guide_leads_from_pytorch_to_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnxscript", reason="PyTorch's exporter needs it")
    page = (Path(nnlec.__file__).parent / "guide" / "models.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    given: dict[str, Any] = {}
    for code in re.findall(r"```py\n(.*?)```", page, re.DOTALL):
        exec(code, given)
    x = torch.tensor([[5.1, 3.5, 1.4, 0.2]])
    expected = given["model"](x).detach().numpy()
    for name in ("net.yaml", "iris.onnx"):
        np.testing.assert_allclose(nnlec.load_network(name).forward(x.double().numpy()), expected, rtol=1e-5)
    assert run("nnlec forward iris.onnx -i 5.1,3.5,1.4,0.2").code == 0
    assert run("nnlec convert weights.pt -o begun.yaml").code == 0
    text = Path("begun.yaml").read_text(encoding="utf-8")
    Path("begun.yaml").write_text(text.replace(': "?"', ": relu", 1).replace(': "?"', ": softmax", 1), encoding="utf-8")
    assert run("nnlec compare begun.yaml iris.onnx").code == 0
    torch.save(given["model"], "module.pt")
    assert "a pickled module" in run("nnlec show module.pt").stderr
