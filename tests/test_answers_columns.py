"""A column of figures that is called like no row of figures is not marked, and a warning says so."""

from __future__ import annotations

import pytest

from tests.transcripts import run, workplace

ROWS = "hidden,output", "5.2 14.5 -6.2 4.4,37.8 -23.1"


def said(header: str, cells: str, name: str = "class.csv") -> str:
    """What standard error says about a class of one student, who has other columns than the marked ones."""
    with workplace() as place:
        (place / name).write_text(f"{header},{ROWS[0]}\n{cells},{ROWS[1]}\n")
        ran = run(f"nnlec check configs/lecture.yaml -i 1,2.8,-3.1,4.2 --answers {name}")
    assert ran.code == 0
    return ran.stderr


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("y1", "99"),
        ("f", "37.8 -23.1"),
        ("h1", "5.2"),
        ("layer 1", '"9.9, 9.9, 9.9, 9.9"'),
        ("sortie", '"37,8 −23,1"'),
        ("Ausgabe", '"[37.8,-23.1]"'),
        ("s", "y1=0.5;y2=?"),
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


def test_columns_of_units_are_named_in_one_warning() -> None:
    warning = said("student,h1,h2,y1", "Ann,5.2,14.5,99")
    assert warning.startswith("Warning: 'h1', 'h2', 'y1': figures")


def test_a_sheet_in_yaml_is_looked_at_too() -> None:
    with workplace() as place:
        (place / "ann.yaml").write_text("student: Ann\nhidden: [5.2, 14.5, -6.2, 4.4]\nlayer 2: [37.8, -23.1]\n")
        ran = run("nnlec check configs/lecture.yaml -i 1,2.8,-3.1,4.2 --answers ann.yaml")
    assert ran.stderr.startswith("Warning: 'layer 2': figures that are not marked")
