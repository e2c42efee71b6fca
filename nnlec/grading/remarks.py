"""What holds for a row of probabilities as a whole: do they add up to 1, and could one sum have divided them all?"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from nnlec.arithmetic.rounding import Rounding
from nnlec.grading.figures import Figure
from nnlec.grading.operations import Normalised
from nnlec.grading.steps import Step
from nnlec.network.activations import DIGITS
from nnlec.network.trace import Row

_MOST_FIGURES = 15


def remarks(step: Step, before: Sequence[Row], figures: Sequence[Figure]) -> tuple[str, ...]:
    """Facts about the figures of a division by a sum; `before` are the rows that may have been divided."""
    values = [figure.value for figure in figures if figure.value is not None]
    if not isinstance(step.operation, Normalised) or len(values) < len(figures):
        return ()
    slack = sum((_half(figure) for figure in figures), Decimal(0))
    total = sum(values, Decimal(0))
    found = [f"they sum to {total}, not to 1"] if abs(total - 1) > slack else []
    return (*found, *_denominator(step, before, figures))


def _denominator(step: Step, rows: Sequence[Row], figures: Sequence[Figure]) -> list[str]:
    """The sums that would give every figure as written; empty where the true one does."""
    first = ""
    for number, row in enumerate(rows):
        if not all(e.is_finite() and e > 0 for e in row):
            continue
        ranges = [_range(e, figure) for e, figure in zip(row, figures, strict=True)]
        low, high = max(r[0] for r in ranges), min(r[1] for r in ranges)
        true = sum(row, Decimal(0))
        if low <= true <= high:
            return []
        if low <= high:
            taken, due = _told_apart((low + high) / 2, true)
            whose = "the sum of what is written" if number else "the sum"
            return [f"all would follow from a sum of {taken}; {whose} is {due}"]
        first = first or _apart(step, ranges)
    return [first] if first else []


def _apart(step: Step, ranges: Sequence[tuple[Decimal, Decimal]]) -> str:
    """The two figures that no one sum can have divided."""
    needs_most = max(range(len(ranges)), key=lambda unit: ranges[unit][0])
    needs_least = min(range(len(ranges)), key=lambda unit: ranges[unit][1])
    least, most = _told_apart(ranges[needs_most][0], ranges[needs_least][1])
    return (
        f"no single sum gives every figure: {step.labels[needs_most]} needs a sum of at least {least}, "
        f"{step.labels[needs_least]} one of at most {most}"
    )


def _told_apart(one: Decimal, other: Decimal) -> tuple[str, str]:
    """Two numbers with as many figures as it takes to see that they differ."""
    for figures in range(3, _MOST_FIGURES):
        texts = Rounding(significant=figures).texts([one, other])
        if texts[0] != texts[1]:
            break
    return texts[0], texts[1]


def _range(exponential: Decimal, figure: Figure) -> tuple[Decimal, Decimal]:
    """The sums by which `exponential` may have been divided to give the figure."""
    assert figure.value is not None
    high, low = figure.value + _half(figure), figure.value - _half(figure)
    return (
        DIGITS.divide(exponential, high) if high > 0 else Decimal("Infinity"),
        DIGITS.divide(exponential, low) if low > 0 else Decimal("Infinity"),
    )


def _half(figure: Figure) -> Decimal:
    return Decimal(5).scaleb(-figure.places - 1)
