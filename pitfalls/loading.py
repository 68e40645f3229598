"""A small load on an exhibit: so many requests at a time, each response kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import aiohttp

from loadtests.errors import LabError

_PATIENCE = aiohttp.ClientTimeout(total=30)


@dataclass(frozen=True)
class Reply:
    """What came back for one request, and how long it took from sending it to having read the response."""

    path: str
    status: int
    body: str
    latency_ms: float


@dataclass(frozen=True)
class Load:
    """The replies in the order in which they came, and how long it all took."""

    replies: list[Reply]
    duration_s: float

    @property
    def failures(self) -> int:
        return sum(reply.status != 200 for reply in self.replies)

    @property
    def responses_per_s(self) -> float:
        """The rate of correct responses."""
        return (len(self.replies) - self.failures) / self.duration_s


def load(url: str, paths: Sequence[str], users: int) -> Load:
    """Ask for all `paths`, `users` at a time, each on a connection of its own that is kept.

    Raises LabError where a request gets no answer at all.
    """
    try:
        return asyncio.run(_load(url, paths, users))
    except (aiohttp.ClientError, TimeoutError) as error:
        raise LabError(f"{url} does not respond: {error!r}") from error


async def _load(url: str, paths: Sequence[str], users: int) -> Load:
    replies: list[Reply] = []
    left = iter(paths)
    async with aiohttp.ClientSession(url, connector=aiohttp.TCPConnector(limit=users), timeout=_PATIENCE) as session:
        began_s = time.perf_counter()
        await asyncio.gather(*(_user(session, left, replies) for _ in range(users)))
        return Load(replies, time.perf_counter() - began_s)


async def _user(session: aiohttp.ClientSession, left: Iterator[str], replies: list[Reply]) -> None:
    for path in left:
        began_s = time.perf_counter()
        async with session.get(path) as response:
            body = await response.text()
        replies.append(Reply(path, response.status, body, (time.perf_counter() - began_s) * 1000))
