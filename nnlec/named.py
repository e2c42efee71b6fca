"""`NamedTuple`, defined in a third of the time: the types of its fields are for readers and checkers, not compiled.

Modules that a worked example imports take it from here, because the example waits for each of its classes.
"""

from __future__ import annotations

from collections import namedtuple
from typing import TYPE_CHECKING

__all__ = ["NamedTuple"]

if TYPE_CHECKING:
    from typing import NamedTuple
else:
    _OF_THE_CLASS = {"__module__", "__qualname__", "__annotations__"}

    class _Naming(type):
        """Makes a named tuple of what stands in a class body."""

        def __new__(cls, name: str, _bases: tuple[type, ...], body: dict[str, object]) -> type:
            fields = body["__annotations__"]
            defaults = [body[field] for field in fields if field in body]
            made = namedtuple(name, fields, defaults=defaults, module=body["__module__"])
            for attribute in body.keys() - _OF_THE_CLASS - fields.keys():
                setattr(made, attribute, body[attribute])
            return made

    NamedTuple = type.__new__(_Naming, "NamedTuple", (), {})
