"""The current code against an earlier result's: both are run again, in pairs, and a script can act on the outcome."""

from __future__ import annotations

import csv
import fcntl
import io
import os
import subprocess
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import astuple, dataclass, fields
from enum import IntEnum
from math import inf, isinf
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import ValidationError

from loadtests import environment
from loadtests.checkout import PROJECT, sources_sha256
from loadtests.comparison.figures import Block
from loadtests.comparison.result import Result
from loadtests.comparison.verdict.decisions import Decision, paired
from loadtests.comparison.verdict.exclusion import without_verdict
from loadtests.comparison.verdict.metrics import METRICS, Metric, Value, primaries, values_of
from loadtests.comparison.verdict.paired import LEAST_FOR_DIFFERENCE
from loadtests.comparison.verdict.sequential import LOOKS, Found, Plan, Standing, stand
from loadtests.conditions import differences
from loadtests.contenders import Contender
from loadtests.errors import LabError
from loadtests.options import GateOptions
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


@dataclass(frozen=True)
class Gate:
    """What a gate holds `b`, the current code, to against `a`, the baseline's.

    `looks` are numbers of pairs, of each profile. `margins` say of each primary metric by how much b may be worse.
    """

    profiles: tuple[str, ...]
    looks: tuple[int, ...]
    margins: Mapping[str, float]

    @classmethod
    def of(cls, options: GateOptions) -> Gate:
        """Raises LabError for a margin of what is no primary metric."""
        earlier = (look for look in LOOKS if look < options.pairs)
        return cls(options.profile, (*earlier, options.pairs), _margins(options.margins))

    def decides(self, values: Sequence[Value], blocks: Sequence[Block]) -> bool:
        """Whether no more pairs are needed."""
        return self.judge_values(values, blocks).outcome in (Outcome.PASS, Outcome.REGRESSION)

    def judge(self, result: Result) -> Judgement:
        """The outcome, with a reason for each primary metric.

        One metric that is a regression decides. Otherwise every one has to pass, for which no correction over metrics
        is needed (an intersection-union test: Berger, Multiparameter Hypothesis Testing and Acceptance Sampling, 1982).
        One that is missing is never a pass, and nothing follows where too many pairs were lost.
        """
        return self.judge_values(values_of(result.profiles, result.blocks, result.endpoints), result.blocks)

    def judge_values(self, values: Sequence[Value], blocks: Sequence[Block]) -> Judgement:
        """The same of the values of these blocks."""
        family = primaries(self.profiles)
        plan, played = Plan(self.looks, len(family)), max((block.pair for block in blocks), default=0)
        pairs = paired(values)
        known = {name: of_b for name in family if (of_b := pairs.get((name[0], ALL, name[1], "b")))}
        standings = {
            name: stand(METRICS[name[1]], of_name, played, self.margins[name[1]], plan)
            for name, of_name in known.items()
        }
        missing = [
            f"{profile} {name}: no valid pair has it" for profile, name in family if (profile, name) not in known
        ]
        reasons = [self._in_words(name, standing) for name, standing in standings.items()]
        lost = [*without_verdict(blocks).values()]
        return Judgement(
            _outcome([one.found for one in standings.values()], is_whole=not missing, is_valid=not lost),
            [*lost, *missing, *reasons],
        )

    def _in_words(self, name: tuple[str, str], standing: Standing) -> str:
        profile, metric = name[0], METRICS[name[1]]
        margin = _share(metric, metric.on_scale(self.margins[metric.name]))
        if not standing.pairs:
            return f"{profile} {metric.name}: open, fewer than {LEAST_FOR_DIFFERENCE} pairs"
        word = "worse" if standing.harm > 0 else "better"
        return (
            f"{profile} {metric.name}: {standing.found}, {_share(metric, abs(standing.harm))} {word} over "
            f"{standing.pairs} pairs; p {standing.p_worse:.2g} that it is no worse, {standing.p_margin:.2g} that it is "
            f"worse by {margin}"
        )


def _outcome(found: Sequence[Found], *, is_whole: bool, is_valid: bool) -> Outcome:
    if not is_valid:
        return Outcome.INVALID
    if "regression" in found:
        return Outcome.REGRESSION
    if not is_whole:
        return Outcome.INVALID
    return Outcome.PASS if set(found) == {"pass"} else Outcome.INCONCLUSIVE


def _share(metric: Metric, on_scale: float) -> str:
    share = on_scale if metric.by_difference else metric.scale.back(on_scale) - 1
    return f"{share:.3g}" if isinf(share) else f"{share:.3%}" if metric.by_difference else f"{share:.1%}"


def _margins(given: Mapping[str, float]) -> dict[str, float]:
    names = {metric.short: metric.name for metric in METRICS.values() if metric.short}
    unknown = [name for name in given if name not in names]
    if unknown:
        raise LabError(f"MARGINS= names {', '.join(unknown)}: there are {', '.join(names)}")
    usual = {name: METRICS[name].gate_margin for name in names.values()}
    return usual | {names[short]: margin for short, margin in given.items()}


HISTORY = "gate.csv"


@dataclass(frozen=True)
class Line:
    """A gate that was held, in `results/gate.csv`. Each metric has by which share of a, or difference, b was worse."""

    started: str
    outcome: str
    pairs: int
    base: str
    folder: str
    commit: str
    workload: str
    profiles: str
    throughput: float | None
    cpu: float | None
    p95: float | None
    memory: float | None
    failures: float | None

    @classmethod
    def of(cls, gate: Gate, base: Path, result: Result, outcome: Outcome) -> Line:
        worse = {METRICS[one.metric].short: _worse(one) for one in reversed(_primary(gate, result))}
        return cls(
            result.started,
            outcome.name.lower(),
            max((block.pair for block in result.blocks), default=0),
            base.name,
            result.folder,
            str(result.conditions["code"]["commit"]),
            result.workload,
            " ".join(gate.profiles),
            *(worse.get(field.name) for field in fields(cls)[-5:]),
        )


def _primary(gate: Gate, result: Result) -> list[Decision]:
    family = primaries(gate.profiles)
    return [one for one in result.decisions if one.endpoint == ALL and (one.profile, one.metric) in family]


def _worse(decision: Decision) -> float | None:
    metric, ratio = METRICS[decision.metric], decision.ratio
    if ratio is None or metric.by_difference:
        return ratio
    return (1 / ratio if ratio else inf) - 1 if metric.better == "higher" else ratio - 1


def check_history(results: Path) -> None:
    """Raises LabError where a line of today would not fit under the header of `results/gate.csv`."""
    path = results / HISTORY
    with suppress(FileNotFoundError), path.open(newline="", encoding="utf-8") as file:
        header = next(csv.reader(file), None)
        if header is not None and header != _columns():
            raise LabError(f"{path} has other columns than this version writes: move it away, and a new one begins")


def remember(results: Path, line: Line) -> None:
    """Append to the history. Each write is one system call under a lock, so that lines of two gates never mix."""
    check_history(results)
    with (results / HISTORY).open("ab", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        if not os.fstat(file.fileno()).st_size:
            writer.writerow(_columns())
        writer.writerow([f"{cell:.4g}" if isinstance(cell, float) else cell for cell in astuple(line)])
        file.write(text.getvalue().encode())


def _columns() -> list[str]:
    return [field.name for field in fields(Line)]


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
