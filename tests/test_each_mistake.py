"""What each mistake in a layer would give: every sentence about it, and the figures that would stand there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from textwrap import dedent

import numpy as np
import pytest

from nnlec.grading import figures
from nnlec.grading.mistakes import MISTAKES, MistakeKind, Work
from nnlec.grading.operations import Activated, Linear, Operation, Selected
from nnlec.network.activations import activation
from nnlec.network.layers import LAYERS, Dense

LINEAR, ACTIVATED = MISTAKES[Linear], MISTAKES[Activated]


def dense(weights: list[list[float]], bias: list[float] | None = None) -> Dense:
    return Dense(np.array(weights), None if bias is None else np.array(bias), activation("identity"), "dense")


def work(
    operation: Operation, before: str, labels: str = "", written: str = "", wrong: str = "", earlier: Work | None = None
) -> Work:
    """The operation on a row; the figures are h1, h2, ... of x1, x2, ..., and all are wrong if it is not said which."""
    row = tuple(map(Decimal, before.split()))
    after = operation.follow(row)
    names = tuple(labels.split()) or tuple(f"h{number}" for number, _ in enumerate(after, start=1))
    inputs = tuple(f"x{number}" for number, _ in enumerate(row, start=1))
    units = tuple(names.index(name) for name in wrong.split()) or tuple(range(len(after)))
    return Work(operation, row, after, inputs, names, units, earlier, figures(written) if written else ())


def listed(kinds: Sequence[MistakeKind], at: Work) -> list[str]:
    """`name: sentence -> figures` of each alternative; those that differ in the number that was read share a line."""
    found: dict[str, list[str]] = {}
    for kind in kinds:
        for one in kind.alternatives(at):
            numbers = " ".join(f"{at.labels[unit]}={float(n):.6g}" for unit, n in sorted(one.changes.items()))
            before, read, after = re.fullmatch(r"(.* read as |)(\S*|.*)(, it is .*|)", kind.explain(at, one)).groups()  # type: ignore[union-attr]
            key, given = (f"{before}...{after}", f"{read} ({numbers})") if before else (read, numbers)
            found.setdefault(f"{kind.name}: {key}", []).append(given)
    return [f"{key} -> {', '.join(given)}" for key, given in found.items()]


def block(text: str) -> list[str]:
    """Its lines; a line that is indented goes on where the one before ends."""
    return re.sub(r"\n +", " ", dedent(text).strip()).splitlines()


def named(kinds: Sequence[MistakeKind], *names: str) -> list[MistakeKind]:
    return [kind for kind in kinds if kind.name in names]


SQUARE = Linear(dense([[2, -0.3], [0.5, 0]], [0.5, -1.2345]))
SUMS = work(Linear(dense([[2, -1], [-0.5, 3]], [-1, 0])), "1 4")
BARE = work(Linear(dense([[1, -1], [-0.5, 3]])), "1 4")
POOLS = [
    Selected(LAYERS["max_pool"].build({"size": np.array(size)}, ((1, 4),), activation("identity"), "pool"))
    for size in (2.0, 4.0)
]
FLAT = work(Selected(LAYERS["flatten"].build({}, ((2, 1),), activation("identity"), "flat")), "-1 11")


CASES: dict[str, tuple[Sequence[MistakeKind], Work, str]] = {
    "a sum of two inputs": (
        # x1 = 3.46, x2 = -2: h1 = 2 * 3.46 + 0.5 * -2 + 0.5 = 6.42, h2 = -0.3 * 3.46 + 0 * -2 - 1.2345 =
        # -2.2725
        LINEAR,
        work(SQUARE, "3.46 -2", written="6.4 -2.27"),
        """
        bias forgotten: no bias was added -> h1=5.92 h2=-1.038
        bias forgotten: the bias 0.5 of h1 was not added -> h1=5.92
        bias forgotten: the bias -1.2345 of h2 was not added -> h2=-1.038
        bias counted twice: every bias was added twice -> h1=6.92 h2=-3.507
        bias counted twice: the bias 0.5 of h1 was added twice -> h1=6.92
        bias counted twice: the bias -1.2345 of h2 was added twice -> h2=-3.507
        matrix transposed: rows of W were met where its columns should be -> h1=8.02 h2=0.4955
        row for column: h1 met a row of W where its column should be -> h1=8.02
        row for column: h2 met a row of W where its column should be -> h2=0.4955
        one sign: the product of x1 and 2 in h1 got the wrong sign -> h1=-7.42
        one sign: the product of x2 and 0.5 in h1 got the wrong sign -> h1=8.42
        one sign: the product of x1 and -0.3 in h2 got the wrong sign -> h2=-0.1965
        one sign: the bias 0.5 of h1 got the wrong sign -> h1=5.42
        one sign: the bias -1.2345 of h2 got the wrong sign -> h2=0.1965
        one sign: x1 was read as ..., it is 3.46 -> -3.46 (h1=-7.42 h2=-0.1965)
        one sign: x2 was read as ..., it is -2 -> 2 (h1=8.42 h2=-2.2725)
        one term left out: the product of x1 and 2 in h1 was left out -> h1=-0.5
        one term left out: the product of x2 and 0.5 in h1 was left out -> h1=7.42
        one term left out: the product of x1 and -0.3 in h2 was left out -> h2=-1.2345
        one term left out: x1 was left out everywhere -> h1=-0.5 h2=-1.2345
        one term left out: x2 was left out everywhere -> h1=7.42 h2=-2.2725
        one term counted twice: the product of x1 and 2 in h1 was added twice -> h1=13.34
        one term counted twice: the product of x2 and 0.5 in h1 was added twice -> h1=5.42
        one term counted twice: the product of x1 and -0.3 in h2 was added twice -> h2=-3.3105
        one weight misread: the weight 2 of x1 in h1 was read as ... -> 0.2 (h1=0.192), 20 (h1=68.7),
            0.02 (h1=-0.4308), 200 (h1=691.5), 0.2 (h1=0.192)
        one weight misread: the weight 0.5 of x2 in h1 was read as ... -> 0.05 (h1=7.32), 5 (h1=-2.58),
            0.005 (h1=7.41), 50 (h1=-92.58)
        one weight misread: the weight -0.3 of x1 in h2 was read as ... -> -0.03 (h2=-1.3383), -3
            (h2=-11.6145), -0.003 (h2=-1.24488), -30 (h2=-105.034)
        one weight misread: the bias 0.5 of h1 was read as ... -> 0.05 (h1=5.97), 5 (h1=10.92), 0.005
            (h1=5.925), 50 (h1=55.92), 0 (h1=5.92), 0.1 (h1=6.02), 0.2 (h1=6.12), 0.3 (h1=6.22), 0.4
            (h1=6.32), 0.6 (h1=6.52), 0.7 (h1=6.62), 0.8 (h1=6.72), 0.9 (h1=6.82)
        one weight misread: the bias -1.2345 of h2 was read as ... -> -0.12345 (h2=-1.16145), -12.345
            (h2=-13.383), -0.012345 (h2=-1.05035), -123.45 (h2=-124.488), -2.1345 (h2=-3.1725), -1.3245
            (h2=-2.3625), -1.2435 (h2=-2.2815), -1.2354 (h2=-2.2734)
        one input misread: x1 was read as ..., it is 3.46 -> 0.346 (h1=0.192 h2=-1.3383), 34.6 (h1=68.7
            h2=-11.6145), 0.0346 (h1=-0.4308 h2=-1.24488), 346 (h1=691.5 h2=-105.034), 4.36 (h1=8.22
            h2=-2.5425), 3.64 (h1=6.78 h2=-2.3265)
        one input misread: x2 was read as ..., it is -2 -> -0.2 (h1=7.32 h2=-2.2725), -20 (h1=-2.58
            h2=-2.2725), -0.02 (h1=7.41 h2=-2.2725), -200 (h1=-92.58 h2=-2.2725)
        one input for another: x2 was taken in the place of x1 -> h1=-4.5 h2=-0.6345
        one input for another: in h1 x2 was taken in the place of x1 -> h1=-4.5
        one input for another: in h2 x2 was taken in the place of x1 -> h2=-0.6345
        one input for another: x1 was taken in the place of x2 -> h1=9.15 h2=-2.2725
        one input for another: in h1 x1 was taken in the place of x2 -> h1=9.15
        one input for another: in h2 x1 was taken in the place of x2 -> h2=-2.2725
        rounded too early: the products were rounded before they were added -> h1=6.4 h2=-2.2745, h1=6.5
            h2=-2.2345
        rounded too early: what went in was rounded to 1 decimal -> h1=6.5 h2=-2.2845
        rounded too early: what went in was rounded to no decimals -> h1=5.5 h2=-2.1345
        """,
    ),
    "one of two figures is wrong": (
        LINEAR[:12],
        work(SQUARE, "3.46 -2", wrong="h2"),
        """
        bias forgotten: no bias was added -> h1=5.92 h2=-1.038
        bias forgotten: the bias -1.2345 of h2 was not added -> h2=-1.038
        bias counted twice: every bias was added twice -> h1=6.92 h2=-3.507
        bias counted twice: the bias -1.2345 of h2 was added twice -> h2=-3.507
        matrix transposed: rows of W were met where its columns should be -> h1=8.02 h2=0.4955
        row for column: h2 met a row of W where its column should be -> h2=0.4955
        one sign: the product of x1 and -0.3 in h2 got the wrong sign -> h2=-0.1965
        one sign: the bias -1.2345 of h2 got the wrong sign -> h2=0.1965
        one sign: x1 was read as ..., it is 3.46 -> -3.46 (h1=-7.42 h2=-0.1965)
        one sign: x2 was read as ..., it is -2 -> 2 (h1=8.42 h2=-2.2725)
        one term left out: the product of x1 and -0.3 in h2 was left out -> h2=-1.2345
        one term left out: x1 was left out everywhere -> h1=-0.5 h2=-1.2345
        one term left out: x2 was left out everywhere -> h1=7.42 h2=-2.2725
        one term counted twice: the product of x1 and -0.3 in h2 was added twice -> h2=-3.3105
        """,
    ),
    "whole figures": (
        named(LINEAR, "rounded too early"),
        work(SQUARE, "3.4567 -2", written="6 -2.3"),
        """
        rounded too early: the products were rounded before they were added -> h1=6.5 h2=-2.2345,
            h2=-2.2345
        rounded too early: what went in was rounded to 3 decimals -> h1=6.414 h2=-2.2716
        rounded too early: what went in was rounded to 2 decimals -> h1=6.42 h2=-2.2725
        rounded too early: what went in was rounded to 1 decimal -> h1=6.5 h2=-2.2845
        rounded too early: what went in was rounded to no decimals -> h1=5.5 h2=-2.1345
        """,
    ),
    "one unit without a bias": (
        # y1 = 2 * 3 + 4 * 0 = 6
        LINEAR,
        work(Linear(dense([[2], [4]])), "3 0", "y1", written="6"),
        """
        one sign: the product of x1 and 2 in y1 got the wrong sign -> y1=-6
        one term left out: the product of x1 and 2 in y1 was left out -> y1=0
        one term counted twice: the product of x1 and 2 in y1 was added twice -> y1=12
        one weight misread: the weight 2 of x1 in y1 was read as ... -> 0.2 (y1=0.6), 20 (y1=60), 0.02
            (y1=0.06), 200 (y1=600), 0.2 (y1=0.6)
        one input for another: in y1 x2 was taken in the place of x1 -> y1=0
        one input for another: in y1 x1 was taken in the place of x2 -> y1=18
        rounded too early: the products were rounded before they were added -> y1=6
        """,
    ),
    "a matrix that is square with its biases": (
        # 1 * 10 + 3 * 20 + 2 * 30 = 130, 1 * 2 + 3 * 3 + 2 * 5 = 21, 1 * -1 + 3 * 4 + 2 * 7 = 25
        named(LINEAR, "matrix transposed", "row for column"),
        work(Linear(dense([[2, 3, 5], [-1, 4, 7]], [10, 20, 30])), "3 2"),
        """
        matrix transposed: rows of W were met where its columns should be -> h1=130 h2=21 h3=25
        row for column: h1 met a row of W where its column should be -> h1=130
        row for column: h2 met a row of W where its column should be -> h2=21
        row for column: h3 met a row of W where its column should be -> h3=25
        """,
    ),
    "a square matrix without biases": (
        # 1 * 10 + 2 * 1 = 12, 3 * 10 + 4 * 1 = 34
        named(LINEAR, "matrix transposed", "row for column"),
        work(Linear(dense([[1, 2], [3, 4]])), "10 1", wrong="h1"),
        """
        matrix transposed: rows of W were met where its columns should be -> h1=12 h2=34
        row for column: h1 met a row of W where its column should be -> h1=12
        """,
    ),
    "one weight": (
        named(LINEAR, "matrix transposed", "row for column", "bias counted twice"),
        work(Linear(dense([[2]])), "3"),
        "",
    ),
    "one of two biases is zero": (
        named(LINEAR, "bias forgotten", "bias counted twice"),
        work(Linear(dense([[1, 1]], [0, 2])), "5"),
        """
        bias forgotten: the bias 2 of h2 was not added -> h2=5
        bias counted twice: the bias 2 of h2 was added twice -> h2=9
        """,
    ),
    "three inputs, two of them alike": (
        # h1 = 4 + 10 + 15 = 29, h2 = 290
        named(LINEAR, "one input for another", "one term left out"),
        work(Linear(dense([[1, 10], [2, 20], [3, 30]])), "4 5 5", wrong="h2"),
        """
        one term left out: the product of x1 and 10 in h2 was left out -> h2=250
        one term left out: the product of x2 and 20 in h2 was left out -> h2=190
        one term left out: the product of x3 and 30 in h2 was left out -> h2=140
        one term left out: x1 was left out everywhere -> h1=25 h2=250
        one term left out: x2 was left out everywhere -> h1=19 h2=190
        one term left out: x3 was left out everywhere -> h1=14 h2=140
        one input for another: x2 was taken in the place of x1 -> h1=30 h2=300
        one input for another: in h2 x2 was taken in the place of x1 -> h2=300
        one input for another: x1 was taken in the place of x2 -> h1=27 h2=270
        one input for another: in h2 x1 was taken in the place of x2 -> h2=270
        """,
    ),
    "a number of many digits": (
        # 2 * 3.141593 = 6.283186
        named(LINEAR, "one sign", "one weight misread"),
        work(Linear(dense([[3.141593]])), "2", "y1"),
        """
        one sign: the product of x1 and 3.14159 in y1 got the wrong sign -> y1=-6.28319
        one weight misread: the weight 3.14159 of x1 in y1 was read as ... -> 0.314159 (y1=0.628319),
            31.4159 (y1=62.8319), 0.0314159 (y1=0.0628319), 314.159 (y1=628.319)
        """,
    ),
    "no activation among others": (
        # h1 = -3, h2 = 4.5
        named(LINEAR, "activation applied early"),
        work(Linear(dense([[2, -3]]), (activation("relu"), activation("hard_tanh"))), "-1.5"),
        """
        activation applied early: relu was applied where no activation is -> h1=0 h2=4.5
        activation applied early: hard_tanh was applied where no activation is -> h1=-1 h2=1
        """,
    ),
    "the largest of two numbers, twice": (
        MISTAKES[Selected],
        work(POOLS[0], "1 -5 3 7", wrong="h2"),
        """
        another layer: the mean was taken for the largest -> h1=-2 h2=5
        another layer: the window moved by 1, not by the stride -> h1=1 h2=3
        another layer: the mean was taken for the largest in h2 -> h2=5
        another layer: the window moved by 1, not by the stride in h2 -> h2=3
        """,
    ),
    "the largest of four numbers": (
        MISTAKES[Selected],
        work(POOLS[1], "1 -5 3 7"),
        """
        another layer: the mean was taken for the largest -> h1=1.5
        another layer: the window moved by 1, not by the stride -> h1=7
        """,
    ),
    "sigmoid": (
        # h1 = 1 / (1 + e) = 0.269: 2 * 1 - 0.5 * 4 - 1 = -1 and -1 * 1 + 3 * 4 = 11 come in
        ACTIVATED,
        work(Activated(activation("sigmoid")), "-1 11", earlier=SUMS),
        """
        activation skipped: the activation was not applied -> h1=-1 h2=11
        activation skipped: the activation was not applied in h1 -> h1=-1
        activation skipped: the activation was not applied in h2 -> h2=11
        activation applied early: the activation was applied before the bias was added -> h1=-0.5
            h2=0.999983
        activation applied early: the activation was applied to each product -> h1=1.26894 h2=1.26894
        activation applied early: the activation was applied to what went in -> h1=-0.0288897 h2=2.21498
        activation applied twice: the activation was applied twice -> h1=0.566833 h2=0.731055
        minus forgotten: e^x was taken for e^-x -> h1=0.731059 h2=1.67014e-05
        """,
    ),
    "softmax": (
        ACTIVATED,
        work(Activated(activation("softmax")), "-1 11", earlier=SUMS),
        """
        activation skipped: the activation was not applied -> h1=-1 h2=11
        activation skipped: the activation was not applied in h1 -> h1=-1
        activation skipped: the activation was not applied in h2 -> h2=11
        activation applied early: the activation was applied before the bias was added -> h1=-0.999983
            h2=0.999983
        activation applied early: the activation was applied to what went in -> h1=-1.38144 h2=2.8103
        activation applied twice: the activation was applied twice -> h1=0.268944 h2=0.731056
        """,
    ),
    "relu of one wrong sum without a bias": (
        # 1 * 1 - 0.5 * 4 = -1, 3 * 4 - 1 = 11; of each product: 1 and 12
        ACTIVATED,
        work(Activated(activation("relu")), "-1 11", wrong="h2", earlier=BARE),
        """
        activation skipped: the activation was not applied -> h1=-1 h2=11
        activation skipped: the activation was not applied in h2 -> h2=11
        activation applied early: the activation was applied to each product -> h1=1 h2=12
        activation applied early: the activation was applied to what went in -> h1=-1 h2=11
        activation applied twice: the activation was applied twice -> h1=0 h2=11
        """,
    ),
    "relu of numbers that are no sums": (
        ACTIVATED,
        work(Activated(activation("relu")), "-1 11", earlier=FLAT),
        """
        activation skipped: the activation was not applied -> h1=-1 h2=11
        activation skipped: the activation was not applied in h1 -> h1=-1
        activation skipped: the activation was not applied in h2 -> h2=11
        activation applied twice: the activation was applied twice -> h1=0 h2=11
        """,
    ),
    "one sigmoid": (
        ACTIVATED,
        work(Activated(activation("sigmoid")), "2", "y1"),
        """
        activation skipped: the activation was not applied in y1 -> y1=2
        activation applied twice: the activation was applied twice -> y1=0.706987
        minus forgotten: e^x was taken for e^-x -> y1=0.119203
        """,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_every_mistake_with_what_it_would_give(case: str) -> None:
    kinds, at, expected = CASES[case]
    assert listed(kinds, at) == block(expected)


@pytest.mark.parametrize(
    ("inputs", "units", "mixed_up"), [(100, 1, True), (10, 10, True), (101, 1, False), (11, 10, False)]
)
def test_one_input_is_taken_for_another_in_small_layers(inputs: int, units: int, mixed_up: bool) -> None:
    at = work(Linear(dense([[1.0] * units] * inputs)), " ".join(map(str, range(inputs))))
    assert bool(listed(named(LINEAR, "one input for another"), at)) is mixed_up


@pytest.mark.parametrize(("inputs", "units", "applied"), [(2, 250, True), (3, 167, False)])
def test_an_activation_of_each_product_is_tried_up_to_500_products(inputs: int, units: int, applied: bool) -> None:
    sums = work(Linear(dense([[1.0] * units] * inputs)), " ".join(["1"] * inputs))
    at = work(Activated(activation("relu")), " ".join([str(inputs)] * units), earlier=sums)
    assert ("each product" in " ".join(listed(ACTIVATED, at))) is applied


def test_how_many_products_a_step_takes() -> None:
    assert work(Linear(dense([[1, 2, 3], [4, 5, 6]])), "1 1").size == 6
    assert work(Activated(activation("relu")), "1 2 3").size == 9
