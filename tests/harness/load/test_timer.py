"""Waking up when a request is due. A process of its own plays the generator: gevent is no guest of the tests'."""

from __future__ import annotations

import subprocess
import sys

import pytest

from loadtests.checkout import PROJECT

PRELUDE = """
import time
import gevent
from loadtests.load.timer import Timer
alarm, begin_s = Timer(), time.perf_counter()
"""
NEVER_EARLY = """
for number in range(100):
    moment_s = begin_s + number / 1_000
    alarm.sleep_until(moment_s)
    assert time.perf_counter() >= moment_s
"""
OTHERS_GO_ON = """
gone_on = []
gevent.spawn(gone_on.append, "another")
alarm.sleep_until(begin_s + 0.05)
assert gone_on == ["another"]
"""
THE_PAST_IS_OVER = """
gone_on = []
gevent.spawn(gone_on.append, "another")
alarm.sleep_until(begin_s)
assert gone_on == []
"""


@pytest.mark.parametrize("code", [NEVER_EARLY, OTHERS_GO_ON, THE_PAST_IS_OVER])
def test_the_timer(code: str) -> None:
    subprocess.run([sys.executable, "-c", PRELUDE + code], cwd=PROJECT, check=True, timeout=60)
