"""Formulas are trees: every row of the registries in every notation, read back and worked out by other programs."""

from __future__ import annotations

import re
import shutil
import subprocess
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlec.network.activations import ACTIVATIONS, activation
from nnlec.network.losses import LOSSES, loss
from nnlec.notation import Formula, call, operand, put_in, symbols, text
from nnlec.notation.formula import names_in
from nnlec.notation.latex import latex
from nnlec.notation.mathml import mathml
from nnlec.notation.rational import Undefined, exact_value
from tests.conftest import Nnlec
from tests.relations import Exact, evaluated, relations

X, E = symbols("x", "e")
NUMBERS = ("-7.25", "-2.8", "-1", "-0.5", "0", "0.25", "1", "2.5", "3.3e-27", "-1.5e20")


def formulas() -> dict[str, Formula]:
    """The formula of every row, and every term of a loss."""
    return {name: kind.formula for name, kind in ACTIVATIONS.items()} | {
        f"{name} {part}": getattr(loss(name), part) for name in LOSSES for part in ("formula", "term")
    }


def with_numbers(formula: Formula, number: str) -> Formula:
    """The formula with a number for each letter but e, pi and the indices."""
    letters = names_in(formula) - {"e", "pi", "L", "n"}
    return put_in(formula, {name: operand(number if name in {"x", "f"} else "0.5") for name in letters})


def plain(source: str) -> str:
    """LaTeX of one line as the text that the reader of relations takes."""
    source = re.sub(r"\\(?:left|right|,|quad|operatorname)", "", source)
    source = re.sub(r"\\begin\{cases\}(.*?)\\end\{cases\}", _cases, source)
    for name in ("ln", "max", "min", "tanh", "pi", "sqrt"):
        source = source.replace(f"\\{name}", f" {name} ")
    source = source.replace(r"\log_2", " log2 ").replace(r"\log_{10}", " log10 ").replace("{erf}", " erf ")
    source = source.replace(r"\times 10^", "TEN^").replace(r"\times", " × ").replace(r"\approx", "≈")
    source = re.sub(r"(\d)\s*TEN\^\{(-?\d+)\}", r"\1e\2", source)
    source = _grouped(source)
    return re.sub(r"\s+", " ", source.replace(r"\_", "_").replace("&", "")).strip()


def _grouped(source: str) -> str:
    """Groups in braces as groups in brackets, fractions as quotients of two of them."""
    at = source.find("{")
    if at < 0:
        return source
    inner, rest = _group(source[at:])
    if source[:at].rstrip().endswith(r"\frac"):
        denominator, rest = _group(rest.lstrip())
        head = source[:at].rstrip().removesuffix(r"\frac")
        return f"{head}(({_grouped(inner)}) / ({_grouped(denominator)})){_grouped(rest)}"
    return f"{source[:at]}({_grouped(inner)}){_grouped(rest)}"


def _group(source: str) -> tuple[str, str]:
    """What stands in the braces that `source` begins with, and what follows."""
    depth = 0
    for place, character in enumerate(source):
        depth += (character == "{") - (character == "}")
        if depth == 0:
            return source[1:place], source[place + 1 :]
    raise ValueError(source)


def _cases(found: re.Match[str]) -> str:
    rows = [row.split("&") for row in found[1].split(r"\\")]
    *conditional, (last, _) = rows
    signs = {r"\ge": ">=", r"\le": "<="}
    branches = [f"{value} if {condition}" for value, condition in conditional]
    joined = ", ".join([*branches, f"else {last}"])
    for sign, written in signs.items():
        joined = joined.replace(sign, written)
    return f"({joined})"


@pytest.mark.parametrize("name", [name for name, kind in ACTIVATIONS.items() if kind.pointwise])
def test_latex_and_text_of_a_formula_with_numbers_say_the_same(name: str) -> None:
    for number in NUMBERS:
        written = with_numbers(ACTIVATIONS[name].formula, number)
        by_text, by_latex = evaluated(text(written), Exact()), evaluated(plain(latex(written)), Exact())
        assert mpmath.almosteq(_number(by_text), _number(by_latex), 1e-100), text(written)


@pytest.mark.parametrize("name", [name for name, kind in ACTIVATIONS.items() if kind.pointwise])
def test_the_exact_value_is_the_formulas_and_a_fraction_only_where_it_is_one(name: str) -> None:
    defaults = {p.name: operand(repr(p.default)) for p in ACTIVATIONS[name].parameters}
    for number in NUMBERS:
        written = put_in(ACTIVATIONS[name].formula, {"x": operand(number), **defaults})
        value = exact_value(written)
        expected = activation(name).exact([Decimal(number)])[0]
        if value is not None:
            near = Fraction(1, 10**58) * max(Fraction(1), abs(value))
            assert abs(Fraction(expected) - value) <= near, text(written)
        else:
            read = evaluated(text(written), Exact())
            assert not isinstance(read, Fraction), f"{text(written)}: a fraction by the independent reader"


@pytest.mark.parametrize("formula", formulas().values(), ids=list(formulas()))
def test_every_formula_is_well_formed_mathml(formula: Formula) -> None:
    for written in (formula, with_numbers(formula, "-2.8")):
        tree = ElementTree.fromstring(mathml(written))
        assert tree.tag == "math"
        fractions = [node for node in tree.iter() if node.tag in {"mfrac", "msup", "msub"}]
        assert all(len(list(node)) == 2 for node in fractions)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_pdflatex_sets_every_formula(tmp_path: Path) -> None:
    body = "\n".join(
        rf"\[ {latex(written)} \]"
        for formula in formulas().values()
        for written in (formula, with_numbers(formula, "-2.8"), with_numbers(formula, "3.3e-27"))
    )
    source = rf"\documentclass{{article}}\usepackage{{amsmath}}\begin{{document}}{body}\end{{document}}"
    (tmp_path / "all.tex").write_text(source, encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"],
        cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
@pytest.mark.parametrize("what", ["activations", "losses"])
def test_pdflatex_sets_the_lists(nnlec: Nnlec, tmp_path: Path, what: str) -> None:
    body = nnlec("list", what, "-f", "latex").stdout
    source = rf"\documentclass{{article}}\usepackage{{amsmath}}\begin{{document}}{body}\end{{document}}"
    (tmp_path / "list.tex").write_text(source, encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "list.tex"],
        cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]


@pytest.mark.parametrize("form", ["latex", "markdown"])
@pytest.mark.parametrize("name", [name for name, kind in ACTIVATIONS.items() if kind.pointwise])
def test_every_relation_in_latex_and_markdown_is_true_as_printed(
    nnlec: Nnlec, tmp_path: Path, form: str, name: str
) -> None:
    layer = f"{{weights: [[0.5, -1.25], [2, 0.3]], activation: {name}}}"
    (tmp_path / "net.yaml").write_text(f"layers: [{layer}]\n", encoding="utf-8")
    printed = nnlec("forward", str(tmp_path / "net.yaml"), "-i", "-2.8,0.7", "--steps", "-f", form)
    steps = (line.removesuffix(r" \\") for line in printed.stdout.splitlines() if "matrix" not in line)
    checked = [relation.holds for line in steps if "&" in line for relation in relations(plain(line))]
    assert False not in checked
    assert True in checked


@given(st.decimals(-40, 40, places=2), st.sampled_from(["tanh", "ln", "erf", "sqrt", "log2", "log10"]))
def test_no_function_claims_a_fraction_that_it_does_not_have(number: Decimal, name: str) -> None:
    try:
        value = exact_value(call(name, operand(f"{number:f}")))
    except Undefined:
        assert number < 0 or (number == 0 and name.startswith("l"))
        return
    if value is not None:
        assert mpmath.almosteq(_number(evaluated(f"{name}({number:f})", Exact())), _number(value), 1e-100)


def _number(value: Any) -> Any:
    return mpmath.mpf(value.numerator) / value.denominator if isinstance(value, Fraction) else mpmath.mpf(value)


def test_an_exponent_is_raised_in_every_picture_of_a_formula(nnlec: Nnlec) -> None:
    command = ("forward", "configs/step-sigmoid.yaml", "-i", "0.05,0.1", "--steps", "-f")
    html, svg = nnlec(*command, "html").stdout, nnlec(*command, "svg").stdout
    assert "^" not in re.sub("(?s)<(script|style)>.*?</\\1>", "", html)
    assert "^" not in svg
    assert "<msup><mi>e</mi>" in html
    root = ElementTree.fromstring(svg)
    texts = [(e.text or "", e.get("font-size")) for e in root.iter("{http://www.w3.org/2000/svg}text")]
    raised = [text for text, size in texts if size and text.startswith("\u2212") and "." in text]
    assert len(raised) == 4, texts


def test_a_picture_has_signs_as_themselves(nnlec: Nnlec) -> None:
    svg = nnlec("softmax", "--logits", "1,2", "--steps", "-f", "svg").stdout
    assert "∑ⱼ e" in svg
    assert "(s" not in svg.partition("class")[0], "a rule that stands alone has no brackets around it"


@pytest.mark.parametrize("row", [*ACTIVATIONS.values(), *LOSSES.values()], ids=lambda row: row.name)
def test_every_row_is_set_alike_in_a_page_and_in_a_picture(row: Any) -> None:
    from nnlec.rendering import RenderOptions, render_document
    from nnlec.rendering.document import Display

    document = (Display(row.formula if row.name in ACTIVATIONS else loss(row.name).formula),)
    for form in ("html", "svg"):
        page = re.sub("(?s)<(script|style)>.*?</\\1>", "", render_document(document, form, RenderOptions()))
        shown = re.sub("<[^>]*>", "", page)
        for typed in ("^", "&gt;=", "&lt;=", "sqrt", "alpha", "beta", "lambda", "sum_", "\x0e", "log2", "log10"):
            assert typed not in shown, f"{row.name} in {form}: {typed} in {shown}"
