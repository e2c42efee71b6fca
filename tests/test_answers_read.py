"""What a file of students' answers says: which columns are figures, whose they are, and what is refused."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path

import pytest

from nnlec.errors import NnlecError, NnlecWarning
from nnlec.models import answers_table
from nnlec.models.answers import Answers, AnswersFile, FigurePlace, Names, listed, read_answers, warn_of_unmarked

LETTERS: Mapping[str, FigurePlace] = {"h": ("hidden", None), "h2": ("hidden", 1), "F": ("out", None), "f2": ("out", 1)}
NAMES = Names({"hidden": 3, "out": 2}, {**LETTERS, "x": ("hidden", 0), "X": ("out", 0)})


def read(folder: Path, text: str | bytes, name: str = "class.csv", **chosen: str) -> AnswersFile:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_answers(str(path), NAMES._replace(chosen=chosen))


def refused(folder: Path, text: str, name: str = "class.csv", **chosen: str) -> str:
    with pytest.raises(NnlecError) as caught:
        read(folder, text, name, **chosen)
    return str(caught.value).removeprefix(f"{folder / name}:")


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("hidden", ("hidden", None)),
        ("Hid-den ", ("hidden", None)),
        ("h", ("hidden", None)),
        ("H", ("hidden", None)),
        ("H2", ("hidden", 1)),
        ("hidden 1", ("hidden", 0)),
        ("hidden_3", ("hidden", 2)),
        ("Hidden.2", ("hidden", 1)),
        ("HIDDEN[3]", ("hidden", 2)),
        ("hidden 0", None),
        ("hidden 4", None),
        ("hidden[0]", None),
        ("out 2", ("out", 1)),
        ("out 3", None),
        ("x", ("hidden", 0)),
        ("X", ("out", 0)),
        ("x ", None),  # x or X
        ("hidden 1234567", None),
        ("hiden", None),
        ("hidden1", None),
    ],
)
def test_what_figures_may_be_called(name: str, place: FigurePlace | None) -> None:
    assert NAMES.place(name) == place


def test_a_sheet_holds_rows_figures_and_notes(tmp_path: Path) -> None:
    found = read(tmp_path, "name,hidden,f2,room\nAnn,1 2 3,7,A1\n\nBen,,?,\n")
    shown = str(tmp_path / "class.csv")
    assert found.sheets == [
        Answers({"hidden": "1 2 3", "out": [None, "7"]}, {"name": "Ann", "room": "A1"}, f"{shown}:2"),
        Answers({"hidden": "", "out": [None, "?"]}, {"name": "Ben", "room": ""}, f"{shown}:4"),
    ]
    assert found.who == ("name",)
    assert found.unmarked == ()


@pytest.mark.parametrize("name", ["class.yaml", "class.json"])
def test_a_sheet_in_yaml_holds_the_same(tmp_path: Path, name: str) -> None:
    text = '[{"name": "Ann", "hidden": [1, "", "?"], "out 2": [7, 8], "notes": ["a", "b"]},\n{"out": 9}]'
    found = read(tmp_path, text, name)
    first, second = found.sheets
    assert first.rows == {"hidden": ["1", "?", "?"], "out": [None, "7, 8"]}
    assert first.notes == {"name": "Ann", "notes": "a, b"}
    assert (first.place, second.place) == (f"{tmp_path / name}:1", f"{tmp_path / name}:2")
    assert second.rows == {"out": "9"}


def test_one_sheet_in_yaml_needs_no_list(tmp_path: Path) -> None:
    (sheet,) = read(tmp_path, "student: Ann\nhidden: 1 2 3\n", "ann.yaml").sheets
    assert (sheet.rows, sheet.notes) == ({"hidden": "1 2 3"}, {"student": "Ann"})


def test_a_row_of_too_many_cells_is_not_right_anywhere(tmp_path: Path) -> None:
    first, second = read(tmp_path, "name,hidden,f2\nBen,1,2,3\nAnn,1 2 3,4,\n").sheets
    odd = "4 cells, expected 3: Ben,1,2,3"
    assert first.rows == {"hidden": [odd, odd, odd], "out": [None, odd]}
    assert second.rows == {"hidden": "1 2 3", "out": [None, "4"]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hidden: [5, [6]]", "1:9: hidden: a list of 2, expected a list of figures"),
        ("- [1, 2]", "1:3: [0]: a list of 2, expected rows of figures by name, as `hidden: [5.2, 14.5]`"),
        ("hidden: {a: 1}", "1:9: hidden: a mapping (a), expected figures"),
        ("[]", "1:1: no answers in it"),
        ("hiden: 1", "1: unknown row of figures 'hiden', expected one of hidden, out (did you mean 'hidden'?)"),
        ("student: Ann", "1:1: no figures to check (columns of figures are called hidden, out; or say it: "
                         '--columns "student=...")'),
        ("hidden: 1\nhidden 2: 1", "1: 'hidden 2' and another name give the same figures"),
        ("hidden 2: 1\nhidden: 1", "1: 'hidden' and another name give the same figures"),
        ("hidden 2: 1\nh2: 1", "1: 'h2' gives figures that are given twice"),
    ],
)  # fmt: skip
def test_a_sheet_that_cannot_be_read_so_is_refused(tmp_path: Path, text: str, said: str) -> None:
    assert refused(tmp_path, text, "ann.yaml") == said


@pytest.mark.parametrize(
    ("header", "chosen", "rows"),
    [
        ("Question 1,Question 10", {"Question 1": "h"}, {"hidden": "1"}),
        ("question-1,Question 10", {"Question 1": "h"}, {"hidden": "1"}),
        ("Question 2: words,Question 1", {"question 2": "hidden"}, {"hidden": "1"}),
        ("a,b", {"a": "hidden", "b": "f2"}, {"hidden": "1", "out": [None, "2"]}),
        ("a,b", {"a": "input", "b": "out"}, {"out": "2"}),
        ("out,f2", {"out": "hidden"}, {"hidden": "1", "out": [None, "2"]}),
    ],
)
def test_columns_that_are_chosen(tmp_path: Path, header: str, chosen: dict[str, str], rows: object) -> None:
    (sheet,) = read(tmp_path, f"{header}\n1,2\n", **chosen).sheets
    assert sheet.rows == rows


@pytest.mark.parametrize(
    ("header", "chosen", "said"),
    [
        ("a,ab", {"a": "nothing"}, "--columns: unknown row of figures 'nothing', expected one of hidden, out, h, h2, "),
        ("ab,ac", {"a": "h"}, "--columns: 'a' begins the names of 2 columns: 'ab', 'ac'"),
        ("ab,ac", {"b": "h"}, "--columns: unknown column 'b', expected one of ab, ac"),
        ("ab,ac", {"ab": "h", "A-B": "out"}, "--columns: column 'ab' is given twice"),
    ],
)
def test_columns_that_are_chosen_wrongly(tmp_path: Path, header: str, chosen: dict[str, str], said: str) -> None:
    assert refused(tmp_path, f"{header}\n1,2\n", **chosen).startswith(said)


@pytest.mark.parametrize(
    ("header", "chosen", "notes"),
    [
        ("Input,TARGET", {}, {"input": "a", "target": "b"}),
        ("Input,INPUT", {}, {"Input": "a", "INPUT": "b"}),
        ("Input,start", {"start": "input"}, {"Input": "a", "input": "b"}),
        ("Label,b", {"Label": "variant"}, {"variant": "a", "b": "b"}),
    ],
)
def test_an_input_or_a_class_of_ones_own(
    tmp_path: Path, header: str, chosen: dict[str, str], notes: dict[str, str]
) -> None:
    (sheet,) = read(tmp_path, f"{header},out\na,b,1\n", **chosen).sheets
    assert sheet.notes == notes


def test_a_row_that_is_called_input_is_no_input(tmp_path: Path) -> None:
    (tmp_path / "class.csv").write_text("INPUT,out\n1,2\n")
    names = NAMES._replace(letters={"Input": ("hidden", 0)})
    (sheet,) = read_answers(str(tmp_path / "class.csv"), names).sheets
    assert sheet.rows == {"hidden": ["1", None, None], "out": "2"}


@pytest.mark.parametrize(
    ("cells", "marked"),
    [("5 6,7", True), ("right,left", False), ("5,left", False), ("5,?", False), (",", False), ("5,", True)],
)
def test_a_letter_is_a_column_of_figures_where_more_than_half_are(tmp_path: Path, cells: str, marked: bool) -> None:
    one, other = cells.split(",")
    found = read(tmp_path, f"name,out,h\nAnn,1 2,{one}\nBen,1 2,{other}\n")
    assert ["hidden" in sheet.rows for sheet in found.sheets] == [marked, marked]
    assert read(tmp_path, f"name,hidden\nAnn,{one}\nBen,{other}\n").sheets[0].rows == {"hidden": one}
    assert read(tmp_path, f"name,h2\nAnn,{one}\nBen,{other}\n").sheets[0].rows == {"hidden": [None, one, None]}


@pytest.mark.parametrize(
    ("header", "who"),
    [
        ("id,name", ("name",)),
        ("Last name,Room,First name", ("First name", "Last name")),
        ("nachname,vorname", ("vorname", "nachname")),
        ("room,Enter your name", ("Enter your name",)),
        ("room,surnames", ("room",)),
        ("room,ID", ("ID",)),
        ("matrikelnummer,user", ("matrikelnummer",)),
        ("room,floor", ("room",)),
        ("name,student", ("student",)),
        ("name a,name b", ("name a",)),
    ],
)
def test_the_columns_that_say_who_a_student_is(tmp_path: Path, header: str, who: tuple[str, ...]) -> None:
    assert read(tmp_path, f"{header},out\na,b,1\n").who == who


def test_who_a_student_is_may_be_chosen(tmp_path: Path) -> None:
    assert read(tmp_path, "name,room,out\na,b,1\n", room="student").who == ("room",)
    assert read(tmp_path, "out\n1\n").who == ()


@pytest.mark.parametrize(
    ("name", "cells", "unmarked"),
    [
        ("quiz", "5,6", True),
        ("quiz", "5,ill", False),
        ("quiz", "5,", True),
        ("quiz", "?,?", False),
        ("Grade/10.00", "5,6", False),
        ("SCORE", "5,6", False),
        ("variant", "5,6", False),
        ("input", "5,6", False),
        ("email", "5,6", False),
    ],
)
def test_notes_that_are_figures(tmp_path: Path, name: str, cells: str, unmarked: bool) -> None:
    one, other = cells.split(",")
    found = read(tmp_path, f"name,{name},out\nAnn,{one},1\nBen,{other},1\n")
    assert found.unmarked == ((name,) if unmarked else ())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_of_unmarked(found, NAMES)
    said = f"'{name}': figures that are not marked, no row of figures is called so (rows are called hidden, out)"
    assert [str(each.message) for each in caught] == ([said] if unmarked else [])
    assert all(each.filename == __file__ and each.category is NnlecWarning for each in caught)


@pytest.mark.parametrize(("count", "end"), [(8, "'7'"), (9, "'7', ...")])
def test_eight_columns_are_listed(count: int, end: str) -> None:
    assert listed([str(number) for number in range(count)]) == ", ".join([*(f"'{n}'" for n in range(7)), end])


@pytest.mark.parametrize(
    ("text", "line", "cells"),
    [
        ("name,out\nAnn,1", 2, {"name": "Ann", "out": "1"}),
        ("\n\nname;out\n\n;\nAnn;1,5", 6, {"name": "Ann", "out": "1,5"}),
        ("sep=|\nname|out\nAnn|1", 3, {"name": "Ann", "out": "1"}),
        ('"SEP=;"\r\nname;out\r\nAnn;1', 3, {"name": "Ann", "out": "1"}),
        ("name\tout\nAnn\t1,2;3", 2, {"name": "Ann", "out": "1,2;3"}),
        ('"name; a; b, c";out\nAnn;1', 2, {"name; a; b, c": "Ann", "out": "1"}),
        ('"na\nme, a, b";out\nAnn;1', 3, {"na me, a, b": "Ann", "out": "1"}),
        ('name,"out"\nAnn,"1\n2"\n', 3, {"name": "Ann", "out": "1\n2"}),
        ("name,,out,name\na,b,1,c", 2, {"name (1)": "a", "column (2)": "b", "out": "1", "name (4)": "c"}),
        ("  my   name ,out\nAnn,1", 2, {"my name": "Ann", "out": "1"}),
        ("name,out\rAnn,1\r", 2, {"name": "Ann", "out": "1"}),
        ("name,out,x\nAnn,1", 2, {"name": "Ann", "out": "1", "x": ""}),
    ],
)
def test_cells_are_found_however_a_table_is_written(
    tmp_path: Path, text: str, line: int, cells: dict[str, str]
) -> None:
    (sheet,) = read(tmp_path, text).sheets
    out = sheet.rows.pop("out")
    assert sheet.notes | sheet.rows | {"out": out} == cells
    assert sheet.place == f"{tmp_path / 'class.csv'}:{line}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('name,out\nAnn,"1', "2: not valid CSV: unexpected end of data"),
        ('sep=;\nname;out\nAnn;"1"2', "3: not valid CSV: ';' expected after '\"'"),
        ("name,out\n", "1:1: no answers in it"),
        ("", "1:1: no answers in it"),
    ],
)
def test_a_table_that_is_none_is_refused(tmp_path: Path, text: str, said: str) -> None:
    assert refused(tmp_path, text) == said


def test_pasted_control_characters_are_blanks_in_a_table_alone(tmp_path: Path) -> None:
    assert read(tmp_path, "out\n5\x0b6\n").sheets[0].rows == {"out": "5 6"}
    assert refused(tmp_path, "out: 5\x0b6\n", "ann.yaml") == "1:7: control character U+000B (a binary file?)"


def test_a_word_that_is_somewhat_like_a_name_is_a_note(tmp_path: Path) -> None:
    assert read(tmp_path, "maiden,out\nAnn,1\n").sheets[0].notes == {"maiden": "Ann"}
    said = "2: unknown row of figures 'hiden', expected one of hidden, out (did you mean 'hidden'?)"
    assert refused(tmp_path, "hiden,out\nAnn,1\n") == said


def test_a_long_column_is_shortened_in_the_hint(tmp_path: Path) -> None:
    said = refused(tmp_path, "name,what did you find in part one\nAnn,left\n")
    assert said.endswith('or say it: --columns "what did you find in=...")')


def test_more_students_than_a_class_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers_table, "MOST_SHEETS", 2)
    assert len(read(tmp_path, "out\n1\n2\n").sheets) == 2
    assert refused(tmp_path, "out\n1\n\n2\n3\n") == "5: more than 2 rows"
