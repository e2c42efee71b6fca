"""UTF-16 with its byte order mark, as PowerShell's `>` writes it, turned into UTF-8 a piece at a time."""

from __future__ import annotations

import codecs

from nnlec.errors import NnlecError


class Utf16:
    """A filter of bytes."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._decoder = codecs.getincrementaldecoder("utf-16")()

    def feed(self, data: bytes) -> bytes:
        """What has come so far and was not yet returned; no data ends it. Raises `NnlecError` for damage."""
        try:
            return self._decoder.decode(data, final=not data).encode()
        except UnicodeDecodeError as error:
            raise NnlecError(f"the UTF-16 text is damaged: {error.reason}", where=self._name) from None
