"""Fits the coefficients of nnlec/network/activations/gelu.py: run it and compare, `python tests/accuracy/fit_gelu.py`.

The normal distribution's tail is Q(a) = G(a) e^(-a^2/2) with G(a) = e^(a^2/2) erfc(a / sqrt 2) / 2, a function without
drama: (a + 1) G(a) goes from 1/2 at a = 0 to 1 / sqrt(2 pi) at infinity. In t = (a - 5) / (a + 5), which takes the
half-line to [-1, 1), its Chebyshev series ends early.
"""

from __future__ import annotations

import mpmath

TERMS = 28


def smooth_part(t: mpmath.mpf) -> mpmath.mpf:
    """(a + 1) G(a) at t = (a - 5) / (a + 5)."""
    if t == 1:
        return 1 / mpmath.sqrt(2 * mpmath.pi)
    a = 5 * (1 + t) / (1 - t)
    if a > 1e6:  # Mills' ratio: G(a) = (1 - 1/a^2 + 3/a^4 - ...) / (a sqrt(2 pi))
        return (a + 1) / (a * mpmath.sqrt(2 * mpmath.pi)) * (1 - 1 / a**2 + 3 / a**4)
    return (a + 1) * mpmath.exp(a * a / 2) * mpmath.erfc(a / mpmath.sqrt(2)) / 2


def coefficients(terms: int = TERMS, nodes: int = 200) -> list[float]:
    """The first coefficients of the Chebyshev series, interpolated at many nodes, each rounded to a double."""
    with mpmath.workdps(60):
        angles = [mpmath.pi * (k + mpmath.mpf(1) / 2) / nodes for k in range(nodes)]
        values = [smooth_part(mpmath.cos(angle)) for angle in angles]
        series = [
            2 * mpmath.fsum(v * mpmath.cos(j * angle) for v, angle in zip(values, angles, strict=True)) / nodes
            for j in range(terms)
        ]
        return [float(series[0] / 2), *(float(c) for c in series[1:])]


if __name__ == "__main__":
    for coefficient in coefficients():
        print(f"    {coefficient!r},")
