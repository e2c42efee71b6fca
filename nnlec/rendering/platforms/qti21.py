"""QTI 2.1: an item for each sheet in a package, its blanks in the text, a sentence for each slip.

The standard's own templates for marking know no tolerance, so each item brings its marking along.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from xml.etree import ElementTree as Xml

from nnlec.grading.worksheets import Variant
from nnlec.grading.worksheets.key import Blank, around_slip, blanks_of, tolerance
from nnlec.rendering.platforms import Course
from nnlec.rendering.platforms.package import add, manifest, xml, zipped
from nnlec.rendering.platforms.plain import body
from nnlec.text import visible

_PACKAGE = "http://www.imsglobal.org/xsd/imscp_v1p1"
_ITEM = "http://www.imsglobal.org/xsd/imsqti_v2p1"


def write(course: Course) -> bytes:
    """A package of items."""
    listed, resources = manifest(course.ident(), _PACKAGE, "QTIv2.1 Package", "1.0.0")
    items = {}
    for variant in course.variants:
        ident = course.ident(variant)
        item = add(resources, "resource", identifier=ident, type="imsqti_item_xmlv2p1", href=f"{ident}.xml")
        add(item, "file", href=f"{ident}.xml")
        items[f"{ident}.xml"] = xml(_item(course, variant))
    return zipped({"imsmanifest.xml": xml(listed), **items})


def _item(course: Course, variant: Variant) -> Xml.Element:
    of_item = {"identifier": course.ident(variant), "title": course.title(variant), "xmlns": _ITEM}
    item = Xml.Element("assessmentItem", {**of_item, "adaptive": "false", "timeDependent": "false"})
    blanks = [(f"R{number}", blank) for number, blank in enumerate(blanks_of(variant), start=1)]
    for ident, blank in blanks:
        response = add(item, "responseDeclaration", identifier=ident, cardinality="single", baseType="float")
        add(add(response, "correctResponse"), "value", blank.text)
    for name, worth in (("SCORE", 0), ("MAXSCORE", len(blanks))):
        outcome = add(item, "outcomeDeclaration", identifier=name, cardinality="single", baseType="float")
        add(add(outcome, "defaultValue"), "value", str(worth))
    add(item, "outcomeDeclaration", identifier="FEEDBACK", cardinality="multiple", baseType="identifier")
    idents = iter([ident for ident, _ in blanks])
    shown = body(
        course.question(variant),
        lambda: f'<textEntryInteraction responseIdentifier="{next(idents)}" expectedLength="10"/>',
    )
    item.append(Xml.fromstring(f"<itemBody><div>{shown}</div></itemBody>"))
    processing = add(item, "responseProcessing")
    numbers = count(1)
    feedback: dict[str, str] = {}
    for ident, blank in blanks:
        condition = add(processing, "responseCondition")
        _right(condition, ident, blank, variant.places)
        for wrong in blank.wrong:
            name = f"S{next(numbers)}"
            feedback[name] = f"{course.said(blank.row)}, {blank.label}: {course.said(wrong.sentence)}"
            branch = add(condition, "responseElseIf")
            _near(branch, ident, wrong.figure, around_slip(variant.places))
            outcome = add(add(branch, "setOutcomeValue", identifier="FEEDBACK"), "multiple")
            add(outcome, "variable", identifier="FEEDBACK")
            add(outcome, "baseValue", name, baseType="identifier")
    for name, sentence in feedback.items():
        where = {"outcomeIdentifier": "FEEDBACK", "identifier": name, "showHide": "show"}
        add(item, "modalFeedback", visible(sentence), **where)
    return item


def _right(condition: Xml.Element, ident: str, blank: Blank, places: int) -> None:
    """A mark more where the answer is near the exact number."""
    branch = add(condition, "responseIf")
    _near(branch, ident, blank.middle, tolerance(places))
    total = add(add(branch, "setOutcomeValue", identifier="SCORE"), "sum")
    add(total, "variable", identifier="SCORE")
    add(total, "baseValue", "1", baseType="float")


def _near(branch: Xml.Element, ident: str, number: Decimal, around: Decimal) -> None:
    near = add(branch, "equal", toleranceMode="absolute", tolerance=f"{around:f} {around:f}")
    add(near, "variable", identifier=ident)
    add(near, "baseValue", f"{number:f}", baseType="float")
