"""Every command's --help has two examples that run as they stand, from an empty folder."""

from __future__ import annotations

import pytest

from nnlec.cli import COMMANDS
from nnlec.cli.examples import COPY
from tests.transcripts import empty_folder, run


def examples(command: str) -> list[str]:
    """The lines beneath "Examples:" in the help of `command`."""
    _, _, after = run(f"nnlec {command} --help").stdout.partition("Examples:\n")
    return [line.strip() for line in after.partition("\n\n")[0].splitlines()]


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
    long = [line for line in ran.stdout.splitlines() if len(line) > 80 and "nnlec " not in line]
    assert not long
