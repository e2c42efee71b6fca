"""One step of learning on paper: 1 it makes a prediction, 2 we give it a feedback, 3 it updates its parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal, localcontext

from nnlec.arithmetic.decimal_functions import working
from nnlec.arithmetic.numbers import decimal_of
from nnlec.arithmetic.rounding import in_full
from nnlec.network.activations import ACTIVATIONS
from nnlec.network.layers.checks import by
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
    Given,
    Heading,
    Number,
    Prose,
    Sign,
    Slope,
    Steps,
    Symbol,
    Table,
    Working,
)
from nnlec.rendering.explain.figures import (
    LECTURE,
    Notation,
    Style,
    column,
    figure,
    relation,
    shown_indices,
    shown_matrix,
    vector,
)
from nnlec.rendering.explain.held import computed_sum, held_columns
from nnlec.rendering.explain.loss import why_infinite
from nnlec.rendering.explain.step_layer import LayerBack, Taker, handed_down, undivided
from nnlec.rendering.explain.step_letters import letters_of
from nnlec.rendering.explain.step_prediction import HeldLayer

_LOSS = Symbol("L")
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
        *_prediction(step.before, style),
        *_feedback(step, style),
        Heading("3 update" if step.rate else "3 gradients", 2),
        Prose(_RULE.format(style.notation.pre_activation) + (_NEW if step.new_upstream else _OLD)),
        Steps(((Symbol("δ"), Sign.EQUALS, Slope(_LOSS, Symbol(style.notation.pre_activation))),)),
        *(block for number in range(len(step.layers), 0, -1) for block in _back(step, number, style).blocks()),
        *(_input(step, style) if style.steps else ()),
        *(_after(step, style) if step.rate else ()),
        *(_checked(check, style.notation.weight) if check is not None else ()),
    )


def describe_layer(step: ExactStep, layer: int, unit: int | None, style: Style) -> Document:
    """One layer on the way back, or one unit of it; both are counted from 0."""
    return tuple(_back(step, layer + 1, style.of_network(step.before.network), unit).blocks())


def _prediction(trace: ExactTrace, style: Style) -> Iterator[Block]:
    """What each layer gives out, with the style's steps every sum written out, and the class."""
    yield from _outputs(trace, style)
    if trace.prediction is not None:
        yield Prose(f"prediction: {trace.prediction}")


def _outputs(trace: ExactTrace, style: Style) -> Iterator[Block]:
    depth = len(trace.layers)
    for number, at in enumerate(trace.layers, start=1):
        layer = HeldLayer(at, number, depth, trace.network.sources[number - 1], style)
        if style.steps:
            yield from layer.blocks()
        elif at.layer.has_maps and number < depth:
            yield Prose(f"{at.layer.name}: {by(at.layer.out_shape)}")
        else:
            shown = vector(at.output, style)
            yield Equation(((layer.result, relation(exact=shown.in_full), shown.matrix),))


def _feedback(step: ExactStep, style: Style) -> Iterator[Block]:
    """The loss term by term, and dL/df of each number that it is taken of."""
    example, loss, note = step.example, step.loss, style.notation
    last = step.layers[-1]
    by = letters_of(last, len(step.layers), len(step.layers), style).upstream()
    letter = by.letter if example.loss.kind.takes == "outputs" else note.scores
    rule = note.of(example.loss.derivative_rule(loss.target), letter)
    term = note.of(example.loss.term, letter)
    columns: dict[str, Sequence[Decimal]] = {note.target: loss.target}
    if loss.weights:
        columns[note.weight] = loss.weights
    columns[letter] = loss.predicted
    if loss.probabilities is not None:
        columns[note.probability] = loss.probabilities
    given = example.loss.options.items()
    options = {name: operand(in_full(decimal_of(value))) for name, value in given if isinstance(value, float)}
    of_numbers = [(put_in(formula, options), row) for formula, row in ((rule, last.upstream), (term, loss.terms))]
    finer = held_columns(columns, of_numbers, style)
    yield Heading(f"2 feedback: {example.loss.name}", 2)
    yield Display(note.of(example.loss.formula, letter))
    shown = [
        *((Symbol(name), column(row, style if name == note.target else finer)) for name, row in columns.items()),
        (Working((Slope(_LOSS, by), Sign.EQUALS, rule)), column(last.upstream, style)),
        (term, column(loss.terms, style)),
    ]
    heads, cells = zip(*shown, strict=True)
    yield Table(
        ("output", *heads),
        tuple(zip(map(Given, example.classes), *cells, strict=True)),
        totals=(_LOSS, *("" for _ in heads[1:]), Number(style.rounding.text(loss.value))),
    )
    yield from why_infinite(example, loss)
    if style.steps and loss.probabilities is not None and example.loss.kind.probabilities is ACTIVATIONS["softmax"]:
        yield from _through_softmax(step, style)
    derivative = example.loss.kind.derivative
    if derivative is not None and derivative.corner and _at_corner(step):
        yield Prose(f"{example.loss.name}: {derivative.corner}.")


def _through_softmax(step: ExactStep, style: Style) -> Iterator[Block]:
    """The long way to s - g: dL/ds of each share, the Jacobian of softmax, and their product."""
    loss, note = step.loss, style.notation
    shares = loss.probabilities
    assert shares is not None
    if any(s == 0 for s in shares):
        return
    derivative = ACTIVATIONS["softmax"].derivative
    assert derivative is not None
    s, f = (Symbol(letter) for letter in (note.probability, note.scores))
    with localcontext(working()):
        weights = loss.weights or (Decimal(1),) * len(shares)
        base = {"e": Decimal(1), "2": Decimal(2).ln(), "10": Decimal(10).ln()}[step.example.loss.base]
        by_share = tuple(-w * g / share / base for w, g, share in zip(weights, loss.target, shares, strict=True))
        entries = [[a * (1 - a) if i == j else -a * b for j, b in enumerate(shares)] for i, a in enumerate(shares)]
    shown = vector(by_share, style)
    yield Equation(((Slope(_LOSS, s), relation(exact=shown.in_full), shown.matrix),))
    rule = undivided(put_in(lettered(derivative.formula, {"y": note.probability}), {"temperature": operand("1")}))
    yield Equation(((Slope(s._replace(subscript="i"), f._replace(subscript="j")), Sign.EQUALS, rule),))
    jacobian = shown_matrix((len(shares),) * 2, lambda i, j: entries[i][j], style)
    yield Equation(((Slope(s, f), relation(exact=jacobian.in_full), jacobian.matrix),))
    places = [j for j in shown_indices(len(shares), style.most_columns) if j is not None]
    last = step.layers[-1].upstream
    yield Steps(
        tuple(
            (
                Slope(_LOSS, f._replace(subscript=str(j + 1))),
                *computed_sum([(u, entries[i][j]) for i, u in enumerate(by_share) if u], last[j], style),
            )
            for j in places
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
    network, depth, note = step.before.network, len(step.layers), style.notation
    of = step.layers[number - 1]
    taken = [name for source, _ in _starts(network, number - 1) for name in _names(network, source, note)]
    names = (taken, _names(network, number, note))
    source = network.sources[number - 1][0]
    return LayerBack(
        of, letters_of(of, number, depth, style, source), names, step.rate, style, _takers(step, number, style), unit
    )


def _input(step: ExactStep, style: Style) -> Iterator[Block]:
    """dL/dx of the input, which is given and changes nothing: the end of the way back."""
    network = step.before.network
    takers = _takers(step, 0, style)
    total = [Decimal(0)] * network.n_in
    for taker in takers:
        part = taker.step.below[taker.start : taker.start + network.n_in]
        total = [a + b for a, b in zip(total, part, strict=True)]
    letter = Symbol(style.notation.input)
    letters = [letter._replace(subscript=str(i + 1) if network.n_in > 1 else "") for i in range(network.n_in)]
    shown = [i for i in shown_indices(network.n_in, style.most_columns) if i is not None]
    yield Heading("the input, which is given", 2)
    yield Steps(tuple(handed_down(list(zip(letters, total, strict=True)), shown, takers, style)))


def _takers(step: ExactStep, number: int, style: Style) -> list[Taker]:
    """The layers that take what layer `number` gives; 0 is the input."""
    return [
        Taker(step.layers[index], letters_of(step.layers[index], index + 1, len(step.layers), style), start)
        for index in range(number, len(step.layers))
        for source, start in _starts(step.before.network, index)
        if source == number
    ]


def _starts(network: Network, index: int) -> Iterator[tuple[int, int]]:
    """What a layer takes, by number, and where each begins among its inputs."""
    start = 0
    for source in network.sources[index]:
        yield source, start
        start += network.layers[source - 1].n_out if source else network.n_in


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
    yield Steps(((_LOSS, relation(exact=after.in_full), Number(after.text)),))
    down = (
        ""
        if step.loss_after.value < step.loss.value
        else ": the step was too long" * (step.loss_after.value > step.loss.value)
    )
    yield Prose(f"before the step L was {before.text}{down}")
    if step.after.prediction is not None:
        yield Prose(f"prediction: {step.after.prediction}")


def _checked(check: QuotientCheck, w: str) -> Iterator[Block]:
    """That the gradients were held against difference quotients, and what came of it."""
    if not check.gradients:
        return
    each = "each" if check.checked == check.gradients else f"{check.checked} of {check.gradients:,}"
    result = "all agree" if not check.wrong else f"{check.wrong} DO NOT AGREE"
    yield Prose(f"checked: {each} dL/d{w} against (L({w} + e) - L({w} - e)) / 2e, 60 digits: {result}")
    if check.corners:
        yield Prose(f"{check.corners} of them stand at a corner of L, where the convention counts")
