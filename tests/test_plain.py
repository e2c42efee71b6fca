"""`--plain`: words and figures alone, for a screen reader and a Braille display."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import unicodedata
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from threading import active_count

import mpmath
import numpy as np
import pytest

from nnlec import system
from nnlec.cli import group, progress
from nnlec.cli.commands.guide import topics
from nnlec.cli.examples import examples
from nnlec.cli.gate import status_of
from nnlec.network.activations import ACTIVATIONS, activation
from nnlec.notation import operand, put_in, text
from nnlec.notation.formula import names_in
from nnlec.notation.spoken import spoken
from tests.conftest import Nnlec
from tests.relations import Exact, evaluated, relations

Printed = Callable[..., str]
Spoken = Callable[[str], str]

NARROW = ("--plain", "--width", "40")
NETWORKS = {row.name: shlex.split(row.command)[1:] for row in examples()}
LECTURE = ("configs/lecture.yaml", "-i", "1,2.8,-3.1,4.2")
IRIS = ("configs/iris.yaml", "configs/iris.csv")
OTHERS = {
    "softmax": ("softmax", "--logits", "dog=-0.2,cat=0.3", "--steps"),
    "a loss": ("loss", "--logits", "dog=-0.2,cat=0.3", "--label", "cat", "--steps"),
    "a class": ("check", *LECTURE, "--answers", "configs/class.csv"),
    "a sheet": ("check", *LECTURE, "--layer", "hidden=9.3,14.5,-6.2,4.4"),
    "a step": ("step", "configs/mlp.yaml", "-i", "1,1,0", "--target", "1", "--rate", "0.1", "--steps"),
    "measures": ("evaluate", *IRIS, "--target-column", "species", "--full", "--top-k", "2"),
    "layers": ("stats", *IRIS, "--columns", "1,2,3,4"),
    "two networks": ("compare", "configs/iris.yaml", *IRIS),
    "a pooled cell": ("forward", "configs/edges.yaml", "-i", "9,9,0,0,9,9,0,0,9,9,0,0,0,0,0,0", "--steps"),
    "lists": ("list",),
    "examples": ("example",),
    "the guide": ("guide",),
}
COMMANDS = {
    **{f"the command of {name}": tuple(command) for name, command in NETWORKS.items()},
    **{f"show {name}": ("show", f"configs/{name}.yaml") for name in NETWORKS},
    **{f"draw {name}": ("draw", f"configs/{name}.yaml") for name in ("digits", "digits-cnn", "residual")},
    "draw an example": ("draw", *LECTURE),
    **OTHERS,
}


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Printed:
    """What a command prints."""
    monkeypatch.delenv("COLUMNS", raising=False)

    def run(*args: str) -> str:
        assert status_of(group, [*args]) in (0, 1), capsys.readouterr().err
        return capsys.readouterr().out

    return run


def figures(text: str) -> Counter[str]:
    """How often each number stands in a text, those of subscripts and superscripts too."""
    return Counter(re.findall(r"\d+(?:\.\d+)?(?:e-?\d+)?", unicodedata.normalize("NFKC", text)))


@pytest.mark.parametrize("what", COMMANDS)
def test_every_command_says_every_figure_in_narrow_lines_of_ascii(printed: Printed, what: str) -> None:
    usual, plain = printed(*COMMANDS[what]), printed(*COMMANDS[what], *NARROW)
    assert plain.replace("£", "").isascii()  # the summary of a network of the examples has it
    assert max(map(len, plain.splitlines())) <= 40
    assert figures(usual) <= figures(plain)


@pytest.mark.parametrize("topic", sorted(topics()))
def test_a_page_of_the_guide_is_words(printed: Printed, topic: str) -> None:
    usual, plain = printed("guide", topic), printed("guide", topic, *NARROW)
    assert max(map(len, plain.splitlines())) <= 40
    assert not re.search(r"[─-▟ᵢⱼ⁰-₎]|```", plain)
    assert {*re.findall(r"[A-Za-z]{4,12}", unicodedata.normalize("NFKC", re.sub(r"```\w*", "", usual)))} <= {
        *re.findall(r"[A-Za-z]{4,12}", plain)
    }


@pytest.mark.parametrize("name", [name for name, kind in ACTIVATIONS.items() if kind.pointwise])
def test_a_curve_is_said_point_by_point(printed: Printed, name: str) -> None:
    plain = printed("list", "activations", "--plot", name, *NARROW)
    points = [(float(x), float(y)) for x, y in re.findall(r"^x = (.*): y = (.*)$", plain, re.MULTILINE)]
    assert len(points) >= 5
    for x, y in points:
        assert y == pytest.approx(float(activation(name)(np.array([[x]]))[0, 0]), rel=1e-3, abs=1e-9)


@pytest.mark.parametrize("number", ["-2.8", "0", "0.25", "3.3e-27"])
@pytest.mark.parametrize("name", [name for name, kind in ACTIVATIONS.items() if kind.pointwise])
def test_a_spoken_formula_says_what_the_written_one_does(name: str, number: str) -> None:
    formula = ACTIVATIONS[name].formula
    numbers = {letter: operand(number if letter == "x" else "0.5") for letter in names_in(formula) - {"e", "pi"}}
    filled = put_in(formula, numbers)
    by_ear, by_eye = evaluated(as_written(spoken(filled)), Exact()), evaluated(text(filled), Exact())
    assert mpmath.almosteq(mpmath.mpmathify(by_ear), mpmath.mpmathify(by_eye), 1e-100)


def as_written(said: str) -> str:
    """What is said, with the signs that the reader of relations takes."""
    return said.replace("exp(", "e^(").replace("*", "×").replace("about", "≈")


@pytest.mark.parametrize("name", ["lecture", "neuron", "mlp", "rain", "animals", "deep", "house-price"])
def test_what_is_said_of_an_example_is_true(printed: Printed, name: str) -> None:
    said = printed(*NETWORKS[name], "--steps", "--plain")
    found = [relation.holds for line in as_written(said).splitlines() for relation in relations(line)]
    assert found.count(True) >= 2
    assert False not in found


def test_what_does_not_fit_goes_on_below_indented(printed: Printed) -> None:
    said = printed("forward", *LECTURE, "--steps", *NARROW)
    assert "h1 = 1.0 * 2.5 + 2.8 * 5.0 + (-3.1) *\n  2.3 + 4.2 * (-1.0)\n  = 2.5 + 14 - 7.13 - 4.2\n  = 5.17\n" in said
    assert "row 4: -1.0 0.5 2.0 -0.2\n" in said


def test_no_figure_is_cut(printed: Printed) -> None:
    asked = ("softmax", "--logits", "-0.2,0.3", "--decimals", "60")
    long = re.findall(r"\d+\.\d{60}", printed(*asked))
    assert len(long) >= 6
    said = printed(*asked, *NARROW)
    assert all(figure in said for figure in long)


def test_a_long_name_is_folded_whole(printed: Printed) -> None:
    name = "an_input_that_is_called_" + "x" * 90
    said = printed("softmax", "--logits", f"{name}=1,猫=2", *NARROW)
    assert max(map(len, said.splitlines())) <= 40
    assert name in said.replace("\n  ", "")
    assert "猫" in said


def test_rows_left_out_are_counted(printed: Printed) -> None:
    said = printed("forward", "configs/digits.yaml", "-i", ",".join(["1"] * 64), "--weights", "--plain")
    rows = re.findall(r"^row (\d+): ", said, re.MULTILINE)
    assert "65" in rows
    assert "..." in said


@pytest.mark.parametrize("arguments", [("forward", *LECTURE), ("show", "configs/lecture.yaml"), ("list", "losses")])
def test_the_environment_asks_for_it_too(
    printed: Printed, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    usual, asked = printed(*arguments), printed(*arguments, "--plain")
    monkeypatch.setenv("NNLEC_PLAIN", "1")
    assert printed(*arguments) == asked != usual
    monkeypatch.setenv("NNLEC_PLAIN", "0")
    assert printed(*arguments) == usual


def test_data_and_paper_stay_as_they_are_in_such_an_environment(
    printed: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [("forward", *IRIS, "--columns", "1,2,3,4"), *(("forward", *LECTURE, "-f", f) for f in ("json", "html"))]
    usual = [printed(*arguments) for arguments in asked]
    monkeypatch.setenv("NNLEC_PLAIN", "1")
    assert [printed(*arguments) for arguments in asked] == usual


def test_no_colour_and_no_line_that_is_written_over(printed: Printed, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = printed("softmax", "--logits", "1,2", "--plain")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" in printed("softmax", "--logits", "1,2")
    assert printed("softmax", "--logits", "1,2", "--plain") == usual
    monkeypatch.setattr(system, "obeys_escapes", lambda _: True)
    for asked, more in (("0", 1), ("1", 0)):
        monkeypatch.setenv("NNLEC_PLAIN", asked)
        threads = active_count()
        with progress.shown_progress(None, lambda *_: "half of it"):
            assert active_count() - threads == more


def test_notes_and_messages_are_narrow_too(nnlec: Nnlec, tmp_path: Path) -> None:
    made = nnlec("worksheet", "--shape", "3", "--topic", "softmax", "-o", str(tmp_path / "w"), *NARROW)
    noted = nnlec("convert", "configs/digits-cnn.yaml", "-o", str(tmp_path / "x.npz"), *NARROW)
    for said in (made.stdout.replace(str(tmp_path), "DIR"), noted.stderr):
        assert max(map(len, said.splitlines())) <= 40
    assert noted.stderr.startswith("Note: weights alone: the file does not\n  say which")


def test_a_page_for_each_student_can_be_plain(nnlec: Nnlec, tmp_path: Path) -> None:
    done = nnlec(
        "check", *LECTURE, "--answers", "configs/class.csv", "-o", f"{tmp_path}/pages/", "-f", "plain", "--plain"
    )
    assert done.returncode == 1, done.stderr
    assert "student: Ann\nright: 6\n" in done.stdout
    assert (tmp_path / "pages" / "Ann.txt").read_text().isascii()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("forward", *LECTURE, "--plain", "-f", "latex"), "--plain is for text (the formats table and plain)"),
        (("forward", *IRIS, "--columns", "1,2,3,4", "--plain"), "not for csv"),
        (("draw", "configs/mlp.yaml", "--plain", "-f", "svg"), "(the formats text and plain), not for svg"),
        (("draw", "configs/mlp.yaml", "--width", "40"), "svg and tikz) and the format plain, not for text"),
        (("example", "lecture", "--plain"), "not for a file, which is printed as it is"),
        (("guide", "step", "--width", "40"), "not for Markdown"),
        (("forward", *LECTURE, "--width", "5"), "--width"),
    ],
)  # fmt: skip
def test_where_it_has_no_meaning_it_is_an_error(nnlec: Nnlec, arguments: tuple[str, ...], said: str) -> None:
    done = nnlec(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


BRAILLE = {"English, computer": "en-us-comp6.ctb", "English, grade 1": "en-ueb-g1.ctb", "German": "de-g0.utb"}


@pytest.fixture(params=BRAILLE)
def in_braille(request: pytest.FixtureRequest) -> Spoken:
    """Text in cells of Braille, by a table of liblouis."""
    program = shutil.which("lou_translate")
    if program is None:
        pytest.skip("lou_translate (liblouis-bin) is not installed")

    def translated(text: str) -> str:
        command = [program, "--forward", f"unicode.dis,{BRAILLE[request.param]}"]
        done = subprocess.run(command, input=text, capture_output=True, text=True, encoding="utf-8", check=True)
        return done.stdout

    return translated


def test_braille_has_a_cell_for_every_character(printed: Printed, in_braille: Spoken) -> None:
    escape = in_braille("ᵢ\n")[1:3]  # a table spells a character that it lacks as '\\x1d62'
    said = [printed(*OTHERS[what], *NARROW) for what in ("softmax", "a step", "a pooled cell", "two networks", "lists")]
    assert escape not in in_braille("\n".join(said))
    assert escape in in_braille(printed(*OTHERS["softmax"]))
