"""Comparisons of services of which agents tell what they use, on this machine and on another host."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from loadtests.comparison.bench import compare
from loadtests.comparison.files import pair_folders
from loadtests.comparison.pair import read_resources
from loadtests.comparison.result import Result
from loadtests.errors import InvalidRunError
from loadtests.servers import HOST
from loadtests.targets import ALLOW_VARIABLE, Target
from tests.conftest import free_port
from tests.harness import agents
from tests.harness.agents import TOKEN
from tests.harness.comparison.comparing import SHORT, task
from tests.harness.other_hosts import Host, other_hosts
from tests.known_service import Behaviour, known_service
from tests.waiting import eventually

pytestmark = [pytest.mark.robustness, pytest.mark.xdist_group("twins")]
"""Beside the twins' own tests, which need the same Elasticsearch."""

ONE_PAIR = SHORT | {"PAIRS": "1", "AGENT_TOKEN": TOKEN.get_secret_value()}
KNOWN = Behaviour(delay_ms=20, rounds=3)


@contextmanager
def told(folder: Path, host: Host) -> Iterator[Target]:
    """A service on that host, and its agent."""
    with (
        known_service(folder, KNOWN, host.address, host.command) as url,
        agents.agent(url, folder, host.address, host.command) as agent,
    ):
        port = int(url.rpartition(":")[2])
        yield Target(f"{host.address}:{port}", f"service at {url}", url, port, agent.url)


def compared(es_url: str, folder: Path, console: Console, host: Host) -> Result:
    with told(folder, host) as a, told(folder, host) as b:
        return compare(task(es_url, ONE_PAIR, {"a": a, "b": b}), console, folder / "results", None)


def check_told(result: Result, results: Path) -> None:
    """Whether all that can be told was, and the token was not."""
    for block in result.blocks:
        figures = (
            block.cpu_ms_per_correct_answer, block.server_cores, block.peak_rss_bytes, block.peak_pss_bytes,
            block.uss_bytes, block.threads, block.file_descriptors, block.context_switches_per_request,
        )  # fmt: skip
        assert all(figures), block
    assert "cpu_ms_per_correct_answer" in {one.metric for one in result.decisions}
    (folder,) = pair_folders(results / result.folder, "peak")
    assert {sample.group for sample in read_resources(folder)} >= {"server-a", "server-b", "generator-0"}
    agent = result.contenders["a"]["agent"]
    assert any(
        re.search(f"The agent at {agent} reads the resources of .*, with a round trip of .* ms", note)
        for note in result.notes
    )
    assert agent in (results / result.folder / "report.html").read_text()
    kept = [path for path in results.rglob("*") if path.is_file()]
    assert not [path for path in kept if TOKEN.get_secret_value().encode() in path.read_bytes()]


def test_a_comparison_has_all_figures_of_services_whose_agents_tell(
    library_url: str, tmp_path: Path, console: Console
) -> None:
    check_told(compared(library_url, tmp_path, console, Host(HOST, ())), tmp_path / "results")


def test_a_comparison_has_all_figures_of_services_on_another_host(
    library_url: str, tmp_path: Path, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    with other_hosts(1) as (_, [host]):
        monkeypatch.setenv(ALLOW_VARIABLE, host.address)
        result = compared(library_url, tmp_path, console, host)
    check_told(result, tmp_path / "results")
    assert result.contenders["a"]["url"].startswith(f"http://{host.address}:")


def test_an_agent_that_ends_in_the_middle_makes_the_comparison_invalid(
    library_url: str, tmp_path: Path, console: Console
) -> None:
    results, port = tmp_path / "results", free_port()
    with known_service(tmp_path, KNOWN) as url, agents.started(url, tmp_path, port) as process:
        target = replace(Target.at(url), agent=f"http://{HOST}:{port}")

        def end() -> None:
            eventually(lambda: next(results.glob(".*/pairs/peak-01/generator-0.log"), None), within_s=120)
            process.terminate()

        ending = threading.Thread(target=end)
        ending.start()
        with pytest.raises(InvalidRunError, match=f"the agent at {target.agent} (does not respond|stopped telling)"):
            compare(task(library_url, ONE_PAIR, {"a": target, "b": target}), console, results, None)
        ending.join()
    assert [*results.iterdir()] == []
