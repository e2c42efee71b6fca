"""`nnlec check`: a student's figures marked."""

from __future__ import annotations

import os
import warnings
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from nnlec.cli.check_options import CheckOptions
from nnlec.cli.completion import complete_option
from nnlec.cli.many_options import is_folder
from nnlec.cli.modal import ModalCommand, refuse_misplaced
from nnlec.cli.networks import network_argument, outside_option
from nnlec.cli.options import (
    OutputOptions,
    decimal_comma_option,
    emit,
    error_context,
    output_options_to,
    paper_options,
    single_option,
)
from nnlec.cli.places import CLASS
from nnlec.errors import NnlecError, NnlecWarning, shortened
from nnlec.rendering import RENDERERS, SEPARATED, SUFFIXES, render_document
from nnlec.system import STANDARD_INPUT, remember_input
from nnlec.text import counted, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nnlec.cli.options import Command
    from nnlec.grading import Figure, Verdict
    from nnlec.models.answers import Answers


def _layer_option(*names: str, **attributes: Any) -> Callable[[Command], Command]:
    """An option for the figures of one layer, for each of which it is repeated."""
    return click.option(*names, metavar="NAME=FIGURES", multiple=True, **attributes)


_VARIANT = "variant"
Student = tuple[dict[str, str], "Verdict"]


@click.command(cls=ModalCommand)
@network_argument(required=False)
@single_option("-i", "--input", "values", metavar="VALUES", help="The input that the figures were computed from.")
@_layer_option(
    "--layer", "layers", shell_complete=complete_option("--layer"), help="A layer's figures; may be repeated."
)
@single_option("--output", "outputs", metavar="FIGURES", help="The network's outputs.")
@single_option("--logits", metavar="FIGURES", help="The scores f; without a network they are given, not marked.")
@single_option("--exponentials", metavar="FIGURES", help="e^f of each score.")
@single_option(
    "--probabilities", metavar="FIGURES", help="The probabilities s; given, not marked, where nothing comes before."
)
@single_option("--loss", metavar="FIGURE", help="The loss L.")
@_layer_option("--delta", help="A layer's delta, dL/dz; may be repeated.")
@_layer_option("--gradient", help="The gradients of a layer's weights, in the file's order; may be repeated.")
@_layer_option("--after", help="A layer's weights after a step of --rate; may be repeated.")
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
@click.option(
    "--columns",
    "chosen",
    metavar="COLUMN=ROW",
    multiple=True,
    help='A column, or how its name begins, and its figures: "Question 1=hidden,Question 2=output".',
)
@single_option("--variant", metavar="NAME", help="The sheet: v0001.")
@outside_option
@decimal_comma_option
@paper_options
@output_options_to("-o")
def check(**given: Any) -> int:
    """Mark a student's figures, and name the likely mistake behind a wrong one.

    A figure is right if it rounds the exact number, or what follows from the figures written before it, or from
    numbers rounded on the way to as many decimals or more; 5.2 claims one decimal, 5.20 two. A zero is right for 0,
    and for a small number beside other figures (0.90, 0.10, 0.00). Write ? for a figure that was not answered.
    A layer's sums before its activation are given as --layer "hidden before activation=...".
    NETWORK may be a folder that nnlec worksheet made: each sheet is marked by its own numbers, with --variant or the
    column variant of a table.
    The exit status is 1 where something is wrong.

    --answers FILE is a class: a table as forms and spreadsheets export it (CSV; commas, semicolons or tabs), a line
    for each student. A column is a row of figures (hidden) or one of them (h1, hidden 1, y1), as its name says or
    --columns; other columns are notes. Or YAML: one sheet, or a list of sheets.

    \b
      student,hidden,y1,y2
      Ann,5.2 14.5 -6.2 4.4,37.8,-23.1
      Ben,"5,2; 14,5; -6,2; n/a",37.8,?

    \b
      - student: Ann
        hidden: [5.2, 14.5, -6.2, 4.4]
        output: [37.8, -23.1]

    \b
    Examples:
      nnlec check configs/lecture.yaml -i 1,2.8,-3.1,4.2 --output 37.8,-23.1
      nnlec check --logits -0.2,0.3,-0.1 --probabilities 0.26,0.44,0.30
      nnlec check configs/lecture.yaml -i 2.8,-3.1,4.2 --answers configs/class.csv
    """
    output = OutputOptions(**{key: given.pop(key) for key in OutputOptions._fields if key in given})
    file, columns = given.pop("answers"), given.pop("chosen")
    options = CheckOptions(**given, wording=output.wording).on_worksheet(several=file is not None)
    if file is not None:
        return _check_file(options, output, file, _chosen(columns))
    if output.file is not None and output.file.endswith(("/", os.sep)):
        raise click.UsageError("-o FOLDER/ takes a page for each student of --answers")
    return _check_sheet(output, _marked(options, options.typed))


def _check_sheet(output: OutputOptions, verdict: Verdict) -> int:
    from nnlec.rendering.explain.check import describe_check
    from nnlec.rendering.records.check import check_record

    emit(output, lambda: describe_check(verdict, output.style), lambda: check_record(verdict))
    return 0 if verdict.right else 1


def _check_file(options: CheckOptions, output: OutputOptions, file: str, columns: dict[str, str]) -> int:
    """Every sheet of an answers file: one alone as if it were typed, else a line for each, and a page in a folder."""

    from nnlec.models.answers import read_answers, warn_of_unmarked
    from nnlec.rendering.explain.check import describe_checks, summaries
    from nnlec.rendering.records.check import checks_record

    remember_input(0 if file == "-" else file)
    names = options.names._replace(chosen=columns)
    answers = read_answers(STANDARD_INPUT if file == "-" else file, names)
    if options.worksheet is None and len({sheet.notes.get(_VARIANT) for sheet in answers.sheets}) > 1:
        what = "all are marked by the same numbers, whatever their variant (nnlec check FOLDER knows those of each)"
        warnings.warn(NnlecWarning(what), stacklevel=2)
    students = [_student(options, sheet, alone=len(answers.sheets) == 1) for sheet in answers.sheets]
    folder = output.file if is_folder(output.file) else None
    a_line_each = folder is not None or output.chosen("table") in SEPARATED
    if len(students) == 1 and not students[0][0] and not a_line_each:
        warn_of_unmarked(answers, names)
        return _check_sheet(output, students[0][1])
    refuse_misplaced(click.get_current_context(), CLASS)
    made = ""
    if folder is not None:
        _write_pages(output, students, answers.who, folder)
        made = f"{counted(len(students), 'page')} in {visible(folder)}."
        output = OutputOptions(plain=output.plain, width=output.width)
    if output.chosen("table") not in RENDERERS:
        warn_of_unmarked(answers, names)
    emit(
        output,
        lambda: describe_checks(students, answers.who, answers.unmarked, made),
        lambda: checks_record(students),
        lambda _: summaries(students),
    )
    return 0 if all(verdict.right for _, verdict in students) else 1


def _student(options: CheckOptions, sheet: Answers, *, alone: bool) -> Student:
    """The notes and the verdict of a sheet, which may bring its own input and label."""
    from nnlec.models.answers import OWN

    own = {key: text for key, text in sheet.notes.items() if key in OWN and (key != _VARIANT or options.worksheet)}
    noted = {key: text for key, text in sheet.notes.items() if key not in own}
    try:
        return noted, _marked_sheet(options.with_own(own), sheet.rows)
    except NnlecError as error:
        if own and not alone:
            return noted, _without_input(own, [options.names.rows.get(name, 1) for name in sheet.rows])
        raise error.at(sheet.place) from None


def _without_input(own: Mapping[str, str], sizes: Sequence[int]) -> Verdict:
    """The verdict on a sheet whose own input or right class is none: no figure of it can be marked."""
    from nnlec.grading import Figure
    from nnlec.grading.verdict import Mark, MarkedRow, Verdict

    name, written = ", ".join(own), "; ".join(own.values())
    mark = Mark(name, Figure(shortened(written, 40) or "?", None), Decimal(0), None)
    return Verdict((MarkedRow(name, (mark,) * sum(sizes)),))


def _write_pages(output: OutputOptions, students: Sequence[Student], who: Sequence[str], folder: str) -> None:
    """A page for each student."""
    from nnlec.cli.feedback import file_names, page_format, student_names, write_pages
    from nnlec.rendering.explain.check import describe_page

    chosen = page_format(output)
    called = student_names([notes for notes, _ in students], who)
    suffix = next((suffix for suffix, name in SUFFIXES.items() if name == chosen), ".txt")
    page = output.page
    pages = {
        name: render_document(describe_page(student, verdict, output.style), chosen, page)
        for name, student, (_, verdict) in zip(file_names(called, suffix), called, students, strict=True)
    }
    write_pages(pages, folder)


def _chosen(columns: Sequence[str]) -> dict[str, str]:
    """What --columns says: a column, and the figures in it."""
    chosen: dict[str, str] = {}
    for text in (part for given in columns for part in _each(given)):
        column, equals, name = (part.strip() for part in text.rpartition("="))
        if not equals or not column or not name:
            hint = 'write it as "Question 1=hidden"'
            raise NnlecError(f"{shortened(text)!r} is no column and its figures", where="--columns", hint=hint)
        if column in chosen:
            raise NnlecError(f"{shortened(column)!r} is given twice", where="--columns")
        chosen[column] = name
    return chosen


def _each(given: str) -> list[str]:
    """The columns of one --columns: several are separated by commas, which a column's name may hold too."""
    parts = given.split(",")
    return parts if all("=" in part for part in parts) else [given]


def _marked_sheet(options: CheckOptions, rows: Mapping[str, str | list[str | None]]) -> Verdict:
    """The verdict on a sheet of a file, in which a cell that cannot be read is one that is not right."""
    from nnlec.grading import figures, sheet_figures

    known = _known(options)
    if "loss" in rows and "loss" not in known:
        raise click.UsageError(
            "the loss needs the right class: --label NAME_OR_INDEX, --target VALUES or such a column"
        )
    parsed: dict[str, Sequence[Figure]] = {}
    for name, row in rows.items():
        labels = known.get(name, ())
        parsed[name] = sheet_figures(row, labels) if labels else figures(str(row))
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
    problem = options.problem
    return {**(options.step.labels if options.step is not None else {}), **problem.labels}


def _verdict(options: CheckOptions, parsed: Mapping[str, Sequence[Figure]]) -> Verdict:
    """The rows of the forward pass marked, then those of a step."""
    from nnlec.grading import Verdict, mark

    step = options.step
    of_step = {name: row for name, row in parsed.items() if step is not None and name in step.labels}
    others: dict[str, Sequence[Figure]] = {name: row for name, row in parsed.items() if name not in of_step}
    if any(name.startswith("after ") for name in of_step) and options.rate is None:
        raise click.UsageError("--after needs the rate of the step: --rate R")
    if step is None or not of_step:
        return mark(options.problem, others)
    from nnlec.grading.step_marking import mark_step

    forward = mark(options.problem, others).rows if others else ()
    return Verdict((*forward, *mark_step(step, of_step, others)))
