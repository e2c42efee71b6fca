"""Thirty students answer as people fill in forms; each is marked as a fair person would.

The right values are worked here in fractions, apart from nnlec: h = x^T W and f = h^T V of the lecture's network.
"""

from __future__ import annotations

import csv
import io
import json
import re
from decimal import Decimal
from fractions import Fraction as F
from pathlib import Path
from typing import Any

import pytest

from nnlec.grading import figure
from nnlec.grading.verdict import Basis, Mark
from tests.transcripts import Ran, run, workplace

SHEET = "nnlec check configs/lecture.yaml -i 1,2.8,-3.1,4.2 --answers"
X = [F(1), F("2.8"), F("-3.1"), F("4.2")]
W = ["2.5 -1.3 -0.2 0.9", "5 3 -1.5 1.1", "2.3 -1.7 3.3 -0.4", "-1 0.5 2 -0.2"]
V = ["0.6 -1.7", "1.9 3", "0.6 -1.2", "-1.3 2.6", "2.4 -0.8"]


def times(row: list[F], matrix: list[str]) -> list[F]:
    lines = [[F(weight) for weight in line.split()] for line in matrix]
    return [sum((x * w for x, w in zip(row, column, strict=True)), F(0)) for column in zip(*lines, strict=True)]


HIDDEN = times(X, W)
OUTPUT = times([F(1), *HIDDEN], V)

THIRTY = [
    # how the four figures of h were typed, how many of them are right, how many could not be read
    ("5.2, 14.5, -6.2, 4.4", 4, 0),
    ("5,2; 14,5; -6,2; 4,4", 4, 0),
    ("5,2 14,5 -6,2 4,4", 4, 0),
    ("5,17, 14,47, -6,23, 4,38", 4, 0),
    ("[5.2, 14.5, −6.2, 4.4]^T", 4, 0),
    ("(5.17 14.47 -6.23 4.38)ᵀ", 4, 0),
    ("{5.2 | 14.5 | -6.2 | 4.4}", 4, 0),
    ("h = [5.2 14.5 -6.2 4.4]", 4, 0),
    ("h1 = 5.2, h2 = 14.5, h3 = -6.2, h4 = 4.4", 4, 0),
    ("h4=4,4; h3=-6,2; h2=14,5; h1=5,2", 4, 0),
    ("part 1: 5.2; part 2: 14.5; part 3: -6.2; part 4: 4.4", 4, 0),
    ("5.2\n14.5\n-6.2\n4.4", 4, 0),
    ("h1: 5,2\nh2: 14,5\nh3: -6,2\nh4: 4,4", 4, 0),
    ("~5.2, ~14.5, ~-6.2, ~4.4", 4, 0),
    ("≈ 5.17, ≈ 14.47, ≈ −6.23, ≈ 4.38", 4, 0),
    ("517 %, 1447 %, -623 %, 438 %", 4, 0),
    ("517/100, 1447/100, -623/100, 219/50", 4, 0),
    ("5.17e0, 1.447e1, -6.23E+0, 4.38e0", 4, 0),
    ("0.517*10^1; 1.447·10¹; -62.3×10⁻¹; 0.438 x 10^(1)", 4, 0),
    ("5.2 cm, 14.5 cm, -6.2 cm, 4.4 cm", 4, 0),
    (r"\begin{pmatrix} 5.2 \\ 14.5 \\ -6.2 \\ 4.4 \end{pmatrix}", 4, 0),
    ("np.array([5.2, 14.5, -6.2, 4.4])", 4, 0),
    ("5.2, ?, -6.2, 4.4", 3, 0),
    ("5.2, n/a, -6.2, 4.4", 3, 1),
    ("5.2, 14.5", 0, 4),
    ("5.2, 14.5, -6.2, 4.4, 1.0", 0, 4),
    ("I was ill", 0, 4),
    ("?", 0, 0),
    ("", 0, 0),
    ("5.2, 14.5, 6.2, 4.4", 3, 0),
]

Table = list[list[str]]


def google(rows: Table) -> bytes:
    """Comma, byte order mark, CRLF, columns before and behind."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    title = "Question 1: the hidden layer h,\nx = (1, 2.8, -3.1, 4.2)"
    writer.writerow(["Timestamp", "Score", "Your name", title, "Question 2: the outputs", "Comments"])
    for number, (name, *answers) in enumerate(rows):
        writer.writerow([f"2026/11/20 10:{number:02}:13 AM GMT+1", f"{number % 3} / 10", name, *answers, "no"])
    return text.getvalue().encode("utf-8-sig")


def moodle(rows: Table) -> bytes:
    """Comma, every cell quoted, names in two columns, a dash where nothing was answered."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(
        ["Last name", "First name", "Email address", "State", "Time taken", "Grade/10.00", "Response 1", "Response 2"]
    )
    for name, *answers in rows:
        first, last = name.split()
        writer.writerow([last, first, f"{first}@uni.de", "Finished", "5 mins", "7.50", *(a or "-" for a in answers)])
    return text.getvalue().encode()


def excel(rows: Table) -> bytes:
    """Semicolons, the line that says so, texts as formulas, and empty columns behind."""
    lines = ["sep=;", "Name;Response 1;Response 2;;"]
    for name, hidden, output in rows:
        quoted = hidden.replace('"', '""')
        lines.append(f'{name};"{quoted}";"=""{output}""";;')
    return ("\r\n".join(lines) + "\r\n").encode("utf-16")


FORMS: dict[str, tuple[Any, str]] = {
    "google": (google, '--columns "Question 1=hidden" --columns "Question 2=output"'),
    "moodle": (moodle, '--columns "Response 1=hidden" --columns "response 2=f"'),
    "excel": (excel, '--columns "Response 1=hidden" --columns "Response 2=output"'),
}


def checked(content: bytes, options: str = "", name: str = "class.csv") -> Ran:
    with workplace() as place:
        (place / name).write_bytes(content)
        return run(f"{SHEET} {name} {options}")


def test_the_right_values() -> None:
    assert [float(h) for h in HIDDEN] == [5.17, 14.47, -6.23, 4.38]
    assert [float(f) for f in OUTPUT] == [37.716, -23.256]


@pytest.mark.parametrize("form", FORMS)
def test_thirty_answers_come_through_and_are_marked_fairly(form: str) -> None:
    write, columns = FORMS[form]
    rows = [[f"Student No{number}", cell, "37.8 -23.1"] for number, (cell, _, _) in enumerate(THIRTY)]
    ran = checked(write(rows), f"{columns} -f json")
    assert ran.stderr == ""
    assert ran.code == 1
    students = json.loads(ran.stdout)["students"]
    assert len(students) == 30
    for student, (cell, right, unread) in zip(students, THIRTY, strict=True):
        hidden, output = student["rows"]
        marks = [figure["right"] for figure in hidden["figures"]]
        assert (marks.count(True), student["unreadable_figures"]) == (right, unread), cell
        assert [figure["computed"] for figure in hidden["figures"]] == [float(h) for h in HIDDEN]
        assert [figure["right"] for figure in output["figures"]] == [True, True]


def test_what_cannot_be_read_is_shown_as_written_and_counted() -> None:
    rows = [[f"Student No{number}", cell, "37.8 -23.1"] for number, (cell, _, _) in enumerate(THIRTY)]
    shown = checked(google(rows), FORMS["google"][1]).stdout
    assert "hidden: I was ill" in shown
    assert "hidden, h2: n/a" in shown
    assert "13 figures could not be read and 9 figures were not answered; they count as not right." in " ".join(
        shown.split()
    )
    assert "Not shown: Timestamp, Score, Comments (-f csv has them)." in shown


RIGHT = r"""
5.2|5,2|5,17|+5.17|5.170|h1=5.17|h₁ = 5.17|5.2!|[5.2]|(5,2)|5.17 ≈ 5.2|2.5+14-7.13-4.2 = 5.17|=5.17|="5.17"|'5.17
5.2 (rounded)|5 17/100|517%|517 percent|5170‰|0.517e1|51.7*10^-1|5.17 V|€5.17|５.１７|5.2.|5.17…|\frac{517}{100}|$5.17$
5{,}17|ca. 5,2|5.2 m/s²
"""
NOT_RIGHT = """
5.2 or 5.3|5.2 ± 0.1|<5.2|5.2.1|5k|5O|12:30|2026-11-20|5,2,3|n/a|-|five|nan|inf|8/0|5.3|5 1 7|5.1e|0x5
"""
ONE = [
    (text, right) for texts, right in ((RIGHT, True), (NOT_RIGHT, False)) for text in re.split(r"[|\n]", texts.strip())
]
"""One figure of one column, as typed, and whether it is right for h1 = 5.17."""


@pytest.mark.parametrize(("text", "right"), ONE, ids=[text for text, _ in ONE])
def test_one_figure_as_it_is_typed(text: str, right: bool) -> None:
    quoted = text.replace('"', '""')
    ran = checked(f'name,h1\nAnn,"{quoted}"\n'.encode(), "-f json")
    assert ran.stderr == ""
    (student,) = json.loads(ran.stdout)["students"]
    (figure,) = student["rows"][0]["figures"]
    assert figure["right"] is right
    assert figure["written"] == (None if text == "" else text)


@pytest.mark.parametrize(
    ("cell", "right"),
    [
        ("1,234", "one figure is asked: a decimal comma"),
        ("1.234", ""),
        ("1234", "thousands are not what was typed"),
        ("1,234.0", "thousands"),
    ],
)
def test_how_many_figures_are_asked_decides_what_a_comma_is(cell: str, right: str) -> None:
    one = "layers:\n  - weights: [[1]]\n    activation: identity\n"
    with workplace() as place:
        (place / "one.yaml").write_text(one)
        (place / "class.csv").write_text(f'name;output\nAnn;"{cell}"\n')
        ran = run("nnlec check one.yaml -i 1.234 --answers class.csv -f json")
    (figure,) = json.loads(ran.stdout)["students"][0]["rows"][0]["figures"]
    assert figure["right"] is (cell in ("1,234", "1.234"))
    assert (figure["note"] is not None) is bool("," in cell), right


def test_a_comma_between_two_figures() -> None:
    ran = checked(b'name,output\nAnn,"12,716"\nBen,"37.8,-23.1"\nCem,"37,8 -23,1"\nDee,"37,8,-23,1"\n', "-f csv")
    assert [row["right"] for row in csv.DictReader(io.StringIO(ran.stdout))] == ["0", "2", "2", "0"]


def test_a_fraction_claims_four_figures() -> None:
    """sigmoid(2.0794) = 0.888885: 8/9 is 0.8889 of it, and 9/10 is not."""
    ran = run("nnlec check configs/neuron.yaml --logits 0 --output 1")
    assert ran.code == 2  # a network and scores
    for figures, code in (("8/9,1/9", 0), ("9/10,1/10", 1), ("0.9,0.1", 0)):
        assert run(f"nnlec check --logits 2.0794,0 --probabilities {figures}").code == code
    assert "8/9 is read as 0.8889" in run("nnlec check --logits 2.0794,0 --probabilities 8/9,1/9").stdout


def test_names_that_nnlec_prints_are_understood() -> None:
    for header in ("H1,Layer 2", "hidden_1,F", "hidden[1],OUTPUT", "h1,y", "h1,layer 2 "):
        ran = checked(f'name,{header}\nAnn,5.2,"37.8,-23.1"\n'.encode(), "-f csv")
        assert ran.stdout.splitlines()[1] == "Ann,3,3,,", header


def test_a_figure_that_the_form_never_asked_for_is_not_missed() -> None:
    ran = checked(b"name,h1,y2\nAnn,5.2,-23.256\nBen,5.2,\n")
    assert [line.split()[:3] for line in ran.stdout.splitlines()[2:4]] == [["Ann", "2", "2"], ["Ben", "1", "2"]]


def test_a_column_of_figures_that_was_not_marked_is_named_in_the_summary() -> None:
    ran = checked(
        b"name,variant,Score,h,Question 3\nAnn,v0001,3 / 5,5.2 14.5 -6.2 4.4,7.5\nBen,v0001,1 / 5,5 14 -6 4,n/a\n"
    )
    assert "right throughout" in ran.stdout
    assert ran.stderr == ""
    assert "Not marked" not in ran.stdout  # half of the column are no figures
    ran = checked(b"name,h,Question 3\nAnn,5.2 14.5 -6.2 4.4,7.5\nBen,5 14 -6 4,8.5\n")
    assert "Not marked, though they look like figures: Question 3. --columns says" in ran.stdout


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ('--columns "Question 9=hidden"', "unknown column 'Question 9'"),
        ('--columns "Question=hidden"', "begins the names of 2 columns"),
        ('--columns "Question 1=hiden"', "did you mean 'hidden'?"),
        ("--columns hidden", "is no column and its figures"),
        ('--columns "Question 1=hidden" --columns "Question 2=h"', "the same figures"),
        ('--columns "Question 1=hidden" --columns "Question 1=output"', "given twice"),
        ("", "no figures to check (columns of figures are called hidden, "),
    ],
)
def test_columns_that_are_named_wrongly(option: str, said: str) -> None:
    ran = checked(google([["Ann Lee", "5.2 14.5 -6.2 4.4", "37.8 -23.1"]]), option)
    assert ran.code == 2
    assert ran.stdout == ""
    assert said in ran.stderr


def test_several_columns_are_named_in_one_option_or_in_several() -> None:
    content = b'"Question 1","Question 2, the end"\n"5.2 14.5 -6.2 4.4","37.7 -23.3"\n'
    apart = checked(content, '--columns "Question 1=hidden" --columns "Question 2, the end=output" -f csv')
    together = checked(content, '--columns "Question 1=hidden,Question 2=output" -f csv')
    assert together == apart
    assert apart.stdout.splitlines()[1].endswith("6,6,,")


def test_an_input_of_ones_own_that_cannot_be_read_does_not_stop_the_others() -> None:
    table = 'name,input,hidden\nAnn,"1,2.8,-3.1,4.2",5.2 14.5 -6.2 4.4\nBen,n/a,5.2 14.5 -6.2 4.4\nCem,"1,2",1 2 3 4\n'
    ran = checked(table.encode(), "-f csv")
    assert ran.stderr == ""
    assert ran.stdout.splitlines()[1:] == [
        "Ann,4,4,,",
        "Ben,0,4,input: n/a,not read",
        'Cem,0,4,"input: 1,2",not read',
    ]


def test_rows_with_too_few_or_too_many_cells() -> None:
    table = "name,h,y1\nAnn,5.2 14.5 -6.2 4.4\nBen,5,2,14,5\nCem,5 14 -6 4,37.716,,\n,,\n"
    ran = checked(table.encode(), "-f csv")
    assert ran.stderr == ""
    rows = list(csv.DictReader(io.StringIO(ran.stdout)))
    assert [f"{row['name']} {row['right']}/{row['of']}" for row in rows] == ["Ann 4/5", "Ben 0/5", "Cem 5/5"]
    assert "5 cells, expected 3" in rows[1]["first wrong"]


def test_two_columns_of_one_name_and_none() -> None:
    ran = checked(b"name,note,note,,h1\nAnn,a,b,c,5.2\n", "-f csv")
    assert ran.stdout.splitlines()[0] == "name,note (2),note (3),column (4),right,of,first wrong,slip"


def pages(content: bytes, options: str = "") -> dict[str, str]:
    with workplace() as place:
        (place / "class.csv").write_bytes(content)
        ran = run(f"{SHEET} class.csv -o out/ {options}")
        assert ran.code == 1, ran.stderr
        return {path.name: path.read_text(encoding="utf-8") for path in sorted(Path(place / "out").iterdir())}


CLASS = "name,hidden\nAnn Lee,5.2 14.5 -6.2 4.4\nann lee,9.3 14.5 -6.2 4.4\n../../Zoë,n/a\nCON,1 2 3 4\n,?\n".encode()


def test_a_page_for_each_student() -> None:
    made = pages(CLASS)
    assert sorted(made) == ["Ann-Lee.html", "CON-page.html", "Zoë.html", "ann-lee-2.html", "student-5.html"]
    assert "<title>ann lee</title>" in made["ann-lee-2.html"]
    assert "the weight -1 of x3 in h1 was read as -0.01" in made["ann-lee-2.html"]
    assert all("Ann" not in text for name, text in made.items() if name != "Ann-Lee.html")


@pytest.mark.parametrize(
    ("options", "suffix", "holds"),
    [
        ("-f markdown", ".md", "# Ann Lee\n"),
        ("-f latex --standalone", ".tex", r"\begin{document}"),
        ("-f table --decimals 3", ".txt", "14.470"),
        ("-f svg", ".svg", "<svg"),
    ],
)
def test_pages_in_every_format_for_people(options: str, suffix: str, holds: str) -> None:
    made = pages(CLASS, options)
    assert len(made) == 5
    assert holds in made[f"Ann-Lee{suffix}"]


def test_a_folder_that_is_there_keeps_its_other_files() -> None:
    with workplace() as place:
        (place / "class.csv").write_bytes(CLASS)
        (place / "out").mkdir()
        (place / "out" / "mine.txt").write_text("kept")
        (place / "out" / "Ann-Lee.html").write_text("old")
        run(f"{SHEET} class.csv -o out")
        assert (place / "out" / "mine.txt").read_text() == "kept"
        assert "All 4 figures are right" in (place / "out" / "Ann-Lee.html").read_text()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("-o out/ -f csv", "pages in a folder are not written as csv"),
        ("-o class.csv/", "cannot write"),
        ("-o nowhere/out/ --columns name=h", "the same figures"),
    ],
)
def test_pages_that_cannot_be_written_leave_nothing(options: str, said: str) -> None:
    with workplace() as place:
        (place / "class.csv").write_bytes(CLASS)
        before = sorted(path.name for path in place.iterdir())
        ran = run(f"{SHEET} class.csv {options}")
        assert (ran.code, ran.stdout) == (2, "")
        assert said in ran.stderr
        assert sorted(path.name for path in place.iterdir()) == before


def test_a_sheet_of_figures_typed_has_no_folder() -> None:
    ran = run("nnlec check configs/lecture.yaml -i 1,2.8,-3.1,4.2 --output 1,2 -o out/")
    assert ran.code == 2
    assert "--answers" in ran.stderr


def test_what_was_computed_has_as_many_figures_as_were_written() -> None:
    shown = run("nnlec check --logits 0.3,0.1 --probabilities 0.54983400,4.501660e-1").stdout
    assert "0.54983400   0.54983400" in shown
    shown = run("nnlec check --logits 0,60 --probabilities 8.76*10^-27,1").stdout
    assert "8.757e-27   right" in shown


def test_pythons_rounding_of_a_tie_is_right_and_said_so() -> None:
    """round(2.675, 2) is 2.67, for the double is below the tie; 2.68 is right too, and 2.66 is not."""
    one = "layers:\n  - weights: [[1]]\n    activation: identity\n"
    assert round(2.675, 2) == 2.67
    with workplace() as place:
        (place / "one.yaml").write_text(one)
        shown = {
            text: run(f"nnlec check one.yaml -i 2.675 --output {text}").stdout for text in ("2.67", "2.68", "2.66")
        }
    assert "right, as Python rounds 2.675" in shown["2.67"]
    assert "as Python" not in shown["2.68"]
    assert "right" in shown["2.68"]
    assert "wrong" in shown["2.66"]


def test_a_zero_is_no_misplaced_point() -> None:
    shown = run("nnlec check configs/lecture.yaml -i 1,2.8,-3.1,4.2 --layer hidden=0,14.5,-6.2,4.4").stdout
    assert "decimal point misplaced" not in shown


@pytest.mark.parametrize(
    ("written", "is_swapped"), [("5.2", False), ("2.5", True), ("05.2", False), ("50.2", False), ("0.52", False)]
)
def test_digits_are_swapped_where_they_stand(written: str, is_swapped: bool) -> None:
    shown = run(f"nnlec check configs/lecture.yaml -i 1,2.8,-3.1,4.2 --layer hidden={written},14.5,-6.2,4.4").stdout
    assert ("digits swapped" in shown) == is_swapped


def test_sums_in_remarks_show_where_they_differ() -> None:
    shown = run("nnlec check --logits dog=-0.2,tiger=0.3,cat=-0.1 --probabilities 0.267,0.440,0.295").stdout
    assert "All would follow from a sum of 3.068; the sum is 3.073." in shown
    assert shown.count("rounded too early") == 1


def test_pasted_characters_and_the_letters_of_windows_end_no_class() -> None:
    ran = checked("name,h\nAnn,5.2\u202814.5\x0b-6.2 4.4\n".encode(), "-f csv")
    assert (ran.code, ran.stderr) == (0, "")
    ran = checked("Name;h\nJörg;5,2 14,5 –6,2 4,4\n".encode("cp1252"), "-f csv")
    assert ran.stdout.splitlines()[1] == "Jörg,4,4,,"
    assert ran.stderr == "Warning: class.csv: not UTF-8, read as Windows-1252\n"


def test_the_letters_of_a_step_are_columns() -> None:
    sheet = "nnlec check configs/step-sigmoid.yaml -i 0.05,0.10 --target 0.01,0.99 --rate 0.5 --keep-biases"
    with workplace() as place:
        (place / "class.csv").write_text("name,w5+,d(o1)\nAnn,0.3589,n/a\nBen,n/a,0.1385\nCem,n/a,?\n")
        ran = run(f"{sheet} --answers class.csv -f csv")
    assert [row["right"] for row in csv.DictReader(io.StringIO(ran.stdout))] == ["1", "1", "0"]


def test_a_whole_number_may_be_rounded_as_python_rounds_too() -> None:
    marks = [Mark("y", figure(text), Decimal("2.5"), Basis.FULL).as_python_rounds for text in ("2", "3", "2.5")]
    assert marks == [True, False, False]


def test_a_short_figure_that_many_mistakes_explain_tells_none() -> None:
    shown = run("nnlec check configs/lecture.yaml -i 1,2.8,-3.1,4.2 --output 30,-23.3").stdout
    assert re.search(r"Too short a figure to tell the mistake: 1\d would explain it\.", shown)
    ran = checked(b'name,output\nAnn,"30,-23.3"\n', "-f csv")
    assert re.search(r"too short a figure to tell \(1\d fit\)", ran.stdout)


def test_a_mistake_that_another_one_covers_is_not_listed() -> None:
    """2.67 and 15.77 both miss their bias: two slips of one unit each, none of which covers the other."""
    sheet = "nnlec check configs/lecture.yaml -i 1,2.8,-3.1,4.2 --layer hidden="
    both = run(f"{sheet}2.67,15.77,-6.2,4.4").stdout
    assert "the bias 2.5 of h1 was not added" in both
    assert "the bias -1.3 of h2 was not added" in both
    every = run(f"{sheet}2.67,15.77,-6.03,3.48").stdout
    assert "Likely mistake: bias forgotten - no bias was added." in every
    assert "of h1 was not added" not in every


def test_a_loss_whose_right_class_is_a_column() -> None:
    """-ln(0.9048 / 3.0734) = 1.2227, and for dog 1.3227."""
    with workplace() as place:
        for header, option in (("name;L;label", ""), ("name;Loss;Class", "--columns Class=label")):
            (place / "class.csv").write_text(f"{header}\nAnn;1,22;cat\nBen;1,32;dog\nCem;1,22;dog\n")
            ran = run(f"nnlec check --logits dog=-0.2,tiger=0.3,cat=-0.1 --answers class.csv -f csv {option}")
            assert [row["right"] for row in csv.DictReader(io.StringIO(ran.stdout))] == ["1", "1", "0"]
        (place / "class.csv").write_text("name;L\nAnn;1,22\n")
        ran = run("nnlec check --logits dog=-0.2,tiger=0.3,cat=-0.1 --answers class.csv")
    assert "the loss needs the right class: --label" in ran.stderr


def test_figures_of_a_row_are_shown_as_they_were_written() -> None:
    ran = checked('name,hidden\nAnn,"(5,17; 1.447·10¹; −6,2; 4.4 m)"\n'.encode(), "-f json")
    (row,) = json.loads(ran.stdout)["students"][0]["rows"]
    assert [figure["written"] for figure in row["figures"]] == ["5,17", "1.447·10¹", "−6,2", "4.4 m"]
    assert [figure["right"] for figure in row["figures"]] == [True] * 4
    assert [figure["note"] for figure in row["figures"]] == [None, None, None, "4.4 m is read as 4.4"]


def test_first_and_last_name_are_one_student() -> None:
    made = pages(b"Last name,First name,Email,h1\nLee,Ann,a@b.de,5.2\nOkafor,Ben,b@b.de,1\n")
    assert list(made) == ["Ann-Lee.html", "Ben-Okafor.html"]


def test_help_behind_an_option_that_waits_for_a_value() -> None:
    shown = run("nnlec check --answers --help")
    assert shown.code == 0
    assert "Ann,5.2 14.5 -6.2 4.4,37.8,-23.1" in shown.stdout


def test_the_examples_of_files_in_the_help_are_a_class() -> None:
    shown = run("nnlec check --help").stdout
    lines = [line.removeprefix("    ") for line in shown.splitlines()]
    table = lines[lines.index("student,hidden,y1,y2") :][:3]
    sheet = lines[lines.index("- student: Ann") :][:3]
    assert [row[0] for row in csv.reader(checked("\n".join(table).encode(), "-f csv").stdout.splitlines())] == [
        "student",
        "Ann",
        "Ben",
    ]
    ran = checked("\n".join(sheet).encode(), "-f csv", "class.yaml")
    assert ran.stdout.splitlines()[1] == "Ann,6,6,,"
