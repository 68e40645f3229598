"""How fast this machine's pace changes, and so, how long slices should be that are to see the same machine.

    python -m tests.benchmarks.drift

The CPU time of a fixed piece of work, over and over, is dealt to two sides that are the same, in slices, A B B A …, of
one length after the other; printed is the standard deviation of their log ratio over stretches of 12 s. Environment
variable: SECONDS (60).
"""

from __future__ import annotations

import os
import time
from hashlib import sha256
from itertools import count, takewhile

import numpy as np
import numpy.typing as npt

from tests.benchmarks import markdown
from tests.benchmarks.measuring import measure

SLICES_S = (0.1, 0.25, 0.5, 1.0, 3.0)
STRETCH_S = 12.0
ROUNDS = 4_000
WORK = bytes(120)

Array = npt.NDArray[np.float64]


def main(duration_s: float) -> None:
    """Print a row for each length."""
    begins_s, cpu_s = _watched(duration_s)
    stretches = int(duration_s // STRETCH_S)
    header = ("slices of, s", f"standard deviation of the log ratio, {stretches} stretches of {STRETCH_S:g} s")
    markdown.show(header, ((slice_s, _spread(begins_s, cpu_s, slice_s, stretches)) for slice_s in SLICES_S))


def _watched(duration_s: float) -> tuple[Array, Array]:
    """When each piece began, and the CPU time that it took."""
    began_s = time.perf_counter()
    moments_s = takewhile(lambda at_s: at_s < duration_s, (time.perf_counter() - began_s for _ in count()))
    begins_s, cpu_s = zip(*((at_s, _piece_s()) for at_s in moments_s), strict=True)
    return np.array(begins_s), np.array(cpu_s)


def _piece_s() -> float:
    before_s = time.process_time()
    for _ in range(ROUNDS):
        sha256(WORK)
    return time.process_time() - before_s


def _spread(begins_s: Array, cpu_s: Array, slice_s: float, stretches: int) -> float:
    is_b = np.isin((begins_s % STRETCH_S) // slice_s % 4, (1, 2))
    stretch = [begins_s // STRETCH_S == number for number in range(stretches)]
    ratios = [_ratio(cpu_s[within], is_b[within]) for within in stretch]
    return float(np.std(np.log(ratios), ddof=1))


def _ratio(cpu_s: Array, is_b: npt.NDArray[np.bool_]) -> float:
    return float(cpu_s[is_b].mean() / cpu_s[~is_b].mean())


if __name__ == "__main__":
    measure("drift", lambda: main(float(os.environ.get("SECONDS", "60"))))
