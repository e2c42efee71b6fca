"""What may be imported where, and what is never called. Who may import whom is the contract in pyproject.toml."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "nnlec"

HOMES = {
    "numpy": ("",),
    "click": ("cli/",),
    "rich": ("rendering/terminal.py", "rendering/brackets.py", "rendering/columns.py", "rendering/lines.py", "cli/"),
    "yaml": ("models/yaml_file/",),
    "onnx": ("models/onnx_file/",),
    "h5py": ("models/keras_file/hdf5.py",),
    "google": ("models/onnx_file/",),
    "dask": ("cli/many/dask_futures.py",),
    "distributed": ("cli/many/dask_futures.py",),
    "fsspec": ("tables/engines/remote.py",),
    "polars": ("tables/engines/", "tables/writers/parquet.py"),
    "PIL": ("models/example_files.py",),
}
"""Every library the package may import, and where."""

MODULES = sorted(PACKAGE.rglob("*.py"))

NEVER = {"pickle", "marshal", "shelve", "dill", "joblib", "socket", "urllib", "http", "ftplib", "smtplib"}
"""Nothing is unpickled, and nothing is fetched."""


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.split(".")[0]


def test_every_library_stays_at_home() -> None:
    for path in MODULES:
        tree, place = ast.parse(path.read_text(encoding="utf-8")), str(path.relative_to(PACKAGE))
        for name in imports(tree):
            assert name not in NEVER, f"{place} imports {name}"
            if name not in sys.stdlib_module_names and name != "nnlec":
                assert place.startswith(HOMES[name]), f"{place} imports {name}"
        calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
        called = {function.id for function in calls if isinstance(function, ast.Name)}
        assert not called & {"eval", "exec", "compile", "__import__"}, place
