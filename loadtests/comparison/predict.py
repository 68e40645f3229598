"""Predictions before the first pair: the generator's own ceiling, and the highest throughput of each contender."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from loadtests import environment
from loadtests.children import running
from loadtests.comparison.figures import Block, Side
from loadtests.comparison.result import Prediction
from loadtests.contenders import Contender
from loadtests.errors import InvalidRunError
from loadtests.load.catalogue import Catalogue
from loadtests.load.conductor import conducting
from loadtests.load.orders import NULL, Generators, Order
from loadtests.servers import HOST, await_response, free_port
from loadtests.targets import Target

_CEILING_S = 2.0


def ceiling(slots: int, latency_s: float) -> float:
    """The most responses per second that a service can give with `slots` requests in flight, each for `latency_s`.

    The asymptotic bound X ≤ N / R of Denning and Buzen, The Operational Analysis of Queueing Network Models (1978);
    with more requests waiting for a slot there is no more throughput.
    """
    return slots / latency_s


def cpu_ceiling(cores: float, cpu_s_per_response: float) -> float:
    """The most responses per second that so many cores' CPU time can give. Each worker, a Python process, has one core
    at most.

    The asymptotic bound X ≤ 1 / D of Denning and Buzen (1978), D being the demand on the busiest resource.
    """
    return cores / cpu_s_per_response


def generator_ceiling_per_s(
    processes: int, users: int, catalogue: Catalogue, cores: Collection[int] | None = None
) -> float:
    """Measures the requests per second of `users` in `processes` against the null server, on these cores (None: all).

    The generator's checks of real responses cost more: its limit under a workload is lower. Raises LabError.
    """
    port = free_port()
    with TemporaryDirectory(prefix="twinlab-") as made:
        folder = Path(made)
        command = [sys.executable, "-m", "loadtests.load.null_server", str(port)]
        with (
            running(command, environment.started(), folder / "null.log", grace_s=2),
            conducting(Generators(processes), catalogue, folder, cores, workload="", label="") as conductor,
        ):
            conductor.wait_ready()
            await_response(f"http://{HOST}:{port}", folder / "null.log")
            order = Order(1, NULL, f"http://{HOST}:{port}", 0, _CEILING_S, users=users)
            performed, done = conductor.play(order)
            conductor.end()
    return done.requests / performed.duration_s


def predictions(contenders: Mapping[Side, Contender | Target], probes: Iterable[Block]) -> list[Prediction]:
    """Returns a prediction for each block of the profile `probe`, which has one user.

    Raises InvalidRunError for a contender that gave no correct response.
    """
    return [_prediction(contenders[probe.side], probe) for probe in probes]


def _prediction(contender: Contender | Target, probe: Block) -> Prediction:
    if not probe.correct_answers_per_s:
        raise InvalidRunError(f"{contender.title} gave no correct response to one user")
    latency_s = 1 / probe.correct_answers_per_s
    cpu_ms = probe.cpu_ms_per_correct_answer
    return Prediction(
        probe.side,
        contender.name,
        contender.slots,
        latency_s * 1000,
        ceiling(contender.slots, latency_s) if contender.slots else None,
        cpu_ceiling(contender.most_cores, cpu_ms / 1000) if isinstance(contender, Contender) and cpu_ms else None,
        None,
    )


def in_words(prediction: Prediction) -> str:
    """Returns a prediction as one line for the terminal."""
    bounds = [
        f"{rate_per_s:,.0f}/s by its {what}"
        for rate_per_s, what in (
            (prediction.slots_per_s, f"{prediction.slots} slots"),
            (prediction.cpu_per_s, "workers' CPU"),
        )
        if rate_per_s is not None
    ]
    limits = " and ".join(bounds) or "not known"
    return f"{prediction.contender}: {prediction.latency_ms:.1f} ms a request alone; at most {limits}"
