"""HTML paper as a browser, a screen reader and a printer take it: axe-core, Chromium, and the page's own tree."""

from __future__ import annotations

import math
import re
import shutil
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from nnlec.rendering import RenderOptions, render_document
from nnlec.rendering.document import (
    Block,
    Document,
    Equation,
    Heading,
    Matrix,
    Number,
    Prose,
    Sign,
    Symbol,
    Table,
)
from tests.conftest import Nnlec

LECTURE = ("configs/lecture.yaml", "-i", "1,2.8,-3.1,4.2")
SIGMOIDS = ("configs/step-sigmoid.yaml", "-i", "0.05,0.10", "--target", "0.01,0.99", "--rate", "0.5")
IRIS = ("configs/iris.yaml", "configs/iris.csv")
WEIGHTS = ("--logits", "dog=-0.2,tiger=0.3,cat=-0.1")

PAPER: dict[str, tuple[str, ...]] = {
    "forward": ("forward", *LECTURE),
    "every step": ("forward", *LECTURE, "--steps"),
    "maps": ("forward", "configs/edges.yaml", "-i", "9,9,0,0,9,9,0,0,9,9,0,0,0,0,0,0"),
    "softmax": ("softmax", "--logits", "0.5,1.2,-3", "--steps"),
    "loss": ("loss", "--logits", "4,1,0,0,0.4", "--label", "3", "--steps"),
    "step": ("step", "configs/step-decimals.yaml", "-i", "2,3", "--target", "1", "--rate", "0.05"),
    "large step": ("step", *SIGMOIDS),
    "batch": ("step", IRIS[0], "--rows", IRIS[1], "--target-column", "species", "--rate", "0.01", "--then", "20"),
    "evaluate": ("evaluate", *IRIS, "--target-column", "species", "--full"),
    "stats": ("stats", *IRIS),
    "check": ("check", *WEIGHTS, "--probabilities", "0.26,0.44,0.30", "--loss", "1.22", "--label", "cat"),
    "class": ("check", *LECTURE, "--answers", "configs/class.csv"),
    "compare": ("compare", "configs/step-sigmoid.yaml", "configs/step-decimals.yaml"),
    "show": ("show", "configs/digits-cnn.yaml"),
    "list": ("list", "activations"),
    "page": ("page", *LECTURE, "--label", "y1", "--rate", "0.3"),
}
"""A page of each command, by what it shows."""

WRITTEN: dict[str, str] = {}
"""The pages written so far."""

KINDS = ("sheet", "key")

SCROLLED = (
    "e => getComputedStyle(e).overflowX === 'auto' && e.scrollWidth > e.clientWidth"
    " && e.tabIndex < 0 && !e.querySelector('input, button')"
)
"""Whether an element is wider than it shows, and no keyboard reaches it."""


class Tree(HTMLParser):
    """The headings, tables and formulas of a page; `text` is what stands outside of formulas, scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[int] = []
        self.kinds: list[str] = []
        self.heads: list[dict[str, str | None]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.kinds.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "th":
            self.heads.append(dict(attrs))
        if tag not in ("meta", "link", "img", "wbr", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"math", "script", "style", "template"} & {*self.open}:
            self.text += data


def arithmetic(element: ElementTree.Element) -> str:
    """A formula as Python would have it."""
    parts = [arithmetic(child) for child in element]
    match element.tag:
        case "mfrac":
            return f"(({parts[0]})/({parts[1]}))"
        case "msup":
            return f"({parts[0]})**({parts[1]})"
        case "math" | "mrow":
            return re.sub(r"\u2061([\d.]+)", r"(\1)", "".join(parts))
        case "mn" | "mi" | "mo":
            return (element.text or "").translate({ord("×"): "*", ord("\u2212"): "-", ord("\u2062"): "*"})
        case "mspace":
            return ""
        case _:
            return "?"


@pytest.fixture
def page_of(nnlec: Nnlec, tmp_path: Path) -> Callable[[str], str]:
    """`page_of(name)`: the page of that name in `PAPER`; of a worksheet or its key; the page to play with."""

    def written(name: str) -> str:
        if name not in WRITTEN:
            if name in KINDS:
                topic = ("worksheet", "configs/lecture.yaml", "--topic", "softmax", "--seed", "7", "--variants", "1")
                assert nnlec(*topic, "-o", str(tmp_path / "w")).returncode == 0
                WRITTEN.update({kind: (tmp_path / "w" / f"{kind}-v0001.html").read_text("utf-8") for kind in KINDS})
            else:
                done = nnlec(*PAPER[name], *([] if name == "page" else ["-f", "html"]))
                assert done.returncode < 2, done.stderr
                WRITTEN[name] = done.stdout
        return WRITTEN[name]

    return written


@pytest.mark.parametrize("name", [*(name for name in PAPER if name != "page"), *KINDS])
def test_a_page_has_headings_heads_and_formulas(page_of: Callable[[str], str], name: str) -> None:
    tree = Tree(page_of(name))
    assert tree.open == []
    assert tree.headings[0] == 1
    assert tree.headings.count(1) == 1
    assert all(deeper <= level + 1 for level, deeper in zip(tree.headings, tree.headings[1:], strict=False))
    assert all(head.get("scope") in ("col", "row") for head in tree.heads)
    assert not {"code", "pre", "var", "sup"} & {*tree.kinds}
    assert not re.search(r"[≈∑∂√^]|dL/dw\b|/ 2e|\d [×=] .* = ", tree.text), tree.text


@pytest.mark.parametrize("name", ["every step", "softmax", "loss", "large step"])
def test_what_a_formula_says_is_true(page_of: Callable[[str], str], name: str) -> None:
    """Read from the MathML alone: sides joined by = are the same number, those joined by ≈ nearly so."""
    sides = 0
    for line in re.findall(r"<li>(.*?)</li>", page_of(name), re.DOTALL):
        formulas = map(ElementTree.fromstring, re.findall("<math>.*?</math>", line))
        chain = "".join(map(arithmetic, formulas)).replace("\u2061", "")
        before = None
        for sign, side in re.findall(r"([=≈]|^)([^=≈]*)", chain):
            try:
                value = eval(side, {"ln": math.log, "e": math.e, "max": max})
            except (NameError, SyntaxError, TypeError):  # letters
                before = None
                continue
            if before is not None:
                assert value == pytest.approx(
                    before, rel=1e-12 if sign == "=" else 2e-2, abs=1e-12 if sign == "=" else 6e-5
                ), line
                sides += 1
            before = value
    assert sides > 3


def test_a_matrix_is_a_table_with_heads_that_count_all_of_it() -> None:
    document: Document = (
        Heading("W"),
        Equation(((Symbol("W"), Sign.EQUALS, Matrix((("1", "...", "3"), ("...",) * 3, ("7", "...", "9")), (50, 3))),)),
    )
    page = render_document(document, "html", RenderOptions())
    heads = re.findall(r'<th scope="(\w+)"><span>(.*?)</span>', page)
    assert [head for scope, head in heads if scope == "row"] == ["row 1", "rows 2 to 49", "row 50"]
    assert [head for scope, head in heads if scope == "col"] == ["column 1", "column 2", "column 3"]


@pytest.mark.parametrize(
    "name",
    [
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("forward", "softmax", "loss", "key", "check")),
        *("step", "evaluate", "page"),
    ],
)
def test_axe_finds_nothing(page_of: Callable[[str], str], browser: Any, tmp_path: Path, name: str) -> None:
    """No violation of any rule of axe-core, in light and in dark; what stands in a formula has its colour."""
    axe = pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
    script = (Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    tab, path = browser.new_page(viewport={"width": 1000, "height": 800}), tmp_path / "page.html"
    found = {}
    path.write_text(page_of(name), encoding="utf-8")
    tab.goto(path.as_uri())
    tab.evaluate(script)
    for scheme, rules in (("light", None), ("dark", ["color-contrast"])):
        tab.emulate_media(color_scheme=scheme)
        options = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
        for violation in tab.evaluate("o => axe.run({exclude: ['math > *']}, o)", options)["violations"]:
            found[scheme, violation["id"]] = [node["html"][:200] for node in violation["nodes"]]
    assert found == {}


def test_a_phone_shows_every_page_and_the_keyboard_reaches_what_is_wider(
    page_of: Callable[[str], str],
    browser: Any,
    tmp_path: Path,
) -> None:
    tab, path = browser.new_page(viewport={"width": 390, "height": 800}), tmp_path / "page.html"
    for name in ("forward", "maps", "large step", "stats", "class", "show", "list", "page", "sheet"):
        path.write_text(page_of(name), encoding="utf-8")
        tab.goto(path.as_uri())
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390, name
        tab.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
        left = tab.eval_on_selector_all("main *", f"all => all.filter({SCROLLED}).map(e => e.outerHTML.slice(0, 99))")
        assert left == [], name
        assert tab.evaluate("document.getAnimations().length") == 0, "nothing moves, so nothing need stand still"


def test_the_script_writes_the_formula_that_stands_in_the_list_of_steps(
    page_of: Callable[[str], str],
    browser: Any,
    tmp_path: Path,
) -> None:
    tab, path = browser.new_page(), tmp_path / "page.html"
    path.write_text(page_of("every step"), encoding="utf-8")
    tab.goto(path.as_uri())
    for number, list_number in ((0, 0), (3, 0), (4, 1)):
        tab.locator(".product button").nth(number).focus()
        shown = tab.locator(".product .working:not(:empty)").inner_html()
        assert "<mn" in shown
        assert shown == tab.locator(".steps").nth(list_number).locator("li").nth(number % 4).inner_html()


def test_a_printed_heading_stays_with_its_table_and_a_long_table_repeats_its_head(
    browser: Any,
    tmp_path: Path,
) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    sections: list[Block] = [Heading("Print")]
    for number in range(60):
        table = Table((f"head{number}", "value"), ((f"first{number}", Number("1")), (f"second{number}", Number("2"))))
        sections += [Heading(f"section{number}", 2), table, *[Prose("a line")] * (number % 4)]
    long = Table(("repeated", "n"), tuple((f"row{n}", Number(str(n))) for n in range(120)))
    tab = browser.new_page()
    tab.set_content(render_document((*sections, long), "html", RenderOptions()))
    tab.pdf(path=tmp_path / "print.pdf", format="A4")
    done = subprocess.run(["pdftotext", "-layout", tmp_path / "print.pdf", "-"], capture_output=True, check=True)
    sheets = [sheet.split() for sheet in done.stdout.decode().split("\f")]
    on = {word: number for number, sheet in reversed([*enumerate(sheets)]) for word in sheet}
    assert len(sheets) > 6
    for number in range(60):
        assert on[f"section{number}"] == on[f"head{number}"] == on[f"second{number}"], number
    assert sum("repeated" in sheet for sheet in sheets) == sum(any(w.startswith("row") for w in s) for s in sheets) > 2


def test_the_window_of_a_map_is_framed_on_its_four_sides(nnlec: Nnlec) -> None:
    text = nnlec(*PAPER["maps"], "-f", "html").stdout
    cells = [each.split() for each in re.findall(r'<td [^>]*class="([^"]*)"', text)]
    sides = {side: sum(f"edge-{side}" in each for each in cells) for side in ("top", "bottom", "left", "right")}
    assert set(sides.values()) == {3 + 3 + 2}, "a window of 3 x 3 beside its kernel, and one of 2 x 2"
