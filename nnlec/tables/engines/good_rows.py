"""Good rows go to what takes them; the bad ones among them are left out, or keep their place."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from nnlec.tables.rows import RowError, RowErrors

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Indices
    from nnlec.tables.engines.interface import OnBad

Bad = TypeVar("Bad")


def take_good(
    rows: int,
    errors: dict[int, RowError | Bad],
    on_bad: OnBad,
    take: Callable[[Indices], None],
    blank: Callable[[Indices], None],
) -> int | None:
    """Rows that are not in `errors` go to `take`; what it refuses is added to `errors`. `blank` takes the bad ones.

    Returns the row at which the run stops, or at which all is in question: nothing is taken from there on; else None.
    """
    if on_bad == "blank":
        return _in_order(rows, errors, take, blank)
    return _without_bad(rows, errors, take, stop=on_bad == "stop")


def _without_bad(
    rows: int, errors: dict[int, RowError | Bad], take: Callable[[Indices], None], *, stop: bool
) -> int | None:
    """All good rows at once, again without those that `take` refused."""
    last = min(errors, default=None) if stop else None
    while True:
        end = rows if last is None else last
        good = np.delete(np.arange(end), [row for row in errors if row < end])
        try:
            take(good)
        except RowErrors as found:
            worse: dict[int, RowError | Bad] = {int(good[index]): error for index, error in found.errors.items()}
            errors |= worse
            if stop or not found.skippable:
                last = min(worse)
        else:
            return last


def _in_order(
    rows: int,
    errors: dict[int, RowError | Bad],
    take: Callable[[Indices], None],
    blank: Callable[[Indices], None],
) -> int | None:
    """Runs of good rows go to `take`, runs of bad ones to `blank`, one after the other."""
    bad, at, end = sorted(errors), 0, rows
    while at < end:
        following = bisect_left(bad, at)
        after = min(bad[following] if following < len(bad) else end, end)
        if after > at:
            try:
                take(np.arange(at, after))
            except RowErrors as found:
                errors |= {at + index: error for index, error in found.errors.items()}
                bad = sorted(errors)
                end = end if found.skippable else at + min(found.errors)
                continue
        else:
            while after < end and following < len(bad) and bad[following] == after:
                after, following = after + 1, following + 1
            blank(np.arange(at, after))
        at = after
    return end if end < rows else None
