"""The network as a picture: legible, true to its names and numbers, and read by real programs."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from nnlec.errors import NnlecError
from nnlec.models import load_network
from nnlec.network.activations import activation
from nnlec.network.layers import Dense
from nnlec.network.network import Network
from nnlec.network.trace import exact_trace
from nnlec.rendering.diagrams import svg, text, tikz
from nnlec.rendering.explain.diagram import draw
from nnlec.rendering.explain.figures import Style
from tests.conftest import Nnlec
from tests.test_shell_surroundings import on_a_terminal
from tests.volumes import DRAWN

NAMES = ("[cat]", "a_b", "50%", "<i>", "x|y", "$x$", r"\input{x}", '"', "Zürich", "🐱", "שלום")
Overlaps = Callable[[str], dict[str, Any]]
SVG = "{http://www.w3.org/2000/svg}"

BARE = r"\documentclass{article}\usepackage{tikz}\pagestyle{empty}\begin{document}%s\end{document}"

OVERLAPS = """
() => {
const corners = text => {  // of a text that may be turned
  const box = text.getBBox(), turn = text.getScreenCTM();
  return [[0, 0], [1, 0], [1, 1], [0, 1]].map(([a, b]) =>
    new DOMPoint(box.x + a * box.width, box.y + b * box.height).matrixTransform(turn));
};
const apart = (p, q) => [p, q].some(box => [0, 1].some(side => {
  const [dx, dy] = [box[side + 1].x - box[side].x, box[side + 1].y - box[side].y];
  const [here, there] = [p, q].map(each => each.map(at => at.x * dx + at.y * dy));
  return Math.max(...here) <= Math.min(...there) || Math.max(...there) <= Math.min(...here);
}));
const texts = [...document.querySelectorAll('text')].map(t => [t.textContent, corners(t)]);
const frame = document.querySelector('svg').getBoundingClientRect();
const bad = [];
texts.forEach(([a, p], i) => {
  const inside = p.every(at => at.x >= frame.left && at.x <= frame.right && at.y >= frame.top && at.y <= frame.bottom);
  if (!inside) bad.push([a, 'is cut off']);
  texts.slice(i + 1).forEach(([b, q]) => { if (!apart(p, q)) bad.push([a, b]); });
});
return {texts: texts.length, bad}; }
"""


def random_network(*sizes: int, classes: tuple[str, ...] = (), inputs: tuple[str, ...] = ()) -> Network:
    rng = np.random.default_rng(sum(sizes))
    layers = tuple(
        Dense(rng.normal(size=(a, b)).round(2), rng.normal(size=b).round(2), activation("relu"), f"layer {k}")
        for k, (a, b) in enumerate(pairwise(sizes), start=1)
    )
    return Network(layers, inputs=inputs, classes=classes)


def lecture_weights() -> list[float]:
    """Every number of the two matrices, the biases in their first rows."""
    blocks = re.findall(r"- \[([-0-9., ]+)\]", Path("configs/lecture.yaml").read_text(encoding="utf-8"))
    rows = [[float(w) for w in block.split(",")] for block in blocks]
    return [w for row in rows for w in row]


def test_svg_holds_every_weight_and_the_values_of_the_example(nnlec: Nnlec) -> None:
    ran = nnlec("draw", "configs/lecture.yaml", "--input", "1,2.8,-3.1,4.2", "--decimals", "1", "-f", "svg")
    root = ElementTree.fromstring(ran.stdout)
    texts = ["".join(node.itertext()) for node in root.iter(f"{SVG}text")]
    weights = [t for node, t in zip(root.iter(f"{SVG}text"), texts, strict=True) if "weight" in node.get("class", "")]
    assert sorted(map(float, weights)) == sorted(lecture_weights())
    assert {"5.2", "14.5", "-6.2", "4.4", "37.7", "-23.3"} <= set(texts)
    assert len(root.findall(f"{SVG}circle")) == 4 + 5 + 2
    assert ran.returncode == 0


def test_signs_show_in_color_and_in_line_style() -> None:
    root = ElementTree.fromstring(svg.write(draw(load_network("configs/lecture.yaml"), Style())))
    signs = [line.get("class", "").split()[1] for line in root.iter(f"{SVG}line")]
    assert signs.count("minus") == sum(w < 0 for w in lecture_weights())
    assert signs.count("plus") == sum(w > 0 for w in lecture_weights())


@pytest.mark.parametrize("write", [svg.write, tikz.write, text.write])
def test_large_layers_are_summarised(write: object) -> None:
    picture = write(draw(load_network("configs/digits.yaml"), Style()))  # type: ignore[operator]
    assert "57 more" in picture
    assert "25 more" in picture


def test_names_come_through_the_svg() -> None:
    network = random_network(len(NAMES), len(NAMES), classes=NAMES, inputs=NAMES)
    root = ElementTree.fromstring(svg.write(draw(network, Style(), most=20)))
    texts = ["".join(node.itertext()) for node in root.iter(f"{SVG}text")]
    assert all(texts.count(name) == 2 for name in NAMES)


def test_the_text_picture_of_the_lecture() -> None:
    shown = on_a_terminal("draw", "configs/lecture.yaml", PYTHONIOENCODING="ascii")
    assert b"(x1)  --  5.0   3.0  -1.5   1.1 -+- (h1)" in shown


@pytest.fixture(scope="module")
def overlaps(browser: Any) -> Overlaps:
    """How many texts a browser shows of a picture, and those that are cut off or meet another."""
    page = browser.new_page()

    def overlaps_of(picture: str) -> dict[str, Any]:
        page.set_content(f"<!DOCTYPE html><meta charset=utf-8><body>{picture}")
        found: dict[str, Any] = page.evaluate(OVERLAPS)
        return found

    return overlaps_of


@pytest.mark.parametrize("sizes", [pytest.param((6, 6, 6), marks=pytest.mark.slow), (3, 4, 2), (1, 1), (11, 1, 11)])
def test_no_label_meets_another_in_a_real_browser(overlaps: Overlaps, sizes: tuple[int, ...]) -> None:
    inputs, classes = NAMES[: sizes[0]], NAMES[: sizes[-1]] if sizes[-1] > 1 else ()
    network = random_network(*sizes, classes=classes, inputs=inputs)
    example = exact_trace(network, [1.0] * sizes[0]) if sizes[0] <= 6 else None
    picture = svg.write(draw(network, Style(), example, most=20))
    found = overlaps(picture)
    assert found["texts"] > sum(a * b for a, b in pairwise(sizes))
    assert found["bad"] == []


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_tikz_compiles_and_holds_the_figures(tmp_path: Path, nnlec: Nnlec) -> None:
    target = tmp_path / "net.tex"
    ran = nnlec("draw", "configs/lecture.yaml", "-i", "1,2.8,-3.1,4.2", "--standalone", "-o", str(target))
    assert ran.returncode == 0
    assert {"14.47", "37.716", "0.6", "hidden"} <= set(words_of(compiled(target)))


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_names_come_through_pdflatex(tmp_path: Path) -> None:
    network = random_network(2, len(NAMES), classes=NAMES)
    target = tmp_path / "names.tex"
    target.write_text(tikz.write(draw(network, Style(), most=20), standalone=True), encoding="utf-8")
    words = words_of(compiled(target))
    assert {"[cat]", "50%", "<i>", "x|y", "$x$", "\\input{x}", "🐱"} <= set(words)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_the_picture_compiles_in_a_bare_article(tmp_path: Path) -> None:
    network = random_network(1, 4, classes=NAMES[:4])  # narrow enough for the page
    target = tmp_path / "bare.tex"
    target.write_text(BARE % tikz.write(draw(network, Style(), most=20)), encoding="utf-8")
    assert {"[cat]", "50%"} <= set(words_of(compiled(target)))  # OT1 rules its underscore, it has no glyph


def compiled(source: Path) -> Path:
    ran = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", source.name],
        cwd=source.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-2000:]
    return source.with_suffix(".pdf")


def words_of(pdf: Path) -> list[str]:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    ran = subprocess.run(["pdftotext", str(pdf), "-"], capture_output=True, text=True, check=True)
    return ran.stdout.split()


def test_a_picture_has_its_limits() -> None:
    with pytest.raises(NnlecError, match="22,801 edges are too many"):
        draw(random_network(151, 151), Style(), most=1000)


def test_an_unknown_suffix_is_an_error(nnlec: Nnlec, tmp_path: Path) -> None:
    ran = nnlec("draw", "configs/lecture.yaml", "-o", str(tmp_path / "net.bmp"))
    assert ran.returncode == 2
    assert "expected .txt, .svg, .tex" in ran.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("form", ["text", "svg", "tikz"])
def test_weights_are_written_where_they_can_be_read_or_are_asked_for(nnlec: Nnlec, form: str) -> None:
    """-3.664e-7 is a weight of the digits, whose layers are too large; -1.7 is one of the lecture."""
    written = {
        (file, option): re.search(number, nnlec("draw", file, "-f", form, *option.split()).stdout) is not None
        for file, number in (("configs/digits.yaml", r"-?3\.664"), ("configs/lecture.yaml", r"-?1\.7\b"))
        for option in ("", "--weights", "--no-weights")
    }
    assert written == {
        ("configs/digits.yaml", ""): False,
        ("configs/digits.yaml", "--weights"): True,
        ("configs/digits.yaml", "--no-weights"): False,
        ("configs/lecture.yaml", ""): True,
        ("configs/lecture.yaml", "--weights"): True,
        ("configs/lecture.yaml", "--no-weights"): False,
    }


def test_a_large_network_fits_on_a_terminal(nnlec: Nnlec) -> None:
    drawn = nnlec("draw", "configs/digits.yaml").stdout
    assert max(map(len, drawn.splitlines())) <= 60
    assert "⋮ 57 more" in drawn


@pytest.mark.parametrize("name", DRAWN)
def test_volumes_are_legible_in_a_real_browser(name: str, overlaps: Overlaps) -> None:
    assert overlaps(svg.write(DRAWN[name]))["bad"] == []


def test_a_volume_is_a_stack_with_its_sizes_and_the_window_on_it() -> None:
    root = ElementTree.fromstring(svg.write(DRAWN["images"]))
    classes = [node.get("class") for node in root.iter(f"{SVG}rect")]
    assert classes.count("sheet") == 1 + 4 * 6  # a channel a sheet, six at most
    assert classes.count("window") == 4
    texts = ["".join(node.itertext()) for node in root.iter(f"{SVG}text")]
    assert {"6 × 28 × 28", "16 × 5 × 5", "5 × 5", "⋮ 393 more"} <= set(texts)


def test_arrows_pass_layers_by() -> None:
    root = ElementTree.fromstring(svg.write(DRAWN["residual"]))
    assert [node.get("class") for node in root.iter(f"{SVG}path")].count("skip") == 2
    assert "input ──> sum (relu)\nfirst ──> sum (relu)\n" in text.write(DRAWN["residual"])


def test_volumes_in_characters() -> None:
    assert "[1×28×28] ── 5×5 ─── [6×28×28]" in text.write(DRAWN["images"])
    assert "[1x28x28] -- 5x5 --- [6x28x28]" in text.write(DRAWN["images"], unicode=False)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
@pytest.mark.parametrize("name", DRAWN)
def test_tikz_sets_volumes(name: str, tmp_path: Path) -> None:
    target = tmp_path / "net.tex"
    target.write_text(tikz.write(DRAWN[name], standalone=True), encoding="utf-8")
    assert "more" in words_of(compiled(target)) or name == "residual"


SKIPPING = """inputs: [a, b]
layers:
  - {name: hidden, weights: [[1, -2], [0.5, 1]], activation: relu}
  - {name: sum, type: add, from: [hidden, input]}
  - {name: output, weights: [[1], [-1]], activation: identity}
"""


def test_a_network_with_a_skip_is_drawn(nnlec: Nnlec, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(SKIPPING, encoding="utf-8")
    drawn = nnlec("draw", str(tmp_path / "net.yaml")).stdout
    assert drawn.endswith("input ──> sum\n")
    root = ElementTree.fromstring(nnlec("draw", str(tmp_path / "net.yaml"), "-f", "svg").stdout)
    lines = [line.get("class", "").split()[1] for line in root.iter(f"{SVG}line")]
    assert lines.count("whole") == 2  # each unit of the sum takes its own of hidden


def test_maps_of_a_network_are_volumes(nnlec: Nnlec, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(
        "inputs: {shape: [2, 2, 3]}\nlayers:\n  - {type: transpose, axes: [1, 3, 2]}\n  - {type: flatten}\n",
        encoding="utf-8",
    )
    assert "[2×2×3] ─── [2×3×2] ─┼─ (y4 )" in nnlec("draw", str(tmp_path / "net.yaml")).stdout
