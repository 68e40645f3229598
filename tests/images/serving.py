"""A twin that serves from its image."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from loadtests.children import running
from loadtests.resources.listeners import root_pid
from loadtests.servers import HOST, await_response
from tests.conftest import free_port
from tests.images.buildah import Buildah, Container

STOP_WITHIN_S = 15


@dataclass(frozen=True)
class Served:
    container: Container
    port: int
    process: psutil.Popen

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def stop(self) -> int:
        """The exit code after SIGTERM, sent to the twin itself as an engine does it: buildah would not pass it on."""
        if (pid := root_pid(self.port)) is not None:
            os.kill(pid, signal.SIGTERM)
        code: int = self.process.wait(STOP_WITHIN_S)
        return code


@contextmanager
def served(buildah: Buildah, image: str, es_url: str, log: Path) -> Iterator[Served]:
    """It answers, and is stopped with the block."""
    port = free_port()
    with buildah.container(image) as container:
        command = container.entry_point(LAB_HOST=HOST, LAB_PORT=str(port), LAB_ES_URL=es_url)
        with running(command, os.environ, log, grace_s=STOP_WITHIN_S) as process:
            twin = Served(container, port, process)
            await_response(twin.url, log)
            try:
                yield twin
            finally:
                twin.stop()
