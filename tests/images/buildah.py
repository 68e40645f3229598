"""buildah: it builds images and runs what is in them, without an engine, by chroot."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadtests.checkout import PROJECT

CHROOT = ("--isolation", "chroot")
COMMITTED = ("--format", "docker", "--identity-label=false")
"""Docker's format has health checks. Labels are the Dockerfile's alone."""


@dataclass(frozen=True)
class Buildah:
    """Its images and containers lie in `storage`, apart from those that the user may have."""

    storage: Path

    def has(self, image: str) -> bool:
        return subprocess.run(self.command("inspect", "--type", "image", image), capture_output=True).returncode == 0

    def build(self, dockerfile: Path, image: str) -> None:
        """From the project's folder, on a base that must be there."""
        asked = (*CHROOT, *COMMITTED, "--pull-never", "--file", dockerfile, "--tag", image)
        self._do("build", *asked, PROJECT)

    def pack(self, root: Path, image: str, path: str) -> None:
        """Make an image of a root file system."""
        container = self._do("from", "scratch")
        self._do("add", "--quiet", container, root, "/")
        self._do("config", "--env", f"PATH={path}", container)
        self._do("commit", *COMMITTED, "--quiet", "--rm", container, image)

    def config(self, image: str) -> dict[str, Any]:
        """Docker's description of what runs in it, and how."""
        config: dict[str, Any] = json.loads(self._do("inspect", "--type", "image", image))["Docker"]["config"]
        return config

    def remove(self, image: str) -> None:
        self._do("rmi", image)

    @contextmanager
    def container(self, image: str) -> Iterator[Container]:
        """Removed with the block."""
        name = self._do("from", "--pull-never", image)
        try:
            yield Container(self, name, self.config(image))
        finally:
            self._do("rm", name)

    def command(self, *arguments: str | Path) -> list[str]:
        storage = ("--root", self.storage / "root", "--runroot", self.storage / "run")
        return [str(word) for word in ("buildah", *storage, *arguments)]

    def _do(self, *arguments: str | Path) -> str:
        """What it prints; what it logs is seen when a test fails."""
        done = subprocess.run(self.command(*arguments), stdout=subprocess.PIPE, text=True, check=True)
        return done.stdout.strip()


@dataclass(frozen=True)
class Container:
    """What is in an image, run as it says: by its user, in its folder and environment; on this host's network."""

    buildah: Buildah
    name: str
    config: Mapping[str, Any]

    def command(self, *arguments: str, options: tuple[str, ...] = (), **environ: str) -> list[str]:
        """That which runs `arguments` inside; `environ` goes before the image's."""
        variables = (word for name, value in environ.items() for word in ("--env", f"{name}={value}"))
        return self.buildah.command("run", *CHROOT, *variables, *options, self.name, "--", *arguments)

    def entry_point(self, *arguments: str, options: tuple[str, ...] = (), **environ: str) -> list[str]:
        """That which starts the container as an engine does."""
        return self.command(*self.config["Entrypoint"], *arguments, options=options, **environ)
