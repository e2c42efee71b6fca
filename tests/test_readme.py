"""README.md and the guide are true: every transcript, Python example and list is what the program gives.

With ACCEPT=1 the pages are written anew instead (`make accept`).
"""

from __future__ import annotations

import difflib
import re
from pathlib import Path

import pytest

from nnlec.cli.commands.guide import FOLDER
from tests.pages import PAGES, README, as_it_should_be
from tests.transcripts import ACCEPT, TOP, empty_folder, run, workplace


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_page_shows_what_happens(page: Path) -> None:
    """The README starts in an empty folder, a page of the guide beside configs/ and models that others have saved."""
    with empty_folder() if page == README else workplace(TOP / "tests" / "trained" / "guide"):
        expected = as_it_should_be(page)
    if ACCEPT:
        page.write_text(expected, encoding="utf-8")
    shown = page.read_text(encoding="utf-8")
    diff = difflib.unified_diff(shown.splitlines(), expected.splitlines(), "shown", "happens", n=2, lineterm="")
    assert shown == expected, f"{page.name}: run `make accept`\n" + "\n".join(diff)


def test_the_picture_is_what_draw_makes() -> None:
    picture = FOLDER / "lecture.svg"
    with workplace():
        drawn = run("nnlec draw configs/lecture.yaml -f svg").stdout
    if ACCEPT:
        picture.write_text(drawn, encoding="utf-8")
    assert picture.read_text(encoding="utf-8") == drawn


def test_the_readme_is_short_and_says_early_how_to_install() -> None:
    lines = README.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 250
    assert any("pip install" in line for line in lines[:25])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_leads_to_a_file(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).is_file(), target


def test_every_make_target_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (TOP / "Makefile").read_text(encoding="utf-8"), re.M))
    for page in PAGES:
        named = set(re.findall(r"\bmake ([a-z-]+)`|^make ([a-z-]+)", page.read_text(encoding="utf-8"), re.M))
        assert {inline or line for inline, line in named} <= targets, page.name
