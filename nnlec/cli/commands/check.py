"""`nnlec check`: a student's figures marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from nnlec.cli.check_options import CheckOptions
from nnlec.cli.completion import complete_option
from nnlec.cli.modal import ModalCommand, refuse_misplaced
from nnlec.cli.modes import CLASS
from nnlec.cli.networks import network_argument, outside_option
from nnlec.cli.options import OUTPUT_KEYS, OutputOptions, emit, error_context, output_options_to, single_option
from nnlec.errors import shortened
from nnlec.system import STANDARD_INPUT, remember_input

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nnlec.grading import Figure, StepProblem, Verdict

    Command = TypeVar("Command", bound=Callable[..., Any])


def step_option(name: str, text: str) -> Callable[[Command], Command]:
    """An option for the figures of one layer in a step of learning."""
    return click.option(name, metavar="NAME=FIGURES", multiple=True, help=text)


Student = tuple[dict[str, str], "Verdict"]


@click.command(cls=ModalCommand)
@network_argument(required=False)
@single_option("-i", "--input", "values", metavar="VALUES", help="The input that the figures were computed from.")
@click.option(
    "--layer",
    "layers",
    metavar="NAME=FIGURES",
    multiple=True,
    shell_complete=complete_option("--layer"),
    help="A layer's figures; may be repeated.",
)
@single_option("--output", "outputs", metavar="FIGURES", help="The network's outputs.")
@single_option("--logits", metavar="FIGURES", help="The scores f; without a network they are given, not marked.")
@single_option("--exponentials", metavar="FIGURES", help="e^f of each score.")
@single_option(
    "--probabilities", metavar="FIGURES", help="The probabilities s; given, not marked, where nothing comes before."
)
@single_option("--loss", metavar="FIGURE", help="The loss L.")
@step_option("--delta", "A layer's delta, dL/dz; may be repeated.")
@step_option("--gradient", "The gradients of a layer's weights, in the file's order; may be repeated.")
@step_option("--after", "A layer's weights after a step of --rate; may be repeated.")
@single_option("--rate", metavar="R", help="The rate of the step.")
@click.option("--keep-biases", is_flag=True, help="The step leaves the biases as they are.")
@single_option("--label", metavar="NAME_OR_INDEX", help="The right class.")
@single_option("--target", metavar="VALUES", help="The target g.")
@single_option("--classes", metavar="NAMES", help="A name for each class, as dog,cat.")
@single_option("--loss-function", metavar="NAME", help="Which loss (default: the network's, else cross-entropy).")
@single_option(
    "--answers",
    metavar="FILE",
    type=click.Path(),
    help="Figures by row (YAML), or one row per student (CSV, or -).",
)
@single_option("--variant", metavar="NAME", help="The sheet: v0001.")
@outside_option
@output_options_to("-o")
def check(**given: Any) -> int:
    """Mark a student's figures, and name the likely mistake behind a wrong one.

    A figure is right if it rounds the exact number, or what follows from the figures written before it, or from
    numbers rounded on the way to as many decimals or more; 5.2 claims one decimal, 5.20 two. A zero is right for 0,
    and for a small number beside other figures (0.90, 0.10, 0.00). Write ? for a figure that was not answered.
    A layer's sums before its activation are given as --layer "hidden before activation=...".
    In a table of students each row of figures is a column (or one column per figure: hidden 1, hidden 2, ...).
    NETWORK may be a folder that nnlec worksheet made: each sheet is marked by its own numbers, with --variant or the
    column variant of a table.
    The exit status is 1 where something is wrong.

    \b
    Examples:
      nnlec check configs/lecture.yaml -i 1,2.8,-3.1,4.2 --output 37.8,-23.1
      nnlec check --logits -0.2,0.3,-0.1 --probabilities 0.26,0.44,0.30
    """
    from nnlec.rendering.explain.check import describe_check
    from nnlec.rendering.records.check import check_record

    output = OutputOptions(**{key: given.pop(key) for key in OUTPUT_KEYS})
    file = given.pop("answers")
    options = CheckOptions(**given).on_worksheet(several=file is not None)
    students = _from_file(options, file) if file is not None else [({}, _marked(options, options.typed))]
    if len(students) == 1 and not students[0][0]:
        verdict = students[0][1]
        emit(output, lambda: describe_check(verdict, output.style), lambda: check_record(verdict))
    else:
        refuse_misplaced(click.get_current_context(), CLASS)
        _emit_table(output, students)
    return 0 if all(verdict.right for _, verdict in students) else 1


def _emit_table(output: OutputOptions, students: list[Student]) -> None:
    """One line per student: a table, JSON with every figure, or CSV."""
    from nnlec.rendering.explain.check import describe_checks, summaries
    from nnlec.rendering.records.check import checks_record

    emit(output, lambda: describe_checks(students), lambda: checks_record(students), lambda _: summaries(students))


def _from_file(options: CheckOptions, file: str) -> list[Student]:
    """Every sheet of an answers file, marked; a sheet may bring its own input and label."""
    from pathlib import Path

    from nnlec.models.answers import OWN, read_answers

    remember_input(0 if file == "-" else file)
    students = []
    for sheet in read_answers(STANDARD_INPUT if file == "-" else Path(file), options.names):
        own = {key: text for key, text in sheet.notes.items() if key in OWN}
        noted = {key: text for key, text in sheet.notes.items() if key not in own}
        with error_context(sheet.place):
            students.append((noted, _marked_sheet(options.with_own(own), sheet.rows)))
    return students


def _marked_sheet(options: CheckOptions, rows: Mapping[str, str | list[str]]) -> Verdict:
    """The verdict on a sheet of a file, in which a cell that cannot be read is one that is not right."""
    from nnlec.grading import Figure, figures, named_figures, unreadable

    known = _known(options)
    parsed: dict[str, Sequence[Figure]] = {}
    for name, row in rows.items():
        labels = known.get(name, ())
        if isinstance(row, list):
            read: Sequence[Figure] = tuple(map(unreadable, row))
        elif labels and "=" in row:
            with error_context(name):
                read = named_figures(row, labels, unreadable)
        else:
            read = figures(row, len(labels), unreadable)
        if read and labels and len(read) != len(labels):
            text = row if isinstance(row, str) else ", ".join(row)
            read = (Figure(shortened(text.strip(), 40), None),) * len(labels)
        parsed[name] = read
    return _verdict(options, parsed)


def _marked(options: CheckOptions, rows: dict[str, str]) -> Verdict:
    from nnlec.grading import figures, named_figures

    known = _known(options)
    parsed: dict[str, Sequence[Figure]] = {}
    for name, text in rows.items():
        labels = known.get(name, ())
        with error_context(name):
            parsed[name] = named_figures(text, labels) if labels and "=" in text else figures(text, len(labels))
    return _verdict(options, parsed)


def _known(options: CheckOptions) -> dict[str, tuple[str, ...]]:
    """What the figures of each row stand for, by the names that the row may have."""
    named = {name: step.labels[: step.size] for step in options.problem.steps for name in step.names}
    return {**(options.step.labels if options.step is not None else {}), **named}


def _verdict(options: CheckOptions, parsed: Mapping[str, Sequence[Figure]]) -> Verdict:
    """The rows of the forward pass marked, then those of a step."""
    from nnlec.grading import Verdict, mark, mark_step

    step: StepProblem | None = options.step
    of_step = {name: row for name, row in parsed.items() if step is not None and name in step.labels}
    others: dict[str, Sequence[Figure]] = {name: row for name, row in parsed.items() if name not in of_step}
    if any(name.startswith("after ") for name in of_step) and options.rate is None:
        raise click.UsageError("--after needs the rate of the step: --rate R")
    if step is None or not of_step:
        return mark(options.problem, others)
    forward = mark(options.problem, others).rows if others else ()
    return Verdict((*forward, *mark_step(step, of_step, others)))
