"""What a notebook shows of a result: the same figures as the command, in HTML, LaTeX, Markdown and text."""

from __future__ import annotations

import re
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnlec
from nnlec import Dense, Network
from nnlec.network.losses import LossExample
from nnlec.network.step import exact_step
from nnlec.rendering.document import Product
from nnlec.rendering.explain.figures import Style
from nnlec.rendering.explain.forward import describe_forward
from tests import test_formats
from tests.conftest import ROOT
from tests.test_formats import BARE, Opened, Tex, figures_in, figures_of, needs_latex, visible_text
from tests.test_gallery import FIGURES, NETWORKS

tex = test_formats.tex
TYPES = ("text/html", "text/latex", "text/markdown", "text/plain")
LECTURE = nnlec.load_network(ROOT / "configs" / "lecture.yaml")
EXAMPLE = [1, 2.8, -3.1, 4.2]
EDGES = nnlec.load_network(ROOT / "configs" / "edges.yaml")
CORNER = [9, 9, 0, 0, 9, 9, 0, 0, 9, 9, 0, 0, 0, 0, 0, 0]
NAMES = ("<script>alert(1)</script>", "$x$", "50%_a", "</style>", "&amp;", "ключ")


def shown(result: Any, **asked: Any) -> dict[str, str]:
    bundle = result._repr_mimebundle_(**asked)
    assert isinstance(bundle, dict)
    return bundle


class Tags(HTMLParser):
    """Every tag of a page, and whether all that are opened are closed."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attributes)))
        if tag not in {"img", "br", "col"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", [name for name, _, _ in FIGURES[:1] + FIGURES[9:]])
def test_every_type_has_the_figures_of_the_example(name: str) -> None:
    inputs = next(inputs for other, inputs, _ in FIGURES if other == name)
    network = nnlec.load_network(ROOT / "configs" / f"{name}.yaml")
    bundle = shown(network.trace(inputs))
    assert tuple(bundle) == TYPES
    document = describe_forward(network.exact_trace(inputs), Style())
    figures = figures_of(tuple(b._replace(entries=()) if isinstance(b, Product) else b for b in document))
    for name_, text in bundle.items():
        assert figures <= figures_in(visible_text(re.sub(r"(?s)<style>.*?</style>", "", text), name_.split("/")[1]))


@pytest.mark.parametrize("path", NETWORKS, ids=lambda path: path.stem)
def test_a_network_is_shown_by_what_it_is_made_of(path: Path) -> None:
    network = nnlec.load_network(path)
    bundle = shown(network)
    assert all(layer.name in bundle["text/html"] for layer in network.layers)
    assert f"{network.parameters:,}" in bundle["text/plain"]
    assert re.fullmatch(r"<Network [0-9.-]+, \d+ numbers?>", repr(network))


def test_only_what_is_asked_for_is_made() -> None:
    assert tuple(shown(LECTURE, include={"text/html", "image/png"})) == ("text/html",)
    assert tuple(shown(LECTURE, exclude={"text/html"})) == TYPES[1:]
    assert shown(LECTURE, include=set()) == {}


def test_html_has_mathml_and_its_own_style_and_nothing_else() -> None:
    for result in (step_by_hand(), LECTURE, LECTURE.trace(EXAMPLE)):
        tags = Tags(shown(result)["text/html"])
        kinds = [tag for tag, _ in tags.found]
        assert tags.open == []
        assert kinds[:2] == ["div", "style"]
        assert not {"script", "link", "iframe", "button", "template", "html", "body"} & {*kinds}
        assert not any(name.startswith("on") or name == "id" for _, attributes in tags.found for name in attributes)
    assert "<math>" in shown(step_by_hand())["text/html"]


def step_by_hand() -> Any:
    """A step of learning on one example."""
    network = nnlec.load_network(ROOT / "configs" / "step-decimals.yaml")

    def example(trace: Any) -> LossExample:
        return LossExample(nnlec.loss("half-sse"), network.output_names, trace.output, (1.0,))

    return exact_step(network, [2.0, 3.0], example, Decimal("0.05"))


def test_short_texts_stand_for_results() -> None:
    trace = LECTURE.trace([EXAMPLE, EXAMPLE])
    assert repr(LECTURE) == "<Network 3-4-2, 26 numbers>"
    assert repr(trace) == "<Trace of 2 rows through <Network 3-4-2, 26 numbers>>"
    assert repr(LECTURE.exact_trace(EXAMPLE)) == "<ExactTrace of 1 row through <Network 3-4-2, 26 numbers>>"


def test_names_are_text_in_every_type() -> None:
    network = Network(
        (Dense(np.eye(len(NAMES)), name="</style><b>"),), inputs=NAMES, classes=NAMES, name="$$ \\input{x}"
    )
    for result in (network, network.trace(np.arange(len(NAMES)))):
        bundle = shown(result)
        tags = Tags(bundle["text/html"])
        assert tags.open == []
        assert not {"script", "b"} & {tag for tag, _ in tags.found}
        assert "<script" not in bundle["text/markdown"]
        assert r"\input{x}" not in bundle["text/latex"]
        assert all("ignore" in str(attributes["class"]) for tag, attributes in tags.found[:1])


def test_a_long_result_is_cut_and_says_so() -> None:
    wide = Network((Dense(np.ones((4, 900)), name="wide"),))
    deep = Network(tuple(Dense(np.eye(16), name=f"layer{n}") for n in range(8)))
    results = (wide.trace(np.ones(4)), deep.trace(np.ones(16)), deep.trace(np.ones((1000, 16))))
    pages = [shown(result, include={"text/html", "text/plain"}) for result in results]
    assert max(len(page["text/html"]) for page in pages) < 300_000
    rows, parts, many = (page["text/plain"] for page in pages)
    assert "cut here: 700 of 900 rows are not shown" in rows
    assert re.search(r"cut here: \d+ of \d+ parts are not shown", parts)
    assert "y16" in parts.splitlines()[-1]
    assert "cut here: 980 more rows are not shown" in many


def test_a_large_network_is_not_computed_anew() -> None:
    large = Network((Dense(np.ones((1000, 2000))), Dense(np.ones((2000, 3)))))
    said = shown(large.trace(np.ones(1000)))["text/plain"]
    assert "too large to be worked out here" in said
    assert "2000000" in said


@needs_latex
def test_pdflatex_sets_it_with_amsmath_alone(tex: Tex) -> None:
    results = (step_by_hand(), LECTURE, LECTURE.trace(EXAMPLE), EDGES.trace(CORNER))
    bodies = [shown(result, include={"text/latex"})["text/latex"] for result in results]
    assert not re.search(r"\\(sub)*section|tabular|(?<!\\)\\\[", "".join(bodies))
    text = tex.text_of(BARE % "\n\n".join(bodies)).replace("\u2212", "-")
    assert all(figure in text for figure in ("5.17", "14.47", "37.716", "-23.256", "0.191", "27"))


def test_its_style_holds_for_nothing_else_on_the_page(browser: Any, tmp_path: Path) -> None:
    """A table of the same classes, a heading and a formula elsewhere look as they did before; nothing is fetched."""
    other = '<h3 id="a">A</h3><table class="matrix list" id="b"><tr><td id="c">1</td></tr></table><p id="d">x</p>'
    cells = "".join(shown(result, include={"text/html"})["text/html"] for result in (LECTURE.trace(EXAMPLE), LECTURE))
    looks = []
    for name, body in (("alone", other), ("beside", cells + other)):
        path = tmp_path / f"{name}.html"
        path.write_text(f'<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">{body}', encoding="utf-8")
        opened = Opened(browser, path)
        looks.append(opened.page.evaluate(LOOK, ["a", "b", "c", "d"]))
        assert [url for url in opened.requests if not url.startswith(("file:", "data:"))] == []
        assert opened.complaints == []
    assert looks[0] == looks[1]
    brackets = opened.page.locator(".nnlec .matrix").first.evaluate(
        "table => getComputedStyle(table, '::before').borderLeftWidth"
    )
    assert brackets == "2px"


LOOK = """names => names.map(name => {
  const style = getComputedStyle(document.getElementById(name));
  return [...style].filter(key => !/width|height|size|origin/.test(key)).map(key => style.getPropertyValue(key));
})"""

CODE = (
    "import nnlec\nnetwork = nnlec.load_network('configs/lecture.yaml')\nnetwork",
    "network.trace([1, 2.8, -3.1, 4.2])",
    "nnlec.load_network('configs/edges.yaml').trace([9, 9, 0, 0, 9, 9, 0, 0, 9, 9, 0, 0, 0, 0, 0, 0])",
    "nnlec.load_network('configs/animals.yaml').trace([[4, 1, 0, 0, 0.25]] * 30)",
    "repr(network)",
)
NOT_IN_EVERY_TEX = r"\n.*usepackage.*\{(eurosym|soul|ulem|mathrsfs)\}.*"
"""Packages that nbconvert loads for what no output here has."""


@pytest.fixture(scope="module")
def notebook() -> Any:
    """A notebook that a kernel has run."""
    pytest.importorskip("ipykernel", reason="ipykernel is in the test extra")
    client = pytest.importorskip("nbclient", reason="nbconvert is in the test extra")
    v4 = pytest.importorskip("nbformat.v4", reason="nbconvert is in the test extra")
    made = v4.new_notebook(cells=[v4.new_code_cell(code) for code in CODE])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        client.NotebookClient(made, timeout=60, resources={"metadata": {"path": str(ROOT)}}).execute()
    return made


@pytest.mark.slow
def test_a_kernel_hands_on_every_type(notebook: Any) -> None:
    for cell in notebook.cells[:-1]:
        (output,) = cell.outputs
        assert output.output_type == "execute_result"
        assert {*TYPES} == {*output.data}
        assert output.data["text/plain"].strip()


@pytest.mark.slow
def test_nbconvert_makes_a_page_of_it(notebook: Any, browser: Any, tmp_path: Path) -> None:
    nbconvert = pytest.importorskip("nbconvert", reason="nbconvert is in the test extra")
    path = tmp_path / "notebook.html"
    path.write_text(nbconvert.HTMLExporter().from_notebook_node(notebook)[0], encoding="utf-8")
    page = Opened(browser, path).page
    assert page.locator(".nnlec").count() == 4
    assert page.locator(".nnlec math").count() >= 1
    assert page.locator(".nnlec script").count() == 0
    text = page.locator(".nnlec").nth(1).inner_text().replace("\u2212", "-")
    assert all(figure in text for figure in ("5.17", "14.47", "37.716", "-23.256"))
    assert page.locator(".nnlec .matrix").first.evaluate("table => getComputedStyle(table).fontSize") > "14"


@pytest.mark.slow
@needs_latex
def test_nbconvert_makes_a_pdf_of_it(notebook: Any, tex: Tex) -> None:
    nbconvert = pytest.importorskip("nbconvert", reason="nbconvert is in the test extra")
    source = nbconvert.LatexExporter().from_notebook_node(notebook)[0]
    text = tex.text_of(re.sub(NOT_IN_EVERY_TEX, "", source)).replace("\u2212", "-")
    assert all(figure in text for figure in ("5.17", "14.47", "37.716", "-23.256", "27", "0.3277"))
