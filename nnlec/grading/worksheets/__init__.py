"""Worksheets: exercises with nice numbers, each another one, and what each slip would give."""

from nnlec.grading.worksheets.exercise import AskedRow, Exercise, Slip
from nnlec.grading.worksheets.search import Variant, named, variants
from nnlec.grading.worksheets.topics import TOPICS, Spec
from nnlec.grading.worksheets.wishes import WISHES, printed

__all__ = [
    "TOPICS",
    "WISHES",
    "AskedRow",
    "Exercise",
    "Slip",
    "Spec",
    "Variant",
    "named",
    "printed",
    "variants",
]
