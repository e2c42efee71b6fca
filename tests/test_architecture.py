"""What may be imported where, and what is never called. Who may import whom is the contract in pyproject.toml."""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
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


def test_a_class_name_has_one_meaning() -> None:
    homes = defaultdict(list)
    for path in MODULES:
        for name in types(ast.parse(path.read_text(encoding="utf-8"))):
            homes[name].append(str(path.relative_to(PACKAGE)))
    assert len(homes) > 400
    assert not {name: places for name, places in homes.items() if len(places) > 1}


def types(module: ast.Module) -> Iterator[str]:
    """Public classes and names of types of a module; a type variable stands for nothing by itself."""
    for node in module.body:
        if isinstance(node, ast.ClassDef):
            found = [node.name]
        elif isinstance(node, ast.Assign) and not ast.unparse(node.value).startswith("TypeVar("):
            found = [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found = [node.target.id]
        else:
            continue
        yield from (name for name in found if name[0].isupper() and not name.isupper())
