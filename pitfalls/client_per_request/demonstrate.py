"""CPU time of both forms, loaded in turn so that both see the same machine."""

from __future__ import annotations

from loadtests.errors import LabError
from loadtests.resources.sampler import Tree
from pitfalls import exhibit
from pitfalls.exhibit import Form, Outcome
from pitfalls.lab import Lab
from pitfalls.loading import load
from pitfalls.serving import Served
from pitfalls.slow import connections

EXHIBIT = exhibit.of(__file__)
_USERS = 4
_REQUESTS = 50
_DEARER = 1.3
"""Measured: about 2.5 times. The rest of a request costs the same in both forms, which see the same machine."""


def demonstrate(lab: Lab) -> Outcome:
    with lab.serve(EXHIBIT.broken) as broken, lab.serve(EXHIBIT.cured) as cured:
        broken_ms, cured_ms = _cpu_ms(broken, cured, rounds=3 if lab.short else 20)
        before = _form(broken_ms, connections(broken, lab.es_url))
        after = _form(cured_ms, connections(cured, lab.es_url))
    dearer = broken_ms / cured_ms
    cures = after.figures["kept_connections"] > 0 and "Unclosed" not in cured.logged
    matrix = [lab.versions("lab", "elasticsearch", "aiohttp") | {"says": f"{dearer:.1f} times as much CPU time"}]
    return Outcome(before, after, dearer >= _DEARER, cures, matrix)


def _form(cpu_ms: float, kept: int) -> Form:
    observed = f"{cpu_ms:.2f} ms of CPU time a request; {kept} connections kept for the next one"
    return Form(observed, {"cpu_ms_per_request": cpu_ms, "kept_connections": kept})


def _cpu_ms(broken: Served, cured: Served, rounds: int) -> tuple[float, float]:
    """CPU ms a request of both; the first round warms them up and is not counted."""
    _costs_s(broken, cured)
    costs_s = [_costs_s(broken, cured) for _ in range(rounds)]
    broken_s, cured_s = map(sum, zip(*costs_s, strict=True))
    return broken_s * 1000 / rounds / _REQUESTS, cured_s * 1000 / rounds / _REQUESTS


def _costs_s(broken: Served, cured: Served) -> tuple[float, float]:
    return _cost_s(broken), _cost_s(cured)


def _cost_s(app: Served) -> float:
    before_s = _cpu_s(app)
    load(app.url, ["/"] * _REQUESTS, _USERS)
    return _cpu_s(app) - before_s


def _cpu_s(app: Served) -> float:
    sample = Tree("app", app.process.pid).sample()
    if sample is None:
        raise LabError(f"the server at {app.url} has ended")
    return sample.cpu_s
