"""What a core of its own gains the sync twin, as it is and as it was: both in one comparison, beside the async twin.

    BASE=ada6b33~1 python -m tests.benchmarks.pinned_revisions

Environment variables: BASE (a revision of this repository), PAIRS (6), USERS (32). Searches, replayed without a delay.
The result is a folder of results/, as of `make bench`.
"""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from loadtests import backend
from loadtests.backend.library import prepare
from loadtests.checkout import PROJECT
from loadtests.comparison.bench import Task, compare
from loadtests.comparison.commands import show
from loadtests.comparison.figures import by_side
from loadtests.contenders import named
from loadtests.options import BackendOptions, BenchOptions
from loadtests.runs import RESULTS
from tests.benchmarks.measuring import measure

TWIN, PINNED = named("sync"), named("sync-pinned")


def main(base: str, pairs: str, users: str) -> None:
    """Print the verdicts; all ratios are to the earlier twin that may use all cores."""
    given = {"PROFILE": "peak", "WORKLOAD": "search", "PAIRS": pairs, "USERS": users}
    options, console = BenchOptions.from_environ(given), Console(stderr=True)
    behind = backend.up(BackendOptions.from_environ({"BACKEND": "replay"}), console)
    before = [replace(one, name=f"{one.name}-before") for one in (TWIN, PINNED)]
    sides = by_side([*before, TWIN, PINNED, named("async")])
    with TemporaryDirectory() as root:
        archive = subprocess.run(["git", "archive", base], cwd=PROJECT, capture_output=True, check=True).stdout
        with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
            packed.extractall(root, filter="data")
        roots = dict.fromkeys([*sides][: len(before)], Path(root))
        catalogue = prepare(behind.url, behind.access)
        task = Task(sides, options, behind, catalogue, "pinned-revisions", f"BASE={base}", roots)
        show(compare(task, console, RESULTS, None), Console())


if __name__ == "__main__":
    environ = os.environ
    measure("pinned_revisions", lambda: main(environ["BASE"], environ.get("PAIRS", "6"), environ.get("USERS", "32")))
