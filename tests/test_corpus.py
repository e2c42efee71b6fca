"""Hostile files and arguments, tests/corpus: each case of its manifest gives what the manifest states.

Most run through the command in this process, every twelfth in a process of its own. A kind of case is a row of
`COMMANDS`: how it is asked, and how a good answer is read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from nnlec import load_network
from nnlec.cli import group
from nnlec.cli.gate import status_of
from nnlec.rendering import RENDERERS
from tests.conftest import Nnlec

CORPUS = Path(__file__).parent / "corpus"


@dataclass(frozen=True)
class Case:
    id: str
    kind: str
    file: str
    what: str
    expect: str
    expect_exit: int
    rest: dict[str, Any] = field(repr=False)

    @property
    def path(self) -> str:
        return str(CORPUS / self.file)

    @property
    def expected(self) -> dict[str, Any]:
        return dict(self.rest.get("expected", {}))


@dataclass(frozen=True)
class Answer:
    status: int
    out: str
    err: str


def read_case(row: dict[str, Any]) -> Case:
    known = {name: row.pop(name) for name in ("id", "kind", "file", "what", "expect", "expect_exit")}
    return Case(**known, rest=row)


FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What a terminal obeys: it comes out of no command, whatever went in."""

CASES = [read_case(row) for row in json.loads((CORPUS / "manifest.json").read_text(encoding="utf-8"))]


def network_args(case: Case) -> list[str]:
    values = case.expected.get("forward", {}).get("input", [1.0, 2.0])
    return ["forward", case.path, "--input", ",".join(map(str, values)), "-f", "json"]


def check_network(case: Case, out: str) -> None:
    said = json.loads(out)
    assert said["output"] == case.expected["forward"]["output"]
    assert [as_written(layer, case) for layer in said["layers"]] == case.expected["weights"]
    network = load_network(case.path)
    for key in ("classes", "name", "inputs"):
        if key in case.expected:
            assert getattr(network, key) == unlisted(case.expected[key])
    assert said["classes"] == case.expected.get("classes")


def unlisted(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def as_written(layer: dict[str, Any], case: Case) -> list[list[float]]:
    first_row = "bias: first-row" in Path(case.path).read_text(encoding="utf-8", errors="replace")
    rows: list[list[float]] = ([layer["bias"]] if first_row else []) + layer["weights"]
    return rows


def argument_args(case: Case) -> list[str]:
    return ["forward", case.path, *case.rest["args"], *(["-f", "json"] if case.expect == "ok" else [])]


def check_arguments(case: Case, out: str) -> None:
    assert json.loads(out)["output"] == case.expected["output"]


COMMANDS: dict[str, tuple[Callable[[Case], list[str]], Callable[[Case, str], None]]] = {
    "yaml": (network_args, check_network),
    "arg": (argument_args, check_arguments),
}

NEARER = {
    **dict.fromkeys(
        ["cls_map_item", "cls_osc", "cls_c1", "cls_nul", "cls_bidi", "cls_blank_quoted"], "the name, not its list"
    ),
    "cls_lone_surrogate": "the escape in the name, not its list",
    "shape_mapping": "the unknown key, not its mapping",
    "key_merge_scalar": "the merge key, not its value",
    "doc_python": "where YAML ends, not where the line begins",
}
"""Errors that point at another column of the stated line, and at what."""


def check(case: Case, answer: Answer) -> None:
    everything = answer.out + answer.err
    assert not re.search(case.rest.get("forbid_stderr_regex", "Traceback"), answer.err)
    assert not FORBIDDEN.search(everything)
    assert answer.status == case.expect_exit, everything
    if case.expect == "ok":
        COMMANDS[case.kind][1](case, answer.out)
        return
    assert answer.out == ""
    assert re.fullmatch(r"Error: [^\n]+\n", answer.err)
    assert re.search(case.rest["expect_stderr_regex"], answer.err)
    if "expect_line" in case.rest:
        line, column = re.search(r":(\d+):(\d+)", answer.err).groups()  # type: ignore[union-attr]
        assert int(line) == case.rest["expect_line"]
        if "expect_col" in case.rest and case.id.split("/")[1] not in NEARER:
            assert int(column) == case.rest["expect_col"]


def cases(step: int = 1) -> list[Any]:
    """The cases of networks and arguments; those of tables are in test_corpus_csv."""
    return [pytest.param(case, id=case.id) for case in CASES[::step] if case.kind in COMMANDS]


@pytest.mark.parametrize("case", cases())
def test_case(case: Case, capfd: pytest.CaptureFixture[str]) -> None:
    status = status_of(group, COMMANDS[case.kind][0](case))
    check(case, Answer(status, *capfd.readouterr()))


@pytest.mark.parametrize("case", cases(12))
def test_case_in_a_process_of_its_own(case: Case, nnlec: Nnlec) -> None:
    ran = nnlec(*COMMANDS[case.kind][0](case))
    check(case, Answer(ran.returncode, ran.stdout, ran.stderr))


@pytest.mark.parametrize("form", RENDERERS)
def test_every_good_network_can_be_shown_on_paper(form: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Names that are markup, emoji codes or very long neither crash a writer nor get lost in it."""
    for case in CASES:
        if case.kind == "yaml" and case.expect == "ok":
            assert status_of(group, [*network_args(case)[:4], "-f", form]) == 0, case
            answer = capfd.readouterr()
            assert answer.err == ""
            assert "Traceback" not in answer.out
            assert not FORBIDDEN.search(answer.out)
