"""Does the gate notice a wrong program? Small changes, each tried against the tests that should see it.

    python -m tests.mutants 200 [SEED]

changes one place of the source in a copy of the project, runs the tests of that room until the first failure, and
prints every change that no test noticed. A survivor is read: either a test is missing, or the change changes nothing.
"""

from __future__ import annotations

import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).parent.parent

TESTS: dict[str, str] = {
    "arithmetic/rounding.py": "test_rounding test_steps test_activations test_losses test_cases",
    "arithmetic/numbers.py": "test_numbers test_losses test_loading test_corpus test_cases",
    "arithmetic/compensated.py": "test_activations test_losses test_accuracy",
    "arithmetic/decimal_functions.py": "test_activations test_losses test_accuracy test_rounded",
    "arithmetic/exact_sum.py": "test_engines test_pipes test_losses test_metrics",
    "arithmetic/matmul.py": "test_bits test_layers",
    "arithmetic/exact_products.py": "test_layers",
    "arithmetic/parse_floats.py": "test_engines test_shortest test_corpus_csv",
    "arithmetic/format_floats.py": "test_shortest test_engines test_layers",
    "notation/rational.py": "test_notation test_steps",
    "notation/text.py": "test_notation test_steps test_cases test_list",
    "notation/latex.py": "test_notation test_formats",
    "network/activations/piecewise.py": "test_activations test_notation test_accuracy",
    "network/activations/smooth.py": "test_activations test_notation test_accuracy",
    "network/activations/rows.py": "test_activations test_losses test_accuracy",
    "network/losses/entropy.py": "test_losses test_accuracy test_cases",
    "network/losses/outputs.py": "test_losses test_cases",
    "network/losses/interface.py": "test_losses test_cases",
    "network/layers/dense.py": "test_layers test_loading test_corpus",
    "network/layers/scale.py": "test_layers",
    "network/trace.py": "test_layers test_rounded test_steps test_cases",
    "network/network.py": "test_python_api test_bits test_winners test_cases",
    "network/meaning.py": "test_meaning test_cases",
    "grading/*.py": "test_checking test_cases",
    "grading/mistakes/*.py": "test_checking test_cases",
    "models/yaml_file/*.py": "test_loading test_corpus test_network_files test_cases",
    "models/weights/*.py": "test_weight_files test_corpus",
    "tables/*.py": "test_pipes test_engines test_cases test_winners",
    "tables/engines/*.py": "test_engines test_corpus_csv test_pipes test_process test_cases",
}
"""Files of the package, and the tests that should notice a change in them, the quickest first."""

COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==", ast.Is: "is not",
    ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip
OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.FloorDiv: "/", ast.Mod: "*", ast.Pow: "*",
}  # fmt: skip
SECONDS = 240


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
    """Every small change of a file: comparisons, operators, numbers, conditions, and arguments left out."""
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
            case ast.Constant(bool()):
                yield changed(node, str(not node.value))
            case ast.Constant(int() | float() as value):
                yield changed(node, f"{value + 1}")


def _reached(tree: ast.AST) -> Iterator[ast.AST]:
    """Nodes that run: not annotations, not what stands under `if TYPE_CHECKING`."""
    for child in ast.iter_child_nodes(tree):
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
    """Every change of every file that is looked at, and the tests that should notice it."""
    found = []
    for pattern, tests in TESTS.items():
        for path in sorted((TOP / "nnlec").glob(pattern)):
            found += [(mutant, tests) for mutant in mutants(path.relative_to(TOP))]
    return found


def is_noticed(folder: Path, mutant: Mutant, tests: str) -> bool:
    """Whether a test fails in the copy of the project in `folder` that has the change."""
    target = folder / mutant.path
    target.write_text(mutant.source(), encoding="utf-8")
    try:
        files = [f"tests/{name}.py" for name in tests.split() if (folder / f"tests/{name}.py").exists()]
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
        command += [str(mutant.path), *files]
        environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            done = subprocess.run(
                command, cwd=folder, env=environment, capture_output=True, timeout=SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            return True  # a loop that does not end is noticed
        return done.returncode != 0
    finally:
        shutil.copyfile(TOP / mutant.path, target)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    every = all_mutants()
    sample = random.Random(seed).sample(every, min(count, len(every)))
    workers = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as home, ThreadPoolExecutor(workers) as pool:
        folders = []
        for number in range(workers):
            folder = Path(home) / str(number)
            for name in ("nnlec", "tests", "configs"):
                shutil.copytree(TOP / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            for name in ("pyproject.toml", "README.md", "Makefile"):
                shutil.copyfile(TOP / name, folder / name)
            folders.append(folder)

        def judge(worker: int) -> list[Mutant]:
            survivors = []
            for mutant, tests in sample[worker::workers]:
                if not is_noticed(folders[worker], mutant, tests):
                    print(f"survived: {mutant}", flush=True)
                    survivors.append(mutant)
            return survivors

        survived = sum(len(survivors) for survivors in pool.map(judge, range(workers)))
    noticed = len(sample) - survived
    print(f"{noticed} of {len(sample)} changes were noticed ({100 * noticed / len(sample):.1f} %)")


if __name__ == "__main__":
    main()
