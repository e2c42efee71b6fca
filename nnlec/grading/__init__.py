"""A student's figures against an exact computation: a verdict for each, and the mistake behind a wrong one."""

from nnlec.grading.figures import Figure
from nnlec.grading.letters import letters
from nnlec.grading.marking import mark
from nnlec.grading.problems import layer_key, loss_problem, network_problem, scores_problem
from nnlec.grading.reading import figure, figures, named_figures, sheet_figures
from nnlec.grading.steps import Problem
from nnlec.grading.verdict import Basis, Mark, MarkedRow, Mistake, Verdict

__all__ = [
    "Basis",
    "Figure",
    "Mark",
    "MarkedRow",
    "Mistake",
    "Problem",
    "Verdict",
    "figure",
    "figures",
    "layer_key",
    "letters",
    "loss_problem",
    "mark",
    "named_figures",
    "network_problem",
    "scores_problem",
    "sheet_figures",
]
