"""One step of learning on paper: 1 it makes a prediction, 2 we give it a feedback, 3 it updates its parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal, localcontext

from nnlec.arithmetic.decimal_functions import working
from nnlec.arithmetic.rounding import in_full
from nnlec.network.activations import ActivationKind
from nnlec.network.network import Network
from nnlec.network.quotient import QuotientCheck
from nnlec.network.step import ExactStep
from nnlec.network.trace import ExactTrace
from nnlec.notation import lettered, operand, put_in
from nnlec.rendering.document import (
    Block,
    Display,
    Document,
    Equation,
    Heading,
    Number,
    Prose,
    Sign,
    Slope,
    Steps,
    Symbol,
    Table,
    UserName,
    Working,
)
from nnlec.rendering.explain.activation import numbers_of
from nnlec.rendering.explain.figures import LECTURE, Notation, Style, column, figure, places_shown, shown_matrix, vector
from nnlec.rendering.explain.held import computed_sum, held_columns
from nnlec.rendering.explain.layer_letters import LayerLetters
from nnlec.rendering.explain.loss import why_infinite
from nnlec.rendering.explain.sides import starts
from nnlec.rendering.explain.step_layer import LayerBack, Taker, handed_down, undivided
from nnlec.rendering.explain.step_letters import LOSS, Letters
from nnlec.rendering.explain.step_prediction import HeldLayer
from nnlec.text import by

_RULE = "from the last layer to the first; {} is the sum before the activation; every weight on the right is the one "
_OLD = "before the update"
_NEW = "after its update where delta goes down through it: older programs do so, and it is no gradient of L"


def describe_step(step: ExactStep, check: QuotientCheck | None, style: Style) -> Document:
    """Prediction, loss, the way back layer by layer, and what the network gives after the step."""
    network, style = step.before.network, style.of_network(step.before.network)
    named = f"{network.name}: " if network.name else ""
    what = "the gradients" if step.rate == 0 else f"one step of gradient descent, rate {in_full(step.rate)}"
    return (
        Heading(f"{named}{what}"),
        Heading("1 prediction", 2),
        *_outputs(step.before, style),
        *_predicted(step.before),
        *_feedback(step, style),
        Heading("3 update" if step.rate else "3 gradients", 2),
        Prose(_RULE.format(style.notation.pre_activation) + (_NEW if step.new_upstream else _OLD)),
        Steps(((Symbol("δ"), Sign.EQUALS, Slope(LOSS, Symbol(style.notation.pre_activation))),)),
        *(block for number in range(len(step.layers), 0, -1) for block in _back(step, number, style).blocks()),
        *(_input(step, style) if style.steps else ()),
        *(_after(step, style) if step.rate else ()),
        *(_checked(check, style.notation.weight) if check is not None else ()),
    )


def describe_layer(step: ExactStep, layer: int, unit: int | None, style: Style) -> Document:
    """One layer on the way back, or one unit of it; both are counted from 0."""
    return tuple(_back(step, layer + 1, style.of_network(step.before.network), unit).blocks())


def _predicted(trace: ExactTrace) -> Iterator[Prose]:
    if trace.prediction is not None:
        yield Prose(f"prediction: {trace.prediction}")


def _outputs(trace: ExactTrace, style: Style) -> Iterator[Block]:
    """What each layer gives out, with the style's steps every sum written out."""
    for number, at in enumerate(trace.layers, start=1):
        layer = HeldLayer.of(trace, number, style)
        if style.steps:
            yield from layer.blocks()
        elif at.layer.has_maps and number < len(trace.layers):
            yield Prose(f"{at.layer.name}: {by(at.layer.out_shape)}")
        else:
            yield vector(at.output, style).equation(layer.result)


def _feedback(step: ExactStep, style: Style) -> Iterator[Block]:
    """The loss term by term, and dL/df of each number that it is taken of."""
    example, loss, note = step.example, step.loss, style.notation
    last = step.layers[-1]
    by = _letters(step, len(step.layers), style).upstream()
    letter = by.letter if example.loss.kind.takes == "outputs" else note.scores
    rule = note.of(example.loss.derivative_rule(loss.target), letter)
    term = note.of(example.loss.term, letter)
    columns: dict[str, Sequence[Decimal]] = {note.target: loss.target}
    if loss.weights:
        columns[note.weight] = loss.weights
    columns[letter] = loss.predicted
    if loss.probabilities is not None:
        columns[note.probability] = loss.probabilities
    options = numbers_of(example.loss.options)
    of_numbers = [(put_in(formula, options), row) for formula, row in ((rule, last.upstream), (term, loss.terms))]
    finer = held_columns(columns, of_numbers, style)
    yield Heading(f"2 feedback: {example.loss.name}", 2)
    yield Display(note.of(example.loss.formula, letter))
    shown = [
        *((Symbol(name), column(row, style if name == note.target else finer)) for name, row in columns.items()),
        (Working((Slope(LOSS, by), Sign.EQUALS, rule)), column(last.upstream, style)),
        (term, column(loss.terms, style)),
    ]
    heads, cells = zip(*shown, strict=True)
    yield Table(
        ("output", *heads),
        tuple(zip(map(UserName, example.classes), *cells, strict=True)),
        totals=(LOSS, *("" for _ in heads[1:]), Number(style.rounding.text(loss.value))),
    )
    yield from why_infinite(example, loss)
    if style.steps and (squash := example.loss.kind.probabilities) is not None and not squash.pointwise:
        yield from _through_softmax(step, squash, style)
    derivative = example.loss.kind.derivative
    if derivative is not None and derivative.corner and _at_corner(step):
        yield Prose(f"{example.loss.name}: {derivative.corner}.")


def _through_softmax(step: ExactStep, softmax: ActivationKind, style: Style) -> Iterator[Block]:
    """The long way to s - g: dL/ds of each share, the Jacobian of softmax, and their product."""
    loss, note = step.loss, style.notation
    shares = loss.probabilities
    assert shares is not None
    if any(s == 0 for s in shares):
        return
    assert softmax.derivative is not None
    entry = softmax.derivative.formula
    s, f = (Symbol(letter) for letter in (note.probability, note.scores))
    with localcontext(working()):
        weights = loss.weights or (Decimal(1),) * len(shares)
        base = {"e": Decimal(1), "2": Decimal(2).ln(), "10": Decimal(10).ln()}[step.example.loss.base]
        by_share = tuple(-w * g / share / base for w, g, share in zip(weights, loss.target, shares, strict=True))
        entries = [[a * (1 - a) if i == j else -a * b for j, b in enumerate(shares)] for i, a in enumerate(shares)]
    yield vector(by_share, style).equation(Slope(LOSS, s))
    rule = undivided(put_in(lettered(entry, {"y": note.probability}), {"temperature": operand("1")}))
    yield Equation(((Slope(s._replace(subscript="i"), f._replace(subscript="j")), Sign.EQUALS, rule),))
    jacobian = shown_matrix((len(shares),) * 2, lambda i, j: entries[i][j], style)
    yield jacobian.equation(Slope(s, f))
    last = step.layers[-1].upstream
    yield Steps(
        tuple(
            (
                Slope(LOSS, f._replace(subscript=str(j + 1))),
                *computed_sum([(u, entries[i][j]) for i, u in enumerate(by_share) if u], last[j], style),
            )
            for j in places_shown(len(shares), style.most_columns)
        )
    )


def _at_corner(step: ExactStep) -> bool:
    """Whether a prediction stands where the loss has two slopes."""
    near = Decimal("1e-30")
    of, target = step.example.loss, step.loss.target
    below = of.exact_derivative([f - near for f in step.loss.predicted], target)
    above = of.exact_derivative([f + near for f in step.loss.predicted], target)
    return any(abs(a - b) > Decimal("1e-20") for a, b in zip(above, below, strict=True))


def _back(step: ExactStep, number: int, style: Style, unit: int | None = None) -> LayerBack:
    network, of, note = step.before.network, step.layers[number - 1], style.notation
    taken = [name for source in network.sources[number - 1] for name in _names(network, source, note)]
    names, takers = (taken, _names(network, number, note)), _takers(step, number, style)
    return LayerBack(of, _letters(step, number, style), names, step.rate, style, takers, unit)


def _letters(step: ExactStep, number: int, style: Style) -> Letters:
    return Letters(step.layers[number - 1], LayerLetters.of(step.before, number, style))


def _input(step: ExactStep, style: Style) -> Iterator[Block]:
    """dL/dx of the input, which is given and changes nothing: the end of the way back."""
    network = step.before.network
    takers = _takers(step, 0, style)
    total = [Decimal(0)] * network.n_in
    for taker in takers:
        part = taker.letters.step.below[taker.start : taker.start + network.n_in]
        total = [a + b for a, b in zip(total, part, strict=True)]
    letter = Symbol(style.notation.input)
    letters = [letter._replace(subscript=str(i + 1) if network.n_in > 1 else "") for i in range(network.n_in)]
    shown = places_shown(network.n_in, style.most_columns)
    yield Heading("the input, which is given", 2)
    yield Steps(tuple(handed_down(list(zip(letters, total, strict=True)), shown, takers, style)))


def _takers(step: ExactStep, number: int, style: Style) -> list[Taker]:
    """The layers that take what layer `number` gives; 0 is the input."""
    return [
        Taker(_letters(step, index + 1, style), start)
        for index in range(number, len(step.layers))
        for source, start in starts(step.before.network, index)
        if source == number
    ]


def _names(network: Network, number: int, note: Notation) -> Sequence[str]:
    """The names of what layer `number` gives out; 0 is the input."""
    if number == 0:
        return note.input_names(network)
    if number == len(network.layers):
        return network.output_names
    letter = note.hidden if len(network.layers) == 2 else f"{note.hidden}({number})"
    return [f"{letter}{j}" for j in range(1, network.layers[number - 1].n_out + 1)]


def unit_names(network: Network, note: Notation = LECTURE) -> list[Sequence[str]]:
    """The names of the inputs, and of what each layer gives out."""
    return [_names(network, number, note) for number in range(len(network.layers) + 1)]


def _after(step: ExactStep, style: Style) -> Iterator[Block]:
    """What the network gives after the step, and its loss before and after."""
    yield Heading("after the step", 2)
    outputs = list(_outputs(step.after, style._replace(steps=False)))
    yield from outputs if style.steps else outputs[-1:]
    after, before = figure(step.loss_after.value, style), figure(step.loss.value, style)
    yield Steps(((LOSS, *after.with_relation(exact=after.in_full)),))
    down = ": the step was too long" if step.loss_after.value > step.loss.value else ""
    yield Prose(f"before the step L was {before.text}{down}")
    yield from _predicted(step.after)


def _checked(check: QuotientCheck, w: str) -> Iterator[Block]:
    """That the gradients were held against difference quotients, and what came of it."""
    if not check.gradients:
        return
    each = "each" if check.checked == check.gradients else f"{check.checked} of {check.gradients:,}"
    result = "all agree" if not check.wrong else f"{check.wrong} DO NOT AGREE"
    yield Prose(f"checked: {each} dL/d{w} against (L({w} + e) - L({w} - e)) / 2e, 60 digits: {result}")
    if check.corners:
        yield Prose(f"{check.corners} of them stand at a corner of L, where the convention counts")
