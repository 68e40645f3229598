"""The lab's command line: `python -m loadtests COMMAND`, with options from environment variables."""

from __future__ import annotations

from loadtests import command  # before every import that may fail

# isort: split

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rich.console import Console

from loadtests import backend, environment
from loadtests.console import Output
from loadtests.contenders import Contender, named
from loadtests.machine_lock import machine_lock
from loadtests.options import (
    AaOptions,
    AdviseOptions,
    AgentOptions,
    BackendOptions,
    BenchOptions,
    CompareOptions,
    GateOptions,
    LockOptions,
    OverheadOptions,
    RateOptions,
    ReportOptions,
    RunOptions,
    SizeOptions,
    UiOptions,
    WorkerOptions,
    with_backend,
)
from loadtests.targets import Target

# Modules that draw charts take seconds to import: only the commands that need them do.


def _up(console: Console) -> backend.Backend:
    return backend.up(BackendOptions.from_environ(os.environ), console)


@contextmanager
def _measuring(
    command: str,
    options: BackendOptions,
    console: Console,
    contenders: Iterable[Contender | Target] = (),
    resume: Path | None = None,
) -> Iterator[backend.Backend]:
    """Hold the machine and bring up a backend: none is started while another measurement runs.

    Raises LabError before anything is started when a result could not be written, there is nothing to `resume`,
    PASS_ENV is wrong, or what a contender runs on can't be installed.
    """
    from loadtests.runs import RESULTS, check_writable, resumable

    environment.passed()
    check_writable(RESULTS)
    if resume:
        resumable(RESULTS, resume)
    with machine_lock(f"make {command}", LockOptions.from_environ(os.environ), console):
        _install(contenders, console)
        yield backend.up(options, console)


def _install(contenders: Iterable[Contender | Target], console: Console) -> None:
    started = [one for one in contenders if isinstance(one, Contender)]
    for installation in dict.fromkeys(one.installation for one in started):
        installation.make(console, ", ".join(one.name for one in started if one.installation == installation))


def _start(console: Console) -> None:
    _up(console)


def _down(console: Console) -> None:
    """Not while a measurement needs it."""
    with machine_lock("make down", LockOptions.from_environ(os.environ), console):
        backend.down(BackendOptions.from_environ(os.environ), console)


def _bench_one(name: str, console: Console) -> None:
    options, behind_it = with_backend(RunOptions, os.environ)
    contender = options.sized(named(name))
    contender.check_python()
    with _measuring(f"bench-{name}", behind_it, console, [contender]) as behind:
        from loadtests.runs import RESULTS
        from loadtests.single.run import bench

        run = bench(contender, options, behind, console, RESULTS)
    console.print(f"results/{run.folder}")


def _bench_pairs(console: Console) -> int:
    options, behind_it = with_backend(BenchOptions, os.environ)
    if options.append or options.resume:
        from loadtests.comparison.store import check_appendable, check_contenders

        names = [side.name for side in options.sides]
        if options.append:
            check_appendable(options.append, datetime.now(UTC), names)
        else:
            check_contenders(names, f"RESUME={options.resume}")
    with _measuring("bench", behind_it, console, options.sides, options.resume) as behind:
        from loadtests.comparison import commands

        return commands.bench(options, behind, console)


def _aa(console: Console) -> int:
    options, behind_it = with_backend(AaOptions, os.environ)
    with _measuring("aa", behind_it, console, options.sides, options.resume) as behind:
        from loadtests.comparison import commands

        return commands.aa(options, behind, console)


def _gate(console: Console) -> int:
    options, behind_it = with_backend(GateOptions, os.environ)
    with _measuring("gate", behind_it, console, resume=options.resume) as behind:
        from loadtests.comparison import commands

        return commands.gate(options, behind, console)


def _overhead(console: Console) -> int:
    options, behind_it = with_backend(OverheadOptions, os.environ)
    with _measuring("overhead", behind_it, console, options.contenders, options.resume) as behind:
        from loadtests.comparison import commands

        return commands.overhead(options, behind, console)


def _rate(console: Console) -> None:
    options, behind_it = with_backend(RateOptions, os.environ)
    with _measuring("rate", behind_it, console, options.sides) as behind:
        from loadtests.comparison import commands

        commands.rate(options, behind, console)


def _report(console: Console) -> None:
    from loadtests.comparison import commands

    commands.report(ReportOptions.from_environ(os.environ), console)


def _advise(console: Console) -> None:
    from loadtests.advice.command import advise

    advise(AdviseOptions.from_environ(os.environ), console)


def _compare(console: Console) -> None:
    _compare_runs(CompareOptions.from_environ(os.environ), console)


def _compare_runs(options: CompareOptions, console: Console) -> None:
    from loadtests.runs import RESULTS, check_writable
    from loadtests.single.compare import compare

    check_writable(RESULTS)
    comparison = compare(options, console, RESULTS)
    console.print(f"results/{comparison.folder}")


def _locust_ui(console: Console) -> None:
    options, behind_it = with_backend(UiOptions, os.environ)
    behind_it.check_real("locust-ui")
    with _measuring("locust-ui", behind_it, console) as behind:
        from loadtests.single.ui import serve

        serve(options, behind, console)


def _load_worker(console: Console) -> None:
    from loadtests.worker import work

    work(WorkerOptions.from_environ(os.environ), console)


def _serve(name: str, console: Console) -> None:
    from loadtests.servers import serve

    contender = SizeOptions.from_environ(os.environ).sized(named(name))
    contender.check_python()
    _install([contender], console)
    behind = _up(console)
    serve(contender, behind.service_url, behind.service_access)


def _agent(console: Console) -> None:
    from loadtests.agent.server import serve

    serve(AgentOptions.from_environ(os.environ), console)


COMMANDS: dict[str, Callable[[Console], int | None]] = {
    "up": _start,
    "down": _down,
    "bench-sync": partial(_bench_one, "sync"),
    "bench-async": partial(_bench_one, "async"),
    "bench": _bench_pairs,
    "aa": _aa,
    "gate": _gate,
    "overhead": _overhead,
    "rate": _rate,
    "report": _report,
    "advise": _advise,
    "compare": _compare,
    "load-worker": _load_worker,
    "locust-ui": _locust_ui,
    "serve-sync": partial(_serve, "sync"),
    "serve-async": partial(_serve, "async"),
    "agent": _agent,
}


def main(arguments: list[str]) -> int:
    """Run one command; returns the exit code (0, or the error's; 64 for an unknown command)."""
    if len(arguments) != 1 or arguments[0] not in COMMANDS:
        print(f"usage: python -m loadtests {'|'.join(COMMANDS)}", file=sys.stderr)
        return os.EX_USAGE
    return command.run(partial(COMMANDS[arguments[0]], Output()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
