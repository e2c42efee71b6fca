"""The target of a loss: a class by its name or number, several labels, or numbers."""

from __future__ import annotations

import warnings

import pytest

from nnlec.errors import NnlecError, NnlecWarning
from nnlec.network.losses.targets import TargetKind, checked_target, class_index, named_class, target_of_labels

ELEVEN = [f"c{number}" for number in range(11)]


@pytest.mark.parametrize(
    ("label", "classes", "index"),
    [
        ("cat", "dog cat", 1),
        ("CAT", "dog cat", 1),
        ("  Cat ", "dog cat", 1),
        ("Cat", "cat Cat", 1),
        ("0", "dog cat", 0),
        ("1e0", "dog cat", 1),
        (" 1.000 ", "dog cat", 1),
        ("False", "no yes", 0),
        (" TRUE ", "no yes", 1),
        ("true", "true false", 0),
        ("7.0", "7 1", 0),
        ("1", "7 1", 1),
        ("1.0", "1 1.0", 1),
    ],
)
def test_a_label_is_a_name_or_else_a_number(label: str, classes: str, index: int) -> None:
    assert class_index(label, classes.split()) == index


@pytest.mark.parametrize(
    ("label", "classes", "said"),
    [
        ("CAT", "cat Cat", "unknown label 'CAT'"),
        ("0", "7 1", "unknown label '0'"),
        ("0", "7 one", "unknown label '0'"),
        ("True", "7 1", "unknown label 'True'"),
        ("true", "a b c", "unknown label 'true'"),
        ("1e0", "1 1.0", "unknown label '1e0'"),
        ("0.5", "dog cat", "unknown label '0.5'"),
        ("1_0", " ".join(ELEVEN), "unknown label '1_0'"),
        ("nan", "dog cat", "unknown label 'nan'"),
        ("2", "dog cat", "label index 2 is out of range, expected 0 to 1 or one of dog, cat (labels counted from 1?"),
        ("3", "dog cat", "label index 3 is out of range, expected 0 to 1 or one of dog, cat"),
        ("-1", "dog cat", "label index -1 is out of range, expected 0 to 1"),
        ("999999999", "dog cat", "label index 999999999 is out of range"),
    ],
)
def test_a_label_that_is_no_class_is_said(label: str, classes: str, said: str) -> None:
    with pytest.raises(NnlecError) as error:
        class_index(label, classes.split())
    assert str(error.value).startswith(said)
    assert ("counted from 1" in str(error.value)) is (label == "2")


def test_a_number_alone_names_no_class() -> None:
    assert named_class("1", ["dog", "cat"]) is None
    assert named_class("2e0", ["1", "2"]) == 1


@pytest.mark.parametrize(
    ("labels", "classes", "size", "kind", "target"),
    [
        ("cat", "dog cat", 2, "distribution", (0.0, 1.0)),
        ("no", "no yes", 1, "each", (0.0,)),
        ("yes", "no yes", 1, "each", (1.0,)),
        ("no", "no yes", 1, "sign", (-1.0,)),
        ("b", "a b c", 3, "sign", (-1.0, 1.0, -1.0)),
        ("c a", "a b c", 3, "each", (1.0, 0.0, 1.0)),
        ("c a", "a b c", 3, "sign", (1.0, -1.0, 1.0)),
        ("c a", "a b c", 3, "distribution", "2 labels, expected one"),
        ("no yes", "no yes", 1, "each", "2 labels, expected one"),
        ("a", "a b", 2, "real", "this loss compares numbers, not classes"),
    ],
)
def test_the_target_of_labels(
    labels: str, classes: str, size: int, kind: TargetKind, target: tuple[float, ...] | str
) -> None:
    if isinstance(target, tuple):
        assert target_of_labels(labels.split(), classes.split(), size, kind) == target
    else:
        with pytest.raises(NnlecError, match=target):
            target_of_labels(labels.split(), classes.split(), size, kind)


@pytest.mark.parametrize(
    ("kind", "target", "said"),
    [
        ("distribution", (0.25, 0.75), ""),
        ("distribution", (0.5, 0.5 + 0.9e-9), ""),
        ("distribution", (0.5, 0.5 + 1.1e-9), "the target sums to 1.000000001, not to 1"),
        ("distribution", (0.5, 0.4), "the target sums to 0.9, not to 1"),
        ("distribution", (0.0, 0.0), "the target is all zeros, expected a distribution that sums to 1"),
        ("distribution", (1.5, -0.5), "target value -0.5 cannot be, expected probabilities, which are not negative"),
        ("distribution", (float("nan"), 1.0), "target value nan cannot be"),
        ("distribution", (1.0,), "1 target value, expected 2: one for each prediction"),
        ("distribution", (0.5, 0.25, 0.25), "3 target values, expected 2: one for each prediction"),
        ("each", (0.0, 1.0), ""),
        ("each", (0.0, 0.0), ""),
        ("each", (-0.1, 1.0), "target value -0.1 cannot be, expected a probability from 0 to 1 for each output"),
        ("each", (0.5, 1.1), "target value 1.1 cannot be, expected a probability from 0 to 1 for each output"),
        ("sign", (-1.0, 1.0), ""),
        ("sign", (0.0, 1.0), "target value 0 cannot be, expected -1 or 1 for each output"),
        ("sign", (2.0, 1.0), "target value 2 cannot be, expected -1 or 1 for each output"),
        ("real", (-1e300, 0.0), ""),
        ("real", (float("inf"), 0.0), "target value inf cannot be, expected a number"),
    ],
)
def test_the_numbers_of_a_target(kind: TargetKind, target: tuple[float, ...], said: str) -> None:
    with warnings.catch_warnings(record=True, action="always", category=NnlecWarning) as warned:
        try:
            assert checked_target(list(target), 2, kind) == target
            shown = "".join(str(each.message) for each in warned)
        except NnlecError as error:
            shown = str(error)
    assert shown[: len(said) or None] == said
