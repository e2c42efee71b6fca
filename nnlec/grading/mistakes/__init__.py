"""Every mistake that is looked for, by the operation it is made in. To add one, add a row to its table."""

from __future__ import annotations

from nnlec.grading.mistakes.activation import ACTIVATION_MISTAKES
from nnlec.grading.mistakes.interface import Alternative, MistakeKind, Work, decimals
from nnlec.grading.mistakes.layer import LAYER_MISTAKES
from nnlec.grading.mistakes.linear import LINEAR_MISTAKES
from nnlec.grading.mistakes.loss import LOSS_MISTAKES
from nnlec.grading.mistakes.softmax import EXPONENTIAL_MISTAKES, NORMALISATION_MISTAKES
from nnlec.grading.mistakes.writing import SWAPPED, WRITING_MISTAKES
from nnlec.grading.operations import Activated, Exponentials, Linear, LossOf, Normalised, Operation, Selected

__all__ = ["MISTAKES", "SWAPPED", "WRITING_MISTAKES", "Alternative", "MistakeKind", "Work", "decimals"]

MISTAKES: dict[type[Operation], tuple[MistakeKind, ...]] = {
    Linear: (*LINEAR_MISTAKES, *LAYER_MISTAKES),
    Selected: LAYER_MISTAKES,
    Activated: ACTIVATION_MISTAKES,
    Exponentials: EXPONENTIAL_MISTAKES,
    Normalised: NORMALISATION_MISTAKES,
    LossOf: LOSS_MISTAKES,
}
