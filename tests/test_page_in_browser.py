"""The page to play with as a student uses it: typing, walking, filling in, learning, sharing, in headless Chromium."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nnlec.rendering.words import words
from tests.conftest import Nnlec

LECTURE = ("configs/lecture.yaml", "-i", "1,2.8,-3.1,4.2")
MLP = ("configs/mlp.yaml", "-i", "1,1", "--target", "1")
SIGMOIDS = ("configs/step-sigmoid.yaml", "-i", "0.05,0.10", "--target", "0.01,0.99", "--rate", "0.5")

WRITTEN: dict[tuple[str, ...], str] = {}
"""The pages written so far, by the arguments of `nnlec page`."""

Open = Callable[..., Any]


class Tab:
    """A page in the browser, with everything it asked for and complained of."""

    def __init__(self, browser: Any, **options: Any) -> None:
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(15000)
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url.partition("#")[0]))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))


@pytest.fixture(scope="module")
def tab(browser: Any) -> Tab:
    """The tab that one test after the other uses: a new one takes longer than a page does."""
    return Tab(browser)


@pytest.fixture
def opened(browser: Any, tab: Tab, nnlec: Nnlec, tmp_path: Path) -> Iterator[Open]:
    """`opened(*arguments, link="", **options)`: the page of `nnlec page`, in the tab or in another one.

    Afterwards nothing but the file was asked for, and nothing complained of.
    """
    path = tmp_path / "net.html"
    tabs: list[Tab] = []

    def page_of(*arguments: str, link: str = "", **options: Any) -> Any:
        if arguments not in WRITTEN:
            done = nnlec("page", *arguments)
            assert done.returncode == 0, done.stderr
            WRITTEN[arguments] = done.stdout
        path.write_text(WRITTEN[arguments], encoding="utf-8", newline="\n")
        tabs.append(Tab(browser, **options) if options or tab in tabs else tab)
        tabs[-1].page.goto("about:blank")
        tabs[-1].page.goto(path.as_uri() + link)
        return tabs[-1].page

    yield page_of
    for each in tabs:
        asked, complaints = set(each.asked), [*each.complaints]
        if each is tab:
            each.asked.clear()
            each.complaints.clear()
        else:
            each.context.close()
        assert asked - {"about:blank"} == {path.as_uri()}
        assert complaints == []


def field(page: Any, key: str) -> Any:
    return page.locator(f'[data-key="{key}"]')


def fold(page: Any, name: str) -> None:
    """Opens or closes a part of the page by a click; a browser tells the page of it only later."""
    page.evaluate(
        """name => new Promise(done => {
            const part = document.getElementById(name);
            part.addEventListener("toggle", () => done(), { once: true });
            part.querySelector("summary").click();
        })""",
        name,
    )


def shown(page: Any, *names: str) -> list[str]:
    return [page.text_content(f'[data-figure="{name}"]') for name in names]


def said(page: Any) -> str:
    return str(page.text_content("#say"))


def test_every_figure_follows_a_number_that_is_typed(opened: Open) -> None:
    page = opened(*LECTURE)
    assert shown(page, "z1.0", "z2.0", "z2.1", "s.1") == ["5.17", "37.716", "-23.256", "3.313e-27"]
    assert page.text_content("#prediction") == "prediction: y1 (argmax)"
    field(page, "w1.3.0").fill("-.010")
    assert shown(page, "z1.0", "in2.1") == ["9.328", "9.328"]
    assert field(page, "w1.3.0").input_value() == "-.010"
    field(page, "x.1").fill("1/3")
    assert shown(page, "z1.0") == ["17.2247"]
    field(page, "w2.0.1").fill("1e300")
    assert shown(page, "z2.1", "f.1") == ["1.000e300", "1e300"]
    assert page.text_content("#prediction") == "prediction: y2 (argmax)"


def test_a_field_that_holds_no_number_says_so_in_words(opened: Open) -> None:
    page = opened(*LECTURE)
    weight = field(page, "w1.1.0")
    weight.fill("5,0")
    words = '"5,0" is not a number: write the decimal comma as a point'
    assert page.text_content("#wrong") == f"1 field to mend: weight of x1 in h₁: {words}"
    assert weight.get_attribute("aria-invalid") == "true"
    assert page.text_content(f'[id="{weight.get_attribute("aria-describedby")}"]') == words
    assert shown(page, "z1.0", "s.0") == ["?", "?"]
    field(page, "x.0").fill("")
    assert "2 fields to mend: input x1: a number is missing" in page.text_content("#wrong")
    page.click("#copy-yaml")
    assert said(page).startswith("no network file: 2 fields to mend")
    assert not page.is_visible("#copied")
    field(page, "x.0").fill("2.8")
    weight.fill("5.0")
    assert (page.text_content("#wrong"), weight.get_attribute("aria-invalid")) == ("", None)
    assert shown(page, "z1.0") == ["5.17"]


def test_a_number_of_more_digits_than_nnlec_keeps_says_how_it_is_read(opened: Open) -> None:
    page = opened(*LECTURE)
    weight = field(page, "w1.0.0")
    weight.fill("2.50000000000000000001")
    words = "read as 2.5: a number has at most 17 digits"
    assert page.text_content(f'[id="{weight.get_attribute("aria-describedby")}"]') == words
    assert (weight.get_attribute("aria-invalid"), page.text_content("#wrong")) == (None, "")
    assert shown(page, "z1.0") == ["5.17"]


def test_numbers_beyond_what_is_worked_out_are_an_error_line(opened: Open, tmp_path: Path) -> None:
    path = tmp_path / "e.yaml"
    path.write_text("layers: [{weights: [[1]], activation: exponential}]", encoding="utf-8")
    page = opened(str(path))
    field(page, "x.0").fill("1e20")
    assert page.text_content("#wrong") == "e to the power of a number beyond 10^15 is not worked out here"
    assert shown(page, "y1.0") == ["?"]
    field(page, "x.0").fill("-1e20")
    assert (page.text_content("#wrong"), *shown(page, "y1.0")) == ("", "0")


def test_the_computation_is_walked_through_by_keyboard(opened: Open) -> None:
    page = opened(*MLP)
    page.keyboard.press("Alt+ArrowRight")
    assert said(page) == "step 1 of 15. h₁, bias: 1 × 0 = 0"
    page.keyboard.press("Alt+ArrowRight")
    assert said(page) == "step 2 of 15. h₁, x1: 1 × 1 = 1; so far 1"
    lit = page.eval_on_selector_all(".lit input", "cells => cells.map((cell) => cell.dataset.key)")
    assert sorted(lit) == ["w1.1.0", "x.0"]
    page.keyboard.press("Alt+ArrowDown")
    assert said(page) == "step 6 of 15. h₂, bias: 1 × (-1) = -1"
    page.keyboard.press("Alt+ArrowLeft")
    assert said(page) == "step 5 of 15. h₁ = relu(2) = 2"
    for _ in range(20):
        page.keyboard.press("Alt+ArrowRight")
    assert said(page) == "step 15 of 15. L = 1 = 1"
    page.keyboard.press("Alt+ArrowLeft")
    assert said(page) == "step 14 of 15. f: the sum of 3 terms is 0"
    page.keyboard.press("Escape")
    assert page.locator(".lit").count() == 0


def test_probabilities_and_the_loss_tell_how_they_come_about(opened: Open) -> None:
    page = opened("configs/animals.yaml", "-i", "4,1,0,0,0.4", "--label", "cat")
    page.click('[data-figure="s.3"]')
    assert said(page) == "s of cat = e^0.05 / Σ e^f ≈ 1.0513 / 7.5001 ≈ 0.1402"
    page.click('[data-figure="L"]')
    assert page.text_content('[data-working="loss"]') == "L = 0 + 0 + 0 + 1.9649 + 0 ≈ 1.9649"
    page.click("#blanks")
    assert fill(page, "s.3", "0.05") == "wrong: that is the score f itself"
    assert fill(page, "s.3", "1.051") == "wrong: that is e^f: it was not divided by the sum"
    assert fill(page, "L", "0.853") == "wrong: the logarithm was taken to base 10"
    assert fill(page, "L", "1.96") == "right"


def test_a_target_that_is_no_distribution_is_said(opened: Open) -> None:
    page = opened(*LECTURE, "--target", "0.5,0.5", "--rate", "1/3")
    field(page, "g.0").fill("0.6")
    assert page.text_content("#target-note") == "the target sums to 1.1, not to 1"
    field(page, "g.0").fill("-1")
    assert "the target -1 cannot be, expected a probability, which is not negative" in page.text_content("#wrong")
    assert field(page, "rate").input_value() == "1/3"


def test_arrow_keys_go_from_cell_to_cell_and_enter_tells_how_a_figure_comes_about(opened: Open) -> None:
    page = opened(*LECTURE)
    focused = "document.activeElement.dataset.key || document.activeElement.dataset.figure"
    field(page, "w1.3.1").focus()
    page.keyboard.press("ArrowUp")
    assert page.evaluate(focused) == "w1.2.1"
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    assert page.evaluate(focused) == "z1.1"
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(focused) == "z1.0"
    page.keyboard.press("Enter")
    expected = "h₁ = 1 × 2.5 + 2.8 × 5 + (-3.1) × 2.3 + 4.2 × (-1) = 2.5 + 14 − 7.13 − 4.2 = 5.17"
    assert page.text_content('[data-working="layer 0"]') == said(page) == expected
    assert page.locator(".lit").count() == 9


def test_undo_and_reset(opened: Open) -> None:
    page = opened(*LECTURE)
    assert page.is_disabled("#undo")
    assert page.is_disabled("#reset")
    field(page, "w1.1.0").fill("6")
    field(page, "x.0").press_sequentially("55")
    page.click("#undo")
    assert (field(page, "x.0").input_value(), field(page, "w1.1.0").input_value()) == ("2.8", "6")
    page.click("#reset")
    assert field(page, "w1.1.0").input_value() == "5"
    page.click("#undo")
    assert field(page, "w1.1.0").input_value() == "6"
    page.click("#undo")
    assert shown(page, "z1.0") == ["5.17"]


def test_the_link_keeps_what_is_typed(opened: Open) -> None:
    page = opened(*LECTURE, "--label", "y1")
    field(page, "w1.0.2").fill("0.30")
    field(page, "x.1").fill("-1")
    page.select_option('[data-key="label"]', "y2")
    link = page.evaluate("location.hash")
    assert link == "#v=1&x=2.8,-1,4.2&w1.0.2=0.30&label=y2"
    other = opened(*LECTURE, "--label", "y1", link=link)
    assert field(other, "w1.0.2").input_value() == "0.30"
    assert shown(other, "L") == shown(page, "L")
    assert other.text_content("#link-error") == ""
    other.evaluate("location.hash = 'v=1&w9.0.0=1&w1.0.2=4'")
    other.wait_for_function("document.getElementById('link-error').textContent")
    assert other.text_content("#link-error") == "the link names w9.0.0, which this page does not have"
    assert field(other, "w1.0.2").input_value() == "4"


def test_a_step_of_learning_is_shown_applied_and_taken_back(opened: Open, nnlec: Nnlec) -> None:
    page = opened(*SIGMOIDS)
    assert shown(page, "L") == ["0.2984"]
    fold(page, "learning")
    assert shown(page, "L.after", "d2.1.0", "new2.1.0") == ["0.2805", "0.0822", "0.3589"]
    page.click("#apply")
    assert said(page) == "applied: L was 0.2984 and is 0.2805"
    page.click("#copy-yaml")
    network = page.input_value("#copied")
    again = nnlec("forward", "/dev/stdin", *SIGMOIDS[1:5], stdin=network)
    assert " 0.2805" in again.stdout, again.stderr
    field(page, "rate").fill("-1")
    assert "a step goes against the gradient by itself" in page.text_content("#wrong")
    for _ in range(2):
        page.click("#undo")
    assert (*shown(page, "L"), field(page, "w2.1.0").input_value()) == ("0.2984", "0.4")


def test_copies_are_read_by_nnlec_and_give_the_same_figures(opened: Open, nnlec: Nnlec, tmp_path: Path) -> None:
    path = tmp_path / "it's.yaml"
    layers = [
        {"name": "a: b", "weights": [[0.5, -1], [2, 1.25]], "bias": "none", "activation": {"name": "elu", "alpha": 2}},
        {"name": "#2", "weights": [[1, 2], [3, 4], [5, 6]], "bias": "first-row", "activation": "softmax"},
    ]
    document = {"name": 'it"s', "inputs": ["x: 1", "x2"], "classes": ["no", "it's"], "layers": layers}
    path.write_text(json.dumps(document), encoding="utf-8")
    page = opened(str(path), "-i", "-1,2/3", "--label", "it's", "-p", "weights=1,2", "--decimals", "7")
    before = nnlec(*[str(path) if word == path.name else word for word in shlex.split(copied(page, "command"))[1:]])
    field(page, "w2.0.1").fill("-.5")
    command, network = copied(page, "command"), copied(page, "yaml")
    page.click("#copy-link")
    assert page.input_value("#copied").endswith("net.html#v=1&w2.0.1=-.5")
    (tmp_path / "net.yaml").write_text(network, encoding="utf-8")
    words = shlex.split(command, comments=True)
    done = nnlec(*[str(tmp_path / word) if word == "net.yaml" else word for word in words[1:]])
    assert done.returncode == 0, done.stderr
    assert {*shown(page, "s.0", "s.1", "L", "y1.0")} <= {*done.stdout.split()}
    assert before.returncode == 0, before.stderr
    assert "it's" in before.stdout


def copied(page: Any, what: str) -> str:
    page.click(f"#copy-{what}")
    return str(page.input_value("#copied"))


def fill(page: Any, name: str, text: str) -> str:
    """What a blank says to a figure."""
    blank = page.locator(f'[data-blank="{name}"]')
    blank.fill(text)
    blank.press("Enter")
    return str(page.text_content(f'[id="verdict-{name}"]'))


def test_figures_are_filled_in_and_told_right_carried_or_the_slip(opened: Open) -> None:
    page = opened(*LECTURE)
    page.click("#blanks")
    assert page.locator("[data-figure]:visible").all_text_contents() == ["1.0", "1.00", *"····", *"··"]
    assert page.text_content("#prediction") == ""
    assert fill(page, "z1.0", "5.17") == fill(page, "z1.1", "14.5") == fill(page, "z1.2", "-6.2") == "right"
    assert fill(page, "z1.3", "3.48") == "wrong: the bias was forgotten"
    assert fill(page, "z1.3", "-4.38") == "wrong: it lost or gained its minus"
    assert fill(page, "z1.3", "4,4") == '"4,4" is not a number: write the decimal comma as a point'
    assert fill(page, "z1.3", "99") == "wrong"
    assert fill(page, "z1.3", "4.4") == "right"
    assert shown(page, "in2.1", "in2.4") == ["5.17", "4.4"]
    assert fill(page, "z2.0", "37.8") == "right, with rounded figures gone on with"
    assert fill(page, "z2.1", "-23.3") == "right"
    assert said(page) == "y2, result: right. 6 of 8 are right."
    page.keyboard.press("Alt+ArrowRight")
    assert said(page) == "the walk waits until the figures are shown"
    page.click("#blanks")
    assert shown(page, "z2.0") == ["37.716"]
    assert page.locator("[data-blank]").count() == 0


@pytest.mark.slow
def test_more_slips(opened: Open, tmp_path: Path) -> None:
    page = opened(*SIGMOIDS, "--decimals", "4")
    page.click("#blanks")
    assert fill(page, "z1.0", "0.3825") == "wrong: the weights were taken from a row, not from a column"
    assert fill(page, "z1.0", "0.3575") == "wrong: the product with i2 was left out"
    assert fill(page, "z1.0", "0.3775") == fill(page, "z1.1", "0.3925") == "right"
    assert fill(page, "y1.0", "0.3775") == "wrong: sigmoid was forgotten"
    assert fill(page, "z1.0", "0.5933") == "wrong: sigmoid is applied already"
    assert fill(page, "z1.0", "1.5") == "wrong"
    assert fill(page, "y1.0", "0.8176") == "right for your figures before it, which are not"
    assert fill(page, "L", "0.2984") == "right"
    path = tmp_path / "ones.yaml"
    path.write_text("layers: [{weights: [[1], [1], [1], [1]], activation: identity}]", encoding="utf-8")
    page = opened(str(path))
    page.click("#blanks")
    assert fill(page, "z1.0", "3") == "wrong; more than three slips fit, it is too short a figure to tell"


def test_a_slider_moves_a_number_along_the_curve_of_a_figure(opened: Open) -> None:
    page = opened(*LECTURE)
    fold(page, "slider")
    picture = page.locator("#curve svg")
    # By hand: y1 rises by 5 x 1.9 + 3 x 0.6 + 1.5 x 1.3 + 1.1 x 2.4 = 15.89 with x1, and is 37.716 where that is 2.8.
    assert picture.get_attribute("aria-label") == "y1: -22.67 where input x1 is -1, 88.56 where it is 6"
    points = page.get_attribute("#curve polyline", "points").split()
    assert len(points) == 51
    page.locator("#slide").focus()
    page.keyboard.press("End")
    assert field(page, "x.0").input_value() == page.input_value("#high")
    page.fill("#low", "abc")
    page.keyboard.press("Enter")
    assert page.text_content("#ends-error") == '"abc" is not a number'
    page.fill("#low", "50")
    page.keyboard.press("Enter")
    assert page.text_content("#ends-error") == "the lower end comes first"
    page.select_option("#slid-key", "w2.0.0")
    page.select_option("#drawn", "s.0")
    assert "s of y1" in picture.get_attribute("aria-label")


@pytest.mark.parametrize("scheme", [pytest.param("light", marks=pytest.mark.slow), "dark"])
def test_a_phone(opened: Open, scheme: str) -> None:
    page = opened(
        "configs/iris.yaml",
        "--label",
        "0",
        viewport={"width": 360, "height": 740},
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    fold(page, "learning")
    fold(page, "slider")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    heights = page.eval_on_selector_all("input, button, select", "all => all.map((each) => each.offsetHeight)")
    assert min(height for height in heights if height) >= 24 - 8  # a slider is as high as the browser draws it
    dark = page.evaluate("getComputedStyle(document.querySelector('.toolbar')).backgroundColor")
    assert (sum(map(int, dark[4:-1].split(","))) < 200) is (scheme == "dark")


def test_paper(opened: Open) -> None:
    page = opened(*LECTURE, viewport={"width": 900, "height": 1200})
    page.click("#blanks")
    page.emulate_media(media="print")
    assert not page.is_visible(".toolbar")
    assert not page.is_visible(".copies")
    style = "element => [getComputedStyle(element).borderTopWidth, getComputedStyle(element).borderBottomWidth]"
    assert page.eval_on_selector('[data-key="w1.1.0"]', style) == ["0px", "0px"]
    assert page.eval_on_selector('[data-blank="z1.0"]', style) == ["0px", "1px"]


def test_names_are_text(opened: Open, tmp_path: Path) -> None:
    hostile = "</script><img src=x onerror=alert(1)>"
    path = tmp_path / "net.yaml"
    layer = {"name": hostile, "weights": [[1, 2], [3, 4]], "activation": "identity"}
    document = {"name": hostile, "inputs": [hostile, "b"], "classes": ["a", hostile], "layers": [layer]}
    path.write_text(json.dumps(document), encoding="utf-8")
    page = opened(str(path), "--label", "a", link="#v=1&label=%3Cimg%20src%3Dx%3E&%3Cb%3E=1")
    assert page.text_content("h1") == page.title() == hostile
    assert page.locator("img").count() == 0
    assert page.text_content("#link-error") == "the link names %3Cb%3E, which this page does not have"
    assert '"<img src=x>" is none of the classes' in page.text_content("#wrong")


@pytest.mark.slow
def test_a_layer_of_64_by_64_is_edited_without_a_wait(opened: Open, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    weights = [[round(((i * 37 + j * 61) % 41 - 20) / 10, 1) for j in range(64)] for i in range(64)]
    layers = [{"weights": weights, "activation": "tanh"}, {"weights": weights, "activation": "identity"}]
    path.write_text(json.dumps({"layers": layers}), encoding="utf-8")
    page = opened(str(path))
    took = page.evaluate("() => { const t = performance.now(); onedit('x.0', '0.5'); return performance.now() - t; }")
    assert shown(page, "z2.63") != ["?"]
    assert took < 3000


@pytest.mark.parametrize("language", [pytest.param("de", marks=pytest.mark.slow), "zh"])
def test_the_page_speaks_its_language(opened: Open, language: str) -> None:
    of, seen = words(language), {}
    for code in ("en", language):
        page = opened(*SIGMOIDS, "--language", code, link="" if code == "en" else "#v=2&q=1")
        page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        page.fill("#field-x\\.0", "1,5")
        heard = [page.inner_text("body")]
        page.fill("#field-x\\.0", "0.25")
        for press in ("next", "previous", "undo", "blanks"):
            page.click(f"#{press}")
            heard.append(page.inner_text("body"))
        page.fill("[data-blank]", "7")
        page.press("[data-blank]", "Tab")
        labels = page.evaluate(
            "[...document.querySelectorAll('[aria-label]')].map((e) => e.getAttribute('aria-label'))"
        )
        seen[code] = set(re.findall(r"[A-Za-z]{2,}", " ".join([*heard, page.inner_text("body"), *labels])))
        assert page.get_attribute("html", "lang") == code
    own = set(re.findall(r"[A-Za-z]{2,}", " ".join([*of.page.values(), *of.sentences.values()])))
    names = {"sigmoid", "step", "by", "hand", "hidden", "output", "without", "rounding"}
    assert (seen["en"] & seen[language]) - own - names <= {"Alt", "ln"}
