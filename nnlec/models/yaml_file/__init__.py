"""YAML text to a tree of nodes with their positions, from the parser's events.

libyaml's parser, or PyYAML's own where PyYAML was built without it: the two differ in odd tabs and question marks.
Nothing is constructed: no tags, no merge keys, no types guessed from the text. Nothing recurses, because PyYAML's
composers overflow the stack on deep nesting.
"""

from __future__ import annotations

import re
import sys
import warnings
from functools import partial
from itertools import accumulate
from operator import mul
from typing import TYPE_CHECKING, Any

import yaml

from nnlec.arithmetic.numbers import NUMBER, is_number
from nnlec.errors import NnlecError, NnlecWarning, shortened
from nnlec.models.yaml_file.schema import network_of
from nnlec.models.yaml_file.source import SourceText, read_source
from nnlec.models.yaml_file.syntax import syntax_error, without_blank_line_tabs
from nnlec.models.yaml_file.tree import Field, ListNode, MappingNode, Node, Numbers, ScalarNode
from nnlec.text import visible

if TYPE_CHECKING:
    from nnlec.models.yaml_file.long_lists import ShortText
    from nnlec.network.network import Network

MANY_WEIGHTS = 100_000
"""Weights in a network file from which a note advises a weight file."""

LONG_TEXT = 65_536
"""Characters of a text from which long lists of numbers in it are looked for."""

FINDS_LISTS = sys.version_info >= (3, 11, 5)
"""Before, a possessive group of a pattern takes the beginning of what does not fit, too."""

MAX_DEPTH = 32
MAX_NODES = 2_000_000
MAX_ALIASED = 1_000_000
MAX_ANCHORS = 10_000

_STANDARD = "tag:yaml.org,2002:"
_TEXT_TAGS = {"!", _STANDARD + "str"}
_NUMBER_TAGS = {_STANDARD + "float", _STANDARD + "int"}


def load(path: str, *, allow_outside: bool = False) -> Network:
    """The network in a YAML file. Raises `NnlecError`, located, for whatever is wrong with it."""
    source = read_source(path, "a network as YAML text")
    network = network_of(Field(source, tree_of(source)), allow_outside=allow_outside)
    if MANY_WEIGHTS < network.parameters < len(source.text):  # a number takes two characters at the least
        what = f"{visible(path)}: {network.parameters:,} weights as text take long to read"
        hint = "`nnlec convert NETWORK -o FILE.yaml` puts them into a weight file beside it"
        warnings.warn(NnlecWarning(f"{what} ({hint})"), stacklevel=3)  # where load_network is called
    return network


def tree_of(source: SourceText) -> Node:
    """The one document of `source` as a tree."""
    text = without_blank_line_tabs(source.text)
    if len(text) >= LONG_TEXT and FINDS_LISTS:
        for tables in (True, False):
            if (root := _short_tree(source, text, tables=tables)) is not None:
                return root
    return _parsed(_Builder(source), text)


def _short_tree(source: SourceText, text: str, *, tables: bool) -> Node | None:
    """The tree of `text` without its long lists; None where the whole text has to be parsed, if only for its error."""
    from nnlec.models.yaml_file.long_lists import ShortText, long_lists

    short = ShortText(text, long_lists(text, MAX_NODES, tables=tables))
    if not short.lists:
        return None
    try:
        root = _parsed(_Builder(source, short), short.text)
    except NnlecError:
        return None
    return None if short.lists else root


def _items(source: SourceText, numbers: Numbers) -> list[Node]:
    """The items of a list that was taken for nothing but numbers."""
    from nnlec.models.yaml_file.long_lists import ShortText

    if len(numbers.shape) == 1:
        found = re.finditer(NUMBER, source.text[numbers.start : numbers.end])
        return [ScalarNode(number[0], numbers.start + number.start()) for number in found]
    at = numbers.at
    column = at - source.text.rfind("\n", 0, at) - 1 if source.text[at] == "-" else 0  # within brackets none counts
    part = ShortText(" " * column + source.text[at : numbers.until], shift=at - column)
    root = _parsed(_Builder(source, part), part.text)
    assert isinstance(root, ListNode)
    return root.items


def _parsed(builder: _Builder, text: str) -> Node:
    source = builder.source
    parser = yaml.CSafeLoader(text) if yaml.__with_libyaml__ else yaml.SafeLoader(text)
    try:
        while type(event := parser.get_event()) is not yaml.StreamEndEvent:
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        raise syntax_error(source, error) from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # PyYAML's own scanner lets chr()'s errors through
        raise source.error(0, f"not valid YAML: {visible(str(error))}") from None
    if builder.root is None:
        raise source.error(0, "the file is empty, expected a network", hint="it begins with `layers:`")
    return builder.root


class _Builder:
    """Puts events together, with a stack of its own."""

    def __init__(self, source: SourceText, short: ShortText | None = None) -> None:
        self.source = source
        self.short = short
        self.root: Node | None = None
        self.documents = 0
        self.nodes = 0
        self.aliased = 0
        self.open: list[ListNode | MappingNode] = []
        self.anchors: dict[str, Node] = {}

    def take(self, event: Any) -> None:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            if self.short is not None and (numbers := self.short.begun(event)) is not None:
                self._add_numbers(event, numbers)
                return
            self._add(event, self._scalar(event))
        elif kind is yaml.SequenceStartEvent or kind is yaml.MappingStartEvent:
            self._begin(event, ListNode if kind is yaml.SequenceStartEvent else MappingNode)
        elif kind is yaml.SequenceEndEvent or kind is yaml.MappingEndEvent:
            self._end()
        elif kind is yaml.AliasEvent:
            self._alias(event)
        elif kind is yaml.DocumentStartEvent:
            self.documents += 1
            if self.documents > 1:
                raise self._error(event, "a second document, expected one network per file", "split the file at '---'")

    def _at(self, event: Any) -> int:
        at: int = event.start_mark.index
        return at if self.short is None else self.short.index(at)

    def _error(self, event: Any, what: str, hint: str = "") -> NnlecError:
        return self.source.error(self._at(event), what, hint=hint)

    def _scalar(self, event: Any) -> ScalarNode:
        text, style = event.value, event.style or ""
        tag = event.tag
        if tag is not None:
            if tag in _TEXT_TAGS:
                style = style or '"'
            elif tag not in _NUMBER_TAGS:
                raise self._foreign_tag(event)
            elif not is_number(text):
                raise self._error(event, f"'{visible(shortened(text))}' is not a number")
            elif tag == _STANDARD + "int" and not text.lstrip("+-").isdigit():
                raise self._error(event, f"'{visible(shortened(text))}' is not a whole number, as its tag !!int says")
            else:
                style = ""
        return ScalarNode(text, self._at(event), style)

    def _foreign_tag(self, event: Any) -> NnlecError:
        tag = event.tag.replace(_STANDARD, "!!")
        return self._error(
            event, f"the tag {visible(shortened(tag))} is not taken", "a text that begins with '!' needs quotes"
        )

    def _add_numbers(self, event: Any, numbers: Numbers) -> None:
        depth = len(numbers.shape)
        around = [node for node in self.open[-depth:] if isinstance(node, ListNode)]
        if len(around) < depth:
            raise self._error(event, "numbers that are no items of a list")
        more = sum(accumulate(numbers.shape, mul)) - (depth - 1)  # the first of each inner list is known already
        self._count(event, more)
        read = partial(_items, self.source)
        if around[0].at == numbers.at:
            for node in around:
                node.hold(numbers, read)
        elif depth == 1 and not around[0].is_table:
            around[0].items.extend(read(numbers))
        else:
            raise self._error(event, "numbers that are not the first in their list")
        around[-1].size += more

    def _count(self, event: Any, more: int) -> None:
        self.nodes += more
        if self.nodes > MAX_NODES:
            raise self._error(
                event,
                f"more than {MAX_NODES:,} values",
                "write the weights as a literal block (`weights: |`) or keep them in a .npz file",
            )

    def _add(self, event: Any, node: Node) -> None:
        self._count(event, 1)
        if type(event) is not yaml.AliasEvent and event.anchor is not None:
            if len(self.anchors) >= MAX_ANCHORS:
                raise self._error(event, f"more than {MAX_ANCHORS:,} anchors")
            self.anchors[event.anchor] = node
        if self.open:
            parent = self.open[-1]
            if isinstance(parent, ListNode) and parent.is_table:
                raise self._error(event, "more than the numbers in a list of them")
            parent.items.append(node)
            parent.size += 1
        else:
            self.root = node

    def _begin(self, event: Any, kind: type[ListNode] | type[MappingNode]) -> None:
        if len(self.open) >= MAX_DEPTH:
            raise self._error(event, f"nested deeper than {MAX_DEPTH} levels")
        if event.tag not in (None, "!", _STANDARD + ("seq" if kind is ListNode else "map")):
            raise self._foreign_tag(event)
        node = kind(self._at(event))
        self._add(event, node)
        self.open.append(node)

    def _end(self) -> None:
        node = self.open.pop()
        if isinstance(node, MappingNode):
            self._pair(node)
        if self.open:
            self.open[-1].size += node.size

    def _alias(self, event: Any) -> None:
        name = visible(shortened(event.anchor))
        node = self.anchors.get(event.anchor)
        if node is None:
            raise self._error(event, f"*{name} names no anchor before it", "a text that begins with '*' needs quotes")
        if any(node is parent for parent in self.open):
            raise self._error(event, f"*{name} stands inside what it names")
        if not isinstance(node, ScalarNode):
            self.aliased += node.size
            if self.aliased > MAX_ALIASED:
                raise self._error(event, f"aliases that repeat more than {MAX_ALIASED:,} values")
            if self.open:
                self.open[-1].size += node.size
        self._add(event, node)

    def _pair(self, node: MappingNode) -> None:
        """Keys and values of a finished mapping; a key is a plain name, given once, and never a merge."""
        for key, value in zip(node.items[::2], node.items[1::2], strict=True):
            if not isinstance(key, ScalarNode):
                raise self.source.error(key.at, "a list or mapping as a key, expected a name")
            if key.text == "<<" and not key.style:
                raise self.source.error(key.at, "merge keys ('<<') are not taken", hint="write the keys out")
            if key.text in node.entries:
                first = self.source.line_and_column(node.entries[key.text][0])[0]
                shown = visible(shortened(key.text))
                raise self.source.error(key.at, f"the key '{shown}' is given twice, first in line {first}")
            node.entries[key.text] = (key.at, value)
        node.items = []
