"""A table hurt in any way is read or refused: the same bytes, the same line of complaint from every engine."""

from __future__ import annotations

import io
import itertools
import random
import re
from pathlib import Path

import pytest

from nnlec.cli import group
from nnlec.cli.gate import status_of
from tests.fuzz.mutations import CORPUS, mutants

NETWORKS = [str(CORPUS / "net3.yaml"), str(CORPUS / "net3_named.yaml")]
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
OPTIONS = [[], [], [], ["--header"], ["--no-header"], ["-f", "json"], ["-d", ";"], ["--tsv"], ["--on-bad", "skip"]]


def command_lines(dice: random.Random) -> list[str]:
    network = dice.choice(NETWORKS)
    commands = [
        ["forward", network, "table.csv"],
        ["forward", network, "table.csv", "--keep", "--predict"],
        ["softmax", "table.csv"],
        ["loss", "table.csv", "--target-column", "label"],
        ["evaluate", network, "table.csv", "--target-column", "label"],
    ]
    return dice.choice(commands) + dice.choice(OPTIONS)


def outcome(args: list[str], patch: pytest.MonkeyPatch) -> tuple[int, bytes, str]:
    """Status, output and complaint of the command in this process."""
    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True), io.StringIO()
    with patch.context() as swapped:
        swapped.setattr("sys.stdout", out)
        swapped.setattr("sys.stderr", err)
        status = status_of(group, args)
    out.flush()
    assert isinstance(out.buffer, io.BytesIO)
    return status, out.buffer.getvalue(), err.getvalue()


def check_tables(seed: int, count: int, patch: pytest.MonkeyPatch) -> None:
    dice = random.Random(seed)
    for content in itertools.islice(mutants("csv", ".csv", seed), count):
        Path("table.csv").write_bytes(content)
        args = command_lines(dice)
        status, out, err = outcome([*args, "--engine", "stream"], patch)
        assert status in {0, 1, 2}, (args, content)
        assert not OBEYED.search(err), (args, content)
        assert err.count("Error: ") == (status == 2), (args, content, err)
        assert outcome([*args, "--engine", "polars"], patch) == (status, out, err), (args, content)


def test_a_hurt_table_is_read_or_refused_the_same_by_every_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("polars", reason="the other engine is not installed")
    monkeypatch.chdir(tmp_path)
    check_tables(1, 300, monkeypatch)


@pytest.mark.slow
def test_many_hurt_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("polars", reason="the other engine is not installed")
    monkeypatch.chdir(tmp_path)
    check_tables(random.randrange(2**32), 20_000, monkeypatch)
