"""A small load on an exhibit: so many requests at a time, each answer kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import aiohttp

from loadtests.errors import LabError

_PATIENCE = aiohttp.ClientTimeout(total=30)


@dataclass(frozen=True)
class Answer:
    """What came back for one request, and how long it took from sending it to having read the answer."""

    path: str
    status: int
    text: str
    latency_ms: float


@dataclass(frozen=True)
class Load:
    """The answers in the order in which they came, and how long it all took."""

    answers: list[Answer]
    duration_s: float

    @property
    def correct_answers_per_s(self) -> float:
        return sum(answer.status == 200 for answer in self.answers) / self.duration_s


def load(url: str, paths: Sequence[str], users: int) -> Load:
    """Ask for all `paths`, `users` at a time, each on a connection of its own that is kept.

    Raises LabError where the service does not answer at all.
    """
    try:
        return asyncio.run(_load(url, paths, users))
    except (aiohttp.ClientError, TimeoutError) as error:
        raise LabError(f"{url} does not answer: {error!r}. Look at its log") from error


async def _load(url: str, paths: Sequence[str], users: int) -> Load:
    answers: list[Answer] = []
    left = iter(paths)
    async with aiohttp.ClientSession(url, connector=aiohttp.TCPConnector(limit=users), timeout=_PATIENCE) as session:
        began_s = time.perf_counter()
        await asyncio.gather(*(_user(session, left, answers) for _ in range(users)))
        return Load(answers, time.perf_counter() - began_s)


async def _user(session: aiohttp.ClientSession, left: Iterator[str], answers: list[Answer]) -> None:
    for path in left:
        began_s = time.perf_counter()
        async with session.get(path) as response:
            text = await response.text()
        answers.append(Answer(path, response.status, text, (time.perf_counter() - began_s) * 1000))
