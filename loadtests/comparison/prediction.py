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


def littles_law_error(users: int, in_flight: float) -> float:
    """By which share the mean number of requests in flight misses the number of users, who ask without a pause.

    Little's law, N = X·(R + Z), with a think time Z of zero (Little, A Proof for the Queuing Formula L = λW, 1961): X·R
    is the number in flight, and in closed load that is the number of users. Below zero the generator held them up.
    """
    return in_flight / users - 1
