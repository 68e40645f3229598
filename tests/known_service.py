"""A service of which all is known: how long it takes, how many it serves at once, when it stops, what CPU it burns.

`python -m tests.known_service` serves the stand-in's books at LAB_HOST and LAB_PORT, and `{}` under every other path,
as the other LAB_… variables say; see Behaviour.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import uvloop

from loadtests.children import running
from loadtests.contenders import Contender
from loadtests.servers import HOST, free_port, is_responding
from tests.harness.standin import CATALOGUE
from tests.waiting import eventually

_END_OF_HEAD = b"\r\n\r\n"
_BOOKS = "/api/books/"
_BACKLOG = 2048
"""With asyncio's own 100, whoever comes when a hundred wait to be accepted is asked to come again, a second later."""


@dataclass(frozen=True)
class Behaviour:
    """Each request waits `delay_ms` in one of `slots`, and costs `rounds` of hashing a block. All stops every
    `stall_every_s`, for `stall_s`; from its start-up on, so that the first answers are prompt. Zero: never, or without
    a limit."""

    delay_ms: float = 0
    slots: int = 0
    rounds: int = 0
    block_bytes: int = 16_384
    stall_every_s: float = 0
    stall_s: float = 0

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        told = {field.name: environ.get(_variable(field.name), str(field.default)) for field in fields(cls)}
        typed: dict[str, Any] = {
            name: int(text) if name in ("slots", "rounds", "block_bytes") else float(text)
            for name, text in told.items()
        }
        return cls(**typed)

    def to_environ(self) -> dict[str, str]:
        return {_variable(field.name): str(getattr(self, field.name)) for field in fields(self)}

    def contender(self, name: str) -> Contender:
        return Contender(
            name=name, title=name, app=__spec__.name, server="python", workers=1, pool=self.slots or 1_000,
            environment=self.to_environ(),
        )  # fmt: skip


def _variable(name: str) -> str:
    return f"LAB_{name.upper()}"


class Service:
    """Who answers, in the order of the questions."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self._block = bytes(behaviour.block_bytes)
        self._busy = 0
        self._waiting: deque[Callable[[], None]] = deque()

    def ask(self, answer: Callable[[], None]) -> None:
        if self._busy == (self._behaviour.slots or -1):
            self._waiting.append(answer)
        else:
            self._begin(answer)

    def _begin(self, answer: Callable[[], None]) -> None:
        self._busy += 1
        if self._behaviour.delay_ms:
            asyncio.get_running_loop().call_later(self._behaviour.delay_ms / 1000, self._end, answer)
        else:
            self._end(answer)

    def _end(self, answer: Callable[[], None]) -> None:
        for _ in range(self._behaviour.rounds):
            sha256(self._block)
        answer()
        self._busy -= 1
        if self._waiting:
            self._begin(self._waiting.popleft())


class Connection(asyncio.Protocol):
    """HTTP/1.1 without bodies in requests, kept alive."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        self._read = b""

    def data_received(self, data: bytes) -> None:
        *heads, self._read = (self._read + data).split(_END_OF_HEAD)
        for head in heads:
            path = head.split(b" ", 2)[1].decode()
            if path == "/readyz":
                self._transport.write(_ANSWERS[path])
            else:
                self._service.ask(lambda path=path: self._transport.write(_ANSWERS.get(path, _NOTHING)))  # type: ignore[misc]


def _answer(content: object) -> bytes:
    body = json.dumps(content).encode()
    head = f'HTTP/1.1 200 OK\r\nETag: "1-1"\r\nContent-Length: {len(body)}\r\n\r\n'
    return head.encode() + body


_NOTHING = _answer({})
_ANSWERS = {"/readyz": _NOTHING} | {
    f"{_BOOKS}{book.id}": _answer({"id": book.id, "title": book.title}) for book in CATALOGUE.books
}


async def serve(host: str, port: int, behaviour: Behaviour) -> None:
    """Until cancelled."""
    loop, service = asyncio.get_running_loop(), Service(behaviour)
    if behaviour.stall_every_s:
        loop.call_later(behaviour.stall_every_s, _stall, behaviour)
    server = await loop.create_server(lambda: Connection(service), host, port, backlog=_BACKLOG)
    await server.serve_forever()


def _stall(behaviour: Behaviour) -> None:
    """From begin to begin it is `stall_every_s`."""
    asyncio.get_running_loop().call_later(behaviour.stall_every_s, _stall, behaviour)
    time.sleep(behaviour.stall_s)


@contextmanager
def known_service(folder: Path, behaviour: Behaviour, host: str = HOST, elsewhere: Sequence[str] = ()) -> Iterator[str]:
    """The address of one that runs as long as the block. `elsewhere` are words before its command."""
    contender, port = behaviour.contender("known"), free_port()
    url = f"http://{host}:{port}"
    environ = {**os.environ, **contender.environ(""), "LAB_HOST": host, "LAB_PORT": str(port)}
    with running([*elsewhere, *contender.command], environ, folder / "known.log", grace_s=2):
        eventually(lambda: is_responding(url))
        yield url


if __name__ == "__main__":
    listening = os.environ.get("LAB_HOST", HOST), int(os.environ["LAB_PORT"])
    uvloop.run(serve(*listening, Behaviour.from_environ(os.environ)))
