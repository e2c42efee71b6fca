"""`nnlec list`: every row of every registry is there, and curves run through the function's own points."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest

from nnlec.network.activations import ACTIVATIONS, activation
from nnlec.network.losses import LOSSES
from nnlec.rendering.document.plot import curve_of
from tests.transcripts import run


@pytest.mark.parametrize(("what", "registry"), [("activations", ACTIVATIONS), ("losses", LOSSES)])
def test_every_row_is_listed_with_its_formula(what: str, registry: dict[str, object]) -> None:
    listed = json.loads(run(f"nnlec list {what} -f json").stdout)[what]
    assert [row["name"] for row in listed] == list(registry)
    assert all(row["formula"] and row["latex"] and row["source"] for row in listed)
    shown = run(f"nnlec list {what}").stdout
    assert all(name[:12] in shown for name in registry)


def test_the_help_says_where_other_libraries_differ() -> None:
    shown = run("nnlec list activations").stdout
    assert "Keras 0.3" in shown
    assert "PyTorch and Keras 3 have alpha = 1/6" in shown


@pytest.mark.parametrize("what", ["metrics", "formats", "engines"])
def test_what_has_names_alone_is_listed(what: str) -> None:
    listed = json.loads(run(f"nnlec list {what} -f json").stdout)[what]
    assert {"metrics": "ranking", "formats": "csv", "engines": "stream"}[what] in [row["name"] for row in listed]
    assert run(f"nnlec list {what}").code == 0


def test_a_curve_in_the_terminal_passes_through_its_points() -> None:
    lines = run("nnlec list activations --plot relu").stdout.splitlines()
    assert lines[0] == "relu(x) = max(0, x)"
    top, bottom = lines[2], lines[-1]
    assert top.split()[0] == "5"
    assert top.rstrip()[-1] in "•*"
    assert bottom.split() == ["-5", "5"]


def test_a_step_is_drawn_in_two_pieces() -> None:
    assert len(curve_of(activation("step")).pieces) == 2


@pytest.mark.parametrize("name", [name for name, kind in ACTIVATIONS.items() if kind.pointwise])
def test_every_curve_is_drawn_as_a_picture(name: str) -> None:
    picture = ET.fromstring(run(f"nnlec list activations --plot {name} -f svg").stdout)
    assert any(line.get("class") == "curve" for line in picture.iter("{http://www.w3.org/2000/svg}polyline"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("activations --plot softmax", "softmax is a function of all units together, it has no curve"),
        ("activations --plot sigmod", "did you mean 'sigmoid'?"),
        ("losses --plot huber", "--plot is for activations, not for losses"),
        ("activations -p alpha=1", "--parameter is for a curve (--plot NAME), not for a list"),
        ("activations --plot celu -p alpha=0", "alpha is 0, expected more than 0"),
        ("activations -f svg", "-f svg goes with --plot NAME"),
    ],
)
def test_a_mistake_is_one_line(options: str, message: str) -> None:
    ran = run(f"nnlec list {options}")
    assert ran.code == 2
    assert message in ran.stderr
