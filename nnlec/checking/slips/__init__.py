"""Every slip that is looked for, by the operation it is made in. To add one, add a row to its table."""

from __future__ import annotations

from nnlec.checking.slips.affine import AFFINE_SLIPS
from nnlec.checking.slips.interface import Alternative, SlipKind, Work, decimals
from nnlec.checking.slips.loss import LOSS_SLIPS
from nnlec.checking.slips.softmax import EXPONENTIAL_SLIPS, SHARE_SLIPS
from nnlec.checking.slips.squash import SQUASH_SLIPS
from nnlec.checking.slips.writing import SWAPPED, WRITING_SLIPS
from nnlec.checking.steps import Affine, Exponentials, LossOf, Operation, Shares, Squash

__all__ = ["SLIPS", "SWAPPED", "WRITING_SLIPS", "Alternative", "SlipKind", "Work", "decimals"]

SLIPS: dict[type[Operation], tuple[SlipKind, ...]] = {
    Affine: AFFINE_SLIPS,
    Squash: SQUASH_SLIPS,
    Exponentials: EXPONENTIAL_SLIPS,
    Shares: SHARE_SLIPS,
    LossOf: LOSS_SLIPS,
}
