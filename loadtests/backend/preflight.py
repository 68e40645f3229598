"""Checks before Elasticsearch starts: each gives a clear error instead of a dead node."""

from __future__ import annotations

import contextlib
import shutil
import socket
from pathlib import Path

import psutil

from loadtests.errors import LabError

_MIB = 1024**2
_UNIT_BYTES = {"m": _MIB, "g": 1024**3}
_DIRECT_MEMORY_SHARE = 0.5
"""Elasticsearch limits the memory beside the heap to half of the heap."""

LOW_DISK_BYTES = 1024**3
"""The least free disk space with which Elasticsearch places a new index."""


def heap_bytes(heap: str) -> int:
    """The size of a heap such as 512m or 1g."""
    return int(heap[:-1]) * _UNIT_BYTES[heap[-1]]


def check_memory(heap: str) -> None:
    """Raises LabError unless the free memory holds the heap and what Elasticsearch takes beside it."""
    needed_bytes = heap_bytes(heap) * (1 + _DIRECT_MEMORY_SHARE)
    free_bytes = psutil.virtual_memory().available
    if free_bytes < needed_bytes:
        raise LabError(
            f"Elasticsearch with a heap of {heap} needs {needed_bytes / _MIB:.0f} MiB of memory, and "
            f"{free_bytes / _MIB:.0f} MiB are free: free some, or set a smaller ES_HEAP (512m will do)"
        )


def check_disk(folder: Path) -> None:
    """Raises LabError unless the disk under `folder` has room for an index."""
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < 2 * LOW_DISK_BYTES:
        raise LabError(
            f"Elasticsearch needs {2 * LOW_DISK_BYTES / _MIB:.0f} MiB of disk under {folder}, and "
            f"{free_bytes / _MIB:.0f} MiB are free: free some, or set ES_URL to a cluster of yours"
        )


def check_port(port: int) -> None:
    """Raises LabError when anything listens on 127.0.0.1:`port`, or when we may not."""
    if not is_free(port):
        raise LabError(
            f"port {port} is held by {_holder(port)}: stop it, or set ES_PORT to a free port; "
            f"if it is an Elasticsearch of yours, set ES_URL=http://127.0.0.1:{port} to use it"
        )


def is_free(port: int) -> bool:
    """Whether nothing listens on 127.0.0.1:`port`. Raises LabError when we may not."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError as error:
            raise LabError(f"only root may listen on port {port}: set ES_PORT to one above 1023") from error
        except OSError:
            return False
    return True


def _holder(port: int) -> str:
    """The program that listens, as far as the system shows it."""
    with contextlib.suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            is_listening = connection.status == psutil.CONN_LISTEN
            if is_listening and connection.laddr and connection.laddr.port == port and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    return "another user's program"
