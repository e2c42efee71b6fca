"""The real command in a process of its own, without the third of a second that its imports take.

A server that has imported numpy and the program, and has run nothing, forks a process for each command. The process has
real pipes or a terminal, the program's own entry and its own exit status, and nothing of an earlier command.

A server may pretend to be on another system (elsewhere.py): it does so before it imports the program.
"""

from __future__ import annotations

import io
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from select import select

from tests import elsewhere

ROOT = Path(__file__).parent.parent
_NOT_BEFORE_A_FORK = ("polars", "onnx", "PIL", "pyarrow", "dask")
_fork, _select, _CHILD_ENDS, _WITHOUT_WAITING = os.fork, select, signal.SIGCHLD, os.WNOHANG  # which Windows lacks


def run(arguments: Sequence[str], stdin: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """`nnlec` with these arguments, at the top of the project."""
    ran = run_in(ROOT, arguments, stdin.encode(), environment)
    out, err = (text.decode("utf-8").replace("\r\n", "\n") for text in (ran.stdout, ran.stderr))
    return subprocess.CompletedProcess(ran.args, ran.returncode, out, err)


def run_in(
    folder: Path, arguments: Sequence[str], stdin: bytes, environment: Mapping[str, str], system: str = ""
) -> subprocess.CompletedProcess[bytes]:
    """`nnlec` in a folder, on this system or on one that elsewhere.py pretends."""
    pipes = [os.pipe() for _ in range(3)]
    (child_in, to_child), (from_out, child_out), (from_err, child_err) = pipes
    with _asked(folder, arguments, environment, (child_in, child_out, child_err), system) as asked:
        for descriptor in (child_in, child_out, child_err):
            os.close(descriptor)
        texts: dict[int, bytes] = {}
        threads = [threading.Thread(target=_read, args=(end, texts)) for end in (from_out, from_err)]
        threads.append(threading.Thread(target=_write, args=(to_child, stdin)))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        status = int.from_bytes(asked.recv(8), "big", signed=True)
    return subprocess.CompletedProcess(["nnlec", *arguments], status, texts[from_out], texts[from_err])


def on_a_terminal(arguments: Sequence[str], environment: Mapping[str, str]) -> bytes:
    """What a terminal gets to see of `nnlec`, which has to end well."""
    terminal, end = os.openpty()
    try:
        with _asked(ROOT, arguments, environment, (0, end, 2)) as asked:
            os.close(end)
            shown = b""
            with suppress(OSError):  # how Linux says that the other end is closed
                while piece := os.read(terminal, 10_000):
                    shown += piece
            assert int.from_bytes(asked.recv(8), "big", signed=True) == 0, shown
    finally:
        os.close(terminal)
    return shown


def _asked(
    folder: Path, arguments: Sequence[str], environment: Mapping[str, str], streams: Sequence[int], system: str = ""
) -> socket.socket:
    """Has `nnlec` run with these three descriptors; from the socket comes its status when it has ended."""
    asked = {"arguments": list(arguments), "environment": dict(environment), "folder": str(folder)}
    message = json.dumps(asked).encode()
    ours, theirs = socket.socketpair()
    with theirs:
        socket.send_fds(_server(system), [b"?"], [theirs.fileno()])
        socket.send_fds(ours, [len(message).to_bytes(8, "big")], streams)
    ours.sendall(message)
    return ours


def _read(end: int, texts: dict[int, bytes]) -> None:
    with open(end, "rb") as stream:
        texts[end] = stream.read()


def _write(end: int, text: bytes) -> None:
    try:
        with open(end, "wb") as stream:
            stream.write(text)
    except BrokenPipeError:
        pass


def shell_function() -> tuple[str, int]:
    """`nnlec` as a function of bash, and the descriptor that the shell has to inherit for it."""
    server = _server().fileno()
    client = shlex.join([sys.executable, "-I", "-S", str(ROOT / "tests" / "forked_client.py"), str(server)])
    return f'nnlec() {{ {client} "$@"; }}\n', server


@cache
def _server(system: str = "") -> socket.socket:
    """The socket of the server, started for the first command and ended with the process that asks."""
    ours, theirs = socket.socketpair()
    with theirs:
        subprocess.Popen(
            [sys.executable, "-m", "tests.forked", str(theirs.fileno()), system],
            pass_fds=[theirs.fileno()],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    return ours


def _serve(listening: socket.socket) -> None:
    """Forks a process for each socket that is sent, and says there how it ended, until there is no one left to ask."""
    woken, wakes = socket.socketpair()
    wakes.setblocking(False)
    signal.set_wakeup_fd(wakes.fileno(), warn_on_full_buffer=False)
    signal.signal(_CHILD_ENDS, lambda *_: None)
    running: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = _select([listening, woken], [], [])
        if woken in ready:
            woken.recv(4096)
            while running and (ended := os.waitpid(-1, _WITHOUT_WAITING))[0]:
                with running.pop(ended[0]) as asked, suppress(OSError):
                    asked.sendall(os.waitstatus_to_exitcode(ended[1]).to_bytes(8, "big", signed=True))
        if listening in ready:
            data, descriptors, _, _ = socket.recv_fds(listening, 1, 1)
            if not data:
                return
            asked = socket.socket(fileno=descriptors[0])
            process = _fork()
            if process == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(_CHILD_ENDS, signal.SIG_DFL)
                _become(asked)
            running[process] = asked


def _become(asked: socket.socket) -> None:
    """Ends this process as the command would end that is asked for."""
    length, streams, _, _ = socket.recv_fds(asked, 8, 3)
    wanted = json.loads(asked.makefile("rb").read(int.from_bytes(length, "big")))
    environment = wanted["environment"]
    for target, descriptor in enumerate(streams):
        os.dup2(descriptor, target)
    os.closerange(3, 64)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(wanted["folder"])
    encoding = environment.get("PYTHONIOENCODING") or (None if hasattr(os, "O_BINARY") else "utf-8")
    sys.stdin = io.TextIOWrapper(os.fdopen(0, "rb", closefd=False), encoding)
    sys.stdout = io.TextIOWrapper(os.fdopen(1, "wb", closefd=False), encoding)
    sys.stderr = io.TextIOWrapper(os.fdopen(2, "wb", closefd=False), encoding, "backslashreplace", line_buffering=True)
    sys.argv = ["nnlec", *wanted["arguments"]]
    status: object = 0
    try:
        from nnlec.cli import main

        main()
    except SystemExit as end:
        status = end.code
    except BaseException:
        traceback.print_exc()
        status = 1
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            status = status or 120
    os._exit(status if isinstance(status, int) else int(status is not None))


def _import_the_program() -> None:
    """Every module of the program that needs no optional package, so that a fork starts with them."""
    from importlib import import_module

    for path in sorted((ROOT / "nnlec").rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        text = path.read_text(encoding="utf-8")
        if not name.endswith("__main__") and not any(f"import {each}" in text for each in _NOT_BEFORE_A_FORK):
            import_module(name)


if __name__ == "__main__":
    elsewhere.pretend(sys.argv[2])
    _import_the_program()
    _serve(socket.socket(fileno=int(sys.argv[1])))
