"""`make overhead`: CPU time per `GET /api/books/ID` of each twin, against a one-file application on the same stack.

Fresh processes of both, warmed up, are loaded in turn in short slices, so that both see the same machine; several such
pairs give the ratio and its interval. A slice ends when all its answers are in, so its CPU time is all of theirs.
"""

from __future__ import annotations

from loadtests import command  # before all that may fail

# isort: split

import asyncio
import os
import random
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import log
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
from rich.console import Console
from rich.table import Table

from loadtests import backend, environment
from loadtests.backend import Backend
from loadtests.children import last_lines, running
from loadtests.comparison.paired import ratio_with_interval
from loadtests.console import Output
from loadtests.errors import LabError
from loadtests.options import BackendOptions, OverheadOptions
from loadtests.sampler import Tree
from loadtests.servers import HOST, free_port

_CONNECTIONS = 8
_THREADS = 16
_BOOKS = [f"book-{number:07}" for number in range(1, 1001)]
_GUNICORN = [
    sys.executable, "-m", "gunicorn", "--worker-class", "gthread", "--threads", str(_THREADS), "--keep-alive", "75",
    "--no-control-socket", "--log-level", "warning",
]  # fmt: skip
_UVICORN = [
    sys.executable, "-m", "uvicorn", "--loop", "uvloop", "--http", "httptools", "--timeout-keep-alive", "75",
    "--lifespan", "off", "--ws", "none", "--no-access-log", "--log-level", "warning",
]  # fmt: skip


@dataclass(frozen=True)
class Stack:
    """A twin and the bare application on the same stack; `{port}` in a command stands for the port to listen on."""

    name: str
    twin: list[str]
    bare: list[str]


STACKS = (
    Stack(
        "sync",
        [sys.executable, "-m", "sync_app"],
        [*_GUNICORN, "--bind", f"{HOST}:{{port}}", "loadtests.overhead.bare_sync:app"],
    ),
    Stack(
        "async",
        [sys.executable, "-m", "async_app"],
        [*_UVICORN, "--host", HOST, "--port", "{port}", "loadtests.overhead.bare_async:app"],
    ),
)


@dataclass(frozen=True)
class Cost:
    """What answers cost: CPU seconds of the server's whole process tree, and how many answers there were."""

    cpu_s: float
    answers: int

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.cpu_s + other.cpu_s, self.answers + other.answers)

    @property
    def cpu_ms_per_answer(self) -> float:
        return self.cpu_s * 1000 / self.answers


@dataclass(frozen=True)
class Service:
    """A running server, loaded on request."""

    url: str
    tree: Tree

    def load(self, duration_s: float, seed: int) -> Cost:
        """Raises LabError when an answer is not the book that was asked for."""
        before_s = self._cpu_s()
        answers = asyncio.run(_load(self.url, duration_s, seed))
        return Cost(self._cpu_s() - before_s, answers)

    def _cpu_s(self) -> float:
        sample = self.tree.sample()
        if sample is None:
            raise LabError(f"the server at {self.url} has ended")
        return sample.cpu_s


async def _load(url: str, duration_s: float, seed: int) -> int:
    deadline_s = time.perf_counter() + duration_s
    async with aiohttp.ClientSession(url) as session:
        users = (_user(session, deadline_s, random.Random(seed + number)) for number in range(_CONNECTIONS))
        return sum(await asyncio.gather(*users))


async def _user(session: aiohttp.ClientSession, deadline_s: float, rng: random.Random) -> int:
    answers = 0
    while time.perf_counter() < deadline_s:
        async with session.get(f"/api/books/{rng.choice(_BOOKS)}") as answer:
            if answer.status != 200 or b'"title"' not in await answer.read():
                raise LabError(f"{answer.url} answered {answer.status} instead of a book")
        answers += 1
    return answers


@contextmanager
def serving(command: list[str], es_url: str, log_file: Path) -> Iterator[Service]:
    """A fresh server on a free port, which answers."""
    port = free_port()
    environ = environment.started(LAB_ES_URL=es_url, LAB_PORT=str(port), LAB_THREADS=str(_THREADS))
    with running([part.format(port=port) for part in command], environ, log_file, grace_s=15) as process:
        service = Service(f"http://{HOST}:{port}", Tree("server", process.pid))
        asyncio.run(_await_answers(service.url, log_file))
        yield service


async def _await_answers(url: str, log_file: Path, within_s: float = 60) -> None:
    deadline_s = time.perf_counter() + within_s
    async with aiohttp.ClientSession(url) as session:
        while time.perf_counter() < deadline_s:
            try:
                async with session.get(f"/api/books/{_BOOKS[0]}") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.05)
    raise LabError(f"{url} did not answer within {within_s:.0f} s. The end of its log:\n{last_lines(log_file)}")


def measure_pair(stack: Stack, es_url: str, options: OverheadOptions, seed: int) -> tuple[Cost, Cost]:
    """The costs of the twin and of the bare application, in fresh processes loaded in turn."""
    with TemporaryDirectory() as logs, ExitStack() as servers:
        commands = {"twin": stack.twin, "bare": stack.bare}
        services = {
            name: servers.enter_context(serving(command, es_url, Path(logs) / f"{name}.log"))
            for name, command in commands.items()
        }
        for service in services.values():
            service.load(options.warmup, seed)
        costs = dict.fromkeys(services, Cost(0, 0))
        for number in range(options.slices):
            for name in sorted(services, reverse=(number + seed) % 2 == 0):
                costs[name] += services[name].load(options.slice, seed + number)
        return costs["twin"], costs["bare"]


def measure(stack: Stack, behind: Backend, options: OverheadOptions, console: Console) -> list[str]:
    """A row of the table: CPU ms per answer of both, their ratio and its interval."""
    pairs = []
    for number in range(options.pairs):
        pairs.append(measure_pair(stack, behind.url, options, seed=number))
        twin, bare = pairs[-1]
        console.out(f"{stack.name}, pair {number + 1} of {options.pairs}: {_ms(twin)} against {_ms(bare)} CPU ms")
    ratio, low, high = ratio_with_interval([log(t.cpu_ms_per_answer / b.cpu_ms_per_answer) for t, b in pairs])
    twin, bare = (sum(costs, Cost(0, 0)) for costs in zip(*pairs, strict=True))
    return [
        stack.name,
        _ms(twin),
        _ms(bare),
        f"{ratio:.3f}",
        f"{low:.3f} to {high:.3f}",
        f"{twin.answers + bare.answers:,}",
    ]


def _ms(cost: Cost) -> str:
    return f"{cost.cpu_ms_per_answer:.3f}"


def main() -> None:
    console = Output()
    options = OverheadOptions.from_environ(os.environ)
    behind = backend.up(BackendOptions.from_environ({**os.environ, "CORPUS": ""}), console)
    table = Table("twin", "CPU ms", "bare CPU ms", "ratio", "95% interval", "answers", title="GET /api/books/ID")
    for stack in STACKS:
        table.add_row(*measure(stack, behind, options, console))
    console.print(table)


if __name__ == "__main__":
    sys.exit(command.run(main))
