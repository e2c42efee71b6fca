"""A column of labels, read at once, says in every row what its line says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nnlec.tables import categories
from nnlec.tables.categories import Categories

CELLS = st.text(st.characters(exclude_characters="\n\0", exclude_categories=["Cs"]), max_size=40)


def spelt_out(found: Categories) -> list[str]:
    return [found.names[code] for code in found.codes]


@given(st.lists(st.sampled_from(["cat", "dog", "", "c", "versicolor", "versicolour", "é", "a" * 32, "a" * 33]) | CELLS))
@example(["abcdefgh", "abcdefghi", "abcdefg", "abcdefgh"])
@example(["x" * 8 + "1", "y" * 8 + "1", "x" * 8 + "2", "x" * 8 + "1"])
def test_lines_and_cells_have_the_same_categories(cells: list[str]) -> None:
    lines = "".join(f"{cell}\n" for cell in cells).encode()
    for found in (Categories.of_lines(lines), Categories.of(cells)):
        assert spelt_out(found) == cells
        assert len(set(found.names)) == len(found.names)
        assert set(found.names) == set(cells)


@pytest.mark.parametrize("different", [1, 10, 3_000, 100_000])
def test_any_number_of_categories(different: int) -> None:
    cells = [f"label {number}" for number in np.random.default_rng(0).integers(0, different, 50_000)]
    found = Categories.of_lines(("\n".join(cells) + "\n").encode())
    assert spelt_out(found) == cells
    assert len(found.names) == len(set(cells))


def test_hashes_that_agree_decide_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(categories, "_HASHES", ((0, 12),))
    assert spelt_out(Categories.of_lines(b"cat\ndog\ncat\n")) == ["cat", "dog", "cat"]
