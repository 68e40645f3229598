"""Another's program that keeps a core busy: none of the lab's, since the shell that started it has left it."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from typing import Self

import psutil

_BURN = """
import random, sys, time
low_s, high_s = map(float, sys.argv[1:3])
drawn = random.Random(sys.argv[3])
while True:
    until_s = time.perf_counter() + drawn.uniform(low_s, high_s)
    while time.perf_counter() < until_s or not high_s: pass
    time.sleep(drawn.uniform(low_s, high_s))
"""


class Burner:
    """Works from now on until it is stopped; with `periods_s`, in turn with rest, each as long as drawn from there."""

    def __init__(self, periods_s: tuple[float, float] = (0, 0), seed: str = "") -> None:
        burn = [sys.executable, "-c", _BURN, *map(str, periods_s), seed]
        pid = subprocess.check_output(["sh", "-c", '"$@" > /dev/null & echo $!', "sh", *burn])
        self._process = psutil.Process(int(pid))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        with suppress(psutil.NoSuchProcess):
            self._process.kill()
