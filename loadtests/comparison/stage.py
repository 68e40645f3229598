"""One pair: fresh processes of its contenders, warmed up, then loaded in turn, slice by slice.

Machines drift: what one contender does now and another a minute later is not comparable. Short slices put both onto
the same machine, and onto the same of its cores; fresh processes in each pair average out what a process is born with
(its memory layout, its hash seed), which no number of slices would.
"""

from __future__ import annotations

import hashlib
import random
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial, reduce
from operator import add
from pathlib import Path
from typing import TypeVar

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import SecretStr

from loadtests.agent.remote import RemoteTree, agent_of
from loadtests.backend import Backend
from loadtests.checkout import PROJECT
from loadtests.comparison import cores
from loadtests.comparison.disturbance import Guard
from loadtests.comparison.figures import Side
from loadtests.comparison.pair import Memory, Pair, Played
from loadtests.comparison.progress import Progress
from loadtests.comparison.turns import play_turns
from loadtests.contenders import Contender
from loadtests.load import records
from loadtests.load.catalogue import Catalogue
from loadtests.load.conductor import Conductor, conducting
from loadtests.load.orders import Done, Generators, Order
from loadtests.load.profiles import LEAST_WARM_UP_SLICES, Profile
from loadtests.resources import kernel
from loadtests.resources.affinity import machine_cores
from loadtests.resources.other_work import HostReading, OtherWork, Processes, read_host
from loadtests.resources.placement import EVERYWHERE, Placement
from loadtests.resources.sampler import Sample, Tree, Watched, sampling
from loadtests.servers import Server, starting
from loadtests.tables import write_values
from loadtests.targets import Target, is_local

N = TypeVar("N", int, float)

_SERVER = "server-"
MOST_DRIFT = 0.1
"""The share by which the means of two warm-up slices may differ; pyperf calibrates its warm-up with the same."""


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
    guard: Guard | None = None
    """None: whatever else the machine works at, no turn is played again."""
    placement: Placement = EVERYWHERE
    rates_per_s: Mapping[Side, float] = field(default_factory=dict)
    """Of arrivals, where sides have different ones; the n-th request of a turn is the same on both all the same."""

    def profile_of(self, side: Side) -> Profile:
        rate_per_s = self.rates_per_s.get(side)
        return self.profile if rate_per_s is None else self.profile.at_rate(rate_per_s)


@dataclass(frozen=True)
class Spent:
    """What has been used up to now; see Played."""

    cpu_s: dict[str, float]
    context_switches: int | None
    stalled_s: float | None
    hosts: Sequence[HostReading]

    def other_since(self, before: Spent) -> OtherWork | None:
        """What else the hosts worked at, together; None where that is not told of any."""
        each = [now.since(then) for now, then in zip(self.hosts, before.hosts, strict=True)]
        return reduce(add, each) if each else None

    def since(self, before: Spent) -> tuple[dict[str, float], int | None, float | None]:
        """What was used between."""
        return (
            {group: cpu_s - before.cpu_s[group] for group, cpu_s in self.cpu_s.items()},
            _difference(self.context_switches, before.context_switches),
            _difference(self.stalled_s, before.stalled_s),
        )


class Stage:
    """The servers, the backend and the generator of a pair while they run."""

    def __init__(self, setting: Setting, servers: Mapping[Side, Server], conductor: Conductor) -> None:
        self._setting = setting
        self._servers = servers
        self._conductor = conductor
        self.remote = dict(self._told())
        self._trees: dict[str, Watched] = {group: Tree(group, pid) for group, pid in self.roots().items()}
        self._trees |= self.remote
        ours = (*self.roots().values(), *setting.backend.pids)
        self._ours = Processes(ours) if self._is_seen_whole() else None

    def roots(self) -> dict[str, int]:
        """The process ids of all that can be seen, by group."""
        pids = {_group(side): server.pid for side, server in self._servers.items()}
        pids["backend"] = self._setting.backend.service_pid
        known = {group: pid for group, pid in pids.items() if pid is not None}
        return known | {f"generator-{number}": pid for number, pid in enumerate(self._conductor.pids)}

    def _told(self) -> Iterator[tuple[str, RemoteTree]]:
        """The servers that agents tell of, by group."""
        for side, server in self._servers.items():
            if agent := agent_of(server.contender, self._setting.agent_token):
                yield _group(side), RemoteTree(_group(side), agent)

    def _is_seen_whole(self) -> bool:
        """Whether all of the lab's CPU time on this machine is known, so that the rest is of others."""
        backend, servers = self._setting.backend, self._servers.items()
        return (backend.service_pid is not None or not is_local(backend.service_url)) and all(
            server.pid is not None or _group(side) in self.remote or not is_local(server.url)
            for side, server in servers
        )

    def play(self, side: Side, number: int, duration_s: float, seed: str, turn: int = 0) -> tuple[Played, float | None]:
        """A slice of the profile's load, and its mean service time in ms. Raises InvalidRunError when a part fails."""
        profile = self._setting.profile_of(side)
        segments = profile.segments if number else calm(profile, duration_s)
        order = Order(number, side, self._servers[side].url, 0, duration_s, profile.users, segments, seed)
        self._conductor.draw(order)
        before = self._spent(side)
        with self._beginning(side, turn):
            performed, done = self._conductor.perform(order)
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
            turn=turn,
            other=after.other_since(before),
            run_queue_wait_s=done.run_queue_wait_s,
            heartbeat_lag_ms=done.heartbeat_lag_ms,
        )
        return played, done.mean_ms

    def _beginning(self, side: Side, turn: int) -> AbstractContextManager[None]:
        """All sides begin the n-th of their slices on the same core. Skipped for services that the lab did not start,
        and for several workers, which use every core that they have."""
        server = self._servers[side]
        if server.pid is None or not isinstance(server.contender, Contender) or server.contender.workers > 1:
            return nullcontext()
        others = set.intersection(*(self._cores(one) for one in self._others(side)))
        return cores.beginning(turn, server.pid, self._cores(server), others)

    def _others(self, side: Side) -> Iterator[Server]:
        yield from (server for name, server in self._servers.items() if name != side)

    def _cores(self, server: Server) -> set[int]:
        return set(server.cores or machine_cores()) if sys.platform == "linux" else set()

    def warm_up(self, seed: str) -> list[Side]:
        """Load all in turn until each is steady; returns the sides that never were."""
        sides = self._servers
        means_ms: dict[Side, list[float | None]] = {side: [] for side in sides}
        for number in range(self._setting.profile.warm_up_slices):
            restless = [side for side in sides if number < LEAST_WARM_UP_SLICES or not is_steady(means_ms[side])]
            for side in restless:
                means_ms[side].append(
                    self.play(side, 0, self._setting.profile.warm_up_slice_s, f"{seed}/warm-up/{number}")[1]
                )
        return [side for side in sides if not is_steady(means_ms[side])]

    def memory(self, side: Side, samples: Iterable[Sample]) -> Memory:
        seen = [sample for sample in samples if sample.group == _group(side)]
        if not seen:
            return Memory(None, None, None, None)
        return Memory(
            self._trees[_group(side)].uss_bytes(),
            seen[-1].threads,
            seen[-1].file_descriptors,
            max(sample.rss_bytes for sample in seen),
            *_peak_pss_bytes(seen),
        )

    def _spent(self, side: Side) -> Spent:
        server = self._trees.get(_group(side))
        others = {"server": server, "backend": self._trees.get("backend")}
        groups = {group: tree for group, tree in others.items() if tree is not None}
        return Spent(
            {group: tree.cpu_s() for group, tree in groups.items()} | {"machine": _machine_cpu_s()},
            None if server is None else server.context_switches(),
            kernel.cpu_pressure_s(),
            [*self._hosts(side)],
        )

    def _hosts(self, side: Side) -> Iterator[HostReading]:
        """This machine, where all of the lab's processes on it are seen; and the service's host where it is another."""
        here = [tree for group, tree in self.remote.items() if is_local(self._servers[_side_of(group)].url)]
        if self._ours is not None:
            yield read_host(self._ours.cpu_s() + sum(tree.cpu_s() for tree in here))
        there = self.remote.get(_group(side))
        if there is not None and there not in here:
            yield there.host()


def play_pair(setting: Setting, number: int, folder: Path, progress: Progress) -> Pair:
    """Perform a pair and write it to `folder`, `pair.json` last: a folder without it holds no pair.

    Raises InvalidRunError when a server or a generator fails; LabError when one does not start.
    """
    seed = f"{setting.seed}/{setting.profile.name}/{number}"
    order = random.Random(seed).sample([*setting.contenders], len(setting.contenders))
    with ExitStack() as running:
        running.enter_context(setting.placement.of_backend(setting.backend.pids))
        conductor = running.enter_context(conducting_of(setting, folder, _label(seed)))
        servers = {
            side: running.enter_context(_starting(setting, side, folder / f"server-{side}.log", number))
            for side in order  # as in all else that one is before another
        }
        for server in servers.values():
            server.wait_ready()
        conductor.wait_ready()
        stage = Stage(setting, servers, conductor)
        compared = [_group(side) for side in servers]
        sampler = running.enter_context(sampling(stage.roots(), stage.remote.values(), compared))
        progress.say("warming up")
        unsteady = stage.warm_up(seed)
        played = [
            *play_turns(partial(_play, stage, setting.profile, seed), setting.profile, order, setting.guard, progress)
        ]
        memory = {side: stage.memory(side, sampler.samples) for side in setting.contenders}
        conductor.end()
        setting.backend.check()
    origin_s = played[0].begin_s
    requests = records.read(conductor.records, origin_s)
    slices = [_since(one, origin_s) for one in played]
    limit_cores = setting.guard.limit_cores if setting.guard else None
    pair = Pair(setting.profile.name, number, order, unsteady, slices, memory, [*conductor.clocks], limit_cores)
    samples = [replace(one, t_s=one.t_s - origin_s) for one in sampler.samples]
    _write(folder, pair, requests, samples, conductor)
    return pair


def conducting_of(setting: Setting, folder: Path, label: str) -> AbstractContextManager[Conductor]:
    """The generator processes of a setting, which write their records to `folder`."""
    return conducting(
        setting.generators,
        setting.catalogue,
        folder,
        setting.placement.load,
        workload=setting.workload,
        label=label,
        replayed=setting.backend.replay is not None,
    )


def _starting(setting: Setting, side: Side, log: Path, number: int) -> AbstractContextManager[Server]:
    """A contender that may not use all cores has others from pair to pair."""
    backend, root = setting.backend, setting.roots.get(side, PROJECT)
    contender, available = setting.contenders[side], setting.placement.services
    url, access = backend.asked_by(contender)
    return starting(contender, url, log, root, access, number, available)


def _play(stage: Stage, profile: Profile, seed: str, side: Side, number: int, turn: int) -> Played:
    """All slices of a turn have the same seed: the same requests at the same moments."""
    return stage.play(side, number, profile.slice_s, f"{seed}/{turn}", turn)[0]


def _write(folder: Path, pair: Pair, requests: pa.Table, samples: list[Sample], conductor: Conductor) -> None:
    pq.write_table(requests, folder / "requests.parquet", compression="zstd")
    write_values(folder / "resources.csv", Sample, samples)
    for raw in (*conductor.records, folder / "catalogue.json"):
        raw.unlink()
    pair.write(folder)


def calm(profile: Profile, duration_s: float) -> tuple[tuple[float, float], ...]:
    """Its first rate alone, for so long: without the burst."""
    return tuple((rate_per_s, duration_s) for rate_per_s, _ in profile.segments[:1])


def _peak_pss_bytes(samples: Sequence[Sample]) -> tuple[int | None, int | None]:
    """Of arbiter and workers, when they held the most together."""
    told = [(one.pss_bytes, one.arbiter_pss_bytes, one.workers_pss_bytes) for one in samples if one.pss_bytes]
    return max(told)[1:] if told else (None, None)


def _group(side: Side) -> str:
    """A server's group of processes."""
    return f"{_SERVER}{side}"


def _side_of(group: str) -> Side:
    return group.removeprefix(_SERVER)


def _by_generator(done: Done) -> dict[str, float]:
    return {f"generator-{number}": cpu_s for number, cpu_s in enumerate(done.cpu_s)}


def _difference(after: N | None, before: N | None) -> N | None:
    return None if after is None or before is None else after - before


def is_steady(means_ms: Sequence[float | None]) -> bool:
    """Whether the last two warm-up slices have mean service times that differ by at most 10% of the later one."""
    known = [mean_ms for mean_ms in means_ms[-2:] if mean_ms is not None]
    return len(known) == 2 and abs(known[0] - known[1]) <= MOST_DRIFT * abs(known[1])


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
