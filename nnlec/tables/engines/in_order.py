"""Good and bad rows in their order: what `--on-bad blank` asks for."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import TypeVar

from nnlec.tables.rows import RowError, RowErrors

Bad = TypeVar("Bad")


def in_order(
    rows: int,
    errors: dict[int, RowError | Bad],
    take: Callable[[Sequence[int]], None],
    blank: Callable[[Sequence[int]], None],
) -> int | None:
    """Runs of good rows go to `take`, runs of those in `errors` to `blank`; what `take` refuses is added to `errors`.

    Returns the row at which all is in question, and nothing more is taken; else None.
    """
    bad, at, end = sorted(errors), 0, rows
    while at < end:
        following = bisect_left(bad, at)
        after = min(bad[following] if following < len(bad) else end, end)
        if after > at:
            try:
                take(range(at, after))
            except RowErrors as found:
                errors |= {at + index: error for index, error in found.errors.items()}
                bad = sorted(errors)
                end = end if found.skippable else at + min(found.errors)
                continue
        else:
            while after < end and following < len(bad) and bad[following] == after:
                after, following = after + 1, following + 1
            blank(range(at, after))
        at = after
    return end if end < rows else None
