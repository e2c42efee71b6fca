"""Numbas: an exam with a question for each sheet, its blanks gaps in a text, a sentence for each slip.

An exam file is a line that says so, and JSON. Numbers in braces would be put in by Numbas, so there are no braces.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from itertools import count

from nnlec.grading.worksheets import Variant
from nnlec.grading.worksheets.key import Blank, around_slip, blanks_of, tolerance
from nnlec.rendering.platforms import Course
from nnlec.rendering.platforms.plain import body, escaped

_FIRST_LINE = "// Numbas version: exam_results_page_options"


def write(course: Course) -> bytes:
    """An exam to upload to the editor, or to compile."""
    group = {
        "name": course.title(),
        "pickingStrategy": "all-ordered",
        "pickQuestions": 1,
        "questionNames": [course.title(variant) for variant in course.variants],
        "questions": [_question(course, variant) for variant in course.variants],
    }
    exam = {
        "name": f"{course.title()} ({course.seed})",
        "metadata": {"description": "", "licence": ""},
        "duration": 0,
        "percentPass": 0,
        "showQuestionGroupNames": False,
        "question_groups": [group],
        "navigation": {"allowregen": False, "reverse": True, "browse": True, "showfrontpage": True},
        "timing": {"allowPause": True},
        "feedback": {"showactualmark": True, "showtotalmark": True, "showanswerstate": True, "allowrevealanswer": True},
        "type": "exam",
        "contributors": [],
        "extensions": [],
        "resources": [],
    }
    return f"{_FIRST_LINE}\n{json.dumps(exam, indent=1, ensure_ascii=False)}\n".encode()


def _question(course: Course, variant: Variant) -> Mapping[str, object]:
    places = count()
    prompt = body(course.question(variant), lambda: f"[[{next(places)}]]")
    part = {
        "type": "gapfill",
        "prompt": prompt,
        "marks": 0,
        "gaps": [_gap(blank, variant.places, course.said) for blank in blanks_of(variant)],
        "sortAnswers": False,
    }
    return {
        "name": course.title(variant),
        "tags": [course.ident(variant)],
        "metadata": {"description": "", "licence": ""},
        "statement": "",
        "advice": "",
        "variables": {},
        "ungrouped_variables": [],
        "functions": {},
        "parts": [part],
    }


def _gap(blank: Blank, places: int, said: Callable[[str], str]) -> Mapping[str, object]:
    """A number between the edges of the tolerance, and a worthless alternative for each slip."""
    slips = [
        {
            **_between(wrong.figure, around_slip(places)),
            "marks": 0,
            "useAlternativeFeedback": False,
            "alternativeFeedbackMessage": f"<p>{escaped(said(wrong.sentence))}</p>",
        }
        for wrong in blank.wrong
    ]
    return {**_between(blank.middle, tolerance(places)), "marks": 1, "alternatives": slips}


def _between(number: Decimal, around: Decimal) -> dict[str, object]:
    low, high = (f"{number + off:f}" for off in (-around, around))
    return {
        "type": "numberentry",
        "minValue": low,
        "maxValue": high,
        "correctAnswerFraction": False,
        "allowFractions": False,
        "notationStyles": ["plain", "en", "si-en"],
        "showCorrectAnswer": True,
    }
