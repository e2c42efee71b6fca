"""Numbers typed where no option takes them, `softmax -3,-1` or `-i 1, 2`: the error says what to write."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

import click

_NUMBER = r"[-+\u2212]?\.?[0-9][0-9.]*([eE][-+]?[0-9]+)?%?(/[0-9.]+)?"
_NUMBERS = re.compile(rf"{_NUMBER}(,{_NUMBER})*,?")


def refuse_loose_numbers(command: click.Command, args: Sequence[str]) -> None:
    """Raises `click.UsageError` for numbers that stand alone among `args`, and for a value after `-i=`."""
    options = {
        name: option
        for option in command.params
        if isinstance(option, click.Option)
        for name in (*option.opts, *option.secondary_opts)
    }
    takers = [option for option in options.values() if option.metavar == "VALUES"]
    if not takers:
        return
    option, value, waiting = takers[0], "", False
    for position, arg in enumerate(args):
        name, equals, after = arg.partition("=")
        if waiting:
            value, waiting = arg, False
        elif _NUMBERS.fullmatch(arg) and not os.path.exists(arg):
            if option.metavar != "VALUES":
                option, value = takers[0], ""
            loose = [*([value] if _NUMBERS.fullmatch(value) else []), *_run(args[position:])]
            joined = ",".join(part.strip(",") for part in loose)
            long = next(name for name in option.opts if name.startswith("--"))
            raise click.UsageError(f"the numbers {' '.join(loose)} need an option: write {long}={joined}")
        elif name in options and equals and not name.startswith("--"):
            raise click.UsageError(f"{name} takes no '=': write {name} {after}")
        elif name in options:
            option, value, waiting = options[name], after, not equals and not options[name].is_flag
        elif arg.startswith("-") and arg != "-":  # an unknown option, or several in one: click says what is wrong
            return


def _run(args: Sequence[str]) -> Sequence[str]:
    """The numbers at the beginning of `args`."""
    end = next((number for number, arg in enumerate(args) if not _NUMBERS.fullmatch(arg)), len(args))
    return args[:end]
