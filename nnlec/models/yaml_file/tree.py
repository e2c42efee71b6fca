"""The tree of a YAML document; each node has its position in the source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlec.arithmetic.numbers import is_number
from nnlec.errors import NnlecError, shortened, unknown
from nnlec.models.yaml_file.source import SourceText
from nnlec.named import NamedTuple
from nnlec.text import is_plain, visible

if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable

MAX_NAME = 10_000
"""Characters of a name."""


class ScalarNode(NamedTuple):
    """A text as written. `style` is "" for plain text, else the mark that opens it: a quote, `|` or `>`.

    `at` is the index of the node's first character in its source, as in every node.
    """

    text: str
    at: int
    style: str = ""


class Numbers(NamedTuple):
    """Finite numbers, each plain, in a list, or in lists in lists that are equally long: `shape`.

    They stand in the source from `start`, where `first` does, to `end`; their list begins `at` there and goes `until`.
    """

    at: int
    start: int
    end: int
    until: int
    first: str
    values: array[float]
    shape: tuple[int, ...]


class ListNode:
    """A list: its items, or nothing but `numbers` as long as nobody asks for items.

    `size` is the number of nodes in it, those of aliases included, as in a mapping.
    """

    __slots__ = ("_items", "_read", "at", "numbers", "size")

    def __init__(self, at: int) -> None:
        self.at = at
        self.size = 0
        self.numbers: Numbers | None = None
        self._items: list[Node] = []
        self._read: Callable[[Numbers], list[Node]] | None = None

    def hold(self, numbers: Numbers, read: Callable[[Numbers], list[Node]]) -> None:
        """Takes these numbers for all its items, which `read` gives."""
        self.numbers, self._read = numbers, read

    @property
    def is_table(self) -> bool:
        """Whether it holds lists of numbers."""
        return self.numbers is not None and len(self.numbers.shape) > 1

    def __len__(self) -> int:
        return len(self._items) if self.numbers is None else self.numbers.shape[0]

    @property
    def items(self) -> list[Node]:
        if self.numbers is not None and self._read is not None:
            self._items, self.numbers = self._read(self.numbers), None
        return self._items


class MappingNode:
    """Distinct keys, which are plain texts, and their values, in order."""

    __slots__ = ("at", "entries", "items", "size")

    def __init__(self, at: int) -> None:
        self.at = at
        self.items: list[Node] = []
        self.size = 0
        self.entries: dict[str, tuple[int, Node]] = {}


Node = ScalarNode | ListNode | MappingNode


class Field(NamedTuple):
    """A node and its path in the document (`layers[1].weights`), which its errors name."""

    source: SourceText
    node: Node
    path: str = ""

    def error(self, what: str, hint: str = "", at: int | None = None) -> NnlecError:
        return self.source.error(self.node.at if at is None else at, what, where=self.path, hint=hint)

    def expected(self, what: str, hint: str = "") -> NnlecError:
        return self.error(f"{described(self.node)}, expected {what}", hint)

    def members(self, known: tuple[str, ...], what: str) -> dict[str, Field]:
        """The values of a mapping by key. Raises `NnlecError` for another node and for unknown keys."""
        if not isinstance(self.node, MappingNode):
            raise self.expected(what)
        found: dict[str, Field] = {}
        for key, (at, value) in self.node.entries.items():
            if known and key not in known:
                complaint = unknown("key", visible(key), known)
                raise self.error(complaint.what, _hint_for_key(key) or complaint.hint, at=at)
            found[key] = Field(self.source, value, f"{self.path}.{key}" if self.path else key)
        return found

    def elements(self, what: str) -> list[Field]:
        """The items of a list. Raises `NnlecError` for another node."""
        if not isinstance(self.node, ListNode):
            raise self.expected(what)
        return [Field(self.source, item, f"{self.path}[{i}]") for i, item in enumerate(self.node.items)]

    def length(self, what: str) -> int:
        """How many items a list has. Raises `NnlecError` for another node."""
        return len(self.node) if isinstance(self.node, ListNode) else len(self.elements(what))

    def name(self) -> str:
        """A name as it is written; YAML's types do not apply (`no`, `010`, `~` are names)."""
        if not isinstance(self.node, ScalarNode):
            raise self.expected("a name", "a name with ': ' or with brackets in it needs quotes")
        text = self.node.text
        if not text.strip():
            raise self.error("an empty name" if text or self.node.style else "nothing, expected a name")
        if not is_plain(text):
            raise self.error(f"the name '{visible(shortened(text))}' holds control or invisible characters")
        if len(text) > MAX_NAME:
            raise self.error(f"a name of {len(text):,} characters, the limit is {MAX_NAME:,}")
        return text

    def names(self) -> tuple[str, ...]:
        """A list of distinct names."""
        found: dict[str, int] = {}
        items = self.elements("a list of names")
        for position, item in enumerate(items):
            name = item.name()
            if name in found:
                raise item.error(f"{shortened(name)!r} is given twice, already as number {found[name] + 1}")
            found[name] = position
        if not items:
            raise self.error("an empty list, expected a list of names")
        return tuple(found)


def described(node: Node) -> str:
    """What a node is, for the first half of "..., expected ..."."""
    match node:
        case ListNode():
            return f"a list of {len(node)}"
        case MappingNode():
            keys = ", ".join(visible(shortened(key, 30)) for key in list(node.entries)[:4])
            return f"a mapping ({keys}{', ...' if len(node.entries) > 4 else ''})" if keys else "an empty mapping"
        case ScalarNode(text="", style=""):
            return "nothing"
        case _ if not node.style and is_number(node.text):
            return f"the number {shortened(node.text)}"
        case _:
            return f"the text '{visible(shortened(node.text))}'"


def _hint_for_key(key: str) -> str:
    if "\u00a0" in key:
        return "the line holds a no-break space: write a plain blank"
    return "a blank is needed after ':'" if ":" in key else ""
