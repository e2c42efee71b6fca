"""Worksheets: exercises with nice numbers, each another one, and what each slip would give."""

from nnlec.grading.worksheets.exercise import AskedRow, Exercise, Slip
from nnlec.grading.worksheets.search import MOST_DRAWS, Variant, named, variants
from nnlec.grading.worksheets.topics import TOPICS, Spec, Topic
from nnlec.grading.worksheets.wishes import WISHES, Wish, printed

__all__ = [
    "MOST_DRAWS",
    "TOPICS",
    "WISHES",
    "AskedRow",
    "Exercise",
    "Slip",
    "Spec",
    "Topic",
    "Variant",
    "Wish",
    "named",
    "printed",
    "variants",
]
