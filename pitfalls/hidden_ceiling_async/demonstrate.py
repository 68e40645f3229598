"""Four users a connection, before and after the pool is given its size."""

from __future__ import annotations

from dataclasses import replace

from pitfalls import ceilings, exhibit
from pitfalls.exhibit import Outcome
from pitfalls.lab import Lab

EXHIBIT = exhibit.of(__file__)
_CONNECTIONS = 10  # elastic_transport.NodeConfig.connections_per_node, where nobody says otherwise


def demonstrate(lab: Lab) -> Outcome:
    outcome = ceilings.compare(lab, EXHIBIT, _CONNECTIONS)
    versions = lab.versions("lab", "elasticsearch", "elastic-transport", "aiohttp")
    return replace(outcome, matrix=[versions | {"says": outcome.broken.observed}])
