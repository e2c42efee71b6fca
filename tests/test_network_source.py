"""The text of a network file: places of characters, encodings, hints for syntax, what a node is, and limits."""

from __future__ import annotations

import codecs
import warnings
from pathlib import Path

import pytest

from nnlec import NnlecError, load_network
from nnlec.errors import NnlecWarning
from nnlec.models import yaml_file
from nnlec.models.yaml_file import source, tree
from nnlec.models.yaml_file.source import SourceText, read_source
from nnlec.models.yaml_file.tree import Field, MappingNode, described

N = "layers: [{weights: [[1, 2], [3, 4]], bias: none, activation: identity}]\n"
TEXT = SourceText("net.yaml", "ab\r\ncd\ref\n\ngh")


def said(path: Path) -> str:
    with pytest.raises(NnlecError) as caught:
        load_network(path)
    return str(caught.value).removeprefix(f"{path}:")


@pytest.mark.parametrize(
    ("at", "place", "line", "before"),
    [
        (0, (1, 1), "ab", ""),
        (2, (1, 3), "ab", ""),
        (3, (1, 4), "ab", ""),
        (4, (2, 1), "cd", "ab"),
        (6, (2, 3), "cd", "ab"),
        (7, (3, 1), "ef", "cd"),
        (10, (4, 1), "", "ef"),
        (11, (5, 1), "gh", ""),
        (13, (5, 3), "gh", ""),
    ],
)
def test_a_character_has_a_line_and_a_column(at: int, place: tuple[int, int], line: str, before: str) -> None:
    assert TEXT.line_and_column(at) == place
    assert (TEXT.line_at(at), TEXT.line_before(at)) == (line, before)
    assert str(TEXT.error(at, "wrong")) == f"net.yaml:{place[0]}:{place[1]}: wrong"


def test_lines_further_down_have_a_beginning() -> None:
    assert [TEXT.line_start(0, further) for further in range(7)] == [0, 4, 7, 10, 11, 13, 13]
    assert [TEXT.line_start(5, further) for further in range(3)] == [5, 7, 10]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_a_byte_order_mark_names_the_encoding(encoding: str, tmp_path: Path) -> None:
    mark = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
    mark |= {"utf-32-le": codecs.BOM_UTF32_LE, "utf-32-be": codecs.BOM_UTF32_BE}
    (tmp_path / "net.yaml").write_bytes(mark.get(encoding, b"") + ("name: é\n" + N).encode(encoding))
    assert load_network(tmp_path / "net.yaml").name == "é"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"name: x\n# \xff\n", "2:3: the byte 0xFF is not UTF-8 (save the file as UTF-8)"),
        (b"\xff", "1:1: the byte 0xFF is not UTF-8 (save the file as UTF-8)"),
        (b"a: \xc3", "1:4: the byte 0xC3 is not UTF-8 (save the file as UTF-8)"),
        ("a\nb".encode("utf-16") + b"c", "2:2: the byte 0x63 is not UTF-16-LE (save the file as UTF-8)"),
        (b"a: b\x00", "1:5: control character U+0000 (a binary file, or UTF-16 or UTF-32 without its byte "),
        (b"a: b\x1a", "1:5: control character U+001A (Ctrl-Z marks the end of DOS files: delete it)"),
        (
            "a\n\ufeff".encode(),
            "2:1: control character U+FEFF (a byte order mark in the middle: two files put together?)",
        ),
        ("a\x85".encode(), "1:2: control character U+0085 (a line end that only some programs know: use a plain line "),
        ("a\u2028".encode(), "1:2: control character U+2028 (a line separator that only some programs know: use a "),
        ("a\u2029".encode(), "1:2: control character U+2029 (a paragraph separator that only some programs know: use"),
        (b"#" * 99 + b"\x01", "1:100: control character U+0001 (a binary file?)"),
        (b"#" * 100 + b"\x01", "1:101: control character U+0001 (delete it)"),
        (b"a: \x7f", "1:4: control character U+007F (a binary file?)"),
        ("a: \uffff".encode(), "1:4: control character U+FFFF (a binary file?)"),
    ],
)
def test_bytes_that_are_no_plain_text_are_named(content: bytes, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_bytes(content)
    assert said(tmp_path / "net.yaml").startswith(complaint)


def test_text_that_people_pasted_is_read_as_it_looks(tmp_path: Path) -> None:
    path = tmp_path / "answers.txt"
    path.write_bytes(b"a\x0bb\x00c \xc3\xa9\n")
    assert read_source(str(path), pasted=True).text == "a b c é\n"
    path.write_bytes(b"caf\xe9 \x80 \x81\n")
    with pytest.warns(NnlecWarning, match=r"answers\.txt: not UTF-8, read as Windows-1252"):
        assert read_source(str(path), pasted=True).text == "café € \ufffd\n"
    path.write_bytes("é".encode("utf-16") + b"c")
    with pytest.raises(NnlecError, match="the byte 0x63 is not UTF-16-LE"):
        read_source(str(path), pasted=True)


def test_a_file_has_so_many_bytes_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(N)
    monkeypatch.setattr(source, "MAX_BYTES", len(N))
    assert load_network(path).n_in == 2
    monkeypatch.setattr(source, "MAX_BYTES", len(N) - 1)
    with pytest.raises(NnlecError, match="more than 0 MiB, the limit of a network file"):
        load_network(path)


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("none.yaml", "no such file"),
        (".", "this is a folder, expected a network file"),
        ("a\0b", "no file can have such"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(name: str, complaint: str, tmp_path: Path) -> None:
    with pytest.raises(NnlecError, match=complaint):
        read_source(f"{tmp_path}/{name}")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("lines", "place", "hint"),
    [
        (["layers:", "\t- name: x"], "2:1", "indent with blanks, not with tabs"),
        (["name: “a”: b"], "1:10", "the line holds typographic quotes: write straight ones"),
        (["name: x // y: z"], "1:13", "a comment begins with '#'"),
        (["// a comment", "layers: []"], "2:7", "a comment begins with '#'"),
        (["a: [1, - 2]"], "1:8", "no blank between '-' and the number"),
        (["name:x", "layers: []"], "2:7", "a blank is needed after ':'"),
        (["name = x", "layers: []"], "2:7", "write `key: value`, not `key = value`"),
        (["a: [b, #c]", "d: 1"], "3:1", "'#' after a blank begins a comment: quote a text that begins with it"),
        (["a: [%b]"], "1:5", "a text that begins with %, @ or ` needs quotes"),
        (["a: [b,, c]"], "1:7", "two commas in a row: a value is missing"),
        (["a: [1, 2", "b: 3"], "2:2", ""),
    ],
)
def test_a_mistake_of_syntax_has_a_hint(lines: list[str], place: str, hint: str, end: str, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_bytes(end.join([*lines, ""]).encode())
    complaint = said(tmp_path / "net.yaml")
    assert complaint.startswith(f"{place}: not valid YAML: "), complaint
    assert complaint.endswith(f" ({hint})" if hint else "that begins in line 1")


def test_tabs_in_lines_that_are_blank_mean_nothing(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(f"name: a\n \t \n\t\n{N}name: b\n")
    assert said(tmp_path / "net.yaml") == "5:1: the key 'name' is given twice, first in line 1"


def field(text: str) -> Field:
    read = SourceText("net.yaml", text)
    return Field(read, yaml_file.tree_of(read))


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ("[]", "a list of 0"),
        ("[1, [2, 3]]", "a list of 2"),
        ("{}", "an empty mapping"),
        ("{a: 1, b: 2, c: 3, d: 4}", "a mapping (a, b, c, d)"),
        ("{a: 1, b: 2, c: 3, d: 4, e: 5}", "a mapping (a, b, c, d, ...)"),
        (f"{{{'a' * 100}: 1}}", f"a mapping ({'a' * 10}...{'a' * 15})"),
        ("~", "the text '~'"),
        ("''", "the text ''"),
        ("1.5", "the number 1.5"),
        ("'1.5'", "the text '1.5'"),
        ('"a\\tb"', r"the text 'a\x09b'"),
    ],
)
def test_what_stands_there_is_described(text: str, description: str) -> None:
    assert described(field(text).node) == description


def test_a_name_has_so_many_characters_and_no_more() -> None:
    assert len(field("a" * tree.MAX_NAME).name()) == 10_000
    with pytest.raises(NnlecError, match="a name of 10,001 characters, the limit is 10,000"):
        field("a" * (tree.MAX_NAME + 1)).name()


def test_lists_have_a_length_and_items_with_their_paths() -> None:
    numbers = field("[1, [2], c]")
    assert numbers.length("a list") == 3
    assert [each.path for each in numbers.elements("a list")] == ["[0]", "[1]", "[2]"]
    for call in (numbers.elements("a list")[0].length, numbers.elements("a list")[0].elements):
        with pytest.raises(NnlecError, match=r"net.yaml:1:2: \[0\]: the number 1, expected a list$"):
            call("a list")
    parts = field("{a: 1, b: {c: 2}}").members((), "a mapping")
    assert [parts["a"].path, parts["b"].members(("c",), "one")["c"].path] == ["a", "b.c"]


LISTS = "a: &a [1, 2]\nb: &b [*a, *a]\nc: *b\n"


@pytest.mark.parametrize(
    ("limit", "text", "least", "complaint"),
    [
        ("MAX_NODES", "a: [1, [2]]\nb: 3\n", 8, "2:4: more than 7 values (write the weights as a literal block"),
        ("MAX_NODES", LISTS, 11, "3:4: more than 10 values"),
        ("MAX_ALIASED", LISTS, 10, "3:4: aliases that repeat more than 9 values"),
        ("MAX_ALIASED", "a: &a {b: 1}\nc: *a\n", 2, "2:4: aliases that repeat more than 1 values"),
        ("MAX_ALIASED", "a: &a [{b: 1}, 2]\nc: *a\n", 4, "2:4: aliases that repeat more than 3 values"),
        ("MAX_ALIASED", "a: &a 1\nb: [*a, *a, *a]\n", 0, ""),
        ("MAX_ANCHORS", "a: &a 1\nb: &b 2\nc: &c 3\n", 3, "3:4: more than 2 anchors"),
        ("MAX_DEPTH", "a: [[1]]\n", 3, "1:5: nested deeper than 2 levels"),
        ("MAX_DEPTH", "a: [{b: 1}]\n", 3, "1:5: nested deeper than 2 levels"),
    ],
)
def test_a_document_has_bounds(
    limit: str, text: str, least: int, complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yaml_file, limit, least)
    assert isinstance(field(text).node, MappingNode)
    if complaint:
        monkeypatch.setattr(yaml_file, limit, least - 1)
        with pytest.raises(NnlecError) as caught:
            field(text)
        assert str(caught.value).removeprefix("net.yaml:").startswith(complaint)


def test_many_weights_as_text_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "net.yaml").write_text(N)
    monkeypatch.setattr(yaml_file, "MANY_WEIGHTS", 3)
    with pytest.warns(NnlecWarning, match="4 weights as text take long to read"):
        load_network(tmp_path / "net.yaml")
    monkeypatch.setattr(yaml_file, "MANY_WEIGHTS", 4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_network(tmp_path / "net.yaml")
