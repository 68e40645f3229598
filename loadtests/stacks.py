"""What contenders and exhibits run on: Pythons with the packages of a lock in `requirements/`, installed in `.lab`."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from rich.console import Console

from loadtests import environment
from loadtests.checkout import LAB_DIR, PROJECT
from loadtests.errors import LabError
from loadtests.locks import exclusive

LAB = "lab"
OLDEST_PYTHON = (3, 11)
_INSTALL = PROJECT / "requirements" / "install.py"
_DESCRIBE = """
import json, platform, sys
from contextlib import suppress
from importlib import import_module
from importlib.metadata import distributions
for extension in ("aiohttp", "httptools", "markupsafe", "pydantic_core", "uvloop", "yarl"):
    with suppress(ImportError):
        import_module(extension)
print(json.dumps({
    "python": platform.python_version(),
    "interpreter_lock": "on" if getattr(sys, "_is_gil_enabled", lambda: True)() else "off",
    "packages": {found.metadata["Name"]: found.version for found in distributions()},
}))
"""
"""An extension module that needs the interpreter's lock turns it on again, so those of all contenders are imported."""


@dataclass(frozen=True)
class Installation:
    """The packages of `requirements/LOCK.txt` on a Python: on the one that `base` names, or else on the lab's."""

    lock: str = LAB
    base: str | None = None

    @property
    def folder(self) -> Path:
        on = "-on-" + re.sub(r"[^\w.]+", "-", self.base).strip("-") if self.base else ""
        return LAB_DIR / "envs" / f"{self.lock}{on}"

    @property
    def python(self) -> Path:
        return Path(sys.executable) if self.lock == LAB else self.folder / "bin" / "python"

    def make(self, console: Console, user: str) -> None:
        """Install what is not there yet, for the `user` that messages name. Raises LabError when that fails."""
        if self.lock == LAB:
            return
        if not (self.folder / ".ready").exists():
            console.out(f"installing {self.folder.relative_to(PROJECT)} for {user}", highlight=False)
        with exclusive(self.folder.with_suffix(".lock"), f"another process that installs {self.folder.name}", console):
            self._make(user)

    def described(self) -> dict[str, Any]:
        """Its Python's version, whether its interpreter's lock is on, and the versions of its packages."""
        return _described(self.python)

    def _make(self, user: str) -> None:
        """By the Makefile, which knows whether it is still its lock's; on another Python, as the Makefile does."""
        target = f"{self.folder.relative_to(PROJECT)}/.ready"
        command = ["make", "--silent", target]
        if self.base:
            what = [f"requirements/{self.lock}.txt", self.folder.relative_to(PROJECT), interpreter(self.base)]
            command = [sys.executable, "-I", str(_INSTALL), "environment", *map(str, what)]
        try:
            subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True)
        except FileNotFoundError as error:
            raise LabError(f"{target}, for {user}, can't be made without make, which is not installed") from error
        except subprocess.CalledProcessError as error:
            raise LabError(f"{target}, for {user}, could not be made:\n{error.stderr.strip()}") from error


def interpreter(name: str) -> Path:
    """The Python of this name or path. Raises LabError where there is none, or one that is too old."""
    found = shutil.which(name)
    if found is None:
        raise LabError(f"there is no Python {name!r}: give the name or the path of one")
    try:
        found_version = version(Path(found).absolute())
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        raise LabError(f"{found} does not run as Python: give the path of an interpreter") from error
    if found_version < OLDEST_PYTHON:
        raise LabError(f"{found} is Python {'.'.join(map(str, found_version))}: give 3.11 or newer")
    return Path(found).absolute()


def versions(python: Path, packages: Sequence[str]) -> dict[str, str]:
    """The versions of the packages that an interpreter would import; a dash for one that it lacks."""
    installed = {name.lower(): version for name, version in _described(python)["packages"].items()}
    return {package: installed.get(package, "–") for package in packages}


def version(python: Path) -> tuple[int, ...]:
    """Raises OSError, ValueError or CalledProcessError where that is no Python."""
    command = [str(python), "-I", "-c", "import sys; print(*sys.version_info[:3])"]
    done = subprocess.run(command, env=environment.bare(), capture_output=True, text=True, check=True)
    return tuple(map(int, done.stdout.split()))


@cache
def _described(python: Path) -> dict[str, Any]:
    done = subprocess.run(
        [str(python), "-c", _DESCRIBE], env=environment.started(), capture_output=True, encoding="utf-8", check=True
    )
    described: dict[str, Any] = json.loads(done.stdout)
    return described
