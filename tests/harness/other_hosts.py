"""Other hosts, as network namespaces of this machine are: with addresses and loopback interfaces of their own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Host:
    """`command` are the words that let a command run there."""

    address: str
    command: tuple[str, ...]


@contextmanager
def other_hosts(count: int) -> Iterator[tuple[str, list[Host]]]:
    """This host's address for them, and so many hosts, until the block ends. Skips the test where namespaces can't be
    made: that takes root, and iproute2.

    The addresses are of those that RFC 2544 sets apart for measuring.
    """
    net, bridge = f"198.18.{os.getpid() % 256}", f"tl{os.getpid()}"
    with ExitStack() as made:
        hosts = [_host(f"twinlab-{os.getpid()}-{number}", f"{net}.{number}", made) for number in range(2, count + 2)]
        _ip("link", "add", bridge, "type", "bridge")
        made.callback(_ip, "link", "delete", bridge)
        _ip("address", "add", f"{net}.1/24", "dev", bridge)
        _ip("link", "set", bridge, "up")
        for number, host in enumerate(hosts):
            _connect(host, bridge, f"{bridge}-{number}")
        yield f"{net}.1", hosts


def _host(name: str, address: str, made: ExitStack) -> Host:
    try:
        _ip("netns", "add", name)
    except FileNotFoundError:
        pytest.skip("iproute2 is not installed")
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no network namespace can be made here: {error.stderr.strip()}")
    made.callback(_ip, "netns", "delete", name)
    return Host(address, ("ip", "netns", "exec", name))


def _connect(host: Host, bridge: str, link: str) -> None:
    name = host.command[-1]
    _ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", name)
    _ip("link", "set", link, "master", bridge, "up")
    _ip("-n", name, "address", "add", f"{host.address}/24", "dev", "eth0")
    _ip("-n", name, "link", "set", "eth0", "up")
    _ip("-n", name, "link", "set", "lo", "up")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)
