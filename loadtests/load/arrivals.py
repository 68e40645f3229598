"""The schedule of open load: arrivals that do not wait for responses."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def poisson_arrivals_s(segments: Sequence[tuple[float, float]], seed: str) -> npt.NDArray[np.float64]:
    """The moments, in seconds from 0, of the arrivals of a Poisson process.

    Each segment is a rate per second and the number of seconds that it lasts. Given their number, the arrivals of a
    segment are independent and uniform (Kingman, Poisson Processes, 1993, section 2.4), so they are drawn and sorted.
    The same seed gives the same schedule, so contenders get requests at the same moments. With n processes, each takes
    every n-th arrival.
    """
    chance = np.random.default_rng(int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8]))
    begin_s, parts = 0.0, []
    for rate_per_s, length_s in segments:
        arrivals = chance.poisson(rate_per_s * length_s)
        parts.append(np.sort(chance.uniform(begin_s, begin_s + length_s, arrivals)))
        begin_s += length_s
    return np.concatenate(parts)
