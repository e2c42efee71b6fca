"""A network as one HTML file to play with: every number can be edited, and every figure follows, exactly.

The files beside this one are put together into the page: `page.html` is its frame, `page.css` its look, and the scripts
compute what nnlec computes. Nothing of the network is in the markup or in the scripts: its numbers and names stand in a
block of JSON, and get into the page as text.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from typing import Any

from nnlec.notation import Formula
from nnlec.notation.mathml import mathml
from nnlec.rendering import ENGLISH
from nnlec.rendering.page.content import LOSSES
from nnlec.text import own, visible

SCRIPTS = (
    "decimal.js",
    "functions.js",
    "normal.js",
    "activations.js",
    "network.js",
    "kinds.js",
    "learning.js",
    "results.js",
    "state.js",
    "tables.js",
    "walk.js",
    "copies.js",
    "blanks.js",
    "curve.js",
    "maps.js",
    "view.js",
)
"""In the order in which they are one script; `view.js`, the last one, starts it."""

OF_OTHER_KINDS = frozenset(("kinds.js", "maps.js"))
"""What a page of dense layers alone does not need."""

_NEEDS = "This page computes: it needs JavaScript, which is switched off here. It sends nothing anywhere."


def write(content: Mapping[str, Any], formula: Formula | None = None, language: str = ENGLISH) -> str:
    """The page with this content, as `nnlec.rendering.page.content` makes it, and the formula of its loss."""
    said: Mapping[str, str] = {}
    if language != ENGLISH:
        from nnlec.rendering.document.rewritten import Rewriter
        from nnlec.rendering.words import words

        of = words(language)
        said = {**of.page, **{name: of.sentence(name) for name in sorted(LOSSES)}}
        formula = formula and Rewriter(of.sentence).formula(formula)
    dense = all(layer["kind"] == "dense" for layer in content["layers"])
    script = "".join(bare(name) for name in SCRIPTS if not (dense and name in OF_OTHER_KINDS))
    style = bare("page.css")
    sources = {"default-src": "'none'", "img-src": "data:", "base-uri": "'none'", "form-action": "'none'"}
    sources |= {"script-src": _digest(script), "style-src": _digest(style)}
    places = {
        "language": language,
        "noscript": own(_NEEDS),
        "words": in_script(said),
        "policy": "; ".join(f"{name} {value}" for name, value in sources.items()),
        "title": escape(visible(str(content["title"]))),
        "formula": "" if formula is None else mathml(formula),
        "content": in_script(content),
        "script": script,
        "style": style,
    }
    pieces = part("page.html").split("@@")  # text, a place's name, text, ...
    return "".join(places[piece] if number % 2 else piece for number, piece in enumerate(pieces))


def part(name: str) -> str:
    """One of the page's files."""
    return (files(__package__) / name).read_text(encoding="utf-8")


_AROUND = re.compile(r" ?([=*<>?:;,(){}\[\]&|]) ?")
_QUOTED = re.compile("[\"'`/]")


def bare(name: str) -> str:
    """One of them without indentation, lines that are comments alone, and blanks around operators: it is sent around.

    A line with a quote or a slash keeps its blanks: they may stand in a text or a pattern.
    """
    lines = (line.strip() for line in part(name).splitlines())
    kept = [line for line in lines if line and not line.startswith("//")]
    if name.endswith(".js"):
        kept = [line if _QUOTED.search(line) else _AROUND.sub(r"\1", line) for line in kept]
    return "".join(f"{line}\n" for line in kept)


def in_script(content: Mapping[str, object]) -> str:
    """JSON that can stand in a script element: nothing in it ends or opens one.

    >>> in_script({"title": "</script><!--"})
    '{"title":"\\\\u003c/script>\\\\u003c!--"}'
    """
    return json.dumps(content, separators=(",", ":")).replace("<", "\\u003c")


def _digest(text: str) -> str:
    """What a content security policy names a script or a style by."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
