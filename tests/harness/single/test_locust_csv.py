"""Locust's files have Locust's own columns, as Locust itself names them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from loadtests.single import locust_csv

ASK_LOCUST = """
import json
from locust.env import Environment
from locust.stats import PERCENTILES_TO_REPORT, StatsCSVFileWriter
files = StatsCSVFileWriter(Environment(), PERCENTILES_TO_REPORT, "asked", full_history=True)
stats, history = files.requests_csv_columns, files.stats_history_csv_columns
print(json.dumps([stats, history, files.failures_columns, files.exceptions_columns]))
"""


def test_columns_are_locusts_own(tmp_path: Path) -> None:
    """Asked in a process of its own, because Locust patches the standard library."""
    asked = subprocess.run([sys.executable, "-c", ASK_LOCUST], cwd=tmp_path, capture_output=True, check=True)
    ours = [locust_csv.STATS, locust_csv.HISTORY, locust_csv.FAILURES, locust_csv.EXCEPTIONS]
    assert json.loads(asked.stdout) == ours


def test_users_are_those_of_the_last_change() -> None:
    changes = [(-2.0, 1), (0.5, 5)]
    assert [locust_csv.users_at(changes, at_s) for at_s in (-3, -2, 0, 0.5, 9)] == [0, 1, 1, 5, 5]
