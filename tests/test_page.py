"""The page to play with: its scripts under Node show what nnlec's own Python computes, figure for figure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest

from nnlec import load_network
from nnlec.errors import NnlecError
from nnlec.network.activations import ACTIVATIONS
from nnlec.network.layers import LAYERS
from nnlec.network.losses import LOSSES
from nnlec.rendering.page import content as pages
from nnlec.rendering.page import part
from tests.conftest import ROOT, Nnlec
from tests.page_oracle import Case, cases, figures, in_node

CONFIGS = ROOT / "configs"

GALLERY = {
    "animals": ("-i 4,1,0,0,0.4", "--label cat"),
    "deep": ("-i 1,0.5,-1.5,2", "--label 1"),
    "digits": (f"-i {','.join(str(number % 17) for number in range(64))}", "--label 3"),
    "digits-cnn": (f"-i {','.join(str(number % 17) for number in range(64))}", "--label 3"),
    "edges": ("-i 9,9,0,0,9,9,0,0,9,9,0,0,0,0,0,0", "--target 1,2"),
    "house-price": ("-i area=150,bedrooms=4,distance=5", "--target 300"),
    "iris": ("-i 5.1,3.5,1.4,0.2", "--label setosa"),
    "lecture": ("-i 1,2.8,-3.1,4.2", "--label y2"),
    "mlp": ("-i 1,1/3", "--target 1"),
    "neuron": ("-i 1,2,-1,0.5", "--label 1"),
    "perceptron": ("-i 1,1,1", ""),
    "rain": ("-i humidity=85,pressure=1002,cloud=90", "--label yes"),
    "rain-amount": ("-i humidity=85%,pressure=1002,cloud=90", "--target 3"),
    "residual": ("-i 2,3", "--target 3,5"),
    "signal": ("-i 0,0,1,4,5,5", "--target 1,2"),
    "standardised": ("-i age=46,spent=180", "--label yes"),
    "step-decimals": ("-i 2,3", "--target 1"),
    "step-sigmoid": ("-i 0.05,0.10", "--target 0.01,0.99"),
    "video": ("-i 8,0,0,0,0,0,0,0,0,0,0,0,0,8,0,0,0,0", "--target 0,1,1,0"),
}
"""The networks of the gallery, an input, and what it is compared with."""

FIGURES = ("", "--decimals 0", "--decimals 2", "--decimals 12", "--decimals 60", "--significant 3")


def content_of(page: str) -> dict[str, Any]:
    """What stands in a page."""
    found = re.search('<script type="application/json" id="content">(.*?)</script>', page)
    assert found
    content: dict[str, Any] = json.loads(found[1])
    return content


def test_a_page_of_the_gallery_shows_what_forward_prints(nnlec: Nnlec) -> None:
    """Networks of each kind with some of the ways to ask for figures; the slow tests have all of both."""
    few = ["animals", "edges", "lecture", "mlp", "neuron", "rain", "residual", "signal", "standardised", "video"]
    shows_what_forward_prints([(name, FIGURES[at % len(FIGURES)]) for at, name in enumerate(few)], nnlec)


def rows_of(layer: dict[str, Any], number: int, shown: dict[str, str]) -> Iterator[str]:
    """The rows of figures of a layer as they are printed; of maps what comes out, row by row of each grid."""
    for what, shape in (("in", layer["in"]), ("z", layer["out"]), ("y", layer["out"])):
        row = [text for name, text in shown.items() if name.startswith(f"{what}{number}.")]
        assert row
        if len(shape) == 1 and layer["kind"] == "dense":
            yield f"[ {' '.join(row)} ]" if len(row) > 1 else row[0]
        elif what == "y":
            yield from (" ".join(row[start : start + shape[-1]]) for start in range(0, len(row), shape[-1]))


@pytest.mark.slow
@pytest.mark.parametrize("how", FIGURES)
def test_it_does_so_however_many_figures_are_asked_for(how: str, nnlec: Nnlec) -> None:
    shows_what_forward_prints([(name, how) for name in GALLERY], nnlec)


def shows_what_forward_prints(wanted: list[tuple[str, str]], nnlec: Nnlec) -> None:
    """Each row of figures of a page stands in what `nnlec forward` prints."""
    asked, printed = [], []
    for name, how in wanted:
        given = [f"configs/{name}.yaml", *" ".join(GALLERY[name]).split(), *how.split()]
        page = nnlec("page", *given)
        assert page.returncode == 0, page.stderr
        weights = sum(map(len, re.findall('"float64":"(.*?)"', page.stdout)))
        assert len(page.stdout.encode()) - weights < 120_000
        asked.append({"content": content_of(page.stdout)})
        text = nnlec("forward", *given, "--all").stdout
        printed.append(" ".join(re.sub("[┌┐└┘─│·*]", " ", text).split()))
    for each, got, text in zip(asked, in_node(asked), printed, strict=True):
        shown = got["figures"]
        layers = [layer for layer in each["content"]["layers"] if layer["kind"] != "flatten"]
        for number, layer in enumerate(each["content"]["layers"], start=1):
            for written in rows_of(layer, number, shown) if layer in layers else ():
                assert f" {written} " in f" {text} ", (number, written)
        for figure in shown:
            if re.match(r"[ofs]\.|loss|L$", figure):
                assert re.search(rf"(?<![\d.-]){re.escape(shown[figure])}(?![\d.])", text), figure


def test_a_page_of_the_gallery_shows_what_step_prints(nnlec: Nnlec) -> None:
    names = ["animals", "edges", "mlp", "residual", "signal", "step-sigmoid"]
    asked, printed = [], []
    for name in names:
        given = [f"configs/{name}.yaml", *" ".join(GALLERY[name]).split(), "--rate", "0.3"]
        asked.append({"content": content_of(nnlec("page", *given).stdout)})
        printed.append(nnlec("step", *given).stdout)
    for got, text in zip(in_node(asked), printed, strict=True):
        shown = {key: figure for key, figure in got["figures"].items() if re.match(r"(d|new)\d|L", key)}
        assert len(shown) > 8
        for figure in shown.values():
            assert re.search(rf"(?<![\d.-]){re.escape(figure)}(?![\d.])", text), figure
        after = text.partition("after the step")[2]
        assert re.search(rf"L [≈=] {re.escape(got['figures']['L.after'])}\n", after)


BEYOND = "e to the power of a number beyond 10^15 is not worked out here"


def compared(wanted: list[Case]) -> int:
    """How many figures were compared: the same texts, or the page, 1 % of them at most, says what is beyond it."""
    compared = refused = 0
    for case, got in zip(wanted, in_node([{"content": case.content} for case in wanted]), strict=True):
        refused += got.get("thrown") == BEYOND
        if got.get("thrown") == BEYOND:
            continue
        expected = figures(case)
        assert got.get("figures") == expected, (case, got.get("thrown"), got.get("stack"))
        compared += len(expected)
    assert refused <= len(wanted) / 100
    return compared


@pytest.mark.parametrize("seed", [1, 2])
def test_random_networks_show_what_python_computes(seed: int) -> None:
    assert compared(list(islice(usable(seed), 25))) > 500


def test_random_networks_of_maps_show_what_python_computes() -> None:
    assert compared(list(islice(usable(5, maps=True), 8))) > 500


def test_what_a_page_computes_is_in_its_scripts() -> None:
    """The tables of the scripts have a row for each activation and loss that is not refused by name."""

    def rows(name: str, table: str) -> set[str]:
        found = re.search(rf"^const {table} = {{$(.*?)^}};$", part(name), re.M | re.S)
        assert found
        return {word.strip('"') for word in re.findall(r'^  "?([a-z_-]+)"?(?=[:,(])', found[1], re.M)}

    assert rows("kinds.js", "OTHER_KINDS") | {"dense"} == pages.KINDS == LAYERS.keys()
    computed = rows("activations.js", "POINTWISE") | rows("activations.js", "OF_ROWS")
    assert computed == pages.ACTIVATIONS
    assert ACTIVATIONS.keys() == computed
    assert rows("activations.js", "SLOPES") | rows("activations.js", "BACKWARD") == computed
    assert rows("network.js", "TERMS") == LOSSES.keys() == pages.LOSSES
    assert rows("learning.js", "SLOPE_OF_LOSS") | {"kl-divergence"} == LOSSES.keys()


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        ("wide.yaml", "layer 1 (layer 1): 4,160 numbers of its own, and a page has room for 4,096"),
        ("long.yaml", "layer 1 (layer 1): 1,025 numbers that come in, and a page has room for 1,024"),
    ],
)
def test_a_network_that_has_no_page(network: str, expected: str, nnlec: Nnlec, tmp_path: Path) -> None:
    dense = "layers: [{{weights: {}, bias: none, activation: relu}}]"
    (tmp_path / "wide.yaml").write_text(dense.format([[1] * 64] * 65), encoding="utf-8")
    (tmp_path / "long.yaml").write_text(dense.format([[1]] * 1025), encoding="utf-8")
    done = nnlec("page", network if "/" in network else str(tmp_path / network), "-o", str(tmp_path / "net.html"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: ")
    assert expected in done.stderr
    assert "`nnlec forward ... -f html` writes a page of any network" in done.stderr
    assert not (tmp_path / "net.html").exists()


@pytest.mark.parametrize("given", ["1,2.8,-3.1,4.2", "x3=4.2,x1=2.8,x2=-3.1", "x.npy"])
def test_a_page_begins_with_the_input_that_forward_takes(given: str, nnlec: Nnlec, tmp_path: Path) -> None:
    """The same command line, with `page` for `forward`; the page of `-f html` has no fields that would promise more."""
    np.save(tmp_path / "x.npy", [2.8, -3.1, 4.2])
    words = ["configs/lecture.yaml", "--input", str(tmp_path / given) if given == "x.npy" else given, "--label", "y1"]
    page = nnlec("page", *words)
    assert page.returncode == 0, page.stderr
    assert content_of(page.stdout)["x"] == ["2.8", "-3.1", "4.2"]
    assert "<input" not in nnlec("forward", *words, "-f", "html").stdout


def test_a_page_has_the_same_bytes_each_time(nnlec: Nnlec) -> None:
    words = ("page", "configs/lecture.yaml", "--label", "y1", "--language", "de")
    pages = {nnlec(*words, PYTHONHASHSEED=seed).stdout for seed in "123"}
    assert [page[-8:] for page in pages] == ["</html>\n"]


HOSTILE = "</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>"


def test_names_stand_in_the_json_alone(nnlec: Nnlec, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    document = {"name": HOSTILE, "inputs": [HOSTILE, "b"], "classes": ["a", HOSTILE]}
    layer = {"name": HOSTILE, "weights": [[1, 2], [3, 4]], "activation": "identity"}
    path.write_text(json.dumps({**document, "layers": [layer]}), encoding="utf-8")
    page = nnlec("page", str(path), "--label", "a").stdout
    assert page.count("</script>") == page.count("<script") == 3
    assert "<!--" not in page
    assert "<img" not in page
    assert content_of(page)["inputs"] == [HOSTILE, "b"]
    assert in_node([{"content": content_of(page)}])[0]["figures"]["z1.1"] == "6"


def test_the_state_goes_into_the_link_and_back() -> None:
    case = Case(load_network(CONFIGS / "lecture.yaml"), [2.8, -3.1, 4.2])
    content = case.content
    links = {
        "": "",
        "v=1&w1.0.2=0.30": "v=1&w1.0.2=0.30",
        "v=1&x=1,1/3,-0.5": "v=1&x=1,1/3,-0.5",
        "v=1&x=2.8,-3.1,4.2": "",
        "v=1&w2.4.1=-1&x=1,2,3": "v=1&x=1,2,3&w2.4.1=-1",
        "v=1&x=1e%2D3,2,3": "v=1&x=1e-3,2,3",
    }
    for (link, again), got in zip(
        links.items(), in_node([{"content": content, "link": x} for x in links]), strict=True
    ):
        assert (got["wrong"], got["link"]) == ([], again), link
    assert in_node([{"content": content, "link": "v=1&w1.0.2=0.30"}])[0]["figures"]["z1.2"] == "-5.73"


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("v=2", "the link is of version 2, and this page reads version 1"),
        ("w1.0.2=1", "the link names no version, expected v=1"),
        ("v=1&w3.0.0=1", "the link names w3.0.0, which this page does not have"),
        ("v=1&x.0=1", "the link names x.0, which this page does not have"),
        ("v=1&hello", "the link names hello, which this page does not have"),
        ("v=1&__proto__=1", "the link names __proto__, which this page does not have"),
        ("v=1&x=1,2", "the link gives 2 numbers for x, expected 3"),
        ("v=1&w1.0.0=%", "the link's w1.0.0 cannot be read: a % stands alone in it"),
        ("v=1&w1.0.0=1&w1.0.0=2", "the link says w1.0.0 twice"),
    ],
)
def test_a_link_that_cannot_be_read(link: str, expected: str) -> None:
    content = Case(load_network(CONFIGS / "lecture.yaml"), [2.8, -3.1, 4.2]).content
    assert in_node([{"content": content, "link": link}])[0]["wrong"] == [expected]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", "a number is missing"),
        ("abc", '"abc" is not a number'),
        ("1,5", '"1,5" is not a number: write the decimal comma as a point'),
        ("1,500", '"1,500" is not a number: write it without thousands separators'),
        ("0x10", '"0x10" is not a number: write it in decimal'),
        ("1e", '"1e" is not a number: the exponent is missing'),
        ("nan", '"nan" is not a number: only finite numbers are taken'),
        ("1 2", '"1 2" is not a number: one number, without blanks in it'),
        ("1e999", "it is beyond the largest number, 1.797e308"),
        ("50%", '"50%" is not a number: write a percentage as a fraction, 0.5 for 50 %'),
    ],
)
def test_a_weight_that_is_no_number_is_said_in_words(typed: str, expected: str) -> None:
    content = Case(load_network(CONFIGS / "lecture.yaml"), [2.8, -3.1, 4.2]).content
    (got,) = in_node([{"content": content, "link": f"v=1&w1.0.0={quote(typed)}"}])
    assert got["errors"] == {"w1.0.0": expected}


@pytest.mark.slow
@pytest.mark.parametrize(("maps", "count"), [(False, 400), (True, 150)])
def test_ten_thousand_figures_and_a_tenth_of_a_millisecond_for_each(maps: bool, count: int) -> None:
    wanted = list(islice(usable(3, maps=maps), count))
    assert compared(wanted) > 10_000
    got = in_node([{"content": each.content} for each in wanted])
    took = sorted((each["ms"], len(each.get("figures", ()))) for each in got)
    few = len(took) // 20  # saturated units have slopes as 1e-400000, whose exact sums are long
    assert sum(ms for ms, _ in took[:-few]) / sum(count for _, count in took[:-few]) < 0.1


def usable(seed: int, *, maps: bool = False) -> Any:
    """Cases whose numbers a page and a decimal's own context can hold."""
    for case in cases(seed, maps=maps):
        try:
            texts = figures(case).values()
        except (ArithmeticError, NnlecError):
            continue
        if not any(re.search(r"inf|nan|e-?\d{6}", text) for text in texts):
            yield case
