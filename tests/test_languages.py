"""Words on paper in other languages: nothing is missing, and no English sentence is left."""

from __future__ import annotations

import re
import shlex
import tomllib
from functools import cache
from pathlib import Path

import pytest

from nnlec.cli import group
from nnlec.cli.gate import status_of
from nnlec.grading.differences.causes import CAUSES
from nnlec.grading.mistakes import MISTAKES, SWAPPED, WRITING_MISTAKES
from nnlec.grading.mistakes.step import STEP_SLIPS
from nnlec.models import load_network
from nnlec.network.activations import ACTIVATIONS
from nnlec.network.layers import LAYERS
from nnlec.network.losses import LOSSES
from nnlec.rendering import LANGUAGES
from nnlec.rendering.notations import ROWS, wording_of
from nnlec.rendering.words import PLACEHOLDER, Words, words
from tests.conftest import ROOT, Nnlec

FILES = {code: ROOT / "nnlec" / "rendering" / "words" / f"{code}.toml" for code in LANGUAGES}
GALLERY = sorted(path.stem for path in (ROOT / "configs").glob("*.yaml"))
LECTURE = "configs/lecture.yaml -i 2.8,-3.1,4.2"
ANIMALS = "--logits -0.2,0.3,0.8,-0.1,0.4 --classes dog,tiger,ostrich,cat,horse"
RUNS = [
    *(f"show configs/{name}.yaml" for name in GALLERY),
    f"forward {LECTURE} --steps --label y2",
    f"forward {LECTURE} --carry rounded --decimals 1",
    "forward configs/digits.yaml configs/digits.csv --row 1",
    "forward configs/edges.yaml -i 0,0,1,1,0,0,1,1,0,0,1,1,0,0,1,1 --steps",
    "softmax --logits 0.5,1000,2 --steps",
    f"loss {ANIMALS} --label cat --steps",
    f"loss {ANIMALS} --label cat --base 2 -p label_smoothing=0.1",
    *(f"loss --outputs 1.5,2 --target 1,-1 --loss {name}" for name, kind in LOSSES.items() if kind.takes == "outputs"),
    "loss --probabilities 1,0 --label 1",
    f"step {LECTURE} --label y2 --rate 0.01 --steps",
    f"step {LECTURE} --label y2 --rate 0 --carry rounded",
    f"step {LECTURE} --label y2 --rate 0.01 --notation W-x+b --letters weight=r,weights=R",
    f"step {LECTURE} --label y2 --rate 0.01 --upstream new --keep-biases",
    "step configs/step-decimals.yaml -i 2,3 --target 1 --rate 0.05 --then 9",
    "step configs/animals.yaml --rows configs/animals.csv --target-column label --rate 0.1",
    "check configs/lecture.yaml -i 2.8,-3.1,4.2 --layer hidden=5.17,14.47,-6.23,4.38 --output 37.8,-23.2",
    "check configs/lecture.yaml -i 2.8,-3.1,4.2 --output ?,-2.2",
    "check configs/lecture.yaml -i 2.8,-3.1,4.2 --output 37.716,-23.256",
    "check --logits -0.2,0.3 --probabilities 0.4,0.61 --loss 0.49 --label 1",
    "check configs/lecture.yaml -i 2.8,-3.1,4.2 --label y2 --rate 0.01 --delta output=-1,1",
    "check configs/lecture.yaml -i 2.8,-3.1,4.2 --answers configs/class.csv",
]


@cache
def names() -> tuple[set[str], set[str]]:
    """Those of the networks of the gallery and of their layers, which no language translates."""
    networks = [load_network(str(ROOT / "configs" / f"{name}.yaml")) for name in GALLERY]
    return {each.name for each in networks}, {layer.name for each in networks for layer in each.layers}


def table(code: str) -> dict[str, dict[str, str]]:
    return tomllib.loads(FILES[code].read_text(encoding="utf-8"))


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_has_every_key_and_placeholder(code: str) -> None:
    own, first = table(code), table(LANGUAGES[0])
    for section, keys in first.items():
        assert own[section].keys() == keys.keys()
        for key, said in own[section].items():
            assert sorted(set(PLACEHOLDER.findall(said))) == sorted(set(PLACEHOLDER.findall(key))), key
            assert said.strip() == said != ""


@pytest.mark.parametrize("notation", ["x^T W", "W x + b"])
@pytest.mark.parametrize("code", LANGUAGES)
def test_every_slip_layer_and_loss_is_said(code: str, notation: str) -> None:
    of, words = Words(code), wording_of(ROWS[notation])._asdict()
    kinds = [kind for row in MISTAKES.values() for kind in row] + [SWAPPED, *WRITING_MISTAKES]
    for kind in kinds:
        filled = words | {"unit": "y1", "source": "x1", "was": "0.5", "read": "5", "word": "10"}
        rounded = "rounded to" in kind.sentence
        assert of.sentence(kind.name) != kind.name
        if not kind.sentence.startswith("{word}") or kind.sentence.startswith("{word}^{score}"):
            of.sentence(kind.sentence.format(**filled | ({"word": "2 decimals"} if rounded else {})))
    for slip in STEP_SLIPS:
        of.sentence(slip.name)
        if "{word}" not in slip.sentence:
            of.sentence(slip.sentence.format(**words))
    for layer in LAYERS.values():
        of.sentence(layer.meaning)
    slopes = [(each.name, each.derivative) for each in ACTIVATIONS.values()]
    slopes_of_losses = [(each.name, each.derivative) for each in LOSSES.values()]
    for name, derivative in (*slopes, *slopes_of_losses):
        if derivative is not None and derivative.corner:
            of.sentence(f"{name}: {derivative.corner}.")
    for cause in CAUSES:
        of.sentence(cause.sentence)
    assert not of.unknown
    assert not [name for name in LOSSES if name not in of.sentences]


@pytest.mark.parametrize(
    "code", [pytest.param(code, marks=[pytest.mark.slow] if code in ("es", "it", "pt") else []) for code in LANGUAGES]
)
def test_no_english_sentence_is_left(
    code: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    words(code).unknown.clear()
    for run in RUNS:
        assert status_of(group, [*shlex.split(run), "--language", code]) < 2, run
    shape, place = r"(.* )?[\dx]+ -> [\dx]+", r"hidden, h\d: \S+"
    left = {text for text in words(code).unknown if not re.fullmatch(f"{shape}|{place}", text)}
    networks, layers = names()
    assert left <= networks | layers | {"subtract, divide"}
    kept = "|".join(map(re.escape, sorted(networks, reverse=True)))  # names; options; legends, which writers add
    shown = re.sub(rf"{kept}|--\w+|(?m:^  [*·]:.*$)", "", capsys.readouterr().out)
    assert not re.findall(r".*\b(?:the|was|were|computed|figures?|wrong|written|weights|by|with|is)\b(?! = ).*", shown)


@pytest.mark.parametrize("topic", ["forward", "softmax", "loss", "step"])
def test_worksheets_are_in_the_language(nnlec: Nnlec, topic: str, tmp_path: Path) -> None:
    code, of = LANGUAGES[0], words(LANGUAGES[0])
    shape = {"forward": "3-2", "step": "2-2-2"}.get(topic, "3")
    more = ["--decimals", "1", "--rate", "0.3"] if topic == "step" else []
    made = nnlec("worksheet", "--shape", shape, "--topic", topic, *more, "--language", code, "-o", str(tmp_path / "w"))
    assert made.returncode == 0, made.stderr
    written = "".join((tmp_path / "w" / name).read_text("utf-8") for name in ("keys.md", "sheets.md", "moodle.xml"))
    plain = [key for key in of.sentences if " " in key and "{" not in key and of.sentences[key] != key]
    assert not [key for key in plain if key in written]
    assert of.sentences["slips, and what each would give"] in written


def test_the_page_says_its_language_and_data_stay(nnlec: Nnlec) -> None:
    page = nnlec("softmax", "--logits", "1,2", "--format", "html", "--language", "de").stdout
    assert '<html lang="de">' in page
    assert "Vorhersage: y2 (argmax)" in page
    wrong = nnlec("softmax", "--logits", "1,2", "--format", "json", "--language", "de")
    assert wrong.returncode == 2
    assert "not for json" in wrong.stderr


def test_names_of_a_user_stay(nnlec: Nnlec) -> None:
    out = nnlec("softmax", "--logits", "sum=1,weights=2", "--language", "de").stdout
    assert "\n  sum " in out
    assert "Vorhersage: weights (argmax)" in out


OURS = ("its row", "dead", "both", "neither", "saturated", "Labels", "mean P")
"""Names of a user that are words of ours: of a network, two inputs, two outputs, two layers."""
NAMED = """\
name: its row
inputs: [dead, both]
{}: [neither, saturated]
layers:
  - {{name: Labels, weights: [[1, 2], [3, 4]], bias: [0.5, 0], activation: relu}}
  - {{name: mean P, weights: [[1, 2], [-1, 0.5]], bias: none, activation: identity}}
"""
NAMED_RUNS = [
    "show classes.yaml",
    "draw classes.yaml -i 1,2",
    "forward classes.yaml -i 1,2 --steps --label neither",
    "forward numbers.yaml -i 1,2",
    "forward classes.yaml rows.csv --columns dead,both -f table",
    "forward classes.yaml rows.csv --columns dead,both --layer Labels -f table",
    "loss --logits neither=1,saturated=2 --label neither",
    "step classes.yaml -i 1,2 --label neither --rate 0.1 --steps",
    "step classes.yaml --rows rows.csv --columns dead,both --target-column Labels --rate 0.1",
    "check classes.yaml -i 1,2 --layer Labels=7.5,11 --layer 'mean P=-3,20' --probabilities 0,1",
    "check classes.yaml -i 1,2 --answers sheet.yaml",
    "check classes.yaml -i 1,2 --answers sheets.yaml",
    "evaluate classes.yaml rows.csv --columns dead,both --target-column Labels --by Labels",
    "stats numbers.yaml rows.csv --columns dead,both --layer 'mean P'",
    "compare classes.yaml numbers.yaml",
]


@pytest.mark.parametrize("run", NAMED_RUNS)
def test_names_of_a_user_stay_whatever_they_spell(
    run: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for file, key in (("classes.yaml", "classes"), ("numbers.yaml", "outputs")):
        Path(file).write_text(NAMED.format(key), encoding="utf-8")
    Path("rows.csv").write_text("dead,both,Labels\n1,2,neither\n2,1,saturated\n", encoding="utf-8")
    Path("sheets.yaml").write_text("- {student: both, Labels: [7.5, 11]}\n", encoding="utf-8")
    Path("sheet.yaml").write_text("Labels: [both, 11]\n", encoding="utf-8")
    of = words("de")
    assert status_of(group, [*shlex.split(run), "--language", "de"]) < 2
    printed = capsys.readouterr().out
    assert any(name in printed for name in OURS)
    assert [name for name in OURS if (of.heads.get(name) or of.cells[name]) in printed] == []


def test_an_unknown_language_is_an_error(nnlec: Nnlec) -> None:
    wrong = nnlec("softmax", "--logits", "1,2", "--language", "xx")
    assert wrong.returncode == 2
    assert "de" in wrong.stderr
