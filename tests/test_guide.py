"""`nnlec guide` and `nnlec example`: what a newcomer finds without a checkout."""

from __future__ import annotations

import os
import re

import pytest

from nnlec.cli.commands.guide import FOLDER, topics
from nnlec.cli.examples import examples
from nnlec.network.activations import ACTIVATIONS
from nnlec.network.losses import LOSSES
from tests import forked
from tests.pages import rooms
from tests.transcripts import TOP, empty_folder, run

TOPICS = [
    "changes", "checking", "contributing", "many-files", "maps", "measure", "models", "network-files", "numbers",
    "options", "page",
    "paper-formats", "python", "security", "speed", "step", "tables",
    "worksheets",
]  # fmt: skip


def page(topic: str) -> str:
    return (FOLDER / f"{topic}.md").read_text(encoding="utf-8")


def test_the_topics_are_listed_with_a_line_each() -> None:
    assert sorted(topics()) == TOPICS
    shown = run("nnlec guide").stdout.splitlines()
    for topic, summary in topics().items():
        assert [line.split(maxsplit=1) for line in shown].count([topic, summary]) == 1
        assert summary.endswith(".")
        assert len(summary) <= 80


@pytest.mark.parametrize("topic", TOPICS)
def test_a_page_in_a_pipe_is_its_markdown(topic: str) -> None:
    expected = re.sub(r"<!--.*?-->\n", "", page(topic))
    assert run(f"nnlec guide {topic}").stdout == expected


def on_a_terminal(*arguments: str, **environment: str) -> str:
    """What the command writes to a terminal of 60 columns."""
    surroundings = {**os.environ, "PYTHONPATH": str(TOP), "COLUMNS": "60", "TERM": "xterm", **environment}
    return forked.on_a_terminal(arguments, surroundings).decode().replace("\r\n", "\n")


@pytest.mark.parametrize("topic", TOPICS)
def test_a_page_on_a_terminal_is_laid_out(topic: str) -> None:
    shown = on_a_terminal("guide", topic, NO_COLOR="1")
    assert "\x1b" not in shown
    assert "```" not in shown
    assert "<!--" not in shown
    assert max(map(len, shown.splitlines())) <= 60
    assert page(topic).splitlines()[0].removeprefix("# ") in shown


def test_headings_are_coloured_where_colour_is_wanted() -> None:
    assert "\x1b[1" in on_a_terminal("guide", "tables", NO_COLOR="")


def test_an_unknown_topic_names_the_nearest() -> None:
    ran = run("nnlec guide table")
    assert (ran.code, ran.stdout) == (2, "")
    assert "did you mean 'tables'?" in ran.stderr


@pytest.mark.parametrize(
    ("words", "completed"),
    [("nnlec guide ta", ["tables"]), ("nnlec example rain", ["rain", "rain-amount"]), ("nnlec ex", ["example"])],
)
def test_topics_and_examples_are_completed(words: str, completed: list[str]) -> None:
    ran = run(f"COMP_WORDS='{words}' COMP_CWORD={words.count(' ')} _NNLEC_COMPLETE=bash_complete nnlec")
    assert sorted(line.partition(",")[2] for line in ran.stdout.splitlines()) == completed


def test_examples_are_listed_with_a_command_that_runs() -> None:
    shown = run("nnlec example").stdout
    with empty_folder():
        assert run("nnlec example --all -o configs").code == 0
        for example in examples():
            assert re.search(rf"^  {example.name} .*\n +{re.escape(example.command)}$", shown, re.M)
            assert len(example.summary) <= 96
            assert run(example.command).code == 0, example.command


@pytest.mark.parametrize("name", ["lecture", "lecture.yaml"])
def test_an_example_is_printed_as_it_is(name: str) -> None:
    assert run(f"nnlec example {name}").stdout == (TOP / "configs" / "lecture.yaml").read_text(encoding="utf-8")


def test_all_examples_are_copied_once_and_nothing_is_overwritten() -> None:
    with empty_folder() as place:
        assert run("nnlec example --all -o some/where").code == 0
        copied = place / "some" / "where"
        assert {path.name: path.read_bytes() for path in copied.iterdir()} == {
            path.name: path.read_bytes() for path in (TOP / "configs").iterdir() if path.is_file()
        }
        (copied / "rain.yaml").unlink()
        assert run("nnlec example --all -o some/where").code == 0
        assert (copied / "rain.yaml").is_file()
        (copied / "rain.yaml").write_text("mine")
        (copied / "animals.csv").unlink()
        ran = run("nnlec example --all -o some/where")
        assert ran.code == 2
        assert "some/where/rain.yaml" in ran.stderr
        assert (copied / "rain.yaml").read_text() == "mine"
        assert not (copied / "animals.csv").exists()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("nnlec example lectur", "did you mean 'lecture'?"),
        ("nnlec example digits.npz", "this example is no text (copy it: nnlec example --all -o configs)"),
        ("nnlec example lecture --all -o configs", "give NAME or --all, not both"),
        ("nnlec example --all", "--all needs --output DIR"),
        ("nnlec example lecture -o lecture.yaml", "nnlec example lecture > FILE"),
        ("nnlec example --all -o file", "file: cannot write"),
        ("nnlec show configs/lecture.yaml", "no such file (an example: nnlec example --all -o configs)"),
        ("nnlec show lecture", "no such file (an example: nnlec example lecture > lecture.yaml)"),
        ("nnlec show digits.yaml", "no such file (an example: nnlec example --all -o configs)"),
        ("nnlec show rain.yaml", "no such file (an example: nnlec example rain > rain.yaml)"),
        ("nnlec forward nets/mlp.yaml -i 1,2", "no such file (an example: nnlec example mlp > mlp.yaml)"),
        ("nnlec show no-example.yaml", "no such file\n"),
    ],
)
def test_a_mistake_is_one_line(command: str, message: str) -> None:
    with empty_folder() as place:
        (place / "file").touch()
        ran = run(command)
        assert (ran.code, ran.stdout, ran.stderr.count("\n")) == (2, "", 1)
        assert message in ran.stderr
        assert [path.name for path in place.iterdir()] == ["file"]


def test_every_key_of_a_network_file_is_explained() -> None:
    """The keys are those that the error for an unknown one lists."""
    with empty_folder() as place:
        (place / "layer.yaml").write_text("layers: [{weights: [[1]], activation: relu, no_such_key: 1}]")
        (place / "network.yaml").write_text("no_such_key: 1\nlayers: [{weights: [[1]], activation: relu}]")
        messages = [run(f"nnlec show {name}.yaml").stderr for name in ("layer", "network")]
    for message in messages:
        keys = re.findall(r"\w+", message.partition("expected one of ")[2].partition(" (")[0])
        assert len(keys) >= 4
        for key in keys:
            assert re.search(rf"\b{key}:", page("network-files")), key


def test_every_activation_and_loss_is_listed() -> None:
    rows = re.findall(r"^\| `(.*?)`", page("network-files"), re.M)
    assert {*ACTIVATIONS, *LOSSES} <= set(rows)


def test_the_contributing_page_explains_the_rooms_and_the_words() -> None:
    text = page("contributing")
    assert all(f"| `{room}` |" in text for room in rooms())
    words = re.findall(r"^\* \*\*(.*)\*\*: ", text, re.M)
    assert len(words) >= 30
    assert words == sorted(words)
