"""A contender, a workload and a metric are each added in one place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from loadtests import contenders
from loadtests.comparison import report
from loadtests.comparison.gate import Gate
from loadtests.comparison.verdict.decisions import decide
from loadtests.comparison.verdict.metrics import METRICS, Metric, Unit, values_of
from loadtests.load.catalogue import Catalogue, Known
from loadtests.load.workloads import WORKLOADS, Popularity, Visitor, definition
from loadtests.options import BenchOptions, GateOptions
from tests.harness.comparison.made_results import PEAK, measured

SWITCHES = Metric(
    name="context_switches_per_request",
    title="Context switches",
    unit=Unit("a request"),
    better="lower",
    more="more",
    less="fewer",
    subject="context switches per request",
    label="context switches/request",
    gain="fewer switches",
    loss="more switches",
    primary_in=("peak",),
    short="switches",
    charted=("closed",),
)


def test_a_metric_that_is_listed_is_decided_reported_drawn_and_gated(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = measured(pairs=6, profiles=(PEAK,))
    monkeypatch.setitem(METRICS, SWITCHES.name, SWITCHES)
    blocks = [
        replace(block, context_switches_per_request=10.0 if block.side == "a" else 30.0) for block in made.result.blocks
    ]
    result = replace(made.result, blocks=blocks)
    result = replace(result, decisions=decide(values_of(result.profiles, result.blocks, result.endpoints)))

    report.write(tmp_path, result, made.requests, made.resources)

    (decided,) = (one for one in result.decisions if one.metric == SWITCHES.name)
    assert decided.ratio == pytest.approx(3)
    assert decided.verdict == "worse"
    page = (tmp_path / "report.html").read_text()
    assert "200% more" in page or "3.00 times" in page
    assert "context switches/request" in page
    assert "more switches" in page
    gate = Gate.of(GateOptions.from_environ({"BASE": "results/x", "PROFILE": "peak", "PAIRS": "6"}))
    told = f"peak {SWITCHES.name}: regression, 200.0% worse over 6 pairs"
    assert any(reason.startswith(told) for reason in gate.judge(result).reasons)


def test_a_workload_that_is_listed_is_taken_asked_and_told_in_the_conditions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(WORKLOADS, "browse", {"get": 3, "search": 1})
    catalogue = Catalogue([Known(f"b{number}", "T", "G", 2000, ["word"]) for number in range(10)])

    visitor = Visitor(catalogue, Popularity(catalogue), 0, BenchOptions.from_environ({"WORKLOAD": "browse"}).workload)

    assert {next(visitor.next_action()).endpoint for _ in range(50)} == {"get", "search"}
    assert definition("browse")["action_weights"] == {"get": 3, "search": 1}


def test_a_contender_that_has_a_table_can_be_compared(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "contenders.toml"
    table = '\n[sync-8]\ntitle = "sync twin of 8 threads"\napp = "sync_app"\nserver = "gunicorn"\nworkers = 1\n'
    more = 'worker_class = "sync_app.connections.Worker"\nthreads = 8\npool = 8\n'
    file.write_text(contenders.FILE.read_text() + table + more)
    monkeypatch.setattr(contenders, "FILE", file)

    _, added = BenchOptions.from_environ({"B": "sync-8"}).sides

    assert (added.title, added.slots) == ("sync twin of 8 threads", 8)
