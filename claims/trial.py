"""The trial of a claim: rounds of pairs, with Toxiproxy between the services and Elasticsearch."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from claims.claim import Arrangement, Claim, Reading, Round
from claims.rule import Judgement, judge
from loadtests.backend import Backend
from loadtests.backend.toxiproxy import Proxy, proxying
from loadtests.comparison.disturbance import Guard
from loadtests.comparison.figures import SIDES, Side
from loadtests.comparison.measure import figures
from loadtests.comparison.pair import read_requests
from loadtests.comparison.progress import Progress, showing_progress
from loadtests.comparison.stage import Setting, play_pair
from loadtests.errors import InvalidRunError
from loadtests.load.catalogue import Catalogue
from loadtests.load.orders import Generators
from loadtests.load.profiles import Profile
from loadtests.statistics import ALL

MOST_EXTRA_ROUNDS = 2
"""The most rounds that are played again because a block was invalid. Validity has nothing to do with the claim."""
_GENERATORS = Generators(1)


@dataclass(frozen=True)
class Trial:
    """A tested claim: its rounds, the reasons for invalid ones, the judgement, and the duration."""

    claim: Claim
    rounds: tuple[Round, ...]
    invalid: tuple[str, ...]
    judgement: Judgement
    seconds: float


@dataclass(frozen=True)
class Site:
    """The setting of trials: the backend in front of which they run, and a folder for each claim's pairs."""

    backend: Backend
    catalogue: Catalogue
    folder: Path
    console: Console
    guard: Guard | None = None
    """How much other work a turn may have; None: as much as there is."""


def try_out(claim: Claim, site: Site) -> Trial:
    """Play a claim's rounds and judge. Raises LabError when the lab itself fails."""
    began_s, pairs = time.perf_counter(), claim.rounds * len(claim.arrangements)
    folder = site.folder / claim.name
    folder.mkdir(parents=True)
    with (
        proxying(site.backend.url, folder / "toxiproxy.log") as proxy,
        showing_progress(site.console, pairs, claim.whole_s / pairs) as progress,
    ):
        session = _Session(claim, site, folder, proxy, progress)
        session.play_all()
    judgement, seconds = judge(claim, session.rounds), time.perf_counter() - began_s
    return Trial(claim, tuple(session.rounds), tuple(session.invalid), judgement, seconds)


class _Session:
    """A claim during its trial."""

    def __init__(self, claim: Claim, site: Site, folder: Path, proxy: Proxy, progress: Progress) -> None:
        self._claim = claim
        self._site = site
        self._folder = folder
        self._proxy = proxy
        self._progress = progress
        self.rounds: list[Round] = []
        self.invalid: list[str] = []

    def play_all(self) -> None:
        while len(self.rounds) < self._claim.rounds and len(self.invalid) <= MOST_EXTRA_ROUNDS:
            self._play(len(self.rounds) + len(self.invalid) + 1)

    def _play(self, number: int) -> None:
        """Play one more round, or record the reason why it is invalid."""
        try:
            self.rounds.append(self._round(number))
        except InvalidRunError as error:
            self.invalid.append(f"round {number}: {error}")
            self._progress.pairs += len(self._claim.arrangements)
            self._site.console.print(f"INVALID {self.invalid[-1]}", highlight=False, soft_wrap=True)

    def _round(self, number: int) -> Round:
        played: dict[str, Mapping[Side, Reading]] = {}
        for name, arrangement in self._claim.arrangements.items():
            self._progress.begin(f"{self._claim.name}, round {number}, {name}")
            folder = self._folder / f"{name.replace(' ', '-')}-{number:02}"
            folder.mkdir()
            setting = self._setting(arrangement, replace(arrangement.profile_in(played), name=name))
            played[name] = _readings(setting, number, folder, self._progress)
            self._progress.end(None)
        return played

    def _setting(self, arrangement: Arrangement, profile: Profile) -> Setting:
        """Set the proxy to the arrangement's latency, and return the setting.

        Requests pass the proxy even without a delay, so that all arrangements have its cost.
        """
        self._proxy.reset()
        self._proxy.poison("latency", latency=arrangement.latency_ms)
        return Setting(
            arrangement.contenders,
            replace(self._site.backend, url=self._proxy.url),
            self._site.catalogue,
            arrangement.workload,
            profile,
            _GENERATORS,
            f"claims/{self._claim.name}",
            guard=self._site.guard,
        )


def _readings(setting: Setting, number: int, folder: Path, progress: Progress) -> dict[Side, Reading]:
    """Play a pair and measure it. Raises InvalidRunError when a block proves nothing."""
    pair = play_pair(setting, number, folder, progress)
    found = figures(pair, read_requests(folder), setting.profile, setting.contenders, os.cpu_count() or 1)
    for block in found.blocks:
        if block.invalid is not None:
            raise InvalidRunError(f"{setting.profile.name}, {block.contender}: {block.invalid}")
    whole = {row.side: row for row in found.endpoints if row.endpoint == ALL}
    return {side: Reading(block, whole[side]) for side, block in zip(SIDES, found.blocks, strict=True)}
