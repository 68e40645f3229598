"""The files in compose/, held against those who read them: Compose, its specification, and a linter of Dockerfiles."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.compose.files import COMPOSE, COMPOSE_FILES
from tests.images import tools

pytestmark = pytest.mark.images

each_compose_file = pytest.mark.parametrize("file", COMPOSE_FILES, ids=lambda file: file.name)


def said(*command: str | Path, **environ: str) -> tuple[int, str]:
    """The exit code, and what was said of faults."""
    done = subprocess.run(
        command, env=os.environ | environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    return done.returncode, done.stderr


@each_compose_file
def test_compose_understands_it(file: Path) -> None:
    profiles = ("--profile", "backend", "--profile", "twins", "--profile", "load")
    assert said(*tools.compose(), "--file", file, *profiles, "config", ELASTIC_PASSWORD="secret") == (0, "")


def test_a_cluster_without_a_password_is_refused() -> None:
    code, told = said(*tools.compose(), "--file", COMPOSE_FILES[1], "config", ELASTIC_PASSWORD="")
    assert (code == 0, "set ELASTIC_PASSWORD to" in told) == (False, True)


@each_compose_file
def test_it_keeps_to_composes_specification(file: Path) -> None:
    schema = ("--builtin-schema", "vendor.compose-spec")
    assert said(tools.installed("check-jsonschema"), *schema, file) == (0, "")


@pytest.mark.parametrize("file", sorted(COMPOSE.rglob("Dockerfile*")), ids=lambda file: str(file.relative_to(COMPOSE)))
def test_a_linter_finds_no_fault(file: Path) -> None:
    assert subprocess.run([tools.installed("hadolint"), file]).returncode == 0
