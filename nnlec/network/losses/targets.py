"""The target g of a loss, from a class name, a class index, several labels or numbers."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Literal

from nnlec.errors import NnlecError, NnlecWarning, shortened, unknown
from nnlec.text import counted

TargetKind = Literal["distribution", "each", "real", "sign"]
"""What a loss compares with: a distribution over classes, a probability or a sign for each output, true values."""


def class_index(label: str, classes: Sequence[str]) -> int:
    """The index of `label` in `classes`: the exact name first, then ignoring case, then a 0-based index.

    A whole number may be written as `1.0` or `1e0`, and 1 and 0 of two classes as True and False. No label is an
    index where a class is named by a whole number. Raises `NnlecError` with the list of classes when the label is
    none of them.

    >>> class_index("Cat", ["dog", "cat"]), class_index("0", ["dog", "cat"]), class_index("1", ["7", "1"])
    (1, 0, 1)
    >>> class_index("1.0", ["dog", "cat"]), class_index("7.0", ["7", "1"]), class_index("True", ["no", "yes"])
    (1, 0, 1)
    """
    named = named_class(label, classes)
    if named is not None:
        return named
    index = _whole_number(label)
    if index is None and len(classes) == 2:
        index = {"false": 0, "true": 1}.get(label.strip().casefold())
    if index is None or any(_whole_number(name) is not None for name in classes):
        raise unknown("label", label, classes)
    if not 0 <= index < len(classes):
        counted = " (labels counted from 1? name the classes 1, 2, ...)" if index == len(classes) else ""
        raise NnlecError(
            f"label index {index} is out of range, expected 0 to {len(classes) - 1} or one of "
            + ", ".join(shortened(name) for name in classes[:40])
            + counted
        )
    return index


def named_class(label: str, classes: Sequence[str]) -> int | None:
    """The index of the class that `label` is the name of, ignoring case and how a whole number is written; or None.

    >>> named_class("Cat", ["dog", "cat"]), named_class("1", ["dog", "cat"]), named_class("7.0", ["7", "1"])
    (1, None, 0)
    """
    if label in classes:
        return classes.index(label)
    folded = [i for i, name in enumerate(classes) if name.casefold() == label.strip().casefold()]
    if len(folded) == 1:
        return folded[0]
    index = _whole_number(label)
    numbered = [i for i, name in enumerate(classes) if index is not None and _whole_number(name) == index]
    return numbered[0] if len(numbered) == 1 else None


def _whole_number(text: str) -> int | None:
    """The whole number that a text writes, as 7, 7.0 or 7e0; None for anything else.

    >>> _whole_number("7"), _whole_number("7.000e+00"), _whole_number("7.5"), _whole_number("nan")
    (7, 7, None, None)
    """
    if not text.isascii() or "_" in text or len(text) > 32:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if abs(number) < 1e9 and number == int(number) else None


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
        raise NnlecError(f"{counted(len(labels), 'label')}, expected one")
    chosen = [one_hot(class_index(label, classes), size) for label in labels]
    target = tuple(max(column) for column in zip(*chosen, strict=True))
    return tuple(2 * g - 1 for g in target) if kind == "sign" else target


def checked_target(target: Sequence[float], size: int, kind: TargetKind) -> tuple[float, ...]:
    """`target` as given, once it can be one of its kind for `size` outputs.

    Raises `NnlecError` where it is of another length or holds what cannot be; warns where a distribution does not
    sum to 1.
    """
    if len(target) != size:
        raise NnlecError(f"{counted(len(target), 'target value')}, expected {size}: one for each prediction")
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
