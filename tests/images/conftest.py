"""Images that are really built, and both twins running from theirs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from loadtests.paths import LAB_DIR
from shared.settings import Twin
from tests.compose.files import DOCKERFILES, VERSION
from tests.images import base, tools
from tests.images.buildah import Buildah
from tests.images.serving import served
from tests.twins.conftest import client, recorder, twin
from tests.twins.recording import Recorder

__all__ = ["client", "recorder", "twin"]
"""Fixtures of the twins' tests, as they stand there."""


@pytest.fixture(scope="session")
def buildah() -> Buildah:
    tools.require_root()
    tools.system("buildah")
    tools.system("debootstrap")
    return Buildah(LAB_DIR / "images")


@pytest.fixture(scope="session")
def images(buildah: Buildah) -> Iterator[dict[str, str]]:
    """The names of all three, by what is in them."""
    base.provide(buildah)
    names = {part: f"twinlab-{part}:{VERSION}" for part in DOCKERFILES}
    for part, name in names.items():
        buildah.build(DOCKERFILES[part], name)
    yield names
    for name in names.values():
        buildah.remove(name)


@pytest.fixture(scope="session")
def urls(
    buildah: Buildah, images: dict[str, str], recorder: Recorder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[Twin, str]]:
    """Both twins' addresses."""
    logs = tmp_path_factory.mktemp("logs")
    twins: tuple[Twin, ...] = ("sync", "async")
    with ExitStack() as stack:
        yield {
            twin: stack.enter_context(served(buildah, images[twin], recorder.url, logs / f"{twin}.log")).url
            for twin in twins
        }
