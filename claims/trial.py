"""The trial of a claim: rounds of pairs, with Toxiproxy between the services and Elasticsearch."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import inf
from pathlib import Path

from rich.console import Console

from claims import sessions
from claims.claim import Arrangement, Claim, Reading, Round
from claims.rule import Judgement, is_lost, judge, values_of
from claims.sessions import Earlier, Session
from loadtests.backend import Backend
from loadtests.backend.toxiproxy import Proxy, proxying
from loadtests.comparison.disturbance import Guard
from loadtests.comparison.figures import SIDES, Side, Slice
from loadtests.comparison.measure import figures
from loadtests.comparison.pair import read_requests
from loadtests.comparison.progress import Progress, showing_progress
from loadtests.comparison.stage import Setting, play_pair
from loadtests.errors import InvalidRunError
from loadtests.load.catalogue import Catalogue
from loadtests.load.orders import Generators
from loadtests.statistics import ALL

MOST_LOST_ROUNDS = 1
"""Of one lost round, further rounds make less than the tenth that may be lost: 10 in all. Of two it would take 20."""
_GENERATORS = Generators(1)


@dataclass(frozen=True)
class Trial:
    """A tested claim: its valid rounds, the reasons of lost ones, the judgement, its start, and its duration.

    `is_whole` tells whether enough rounds are valid for a session. `slices` are of all rounds. `notes` are sentences
    for the report.
    """

    claim: Claim
    rounds: tuple[Round, ...]
    invalid: tuple[str, ...]
    judgement: Judgement
    began: datetime
    is_whole: bool
    seconds: float = 0.0
    slices: tuple[Slice, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Site:
    """The setting of trials: the backend in front of which they run, and a folder for each claim's pairs.

    `earlier` has the sessions of former runs, by the claims that need several. No round begins that would not end
    before `until_s`, of `perf_counter`.
    """

    backend: Backend
    catalogue: Catalogue
    folder: Path
    console: Console
    guard: Guard | None = None
    """How much other work a turn may have; None: as much as there is."""
    earlier: Mapping[str, Earlier] = field(default_factory=dict)
    until_s: float = inf

    def has_time_for(self, claim: Claim) -> bool:
        """Whether there is time for one more round."""
        return time.perf_counter() + claim.round_s <= self.until_s


def try_out(claim: Claim, site: Site) -> Trial:
    """Play a claim's rounds and judge. Raises LabError when the lab itself fails."""
    began, began_s, pairs = datetime.now(UTC), time.perf_counter(), claim.rounds * len(claim.arrangements)
    folder = site.folder / claim.name
    folder.mkdir(parents=True)
    with (
        proxying(site.backend.url, folder / "toxiproxy.log") as proxy,
        showing_progress(site.console, pairs, claim.whole_s / pairs) as progress,
    ):
        player = _Player(claim, site, folder, proxy, progress)
        player.play_all()
    trial = conclude(claim, player.rounds, player.invalid, began, site.earlier.get(claim.name))
    return replace(
        trial,
        seconds=time.perf_counter() - began_s,
        slices=tuple(player.slices),
        notes=(*player.notes, *trial.notes),
    )


def conclude(
    claim: Claim, rounds: Sequence[Round], invalid: Sequence[str], began: datetime, earlier: Earlier | None = None
) -> Trial:
    """Judge a claim by its rounds, and by the sessions of former runs where it needs several."""
    is_whole = _is_whole(claim, len(rounds), len(invalid))
    trial = Trial(claim, tuple(rounds), tuple(invalid), judge(claim, rounds, len(invalid)), began, is_whole)
    if claim.sessions == 1:
        return trial
    earlier = earlier or Earlier()
    present = [Session(began, values_of(claim, rounds))] if is_whole else []
    counted = sessions.apart([*earlier.sessions, *present])
    judgement = judge(claim, rounds, len(invalid), [one.values for one in counted])
    return replace(trial, judgement=judgement, notes=tuple(_of_sessions(claim, earlier, present, counted)))


def _is_whole(claim: Claim, valid_rounds: int, lost_rounds: int) -> bool:
    """Whether there are as many valid rounds as planned, and no more lost ones than a verdict may lose."""
    return valid_rounds >= claim.rounds and not is_lost(lost_rounds, valid_rounds + lost_rounds)


def _of_sessions(
    claim: Claim, earlier: Earlier, present: Sequence[Session], counted: Sequence[Session]
) -> Iterator[str]:
    """Sentences on the sessions of a claim: why this one does not count, how many do, and which can't."""
    if not present:
        yield "This session is not whole and does not count."
    elif present[0] not in counted:
        yield sessions.TOO_EARLY
    yield sessions.progress(claim, counted)
    if earlier.others:
        yield earlier.others


class _Player:
    """A claim during its trial."""

    def __init__(self, claim: Claim, site: Site, folder: Path, proxy: Proxy, progress: Progress) -> None:
        self._claim = claim
        self._site = site
        self._folder = folder
        self._proxy = proxy
        self._progress = progress
        self.rounds: list[Round] = []
        self.invalid: list[str] = []
        self.slices: list[Slice] = []
        self.notes: list[str] = []

    def play_all(self) -> None:
        while not _is_whole(self._claim, len(self.rounds), len(self.invalid)) and len(self.invalid) <= MOST_LOST_ROUNDS:
            if not self._site.has_time_for(self._claim):
                self.notes.append(f"Time was over after {len(self.rounds)} of {self._claim.rounds} rounds.")
                return
            self._play(len(self.rounds) + len(self.invalid) + 1)

    def _play(self, number: int) -> None:
        """Play one more round, or record the reason why it is lost."""
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
            setting = self._setting(name, arrangement, played)
            played[name] = self._readings(setting, number, folder)
            self._progress.end([])
        return played

    def _setting(self, name: str, arrangement: Arrangement, played: Round) -> Setting:
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
            replace(arrangement.profile, name=name),
            _GENERATORS,
            f"claims/{self._claim.name}",
            guard=self._site.guard,
            rates_per_s=arrangement.rates_in(played),
        )

    def _readings(self, setting: Setting, number: int, folder: Path) -> dict[Side, Reading]:
        """Play a pair and measure it. Raises InvalidRunError when a block proves nothing."""
        pair = play_pair(setting, number, folder, self._progress)
        found = figures(pair, read_requests(folder), setting.profile, setting.contenders, os.cpu_count() or 1)
        self.slices += found.slices
        for block in found.blocks:
            if block.invalid is not None:
                raise InvalidRunError(f"{setting.profile.name}, {block.contender}: {block.invalid}")
        whole = {row.side: row for row in found.endpoints if row.endpoint == ALL}
        return {side: Reading(block, whole[side]) for side, block in zip(SIDES, found.blocks, strict=True)}
