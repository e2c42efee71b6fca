"""What outputs mean, of a network or of scores given alone: their kind, and the loss they are usually measured by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, get_args

from nnlec.arithmetic.lazy_numpy import np
from nnlec.errors import NnlecError, same_name, unknown
from nnlec.named import NamedTuple

if TYPE_CHECKING:
    from nnlec.network.losses import Loss
    from nnlec.network.network import Network

NetworkKind = Literal["multi-class", "one-vs-rest", "binary", "multi-label", "decision", "regression"]
"""One class of several by softmax, or by the largest of several sigmoids; one of two; several; a class without
probabilities, as step, sign and hardmax give it; or plain numbers."""


class _Need(NamedTuple):
    """What a network must have to be of a kind, in words and as a test of it and of what its last activation gives."""

    words: str
    holds: Callable[[Network, str], bool]


_NEEDS: dict[str, _Need] = {
    "multi-class": _Need(
        "two outputs or more, with scores or probabilities", lambda n, g: n.n_out > 1 and g != "decision"
    ),
    "one-vs-rest": _Need("a sigmoid for each of two outputs or more", lambda n, g: n.n_out > 1 and g == "probability"),
    "binary": _Need("one output, a sigmoid or a logit", lambda n, g: n.n_out == 1 and g in {"probability", "score"}),
    "multi-label": _Need("a sigmoid for each output", lambda _, g: g == "probability"),
    "decision": _Need("a last activation that decides: step, sign or hardmax", lambda _, g: g == "decision"),
    "regression": _Need("no classes", lambda n, _: not n.classes),
}


def kind_of(network: Network, given: str = "") -> NetworkKind:
    """The kind that is `given`, else that of the classes, of what the last activation gives, and of the loss.

    One sigmoid without classes is taken for P(1) of the classes 0 and 1, unless the network has a loss of numbers.
    Raises `NnlecError` where the network cannot be of the kind given.
    """
    gives = network.layers[-1].activation.kind.gives
    if given:
        return _checked(network, given, gives)
    one_sigmoid = network.n_out == 1 and gives == "probability" and not (network.classes or network.loss)
    two_of_one = network.n_out == 1 and (len(network.classes) == 2 or network.loss == "binary-cross-entropy")
    if gives == "decision" and (network.classes or two_of_one):
        return "decision"
    if two_of_one or one_sigmoid:
        return "binary"
    if network.classes and gives == "probability":
        return "multi-label"
    several = network.classes or (gives == "distribution" and network.n_out > 1)
    return "multi-class" if several else "regression"


def _checked(network: Network, given: str, gives: str) -> NetworkKind:
    named = next((kind for kind in _NEEDS if same_name(kind, given)), None)
    if named is None:
        raise unknown("kind", given, get_args(NetworkKind)).at("kind")
    given = named
    if given == "multi-class" and gives == "probability":
        given = "one-vs-rest"
    need = _NEEDS[given]
    if not need.holds(network, gives):
        raise NnlecError(f"a {given} network needs {need.words}", where="kind")
    return given  # type: ignore[return-value]


def check_classes(network: Network) -> None:
    """Raises `NnlecError` where one output cannot choose: between two classes if it is no logit, nor of one class."""
    last = network.layers[-1].activation
    if network.kind == "multi-class" and network.n_out == 1:
        raise NnlecError(
            "one output is no choice between classes: its softmax is always 1",
            where="classes",
            hint="for two classes, name both and let the last activation be sigmoid",
        )
    if network.kind == "binary" and last.kind.gives in {"amount", "distribution"}:
        raise NnlecError(
            f"the output of {last.name} is never negative and cannot choose between two classes",
            where="classes" if network.classes else "loss",
            hint="let the last activation be sigmoid or identity, or leave the classes out",
        )


USUAL_LOSS: dict[NetworkKind, str] = {
    "multi-class": "cross-entropy",
    "one-vs-rest": "binary-cross-entropy",
    "binary": "binary-cross-entropy",
    "multi-label": "binary-cross-entropy",
    "regression": "mean-squared-error",
}
"""The loss of each kind; a decision has none."""


def usual_loss(network: Network) -> str | None:
    """The loss that a network is measured by: its own, else that of its kind; None for a decision."""
    from nnlec.network.losses import loss

    if network.kind == "decision" and network.loss and loss(network.loss).kind.takes != "outputs":
        return None
    return network.loss or USUAL_LOSS.get(network.kind)


def loss_name(name: str | None, network: Network | None, *, labelled: bool) -> str | None:
    """The loss asked for by name, else the network's usual one; None where there is no network.

    Numbers without a loss of their own that are compared with labels are scores of classes. Raises `NnlecError` for
    a decision, which has no usual loss.
    """
    if name is not None or network is None:
        return name
    if labelled and network.kind == "regression" and not network.loss:
        return None
    usual = usual_loss(network)
    if usual is None:
        last = network.layers[-1].activation.name
        raise NnlecError(f"which loss? {last} decides and gives no probabilities", where="--loss")
    return usual


def usual_loss_of_scores(size: int, target: Sequence[float] | None) -> str:
    """The loss of scores or probabilities given alone: `target` is None for a label.

    Raises `NnlecError` for one number whose target is no probability: any loss might be meant.
    """
    if size > 1:
        return "cross-entropy"
    if target is not None and not all(0 <= g <= 1 for g in target):
        raise NnlecError(
            "which loss? one prediction and its target may be anything",
            hint="--loss mean-squared-error, or --loss binary-cross-entropy for a target from 0 to 1",
        )
    return "binary-cross-entropy"


def expect_classes(loss: Loss, width: int) -> None:
    """Raises `NnlecError` for a loss between distributions of one number."""
    if loss.kind.target == "distribution" and width < 2:
        raise NnlecError(
            f"{loss.name} compares classes, but there is one column of predictions",
            hint="--loss binary-cross-entropy, or --loss mean-squared-error",
        )


def expect_several(scores: int, place: str) -> None:
    """Raises `NnlecError` for one score, which is no choice between classes."""
    if scores < 2:
        raise NnlecError(
            "softmax needs two scores or more: of one it is always 1",
            where=place,
            hint="one score for two classes is a logit: nnlec loss --logits F --label 0 shows its sigmoid",
        )


def expect_fit(loss: Loss, network: Network) -> None:
    """Raises `NnlecError` for a loss of other outputs than the network has."""
    expect_classes(loss, network.n_out)
    if network.kind == "decision" and loss.kind.takes != "outputs":
        decides = network.layers[-1].activation.name
        raise NnlecError(f"{loss.name} needs probabilities, but {decides} only decides", hint="leave --loss out")
    if loss.kind.takes == "outputs" or not network.ends_in_probabilities:
        return
    last = network.layers[-1].activation
    squashed = loss.kind.probabilities
    of_a_row = loss.kind.takes == "log-probabilities" or (squashed is not None and not squashed.pointwise)
    if of_a_row == last.kind.pointwise:  # softmax for sigmoid, or sigmoid for softmax
        fitting = USUAL_LOSS.get(network.kind, loss.name)
        hint = f"--loss {fitting}" if fitting != loss.name else ""
        raise NnlecError(f"{loss.name} does not fit a network that ends in {last.name}", hint=hint)


def gives_logarithms(network: Network) -> bool:
    """Whether the outputs are logarithms of probabilities."""
    zeros = np.zeros((1, network.n_out))
    return network.ends_in_probabilities and bool((network.layers[-1].activation(zeros) <= 0.0).all())


def by_logarithms(network: Network, loss: Loss) -> bool:
    """Whether the loss takes the logarithms of the network's probabilities, which the network does not give out."""
    return loss.kind.takes == "log-probabilities" and network.kind == "multi-class" and not gives_logarithms(network)
