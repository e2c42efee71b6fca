"""Elementary functions of decimal numbers, right to 60 digits for every argument, or to as many as are asked for.

The standard library has exp, ln and square root. The others are built from them so that no digit cancels: they are as
good for arguments of 1e-300 as for 1e300. Infinities and NaN give the limits that the functions of doubles give.

The caller's decimal context does not matter. More digits are a matter of `working_precision`:

>>> with working_precision(100):
...     print(log1p(Decimal("1e-30")))  # doctest: +ELLIPSIS
9.9999999999999999999999999999950000000000000000000000000000033333333333333333333333333333308333...E-31
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, localcontext
from functools import cache, wraps
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")

PROMISED = 60
"""Digits that are right unless more are asked for."""

_GUARD = 20
"""Digits carried beyond those promised: an exponent of 1e17 costs its exponential 17 of them."""


def _context(digits: int) -> Context:
    return Context(prec=digits + _GUARD, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])


DIGITS = _context(PROMISED)
"""The default working context: 80 digits, of which 60 are promised. 1/0 is infinite and inf - inf is NaN: no traps."""

_WORKING: ContextVar[Context] = ContextVar("_WORKING", default=DIGITS)

_SMALL = Decimal("0.5")
_HUGE = Decimal("1e17")
_INFINITY = Decimal("Infinity")


def working() -> Context:
    """The context in which exact functions work now: `DIGITS`, or that of `working_precision`."""
    return _WORKING.get()


@contextmanager
def working_precision(digits: int) -> Iterator[Context]:
    """Within, every exact function (here, of activations and of losses) is right to `digits` digits, at least 60."""
    context = _context(max(digits, PROMISED))
    token = _WORKING.set(context)
    try:
        yield context
    finally:
        _WORKING.reset(token)


@contextmanager
def extra_digits(digits: int) -> Iterator[Context]:
    """Within, exact functions carry so many digits more: for a result in which that many cancel."""
    with working_precision(working().prec - _GUARD + digits) as context, localcontext(context):
        yield context


def exactly(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Decorates a function of decimals: it computes in the working context, whatever the caller's."""

    @wraps(function)
    def in_working_context(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        with localcontext(_WORKING.get()):
            return function(*args, **kwargs)

    return in_working_context


@exactly
def exp(x: Decimal) -> Decimal:
    """e^x; 0 or infinity without computing where a decimal cannot hold it."""
    if abs(x) > _HUGE:
        return Decimal(0) if x < 0 else _INFINITY
    return (+x).exp()


@exactly
def ln(x: Decimal) -> Decimal:
    """The natural logarithm; -infinity of 0, NaN below."""
    return x.ln()


@exactly
def expm1(x: Decimal) -> Decimal:
    """e^x - 1 without its cancellation near 0, by Kahan's (e^x - 1) x / ln(e^x)."""
    u = exp(x)
    if abs(x) > _SMALL:
        return u - 1
    return +x if u == 1 else (u - 1) * x / u.ln()


@exactly
def log1p(x: Decimal) -> Decimal:
    """ln(1 + x) without its cancellation near 0, by Kahan's x ln(1 + x) / ((1 + x) - 1)."""
    u = 1 + x
    if abs(x) > _SMALL:
        return u.ln()
    return +x if u == 1 else x * u.ln() / (u - 1)


@exactly
def softplus(x: Decimal) -> Decimal:
    """ln(1 + e^x)."""
    return max(x, Decimal(0)) + log1p(exp(-abs(x)))


@exactly
def tanh(x: Decimal) -> Decimal:
    """(e^x - e^-x) / (e^x + e^-x)."""
    t = expm1(-2 * abs(x))
    return (-t / (2 + t)).copy_sign(x)


@exactly
def log_ratio(a: Decimal, b: Decimal) -> Decimal:
    """ln(a / b) of two numbers >= 0, without cancellation where they are near each other; NaN of 0 and 0."""
    difference = a - b
    return log1p(difference / b) if abs(difference) < _SMALL * b else (a / b).ln()


@exactly
def normal_below(x: Decimal) -> Decimal:
    """The share of a standard normal distribution below x: (1 + erf(x / sqrt 2)) / 2.

    The far tail has as many digits as the rest: by the Taylor series around 0 up to |x| = 10, by Laplace's continued
    fraction beyond (Abramowitz & Stegun 26.2.10 and 26.2.14).
    """
    if x.is_infinite():
        return Decimal(1 if x > 0 else 0)
    if x.is_nan():
        return x
    if abs(x) <= 10:
        return +_normal_near(x)
    tail = _normal_far(abs(x))
    return tail if x < 0 else 1 - tail


def _normal_near(x: Decimal) -> Decimal:
    # 1/2 - series cancels up to 23 digits at x = -10: carry 30 more.
    with extra_digits(30) as wide:
        square, term, total, n = x * x, x, x, 1
        while abs(term) > abs(total).scaleb(-wide.prec):
            n += 2
            term = term * square / n
            total += term
        return Decimal("0.5") + total * (-square / 2).exp() / (2 * pi()).sqrt()


def _normal_far(a: Decimal) -> Decimal:
    # The error of n terms falls like e^-(2 a sqrt(2 n)); n = (digits / 8)^2 at a = 10, and fewer would do beyond.
    fraction = a
    for n in range((working().prec // 8) ** 2 + 100, 0, -1):
        fraction = a + n / fraction
    return exp(-a * a / 2) / ((2 * pi()).sqrt() * fraction)


def pi() -> Decimal:
    """Pi in working precision."""
    return _pi(working().prec)


@cache
def _pi(precision: int) -> Decimal:
    """By the arithmetic-geometric mean (Gauss, Legendre), which doubles the digits each time."""
    with localcontext(Context(prec=precision + 10)) as context:
        a, b, t, p = Decimal(1), 1 / Decimal(2).sqrt(), Decimal("0.25"), 1
        while abs(a - b) > Decimal(1).scaleb(-precision // 2 - 5):
            mean = (a + b) / 2
            b = (a * b).sqrt()
            t -= p * (a - mean) ** 2
            a, p = mean, 2 * p
        result = (a + b) ** 2 / (4 * t)
        context.prec = precision
        return +result


@exactly
def in_two(number: Decimal) -> tuple[float, float]:
    """The double nearest to it, and the double nearest to what is left."""
    high = float(number)
    return high, float(number - Decimal(high))


@exactly
def total(numbers: Iterable[Decimal]) -> Decimal:
    """Their sum."""
    return sum(numbers, Decimal(0))
