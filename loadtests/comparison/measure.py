"""The figures of a pair, computed from its recorded requests and from what its processes used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, isfinite

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from loadtests.comparison import disturbance
from loadtests.comparison.bottleneck import Evidence, limiting
from loadtests.comparison.figures import Block, EndpointFigures, Side, Slice
from loadtests.comparison.pair import Pair, Played
from loadtests.contenders import Contender
from loadtests.load.orders import UNCOUNTED_SHARE
from loadtests.load.profiles import Profile
from loadtests.statistics import ALL, correct, percentile, shares, under_way_s
from loadtests.targets import Target

RECOVERED_AT = 2.0
RECOVERY_WINDOW_S = 0.5


@dataclass(frozen=True)
class Figures:
    """All of one pair."""

    slices: list[Slice]
    blocks: list[Block]
    endpoints: list[EndpointFigures]


def figures(
    pair: Pair,
    requests: pa.Table,
    profile: Profile,
    contenders: Mapping[Side, Contender | Target],
    cores: int,
) -> Figures:
    """`requests` as `pair.read_requests` gives them; `cores` are the machine's.

    Slices that were played again have figures of their own, and are in no other. A pair that stayed disturbed by other
    work is invalid on all sides.
    """
    requests = with_response_times(requests)
    disturbed = disturbance.lost(pair)
    slices: list[Slice] = []
    blocks: list[Block] = []
    endpoints: list[EndpointFigures] = []
    for side in pair.memory:
        every, kept = ([one for one in some if one.side == side] for some in (pair.played, pair.kept))
        slices += SideFigures(every, profile, contenders[side], requests, cores).slices(pair.number)
        mine = SideFigures(kept, profile, contenders[side], requests, cores)
        block = mine.block(side, pair)
        blocks.append(replace(block, bottleneck="other work", invalid=disturbed) if disturbed else block)
        endpoints += mine.endpoints(side, pair.number)
    return Figures(sorted(slices, key=lambda one: one.number), blocks, endpoints)


def with_response_times(requests: pa.Table) -> pa.Table:
    """With the columns `wait_ms`, from the intended to the real start, and `response_time_ms`, until the response."""
    wait_ms = pc.multiply(pc.subtract(requests["start_s"], requests["intended_s"]), 1000.0)
    requests = requests.append_column("wait_ms", wait_ms)
    return requests.append_column("response_time_ms", pc.add(wait_ms, requests["service_time_ms"]))


def counted(played: Played, requests: pa.Table) -> pa.Table:
    """The slice's requests that were due after its first tenth and before its end."""
    begin_s, end_s = _counted_part_s(played)
    due = pc.and_(pc.greater_equal(requests["intended_s"], begin_s), pc.less(requests["intended_s"], end_s))
    return requests.filter(pc.and_(due, pc.equal(requests["slice"], played.number)))


def recovery_s(profile: Profile, played: Played, requests: pa.Table) -> float | None:
    """How long after the end of a burst the median response time was back for good, at most twice that before it.

    In windows of half a second; the window in which it was back counts. A failure took for ever, and a window that
    dropped arrivals may have emptied is slow. It is infinite where the median was not back, or where the server failed
    before the burst already; None where nothing was due before.
    """
    due_s = requests["intended_s"].to_numpy() - played.begin_s
    times_ms = times_to_success_ms(requests)
    burst_begin_s, burst_end_s, end_s = np.cumsum([length_s for _, length_s in profile.segments])
    before_ms = times_ms[due_s < burst_begin_s]
    if not len(before_ms):
        return inf if played.dropped else None
    calm_ms = float(np.median(before_ms))
    if not isfinite(calm_ms):
        return inf
    begins_s = np.arange(burst_end_s, end_s, RECOVERY_WINDOW_S)
    windows = [times_ms[(due_s >= begin_s) & (due_s < begin_s + RECOVERY_WINDOW_S)] for begin_s in begins_s]
    slow = [
        number
        for number, window in enumerate(windows, 1)
        if (np.median(window) > RECOVERED_AT * calm_ms if len(window) else played.dropped)
    ]
    back = max(slow, default=0) + 1
    return back * RECOVERY_WINDOW_S if back <= len(windows) else inf


def times_to_success_ms(requests: pa.Table, dropped: int = 0) -> npt.NDArray[np.float64]:
    """Response times, infinite for failures and for so many arrivals that found no room.

    `requests` as `with_response_times` gives them. A server that refuses at once is not fast.
    """
    times_ms = np.where(
        requests["failure"].is_valid().to_numpy(), inf, requests["response_time_ms"].to_numpy().astype(np.float64)
    )
    return np.append(times_ms, np.full(dropped, inf))


class SideFigures:
    """Those of one contender's slices. `requests` as `with_response_times` gives them."""

    def __init__(
        self,
        played: Sequence[Played],
        profile: Profile,
        contender: Contender | Target,
        requests: pa.Table,
        cores: int,
    ) -> None:
        self._played = played
        self._profile = profile
        self._contender = contender
        self._cores = cores
        self._whole = requests.filter(
            pc.is_in(requests["slice"], pa.array([one.number for one in self._played], pa.uint16()))
        )
        self._parts = [counted(played, requests) for played in self._played]
        self._requests = pa.concat_tables(self._parts)
        self._load_s = sum(played.ended_s - played.begin_s for played in self._played)

    @property
    def correct_answers_per_s(self) -> float:
        """In closed load, a request counts by the share of its service time in the counted part: see `shares`."""
        return sum(map(self._answers, self._played, self._parts)) / sum(map(_counted_s, self._played))

    def _answers(self, played: Played, part: pa.Table) -> float:
        """The correct ones of a slice. In open load, those that were due in its counted part."""
        if self._profile.kind != "closed":
            return _correct(part)
        return float(shares(correct(self._of_slice(played)), *_counted_part_s(played)).sum())

    def _of_slice(self, played: Played) -> pa.Table:
        """All requests, also those that are not counted."""
        return self._whole.filter(pc.equal(self._whole["slice"], played.number))

    def slices(self, pair: int) -> Iterator[Slice]:
        for played, part in zip(self._played, self._parts, strict=True):
            times_ms = part["response_time_ms"].to_numpy()
            counted_s = _counted_s(played)
            ends_ms = times_to_success_ms(part, played.dropped)
            whole = _correct(self._of_slice(played))
            generator_s = sum(_of(played, group) or 0.0 for group in self._generators())
            yield Slice(
                self._profile.name,
                pair,
                played.number,
                played.side,
                played.begin_s,
                counted_s,
                part.num_rows,
                part.num_rows - _correct(part),
                played.dropped,
                self._answers(played, part) / counted_s,
                float(times_ms.mean()) if len(times_ms) else None,
                percentile(ends_ms, 0.5),
                percentile(ends_ms, 0.99),
                _per_response_ms(_of(played, "server"), whole),
                _per_response_ms(_of(played, "backend"), whole),
                _per_response_ms(generator_s, whole),
                played.turn,
                played.kept,
                *_other(played),
                _run_queue_share(played),
                _worst(played.heartbeat_lag_ms),
            )

    def block(self, side: Side, pair: Pair) -> Block:
        requests, profile = self._requests, self._profile
        counted_s = sum(map(_counted_s, self._played))
        dropped = sum(played.dropped for played in self._played)
        failures = requests.num_rows - _correct(requests)
        memory, evidence = pair.memory[side], self.evidence()
        bottleneck, invalid = limiting(evidence if pair.limit_cores is not None else whatever_starved_it(evidence))
        return Block(
            profile=profile.name,
            pair=pair.number,
            side=side,
            contender=self._contender.name,
            position=1 + pair.order.index(side),
            counted_s=counted_s,
            requests=requests.num_rows,
            failures=failures,
            arrivals=sum(one.arrivals for one in self._played) if profile.kind != "closed" else None,
            dropped=dropped,
            correct_answers_per_s=self.correct_answers_per_s,
            failed_share=(failures + dropped) / max(requests.num_rows + dropped, 1),
            cpu_ms_per_correct_answer=_per_response_ms(self._cpu_s("server"), _correct(self._whole)),
            server_cores=self._per_s(self._cpu_s("server")),
            backend_cores=self._per_s(self._cpu_s("backend")),
            generator_cores=sum(self._generator_cores()),
            machine_cores=self._per_s(self._cpu_s("machine")) or 0.0,
            peak_rss_bytes=memory.peak_rss_bytes,
            uss_bytes=memory.uss_bytes,
            threads=memory.threads,
            file_descriptors=memory.file_descriptors,
            in_flight=evidence.in_flight,
            lateness_p99_ms=evidence.lateness_p99_ms,
            unsteady=side in pair.unsteady,
            bottleneck=bottleneck,
            invalid=invalid,
            recovery_s=recovery_s(self._profile, self._played[0], requests) if profile.kind == "burst" else None,
            connects_per_request=sum(one.connects for one in self._played) / max(self._whole.num_rows, 1),
            context_switches_per_request=self._total("context_switches", max(self._whole.num_rows, 1)),
            cpu_pressure_share=self._total("stalled_s", self._load_s),
            peak_pss_bytes=memory.peak_pss_bytes,
            arbiter_pss_bytes=memory.arbiter_pss_bytes,
            workers_pss_bytes=memory.workers_pss_bytes,
            other_cores=evidence.other_cores,
            run_queue_share=evidence.run_queue_share,
            heartbeat_lag_ms=evidence.heartbeat_lag_ms,
        )

    def endpoints(self, side: Side, pair: int) -> Iterator[EndpointFigures]:
        names = sorted(pc.unique(self._requests["endpoint"]).to_pylist())
        for name in names:
            yield self._endpoint(side, pair, name, self._requests.filter(pc.equal(self._requests["endpoint"], name)))
        dropped = sum(played.dropped for played in self._played)
        yield self._endpoint(side, pair, ALL, self._requests, dropped)

    def _endpoint(self, side: Side, pair: int, name: str, part: pa.Table, dropped: int = 0) -> EndpointFigures:
        response_ms, service_ms = times_to_success_ms(part, dropped), part["service_time_ms"].to_numpy()
        return EndpointFigures(
            self._profile.name,
            pair,
            side,
            name,
            part.num_rows,
            part.num_rows - _correct(part),
            *(percentile(response_ms, share) for share in (0.5, 0.95, 0.99)),
            *(percentile(service_ms, share) for share in (0.5, 0.99)),
            *_where_the_time_went(correct(part)),
        )

    def evidence(self) -> Evidence:
        """Of what limited the block."""
        is_closed = self._profile.kind == "closed"
        in_flight = sum(map(self._in_flight_s, self._played)) / sum(map(_counted_s, self._played))
        waits_ms = self._requests["wait_ms"].to_numpy()
        lags_ms = [lag_ms for one in self._played if (lag_ms := _worst(one.heartbeat_lag_ms)) is not None]
        return Evidence(
            kind="closed" if is_closed else "open",
            faults=tuple(dict.fromkeys(fault for one in self._played for fault in one.faults)),
            lateness_p50_ms=None if is_closed else percentile(waits_ms, 0.5),
            lateness_p99_ms=None if is_closed else percentile(waits_ms, 0.99),
            run_queue_share=self._mean([(_run_queue_share(one), one) for one in self._played]),
            heartbeat_lag_ms=float(np.median(lags_ms)) if lags_ms else None,
            generator_cores=tuple(self._generator_cores()),
            server_cores=None if self._is_elsewhere() else self._per_s(self._cpu_s("server")),
            allotted_cores=self._contender.most_cores if isinstance(self._contender, Contender) else None,
            backend_cores=self._per_s(self._cpu_s("backend")),
            in_flight=in_flight,
            slots=self._contender.slots,
            other_cores=self._mean([(_disturbing_cores(one), one) for one in self._played]),
            machine_cores=self._per_s(self._cpu_s("machine")) or 0.0,
            cores=self._cores,
        )

    def _mean(self, each: Sequence[tuple[float | None, Played]]) -> float | None:
        """Over the time of slices; None where one does not tell."""
        parts = [figure * (one.ended_s - one.begin_s) for figure, one in each if figure is not None]
        return sum(parts) / self._load_s if parts and len(parts) == len(each) else None

    def _is_elsewhere(self) -> bool:
        """Whether the server has cores that are not this machine's, as far as is known."""
        return isinstance(self._contender, Target) and self._contender.agent is not None

    def _in_flight_s(self, played: Played) -> float:
        """The time that requests were under way in the counted part of a slice, summed over requests."""
        return float(under_way_s(self._of_slice(played), *_counted_part_s(played)).sum())

    def _generators(self) -> list[str]:
        return [group for group in self._played[0].cpu_s if group.startswith("generator-")]

    def _generator_cores(self) -> list[float]:
        return [self._per_s(self._cpu_s(group)) or 0.0 for group in self._generators()]

    def _cpu_s(self, group: str) -> float | None:
        used_s = [_of(played, group) for played in self._played]
        return None if None in used_s else sum(one for one in used_s if one is not None)

    def _total(self, name: str, per: float) -> float | None:
        """The sum over slices of something that not every system tells."""
        told = [value for one in self._played if (value := getattr(one, name)) is not None]
        return sum(told) / per if told else None

    def _per_s(self, used_s: float | None) -> float | None:
        return None if used_s is None else used_s / self._load_s


def _of(played: Played, group: str) -> float | None:
    return played.cpu_s.get(group)


def _other(played: Played) -> tuple[float | None, float | None, float | None]:
    """Foreign, the kernel's and stolen; see Slice."""
    other = played.other
    return (other.foreign_cores, other.kernel_cores, other.steal_cores) if other else (None, None, None)


def _disturbing_cores(played: Played) -> float | None:
    return played.other.disturbing_cores if played.other else None


def whatever_starved_it(evidence: Evidence) -> Evidence:
    """Where other work is not limited, it may keep the generator from its cores, too."""
    return replace(evidence, run_queue_share=None, heartbeat_lag_ms=None)


def _run_queue_share(played: Played) -> float | None:
    worst_s = _worst(played.run_queue_wait_s)
    return None if worst_s is None else worst_s / (played.ended_s - played.begin_s)


def _worst(processes: Iterable[float | None]) -> float | None:
    return max((figure for figure in processes if figure is not None), default=None)


def _counted_part_s(played: Played) -> tuple[float, float]:
    """Its begin and its end."""
    return played.begin_s + UNCOUNTED_SHARE * played.duration_s, played.begin_s + played.duration_s


def _counted_s(played: Played) -> float:
    return (1 - UNCOUNTED_SHARE) * played.duration_s


def _correct(requests: pa.Table) -> int:
    return int(requests["failure"].null_count)


def _per_response_ms(cpu_s: float | None, responses: int) -> float | None:
    """Infinite where there is no response; None where the CPU time is not known."""
    if cpu_s is None:
        return None
    return cpu_s * 1000 / responses if responses else inf


def _where_the_time_went(right: pa.Table) -> tuple[float | None, ...]:
    """Means of the waits in the generator, network and queue, application, Elasticsearch; see EndpointFigures."""
    told = right.filter(pc.and_(pc.is_valid(right["es_ms"]), pc.is_valid(right["app_ms"])))
    generator_ms = pc.mean(right["wait_ms"]).as_py()
    if not told.num_rows or told.num_rows < right.num_rows:
        return generator_ms, None, None, None
    service_ms, app_ms, es_ms = (np.mean(told[name].to_numpy()) for name in ("service_time_ms", "app_ms", "es_ms"))
    return generator_ms, float(service_ms - app_ms), float(app_ms - es_ms), float(es_ms)
