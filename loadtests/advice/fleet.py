"""What a rate of requests needs in all, of everything, with what is known of how sure that is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil
from typing import Literal

from loadtests.advice.costs import PERCENTILES, Costs, Mean
from loadtests.advice.queueing import Outcome
from loadtests.advice.sizing import (
    LEAST_REQUESTS,
    MOST_USED_SHARE,
    Service,
    Size,
    planned_for,
    sized,
    time_limits,
    workers_needed,
)
from loadtests.comparison.bottleneck import MOST_GENERATOR_CORES
from loadtests.errors import LabError
from loadtests.options import AdviseOptions
from loadtests.statistics import percentile

MOST_GENERATOR_SHARE = MOST_GENERATOR_CORES["open"]
MOST_NODES = 100
"""Of one cluster of Elasticsearch, whose one master publishes the cluster's state to each of them."""
_GIBIBYTE = 2**30
_BURST_S, _CALM_S, _BURST_TIMES = 10.0, 20.0, 3.0


@dataclass(frozen=True)
class Count:
    """How many of something, with the mean cost, and with the costs at either end of its interval."""

    usual: int
    low: int
    high: int

    @classmethod
    def over(cls, cost: Mean, count: Callable[[float], int]) -> Count:
        return cls(count(cost.value), count(cost.low), count(cost.high))

    def packed(self, each_holds: int) -> Count:
        """In how many machines they fit."""
        return Count(*(ceil(one / each_holds) for one in (self.usual, self.low, self.high)))


@dataclass(frozen=True)
class Fleet:
    """What one contender needs. `size` is that of the service with the mean cost; Elasticsearch's counts are None where
    its cost is not known."""

    costs: Costs
    service: Service
    size: Size
    workers: Count
    workers_a_machine: int
    memory_gib: float
    machines: Count
    backend_cores: Count | None
    backend_nodes: Count | None
    generators: Count
    generator_machines: Count


def service_of(costs: Costs, latency_ms: float | None = None) -> Service:
    """As measured, without the worker's own queueing in the time in Elasticsearch, unless a mean latency is given."""
    slots: Literal["threads", "pool"] = "threads" if costs.contender.threads else "pool"
    service = Service(costs.service_cpu_ms.value, latency_ms or costs.backend_ms.value, costs.kinds, slots)
    if latency_ms:
        return service
    each_per_s = costs.responses_per_s / costs.contender.workers
    return service.told(costs.backend_ms.value, each_per_s, costs.slots)


def planned(costs: Costs, options: AdviseOptions) -> Fleet:
    """Raises LabError for what no number of workers or machines can do."""
    service, wanted = service_of(costs, options.latency_ms), planned_for(time_limits(options.slo))
    workers_a_machine = _workers_a_machine(costs, options)
    size = sized(service, options.rate, wanted, costs.slots)
    ends_ms = costs.service_cpu_ms.low, costs.service_cpu_ms.high
    fewest, most = (workers_needed(replace(service, cpu_ms=cpu_ms), options.rate, wanted) for cpu_ms in ends_ms)
    workers = Count(size.workers, fewest, most)
    machines = workers.packed(workers_a_machine)
    backend_cores = _cores(costs.backend_cpu_ms, options.rate, MOST_USED_SHARE) if costs.backend_cpu_ms else None
    backend_nodes = backend_cores.packed(options.cores) if backend_cores else None
    if backend_nodes and backend_nodes.usual > MOST_NODES:
        raise LabError(
            f"RATE={options.rate:g}: Elasticsearch needs {backend_nodes.usual:,} nodes, and no plan is for more than "
            f"{MOST_NODES} in a cluster: plan one cell of several, "
            f"RATE={options.rate * MOST_NODES / backend_nodes.usual:.2g} or less, "
            "or give CORES= for larger nodes (docs/scale.md)"
        )
    generators = _cores(costs.generator_cpu_ms, options.rate, MOST_GENERATOR_SHARE)
    return Fleet(
        costs,
        service,
        size,
        workers,
        workers_a_machine,
        memory_gib=_memory_gib(costs, workers, machines),
        machines=machines,
        backend_cores=backend_cores,
        backend_nodes=backend_nodes,
        generators=generators,
        generator_machines=generators.packed(options.cores),
    )


def under_stress(fleet: Fleet, rate_per_s: float) -> dict[str, Outcome]:
    """What becomes of the requests to one worker of the plan, by what happens to it."""
    each_per_s, slots, service = rate_per_s / fleet.size.workers, fleet.size.slots, fleet.service
    slower = replace(service, latency_ms=2 * service.latency_ms)
    burst = ((each_per_s, _CALM_S), (_BURST_TIMES * each_per_s, _BURST_S), (each_per_s, _CALM_S))
    return {
        f"a burst, {_BURST_TIMES:g} × the rate for {_BURST_S:g} s of {2 * _CALM_S + _BURST_S:g} s": service.played(
            burst, slots
        ),
        "1.3 × the rate": service.asked(1.3 * each_per_s, slots, LEAST_REQUESTS),
        "an Elasticsearch twice as slow": slower.asked(each_per_s, slots, LEAST_REQUESTS),
    }


def _memory_gib(costs: Costs, workers: Count, machines: Count) -> float:
    """An arbiter a machine, and its workers."""
    return (workers.usual * costs.worker_bytes + machines.usual * costs.arbiter_bytes) / _GIBIBYTE


def on_its_own_load(costs: Costs) -> dict[str, float | None]:
    """Percentiles of the response times in ms, as simulated where the comparison measured them."""
    each_per_s = costs.responses_per_s / costs.contender.workers
    outcome = service_of(costs).asked(each_per_s, costs.slots, LEAST_REQUESTS)
    return {name: percentile(outcome.response_times_ms, share) for name, share in PERCENTILES.items()}


def _cores(cost_ms: Mean, rate_per_s: float, most_used_share: float) -> Count:
    """Each used by so much at most."""
    return Count.over(cost_ms, lambda cpu_ms: ceil(rate_per_s * cpu_ms / 1000 / most_used_share))


def _workers_a_machine(costs: Costs, options: AdviseOptions) -> int:
    """One a core, if the memory holds as many."""
    worker_gib, arbiter_gib = costs.worker_bytes / _GIBIBYTE, costs.arbiter_bytes / _GIBIBYTE
    fitting = min(options.cores, int((options.memory_gib - arbiter_gib) / worker_gib))
    if fitting < 1:
        raise LabError(
            f"MEMORY_GIB={options.memory_gib:g}: a worker of {costs.contender.name} holds {worker_gib:.2f} GiB, and "
            f"its arbiter {arbiter_gib:.2f} GiB: a machine has to have as much"
        )
    return fitting
