"""One worker process as a queue, simulated request by request, the same for the same seed.

A request needs CPU on its worker, which has one core at most (it is Python), and between each two bursts of it waits
for the backend. What it may have to queue for, first come, first served: one of the worker's threads, which it holds
from begin to end (sync); the core, for each burst of any length; one of the pool's connections, for each wait.

Several workers among which arrivals are dealt at random need no simulation of their own: each is then asked by a
Poisson process of its own, at its share of the rate (Kingman, Poisson Processes, 1993, section 5.1).
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
import numpy.typing as npt
from simpy import Environment, Event, Resource

from loadtests.errors import LabError

UNCOUNTED_SHARE = 0.1
"""Of the arrivals, the first: they came to a worker that had nothing to do."""

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Kind:
    """Requests of which there is such a share, and whose waits are so many times the usual ones."""

    share: float
    factor: float


@dataclass(frozen=True)
class Request:
    """The mean lengths of a request's bursts of CPU, and of the waits between them, which are one fewer.

    `variation` is the coefficient of variation of each: 0 for fixed times, 1 for exponential ones. Where requests are
    of several `kinds`, that is within each of them. Raises LabError for what can't be.
    """

    bursts_ms: tuple[float, ...]
    waits_ms: tuple[float, ...] = ()
    variation: float = 1.0
    kinds: tuple[Kind, ...] = (Kind(1, 1),)

    def __post_init__(self) -> None:
        if len(self.waits_ms) != len(self.bursts_ms) - 1:
            raise LabError(f"waits_ms={self.waits_ms}: give one between each two of {len(self.bursts_ms)} bursts")
        numbers = {
            "bursts_ms": self.bursts_ms,
            "waits_ms": self.waits_ms,
            "variation": (self.variation,),
            "kinds": tuple(number for kind in self.kinds for number in (kind.share, kind.factor)),
        }
        for name, values in numbers.items():
            if not all(0 <= value < inf for value in values):
                raise LabError(f"{name}={getattr(self, name)}: give numbers from 0 on")


@dataclass(frozen=True)
class Worker:
    """How many requests it takes on at a time, and how many of them wait at the backend at a time; None: all.

    Raises LabError for less than one.
    """

    threads: int | None = None
    pool: int | None = None

    def __post_init__(self) -> None:
        for name in ("threads", "pool"):
            if (size := getattr(self, name)) is not None and size < 1:
                raise LabError(f"{name}={size}: a worker needs at least one")


@dataclass(frozen=True)
class Outcome:
    """What became of the counted requests, in the order of their arrival, and what they used of the worker.

    `core_share` is how much of the whole time the core was busy, `slots_share` how many of the threads were held, on
    average, or of the connections where there is no limit to threads; 0 where there is none to either.

    `told_wait_ms` is how long a request's waits seem to take, on average, to a worker that reads the clock before each
    and after it: it has queued for a connection, and afterwards for the core, when it reads the clock again.
    """

    arrivals_s: Array
    response_times_ms: Array
    core_share: float
    slots_share: float
    told_wait_ms: float = 0.0


def simulate(request: Request, worker: Worker, arrivals_s: Sequence[float] | Array, seed: int = 0) -> Outcome:
    """What becomes of requests that come to one worker at these moments, in seconds from 0 and in order.

    Raises LabError where there are none.
    """
    if not len(arrivals_s):
        raise LabError("nothing arrives: simulate a longer time, or a higher rate")
    come_s, chance = np.asarray(arrivals_s, dtype=np.float64), np.random.default_rng(seed)
    bursts_s = _drawn(request.bursts_ms, request.variation, len(come_s), chance)
    waits_s = _drawn(request.waits_ms, request.variation, len(come_s), chance) * _factors(request, len(come_s), chance)
    play = _Play(worker, len(come_s))
    play.run(come_s.tolist(), bursts_s.tolist(), waits_s.tolist())
    return _outcome(worker, play, come_s, bursts_s, waits_s)


def _drawn(means_ms: Sequence[float], variation: float, requests: int, chance: np.random.Generator) -> Array:
    """A row of times in seconds for each request; gamma distributed, with the shape 1 / variation²."""
    means_s = np.tile(np.array(means_ms) / 1000, (requests, 1))
    return means_s * chance.gamma(variation**-2, variation**2, means_s.shape) if variation else means_s


def _factors(request: Request, requests: int, chance: np.random.Generator) -> Array:
    shares = np.array([kind.share for kind in request.kinds])
    return chance.choice([kind.factor for kind in request.kinds], (requests, 1), p=shares / shares.sum())


_Process = Generator[Event, object, None]


class _Play:
    """A worker at work: when each request got its thread, and when its response was ready."""

    def __init__(self, worker: Worker, requests: int) -> None:
        self.begun_s, self.ended_s, self.told_wait_s = np.zeros((3, requests))
        self._env = Environment()
        self._threads, self._pool = (
            Resource(self._env, size) if size else None for size in (worker.threads, worker.pool)
        )
        self._core = Resource(self._env, 1)

    def run(self, arrivals_s: list[float], bursts_s: list[list[float]], waits_s: list[list[float]]) -> None:
        self._env.process(self._arrivals(arrivals_s, bursts_s, waits_s))
        self._env.run()

    def _arrivals(self, arrivals_s: list[float], bursts_s: list[list[float]], waits_s: list[list[float]]) -> _Process:
        for number, arrival_s in enumerate(arrivals_s):
            yield self._env.timeout(arrival_s - self._env.now)
            self._env.process(self._request(number, bursts_s[number], waits_s[number]))

    def _request(self, number: int, bursts_s: list[float], waits_s: list[float]) -> _Process:
        if self._threads is None:
            yield from self._work(number, bursts_s, waits_s)
        else:
            with self._threads.request() as thread:
                yield thread
                yield from self._work(number, bursts_s, waits_s)

    def _work(self, number: int, bursts_s: list[float], waits_s: list[float]) -> _Process:
        self.begun_s[number] = self._env.now
        yield from self._using(self._core, bursts_s[0])
        for wait_s, burst_s in zip(waits_s, bursts_s[1:], strict=True):
            before_s = self._env.now
            yield from self._using(self._pool, wait_s)
            yield from self._using(self._core, burst_s)
            self.told_wait_s[number] += self._env.now - before_s - burst_s
        self.ended_s[number] = self._env.now

    def _using(self, resource: Resource | None, time_s: float) -> _Process:
        """Queue for a resource, first come, first served; hold it for so long, and release it. No time needs none."""
        if not time_s:
            return
        if resource is None:
            yield self._env.timeout(time_s)
            return
        with resource.request() as slot:
            yield slot
            yield self._env.timeout(time_s)


def _outcome(worker: Worker, play: _Play, arrivals_s: Array, bursts_s: Array, waits_s: Array) -> Outcome:
    span_s = float(play.ended_s.max() - arrivals_s[0])
    in_use_s, slots = (play.ended_s - play.begun_s, worker.threads) if worker.threads else (waits_s, worker.pool)
    counted = slice(int(UNCOUNTED_SHARE * len(arrivals_s)), None)
    return Outcome(
        arrivals_s[counted],
        (play.ended_s - arrivals_s)[counted] * 1000,
        core_share=float(bursts_s.sum()) / span_s,
        slots_share=float(in_use_s.sum()) / span_s / slots if slots else 0.0,
        told_wait_ms=float(play.told_wait_s[counted].mean()) * 1000,
    )
