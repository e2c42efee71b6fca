"""The target g of a loss, from a class name, a class index, several labels or numbers."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Literal

from nnlec.errors import NnlecError, NnlecWarning, shortened, unknown

TargetKind = Literal["distribution", "each", "real", "sign"]
"""What a loss compares with: a distribution over classes, a probability or a sign for each output, true values."""


def class_index(label: str, classes: Sequence[str]) -> int:
    """Where `label` stands among `classes`: the exact name first, then ignoring case, then a 0-based index.

    No label is an index where a class is named by a whole number. Raises `NnlecError` with the list of classes when
    the label is none of them.

    >>> class_index("Cat", ["dog", "cat"]), class_index("0", ["dog", "cat"]), class_index("1", ["7", "1"])
    (1, 0, 1)
    """
    if label in classes:
        return classes.index(label)
    folded = [i for i, name in enumerate(classes) if name.casefold() == label.strip().casefold()]
    if len(folded) == 1:
        return folded[0]
    if label.isascii() and label.isdigit() and len(label) < 10 and not any(map(_is_whole_number, classes)):
        if int(label) < len(classes):
            return int(label)
        raise NnlecError(
            f"label index {int(label)} is out of range, expected 0 to {len(classes) - 1} or one of "
            + ", ".join(shortened(name) for name in classes[:40])
        )
    raise unknown("label", label, classes)


def _is_whole_number(name: str) -> bool:
    return name.isascii() and name.strip().lstrip("+-").isdigit()


def one_hot(index: int, size: int) -> tuple[float, ...]:
    """The target that gives all its mass to one class; for one output and its two classes, 0 or 1.

    >>> one_hot(1, 3), one_hot(1, 1)
    ((0.0, 1.0, 0.0), (1.0,))
    """
    return (float(index),) if size == 1 else tuple(float(i == index) for i in range(size))


def target_of_labels(labels: Sequence[str], classes: Sequence[str], size: int, kind: TargetKind) -> tuple[float, ...]:
    """g for the right class, or for the several right ones of a multi-label target.

    Raises `NnlecError` for a label that is no class, and where the kind of target has no classes.

    >>> target_of_labels(["cat"], ["dog", "cat"], 2, "distribution")
    (0.0, 1.0)
    """
    if kind == "real":
        raise NnlecError("this loss compares numbers, not classes", hint="give --target VALUES")
    if len(labels) > 1 and (kind == "distribution" or size == 1):
        raise NnlecError(f"{len(labels)} labels, expected one")
    chosen = [one_hot(class_index(label, classes), size) for label in labels]
    target = tuple(max(column) for column in zip(*chosen, strict=True))
    return tuple(2 * g - 1 for g in target) if kind == "sign" else target


def checked_target(target: Sequence[float], size: int, kind: TargetKind) -> tuple[float, ...]:
    """`target` as given, once it can be one of its kind for `size` outputs.

    Raises `NnlecError` where it is of another length or holds what cannot be; warns where a distribution does not
    sum to 1.
    """
    if len(target) != size:
        raise NnlecError(f"{len(target)} target values, expected {size}: one for each prediction")
    allowed, expected = _ALLOWED[kind]
    for g in target:
        if not allowed(g):
            raise NnlecError(f"target value {g:g} cannot be, expected {expected}")
    if kind == "distribution":
        total = math.fsum(target)
        if total == 0:
            raise NnlecError("the target is all zeros, expected a distribution that sums to 1")
        if abs(total - 1) > 1e-9:
            warnings.warn(NnlecWarning(f"the target sums to {total:.10g}, not to 1"), stacklevel=2)
    return tuple(target)


_ALLOWED: dict[TargetKind, tuple[Callable[[float], bool], str]] = {
    "distribution": (lambda g: g >= 0, "probabilities, which are not negative"),
    "each": (lambda g: 0 <= g <= 1, "a probability from 0 to 1 for each output"),
    "sign": (lambda g: g in {-1.0, 1.0}, "-1 or 1 for each output"),
    "real": (math.isfinite, "a number"),
}
