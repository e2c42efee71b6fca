"""Moodle XML: a cloze question for each sheet, in which every known slip has its sentence as feedback.

Inside a blank `~`, `#` and `}` end an answer, so they are written as entities.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from xml.etree import ElementTree as Xml

from nnlec.grading.worksheets import Variant
from nnlec.grading.worksheets.key import Blank, around_slip, blanks_of, tolerance
from nnlec.rendering.platforms import Course
from nnlec.rendering.platforms.package import add, xml
from nnlec.rendering.platforms.plain import body, escaped

_SPECIAL = str.maketrans({character: f"&#{ord(character)};" for character in "&<>\"'~#{}\\"})
_EXACTLY = Decimal("0.05")


def write(course: Course) -> bytes:
    """A file to import into a question bank, all sheets in a category of their own."""
    quiz = Xml.Element("quiz")
    category = add(quiz, "question", type="category")
    path = f"$course$/top/nnlec/{course.title().replace('/', '//')} ({course.seed.replace('/', '//')})"
    _text(category, "category", path)
    for variant in course.variants:
        quiz.append(_question(course, variant))
    return xml(quiz)


def _question(course: Course, variant: Variant) -> Xml.Element:
    question = Xml.Element("question", type="cloze")
    blanks = iter(blanks_of(variant))
    shown = body(course.question(variant), lambda: _cloze(next(blanks), variant.places, course))
    _text(question, "name", course.title(variant))
    _text(question, "questiontext", shown, format="html")
    _text(question, "generalfeedback", "", format="html")
    for name, content in (("penalty", "0.3333333"), ("hidden", "0"), ("idnumber", course.ident(variant)[-100:])):
        add(question, name, content)
    return question


def _text(parent: Xml.Element, name: str, content: str, **attributes: str) -> None:
    add(add(parent, name, **attributes), "text", content)


def _cloze(blank: Blank, places: int, course: Course) -> str:
    """One blank. The first range that an answer lies in counts, so narrow ones come first."""
    return f"{{1:NUMERICAL:{'~'.join(_answers(blank, places, course))}}}"


def _answers(blank: Blank, places: int, course: Course) -> Iterator[str]:
    if blank.carried is not None and course.credit_carried:
        said = course.said("rounded on the way")
        yield _answer(f"%{course.credit_carried}%", blank.carried, _EXACTLY.scaleb(-places), said)
    yield _answer("=", blank.middle, tolerance(places), course.said("right"))
    for wrong in blank.wrong:
        yield _answer("%0%", wrong.figure, around_slip(places), course.said(wrong.sentence))


def _answer(fraction: str, number: Decimal, around: Decimal, sentence: str) -> str:
    """The feedback is HTML, whose entities Moodle reads before: it is escaped for both."""
    return f"{fraction}{_plain(number)}:{_plain(around)}#{escaped(sentence).translate(_SPECIAL)}"


def _plain(number: Decimal) -> str:
    """Without an exponent, and without zeros that say nothing."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
