"""Numbers typed where no option takes them, `softmax -3,-1` or `-i 1, 2`: the error says what to write.

A shell may have taken them apart: PowerShell makes two words of 1,2 without quotes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from itertools import takewhile

import click

_NUMBER = r"([^-=,][^=,]*=)?[-+\u2212]?\.?[0-9][0-9.]*([eE][-+]?[0-9]+)?%?(/[0-9.]+)?"


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
        elif _are_numbers(arg) and not os.path.exists(arg):
            if option.metavar != "VALUES":
                option, value = takers[0], ""
            loose = [*([value] if _are_numbers(value) else []), *takewhile(_are_numbers, args[position:])]
            joined = ",".join(part.strip(",") for part in loose)
            long = next(name for name in option.opts if name.startswith("--"))
            raise click.UsageError(f'the numbers {" ".join(loose)} need an option: write {long}="{joined}"')
        elif name in options and equals and not name.startswith("--"):
            raise click.UsageError(f"{name} takes no '=': write {name} {after}")
        elif name in options:
            option, value, waiting = options[name], after, not equals and not options[name].is_flag
        elif arg.startswith("-") and arg != "-":  # an unknown option, or several in one: click says what is wrong
            return


def _are_numbers(arg: str) -> bool:
    # The pattern is compiled here, when there is something to compare: at the start of every command it would cost.
    return any("0" <= digit <= "9" for digit in arg) and bool(re.fullmatch(rf"{_NUMBER}(,{_NUMBER})*,?", arg))
