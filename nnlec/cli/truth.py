"""The options about what the output of a network is compared with."""

from __future__ import annotations

import click

from nnlec.named import NamedTuple


class TruthOptions(NamedTuple):
    """What the output of a network is compared with, and how."""

    label: str | None = None
    target: str | None = None
    name: str | None = None
    parameters: tuple[str, ...] = ()

    @property
    def given(self) -> bool:
        """Whether there is anything to compare with. Raises `click.UsageError` for two truths."""
        if self.label is not None and self.target is not None:
            raise click.UsageError("give --label NAME_OR_INDEX or --target VALUES, not both")
        return self.label is not None or self.target is not None
