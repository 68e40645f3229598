"""Applies the declared policy of a comparison: equal workers, equal memory, or each contender tuned by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from loadtests.backend import Backend
from loadtests.comparison.figures import Side
from loadtests.comparison.pair import Memory
from loadtests.comparison.progress import showing_progress
from loadtests.comparison.report.wording import joined
from loadtests.comparison.stage import Setting, play_pair
from loadtests.comparison.store import Store
from loadtests.contenders import Contender
from loadtests.errors import LabError
from loadtests.load.catalogue import Catalogue
from loadtests.load.profiles import closed, pair_s
from loadtests.options import EQUAL_MEMORY, EQUAL_WORKERS, BenchOptions
from loadtests.targets import Target

_MEBIBYTE = 2**20
Sides = Mapping[Side, Contender | Target]


def arranged(sides: Sides, options: BenchOptions, backend: Backend, catalogue: Catalogue, console: Console) -> Sides:
    """Returns the sides under the policy. Raises LabError where the policy can't hold."""
    if options.policy == EQUAL_WORKERS:
        _check_workers(sides)
    if options.policy == EQUAL_MEMORY:
        return _fitted(sides, options, backend, catalogue, console)
    return sides


def policy_note(options: BenchOptions, sides: Sides) -> str:
    """The policy in a sentence, for the report."""
    workers = joined([f"{one.name} {one.workers}" for one in sides.values() if isinstance(one, Contender)])
    memory = f" by what fits into {options.memory_mib} MiB" if options.policy == EQUAL_MEMORY else ""
    return f"Policy {options.policy}; workers{memory}: {workers or 'not known'}."


def _check_workers(sides: Sides) -> None:
    known = {one.name: one.workers for one in sides.values() if isinstance(one, Contender)}
    if len(set(known.values())) > 1:
        counts = joined([f"{name} {workers}" for name, workers in known.items()])
        raise LabError(
            f"the contenders have unequal numbers of workers ({counts}): give all as many by WORKERS=, or declare "
            "POLICY=tuned-each or POLICY=equal-memory"
        )


def _fitted(sides: Sides, options: BenchOptions, backend: Backend, catalogue: Catalogue, console: Console) -> Sides:
    """With as many workers as fit into the memory, by what they hold under a short peak load."""
    if targets := [one.name for one in sides.values() if isinstance(one, Target)]:
        raise LabError(f"POLICY={EQUAL_MEMORY} needs contenders that the lab starts, and {targets[0]} runs already")
    former = options.resume or options.append
    known = _workers_before(former) if former else _workers(sides, options, backend, catalogue, console)
    return {side: replace(one, workers=known[side]) for side, one in sides.items() if isinstance(one, Contender)}


def _workers_before(folder: Path) -> dict[str, int]:
    """Those that a comparison which goes on, or gets one more session, was begun with."""
    plan = Store(folder).recall("plan")
    if plan is None:
        raise LabError(f"{folder} holds no comparison that was interrupted")
    return {side: one["workers"] for side, one in plan["contenders"].items()}


def _workers(
    sides: Sides, options: BenchOptions, backend: Backend, catalogue: Catalogue, console: Console
) -> dict[str, int]:
    profile = closed("sizing", options.users, quick=True)
    setting = Setting(
        sides, backend, catalogue, options.workload, profile, options.generators, "sizing", placement=options.placed
    )
    with (
        TemporaryDirectory(prefix="twinlab-") as made,
        showing_progress(console, 1, pair_s(profile, len(sides))) as progress,
    ):
        progress.begin("sizing")
        held = play_pair(setting, 1, Path(made), progress).memory
    return {side: _fitting(one, held[side], options.memory_mib) for side, one in sides.items()}


def _fitting(contender: Contender | Target, held: Memory, memory_mib: int) -> int:
    """By PSS, beside the arbiter, if there is one. Where the kernel does not tell PSS, by RSS, which is never less, and
    with the arbiter counted in with the workers."""
    assert isinstance(contender, Contender), "the lab's own"
    assert held.peak_rss_bytes is not None, "the lab sees its own processes"
    arbiter_bytes = held.arbiter_pss_bytes or 0
    worker_mib = (held.workers_pss_bytes or held.peak_rss_bytes) / contender.workers / _MEBIBYTE
    fitting = int((memory_mib - arbiter_bytes / _MEBIBYTE) / worker_mib)
    if fitting < 1:
        needed_mib = worker_mib + arbiter_bytes / _MEBIBYTE
        raise LabError(
            f"a worker of {contender.name} and its arbiter hold {needed_mib:.0f} MiB: give them as much by MEMORY_MIB="
        )
    return fitting
