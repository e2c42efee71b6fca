"""From what a person calls the right answer - a class name, an index, a distribution - to the target g."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from nnlec.errors import NnlecError, NnlecWarning, shortened, unknown


def class_index(label: str, classes: Sequence[str]) -> int:
    """Where `label` stands among `classes`: the exact name first, then ignoring case, then a 0-based index.

    Raises `NnlecError` with the list of classes when it is none of them.

    >>> class_index("Cat", ["dog", "cat"]), class_index("0", ["dog", "cat"]), class_index("1", ["7", "1"])
    (1, 0, 1)
    """
    if label in classes:
        return classes.index(label)
    folded = [i for i, name in enumerate(classes) if name.casefold() == label.strip().casefold()]
    if len(folded) == 1:
        return folded[0]
    if label.isascii() and label.isdigit() and len(label) < 10:
        if int(label) < len(classes):
            return int(label)
        raise NnlecError(
            f"label index {int(label)} is out of range, expected 0 to {len(classes) - 1} or one of "
            + ", ".join(shortened(name) for name in classes[:40])
        )
    raise unknown("label", label, classes)


def one_hot(index: int, size: int) -> tuple[float, ...]:
    """The target that gives all its mass to one class.

    >>> one_hot(1, 3)
    (0.0, 1.0, 0.0)
    """
    return tuple(1.0 if i == index else 0.0 for i in range(size))


def checked_distribution(target: Sequence[float], size: int) -> tuple[float, ...]:
    """`target` as given, once it can be a distribution over `size` classes.

    Raises `NnlecError` where it is of another length, negative or all zero; warns where it does not sum to 1.
    """
    if len(target) != size:
        raise NnlecError(f"{len(target)} target values, expected {size}: one for each class")
    if any(g < 0 for g in target):
        raise NnlecError(f"target value {min(target):g} is negative, expected probabilities")
    total = sum(target)
    if total == 0:
        raise NnlecError("the target is all zeros, expected a distribution that sums to 1")
    if abs(total - 1) > 1e-9:
        warnings.warn(NnlecWarning(f"the target sums to {total:.10g}, not to 1"), stacklevel=2)
    return tuple(target)
