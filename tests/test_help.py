"""Every command's --help ends a beginner's search: two examples that run as they stand."""

from __future__ import annotations

import pytest

from nnlec.cli import COMMANDS
from tests.transcripts import run, workplace


def examples(command: str) -> list[str]:
    """The lines beneath "Examples:" in the help of `command`."""
    _, _, after = run(f"nnlec {command} --help").stdout.partition("Examples:\n")
    return [line.strip() for line in after.partition("\n\n")[0].splitlines()]


@pytest.mark.parametrize("command", list(COMMANDS))
def test_the_examples_run(command: str) -> None:
    shown = examples(command)
    assert len(shown) >= 2
    with workplace():
        for example in shown:
            assert f"nnlec {command}" in example
            ran = run(example)
            assert ran.stdout or " -o " in example or "--output" in example, f"{example} shows nothing: {ran.stderr}"
            assert "Error" not in ran.stderr, example


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_fits_80_columns(command: str) -> None:
    ran = run(f"nnlec {command} --help")
    assert ran.code == 0
    long = [line for line in ran.stdout.splitlines() if len(line) > 80 and "nnlec " not in line]
    assert not long
