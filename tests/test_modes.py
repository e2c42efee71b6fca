"""An option is accepted where it has a meaning, and elsewhere an error that says where it has one: all options, all
commands, in runs of every mode."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import click
import pytest

from nnlec.cli import COMMANDS, group
from nnlec.cli import places as m
from nnlec.cli.modal import long_name
from nnlec.cli.modes import MODES
from tests.test_completion import completed
from tests.transcripts import TOP, Ran, empty_folder, run, workplace


class Base(NamedTuple):
    """A run that works, and the places in which it stands."""

    command: str
    places: frozenset[m.Place]


def base(command: str, *places: m.Place) -> Base:
    commas = [m.COMMAS] if {m.CELLS, m.PAPER} & set(places) else []
    return Base(command, frozenset([*places, *commas]))


LECTURE = "forward configs/lecture.yaml"
ANIMALS = "--logits -0.2,0.3,0.8,-0.1,0.4 --label 3"
TRUTH = "loss scores.csv --target-column label"
SCORES = "check --logits 1,2 --probabilities 0.27,0.73"
SHEET = "check configs/lecture.yaml -i 1,2.8,-3.1,4.2"
TYPED = (m.ONE_INPUT, m.TYPED_INPUT, m.LAYERS)
TABLE = (m.DATA, m.ONE_TABLE, m.ONE_PROCESS, m.READ, m.LAYERS)
INTO_FOLDER = (m.DATA, m.FOLDER, m.ONE_PROCESS, m.READ, m.LAYERS)
STEP = "step configs/lecture.yaml --rate 0.5"
GIVEN = (m.GIVEN_SCORES, m.GIVEN_PROBABILITIES, m.OWN_INPUT)

NETWORK = (TOP / "configs" / "lecture.yaml").read_text(encoding="utf-8")
FILES = {
    "sheets/network.yaml": NETWORK,
    "sheets/manifest.json": json.dumps(
        {
            "format": "nnlec worksheet 1",
            "files": {"network.yaml": sha256(NETWORK.encode()).hexdigest()},
            "variants": {"v0001": {"network": "network.yaml", "input": "2.8,-3.1,4.2"}},
        }
    ),
    "rows.csv": "x1,x2,x3\n2.8,-3.1,4.2\n",
    "rows.jsonl": '{"x1": 2.8, "x2": -3.1, "x3": 4.2}\n',
    "scores.csv": "dog,tiger,ostrich,cat,horse,label\n-0.2,0.3,0.8,-0.1,0.4,cat\n",
    "probabilities.csv": 'student,probabilities\nAnn,"0.27,0.73"\n',
    "p.csv": "day,cloud,p,guess,rain\nMon,1,0.7,no,1\n",
    "second.yaml": "inputs: [humidity, pressure, cloud]\nclasses: [no, yes]\n"
    "layers:\n  - weights: [[1], [1], [-9]]\n    activation: sigmoid\n",
    "steps.csv": "x1,x2,x3,label,note\n2.8,-3.1,4.2,y1,7\n",
    "class.csv": "student,hidden,output\nAnn,5.2 14.5 -6.2 4.4,37.8 -23.1\n",
}

BASES = [
    base(f"{LECTURE} --input 1,2.8,-3.1,4.2", *TYPED, m.WHOLE, m.PAPER, m.TEXT, m.FIGURES, m.LATEX),
    base(
        f"{LECTURE} --input 1,2.8,-3.1,4.2 --label 1",
        *TYPED,
        m.WHOLE,
        m.WITH_TRUTH,
        m.PAPER,
        m.TEXT,
        m.FIGURES,
        m.LATEX,
    ),
    base(f"{LECTURE} --input 1,2.8,-3.1,4.2 --layer 1", *TYPED, m.PAPER, m.TEXT, m.FIGURES, m.LATEX, m.LAYER),
    base(f"{LECTURE} --input 1,2.8,-3.1,4.2 -f html", *TYPED, m.WHOLE, m.PAPER, m.FIGURES),
    base(f"{LECTURE} --input 1,2.8,-3.1,4.2 -f json", m.ONE_INPUT, m.TYPED_INPUT, m.WHOLE),
    base(f"{LECTURE} --input 1,2.8,-3.1,4.2 -o out.csv", m.ONE_INPUT, m.TYPED_INPUT, m.WHOLE),
    base(f"{LECTURE} --input 1,2.8,-3.1,4.2 -f csv --carry rounded", m.ONE_INPUT, m.TYPED_INPUT, m.WHOLE, m.FIGURES),
    base(f"{LECTURE} rows.csv", *TABLE, m.SEPARATED, m.FIGURES, m.CELLS, m.LATEX),
    base(f"{LECTURE} rows.csv --on-bad skip -f json", *TABLE, m.CELLS, m.SKIP),
    base(f"{LECTURE} rows.csv -f parquet -o out", *TABLE, m.CELLS),
    base(f"{LECTURE} rows.csv -f table", *TABLE, m.CELLS, m.PAPER, m.TEXT, m.FIGURES),
    base(
        f"{LECTURE} rows.jsonl --from jsonl -f tsv",
        *TABLE,
        m.SEPARATED,
        m.FIGURES,
    ),
    base(
        f"{LECTURE} rows.csv --row 1",
        m.ONE_TABLE,
        m.ONE_INPUT,
        m.READ,
        m.LAYERS,
        m.WHOLE,
        m.PAPER,
        m.TEXT,
        m.FIGURES,
        m.LATEX,
        m.CELLS,
    ),
    base(
        f"{LECTURE} rows.csv -o out/ -f csv",
        *INTO_FOLDER,
        m.SEPARATED,
        m.FIGURES,
        m.CELLS,
    ),
    base("softmax --logits -0.2,0.3,1", m.ONE_SOFTMAX, m.PAPER, m.TEXT, m.FIGURES, m.LATEX),
    base("softmax --logits -0.2,0.3,1 -f csv", m.ONE_SOFTMAX),
    base("softmax rows.csv", m.DATA, m.SEPARATED, m.FIGURES, m.CELLS, m.LATEX),
    base("softmax rows.csv -f latex --on-bad skip", m.DATA, m.CELLS, m.PAPER, m.FIGURES, m.LATEX, m.SKIP),
    base("softmax rows.jsonl --from jsonl -f jsonl", m.DATA),
    base(f"loss {ANIMALS}", m.ONE_LOSS, m.PAPER, m.TEXT, m.FIGURES, m.LATEX),
    base(f"loss {ANIMALS} -f json --network configs/animals.yaml", m.ONE_LOSS, m.FROM_NETWORK),
    base(f"{TRUTH}", m.TRUTH, m.CELLS, m.PAPER, m.TEXT, m.FIGURES, m.LATEX),
    base(f"{TRUTH} -f json --on-bad skip", m.TRUTH, m.CELLS, m.SKIP),
    base(f"{TRUTH} --per-row", m.TRUTH, m.ROWS, m.SEPARATED, m.FIGURES, m.CELLS, m.LATEX),
    base(f"{TRUTH} --reduction none -f json", m.TRUTH, m.ROWS, m.CELLS),
    base(
        "evaluate configs/rain.yaml configs/rain.csv --target-column rain",
        m.NO_CHART,
        m.ONE_PROCESS,
        m.CELLS,
        m.PAPER,
        m.TEXT,
        m.LATEX,
        m.OF_NETWORKS,
    ),
    base(
        "evaluate configs/rain.yaml configs/rain.csv --target-column rain -f json --on-bad skip",
        m.NO_CHART,
        m.ONE_PROCESS,
        m.CELLS,
        m.SKIP,
        m.OF_NETWORKS,
    ),
    base(
        "evaluate --predictions p.csv --target-column rain --columns p --classes no,yes",
        m.NO_CHART,
        m.ONE_PROCESS,
        m.FROM_TABLE,
        m.CELLS,
        m.PAPER,
        m.TEXT,
        m.LATEX,
    ),
    base(
        f"{STEP} --input 2.8,-3.1,4.2 --target 0,1",
        m.TYPED_INPUT,
        m.ONE_STEP,
        m.PAPER,
        m.TEXT,
        m.FIGURES,
        m.LATEX,
    ),
    base(
        f"{STEP} --input 2.8,-3.1,4.2 --target 0,1 --layer 1",
        m.TYPED_INPUT,
        m.ONE_STEP,
        m.PAPER,
        m.TEXT,
        m.FIGURES,
        m.LATEX,
        m.LAYER,
    ),
    base(f"{STEP} --input 2.8,-3.1,4.2 --target 0,1 -f json", m.TYPED_INPUT, m.ONE_STEP),
    base(
        f"{STEP} --rows steps.csv --target-column label",
        m.BATCH,
        m.ONE_STEP,
        m.CELLS,
        m.PAPER,
        m.TEXT,
        m.FIGURES,
        m.LATEX,
    ),
    base(f"{STEP} --rows steps.csv --target-column label -f json --on-bad skip", m.BATCH, m.ONE_STEP, m.CELLS, m.SKIP),
    base(
        f"{STEP} --input 2.8,-3.1,4.2 --target 0,1 --then 2",
        m.TYPED_INPUT,
        m.PAPER,
        m.TEXT,
        m.FIGURES,
        m.LATEX,
    ),
    base("stats configs/iris.yaml configs/iris.csv", m.CELLS, m.PAPER, m.TEXT, m.LATEX),
    base("stats configs/iris.yaml configs/iris.csv -f json --on-bad skip", m.CELLS, m.SKIP),
    base(f"{SHEET} --output 37.8,-23.1", m.NETWORK, m.TYPED, *GIVEN, m.SHEET, m.PAPER, m.TOLD, m.LATEX),
    base(f"{SHEET} --output 37.8,-23.1 -f json", m.NETWORK, m.TYPED, *GIVEN, m.SHEET),
    base(
        f"{SHEET} --answers class.csv",
        m.NETWORK,
        m.OWN_INPUT,
        m.LOSS,
        m.RIGHT_CLASS,
        m.PAPER,
        m.TOLD,
        m.LATEX,
        m.CLASS_FILE,
    ),
    base(
        f"{SHEET} --answers class.csv -o pages/",
        m.NETWORK,
        m.OWN_INPUT,
        m.LOSS,
        m.RIGHT_CLASS,
        m.PAPER,
        m.TOLD,
        m.LATEX,
        m.SHEET,
        m.CLASS_FILE,
    ),
    base(
        "check sheets --variant v0001 --output 37.8,-23.1",
        m.NETWORK,
        m.WORKSHEET,
        m.TYPED,
        m.GIVEN_SCORES,
        m.GIVEN_PROBABILITIES,
        m.SHEET,
        m.PAPER,
        m.TOLD,
        m.LATEX,
    ),
    base(SCORES, m.SCORES, m.TYPED, *GIVEN, m.SHEET, m.PAPER, m.TOLD, m.LATEX),
    base(
        f"{SCORES} --loss 1.31 --label 0",
        m.SCORES,
        m.TYPED,
        *GIVEN,
        m.SHEET,
        m.PAPER,
        m.TOLD,
        m.LATEX,
        m.LOSS,
        m.RIGHT_CLASS,
    ),
    base(
        "check --logits 1,2 --answers probabilities.csv",
        m.CLASS_FILE,
        m.SCORES,
        m.GIVEN_SCORES,
        m.OWN_INPUT,
        m.LOSS,
        m.RIGHT_CLASS,
        m.PAPER,
        m.TOLD,
        m.LATEX,
    ),
    base("worksheet configs/neuron.yaml -o exercises"),
    base("worksheet --shape 2-1 --topic step --decimals 1 -o exercises", m.DRAWN_NETWORK, m.STEP_TOPIC),
    base("draw configs/lecture.yaml", m.IN_CHARACTERS),
    base("draw configs/lecture.yaml --plain", m.IN_CHARACTERS, m.SIZED),
    base("page configs/lecture.yaml -o net.html"),
    base("page configs/lecture.yaml --label 0 -o net.html", m.WITH_TRUTH),
    base("draw configs/lecture.yaml -o net.svg", m.SIZED),
    base("draw configs/lecture.yaml -f tikz", m.TIKZ, m.SIZED),
    base("show configs/lecture.yaml", m.PAPER, m.PICTURE, m.LATEX, m.TEXT),
    base("show configs/lecture.yaml -f latex", m.PAPER, m.LATEX),
    base("show configs/digits.yaml", m.PAPER, m.LATEX, m.TEXT),
    base("show configs/lecture.yaml -o out.txt", m.PAPER, m.TEXT),
    base("list losses", m.TEXT),
    base("list activations", m.ACTIVATIONS, m.TEXT),
    base("list activations --plot leaky_relu", m.ACTIVATIONS, m.CURVE, m.TEXT),
    base("example", m.LIST),
    base("example --plain", m.LIST, m.SAID),
    base("example --all -o examples", m.ALL_FILES, m.LIST),
    base("guide"),
    base("guide step --plain", m.LAID_OUT),
    base("compare configs/lecture.yaml configs/lecture.yaml", m.RANDOM_ROWS, m.TYPED_INPUT, m.PAPER, m.TEXT, m.LATEX),
    base("compare configs/lecture.yaml configs/lecture.yaml rows.csv", m.DATA, m.PAPER, m.TEXT, m.LATEX),
    base(
        "compare configs/lecture.yaml configs/lecture.yaml --input 1,2.8,-3.1,4.2",
        m.TYPED_INPUT,
        m.PAPER,
        m.TEXT,
        m.LATEX,
    ),
    base("convert configs/lecture.yaml -o lecture.json"),
    base("convert configs/lecture.yaml -o lecture.json --plain", m.SAID),
]

SAMPLES = {
    "forward --input": "--input 1,2.8,-3.1,4.2",
    "forward --carry": "--carry rounded",
    "softmax --carry": "--carry rounded",
    "loss --carry": "--carry rounded",
    "forward --layer": "--layer hidden",
    "forward --unit": "--unit 1",
    "forward --label": "--label 1",
    "forward --target": "--target 0,1",
    "forward --loss": "--loss cross-entropy",
    "forward --parameter": "-p label_smoothing=0.1",
    "forward --columns": "--columns x1,x2,x3",
    "softmax --logits": "--logits 1,2",
    "softmax --classes": "--classes x1,x2,x3",
    "softmax --columns": "--columns x1,x2,x3",
    "loss --columns": "--columns dog,tiger,ostrich,cat,horse",
    "loss --logits": "--logits 1,2",
    "loss --probabilities": "--probabilities 0.1,0.2,0.3,0.2,0.2",
    "loss --input": "configs/animals.yaml --input 4,1,0,0,0.25",
    "loss --label": "--label 3",
    "loss --target": "--target 0,0,0,1,0",
    "loss --classes": "--classes dog,tiger,ostrich,cat,horse",
    "loss --network": "--network configs/animals.yaml",
    "loss --loss": "--loss cross-entropy",
    "loss --parameter": "-p label_smoothing=0.1",
    "loss --target-column": "--target-column label",
    "loss --given": "--given logits",
    "loss --reduction": "--reduction none",
    "evaluate --columns": "--columns 2,3,4",
    "evaluate --loss": "--loss binary-cross-entropy",
    "evaluate --base": "--base e",
    "evaluate --parameter": "-p weights=1",
    "evaluate --data": "--data configs/rain.csv",
    "evaluate --disagreements": "second.yaml --data configs/rain.csv --disagreements differ.csv",
    "evaluate --picture": "--picture confusion",
    "evaluate --predictions": "--predictions p.csv --columns p",
    "evaluate --labels": "--labels --columns guess",
    "forward --top-k": "--top-k 2",
    "evaluate --top-k": "--top-k 2",
    "evaluate --by": "--by day",
    "evaluate --weights-column": "--weights-column cloud",
    "evaluate --threshold": "--threshold 0.6",
    "step --input": "--input 2.8,-3.1,4.2",
    "step --label": "--label 1",
    "step --target": "--target 0,1",
    "step --rate": "--rate 0.5",
    "step --loss": "--loss cross-entropy",
    "step --parameter": "-p label_smoothing=0.1",
    "step --carry": "--carry rounded",
    "step --upstream": "--upstream new",
    "step --layer": "--layer 1",
    "step --unit": "--unit 1",
    "step --rows": "--rows steps.csv",
    "step --target-column": "--target-column label",
    "step --per": "--per sum",
    "step --then": "--then 3",
    "step --save": "--save new.yaml",
    "step --columns": "--columns x1,x2,x3",
    "step --drop": "--drop note",
    "stats --columns": "--columns 1,2,3,4",
    "stats --layer": "--layer 1",
    "check --variant": "--variant v0001",
    "check --input": "--input 1,2.8,-3.1,4.2",
    "check --layer": "--layer hidden=5.2,14.5,-6.2,4.4",
    "check --output": "--output 37.8,-23.1",
    "check --logits": "--logits 37.8,-23.1",
    "check --exponentials": "--exponentials 2.718,7.389",
    "check --probabilities": "--probabilities 0.27,0.73",
    "check --loss": "--loss 1.31 --label 0",
    "check --delta": "--delta output=0,0 --label 0",
    "check --gradient": "--gradient output=0,0,0,0,0,0,0,0,0,0 --label 0",
    "check --after": "--after output=0,0,0,0,0,0,0,0,0,0 --label 0 --rate 1",
    "check --rate": "--rate 0.1 --label 0",
    "check --keep-biases": "--keep-biases --label 0",
    "check --label": "--label 0",
    "check --target": "--target 1,0",
    "check --loss-function": "--loss-function cross-entropy",
    "check --answers": "--answers class.csv",
    "check --columns": "--columns student=student",
    "worksheet --shape": "--shape 2-1",
    "worksheet --activation": "--activation identity",
    "worksheet --topic": "--topic forward",
    "worksheet --variants": "--variants 2",
    "worksheet --seed": "--seed 1",
    "worksheet --rate": "--rate 0.3",
    "worksheet --carry": "--carry rounded",
    "worksheet --blank": "--blank results",
    "worksheet --without": "--without ties",
    "worksheet --credit-carried": "--credit-carried 50",
    "page --label": "--label 0",
    "page --target": "--target 0,1",
    "page --loss": "--loss cross-entropy",
    "page --parameter": "-p base=2",
    "page --rate": "--rate 0.3",
    "page --input": "--input 1,2.8,-3.1,4.2",
    "draw --input": "--input 1,2.8,-3.1,4.2",
    "draw --format": "-f text",
    "draw --output": "-o out.txt",
    "list --plot": "--plot leaky_relu",
    "list --parameter": "-p alpha=0.3",
    "compare --input": "--input 1,2.8,-3.1,4.2",
    "compare --seed": "--seed 1",
    "compare --columns": "--columns x1,x2,x3",
    "convert --format": "-f yaml",
    "example --all": "--all -o examples",
    "example --output": "-o examples",
    "--classes": "--classes dog,cat",
    "--columns": "--columns 1,2",
    "forward --drop": "--drop x1",
    "softmax --drop": "--drop x1",
    "loss --drop": "--drop label",
    "evaluate --drop": "--drop day",
    "--row": "--row 1",
    "--where": "--where x1=2.8",
    "--prefix": "--prefix new_",
    "--suffix": "--suffix _new",
    "--delimiter": "--delimiter ,",
    "--from": "--from csv",
    "--on-bad": "--on-bad skip",
    "--bad-rows": "--bad-rows bad.csv",
    "--engine": "--engine stream",
    "--threads": "--threads 2",
    "--workers": "--workers 1 --scheduler nowhere",
    "--scheduler": "--scheduler nowhere",
    "--base": "--base 2",
    "--decimals": "--decimals 2",
    "--width": "--width 40",
    "--language": "--language de",
    "--notation": "--notation W-x",
    "--letters": "--letters target=t",
    "--significant": "--significant 3",
    "--format": "-f table",
    "--output": "-o out",
    "-o": "-o out",
}
"""An option, of one command or of any -> how it is typed in a test."""

INSTEAD = {
    ("forward", "--target"): ("--label 1",),
    ("loss", "--input"): ("--logits -0.2,0.3,0.8,-0.1,0.4", "--network configs/animals.yaml"),
    ("loss", "--probabilities"): ("--logits -0.2,0.3,0.8,-0.1,0.4",),
    ("loss", "--label"): ("--target-column label",),
    ("loss", "--target"): ("--label 3", "--target-column label"),
    ("page", "--target"): ("--label 0",),
    ("step", "--label"): ("--target 0,1",),
    ("evaluate", "--predictions"): ("configs/rain.yaml configs/rain.csv",),
    ("evaluate", "--labels"): ("--columns p",),
    ("evaluate", "--data"): ("configs/rain.csv",),
    ("evaluate", "--picture"): ("-f json",),
    ("evaluate", "--disagreements"): ("configs/rain.csv",),
    ("evaluate", "--numbers"): ("--classes no,yes",),
    ("worksheet", "--shape"): ("configs/neuron.yaml",),
    ("check", "--logits"): ("--output 37.8,-23.1",),
    ("check", "--target"): ("--label 0",),
    **{("check", f"--{name}"): ("--label 0",) for name in ("delta", "gradient", "after", "rate", "keep-biases")},
}
"""Options that take the place of what the run has."""


CHANGES = (
    "--rows",
    "--picture",
    "--row",
    "--where",
    "--answers",
    "--tsv",
    "--layer",
    "--decimal-comma",
    "--workers",
    "--scheduler",
)
"""Options with which the run is another one: something else in it may be misplaced, not be read, or not be there."""


@cache
def options(command: str) -> list[click.Option]:
    found = group.get_command(click.Context(group), command)
    assert found is not None
    return [option for option in found.params if isinstance(option, click.Option)]


def typed(command: str, option: click.Option) -> str:
    name = long_name(option)
    return SAMPLES.get(f"{command} {name}", name if option.is_flag else SAMPLES.get(name, ""))


PLACED: set[Path] = set()
"""What is in the folder of all runs before each of them."""


@pytest.fixture(scope="module", autouse=True)
def _place() -> Iterator[None]:
    """The folder of all runs."""
    with empty_folder() as place:
        (place / "configs").symlink_to(TOP / "configs")  # which no run writes to
        for name, text in FILES.items():
            (place / name).parent.mkdir(exist_ok=True)
            (place / name).write_text(text, encoding="utf-8", newline="\n")
        PLACED.update(Path().rglob("*"))
        yield


def ran(command: str) -> Ran:
    """The run, in a folder that is left as it was."""
    done = run(f"nnlec {command}")
    for path in sorted({*Path().rglob("*")} - PLACED, reverse=True):  # what is in a folder comes before it
        path.rmdir() if path.is_dir() else path.unlink()
    assert all(Path(name).read_text(encoding="utf-8") == text for name, text in FILES.items())
    return done


def test_every_run_works() -> None:
    for one in BASES:
        assert ran(one.command).code == 0, one.command


def test_every_command_and_every_place_is_tried() -> None:
    assert {one.command.split()[0] for one in BASES} == {*COMMANDS} == {*MODES}
    used = {place for of in MODES.values() for places in of.places.values() for place in places}
    assert used == {place for one in BASES for place in one.places}


def test_every_option_named_in_the_table_is_one() -> None:
    for command, of in MODES.items():
        assert of.places.keys() <= {option.name for option in options(command)}, command


@pytest.mark.parametrize("part", [0, pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow)])
@pytest.mark.parametrize("one", BASES, ids=lambda one: one.command)
def test_options_are_accepted_exactly_where_they_have_a_meaning(one: Base, part: int) -> None:
    """Every third option of a run, beginning elsewhere in each run."""
    command, *words = one.command.split()
    for option in options(command)[(part + BASES.index(one)) % 3 :: 3]:
        if {*option.opts, *option.secondary_opts} & {*words}:
            continue
        name, places = long_name(option), MODES[command].places.get(option.name or "", ())
        kept = one.command
        for replaced in INSTEAD.get((command, name), ()):
            kept = kept.replace(replaced, "")
        line = f"{kept} {typed(command, option)}"
        done = ran(line)
        if all(place in one.places for place in places):
            assert f"{name} is for" not in done.stderr, line
            if name not in CHANGES:
                assert done.stderr == "", line
                assert done.code in (0, 1 if command == "check" else 0), line
            continue
        assert (done.code, done.stdout, done.stderr.count("\n")) == (2, "", 1), line
        assert done.stderr.startswith(f"Error: {name} is for "), line
        missing = [place for place in places if place not in one.places]
        assert any(place.words.partition(" (")[0] in done.stderr for place in missing), line


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("nnlec forward net.yaml --input 1,2 --pred", []),
        ("nnlec forward net.yaml rows.csv --pred", ["--predict"]),
        ("nnlec forward net.yaml --pred", ["--predict"]),
        ("nnlec forward net.yaml rows.csv --la", ["--language", "--layer"]),
        ("nnlec forward net.yaml --input 1,2 --la", ["--label", "--language", "--layer"]),
        ("nnlec forward net.yaml --input 1,2 -f json --la", ["--label"]),
        ("nnlec forward net.yaml rows.csv --bad", ["--bad-rows"]),
        ("nnlec loss table.csv --lab", ["--label"]),
        ("nnlec draw net.yaml -f svg --st", []),
        ("nnlec draw net.yaml --st", ["--standalone"]),
        ("nnlec list losses --pl", ["--plain"]),
        ("nnlec softmax -o no.suffix --st", ["--steps", "--standalone"]),
    ],
)
def test_an_option_is_offered_where_it_can_have_a_meaning(words: str, offered: list[str]) -> None:
    assert sorted(name for _, name in completed(words) if name) == sorted(offered)


def test_a_table_piped_in_has_no_steps_to_write_out() -> None:
    said = ran(f"{LECTURE} --steps").stderr
    place = "one example (--input, --row or --where)"
    assert said == f"Error: --steps is for {place}, not for a table (see 'nnlec forward --help')\n"


def test_a_base_is_for_a_loss_that_is_measured() -> None:
    with workplace() as place:
        (place / "step.yaml").write_text("classes: [no, yes]\nlayers: [{weights: [[-1], [1]], activation: step}]\n")
        (place / "t.csv").write_text("a,b,t\n1,2,yes\n")
        evaluate = "nnlec evaluate step.yaml t.csv --target-column t"
        assert run(evaluate).code == 0
        assert run(f"{evaluate} --base 2").stderr == (
            "Error: --base: no loss is measured that takes it (choose one with --loss)\n"
        )
