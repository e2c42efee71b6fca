"""The one place where a mistake becomes a line and an exit status; a bug keeps its traceback."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Callable

import click

from nnlec import system
from nnlec.cli.output import say
from nnlec.errors import NnlecError, NnlecWarning

DONE, NO, MISTAKE, INTERRUPTED = 0, 1, 2, 130
"""Exit statuses: done; the answer is no; the user must change something; Ctrl-C."""


def run(command: click.Command) -> None:
    """Run `command` on the process's arguments and exit."""
    _complete_streams()
    # The ways to be ended that leave time to tidy up.
    for number in (signal.SIGTERM, getattr(signal, "SIGHUP", None)):
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)
    # One thread is the sane default for a filter; more cost start-up and hurt small layers. Read when numpy loads.
    for library in ("OPENBLAS_NUM", "MKL_NUM", "VECLIB_MAXIMUM"):  # the last is Apple's Accelerate
        os.environ.setdefault(f"{library}_THREADS", "1")
    try:
        status = status_of(command)
    except system.ReaderGone:
        status = system.end_for_lack_of_a_reader()
    sys.exit(status)


def status_of(command: click.Command, args: list[str] | None = None) -> int:
    """Run `command` and say with which status to exit, its mistakes printed on standard error."""
    system.forget_inputs()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what a library has to say is no sentence of ours
        warnings.simplefilter("always", NnlecWarning)
        warnings.showwarning = _first_of_each_kind()
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
        except MemoryError:
            return _say("Error: there is not enough memory for this")
        except OSError as error:  # click printed help or a version where nothing can be printed
            return _say(f"Error: {error.filename or 'standard output'}: {error.strerror or error}")
    return result if isinstance(result, int) else DONE


def _end(number: int, _frame: object) -> None:
    """Ends the process through every `finally` on the way out, with the status that its shell gives to the signal."""
    sys.exit(128 + number)


def _complete_streams() -> None:
    """Streams that take all that is written to them, and where one is closed (`>&-`), one that fails when it is used.

    Python leaves None there, to which click prints without a word, and the first file opened would become stream 0
    or 1.
    """
    for descriptor, name, flags in ((0, "stdin", os.O_WRONLY), (1, "stdout", os.O_RDONLY), (2, "stderr", os.O_WRONLY)):
        if getattr(sys, name) is None:
            null = os.open(os.devnull, flags)
            if null != descriptor:
                os.dup2(null, descriptor)
                os.close(null)
            setattr(sys, name, os.fdopen(descriptor, "w" if descriptor else "r", encoding="utf-8", closefd=False))
    sys.stdout, sys.stderr = system.whole(sys.stdout), system.whole(sys.stderr)


def _first_of_each_kind() -> Callable[..., None]:
    """What prints the first warning of each kind, on one line."""
    said: set[str] = set()

    def show(message: Warning | str, *_args: object, **_options: object) -> None:
        kind = message.kind if isinstance(message, NnlecWarning) else str(message)
        if kind not in said:
            said.add(kind)
            say(f"Warning: {message}")

    return show


def _say(line: str) -> int:
    say(line)
    return MISTAKE
