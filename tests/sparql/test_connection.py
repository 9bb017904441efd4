"""The line to a worker process: messages come out whole and in order, however they arrive."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from kg.sparql import messages
from kg.sparql.local.connection import MAX_UNREAD_BYTES, WorkerConnection


@asynccontextmanager
async def line_and_end() -> AsyncIterator[tuple[WorkerConnection, socket.socket]]:
    ours, theirs = socket.socketpair()
    line = await WorkerConnection.open(ours)
    theirs.setblocking(False)
    with theirs:
        yield line, theirs
        line.close()


async def test_messages_arrive_whole_whatever_the_pieces_they_come_in() -> None:
    sent = [
        (messages.ANSWER_HEAD, b"{}"),
        (messages.DATA, b"x" * 3000),
        (messages.DATA, b""),
        (b"E", b"[1]"),
    ]
    told = b"".join(messages.encode_message(*message) for message in sent)
    async with line_and_end() as (line, end):
        for size in (1, 3, 7, 1000, len(told)):
            for start in range(0, len(told), size):
                end.send(told[start : start + size])
                await asyncio.sleep(0)
            got = [await line.receive() for _ in sent]
            assert [(frame.kind, frame.payload) for frame in got] == sent


async def test_no_more_is_taken_in_than_somebody_reads() -> None:
    loop = asyncio.get_running_loop()
    chunk = messages.encode_message(messages.DATA, b"y" * messages.CHUNK_BYTES)
    number = 8 * MAX_UNREAD_BYTES // len(chunk)
    async with line_and_end() as (line, end):
        sending = asyncio.create_task(loop.sock_sendall(end, chunk * number))
        await asyncio.sleep(0.2)
        assert not sending.done()
        for _ in range(number):
            assert len((await line.receive()).payload) == messages.CHUNK_BYTES
        await sending


async def test_the_end_of_the_line_is_told_after_what_came_before_it() -> None:
    async with line_and_end() as (line, end):
        waiting = asyncio.create_task(line.receive())
        await asyncio.sleep(0)
        end.send(messages.encode_message(messages.DATA, b"last") + b"half a mess")
        assert (await waiting).payload == b"last"
        end.close()
        with pytest.raises(ConnectionError):
            await line.receive()


async def test_what_is_written_arrives() -> None:
    async with line_and_end() as (line, end):
        line.send(messages.encode_message(messages.QUESTION, b"{}"))
        received = await asyncio.get_running_loop().sock_recv(end, 100)
        assert received == messages.encode_message(messages.QUESTION, b"{}")


async def test_whoever_stops_waiting_takes_nothing_away() -> None:
    async with line_and_end() as (line, end):
        waiting = asyncio.create_task(line.receive())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        end.send(messages.encode_message(messages.DATA, b"for the next"))
        assert (await line.receive()).payload == b"for the next"
