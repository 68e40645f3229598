"""What a gate says, and against which code it holds the current one."""

from __future__ import annotations

import subprocess
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from loadtests.checkout import sources_sha256
from loadtests.comparison import gate
from loadtests.comparison.gate import Judgement, Outcome, check_alike, code_of, contender_of, judge
from loadtests.comparison.result import Result
from loadtests.comparison.verdict.decisions import Decision
from loadtests.contenders import named
from loadtests.errors import LabError
from loadtests.targets import Target
from tests.harness.comparison.made_results import CONDITIONS, PEAK, deciding, decision, decisions, measured

STUDY = measured(pairs=1, profiles=(PEAK,)).result
CPU = "cpu_ms_per_correct_answer"


def with_decision(changed: Decision) -> Result:
    """All metrics are equivalent, but this one."""
    alike = [
        replace(one, verdict="equivalent", ratio=1.0, low=0.99, high=1.01)
        for one in decisions(PEAK, pairs=10)
        if (one.metric, one.endpoint) != (changed.metric, changed.endpoint)
    ]
    return deciding(STUDY, *alike, changed)


def cpu(verdict: Any, ratio: float, low: float | None, high: float | None) -> Decision:
    return decision("peak", CPU, verdict=verdict, ratio=ratio, low=low, high=high)


@pytest.mark.parametrize(
    ("found", "outcome", "reasons"),
    [
        (cpu("equivalent", 1.0, 0.98, 1.02), Outcome.PASS, []),
        (cpu("better", 0.8, 0.7, 0.9), Outcome.PASS, []),
        pytest.param(cpu("inconclusive", 0.95, 0.85, 1.04), Outcome.PASS, [], id="surely not 5% worse"),
        (
            cpu("worse", 1.2, 1.1, 1.3), Outcome.REGRESSION,
            [f"peak all {CPU}: worse, 1.200 [1.100 to 1.300]"],
        ),
        (
            cpu("inconclusive", 1.0, 0.9, 1.1), Outcome.INCONCLUSIVE,
            [f"peak all {CPU}: inconclusive, 1.000 [0.900 to 1.100]"],
        ),
        (
            cpu("inconclusive", 1.0, None, None), Outcome.INCONCLUSIVE,
            [f"peak all {CPU}: inconclusive, 1.000"],
        ),
        pytest.param(
            decision("peak", "correct_answers_per_s", verdict="inconclusive", ratio=1.1, low=0.96, high=1.3),
            Outcome.PASS, [], id="throughput that is surely not 5% worse",
        ),
        pytest.param(
            decision("peak", "correct_answers_per_s", verdict="inconclusive", ratio=1.0, low=0.9, high=1.02),
            Outcome.INCONCLUSIVE, ["peak all correct_answers_per_s: inconclusive, 1.000 [0.900 to 1.020]"],
            id="throughput that may be 10% worse",
        ),
    ],
)  # fmt: skip
def test_a_gate_passes_what_is_surely_no_worse(found: Decision, outcome: Outcome, reasons: list[str]) -> None:
    assert judge(with_decision(found)) == Judgement(outcome, reasons)


def test_one_endpoint_that_is_worse_is_a_regression() -> None:
    worse = decision("peak", "p99_ms", endpoint="get", verdict="worse", ratio=1.2, low=1.1, high=1.3)
    assert judge(with_decision(worse)).outcome == Outcome.REGRESSION


def test_an_endpoint_that_is_open_blocks_nothing() -> None:
    unknown = decision("peak", "p99_ms", endpoint="get", verdict="inconclusive", ratio=1.0, low=0.8, high=1.3)
    assert judge(with_decision(unknown)).outcome == Outcome.PASS


def test_a_missing_metric_is_never_a_pass() -> None:
    whole = with_decision(cpu("equivalent", 1.0, 0.98, 1.02))
    without = replace(whole, decisions=[one for one in whole.decisions if one.metric != CPU])
    assert judge(without) == Judgement(Outcome.INVALID, [f"peak {CPU}: no valid pair has it"])


def test_the_outcomes_are_the_exit_codes_that_scripts_know() -> None:
    assert {outcome.name: int(outcome) for outcome in Outcome} == {
        "PASS": 0, "REGRESSION": 1, "INVALID": 2, "INCONCLUSIVE": 3,
    }  # fmt: skip


def test_unlike_conditions_are_named_and_the_code_may_differ() -> None:
    check_alike(CONDITIONS, CONDITIONS | {"code": {"commit": "another"}})
    with pytest.raises(LabError, match=r"(?s)other conditions.*\n  machine.cores: 2 and 4\n.*make bench"):
        check_alike(CONDITIONS, CONDITIONS | {"machine": CONDITIONS["machine"] | {"cores": 4}})


def test_the_baselines_contender_is_run_again() -> None:
    base = replace(STUDY, contenders={"a": asdict(named("sync-gevent"))})
    assert contender_of(base) == named("sync-gevent")


def test_a_service_that_ran_already_is_no_baseline() -> None:
    base = replace(STUDY, contenders={"a": asdict(Target.at("http://127.0.0.1:8000"))})
    with pytest.raises(LabError, match=r"^the baseline measured 127.0.0.1:8000, no contender of this lab"):
        contender_of(base)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit."""
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "books.py").write_text("committed = True\n")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "first")
    monkeypatch.setattr(gate, "PROJECT", tmp_path)
    return tmp_path


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=tester", "-c", "user.email=tester@localhost"]
    ran = subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return ran.stdout.strip()


def ran_on(checkout: Path) -> dict[str, Any]:
    """The conditions of a comparison of the checkout as it is."""
    return {"code": {"commit": git(checkout, "rev-parse", "HEAD"), "sources_sha256": sources_sha256(checkout)}}


def test_the_code_of_the_baseline_is_there_as_long_as_it_is_needed(checkout: Path) -> None:
    base = ran_on(checkout)
    (checkout / "shared" / "books.py").write_text("committed = False\n")
    with code_of(base) as root:
        assert (root / "shared" / "books.py").read_text() == "committed = True\n"
    assert not root.exists()


def test_a_baseline_of_code_that_was_not_committed_is_refused(checkout: Path) -> None:
    (checkout / "shared" / "books.py").write_text("committed = False\n")
    reason = "^the baseline ran on changes that commit [0-9a-f]+ does not have"
    with pytest.raises(LabError, match=reason), code_of(ran_on(checkout)):
        pytest.fail("it was accepted")


@pytest.mark.parametrize("commit", ["0" * 40, None])
def test_a_baseline_of_a_commit_from_elsewhere_is_refused(checkout: Path, commit: str | None) -> None:
    base = {"code": ran_on(checkout)["code"] | {"commit": commit}}
    with pytest.raises(LabError, match=f"the baseline's commit {commit} is not in this repository"), code_of(base):
        pytest.fail("it was accepted")
