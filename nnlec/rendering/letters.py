"""Letters in LaTeX: what it knows stands in the source as itself, Greek and signs in mathematics, and what it needs.

A font that is no Type 1 font, as T1's on a system without lmodern, is a bitmap from which nothing can be copied; the
old fonts build é from two pieces. There every letter is given the text that is copied for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from unicodedata import normalize

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
_UNDERSCORE = r"  \DeclareTextCommand{\textunderscore}{OT1}{{\ttfamily\char95}}%"


def composed(text: str) -> str:
    """`text` with each letter and its accents as one character."""
    return text if text.isascii() else normalize("NFC", text)


def fonts(source: Iterable[str]) -> Iterator[str]:
    """Lines of a preamble: lmodern where it is installed, else what the letters of the source need without it."""
    parts = list(source)
    letters = sorted({c for part in parts if not part.isascii() for c in part} & (_KNOWN | _OF_T1.keys()))
    underscore = any(r"\_" in part for part in parts)
    modern = r"\IfFileExists{lmodern.sty}{\usepackage[T1]{fontenc}\usepackage{lmodern}}{"
    if not letters and not underscore:
        yield modern + "}"
        return
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


def needed(source: Iterable[str]) -> str:
    """The comment that says what a document has to load for a part of it."""
    of_t1 = any(c in _OF_T1 for part in source if not part.isascii() for c in part)
    return r"% needs \usepackage{amsmath}" + (r" and \usepackage[T1]{fontenc}" if of_t1 else "")


def unknown(source: Iterable[str]) -> Iterator[str]:
    """Lines before the letters are used: what pdflatex sets for characters that no usual font has, and copies for them.

    Other programs take them from their font.
    """
    others = {c for part in source if not part.isascii() for c in part if not c.isascii()}
    letters = sorted(others - _KNOWN - _OF_T1.keys())
    if letters:
        yield _UNKNOWN
        yield from (rf"\nnlecchar{{{c}}}{{{ord(c):04X}}}{{{_hexadecimal(c)}}}" for c in letters)


def _hexadecimal(character: str) -> str:
    return character.encode("utf-16-be").hex().upper()
