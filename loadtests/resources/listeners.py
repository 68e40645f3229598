"""Finds the process tree that listens on a port, where that can be seen."""

from __future__ import annotations

from ipaddress import ip_address

import psutil

from shared import addresses

LOOPBACK = "127.0.0.1"
ANY = "any"
"""In the place of a host: whatever address is listened on."""


def root_pid(port: int, host: str = LOOPBACK) -> int | None:
    """The process whose tree holds all that a connection to this port of a host of this machine can get to, or that
    listen on the port of `ANY`; None where that is not sure.

    It is the listener above all others, or the parent of all; but not the lab itself or what started it, for several
    servers that were started from one shell are no tree.
    """
    listeners = {process for process in psutil.process_iter() if _listens(process, port, host)}
    highest = {process for process in listeners if listeners.isdisjoint(_parents(process))}
    if len(highest) > 1:
        highest = {parent for process in highest for parent in _parents(process)[:1]}
    root = highest.pop() if len(highest) == 1 else None
    ours = psutil.Process()
    return root.pid if root and root not in [ours, *_parents(ours)] else None


def _listens(process: psutil.Process, port: int, host: str) -> bool:
    try:
        connections = process.net_connections(kind="tcp")
    except (psutil.AccessDenied, psutil.NoSuchProcess):
        return False
    return any(
        connection.status == psutil.CONN_LISTEN
        and connection.laddr.port == port
        and (host == ANY or _is_reached(connection.laddr.ip, host))
        for connection in connections
    )


def _is_reached(ip: str, host: str) -> bool:
    """Whether a connection to a loopback host can get to a listener at this address: `localhost` is both kinds of
    address, and who listens on `::` mostly listens on IPv4's too."""
    listener = ip_address(addresses.host(ip))
    if host == "localhost":
        return listener.is_loopback or listener.is_unspecified
    wanted = ip_address(addresses.host(host))
    return listener == wanted or (listener.is_unspecified and (listener.version == 6 or wanted.version == 4))


def _parents(process: psutil.Process) -> list[psutil.Process]:
    """The nearest first."""
    try:
        return process.parents()
    except psutil.NoSuchProcess:
        return []
