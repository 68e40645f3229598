"""The advice in tables: a column for each contender, and the arithmetic beside the figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from loadtests.advice.costs import Mean
from loadtests.advice.fleet import MOST_GENERATOR_SHARE, Count, Fleet, on_its_own_load, under_stress
from loadtests.advice.sizing import MOST_UNDERSTATED_SHARE, MOST_USED_SHARE, time_limits
from loadtests.comparison.report.wording import UNKNOWN, percent, significant
from loadtests.options import AdviseOptions

_MEBIBYTE = 2**20
_SLOTS = {"threads": "threads", "pool": "connections"}

Column = dict[str, str]
"""What is told of one contender, by what it is."""


@dataclass(frozen=True)
class Table:
    """Each row begins with what it tells; `header` names the contenders."""

    title: str
    header: tuple[str, ...]
    rows: list[tuple[str, ...]]


def tables(fleets: Sequence[Fleet], options: AdviseOptions) -> list[Table]:
    """What a request costs, what is needed, how that follows; and what the simulation says of the comparison's own
    open load, if it had any."""
    titled: dict[str, Callable[[Fleet, AdviseOptions], Column]] = {
        "What a request costs": _costs,
        f"What {significant(options.rate)}/s with {options.slo} need": _needs,
        "How that follows": _steps,
        "What becomes of a worker of this plan": _stress,
    }
    if all(fleet.costs.profile.kind == "open" for fleet in fleets):
        titled["The simulation beside what was measured"] = _held_against
    names = ("", *(fleet.costs.contender.name for fleet in fleets))
    return [
        Table(title, names, _rows([column(fleet, options) for fleet in fleets])) for title, column in titled.items()
    ]


def _rows(columns: Sequence[Column]) -> list[tuple[str, ...]]:
    return [(label, *(column[label] for column in columns)) for label in columns[0]]


def _costs(fleet: Fleet, options: AdviseOptions) -> Column:
    costs, given_ms = fleet.costs, options.latency_ms
    return {
        "service, CPU ms": _mean(costs.service_cpu_ms),
        "Elasticsearch, CPU ms": _mean(costs.backend_cpu_ms),
        "load generator, CPU ms": _mean(costs.generator_cpu_ms),
        "time in Elasticsearch, ms": f"{significant(given_ms)}, as given" if given_ms else _mean(costs.backend_ms),
        "without the worker's own queueing, ms": significant(fleet.service.latency_ms),
        "memory of a worker, MiB": f"{significant(costs.worker_bytes / _MEBIBYTE)} ({costs.memory_by})",
        "memory of an arbiter, MiB": significant(costs.arbiter_bytes / _MEBIBYTE)
        if costs.memory_by == "PSS"
        else UNKNOWN,
    }


def _needs(fleet: Fleet, options: AdviseOptions) -> Column:
    outcome, machine = fleet.size.outcome, f"{options.cores} cores"
    return {
        "workers, a core each": _count(fleet.workers),
        "threads or connections of each": f"{fleet.size.slots:,} {_SLOTS[fleet.service.slots]}",
        "memory of all, GiB": significant(fleet.memory_gib),
        f"machines of {machine} and {options.memory_gib:g} GiB": _count(fleet.machines),
        "Elasticsearch, cores": _count(fleet.backend_cores),
        f"Elasticsearch, nodes of {machine}": _count(fleet.backend_nodes),
        "load generator, processes": _count(fleet.generators),
        f"load generator, machines of {machine}": _count(fleet.generator_machines),
        "a worker's core is busy, simulated": percent(outcome.core_share),
        **{
            f"{limit.percentile}, ms, simulated, to at worst": _at_worst(limit.of(outcome.response_times_ms))
            for limit in time_limits(options.slo)
        },
    }


def _steps(fleet: Fleet, options: AdviseOptions) -> Column:
    costs, workers, rate_per_s = fleet.costs, fleet.workers.usual, options.rate
    each_per_s = rate_per_s / workers
    return {
        "cores for the service": _used(rate_per_s, costs.service_cpu_ms.value, MOST_USED_SHARE),
        "workers that keep the objective": f"{workers:,}",
        "asked of each": f"{significant(rate_per_s)}/s ÷ {workers:,} = {significant(each_per_s)}/s",
        "in flight at each (Little)": _used(each_per_s, fleet.service.held_ms, MOST_USED_SHARE),
        "that keep the objective": f"{fleet.size.slots:,} {_SLOTS[fleet.service.slots]}",
        "memory": _memory(fleet),
        "machines": f"{workers:,} ÷ {fleet.workers_a_machine}, rounded up",
        "cores for Elasticsearch": (
            _used(rate_per_s, costs.backend_cpu_ms.value, MOST_USED_SHARE) if costs.backend_cpu_ms else UNKNOWN
        ),
        "load generator": _used(rate_per_s, costs.generator_cpu_ms.value, MOST_GENERATOR_SHARE),
    }


def _at_worst(simulated_ms: float | None) -> str:
    """With the largest error that the simulation was seen to have."""
    worst_ms = None if simulated_ms is None else simulated_ms / (1 - MOST_UNDERSTATED_SHARE)
    return f"{significant(simulated_ms)} to {significant(worst_ms)}"


def _memory(fleet: Fleet) -> str:
    costs = fleet.costs
    workers = f"{fleet.workers.usual:,} × {significant(costs.worker_bytes / _MEBIBYTE)} MiB"
    if not costs.arbiter_bytes:
        return workers
    return f"{workers} + {fleet.machines.usual:,} × {significant(costs.arbiter_bytes / _MEBIBYTE)} MiB"


def _stress(fleet: Fleet, options: AdviseOptions) -> Column:
    return {
        f"{limit.percentile}, ms, with {name}": f"{significant(time_ms := limit.of(outcome.response_times_ms))}"
        + ("" if time_ms is not None and time_ms < limit.limit_ms else ", breaks the objective")
        for name, outcome in under_stress(fleet, options.rate).items()
        for limit in time_limits(options.slo)
    }


def _used(rate_per_s: float, each_ms: float, most_used_share: float) -> str:
    """So many are used on average; where that may be so much of each, so many are needed."""
    needed = rate_per_s * each_ms / 1000 / most_used_share
    product = f"{significant(rate_per_s)}/s × {significant(each_ms)} ms"
    return f"{product} ÷ {percent(most_used_share)} = {significant(needed)}"


def _held_against(fleet: Fleet, _: AdviseOptions) -> Column:
    costs = fleet.costs
    simulated_ms = on_its_own_load(costs)
    return {"requests/s": significant(costs.responses_per_s)} | {
        f"{name}, ms": f"{significant(time_ms)} simulated, {significant(costs.percentiles_ms.get(name))} measured"
        for name, time_ms in simulated_ms.items()
    }


def _mean(mean: Mean | None) -> str:
    return (
        UNKNOWN if mean is None else f"{significant(mean.value)} [{significant(mean.low)} to {significant(mean.high)}]"
    )


def _count(count: Count | None) -> str:
    if count is None:
        return UNKNOWN
    ends = f" [{count.low:,} to {count.high:,}]" if count.low < count.high else ""
    return f"{count.usual:,}{ends}"
