"""A claim put to the trial: rounds of pairs, with Toxiproxy between the services and Elasticsearch."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from rich.console import Console

from claims.claim import Arrangement, Claim, Reading, Round
from claims.rule import Judgement, judge
from loadtests.backend import Backend
from loadtests.catalogue import Catalogue
from loadtests.comparison.figures import Side
from loadtests.comparison.measure import figures
from loadtests.comparison.pair import SIDES, Setting, play_pair, read_requests
from loadtests.comparison.watch import Watch, watching
from loadtests.errors import InvalidRunError
from loadtests.statistics import ALL
from loadtests.toxiproxy import Proxy, proxying

MOST_EXTRA_ROUNDS = 2
"""A round in which a block is invalid is played again, so often at most. Whether it is has nothing to do with what it
would have said of the claim."""
_GENERATORS = 1


@dataclass(frozen=True)
class Trial:
    """A claim as it was tried: its rounds, why others were invalid, what follows, and how long it took."""

    claim: Claim
    rounds: tuple[Round, ...]
    invalid: tuple[str, ...]
    judgement: Judgement
    seconds: float


@dataclass
class _Account:
    """What a trial has come to so far."""

    rounds: list[Round] = field(default_factory=list)
    invalid: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Testbed:
    """Where claims are tried: in front of this backend, each with a folder of its own in `folder` for its pairs."""

    backend: Backend
    catalogue: Catalogue
    folder: Path
    console: Console

    def try_out(self, claim: Claim) -> Trial:
        """Play its rounds and judge. Raises LabError when the lab itself can't do its work."""
        began_s, account = time.perf_counter(), _Account()
        folder = self.folder / claim.name
        folder.mkdir(parents=True)
        pairs = claim.rounds * len(claim.arrangements)
        with (
            proxying(self.backend.url, folder / "toxiproxy.log") as proxy,
            watching(self.console, pairs, claim.whole_s / pairs) as watch,
        ):
            for number in range(1, claim.rounds + MOST_EXTRA_ROUNDS + 1):
                if len(account.rounds) < claim.rounds:
                    self._play(claim, number, proxy, watch, account)
        judgement = judge(claim, account.rounds)
        seconds = time.perf_counter() - began_s
        return Trial(claim, tuple(account.rounds), tuple(account.invalid), judgement, seconds)

    def _play(self, claim: Claim, number: int, proxy: Proxy, watch: Watch, account: _Account) -> None:
        """One more round, or the reason why it is invalid."""
        try:
            account.rounds.append(self._round(claim, number, proxy, watch))
        except InvalidRunError as error:
            account.invalid.append(f"round {number}: {error}")
            watch.pairs += len(claim.arrangements)
            self.console.print(f"INVALID {account.invalid[-1]}", highlight=False, soft_wrap=True)

    def _round(self, claim: Claim, number: int, proxy: Proxy, watch: Watch) -> Round:
        played: dict[str, Mapping[Side, Reading]] = {}
        for name, arrangement in claim.arrangements.items():
            watch.begin(f"{claim.name}, round {number} of {claim.rounds}, {name}")
            setting = self._setting(claim, name, arrangement, played, proxy)
            folder = self.folder / claim.name / f"{name.replace(' ', '-')}-{number:02}"
            folder.mkdir()
            _delay(proxy, arrangement.latency_ms)
            played[name] = _readings(setting, number, folder, watch)
            watch.end(None)
        return played

    def _setting(self, claim: Claim, name: str, arrangement: Arrangement, played: Round, proxy: Proxy) -> Setting:
        return Setting(
            arrangement.contenders,
            replace(self.backend, url=proxy.url),
            self.catalogue,
            arrangement.workload,
            replace(arrangement.profile_in(played), name=name),
            _GENERATORS,
            f"claims/{claim.name}",
        )


def _delay(proxy: Proxy, latency_ms: int) -> None:
    """Requests pass the proxy also where it delays nothing, so that all arrangements bear its cost."""
    proxy.reset()
    proxy.poison("latency", latency=latency_ms)


def _readings(setting: Setting, number: int, folder: Path, watch: Watch) -> dict[Side, Reading]:
    """Play a pair and measure it. Raises InvalidRunError where a block proves nothing."""
    pair = play_pair(setting, number, folder, watch)
    found = figures(
        pair, read_requests(folder), setting.profile, setting.contenders, os.cpu_count() or 1, setting.processes
    )
    for block in found.blocks:
        if block.invalid is not None:
            raise InvalidRunError(f"{setting.profile.name}, {block.contender}: {block.invalid}")
    whole = {row.side: row for row in found.endpoints if row.endpoint == ALL}
    return {side: Reading(block, whole[side]) for side, block in zip(SIDES, found.blocks, strict=True)}
