"""The one place where a mistake becomes a line and an exit status; a bug keeps its traceback."""

from __future__ import annotations

import os
import signal
import sys
import warnings

import click

from nnlec.errors import NnlecError, NnlecWarning
from nnlec.escaping import visible

DONE, NO, MISTAKE, INTERRUPTED = 0, 1, 2, 130
"""Exit statuses: done; the answer is no; the user must change something; Ctrl-C."""


def run(command: click.Command) -> None:
    """Run `command` on the process's arguments and exit."""
    # As other filters do: a reader that goes away ends us quietly.
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    # One thread is the sane default for a filter; more cost start-up and hurt small layers. Read when numpy loads.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.exit(status_of(command))


def status_of(command: click.Command, args: list[str] | None = None) -> int:
    """Run `command` and say with which status to exit, its mistakes printed on standard error."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", NnlecWarning)
        warnings.showwarning = _Warnings().show
        try:
            result = command.main(args, prog_name="nnlec", standalone_mode=False)
        except NnlecError as error:
            return _say(f"Error: {error}")
        except click.UsageError as error:
            help_of = f" (see '{error.ctx.command_path} --help')" if error.ctx else ""
            return _say(f"Error: {error.format_message()}{help_of}")
        except click.ClickException as error:
            return _say(f"Error: {error.format_message()}")
        except (KeyboardInterrupt, click.Abort):
            return INTERRUPTED
    return result if isinstance(result, int) else DONE


class _Warnings:
    """Prints each warning once, on one line."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def show(self, message: Warning | str, *_args: object, **_options: object) -> None:
        text = str(message)
        if text not in self._said:
            self._said.add(text)
            _say(f"Warning: {text}")


def _say(line: str) -> int:
    click.echo(visible(line.replace("\n", " ")), err=True)
    return MISTAKE
