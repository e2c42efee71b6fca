"""A student's figures against an exact computation: a verdict for each, and the slip behind a wrong one."""

from nnlec.grading.figures import Figure, figure, figures, named_figures
from nnlec.grading.marking import mark
from nnlec.grading.steps import Problem, Step, loss_problem, network_problem, scores_problem
from nnlec.grading.verdict import Mark, MarkedRow, Road, Slip, Verdict

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
