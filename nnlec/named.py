"""`NamedTuple`, defined in two fifths of the time: a worked example waits for some sixty such classes.

What takes long is that each class compiles a constructor of its own. Here classes with as many fields share what is
compiled, and all of them share the rest: they differ in the names of their fields.
"""

from __future__ import annotations

from collections import namedtuple
from typing import TYPE_CHECKING

__all__ = ["NamedTuple"]

if TYPE_CHECKING:
    from typing import NamedTuple
else:
    _WITH_AS_MANY_FIELDS: dict[int, type] = {}

    class _Fields(tuple):
        """What every named tuple can do."""

        __slots__ = ()

        @classmethod
        def _make(cls, values):
            return cls(*values)

        def _replace(self, /, **changed):
            return type(self)(**{**self._asdict(), **changed})

        def _asdict(self):
            return dict(zip(self._fields, self, strict=True))

        def __repr__(self):
            return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._asdict().items())})"

        def __getnewargs__(self):
            return tuple(self)

    class _Naming(type):
        """Makes a named tuple of what stands in a class body."""

        def __new__(cls, name: str, _bases: tuple[type, ...], body: dict[str, object]) -> type:
            fields = tuple(body["__annotations__"])
            defaults = {field: body[field] for field in fields if field in body}
            like = _WITH_AS_MANY_FIELDS.get(len(fields))
            if like is None:
                like = _WITH_AS_MANY_FIELDS[len(fields)] = namedtuple("_Like", fields)
            code = like.__new__.__code__.replace(co_varnames=("_cls", *fields), co_qualname=name)
            made = {
                "__slots__": (),
                "__match_args__": fields,
                "_fields": fields,
                "_field_defaults": defaults,
                "__new__": type(like.__new__)(code, like.__new__.__globals__, "__new__", (*defaults.values(),)),
            }
            attributes = {field: vars(like)[same] for field, same in zip(fields, like._fields, strict=True)}
            return type(name, (_Fields,), {**body, **made, **attributes})

    NamedTuple = type.__new__(_Naming, "NamedTuple", (), {})
