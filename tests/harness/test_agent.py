"""An agent tells what a service uses as the lab would see it itself; and says so when it can't."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
import pytest
from pydantic import SecretStr

from loadtests.agent import server
from loadtests.agent.protocol import Reading
from loadtests.agent.remote import Agent, RemoteTree
from loadtests.agent.service import Service
from loadtests.checkout import PROJECT
from loadtests.children import running
from loadtests.comparison.preflight import agent_notes
from loadtests.contenders import named
from loadtests.errors import InvalidRunError, LabError
from loadtests.resources.listeners import root_pid
from loadtests.resources.sampler import Sample, Tree, sampling
from loadtests.servers import HOST
from loadtests.targets import Target
from tests.conftest import free_port
from tests.harness import agents
from tests.harness.agents import TOKEN
from tests.known_service import Behaviour, known_service
from tests.waiting import eventually

BEARER = {"Authorization": f"Bearer {TOKEN.get_secret_value()}"}
PATHS = "there are /reading, /samples and /uss"
WHOSE = "give the token that the agent was started with, its AGENT_TOKEN"
ONLY_GET = "an agent tells, by GET, and does nothing else"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("agent")


@pytest.fixture(scope="module")
def service(folder: Path) -> Iterator[str]:
    """Its address. Each answer costs it some CPU."""
    with known_service(folder, Behaviour(rounds=30)) as url:
        yield url


@pytest.fixture(scope="module")
def agent(service: str, folder: Path) -> Iterator[Agent]:
    with agents.agent(service, folder) as started:
        yield started


@pytest.fixture
def tree(service: str) -> Tree:
    """As the lab sees the service itself."""
    return Tree("server", pid_of(service))


def pid_of(service: str) -> int:
    pid = root_pid(urlsplit(service).port or 0)
    assert pid is not None
    return pid


@contextmanager
def asked(service: str) -> Iterator[None]:
    """Without a pause, while the block runs."""
    ended = threading.Event()

    def ask() -> None:
        with httpx.Client() as client:
            while not ended.is_set():
                client.get(service)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def sampled(tree: Tree) -> Sample:
    sample = tree.sample()
    assert sample is not None
    return sample


def test_what_an_agent_tells_lies_between_what_is_seen_before_and_after(service: str, agent: Agent, tree: Tree) -> None:
    remote, seen_s = RemoteTree("server", agent), list[float]()
    with asked(service):
        for _ in range(10):
            before, switches_before = sampled(tree), tree.context_switches()
            heard = agent.read()
            told_cpu_s, told_switches = remote.cpu_s(), remote.context_switches()
            after, switches_after = sampled(tree), tree.context_switches()
            assert before.cpu_s <= heard.reading.cpu_s <= told_cpu_s <= after.cpu_s
            assert switches_before <= heard.reading.context_switches <= told_switches <= switches_after
            assert before.t_s <= heard.asked_s <= heard.reading.clock_s <= heard.received_s <= after.t_s
            assert abs(heard.offset_s) <= heard.round_trip_s / 2  # the clock is the same one here
            seen_s.extend([before.cpu_s, after.cpu_s])
            eventually(lambda: sampled(tree).cpu_s > seen_s[-1])
    assert seen_s == sorted(seen_s)


def test_of_a_service_at_rest_it_tells_just_what_is_seen(agent: Agent, tree: Tree) -> None:
    def same() -> bool:
        reading, seen = agent.read().reading, sampled(tree)
        told = reading.cpu_s, reading.rss_bytes, reading.threads, reading.file_descriptors
        return told == astuple(seen)[2:6] and agent.uss_bytes() == tree.uss_bytes()

    assert eventually(same)


def test_its_samples_join_those_of_this_machine_on_one_clock(service: str, agent: Agent) -> None:
    with sampling({"seen": pid_of(service)}, [RemoteTree("told", agent)]) as sampler, asked(service):
        eventually(lambda: all(is_seen_at_work(sampler.samples, group) for group in ("seen", "told")))
    samples = sampler.samples
    assert samples == sorted(samples, key=lambda sample: sample.t_s)
    assert cpu_s(samples, "told") == sorted(cpu_s(samples, "told"))


def is_seen_at_work(samples: list[Sample], group: str) -> bool:
    return len(set(cpu_s(samples, group))) > 1


def cpu_s(samples: list[Sample], group: str) -> list[float]:
    return [sample.cpu_s for sample in samples if sample.group == group]


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "words"),
    [
        ("GET", "/reading", {}, 401, WHOSE),
        ("GET", "/reading", {"Authorization": "Bearer known-to-these-tests-onlY"}, 401, WHOSE),
        ("GET", "/reading", {"Authorization": f"Basic {TOKEN.get_secret_value()}"}, 401, WHOSE),
        ("GET", "/samples", {"Authorization": "Bearer"}, 401, WHOSE),
        ("GET", "/nothing", {}, 401, WHOSE),
        ("POST", "/reading", {}, 401, WHOSE),
        ("GET", "/nothing", BEARER, 404, PATHS),
        ("GET", "/reading?x", BEARER, 404, PATHS),
        ("POST", "/reading", BEARER, 405, ONLY_GET),
        ("DELETE", "/reading", BEARER, 405, ONLY_GET),
        ("BREW", "/reading", BEARER, 405, ONLY_GET),
    ],
)
def test_whoever_may_not_ask_or_asks_for_something_else_is_told(
    agent: Agent, method: str, path: str, headers: dict[str, str], status: int, words: str
) -> None:
    answer = httpx.request(method, agent.url + path, headers=headers)
    assert (answer.status_code, answer.text) == (status, f"{words}\n")
    assert answer.headers.get("WWW-Authenticate") == ("Bearer" if status == 401 else None)
    assert answer.headers.get("Allow") == ("GET" if status == 405 else None)


def test_it_answers_in_plain_http(agent: Agent) -> None:
    answer = httpx.get(f"{agent.url}/reading", headers=BEARER)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert Reading.from_line(answer.content).port == agent.read().reading.port
    with httpx.stream("GET", f"{agent.url}/samples", headers=BEARER) as stream:
        assert stream.headers["Content-Type"] == "application/x-ndjson"
        lines = stream.iter_lines()
        first, second = (Reading.from_line(next(lines).encode()) for _ in range(2))
    assert first.clock_s < second.clock_s


def test_more_connections_than_it_serves_are_turned_away_until_others_end(agent: Agent) -> None:
    address = urlsplit(agent.url).hostname, urlsplit(agent.url).port
    with ExitStack() as opened:
        for _ in range(server.MOST_CONNECTIONS):
            opened.enter_context(socket.create_connection(address))
        with pytest.raises(InvalidRunError, match="responds with 503: the agent has as many connections as it serves"):
            agent.read()
    assert eventually(lambda: tells(agent))


def tells(agent: Agent) -> bool:
    try:
        agent.read()
    except InvalidRunError:
        return False
    return True


def test_a_question_that_trickles_in_is_not_waited_for(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_CLIENT_TIMEOUT_S", 0.2)
    watched = Service.on(urlsplit(service).port or 0)
    with server.AgentServer(HOST, 0, watched, TOKEN) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        try:
            with socket.create_connection((HOST, listening.server_address[1])) as trickling:
                trickling.settimeout(0.05)
                assert eventually(lambda: trickle(trickling))
        finally:
            listening.shutdown()
            thread.join()


def trickle(connection: socket.socket) -> bool:
    """Another letter of the question; whether the other side has had enough."""
    try:
        connection.sendall(b"G")
        connection.recv(1)
    except TimeoutError:
        return False
    except ConnectionError:
        pass
    return True


@contextmanager
def standing_in(folder: Path, port: int) -> Iterator[psutil.Popen]:
    command, environ = [sys.executable, "-m", "tests.harness.standin"], {**os.environ, "LAB_PORT": str(port)}
    with running(command, environ, folder / "standin.log", grace_s=0) as process:
        eventually(lambda: root_pid(port) == process.pid)
        yield process


def test_a_service_that_ends_is_said_to_have_ended_also_when_another_takes_its_port(tmp_path: Path) -> None:
    port = free_port()
    with ExitStack() as rest:
        with standing_in(tmp_path, port) as process:
            agent = rest.enter_context(agents.agent(f"http://{HOST}:{port}", tmp_path))
            tree = RemoteTree("server", agent)
            sampler = rest.enter_context(sampling({}, [tree]))
            eventually(lambda: sampler.samples)
        words = f"responds with 410: process {process.pid}, which listened on port {port}, has ended: start the service"
        with standing_in(tmp_path, port):
            for ask in (tree.cpu_s, tree.context_switches, tree.uss_bytes, lambda: next(tree.samples())):
                with pytest.raises(InvalidRunError, match=words):
                    ask()
        with pytest.raises(InvalidRunError, match=f"{agent.url} stopped telling what the service uses"):
            eventually(lambda: not sampler.samples)


def test_an_agent_that_ends_makes_the_run_invalid(service: str, tmp_path: Path) -> None:
    with agents.agent(service, tmp_path) as agent:
        tree = RemoteTree("server", agent)
    for ask in (tree.cpu_s, tree.context_switches, tree.uss_bytes, lambda: next(tree.samples())):
        with pytest.raises(InvalidRunError, match=f"the agent at {agent.url} does not respond: .*refused"):
            ask()


def test_an_agent_that_was_started_anew_counts_from_another_beginning(service: str, tmp_path: Path) -> None:
    port = free_port()
    with agents.started(service, tmp_path, port):
        tree = RemoteTree("server", Agent(f"http://{HOST}:{port}", TOKEN))
    with agents.started(service, tmp_path, port):
        for ask in (tree.cpu_s, tree.context_switches, lambda: next(tree.samples())):
            with pytest.raises(InvalidRunError, match=f"another agent responds at http://{HOST}:{port} since"):
                ask()


def test_a_reading_that_takes_too_long_is_worth_nothing(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loadtests.agent.remote.MOST_ROUND_TRIP_S", 0.0)
    with pytest.raises(
        InvalidRunError, match=rf"the agent at {agent.url} took \d+ ms for a reading, and may take 0 ms"
    ):
        agent.read()


def target_of(service: str, agent: Agent) -> Target:
    return replace(Target.at(service), agent=agent.url)


def test_before_a_comparison_each_agent_is_tried_and_how_far_it_is_noted(service: str, agent: Agent) -> None:
    target = target_of(service, agent)
    (sentence,) = agent_notes([target, target], TOKEN)
    assert re.fullmatch(
        rf"The agent at {agent.url} reads the resources of the service at {service}, with a round trip of \d+\.\d ms "
        r"\(median of 5\)\.", sentence,
    )  # fmt: skip
    assert agent_notes([Target.at(service), named("sync")], TOKEN) == []


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"token": SecretStr("another-token-than-its-own")}, f"responds with 401: {WHOSE}"),
        ({"url": "http://127.0.0.1:9"}, "the agent at http://127.0.0.1:9 does not respond: .*refused"),
    ],
)
def test_an_agent_that_can_not_be_used_is_told_before_the_first_pair(
    service: str, agent: Agent, wrong: dict[str, Any], reason: str
) -> None:
    tried = replace(agent, **wrong)
    with pytest.raises(LabError, match=reason) as raised:
        agent_notes([target_of(service, tried)], tried.token)
    assert type(raised.value) is LabError


def test_an_agent_of_another_service_and_what_is_no_agent_are_told(service: str, agent: Agent) -> None:
    other = f"http://{HOST}:{free_port()}"
    with pytest.raises(LabError, match=f"{agent.url} tells of a service on port .*, and {other} is another one: start"):
        agent_notes([target_of(other, agent)], TOKEN)
    with pytest.raises(LabError, match=f"the server at {service} is no agent of this version"):
        agent_notes([target_of(service, Agent(service, TOKEN))], TOKEN)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_agent_ends_well_when_it_is_asked_to(service: str, tmp_path: Path, number: signal.Signals) -> None:
    port = free_port()
    with agents.started(service, tmp_path, port) as process:
        readings = Agent(f"http://{HOST}:{port}", TOKEN).stream()
        next(readings)
        process.send_signal(number)
        assert process.wait(timeout=30) == 0
    assert (tmp_path / "agent.log").read_text() == (
        f"telling what process {pid_of(service)} on port {urlsplit(service).port} uses at http://{HOST}:{port}; "
        "Ctrl-C ends it\n"
    )


def test_an_agent_that_can_not_begin_says_why(service: str) -> None:
    taken, nobodys = urlsplit(service).port or 0, free_port()
    reasons = {
        f"http://{HOST}:{nobodys}": f"no service is seen on port {nobodys} of this host, or more than one: start it",
        service: f"the agent can't listen on port {taken} of {HOST} ",
    }
    for told, reason in reasons.items():
        ran = subprocess.run(
            [sys.executable, "-m", "loadtests", "agent"], env=agents.environ(told, HOST, taken), cwd=PROJECT,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ran.returncode == LabError.exit_code
        assert ran.stderr.startswith(f"error: {reason}")
