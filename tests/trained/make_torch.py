"""Makes the PyTorch files of this folder: run by hand where torch and onnxscript are installed."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn

HERE = Path(__file__).parent


class Residual(nn.Module):
    """Two convolutions and what skips them."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(2, 3, 3, padding=1), nn.Conv2d(3, 3, 3, padding=1)
        self.head = nn.Linear(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = torch.relu(self.first(x))
        h = torch.relu(self.second(h) + h)
        return self.head(h.mean((2, 3)))


class View(nn.Module):
    """A small convolutional network that flattens by `view`."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(1, 2, 3), nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.max_pool2d(torch.relu(self.conv(x)), 2)
        return torch.softmax(self.fc(x.view(x.size(0), -1)), 1)


ACTIVATIONS = {
    "gelu": nn.GELU(),
    "gelu_tanh": nn.GELU("tanh"),
    "silu": nn.SiLU(),
    "mish": nn.Mish(),
    "hardswish": nn.Hardswish(),
    "hardsigmoid": nn.Hardsigmoid(),
    "softplus": nn.Softplus(),
    "softsign": nn.Softsign(),
    "elu": nn.ELU(0.7),
    "selu": nn.SELU(),
    "celu": nn.CELU(0.6),
    "leaky": nn.LeakyReLU(0.2),
    "relu6": nn.ReLU6(),
    "hardtanh": nn.Hardtanh(),
    "tanhshrink": nn.Tanhshrink(),
    "softshrink": nn.Softshrink(),
    "hardshrink": nn.Hardshrink(),
    "prelu": nn.PReLU(4),
    "logsigmoid": nn.LogSigmoid(),
}


def networks() -> dict[str, tuple[nn.Module, tuple[int, ...]]]:
    """Name -> a network, and the shape of one example."""
    dense = nn.Sequential(OrderedDict(hidden=nn.Linear(3, 4), act=nn.ReLU(), out=nn.Linear(4, 2), soft=nn.Softmax(1)))
    bare = nn.Sequential(nn.Linear(3, 1, bias=False), nn.Sigmoid())
    norm = nn.Sequential(
        nn.Linear(3, 4),
        nn.BatchNorm1d(4),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.BatchNorm1d(4),
        nn.LayerNorm(4),
        nn.Linear(4, 2),
    )
    lenet = nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(2, 3, 2), nn.Tanh(),
        nn.AvgPool2d(2, 1, padding=1), nn.Flatten(), nn.Linear(3 * 16, 4), nn.LogSoftmax(1),
    )  # fmt: skip
    pooled = nn.Sequential(
        nn.Conv1d(2, 3, 3, stride=2), nn.ReLU6(), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(3, 2)
    )
    made: dict[str, tuple[nn.Module, tuple[int, ...]]] = {
        "dense": (dense, (3,)),
        "bare": (bare, (3,)),
        "norm": (norm, (3,)),
        "lenet": (lenet, (1, 8, 8)),
        "pooled": (pooled, (2, 9)),
        "residual": (Residual(), (2, 5, 5)),
        "view": (View(), (1, 6, 6)),
    }
    made |= {f"act_{name}": (nn.Sequential(nn.Linear(2, 4), act), (2,)) for name, act in ACTIVATIONS.items()}
    return made


def main() -> None:
    torch.manual_seed(0)
    rows: dict[str, np.ndarray] = {}
    for name, (network, shape) in networks().items():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
                module.running_mean.uniform_(-1, 1)
                module.running_var.uniform_(0.5, 2)
        network.eval()
        x = torch.randn(4, *shape) * 3
        with torch.no_grad():
            rows[f"{name}.x"], rows[f"{name}.y"] = x.numpy(), network.double()(x.double()).numpy()
        network.float()
        export(name, network, x)
    norm = nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4), nn.ReLU(), nn.Linear(4, 2))
    x = torch.randn(4, 3) * 3
    with torch.no_grad():
        norm[1].weight.uniform_(0.5, 2), norm[1].bias.uniform_(-1, 1)
        rows["norm_old.x"], rows["norm_old.y"] = x.numpy(), norm.double()(x.double()).numpy()
    export_by_the_old_one("norm_old", norm.float().eval(), x, 13)  # before there was an operator of that name
    np.savez_compressed(HERE / "torch.npz", **rows)
    dense = networks()["dense"][0].state_dict()
    torch.save(dense, HERE / "dense.pt")
    torch.save({"epoch": 3, "model_state_dict": dense, "lr": 0.1}, HERE / "checkpoint.ckpt")
    torch.save(dense, HERE / "dense_old.pth", _use_new_zipfile_serialization=False)
    np.savez(HERE / "dense_state.npz", **{key: value.numpy() for key, value in dense.items()})


def export(name: str, network: nn.Module, x: torch.Tensor) -> None:
    """By the new exporter, which writes a second file, and by the old one."""
    batch = torch.export.Dim("batch", min=2)
    torch.onnx.export(
        network, (x,), HERE / f"{name}.dynamo.onnx", dynamo=True, dynamic_shapes=({0: batch},), verbose=False
    )
    export_by_the_old_one(name, network, x, 17)
    for path in HERE.glob(f"{name}.*.onnx"):  # the new exporter writes where the program that made it lies
        model = onnx.load(path, load_external_data=False)
        for node in model.graph.node:
            del node.metadata_props[:]
            node.doc_string = ""
        for value in (*model.graph.value_info, *model.graph.input, *model.graph.output, *model.graph.initializer):
            del value.metadata_props[:]
        del model.graph.metadata_props[:]
        path.write_bytes(model.SerializeToString())
    data = HERE / f"{name}.dynamo.onnx.data"
    if not data.stat().st_size:
        data.unlink()


def export_by_the_old_one(name: str, network: nn.Module, x: torch.Tensor, opset: int) -> None:
    torch.onnx.export(
        network, (x,), HERE / f"{name}.script.onnx", dynamo=False, opset_version=opset,
        input_names=["x"], output_names=["y"], dynamic_axes={"x": {0: "batch"}, "y": {0: "batch"}},
    )  # fmt: skip


if __name__ == "__main__":
    main()
