"""Tables go from real programs into nnlec and on into real programs, their values unchanged."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests import forked
from tests.conftest import ROOT

MILLER = shutil.which("mlr")
JQ = shutil.which("jq")
CSVKIT = Path(sys.executable).with_name("csvcut")
needs_miller = pytest.mark.skipif(MILLER is None, reason="Miller (mlr) is not installed")
needs_jq = pytest.mark.skipif(JQ is None, reason="jq is not installed")
needs_csvkit = pytest.mark.skipif(not CSVKIT.exists(), reason="csvkit is not installed")

TABLE = (
    'id,sepal_length,sepal_width,petal_length,petal_width,note\n007,5.1,3.5,1.4,0.2,"a, b"\n1,6.3,2.8,5.1,1.5,\u00e9\n'
)


def shell(line: str, folder: Path, stdin: str = TABLE) -> str:
    """What a pipe prints; `nnlec`, `net` and the programs of this environment are at hand."""
    function, server = forked.shell_function()
    prelude = f"{function}net={ROOT}/configs/iris.yaml; set -o pipefail; "
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(
        ["bash", "-c", prelude + line],
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PATH": path},
        pass_fds=[server],
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> str:
    return shell("nnlec forward $net --predict", tmp_path_factory.mktemp("scores"))


@needs_miller
def test_miller_in_and_out(tmp_path: Path, scores: str) -> None:
    assert shell("mlr --csv cat | nnlec forward $net --predict | mlr --csv cat", tmp_path) == scores
    assert shell("mlr --icsv --ojsonl cat | nnlec forward $net --predict --from jsonl", tmp_path) == scores
    assert (
        shell("mlr --icsv --otsv cat | nnlec forward $net --predict --tsv | mlr --itsv --ocsv cat", tmp_path) == scores
    )
    ids = shell("nnlec forward $net -f jsonl | mlr --ijsonl --ocsv --headerless-csv-output cut -f id", tmp_path)
    assert ids == "007\n1\n"


@needs_jq
def test_jq_in_and_out(tmp_path: Path, scores: str) -> None:
    line = "nnlec forward $net --predict -f json | jq -r '.[] | [.id, .note, .setosa, .prediction] | @csv'"
    rows = [row.split(",") for row in scores.splitlines()[1:]]
    first, second = shell(line, tmp_path).splitlines()
    assert first.startswith('"007","a, b",')
    assert first.endswith('"setosa"')
    assert float(first.split(",")[3]) == float(rows[0][3])
    assert second.startswith("1,")
    made = "jq -nc '{sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2, id: 7}'"
    scored = json.loads(shell(f"{made} | nnlec forward $net --from jsonl -f jsonl | jq -c .", tmp_path, ""))
    assert scored["id"] == 7
    assert scored["setosa"] == float(rows[0][3])


@needs_csvkit
def test_csvkit_in_and_out(tmp_path: Path, scores: str) -> None:
    cut = "csvcut -c petal_width,petal_length,sepal_width,sepal_length,id"
    out = shell(f"{cut} | nnlec forward $net --predict | csvcut -c id,setosa,prediction", tmp_path)
    rows = [row.replace('"a, b"', "x").split(",") for row in scores.splitlines()[1:]]
    assert out.splitlines()[1:] == [f"{row[0]},{row[2]},{row[5]}" for row in rows]


@pytest.mark.skipif(find_spec("duckdb") is None, reason="DuckDB is not installed")
def test_duckdb_in_and_out(tmp_path: Path, scores: str) -> None:
    import duckdb

    (tmp_path / "t.csv").write_text(TABLE, encoding="utf-8")
    duckdb.sql(f"COPY (FROM read_csv('{tmp_path}/t.csv', all_varchar = true)) TO '{tmp_path}/d.csv'")
    shell("nnlec forward $net d.csv --predict -o scores.csv", tmp_path)
    assert (tmp_path / "scores.csv").read_text(encoding="utf-8") == scores
    read = duckdb.read_csv(str(tmp_path / "scores.csv"), dtype={"id": "VARCHAR"}).fetchnumpy()
    assert list(read["id"]) == ["007", "1"]
    assert list(read["setosa"]) == [
        float(line.replace('"a, b"', "x").split(",")[2]) for line in scores.splitlines()[1:]
    ]
