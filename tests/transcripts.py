"""Commands as a user types them, run here: in this process where that is possible, by bash where a pipe asks for it.

With ACCEPT=1 in the environment the tests write what they see instead of comparing it (`make accept`), so that
accepted output is reviewed as a diff.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from tests import forked

TOP = Path(__file__).parent.parent
ACCEPT = os.environ.get("ACCEPT", "") not in ("", "0")

_SHELL_SYNTAX = re.compile(r"[|<>&;$`*?~#\n]")
_ENVIRONMENT = {
    "COLUMNS": "80",
    "NO_COLOR": "1",
    "PYTHONPATH": str(TOP),
    "OPENBLAS_NUM_THREADS": "1",
    "LC_ALL": "C.UTF-8",
}
_UNSET = ("FORCE_COLOR", "LINES", "PYTHONWARNINGS")


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    stdout: str
    stderr: str
    code: int

    @property
    def shown(self) -> str:
        """What stands beneath the command in a transcript: complaints, then the output."""
        return self.stderr + self.stdout


@contextmanager
def empty_folder() -> Iterator[Path]:
    """A fresh folder with nothing in it, for as long as the block lasts the current one."""
    with tempfile.TemporaryDirectory() as name, chdir(name):
        yield Path(name)


@contextmanager
def workplace(*folders: Path) -> Iterator[Path]:
    """A fresh folder that holds a copy of configs/ and of what is in `folders`: the current folder of a transcript."""
    with empty_folder() as place:
        shutil.copytree(TOP / "configs", place / "configs")
        for folder in folders:
            shutil.copytree(folder, place, dirs_exist_ok=True)
        yield place


def run(command: str) -> Ran:
    """The shell line `command`, run in the current folder: 80 columns, no colour, nothing on standard input."""
    words = [] if _SHELL_SYNTAX.search(command) else shlex.split(command)
    return _in_process(words[1:]) if words[:1] == ["nnlec"] else _by_bash(command)


def _environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key not in _UNSET} | _ENVIRONMENT


@contextmanager
def _surroundings() -> Iterator[None]:
    """The environment of a command; what the command adds to it is gone afterwards."""
    before = dict(os.environ)
    for name in _UNSET:
        os.environ.pop(name, None)
    os.environ.update(_ENVIRONMENT)
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update({name: value for name, value in before.items() if os.environ.get(name) != value})


def _in_process(arguments: list[str]) -> Ran:
    """`python -m nnlec` without the half second that starting Python takes."""
    from nnlec.cli import main

    with ExitStack() as stack:
        streams = [stack.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8", newline="")) for _ in range(2)]
        stdin = stack.enter_context(open(os.devnull, encoding="utf-8"))
        stack.enter_context(_surroundings())
        stack.enter_context(mock.patch.multiple(sys, stdin=stdin, stdout=streams[0], stderr=streams[1]))
        stack.enter_context(mock.patch.object(sys, "argv", ["nnlec", *arguments]))
        stack.enter_context(warnings.catch_warnings())
        stack.callback(signal.signal, signal.SIGPIPE, signal.getsignal(signal.SIGPIPE))
        code: object = 0
        try:
            main()
        except SystemExit as end:
            code = end.code
        for stream in streams:
            stream.seek(0)
        stdout, stderr = (stream.read() for stream in streams)
    return Ran(stdout, stderr, code if isinstance(code, int) else int(code is not None))


def _by_bash(command: str) -> Ran:
    function, server = forked.shell_function()
    if not hasattr(os, "fork") or re.search(r"[<>]\(|/dev/|\bexec\b|&", command):  # descriptors, signals
        function, server = f'nnlec() {{ {shlex.quote(sys.executable)} -m nnlec "$@"; }}\n', 0
    done = subprocess.run(
        ["bash", "-c", function + command],
        env=_environment(),
        pass_fds=[server] if server else [],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
    )
    return Ran(done.stdout.decode(), done.stderr.decode(), done.returncode)


_LONG_NUMBER = re.compile(r"-?[0-9]\.[0-9]{13,}(?:e[+-]?[0-9]+)?|-?[0-9]+\.[0-9]{12,}(?:e[+-]?[0-9]+)?")


def same(expected: str, actual: str) -> bool:
    """Whether two outputs agree: in every character, except that a double printed in full may differ in its last
    digits, as it does between the matrix kernels of two machines."""
    if expected == actual:
        return True
    if _LONG_NUMBER.sub("#", expected) != _LONG_NUMBER.sub("#", actual):
        return False
    pairs = zip(_LONG_NUMBER.findall(expected), _LONG_NUMBER.findall(actual), strict=True)
    return all(abs(float(a) - float(b)) <= 1e-13 * max(1.0, abs(float(a))) for a, b in pairs)
