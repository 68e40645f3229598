"""The verdict on what the twins' layers cost, of made-up figures and of a short real comparison."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from loadtests.backend import Backend
from loadtests.comparison import commands, files
from loadtests.comparison.gate import Outcome
from loadtests.comparison.overhead import LIMIT, METRIC, judge, worst
from loadtests.comparison.result import Result
from loadtests.comparison.verdict.decisions import decide
from loadtests.options import OverheadOptions
from tests.harness.comparison.made_results import PEAK, deciding, decision, measured
from tests.harness.comparison.support import values_of

STUDY = measured(pairs=1, profiles=(PEAK,)).result
ABOVE, BELOW = LIMIT + 0.001, LIMIT - 0.001


def found(ratio: float, low: float | None, high: float | None) -> Result:
    """The twin's interval is this one; it is slower in all else, by whatever word."""
    others = [decision("peak", name, verdict="slower", ratio=9.0, low=8.0, high=10.0) for name in ("peak_pss_bytes",)]
    of_an_endpoint = decision("peak", METRIC, endpoint="get", ratio=9.0, low=8.0, high=10.0)
    mine = decision("peak", METRIC, verdict="slower", ratio=ratio, low=low, high=high)
    return deciding(STUDY, *others, of_an_endpoint, mine)


@pytest.mark.parametrize(
    ("low", "high", "outcome", "place"),
    [
        (1.00, 1.09, Outcome.PASS, "at or below"),
        (0.80, 0.90, Outcome.PASS, "at or below"),
        (1.00, LIMIT, Outcome.PASS, "at or below"),
        (1.00, ABOVE, Outcome.INCONCLUSIVE, "across"),
        (BELOW, 1.40, Outcome.INCONCLUSIVE, "across"),
        (LIMIT, 1.40, Outcome.INCONCLUSIVE, "across"),
        (ABOVE, 1.40, Outcome.REGRESSION, "above"),
    ],
)
def test_the_whole_interval_decides(low: float, high: float, outcome: Outcome, place: str) -> None:
    ratio = (low + high) / 2
    judgement = judge(found(ratio, low, high))
    assert judgement.outcome == outcome
    assert judgement.reasons == [f"{ratio:.3f} [{low:.3f} to {high:.3f}], {place} the limit of {LIMIT}"]


def test_one_pair_is_inconclusive_however_low_it_is() -> None:
    assert judge(found(0.5, None, None)).outcome == Outcome.INCONCLUSIVE


def test_no_valid_pair_is_invalid() -> None:
    without = [one for one in found(1.0, 0.9, 1.1).decisions if one.metric != METRIC]
    assert judge(deciding(STUDY, *without)).outcome == Outcome.INVALID
    assert judge(deciding(STUDY)).reasons == [f"no valid pair has {METRIC}"]


@pytest.mark.parametrize(
    ("bare_ms", "twin_ms", "outcome"),
    [
        ([1.00, 1.02, 0.98, 1.01], [1.03, 1.06, 1.02, 1.03], Outcome.PASS),
        ([1.00, 1.02, 0.98, 1.01], [1.40, 1.44, 1.36, 1.43], Outcome.REGRESSION),
        ([1.00, 1.02, 0.98, 1.01], [1.05, 1.25, 0.95, 1.20], Outcome.INCONCLUSIVE),
        pytest.param([1.4, 1.4, 1.4], [1.0, 1.01, 0.99], Outcome.PASS, id="the twin over the bare, not the reverse"),
    ],
)
def test_the_figures_of_pairs_lead_to_the_outcome(bare_ms: list[float], twin_ms: list[float], outcome: Outcome) -> None:
    decisions = decide(values_of(METRIC, bare_ms, twin_ms, profile="peak"))
    assert judge(replace(STUDY, decisions=decisions)).outcome == outcome


@pytest.mark.parametrize(
    ("outcomes", "one"),
    [
        ([Outcome.PASS, Outcome.PASS], Outcome.PASS),
        ([Outcome.PASS, Outcome.INCONCLUSIVE], Outcome.INCONCLUSIVE),
        ([Outcome.INCONCLUSIVE, Outcome.REGRESSION], Outcome.REGRESSION),
        ([Outcome.INCONCLUSIVE, Outcome.INVALID], Outcome.INVALID),
        ([Outcome.INVALID, Outcome.REGRESSION], Outcome.REGRESSION),
    ],
)
def test_the_worse_twin_decides(outcomes: list[Outcome], one: Outcome) -> None:
    assert worst(outcomes) == worst(reversed(outcomes)) == one


@pytest.mark.robustness
@pytest.mark.xdist_group("twins")
def test_the_twins_are_held_to_their_bare_applications(
    library_url: str, tmp_path: Path, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "RESULTS", tmp_path)
    options = OverheadOptions.from_environ({"QUICK": "1", "PAIRS": "2", "BUSY": "1"})
    backend = Backend(library_url, "none", "none", os.getpid(), 300, "0" * 64)
    code = commands.overhead(options, backend, console)
    studies = {twin: files.read(tmp_path / f"latest-overhead-{twin}") for twin in ("sync", "async")}
    assert code == worst(judge(result).outcome for result in studies.values())
    for twin, result in studies.items():
        assert [result.contenders[side]["name"] for side in ("a", "b")] == [f"bare-{twin}", twin]
        assert [(block.failures, (block.cpu_ms_per_correct_answer or 0) > 0) for block in result.blocks] == [
            (0, True)
        ] * 4
        assert (tmp_path / f"latest-overhead-{twin}" / "report.html").is_file()
