"""The README is true: every `$ command` in a console block prints what stands beneath it, every Python example runs.

A yaml block whose first line is `# NAME.yaml` is that file, for the commands that follow. With ACCEPT=1 the output is
written into the README instead (`make accept`).
"""

from __future__ import annotations

import doctest
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.transcripts import ACCEPT, TOP, run, same, workplace

README = TOP / "README.md"
_BLOCK = re.compile(r"^```(console|yaml|python)\n(.*?)^```$", re.M | re.S)
_COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", re.M)


@pytest.fixture(scope="module")
def beside() -> Iterator[Path]:
    with workplace() as place:
        yield place


def blocks() -> list[re.Match[str]]:
    return list(_BLOCK.finditer(README.read_text(encoding="utf-8")))


def label(block: re.Match[str]) -> str:
    return f"line {block.string.count(chr(10), 0, block.start()) + 1}: {block[2].splitlines()[0][:60]}"


@pytest.mark.parametrize("block", blocks(), ids=label)
def test_the_readme_shows_what_happens(block: re.Match[str], beside: Path) -> None:
    kind, text = block.groups()
    if kind == "yaml":
        name = re.match(r"# ([a-z-]+\.yaml)\n", text)
        if name:
            (beside / name[1]).write_text(text, encoding="utf-8")
    elif kind == "python":
        example = doctest.DocTestParser().get_doctest(text, {}, "README.md", "README.md", 0)
        assert example.examples, "a Python block without >>>"
        assert doctest.DocTestRunner().run(example).failed == 0
    else:
        replay(text)


def replay(transcript: str) -> None:
    code = 0
    for command, shown in _COMMAND.findall(transcript):
        if command == "echo $?":
            actual = f"{code}\n"
        else:
            ran = run(command)
            actual, code = ran.shown, ran.code
        if ACCEPT and not same(shown, actual):
            readme = README.read_text(encoding="utf-8")
            before, after = f"$ {command}\n{shown}", f"$ {command}\n{actual}"
            assert before in readme
            README.write_text(readme.replace(before, after, 1), encoding="utf-8")
        else:
            assert same(shown, actual), f"$ {command}\nprints\n{actual}\nbut the README shows\n{shown}"


def test_every_make_target_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (TOP / "Makefile").read_text(encoding="utf-8"), re.M))
    named = set(re.findall(r"\bmake ([a-z-]+)", README.read_text(encoding="utf-8")))
    assert named <= targets


def test_every_key_of_a_network_file_is_explained(beside: Path) -> None:
    """The keys are those that the error for an unknown one lists."""
    (beside / "unknown.yaml").write_text("layers: [{weights: [[1]], activation: relu, no_such_key: 1}]")
    layer_keys = run("nnlec show unknown.yaml").stderr
    (beside / "unknown.yaml").write_text("no_such_key: 1\nlayers: [{weights: [[1]], activation: relu}]")
    network_keys = run("nnlec show unknown.yaml").stderr
    format_section = (
        README.read_text(encoding="utf-8").partition("## Describe your own network")[2].partition("\n## ")[0]
    )
    for message in (layer_keys, network_keys):
        keys = re.findall(r"\w+", message.partition("expected one of ")[2].partition(" (")[0])
        assert len(keys) >= 4
        for key in keys:
            assert re.search(rf"\b{key}:", format_section), key
