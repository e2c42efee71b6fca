"""What went wrong, as a value: where, what, and what to try next.

Deep code raises the bare fact, each floor above adds the place it knows with `at`, and the command line
turns the whole into one line. Nothing here prints.
"""

from __future__ import annotations

from collections.abc import Iterable


class NnlecError(Exception):
    """A mistake that the user can mend.

    >>> error = NnlecError("3 values, expected 4", hint="the first is the leading 1")
    >>> print(error.at("--input"))
    --input: 3 values, expected 4 (the first is the leading 1)
    """

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(what, where, hint)
        self.what = what
        self.where = where
        self.hint = hint

    def at(self, where: str) -> NnlecError:
        """The same fact seen from one floor further out: `where` is set in front of the place so far."""
        place = f"{where}: {self.where}" if self.where else where
        return NnlecError(self.what, where=place, hint=self.hint)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place}{self.what}{hint}"


class NnlecWarning(UserWarning):
    """Something that looks wrong but can be computed; the command line prints the first of each kind.

    Without a `kind`, warnings of other texts are of other kinds.
    """

    def __init__(self, what: str, *, kind: str = "") -> None:
        super().__init__(what)
        self.kind = kind or what


AS_NULL = "NaN and infinities are written as null: JSON has no numbers for them"


def not_installed(what: str, extra: str, where: str = "") -> NnlecError:
    """What needs which library, and the extra of nnlec that brings it.

    >>> str(not_installed("a picture needs Pillow", "images"))
    'a picture needs Pillow (pip install "nnlec[images]")'
    """
    return NnlecError(what, where=where, hint=f'pip install "nnlec[{extra}]"')


def unknown(kind: str, given: str, known: Iterable[str], *, listed_by: str = "") -> NnlecError:
    """The error for a name that is not in a registry: the nearest name, and the list where it is short or none is near.

    `listed_by` is the command that lists all.

    >>> print(unknown("activation", "sigmod", ["relu", "sigmoid"]))
    unknown activation 'sigmod', expected one of relu, sigmoid (did you mean 'sigmoid'?)
    """
    from difflib import get_close_matches

    names = list(known)
    nearest = [name for name in names if same_name(name, given)] or get_close_matches(given[:100], names, 1)
    nearest = nearest or get_close_matches(given[:100].lower(), names, 1)
    shown = ", ".join(shortened(name) for name in names[:_MOST_LISTED])
    more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
    hints = [f"did you mean {shortened(nearest[0])!r}?"] if nearest else []
    if nearest and len(names) > _FEW:
        hints += [f"{listed_by} lists all"] if listed_by else []
        return NnlecError(f"unknown {kind} {shortened(given)!r}", hint=" ".join(hints))
    return NnlecError(f"unknown {kind} {shortened(given)!r}, expected one of {shown}{more}", hint=" ".join(hints))


_FEW, _MOST_LISTED = 10, 40


def same_name(one: str, other: str) -> bool:
    """Whether two names differ at most in case, blanks, dashes and underscores.

    >>> same_name("Leaky ReLU", "leaky_relu"), same_name("relu6", "relu")
    (True, False)
    """
    return bare_name(one) == bare_name(other)


def bare_name(name: str) -> str:
    """A name without case, blanks, dashes and underscores: `leakyrelu` of Leaky ReLU, leaky-relu and leaky_relu."""
    return "".join(character for character in name.casefold() if character not in " \t-_")


def shortened(text: str, width: int = 60) -> str:
    """`text`, or its two ends when it is too long to belong in a message."""
    return text if len(text) <= width else f"{text[: width - 20]}...{text[-15:]}"
