"""The options of `nnlec check`: a network and its input, or given scores or probabilities, and the figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import click

from nnlec.cli.inputs import input_row
from nnlec.cli.networks import network_at
from nnlec.cli.options import error_context
from nnlec.cli.value_names import class_names
from nnlec.errors import NnlecError

if TYPE_CHECKING:
    from nnlec.grading import Problem
    from nnlec.grading.step_sheet import StepProblem
    from nnlec.grading.steps import Wording
    from nnlec.models.answers import Names
    from nnlec.models.values import TypedValues
    from nnlec.network.losses import Loss
    from nnlec.network.network import Network
    from nnlec.network.trace import Row

BEFORE = " before activation"

_ROWS = ("logits", "exponentials", "probabilities", "loss")


@dataclass(frozen=True)
class CheckOptions:
    """The options of `nnlec check`, as typed, and the computation they describe.

    `worksheet` is the folder from which the network, the input and the truth of a `variant` come.
    """

    wording: Wording
    network: str | None = None
    values: str | None = None
    layers: tuple[str, ...] = ()
    outputs: str | None = None
    logits: str | None = None
    exponentials: str | None = None
    probabilities: str | None = None
    loss: str | None = None
    label: str | None = None
    target: str | None = None
    classes: str | None = None
    loss_function: str | None = None
    delta: tuple[str, ...] = ()
    gradient: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    rate: str | None = None
    keep_biases: bool = False
    variant: str | None = None
    worksheet: str | None = None

    def __post_init__(self) -> None:
        if self.label is not None and self.target is not None:
            raise click.UsageError("give --label NAME_OR_INDEX or --target VALUES, not both")
        if self.network is None and self.given is None:
            raise click.UsageError("give a NETWORK with --input, or --logits, or --probabilities with --loss")

    @property
    def given(self) -> str | None:
        """Without a network, the row that all figures follow from: the scores, or the probabilities."""
        return next((name for name in ("logits", "probabilities") if getattr(self, name) is not None), None)

    @property
    def typed(self) -> dict[str, str]:
        """The figures typed, by the name of their row."""
        rows = _by_layer(self.layers, "--layer", "hidden=5.2,14.5", self._row_of)
        if self.outputs is not None:
            if "output" in rows:
                raise click.UsageError("--layer output is the last layer here: leave out --output")
            rows["output"] = self.outputs
        given = self.given if self.network is None else None
        more = {f"--{name}": (name, getattr(self, name)) for name in _ROWS if name != given}
        for kind in ("delta", "gradient", "after"):  # of a step of learning
            for name, row in _by_layer(getattr(self, kind), f"--{kind}", "hidden=0.1,-0.2").items():
                more[f"--{kind} {name}"] = (f"{kind} {name}", row)
        for option, (name, row) in more.items():
            if row is not None and name in rows:
                raise click.UsageError(f"--layer {name!r} and {option} are the same row: give one of them")
            if row is not None:
                rows[name] = row
        return rows

    @property
    def _asks_for_step(self) -> bool:
        """Whether figures of a step are given, or may stand in a file."""
        return self.rate is not None or bool(self.delta or self.gradient or self.after)

    @cached_property
    def step(self) -> StepProblem | None:
        """The step of learning that figures are held against; None where no target and no rate are given.

        Without a rate there are no new weights to check: it is 0 then.
        """
        if self._network is None or not self._asks_for_step:
            return None
        from nnlec.arithmetic.numbers import decimal_of
        from nnlec.cli.commands.step import rate_of
        from nnlec.grading.step_sheet import StepProblem
        from nnlec.network.meaning import expect_fit

        if self.label is None and self.target is None:
            raise click.UsageError("a step needs the feedback: --label NAME_OR_INDEX or --target VALUES")
        row = self._inputs(self._network)
        loss, target = self._loss_after(self._network)
        assert loss is not None
        with error_context("--loss-function"):
            expect_fit(loss, self._network)
        rate = rate_of(self.rate) if self.rate is not None else decimal_of(0.0)
        return StepProblem(self._network, row, loss, target, rate, self.keep_biases, self.wording)

    def _row_of(self, name: str) -> str:
        """The row that `--layer NAME` stands for: a hidden layer called `output` is not the network's output."""
        from nnlec.grading import layer_key

        layer, before = name.removesuffix(BEFORE), BEFORE if name.endswith(BEFORE) else ""
        layers = self._network.layers if self._network is not None else ()
        named = [number for number, one in enumerate(layers, start=1) if one.name == layer]
        return layer_key(layer, named[-1] == len(layers)) + before if named else name

    def with_own(self, own: Mapping[str, str]) -> CheckOptions:
        """The same options with a student's own input or right class."""
        if self.worksheet is not None:
            return self._on_sheet(own)
        if not own:
            return self
        changes = {"values": own["input"]} if "input" in own else {}
        if "label" in own or "target" in own:
            changes |= {"label": own.get("label"), "target": own.get("target")}  # type: ignore[dict-item]
        return replace(self, **changes)  # type: ignore[arg-type]

    def on_worksheet(self, *, several: bool) -> CheckOptions:
        """The same options where NETWORK is a folder of worksheets; `several` sheets name themselves in a file."""
        from nnlec.cli.worksheet_format import is_worksheet

        if not is_worksheet(self.network):
            return self
        from nnlec.cli.worksheet_key import first_sheet, given_on, wording_on
        from nnlec.grading.steps import LECTURE

        folder = self.network or ""
        if self.variant is None and not several:
            raise click.UsageError(f"which sheet? give --variant {first_sheet(folder)}")
        given = given_on(folder, self.variant or first_sheet(folder))
        twice = next((name for name in given if name != "network" and getattr(self, name) is not None), None)
        if twice is not None:
            raise click.UsageError(f"--{twice.replace('_', '-')} stands on the sheet: leave it out")
        wording = self.wording if self.wording != LECTURE else wording_on(folder)
        return replace(self, worksheet=folder, wording=wording)._on_sheet({})

    def _on_sheet(self, own: Mapping[str, str]) -> CheckOptions:
        """What stands on a sheet, as options; without a name it is the first one, which has the rows of all."""
        from nnlec.cli.worksheet_key import first_sheet, given_on

        others = [name for name in own if name != "variant"]
        if others:
            raise NnlecError(f"{others[0]} stands on the sheet", hint="leave the column out")
        assert self.worksheet is not None
        named = own.get("variant", "").strip() or self.variant
        if own and not named:
            raise NnlecError("the sheet has no name", where="variant")
        given = given_on(self.worksheet, named or first_sheet(self.worksheet))
        return replace(self, **given)  # type: ignore[arg-type]

    @property
    def names(self) -> Names:
        """What rows of figures, and single figures, may be called."""
        from nnlec.grading import letters, network_problem
        from nnlec.models.answers import Names

        if self._network is None:
            problem = self.problem
        else:
            nothing = _decimals((0.0,) * self._network.n_in)
            problem = network_problem(self._network, nothing, wording=self.wording)
        rows = {name: len(labels) for name, labels in problem.labels.items()}
        if self._network is None:
            rows = {name: rows.get(name, 0) for name in _ROWS if name != self.given}
        known = letters(problem, self._network)
        if self._network is not None and self._asks_for_step:
            from nnlec.grading.step_labels import step_labels, step_letters

            hidden = self.wording.hidden
            rows |= {name: len(labels) for name, labels in step_labels(self._network, hidden).items()}
            known |= step_letters(self._network, hidden)
        return Names(rows | {"loss": 1}, {"L": ("loss", None)} | known)

    @cached_property
    def problem(self) -> Problem:
        """The computation that the figures are held against."""
        from nnlec.grading import loss_problem, network_problem, scores_problem
        from nnlec.models.values import parse_values

        if self._network is not None:
            row = self._inputs(self._network)
            return network_problem(self._network, row, *self._loss_after(self._network), self.wording)
        assert self.given is not None
        with error_context(f"--{self.given}"):
            values: TypedValues = parse_values(getattr(self, self.given))
        names = class_names(values, self.classes)
        loss, target = self._loss(names, names)
        if self.given == "logits":
            return scores_problem(_decimals(values.numbers), names, loss, target, self.wording)
        if loss is None:
            raise click.UsageError("--probabilities alone are not marked: give --logits too, or --loss and --label")
        return loss_problem(_decimals(values.numbers), names, loss, target)

    @cached_property
    def _network(self) -> Network | None:
        return network_at(self.network) if self.network is not None else None

    def _inputs(self, network: Network) -> Row:
        if self.values is None:
            raise click.UsageError("give the --input VALUES that the figures were computed from")
        return _decimals(input_row(network, self.values))

    def _loss_after(self, network: Network) -> tuple[Loss | None, Row]:
        names = network.output_names
        return self._loss(network.class_names or names, names)

    def _loss(self, classes: tuple[str, ...], names: tuple[str, ...]) -> tuple[Loss | None, Row]:
        """The chosen loss and its target, a number for each of `names`; no loss where there is no target."""
        from nnlec.cli.loss_example import chosen_loss, target_given
        from nnlec.network.losses import loss as loss_of

        if self.label is None and self.target is None:
            if self.loss is not None:
                raise click.UsageError("--loss needs the right class: --label NAME_OR_INDEX or --target VALUES")
            return None, ()
        loss = loss_of(chosen_loss(self.loss_function, self._network, names, self.target))
        return loss, _decimals(target_given(self.label, self.target, classes, names, loss.kind.target))


def _by_layer(texts: Sequence[str], option: str, example: str, row_of: Callable[[str], str] = str) -> dict[str, str]:
    """The figures of an option that is repeated for each layer, by the name of their row."""
    rows: dict[str, str] = {}
    for text in texts:
        name, equals, figures = text.partition("=")
        if not equals:
            raise NnlecError(f"{text!r} names no layer", where=option, hint=f"write it as {example}")
        row = row_of(name)
        if row in rows:
            raise NnlecError(f"the figures of {row!r} are given twice", where=option)
        rows[row] = figures
    return rows


def _decimals(numbers: tuple[float, ...]) -> Row:
    from nnlec.arithmetic.numbers import decimal_of

    return tuple(decimal_of(number) for number in numbers)
