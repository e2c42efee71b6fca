"""Letters in LaTeX: what it knows stands in the source as itself, Greek and signs in mathematics, and what it needs.

A font that is no Type 1 font, as T1's on a system without lmodern, is a bitmap from which nothing can be copied; the
old fonts build é from two pieces. There every letter is given the text that is copied for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from unicodedata import east_asian_width, normalize

_KNOWN = frozenset(
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝßàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿĀāĂăĆćĈĉĊċČčĎďĒēĔĕĖėĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭİıĲĳĴĵĶķĹĺĻļĽľŁłŃń"
    "ŅņŇňŌōŎŏŐőŒœŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŴŵŶŷŸŹźŻżŽžȘșȚț¡¿§¶©®™£€¥–—‘’“”†‡•…‰"
)
"""Letters and signs that LaTeX knows in every encoding."""

_OF_T1 = {
    **dict.fromkeys("ĄąĘęĮįŲųǪǫ", r"\DeclareTextAccentDefault{\k}{T1}"),
    **{
        letter: rf"\DeclareTextSymbolDefault{{\{name}}}{{T1}}"
        for letter, name in {
            "«": "guillemetleft", "»": "guillemetright", "‹": "guilsinglleft", "›": "guilsinglright",
            "„": "quotedblbase", "‚": "quotesinglbase", "Ð": "DH", "ð": "dh", "Đ": "DJ", "đ": "dj", "Þ": "TH",
            "þ": "th", "Ŋ": "NG", "ŋ": "ng",
        }.items()
    },
}  # fmt: skip
"""Letters that T1 alone has, and how the other encodings take them from there."""

_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "ς": "varsigma",
    "σ": "sigma", "τ": "tau", "υ": "upsilon", "φ": "varphi", "χ": "chi", "ψ": "psi", "ω": "omega", "ϑ": "vartheta",
    "ϕ": "phi", "ϵ": "epsilon", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi",
    "Σ": "Sigma", "Υ": "Upsilon", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip
_SIGNS = {
    "×": "times", "÷": "div", "±": "pm", "·": "cdot", "¬": "lnot", "µ": "mu", "∞": "infty", "∂": "partial", "∑": "sum",
    "√": "surd", "≤": "le", "≥": "ge", "≠": "ne", "≈": "approx", "→": "to", "←": "gets", "∈": "in",
}  # fmt: skip
_RAISED = dict(zip("°⁰¹²³⁴⁵⁶⁷⁸⁹", (r"\circ", *"0123456789"), strict=True))
_LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))

MATHEMATICS = {
    **{letter: rf"$\{name}$" for letter, name in (_GREEK | _SIGNS).items()},
    **{letter: f"$^{{{name}}}$" for letter, name in _RAISED.items()},
    **{letter: f"$_{{{name}}}$" for letter, name in _LOWERED.items()},
}
"""Characters that LaTeX has in mathematics, each as it stands in text."""

_COPIED = (
    r"\newcommand{\nnleccopy}[2]{\ifdefined\pdfliteral\expandafter\let\csname nnlec:#2\expandafter\endcsname"
    r"\csname u8:\detokenize{#1}\endcsname"
    r"\expandafter\gdef\csname u8:\detokenize{#1}\endcsname{\leavevmode"
    r"\pdfliteral direct{/Span<</ActualText<FEFF#2>>>BDC}\csname nnlec:#2\endcsname\pdfliteral direct{EMC}}\fi}"
)
_UNKNOWN = (
    r"\providecommand{\nnlecchar}[3]{\ifdefined\pdfliteral"
    r"\expandafter\gdef\csname u8:\detokenize{#1}\endcsname{\leavevmode"
    r"\pdfliteral direct{/Span<</ActualText<FEFF#3>>>BDC}\texttt{U+#2}\pdfliteral direct{EMC}}\fi}"
)
_CHINESE = (
    "% Chinese letters: pdflatex with CJKutf8 and its font gbsn, or xelatex or lualatex with ctex",
    r"\ifdefined\pdfliteral",
    r"  \IfFileExists{CJKutf8.sty}{\usepackage{CJKutf8}\AtBeginDocument{\begin{CJK}{UTF8}{gbsn}}%",
    r"    \AtEndDocument{\clearpage\end{CJK}}}{\PackageWarningNoLine{nnlec}{Chinese letters need CJKutf8}}",
    r"\else",
    r"  \IfFileExists{ctex.sty}{\usepackage[scheme=plain]{ctex}}%",
    r"    {\PackageWarningNoLine{nnlec}{Chinese letters need ctex}}",
    r"\fi",
)
_UNDERSCORE = r"  \DeclareTextCommand{\textunderscore}{OT1}{{\ttfamily\char95}}%"


def composed(text: str) -> str:
    """`text` with each letter and its accents as one character."""
    return text if text.isascii() else normalize("NFC", text)


def fonts(source: Iterable[str]) -> Iterator[str]:
    """Lines of a preamble: lmodern where it is installed, else what the letters of the source need without it."""
    parts = list(source)
    used = _letters(parts)
    letters = sorted(used & (_KNOWN | _OF_T1.keys()))
    underscore = any(r"\_" in part for part in parts)
    modern = r"\IfFileExists{lmodern.sty}{\usepackage[T1]{fontenc}\usepackage{lmodern}}{"
    if not letters and not underscore:
        yield modern + "}"
    else:
        if letters:
            yield _COPIED
        yield modern + "%"
        if underscore:
            yield _UNDERSCORE
        if letters:
            yield r"  \usepackage{textcomp}%"
            yield from (f"  {line}%" for line in dict.fromkeys(_OF_T1[c] for c in letters if c in _OF_T1))
            yield "  " + "".join(rf"\nnleccopy{{{c}}}{{{_hexadecimal(c)}}}" for c in letters) + "%"
        yield "}"
    if any(map(_is_chinese, used)):
        yield from _CHINESE


def needed(source: Iterable[str]) -> str:
    """The comment that says what a document has to load for a part of it."""
    letters = _letters(source)
    of_t1 = r" and \usepackage[T1]{fontenc}" if letters & _OF_T1.keys() else ""
    chinese = f"\n{_CHINESE[0]}" if any(map(_is_chinese, letters)) else ""
    return rf"% needs \usepackage{{amsmath}}{of_t1}{chinese}"


def unknown(source: Iterable[str]) -> Iterator[str]:
    """Lines before the letters are used: what pdflatex sets for characters that no usual font has, and copies for them.

    Other programs take them from their font, and so does pdflatex with Chinese ones where CJKutf8 is loaded.
    """
    letters = sorted(_letters(source) - _KNOWN - _OF_T1.keys())
    chinese = [c for c in letters if _is_chinese(c)]
    if letters:
        yield _UNKNOWN
        yield from (_as_number(c) for c in letters if c not in chinese)
    if chinese:
        yield r"\ifdefined\CJK\else"
        yield from map(_as_number, chinese)
        yield r"\fi"


def _letters(source: Iterable[str]) -> set[str]:
    return {c for part in source if not part.isascii() for c in part if not c.isascii()}


def _is_chinese(character: str) -> bool:
    """Whether the fonts of simplified Chinese have it: a wide character of GB 2312."""
    return east_asian_width(character) in "WF" and bool(character.encode("gb2312", "ignore"))


def _as_number(character: str) -> str:
    return rf"\nnlecchar{{{character}}}{{{ord(character):04X}}}{{{_hexadecimal(character)}}}"


def _hexadecimal(character: str) -> str:
    return character.encode("utf-16-be").hex().upper()
