"""Since aiohttp 3.10 the import fails; before, the app started, and all requests failed."""

from __future__ import annotations

from pitfalls import exhibit
from pitfalls.asking import ask, last_error, row
from pitfalls.exhibit import Form, Outcome
from pitfalls.lab import Lab
from pitfalls.old_elasticsearch import old_elasticsearch

EXHIBIT = exhibit.of(__file__)
_PACKAGES = ("aiohttp",)


def demonstrate(lab: Lab) -> Outcome:
    broken, cured = _start(lab, "lab"), ask(lab, EXHIBIT.cured)
    return Outcome(broken, cured.form, EXHIBIT.message in broken.observed, cured.failures == 0, _matrix(lab, broken))


def _start(lab: Lab, environment: str) -> Form:
    """It ends by itself, before it serves."""
    printed = lab.run(EXHIBIT.broken, environment=environment)
    return Form(last_error(printed.output) or printed.output, {"exit_code": printed.exit_code})


def _matrix(lab: Lab, today: Form) -> list[dict[str, str]]:
    with old_elasticsearch() as url:
        serving = [
            row(lab, environment, ask(lab, EXHIBIT.broken, environment=environment, ES_URL=url), _PACKAGES)
            for environment in ("pitfalls-client-7", "pitfalls-transport-8-13-0")
        ]
    ending = {"pitfalls-transport-8-13-1": _start(lab, "pitfalls-transport-8-13-1"), "lab": today}
    return serving + [lab.versions(name, *_PACKAGES) | {"says": form.observed} for name, form in ending.items()]
