"""Other notations on paper: the same figures, W x + b with columns, a bias apart, letters of one's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from nnlec.models import load_network
from nnlec.rendering import NOTATIONS
from nnlec.rendering.explain.figures import Notation
from nnlec.rendering.notations import LETTERS, ROWS
from tests.conftest import Nnlec
from tests.test_formats import BARE, Tex, needs_latex

LECTURE = ("configs/lecture.yaml", "--input", "2.8,-3.1,4.2", "--significant", "12")
OTHERS = NOTATIONS[1:]
SOME = [name if name == "W x + b" else pytest.param(name, marks=pytest.mark.slow) for name in OTHERS]
FORMATS = [
    name if name in ("table", "latex") else pytest.param(name, marks=pytest.mark.slow)
    for name in ("table", "plain", "markdown", "latex", "html", "svg")
]
PAPER = {
    "forward": ("forward", *LECTURE, "--steps", "--label", "y2"),
    "softmax": ("softmax", "--logits", "-0.2,0.3,1.7", "--steps"),
    "loss": ("loss", "--outputs", "1,2", "--target", "0,1.5", "--loss", "mse", "--steps"),
    "step": ("step", *LECTURE, "--label", "y2", "--rate", "0.01", "--steps"),
}
RELU = """layers:
  - {name: hidden, weights: [[0.5, -1.5, 2.5], [1.25, 2.0, -0.5], [3.0, -4.0, 0.75]], bias: first-row, activation: relu}
  - {name: output, weights: [[1.5], [-2.25], [0.125]], bias: [0.75], activation: sigmoid}
"""

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@pytest.fixture
def tex(tmp_path: Path) -> Tex:
    return Tex(tmp_path)


class Shown(NamedTuple):
    """A product as it is read off the page: its name, the matrices with the sign before each."""

    name: str
    signs: tuple[str, ...]
    matrices: tuple[Array, ...]

    @property
    def result(self) -> Array:
        return self.matrices[-1]

    @property
    def worked_out(self) -> Array:
        left, right, *added = self.matrices[:-1]
        return left @ right + sum(added)


def products(text: str) -> Iterator[Shown]:
    """The products of a plain page: `z = W * x + b = matrix 4 by 3`, rows, `* matrix 3 by 1`, rows, ..."""
    name, signs, found = "", list[str](), list[Array]()
    for line in text.splitlines():
        if (head := re.fullmatch(r"(.*?)((?:^|(?<= ))[=*+]|about) matrix (\d+) by (\d+)", line)) is not None:
            if head[2] in "=about" and head[1]:
                name, signs, found = head[1].strip(), [], []
            signs.append(head[2])
            found.append(np.empty((0, int(head[4]))))
            wanted = int(head[3])
        elif (row := re.fullmatch(r"row \d+: (.*)", line)) is not None and found:
            found[-1] = np.vstack([found[-1], np.array(row[1].split(), dtype=float)])
            if len(found[-1]) == wanted and len(found) > 2 and signs[-1] in "=about":
                yield Shown(name, tuple(signs), tuple(found))
        elif (lone := re.fullmatch(r"([=*+]|about) (-?[\d.]+)", line)) is not None and found:
            signs.append(lone[1])
            found.append(np.array([[float(lone[2])]]))
            if lone[1] in "=about":
                yield Shown(name, tuple(signs), tuple(found))


def layer_matrices(name: str) -> list[tuple[Array, Array]]:
    layers = load_network(name).layers
    return [(np.asarray(layer.arrays["weights"]), np.asarray(layer.arrays["bias"])) for layer in layers]


@pytest.mark.parametrize("notation", NOTATIONS)
def test_each_layer_is_laid_out_as_its_formula_says(nnlec: Nnlec, notation: str) -> None:
    text = nnlec("forward", *LECTURE, "-f", "plain", "--notation", notation).stdout
    shown = list(products(text))
    for product, (weights, bias) in zip(shown, layer_matrices("configs/lecture.yaml"), strict=True):
        whole = weights if ROWS[notation].bias_apart else np.vstack([bias, weights])
        rows = ROWS[notation].neurons_in_rows
        assert_array_equal(product.matrices[0] if rows else product.matrices[1], whole.T if rows else whole)
        assert product.signs[1:] == ("*", *(["+"] if ROWS[notation].bias_apart else []), "=")
        if ROWS[notation].bias_apart:
            assert_array_equal(product.matrices[2], bias[:, None] if rows else bias[None])
        assert product.result.shape == ((len(bias), 1) if rows else (1, len(bias)))
        assert_allclose(product.worked_out, product.result, rtol=1e-12)


@pytest.mark.parametrize("notation", SOME)
def test_the_figures_are_those_of_the_lecture(nnlec: Nnlec, notation: str) -> None:
    for command in PAPER.values():
        plain = (nnlec(*command, "-f", "plain", *more).stdout for more in ((), ("--notation", notation)))
        lecture, other = ({*map(float, re.findall(r"\d+\.\d+(?:e-?\d+)?", text))} for text in plain)
        assert lecture == other


@pytest.mark.parametrize("notation", NOTATIONS)
def test_a_network_with_activations_is_computed_as_shown(nnlec: Nnlec, tmp_path: Path, notation: str) -> None:
    network = tmp_path / "relu.yaml"
    network.write_text(RELU, encoding="utf-8")
    text = nnlec("forward", str(network), "-i", "1.5,-2", "-f", "plain", "--notation", notation, "--all").stdout
    hidden, output = products(text)
    assert_allclose(hidden.worked_out, hidden.result)
    assert_allclose(output.worked_out, output.result, atol=5e-5)
    taken = np.maximum(hidden.result, 0).ravel()
    given = output.matrices[1 if ROWS[notation].neurons_in_rows else 0].ravel()
    assert_array_equal(given if ROWS[notation].bias_apart else given[1:], taken)
    assert ("h = relu(z(1))" in text) == ROWS[notation].rearranges


@pytest.mark.parametrize("notation", NOTATIONS)
def test_gradients_have_the_shape_of_what_they_belong_to(nnlec: Nnlec, notation: str) -> None:
    text = nnlec(*PAPER["step"], "-f", "plain", "--notation", notation).stdout
    update = text.split("3 update")[1]
    of_weights = [product for product in products(update) if product.name.startswith("dL/dW")]
    rows = ROWS[notation].neurons_in_rows
    for product, (weights, _) in zip(of_weights, reversed(layer_matrices("configs/lecture.yaml")), strict=True):
        inputs, units = weights.shape[0] + (not ROWS[notation].bias_apart), weights.shape[1]
        assert product.result.shape == ((units, inputs) if rows else (inputs, units))
        assert_allclose(product.worked_out, product.result, rtol=1e-9)
    assert (update.count("dL/db(") == 2) == ROWS[notation].bias_apart


def in_latex(text: str) -> list[Array]:
    found = re.findall(r"\\begin\{bmatrix\}(.*?)\\end\{bmatrix\}_\{(\d+) \\times (\d+)\}", text, re.DOTALL)
    matrices = [np.array([[float(c) for c in row.split("&")] for row in body.split(r"\\")]) for body, *_ in found]
    assert [m.shape for m in matrices] == [(int(r), int(c)) for _, r, c in found]
    return matrices


def in_html(text: str) -> list[Array]:
    tables = re.findall(r'<table class="matrix [^"]*" aria-label="(\d+) by (\d+) matrix">(.*?)</table>', text)
    cells = [
        [
            float(unescape(re.sub("<[^>]*>", "", c)).replace("\u2212", "-"))
            for c in re.findall("<td data-row.*?</td>", body)
        ]
        for *_, body in tables
    ]
    return [np.array(row).reshape(int(t[0]), int(t[1])) for t, row in zip(tables, cells, strict=True)]


@pytest.mark.parametrize("notation", SOME)
def test_every_writer_shows_the_same_matrices(nnlec: Nnlec, notation: str) -> None:
    command = ("forward", *LECTURE, "--notation", notation)
    plain = [m for product in products(nnlec(*command, "-f", "plain").stdout) for m in product.matrices]
    for name, read in {"latex": in_latex, "markdown": in_latex, "html": in_html}.items():
        shown = read(nnlec(*command, "-f", name).stdout)
        assert len(shown) == len(plain), name
        for mine, theirs in zip(shown, plain, strict=True):
            assert_array_equal(mine, theirs)
    for name in ("table", "svg"):
        sizes = re.findall(r"(\d+)×(\d+)", nnlec(*command, "-f", name).stdout)
        assert sorted(sizes) == sorted((str(m.shape[0]), str(m.shape[1])) for m in plain), name


@pytest.mark.parametrize("format", FORMATS)
def test_a_negative_bias_of_one_unit_is_subtracted(nnlec: Nnlec, format: str) -> None:
    out = nnlec("forward", "configs/standardised.yaml", "-i", "1,2", "-f", format, "--notation", "W x + b").stdout
    text = " ".join(re.sub("<[^>]*>", " ", out).replace("\u2212", "-").split())
    assert "- 0.3" in text
    assert "+ -0.3" not in text


def test_an_entry_lights_up_its_row_and_its_bias(nnlec: Nnlec) -> None:
    page = nnlec("forward", *LECTURE, "--notation", "W x + b", "-f", "html").stdout
    first = page.split('<div class="product"')[1]
    assert re.findall(r'<table class="matrix (\w+)', first) == ["left", "right", "left", "result"]
    places = re.findall(r'<template data-entry="\d" data-row="(\d)" data-column="(\d)"', first)
    assert places == [(str(row), "0") for row in range(4)]


@pytest.mark.parametrize(
    ("notation", "said"),
    [
        ("W x + b", ("δ⁽¹⁾ × xᵀ", "∂L/∂b⁽¹⁾ = δ⁽¹⁾", "L = -sumᵢ tᵢ ln yᵢ", "∂L/∂z = y - t", "h = W⁽¹⁾ x + b⁽¹⁾")),
        ("W x", ("δ⁽¹⁾ × [1 x]ᵀ", "h = W⁽¹⁾ x =")),
        ("x^T W + b^T", ("x × δ⁽¹⁾", "∂L/∂b⁽¹⁾ = δ⁽¹⁾", "L = -sumᵢ gᵢ ln sᵢ", "h = xᵀ W⁽¹⁾ + b⁽¹⁾ᵀ")),
    ],
)
def test_a_step_has_the_formulas_of_its_notation(nnlec: Nnlec, notation: str, said: tuple[str, ...]) -> None:
    text = nnlec(*PAPER["step"], "--notation", notation).stdout
    for formula in said:
        assert formula in text, formula


@pytest.mark.parametrize("format", FORMATS)
def test_no_letter_of_the_lecture_is_left(nnlec: Nnlec, format: str) -> None:
    letters = "output=u,target=v,probability=p,pre_activation=a,score=q,hidden=c,input=m,weights=M,weight=r,bias=k"
    for command in PAPER.values():
        out = nnlec(*command, "-f", format, "--notation", "W x + b", "--letters", letters).stdout
        shown = re.sub(r"(?s:<style>.*?</style>)|(?s:<script>.*?</script>)|<[^>]*>|\\[a-z]+", " ", out)
        words = set(re.findall(r"(?<![a-zA-Z])[a-zA-Z](?![a-zA-Z])", shown))
        assert words & {*"uvpqcmMr"}
        assert not words & {*"fgshzWbxw"}, (command, words)


def test_letters_go_with_the_lecture_too(nnlec: Nnlec) -> None:
    out = nnlec("softmax", "--logits", "-0.2,0.3", "--letters", "output=y,probability=p").stdout
    assert "pᵢ = e^yᵢ / sumⱼ e^yⱼ" in out
    assert "class      y      e^y        p" in out


@pytest.mark.parametrize(
    ("letters", "said"),
    [
        ("output=g", "g is output and target"),
        ("hidden=x", "x is hidden and input"),
        ("output", "'output', expected NAME=LETTER"),
        ("outputs=y", "did you mean 'output'?"),
        ("output=yy", "expected one letter"),
        ("output=ŷ", "expected one letter"),
        ("output=", "expected one letter"),
        ("output=e", "the base of e^x"),
        ("output=y,output=u", "output is given twice"),
        ("output=y,", "expected NAME=LETTER"),
    ],
)
def test_letters_that_would_be_mistaken_are_refused(nnlec: Nnlec, letters: str, said: str) -> None:
    done = nnlec("softmax", "--logits", "1,2", "--letters", letters)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: --letters: ")
    assert said in done.stderr


def test_the_table_and_the_options_name_the_same_notations() -> None:
    assert tuple(ROWS) == NOTATIONS
    assert ROWS[NOTATIONS[0]] == Notation()
    assert set(LETTERS) < set(Notation._fields)


@needs_latex
@pytest.mark.parametrize(
    ("dress", "notation"),
    [
        ("--beamer --standalone", "W x + b"),
        *(
            pytest.param(d, n, marks=pytest.mark.slow)
            for d in ("", "--standalone", "--beamer --standalone")
            for n in OTHERS
        ),
    ],
)
def test_the_pdf_holds_the_figures(nnlec: Nnlec, tex: Tex, dress: str, notation: str) -> None:
    source = nnlec("forward", *LECTURE[:3], "-f", "latex", "--notation", notation, *dress.split()).stdout
    text = tex.text_of(source if dress else BARE % source).replace("\u2212", "-")
    for figure in ("5.17", "14.47", "-6.23", "4.38", "37.716", "-23.256", "-1.3"):
        assert figure in text


def test_a_worksheet_is_in_the_notation(nnlec: Nnlec, tmp_path: Path) -> None:
    words = ("--notation", "W x + b", "--letters", "hidden=a,input=u")
    done = nnlec("worksheet", "configs/lecture.yaml", *words, "-o", str(tmp_path / "sheets"))
    assert done.returncode == 0, done.stderr
    sheet, key = ((tmp_path / "sheets" / f"{name}-v0001.md").read_text(encoding="utf-8") for name in ("sheet", "key"))
    given = in_latex(sheet)
    (u,), network = given[:1], layer_matrices("configs/lecture.yaml")
    assert u.shape == (3, 1)
    for (weights, bias), w, b in zip(network, given[1::2], given[2::2], strict=True):
        assert_array_equal(w, weights.T)
        assert_array_equal(b, bias[:, None])
    answers = (tmp_path / "sheets" / "answers.csv").read_text(encoding="utf-8").splitlines()
    assert answers[0] == "variant,row,label,exact,printed,tolerance"
    figures = {line.split(",")[2]: float(line.split(",")[3]) for line in answers[1:]}
    hidden = given[1] @ u + given[2]
    assert_allclose([figures[f"a{i}"] for i in range(1, 5)], hidden.ravel())
    assert_allclose([figures["z1"], figures["z2"]], (given[3] @ hidden + given[4]).ravel())
    assert "columns of W were met where its rows should be" in key
    assert "u2 was taken in the place of u1" in key
    assert "a2 was taken in the place of a1" in key
    assert "leading 1" not in sheet


@pytest.mark.parametrize(
    ("notation", "said"),
    [
        pytest.param("x^T W", "the first row of W is the bias", marks=pytest.mark.slow),
        ("W x", "the first column of W is the bias"),
        pytest.param("W x + b", "", marks=pytest.mark.slow),
    ],
)
def test_a_sheet_says_where_the_bias_is(nnlec: Nnlec, tmp_path: Path, notation: str, said: str) -> None:
    made = nnlec("worksheet", "--shape", "2-2-2", "--notation", notation, "-o", str(tmp_path / "sheets"))
    assert made.returncode == 0, made.stderr
    sheet = (tmp_path / "sheets" / "sheet-v0001.md").read_text(encoding="utf-8")
    assert (said in sheet) if said else ("the bias" not in sheet)
    assert in_latex(sheet)[1].shape == {"x^T W": (3, 2), "W x": (2, 3), "W x + b": (2, 2)}[notation]


def test_a_sheet_of_a_step_and_of_softmax_has_the_letters(nnlec: Nnlec, tmp_path: Path) -> None:
    topics = {"step": ("t &=", "t_{i}", "y_{i}"), "loss": ("$t$ |", "$z$ |", r"\ln y_{i}")}
    for topic, said in topics.items():
        folder = tmp_path / topic
        shape = "2-2-2" if topic == "step" else "3"
        nnlec("worksheet", "--shape", shape, "--topic", topic, "--notation", "W x + b", "-o", str(folder))
        sheet = (folder / "sheet-v0001.md").read_text(encoding="utf-8")
        for formula in said:
            assert formula in sheet, (topic, formula)
        key = (folder / "key-v0001.md").read_text(encoding="utf-8")
        slip = {"step": "t - y was taken for y - t", "loss": "e^-z was taken for e^z"}[topic]
        assert slip.replace("-", r"-") in key


RIGHT = "student,h1,h2,h3,h4,z1,z2,y1\nAnn,5.17,14.47,-6.23,4.38,37.7,-23.3,1.00\n"


def test_a_class_may_answer_in_the_letters_of_the_notation(nnlec: Nnlec, tmp_path: Path) -> None:
    answers = tmp_path / "class.csv"
    answers.write_text(RIGHT, encoding="utf-8")
    command = ("check", "configs/lecture.yaml", "-i", "2.8,-3.1,4.2", "--answers", str(answers))
    said = nnlec(*command, "--notation", "W x + b")
    assert said.returncode == 0, said.stdout
    assert "not marked" not in (said.stdout + said.stderr).casefold()
    unsaid = nnlec(*command)
    assert "z1, z2" in unsaid.stdout


def test_a_sum_before_an_activation_has_its_letter(nnlec: Nnlec, tmp_path: Path) -> None:
    answers = tmp_path / "class.csv"
    answers.write_text("student,z(1)1,z(1)2,c1,c2,u1\nAnn,1,0,1,0,1\nBen,1,0,1,0,2\n", encoding="utf-8")
    words = ("--notation", "W x + b", "--letters", "hidden=c,output=u")
    done = nnlec("check", "configs/mlp.yaml", "-i", "1,1,0", "--answers", str(answers), *words)
    assert done.returncode == 1
    assert re.findall(r"(Ann|Ben) +(\d) +(\d)", done.stdout) == [("Ann", "5", "5"), ("Ben", "4", "5")]


def test_verdicts_name_figures_and_slips_in_the_notation(nnlec: Nnlec) -> None:
    network = ("check", "configs/lecture.yaml", "-i", "2.8,-3.1,4.2", "--notation", "W x + b", "--letters", "hidden=a")
    turned = nnlec(*network, "--layer", "hidden=a1=5.17,a2=14.47,a3=-6.23,a4=1.38")
    assert "a4" in turned.stdout
    assert not re.search(r"\bh[1-4]\b", turned.stdout)
    step = nnlec(*network, "--label", "y2", "--rate", "0.01", "--delta", "output=-1,1")
    assert "t - y was taken for y - t" in step.stdout


def test_drawings_have_the_letters(nnlec: Nnlec) -> None:
    for command in ("draw", "show"):
        drawn = nnlec(command, "configs/lecture.yaml", "--letters", "hidden=a,input=u").stdout
        assert "(u1)" in drawn
        assert "(a4)" in drawn
        assert "h1" not in drawn


def test_sheets_remember_their_notation(nnlec: Nnlec, tmp_path: Path) -> None:
    folder = str(tmp_path / "sheets")
    words = ("--notation", "W x + b", "--letters", "hidden=a")
    nnlec("worksheet", "configs/lecture.yaml", *words, "--variants", "2", "-o", folder)
    printed = (tmp_path / "sheets" / "answers.csv").read_text(encoding="utf-8").splitlines()[1:]
    rows = [line.split(",") for line in printed if line.startswith("v0002")]
    answers = tmp_path / "class.csv"
    labels = ",".join(row[2] for row in rows)
    answers.write_text(f"student,variant,{labels}\nAnn,v0002,{','.join(row[4] for row in rows)}\n", encoding="utf-8")
    assert labels == "a1,a2,a3,a4,z1,z2"
    marked = nnlec("check", folder, "--answers", str(answers))
    assert marked.returncode == 0, marked.stdout + marked.stderr
    assert re.search(r"Ann +6 +6", marked.stdout)


@pytest.mark.parametrize("wrong", ['"notation": "W y"', '"notation": 3', '"letters": ["a"]', '"letters": "hidden=x"'])
def test_a_manifest_with_no_notation_is_refused(nnlec: Nnlec, tmp_path: Path, wrong: str) -> None:
    folder = tmp_path / "sheets"
    nnlec("worksheet", "configs/lecture.yaml", "-o", str(folder))
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("{", f"{{{wrong},", 1), encoding="utf-8")
    done = nnlec("check", str(folder), "--variant", "v0001", "--output", "1,2")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: ")


def test_the_lecture_leaves_no_trace_in_a_manifest(nnlec: Nnlec, tmp_path: Path) -> None:
    nnlec("worksheet", "configs/lecture.yaml", "-o", str(tmp_path / "sheets"))
    assert "notation" not in (tmp_path / "sheets" / "manifest.json").read_text(encoding="utf-8")


@needs_latex
@pytest.mark.slow
@pytest.mark.parametrize("topic", ["forward", "softmax", "loss", "step"])
def test_sheets_and_keys_compile(nnlec: Nnlec, tmp_path: Path, tex: Tex, topic: str) -> None:
    folder = tmp_path / "sheets"
    shape = "2-2-2" if topic in ("forward", "step") else "3"
    nnlec("worksheet", "--shape", shape, "--topic", topic, "--notation", "W x + b", "-o", str(folder))
    for name in ("sheets.tex", "keys.tex"):
        assert "v0001" in tex.text_of((folder / name).read_text(encoding="utf-8"))
