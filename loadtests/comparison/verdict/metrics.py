"""The metrics of a comparison, which of them carry a verdict, and their values in its blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import exp, inf, log
from typing import Literal

from loadtests.comparison.figures import Block, EndpointFigures, Side
from loadtests.comparison.verdict.exclusion import lost_pairs
from loadtests.load.profiles import BURST, LIGHT, PEAK, STEADY, Profile
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


def _log(value: float) -> float:
    return log(value) if value > 0 else -inf


def _exp(value: float) -> float:
    return exp(value) if value < _MOST_EXPONENT else inf


_MOST_EXPONENT = 700.0
"""`exp` of more is no float."""

LOGARITHMIC = Scale(_log, _exp)
"""Of zero it is -∞, and back."""
PLAIN = Scale(float, float)


@dataclass(frozen=True)
class Metric:
    """All that the lab knows of a metric. To add one, give the blocks or endpoints a field of its name and list it.

    `name` is the field of `figures.Block`, or of `figures.EndpointFigures` where `of_endpoints`. `better` says which
    direction is better; `more` and `less` say which way b differs, `subject` what it is that differs. `gain` and `loss`
    are the words of a verdict, `never` says what befell a side whose figure is infinite (or zero, of a rate). It is
    computed in profiles of `kinds`, and compared by the ratio b / a, or, where zero is a usual value, by the difference
    b - a. Intervals inside `margin` are equivalent: a share of the ratio, or a difference in the stored unit.

    A primary metric carries a verdict: in the first profile of `primary_in` that was played, or in each of them where
    `in_each`. All else describes. `short` is its name on a command line, and `gate_margin` is by how much b may be
    worse for a gate to pass, in the unit of `margin`.

    `label` heads the pair chart in profiles of `charted`; `of_slices` is the field of `figures.Slice` with the same
    figure.
    """

    name: str
    title: str
    unit: Unit
    better: Literal["higher", "lower"]
    more: str
    less: str
    subject: str
    label: str
    gain: str = "better"
    loss: str = "worse"
    never: str = "had no figure"
    kinds: tuple[Kind, ...] = _ALL_KINDS
    by_difference: bool = False
    margin: float = MARGIN
    primary_in: tuple[str, ...] = ()
    in_each: bool = False
    short: str | None = None
    gate_margin: float = MARGIN
    of_endpoints: bool = False
    charted: tuple[Kind, ...] = ()
    of_slices: str | None = None

    @property
    def scale(self) -> Scale:
        return PLAIN if self.by_difference else LOGARITHMIC

    @property
    def equivalent(self) -> float:
        """The margin on the metric's scale."""
        return self.on_scale(self.margin)

    def on_scale(self, margin: float) -> float:
        """A margin on the metric's scale."""
        return margin if self.by_difference else log(1 + margin)

    def primary_profiles(self, played: Iterable[str]) -> tuple[str, ...]:
        """The profiles in which it carries a verdict, of those that were played."""
        names = set(played)
        found = tuple(name for name in self.primary_in if name in names)
        return found if self.in_each else found[:1]


def _response_time(share: str, charted: tuple[Kind, ...], primary_in: tuple[str, ...] = ()) -> Metric:
    return Metric(
        name=f"{share}_ms",
        title=f"Response time, {share}",
        unit=Unit("ms"),
        better="lower",
        more="longer",
        less="shorter",
        subject=f"{share} response time",
        label=f"{share}, ms",
        gain="sooner",
        loss="later",
        never=f"failed so many requests that there is no {share}",
        kinds=("open", "burst"),
        primary_in=primary_in,
        short=share if primary_in else None,
        gate_margin=0.15,
        of_endpoints=True,
        charted=charted,
        of_slices=f"{share}_ms" if charted else None,
    )


MEMORY = "peak_pss_bytes"
"""The field of `figures.Block` that memory is judged by."""

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            name="correct_answers_per_s",
            title="Throughput",
            unit=Unit("correct responses/s"),
            better="higher",
            more="more",
            less="less",
            subject="throughput",
            label="correct responses/s",
            gain="more responses",
            loss="fewer responses",
            never="gave no correct response",
            kinds=("closed",),
            primary_in=(PEAK, LIGHT),
            short="throughput",
            charted=("closed",),
            of_slices="correct_answers_per_s",
        ),
        _response_time("p50", ("open",)),
        _response_time("p95", (), (STEADY, BURST)),
        _response_time("p99", ("open", "burst")),
        Metric(
            name="cpu_ms_per_correct_answer",
            title="Server CPU",
            unit=Unit("ms per correct response"),
            better="lower",
            more="more",
            less="less",
            subject="server CPU per response",
            label="CPU ms/response",
            gain="less CPU",
            loss="more CPU",
            never="gave no correct response",
            primary_in=(STEADY, PEAK, LIGHT, BURST),
            short="cpu",
            charted=_ALL_KINDS,
            of_slices="server_cpu_ms_per_correct_answer",
        ),
        Metric(
            name=MEMORY,
            title="Peak memory (PSS)",
            unit=Unit("MiB", 1 / 2**20),
            better="lower",
            more="more",
            less="less",
            subject="peak memory",
            label="peak memory, MiB",
            gain="less memory",
            loss="more memory",
            primary_in=(PEAK, STEADY, LIGHT, BURST),
            short="memory",
            gate_margin=0.03,
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
            gain="less memory",
            loss="more memory",
            kinds=(),  # decided in results of format 2 and before alone
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
            gain="sooner",
            loss="later",
            never="never recovered",
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
            gain="fewer failures",
            loss="more failures",
            by_difference=True,
            margin=0.001,
            primary_in=(PEAK, STEADY, LIGHT, BURST),
            in_each=True,
            short="failures",
            gate_margin=0.001,
        ),
    )
}


def primaries(played: Iterable[str]) -> list[tuple[str, str]]:
    """Profile and metric of each verdict that a comparison of these profiles gives: its family of tests.

    Throughput is judged at peak, where it is the capacity. CPU per response is judged at a fixed rate, where both sides
    do the same work (at peak it is throughput told once more). Memory is judged at peak, where most is under way.
    Failures are judged wherever they can happen.
    """
    names = [*played]
    return [(profile, metric.name) for metric in METRICS.values() for profile in metric.primary_profiles(names)]


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
    """Every value that a profile of this kind is compared by. A pair of which one block is invalid is left out whole,
    or else what excludes would depend on the side."""
    all_blocks = [*blocks]
    lost = lost_pairs(all_blocks)
    compared = of_kind(kind)
    kept = {(block.profile, block.pair) for block in all_blocks if block.pair not in lost[block.profile]}
    for block in all_blocks:
        for metric in compared:
            if not metric.of_endpoints and (block.profile, block.pair) in kept:
                yield Value(block.profile, block.pair, block.side, ALL, metric.name, getattr(block, metric.name))
    for row in endpoints:
        for metric in compared:
            if metric.of_endpoints and (row.profile, row.pair) in kept:
                yield Value(row.profile, row.pair, row.side, row.endpoint, metric.name, getattr(row, metric.name))


def values_of(
    profiles: Iterable[Profile], blocks: Sequence[Block], endpoints: Sequence[EndpointFigures]
) -> list[Value]:
    """Every value of these profiles: all that a comparison's decisions rest on."""
    found: list[Value] = []
    for profile in profiles:
        ours = [block for block in blocks if block.profile == profile.name]
        found += values(profile.kind, ours, [row for row in endpoints if row.profile == profile.name])
    return found
