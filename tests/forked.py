"""The real command in a process of its own, without the third of a second that its imports take.

A server that has imported numpy and the program, and has run nothing, forks processes that run the commands. A command
has real pipes or a terminal, the program's own entry and its own exit status, and the process for itself while it runs.
The next command goes to the same process if all is as it was before, and after some of them to a new one: a fork and
its first command take longer than the commands. With COMMANDS_OF_A_PROCESS=1 each has a process of its own.

A server may pretend to be on another system (elsewhere.py): it does so before it imports the program.
"""

from __future__ import annotations

import gc
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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from select import select
from typing import NoReturn

from tests import elsewhere

ROOT = Path(__file__).parent.parent
COMMANDS = int(os.environ.get("COMMANDS_OF_A_PROCESS", "50"))
_CONTROL = 64
"""The descriptor by which a process hears from the server."""
_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGPIPE") if hasattr(signal, name)]
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
    """Hands each socket that is sent to a process without work, and says there how the command ended."""
    woken, wakes = socket.socketpair()
    wakes.setblocking(False)
    signal.set_wakeup_fd(wakes.fileno(), warn_on_full_buffer=False)
    signal.signal(_CHILD_ENDS, lambda *_: None)
    idle: list[_Process] = []
    busy: list[_Process] = []
    while True:
        ready, _, _ = _select([listening, woken, *(process.control for process in busy)], [], [])
        for process in [each for each in busy if each.control in ready]:
            if said := process.control.recv(8):  # it goes on
                process.answer(said)
                busy.remove(process)
                idle.append(process)
        if woken in ready:
            woken.recv(4096)
            for number, status in _ended():
                for process in [each for each in busy if each.number == number]:
                    process.answer(status.to_bytes(8, "big", signed=True))
                idle, busy = ([each for each in some if each.number != number] for some in (idle, busy))
        if listening in ready:
            data, descriptors, _, _ = socket.recv_fds(listening, 1, 1)
            if not data:
                os._exit(0)
            process = idle.pop() if idle else _Process()
            process.asked = socket.socket(fileno=descriptors[0])
            socket.send_fds(process.control, [b"?"], descriptors)
            busy.append(process)


def _ended() -> Iterator[tuple[int, int]]:
    """The numbers of the processes that have ended, and their statuses."""
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, _WITHOUT_WAITING))[0]:
            yield ended[0], os.waitstatus_to_exitcode(ended[1])


class _Process:
    """A process that runs commands for the server, one at a time."""

    asked: socket.socket
    """Where it is awaited how the command ends."""

    def __init__(self) -> None:
        self.control, theirs = socket.socketpair()
        self.number = _fork()
        if self.number == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(_CHILD_ENDS, signal.SIG_DFL)
            os.dup2(theirs.fileno(), _CONTROL, inheritable=False)
            os.closerange(3, _CONTROL)
            _obey(socket.socket(fileno=_CONTROL))
        theirs.close()

    def answer(self, status: bytes) -> None:
        with self.asked, suppress(OSError):
            self.asked.sendall(status)


def _obey(control: socket.socket) -> NoReturn:
    """Runs the commands that are sent, and ends as the last of them does.

    The last is one that did not come to its own end, could not write all it had, or left a file or a process behind.
    """
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    for left in reversed(range(COMMANDS)):
        data, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not data:
            break
        status, whole = _run(descriptors[0])
        if not left or not whole or _left_behind():
            os._exit(status)
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        os.close(nothing)
        os.chdir("/")
        for number, handler in handlers.items():
            signal.signal(number, handler)
        control.sendall(status.to_bytes(8, "big", signed=True))
    os._exit(0)


def _left_behind() -> bool:
    """Whether a file is open or a process runs."""
    for descriptor in range(3, _CONTROL):
        with suppress(OSError):
            os.fstat(descriptor)
            return True
    with suppress(ChildProcessError):
        os.waitpid(-1, _WITHOUT_WAITING)
        return True
    return False


def _run(asked: int) -> tuple[int, bool]:
    """Runs the command that is asked for; its status, and whether it left nothing behind."""
    with socket.socket(fileno=asked) as asking:
        length, streams, _, _ = socket.recv_fds(asking, 8, 3)
        wanted = json.loads(asking.makefile("rb").read(int.from_bytes(length, "big")))
    environment = wanted["environment"]
    for target, descriptor in enumerate(streams):
        os.dup2(descriptor, target)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(wanted["folder"])
    encoding = environment.get("PYTHONIOENCODING") or (None if hasattr(os, "O_BINARY") else "utf-8")
    sys.stdin = io.TextIOWrapper(os.fdopen(0, "rb", closefd=False), encoding)
    sys.stdout = io.TextIOWrapper(os.fdopen(1, "wb", closefd=False), encoding)
    sys.stderr = io.TextIOWrapper(os.fdopen(2, "wb", closefd=False), encoding, "backslashreplace", line_buffering=True)
    status, whole = command(wanted["arguments"])
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            status, whole = status or 120, False
    return status, whole


def command(arguments: Sequence[str]) -> tuple[int, bool]:
    """Runs `nnlec` in this process; its status, and whether it came to its own end."""
    from nnlec.cli import main

    sys.argv = ["nnlec", *arguments]
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None), True
    except BaseException:
        traceback.print_exc()
        return 1, False
    return 0, True


def import_the_program() -> None:
    """Every module of the program that needs no optional package, so that a fork starts with them."""
    from importlib import import_module

    for path in sorted((ROOT / "nnlec").rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        text = path.read_text(encoding="utf-8")
        if not name.endswith("__main__") and not any(f"import {each}" in text for each in _NOT_BEFORE_A_FORK):
            import_module(name)


if __name__ == "__main__":
    elsewhere.pretend(sys.argv[2])
    import_the_program()
    gc.collect()
    gc.freeze()
    _serve(socket.socket(fileno=int(sys.argv[1])))
