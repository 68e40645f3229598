"""Two runs side by side, and the refusal of runs that are not alike."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from loadtests import environment
from loadtests.conditions import differences
from loadtests.errors import LabError
from loadtests.options import CompareOptions
from loadtests.runs import Run, read_run, write_json
from loadtests.single.compare import ONE_RUN_CAVEAT, compare
from loadtests.statistics import Summary

CONDITIONS: dict[str, Any] = {
    "machine": {"cpu": "a CPU", "cores": 2},
    "backend": {"mode": "embedded", "version": "8.17.10", "documents": 20, "corpus_sha256": "0" * 64},
    "profile": {"users": 10, "duration_s": 30.0},
    "server": {"workers": 1, "threads": 16},
}
GET = Summary("get", 200, 0, 20.0, 20.0, 10.0, 15.0, 16.0, 18.0, None, 20.0, 20_000)
ALL = replace(GET, endpoint="all", cpu_ms_per_correct_answer=4.0, peak_rss_bytes=100)
RUN = Run("1-sync", "2026-11-22T13:00:00+00:00", {"name": "sync"}, CONDITIONS, [GET, ALL], [(0.0, 10)])
OTHER = replace(
    RUN, folder="2-async", contender={"name": "async"},
    summary=[replace(GET, p50_ms=5.0, p99_ms=None), replace(ALL, cpu_ms_per_correct_answer=3.0)],
)  # fmt: skip
UNLIKE = replace(OTHER, conditions=CONDITIONS | {"server": {"workers": 2, "threads": 16}})


def stored(results: Path, *runs: Run) -> list[Path]:
    folders = [results / run.folder for run in runs]
    for folder, run in zip(folders, runs, strict=True):
        folder.mkdir()
        write_json(folder, asdict(run))
    return folders


def compared(results: Path, a: Run, b: Run, force: bool = False) -> tuple[Path, str]:
    """The comparison's folder, and what the terminal showed."""
    folder_a, folder_b = stored(results, a, b)
    screen = io.StringIO()
    options = CompareOptions(a=folder_a, b=folder_b, force=force)
    comparison = compare(options, Console(file=screen, width=200), results)
    return results / comparison.folder, screen.getvalue()


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / "comparison.csv").open(newline="") as file:
        return [*csv.DictReader(file)]


def test_each_metric_of_each_endpoint_has_a_row_with_its_ratio(tmp_path: Path) -> None:
    folder, _ = compared(tmp_path, RUN, OTHER)
    rows = {(row["endpoint"], row["metric"]): (row["a"], row["b"], row["ratio"]) for row in table(folder)}
    assert rows["get", "p50_ms"] == ("10.0", "5.0", "0.5")
    assert rows["get", "p99_ms"] == ("18.0", "", "")
    assert rows["get", "failures"] == ("0", "0", "")
    assert rows["all", "cpu_ms_per_correct_answer"] == ("4.0", "3.0", "0.75")
    assert ("get", "p99_9_ms") not in rows
    assert ("get", "cpu_ms_per_correct_answer") not in rows


def test_a_comparison_is_a_result_folder(tmp_path: Path) -> None:
    folder, _ = compared(tmp_path, RUN, OTHER)
    assert {path.name for path in folder.iterdir()} == {"comparison.csv", "comparison.png", "run.json"}
    assert (tmp_path / "latest-compare").resolve() == folder.resolve()


def test_it_says_that_one_run_a_side_decides_nothing(tmp_path: Path) -> None:
    folder, screen = compared(tmp_path, RUN, OTHER)
    assert ONE_RUN_CAVEAT in screen
    assert json.loads((folder / "run.json").read_text())["notes"] == [ONE_RUN_CAVEAT]


def test_runs_under_other_conditions_are_refused_and_each_difference_is_named(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"1-sync and 2-async .*\n  server.workers: 1 and 2\n.*FORCE=1"):
        compared(tmp_path, RUN, UNLIKE)
    assert {path.name for path in tmp_path.iterdir()} == {"1-sync", "2-async"}


def test_a_forced_comparison_says_so_everywhere(tmp_path: Path) -> None:
    folder, screen = compared(tmp_path, RUN, UNLIKE, force=True)
    note = "Compared by force: their conditions differ in server.workers: 1 and 2."
    assert note in screen
    assert json.loads((folder / "run.json").read_text())["notes"] == [ONE_RUN_CAVEAT, note]
    assert {row["conditions"] for row in table(folder)} == {"differ"}


def test_the_contender_is_no_condition() -> None:
    assert differences(RUN.conditions, OTHER.conditions) == []


def test_a_condition_that_one_side_lacks_differs() -> None:
    assert differences({"a": {"b": 1}}, {"a": {"c": None}}) == ["a.b: 1 and nothing", "a.c: nothing and None"]


MEMORY_BYTES = 25_276_510_208


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ({"machine": {"memory_bytes": MEMORY_BYTES}}, {"machine": {"memory_bytes": MEMORY_BYTES + 4096}}),
        ({"machine": {"memory_bytes": MEMORY_BYTES}}, {"machine": {"memory_bytes": MEMORY_BYTES - 200 * 1024**2}}),
        ({"backend": {"heap": "1g"}}, {"backend": {"heap": "1024m"}}),
        ({"code": {"commit": "a", "sources_sha256": "s"}}, {"code": {"commit": None, "sources_sha256": "s"}}),
        ({"environment": {"LAB_TWIN_URL": "http://a"}}, {"environment": {}}),
    ],
)
def test_a_condition_may_differ_by_what_has_no_meaning(a: dict[str, Any], b: dict[str, Any]) -> None:
    assert differences(a, b) == []
    assert differences({"conditions": a}, {"conditions": b}) == []


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ({"machine": {"memory_bytes": MEMORY_BYTES}}, {"machine": {"memory_bytes": MEMORY_BYTES // 2}}),
        ({"machine": {"memory_bytes": MEMORY_BYTES}}, {"machine": {}}),
        ({"machine": {"kernel": "6.8.0-45-generic"}}, {"machine": {"kernel": "6.8.0-47-generic"}}),
        ({"backend": {"heap": "1g"}}, {"backend": {"heap": "1m"}}),
        ({"backend": {"heap": "1g"}}, {"backend": {"heap": None}}),
        ({"code": {"commit": "a", "sources_sha256": "s"}}, {"code": {"commit": "a", "sources_sha256": "t"}}),
        ({"environment": {"LAB_LOOP": "asyncio"}}, {"environment": {}}),
    ],
)
def test_what_has_a_meaning_may_not(a: dict[str, Any], b: dict[str, Any]) -> None:
    assert len(differences(a, b)) == 1


def test_secrets_are_no_conditions_nor_is_what_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"LAB_SECRET": "s" * 16, "LAB_ES_API_KEY": "id:key", "LAB_ES_URL": "http://u:p@host:1", "LAB_LOG": ""}
    for name, value in {**given, "LAB_LOOP": "asyncio"}.items():
        monkeypatch.setenv(name, value)
    assert environment.conditions() == {"LAB_LOOP": "asyncio", "LAB_SECRET": "set"}


def test_where_there_is_no_run_the_mend_is_named(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="latest-sync holds no run: make one with make bench-sync"):
        read_run(tmp_path / "latest-sync")


def test_what_is_no_run_is_told(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(LabError, match="is not the record of a run"):
        read_run(tmp_path)
