"""What a gate says, and against which code it holds the current one."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from math import inf
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from loadtests.checkout import sources_sha256
from loadtests.comparison import gate
from loadtests.comparison.figures import Block, EndpointFigures
from loadtests.comparison.gate import (
    HISTORY,
    Gate,
    Line,
    Outcome,
    check_alike,
    check_history,
    code_of,
    contender_of,
    remember,
)
from loadtests.comparison.result import Result
from loadtests.comparison.verdict.decisions import decide
from loadtests.comparison.verdict.metrics import values_of
from loadtests.contenders import named
from loadtests.errors import LabError
from loadtests.options import GateOptions
from loadtests.targets import Target
from tests.harness.comparison.made_results import CONDITIONS, PEAK, measured, spoilt

STUDY = measured(pairs=1, profiles=(PEAK,)).result
CPU = "cpu_ms_per_correct_answer"


GATE = Gate.of(GateOptions.from_environ({"BASE": "results/base"}))
THROUGHPUT, P95, MEMORY, FAILURES = "correct_answers_per_s", "p95_ms", "peak_pss_bytes", "failed_share"
WOBBLE = [1.004, 0.997, 1.0, 0.995, 1.003, 1.001, 0.998, 1.002]


def compared(pairs: int = 10, ratios: Mapping[str, float] = MappingProxyType({})) -> Result:
    """Both sides are alike but for a wobble, and for metrics whose ratio b / a (or difference) is given."""
    made = measured(pairs=pairs)

    def changed(one: Block | EndpointFigures, name: str, alike: float) -> float:
        wobble = WOBBLE[(one.pair * (3 if one.side == "a" else 5)) % len(WOBBLE)]
        if name == FAILURES:
            return ratios.get(name, 0.0) if one.side == "b" else 0.0
        return alike * wobble * (ratios.get(name, 1.0) if one.side == "b" else 1.0)

    blocks = [
        replace(
            one,
            correct_answers_per_s=changed(one, THROUGHPUT, 200.0),
            cpu_ms_per_correct_answer=changed(one, CPU, 2.0),
            peak_pss_bytes=round(changed(one, MEMORY, 1e8)),
            failed_share=changed(one, FAILURES, 0.0),
        )
        for one in made.result.blocks
    ]  # fmt: skip
    endpoints = [replace(one, p95_ms=changed(one, P95, 50.0)) for one in made.result.endpoints]
    return replace(made.result, blocks=blocks, endpoints=endpoints)


@pytest.mark.parametrize(
    ("ratios", "outcome"),
    [
        pytest.param({}, Outcome.PASS, id="alike"),
        pytest.param({CPU: 0.7, P95: 0.5, MEMORY: 0.8, THROUGHPUT: 1.5}, Outcome.PASS, id="better"),
        pytest.param({CPU: 1.01}, Outcome.PASS, id="shown to be worse, by less than half the margin"),
        pytest.param({CPU: 1.1}, Outcome.REGRESSION, id="more CPU"),
        pytest.param({THROUGHPUT: 0.9}, Outcome.REGRESSION, id="fewer responses"),
        pytest.param({P95: 1.3}, Outcome.REGRESSION, id="later"),
        pytest.param({P95: inf}, Outcome.REGRESSION, id="never"),
        pytest.param({CPU: inf, THROUGHPUT: 0.0}, Outcome.REGRESSION, id="no responses"),
        pytest.param({P95: 1.05}, Outcome.PASS, id="p95 has a wide margin"),
        pytest.param({MEMORY: 1.02}, Outcome.REGRESSION, id="memory has a narrow one"),
        pytest.param({FAILURES: 0.01}, Outcome.REGRESSION, id="more failures"),
        pytest.param({FAILURES: 0.0002}, Outcome.PASS, id="hardly more failures"),
        pytest.param({"p99_ms": 2.0}, Outcome.PASS, id="what describes decides nothing"),
    ],
)
def test_a_gate_passes_what_is_surely_no_worse(ratios: dict[str, float], outcome: Outcome) -> None:
    judgement = GATE.judge(compared(ratios=ratios))
    assert judgement.outcome == outcome, judgement.reasons
    assert len(judgement.reasons) == 6


def test_reasons_are_told_in_words() -> None:
    [told] = [
        reason for reason in GATE.judge(compared(ratios={CPU: 1.1})).reasons if reason.startswith(f"steady {CPU}")
    ]
    assert re.fullmatch(
        r"steady cpu_ms_per_correct_answer: regression, 10\.\d% worse over 10 pairs; p \S+ that it is no worse, "
        r"\S+ that it is worse by 5\.0%", told
    )  # fmt: skip


def test_margins_are_settable_and_their_names_are_checked() -> None:
    given = {"BASE": "results/base", "MARGINS": "cpu=15% p95=0.5%"}
    assert Gate.of(GateOptions.from_environ(given)).judge(compared(ratios={CPU: 1.06})).outcome == Outcome.PASS
    with pytest.raises(LabError, match="MARGINS= names speed: there are throughput, p95, cpu, memory, failures"):
        Gate.of(GateOptions.from_environ(given | {"MARGINS": "speed=5%"}))
    for bad in ("cpu", "cpu=5", "cpu=0%", "cpu=-5%", "cpu = 5%", "=5%", "cpu=5%,p95"):
        with pytest.raises(LabError, match=r"MARGINS=.*'cpu=5% p95=15%'"):
            GateOptions.from_environ(given | {"MARGINS": bad})
    assert GateOptions.from_environ(given).command("gate").endswith("MARGINS='cpu=15% p95=0.5%'")


@pytest.mark.parametrize(
    ("pairs", "looks"), [(24, (6, 10, 16, 24)), (12, (6, 10, 12)), (6, (6,)), (30, (6, 10, 16, 24, 30))]
)
def test_looks_are_planned_and_the_last_is_after_all_pairs(pairs: int, looks: tuple[int, ...]) -> None:
    assert Gate.of(GateOptions.from_environ({"BASE": "results/base", "PAIRS": str(pairs)})).looks == looks


def test_a_gate_ends_as_soon_as_it_is_decided_and_not_between_looks() -> None:
    def decides(result: Result) -> bool:
        return GATE.decides(values_of(result.profiles, result.blocks, result.endpoints), result.blocks)

    assert [decides(compared(pairs, {CPU: 1.1})) for pairs in (5, 6, 10)] == [False, True, True]
    assert GATE.judge(compared(5)).outcome == Outcome.INCONCLUSIVE


def test_a_quick_gate_decides_nothing() -> None:
    quick = Gate.of(GateOptions.from_environ({"BASE": "results/base", "QUICK": "1"}))
    assert quick.looks == (3,)
    assert quick.judge(compared(3, {CPU: 2.0})).outcome == Outcome.INCONCLUSIVE


def test_a_missing_metric_is_never_a_pass() -> None:
    whole = compared()
    blocks = [replace(one, peak_pss_bytes=None) for one in whole.blocks]
    judgement = GATE.judge(replace(whole, blocks=blocks))
    assert (judgement.outcome, judgement.reasons[0]) == (
        Outcome.INVALID, "peak peak_pss_bytes: no valid pair has it",
    )  # fmt: skip


def test_nothing_follows_where_more_than_a_tenth_of_the_pairs_are_lost() -> None:
    one_lost = spoilt(compared(), "late", only={"pair": 1, "side": "b"})
    assert GATE.judge(one_lost).outcome == Outcome.PASS
    two_lost = spoilt(one_lost, "late", only={"pair": 2, "side": "a"})
    judgement = GATE.judge(two_lost)
    assert judgement.outcome == Outcome.INVALID
    assert judgement.reasons[0] == "peak load lost 2 of 10 pairs, and a verdict may lose 10%"


def test_a_history_has_its_header_once_and_a_line_for_each_gate(tmp_path: Path) -> None:
    result = compared(ratios={CPU: 1.1})
    result = replace(result, decisions=decide(values_of(result.profiles, result.blocks, result.endpoints)))
    line = Line.of(GATE, Path("results/base"), result, Outcome.REGRESSION)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: remember(tmp_path, line), range(8)))
    header, *lines = (tmp_path / HISTORY).read_text().splitlines()
    assert header == (
        "started,outcome,pairs,base,folder,commit,workload,profiles,throughput,cpu,p95,memory,failures"
    )  # fmt: skip
    assert len(lines) == 8
    assert set(lines) == {lines[0]}
    assert lines[0].startswith("2026-11-22T16:00:00+00:00,regression,10,base,20261122T160000Z-compare,336f")
    assert 0.09 < float(lines[0].split(",")[9]) < 0.11


@pytest.mark.parametrize("former", ["started,outcome\n", "outcome,started,pairs\n1,2,3\n", "\n"])
def test_a_history_of_another_format_is_refused_in_words(tmp_path: Path, former: str) -> None:
    (tmp_path / HISTORY).write_text(former)
    with pytest.raises(LabError, match="has other columns than this version writes: move it away"):
        check_history(tmp_path)
    check_history(tmp_path / "without")


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
