"""The main job: two contenders compared in interleaved pairs, profile by profile, and what follows from it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property, partial
from math import exp, log
from pathlib import Path
from statistics import mean

from rich.console import Console

from loadtests import conditions
from loadtests.backend import Backend
from loadtests.bench import tidy
from loadtests.catalogue import Catalogue
from loadtests.comparison import files, foretell, preflight, profiles
from loadtests.comparison.decisions import Decision, decide
from loadtests.comparison.figures import Block, EndpointFigures, Side, Slice
from loadtests.comparison.measure import figures
from loadtests.comparison.metrics import Value, values
from loadtests.comparison.pair import Pair, Setting, play_pair, read_requests
from loadtests.comparison.store import Plan, Store, storing
from loadtests.comparison.study import Prediction, Profile, Study
from loadtests.comparison.watch import Watch, duration, watching
from loadtests.contenders import Contender
from loadtests.errors import InvalidRunError
from loadtests.options import PairedOptions
from loadtests.runs import final_name
from loadtests.targets import Target

_SEED = "twinlab"


@dataclass(frozen=True)
class Task:
    """What is compared, and with what. `roots` names the checkouts of sides that run other code than this one;
    `notes` are for the report."""

    contenders: Mapping[Side, Contender | Target]
    options: PairedOptions
    backend: Backend
    catalogue: Catalogue
    name: str
    command: str
    roots: Mapping[Side, Path] = field(default_factory=dict)
    notes: Sequence[str] = ()

    @cached_property
    def plan(self) -> Plan:
        told = {"pairs", "quick", "users", "rate", "processes", "master"}
        chosen = self.options.model_dump(mode="json", include=told)
        surroundings = conditions.of_comparison(self.backend, self.catalogue, self.options.workload)
        contenders: dict[str, object] = {side: asdict(contender) for side, contender in self.contenders.items()}
        return Plan(contenders, surroundings, list(self.options.profile), chosen)

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
        )


@dataclass
class Found:
    """What the pairs so far have shown."""

    slices: list[Slice] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    endpoints: list[EndpointFigures] = field(default_factory=list)

    def add(self, pair: Pair, folder: Path, profile: Profile, task: Task) -> None:
        found = figures(pair, read_requests(folder), profile, task.contenders, os.cpu_count() or 1)
        self.slices += found.slices
        self.blocks += found.blocks
        self.endpoints += found.endpoints

    def values(self, judged: Iterable[Profile]) -> Iterator[Value]:
        return _values(judged, self.blocks, self.endpoints)

    def peak_per_s(self) -> float | None:
        """The slower contender's throughput at its peak: the geometric mean over pairs."""
        sides: dict[str, list[float]] = {}
        for block in self.blocks:
            if block.profile == profiles.PEAK and block.invalid is None:
                sides.setdefault(block.side, []).append(log(block.correct_answers_per_s))
        return min((exp(mean(logs)) for logs in sides.values()), default=None)


def compare(task: Task, console: Console, results: Path, floors: Mapping[str, float] | None) -> Study:
    """Perform all pairs that are missing, decide, and write the result folder.

    Raises InvalidRunError when no pair is valid, or a server or generator fails; LabError when the lab itself can't do
    its work. What was finished is kept for `RESUME=`.
    """
    if not task.options.busy:
        preflight.check_idle()
    told = preflight.told_by_agents(task.contenders.values(), task.options.agent_token)
    task = replace(task, notes=[*task.notes, *told])
    try:
        with storing(results, task.name, task.plan, task.options.resume, console) as store:
            study = _study(task, store, console, floors)
            files.write(store.folder, study)
    finally:
        tidy(task.backend.url, task.backend.access)
    return study


def values_of(study: Study) -> list[Value]:
    """Everything that its decisions rest on."""
    return [*_values(study.profiles, study.blocks, study.endpoints)]


def _values(
    judged: Iterable[Profile], blocks: Sequence[Block], endpoints: Sequence[EndpointFigures]
) -> Iterator[Value]:
    for profile in judged:
        of_it = [block for block in blocks if block.profile == profile.name]
        yield from values(profile.kind, of_it, [row for row in endpoints if row.profile == profile.name])


def _study(task: Task, store: Store, console: Console, floors: Mapping[str, float] | None) -> Study:
    options, found = task.options, Found()
    _announce(task, console)
    ceiling_per_s = _ceiling_per_s(task, store)
    predicted = _predictions(task, store, console)
    judged: list[Profile] = []
    for name in options.profile:
        judged.append(_profile(name, task, found, predicted))
        _perform(judged, task, store, found, console)
        _check_valid(found)
    return Study(
        folder=final_name(store.folder),
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        quick=options.quick,
        contenders={side: asdict(contender) for side, contender in task.contenders.items()},
        conditions=task.plan.conditions,
        workload=options.workload,
        profiles=judged,
        predictions=[replace(one, measured_per_s=_measured_per_s(one.side, found)) for one in predicted],
        generator_ceiling_per_s=ceiling_per_s,
        slices=found.slices,
        blocks=found.blocks,
        endpoints=found.endpoints,
        decisions=decide(found.values(judged), floors),
        noise_floor=dict(floors) if floors else None,
        notes=[*task.notes],
        command=task.command,
    )


def _profile(name: str, task: Task, found: Found, predicted: Sequence[Prediction]) -> Profile:
    options = task.options
    peak_per_s = found.peak_per_s()
    if options.rate is not None and name == profiles.STEADY:
        return profiles.steady(options.rate, quick=options.quick)
    if options.rate is not None and name == profiles.BURST:
        peak_per_s = options.rate
    return profiles.named(name, options.users, peak_per_s, partial(_response_ms, predicted), quick=options.quick)


def _response_ms(predicted: Sequence[Prediction], users: int) -> float | None:
    """Of the slower contender; None where one's is not known."""
    foretold = [one.response_ms(users) for one in predicted]
    known = [response_ms for response_ms in foretold if response_ms is not None]
    return max(known) if len(known) == len(foretold) else None


def _perform(judged: list[Profile], task: Task, store: Store, found: Found, console: Console) -> None:
    """All pairs of the last of these profiles."""
    profile, pairs = judged[-1], task.options.pairs
    with watching(console, pairs, profiles.pair_s(profile)) as watch:
        for number in range(1, pairs + 1):
            what = f"{profile.name}, pair {number} of {pairs}"
            pair = _pair(profile, number, what, task, store, watch)
            found.add(pair, store.pair_folder(profile.name, number), profile, task)
            watch.end(_telling(decide(found.values(judged[-1:]))))


def _pair(profile: Profile, number: int, what: str, task: Task, store: Store, watch: Watch) -> Pair:
    watch.begin(what)
    if finished := store.finished(profile.name, number):
        watch.know()
        return finished
    return play_pair(task.setting(profile), number, store.pair_folder(profile.name, number), watch)


def _telling(decisions: Iterable[Decision]) -> Decision | None:
    return next(iter(decisions), None)


def _ceiling_per_s(task: Task, store: Store) -> float | None:
    """None for workers on other hosts: what does nothing would have to stand beside each of them."""
    if task.options.master:
        return None
    known: float | None = store.recall("ceiling")
    if known is None:
        known = foretell.generator_ceiling_per_s(task.options.processes, task.options.users, task.catalogue)
        store.remember("ceiling", known)
    return known


def _predictions(task: Task, store: Store, console: Console) -> list[Prediction]:
    """Told before the first block of a judged profile."""
    probed = Found()
    with watching(console, 1, profiles.pair_s(profiles.PROBE)) as watch:
        pair = _pair(profiles.PROBE, 1, "predicting", task, store, watch)
    probed.add(pair, store.pair_folder(profiles.PROBE.name, 1), profiles.PROBE, task)
    predicted = foretell.predictions(task.contenders, probed.blocks)
    for one in predicted:
        console.print(foretell.in_words(one), highlight=False)
    return predicted


def _measured_per_s(side: str, found: Found) -> float | None:
    """Throughput at the peak, where there was one."""
    peaks = [one.correct_answers_per_s for one in found.blocks if (one.profile, one.side) == (profiles.PEAK, side)]
    return mean(peaks) if peaks else None


def _announce(task: Task, console: Console) -> None:
    options = task.options
    each_s = (
        profiles.pair_s(profiles.named(name, options.users, 1.0, lambda _: None, quick=options.quick))
        for name in options.profile
    )
    whole_s = options.pairs * sum(each_s) + profiles.pair_s(profiles.PROBE)
    a, b = task.contenders["a"], task.contenders["b"]
    console.print(f"a: {a.title}\nb: {b.title}", highlight=False)
    what = f"{options.pairs} pairs of {' and '.join(options.profile)}"
    console.print(f"{what}: about {duration(whole_s)} minutes", highlight=False)
    if options.master:
        host, port = options.master
        workers = f"{options.processes} load workers (make load-worker MASTER={host}:{port} on their hosts)"
        console.print(f"the load comes from {workers}", highlight=False, soft_wrap=True)


def _check_valid(found: Found) -> None:
    invalid = [block for block in found.blocks if block.invalid is not None]
    if len(invalid) == len(found.blocks):
        raise InvalidRunError(f"not one block is valid; {invalid[0].invalid}")
