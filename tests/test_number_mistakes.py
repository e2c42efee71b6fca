"""Mistakes in the numbers of a network file: rows, blocks, biases and kernels, each with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_network_mistakes import L, assert_said


def C(**keys: str | None) -> str:
    """A convolution of a line of four numbers, with these keys."""
    return "inputs: {shape: [1, 4]}\n" + L(**{"type": "conv", "weights": "[[[1, 2]]]"} | keys)


# A network file -> the complaint, after the name of the file, or its beginning and …; empty where the file is taken.
CASES: list[tuple[str, str]] = [
    (L(weights=None), "2:5: layers[0]: the key `weights` is missing"),
    (L(bias=None), ""),
    (L(weights="[[!!float 1, !!int 2], [!!int +3, !!float 4e0]]"), ""),
    (L(weights="[[!!int 1.0]]"), "2:16: '1.0' is not a whole number, as its tag !!int says"),
    (L(weights="[[!!int x]]"), "2:16: 'x' is not a number"),
    (L(weights="[[!!float x]]"), "2:16: 'x' is not a number"),
    (
        L(weights="[[!!str 1]]"),
        "2:16: layers[0].weights[0][0]: the quoted text '1', expected a number (write it without …",
    ),
    (L(weights="[[! 1]]"), "2:16: layers[0].weights[0][0]: the quoted text '1', expected a number (write it without …"),
    (L(weights="[[!!bool true]]"), "2:16: the tag !!bool is not taken (a text that begins with '!' needs quotes)"),
    (L(weights="[[!foo 1]]"), "2:16: the tag !foo is not taken (a text that begins with '!' needs quotes)"),
    (L(weights="!!seq [[1]]"), ""),
    (L(weights="! [[1]]"), ""),
    (L(weights="!!map [[1]]"), "2:14: the tag !!map is not taken (a text that begins with '!' needs quotes)"),
    (L(weights="[[*a]]"), "2:16: *a names no anchor before it (a text that begins with '*' needs quotes)"),
    (L(weights="[[1, x], [3, 4]]"), "2:19: layers[0].weights[0][1]: 'x' is not a number"),
    (L(weights="[[1, ], [3, 4]]"), "2:22: layers[0].weights[1]: row 2 has 2 numbers, expected 1 as in row 1"),
    (L(weights="[[1, ~], [3, 4]]"), "2:19: layers[0].weights[0][1]: '~' is not a number"),
    (
        L(weights="[['1', 2], [3, 4]]"),
        "2:16: layers[0].weights[0][0]: the quoted text '1', expected a number (write it without …",
    ),
    (L(weights="[['x', 2], [3, 4]]"), "2:16: layers[0].weights[0][0]: the quoted text 'x', expected a number"),
    (L(weights="[[1, [2]], [3, 4]]"), "2:19: layers[0].weights[0][1]: a list of 1, expected a number"),
    (L(weights="[[1, {a: 2}], [3, 4]]"), "2:19: layers[0].weights[0][1]: a mapping (a), expected a number"),
    (
        L(weights='[["?", 2], [3, 4]]'),
        "2:16: layers[0].weights[0][0]: it is not known yet (weights alone do not say it: write i…",
    ),
    (L(weights='"?"'), "2:14: layers[0].weights: it is not known yet (weights alone do not say it: write it in t…"),
    (L(weights="[]"), "2:14: layers[0].weights: no numbers, expected rows of numbers"),
    (L(weights="[[]]"), "2:14: layers[0].weights: no numbers, expected rows of numbers"),
    (L(weights="[[], []]"), "2:14: layers[0].weights: no numbers, expected rows of numbers"),
    (L(weights="[[1, 2], []]"), "2:23: layers[0].weights[1]: row 2 has 0 numbers, expected 2 as in row 1"),
    (L(weights="[1, 2]"), "2:15: layers[0].weights[0]: row 1 is the number 1, expected a list of numbers (one row i…"),
    (L(weights="[x, 2]"), "2:15: layers[0].weights[0]: row 1 is the text 'x', expected a list of numbers"),
    (L(weights="3"), "2:14: layers[0].weights: the number 3, expected rows of numbers, a literal block (`weigh…"),
    (L(weights="x"), "2:14: layers[0].weights: the text 'x', expected rows of numbers, a literal block (`weigh…"),
    (L(weights=""), "2:13: layers[0].weights: nothing, expected rows of numbers, a literal block (`weights: |…"),
    (L(weights="-[1, 2]"), "2:14: layers[0].weights: the text '-[1, 2]', expected rows of numbers, a literal block (…"),
    (L(weights="1 2"), "2:14: layers[0].weights: the text '1 2', expected rows of numbers, a literal block (`wei…"),
    (
        L(weights="array([[1]])"),
        "2:14: layers[0].weights: the text 'array([[1]])', expected rows of numbers, a literal bl…",
    ),
    (
        L(weights="tensor([[1]])"),
        "2:14: layers[0].weights: the text 'tensor([[1]])', expected rows of numbers, a literal b…",
    ),
    (L(weights="'[[1]]'"), "2:14: layers[0].weights: the text '[[1]]', expected rows of numbers, a literal block (`w…"),
    (
        L(weights=">\n      1 2"),
        "2:14: layers[0].weights: a folded text, whose line ends are lost (write `weights: |`)",
    ),
    (L(weights="|\n      1 2\n      3"), "4:7: layers[0].weights: row 2 has 1 number, expected 2 as in row 1"),
    (
        L(weights="|\n      1 2\n      3, 4"),
        "3:7: layers[0].weights: '1 2' is not a number (commas and blanks are mixed: decimal comm…",
    ),
    (
        L(weights="|\n      1; 2"),
        "3:7: layers[0].weights: '1;' is not a number (separate the numbers by blanks or commas, …",
    ),
    (
        L(weights="|\n      1 2]"),
        "3:9: layers[0].weights: '2]' is not a number (a block holds the numbers alone, without b…",
    ),
    (L(weights="|\n      1 1e999"), "3:9: layers[0].weights: '1e999' is beyond the largest double, 1.797e308"),
    (L(weights="|\n"), "2:14: layers[0].weights: no numbers, expected rows of numbers"),
    (
        L(weights="|\n\n      1 2\n      3 4 # x"),
        "5:11: layers[0].weights: '#' is not a number (a block holds the numbers alone, without c…",
    ),
    (
        L(weights="|\n      1  2\n      3,,4"),
        "3:7: layers[0].weights: '1  2' is not a number (commas and blanks are mixed: decimal com…",
    ),
    (L(weights="{a: 1}"), "2:15: layers[0].weights: unknown key 'a', expected one of file, array, transpose"),
    (L(weights="{}"), "2:14: layers[0].weights: the key `file` is missing (for example {file: weights.npz, arra…"),
    (L(weights="[[1, 2], {a: 3}]"), "2:23: layers[0].weights[1]: row 2 is a mapping (a), expected a list of numbers"),
    (
        L(weights="[[1, 2], 3]"),
        "2:23: layers[0].weights[1]: row 2 is the number 3, expected a list of numbers (one row i…",
    ),
    (L(weights="[[1, 2], x]"), "2:23: layers[0].weights[1]: row 2 is the text 'x', expected a list of numbers"),
    (L(weights="[[1e999]]"), "2:16: layers[0].weights[0][0]: '1e999' is beyond the largest double, 1.797e308"),
    (L(bias="3"), "3:11: layers[0].bias: the number 3, expected first-row, none, or a list of 2 numbers"),
    (L(bias="x"), "3:11: layers[0].bias: the text 'x', expected first-row, none, or a list of 2 numbers"),
    (L(bias="[]"), "3:11: layers[0].bias: 0 numbers, expected 2, one for each column of the weights"),
    (L(bias="[1, x]"), "3:15: layers[0].bias[1]: 'x' is not a number"),
    (L(bias="[1, 2, 3]"), "3:11: layers[0].bias: 3 numbers, expected 2, one for each column of the weights"),
    (L(bias="{a: 1}"), "3:12: layers[0].bias: unknown key 'a', expected one of file, array, transpose"),
    (L(bias="~"), ""),
    (L(bias="null"), ""),
    (L(bias="'~'"), "3:11: layers[0].bias: the text '~', expected first-row, none, or a list of 2 numbers"),
    (L(bias=""), "3:10: layers[0].bias: nothing, expected first-row, none, or a list of 2 numbers (write `…"),
    (L(bias="[[1, 2]]"), "3:12: layers[0].bias[0]: a list of 2, expected a number"),
    (
        L(bias="|\n      1 2"),
        "3:11: layers[0].bias: the text '1 2\\x0a', expected first-row, none, or a list of 2 numbe…",
    ),
    (
        C(weights="[[1, 2]]"),
        "3:14: layers[0].weights: lists nested 2 deep, expected 3 or 4 or 5 (one kernel of one ch…",
    ),
    (C(weights="[[[[[[1]]]]]]"), "3:14: layers[0].weights: lists nested 6 deep, expected 3 or 4 or 5"),
    (C(weights="3"), "3:14: layers[0].weights: lists nested 0 deep, expected 3 or 4 or 5"),
    (C(weights="[[[1, 2], [3]]]"), "3:24: layers[0].weights[0][1]: 1 item, expected 2 as in layers[0].weights[0][0]"),
    (C(weights="[[[1, 2]], [[3]]]"), "3:26: layers[0].weights[1][0]: 1 item, expected 2 as in layers[0].weights[0][0]"),
    (C(weights="[[[1, 2]], 3]"), "3:25: layers[0].weights[1]: the number 3, expected a list of numbers"),
    (C(weights="[[[1, x]]]"), "3:20: layers[0].weights[0][0][1]: 'x' is not a number"),
    (C(weights="[[[]]]"), "3:14: layers[0].weights: lists nested 2 deep, expected 3 or 4 or 5 (one kernel of one ch…"),
    (C(weights="[]"), "3:14: layers[0].weights: lists nested 0 deep, expected 3 or 4 or 5"),
    (C(weights="[[[1], []]]"), "3:21: layers[0].weights[0][1]: an empty list, expected numbers"),
    (C(stride="x"), "7:13: layers[0].stride: 'x' is not a number"),
    (C(stride="0"), "7:13: layers[0].stride: 0, expected 1 or more"),
    (C(stride="[1, 1]"), "7:13: layers[0].stride: 2 numbers, expected 1 or 1, one an axis"),
    (C(padding="-1"), "7:14: layers[0].padding: -1, expected 0 or more"),
    (C(padding="same"), ""),
    (C(padding="[[1, 0]]"), ""),
    (C(padding="[[1]]"), "7:14: layers[0].padding: 1 x 1 numbers, expected 1 or [[before, after]]"),
    (C(groups="2"), "7:13: layers[0].groups: 1 channel cannot be divided into 2 groups"),
    (C(flip="yes"), "7:11: layers[0].flip: the text 'yes', expected true or false"),
    (C(flip="true"), ""),
    (C(stride="'2'"), "7:13: layers[0].stride: the quoted text '2', expected a number (write it without quotes)…"),
    (C(stride="[2]"), ""),
    (C(stride="2.5"), "7:13: layers[0].stride: 2.5, expected a whole number"),
    (C(kernel="3"), "7:5: layers[0]: unknown key 'kernel', expected one of name, type, from, weights, bias, s…"),
]


@pytest.mark.parametrize(("text", "said"), CASES)
def test_a_wrong_number_is_named_with_its_place(text: str, said: str, tmp_path: Path) -> None:
    assert_said(text, said, tmp_path)
