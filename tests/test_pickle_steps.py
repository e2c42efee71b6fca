"""Pickles followed step by step: plain things are what Python makes of them, everything else is refused by name."""

from __future__ import annotations

import pickle
import pickletools
from collections import OrderedDict
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnlec import NnlecError
from nnlec.models.pickled import machine
from nnlec.models.pickled.arrays import rules_for
from nnlec.models.pickled.machine import Global, Machine, Rules, Thing

RULES = rules_for(lambda name: name.module == "zoo")
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def made(content: bytes, rules: Rules = RULES) -> Any:
    return Machine(BytesIO(content), rules).run()


def refusal(content: bytes, rules: Rules = RULES) -> str:
    with pytest.raises(NnlecError) as caught:
        made(content, rules)
    return str(caught.value)


TWICE = ["a", "b"]
PLAIN: dict[str, Any] = {
    "numbers": [0, 1, -1, 255, 256, 65535, 65536, 2**31 - 1, -(2**31), 2**63, -(2**200), 0.5, -1e300],
    "words": [None, True, False, "", "naïve ☃", "x" * 300, b"\x00\xff", b"y" * 300],
    "lists": [[], [1], [1, 2], [[], [[3]]], list(range(2500))],
    "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), ((), ((5,),))],
    "mappings": [{}, {"a": 1}, {"a": 1, "b": {"c": [2]}}, {n: str(n) for n in range(2500)}],
    "one list twice": [TWICE, TWICE, (TWICE, TWICE)],
    "many that are met again": [*(many := [f"text {n}" for n in range(300)]), *many],
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", PLAIN)
def test_plain_things_are_what_python_pickled(name: str, protocol: int) -> None:
    assert made(pickle.dumps(PLAIN[name], protocol)) == PLAIN[name]
    assert made(pickle._dumps(PLAIN[name], protocol)) == PLAIN[name]  # type: ignore[attr-defined]  # other steps than C


def test_what_is_met_again_is_the_same() -> None:
    first, again, both = made(pickle.dumps(PLAIN["one list twice"]))
    assert first is again is both[0] is both[1]


def test_sets_and_bytearrays_are_read_as_lists_and_bytes() -> None:
    assert sorted(made(pickle.dumps({1, 2, 3}, 4))) == [1, 2, 3]
    assert sorted(made(pickle.dumps(frozenset({1, 2, 3}), 4))) == [1, 2, 3]
    assert made(pickle.dumps(bytearray(b"ab"), 5)) == b"ab"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"K\x01K\x020.", 1),  # POP
        (b"K\x01(K\x02K\x031.", 1),  # POP_MARK
        (b"K\x01K\x02(K\x03tK\x04\x87.", (2, (3,), 4)),
        (b"]2K\x01a\x86.", ([1], [1])),  # DUP: one list
        (b"(K\x01(K\x02K\x03tl.", [1, (2, 3)]),  # the last mark ends a group
        (b"((lt.", ([],)),
        (b"S'a'\n.", "a"),
        (b"U\x01a.", "a"),
        (b"T\x01\x00\x00\x00a.", "a"),
        (b"\x8d\x01\x00\x00\x00\x00\x00\x00\x00a.", "a"),
        (b"\x8e\x01\x00\x00\x00\x00\x00\x00\x00a.", b"a"),
        (b"\x8b\x01\x00\x00\x00\x07.", 7),
        (b"K\x05r\x00\x01\x00\x000K\x06j\x00\x01\x00\x00\x86.", (6, 5)),  # LONG_BINPUT, LONG_BINGET
        (b"}K\x01K\x02s(K\x03K\x04u.", {1: 2, 3: 4}),
        (b"}K\x01K\x02\x86K\x03s.", {"(tuple)": 3}),  # a nested key is its type alone
        (b"}}b.", {}),  # attributes of a dictionary are of no use
        (b"czoo\nbear\n.", Global("zoo", "bear")),
        (b"X\x03\x00\x00\x00zooX\x04\x00\x00\x00bear\x93.", Global("zoo", "bear")),
        (b"c_codecs\nencode\n(X\x02\x00\x00\x00\xc3\xbfX\x06\x00\x00\x00latin1tR.", b"\xff"),
        (b"c_codecs\nencode\n(X\x01\x00\x00\x00aX\x05\x00\x00\x00utf-7tR.", b""),
        (b"cbuiltins\nslice\n(K\x01K\x02K\x03tR.", slice(1, 2, 3)),
        (b"ccollections\nOrderedDict\n)R.", {}),
        (b"ccollections\nOrderedDict\n(]((X\x01\x00\x00\x00aK\x01t(K\x02K\x03tetR.", {"a": 1}),
    ],
)
def test_single_steps(content: bytes, expected: Any) -> None:
    assert made(content) == expected


def test_an_ordered_dictionary_keeps_its_order() -> None:
    given = OrderedDict([("b", 1), ("a", 2)])
    for protocol in (2, 3, 4, 5):
        assert list(made(pickle.dumps(given, protocol)).items()) == [("b", 1), ("a", 2)]


def test_an_object_becomes_its_class_by_name_and_its_attributes() -> None:
    for begun in (b"czoo\nbear\n(K\x05tR", b"czoo\nbear\n(K\x05t\x81"):
        thing = made(begun + b"}(X\x01\x00\x00\x00aK\x01K\x02K\x03ub.")
        assert isinstance(thing, Thing)
        assert (thing.kind, thing.arguments) == (Global("zoo", "bear"), (5,))
        assert (thing.state, thing.attributes) == ({"a": 1, 2: 3}, {"a": 1})
    thing = made(b"czoo\nbear\n)\x81K\x07b.")
    assert (thing.state, thing.attributes) == (7, {})


DAMAGED = {
    "nothing": b"",
    "an end without anything": b".",
    "cut off": b"K",
    "no end": b"K\x01",
    "a group without a mark": b"K\x01l.",
    "a pair of one": b"K\x01\x86.",
    "a mark in a pair": b"(K\x01\x86.",
    "an item of a number": b"K\x01K\x02a.",
    "items of a number": b"K\x01(K\x02e.",
    "a key of a list": b"]K\x05aK\x00K\x02s.",
    "keys of a list": b"]K\x05a(K\x00K\x02u.",
    "a key without a value": b"(K\x01d.",
    "a place that holds nothing": b"h\x05.",
    "a name of a number": b"X\x03\x00\x00\x00zooK\x01\x93.",
    "a name in a number": b"K\x01X\x03\x00\x00\x00zoo\x93.",
    "a call of a number": b"K\x01)R.",
    "a call without arguments": b"czoo\nbear\n]R.",
    "an object of a number": b"K\x01)\x81.",
    "an object without arguments": b"czoo\nbear\n]\x81.",
    "a state of a number": b"K\x01}b.",
    "a call with too much": b"cbuiltins\nslice\n(K\x01K\x02tR.",
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_pickle_is_refused(name: str) -> None:
    assert refusal(DAMAGED[name]) == "a damaged pickle"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            b"cos\nsystem\n.",
            "it names os.system, which is never called (a pickle may run anything: only what is known ",
        ),
        (b"c__main__\nbear\n.", "it names __main__.bear, which is never called"),
        (b"X\x02\x00\x00\x00osX\x06\x00\x00\x00system\x93.", "it names os.system, which is never called"),
        (b"K\x01Q.", "it refers to something outside the pickle"),
        (b"(izoo\nbear\n.", "the pickle's step INST is not followed"),
        (b"czoo\nbear\n)}\x92.", "the pickle's step NEWOBJ_EX is not followed"),
    ],
)
def test_what_is_not_followed_is_named(content: bytes, said: str) -> None:
    assert refusal(content).startswith(said)


def test_a_pickle_has_so_many_steps_and_items_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    content = pickle.dumps([["a", "b"], ["c", "d"]], 2)
    steps = len(list(pickletools.genops(content)))
    monkeypatch.setattr(machine, "MOST_OPCODES", steps)
    monkeypatch.setattr(machine, "MOST_ITEMS", 6)  # two in each of three lists
    assert made(content) == [["a", "b"], ["c", "d"]]
    monkeypatch.setattr(machine, "MOST_ITEMS", 5)
    assert refusal(content) == "a pickle of more than 5 items"
    monkeypatch.setattr(machine, "MOST_OPCODES", steps - 1)
    monkeypatch.setattr(machine, "MOST_ITEMS", 6)
    assert refusal(content) == f"a pickle of more than {steps - 1} steps"


DTYPES = ["f2", "f4", "f8", ">f4", ">f8", "i1", "i2", "i4", "i8", ">i4", "u1", "u2", "u4", "u8", "?", "U3", ">U2", "S3"]


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_arrays_are_what_numpy_pickled(protocol: int) -> None:
    for dtype in DTYPES:
        for shape in ((), (3,), (2, 3), (2, 1, 3), *([(0, 2)] if protocol > 2 else [])):
            array = np.arange(int(np.prod(shape))).reshape(shape).astype(dtype)
            for each in (array, np.asfortranarray(array), array.T):
                found = made(pickle.dumps(each, protocol))
                assert (found.shape, found.dtype) == (each.shape, each.dtype)
                np.testing.assert_array_equal(found, each)
    for name in (b"numpy.core", b"numpy._core"):  # before numpy 2, and from it on
        content = pickle.dumps([np.arange(3), np.float32(1.5)], 2)
        found = made(content.replace(b"cnumpy._core", b"cnumpy.core").replace(b"cnumpy.core", b"c" + name))
        assert (found[0].tolist(), found[1], found[1].dtype) == ([0, 1, 2], 1.5, np.float32)


def test_an_array_that_is_met_again_or_stands_in_a_tuple_is_an_array() -> None:
    array = np.arange(3.0)
    for protocol in (2, 3, 4, 5):
        first, again, (name, third, _) = made(pickle.dumps([array, array, ("a", array, array)], protocol))
        assert first is again is third
        assert (name, third.tolist()) == ("a", [0, 1, 2])


ARRAY = pickle.dumps(np.arange(3.0), 2)
"""Its type is X\2\0\0\0f8, its byte order X\1\0\0\0<, its shape K\3 in a tuple of one."""


def text(word: str) -> bytes:
    return b"X" + len(word).to_bytes(4, "little") + word.encode()


def test_an_array_of_objects_is_a_list() -> None:
    content = pickle.dumps(np.array(["a", None, 3], dtype=object), 2)
    assert made(content) == ["a", None, 3]
    assert refusal(content.replace(b"K\x03\x85", b"K\x04\x85", 1)) == (
        "a damaged pickle: an array of objects without them"
    )
    content = pickle.dumps(np.zeros(3, "i1"), 2)
    assert refusal(content.replace(text("i1"), text("O1"))) == "a damaged pickle: an array of objects without them"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (b"cnumpy\ndtype\nU\x02i1\x85RU\x01\x07", 7),
        (b"cnumpy\ndtype\nU\x02f2\x85R(K\x03U\x01>tbU\x02\x3c\x00", 1.0),
        (b"K\x01U\x01\x07", "a damaged pickle: an array without a type"),
        (b"cnumpy\ndtype\nU\x01O\x85RU\x01\x07", "a single object, expected a number"),
        (b"cnumpy\ndtype\nU\x02i1\x85RU\x02\x07\x07", "an array of [] in 2 bytes"),
        (b"cnumpy\ndtype\nU\x02i1\x85RK\x07", "a damaged pickle: an array without numbers"),
    ],
)
def test_a_single_number_has_a_type_and_bytes(given: bytes, said: object) -> None:
    content = b"cnumpy.core.multiarray\nscalar\n" + given + b"\x86R."
    assert (refusal(content) if isinstance(said, str) else made(content)) == said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"K\x03\x85", b"K\x04\x85", "an array of [4] in 24 bytes"),
        (b"K\x03\x85", b"K\x02\x85", "an array of [2] in 24 bytes"),
        (b"K\x03\x85", b"]", "a damaged pickle: an array without a shape"),
        (b"K\x03\x85", b"G@\x08\0\0\0\0\0\0\x85", "a damaged pickle: an array without a shape"),
        (b"K\x03\x85", b"\x88\x85", "a damaged pickle: an array without a shape"),
        (b"K\x03\x85", b"\x8a\x01\xff\x85", "a damaged pickle: an array without a shape"),
        (b"K\x03\x85", b"\x8a\x06\0\0\0\0\0\x01\x85", "a damaged pickle: an array without a shape"),
        (b"K\x03\x85", b"\x8a\x05\0\0\0\0\x10\x85", "an array of [68719476736] in 24 bytes"),
        (b"K\x03\x85", b"(K\x03" + 8 * b"K\x01" + b"t", "a damaged pickle: an array without a shape"),
        (text("f8"), text("c8"), "an array of 'c8', expected numbers or texts"),
        (text("f8"), text("f8,f8,f8"), "an array of 'f8,f8,f8', expected numbers or texts"),
        (text("f8"), text("m8[ns]"), "an array of 'm8[ns]', expected numbers or texts"),
        (text("f8"), text("U0000000000000"), "an array of 'U00000000000', expected numbers or texts"),
        (b"cnumpy\ndtype\n", b"czoo\nbear\n", "a damaged pickle: an array without a type"),
        (text("f8"), text("f3"), "a damaged pickle"),
        (text("f8"), text("O8"), "a damaged pickle: an array of objects without them"),
        (text("<"), text("!"), "an array of 'f8', expected numbers or texts"),
        (b"c_codecs\nencode\n", b"cbuiltins\nslice\n", "a damaged pickle"),
    ],
)
def test_an_array_that_cannot_be_is_refused(old: bytes, new: bytes, said: str) -> None:
    assert old in ARRAY
    assert refusal(ARRAY.replace(old, new, 1)) == said


def test_an_array_has_eight_axes_at_most() -> None:
    assert made(ARRAY.replace(b"K\x03\x85", b"(K\x03" + 7 * b"K\x01" + b"t", 1)).shape == (3, *[1] * 7)


def test_arrays_of_joblib_are_read_with_their_numbers(tmp_path: Path) -> None:
    joblib = pytest.importorskip("joblib", reason="joblib comes with scikit-learn")
    given = {
        "rows": np.arange(6.0).reshape(2, 3),
        "columns": np.asfortranarray(np.arange(6, dtype=">i4").reshape(2, 3)),
        "objects": np.array(["a", None], dtype=object),
        "none": np.zeros((0, 3)),
        "last": np.arange(3.0),
    }
    joblib.dump(given, tmp_path / "a.joblib")
    content = (tmp_path / "a.joblib").read_bytes()
    found = made(content)
    for name, array in given.items():
        assert np.asarray(found[name], dtype=array.dtype).tolist() == array.tolist()
    assert refusal(content[: content.rindex(np.float64(2).tobytes())]) == "an array of [3] in 16 bytes"


class Bear:
    pass


def test_an_array_of_objects_of_joblib_holds_no_objects_of_classes(tmp_path: Path) -> None:
    joblib = pytest.importorskip("joblib", reason="joblib comes with scikit-learn")
    rules = rules_for(lambda name: name.module == __name__)
    joblib.dump([Bear()], tmp_path / "a.joblib")
    assert made((tmp_path / "a.joblib").read_bytes(), rules)[0].kind.name == "Bear"
    joblib.dump(np.array([Bear()], dtype=object), tmp_path / "a.joblib")
    said = refusal((tmp_path / "a.joblib").read_bytes(), rules)
    assert said.startswith("it names tests.test_pickle_steps.Bear, which is never called")
