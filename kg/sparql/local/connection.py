"""Connection to a query worker: framed messages over a socket pair, with back-pressure.

A short answer arrives in one piece and wakes its reader once. Where nobody reads, at most
MAX_UNREAD_BYTES are received; the worker process then waits.
"""

import asyncio
import socket
from collections import deque
from typing import Any, Final, NamedTuple, cast

import orjson

from kg.sparql.messages import FRAME_HEADER

MAX_UNREAD_BYTES: Final = 512 * 1024
"""Bytes of messages that are received before their reader takes them."""


class WorkerMessage(NamedTuple):
    """One message from a worker."""

    kind: bytes
    payload: bytes

    def decode(self) -> dict[str, Any]:
        return dict(orjson.loads(self.payload))


class WorkerConnection(asyncio.Protocol):
    """One end of a socket pair. Read by one task at a time."""

    def __init__(self) -> None:
        self._messages: deque[WorkerMessage] = deque()
        self._unread_bytes = 0
        self._incomplete = b""
        self.paused = False
        """Whether the worker waits for its messages to be read."""
        self.ended = False
        """Whether the worker has closed the connection."""
        self._reader: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def open(cls, end: socket.socket) -> "WorkerConnection":
        """A connection over one end of a socket pair, which it closes at its end."""
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_unix_connection(cls, sock=end)
        return connection

    def send(self, message: bytes) -> None:
        """Sends a message."""
        if self._transport is not None:
            self._transport.write(message)

    async def receive(self) -> WorkerMessage:
        """The next message. Raises ConnectionError where the worker is gone."""
        while not self._messages:
            if self.ended:
                raise ConnectionResetError("the worker is gone")
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        message = self._messages.popleft()
        self._unread_bytes -= len(message.payload)
        if self.paused and self._unread_bytes < MAX_UNREAD_BYTES and self._transport is not None:
            self.paused = False
            self._transport.resume_reading()
        return message

    def close(self) -> None:
        """Closes the connection."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self.ended = True
        self._wake()

    def data_received(self, data: bytes) -> None:
        received = self._incomplete + data if self._incomplete else data
        offset, size = 0, len(received)
        while size - offset >= FRAME_HEADER.size:
            kind, length = FRAME_HEADER.unpack_from(received, offset)
            begin = offset + FRAME_HEADER.size
            if size - begin < length:
                break
            offset = begin + length
            self._messages.append(WorkerMessage(kind, received[begin:offset]))
            self._unread_bytes += length
        self._incomplete = received[offset:]
        if (
            self._unread_bytes >= MAX_UNREAD_BYTES
            and not self.paused
            and self._transport is not None
        ):
            self.paused = True
            self._transport.pause_reading()
        if offset:
            self._wake()

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)
