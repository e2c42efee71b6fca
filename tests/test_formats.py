"""Every paper format, with the real programs that read it: pdflatex, a browser."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import unicodedata
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from nnlec.models import load_network
from nnlec.network.trace import exact_trace
from nnlec.rendering import RENDERERS, RenderOptions, render_document
from nnlec.rendering.document import Cell, Document, Number, Product, Table
from nnlec.rendering.explain.figures import Style
from nnlec.rendering.explain.forward import describe_forward
from tests import forked
from tests.conftest import ROOT, Nnlec

LECTURE = ("forward", "configs/lecture.yaml", "--input", "1,2.8,-3.1,4.2", "--steps")
NAMES = ("[cat]", "a_b", "50%", "<i>", "x|y", "$x$", r"\input{x}", 'say "hi"', "it's", "#1 & co", "a--b", "{~^}", "*b*")
FOREIGN = ("\U0001f408", "חתול", "naïve", "猫")
"""An emoji, a right-to-left word, a letter with an accent, and one that pdflatex has no glyph for."""

needs_latex = pytest.mark.skipif(
    not (shutil.which("pdflatex") and shutil.which("pdftotext")), reason="pdflatex or pdftotext is not installed"
)


def lecture() -> Document:
    network = load_network(ROOT / "configs" / "lecture.yaml")
    return describe_forward(exact_trace(network, [2.8, -3.1, 4.2]), Style(steps=True))


def figures_of(document: Document) -> set[str]:
    """Every figure of the matrices, the tables, and the ends of the steps."""
    found: set[str] = set()
    for block in document:
        if isinstance(block, Product):
            found |= {text for m in (block.left, block.right, block.result) for row in m.rows for text in row}
            found |= {term.text for entry in block.entries for term in entry.working if isinstance(term, Number)}
        if isinstance(block, Table):
            cells: list[Cell] = [cell for row in (*block.rows, block.totals) for cell in row]
            found |= {cell.text for cell in cells if isinstance(cell, Number)}
    return found


def spelled_plainly(text: str) -> str:
    """Figures as a document has them: a plain minus, e for a power of ten."""
    plain = text.replace("\u2212", "-").replace("−", "-")
    return re.sub(r"\s*(?:\\times|×)\s*10(?:\^\{(-?\d+)\}|\s*(-?\d+))", lambda m: f"e{m[1] or m[2]}", plain)


def figures_in(text: str) -> set[str]:
    """Every number in a text, with the sign that may belong to it."""
    plain = spelled_plainly(text)
    numbers = re.findall(r"\d+(?:\.\d+)?(?:e-?\d+)?", plain)
    return {*numbers, *(f"-{number}" for number in numbers if re.search(rf"-\s?{re.escape(number)}(?![\d.])", plain))}


def visible_text(source: str, name: str) -> str:
    """What a reader sees of a document in one of the formats."""
    if name == "html":
        body = re.sub(r"(?s)<(style|script)>.*?</\1>", "", source)
        return re.sub(r"<[^>]*>", " ", body.replace("<sup>", "")).replace("&minus;", "-")
    if name == "svg":
        return " ".join(
            "".join(text.itertext()) for text in ElementTree.fromstring(source).iter() if text.tag.endswith("text")
        )
    return source


@pytest.mark.parametrize("name", sorted(RENDERERS))
def test_every_format_has_the_same_figures_to_the_last_digit(name: str) -> None:
    document = lecture()
    text = visible_text(render_document(document, name, RenderOptions()), name)
    assert figures_of(document) <= figures_in(text)


class Tex:
    """pdflatex and pdftotext in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def text_of(self, source: str) -> str:
        (self.folder / "page.tex").write_text(source, encoding="utf-8")
        done = subprocess.run(
            ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "page.tex"],
            cwd=self.folder, capture_output=True, text=True, errors="replace", check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-3000:]
        subprocess.run(["pdftotext", "-layout", "-enc", "UTF-8", "page.pdf"], cwd=self.folder, check=True)
        return (self.folder / "page.txt").read_text(encoding="utf-8")


@pytest.fixture
def tex(tmp_path: Path) -> Tex:
    return Tex(tmp_path)


BARE = "\\documentclass{article}\\usepackage{amsmath}\\begin{document}\n%s\\end{document}\n"


@needs_latex
@pytest.mark.parametrize("dress", [(), ("--standalone",)], ids=["fragment", "standalone"])
def test_the_pdf_holds_the_figures(nnlec: Nnlec, tex: Tex, dress: tuple[str, ...]) -> None:
    source = nnlec(*LECTURE, "-f", "latex", *dress).stdout
    text = tex.text_of(source if dress else BARE % source).replace("\u2212", "-")
    assert all(figure in text for figure in FIGURES)


FIGURES = ("5.17", "14.47", "-6.23", "4.38", "37.716", "-23.256", "9.823", "-1.3", "10.512")


def test_a_dress_is_for_latex(nnlec: Nnlec) -> None:
    done = nnlec(*LECTURE, "-f", "markdown", "--beamer")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "Error: --beamer is for the format latex, not for markdown (see 'nnlec forward --help')\n"


def loss_of_names(nnlec: Nnlec, names: tuple[str, ...], *options: str) -> str:
    scores = ",".join(["0.5"] * len(names))
    done = nnlec("loss", "--logits", scores, "--classes", ",".join(names), "--label", "0", *options)
    assert done.returncode == 0, done.stderr
    return done.stdout


@needs_latex
def test_untrusted_names_stand_in_the_pdf_as_themselves(nnlec: Nnlec, tex: Tex) -> None:
    text = "".join(tex.text_of(loss_of_names(nnlec, (*NAMES, *FOREIGN), "-f", "latex", "--standalone")).split())
    text = text.replace("’", "'")  # as print has it
    for name in (*NAMES, *FOREIGN):
        assert name.replace(" ", "") in text or name[::-1] in text  # pdftotext sets a right-to-left word from the left


def test_untrusted_names_stand_in_markdown_as_themselves(nnlec: Nnlec) -> None:
    html = (
        pytest.importorskip("markdown_it", reason="markdown-it-py is not installed")
        .MarkdownIt("gfm-like", {"linkify": False})
        .render(loss_of_names(nnlec, (*NAMES, *FOREIGN), "-f", "markdown"))
    )
    cells = re.findall(r"<td>(.*?)</td>", html)
    assert [unescaped(cell) for cell in cells[: len(NAMES) + len(FOREIGN)]] == [*NAMES, *FOREIGN]


def unescaped(text: str) -> str:
    import html

    return html.unescape(text)


def test_untrusted_names_stand_in_the_picture_as_themselves(nnlec: Nnlec) -> None:
    root = ElementTree.fromstring(loss_of_names(nnlec, (*NAMES, *FOREIGN), "-f", "svg"))
    texts = {"".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {*NAMES, *FOREIGN} <= texts


class Opened:
    """A page in the browser, with everything it asked for and complained of."""

    def __init__(self, browser: Any, path: Path, **options: Any) -> None:
        self.page = browser.new_context(**options).new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(path.as_uri())

    @property
    def marked(self) -> list[str]:
        cells = self.page.locator(".marked").all_inner_texts()
        return [cell.replace("\u2212", "-") for cell in cells]

    @property
    def working(self) -> str:
        texts = self.page.locator(".working").all_inner_texts()
        # A browser says the letter of a formula in its mathematical form.
        return " ".join(unicodedata.normalize("NFKC", " ".join(texts)).replace("\u2212", "-").split())


@pytest.fixture
def page_of_the_lecture(nnlec: Nnlec, tmp_path: Path) -> Path:
    path = tmp_path / "lecture.html"
    assert nnlec(*LECTURE, "-o", str(path)).returncode == 0
    return path


@pytest.mark.slow
def test_pointing_at_an_entry_shows_its_row_column_and_sum(browser: Any, page_of_the_lecture: Path) -> None:
    opened = Opened(browser, page_of_the_lecture)
    assert opened.marked == []
    opened.page.locator("button", has_text="14.47").first.hover()
    assert opened.marked == ["1.0", "2.8", "-3.1", "4.2", "-1.3", "3.0", "-1.7", "0.5"]
    assert opened.working.replace(" ", "").endswith("=-1.3+8.4+5.27+2.1=14.47")
    assert [url for url in opened.requests if not url.startswith(("file:", "data:"))] == []
    assert opened.complaints == []


def test_arrow_keys_step_through_the_computation(browser: Any, page_of_the_lecture: Path) -> None:
    opened = Opened(browser, page_of_the_lecture)
    ends = []
    for _ in range(6):
        opened.page.keyboard.press("ArrowRight")
        ends.append(opened.working.split()[-1])
    assert ends == ["5.17", "14.47", "-6.23", "4.38", "37.716", "-23.256"]
    opened.page.keyboard.press("ArrowLeft")
    assert opened.working.split()[-1] == "37.716"
    opened.page.keyboard.press("Escape")
    assert opened.working == ""
    assert opened.complaints == []


def test_the_page_fits_a_phone(browser: Any, page_of_the_lecture: Path) -> None:
    opened = Opened(browser, page_of_the_lecture, viewport={"width": 360, "height": 640})
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 360


def test_untrusted_names_stand_on_the_page_as_themselves(nnlec: Nnlec, browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "names.html"
    path.write_text(loss_of_names(nnlec, (*NAMES, *FOREIGN), "-f", "html"), encoding="utf-8")
    opened = Opened(browser, path)
    assert opened.page.locator("tbody th").all_inner_texts() == [*NAMES, *FOREIGN]
    assert opened.complaints == []


@pytest.mark.slow
def test_nothing_in_the_picture_overlaps(browser: Any, nnlec: Nnlec, tmp_path: Path) -> None:
    path = tmp_path / "lecture.svg"
    assert nnlec(*LECTURE, "-o", str(path)).returncode == 0
    opened = Opened(browser, path)
    boxes = opened.page.evaluate(
        "[...document.querySelectorAll('text')].map(t => { const b = t.getBoundingClientRect();"
        " return [t.textContent, b.left, b.top, b.right, b.bottom, parseFloat(getComputedStyle(t).fontSize)]; })"
    )
    assert len(boxes) > 100
    for i, (name, left, top, right, bottom, _) in enumerate(boxes):
        for other, l2, t2, r2, b2, _ in boxes[i + 1 :]:
            wide = min(right, r2) - max(left, l2)
            high = min(bottom, b2) - max(top, t2)
            assert wide < 2 or high < 8, f"{name!r} overlaps {other!r}"


@pytest.mark.parametrize(
    ("command", "stdin"),
    [
        ("loss --probabilities 0,1 --label 0", ""),
        ("loss --target-column y", "P(a),P(b),y\n0,1,a\n"),
        ("loss --target-column y --reduction none", "P(a),P(b),y\n0,1,a\n"),
        ("check --probabilities 0,1 --label 0 --loss 5", ""),
        ("evaluate far.yaml --target-column g", "x,g\n2,1\n"),
        ("forward far.yaml -i 2", ""),
        ("forward far.yaml --predict", "x\n2\n"),
    ],
)
@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_a_number_that_json_has_not_is_null_and_said(tmp_path: Path, command: str, stdin: str, form: str) -> None:
    (tmp_path / "far.yaml").write_text(
        "inputs: [x]\nkind: regression\nlayers: [{weights: [[1e308]], bias: none, activation: identity}]\n"
    )
    run = forked.run_in(tmp_path, [*command.split(), "-f", form], stdin.encode(), os.environ)
    assert run.stderr == b"Warning: NaN and infinities are written as null: JSON has no numbers for them\n"
    assert b"null" in run.stdout
    json.loads(run.stdout)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("0.12345678901234567891", "value 1 is read as 0.12345678901234568: a number has at most 15 to 17 digits"),
        ("100000000000000000001", "value 1 is read as 1e+20: a number has at most 15 to 17 digits"),
        ("0.123456789012345", ""),
        ("0.1234567890123456", ""),
        ("1.00000000000000000000", ""),
        ("12345678901234500000000", ""),
    ],
)
def test_digits_that_a_number_cannot_hold_are_said(nnlec: Nnlec, number: str, said: str) -> None:
    run = nnlec("softmax", "--logits", f"{number},0")
    assert run.returncode == 0
    assert run.stderr == (f"Warning: {said}\n" if said else "")


@pytest.mark.parametrize(
    "command",
    [
        "forward configs/lecture.yaml -i 1,2,3,4",
        "softmax --logits 1,2",
        "loss --logits 1,2 --label 0",
        "check --logits 1,2 --probabilities 0.27,0.73",
    ],
)
@pytest.mark.parametrize("named", ["-f parquet", "-o example.parquet"])
def test_a_worked_example_is_never_written_in_another_format_than_the_one_asked_for(
    nnlec: Nnlec, tmp_path: Path, command: str, named: str
) -> None:
    named = named.replace("example", str(tmp_path / "example"))
    run = nnlec(*command.split(), *named.split())
    assert (run.returncode, run.stdout) == (2, "")
    assert "this is not written as parquet" in run.stderr
    assert not list(tmp_path.iterdir())
