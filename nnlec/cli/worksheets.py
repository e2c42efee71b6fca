"""The files of a worksheet: made one after the other, and put in their place together."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from nnlec.arithmetic.rounding import Rounding
from nnlec.cli.worksheet_format import FORMAT, MANIFEST
from nnlec.errors import NnlecError
from nnlec.grading.worksheets import Spec, Variant, variants
from nnlec.grading.worksheets.key import blanks_of, tolerance
from nnlec.rendering import RenderOptions, render_document, speaking, write_rows
from nnlec.rendering.explain.figures import LECTURE, Notation
from nnlec.rendering.explain.worksheet import Paper, describe_key, describe_sheet
from nnlec.rendering.platforms import PLATFORMS, Course, write_platform
from nnlec.text import counted
from nnlec.version import __version__

if TYPE_CHECKING:
    from nnlec.rendering.document import Document

PAPER_FORMATS = {"tex": "latex", "html": "html", "md": "markdown"}
PAGE = RenderOptions(latex="standalone")
_EXACT = Rounding(20, ending=True)


@dataclass(frozen=True)
class Worksheets:
    """What is asked for, and the sheets that were drawn for it; `called` are the options that made its notation."""

    spec: Spec
    count: int
    credit_carried: int = 0
    page: RenderOptions = PAGE
    notation: Notation = LECTURE
    called: tuple[tuple[str, str], ...] = ()

    @cached_property
    def left_out(self) -> list[str]:
        """What is said about files that could not be written."""
        return []

    @cached_property
    def variants(self) -> list[Variant]:
        return list(variants(self.spec, self.count))

    @property
    def paper(self) -> Paper:
        network = self.spec.network
        title = "" if network is None else network.name
        return Paper(title, self.spec.topic, self.spec.carried, self.notation)

    @property
    def tolerance(self) -> Decimal:
        return tolerance(self.spec.places)

    @property
    def course(self) -> Course:
        spec = self.spec
        return Course(tuple(self.variants), self.paper, spec.seed, self.credit_carried, self.page)

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Each file's name and content; the manifest comes last."""
        digests: dict[str, str] = {}
        for name, content in self._files():
            digests[name] = sha256(content).hexdigest()
            yield name, content
        yield MANIFEST, f"{json.dumps(self._manifest(digests), indent=1, ensure_ascii=False)}\n".encode()

    def _files(self) -> Iterator[tuple[str, bytes]]:
        for stem, describe in (("sheet", describe_sheet), ("key", describe_key)):
            yield from self._on_paper(stem, describe)
        yield "answers.csv", write_rows(self._answers(), "csv").encode()
        yield from self._platforms()
        yield from self._networks()

    def _on_paper(self, stem: str, describe: Callable[[Variant, Paper], Document]) -> Iterator[tuple[str, bytes]]:
        with speaking(self.page.language):
            whole: list[Document] = [describe(variant, self.paper) for variant in self.variants]
        for suffix, form in PAPER_FORMATS.items():
            named = {f"{stem}-{v.name}": document for v, document in zip(self.variants, whole, strict=True)}
            named[f"{stem}s"] = tuple(block for document in whole for block in document)
            for name, document in named.items():
                yield f"{name}.{suffix}", render_document(document, form, self.page).encode()

    def _answers(self) -> list[dict[str, str | float]]:
        return [
            {
                "variant": variant.name,
                "row": blank.row,
                "label": blank.label,
                "exact": _EXACT.text(blank.exact),
                "printed": blank.text,
                "tolerance": f"{self.tolerance:f}",
            }
            for variant in self.variants
            for blank in blanks_of(variant)
        ]

    def _platforms(self) -> Iterator[tuple[str, bytes]]:
        """The files for learning platforms; one that cannot hold such sheets is left out, and told about."""
        for name in PLATFORMS:
            try:
                yield name, write_platform(self.course, name)
            except NnlecError as error:
                self.left_out.append(f"{name} is left out: {error}")

    def _networks(self) -> Iterator[tuple[str, bytes]]:
        """The network of all sheets, or that of each."""
        from nnlec.models.writers import written

        for name, variant in {self._network_of(variant): variant for variant in self.variants}.items():
            if name is not None and variant.exercise.network is not None:
                made = written(variant.exercise.network, "yaml", Path(name).stem)
                yield name, made.content
                yield from made.beside.items()

    def _network_of(self, variant: Variant) -> str | None:
        if variant.exercise.network is None:
            return None
        return "network.yaml" if self.spec.network is not None else f"network-{variant.name}.yaml"

    def _manifest(self, digests: Mapping[str, str]) -> dict[str, object]:
        spec = self.spec
        return {
            "format": FORMAT,
            "version": __version__,
            "topic": spec.topic,
            "seed": spec.seed,
            "decimals": spec.places,
            "carry": "rounded" if spec.carried else "full",
            "tolerance": f"{self.tolerance:f}",
            **dict(self.called),
            "variants": {variant.name: self._given(variant) for variant in self.variants},
            "files": digests,
            "digest": sha256("\n".join(f"{name} {of}" for name, of in digests.items()).encode()).hexdigest(),
        }

    def _given(self, variant: Variant) -> dict[str, object]:
        """What `nnlec check` needs of a sheet, under the names of its options."""
        exercise = variant.exercise
        numbers = ",".join(map(_EXACT.text, exercise.given))
        if exercise.network is not None:
            given: dict[str, object] = {"network": self._network_of(variant), "input": numbers}
        else:
            given = {"logits": numbers, "classes": ",".join(exercise.problem.given_labels)}
        if exercise.loss is not None:
            given |= {"loss": exercise.loss.name, "target": ",".join(map(str, exercise.target))}
        if any("," in name for name in exercise.problem.given_labels):
            given.pop("classes", None)  # such names stand in no list: the scores have none
        if exercise.step is not None:
            given["rate"] = str(exercise.step.rate)
        return given


def expect_new(folder: str) -> None:
    """Raises `NnlecError` where the folder is there and has something in it, or is no folder."""
    try:
        if os.listdir(folder):
            raise NnlecError("the folder is not empty", where=folder, hint="name a new one")
    except FileNotFoundError:
        pass
    except NotADirectoryError:
        raise NnlecError("it is a file, expected a new folder", where=folder) from None
    except OSError as error:
        raise NnlecError(f"cannot write: {error.strerror}", where=folder) from None


def write_worksheets(worksheets: Worksheets, folder: str) -> list[str]:
    """Every file into the folder, which appears when all are there; what was made, in lines."""
    target = Path(os.path.abspath(folder))
    beside = target.with_name(f".{target.name[:50]}.{os.urandom(4).hex()}")
    try:
        beside.mkdir(parents=True)
        files = 0
        for name, content in worksheets.files():
            (beside / name).write_bytes(content)
            files += 1
        with suppress(FileNotFoundError):
            target.rmdir()
        beside.rename(target)
    except OSError as error:
        raise NnlecError(f"cannot write: {error.strerror or error}", where=folder) from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    made = f"{counted(worksheets.count, 'sheet')}, {counted(files, 'file')} in {folder}"
    said = worksheets.course.said
    return [said(made), *worksheets.left_out, *map(said, _told(worksheets))]


def _told(worksheets: Worksheets) -> Iterator[str]:
    """Slips that a class cannot be told apart by, with the sheets on which it is so."""
    found: dict[str, list[str]] = {}
    for variant in worksheets.variants:
        for one, other in variant.alike:
            found.setdefault(f"slips that look alike: {one.sentence}; {other.sentence}", []).append(variant.name)
        for slip in variant.unseen:
            found.setdefault(f"a slip that does not show: {slip.sentence}", []).append(variant.name)
    for what, names in found.items():
        where = "on every sheet" if len(names) == worksheets.count else f"on {', '.join(names)}"
        yield f"{what} ({where})"
