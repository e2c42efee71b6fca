"""Command lines as a careless or a hostile user types them, made from what the commands themselves declare."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import click

from nnlec.cli import COMMANDS, group

VALUES = [
    *(
        "1,2",
        "1,2.8,-3.1,4.2",
        "2.8,-3.1,4.2",
        "-.5,.5",
        "dog=-0.2,cat=.3",
        "x1=1,x2=2",
        "0.25,0.75",
        "1 2",
        "1e308,1e308",
    ),
    *(
        "",
        ",",
        "1,",
        "[1,2]",
        "1,2\n",
        "nan,inf",
        "1e400",
        "--",
        "-",
        "=",
        "=1",
        "a=",
        "−1,2",
        "1_0",
        "١,٢",
        "%s{0}",
        "\x1b[31m",
    ),
    *(
        "cat",
        "dog",
        "0",
        "1",
        "-1",
        "99999999999999999999",
        "no",
        "cat,dog",
        "cat,cat",
        "[red]",
        ":cat:",
        "\u202e",
        "é",
        "\udcff",
    ),
    *(
        "out.md",
        "out.json",
        "out.csv",
        "out.xyz",
        "no/such/out.md",
        ".",
        "/dev/full",
        "/dev/null",
        "out.tex",
        "x" * 300,
    ),
    *(
        "table",
        "json",
        "csv",
        "markdown",
        "latex",
        "html",
        "tsv",
        "jsonl",
        "full",
        "rounded",
        "e",
        "2",
        "10",
        "stop",
        "skip",
        ";",
    ),
]

NUMBERS = ["1,2", "1,2.8,-3.1,4.2", "2.8,-3.1,4.2", "-.5,.5", "1,2,3,4,5", "0.25,0.75", "1"]
PLAUSIBLE = {
    **dict.fromkeys(["values", "logits", "probabilities", "target", "given"], NUMBERS),
    "label": ["0", "1", "cat", "y1", "no"],
    "classes": ["cat,dog", "no,yes", "a,b,c"],
    "output": ["out.md", "out.json", "out.csv", "out.tex"],
}


def networks_in(folder: Path) -> list[str]:
    return sorted(str(path) for path in folder.glob("*.yaml"))


def command_lines(configs: Path, seed: int) -> Iterator[list[str]]:
    """Endlessly, arguments for `nnlec`: mostly a command with options of its own, some repeated, some unknown."""
    dice = random.Random(seed)
    context = click.Context(group)
    commands = [(name, group.get_command(context, name)) for name in COMMANDS]
    networks = networks_in(configs)
    files = [*networks, *map(str, sorted(configs.glob("*.csv"))), "-", "missing.yaml", str(configs)]
    while True:
        name, command = dice.choice(commands)
        assert command is not None
        args = [name]
        for parameter in command.params:
            if isinstance(parameter, click.Argument):
                pool = networks if parameter.name == "network" and dice.random() < 0.8 else [*files, *VALUES]
                args += [dice.choice(pool)] * dice.choice(
                    (0, 1, 1, 1, 2) if parameter.nargs < 0 else (0, 1, 1, 1, 1, 1)
                )
            elif isinstance(parameter, click.Option) and dice.random() < 0.12:
                for _ in range(dice.choice((1, 1, 1, 1, 2))):
                    args.append(dice.choice(parameter.opts))
                    if not parameter.is_flag and dice.random() < 0.97:
                        args.append(_value(parameter, networks, dice))
        if dice.random() < 0.05:
            args.insert(dice.randrange(len(args) + 1), dice.choice(["--bogus", "-x", *VALUES]))
        yield args


def _value(option: click.Option, networks: list[str], dice: random.Random) -> str:
    """Mostly something that the option asks for."""
    if dice.random() < 0.25:
        return dice.choice(VALUES)
    if isinstance(option.type, click.Choice):
        return str(dice.choice(list(option.type.choices)))
    if isinstance(option.type, click.types.IntParamType):
        return str(dice.choice((0, 1, 3, 17, 100)))
    if option.name == "network":
        return dice.choice(networks)
    return dice.choice(PLAUSIBLE.get(option.name or "", VALUES))
