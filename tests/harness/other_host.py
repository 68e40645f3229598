"""Another host, as a network namespace of this machine is one: with addresses and a loopback interface of its own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Host:
    """`command` are the words that let a command run there."""

    address: str
    command: tuple[str, ...]


@contextmanager
def other_host() -> Iterator[Host]:
    """Until the block ends. Skips the test where namespaces can't be made: that takes root, and iproute2.

    The addresses are of those that RFC 2544 sets apart for measuring.
    """
    name, here, there = f"twinlab-{os.getpid()}", *(f"198.18.{os.getpid() % 256}.{number}" for number in (1, 2))
    link = f"tl{os.getpid()}"
    _make(name)
    try:
        _ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", name)
        _ip("address", "add", f"{here}/30", "dev", link)
        _ip("link", "set", link, "up")
        _ip("-n", name, "address", "add", f"{there}/30", "dev", "eth0")
        _ip("-n", name, "link", "set", "eth0", "up")
        _ip("-n", name, "link", "set", "lo", "up")
        yield Host(there, ("ip", "netns", "exec", name))
    finally:
        _ip("netns", "delete", name)


def _make(name: str) -> None:
    try:
        _ip("netns", "add", name)
    except FileNotFoundError:
        pytest.skip("iproute2 is not installed")
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no network namespace can be made here: {error.stderr.strip()}")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)
