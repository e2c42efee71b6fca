"""The shells' completion that the README switches on."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.transcripts import run


def completed(words: str) -> list[tuple[str, str]]:
    """What bash is offered for the last of `words`: (kind, text)."""
    ran = run(f"COMP_WORDS='{words}' COMP_CWORD={len(words.split(' ')) - 1} _NNLEC_COMPLETE=bash_complete nnlec")
    assert ran.stderr == ""
    return [(kind, text) for kind, _, text in (line.partition(",") for line in ran.stdout.splitlines())]


def test_commands_and_options_are_completed() -> None:
    assert completed("nnlec so") == [("plain", "softmax")]
    assert ("plain", "--carry") in completed("nnlec forward --c")
    assert ("plain", "rounded") in completed("nnlec forward --carry r")


@pytest.mark.parametrize(
    "words", ["nnlec forward conf", "nnlec show conf", "nnlec loss --network conf", "nnlec loss -o a"]
)
def test_files_are_completed_where_a_file_is_asked_for(words: str) -> None:
    assert [kind for kind, _ in completed(words)] == ["file"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_one_that_the_shell_reads(shell: str) -> None:
    script = run(f"_NNLEC_COMPLETE={shell}_source nnlec").stdout
    assert "_NNLEC_COMPLETE" in script
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    assert subprocess.run([shell, "-n"], input=script, text=True, capture_output=True).stderr == ""
