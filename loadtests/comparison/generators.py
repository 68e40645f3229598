"""Where the load of a comparison comes from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Generators:
    """How many processes make the load: of the lab's own, or where Locust's master is to listen, at `(host, port)`,
    those of workers on any hosts that come to it."""

    processes: int
    master: tuple[str, int] | None = None
