"""The main job: contenders compared in interleaved pairs, profile by profile, and what follows from it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from statistics import mean, median

from rich.console import Console

from loadtests import conditions
from loadtests.backend import Backend
from loadtests.backend.library import tidy
from loadtests.checkout import PROJECT
from loadtests.comparison import disturbance, files, predict, preflight
from loadtests.comparison.figures import Block, EndpointFigures, Side, Slice
from loadtests.comparison.measure import Figures, figures
from loadtests.comparison.pair import Pair, read_requests
from loadtests.comparison.progress import Progress, duration, showing_progress
from loadtests.comparison.report import wording
from loadtests.comparison.result import Prediction, Result, backend_of
from loadtests.comparison.stage import Setting, play_pair
from loadtests.comparison.store import Design, Store, storing
from loadtests.comparison.turns import balanced_over
from loadtests.comparison.verdict.decisions import decide
from loadtests.comparison.verdict.exclusion import lost_pairs, without_verdict
from loadtests.comparison.verdict.metrics import Value, values_of
from loadtests.contenders import Contender
from loadtests.errors import InvalidRunError
from loadtests.load import profiles
from loadtests.load.catalogue import Catalogue
from loadtests.load.profiles import Profile
from loadtests.options import PairedOptions
from loadtests.runs import final_name
from loadtests.statistics import ALL
from loadtests.targets import Target

_SEED = "twinlab"


@dataclass(frozen=True)
class Looks:
    """After how many pairs of each profile the figures are looked at, and whether they decide, so that no more are
    played. A comparison that is looked at more than once gets its verdict from who looks."""

    pairs: Sequence[int]
    decide: Callable[[Sequence[Value], Sequence[Block]], bool]


@dataclass(frozen=True)
class Task:
    """What is compared, and with what. `roots` names the checkouts of sides that run other code than this one;
    `notes` are for the report. `append` is the earlier result to which this adds a session."""

    contenders: Mapping[Side, Contender | Target]
    options: PairedOptions
    backend: Backend
    catalogue: Catalogue
    name: str
    command: str
    roots: Mapping[Side, Path] = field(default_factory=dict)
    notes: Sequence[str] = ()
    looks: Looks | None = None
    append: Path | None = None

    @cached_property
    def design(self) -> Design:
        chosen = self.options.model_dump(
            mode="json", include={"pairs", "quick", "users", "rate", "processes", "master"}
        )
        options = self.options
        surroundings = conditions.of_comparison(
            self.backend, self.catalogue, options.workload, options.placement, self.contenders.values()
        )
        contenders: dict[str, object] = {side: asdict(contender) for side, contender in self.contenders.items()}
        return Design(contenders, surroundings, list(self.options.profile), chosen)

    def setting(self, profile: Profile) -> Setting:
        options = self.options
        return Setting(
            self.contenders,
            self.backend,
            self.catalogue,
            options.workload,
            profile,
            options.generators,
            _SEED,
            self.roots,
            options.agent_token,
            placement=options.placed,
        )

    def rehearse(self, console: Console) -> None:
        """Record what a replayed backend needs. Raises LabError, InvalidRunError."""
        cast = [(one, self.roots.get(side, PROJECT)) for side, one in self.contenders.items()]
        self.backend.rehearse(cast, self.catalogue, self.options.workload, console)


def compare(task: Task, console: Console, results: Path, floors: Mapping[str, float] | None) -> Result:
    """Perform all pairs that are missing, decide, and write the result folder.

    Raises InvalidRunError when no pair is valid, or a server or generator fails; LabError when the lab itself can't do
    its work. What was finished is kept for `RESUME=`.
    """
    if not task.options.busy:
        preflight.check_idle()
    agents = preflight.agent_notes(task.contenders.values(), task.options.agent_token)
    placed = task.options.placed.note
    task = replace(task, notes=[*task.notes, *wording.replayed(task.backend), *filter(None, [placed]), *agents])
    try:
        task.rehearse(console)
        with storing(results, task.name, task.design, task.options.resume, console, task.append) as store:
            result = _Session(task, store, console).result(floors)
            files.write(store.folder, result)
    finally:
        tidy(task.backend.url, task.backend.access)
    return result


def measured_per_s(side: str, blocks: Iterable[Block]) -> float | None:
    """A side's throughput at the peak: the mean over its valid blocks; None where there is none."""
    peaks = [
        block.correct_answers_per_s
        for block in blocks
        if (block.profile, block.side) == (profiles.PEAK, side) and block.invalid is None
    ]
    return mean(peaks) if peaks else None


def without_memory(blocks: Iterable[Block]) -> list[str]:
    """A sentence where a contender's memory can't be compared; none where the kernel told all of it."""
    names = sorted({block.contender for block in blocks if block.peak_pss_bytes is None})
    if not names:
        return []
    return [
        f"Memory (PSS) is missing in blocks of {' and '.join(names)}, which no verdict on memory covers: it needs "
        "/proc/PID/smaps_rollup (Linux 4.14 or later), and a service that the lab starts or that has an agent."
    ]


class _Session:
    """A comparison while it is played: its profiles so far, and the figures of their pairs."""

    def __init__(self, task: Task, store: Store, console: Console) -> None:
        self._task = task
        self._store = store
        self._console = console
        self._profiles: list[Profile] = []
        self._slices: list[Slice] = []
        self._blocks: list[Block] = []
        self._endpoints: list[EndpointFigures] = []
        self._limits_cores: dict[str, float] = store.recall("limits_cores") or {}
        self._sessions = store.sessions
        self._lost: list[str] = []
        self._budget = disturbance.Budget.of_run(self._planned_s())

    def result(self, floors: Mapping[str, float] | None) -> Result:
        """Play what is missing. Raises InvalidRunError when no pair is valid, or a server or generator fails."""
        task, options = self._task, self._task.options
        self._announce()
        ceiling_per_s = self._ceiling_per_s()
        predicted = self._predict()
        self._play(predicted)
        backend = backend_of(task.design.conditions)
        decisions = [
            replace(one, contender=task.contenders[one.side].name, backend=backend)
            for one in decide(self._values(), floors, self._unjudged(), options.pairs)
        ]
        sentences = [
            *wording.of_orders(self._profiles, len(task.contenders), balanced_over(len(task.contenders))),
            *disturbance.notes(self._slices, self._limits_cores, self._lost),
            *wording.of_sessions(self._sessions, decisions, {s: one.name for s, one in task.contenders.items()}),
        ]
        for sentence in sentences:
            self._console.print(sentence, highlight=False, soft_wrap=True)
        return Result(
            folder=final_name(self._store.folder),
            started=datetime.now(UTC).isoformat(timespec="seconds"),
            quick=options.quick,
            contenders={side: asdict(contender) for side, contender in task.contenders.items()},
            conditions=task.design.conditions,
            workload=options.workload,
            profiles=self._profiles,
            predictions=[replace(one, measured_per_s=measured_per_s(one.side, self._blocks)) for one in predicted],
            generator_ceiling_per_s=ceiling_per_s,
            slices=self._slices,
            blocks=self._blocks,
            endpoints=self._endpoints,
            decisions=decisions,
            noise_floor=dict(floors) if floors else None,
            notes=[*task.notes, *without_memory(self._blocks), *sentences],
            command=task.command,
            limits_cores=self._limits_cores,
            sessions=[began.isoformat(timespec="seconds") for began in self._sessions],
        )

    def _values(self) -> list[Value]:
        return values_of(self._profiles, self._blocks, self._endpoints)

    def _unjudged(self) -> set[str]:
        """The profiles that get no verdict."""
        if self._task.options.quick or self._task.looks:
            return {profile.name for profile in self._profiles}
        return {*without_verdict(self._blocks)}

    def _play(self, predicted: Sequence[Prediction]) -> None:
        """Play all pairs, session by session, or as many as it takes until a look at them decides.

        The rates of later sessions are those of the first, whose pairs are known then.
        """
        options, looks, played = self._task.options, self._task.looks, 0
        known: dict[str, Profile] = {}
        for upto in looks.pairs if looks else range(options.pairs, self._pairs + 1, options.pairs):
            for name in options.profile:
                if name not in known:
                    known[name] = self._profile(name, predicted)
                    self._profiles.append(known[name])
                self._play_pairs(known[name], played + 1, upto)
                self._check_valid()
            played = upto
            if looks and looks.decide(self._values(), self._blocks):
                return

    @property
    def _pairs(self) -> int:
        """Of each profile, in all sessions."""
        return len(self._sessions) * self._task.options.pairs

    def _planned_s(self) -> float:
        """Of one session."""
        options = self._task.options
        each_s = (
            self._pair_s(profiles.named(name, options.users, 1.0, lambda _: None, quick=options.quick))
            for name in options.profile
        )
        return options.pairs * sum(each_s) + self._pair_s(profiles.PROBE)

    def _pair_s(self, profile: Profile) -> float:
        return profiles.pair_s(profile, len(self._task.contenders))

    def _announce(self) -> None:
        options, console = self._task.options, self._console
        for side, contender in self._task.contenders.items():
            console.print(f"{side}: {contender.title}", highlight=False)
        what = f"{options.pairs} pairs of {' and '.join(options.profile)}"
        console.print(f"{what}: about {duration(self._planned_s())} minutes", highlight=False)
        if options.master:
            host, port = options.master
            workers = f"{options.processes} load workers (make load-worker MASTER={host}:{port} on their hosts)"
            console.print(f"the load comes from {workers}", highlight=False, soft_wrap=True)

    def _ceiling_per_s(self) -> float | None:
        """None with remote workers: each would need its own null server."""
        options = self._task.options
        if options.master:
            return None
        known: float | None = self._store.recall("ceiling")
        if known is None:
            known = predict.generator_ceiling_per_s(
                options.processes, options.users, self._task.catalogue, options.placed.load
            )
            self._store.remember("ceiling", known)
        return known

    def _predict(self) -> list[Prediction]:
        """Predict each contender's ceiling before the first block of a judged profile."""
        with showing_progress(self._console, 1, self._pair_s(profiles.PROBE)) as progress:
            pair = self._pair(profiles.PROBE, 1, "predicting", progress)
        predicted = predict.predictions(self._task.contenders, self._figures(profiles.PROBE, pair).blocks)
        for one in predicted:
            self._console.print(predict.in_words(one), highlight=False)
        return predicted

    def _profile(self, name: str, predicted: Sequence[Prediction]) -> Profile:
        options = self._task.options
        if options.rate is not None and name == profiles.STEADY:
            return profiles.steady(options.rate, quick=options.quick)
        needs_peak = name in profiles.NEEDS_PEAK and options.rate is None
        peak_per_s = self._peak_per_s() if needs_peak else options.rate
        return profiles.named(name, options.users, peak_per_s, partial(_response_ms, predicted), quick=options.quick)

    def _play_pairs(self, profile: Profile, first: int, last: int) -> None:
        """Play these pairs of a profile."""
        is_stored = all(self._store.is_finished(profile.name, number) for number in range(first, last + 1))
        guard = None if is_stored else self._guard(profile)
        with showing_progress(self._console, last - first + 1, self._pair_s(profile)) as progress:
            for number in range(first, last + 1):
                pair = self._pair(profile, number, f"{profile.name}, pair {number} of {self._pairs}", progress, guard)
                if reason := disturbance.lost(pair):
                    self._lost.append(f"pair {number} of {profile.name}")
                    progress.tell(f"pair {number} is lost: {reason}")
                found = self._figures(profile, pair)
                self._slices += found.slices
                self._blocks += found.blocks
                self._endpoints += found.endpoints
                decided = decide(values_of([profile], self._blocks, self._endpoints))
                progress.end([one for one in decided if one.metric == decided[0].metric and one.endpoint == ALL])

    def _guard(self, profile: Profile) -> disturbance.Guard | None:
        """By this machine's idle noise, measured now; None with BUSY=1, which measures on whatever else runs."""
        if self._task.options.busy:
            return None
        found = disturbance.guard(self._task.backend.pids, profile.slice_s, self._budget)
        self._limits_cores[profile.name] = found.limit_cores
        self._store.remember("limits_cores", self._limits_cores)
        self._console.print(
            f"{profile.name}: a turn with more than {found.limit_cores:.2f} cores of other work is played again",
            highlight=False,
        )
        return found

    def _pair(
        self, profile: Profile, number: int, what: str, progress: Progress, guard: disturbance.Guard | None = None
    ) -> Pair:
        """The stored pair, or a new one."""
        progress.begin(what)
        if finished := self._store.finished(profile.name, number):
            progress.know()
            return finished
        folder = self._store.fresh_folder(profile.name, number)
        return play_pair(replace(self._task.setting(profile), guard=guard), number, folder, progress)

    def _figures(self, profile: Profile, pair: Pair) -> Figures:
        folder = self._store.pair_folder(profile.name, pair.number)
        return figures(pair, read_requests(folder), profile, self._task.contenders, os.cpu_count() or 1)

    def _peak_per_s(self) -> float | None:
        """The slower contender's throughput at its peak: the median over pairs.

        Raises InvalidRunError where that is zero: no rate follows from it.
        """
        sides: dict[str, list[float]] = {}
        for block in self._blocks:
            if block.profile == profiles.PEAK and block.invalid is None:
                sides.setdefault(block.side, []).append(block.correct_answers_per_s)
        for side, rates_per_s in sides.items():
            if not median(rates_per_s):
                raise InvalidRunError(f"{side} gave no correct response at its peak: give the rate of open load, RATE=")
        return min(map(median, sides.values()), default=None)

    def _check_valid(self) -> None:
        """After each profile: where no pair is left there is nothing to go on with."""
        for profile, lost in lost_pairs(self._blocks).items():
            ours = [block for block in self._blocks if block.profile == profile]
            if lost == {block.pair for block in ours}:
                reason = next(block.invalid for block in ours if block.invalid is not None)
                raise InvalidRunError(f"not one pair of {profile} load is valid; {reason}")


def _response_ms(predicted: Sequence[Prediction], users: int) -> float | None:
    """Of the slower contender; None where one's is not known."""
    each = [one.response_ms(users) for one in predicted]
    known = [response_ms for response_ms in each if response_ms is not None]
    return max(known) if len(known) == len(each) else None
