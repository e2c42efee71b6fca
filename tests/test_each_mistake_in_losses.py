"""What each mistake in probabilities, in a loss and in writing a figure down would give."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

from nnlec.grading.mistakes import MISTAKES, WRITING_MISTAKES, MistakeKind, Work
from nnlec.grading.mistakes.interface import misplaced_points, misread_digits, swapped_digits
from nnlec.grading.operations import Exponentials, Linear, LossOf, Normalised
from nnlec.network.losses import loss
from tests.conftest import Nnlec
from tests.test_each_mistake import block, dense, listed, named, work

LOSS, EXPONENTIALS, NORMALISED = MISTAKES[LossOf], MISTAKES[Exponentials], MISTAKES[Normalised]
AS_IT_IS, ONE = Linear(dense([[1, 0], [0, 1]])), Linear(dense([[1]]))


def of(name: str, target: str, probabilities: bool = False, **options: str) -> LossOf:
    return LossOf(loss(name, options), tuple(map(Decimal, target.split())), probabilities)


CASES: dict[str, tuple[Sequence[MistakeKind], Work, str]] = {
    "exponentials": (
        EXPONENTIALS,
        work(Exponentials(), "1.25 0", "a b"),
        """
        exponential skipped: no exponential was taken -> a=1.25 b=0
        another base: 2^f was taken for e^f -> a=2.37841 b=1
        another base: 10^f was taken for e^f -> a=17.7828 b=1
        one sign: e^-f was taken for e^f -> a=0.286505 b=1
        one sign: the score of a was read as ..., it is 1.25 -> -1.25 (a=0.286505)
        one input misread: the score of a was read as ..., it is 1.25 -> 0.125 (a=1.13315), 12.5
            (a=268337), 0.0125 (a=1.01258), 125 (a=1.93558e+54), 2.15 (a=8.58486), 1.52 (a=4.57223)
        rounded too early: the exponentials were rounded to 2 decimals -> a=3.49 b=1
        rounded too early: the exponentials were rounded to 1 decimal -> a=3.5 b=1
        rounded too early: the exponentials were rounded to no decimals -> a=3 b=1
        """,
    ),
    "one exponential": (
        named(EXPONENTIALS, "one sign"),
        work(Exponentials(), "2", "a"),
        """
        one sign: the score of a was read as ..., it is 2 -> -2 (a=0.135335)
        """,
    ),
    "shares of exponentials": (
        NORMALISED,
        work(Normalised(), "2 6", "a b"),
        """
        not divided by the sum: the exponentials were not divided by their sum -> a=2 b=6
        one term left out: the exponential of x1 is missing in the sum -> a=0.333333 b=1
        one term left out: the exponential of x2 is missing in the sum -> a=1 b=3
        one term counted twice: the exponential of x1 is in the sum twice -> a=0.2 b=0.6
        one term counted twice: the exponential of x2 is in the sum twice -> a=0.142857 b=0.428571
        softmax of softmax: softmax was applied to the probabilities -> a=0.377541 b=0.622459
        """,
    ),
    "shares of the exponentials of 1 and 3": (
        named(NORMALISED, "exponential skipped"),
        work(Normalised(), "2.718281828459 20.085536923188", "a b", earlier=work(Exponentials(), "1 3")),
        """
        exponential skipped: the scores were divided by their sum -> a=0.25 b=0.75
        """,
    ),
    "one share": (
        NORMALISED,
        work(Normalised(), "2", "a"),
        """
        not divided by the sum: the exponentials were not divided by their sum -> a=2
        one term counted twice: the exponential of x1 is in the sum twice -> a=0.5
        softmax of softmax: softmax was applied to the probabilities -> a=1
        """,
    ),
    "cross-entropy": (
        # -ln 0.5 = 0.693, -ln 0.2512 = 1.382
        LOSS,
        work(of("cross-entropy", "0 1 0", True), "0.2512 0.5 0.2488", "L"),
        """
        another logarithm: log2 was taken -> L=1
        another logarithm: log10 was taken -> L=0.30103
        minus forgotten: the minus in front of the sum was forgotten -> L=-0.693147
        softmax of softmax: softmax was applied to the probabilities -> L=0.93907
        another class: the probability of x1 was taken -> L=1.38151
        another class: the probability of x3 was taken -> L=1.39111
        logarithm forgotten: no logarithm was taken -> L=0.5
        rounded too early: the probabilities were rounded to 3 decimals -> L=0.693147
        rounded too early: the probabilities were rounded to 2 decimals -> L=0.693147
        rounded too early: the probabilities were rounded to 1 decimal -> L=0.693147
        averaged for summed: the sum was divided by the number of terms -> L=0.231049
        """,
    ),
    "cross-entropy of shares": (
        LOSS,
        work(of("cross-entropy", "0.5 0.5", True), "0.25 0.75", "L"),
        """
        another logarithm: log2 was taken -> L=1.20752
        another logarithm: log10 was taken -> L=0.363499
        minus forgotten: the minus in front of the sum was forgotten -> L=-0.836988
        softmax of softmax: softmax was applied to the probabilities -> L=0.724077
        logarithm forgotten: no logarithm was taken -> L=0.5
        rounded too early: the probabilities were rounded to 1 decimal -> L=0.713558
        averaged for summed: the sum was divided by the number of terms -> L=0.418494
        """,
    ),
    "cross-entropy in bits": (
        # -log2 0.25 = 2
        named(LOSS, "another logarithm", "another class"),
        work(of("cross-entropy", "0 1", True, base="2"), "0.75 0.25", "L"),
        """
        another logarithm: ln was taken -> L=1.38629
        another logarithm: log10 was taken -> L=0.60206
        another class: the probability of x1 was taken -> L=0.415037
        """,
    ),
    "binary cross-entropy of the first class": (
        # -ln 0.2 = 1.609
        LOSS,
        work(of("binary-cross-entropy", "0", True), "0.2 0.8", "L"),
        """
        another logarithm: log2 was taken -> L=2.32193
        another logarithm: log10 was taken -> L=0.69897
        minus forgotten: the minus in front of the sum was forgotten -> L=-1.60944
        softmax of softmax: softmax was applied to the probabilities -> L=1.03749
        logarithm forgotten: no logarithm was taken -> L=0.2
        """,
    ),
    "binary cross-entropy of two outputs": (
        # (-ln 0.8 - ln 0.9) / 2 = 0.164
        LOSS,
        work(of("binary-cross-entropy", "0 1", True), "0.2 0.9", "L"),
        """
        another logarithm: log2 was taken -> L=0.236966
        another logarithm: log10 was taken -> L=0.0713338
        minus forgotten: the minus in front of the sum was forgotten -> L=-0.164252
        softmax of softmax: softmax was applied to the probabilities -> L=0.403186
        another class: the probability of x1 was taken -> L=1.95601
        logarithm forgotten: no logarithm was taken -> L=0.85
        summed for averaged: the terms were added up and not divided by their number -> L=0.328504
        """,
    ),
    "mean squared error": (
        # ((2.04 - 1)^2 + (-1 - 3)^2) / 2 = 8.5408
        LOSS,
        work(of("mean-squared-error", "1 3"), "2.04 -1", "L"),
        """
        another target: the targets were taken in the wrong order -> L=2.4608
        another target: the target of x1 was taken for every output -> L=2.5408
        another target: the target of x2 was taken for every output -> L=8.4608
        rounded too early: what went in was rounded to 1 decimal -> L=8.5
        summed for averaged: the terms were added up and not divided by their number -> L=17.0816
        halved: the loss was divided by two -> L=4.2704
        root taken: the root of the loss was taken -> L=2.92246
        """,
    ),
    "squared error of one output": (
        LOSS,
        work(of("mean-squared-error", "1"), "3", "L"),
        """
        halved: the loss was divided by two -> L=2
        root taken: the root of the loss was taken -> L=2
        """,
    ),
    "sum of squares": (
        LOSS,
        work(of("sum-squared-error", "1 1"), "2 1", "L"),
        """
        averaged for summed: the sum was divided by the number of terms -> L=0.5
        halved: the loss was divided by two -> L=0.5
        root taken: the root of the loss was taken -> L=1
        """,
    ),
    "sum of one square": (
        named(LOSS, "averaged for summed", "summed for averaged"),
        work(of("sum-squared-error", "1"), "2", "L"),
        "",
    ),
    "no error": (
        LOSS,
        work(of("sum-squared-error", "1 1"), "1 1", "L"),
        """
        averaged for summed: the sum was divided by the number of terms -> L=0
        halved: the loss was divided by two -> L=0
        """,
    ),
    "log-likelihood": (
        named(LOSS, "minus forgotten"),
        work(of("negative-log-likelihood", "1 0"), "-0.7 -0.7", "L"),
        """
        minus forgotten: the minus in front of the sum was forgotten -> L=-0.7
        """,
    ),
    "two figures": (
        WRITING_MISTAKES,
        work(AS_IT_IS, "2.34567 -0.0471", written="2.34 -0.05"),
        """
        two outputs swapped: h1 and h2 stand in each other's place -> h1=-0.0471 h2=2.34567
        truncated for rounded: the figure was cut off, not rounded -> h1=2.34 h2=-0.04, h1=2.34,
            h2=-0.04
        rounded too early: h1 was rounded twice, first to 2.346 -> h1=2.35
        rounded too early: h1 was rounded twice, first to 2.3457 -> h1=2.35
        rounded too early: h2 was rounded twice, first to -0.047 -> h2=-0.05
        rounded too early: h2 was rounded twice, first to -0.0471 -> h2=-0.05
        rounded too early: h1 was rounded to no decimals and written with more -> h1=2
        rounded too early: h1 was rounded to 1 decimal and written with more -> h1=2.3
        one sign: h1 lost or gained its minus -> h1=-2.34567
        one sign: h2 lost or gained its minus -> h2=0.0471
        decimal point misplaced: h1 is 2.35, written 2.34 -> h1=0.234567, h1=23.4567, h1=0.0234567,
            h1=234.567
        decimal point misplaced: h2 is -0.05, written -0.05 -> h2=-0.00471, h2=-0.471, h2=-0.000471,
            h2=-4.71
        digits swapped: h1 is 2.35, written 3.25 -> h1=3.25
        digits swapped: h1 is 2.35, written 2.53 -> h1=2.53
        digits swapped: h2 is -0.05, written -0.5 -> h2=-0.5
        """,
    ),
    "the second of two figures": (
        WRITING_MISTAKES,
        work(AS_IT_IS, "2.3456 -0.0471", written="2.34 -0.05", wrong="h2"),
        """
        two outputs swapped: h1 and h2 stand in each other's place -> h1=-0.0471 h2=2.3456
        truncated for rounded: the figure was cut off, not rounded -> h1=2.34 h2=-0.04, h2=-0.04
        rounded too early: h2 was rounded twice, first to -0.047 -> h2=-0.05
        rounded too early: h2 was rounded twice, first to -0.0471 -> h2=-0.05
        one sign: h2 lost or gained its minus -> h2=0.0471
        decimal point misplaced: h2 is -0.05, written -0.05 -> h2=-0.00471, h2=-0.471, h2=-0.000471,
            h2=-4.71
        digits swapped: h2 is -0.05, written -0.5 -> h2=-0.5
        """,
    ),
    "a figure of tens beside a zero": (
        WRITING_MISTAKES,
        work(AS_IT_IS, "12.5 0", written="10 0"),
        """
        two outputs swapped: h1 and h2 stand in each other's place -> h1=0 h2=12.5
        truncated for rounded: the figure was cut off, not rounded -> h1=10 h2=0, h1=10, h2=0
        rounded too early: h1 was rounded twice, first to 13 -> h1=10
        rounded too early: h1 was rounded twice, first to 12.5 -> h1=10
        rounded too early: h2 was rounded twice, first to 0 -> h2=0, h2=0
        one sign: h1 lost or gained its minus -> h1=-12.5
        decimal point misplaced: h1 is 10, written 10 -> h1=1.25, h1=125, h1=0.125, h1=1250
        """,
    ),
    "a figure of thousands": (
        WRITING_MISTAKES,
        work(ONE, "5170.25", written="5170.2"),
        """
        truncated for rounded: the figure was cut off, not rounded -> h1=5170.2
        rounded too early: h1 was rounded twice, first to 5170.25 -> h1=5170.3, h1=5170.3
        rounded too early: h1 was rounded to thousands and written with more -> h1=5000
        rounded too early: h1 was rounded to hundreds and written with more -> h1=5200
        rounded too early: h1 was rounded to tens and written with more -> h1=5170
        rounded too early: h1 was rounded to no decimals and written with more -> h1=5170
        one sign: h1 lost or gained its minus -> h1=-5170.25
        decimal point misplaced: h1 is 5170.3, written 5170.2 -> h1=517.025, h1=51702.5, h1=51.7025,
            h1=517025
        digits swapped: h1 is 5170.3, written 1570.3 -> h1=1570.3
        digits swapped: h1 is 5170.3, written 5710.3 -> h1=5710.3
        digits swapped: h1 is 5170.3, written 5107.3 -> h1=5107.3
        digits swapped: h1 is 5170.3, written 5173 -> h1=5173
        """,
    ),
    "a zero": (
        WRITING_MISTAKES,
        work(ONE, "0.2", written="0"),
        """
        truncated for rounded: the figure was cut off, not rounded -> h1=0
        rounded too early: h1 was rounded twice, first to 0.2 -> h1=0, h1=0
        one sign: h1 lost or gained its minus -> h1=-0.2
        """,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_every_mistake_with_what_it_would_give(case: str) -> None:
    kinds, at, expected = CASES[case]
    assert listed(kinds, at) == block(expected)


@pytest.mark.parametrize(
    ("number", "zeros", "points", "swapped", "misread"),
    [
        ("0", 0, "", "", "1 2 3 4 5 6 7 8 9"),
        (
            "-2.3",
            0,
            "-0.23 -23 -0.023 -230",
            "-3.2",
            "-0.3 -1.3 -3.3 -4.3 -5.3 -6.3 -7.3 -8.3 -9.3 -2.0 -2.1 -2.2 -2.4 -2.5 -2.6 -2.7 -2.8 -2.9",
        ),
        ("0.05", 2, "0.005 0.5 0.0005 5", "0.50", "0 0.01 0.02 0.03 0.04 0.06 0.07 0.08 0.09"),
        ("1123", 0, "112.3 11230 11.23 112300", "1213 1132", ""),
        ("123456", 0, "12345.6 1234560 1234.56 12345600", "213456 132456 124356 123546 123465", ""),
        ("1234567", 0, "123456.7 12345670 12345.67 123456700", "", ""),
    ],
)
def test_how_a_number_may_be_misread(number: str, zeros: int, points: str, swapped: str, misread: str) -> None:
    one = Decimal(number)
    assert misplaced_points(one) == [*map(Decimal, points.split())]
    assert swapped_digits(one, zeros) == [*map(Decimal, swapped.split())]
    assert misread_digits(one) == [*map(Decimal, misread.split())]
    assert all(str(read).startswith("-") is number.startswith("-") for read in misread_digits(one) if read)


def test_three_digits_may_be_misread_and_what_is_no_number_may_not() -> None:
    assert len(misread_digits(Decimal("1.50"))) == 27
    for number in map(Decimal, ("NaN", "Infinity")):
        assert (misread_digits(number), swapped_digits(number)) == ([], [])


def test_a_figure_padded_with_zeros_was_rounded_to_20_places_fewer_at_most() -> None:
    long = work(ONE, "0.1234567890123456789012345", written="0.1234567890123456789012345")
    padded = [line for line in listed(WRITING_MISTAKES, long) if "written with more" in line]
    assert [line.partition("rounded to ")[2].partition(" and")[0] for line in padded] == [
        f"{places} decimals" for places in range(5, 25)
    ]


@pytest.mark.parametrize(
    ("number", "shown"),
    [("1.5e-15", "0.0000000000000015"), ("123456", "123456"), ("1234567", "1234570"), ("-0.12345678", "-0.123457")],
)
def test_a_number_in_a_sentence_has_six_figures_at_most(number: str, shown: str) -> None:
    (line,) = listed(named(MISTAKES[Linear], "bias counted twice"), work(Linear(dense([[1]], [float(number)])), "1"))
    assert line.startswith(f"bias counted twice: the bias {shown} of h1 was added twice")


RAIN = ("check", "configs/rain.yaml", "-i", "80,1000,50", "--label", "yes", "--loss")
PRICE = ("check", "configs/house-price.yaml", "-i", "80,3,5", "--target", "480000", "--loss")


@pytest.mark.parametrize(
    ("command", "figure", "said"),
    [
        (RAIN, "0.9", "No single mistake was found that explains what is wrong."),
        (RAIN, "0.7858", "Likely mistake: logarithm forgotten - no logarithm was taken."),
        (RAIN, "0.482", "No single mistake was found that explains what is wrong."),
        (RAIN, "-0.241", "the minus in front of the sum was forgotten"),
        (PRICE, "-10000", "Likely mistake: one sign - L lost or gained its minus."),
    ],
)
def test_a_wrong_loss_of_one_output(nnlec: Nnlec, command: tuple[str, ...], figure: str, said: str) -> None:
    ran = nnlec(*command, figure)
    assert (ran.returncode, ran.stderr) == (1, "")
    assert said in ran.stdout
