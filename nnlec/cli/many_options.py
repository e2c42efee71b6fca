"""The options of commands that share their work out, and the folder that results may go to."""

from __future__ import annotations

import os

import click

from nnlec.cli.options import several, single_option
from nnlec.named import NamedTuple


class ManyOptions(NamedTuple):
    """Who does the work, and whether results that are whole stay."""

    workers: int | None = None
    scheduler: str | None = None
    resume: bool = False

    @property
    def shared(self) -> bool:
        """Whether work is shared out."""
        return self.workers is not None or self.scheduler is not None


worker_options = several(
    single_option(
        "--workers",
        metavar="N",
        type=click.IntRange(1),
        help="Share the files out among N processes (extra nnlec[dask]).",
    ),
    single_option("--scheduler", metavar="ADDRESS", help="Share them out in a Dask cluster, as tcp://host:8786."),
)
"""The options of every command that shares its work out."""

resume_option = click.option("--resume", is_flag=True, help="Go on: results that are whole stay as they are.")


def _share_rows(ctx: click.Context, threads: object) -> None:
    from nnlec.arithmetic.threads import share_rows

    assert isinstance(threads, int)
    share_rows(threads)
    ctx.call_on_close(lambda: share_rows(None))


threads_option = single_option(
    "--threads",
    metavar="N",
    type=click.IntRange(1, 256),
    expose_value=False,
    then=_share_rows,
    help="Share the arithmetic of a wide network out among N threads; no number changes.",
)


def is_folder(path: str | None) -> bool:
    """Whether an output is a folder: it ends with a slash, or is one.

    >>> is_folder("out/"), is_folder("out.csv"), is_folder(None)
    (True, False, False)
    """
    return path is not None and (path.endswith(("/", os.sep)) or os.path.isdir(path))
