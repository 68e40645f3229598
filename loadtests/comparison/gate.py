"""The current code against an earlier result's: both are run again, in pairs, and a script can act on the outcome."""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import ValidationError

from loadtests import environment
from loadtests.checkout import PROJECT, sources_sha256
from loadtests.comparison.result import Result
from loadtests.comparison.verdict.decisions import Decision
from loadtests.comparison.verdict.metrics import METRICS, of_kind
from loadtests.conditions import differences
from loadtests.contenders import Contender
from loadtests.errors import LabError
from loadtests.statistics import ALL


class Outcome(IntEnum):
    """The exit codes of a gate."""

    PASS = 0
    REGRESSION = 1
    INVALID = 2
    INCONCLUSIVE = 3


@dataclass(frozen=True)
class Judgement:
    """The outcome, and a line for each metric that led to it."""

    outcome: Outcome
    reasons: list[str]


def judge(result: Result) -> Judgement:
    """`b` is the current code, `a` the baseline's.

    Any metric that is worse, of any endpoint, is a regression. A metric of all endpoints together passes when it is
    better or equivalent, or when its interval excludes that it got worse by more than what counts as equivalent (a test
    of non-inferiority, by the interval: Schuirmann, 1987). One that is missing is never a pass.
    """
    worse = [_in_words(one) for one in result.decisions if one.verdict == "worse"]
    if worse:
        return Judgement(Outcome.REGRESSION, worse)
    missing = [*_missing(result)]
    if missing:
        return Judgement(Outcome.INVALID, missing)
    open_ones = [_in_words(one) for one in result.decisions if one.endpoint == ALL and not _passes(one)]
    if open_ones:
        return Judgement(Outcome.INCONCLUSIVE, open_ones)
    return Judgement(Outcome.PASS, [])


def _passes(decision: Decision) -> bool:
    if decision.verdict in ("better", "equivalent"):
        return True
    metric = METRICS[decision.metric]
    worst = decision.low if metric.better == "higher" else decision.high
    if worst is None:
        return False
    return (
        metric.scale.of(worst) >= -metric.equivalent
        if metric.better == "higher"
        else metric.scale.of(worst) <= metric.equivalent
    )


def _missing(result: Result) -> Iterator[str]:
    there = {(one.profile, one.metric) for one in result.decisions if one.endpoint == ALL}
    for profile in result.profiles:
        for metric in of_kind(profile.kind):
            if (profile.name, metric.name) not in there:
                yield f"{profile.name} {metric.name}: no valid pair has it"


def _in_words(decision: Decision) -> str:
    interval = f" [{decision.low:.3f} to {decision.high:.3f}]" if decision.low is not None else ""
    ratio = f"{decision.ratio:.3f}" if decision.ratio is not None else "unknown"
    return f"{decision.profile} {decision.endpoint} {decision.metric}: {decision.verdict}, {ratio}{interval}"


def check_alike(base: dict[str, Any], now: dict[str, Any]) -> None:
    """Raises LabError when anything but the code differs, naming it."""
    unlike = differences(*({name: part for name, part in one.items() if name != "code"} for one in (base, now)))
    if unlike:
        raise LabError(
            "the baseline was made under other conditions, so no gate can be held to it:\n  " + "\n  ".join(unlike) +
            "\nMake a baseline here: make bench"
        )  # fmt: skip


def contender_of(base: Result) -> Contender:
    """The baseline's. Raises LabError where that was a service which ran already: its code is not known."""
    try:
        return Contender(**base.contenders["a"])
    except ValidationError as error:
        name = base.contenders["a"]["name"]
        raise LabError(
            f"the baseline measured {name}, no contender of this lab: make one with make bench A="
        ) from error


@contextmanager
def code_of(base: dict[str, Any]) -> Iterator[Path]:
    """A folder with the baseline's code, for as long as the block lasts.

    Raises LabError where its commit is not in this repository, or it ran on code that was not committed.
    """
    commit = base["code"]["commit"]
    with TemporaryDirectory(prefix="twinlab-base-") as made:
        root = Path(made)
        archive = subprocess.run(
            ["git", "archive", str(commit)], cwd=PROJECT, env=environment.started(), capture_output=True, check=False
        )
        if archive.returncode:
            raise LabError(
                f"the baseline's commit {commit} is not in this repository: {archive.stderr.decode().strip()}"
            )
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as packed:
            packed.extractall(root, filter="data")
        if sources_sha256(root) != base["code"]["sources_sha256"]:
            raise LabError(
                f"the baseline ran on changes that commit {commit} does not have: make one of committed code"
            )
        yield root
