"""What is installed works without the checkout, and offers what it says. The slow half builds it (`make package`)."""

from __future__ import annotations

import inspect
import pydoc
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

import nnlec
from tests.transcripts import TOP


def test_the_module_shows_what_it_offers() -> None:
    assert dir(nnlec) == sorted(nnlec.__all__)
    shown = pydoc.plain(pydoc.render_doc(nnlec))
    for name in set(nnlec.__all__) - {"__version__"}:
        assert name in shown


@pytest.mark.parametrize("name", [name for name in nnlec.__all__ if inspect.isfunction(getattr(nnlec, name))])
def test_every_public_function_has_an_example(name: str) -> None:
    assert ">>> " in (inspect.getdoc(getattr(nnlec, name)) or "")


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match="no attribute 'softmin'"):
        nnlec.softmin  # noqa: B018


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("dist")
    python("-m", "build", "--no-isolation", "--outdir", str(folder), str(TOP))
    return folder


def python(*arguments: str, interpreter: str = sys.executable, cwd: Path | None = None) -> str:
    done = subprocess.run([interpreter, *arguments], capture_output=True, text=True, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.package
def test_twine_has_no_complaint(built: Path) -> None:
    python("-m", "twine", "check", "--strict", *map(str, built.iterdir()))


@pytest.mark.slow
@pytest.mark.package
def test_the_wheel_works_in_an_empty_folder(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")
    venv.create(tmp_path / "venv")
    programs, place = tmp_path / "venv" / "bin", tmp_path / "empty"
    place.mkdir()
    pip = ("-m", "pip", "--python", str(programs / "python"))
    python(*pip, "install", "--quiet", "--no-compile", str(wheel), cwd=place)

    def run(*arguments: str) -> str:
        return python(*arguments, interpreter=str(programs / "nnlec"), cwd=place)

    assert "network-files" in run("guide")
    assert run("guide", "tables").startswith("# Tables\n")
    assert run("example", "lecture") == (TOP / "configs" / "lecture.yaml").read_text(encoding="utf-8")
    run("example", "--all", "-o", "configs")
    assert "37.716" in run("forward", "configs/lecture.yaml", "--input", "1,2.8,-3.1,4.2")
    assert "function sigmoid(" in run("page", "configs/lecture.yaml")
    assert "0.98" in run("evaluate", "configs/iris.yaml", "configs/iris.csv", "--target-column", "species")
    assert "0.9833" in run("evaluate", "configs/digits.yaml", "configs/digits.csv", "--target-column", "digit")
    with zipfile.ZipFile(wheel) as archive:
        assert {name.split("/")[0] for name in archive.namelist()} == {"nnlec", f"nnlec-{nnlec.__version__}.dist-info"}


@pytest.mark.slow
@pytest.mark.package
def test_the_tests_of_the_sdist_run(built: Path, tmp_path: Path) -> None:
    """A few of every sort; that all files are there is compared with what git knows."""
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)  # since Python 3.11.4
        archive.extractall(tmp_path)
    (top,) = tmp_path.iterdir()
    chosen = ("test_architecture", "test_help", "test_gallery", "test_guide", "test_loading")
    python("-m", "pytest", "-n0", "-p", "no:cacheprovider", *(f"tests/{name}.py" for name in chosen), cwd=top)
    if (TOP / ".git").exists():
        listed = subprocess.run(["git", "ls-files"], cwd=TOP, capture_output=True, text=True, check=True).stdout
        missing = {name for name in listed.splitlines() if not (top / name).exists()}
        assert missing <= {".gitignore"}
