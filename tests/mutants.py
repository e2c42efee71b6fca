"""Does the gate notice a wrong program? Small changes, each tried against the tests that should see it.

    python -m tests.mutants 200 [SEED]

changes one place of the source in a copy of the project, runs the tests of that room until the first failure, the
quickest first, and prints every change that no test noticed. A survivor is read: either a test is missing, or the
change changes nothing. A test that fails without the change too notices nothing and is left out.

Each change runs in a process of its own that is forked from one with the libraries loaded.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import os
import random
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent

TESTS: dict[str, str] = {
    "arithmetic/rounding.py": "test_rounding test_steps test_losses test_cases test_checking",
    "arithmetic/numbers.py": "test_exact_functions test_losses test_loading test_corpus test_cases test_engines",
    "arithmetic/compensated.py": "test_activations test_losses test_losses_oracle test_accuracy test_exact "
    "test_row_alone",
    "arithmetic/decimal_functions.py": "test_activations test_losses test_losses_oracle test_reference_sets test_exact "
    "test_exact_functions",
    "arithmetic/exact_sum.py": "test_losses test_tables test_python_api test_cases test_pipes",
    "arithmetic/matmul.py": "test_winners test_layers test_row_alone test_bits",
    "arithmetic/exact_products.py": "test_layers test_exact",
    "arithmetic/parse_floats.py": "test_shortest test_corpus_csv test_cases test_engines",
    "arithmetic/format_floats.py": "test_shortest test_cases test_engines",
    "network/activations/*.py": "test_activations test_exact test_exact_functions test_accuracy test_steps "
    "test_row_alone test_cases",
    "network/losses/*.py": "test_losses test_losses_oracle test_exact test_meaning test_tables test_row_alone "
    "test_cases",
    "network/layers/*.py": "test_every_kind test_layers test_norms test_map_layers test_shapes test_windows "
    "test_loading test_python_api test_gradients test_maps_at_work test_row_alone test_cases",
    "network/gradient.py": "test_gradients test_step_batch test_step",
    "network/step.py": "test_step test_step_published test_gradients",
    "network/parameters.py": "test_activations test_losses test_loading test_cases",
    "network/validation.py": "test_loading test_meaning test_python_api test_layers test_corpus test_cases",
    "network/forward.py": "test_python_api test_winners test_layers test_row_alone test_cases test_bits",
    "network/trace.py": "test_exact test_steps test_losses test_layers test_cases",
    "network/network.py": "test_python_api test_losses test_winners test_meaning test_layers test_cases",
    "network/meaning.py": "test_meaning test_tables test_cases",
    "grading/*.py": "test_checking test_class_answers test_step_checking test_cases",
    "grading/mistakes/*.py": "test_checking test_step_checking test_cases",
    "grading/differences/*.py": "test_compare_networks",
    "grading/worksheets/*.py": "test_worksheet",
    "models/*.py": "test_loading test_cases test_convert test_class_answers test_checking test_corpus test_onnx_models",
    "models/yaml_file/rewrite.py": "test_step",
    "models/yaml_file/*.py": "test_loading test_network_files test_corpus test_cases",
    "models/keras_file/*.py": "test_keras",
    "models/onnx_file/*.py": "test_onnx_models test_pitfalls test_onnx",
    "models/pickled/*.py": "test_pickled_models",
    "models/scikit_learn/*.py": "test_pickled_models test_onnx_models",
    "models/writers/*.py": "test_convert",
    "models/weights/*.py": "test_weight_files test_loading test_corpus test_python_api",
    "tables/*.py": "test_tables test_text_columns test_plans test_exact test_cases test_pipes test_engines",
    "tables/engines/*.py": "test_text_columns test_corpus_csv test_hurt_tables test_tables test_cases test_engines "
    "test_process",
    "tables/writers/*.py": "test_tables test_cases test_engines test_process",
}
"""Files of the package, and the tests that should notice a change in them, the quickest first."""

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

LIBRARIES = "numpy scipy.special sklearn.metrics hypothesis hypothesis.extra.numpy mpmath click rich.table yaml"


@dataclass(frozen=True)
class Mutant:
    """One change: `text` in place of the source from `start` to `end`, offsets in characters."""

    path: Path
    line: int
    start: int
    end: int
    text: str

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

    def changed(node: ast.expr, text: str) -> Mutant:
        return Mutant(path, node.lineno, *place(node), text)

    for node in _reached(ast.parse(source)):
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
    """Nodes that run: no annotations, no variables of types, not what stands under `if TYPE_CHECKING`."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.Call) and isinstance(child.func, ast.Name) and child.func.id == "TypeVar":
            continue
        if isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING":
            continue
        if isinstance(child, ast.AnnAssign) and child.value is not None:
            yield child.value
            yield from _reached(child.value)
            continue
        if isinstance(child, ast.arg):
            continue
        yield child
        yield from _reached(child)


def all_mutants() -> list[tuple[Mutant, str]]:
    """Every change of every file that is looked at, and the tests that should notice it: those of its first pattern."""
    found: list[tuple[Mutant, str]] = []
    seen: set[Path] = set()
    for pattern, tests in TESTS.items():
        for path in sorted(set((TOP / "nnlec").glob(pattern)) - seen):
            seen.add(path)
            found += [(mutant, tests) for mutant in mutants(path.relative_to(TOP))]
    return found


@dataclass
class Copy:
    """A copy of the project in which one change at a time is tried."""

    folder: Path
    known: dict[str, bool] = field(default_factory=dict)
    """Tests that once failed, and whether they fail without a change too."""

    def noticed_by(self, mutant: Mutant, tests: str) -> str:
        """The test that fails with the change and not without; empty where every test passes."""
        target, original = self.folder / mutant.path, TOP / mutant.path
        files = [str(mutant.path), *(f"tests/{name}.py" for name in tests.split())]
        while True:
            target.write_text(mutant.source(), encoding="utf-8")
            os.utime(target, (1, 1))  # no compiled file is as old
            try:
                failed = self._first_failure([*files, *(f"--deselect={t}" for t, fails in self.known.items() if fails)])
            finally:
                shutil.copy2(original, target)
            if "::" in failed and failed not in self.known:
                self.known[failed] = bool(self._first_failure([failed]))
            if not self.known.get(failed, False):
                return failed
            print(f"fails without a change: {failed}", flush=True)

    def _first_failure(self, arguments: Sequence[str]) -> str:
        """The first test to fail; another word where the run ended otherwise, and "" where every test passed."""
        note = self.folder / "first-failure"
        note.unlink(missing_ok=True)
        child = os.fork()
        if not child:
            self._run(arguments, note)
        status = os.waitpid(child, 0)[1]
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)  # what its tests have started
        if note.exists():
            return note.read_text(encoding="utf-8")
        return (
            ""
            if os.waitstatus_to_exitcode(status) in (0, pytest.ExitCode.NO_TESTS_COLLECTED)
            else "the run ended early"
        )

    def _run(self, arguments: Sequence[str], note: Path) -> None:
        os.setpgid(0, 0)
        os.chdir(self.folder)
        os.environ["PYTHONPATH"] = str(self.folder)
        sys.path.insert(0, str(self.folder))
        for name in [name for name in sys.modules if name.partition(".")[0] in {"nnlec", "tests"}]:
            del sys.modules[name]
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
        os._exit(pytest.main([*options, *arguments], [_FirstFailure(note)]))


@dataclass(frozen=True)
class _FirstFailure:
    """What pytest calls when a test starts, and when a test or a file fails."""

    note: Path

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


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    every = all_mutants()
    sample = random.Random(seed).sample(every, min(count, len(every)))
    for library in LIBRARIES.split():
        importlib.import_module(library)
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    noticed = 0
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        for name in ("nnlec", "tests", "configs"):
            shutil.copytree(TOP / name, folder / name)
        for name in ("pyproject.toml", "README.md", "Makefile"):
            shutil.copy2(TOP / name, folder / name)
        copy = Copy(folder)
        for number, (mutant, tests) in enumerate(sample, start=1):
            by = copy.noticed_by(mutant, tests)
            noticed += bool(by)
            print(f"{number}: {f'noticed by {by}' if by else 'SURVIVED'}: {mutant}", flush=True)
    print(f"{noticed} of {len(sample)} changes were noticed ({100 * noticed / len(sample):.1f} %)")


if __name__ == "__main__":
    main()
