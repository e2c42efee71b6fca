"""Letters in LaTeX: themselves in the source, and right in the PDF that pdflatex makes of it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from unicodedata import normalize

import pytest

from tests.conftest import Nnlec
from tests.test_formats import BARE, Tex, needs_latex

KNOWN = ("Käse", "crème brûlée", "naïve – “quoted” €5", "smørrebrød", "Łódź", "čřžů", "ősz", "çığ")
OF_T1 = ("zażółć gęślą", "«là»", "„tief“", "Þór")
IN_MATHEMATICS = {"α-class": r"$\alpha$-class", "5 × 3": r"5 $\times$ 3", "Ω": r"$\Omega$", "m²": "m$^{2}$"}
PLAIN = {"a_b": r"a\_b", "50%": r"50\%", "<i>": r"\textless{}i\textgreater{}", "x-y": "x-y", "x--y": "x-{}-y"}
ALL = (*KNOWN, *OF_T1, *IN_MATHEMATICS, *PLAIN)


def source_of(nnlec: Nnlec, folder: Path, names: tuple[str, ...], *options: str) -> str:
    network = folder / "names.yaml"
    rows = f"weights: [[{', '.join('1' for _ in names)}]]"
    quoted = ", ".join(f"'{name}'" for name in names)
    network.write_text(f"classes: [{quoted}]\nlayers:\n  - {rows}\n    activation: identity\n", encoding="utf-8")
    done = nnlec("forward", str(network), "-i", "0.5", "-f", "latex", *options)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def tex(tmp_path: Path) -> Tex:
    return Tex(tmp_path)


@pytest.mark.parametrize("dress", [(), ("--standalone",), ("--beamer",)], ids=["fragment", "standalone", "beamer"])
def test_a_name_can_be_read_and_edited_in_the_source(nnlec: Nnlec, tmp_path: Path, dress: tuple[str, ...]) -> None:
    source = source_of(nnlec, tmp_path, ALL, *dress)
    for name in ALL:
        spelled = {**IN_MATHEMATICS, **PLAIN}.get(name, name)
        assert f"\n{spelled} & $" in source, name
    assert "nnlecchar" not in source
    assert "ttfamily" not in source.partition(r"\begin{document}")[2]


@needs_latex
@pytest.mark.parametrize("dress", [("--standalone",), ("--beamer", "--standalone")], ids=["standalone", "beamer"])
def test_letters_come_out_of_the_pdf(nnlec: Nnlec, tmp_path: Path, tex: Tex, dress: tuple[str, ...]) -> None:
    names = (*KNOWN, *OF_T1) if "--beamer" in dress else (*KNOWN, *OF_T1, "α-class", "Ω", "5 × 3", *PLAIN)
    text = normalize("NFKC", "".join(tex.text_of(source_of(nnlec, tmp_path, names, *dress)).split()))
    for name in names:
        assert name.replace(" ", "") in text, name


@needs_latex
def test_a_fragment_with_letters_compiles_where_it_says_what_it_needs(nnlec: Nnlec, tmp_path: Path, tex: Tex) -> None:
    plain = source_of(nnlec, tmp_path, KNOWN)
    assert plain.startswith("% needs \\usepackage{amsmath}\n")
    assert "Käse" in normalize("NFC", tex.text_of(BARE % plain))
    more = source_of(nnlec, tmp_path, OF_T1)
    assert more.startswith("% needs \\usepackage{amsmath} and \\usepackage[T1]{fontenc}\n")
    tex.text_of(BARE.replace(r"\usepackage{amsmath}", r"\usepackage{amsmath}\usepackage[T1]{fontenc}") % more)


@needs_latex
def test_a_letter_that_no_font_has_is_itself_in_the_source_and_copied_from_the_pdf(
    nnlec: Nnlec, tmp_path: Path, tex: Tex
) -> None:
    for dress in ((), ("--standalone",)):
        source = source_of(nnlec, tmp_path, ("猫", "кот"), *dress)
        assert "\n猫 & $" in source
        assert "\nкот & $" in source
        text = tex.text_of(source if dress else BARE % source)
        assert "猫" in text
        assert "кот" in text


def test_a_letter_and_its_accent_are_one(nnlec: Nnlec, tmp_path: Path) -> None:
    assert "\nKäse & $" in source_of(nnlec, tmp_path, ("Ka\u0308se", "x"))


@needs_latex
def test_fractions_below_each_other_do_not_touch(nnlec: Nnlec, tmp_path: Path, tex: Tex) -> None:
    out = nnlec(
        "softmax", "--logits", "1.6,0.9,0.2", "--steps", "--decimals", "2", "-f", "latex", "--standalone"
    ).stdout
    tex.text_of(out)
    subprocess.run(["pdftotext", "-bbox", "page.pdf", "boxes.html"], cwd=tmp_path, check=True)
    words = re.findall(r'yMin="([\d.]+)"[^>]*yMax="([\d.]+)">([\d.]+)<', (tmp_path / "boxes.html").read_text())
    below = [(float(top), float(end), word) for top, end, word in words]
    whole = next(word for _, _, word in below if sum(w == word for _, _, w in below) >= 4)  # the sum, under each line
    denominators = [(top, end) for top, end, word in below if word == whole][-3:]
    numerators = [top for top, _, word in below if word in ("2.46", "1.22")][-2:]
    for (_, end), top in zip(denominators, numerators, strict=False):
        assert top - end > 1, "points between a denominator and the numerator below it"


@needs_latex
@pytest.mark.parametrize(
    "dress", [(), ("--standalone",), ("--beamer", "--standalone")], ids=["fragment", "standalone", "beamer"]
)
def test_chinese_is_itself_in_the_source_says_what_it_needs_and_compiles(
    nnlec: Nnlec, tex: Tex, dress: tuple[str, ...]
) -> None:
    logits = ("softmax", "--logits", "0.5,2", "--language", "zh", "-f", "latex")
    source = nnlec(*logits, *dress).stdout
    assert "预测：y2 (argmax)" in source
    assert "% Chinese letters: pdflatex with CJKutf8 and its font gbsn, or xelatex or lualatex with ctex\n" in source
    text = tex.text_of(source if dress else BARE % source)
    assert "预测：" in "".join(text.split())  # with CJKutf8 or, as their numbers that are copied as letters, without


def test_only_letters_of_the_chinese_fonts_ask_for_them(nnlec: Nnlec, tmp_path: Path) -> None:
    assert "CJKutf8" in source_of(nnlec, tmp_path, ("猫", "x"), "--standalone")
    assert "CJKutf8" not in source_of(nnlec, tmp_path, ("кот", "α", "😀"), "--standalone")
