"""Slides as a lecturer sees them: pages of the PDF that pdflatex makes, measured and looked at as pictures."""

from __future__ import annotations

import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import numpy as np
import pytest

from nnlec.models import load_network
from nnlec.rendering import NOTATIONS
from tests.conftest import Nnlec
from tests.test_formats import LECTURE, Tex

needs_latex = pytest.mark.skipif(
    not all(map(shutil.which, ("pdflatex", "pdftotext", "pdftoppm"))), reason="pdflatex or poppler is not installed"
)
SIGMOID = ("step", "configs/step-sigmoid.yaml", "-i", "0.05,0.10", "--target", "0.01,0.99", "--rate", "0.5")
SCORES = ",".join(f"{0.1 * n:.1f}" for n in range(1, 21))
WORD = re.compile(r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">(.*?)</word>')


def example(network: str, *options: str) -> tuple[str, ...]:
    """The forward pass of a network of the gallery on some numbers."""
    numbers = (f"{(37 * i % 17 - 8) / 4:g}" for i in range(load_network(network).n_in))
    return ("forward", network, "-i", ",".join(numbers), *options)


SHOWN = {
    "step": (*SIGMOID, "--steps"),
    "step of the lecture": ("step", "configs/lecture.yaml", "-i", "1,2.8,-3.1", "--label", "0", "--rate", "0.3"),
    "softmax": ("softmax", "--logits", SCORES, "--steps"),
    "loss": ("loss", "--logits", SCORES, "--label", "3", "--steps"),
    "deep": example("configs/deep.yaml", "--steps"),
    "iris": example("configs/iris.yaml", "--steps", "--label", "1"),
    "norm": example("configs/standardised.yaml", "--steps"),
    "residual": example("configs/residual.yaml"),
    "maps": example("configs/edges.yaml"),
    "wide": example("configs/digits.yaml", "--weights"),
    "whole": example("configs/digits.yaml", "--all"),
}


class Slides:
    """The pages of compiled slides: their words with where they stand, their ink, and which pages are one frame."""

    def __init__(self, tex: Tex, source: str) -> None:
        self.text = tex.text_of(source).replace("\u2212", "-").split("\f")
        self.folder = tex.folder
        log = (tex.folder / "page.log").read_text(encoding="utf-8", errors="replace")
        self.overfull = [float(size) for size in re.findall(r"Overfull \\[hv]box \(([\d.]+)pt", log)]
        frames = re.findall(r"@framepages \{(\d+)\}\{(\d+)\}", (tex.folder / "page.nav").read_text(encoding="utf-8"))
        self.frames = [range(int(first) - 1, int(last)) for first, last in frames]

    def words(self) -> list[tuple[float, float, float, float, str]]:
        """Left, top, right and bottom of each word in shares of the page, and the word."""
        done = subprocess.run(
            ["pdftotext", "-bbox", "page.pdf", "-"], cwd=self.folder, capture_output=True, text=True, check=True
        )
        size = re.search(r'<page width="([\d.]+)" height="([\d.]+)"', done.stdout)
        assert size is not None
        width, height = map(float, size.groups())
        return [
            (float(a) / width, float(b) / height, float(c) / width, float(d) / height, unescape(word))
            for a, b, c, d, word in WORD.findall(done.stdout)
        ]

    def ink(self) -> list[np.ndarray]:
        """Each page as a picture, from black 0 to white 255."""
        subprocess.run(["pdftoppm", "-r", "100", "-gray", "page.pdf", "page"], cwd=self.folder, check=True)
        pages = []
        for path in sorted(self.folder.glob("page-*.pgm")):
            header, width, height, _, data = re.split(rb"\s", path.read_bytes(), maxsplit=4)
            assert header == b"P5"
            pages.append(np.frombuffer(data, np.uint8).reshape(int(height), int(width)))
        return pages


def slides_of(nnlec: Nnlec, tex: Tex, *command: str) -> Slides:
    done = nnlec(*command, "-f", "latex", "--beamer", "--standalone")
    assert done.returncode == 0, done.stderr
    return Slides(tex, done.stdout)


def frames_of(source: str) -> list[tuple[str, str]]:
    """Title and body of each frame in the source."""
    return re.findall(r"\\begin\{frame\}\[t\]\{([^\n]*)\}\n(.*?)\\end\{frame\}", source, re.S)


@pytest.fixture
def tex(tmp_path: Path) -> Tex:
    return Tex(tmp_path)


def expect_no_jump(slides: Slides) -> None:
    """What a frame's first slide shows stands on all its slides, in the same place."""
    ink = slides.ink()
    assert max(map(len, slides.frames)) > 1
    for frame in slides.frames:
        for page in frame:
            assert (ink[page][ink[frame[0]] < 100] < 200).all(), f"page {page + 1}"


def expect_readable(slides: Slides) -> None:
    """Nothing runs off a slide, and no figure is smaller than three fifths of what it usually is."""
    assert max(slides.overfull, default=0) < 2
    words = slides.words()
    assert all(0.01 < a < c < 0.99 and 0.01 < b < d < 0.97 for a, b, c, d, _ in words)
    sizes = [d - b for _, b, _, d, word in words if re.fullmatch(r"\d+\.\d{2,}", word)]  # no exponents
    assert min(sizes) > 0.55 * max(sizes)


@needs_latex
def test_slides_build_the_product_entry_by_entry_and_nothing_jumps(nnlec: Nnlec, tex: Tex) -> None:
    slides = slides_of(nnlec, tex, *LECTURE)
    first = [page for page in slides.text if "layer 1 of 2" in page][:5]
    assert ["14.47" in page for page in first] == [False, False, True, True, True]
    assert ["-6.23" in page for page in first] == [False, False, False, True, True]
    assert "Lecture example" in slides.text[0]
    for figure in ("5.17", "4.38", "37.716", "-23.256", "9.823", "-1.3", "10.512"):
        assert any(figure in page for page in slides.text)
    expect_no_jump(slides)
    expect_readable(slides)


@needs_latex
@pytest.mark.slow
@pytest.mark.parametrize("name", SHOWN)
def test_nothing_jumps_or_runs_off_a_slide(nnlec: Nnlec, tex: Tex, name: str) -> None:
    slides = slides_of(nnlec, tex, *SHOWN[name])
    if any(len(frame) > 1 for frame in slides.frames):
        expect_no_jump(slides)
    expect_readable(slides)


@needs_latex
@pytest.mark.slow
@pytest.mark.parametrize("theme", ["default", "Madrid", "Warsaw", "Berkeley"])
@pytest.mark.parametrize("ratio", ["43", "169"])
def test_frames_stand_in_slides_of_another(nnlec: Nnlec, tex: Tex, theme: str, ratio: str) -> None:
    for number, command in enumerate((LECTURE, (*SIGMOID, "--steps"), SHOWN["iris"])):
        assert nnlec(*command, "--beamer", "-o", str(tex.folder / f"part{number}.tex")).returncode == 0
    parts = "\n".join(rf"\input{{part{number}}}" for number in range(3))
    slides = Slides(
        tex,
        rf"\documentclass[aspectratio={ratio}]{{beamer}}\usetheme{{{theme}}}\usepackage{{amsmath}}"
        f"\n\\begin{{document}}\n{parts}\n\\end{{document}}\n",
    )
    assert max(slides.overfull, default=0) < 2
    expect_no_jump(slides)


@pytest.mark.parametrize("notation", NOTATIONS)
def test_a_gradient_appears_beside_the_product_that_it_is(nnlec: Nnlec, notation: str) -> None:
    text = nnlec(*SIGMOID, "-f", "latex", "--beamer", "--notation", notation).stdout
    frames = [frame for frame in text.split(r"\begin{frame}") if r"\uncover<2->" in frame]
    assert len(frames) == 2
    for frame in frames:
        appears = re.findall(r"\\uncover<(\d+)->\{\\alert<\d+>\{\{(.*?)\}\}\}", frame)
        worked_out = re.findall(r"\\only<(\d+)>\{.*\n\\frac\{\\partial L\}\{\\partial w\}.* (\S+)\n", frame)
        assert len(appears) >= 4
        assert [(n, float(number)) for n, number in appears] == [(n, float(number)) for n, number in worked_out]


def test_frames_alone_are_no_document(nnlec: Nnlec) -> None:
    source = nnlec(*LECTURE, "-f", "latex", "--beamer").stdout
    assert source.startswith("% needs \\usepackage{amsmath}\n")
    assert not {r"\documentclass", r"\usepackage{graphicx}", r"\begin{document}", r"\title"} & set(source.split())
    assert [title for title, _ in frames_of(source)] == [
        "layer 1 of 2: hidden (identity)",
        "layer 2 of 2: output (identity)",
        "softmax",
        "classes",
    ]


def test_a_document_of_slides_has_a_title_and_so_has_each_frame(nnlec: Nnlec) -> None:
    for command, title in ((LECTURE, "Lecture example"), (("softmax", "--logits", "1,2"), "Softmax")):
        source = nnlec(*command, "-f", "latex", "--beamer", "--standalone").stdout
        assert rf"\title{{{title}}}" in source
        assert len(frames_of(source)) == source.count(r"\begin{frame}") - source.count(r"\titlepage")
        assert all(name for name, _ in frames_of(source))


def test_a_loss_of_two_classes_is_two_full_slides(nnlec: Nnlec) -> None:
    done = nnlec("loss", "--logits", "-0.2,0.3", "--label", "0", "--steps", "-f", "latex", "--beamer")
    assert [title.rpartition(" (")[2] for title, _ in frames_of(done.stdout)] == ["1/2)", "2/2)"]


def test_no_entry_of_a_large_matrix_is_lost_where_it_is_cut(nnlec: Nnlec, tmp_path: Path) -> None:
    rows = [[f"{100 * i + j}.5" for j in range(30)] for i in range(1, 41)]
    network = tmp_path / "wide.yaml"
    weights = ", ".join(f"[{', '.join(row)}]" for row in rows)
    network.write_text(f"layers: [{{weights: [{weights}], bias: none, activation: identity}}]\n", encoding="utf-8")
    done = nnlec("forward", str(network), "-i", ",".join(["1"] * 40), "--all", "-f", "latex", "--beamer")
    assert done.returncode == 0, done.stderr
    matrices = re.findall(r"\\begin\{bmatrix\}\n(.*?)\\end\{bmatrix\}_\{(.*?)\}\n?", done.stdout, re.S)
    found = [figure for matrix, _ in matrices for figure in re.findall(r"-?\d+\.5\b", matrix)]
    assert {figure for row in rows for figure in row} <= set(found)
    assert all(matrix.count(r"\\") < 10 for matrix, _ in matrices)
