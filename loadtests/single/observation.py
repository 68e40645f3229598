"""A period of load on a fresh server, observed from its start to its end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from rich.console import Console

from loadtests.backend import Backend
from loadtests.contenders import Contender
from loadtests.errors import InvalidRunError
from loadtests.load import records
from loadtests.load.catalogue import Catalogue
from loadtests.load.plan import Finished, Plan, Progress, Window
from loadtests.options import RunOptions
from loadtests.resources.sampler import Sample, sampling
from loadtests.servers import Server, serving
from loadtests.single.generator import Generator, generating
from loadtests.single.progress import display
from loadtests.statistics import started

SERVER, BACKEND, GENERATOR = "server", "backend", "generator"
"""The groups of processes to sample."""


@dataclass(frozen=True)
class Observed:
    """The record of a period of load. Times are in seconds since the window's begin, negative before it.

    `under_way` has all requests that were so in the window (as in recorder.SCHEMA); `users` gives the number of users
    after each change.
    """

    window: Window
    finished: Finished
    under_way: pa.Table
    samples: list[Sample]
    users: list[tuple[float, int]]

    @property
    def requests(self) -> pa.Table:
        """Those that started in the window."""
        return started(self.under_way)

    @property
    def server_cpu_s(self) -> float | None:
        """CPU time of the server's process tree in the window, interpolated between samples."""
        samples = self._server_samples
        if not samples:
            return None
        at_s, cpu_s = [sample.t_s for sample in samples], [sample.cpu_s for sample in samples]
        begin_cpu_s, end_cpu_s = np.interp([0, self.window.duration_s], at_s, cpu_s)
        return float(end_cpu_s - begin_cpu_s)

    @property
    def server_peak_rss_bytes(self) -> int | None:
        """The most memory that the server's process tree held in a sample of the window."""
        return max((s.rss_bytes for s in self._server_samples if 0 <= s.t_s <= self.window.duration_s), default=None)

    @property
    def _server_samples(self) -> list[Sample]:
        return [sample for sample in self.samples if sample.group == SERVER]


@dataclass
class _Account:
    """The generator's reports so far."""

    progress: list[Progress] = field(default_factory=list)
    window: Window | None = None
    finished: Finished | None = None


def observe(
    contender: Contender, options: RunOptions, backend: Backend, catalogue: Catalogue, folder: Path, console: Console
) -> Observed:
    """Serve, load, sample, and stop everything; logs go to `folder`, and raw records while they are needed.

    Raises InvalidRunError when the server dies or requests get lost; LabError when server or generator fail to start.
    """
    raw = folder / "raw"
    plan = _plan(options, backend, catalogue, raw)
    with (
        serving(contender, backend.service_url, folder / "server.log", access=backend.service_access) as server,
        generating(options, server.url, plan, folder / "generator.log") as generator,
        sampling(_roots(server, backend, generator)) as sampler,
    ):
        account = _follow(server, generator, console)
    backend.check()
    return _observed(account, raw, sampler.samples)


def _plan(options: RunOptions, backend: Backend, catalogue: Catalogue, raw: Path) -> Plan:
    raw.mkdir()
    known = raw / "catalogue.json"
    known.write_text(catalogue.to_json())
    replayed, records = backend.replay is not None, str(raw / "0.parquet")
    return Plan(str(known), options.workload, records, options.warmup, options.duration, replayed)


def _roots(server: Server, backend: Backend, generator: Generator) -> dict[str, int]:
    roots = {SERVER: server.pid, GENERATOR: generator.process.pid, BACKEND: backend.service_pid}
    return {group: pid for group, pid in roots.items() if pid is not None}


def _follow(server: Server, generator: Generator, console: Console) -> _Account:
    account = _Account()
    with display(console) as screen:
        for report in generator.reports():
            server.check_alive()
            match report:
                case Progress():
                    account.progress.append(report)
                    screen.show(report)
                case Window():
                    account.window = report
                case Finished():
                    account.finished = report
    server.check_alive()
    return account


def _observed(account: _Account, raw: Path, samples: Iterable[Sample]) -> Observed:
    window, finished = account.window, account.finished
    if window is None or finished is None:
        raise InvalidRunError("the load generator ended before the measured time did")
    if finished.recorded != finished.begun:
        raise InvalidRunError(f"of {finished.begun} requests {finished.begun - finished.recorded} were not recorded")
    return Observed(
        window,
        finished,
        records.merge(raw, window),
        [replace(sample, t_s=sample.t_s - window.begin_s) for sample in samples],
        _changes((report.at_s - window.begin_s, report.users) for report in account.progress),
    )


def _changes(counts: Iterable[tuple[float, int]]) -> list[tuple[float, int]]:
    """The counts that differ from the one before."""
    changes: list[tuple[float, int]] = []
    for at_s, count in counts:
        if not changes or changes[-1][1] != count:
            changes.append((at_s, count))
    return changes
