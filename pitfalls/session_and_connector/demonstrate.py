"""Today's client says so once it is closed and used again; the old one also unclosed, with several hosts."""

from __future__ import annotations

from pathlib import Path

from pitfalls import exhibit
from pitfalls.asking import CLIENT, ask, row
from pitfalls.exhibit import Outcome
from pitfalls.lab import Lab
from pitfalls.old_elasticsearch import old_elasticsearch

EXHIBIT = exhibit.of(__file__)
_NEVER_CLOSED = exhibit.HALL / "event_loop_is_closed" / "broken.py"


def demonstrate(lab: Lab) -> Outcome:
    broken, cured = ask(lab, EXHIBIT.broken), ask(lab, EXHIBIT.cured)
    return Outcome(broken.form, cured.form, broken.fail(EXHIBIT.message, after=1), cured.failures == 0, _matrix(lab))


def _matrix(lab: Lab) -> list[dict[str, str]]:
    cases = [("closed", EXHIBIT.broken, 1), ("never closed", _NEVER_CLOSED, 3)]
    return [
        _row(lab, environment, *case)
        for environment in ("pitfalls-client-7", "pitfalls-transport-8-13-0", "lab")
        for case in cases
    ]


def _row(lab: Lab, environment: str, client: str, form: Path, hosts: int) -> dict[str, str]:
    with old_elasticsearch(hosts) as urls:
        replies = ask(lab, form, environment=environment, ES_URL=urls)
    return {"client": client, "hosts": str(hosts)} | row(lab, environment, replies, CLIENT)
