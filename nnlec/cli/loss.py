"""`nnlec loss`: how good a prediction was, on paper, or over a table."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Literal

import click

from nnlec.cli.networks import network_at, outside_option
from nnlec.cli.options import Paper, arranged, class_names, emit, once, paper_options, placed, steps_option
from nnlec.cli.tables import LossAsked, Tables, loss_table, table_options, take_tables
from nnlec.errors import NnlecError, NnlecWarning

if TYPE_CHECKING:
    from nnlec.losses import LossExample
    from nnlec.network import Network


@click.command(short_help="Compare predictions with the truth.")
@click.argument("data", nargs=-1, type=click.Path(), metavar="[DATA]...")
@once("--logits", metavar="VALUES", help="The scores f, as -0.2,0.3 or dog=-0.2,cat=0.3.")
@once("--probabilities", metavar="VALUES", help="Given probabilities s instead of scores.")
@once("--label", metavar="NAME_OR_INDEX", help="The right class: its name, or its index counted from 0.")
@once("--target", metavar="VALUES", help="The target g: one-hot, any distribution, or a regression's true values.")
@once("--classes", metavar="NAMES", help="A name for each class, as dog,cat.")
@once("--network", type=click.Path(), metavar="FILE", help="Take classes and loss from this network file.")
@once("--loss", "name", metavar="NAME", help="Which loss (default: the network's, else cross-entropy).")
@click.option("--base", type=click.Choice(["e", "2", "10"]), default="e", help="Base of the logarithm.")
@once("--target-column", metavar="NAMES", help="Table: the column of labels, or the columns of true numbers.")
@once(
    "--given",
    "given_as",
    type=click.Choice(["logits", "probabilities"]),
    help="Table: what the predictions are, where their names and values leave it open.",
)
@click.option("--per-row", is_flag=True, help="Table: write every row with its loss, not their mean.")
@steps_option
@outside_option
@table_options
@paper_options
def loss(**given: Any) -> int | None:
    """Compare a prediction with the truth: g, s, each term, and L = -sum g log s.

    With DATA (files, or - for standard input) every row of a table is compared with its --target-column. Predictions
    are the columns of --columns, --classes or --network, else all numbers; where a table has both `dog` and the
    P(dog) that softmax adds, the loss is taken from the logits `dog`.

    \b
    Examples:
      nnlec loss --logits dog=-0.2,tiger=0.3,ostrich=0.8,cat=-0.1,horse=0.4 --label cat
      nnlec loss --probabilities 0.10,0.18,0.31,0.11,0.20 --label 3
      nnlec forward configs/animals.yaml configs/animals.csv | nnlec loss --target-column label
    """
    from nnlec.records import loss_record
    from nnlec.working import describe_loss

    tables = take_tables(given)
    target_column, given_as = given.pop("target_column"), given.pop("given_as")
    per_row = given.pop("per_row")
    paper = Paper(
        **{key: given.pop(key) for key in ("format", "output", "decimals", "significant", "show_all", "steps")}
    )
    if tables.data or target_column is not None:
        return _over_table(tables, paper, target_column, given_as, per_row, given)
    example = _example(**given)
    emit(paper, document=lambda: describe_loss(example, paper.style), record=lambda: loss_record(example))
    return None


def _over_table(
    tables: Tables,
    paper: Paper,
    target_column: str | None,
    given_as: Literal["logits", "probabilities"] | None,
    per_row: bool,
    options: dict[str, Any],
) -> int:
    typed = [name for name in ("logits", "probabilities", "label", "target") if options[name] is not None]
    if typed:
        raise click.UsageError(f"--{typed[0]} is for one example, a table has its own columns")
    if target_column is None:
        raise click.UsageError("give --target-column NAME: the column that holds the truth")
    if not tables.wanted:
        raise click.UsageError("give DATA: a table's files, or one piped in")
    asked = LossAsked(
        target_column,
        options["name"],
        {"base": options["base"]} if options["base"] != "e" else {},
        options["classes"],
        network_at(options["network"]) if options["network"] else None,
        given_as,
        per_row,
    )
    return loss_table(asked, tables, paper)


def _example(
    logits: str | None,
    probabilities: str | None,
    label: str | None,
    target: str | None,
    classes: str | None,
    network: str | None,
    name: str | None,
    base: str,
) -> LossExample:
    from nnlec.loaders.vector import parse_values
    from nnlec.losses import LossExample
    from nnlec.losses import loss as loss_of

    if (logits is None) == (probabilities is None):
        raise click.UsageError("give either --logits VALUES or --probabilities VALUES")
    if (label is None) == (target is None):
        raise click.UsageError("give either --label NAME_OR_INDEX or --target VALUES")
    known: Network | None = network_at(network) if network else None
    with placed("--logits" if probabilities is None else "--probabilities"):
        predicted = parse_values(logits or probabilities or "")
    names = class_names(predicted, classes, known)
    chosen = loss_of(name or (known.loss if known else "") or "cross-entropy", {"base": base} if base != "e" else {})
    if probabilities is not None:
        _check_probabilities(predicted.numbers)
    return LossExample(chosen, names, predicted.numbers, _target(label, target, names), probabilities is not None)


def _check_probabilities(given: tuple[float, ...]) -> None:
    for number, value in enumerate(given, start=1):
        if not 0 <= value <= 1:
            raise NnlecError(
                f"value {number} is {value:g}, expected a probability from 0 to 1", where="--probabilities"
            )
    if abs(sum(given) - 1) > 1e-6:
        warnings.warn(NnlecWarning(f"the probabilities sum to {sum(given):.10g}, not to 1"), stacklevel=2)


def _target(label: str | None, target: str | None, classes: tuple[str, ...]) -> tuple[float, ...]:
    from nnlec.loaders.vector import parse_values
    from nnlec.targets import checked_distribution, class_index, one_hot

    if label is not None:
        with placed("--label"):
            return one_hot(class_index(label, classes), len(classes))
    with placed("--target"):
        return checked_distribution(arranged(parse_values(target or ""), classes), len(classes))
