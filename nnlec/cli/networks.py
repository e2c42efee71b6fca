"""The networks that a command is given, and how far their files may reach."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from nnlec.network.network import Network

Command = TypeVar("Command", bound=Callable[..., Any])

_ALLOWED = "nnlec.allow_outside"


def _remember(ctx: click.Context, _parameter: click.Parameter, given: bool) -> None:
    ctx.meta[_ALLOWED] = given


outside_option = click.option(
    "--allow-outside",
    is_flag=True,
    expose_value=False,
    callback=_remember,
    help="Read weight files outside the network file's folder too.",
)
"""For every command that reads a network; `network_at` obeys it."""


def network_at(path: str) -> Network:
    """The network that the file at `path` describes, its weight files confined unless --allow-outside was given."""
    from nnlec.models import load_network

    return load_network(path, allow_outside=click.get_current_context().meta.get(_ALLOWED, False))
