"""The lab's side: an agent is asked what the service on its host uses."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse
from urllib.parse import urlsplit

from pydantic import SecretStr

from loadtests.agent import protocol
from loadtests.agent.protocol import Reading
from loadtests.contenders import Contender
from loadtests.errors import InvalidRunError
from loadtests.resources.clocks import ClockReading, fastest
from loadtests.resources.other_work import HostReading
from loadtests.resources.sampler import Sample
from loadtests.targets import Target

MOST_ROUND_TRIP_S = 0.5
"""Of a reading. Two of them enclose a slice of a second or longer, and what the service does by itself meanwhile counts
as the slice's: that has to stay little."""
_TIMEOUT_S = 5.0
_MOST_BYTES = 64 * 1024
_LOOKS = 5


@dataclass(frozen=True)
class Heard(ClockReading):
    """What an agent told, and when by its clock and by this machine's."""

    reading: Reading


@dataclass(frozen=True)
class Agent:
    """One that listens at `url` (no trailing slash). What it can't tell in time is an InvalidRunError."""

    url: str
    token: SecretStr

    def read(self) -> Heard:
        with self._connected() as connection:
            asked_s = time.perf_counter()
            reading = Reading.from_line(self._answer(connection, protocol.READING).read(_MOST_BYTES))
            heard = Heard(asked_s, reading.clock_s, time.perf_counter(), reading)
        if heard.round_trip_s > MOST_ROUND_TRIP_S:
            raise InvalidRunError(
                f"the agent at {self.url} took {heard.round_trip_s * 1000:.0f} ms for a reading, and may take "
                f"{MOST_ROUND_TRIP_S * 1000:.0f} ms: what the service does by itself meanwhile would count too"
            )
        return heard

    def read_often(self) -> list[Heard]:
        """So that chance in one round trip can be told from distance."""
        return [self.read() for _ in range(_LOOKS)]

    def uss_bytes(self) -> int | None:
        with self._connected() as connection:
            return protocol.uss_from_line(self._answer(connection, protocol.USS).read(_MOST_BYTES))

    def stream(self) -> Iterator[Reading]:
        """One in each `sampler.INTERVAL_S`, without an end."""
        with self._connected() as connection:
            response = self._answer(connection, protocol.SAMPLES)
            while line := response.readline(_MOST_BYTES):
                yield Reading.from_line(line)
        raise InvalidRunError(f"the agent at {self.url} stopped telling what the service uses: it or the agent ended")

    @contextmanager
    def _connected(self) -> Iterator[HTTPConnection]:
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=_TIMEOUT_S)
        try:
            connection.connect()
            yield connection
        except (OSError, HTTPException) as error:
            raise InvalidRunError(f"the agent at {self.url} does not respond: {error}") from error
        except ValueError as error:
            raise InvalidRunError(f"the server at {self.url} is no agent of this version: {error}") from error
        finally:
            connection.close()

    def _answer(self, connection: HTTPConnection, path: str) -> HTTPResponse:
        connection.request("GET", path, headers={"Authorization": f"Bearer {self.token.get_secret_value()}"})
        response = connection.getresponse()
        if response.status != HTTPStatus.OK:
            words = response.readline(_MOST_BYTES).decode(errors="replace").strip()
            raise InvalidRunError(f"the agent at {self.url} responds with {response.status}: {words}")
        return response


class RemoteTree:
    """As sampler.Tree, of a service on another host. May be asked by several threads. What its agent can't tell is an
    InvalidRunError."""

    def __init__(self, group: str, agent: Agent) -> None:
        self._group = group
        self._agent = agent
        self._soonest = fastest(agent.read_often())

    def cpu_s(self) -> float:
        return self._same(self._agent.read().reading).cpu_s

    def context_switches(self) -> int:
        return self._same(self._agent.read().reading).context_switches

    def host(self) -> HostReading:
        return self._same(self._agent.read().reading).host

    def uss_bytes(self) -> int | None:
        return self._agent.uss_bytes()

    def samples(self) -> Iterator[Sample]:
        for reading in map(self._same, self._agent.stream()):
            yield Sample(
                reading.clock_s - self._soonest.offset_s,
                self._group,
                reading.cpu_s,
                reading.rss_bytes,
                reading.threads,
                reading.file_descriptors,
                reading.arbiter_pss_bytes,
                reading.workers_pss_bytes,
            )

    def _same(self, reading: Reading) -> Reading:
        """Of the agent that was met first."""
        if reading.agent != self._soonest.reading.agent:
            raise InvalidRunError(
                f"another agent responds at {self._agent.url} since the pair began, and its counts differ"
            )
        return reading


def agent_of(contender: Contender | Target, token: SecretStr | None) -> Agent | None:
    """None for what the lab sees itself, or can't know."""
    if not isinstance(contender, Target) or contender.agent is None or token is None:
        return None
    return Agent(contender.agent, token)
