"""The words on paper in other languages: one TOML a language, its keys the English sentences.

`{name}` stands for what is left as it is, a name or a figure; `{Slip}`, with a capital, for a part that is itself a
sentence of the table, or the name of a row of figures that every network may have. A sentence fits where all such parts
do; of several that fit it is the one that says most. A part that stands twice is the same. A name (not `{text}` and its
like in `_FREE`) holds no ": " and no "; ".
To add a language, write its file and add its name here.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

from nnlec.grading.problems import RESERVED
from nnlec.rendering.document import Document
from nnlec.rendering.document.rewritten import Rewriter

PLACEHOLDER = re.compile(r"\{(\w+)\}")
_FREE = frozenset({"labels", "names", "network", "text", "title", "written"})
_LONGEST = 2000
"""A longer text is no sentence of ours."""


class _Sentence(NamedTuple):
    pattern: re.Pattern[str]
    parts: tuple[str, ...]
    known: int
    said: str


class _Found(NamedTuple):
    """A text in the language, and how many of its English characters the table has."""

    known: int
    said: str


class Words:
    """The sentences of a language, and its lone words: `heads` of tables and headings, `cells` of tables.

    `own` is what writers add by themselves, `page` what stands in the interactive page; `unknown` collects what no
    sentence fits.
    """

    def __init__(self, language: str) -> None:
        table = tomllib.loads((files(__package__) / f"{language}.toml").read_text(encoding="utf-8"))
        self.sentences: dict[str, str] = table["sentences"]
        self.heads: dict[str, str] = table["heads"]
        self.cells: dict[str, str] = table["cells"]
        self.own: dict[str, str] = table["own"]
        self.page: dict[str, str] = table["page"]
        self.unknown: set[str] = set()
        templates = sorted(filter(PLACEHOLDER.search, self.sentences), key=_rank, reverse=True)
        self._templates = [_compiled(key, self.sentences[key]) for key in templates]
        self._found = lru_cache(4096)(self._find)

    def sentence(self, text: str) -> str:
        """`text` in the language; as it is where it is none of the sentences."""
        found = self._found(text)
        if found is None and " " in text:
            self.unknown.add(text)
        return text if found is None else found.said

    def head(self, text: str) -> str:
        """The head of a column, or a heading: a lone word or a sentence."""
        return self.heads.get(text) or self.sentence(text)

    def cell(self, text: str) -> str:
        """A cell of a table, or the feedback for an answer."""
        return self.cells.get(text) or self.sentence(text)

    def _find(self, text: str) -> _Found | None:
        if text in self.sentences:
            return _Found(len(text), self.sentences[text])
        if len(text) > _LONGEST:
            return None
        fitting = filter(None, (self._filled(template, text) for template in self._templates))
        found = max(fitting, key=lambda each: each.known, default=None)
        if found is None and text[:1].isupper():  # a remark at the beginning of a line
            found = self._found(text[0].lower() + text[1:])
            return found and _Found(found.known, found.said[0].upper() + found.said[1:])
        return found

    def _filled(self, template: _Sentence, text: str) -> _Found | None:
        match = template.pattern.fullmatch(text)
        if match is None:
            return None
        values = match.groupdict()
        known = template.known + len(values.get("names", ""))  # nothing in a list of names is a sentence
        for part in template.parts:
            head = self.heads.get(values[part]) if values[part] in RESERVED else None
            found = self._found(values[part]) if head is None else _Found(len(head), head)
            if found is None:
                return None
            values[part], known = found.said, known + found.known
        return _Found(known, PLACEHOLDER.sub(lambda each: values[each[1]], template.said))


def _rank(template: str) -> tuple[int, int]:
    """How many characters of a sentence are given, then how many parts have to be sentences."""
    parts = PLACEHOLDER.findall(template)
    return len(PLACEHOLDER.sub("", template)), sum(part[0].isupper() for part in parts)


def _fitting(part: str) -> str:
    """The expression for what may stand in the place of a part."""
    if re.fullmatch("n[0-9]?", part):
        return "[^ ]+?"
    if part in ("figures", "more"):
        return "(?:[-+0-9.,e ]|inf|nan)+?"
    return ".+?" if part in _FREE or part[0].isupper() else "(?:(?!: |; ).)+?"


def _compiled(key: str, said: str) -> _Sentence:
    names = PLACEHOLDER.findall(key)
    pattern = ""
    for number, part in enumerate(PLACEHOLDER.split(key)):
        if number % 2 == 0:
            pattern += re.escape(part)
        else:
            pattern += f"(?P={part})" if f"(?P<{part}>" in pattern else f"(?P<{part}>{_fitting(part)})"
    sentences = tuple(name for name in names if name[0].isupper())
    return _Sentence(re.compile(pattern, re.DOTALL), sentences, len(PLACEHOLDER.sub("", key)), said)


words = cache(Words)
"""The words of a language."""


def in_language(document: Document, language: str) -> Document:
    """The document with its words in that language; formulas, figures and names stay."""
    of = words(language)
    return Rewriter(of.sentence, head=of.head, cell=of.cell).document(document)
