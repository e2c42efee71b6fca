"""A command whose options belong to modes: what has no meaning where it stands is an error, and is not offered."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from nnlec.cli.loose_numbers import refuse_loose_numbers
from nnlec.cli.modes import MODES, OUTPUT, READING
from nnlec.cli.places import CommandLine, Place
from nnlec.errors import NnlecError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class ModalCommand(click.Command):
    """A command in which an option that has no meaning where it stands is an error, and is not offered."""

    def __init__(self, *args: Any, **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self._texts = {option.name: option.help or "" for option in _options(self)}
        for option in _options(self):
            option.help = _prefixed(option.help or "", places(self, option))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options in sections; what a section's title says is not said again by its options."""
        sections: dict[str, list[tuple[str, str]]] = {name: [] for name in _SECTIONS}
        for option in self.get_params(ctx):
            record = option.get_help_record(ctx)
            if record is None or not isinstance(option, click.Option):
                continue
            of = places(self, option)
            section = _section(option, of)
            said = [place for place in of if place.short != section.lower()]
            text = _prefixed(self._texts.get(option.name, option.help or ""), tuple(said))
            sections[section].append((record[0], record[1].replace(option.help or "", text, 1)))
        for name, records in sections.items():
            if records:
                with formatter.section(name):
                    formatter.write_dl(records)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args[-1:] == ["--help"]:
            args = args[-1:]  # also where it would be taken for the value of an option
        if not ctx.resilient_parsing:
            refuse_loose_numbers(self, args)
        elif args and any(args[-1] in option.opts and not option.is_flag for option in _options(self)):
            args = args[:-1]  # its value is about to be completed: without it click reads none of the others
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        of = MODES[self.name or ""]
        refuse_misplaced(ctx, of.mode(ctx.params) or ("" if sys.stdin.isatty() else of.piped))
        return super().invoke(ctx)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """What can be typed next, without the options that have no meaning after what is typed."""
        of, format = MODES[self.name or ""], ""
        with suppress(NnlecError):  # the name of the output file is not finished, or wrong
            format = of.format(ctx.params, "")
        run = CommandLine(ctx.params, of.mode(ctx.params), format)
        misplaced = {
            name
            for option in _options(self)
            if any(place.instead(run) and not place.later for place in places(self, option))
            for name in (*option.opts, *option.secondary_opts)
        }
        return [item for item in super().shell_complete(ctx, incomplete) if item.value not in misplaced]


def refuse_misplaced(ctx: click.Context, mode: str) -> None:
    """Raises `click.UsageError` for an option given that has no meaning in a run of this mode."""
    run = CommandLine(ctx.params, mode, MODES[ctx.command.name or ""].format(ctx.params, mode))
    for option in _options(ctx.command):
        if ctx.get_parameter_source(option.name or "") is not ParameterSource.COMMANDLINE:
            continue
        for place in places(ctx.command, option):
            if instead := place.instead(run):
                name = long_name(option)
                words = place.words.partition(" (")[0] if name in place.words else place.words
                raise click.UsageError(f"{name} is for {words}, not for {instead}", ctx)


def places(command: click.Command, option: click.Option) -> tuple[Place, ...]:
    """Where the option has a meaning; none: everywhere."""
    return MODES[command.name or ""].places.get(option.name or "", ())


def long_name(option: click.Option) -> str:
    """How an option is called in a sentence."""
    return next((name for name in option.opts if name.startswith("--")), option.opts[0])


_SECTIONS = ("Options", "One example", "Table", "Output")


def _section(option: click.Option, places: tuple[Place, ...]) -> str:
    """Under which title the help lists an option."""
    titles = [name for name in _SECTIONS for place in places if place.short == name.lower()]
    if titles:
        return titles[0]
    return "Table" if option.name in READING else "Output" if option.name in OUTPUT else "Options"


def _options(command: click.Command) -> list[click.Option]:
    return [option for option in command.params if isinstance(option, click.Option)]


def _prefixed(text: str, places: tuple[Place, ...]) -> str:
    """The help of an option, its places before it."""
    short = ", ".join(dict.fromkeys(place.short for place in places if place.short))
    begun = text if text[1:2].isupper() else text[:1].lower() + text[1:]  # DATA stays
    return text if not short else f"{short[0].upper()}{short[1:]}: {begun}"
