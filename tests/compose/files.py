"""The files that describe images and services, and the version that they bear."""

from __future__ import annotations

import re
import tomllib

from loadtests.checkout import PROJECT

COMPOSE = PROJECT / "compose"
COMPOSE_FILES = (COMPOSE / "compose.yaml", COMPOSE / "cluster.yaml")
DOCKERFILES = {file.suffix[1:]: file for file in sorted(COMPOSE.glob("Dockerfile.*"))}
"""By what they build: a twin, or the load generator."""

VERSION: str = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"]


def locked(lock: str) -> set[str]:
    """The packages of a file in requirements/, each with its version, as `name==1.0`."""
    return set(re.findall(r"^([\w.-]+==[\w.]+)", (PROJECT / "requirements" / lock).read_text(), re.MULTILINE))
