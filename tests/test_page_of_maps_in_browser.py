"""Pages of convolutions, pools and other layers as a student uses them, in headless Chromium."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Nnlec
from tests.test_page_in_browser import Open, copied, field, fill, fold, opened, said, shown, tab  # noqa: F401

EDGES = ("configs/edges.yaml", "-i", "9,9,0,0,9,9,0,0,9,9,0,0,0,0,0,0", "--target", "1,2")


def grid(page: Any, number: int) -> list[str]:
    """The numbers of one of the grids beside a cell that is looked into."""
    return list(page.locator('[data-cell="0"] table').nth(number).locator("td").all_text_contents())


def lit(page: Any) -> set[str]:
    """What is lit, by the names of fields and figures."""
    found = "cells => cells.map((cell) => cell.querySelector('input, button').dataset)"
    return {each.get("key") or each["figure"] for each in page.eval_on_selector_all(".lit", found)}


def test_a_cell_of_a_map_shows_its_window_its_kernel_the_products_and_their_sum(opened: Open) -> None:  # noqa: F811
    page = opened(*EDGES)
    page.click('[data-figure="z1.1"]')
    # By hand: the window of the second cell is columns 2 to 4 of rows 1 to 3.
    assert grid(page, 0) == ["9", "0", "0"] * 3
    assert grid(page, 1) == ["1", "0", "-1"] * 3
    assert grid(page, 2) == ["9", "0", "0"] * 3
    assert said(page).endswith("= 9 + 0 + 0 + 9 + 0 + 0 + 9 + 0 + 0 = 27")
    window = {f"x.{4 * row + column}" for row in range(3) for column in (1, 2, 3)}
    kernel = {f"w1.weights.0.0.{row}.{column}" for row in range(3) for column in range(3)}
    assert lit(page) == {*window, *kernel, "z1.1"}
    field(page, "x.2").fill("2.5")
    field(page, "w1.weights.0.0.0.1").fill("-.5")
    assert grid(page, 2) == ["9.00", "-1.25", "0.00", "9.00", "0.00", "0.00", "9.00", "0.00", "0.00"]
    assert shown(page, "z1.1", "y1.1", "z2.0") == ["25.75", "25.75", "25.75"]
    page.keyboard.press("Escape")
    assert page.locator('[data-cell="0"] table').count() == len(lit(page)) == 0


def test_maps_are_gone_through_with_the_keys(opened: Open) -> None:  # noqa: F811
    page = opened(*EDGES)
    focused = "document.activeElement.dataset.key || document.activeElement.dataset.figure"
    page.locator('[data-figure="y1.0"]').focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert page.evaluate(focused) == "y1.3"
    page.keyboard.press("Enter")
    assert said(page).endswith("= 18; h[1,2,2] = relu(18) = 18")
    page.locator('[data-figure="z2.1"]').press("Enter")
    assert said(page) == "f[2,1,1] = max(0, 0, 18, 9) = 18"
    assert lit(page) == {"y1.4", "y1.5", "y1.6", "y1.7", "z2.1"}
    page.keyboard.press("Alt+ArrowRight")
    assert said(page).startswith("step 1 of 19. z of h[1,1,1] = 9 × 1")


def test_maps_are_filled_in(opened: Open) -> None:  # noqa: F811
    page = opened("configs/signal.yaml", "-i", "0,0,1,4,5,6")
    page.click("#blanks")
    assert fill(page, "z1.0", "0.25") == fill(page, "z1.1", "1.5") == fill(page, "z1.2", "3.5") == "right"
    assert fill(page, "z1.4", "-0.5") == "wrong: it lost or gained its minus, or the kernel was turned round"
    assert fill(page, "z1.3", "5") == fill(page, "z2.0", "2.56") == "right"
    assert fill(page, "z2.0", "5") == "wrong: the largest was taken for the mean"
    assert fill(page, "z1.3", "6") == "wrong"
    assert fill(page, "z2.0", "2.8125") == "right for your figures before it, which are not"


def test_a_step_of_a_convolution_is_applied_and_the_copies_are_read_by_nnlec(
    opened: Open,  # noqa: F811
    nnlec: Nnlec,
    tmp_path: Path,
) -> None:
    page = opened(*EDGES)
    fold(page, "learning")
    assert shown(page, "L.after", "d1.weights.0.0.0.0", "new1.weights.1.0.1.1") == ["2.5", "234", "-14.4"]
    page.click("#apply")
    assert said(page) == "applied: L was 466 and is 2.5"
    page.click("#undo")
    field(page, "w1.weights.1.0.0.1").fill("0.25")
    assert page.evaluate("location.hash") == "#v=1&w1.weights.1.0.0.1=0.25"
    command = copied(page, "command")
    (tmp_path / "net.yaml").write_text(copied(page, "yaml"), encoding="utf-8")
    words = shlex.split(command, comments=True)
    done = nnlec(*[str(tmp_path / word) if word == "net.yaml" else word for word in words[1:]])
    assert done.returncode == 0, done.stderr
    assert f"horizontal   {shown(page, 'z2.1')[0]}" in done.stdout
    assert shown(page, "z2.1") == ["11.25"]


OTHERS = """
inputs: {shape: [2, 4, 4]}
layers:
  - {name: norm, type: batch_norm, mean: [1, 2], variance: 3, epsilon: 1, shift: 0.5, activation: gelu}
  - name: grouped
    type: conv
    weights: [[[[1, -2], [0.5, 3]]], [[[1, 1], [2, 0.25]]]]
    bias: [0.5, -1]
    groups: 2
    flip: true
    padding: same
    stride: 2
    activation: identity
  - {name: mean, type: average_pool, size: 2, stride: 1, padding: [[1, 0], [0, 1]], count_padding: true}
  - {name: turned, type: transpose, axes: [3, 1, 2]}
  - {name: half, type: dropout, rate: 0.5}
  - {name: scaled, type: scale, divide: [2, 4], add: -1}
  - {name: row, type: flatten}
  - {name: dense, weights: [[1], [2], [3], [4], [5], [6], [7], [8]], bias: none, activation: identity}
"""


JOINED = """
inputs: [a, b, c]
layers:
  - {name: norm, type: layer_norm, epsilon: 0.001, scale: [1, 2, 3], shift: [0, 0.5, 0]}
  - {name: "a: b", type: concat, from: [norm, input]}
  - {name: gate, type: multiply, from: [norm, input], activation: tanh}
  - {name: sum, type: add, from: [gate, input, norm]}
  - {name: all, type: concat, from: [sum, "a: b"]}
  - {name: out, weights: [[1], [2], [3], [4], [5], [6], [7], [8], [9]], bias: none, activation: identity}
"""


@pytest.mark.parametrize(
    ("network", "inputs", "figures", "edited", "last"),
    [
        (
            OTHERS,
            ",".join(str(number % 7 - 2) for number in range(32)),
            ("y1.0", "z2.1", "z3.0", "z4.2", "z6.1"),
            ("w1.mean.1", "w2.weights.1.0.0.1"),
            "z8.0",
        ),
        (JOINED, "2,3,-1", ("z1.1", "y3.2", "z4.0"), ("w1.epsilon", "w1.scale.2"), "z6.0"),
    ],
)
def test_every_other_kind_is_looked_into_and_copied(
    network: str,
    inputs: str,
    figures: tuple[str, ...],
    edited: tuple[str, ...],
    last: str,
    opened: Open,  # noqa: F811
    nnlec: Nnlec,
    tmp_path: Path,
) -> None:
    path = tmp_path / "others.yaml"
    path.write_text(network, encoding="utf-8")
    page = opened(str(path), "-i", inputs, "--target", "1")
    for name in (*figures, last):
        page.click(f'[data-figure="{name}"]')
        assert said(page).endswith(f" {shown(page, name)[0]}"), name
    before = shown(page, last)
    for key in edited:
        field(page, key).fill("1.75")
    assert shown(page, last) != before
    (tmp_path / "net.yaml").write_text(copied(page, "yaml"), encoding="utf-8")
    words = shlex.split(copied(page, "command"), comments=True)
    done = nnlec(*[str(tmp_path / word) if word == "net.yaml" else word for word in words[1:]])
    assert done.returncode == 0, done.stderr
    assert {*shown(page, last, "L")} <= {*done.stdout.split()}
    assert "takes norm and input" in page.text_content("main") or network == OTHERS


def test_a_variance_cannot_be_negative_nor_the_root_0(opened: Open, tmp_path: Path) -> None:  # noqa: F811
    path = tmp_path / "others.yaml"
    path.write_text(OTHERS, encoding="utf-8")
    page = opened(str(path))
    field(page, "w1.variance").fill("-1")
    assert page.text_content("#wrong").endswith("variance of norm: it stands under a root: 0 or more")
    field(page, "w1.variance").fill("0")
    field(page, "w1.epsilon").fill("0")
    assert page.text_content("#wrong") == "variance + epsilon is 0, and nothing is divided by 0"


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_maps_on_a_phone(opened: Open, scheme: str) -> None:  # noqa: F811
    page = opened(*EDGES, viewport={"width": 390, "height": 844}, color_scheme=scheme)
    fold(page, "learning")
    page.click('[data-figure="y1.3"]')
    assert page.locator('[data-cell="0"] table').count() == 3
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.click("#blanks")
    assert fill(page, "z1.0", "12") == "wrong"
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    mark = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--mark')")
    assert mark == {"light": "#ffe08a", "dark": "#5c4a00"}[scheme]


@pytest.mark.slow
def test_maps_on_paper(opened: Open) -> None:  # noqa: F811
    page = opened(*EDGES, viewport={"width": 794, "height": 1123})
    page.click('[data-figure="y1.3"]')
    page.emulate_media(media="print")
    assert page.is_visible('[data-cell="0"] table')
    style = "element => getComputedStyle(element).borderTopWidth"
    assert page.eval_on_selector('[data-key="w1.weights.0.0.0.0"]', style) == "0px"
    assert page.evaluate("document.documentElement.scrollWidth") == 794
