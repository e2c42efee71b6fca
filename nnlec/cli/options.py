"""Option bundles that mean the same on every command, and what follows from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from nnlec.cli.completion import complete_option
from nnlec.cli.output import OutputFile, render_options, write_text
from nnlec.errors import NnlecError, same_name
from nnlec.named import NamedTuple
from nnlec.rendering import (
    DATA,
    ENGLISH,
    LANGUAGES,
    NOTATIONS,
    RENDERERS,
    ROWS,
    SEPARATED,
    format_of,
    render_document,
    speaking,
    write_data,
    write_rows,
)

if TYPE_CHECKING:
    from nnlec.arithmetic.rounding import Rounding
    from nnlec.grading.steps import Wording
    from nnlec.network.activations import Carry
    from nnlec.rendering import LatexVariant, Record, RenderOptions
    from nnlec.rendering.document import Document
    from nnlec.rendering.explain.figures import Style

Command = TypeVar("Command", bound=Callable[..., Any])


class _Count(click.IntRange):
    """A whole number in a range, which help and errors say in words."""

    def _describe_range(self) -> str:
        return f"{self.min} to {self.max}"


COLUMNS = (20, 1000)
"""How short and how long lines can be asked to be."""

_PLACES, _FIGURES = _Count(0, 100), _Count(1, 100)


Then = Callable[[click.Context, Any], None]
"""What follows from the value of an option, before the command begins."""


def single_option(
    *names: str, default: object = None, then: Then | None = None, **attributes: Any
) -> Callable[[Command], Command]:
    """An option that may be given once: a second one is an error, not a silent replacement."""

    def only(ctx: click.Context, parameter: click.Parameter, given: tuple[object, ...]) -> object:
        if len(given) > 1:
            raise click.BadParameter("given twice, expected once", ctx=ctx, param=parameter)
        if given and then is not None:
            then(ctx, given[0])
        return given[0] if given else default

    complete = next(filter(None, map(complete_option, names)), None)
    return click.option(*names, multiple=True, callback=only, shell_complete=complete, **attributes)


def several(*options: Callable[[Any], Any]) -> Callable[[Command], Command]:
    """Options that are given to a command together, in the order of its help."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


class Choice(click.Choice[str]):
    """One of some names, whatever its case, blanks and dashes."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        named = next((name for name in self.choices if same_name(name, value)), value)
        return super().convert(named, param, ctx)

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None) -> str:  # noqa: ARG002
        return f"It is one of {', '.join(self.choices)}."


@contextmanager
def error_context(where: str) -> Iterator[None]:
    """Adds the place to every error from within."""
    try:
        yield
    except NnlecError as error:
        raise error.at(where) from None


class OutputOptions(NamedTuple):
    """Options of every worked example: format, output file, figures shown."""

    format: str | None = None
    file: str | None = None
    decimals: int | None = None
    significant: int | None = None
    show_all: bool = False
    steps: bool = False
    standalone: bool = False
    beamer: bool = False
    weights: bool | None = None
    plain: bool = False
    width: int | None = None
    decimal_comma: bool = False
    language: str = ENGLISH
    notation: str = NOTATIONS[0]
    letters: str = ""

    def chosen(self, default: str) -> str:
        """The format of --format, else by the output file's suffix, else LaTeX for a kind of it, else the default.

        What a terminal shows is plain with --plain.
        """
        latex = "latex" if self.latex != "fragment" else None
        named = self.format or (format_of(self.file) if self.file else None) or latex or default
        return "plain" if self.plain and named == "table" else named

    @property
    def rounds(self) -> bool:
        """Whether figures are asked for."""
        return self.decimals is not None or self.significant is not None

    @property
    def rounding(self) -> Rounding:
        from nnlec.arithmetic.rounding import Rounding

        if self.decimals is not None and self.significant is not None:
            raise NnlecError("give --decimals or --significant, not both")
        if self.decimals is not None:
            return Rounding(self.decimals, fixed=True)
        return Rounding(significant=self.significant)

    @property
    def latex(self) -> LatexVariant:
        if self.beamer:
            return "beamer" if self.standalone else "frames"
        return "standalone" if self.standalone else "fragment"

    @property
    def page(self) -> RenderOptions:
        """What the output can show, and how its figures are written."""
        page = render_options(to_file=self.file is not None, latex=self.latex, width=self.width)
        return page._replace(decimal_comma=self.decimal_comma, language=self.language)

    @property
    def names_its_notation(self) -> bool:
        """Whether another notation than the lecture's is asked for."""
        return bool(self.letters) or self.notation != NOTATIONS[0]

    @property
    def style(self) -> Style:
        from nnlec.rendering.explain.figures import Style

        style = Style(rounding=self.rounding, steps=self.steps, weights=self.weights)
        if self.names_its_notation:
            from nnlec.rendering.notations import notation_of

            with error_context("--letters"):
                style = style._replace(notation=notation_of(self.notation, self.letters))
        return style.showing_all() if self.show_all else style

    @property
    def wording(self) -> Wording:
        """How figures and slips are named."""
        from nnlec.grading.steps import LECTURE

        if not self.names_its_notation:
            return LECTURE
        from nnlec.rendering.notations import wording_of

        return wording_of(self.style.notation)


def _work_to_digits(ctx: click.Context, shown: int) -> None:
    """Exact functions work to as many digits as are shown, until the command ends."""
    if shown > _USUAL_FIGURES:
        from nnlec.arithmetic.decimal_functions import working_precision

        ctx.with_resource(working_precision(shown + _BEFORE_THE_POINT))


_USUAL_FIGURES = 40
_BEFORE_THE_POINT = 20
"""Figures of the largest number that is shown without an exponent, and some to spare."""

decimals_option = single_option(
    "--decimals", metavar="N", type=_PLACES, then=_work_to_digits, help="Show exactly N decimals (default: up to 4)."
)
significant_option = single_option(
    "--significant", metavar="N", type=_FIGURES, then=_work_to_digits, help="Show N significant figures."
)


plain_option = click.option(
    "--plain",
    is_flag=True,
    envvar="NNLEC_PLAIN",
    help="Words and figures alone, a fact a line, for a screen reader or Braille (or NNLEC_PLAIN=1).",
)
width_option = single_option(
    "--width", metavar="N", type=_Count(*COLUMNS), help="Lines of at most N columns (default: the terminal's)."
)


plain_options = several(plain_option, width_option)
"""The options of every command that prints text."""


decimal_comma_option = click.option("--decimal-comma", is_flag=True, help="Numbers as 1,5; between them stands ';'.")
"""For the commands that write figures on paper and read no tables, whose own option says it too."""


language_option = single_option(
    "--language",
    metavar="CODE",
    type=Choice([ENGLISH, *LANGUAGES]),
    default=ENGLISH,
    help=f"The words on paper: {', '.join([ENGLISH, *LANGUAGES])} (default: {ENGLISH}).",
)
"""For the commands whose words have translations."""


letters_option = single_option(
    "--letters", metavar="NAME=LETTER,...", default="", help="Other letters on paper, as output=y,target=t."
)
paper_options = several(
    language_option,
    single_option(
        "--notation",
        metavar="FORMULA",
        type=Choice(list(NOTATIONS)),
        default=NOTATIONS[0],
        help=f"How a dense layer is written: {', '.join(NOTATIONS)} (default: {NOTATIONS[0]}).",
    ),
    letters_option,
)
"""Words and formulas: for the commands that write formulas on paper."""


def output_options_to(*names: str) -> Callable[[Command], Command]:
    """The options of every command that can write a worked example, to a file that one of these names."""
    formats = list(dict.fromkeys([*RENDERERS, *ROWS, *DATA]))
    return several(
        single_option("-f", "--format", metavar="NAME", type=Choice(formats), help=f"One of {', '.join(formats)}."),
        click.option("--standalone", is_flag=True, help="A whole document, with --beamer of slides."),
        click.option("--beamer", is_flag=True, help="Frames of slides that build each product up entry by entry."),
        single_option(
            *names, "file", type=OutputFile(), metavar="FILE", help="Write to FILE; its suffix sets the format."
        ),
        decimals_option,
        significant_option,
        plain_options,
    )


output_options = output_options_to("-o", "--output")


exact_option = click.option(
    "--exact", is_flag=True, help="Compute a table exactly too: every number is the double nearest to the exact result."
)
"""For the commands whose results can be correctly rounded."""


parameter_option = click.option(
    "-p",
    "--parameter",
    "parameters",
    metavar="NAME=VALUE",
    multiple=True,
    help="A parameter of the loss, as delta=0.5 or weights=1,2,1.",
)
"""For the commands that compute a loss."""

worked_options = several(
    paper_options,
    output_options,
    click.option("--all", "show_all", is_flag=True, help="Show every row and column of large layers."),
)
"""For the commands that write the working of an example."""

steps_option = click.option("--steps", is_flag=True, help="Write out every product, sum and function with its numbers.")
"""For the commands whose working can be written out."""


class TruthOptions(NamedTuple):
    """What the output of a network is compared with, and how."""

    label: str | None = None
    target: str | None = None
    name: str | None = None
    parameters: tuple[str, ...] = ()

    @property
    def given(self) -> bool:
        """Whether there is anything to compare with. Raises `click.UsageError` for two truths."""
        if self.label is not None and self.target is not None:
            raise click.UsageError("give --label NAME_OR_INDEX or --target VALUES, not both")
        return self.label is not None or self.target is not None


def carry_option(what: str) -> Callable[[Command], Command]:
    """--carry, with what it decides about in a few words; its default is "full"."""
    return single_option(
        "--carry",
        metavar="HOW",
        type=Choice(["full", "rounded"]),
        default="full",
        help=f"What {what}: full, every digit; rounded, the rounded figures, as by hand.",
    )


def carried(output: OutputOptions, carry: str) -> Carry | None:
    """What is applied to each number before it is used again: the rounding of the output, with --carry rounded."""
    return output.rounding.value if carry == "rounded" else None


def emit(
    output: OutputOptions,
    document: Callable[[], Document],
    record: Callable[[], Record],
    rows: Callable[[Record], Sequence[Mapping[str, str | float]]] | None = None,
) -> None:
    """Write a result in the format asked for: the document for people, the record or its rows as data."""
    chosen = output.chosen("table")
    text: str | Iterator[str]
    if chosen in RENDERERS:
        with speaking(output.language):
            page = output.page
            if chosen in ("html", "latex"):
                from nnlec.cli.titles import title

                page = page._replace(title=title())
            text = render_document(document(), chosen, page)
    elif chosen in DATA:
        text = write_data(record(), chosen)
    elif rows is not None and chosen in SEPARATED:
        text = write_rows(rows(record()), chosen)
    else:
        raise NnlecError(f"this is not written as {chosen}", hint="json holds every number of it")
    write_text(text, output.file)


def written_plainly(document: Document, width: int | None) -> str:
    """The document as words alone, in lines of so many columns, or of the terminal's."""
    return render_document(document, "plain", render_options(to_file=False, width=width))
