"""Pairs of services of which all is known, without Elasticsearch, for demonstrations of what a comparison finds."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from loadtests.backend import Backend
from loadtests.comparison.disturbance import Guard
from loadtests.comparison.figures import Side
from loadtests.comparison.measure import Figures, figures
from loadtests.comparison.pair import read_requests
from loadtests.comparison.progress import Progress
from loadtests.comparison.stage import Setting, play_pair
from loadtests.contenders import Contender
from loadtests.load.orders import Generators
from loadtests.load.profiles import Profile
from loadtests.targets import Target
from tests.harness.standin import CATALOGUE

BACKEND = Backend("", "none", "none", os.getpid(), 20, "0" * 64)
"""This very process is sampled in the place of Elasticsearch."""


def play(contenders: Mapping[Side, Contender | Target], profile: Profile, pairs: int, seed: str) -> Iterator[Figures]:
    """The figures of each pair."""
    for number in range(1, pairs + 1):
        yield play_one(contenders, profile, number, seed)


def play_one(
    contenders: Mapping[Side, Contender | Target], profile: Profile, number: int, seed: str, guard: Guard | None = None
) -> Figures:
    """The figures of the pair of this number."""
    setting = Setting(contenders, BACKEND, CATALOGUE, "get", profile, Generators(1), seed, guard=guard)
    with TemporaryDirectory() as made:
        pair = play_pair(setting, number, Path(made), Progress(Console(quiet=True), None, 1, 0))
        return figures(pair, read_requests(Path(made)), profile, contenders, os.cpu_count() or 1)
