"""What the guide's page `contributing` tells to add is added to a copy of the package, and works."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nnlec.cli.commands.guide import FOLDER
from tests.transcripts import TOP


def snippets(heading: str) -> list[str]:
    """The blocks of code below a heading of the page."""
    _, found, section = (FOLDER / "contributing.md").read_text(encoding="utf-8").partition(f"\n### {heading}\n")
    assert found, heading
    return re.findall(r"^```py\n(.*?)^```$", section.partition("\n### ")[0], re.M | re.S)


def paths(heading: str) -> list[str]:
    """The files that the section names."""
    text = (FOLDER / "contributing.md").read_text(encoding="utf-8").partition(f"\n### {heading}\n")[2]
    return re.findall(r"`(nnlec/[\w/]+\.py)`", text.partition("\n### ")[0])


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the package and of configs/, to which all is added."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(TOP / "nnlec", folder / "nnlec")  # what is compiled too: it saves the half of the time
    shutil.copytree(TOP / "configs", folder / "configs")
    return folder


def add_row(path: Path, table: str, row: str) -> None:
    """`row` at the end of the tuple or mapping of that name."""
    source = path.read_text(encoding="utf-8")
    found = re.search(rf"^{table}: .*?^(?=[)}}]$)", source, re.M | re.S)
    assert found, f"{path} has no {table}"
    path.write_text(source[: found.end()] + row + source[found.end() :], encoding="utf-8")


def output(folder: Path, *arguments: str) -> str:
    """What `nnlec` prints with the copy of the package."""
    done = subprocess.run(
        [sys.executable, "-m", "nnlec", *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_activation_is_a_row(copy: Path) -> None:
    (row,), (path,) = snippets("An activation"), paths("An activation")
    add_row(copy / path, "ROWS", row)
    assert "relu6" in output(copy, "list", "activations")
    (copy / "net.yaml").write_text("layers: [{weights: [[1]], activation: relu6}]")
    assert output(copy, "forward", "net.yaml", "--input", "8").splitlines()[-1].split() == ["y1", "6"]
    assert "min(max(0, 8), 6)" in output(copy, "forward", "net.yaml", "--input", "8", "--steps")


def test_a_loss_is_a_row(copy: Path) -> None:
    (row,), (path,) = snippets("A loss"), paths("A loss")
    add_row(copy / path, "ROWS", row)
    assert "fourth-power" in output(copy, "list", "losses")
    asked = ("loss", "--outputs", "1,2", "--target", "0,0", "--loss", "fourth-power")
    assert output(copy, *asked).splitlines()[-1].split()[-1] == "8.5"


def test_a_layer_kind_is_a_module_and_a_row(copy: Path) -> None:
    (module, row), (_, new, registry) = snippets("A layer kind"), paths("A layer kind")
    (copy / new).write_text(module, encoding="utf-8")
    add_row(copy / registry, "FILES", row)
    assert "the inputs in reverse order" in output(copy, "list", "layers")
    (copy / "net.yaml").write_text("inputs: [a, b]\nlayers: [{type: reverse, activation: relu}]")
    assert [line.split() for line in output(copy, "forward", "net.yaml", "-i", "3,5").splitlines()[-2:]] == [
        ["y1", "5"],
        ["y2", "3"],
    ]
    assert "reverse" in output(copy, "show", "net.yaml")
    assert "</svg>" in output(copy, "draw", "net.yaml", "-f", "svg")
    assert "Both figures are right." in output(copy, "check", "net.yaml", "-i", "3,5", "--output", "5,3")


def test_a_format_is_a_module_and_a_row(copy: Path) -> None:
    (module, row), (new, registry) = snippets("A format"), paths("A format")
    (copy / new).write_text(module, encoding="utf-8")
    add_row(copy / registry, "RENDERERS", row)
    assert "outline" in output(copy, "list", "formats")
    assert output(copy, "softmax", "--logits", "1,2", "-f", "outline") == "Display\nTable\nProse\n"


def test_a_wish_and_a_platform_of_worksheets_are_a_module_and_rows(copy: Path) -> None:
    (wish,), (wishes, _) = snippets("A wish for worksheets"), paths("A wish for worksheets")
    (module, row), (new, registry) = snippets("A platform for worksheets"), paths("A platform for worksheets")
    (copy / new).write_text(module, encoding="utf-8")
    add_row(copy / wishes, "WISHES", wish)
    add_row(copy / registry, "PLATFORMS", row)
    output(copy, "worksheet", "configs/lecture.yaml", "--variants", "2", "-o", "sheets")
    lines = [line.split() for line in (copy / "sheets" / "figures.txt").read_text(encoding="utf-8").splitlines()]
    assert [name for name, *_ in lines] == ["v0001", "v0002"]
    assert all(len(figures) == 6 and max(abs(float(text)) for text in figures) < 10 for _, *figures in lines)


def test_a_command_is_a_module_and_a_row(copy: Path) -> None:
    (module, row), (new, registry) = snippets("A command"), paths("A command")
    (copy / new).write_text(module, encoding="utf-8")
    add_row(copy / registry, "COMMANDS", row)
    assert "count      Count weights and biases." in output(copy, "--help")
    assert output(copy, "count", "configs/lecture.yaml") == "26\n"


def test_an_engine_is_a_module_and_a_row(copy: Path) -> None:
    (module, row), (_, new, registry) = snippets("An engine"), paths("An engine")
    (copy / new).write_text(module, encoding="utf-8")
    add_row(copy / registry, "ENGINES", row)
    assert "small-blocks" in output(copy, "list", "engines")
    table = ("forward", "configs/digits.yaml", "configs/digits.csv")
    assert output(copy, *table, "--engine", "small-blocks") == output(copy, *table, "--engine", "stream")


def test_every_kind_of_thing_has_a_section() -> None:
    text = (FOLDER / "contributing.md").read_text(encoding="utf-8")
    tested = set(re.findall(r'snippets\("(.*?)"\)', Path(__file__).read_text(encoding="utf-8")))
    assert set(re.findall(r"^### (.*)$", text, re.M)) >= tested >= {"An activation", "A loss", "A command"}
    for heading in tested:
        assert paths(heading), heading
