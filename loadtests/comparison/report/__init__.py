"""The report of a comparison: one HTML file that needs nothing else, and its charts as PNG files beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from loadtests.comparison.report import bursts, forest, latency, page, pair_chart, split, timelines
from loadtests.comparison.report.legend import Legend
from loadtests.comparison.report.limits import named_limits
from loadtests.comparison.report.pictures import Picture
from loadtests.comparison.report.selection import representative
from loadtests.comparison.result import Result
from loadtests.load.profiles import Profile
from loadtests.resources.sampler import Sample


@dataclass(frozen=True)
class _Measured:
    """What a report draws."""

    result: Result
    requests: Mapping[str, pa.Table]
    resources: Mapping[tuple[str, int], Sequence[Sample]]
    legend: Legend


def write(
    folder: Path,
    result: Result,
    requests: Mapping[str, pa.Table],
    resources: Mapping[tuple[str, int], Sequence[Sample]],
) -> None:
    """Write `report.html`, `comparison.png` and the other charts.

    `requests` has each profile's counted requests: a row has `side`, `pair`, `start_s`, `intended_s` and
    `service_time_ms`. `resources` has the samples of a profile and pair, with `t_s` since the pair's first slice, of
    the groups server-a, server-b, backend and generator. What is missing in either is left out.
    """
    measured = _Measured(result, requests, resources, Legend.of(result.contenders))
    decisive = forest.comparison(result, measured.legend)
    sections = _sections(measured)
    for picture in [*([decisive] if decisive else []), *(one for pictures in sections.values() for one in pictures)]:
        picture.save(folder)
    (folder / "report.html").write_text(page.render(result, measured.legend, decisive, sections), encoding="utf-8")


def _sections(measured: _Measured) -> dict[str, list[Picture]]:
    """The pictures of each section of the page, profile by profile."""
    result, legend = measured.result, measured.legend
    found: dict[str, list[Picture | None]] = {
        "latency": [picture for profile in result.profiles for picture in _latency(measured, profile)],
        "time": [picture for profile in result.profiles for picture in _in_time(measured, profile)],
        "split": [split.split(result, profile, legend) for profile in result.profiles],
        "pairs": [pair_chart.pairs(result, profile, legend) for profile in result.profiles],
    }
    return {name: [picture for picture in pictures if picture] for name, pictures in found.items()}


def _latency(measured: _Measured, profile: Profile) -> list[Picture]:
    if profile.name not in measured.requests:
        return []
    times = latency.response_times_ms(measured.result, profile, measured.requests[profile.name])
    drawn = (latency.percentiles, latency.ecdf)
    return [draw(profile, times, measured.legend) for draw in drawn] if any(map(len, times.values())) else []


def _in_time(measured: _Measured, profile: Profile) -> list[Picture | None]:
    pair = representative(measured.result, profile)
    if pair is None:
        return []
    samples = measured.resources.get((profile.name, pair), [])
    return [
        timelines.over_time(measured.result, profile, pair, measured.legend),
        timelines.resources(profile, pair, samples, measured.legend, named_limits(measured.result)["backend"]),
        _burst(measured, profile),
    ]


def _burst(measured: _Measured, profile: Profile) -> Picture | None:
    if profile.kind != "burst" or profile.name not in measured.requests:
        return None
    return bursts.burst(measured.result, profile, measured.requests[profile.name], measured.legend)
