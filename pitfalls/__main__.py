"""`make pitfalls`: shows every exhibit, or the one named by ONLY, and ends with 1 where one is not as described."""

from __future__ import annotations

from loadtests import command  # before all that may fail

# isort: split

import os
import sys
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from loadtests import backend
from loadtests.console import Output
from loadtests.errors import LabError
from loadtests.machine_lock import machine_lock
from loadtests.options import BackendOptions, LockOptions, Options
from loadtests.runs import RESULTS, check_writable
from pitfalls import exhibit, runner
from pitfalls.showing import Shown

NOT_AS_DESCRIBED = 1


class PitfallOptions(Options):
    """Which exhibits are shown."""

    only: Annotated[str | None, Field(description="the one exhibit to show")] = None


def main() -> int:
    return command.run(_show, when_interrupted="interrupted: nothing was kept")


def _show() -> int:
    console = Output()
    check_writable(RESULTS)
    exhibits = exhibit.find(PitfallOptions.from_environ(os.environ).only)
    options = BackendOptions.from_environ(os.environ)
    options.check_real("pitfalls")
    if options.es_api_key is not None:
        raise LabError(
            "the exhibits are short, and know no API key: leave ES_API_KEY out, with a user in ES_URL (http://), or "
            "leave ES_URL out too to use the embedded Elasticsearch"
        )
    with machine_lock("make pitfalls", LockOptions.from_environ(os.environ), console):
        shown = runner.run(exhibits, backend.up(options, console).url, console, RESULTS)
    return report(shown)


def report(shown: Sequence[Shown]) -> int:
    """Say which exhibits are not as described. Returns the exit code."""
    faulty = [one for one in shown if one.faults]
    for one in faulty:
        print(f"{one.exhibit.name}: {one.verdict}", file=sys.stderr)
    return NOT_AS_DESCRIBED if faulty else os.EX_OK


if __name__ == "__main__":
    sys.exit(main())
