"""Short comparisons of services of which all is known: `python -m tests.harness.comparison.comparing RESULTS ES_URL`.

What a user would give to `make bench` comes from the environment. Elasticsearch is there to be tidied up, no more.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from loadtests import interrupts
from loadtests.backend import Backend
from loadtests.comparison.bench import Task, compare
from loadtests.comparison.figures import Side
from loadtests.contenders import Contender
from loadtests.options import BenchOptions
from loadtests.targets import Target
from tests.harness.standin import CATALOGUE
from tests.known_service import Behaviour

SHORT = {"PROFILE": "peak", "PAIRS": "2", "QUICK": "1", "USERS": "4", "WORKLOAD": "get", "BUSY": "1"}
SIDES: Mapping[Side, Contender | Target] = {
    "a": Behaviour(delay_ms=20).contender("first"),
    "b": Behaviour(delay_ms=40).contender("second"),
}


def task(es_url: str, environ: Mapping[str, str], sides: Mapping[Side, Contender | Target] = SIDES) -> Task:
    """On an Elasticsearch of which nothing else is asked; the caller's own process is sampled in its place."""
    options = BenchOptions.from_environ(environ)
    backend = Backend(es_url, "none", "none", os.getpid(), 20, "0" * 64)
    return Task(sides, options, backend, CATALOGUE, "compare", options.command("bench"), append=options.append)


if __name__ == "__main__":
    interrupts.install()
    compare(task(sys.argv[2], os.environ), Console(), Path(sys.argv[1]), None)
