"""One pair: fresh processes of both contenders, warmed up, then loaded in turn, slice by slice.

Machines drift: what one contender does now and the other a minute later is not comparable. Short slices put both onto
the same machine, and onto the same of its cores; fresh processes in each pair average out what a process is born with
(its memory layout, its hash seed), which no number of slices would.
"""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import SecretStr

from loadtests import kernel, records
from loadtests.agent.remote import RemoteTree, agent_of
from loadtests.backend import Backend
from loadtests.catalogue import Catalogue
from loadtests.comparison import cores
from loadtests.comparison.conductor import Conductor, conducting
from loadtests.comparison.figures import Side
from loadtests.comparison.generators import Generators
from loadtests.comparison.orders import Clock, Done, Order
from loadtests.comparison.profiles import LEAST_WARM_UP_SLICES
from loadtests.comparison.steadiness import agree
from loadtests.comparison.study import Profile
from loadtests.comparison.watch import Watch
from loadtests.contenders import Contender
from loadtests.paths import PROJECT
from loadtests.sampler import Sample, Tree, Watched, sampling
from loadtests.servers import Server, starting
from loadtests.tables import read_values, write_values
from loadtests.targets import Target

N = TypeVar("N", int, float)
SIDES: tuple[Side, Side] = ("a", "b")


@dataclass(frozen=True)
class Setting:
    """What all pairs of a profile have in common."""

    contenders: Mapping[Side, Contender | Target]
    backend: Backend
    catalogue: Catalogue
    workload: str
    profile: Profile
    generators: Generators
    seed: str
    roots: Mapping[Side, Path] = field(default_factory=dict)
    agent_token: SecretStr | None = None


@dataclass(frozen=True)
class Played:
    """A slice as it was performed: times are of `perf_counter`. What was used counts from its begin to its last answer:
    `cpu_s` is CPU time of the groups `server`, `backend`, each `generator-N`, and of the whole `machine`;
    `context_switches` are the server's; for `stalled_s` some task was ready to run and had no CPU. `faults` are those
    of the generator's processes, each by its name."""

    number: int
    side: Side
    begin_s: float
    duration_s: float
    ended_s: float
    arrivals: int
    dropped: int
    connects: int
    cpu_s: dict[str, float]
    context_switches: int | None
    stalled_s: float | None
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Memory:
    """What a server held at the end of a pair, in all its processes; None where it can't be seen."""

    uss_bytes: int | None
    threads: int | None
    file_descriptors: int | None
    peak_rss_bytes: int | None


@dataclass(frozen=True)
class Pair:
    """A finished pair. `first` was loaded first; `unsteady` sides never came to two warm-up slices that agree; `clocks`
    are those of the generator's processes on other hosts."""

    profile: str
    number: int
    first: Side
    unsteady: list[Side]
    played: list[Played]
    memory: dict[Side, Memory]
    clocks: list[Clock] = field(default_factory=list)

    @classmethod
    def read(cls, folder: Path) -> Pair:
        content = json.loads((folder / "pair.json").read_text())
        content["played"] = [Played(**played) for played in content["played"]]
        content["memory"] = {side: Memory(**memory) for side, memory in content["memory"].items()}
        content["clocks"] = [Clock(**clock) for clock in content.get("clocks", [])]
        return cls(**content)

    def write(self, folder: Path) -> None:
        (folder / "pair.json").write_text(json.dumps(asdict(self), indent=1) + "\n")


def read_requests(folder: Path) -> pa.Table:
    """The counted and uncounted requests of a finished pair: recorder.SCHEMA, times since its first slice."""
    return pq.read_table(folder / "requests.parquet")


def read_resources(folder: Path) -> list[Sample]:
    """Times since the pair's first slice; groups are `server-a`, `server-b`, `backend` and `generator-N`."""
    return read_values(folder / "resources.csv", Sample)


def order_of_sides(first: Side, slices: int) -> Iterator[Side]:
    """A B B A A B B A …: each side has as many slices as the other, and follows itself as often as the other."""
    second: Side = "b" if first == "a" else "a"
    for number in range(slices):
        yield from (first, second) if number % 2 == 0 else (second, first)


@dataclass(frozen=True)
class Spent:
    """What has been used up to now; see Played."""

    cpu_s: dict[str, float]
    context_switches: int | None
    stalled_s: float | None

    def since(self, before: Spent) -> tuple[dict[str, float], int | None, float | None]:
        """What was used between."""
        return (
            {group: cpu_s - before.cpu_s[group] for group, cpu_s in self.cpu_s.items()},
            _difference(self.context_switches, before.context_switches),
            _difference(self.stalled_s, before.stalled_s),
        )


class Stage:
    """Both servers, the backend and the generator of a pair while they run."""

    def __init__(self, setting: Setting, servers: Mapping[Side, Server], conductor: Conductor) -> None:
        self._setting = setting
        self._servers = servers
        self._conductor = conductor
        self.remote = dict(self._told())
        self._trees: dict[str, Watched] = {group: Tree(group, pid) for group, pid in self.roots().items()}
        self._trees |= self.remote

    def roots(self) -> dict[str, int]:
        """The process ids of all that can be seen, by group."""
        pids = {f"server-{side}": server.pid for side, server in self._servers.items()}
        pids["backend"] = self._setting.backend.pid
        known = {group: pid for group, pid in pids.items() if pid is not None}
        return known | {f"generator-{number}": pid for number, pid in enumerate(self._conductor.pids)}

    def _told(self) -> Iterator[tuple[str, RemoteTree]]:
        """The servers that agents tell of, by group."""
        for side, server in self._servers.items():
            if agent := agent_of(server.contender, self._setting.agent_token):
                yield f"server-{side}", RemoteTree(f"server-{side}", agent)

    def play(self, side: Side, number: int, duration_s: float, seed: str) -> tuple[Played, float | None]:
        """A slice of the profile's load, and its mean service time in ms. Raises InvalidRunError when a part fails."""
        profile = self._setting.profile
        segments = profile.segments if number else calm(profile, duration_s)
        order = Order(number, side, self._servers[side].url, 0, duration_s, profile.users, segments, seed)
        before = self._spent(side)
        with self._beginning(side, number):
            performed, done = self._conductor.play(order)
        ended_s, after = time.perf_counter(), self._spent(side)
        self._servers[side].check_alive()
        cpu_s, context_switches, stalled_s = after.since(before)
        played = Played(
            number=number,
            side=side,
            begin_s=performed.begin_s,
            duration_s=duration_s,
            ended_s=ended_s,
            arrivals=done.arrivals,
            dropped=done.dropped,
            connects=done.connects,
            cpu_s=cpu_s | _by_generator(done),
            context_switches=context_switches,
            stalled_s=stalled_s,
            faults=done.faults,
        )
        return played, done.mean_ms

    def _beginning(self, side: Side, number: int) -> AbstractContextManager[None]:
        """Both sides begin the n-th of their slices on the same core. Not what was found running; nor several workers,
        who need more than one, and use them all."""
        server = self._servers[side]
        if server.pid is None or not isinstance(server.contender, Contender) or server.contender.workers > 1:
            return nullcontext()
        return cores.beginning(_turn(number), server.pid)

    def warm_up(self, seed: str) -> list[Side]:
        """Load both in turn until each is steady; returns the sides that never were."""
        means_ms: dict[Side, list[float | None]] = {side: [] for side in SIDES}
        for number in range(self._setting.profile.warm_up_slices):
            restless = [side for side in SIDES if number < LEAST_WARM_UP_SLICES or not _steady(means_ms[side])]
            for side in restless:
                means_ms[side].append(
                    self.play(side, 0, self._setting.profile.warm_up_slice_s, f"{seed}/warm-up/{number}")[1]
                )
        return [side for side in SIDES if not _steady(means_ms[side])]

    def memory(self, side: Side, samples: Iterable[Sample]) -> Memory:
        seen = [sample for sample in samples if sample.group == f"server-{side}"]
        if not seen:
            return Memory(None, None, None, None)
        return Memory(
            self._trees[f"server-{side}"].uss_bytes(),
            seen[-1].threads,
            seen[-1].file_descriptors,
            max(sample.rss_bytes for sample in seen),
        )

    def _spent(self, side: Side) -> Spent:
        server = self._trees.get(f"server-{side}")
        others = {"server": server, "backend": self._trees.get("backend")}
        groups = {group: tree for group, tree in others.items() if tree is not None}
        return Spent(
            {group: tree.cpu_s() for group, tree in groups.items()} | {"machine": _machine_cpu_s()},
            None if server is None else server.context_switches(),
            kernel.cpu_pressure_s(),
        )


def play_pair(setting: Setting, number: int, folder: Path, watch: Watch) -> Pair:
    """Perform a pair and write it to `folder`, `pair.json` last: a folder without it holds no pair.

    Raises InvalidRunError when a server or a generator fails; LabError when one does not start.
    """
    seed = f"{setting.seed}/{setting.profile.name}/{number}"
    first = random.Random(seed).choice(SIDES)
    with ExitStack() as running:
        conductor = running.enter_context(
            conducting(setting.generators, setting.catalogue, folder, workload=setting.workload, label=_label(seed))
        )
        servers = {
            side: running.enter_context(_starting(setting, side, folder / f"server-{side}.log")) for side in SIDES
        }
        for server in servers.values():
            server.wait_ready()
        conductor.wait_ready()
        stage = Stage(setting, servers, conductor)
        sampler = running.enter_context(sampling(stage.roots(), stage.remote.values()))
        watch.say("warming up")
        unsteady = stage.warm_up(seed)
        played = [*_slices(stage, setting.profile, first, seed, watch)]
        memory = {side: stage.memory(side, sampler.samples) for side in SIDES}
        conductor.end()
    origin_s = played[0].begin_s
    requests = records.read(conductor.records, origin_s)
    slices = [_since(one, origin_s) for one in played]
    pair = Pair(setting.profile.name, number, first, unsteady, slices, memory, [*conductor.clocks])
    samples = [replace(one, t_s=one.t_s - origin_s) for one in sampler.samples]
    _write(folder, pair, requests, samples, conductor)
    return pair


def _starting(setting: Setting, side: Side, log: Path) -> AbstractContextManager[Server]:
    contender, backend = setting.contenders[side], setting.backend
    return starting(contender, backend.url, log, setting.roots.get(side, PROJECT), backend.access)


def _slices(stage: Stage, profile: Profile, first: Side, seed: str, watch: Watch) -> Iterator[Played]:
    """The slices of the n-th turn of both sides have the same seed: the same arrivals."""
    for number, side in enumerate(order_of_sides(first, profile.slices), 1):
        watch.say(f"slice {number} of {2 * profile.slices}")
        yield stage.play(side, number, profile.slice_s, f"{seed}/{_turn(number)}")[0]


def _turn(number: int) -> int:
    """Which slice of its side's it is; in each turn, each side has one."""
    return (number - 1) // 2


def _write(folder: Path, pair: Pair, requests: pa.Table, samples: list[Sample], conductor: Conductor) -> None:
    pq.write_table(requests, folder / "requests.parquet", compression="zstd")
    write_values(folder / "resources.csv", Sample, samples)
    for raw in (*conductor.records, folder / "catalogue.json"):
        raw.unlink()
    pair.write(folder)


def calm(profile: Profile, duration_s: float) -> tuple[tuple[float, float], ...]:
    """Its first rate alone, for so long: without the burst."""
    return tuple((rate_per_s, duration_s) for rate_per_s, _ in profile.segments[:1])


def _by_generator(done: Done) -> dict[str, float]:
    return {f"generator-{number}": cpu_s for number, cpu_s in enumerate(done.cpu_s)}


def _difference(after: N | None, before: N | None) -> N | None:
    return None if after is None or before is None else after - before


def _steady(means_ms: list[float | None]) -> bool:
    """Whether the last two agree."""
    known = [[mean_ms] for mean_ms in means_ms[-2:] if mean_ms is not None]
    return len(known) == 2 and agree(*known)


def _since(played: Played, origin_s: float) -> Played:
    return replace(played, begin_s=played.begin_s - origin_s, ended_s=played.ended_s - origin_s)


def _label(seed: str) -> str:
    """Short, and fit for an id."""
    return hashlib.sha256(seed.encode()).hexdigest()[:8]


def _machine_cpu_s() -> float:
    """CPU time of all cores that was not idle."""
    times = psutil.cpu_times()
    idle_s = times.idle + getattr(times, "iowait", 0.0)
    guest_s = getattr(times, "guest", 0.0) + getattr(
        times, "guest_nice", 0.0
    )  # Linux counts these in user and nice too
    return float(sum(times) - idle_s - guest_s)
