"""Elasticsearch in a container: the one service of compose/compose.yaml that a backend needs."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass

from loadtests.checkout import PROJECT
from loadtests.errors import LabError

_FILE = PROJECT / "compose" / "compose.yaml"
_SERVICE = "elasticsearch"


@dataclass(frozen=True)
class Container:
    """An Elasticsearch that listens on 127.0.0.1:`port`, with this heap."""

    port: int
    heap: str

    @property
    def url(self) -> str:
        """Its URL, in plain HTTP and without a password."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it unless it runs, and wait until it is healthy. Raises LabError."""
        self._compose("up", "--detach", "--wait", _SERVICE)

    def stop(self) -> None:
        """Stop it; its data stays in its volume. Raises LabError."""
        self._compose("rm", "--stop", "--force", _SERVICE)

    def _compose(self, *arguments: str) -> None:
        memory = f"{2 * int(self.heap[:-1])}{self.heap[-1]}"  # twice the heap, as Elastic advises
        environment = {**os.environ, "ES_PORT": str(self.port), "ES_HEAP": self.heap, "ES_MEMORY": memory}
        try:
            command = ["docker", "compose", "--file", str(_FILE), "--profile", "backend", *arguments]
            subprocess.run(command, env=environment, check=True)
        except FileNotFoundError as error:
            raise LabError(
                "BACKEND=docker needs Docker with Compose, and there is no docker here: "
                "install it, or leave BACKEND out to use the embedded Elasticsearch"
            ) from error
        except subprocess.CalledProcessError as error:
            raise LabError(
                f"docker compose {arguments[0]} failed, and said above why: check that Docker's engine runs and has "
                "Compose, or leave BACKEND out to use the embedded Elasticsearch"
            ) from error
