"""The images: what is in them, how they run, and how they stop."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from shared.settings import Twin
from tests.compose.files import DOCKERFILES, VERSION, locked
from tests.images.buildah import Buildah, Container
from tests.images.conftest import Build
from tests.images.serving import Served, served
from tests.twins.conftest import BOOKS
from tests.twins.recording import Recorder

pytestmark = pytest.mark.images

PACKAGES = "import importlib.metadata as m; print(*{f'{found.name}=={found.version}' for found in m.distributions()})"
SHORT = {"QUICK": "1", "PAIRS": "1", "PROFILE": "peak", "BUSY": "1", "BOOKS": str(BOOKS)}
SOMEONE = 12345
"""A user that the image does not know."""


@pytest.fixture
def container(buildah: Buildah, build: Build, twin: Twin) -> Iterator[Container]:
    with buildah.container(build(twin)) as container:
        yield container


@pytest.fixture
def serving(buildah: Buildah, build: Build, twin: Twin, recorder: Recorder, tmp_path: Path) -> Iterator[Served]:
    with served(buildah, build(twin), recorder.url, tmp_path / "log") as serving:
        yield serving


def output(container: Container, *arguments: str) -> str:
    command = container.command(*arguments)
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("part", DOCKERFILES)
def test_an_image_tells_what_it_is(buildah: Buildah, build: Build, part: str) -> None:
    config = buildah.config(build(part))
    assert {name: config[name] for name in ("User", "WorkingDir", "Labels")} == {
        "User": "10001:10001",
        "WorkingDir": "/app",
        "Labels": {
            "org.opencontainers.image.title": f"twinlab-{part}",
            "org.opencontainers.image.version": VERSION,
        },
    }


def test_a_twins_image_holds_the_twin_alone(container: Container, twin: Twin) -> None:
    assert output(container, "ls").split() == sorted(["shared", f"{twin}_app"])


def test_a_twins_image_holds_the_locked_packages_alone(container: Container) -> None:
    installed = {normalised(found) for found in output(container, "python", "-c", PACKAGES).split()}
    assert installed == locked("twins.txt")


def normalised(requirement: str) -> str:
    """As locks write a package's name."""
    name, _, version = requirement.partition("==")
    return f"{re.sub('[-_.]+', '-', name).lower()}=={version}"


def test_the_health_check_tells_whether_it_serves(serving: Served) -> None:
    program = serving.container.config["Healthcheck"]["Test"][1:]
    check = serving.container.command(*program, LAB_PORT=str(serving.port))
    assert subprocess.run(check).returncode == 0
    serving.stop()
    assert subprocess.run(check).returncode == 1


def test_sigterm_stops_it_in_order(serving: Served) -> None:
    assert httpx.get(f"{serving.url}/readyz").status_code == 200
    assert serving.stop() == 0


def test_a_bench_in_a_container_leaves_results_that_belong_to_the_user(
    buildah: Buildah, build: Build, urls: dict[Twin, str], elasticsearch_url: str, tmp_path: Path
) -> None:
    os.chown(tmp_path, SOMEONE, SOMEONE)
    options = ("--user", f"{SOMEONE}:{SOMEONE}", "--volume", f"{tmp_path}:/app/results")
    services = {"ES_URL": elasticsearch_url, "TARGET_A": urls["sync"], "TARGET_B": urls["async"]}
    with buildah.container(build("load")) as container:
        bench = container.entry_point("bench", options=options, **services, **SHORT)
        assert subprocess.run(bench).returncode == 0
    (report,) = tmp_path.glob("2*/report.html")
    assert (report.stat().st_uid, report.stat().st_gid) == (SOMEONE, SOMEONE)
