"""Four users a thread: plain Flask, Flask with `async def`, and the same view under an ASGI server."""

from __future__ import annotations

from dataclasses import replace

from pitfalls import ceilings, exhibit
from pitfalls.exhibit import Outcome
from pitfalls.lab import Lab

EXHIBIT = exhibit.of(__file__)
_THREADS = 4


def demonstrate(lab: Lab) -> Outcome:
    outcome = ceilings.compare(lab, EXHIBIT, _THREADS)
    return outcome if lab.short else replace(outcome, matrix=_matrix(lab, outcome))


def _matrix(lab: Lab, outcome: Outcome) -> list[dict[str, str]]:
    plain = ceilings.measure(lab, EXHIBIT.folder / "plain.py", _THREADS)
    forms = {
        "Flask, def, gunicorn with 4 threads": plain.form,
        "Flask, async def, gunicorn with 4 threads": outcome.broken,
        "aioflask, async def, uvicorn": outcome.cured,
    }
    versions = lab.versions("lab", "flask", "asgiref", "aioflask")
    return [versions | {"form": name, "says": form.observed} for name, form in forms.items()]
