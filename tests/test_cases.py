"""Every folder tests/cases/TOPIC/CASE: `cmd` is run in a copy of it, with configs/ beside, and must give its files
`stdout`, `stderr` (each empty if there is no such file) and `exit` (0 if there is none).

To add a case, write `cmd` and its input files, run `make accept`, and read what git shows.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.transcripts import ACCEPT, Ran, run, same, workplace

CASES = Path(__file__).parent / "cases"
FOUND = sorted(path.parent for path in CASES.glob("*/*/cmd"))


@pytest.mark.parametrize("case", FOUND, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_case(case: Path) -> None:
    with workplace(case):
        ran = run((case / "cmd").read_text(encoding="utf-8").strip())
    if ACCEPT:
        accept(case, ran)
    assert same(expected(case, "stderr"), ran.stderr), f"stderr is {ran.stderr!r}"
    assert same(expected(case, "stdout"), ran.stdout), f"stdout is\n{ran.stdout}"
    assert int(expected(case, "exit") or 0) == ran.code


def expected(case: Path, name: str) -> str:
    path = case / name
    return path.read_bytes().decode() if path.exists() else ""


def accept(case: Path, ran: Ran) -> None:
    for name, text in (("stdout", ran.stdout), ("stderr", ran.stderr), ("exit", f"{ran.code}\n" if ran.code else "")):
        if text and not same(expected(case, name), text):
            (case / name).write_bytes(text.encode())
        elif not text:
            (case / name).unlink(missing_ok=True)
