"""What trying the images takes. What is missing fails a test by its name: nothing is left unchecked in silence."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from loadtests.checkout import LAB_DIR

_INSTALLED = LAB_DIR / "envs" / "images" / "bin"


def require_root() -> None:
    if os.geteuid() != 0:
        pytest.fail("not checked: only root can build images here; run make images-check as root", pytrace=False)


def system(name: str) -> str:
    """A program of the system's."""
    program = shutil.which(name)
    if program is None:
        pytest.fail(f"not checked: there is no {name} here; on Debian, apt-get install {name}", pytrace=False)
    return program


def installed(name: str) -> str:
    """A program of the environment that make images-check sets up."""
    program = _INSTALLED / name
    if not program.exists():
        pytest.fail(f"not checked: {program} is missing; run make images-check, which installs it", pytrace=False)
    return str(program)


def compose() -> list[str]:
    """Docker's own Compose, or the older one by itself."""
    if shutil.which("docker") and subprocess.run(["docker", "compose", "version"], capture_output=True).returncode == 0:
        return ["docker", "compose"]
    return [system("docker-compose")]
