"""The numbers on the edges of a drawing, measured in the SVG: each on its own edge, and nothing else there."""

from __future__ import annotations

import re
import subprocess
from importlib import import_module
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from numpy.typing import NDArray

from nnlec.models import load_network
from nnlec.network.network import Network
from nnlec.rendering.diagrams import DIAGRAMS, svg, tikz
from nnlec.rendering.explain.diagram import draw
from nnlec.rendering.explain.figures import Style
from tests.conftest import Nnlec
from tests.test_draw import SVG, random_network

Points = NDArray[np.float64]

SHAPES = [(2, 3, 2), (3, 4, 2), (4, 4, 4), (1, 1), (5, 1, 6), (3, 3, 3, 3)]
LARGE = [(6, 6, 6), (8, 7), (10, 5), (2, 7, 7, 2)]


class Drawn:
    """What a picture shows: circles by column, edges, and the box of each number with its text."""

    def __init__(self, picture: str) -> None:
        self.root = ElementTree.fromstring(picture)
        of = self.numbers
        self.circles = [of(circle, "cx", "cy") for circle in self.root.iter(f"{SVG}circle")]
        self.edges = [(of(line, "x1", "y1"), of(line, "x2", "y2")) for line in self.root.iter(f"{SVG}line")]
        boxes = [box for box in self.root.iter(f"{SVG}rect") if box.get("class") == "paper"][1:]
        texts = [text for text in self.root.iter(f"{SVG}text") if "weight" in text.get("class", "")]
        assert len(boxes) == len(texts)
        self.labels = [
            (text.text or "", of(text, "x", "y"), self.box(box)) for box, text in zip(boxes, texts, strict=True)
        ]

    @staticmethod
    def numbers(element: ElementTree.Element, *names: str) -> Points:
        return np.array([float(element.get(name, "")) for name in names])

    def box(self, element: ElementTree.Element) -> tuple[Points, float, float]:
        """Its two sides as vectors from the middle, and by how far it is turned."""
        angle, *_ = map(float, re.findall(r"-?[\d.]+", element.get("transform", "0")))
        width, height = self.numbers(element, "width", "height")
        turn = np.radians(angle)
        along = np.array([np.cos(turn), np.sin(turn)])
        return np.array([along, [-along[1], along[0]]]), width / 2, height / 2

    def expect_clear(self) -> None:
        """No number meets another, and no edge but its own passes through one."""
        for (a, here, (axes, w, h)), (b, there, (others, v, k)) in combinations(self.labels, 2):
            grid = np.array([(x, y) for x in np.linspace(-v, v, 15) for y in np.linspace(-k, k, 9)]) @ others + there
            assert not inside(grid, here, axes, w, h).any(), f"{a} and {b}"
        steps = np.linspace(0, 1, 1500)[:, None]
        for text, middle, box in self.labels:
            passing = [i for i, (p, q) in enumerate(self.edges) if inside(p + steps * (q - p), middle, *box).any()]
            assert passing == [self.nearest(middle)], text

    def nearest(self, middle: Points) -> int:
        """The edge that is nearest to a point."""
        return int(np.argmin([self.away(middle, *edge) for edge in self.edges]))

    @staticmethod
    def away(middle: Points, p: Points, q: Points) -> float:
        share = np.clip((middle - p) @ (q - p) / ((q - p) @ (q - p)), 0, 1)
        return float(np.linalg.norm(p + share * (q - p) - middle))

    def ends(self, edge: int) -> tuple[int, int]:
        """The circles that an edge joins."""
        first, last = (int(np.argmin([np.abs(c - end).max() for c in self.circles])) for end in self.edges[edge])
        return first, last


def inside(points: Points, middle: Points, axes: Points, width: float, height: float) -> NDArray[np.bool_]:
    x, y = axes @ (points - middle).T
    found: NDArray[np.bool_] = (np.abs(x) < width) & (np.abs(y) < height)
    return found


def network_of(sizes: tuple[int, ...]) -> Network:
    classes = tuple("abcdefghijk"[: sizes[-1]]) if sizes[-1] > 1 else ()
    return random_network(*sizes, classes=classes)


def weights_of(network: Network) -> dict[tuple[int, int], float]:
    """The weight from circle to circle, counted as they are drawn: column by column, the bias unit first."""
    weights: dict[tuple[int, int], float] = {}
    start = 0
    for number, layer in enumerate(network.layers, start=1):
        matrix, bias = layer.numbers["weights"], layer.numbers["bias"]
        rows = np.vstack([bias, matrix])
        after = start + len(rows) + (number < len(network.layers))
        weights |= {(start + i, after + j): w for (i, j), w in np.ndenumerate(rows)}
        start += len(rows)
    return weights


@pytest.mark.parametrize("sizes", [*SHAPES, *(pytest.param(sizes, marks=pytest.mark.slow) for sizes in LARGE)])
def test_each_number_stands_on_its_own_edge_and_nothing_else_there(sizes: tuple[int, ...]) -> None:
    network = network_of(sizes)
    drawn = Drawn(svg.write(draw(network, Style())))
    drawn.expect_clear()
    found = {drawn.ends(drawn.nearest(middle)): float(text) for text, middle, _ in drawn.labels}
    assert found == weights_of(network)
    assert len(found) == sum((a + 1) * b for a, b in pairwise(sizes))


@pytest.mark.parametrize("sizes", [(2, 3, 2), (4, 4, 4)])
def test_tikz_has_the_numbers_in_the_same_places(sizes: tuple[int, ...]) -> None:
    diagram = draw(network_of(sizes), Style())
    drawn, source = Drawn(svg.write(diagram)), tikz.write(diagram)
    found = re.findall(r"\\node\[weight, text=\S+(?:, rotate=(\S+))?\] at \((\S+),(\S+)\) \{\$(.*)\$\};", source)
    for (text, middle, (axes, *_)), (angle, x, y, number) in zip(drawn.labels, found, strict=True):
        assert (text, *middle) == (number, float(x), float(y))
        assert np.degrees(np.arctan2(*axes[0][::-1])) == pytest.approx(-float(angle or 0), abs=0.1)


@pytest.mark.parametrize("form", DIAGRAMS)
def test_weights_that_are_too_many_are_left_out_and_the_drawing_says_so(form: str) -> None:
    network = load_network("configs/digits.yaml")
    write = import_module(DIAGRAMS[form]).write
    shown = {asked: write(draw(network, Style(), weights=asked)).replace("{}", "") for asked in (None, False, True)}
    for weights in (2080, 330):
        said = {asked: f"{weights} weights, not shown (--weights)" in text for asked, text in shown.items()}
        assert said == {None: True, False: False, True: False}


@pytest.mark.parametrize(
    ("width", "in_svg", "in_tikz"),
    [
        ("12cm", r'width="12cm" height="[\d.]+cm"', r"\resizebox{12cm}{!}{"),
        ("600", r'width="600" height="[\d.]+"', r"\resizebox{450bp}{!}{"),
        ("80%", r'width="80%" role', r"\resizebox{0.8\linewidth}{!}{"),
    ],
)
def test_a_picture_is_as_wide_as_asked(nnlec: Nnlec, width: str, in_svg: str, in_tikz: str) -> None:
    picture = nnlec("draw", "configs/lecture.yaml", "--width", width, "-f", "svg").stdout
    head = re.search(rf'viewBox="0 0 ([\d.]+) ([\d.]+)" {in_svg}', picture)
    assert head is not None
    if not width.endswith("%"):
        sides = [float(side) for side in re.findall(r'(?:width|height)="([\d.]+)', head[0])]
        assert sides[1] / sides[0] == pytest.approx(float(head[2]) / float(head[1]), rel=1e-4)
    assert in_tikz in nnlec("draw", "configs/lecture.yaml", "--width", width, "-f", "tikz").stdout


@pytest.mark.parametrize("width", ["12parsec", "0", "-3cm", "101%", "1e9cm", "12,5cm", "", "12cm}{!}"])
def test_what_is_no_width_is_an_error(nnlec: Nnlec, width: str) -> None:
    done = nnlec("draw", "configs/lecture.yaml", "-f", "tikz", f"--width={width}")
    assert (done.returncode, done.stdout) == (2, "")
    assert "12cm, 6.5in, 600 (pixels) or 80%" in done.stderr


def test_the_width_of_words_alone_is_in_columns(nnlec: Nnlec) -> None:
    assert max(map(len, nnlec("draw", "configs/digits.yaml", "--plain", "--width", "30").stdout.splitlines())) <= 30
    done = nnlec("draw", "configs/lecture.yaml", "--plain", "--width", "12cm")
    assert "with --plain, --width is a whole number of columns from 20 to 1000" in done.stderr


@pytest.mark.slow
def test_a_picture_of_tikz_is_as_wide_as_asked(nnlec: Nnlec, tmp_path: Path) -> None:
    for width, points in (("12cm", 340.2), ("600", 450.0)):
        target = tmp_path / "net.tex"
        assert (
            nnlec("draw", "configs/lecture.yaml", "--standalone", "--width", width, "-o", str(target)).returncode == 0
        )
        subprocess.run(["pdflatex", "-halt-on-error", "net.tex"], cwd=tmp_path, check=True, capture_output=True)
        pages = subprocess.run(["pdfinfo", "net.pdf"], cwd=tmp_path, check=True, capture_output=True, text=True).stdout
        size = re.search(r"Page size:\s+([\d.]+)", pages)
        assert size is not None
        assert float(size[1]) == pytest.approx(points + 2 * 4, abs=0.5)  # a border of 4 points
