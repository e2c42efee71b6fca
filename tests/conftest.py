"""What every test may use: the real command, run as a user runs it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests import forked, gathering

# The same random examples in every run of `make test`; others each time in `make fuzz`. A busy machine may take long.
settings.register_profile("fixed", derandomize=True, deadline=None)
settings.register_profile("random", deadline=None)
_PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "fixed")
settings.load_profile(_PROFILE)


def examples(count: int, **more: Any) -> settings:
    """That many random examples in `make fuzz`, and a third of them in `make test`."""
    return settings(max_examples=count if _PROFILE == "random" else max(count // 3, 10), **more)


ROOT = Path(__file__).parent.parent

_SET_AFTER_A_FORK = {"COLUMNS", "NO_COLOR", "FORCE_COLOR", "TERM", "PYTHONIOENCODING"}


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(gathering)  # for the examples of nnlec/ too, which this file is not beside


Nnlec = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def nnlec() -> Nnlec:
    """`nnlec(*args, stdin="", **environment)`: the command in a process of its own, at the top of the project."""

    def run(*args: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {key: value for key, value in os.environ.items() if key not in {"COLUMNS", "FORCE_COLOR", "NO_COLOR"}}
        kept |= {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
        if hasattr(os, "fork") and environment.keys() <= _SET_AFTER_A_FORK:
            return forked.run(args, stdin, {**kept, **environment})
        return subprocess.run(
            [sys.executable, "-m", "nnlec", *args],
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=ROOT,
            env={**kept, **environment},
            check=False,
        )

    return run


@pytest.fixture(scope="session", autouse=True)
def _signals_are_heard() -> None:
    """Tests started by nohup, or by a shell in the background, would hand on that HUP and INT are ignored."""
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Headless Chromium, started once; a test that needs it is skipped where it is missing."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("chromium is not installed")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield opened
        opened.close()
