"""Every request is recorded, across chunks, and the measured window's are found again."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from loadtests.errors import InvalidRunError
from loadtests.load import records
from loadtests.load.plan import Window
from loadtests.load.recorder import Record, Recorder, server_timing_ms


def record(start_s: float, failure: str | None = None) -> Record:
    return Record("get", "GET", 0, start_s, start_s, 12.5, 200, 345, 1.5, math.nan, failure)


def row(start_s: float, failure: str | None = None) -> dict[str, object]:
    """The same request as it is read."""
    return {
        "endpoint": "get", "method": "GET", "slice": 0, "intended_s": start_s, "start_s": start_s,
        "service_time_ms": 12.5, "status": 200, "bytes": 345, "es_ms": 1.5, "app_ms": None, "failure": failure,
    }  # fmt: skip


def write(path: Path, *rows: Record, chunk_rows: int = 2) -> None:
    recorder = Recorder(path, chunk_rows)
    for one in rows:
        recorder.add(one)
    recorder.close()


def test_a_request_belongs_to_the_window_in_which_it_is_under_way(tmp_path: Path) -> None:
    """Each takes 12.5 ms."""
    starts_s = (9.5, 9.9875, 9.992, 10.0, 11.0, 12.5, 12.996, 13.0)
    write(tmp_path / "0.parquet", *(record(start_s) for start_s in starts_s))
    merged = records.merge(tmp_path, Window(begin_s=10, end_s=13, begin_unix_s=0))
    assert merged["start_s"].to_pylist() == pytest.approx([-0.008, 0.0, 1.0, 2.5, 2.996])


def test_requests_of_all_processes_are_merged_raw_and_in_order(tmp_path: Path) -> None:
    write(tmp_path / "0.parquet", record(1, "no JSON"), record(4))
    write(tmp_path / "1.parquet", record(2), record(3, "status 500 instead of 200"))
    merged = records.merge(tmp_path, Window(0, 10, 0), processes=2)
    assert merged.to_pylist() == [row(1, "no JSON"), row(2), row(3, "status 500 instead of 200"), row(4)]


def test_a_process_that_left_no_records_makes_the_run_invalid(tmp_path: Path) -> None:
    write(tmp_path / "0.parquet", record(1))
    with pytest.raises(InvalidRunError, match="2 generator processes left 1 files"):
        records.merge(tmp_path, Window(0, 10, 0), processes=2)


@pytest.mark.parametrize("count", [0, 1, 2, 5, 6])
def test_no_request_is_lost_between_chunks(tmp_path: Path, count: int) -> None:
    write(tmp_path / "0.parquet", *(record(start_s) for start_s in range(count)))
    assert records.merge(tmp_path, Window(0, 10, 0))["start_s"].to_pylist() == [*range(count)]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("es;dur=1.5, app;dur=2.25", (1.5, 2.25)),
        ("app;dur=2,es;dur=1", (1.0, 2.0)),
        ('cache;desc="es";dur=9, es;dur=1, app;dur=3', (1.0, 3.0)),
    ],
)
def test_server_timing_is_read(header: str, expected: tuple[float, float]) -> None:
    assert tuple(server_timing_ms(header).values()) == expected


def test_a_time_that_is_not_told_is_not_a_number() -> None:
    assert all(map(math.isnan, server_timing_ms("").values()))
