"""The rows of an exercise: their names, what their figures are called, the letters for them, and their numbers."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from nnlec.grading import letters, loss_problem, network_problem, scores_problem
from nnlec.grading.steps import Problem, Wording
from nnlec.models import load_network
from nnlec.network.losses import loss
from nnlec.network.network import Network
from tests.test_step_checking import RESIDUAL

OTHER = Wording(hidden="a", output="y", score="z", probability="p")
"""A notation with letters of its own for all four."""


def network(name: str, folder: Path) -> Network:
    if name != "graph":
        return load_network(f"configs/{name}.yaml")
    path = folder / "graph.yaml"
    path.write_text(RESIDUAL, encoding="utf-8")
    return load_network(path)


def problem_of(given: Network, wording: Wording) -> Problem:
    return network_problem(given, (Decimal(1),) * given.n_in, wording=wording)


EDGES = "h[1,1,1] h[1,1,2] h[1,2,1] h[1,2,2] h[2,1,1] h[2,1,2] h[2,2,1] h[2,2,2]"
ROWS = {
    "lecture": [
        ("hidden, hidden before activation", "h1 h2 h3 h4", ""),
        ("output, output before activation, logits", "y1 y2", ""),
        ("exponentials", "y1 y2", "inner"),
        ("probabilities", "y1 y2", ""),
    ],
    "rain": [
        ("output before activation, logits", "yes", "inner"),
        ("output", "yes", ""),
        ("probabilities", "no yes", ""),
    ],
    "edges": [
        ("edges before activation", EDGES, "inner"),
        ("edges", EDGES, ""),
        ("strongest, output, strongest before activation, logits", "vertical horizontal", ""),
    ],
    "residual": [
        ("look before activation", "h1 h2 | a b", "inner"),
        ("look", "h1 h2 | a b", ""),
        ("mend, mend before activation", "h1 h2 | a b", ""),
        ("skip before activation, logits", "a b", "inner"),
        ("skip, output", "a b", ""),
    ],
    "graph": [
        ("one before activation", "h1 h2", "inner"),
        ("one", "h1 h2", ""),
        ("two before activation", "h1 h2 | h1 of one, h2 of one", "inner"),
        ("two", "h1 h2 | h1 of one, h2 of one", ""),
        ("both, both before activation", "h1 h2 | h1 of one, h2 of one", ""),
        ("gate, gate before activation", "h1 h2", ""),
        ("end before activation, logits", "y1 y2", "inner"),
        ("end, output", "y1 y2", ""),
    ],
}
"""Of each row its names, its figures, what is kept beside them, and whether it is often left out."""


@pytest.mark.parametrize("name", ROWS)
def test_the_rows_of_a_network(name: str, tmp_path: Path) -> None:
    steps = problem_of(network(name, tmp_path), Wording()).steps
    assert [(", ".join(step.names), step.inner) for step in steps] == [(names, bool(of)) for names, _, of in ROWS[name]]
    for step, (_, labels, _) in zip(steps, ROWS[name], strict=True):
        own, _, kept = labels.partition(" | ")
        assert step.labels[: step.size] == tuple(own.split())
        assert step.labels[step.size :] == tuple(kept.split(", ") if "," in kept else kept.split())


def places(*rows: tuple[str, str, int]) -> dict[str, tuple[str, int | None]]:
    """A letter for each row, and the letter with a number for each of its figures."""
    found: dict[str, tuple[str, int | None]] = {}
    for letter, row, count in rows:
        found |= {letter: (row, None)} | {f"{letter}{unit + 1}": (row, unit) for unit in range(count)}
    return found


def layers(*rows: str) -> dict[str, tuple[str, int | None]]:
    return {f"layer {number}": (row, None) for number, row in enumerate(rows, start=1)}


def names(row: str, *each: str) -> dict[str, tuple[str, int | None]]:
    return {name: (row, unit) for unit, name in enumerate(each)}


FLOWERS = ("setosa", "versicolor", "virginica")
SHARES = names("probabilities", "P(no)", "P(yes)")
LETTERS = [
    (
        "lecture", Wording(),
        layers("hidden", "output") | names("probabilities", "P(y1)", "P(y2)")
        | places(("h", "hidden", 4), ("y", "output", 2), ("f", "logits", 2), ("s", "probabilities", 2)),
    ),
    (
        "lecture", OTHER,
        layers("hidden", "output") | places(("a", "hidden", 4), ("z", "logits", 2), ("p", "probabilities", 2)),
    ),
    (
        "rain", Wording(),
        layers("output") | names("output", "yes") | SHARES
        | places(("y", "output", 1), ("f", "logits", 1), ("s", "probabilities", 2)),
    ),
    (
        "rain", OTHER,
        layers("output") | names("output", "yes") | SHARES
        | places(("y", "output", 1), ("z", "logits", 1), ("z(1)", "logits", 1), ("p", "probabilities", 2)),
    ),
    (
        "iris", OTHER,
        layers("hidden", "output") | names("output", *FLOWERS)
        | names("probabilities", *(f"P({flower})" for flower in FLOWERS)) | {"z3": ("logits", 2)}  # z1 is one of two
        | places(("a", "hidden", 2), ("z(1)", "hidden before activation", 2), ("p", "probabilities", 3)),
    ),
    (
        "residual", OTHER,
        layers("look", "mend", "output") | {"b": ("output", 1)}
        | places(("y", "output", 2), ("z(1)", "look before activation", 2), ("z(3)", "logits", 2)),
    ),
    (
        "graph", Wording(),
        layers("one", "two", "both", "gate", "output") | places(("y", "output", 2), ("f", "logits", 2)),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "wording", "expected"), LETTERS, ids=[f"{row[0]} {row[1].hidden}" for row in LETTERS])
def test_the_letters_of_a_network(
    name: str, wording: Wording, expected: dict[str, tuple[str, int | None]], tmp_path: Path
) -> None:
    given = network(name, tmp_path)
    assert letters(problem_of(given, wording), given) == expected


def test_the_letters_of_another_notation_name_inputs_and_outputs() -> None:
    lecture, rain = (load_network(f"configs/{name}.yaml") for name in ("lecture", "rain"))
    one = problem_of(lecture, OTHER._replace(input="u"))
    assert one.given_labels == ("u1", "u2", "u3")
    assert [step.labels[0] for step in one.steps] == ["a1", "z1", "y1", "y1"]
    other = problem_of(rain, OTHER._replace(input="u"))
    assert other.given_labels == ("humidity", "pressure", "cloud")
    assert other.steps[0].labels == ("yes",)


PETS = ("cat", "dog")
TWO = (Decimal(1), Decimal(0))
OF_PETS = names("probabilities", "cat", "dog") | names("probabilities", "P(cat)", "P(dog)")
LOSS: dict[str, tuple[str, int | None]] = {"L": ("loss", None)}


@pytest.mark.parametrize(
    ("problem", "rows", "expected"),
    [
        (
            scores_problem(TWO, PETS),
            ["exponentials", "probabilities"],
            OF_PETS | places(("y", "probabilities", 2), ("s", "probabilities", 2)),
        ),
        (
            scores_problem(TWO, PETS, wording=OTHER),
            ["exponentials", "probabilities"],
            OF_PETS | places(("p", "probabilities", 2)),
        ),
        (
            scores_problem(TWO, PETS, loss("bce"), TWO),
            ["probabilities", "loss"],
            OF_PETS | LOSS | places(("y", "probabilities", 2), ("s", "probabilities", 2)),
        ),
        (scores_problem(TWO, PETS, loss("mse"), TWO), ["loss"], LOSS),
        (scores_problem(TWO, PETS, loss("nll"), TWO), ["loss"], LOSS),
        (loss_problem(TWO, PETS, loss("ce"), TWO), ["loss"], LOSS),
    ],
)
def test_the_rows_and_letters_of_scores(
    problem: Problem, rows: list[str], expected: dict[str, tuple[str, int | None]]
) -> None:
    assert [step.name for step in problem.steps] == rows
    assert letters(problem) == expected


@pytest.mark.parametrize(
    ("name", "of", "rows"),
    [
        ("lecture", "cross-entropy", ["hidden", "output", "exponentials", "probabilities", "loss"]),
        ("lecture", "mse", ["hidden", "output", "loss"]),
        ("lecture", "hinge", ["hidden", "output", "loss"]),
        ("rain", "bce", ["output before activation", "output", "probabilities", "loss"]),
        ("rain", "mse", ["output before activation", "output", "loss"]),
    ],
)
def test_a_loss_follows_from_the_row_that_it_takes(name: str, of: str, rows: list[str]) -> None:
    given = load_network(f"configs/{name}.yaml")
    target = (Decimal(1), Decimal(0))[: given.n_out]
    problem = network_problem(given, (Decimal("0.5"),) * given.n_in, loss(of), target)
    assert [step.name for step in problem.steps] == rows
    row = problem.given
    for step in problem.steps:
        row = step.follow(row)
    inputs = [[0.5] * given.n_in]
    trace = given.trace(inputs)
    predicted = trace.logits if of in ("cross-entropy", "bce") else trace.output
    expected = loss(of).value(predicted, [[float(g) for g in target]])[0]
    assert float(row[0]) == pytest.approx(expected, rel=1e-12)
    assert problem.steps[-1].forward(step_before(problem)).item() == pytest.approx(expected, rel=1e-12)


def step_before(problem: Problem) -> np.ndarray:
    """The row that goes into the last step, in floating point."""
    rows = np.array([[float(x) for x in problem.given]])
    for step in problem.steps[:-1]:
        rows = step.forward(rows)
    return rows


@pytest.mark.parametrize("name", ROWS)
def test_the_rows_hold_the_networks_numbers(name: str, tmp_path: Path) -> None:
    """Exactly, and many in floating point."""
    given = network(name, tmp_path)
    inputs = np.random.default_rng(1).uniform(-2, 2, (3, given.n_in)).round(3)
    trace = given.trace(inputs)
    rows, exact = inputs, [tuple(Decimal(repr(x)) for x in row) for row in inputs.tolist()]
    for step in problem_of(given, Wording()).steps:
        rows, exact = step.forward(rows), [step.follow(row) for row in exact]
        np.testing.assert_allclose(rows, [[float(x) for x in row] for row in exact], rtol=1e-12, atol=1e-12)
        if "output" in step.names:
            np.testing.assert_allclose(rows, trace.output, rtol=1e-12)
        if "logits" in step.names:
            np.testing.assert_allclose(rows, trace.layers[-1].pre_activation, rtol=1e-12)
    if trace.probabilities is not None and "probabilities" in step.names and name != "rain":
        np.testing.assert_allclose(rows, trace.probabilities, rtol=1e-12)
