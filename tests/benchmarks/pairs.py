"""Comparisons of services of which all is known, without Elasticsearch, to demonstrate what a comparison finds."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from loadtests.backend import Backend
from loadtests.comparison import disturbance
from loadtests.comparison.figures import Block, Side, Slice
from loadtests.comparison.measure import Figures, figures
from loadtests.comparison.pair import read_requests
from loadtests.comparison.progress import Progress
from loadtests.comparison.stage import Setting, play_pair
from loadtests.comparison.verdict.decisions import Decision, decide
from loadtests.comparison.verdict.exclusion import lost_pairs, without_verdict
from loadtests.comparison.verdict.metrics import primaries, values_of
from loadtests.contenders import Contender
from loadtests.load.orders import Generators
from loadtests.load.profiles import Profile, pair_s
from loadtests.statistics import ALL
from loadtests.targets import Target
from tests.harness.standin import CATALOGUE

BACKEND = Backend("", "none", "none", os.getpid(), 20, "0" * 64)
"""This very process is sampled in the place of Elasticsearch."""


HEADER = (
    "profile",
    "metric",
    "side",
    "side / a or side - a",
    "95% interval",
    "it is",
    "lost pairs",
    "turns played again",
)
NOT_JUDGED = "not judged"
Row = tuple[object, ...]
Contenders = Mapping[Side, Contender | Target]


@dataclass(frozen=True)
class Compared:
    """What some pairs came to; `decisions` as a comparison makes them."""

    slices: list[Slice]
    blocks: list[Block]
    decisions: list[Decision]

    def rows(self) -> Iterator[Row]:
        """As `HEADER` says: a row for each primary metric, also where no pair is valid."""
        decided: dict[tuple[str, str], list[Decision]] = {}
        for one in self.decisions:
            if one.endpoint == ALL:
                decided.setdefault((one.profile, one.metric), []).append(one)
        lost = {profile: len(pairs) for profile, pairs in lost_pairs(self.blocks).items()}
        for profile, metric in primaries(lost):
            for one in decided.get((profile, metric), []):
                interval = None if one.low is None or one.high is None else f"{one.low:.3g} to {one.high:.3g}"
                yield (
                    profile,
                    metric,
                    one.side,
                    one.ratio,
                    interval,
                    one.verdict or NOT_JUDGED,
                    lost[profile],
                    self._again(profile),
                )
            if lost[profile] == len({block.pair for block in self.blocks if block.profile == profile}):
                yield profile, metric, None, None, None, NOT_JUDGED, lost[profile], self._again(profile)

    def _again(self, profile: str) -> int:
        sides = {one.side for one in self.slices}
        return sum(one.profile == profile and not one.kept for one in self.slices) // len(sides)


def compared(
    contenders: Callable[[int], Contenders], profiles: Sequence[Profile], pairs: int, seed: str, *, busy: bool = False
) -> Compared:
    """Play so many pairs of each profile, with the contenders of each pair's number. If `busy`, no turn is played
    again."""
    planned_s = pairs * sum(pair_s(profile, len(contenders(1))) for profile in profiles)
    budget = disturbance.Budget.of_run(planned_s)
    found = []
    for profile in profiles:
        guard = None if busy else disturbance.guard([], profile.slice_s, budget)
        found += [play_one(contenders(number), profile, number, seed, guard) for number in range(1, pairs + 1)]
    slices, blocks, endpoints = (
        [*chain.from_iterable(getattr(one, name) for one in found)] for name in ("slices", "blocks", "endpoints")
    )
    decisions = decide(values_of(profiles, blocks, endpoints), None, {*without_verdict(blocks)})
    return Compared(slices, blocks, decisions)


def play(contenders: Contenders, profile: Profile, pairs: int, seed: str) -> Iterator[Figures]:
    """The figures of each pair; no turn is played again."""
    for number in range(1, pairs + 1):
        yield play_one(contenders, profile, number, seed, None)


def play_one(
    contenders: Contenders, profile: Profile, number: int, seed: str, guard: disturbance.Guard | None
) -> Figures:
    setting = Setting(contenders, BACKEND, CATALOGUE, "get", profile, Generators(1), seed, guard=guard)
    with TemporaryDirectory() as made:
        pair = play_pair(setting, number, Path(made), Progress(Console(quiet=True), None, 1, 0))
        return figures(pair, read_requests(Path(made)), profile, contenders, os.cpu_count() or 1)
