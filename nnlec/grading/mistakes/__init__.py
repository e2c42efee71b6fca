"""Every slip that is looked for, by the operation it is made in. To add one, add a row to its table."""

from __future__ import annotations

from nnlec.grading.mistakes.affine import AFFINE_SLIPS
from nnlec.grading.mistakes.interface import Alternative, SlipKind, Work, decimals
from nnlec.grading.mistakes.loss import LOSS_SLIPS
from nnlec.grading.mistakes.softmax import EXPONENTIAL_SLIPS, SHARE_SLIPS
from nnlec.grading.mistakes.squash import SQUASH_SLIPS
from nnlec.grading.mistakes.writing import SWAPPED, WRITING_SLIPS
from nnlec.grading.steps import Affine, Exponentials, LossOf, Operation, Shares, Squash

__all__ = ["SLIPS", "SWAPPED", "WRITING_SLIPS", "Alternative", "SlipKind", "Work", "decimals"]

SLIPS: dict[type[Operation], tuple[SlipKind, ...]] = {
    Affine: AFFINE_SLIPS,
    Squash: SQUASH_SLIPS,
    Exponentials: EXPONENTIAL_SLIPS,
    Shares: SHARE_SLIPS,
    LossOf: LOSS_SLIPS,
}
