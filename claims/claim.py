"""A claim: its sentence, its sources, its trial here, and the statements that must hold to reproduce it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from loadtests.comparison.figures import Block, EndpointFigures, Side
from loadtests.comparison.verdict.metrics import LOGARITHMIC, Scale
from loadtests.contenders import Contender
from loadtests.load.profiles import Profile, pair_s

ROUNDS = 6
"""The fewest rounds with which the sign-flip test can fall below 0.05."""
NOISY_ROUNDS = 7
"""The number of rounds when the CPU is the limit: they differ more than when waiting is."""
SHORT_WARM_UP_S = 0.5
"""The warm-up of a slice that measures waiting or memory, which a fresh process shows as well."""


@dataclass(frozen=True)
class Reading:
    """The figures of one side of one pair: its block, and all its endpoints together."""

    block: Block
    endpoint: EndpointFigures


Round = Mapping[str, Mapping[Side, Reading]]
"""The readings of one pair of each arrangement, by the arrangement's name."""
Figure = Callable[[Round], float | None]
"""Computes one figure of a round; None when the round has none."""


@dataclass(frozen=True)
class Share:
    """A rate of arrivals: this share of the slower side's throughput in another arrangement of the same round."""

    of: str
    share: float

    def per_s(self, played: Round) -> float:
        return self.share * min(reading.block.correct_answers_per_s for reading in played[self.of].values())


@dataclass(frozen=True)
class Arrangement:
    """Two contenders under the same load, with Elasticsearch `latency_ms` farther away than it is.

    A profile of arrivals gets its rate from `rate`, anew in each round: the machine's pace changes.
    """

    a: Contender
    b: Contender
    profile: Profile
    workload: str = "get"
    latency_ms: int = 0
    rate: Share | None = None

    @property
    def contenders(self) -> dict[Side, Contender]:
        return {"a": self.a, "b": self.b}

    def profile_in(self, played: Round) -> Profile:
        """The profile for a round whose earlier arrangements have been played."""
        if self.rate is None:
            return self.profile
        per_s = self.rate.per_s(played)
        return replace(self.profile, rate_per_s=per_s, segments=((per_s, self.profile.slice_s),))


@dataclass(frozen=True)
class Statement:
    """A figure with its range: at or above `low`, at or below `high`, or between them (at least one is given)."""

    says: str
    figure: Figure
    unit: str
    low: float | None = None
    high: float | None = None
    scale: Scale = LOGARITHMIC

    @property
    def rule(self) -> str:
        """The range in words."""
        if self.low is None or self.high is None:
            return f"at least {self.low:.4g}" if self.low is not None else f"at most {self.high:.4g}"
        return f"from {self.low:.4g} to {self.high:.4g}"


@dataclass(frozen=True)
class Source:
    """The author of a claim, and the place."""

    title: str
    url: str


@dataclass(frozen=True)
class Claim:
    """`says` is the claim in a sentence, `sources` its authors, `how` the reason why this is a fair trial.

    Each round plays a pair of every arrangement, in their order.
    """

    name: str
    says: str
    sources: tuple[Source, ...]
    how: str
    arrangements: Mapping[str, Arrangement]
    statements: tuple[Statement, ...]
    rounds: int = ROUNDS

    @property
    def round_s(self) -> float:
        """The approximate duration of a round."""
        return sum(pair_s(arrangement.profile) for arrangement in self.arrangements.values())

    @property
    def whole_s(self) -> float:
        return self.rounds * self.round_s
