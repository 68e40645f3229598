"""What a rate of requests needs in all, of everything, with what is known of how sure that is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil
from typing import Literal

from loadtests.advice.costs import PERCENTILES, Costs, Mean
from loadtests.advice.sizing import LEAST_REQUESTS, MOST_USED_SHARE, Service, Size, sized, time_limits, workers_needed
from loadtests.comparison.bottleneck import MOST_GENERATOR_CORES
from loadtests.comparison.rate.slo import Objective
from loadtests.errors import LabError
from loadtests.options import AdviseOptions
from loadtests.statistics import percentile

MOST_GENERATOR_SHARE = MOST_GENERATOR_CORES["open"]
_GIBIBYTE = 2**30


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
    """As measured, unless another mean latency is given."""
    slots: Literal["threads", "pool"] = "threads" if costs.contender.threads else "pool"
    return Service(costs.service_cpu_ms.value, latency_ms or costs.backend_ms.value, costs.kinds, slots)


def planned(costs: Costs, options: AdviseOptions) -> Fleet:
    """Raises LabError for what no number of workers or machines can do."""
    service, wanted = service_of(costs, options.latency_ms), Objective(time_limits(options.slo))
    workers_a_machine = _workers_a_machine(costs, options)
    size = sized(service, options.rate, wanted)
    ends_ms = costs.service_cpu_ms.low, costs.service_cpu_ms.high
    fewest, most = (workers_needed(replace(service, cpu_ms=cpu_ms), options.rate, wanted) for cpu_ms in ends_ms)
    workers = Count(size.workers, fewest, most)
    backend_cores = _cores(costs.backend_cpu_ms, options.rate, MOST_USED_SHARE) if costs.backend_cpu_ms else None
    generators = _cores(costs.generator_cpu_ms, options.rate, MOST_GENERATOR_SHARE)
    return Fleet(
        costs,
        service,
        size,
        workers,
        workers_a_machine,
        memory_gib=workers.usual * costs.worker_rss_bytes / _GIBIBYTE,
        machines=workers.packed(workers_a_machine),
        backend_cores=backend_cores,
        backend_nodes=backend_cores.packed(options.cores) if backend_cores else None,
        generators=generators,
        generator_machines=generators.packed(options.cores),
    )


def on_its_own_load(costs: Costs) -> dict[str, float | None]:
    """Percentiles of the response times in ms, as simulated where the comparison measured them."""
    each_per_s = costs.answers_per_s / costs.contender.workers
    outcome = service_of(costs).asked(each_per_s, costs.slots, LEAST_REQUESTS)
    return {name: percentile(outcome.response_times_ms, share) for name, share in PERCENTILES.items()}


def _cores(cost_ms: Mean, rate_per_s: float, most_used_share: float) -> Count:
    """Each used by so much at most."""
    return Count.over(cost_ms, lambda cpu_ms: ceil(rate_per_s * cpu_ms / 1000 / most_used_share))


def _workers_a_machine(costs: Costs, options: AdviseOptions) -> int:
    """One a core, if the memory holds as many."""
    worker_gib = costs.worker_rss_bytes / _GIBIBYTE
    fitting = min(options.cores, int(options.memory_gib / worker_gib))
    if not fitting:
        raise LabError(
            f"MEMORY_GIB={options.memory_gib:g}: a worker of {costs.contender.name} holds {worker_gib:.2f} GiB: a "
            "machine has to have as much"
        )
    return fitting
