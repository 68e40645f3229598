"""One at a time, between processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from loadtests.locks import exclusive
from tests.backend.support import Notes

HOLD_UNTIL_TOLD = """
import sys
from pathlib import Path
from rich.console import Console
from loadtests.locks import exclusive
with exclusive(Path(sys.argv[1]), "the other", Console()):
    print("held", flush=True)
    sys.stdin.readline()
"""


def holder(lock: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLD_UNTIL_TOLD, lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def test_a_free_lock_is_taken_without_a_word(tmp_path: Path) -> None:
    notes = Notes()
    for _ in range(2):
        with exclusive(tmp_path / "new folder" / "lock", "the other", notes):
            pass
    assert notes.lines == []


def test_the_second_says_what_it_waits_for_and_follows(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with exclusive(lock, "the other", Notes()):
        second = holder(lock)
        assert first_line(second) == "waiting for the other to finish\n"
    with second:
        assert first_line(second) == "held\n"


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    lock, notes = tmp_path / "lock", Notes()
    with holder(lock) as process:
        assert first_line(process) == "held\n"
        process.kill()
    with exclusive(lock, "the other", notes):
        assert notes.lines == []
