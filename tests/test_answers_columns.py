"""Columns of figures by the letters of paper are marked; one that is called like no figures is named in a warning."""

from __future__ import annotations

import csv
import io

import pytest

from tests.transcripts import Ran, run, workplace

ROWS = "hidden,output", "5.2 14.5 -6.2 4.4,37.8 -23.1"
SHEET = "nnlec check configs/lecture.yaml -i 1,2.8,-3.1,4.2 --answers"


def checked(header: str, *rows: str, name: str = "class.csv", options: str = "") -> Ran:
    with workplace() as place:
        (place / name).write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        return run(f"{SHEET} {name} {options}")


def said(header: str, cells: str) -> str:
    """What standard error says about a class of one student, who has other columns than the marked ones."""
    ran = checked(f"{header},{ROWS[0]}", f"{cells},{ROWS[1]}", options="-f csv")
    assert ran.code == 0
    return ran.stderr


@pytest.mark.parametrize(
    ("header", "cells", "right", "of"),
    [
        ("h1,h2,h3,h4,y1,y2", "5.2,14.5,-6.2,4.4,37.8,-23.1", 6, 6),
        ("hidden 1,hidden 2,hidden 3,hidden 4,y1,y2", "5.2,14.5,-6.2,4.4,99,99", 4, 6),
        ("layer 1,output", "9.9 9.9 9.9 9.9,37.8 -23.1", 2, 6),
        ("h,f", "5.2 14.5 -6.2 4.4,37.8 -23.1", 6, 6),
        ("h,f1,f2", "5.2 14.5 -6.2 4.4,37.8,-23.1", 6, 6),
        ("h,y2", "5.2 14.5 -6.2 4.4,-23.1", 5, 5),
        ("layer 1,layer 2", "5.2 14.5 -6.2 4.4,99 -23.1", 5, 6),
        ("hidden[1],hidden[2],hidden[3],hidden[4],f", "5.2,?,-6.2,4.4,37.8 -23.1", 5, 6),
    ],
)
def test_the_letters_of_paper_are_columns_of_figures(header: str, cells: str, right: int, of: int) -> None:
    ran = checked(f"student,{header}", f"Ann,{cells}", options="-f csv")
    assert ran.stderr == ""
    (row,) = csv.DictReader(io.StringIO(ran.stdout))
    assert (row["right"], row["of"]) == (str(right), str(of))


@pytest.mark.parametrize("header", ["y1,y2,output", "f,output", "layer 1,hidden 1,hidden 2,hidden 3,hidden 4"])
def test_figures_given_by_two_names_are_refused(header: str) -> None:
    cells = {"y1": "37.8", "y2": "-23.1", "layer 1": "5.2 14.5 -6.2 4.4"}
    row = ",".join(cells.get(name, "37.8 -23.1" if name in ("f", "output") else "5.2") for name in header.split(","))
    ran = checked(f"student,{header}", f"Ann,{row}")
    assert ran.code == 2
    assert "twice" in ran.stderr or "the same figures" in ran.stderr or "again" in ran.stderr


@pytest.mark.parametrize(("count", "end"), [(8, "'quiz h': figures"), (9, "'quiz h', ...: figures")])
def test_of_many_columns_eight_are_named(count: int, end: str) -> None:
    names = [f"quiz {letter}" for letter in "abcdefghi"[:count]]
    assert end in said(",".join(["student", *names]), ",".join(["Ann", *("5" for _ in names)]))


def test_a_letter_with_words_below_it_is_a_note() -> None:
    assert said("f,h", "female,right-handed") == ""


def test_the_letters_of_given_scores() -> None:
    with workplace() as place:
        (place / "class.csv").write_text("student,e,s1,P(cat),L\nAnn,x,0.4,0.6,0.5\n")
        ran = run("nnlec check --logits dog=0,cat=0.405465 --label cat --answers class.csv -f csv")
    assert ran.stdout.splitlines()[1] == "Ann,x,3,3,,"


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("z1", "99"),
        ("h5", "5.2"),
        ("layer 3", '"9.9, 9.9, 9.9, 9.9"'),
        ("sortie", '"37,8 −23,1"'),
        ("Ausgabe", '"[37.8,-23.1]"'),
        ("t", "y1=0.5;y2=?"),
    ],
)
def test_a_column_of_figures_that_is_not_marked_is_named(name: str, cell: str) -> None:
    warning = said(f"student,{name}", f"Ann,{cell}")
    assert warning.startswith(f"Warning: {name!r}: figures that are not marked")
    assert "(rows are called hidden, " in warning
    assert warning.count("\n") == 1


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("student", "Ann"),
        ("number", "123456"),
        ("student,handed in", "Ann,2026-11-02"),
        ("student,time,room", "Ann,12:30,A1"),
        ("student,remark", "Ann,?"),
        ("student,remark", "Ann,"),
        ("student,input", 'Ann,"1,2.8,-3.1,4.2"'),
    ],
)
def test_what_is_noted_about_a_student_is_no_figure(header: str, cells: str) -> None:
    assert said(header, cells) == ""


def test_columns_that_are_not_marked_are_named_in_one_warning() -> None:
    assert said("student,z1,z2,v1", "Ann,5.2,14.5,99").startswith("Warning: 'z1', 'z2', 'v1': figures")


def test_a_sheet_in_yaml_has_letters_too() -> None:
    with workplace() as place:
        (place / "ann.yaml").write_text(
            "student: Ann\nhidden: [5.2, 14.5, -6.2, 4.4]\nlayer 2: [37.8, -23.1]\nv: 7.5\n"
        )
        ran = run(f"{SHEET} ann.yaml -f csv")
    assert ran.stderr.startswith("Warning: 'v': figures that are not marked")
    assert ran.stdout.splitlines()[1] == "Ann,7.5,6,6,,"


@pytest.mark.parametrize(
    ("cell", "right"),
    [
        ("5.2 14.5 −6.2 4.4", 4),
        ("5.2 14.5 –6.2 4.4", 4),
        ("5,2 14,5 -6,2 4,4", 4),
        ("5,2; 14,5; -6,2; 4,4", 4),
        ("~5.2 ≈14.5 -6.2 4.4", 4),
        ("517% 1447 % -6.2 4.4", 4),
        ("0.52*10^1 1.45·10¹ -62×10^(-1) 4.4e0", 4),
        ("517/100 14.5 -6.2 219/50", 4),
        ("51/10 14.5 -6.2 4.4", 3),
        ("5.2 14.5 -6.2 n/a", 3),
        ("5.2 14.5 -6.2 4/0", 3),
        ("5.2 14.5 -6.2", 0),
        ("5.2 14.5 -6.2 4.4 1", 0),
        ("x", 0),
        ("h1=5.2, h2=?, h3=abc, h4=4.4", 2),
    ],
)
def test_an_odd_cell_is_read_or_not_right_and_the_class_is_marked(cell: str, right: int) -> None:
    ran = checked("student,hidden", "Ann,5.2 14.5 -6.2 4.4", f'Ben,"{cell}"', "Cem,5.2 14.5 -6.2 4.4", options="-f csv")
    assert ran.stderr == ""
    assert ran.code == (0 if right == 4 else 1)
    rows = list(csv.DictReader(io.StringIO(ran.stdout)))
    assert [row["right"] for row in rows] == ["4", str(right), "4"]


def test_cells_that_cannot_be_read_are_counted_and_shown_as_written() -> None:
    ran = checked("student,hidden", "Ben,5.2 14.5 -6.2 n/a", "Cem,5.2 14.5")
    assert "hidden, h4: n/a" in ran.stdout
    assert "hidden: 5.2 14.5" in ran.stdout
    assert "5 figures could not be read; they count as not right." in ran.stdout


def test_a_fraction_claims_every_digit() -> None:
    ran = run("nnlec check --logits 0,0 --probabilities 1/2,50%")
    assert ran.code == 0
    assert "right" in ran.stdout
    ran = run("nnlec check --logits 0,0.01 --probabilities 1/2,?")
    assert ran.code == 1


@pytest.mark.parametrize("spelling", ["input", "Input", "INPUT ", " input"])
def test_a_students_own_input_is_found_however_the_form_spells_it(spelling: str) -> None:
    ran = checked(f"Name,{spelling},f", "Ann,1 0 0 0,6.99 6.12", options="-f csv")
    assert ran.stderr == ""
    (row,) = csv.DictReader(io.StringIO(ran.stdout))
    assert (row["right"], row["of"]) == ("2", "2")
