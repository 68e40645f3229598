"""The import, with what a plain installation brings today, and with what the lab locks."""

from __future__ import annotations

from pathlib import Path

from pitfalls import exhibit
from pitfalls.asking import last_error
from pitfalls.exhibit import Form, Outcome
from pitfalls.lab import Lab

EXHIBIT = exhibit.of(__file__)


def demonstrate(lab: Lab) -> Outcome:
    alone, pinned = EXHIBIT.label.versions, "lab"
    broken, cured = _run(lab, EXHIBIT.broken, alone), _run(lab, EXHIBIT.cured, pinned)
    return Outcome(
        broken,
        cured,
        reproduced=EXHIBIT.message in broken.observed,
        cures=cured.figures["exit_code"] == 0,
        matrix=[_versions(lab, alone, broken), _versions(lab, pinned, cured)],
    )


def _run(lab: Lab, form: Path, environment: str) -> Form:
    printed = lab.run(form, environment=environment)
    return Form(last_error(printed.output) or printed.output.strip(), {"exit_code": printed.exit_code})


def _versions(lab: Lab, environment: str, form: Form) -> dict[str, str]:
    return lab.versions(environment, "aioflask", "flask", "werkzeug") | {"says": form.observed}
