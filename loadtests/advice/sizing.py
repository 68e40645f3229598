"""The fewest workers, and threads or connections of each, with which a simulated service keeps its objective."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Literal

from loadtests.advice.queueing import Kind, Outcome, Request, Worker, simulate
from loadtests.comparison.rate.slo import Objective, Step, TimeLimit
from loadtests.errors import LabError
from loadtests.load.arrivals import poisson_arrivals_s

MOST_USED_SHARE = 0.7
"""Of a core, of the threads or connections, on average: what is left takes arrivals that are 40% more for a while."""
MOST_SLOTS = 1_000
"""Threads or connections of a worker, as many as the lab's services can be given."""
LEAST_REQUESTS = 20_000
_BEYOND = 100
"""So many requests at least are to lie beyond the objective's outermost percentile."""
_UNHURRIED = 1e-3
"""A rate at which no request meets another, as a share of what one core could do."""


@dataclass(frozen=True)
class Service:
    """A service as it is simulated: what a request costs a worker, how long Elasticsearch takes of it on average, and
    what bounds how many are in flight. Half of the CPU time comes before Elasticsearch is asked, half after."""

    cpu_ms: float
    latency_ms: float
    kinds: tuple[Kind, ...]
    slots: Literal["threads", "pool"]

    @property
    def request(self) -> Request:
        return Request((self.cpu_ms / 2, self.cpu_ms / 2), (self.latency_ms,), kinds=self.kinds)

    @property
    def held_ms(self) -> float:
        """How long a request holds its thread or connection, at least."""
        return self.latency_ms + (self.cpu_ms if self.slots == "threads" else 0)

    def least_workers(self, rate_per_s: float) -> int:
        """That neither cores nor slots are used more than they may be."""
        return _used(rate_per_s * max(self.cpu_ms, self.held_ms / MOST_SLOTS) / 1000)

    def least_slots(self, rate_per_s: float) -> int:
        """Of one worker, which is asked at this rate: by Little's law."""
        return _used(rate_per_s * self.held_ms / 1000)

    def asked(self, rate_per_s: float, slots: int, requests: int) -> Outcome:
        """What becomes of so many requests, about, to one worker with so many slots."""
        arrivals_s = poisson_arrivals_s([(rate_per_s, requests / rate_per_s)], "advice")
        return simulate(self.request, Worker(**{self.slots: slots}), arrivals_s)


@dataclass(frozen=True)
class Size:
    """How many workers, with how many threads or connections each, and what became of the requests to one of them."""

    workers: int
    slots: int
    outcome: Outcome


def time_limits(text: str) -> tuple[TimeLimit, ...]:
    """An objective's percentiles, which a simulation can judge. Raises LabError for other terms."""
    terms = Objective.parse(text).terms
    limits = tuple(term for term in terms if isinstance(term, TimeLimit) and term.percentile != "max")
    if len(limits) < len(terms):
        raise LabError(
            f"SLO={text}: errors are not simulated, and the longest time of a simulation grows with its length: give "
            "percentiles, such as SLO='p50<50ms,p99<200ms'"
        )
    return limits


def sized(service: Service, rate_per_s: float, objective: Objective) -> Size:
    """The fewest of all. Raises LabError for an objective that no number of workers keeps."""
    search = _Search(service, rate_per_s, objective)
    workers = search.workers()
    slots = search.slots(workers)
    return Size(workers, slots, search.outcome(workers, slots))


def workers_needed(service: Service, rate_per_s: float, objective: Objective) -> int:
    """As `sized`, where each worker has all the slots that it may have."""
    return _Search(service, rate_per_s, objective).workers()


class _Search:
    def __init__(self, service: Service, rate_per_s: float, objective: Objective) -> None:
        self._service = service
        self._rate_per_s = rate_per_s
        self._objective = objective
        self._requests = max(LEAST_REQUESTS, _BEYOND * objective.least_requests)

    def workers(self) -> int:
        least = self._service.least_workers(self._rate_per_s)
        if self._keeps(least, MOST_SLOTS):
            return least
        unhurried_per_s = _UNHURRIED * 1000 / self._service.cpu_ms
        self._check_possible(unhurried_per_s)
        most = ceil(self._rate_per_s / unhurried_per_s)
        return _fewest(lambda workers: self._keeps(workers, MOST_SLOTS), least + 1, most)

    def slots(self, workers: int) -> int:
        least = self._service.least_slots(self._rate_per_s / workers)
        return _fewest(lambda slots: self._keeps(workers, slots), least, MOST_SLOTS)

    def outcome(self, workers: int, slots: int) -> Outcome:
        return self._service.asked(self._rate_per_s / workers, slots, self._requests)

    def _keeps(self, workers: int, slots: int) -> bool:
        outcome = self.outcome(workers, slots)
        return outcome.slots_share <= MOST_USED_SHARE and not self._broken(outcome)

    def _broken(self, outcome: Outcome) -> list[str]:
        times_ms = outcome.response_times_ms
        count = len(times_ms)
        return self._objective.broken_by(Step(self._rate_per_s, count, 0, count, 0, times_ms, []))

    def _check_possible(self, unhurried_per_s: float) -> None:
        broken = self._broken(self._service.asked(unhurried_per_s, MOST_SLOTS, self._requests))
        if broken:
            raise LabError(
                f"SLO: of requests that never meet, {'; '.join(broken)}: no number of workers fixes that. They wait "
                f"{self._service.latency_ms:.4g} ms for Elasticsearch, on average: give a lower LATENCY_MS=, or a "
                "weaker SLO="
            )


def _used(needed: float) -> int:
    return max(1, ceil(needed / MOST_USED_SHARE))


def _fewest(enough: Callable[[int], bool], least: int, most: int) -> int:
    """The smallest number from `least` on that is enough, as those above it are; `most` is, without being asked."""
    found = least
    while found < most and not enough(found):
        found = min(2 * found, most)
    return least + bisect_left(range(least, found), True, key=enough)
