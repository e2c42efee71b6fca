"""Worksheets: the same seed gives the same bytes, numbers are nice, keys are right, a folder is whole or not there."""

from __future__ import annotations

import csv
import hashlib
import json
import random
import re
import shutil
import subprocess
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
import yaml

from tests.conftest import Nnlec

Sheet = dict[str, dict[str, Decimal]]
"""The figures of a sheet in full, by row and label."""

Make = Callable[..., Path]


LECTURE = ("configs/lecture.yaml", "--variants", "2", "--seed", "7")

NICE = ("configs/lecture.yaml", "--variants", "6", "--seed", "nice")
LOSS = ("configs/animals.yaml", "--topic", "loss", "--variants", "2")
STEP = ("--shape", "2-2-2", "--topic", "step", "--decimals", "1", "--rate", "0.3", "--variants", "2")

_MADE: dict[tuple[str, ...], Path] = {}


@pytest.fixture
def make(nnlec: Nnlec, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """`make("configs/lecture.yaml", "--variants", "3")`: a folder to read, made once for all tests."""

    def run(*arguments: str) -> Path:
        if arguments not in _MADE:
            folder = tmp_path_factory.mktemp("worksheets") / "sheets"
            done = nnlec("worksheet", *arguments, "-o", str(folder))
            assert done.returncode == 0, done.stderr
            _MADE[arguments] = folder
        return _MADE[arguments]

    return run


def answers(folder: Path) -> list[dict[str, str]]:
    with (folder / "answers.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def sheets(folder: Path) -> dict[str, Sheet]:
    """The exact figures of every variant."""
    found: dict[str, Sheet] = {}
    for line in answers(folder):
        found.setdefault(line["variant"], {}).setdefault(line["row"], {})[line["label"]] = Decimal(line["exact"])
    return found


def given(folder: Path) -> dict[str, dict[str, str]]:
    variants: dict[str, dict[str, str]] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["variants"]
    return variants


def fractions(text: str) -> list[Fraction]:
    return [Fraction(number) for number in text.split(",")]


def layers_of(folder: Path, name: str) -> list[list[list[Fraction]]]:
    """The matrices of a network file whose biases stand in the first row."""
    content = yaml.load((folder / name).read_text(encoding="utf-8"), yaml.BaseLoader)
    return [[[Fraction(w) for w in row] for row in layer["weights"]] for layer in content["layers"]]


def times(row: list[Fraction], matrix: list[list[Fraction]]) -> list[Fraction]:
    return [
        sum((x * w for x, w in zip([Fraction(1), *row], column, strict=True)), Fraction(0))
        for column in zip(*matrix, strict=True)
    ]


def from_tie(number: Fraction, places: int) -> Fraction:
    """How far from the nearest tie, in units of the last place."""
    return abs(Fraction(abs(number) * 10**places % 1) - Fraction(1, 2))


def rounded(number: Fraction, places: int) -> Fraction:
    whole = int(abs(number) * 10**places + Fraction(1, 2))
    return Fraction(whole if number >= 0 else -whole, 10**places)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_same_seed_gives_the_same_bytes(make: Make, tmp_path: Path, nnlec: Nnlec) -> None:
    again = tmp_path / "again"
    assert nnlec("worksheet", *LECTURE, "-o", str(again)).returncode == 0
    assert content(again) == content(make(*LECTURE))


def test_a_sheet_is_the_same_however_many_follow(make: Make) -> None:
    few, many = content(make(*LECTURE)), content(make("configs/lecture.yaml", "--variants", "3", "--seed", "7"))
    assert few["sheet-v0002.tex"] == many["sheet-v0002.tex"]
    assert few["key-v0002.html"] == many["key-v0002.html"]


def test_another_seed_gives_other_sheets(make: Make) -> None:
    assert given(make(*LECTURE)) != given(make(*NICE))


def test_the_manifest_knows_every_file(make: Make) -> None:
    folder = make(*LECTURE)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    files = {
        name: hashlib.sha256(data).hexdigest() for name, data in content(folder).items() if name != "manifest.json"
    }
    assert manifest["files"] == files
    assert (manifest["seed"], manifest["decimals"], set(manifest["variants"])) == ("7", 1, {"v0001", "v0002"})


def test_sheets_of_the_lecture_are_right_and_nice(make: Make) -> None:
    """Held against fractions: the figures, no ties, the same with rounded figures, not too large, no two alike."""
    folder = make(*NICE)
    first, second = layers_of(folder, "network.yaml")
    inputs = {name: fractions(of["input"]) for name, of in given(folder).items()}
    assert len(set(map(tuple, inputs.values()))) == 6
    for name, sheet in sheets(folder).items():
        hidden = times(inputs[name], first)
        output = times(hidden, second)
        assert [*map(Fraction, sheet["hidden"].values())] == hidden
        assert [*map(Fraction, sheet["output"].values())] == output
        carried = times([rounded(h, 1) for h in hidden], second)
        assert [rounded(f, 1) for f in carried] == [rounded(f, 1) for f in output]
        assert all(from_tie(number, 1) >= Fraction(1, 10) for number in hidden + output)
        assert all(abs(number) <= 20 for number in hidden + output)
        assert abs(output[0] - output[1]) >= Fraction(1, 10)


def test_the_tolerance_takes_the_right_figure_alone(make: Make) -> None:
    """0.55 of the last place: the right figure is well inside, the next ones well outside."""
    for line in answers(make(*LOSS)):
        exact, printed, tolerance = (Decimal(line[key]) for key in ("exact", "printed", "tolerance"))
        assert tolerance == Decimal("0.0055")
        assert abs(printed - exact) <= Decimal("0.0040")
        assert all(abs(printed + off - exact) >= Decimal("0.0060") for off in (Decimal("0.01"), Decimal("-0.01")))


def test_drawn_networks_have_no_trivial_weight_and_relus_on_and_off(make: Make) -> None:
    folder = make("--shape", "3-4-2", "--variants", "2")
    for name, sheet in sheets(folder).items():
        weights = [w for layer in layers_of(folder, f"network-{name}.yaml") for row in layer for w in row]
        assert not {Fraction(0), Fraction(1), Fraction(-1)} & set(weights)
        before, after = (list(sheet[row].values()) for row in ("hidden before activation", "hidden"))
        assert after == [max(Decimal(0), z) for z in before]
        assert min(before) < 0 < max(before)
        assert 0 not in before


@pytest.mark.parametrize("topic", ["softmax", "loss"])
def test_printed_probabilities_add_up_to_one(make: Make, topic: str) -> None:
    for sheet in sheets(make("configs/animals.yaml", "--topic", topic, "--variants", "2")).values():
        shares = [rounded(Fraction(s), 2) for s in sheet["probabilities"].values()]
        assert sum(shares) == 1
        assert min(shares) >= Fraction(1, 100)


def test_a_step_is_right(make: Make) -> None:
    """The new weights of a drawn relu network, from fractions alone; half the squared error, rate 0.3."""
    folder = make(*STEP)
    for name, sheet in sheets(folder).items():
        x, g = fractions(given(folder)[name]["input"]), fractions(given(folder)[name]["target"])
        first, second = layers_of(folder, f"network-{name}.yaml")
        sums = times(x, first)
        hidden = [max(Fraction(0), z) for z in sums]
        delta = [f - t for f, t in zip(times(hidden, second), g, strict=True)]
        back = [sum((d * w for d, w in zip(delta, row, strict=True)), Fraction(0)) for row in second[1:]]
        below = [b if z > 0 else Fraction(0) for b, z in zip(back, sums, strict=True)]
        for row, matrix, taken, of in (("output", second, hidden, delta), ("hidden", first, x, below)):
            after = [
                w - Fraction("0.3") * i * d
                for i, ws in zip([Fraction(1), *taken], matrix, strict=True)
                for d, w in zip(of, ws, strict=True)
            ]
            assert [*map(Fraction, sheet[f"after {row}"].values())] == after
            assert all(from_tie(number, 1) >= Fraction(1, 10) for number in after)


def test_a_convolution_is_right(make: Make) -> None:
    folder = make("--shape", "4-2", "--topic", "conv")
    kernel = yaml.safe_load((folder / "network-v0001.yaml").read_text(encoding="utf-8"))["layers"][0]["weights"][0][0]
    flat = list(map(int, given(folder)["v0001"]["input"].split(",")))
    picture = [flat[row : row + 4] for row in range(0, 16, 4)]
    cells = [
        sum(picture[i + a][j + b] * kernel[a][b] for a in range(2) for b in range(2))
        for i in range(3)
        for j in range(3)
    ]
    assert list(sheets(folder)["v0001"]["output"].values()) == cells


def test_blanks_are_every_figure_the_results_or_some(make: Make) -> None:
    every = answers(make(*LECTURE))[:6]
    results = make("configs/lecture.yaml", "--seed", "7", "--blank", "results")
    assert {line["row"] for line in answers(results)} == {"output"}
    assert "h1" not in (results / "sheet-v0001.md").read_text(encoding="utf-8")
    some = make("configs/lecture.yaml", "--seed", "7", "--blank", "2")
    shown = [line for line in every if line not in answers(some)]
    text = (some / "sheet-v0001.md").read_text(encoding="utf-8")
    assert len(shown) == 4
    assert all(f"${line['printed']}$" in text for line in shown)


def test_a_draw_that_cannot_be_had_names_the_wish(nnlec: Nnlec, tmp_path: Path) -> None:
    (tmp_path / "large.yaml").write_text("layers: [{weights: [[1000.5]], activation: identity}]", encoding="utf-8")
    done = nnlec("worksheet", str(tmp_path / "large.yaml"), "-o", str(tmp_path / "sheets"))
    said = "v0001: no nice numbers in 2,000 draws: it was never true that no figure is beyond 20"
    assert (done.returncode, done.stderr) == (
        2,
        f"Error: {said} (other --decimals, another network, or --without size)\n",
    )
    assert [path.name for path in tmp_path.iterdir()] == ["large.yaml"]


def test_inputs_that_run_out_are_said(nnlec: Nnlec, tmp_path: Path) -> None:
    """Whole numbers from 2 to 5 and below: eight inputs, less than nine sheets."""
    (tmp_path / "one.yaml").write_text("layers: [{weights: [[2]], activation: identity}]", encoding="utf-8")
    arguments = (str(tmp_path / "one.yaml"), "--decimals", "0", "--variants", "9")
    done = nnlec("worksheet", *arguments, "-o", str(tmp_path / "sheets"))
    said = "v0009: no nice numbers in 2,000 draws: it was never true that no two sheets have the same input"
    assert (done.returncode, done.stderr) == (
        2,
        f"Error: {said} (other --decimals, another network, or fewer --variants)\n",
    )


def test_a_wish_can_be_dropped(make: Make) -> None:
    assert answers(make("configs/step-sigmoid.yaml", "--topic", "step", "--without", "ties,carry"))


def test_a_folder_with_something_in_it_is_left_alone(nnlec: Nnlec, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    done = nnlec("worksheet", "configs/lecture.yaml", "-o", str(tmp_path))
    assert (done.returncode, done.stderr) == (2, f"Error: {tmp_path}: the folder is not empty (name a new one)\n")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("configs/lecture.yaml", "give -o FOLDER"),
        ("--shape 2-2 --topic step --rate 0 -o out", "a step of rate 0"),
        ("-o out", "give NETWORK, or --shape"),
        ("configs/lecture.yaml --shape 3-4-2 -o out", "give NETWORK, or --shape"),
        ("--shape 3x4 -o out", "expected sizes with dashes"),
        ("--shape 3 -o out", "the inputs and the outputs at least"),
        ("--shape 3-4-2 --without tie -o out", "did you mean 'ties'?"),
        ("--shape 3-4-2 --blank none -o out", "expected every, results, or how many"),
        ("--shape 2-4 --topic conv -o out", "a kernel of 2 x 2"),
        ("configs/digits.yaml -o out", "expected at most 500"),
        ("configs/rain.yaml --topic softmax -o out", "softmax needs two scores"),
        ("configs/lecture.yaml --topic conv -o out", "no convolution"),
    ],
)
def test_what_cannot_be_is_said(nnlec: Nnlec, arguments: str, message: str) -> None:
    done = nnlec("worksheet", *arguments.split())
    assert done.returncode == 2
    assert message in done.stderr
    assert not Path("out").exists()


def test_slips_that_look_alike_are_reported_and_stand_on_the_key(nnlec: Nnlec, tmp_path: Path) -> None:
    done = nnlec("worksheet", "configs/edges.yaml", "--topic", "conv", "-o", str(tmp_path / "sheets"))
    alike = ("the activation was not applied", "the activation was applied to what went in")
    assert f"slips that look alike: {alike[0]}; {alike[1]} (on every sheet)" in done.stdout
    key = (tmp_path / "sheets" / "key-v0001.md").read_text(encoding="utf-8")
    told = key.partition("slips that this sheet does not tell apart")[2]
    assert all(sentence in told for sentence in alike)


def test_the_key_says_what_a_slip_would_give(make: Make) -> None:
    """Without the biases of the hidden layer: the row itself, and the outputs that follow, from fractions."""
    folder = make(*LECTURE)
    first, second = layers_of(folder, "network.yaml")
    hidden = times(fractions(given(folder)["v0001"]["input"]), [[Fraction(0)] * 4, *first[1:]])
    rows = (hidden, times(hidden, second))
    listed = [", ".join(f"{float(rounded(number, 1)):.1f}" for number in row) for row in rows]
    key = (folder / "key-v0001.md").read_text(encoding="utf-8")
    assert f"no bias was added: {listed[0]}; output: {listed[1]}" in key


def test_rounded_figures_are_gone_on_with_where_the_sheet_says_so(make: Make) -> None:
    folder = make(
        "configs/lecture.yaml", "--carry", "rounded", "--without", "carry,size", "--variants", "2", "--seed", "5"
    )
    _, second = layers_of(folder, "network.yaml")
    for sheet in sheets(folder).values():
        hidden = [rounded(Fraction(h), 1) for h in sheet["hidden"].values()]
        assert [*map(Fraction, sheet["output"].values())] == times(hidden, second)
    assert "go on with the rounded figures" in (folder / "sheet-v0001.md").read_text(encoding="utf-8")


def test_a_loss_is_the_sum_of_its_rounded_terms_where_the_sheet_says_so(make: Make) -> None:
    wanted = ("--topic", "loss", "--decimals", "1", "--carry", "rounded", "--without", "carry,ties")
    folder = make("configs/step-sigmoid.yaml", *wanted, "--variants", "12", "--seed", "3")
    in_full = 0
    for line in answers(folder):
        key = (folder / f"key-{line['variant']}.md").read_text(encoding="utf-8")
        found = re.search(r"^L &= ([\d.]+) \+ ([\d.]+) = ([\d.]+)$", key, re.MULTILINE)
        assert found, key
        assert Decimal(found[1]) + Decimal(found[2]) == Decimal(found[3]) == Decimal(line["printed"])
        squares = [
            (Fraction(f) - Fraction(g)) ** 2 / 2
            for g, f in re.findall(r"^\| o\d \| \$(-?[\d.]+)\$ \| \$(-?[\d.]+)\$", key, re.MULTILINE)
        ]
        in_full += rounded(sum(squares, Fraction(0)), 1) == Fraction(line["printed"])
    assert 0 < in_full < 12  # the sum in full is another on some sheets


def test_a_loss_whose_terms_were_rounded_is_right(nnlec: Nnlec) -> None:
    """Half the squares of -1.1 and 0.7 are 0.605 and 0.245, in sum 0.85; rounded first 0.61 and 0.25, in sum 0.86."""
    given = ("check", "--logits=-0.1,0.7", "--target", "1,0", "--loss-function", "half-sum-squared-error", "--loss")
    assert "right, rounded on the way" in nnlec(*given, "0.86").stdout
    assert nnlec(*given, "0.87").returncode == 1


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex here")
@pytest.mark.parametrize(
    "arguments",
    [
        "configs/lecture.yaml",
        "--shape 2-2-2 --topic step --decimals 1",
        "configs/edges.yaml --topic conv",
        "configs/animals.yaml --topic loss",
    ],
)
def test_pdflatex_sets_each_sheet_on_its_page(make: Make, arguments: str) -> None:
    folder = make(*arguments.split(), "--variants", "2")
    for stem in ("sheets", "keys"):
        done = subprocess.run(
            ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", f"{stem}.tex"], cwd=folder, capture_output=True
        )
        assert done.returncode == 0, done.stdout[-2000:]
        assert b"Overfull" not in done.stdout
        pages = re.search(rb"Output written on .* \(([0-9]+) pages?", done.stdout)
        assert pages is not None
        assert int(pages[1]) >= 2


# One key for paper and machine: `nnlec check FOLDER`.


def typed(folder: Path, variant: str) -> dict[str, str]:
    """The figures of a key as a student writes them, by row."""
    rows: dict[str, list[str]] = {}
    for line in answers(folder):
        if line["variant"] == variant:
            rows.setdefault(line["row"], []).append(line["printed"])
    return {row: " ".join(figures) for row, figures in rows.items()}


def expect_right_throughout(folder: Path, nnlec: Nnlec, table: Path) -> None:
    """A class that writes the figures of its keys."""
    names = list(given(folder))[::-1]
    students = [{"student": f"of {name}", "variant": name, **typed(folder, name)} for name in names]
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(students[0]))
        writer.writeheader()
        writer.writerows(students)
    done = nnlec("check", str(folder), "--answers", str(table), "-f", "csv")
    assert done.returncode == 0, done.stdout + done.stderr
    figures = str(len(answers(folder)) // len(names))
    lines = list(csv.DictReader(done.stdout.splitlines()))
    assert [(line["student"], line["right"], line["of"]) for line in lines] == [
        (f"of {name}", figures, figures) for name in names
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        "--shape 3-4-2",
        "configs/animals.yaml --topic softmax",
        "configs/animals.yaml --topic loss",
        "--shape 2-2-2 --topic step --decimals 1 --rate 0.3",
        "configs/edges.yaml --topic conv",
        "configs/residual.yaml",
        "configs/rain.yaml --topic loss",
    ],
)
def test_a_class_with_the_figures_of_its_keys_is_right_throughout(
    make: Make, nnlec: Nnlec, tmp_path: Path, arguments: str
) -> None:
    expect_right_throughout(make(*arguments.split(), "--variants", "2"), nnlec, tmp_path / "class.csv")


@pytest.mark.slow
@pytest.mark.parametrize("number", range(40))
def test_any_class_is_right_throughout(make: Make, nnlec: Nnlec, tmp_path: Path, number: int) -> None:
    """Shapes, topics and activations by chance."""
    rng = random.Random(number)
    topic = rng.choice(("forward", "softmax", "loss", "step", "conv"))
    sizes = [str(rng.randint(2, 4)) for _ in range(2 if topic == "conv" else rng.randint(2, 4))]
    shape = "-".join(sorted(sizes, reverse=True) if topic == "conv" else sizes)
    activation = rng.choice(("relu", "sigmoid", "tanh", "identity"))
    arguments = ("--shape", shape, "--topic", topic, "--seed", str(number), "--activation", activation)
    expect_right_throughout(
        make(*arguments, "--variants", "2", "--without", "carry,ties,size,steep"), nnlec, tmp_path / "class.csv"
    )


def test_another_sheets_figures_are_wrong(make: Make, nnlec: Nnlec) -> None:
    folder = make(*LECTURE)
    output = typed(folder, "v0001")["output"]
    assert nnlec("check", str(folder), "--variant", "v0001", "--output", output).returncode == 0
    done = nnlec("check", str(folder), "--variant", "v0002", "--output", output)
    assert (done.returncode, done.stderr) == (1, "")


def test_a_sheet_without_a_name_is_not_read_and_the_others_are_marked(make: Make, nnlec: Nnlec, tmp_path: Path) -> None:
    folder, table = make(*LECTURE), tmp_path / "class.csv"
    output = typed(folder, "v0001")["output"]
    table.write_text(f"student,variant,output\nAnn,v0001,{output}\nBob,,1 2\nCem,v99,1 2\n", encoding="utf-8")
    done = nnlec("check", str(folder), "--answers", str(table), "-f", "csv")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines()[1:] == ["Ann,2,2,,", "Bob,0,2,variant: ?,", "Cem,0,2,variant: v99,not read"]


def test_variants_that_are_marked_alike_are_told(nnlec: Nnlec, tmp_path: Path) -> None:
    (tmp_path / "class.csv").write_text("student,variant,output\nAnn,v0001,1 2\nBob,v0002,1 2\n", encoding="utf-8")
    done = nnlec("check", "configs/lecture.yaml", "-i", "1,2,3", "--answers", str(tmp_path / "class.csv"))
    assert done.returncode == 1
    assert "all are marked by the same numbers, whatever their variant (nnlec check FOLDER" in done.stderr


def test_what_a_folder_of_sheets_is_not_asked(make: Make, nnlec: Nnlec, tmp_path: Path) -> None:
    folder = make(*LECTURE)
    (tmp_path / "class.csv").write_text("student,variant,output\nAnn,v0001,1 2\nBob,,1 2\n", encoding="utf-8")
    for arguments, message in (
        ((str(folder), "--output", "1,2"), "which sheet? give --variant v0001"),
        ((str(folder), "--variant", "v3", "--output", "1,2"), "unknown sheet 'v3', expected one of v0001, v0002"),
        ((str(folder), "--variant", "v0001", "-i", "1,2,3", "--output", "1,2"), "--input is for"),
        (("configs/lecture.yaml", "--variant", "v0001", "--output", "1,2"), "a folder of worksheets"),
    ):
        done = nnlec("check", *arguments)
        assert done.returncode == 2, arguments
        assert message in done.stderr


def test_a_changed_network_or_manifest_is_no_key(make: Make, nnlec: Nnlec, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(make(*LECTURE), tmp_path / "sheets"))
    asked = ("check", str(folder), "--variant", "v0001", "--output", "1,2")
    network, manifest = folder / "network.yaml", folder / "manifest.json"
    network.write_text(network.read_text(encoding="utf-8").replace("5", "6"), encoding="utf-8")
    assert "it was changed after them" in nnlec(*asked).stderr
    no_text = '{"format": "nnlec worksheet 1", "files": {}, "variants": {"v0001": {"network": 3}}}'
    for text in ("", "[]", no_text, "[" * 9999):
        manifest.write_text(text, encoding="utf-8")
        assert "this is no manifest of worksheets" in nnlec(*asked).stderr
    outside = {"network": "../network.yaml", "input": "1,2,3"}
    forged = {"format": "nnlec worksheet 1", "files": {"../network.yaml": ""}, "variants": {"v0001": outside}}
    manifest.write_text(json.dumps(forged), encoding="utf-8")
    assert nnlec(*asked).returncode == 2
