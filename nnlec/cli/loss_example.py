"""From the options of `nnlec loss` to one example: what was predicted, the target, and which loss."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from nnlec.arithmetic.numbers import Precise
from nnlec.cli.networks import network_at
from nnlec.cli.options import TruthOptions, error_context
from nnlec.cli.value_names import class_names, in_order_of
from nnlec.errors import NnlecError, NnlecWarning
from nnlec.models.values import TypedValues, parse_values
from nnlec.named import NamedTuple
from nnlec.network.losses import Loss, LossExample, loss
from nnlec.network.losses.targets import checked_target, target_of_labels
from nnlec.network.meaning import expect_classes, expect_fit, loss_name, usual_loss_of_scores

if TYPE_CHECKING:
    from nnlec.network.losses.targets import TargetKind
    from nnlec.network.network import Network
    from nnlec.network.parameters import ParameterValue
    from nnlec.network.trace import ExactTrace


class LossOptions(NamedTuple):
    """The options, as typed."""

    logits: str | None
    probabilities: str | None
    label: str | None
    target: str | None
    classes: str | None
    network: str | None
    name: str | None
    base: str | None
    parameters: tuple[str, ...]

    @property
    def truth(self) -> bool:
        """Whether a label or a target is given."""
        return self.label is not None or self.target is not None

    @property
    def loss_parameters(self) -> dict[str, ParameterValue]:
        """The parameters of the loss. Raises `NnlecError` for one that is not written as NAME=VALUE."""
        parameters = parameters_given(self.parameters)
        return parameters if self.base is None else {**parameters, "base": self.base}


def example_of(options: LossOptions) -> LossExample:
    """The one example that the options describe. Raises `NnlecError` where they do not fit together."""
    if (options.logits is None) == (options.probabilities is None):
        raise click.UsageError("give either --logits VALUES or --probabilities VALUES")
    if (options.label is None) == (options.target is None):
        raise click.UsageError("give either --label NAME_OR_INDEX or --target VALUES")
    network = network_at(options.network) if options.network else None
    given_probabilities = options.probabilities is not None
    with error_context("--probabilities" if given_probabilities else "--logits"):
        predicted = parse_values(options.logits or options.probabilities or "")
    choices, names = _choices(predicted, options.classes, network)
    chosen = loss(chosen_loss(options.name, network, names, options.target), options.loss_parameters)
    with error_context("--loss"):
        expect_classes(chosen, len(names))
    if given_probabilities:
        _check_probabilities(predicted.numbers, chosen)
    target = target_given(options.label, options.target, choices, names, chosen.kind.target)
    return LossExample(chosen, names, predicted.numbers, target, given_probabilities)


def example_after(trace: ExactTrace, truth: TruthOptions) -> LossExample:
    """The loss of what a network gave, on its exact numbers. Raises `NnlecError` where the truth does not fit."""
    from nnlec.network.trace import predicted_for

    network = trace.network
    choices, names = _choices(TypedValues((0.0,) * network.n_out), None, network)
    chosen = loss(chosen_loss(truth.name, network, names, truth.target), parameters_given(truth.parameters))
    with error_context("--loss"):
        expect_fit(chosen, network)
    target = target_given(truth.label, truth.target, choices, names, chosen.kind.target)
    return LossExample(chosen, names, tuple(map(Precise.of, predicted_for(chosen, trace))), target)


def chosen_loss(name: str | None, network: Network | None, names: tuple[str, ...], target: str | None) -> str:
    """The loss of --loss, else the network's, else the usual one of so many numbers and this target (None: a label).

    Raises `NnlecError` where it is open which loss is meant.
    """
    usual = loss_name(name, network, labelled=target is None)
    if usual is not None:
        return usual
    return usual_loss_of_scores(len(names), in_order_of(parse_values(target), names) if target is not None else None)


def parameters_given(texts: Sequence[str]) -> dict[str, ParameterValue]:
    """Parameters as typed, each once."""
    parameters: dict[str, ParameterValue] = {}
    for text in texts:
        name, value = parameter_given(text)
        if name in parameters:
            raise NnlecError(f"{name!r} is given twice, expected once", where="--parameter")
        parameters[name] = value
    return parameters


def parameter_given(text: str) -> tuple[str, ParameterValue]:
    """A parameter as typed: delta=0.5, weights=1,2,1, base=2."""
    name, equals, value = text.partition("=")
    if not equals:
        raise NnlecError(f"{text!r} names no value, expected NAME=VALUE", where="--parameter")
    if value.isalpha():
        return name, value
    with error_context(f"--parameter {name}"):
        numbers = parse_values(value).numbers
    return name, numbers if "," in value else numbers[0]


def _choices(
    predicted: TypedValues, classes: str | None, network: Network | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The classes that a label may name, and the name of each value: one value has two classes, 0 and 1 if unnamed."""
    if len(predicted.numbers) == 1 and not predicted.names:
        pair = tuple(name.strip() for name in classes.split(",")) if classes else network.class_names if network else ()
        if len(set(pair)) == 2 and (classes or (network is not None and network.classes)):
            return pair, pair[-1:]
        if not classes:
            return ("0", "1"), network.output_names if network else ("y1",)
    names = class_names(predicted, classes, network)
    return names, names


def target_given(
    label: str | None, target: str | None, classes: tuple[str, ...], names: tuple[str, ...], kind: TargetKind
) -> tuple[float, ...]:
    """g from --label, which names one of `classes`, or from --target, a value for each of `names`."""
    if label is not None:
        labels = [label] if label in classes else label.split(",")
        with error_context("--label"):
            return target_of_labels(labels, classes, len(names), kind)
    with error_context("--target"):
        return checked_target(in_order_of(parse_values(target or ""), names), len(names), kind)


def _check_probabilities(given: Sequence[float], chosen: Loss) -> None:
    for number, value in enumerate(given, start=1):
        if not 0 <= value <= 1:
            what = f"value {number} is {value:g}, expected a probability from 0 to 1"
            raise NnlecError(what, where="--probabilities")
    if chosen.kind.target == "distribution" and abs(sum(given) - 1) > 1e-6:
        warnings.warn(NnlecWarning(f"the probabilities sum to {sum(given):.10g}, not to 1"), stacklevel=2)
