"""The Pythons that exhibits run on: the lab's own, and those of other versions, each locked in `requirements/`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from rich.console import Console

from loadtests import environment
from loadtests.backend.locks import exclusive
from loadtests.checkout import LAB_DIR, PROJECT
from loadtests.errors import LabError

LAB = "lab"
_PRINT_VERSIONS = """
import json
from importlib.metadata import distributions
print(json.dumps({found.metadata["Name"].lower(): found.version for found in distributions()}))
"""


def python(name: str, console: Console) -> Path:
    """The interpreter of an environment, which make builds when it is not there. Raises LabError when that fails."""
    if name == LAB:
        return Path(sys.executable)
    folder = LAB_DIR / "envs" / name
    with exclusive(LAB_DIR / "envs" / f"{name}.lock", f"another process that sets up {name}", console):
        _build(f"{folder.relative_to(PROJECT)}/.ready")
    return folder / "bin" / "python"


def versions(python: Path, packages: Sequence[str]) -> dict[str, str]:
    """The versions of the packages that an interpreter would import; a dash for one that it lacks."""
    return {package: _installed(python).get(package, "–") for package in packages}


@cache
def _installed(python: Path) -> dict[str, str]:
    command = [str(python), "-c", _PRINT_VERSIONS]
    done = subprocess.run(command, env=environment.started(), capture_output=True, encoding="utf-8", check=True)
    installed: dict[str, str] = json.loads(done.stdout)
    return installed


def _build(target: str) -> None:
    """The Makefile knows how an environment is made from its lock, and whether it is still the lock's."""
    try:
        subprocess.run(["make", "--silent", target], cwd=PROJECT, check=True, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise LabError(f"{target} can't be made without make, which is not installed") from error
    except subprocess.CalledProcessError as error:
        raise LabError(f"{target} could not be made:\n{error.stderr}") from error
