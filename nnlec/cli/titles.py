"""What a page is called that has no heading of its own."""

from __future__ import annotations

import click

from nnlec.text import own

_TITLES = {
    "forward": "Forward pass",
    "softmax": "Softmax",
    "loss": "Loss",
    "check": "Check",
    "evaluate": "Evaluation",
    "stats": "Statistics of the layers",
    "compare": "Comparison",
    "show": "Network",
    "step": "Step of learning",
}


def title() -> str:
    """What the command that runs makes, in the language of the page."""
    command = click.get_current_context().info_name or ""
    return own(_TITLES.get(command, command.capitalize()))
