"""A Canvas quiz for each sheet, QTI 1.2 in a package: the sheet as a text, then a number to enter for each blank.

Canvas knows no number inside a text, and keeps four decimals of an answer.
"""

from __future__ import annotations

from decimal import Decimal
from xml.etree import ElementTree as Xml

from nnlec.errors import NnlecError
from nnlec.grading.worksheets import Variant
from nnlec.grading.worksheets.key import Blank, blanks_of
from nnlec.rendering.platforms import Course
from nnlec.rendering.platforms.package import add, manifest, xml, zipped
from nnlec.rendering.platforms.plain import body, escaped

_MOST_PLACES = 3
_HALF = Decimal("0.5")
"""The range around a figure, in places: its edges have one decimal more, and four are kept."""

_MANIFEST = "http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1p1"
_QTI = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"
_META = "http://canvas.instructure.com/xsd/cccv1p0"


def write(course: Course) -> bytes:
    """A package to import into a course. Raises `NnlecError` for more decimals than Canvas keeps."""
    if any(variant.places > _MOST_PLACES for variant in course.variants):
        raise NnlecError(f"Canvas keeps four decimals of an answer: figures have at most {_MOST_PLACES}")
    listed, resources = manifest(course.ident(), _MANIFEST, "IMS Content", "1.1.3")
    files: dict[str, bytes] = {}
    for variant in course.variants:
        ident = course.ident(variant)
        paths = f"{ident}/{ident}.xml", f"{ident}/assessment_meta.xml"
        quiz = add(resources, "resource", identifier=ident, type="imsqti_xmlv1p2")
        add(quiz, "file", href=paths[0])
        add(quiz, "dependency", identifierref=f"{ident}-meta")
        kind = "associatedcontent/imscc_xmlv1p1/learning-application-resource"
        beside = add(resources, "resource", identifier=f"{ident}-meta", type=kind, href=paths[1])
        add(beside, "file", href=paths[1])
        files |= {paths[0]: xml(_quiz(course, variant)), paths[1]: xml(_meta(course, variant))}
    return zipped({"imsmanifest.xml": xml(listed), **files})


def _meta(course: Course, variant: Variant) -> Xml.Element:
    quiz = Xml.Element("quiz", identifier=course.ident(variant), xmlns=_META)
    add(quiz, "title", course.title(variant))
    add(quiz, "quiz_type", "assignment")
    add(quiz, "points_possible", str(len(blanks_of(variant))))
    return quiz


def _quiz(course: Course, variant: Variant) -> Xml.Element:
    root = Xml.Element("questestinterop", xmlns=_QTI)
    assessment = add(root, "assessment", ident=course.ident(variant), title=course.title(variant))
    section = add(assessment, "section", ident="root_section")
    shown = body(course.question(variant), lambda: "____")
    text = _item(section, f"{course.ident(variant)}-0", course.title(variant), "text_only_question", 0)
    add(add(add(text, "presentation"), "material"), "mattext", shown, texttype="text/html")
    for number, blank in enumerate(blanks_of(variant), start=1):
        _number(section, f"{course.ident(variant)}-{number}", blank, course.said(blank.row), variant.places)
    return root


def _item(section: Xml.Element, ident: str, title: str, kind: str, points: int) -> Xml.Element:
    item = add(section, "item", ident=ident, title=title)
    fields = add(add(item, "itemmetadata"), "qtimetadata")
    for label, entry in (("question_type", kind), ("points_possible", str(points))):
        field = add(fields, "qtimetadatafield")
        add(field, "fieldlabel", label)
        add(field, "fieldentry", entry)
    return item


def _number(section: Xml.Element, ident: str, blank: Blank, row: str, places: int) -> None:
    """A number to enter, right where it rounds to the figure."""
    item = _item(section, ident, f"{row}: {blank.label}", "numerical_question", 1)
    shown = add(item, "presentation")
    prompt = f"<p>{escaped(row)}, {escaped(blank.label)}</p>"
    add(add(shown, "material"), "mattext", prompt, texttype="text/html")
    entry = add(shown, "response_str", ident="response1", rcardinality="Single")
    add(add(entry, "render_fib", fibtype="Decimal"), "response_label", ident="answer1")
    processing = add(item, "resprocessing")
    add(add(processing, "outcomes"), "decvar", maxvalue="100", minvalue="0", varname="SCORE", vartype="Decimal")
    condition = add(processing, "respcondition", **{"continue": "No"})
    either = add(add(condition, "conditionvar"), "or")
    add(either, "varequal", blank.text, respident="response1")
    between = add(either, "and")
    for edge, off in (("vargte", -_HALF), ("varlte", _HALF)):
        add(between, edge, f"{blank.figure + off.scaleb(-places):f}", respident="response1")
    add(condition, "setvar", "100", action="Set", varname="SCORE")
