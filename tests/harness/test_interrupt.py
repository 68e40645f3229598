"""Ctrl-C, and a polite end, at any moment: nothing is left running, and nothing looks like a result."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from loadtests.checkout import PROJECT

STAGES = {"server starting": 1, "generator starting": 2}
"""How many processes the run has started by then."""


def descendants(process: subprocess.Popen[bytes], at_least: int) -> list[psutil.Process]:
    deadline_s = time.perf_counter() + 60
    while len(found := psutil.Process(process.pid).children(recursive=True)) < at_least:
        assert time.perf_counter() < deadline_s
        time.sleep(0.02)
    return found


def await_text(path: Path, text: str) -> None:
    deadline_s = time.perf_counter() + 60
    while text not in path.read_text():
        assert time.perf_counter() < deadline_s
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("stage", "number"),
    [
        ("measuring", signal.SIGINT),
        *(pytest.param(stage, signal.SIGINT, marks=pytest.mark.robustness) for stage in STAGES),
        pytest.param("measuring", signal.SIGTERM, marks=pytest.mark.robustness),
    ],
)
def test_an_interrupt_leaves_nothing_behind(tmp_path: Path, stage: str, number: signal.Signals) -> None:
    results, said = tmp_path / "results", tmp_path / "said"
    command = [sys.executable, "-m", "tests.harness.interruptible", str(results)]
    with said.open("wb") as output, subprocess.Popen(command, cwd=PROJECT, stdout=output, stderr=output) as run:
        try:
            started = descendants(run, STAGES.get(stage, 2))
            if stage == "measuring":
                await_text(said, "measuring")
            run.send_signal(number)
            run.send_signal(number)
            assert run.wait(timeout=60) != 0
        finally:
            run.kill()
    _, left = psutil.wait_procs(started, timeout=0)
    assert left == []
    assert [*results.iterdir()] == []


def test_a_signal_that_is_held_back_arrives_when_the_block_ends() -> None:
    code = """if True:
        import signal
        from loadtests import interrupts
        interrupts.install()
        try:
            with interrupts.held():
                signal.raise_signal(signal.SIGTERM)
                print("the block ends")
        except KeyboardInterrupt:
            print("then it arrives")
    """
    ran = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert ran.stdout == "the block ends\nthen it arrives\n"
