"""Pickles read as data: the opcodes are followed, but nothing that they name is imported or called.

Every global stays a name. What a pickle would call is looked up in a short table of functions of ours; what it would
make an object of becomes a `Thing`. Source: the opcodes as Python's own `pickletools` describes them.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from typing import Any, NamedTuple

from nnlec.errors import NnlecError, shortened
from nnlec.text import visible

MOST_OPCODES = 5_000_000
MOST_ITEMS = 5_000_000


class Global(NamedTuple):
    """A name that a pickle would import."""

    module: str
    name: str

    def __str__(self) -> str:
        return visible(shortened(f"{self.module}.{self.name}"))


@dataclass(eq=False)
class Thing:
    """What would be an object of a class: its class by name, and what it was made of."""

    kind: Global
    state: Any = None
    arguments: tuple[Any, ...] = ()
    attributes: dict[str, Any] = field(default_factory=dict)


class Rules(NamedTuple):
    """What a reader allows: functions of ours for names that are called, and classes that become things.

    `built(thing, file)` may put something else in the place of a thing that has got its state; `stored` makes
    something of a persistent id.
    """

    functions: Mapping[Global, Callable[..., Any]]
    is_class: Callable[[Global], bool]
    built: Callable[[Thing, BytesIO], Any] = lambda thing, _: thing
    stored: Callable[[Any], Any] | None = None
    refusal: Callable[[Global], NnlecError] = lambda name: NnlecError(
        f"it names {name}, which is never called", hint="a pickle may run anything: only what is known is read"
    )


class _Mark:
    """The place on the stack where a group begins."""


_MARK = _Mark()
_PLAIN = (str, int, float, bool, bytes, type(None))


class Machine:
    """Follows the opcodes of the pickle that begins where the file stands; `run` gives what it makes."""

    def __init__(self, file: BytesIO, rules: Rules) -> None:
        self.file, self.rules = file, rules
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.items = 0

    def run(self) -> Any:
        """What the pickle makes. Raises `NnlecError` for a damaged one, and for whatever is not allowed."""
        try:
            return self._run()
        except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError, UnicodeError, MemoryError):
            raise NnlecError("a damaged pickle") from None

    def _run(self) -> Any:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(self.file), start=1):
            if count > MOST_OPCODES:
                raise NnlecError(f"a pickle of more than {MOST_OPCODES:,} steps")
            name = opcode.name
            if name == "STOP":
                break
            if name in _CONSTANTS:
                self.stack.append(_CONSTANTS[name])
            elif name in _PUSHED:
                self.stack.append(argument)
            elif (follow := _FOLLOWED.get(name)) is not None:
                follow(self, argument)
            elif name not in _NOTHING:
                raise NnlecError(f"the pickle's step {name} is not followed")
        return self.stack.pop()

    def marked(self) -> list[Any]:
        """What lies above the last mark, taken off with it."""
        for place in range(len(self.stack) - 1, -1, -1):
            if self.stack[place] is _MARK:
                taken = self.stack[place + 1 :]
                del self.stack[place:]
                self.items += len(taken)
                if self.items > MOST_ITEMS:
                    raise NnlecError(f"a pickle of more than {MOST_ITEMS:,} items")
                return taken
        raise NnlecError("a damaged pickle")


def _tuple(size: int, machine: Machine, _: Any) -> None:
    taken = tuple(machine.stack[-size:])
    if len(taken) != size or any(each is _MARK for each in taken):  # arrays have an == of their own
        raise NnlecError("a damaged pickle")
    del machine.stack[-size:]
    machine.stack.append(taken)


def _marked(make: Callable[[list[Any]], Any]) -> Callable[[Machine, Any], None]:
    return lambda machine, _: machine.stack.append(make(machine.marked()))


def _pairs(target: Any, items: list[Any]) -> Any:
    if not isinstance(target, dict):
        raise NnlecError("a damaged pickle")
    for key, value in zip(items[::2], items[1::2], strict=True):
        target[key if isinstance(key, _PLAIN) else f"({type(key).__name__})"] = value  # a nested key may never end
    return target


def _extend(target: Any, items: list[Any]) -> None:
    if not isinstance(target, list):
        raise NnlecError("a damaged pickle")
    target.extend(items)


def _fill(put: Callable[[Any, list[Any]], object], count: int, machine: Machine, _: Any) -> None:
    """Puts so many items from the top of the stack into what lies below them; 0 for all above the last mark."""
    if count:
        items = machine.stack[-count:]
        del machine.stack[-count:]
    else:
        items = machine.marked()
    put(machine.stack[-1], items)


def _global(machine: Machine, argument: Any) -> None:
    module, _, name = str(argument).partition(" ")
    _named(machine, Global(module, name))


def _stack_global(machine: Machine, _: Any) -> None:
    name, module = machine.stack.pop(), machine.stack.pop()
    if not (isinstance(name, str) and isinstance(module, str)):
        raise NnlecError("a damaged pickle")
    _named(machine, Global(module, name))


def _named(machine: Machine, name: Global) -> None:
    if name not in machine.rules.functions and not machine.rules.is_class(name):
        raise machine.rules.refusal(name)
    machine.stack.append(name)


def _reduce(machine: Machine, _: Any) -> None:
    arguments, function = machine.stack.pop(), machine.stack.pop()
    if not isinstance(function, Global) or not isinstance(arguments, tuple):
        raise NnlecError("a damaged pickle")
    made = machine.rules.functions.get(function)
    machine.stack.append(made(*arguments) if made else Thing(function, arguments=arguments))


def _build(machine: Machine, _: Any) -> None:
    state = machine.stack.pop()
    thing = machine.stack[-1]
    if isinstance(thing, dict):  # an OrderedDict's own attributes
        return
    if not isinstance(thing, Thing):
        raise NnlecError("a damaged pickle")
    thing.state = state
    if isinstance(state, dict):
        thing.attributes.update((key, value) for key, value in state.items() if isinstance(key, str))
    built = machine.rules.built(thing, machine.file)
    machine.stack[-1] = built
    if built is not thing:
        for key in [key for key, value in machine.memo.items() if value is thing]:
            machine.memo[key] = built


def _persistent(machine: Machine, _: Any) -> None:
    if machine.rules.stored is None:
        raise NnlecError("it refers to something outside the pickle")
    machine.stack.append(machine.rules.stored(machine.stack.pop()))


_CONSTANTS: Mapping[str, Any] = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "MARK": _MARK}
_NOTHING = {"PROTO", "FRAME"}
_PUSHED = {
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "STRING", "BINSTRING", "SHORT_BINSTRING"),
    *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
}


def _get(machine: Machine, argument: Any) -> None:
    machine.stack.append(machine.memo[int(argument)])


def _put(machine: Machine, argument: Any) -> None:
    machine.memo[int(argument)] = machine.stack[-1]


_FOLLOWED: Mapping[str, Callable[[Machine, Any], None]] = {
    "EMPTY_LIST": lambda machine, _: machine.stack.append([]),
    "EMPTY_TUPLE": lambda machine, _: machine.stack.append(()),
    "EMPTY_DICT": lambda machine, _: machine.stack.append({}),
    "EMPTY_SET": lambda machine, _: machine.stack.append([]),
    "TUPLE": _marked(tuple),
    **dict.fromkeys(("LIST", "FROZENSET"), _marked(list)),
    "DICT": _marked(lambda items: _pairs({}, items)),
    **{f"TUPLE{size}": partial(_tuple, size) for size in (1, 2, 3)},
    "APPEND": partial(_fill, _extend, 1),
    **dict.fromkeys(("APPENDS", "ADDITEMS"), partial(_fill, _extend, 0)),
    "SETITEM": partial(_fill, _pairs, 2),
    "SETITEMS": partial(_fill, _pairs, 0),
    "POP": lambda machine, _: machine.stack.pop(),
    "POP_MARK": lambda machine, _: machine.marked().clear(),
    "DUP": lambda machine, _: machine.stack.append(machine.stack[-1]),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _get),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), _put),
    "MEMOIZE": lambda machine, _: machine.memo.__setitem__(len(machine.memo), machine.stack[-1]),
    "GLOBAL": _global,
    "STACK_GLOBAL": _stack_global,
    "REDUCE": _reduce,
    "NEWOBJ": _reduce,
    "BUILD": _build,
    "BINPERSID": _persistent,
}
"""Opcode -> what it does to the stack; one that is not here is refused."""
