"""What --columns and --drop choose: names, positions, ranges, and all but some."""

from __future__ import annotations

import pytest

from nnlec.errors import NnlecError
from nnlec.tables.header import Header

PLAIN = ("id", "age", "sex", "height", "label")
HYPHENS = ("a", "b", "a-b", "x-y", "1-2")


def chosen(wanted: str, names: tuple[str, ...] = PLAIN) -> tuple[int, ...]:
    return Header("t.csv:1", names, len(names)).choose(wanted.split(","))


@pytest.mark.parametrize(
    ("wanted", "columns"),
    [
        ("2-4", (1, 2, 3)),
        ("2-2", (1,)),
        ("4-", (3, 4)),
        ("age-height", (1, 2, 3)),
        ("age-4", (1, 2, 3)),
        ("label,2-3", (4, 1, 2)),
        ("!id", (1, 2, 3, 4)),
        ("!id,!label", (1, 2, 3)),
        ("!2-4", (0, 4)),
        ("1-4,!sex", (0, 1, 3)),
        ("!label,3-", (2, 3)),
    ],
)
def test_ranges_and_all_but(wanted: str, columns: tuple[int, ...]) -> None:
    assert chosen(wanted) == columns


@pytest.mark.parametrize(
    ("wanted", "columns"),
    [("!a-b", (0, 1, 3, 4)), ("b-x-y", (1, 2, 3)), ("a-b-x-y", (2, 3)), ("1-2", (4,)), ("1-3", (0, 1, 2))],
)
def test_a_name_with_a_hyphen_goes_before_a_range(wanted: str, columns: tuple[int, ...]) -> None:
    assert chosen(wanted, HYPHENS) == columns


@pytest.mark.parametrize(
    ("wanted", "names", "error"),
    [
        ("height-age", PLAIN, "'age' stands before 'height', a range runs forward"),
        ("2-7", PLAIN, "unknown column '7'"),
        ("0-2", PLAIN, "unknown column '0'"),
        ("-3", PLAIN, "unknown column '-3'"),
        ("!ego", PLAIN, "unknown column 'ego'"),
        ("!", PLAIN, "unknown column '!'"),
        ("a-b-c", ("a", "b-c", "a-b", "c"), "'a-b-c' may be several ranges of columns"),
        ("1-3", ("3", "b", "a"), "is the name of column 1 and the position of another column"),
    ],
)
def test_what_is_no_column_is_refused(wanted: str, names: tuple[str, ...], error: str) -> None:
    with pytest.raises(NnlecError) as raised:
        chosen(wanted, names)
    assert error in str(raised.value)


def test_a_column_in_two_ranges_is_taken_twice_and_says_so() -> None:
    with pytest.warns(match="column 'sex' is taken twice"):
        assert chosen("2-3,3-4") == (1, 2, 2, 3)
