"""Reads printed lines such as `f = 1.0 × 2.5 + 14 ≈ 16.5` and says whether each relation in them is true as printed.

An evaluator of its own, from the text alone. `=` must hold exactly: in fractions, or to 120 digits where e^x or ln x
stands in it. `≈` must be explained by rounding: with every figure known to half a unit of its last place (interval
arithmetic), both sides must be able to be the same number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

import mpmath
from mpmath import iv, mp

mp.dps = 150
iv.dps = 30

_TOKEN = re.compile(
    r"\[(?P<count>\d+) terms: (?P<total>[^\]]+)\]|(?P<number>\d+(?:\.\d+)?(?:e-?\d+)?)|(?P<name>[A-Za-z_]+\d*)"
    r"|(?P<sign>>=|<=|[-+×/^(),<>≥≤|=])|\s+"
)


class Unreadable(ValueError):
    """The text is no expression: a name, most likely."""


class Arithmetic(Protocol):
    """How numbers are read and functions computed."""

    def number(self, text: str) -> Any: ...
    def function(self, name: str, arguments: list[Any]) -> Any: ...
    def power(self, base: Any, exponent: Any) -> Any: ...
    def e_to(self, exponent: Any) -> Any: ...
    def pi(self) -> Any: ...


class Exact:
    """Fractions as long as they last, then 150 digits."""

    def number(self, text: str) -> Any:
        if text == "inf":
            return mpmath.inf
        return mp.mpf(text) if _is_extreme(text) else Fraction(text)

    def function(self, name: str, arguments: list[Any]) -> Any:
        if name in {"max", "min", "abs"}:
            return max(arguments) if name == "max" else min(arguments) if name == "min" else abs(arguments[0])
        (x,) = (_mp(a) for a in arguments)
        return _FUNCTIONS[name](x)

    def power(self, base: Any, exponent: Any) -> Any:
        if isinstance(exponent, Fraction) and exponent.denominator == 1:
            return base**exponent.numerator
        return _mp(base) ** _mp(exponent)

    def e_to(self, exponent: Any) -> Any:
        return Fraction(1) if exponent == 0 else mp.exp(_mp(exponent))

    def pi(self) -> Any:
        return +mp.pi


class Rounded:
    """Every figure an interval of half a unit of its last place to each side."""

    def number(self, text: str) -> Any:
        if text == "inf":
            return iv.mpf("inf")
        mantissa, _, exponent = text.partition("e")
        if _is_extreme(text):
            return iv.mpf(text) * iv.mpf([0.9, 1.1])
        whole, point, fraction = mantissa.partition(".")
        zeros = 0 if point or whole == "0" else len(whole) - len(whole.rstrip("0"))  # 11200000: three figures
        places = len(fraction) - int(exponent or 0) - zeros
        half = Fraction(1, 2) / Fraction(10) ** places
        low, high = Fraction(text) - half, Fraction(text) + half
        return iv.mpf([_lower(low), _upper(high)])

    def function(self, name: str, arguments: list[Any]) -> Any:
        if name in {"max", "min"}:
            choose = max if name == "max" else min
            return iv.mpf([choose(a.a for a in arguments), choose(a.b for a in arguments)])
        (x,) = arguments
        monotone = _FUNCTIONS[name]
        low, high = monotone(mp.mpf(x.a)), monotone(mp.mpf(x.b))
        return iv.mpf([min(low, high), max(low, high)])

    def power(self, base: Any, exponent: Any) -> Any:
        return base ** round(float(exponent.mid))

    def e_to(self, exponent: Any) -> Any:
        return iv.exp(exponent)

    def pi(self) -> Any:
        return iv.pi


def _is_extreme(text: str) -> bool:
    """Whether a fraction of it would have thousands of digits."""
    return abs(int(text.partition("e")[2] or 0)) > 1000


def _mp(value: Any) -> Any:
    return mp.mpf(value.numerator) / value.denominator if isinstance(value, Fraction) else value


def _lower(value: Fraction) -> Any:
    return (iv.mpf(value.numerator) / value.denominator).a


def _upper(value: Fraction) -> Any:
    return (iv.mpf(value.numerator) / value.denominator).b


def _ln(x: Any) -> Any:
    return mp.log(x) if x > 0 else -mp.inf


_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "ln": _ln,
    "log2": lambda x: _ln(x) / mp.log(2),
    "log10": lambda x: _ln(x) / mp.log(10),
    "exp": mp.exp,
    "sqrt": mp.sqrt,
    "floor": mp.floor,
    "tanh": mp.tanh,
    "erf": mp.erf,
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "relu": lambda x: max(x, mp.mpf(0)),
    "identity": lambda x: x,
    "step": lambda x: mp.mpf(x >= 0),
}
_PREFIX = frozenset({"ln", "log2", "log10", "tanh", "erf", "sqrt"})


@dataclass
class _Reader:
    """A recursive-descent reader over one expression."""

    tokens: list[tuple[str, str]]
    arithmetic: Arithmetic
    at: int = 0

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self, expected: str = "") -> tuple[str, str]:
        if self.at >= len(self.tokens) or (expected and self.peek() != expected):
            raise Unreadable(f"expected {expected or 'more'} at {self.tokens[self.at :]}")
        self.at += 1
        return self.tokens[self.at - 1]

    def whole(self) -> Any:
        value = self.choice()
        if self.at < len(self.tokens):
            raise Unreadable(f"left over: {self.tokens[self.at :]}")
        return value

    def choice(self) -> Any:
        """A if C, B if D, else E."""
        value = self.sum()
        while self.peek() == "if":
            self.take()
            chosen = self.condition()
            self.take(",")
            if self.peek() == "else":
                self.take()
                other = self.sum()
            else:
                other = self.choice()
            value = value if chosen else other
        return value

    def condition(self) -> bool:
        left = self.sum()
        _, sign = self.take()
        right = self.sum()
        left, right = (x.mid if hasattr(x, "mid") else x for x in (left, right))
        return bool(
            {">": left > right, "<": left < right, ">=": left >= right, "=": left == right}.get(sign, left <= right)
        )

    def sum(self) -> Any:
        value = self.product()
        while self.peek() in {"+", "-"}:
            _, sign = self.take()
            term = self.product()
            value = value + term if sign == "+" else value - term
        return value

    def product(self) -> Any:
        negative = self.peek() == "-"
        if negative:
            self.take()
        value = self.power()
        while self.peek() in {"×", "/", "("} or (
            self.at < len(self.tokens) and self.tokens[self.at][0] == "name" and self.peek() not in {"if", "else"}
        ):
            sign = self.take()[1] if self.peek() in {"×", "/"} else "×"
            factor = self.power()
            value = _times(value, factor) if sign == "×" else value / factor
        return -value if negative else value

    def power(self) -> Any:
        if self.peek() == "e":
            self.take()
            self.take("^")
            return self.arithmetic.e_to(self.signed())
        value = self.atom()
        if self.peek() == "^":
            self.take()
            return self.arithmetic.power(value, self.signed())
        return value

    def signed(self) -> Any:
        if self.peek() == "-":
            self.take()
            return -self.atom()
        return self.atom()

    def atom(self) -> Any:
        kind, text = self.take()
        if kind == "number":
            return self.arithmetic.number(text)
        if text == "inf":
            return self.arithmetic.number("inf")
        if text == "pi":
            return self.arithmetic.pi()
        if kind == "name" and self.peek() == "(":
            self.take("(")
            arguments = [self.choice()]
            while self.peek() == ",":
                self.take()
                arguments.append(self.choice())
            self.take(")")
            return self._call(text, arguments)
        if kind == "name" and text in _PREFIX:
            return self._call(text, [self.signed()])
        if text == "|":
            value = self.sum()
            self.take("|")
            return abs(value)
        if text == "(":
            value = self.choice()
            self.take(")")
            return value
        raise Unreadable(f"{text!r} stands for no number")

    def _call(self, name: str, arguments: list[Any]) -> Any:
        try:
            return self.arithmetic.function(name, arguments)
        except KeyError:
            raise Unreadable(f"unknown function {name}") from None


def _times(a: Any, b: Any) -> Any:
    """0 x ln 0 is 0, as a loss understands it."""
    return a * 0 if a == 0 and not isinstance(b, Fraction) and mpmath.isinf(getattr(b, "mid", b)) else _same(a, b)


def _same(a: Any, b: Any) -> Any:
    """a x b, a fraction beside digits turned into digits."""
    if isinstance(a, Fraction) != isinstance(b, Fraction):
        a, b = _mp(a), _mp(b)
    return a * b


def evaluated(text: str, arithmetic: Arithmetic) -> Any:
    """The value of an expression. Raises `Unreadable` where a name stands in it."""
    tokens: list[tuple[str, str]] = []
    position = 0
    text = text.replace("²", "^2").replace("³", "^3")
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise Unreadable(f"{text[position]!r} in {text!r}")
        position = match.end()
        if match["count"]:
            total = match["total"]
            tokens += [("sign", "("), *([("sign", "-")] if total[0] == "-" else []), ("number", total.lstrip("-"))]
            tokens.append(("sign", ")"))
        elif match.lastgroup:
            tokens.append((match.lastgroup, match[match.lastgroup]))
    return _Reader(tokens, arithmetic).whole()


@dataclass(frozen=True)
class Relation:
    """Two neighbours in a printed line, and the sign between them."""

    left: str
    sign: str
    right: str

    @property
    def holds(self) -> bool | None:
        """Whether it is true as printed; None where a side is a name, as the first of a line."""
        arithmetic: Arithmetic = Exact() if self.sign == "=" else Rounded()
        try:
            left, right = evaluated(self.left, arithmetic), evaluated(self.right, arithmetic)
        except Unreadable:
            return None
        if self.sign == "≈":
            return bool(left.a <= right.b and right.a <= left.b)
        if isinstance(left, Fraction) and isinstance(right, Fraction):
            return left == right
        difference = abs(_mp(left) - _mp(right)) if left != right else mp.mpf(0)
        return bool(difference <= mp.mpf(10) ** -120 * max(mp.mpf(1), abs(_mp(right))))


def _split(line: str) -> list[str]:
    """The sides of a line and the signs between them; a sign in brackets belongs to a condition."""
    parts, depth = [""], 0
    for token in re.split(r"( = | ≈ |[()])", line):
        depth += (token == "(") - (token == ")")
        if depth == 0 and token in (" = ", " ≈ "):
            parts += [token.strip(), ""]
        else:
            parts[-1] += token
    return parts


def relations(line: str) -> Iterator[Relation]:
    """Every relation of a printed line, from left to right."""
    parts = _split(line.strip())
    for i in range(0, len(parts) - 2, 2):
        yield Relation(parts[i], parts[i + 1], parts[i + 2])
