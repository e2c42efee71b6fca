"""`nnlec convert`: a network, or weights alone, written in another format."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nnlec.cli.modal import ModalCommand
from nnlec.cli.networks import network_argument, network_at, outside_option
from nnlec.cli.options import Choice, plain_options, single_option
from nnlec.cli.output import OutputFile, opened, render_options, say
from nnlec.errors import NnlecError
from nnlec.system import remember_input
from nnlec.text import visible

if TYPE_CHECKING:
    from nnlec.models.writers import WrittenFile

_BINARY = {"onnx", "safetensors", "npz"}
_FORMATS = ("yaml", "json", "onnx", "safetensors", "npz", "python")


@click.command(cls=ModalCommand)
@network_argument()
@single_option(
    "-o",
    "--output",
    "file",
    type=OutputFile(),
    metavar="FILE",
    required=True,
    help="Write to FILE: .yaml, .json, .onnx, .safetensors, .npz or .py.",
)
@single_option(
    "-f", "--format", "form", metavar="NAME", type=Choice(list(_FORMATS)), help=f"One of {', '.join(_FORMATS)}."
)
@click.option("--fold", is_flag=True, help="Put norms and scalings into the layers beside them, where that is exact.")
@outside_option
@plain_options
def convert(network: str, file: str | None, form: str | None, fold: bool, plain: bool, width: int | None) -> None:
    """Write NETWORK in another format: a network file, an ONNX model, weights alone, a Python program.

    NETWORK is a network file, a model of another tool (ONNX, Keras, scikit-learn), or weights alone (PyTorch,
    safetensors, .npz). What a format cannot say is printed. Many weights of a network file stand in a .safetensors file
    beside it.

    \b
    Examples:
      nnlec convert configs/iris.yaml -o iris.onnx
      nnlec convert configs/digits.yaml -o digits.json
    """
    from nnlec.models.writers import WRITERS, format_of, written

    chosen = form or (format_of(file) if file is not None else "yaml")
    assert chosen in WRITERS
    path = Path(network)
    stem = Path(file).stem if file else "network"
    try:
        if _is_weights(path):
            made = _begun(path, chosen, stem, fold)
        else:
            loaded = network_at(network)
            if fold:
                from nnlec.models.folding import folded

                loaded = folded(loaded)
            made = written(loaded, chosen, stem)
    except NnlecError as error:
        raise error if error.where.startswith(visible(network)) else error.at(visible(network)) from None
    if made.beside and file is None:
        raise NnlecError("its weights stand in a second file", where="--output", hint="name a file to write")
    if file is None and chosen in _BINARY and sys.stdout.isatty():
        raise NnlecError(f"{chosen} is no text for a terminal", where="--format", hint="-o FILE")
    folder = os.path.dirname(file or "")
    for name, content in made.beside.items():
        with opened(os.path.join(folder, name)) as stream:
            stream.buffer.write(content)
    with opened(file) as stream:
        stream.buffer.write(made.content)
    for note in made.notes:
        _tell(f"Note: {note}", plain, width)


def _tell(note: str, plain: bool, width: int | None) -> None:
    from nnlec.rendering.lines import folded

    page = render_options(to_file=False, width=width)
    for line in folded(note, page.width) if plain else [note]:
        say(line)


def _is_weights(path: Path) -> bool:
    from nnlec.models.state import is_state

    try:
        return is_state(path)
    except (OSError, ValueError, NnlecError):  # whoever reads it says what is wrong
        return False


def _begun(path: Path, chosen: str, stem: str, fold: bool) -> WrittenFile:
    """The network file that weights alone begin."""
    from nnlec.models.sketch import sketched
    from nnlec.models.state import read_state
    from nnlec.models.writers.sketch import write

    if fold:
        raise NnlecError("weights alone are not folded: what stands between them is not known", where="--fold")
    remember_input(str(path))
    return write(sketched(read_state(path)), chosen, stem)
