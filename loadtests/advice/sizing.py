"""The fewest workers, and threads or connections of each, with which a simulated service keeps its objective."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
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
MOST_UNDERSTATED_SHARE = 0.48
"""By which a simulated p99 was too low beside a service of known behaviour, at most: docs/scale.md."""
PLANNED_SHARE = 0.5
"""Of each of the objective's limits. A plan that keeps it keeps the objective where the simulation errs as above."""
LEAST_REQUESTS = 10_000
_BEYOND = 100
"""So many requests at least are to lie beyond the objective's outermost percentile."""
_CORRECTIONS = 2
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
        return self.played(((rate_per_s, requests / rate_per_s),), slots)

    @lru_cache(maxsize=128)  # noqa: B019  # services are values, and few
    def played(self, segments: tuple[tuple[float, float], ...], slots: int) -> Outcome:
        """What becomes of the requests of these segments, of a rate per second for so many seconds each."""
        return simulate(self.request, Worker(**{self.slots: slots}), poisson_arrivals_s(segments, "advice"))

    def told(self, told_ms: float, rate_per_s: float, slots: int) -> Service:
        """The service that would tell of such a mean time in Elasticsearch at this load of one worker.

        What a worker tells holds more than Elasticsearch's time: the thread waited for the interpreter's lock, or
        the response for the event loop, before the worker read its clock again. The simulation queues for the core by
        itself, and would count that twice. It hardly depends on the latency, so that a few corrections find it.
        Raises LabError where such queueing alone takes longer.
        """
        found = replace(self, latency_ms=told_ms)
        for _ in range(_CORRECTIONS):
            queued_ms = found.asked(rate_per_s, slots, LEAST_REQUESTS).told_wait_ms - found.latency_ms
            if queued_ms >= told_ms:
                raise LabError(
                    f"the time in Elasticsearch was {told_ms:.3g} ms, and by the CPU time of a request its worker "
                    f"alone queues {queued_ms:.3g} ms in it: these figures do not fit; give LATENCY_MS="
                )
            found = replace(self, latency_ms=told_ms - queued_ms)
        return found


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


def planned_for(limits: tuple[TimeLimit, ...]) -> Objective:
    """The objective that a plan is made for: PLANNED_SHARE of each limit."""
    return Objective(tuple(replace(limit, limit_ms=PLANNED_SHARE * limit.limit_ms) for limit in limits))


def sized(service: Service, rate_per_s: float, objective: Objective, least_slots: int = 1) -> Size:
    """The fewest workers of all, and of each the fewest slots from `least_slots` on.

    Raises LabError for an objective that no number of workers keeps.
    """
    search = _Search(service, rate_per_s, objective)
    workers = search.workers()
    slots = search.slots(workers, least_slots)
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

    def slots(self, workers: int, least: int) -> int:
        least = max(least, self._service.least_slots(self._rate_per_s / workers))
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
                f"SLO: a plan keeps {PLANNED_SHARE:.0%} of it. Of requests that never meet, {'; '.join(broken)}: no "
                "number of workers fixes that. They wait "
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
