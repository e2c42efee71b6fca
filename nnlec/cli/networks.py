"""The networks that a command is given, and how far their files may reach."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from nnlec.cli.completion import complete_network
from nnlec.cli.examples import hint_for
from nnlec.errors import NnlecError
from nnlec.system import remember_input

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


def network_argument(**attributes: Any) -> Callable[[Command], Command]:
    """The NETWORK of a command: a shell is offered network files."""
    return click.argument("network", type=click.Path(), shell_complete=complete_network, **attributes)


def network_at(path: str) -> Network:
    """The network that the file at `path` describes, its weight files confined unless --allow-outside was given.

    Where there is no such file and the name is that of an example, the error says how to get it.
    """
    from nnlec.models import load_network

    remember_input(path)
    try:
        return load_network(path, allow_outside=click.get_current_context().meta.get(_ALLOWED, False))
    except NnlecError as error:
        raise NnlecError(error.what, where=error.where, hint=error.hint or hint_for(path)) from None
