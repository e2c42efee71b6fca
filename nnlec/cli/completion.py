"""What a shell is offered for the value of an option: names out of the files typed before it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from nnlec.errors import NnlecError

if TYPE_CHECKING:
    from pathlib import Path

    from click.shell_completion import CompletionItem

    from nnlec.network.network import Network
    from nnlec.tables.engines import Consumer
    from nnlec.tables.header import Header

Complete = Callable[[click.Context, click.Parameter, str], "list[CompletionItem]"]

NETWORKS = (".yaml", ".yml", ".json", ".onnx", ".keras", ".h5", ".hdf5", ".joblib", ".pkl", ".skops")
"""The suffixes of network files, and of models that are read as networks."""

_MOST_FILES = 2000


def complete_option(name: str) -> Complete | None:
    """What is offered for the value of the option of that long name; None: what its type offers."""
    names = _NAMES.get(name)
    return None if names is None else _offering(names, several=name in _LISTS)


def complete_network(_ctx: click.Context, _parameter: click.Parameter, start: str) -> list[CompletionItem]:
    """The network files that begin so, also those one folder down; folders where there are none."""
    from pathlib import Path

    from click.shell_completion import CompletionItem

    folder, beginning = os.path.split(start)
    found: list[str] = []
    for path in sorted(Path(folder or ".").glob("*"))[:_MOST_FILES]:
        if path.name.startswith(beginning) and not (path.name.startswith(".") and not beginning):
            inside = sorted(path.glob("*"))[:_MOST_FILES] if path.is_dir() else [path]
            found += [os.path.join(folder, os.path.relpath(one, folder or ".")) for one in inside if _is_network(one)]
    return [CompletionItem(name) for name in found] or [CompletionItem(start, type="dir")]


def _is_network(path: str | Path) -> bool:
    return os.path.splitext(path)[1].lower() in NETWORKS and os.path.isfile(path)


def _offering(names: Callable[[click.Context], Iterable[str]], *, several: bool) -> Complete:
    """Those of the names that begin as typed; of a list of names, the last one is completed."""

    def complete(ctx: click.Context, _parameter: click.Parameter, start: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        before, comma, _ = start.rpartition(",") if several else ("", "", "")
        with suppress(NnlecError, OSError, ValueError):
            known = [before + comma + name for name in names(ctx)]
            return [CompletionItem(name) for name in known if name.startswith(start) and name.isprintable()]
        return []

    return complete


def _network(ctx: click.Context) -> Network | None:
    from nnlec.models import load_network

    data: Sequence[str] = ctx.params.get("data") or ()
    path = ctx.params.get("network") or (data[0] if data and _is_network(data[0]) else None)
    return load_network(path) if path else None


def _layers(ctx: click.Context) -> Iterable[str]:
    network = _network(ctx)
    return [layer.name for layer in network.layers] if network is not None else []


def _units(ctx: click.Context) -> Iterable[str]:
    from nnlec.cli.commands.forward import picked
    from nnlec.network.layers.checks import numbered

    network = _network(ctx)
    cell = picked(network, ctx.params.get("layer"), None) if network is not None else None
    if network is None or cell is None:
        return []
    if cell[0] == len(network.layers) - 1:
        return network.output_names
    return [",".join(map(str, place)) for place in numbered(network.layers[cell[0]].out_shape)]


def _labels(ctx: click.Context) -> Iterable[str]:
    network = _network(ctx)
    if network is not None:
        return network.class_names
    given = ctx.params.get("classes") or ""
    scores = ctx.params.get("logits") or ctx.params.get("probabilities") or ""
    named = [part.partition("=")[0] for part in scores.split(",") if "=" in part]
    return named or [name for name in given.split(",") if name]


def _losses(_ctx: click.Context) -> Iterable[str]:
    from nnlec.network.losses import LOSSES

    return LOSSES


def _columns(ctx: click.Context) -> Iterable[str]:
    """The names in the header of the first table named."""
    from nnlec.cli.table_options import TableOptions, source_of
    from nnlec.tables.engines import Progress, engine_for, read_table

    tables = TableOptions(**{name: value for name, value in ctx.params.items() if name in TableOptions._fields})
    if not tables.data:
        return []
    source = source_of(tables, lambda _: None)._replace(paths=tables.data[:1])

    def start(header: Header) -> Consumer:
        raise _Seen(header.names)

    try:
        read_table(engine_for(source), source, start, Progress())
    except _Seen as seen:
        return seen.names
    return []


class _Seen(Exception):
    """The header was read, which is enough."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self.names = names


_LISTS = ("--columns", "--drop", "--target-column")
_ONE_COLUMN = ("--by", "--weights-column")
_NAMES: dict[str, Callable[[click.Context], Iterable[str]]] = {
    "--layer": _layers,
    "--unit": _units,
    "--label": _labels,
    "--loss": _losses,
    "--loss-function": _losses,
    **dict.fromkeys((*_LISTS, *_ONE_COLUMN), _columns),
}
