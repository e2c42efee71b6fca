"""Results that a notebook shows. Those who compute them need not know how: whoever can write documents says it."""

from __future__ import annotations

from collections.abc import Callable, Collection

Bundle = dict[str, str]
"""A type of content, as text/html, -> the result in it."""

Types = Collection[str] | None
"""Types of content; None: no wish."""

View = Callable[[object, Types, Types], Bundle]
"""From a result, and which types are asked for and which are not, to what is shown of it."""

_views: list[View] = []


def show_by(view: View) -> None:
    """Sets who shows results."""
    _views[:] = [view]


def in_a_notebook(result: object, include: Types = None, exclude: Types = None) -> Bundle:
    """The `_repr_mimebundle_` of a result: what IPython asks for when a cell ends with one."""
    return _views[0](result, include, exclude)
