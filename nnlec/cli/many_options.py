"""The options of commands that share their work out, and the folder that results may go to."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import click

from nnlec.cli.options import single_option

Command = TypeVar("Command", bound=Callable[..., Any])


class ManyOptions(NamedTuple):
    """Who does the work, and whether results that are whole stay."""

    workers: int | None = None
    scheduler: str | None = None
    resume: bool = False

    @property
    def shared(self) -> bool:
        """Whether work is shared out."""
        return self.workers is not None or self.scheduler is not None


def worker_options(command: Command) -> Command:
    """The options of every command that shares its work out."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS = (
    single_option(
        "--workers",
        metavar="N",
        type=click.IntRange(1),
        help="Share the files out among N processes (extra nnlec[dask]).",
    ),
    single_option("--scheduler", metavar="ADDRESS", help="Share them out in a Dask cluster, as tcp://host:8786."),
)

resume_option = click.option("--resume", is_flag=True, help="Go on: results that are whole stay as they are.")


def is_folder(path: str | None) -> bool:
    """Whether an output is a folder: it ends with a slash, or is one.

    >>> is_folder("out/"), is_folder("out.csv"), is_folder(None)
    (True, False, False)
    """
    return path is not None and (path.endswith(("/", os.sep)) or os.path.isdir(path))
