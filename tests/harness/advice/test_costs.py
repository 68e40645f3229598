"""What a request costs, as a stored comparison tells."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest

from loadtests.advice.costs import Mean, measured
from loadtests.advice.queueing import Kind
from loadtests.checkout import PROJECT
from loadtests.comparison import files
from loadtests.contenders import named
from loadtests.errors import LabError
from loadtests.statistics import ALL
from loadtests.targets import Target
from tests.harness.advice.support import result
from tests.harness.comparison.made_results import PEAK, STEADY, spoilt

EXAMPLE = files.read(PROJECT / "results/example/compare")


def test_a_mean_is_that_of_logarithms_and_has_students_interval() -> None:
    """t(0.975, 1) is 12.706; the logs of 2 and 8 are log 4 ∓ log 2, with the standard error log 2."""
    mean = Mean.of([2.0, 8.0])
    assert (mean.value, mean.low, mean.high) == pytest.approx((4, 4 / 2**12.7062, 4 * 2**12.7062), rel=1e-4)


def test_every_cost_is_of_an_answer() -> None:
    """Elasticsearch's and the generator's as the blocks have their cores beside the service's."""
    made = result(cpu_ms_per_correct_answer=3.0, server_cores=0.6, backend_cores=0.8, generator_cores=0.2)
    costs = measured(made, "a")
    found = {name: getattr(costs, f"{name}_cpu_ms").value for name in ("service", "backend", "generator")}
    assert found == pytest.approx({"service": 3.0, "backend": 4.0, "generator": 1.0})


def test_the_slices_of_the_example_tell_the_same_costs() -> None:
    """They count each slice's CPU time and answers by themselves."""
    costs = measured(EXAMPLE, "b")
    slices = [one for one in EXAMPLE.slices if (one.profile, one.side) == ("steady", "b")]
    for group, mean in (("backend", costs.backend_cpu_ms), ("generator", costs.generator_cpu_ms)):
        assert mean is not None
        of_slices = Mean.of(getattr(one, f"{group}_cpu_ms_per_correct_answer") for one in slices)
        assert mean.value == pytest.approx(of_slices.value, rel=0.01)


def test_open_load_is_preferred_to_closed() -> None:
    assert [measured(made, "a").profile for made in (result(PEAK, STEADY), result(PEAK))] == [STEADY, PEAK]


def test_memory_is_the_most_that_a_worker_held() -> None:
    made = result(a=replace(named("sync"), workers=2))
    ours = [block for block in made.blocks if (block.profile, block.side) == ("steady", "a")]
    costs = measured(made, "a")
    assert (costs.worker_bytes, costs.memory_by) == (max(block.workers_pss_bytes or 0 for block in ours) / 2, "PSS")
    assert costs.arbiter_bytes == 20_000_000
    former = replace(made, blocks=[replace(one, peak_pss_bytes=None) for one in made.blocks])
    costs = measured(former, "a")
    assert (costs.worker_bytes, costs.memory_by) == (max(block.peak_rss_bytes or 0 for block in ours) / 2, "RSS")
    assert costs.arbiter_bytes == 0


def test_endpoints_are_kinds_by_their_time_in_elasticsearch() -> None:
    made = result(STEADY)
    times_ms = {ALL: (400, 20.0), "get": (300, 10.0), "dashboard": (100, 50.0)}
    told = [
        replace(one, requests=times_ms[one.endpoint][0], es_ms=times_ms[one.endpoint][1])
        for one in made.endpoints
        if one.endpoint in times_ms
    ]
    costs = measured(replace(made, endpoints=told), "a")
    assert costs.backend_ms.value == pytest.approx(20)
    assert costs.kinds == (Kind(0.25, 2.5), Kind(0.75, 0.5))


def test_invalid_pairs_do_not_count() -> None:
    made = spoilt(result(pairs=4), "generator: late", only={"profile": "steady", "side": "a", "pair": 2})
    dear = [replace(block, cpu_ms_per_correct_answer=99.0) if block.invalid else block for block in made.blocks]
    costs = measured(replace(made, blocks=dear), "a")
    assert costs.pairs == 3
    assert costs.service_cpu_ms.value == pytest.approx(2.8, rel=0.1)


def test_an_elasticsearch_elsewhere_has_no_known_cost() -> None:
    assert measured(result(backend_cores=None), "a").backend_cpu_ms is None


@pytest.mark.parametrize(
    ("figures", "reason"),
    [
        (
            {"cpu_ms_per_correct_answer": None, "server_cores": None},
            "lacks CPU times, memory or times in Elasticsearch",
        ),
        (
            {"peak_rss_bytes": None, "peak_pss_bytes": None},
            "lacks CPU times, memory or times in Elasticsearch of sync: make bench",
        ),
        ({"invalid": "generator: late"}, "has 0 valid pairs of sync under steady, and .* needs 2: make bench"),
    ],
)
def test_what_a_comparison_lacks_is_named_with_the_mend(figures: dict[str, Any], reason: str) -> None:
    with pytest.raises(LabError, match=reason):
        measured(result(**figures), "a")


def test_one_pair_has_no_spread() -> None:
    with pytest.raises(LabError, match="has 1 valid pairs"):
        measured(result(pairs=1), "a")


def test_of_a_service_that_ran_already_no_cost_is_known() -> None:
    made = result()
    foreign = asdict(Target.at("http://127.0.0.1:8000"))
    with pytest.raises(LabError, match=r"127.0.0.1:8000, a service that ran already.*make bench A=sync B=async"):
        measured(replace(made, contenders={**made.contenders, "b": foreign}), "b")


def test_the_example_tells_what_its_comparison_says() -> None:
    """The decisions have the same means, to four decimals."""
    for side in ("a", "b"):
        decided = next(
            one for one in EXAMPLE.decisions if (one.profile, one.metric) == ("steady", "cpu_ms_per_correct_answer")
        )
        assert measured(EXAMPLE, side).service_cpu_ms.value == pytest.approx(getattr(decided, side), abs=1e-4)
