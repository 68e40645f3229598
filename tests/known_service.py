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
    a limit.

    `refused_share` of the requests get 503 after `refusal_ms`, and all do once `gives_up_at` have waited for a slot at
    the same time. Each response is longer by `padding_bytes` than it need be.
    """

    delay_ms: float = 0
    slots: int = 0
    rounds: int = 0
    block_bytes: int = 16_384
    stall_every_s: float = 0
    stall_s: float = 0
    refused_share: float = 0
    refusal_ms: float = 0
    gives_up_at: int = 0
    padding_bytes: int = 0

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        told = {field.name: environ.get(_variable(field.name), str(field.default)) for field in fields(cls)}
        counts = {field.name for field in fields(cls) if field.type == "int"}
        typed: dict[str, Any] = {name: int(text) if name in counts else float(text) for name, text in told.items()}
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
    """Who responds, in the order of the requests."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self._block = bytes(behaviour.block_bytes)
        self._requests = 0
        self._busy = 0
        self._waiting: deque[Callable[[], None]] = deque()
        self._gave_up = False
        self._padding = b" " * behaviour.padding_bytes

    def respond(self, path: str, write: Callable[[bytes], None]) -> None:
        """Write the response to a GET of this path, now or later."""
        if path == "/readyz":
            write(_response(_NOTHING))
        elif self._refuses():
            delay_s = self._behaviour.refusal_ms / 1000
            asyncio.get_running_loop().call_later(delay_s, write, _response(_NOTHING, "503 Service Unavailable"))
        else:
            self._wait(lambda: write(_response(_CONTENTS.get(path, _NOTHING) + self._padding)))

    def _refuses(self) -> bool:
        """Refusals are spread evenly, without chance."""
        before = int(self._requests * self._behaviour.refused_share)
        self._requests += 1
        return self._gave_up or int(self._requests * self._behaviour.refused_share) > before

    def _wait(self, respond: Callable[[], None]) -> None:
        if self._busy == (self._behaviour.slots or -1):
            self._waiting.append(respond)
            self._gave_up |= len(self._waiting) == self._behaviour.gives_up_at
        else:
            self._begin(respond)

    def _begin(self, respond: Callable[[], None]) -> None:
        self._busy += 1
        if self._behaviour.delay_ms:
            asyncio.get_running_loop().call_later(self._behaviour.delay_ms / 1000, self._end, respond)
        else:
            self._end(respond)

    def _end(self, respond: Callable[[], None]) -> None:
        for _ in range(self._behaviour.rounds):
            sha256(self._block)
        respond()
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
            self._service.respond(head.split(b" ", 2)[1].decode(), self._transport.write)


def _response(content: bytes, status: str = "200 OK") -> bytes:
    head = f'HTTP/1.1 {status}\r\nETag: "1-1"\r\nContent-Length: {len(content)}\r\n\r\n'
    return head.encode() + content


_NOTHING = b"{}"
_CONTENTS = {
    f"{_BOOKS}{book.id}": json.dumps({"id": book.id, "title": book.title}).encode() for book in CATALOGUE.books
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
