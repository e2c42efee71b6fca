"""Many files: a folder of results, files in parts, any order of work, and what is left after a failure."""

from __future__ import annotations

import random
import shlex
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from nnlec.cli.many.files import File, Runner, outcomes
from nnlec.cli.many.job import Job, Outcome, Piece, RowsJob, SummaryJob, carried_out
from nnlec.cli.options import OutputOptions
from nnlec.cli.table_options import TableOptions
from nnlec.models import load_network
from nnlec.rendering.records.evaluation import evaluation_record
from nnlec.tables.engines import Progress, Source, engine
from nnlec.tables.evaluate import plan_evaluate
from nnlec.tables.forward import plan_forward
from nnlec.tables.plan import header_of, summarize
from tests.conftest import examples
from tests.transcripts import run

NETWORK = """
inputs: [a, b]
classes: ["no", "yes"]
layers:
  - weights: [[0.5], [-0.25]]
    activation: sigmoid
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a network and five tables in `data`."""
    (tmp_path / "net.yaml").write_text(NETWORK)
    (tmp_path / "data").mkdir()
    rng = random.Random(1)
    for name in "vwxyz":
        lines = [
            f"{name}{i},{rng.gauss(0, 9):.4g},{rng.gauss(0, 1):.6g},{rng.choice(['no', 'yes'])}" for i in range(60)
        ]
        (tmp_path / "data" / f"{name}.csv").write_text("id,a,b,t\n" + "\n".join(lines) + "\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def results(folder: Path) -> dict[str, bytes]:
    """What stands in the files of a folder that a user sees."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def alone(name: str, *options: str) -> bytes:
    """What `forward` writes for one table."""
    done = run(shlex.join(["nnlec", "forward", "net.yaml", f"data/{name}", *options]))
    assert done.code == 0, done.stderr
    return done.stdout.encode()


def into_folder(*options: str) -> tuple[int, str]:
    """The status of `forward` over the five tables into `out`, and what it says."""
    tables = [f"data/{name}.csv" for name in "vwxyz"]
    done = run(shlex.join(["nnlec", "forward", "net.yaml", *tables, "-o", "out/", *options]))
    assert done.stdout == ""
    return done.code, done.stderr


def test_each_file_gets_the_file_of_results_that_it_would_get_alone(place: Path) -> None:
    assert into_folder("--predict") == (0, "")
    assert results(place / "out") == {f"{name}.csv": alone(f"{name}.csv", "--predict") for name in "vwxyz"}


def test_a_folder_that_is_there_needs_no_slash_and_a_format_renames_the_files(place: Path) -> None:
    (place / "out").mkdir()
    done = run("nnlec forward net.yaml data/v.csv -o out -f jsonl")
    assert (done.code, done.stderr) == (0, "")
    assert results(place / "out") == {"v.jsonl": alone("v.csv", "-f", "jsonl")}


def test_a_file_that_fails_is_one_line_and_the_others_are_there(place: Path) -> None:
    for name in "wy":
        (place / "data" / f"{name}.csv").write_text("id,a,b,t\n1,2,3,no\n2,two,3,no\n")
    (place / "out").mkdir()
    (place / "out" / "y.csv").write_text("the old one\n")
    status, said = into_folder()
    assert status == 2
    assert said == "".join(f"Error: data/{name}.csv:3: column 'a': 'two' is not a number\n" for name in "wy")
    assert results(place / "out").keys() == {"v.csv", "x.csv", "y.csv", "z.csv"}
    assert (place / "out" / "y.csv").read_text() == "the old one\n"


def test_rows_left_out_are_counted_over_all_files_and_again_when_a_run_goes_on(place: Path) -> None:
    (place / "data" / "w.csv").write_text("id,a,b,t\n1,2,3,no\n2,two,3,no\n")
    expected = 1, "Note: 1 of 242 rows were skipped\n"
    assert into_folder("--on-bad", "skip") == expected
    assert into_folder("--on-bad", "skip", "--resume") == expected


def test_resume_works_out_what_is_missing_changed_or_of_another_network(place: Path) -> None:
    def written() -> dict[str, int]:
        return {path.name: path.stat().st_ino for path in (place / "out").glob("*.csv")}

    def changed(before: dict[str, int]) -> set[str]:
        return {name for name, file in written().items() if before.get(name) != file}

    into_folder()
    whole = results(place / "out")
    before = written()
    assert into_folder("--resume") == (0, "")
    assert not changed(before)

    (place / "out" / "v.csv").unlink()
    (place / "out" / "w.csv").write_text("cut of")
    (place / "data" / "x.csv").write_text("id,a,b,t\n1,2,3,no\n")
    manifest = place / "out" / ".nnlec" / "manifest.jsonl"
    *lines, last = manifest.read_text().splitlines()
    manifest.write_text("\n".join([*lines, last[:20]]))  # of z.csv: the power failed
    assert into_folder("--resume") == (0, "")
    assert changed(before) >= {"v.csv", "w.csv", "x.csv", "z.csv"} - before.keys()
    assert {name for name, data in results(place / "out").items() if data != whole[name]} == {"x.csv"}

    before = written()
    assert into_folder("--resume") == (0, "")
    assert not changed(before)
    (place / "net.yaml").write_text(NETWORK.replace("-0.25", "-0.5"))
    assert into_folder("--resume") == (0, "")
    assert all(data != whole[name] for name, data in results(place / "out").items())


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("data/v.csv b/v.csv -o out/", "two files would have their results in out/v.csv: data/v.csv and b/v.csv"),
        ("data/v.csv -o data", "data/v.csv: cannot write: it is read in the same run"),
        ("data/v.csv -o out/ -f html", "--format: results in a folder are not written as html"),
        ("'data/q*.csv' -o out/", "data/q*.csv: no file has such a name"),
        ("- -o out/", "-o: standard input has no name"),
        ("data/v.csv --workers 2", "--workers is for results in a folder (-o FOLDER/), not for one table"),
        ("data/v.csv -o out/ --workers 2 --scheduler tcp://a:1", "give --workers or --scheduler, not both"),
        ("data/v.csv -o out/ --scheduler nowhere", "--scheduler: this is no address"),
    ],
)
def test_a_mistake_is_said_before_anything_is_written(place: Path, line: str, error: str) -> None:
    (place / "b").mkdir()
    (place / "b" / "v.csv").write_text("id,a,b,t\n1,2,3,no\n")
    before = results(place / "data")
    done = run(f"nnlec forward net.yaml {line}")
    assert (done.code, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.removeprefix("Error: ").startswith(error)
    assert results(place / "data") == before
    assert not list(place.glob("out/*.csv"))


def test_without_dask_the_error_says_how_to_get_it(place: Path) -> None:
    import subprocess

    line = [
        "nnlec",
        "forward",
        str(place / "net.yaml"),
        str(place / "data" / "v.csv"),
        "-o",
        f"{place}/out/",
        "--workers",
        "2",
    ]
    program = f"import sys; sys.modules['distributed'] = None; sys.argv = {line}; from nnlec.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == 'Error: --workers: this needs Dask (pip install "nnlec[dask]")\n'
    assert not (place / "out").exists()


def shuffled(job: Job, rng: random.Random) -> Runner:
    """Carries pieces out in any order, some of them twice, as after a worker was lost."""

    def carry_out(queue: deque[Piece]) -> Iterator[tuple[Piece, Outcome]]:
        while queue:
            rng.shuffle(queue)
            piece = queue.popleft()
            if rng.random() < 0.3:
                carried_out(job, piece)
            yield piece, carried_out(job, piece)

    return carry_out


@pytest.mark.parametrize(("seed", "large"), list(enumerate([40, 150, 500, 1300, 3000])))
def test_any_order_and_any_parts_give_the_same_files(place: Path, seed: int, large: int) -> None:
    rng = random.Random(seed)
    network = load_network(place / "net.yaml")
    from functools import partial

    planned = partial(plan_forward, network=network, logits=False, predict=1, columns=(), keep=True)
    job = RowsJob(planned, TableOptions(), OutputOptions(), network.dtype)
    paths = sorted((place / "data").glob("*.csv"))
    found = {}
    for name, size, order in (("whole", 1 << 30, random.Random(0)), ("parts", large, rng)):
        (place / name / ".nnlec").mkdir(parents=True, exist_ok=True)
        files = [File(str(path), path.stat().st_size, str(place / name / path.name), "csv", True) for path in paths]
        done = dict(outcomes(job, files, shuffled(job, order), ahead=order.choice([1, 2, 9]), large=size))
        assert [(done[i].rows, done[i].failure) for i in range(5)] == [(60, "")] * 5
        found[name] = results(place / name)
    assert found["parts"] == found["whole"]


@pytest.mark.parametrize(("seed", "large"), list(enumerate([40, 150, 500, 1300, 3000])))
def test_any_order_and_any_parts_give_the_same_evaluation(place: Path, seed: int, large: int) -> None:
    rng = random.Random(seed)
    from functools import partial

    planned = partial(plan_evaluate, network=load_network(place / "net.yaml"), loss=None, target=["t"], by="t")
    paths = [str(path) for path in sorted((place / "data").glob("*.csv"))]
    whole = summarize(engine("stream"), Source(tuple(paths)), planned, Progress())
    header = header_of(engine("stream"), Source(tuple(paths[:1])), planned)
    job = SummaryJob(planned, TableOptions(), header)
    files = [File(path, Path(path).stat().st_size, separable=True) for path in paths]
    done = dict(outcomes(job, files, shuffled(job, rng), ahead=rng.choice([1, 2, 9]), large=large))
    assert all(not outcome.failure for outcome in done.values())
    merged = done[0].result
    for number in range(1, 5):
        assert merged is not None
        merged = merged.merge(done[number].result)  # type: ignore[arg-type]
    assert evaluation_record(merged, "t") == evaluation_record(whole, "t")  # type: ignore[arg-type]
    assert done[0].seen == {"no", "yes"}


CELLS = st.sampled_from(["1", "-2.5", "3e4", "x", '"4"', '"5\n6"', "", "\u00fc", "1\r"])
TABLES = st.lists(st.lists(CELLS, min_size=1, max_size=3).map(",".join), min_size=0, max_size=12).map("\n".join)


@given(TABLES, st.sampled_from(["\n", "", "\n\n", "\r\n"]), st.sampled_from(["", "\ufeff"]), st.integers(1, 60))
@examples(50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_parts_of_any_text_give_its_rows_or_its_error(
    tmp_path: Path, rows: str, end: str, mark: str, large: int
) -> None:
    path, target = tmp_path / "t.csv", tmp_path / "out" / "t.csv"
    (tmp_path / "out" / ".nnlec").mkdir(parents=True, exist_ok=True)
    path.write_bytes((mark + "a,b\n" + rows + end).encode())
    (tmp_path / "net.yaml").write_text(NETWORK)
    from functools import partial

    network = load_network(tmp_path / "net.yaml")
    planned = partial(plan_forward, network=network, logits=False, predict=0, columns=(), keep=True)
    job = RowsJob(planned, TableOptions(), OutputOptions(), network.dtype)
    found = []
    for size in (1 << 30, large):
        target.unlink(missing_ok=True)
        files = [File(str(path), path.stat().st_size, str(target), "csv", True)]
        ((_, done),) = outcomes(job, files, shuffled(job, random.Random(large)), ahead=1, large=size)
        text = target.read_bytes() if target.exists() else b""
        found.append((done.failure, 0 if done.failure else done.rows, text))
    assert found[1] == found[0]


def test_addresses_are_read_and_written_by_fsspec(place: Path) -> None:
    memory = pytest.importorskip("fsspec", reason="fsspec is not installed").filesystem("memory")
    for path in (place / "data").glob("*.csv"):
        memory.pipe(f"/tables/{path.name}", path.read_bytes())
    try:
        done = run("nnlec forward net.yaml memory://tables/v.csv memory://tables/z.csv -o memory://results/")
        assert (done.code, done.stdout, done.stderr) == (0, "", "")
        assert memory.cat("/results/v.csv") == alone("v.csv")
        assert memory.cat("/results/z.csv") == alone("z.csv")
        assert run("nnlec forward net.yaml memory://tables/v.csv").stdout.encode() == alone("v.csv")
        done = run("nnlec forward net.yaml memory://tables/none.csv -o out/")
        assert (done.code, done.stdout) == (2, "")
        assert done.stderr == "Error: memory://tables/none.csv: cannot read: /tables/none.csv\n"
        done = run("nnlec forward net.yaml memory://tables/v.csv -o memory://results/ --resume")
        assert done.stderr == "Error: --resume: results are resumed in a folder of this machine\n"
    finally:
        memory.rm("/", recursive=True)


def test_a_pattern_of_addresses_is_filled_in(place: Path) -> None:
    pytest.importorskip("fsspec", reason="fsspec is not installed")
    done = run(f"nnlec forward net.yaml 'file://{place}/data/[vz]*.csv' -o out/")
    assert (done.code, done.stdout, done.stderr) == (0, "", "")
    assert results(place / "out") == {"v.csv": alone("v.csv"), "z.csv": alone("z.csv")}
    done = run(f"nnlec forward net.yaml 'file://{place}/data/[ab]*.csv' -o out/")
    assert (done.code, done.stderr) == (2, f"Error: file://{place}/data/[ab]*.csv: no file has such a name\n")


@pytest.mark.usefixtures("place")
def test_addresses_without_fsspec_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    done = run("nnlec forward net.yaml s3://bucket/t.csv")
    assert (done.code, done.stdout) == (2, "")
    hint = "pip install fsspec, and what it asks for then"
    assert done.stderr == f"Error: s3://bucket/t.csv: an address needs fsspec ({hint})\n"
