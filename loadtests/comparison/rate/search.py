"""The search for the highest rate that a service sustains: it yields the rates to try, and its caller tries them."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from enum import Enum
from math import sqrt

FIRST_SHARE = 0.1
"""The share of the guessed peak at which the search starts."""
GROWTH = 1.5
CLOSE_ENOUGH = 1.05
"""The ratio of the lowest fail to the highest pass at which the search stops halving their distance."""
CONFIRMATIONS = 3
LOWEST_SHARE = 0.01
"""The share of the guessed peak below which the search gives up: so low a rate is not worth a number."""
MOST_STEPS = 40
"""More than twice what a service without noise needs."""


class Outcome(Enum):
    """The outcome of a step. The generator's own limit and other work on the machine say nothing about the service."""

    PASS = "pass"
    FAIL = "fail"
    GENERATOR_LIMITED = "generator-limited"
    DISTURBED = "disturbed"


@dataclass(frozen=True)
class Sustained:
    """The interval of the highest sustained rate, from `low_per_s`, the highest pass, to `high_per_s`, the lowest fail.

    `low_per_s` is None when nothing passed. `high_per_s` is None when the steps were used up before one failed, and
    when nothing is known of the lowest rate that did not pass: the generator was its limit, or other work disturbed it
    each time. `confirmed` means that `low_per_s` passed every repetition.
    """

    low_per_s: float | None
    high_per_s: float | None
    generator_limited: bool
    confirmed: bool
    disturbed: bool = False

    def __str__(self) -> str:
        match self.low_per_s, self.high_per_s:
            case None, None:
                rate = "unknown"
            case None, high_per_s:
                rate = f"below {high_per_s:.4g}/s"
            case low_per_s, None:
                rate = f"at least {low_per_s:.4g}/s"
            case low_per_s, high_per_s:
                rate = f"{low_per_s:.4g} to {high_per_s:.4g}/s"
        remarks = {
            "generator-limited": self.generator_limited,
            "disturbed by other work": self.disturbed,
            "not confirmed": self.low_per_s and not self.confirmed,
        }
        return ", ".join([rate, *(remark for remark, holds in remarks.items() if holds)])


def search(peak_per_s: float) -> Generator[float, Outcome, Sustained]:
    """Yields a rate to try, receives its outcome, and returns the interval found, after 40 steps at most.

    It starts at a tenth of `peak_per_s`, which a closed probe guessed, and grows by half until a step does not pass (or
    shrinks likewise until one does). Then it halves the logarithmic distance between the highest pass and the lowest
    fail until they are within 5%. The highest pass must pass three times more, and the next lower one once more. A rate
    that fails then becomes the lowest fail, passes above it no longer count, and the search goes on below it.
    """
    trials = _Trials(peak_per_s)
    while len(trials.tried) < MOST_STEPS and (rate_per_s := trials.next_rate()) is not None:
        outcome = yield rate_per_s
        trials = _Trials(peak_per_s, (*trials.tried, (rate_per_s, outcome)))
    return trials.result()


@dataclass(frozen=True)
class _Trials:
    """All trials so far: the next step depends on nothing else."""

    peak_per_s: float
    tried: Sequence[tuple[float, Outcome]] = ()

    @property
    def limit(self) -> tuple[float, Outcome] | None:
        """The lowest rate that did not pass."""
        others = [trial for trial in self.tried if trial[1] is not Outcome.PASS]
        return min(others, default=None, key=lambda trial: trial[0])

    @property
    def passes(self) -> list[float]:
        """The rates below the limit, from low to high; each passed every time it was tried."""
        limit = self.limit
        return sorted({rate_per_s for rate_per_s, _ in self.tried if limit is None or rate_per_s < limit[0]})

    def next_rate(self) -> float | None:
        """The next rate to try; None when the search is complete."""
        passes, limit = self.passes, self.limit
        if limit is None:
            return passes[-1] * GROWTH if passes else self.peak_per_s * FIRST_SHARE
        if not passes:
            lower_per_s = limit[0] / GROWTH
            return lower_per_s if lower_per_s >= self.peak_per_s * LOWEST_SHARE else None
        if limit[0] > passes[-1] * CLOSE_ENOUGH:
            return sqrt(limit[0] * passes[-1])
        return self._unconfirmed()

    def _unconfirmed(self) -> float | None:
        """A rate that must pass again: the highest three times, the next lower one once."""
        rates = [rate_per_s for rate_per_s, _ in self.tried]
        repeats = zip(reversed(self.passes), (CONFIRMATIONS, 1), strict=False)
        return next((rate_per_s for rate_per_s, times in repeats if rates.count(rate_per_s) <= times), None)

    def result(self) -> Sustained:
        passes, (limit_per_s, outcome) = self.passes, self.limit or (None, None)
        return Sustained(
            low_per_s=passes[-1] if passes else None,
            high_per_s=limit_per_s if outcome is Outcome.FAIL else None,
            generator_limited=outcome is Outcome.GENERATOR_LIMITED,
            confirmed=bool(passes) and self.next_rate() is None,
            disturbed=outcome is Outcome.DISTURBED,
        )
