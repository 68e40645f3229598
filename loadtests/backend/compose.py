"""Elasticsearch in a container: what compose/compose.yaml describes, for those who have Docker."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass

from loadtests.errors import LabError
from loadtests.paths import PROJECT

_FILE = PROJECT / "compose" / "compose.yaml"


@dataclass(frozen=True)
class Container:
    """An Elasticsearch that listens on 127.0.0.1:`port`, with this heap."""

    port: int
    heap: str

    @property
    def url(self) -> str:
        """Where it answers, in plain HTTP and without a password."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it unless it runs, and wait until it is healthy. Raises LabError."""
        self._compose("up", "--detach", "--wait")

    def stop(self) -> None:
        """Stop it; its data stays in its volume. Raises LabError."""
        self._compose("down")

    def _compose(self, *arguments: str) -> None:
        environment = {**os.environ, "ES_PORT": str(self.port), "ES_HEAP": self.heap}
        try:
            subprocess.run(["docker", "compose", "--file", _FILE, *arguments], env=environment, check=True)
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
