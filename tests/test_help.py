"""Every command's --help has two examples that run as they stand, from an empty folder."""

from __future__ import annotations

import json

import click
import pytest

from nnlec.cli import COMMANDS, group
from nnlec.cli.examples import COPY
from tests.transcripts import empty_folder, run


def examples(command: str) -> list[str]:
    """The lines beneath "Examples:" in the help of `command`."""
    _, _, after = run(f"nnlec {command} --help").stdout.partition("Examples:\n")
    lines = after.partition("\n\n")[0].replace("|\n", "| ")  # a pipe may go on below
    return [" ".join(line.split()) for line in lines.splitlines()]


@pytest.mark.parametrize("command", list(COMMANDS))
def test_the_examples_run(command: str) -> None:
    shown = examples(command)
    assert len(shown) >= 2
    with empty_folder():
        if f"`{COPY}` copies the files" in run(f"nnlec {command} --help").stdout:
            assert run(COPY).code == 0
        for example in shown:
            assert f"nnlec {command}" in example
            ran = run(example)
            assert ran.stdout or ">" in example or "-o" in example, f"{example} shows nothing: {ran.stderr}"
            assert ran.code in (0, 1 if command == "check" else 0), f"{example}: {ran.stderr}"


def test_the_examples_of_the_whole_run_in_their_order() -> None:
    with empty_folder():
        assert [run(example).code for example in examples("")] == [0, 0, 0]


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_fits_80_columns(command: str) -> None:
    ran = run(f"nnlec {command} --help")
    assert ran.code == 0
    long = [line for line in ran.stdout.splitlines() if len(line) > 80]
    assert not long


@pytest.mark.parametrize("command", list(COMMANDS))
def test_every_option_says_what_it_does(command: str) -> None:
    found = group.get_command(click.Context(group), command)
    assert found is not None
    options = [option for option in found.params if isinstance(option, click.Option)]
    assert [option.opts for option in options if not (option.help or "").endswith(".")] == []


def test_options_stand_in_sections_that_say_where_they_apply() -> None:
    shown = run("nnlec forward --help").stdout
    sections = [line for line in shown.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert sections == ["Options:", "One example:", "Table:", "Output:"]
    table = shown.partition("\nTable:\n")[2].partition("\n\n")[0]
    assert "--columns NAMES" in table
    assert "Table:" not in table


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("nnlec -V", "nnlec "),
        ("nnlec help softmax", "Usage: nnlec softmax "),
        ("nnlec help", "Usage: nnlec [OPTIONS]"),
        ("nnlec list losses -f JSON", '{\n  "losses"'),
        ("nnlec list Losses", "  loss "),
        ("nnlec list", "activations\n"),
    ],
)
def test_what_people_type_to_look_around(command: str, said: str) -> None:
    ran = run(command)
    assert ran.code == 0
    assert ran.stdout.startswith(said)


def test_nnlec_list_has_every_list() -> None:
    whole = json.loads(run("nnlec list -f json").stdout)
    assert list(whole) == ["activations", "losses", "layers", "metrics", "formats", "engines"]
    for name, rows in whole.items():
        assert json.loads(run(f"nnlec list {name} -f json").stdout) == {name: rows}


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("softmax -3,-1,-2", 'the numbers -3,-1,-2 need an option: write --logits="-3,-1,-2"'),
        ("softmax --logits -3 -1 -2", 'the numbers -3 -1 -2 need an option: write --logits="-3,-1,-2"'),
        ("softmax 0.05, 0.10", 'the numbers 0.05, 0.10 need an option: write --logits="0.05,0.10"'),
        ("forward net.yaml -i 0.05, 0.10", 'the numbers 0.05, 0.10 need an option: write --input="0.05,0.10"'),
        ("forward net.yaml -i=1,2", "-i takes no '=': write -i 1,2"),
        ("forward net.yaml 1,2", 'the numbers 1,2 need an option: write --input="1,2"'),
        ("loss --logits 1 2 --label 0", 'the numbers 1 2 need an option: write --logits="1,2"'),
        ("forward net.yaml -f svg 1 2", 'the numbers 1 2 need an option: write --input="1,2"'),
        ("list sizes", "'sizes' is not one of 'activations', 'losses', 'layers', 'metrics', 'formats', 'engines'."),
        ("loss --logits 1,2 --label 0 --loss 'Cross Entropie'", "unknown loss 'Cross Entropie' (did you mean"),
    ],
)
def test_what_is_typed_loosely_is_answered_with_what_to_write(command: str, said: str) -> None:
    ran = run(f"nnlec {command}")
    assert ran.code == 2
    assert said in ran.stderr


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("1/3,20%,-1", [0.3333333333333333, 0.2, -1.0]),
        ("\u22121.5, 2/-4, .5 / .25", [-1.5, -0.5, 2.0]),
        ("a=12.5 %,b=1/8,c=-1/3", [0.125, 0.125, -0.3333333333333333]),
    ],
)
def test_fractions_percentages_and_the_minus_sign_of_print_are_numbers(typed: str, expected: list[float]) -> None:
    ran = run(f"nnlec softmax --logits '{typed}' -f json")
    assert json.loads(ran.stdout)["logits"] == expected


def test_a_fraction_is_computed_exactly() -> None:
    net = "layers: [{weights: [[3], [-1]], bias: none, activation: step}]"
    with empty_folder() as place:
        (place / "net.yaml").write_text(net)
        assert run("nnlec forward net.yaml -i 1/3,0.9999999999999999 -f csv").stdout == "y1\n1.0\n"
        assert run("nnlec forward net.yaml -i 0.3333333333333333,1 -f csv").stdout == "y1\n0.0\n"


@pytest.mark.parametrize(
    ("written", "name"),
    [("ReLU", "relu"), ("LeakyReLU", "leaky_relu"), ("Leaky ReLU", "leaky_relu"), ("log-softmax", "log_softmax")],
)
def test_names_without_regard_to_case_blanks_and_dashes(written: str, name: str) -> None:
    with empty_folder() as place:
        (place / "net.yaml").write_text(
            f"loss: Cross Entropy\nlayers: [{{weights: [[1, 2]], type: Dense, bias: none, activation: {written}}}]"
        )
        ran = run("nnlec show net.yaml -f json")
    shown = json.loads(ran.stdout)
    assert (shown["loss"], shown["layers"][0]["activation"]) == ("cross-entropy", name)
