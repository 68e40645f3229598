"""The conditions of a run: all that must be alike for two runs to be compared, but the contender itself."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterator, Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import psutil

from loadtests import environment
from loadtests.backend import Backend
from loadtests.checkout import PROJECT, sources_sha256
from loadtests.load import workloads
from loadtests.load.catalogue import Catalogue
from loadtests.options import RunOptions, SizeOptions

_GOVERNOR = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
_CPU_INFO = Path("/proc/cpuinfo")


def observe(options: RunOptions, backend: Backend, catalogue: Catalogue) -> dict[str, Any]:
    """Nested, ready for JSON. What can't be known here is None."""
    return {
        **of_comparison(backend, catalogue, options.workload),
        "profile": {
            "kind": "closed",
            "users": options.users,
            "spawn_rate_per_s": options.spawn_rate,
            "warmup_s": options.warmup,
            "duration_s": options.duration,
        },
        "server": _sizes(options),
    }


def of_comparison(backend: Backend, catalogue: Catalogue, workload: str) -> dict[str, Any]:
    """All but the servers and how they are loaded."""
    return {
        **with_backend(backend),
        "workload": {**workloads.definition(workload), "catalogue_sha256": catalogue.sha256},
    }


def with_backend(backend: Backend) -> dict[str, Any]:
    """The surroundings, and what stands behind the service."""
    return {
        **surroundings(),
        "backend": {
            "mode": backend.mode,
            "version": backend.version,
            "heap": backend.heap,
            "documents": backend.documents,
            "corpus_sha256": backend.corpus_sha256,
        },
    }


def surroundings() -> dict[str, Any]:
    """What any run stands on: the machine, Python and its packages, the lab's own code, and the user's variables that
    reach what is measured."""
    return {
        "machine": _machine(),
        "python": platform.python_version(),
        "packages": {found.name: found.version for found in sorted(distributions(), key=lambda found: found.name)},
        "code": _code(),
        "environment": environment.conditions(),
    }


def differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    """A line for each condition that differs: its name, and both values."""
    flat_a, flat_b = dict(flatten(a)), dict(flatten(b))
    names = sorted(flat_a.keys() | flat_b.keys())
    return [
        f"{name}: {_shown(flat_a, name)} and {_shown(flat_b, name)}"
        for name in names
        if name not in flat_a or name not in flat_b or flat_a[name] != flat_b[name]
    ]


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
    """The commit, and what is really run: it may differ from the commit, and there may be none."""
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
    """What every contender was given in place of its own; None: its own."""
    return {name: getattr(options, name) for name in SizeOptions.model_fields}


def _shown(flat: Mapping[str, Any], name: str) -> str:
    return str(flat[name]) if name in flat else "nothing"
