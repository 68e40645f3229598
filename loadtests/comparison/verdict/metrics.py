"""The metrics on which a verdict is given, and their values in the blocks of a comparison."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import exp, log
from typing import Literal

from loadtests.comparison.figures import Block, EndpointFigures, Side
from loadtests.statistics import ALL

MARGIN = 0.05
EQUIVALENT_RATIO = 1 + MARGIN
"""Ratios from 1/1.05 to 1.05 are equivalent unless a metric says otherwise: ±5% on a logarithmic scale, so that a and
b may change places."""

Kind = Literal["closed", "open", "burst"]
_ALL_KINDS: tuple[Kind, ...] = ("closed", "open", "burst")


@dataclass(frozen=True)
class Unit:
    """How figures are shown: the unit's name, and the factor from the stored figure to the shown one."""

    name: str
    factor: float = 1.0


@dataclass(frozen=True)
class Scale:
    """Where differences between a and b are taken: of the values' logarithms, or of the values themselves."""

    of: Callable[[float], float]
    back: Callable[[float], float]


LOGARITHMIC = Scale(log, exp)
PLAIN = Scale(float, float)


@dataclass(frozen=True)
class Metric:
    """All that the lab knows of a metric. To add one, give the blocks or endpoints a field of its name and list it.

    `name` is the field of `figures.Block`, or of `figures.EndpointFigures` where `of_endpoints`. `better` says which
    direction is better; `more` and `less` say which way b differs, `subject` what it is that differs. It is judged in
    profiles of `kinds`, by the ratio b / a, or, where zero is a usual value, by the difference b - a. Intervals inside
    `margin` are equivalent: a share of the ratio, or a difference in the stored unit. `headline` is its place in the
    first sentence of a report, and its rank among the metrics for the same place; None keeps it out. `label` heads the
    pair chart in profiles of `charted`; `of_slices` is the field of `figures.Slice` with the same figure.
    """

    name: str
    title: str
    unit: Unit
    better: Literal["higher", "lower"]
    more: str
    less: str
    subject: str
    label: str
    kinds: tuple[Kind, ...] = _ALL_KINDS
    by_difference: bool = False
    margin: float = MARGIN
    of_endpoints: bool = False
    headline: tuple[int, int] | None = None
    charted: tuple[Kind, ...] = ()
    of_slices: str | None = None

    @property
    def scale(self) -> Scale:
        return PLAIN if self.by_difference else LOGARITHMIC

    @property
    def equivalent(self) -> float:
        """The margin on the metric's scale."""
        return self.margin if self.by_difference else log(1 + self.margin)


def _response_time(share: str, rank: int, charted: tuple[Kind, ...]) -> Metric:
    return Metric(
        name=f"{share}_ms",
        title=f"Response time, {share}",
        unit=Unit("ms"),
        better="lower",
        more="longer",
        less="shorter",
        subject=f"{share} response time",
        label=f"{share}, ms",
        kinds=("open", "burst"),
        of_endpoints=True,
        headline=(2, rank),
        charted=charted,
        of_slices=f"{share}_ms" if charted else None,
    )


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            name="correct_answers_per_s",
            title="Throughput",
            unit=Unit("correct answers/s"),
            better="higher",
            more="more",
            less="less",
            subject="throughput",
            label="correct answers/s",
            kinds=("closed",),
            headline=(1, 1),
            charted=("closed",),
            of_slices="correct_answers_per_s",
        ),
        _response_time("p50", 3, ("open",)),
        _response_time("p95", 2, ()),
        _response_time("p99", 1, ("open", "burst")),
        Metric(
            name="cpu_ms_per_correct_answer",
            title="Server CPU",
            unit=Unit("ms per correct answer"),
            better="lower",
            more="more",
            less="less",
            subject="server CPU per answer",
            label="CPU ms/answer",
            headline=(3, 1),
            charted=_ALL_KINDS,
            of_slices="server_cpu_ms_per_correct_answer",
        ),
        Metric(
            name="peak_pss_bytes",
            title="Peak memory (PSS)",
            unit=Unit("MiB", 1 / 2**20),
            better="lower",
            more="more",
            less="less",
            subject="peak memory",
            label="peak memory, MiB",
            headline=(4, 1),
        ),
        Metric(
            name="peak_rss_bytes",
            title="Peak memory (RSS)",
            unit=Unit("MiB", 1 / 2**20),
            better="lower",
            more="more",
            less="less",
            subject="peak RSS",
            label="peak RSS, MiB",
            kinds=(),  # decided in results of format 2 and before alone
            headline=(4, 2),
        ),
        Metric(
            name="recovery_s",
            title="Recovery from a burst",
            unit=Unit("s"),
            better="lower",
            more="longer",
            less="shorter",
            subject="recovery",
            label="recovery, s",
            kinds=("burst",),
            charted=("burst",),
        ),
        Metric(
            name="failed_share",
            title="Failures",
            unit=Unit("% of requests", 100),
            better="lower",
            more="more",
            less="fewer",
            subject="failures",
            label="failures, %",
            by_difference=True,
            margin=0.001,
        ),
    )
}


def of_kind(kind: str) -> list[Metric]:
    """The metrics that are judged in profiles of this kind."""
    return [metric for metric in METRICS.values() if kind in metric.kinds]


@dataclass(frozen=True)
class Value:
    """One metric of one block, of all endpoints together or of one."""

    profile: str
    pair: int
    side: Side
    endpoint: str
    metric: str
    value: float | None


def values(kind: str, blocks: Iterable[Block], endpoints: Iterable[EndpointFigures]) -> Iterator[Value]:
    """Every value on which a profile of this kind is judged; blocks that are invalid are left out."""
    valid = {(block.profile, block.pair, block.side): block for block in blocks if block.invalid is None}
    judged = of_kind(kind)
    for block in valid.values():
        for metric in judged:
            if not metric.of_endpoints:
                yield Value(block.profile, block.pair, block.side, ALL, metric.name, getattr(block, metric.name))
    for row in endpoints:
        if (row.profile, row.pair, row.side) in valid:
            for metric in judged:
                if metric.of_endpoints:
                    yield Value(row.profile, row.pair, row.side, row.endpoint, metric.name, getattr(row, metric.name))
