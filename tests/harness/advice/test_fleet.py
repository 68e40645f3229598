"""How much of everything, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import ceil

import pytest
from rich.console import Console

from loadtests.advice import command, sizing
from loadtests.advice import fleet as fleet_module
from loadtests.advice.costs import Mean, measured
from loadtests.advice.fleet import Count, Fleet, planned
from loadtests.advice.notes import NOT_KNOWN, notes
from loadtests.advice.sizing import MOST_UNDERSTATED_SHARE, PLANNED_SHARE
from loadtests.advice.tables import tables
from loadtests.comparison.bottleneck import MOST_GENERATOR_CORES
from loadtests.comparison.figures import SIDES
from loadtests.comparison.result import Result
from loadtests.errors import LabError
from loadtests.options import AdviseOptions
from tests.harness.advice.support import result
from tests.harness.comparison.made_results import PEAK

STUDY = result(cpu_ms_per_correct_answer=3.5, server_cores=0.35, backend_cores=0.7, generator_cores=0.14)
"""Without any spread: CPU ms of an answer are 3.5 for the service, 7 for Elasticsearch and 1.4 for the generator."""


def wanted(**options: str) -> AdviseOptions:
    return AdviseOptions.from_environ({"RATE": "1000", "SLO": "p99<10s", **options})


def fleets(made: Result, options: AdviseOptions) -> list[Fleet]:
    return [planned(measured(made, side), options) for side in ("a", "b")]


@pytest.fixture(scope="module", autouse=True)
def short_simulations() -> Iterator[None]:
    """Enough to judge a weak objective: here counts follow from costs."""
    with pytest.MonkeyPatch.context() as patched:
        for module in (fleet_module, sizing):
            patched.setattr(module, "LEAST_REQUESTS", 1_000)
        patched.setattr(sizing, "_BEYOND", 10)
        yield


@pytest.fixture(scope="module")
def usual() -> list[Fleet]:
    return fleets(STUDY, wanted())


def test_all_is_in_proportion_to_the_rate_and_used_by_seven_tenths() -> None:
    assert MOST_GENERATOR_CORES["open"] == 0.7
    fleet, _ = fleets(STUDY, wanted(RATE="99990", CORES="16"))
    counts = {
        "workers": 500, "machines": ceil(500 / 16),
        "backend_cores": 1_000, "backend_nodes": ceil(1_000 / 16),
        "generators": 200, "generator_machines": ceil(200 / 16),
    }  # fmt: skip
    assert {name: getattr(fleet, name) for name in counts} == {
        name: Count(int(count), int(count), int(count)) for name, count in counts.items()
    }


def test_the_spread_of_the_costs_becomes_an_interval_of_counts() -> None:
    costs = replace(measured(STUDY, "a"), service_cpu_ms=Mean(3.5, 2.8, 4.2), generator_cpu_ms=Mean(1.4, 1.05, 1.75))
    fleet = planned(costs, wanted(RATE="9990"))
    assert (fleet.workers, fleet.machines) == (Count(50, 40, 60), Count(4, 3, 4))
    assert (fleet.generators, fleet.generator_machines) == (Count(20, 15, 25), Count(2, 1, 2))


def test_the_machines_memory_can_be_what_bounds_its_workers() -> None:
    costs = replace(measured(STUDY, "a"), worker_bytes=2**29, arbiter_bytes=0)
    fleet = planned(costs, wanted(RATE="10000", CORES="16", MEMORY_GIB="2"))
    assert (fleet.workers_a_machine, fleet.memory_gib, fleet.machines) == (4, 25, Count(13, 13, 13))


def test_a_machine_without_room_for_a_worker_is_refused() -> None:
    costs = replace(measured(STUDY, "a"), worker_bytes=2**30, arbiter_bytes=2**28)
    with pytest.raises(LabError, match=r"MEMORY_GIB=0.5: a worker of sync holds 1.00 GiB, and its arbiter 0.25 GiB"):
        planned(costs, wanted(MEMORY_GIB="0.5"))


def test_a_given_latency_takes_the_place_of_the_measured_one(usual: list[Fleet]) -> None:
    slow = fleets(STUDY, wanted(LATENCY_MS="300"))
    assert [fleet.service.latency_ms for fleet in slow] == [300, 300]
    assert ("time in Elasticsearch, ms", "300, as given", "300, as given") in tables(slow, wanted(LATENCY_MS="300"))[
        0
    ].rows
    assert [fleet.workers for fleet in slow] == [fleet.workers for fleet in usual]
    assert slow[0].size.slots > usual[0].size.slots == usual[0].costs.slots


def test_both_contenders_stand_side_by_side(usual: list[Fleet]) -> None:
    for table in tables(usual, wanted()):
        assert table.header == ("", "sync", "async")
        assert {len(row) for row in table.rows} == {3}


def test_the_arithmetic_has_the_figures_of_the_advice(usual: list[Fleet]) -> None:
    rows = {row[0]: row[1] for table in tables(usual, wanted()) for row in table.rows}
    assert rows["cores for the service"] == "1,000/s × 3.50 ms ÷ 70% = 5.00"
    assert rows["workers, a core each"] == rows["workers that keep the objective"] == "5"
    assert rows["asked of each"] == "1,000/s ÷ 5 = 200/s"
    assert rows["cores for Elasticsearch"] == "1,000/s × 7.00 ms ÷ 70% = 10.0"
    assert rows["threads or connections of each"] == rows["that keep the objective"]


def test_what_an_elasticsearch_elsewhere_needs_is_not_known(usual: list[Fleet]) -> None:
    elsewhere = [planned(replace(usual[0].costs, backend_cpu_ms=None), wanted())]
    rows = {row[0]: row[1] for table in tables(elsewhere, wanted()) for row in table.rows}
    labels = (
        "Elasticsearch, CPU ms",
        "Elasticsearch, cores",
        "Elasticsearch, nodes of 16 cores",
        "cores for Elasticsearch",
    )
    assert {rows[label] for label in labels} == {"not known"}


def test_a_comparison_without_open_load_holds_the_simulation_against_nothing() -> None:
    made = result(PEAK)
    found = fleets(made, wanted())
    assert [table.title for table in tables(found, wanted())][-2] == "How that follows"
    assert any("no open load" in note for note in notes(made, found, wanted()))


def test_notes_tell_the_machine_what_is_stretched_and_what_is_not_known() -> None:
    options = wanted(RATE="50000", LATENCY_MS="600")
    expected = [
        "Costs are those of 20261122T160000Z-compare: workload mixed, profile steady, valid pairs: 3 of sync and 3 of "
        "async; on Intel(R) Xeon(R) Processor @ 2.80GHz, 2 cores.",
        "That was a quick comparison",
        "sync got ",
        "sync was not measured with more than 16 threads a worker: make bench THREADS=",
        "async got ",
        "async was not measured with more than 100 pool a worker: make bench POOL=",
        NOT_KNOWN,
    ]
    told = [*notes(replace(STUDY, quick=True), fleets(STUDY, options), options)]
    assert [note[: len(begin)] for note, begin in zip(told, expected, strict=True)] == expected


def test_the_command_prints_tables_and_notes() -> None:
    console = Console(width=400)
    with console.capture() as captured:
        command.advise(wanted(RUN="results/example/compare", RATE="100"), console)
    said = captured.get()
    assert [
        part for part in ("What 100/s with p99<10s need", "Costs are those of", NOT_KNOWN) if part not in said
    ] == []


@pytest.mark.parametrize(
    ("environ", "reason"),
    [
        ({"RATE": ""}, "RATE=: give requests per second that are wanted"),
        ({"RATE": "0"}, "RATE=0: "),
        ({"LATENCY_MS": "-1"}, "LATENCY_MS=-1: "),
        ({"CORES": "0"}, "CORES=0: "),
        ({"MEMORY_GIB": "some"}, "MEMORY_GIB=some: "),
    ],
)
def test_a_bad_option_is_refused_by_its_name(environ: dict[str, str], reason: str) -> None:
    with pytest.raises(LabError, match=reason):
        wanted(**environ)


def test_never_fewer_slots_are_planned_than_were_measured(usual: list[Fleet]) -> None:
    assert [fleet.size.slots for fleet in usual] == [fleet.costs.slots for fleet in usual] == [16, 100]


def test_a_plan_keeps_half_of_the_objective_and_says_what_its_p99_can_be(usual: list[Fleet]) -> None:
    assert sizing.planned_for(sizing.time_limits("p99<200ms")).terms == sizing.time_limits("p99<100ms")
    assert PLANNED_SHARE <= 1 - MOST_UNDERSTATED_SHARE
    rows = {row[0]: row[1] for table in tables(usual, wanted()) for row in table.rows}
    low_ms, high_ms = (float(part.replace(",", "")) for part in rows["p99, ms, simulated, to at worst"].split(" to "))
    assert high_ms == pytest.approx(low_ms / (1 - MOST_UNDERSTATED_SHARE), rel=0.02)


def test_a_plan_is_shown_under_a_burst_more_load_and_a_slow_elasticsearch(usual: list[Fleet]) -> None:
    table = next(one for one in tables(usual, wanted()) if one.title == "What becomes of a worker of this plan")
    assert [row[0].partition(" with ")[2].partition(",")[0] for row in table.rows] == [
        "a burst", "1.3 × the rate", "an Elasticsearch twice as slow",
    ]  # fmt: skip
    [burst] = [row for row in tables(usual, wanted(SLO="p99<300ms"))[3].rows if "burst" in row[0]]
    assert burst[1].endswith("breaks the objective")


def test_a_cluster_of_more_nodes_than_one_can_be_is_refused_with_the_rate_of_a_cell() -> None:
    with pytest.raises(LabError, match=r"RATE=1e\+07: Elasticsearch needs 6,250 nodes.*RATE=1.6e\+05 or less"):
        planned(measured(STUDY, "a"), wanted(RATE="10000000"))


def test_memory_by_rss_is_named_as_such(usual: list[Fleet]) -> None:
    former = replace(STUDY, blocks=[replace(one, peak_pss_bytes=None) for one in STUDY.blocks])
    found = [replace(fleet, costs=measured(former, side)) for fleet, side in zip(usual, SIDES, strict=True)]
    assert any(note.startswith("Memory of sync and async is by RSS") for note in notes(former, found, wanted()))
    assert "(RSS)" in str(tables(found, wanted())[0].rows)
    assert "(PSS)" in str(tables(usual, wanted())[0].rows)
