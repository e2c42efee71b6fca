"""What a network decides for each row, and which losses fit its outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnlec.errors import NnlecError
from nnlec.network.activations import log_softmax
from nnlec.network.meaning import gives_logarithms
from nnlec.network.network import Network
from nnlec.tables.header import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlec.arithmetic.types import Array, Flags, Indices
    from nnlec.network.losses import Loss


def class_loss(network: Network) -> Loss:
    """The loss whose target is read as a decision's is: a class for several outputs, 0 or 1 for one."""
    from nnlec.network.losses import loss

    return loss("binary-cross-entropy" if network.n_out == 1 else "cross-entropy")


def taken_by(loss: Loss, network: Network, rows: Array) -> tuple[Array, Array]:
    """What the loss takes of the network's results, and the logits (the outputs where it is no classifier)."""
    if loss.kind.takes == "logits" and network.kind != "regression":
        logits = network.logits(rows)
        return logits, logits
    logits, output = network.scores(rows)
    if loss.kind.takes == "logits":
        return logits, output
    if loss.kind.takes == "log-probabilities" and network.kind == "multi-class":
        return output if gives_logarithms(network) else log_softmax(logits), logits
    return output, logits if network.kind != "regression" else output


def ranked(logits: Array) -> Indices:
    """(rows, classes): the classes of each row from the likeliest on; of equals the first, as networks choose."""
    scores = logits if logits.shape[1] > 1 else np.concatenate([-logits, logits], axis=1)
    return np.argsort(np.where(np.isnan(scores), -np.inf, -scores), axis=1, kind="stable")


def applying(logits: Array, probabilities: Array | None = None, threshold: float | None = None) -> Flags:
    """(rows, n): whether each label applies: where P is above the threshold (1/2: where the logit is above 0)."""
    if threshold is None or probabilities is None:
        return logits > 0.0
    return probabilities > threshold


def expect_separable(classes: Sequence[str]) -> None:
    """Raises `NnlecError` for a class that cannot be one of several labels in a cell: its name has the separator."""
    for name in classes:
        if ";" in name:
            raise NnlecError(
                f"the class {quoted(name)} has a ';' in its name, which separates labels",
                hint="give the class another name",
            )
