"""A claim: its sentence, its sources, its trial here, and the statements that must hold to reproduce it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from loadtests.comparison.figures import Block, EndpointFigures, Side
from loadtests.comparison.verdict.metrics import LOGARITHMIC, Scale
from loadtests.contenders import Contender
from loadtests.errors import InvalidRunError
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
    """Rates of arrivals: this share of each side's own throughput in another arrangement of the same round."""

    of: str
    share: float

    def per_s(self, played: Round) -> dict[Side, float]:
        """The rate of each side. Raises InvalidRunError for a side without a correct answer: no rate follows."""
        rates_per_s = {
            side: self.share * reading.block.correct_answers_per_s for side, reading in played[self.of].items()
        }
        for side, rate_per_s in rates_per_s.items():
            if not rate_per_s:
                raise InvalidRunError(f"{side} gave no correct response in {self.of}: no rate of arrivals follows")
        return rates_per_s


@dataclass(frozen=True)
class Arrangement:
    """Two contenders under the same load, with Elasticsearch `latency_ms` farther away than it is.

    A profile of arrivals gets each side's rate from `rate`, anew in each round: the machine's pace changes.
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

    def rates_in(self, played: Round) -> dict[Side, float]:
        """The rates of arrivals in a round whose earlier arrangements have been played; none in closed load."""
        return self.rate.per_s(played) if self.rate else {}


@dataclass(frozen=True)
class Statement:
    """A figure with its range: at or above `low`, at or below `high`, or between them. Without a range it describes.

    Where `of_arithmetic`, the figure is what was measured over what arithmetic alone gives.
    """

    says: str
    figure: Figure
    unit: str
    low: float | None = None
    high: float | None = None
    scale: Scale = LOGARITHMIC
    of_arithmetic: bool = False

    @property
    def describes(self) -> bool:
        """Whether it decides nothing."""
        return self.low is None and self.high is None

    @property
    def rule(self) -> str:
        """The range in words."""
        if self.describes:
            return "no range"
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

    Each round plays a pair of every arrangement, in their order. `arithmetic` says which arithmetic the claim restates,
    None where it restates none. It takes `sessions` to decide the claim, at hours of their own.
    """

    name: str
    says: str
    sources: tuple[Source, ...]
    how: str
    arrangements: Mapping[str, Arrangement]
    statements: tuple[Statement, ...]
    rounds: int = ROUNDS
    arithmetic: str | None = None
    sessions: int = 1

    @property
    def round_s(self) -> float:
        """The approximate duration of a round."""
        return sum(pair_s(arrangement.profile) for arrangement in self.arrangements.values())

    @property
    def whole_s(self) -> float:
        return self.rounds * self.round_s
