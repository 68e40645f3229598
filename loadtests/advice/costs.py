"""Costs of a correct response, read from a stored comparison."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite, log
from statistics import fmean
from typing import Literal, Self

from pydantic import ValidationError

from loadtests.advice.queueing import Kind
from loadtests.comparison.figures import Block, EndpointFigures, Side
from loadtests.comparison.result import Result
from loadtests.comparison.verdict.paired import ratio_with_interval
from loadtests.contenders import Contender
from loadtests.errors import LabError
from loadtests.load.profiles import Profile
from loadtests.statistics import ALL

LEAST_PAIRS = 2
_PREFERRED = ("open", "closed", "burst")
"""Kinds of load, the preferred first. Advice is on open load below capacity, where a response costs more CPU time than
at peak."""
PERCENTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
"""Those that a comparison has."""


@dataclass(frozen=True)
class Mean:
    """The geometric mean of a figure over pairs, and its 95% interval."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, figures: Iterable[float]) -> Self:
        """Of two figures or more, above zero."""
        return cls(*ratio_with_interval([log(figure) for figure in figures]))


@dataclass(frozen=True)
class Costs:
    """The cost of one contender's correct responses under one profile, in CPU ms of its processes, of
    Elasticsearch and of the load generator; how long Elasticsearch took of each by the service's clock (`backend_ms`);
    and the most memory a worker held, and the arbiter beside all of them.

    Elasticsearch's CPU is None where it ran on another machine. Memory is by RSS, with the arbiter counted
    in with the workers, where not all blocks tell PSS. `responses_per_s` is the rate at which this was measured,
    `percentiles_ms` are the response times then, by name. `kinds` are the endpoints, by their times in Elasticsearch.
    """

    contender: Contender
    profile: Profile
    pairs: int
    responses_per_s: float
    service_cpu_ms: Mean
    backend_cpu_ms: Mean | None
    generator_cpu_ms: Mean
    backend_ms: Mean
    worker_bytes: float
    percentiles_ms: dict[str, float]
    kinds: tuple[Kind, ...]
    arbiter_bytes: float = 0.0
    memory_by: Literal["PSS", "RSS"] = "PSS"

    @property
    def slots(self) -> int:
        """How many requests each of its workers could have in flight."""
        return self.contender.slots // self.contender.workers


def measured(result: Result, side: Side) -> Costs:
    """Raises LabError where the comparison can't tell, with what would."""
    profile = min(result.profiles, key=lambda one: _PREFERRED.index(one.kind))
    contender = _contender(result, side)
    blocks = [one for one in result.blocks if (one.profile, one.side, one.invalid) == (profile.name, side, None)]
    if len(blocks) < LEAST_PAIRS:
        raise LabError(
            f"{result.folder} has {len(blocks)} valid pairs of {contender.name} under {profile.name}, and the "
            f"spread of a cost needs {LEAST_PAIRS}: make bench"
        )
    pairs = {block.pair for block in blocks}
    told = [one for one in result.endpoints if (one.profile, one.side) == (profile.name, side) and one.pair in pairs]
    return _costs(contender, profile, blocks, told)


def _contender(result: Result, side: Side) -> Contender:
    try:
        return Contender(**result.contenders[side])
    except ValidationError as error:
        raise LabError(
            f"{result.folder} measured {result.contenders[side]['name']}, a service that ran already, so its workers "
            "and their CPU and memory are not known: compare contenders of this lab, make bench A=sync B=async"
        ) from error


def _costs(contender: Contender, profile: Profile, blocks: Sequence[Block], told: Sequence[EndpointFigures]) -> Costs:
    of_all = [one for one in told if one.endpoint == ALL]
    service = _mean(block.cpu_ms_per_correct_answer for block in blocks)
    generator = _mean(_cpu_ms(block, block.generator_cores) for block in blocks)
    memory = _memory(blocks)
    backend_ms = _mean(one.es_ms for one in of_all)
    if service is None or generator is None or backend_ms is None or memory is None:
        raise LabError(
            f"the comparison lacks CPU times, memory or times in Elasticsearch of {contender.name}: make bench where "
            "all of them are told"
        )
    percentiles_ms = {name: _mean(getattr(one, f"{name}_ms") for one in of_all) for name in PERCENTILES}
    return Costs(
        contender,
        profile,
        len(blocks),
        fmean(block.correct_answers_per_s for block in blocks),
        service,
        _mean(_cpu_ms(block, block.backend_cores) for block in blocks),
        generator,
        backend_ms,
        memory.workers_bytes / contender.workers,
        {name: mean.value for name, mean in percentiles_ms.items() if mean is not None},
        _kinds([one for one in told if one.endpoint != ALL]),
        memory.arbiter_bytes,
        memory.by,
    )


@dataclass(frozen=True)
class _Memory:
    arbiter_bytes: float
    workers_bytes: float
    by: Literal["PSS", "RSS"]


def _memory(blocks: Sequence[Block]) -> _Memory | None:
    """The most that any pair held. By RSS unless all tell PSS; None where one tells neither."""
    pss = [
        (block.peak_pss_bytes, block.arbiter_pss_bytes, block.workers_pss_bytes)
        for block in blocks
        if block.peak_pss_bytes and block.arbiter_pss_bytes is not None and block.workers_pss_bytes
    ]
    if len(pss) == len(blocks):
        _, arbiter_bytes, workers_bytes = max(pss)
        return _Memory(arbiter_bytes, workers_bytes, "PSS")
    rss_bytes = [block.peak_rss_bytes or 0 for block in blocks]
    return _Memory(0, max(rss_bytes), "RSS") if all(rss_bytes) else None


def _kinds(told: Iterable[EndpointFigures]) -> tuple[Kind, ...]:
    requests: Counter[str] = Counter()
    waits_ms: defaultdict[str, float] = defaultdict(float)
    for one in told:
        if one.es_ms is not None:
            requests[one.endpoint] += one.requests
            waits_ms[one.endpoint] += one.es_ms * one.requests
    all_requests, mean_ms = requests.total(), sum(waits_ms.values()) / requests.total()
    return tuple(
        Kind(count / all_requests, waits_ms[name] / count / mean_ms) for name, count in sorted(requests.items())
    )


def _cpu_ms(block: Block, cores: float | None) -> float | None:
    """What others used meanwhile for a response: the block has their cores, and the service's cores and CPU ms."""
    if not cores or not block.cpu_ms_per_correct_answer or not block.server_cores:
        return None
    return block.cpu_ms_per_correct_answer * cores / block.server_cores


def _mean(figures: Iterable[float | None]) -> Mean | None:
    """None unless every pair has the figure; what was too small to be seen, or infinite, is no figure."""
    values = [figure or 0 for figure in figures]
    return Mean.of(values) if all(value and isfinite(value) for value in values) else None
