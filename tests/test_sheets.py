"""Tables as others write them: columns aligned with blanks, and numbers with decimal commas."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st

from nnlec.tables.engines import engine
from tests.conftest import examples
from tests.test_engines import GOOD, NAMES, ODD, ONE_BY_ONE, TEXT, run

quiet = examples(40, suppress_health_check=[HealthCheck.function_scoped_fixture])
FINITE = st.floats(-1e300, 1e300)
RUN = st.sampled_from([" ", "  ", "\t", "\t\t", "   \t "])
AROUND = st.sampled_from(["", "", " ", "\t", "    "])


@st.composite
def aligned(draw: st.DrawFn) -> bytes:
    """A table with blanks between the cells, and perhaps a row that is none."""
    number = GOOD | ODD if draw(st.booleans()) else GOOD
    lines = []
    for row in [("a", "t", "b"), *draw(st.lists(st.tuples(number, TEXT, number), max_size=8))]:
        lines.append(draw(AROUND) + draw(RUN).join(row) + draw(AROUND))
    return draw(st.sampled_from(["\n", "\r\n"])).join(lines).encode()


@quiet
@given(aligned(), st.integers(20, 200), st.sampled_from(["stop", "skip"]))
@example(b'a t b\n1  "x  ""y"""\t2\n  3 z 4  ', 200, "stop")
@example(b"a t b\n1 x 2\n \n\n", 20, "stop")
def test_engines_read_aligned_columns_alike(tmp_path: Path, data: bytes, block: int, on_bad: str) -> None:
    how = {"on_bad": on_bad, "delimiter": "blank"}
    whole = run(ONE_BY_ONE, data, tmp_path, **how)
    for name in NAMES:
        assert run(engine(name), data, tmp_path, **how, block=block) == whole
        assert run(engine(name), data, tmp_path, **how) == whole


@quiet
@given(st.lists(st.tuples(FINITE, FINITE), min_size=1, max_size=30), RUN, AROUND, AROUND)
def test_aligned_numbers_are_those_that_numpy_reads(
    tmp_path: Path, rows: list[tuple[float, float]], between: str, before: str, behind: str
) -> None:
    lines = [before + between.join(map(repr, row)) + behind for row in rows]
    expected = np.loadtxt(io.StringIO("\n".join(lines)), ndmin=2)
    for name in NAMES:
        data = "\n".join(["a b", *lines]).encode()
        out, error, _ = run(engine(name), data, tmp_path, delimiter="blank")
        assert error == ""
        sums = [float(line.split(",")[0]) for line in out.decode().split("\n")[1:-1]]
        assert sums == [float(a + b) for a, b in expected]


def test_what_numpy_savetxt_writes_is_read(tmp_path: Path) -> None:
    rows = np.random.default_rng(3).normal(size=(50, 2)) * 10.0 ** np.arange(-4, 6, 5)
    text = io.StringIO()
    np.savetxt(text, rows, header="a b", comments="")
    for name in NAMES:
        out, error, _ = run(engine(name), text.getvalue().encode(), tmp_path, delimiter="blank")
        assert error == ""
        assert np.array_equal(np.loadtxt(io.BytesIO(out), delimiter=",", skiprows=1)[:, 0], rows.sum(axis=1))


WORDS = st.sampled_from(["x", "", "a,b", "1.2.2024", '"a;b"', "18.00.00"])


@st.composite
def with_commas(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A table of decimal commas between semicolons, and the same with points between tabs."""
    number = (GOOD | ODD).filter(lambda cell: not set(cell) & set(',;"\n\t\r.\x00')) | GOOD
    rows = draw(st.lists(st.tuples(number, WORDS, number), max_size=8))
    theirs = ["a;t;b", *(f"{a.replace('.', ',')};{t};{b.replace('.', ',')}" for a, t, b in rows)]
    ours = ["a\tt\tb", *(f"{a}\t{t}\t{b}" for a, t, b in rows)]
    end = draw(st.sampled_from(["\n", "\r\n"]))
    return end.join(theirs).encode(), end.join(ours).encode()


@quiet
@given(with_commas(), st.integers(20, 200))
@example((b"a;t;b\n1,5;x;2\n;;\n", b"a\tt\tb\n1.5\tx\t2\n\t\t\n"), 20)
def test_a_decimal_comma_is_read_as_a_point(tmp_path: Path, tables: tuple[bytes, bytes], block: int) -> None:
    expected = run(ONE_BY_ONE, tables[1], tmp_path, delimiter="\t", on_bad="skip")
    for made in [ONE_BY_ONE, *map(engine, NAMES)]:
        for size in (block, 0):
            got = run(made, tables[0], tmp_path, decimal_comma=True, on_bad="skip", block=size)
            assert got[0] == expected[0]
            assert got[2] == expected[2]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("cell", ["1.5", "1.234,5", "1 234,5", "1\u202f234,5", "1,2,3", ",", "1'234,5"])
def test_no_cell_with_a_decimal_point_or_thousands_is_taken(tmp_path: Path, name: str, cell: str) -> None:
    out, error, _ = run(engine(name), f"a;b\n1,5;2\n{cell};2\n".encode(), tmp_path, decimal_comma=True)
    assert out.count(b"\n") == 2
    assert error.startswith("/t.csv:3: column 'a': ")
    assert "is not a number with a decimal comma" in error
