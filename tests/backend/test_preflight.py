"""What is known to be wrong before anything is started."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import psutil
import pytest

from loadtests.backend.preflight import check_disk, check_memory, check_port
from loadtests.errors import LabError
from tests.conftest import free_port


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_a_held_port_names_its_holder_and_the_fixes(address: str) -> None:
    with socket.create_server((address, 0)) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(LabError) as caught:
            check_port(port)
    assert str(caught.value) == (
        f"port {port} is held by {psutil.Process().name()} (process {os.getpid()}): "
        "stop it, or set ES_PORT to a free port; "
        f"if it is an Elasticsearch of yours, set ES_URL=http://127.0.0.1:{port} to use it"
    )


def test_a_free_port_is_fine() -> None:
    check_port(free_port())


def test_too_little_memory_for_the_heap() -> None:
    with pytest.raises(LabError, match=r"with a heap of 1000000g needs 1536000000 MiB of memory.*a smaller ES_HEAP"):
        check_memory("1000000g")


def test_enough_memory() -> None:
    check_memory("1m")


def test_a_full_disk() -> None:
    with pytest.raises(LabError, match="needs 2048 MiB of disk under /proc, and 0 MiB are free: free some"):
        check_disk(Path("/proc"))


def test_enough_disk(tmp_path: Path) -> None:
    check_disk(tmp_path)
