"""Hostile tables, tests/corpus/csv: each case of the manifest gives what the manifest states, with every engine."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from nnlec.cli import group
from nnlec.cli.gate import status_of
from nnlec.tables.engines import ENGINES
from tests.conftest import Nnlec

CORPUS = Path(__file__).parent / "corpus"
CASES: list[dict[str, Any]] = [
    case for case in json.loads((CORPUS / "manifest.json").read_text(encoding="utf-8")) if case["kind"] == "csv"
]
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def parameters(step: int = 1) -> Iterator[Any]:
    for engine, (_, package, _) in ENGINES.items():
        missing = bool(package) and find_spec(package) is None
        marks = [pytest.mark.skip(reason=f"{package} is not installed")] if missing else []
        for case in CASES[::step]:
            yield pytest.param(case, engine, id=f"{case['id']}-{engine}", marks=marks)


def arguments(case: dict[str, Any], engine: str) -> list[str]:
    header = {"yes": ["--header"], "no": ["--no-header"], "auto": []}[case["options"]["header"]]
    delimiter = case["options"]["delimiter"]
    separator = [] if delimiter == "," else ["-d", delimiter]
    return ["forward", str(CORPUS / case["net"]), str(CORPUS / case["file"]), *header, *separator, "--engine", engine]


def check(case: dict[str, Any], status: int, out: str, err: str) -> None:
    assert not re.search(case.get("forbid_stderr_regex", "Traceback"), err)
    assert not OBEYED.search(out + err)
    rows = list(csv.reader(io.StringIO(out)))
    agreed_otherwise = case.get("alt", "").startswith("ok") and status == 0
    agreed_otherwise |= case.get("alt", "").startswith("error") and status == 2
    if agreed_otherwise and status != case["expect_exit"]:
        return
    assert status == case["expect_exit"], err
    if case["expect"] == "ok":
        assert [[float(cell) for cell in row] for row in rows[1:]] == case["expected"]["output"]
        return
    assert re.fullmatch(r"Error: [^\n]+\n", err)
    assert re.search(case["expect_stderr_regex"], err)
    if "expect_line" in case:
        place = re.search(r"\.csv:(\d+): (?:column '(.*?)': )?", err)
        assert place is not None
        assert int(place[1]) == case["expect_line"]
        assert len(rows) <= case["expect_line"]  # its header and the good rows above


@pytest.mark.parametrize(("case", "engine"), list(parameters()))
def test_case(case: dict[str, Any], engine: str, capfd: pytest.CaptureFixture[str]) -> None:
    status = status_of(group, arguments(case, engine))
    check(case, status, *capfd.readouterr())


@pytest.mark.parametrize(("case", "engine"), list(parameters(25)))
def test_case_in_a_process_of_its_own(case: dict[str, Any], engine: str, nnlec: Nnlec) -> None:
    ran = nnlec(*arguments(case, engine))
    check(case, ran.returncode, ran.stdout, ran.stderr)
