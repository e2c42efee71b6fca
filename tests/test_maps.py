"""Maps in every format: the window boxed, the cell written out, walked through with keys; documents made by hand."""

from __future__ import annotations

import re
import struct
import zlib
from base64 import b64decode
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from nnlec.rendering import RENDERERS, RenderOptions, render_document
from nnlec.rendering.document import Heading
from nnlec.rendering.document.maps import Grid, Maps
from tests.maps import MADE
from tests.test_formats import Opened, Tex, figures_in, needs_latex, tex, visible_text  # noqa: F401

ONE = """\
  x[1] =        w[1,1] =
  ┌──────┐      ┌──────┐
  │ 0  1 │ 2    │ 0  1 │
  │ 3  4 │ 5    │ 2  3 │
  └──────┘      └──────┘
    6  7   8    2×2
  3×3

  h[1,1,1] = 0 × 0 + 1 × 1 + 3 × 2 + 4 × 3 = 0 + 1 + 6 + 12 = 19
  rows = 3 - 2 + 1 = 2

  h[1] =
  ┌────┐
  │ 19 │ 25
  └────┘
    37   43
  2×2
"""


def shown(name: str, format_: str = "table", **page: Any) -> str:
    return render_document((MADE[name],), format_, RenderOptions(**page))


def numbers_of(maps: Maps) -> set[str]:
    """The figures that are shown, those of padding apart."""
    grids = (*maps.inputs, *maps.kernels, *maps.results)
    return {text for grid in grids for row, column, text in grid.cells() if not grid.is_padding(row, column)}


def test_a_window_stands_in_a_box_beside_its_kernel() -> None:
    assert shown("one channel") == ONE


def test_a_page_of_ascii_has_no_other_character() -> None:
    for name in MADE:
        assert shown(name, unicode=False).isascii()


def test_padding_is_dotted_and_said() -> None:
    assert "  │ ·  · │ ·  ·  ·  " in shown("padding")
    assert "·: padding, 0" in shown("padding")
    assert "padding" not in shown("stride")


def test_the_cells_that_meet_a_spread_kernel_stand_in_brackets() -> None:
    assert "   [0]   1   [2]   3   4" in shown("dilation")


def test_the_winner_has_a_star() -> None:
    assert "  │ 4*  2 │ 0  5\n" in shown("pooling")
    assert "*: the largest" in shown("pooling")


def test_a_part_of_a_large_map_says_which() -> None:
    text = shown("large")
    assert "rows 3-7 of 28\n" in text
    assert "columns 1-5 of 28" in text
    assert "  0.08 │ 0.09  0.11  0.12 │ 0.13" in text


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("name", MADE)
def test_no_line_is_wider_than_the_page(name: str, width: int) -> None:
    assert max(map(len, shown(name, width=width).splitlines())) <= width


def test_a_map_wider_than_the_page_breaks_into_columns_that_are_named() -> None:
    grid = Grid((), (tuple(map(str, range(1000, 1012))),) * 2, (2, 12))
    maps = MADE["one channel"]._replace(results=(grid,))
    text = render_document((maps,), "table", RenderOptions(width=40))
    assert max(map(len, text.splitlines())) <= 40
    assert re.findall(r"columns (\d+)-(\d+) of 12", text)[0][0] == "1"
    assert re.findall(r"columns (\d+)-(\d+) of 12", text)[-1][1] == "12"
    assert {str(n) for n in range(1000, 1012)} <= set(text.split())


@pytest.mark.parametrize("format_", sorted(RENDERERS))
@pytest.mark.parametrize("name", MADE)
def test_every_format_has_every_figure(name: str, format_: str) -> None:
    assert numbers_of(MADE[name]) <= figures_in(visible_text(shown(name, format_), format_))


ALL = tuple(block for name, maps in MADE.items() for block in (Heading(name, 2), maps))


@needs_latex
@pytest.mark.parametrize("dress", ["standalone", "beamer"])
def test_pdflatex_sets_every_map(tex: Tex, dress: Any) -> None:  # noqa: F811
    text = tex.text_of(render_document(ALL, "latex", RenderOptions(latex=dress))).replace("\u2212", "-")
    assert {"19", "120", "124", "-0.09"} <= figures_in(text)
    assert "rows 3-7 of 28" in text


@needs_latex
def test_slides_build_a_map_cell_by_cell(tex: Tex) -> None:  # noqa: F811
    slides = tex.text_of(shown("one channel", "latex", latex="beamer")).split("\f")[1:6]
    assert ["25" in page for page in slides] == [False, False, True, True, True]
    assert ["43" in page for page in slides] == [False, False, False, False, True]


def test_slides_of_a_large_map_are_bounded() -> None:
    maps = MADE["one channel"]
    many = tuple(entry._replace(row=n) for n in range(500) for entry in maps.entries[:1])
    source = render_document((maps._replace(entries=many),), "latex", RenderOptions(latex="beamer"))
    assert source.count(r"\only<") == 16


def test_markdown_boxes_each_number_of_the_window() -> None:
    text = shown("one channel", "markdown")
    assert r"\boxed{0} & \boxed{1} & 2 \\" in text
    assert r"\cline" not in text
    assert "multicolumn" not in text


def test_a_large_map_is_a_grey_picture_of_every_cell() -> None:
    for format_ in ("html", "svg"):
        packed = re.findall(r"data:image/png;base64,([^\"]+)", shown("large", format_))
        data = b64decode(packed[0])
        assert struct.unpack(">II", data[16:24]) == (28, 28)
        pixels = zlib.decompress(data[data.index(b"IDAT") + 4 : data.index(b"IEND") - 8])
        levels = MADE["large"].inputs[0].shades
        assert levels is not None
        assert b"".join(pixels[i * 29 + 1 : i * 29 + 29] for i in range(28)) == levels.levels


def test_the_picture_is_xml() -> None:
    ElementTree.fromstring(render_document(ALL, "svg", RenderOptions()))


def opened(browser: Any, folder: Path, *names: str) -> Opened:
    path = folder / "maps.html"
    path.write_text(render_document(tuple(MADE[name] for name in names), "html", RenderOptions()), encoding="utf-8")
    return Opened(browser, path)


@pytest.mark.slow
def test_pointing_at_a_cell_lights_its_window_and_kernel(browser: Any, tmp_path: Path) -> None:
    page = opened(browser, tmp_path, "one channel")
    assert page.marked == ["0", "1", "3", "4", "0", "1", "2", "3"]
    page.page.locator("button", has_text="43").hover()
    assert page.marked == ["4", "5", "7", "8", "0", "1", "2", "3"]
    assert page.working.replace(" ", "") == "h[1,2,2]=4×0+5×1+7×2+8×3=0+5+14+24=43"
    assert page.complaints == []
    assert [url for url in page.requests if not url.startswith(("file:", "data:"))] == []


def test_arrow_keys_walk_through_a_map(browser: Any, tmp_path: Path) -> None:
    page = opened(browser, tmp_path, "padding")
    for key, place in (
        ("ArrowRight", "1,1,1"), ("ArrowDown", "1,2,1"), ("ArrowDown", "1,3,1"), ("ArrowRight", "1,3,2"),
        ("ArrowUp", "1,2,2"), ("ArrowLeft", "1,2,1"), ("ArrowLeft", "1,1,4"),
    ):  # fmt: skip
        page.page.keyboard.press(key)
        assert page.working.replace(" ", "").startswith(f"h[{place}]")


@pytest.mark.slow
def test_channels_are_stepped_through(browser: Any, tmp_path: Path) -> None:
    page = opened(browser, tmp_path, "two channels")
    page.page.locator("button", has_text="120").focus()
    assert len(page.marked) == 16
    page.page.keyboard.press("Tab")
    assert page.marked == ["4", "5", "7", "8", "0", "1", "2", "3"]
    page.page.keyboard.press("Tab")
    assert page.marked == ["5", "6", "8", "9", "1", "2", "3", "4"]


def test_the_page_says_the_first_sum_without_a_script() -> None:
    body = re.sub(r"(?s)<(script|template).*?</\1>", "", shown("one channel", "html"))
    assert "0×0+1×1+3×2+4×3" in re.sub("<[^>]*>", "", body)
    assert len(re.findall(r'class="[^"]*\bmarked\b', body)) == 8
