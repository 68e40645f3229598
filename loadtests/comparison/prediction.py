"""What can be foretold of a service from a few figures, and what its figures must add up to."""

from __future__ import annotations


def ceiling(slots: int, latency_s: float) -> float:
    """The most answers per second that a service can give with `slots` requests in flight, each for `latency_s`.

    The asymptotic bound X ≤ N / R of Denning and Buzen, The Operational Analysis of Queueing Network Models (1978);
    with more requests waiting for a slot there is no more throughput.
    """
    return slots / latency_s


def cpu_ceiling(workers: int, cpu_s_per_answer: float) -> float:
    """The most answers per second that `workers` can give, each a Python process that has one core at most.

    The asymptotic bound X ≤ 1 / D of Denning and Buzen (1978), D being the demand on the busiest resource.
    """
    return workers / cpu_s_per_answer


def requests_in_system(rate_per_s: float, response_time_s: float, think_time_s: float = 0) -> float:
    """How many requests (or users, who also think) there are on average: N = X·(R + Z).

    Little, A Proof for the Queuing Formula L = λW (1961); with think time, the interactive response time law of
    Denning and Buzen (1978).
    """
    return rate_per_s * (response_time_s + think_time_s)


def littles_law_error(users: int, rate_per_s: float, response_time_s: float, think_time_s: float = 0) -> float:
    """By which share X·(R + Z) misses N. Below zero: users neither waited nor thought, the generator held them up."""
    return requests_in_system(rate_per_s, response_time_s, think_time_s) / users - 1
