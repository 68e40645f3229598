"""The conditions of a run: everything that must be alike to compare two runs, except the contender itself."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import distributions
from math import isclose
from pathlib import Path
from typing import Any

import psutil

from loadtests import environment
from loadtests.backend import Backend
from loadtests.backend.preflight import heap_bytes
from loadtests.checkout import PROJECT, sources_sha256
from loadtests.contenders import Contender
from loadtests.load import workloads
from loadtests.load.catalogue import Catalogue
from loadtests.options import REPLAY, SIZES, RunOptions
from loadtests.resources.placement import FREE
from loadtests.stacks import LAB
from loadtests.targets import Target

_GOVERNOR = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
_CPU_INFO = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class Leeway:
    """A rule by which two values of a condition count as one, and the reason."""

    alike: Callable[[Any, Any], bool]
    reason: str


def _always(_a: Any, _b: Any) -> bool:
    return True


def _within_a_hundredth(a: Any, b: Any) -> bool:
    return isinstance(a, int) and isinstance(b, int) and isclose(a, b, rel_tol=0.01)


def _as_large(a: Any, b: Any) -> bool:
    return isinstance(a, str) and isinstance(b, str) and heap_bytes(a) == heap_bytes(b)


MAY_DIFFER: Mapping[str, Leeway] = {
    "machine.memory_bytes": Leeway(
        _within_a_hundredth, "what firmware and kernel keep for themselves differs from boot to boot by some pages"
    ),
    "code.commit": Leeway(
        _always, "the sources have a hash of their own; a commit may change documents alone, and an image has none"
    ),
    "backend.heap": Leeway(_as_large, "1g and 1024m are one size"),
    "environment.LAB_TWIN_URL": Leeway(_always, "a link in pages; nothing follows it"),
}
"""Everything else must be equal. That includes the kernel's whole release: its suffix names a distribution's
patches, which can cost as much as the measured difference. Values that differ from run to run (clock rates, load,
host names, boot times, paths, ports) are not recorded."""

_NOTHING = "nothing"


def observe(contender: Contender, options: RunOptions, backend: Backend, catalogue: Catalogue) -> dict[str, Any]:
    """The conditions of a run, nested, ready for JSON. An unknown value is None."""
    return {
        **of_comparison(backend, catalogue, options.workload, contenders=[contender]),
        "profile": {
            "kind": "closed",
            "users": options.users,
            "spawn_rate_per_s": options.spawn_rate,
            "warmup_s": options.warmup,
            "duration_s": options.duration,
        },
        "server": _sizes(options),
    }


def of_comparison(
    backend: Backend,
    catalogue: Catalogue,
    workload: str,
    placement: str = FREE,
    contenders: Iterable[Contender | Target] = (),
) -> dict[str, Any]:
    """The conditions of a comparison, without the servers and their load. Free placement goes without saying, and so
    does the lab's own Python with its packages."""
    known = {"known_requests": workloads.KNOWN_REQUESTS} if backend.replay else {}
    return {
        **with_backend(backend),
        "workload": {**workloads.definition(workload), "catalogue_sha256": catalogue.sha256, **known},
        **({} if placement == FREE else {"placement": placement}),
        **_installations(contenders),
    }


def _installations(contenders: Iterable[Contender | Target]) -> dict[str, Any]:
    """The Pythons of contenders that do not run on the lab's own, by the names of their folders."""
    used = dict.fromkeys(one.installation for one in contenders if isinstance(one, Contender))
    others = {one.folder.name: one.described() for one in used if one.lock != LAB}
    return {"installations": others} if others else {}


def with_backend(backend: Backend) -> dict[str, Any]:
    """The surroundings, and the backend behind the service."""
    return {
        **surroundings(),
        "backend": {
            **_mode(backend),
            "version": backend.version,
            "heap": backend.heap,
            "documents": backend.documents,
            "corpus_sha256": backend.corpus_sha256,
        },
    }


def _mode(backend: Backend) -> dict[str, Any]:
    if backend.replay is None:
        return {"mode": backend.mode}
    return {"mode": REPLAY, "replays": backend.mode, "delay_ms": str(backend.delay)}


def surroundings() -> dict[str, Any]:
    """The surroundings of any run: the machine, Python and its packages, the lab's own code, and the user's
    variables that reach the measured processes."""
    return {
        "machine": _machine(),
        "python": platform.python_version(),
        "packages": {found.name: found.version for found in sorted(distributions(), key=lambda found: found.name)},
        "code": _code(),
        "environment": environment.conditions(),
    }


def differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    """A line for each condition that differs by more than MAY_DIFFER allows: its name, and both values."""
    flat_a, flat_b = dict(flatten(a)), dict(flatten(b))
    names = sorted(flat_a.keys() | flat_b.keys())
    return [
        f"{name}: {_shown(flat_a, name)} and {_shown(flat_b, name)}"
        for name in names
        if not _alike(name, flat_a.get(name, _NOTHING), flat_b.get(name, _NOTHING))
    ]


def _alike(name: str, a: Any, b: Any) -> bool:
    """Whether the values count as one, by the rule for this name. A rule also holds for a longer name that ends in
    its own, as in the plan of a comparison."""
    leeway = next((leeway for ours, leeway in MAY_DIFFER.items() if f".{name}".endswith(f".{ours}")), None)
    return bool(a == b or (leeway and leeway.alike(a, b)))


def flatten(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Each condition by its dotted name."""
    if not isinstance(value, Mapping):
        yield name, value
        return
    for key, inner in value.items():
        yield from flatten(inner, f"{name}.{key}" if name else key)


def _machine() -> dict[str, Any]:
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "governor": _GOVERNOR.read_text().strip() if _GOVERNOR.exists() else None,
        "memory_bytes": psutil.virtual_memory().total,
        "kernel": platform.release(),
        "system": platform.system(),
    }


def _cpu_model() -> str | None:
    if not _CPU_INFO.exists():
        return platform.processor() or None
    lines = (line.split(":", 1) for line in _CPU_INFO.read_text().splitlines() if line.startswith("model name"))
    return next((value.strip() for _, value in lines), None)


def _code() -> dict[str, Any]:
    """The commit, and the digest of the code that runs: it may differ from the commit, and there may be no commit."""
    return {"commit": _git("rev-parse", "HEAD"), "sources_sha256": sources_sha256(PROJECT)}


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=PROJECT, env=environment.started(), capture_output=True, text=True, check=True
        )
    except (FileNotFoundError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def _sizes(options: RunOptions) -> dict[str, int | None]:
    """The sizes that every contender got in place of its own; None for its own."""
    return {name: getattr(options, name) for name in SIZES}


def _shown(flat: Mapping[str, Any], name: str) -> str:
    return str(flat.get(name, _NOTHING))
