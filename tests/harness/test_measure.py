"""A run against a stand-in service, over real processes: what it leaves behind, and what makes it invalid."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from rich.console import Console

from loadtests.errors import InvalidRunError, LabError
from loadtests.load.recorder import SCHEMA
from loadtests.resources.sampler import Sample
from loadtests.runs import Run, read_run
from loadtests.single.run import measure
from loadtests.statistics import Summary
from tests.harness.conftest import BACKEND, SHORT, STANDIN
from tests.harness.standin import CATALOGUE

pytestmark = pytest.mark.xdist_group("measure")
"""One run serves most of these tests."""

FILES = {
    "run.json", "requests.parquet", "summary.csv", "resources.csv", "server.log", "generator.log",
    "locust_stats.csv", "locust_stats_history.csv", "locust_failures.csv", "locust_exceptions.csv",
    "response_times.png", "total_requests_per_second.png", "number_of_users.png",
}  # fmt: skip


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="module")
def run(results: Path, console: Console) -> Run:
    return measure(STANDIN, SHORT, BACKEND, CATALOGUE, console, results)


@pytest.fixture
def folder(results: Path, run: Run) -> Path:
    return results / run.folder


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return [*csv.DictReader(file)]


def test_the_folder_holds_every_file_and_nothing_else_is_left(results: Path, folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == FILES
    assert {path.name for path in results.iterdir()} == {folder.name, "latest-sync"}
    assert re.fullmatch(r"\d{8}T\d{6}Z-sync", folder.name)
    assert (results / "latest-sync").readlink() == Path(folder.name)


def test_all_files_agree_to_the_request(folder: Path, run: Run) -> None:
    recorded = pq.read_table(folder / "requests.parquet")
    assert recorded.schema.names == SCHEMA.names
    counts = {
        "requests.parquet": recorded.num_rows,
        "run.json": run.total.requests,
        "summary.csv": int(table(folder / "summary.csv")[-1]["requests"]),
        "locust_stats.csv": int(table(folder / "locust_stats.csv")[-1]["Request Count"]),
        "locust_stats_history.csv": int(table(folder / "locust_stats_history.csv")[-1]["Total Request Count"]),
    }
    assert counts == dict.fromkeys(counts, recorded.num_rows)
    assert run.total.requests > 0
    assert run.total.failures == 0


@pytest.mark.robustness
def test_no_request_is_lost_at_the_end_however_many_users_there_are(console: Console, tmp_path: Path) -> None:
    """Locust's own stop lost some of them in nearly every run of 200 users; a run that lost any is refused."""
    many = SHORT.model_copy(update={"users": 200, "spawn_rate": 400})
    assert measure(STANDIN, many, BACKEND, CATALOGUE, console, tmp_path).total.requests > 0


def test_only_requests_that_start_in_the_measured_window_count(folder: Path) -> None:
    starts_s = pq.read_table(folder / "requests.parquet")["start_s"].to_pylist()
    assert starts_s == sorted(starts_s)
    assert starts_s[0] >= 0
    assert starts_s[-1] < SHORT.duration


def test_the_times_that_the_service_told_are_recorded(folder: Path) -> None:
    recorded = pq.read_table(folder / "requests.parquet")
    assert set(recorded["es_ms"].to_pylist()) == {1.5}
    assert set(recorded["app_ms"].to_pylist()) == {2.5}


def test_the_server_the_backend_and_the_generator_are_sampled_apart(folder: Path) -> None:
    rows = table(folder / "resources.csv")
    assert [*rows[0]] == [field.name for field in fields(Sample)]
    assert {row["group"] for row in rows} == {"server", "backend", "generator"}


def test_the_server_has_a_cost(run: Run) -> None:
    assert run.total.cpu_ms_per_correct_answer is not None
    assert run.total.cpu_ms_per_correct_answer > 0
    assert run.total.peak_rss_bytes is not None
    assert run.total.peak_rss_bytes > 1_000_000


def test_a_run_remembers_itself_and_its_conditions(folder: Path, run: Run) -> None:
    again = read_run(folder)
    assert json.loads(json.dumps(again.users)) == [[*change] for change in run.users]
    assert (again.folder, again.contender, again.summary) == (run.folder, run.contender, run.summary)
    assert again.conditions == run.conditions
    assert {*again.conditions} == {
        "machine", "python", "packages", "code", "environment", "backend", "profile", "workload", "server",
    }  # fmt: skip


def test_summary_columns_are_the_summary(folder: Path) -> None:
    rows = table(folder / "summary.csv")
    assert [*rows[0]] == [field.name for field in fields(Summary)]
    assert rows[-1]["endpoint"] == "all"


def test_pictures_are_pictures(folder: Path) -> None:
    for picture in folder.glob("*.png"):
        assert picture.read_bytes().startswith(b"\x89PNG")


def test_wrong_answers_are_failures(behaves: Callable[[str], None], tmp_path: Path, console: Console) -> None:
    behaves("wrong")
    run = measure(STANDIN, SHORT, BACKEND, CATALOGUE, console, tmp_path)
    failures = table(tmp_path / run.folder / "locust_failures.csv")
    assert {(row["Name"], row["Error"]) for row in failures} >= {("get", "another book than the one asked for")}
    assert sum(int(row["Occurrences"]) for row in failures) == run.total.failures
    assert run.total.correct_answers_per_s < run.total.requests_per_s


INVALID = [
    ("dying", r"the sync server ended \(exit code 3\) during the run(?s:.*)standing in"),
    ("failing", r"not one of \d+ responses was correct; most often: status 500 instead of 200"),
]


@pytest.mark.parametrize(("how", "reason"), INVALID)
def test_a_run_that_proves_nothing_is_no_result(
    behaves: Callable[[str], None], tmp_path: Path, console: Console, how: str, reason: str
) -> None:
    behaves(how)
    with pytest.raises(InvalidRunError, match=reason) as caught:
        measure(STANDIN, SHORT, BACKEND, CATALOGUE, console, tmp_path)
    assert caught.value.exit_code == 2
    assert [path.name for path in tmp_path.iterdir()] == [".invalid"]
    kept = Path(str(caught.value).rsplit("kept in ", 1)[1])
    assert (kept / "server.log").read_text() == "standing in\n"


def test_a_server_that_does_not_start_is_told_with_its_log(tmp_path: Path, console: Console) -> None:
    absent = replace(STANDIN, app="tests.harness.absent")
    with pytest.raises(
        LabError, match=r"ended \(exit code 1\) while starting(?s:.*)No module named tests.harness.absent"
    ):
        measure(absent, SHORT, BACKEND, CATALOGUE, console, tmp_path)
    assert not [*tmp_path.iterdir()]
