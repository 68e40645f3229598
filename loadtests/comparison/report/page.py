"""The page around the pictures. Names and settings come from users: everything is escaped."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from loadtests.comparison.report import rows, verdict
from loadtests.comparison.report.glossary import TERMS
from loadtests.comparison.report.legend import Legend
from loadtests.comparison.report.limits import named_limits, shared_cores
from loadtests.comparison.report.pictures import Picture
from loadtests.comparison.report.wording import joined, significant
from loadtests.comparison.result import Result

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(result: Result, legend: Legend, decisive: Picture | None, sections: dict[str, list[Picture]]) -> str:
    """The whole file's text."""
    return _ENVIRONMENT.get_template("report.html").render(
        result=result,
        legend=legend,
        joined=joined,
        started=f"{datetime.fromisoformat(result.started):%-d %B %Y, %H:%M UTC}",
        verdict=verdict.sentences(result, legend),
        decisive=decisive,
        sections=sections,
        terms=TERMS,
        limits=named_limits(result),
        shared=shared_cores(result),
        generator_ceiling=significant(result.generator_ceiling_per_s),
        **_tables(result, legend),
    )


def _tables(result: Result, legend: Legend) -> dict[str, Any]:
    telling, others = rows.versions(result)
    return {
        "overall": rows.decided(result, legend, of_endpoints=False),
        "by_endpoint": rows.decided(result, legend, of_endpoints=True),
        "limited": rows.limited(result, legend),
        "invalid": rows.invalid(result, legend),
        "predicted": rows.predicted(result.predictions, legend),
        "noise": rows.noise(result),
        "contenders": rows.contenders(result),
        "conditions": rows.conditions(result),
        "versions": telling,
        "other_versions": others,
    }
