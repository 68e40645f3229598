"""The page: one HTML file with every claim, its sources, its trial, its figures, and the conclusion."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from claims import figures
from claims.claim import Arrangement, Reading
from claims.figures import Measure
from claims.rule import RULE
from claims.table import measured
from claims.trial import Trial
from loadtests import templates
from loadtests.comparison.figures import SIDES, Side
from loadtests.comparison.report.wording import significant

_MEBIBYTE = 1024**2
_CLASSES = {
    "reproduced": "good",
    "refuted": "bad",
    "undecided": "quiet",
    "holds": "good",
    "fails": "bad",
    "open": "quiet",
    "described": "quiet",
}


def _of_block(name: str, divisor: float = 1) -> Measure:
    def measure(reading: Reading) -> float | None:
        value: float | None = getattr(reading.block, name)
        return None if value is None else value / divisor

    return measure


MEASURES: Mapping[str, Measure] = {
    "responses/s": figures.throughput,
    "p50 ms": lambda reading: reading.endpoint.p50_ms,
    "p99 ms": figures.p99_ms,
    "CPU ms per response": figures.cpu_ms,
    "in flight": _of_block("in_flight"),
    "failed %": _of_block("failed_share", 0.01),
    "peak PSS MiB": _of_block("peak_pss_bytes", _MEBIBYTE),
    "USS MiB": _of_block("uss_bytes", _MEBIBYTE),
}


@dataclass(frozen=True)
class Line:
    """One side of an arrangement: means over rounds, by the names of MEASURES, and the limits."""

    arrangement: str
    side: str
    size: str
    load: str
    means: tuple[float | None, ...]
    limited_by: str


def write(path: Path, trials: Sequence[Trial], conditions: Mapping[str, Any], notes: Sequence[str] = ()) -> None:
    """Write the page. `conditions` are the surroundings of the run, and the backend behind the services; `notes` are
    sentences on the whole run."""
    page = (
        templates.environment("claims")
        .get_template("claims.html")
        .render(
            trials=trials,
            conditions=conditions,
            notes=notes,
            rule=RULE,
            measured=measured,
            significant=significant,
            lines=lambda trial: list(lines(trial)),
            measures=list(MEASURES),
            classes=_CLASSES,
        )
    )
    path.write_text(page, encoding="utf-8")


def lines(trial: Trial) -> Iterator[Line]:
    """Two lines for each arrangement, and none when no round was valid."""
    for name, arrangement in trial.claim.arrangements.items():
        for side in SIDES:
            readings = [played[name][side] for played in trial.rounds]
            if readings:
                yield _line(name, arrangement, side, readings)


def _line(name: str, arrangement: Arrangement, side: Side, readings: Sequence[Reading]) -> Line:
    contender = arrangement.contenders[side]
    room = f"{contender.threads} threads" if contender.threads else f"{contender.pool} connections"
    return Line(
        name,
        contender.name,
        f"{contender.workers} worker, {room}"
        if contender.workers == 1
        else f"{contender.workers} workers, {room} each",
        _load(arrangement, readings),
        tuple(_mean(measure, readings) for measure in MEASURES.values()),
        ", ".join(sorted({reading.block.bottleneck for reading in readings})),
    )


def _load(arrangement: Arrangement, readings: Sequence[Reading]) -> str:
    asked = f"{arrangement.workload}, Elasticsearch {arrangement.latency_ms} ms away"
    if arrangement.profile.users is not None:
        return f"{arrangement.profile.users} users, {asked}"
    per_s = fmean(reading.block.requests / reading.block.counted_s for reading in readings)
    return f"{per_s:.0f} arrivals/s, {asked}"


def _mean(measure: Callable[[Reading], float | None], readings: Sequence[Reading]) -> float | None:
    values = [value for value in map(measure, readings) if value is not None]
    return fmean(values) if values else None
