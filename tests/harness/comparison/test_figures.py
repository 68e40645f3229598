"""The figures of a pair, from requests and processes of which all is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import ceil, inf
from typing import Any

import pyarrow as pa
import pytest

from loadtests.comparison.bench import without_memory
from loadtests.comparison.figures import Block, EndpointFigures, Side
from loadtests.comparison.measure import Figures, counted, figures, recovery_s, with_response_times
from loadtests.comparison.pair import Memory, Pair, Played
from loadtests.comparison.verdict.metrics import values
from loadtests.contenders import Contender, named
from loadtests.load.profiles import Profile, burst
from loadtests.load.recorder import SCHEMA, Record
from loadtests.resources.other_work import OtherWork
from loadtests.targets import Target

CLOSED = Profile("peak", "closed", slice_s=1, slices=1, users=2)
OPEN = Profile("steady", "open", slice_s=1, slices=1, rate_per_s=10, segments=((10, 1),))
CONTENDERS: dict[Side, Contender | Target] = {"a": named("sync"), "b": named("async")}
USED_S = {"server": 0.3, "backend": 0.2, "generator-0": 0.1, "generator-1": 0.2, "machine": 0.9}


def played(number: int, side: Any, begin_s: float, **changed: Any) -> Played:
    one = Played(
        number, side, begin_s, duration_s=1, ended_s=begin_s + 1.5, arrivals=10, dropped=0, connects=1, cpu_s=USED_S,
        context_switches=30, stalled_s=0.15, turn=(number + 1) // 2, other=OtherWork(0.2, 0.1, 0.05),
        run_queue_wait_s=[0.1, 0.3], heartbeat_lag_ms=[4, 2],
    )  # fmt: skip
    return replace(one, **changed)


PLAYED = [played(1, "a", 0), played(2, "b", 2)]
MEMORY = Memory(
    uss_bytes=50, threads=3, file_descriptors=9, peak_rss_bytes=80, arbiter_pss_bytes=20, workers_pss_bytes=50
)
PAIR = Pair("peak", 1, ["a", "b"], ["b"], PLAYED, {"a": MEMORY, "b": MEMORY})


def request(intended_s: float, **changed: Any) -> Record:
    """Of slice 1, right after 200 ms, sent when it was due."""
    one = Record("get", "GET", 1, intended_s, intended_s, 200, 200, 10, es_ms=120, app_ms=150, failure=None)
    return one._replace(**{"start_s": intended_s} | changed)


def about(value: float) -> Any:
    """But for the rounding of floating point."""
    return pytest.approx(value)


def table(requests: Iterable[Record]) -> pa.Table:
    columns = zip(*requests, strict=True)
    return pa.table(
        [pa.array(column, field.type, from_pandas=True) for column, field in zip(columns, SCHEMA, strict=True)],
        schema=SCHEMA,
    )


def every(step_s: float, begin_s: float = 0, **changed: Any) -> list[Record]:
    """Requests at equal distances for a second."""
    return [request(begin_s + number * step_s, **changed) for number in range(round(1 / step_s))]


BOTH = [*every(0.1), *every(0.1, 2, slice=2)]


def measured(requests: list[Record], profile: Profile = CLOSED, pair: Pair = PAIR) -> Figures:
    return figures(pair, table(requests), profile, CONTENDERS, cores=2)


def block(requests: list[Record], profile: Profile = CLOSED, pair: Pair = PAIR) -> Block:
    """Side a's."""
    return measured(requests, profile, pair).blocks[0]


def test_what_is_due_in_the_first_tenth_of_a_slice_or_after_its_end_is_not_counted() -> None:
    due = [request(at_s) for at_s in (0.0, 0.099, 0.1, 0.5, 0.999, 1.0, 1.2)]
    late = request(0.9, start_s=1.4)
    other = request(0.5, slice=2)
    found = counted(PLAYED[0], table([*due, late, other]))
    assert found["intended_s"].to_pylist() == [0.1, 0.5, 0.999, 0.9]


def test_response_time_counts_from_when_a_request_was_due() -> None:
    found = with_response_times(table([request(0.5, start_s=0.75)]))
    assert (found["wait_ms"].to_pylist(), found["response_time_ms"].to_pylist()) == ([250], [450])


def test_a_block_of_closed_load() -> None:
    assert block(BOTH) == Block(
        profile="peak", pair=1, side="a", contender="sync", position=1, counted_s=0.9, requests=9, failures=0,
        arrivals=None, dropped=0, correct_answers_per_s=10, failed_share=0,
        cpu_ms_per_correct_answer=30, server_cores=about(0.2), backend_cores=about(0.2 / 1.5),
        generator_cores=about(0.2), machine_cores=about(0.6),
        peak_rss_bytes=80, uss_bytes=50, threads=3, file_descriptors=9,
        in_flight=about(2), lateness_p99_ms=None, unsteady=False,
        bottleneck="none", invalid=None,
        connects_per_request=0.1, context_switches_per_request=3, cpu_pressure_share=about(0.1),
        peak_pss_bytes=70, arbiter_pss_bytes=20, workers_pss_bytes=50,
        other_cores=about(0.25), run_queue_share=about(0.2), heartbeat_lag_ms=4,
    )  # fmt: skip


def test_the_other_side_has_figures_of_its_own() -> None:
    a, b = measured([*BOTH, *every(0.2, 2.05, slice=2)]).blocks
    assert (a.position, a.unsteady, a.contender, a.requests) == (1, False, "sync", 9)
    assert (b.position, b.unsteady, b.contender, b.requests) == (2, True, "async", 13)


def test_cpu_time_is_shared_out_over_all_right_answers_of_the_slices_also_the_uncounted() -> None:
    wrong = every(0.1, 0.05, failure="status 500 instead of 200")
    assert block([*BOTH, *wrong]).cpu_ms_per_correct_answer == 300 / 10


def test_the_cpu_time_of_a_service_that_is_not_seen_is_not_guessed() -> None:
    unseen = {group: used_s for group, used_s in USED_S.items() if group != "server"}
    pair = replace(PAIR, played=[played(1, "a", 0, cpu_s=unseen, context_switches=None, stalled_s=None), PLAYED[1]])
    contenders = CONTENDERS | {"a": Target.at("http://127.0.0.1:8000")}
    found = figures(pair, table(BOTH), CLOSED, contenders, cores=2).blocks[0]
    assert (found.cpu_ms_per_correct_answer, found.server_cores, found.context_switches_per_request) == (None,) * 3
    assert found.contender == "127.0.0.1:8000"
    assert found.invalid is None


@pytest.mark.parametrize("agent", [None, "http://10.0.0.1:5100"])
def test_what_a_service_on_another_host_used_is_not_of_this_machine(agent: str | None) -> None:
    used_up = replace(PAIR, played=[played(1, "a", 0, cpu_s=USED_S | {"machine": 3.0}), PLAYED[1]])
    contenders = CONTENDERS | {"a": replace(Target.at("http://127.0.0.1:8000"), agent=agent)}
    found = figures(used_up, table(BOTH), CLOSED, contenders, cores=2).blocks[0]
    assert (found.bottleneck, found.cpu_ms_per_correct_answer, found.server_cores) == ("cores", 30, about(0.2))


def test_wrong_answers_count_as_requests_and_not_as_throughput() -> None:
    """Of the last right one, half is after the slice."""
    found = block([*every(0.1, failure="no JSON")[:5], *every(0.1)[5:], *every(0.1, 2, slice=2)])
    assert (found.requests, found.failures, found.failed_share) == (9, 4, about(4 / 9))
    assert found.correct_answers_per_s == about(4.5 / 0.9)


def test_dropped_arrivals_are_failures() -> None:
    pair = replace(PAIR, played=[played(1, "a", 0, arrivals=12, dropped=3), PLAYED[1]])
    found = block(BOTH, OPEN, pair)
    assert (found.arrivals, found.dropped, found.failed_share) == (12, 3, 3 / 12)
    assert found.invalid is None


def test_a_slice_that_was_played_again_is_in_no_figure_but_its_own() -> None:
    again = played(3, "a", 4), played(4, "b", 6)
    pair = replace(
        PAIR, played=[*(replace(one, kept=False) for one in PLAYED), *(replace(one, turn=1) for one in again)]
    )
    requests = [*BOTH, *every(0.05, 4, slice=3), *every(0.1, 6, slice=4)]
    found = measured(requests, pair=pair)
    assert [one.requests for one in found.blocks] == [18, 9]
    assert [(one.number, one.turn, one.kept, one.requests) for one in found.slices] == [
        (1, 1, False, 9), (2, 1, False, 9), (3, 1, True, 18), (4, 1, True, 9),
    ]  # fmt: skip
    assert {row.requests for row in found.endpoints if row.side == "a"} == {18}


@pytest.mark.parametrize("side", [0, 1])
def test_a_turn_that_stayed_disturbed_excludes_its_pair_on_both_sides(side: int) -> None:
    both = [*PLAYED]
    both[side] = replace(both[side], other=OtherWork(0.5, 0.1, 0.3))
    found = measured(BOTH, pair=replace(PAIR, played=both, limit_cores=0.3))
    reason = "other work took up to 0.80 cores in turn 1, 0.30 are allowed"
    assert [(one.bottleneck, one.invalid) for one in found.blocks] == [("other work", reason)] * 2
    assert [one.invalid for one in measured(BOTH, pair=replace(PAIR, played=both)).blocks] == [None, None]
    undisturbed = replace(PAIR, limit_cores=0.3)
    assert [one.invalid for one in measured(BOTH, pair=undisturbed).blocks] == [None, None]


def test_a_slice_tells_of_other_work_and_of_its_generator() -> None:
    one = measured(BOTH).slices[0]
    assert (one.foreign_cores, one.kernel_cores, one.steal_cores) == (0.2, 0.1, 0.05)
    assert (one.run_queue_share, one.heartbeat_lag_ms) == (about(0.2), 4)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"run_queue_wait_s": [0.1, 0.9]}, "it waited 60% of the time for a core"),
        ({"heartbeat_lag_ms": [60.0, None]}, "its event loop was 60.0 ms late"),
    ],
)
def test_a_starved_generator_makes_its_block_invalid(changed: dict[str, Any], reason: str) -> None:
    pair = replace(PAIR, played=[played(1, "a", 0, **changed), PLAYED[1]])
    found = measured(BOTH, pair=replace(pair, limit_cores=0.3)).blocks
    assert found[0].bottleneck == "generator"
    assert reason in (found[0].invalid or "")
    assert found[1].invalid is None
    assert [one.invalid for one in measured(BOTH, pair=pair).blocks] == [None, None]  # as with BUSY=1


def test_what_a_former_version_recorded_can_be_measured() -> None:
    former = [replace(one, turn=0, other=None, run_queue_wait_s=[], heartbeat_lag_ms=[]) for one in PLAYED]
    found = measured(BOTH, pair=replace(PAIR, played=former))
    assert [(one.invalid, one.other_cores, one.run_queue_share) for one in found.blocks] == [(None, None, None)] * 2


def test_lateness_is_of_open_load_and_needs_a_hundred_requests() -> None:
    late = every(0.005, start_s=0.5)
    late = [one._replace(start_s=one.intended_s + 0.3) for one in late]
    found = block([*late, *every(0.1, 2, slice=2)], OPEN)
    assert found.lateness_p99_ms == about(300)
    assert found.bottleneck == "generator"
    assert block(BOTH, OPEN).lateness_p99_ms is None


def test_a_block_without_a_right_answer_is_valid_and_its_answers_cost_without_end() -> None:
    found = block([*every(0.1, failure="status 500 instead of 200"), *every(0.1, 2, slice=2)])
    assert (found.invalid, found.correct_answers_per_s) == (None, 0)
    assert found.cpu_ms_per_correct_answer == inf


def test_a_side_of_which_no_request_was_due_in_the_counted_part_gave_a_share_of_its_answers() -> None:
    waiting = [request(0, service_time_ms=1_500)] * 2
    found = measured([*waiting, *every(0.1, 2, slice=2)])
    assert (found.blocks[0].requests, found.blocks[0].correct_answers_per_s) == (0, about(2 / 1.5))
    assert [block.invalid for block in found.blocks] == [None, None]
    assert [(one.requests, one.mean_ms, one.p50_ms) for one in found.slices] == [(0, None, None), (9, 200, 200)]


def waves(response_ms: float, users: int = 4, begin_s: float = 0, **changed: Any) -> list[Record]:
    """Users in step, each with its next request at the response to the one before, for a second."""
    step_s = response_ms / 1000
    starts_s = (begin_s + number * step_s for number in range(ceil(1 / step_s)))
    return [request(start_s, service_time_ms=response_ms, **changed) for start_s in starts_s for _ in range(users)]


@pytest.mark.parametrize("response_ms", [7.0, 100.0, 130.0, 200.0, 310.0, 500.0, 999.0, 1_500.0])
def test_users_in_step_have_the_throughput_of_users_by_response_time_wherever_a_slice_ends(response_ms: float) -> None:
    found = measured([*waves(response_ms), *every(0.1, 2, slice=2)])
    assert found.blocks[0].correct_answers_per_s == about(4 * 1000 / response_ms)
    assert found.slices[0].correct_answers_per_s == about(4 * 1000 / response_ms)


def test_a_wrong_answer_has_no_share_in_throughput_at_either_end_of_a_slice() -> None:
    half = [*waves(200.0, users=2), *waves(200.0, users=2, failure="no JSON")]
    found = block([*half, *every(0.1, 2, slice=2)])
    assert (found.requests, found.failures) == (16, 8)
    assert found.correct_answers_per_s == about(2 * 1000 / 200)


def test_a_slice_without_a_request_has_no_throughput() -> None:
    slices = measured(every(0.1, 2, slice=2)).slices
    assert [one.correct_answers_per_s for one in slices] == [0, about(10)]


def test_throughput_of_a_block_is_that_of_all_its_slices() -> None:
    two = replace(PAIR, played=[*PLAYED, played(3, "a", 4), played(4, "b", 6)])
    found = measured([*waves(100.0), *every(0.1, 2, slice=2), *waves(400.0, begin_s=4, slice=3)], pair=two)
    assert [one.correct_answers_per_s for one in found.slices] == [about(40), about(10), about(10), 0]
    assert [one.correct_answers_per_s for one in found.blocks] == [about(25), about(5)]


def test_in_open_load_throughput_counts_what_was_due() -> None:
    """Its arrivals are scheduled, and not one response's doing."""
    found = measured([*waves(200.0), *every(0.1, 2, slice=2)], OPEN)
    assert found.blocks[0].correct_answers_per_s == found.slices[0].correct_answers_per_s == about(16 / 0.9)


def test_where_the_time_went_adds_up_to_the_response_time_of_right_answers() -> None:
    waited = [one._replace(start_s=one.intended_s + 0.05) for one in every(0.1)]
    other = every(0.1, 0.05, endpoint="search", service_time_ms=400, es_ms=100, app_ms=300)
    wrong = every(0.1, failure="time-out", service_time_ms=9_000, es_ms=None, app_ms=None)
    get, search, together = measured([*waited, *other, *wrong, *every(0.1, 2, slice=2)]).endpoints[:3]
    assert [one.endpoint for one in (get, search, together)] == ["get", "search", "all"]
    assert parts(get) == pytest.approx((50, 50, 30, 120))
    assert parts(search) == pytest.approx((0, 100, 200, 100))
    assert sum(parts(together)) == about((9 * 250 + 9 * 400) / 18)


def parts(one: EndpointFigures) -> tuple[Any, ...]:
    return one.generator_ms, one.queue_ms, one.app_ms, one.es_ms


def test_where_the_time_went_is_not_known_of_a_service_that_does_not_tell() -> None:
    silent = every(0.1, es_ms=None, app_ms=None)
    found = measured([*silent, *every(0.1, 2, slice=2)]).endpoints[0]
    assert parts(found) == (0, None, None, None)


def test_percentiles_are_of_response_times_and_never_outrun_their_sample() -> None:
    waited = [one._replace(start_s=one.intended_s + 0.1) for one in every(0.004)]
    found = measured([*waited, *every(0.1, 2, slice=2)], OPEN).endpoints
    few, many = found[2], found[0]
    assert (many.p50_ms, many.p99_ms, many.service_p50_ms) == (about(300), about(300), 200)
    assert (few.requests, few.p50_ms, few.p95_ms, few.p99_ms) == (9, 200, None, None)


CALM_THEN_BURST = burst(10, 40)
"""A calm rate for 3 s, a burst until 6 s, and the calm rate until 15 s."""


def times_ms(**changed: float) -> list[Record]:
    """A request each tenth of a second, 200 ms long, but in the parts `from_TENTHS_to_TENTHS`."""
    times = dict.fromkeys(range(15, 150), 200.0)
    for name, time_ms in changed.items():
        _, begin, _, end = name.split("_")
        times |= dict.fromkeys(range(int(begin), int(end)), time_ms)
    return [request(tenths / 10, service_time_ms=time_ms) for tenths, time_ms in times.items()]


def failing(begin: int, end: int) -> list[Record]:
    """Refused in 2 ms from tenth to tenth of a second."""
    return [
        one._replace(service_time_ms=2.0, failure="status 503 instead of 200")
        if begin <= round(one.intended_s * 10) < end
        else one
        for one in times_ms()
    ]


@pytest.mark.parametrize(
    ("requests", "recovered_s"),
    [
        pytest.param(times_ms(), 0.5, id="never slow"),
        pytest.param(times_ms(from_30_to_60=5_000), 0.5, id="slow in the burst alone"),
        pytest.param(times_ms(from_30_to_75=5_000), 2.0, id="back after the third window"),
        pytest.param(times_ms(from_30_to_75=400), 0.5, id="twice as slow is no slower"),
        pytest.param(times_ms(from_30_to_65=5_000, from_100_to_105=5_000), 5.0, id="back for good counts"),
        pytest.param(times_ms(from_30_to_150=5_000), inf, id="never back"),
        pytest.param(failing(30, 150), inf, id="refused at once, and never back"),
        pytest.param(failing(15, 150), inf, id="refused before the burst"),
        pytest.param(failing(30, 75), 2.0, id="refused until the third window"),
        pytest.param(times_ms()[15:], None, id="nothing came before the burst"),
    ],
)
def test_a_burst_is_over_when_response_times_are_back_for_good(
    requests: list[Record], recovered_s: float | None
) -> None:
    whole = played(1, "a", 0, duration_s=15)
    assert recovery_s(CALM_THEN_BURST, whole, with_response_times(table(requests))) == recovered_s


def test_where_arrivals_were_dropped_silence_is_no_recovery() -> None:
    until_the_burst = [one for one in times_ms() if one.intended_s < 6]
    found = with_response_times(table(until_the_burst))
    whole = played(1, "a", 0, duration_s=15)
    assert recovery_s(CALM_THEN_BURST, whole, found) == 0.5
    assert recovery_s(CALM_THEN_BURST, replace(whole, dropped=90), found) == inf


def test_failures_and_dropped_arrivals_take_for_ever() -> None:
    refused = [one._replace(service_time_ms=2.0, failure="status 503") for one in every(0.01)]
    some = [refused[place] if place % 10 == 0 else one for place, one in enumerate(every(0.01))]
    get, together = measured([*some, *every(0.1, 2, slice=2)], OPEN).endpoints[:2]
    assert (get.p50_ms, get.p95_ms, together.p95_ms) == (about(200), inf, inf)
    dropped = replace(PAIR, played=[played(1, "a", 0, dropped=10), PLAYED[1]])
    get, together = measured([*every(0.01), *every(0.1, 2, slice=2)], OPEN, dropped).endpoints[:2]
    assert (get.p95_ms, together.p50_ms, together.p95_ms) == (about(200), about(200), inf)
    only = measured([*refused, *every(0.1, 2, slice=2)], OPEN)
    assert (only.endpoints[1].p50_ms, only.slices[0].p50_ms) == (inf, inf)


def test_a_burst_that_starts_later_recovers_as_fast() -> None:
    moved = [
        one._replace(intended_s=one.intended_s + 20, start_s=one.start_s + 20) for one in times_ms(from_30_to_75=999)
    ]
    whole = played(2, "b", 20, duration_s=15)
    assert recovery_s(CALM_THEN_BURST, whole, with_response_times(table(moved))) == 2.0


def test_memory_without_pss_is_missing_in_words_and_has_no_decision() -> None:
    """RSS does not stand in for it."""
    unknown = replace(MEMORY, arbiter_pss_bytes=None, workers_pss_bytes=None)
    pair = replace(PAIR, memory={"a": MEMORY, "b": unknown})
    blocks = measured([*BOTH], pair=pair).blocks
    assert [one.peak_pss_bytes for one in blocks] == [70, None]
    [note] = without_memory(blocks)
    assert note.startswith("Memory (PSS) is missing in blocks of async, which no verdict on memory covers")
    assert without_memory(blocks[:1]) == []
    told = {value.side: value.value for value in values("closed", blocks, []) if value.metric == "peak_pss_bytes"}
    assert told == {"a": 70, "b": None}
    assert {value.metric for value in values("closed", blocks, [])}.isdisjoint({"peak_rss_bytes"})
