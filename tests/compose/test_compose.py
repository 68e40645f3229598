"""What compose/ promises of its services, read from its files alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from loadtests.backend.distribution import ELASTICSEARCH
from loadtests.checkout import PROJECT
from loadtests.options import AgentOptions, BackendOptions, BenchOptions, Options, WorkerOptions
from loadtests.targets import ALLOW_VARIABLE
from shared.settings import variables
from tests.compose.files import COMPOSE, COMPOSE_FILES, VERSION

Service = dict[str, Any]


def services(file: Path) -> dict[str, Service]:
    content: dict[str, dict[str, Service]] = yaml.safe_load(file.read_text())
    return content["services"]


LAB, CLUSTER = map(services, COMPOSE_FILES)
ALL = [pytest.param(service, id=name) for name, service in (LAB | CLUSTER).items()]


def as_sync(service: Service) -> Service:
    """What the async twin's service has in common with the sync twin's."""
    return service | {
        "image": service["image"].replace("async", "sync"),
        "build": {name: text.replace("async", "sync") for name, text in service["build"].items()},
        "environment": service["environment"] | {"LAB_TWIN_URL": None},
        "ports": [],
    }


def test_both_twins_get_the_same() -> None:
    assert as_sync(LAB["async"]) == as_sync(LAB["sync"])
    assert {"cpus", "mem_limit"} <= LAB["sync"].keys()


@pytest.mark.parametrize("twin", ["sync", "async"])
def test_all_settings_can_be_set_from_outside_but_the_address(twin: str) -> None:
    assert LAB[twin]["environment"].keys() == variables().keys() - {"LAB_HOST", "LAB_PORT"}


@pytest.mark.parametrize("service", ALL)
def test_nothing_is_published_beyond_this_machine(service: Service) -> None:
    assert [port for port in service.get("ports", []) if not port.startswith("127.0.0.1:")] == []


@pytest.mark.parametrize("service", ALL)
def test_memory_has_a_limit(service: Service) -> None:
    assert "mem_limit" in service


@pytest.mark.parametrize("service", ALL)
def test_an_image_has_an_exact_version(service: Service) -> None:
    name, version = service["image"].rsplit(":", 1)
    ours = {"elasticsearch": ELASTICSEARCH.version, "kibana": ELASTICSEARCH.version}
    ours |= {f"twinlab-{part}": VERSION for part in ("sync", "async", "load")}
    assert version == ours.get(name, toxiproxy_of_the_makefile())


def toxiproxy_of_the_makefile() -> str:
    pinned = re.search(r"toxiproxy/v2/cmd/server@v(\S+)", (PROJECT / "Makefile").read_text())
    assert pinned is not None
    return pinned[1]


@pytest.mark.parametrize("service", ALL)
def test_a_service_starts_when_what_it_needs_is_ready(service: Service) -> None:
    needed = {name: wait["condition"] for name, wait in service.get("depends_on", {}).items()}
    assert needed == {name: READY[name] for name in needed}


READY = {
    "elasticsearch": "service_healthy",
    "sync": "service_healthy",
    "async": "service_healthy",
    "agent-sync": "service_healthy",
    "agent-async": "service_healthy",
    "books": "service_completed_successfully",
    "certificates": "service_completed_successfully",
    "worker": "service_started",  # it waits for its master by itself
}


@pytest.mark.parametrize(
    ("name", "options"),
    [("books", BackendOptions), ("bench", BenchOptions), ("worker", WorkerOptions), ("agent-sync", AgentOptions)],
)
def test_what_the_harness_is_told_is_heard(name: str, options: type[Options]) -> None:
    fields = [*BackendOptions.model_fields, *options.model_fields]
    assert LAB[name]["environment"].keys() <= {ALLOW_VARIABLE, *(field.upper() for field in fields)}


def test_what_has_a_profile_has_what_it_needs() -> None:
    """Compose does not start what is in no active profile, even for a service that depends on it."""
    for service in LAB.values():
        for name in service.get("depends_on", {}):
            assert set(service["profiles"]) <= set(LAB[name]["profiles"])


@pytest.mark.parametrize("name", ["es01", "es02", "es03"])
def test_the_cluster_has_security_and_a_password_of_the_users(name: str) -> None:
    environment = CLUSTER[name]["environment"]
    assert environment["ELASTIC_PASSWORD"].startswith("${ELASTIC_PASSWORD:?")
    assert {
        environment[f"xpack.security.{part}"] for part in ("enabled", "http.ssl.enabled", "transport.ssl.enabled")
    } == {"true"}


def test_files_that_are_mounted_exist() -> None:
    mounted = [volume.split(":")[0] for service in (LAB | CLUSTER).values() for volume in service.get("volumes", [])]
    assert [path for path in mounted if path.startswith(".") and not (COMPOSE / path).exists()] == []
