"""In another language no English word is printed, but names and signs: each run beside the same one in English."""

from __future__ import annotations

import ast
import html
import re
import shlex
from functools import cache
from pathlib import Path

import pytest

from nnlec.cli import group
from nnlec.cli.gate import status_of
from nnlec.models import load_network
from nnlec.network.activations import ACTIVATIONS
from nnlec.network.layers import LAYERS
from nnlec.network.losses import LOSSES
from nnlec.rendering import LANGUAGES
from nnlec.rendering.words import PLACEHOLDER, words
from tests.conftest import ROOT
from tests.test_languages import GALLERY, RUNS

TABLES = [
    "evaluate configs/iris.yaml configs/iris.csv --target-column species --top-k 2 --by species --full",
    "evaluate configs/rain.yaml configs/rain.csv --target-column rain --full --threshold sweep",
    "evaluate configs/iris.yaml OTHER/iris.yaml --data configs/iris.csv --target-column species --by species",
    "evaluate configs/house-price.yaml OTHER/house.csv --target-column price --full",
    "stats configs/iris.yaml configs/iris.csv --columns 1,2,3,4",
    "stats configs/iris.yaml configs/iris.csv --columns 1,2,3,4 --layer 1",
    "compare configs/lecture.yaml configs/lecture.yaml",
    "compare configs/lecture.yaml OTHER/lecture.yaml -i 1,2,3",
    "compare configs/iris.yaml OTHER/iris.yaml configs/iris.csv -c 1,2,3,4",
]
PICTURES = [
    f"evaluate configs/{name} configs/{table} --target-column {column} --picture {picture}"
    for name, table, column, picture in (
        ("iris.yaml", "iris.csv", "species", "confusion"),
        ("iris.yaml", "iris.csv", "species", "reliability"),
        ("rain.yaml", "rain.csv", "rain", "roc"),
        ("house-price.yaml", "../OTHER/house.csv", "price", "predicted"),
    )
]
DRAWN = [*(f"draw configs/{name}.yaml" for name in GALLERY), "draw configs/lecture.yaml -i 1,2,3"]
FORMATS = {
    **dict.fromkeys((*RUNS, *TABLES), ("table", "plain", "markdown", "latex", "html", "svg")),
    **dict.fromkeys(PICTURES, ("svg",)),
    **dict.fromkeys(DRAWN, ("text", "plain", "tikz", "svg")),
}
EVERY = [(run, name) for run, names in FORMATS.items() for name in names]

SIGNS = {
    *("abs", "argmax", "exp", "inf", "ln", "log", "max", "min", "float", "mae", "mse", "rmse"),
    *("dL", "dW", "db", "df", "dh", "ds", "dw", "dr", "dR", "dx", "dz"),
}
"""Functions, slopes and the like, which are written alike everywhere."""
GIVEN = {"Ann", "Ben", "species", "configs", "iris", "yaml", "lecture", "OTHER", "versicol", "student"}
"""What stands in the tables and in the names of files."""


@cache
def names() -> frozenset[str]:
    """Words of the networks of the gallery, and of nnlec's kinds, which a network file has."""
    found = [*ACTIVATIONS, *LAYERS, *LOSSES]
    for name in GALLERY:
        network = load_network(str(ROOT / "configs" / f"{name}.yaml"))
        found += [network.name, *network.input_names, *network.output_names, *network.class_names]
        found += [each for layer in network.layers for each in (layer.name, *layer.numbers)]
    return frozenset(re.findall(r"[A-Za-z]{2,}", " ".join(found)))


def said(text: str, name: str) -> set[str]:
    """The words that a reader sees, or hears."""
    if name in ("html", "svg", "xml"):
        heard = re.findall(r'(?:aria-label|alt|title)="([^"]*)"', text)
        text = re.sub(r"(?s)<style.*?</style>|<script.*?</script>", "", text)
        text = html.unescape(" ".join([re.sub(r"<[^>]*>", " ", text), *heard]))
    elif name in ("latex", "tikz", "markdown"):
        text = re.sub(r"(?m)^%.*$|\\(?:begin|end|usepackage|setcounter)\{[^}]*\}(?:\{[^}]*\})?", "", text)
        text = re.sub(
            r"(?s)^\[x=.*?look/.*?\]$|\[(?:weight|anchor|unit|bias|minimum)[^]]*\]|&\w+;", "", text, flags=re.M
        )
        text = re.sub(r"\\[A-Za-z]+(?:\[[^]]*\])?|\b(?:rectangle|at|node)\b|[\d.](?:ex|em|cm|pt)\b", " ", text)
    return set(re.findall(r"(?<![A-Za-z-])[A-Za-z]{2,}+(?![ⱼ_])", text))


class Printing:
    """Runs a command in this process; the same one in English is run once."""

    def __init__(self, other: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._other, self._capsys = other, capsys
        self._place = set(re.findall(r"[A-Za-z]{2,}", str(other)))  # a long line of --plain is folded within it
        self._english: dict[tuple[str, str], set[str]] = {}

    def __call__(self, run: str, name: str, language: str) -> set[str]:
        command = run.replace("configs/../OTHER", str(self._other)).replace("OTHER", str(self._other))
        assert status_of(group, [*shlex.split(command), "-f", name, "--language", language]) < 2, (run, name)
        place = str(self._other)
        shown = self._capsys.readouterr().out
        return said(shown.replace(place, "OTHER").replace(place.replace("_", r"\_"), "OTHER"), name)

    def left(self, run: str, name: str, language: str) -> set[str]:
        """English words in the other language that are none of its own."""
        if (run, name) not in self._english:
            self._english[run, name] = self(run, name, "en")
        both = self._english[run, name] & self(run, name, language)
        return both - self.own(language) - names() - SIGNS - GIVEN - self._place

    def own(self, language: str) -> set[str]:
        """The words of a language."""
        of = words(language)
        table = [*of.sentences.values(), *of.heads.values(), *of.cells.values(), *of.own.values()]
        return set(re.findall(r"[A-Za-z]{2,}", PLACEHOLDER.sub("", " ".join(table))))


@pytest.fixture
def printing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Printing:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "80")
    for name, (digits, others) in {"iris": ("0.", "1."), "lecture": ("2.5", "-2.5")}.items():
        text = (ROOT / "configs" / f"{name}.yaml").read_text(encoding="utf-8")
        (tmp_path / f"{name}.yaml").write_text(text.replace(digits, others, 1), encoding="utf-8")
    (tmp_path / "house.csv").write_text("area,bedrooms,distance,price\n100,3,5,200\n120,4,5,250\n", encoding="utf-8")
    return Printing(tmp_path, capsys)


def test_no_english_word_is_left(printing: Printing) -> None:
    left = {}
    for number, (run, name) in enumerate(EVERY):
        if number % 11 == 0:  # the slow test has all of them
            language = LANGUAGES[number // 11 % len(LANGUAGES)]
            left[run, name, language] = printing.left(run, name, language)
    assert not {key: found for key, found in left.items() if found}


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_english_word_is_left_in_any_format(printing: Printing, language: str) -> None:
    left = {(run, name): printing.left(run, name, language) for run, name in EVERY}
    assert not {key: found for key, found in left.items() if found}


@pytest.mark.parametrize(
    ("language", "topic"), [*zip(LANGUAGES, ("forward", "softmax", "loss", "step", "conv", "forward"), strict=True)]
)
def test_no_english_word_is_left_on_worksheets(
    printing: Printing, tmp_path: Path, language: str, topic: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shape = {"forward": "2-2-2", "step": "2-2-2 --decimals 1 --rate 0.3", "conv": "4-2"}.get(topic, "3")
    kinds = {".md": "markdown", ".html": "html", ".xml": "xml"}
    texts = {}
    for code in ("en", language):
        folder = tmp_path / code
        command = f"worksheet --shape {shape} --topic {topic} --language {code} -o {folder}"
        assert status_of(group, shlex.split(command)) == 0
        texts[code] = said(capsys.readouterr().out.replace(str(folder), ""), "plain")
        for path in folder.iterdir():
            if path.suffix in (".md", ".html", ".xml"):
                text = path.read_text(encoding="utf-8")
                texts[code] |= said(html.unescape(text) if path.suffix == ".xml" else text, kinds[path.suffix])
    machine = {"CDATA", "NUMERICAL", "course", "nnlec", topic}
    left = (texts["en"] & texts[language]) - printing.own(language) - names() - SIGNS - machine
    assert not left


def test_a_word_that_no_language_has_is_found(printing: Printing, monkeypatch: pytest.MonkeyPatch) -> None:
    run = "stats configs/iris.yaml configs/iris.csv --columns 1,2,3,4"
    assert not printing.left(run, "plain", "de")
    monkeypatch.delitem(words("de").heads, "saturated")
    assert printing.left(run, "plain", "de") == {"saturated"}


def test_every_word_of_the_page_is_in_the_tables_and_the_tables_hold_no_more() -> None:
    scripts = "".join(path.read_text("utf-8") for path in (ROOT / "nnlec" / "rendering" / "page").glob("*.js"))
    given = r"\$\{(?:[^{}`]|\{[^{}]*\})*\}"
    found = re.findall(rf"said`((?:[^`$]|{given})*)`", scripts)
    assert scripts.count("said`") == len(found)
    parts = [re.split(given, text) for text in found]
    asked = {"".join(f"{{{number}}}{part}" if number else part for number, part in enumerate(each)) for each in parts}
    assert len(asked) > 100
    assert asked == words(LANGUAGES[0]).page.keys()


def test_what_writers_say_is_in_the_tables_and_the_tables_hold_no_more() -> None:
    asked, constants = set(), set()
    for path in [path for room in ("notation", "rendering", "cli") for path in (ROOT / "nnlec" / room).rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                constants.add(node.value)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "own":
                asked |= {each.value for each in node.args if isinstance(each, ast.Constant)}
    known = words(LANGUAGES[0]).own.keys()
    assert asked <= known
    assert known - {"forward", "softmax", "loss", "step", "conv"} <= constants
