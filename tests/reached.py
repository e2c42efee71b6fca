"""Which functions of the package each test runs, in its own process or in a command that it starts.

Every function of a copy of the package notes that it ran; a process writes its notes, with the test that was running,
into a folder when it ends.
"""

from __future__ import annotations

import ast
import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib import import_module
from pathlib import Path

import pytest

NOTES = """
import atexit, json, os, pathlib
seen = set()
reached = seen.add
def write(test=None, seconds=0.0, failed=False):
    name = test or os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]
    if name:
        note = {"test": name, "functions": sorted(seen), "seconds": seconds, "failed": failed}
        with open(pathlib.Path(FOLDER) / str(os.getpid()), "ab", buffering=0) as file:
            file.write(json.dumps(note).encode() + b"\\n")  # at once: a process may be killed at any moment
    seen.clear()
def leave(status, end=os._exit):
    write()
    end(status)
os._exit = leave
os.register_at_fork(after_in_child=seen.clear)
atexit.register(write)
"""


def note_in(package: Path, notes: Path) -> None:
    """Lets every function of the package at `package`, which is a copy, note into the folder `notes` that it ran."""
    for path in package.rglob("*.py"):
        name = str(path.relative_to(package))
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function, node in list(functions(tree)):
            at = _first(node.body)
            node.body[at:at] = ast.parse(f"_reached({f'{name}:{function}'!r})").body
        at = _first(tree.body)
        while at < len(tree.body) and getattr(tree.body[at], "module", "") == "__future__":
            at += 1
        tree.body[at:at] = ast.parse("from nnlec._notes import reached as _reached").body
        path.write_text(ast.unparse(tree), encoding="utf-8")
    (package / "_notes.py").write_text(f"FOLDER = {str(notes)!r}\n{NOTES}", encoding="utf-8")


def functions(tree: ast.AST, within: str = "") -> Iterator[tuple[str, ast.FunctionDef]]:
    """Every function of a file with its name, an outer one before the ones in it."""
    for node in ast.iter_child_nodes(tree):
        name = within
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            name = f"{within}.{node.name}" if within else node.name
        if isinstance(node, ast.FunctionDef):
            yield name, node
        yield from functions(node, name)


def _first(body: list[ast.stmt]) -> int:
    """Where the statements begin, after the docstring."""
    first = body[0] if body else None
    return int(isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant))


class Noting:
    """What pytest calls around each test of a copy that notes."""

    def __init__(self) -> None:
        self.failed, self.start = False, time.perf_counter()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        _notes = import_module("nnlec._notes")
        for file in {item.nodeid.partition("::")[0] for item in session.items}:
            _notes.write(file, time.perf_counter() - self.start)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        _notes = import_module("nnlec._notes")
        _notes.seen.clear()
        self.failed, start = False, time.perf_counter()
        result = yield
        _notes.write(item.nodeid, time.perf_counter() - start, self.failed)
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed = self.failed or not report.passed


class Reached:
    """What a run of the tests has noted."""

    def __init__(self, notes: Path) -> None:
        self.tests: dict[str, set[str]] = defaultdict(set)
        """Those that passed, by function, by file and by folder."""
        self.seconds: dict[str, float] = defaultdict(float)
        """Of a test, and of a file until its first test."""
        failed: set[str] = set()
        for path in sorted(notes.iterdir()):
            for line in path.read_text(encoding="utf-8").splitlines():
                note = json.loads(line)
                self.seconds[note["test"]] += note["seconds"]
                if note["failed"]:
                    failed.add(note["test"])
                for function in note["functions"] if "::" in note["test"] else ():
                    file = function.partition(":")[0]
                    for place in (function, file, str(Path(file).parent)):
                        self.tests[place].add(note["test"])
        for tests in self.tests.values():
            tests -= failed

    def batches(self, places: Sequence[str], batch: float, enough: float) -> Iterator[frozenset[str]]:
        """The tests that run what stands at these places, some files at a time, for `enough` seconds in all.

        The first take `batch` seconds, and each that follow twice as long. Of a place the files come first whose tests
        are quick and mostly run it. A test is given once.
        """
        given: set[str] = set()
        spent = 0.0
        for place in places:
            files: dict[str, set[str]] = defaultdict(set)
            for test in self.tests[place] - given:
                files[_file(test)].add(test)
            costs = {file: self.seconds[file] + sum(self.seconds[t] for t in tests) for file, tests in files.items()}
            chosen: set[str] = set()
            for file in sorted(files, key=lambda file: costs[file] * self._sizes[file] / len(files[file])):
                if spent > enough:
                    break
                spent += costs[file]
                chosen |= files[file]
                if sum(self.seconds[test] for test in chosen) > batch:
                    yield frozenset(chosen)
                    given |= chosen
                    chosen = set()
                    batch *= 2
            if chosen:
                yield frozenset(chosen)
                given |= chosen

    @cached_property
    def _sizes(self) -> Counter[str]:
        """How many tests a file has."""
        return Counter(_file(test) for test in self.seconds if "::" in test)


def _file(test: str) -> str:
    return test.partition("::")[0]
