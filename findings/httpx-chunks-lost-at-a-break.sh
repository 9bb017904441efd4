#!/usr/bin/env bash
# Finding: httpx's iter_bytes(chunk_size) throws away what it has received when a connection breaks.
#
# Version: httpx 0.28.1 (PyPI).
# Expected: a client that writes the chunks of a stream to a file has, when the connection breaks,
#   all the bytes that had arrived, so that it can go on from there with a Range request.
# Behaviour: iter_bytes(chunk_size=N) gathers bytes until it has N; where the server breaks off, the
#   error is raised and up to N - 1 bytes that had arrived are never yielded. A download in chunks of
#   a megabyte over a line that breaks every 900 kilobytes never advances, however often it resumes.
#   Without a chunk size each piece is yielded as it comes, and nothing is lost.
# Output seen: "chunks of 65536: 0 of 60000 bytes", "as they come: 60000 of 60000 bytes".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check httpx==0.28.1
cd "$folder"
"$folder/env/bin/python" - <<'PYTHON'
import socket
import threading

import httpx

SENT, ANNOUNCED = 60_000, 100_000
HEAD = f"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: {ANNOUNCED}\r\n\r\n"


def serve(listener):
    while True:
        line, _ = listener.accept()
        with line:
            line.recv(65536)
            line.sendall(HEAD.encode() + b"x" * SENT)


listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve, args=(listener,), daemon=True).start()
address = "http://127.0.0.1:%d/file.csv" % listener.getsockname()[1]


def receive(size):
    received = 0
    try:
        with httpx.stream("GET", address, trust_env=False) as answer:
            for chunk in answer.iter_bytes(size):
                received += len(chunk)
    except httpx.RemoteProtocolError:
        return received
    raise AssertionError("the break was not told")


gathered, direct = receive(65_536), receive(None)
print(f"chunks of 65536: {gathered} of {SENT} bytes")
print(f"as they come: {direct} of {SENT} bytes")
assert gathered == 0, gathered
assert direct == SENT, direct
PYTHON
