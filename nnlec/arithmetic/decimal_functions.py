"""Elementary functions of decimal numbers, right to 60 digits wherever the argument lies.

The standard library has exp, ln and square root; what it lacks is built from them so that no digit cancels: each
function is good for arguments of 1e-300 and of 1e300 alike, and costs the same for both.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, localcontext

DIGITS = Context(prec=80, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])
"""The working precision: 80 digits, of which 60 are promised. Nothing is trapped: 1/0 is infinite, inf - inf is nan."""

PI = Decimal("3.141592653589793238462643383279502884197169399375105820974944592307816406286208998628034825342117068")

_SMALL = Decimal("0.5")


def exp(x: Decimal) -> Decimal:
    """e^x; 0 and infinity beyond what a decimal can hold, at once."""
    if abs(x) > Decimal("1e17") and x.is_finite():
        return Decimal(0) if x < 0 else Decimal("Infinity")
    return DIGITS.exp(DIGITS.plus(x))


def expm1(x: Decimal) -> Decimal:
    """e^x - 1 without its cancellation near 0, by Kahan's (e^x - 1) x / ln(e^x)."""
    u = exp(x)
    if abs(x) > _SMALL:
        return DIGITS.subtract(u, Decimal(1))
    if u == 1:
        return DIGITS.plus(x)
    return DIGITS.divide(DIGITS.multiply(DIGITS.subtract(u, Decimal(1)), x), DIGITS.ln(u))


def log1p(x: Decimal) -> Decimal:
    """ln(1 + x) without its cancellation near 0, by Kahan's x ln(1 + x) / ((1 + x) - 1)."""
    u = DIGITS.add(Decimal(1), x)
    if abs(x) > _SMALL:
        return DIGITS.ln(u)
    if u == 1:
        return DIGITS.plus(x)
    return DIGITS.divide(DIGITS.multiply(x, DIGITS.ln(u)), DIGITS.subtract(u, Decimal(1)))


def softplus(x: Decimal) -> Decimal:
    """ln(1 + e^x)."""
    return DIGITS.add(max(x, Decimal(0)), log1p(exp(-abs(x))))


def tanh(x: Decimal) -> Decimal:
    """(e^x - e^-x) / (e^x + e^-x)."""
    with localcontext(DIGITS):
        t = expm1(-2 * abs(x))
        return (-t / (2 + t)).copy_sign(x)


def normal_below(x: Decimal) -> Decimal:
    """The share of a standard normal distribution below x: (1 + erf(x / sqrt 2)) / 2.

    Right to 60 digits of its own, in the far tail too: by the Taylor series around 0 up to |x| = 10, by Laplace's
    continued fraction beyond (Abramowitz & Stegun 26.2.10 and 26.2.14).
    """
    if x.is_infinite():
        return Decimal(1 if x > 0 else 0)
    if abs(x) <= 10:
        return _normal_near(x)
    tail = _normal_far(abs(x))
    return tail if x < 0 else DIGITS.subtract(Decimal(1), tail)


def _normal_near(x: Decimal) -> Decimal:
    # 1/2 - series cancels up to 23 digits at x = -10: carry 30 more.
    with localcontext(DIGITS) as wide:
        wide.prec += 30
        square, term, total, n = x * x, x, x, 1
        while abs(term) > abs(total).scaleb(-wide.prec):
            n += 2
            term = term * square / n
            total += term
        wide_result = Decimal("0.5") + total * (-square / 2).exp() / (2 * PI).sqrt()
    return DIGITS.plus(wide_result)


def _normal_far(a: Decimal) -> Decimal:
    with localcontext(DIGITS):
        fraction = a
        for n in range(400, 0, -1):  # enough for 80 digits at a = 10; the larger a, the faster it settles
            fraction = a + n / fraction
        return exp(-a * a / 2) / ((2 * PI).sqrt() * fraction)


def total(numbers: Iterable[Decimal]) -> Decimal:
    """Their sum, in working precision whatever the caller's."""
    with localcontext(DIGITS):
        return sum(numbers, Decimal(0))
