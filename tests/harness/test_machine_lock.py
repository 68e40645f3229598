"""One measurement at a time on a machine: who holds it is told, waited for, and gone with its process."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from loadtests.__main__ import COMMANDS
from loadtests.checkout import PROJECT
from loadtests.errors import LabError
from loadtests.machine_lock import HOST, Holder, machine_lock
from loadtests.options import LockOptions
from tests.conftest import free_port

HOLDING = [sys.executable, "-m", "tests.harness.holding"]
MEASURING = ("bench", "aa", "gate", "overhead", "rate", "bench-sync", "bench-async", "locust-ui", "down")
BENCHMARKS = (
    "alike", "bulk_rate", "disturbed", "drift", "flat_memory", "gates", "hostile", "made_up_difference", "overload",
    "simulated", "stall",
)  # fmt: skip
WITHIN_S = 60
CONSOLE = Console(stderr=True)


@pytest.fixture
def port() -> int:
    return free_port()


def environ(port: int, **more: str) -> dict[str, str]:
    return {**os.environ, "LOCK_PORT": str(port), **more}


@contextmanager
def running(command: list[str], env: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command, cwd=PROJECT, env=env, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    with process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def holding(port: int, *command: str) -> Iterator[subprocess.Popen[str]]:
    with running([*HOLDING, *command], environ(port)) as holder:
        assert line(holder) == "held\n"
        yield holder


@contextmanager
def waiting(port: int) -> Iterator[subprocess.Popen[str]]:
    with running(HOLDING, environ(port, WHEN_TAKEN="wait")) as waiter:
        assert line(waiter).startswith("waiting for make holding (process ")
        yield waiter


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


# All in one process, for what they import takes seconds.
REFUSED = f"""
import claims.__main__, loadtests.__main__, pitfalls.__main__
from loadtests import command
for name in {MEASURING}:
    print(name, loadtests.__main__.main([name]), flush=True)
print("claims", claims.__main__.main(), flush=True)
print("pitfalls", pitfalls.__main__.main(), flush=True)
"""


def test_whatever_measures_ends_with_4_and_says_who_does(port: int) -> None:
    # Were a command to go on, it would find no Elasticsearch.
    env = environ(port, BASE="results/example/compare", ES_URL=f"http://{HOST}:9")
    with holding(port) as holder, running([sys.executable, "-c", REFUSED], env) as one:
        told, _ = one.communicate(timeout=WITHIN_S)
    assert [line for line in told.splitlines() if not line.startswith("error: ")] == [
        f"{name} {LabError.exit_code}" for name in (*MEASURING, "claims", "pitfalls")
    ]
    for error in told.splitlines()[::2]:
        assert error.startswith(f"error: make holding (process {holder.pid}, checkout {PROJECT.name}, since "), error
        assert error.endswith("WHEN_TAKEN=wait"), error


@pytest.mark.robustness
@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_of_the_lab_measures_alone_too(port: int, name: str) -> None:
    with holding(port), running([sys.executable, "-m", f"tests.benchmarks.{name}"], environ(port)) as one:
        told, _ = one.communicate(timeout=WITHIN_S)
        assert (one.returncode, "error: make holding (process " in told) == (LabError.exit_code, True), told


def test_what_measures_nothing_goes_on(port: int) -> None:
    others = set(COMMANDS) - {*MEASURING}
    assert others == {
        "up", "report", "advise", "compare", "load-worker", "serve-sync", "serve-async", "agent",
    }  # fmt: skip
    with holding(port), running([sys.executable, "-m", "loadtests", "compare"], environ(port, A="nowhere")) as compare:
        told, _ = compare.communicate(timeout=WITHIN_S)
    assert "nowhere holds no run" in told


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_machine_is_free_once_its_holder_has_ended(port: int, number: signal.Signals) -> None:
    with holding(port, sys.executable, "-c", "input()") as holder, waiting(port) as waiter:
        (outlives,) = psutil.Process(holder.pid).children()
        holder.send_signal(number)
        holder.wait(timeout=WITHIN_S)
        assert line(waiter) == "held\n"
        with suppress(psutil.NoSuchProcess):
            outlives.kill()


def test_those_who_wait_hold_it_one_after_another(port: int) -> None:
    with holding(port) as holder, waiting(port) as one, waiting(port) as other:
        holder.communicate(timeout=WITHIN_S)
        assert sorted([line(one), line(other)])[0] == "held\n"
        first = one if _holds(port) == one.pid else other
        first.communicate(timeout=WITHIN_S)
        (last,) = {one, other} - {first}
        assert line(last) == "held\n"
        assert _holds(port) == last.pid


def _holds(port: int) -> int:
    with pytest.raises(LabError) as refused, machine_lock("make test", LockOptions(lock_port=port), CONSOLE):
        pass
    return int(str(refused.value).split("(process ")[1].split(",")[0])


def test_ctrl_c_ends_the_wait_at_once(port: int) -> None:
    with holding(port), waiting(port) as waiter:
        waiter.send_signal(signal.SIGINT)
        told, _ = waiter.communicate(timeout=WITHIN_S)
        assert (waiter.returncode, told) == (130, "interrupted\n")


def test_a_child_of_the_holder_measures_under_its_lock(port: int) -> None:
    with running([*HOLDING, *HOLDING], environ(port)) as holder:
        assert [line(holder), line(holder)] == ["held\n", "held\n"]


def test_the_same_process_may_hold_it_twice(port: int) -> None:
    options = LockOptions(lock_port=port)
    with machine_lock("outer", options, CONSOLE), machine_lock("inner", options, CONSOLE):
        pass
    with machine_lock("again", options, CONSOLE):
        pass


def test_a_folder_may_bear_any_name(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    name = os.fsdecode("lab mit ü".encode() + b"\xff\x1b\n" + b"x" * 240)
    monkeypatch.setattr("loadtests.machine_lock.PROJECT", Path("/srv") / name)
    held = machine_lock("make test", LockOptions(lock_port=port), CONSOLE)
    with held, socket.create_connection((HOST, port), timeout=WITHIN_S) as connection:
        holder = Holder.model_validate_json(connection.makefile("rb").readline())
    assert ", checkout lab mit ü???xxx" in str(holder)


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(b"", marks=pytest.mark.robustness),
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b'{"command": "make bench", "pid": 1}\n',
        b"\x1b]0;" * 4000,
        b"{}\n",
        None,
    ],
)
def test_a_port_of_another_program_is_told_apart(port: int, reply: bytes | None) -> None:
    with socket.create_server((HOST, port)) as server:
        threading.Thread(target=_reply_once, args=(server, reply), daemon=True).start()
        with (
            pytest.raises(LabError, match=f"^port {port}, .* another port .*, LOCK_PORT=$"),
            machine_lock("make test", LockOptions(lock_port=port, when_taken="wait"), CONSOLE),
        ):
            pass


def _reply_once(server: socket.socket, reply: bytes | None) -> None:
    """Says nothing, and keeps the connection open, for None."""
    connection, _ = server.accept()
    with connection, suppress(ConnectionError):
        connection.sendall(reply) if reply is not None else connection.recv(1)


@pytest.mark.robustness
def test_a_stopped_holder_is_no_free_machine(port: int) -> None:
    with holding(port) as holder:
        holder.send_signal(signal.SIGSTOP)
        with pytest.raises(LabError, match="Ctrl-Z"), machine_lock("make test", LockOptions(lock_port=port), CONSOLE):
            pass


@pytest.mark.robustness
def test_make_runs_its_targets_one_after_another(tmp_path: Path, library_url: str) -> None:
    checkout = tmp_path / "checkout"
    ignored = shutil.ignore_patterns(".git", ".lab", "example", ".*_cache")
    shutil.copytree(PROJECT, checkout, symlinks=True, ignore=ignored)
    (checkout / ".lab").symlink_to(PROJECT / ".lab")
    settings = [f"ES_URL={library_url}", "BOOKS=300", "DURATION=1s", "WARMUP=0", "USERS=2", f"LOCK_PORT={free_port()}"]
    made = subprocess.run(
        ["make", "-j3", "bench-sync", "bench-async", "compare", *settings],
        cwd=checkout, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    said = [one for one in made.stdout.splitlines() if one.startswith("results/")]
    assert [one.rsplit("-", 1)[1] for one in said] == ["sync", "async", "compare"]
