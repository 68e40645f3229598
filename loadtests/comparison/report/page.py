"""The page around the pictures. Names and settings come from users: everything is escaped."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from loadtests.comparison.report import rows, verdict
from loadtests.comparison.report.cast import Cast
from loadtests.comparison.report.glossary import TERMS
from loadtests.comparison.report.limits import LIMITS, shared_cores
from loadtests.comparison.report.pictures import Picture
from loadtests.comparison.report.wording import significant
from loadtests.comparison.study import Study

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(study: Study, cast: Cast, decisive: Picture | None, sections: dict[str, list[Picture]]) -> str:
    """The whole file's text."""
    return _ENVIRONMENT.get_template("report.html").render(
        study=study,
        cast=cast,
        started=f"{datetime.fromisoformat(study.started):%-d %B %Y, %H:%M UTC}",
        verdict=verdict.sentences(study, cast),
        decisive=decisive,
        sections=sections,
        terms=TERMS,
        limits=LIMITS,
        shared=shared_cores(study),
        generator_ceiling=significant(study.generator_ceiling_per_s),
        **_tables(study, cast),
    )


def _tables(study: Study, cast: Cast) -> dict[str, Any]:
    telling, others = rows.versions(study)
    return {
        "overall": rows.decided(study, cast, of_endpoints=False),
        "by_endpoint": rows.decided(study, cast, of_endpoints=True),
        "limited": rows.limited(study, cast),
        "invalid": rows.invalid(study, cast),
        "predicted": rows.predicted(study.predictions, cast),
        "noise": rows.noise(study),
        "contenders": rows.contenders(study),
        "conditions": rows.conditions(study),
        "versions": telling,
        "other_versions": others,
    }
