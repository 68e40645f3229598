"""Images that are really built, and both twins running from theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from loadtests.checkout import LAB_DIR
from shared.settings import Twin
from tests.compose.files import DOCKERFILES, VERSION
from tests.images import base, tools
from tests.images.buildah import Buildah
from tests.images.serving import served
from tests.twins.conftest import certificate, client, recorder, twin
from tests.twins.recording import Recorder

Build = Callable[[str], str]
"""The name of an image, by what is in it."""

__all__ = ["certificate", "client", "recorder", "twin"]
"""Fixtures of the twins' tests, as they stand there."""


@pytest.fixture(scope="session")
def buildah() -> Buildah:
    tools.require_root()
    tools.system("buildah")
    tools.system("debootstrap")
    return Buildah(LAB_DIR / "images")


@pytest.fixture(scope="session")
def build(buildah: Buildah) -> Iterator[Build]:
    """Builds an image at the first call for it."""
    built: dict[str, str] = {}

    def build(part: str) -> str:
        if part not in built:
            base.provide(buildah)
            buildah.build(DOCKERFILES[part], name := f"twinlab-{part}:{VERSION}")
            built[part] = name
        return built[part]

    yield build
    for name in built.values():
        buildah.remove(name)


@pytest.fixture(scope="session")
def urls(
    buildah: Buildah, build: Build, recorder: Recorder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[Twin, str]]:
    """Both twins' addresses."""
    logs = tmp_path_factory.mktemp("logs")
    twins: tuple[Twin, ...] = ("sync", "async")
    with ExitStack() as stack:
        yield {
            twin: stack.enter_context(served(buildah, build(twin), recorder.url, logs / f"{twin}.log")).url
            for twin in twins
        }
