"""The lab's command line: `python -m loadtests COMMAND`, with options from environment variables."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial

from rich.console import Console

from loadtests import backend, command
from loadtests.contenders import named
from loadtests.options import (
    AaOptions,
    AdviseOptions,
    AgentOptions,
    BackendOptions,
    BenchOptions,
    CompareOptions,
    GateOptions,
    RateOptions,
    ReportOptions,
    RunOptions,
    SizeOptions,
    UiOptions,
    WorkerOptions,
)

# What draws charts takes seconds to import: only the commands that need it do.


def _up(console: Console) -> backend.Backend:
    return backend.up(BackendOptions.from_environ(os.environ), console)


def _start(console: Console) -> None:
    _up(console)


def _down(console: Console) -> None:
    backend.down(BackendOptions.from_environ(os.environ), console)


def _bench_one(name: str, console: Console) -> None:
    from loadtests.bench import bench
    from loadtests.runs import RESULTS

    options = RunOptions.from_environ(os.environ)
    run = bench(options.sized(named(name)), options, _up(console), console, RESULTS)
    console.print(f"results/{run.folder}")


def _bench_pairs(console: Console) -> None:
    from loadtests.comparison import commands

    commands.bench(BenchOptions.from_environ(os.environ), _up(console), console)


def _aa(console: Console) -> None:
    from loadtests.comparison import commands

    commands.aa(AaOptions.from_environ(os.environ), _up(console), console)


def _gate(console: Console) -> int:
    from loadtests.comparison import commands

    return commands.gate(GateOptions.from_environ(os.environ), _up(console), console)


def _rate(console: Console) -> None:
    from loadtests.comparison import commands

    commands.rate(RateOptions.from_environ(os.environ), _up(console), console)


def _report(console: Console) -> None:
    from loadtests.comparison import commands

    commands.report(ReportOptions.from_environ(os.environ), console)


def _advise(console: Console) -> None:
    from loadtests.advice.command import advise

    advise(AdviseOptions.from_environ(os.environ), console)


def _compare(console: Console) -> None:
    _compare_runs(CompareOptions.from_environ(os.environ), console)


def _compare_runs(options: CompareOptions, console: Console) -> None:
    from loadtests.compare import compare
    from loadtests.runs import RESULTS

    comparison = compare(options, console, RESULTS)
    console.print(f"results/{comparison.folder}")


def _locust_ui(console: Console) -> None:
    from loadtests.ui import serve

    serve(UiOptions.from_environ(os.environ), _up(console), console)


def _load_worker(console: Console) -> None:
    from loadtests.worker import work

    work(WorkerOptions.from_environ(os.environ), console)


def _serve(name: str, console: Console) -> None:
    from loadtests.serve import serve

    contender = SizeOptions.from_environ(os.environ).sized(named(name))
    serve(contender, _up(console))


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
    """Run one command; returns the exit code (0, or the error's; 64 for a command that there is not)."""
    if len(arguments) != 1 or arguments[0] not in COMMANDS:
        print(f"usage: python -m loadtests {'|'.join(COMMANDS)}", file=sys.stderr)
        return os.EX_USAGE
    return command.run(partial(COMMANDS[arguments[0]], Console()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
