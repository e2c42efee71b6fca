"""Values as they are typed for an input, and examples in files."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import numpy as np
import pytest

from nnlec import NnlecError
from nnlec.errors import NnlecWarning
from nnlec.models import parse_values
from nnlec.models.example_files import is_example_file, read_example
from tests.test_archives import numbers


@pytest.mark.parametrize("text", ["a.npy", "a.PNG", "x/a.jpeg", "a.jpg", "a.bmp"])
def test_an_input_that_names_a_file(text: str) -> None:
    assert is_example_file(text)
    assert not is_example_file(text + "1")
    assert not is_example_file("1.5,2.5")


@pytest.mark.parametrize(
    ("given", "shape", "said"),
    [
        ((2, 3), (2, 3), ""),
        ((6,), (2, 3), ""),
        ((1, 2, 3), (2, 3), ""),
        ((2, 3), (1, 1, 2, 3), ""),
        ((1, 1), (1,), ""),
        ((), (1,), ""),
        ((3, 2), (2, 3), "3 x 2, expected 2 x 3"),
        ((2, 3, 1), (2, 3), "2 x 3 x 1, expected 2 x 3"),
        ((7,), (2, 3), "7, expected 2 x 3"),
        ((), (2,), "a single number, expected 2"),
        (
            (3, 4, 2),
            (2, 3, 4),
            "3 x 4 x 2, expected 2 x 3 x 4 (channels last: np.moveaxis(array, -1, 0) puts them first)",
        ),
        ((4, 3, 2), (2, 3, 4), "4 x 3 x 2, expected 2 x 3 x 4"),
        ((3, 4), (4, 3), "3 x 4, expected 4 x 3"),
        ((3, 4, 5, 2), (2, 3, 4, 5), "3 x 4 x 5 x 2, expected 2 x 3 x 4 x 5"),
    ],
)
def test_an_example_has_the_shape_of_the_input(
    given: tuple[int, ...], shape: tuple[int, ...], said: str, tmp_path: Path
) -> None:
    path = tmp_path / "x.npy"
    array = np.array(np.arange(np.prod(given), dtype=np.uint8).reshape(given), order="F")
    path.write_bytes(numbers(array))
    if said:
        with pytest.raises(NnlecError) as caught:
            read_example(str(path), shape)
        assert str(caught.value) == f"{path}: {said}"
    else:
        assert read_example(str(path), shape) == tuple(range(array.size))


def test_an_example_is_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.npy")
    with pytest.raises(NnlecError, match=r"x\.npy: not a regular file"):
        read_example(str(tmp_path / "x.npy"), (1,))
    with pytest.raises(NnlecError, match=r"y\.npy: No such file or directory"):
        read_example(str(tmp_path / "y.npy"), (1,))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("1/3", 1 / 3),
        (" -1.5 / .5 ", -3.0),
        ("20%", 0.2),
        (" -2.5 % ", -0.025),
        ("\u22122", -2.0),
        ("1e2", 100.0),
        ("123456789012345", 123456789012345.0),
        ("0.10000000000000000", 0.1),
    ],
)
def test_a_number_is_typed_in_many_ways(text: str, read: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (found,) = parse_values(f"{text},0").numbers[:1]
    assert float(found) == read


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,1/0", "value 2: '1/0' is a division by 0"),
        ("1\t2", "a tab between the values (separate the numbers by commas)"),
        ("[1,2)", "brackets around the values are not numbers (leave them out: 1,2)"),
        ("(1 2]", "brackets around the values are not numbers (leave them out: 1 2)"),
        ("[1,2", "value 1: '[1' is not a number"),
        ("1,2]", "value 2: '2]' is not a number"),
        ("1\r2", "a line break among the values (one row of numbers, separated by commas)"),
        ("a=1;b=2", "';' between the values (separate the numbers by commas)"),
        ("=1,b=2", "value 1: it has no name, but others have one (name all values or none: dog=-0.2)"),
        ("a=1,2", "value 2: it has no name, but others have one (name all values or none: dog=-0.2)"),
        ("a\x07=1", r"value 1: the name 'a\x07' holds control characters"),
        (",", "no values (give numbers separated by commas: 1,2.8,-3.1)"),
    ],
)
def test_values_that_are_none(text: str, said: str) -> None:
    with pytest.raises(NnlecError) as caught:
        parse_values(text)
    assert str(caught.value) == said


def test_values_with_tabs_and_semicolons_among_commas() -> None:
    assert parse_values("\t1,\t2\t").numbers == (1.0, 2.0)
    assert parse_values("\t5\t").numbers == (5.0,)
    assert parse_values("a b=1,c;d=2").names == ("a b", "c;d")
    assert parse_values("a=1/4,b=50%") == ((0.25, 0.5), ("a", "b"))


def test_a_number_of_too_many_digits_is_noted() -> None:
    with pytest.warns(NnlecWarning) as caught:
        parse_values("1,2,0.12345678901234567891")
    (warned,) = caught
    assert str(warned.message) == ("value 3 is read as 0.12345678901234568: a number has at most 15 to 17 digits")
    assert (warned.message.kind, warned.filename) == ("digits", __file__)  # type: ignore[union-attr]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parse_values("1234567890.123450,0.1234567890123,1/3,33.3333333333333333%")
