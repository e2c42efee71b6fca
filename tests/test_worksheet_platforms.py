"""Worksheets on learning platforms: read as the platforms read them, every blank right, every slip told apart."""

from __future__ import annotations

import csv
import html
import json
import re
import zipfile
from collections.abc import Callable
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import pytest

from tests.conftest import Nnlec

Make = Callable[..., Path]

CASES = {
    "forward": "configs/lecture.yaml --variants 2 --seed 7",
    "loss": "configs/animals.yaml --topic loss --decimals 3",
    "step": "--shape 2-2-2 --topic step --decimals 1",
    "conv": "configs/edges.yaml --topic conv",
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder of each topic."""
    from tests import forked

    top = tmp_path_factory.mktemp("sheets")
    environment = {"PYTHONPATH": str(Path(__file__).parent.parent), "PYTHONIOENCODING": "utf-8"}
    for name, arguments in CASES.items():
        done = forked.run(["worksheet", *arguments.split(), "-o", str(top / name)], "", environment)
        assert done.returncode == 0, done.stderr
    return {name: top / name for name in CASES}


def answers(folder: Path) -> dict[str, list[dict[str, str]]]:
    """The lines of the table of answers by variant."""
    found: dict[str, list[dict[str, str]]] = {}
    with (folder / "answers.csv").open(encoding="utf-8") as lines:
        for line in csv.DictReader(lines):
            found.setdefault(line["variant"], []).append(line)
    return found


# Moodle's grammar of a cloze, from its documentation: what a blank, an alternative and its parts may be.

NUMBER = r"-?(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)(?:[eE][-+]?[0-9]+)?"
ALTERNATIVE = re.compile(
    r"(?P<fraction>=|%(?P<percent>-?[0-9]+(?:[.,][0-9]*)?)%)?"
    r"(?P<answer>.+?(?<!\\|&)(?<!&amp;)(?=[~#}]|$))"
    r"(?:#(?P<feedback>.*?(?<!\\)(?=[~}]|$)))?",
    re.S,
)
START = re.compile(r"\{([0-9]*):(NUMERICAL|NM):")


class Choice(NamedTuple):
    percent: Decimal
    number: Decimal
    around: Decimal
    feedback: str


def blanks(text: str) -> list[list[Choice]]:
    """The blanks of a question text, as Moodle reads them: from `{1:NUMERICAL:` to the brace that ends it."""
    found, at = [], 0
    while start := START.search(text, at):
        choices, at = [], start.end()
        while True:
            one = ALTERNATIVE.match(text, at)
            assert one, text[at : at + 80]
            exact = re.fullmatch(f"({NUMBER})(?::({NUMBER}))?", html.unescape(one["answer"]))
            assert exact, one["answer"]
            percent = "100" if one["fraction"] == "=" else (one["percent"] or "0")
            feedback = html.unescape(one["feedback"] or "")
            choices.append(Choice(Decimal(percent), Decimal(exact[1]), Decimal(exact[2] or 0), feedback))
            at = one.end()
            if text[at] == "}":
                break
            assert text[at] == "~", text[at : at + 80]
            at += 1
        found.append(choices)
    return found


def graded(choices: list[Choice], answer: Decimal) -> Choice | None:
    """The first choice whose range holds the answer."""
    return next((one for one in choices if abs(one.number - answer) <= one.around), None)


def questions(folder: Path) -> dict[str, ElementTree.Element]:
    root = ElementTree.parse(folder / "moodle.xml").getroot()
    assert root.tag == "quiz"
    return {one.findtext("idnumber", "")[-5:]: one for one in root if one.get("type") == "cloze"}


@pytest.mark.parametrize("topic", CASES)
def test_moodle_marks_the_right_figure_and_nothing_beside_it(folders: dict[str, Path], topic: str) -> None:
    for name, lines in answers(folders[topic]).items():
        read = blanks(questions(folders[topic])[name].findtext("questiontext/text", ""))
        assert len(read) == len(lines)
        for choices, line in zip(read, lines, strict=True):
            figure = Decimal(line["printed"])
            right = graded(choices, figure)
            assert right is not None
            assert (right.percent, right.feedback) == (Decimal(100), "right")
            for one in choices:
                if one.percent == 0:  # a slip's own figure is marked as that slip, and no other
                    assert graded(choices, one.number) is one
            place = Decimal(1).scaleb(int(figure.as_tuple().exponent))
            beside = [graded(choices, figure + off) for off in (place, -place)]
            assert all(one is None or one.percent == 0 for one in beside)


def test_moodle_names_the_slip(folders: dict[str, Path]) -> None:
    """The lecture's h1 without its bias, 2.5."""
    choices = blanks(questions(folders["forward"])["v0001"].findtext("questiontext/text", ""))[0]
    exact = Decimal(answers(folders["forward"])["v0001"][0]["exact"])
    told = graded(choices, round(exact - Decimal("2.5"), 1))
    assert told is not None
    assert told.feedback.startswith("no bias was added")
    x3 = Decimal(
        json.loads((folders["forward"] / "manifest.json").read_text())["variants"]["v0001"]["input"].split(",")[2]
    )
    told = graded(choices, round(exact + 2 * x3, 1))  # the weight of x3 in h1 is -1
    assert told is not None
    assert "the product of x3 and -1 in h1 got the wrong sign" in told.feedback


@pytest.mark.parametrize("topic", CASES)
def test_moodle_says_each_slip_once(folders: dict[str, Path], topic: str) -> None:
    for question in questions(folders[topic]).values():
        for choice in chain.from_iterable(blanks(question.findtext("questiontext/text", ""))):
            told = [sentence.rpartition(": ")[2] for sentence in choice.feedback.split("; or ")]
            assert len(set(told)) == len(told), choice.feedback


def test_moodle_knows_each_sheet_by_its_variant(folders: dict[str, Path]) -> None:
    found = questions(folders["forward"])
    assert {name: one.findtext("name/text") for name, one in found.items()} == {
        "v0001": "Lecture example v0001: forward",
        "v0002": "Lecture example v0002: forward",
    }
    assert found["v0001"].findtext("idnumber") == "nnlec-lecture-example-forward-7-v0001"


def test_names_with_the_signs_of_a_cloze_stay_names(nnlec: Nnlec, tmp_path: Path) -> None:
    """Braces, tildes and tags in a network's names neither begin nor end a blank, nor a tag."""
    classes = ["a~b", "{1:NUMERICAL:=5}", "<b>&#35;</b>", "50%}"]
    network = {
        "name": "{x} ~ <i> / #",
        "layers": [{"weights": [[1.5, 2.5, -2.5, 3.5]], "activation": "identity"}],
        "classes": classes,
    }
    (tmp_path / "net.yaml").write_text(json.dumps(network), encoding="utf-8")
    done = nnlec("worksheet", str(tmp_path / "net.yaml"), "--topic", "loss", "-o", str(tmp_path / "sheets"))
    assert done.returncode == 0, done.stderr
    text = questions(tmp_path / "sheets")["v0001"].findtext("questiontext/text", "")
    read = blanks(text)
    assert len(read) == len(answers(tmp_path / "sheets")["v0001"]) == 9
    outside = html.unescape(re.sub(r"<[^>]*>", " ", START.sub("", text)))
    assert all(name in outside for name in classes)
    feedback = [html.unescape(one.feedback) for one in read[-1]]
    assert any("the probability of a~b was taken" in sentence for sentence in feedback) or any(
        "the probability of {1:NUMERICAL:=5} was taken" in sentence for sentence in feedback
    )
    for package in ("canvas.zip", "qti21.zip"):
        assert members(tmp_path / "sheets" / package)  # well-formed


@pytest.mark.parametrize(("credit", "expected"), [("50", 50), ("0", None)])
def test_a_carried_figure_gets_the_credit_asked_for(
    nnlec: Nnlec, tmp_path: Path, credit: str, expected: int | None
) -> None:
    """Without the wish, rounding on the way may give another figure: its range stands before all others."""
    arguments = ("configs/lecture.yaml", "--without", "carry,size", "--seed", "3", "--credit-carried", credit)
    done = nnlec("worksheet", *arguments, "--variants", "3", "-o", str(tmp_path / "sheets"))
    assert done.returncode == 0, done.stderr
    texts = [one.findtext("questiontext/text", "") for one in questions(tmp_path / "sheets").values()]
    carried = [
        one for text in texts for choices in blanks(text) for one in choices if one.feedback == "rounded on the way"
    ]
    assert {one.percent for one in carried} == ({expected} if expected else set())


# Packages.


def members(path: Path) -> dict[str, ElementTree.Element]:
    with zipfile.ZipFile(path) as package:
        assert package.testzip() is None
        return {name: ElementTree.fromstring(package.read(name)) for name in package.namelist()}


def bare(root: ElementTree.Element) -> ElementTree.Element:
    """The same without namespaces."""
    for element in root.iter():
        element.tag = element.tag.partition("}")[2] or element.tag
    return root


@pytest.mark.parametrize("package", ["canvas.zip", "qti21.zip"])
def test_a_package_holds_what_its_manifest_names(folders: dict[str, Path], package: str) -> None:
    files = members(folders["forward"] / package)
    manifest = bare(files.pop("imsmanifest.xml"))
    assert {one.get("href") for one in manifest.iter("file")} == set(files)
    idents = [one.get("identifier") for one in manifest.iter("resource")]
    assert len(idents) == len(set(idents))
    assert {one.get("identifierref") for one in manifest.iter("dependency")} <= set(idents)
    with zipfile.ZipFile(folders["forward"] / package) as packed:
        assert {entry.date_time for entry in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_canvas_asks_for_each_figure(folders: dict[str, Path]) -> None:
    files = members(folders["loss"] / "canvas.zip")
    quiz = bare(next(root for name, root in files.items() if name.endswith("v0001.xml")))
    text, *numbers = quiz.iter("item")
    assert "text_only_question" in [one.text for one in text.iter("fieldentry")]
    for item, line in zip(numbers, answers(folders["loss"])["v0001"], strict=True):
        assert {one.findtext("fieldlabel"): one.findtext("fieldentry") for one in item.iter("qtimetadatafield")} == {
            "question_type": "numerical_question",
            "points_possible": "1",
        }
        exact, figure = Decimal(line["exact"]), Decimal(line["printed"])
        low, high = (Decimal(next(item.iter(edge)).text or "") for edge in ("vargte", "varlte"))
        assert low <= exact <= high
        assert low <= figure <= high
        assert not low <= figure + Decimal("0.001") <= high
        assert all(-int(edge.as_tuple().exponent) <= 4 for edge in (low, high))


def processed(item: ElementTree.Element, given: dict[str, Decimal]) -> tuple[Decimal, list[str]]:
    """Score and feedback, by the rules of response processing that the item uses."""
    score, feedback = Decimal(0), []
    for condition in item.iter("responseCondition"):
        for branch in condition:
            equal = branch.find("equal")
            assert equal is not None
            number = Decimal(equal.findtext("baseValue", ""))
            low, high = map(Decimal, equal.get("tolerance", "").split())
            variable = equal.find("variable")
            assert variable is not None
            if number - low <= given[variable.get("identifier", "")] <= number + high:
                outcome = branch.find("setOutcomeValue")
                assert outcome is not None
                if outcome.get("identifier") == "SCORE":
                    score += Decimal(outcome.findtext("sum/baseValue", ""))
                else:
                    feedback.append(outcome.findtext("multiple/baseValue", ""))
                break
    return score, feedback


def test_a_qti_item_marks_and_names_slips(folders: dict[str, Path]) -> None:
    for name, lines in answers(folders["step"]).items():
        item = bare(
            next(root for path, root in members(folders["step"] / "qti21.zip").items() if path.endswith(f"{name}.xml"))
        )
        order = [child.tag for child in item]
        assert order == sorted(
            order,
            key=["responseDeclaration", "outcomeDeclaration", "itemBody", "responseProcessing", "modalFeedback"].index,
        )
        responses = [one.get("identifier", "") for one in item.iter("responseDeclaration")]
        assert responses == [one.get("responseIdentifier") for one in item.iter("textEntryInteraction")]
        right = {ident: Decimal(line["printed"]) for ident, line in zip(responses, lines, strict=True)}
        assert processed(item, right) == (Decimal(len(lines)), [])
        assert item.findtext("outcomeDeclaration[@identifier='MAXSCORE']/defaultValue/value") == str(len(lines))
        places = [line["row"] for line in lines]
        first = responses[places.index("after output")]
        score, feedback = processed(item, {**right, first: right[first] + 5})
        assert score == len(lines) - 1
        told = {one.get("identifier"): one.text for one in item.iter("modalFeedback")}
        assert all(ident in told for ident in feedback)
        slip = next(branch for branch in item.iter("responseElseIf"))
        ident, number = slip.find("equal/variable"), slip.findtext("equal/baseValue", "")
        assert ident is not None
        score, feedback = processed(item, {**right, ident.get("identifier", ""): Decimal(number)})
        assert (score, len(feedback)) == (Decimal(len(lines) - 1), 1)


def test_a_numbas_exam_has_a_gap_for_each_figure(folders: dict[str, Path]) -> None:
    for topic, folder in folders.items():
        first, _, rest = (folder / "numbas.exam").read_text(encoding="utf-8").partition("\n")
        assert first.startswith("// Numbas version: ")
        exam = json.loads(rest)
        (group,) = exam["question_groups"]
        for question, lines in zip(group["questions"], answers(folder).values(), strict=True):
            (part,) = question["parts"]
            assert re.findall(r"\[\[([0-9]+)\]\]", part["prompt"]) == [str(n) for n in range(len(lines))], topic
            for gap, line in zip(part["gaps"], lines, strict=True):
                low, high = Decimal(gap["minValue"]), Decimal(gap["maxValue"])
                assert low <= Decimal(line["printed"]) <= high
                assert high - low == 2 * Decimal(line["tolerance"])
                assert all(one["marks"] == 0 and one["alternativeFeedbackMessage"] for one in gap["alternatives"])


def test_what_canvas_cannot_keep_is_left_out_and_said(nnlec: Nnlec, tmp_path: Path) -> None:
    done = nnlec("worksheet", "--shape", "3", "--topic", "softmax", "--decimals", "4", "-o", str(tmp_path / "sheets"))
    assert "canvas.zip is left out: Canvas keeps four decimals" in done.stdout
    assert not (tmp_path / "sheets" / "canvas.zip").exists()
    assert (tmp_path / "sheets" / "moodle.xml").exists()
