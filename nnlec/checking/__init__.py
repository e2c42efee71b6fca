"""A student's figures against an exact computation: a verdict for each, and the slip behind a wrong one."""

from nnlec.checking.figures import Figure, figure, figures, named_figures
from nnlec.checking.marking import mark
from nnlec.checking.steps import Problem, Step, loss_problem, network_problem, scores_problem
from nnlec.checking.verdict import Mark, MarkedRow, Road, Slip, Verdict

__all__ = [
    "Figure",
    "Mark",
    "MarkedRow",
    "Problem",
    "Road",
    "Slip",
    "Step",
    "Verdict",
    "figure",
    "figures",
    "loss_problem",
    "mark",
    "named_figures",
    "network_problem",
    "scores_problem",
]
