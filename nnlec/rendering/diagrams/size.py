"""How wide a picture is asked to be: 12cm, 600 (pixels), 80% of what it stands in."""

from __future__ import annotations

import re

from nnlec.errors import NnlecError
from nnlec.named import NamedTuple

_WRITTEN = re.compile(r"(\d{1,5}(?:\.\d{1,4})?) ?(cm|mm|in|pt|px|%|)", re.ASCII)


class Size(NamedTuple):
    """A length in cm, mm, in, pt, px, or a share in %; without a unit, pixels."""

    number: float
    unit: str

    @classmethod
    def read(cls, text: str) -> Size:
        """The size that is written; raises `NnlecError` for any other text."""
        written = _WRITTEN.fullmatch(text.strip())
        if written is None or float(written[1]) == 0 or (written[2] == "%" and float(written[1]) > 100):
            raise NnlecError(
                f"{text!r} is no width", where="--width", hint="it is written as 12cm, 6.5in, 600 (pixels) or 80%"
            )
        return cls(float(written[1]), written[2])

    def svg(self, ratio: float) -> str:
        """The attributes of a picture that is `ratio` times as high as wide."""
        width = f'width="{self.number:g}{self.unit}"'
        return width if self.unit == "%" else f'{width} height="{self.number * ratio:.6g}{self.unit}"'

    @property
    def tex(self) -> str:
        """A length of LaTeX; a pixel is 1/96 inch."""
        if self.unit == "%":
            return rf"{self.number / 100:.4g}\linewidth"
        return f"{self.number:g}{self.unit}" if self.unit not in ("", "px") else f"{0.75 * self.number:.6g}bp"
