"""One example of a network from a file: a NumPy array, or a picture whose pixels are the numbers."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from math import prod
from typing import TYPE_CHECKING, BinaryIO

from nnlec import system
from nnlec.arithmetic.lazy_numpy import np
from nnlec.errors import NnlecError, not_installed
from nnlec.text import by, visible

if TYPE_CHECKING:
    from nnlec.network.layers import Shape

ExampleReader = Callable[[BinaryIO, int, "Shape"], "np.ndarray"]


def _array(file: BinaryIO, size: int, _shape: Shape) -> np.ndarray:
    from nnlec.models.weights.npy import read_numbers

    return read_numbers(file, size)


def _picture(file: BinaryIO, _size: int, shape: Shape) -> np.ndarray:
    """The pixels, 0 to 255, channels first. The size is compared before a pixel is unpacked."""
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise not_installed("a picture needs Pillow", "images") from None
    try:
        picture = Image.open(file, formats=["PNG", "JPEG", "BMP"])
        bands = {"L": 1, "RGB": 3}.get(picture.mode)
        if bands is None:
            raise NnlecError(f"a picture of mode {picture.mode}, expected grey (L) or RGB", hint="convert it first")
        _expect((bands, picture.height, picture.width), shape)
        return np.moveaxis(np.asarray(picture).reshape(picture.height, picture.width, bands), -1, 0)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise NnlecError(f"not a picture that can be read: {visible(str(error))[:200]}") from None


READERS: dict[str, ExampleReader] = {
    ".npy": _array,
    ".png": _picture,
    ".jpg": _picture,
    ".jpeg": _picture,
    ".bmp": _picture,
}
"""Suffix -> `read(file, size in bytes, shape of an example)`, which raises `NnlecError` for whatever is wrong."""


def is_example_file(text: str) -> bool:
    """Whether what was typed for an input names a file."""
    return os.path.splitext(text)[1].lower() in READERS


def read_example(path: str, shape: Shape) -> tuple[float, ...]:
    """The numbers of one example of that shape, last axis fastest.

    Raises `NnlecError` for another shape: nothing is resized, cut or turned.
    """
    try:
        with open(path, "rb", opener=system.open_at_once) as file:
            status = os.fstat(file.fileno())
            system.remember_input(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise NnlecError("not a regular file")
            values = READERS[os.path.splitext(path)[1].lower()](file, status.st_size, shape)
        _expect(values.shape, shape)
    except OSError as error:
        raise NnlecError(error.strerror or str(error), where=visible(path)) from None
    except NnlecError as error:
        raise NnlecError(error.what, where=visible(path), hint=error.hint) from None
    numbers: list[float] = values.astype(np.float64).ravel().tolist()
    return tuple(numbers)


def _expect(given: tuple[int, ...], shape: Shape) -> None:
    """Raises `NnlecError` for numbers of another shape; axes of size 1 in front are no difference."""
    if _core(given) == _core(shape) or given == (prod(shape),):
        return
    hint = ""
    if prod(given) == prod(shape):
        last = len(given) == len(shape) == 3 and (given[-1], *given[:-1]) == tuple(shape)
        hint = "channels last: np.moveaxis(array, -1, 0) puts them first" if last else ""
    raise NnlecError(f"{by(given) or 'a single number'}, expected {by(shape)}", hint=hint)


def _core(shape: tuple[int, ...]) -> tuple[int, ...]:
    first = next((axis for axis, size in enumerate(shape) if size != 1), len(shape))
    return shape[first:]
