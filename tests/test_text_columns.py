"""A column of labels says in every row what the row's cell says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nnlec.tables.text_column import TextColumn


@given(st.lists(st.sampled_from(["cat", "dog", "", "c", "\u00e9"]) | st.text(max_size=40)))
def test_a_column_spells_out_its_cells(cells: list[str]) -> None:
    column = TextColumn.of(cells)
    assert [column.values[code] for code in column.codes] == cells
    assert len(set(column.values)) == len(column.values)
    assert set(column.values) == set(cells)
