"""A loop that is held up has a late heartbeat."""

from __future__ import annotations

import subprocess
import sys

HELD_UP = """
import time, gevent
from loadtests.load.heartbeat import heartbeat
with heartbeat(time.perf_counter() + 60) as lags_ms:
    while len(lags_ms) < 5: gevent.sleep(0.001)
    prompt = len(lags_ms)
    time.sleep(0.2)
    while len(lags_ms) == prompt: gevent.sleep(0.001)
print(max(lags_ms[prompt:]))
with heartbeat(time.perf_counter()) as none: gevent.sleep(0.03)
print(len(none))
"""


def test_a_loop_that_is_held_up_has_a_late_heartbeat_and_none_after_its_end() -> None:
    late_ms, after_end = subprocess.check_output([sys.executable, "-c", HELD_UP], text=True).split()
    assert float(late_ms) >= 180
    assert after_end == "0"
