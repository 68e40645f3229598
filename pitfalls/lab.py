"""What a demonstration works with: environments, forms as processes, and an Elasticsearch."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from loadtests import environment, stacks
from loadtests.errors import LabError
from loadtests.servers import free_port
from loadtests.stacks import Installation
from pitfalls import serving
from pitfalls.serving import Served

_RUN_WITHIN_S = 60


@dataclass(frozen=True)
class Printed:
    """What a script that ends by itself left behind: its exit code, and both streams as they came."""

    exit_code: int
    output: str


@dataclass(frozen=True)
class Lab:
    """`es_url` is a real Elasticsearch; logs go to the folder `logs`; `short` asks for the shortest telling form."""

    es_url: str
    logs: Path
    console: Console
    short: bool = False

    def environment(self, name: str) -> Path:
        """The Python of an environment, which is built on first use. Raises LabError when that fails."""
        installation = Installation(name)
        installation.make(self.console, "an exhibit")
        return installation.python

    def versions(self, environment: str, *packages: str) -> dict[str, str]:
        """Which versions of the packages an environment has: the beginning of a row of a matrix."""
        return stacks.versions(self.environment(environment), packages)

    @contextmanager
    def serve(
        self, path: Path, *, environment: str = "lab", command: Sequence[str] | None = None, **variables: str
    ) -> Iterator[Served]:
        """Serve `python path`, or `python *command` where `{port}` stands for the port; stopped with the block.

        Modules beside `path` can be imported. The app is told PORT and ES_URL, unless `variables` say otherwise.
        Raises LabError when it does not listen in time.
        """
        port = free_port()
        arguments = [part.format(port=port) for part in command] if command else [str(path)]
        python = str(self.environment(environment))
        log = serving.new_log(self.logs, path)
        with serving.serving([python, *arguments], self._environ(path, PORT=str(port), **variables), port, log) as app:
            yield app

    def run(self, path: Path, *, environment: str = "lab", **variables: str) -> Printed:
        """Run a form that prints and ends. Raises LabError when it does not end within a minute."""
        command = [str(self.environment(environment)), str(path)]
        environ = self._environ(path, **variables)
        try:
            done = subprocess.run(
                command,
                env=environ,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                timeout=_RUN_WITHIN_S,
            )
        except subprocess.TimeoutExpired as error:
            raise LabError(f"{path} was still running after {_RUN_WITHIN_S} s: it should have ended") from error
        return Printed(done.returncode, done.stdout)

    def _environ(self, path: Path, **variables: str) -> dict[str, str]:
        ours = {"ES_URL": self.es_url, "PYTHONPATH": str(path.parent), "PYTHONUNBUFFERED": "1"}
        ours["GUNICORN_CMD_ARGS"] = "--no-control-socket"  # which it would put into the home folder
        return environment.started(**ours | variables)
