"""Sessions of a claim: kept in result folders, found again, an hour apart, under the same conditions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from claims import page, runner
from claims.claim import Arrangement, Claim
from claims.ledger import cpu_bound
from claims.trial import Site, Trial, conclude
from loadtests import runs
from loadtests.comparison.disturbance import Budget, Guard
from loadtests.contenders import named
from loadtests.errors import LabError
from tests.claims.support import CLAIM, FASTER, LOAD, rounds
from tests.harness.conftest import BACKEND
from tests.harness.standin import CATALOGUE

NINE = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
TEN, ELEVEN = NINE + timedelta(hours=1), NINE + timedelta(hours=2)
MACHINE = {"cores": 2, "cpu": "c", "system": "Linux", "kernel": "6.1", "memory_bytes": 8_000_000_000}
CONDITIONS: Mapping[str, Any] = {
    "python": "3.11.7",
    "machine": MACHINE,
    "code": {"commit": "a", "sources_sha256": "s"},
    "backend": {"version": "8.17.10", "mode": "embedded", "documents": 300},
}
SEVERAL = replace(CLAIM, sessions=3)
CLEARLY = (1.30, 1.32, 1.28, 1.31, 1.29, 1.30)
GUARD = Guard(0.1, Budget(0.0))

Play = Callable[..., Trial]
"""`make claims` at an hour, with made-up figures in place of the load. Returns the trial."""


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    monkeypatch.setattr(runner, "prepare", lambda _url, _access: CATALOGUE)

    def at(
        began: datetime,
        ratios: tuple[float, ...] = CLEARLY,
        claim: Claim = SEVERAL,
        invalid: tuple[str, ...] = (),
        guard: Guard | None = GUARD,
        **conditions: object,
    ) -> Trial:
        def trial(_claim: Claim, site: Site) -> Trial:
            return conclude(_claim, rounds(*ratios), invalid, began, site.earlier.get(_claim.name))

        monkeypatch.setattr(runner, "try_out", trial)
        monkeypatch.setattr(runner, "with_backend", lambda _backend: {**CONDITIONS, **conditions})
        monkeypatch.setattr(runs, "datetime", _Clock(began))
        (found,) = runner.run([claim], BACKEND, Console(quiet=True), tmp_path, guard)
        return found

    return at


class _Clock:
    """Names result folders by the made-up hour."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self, _zone: object) -> datetime:
        return self._now


def test_a_claim_is_undecided_until_three_sessions_count_and_says_when_the_next_may_begin(play: Play) -> None:
    first, second, third = play(NINE), play(TEN), play(ELEVEN)
    assert first.judgement.in_words == "undecided: 1 of 3 sessions"
    assert first.notes == (
        "1 of 3 sessions count (2026-07-01 09:00 UTC); 2 missing: run make claims ONLY=faster again, from 2026-07-01 "
        "10:00 UTC on.",
    )
    assert second.judgement.in_words == "undecided: 2 of 3 sessions"
    assert third.judgement.in_words == "reproduced"
    assert third.notes == ("3 of 3 sessions count (2026-07-01 09:00, 2026-07-01 10:00, 2026-07-01 11:00 UTC).",)


def test_sessions_that_disagree_leave_open_what_each_alone_would_decide(play: Play) -> None:
    sessions = [
        play(NINE),
        play(TEN, tuple(0.9 * one for one in CLEARLY)),
        play(ELEVEN, tuple(0.7 * one for one in CLEARLY)),
    ]
    assert sessions[-1].judgement.mark == "undecided"
    (finding,) = sessions[-1].judgement.findings
    assert finding.truth == "open"
    assert finding.mean == pytest.approx(1.3 * (1 * 0.9 * 0.7) ** (1 / 3), abs=0.01)
    assert finding.low is not None
    assert finding.low < 0.9
    assert finding.high is not None
    assert finding.high > 1.3


@pytest.mark.parametrize(("minutes", "counts"), [(0.5, False), (59, False), (60, True), (61, True)])
def test_a_run_within_the_hour_is_no_further_session(play: Play, minutes: float, counts: bool) -> None:
    play(NINE)
    later = play(NINE + timedelta(minutes=minutes))
    assert later.judgement.in_words == f"undecided: {1 + counts} of 3 sessions"
    said = "This session began within an hour of one that counts, and does not count." in later.notes
    assert said != counts


def test_runs_within_an_hour_of_each_other_do_not_add_up(play: Play) -> None:
    """40 minutes apart each: the third begins an hour after the first, the second counts in no case."""
    play(NINE)
    play(NINE + timedelta(minutes=40))
    third = play(NINE + timedelta(minutes=80))
    assert third.notes == (
        "2 of 3 sessions count (2026-07-01 09:00, 2026-07-01 10:20 UTC); 1 missing: run make claims ONLY=faster again, "
        "from 2026-07-01 11:20 UTC on.",
    )


@pytest.mark.parametrize(
    ("changed", "difference"),
    [
        ({"python": "3.12.1"}, "conditions.python: 3.11.7 and 3.12.1"),
        (
            {"machine": {"cores": 4, "cpu": "c", "system": "Linux", "kernel": "6.1", "memory_bytes": 8_000_000_000}},
            "conditions.machine.cores: 2 and 4",
        ),
        ({"code": {"commit": "a", "sources_sha256": "t"}}, "conditions.code.sources_sha256: s and t"),
        ({"guard": None}, "busy: False and True"),
        ({"claim": replace(SEVERAL, statements=(replace(FASTER, low=1.1),))}, "statements.throughput, async / sync: "),
        (
            {"claim": replace(SEVERAL, arrangements={"here": Arrangement(named("sync"), named("async"), LOAD)})},
            "arrangements.here.latency_ms: 20 and 0",
        ),
    ],
)
def test_a_session_under_other_conditions_does_not_count_and_is_named(
    play: Play, changed: dict[str, Any], difference: str
) -> None:
    play(NINE)
    later = play(TEN, **changed)
    assert later.judgement.in_words == "undecided: 1 of 3 sessions"
    assert later.notes[-1].startswith(
        "1 former session was under other conditions and can't be pooled with this one; 20260701T090000Z-claims "
        f"differs in {difference}"
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"code": {"commit": "b", "sources_sha256": "s"}},
        {"machine": {"cores": 2, "cpu": "c", "system": "Linux", "kernel": "6.1", "memory_bytes": 8_000_004_096}},
    ],
)
def test_conditions_that_may_differ_leave_sessions_alike(play: Play, changed: dict[str, Any]) -> None:
    play(NINE)
    assert play(TEN, **changed).judgement.in_words == "undecided: 2 of 3 sessions"


def test_many_differences_and_many_other_sessions_are_told_in_one_sentence(play: Play) -> None:
    play(NINE, python="3.10", backend=CONDITIONS["backend"] | {"version": "7", "mode": "docker", "documents": 5})
    play(TEN, python="3.10", backend=CONDITIONS["backend"] | {"version": "7", "mode": "docker", "documents": 5})
    assert play(ELEVEN).notes[-1] == (
        "2 former sessions were under other conditions and can't be pooled with this one; 20260701T100000Z-claims "
        "differs in conditions.backend.documents: 5 and 300; conditions.backend.mode: docker and embedded; "
        "conditions.backend.version: 7 and 8.17.10; 1 more."
    )


def test_a_session_that_lost_too_many_rounds_does_not_count_now_nor_later(play: Play) -> None:
    lost = play(NINE, invalid=("round 1: other work", "round 2: other work"))
    assert lost.notes == (
        "This session is not whole and does not count.",
        "0 of 3 sessions count; 3 missing: run make claims ONLY=faster again.",
    )
    assert play(TEN).judgement.in_words == "undecided: 1 of 3 sessions"


def test_a_session_with_fewer_rounds_than_planned_does_not_count(play: Play) -> None:
    assert play(NINE, CLEARLY[:5]).judgement.in_words == "undecided: 0 of 3 sessions"


def test_three_former_sessions_decide_also_beside_one_that_does_not_count(play: Play) -> None:
    for hour in (NINE, TEN, ELEVEN):
        play(hour)
    assert play(ELEVEN + timedelta(minutes=5)).judgement.mark == "reproduced"


def test_an_interrupted_run_leaves_no_session_and_no_folder(
    play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as during:
        during.setattr(page, "write", interrupted)
        with pytest.raises(KeyboardInterrupt):
            play(NINE)
    assert [*tmp_path.iterdir()] == []
    assert play(TEN).judgement.in_words == "undecided: 1 of 3 sessions"


@pytest.mark.parametrize("content", [None, "{", "[]", '{"claims": [{}]}', '{"claims": 3}'])
def test_a_former_result_that_cannot_be_read_is_refused_with_the_fix(
    play: Play, tmp_path: Path, content: str | None
) -> None:
    folder = tmp_path / "20260701T080000Z-claims"
    folder.mkdir()
    if content is not None:
        (folder / "run.json").write_text(content)
    with pytest.raises(LabError, match=r"20260701T080000Z-claims holds no record .* move the folder out of "):
        play(NINE)


def test_a_result_from_before_sessions_is_told_as_one_under_other_conditions(play: Play, tmp_path: Path) -> None:
    play(NINE)
    record = tmp_path / "20260701T090000Z-claims" / "run.json"
    content = json.loads(record.read_text())
    del content["busy"], content["claims"][0]["began"], content["claims"][0]["whole"]
    record.write_text(json.dumps(content))
    assert "differs in busy: None and False." in play(TEN).notes[-1]


def test_a_claim_of_one_session_needs_no_former_result(play: Play, tmp_path: Path) -> None:
    (tmp_path / "20260701T080000Z-claims").mkdir()
    found = play(NINE, claim=CLAIM)
    assert (found.judgement.mark, found.notes) == ("reproduced", ())


def test_work_of_the_cpu_is_tried_on_one_server_class_and_in_three_sessions() -> None:
    (arrangement,) = cpu_bound.CLAIM.arrangements.values()
    sides = [
        (side.server, side.worker_class, side.workers, side.threads, side.pool, side.cores)
        for side in arrangement.contenders.values()
    ]
    assert sides[0] == sides[1]
    assert arrangement.a.app != arrangement.b.app
    assert cpu_bound.CLAIM.sessions == 3
