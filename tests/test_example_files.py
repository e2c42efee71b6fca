"""An input from a file: --input digit.npy, --input digit.png."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Nnlec

pytest.importorskip("PIL", reason="pictures need Pillow")
from PIL import Image

MAPS = """\
inputs: {shape: [%s]}
layers:
  - {name: flat, type: flatten}
  - {name: scaled, type: scale, divide: 255}
"""


@pytest.fixture
def grey(tmp_path: Path) -> Path:
    (tmp_path / "net.yaml").write_text(MAPS % "1, 2, 3", encoding="utf-8")
    (tmp_path / "colour.yaml").write_text(MAPS % "3, 2, 2", encoding="utf-8")
    return tmp_path


def outputs(nnlec: Nnlec, folder: Path, name: str, net: str = "net.yaml") -> list[float]:
    shown = nnlec("forward", str(folder / net), "-i", str(folder / name), "-f", "json")
    assert shown.returncode == 0, shown.stderr
    found: list[float] = json.loads(shown.stdout)["input"]
    return found


def test_a_grey_picture_is_its_pixels_row_by_row(nnlec: Nnlec, grey: Path) -> None:
    pixels = np.array([[0, 10, 20], [30, 40, 255]], dtype=np.uint8)
    Image.fromarray(pixels).save(grey / "digit.png")
    assert outputs(nnlec, grey, "digit.png") == [0, 10, 20, 30, 40, 255]


def test_a_coloured_picture_is_channel_by_channel(nnlec: Nnlec, grey: Path) -> None:
    pixels = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    Image.fromarray(pixels).save(grey / "photo.png")
    assert outputs(nnlec, grey, "photo.png", "colour.yaml") == [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]


@pytest.mark.parametrize("shape", [(2, 3), (1, 2, 3), (1, 1, 2, 3), (6,)])
def test_an_array_of_the_shape_is_taken(nnlec: Nnlec, grey: Path, shape: tuple[int, ...]) -> None:
    np.save(grey / "x.npy", np.arange(6.0).reshape(shape))
    assert outputs(nnlec, grey, "x.npy") == [0, 1, 2, 3, 4, 5]


def test_a_file_serves_check_draw_and_loss_too(nnlec: Nnlec, grey: Path) -> None:
    np.save(grey / "x.npy", np.array([[0, 51, 255], [0, 0, 0]], dtype=np.uint8))
    given = (str(grey / "net.yaml"), "-i", str(grey / "x.npy"))
    assert "figures are right" in nnlec("check", *given, "--output", "0,0.2,1,0,0,0").stdout
    assert nnlec("draw", *given).returncode == 0
    assert nnlec("loss", *given, "--target", "0,0.2,1,0,0,1").returncode == 0


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (np.zeros((3, 2)), "3 x 2, expected 1 x 2 x 3"),
        (np.zeros(5), "5, expected 1 x 2 x 3"),
        (np.array([None]), "Python objects (a pickle), which are never read"),
        (np.array(3.0), "a single number, expected 1 x 2 x 3"),
    ],
)  # fmt: skip
def test_an_array_that_does_not_fit_is_one_line(nnlec: Nnlec, grey: Path, made: np.ndarray, message: str) -> None:
    np.save(grey / "x.npy", made)
    shown = nnlec("forward", str(grey / "net.yaml"), "-i", str(grey / "x.npy"))
    assert (shown.returncode, shown.stdout, shown.stderr.count("\n")) == (2, "", 1)
    assert message in shown.stderr
    assert shown.stderr.startswith("Error: --input: ")


def test_pictures_are_never_resized_turned_or_converted(nnlec: Nnlec, grey: Path) -> None:
    Image.new("L", (4, 4)).save(grey / "large.png")
    Image.new("RGBA", (3, 2)).save(grey / "clear.png")
    Image.new("P", (3, 2)).save(grey / "palette.png")
    Image.new("L", (3, 2)).save(grey / "moving.png", format="GIF")
    (grey / "text.png").write_text("no picture")
    (grey / "cut.png").write_bytes((grey / "large.png").read_bytes()[:40])
    net = str(grey / "net.yaml")
    for name, message in [
        ("large.png", "1 x 4 x 4, expected 1 x 2 x 3"),
        ("clear.png", "a picture of mode RGBA, expected grey (L) or RGB"),
        ("palette.png", "a picture of mode P"),
        ("text.png", "not a picture that can be read"),
        ("moving.png", "not a picture that can be read"),
        ("cut.png", ""),
        ("missing.png", "No such file or directory"),
    ]:
        shown = nnlec("forward", net, "-i", str(grey / name))
        assert (shown.returncode, shown.stdout, shown.stderr.count("\n")) == (2, "", 1), name
        assert message in shown.stderr


def test_channels_last_is_named(nnlec: Nnlec, grey: Path) -> None:
    np.save(grey / "x.npy", np.zeros((2, 2, 3)))
    (grey / "colour.yaml").write_text(MAPS % "3, 2, 2", encoding="utf-8")
    shown = nnlec("forward", str(grey / "colour.yaml"), "-i", str(grey / "x.npy")).stderr
    assert "np.moveaxis(array, -1, 0)" in shown
