"""One measurement at a time on a machine: a loopback port that the measuring process holds.

The system frees the port when its holder ends, however it ends, and no file is left behind. The holder identifies
itself to each connection, and keeps it open while it measures: the connection's end wakes those who wait.
"""

from __future__ import annotations

import errno
import os
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Annotated, Literal

import psutil
from pydantic import BaseModel, Field, ValidationError
from rich.console import Console

from loadtests.checkout import PROJECT
from loadtests.errors import LabError
from loadtests.options import LockOptions

HOST = "127.0.0.1"
_REPLY_WITHIN_S = 5.0
_REPLY_BYTES = 4_096
_TRY_EVERY_S = 0.05

Text = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f-\x9f]{1,200}$")]


class Holder(BaseModel):
    """The measuring process, as one line of JSON."""

    twinlab: Literal["measures"] = "measures"
    command: Text
    pid: int
    since: datetime
    checkout: Text

    def __str__(self) -> str:
        return f"{self.command} (process {self.pid}, checkout {self.checkout}, since {self.since:%H:%M:%S})"


@contextmanager
def machine_lock(command: str, options: LockOptions, console: Console) -> Iterator[None]:
    """Hold the machine for `command`. It counts as held when this process or a parent of it holds it already.

    Raises LabError when another measurement holds it and `options` do not say to wait, or when a program that is no
    measurement uses the port.
    """
    listener = _take(options, console)
    if listener is None:
        yield
        return
    holder = Holder(
        command=command, pid=os.getpid(), since=datetime.now().astimezone(), checkout=_printable(PROJECT.name)
    )
    with listener, _replying(listener, f"{holder.model_dump_json()}\n".encode()):
        yield


def _printable(name: str) -> str:
    """A folder's name may hold anything: what no terminal shows becomes a question mark."""
    return "".join(character if character.isprintable() else "?" for character in name)[:200]


def _take(options: LockOptions, console: Console) -> socket.socket | None:
    """The listening socket, once it is ours; None when this process or a parent of it has it."""
    deadline_s = time.perf_counter() + _REPLY_WITHIN_S
    while True:
        if listener := _listen(options.lock_port):
            return listener
        with suppress(_Ended), _connected(options.lock_port) as connection:
            holder = _holder(connection, options.lock_port)
            ours = psutil.Process()
            if holder.pid in [process.pid for process in (ours, *ours.parents())]:
                return None
            if options.when_taken == "end":
                raise LabError(
                    f"{holder} measures on this machine: try again when it has ended, or wait for it with "
                    "WHEN_TAKEN=wait"
                )
            console.print(f"waiting for {holder}", highlight=False, markup=False, soft_wrap=True)
            _await_end(connection)
            deadline_s = time.perf_counter() + _REPLY_WITHIN_S
        if time.perf_counter() > deadline_s:
            raise _not_ours(options.lock_port)
        time.sleep(_TRY_EVERY_S)


class _Ended(Exception):
    """The listening process ended, or closed the connection, before it replied."""


def _listen(port: int) -> socket.socket | None:
    """Listen on the port. Returns None when another process listens there."""
    listener = socket.socket()
    # Lets the port be taken at once after its last holder, though never beside one.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen()
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            return None
        raise LabError(
            f"port {port} can't be used as the machine's lock ({error}): name another, LOCK_PORT="
        ) from error
    return listener


@contextmanager
def _connected(port: int) -> Iterator[socket.socket]:
    try:
        connection = socket.create_connection((HOST, port), timeout=_REPLY_WITHIN_S)
    except ConnectionError as error:
        raise _Ended from error
    except TimeoutError as error:
        raise _not_ours(port) from error
    with connection:
        yield connection


def _holder(connection: socket.socket, port: int) -> Holder:
    """Read the holder's reply. Raises _Ended when there is none, and LabError when it is not a measurement's."""
    try:
        with connection.makefile("rb") as reply:
            line = reply.readline(_REPLY_BYTES)
    except ConnectionError as error:
        raise _Ended from error
    except TimeoutError as error:
        raise _not_ours(port) from error
    if not line:
        raise _Ended
    try:
        return Holder.model_validate_json(line)
    except ValidationError as error:
        raise _not_ours(port) from error


def _not_ours(port: int) -> LabError:
    return LabError(
        f"port {port}, which a measurement holds so that no second one begins, is used by a program that does not say "
        "that it measures: end it (it may be a measurement that was stopped by Ctrl-Z), or name another port for all "
        "measurements on this machine, LOCK_PORT="
    )


def _await_end(connection: socket.socket) -> None:
    connection.settimeout(None)
    with suppress(ConnectionError):
        connection.recv(1)


@contextmanager
def _replying(listener: socket.socket, reply: bytes) -> Iterator[None]:
    """Reply to each connection while the block runs, and close all connections at its end."""
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=_reply, args=(listener, theirs, reply), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ours.close()
        thread.join()


def _reply(listener: socket.socket, end: socket.socket, reply: bytes) -> None:
    with selectors.DefaultSelector() as selector, end:
        for one in (listener, end):
            selector.register(one, selectors.EVENT_READ, one)
        while end not in (ready := [key.data for key, _ in selector.select()]):
            for one in ready:
                if one is listener:
                    _greet(listener, selector, reply)
                else:
                    selector.unregister(one)
                    one.close()
        for key in selector.get_map().values():  # the listener first, so that a waiting process finds the port free
            key.data.close()


def _greet(listener: socket.socket, selector: selectors.BaseSelector, reply: bytes) -> None:
    """Reply, and keep the connection open until its client closes it, or sends something."""
    with suppress(ConnectionError):
        connection, _ = listener.accept()
        try:
            connection.sendall(reply)
        except ConnectionError:
            connection.close()
        else:
            selector.register(connection, selectors.EVENT_READ, connection)
