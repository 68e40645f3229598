"""Whole comparisons: what they find of services of which all is known, and what an interrupt leaves."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from loadtests.checkout import PROJECT
from loadtests.comparison import commands, files, floor
from loadtests.comparison.bench import Looks, compare
from loadtests.comparison.figures import Block
from loadtests.comparison.measure import counted
from loadtests.comparison.pair import Pair, read_requests
from loadtests.comparison.result import Result
from loadtests.comparison.store import Store, check_appendable
from loadtests.comparison.verdict.metrics import Value
from loadtests.contenders import Contender
from loadtests.errors import InvalidRunError, LabError
from loadtests.options import ReportOptions
from loadtests.targets import Target
from tests.harness.comparison.comparing import SHORT, SIDES, task
from tests.known_service import Behaviour
from tests.waiting import eventually

pytestmark = [pytest.mark.robustness, pytest.mark.xdist_group("twins")]
"""Beside the twins' own tests, which need the same Elasticsearch."""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="module")
def result(results: Path, library_url: str, console: Console) -> Result:
    """Two pairs, in which b takes twice as long."""
    return compare(task(library_url, SHORT), console, results, None)


def test_a_comparison_finds_what_is_known_of_the_services(result: Result) -> None:
    (throughput,) = [one for one in result.decisions if one.metric == "correct_answers_per_s"]
    assert throughput.pairs == 2
    assert throughput.ratio == pytest.approx(0.5, rel=0.2)
    assert [(one.slots, one.measured_per_s is not None) for one in result.predictions] == [(1_000, True)] * 2
    a, b = (one.latency_ms for one in result.predictions)
    assert a >= 20
    assert b >= 40


def test_its_files_are_whole_and_read_back_as_they_were(result: Result, results: Path) -> None:
    folder = results / result.folder
    tables = {"slices.csv", "blocks.csv", "endpoints.csv", "comparison.csv"}
    assert {path.name for path in folder.iterdir()} >= {"run.json", "pairs", *tables, "comparison.png", "report.html"}
    assert (results / "latest-compare").resolve() == folder.resolve()
    assert plain(files.read(folder), float) == plain(result, about)


def about(value: float) -> object:
    """To as many digits as a file keeps."""
    return pytest.approx(value, rel=1e-3, abs=1e-4)


def plain(value: Any, number: Callable[[float], object]) -> Any:
    """As lists and dictionaries of numbers and texts."""
    match value:
        case float():
            return number(value)
        case dict():
            return {name: plain(part, number) for name, part in value.items()}
        case list() | tuple():
            return [plain(part, number) for part in value]
    return plain(vars(value), number) if hasattr(value, "__dict__") else value


def test_its_figures_agree_with_the_recorded_requests(result: Result, results: Path) -> None:
    requests, right = Counter[tuple[int, str]](), Counter[tuple[int, str]]()
    for folder in files.pair_folders(results / result.folder, "peak"):
        pair, recorded = Pair.read(folder), read_requests(folder)
        for played in pair.played:
            part = counted(played, recorded)
            requests[pair.number, played.side] += part.num_rows
            right[pair.number, played.side] += part["failure"].null_count
    assert {(block.pair, block.side): block.requests for block in result.blocks} == requests
    assert {(block.pair, block.side): block.requests - block.failures for block in result.blocks} == right
    of_slices, of_endpoints = Counter[tuple[int, str]](), Counter[tuple[int, str]]()
    for one in result.slices:
        of_slices[one.pair, one.side] += one.requests
    for row in result.endpoints:
        of_endpoints[row.pair, row.side] += row.requests if row.endpoint != "all" else 0
    assert of_slices == of_endpoints == requests


def test_both_sides_have_as_many_slices_and_processes_of_their_own(result: Result, results: Path) -> None:
    (peak,) = result.profiles
    for folder in files.pair_folders(results / result.folder, "peak"):
        pair = Pair.read(folder)
        assert Counter(played.side for played in pair.played) == {"a": peak.slices, "b": peak.slices}
        assert {path.name for path in folder.iterdir()} == {
            "pair.json", "requests.parquet", "resources.csv", "server-a.log", "server-b.log", "generator-0.log",
        }  # fmt: skip


def test_a_report_can_be_drawn_again(result: Result, results: Path, console: Console) -> None:
    folder = results / result.folder
    before = (folder / "report.html").read_text()
    (folder / "report.html").unlink()
    commands.report(ReportOptions(run=folder), console)
    assert (folder / "report.html").read_text() == before


def test_a_report_that_can_not_be_drawn_again_leaves_the_one_that_is_there(result: Result, results: Path) -> None:
    folder = results / result.folder
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    drawn = subprocess.run(
        [sys.executable, "-m", "loadtests", "report"],
        cwd=PROJECT, env=os.environ | {"RUN": str(folder)}, stderr=subprocess.PIPE, text=True,
        preexec_fn=partial(resource.setrlimit, resource.RLIMIT_FSIZE, (100_000, 100_000)),
    )  # fmt: skip
    assert (drawn.returncode, "(ulimit -f)" in drawn.stderr) == (4, True), drawn.stderr
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_contender_against_itself_leaves_this_machines_noise_floor(
    library_url: str, tmp_path: Path, console: Console
) -> None:
    itself = replace(task(library_url, SHORT | {"PAIRS": "3"}, {"a": SIDES["a"], "b": SIDES["a"]}), name=floor.AA)
    found = compare(itself, console, tmp_path, None)
    floors = floor.of_this_machine(tmp_path, found.conditions)
    assert floors is not None
    assert floors.keys() >= {"peak/correct_answers_per_s", "peak/cpu_ms_per_correct_answer"}
    elsewhere = found.conditions | {"machine": {"cores": 4096}}
    assert floor.of_this_machine(tmp_path, elsewhere) is None


def test_a_service_without_a_right_answer_is_invalid_and_leaves_nothing(
    library_url: str, tmp_path: Path, console: Console
) -> None:
    with pytest.raises(InvalidRunError, match="first gave no correct response"):
        compare(task(library_url, SHORT | {"WORKLOAD": "search"}), console, tmp_path, None)
    assert [*tmp_path.iterdir()] == []


def test_five_contenders_are_compared_each_with_the_first_and_an_interrupt_loses_nothing(
    library_url: str, tmp_path: Path, console: Console
) -> None:
    sides: dict[str, Contender | Target] = {
        side: Behaviour(delay_ms=delay_ms).contender(f"of-{delay_ms}-ms")
        for side, delay_ms in zip("abcde", (20, 40, 10, 20, 80), strict=True)
    }
    begun = task(library_url, SHORT, sides)
    with pytest.raises(KeyboardInterrupt):
        compare(replace(begun, looks=Looks([1, 2], interrupting)), console, tmp_path, None)
    (folder,) = tmp_path.glob(".*-compare")
    resumed = task(library_url, SHORT | {"RESUME": str(folder)}, sides)
    before = (folder / "pairs/peak-01/pair.json").read_bytes()
    result = compare(resumed, console, tmp_path, None)
    found = tmp_path / result.folder
    assert (found / "pairs/peak-01/pair.json").read_bytes() == before
    ratios = {one.side: one.ratio for one in result.decisions if one.metric == "correct_answers_per_s"}
    assert ratios == {
        side: pytest.approx(ratio, rel=0.2) for side, ratio in {"b": 0.5, "c": 2, "d": 1, "e": 0.25}.items()
    }
    assert plain(files.read(found), float) == plain(result, about)
    assert {one.backend for one in result.decisions} == {"none"}
    assert Counter(played.side for played in Pair.read(found / "pairs/peak-02").played) == dict.fromkeys(
        "abcde", result.profiles[0].slices
    )


def interrupting(_: Sequence[Value], blocks: Sequence[Block]) -> bool:
    """At the first look, with a pair that is finished."""
    if {block.pair for block in blocks} == {1}:
        raise KeyboardInterrupt
    return False


def test_a_second_session_is_added_and_told(result: Result, results: Path, library_url: str, console: Console) -> None:
    first = results / result.folder
    added = compare(replace(task(library_url, SHORT), append=first), console, results, None)
    assert (added.folder != result.folder, len(added.sessions)) == (True, 2)
    assert {block.pair for block in added.blocks} == {1, 2, 3, 4}
    former = [block for block in added.blocks if block.pair <= 2]
    assert former == result.blocks
    assert "these sessions only, as if they were one" in " ".join(added.notes)
    assert files.read(results / added.folder).sessions == added.sessions


def start(results: Path, es_url: str, said: Path, **environ: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.harness.comparison.comparing", str(results), es_url]
    with said.open("ab") as output:
        return subprocess.Popen(
            command, cwd=PROJECT, env={**os.environ, **SHORT, **environ}, stdout=output, stderr=output
        )


def interrupted(results: Path, es_url: str, said: Path, pair: str, **environ: str) -> Path:
    """The folder that a comparison leaves which is interrupted after this pair."""
    with start(results, es_url, said, **environ) as run:
        try:
            eventually(lambda: next(results.glob(f".*/pairs/{pair}/pair.json"), None), within_s=120)
            started = eventually(lambda: psutil.Process(run.pid).children(recursive=True))
            run.send_signal(signal.SIGINT)
            assert run.wait(timeout=60) != 0
        finally:
            run.kill()
    assert psutil.wait_procs(started, timeout=0)[1] == []
    (folder,) = results.glob(".*")
    assert f"RESUME=results/{folder.name}" in said.read_text()
    return folder


def contents(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_was_finished_before_an_interrupt_is_kept_and_gone_on_with(library_url: str, tmp_path: Path) -> None:
    results, said = tmp_path / "results", tmp_path / "said"
    folder = interrupted(results, library_url, said, "peak-01")
    assert [*results.iterdir()] == [folder]
    kept = contents(folder / "pairs" / "peak-01")

    with start(results, library_url, said, RESUME=f"results/{folder.name}") as again:
        assert again.wait(timeout=300) == 0
    whole = results / folder.name[1:]
    assert contents(whole / "pairs" / "peak-01") == kept
    assert {block.pair for block in files.read(whole).blocks} == {1, 2}
    assert pq.read_metadata(whole / "pairs" / "peak-02" / "requests.parquet").num_rows > 0


def test_a_session_that_was_interrupted_loses_nothing_and_is_completed(
    result: Result, results: Path, library_url: str, tmp_path: Path, console: Console
) -> None:
    former, again = results / result.folder, tmp_path / "results"
    before = contents(former)
    left = interrupted(again, library_url, tmp_path / "said", "peak-03", APPEND=str(former))
    begun = Store(left).sessions
    resumed = compare(task(library_url, SHORT | {"RESUME": str(left)}), console, again, None)
    assert contents(former) == before
    assert [block for block in resumed.blocks if block.pair <= 2] == result.blocks
    assert {block.pair for block in resumed.blocks} == {1, 2, 3, 4}
    assert [datetime.fromisoformat(one) for one in resumed.sessions] == begun


def test_three_sessions_are_pooled_in_all_that_is_told(library_url: str, tmp_path: Path, console: Console) -> None:
    """Those that were an hour ago are made so in the folder."""
    environ = SHORT | {"PAIRS": "3"}
    added = compare(task(library_url, environ), console, tmp_path, None)
    for sessions in (2, 3):
        folder = tmp_path / added.folder
        earlier = [(began - timedelta(hours=2)).isoformat() for began in Store(folder).sessions]
        Store(folder).remember("sessions", earlier)
        check_appendable(folder, datetime.now(UTC), ["first", "second"])
        added = compare(task(library_url, environ | {"APPEND": str(folder)}), console, tmp_path, None)
        assert len(added.sessions) == sessions
    (throughput,) = [one for one in added.decisions if one.metric == "correct_answers_per_s"]
    assert (throughput.method, throughput.pairs, throughput.between is None) == ("sessions", 9, False)
    assert throughput.ratio == pytest.approx(0.5, rel=0.2)
    folder = tmp_path / added.folder
    [told] = [note for note in added.notes if "pooled by random effects" in note]
    assert told in (folder / "report.html").read_text()
    assert plain(files.read(folder), float) == plain(added, about)
    with pytest.raises(LabError, match="sessions begin an hour apart at least"):
        check_appendable(folder, datetime.now(UTC), ["first", "second"])


def test_a_gate_that_was_interrupted_at_a_look_goes_on_with_its_pairs(
    library_url: str, tmp_path: Path, console: Console
) -> None:
    def interrupt(*_: object) -> bool:
        raise KeyboardInterrupt

    gate = replace(task(library_url, SHORT), name="gate", looks=Looks((1, 2), interrupt))
    with pytest.raises(KeyboardInterrupt):
        compare(gate, console, tmp_path, None)
    (left,) = tmp_path.iterdir()
    kept = contents(left / "pairs")
    looked: list[set[int]] = []

    def decides(_: Sequence[Value], blocks: Sequence[Block]) -> bool:
        looked.append({block.pair for block in blocks})
        return len(looked) == 2

    options = replace(gate, options=task(library_url, SHORT | {"RESUME": str(left)}).options)
    found = compare(replace(options, looks=Looks((1, 2), decides)), console, tmp_path, None)
    assert looked == [{1}, {1, 2}]
    assert contents(tmp_path / found.folder / "pairs").items() >= kept.items()
