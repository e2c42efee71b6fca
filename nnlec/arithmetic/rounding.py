"""The one place where a number becomes shown figures: half away from zero, on the decimal text, never -0.0."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_UP, Context, Decimal

from nnlec.named import NamedTuple

# Wide enough that quantizing any double to any number of places never signals.
_WIDE = Context(prec=2000, rounding=ROUND_HALF_UP, Emax=MAX_EMAX, Emin=MIN_EMIN)
_PLAIN_BELOW = Decimal("1e15")
_ENDING = 30
"""Decimal places of a number that ends."""


class Rounding(NamedTuple):
    """How many figures are shown: `decimals` after the point, or `significant` in all.

    With `fixed` every number has exactly `decimals` places, as `--decimals 1` asks for; without it trailing
    zeros go, and a number too small for the places given is shown in scientific notation, not as 0.

    >>> from decimal import Decimal as D
    >>> Rounding().text(D("37.716")), Rounding(1, fixed=True).text(D("37.716")), Rounding().text(D("1.5e-9"))
    ('37.716', '37.7', '1.5e-9')
    >>> Rounding(1, fixed=True).text(D("0.25")), Rounding(1, fixed=True).text(D("-0.04"))
    ('0.3', '0.0')
    """

    decimals: int = 4
    significant: int | None = None
    fixed: bool = False
    scientific: bool = False
    """Whether all stand in scientific notation, with as many figures each."""
    ending: bool = False
    """Whether a decimal that ends within 30 places is shown in full, however many the others have."""

    def value(self, number: Decimal) -> Decimal:
        """`number` as it is shown, and as later steps use it where intermediate results are rounded."""
        if not number.is_finite() or number == 0:
            return number if number else Decimal(0)  # 0E-300 has no decimals to show
        if self.ending and _places(number.normalize(_WIDE)) <= _ENDING:
            return number
        if self.significant is not None:
            places = self.significant - 1 - number.adjusted()
            rounded = self._to_places(number, places)
            if rounded.adjusted() > number.adjusted():  # 9.99 -> 10.0: one place fewer
                rounded = self._to_places(number, places - 1)
            return rounded
        if number.copy_abs() >= _PLAIN_BELOW:  # its decimals are those of its scientific notation
            return Rounding(significant=self.decimals + 1).value(number)
        rounded = self._to_places(number, self.decimals)
        if rounded == 0 and not self.fixed:
            return Rounding(significant=max(1, self.decimals)).value(number)
        return abs(rounded) if rounded == 0 else rounded

    def text(self, number: Decimal) -> str:
        """`number` as shown figures."""
        return self.texts([number])[0]

    def texts(self, numbers: Iterable[Decimal]) -> list[str]:
        """Numbers that stand in one matrix: all with as many decimals as the longest of them needs.

        >>> from decimal import Decimal as D
        >>> Rounding().texts([D(1), D("2.8"), D("-3.1")])
        ['1.0', '2.8', '-3.1']
        """
        rounded = [self.value(number) for number in numbers]
        if self.scientific and self.significant is not None:
            return [_in_scientific(number, self.significant) for number in rounded]
        if self.significant is not None:
            return [_spelled(number, _places(number), self.significant + 6) for number in rounded]
        if self.fixed:
            return [_spelled(number, self.decimals, self.decimals) for number in rounded]
        most = _ENDING if self.ending else self.decimals
        needed = [_places(number.normalize(_WIDE)) for number in rounded if number.is_finite()]
        places = max((n for n in needed if n <= most), default=0)
        return [_spelled(number, places, most) for number in rounded]

    def alike(self, numbers: Sequence[Decimal]) -> Rounding:
        """How numbers that stand in one matrix are rounded: alike, where some of them need scientific notation.

        >>> from decimal import Decimal as D
        >>> numbers = [D("-0.00123"), D("-3.664e-7"), D(0)]
        >>> Rounding().texts(numbers), Rounding().alike(numbers).texts(numbers)
        (['-0.0012', '-3.664e-7', '0.0000'], ['-1.230e-3', '-3.664e-7', '0'])
        """
        if self.fixed or not any("e" in text for text in self.texts(numbers)):
            return self
        return Rounding(significant=self.significant or max(1, self.decimals), scientific=True)

    def is_shown_in_full(self, number: Decimal) -> bool:
        """Whether the shown figures are the number itself."""
        return self.value(number) == number

    @staticmethod
    def _to_places(number: Decimal, places: int) -> Decimal:
        return number.quantize(Decimal(1).scaleb(-places, context=_WIDE), context=_WIDE)


def _places(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _spelled(number: Decimal, places: int, most: int) -> str:
    """`number` with at least `places` decimals; in scientific notation when it needs more than `most`."""
    if not number.is_finite():
        return {"Infinity": "inf", "-Infinity": "-inf"}.get(str(number), "nan")
    bare = number.normalize(_WIDE)
    if number.copy_abs() >= _PLAIN_BELOW or _places(bare) > most:
        digits = "".join(map(str, bare.as_tuple().digits))
        fraction = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{'-' if bare < 0 else ''}{digits[0]}{fraction}e{bare.adjusted()}"
    return f"{number:.{max(places, _places(bare))}f}"


def _in_scientific(number: Decimal, figures: int) -> str:
    """`number` with so many figures in scientific notation; 0 as it is."""
    if not number.is_finite() or number == 0:
        return _spelled(number, 0, 0)
    digits = "".join(map(str, number.normalize(_WIDE).as_tuple().digits)).ljust(figures, "0")
    return f"{'-' if number < 0 else ''}{digits[0]}{'.' if figures > 1 else ''}{digits[1:]}e{number.adjusted()}"


def in_full(number: Decimal) -> str:
    """Every figure of `number` and no trailing zero, unrounded.

    >>> in_full(Decimal("14.00")), in_full(Decimal("-7.130")), in_full(Decimal("1e-300"))
    ('14', '-7.13', '1e-300')
    """
    return _spelled(abs(number) if number == 0 else number, 0, 30)
