"""The noise floor of this machine: what its last A/A comparison left."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from loadtests.comparison import files
from loadtests.comparison.verdict import noise
from loadtests.conditions import differences

AA = "aa"
_LIKE = ("machine", "backend")
"""The conditions that noise depends on: an A/A comparison under others says nothing here."""


def of_this_machine(results: Path, conditions: Mapping[str, Any]) -> dict[str, float] | None:
    """By `decisions.floor_name`; None where there is no A/A comparison under like conditions. Raises LabError."""
    last = results / f"latest-{AA}"
    if not last.exists():
        return None
    result = files.read(last)
    then, now = ({name: found[name] for name in _LIKE} for found in (result.conditions, conditions))
    if differences(then, now):
        return None
    return noise.floors(result.decisions)
