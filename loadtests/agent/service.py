"""The service that an agent tells of."""

from __future__ import annotations

import secrets
import threading
from typing import Self

import psutil

from loadtests.agent.protocol import Reading
from loadtests.errors import LabError
from loadtests.resources.listeners import ANY, root_pid
from loadtests.resources.other_work import Processes, read_host
from loadtests.resources.sampler import Sample, Tree


class Ended(Exception):
    """The service has; in words."""


class Service:
    """The process tree with the root `pid`, which listens on a port of this host. May be read by several threads."""

    def __init__(self, port: int, pid: int) -> None:
        self.pid = pid
        self._port = port
        self._tree = Tree("server", pid)
        self._ours = Processes([pid])
        self._agent = secrets.token_hex(8)
        self._reading = threading.Lock()

    @classmethod
    def on(cls, port: int) -> Self:
        """Raises LabError where not one alone is seen that can be read."""
        pid = root_pid(port, ANY)
        if pid is None:
            raise LabError(
                f"no service is seen on port {port} of this host, or more than one: start it before the agent, and the "
                "agent as the same user or as root"
            )
        service = cls(port, pid)
        try:
            service.read()
        except (Ended, psutil.AccessDenied) as error:
            raise LabError(
                f"process {pid}, which listens on port {port}, can't be read ({error}): start the agent as root"
            ) from error
        return service

    def read(self, *, with_pss: bool = False) -> Reading:
        """Raises Ended."""
        with self._reading:
            context_switches = self._tree.context_switches()
            sample = self._sample(with_pss=with_pss)
            host = read_host(self._ours.cpu_s())
        return Reading(
            self._agent,
            self._port,
            sample.t_s,
            sample.cpu_s,
            context_switches,
            sample.rss_bytes,
            sample.threads,
            sample.file_descriptors,
            sample.arbiter_pss_bytes,
            sample.workers_pss_bytes,
            host,
        )

    def uss_bytes(self) -> int | None:
        """As in Tree. Raises Ended."""
        with self._reading:
            uss_bytes = self._tree.uss_bytes()
            self._sample()
        return uss_bytes

    def _sample(self, *, with_pss: bool = False) -> Sample:
        """Comes last: the tree was there until now, so what was read before is not of half a tree."""
        if (sample := self._tree.sample(with_pss=with_pss)) is None:
            raise Ended(
                f"process {self.pid}, which listened on port {self._port}, has ended: start the service, and then the "
                "agent again"
            )
        return sample
