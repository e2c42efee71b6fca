"""Sums of the terms of many losses, each rounded once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlec.arithmetic.compensated import row_sum
from nnlec.arithmetic.lazy_numpy import np

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array

_LARGE = 2.0**900
_SCALE = 200
_TOP = 1024


def times(factor: Array, values: Array) -> Array:
    """Their product, never -0.0, where 0 times anything is 0: a class without mass adds nothing, however surprising."""
    product = factor * values
    if not np.isfinite(values).all():
        product = np.where(factor == 0.0, 0.0, product)
    product += 0.0
    return product


def sum_of_rows(terms: Array, small: Array | float = 0.0) -> Array:
    """(rows,): the sum of terms + small along each row, rounded once, whatever the order and the other rows."""
    terms = np.ascontiguousarray(terms)
    largest = np.max(np.abs(terms), axis=1, keepdims=True, initial=0.0)
    total: Array = row_sum(terms, np.frexp(largest)[1], small)[0][:, 0]
    odd = np.flatnonzero(~(largest < _LARGE))
    if odd.size:
        total[odd] = _sum_of_odd_rows(terms[odd])
    return total


def _sum_of_odd_rows(terms: Array) -> Array:
    """(rows,): the sum of rows that hold infinities or NaN, or numbers so large that a sum of some may overflow."""
    finite_terms = np.isfinite(terms)
    special = np.where(finite_terms, 0.0, terms).sum(axis=1)
    scaled = np.ldexp(np.where(finite_terms, terms, 0.0), -_SCALE)
    total = np.ldexp(row_sum(scaled, _TOP - _SCALE)[0][:, 0], _SCALE)
    return np.where(finite_terms.all(axis=1), total, special)
