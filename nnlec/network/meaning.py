"""What a network's outputs mean: one class of several, one of two, several labels, a decision, or plain numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from nnlec.errors import NnlecError

if TYPE_CHECKING:
    from nnlec.network.network import Network

Kind = Literal["multi-class", "binary", "multi-label", "decision", "regression"]


def kind_of(network: Network) -> Kind:
    """The kind of a network, read from its classes, what its last activation gives, and its loss.

    A decision is a class without probabilities: what step, sign and hardmax give.
    """
    gives = network.layers[-1].activation.kind.gives
    two_of_one = network.n_out == 1 and (len(network.classes) == 2 or network.loss == "binary-cross-entropy")
    if gives == "decision" and (network.classes or two_of_one):
        return "decision"
    if two_of_one:
        return "binary"
    if network.classes and gives == "probability":
        return "multi-label"
    return "multi-class" if network.classes or gives == "distribution" else "regression"


def check_two_classes(network: Network) -> None:
    """Raises `NnlecError` where two classes share one output that is no logit and no decision."""
    last = network.layers[-1].activation
    if kind_of(network) == "binary" and last.kind.gives in {"amount", "distribution"}:
        raise NnlecError(
            f"the output of {last.name} is never negative and cannot choose between two classes",
            where="classes" if network.classes else "loss",
            hint="let the last activation be sigmoid or identity, or leave the classes out",
        )
