"""How long a replayed backend takes for a response: always as long, or drawn from a lognormal distribution."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

LONGEST_MS = 60_000
MOST_SIGMA = 2.0
_written = re.compile(
    r"(?:lognormal:(?P<median>\d+(?:\.\d+)?):(?P<sigma>\d+(?:\.\d+)?)|(?P<constant>\d+(?:\.\d+)?))", re.ASCII
)


@dataclass(frozen=True)
class Delay:
    """The median, and the standard deviation `sigma` of the natural logarithm of the delay: 0 for a constant one."""

    median_ms: float = 0.0
    sigma: float = 0.0

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read `20` or `lognormal:20:0.5`. Raises ValueError."""
        found = _written.fullmatch(str(text).strip())
        if found is None:
            raise ValueError("give ms such as 20, or lognormal:MEDIAN:SIGMA such as lognormal:20:0.5")
        delay = cls(float(found["constant"] or found["median"]), float(found["sigma"] or 0))
        if delay.median_ms > LONGEST_MS or delay.sigma > MOST_SIGMA:
            raise ValueError(f"give a median up to {LONGEST_MS} ms, and a sigma up to {MOST_SIGMA:g}")
        return delay

    def __str__(self) -> str:
        return f"lognormal:{self.median_ms:g}:{self.sigma:g}" if self.sigma else f"{self.median_ms:g}"

    @property
    def in_words(self) -> str:
        if self.sigma:
            return f"{self.median_ms:g} ms in the median, lognormal with sigma {self.sigma:g}"
        return f"{self.median_ms:g} ms" if self.median_ms else "no delay"

    def drawn_s(self, seed: str) -> Callable[[], float]:
        """A function that returns the next delay, in seconds; the same seed gives the same delays."""
        if not self.sigma or not self.median_ms:
            constant_s = self.median_ms / 1000
            return lambda: constant_s
        mu, chance = math.log(self.median_ms / 1000), random.Random(seed)
        return lambda: chance.lognormvariate(mu, self.sigma)


NONE = Delay()
