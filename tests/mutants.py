"""Does the gate notice a wrong program? Small changes of what computes, rounds, checks and reads, each tried.

    python -m tests.mutants 200 [SEED [FOLDER]]

runs every test once and notes which functions it runs (kept in FOLDER, if one is given, for the next time). Then it
changes one place of the source in a copy of the project, runs the tests of that function, of its file and of its folder
until one fails, the quickest module first, and prints every change that no test noticed. A survivor is read: either a
test is missing, or the change changes nothing. A test that fails without the change too notices nothing.

Each change runs in a process of its own that is forked from one with the libraries loaded.
"""

from __future__ import annotations

import ast
import compileall
import contextlib
import importlib
import multiprocessing
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

import pytest

from tests.reached import Noting, Reached, functions, note_in

TOP = Path(__file__).parent.parent
CHANGED = ("arithmetic", "network/losses", "grading", "models", "tables/engines")
"""What a wrong number would come from: arithmetic and rounding, losses, checking, readers of files and tables."""
WITHOUT = Path("nnlec/models/torch_module")
"""Its tests need PyTorch, which the gate does not install."""

COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==", ast.Is: "is not",
    ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip
OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.FloorDiv: "/", ast.Mod: "*", ast.Pow: "*",
}  # fmt: skip
SWAPS = {
    "max": "min", "min": "max", "maximum": "minimum", "minimum": "maximum", "any": "all", "all": "any",
    "log1p": "log", "expm1": "exp", "floor": "ceil",
}  # fmt: skip
SECONDS = 60
"""Of processor time that one test may take; a loop that does not end is noticed."""
_LONGEST = 240
"""Seconds of processor time of any process: a command that a test starts may be what does not end."""
FIRST, ENOUGH = 4.0, 90.0
"""Seconds of tests, as they took without a change, that are run at first, and in all."""

UNSEEN = {"TypeVar", "ParamSpec", "dataclass", "lru_cache", "RowError", "Misfit", "NnlecError", "abstract"}
"""Calls whose arguments are types, promises or the words of an error."""

LIBRARIES = "numpy scipy.special sklearn.metrics hypothesis hypothesis.extra.numpy mpmath click rich.table yaml"


@dataclass(frozen=True)
class Mutant:
    """One change: `text` in place of the source from `start` to `end`, offsets in characters, in a function or none."""

    path: Path
    line: int
    start: int
    end: int
    text: str
    function: str

    @property
    def places(self) -> tuple[str, ...]:
        """Where tests are sought that notice it: the function, then its file, then its folder."""
        file = self.path.relative_to("nnlec")
        return (*([f"{file}:{self.function}"] if self.function else []), str(file), str(file.parent))

    def source(self) -> str:
        original = (TOP / self.path).read_text(encoding="utf-8")
        return original[: self.start] + self.text + original[self.end :]

    def __str__(self) -> str:
        original = (TOP / self.path).read_text(encoding="utf-8")
        whole = original.splitlines()[self.line - 1].strip()
        return f"{self.path}:{self.line}: {original[self.start : self.end]} -> {self.text}    in: {whole}"


def mutants(path: Path) -> Iterator[Mutant]:
    """Every small change of a file: comparisons, operators, numbers, conditions, arguments left out, functions."""
    source = (TOP / path).read_text(encoding="utf-8")
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def place(node: ast.expr) -> tuple[int, int]:
        lines = source.splitlines(keepends=True)
        first = starts[node.lineno - 1] + len(lines[node.lineno - 1].encode()[: node.col_offset].decode())
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        last = starts[node.end_lineno - 1] + len(lines[node.end_lineno - 1].encode()[: node.end_col_offset].decode())
        return first, last

    def code(node: ast.expr) -> str:
        first, last = place(node)
        return source[first:last]

    tree = ast.parse(source)
    within = {line: name for name, node in functions(tree) for line in range(node.lineno, (node.end_lineno or 0) + 1)}

    def changed(node: ast.expr, text: str) -> Mutant:
        return Mutant(path, node.lineno, *place(node), text, within.get(node.lineno, ""))

    for node in _reached(tree):
        match node:
            case ast.Compare(left, [operator], [right]) if type(operator) in COMPARISONS:
                yield changed(node, f"({code(left)}) {COMPARISONS[type(operator)]} ({code(right)})")
            case ast.BinOp(left, operation, right) if type(operation) in OPERATORS:
                yield changed(node, f"({code(left)}) {OPERATORS[type(operation)]} ({code(right)})")
            case ast.BoolOp(ast.And(), values):
                yield changed(node, " or ".join(f"({code(value)})" for value in values))
            case ast.BoolOp(ast.Or(), values):
                yield changed(node, " and ".join(f"({code(value)})" for value in values))
            case ast.UnaryOp(ast.USub() | ast.Not(), operand):
                yield changed(node, code(operand))
            case ast.IfExp(test, body, orelse):
                yield changed(node, f"{code(orelse)} if {code(test)} else {code(body)}")
            case ast.Call(ast.Name(name) | ast.Attribute(attr=name) as function) if name in SWAPS:
                yield changed(function, code(function).removesuffix(name) + SWAPS[name])
            case ast.Call(function, arguments, [*_, ast.keyword(arg=str())] as keywords):
                kept = [*map(code, arguments), *(f"{k.arg}={code(k.value)}" for k in keywords[:-1] if k.arg)]
                if all(k.arg for k in keywords):
                    yield changed(node, f"{code(function)}({', '.join(kept)})")
            case ast.Constant(bool()):
                yield changed(node, str(not node.value))
            case ast.Constant(int() | float() as value):
                yield changed(node, f"{value + 1}")


def _reached(tree: ast.AST) -> Iterator[ast.AST]:
    """Nodes whose change a user could notice."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.AnnAssign) and child.value is not None:
            yield child.value
            yield from _reached(child.value)
        elif not _unseen(child):
            yield child
            yield from _reached(child)


def _unseen(node: ast.AST) -> bool:
    """What no user sees: types, what is true of right programs alone (assert, strict=True), the wording of errors."""
    match node:
        case ast.arg() | ast.Assert() | ast.Raise():
            return True
        case ast.If(ast.Name("TYPE_CHECKING")) | ast.FunctionDef("__repr__"):
            return True
        case ast.FunctionDef(name):
            return "hint" in name
        case ast.Call(ast.Name(name) | ast.Attribute(attr=name), _, keywords):
            named = [keyword.arg for keyword in keywords]
            return name in UNSEEN or (name == "zip" and named == ["strict"])
    return False


def all_mutants() -> list[Mutant]:
    """Every change of every file that is asked about."""
    files = [path for room in CHANGED for path in sorted((TOP / "nnlec" / room).rglob("*.py"))]
    paths = [path.relative_to(TOP) for path in files]
    return [mutant for path in paths if not path.is_relative_to(WITHOUT) for mutant in mutants(path)]


@dataclass
class Copy:
    """A copy of the project in which one change at a time is tried."""

    folder: Path
    known: dict[str, bool] = field(default_factory=dict)
    """Tests that once failed, and whether they fail without a change too."""

    def noticed_by(self, mutant: Mutant, reached: Reached) -> str:
        """The test that fails with the change and not without; empty where every test passes."""
        target, original = self.folder / mutant.path, TOP / mutant.path
        first, *others = [*reached.batches(mutant.places, FIRST, ENOUGH), frozenset[str]()]
        for chosen in (first | {str(mutant.path)}, *others):
            while True:
                target.write_text(mutant.source(), encoding="utf-8")
                os.utime(target, (1, 1))  # no compiled file is as old
                try:
                    failed = self._first_failure(chosen - {test for test, fails in self.known.items() if fails})
                finally:
                    shutil.copy2(original, target)
                if "::" in failed and failed not in self.known:
                    self.known[failed] = bool(self._first_failure(frozenset([failed])))
                if not self.known.get(failed, False):
                    break
                print(f"fails without a change: {failed}", flush=True)
            if failed:
                return failed
        return ""

    def _first_failure(self, tests: frozenset[str]) -> str:
        """The first of `tests` to fail; another word where the run ended otherwise, and "" where every one passed."""
        note = self.folder / "first-failure"
        note.unlink(missing_ok=True)
        files = sorted({test.partition("::")[0] for test in tests})
        status = run_in(self.folder, ["-x", *files], _FirstFailure(note, tests))
        if note.exists():
            return note.read_text(encoding="utf-8")
        return "" if status in (0, pytest.ExitCode.NO_TESTS_COLLECTED) else "the run ended early"


def run_in(folder: Path, arguments: Sequence[str], plugin: object) -> int:
    """Runs pytest on a copy of the project in a process of its own, and returns its exit status."""
    child = os.fork()
    if not child:
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_CPU, (_LONGEST, _LONGEST))
        os.chdir(folder)
        os.environ["PYTHONPATH"] = str(folder)
        sys.path.insert(0, str(folder))
        for name in [name for name in sys.modules if name.partition(".")[0] in {"nnlec", "tests"}]:
            del sys.modules[name]
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        os._exit(pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:xdist", *arguments], [plugin]))
    status = os.waitpid(child, 0)[1]
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # what its tests have started
    return os.waitstatus_to_exitcode(status)


@dataclass(frozen=True)
class _FirstFailure:
    """What pytest calls to choose tests (or files), when a test starts, and when a test or a file fails."""

    note: Path
    tests: frozenset[str]

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if {item.nodeid, item.nodeid.partition("::")[0]} & self.tests]

    def pytest_runtest_logstart(self) -> None:
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        signal.setitimer(signal.ITIMER_REAL, 10 * SECONDS)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._keep(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._keep(report)

    def _keep(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.failed and not self.note.exists():
            self.note.write_text(report.nodeid, encoding="utf-8")


def copied(folder: Path) -> None:
    """Copies to `folder` what the tests need of the project."""
    for name in ("nnlec", "tests", "configs", ".ci"):
        shutil.copytree(TOP / name, folder / name)
    for name in ("pyproject.toml", "README.md", "Makefile"):
        shutil.copy2(TOP / name, folder / name)


def compile_all(folder: Path) -> None:
    """Compiles the files of a copy now, and no file later: what is compiled from a change must not be met again."""
    compileall.compile_dir(folder / "nnlec", quiet=2)
    run_in(folder, ["--collect-only", "tests"], object())
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"


def note_all(notes: Path) -> None:
    """Runs every test once, and lets it note in the folder `notes` which functions it runs."""
    notes.mkdir(parents=True, exist_ok=True)
    os.environ["COMMANDS_OF_A_PROCESS"] = "1"  # a process notes when it ends (forked.py)
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home).resolve()
        copied(folder)
        note_in(folder / "nnlec", notes)
        files = [f"tests/{path.name}" for path in sorted((TOP / "tests").glob("test_*.py"))]
        with processes() as pool:
            list(pool.map(partial(note_file, folder), files))


def note_file(folder: Path, file: str) -> None:
    """Runs the tests of one file in a copy that notes."""
    run_in(folder, [file], Noting())


def processes() -> ProcessPoolExecutor:
    """A process for each processor, forked with the libraries loaded."""
    return ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("fork"))


@cache
def own_copy(home: Path) -> Copy:
    """The copy in which this process tries its changes."""
    folder = home / f"copy-{os.getpid()}"
    copied(folder)
    compile_all(folder)
    return Copy(folder)


@cache
def noted(notes: Path) -> Reached:
    """What the tests noted, read once by each process."""
    return Reached(notes)


def tried(home: Path, notes: Path, mutant: Mutant) -> str:
    """The test that notices the change, or nothing."""
    return own_copy(home).noticed_by(mutant, noted(notes))


def main() -> None:
    count, seed, kept, *_ = (*sys.argv[1:], *("200", "1", "")[len(sys.argv) - 1 :])
    every = all_mutants()
    sample = random.Random(int(seed)).sample(every, min(int(count), len(every)))
    for library in LIBRARIES.split():
        importlib.import_module(library)
    noticed = 0
    with tempfile.TemporaryDirectory() as name:
        home = Path(name).resolve()
        notes = Path(kept or home / "notes").resolve()
        if not notes.exists():
            note_all(notes)
        with processes() as pool:
            found = pool.map(partial(tried, home, notes), sample)
            for number, (mutant, by) in enumerate(zip(sample, found, strict=True), start=1):
                noticed += bool(by)
                print(f"{number}: {f'noticed by {by}' if by else 'SURVIVED'}: {mutant}", flush=True)
    print(f"{noticed} of {len(sample)} changes were noticed ({100 * noticed / len(sample):.1f} %)")


if __name__ == "__main__":
    main()
