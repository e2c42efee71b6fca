"""Worksheets for learning platforms: one file a format. To add one, write its module and add a row.

Modules are named, not imported: a format costs nothing until it is asked for.
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import NamedTuple

from nnlec.grading.worksheets import Variant
from nnlec.rendering import ENGLISH, RenderOptions, as_asked, speaking
from nnlec.rendering.decimal_comma import in_words
from nnlec.rendering.document import Document
from nnlec.rendering.explain.worksheet import Paper, describe_question
from nnlec.text import own

PLATFORMS: dict[str, str] = {
    "moodle.xml": "nnlec.rendering.platforms.moodle",
    "canvas.zip": "nnlec.rendering.platforms.canvas",
    "qti21.zip": "nnlec.rendering.platforms.qti21",
    "numbas.exam": "nnlec.rendering.platforms.numbas",
}
"""The name of a file -> the module with `write(course) -> bytes`."""


class Course(NamedTuple):
    """The sheets of a class, what they share, their seed, and how much of a mark a carried figure gets."""

    variants: tuple[Variant, ...]
    paper: Paper
    seed: str
    credit_carried: int = 0
    page: RenderOptions = RenderOptions()

    def question(self, variant: Variant) -> Document:
        """The sheet as a platform shows it."""
        return as_asked(describe_question(variant, self.paper), self.page)

    def said(self, feedback: str) -> str:
        """What is said about an answer, or asked."""
        if self.page.language != ENGLISH:
            from nnlec.rendering.words import words

            feedback = words(self.page.language).head(feedback)
        return in_words(feedback) if self.page.decimal_comma else feedback

    def ident(self, variant: Variant | None = None) -> str:
        """A name for machines: letters, digits and dashes; the same sheet has the same one in every format."""
        words = ("nnlec", self.paper.title, self.paper.topic, self.seed, "" if variant is None else variant.name)
        return "-".join(dict.fromkeys(filter(None, map(_bare, words))))

    def title(self, variant: Variant | None = None) -> str:
        """A name for people."""
        name = f" {variant.name}" if variant is not None else ""
        return f"{self.paper.named}{name}" + (f": {own(self.paper.topic)}" if self.paper.title else "")


def _bare(text: str) -> str:
    return re.sub("[^a-z0-9]+", "-", text.lower()).strip("-")[:40]


def write_platform(course: Course, name: str) -> bytes:
    """The file of that name in `PLATFORMS`."""
    with speaking(course.page.language):
        written: bytes = import_module(PLATFORMS[name]).write(course)
    return written
