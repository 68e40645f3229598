"""The highest rate that each of two contenders sustains under a service-level objective."""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rich.console import Console

from loadtests import runs
from loadtests.backend import Backend
from loadtests.backend.library import tidy
from loadtests.checkout import PROJECT
from loadtests.comparison import disturbance, preflight
from loadtests.comparison.bottleneck import Evidence, limiting
from loadtests.comparison.disturbance import Budget, Guard, in_words, is_disturbed
from loadtests.comparison.figures import SIDES, Side
from loadtests.comparison.measure import SideFigures, whatever_starved_it, with_response_times
from loadtests.comparison.pair import Played
from loadtests.comparison.rate.search import Outcome, Sustained, search
from loadtests.comparison.rate.slo import Objective, Step, failings
from loadtests.comparison.report import wording
from loadtests.comparison.stage import Setting, Stage, conducting_of
from loadtests.conditions import of_comparison
from loadtests.contenders import Contender
from loadtests.errors import InvalidRunError
from loadtests.load import profiles, records
from loadtests.load.catalogue import Catalogue
from loadtests.load.profiles import Profile
from loadtests.options import RateOptions
from loadtests.servers import Server, serving
from loadtests.statistics import percentile
from loadtests.tables import write_values
from loadtests.targets import Target

_PROBE_S = 3.0
_IN_FLIGHT_SAMPLES = 40
_MOST_STEP_S = 60.0
_MOST_OFFERS = 3
_MOST_AGAIN_S = 300.0
"""Of a whole search: so long it may play steps again that other work disturbed."""
_GRACE_S = 1.0
"""The grace after a step's end: the last arrivals need some time too. A later response did not complete."""


@dataclass(frozen=True)
class Tried:
    """A step of the search, in `steps.csv`; `why` names the terms that were not kept, or why nothing is known of them.

    `other_cores` is other work on the machine, as in `Slice.disturbing_cores`.
    """

    side: Side
    contender: str
    rate_per_s: float
    offered: int
    completed: int
    dropped: int
    failures: int
    p50_ms: float | None
    p99_ms: float | None
    outcome: str
    why: str | None
    other_cores: float | None = None


@dataclass(frozen=True)
class Sought:
    """The result of the search: an interval of rates for each side."""

    folder: str
    sustained: dict[Side, Sustained]


class Steps:
    """Plays steps on servers that keep running, each with generator processes of its own."""

    def __init__(
        self,
        options: RateOptions,
        backend: Backend,
        catalogue: Catalogue,
        servers: Mapping[Side, Server],
        made: Path,
        guard: Guard | None,
    ) -> None:
        self._options = options
        self._guard = guard
        self._backend = backend
        self._catalogue = catalogue
        self._servers = servers
        self._made = made
        self._count = 0

    def peak_per_s(self, side: Side) -> float:
        """The throughput of a closed probe with enough users, after a warm-up of the same kind.

        Raises InvalidRunError when no response is right.
        """
        profile = profiles.closed("probe", self._options.users, quick=False)
        self._play(side, profile, _PROBE_S)
        peak_per_s = self._play(side, profile, _PROBE_S)[0].correct_answers_per_s
        if not peak_per_s:
            raise InvalidRunError(f"{self._servers[side].contender.title} gave no correct response")
        return peak_per_s

    def offer(self, side: Side, rate_per_s: float, objective: Objective) -> tuple[Outcome, list[Tried]]:
        """Offer arrivals at this rate for long enough to judge every percentile of the objective; each try is told.

        When the generator is the limit, they are offered again: a hiccup of the machine has the same effect. So are
        steps that other work disturbed, while the budget lasts.
        """
        tried: list[Tried] = []
        while True:
            outcome, step, played = self._offer(side, rate_per_s, objective)
            tried.append(step)
            limited = [one.outcome for one in tried].count(Outcome.GENERATOR_LIMITED.value)
            if outcome is Outcome.DISTURBED:
                is_over = self._guard is None or not self._guard.budget.allows([played])
            else:
                is_over = outcome is not Outcome.GENERATOR_LIMITED or limited == _MOST_OFFERS
            if is_over:
                return outcome, tried

    def _offer(self, side: Side, rate_per_s: float, objective: Objective) -> tuple[Outcome, Tried, Played]:
        duration_s = min(max(self._options.step, 2 * objective.least_requests / rate_per_s), _MOST_STEP_S)
        profile = Profile("step", "open", duration_s, 1, rate_per_s=rate_per_s, segments=((rate_per_s, duration_s),))
        figures, played, requests = self._play(side, profile, duration_s)
        step = _step(rate_per_s, played, requests)
        outcome, why = self._outcome(figures, played, failings(objective, step))
        p50_ms, p99_ms = (percentile(step.response_times_ms, share) for share in (0.5, 0.99))
        counts = step.offered, step.completed, step.dropped, step.failures
        name = self._servers[side].contender.name
        other_cores = played.other.disturbing_cores if played.other else None
        told = "; ".join(why) or None
        tried = Tried(side, name, rate_per_s, *counts, p50_ms, p99_ms, outcome.value, told, other_cores)
        return outcome, tried, played

    def _outcome(self, figures: SideFigures, played: Played, broken: list[str]) -> tuple[Outcome, list[str]]:
        """Without a guard, other work is nobody's excuse, nor what it does to the generator."""
        if self._guard is None:
            return judged(whatever_starved_it(figures.evidence()), broken)
        limit_cores = self._guard.limit_cores
        disturbed = in_words([played], limit_cores) if is_disturbed([played], limit_cores) else None
        return judged(figures.evidence(), broken, disturbed)

    def _play(self, side: Side, profile: Profile, duration_s: float) -> tuple[SideFigures, Played, pa.Table]:
        self._count += 1
        folder = self._made / str(self._count)
        folder.mkdir()
        options, contenders = self._options, {name: server.contender for name, server in self._servers.items()}
        setting = Setting(
            contenders, self._backend, self._catalogue, options.workload, profile, options.generators, "rate",
            agent_token=options.agent_token, placement=options.placed,
        )  # fmt: skip
        with conducting_of(setting, folder, str(self._count)) as conductor:
            conductor.wait_ready()
            played, _ = Stage(setting, self._servers, conductor).play(side, 1, duration_s, f"rate/{self._count}")
            conductor.end()
        self._backend.check()
        requests = with_response_times(records.read(conductor.records, 0))
        figures = SideFigures([played], profile, contenders[side], requests, os.cpu_count() or 1)
        return figures, played, requests


def seek(options: RateOptions, backend: Backend, catalogue: Catalogue, console: Console, results: Path) -> Sought:
    """Run `make rate`: the search for both contenders, which take turns at each step. Raises LabError,
    InvalidRunError."""
    if not options.busy:
        preflight.check_idle()
    agents = preflight.agent_notes(options.sides, options.agent_token)
    for sentence in (*wording.replayed(backend), *filter(None, [options.placed.note]), *agents):
        console.print(sentence, highlight=False, soft_wrap=True)
    try:
        backend.rehearse([(one, PROJECT) for one in options.sides], catalogue, options.workload, console)
        with runs.result_folder(results, "rate") as folder, options.placed.of_backend(backend.pids):
            guard = None if options.busy else disturbance.guard(backend.pids, options.step, Budget(_MOST_AGAIN_S))
            if guard:
                console.print(
                    f"a step that fails beside more than {guard.limit_cores:.2f} cores of other work is played again",
                    highlight=False, soft_wrap=True,
                )  # fmt: skip
            tried, found = _search_both(options, backend, catalogue, folder, console, guard)
            write_values(folder / "steps.csv", Tried, tried)
            record = {
                "folder": runs.final_name(folder),
                "started": datetime.now(UTC).isoformat(timespec="seconds"),
                "objective": options.slo,
                "limit_cores": guard.limit_cores if guard else None,
                "contenders": {side: asdict(one) for side, one in zip(SIDES, options.sides, strict=True)},
                "conditions": of_comparison(backend, catalogue, options.workload, options.placement, options.sides),
                "sustained": {side: asdict(one) for side, one in found.items()},
            }
            runs.write_json(folder, record)
    finally:
        tidy(backend.url, backend.access)
    return Sought(runs.final_name(folder), found)


def _search_both(
    options: RateOptions,
    backend: Backend,
    catalogue: Catalogue,
    folder: Path,
    console: Console,
    guard: Guard | None,
) -> tuple[list[Tried], dict[Side, Sustained]]:
    objective = Objective.parse(options.slo)
    with ExitStack() as running:
        made = Path(running.enter_context(TemporaryDirectory(prefix="twinlab-")))
        servers = {
            side: running.enter_context(_serving(contender, backend, options, folder / f"server-{side}.log"))
            for side, contender in zip(SIDES, options.sides, strict=True)
        }
        steps = Steps(options, backend, catalogue, servers, made, guard)
        searches = {side: search(steps.peak_per_s(side)) for side in SIDES}
        return _take_turns(searches, steps, objective, console)


def _serving(
    contender: Contender | Target, backend: Backend, options: RateOptions, log: Path
) -> AbstractContextManager[Server]:
    url, access = backend.asked_by(contender)
    return serving(contender, url, log, access=access, available=options.placed.services)


def _take_turns(
    searches: Mapping[Side, Generator[float, Outcome, Sustained]], steps: Steps, objective: Objective, console: Console
) -> tuple[list[Tried], dict[Side, Sustained]]:
    """Play one step of each search in turn, until all have ended."""
    tried: list[Tried] = []
    found: dict[Side, Sustained] = {}
    wanted = {side: next(one) for side, one in searches.items()}
    while wanted:
        for side, rate_per_s in [*wanted.items()]:
            outcome, tries = steps.offer(side, rate_per_s, objective)
            tried += tries
            for step in tries:
                console.print(_in_words(step), highlight=False, soft_wrap=True)
            try:
                wanted[side] = searches[side].send(outcome)
            except StopIteration as ended:
                found[side] = ended.value
                del wanted[side]
    return tried, {side: found[side] for side in searches}


def judged(evidence: Evidence, broken: list[str], disturbed: str | None = None) -> tuple[Outcome, list[str]]:
    """The outcome of a step with these broken terms, and the reasons why it did not pass.

    A late or busy generator makes response times longer, because they count from when requests were due, and never
    shorter; other work, of which `disturbed` tells, makes nothing faster either: a step that passes even so is
    sustained. When a term is broken, they may be the reason. When one of the generator's processes did not do its part,
    nothing is known.
    """
    limited = limiting(evidence)[1] if broken or evidence.faults else None
    if disturbed and (broken or limited):
        return Outcome.DISTURBED, [disturbed]
    if limited:
        return Outcome.GENERATOR_LIMITED, [limited]
    return (Outcome.FAIL if broken else Outcome.PASS), broken


def _in_words(step: Tried) -> str:
    p99 = f"p99 {step.p99_ms:.1f} ms" if step.p99_ms is not None else ""
    return f"{step.contender} at {step.rate_per_s:.1f}/s: {step.outcome} {p99} {step.why or ''}".rstrip()


def _step(rate_per_s: float, played: Played, requests: pa.Table) -> Step:
    """The slice as the objective counts it: all of its scheduled arrivals, with no share left out."""
    end_s = played.begin_s + played.duration_s
    starts_s = requests["start_s"].to_numpy()
    ends_s = starts_s + requests["service_time_ms"].to_numpy() / 1000
    moments_s = np.linspace(played.begin_s, end_s, _IN_FLIGHT_SAMPLES)
    in_flight = np.searchsorted(np.sort(starts_s), moments_s) - np.searchsorted(np.sort(ends_s), moments_s)
    late = int((ends_s > end_s + _GRACE_S).sum())
    return Step(
        rate_per_s=rate_per_s,
        offered=played.arrivals,
        dropped=played.dropped,
        completed=played.arrivals - played.dropped - late,
        failures=int(pc.sum(pc.is_valid(requests["failure"])).as_py() or 0),
        response_times_ms=requests["response_time_ms"].to_numpy(),
        in_flight=in_flight.astype(float),
    )
