"""NumPy's files as tables, in and out: the same rows and the same bits as the CSV of the same numbers."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tests.conftest import examples
from tests.transcripts import run, workplace

quiet = examples(30, suppress_health_check=[HealthCheck.function_scoped_fixture])
NETWORK = "layers: [{weights: [[1, 2], [-3, 4], [5, 0.1]], bias: [0.5, -0.5], activation: tanh}]\n"
DTYPES = st.sampled_from(["<f8", ">f8", "<f4", "<f2", "i1", "u1", "<i4", ">u2", "?"])


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder with a network of three inputs and two outputs."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text(NETWORK)
    return tmp_path


def as_csv(table: Any) -> bytes:
    return "".join(",".join(map(repr, row)) + "\n" for row in np.asarray(table, np.float64).tolist()).encode()


def forward(words: str) -> str:
    ran = run(f"nnlec forward net.yaml {words}")
    assert (ran.code, ran.stderr) == (0, "")
    return ran.stdout


@quiet
@pytest.mark.usefixtures("place")
@given(st.data())
def test_an_array_gives_what_its_csv_gives(data: st.DataObject) -> None:
    shape = data.draw(st.sampled_from([(3,), (1, 3), (3, 1)]))
    rows = data.draw(st.integers(1, 9))
    dtype = np.dtype(data.draw(DTYPES))
    finite = arrays.from_dtype(dtype, allow_nan=False, allow_infinity=False)
    values = data.draw(arrays.arrays(dtype, (rows, *shape), elements=finite))
    stored = np.asfortranarray(values) if data.draw(st.booleans()) else values
    np.save("x.npy", stored)
    np.savez_compressed("x.npz", values)
    Path("x.csv").write_bytes(as_csv(values.reshape(rows, 3)))
    expected = forward("x.csv --no-header")
    assert forward("x.npy") == expected
    assert forward("x.npz") == expected
    assert forward("x.npy --engine stream") == forward("x.npy --engine polars") == expected
    forward("x.npy -o y.npy")
    written = np.load("y.npy")
    assert as_csv(written).decode().splitlines() == expected.splitlines()[1:]
    assert written.dtype == np.float64


def test_arrays_side_by_side_are_groups_of_columns(place: Path) -> None:
    x, label = np.arange(12.0).reshape(4, 3), np.array([3, 1, 4, 1])
    np.savez("t.npz", x=x, label=label)
    (place / "net.yaml").write_text("inputs: [x1, x2, x3]\n" + NETWORK)
    assert forward("t.npz").splitlines()[0] == "label,y1,y2"
    assert [line.split(",")[0] for line in forward("t.npz").splitlines()[1:]] == ["3", "1", "4", "1"]
    forward("t.npz -o y.npz")
    written = np.load("y.npz")
    assert written["label"].dtype == label.dtype
    assert np.array_equal(written["label"], label)
    assert written["outputs"].shape == (4, 2)
    forward("t.npz -o y.npy")
    assert np.array_equal(np.load("y.npy")[:, 0], label)
    assert forward("t.npz -f jsonl").startswith('{"label": 3, "y1": ')


@pytest.mark.usefixtures("place")
def test_whole_numbers_beside_scores_are_not_taken_for_scores_in_silence() -> None:
    np.savez("t.npz", scores=np.array([[0.5, -1.5], [2.5, 0.5]]), label=np.array([1, 0]))
    ran = run("nnlec softmax t.npz")
    assert (ran.code, ran.stdout) == (2, "")
    assert "column 'label' holds whole numbers and column 'scores1' fractions: which are scores?" in ran.stderr


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
@pytest.mark.usefixtures("place")
def test_every_version_of_the_format_is_read(version: tuple[int, int]) -> None:
    values = np.array([[1.0, 2.0, 3.0], [-4.0, 0.5, 6.0]])
    np.save("old.npy", values)
    with open("x.npy", "wb") as file:
        np.lib.format.write_array(file, values, version)
    assert forward("x.npy") == forward("old.npy")


def test_a_float32_network_writes_float32(place: Path) -> None:
    (place / "net.yaml").write_text("dtype: float32\n" + NETWORK)
    np.save("x.npy", np.random.default_rng(2).normal(size=(5, 3)))
    forward("x.npy -o y.npy")
    written = np.load("y.npy")
    assert written.dtype == np.float32
    assert as_csv(written).decode().splitlines() == forward("x.npy").splitlines()[1:]


@pytest.mark.usefixtures("place")
def test_an_array_of_many_blocks_is_read_whole() -> None:
    values = np.random.default_rng(4).normal(size=(400_000, 3)).astype(np.float32)
    np.save("x.npy", values)
    np.savez("x.npz", values)
    forward("x.npy -o y.npy")
    forward("x.npz -o z.npy")
    expected = np.tanh(values.astype(float) @ [[1, 2], [-3, 4], [5, 0.1]] + [0.5, -0.5])
    assert np.allclose(np.load("y.npy"), expected, rtol=1e-12, atol=1e-15)
    assert np.array_equal(np.load("y.npy"), np.load("z.npy"))
    assert forward("x.npy").count("\n") == 400_001


def test_labels_in_an_array_are_evaluated(place: Path) -> None:
    (place / "net.yaml").write_text(NETWORK.replace("tanh", "softmax") + "classes: [no, yes]\n")
    x = np.random.default_rng(5).normal(size=(20, 3))
    np.savez("t.npz", x=x, label=(x[:, 0] > 0).astype(np.int64))
    Path("t.csv").write_bytes(b"x1,x2,x3,label\n" + b"".join(
        as_csv([row])[:-1] + b",%d\n" % (row[0] > 0) for row in x
    ))  # fmt: skip
    words = "--target-column label -f json"
    assert run(f"nnlec evaluate net.yaml t.npz {words}") == run(f"nnlec evaluate net.yaml t.csv {words}")


class Explosive:
    def __reduce__(self) -> Any:
        return open, ("exploded", "w")


REFUSED: dict[str, tuple[Any, str]] = {
    "objects": (np.array([[1, Explosive(), 2]], object), "Python objects"),
    "text": (np.array([["a", "b", "c"]]), "the array holds <U1, expected real numbers"),
    "complex": (np.zeros((2, 3), complex), "the array holds complex128, expected real numbers"),
    "record": (np.zeros(3, "f8,i4"), "expected real numbers"),
    "number": (np.float64(3), "the array is a single number, expected rows"),
    "no columns": (np.zeros((3, 0)), "a row has 0 numbers"),
    "wide": (np.zeros((1, 2_000_000)), "a row has 2,000,000 numbers, expected 1 to 1,000,000"),
    "four": (np.zeros((2, 4)), "the table has 4 columns, the network takes 3"),
    "nan": (np.array([[1, 2, 3], [1, np.nan, 3]]), "x.npy: row 2: column 2: nan is not a finite number"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_table_of_numbers_is_refused(place: Path, name: str) -> None:
    array, problem = REFUSED[name]
    np.save("x.npy", array, allow_pickle=True)
    ran = run("nnlec forward net.yaml x.npy -o out.csv")
    assert (ran.code, ran.stderr.count("\n")) == (2, 1)
    assert problem in ran.stderr
    assert sorted(path.name for path in place.iterdir()) == ["net.yaml", "x.npy"]


@quiet
@given(st.binary(min_size=1, max_size=6), st.integers(0, 400), st.booleans(), st.sampled_from(["npy", "npz"]))
def test_no_damage_is_more_than_one_line(place: Path, piece: bytes, at: int, cut: bool, form: str) -> None:
    out = io.BytesIO()
    np.save(out, np.arange(12.0).reshape(4, 3)) if form == "npy" else np.savez(out, np.arange(12.0).reshape(4, 3))
    data = out.getvalue()
    at %= len(data)
    (place / f"x.{form}").write_bytes(data[:at] if cut else data[:at] + piece + data[at + len(piece) :])
    ran = run(f"nnlec forward net.yaml x.{form}")
    assert ran.code == 0 or (ran.code == 2 and ran.stderr.startswith("Error: ") and ran.stderr.count("\n") == 1)


def test_claims_of_an_array_are_not_believed(place: Path) -> None:
    head = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 3), }".ljust(117) + b"\n"
    (place / "x.npy").write_bytes(b"\x93NUMPY\x01\x00v\x00" + head)
    with zipfile.ZipFile("x.npz", "w") as archive:
        archive.write("x.npy", "x.npy")
    for form, problem in (("npy", "mmap length is greater than file size"), ("npz", "it ends early")):
        ran = run(f"nnlec forward net.yaml x.{form}")
        assert ran.code == 2
        assert problem in ran.stderr


@pytest.mark.usefixtures("place")
def test_arrays_come_through_a_pipe_and_go_into_one() -> None:
    np.save("x.npy", np.arange(6.0).reshape(2, 3))
    ran = run("cat x.npy | nnlec forward net.yaml --from npy -f npy | nnlec softmax --from npy -f npz > y.npz")
    assert (ran.code, ran.stderr) == (0, "")
    assert {name: array.shape for name, array in np.load("y.npz").items()} == {
        "y1": (2,),
        "y2": (2,),
        "outputs": (2, 2),
    }


def test_text_is_not_written_into_an_array() -> None:
    with workplace():
        for words, problem in (
            ("configs/rain.yaml configs/rain.csv -o y.npy", "column 'day': 'Mon' is not a number"),
            ("configs/rain.yaml configs/rain.csv --drop day,rain --predict -o y.npz", "'prediction' is text"),
        ):
            ran = run(f"nnlec forward {words}")
            assert ran.code == 2
            assert problem in ran.stderr
            assert not list(Path().glob("y.*"))


@pytest.mark.parametrize("form", ["csv", "npz", "parquet"])
def test_a_table_without_rows_is_an_array_without_rows(place: Path, form: str) -> None:
    pl = pytest.importorskip("polars", reason="polars is not installed")
    np.savez("t.npz", a=np.empty(0), b=np.empty(0), c=np.empty(0), id=np.empty(0))
    pl.DataFrame(dict.fromkeys(["a", "b", "c", "id"], np.empty(0))).write_parquet("t.parquet")
    (place / "t.csv").write_text("a,b,c,id\n")
    columns = f"t.{form} --columns a,b,c"
    kept = dict.fromkeys(["a", "b", "c", "id"], (0,))
    for words, expected in (
        (f"forward net.yaml {columns}", {"id": (0,), "outputs": (0, 2)}),
        (f"forward net.yaml {columns} --keep --exact", {**kept, "outputs": (0, 2)}),
        (f"softmax {columns} --drop id", {"a": (0,), "b": (0,), "c": (0,), "outputs": (0, 3)}),
        (f"loss {columns} --drop a,b,c --given logits --label 1 --per-row", {"id": (0,), "loss": (0, 1)}),
    ):
        for name in ("out.npy", "out.npz"):
            ran = run(f"nnlec {words} -o {name}")
            assert (ran.code, ran.stderr) == (0, "")
        assert {key: array.shape for key, array in np.load("out.npz").items()} == expected
        whole = np.load("out.npy")
        assert (whole.shape, whole.dtype) == ((0, sum(shape[-1] or 1 for shape in expected.values())), np.float64)
