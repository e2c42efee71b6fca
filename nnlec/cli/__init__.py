"""The command line: a group whose commands are imported when called, behind one gate for errors."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import click

from nnlec.cli.examples import COPY
from nnlec.cli.gate import run
from nnlec.errors import unknown
from nnlec.version import __version__

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS: dict[str, str] = {
    "forward": "Work a forward pass layer by layer.",
    "softmax": "Turn scores into probabilities.",
    "loss": "Compare predictions with targets.",
    "step": "Work one step of learning: predict, give feedback, update.",
    "evaluate": "Measure a network on a table.",
    "stats": "Look inside a network while it works on a table.",
    "check": "Mark a student's figures.",
    "worksheet": "Make worksheets with nice numbers, and their keys.",
    "page": "Write a network as a page to play with.",
    "draw": "Draw a network, with an example's numbers in it.",
    "show": "List what a network is made of.",
    "compare": "Find the first layer in which two networks differ, and why.",
    "convert": "Write a network or trained weights in another format.",
    "list": "List activations, losses, layers, metrics, formats.",
    "example": "List, print or copy the example networks.",
    "guide": "Read the guide: network files, tables, checking, ...",
}
"""The name of a module of this package and of the click command in it -> what `nnlec --help` says of it."""


class LazyGroup(click.Group):
    """A group that imports a command's module when it is needed, which keeps `--help` and completion fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return [*COMMANDS]  # the builtin `list` is hidden here by the command's module

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """`nnlec help COMMAND` is `nnlec COMMAND --help`."""
        return super().parse_args(ctx, [*args[1:2], "--help"] if args[:1] == ["help"] else args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise unknown("command", args[0], COMMANDS)
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command = getattr(import_module(f"nnlec.cli.commands.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        command.short_help = COMMANDS[cmd_name]
        if " configs/" in (command.help or ""):
            command.epilog = f"`{COPY}` copies the files that the examples name."
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Commands and options that begin so; no command is imported for it."""
        from click.shell_completion import CompletionItem

        named = [CompletionItem(name, help=text) for name, text in COMMANDS.items() if name.startswith(incomplete)]
        return named + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([*COMMANDS.items()])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        formatter.write_paragraph()
        formatter.write_text("`nnlec help COMMAND` shows the options and examples of one.")


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "-V", "--version", message="nnlec %(version)s")
@click.pass_context
def group(ctx: click.Context) -> None:
    """Forward passes and losses of neural networks: every number exact, shown as on paper.

    \b
    Examples:
      nnlec example --all -o configs
      nnlec forward configs/lecture.yaml --input 1,2.8,-3.1,4.2
      nnlec softmax --logits dog=-0.2,tiger=0.3,ostrich=0.8,cat=-0.1,horse=0.4
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main() -> None:
    """The `nnlec` command."""
    run(group)
