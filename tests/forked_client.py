"""`nnlec` for a shell: asks the server of forked.py, whose socket is inherited, for a process with this one's streams.

It imports as little as it can, and ends as the process ends.
"""

import json
import os
import socket
import sys


def main(server: int, arguments: list[str]) -> None:
    message = json.dumps({"arguments": arguments, "environment": dict(os.environ), "folder": os.getcwd()}).encode()
    ours, theirs = socket.socketpair()
    with theirs:
        socket.send_fds(socket.socket(fileno=server), [b"?"], [theirs.fileno()])
        socket.send_fds(ours, [len(message).to_bytes(8, "big")], [0, 1, 2])
    ours.sendall(message)
    for stream in (0, 1, 2):
        os.close(stream)  # a reader of the pipe waits for the other process alone
    status = int.from_bytes(ours.recv(8), "big", signed=True)
    if status < 0:
        os.kill(os.getpid(), -status)
    os._exit(status)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
