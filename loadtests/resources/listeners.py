"""Whose process tree answers on a port, where that can be seen."""

from __future__ import annotations

from ipaddress import ip_address

import psutil


def root_pid(port: int, *, of_any_address: bool = False) -> int | None:
    """The process whose tree holds all that listen on this port of the loopback interface, or of any; None where that
    is not sure.

    It is the listener above all others, or the parent of all; but not the lab itself or what started it, for several
    servers that were started from one shell are no tree.
    """
    listeners = {process for process in psutil.process_iter() if _listens(process, port, of_any_address)}
    highest = {process for process in listeners if listeners.isdisjoint(_parents(process))}
    if len(highest) > 1:
        highest = {parent for process in highest for parent in _parents(process)[:1]}
    root = highest.pop() if len(highest) == 1 else None
    ours = psutil.Process()
    return root.pid if root and root not in [ours, *_parents(ours)] else None


def _listens(process: psutil.Process, port: int, of_any_address: bool) -> bool:
    try:
        connections = process.net_connections(kind="tcp")
    except (psutil.AccessDenied, psutil.NoSuchProcess):
        return False
    return any(
        connection.status == psutil.CONN_LISTEN
        and connection.laddr.port == port
        and (of_any_address or _is_reached(connection.laddr.ip))
        for connection in connections
    )


def _is_reached(ip: str) -> bool:
    """Whether a connection to the loopback interface gets to a listener at this address."""
    address = ip_address(ip)
    return address.is_loopback or address.is_unspecified


def _parents(process: psutil.Process) -> list[psutil.Process]:
    """The nearest first."""
    try:
        return process.parents()
    except psutil.NoSuchProcess:
        return []
