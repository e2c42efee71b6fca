"""Plans travel between processes, and the results of two parts of a table are the result of the whole."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnlec.network.activations import activation
from nnlec.network.layers import Dense
from nnlec.network.losses import LOSSES, loss
from nnlec.network.network import Network
from nnlec.rendering.records.evaluation import evaluation_record, mean_loss_record
from nnlec.tables.evaluate import plan_evaluate
from nnlec.tables.forward import plan_forward
from nnlec.tables.header import Header
from nnlec.tables.loss import plan_loss, plan_loss_per_row
from nnlec.tables.rows import RowErrors, Rows, no_rows
from nnlec.tables.softmax import plan_softmax
from nnlec.tables.text_column import TextColumn
from tests.conftest import examples

HEADER = Header("t.csv:1", ("a", "b", "t", "u"), 4)


def network(last: str, classes: tuple[str, ...] = ("no", "yes")) -> Network:
    return Network((Dense(np.eye(2), None, activation(last), "output"),), inputs=("a", "b"), classes=classes)


PLANS: dict[str, Callable[[], Any]] = {
    "forward": lambda: plan_forward(HEADER, network("softmax"), logits=False, predict=True, columns=(), keep=False),
    "softmax": lambda: plan_softmax(HEADER, columns=("a", "b")),
    "loss": lambda: plan_loss(
        HEADER, loss("cross-entropy"), ["t"], columns=("a", "b"), classes=("no", "yes"), given="logits"
    ),
    "loss per row": lambda: plan_loss_per_row(
        HEADER, loss=loss("cross-entropy"), target=["t"], columns=("a", "b"), classes=("no", "yes"), given="logits"
    ),
    "evaluate one class": lambda: plan_evaluate(HEADER, network("softmax"), loss("cross-entropy"), ["t"]),
    "evaluate labels": lambda: plan_evaluate(HEADER, network("sigmoid"), loss("binary-cross-entropy"), ["t"]),
    "evaluate regression": lambda: plan_evaluate(HEADER, network("identity", ()), loss("mse"), ["t", "u"]),
}


def sent(plan: Any) -> Any:
    """The plan as another process would get it."""
    return pickle.loads(pickle.dumps(plan))


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_can_be_sent_to_another_process(name: str) -> None:
    plan = PLANS[name]()
    received = sent(plan)
    assert type(received) is type(plan)
    assert received.selection == plan.selection
    rows = block(np.array([[1.0, -2.0], [0.5, 3.0]]), ["no", "yes"], plan)
    here, there = plan.compute(rows), received.compute(rows)
    assert pickle.loads(pickle.dumps(there)) is not None
    assert plain(here) == plain(there)


def block(numbers: np.ndarray[Any, Any], labels: list[str], plan: Any) -> Rows:
    """A block as the plan selects it: numbers of targets are made of those of inputs."""
    wanted = len(plan.selection.numbers)
    repeated = np.concatenate([numbers, numbers[:, ::-1]], axis=1)
    return Rows(np.ascontiguousarray(repeated[:, :wanted]), (TextColumn.of(labels),) if plan.selection.texts else ())


def plain(result: Any) -> object:
    """A result as values that can be compared to the bit."""
    if isinstance(result, tuple):
        return [column.tobytes() if isinstance(column, np.ndarray) else column for column in result]
    return repr(_without_places(evaluation_record(result)) if hasattr(result, "groups") else mean_loss_record(result))


def _without_places(record: Any) -> Any:
    """A record but for the numbers of rows, which depend on their order."""
    if isinstance(record, dict):
        return {key: _without_places(value) for key, value in record.items() if key != "largest_row"}
    return [_without_places(each) for each in record] if isinstance(record, list) else record


NUMBERS = st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from(
    [0.0, -0.0, 1.0, 1e-300, 5e307, 1e154, np.inf]
)
TABLES = arrays(np.float64, st.tuples(st.integers(1, 8), st.just(2)), elements=NUMBERS)
SUMMARIES = ("loss", "evaluate one class", "evaluate labels", "evaluate regression")


@pytest.mark.parametrize("name", SUMMARIES)
@examples(80)
@given(table=TABLES, cut=st.integers(0, 8), data=st.data())
@example(table=np.array([[5.0, 5.0], [np.nan, 1.0]]), cut=1, data=None)
def test_two_parts_merged_are_the_whole(name: str, table: np.ndarray[Any, Any], cut: int, data: Any) -> None:
    labels = ["yes"] * len(table) if data is None else [data.draw(st.sampled_from(["no", "yes"])) for _ in table]
    plan = PLANS[name]()
    with np.errstate(all="ignore"):
        whole = plan.compute(block(table, labels, plan))
        parts = plan.compute(no_rows(plan.selection))
        for part in (slice(cut, None), slice(0, cut)):  # and in another order
            if len(labels[part]):
                parts = parts.merge(plan.compute(block(table[part], labels[part], plan)))
    assert plain(whole) == plain(parts)


@given(arrays(np.float64, st.integers(2, 8), elements=st.integers(-3, 3).map(float) | st.floats(-1e6, 1e6)))
def test_r2_is_that_of_fractions(target: np.ndarray[Any, Any]) -> None:
    plan = plan_evaluate(
        Header("t.csv:1", ("a", "t"), 2),
        Network((Dense(np.eye(1), None, activation("identity"), "output"),), inputs=("a",)),
        loss("mse"),
        ["t"],
    )
    inputs = np.arange(len(target), dtype=float)
    result = plan.compute(Rows(np.stack([inputs, target + 1e9], axis=1)))
    shifted = (target + 1e9).tolist()
    mean = sum(map(Fraction, shifted), Fraction(0)) / len(shifted)
    variation = sum(((Fraction(g) - mean) ** 2 for g in shifted), Fraction(0))
    residual = sum((Fraction((f - g) * (f - g)) for f, g in zip(inputs.tolist(), shifted, strict=True)), Fraction(0))
    expected = float(1 - residual / variation) if variation else None
    assert evaluation_record(result)["r2"] == expected


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_evaluate_and_loss_refuse_the_same_losses_of_one_output(name: str) -> None:
    made = Network((Dense(np.eye(1), None, activation("identity"), "output"),), inputs=("a",))
    header = Header("t.csv:1", ("a", "t"), 2)
    refused = []
    for plan in (
        lambda: plan_evaluate(header, made, loss(name), ["t"]),
        lambda: plan_loss(header, loss(name), ["t"], columns=["a"], given=None),
    ):
        try:
            plan()
            refused.append("")
        except Exception as error:
            refused.append(str(error).removeprefix("t.csv:1: "))
    assert refused[0] == refused[1]


def test_every_row_that_is_wrong_is_named() -> None:
    plan = PLANS["evaluate one class"]()
    with pytest.raises(RowErrors) as raised:
        plan.compute(block(np.zeros((4, 2)), ["no", "cow", "yes", "hen"], plan))
    assert sorted(raised.value.errors) == [1, 3]
