"""UTF-16, as PowerShell's `>` writes it, or UTF-32, behind its byte order mark: turned into UTF-8 a piece at a time."""

from __future__ import annotations

import codecs

from nnlec.errors import NnlecError


class WideText:
    """A filter of bytes; `encoding` is utf-16 or utf-32, and the mark, which comes first, says in which order."""

    def __init__(self, encoding: str, name: str) -> None:
        self._encoding = encoding
        self._name = name
        self._decoder = codecs.getincrementaldecoder(encoding)()

    def feed(self, data: bytes) -> bytes:
        """What has come so far and was not yet returned; no data ends it. Raises `NnlecError` for damage."""
        try:
            return self._decoder.decode(data, final=not data).encode()
        except UnicodeDecodeError as error:
            what = f"the {self._encoding.upper()} text is damaged: {error.reason}"
            raise NnlecError(what, where=self._name) from None
