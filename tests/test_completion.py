"""The shells' completion that the README switches on."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.transcripts import run, workplace


def completed(words: str) -> list[tuple[str, str]]:
    """What bash is offered for the last of `words`: (kind, text)."""
    ran = run(f"COMP_WORDS='{words}' COMP_CWORD={len(words.split(' ')) - 1} _NNLEC_COMPLETE=bash_complete nnlec")
    assert ran.stderr == ""
    return [(kind, text) for kind, _, text in (line.partition(",") for line in ran.stdout.split("\n") if line)]


def test_commands_and_options_are_completed() -> None:
    assert completed("nnlec so") == [("plain", "softmax")]
    assert ("plain", "--carry") in completed("nnlec forward --c")
    assert ("plain", "rounded") in completed("nnlec forward --carry r")


@pytest.mark.parametrize("words", ["nnlec forward configs/lecture.yaml conf", "nnlec loss conf", "nnlec loss -o a"])
def test_files_are_completed_where_a_file_is_asked_for(words: str) -> None:
    assert [kind for kind, _ in completed(words)] == ["file"]


@pytest.mark.parametrize("command", ["forward", "evaluate", "stats", "check", "draw", "show"])
def test_only_network_files_are_offered_for_a_network(command: str) -> None:
    offered = completed(f"nnlec {command} configs/rai")
    assert offered == [("plain", "configs/rain-amount.yaml"), ("plain", "configs/rain.yaml")]
    assert ("plain", "configs/lecture.yaml") in completed(f"nnlec {command} conf")
    assert completed(f"nnlec {command} nothing-begins-so") == [("dir", "nothing-begins-so")]


IRIS = "configs/iris.yaml configs/iris.csv"


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("forward configs/lecture.yaml --layer ", ["hidden", "output"]),
        ("forward configs/lecture.yaml --layer hidden --unit ", ["1", "2", "3", "4"]),
        ("forward configs/lecture.yaml --layer 2 --unit ", ["y1", "y2"]),
        ("stats configs/iris.yaml --layer h", ["hidden"]),
        ("check configs/lecture.yaml --layer h", ["hidden"]),
        (f"evaluate {IRIS} --target-column s", ["sepal_length", "sepal_width", "species"]),
        (f"forward {IRIS} --columns petal_length,sepal_w", ["petal_length,sepal_width"]),
        (f"forward {IRIS} --drop sp", ["species"]),
        (f"evaluate {IRIS} --by sp", ["species"]),
        ("forward configs/animals.yaml --label ", ["dog", "tiger", "ostrich", "cat", "horse"]),
        ("loss configs/animals.yaml -i 1,2 --label c", ["cat"]),
        ("loss --network configs/animals.yaml --label t", ["tiger"]),
        ("loss --logits dog=1,cat=2 --label ", ["dog", "cat"]),
        ("loss --classes dog,cat --logits 1,2 --label ", ["dog", "cat"]),
        ("loss --loss cr", ["cross-entropy"]),
        ("check configs/rain.yaml --loss-function binary", ["binary-cross-entropy"]),
        ("forward nosuch.yaml --layer ", []),
        ("forward configs/iris.csv --layer ", []),
        ("evaluate configs/iris.yaml nosuch.csv --target-column ", []),
        ("forward configs/lecture.yaml --layer nosuch --unit ", []),
    ],
)
def test_names_out_of_the_files_typed_before(words: str, offered: list[str]) -> None:
    assert completed(f"nnlec {words}") == [("plain", name) for name in offered]


def test_no_name_that_a_terminal_would_obey_is_offered() -> None:
    with workplace() as place:
        (place / "t.csv").write_text("a\x1b[31m,ab\n1,2\n")
        assert completed("nnlec softmax t.csv --columns a") == [("plain", "ab")]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_one_that_the_shell_reads(shell: str) -> None:
    script = run(f"_NNLEC_COMPLETE={shell}_source nnlec").stdout
    assert "_NNLEC_COMPLETE" in script
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    assert subprocess.run([shell, "-n"], input=script, text=True, capture_output=True).stderr == ""
