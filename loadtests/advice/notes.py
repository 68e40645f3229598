"""How sure an advice is, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from loadtests.advice.fleet import Fleet
from loadtests.comparison.report.wording import UNKNOWN, joined, significant
from loadtests.comparison.result import Result
from loadtests.options import AdviseOptions

NOT_KNOWN = (
    "Not known, and not simulated: several machines, the network and the balancer between them, connections that come "
    "to workers unevenly, failures. Elasticsearch is taken to cost as much CPU for each request, and to take as long, "
    "however many nodes it has: its own scaling was not measured."
)


def notes(result: Result, fleets: Sequence[Fleet], options: AdviseOptions) -> Iterator[str]:
    """Where the figures are from, how far they are stretched, and what they leave out."""
    machine, profile = result.conditions["machine"], fleets[0].costs.profile.name
    pairs = joined([f"{fleet.costs.pairs} of {fleet.costs.contender.name}" for fleet in fleets])
    yield (
        f"Costs are those of {result.folder}: workload {result.workload}, profile {profile}, valid pairs: {pairs}; on "
        f"{machine['cpu'] or UNKNOWN}, {machine['cores']} cores. In brackets: 95% intervals over pairs, and the counts "
        "at their ends. They cover what differs within that run, not between hours or machines."
    )
    if result.quick:
        yield "That was a quick comparison, whose figures are rough: make bench without QUICK=1."
    if fleets[0].costs.profile.kind != "open":
        yield "It had no open load, so the simulation is held against nothing: make bench PROFILE='peak steady'."
    if by_rss := [fleet.costs.contender.name for fleet in fleets if fleet.costs.memory_by == "RSS"]:
        yield (
            f"Memory of {joined(by_rss)} is by RSS, since this comparison has no PSS of it: pages that arbiter and "
            "workers share count for each of them, so it is too much. make bench on Linux tells PSS."
        )
    for fleet in fleets:
        yield from _stretched(fleet, options.rate)
    yield NOT_KNOWN


def _stretched(fleet: Fleet, rate_per_s: float) -> Iterator[str]:
    """What lies beyond that which was measured."""
    costs, name = fleet.costs, fleet.costs.contender.name
    times = rate_per_s / costs.responses_per_s
    if times > 1:
        yield (
            f"{name} got {significant(costs.responses_per_s)} requests a second, on one machine, with "
            f"WORKERS={costs.contender.workers}: the rate wanted is {significant(times)} times that, in proportion."
        )
    if fleet.size.slots > costs.slots:
        variable = {"threads": "THREADS", "pool": "POOL"}[fleet.service.slots]
        yield (
            f"{name} was not measured with more than {costs.slots} {variable.lower()} a worker: make bench "
            f"{variable}={fleet.size.slots}"
        )
